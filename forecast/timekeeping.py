"""Timekeeping: what the dates and names of past sprints give away, as questions asked of every team."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from forecast.clue import HARDLY, MOVES, SURELY, Clue, Question
from forecast.errors import quote
from forecast.history import Sprint
from forecast.oddities import Oddity, list_weekdays
from forecast.past import Past
from forecast.phrases import say_count, say_date, say_days, say_name, say_number


def _sprint(sprint: Sprint) -> str:
    """The name of a sprint, or when it began."""
    return quote(sprint.name) if sprint.name else f"that of {say_date(sprint.start)}"


def _ask_same_dates(past: Past) -> Clue | None:
    odds = past.odd("same dates")
    if not odds:
        return None
    twice = sum(len(odd.at) - 1 for odd in odds)
    one, other = odds[0].sprints[:2]
    named = f"{quote(one.name)} and {quote(other.name)}" if one.name and other.name else "two"
    such = f"such as {named} from {say_date(one.start)} on"
    return Clue(f"{say_name(past.name)} {say_count(twice, 'row')} too many, {such}", _doubt(past, odds))


def _ask_overlaps(past: Past) -> Clue | None:
    odds = past.odd("overlap")
    if not odds:
        return None
    worst = max(odds, key=lambda odd: odd.measure)
    shared = say_count(int(worst.measure), "weekday")
    pair = f"{_sprint(worst.sprints[0])} and {_sprint(worst.sprints[1])}, which share {shared}"
    return Clue(f"{say_name(past.name)} {_times(odds)}{pair}", _doubt(past, odds))


def _times(odds: Sequence[Oddity]) -> str:
    """What comes before an example: nothing when it is the only one."""
    return f"{len(odds)} times, such as " if len(odds) > 1 else ""


def _doubt(past: Past, odds: Sequence[Oddity]) -> float:
    """The share of the past that belongs to the later sprint of each oddity."""
    return past.weight([*{at for odd in odds for at in odd.at[1:]}])


def _ask_shared_days(past: Past) -> Clue | None:
    odds = past.odd("shared day")
    times = "once" if len(odds) == 1 else f"{len(odds)} times"
    return Clue(f"{say_name(past.name)} {times}", HARDLY) if odds else None


def _ask_gaps(past: Past) -> Clue | None:
    odds = past.odd("gap")
    if not odds:
        return None
    worst = max(odds, key=lambda odd: odd.measure)
    gaps = f"{len(odds)} gaps, the longest of" if len(odds) > 1 else "one of"
    days = say_days(worst.measure * 7 / 5)
    missing = sum(odd.measure for odd in odds) / max(float(np.median(list_weekdays(past.rows))), 1.0)
    return Clue(
        f"{say_name(past.name)} {gaps} {days} after {say_date(worst.sprints[0].end)}",
        missing / (missing + len(past.rows)),
    )


def _ask_names(past: Past) -> Clue | None:
    odds = past.odd("same name")
    if not odds:
        return None
    other = f" and {len(odds) - 1} more" if len(odds) > 1 else ""
    return Clue(f"{say_name(past.name)} {quote(odds[0].sprints[0].name)}{other}", HARDLY)


def _ask_years(past: Past) -> Clue | None:
    odds = past.odd("misdated name")
    if not odds:
        return None
    first = odds[0].sprints[0]
    other = f" and {len(odds) - 1} more" if len(odds) > 1 else ""
    return Clue(f"{say_name(past.name)} {quote(first.name)}, which began on {say_date(first.start)}{other}", HARDLY)


def _ask_lengths(past: Past) -> Clue | None:
    odds = past.odd("unlike length")
    if not odds:
        return None
    worst = max(odds, key=lambda odd: max(odd.measure, 1 / odd.measure))
    such = f"{_sprint(worst.sprints[0])} of {worst.why.removeprefix('it has ')}"
    return Clue(f"{say_name(past.name)} {_times(odds)}{such}", HARDLY)


def _ask_plan(past: Past) -> Clue | None:
    weekdays = list_weekdays(past.rows)
    if not weekdays.any():
        return None
    usual = float(np.median(weekdays)) * 7 / 5
    if abs(usual / past.sprint_days - 1) <= MOVES:
        return None
    narrow = "narrow" if usual > past.sprint_days else "wide"
    days = say_number(round(usual, 1))
    return Clue(
        f"{say_name(past.name)} {days} days, planned {past.sprint_days} (its range is a little too {narrow})", HARDLY
    )


def _ask_unfinished(past: Past) -> Clue | None:
    odds = past.odd("unfinished", "future")
    if not odds:
        return None
    first = odds[0]
    what = first.why.removesuffix(" were still to come") + " to come" if first.kind == "unfinished" else first.why
    other = f", and {len(odds) - 1} more" if len(odds) > 1 else ""
    return Clue(f"{say_name(past.name)} {_sprint(first.sprints[0])} ({what}){other}", SURELY)


def _ask_stale(past: Past) -> Clue | None:
    for odd in past.odd("stale"):
        days = odd.measure * float(np.median(list_weekdays(past.rows))) * 7 / 5
        return Clue(f"{say_name(past.name)} on {say_date(odd.sprints[0].end)}, {say_days(days)} before", SURELY)
    return None


ABOUT_DATES = (
    Question(
        "same dates",
        "Sprints of the same dates are counted as several",
        "Add up the rows that are one sprint.",
        _ask_same_dates,
    ),
    Question(
        "overlap",
        "Sprints overlap, so that each holds only part of what the team did in its days",
        "Give each day to one sprint, and add up rows that are one sprint.",
        _ask_overlaps,
    ),
    Question(
        "unfinished",
        "A sprint that is not over when the forecast starts counts as a whole one",
        "Take the row out until the sprint is over, or start the forecast after it.",
        _ask_unfinished,
    ),
    Question(
        "stale",
        "The history ends long before the forecast starts",
        "Add the sprints since then, with 0 where nothing was finished.",
        _ask_stale,
    ),
    Question(
        "gap",
        "There are gaps between sprints, which the forecast takes for time that never was",
        "Add the sprints that are missing, with 0 where nothing was finished; leave out only what cannot come again.",
        _ask_gaps,
    ),
    Question(
        "length",
        "Not all sprints have the usual length; their counts are scaled by weekdays",
        "Check their first and last days.",
        _ask_lengths,
    ),
    Question(
        "length",
        "Past sprints are longer or shorter than planned ones; their counts are scaled by weekdays",
        "Count the past in sprints of the planned length, if you can.",
        _ask_plan,
    ),
    Question(
        "shared day",
        "Sprints end on the day on which the next one begins",
        "Write the last day of a sprint, included; each of these is counted a day too long.",
        _ask_shared_days,
    ),
    Question("name", "Different sprints have the same name", "See whether they are one sprint.", _ask_names),
    Question("name", "The name of a sprint says another year", "See whether its dates are right.", _ask_years),
)
