"""Pace: what the past of a team, or a guess, says of the items that it finishes in a sprint, and the cards to draw them from."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats, Longs
from forecast.estimate import Estimate

LONG_HALF_LIFE = 48.0
"""Half-life of the long mean to which the level is pulled, in fortnights."""

VARIATION, PRIOR_SPRINTS = 0.8, 2.0
"""How much sprints of teams in general vary (standard deviation / mean), and how many sprints of one's own that is worth."""

LEAST_LEVEL = 0.05
"""Items a sprint below which no level is put."""

MOST_CARDS = 4096


@dataclass(frozen=True)
class Cards:
    """An alias table (Walker 1974; Vose 1991): every card is equally likely, and has two faces.

    odds : (n,) of 2**32 chances, those of the first face; faces : (n, 2) items
    """

    odds: Longs
    faces: Floats

    @classmethod
    def of(cls, items: Floats, weights: Floats) -> Cards:
        """Cards that show these items (n,) as often as the weights (n,) say, which add up to 1."""
        count = len(items)
        filled = weights * count
        odds, second = np.ones(count), np.arange(count)
        small, large = [int(at) for at in np.flatnonzero(filled < 1)], [int(at) for at in np.flatnonzero(filled >= 1)]
        while small and large:
            less, more = small.pop(), large[-1]
            odds[less], second[less] = filled[less], more
            filled[more] -= 1 - filled[less]
            if filled[more] < 1:
                small.append(large.pop())
        return cls(np.rint(odds * 2.0**32).astype(np.int64), np.stack([items, items[second]], axis=1))


@dataclass(frozen=True)
class Pace:
    """What is known of a team's pace, in items a sprint.

    weights : (n,) how much each past sprint counts, adding up to 1; none for a guess
    mean, variance : of the items of a sprint
    error : standard deviation of the level's logarithm: a few sprints do not tell it exactly, and it moved while they were seen
    surplus : logarithm of the mean over the long mean
    is_whole : only whole numbers of items have been finished
    """

    weights: Floats
    mean: float
    variance: float
    error: float
    surplus: float
    is_whole: bool

    @classmethod
    def of(
        cls, done: Floats, ages: Floats, half_life: float, is_whole: bool, walk: float = 0.0, pull: float = 1.0
    ) -> Pace:
        """The pace that past sprints tell of.

        done : (n,) items in sprints of one length; ages : (n,) fortnights, 0 for the newest; half_life : fortnights
        walk, pull : of the level, see `drift.Drift`
        """
        weights = _weigh(ages, half_life)
        seen = float(weights @ done)
        mean = max(seen, LEAST_LEVEL)
        long_mean = max(float(_weigh(ages, LONG_HALF_LIFE) @ done), LEAST_LEVEL)
        count = 1 / float(weights @ weights)  # so many sprints of equal weight tell as much
        squares = float(weights @ (done - seen) ** 2) * count  # (count - 1) times the variance
        variance = (squares + PRIOR_SPRINTS * (VARIATION * mean) ** 2) / (count - 1 + PRIOR_SPRINTS)
        error = math.sqrt(math.log1p(variance / (count * mean**2)) + find_lag(weights, ages, walk, pull))
        return cls(weights, mean, variance, error, math.log(mean / long_mean), is_whole)

    @classmethod
    def guessed(cls, guess: Estimate) -> Pace:
        """The pace of a guess: its mean and variance are those of the level; sprints vary about it as those of teams do."""
        mean = max(guess.mean, LEAST_LEVEL)
        error = math.sqrt(math.log1p(guess.variance / mean**2))
        return cls(np.empty(0), mean, (VARIATION * mean) ** 2, error, 0.0, is_whole=True)

    def deal(self, share: float) -> Cards:
        """Cards of a negative binomial distribution of the mean and the variance; share : of the sprint they are known for.

        It lies on whole numbers; where there would be too many of them, or items are not whole, on a lattice with about 50
        steps to the mean or fewer.
        """
        mean, variance = self.mean * share, self.variance * share**2
        spread = max(variance, mean) if self.is_whole else variance
        highest = mean + 6 * math.sqrt(spread) + 20 * spread / mean
        if self.is_whole:
            step = float(max(math.ceil(highest / MOST_CARDS), 1))
        else:
            step = max(min(mean / 50, variance / mean / 2), highest / MOST_CARDS)
        count = int(highest / step) + 2
        items = np.asarray(step * np.arange(count), np.float64)
        return Cards.of(items, _negative_binomial(mean / step, variance / step**2, count))


def grow(kept: float, fortnights: Floats) -> Floats:
    """What fortnightly steps of variance 1 come to after so many of them, when each keeps so much of what came before."""
    return fortnights if kept == 1 else np.asarray((1 - kept**fortnights) / (1 - kept), np.float64)


def find_lag(weights: Floats, ages: Floats, walk: float, pull: float) -> float:
    """Variance of the level of now about the weighted mean of its past ones, on the scale of logarithms.

    weights, ages : (n,) how much each past sprint counts, and how many fortnights ago it was; walk, pull : see `drift.Drift`

    A mean over past sprints trails a level that moves: what is added to the error of sampling is what the level itself, a
    first-order autoregression, says of it (Harvey, "Forecasting, Structural Time Series Models and the Kalman Filter", 1989,
    chapter 4, has the filter to which this comes down with geometric weights and no pull). 0 without walk.
    """
    order = np.argsort(-ages, kind="stable")
    gaps = -np.diff(ages[order], append=0.0)
    worth, kept = np.empty(len(ages)), (pull**gaps).tolist()
    behind = 0.0
    for at, weight in enumerate(weights[order].tolist()):
        worth[at] = behind + weight  # of what the level moved by after this sprint, to the mean
        behind = float(worth[at]) * kept[at]
    steady = 0.0 if pull == 1 else (1 - behind) ** 2 / (1 - pull**2)
    return walk**2 * (float(worth**2 @ grow(pull**2, gaps)) + steady)


def _weigh(ages: Floats, half_life: float) -> Floats:
    """Weights of past sprints of these ages, adding up to 1."""
    weights = np.exp2(-ages / half_life)
    return np.asarray(weights / weights.sum(), np.float64)


def _negative_binomial(mean: float, variance: float, count: int) -> Floats:
    """Chances of 0 to count - 1, made to add up to 1; all but Poisson where the variance is no larger than the mean."""
    size = mean**2 / max(variance - mean, 1e-6 * mean)
    n = np.arange(1, count)
    steps = np.log((n - 1 + size) / n) + math.log(mean / (mean + size))
    chances = np.append(0.0, np.cumsum(steps))
    chances = np.exp(chances - chances.max())
    return np.asarray(chances / chances.sum(), np.float64)
