"""Paging: which features are drawn, and on how many pictures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from forecast.charts.canvas import Margins, Size
from forecast.errors import Fault
from forecast.outcome import Forecast
from forecast.values import read_levels, read_list
from forecast.wording import say_chance_of

ROW, LEAST_ROW, TALLEST_ROW = 0.24, 0.15, 0.4
MOST_ROWS = 40
WIDTH, AROUND = 11.0, 2.3
NO_OBJECTIVE = "no objective"


@dataclass(frozen=True)
class Page:
    """Features that are drawn together.

    title : the objective that they share, or empty; number, of : which page of how many with that title
    """

    title: str
    features: tuple[str, ...]
    number: int = 1
    of: int = 1

    def __str__(self) -> str:
        return f"{self.title}, {self.number} of {self.of}" if self.of > 1 else self.title


@dataclass(frozen=True)
class Row:
    """What a chart tells of one feature.

    rank : its place in the order, None for several features taken together
    dates : one a level, None for no date; chance : in words, empty without a due date
    holds : whether a promise has at least the promise level; None for what is no promise
    """

    name: str
    rank: int | None
    dates: tuple[dt.date | None, ...]
    due: dt.date | None
    chance: str
    holds: bool | None


def pages(forecast: Forecast, size: Size | None = None) -> tuple[Page, ...]:
    """The features in groups that each fit on a picture: all on one if they do, else by objective, in roadmap order.

    size : inches of the picture; None for as many rows as are read with ease
    """
    rows = MOST_ROWS if size is None else rows_that_fit(size)
    if len(forecast.features) <= rows or forecast.joint:
        return (Page("", forecast.features),)
    groups: dict[str, list[str]] = {}
    for feature in forecast.roadmap.features:
        groups.setdefault(feature.objective or "", []).append(feature.name)
    if "" in groups:
        groups[""] = groups.pop("")  # to the end
    found = []
    for objective, names in groups.items():
        title = objective or (NO_OBJECTIVE if len(groups) > 1 else "")
        count = -(-len(names) // rows)
        for page in range(count):
            found.append(Page(title, tuple(names[page * rows : (page + 1) * rows]), page + 1, count))
    return tuple(found)


def rows_that_fit(size: Size) -> int:
    """How many rows a picture of a size holds."""
    return max(1, int((size[1] - AROUND) / 0.2))


def find_size(size: Size | None, rows: int, margins: Margins, what: str) -> tuple[Size, Margins]:
    """The size of a picture of so many rows, and its margins, so that rows are neither too low to be read nor very high.

    Raises Fault when so many rows cannot be told apart on the size that is asked for.
    """
    around = margins.top + margins.bottom
    if size is None:
        return (WIDTH, around + max(2, rows) * ROW), margins
    height = (size[1] - around) / max(rows, 1)
    if height < LEAST_ROW:
        way_out = "draw them on several pictures: fc.charts.pages(forecast, size) groups them"
        raise Fault(what, f"{rows} rows on {size[0]:g} x {size[1]:g} inches", way_out)
    free = max(0.0, height - TALLEST_ROW) * rows
    return size, replace(margins, bottom=margins.bottom + free)


def find_rows(forecast: Forecast, features: Iterable[str] | None, levels: Sequence[float]) -> list[Row]:
    """What there is to draw of the features that are asked for, in roadmap order. Raises Fault for one that there is not."""
    levels = read_levels(levels)
    told = forecast.to_dict(levels)
    wanted = set(forecast.features) if features is None else _read_names(forecast, features)
    return [
        _find_row(forecast, each, None if forecast.joint else rank, told)
        for rank, each in enumerate(told["features"], start=1)
        if each["name"] in wanted
    ]


def _read_names(forecast: Forecast, features: Iterable[str]) -> set[str]:
    names = read_list(features, "chart", "features")
    if not names:
        raise Fault("chart", "features = []", "name at least one feature")
    return {forecast.roadmap.feature(name).name for name in names}


def _find_row(forecast: Forecast, each: dict[str, Any], rank: int | None, told: dict[str, Any]) -> Row:
    return Row(
        name=each["name"],
        rank=rank,
        dates=tuple(date and dt.date.fromisoformat(date) for date in each["dates"].values()),
        due=each["due"] and dt.date.fromisoformat(each["due"]),
        chance=say_chance_of(each, told),
        holds=each["chance"] >= forecast.roadmap.promise_level if each["is_promise"] else None,
    )
