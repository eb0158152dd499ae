"""Growth: the factor for work that is discovered on the way, stated or learned from finished features."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from forecast.errors import Fault, quote
from forecast.estimate import Estimate
from forecast.values import read_count, read_level, read_number

LEARNED = "learned"
USUAL_MEDIAN, USUAL_SPREAD, USUAL_DOUBT = 1.65, math.sqrt(0.48), 0.4
"""What is assumed before anything is learned: in all a log-normal factor of median 1.65 and a log-sd of 0.8, of which 0.4 is
how much companies differ."""

FURTHEST = math.log(30.0)
"""A feature thirty times as large as the typical one is as far as the slope is trusted."""


@dataclass(frozen=True)
class Learned:
    """A log-normal factor that says how much longer features take than their known work would.

    In a run, the factor of a feature of so many items is, by its logarithm,

        ln median + doubt a + (slope + slope_doubt b) ln(size / typical) + spread e

    with standard normals a and b of the run, which all features share (what is not known of the company), and e of the feature
    alone. Without finished features it is what is usual elsewhere.

    median : of the factor of a feature of typical size
    spread : standard deviation of its logarithm between features
    doubt : standard error of the logarithm of the median
    slope, slope_doubt : how the logarithm changes with that of the size, and its standard error; small features grow more
    typical : the size (items) at which the median holds
    finished, open : how many features it was learned from, and how many more that are not finished yet

    Raises Fault when a value is out of its range.
    """

    median: float = USUAL_MEDIAN
    spread: float = USUAL_SPREAD
    doubt: float = USUAL_DOUBT
    slope: float = 0.0
    slope_doubt: float = 0.0
    typical: float = 1.0
    finished: int = 0
    open: int = 0

    def __post_init__(self) -> None:
        for name in ("median", "spread", "doubt", "slope_doubt", "typical"):
            object.__setattr__(self, name, read_number(getattr(self, name), "growth", name))
        object.__setattr__(self, "slope", read_number(self.slope, "growth", "slope", least=-1.0, most=1.0))
        for name in ("finished", "open"):
            read_count(getattr(self, name), "growth", name, least=0)
        if not (self.median > 0 and self.typical > 0):
            raise Fault("growth", f"median = {self.median:g}, typical = {self.typical:g}", "both are more than 0")

    @property
    def is_fixed(self) -> bool:
        """False: there is always something to draw."""
        return False

    @property
    def log_sd(self) -> float:
        """Standard deviation of the logarithm of the factor of a feature of typical size: between features, and of doubt."""
        return math.hypot(self.spread, self.doubt)

    @property
    def mean(self) -> float:
        """The expected factor of a feature of typical size."""
        return self.median * math.exp(self.log_sd**2 / 2)

    def at(self, level: float) -> float:
        """The factor that a feature of typical size stays below with that chance, a share."""
        share = read_level(level, "growth")
        if share == 1:
            return math.inf
        return self.median * math.exp(NormalDist().inv_cdf(share) * self.log_sd)

    def reach(self, size: float) -> float:
        """How far a size is from the typical one: the natural logarithm of their ratio, 0 for no size, cut at 30 times."""
        if size <= 0:
            return 0.0
        return max(-FURTHEST, min(FURTHEST, math.log(size / self.typical)))

    def describe(self) -> dict[str, Any]:
        """What it is and what it was learned from, for the provenance."""
        return {
            "model": LEARNED,
            "finished": self.finished,
            "open": self.open,
            "median": round(self.median, 3),
            "p85": round(self.at(0.85), 3),
        }

    def say(self) -> str:
        """One sentence: what the factor is, and what it rests on."""
        said = f"median {_round(self.median)}, 85 % {_round(self.at(0.85))}"
        if not self.finished and not self.open:
            return f"Growth has no finished features to learn from, so what is usual elsewhere is assumed: {said}."
        features = "1 finished feature" if self.finished == 1 else f"{self.finished:,} finished features"
        still = f" and {self.open:,} that {'is' if self.open == 1 else 'are'} still open" if self.open else ""
        sized = (
            f", for a feature of about {self.typical:.0f} items; smaller ones grow more" if self.slope < -0.05 else ""
        )
        return f"Growth is learned from {features}{still}: {said}{sized}."


def _round(factor: float) -> str:
    """One decimal, halves up: 1.65 is 1.7."""
    return f"{math.floor(10 * factor + 0.5 + 1e-9) / 10:.1f}"


Growth = Estimate | Learned


def read_growth(value: Any, where: str) -> Growth:
    """The growth that a number, low / likely / high or "learned" stand for. Raises Fault for anything else."""
    if isinstance(value, Learned):
        return value
    if isinstance(value, str) and value.strip().casefold() == LEARNED:
        return Learned()
    if isinstance(value, str):
        way_out = 'give a factor, such as 1.3, or low, likely and high: [1.0, 1.3, 2.0]; or "learned"'
        raise Fault(where, f"growth = {quote(value)}", way_out)
    return Estimate.read(value, where, "growth")


Factor = float | Sequence[float] | Estimate | Learned | str
"""What may be given for growth."""
