"""Rivals: the simple forecasts that teams make by hand, as throughput models, for a backtest to compare with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast.arrays import Floats, Longs, Supply, Words
from forecast.history import History, Sprint, scale_done
from forecast.throughput import Bootstrap, Source, Throughput
from forecast.values import read_count


@dataclass(frozen=True)
class MeanRate:
    """The mean of the newest sprints in every future sprint: a single line into the future, without chance.

    window : how many of the newest sprints the mean is taken of
    """

    window: int = 12

    def __post_init__(self) -> None:
        read_count(self.window, "throughput", "window", least=1)

    def describe(self) -> dict[str, Any]:
        """The model's name and settings, for the provenance."""
        return {"model": "mean rate", "window": self.window}

    def used(self, history: History, team: str) -> Sequence[Sprint]:
        """The past sprints of a team that the mean is taken of."""
        return history.of(team)[-self.window :]

    def check(self, history: History, teams: Sequence[str]) -> None:
        """Any history will do."""

    def bind(self, history: History, teams: Sequence[str], seed: int, supply: Supply) -> Source:
        """The model made ready for these teams, in this order."""
        return _Line(find_means(self, history, teams, supply), supply)


@dataclass(frozen=True)
class Poisson:
    """Independent Poisson counts around the mean of the newest sprints: items that finish by pure chance, at a known rate.

    window : how many of the newest sprints the mean is taken of
    """

    window: int = 12

    def __post_init__(self) -> None:
        read_count(self.window, "throughput", "window", least=1)

    def describe(self) -> dict[str, Any]:
        """The model's name and settings, for the provenance."""
        return {"model": "Poisson", "window": self.window}

    def used(self, history: History, team: str) -> Sequence[Sprint]:
        """The past sprints of a team that the mean is taken of."""
        return history.of(team)[-self.window :]

    def check(self, history: History, teams: Sequence[str]) -> None:
        """Any history will do."""

    def bind(self, history: History, teams: Sequence[str], seed: int, supply: Supply) -> Source:
        """The model made ready to draw for these teams, in this order."""
        from forecast import draws

        keys = np.array([draws.key(seed, "throughput-poisson", team) for team in teams], np.uint64)
        return _Counts(keys, find_means(self, history, teams, supply), supply)


RIVALS: tuple[Throughput, ...] = (Bootstrap(window=12), Bootstrap(), MeanRate(), Poisson())
"""What a throughput model has to beat; the first is what every comparable tool does."""


def find_means(model: Throughput, history: History, teams: Sequence[str], supply: Supply) -> Floats:
    """What the used sprints of each team are worth, on average, in each future one: (T, Q); 0 for a team without any."""
    means = np.zeros(supply.sprint_weekdays.shape)
    for t, team in enumerate(teams):
        rows = model.used(history, team)
        for weekdays in np.unique(supply.sprint_weekdays[t]):
            worth = [scale_done(row, int(weekdays), float(supply.count_weekdays[t])) for row in rows]
            means[t, supply.sprint_weekdays[t] == weekdays] = sum(worth) / max(len(worth), 1)
    return means


def cumulate(drawn: Floats, supply: Supply) -> Floats:
    """Capacity (R, T, S + 1) cumulated over the segments, from what is drawn (R, T, Q) for each sprint."""
    spread = np.take_along_axis(drawn, supply.segment_sprint[None].astype(np.int64), axis=2) * supply.segment_share
    return np.concatenate([np.zeros((*spread.shape[:2], 1)), spread.cumsum(axis=2)], axis=2)


MOST_TABLED = 10_000.0


def draw_poisson(mean: float, luck: Floats) -> Floats:
    """Poisson counts of one mean, by the inverse of its distribution; luck : any shape of uniforms.

    Beyond a mean of 10,000 it is the normal distribution, rounded: the two then differ by less than 1 % of a standard
    deviation.
    """
    if mean > MOST_TABLED:
        from scipy.special import ndtri  # here, because loading scipy takes longer than a small forecast

        drawn: Floats = np.rint(mean + np.sqrt(mean) * ndtri(luck))
        return drawn
    most = int(mean + 12 * np.sqrt(mean) + 24)
    steps = np.log(mean / np.arange(1, most + 1)) if mean > 0 else np.full(most, -np.inf)
    cumulative = np.cumsum(np.exp(np.concatenate([[0.0], np.cumsum(steps)]) - mean))
    return np.searchsorted(cumulative, luck).astype(np.float64)


@dataclass(frozen=True)
class _Line:
    means: Floats
    supply: Supply

    def capacity(self, runs: Longs) -> Floats:
        return np.repeat(cumulate(self.means[None], self.supply), len(runs), axis=0)


@dataclass(frozen=True)
class _Counts:
    keys: Words
    means: Floats
    supply: Supply

    def capacity(self, runs: Longs) -> Floats:
        from forecast import draws

        teams, sprints = self.means.shape
        luck = np.empty((len(runs), teams, sprints))
        drawn = np.empty_like(luck)
        column = np.empty((len(runs), 1))
        for t in range(teams):
            for q in range(sprints):
                draws.uniforms(self.keys[t : t + 1], runs, int(self.supply.sprint_start[t, q]), column)
                luck[:, t, q] = column[:, 0]
            for mean in np.unique(self.means[t]):
                alike = self.means[t] == mean
                drawn[:, t, alike] = draw_poisson(float(mean), luck[:, t, alike])
        return cumulate(drawn, self.supply)
