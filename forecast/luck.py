"""Luck: all that chance decides in given runs of one roadmap, as the arrays that the engine plays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats, Longs, Luck, Plan
from forecast.scope import Scope
from forecast.throughput import Source


@dataclass(frozen=True)
class Dice:
    """What decides the luck of a run: a bound throughput model, and the scope of the work."""

    source: Source
    scope: Scope

    def roll(self, runs: Longs) -> Luck:
        """The luck of the given runs (R,); the same run has the same luck whoever asks, and in whatever company."""
        size, hold, lag = self.scope.draw(runs)
        return Luck(capacity=self.source.capacity(runs), size=size, hold=hold, lag=lag)

    def roll_until(self, runs: Longs, plan: Plan, spare: float) -> Luck:
        """As `roll`, but capacity may end `spare` calendar days after all work would be done if no team ever waited.

        With less than 0 each team's may end when its own work would be done.
        What is finished in such a run is finished at the same moment with the whole luck, provided that nothing is left
        unfinished: as long as no team lacks capacity, nobody can tell that there is none behind.
        """
        capacity_until = getattr(self.source, "capacity_until", None)
        if capacity_until is None:
            return self.roll(runs)
        size, hold, lag = self.scope.draw(runs)
        return Luck(capacity_until(runs, _sum_work(plan, size), spare), size, hold, lag)


def find_spare(plan: Plan, luck: Luck, finish: Floats) -> float:
    """How many calendar days longer than without waiting it took at most to finish everything in these runs.

    finish : (F, R) what became of that luck. Less than 0 when no part waits for anything; inf when something was never finished
    """
    parts = len(plan.part_team)
    if luck.capacity.shape[1] == 0:
        return np.inf
    if not plan.waits[:parts].any() and not plan.not_before[:parts].any():
        return -1.0
    reached = (luck.capacity < _sum_work(plan, luck.size)[:, :, None]).sum(axis=2)
    edges = plan.edges[plan.team_cadence]
    last = np.minimum(reached, edges.shape[1] - 1)[:, :, None]
    alone = np.take_along_axis(edges[None], last, axis=2).max(axis=1)[:, 0]
    return float((finish.max(axis=0, initial=0.0) - alone).max(initial=0.0) * 7 / 5)


def _sum_work(plan: Plan, size: Floats) -> Floats:
    """Items in the parts of each team: (R | 1, T)."""
    upto = np.concatenate([np.zeros((len(size), 1)), np.cumsum(size, axis=1)], axis=1)
    return np.ascontiguousarray(upto[:, plan.team_part[1:]] - upto[:, plan.team_part[:-1]])
