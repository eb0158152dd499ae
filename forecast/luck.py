"""Luck: all that chance decides in given runs of one roadmap, as the arrays that the engine plays."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats, Longs, Luck, Plan
from forecast.scope import Scope
from forecast.throughput import Source

TAIL = 0.5
"""Of the runs that are judged by, so many tell how the others may end."""

DAYS_A_REPLAY = 9000.0
"""Calendar days of capacity that can be drawn for all teams in the time in which a run is played again; measured."""


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
    """How many calendar days longer than without waiting capacity is best drawn, judged by what became of these runs.

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
    return choose_spare(np.maximum(finish.max(axis=0, initial=0.0) - alone, 0.0) * 7 / 5)


def choose_spare(longer: Floats) -> float:
    """How many days to draw for all runs when these (R,) took so many: what costs least, if the tail is exponential.

    To draw farther costs every run; where it was not far enough, the run is played again.
    """
    begin = float(np.quantile(longer, 1 - TAIL, method="inverted_cdf"))
    tail = longer[longer > begin] - begin
    if len(tail) == 0 or np.isinf(longer).any():
        return float(longer.max(initial=0.0))
    scale = float(tail.mean())
    return begin + scale * max(math.log(TAIL * DAYS_A_REPLAY / scale), 0.0)


def _sum_work(plan: Plan, size: Floats) -> Floats:
    """Items in the parts of each team: (R | 1, T)."""
    upto = np.concatenate([np.zeros((len(size), 1)), np.cumsum(size, axis=1)], axis=1)
    return np.ascontiguousarray(upto[:, plan.team_part[1:]] - upto[:, plan.team_part[:-1]])
