"""What the two sheets of a portfolio say: features.csv and throughput.csv."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from forecast.errors import Fault, quote
from forecast.feature import External, Feature, Part
from forecast.growth import LEARNED, Growth, read_growth
from forecast.history import Sprint
from forecast.rows import Faults, Row, read_rows

THREE = ("low", "likely", "high")


def read_growth_in_one(row: Row, column: str) -> Growth | None:
    """The growth in the cell: one number, three with ';' between them, or "learned"."""
    text = row.text(column)
    return read_growth(text, row.place) if text and text.casefold() == LEARNED else row.estimate_in_one(column)


OF_FEATURE: dict[str, Callable[[Row, str], Any]] = {
    "due": Row.date,
    "promised": Row.flag,
    "not_before": Row.date,
    "objective": Row.text,
    "value": Row.number,
    "cost_of_delay": Row.number,
    "started": Row.flag,
    "growth": read_growth_in_one,
}
"""Columns that belong to the feature, not to the row, and how their cells are read."""

OF_EXTERNAL = ("due", "promised", "not_before", "objective")
FEATURE_COLUMNS = ("feature", "team", "items", *THREE, "after", *OF_FEATURE)
THROUGHPUT_COLUMNS = ("team", "sprint", "start", "end", "done", "done_roadmap")


def read_sprints(content: bytes, file: str, faults: Faults) -> list[Sprint]:
    """The past sprints in a throughput.csv, one a row. Raises Fault when no row can be read."""
    sprints: list[Sprint] = []
    for row in read_rows(content, file, ("team", "start", "end", "done"), THROUGHPUT_COLUMNS, faults):
        known = len(faults)
        values: list[Any] = []
        for column, read in (("team", Row.name), ("start", Row.date), ("end", Row.date), ("done", Row.number)):
            with faults.collected():
                row.needed(column)
                values.append(read(row, column))
        if len(faults) == known:
            with faults.collected(row.place):
                team, start, end, done = values
                sprints.append(Sprint(team, start, end, done, row.text("sprint") or "", row.number("done_roadmap")))
    return sprints


@dataclass
class Listing:
    """The features of a features.csv.

    features : in the order of their first row
    is_whole : no row was lost that another could refer to
    """

    features: list[Feature | External] = field(default_factory=list)
    is_whole: bool = True
    _places: dict[str, str] = field(default_factory=dict)

    def place(self, fault: Fault) -> str | None:
        """The row that a fault of the roadmap is about."""
        return self._places.get(f"{fault.where}: {fault.value}") or self._places.get(fault.where)

    def keep_place(self, name: str, row: Row, team: str | None = None) -> None:
        """Notes the row of a feature, or of a team's part of it, under the words that a fault of the roadmap uses."""
        if team is None:
            self._places[f"feature {quote(name)}"] = row.place
        else:
            self._places[f"feature {quote(f'{name}/{team}')}"] = row.place
            self._places[f"feature {quote(name)}: work of {quote(team)}"] = row.place


def read_features(content: bytes, file: str, faults: Faults) -> Listing:
    """The features in a features.csv. Raises Fault when no row can be read."""
    known = len(faults)
    rows = read_rows(content, file, ("feature", "team"), FEATURE_COLUMNS, faults)
    listing = Listing(is_whole=len(faults) == known)
    rows_of: dict[str, list[Row]] = {}
    spelled: dict[str, tuple[str, Row]] = {}
    for row in rows:
        try:
            name = row.name("feature")
            first, there = spelled.setdefault(name.casefold(), (name, row))
            if first != name:
                way_out = f"{there.place} writes {quote(first)}; write it the same"
                raise Fault(row.place, f"feature = {quote(name)}", way_out)
            rows_of.setdefault(name, []).append(row)
        except Fault as fault:
            faults.append(fault)
            listing.is_whole = False
    for name, rows in rows_of.items():
        _read_feature(name, rows, listing, faults)
    return listing


def _read_feature(name: str, rows: list[Row], listing: Listing, faults: Faults) -> None:
    with_team = [row for row in rows if row.text("team")]
    without = [row for row in rows if not row.text("team")]
    external = [row for row in without if any(row.text(column) for column in ("items", *THREE))]
    listing.keep_place(name, rows[0])
    common = {column: _read_common(rows, column, faults) for column in OF_FEATURE}
    common = {column: value for column, value in common.items() if value is not None}
    after: list[str] = []
    for row in without:
        with faults.collected():
            after += row.listed("after")
    for row in external if with_team else external[1:]:
        way_out = "only a row of its own, without any other row of the feature, can be an external"
        faults.append(Fault(row.place, f"feature = {quote(name)} without a team", way_out))
    if external and not with_team:
        _read_external(name, external[0], after, common, listing, faults)
        return
    if "due" not in common and any(row.text("due") for row in rows):
        common.pop("promised", None)
    work = _read_work(name, with_team, listing, faults)
    listing.features.append(Feature(name, work, after))
    with faults.collected(rows[0].place):
        listing.features[-1] = Feature(name, work, after, **common)


def _read_work(name: str, rows: list[Row], listing: Listing, faults: Faults) -> dict[str, Part]:
    work: dict[str, Part] = {}
    first: dict[str, Row] = {}
    for row in rows:
        with faults.collected():
            team = row.name("team")
            if team in first:
                raise Fault(row.place, f"team = {quote(team)}", f"{first[team].place} has it already; one row per part")
            first[team] = row
            listing.keep_place(name, row, team)
            work[team] = Part(0)
            after = row.listed("after")
            work[team] = Part(row.estimate(*_size_columns(row)), after)
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
    three = [column for column in THREE if row.text(column)]
    if three and row.text("items"):
        value = f"items = {quote(row.text('items'))}, {three[0]} = {quote(row.text(three[0]))}"
        raise Fault(row.place, value, "fill in items, or low, likely and high, not both")
    return THREE if three or "items" not in row.cells else ("items",)


def _read_common(rows: list[Row], column: str, faults: Faults) -> Any:
    """What the rows of a feature say in a column that belongs to the feature: the first that is not blank."""
    said: Any = None
    first: Row | None = None
    for row in rows:
        with faults.collected():
            value = OF_FEATURE[column](row, column)
            if first is None and value is not None:
                said, first = value, row
            elif first is not None and value not in (None, said):
                way_out = f"{first.place} says {quote(first.text(column))} for the same feature; keep one"
                raise Fault(row.place, f"{column} = {quote(row.text(column))}", way_out)
    return said
