"""Quarters: the day by which something is due, written as a day or as a quarter of the company.

A quarter stands for its last day. Where the company's quarters start is said by `quarter_starts` of the roadmap; without it
they are those of the calendar.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from forecast.dates import DAY_OF_YEAR, EARLIEST, LATEST, WRITTEN, read_date
from forecast.errors import Fault, quote, written

CALENDAR = ("01-01", "04-01", "07-01", "10-01")
QUARTER = re.compile(r"(?:([0-9]{4})[-_ /]?)?Q([1-4])|Q([1-4])[-_ /]?([0-9]{4})", re.IGNORECASE)
LOOKS_LIKE_ONE = re.compile(r"[0-9]*[-_ /]?Q[-_ /]?[0-9]+([-_ /]?[0-9]+)?", re.IGNORECASE)
EXAMPLE = 'name the four days on which Q1 to Q4 start, like ["02-01", "05-01", "08-01", "11-01"]'
SHORTEST, LONGEST = 77, 105
"""Days of a quarter: thirteen weeks, or three months, give or take two weeks."""

NAMED_BY = dt.timedelta(days=28)
"""A year of the company may be called after each calendar year in which it has at least so many days."""


@dataclass(frozen=True)
class Quarter:
    """One quarter of the company.

    number : 1 to 4
    first, last : its days, both included
    years : the calendar years after which the company's year that it belongs to may be called: one, or two
    """

    number: int
    first: dt.date
    last: dt.date
    years: tuple[int, ...]


def read_day(
    value: object, start: dt.date, quarter_starts: Sequence[Any] | None, where: str, what: str = ""
) -> dt.date:
    """The day that a date, an ISO text or a quarter stands for: of a quarter (``Q1``, ``2026-Q1``) the last one.

    start : the first day of the roadmap; ``Q1`` is the first one that ends on or after it
    quarter_starts : as the roadmap has them, that of Q1 first; None for the quarters of the calendar
    where, what : for the fault

    Raises Fault for anything else, for a quarter that is over before `start`, and for one that may be either of two: where the
    company's year does not begin with the calendar's, 2027-Q1 is a quarter of the year that begins or of the one that ends in
    2027. It is taken only when the other reading is over before `start`.
    """
    named = f"{what} = " if what else ""
    if not isinstance(value, str) or WRITTEN.fullmatch(value.strip()):
        return read_date(value, where, what)
    text = value.strip()
    match = QUARTER.fullmatch(text)
    if match is None:
        way_out = "a day is written year-month-day, like 2026-05-01, a quarter Q1 or 2026-Q1"
        if LOOKS_LIKE_ONE.fullmatch(text):
            way_out = "a quarter is written Q1 to Q4, or with the four digits of its year, like 2026-Q1"
        raise Fault(where, f"{named}{quote(text)}", way_out)
    number = int(match[2] or match[3])
    year = match[1] or match[4]
    if year and not EARLIEST.year <= int(year) <= LATEST.year:
        raise Fault(where, f"{named}{quote(text)}", "a date must lie between 1900 and 2900")
    found = _quarters_of(quarter_starts, int(year) if year else start.year)
    meant = [each for each in found if each.number == number and (not year or int(year) in each.years)]
    coming = [each for each in meant if each.last >= start]
    if year is None:
        coming = coming[:1]
    if len(coming) == 1:
        return coming[0].last
    raise Fault(where, f"{named}{quote(text)}", _way_out(text, start, meant if year else [], coming))


def _way_out(text: str, start: dt.date, meant: Sequence[Quarter], coming: Sequence[Quarter]) -> str:
    if coming:
        days = " or ".join(each.last.isoformat() for each in coming)
        return f"it may end on {days}, as the company's year begins in one calendar year and ends in the next; write the day"
    if meant:
        return f"it ended on {meant[-1].last.isoformat()}, before the roadmap starts ({start.isoformat()})"
    return f"quarter_starts of the roadmap does not say when {quote(text)} ends; add the first day after it, or write the day"


def _quarters_of(starts: Sequence[Any] | None, year: int) -> list[Quarter]:
    """The quarters around a calendar year, the earliest first. Raises Fault when `quarter_starts` are not those of quarters."""
    listed = CALENDAR if starts is None else starts
    if not listed:
        raise _wrong(listed, EXAMPLE)
    days = [each if isinstance(each, str) and DAY_OF_YEAR.fullmatch(each) else None for each in listed]
    if any(days) and not all(days):
        raise _wrong(listed, 'give all as days of every year, like "02-01", or all as dates')
    firsts = [] if any(days) else [read_date(each, "roadmap", "quarter_starts") for each in listed]
    yearly = [str(day) for day in days] if any(days) else _find_days(firsts)
    if yearly:
        firsts = _repeat(listed, yearly, year)
    return _cut(listed, firsts)


def _find_days(firsts: Sequence[dt.date]) -> list[str]:
    """The days of every year that four dates stand for: each the first of a month; none when they are something else."""
    if len(firsts) != 4 or any(first.day != 1 for first in firsts):
        return []
    return [f"{first:%m-%d}" for first in firsts]


def _repeat(listed: Sequence[Any], days: Sequence[str], year: int) -> list[dt.date]:
    """The first days of the quarters of the company's years around a calendar year."""
    if len(days) != 4:
        raise _wrong(listed, EXAMPLE)
    if "02-29" in days:
        raise _wrong(listed, "29 February is no day of every year")
    firsts = []
    for begins in range(max(year - 2, 1), min(year + 3, 9998)):
        for day in days:
            month, day_of_month = map(int, day.split("-"))
            firsts.append(dt.date(begins + (day < days[0]), month, day_of_month))
    return firsts


def _cut(listed: Sequence[Any], firsts: Sequence[dt.date]) -> list[Quarter]:
    """The quarters between their first days; of the last one it is not known when it ends."""
    found = []
    for place, (first, following) in enumerate(pairwise(firsts)):
        if not SHORTEST <= (following - first).days <= LONGEST:
            raise _wrong(
                listed,
                "name the first days of Q1, Q2, Q3, Q4 and so on in this order, about 13 weeks from each to the next",
            )
        begin = firsts[place - place % 4]
        found.append(Quarter(place % 4 + 1, first, following - dt.timedelta(days=1), _years_of(begin)))
    return found


def _years_of(begin: dt.date) -> tuple[int, ...]:
    """The calendar years after which a year of the company may be called that begins on a day."""
    end = begin + dt.timedelta(days=363)
    turn = dt.date(end.year, 1, 1)
    if end.year == begin.year or end - turn < NAMED_BY:
        return (begin.year,)
    return (end.year,) if turn - begin < NAMED_BY else (begin.year, end.year)


def _wrong(listed: Sequence[Any], way_out: str) -> Fault:
    return Fault("roadmap", f"quarter_starts = {written(tuple(listed))}", way_out)
