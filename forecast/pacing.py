"""Pacing: what a row of counts shows of the pace behind it: bulks, one count that carries all, idle stretches, shifts.

Every rule is stated with its rate of false alarms, measured on steady teams: independent sprints, negative binomial with a
mean of 10, which vary by the given percentage (standard deviation over mean).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats

AROUND = 6
"""Sprints on either side with which a bulk is compared; with fewer than LEAST_AROUND in all, nothing is."""
LEAST_AROUND, LEAST_BESIDE = 8, 4
BULK = 6.0
CARRIES, STANDS_OUT = 0.25, 4.0
LEAST_IDLE, IDLE_ALARM = 3, 0.01
LEAST_SHIFT, SHIFT_ALARM = 12, 0.01
OVERSHOOT = 0.5826
"""How far a random walk steps over a bound on average, in its own steps: -zeta(1/2) / sqrt(2 pi)."""


def find_bulks(pace: Floats) -> list[tuple[int, float]]:
    """Sprints with far more done than in those around them, each with what is usual there; pace : (n,).

    On the scale of square roots, on which counts spread evenly (Bartlett, "The square root transformation in analysis of
    variance", JRSS Supplement 3, 1936): more than six deviations above the median of the up to twelve nearest sprints, and above
    those of the six before and of the six after, so that the first sprint of a faster time is none. A deviation is 1.4826 times
    the median absolute deviation (Hampel, JASA 69, 1974), at least that of Poisson counts (0.5), and at least a fifth of the
    median. Asked of nine sprints or more. False alarms: about 1 in 5,000 sprints that vary by 60 %, 1 in 1,000 at 80 %, 1 in
    600 at 100 %; none at 30 %.
    """
    count = len(pace)
    if count <= LEAST_AROUND:
        return []
    width = min(2 * AROUND + 1, count)
    root = np.sqrt(pace)
    window = np.clip(np.arange(count) - AROUND, 0, count - width)[:, None] + np.arange(width)
    around = root[window[window != np.arange(count)[:, None]].reshape(count, width - 1)]
    median = np.median(around, axis=1)
    spread = 1.4826 * np.median(np.abs(around - median[:, None]), axis=1)
    padded = np.concatenate([np.full(AROUND, np.nan), root, np.full(AROUND, np.nan)])
    sides = np.lib.stride_tricks.sliding_window_view(padded, AROUND)
    usual = np.fmax(median, np.fmax(_medians(sides[:count]), _medians(sides[AROUND + 1 :])))
    deviation = np.maximum(np.maximum(spread, 0.5), 0.2 * usual)
    return [(at, float(usual[at] ** 2)) for at in np.flatnonzero(root > usual + BULK * deviation).tolist()]


def _medians(rows: Floats) -> Floats:
    """The median of each row (n, m) without its NaNs; NaN where fewer than four numbers are left."""
    ordered = np.sort(rows, axis=1)
    left = np.count_nonzero(np.isfinite(rows), axis=1)
    at = np.arange(len(rows))
    medians = (ordered[at, np.maximum(left - 1, 0) // 2] + ordered[at, np.minimum(left // 2, rows.shape[1] - 1)]) / 2
    return np.where(left >= LEAST_BESIDE, medians, np.nan)


def find_carrier(done: Floats) -> tuple[int, float] | None:
    """The one sprint that carries the mean, and the share by which the mean falls without it; done : (n,).

    Of at least four sprints, when the mean falls by a quarter or more, and the sprint has four times the median of the others. A
    description, no test: of 13 steady sprints that vary by 80 % it is true of 1 team in 25, of 30 hardly ever.
    """
    if len(done) < 4 or not done.any():
        return None
    at = int(np.argmax(done))
    rest = np.delete(done, at)
    falls = 1 - float(rest.mean() / done.mean())
    return (at, falls) if falls >= CARRIES and done[at] >= STANDS_OUT * np.median(rest) else None


def find_idle(done: Floats) -> list[tuple[int, int]]:
    """Stretches of sprints with nothing done (first, and one behind the last) that are no accident; done : (n,).

    At least three sprints, and longer than chance would have it in 99 of 100 histories of as many sprints with nothing done, put
    in any order: with z empty ones and m others, (m + 1) C(z + m - r, m) / C(z + m, m) rows of at least r are to be expected.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], done == 0, [False]]).astype(np.int8)))
    others = int(np.count_nonzero(done))
    found = []
    for first, behind in edges.reshape(-1, 2).tolist():
        rest = len(done) - (behind - first)
        expected = math.log(others + 1) + _log_choose(rest, others) - _log_choose(len(done), others)
        if behind - first >= LEAST_IDLE and expected < math.log(IDLE_ALARM):
            found.append((first, behind))
    return found


def _log_choose(count: int, chosen: int) -> float:
    return math.lgamma(count + 1) - math.lgamma(chosen + 1) - math.lgamma(count - chosen + 1)


@dataclass(frozen=True)
class Shift:
    """The last lasting change of a pace.

    first : the first sprint since; before, since : the mean pace between the change before it and it, and from it on
    """

    first: int
    before: float
    since: float


def find_shift(pace: Floats) -> Shift | None:
    """The last lasting change, in a step or a slide; None when there is none. pace : (n,), oldest first.

    The test of `find_change`, asked again of the sprints after each change until it finds none.
    """
    before, first = 0, 0
    while (change := find_change(pace[first:])) is not None:
        before, first = first, first + change
    return Shift(first, float(pace[before:first].mean()), float(pace[first:].mean())) if first else None


def find_change(pace: Floats) -> int | None:
    """The first sprint after the pace (n,) changed; None when it did not, or there are fewer than 12 sprints.

    The largest departure of the cumulated ranks from a straight line (Pettitt, "A non-parametric approach to the change-point
    problem", Applied Statistics 28, 1979), against that of a Brownian bridge, P(sup > x) = 2 exp(-2 x^2), with the departure
    stretched because there are few sprints (Siegmund, "Sequential Analysis", 1985, section 10.2). False alarms: at most 1 of 100
    steady teams, whatever they vary by. A pace that halves in the middle of 20, 30 or 60 sprints which vary by 60 % is seen in
    about 20, 45 or 85 of 100 teams.
    """
    count = len(pace)
    if count < LEAST_SHIFT:
        return None
    _, inverse, ties = np.unique(pace, return_inverse=True, return_counts=True)
    rank = (np.cumsum(ties) - (ties - 1) / 2)[inverse]
    spread = float(rank.std())
    if spread == 0:
        return None
    departure = np.abs(np.cumsum(rank - rank.mean())[:-1])
    place = int(np.argmax(departure))
    reach = (departure[place] / spread + OVERSHOOT) / np.sqrt(count)
    return place + 1 if 2 * np.exp(-2 * reach**2) < SHIFT_ALARM else None
