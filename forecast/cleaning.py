"""Cleaning: sprints of a dated history that surely tell nothing of the pace are left out, days that stand in several sprints
counted once, and clearings of a board cut down.

Only what is beyond doubt: ordinary histories, zeros and busy sprints included, come out as they went in. Everything that is
merely strange (shared days, gaps, names, lone busy sprints) is told by `oddities` and kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from forecast.dates import count_weekdays
from forecast.errors import quote
from forecast.history import History, LeftOut, Sprint
from forecast.oddities import find_unfinished
from forecast.phrases import say_count, say_date, say_number

LEAST_BESIDE = 8
BULK_NEXT, BULK_USUAL = 4.0, 20.0
LONG = 2.0
"""Times the team's usual sprint above which one that overlaps is left alone: it was never closed, and its days tell nothing."""
NAMED = 3
DAY = dt.timedelta(days=1)


def clean(history: History, start: dt.date) -> History:
    """The history, with what a forecast from `start` should not draw told in `left_out` and `notes`; its sprints stay all there.

    Left out: sprints that were still running at `start`, with two weekdays or more to come, or had not begun (a team that has no
    others keeps them, and a note says so); and all but one of rows that are the same in team, name, dates and done. Of sprints
    that share more than one weekday the days count once and the items all; see `_join_overlaps`. Cut down to the largest of the
    others: a sprint with more than four times as much done as in any other, and twenty times as much as usual (the median of the
    others), among nine sprints or more. Of 4,000 steady teams of 24 sprints that vary by 100 % (standard deviation over mean),
    the last happens to at most 2, to none that vary by 80 %. Undated sprints are never touched.
    """
    found: list[LeftOut] = []
    early: list[str] = []
    for team in history.teams:
        rows = history.of(team)
        if rows[0].start is None:
            continue
        unbegun = _find_unbegun(rows, start)
        if len(unbegun) == len(rows):
            early.append(team)
            unbegun = []
        out = [*unbegun, *_find_doubles(rows)]
        gone = {each.place for each in out}
        out += _join_overlaps(rows, [place for place in range(len(rows)) if place not in gone])
        left = dict(enumerate(rows)) | {each.place: each.drawn for each in out}
        out += _cut_bulks({place: row for place, row in left.items() if row is not None})
        found += sorted(out, key=lambda each: each.place)  # a bulk stays behind the overlap that it may be
    notes = (*say_left_out(found), *_say_early(early, start))
    if not notes:
        return history
    return replace(history, left_out=tuple(found), notes=(*history.notes, *notes))


def tell_left_out(history: History) -> Iterator[tuple[str, str, str]]:
    """Of each sprint that is not drawn as it stands: its team, the sprint, and why, and what is drawn instead."""
    for out in history.left_out:
        instead = ""
        if out.drawn is not None:
            days = f"from {say_date(out.drawn.start)} to {say_date(out.drawn.end)} with "
            instead = "; cut down to " if out.kind == "bulk" else f"; drawn {days}"
            instead += say_number(out.drawn.done) + ("" if out.kind == "bulk" else " done")
        yield f"team {quote(out.sprint.team)}", f"sprint {name_sprint(out.sprint)}", out.why + instead


def name_sprint(sprint: Sprint) -> str:
    """How a reader finds a sprint: by its name, or its first day."""
    return quote(sprint.name) if sprint.name else f"of {say_date(sprint.start)}"


def _find_unbegun(rows: Sequence[Sprint], start: dt.date) -> list[LeftOut]:
    return [
        LeftOut("future" if odd.kind == "future" else "unfinished", odd.at[0], odd.sprints[0], odd.why)
        for odd in find_unfinished(rows, start)
    ]


def _find_doubles(rows: Sequence[Sprint]) -> Iterator[LeftOut]:
    seen: set[Sprint] = set()
    for place, row in enumerate(rows):
        if row in seen:
            yield LeftOut("double", place, row, "the same row stands twice")
        seen.add(row)


@dataclass
class _Stretch:
    """Days that are drawn as one sprint. places : of the sprints in them; longest : weekdays of the longest of these"""

    places: list[int]
    start: dt.date
    end: dt.date
    longest: int

    def takes(self, row: Sprint) -> bool:
        """Whether a sprint that overlaps belongs to it; if not, it ends where that one begins."""
        start, end = cast(dt.date, row.start), cast(dt.date, row.end)
        return end <= self.end or 2 * count_weekdays(self.start, start - DAY) <= self.longest

    def take(self, place: int, row: Sprint) -> None:
        """Makes a sprint part of it."""
        self.places.append(place)
        self.end = max(self.end, cast(dt.date, row.end))
        self.longest = max(self.longest, row.weekdays or 0)


def _join_overlaps(rows: Sequence[Sprint], places: Iterable[int]) -> list[LeftOut]:
    """The sprints at these places that share more than one weekday with others, and what is drawn instead.

    A sprint that lies within the one before it, or begins in its first half, is drawn with it as one, from the first day to the
    last, with the items of both: two squads of a team, or a sprint that was opened twice. Of others the earlier one ends where
    the later one begins: it was closed late. So every day counts once, and every item. Sprints more than twice as long as the
    team's usual one take no part.
    """
    stretches: list[_Stretch] = []
    longest = LONG * float(np.median([row.weekdays or 0 for row in rows]))
    for place in places:
        row = rows[place]
        if (row.weekdays or 0) > longest:
            continue
        start, end = cast(dt.date, row.start), cast(dt.date, row.end)
        last = stretches[-1] if stretches else None
        if last is not None and start <= last.end and count_weekdays(start, min(end, last.end)) > 1:
            if last.takes(row):
                last.take(place, row)
                continue
            last.end = start - DAY
        stretches.append(_Stretch([place], start, end, row.weekdays or 0))
    return [out for stretch in stretches for out in _tell_stretch(rows, stretch)]


def join_overlaps(rows: Sequence[Sprint]) -> tuple[Sprint | None, ...]:
    """The dated sprints of a team (n,), oldest first, with their days counted once; None for one that is part of another."""
    instead = {each.place: each.drawn for each in _join_overlaps(rows, range(len(rows)))}
    return tuple(instead.get(place, row) for place, row in enumerate(rows))


def _tell_stretch(rows: Sequence[Sprint], stretch: _Stretch) -> Iterator[LeftOut]:
    """What is drawn instead of the sprints of a stretch; nothing when it is a sprint as it stands."""
    first, *others = stretch.places
    row = rows[first]
    if not others and stretch.end == row.end:
        return
    parts = [rows[place].done_roadmap for place in stretch.places]
    part = None if any(each is None for each in parts) else sum(each for each in parts if each is not None)
    done = sum(rows[place].done for place in stretch.places)
    drawn = replace(row, end=stretch.end, done=done, done_roadmap=part)
    why = f"it overlaps with {say_count(len(others), 'other')}" if others else "the next one begins before it ends"
    yield LeftOut("overlap", first, row, why, drawn)
    for place in others:
        whole = name_sprint(row) if row.name != rows[place].name else "the one before it"
        yield LeftOut("overlap", place, rows[place], f"it overlaps with {whole} and is drawn with it")


def _cut_bulks(rows: Mapping[int, Sprint]) -> list[LeftOut]:
    """The bulks among the sprints, by their places."""
    found: list[int] = []
    left = list(rows)
    while len(left) > LEAST_BESIDE:
        largest = max(left, key=lambda place: rows[place].done)
        others = [rows[place].done for place in left if place != largest]
        done, most, usual = rows[largest].done, max(others), float(np.median(others))
        if done <= BULK_NEXT * max(most, 1.0) or done < BULK_USUAL * max(usual, 1.0):
            break
        found.append(largest)
        left.remove(largest)
    most = max((rows[place].done for place in left), default=0.0)
    return [_cut(place, rows[place], most) for place in found]


def _say_early(teams: Sequence[str], start: dt.date) -> Iterator[str]:
    """That teams have no sprint that was over at the start."""
    if teams:
        named = ", ".join(quote(team) for team in teams[:NAMED])
        rest = f" and {len(teams) - NAMED} more" if len(teams) > NAMED else ""
        yield (
            f"No sprint of {named}{rest} was over at the start of the forecast ({say_date(start)}); "
            "those that came later are used. Is the start right?"
        )


def _cut(place: int, row: Sprint, most: float) -> LeftOut:
    """A bulk, cut down; its part for the roadmap is cut down with it."""
    part = None if row.done_roadmap is None else row.done_roadmap * (most / row.done)
    why = f"{say_number(row.done)} done, at most {say_number(most)} in the others"
    return LeftOut("bulk", place, row, why, replace(row, done=most, done_roadmap=part))


def say_left_out(left_out: Sequence[LeftOut]) -> Iterator[str]:
    """One sentence a kind, the first few sprints named."""
    heads = {
        "unfinished": "Left out of the history, still running at the start",
        "future": "Left out of the history, not begun at the start",
        "double": "Left out of the history, rows that stand twice",
        "overlap": "Drawn with the days that they share counted once, sprints that overlap",
        "bulk": "Cut down in the history, clearings of a board",
    }
    for kind, head in heads.items():
        found = [each for each in left_out if each.kind == kind and (kind != "overlap" or each.drawn is not None)]
        if not found:
            continue
        named = [
            f"{quote(each.sprint.team)}, {name_sprint(each.sprint)}" + (f" ({each.why})" if kind == "bulk" else "")
            for each in found[:NAMED]
        ]
        rest = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
        yield f"{head}: {', '.join(named)}{rest}."
