"""Coverage: how often what was said to be so sure came true, and how far chance alone may have moved that.

Every forecast is judged by its place: the chance that it gave to a better end than the real one (more items, or an earlier
day), ties broken by luck. What was said at a level held when the place is at most the level; the places of a forecaster who
is right are uniform.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from forecast import draws
from forecast.arrays import Floats, Longs
from forecast.origins import LEAST_AHEAD, WORK, Question

ENOUGH_TEAMS = 10
"""From so many teams on, a team is one cluster; with fewer, a stretch of its origins is."""
STRETCH = 12
"""Origins in a stretch: twice the longest question, so that few forecasts share sprints with another stretch."""
BELOW = 0.10
"""A team is far below a level when its coverage is less than the level by more than this."""
NEAR = 0.03
"""Within this a coverage is near enough to be taken at its word, however many forecasts there are."""
TELLING = 0.10
"""A coverage that is known less well than this, give or take, does not prove the forecasts right."""
WORLDS = 1000
PHASES = 2


@dataclass(frozen=True)
class Coverage:
    """How often forecasts at one level held.

    level : what was said; held, count : forecasts that held, of how many
    share : of those that held, every team counting the same where teams are taken together
    error : standard error of the share
    """

    level: float
    held: int
    count: int
    share: float
    error: float


@dataclass(frozen=True)
class Places:
    """The places (n,) of the answers to questions, and where each stands.

    place : share of futures that were better than what happened; team, at : number of the team, and of the origin in it
    overlap : neighbouring origins that are decided by the same sprints
    """

    place: Floats
    team: Longs
    at: Longs
    overlap: int

    @classmethod
    def joined(cls, parts: Sequence[Places]) -> Places:
        """The answers to several questions as one; those of the same stretch of time stay together."""
        return cls(
            np.concatenate([part.place for part in parts]),
            np.concatenate([part.team for part in parts]),
            np.concatenate([part.at for part in parts]),
            max(part.overlap for part in parts),
        )

    def coverage(self, level: float, *, is_by_team: bool = True) -> Coverage | None:
        """How often what was said at a level held; None without any answer.

        is_by_team : every team counts the same; else every answer does

        The error is clustered: answers of one team (with fewer than ten teams, of twelve neighbouring origins of one team)
        may depend on each other in any way, and are one draw (Cameron and Miller, "A Practitioner's Guide to
        Cluster-Robust Inference", Journal of Human Resources 2015; stretches: Carlstein, Annals of Statistics 1986). It is
        never less than what a forecaster who is right would have with only the answers that share no sprint.
        """
        if not len(self.place):
            return None
        held = self.place <= level
        weight = self._weights() if is_by_team else np.full(len(held), 1 / len(held))
        share = min(float(weight @ held), 1.0)
        error = max(self._clustered(weight * (held - share)), self._least_error(weight, level))
        return Coverage(level, int(held.sum()), len(held), share, error)

    def level_that_held(self, level: float) -> float:
        """The level that would have held as often as `level` says: the smallest at which that share of answers held."""
        order = np.argsort(self.place, kind="stable")
        reached = np.cumsum(self._weights()[order]) >= level - 1e-9
        return float(self.place[order][min(int(np.argmax(reached)), len(order) - 1)]) if reached.any() else 1.0

    def histogram(self, bins: int = 10) -> list[float]:
        """Share of the answers in each tenth of the places, every team counting the same; all 0.1 when forecasts are right."""
        bin_of = np.minimum((self.place * bins).astype(np.int64), bins - 1)
        return [float(self._weights()[bin_of == each].sum()) for each in range(bins)]

    def by_team(self, level: float) -> dict[int, float]:
        """The share that held, of each team that has answers."""
        return {int(team): float((self.place[self.team == team] <= level).mean()) for team in np.unique(self.team)}

    def _weights(self) -> Floats:
        _, team, count = np.unique(self.team, return_inverse=True, return_counts=True)
        return np.asarray(1.0 / (len(count) * count[team]))

    def _clustered(self, residual: Floats) -> float:
        stretch = self.at // STRETCH if len(np.unique(self.team)) < ENOUGH_TEAMS else np.zeros_like(self.at)
        return clustered_error(
            residual, np.unique(np.stack([self.team, stretch]), axis=1, return_inverse=True)[1].ravel()
        )

    def _least_error(self, weight: Floats, level: float) -> float:
        variance = 0.0
        for team in np.unique(self.team):
            mine = self.team == team
            apart = max(1.0, len(np.unique(self.at[mine])) / self.overlap)
            variance += float(weight[mine].sum()) ** 2 / apart
        return math.sqrt(level * (1 - level) * variance)


def clustered_error(residual: Floats, cluster: Longs) -> float:
    """The standard error of a weighted mean from its weighted residuals (n,), alike within a cluster; 0 for one cluster.

    cluster : (n,) numbers from 0
    """
    sums = np.bincount(cluster, residual)
    return math.sqrt(len(sums) / (len(sums) - 1) * float(sums @ sums)) if len(sums) > 1 else 0.0


@dataclass(frozen=True)
class Perfection:
    """What a forecaster who knows the truth would show with the same teams and overlapping origins, in simulated worlds.

    teams : how many are judged; below : of these, how many are far below the level, in 95 of 100 worlds at most
    worst : mean over worlds of the mean coverage of the worst tenth of teams
    """

    teams: int
    below: int
    worst: float


def find_perfection(question: Question, origins: Sequence[int], level: float, seed: int) -> Perfection:
    """What perfect forecasts of so many origins a team would show (see `Perfection`).

    Every world is made of sprints whose throughput is independent and Erlang distributed (two phases: a coefficient of
    variation of 0.71), so that the chance of any answer is known exactly. Overlapping origins share sprints as they do in
    real histories; what is left of any forecaster who is right are such overlaps.
    """
    shares = np.array([_perfect_shares(question, count, level, seed, team) for team, count in enumerate(origins)])
    if not len(shares):
        return Perfection(0, 0, level)
    below = np.sort(count_below(shares, level))
    worst = np.sort(shares, axis=0)[: max(1, math.ceil(len(origins) / 10))].mean(axis=0)
    return Perfection(len(origins), int(below[math.ceil(0.95 * len(below)) - 1]), float(worst.mean()))


def count_below(shares: Floats, level: float) -> Longs:
    """How many teams are far below a level; shares : (teams, ...)."""
    return np.asarray(np.count_nonzero(shares < level - BELOW - 1e-9, axis=0))


def _perfect_shares(question: Question, count: int, level: float, seed: int, team: int) -> Floats:
    """The coverage of one team by a perfect forecaster, in each world: (WORLDS,)."""
    ahead = question.sprints or 4 * LEAST_AHEAD
    runs = np.arange(WORLDS, dtype=np.int64)
    keys = np.array([draws.key(seed, "perfect", str(team), str(k)) for k in range(PHASES)], np.uint64)
    luck, phases = np.empty((WORLDS, 1)), np.empty((WORLDS, PHASES))
    done = np.zeros((WORLDS, count + ahead + 1))
    for sprint in range(count + ahead):
        draws.uniforms(keys, runs, sprint, phases)
        done[:, sprint + 1] = done[:, sprint] - np.log(phases).sum(axis=1) / PHASES
    held = np.zeros(WORLDS)
    tie = np.array([draws.key(seed, "perfect-tie", str(team))], np.uint64)
    for at in range(count):
        line = done[:, at : at + ahead + 1] - done[:, at : at + 1]
        if question.sprints is not None:
            place = more_than(line[:, -1], question.sprints)
        else:
            draws.uniforms(tie, runs, at, luck)
            place = _place_in_time(line, luck[:, 0])
        held += place <= level
    return held / count


def more_than(amount: Floats, sprints: int) -> Floats:
    """The chance that so many sprints of a made world yield more than an amount (n,): the Erlang distribution's tail."""
    rate = PHASES * amount
    term = np.exp(-rate)
    total = term.copy()
    for k in range(1, PHASES * sprints):
        term = term * rate / k
        total += term
    return total


@cache
def _chances_in_time(most: int) -> Floats:
    """The chance that WORK is done in so many sprints of a made world, for 0 to `most` of them."""
    return np.array([0.0, *(more_than(np.array([float(WORK)]), sprints)[0] for sprints in range(1, most + 1))])


def _place_in_time(line: Floats, luck: Floats) -> Floats:
    """The place of the sprint in which WORK is done, among all sprints in which it could be: (n,)."""
    chances = _chances_in_time(line.shape[1] - 1)
    when = np.minimum(np.count_nonzero(line < WORK, axis=1), len(chances) - 1)
    return np.asarray(chances[when - 1] + luck * (chances[when] - chances[when - 1]))


def tell_coverage(held: Coverage) -> dict[str, Any]:
    """A coverage as plain values."""
    return {"forecasts": held.count, "held": held.held, "share": held.share, "error": held.error}


def say_count(count: int, what: str) -> str:
    """No origin, 1 origin, 8 origins."""
    return f"no {what}" if count == 0 else f"1 {what}" if count == 1 else f"{count:,} {what}s"


def give_or_take(held: Coverage) -> str:
    """Two standard errors, in whole points, at least one."""
    return f"{max(1, round(200 * held.error))}"


def say_meaning(held: Coverage, level_that_held: float) -> str:
    """What a coverage means for whoever promises something."""
    said = f"{100 * held.level:g} %"
    if abs(held.share - held.level) <= max(2 * held.error, NEAR):
        if 2 * held.error <= TELLING:
            return f"What it calls {said} sure can be taken at its word."
        low, high = (min(100, max(0, round(100 * held.share + side * 200 * held.error))) for side in (-1, 1))
        return f"That fits what it says, but so little history leaves anything from {low} % to {high} % open."
    instead = f"{min(99, max(1, round(100 * level_that_held)))} %"
    if held.share < held.level:
        return f"It is too sure of itself: to be right {said} of the time, promise what it calls {instead} sure."
    return f"It is more careful than it says: what it calls {instead} sure already held {said} of the time."
