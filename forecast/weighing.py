"""Weighing: what the runs of a forecast say of sets of features, and which sets are chosen on them."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.explanation import Binder, explain
from forecast.outcome import Forecast
from forecast.pledges import Pledges
from forecast.selection import Odds, choose, climb
from forecast.tally import runs_needed, share_error

PROMISE, AIM, STRETCH, BEYOND = "promise", "aim", "stretch", "beyond"
AIM_LEVEL, STRETCH_LEVEL = 0.50, 0.15
NEAREST = 5
WHY_RUNS = 1000
LEAST_STEP = 0.01
"""The stairs end at the first step with a smaller chance."""


@dataclass(frozen=True)
class Line:
    """One of the lines through the roadmap: all that is above it is done by the day in at least the level of the futures.

    name : "promise" (at the level asked for), "aim" (50 %) or "stretch" (15 %: what it takes luck to reach)
    features : all above the line, in roadmap order; those of the lines before it are among them
    chance, chance_se : that all of them are done, on the certifying runs
    value : of all of them; bound : no set is worth more on the runs of the choice; is_best : this one was proved to be the best
    """

    name: str
    level: float
    features: tuple[str, ...]
    chance: float
    chance_se: float
    value: float
    bound: float
    is_best: bool


@dataclass(frozen=True)
class Step:
    """One step of the stairs: the set of that size that is most likely done together, and what changed since the step before."""

    features: tuple[str, ...]
    added: tuple[str, ...]
    dropped: tuple[str, ...]
    chance: float
    chance_se: float
    value: float


@dataclass(frozen=True)
class Miss:
    """A feature that is not promised, and what it would make of the promise.

    chance : of the feature alone; together : of the promise with it, and with what it brings in `needs`
    bound_by : who holds it in most futures; None for what is never finished
    """

    feature: str
    needs: tuple[str, ...]
    chance: float
    together: float
    bound_by: Binder | None


def find_late(forecast: Forecast, rows: Sequence[int], by: dt.date) -> NDArray[np.bool_]:
    """Which runs have not finished each of these rows by a day: (rows, runs)."""
    day = forecast.roadmap.clock.days_until(by)
    return np.asarray(np.maximum(np.ceil(forecast.finish[list(rows)]), 1) > day)


@dataclass(frozen=True, eq=False)
class Judge:
    """What the certifying runs say of a set."""

    forecast: Forecast
    by: dt.date
    pledges: Pledges

    @cached_property
    def odds(self) -> Odds:
        """Which of these runs each feature, or what it waits for, misses."""
        return self.pledges.odds(find_late(self.forecast, range(len(self.forecast.features)), self.by))

    def missed(self, names: Sequence[str]) -> NDArray[np.bool_]:
        """The runs that a set misses: (runs,)."""
        places = [self.pledges.place(name) for name in names]
        return np.asarray(self.odds.missed[places].any(axis=0)) if places else np.zeros(self.forecast.runs, bool)

    def chance(self, names: Sequence[str]) -> tuple[float, float]:
        """That all of a set is done, with its standard error; of an empty set it is certain."""
        held = self.forecast.runs - int(self.missed(names).sum())
        return held / self.forecast.runs, share_error(held, self.forecast.runs) if names else 0.0


@dataclass(frozen=True, eq=False)
class Choosing:
    """The choice of sets on the runs of a forecast."""

    forecast: Forecast
    by: dt.date
    pledges: Pledges
    margin: float
    nodes: int

    @cached_property
    def odds(self) -> Odds:
        """Which runs each feature, or what it waits for, misses."""
        return self.pledges.odds(find_late(self.forecast, range(len(self.forecast.features)), self.by))

    def most_missed(self, level: float) -> int:
        """Runs that a set may miss: a level, and the margin above it, of the others are needed."""
        runs = self.forecast.runs
        wanted = min(level + self.margin * math.sqrt(level * (1 - level) / runs), 1.0)
        return runs - runs_needed(wanted, runs)

    def lines(self, judge: Judge, level: float, kept: Sequence[int]) -> tuple[Line, ...]:
        """The three lines; each has all that is above the one before."""
        lines = []
        held = tuple(kept)
        for name, at in ((PROMISE, level), (AIM, min(AIM_LEVEL, level)), (STRETCH, min(STRETCH_LEVEL, level))):
            found = choose(self.odds, self.most_missed(at), held, self.nodes if name == PROMISE else self.nodes // 4)
            held = found.members
            names = tuple(self.pledges.names[each] for each in held)
            worth, bound = (float(each / self.pledges.scale) for each in (found.value, found.bound))
            lines.append(Line(name, at, names, *judge.chance(names), worth, bound, found.is_best))
        return tuple(lines)

    def stairs(self, judge: Judge) -> tuple[tuple[Step, ...], bool]:
        """The stairs, down to the last step that is worth telling; and whether each is proved to be the best of its size."""
        found, are_best = climb(self.odds)
        steps: list[Step] = []
        before: tuple[str, ...] = ()
        for members in found:
            names = tuple(self.pledges.names[each] for each in members)
            chance, error = judge.chance(names)
            if chance < LEAST_STEP:
                break
            added = tuple(name for name in names if name not in before)
            dropped = tuple(name for name in before if name not in names)
            steps.append(Step(names, added, dropped, chance, error, sum(self.pledges.values[name] for name in names)))
            before = names
        return tuple(steps), are_best


def find_nearest(judge: Judge, promised: Sequence[str]) -> tuple[Miss, ...]:
    """The features with which a promise would be likeliest, the likeliest first, and who holds each."""
    pledges, base = judge.pledges, judge.missed(promised)
    others = [name for name in pledges.names if name not in promised]
    together = {name: float((~(base | judge.missed([name]))).mean()) for name in others}
    nearest = [name for name in sorted(together, key=lambda name: -together[name]) if together[name] > 0][:NEAREST]
    if not nearest:
        return ()
    forecast = judge.forecast
    few = forecast.simulate(forecast.roadmap, seed=forecast.seed, runs=min(WHY_RUNS, forecast.runs))
    explained = explain(few)
    found = []
    for name in nearest:
        place = pledges.place(name)
        needs = [pledges.names[each] for each in sorted(pledges.needs[place])]
        brought = tuple(each for each in needs if each not in promised)
        found.append(Miss(name, brought, judge.chance([name])[0], together[name], explained.bound_by(name)))
    return tuple(found)


def describe(noun: Line | Step | Miss) -> dict[str, Any]:
    """Plain values, ready for JSON."""
    told = {name: getattr(noun, name) for name in noun.__dataclass_fields__}
    if isinstance(noun, Miss):
        bound = noun.bound_by
        told["bound_by"] = bound and {"kind": bound.kind, "name": bound.name, "share": bound.share}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in told.items()}
