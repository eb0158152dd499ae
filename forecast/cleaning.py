"""Cleaning: sprints of a dated history that surely tell nothing of the pace are left out, and clearings of a board cut down.

Only what is beyond doubt: ordinary histories, zeros and busy sprints included, come out as they went in. Everything that is
merely strange (overlaps, gaps, names, lone busy sprints) is told by `oddities` and kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from forecast.errors import quote
from forecast.history import History, LeftOut, Sprint
from forecast.oddities import find_unfinished
from forecast.phrases import say_date, say_number

LEAST_BESIDE = 8
BULK_NEXT, BULK_USUAL = 4.0, 20.0
NAMED = 3


def clean(history: History, start: dt.date) -> History:
    """The history, with what a forecast from `start` should not draw told in `left_out` and `notes`; its sprints stay all there.

    Left out: sprints that were still running at `start`, with two weekdays or more to come, or had not begun (a team that has no
    others keeps them, and a note says so); and all but one of rows that are the same in team, name, dates and done. Cut down to
    the largest of the others: a sprint with more than four times as much done as in any other, and twenty times as much as usual
    (the median of the others), among nine sprints or more. Of 4,000 steady teams of 24 sprints that vary by 100 % (standard
    deviation over mean), the last happens to at most 2, to none that vary by 80 %. Undated sprints are never touched.
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
        out += _cut_bulks(rows, [place for place in range(len(rows)) if place not in gone])
        found += sorted(out, key=lambda each: each.place)
    notes = (*_say(found), *_say_early(early, start))
    if not notes:
        return history
    return replace(history, left_out=tuple(found), notes=(*history.notes, *notes))


def tell_left_out(history: History) -> Iterator[tuple[str, str, str]]:
    """Of each sprint that is not drawn as it stands: its team, the sprint, and why, and what it is cut down to."""
    for out in history.left_out:
        kept = "" if out.kept is None else f"; cut down to {say_number(out.kept)}"
        yield f"team {quote(out.sprint.team)}", f"sprint {name_sprint(out.sprint)}", out.why + kept


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


def _cut_bulks(rows: Sequence[Sprint], places: Sequence[int]) -> list[LeftOut]:
    """The bulks among the sprints at these places."""
    found: list[int] = []
    left = list(places)
    while len(left) > LEAST_BESIDE:
        largest = max(left, key=lambda place: rows[place].done)
        others = [rows[place].done for place in left if place != largest]
        done, most, usual = rows[largest].done, max(others), float(np.median(others))
        if done <= BULK_NEXT * max(most, 1.0) or done < BULK_USUAL * max(usual, 1.0):
            break
        found.append(largest)
        left.remove(largest)
    most = max((rows[place].done for place in left), default=0.0)
    why = "{} done, at most {} in the others"
    return [
        LeftOut("bulk", place, rows[place], why.format(say_number(rows[place].done), say_number(most)), most)
        for place in found
    ]


def _say_early(teams: Sequence[str], start: dt.date) -> Iterator[str]:
    """That teams have no sprint that was over at the start."""
    if teams:
        named = ", ".join(quote(team) for team in teams[:NAMED])
        rest = f" and {len(teams) - NAMED} more" if len(teams) > NAMED else ""
        yield (
            f"No sprint of {named}{rest} was over at the start of the forecast ({say_date(start)}); "
            "those that came later are used. Is the start right?"
        )


def _say(left_out: Sequence[LeftOut]) -> Iterator[str]:
    """One sentence a kind, the first few sprints named."""
    heads = {
        "unfinished": "Left out of the history, still running at the start",
        "future": "Left out of the history, not begun at the start",
        "double": "Left out of the history, rows that stand twice",
        "bulk": "Cut down in the history, clearings of a board",
    }
    for kind, head in heads.items():
        found = [each for each in left_out if each.kind == kind]
        if not found:
            continue
        named = [
            f"{quote(each.sprint.team)}, {name_sprint(each.sprint)}" + (f" ({each.why})" if kind == "bulk" else "")
            for each in found[:NAMED]
        ]
        rest = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
        yield f"{head}: {', '.join(named)}{rest}."
