"""Oddities: what is strange in the past sprints of a team, found by plain rules and told as records.

Nothing is judged or changed here: what an oddity means for a forecast, and what to do about it, is for those who read the
records. Every rule is stated where it is applied; those about the pace in `pacing`.
"""

from __future__ import annotations

import bisect
import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from forecast import pacing
from forecast.arrays import Floats, Longs
from forecast.dates import count_weekdays
from forecast.history import History, Sprint
from forecast.phrases import say_count, say_date, say_number

Kind = Literal[
    "same dates",  # measure: how many sprints have these dates
    "overlap",  # two sprints that share more than one weekday; measure: how many
    "shared day",  # two sprints that share one weekday, mostly the last of one and the first of the next; measure: 1
    "gap",  # the two sprints on either side of weekdays in no sprint; measure: how many
    "same name",  # measure: how many sprints have this name
    "misdated name",  # a sprint whose name says another year; measure: that year
    "unlike length",  # measure: its length as a multiple of the team's usual one
    "unfinished",  # still running when the forecast starts; measure: the weekdays that were left
    "future",  # begins on or after the start of the forecast; measure: 0
    "stale",  # the newest sprint, which ended long before the forecast starts; measure: sprints missing since
    "fraction",  # not a whole number; measure: what was done
    "bulk",  # far more than in the sprints around it; measure: as a multiple of their median
    "carrier",  # one sprint makes up much of all; measure: the share by which the mean falls without it
    "nothing done",  # all sprints, and not one item; measure: how many
    "idle",  # sprints in a row with nothing done; measure: how many
    "shift",  # the sprints since the pace changed for good; measure: their mean as a multiple of that before
]

LEAST_GAP = 3
"""Weekdays without a sprint below which nobody speaks of a gap."""
UNLIKE = 1.5
YEAR = re.compile(r"(?<![0-9])20[0-9]{2}(?![0-9])")
YEAR_OFF = 366
EPOCH = dt.date(1970, 1, 1).toordinal()

Dates = NDArray[np.datetime64]


@dataclass(frozen=True)
class Oddity:
    """Something strange in the history of one team.

    at : places of the sprints concerned in `history.of(team)`, 0 the oldest, rising
    sprints : those sprints
    why : a sentence without its full stop, true of these sprints, which names neither the team nor the sprints
    measure : how strange it is, in the unit that `Kind` says
    """

    kind: Kind
    team: str
    at: tuple[int, ...]
    sprints: tuple[Sprint, ...]
    why: str
    measure: float


def find_oddities(history: History, start: dt.date | None = None) -> tuple[Oddity, ...]:
    """All oddities of all teams; start : first day of the forecast, None for what can be said without it."""
    return tuple(odd for team in history.teams for odd in find_oddities_of(history.of(team), start))


def find_oddities_of(rows: Sequence[Sprint], start: dt.date | None = None) -> tuple[Oddity, ...]:
    """The oddities of the sprints of one team, oldest first; their places are those in `rows`."""
    found = [odd for find in FINDERS for odd in find(rows)]
    if start is not None:
        found += find_unfinished(rows, start) + find_stale(rows, start)
    return tuple(found)


def list_weekdays(rows: Sequence[Sprint]) -> Longs:
    """Mondays to Fridays in each sprint: (n,); zeros when they have no dates."""
    if not rows or rows[0].start is None:
        return np.zeros(len(rows), np.int64)
    starts, ends = _dates_of(rows)
    return np.busday_count(starts, ends + 1).astype(np.int64)


def list_paces(rows: Sequence[Sprint]) -> Floats:
    """What was done in each sprint, as it would have been in a sprint of the team's usual length: (n,)."""
    done = _done(rows)
    weekdays = list_weekdays(rows)
    return done if not weekdays.any() else done * np.median(weekdays) / weekdays


def find_overlaps(rows: Sequence[Sprint]) -> list[Oddity]:
    """Sprints of the same dates, sprints and of each, whether it shares weekdays with the one that ends last before it."""
    if not rows or rows[0].start is None:
        return []
    places: dict[Any, list[int]] = {}
    for at, row in enumerate(rows):
        places.setdefault((row.start, row.end), []).append(at)
    found = [
        _odd("same dates", rows, at, f"{say_count(len(at), 'sprint')} have the same first and last day", len(at))
        for at in places.values()
        if len(at) > 1
    ]
    starts, ends = _dates_of(rows)
    latest = _ends_last(ends)
    shared = np.busday_count(starts[1:], np.minimum(ends[1:], ends[latest]) + 1)
    for before, at in _pairs(latest, shared > 0):
        if (rows[at].start, rows[at].end) == (rows[before].start, rows[before].end):
            continue
        days = int(shared[at - 1])
        why = f"{say_count(days, 'weekday')} from {say_date(rows[at].start)} on belong to both"
        found.append(_odd("overlap" if days > 1 else "shared day", rows, [before, at], why, days))
    return found


def find_gaps(rows: Sequence[Sprint]) -> list[Oddity]:
    """Weekdays between two sprints that belong to none: at least three, and at least half a usual sprint."""
    if not rows or rows[0].start is None:
        return []
    starts, ends = _dates_of(rows)
    latest = _ends_last(ends)
    missing = np.busday_count(ends[latest] + 1, starts[1:])
    least = max(LEAST_GAP, float(np.median(list_weekdays(rows))) / 2)
    return [
        _odd("gap", rows, [before, at], _say_gap(int(missing[at - 1]), rows[before]), missing[at - 1])
        for before, at in _pairs(latest, missing >= least)
    ]


def _say_gap(missing: int, before: Sprint) -> str:
    return f"{say_count(missing, 'weekday')} after {say_date(before.end)} belong to no sprint"


def find_namesakes(rows: Sequence[Sprint]) -> list[Oddity]:
    """Sprints of one name, upper and lower case alike; silent where all of several have it."""
    places: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        if row.name:
            places.setdefault(row.name.casefold(), []).append(at)
    if len(places) == 1 and len(rows) > 2:  # then it is no name
        return []
    return [
        _odd("same name", rows, at, f"{say_count(len(at), 'sprint')} have the same name", len(at))
        for at in places.values()
        if len(at) > 1
    ]


def find_misdated_names(rows: Sequence[Sprint]) -> list[Oddity]:
    """Sprints whose name says a year (2016) in which they did not run.

    A year is wrong when it is more than a year away, or lies before that of an earlier sprint or after that of a later one, which
    ran in its own. Where that holds for a third of the names or more, their numbers are not years, and nothing is said.
    """
    named = [(at, int(years[0])) for at, row in enumerate(rows) if len(set(years := YEAR.findall(row.name))) == 1]
    if not named or rows[0].start is None:
        return []
    away = [_days_from_year(rows[at], year) for at, year in named]
    right = [(place, year) for place, ((_, year), days) in enumerate(zip(named, away, strict=True)) if days == 0]
    wrong = []
    for place, (at, year) in enumerate(named):
        behind = bisect.bisect_left(right, (place, 0))  # the years of those that are right never fall
        is_back = behind > 0 and year < right[behind - 1][1]
        is_ahead = behind < len(right) and year > right[behind][1]
        if away[place] and (is_back or is_ahead or away[place] > YEAR_OFF):
            wrong.append((at, year))
    if 3 * len(wrong) >= len(named):
        return []
    return [
        _odd("misdated name", rows, [at], f"its name says {year}, but it began on {say_date(rows[at].start)}", year)
        for at, year in wrong
    ]


def find_unlike_lengths(rows: Sequence[Sprint]) -> list[Oddity]:
    """Sprints more than half as long again as the team's usual (median) one, or less than two thirds of it."""
    weekdays = list_weekdays(rows)
    if not weekdays.any():
        return []
    usual = float(np.median(weekdays))
    return [
        _odd("unlike length", rows, [at], f"it has {say_count(int(weekdays[at]), 'weekday')}", weekdays[at] / usual)
        for at in np.flatnonzero((weekdays > UNLIKE * usual) | (weekdays * UNLIKE < usual)).tolist()
    ]


def find_fractions(rows: Sequence[Sprint]) -> list[Oddity]:
    """Sprints that did not finish a whole number."""
    return [
        _odd("fraction", rows, [at], f"done = {row.done:g} is no whole number", row.done)
        for at, row in enumerate(rows)
        if row.done != round(row.done)
    ]


def find_bulks(rows: Sequence[Sprint]) -> list[Oddity]:
    """Sprints with far more done than in those around them: a board cleared up, an import, several sprints in one row."""
    pace = list_paces(rows)
    found = []
    for at, usual in pacing.find_bulks(pace):
        why = f"{say_number(rows[at].done)} done, in the sprints around it usually {say_number(round(usual, 1))}"
        found.append(_odd("bulk", rows, [at], why, pace[at] / max(usual, 1.0)))
    return found


def find_carrier(rows: Sequence[Sprint]) -> list[Oddity]:
    """The one sprint without which the mean of all would be much lower."""
    carrier = pacing.find_carrier(_done(rows))
    if carrier is None:
        return []
    at, falls = carrier
    why = f"without its {say_number(rows[at].done)} the mean of the sprints would be {100 * falls:.0f} % lower"
    return [_odd("carrier", rows, [at], why, falls)]


def find_idle(rows: Sequence[Sprint]) -> list[Oddity]:
    """Sprints in a row with nothing done, where the team's other sprints make such a row unlikely; or all of them."""
    done = _done(rows)
    if len(rows) and not done.any():
        why = f"nothing was finished in {say_count(len(rows), 'sprint')}"
        return [_odd("nothing done", rows, range(len(rows)), why, len(rows))]
    return [
        _odd(
            "idle",
            rows,
            range(first, behind),
            f"nothing was finished in {behind - first} sprints in a row",
            behind - first,
        )
        for first, behind in pacing.find_idle(done)
    ]


def find_shift(rows: Sequence[Sprint]) -> list[Oddity]:
    """The sprints since the pace last changed for good, in a step or a slide."""
    shift = pacing.find_shift(list_paces(rows))
    if shift is None:
        return []
    now, then = say_number(round(shift.since, 1)), say_number(round(shift.before, 1))
    why = f"a mean of {now} a sprint since, {then} before"
    return [_odd("shift", rows, range(shift.first, len(rows)), why, shift.since / max(shift.before, 1e-9))]


def find_unfinished(rows: Sequence[Sprint], start: dt.date) -> list[Oddity]:
    """Sprints that were still running when the forecast starts (at least two weekdays of them), or had not begun."""
    found = []
    for at, row in enumerate(rows):
        if row.start is None or row.end is None or row.end <= start:
            continue
        if row.start >= start:
            found.append(_odd("future", rows, [at], f"it begins on {say_date(row.start)}", 0))
        elif (left := count_weekdays(start, row.end)) > 1:
            why = f"{left} of its {say_count(count_weekdays(row.start, row.end), 'weekday')} were still to come"
            found.append(_odd("unfinished", rows, [at], why, left))
    return found


def find_stale(rows: Sequence[Sprint], start: dt.date) -> list[Oddity]:
    """The newest sprint, when it ended at least one and a half usual sprints before the forecast starts."""
    if not rows or rows[0].start is None:
        return []
    at = max(range(len(rows)), key=lambda place: cast(dt.date, rows[place].end))
    last = cast(dt.date, rows[at].end)
    missing = count_weekdays(last + dt.timedelta(days=1), start - dt.timedelta(days=1)) if last < start else 0
    sprints = missing / float(np.median(list_weekdays(rows)))
    if sprints < UNLIKE:
        return []
    return [_odd("stale", rows, [at], f"the newest sprint ended on {say_date(last)}", sprints)]


FINDERS: tuple[Callable[[Sequence[Sprint]], list[Oddity]], ...] = (
    find_overlaps,
    find_gaps,
    find_namesakes,
    find_misdated_names,
    find_unlike_lengths,
    find_fractions,
    find_bulks,
    find_carrier,
    find_idle,
    find_shift,
)
"""What looks at the sprints of one team, oldest first."""


def _done(rows: Sequence[Sprint]) -> Floats:
    return np.array([row.done for row in rows], np.float64)


def _odd(kind: Kind, rows: Sequence[Sprint], at: Iterable[int], why: str, measure: float) -> Oddity:
    places = tuple(at)
    return Oddity(kind, rows[0].team, places, tuple(rows[place] for place in places), why, float(measure))


def _dates_of(rows: Sequence[Sprint]) -> tuple[Dates, Dates]:
    """First and last days of sprints that have dates: (n,), (n,)."""
    starts = np.array([cast(dt.date, row.start).toordinal() for row in rows], np.int64)
    ends = np.array([cast(dt.date, row.end).toordinal() for row in rows], np.int64)
    return (starts - EPOCH).astype("datetime64[D]"), (ends - EPOCH).astype("datetime64[D]")


def _ends_last(ends: Dates) -> Longs:
    """For each sprint but the first, which of those before it ends last: (n - 1,)."""
    is_later = np.concatenate([[True], ends[1:] > np.maximum.accumulate(ends)[:-1]])
    return np.maximum.accumulate(np.where(is_later, np.arange(len(ends)), 0))[:-1]


def _pairs(latest: Longs, is_odd: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The odd ones of all sprints but the first, each with the one that ends last of those before it: (that one, it)."""
    return [(int(latest[place]), place + 1) for place in np.flatnonzero(is_odd).tolist()]


def _days_from_year(sprint: Sprint, year: int) -> int:
    """Days between a sprint and a year; 0 when it ran in it."""
    start, end = cast(dt.date, sprint.start), cast(dt.date, sprint.end)
    return max((dt.date(year, 1, 1) - end).days, (start - dt.date(year, 12, 31)).days, 0)
