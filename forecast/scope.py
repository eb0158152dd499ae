"""Scope: how large the work turns out to be. Sizes, growth, risks, external days and lags, drawn by name.

Each draw has an address of its own (see `draws`): ("size", feature, team), ("growth", feature), ("days", external),
("lag", both ends of the link), ("risk", name).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecast import draws
from forecast.arrays import Floats, Ints, Longs, Words
from forecast.estimate import Estimate
from forecast.feature import External, Feature
from forecast.plan import Index

ZERO = Estimate(0.0, 0.0, 0.0)
ONE = Estimate(1.0, 1.0, 1.0)
PERT_NODES = 4097
ROUND_UP = 0.5 + 1e-9
"""Sizes are rounded half up; the 1e-9 keeps 45 x 0.7 = 31.499999999999996 a half."""


def pert_table(estimate: Estimate) -> tuple[Floats, Floats]:
    """Cumulative chance and value of a PERT estimate at 4,097 equally spaced values from low to high.

    Linear interpolation between them is within 1e-4 of the width in the outermost cells and 1e-5 elsewhere.
    """
    from scipy.special import betainc  # here, because loading scipy takes longer than a small forecast

    width = estimate.high - estimate.low
    alpha = 1.0 + 4.0 * (estimate.likely - estimate.low) / width
    beta = 1.0 + 4.0 * (estimate.high - estimate.likely) / width
    share = np.linspace(0.0, 1.0, PERT_NODES)
    return betainc(alpha, beta, share), estimate.low + width * share


def quantile(estimate: Estimate, uniform: Floats) -> Floats:
    """The value of an estimate at each uniform: the inverse of its distribution."""
    low, likely, high = estimate.low, estimate.likely, estimate.high
    if estimate.is_fixed:
        return np.full(uniform.shape, low)
    if estimate.shape == "pert":
        return np.interp(uniform, *pert_table(estimate))
    width = high - low
    rising = low + np.sqrt(uniform * width * (likely - low))
    falling = high - np.sqrt((1.0 - uniform) * width * (high - likely))
    return np.where(uniform * width < likely - low, rising, falling)


@dataclass(frozen=True)
class Guesses:
    """Several estimates drawn side by side, each by its own key. n estimates, m of them triangular and not fixed.

    fixed : (n,) the number, where there is nothing to draw
    keys : (m,); columns : (m,) which estimates they are; low, likely, high : (m,)
    perts : column, key and table of each PERT estimate
    """

    fixed: Floats
    keys: Words
    columns: Longs
    low: Floats
    likely: Floats
    high: Floats
    perts: tuple[tuple[int, np.uint64, tuple[Floats, Floats]], ...]

    @classmethod
    def of(cls, seed: int, kind: str, estimates: Sequence[Estimate], names: Sequence[tuple[str, ...]]) -> Guesses:
        """The guesses for estimates, each drawn by its kind and its own names."""
        open_ = [k for k, estimate in enumerate(estimates) if not estimate.is_fixed]
        columns = [k for k in open_ if estimates[k].shape == "triangular"]
        keys = {k: draws.key(seed, kind, *names[k]) for k in open_}
        perts = tuple((k, keys[k], pert_table(estimates[k])) for k in open_ if estimates[k].shape == "pert")
        return cls(
            fixed=np.array([estimate.low for estimate in estimates], np.float64),
            keys=np.array([keys[k] for k in columns], np.uint64),
            columns=np.array(columns, np.int64),
            low=np.array([estimates[k].low for k in columns], np.float64),
            likely=np.array([estimates[k].likely for k in columns], np.float64),
            high=np.array([estimates[k].high for k in columns], np.float64),
            perts=perts,
        )

    def draw(self, runs: Longs) -> Floats:
        """The estimates in each run: (R, n), or (1, n) when nothing is drawn."""
        if not len(self.keys) and not self.perts:
            return self.fixed[None, :].copy()
        out = np.empty((len(runs), len(self.fixed)))
        out[:] = self.fixed
        if len(self.keys):
            draws.triangulars(self.keys, runs, self.low, self.likely, self.high, self.columns, out)
        uniform = np.empty((len(runs), 1))
        for column, key, table in self.perts:
            draws.uniforms(np.array([key]), runs, 0, uniform)
            out[:, column] = np.interp(uniform[:, 0], *table)
        return out


@dataclass(frozen=True)
class Effects:
    """What one risk does when it happens: parts that grow and features that end later. One draw decides all of it.

    key : its address; index 0 decides whether it happens, index 1 how hard it hits
    """

    key: np.uint64
    chance: float
    adds: tuple[tuple[int, Estimate], ...]
    delays: tuple[tuple[int, Estimate], ...]

    def draw(self, runs: Longs) -> tuple[Floats, Floats]:
        """Whether it happens, 0 or 1, and how hard it hits, 0 to 1, in each run: (R,), (R,)."""
        uniform = np.empty((2, len(runs), 1))
        for index in (0, 1):
            draws.uniforms(np.array([self.key]), runs, index, uniform[index])
        return (uniform[0, :, 0] < self.chance).astype(np.float64), uniform[1, :, 0]


@dataclass(frozen=True)
class Scope:
    """All that is drawn besides throughput.

    sizes : by part; growth : by feature; days : by feature (external days, else 0); lags : by stated link
    done : (P,) items of each part that are finished already; what is left of it grows
    part_feature : (P,); lag_link, lag_delay : (K,) stated link and delayed feature of each lag column, -1 for none
    """

    sizes: Guesses
    done: Floats
    growth: Guesses
    days: Guesses
    lags: Guesses
    risks: tuple[Effects, ...]
    part_feature: Ints
    lag_link: Ints
    lag_delay: Ints
    is_rounded: bool

    def draw(self, runs: Longs) -> tuple[Floats, Floats, Floats]:
        """Sizes (R | 1, P), hold (R | 1, F) and lags (R | 1, K) in each run, as `arrays.Luck` has them."""
        size = self.sizes.draw(runs)
        if np.any(self.done > 0.0):
            size = np.maximum(size - self.done, 0.0)
        growth = self.growth.draw(runs)
        if np.any(growth != 1.0):
            size = size * growth[:, self.part_feature]
        hold = self.days.draw(runs)
        delay = np.zeros((1, hold.shape[1]))
        for risk in self.risks:
            happens, force = risk.draw(runs)
            if risk.adds and size.shape[0] != len(runs):
                size = np.repeat(size, len(runs), axis=0)
            if risk.delays and delay.shape[0] != len(runs):
                delay = np.repeat(delay, len(runs), axis=0)
            for part, items in risk.adds:
                size[:, part] += happens * quantile(items, force)
            for feature, days in risk.delays:
                delay[:, feature] += happens * quantile(days, force)
        if self.is_rounded:
            size = np.floor(size + ROUND_UP)
        lag = self._draw_lags(runs, delay)
        return np.ascontiguousarray(size), hold + delay, np.ascontiguousarray(lag)

    def _draw_lags(self, runs: Longs, delay: Floats) -> Floats:
        """The lag columns (R | 1, K): the stated lag of a link, plus the delay of the feature that it waits for."""
        return _with_zero(self.lags.draw(runs))[:, self.lag_link] + _with_zero(delay)[:, self.lag_delay]


def _with_zero(columns: Floats) -> Floats:
    """The columns and, at index -1, one of zeros."""
    return np.column_stack([columns, np.zeros(len(columns))])


def find_scope(index: Index, seed: int) -> Scope:
    """What is drawn for a roadmap, by name."""
    roadmap = index.roadmap
    work = [index.stated(part) for part in range(len(index.parts))]
    factors = [getattr(feature, "growth", None) or _default_growth(index, feature) for feature in roadmap.features]
    days = [feature.days if isinstance(feature, External) else ZERO for feature in roadmap.features]
    links = roadmap.links
    return Scope(
        sizes=Guesses.of(seed, "size", [part.size for part in work], index.parts),
        done=np.array([part.done for part in work], np.float64),
        growth=Guesses.of(seed, "growth", factors, [(name,) for name in index.features]),
        days=Guesses.of(seed, "days", days, [(name,) for name in index.features]),
        lags=Guesses.of(
            seed,
            "lag",
            [link.lag for link in links],
            [
                (link.feature, link.team or "", link.waits_for, link.waits_for_team or "", str(link.ordinal))
                for link in links
            ],
        ),
        risks=tuple(_effects(index, seed, risk.name) for risk in roadmap.risks if risk.chance > 0),
        part_feature=np.array([index.feature_of[feature] for feature, _ in index.parts], np.int32),
        lag_link=np.array([-1 if link is None else link for link, _ in index.lags], np.int32),
        lag_delay=np.array([-1 if name is None else index.feature_of[name] for _, name in index.lags], np.int32),
        is_rounded=roadmap.unit == "items",
    )


def _default_growth(index: Index, feature: Feature | External) -> Estimate:
    default = index.roadmap.growth
    return ONE if default is None or isinstance(feature, External) else default


def _effects(index: Index, seed: int, name: str) -> Effects:
    risk = next(risk for risk in index.roadmap.risks if risk.name == name)
    return Effects(
        key=draws.key(seed, "risk", name),
        chance=risk.chance,
        adds=tuple(
            (index.part_of[index.roadmap.part_named(target, "risk")], items) for target, items in risk.adds.items()
        ),
        delays=tuple((index.feature_of[target], days) for target, days in risk.delays.items()),
    )
