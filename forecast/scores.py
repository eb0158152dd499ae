"""Scores: how good forecasts were, once it is known what happened.

A forecast is its runs. The last axis of `runs` is the runs; what happened has the axes before it. Smaller is better for all but
the PIT, which is uniform for a forecaster who is right.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from forecast.arrays import Floats

TIE = 1e-9
"""What differs by no more is the same value: sums of scaled counts are not exact."""


def crps(outcome: ArrayLike, runs: Floats) -> Floats:
    """The continuous ranked probability score (...) of runs (..., R), in the unit of the outcome (...).

    The integral of (F(x) - 1{outcome <= x})^2 over x, where F is the step function of the runs: the mean distance of a run from
    the outcome, less half the mean distance of two runs (Gneiting and Raftery, "Strictly Proper Scoring Rules, Prediction,
    and Estimation", JASA 2007). Of a single run it is the absolute error.
    """
    count = runs.shape[-1]
    rank = 2.0 * np.arange(1, count + 1) - count - 1
    distance = np.abs(runs - np.asarray(outcome, np.float64)[..., None]).mean(axis=-1)
    spread: Floats = np.sort(runs, axis=-1) @ rank / count**2
    return np.asarray(distance - spread)


def pinball(outcome: ArrayLike, quantile: ArrayLike, level: ArrayLike) -> Floats:
    """The pinball loss of a quantile at a level: level x how far the outcome is above it, or (1 - level) x how far below.

    In the unit of the outcome; on average it is least for the true quantile (Koenker and Bassett, Econometrica 1978).
    """
    above = np.asarray(outcome, np.float64) - np.asarray(quantile, np.float64)
    share = np.asarray(level, np.float64)
    return np.maximum(share * above, (share - 1) * above)


def pit(outcome: ArrayLike, runs: Floats, luck: ArrayLike) -> Floats:
    """The randomised probability integral transform (...): the share of runs below the outcome, ties broken by luck.

    luck : (...) uniforms between 0 and 1, drawn independently of all else

    (runs below + luck x (runs equal + 1)) / (R + 1): where the outcome would stand among the runs, spread evenly over the
    places that it could take. Exactly uniform, for counts too and for any R, when outcome and runs come from the same
    distribution; counting ties as one side would not be (Czado, Gneiting and Held, "Predictive Model Assessment for Count
    Data", Biometrics 2009).
    """
    value = np.asarray(outcome, np.float64)[..., None]
    below = np.count_nonzero(runs < value - TIE, axis=-1)
    equal = np.count_nonzero(np.abs(runs - value) <= TIE, axis=-1)
    return np.asarray((below + np.asarray(luck, np.float64) * (equal + 1)) / (runs.shape[-1] + 1))


def first_passage(edges: Floats, done: Floats, amount: float) -> Floats:
    """When so much is done (...): where each line of cumulated work (..., S + 1) over edges (S + 1,) reaches an amount > 0.

    Straight between two edges; inf for a line that never gets there.
    """
    at = np.count_nonzero(done < amount - TIE, axis=-1)
    last = np.minimum(at, len(edges) - 1)
    before = np.take_along_axis(done, np.maximum(last - 1, 0)[..., None], -1)[..., 0]
    after = np.take_along_axis(done, last[..., None], -1)[..., 0]
    rise = np.where(after > before, after - before, 1.0)
    share = np.clip((amount - before) / rise, 0.0, 1.0)
    start = edges[np.maximum(last - 1, 0)]
    return np.where(at < len(edges), start + share * (edges[last] - start), np.inf)
