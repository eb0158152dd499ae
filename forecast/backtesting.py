"""Backtests: forecasts made at every sprint of the past from what was known then, and compared with what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from forecast.arrays import Floats
from forecast.errors import Fault, did_you_mean, quote
from forecast.history import History
from forecast.origins import Futures, Origin, Question, find_origins
from forecast.rivals import RIVALS
from forecast.scores import crps, pit
from forecast.tally import runs_needed
from forecast.throughput import Throughput, find_model
from forecast.values import read_count, read_flag, read_levels, read_list, read_name, read_seed
from forecast.verdict import Answers, Backtest, TeamPast

LEVELS = (0.50, 0.85, 0.95)
HORIZONS = (3, 6)
RUNS = 1000
MOST_RUNS = 100_000
WARM_UP = 24
LEAST_WARM_UP = 6

Progress = Callable[[int, int], None]


def backtest(
    history: History,
    *,
    models: Any = None,
    teams: Sequence[str] | None = None,
    horizons: Sequence[int] = HORIZONS,
    warm_up: int | None = None,
    visible: int | None = None,
    clean: bool = True,
    levels: Sequence[float] = LEVELS,
    runs: int = RUNS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Backtest:
    """Forecast every sprint of the past from the sprints before it, and compare with what happened: a `Backtest`.

    From each origin (the first day of a sprint) each model is asked how many items the next sprints bring, and when six
    sprints' work is done; it is shown only the sprints of that team that had ended by then.

    models : a model, a name, or a list or mapping (name -> model) of them, the first of which is judged; None for the
        default model beside `rivals.RIVALS` (plain bootstraps, the mean rate, Poisson counts)
    teams : None for all in the history; horizons : in sprints
    warm_up : sprints before the first origin; None for 24, or half of a history of less than 48 (at least 6)
    visible : only so many of the newest sprints are seen at each origin, as by a young team; None for all
    clean : at each origin history is drawn as if it were read from files on that day (see `cleaning`); False: as it stands
    runs : futures a forecast, 100,000 at most; seed : any whole number; progress : called with (teams done, all teams)

    Pure function of its arguments. Raises Fault for an unknown team, an argument out of range, or a model that can answer
    at no origin.
    """
    if not isinstance(history, History):
        way_out = 'give a History, such as History.from_counts({"Web": [3, 5, 0]})'
        raise Fault("backtest", f"history = {quote(history)}", way_out)
    asked = _Asked(
        models=name_models(models),
        questions=_read_horizons(horizons),
        levels=read_levels(levels),
        runs=read_count(runs, "backtest", "runs", least=10, most=MOST_RUNS),
        seed=read_seed(seed, "backtest"),
        warm_up=None if warm_up is None else read_count(warm_up, "backtest", "warm_up", least=1, most=10_000),
        visible=None if visible is None else read_count(visible, "backtest", "visible", least=1),
        clean=read_flag(clean, "backtest", "clean"),
    )
    names = history.teams if teams is None else _read_teams(history, teams)
    if not asked.levels:
        raise Fault("backtest", "levels = []", "give at least one level, like 0.85")
    given = list(_ask_teams(history, names, asked, progress))
    return Backtest(
        history=history,
        models=dict(asked.models),
        questions=asked.questions,
        levels=asked.levels,
        pasts=tuple(past for past, _ in given),
        answers=tuple(answer for _, answers in given for answer in answers),
        asked={key: getattr(asked, key) for key in ("runs", "seed", "warm_up", "visible", "clean")},
    )


@dataclass(frozen=True)
class _Asked:
    """What is asked of whom, at every origin."""

    models: Mapping[str, Throughput]
    questions: tuple[Question, ...]
    levels: tuple[float, ...]
    runs: int
    seed: int
    warm_up: int | None
    visible: int | None
    clean: bool

    def starts_at(self, sprints: int) -> int:
        """The first origin of a team with so many sprints."""
        return min(WARM_UP, max(LEAST_WARM_UP, sprints // 2)) if self.warm_up is None else self.warm_up


def name_models(models: Any) -> dict[str, Throughput]:
    """The models by name, each once, the judged one first. Raises Fault for what is no model."""
    if models is None:
        models = [None, *RIVALS]
    if isinstance(models, Mapping) and "model" not in models:
        named = {read_name(name, "backtest, models"): find_model(model) for name, model in models.items()}
    else:
        is_list = isinstance(models, Iterable) and not isinstance(models, str | bytes | Mapping)
        found = [find_model(model) for model in (read_list(models, "backtest", "models") if is_list else [models])]
        named = {}
        for model in found:
            if all(other.describe() != model.describe() for other in named.values()):
                named[_name(model, named)] = model
    if not named:
        raise Fault("backtest", "models = []", 'give at least one model, like fc.Bootstrap() or "bootstrap"')
    return named


def _name(model: Throughput, taken: Mapping[str, Throughput]) -> str:
    """A model as it is called in a table: its name, and the settings that are not its defaults."""
    told = dict(model.describe())
    name = str(told.pop("model", type(model).__name__))
    try:
        usual = type(model)().describe()
    except (TypeError, Fault):
        usual = {}
    unusual = [
        key if value is True else f"{key} {value:g}" if isinstance(value, float) else f"{key} {value}"
        for key, value in told.items()
        if value is not None and value != usual.get(key)
    ]
    name = f"{name} ({', '.join(unusual)})" if unusual else name
    return name if name not in taken else f"{name} {len(taken) + 1}"


def _read_horizons(values: object) -> tuple[Question, ...]:
    counts = [
        read_count(value, "backtest", "horizons", least=1, most=100)
        for value in read_list(values, "backtest", "horizons")
    ]
    return (*(Question(count) for count in dict.fromkeys(counts)), Question())


def _read_teams(history: History, teams: object) -> tuple[str, ...]:
    names = [read_name(team, "backtest") for team in read_list(teams, "backtest", "teams")]
    for name in names:
        if name not in history.teams:
            way_out = "no such team in the history." + did_you_mean(name, history.teams)
            raise Fault("backtest", f"team = {quote(name)}", way_out)
    return tuple(dict.fromkeys(names))


def _ask_teams(
    history: History, names: Sequence[str], asked: _Asked, progress: Progress | None
) -> Iterator[tuple[TeamPast, list[Answers]]]:
    for done, team in enumerate(names):
        if progress is not None:
            progress(done, len(names))
        yield _ask_team(history, team, asked)
    if progress is not None:
        progress(len(names), len(names))


def _ask_team(history: History, team: str, asked: _Asked) -> tuple[TeamPast, list[Answers]]:
    """What every model answered at every origin of one team."""
    rows = history.of(team)
    origins = list(find_origins(rows, asked.starts_at(len(rows)), asked.visible, asked.clean))
    origins = [origin for origin in origins if any(origin.can_ask(question) for question in asked.questions)]
    tellers = {(name, question): _Teller(asked, question) for name in asked.models for question in asked.questions}
    refused: list[Fault] = []
    for origin in origins:
        ask = partial(_ask_origin, origin, _luck_of(asked.seed, team, origin.at, asked), asked)
        try:
            told = {name: ask(model) for name, model in asked.models.items()}
        except Fault as fault:  # a model that wants more sprints than were known then; asked of all or of none
            refused.append(fault)
            continue
        for (name, question), teller in tellers.items():
            if question in told[name]:
                teller.tell(origin, *told[name][question])
    if refused and len(refused) == len(origins):
        raise refused[0]
    past = TeamPast(
        team=team,
        sprints=len(rows),
        warm_up=min(asked.starts_at(len(rows)), len(rows)),
        mean=float(np.mean([row.done for row in rows[asked.starts_at(len(rows)) :] or rows])),
        refused=len(refused),
        overlapping=sum(b.start < a.end for a, b in pairwise(rows) if a.end and b.start),
    )
    return past, [teller.close(team, name) for (name, _), teller in tellers.items()]


def _luck_of(seed: int, team: str, at: int, asked: _Asked) -> tuple[int, Floats]:
    """The seed of all draws at one origin, and the uniforms that break ties there, one a question."""
    from forecast import draws

    keys = np.array([draws.key(seed, "backtest-tie", team, question.name) for question in asked.questions], np.uint64)
    luck = np.empty((1, len(keys)))
    draws.uniforms(keys, np.array([at], np.int64), 0, luck)
    return int(draws.key(seed, "backtest", team, str(at)) >> np.uint64(1)), luck[0]


Told = tuple[Floats, float]


def _ask_origin(origin: Origin, luck: tuple[int, Floats], asked: _Asked, model: Throughput) -> dict[Question, Told]:
    """The answers of one model at one origin, with the luck that breaks a tie."""
    model.check(origin.seen, [origin.team])
    furthest = max(question.sprints or 0 for question in asked.questions)
    futures = Futures(model, origin, luck[0], np.arange(asked.runs, dtype=np.int64), furthest)
    return {
        question: (futures.answer(question), float(tie))
        for question, tie in zip(asked.questions, luck[1], strict=True)
        if origin.can_ask(question)
    }


class _Teller:
    """Notes what one model answered to one question at the origins of one team."""

    def __init__(self, asked: _Asked, question: Question) -> None:
        self.question = question
        self.needed = [runs_needed(level, asked.runs) for level in asked.levels]
        self.rows: list[tuple[Any, ...]] = []

    def tell(self, origin: Origin, answer: Floats, luck: float) -> None:
        """Scores one answer. "When" is judged up to the day on which the history ends: later is one outcome."""
        most = origin.most(self.question)
        truth = origin.happened(self.question)
        ranked = np.sort(answer)
        known = np.minimum(answer, most)
        place = float(pit(truth, known, luck))
        if self.question.sprints is None:
            at_level = [ranked[needed - 1] for needed in self.needed]
        else:
            place = 1 - place
            at_level = [ranked[len(ranked) - needed] for needed in self.needed]
        day = None if origin.day is None else origin.day.toordinal()
        self.rows.append((origin.at, day, truth, most, place, float(crps(truth, known)), at_level))

    def close(self, team: str, model: str) -> Answers:
        """All that was noted."""
        columns: list[Any] = [list(column) for column in zip(*self.rows, strict=True)] or [[] for _ in range(7)]
        at, day, truth, most, place, error, at_level = columns
        return Answers(
            model=model,
            team=team,
            question=self.question,
            at=np.array(at, np.int64),
            day=tuple(day),
            truth=np.array(truth, np.float64),
            most=np.array(most, np.float64),
            place=np.array(place, np.float64),
            crps=np.array(error, np.float64),
            at_level=np.array(at_level, np.float64).reshape(-1, len(self.needed)),
        )
