"""Spending: what each team's capacity goes to until a day, run by run: objectives, or nothing, and then why.

All runs are played once more with a trace, and booked by the ledger.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from forecast import engine, ledger
from forecast.arrays import Floats, Longs, Plan, Trace
from forecast.calendar import Calendar, lay_calendar
from forecast.dates import Dateish
from forecast.errors import Fault
from forecast.explanation import gather_runs
from forecast.feature import External, Feature
from forecast.outcome import Forecast
from forecast.roadmap import Roadmap
from forecast.simulation import Job

Objective = str | None
"""What a feature serves; None stands for the features that serve none."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Spending:
    """Where the capacity goes until a day. O objectives, T teams, R runs, 7 reasons (`ledger.Reason`).

    day : working days from the start that count
    objectives, teams : the names of the rows
    days : (T,) full working days that a team has for this roadmap: days off, share and planned changes taken into account
    drawn : (T, R) items that the team can finish
    spent : (O, T, R) items of it by objective; lost : (7, T, R) by reason. The two add up to `drawn`
    off : (T, R) items more that there would be without any days off, of the company's or the team's
    blamed : of each team, the mean share of its capacity that is lost to each (feature, team): the part, external or milestone
        that its most important work waited for; ("", None) for a date
    """

    day: int
    objectives: tuple[Objective, ...]
    teams: tuple[str, ...]
    days: Floats
    drawn: Floats
    spent: Floats
    lost: Floats
    off: Floats
    blamed: tuple[Mapping[tuple[str, str | None], float], ...] = field(repr=False)

    def shares(self, items: Floats, teams: Sequence[int]) -> Floats:
        """The share of the working days of some teams that items (T, R) take, in each run: (R,), nan where none has capacity.

        In a run, a team's days go to things as its items do. A day of one team counts as much as a day of another, whatever
        the size of their items.
        """
        rows = list(teams)
        has = self.drawn[rows] > 0
        each = np.divide(items[rows], self.drawn[rows], out=np.zeros(has.shape), where=has)
        with np.errstate(invalid="ignore"):
            shares: Floats = (self.days[rows] @ each) / (self.days[rows] @ has)
        return shares

    def hold(self, teams: Sequence[int]) -> dict[tuple[str, str | None], float]:
        """The mean share of some teams' days that is lost to each thing in `blamed`, the largest first.

        A team counts by its days in the runs in which it has capacity.
        """
        lost: dict[tuple[str, str | None], float] = {}
        rows = list(teams)
        days = self.days[rows] * (self.drawn[rows] > 0).mean(axis=1)
        for team, weight in zip(teams, days / max(days.sum(), 1e-12), strict=True):
            for thing, share in self.blamed[team].items():
                lost[thing] = lost.get(thing, 0.0) + float(weight) * share
        return dict(sorted(lost.items(), key=lambda each: (-each[1], each[0][0], each[0][1] or "")))

    def on(self, objective: Objective, teams: Sequence[int]) -> Floats:
        """The share of some teams' capacity that goes to an objective: (R,)."""
        if objective not in self.objectives:
            return self.shares(np.zeros_like(self.drawn), teams)
        return self.shares(self.spent[self.objectives.index(objective)], teams)

    def wasted(self, teams: Sequence[int]) -> Floats:
        """The share of some teams' capacity that is lost: (R,)."""
        return self.shares(self.lost.sum(axis=0), teams)


def weigh(feature: Feature | External) -> Mapping[Objective, float]:
    """What a feature serves, with weights that add up to 1."""
    total = sum(feature.objectives.values())  # 1 but for the rounding that is allowed
    return {name: weight / total for name, weight in feature.objectives.items()} if total else {None: 1.0}


def list_objectives(roadmap: Roadmap, first: Iterable[str] = ()) -> tuple[Objective, ...]:
    """The objectives that come first, then all that work serves, from the top; last None, when there is work for none."""
    served = [name for feature in roadmap.features if getattr(feature, "work", ()) for name in weigh(feature)]
    named = dict.fromkeys([*first, *(name for name in served if name is not None)])
    return (*named, None) if None in served else tuple(named)


def keep_books(
    forecast: Forecast, by: dt.date, objectives: Sequence[Objective], progress: Progress | None = None
) -> Spending:
    """What becomes of the capacity of every run of a forecast until a date, that day included.

    progress : called with (runs done, all runs)
    """
    books = _Books(forecast, by, objectives)
    done = 0
    for runs, horizon in gather_runs(forecast, len(books.job.index.parts), float(books.day) + 1):
        books.book(runs, horizon)
        done += len(runs)
        if progress is not None:
            progress(done, forecast.runs)
    return books.close()


def read_day(forecast: Forecast, by: Dateish, where: str) -> dt.date:
    """A day, or the last of a quarter, within the forecast. Raises Fault for one before the start or beyond the horizon."""
    last = forecast.roadmap.read_day(by, where, "by")
    day = forecast.roadmap.clock.days_until(last)
    if day < 1:
        raise Fault(
            where, f"by = {last}", f"the first working day of the roadmap is {forecast.roadmap.clock.dates(1)[0]}"
        )
    if day > forecast.horizon:
        end = forecast.roadmap.clock.dates(int(forecast.horizon))[-1]
        raise Fault(where, f"by = {last}", f"the forecast looks ahead until {end}; ask for a day until then")
    return last


class _Books:
    """The books of a forecast, and what is entered in them so far."""

    def __init__(self, forecast: Forecast, by: dt.date, objectives: Sequence[Objective]) -> None:
        self.forecast, self.by, self.objectives = forecast, by, tuple(objectives)
        self.day = forecast.roadmap.clock.days_until(by)
        self.job = Job(forecast.roadmap, forecast.history, forecast.model, forecast.seed, ())
        self.parts = np.asarray(self.job.plan.team_part)
        nouns, index = self.job.index.nouns, self.job.index
        self.weight = np.zeros((len(self.objectives), len(index.parts)))
        for part, (name, _) in enumerate(index.parts):
            for objective, weight in weigh(nouns[name]).items():
                self.weight[self.objectives.index(objective), part] = weight
        teams, runs = len(forecast.roadmap.teams), forecast.runs
        self.drawn = np.zeros((teams, runs))
        self.spent = np.zeros((len(self.objectives), teams, runs))
        self.lost = np.zeros((len(ledger.Reason), teams, runs))
        self.blamed = np.zeros((teams, len(index.parts) + len(index.features) + 1))

    def book(self, runs: Longs, horizon: float) -> None:
        """Play some runs again and enter what became of their capacity."""
        plan, dice = self.job.stage(horizon)
        luck = dice.roll(runs)
        trace = Trace(*(np.empty((plan.part_team.size, len(runs))) for _ in range(2)))
        finish = engine.play(plan, luck, trace)
        book = ledger.account(plan, luck, trace, finish, self.day)
        for team in range(len(self.drawn)):
            parts = slice(self.parts[team], self.parts[team + 1])
            self.spent[:, team, runs] = self.weight[:, parts] @ book.spent[parts]
            self.drawn[team, runs] = _reach(plan, luck.capacity[:, team], team, self.day)
        self.lost[:, :, runs] = book.lost.transpose(2, 0, 1)
        self.blamed += book.blamed

    def close(self) -> Spending:
        """What the books come to."""
        forecast, index = self.forecast, self.job.index
        names: list[tuple[str, str | None]] = [*index.parts, *((name, None) for name in index.features), ("", None)]
        blamed = tuple(
            {names[node]: float(shares[node] / count) for node in np.flatnonzero(shares)}
            for shares, count in zip(self.blamed, np.maximum((self.drawn > 0).sum(axis=1), 1), strict=True)
        )
        roadmap = forecast.roadmap
        return Spending(
            day=self.day,
            objectives=self.objectives,
            teams=tuple(team.name for team in roadmap.teams),
            days=_count_days(lay_calendar(roadmap, self.day + 1), self.day),
            drawn=self.drawn,
            spent=self.spent,
            lost=self.lost,
            off=self._find_days_off(),
            blamed=blamed,
        )

    def _find_days_off(self) -> Floats:
        """Items that days off take away (T, R): the same luck, with nobody away until the same date."""
        roadmap = self.forecast.roadmap
        if not roadmap.days_off and not any(team.days_off for team in roadmap.teams):
            return np.zeros_like(self.drawn)
        bare = roadmap.without_days_off()
        day = bare.clock.days_until(self.by)
        forecast = self.forecast
        plan, dice = Job(bare, forecast.history, forecast.model, forecast.seed, ()).stage(float(day + 1))
        off = np.empty_like(self.drawn)
        size = max(1, 2_000_000 // max(1, plan.edges.shape[1] * len(off)))
        for first in range(0, forecast.runs, size):
            runs = np.arange(first, min(first + size, forecast.runs), dtype=np.int64)
            capacity = dice.source.capacity(runs)
            for team in range(len(off)):
                off[team, runs] = _reach(plan, capacity[:, team], team, day) - self.drawn[team, runs]
        return np.maximum(off, 0.0)


def _reach(plan: Plan, capacity: Floats, team: int, day: int) -> Floats:
    """What a team can finish by the end of a working day: (R,), from its capacity at the edges of segments (R, S + 1)."""
    cadence = plan.team_cadence[team]
    segment = plan.segment_at[cadence, day - 1]
    begin, end = plan.edges[cadence, segment], plan.edges[cadence, segment + 1]
    upto: Floats = capacity[:, segment] + (capacity[:, segment + 1] - capacity[:, segment]) * (day - begin) / (
        end - begin
    )
    return upto


def _count_days(calendar: Calendar, day: int) -> Floats:
    """Full working days that each team has until a day: (T,)."""
    supply = calendar.supply
    weekdays = np.take_along_axis(supply.sprint_weekdays, supply.segment_sprint.astype(np.int64), axis=1)
    until = np.cumsum(supply.segment_share * weekdays, axis=1)
    edges = calendar.edges[calendar.team_cadence]
    return np.array(
        [np.interp(day, edge, [0.0, *days][: len(edge)]) for edge, days in zip(edges, until, strict=True)], np.float64
    )
