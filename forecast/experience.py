"""Experience: what the sheets beside a roadmap tell of the past besides sprints: items, and features that are finished."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from forecast.columns import list_names, tidy
from forecast.errors import Fault
from forecast.faults import Faults, Ignored
from forecast.feature import External, Feature
from forecast.grid import Grid
from forecast.growth import Learned
from forecast.items import Item
from forecast.looks import Look
from forecast.roadmap import Roadmap
from forecast.rows import Row, read_sheet, spell

ITEM_NEEDS = ("team", "created", "done")
ITEM_COLUMNS = (*ITEM_NEEDS, "item", "feature", "delivered")
FINISHED_NEEDS = ("feature", "planned", "done")
FINISHED_COLUMNS = (*FINISHED_NEEDS, "days_forecast", "days_taken", "open")

ITEM_NAMES = list_names("items", ITEM_COLUMNS)


def holds_items(grid: Grid) -> bool:
    """Whether a sheet is one of items: it has the columns team, created and done."""
    head = grid.rows[0][1] if grid.rows else []
    return set(ITEM_NEEDS) <= {ITEM_NAMES.get(tidy(spell(cell))) for cell in head}


def read_items(grid: Grid, faults: Faults, ignored: list[Ignored]) -> list[Item]:
    """The items in an items.csv, one a row; one that names several features (between ';') once for each.

    Raises Fault when there are no rows.
    """
    items: list[Item] = []
    sheet = read_sheet(grid, ITEM_NAMES, ITEM_NEEDS, (), [("created", "done")], faults, ignored)
    for row in sheet.rows(faults):
        try:
            items += _read_item(row)
        except Fault as fault:
            faults.append(fault if fault.where.startswith(row.place) else fault.within(row.place))
    return items


def _read_item(row: Row) -> Iterator[Item]:
    """The item of a row, once for each of its features."""
    team, created, ended = row.name("team"), row.date("created"), row.date("done")
    if created is None:
        row.needed("created")
        return
    name, delivered = row.text("item") or "", row.flag("delivered") is not False
    written = row.text("feature") or ""
    for feature in row.listed("feature") if ";" in written or '"' in written else [written]:
        yield Item(team, created, ended, feature, name, delivered)


def read_finished(grid: Grid, faults: Faults, ignored: list[Ignored]) -> list[Look]:
    """The looks at past features in a finished.csv, one a row.

    days_forecast and days_taken say how long the feature was forecast to take, without growth, and how long it took; a row
    without them tells of its scope alone, planned and done. `open` is true for a feature that is not finished yet.

    Raises Fault when there are no rows.
    """
    looks: list[Look] = []
    names = list_names("finished", FINISHED_COLUMNS)
    numbers = ("planned", "done", "days_forecast", "days_taken")
    for row in read_sheet(grid, names, FINISHED_NEEDS, numbers, [], faults, ignored).rows(faults):
        with faults.collected():
            days = [row.number("days_forecast"), row.number("days_taken")]
            if (days[0] is None) != (days[1] is None):
                blank = "days_forecast" if days[0] is None else "days_taken"
                raise Fault(row.place, f"{blank} is blank", "fill in both, or neither")
            for column in ("feature", "planned", *(() if days[0] is not None else ("done",))):
                row.needed(column)
            planned, done = row.number("planned"), row.number("done")
            forecast, taken = days if days[0] is not None else (planned, done)
            name, is_open = row.name("feature"), row.flag("open") is True
            with faults.collected(row.place):
                looks.append(Look(name, forecast or 0.0, taken or 0.0, is_open, planned))
    return looks


def teach(roadmap: Roadmap, learned: Learned) -> Roadmap:
    """The roadmap with this growth wherever it says "learned"."""
    features = [
        replace(feature, growth=learned) if isinstance(feature, Feature) and is_learned(feature) else feature
        for feature in roadmap.features
    ]
    growth = learned if is_learned(roadmap) else roadmap.growth
    return replace(roadmap, growth=growth, features=tuple(features))


def is_learned(noun: Roadmap | Feature | External) -> bool:
    """Whether the growth of a roadmap or of a feature is one to be learned."""
    return isinstance(getattr(noun, "growth", None), Learned)
