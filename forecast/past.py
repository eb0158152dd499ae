"""The past of a team as a forecast would use it: the sprints that the model looks at, what they weigh, what is odd in them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from forecast.arrays import Floats
from forecast.drift import find_ages
from forecast.estimate import Estimate
from forecast.feature import Feature
from forecast.history import History, Sprint
from forecast.oddities import Kind, Oddity, find_oddities_of, list_weekdays
from forecast.roadmap import Roadmap
from forecast.team import Team
from forecast.throughput import Throughput

FEW_SPRINTS, ENOUGH_SPRINTS = 5, 10
MOST_WEIGHT = 0.75


@dataclass(frozen=True)
class Past:
    """A team with work on the roadmap, and its past.

    rows : the sprints that the model looks at, oldest first, as it draws them (see `History.drawn`)
    weights : (n,) how much each counts, 1 together
    known : how many sprints the history has of the team, looked at or not
    guess : the items a sprint that stand in for a past; None when there is one, or no guess
    is_roadmap_only : whether only what went to the roadmap counts
    sprint_days : calendar days of its planned sprints; count_days : those of a past one without dates
    oddities : what is strange in `rows`, and was not cut down
    features : those in which it has work
    work : what it has to do, at the mean of the sizes and of the growth, without risks
    """

    team: Team
    rows: tuple[Sprint, ...]
    weights: Floats
    known: int
    guess: Estimate | None
    is_roadmap_only: bool
    sprint_days: int
    count_days: int
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
        return done * (self.sprint_days * 5 / 7) / (weekdays if weekdays.any() else self.count_days * 5 / 7)

    @property
    def mean(self) -> float:
        """The mean of a planned sprint, as the past or the guess has it; 0 without any."""
        return float(self.weights @ self.pace) if self.guess is None else self.guess.mean

    @property
    def median(self) -> float:
        """The median of a planned sprint as the weights have it, the likely value of a guess; 0 without any past."""
        if self.guess is not None:
            return self.guess.likely
        return _find_median(self.pace, self.weights) if len(self.rows) else 0.0

    @property
    def empty(self) -> int:
        """Sprints in which nothing was finished."""
        return int(np.count_nonzero(self.pace == 0))

    @property
    def newest(self) -> int:
        """The newest sprints that make up three quarters of the weight; all of them where they count alike."""
        if not len(self.rows) or np.ptp(self.weights) == 0:
            return len(self.rows)
        return int(np.searchsorted(np.cumsum(self.weights[::-1]), MOST_WEIGHT)) + 1

    @property
    def has_done(self) -> bool:
        """Whether there is one finished item, or a guess that stands in."""
        return self.guess is not None or bool(self.pace.any())

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
    drawn = history.drawn()
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
            rows = tuple(model.used(drawn, team.name))
            known = history.of(team.name)
            pasts.append(
                Past(
                    team=team,
                    rows=rows,
                    weights=_weigh(rows, roadmap.sprint_days, model),
                    known=len(known),
                    guess=drawn.guess(team.name),
                    is_roadmap_only=any(row.done_roadmap is not None for row in known),
                    sprint_days=team.sprint_days or roadmap.sprint_days,
                    count_days=roadmap.sprint_days,
                    oddities=_find_untold(rows, history, roadmap),
                    features=tuple(features[team.name]),
                    work=work[team.name],
                )
            )
    return tuple(pasts)


def _find_untold(rows: Sequence[Sprint], history: History, roadmap: Roadmap) -> tuple[Oddity, ...]:
    """The oddities of the sprints of a team, but for the bulk closings that are cut down, and told, already."""
    cut = {_key(out.drawn or out.sprint) for out in history.left_out if out.kind == "bulk"}
    found = find_oddities_of(rows, roadmap.start)
    return tuple(
        odd for odd in found if odd.kind not in ("bulk", "carrier") or not cut & {_key(row) for row in odd.sprints}
    )


def _key(sprint: Sprint) -> tuple[object, ...]:
    return sprint.team, sprint.start, sprint.end, sprint.name


def _weigh(rows: Sequence[Sprint], count_days: int, model: Throughput) -> Floats:
    """How much each sprint counts: evenly, or less and less with age where the model has a half-life (in fortnights)."""
    half_life = model.describe().get("half_life")
    weights = np.ones(len(rows))
    if half_life and rows:
        weights = np.exp2(-find_ages(rows, count_days) / float(half_life))
    return weights / weights.sum() if len(rows) else weights


def _find_median(values: Floats, weights: Floats) -> float:
    """The value with half of the weight on either side; the mean of two where exactly half ends between them."""
    order = np.argsort(values, kind="stable")
    behind = np.cumsum(weights[order])
    low = int(np.searchsorted(behind, 0.5 - 1e-9))
    high = int(np.searchsorted(behind, 0.5 + 1e-9))
    return float(values[order][low] + values[order][min(high, len(values) - 1)]) / 2
