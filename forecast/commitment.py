"""Commitment: which features can be promised by a day, together.

A list of features each at 85 % is no plan at 85 %: five independent ones all come true in 44 of 100 futures, and five that hang
on one team in more. So a set is judged by the share of runs in which *all* of it is done, read from the rows of the run matrix.

The set is chosen on the runs of the forecast (see `selection`), with a margin for what luck there flatters it, and certified on
fresh runs: every chance that is told is of those. Nothing was chosen on them, so none is too good.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forecast.dates import Dateish
from forecast.errors import Fault, quote
from forecast.impact import Impact, compare
from forecast.outcome import Forecast
from forecast.pledges import find_pledges
from forecast.roadmap import Roadmap
from forecast.selection import NODES
from forecast.tally import share_error
from forecast.values import read_count, read_fresh_seed, read_level, read_list, read_number
from forecast.weighing import BEYOND, Choosing, Judge, Line, Miss, Step, describe, find_late, find_nearest

if TYPE_CHECKING:
    import polars as pl

MARGIN = 2.0


@dataclass(frozen=True)
class First:
    """The promise on top of the order: what that buys, and who pays.

    roadmap : with the promise, and what it waits for, on top
    before, after, after_se : the chance of the promise in the old and in the new order, on the same fresh runs
    now : what can be promised in the new order, the old promise in any case
    impact : the new order against the old one, on the same runs
    """

    roadmap: Roadmap
    before: float
    after: float
    after_se: float
    now: Commitment
    impact: Impact = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; chances of being done by the day, in the old order and in the new one."""
        old, by = self.impact.before, self.now.by
        return {
            "order": [feature.name for feature in self.roadmap.features],
            "before": self.before,
            "after": self.after,
            "after_se": self.after_se,
            "features": list(self.now.features),
            "chance": self.now.chance,
            "breaks": list(self.impact.breaks),
            "mends": list(self.impact.mends),
            "chances": {
                name: [old.chance(name, by=by), self.impact.after.chance(name, by=by)] for name in self.now.alone
            },
        }


@dataclass(frozen=True, eq=False)
class Commitment:
    """What can be promised by a day: see `commit`.

    by, level : the day, that day included, and the chance that all of it is done by then
    features : what is promised, in roadmap order; needs : externals and milestones that it waits for, which are no promises
    chance, chance_se : that all of it is done by the day, on the certifying runs
    lines : promise, aim and stretch; stairs : the best set of each size
    alone : feature -> its own chance, of all that could be promised; values : feature -> what it counts
    has_values : values are the features' own; False: each counts 1
    selected : the chance on the runs of the choice; needed : the chance that was needed there, the level and the margin
    margin, nodes : as they were asked for
    forecast : the runs of the choice; certified : the fresh ones
    """

    by: dt.date
    level: float
    features: tuple[str, ...]
    needs: tuple[str, ...]
    lines: tuple[Line, ...]
    stairs: tuple[Step, ...]
    are_best_stairs: bool
    alone: Mapping[str, float]
    values: Mapping[str, float]
    has_values: bool
    selected: float
    needed: float
    margin: float
    nodes: int
    forecast: Forecast = field(repr=False)
    certified: Forecast = field(repr=False)

    @property
    def chance(self) -> float:
        """That all of the promise is done by the day."""
        return self.lines[0].chance

    @property
    def chance_se(self) -> float:
        """The standard error of the chance."""
        return self.lines[0].chance_se

    @property
    def holds(self) -> bool:
        """Whether the certified chance is at least the level."""
        return self.chance >= self.level

    @property
    def runs(self) -> int:
        """Certifying runs, as many as those of the choice."""
        return self.certified.runs

    @cached_property
    def late(self) -> NDArray[np.bool_]:
        """Which certifying runs each promised feature misses: (features, runs)."""
        return find_late(self.certified, [self.certified.features.index(name) for name in self.features], self.by)

    @cached_property
    def nearest(self) -> tuple[Miss, ...]:
        """The features with which the promise would be likeliest, the likeliest first, and who holds each.

        Who holds them is worked out from the first thousand certifying runs.
        """
        return find_nearest(Judge(self.certified, self.by, find_pledges(self.forecast.roadmap)), self.features)

    @cached_property
    def hopeless(self) -> tuple[str, ...]:
        """Of all that could be promised, what is never done by construction: it takes a team that cannot be forecast."""
        never = self.certified.prospects.is_never
        return tuple(name for name in self.alone if never[self.certified.features.index(name)])

    @property
    def unvalued(self) -> tuple[str, ...]:
        """Of all that could be promised, what counts the mean of the others' values, since it has none."""
        return find_pledges(self.forecast.roadmap).unvalued

    def at_least(self, count: int) -> float:
        """The chance that at least so many of the promised features are done by the day."""
        least = read_count(count, "commitment", "count", least=0)
        return float(((~self.late).sum(axis=0) >= least).mean())

    def line_of(self, name: str) -> str:
        """The line above which a feature stands: "promise", "aim", "stretch" or "beyond"; empty for what cannot be promised."""
        for line in self.lines:
            if name in line.features:
                return line.name
        return BEYOND if name in self.alone else ""

    def first(self) -> First:
        """The promise put on top of the order, with what it waits for, and simulated again under equal luck.

        Raises Fault when nothing is promised.
        """
        if not self.features:
            raise Fault(
                "commitment",
                "nothing is promised",
                "there is nothing to put on top; ask for a lower level or a later day",
            )
        ahead = find_pledges(self.forecast.roadmap).closure_of(self.features)
        ordered = self.forecast.roadmap.features
        rows = [
            *(each for each in ordered if each.name in ahead),
            *(each for each in ordered if each.name not in ahead),
        ]
        roadmap = replace(self.forecast.roadmap, features=tuple(rows))
        after = self.certified.again(roadmap)
        now = commit(
            self.forecast.again(roadmap),
            by=self.by,
            level=self.level,
            keep=self.features,
            margin=self.margin,
            seed=self.certified.seed,
            nodes=self.nodes,
        )
        held = int(
            (~find_late(after, [after.features.index(name) for name in self.features], self.by).any(axis=0)).sum()
        )
        impact = compare(self.certified, after)
        return First(roadmap, self.chance, held / after.runs, share_error(held, after.runs), now, impact)

    def table(self) -> pl.DataFrame:
        """A row per feature that could be promised: feature, objective, value, line, its own chance, and the promise with it."""
        import polars as pl

        rows = {feature.name: feature for feature in self.forecast.roadmap.features}
        joint = Judge(self.certified, self.by, find_pledges(self.forecast.roadmap))
        base = joint.missed(self.features)
        told = [
            {
                "feature": name,
                "objective": rows[name].objective and str(rows[name].objective),
                "value": self.values[name],
                "line": self.line_of(name),
                "chance": chance,
                "chance_se": share_error(round(chance * self.runs), self.runs),
                "together": float((~(base | joint.missed([name]))).mean()),
            }
            for name, chance in self.alone.items()
        ]
        text, number = pl.String(), pl.Float64()
        kinds = dict.fromkeys(("feature", "objective", "line"), text)
        schema = {
            name: kinds.get(name, number)
            for name in ("feature", "objective", "value", "line", "chance", "chance_se", "together")
        }
        return pl.DataFrame(told, schema=schema)

    def to_dict(self) -> dict[str, Any]:
        """The whole commitment as plain values, ready for JSON."""
        return {
            "by": self.by.isoformat(),
            "level": self.level,
            "features": list(self.features),
            "needs": list(self.needs),
            "chance": self.chance,
            "chance_se": self.chance_se,
            "holds": self.holds,
            "at_least": [self.at_least(count) for count in range(1, len(self.features) + 1)],
            "lines": [describe(line) for line in self.lines],
            "stairs": [describe(step) for step in self.stairs],
            "are_best_stairs": self.are_best_stairs,
            "nearest": [describe(miss) for miss in self.nearest],
            "alone": dict(self.alone),
            "values": dict(self.values),
            "has_values": self.has_values,
            "unvalued": list(self.unvalued),
            "selected": {
                "chance": self.selected,
                "needed": self.needed,
                "seed": self.forecast.seed,
                "runs": self.forecast.runs,
            },
            "provenance": self.certified.provenance(),
        }


def commit(
    forecast: Forecast,
    *,
    by: Dateish,
    level: float | None = None,
    keep: Sequence[str] = (),
    margin: float = MARGIN,
    seed: int | None = None,
    nodes: int = NODES,
) -> Commitment:
    """What can be promised by a day: the most valuable set of features that are all done by then with at least that chance.

    by : a day, that day included, or a quarter such as "Q1" or "2026-Q1"; level : None takes the roadmap's promise level
    keep : features that are promised in any case
    margin : standard errors by which the chance on the runs of the choice has to be above the level
    seed : of the certifying runs, as many as those of the choice; None takes the next one, and it cannot be the same
    nodes : branches of the search that are looked at at most; where that is not enough, the bound says what may be missing

    Features count their `value`; one without counts the mean of the others, and each counts 1 where none has any. Of sets that
    count the same, the one with the higher ranked features is taken. Promised can be features with work, and milestones with a
    due date or a value. Externals and other milestones are no promises, but have to be done too where a promise waits for them.
    A set holds every feature that one of it waits for as a whole; of one that is waited for in part only that part is needed.

    Raises Fault for an argument out of range, a day before the roadmap starts, and a forecast that is not of a whole roadmap.
    """
    day, level, seed = _read_question(forecast, by, level, seed)
    margin = read_number(margin, "commit", "margin", most=10)
    roadmap, pledges = forecast.roadmap, find_pledges(forecast.roadmap)
    chosen = Choosing(forecast, day, pledges, margin, read_count(nodes, "commit", "nodes", least=0))
    kept = [pledges.place(name) for name in read_list(keep, "commit", "keep")]
    return _weigh(chosen, Judge(forecast.simulate(roadmap, seed=seed), day, pledges), level, kept)


def _weigh(chosen: Choosing, judge: Judge, level: float, kept: Sequence[int]) -> Commitment:
    """The commitment that the runs of the choice lead to, as the certifying runs see it."""
    forecast, pledges = chosen.forecast, chosen.pledges
    lines = chosen.lines(judge, level, kept)
    stairs, are_best = chosen.stairs(judge)
    promised = lines[0].features
    waits = pledges.closure_of(promised)
    return Commitment(
        by=chosen.by,
        level=level,
        features=promised,
        needs=tuple(
            each.name for each in forecast.roadmap.features if each.name in waits and each.name not in promised
        ),
        lines=lines,
        stairs=stairs,
        are_best_stairs=are_best,
        alone={name: judge.chance([name])[0] for name in pledges.names},
        values=pledges.values,
        has_values=pledges.has_values,
        selected=(forecast.runs - chosen.odds.missed_by([pledges.place(name) for name in promised])) / forecast.runs,
        needed=(forecast.runs - chosen.most_missed(level)) / forecast.runs,
        margin=chosen.margin,
        nodes=chosen.nodes,
        forecast=forecast,
        certified=judge.forecast,
    )


def _read_question(forecast: object, by: Dateish, level: float | None, seed: int | None) -> tuple[dt.date, float, int]:
    """The day, the level and the certifying seed that are meant."""
    if not isinstance(forecast, Forecast) or forecast.joint or forecast.is_alone:
        raise Fault("commit", quote(forecast)[:80], "give a forecast of the whole roadmap, as simulate makes it")
    start = forecast.roadmap.start
    day = forecast.roadmap.read_day(by, "commit", "by")
    if day < start:
        raise Fault("commit", f"by = {day.isoformat()}", f"it is before the roadmap starts, {start.isoformat()}")
    level = forecast.roadmap.promise_level if level is None else read_level(level, "commit")
    return day, level, read_fresh_seed(seed, forecast.seed, "commit")
