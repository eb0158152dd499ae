"""Drift, run by run, in plain Python: written from its formulas alone, with SciPy's normal quantiles and the hash of `exact`.

It shares no code with the kernel or the model. A team is a list of past sprints; its future sprints follow each other.

    levels(Past(done=(3, 5, 0, 7)), "Web", seed=1, run=0, sprints=6)   # -> [1.31, 0.97, ...]
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

from exact import GOLDEN, _mix
from scipy.special import ndtri

MONDAY = 739_621
"""An ordinary Monday, as a proleptic ordinal: 5 January 2026."""


@dataclass(frozen=True)
class Past:
    """What is known of a team, and how it is to be forecast.

    done : past sprints, oldest first, as long as the future ones; end : last day of the newest one, None right before start
    start : first day of sprint 0; days : of a sprint
    """

    done: tuple[float, ...]
    start: int = MONDAY
    days: int = 14
    end: int | None = None
    half_life: float = 2.5
    walk: float = 0.26
    pull: float = 0.94
    shared: float = 0.15
    correction: float = 0.75

    @property
    def pace(self) -> float:
        """Fortnights in a sprint."""
        return self.days / 14

    @property
    def lead(self) -> int:
        """Sprints between the history and sprint 0."""
        return 0 if self.end is None else max(math.floor((self.start - self.end - 1) / self.days + 0.5), 0)


@dataclass(frozen=True)
class Known:
    """The study's summary of a past: weights, mean, variance, error of the level, and how far it stands above the long mean."""

    weights: tuple[float, ...]
    mean: float
    variance: float
    error: float
    surplus: float


def know(past: Past) -> Known:
    """The formulas of the study, one by one."""
    ages = [past.pace * back for back in range(len(past.done))][::-1]

    def weigh(half_life: float) -> tuple[float, ...]:
        raw = [2 ** (-age / half_life) for age in ages]
        return tuple(weight / math.fsum(raw) for weight in raw)

    def average(weights: tuple[float, ...]) -> float:
        return math.fsum(weight * done for weight, done in zip(weights, past.done, strict=True))

    weights, seen = weigh(past.half_life), average(weigh(past.half_life))
    mean, long_mean = max(seen, 0.05), max(average(weigh(48)), 0.05)
    count = 1 / math.fsum(weight**2 for weight in weights)
    variance = (
        math.fsum(w * (done - seen) ** 2 for w, done in zip(weights, past.done, strict=True)) * count / (count - 1)
    )
    variance = ((count - 1) * variance + 2 * (0.8 * mean) ** 2) / (count + 1)
    error = math.sqrt(math.log(1 + variance / (count * mean**2)) + lag(past, weights, ages))
    return Known(weights, mean, variance, error, math.log(mean / long_mean))


def lag(past: Past, weights: tuple[float, ...], ages: list[float]) -> float:
    """Variance of the level of now less the weighted mean of the past ones, from the covariances of every two of them."""
    if past.pull == 1:  # a random walk: two levels share all the steps that were made before the older one
        return past.walk**2 * math.fsum(
            one * other * min(age, back)
            for one, age in zip(weights, ages, strict=True)
            for other, back in zip(weights, ages, strict=True)
        )
    signed, at = [1.0, *(-weight for weight in weights)], [0.0, *ages]
    return math.fsum(
        one * other * past.walk**2 / (1 - past.pull**2) * past.pull ** abs(age - back)
        for one, age in zip(signed, at, strict=True)
        for other, back in zip(signed, at, strict=True)
    )


def spread(past: Past) -> float:
    """Variance of what the level changes by in a sprint: that of fortnightly steps, each pulled back by the next."""
    kept = past.pull**2
    return past.walk**2 * (past.pace if kept == 1 else (1 - kept**past.pace) / (1 - kept))


def paths(past: Past, sprints: int) -> tuple[list[float], list[float]]:
    """For each sprint the fixed part of the level's logarithm, and the variance of its drawn part."""
    known, phi = know(past), past.pull**past.pace
    fixed, variances = [], []
    variance = known.error**2
    for step in range(past.lead + sprints):
        first = past.start + (step - past.lead) * past.days
        mondays = sum((first + day) % 7 == 1 for day in range(past.days))
        share = past.shared * mondays / (2 * past.pace)
        variance = phi**2 * variance + spread(past) * (1 - past.shared + share)
        if step >= past.lead:
            fixed.append((phi ** (step + 1) - 1) * known.surplus - past.correction * variance / 2)
            variances.append(variance)
    return fixed, variances


def levels(past: Past, team: str, *, seed: int, run: int, sprints: int) -> list[float]:
    """What the items of each sprint are multiplied by, in one run."""
    phi = past.pull**past.pace
    level = know(past).error * _normal(seed, run, 0, "walk", team)
    drawn = []
    for step in range(past.lead + sprints):
        first = past.start + (step - past.lead) * past.days
        mondays = [first + day for day in range(past.days) if (first + day) % 7 == 1]
        common = math.fsum(_normal(seed, run, (monday - 1) // 7, "shared walk") for monday in mondays)
        own = math.sqrt(1 - past.shared) * _normal(seed, run, first, "walk", team)
        level = phi * level + math.sqrt(spread(past)) * (own + math.sqrt(past.shared / (2 * past.pace)) * common)
        drawn.append(level)
    fixed, _ = paths(past, sprints)
    return [math.exp(fixed[sprint] + drawn[past.lead + sprint]) for sprint in range(sprints)]


def _normal(seed: int, run: int, index: int, *name: str) -> float:
    return float(ndtri(((word(seed, run, index, *name) >> 12) + 0.5) / 2**52))


def word(seed: int, run: int, index: int, *name: str) -> int:
    """The 64 bits at an address."""
    digest = hashlib.blake2b(digest_size=8)
    for text in (str(seed), *name):
        digest.update(len(text.encode()).to_bytes(8, "little") + text.encode())
    key = int.from_bytes(digest.digest(), "little")
    return _mix(_mix(key + (run + 1) * GOLDEN) + (index + 1) * GOLDEN)
