"""Scope: how large the work turns out to be. Sizes, growth, risks, external days and lags, drawn by name.

Each draw has an address of its own (see `draws`): ("size", feature, team), ("growth", feature), ("growth") for what all
learned factors share, ("days", external), ("lag", both ends of the link), ("risk", name).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecast import draws
from forecast.arrays import Floats, Ints, Longs, Words
from forecast.estimate import Estimate
from forecast.feature import External, Feature
from forecast.growth import Growth, Learned
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
class Factors:
    """Learned growth: the log-normal factors of n features (see `growth.Learned`).

    keys : (n,) of each feature alone; shared : the key of what all features of a run share
    columns : (n,) which features they are
    middle, spread, doubt, tilt : (n,) on the scale of logarithms: the median, and the standard deviations of the feature's own
        draw, of the shared one, and of the shared one that goes with its size
    """

    keys: Words
    shared: np.uint64
    columns: Longs
    middle: Floats
    spread: Floats
    doubt: Floats
    tilt: Floats

    @classmethod
    def of(cls, seed: int, learned: Sequence[tuple[int, str, Learned, float]]) -> Factors:
        """The factors of features: column, name, growth, and size in items."""
        reach = [growth.reach(size) for _, _, growth, size in learned]
        growths = [growth for _, _, growth, _ in learned]
        return cls(
            keys=np.array([draws.key(seed, "growth", name) for _, name, _, _ in learned], np.uint64),
            shared=draws.key(seed, "growth"),
            columns=np.array([column for column, _, _, _ in learned], np.int64),
            middle=np.array(
                [np.log(g.median) + g.slope * far for g, far in zip(growths, reach, strict=True)], np.float64
            ),
            spread=np.array([growth.spread for growth in growths], np.float64),
            doubt=np.array([growth.doubt for growth in growths], np.float64),
            tilt=np.array([g.slope_doubt * far for g, far in zip(growths, reach, strict=True)], np.float64),
        )

    def draw(self, runs: Longs) -> Floats:
        """The factors in each run: (R, n)."""
        from scipy.special import ndtri  # here, because loading scipy takes longer than a small forecast

        own, common = np.empty((len(runs), len(self.keys))), np.empty((2, len(runs), 1))
        draws.uniforms(self.keys, runs, 0, own)
        for index in (0, 1):
            draws.uniforms(np.array([self.shared]), runs, index, common[index])
        level, tilt = ndtri(common)
        factors: Floats = np.exp(self.middle + self.doubt * level + self.tilt * tilt + self.spread * ndtri(own))
        return factors


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

    sizes : by part; growth : by feature, 1 where it is learned; learned : those factors
    least : (P,) size below which learned growth does not take a part: one item, where there is at least one
    days : by feature (external days, else 0); lags : by stated link
    done : (P,) items of each part that are finished already; what is left of it grows
    part_feature : (P,); lag_link, lag_delay : (K,) stated link and delayed feature of each lag column, -1 for none
    """

    sizes: Guesses
    done: Floats
    growth: Guesses
    learned: Factors
    least: Floats
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
        growth = self._draw_growth(runs)
        if np.any(growth != 1.0):
            grown = np.take(growth, self.part_feature, axis=1)
            size = np.multiply(size, grown, out=grown if len(grown) >= len(size) else size)
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
            size += ROUND_UP
            np.maximum(np.floor(size, out=size), self.least, out=size)
        lag = self._draw_lags(runs, delay)
        return np.ascontiguousarray(size), hold + delay, np.ascontiguousarray(lag)

    def _draw_growth(self, runs: Longs) -> Floats:
        """The factor of each feature: (R | 1, F)."""
        growth = self.growth.draw(runs)
        if not len(self.learned.columns):
            return growth
        growth = np.repeat(growth, len(runs), axis=0) if len(growth) != len(runs) else growth
        growth[:, self.learned.columns] = self.learned.draw(runs)
        return growth

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
    factors = [_find_growth(index, feature) for feature in roadmap.features]
    learned = _find_learned(index, factors)
    names = {name for _, name, _, _ in learned}
    least = [
        float(feature in names and part.left(part.size.low) >= 0.5)
        for (feature, _), part in zip(index.parts, work, strict=True)
    ]
    days = [feature.days if isinstance(feature, External) else ZERO for feature in roadmap.features]
    links = roadmap.links
    return Scope(
        sizes=Guesses.of(seed, "size", [part.size for part in work], index.parts),
        done=np.array([part.done for part in work], np.float64),
        growth=Guesses.of(
            seed,
            "growth",
            [ONE if isinstance(factor, Learned) else factor for factor in factors],
            [(name,) for name in index.features],
        ),
        learned=Factors.of(seed, learned),
        least=np.array(least, np.float64),
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


def _find_growth(index: Index, feature: Feature | External) -> Growth:
    """The growth of a feature, else the roadmap's; "learned" takes what the roadmap has learned."""
    if isinstance(feature, External):
        return ONE
    default = index.roadmap.growth
    if feature.growth is None:
        return ONE if default is None else default
    return default if feature.growth == Learned() and isinstance(default, Learned) else feature.growth


def _find_learned(index: Index, factors: Sequence[Growth]) -> list[tuple[int, str, Learned, float]]:
    """Column, name, growth and size of the features whose growth is learned; no size where points are not items."""
    counts = index.roadmap.unit == "items"
    return [
        (
            column,
            feature.name,
            factor,
            sum(part.left(part.size.mean) for part in feature.work.values()) if counts else 0.0,
        )
        for column, (feature, factor) in enumerate(zip(index.roadmap.features, factors, strict=True))
        if isinstance(factor, Learned) and isinstance(feature, Feature)
    ]


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
