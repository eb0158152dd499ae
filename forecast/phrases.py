"""Phrases: dates, numbers and lists of names as they stand in a sentence; names of files are made safe by `say_name`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from forecast.errors import quote

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
FEW = 3


def say_date(date: str | dt.date | None) -> str:
    """A date that is read the same everywhere: 13 Mar 2026."""
    if date is None:
        return "no date"
    date = dt.date.fromisoformat(date) if isinstance(date, str) else date
    return f"{date.day} {MONTHS[date.month - 1]} {date.year}"


def say_list(names: Sequence[str]) -> str:
    """Login, Search and Checkout."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def say_few(names: Sequence[str], most: int = FEW) -> str:
    """All of a few names, or the first of many: Login, Search, Checkout and 9 more."""
    if len(names) <= most + 1:  # "and 1 more" would take as much room as the name
        return say_list(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"


def say_number(number: float) -> str:
    """A number with no more digits than a reader wants: 1,250, 42, 3.4, 0.25."""
    if number >= 20 or number == round(number):
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 1 else f"{number:.2g}"


def say_count(number: int, one: str, many: str = "") -> str:
    """A number of things: 1 sprint, 12 sprints; `many` where it is not `one` with an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def say_name(name: str) -> str:
    """A name from a file as it is safe to stand in a sentence: escaped, and at most 80 characters."""
    return quote(name)[1:-1]


def say_names(names: Sequence[str], most: int = FEW) -> str:
    """A few of several names from files."""
    return say_few([say_name(name) for name in names], most)


def say_points(gap: float) -> str:
    """How far a chance is from another one, in points: 2.2 points; never 0 for what is more."""
    return f"{gap:.1f} points" if gap >= 0.05 else "less than 0.1 points"


def say_share(share: float) -> str:
    """A share in whole percent: 85 %; never 0 % or 100 % for what is not."""
    if 0 < share < 0.01:
        return "less than 1 %"
    return f"{min(round(100 * share), 99 if share < 1 else 100)} %"


def say_days(days: float) -> str:
    """A length of calendar days as one would say it: 12 days, 5 weeks, 14 months, 3 years."""
    if days < 21:
        return say_count(round(days), "day")
    if days < 90:
        return say_count(round(days / 7), "week")
    if days < 730:
        return say_count(round(days / 30.4), "month")
    return say_count(round(days / 365.25), "year")


def say_each(clauses: Sequence[str], what: str = "team", most: int = FEW) -> str:
    """A few of several clauses that may hold commas: a of X; b of Y; and 4 more teams."""
    if len(clauses) <= most + 1:
        return "; ".join(clauses)
    return "; ".join([*clauses[:most], f"and {say_count(len(clauses) - most, f'more {what}')}"])
