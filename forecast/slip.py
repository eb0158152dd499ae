"""Slips: by how much a feature is later, over runs that were paired."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast.arrays import Floats
from forecast.tally import binomial_range, runs_needed

SAME = 1e-7
"""Working days within which two finishes are one: below this a difference is the rounding of floats, not a slip."""

CONFIDENCE = 0.95


def subtract(after: Floats, before: Floats) -> Floats:
    """Working days by which finishes (R,) are later, run by run; negative where they are earlier.

    0 where neither is ever finished, inf where only the first is not, -inf where only the second is not.
    """
    with np.errstate(invalid="ignore"):
        slip: Floats = after - before
        slip[(after == before) | (np.abs(slip) < SAME)] = 0.0
    return slip


@dataclass(frozen=True)
class Slip:
    """Working days by which a feature is later, over all runs; negative days are days earlier.

    mean, se : the mean and its standard error. Runs that lose their finish altogether make the mean inf, runs that win one make
        it -inf, both make it nan; the error of such a mean is nan
    median, median_range : a run's own slip in the middle, and a range that holds the median of endless runs in 95 of 100
        repetitions, from the order statistics
    later, earlier : shares of runs; lost, won : those among them that have no finish after, or had none before
    """

    mean: float
    se: float
    median: float
    median_range: tuple[float, float]
    later: float
    earlier: float
    lost: float
    won: float

    @classmethod
    def of(cls, days: Floats) -> Slip:
        """The slip whose runs are these: (R,)."""
        runs = len(days)
        if not days.any():
            return cls(0.0, 0.0, 0.0, (0.0, 0.0), 0.0, 0.0, 0.0, 0.0)
        with np.errstate(invalid="ignore"):
            mean = float(days.mean())
        is_finite = math.isfinite(mean)
        se = float(days.std(ddof=1)) / math.sqrt(runs) if is_finite and runs > 1 else math.nan
        low, high = binomial_range(runs, 0.5, CONFIDENCE)
        middle, first, last = runs_needed(0.5, runs) - 1, max(low, 1) - 1, min(high, runs) - 1
        ranked = np.partition(days, sorted({first, middle, last}))
        return cls(
            mean=mean,
            se=se,
            median=float(ranked[middle]),
            median_range=(float(ranked[first]), float(ranked[last])),
            later=float(np.mean(days > 0)),
            earlier=float(np.mean(days < 0)),
            lost=float(np.mean(days == np.inf)),
            won=float(np.mean(days == -np.inf)),
        )

    @property
    def is_later(self) -> bool:
        """True when it is later on average; where the mean is no number, when more runs lose their finish than win one."""
        return self.mean > 0 or (math.isnan(self.mean) and self.lost > self.won)

    @property
    def is_earlier(self) -> bool:
        """True when it is earlier on average; where the mean is no number, when more runs win a finish than lose one."""
        return self.mean < 0 or (math.isnan(self.mean) and self.won > self.lost)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON: None for what is not finite."""
        low, high = self.median_range
        told = {"mean": self.mean, "se": self.se, "median": self.median, "median_low": low, "median_high": high}
        shares = {"later": self.later, "earlier": self.earlier, "lost": self.lost, "won": self.won}
        return {key: value if math.isfinite(value) else None for key, value in told.items()} | shares
