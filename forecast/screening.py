"""Screening: whether promises hold together on an edited roadmap, seen quickly: few runs, only as far as the promises reach.

The runs are the first ones of the forecast, luck and all: what is seen in a run is what simulating would have found there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from forecast import engine
from forecast.arrays import Floats, Plan, Trace
from forecast.calendar import lay_calendar
from forecast.luck import Dice
from forecast.outcome import Forecast
from forecast.plan import Index, build_plan, set_calendar
from forecast.roadmap import Roadmap
from forecast.scope import find_scope
from forecast.simulation import LONGEST_HORIZON
from forecast.team import Team

SPARE_DAYS = 60
SPARE = 1.5
KEPT_TEAMS = 16


@dataclass(frozen=True, eq=False)
class Sight:
    """What was seen of one roadmap.

    ends : (N, R) working days at which the nodes of the screening end, never more than its horizon
    held : (R,) whether a run keeps all the promises
    """

    ends: Floats
    held: np.ndarray

    @property
    def chance(self) -> float:
        """The share of the screened runs that keeps all the promises."""
        return float(np.mean(self.held))


class Screening:
    """Looks at edited roadmaps on the first runs of a forecast.

    base : the forecast whose history, model, seed and runs these are
    roadmap : the roadmap that is to be mended; names : the promises; runs : how many
    """

    def __init__(self, base: Forecast, roadmap: Roadmap, names: Sequence[str], runs: int) -> None:
        self.base = base
        self.names = tuple(names)
        self.runs = np.arange(min(runs, base.runs), dtype=np.int64)
        self.due = np.array([find_due_day(roadmap, name) for name in names])
        latest = max(float(self.due.max()), 1.0)
        self.horizon = float(min(math.ceil(max(SPARE * latest, latest + SPARE_DAYS)), base.horizon, LONGEST_HORIZON))
        self.tree = Tree(roadmap, names)
        self._capacity: dict[tuple[Team, ...], tuple[Plan, Floats]] = {}

    def look(self, roadmap: Roadmap) -> Sight:
        """What becomes of the promises on a roadmap."""
        index = Index(roadmap)
        plan, capacity = self._lay_out(roadmap)
        plan = build_plan(index)._replace(**{key: getattr(plan, key) for key in CALENDAR}, horizon=self.horizon)
        luck = Dice(_Drawn(capacity), find_scope(index, self.base.seed)).roll(self.runs)
        trace = Trace(*(np.empty((len(index.parts), len(self.runs))) for _ in range(2)))
        finish = engine.play(plan, luck, trace)
        rows = [finish[index.feature_of[name]] for name in self.names]
        held = np.all([is_kept(row, day) for row, day in zip(rows, self.due, strict=True)], axis=0)
        ends = [
            trace.end[index.part_of[name, team]] if team else finish[index.feature_of[name]]
            for name, team in self.tree.nodes
        ]
        return Sight(np.minimum(ends, self.horizon), held)

    def _lay_out(self, roadmap: Roadmap) -> tuple[Plan, Floats]:
        """The calendar of the teams, and their capacity in each run; kept for the teams seen last."""
        if roadmap.teams not in self._capacity:
            calendar = lay_calendar(roadmap, self.horizon)
            source = self.base.model.bind(
                self.base.history, [team.name for team in roadmap.teams], self.base.seed, calendar.supply
            )
            plan = set_calendar(build_plan(Index(roadmap)), calendar, self.horizon)
            if len(self._capacity) >= KEPT_TEAMS:
                self._capacity.pop(next(iter(self._capacity)))
            self._capacity[roadmap.teams] = plan, source.capacity(self.runs)
        return self._capacity[roadmap.teams]

    def predict(self, before: Sight, singles: Sequence[Sight]) -> float:
        """The chance that several edits would have together, guessed from each alone: see `Tree.predict`."""
        ends = before.ends + sum(each.ends - before.ends for each in singles)
        finish = self.tree.predict(before.ends, ends)
        held = np.all(np.maximum(np.ceil(finish - 1e-6), 1) <= self.due[:, None], axis=0)
        return float(np.mean(held))


CALENDAR = ("team_cadence", "edges", "segment_at", "sprint_from")


@dataclass(frozen=True)
class _Drawn:
    """A source whose capacity has been drawn already: (R, T, S + 1)."""

    drawn: Floats

    def capacity(self, runs: object) -> Floats:
        """What was drawn."""
        return self.drawn


class Tree:
    """What the end of each promise is the latest of: parts at the leaves, whole features above them.

    nodes : (feature, team), team None for the end of a feature; what a node is the latest of stands before it
    """

    def __init__(self, roadmap: Roadmap, names: Sequence[str]) -> None:
        self._roadmap = roadmap
        self._waits: dict[str, list[tuple[str, str | None]]] = {}
        for link in roadmap.links:
            self._waits.setdefault(link.feature, []).append((link.waits_for, link.waits_for_team))
        listed: dict[tuple[str, str | None], None] = {}
        for name in names:
            for node in self._below((name, None)):
                listed.setdefault(node)
        self.nodes = tuple(listed)
        self._row = {node: row for row, node in enumerate(self.nodes)}
        self._wanted = [self._row[name, None] for name in names]

    @cached_property
    def _children(self) -> list[list[int]]:
        return [[self._row[child] for child in self._direct(node)] for node in self.nodes]

    def predict(self, before: Floats, added: Floats) -> Floats:
        """The ends of the promises (K, R), when parts end at `added` and what is the latest of others is just that.

        before : (N, R) the ends that were seen; the time from the latest to the end itself is kept
        """
        ends = added.copy()
        for row, children in enumerate(self._children):
            if children:
                rest = before[row] - before[children].max(axis=0)
                ends[row] = np.minimum(ends[children].max(axis=0) + rest, added[row])
        predicted: Floats = ends[self._wanted]
        return predicted

    def _direct(self, node: tuple[str, str | None]) -> list[tuple[str, str | None]]:
        """A feature is the latest of its parts; an external or a milestone of what it waits for."""
        name, team = node
        if team is not None:
            return []
        teams = getattr(self._roadmap.feature(name), "work", ())
        return [(name, each) for each in teams] if teams else list(dict.fromkeys(self._waits.get(name, [])))

    def _below(self, node: tuple[str, str | None]) -> Iterator[tuple[str, str | None]]:
        """The nodes on which one depends in this way, and then the node itself."""
        seen: set[tuple[str, str | None]] = set()
        left = [(node, False)]
        while left:
            each, is_ready = left.pop()
            if is_ready:
                yield each
            elif each not in seen:
                seen.add(each)
                left.append((each, True))
                left += [(child, False) for child in self._direct(each)]


def find_due_day(roadmap: Roadmap, name: str) -> int:
    """The working day by whose end a promise is to be kept."""
    due = roadmap.feature(name).due
    assert due is not None
    return roadmap.clock.days_until(due)


def is_kept(finish: Floats, day: float) -> np.ndarray:
    """Whether each run is finished by the end of a working day: (R,)."""
    kept: np.ndarray = np.maximum(np.ceil(finish), 1) <= day
    return kept
