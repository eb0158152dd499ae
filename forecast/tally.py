"""Tallies: counting runs. The few primitives that every answer goes through, and what sampling leaves open."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats
from forecast.values import LARGEST, read_level, read_number

SAMPLING_CONFIDENCE = 0.95
"""How sure a range is that tells what sampling leaves open."""

OUTSIDE = (1 - SAMPLING_CONFIDENCE) / 2


def runs_needed(level: float, runs: int) -> int:
    """The smallest number of runs that is at least `level` of all.

    A level that is a share of the runs in the reader's mind is one here: 0.85 of 10,000 and 14 / 300 of 300 are whole
    numbers, whatever the last digit of a float says.
    """
    return max(1, math.ceil(level * runs * (1 - 1e-12)))


@dataclass(frozen=True)
class DayCounts:
    """How many of the runs of one row are finished by the end of each working day.

    until : until[k] runs are finished by day k; until[0] is 0, the last entry counts all that ever finish

    Exact for every answer about days, because a finish in (k - 1, k] falls on day k.
    """

    until: NDArray[np.int64]

    @classmethod
    def of(cls, finish: Floats) -> DayCounts:
        """The counts of the finishes (R,) of one row."""
        days = np.ceil(finish[np.isfinite(finish)]).astype(np.int64)
        counts = np.bincount(np.maximum(days, 1), minlength=2)
        return cls(np.cumsum(counts))

    def finished(self, day: int) -> int:
        """Runs finished by the end of a working day; day 0 is before the first."""
        return int(self.until[min(day, len(self.until) - 1)]) if day > 0 else 0

    def day(self, needed: int) -> int | None:
        """The first day by which so many runs are finished; None when they never are."""
        at = int(np.searchsorted(self.until, needed))
        return at if at < len(self.until) else None


@dataclass(frozen=True)
class HowMany:
    """How many items a team finishes in a number of sprints.

    counts : (runs,) items in each run
    """

    team: str
    sprints: int
    counts: Floats

    def at_least(self, level: float) -> int:
        """The largest whole number that at least that share of runs reaches: "85 % sure of at least 27 items"."""
        needed = runs_needed(read_level(level), len(self.counts))
        return math.floor(float(np.sort(self.counts)[len(self.counts) - needed]) + 1e-9)

    def chance(self, n: float) -> float:
        """The share of runs in which at least n items are finished."""
        least = read_number(n, "how many", "n", least=-LARGEST)
        return float(np.mean(self.counts >= least - 1e-9))


def share_error(held: int, runs: int) -> float:
    """Standard error of a share of runs: the binomial's, and not less than 1 / runs where all runs agree."""
    share = held / runs
    return max(math.sqrt(share * (1 - share) / runs), 1 / runs if held in (0, runs) else 0.0)


def binomial_range(runs: int, level: float, confidence: float) -> tuple[int, int]:
    """Ranks (1 to runs + 1) between which the run at a level falls with the given confidence, both included.

    The order statistics that bracket a quantile: Conover, "Practical Nonparametric Statistics", section 3.2.
    """
    if level >= 1:
        return runs, runs + 1
    count = np.arange(runs + 1)
    steps = np.log(np.arange(runs, 0, -1) / np.arange(1, runs + 1)) + math.log(level / (1 - level))
    chance = np.concatenate([[0.0], np.cumsum(steps)]) + runs * math.log1p(-level)
    cumulative = np.cumsum(np.exp(chance))
    tail = (1 - confidence) / 2
    low = int(count[np.searchsorted(cumulative, tail)])
    high = int(np.searchsorted(cumulative, 1 - tail)) + 1
    return low, high


def tell_few_runs(runs: int, level: float) -> list[str]:
    """That a level cannot be told from so few runs: all of them may lie on one side of what endless runs would give.

    Too few are runs of which that happens in more than OUTSIDE of all cases, so that `Forecast.interval` has no end.
    """
    common = max(level, 1 - level)
    if common >= 1 or common**runs <= OUTSIDE:
        return []
    enough = math.ceil(math.log(OUTSIDE) / math.log(common) / 1000) * 1000
    beyond = "beyond it" if runs == 1 else "beyond all of them"
    said = f"{100 * level:g} %"
    few = "1 run is too few" if runs == 1 else f"{runs:,} runs are too few"
    return [f"{few} to tell {said}: what is {said} sure may lie {beyond}. Take {enough:,} or more."]


def say_chance(chance: float, runs: int, is_certain: bool = False) -> str:
    """A chance as it is printed: whole percent, rounded down, and never 0 % or 100 % for what was only simulated.

    With fewer than 300 runs the outermost that can be said is 3 / runs away from the ends; fewer than 10 are counted.
    """
    if is_certain:
        return "certain" if chance > 0.5 else "certainly not"
    held = round(chance * runs)
    if runs < 10:
        return f"{held} of {runs} runs"
    edge = 0.01 if runs >= 300 else 3 / runs
    if held > (1 - edge) * runs:
        return f"> {math.floor(100 * (1 - edge) + 1e-9)} %"
    if held < edge * runs:
        return f"< {math.ceil(100 * edge - 1e-9)} %"
    return f"{100 * held // runs} %"
