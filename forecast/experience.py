"""Experience: what the sheets beside a roadmap tell of the past besides sprints: items, and features that are finished."""

from __future__ import annotations

import csv
import datetime as dt
import difflib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from forecast.dates import read_date
from forecast.errors import Fault
from forecast.feature import External, Feature
from forecast.growth import Learned
from forecast.items import Item
from forecast.looks import Look
from forecast.roadmap import Roadmap
from forecast.rows import Faults, Row, decode, read_rows

ITEM_NEEDS = ("team", "created", "done")
ITEM_COLUMNS = (*ITEM_NEEDS, "item", "feature", "delivered")
FINISHED_NEEDS = ("feature", "planned", "done")
FINISHED_COLUMNS = (*FINISHED_NEEDS, "days_forecast", "days_taken", "open")
NEAR = 0.8
TIMED = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ][0-9]{2}:[0-9]{2}.*")


def holds_items(content: bytes, file: str) -> bool:
    """Whether a sheet is one of items: it has the columns team, created and done."""
    return set(ITEM_NEEDS) <= set(_head(content, file))


def read_items(content: bytes, file: str, faults: Faults) -> list[Item]:
    """The items in an items.csv, one a row; one that names several features (between ';') once for each.

    Columns that are not known are read over, unless they look like a known one misspelt. Raises Fault when no row can be read.
    """
    items: list[Item] = []
    for row in read_rows(content, file, ITEM_NEEDS, _let_pass(content, file, ITEM_COLUMNS), faults):
        try:
            items += _read_item(row)
        except Fault as fault:
            faults.append(fault if fault.where.startswith(row.place) else fault.within(row.place))
    return items


def _read_item(row: Row) -> Iterator[Item]:
    """The item of a row, once for each of its features."""
    team, created, done = row.needed("team"), _day(row, "created", row.needed("created")), row.text("done")
    ended = None if done is None else _day(row, "done", done)
    name, delivered = row.text("item") or "", row.flag("delivered") is not False
    written = row.text("feature") or ""
    for feature in row.listed("feature") if ";" in written or '"' in written else [written]:
        yield Item(team, created, ended, feature, name, delivered)


def read_finished(content: bytes, file: str, faults: Faults) -> list[Look]:
    """The looks at past features in a finished.csv, one a row.

    days_forecast and days_taken say how long the feature was forecast to take, without growth, and how long it took; a row
    without them tells of its scope alone, planned and done. `open` is true for a feature that is not finished yet.

    Raises Fault when no row can be read.
    """
    looks: list[Look] = []
    for row in read_rows(content, file, FINISHED_NEEDS, _let_pass(content, file, FINISHED_COLUMNS), faults):
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


@lru_cache(maxsize=65536)
def _read_day(text: str) -> dt.date:
    timed = TIMED.fullmatch(text)
    return read_date(timed[1] if timed else text, "")


def _day(row: Row, column: str, text: str) -> dt.date:
    """The day in a cell that may hold the time as well."""
    try:
        return _read_day(text)
    except Fault as fault:
        raise Fault(f"{row.place}, {column}", fault.value, fault.way_out) from None


def _head(content: bytes, file: str) -> list[str]:
    """The names of the columns, in small letters."""
    lines = csv.reader(io.StringIO(decode(content, file), newline=""))
    try:
        cells = next((cells for cells in lines if any(cell.strip() for cell in cells)), [])
    except csv.Error:
        return []
    return [cell.strip().casefold() for cell in cells]


def _let_pass(content: bytes, file: str, known: Sequence[str]) -> list[str]:
    """The columns that may be there: the known ones, and all that do not look like one of them misspelt."""
    return [*known, *(name for name in _head(content, file) if not difflib.get_close_matches(name, known, 1, NEAR))]


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
