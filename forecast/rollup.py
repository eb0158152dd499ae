"""Roll-up: how sure each objective is by a day, in the same futures as everything else."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forecast.dates import Dateish
from forecast.errors import Fault, point_out, quote
from forecast.outcome import Forecast
from forecast.pledges import Pledges, find_pledges
from forecast.tally import runs_needed, share_error
from forecast.values import read_count, read_level, read_name, read_share
from forecast.weighing import find_late

if TYPE_CHECKING:
    import polars as pl

TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class Goal:
    """One objective by a day.

    features : those that serve it, in roadmap order; weights : how much of each serves it, a share
    values : what each counts for it: its own value (1 each where no feature of the roadmap has one) times its weight
    done : (features, runs) whether each is finished by the day
    sure, lost : of each feature, whether by construction it is finished on the same day in every run or in none; whether in none
    """

    name: str
    by: dt.date
    features: tuple[str, ...]
    weights: tuple[float, ...]
    values: tuple[float, ...]
    done: NDArray[np.bool_]
    sure: tuple[bool, ...]
    lost: tuple[bool, ...]

    @property
    def runs(self) -> int:
        """Number of simulated futures."""
        return int(self.done.shape[1])

    @property
    def value(self) -> float:
        """What all its features count."""
        return sum(self.values)

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """How many of its features are done by the day: (runs,)."""
        counted: NDArray[np.int64] = self.done.sum(axis=0)
        return counted

    @cached_property
    def shares(self) -> NDArray[np.float64]:
        """The share of its value that is delivered by the day: (runs,); of its features where all have a value of 0."""
        values = np.array(self.values if self.value > 0 else self.weights)
        shares: NDArray[np.float64] = values @ self.done / values.sum()
        return shares

    @property
    def chance(self) -> float:
        """That all its features are done by the day."""
        return self.at_least(len(self.features))

    @property
    def chance_se(self) -> float:
        """The standard error of the chance."""
        return 0.0 if self.certain else share_error(round(self.chance * self.runs), self.runs)

    @property
    def certain(self) -> bool:
        """Whether all or not all of them are done by the day by construction, not by what was drawn."""
        is_late = any(sure and not done[0] for sure, done in zip(self.sure, self.done, strict=True))
        return is_late or all(self.sure)

    @property
    def never(self) -> bool:
        """Whether no day will have all of them done by construction: one takes a team that cannot be forecast."""
        return any(self.lost)

    def at_least(self, count: int) -> float:
        """The chance that at least so many of its features are done by the day."""
        least = read_count(count, f"objective {quote(self.name)}", "count", least=0)
        return float((self.counts >= least).mean())

    def delivers(self, share: float) -> float:
        """The chance that at least that share of its value is delivered by the day."""
        least = read_share(share, f"objective {quote(self.name)}", "share")
        return float((self.shares >= least - TOLERANCE).mean())

    def count(self, level: float) -> int:
        """The largest number of its features that at least that share of runs has done by the day."""
        return int(np.sort(self.counts)[self.runs - runs_needed(read_level(level), self.runs)])

    def share(self, level: float) -> float:
        """The largest share of its value that at least that share of runs has delivered by the day."""
        return float(np.sort(self.shares)[self.runs - runs_needed(read_level(level), self.runs)])

    def to_dict(self, level: float) -> dict[str, Any]:
        """Plain values, ready for JSON; with `count` and `share` at a level."""
        return {
            "name": self.name,
            "features": list(self.features),
            "weights": list(self.weights),
            "value": self.value,
            "chance": self.chance,
            "chance_se": self.chance_se,
            "certain": self.certain,
            "never": self.never,
            "at_least": [self.at_least(number) for number in range(1, len(self.features) + 1)],
            "count": self.count(level),
            "share": self.share(level),
            "mean_share": float(self.shares.mean()),
        }


@dataclass(frozen=True, eq=False)
class RollUp:
    """All objectives by a day.

    goals : the objectives in the order in which the roadmap names them; others : features that serve none
    level : at which counts and shares are told
    """

    by: dt.date
    level: float
    goals: tuple[Goal, ...]
    others: tuple[str, ...]
    forecast: Forecast

    def goal(self, name: str) -> Goal:
        """The objective of that name. Raises Fault when no feature serves it."""
        known = {goal.name: goal for goal in self.goals}
        wanted = read_name(name, "objectives")
        if wanted not in known:
            raise Fault("objectives", f"objective {quote(wanted)}", "no feature serves it." + point_out(wanted, known))
        return known[wanted]

    def table(self) -> pl.DataFrame:
        """A row per objective: objective, features, value, chance that all are done, its error, count and share at the level."""
        import polars as pl

        rows = [
            goal.to_dict(self.level) | {"features": len(goal.features), "objective": goal.name} for goal in self.goals
        ]
        text, whole, number = pl.String(), pl.Int64(), pl.Float64()
        kinds = {"objective": text, "features": whole, "count": whole}
        columns = ("objective", "features", "value", "chance", "chance_se", "count", "share", "mean_share")
        schema = {name: kinds.get(name, number) for name in columns}
        return pl.DataFrame([{name: row[name] for name in columns} for row in rows], schema=schema)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "by": self.by.isoformat(),
            "level": self.level,
            "objectives": [goal.to_dict(self.level) for goal in self.goals],
            "others": list(self.others),
            "provenance": self.forecast.provenance(),
        }


def objectives(forecast: Forecast, *, by: Dateish, level: float | None = None) -> RollUp:
    """How sure each objective is by a day: all its features, at least some of them, a share of its value.

    by : a day, that day included, or a quarter such as "Q1"; level : None takes the roadmap's promise level

    What counts are the features that can be promised: those with work, and milestones with a due date or a value. A feature that
    serves several objectives is a feature of each, and its value is shared by its weights. Raises Fault for a day before the
    roadmap starts, and a forecast that is not of a whole roadmap.
    """
    if not isinstance(forecast, Forecast) or forecast.joint:
        raise Fault("objectives", quote(forecast)[:80], "give a forecast of the whole roadmap, as simulate makes it")
    roadmap = forecast.roadmap
    day = roadmap.read_day(by, "objectives", "by")
    if day < roadmap.start:
        way_out = f"it is before the roadmap starts, {roadmap.start.isoformat()}"
        raise Fault("objectives", f"by = {day.isoformat()}", way_out)
    level = roadmap.promise_level if level is None else read_level(level, "objectives")
    pledges = find_pledges(roadmap)
    serving: dict[str, dict[str, float]] = {}
    others = []
    for name in pledges.names:
        weights = roadmap.feature(name).objectives
        for objective, weight in weights.items():
            serving.setdefault(objective, {})[name] = weight
        if not weights:
            others.append(name)
    goals = tuple(_find_goal(forecast, pledges, day, name, served) for name, served in serving.items())
    return RollUp(day, level, goals, tuple(others), forecast)


def _find_goal(forecast: Forecast, pledges: Pledges, day: dt.date, name: str, served: dict[str, float]) -> Goal:
    rows = [forecast.features.index(feature) for feature in served]
    values = pledges.values
    return Goal(
        name=name,
        by=day,
        features=tuple(served),
        weights=tuple(served.values()),
        values=tuple(values[each] * weight for each, weight in served.items()),
        done=~find_late(forecast, rows, day),
        sure=tuple(forecast.is_certain(each) for each in served),
        lost=tuple(bool(forecast.prospects.is_never[row]) for row in rows),
    )
