"""Placements: what a feature at each place of a roadmap comes to, counted over all runs.

Every place is either simulated, one after the other, or all are replayed, run by run, from one simulation of the lowest (see
`replay`). Both give the same counts: what is counted is counted in whole numbers, in whatever order.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from forecast import replay
from forecast.arrays import Floats, Ints, Longs
from forecast.compiling import is_kept
from forecast.outcome import Forecast
from forecast.plan import Index
from forecast.prospects import Claims
from forecast.replay import EndlessError, Moves, Story
from forecast.roadmap import Roadmap
from forecast.simulation import PILOT_RUNS, Job, Progress, count_cores, prepare
from forecast.slip import subtract

FINE = 2.0**20
"""Slips are added up in whole parts of a day, of which there are so many: a sum that does not depend on its order."""

PATIENCE, PATIENCE_COMPILING = 1.0, 60.0
"""Seconds of simulating that are not worth a replay: to load it, or to compile it first."""


class Counts(NamedTuple):
    """What is counted at some places: S of them, D promises, R runs.

    own : (S, R) finishes of the feature itself
    held, late, never : (S, D) runs that keep each promise, working days after it, and runs that never finish
    all_hold : (S,) runs that keep all promises
    slip, unpaired : (S,) slips of the other features added up, in parts of a day; how often only one of a pair is finished
    """

    own: Floats
    held: Longs
    late: Longs
    never: Longs
    all_hold: Longs
    slip: Longs
    unpaired: Longs

    @classmethod
    def of_none(cls, places: int, promises: int, runs: int) -> Counts:
        """Nothing has been counted yet."""
        tables = [np.zeros((places, promises), np.int64) for _ in range(3)]
        return cls._make([np.empty((places, runs)), *tables, *(np.zeros(places, np.int64) for _ in range(3))])

    def add(self, other: Counts, runs: Longs | slice) -> None:
        """Add what was counted in some of the runs."""
        self.own[:, runs] = other.own
        for mine, more in zip(self[1:], other[1:], strict=True):
            mine += more


@dataclass(frozen=True, eq=False)
class Stakes:
    """What a place is judged by. Rows are features in the order of some roadmap.

    own : row of the feature that is placed
    rows, due : (D,) promises, and their last working days
    before : (F, R) finishes before the edit, where slips are counted, nan for a feature that is new; None where they are not
    """

    own: int
    rows: Longs
    due: Longs
    before: Floats | None

    @classmethod
    def of(cls, roadmap: Roadmap, name: str, before: Forecast | None) -> Stakes:
        """What is at stake on a roadmap; before : where slips against it are counted."""
        names = [feature.name for feature in roadmap.features]
        promises = [(row, each.due) for row, each in enumerate(roadmap.features) if each.is_promise and each.due]
        finish = None
        if before is not None:
            finish = np.full((len(names), before.runs), np.nan)
            for row, each in enumerate(names):
                if each != name and each in before.features:
                    finish[row] = before.finish[before.features.index(each)]
        return cls(
            own=names.index(name),
            rows=np.array([row for row, _ in promises], np.int64),
            due=np.array([roadmap.clock.days_until(due) for _, due in promises], np.int64),
            before=finish,
        )

    @cached_property
    def _promise_of(self) -> Longs:
        promise_of = np.full(1 + max([self.own, *self.rows.tolist()]), -1)
        promise_of[self.rows] = np.arange(len(self.rows))
        return promise_of

    def count(self, finish: Floats, runs: Longs) -> Counts:
        """One place, of which the finish matrix (F, R) of some runs (R,) is given."""
        held, late, never = _weigh(finish[self.rows], self.due[:, None])
        slip, unpaired = np.zeros(1, np.int64), np.zeros(1, np.int64)
        if self.before is not None:
            parts = _split(finish, self.before[:, runs])
            slip, unpaired = (part.sum(keepdims=True).ravel() for part in parts)
        tables = [table.sum(axis=1)[None] for table in (held, late, never)]
        return Counts._make([finish[[self.own]], *tables, held.all(axis=0).sum(keepdims=True), slip, unpaired])

    def count_story(self, story: Story, kept: NDArray[np.bool_], places: int, runs: Longs) -> Counts:
        """All places of those runs of a story that are kept; runs : (R,) the numbers of its runs."""
        first = self.count(story.finish, runs)
        held = _weigh(story.finish[self.rows], self.due[:, None])[0]
        counts = Counts.of_none(places, len(self.rows), len(runs))
        broken = np.zeros((places, len(runs)), np.int64)
        broken[0] = (~held).sum(axis=0)
        if not kept.all():
            first = self.count(story.finish[:, kept], runs[kept])
        for mine, more in zip(counts[1:], first[1:], strict=True):
            mine[0] = more[0]
        run, step, feature, day, before = story.changes
        run = run - story.first
        chosen = kept[run]
        counts.own[:] = np.nan
        counts.own[0] = story.finish[self.own]
        is_own = feature == self.own
        counts.own[step[is_own], run[is_own]] = day[is_own]
        for place in range(1, places):
            np.copyto(counts.own[place], counts.own[place - 1], where=np.isnan(counts.own[place]))
        if self.before is not None:
            at = np.flatnonzero(chosen & ~is_own)
            pairs = self.before[feature[at], runs[run[at]]]
            for sign, days in ((1, day), (-1, before)):
                for total, part in zip((counts.slip, counts.unpaired), _split(days[at], pairs), strict=True):
                    np.add.at(total, step[at], sign * part)
        promise = np.full(len(feature), -1)
        is_known = feature < len(self._promise_of)
        promise[is_known] = self._promise_of[feature[is_known]]
        at = np.flatnonzero(chosen & (promise >= 0))
        run, step, promise = run[at], step[at], promise[at]
        for sign, days in ((1, day), (-1, before)):
            weighed = _weigh(days[at], self.due[promise])
            for table, weight in zip((counts.held, counts.late, counts.never), weighed, strict=True):
                np.add.at(table, (step, promise), sign * weight.astype(np.int64))
            np.add.at(broken, (step, run), -sign * weighed[0].astype(np.int64))
        for total in (*counts[1:4], *counts[5:], broken):
            np.cumsum(total, axis=0, out=total)
        counts.all_hold[:] = (broken[:, kept] == 0).sum(axis=1)
        return counts._replace(own=counts.own[:, kept])


def _weigh(finish: Floats, due: Longs) -> tuple[NDArray[np.bool_], Longs, NDArray[np.bool_]]:
    """Whether each finish keeps its promise, by how many days it misses it, and whether it never comes."""
    day = np.maximum(np.ceil(finish), 1)
    never = np.isinf(day)
    late = np.maximum(np.where(never, due, day) - due, 0).astype(np.int64)
    return day <= due, late, never


def _split(finish: Floats, before: Floats) -> tuple[Longs, Longs]:
    """Each slip in parts of a day, and whether one of its pair is never finished; nothing where there was none before."""
    slip = subtract(finish, before)
    unpaired = np.isinf(slip)
    slip[unpaired | np.isnan(before)] = 0.0
    return np.rint(slip * FINE).astype(np.int64), unpaired.astype(np.int64)


@dataclass(frozen=True, eq=False)
class Tour:
    """A feature at places from the lowest up, replayed one after the other.

    job : of the lowest place; moves : from place to place; stakes : by what they are judged, rows as in `job`
    """

    job: Job
    hopeful: Claims
    moves: Moves
    stakes: Stakes
    runs: int
    threads: int

    @classmethod
    def of(cls, before: Forecast, lowest: Roadmap, stakes: Stakes) -> Tour:
        """The places of the feature that stands last on a roadmap."""
        asked = before.simulate.keywords  # type: ignore[attr-defined]
        settings = {key: asked[key] for key in ("history", "runs", "seed", "horizon")}
        job, prospects = prepare(lowest, model=asked["throughput"], **settings)
        hopeful = ~prospects.is_never
        threads = count_cores() if asked["threads"] is None else asked["threads"]
        return cls(job, hopeful, find_moves(job.index, lowest.features[-1].name), stakes, before.runs, threads)

    @property
    def places(self) -> int:
        """Number of places."""
        return len(self.moves.first)

    @cached_property
    def until(self) -> Ints | None:
        """The last place at which each node matters to what is counted; None where every slip is."""
        if self.stakes.before is not None:
            return None
        return replay.find_matters(self.job.plan, self.moves, {self.stakes.own, *self.stakes.rows.tolist()})

    @cached_property
    def seconds(self) -> float:
        """About how long it takes to simulate every place, judged by the first runs of the lowest."""
        pilot = np.arange(min(PILOT_RUNS, self.runs), dtype=np.int64)
        self.job.play(pilot, self.hopeful)  # once for nothing: what is made once is not what each run costs
        begin = time.perf_counter()
        self.job.play(pilot, self.hopeful)
        return (time.perf_counter() - begin) / len(pilot) * self.runs * self.places / self.threads

    @cached_property
    def is_long(self) -> bool:
        """Whether to simulate every place takes so long that a replay is tried, which is compiled for it where it is not yet."""
        return self.places > 1 and self.seconds >= (PATIENCE_COMPILING if needs_compiling() else PATIENCE)

    @property
    def compiles(self) -> bool:
        """Whether to ask if a replay is worth it compiles it first."""
        return needs_compiling() and self.is_long

    @cached_property
    def is_worth_it(self) -> bool:
        """Whether to replay is quicker than to simulate each place, judged by the first runs."""
        if not self.is_long:
            return False
        pilot = np.arange(min(PILOT_RUNS, self.runs), dtype=np.int64)
        try:
            self._play(pilot[:1])
            begin = time.perf_counter()
            self._play(pilot)
        except EndlessError:
            return False
        return (time.perf_counter() - begin) / len(pilot) * self.runs / self.threads < self.seconds

    def play(self, progress: Progress | None = None) -> Counts | None:
        """What is counted at all places; None when a run cannot be replayed."""
        try:
            return self._play_all(progress)
        except EndlessError:
            return None

    def _play_all(self, progress: Progress | None) -> Counts:
        total = Counts.of_none(self.places, len(self.stakes.rows), self.runs)
        every = np.arange(self.runs, dtype=np.int64)
        pieces = [every[at : at + PIECE] for at in range(0, self.runs, PIECE)]
        done = 0
        with ThreadPoolExecutor(self.threads, thread_name_prefix="forecast") as pool:
            for future in as_completed([pool.submit(self._play, piece) for piece in pieces]):
                for runs, counts in future.result():
                    total.add(counts, runs)
                    done += len(runs)
                if progress is not None:
                    progress(done * self.places // self.runs, self.places)
        return total

    def _play(self, runs: Longs) -> list[tuple[Longs, Counts]]:
        """What is counted in some runs; those that leave something unfinished at any place are played on, as in `Job.play`."""
        counted = []
        for horizon in self.job.horizons:
            plan, dice = self.job.stage(horizon)
            again = []
            per_run = 8 * plan.team_cadence.shape[0] * plan.edges.shape[1]
            size = min(max(CHUNK_BYTES // per_run, LEAST_CHUNK), MOST_CHUNK)
            for at in range(0, len(runs), size):
                chunk = runs[at : at + size]
                for story in replay.replay(plan, dice.roll(chunk), self.moves, until=self.until):
                    told = chunk[story.first : story.first + story.finish.shape[1]]
                    kept: NDArray[np.bool_] = np.ones(len(told), bool)
                    if horizon < self.job.horizons[-1]:
                        kept &= np.isfinite(story.finish[self.hopeful]).all(axis=0)
                        cut = np.isinf(story.changes.day) & self.hopeful[story.changes.feature]
                        kept[story.changes.run[cut] - story.first] = False
                    counted.append((told[kept], self.stakes.count_story(story, kept, self.places, told)))
                    again.append(told[~kept])
            runs = np.concatenate(again) if again else runs[:0]
            if not len(runs):
                break
        return counted


PIECE = 512
"""Runs that a thread plays before it reports."""

CHUNK_BYTES, LEAST_CHUNK, MOST_CHUNK = 16_000_000, 64, 256
"""Bytes of capacity that are drawn at once, within these numbers of runs."""


def find_moves(index: Index, name: str) -> Moves:
    """How the parts of the last feature of a roadmap rise to the top, past one feature with work in its lanes at a time."""
    mine = {index.part_lane[part]: part for part, (feature, _) in enumerate(index.parts) if feature == name}
    passed: dict[str, list[tuple[int, int]]] = {}
    for part, (feature, _) in enumerate(index.parts):
        if feature != name and index.part_lane[part] in mine:
            passed.setdefault(feature, []).append((mine[index.part_lane[part]], part))
    steps = [passed[feature] for feature in reversed(index.features) if feature in passed]
    pairs = np.array([pair for step in steps for pair in step], np.int32).reshape(-1, 2)
    first = np.cumsum([0, *map(len, steps)]).astype(np.int32)
    return Moves(first, np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1]))


def needs_compiling() -> bool:
    """True when the first replay on this machine has to compile its kernel first (once)."""
    return not is_kept(replay._replay)


def find_tour(
    before: Forecast, name: str, places: Sequence[Roadmap], stakes: Callable[[Roadmap], Stakes]
) -> Tour | None:
    """The tour of all places, when it is possible: the highest and the lowest differ only by where the feature stands.

    places : the edited roadmaps of the highest and the lowest place
    """
    highest, lowest = places
    if before.is_alone or before.simulate.keywords["executor"] is not None:  # type: ignore[attr-defined]
        return None
    if lowest.features[-1].name != name or highest.features != (lowest.features[-1], *lowest.features[:-1]):
        return None
    others = [feature.name for feature in before.roadmap.features if feature.name != name]
    if [feature.name for feature in lowest.features[:-1]] != others:
        return None
    alike = ("teams", "risks", "start", "days_off", "growth", "unit", "sprint_days", "handoff")
    if any(getattr(highest, each) != getattr(lowest, each) for each in alike):
        return None
    return Tour.of(before, lowest, stakes(lowest))
