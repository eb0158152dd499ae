"""Hindsight: what past roadmaps would have promised, feature by feature and together, and when things were really done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from forecast import __version__
from forecast.arrays import Floats
from forecast.backtesting import LEVELS, name_models
from forecast.coverage import Coverage, Places, clustered_error, give_or_take, tell_coverage
from forecast.dates import read_date
from forecast.errors import Fault, did_you_mean, quote
from forecast.fingerprint import digest, digest_inputs
from forecast.history import History
from forecast.rivals import RIVALS
from forecast.roadmap import Roadmap
from forecast.scores import pit
from forecast.simulation import simulate
from forecast.tally import runs_needed
from forecast.throughput import Throughput, find_model
from forecast.values import read_count, read_levels, read_list, read_name, read_seed
from forecast.verdict import USUAL_LEVEL

RUNS = 2000
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class PastRoadmap:
    """A roadmap as it stood on its first day, and when its features were really done; the latter never enters a forecast.

    name : what it is called; done : feature -> the day it was done; features without one are not judged

    Raises Fault for a feature that is not in the roadmap, or was done before it begins.
    """

    name: str
    roadmap: Roadmap
    history: History
    done: Mapping[str, dt.date]

    def __post_init__(self) -> None:
        known = [feature.name for feature in self.roadmap.features]
        done = {read_name(name, "actuals"): read_date(day, f"feature {quote(name)}") for name, day in self.done.items()}
        for name, day in done.items():
            if name not in known:
                raise Fault(f"feature {quote(name)}", "not in the roadmap", "remove it." + did_you_mean(name, known))
            if day < self.roadmap.start:
                way_out = "what was done before needs no forecast; remove it"
                raise Fault(
                    f"feature {quote(name)}", f"done on {day}, the roadmap starts on {self.roadmap.start}", way_out
                )
        object.__setattr__(self, "done", {name: done[name] for name in known if name in done})

    @cached_property
    def truth(self) -> Floats:
        """Working days from the start until each feature was done, that day included (n,), in the order of `done`."""
        return np.array([max(self.roadmap.clock.days_until(day), 1) for day in self.done.values()], np.float64)


@dataclass(frozen=True, eq=False)
class Promises:
    """What one model promised for the features (n,) of one past roadmap, alone or all of a group.

    features : names of what each stands for; truth : working days until it was really done
    place : share of futures that were earlier, ties broken by luck; at_level : (n, levels) days, inf for no date
    """

    model: str
    past: int
    features: tuple[tuple[str, ...], ...]
    truth: Floats
    place: Floats
    at_level: Floats


@dataclass(frozen=True, eq=False)
class Hindsight:
    """How the dates of past roadmaps have turned out.

    models : by name; the first is judged. alone : each feature by itself; pairs : each two that follow each
    other in one roadmap; together : everything that is known of one roadmap, judged run by run
    """

    pasts: tuple[PastRoadmap, ...] = field(repr=False)
    models: Mapping[str, Throughput | None]
    levels: tuple[float, ...]
    runs: int
    seed: int
    alone: tuple[Promises, ...] = field(repr=False)
    pairs: tuple[Promises, ...] = field(repr=False)
    together: tuple[Promises, ...] = field(repr=False)

    @property
    def model(self) -> str:
        """The name of the model that is judged."""
        return next(iter(self.models))

    @cached_property
    def promise_level(self) -> float:
        """The level that the sentence is about: 85 %, or the one next to it."""
        return min(self.levels, key=lambda level: (abs(level - USUAL_LEVEL), -level))

    def coverage(self, level: float, *, model: str | None = None, of: str = "alone") -> Coverage | None:
        """How many features were done by their date at a level; of : "alone", "pairs" or "together".

        The error is clustered by roadmap (see `coverage.clustered_error`), and never less than the binomial's; features of a
        single roadmap share their luck, and their error is at least this.
        """
        found = self._of(model, of)
        if not found:
            return None
        if level not in self.levels:
            raise Fault("look back", f"level = {quote(level)}", f"it was asked for {quote(list(self.levels))}")
        column = self.levels.index(level)
        held = np.concatenate([each.truth <= each.at_level[:, column] for each in found])
        cluster = np.unique(
            np.concatenate([np.full(len(each.truth), each.past) for each in found]), return_inverse=True
        )[1]
        share = float(held.mean())
        count = len(held) if of != "pairs" else len(found)
        least = float(np.sqrt(level * (1 - level) / count))
        return Coverage(
            level, int(held.sum()), len(held), share, max(clustered_error((held - share) / len(held), cluster), least)
        )

    def horizon(self, model: str | None = None) -> float | None:
        """How many times as far away as the real day the date at the promise level was: the median over features."""
        found = self._of(model, "alone")
        column = self.levels.index(self.promise_level)
        ratios = [ratio for each in found for ratio in each.at_level[:, column] / each.truth]
        return float(np.median(ratios)) if ratios else None

    @property
    def sentence(self) -> str:
        """What was found, in one plain sentence."""
        held = self.coverage(self.promise_level)
        if held is None:
            return "No feature of a past roadmap is known to be done, so no date can be judged."
        roadmaps = len({each.past for each in self._of(None, "alone")})
        error = f", give or take {give_or_take(held)}" if roadmaps > 1 else ""
        features = (
            "the one feature whose end is known" if held.count == 1 else f"{held.count} features whose end is known"
        )
        verb = "was" if held.held == 1 else "were"
        return (
            f"Of {features}, {held.held or 'none'} {verb} done by {'its' if held.count == 1 else 'their'} "
            f"{100 * held.level:g} % date ({100 * held.share:.0f} %{error})." + self._say_undated("alone")
        )

    def undated(self, model: str | None = None, of: str = "alone") -> int:
        """How many got no date at the promise level; they cannot be missed, and count as held."""
        column = self.levels.index(self.promise_level)
        return sum(int(np.isinf(each.at_level[:, column]).sum()) for each in self._of(model, of))

    def _say_undated(self, of: str) -> str:
        count = self.undated(of=of)
        if not count:
            return ""
        return f" {count} of them had no such date, which cannot be missed, and {'counts' if count == 1 else 'count'} as held."

    @property
    def meaning(self) -> str:
        """How far away the dates were, and what became of whole roadmaps."""
        ratio, joint = self.horizon(), self.coverage(self.promise_level, of="together")
        if ratio is None or joint is None:
            return ""
        far = (
            f"{ratio:.1f} times as far away as the real one"
            if np.isfinite(ratio)
            else "beyond what the forecast looks at"
        )
        level = f"{100 * self.promise_level:g} %"
        whole = "the roadmap" if joint.count == 1 else f"{joint.held or 'none'} of {joint.count} roadmaps"
        verb = "was" if joint.held == 1 or joint.count == 1 else "were"
        missed = " not" if joint.count == 1 and not joint.held else ""
        return (
            f"The typical {level} date was {far}; {whole} {verb}{missed} completely done by the joint {level} date."
            + self._say_undated("together")
        )

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values, ready for JSON."""
        held = self.coverage(self.promise_level)
        return {
            "provenance": {
                "runs": self.runs,
                "seed": self.seed,
                "levels": list(self.levels),
                "models": {name: model and model.describe() for name, model in self.models.items()},
                "version": __version__,
                "inputs_sha256": digest(
                    [(digest_inputs(past.roadmap, past.history), past.done) for past in self.pasts]
                ),
            },
            "summary": {
                "sentence": self.sentence,
                "meaning": self.meaning,
                "level": self.promise_level,
                **({} if held is None else tell_coverage(held)),
            },
            "models": [self._tell_model(name) for name in self.models],
            "features": [row for each in self._of(None, "alone") for row in self._tell_features(each)],
        }

    def _of(self, model: str | None, of: str) -> list[Promises]:
        name = self.model if model is None else model
        return [each for each in getattr(self, of) if each.model == name and len(each.truth)]

    def _tell_model(self, name: str) -> dict[str, Any]:
        told: dict[str, Any] = {"model": name, "is_judged": name == self.model, "horizon": _finite(self.horizon(name))}
        for of in ("alone", "pairs", "together"):
            found = self._of(name, of)
            places = (
                Places.joined(
                    [Places(each.place, np.full(len(each.place), 0), np.arange(len(each.place)), 1) for each in found]
                )
                if found
                else None
            )
            told[of] = {
                "roadmaps": len(found),
                "undated": self.undated(name, of),
                "coverage": {f"{level:g}": _tell(self.coverage(level, model=name, of=of)) for level in self.levels},
                "pit": places.histogram() if places else [],
            }
        return told

    def _tell_features(self, promises: Promises) -> list[dict[str, Any]]:
        past = self.pasts[promises.past]
        return [
            {
                "roadmap": past.name,
                "feature": name,
                "done": past.done[name].isoformat(),
                "days": float(promises.truth[k]),
                "days_at": {
                    f"{level:g}": _finite(day) for level, day in zip(self.levels, promises.at_level[k], strict=True)
                },
                "place": float(promises.place[k]),
            }
            for k, (name,) in enumerate(promises.features)
        ]


def _tell(held: Coverage | None) -> dict[str, Any] | None:
    return None if held is None else tell_coverage(held)


def _finite(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)


def look_back(
    pasts: Sequence[PastRoadmap],
    *,
    models: Any = None,
    levels: Sequence[float] = LEVELS,
    runs: int = RUNS,
    seed: int = 0,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Hindsight:
    """Forecast past roadmaps from what was known on their first day, and compare with when things were done: a `Hindsight`.

    models : as for `backtest`; None for each roadmap's own (or the default) beside the plain bootstrap of 12 sprints
    progress : called with (simulations done, all simulations)
    """
    pasts = read_list(pasts, "look back", "pasts")
    for past in pasts:
        if not isinstance(past, PastRoadmap):
            way_out = "give PastRoadmap(name, roadmap, history, done), as read_past makes them"
            raise Fault("look back", quote(past), way_out)
    levels = read_levels(levels)
    if not levels:
        raise Fault("look back", "levels = []", "give at least one level, like 0.85")
    runs, seed = read_count(runs, "look back", "runs", least=10), read_seed(seed, "look back")
    own: dict[str, Throughput | None] = {"as the roadmap says": None}
    named: Mapping[str, Throughput | None] = own | name_models([RIVALS[0]]) if models is None else name_models(models)
    judges: list[_Judge] = []
    for name, model in named.items():
        for k, past in enumerate(pasts):
            if progress is not None:
                progress(len(judges), len(named) * len(pasts))
            used = find_model(past.roadmap.throughput) if model is None else model
            told = simulate(past.roadmap, past.history, runs=runs, seed=seed, throughput=used, threads=threads)
            finish = told.finish[[told.features.index(each) for each in past.done]]
            judges.append(_Judge(name, k, past, finish, levels, seed))
    groups: dict[str, Callable[[range], list[tuple[int, ...]]]] = {
        "alone": lambda rows: [(row,) for row in rows],
        "pairs": lambda rows: list(pairwise(rows)),
        "together": lambda rows: [tuple(rows)] if rows else [],
    }
    found = {of: tuple(j.promises(group(range(len(j.record.done)))) for j in judges) for of, group in groups.items()}
    return Hindsight(tuple(pasts), named, levels, runs, seed, **found)


@dataclass(frozen=True)
class _Judge:
    """Compares the finishes (n, R) of one past roadmap with the truth."""

    model: str
    past: int
    record: PastRoadmap
    finish: Floats
    levels: tuple[float, ...]
    seed: int

    def promises(self, groups: Sequence[tuple[int, ...]]) -> Promises:
        """What was promised for groups of features, each done when its last one is."""
        names = tuple(self.record.done)
        days = [np.maximum(np.ceil(self.finish[list(group)].max(axis=0)), 1) for group in groups]
        truth = np.array([self.record.truth[list(group)].max() for group in groups])
        needed = [runs_needed(level, self.finish.shape[1]) - 1 for level in self.levels]
        labels = [tuple(names[row] for row in group) for group in groups]
        return Promises(
            model=self.model,
            past=self.past,
            features=tuple(labels),
            truth=truth,
            place=np.array(
                [pit(end, day, self._luck(label)) for end, day, label in zip(truth, days, labels, strict=True)]
            ),
            at_level=np.array([np.sort(day)[needed] for day in days]).reshape(-1, len(self.levels)),
        )

    def _luck(self, label: tuple[str, ...]) -> float:
        from forecast import draws

        out = np.empty((1, 1))
        keys = np.array([draws.key(self.seed, "hindsight-tie", self.record.name, *label)], np.uint64)
        draws.uniforms(keys, np.zeros(1, np.int64), 0, out)
        return float(out[0, 0])
