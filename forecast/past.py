"""The past of a team as a forecast would use it: the sprints that the model looks at, what they weigh, what is odd in them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from forecast.arrays import Floats
from forecast.feature import Feature
from forecast.history import History, Sprint
from forecast.oddities import Kind, Oddity, find_oddities_of, list_weekdays
from forecast.roadmap import Roadmap
from forecast.team import Team
from forecast.throughput import Throughput

FEW_SPRINTS, ENOUGH_SPRINTS = 5, 10
FORTNIGHT = 14


@dataclass(frozen=True)
class Past:
    """A team with work on the roadmap, and its past.

    rows : the sprints that the model looks at, oldest first
    weights : (n,) how much each counts, 1 together
    known : how many sprints the history has of the team, looked at or not
    sprint_days : calendar days of its planned sprints
    oddities : what is strange in `rows`
    features : those in which it has work
    work : what it has to do, at the mean of the sizes and of the growth, without risks
    """

    team: Team
    rows: tuple[Sprint, ...]
    weights: Floats
    known: int
    sprint_days: int
    oddities: tuple[Oddity, ...]
    features: tuple[str, ...]
    work: float

    @property
    def name(self) -> str:
        """The name of the team."""
        return self.team.name

    @cached_property
    def pace(self) -> Floats:
        """What each past sprint would be worth in a planned one: (n,)."""
        done = np.array([row.done for row in self.rows], np.float64)
        weekdays = list_weekdays(self.rows)
        return done * (self.sprint_days * 5 / 7) / weekdays if weekdays.any() else done

    @property
    def mean(self) -> float:
        """The mean of a planned sprint, as the past has it; 0 without any."""
        return float(self.weights @ self.pace)

    @property
    def median(self) -> float:
        """The median of a planned sprint; 0 without any past."""
        return float(np.median(self.pace)) if len(self.rows) else 0.0

    @property
    def empty(self) -> int:
        """Sprints in which nothing was finished."""
        return int(np.count_nonzero(self.pace == 0))

    @property
    def has_done(self) -> bool:
        """Whether there is one finished item."""
        return bool(self.pace.any())

    @property
    def sprints_of_work(self) -> float:
        """Planned sprints that the work takes at the mean pace and the team's share; inf when it never ends, 0 without work."""
        if self.work == 0:
            return 0.0
        pace = self.mean * self.team.share
        return self.work / pace if pace > 0 else math.inf

    @property
    def is_few(self) -> bool:
        """Fewer than five sprints: too few to say much."""
        return len(self.rows) < FEW_SPRINTS

    def odd(self, *kinds: Kind) -> list[Oddity]:
        """The oddities of these kinds that weigh anything (half a percent of all sprints)."""
        return [each for each in self.oddities if each.kind in kinds and self.weight(each.at) >= 0.005]

    def weight(self, at: Sequence[int]) -> float:
        """How much these sprints count, of 1."""
        return float(self.weights[list(at)].sum())

    def mean_without(self, at: Sequence[int]) -> float:
        """The mean of a planned sprint if these were left out."""
        rest = np.delete(self.weights, list(at))
        return float(rest @ np.delete(self.pace, list(at)) / rest.sum()) if rest.any() else 0.0


def find_pasts(roadmap: Roadmap, history: History, model: Throughput) -> tuple[Past, ...]:
    """The past of every team of the roadmap that has work in it."""
    features: dict[str, list[str]] = {team.name: [] for team in roadmap.teams}
    work = dict.fromkeys(features, 0.0)
    for feature in roadmap.features:
        if isinstance(feature, Feature):
            growth = feature.growth or roadmap.growth
            for name, part in feature.work.items():
                features[name].append(feature.name)
                work[name] += part.left(part.size.mean) * (growth.mean if growth else 1.0)
    pasts = []
    for team in roadmap.teams:
        if features[team.name]:
            rows = tuple(model.used(history, team.name))
            pasts.append(
                Past(
                    team=team,
                    rows=rows,
                    weights=_weigh(rows, team.sprint_days or roadmap.sprint_days, model),
                    known=len(history.of(team.name)),
                    sprint_days=team.sprint_days or roadmap.sprint_days,
                    oddities=find_oddities_of(rows, roadmap.start),
                    features=tuple(features[team.name]),
                    work=work[team.name],
                )
            )
    return tuple(pasts)


def _weigh(rows: Sequence[Sprint], sprint_days: int, model: Throughput) -> Floats:
    """How much each sprint counts: evenly, or less and less with age where the model has a half-life (in fortnights)."""
    half_life = model.describe().get("half_life")
    weights = np.ones(len(rows))
    if half_life:
        weekdays = list_weekdays(rows)
        days = float(np.median(weekdays)) * 7 / 5 if weekdays.any() else float(sprint_days)
        weights = 2.0 ** (-np.arange(len(rows))[::-1] * days / FORTNIGHT / float(half_life))
    return weights / weights.sum() if len(rows) else weights
