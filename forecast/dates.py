"""Dates and the clock: working days since the start of a roadmap.

The clock counts working days: Monday to Friday without the company's days off. Day k of the clock is the interval
[k, k + 1); a finish in (k - 1, k] falls on the k-th working day, a finish of 0 on the first (model, section 6).
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.errors import Fault, quote, written
from forecast.values import read_list

EARLIEST = dt.date(1900, 1, 1)
LATEST = dt.date(2900, 12, 31)
WORKING_DAYS_A_YEAR = 261
WRITTEN = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})([T ][0-9]{1,2}(:[0-9]{2}){1,2}(\.[0-9]+)?\s*(Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
DAY_OF_YEAR = re.compile(r"[0-9]{2}-[0-9]{2}")
Dateish = dt.date | str


def read_date(value: object, where: str, what: str = "") -> dt.date:
    """The date that a date or an ISO text (``2026-05-01``) stands for; of a time of day the date as it is written.

    what : the key or column that holds it

    Raises Fault when it is neither, or outside the years 1900 to 2900.
    """
    named = f"{what} = " if what else ""
    if isinstance(value, str) and (match := WRITTEN.fullmatch(value.strip())):
        try:
            value = dt.date.fromisoformat(match[1])
        except ValueError:
            raise Fault(where, f"{named}{quote(value)}", "there is no such day") from None
    if isinstance(value, dt.datetime):
        value = value.date()
    if not isinstance(value, dt.date):
        raise Fault(where, f"{named}{written(value)}", "a date is written year-month-day, like 2026-05-01")
    if not EARLIEST <= value <= LATEST:
        raise Fault(where, f"{named}{value.isoformat()}", "a date must lie between 1900 and 2900")
    return value


def read_dates(values: object, where: str, what: str = "") -> tuple[dt.date, ...]:
    """Several dates, sorted, each once. Raises Fault as `read_date` does, and for a lone date or text."""
    if isinstance(values, str | dt.date) or not isinstance(values, Iterable):
        named = f"{what} = " if what else ""
        raise Fault(where, f"{named}{written(values)}", "give a list of dates, like [2026-05-01, 2026-05-02]")
    return tuple(sorted({read_date(value, where, what) for value in values}))


def read_quarters(starts: Sequence[Any] | None) -> tuple[Any, ...] | None:
    """First days of quarters, dates or days of every year such as "02-01", as given. Raises Fault for anything else."""
    if starts is None:
        return None
    listed = read_list(starts, "roadmap", "quarter_starts")
    for start in listed:
        is_day = isinstance(start, str) and DAY_OF_YEAR.fullmatch(start)
        read_date(f"2000-{start}" if is_day else start, "roadmap", "quarter_starts")
    return listed


@lru_cache(maxsize=4096)
def count_weekdays(start: dt.date, end: dt.date) -> int:
    """Mondays to Fridays from start to end, both included; days off are weekdays too."""
    return int(np.busday_count(start, end + dt.timedelta(days=1)))


@dataclass(frozen=True)
class Clock:
    """Working days since `start`, and back to dates.

    start : the day at which the clock stands at 0 (the first working day on or after it is day 1)
    days_off : days on which nobody in the company works; they are not on the clock
    """

    start: dt.date
    days_off: tuple[dt.date, ...] = ()

    @cached_property
    def _week(self) -> np.busdaycalendar:
        return np.busdaycalendar(holidays=np.array(self.days_off, dtype="datetime64[D]"))

    def __getstate__(self) -> dict[str, Any]:
        return {"start": self.start, "days_off": self.days_off}

    def position(self, day: dt.date) -> int:
        """Where on the clock `day` begins: working days between start and it, negative before start."""
        return int(self.positions(np.array([day], dtype="datetime64[D]"))[0])

    def positions(self, days: NDArray[np.datetime64]) -> NDArray[np.int64]:
        """Where on the clock each day begins; days : (n,) datetime64[D] -> (n,) int64."""
        start = np.datetime64(self.start, "D")
        after = np.busday_count(np.minimum(start, days), np.maximum(start, days), busdaycal=self._week)
        return np.where(days >= start, after, -after).astype(np.int64)

    def days_until(self, day: dt.date) -> int:
        """The number of working days from start to `day`, both included: what `by`, `due` and `until` mean."""
        return self.position(day + dt.timedelta(days=1))

    def date(self, finish: float) -> dt.date | None:
        """The working day on which a finish falls; None for a finish of inf."""
        if math.isinf(finish):
            return None
        return self.dates(max(math.ceil(finish), 1))[-1]

    def dates(self, count: int) -> list[dt.date]:
        """The first `count` working days on or after start."""
        listed: list[dt.date] = self.days(count).tolist()
        return listed

    def days(self, count: int) -> NDArray[np.datetime64]:
        """The same as an array: (count,) datetime64[D]."""
        return np.busday_offset(np.datetime64(self.start, "D"), np.arange(count), roll="forward", busdaycal=self._week)
