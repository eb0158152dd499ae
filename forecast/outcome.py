"""Outcomes: the answers that can be read from simulated runs. Every date is one that a run had."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast import __version__
from forecast.arrays import Floats, Longs
from forecast.dates import Dateish
from forecast.errors import Fault, quote
from forecast.fingerprint import digest_inputs
from forecast.history import LEAST_SPRINTS, History
from forecast.prospects import Prospects
from forecast.remarks import describe_growth, hint_team, tell_growth, tell_unused, waits_for
from forecast.roadmap import Roadmap
from forecast.tally import (
    SAMPLING_CONFIDENCE,
    DayCounts,
    binomial_range,
    runs_needed,
    say_chance,
    share_error,
    tell_few_runs,
)
from forecast.throughput import Throughput
from forecast.values import read_level, read_levels, read_list, read_name

if TYPE_CHECKING:
    import polars as pl

LEVELS = (0.50, 0.85, 0.95)
MIDDLE = 0.5
"""The highest level at which no date is told of a feature whose teams have a very short history."""


def level_name(level: float) -> str:
    """The column of a level: p50, p85, p97.5."""
    return f"p{100 * level:g}"


@dataclass(frozen=True, eq=False)
class Forecast:
    """When each feature is finished, run by run, and everything that can be read from it.

    roadmap, history : what was forecast
    finish : (features, runs) float64, working days from the roadmap's start; inf for never. Rows are in roadmap order,
        externals and milestones included
    seed, model, horizon : what it was simulated with
    is_alone : each row was played with nothing else on the roadmap than the feature and what it waits for
    """

    roadmap: Roadmap
    history: History
    finish: Floats
    seed: int
    model: Throughput
    prospects: Prospects
    horizon: float
    simulate: Callable[..., Forecast] = field(repr=False)
    joint: tuple[str, ...] = ()
    is_alone: bool = False

    @cached_property
    def features(self) -> tuple[str, ...]:
        """Names of the rows, in roadmap order; of a joint forecast the one name that stands for all."""
        return self.joint or tuple(feature.name for feature in self.roadmap.features)

    @property
    def runs(self) -> int:
        """Number of simulated futures."""
        return int(self.finish.shape[1])

    def date(self, name: str | float, level: float | None = None) -> dt.date | None:
        """The first working day by which the share of runs finished is at least `level`; None when it never is.

        A joint forecast has one row, and needs no name: `forecast.together([...]).date(0.85)`.
        """
        row, level = self._row_and_level(name, level)
        return self._date_of(self._days(row).day(runs_needed(level, self.runs)))

    def interval(self, name: str | float, level: float | None = None) -> tuple[dt.date | None, dt.date | None]:
        """A range that holds the date which endless runs would give, in 95 of 100 repetitions (None: never).

        By the order statistics around the level: sampling alone, not the model's error.
        """
        row, level = self._row_and_level(name, level)
        low, high = binomial_range(self.runs, level, SAMPLING_CONFIDENCE)
        days = self._days(row)
        latest = days.day(high) if high <= self.runs else None
        return self._date_of(days.day(max(low, 1))), self._date_of(latest)

    def chance(self, name: str | None = None, *, by: Dateish | None = None) -> float:
        """The share of runs in which it is finished by a day or quarter, its last day included; `by` None takes its due date.

        For a day beyond the horizon it is the share finished within the horizon: the least that it can be.
        """
        row = self._row(name)
        return self._finished(row, self._until(row, by)) / self.runs

    def chance_error(self, name: str | None = None, *, by: Dateish | None = None) -> float:
        """The standard error of `chance`: the larger of the binomial's and what runs that all agree leave open (1 / runs)."""
        row = self._row(name)
        day = self._until(row, by)
        return self._error_of(row, day, self._finished(row, day))

    def is_certain(self, name: str | None = None) -> bool:
        """Whether it is finished on the same day in every run, or in none, by construction: nothing that decides it is drawn."""
        return self._is_certain(self._row(name))

    def curve(self, name: str | None = None) -> tuple[list[dt.date], Floats]:
        """The working days up to the last finish, and the share of runs finished by the end of each: rising, (days,)."""
        until = self._days(self._row(name)).until[1:]
        return self._dates[: len(until)], until / self.runs

    def together(self, names: Sequence[str]) -> Forecast:
        """The forecast of when *all* of these are finished: one row, the later of them in each run."""
        rows = [self._row(name) for name in read_list(names, "together", "names")]
        if not rows:
            raise Fault("together", "no names", 'give a list of feature names: ["Login", "Checkout"]')
        prospects = Prospects(
            np.array([self.prospects.is_never[rows].any()]),
            np.array([self.prospects.is_never[rows].any() or self.prospects.is_certain[rows].all()]),
            np.array([self.prospects.is_vague[rows].any()]),
            self.prospects.idle_teams,
            self.prospects.vague_teams,
        )
        finish = self.finish[rows].max(axis=0, keepdims=True)
        finish.flags.writeable = False
        label = " + ".join(self.features[row] for row in dict.fromkeys(rows))
        return replace(self, finish=finish, prospects=prospects, joint=(label,))

    def counts(self, *, by: Dateish) -> Longs:
        """How many features (externals and milestones included) are finished by a day, that day included: (runs,)."""
        day = self._read_by(by)
        done: Longs = (np.maximum(np.ceil(self.finish), 1) <= day).sum(axis=0)
        return done

    def count(self, *, by: Dateish, level: float) -> int:
        """The largest number of features that at least that share of runs has finished by a day, that day included."""
        done = np.sort(self.counts(by=by))
        return int(done[self.runs - runs_needed(read_level(level), self.runs)])

    def table(self, levels: Sequence[float] = LEVELS) -> pl.DataFrame:
        """A row per feature: objective, due, chance of it with its error, a date per level, what it waits for, a note."""
        import polars as pl

        levels = read_levels(levels)
        rows = self.to_dict(levels)["features"]
        schema = {
            "feature": pl.String,
            "objective": pl.String,
            "due": pl.Date,
            "chance": pl.Float64,
            "chance_se": pl.Float64,
        }
        schema |= {level_name(level): pl.Date for level in levels} | {"waits_for": pl.String, "note": pl.String}
        columns: dict[str, list[Any]] = {name: [] for name in schema}
        for row in rows:
            columns["feature"].append(row["name"])
            for name in ("objective", "chance", "chance_se", "note"):
                columns[name].append(row[name])
            columns["due"].append(row["due"] and dt.date.fromisoformat(row["due"]))
            columns["waits_for"].append("; ".join(row["waits_for"]))
            for level, date in zip(levels, row["dates"].values(), strict=True):
                columns[level_name(level)].append(date and dt.date.fromisoformat(date))
        return pl.DataFrame(columns, schema=schema)

    def samples(self) -> pl.DataFrame:
        """Every run of every feature: feature, run, finish (working days, inf for never), date (null for never)."""
        import polars as pl

        last = int(np.ceil(self.finish[np.isfinite(self.finish)]).max(initial=1))
        dates = pl.Series("date", [None, *self.roadmap.clock.dates(max(last, 1))], pl.Date)
        day = np.where(np.isfinite(self.finish), np.maximum(np.ceil(self.finish), 1), 0).astype(np.int64)
        return pl.DataFrame(
            {
                "feature": pl.Series(np.repeat(np.arange(len(self.features)), self.runs)).replace_strict(
                    list(range(len(self.features))), list(self.features), return_dtype=pl.String
                ),
                "run": np.tile(np.arange(self.runs), len(self.features)),
                "finish": self.finish.ravel(),
                "date": dates.gather(day.ravel()),
            }
        )

    def again(self, roadmap: Roadmap) -> Forecast:
        """Another roadmap under the same history, seed, runs and model: the same luck, run by run."""
        return self.simulate(roadmap)

    def alone(self, progress: Callable[[int, int], None] | None = None) -> Forecast:
        """When nothing else is in the way: each feature played with itself and what it waits for, under the same luck.

        What it waits for, directly or through others, keeps its place in the order; all other work is gone, also other parts
        of a feature of which one part is waited for. No other feature is the reason for a row of this forecast; together
        its rows are no plan. Usually a row is earlier than in the whole roadmap, but not in every run: what is taken out
        may have kept a team from working in a worse order. Takes twice as long as a simulation of the example, and nine times
        as long with 300 features of 20 teams that wait for 1.5 others each.

        progress : called with (runs done, all runs)
        """
        if self.joint:
            raise Fault("alone", f"the joint forecast of {quote(self.joint[0])}", "ask the forecast that it came from")
        return self.simulate(self.roadmap, alone=True, progress=progress)

    def to_dict(self, levels: Sequence[float] = LEVELS) -> dict[str, Any]:
        """The whole forecast as plain values, ready for JSON; dates are ISO texts, None where there is none."""
        levels = read_levels(levels)
        return {
            "schema": 1,
            "provenance": self.provenance(),
            "features": [self._describe(row, levels) for row in range(len(self.features))],
            "teams": [self._describe_team(team.name) for team in self.roadmap.teams],
            "notes": self.notes(),
        }

    def provenance(self) -> dict[str, Any]:
        """What it takes to get the same forecast again."""
        return {
            "runs": self.runs,
            "seed": self.seed,
            "throughput": self.model.describe(),
            "sprints_used": {team.name: len(self.model.used(self.history, team.name)) for team in self.roadmap.teams},
            "growth": describe_growth(self.roadmap),
            "guessed": [team.name for team in self.roadmap.teams if self.history.guess(team.name) is not None],
            "horizon_days": self.horizon,
            "promise_level": self.roadmap.promise_level,
            "version": __version__,
            "inputs_sha256": digest_inputs(self.roadmap, self.history),
        } | ({"alone": True} if self.is_alone else {})

    def notes(self, level: float | None = None) -> list[str]:
        """What a reader has to know about the forecast as a whole; level : how sure one wants to be, None as a promise takes."""
        level = self.roadmap.promise_level if level is None else read_level(level)
        notes = [] if self.prospects.is_certain.all() else tell_few_runs(self.runs, level)
        notes += [self._tell_idle(team) for team in self.prospects.idle_teams]
        notes += [self._tell_vague(team) for team in self.prospects.vague_teams]
        notes += [*tell_unused(self.roadmap, self.history), *self.history.notes, *tell_growth(self.roadmap)]
        unfinished = np.isinf(self.finish).mean(axis=1)
        late = [
            name for row, name in enumerate(self.features) if unfinished[row] > 0 and not self.prospects.is_never[row]
        ]
        if late:
            listed = ", ".join(quote(name) for name in late[:5]) + (" and others" if len(late) > 5 else "")
            notes.append(
                f"The forecast looks ahead until {self._dates[-1]}; not finished by then in some runs: {listed}."
            )
        return notes

    def _tell_idle(self, team: str) -> str:
        no_date = "its features have no date."
        if not self.history.of(team):
            return f"Team {quote(team)} has no history: {no_date}{hint_team(team, self.history.teams)}"
        if next(each for each in self.roadmap.teams if each.name == team).share == 0:
            return f"Team {quote(team)} has a share of 0: {no_date}"
        if len(self.model.used(self.history, team)) < len(self.history.of(team)) < LEAST_SPRINTS:
            return f"Team {quote(team)} has one past sprint, too few to tell how much they vary: {no_date} A guess may stand in."
        return f"Team {quote(team)} has finished nothing in the history that is used: {no_date}"

    def _tell_vague(self, team: str) -> str:
        count = len(self.model.used(self.history, team))
        based = f"based on {count} sprints; the range" if count else "based on a guess; beyond it, the range"
        return f"Team {quote(team)}: {based} mostly reflects how much teams in general vary. No middle date is told."

    def _describe(self, row: int, levels: Sequence[float]) -> dict[str, Any]:
        feature = None if self.joint else self.roadmap.features[row]
        days = self._days(row)
        due = None if feature is None else feature.due
        never = self.runs - int(days.until[-1])
        day = None if due is None else self.roadmap.clock.days_until(due)
        held = None if day is None else self._finished(row, day)
        return {
            "name": self.features[row],
            "objective": None if feature is None else feature.objective and str(feature.objective),
            "objectives": {} if feature is None else dict(feature.objectives),
            "due": due and due.isoformat(),
            "chance": None if held is None else held / self.runs,
            "chance_se": None if day is None or held is None else self._error_of(row, day, held),
            "is_promise": feature is not None and feature.is_promise,
            "certain": self._is_certain(row),
            "overdue": day is not None and day < 1,
            "vague": bool(self.prospects.is_vague[row]),
            "dates": {f"{level:g}": self._tell_date(row, level) for level in levels},
            "never": never / self.runs,
            "waits_for": [] if feature is None else waits_for(feature),
            "note": self._note(row, never, day),
        }

    def _tell_date(self, row: int, level: float) -> str | None:
        """The date at a level, where it is worth telling."""
        if self.prospects.is_vague[row] and level <= MIDDLE:
            return None
        return self._iso(self._days(row).day(runs_needed(level, self.runs)))

    def _note(self, row: int, never: int, due: int | None) -> str | None:
        if self.prospects.is_never[row]:
            return "no date: it needs a team that cannot be forecast"
        if due is not None and due < 1:
            return "due before the forecast starts"
        if due is not None and not self._is_played(row, due):
            return f"due after {self._dates[-1]}, as far as the forecast looks ahead: the chance is at least this"
        if never:
            share = "any run" if never == self.runs else f"{say_chance(never / self.runs, self.runs)} of runs"
            return f"not finished by {self._dates[-1]} in {share}"
        return "a short history: no middle date" if self.prospects.is_vague[row] else None

    def _describe_team(self, name: str) -> dict[str, Any]:
        used = self.model.used(self.history, name)
        done = [row.done for row in used]
        return {
            "name": name,
            "sprints": len(used),
            "first": used[0].start.isoformat() if used and used[0].start else None,
            "last": used[-1].end.isoformat() if used and used[-1].end else None,
            "mean_done": sum(done) / len(done) if done else None,
            "zeros": sum(count == 0 for count in done),
        }

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.features)}

    @cached_property
    def _counted(self) -> dict[int, DayCounts]:
        return {}

    @cached_property
    def _dates(self) -> list[dt.date]:
        """The working days of the clock, the first one first."""
        return self.roadmap.clock.dates(math.ceil(self.horizon))

    def _row(self, name: str | None) -> int:
        if name is None:
            if len(self.features) != 1:
                raise Fault("forecast", "no feature named", f"say which of the {len(self.features)} features is meant")
            return 0
        if isinstance(name, str) and name in self._rows:
            return self._rows[name]
        if self.joint:
            raise Fault("forecast", f"feature {quote(name)}", f"this is the joint forecast of {quote(self.joint[0])}")
        return self.roadmap.rank(name) - 1

    def _row_and_level(self, name: str | float, level: float | None) -> tuple[int, float]:
        if level is None and not isinstance(name, str):
            return self._row(None), read_level(name)
        return self._row(read_name(name, "forecast")), read_level(level)

    def _days(self, row: int) -> DayCounts:
        if row not in self._counted:
            self._counted[row] = DayCounts.of(self.finish[row])
        return self._counted[row]

    def _finished(self, row: int, day: int) -> int:
        return self._days(row).finished(day)

    def _error_of(self, row: int, day: int, held: int) -> float:
        return 0.0 if day < 1 or self._is_certain(row) else share_error(held, self.runs)

    def _read_by(self, by: Dateish) -> int:
        return self.roadmap.clock.days_until(self.roadmap.read_day(by, "by"))

    def _until(self, row: int, by: Dateish | None) -> int:
        if by is None:
            due = None if self.joint else self.roadmap.features[row].due
            if due is None:
                raise Fault("forecast", f"feature {quote(self.features[row])} has no due date", "say by when: by=...")
            by = due
        return self._read_by(by)

    def _is_certain(self, row: int) -> bool:
        """True when it is the same in every run by construction; what lies beyond the horizon is not known."""
        is_known = bool(self.prospects.is_never[row]) or math.isfinite(self.finish[row, 0])
        return bool(self.prospects.is_certain[row]) and is_known

    def _is_played(self, row: int, day: int) -> bool:
        """True when it is known what every run has finished by a day: it never will, or has, or the day was played."""
        all_finished = int(self._days(row).until[-1]) == self.runs
        return bool(self.prospects.is_never[row]) or all_finished or day <= math.ceil(self.horizon)

    def _date_of(self, day: int | None) -> dt.date | None:
        return None if day is None else self._dates[day - 1]

    def _iso(self, day: int | None) -> str | None:
        date = self._date_of(day)
        return None if date is None else date.isoformat()
