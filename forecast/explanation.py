"""Explanation: where the days until each feature go, and which team or external binds it.

In each run, one walks back from the end of a feature along its critical chain: from whatever ended last to whatever held
that one to the last, and so on to the start. Every working day until the finish lies on this chain exactly once, so the days
add up to the finish. (Kelley and Walker, "Critical-path planning and scheduling", 1959, with queues for capacity added.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from forecast import engine, ledger
from forecast.arrays import Floats, Longs, Plan, Trace
from forecast.compiling import is_kept
from forecast.errors import Fault, did_you_mean, quote
from forecast.feature import External
from forecast.outcome import Forecast
from forecast.simulation import LEAST_CHUNK, Job

if TYPE_CHECKING:
    import polars as pl

WORK, QUEUE, EXTERNAL, HANDOFF, NOT_BEFORE = "work", "queue", "external", "hand-off", "not before"
KINDS = (WORK, QUEUE, EXTERNAL, HANDOFF, NOT_BEFORE)
TEAM = "team"
CHUNK_ENTRIES, BLOCK_ENTRIES = 800_000, 4_000_000


@dataclass(frozen=True)
class Stretch:
    """Days on the critical chain of a feature that have one reason.

    kind : "work" (the team has a part in hand, days off included), "queue" (the part could start, but the team has more
        important work), "external" (its days), "hand-off" (until the next sprint begins, lags, delays by risks) or
        "not before" (a stated day has not come)
    name : the team or the external; empty for hand-offs and dates, which belong to nobody
    days : mean working days, over the runs in which the feature is finished
    """

    kind: str
    name: str
    days: float


@dataclass(frozen=True)
class Binder:
    """Who holds a feature: a team or an external, or hand-offs or a date, and in what share of the runs it is finished in.

    kind : "team", "external", "hand-off" or "not before"; name as in `Stretch`
    """

    kind: str
    name: str
    share: float


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why each feature ends when it does.

    features : names of the rows
    holders : (kind, name) of all that can hold a feature: teams, externals, hand-offs, dates
    days : (features, holders, 2) mean working days on the critical chain; of a team first work, then queue
    bound, last : (features, holders) share of the finished runs; see `bound_by` and `last`
    """

    features: tuple[str, ...]
    holders: tuple[tuple[str, str], ...]
    days: Floats
    bound: Floats
    last: Floats

    def bound_by(self, name: str) -> Binder | None:
        """Who binds a feature: who holds the most days of its critical chain, in the largest share of the runs.

        Work and queue of a team count together. None for what is never finished, or takes no time.
        """
        return self._most(self.bound[self._row(name)])

    def ended_by(self, name: str) -> Binder | None:
        """Who finishes a feature: the team whose part of it ends last, in the largest share of the runs.

        Of an external it is the external itself, of a milestone the last of what it waits for. Ties go to the team that
        stands first. None for what is never finished, or waits for nobody.
        """
        return self._most(self.last[self._row(name)])

    def stretches(self, name: str) -> tuple[Stretch, ...]:
        """Where the days until a feature go, the most first; together they are its mean finish."""
        found = []
        for (kind, holder), (first, second) in zip(self.holders, self.days[self._row(name)].tolist(), strict=True):
            found += [Stretch(WORK if kind == TEAM else kind, holder, first), Stretch(QUEUE, holder, second)]
        return tuple(sorted((each for each in found if each.days > 1e-9), key=lambda each: -each.days))

    def table(self) -> pl.DataFrame:
        """A row per feature: bound_by and ended_by with their shares, then the mean days by kind; together its mean finish."""
        import polars as pl

        rows = []
        for told in self.to_list():
            row = {"feature": told["name"]}
            for key in ("bound_by", "ended_by"):
                of = told[key] or {"kind": None, "name": None, "share": None}
                row |= {key: of["name"] or of["kind"], f"{key}_share": of["share"]}
            rows.append(row | told["days"])
        text, number = pl.String(), pl.Float64()
        columns = ("feature", "bound_by", "bound_by_share", "ended_by", "ended_by_share", *KINDS)
        schema = {name: text if name in ("feature", "bound_by", "ended_by") else number for name in columns}
        return pl.DataFrame(rows, schema=schema).rename({HANDOFF: "handoff", NOT_BEFORE: "not_before"})

    def to_list(self) -> list[dict[str, Any]]:
        """The whole explanation as plain values, ready for JSON: an entry per feature."""
        return [self._tell(name) for name in self.features]

    def _tell(self, name: str) -> dict[str, Any]:
        stretches = self.stretches(name)
        bound, ended = self.bound_by(name), self.ended_by(name)
        return {
            "name": name,
            "bound_by": bound and {"kind": bound.kind, "name": bound.name, "share": bound.share},
            "ended_by": ended and {"kind": ended.kind, "name": ended.name, "share": ended.share},
            "days": {kind: sum((each.days for each in stretches if each.kind == kind), 0.0) for kind in KINDS},
            "stretches": [{"kind": each.kind, "name": each.name, "days": each.days} for each in stretches],
        }

    def _most(self, shares: Floats) -> Binder | None:
        holder = int(np.argmax(shares))
        return Binder(*self.holders[holder], float(shares[holder])) if shares[holder] > 0 else None

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.features)}

    def _row(self, name: str) -> int:
        if name not in self._rows:
            raise Fault("explanation", f"feature {quote(name)}", "no such feature." + did_you_mean(name, self._rows))
        return self._rows[name]


def explain(forecast: Forecast, progress: Callable[[int, int], None] | None = None) -> Explanation:
    """Why each feature of a forecast ends when it does: an `Explanation`.

    All runs are played once more, with a trace of every part. Takes twice as long as the simulation of the example, and ten
    times as long with 300 features of 20 teams that wait for 1.5 others each.

    progress : called with (runs done, all runs)

    Raises Fault for a joint forecast, and for that of each feature alone.
    """
    if forecast.joint or forecast.is_alone:
        what = "a joint forecast" if forecast.joint else "the forecast of each feature alone"
        raise Fault("explain", what, "give the forecast of the whole roadmap")
    walk = _Walk(forecast)
    done = 0
    for runs, horizon in gather_runs(forecast, walk.parts):
        walk.go(runs, horizon)
        done += len(runs)
        if progress is not None:
            progress(done, forecast.runs)
    return walk.explanation()


def needs_compiling() -> bool:
    """True when the first explanation on this machine has to compile the ledger first (about ten seconds, once)."""
    return not is_kept(ledger._account)


def gather_runs(forecast: Forecast, parts: int, least: float = 0.0) -> Iterator[tuple[Longs, float]]:
    """The runs in chunks, with a horizon behind all that is finished in them: most runs need only a near one.

    parts : of the roadmap, by which the chunks are sized; least : the nearest horizon that will do
    """
    latest = np.where(np.isfinite(forecast.finish), forecast.finish, 0.0).max(axis=0, initial=0.0)
    size = max(LEAST_CHUNK, CHUNK_ENTRIES // max(parts, 1))
    reached, horizon = -1.0, max(float(np.ceil(np.quantile(latest, 0.9))) + 1, least)
    while reached < latest.max():
        horizon = min(horizon, forecast.horizon)  # what the forecast did not see finished is not finished here either
        until = horizon - 1 if horizon < forecast.horizon else np.inf
        runs = np.flatnonzero((latest > reached) & (latest <= until))
        yield from ((runs[at : at + size], horizon) for at in range(0, len(runs), size))
        reached, horizon = until, 2 * horizon


class _Walk:
    """The walk back along the critical chains, and the sums of all runs gone so far. H holders: teams, externals, two more.

    days : (F, H, 2); bound, last : (F, H) runs; finished : (F,) runs
    """

    def __init__(self, forecast: Forecast) -> None:
        self.forecast = forecast
        self.job = Job(forecast.roadmap, forecast.history, forecast.model, forecast.seed, ())
        features, teams = forecast.roadmap.features, forecast.roadmap.teams
        externals = [feature.name for feature in features if isinstance(feature, External)]
        self.holders = [*((TEAM, team.name) for team in teams), *((EXTERNAL, name) for name in externals)]
        self.handoff = len(self.holders)
        self.holders += [(HANDOFF, ""), (NOT_BEFORE, "")]
        self.parts = len(self.job.index.parts)
        places = {name: len(teams) + place for place, name in enumerate(externals)}
        self.external = np.array([places.get(feature.name, -1) for feature in features], np.int64)
        self.has_parts = np.bincount(self.job.plan.part_feature, minlength=len(features)) > 0
        self.days = np.zeros((len(features), len(self.holders), 2))
        self.bound = np.zeros((len(features), len(self.holders)), np.int64)
        self.last = np.zeros((len(features), len(self.holders)), np.int64)
        self.finished = np.zeros(len(features), np.int64)

    def go(self, runs: Longs, horizon: float) -> None:
        """Play some runs again and add what holds each feature in them."""
        plan, dice = self.job.stage(horizon)
        luck = dice.roll(runs)
        trace = Trace(*(np.empty((self.parts, len(runs))) for _ in range(2)))
        finish = engine.play(plan, luck, trace)
        book = ledger.account(plan, luck, trace, finish)
        hold = np.broadcast_to(luck.hold, (len(runs), len(finish))).T
        play = _Play(np.vstack([trace.end, finish]), trace.startable, hold, book)
        size = max(1, BLOCK_ENTRIES // (2 * len(self.holders) * len(runs)))
        for first in range(0, len(finish), size):
            self._add(range(first, min(first + size, len(finish))), np.isfinite(finish), plan, play)

    def _add(self, rows: range, is_finished: NDArray[np.bool_], plan: Plan, play: _Play) -> None:
        """Walk back from the ends of some features in the runs that finish them: one chain for each, sorted by feature."""
        row, run = np.nonzero(is_finished[rows.start : rows.stop])
        days = np.zeros((len(row), len(self.holders), 2))
        node = self.parts + rows.start + row
        last = np.full(len(row), -1)
        at = np.arange(len(row))
        while len(at):
            holder = self._hold(at, run[at], node[at], plan, play, days)
            last[at] = np.where((last[at] < 0) & (holder >= 0), holder, last[at])
            node[at] = play.book.binder[node[at], run[at]]
            at = at[node[at] >= 0]
        held = days.sum(axis=2)
        most = np.where(held.max(axis=1, initial=0.0) > ledger.ON_THE_DAY, held.argmax(axis=1), -1)
        edges = np.searchsorted(row, np.arange(len(rows) + 1))
        for feature, (begin, end) in zip(rows, pairwise(edges.tolist()), strict=True):
            self.days[feature] += days[begin:end].sum(axis=0)
            self.finished[feature] += end - begin
            for counts, chosen in ((self.bound, most[begin:end]), (self.last, last[begin:end])):
                counts[feature] += np.bincount(chosen[chosen >= 0], minlength=len(self.holders))

    def _hold(self, at: Longs, run: Longs, node: Longs, plan: Plan, play: _Play, days: Floats) -> Longs:
        """Book the days that each node holds, and those between it and what bound it; returns who holds them, -1 for nobody.

        at, run, node : (n,) row of `days`, run and node of each chain that is not at its start
        """
        is_part = node < self.parts
        part, feature = np.where(is_part, node, 0), np.where(is_part, 0, node - self.parts)
        end = play.end[node, run]
        begun = np.where(is_part, play.startable[part, run] if self.parts else end, end)
        is_held = ~is_part & ~self.has_parts[feature]
        begun = np.where(is_held, np.maximum(end - play.hold[feature, run], 0.0), begun)
        holder = np.where(is_held, self.external[feature], -1)
        if self.parts:
            holder[is_part] = plan.part_team[part[is_part]]
            queue = play.book.queueing[part, run]
            days[at[is_part], holder[is_part], 0] += (end - begun - queue)[is_part]
            days[at[is_part], holder[is_part], 1] += queue[is_part]
        held_by = np.where(holder >= 0, holder, self.handoff)
        days[at[~is_part], held_by[~is_part], 0] += (end - begun)[~is_part]
        bound = play.book.binder[node, run]
        before = np.where(bound >= 0, play.end[bound, run], 0.0)
        days[at, np.where(bound >= 0, self.handoff, self.handoff + 1), 0] += begun - before
        return holder

    def explanation(self) -> Explanation:
        """What the runs come to."""
        count = np.maximum(self.finished, 1)[:, None]
        return Explanation(
            features=self.forecast.features,
            holders=tuple(self.holders),
            days=self.days / count[:, :, None],
            bound=self.bound / count,
            last=self.last / count,
        )


@dataclass(frozen=True, eq=False)
class _Play:
    """What happened in some runs. end : (N, R); startable : (P, R); hold : (F, R)."""

    end: Floats
    startable: Floats
    hold: NDArray[np.float64]
    book: ledger.Ledger
