"""Luck: all that chance decides in given runs of one roadmap, as the arrays that the engine plays."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats, Longs, Luck, Parties, Plan
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

    def roll_until(self, runs: Longs, plan: Plan, parties: Parties, spare: float) -> Luck:
        """As `roll`, but capacity may end once all work of a party would be done if no team ever waited.

        Where they may have to wait, it ends `spare` calendar days later.
        What is finished in such a run is finished at the same moment with the whole luck, provided that nothing is left
        unfinished: as long as no team lacks capacity, nobody can tell that there is none behind.
        """
        capacity_until = getattr(self.source, "capacity_until", None)
        if capacity_until is None:
            return self.roll(runs)
        size, hold, lag = self.scope.draw(runs)
        return Luck(capacity_until(runs, _sum_work(plan, size), parties, spare), size, hold, lag)


def find_parties(plan: Plan) -> Parties:
    """The teams of a plan, by who may have to wait for whom."""
    parts, teams, nodes = len(plan.part_team), len(plan.team_part) - 1, len(plan.waits)
    before, after = np.repeat(np.arange(nodes), np.diff(plan.next_first)), plan.next_node
    leads = np.arange(nodes) < parts  # to a part; that a feature ends with the last of its parts keeps no team waiting
    while not leads[before[leads[after]]].all():
        leads[before[leads[after]]] = True
    waits = leads[after]
    own = np.stack([np.arange(parts), nodes + plan.part_team])
    party = _join(np.concatenate([np.stack([before, after])[:, waits], own], axis=1), nodes + teams)[nodes:]
    order = np.argsort(party, kind="stable")
    first = np.flatnonzero(np.diff(party[order], prepend=-1))
    waiting = party[plan.part_team[(plan.waits[:parts] > 0) | (plan.not_before[:parts] > 0)]]
    return Parties(
        team=order.astype(np.int64),
        first=np.append(first, teams).astype(np.int64),
        waits=np.isin(party[order][first], waiting).astype(np.uint8),
    )


def _join(edges: Longs, count: int) -> Longs:
    """The least number that each of `count` things is joined to by the edges (2, E), however far around the corner."""
    least = np.arange(count)
    while True:
        lower = least.copy()
        smaller = np.minimum(least[edges[0]], least[edges[1]])
        np.minimum.at(lower, edges[0], smaller)
        np.minimum.at(lower, edges[1], smaller)
        lower = lower[lower]
        if (lower == least).all():
            return least
        least = lower


def find_spare(plan: Plan, parties: Parties, luck: Luck, finish: Floats) -> float:
    """How many calendar days longer than without waiting capacity is best drawn, judged by what became of these runs.

    finish : (F, R) what became of that luck. inf when something was never finished
    """
    if luck.capacity.shape[1] == 0:
        return np.inf
    reached = (luck.capacity < _sum_work(plan, luck.size)[:, :, None]).sum(axis=2)
    edges = plan.edges[plan.team_cadence]
    last = np.minimum(reached, edges.shape[1] - 1)[:, :, None]
    own = np.take_along_axis(edges[None], last, axis=2)[:, :, 0]
    by_party = np.maximum.reduceat(own[:, parties.team], parties.first[:-1], axis=1)
    of_team = np.empty(len(parties.team), np.int64)
    of_team[parties.team] = np.repeat(np.arange(len(parties.waits)), np.diff(parties.first))
    alone = np.zeros(finish.shape)
    np.maximum.at(alone, plan.part_feature, by_party[:, of_team[plan.part_team]].T)
    longer = np.where(alone > 0, np.maximum(finish - alone, 0.0), 0.0).max(axis=0, initial=0.0)
    return choose_spare(longer * 7 / 5)


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
