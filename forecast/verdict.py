"""Verdict: what a backtest found, for each question, model and team, and in a sentence to be read aloud."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast import __version__
from forecast.arrays import Floats, Longs
from forecast.coverage import (
    BELOW,
    Coverage,
    Perfection,
    Places,
    count_below,
    find_perfection,
    give_or_take,
    say_count,
    say_meaning,
    tell_coverage,
)
from forecast.errors import Fault, did_you_mean, quote
from forecast.fingerprint import digest
from forecast.history import History
from forecast.origins import WORK, Question
from forecast.outcome import level_name
from forecast.scores import pinball
from forecast.tally import tell_few_runs
from forecast.throughput import Throughput
from forecast.values import read_level

if TYPE_CHECKING:
    import polars as pl

ENOUGH = 10
"""Answers below which nothing is said about a team, or a backtest, alone."""
USUAL_LEVEL = 0.85


@dataclass(frozen=True)
class TeamPast:
    """What there was to judge by: sprints of a team, where its forecasts begin, their mean throughput from there on.

    refused : origins at which a model wanted more sprints; overlapping : sprints that begin before the one before ends
    """

    team: str
    sprints: int
    warm_up: int
    mean: float
    refused: int
    overlapping: int


@dataclass(frozen=True, eq=False)
class Answers:
    """What one model answered to one question about one team, origin by origin (n,).

    at : place of the first sprint to come; day : its ordinal, None without dates
    truth : what happened, items or sprints; most : when longer than this is not known (inf for how many)
    place : the chance that was given to a better end, ties broken by luck
    crps : continuous ranked probability score; at_level : (n, levels) what was promised at each level
    """

    model: str
    team: str
    question: Question
    at: Longs
    day: tuple[int | None, ...]
    truth: Floats
    most: Floats
    place: Floats
    crps: Floats
    at_level: Floats

    def pinball(self, levels: Sequence[float]) -> Floats:
        """The pinball loss (n,) of what was promised, mean over the levels."""
        is_when = self.question.sprints is None
        shares = np.array([level if is_when else 1 - level for level in levels])
        known = np.minimum(self.at_level, self.most[:, None])
        return np.asarray(pinball(self.truth[:, None], known, shares).mean(axis=1))


@dataclass(frozen=True, eq=False)
class Backtest:
    """How forecasts made in the past have turned out.

    models : by name; the first is judged, the others are what it is compared with
    questions : what was asked at every origin; levels : how sure the answers were meant to be
    pasts : one a team; answers : one a model, team and question
    asked : runs, seed, warm_up, visible, clean
    """

    history: History = field(repr=False)
    models: Mapping[str, Throughput]
    questions: tuple[Question, ...]
    levels: tuple[float, ...]
    pasts: tuple[TeamPast, ...]
    answers: tuple[Answers, ...] = field(repr=False)
    asked: Mapping[str, Any]

    @cached_property
    def model(self) -> str:
        """The name of the model that is judged."""
        return next(iter(self.models))

    @cached_property
    def origins(self) -> int:
        """Origins, over all teams, at which at least one question could be asked and judged."""
        return sum(len(self._origins_of(past.team)) for past in self.pasts)

    @property
    def is_enough(self) -> bool:
        """Whether there is enough to judge by."""
        return self.origins >= ENOUGH

    @cached_property
    def promise_level(self) -> float:
        """The level that the sentence is about: 85 %, or the one next to it."""
        return min(self.levels, key=lambda level: (abs(level - USUAL_LEVEL), -level))

    def places(self, model: str | None = None, question: str | None = None, team: str | None = None) -> Places:
        """The places of the answers of a model (None: the judged one) to a question and about a team (None: all)."""
        name = self._read(model, self.models, "model") if model is not None else self.model
        questions = [each.name for each in self.questions]
        wanted = questions if question is None else [self._read(question, questions, "question")]
        teams = [past.team for past in self.pasts]
        chosen = teams if team is None else [self._read(team, teams, "team")]
        found = [
            Places(each.place, np.full(len(each.at), teams.index(each.team)), each.at, each.question.overlap)
            for each in self.answers
            if each.model == name and each.question.name in wanted and each.team in chosen
        ]
        return Places.joined(found) if found else Places(np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.int64), 1)

    def coverage(
        self, level: float, *, model: str | None = None, question: str | None = None, team: str | None = None
    ) -> Coverage | None:
        """How often what a model said at a level held; None where nothing was asked.

        Over teams it is the mean of those with at least ten answers, every team counting the same (of all teams, where
        none has so many).
        """
        places = self.places(model, question, team)
        return (places if team is not None else self._with_enough(places)).coverage(read_level(level))

    def calibration_error(self, model: str | None = None) -> float | None:
        """The mean distance between level and coverage, over all levels and questions; None without any answer."""
        found = [
            abs(held.share - level)
            for question in self.questions
            for level in self.levels
            if (held := self.coverage(level, model=model, question=question.name)) is not None
        ]
        return sum(found) / len(found) if found else None

    @property
    def sentence(self) -> str:
        """What was found, in one plain sentence."""
        if not self.is_enough:
            made = f"no more than {say_count(self.origins, 'past date')}" if self.origins else "no past date"
            return f"Too few sprints to judge: they allow a forecast from {made}."
        held = self.places().coverage(self.promise_level, is_by_team=False)
        assert held is not None
        return (
            f"Of {held.count:,} forecasts made at {100 * held.level:g} %, {held.held:,} held "
            f"({100 * held.share:.0f} %, give or take {give_or_take(held)})."
        )

    def __str__(self) -> str:
        return f"{self.sentence} {self.meaning}"

    @property
    def meaning(self) -> str:
        """What that means for whoever promises something."""
        if not self.is_enough:
            need = (self.asked["warm_up"] or 2 * ENOUGH) + ENOUGH
            return f"A team with {need} sprints or more can be judged by its own past."
        places, level = self.places(), self.promise_level
        held = places.coverage(level, is_by_team=False)
        assert held is not None
        return say_meaning(held, places.level_that_held(level))

    @cached_property
    def perfection(self) -> dict[str, tuple[int, Perfection]]:
        """For each question: how many teams are far below the promise level, and what a perfect forecaster would show."""
        found = {}
        for question in self.questions:
            places = self._with_enough(self.places(question=question.name), or_all=False)
            shares = np.array(list(places.by_team(self.promise_level).values()))
            counts = [int(np.count_nonzero(places.team == team)) for team in np.unique(places.team)]
            perfect = find_perfection(question, counts, self.promise_level, self.asked["seed"])
            found[question.name] = int(count_below(shares, self.promise_level)), perfect
        return found

    def table(self) -> pl.DataFrame:
        """A row per model and question: coverage with its error at each level, pinball, CRPS, width (mean over teams)."""
        import polars as pl

        rows = []
        for model in self._tell_models():
            for told in model["questions"]:
                row: dict[str, Any] = {"model": model["model"], "question": told["question"]}
                row |= {key: told[key] for key in ("teams", "forecasts")}
                for level, held in zip(self.levels, told["coverage"].values(), strict=True):
                    row[level_name(level)] = held and held["share"]
                    row[f"{level_name(level)}_se"] = held and held["error"]
                rows.append(row | {key: told[key] for key in ("pinball", "crps", "width")})
        return pl.DataFrame(rows, infer_schema_length=None)

    def samples(self) -> pl.DataFrame:
        """Every forecast: model, team, question, origin, its date, the truth, the place, and what was promised at each level."""
        import polars as pl

        frames = []
        for each in self.answers:
            days = [None if day is None else dt.date.fromordinal(day) for day in each.day]
            columns: dict[str, Any] = {
                "model": [each.model] * len(days),
                "team": [each.team] * len(days),
                "question": [each.question.name] * len(days),
                "origin": each.at,
                "date": pl.Series(days, dtype=pl.Date),
                "truth": each.truth,
                "is_cut_off": each.truth >= each.most,
                "place": each.place,
                "crps": each.crps,
            }
            columns |= {level_name(level): each.at_level[:, k] for k, level in enumerate(self.levels)}
            frames.append(
                pl.DataFrame(columns, schema_overrides={"model": pl.String, "team": pl.String, "question": pl.String})
            )
        return pl.concat(frames) if frames else pl.DataFrame()

    def to_dict(self) -> dict[str, Any]:
        """The whole backtest as plain values, ready for JSON."""
        held = self.places().coverage(self.promise_level, is_by_team=False)
        return {
            "schema": 1,
            "provenance": self.provenance(),
            "summary": {
                "sentence": self.sentence,
                "meaning": self.meaning,
                "is_enough": self.is_enough,
                "origins": self.origins,
                "level": self.promise_level,
                **({} if held is None else tell_coverage(held)),
            },
            "models": self._tell_models(),
            "teams": self._tell_teams(),
            "perfect": [
                {
                    "question": question,
                    "teams": perfect.teams,
                    "below": self.promise_level - BELOW,
                    "teams_below": below,
                    "teams_below_if_perfect": perfect.below,
                    "worst_tenth_if_perfect": perfect.worst,
                }
                for question, (below, perfect) in self.perfection.items()
            ],
            "notes": self.notes(),
        }

    def provenance(self) -> dict[str, Any]:
        """What it takes to get the same backtest again."""
        return {
            **self.asked,
            "levels": list(self.levels),
            "horizons": [question.sprints for question in self.questions if question.sprints],
            "models": {name: model.describe() for name, model in self.models.items()},
            "version": __version__,
            "inputs_sha256": digest(self.history),
        }

    def notes(self) -> list[str]:
        """What a reader has to know besides the numbers."""
        notes = tell_few_runs(self.asked["runs"], self.promise_level)
        silent = [past for past in self.pasts if not self._origins_of(past.team)]
        if silent:
            told = ", ".join(f"{quote(past.team)} ({past.sprints})" for past in silent[:8])
            more = f" and {len(silent) - 8} more" if len(silent) > 8 else ""
            notes.append(f"Too few sprints to forecast any of their past: {told}{more}.")
        for past in self.pasts:
            if past.refused:
                notes.append(
                    f"{quote(past.team)}: a model wanted more sprints at {say_count(past.refused, 'origin')}, left out."
                )
            if past.overlapping:
                count = say_count(past.overlapping, "sprint")
                verb = "begins" if past.overlapping == 1 else "begin"
                notes.append(
                    f"{quote(past.team)}: {count} {verb} before the one before ends; what ended later was not yet seen."
                )
        cut = sum(int((each.truth >= each.most).sum()) for each in self.answers if each.model == self.model)
        if cut:
            notes.append(
                f"{say_count(cut, 'answer')} about when came after the history ends; they are judged as later than that."
            )
        return notes

    def _read(self, name: str, known: Sequence[str] | Mapping[str, Any], what: str) -> str:
        if name not in known:
            raise Fault(
                "backtest", f"{what} = {quote(name)}", f"there is no such {what}." + did_you_mean(str(name), known)
            )
        return name

    def _origins_of(self, team: str) -> set[int]:
        return {int(at) for each in self.answers if each.team == team and each.model == self.model for at in each.at}

    def _with_enough(self, places: Places, or_all: bool = True) -> Places:
        """The answers about teams that have at least ten; all, where no team has so many and `or_all` says so."""
        teams, count = np.unique(places.team, return_counts=True)
        is_in = np.isin(places.team, teams[count >= ENOUGH])
        if or_all and not is_in.any():
            return places
        return Places(places.place[is_in], places.team[is_in], places.at[is_in], places.overlap)

    def _tell_models(self) -> list[dict[str, Any]]:
        return [
            {
                "model": name,
                "is_judged": name == self.model,
                "calibration_error": self.calibration_error(name),
                "questions": [self._tell_question(name, question) for question in self.questions],
            }
            for name in self.models
        ]

    def _tell_question(self, model: str, question: Question) -> dict[str, Any]:
        places = self._with_enough(self.places(model, question.name))
        teams = [self.pasts[team] for team in np.unique(places.team)]
        mine = {each.team: each for each in self.answers if each.model == model and each.question == question}
        errors, spreads, widths = [], [], []
        for past in teams:
            scale = float(WORK) if question.sprints is None else question.sprints * past.mean
            if scale > 0:
                errors.append(float(mine[past.team].pinball(self.levels).mean()) / scale)
                spreads.append(float(mine[past.team].crps.mean()) / scale)
            widths.append(self._width(mine[past.team]))
        return {
            "question": question.name,
            "teams": len(teams),
            "forecasts": len(places.place),
            "coverage": {f"{level:g}": _tell(places.coverage(level)) for level in self.levels},
            "pit": places.histogram() if len(places.place) else [],
            "pinball": mean_of(errors),
            "crps": mean_of(spreads),
            "width": mean_of([width for width in widths if width is not None]),
        }

    def _width(self, answers: Answers) -> float | None:
        """How many times as far away the promise level's date is as the even one: the median over origins; "when" only."""
        if answers.question.sprints is not None or 0.5 not in self.levels or not len(answers.at):
            return None
        even, sure = (answers.at_level[:, self.levels.index(level)] for level in (0.5, self.promise_level))
        known = np.isfinite(even)
        return float(np.median(sure[known] / even[known])) if known.any() else None

    def _tell_teams(self) -> list[dict[str, Any]]:
        """The teams, the one whose forecasts held least first; those with too few origins last."""
        told = []
        for past in self.pasts:
            origins = len(self._origins_of(past.team))
            found = {
                each.name: self.coverage(self.promise_level, question=each.name, team=past.team)
                for each in self.questions
            }
            whole = self.coverage(self.promise_level, team=past.team)
            told.append(
                {
                    "team": past.team,
                    "sprints": past.sprints,
                    "warm_up": past.warm_up,
                    "origins": origins,
                    "is_enough": origins >= ENOUGH,
                    "coverage": _tell(whole),
                    "questions": {name: _tell(held) for name, held in found.items()},
                }
            )
        return sorted(
            told, key=lambda row: (not row["is_enough"], row["coverage"] is None, (row["coverage"] or {}).get("share"))
        )


def mean_of(values: Sequence[float]) -> float | None:
    """The mean; None of nothing, or where one is not finite."""
    return sum(values) / len(values) if values and all(map(math.isfinite, values)) else None


def _tell(held: Coverage | None) -> dict[str, Any] | None:
    return None if held is None else tell_coverage(held)
