"""Origins: the days in a team's past at which a forecast could have been made, what was known then, and what came of it.

Only what had ended by the first day of the next sprint is seen from an origin. What happened afterwards is a line: items
finished, cumulated over sprints as long as the newest one that is seen. Sprints of unlike length are laid end to end by
their weekdays, so that the line and a model (which scales in the same way) mean the same by "a sprint".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from forecast.arrays import Floats, Longs
from forecast.cleaning import clean, join_overlaps
from forecast.counting import following_supply
from forecast.history import History, Sprint, scale_done
from forecast.scores import TIE, first_passage
from forecast.throughput import Throughput

WORK = 6
"""How much work "when" asks about: that of so many sprints ..."""
RECENT = 12
"""... at the mean of so many of the newest, as long as the newest one."""
LEAST_AHEAD = 2 * WORK
"""Sprints that must follow an origin before "when" is asked there: with fewer, the answer would mostly be cut off."""
REACH = 60
"""Sprints that a model looks ahead: ten times the work that is asked about. What takes longer is late."""


@dataclass(frozen=True)
class Question:
    """What is asked at an origin: how many items in the next sprints, or (sprints None) when some work will be done."""

    sprints: int | None = None

    @property
    def name(self) -> str:
        """How many in 3 sprints; when 6 sprints' work is done."""
        if self.sprints is None:
            return f"when {WORK} sprints' work is done"
        return f"how many in {self.sprints} sprint{'' if self.sprints == 1 else 's'}"

    @property
    def overlap(self) -> int:
        """Neighbouring origins whose answers are decided by the same sprints."""
        return self.sprints or WORK


@dataclass(frozen=True)
class Origin:
    """One day at which a forecast could have been made.

    at : place of the first sprint that is still to come
    day : its first day; None without dates
    seen : the sprints that are known, of this team alone
    edges, done : (n + 1,) what happened: items cumulated over sprints as long as the newest one seen, from 0
    """

    at: int
    day: dt.date | None
    seen: History
    team: str
    edges: Floats
    done: Floats

    @cached_property
    def is_whole(self) -> bool:
        """True when all that was seen are whole items, so that a begun one is not a finished one."""
        return all(row.done.is_integer() for row in self.seen.of(self.team))

    @cached_property
    def work(self) -> float:
        """How much work "when" is asked about: six sprints at the mean of the newest twelve, in whole items."""
        rows = self.seen.of(self.team)
        worth = [scale_done(row, rows[-1].weekdays or 1, 0.0) for row in rows[-RECENT:]]
        amount = WORK * sum(worth) / len(worth)
        return float(np.floor(amount + 0.5)) if self.is_whole else amount

    def can_ask(self, question: Question) -> bool:
        """Whether enough is known of what followed to judge an answer, and the question means anything."""
        ahead = float(self.edges[-1])
        if question.sprints is not None:
            return ahead >= question.sprints - TIE
        return ahead >= LEAST_AHEAD - TIE and self.work > 0

    def happened(self, question: Question) -> float:
        """The true answer: items, or sprints (not more than `most`)."""
        if question.sprints is not None:
            return self.in_items(float(np.interp(question.sprints, self.edges, self.done)))
        return float(min(first_passage(self.edges, self.done[None], self.work)[0], self.most(question)))

    def most(self, question: Question) -> float:
        """Sprints beyond which "when" is not known, because the history ends or nobody looks so far; inf for how many."""
        return np.inf if question.sprints is not None else min(float(self.edges[-1]), REACH)

    def in_items(self, done: float) -> float:
        """Work as it is counted: whole items, when only whole ones were seen."""
        return float(np.floor(done + TIE)) if self.is_whole else done


def find_origins(rows: tuple[Sprint, ...], warm_up: int, visible: int | None, cleans: bool = False) -> Iterator[Origin]:
    """The origins of one team, oldest first: before each of its sprints but the first `warm_up`.

    rows : its sprints, oldest first; visible : how many of the newest known ones are seen, None for all
    cleans : what is seen is cleaned as a history that is read on that day, and what followed is laid out without counting a day
        twice; a sprint that is part of another is then no origin (see `cleaning`)

    Where a part of what was done went to the roadmap, it is that part which is seen, and which happens.
    """
    cleans = cleans and bool(rows) and rows[0].start is not None
    laid = join_overlaps(rows) if cleans else rows
    for at in range(warm_up, len(rows)):
        day = rows[at].start
        known = [row for row in rows[:at] if day is None or (row.end is not None and row.end <= day)]
        if laid[at] is None or not known:
            continue
        past = History(known if visible is None else known[-visible:])
        seen = (clean(past, day) if cleans and day is not None else past).drawn()
        ahead = [row for row in laid[at:] if row is not None]
        weekdays = [row.weekdays or 1 for row in ahead]
        done = [row.done if row.done_roadmap is None else row.done_roadmap for row in ahead]
        edges = np.cumsum([0.0, *weekdays]) / (seen.sprints[-1].weekdays or 1)
        yield Origin(at, day, seen, rows[0].team, edges, np.cumsum([0.0, *done]))


@dataclass(frozen=True)
class Futures:
    """What one model sees from an origin, in `runs` futures.

    furthest : sprints of the longest question
    """

    model: Throughput
    origin: Origin
    seed: int
    runs: Longs
    furthest: int

    def answer(self, question: Question) -> Floats:
        """The answer in each run (R,): items, or sprints (inf beyond the reach)."""
        if question.sprints is None:
            return first_passage(np.arange(self._done.shape[1], dtype=np.float64), self._done, self.origin.work)
        done: Floats = self._done[:, question.sprints]
        return np.floor(done + TIE) if self.origin.is_whole else done

    @cached_property
    def _done(self) -> Floats:
        """Items cumulated over the next sprints, (R, sprints + 1)."""
        origin = self.origin
        supply = following_supply(origin.seen, origin.team, max(REACH, self.furthest))
        done: Floats = self.model.bind(origin.seen, [origin.team], self.seed, supply).capacity(self.runs)[:, 0, :]
        return done
