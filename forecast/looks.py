"""Looks at past features: how long each was forecast to take, how long it took, and what growth is learned from them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats
from forecast.errors import Fault, quote
from forecast.growth import USUAL_DOUBT, USUAL_MEDIAN, USUAL_SPREAD, Learned
from forecast.values import read_flag, read_list, read_name, read_number

NOISE = 0.45
"""Standard deviation of the logarithm of a simulated duration without growth: what throughput alone makes uncertain. It is in
every ratio of taken to forecast, and in every simulation, so it is taken out of the ratios, else it would count twice."""

SLOPE_DOUBT = 0.2
"""Before anything is learned, the slope over size is 0, give or take this."""

SPREAD_WORTH = 20.0
"""How many features the usual spread is worth."""

SPREADS = np.exp(np.linspace(math.log(0.15), math.log(2.5), 81))
NEWTON_STEPS, NEWTON_ENOUGH = 60, 1e-10

Claims = NDArray[np.bool_]


@dataclass(frozen=True)
class Look:
    """One look back at a feature: what was forecast then, and what became of it.

    feature : its name; several looks at one feature count as much as one
    forecast : working days that the known work was then expected to take, without growth
    taken : working days that it took; for a feature that is still open those until now
    is_open : it is not finished yet, so that it takes at least `taken`
    size : items of known work then; None where nobody counted

    Raises Fault when a value is out of its range.
    """

    feature: str
    forecast: float
    taken: float
    is_open: bool = False
    size: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "feature", read_name(self.feature, "look"))
        where = f"feature {quote(self.feature)}"
        for what in ("forecast", "taken", "size"):
            value = getattr(self, what)
            if what == "size" and value is None:
                continue
            if read_number(value, where, what) <= 0:
                raise Fault(where, f"{what} = {value:g}", "it has to be more than 0")
            object.__setattr__(self, what, float(value))
        read_flag(self.is_open, where, "is_open")

    @property
    def ratio(self) -> float:
        """The natural logarithm of taken over forecast."""
        return math.log(self.taken / self.forecast)


def learn(looks: Iterable[Look]) -> Learned:
    """The growth that past features teach; without any, what is usual elsewhere.

    The logarithm of taken / forecast of a feature is normal about m + slope (ln size - mean ln size), with the variance of the
    spread and of `NOISE`; an open feature counts with the chance that it takes longer than until now (censored; Tobin,
    "Estimation of relationships for limited dependent variables", Econometrica 26, 1958). Each feature counts once, shared
    between the looks at it. Priors: m normal about ln 1.65 with sd 0.4, the slope about 0 with sd 0.2, the square of the spread
    scaled inverse chi-squared about 0.48, worth 20 features. For each spread of a grid, the mode in m and slope is found by
    Newton's method (the posterior is log-concave) and the spread weighed by Laplace's approximation, which is exact as long as
    nothing is censored (Gelman et al., "Bayesian Data Analysis", 3rd edition, 2013, chapters 3 and 13).
    """
    read = read_list(looks, "learn", "looks")
    for look in read:
        if not isinstance(look, Look):
            raise Fault("learn", quote(look), 'give Looks: Look("Checkout", forecast=20, taken=35)')
    if not read:
        return Learned()
    posterior = _Posterior.of(read)
    weights, modes, variances = posterior.weigh()
    middle, slope = weights @ modes
    doubt, slope_doubt = np.sqrt(weights @ (variances + (modes - (middle, slope)) ** 2))
    open_ = {look.feature for look in read if look.is_open}
    closed = {look.feature for look in read} - open_
    return Learned(
        median=math.exp(middle),
        spread=math.sqrt(weights @ SPREADS**2),
        doubt=float(doubt),
        slope=max(-1.0, min(1.0, float(slope))) if posterior.is_sized else 0.0,
        slope_doubt=float(slope_doubt) if posterior.is_sized else 0.0,
        typical=math.exp(posterior.centre),
        finished=len(closed),
        open=len(open_),
    )


@dataclass(frozen=True)
class _Posterior:
    """What n looks say of m and the slope, given a spread.

    ratio, weight : (n,); is_open : (n,)
    design : (n, 2) one, and ln size less its mean
    centre : that mean; is_sized : sizes differ, so that a slope can be learned
    """

    ratio: Floats
    weight: Floats
    is_open: Claims
    design: Floats
    centre: float
    is_sized: bool

    @classmethod
    def of(cls, looks: tuple[Look, ...]) -> _Posterior:
        times = Counter(look.feature for look in looks)
        weight = np.array([1.0 / times[look.feature] for look in looks])
        sized = np.array([look.size is not None for look in looks])
        size = np.log([1.0 if look.size is None else look.size for look in looks])
        centre = float(np.average(size[sized], weights=weight[sized])) if sized.any() else 0.0
        reach = np.where(sized, size - centre, 0.0)
        return cls(
            ratio=np.array([look.ratio for look in looks]),
            weight=weight,
            is_open=np.array([look.is_open for look in looks], bool),
            design=np.column_stack([np.ones(len(looks)), reach]),
            centre=centre,
            is_sized=bool(np.any(np.abs(reach) > 1e-12)),
        )

    def weigh(self) -> tuple[Floats, Floats, Floats]:
        """The weight (k,) of each spread of the grid, and the mode (k, 2) and variances (k, 2) of m and the slope there."""
        prior = np.array([math.log(USUAL_MEDIAN), 0.0]), np.array([USUAL_DOUBT, SLOPE_DOUBT]) ** -2.0
        mode, modes, variances, logs = prior[0].copy(), [], [], []
        for spread in SPREADS:
            mode, curvature, log_density = self._climb(mode, math.hypot(spread, NOISE), *prior)
            modes.append(mode)
            variances.append(np.diag(np.linalg.inv(curvature)))
            belief = -SPREAD_WORTH * (math.log(spread) + USUAL_SPREAD**2 / (2 * spread**2))
            logs.append(log_density + belief - np.linalg.slogdet(curvature)[1] / 2)
        weights = np.exp(np.array(logs) - max(logs))
        return weights / weights.sum(), np.array(modes), np.array(variances)

    def _climb(self, at: Floats, sd: float, centre: Floats, precision: Floats) -> tuple[Floats, Floats, float]:
        """The mode (2,) for one standard deviation, the curvature (2, 2) there, and the logarithm of the density."""
        for _ in range(NEWTON_STEPS):
            log_density, slope, curvature = self._tell(at, sd, centre, precision)
            step = np.linalg.solve(curvature, slope)
            while self._tell(at + step, sd, centre, precision)[0] < log_density - 1e-12:
                step = step / 2
            at = at + step
            if np.abs(step).max() < NEWTON_ENOUGH:
                break
        log_density, _, curvature = self._tell(at, sd, centre, precision)
        return at, curvature, log_density

    def _tell(self, at: Floats, sd: float, centre: Floats, precision: Floats) -> tuple[float, Floats, Floats]:
        """Logarithm of the density, its gradient (2,) and its negated second derivatives (2, 2)."""
        from scipy.special import log_ndtr  # here, because loading scipy takes longer than a small forecast

        z = (self.ratio - self.design @ at) / sd
        log_tail = log_ndtr(-z)
        hazard = np.exp(-(z**2) / 2 - math.log(math.sqrt(2 * math.pi)) - log_tail)
        log_point = -(z**2) / 2 - math.log(sd)
        pull = np.where(self.is_open, hazard, z) / sd
        bend = np.where(self.is_open, hazard * (hazard - z), 1.0) / sd**2
        off = at - centre
        log_density = self.weight @ np.where(self.is_open, log_tail, log_point) - precision @ off**2 / 2
        slope = self.design.T @ (self.weight * pull) - precision * off
        curvature = self.design.T @ (self.design * (self.weight * bend)[:, None]) + np.diag(precision)
        return float(log_density), slope, curvature
