"""What the two sheets of a portfolio say: features.csv and throughput.csv."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from forecast.columns import list_names
from forecast.errors import Fault, did_you_mean, quote
from forecast.faults import Faults, Ignored, Lost
from forecast.feature import External, Feature, Part
from forecast.grid import Cell, Grid
from forecast.growth import LEARNED, Growth, read_growth
from forecast.history import Sprint
from forecast.rows import Row, Sheet, read_sheet
from forecast.values import fold

THREE = ("low", "likely", "high")


def read_growth_in_one(row: Row, column: str) -> Growth | None:
    """The growth in the cell: one number, three with ';' between them, or "learned"."""
    text = row.text(column)
    if text and text.casefold() == LEARNED:
        return read_growth(text, row.place)
    hint = did_you_mean(text or "", [LEARNED])
    if hint:
        raise Fault(row.place, f"{column} = {quote(text)}", f'give a factor, such as 1.3, or "{LEARNED}".{hint}')
    return row.estimate_in_one(column)


OF_FEATURE: dict[str, Callable[[Row, str], Any]] = {
    "due": Row.date,
    "promised": Row.flag,
    "not_before": Row.date,
    "objective": Row.weighted,
    "value": Row.number,
    "cost_of_delay": Row.number,
    "started": Row.flag,
    "growth": read_growth_in_one,
}
"""Columns that belong to the feature, not to the row, and how their cells are read."""

OF_EXTERNAL = ("due", "promised", "not_before", "objective")
FEATURE_COLUMNS = ("feature", "team", "items", *THREE, "done", "after", *OF_FEATURE)
THROUGHPUT_COLUMNS = ("team", "sprint", "start", "end", "done", "done_roadmap")


SPRINT_NEEDS = ("team", "start", "end", "done")
FEATURE_NEEDS = ("feature", "team")
NUMBERS = ("items", *THREE, "value", "cost_of_delay", "done")


def read_sprints(grid: Grid, faults: Faults, ignored: list[Ignored]) -> tuple[list[Sprint], dict[str, str]]:
    """The past sprints in a grid, one a row, and the first row of each team. Raises Fault when there are no rows."""
    names = list_names("throughput", THROUGHPUT_COLUMNS)
    sheet = read_sheet(grid, names, SPRINT_NEEDS, ("done", "done_roadmap"), [("start", "end")], faults, ignored)
    known: dict[str, Callable[[Row, str], Any]]
    known = {"team": Row.name, "start": Row.date, "end": Row.date, "done": Row.number}
    readers: list[tuple[str, Callable[[Row, str], Any], dict[Cell, Any]]]
    readers = [(column, read, {}) for column, read in known.items() if column in sheet.columns]
    sprints: list[Sprint] = []
    places: dict[str, str] = {}
    for row in sheet.rows(faults):
        values: list[Any] = []
        for column, read, seen in readers:
            written = row.raw(column)
            if type(written) is str and written in seen:  # a long history says the same few things over and over
                values.append(seen[written])
                continue
            try:
                value = read(row, column)
                if value is None:
                    row.needed(column)
                values.append(value)
                if type(written) is str:
                    seen[written] = value
            except Fault as fault:
                faults.append(fault)
        if len(values) == len(SPRINT_NEEDS):
            try:
                team, start, end, done = values
                sprints.append(Sprint(team, start, end, done, row.text("sprint") or "", row.number("done_roadmap")))
                if team not in places:
                    places[team] = row.place
            except Fault as fault:
                faults.append(fault.within(row.place) if fault.where != row.place else fault)
    return sprints, places


@dataclass
class Listing:
    """The features of a roadmap as they are listed in a file.

    features : in the order of the file
    lost : what could not be read
    """

    features: list[Feature | External] = field(default_factory=list)
    lost: Lost = field(default_factory=Lost)
    _places: dict[tuple[str | int, ...], str] = field(default_factory=dict)

    def place(self, about: tuple[str | int, ...]) -> str | None:
        """The row of what a fault of the roadmap is about: the nearest that is known."""
        for length in range(len(about), 1, -1):
            if about[:length] in self._places:
                return self._places[about[:length]]
        return None

    def keep_place(self, row: Row, *about: str | int) -> None:
        """Notes the row of the feature that is read next, or of something of it."""
        self._places["features", len(self.features), *about] = row.place


def read_features(grid: Grid, faults: Faults, ignored: list[Ignored]) -> Listing:
    """The features in a grid. Raises Fault when there are no rows."""
    names = list_names("features", FEATURE_COLUMNS)
    sheet = read_sheet(grid, names, FEATURE_NEEDS, NUMBERS, [("due",), ("not_before",)], faults, ignored)
    listing = Listing()
    rows_of: dict[str, list[Row]] = {}
    spelled: dict[str, tuple[str, Row]] = {}
    for row in sheet.rows(faults):
        try:
            for column in FEATURE_NEEDS:
                row.cell(column)
            name = row.name("feature") if "feature" in sheet.columns else ""
            first, there = spelled.setdefault(fold(name), (name, row))
            if first != name:
                way_out = f"{there.place} writes {quote(first)}; write it the same"
                faults.append(Fault(row.place, f"feature = {quote(name)}", way_out))
                listing.lost.names.add(name)
                listing.lost.parts.add(fold(name))
                continue
            rows_of.setdefault(name, []).append(row)
        except Fault as fault:
            faults.append(fault)
            _look_at(row, faults)
            listing.lost.any_feature = listing.lost.any_part = True
    if not {*FEATURE_NEEDS} <= sheet.columns.keys() or _lacks_sizes(sheet, faults):
        for row in (row for rows in rows_of.values() for row in rows):
            _look_at(row, faults)
        rows_of = {}
        listing.lost.any_feature = True
    for name, rows in rows_of.items():
        _read_feature(name, rows, listing, faults)
    if not grid.is_whole:
        listing.lost.any_feature = listing.lost.any_part = True
    return listing


def _lacks_sizes(sheet: Sheet, faults: Faults) -> bool:
    """Whether no column holds the sizes that the parts of teams need; told once, not for each row."""
    at, size_columns = sheet.columns["team"], {"items", *THREE}
    has_teams = any(at < len(cells) and cells[at] != "" for _, cells in sheet.grid.rows[1:])
    if size_columns & sheet.columns.keys() or not has_teams:
        return False
    way_out = "one with the sizes of what is left to do is needed, or three: low, likely, high. The first row names the columns."
    faults.append(Fault(sheet.grid.place(sheet.grid.rows[0][0]), 'no column "items"', way_out))
    return True


def _look_at(row: Row, faults: Faults) -> None:
    """Tells what is wrong in the other cells of a row that belongs to no feature."""
    readers = OF_FEATURE | dict.fromkeys(("items", *THREE), Row.number)
    for column, read in readers.items():
        with faults.collected():
            read(row, column)


def _read_feature(name: str, rows: list[Row], listing: Listing, faults: Faults) -> None:
    with_team = [row for row in rows if row.text("team")]
    without = [row for row in rows if not row.text("team")]
    external = [row for row in without if any(row.has_cell(column) for column in ("items", *THREE))]
    listing.keep_place(rows[0])
    common = {column: _read_common(rows, column, faults) for column in OF_FEATURE}
    common = {column: value for column, value in common.items() if value is not None}
    after: list[str] = []
    for row in without:
        with faults.collected():
            listed = row.listed("after")
            for place in range(len(after), len(after) + len(listed)):
                listing.keep_place(row, "after", place)
            after += listed
    for row in without:
        if row.text("done"):
            way_out = "done is what a team has finished of its part; leave it blank here" + (
                ", and give the days that are left" if external else ""
            )
            faults.append(Fault(row.place, f"done = {quote(row.text('done'))} without a team", way_out))
    for row in external if with_team else external[1:]:
        way_out = "only a row of its own, without any other row of the feature, can be an external"
        faults.append(Fault(row.place, f"feature = {quote(name)} without a team", way_out))
    if external and not with_team:
        _read_external(name, external[0], after, common, listing, faults)
        return
    if "due" not in common and any(row.has_cell("due") for row in rows):
        common.pop("promised", None)
    work = _read_work(name, with_team, listing, faults)
    listing.features.append(Feature(name, work, after))
    good: dict[str, Any] = {}
    for column, value in common.items():
        with faults.collected(rows[0].place):
            listing.features[-1] = Feature(name, work, after, **good, **{column: value})
            good[column] = value


def _read_work(name: str, rows: list[Row], listing: Listing, faults: Faults) -> dict[str, Part]:
    work: dict[str, Part] = {}
    first: dict[str, Row] = {}
    for row in rows:
        try:
            team = row.name("team")
        except Fault as fault:
            faults.append(fault)
            listing.lost.parts.add(fold(name))
            continue
        with faults.collected():
            if team in first:
                raise Fault(row.place, f"team = {quote(team)}", f"{first[team].place} has it already; one row per part")
            first[team] = row
            listing.keep_place(row, "work", team)
            work[team] = Part(0)
            after: list[str] = []
            with faults.collected():
                after = row.listed("after")
            work[team] = Part(0, after)
            with faults.collected():
                work[team] = Part(row.estimate(*_size_columns(row)), after)
            work[team] = replace(work[team], done=row.number("done") or 0.0)
    return work


def _read_external(
    name: str, row: Row, after: list[str], common: dict[str, Any], listing: Listing, faults: Faults
) -> None:
    for column in [column for column in common if column not in OF_EXTERNAL]:
        way_out = f"a row without a team is an external, which has no {column}; leave it blank, or fill in the team"
        faults.append(Fault(row.place, f"{column} = {quote(row.text(column) or '')}", way_out))
        del common[column]
    listing.features.append(External(name, 0, after, **common))
    with faults.collected():
        listing.features[-1] = External(name, row.estimate(*_size_columns(row)), after, **common)


def _size_columns(row: Row) -> tuple[str, ...]:
    """The columns that hold the row's size: items, or low, likely and high."""
    three = [column for column in THREE if row.has_cell(column)]
    if three and row.has_cell("items"):
        value = f"items = {quote(row.text('items'))}, {three[0]} = {quote(row.text(three[0]))}"
        raise Fault(row.place, value, "fill in items, or low, likely and high, not both")
    return THREE if three or (not row.has("items") and row.has(THREE[0])) else ("items",)


def _read_common(rows: list[Row], column: str, faults: Faults) -> Any:
    """What the rows of a feature say in a column that belongs to the feature: the first that is not blank."""
    said: Any = None
    first: Row | None = None
    for row in rows:
        with faults.collected():
            value = OF_FEATURE[column](row, column)
            if first is None and value is not None:
                said, first = value, row
            elif first is not None and value is not None and repr(value) != repr(said):
                way_out = f"{first.place} says {quote(first.text(column))} for the same feature; keep one"
                raise Fault(row.place, f"{column} = {quote(row.text(column))}", way_out)
    return said
