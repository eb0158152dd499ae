"""Simulation: many runs of one roadmap, in chunks, on any executor, each run the same wherever it is played."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, fields, replace
from functools import cached_property, partial
from typing import Any

import numpy as np

from forecast import draws, engine, wandering
from forecast.ancestry import Few, Group, find_groups, play_alone
from forecast.arrays import Floats, Longs, Luck, Parties, Plan
from forecast.calendar import lay_calendar
from forecast.compiling import is_kept
from forecast.dates import WORKING_DAYS_A_YEAR
from forecast.drift import Drift
from forecast.errors import Fault, quote
from forecast.executors import play_elsewhere
from forecast.history import History, check_history
from forecast.luck import Dice, find_parties, find_spare
from forecast.outcome import Forecast
from forecast.plan import Index, build_plan, set_calendar
from forecast.prospects import Claims, Prospects, find_prospects
from forecast.roadmap import Roadmap
from forecast.scope import Scope, find_scope
from forecast.throughput import Throughput, find_model
from forecast.values import MOST_RUNS, read_count, read_flag, read_number, read_seed

LONGEST_HORIZON = 20 * WORKING_DAYS_A_YEAR
LEAST_HORIZON = 60.0
TIMES_ALONE = 3.0
MORE_SPARE = 60
PILOT_RUNS = 32
CHUNK_BYTES = 8_000_000
LEAST_CHUNK = 64
MOST_IN_PIECE = 4096
PIECES_A_THREAD = 8
PIECES_ELSEWHERE = 64

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Job:
    """All that a process needs to play runs of one roadmap, small enough to be sent to it.

    horizons : working days, rising; a run that leaves something unfinished is played again at the next one
    is_alone : each feature is played with nothing on the roadmap but itself and what it waits for
    spare : how far capacity is drawn at the first horizon, see `Dice.roll_until`; farther at the next ones, and all of it at
        the last. It changes cost only
    """

    roadmap: Roadmap
    history: History
    model: Throughput
    seed: int
    horizons: tuple[float, ...]
    is_alone: bool = False
    spare: float = math.inf

    def __getstate__(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @cached_property
    def index(self) -> Index:
        """The names of the roadmap as indices."""
        return Index(self.roadmap)

    @cached_property
    def plan(self) -> Plan:
        """The arrays of the roadmap, as yet without a calendar."""
        return build_plan(self.index)

    @cached_property
    def scope(self) -> Scope:
        """What is drawn besides throughput."""
        return find_scope(self.index, self.seed)

    @cached_property
    def parties(self) -> Parties:
        """The teams, by who may have to wait for whom."""
        return find_parties(self.plan)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Features that are played at the same time when each is played alone."""
        return find_groups(self.plan) if self.is_alone else ()

    @cached_property
    def _alone(self) -> dict[float, list[Few]]:
        return {}

    @cached_property
    def _stages(self) -> dict[float, tuple[Plan, Dice]]:
        return {}

    def stage(self, horizon: float) -> tuple[Plan, Dice]:
        """The plan and the dice that reach to a horizon; made once in each process."""
        if horizon not in self._stages:
            calendar = lay_calendar(self.roadmap, horizon)
            teams = [team.name for team in self.roadmap.teams]
            source = self.model.bind(self.history, teams, self.seed, calendar.supply)
            self._stages[horizon] = set_calendar(self.plan, calendar, horizon), Dice(source, self.scope)
        return self._stages[horizon]

    def play(self, runs: Longs, hopeful: Claims, finish: Floats | None = None) -> Floats:
        """The finish matrix (F, R) of the given runs (R,), written into `finish` when that is given.

        hopeful : (F,) features whose being unfinished is a reason to play on to a longer horizon
        """
        if finish is None:
            finish = np.empty((len(self.roadmap.features), len(runs)))
        self.play_on(runs, self.begin(runs, hopeful, finish), hopeful, finish)
        return finish

    def begin(self, runs: Longs, hopeful: Claims, finish: Floats) -> Longs:
        """As `play`, but only up to the first horizon; returns the places (n,) of the runs that are to be played on."""
        return self._play_turn(runs, None, hopeful, finish, *self._turns(hopeful)[0])

    def play_on(self, runs: Longs, left: Longs, hopeful: Claims, finish: Floats) -> None:
        """Play the runs at the places `left` (n,) again, farther and farther, as long as something hopeful is unfinished."""
        for horizon, spare in self._turns(hopeful)[1:]:
            if len(left):
                left = self._play_turn(runs, left, hopeful, finish, horizon, spare)

    def _turns(self, hopeful: Claims) -> list[tuple[float, float]]:
        """Horizon and `spare` of each time that a run is played."""
        spare, horizons = self.spare if hopeful.all() else math.inf, self.horizons
        if spare < math.inf and self.parties.waits.any() and len(horizons) > 1:
            horizons = (*horizons[:1], *horizons)  # what was left unfinished mostly lacked capacity, not days
        turns = []
        for horizon in horizons:
            turns.append((horizon, spare if horizon < horizons[-1] else math.inf))
            spare = 4 * spare + MORE_SPARE
        return turns

    def _play_turn(
        self, runs: Longs, left: Longs | None, hopeful: Claims, finish: Floats, horizon: float, spare: float
    ) -> Longs:
        again = []
        for chunk in self._chunks(len(runs), left, horizon):
            (plan, dice), few = self.stage(horizon), runs[chunk]
            luck = dice.roll(few) if spare == math.inf else dice.roll_until(few, plan, self.parties, spare)
            played = self._play(plan, luck)
            finish[:, chunk] = played
            latest = (played if hopeful.all() else played[hopeful]).max(axis=0, initial=0.0)
            again.append(np.arange(len(runs))[chunk][np.isinf(latest)])
        return np.concatenate(again)

    def _play(self, plan: Plan, luck: Luck) -> Floats:
        if not self.is_alone:
            return engine.play(plan, luck)
        if plan.horizon not in self._alone:
            self._alone[plan.horizon] = [Few.of(plan, group) for group in self.groups]
        return play_alone(self._alone[plan.horizon], luck)

    def _chunks(self, count: int, left: Longs | None, horizon: float) -> Iterator[slice | Longs]:
        """The runs 0 to count, or those that are left, in chunks whose capacity stays in the processor's cache."""
        plan, _ = self.stage(horizon)
        per_run = 8 * max(1, plan.team_cadence.shape[0]) * plan.edges.shape[1]
        size = LEAST_CHUNK * max(CHUNK_BYTES // per_run // LEAST_CHUNK, 1)
        if left is None:
            return (slice(at, at + size) for at in range(0, count, size))
        return (left[at : at + size] for at in range(0, len(left), size))

    def pieces(self, count: int) -> list[Longs]:
        """The runs 0 to count in pieces that are played at once."""
        runs = np.arange(count, dtype=np.int64)
        return [runs[chunk] for chunk in self._chunks(count, None, self.horizons[-1])]

    def lay_out(self, runs: Longs) -> tuple[Plan, Luck]:
        """The plan and the luck of the given runs at the longest horizon: what a kernel is played with by hand."""
        plan, dice = self.stage(self.horizons[-1])
        return plan, dice.roll(runs)


def simulate(
    roadmap: Roadmap,
    history: History,
    *,
    runs: int = 10_000,
    seed: int = 0,
    throughput: Any = None,
    horizon: float | None = None,
    threads: int | None = None,
    executor: Executor | None = None,
    alone: bool = False,
    progress: Progress | None = None,
) -> Forecast:
    """Simulate a roadmap: a `Forecast` of when each feature is finished.

    runs : simulated futures; seed : any whole number, the same seed gives the same luck
    throughput : a model (`Bootstrap(...)`), its name, or None for the roadmap's own, else the default
    horizon : working days after which a feature counts as never finished; None grows as needed, up to 20 years
    threads : None uses every core; executor : a `concurrent.futures.Executor` (processes, a cluster) instead of threads,
        which has to be alive as long as `again` is asked
    alone : play each feature with nothing on the roadmap but itself and what it waits for (see `Forecast.alone`)
    progress : called with (runs done, all runs) as pieces arrive

    The finish matrix is the same bit for bit whatever threads and executor are. Raises Fault when an argument is out of
    range or the model cannot serve the history.
    """
    if not isinstance(roadmap, Roadmap):
        raise Fault("simulate", f"roadmap = {quote(roadmap)}", "give a Roadmap, as forecast.read makes one")
    check_history(history, "simulate")
    history.check_shares({team.name: team.share for team in roadmap.teams})
    history = history.drawn()
    runs = read_count(runs, "simulate", "runs", least=1, most=MOST_RUNS)
    model = find_model(roadmap.throughput if throughput is None else throughput)
    seed, alone = read_seed(seed, "simulate"), read_flag(alone, "simulate", "alone")
    job, prospects = prepare(roadmap, history, runs=runs, seed=seed, model=model, horizon=horizon, alone=alone)
    hopeful = ~prospects.is_never
    finish = _play_all(job, hopeful, runs, threads, executor, progress)
    finish.flags.writeable = False
    again = partial(simulate, history=history, runs=runs, seed=seed, throughput=model, horizon=horizon, alone=alone)
    return Forecast(
        roadmap=roadmap,
        history=history,
        finish=finish,
        seed=seed,
        model=model,
        prospects=prospects,
        horizon=job.horizons[-1],
        simulate=partial(again, threads=threads, executor=executor),
        is_alone=alone,
    )


def _find_horizons(horizon: float | None) -> tuple[float, ...]:
    if horizon is not None:
        return (read_number(horizon, "simulate", "horizon", least=1, most=LONGEST_HORIZON),)
    return (float(LONGEST_HORIZON),)


def _double(horizon: float) -> tuple[float, ...]:
    """Horizons that double from the given one to the longest."""
    horizons = []
    while horizon < LONGEST_HORIZON:
        horizons.append(float(horizon))
        horizon *= 2
    return (*horizons, float(LONGEST_HORIZON))


def _look_ahead(job: Job, hopeful: Claims, runs: int) -> Job:
    """The job with a first horizon that most runs stay within, judged by a few of them; it changes cost, never results."""
    pilot = np.arange(min(PILOT_RUNS, runs), dtype=np.int64)
    job = _keep(job, replace(job, horizons=_double(_guess_horizon(job, pilot))))
    finish = job.play(pilot, hopeful)
    ends = finish[np.isfinite(finish)]
    if len(ends) == 0 or np.isinf(finish[hopeful]).any(axis=0).mean() > 0.5:
        horizons: tuple[float, ...] = (float(LONGEST_HORIZON),)  # most runs get there anyway
    else:
        wanted = np.ceil(1.12 * float(ends.max())) + 5
        horizons = _double(min((made for made in job._stages if wanted <= made <= 1.3 * wanted), default=wanted))
    plan, dice = job.stage(horizons[0])  # here, before several threads would all do it
    return _keep(job, replace(job, horizons=horizons, spare=find_spare(plan, job.parties, dice.roll(pilot), finish)))


def _keep(job: Job, changed: Job) -> Job:
    """The changed job with all that has been made for the job, which is the same for other horizons."""
    changed.__dict__.update(
        {name: getattr(job, name) for name in ("index", "plan", "scope", "parties", "groups", "_stages")}
    )
    return changed


def _guess_horizon(job: Job, runs: Longs) -> float:
    """Working days within which most runs are through: TIMES_ALONE what a team takes at its past pace, never waiting."""
    sizes, horizon = job.scope.draw(runs)[0].mean(axis=0), LEAST_HORIZON
    for team, first, end in zip(job.roadmap.teams, job.plan.team_part, job.plan.team_part[1:], strict=False):
        guess, rows = job.history.guess(team.name), job.model.used(job.history, team.name)
        pace = guess.mean if guess is not None else sum(row.done for row in rows) / max(len(rows), 1)
        weekdays = (team.sprint_days or job.roadmap.sprint_days) * 5 / 7
        if pace > 0:
            horizon = max(horizon, TIMES_ALONE * float(sizes[first:end].sum()) / pace * weekdays)
    return float(min(math.ceil(horizon), LONGEST_HORIZON))


def _play_all(
    job: Job, hopeful: Claims, runs: int, threads: int | None, executor: Executor | None, progress: Progress | None
) -> Floats:
    finish = np.empty((len(job.roadmap.features), runs))
    threads = count_cores() if threads is None else read_count(threads, "simulate", "threads", least=1)
    done = 0
    played = (
        _play_here(job, hopeful, finish, threads)
        if executor is None
        else play_elsewhere(job, hopeful, finish, executor, _spans(runs, PIECES_ELSEWHERE))
    )
    for count in played:
        done += count
        if progress is not None:
            progress(done, runs)
    return finish


def _spans(runs: int, pieces: int) -> list[tuple[int, int]]:
    """The runs in about so many pieces, none of them very small or very large: first, and one behind the last."""
    size = max(LEAST_CHUNK, min(-(-runs // pieces), MOST_IN_PIECE))
    return [(lo, min(lo + size, runs)) for lo in range(0, runs, size)]


def _play_here(job: Job, hopeful: Claims, finish: Floats, threads: int) -> Iterator[int]:
    """Play all runs in threads of this process, straight into the matrix; tells how many runs each piece had."""

    count = finish.shape[1]

    def begin(lo: int, hi: int) -> tuple[int, Longs]:
        left = job.begin(np.arange(lo, hi, dtype=np.int64), hopeful, finish[:, lo:hi])
        return hi - lo - len(left), lo + left

    def play_on(left: Longs) -> int:
        job.play_on(np.arange(count, dtype=np.int64), left, hopeful, finish)
        return len(left)

    spans = _spans(count, PIECES_A_THREAD * threads)
    pool = ThreadPoolExecutor(threads, thread_name_prefix="forecast") if threads > 1 and len(spans) > 1 else None
    try:
        begun = []
        for future in as_completed([pool.submit(begin, *span) for span in spans]) if pool else ():
            begun.append(future.result())
            yield begun[-1][0]
        for span in () if pool else spans:
            begun.append(begin(*span))
            yield begun[-1][0]
        left = np.sort(np.concatenate([places for _, places in begun]))  # few of each piece: together they take less
        yield from pool.map(play_on, np.array_split(left, threads)) if pool else [play_on(left)]
    finally:
        if pool:
            pool.shutdown(cancel_futures=True)


def count_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def needs_compiling(model: Throughput) -> bool:
    """True when the first simulation with a model has to compile its kernels first (about thirty seconds, once)."""
    drawing = wandering.drift if isinstance(model, Drift) else draws.bootstrap
    return not all(is_kept(kernel) for kernel in (engine._play, drawing))


def prepare(
    roadmap: Roadmap,
    history: History,
    *,
    runs: int,
    seed: int,
    model: Throughput,
    horizon: float | None,
    alone: bool = False,
) -> tuple[Job, Prospects]:
    """What `simulate` plays for a forecast of these settings, and what can be said of its features beforehand.

    Raises Fault as `simulate` does.
    """
    history.check_shares({team.name: team.share for team in roadmap.teams})
    busy = {team for feature in roadmap.features for team in getattr(feature, "work", ())}
    model.check(history, [team.name for team in roadmap.teams if team.name in busy])
    job = Job(roadmap, history, model, seed, _find_horizons(horizon), alone)
    prospects = find_prospects(job.index, history, model)
    return (_look_ahead(job, ~prospects.is_never, runs) if horizon is None else job), prospects
