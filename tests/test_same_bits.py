"""The same bits: how a simulation is carried out changes nothing, and every draw belongs to its name, its run and its date.

Threads, chunks, executors, the order of teams, a longer horizon and more runs leave each finish as it is, to the last bit.
Each test has a control: another seed, say, changes what is compared.
"""

from __future__ import annotations

import datetime as dt
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import cache
from random import Random
from typing import Any

import numpy as np
import pytest
from helpers import SEED
from numpy.typing import NDArray
from played import changed, job
from portfolios import seeded

import forecast as fc
from forecast import engine, executors, simulation
from forecast.calendar import lay_calendar
from forecast.roadmap import Link

MONDAY = dt.date(2026, 1, 5)
SPRINT = dt.timedelta(days=14)
DAY = dt.timedelta(days=1)
RUNS = 600
Bits = NDArray[np.float64]
Draws = dict[tuple[Any, ...], Bits]


# A portfolio with something of everything ------------------------------------------------------------------------------

TEAMS = [
    fc.Team("Web", wip=2, days_off=["2026-02-02", "2026-02-03"]),
    fc.Team("API", finish_started=True, share=0.8),
    fc.Team("Café", allocation={"Grow": 0.6, "Debt": 0.3}, sprint_days=21, sprint_start="2025-12-29"),
    fc.Team("Ops", sprint_start="2025-12-31", capacity=[fc.Capacity("2026-02-16", "2026-03-06", 0.5)]),
    fc.Team("Idle"),
]
FEATURES = [
    fc.Feature("Login", {"Web": (3, 5, 9), "API": fc.Part((2, 4, 12), shape="pert")}, growth=(0.9, 1.2, 2)),
    fc.External("Review", (2, 5, 12), after=[fc.After("Login", lag=(0, 1, 4))]),
    fc.Feature("Crème brûlée", {"Café": (4, 8, 10), "Web": 5}, after=["Login/API"], objective="Grow", started=True),
    fc.Feature("Checkout", {"Web": (2, 6, 7), "Ops": 4}, after=["Review"], due="2026-05-01"),
    fc.Feature("Ready", after=["Checkout", "Crème brûlée"]),
    fc.Feature("Search", {"API": (3, 3, 8)}, not_before="2026-02-11", objective="Debt"),
    fc.Feature("Cleaning", {"Café": 6, "Ops": (1, 2, 8)}, objective="Debt", growth=1),
    fc.Feature("Launch", {"Ops": 3, "API": 2}, after=[fc.After("Ready", handoff="immediate"), "Cleaning/Café"]),
    fc.Feature("Dream", {"Idle": 1}),
    fc.Feature("Reports", {"Café": (1, 2, 9), "Web": 2}),
]
RISKS = [
    fc.Risk("Vendor late", 0.3, {"Checkout/Web": (1, 3, 9)}, {"Review": (2, 4, 20)}),
    fc.Risk("Flu", 0.5, {"Reports/Café": 2, "Login/Web": 1}),
]
ROADMAP = fc.Roadmap(
    MONDAY, TEAMS, FEATURES, risks=RISKS, growth=(0.8, 1.1, 1.9), days_off=["2026-04-03", "2026-04-06"]
)
HISTORY = fc.History.from_counts(
    {"Web": [0, 3, 9, 5, 5], "API": [2, 7, 0, 4], "Café": [5, 1, 3, 8, 2, 0], "Ops": [4, 2, 0, 6], "Idle": [0, 0]}
)


def finish_of(
    roadmap: fc.Roadmap = ROADMAP, history: fc.History = HISTORY, *, seed: int = SEED, **options: Any
) -> Bits:
    """The finish matrix : (F, R)."""
    return fc.simulate(roadmap, history, **({"runs": RUNS, "throughput": fc.Bootstrap()} | options), seed=seed).finish


@cache
def plainly() -> Bits:
    """The finish matrix on one thread."""
    return finish_of(threads=1)


def test_the_portfolio_is_one_in_which_much_can_go_wrong() -> None:
    """Only the feature of the idle team never ends; hardly two runs of any other are equal; another seed differs."""
    never = [name for name, finish in zip(FEATURES, plainly(), strict=True) if np.isinf(finish).any()]
    assert [feature.name for feature in never] == ["Dream"]
    assert min(len(np.unique(finish)) for finish in plainly() if np.isfinite(finish).all()) > 100
    other = finish_of(seed=SEED + 1, threads=1)
    assert (other != plainly()).mean() > 0.8


# How it is carried out -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [1, 2, 3, 16, None])
def test_threads_change_nothing(threads: int | None) -> None:
    assert np.array_equal(finish_of(threads=threads), plainly())


@pytest.fixture
def chunks(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, float]]:
    """How many runs the engine was given, and up to which horizon, call by call."""
    given: list[tuple[int, float]] = []
    engine_play = engine.play

    def play(plan: Any, luck: Any, trace: Any = None) -> Bits:
        given.append((luck.capacity.shape[0], plan.horizon))
        return engine_play(plan, luck, trace)

    monkeypatch.setattr(engine, "play", play)
    return given


SETTINGS: list[dict[str, float]] = [
    {"CHUNK_BYTES": 1, "LEAST_CHUNK": 1},
    {"CHUNK_BYTES": 1, "LEAST_CHUNK": 7},
    {"CHUNK_BYTES": 20_000, "LEAST_CHUNK": 2},
    {"CHUNK_BYTES": 10**9, "LEAST_CHUNK": 10_000},
    {"PILOT_RUNS": 1},
    {"PILOT_RUNS": 1, "CHUNK_BYTES": 1, "LEAST_CHUNK": 3},
    {"PILOT_RUNS": RUNS + 1},
    {"TIMES_ALONE": 0.01, "LEAST_HORIZON": 1},
    {"LEAST_HORIZON": 5000},
]


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_chunks_pilots_and_first_horizons_change_nothing(
    setting: dict[str, float], threads: int, chunks: list[tuple[int, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    finish_of(threads=threads)
    usual = list(chunks)
    chunks.clear()
    for name, value in setting.items():
        monkeypatch.setattr(simulation, name, value)
    assert np.array_equal(finish_of(threads=threads), plainly())
    assert sorted(chunks) != sorted(usual)  # the setting has had an effect


def test_most_runs_may_need_a_longer_horizon_than_the_pilot_did(
    chunks: list[tuple[int, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pilot that looks at one run, on a team whose pace is uncertain: the others are played on, two or three times."""
    past = fc.History.from_counts({"Web": [0, 0, 0, 0, 40]})
    roadmap = fc.Roadmap(MONDAY, ["Web"], [fc.Feature("F", {"Web": 60})])
    plain = finish_of(roadmap, past, threads=1)
    assert sum(runs for runs, _ in chunks) < 2.2 * RUNS
    chunks.clear()
    monkeypatch.setattr(simulation, "PILOT_RUNS", 1)
    monkeypatch.setattr(simulation, "_double", lambda horizon: (11.0, 40.0, 90.0, 5220.0))
    assert np.array_equal(finish_of(roadmap, past, threads=1), plain)
    assert sum(runs for runs, _ in chunks) > 2.5 * RUNS
    assert plain.max() > 90


class Recording(Executor):
    """Hands everything on to another executor, and remembers which pieces took the inputs along."""

    def __init__(self, pool: Executor) -> None:
        self.pool = pool
        self.took_inputs: list[bool] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.took_inputs.append(len(args) > 3)
        return self.pool.submit(fn, *args, **kwargs)


class Forgetful(Recording):
    """Works at once, in this process, but like one that has never heard of the simulation."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.took_inputs.append(len(args) > 3)
        executors._jobs.clear()
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


@pytest.fixture(scope="module")
def processes() -> Iterator[ProcessPoolExecutor]:
    """Two fresh processes, which share nothing with this one."""
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


def test_an_executor_of_threads_changes_nothing() -> None:
    with ThreadPoolExecutor(3) as pool:
        recording = Recording(pool)
        assert np.array_equal(finish_of(executor=recording), plainly())
    assert len(recording.took_inputs) > 3
    assert not any(recording.took_inputs)  # all threads of a process share the inputs
    assert not executors._jobs  # and nothing is kept behind


def test_processes_that_do_not_hold_the_inputs_are_sent_them(processes: ProcessPoolExecutor) -> None:
    """Fresh processes answer that they know nothing, and are asked again with the inputs."""
    recording = Recording(processes)
    assert np.array_equal(finish_of(executor=recording), plainly())
    asked, sent = recording.took_inputs.count(False), recording.took_inputs.count(True)
    assert 1 <= sent <= asked
    assert not np.array_equal(finish_of(executor=processes, seed=SEED + 1), plainly())
    newest = fc.Bootstrap(window=3)
    assert np.array_equal(finish_of(executor=processes, throughput=newest), finish_of(throughput=newest))


def test_a_process_answers_for_what_it_holds_and_no_more(processes: ProcessPoolExecutor) -> None:
    made = job(ROADMAP, HISTORY, seed=SEED, horizon=400)
    hopeful = np.array([feature.name != "Dream" for feature in FEATURES])
    assert processes.submit(executors.play_piece, "never heard of it", 5, 25).result() is None
    piece = processes.submit(executors.play_piece, "a job", 5, 25, (made, hopeful)).result()
    assert (piece.lo, piece.hi) == (5, 25)
    assert np.array_equal(piece.finish, plainly()[:, 5:25])
    held = [processes.submit(executors.play_piece, "a job", 40, 60) for _ in range(4)]  # by one of the two at least
    assert all(got.result() is None or np.array_equal(got.result().finish, plainly()[:, 40:60]) for got in held)


def test_a_process_that_has_forgotten_the_inputs_is_sent_them_each_time() -> None:
    with ThreadPoolExecutor(1) as pool:
        forgetful = Forgetful(pool)
        assert np.array_equal(finish_of(executor=forgetful), plainly())
    assert forgetful.took_inputs.count(True) == forgetful.took_inputs.count(False) > 3


def test_random_portfolios_are_the_same_on_threads_in_chunks() -> None:
    """25 of them, 90 runs each."""
    for number in range(25):
        roadmap, history = seeded(SEED * 1000 + number)
        alone = finish_of(roadmap, history, runs=90, threads=1, horizon=200)
        assert np.array_equal(finish_of(roadmap, history, runs=90, threads=3, horizon=200), alone), (
            f"portfolio {number}"
        )


# What is in the file ---------------------------------------------------------------------------------------------------


def test_the_order_of_the_teams_changes_nothing() -> None:
    pick = Random(SEED)
    turned = fc.History(reversed(HISTORY.sprints))  # other sprints are now the oldest: other luck
    assert not np.array_equal(finish_of(history=turned), plainly())
    for _ in range(5):
        roadmap = changed(ROADMAP, teams=pick.sample(TEAMS, len(TEAMS)))
        by_team = [[row for row in HISTORY.sprints if row.team == team.name] for team in pick.sample(TEAMS, len(TEAMS))]
        assert np.array_equal(finish_of(roadmap, fc.History(row for rows in by_team for row in rows)), plainly())


def test_a_plain_and_a_composed_spelling_are_one_name() -> None:
    """Names are stripped and put into Unicode's composed form before they key a draw."""

    def spelt(text: str) -> str:
        return f"  {text.replace('é', 'e' + chr(0x301)).replace('û', 'u' + chr(0x302)).replace('è', 'e' + chr(0x300))} "

    teams = [changed(team, name=spelt(team.name)) for team in TEAMS]
    features = []
    for feature in FEATURES:
        values: dict[str, Any] = {"name": spelt(feature.name)}
        if isinstance(feature, fc.Feature):
            values["work"] = {spelt(team): part for team, part in feature.work.items()}
        features.append(changed(feature, **values))
    past = fc.History(fc.Sprint(spelt(row.team), None, None, row.done) for row in HISTORY.sprints)
    assert spelt("Café") != "Café"
    assert np.array_equal(finish_of(changed(ROADMAP, teams=teams, features=features), past), plainly())


# Horizon and runs ------------------------------------------------------------------------------------------------------


def check_horizon(short: Bits, long: Bits, horizon: float) -> None:
    """What ends by the shorter horizon ends there to the last bit; all else is never."""
    assert np.array_equal(short, np.where(long <= horizon, long, np.inf))


@pytest.mark.parametrize("horizon", [1, 9, 10, 33.5, 60, 61, 200, 5220])
def test_a_longer_horizon_only_adds(horizon: float) -> None:
    short = finish_of(horizon=horizon)
    check_horizon(short, plainly(), horizon)
    if 10 < horizon < 100:
        assert 0.02 < np.isinf(short).mean() < 0.98


def test_a_horizon_at_the_very_end_of_something_is_behind_it() -> None:
    """60 random portfolios, 20 runs: the horizon is an end, or the last number below it."""
    checked = 0
    for number in range(60):
        roadmap, history = seeded(SEED * 1000 + number)
        long = finish_of(roadmap, history, runs=20, horizon=150)
        ends = long[np.isfinite(long) & (long > 1.5)]
        for end in Random(number).sample(ends.tolist(), min(3, ends.size)):
            for horizon in (end, np.nextafter(end, 0), np.floor(end)):
                check_horizon(finish_of(roadmap, history, runs=20, horizon=horizon), long, horizon)
                checked += 1
    assert checked > 300


@pytest.mark.parametrize("runs", [1, 15, 17, 599])
def test_more_runs_only_add(runs: int) -> None:
    assert np.array_equal(finish_of(runs=runs), plainly()[:, :runs])
    assert not np.array_equal(finish_of(runs=runs, seed=SEED + 1), plainly()[:, :runs])


# Every draw has its own address ----------------------------------------------------------------------------------------


def draws_of(
    roadmap: fc.Roadmap = ROADMAP, history: fc.History = HISTORY, *, seed: int = SEED, runs: int = 40
) -> Draws:
    """Everything that is drawn, by kind and name (a sprint by its first day) : (R,) each."""
    made = job(roadmap, history, seed=seed, horizon=200)
    numbers, scope, index = np.arange(runs), made.scope, made.index
    drawn: Draws = {}
    for kind, guesses, names in (
        ("size", scope.sizes, index.parts),
        ("growth", scope.growth, [(name,) for name in index.features]),
        ("days", scope.days, [(name,) for name in index.features]),
        ("lag", scope.lags, [name_of(link) for link in roadmap.links]),
    ):
        table = np.broadcast_to(guesses.draw(numbers), (runs, len(names)))
        drawn |= {(kind, *name): table[:, column] for column, name in enumerate(names)}
    for risk, effects in zip([risk for risk in roadmap.risks if risk.chance > 0], scope.risks, strict=True):
        drawn[("risk", risk.name)] = np.concatenate(effects.draw(numbers))
    return drawn | sprints_of(roadmap, history, seed=seed, runs=runs)


def name_of(link: Link) -> tuple[Any, ...]:
    return link.feature, link.team, link.waits_for, link.waits_for_team, link.ordinal


def sprints_of(roadmap: fc.Roadmap, history: fc.History, *, seed: int, runs: int) -> Draws:
    """What each team's sprints have drawn, worked out from its capacity: items of a whole sprint, to a millionth."""
    supply = lay_calendar(roadmap, 200).supply
    gained = np.diff(job(roadmap, history, seed=seed, horizon=200).lay_out(np.arange(runs))[1].capacity, axis=2)
    drawn: Draws = {}
    for t, team in enumerate(roadmap.teams):
        for sprint in np.unique(supply.segment_sprint[t]):
            inside = (supply.segment_sprint[t] == sprint) & (supply.segment_share[t] > 0)
            if inside.any():
                first = dt.date.fromordinal(int(supply.sprint_start[t, sprint]))
                items = gained[:, t, inside].sum(axis=1) / supply.segment_share[t, inside].sum()
                drawn[("sprint", team.name, first)] = np.round(items, 6)
    return drawn


def differing(one: Draws, other: Draws) -> set[tuple[Any, ...]]:
    """The addresses that both know, and at which they have drawn something else."""
    return {address for address in one.keys() & other.keys() if not np.array_equal(one[address], other[address])}


def is_drawn(values: Bits) -> bool:
    return len(np.unique(values)) > 1


def test_there_is_much_to_draw_and_another_seed_draws_it_all_anew() -> None:
    drawn = draws_of()
    kinds = {address[0] for address, values in drawn.items() if is_drawn(values)}
    assert kinds == {"size", "growth", "days", "lag", "risk", "sprint"}
    open_ = {address for address, values in drawn.items() if is_drawn(values)}
    assert len(open_) > 60
    assert differing(drawn, draws_of(seed=SEED + 1)) == open_


def test_no_two_addresses_draw_the_same() -> None:
    """In 200 runs: no two sprints have the same items, no two guesses rise and fall together (growth is not a size)."""
    drawn = {address: values for address, values in draws_of(runs=200).items() if is_drawn(values)}
    sprints = [values.tobytes() for address, values in drawn.items() if address[0] == "sprint"]
    guesses = [np.argsort(values).tobytes() for address, values in drawn.items() if address[0] != "sprint"]
    assert len(set(sprints)) == len(sprints) > 50
    assert len(set(guesses)) == len(guesses) > 15


def test_a_run_has_its_luck_in_whatever_company_it_is_drawn() -> None:
    made = job(ROADMAP, HISTORY, seed=SEED, horizon=200)
    _, luck = made.lay_out(np.arange(50))
    some = np.array([37, 3, 3, 41])
    _, others = made.lay_out(some)
    for name in ("capacity", "size", "hold", "lag"):
        assert np.array_equal(getattr(others, name), getattr(luck, name)[some]), name
        assert not np.array_equal(getattr(others, name), getattr(luck, name)[some + 1]), name


def test_reordering_keeps_every_draw() -> None:
    pick, drawn = Random(SEED), draws_of()
    for _ in range(5):
        features = pick.sample(FEATURES, len(FEATURES))
        roadmap = changed(ROADMAP, features=features, risks=RISKS[::-1], teams=pick.sample(TEAMS, len(TEAMS)))
        other = draws_of(roadmap)
        assert other.keys() == drawn.keys()
        assert differing(drawn, other) == set()
        assert not np.array_equal(finish_of(roadmap), plainly())  # what is more important now goes first


def renamed(old: str, new: str) -> tuple[fc.Roadmap, fc.History]:
    """The portfolio with one name of a feature, a team or a risk replaced, wherever it stands."""

    def say(text: str) -> str:
        return "/".join(new if half == old else half for half in text.split("/"))

    features = []
    for feature in FEATURES:
        after = [fc.After(say(a.feature), a.team, a.lag, a.handoff, is_exact=a.is_exact) for a in feature.after]
        values: dict[str, Any] = {"name": say(feature.name), "after": after}
        if isinstance(feature, fc.Feature):
            values["work"] = {say(team): part for team, part in feature.work.items()}
        features.append(changed(feature, **values))
    risks = [
        fc.Risk(
            say(risk.name),
            risk.chance,
            {say(part): size for part, size in risk.adds.items()},
            {say(name): days for name, days in risk.delays.items()},
        )
        for risk in RISKS
    ]
    teams = [changed(team, name=say(team.name)) for team in TEAMS]
    past = fc.History(fc.Sprint(say(row.team), None, None, row.done) for row in HISTORY.sprints)
    return changed(ROADMAP, features=features, teams=teams, risks=risks), past


@pytest.mark.parametrize("name", ["Login", "Review", "Café", "Web", "Vendor late", "Reports"])
def test_renaming_changes_the_luck_of_what_bears_the_name_and_of_nothing_else(name: str) -> None:
    before, after = draws_of(), draws_of(*renamed(name, "Other"))
    bearing = {address for address in before if name in address and is_drawn(before[address])}
    assert bearing
    for address in bearing:
        now = tuple("Other" if part == name else part for part in address)
        assert not np.array_equal(before[address], after[now]), address
    assert differing(before, after) == set()
    assert {address for address in before if name not in address} <= after.keys()
    assert not np.array_equal(finish_of(*renamed(name, "Other")), plainly())


def test_a_name_that_changes_nothing_but_itself_keeps_its_luck() -> None:
    """The control of renaming: the same name again is the same luck."""
    assert np.array_equal(finish_of(*renamed("Login", "Login")), plainly())


NEWCOMERS = [
    fc.Feature("New", {"Web": (1, 2, 5), "Café": 3}, growth=(1, 2, 3)),
    fc.Feature("New", {"API": (1, 2, 5)}, after=["Login", fc.After("Review", lag=(1, 2, 3))]),
    fc.External("New", (1, 2, 30), after=["Login/Web"]),
    fc.Feature("New", after=["Reports"]),
]


@pytest.mark.parametrize("new", NEWCOMERS, ids=range(len(NEWCOMERS)))
@pytest.mark.parametrize("rank", [1, 4, 11])
def test_one_feature_more_changes_no_draw_of_the_others(new: fc.Feature | fc.External, rank: int) -> None:
    before, after = draws_of(), draws_of(ROADMAP.insert(new, rank=rank))
    assert before.keys() < after.keys()
    assert differing(before, after) == set()
    assert differing(draws_of(seed=SEED + 1), after) != set()


@pytest.mark.parametrize("name", ["Login", "Crème brûlée", "Reports"])
def test_one_feature_less_changes_no_draw_of_the_others(name: str) -> None:
    before, after = draws_of(), draws_of(ROADMAP.without(name))
    assert after.keys() < before.keys()
    assert differing(before, after) == set()


def test_one_team_more_changes_no_draw_of_the_others() -> None:
    more = changed(ROADMAP, teams=[fc.Team("New", wip=3), *TEAMS])
    past = fc.History([*fc.History.from_counts({"New": [1, 2, 3]}).sprints, *HISTORY.sprints])
    assert differing(draws_of(), draws_of(more, past)) == set()
    assert np.array_equal(finish_of(more, past), plainly())


# The start moves -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("together", [False, True])
def test_moving_the_start_keeps_the_luck_of_the_sprints_that_remain(together: bool) -> None:
    """By one and by three sprints; teams whose sprints are anchored elsewhere keep theirs too."""
    same = {team.name: [0, 1, 2, 3, 5, 8] for team in TEAMS}
    past = fc.History.from_counts(same) if together else HISTORY
    for sprints in (1, 3):
        later = changed(ROADMAP, start=MONDAY + sprints * SPRINT, throughput=fc.Bootstrap(together=together))
        before = sprints_of(ROADMAP, past, seed=SEED, runs=40)
        after = sprints_of(later, past, seed=SEED, runs=40)
        for team in TEAMS:
            common = {address for address in before.keys() & after.keys() if address[1] == team.name}
            assert len(common) >= (8 if team.name == "Café" else 14)
        assert differing(before, after) == set()
    assert len(differing(before, sprints_of(later, past, seed=SEED + 1, runs=40))) > 30


def test_moving_the_start_by_days_draws_other_sprints() -> None:
    """The control: three days on, a team that is not anchored has sprints of other dates; anchored ones have the same."""
    before, after = (
        sprints_of(changed(ROADMAP, start=day), HISTORY, seed=SEED, runs=40) for day in (MONDAY, MONDAY + 3 * DAY)
    )
    common = before.keys() & after.keys()
    assert {address[1] for address in common} == {"Café", "Ops"}
    assert differing(before, after) == set()


def test_what_is_left_of_a_plan_ends_on_the_same_dates_when_the_start_moves() -> None:
    """Nothing can start before the third sprint, so the first two may pass without a change."""
    third = MONDAY + 2 * SPRINT
    features = [changed(feature, not_before=max(feature.not_before or third, third)) for feature in FEATURES]
    roadmap = changed(ROADMAP, features=features, teams=[changed(team, sprint_start=MONDAY) for team in TEAMS])
    plain = finish_of(roadmap)
    for sprints in (1, 2):
        moved = finish_of(changed(roadmap, start=MONDAY + sprints * SPRINT))
        assert np.allclose(moved, plain - 10 * sprints, rtol=0, atol=1e-6)
        other = finish_of(changed(roadmap, start=MONDAY + sprints * SPRINT), seed=SEED + 1)
        assert not np.allclose(other, plain - 10 * sprints, rtol=0, atol=1e-6)
