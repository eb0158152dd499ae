"""Phrases: dates, numbers and lists of names as they stand in a sentence. Names are escaped before they come here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

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
