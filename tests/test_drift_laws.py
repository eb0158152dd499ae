"""How Drift is carried out changes nothing, and every draw belongs to its name, its run and its date.

The portfolio is one with something of everything; its histories have dates, so that the walk begins where they end.
"""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from random import Random
from typing import Any

import numpy as np
import pytest
from helpers import SEED
from numpy.typing import NDArray
from played import changed
from portfolios import portfolio

import forecast as fc
from forecast import engine, simulation
from forecast.drift import Drift
from forecast.luck import Dice
from forecast.simulation import Job

MONDAY = dt.date(2026, 1, 5)
SPRINT, DAY = dt.timedelta(days=14), dt.timedelta(days=1)
RUNS = 400
Bits = NDArray[np.float64]

TEAMS = [
    fc.Team("Web", wip=2, days_off=["2026-02-02"]),
    fc.Team("API", finish_started=True, share=0.8),
    fc.Team("Café", allocation={"Grow": 0.6, "Debt": 0.3}, sprint_days=21, sprint_start="2025-12-29"),
    fc.Team("Ops", sprint_days=7, capacity=[fc.Capacity("2026-02-16", "2026-03-06", 0.5)]),
]
FEATURES = [
    fc.Feature("Login", {"Web": (3, 5, 9), "API": 5}, growth=(0.9, 1.2, 2)),
    fc.External("Review", (2, 5, 12), after=["Login"]),
    fc.Feature("Basket", {"Café": (4, 8, 10), "Web": 5}, after=["Login/API"], objective="Grow"),
    fc.Feature("Checkout", {"Web": (2, 6, 7), "Ops": 4}, after=["Review"]),
    fc.Feature("Search", {"API": (3, 3, 8)}, not_before="2026-02-11", objective="Debt"),
    fc.Feature("Launch", {"Ops": 3, "API": 2}, after=["Checkout", "Basket"]),
]
DONE = {"Web": [0, 3, 9, 5, 5, 4, 2], "API": [2, 7, 0, 4, 6, 3], "Café": [5, 1, 3, 8], "Ops": [4, 2, 0, 6, 3, 1, 2, 2]}
LENGTH = {"Web": 14, "API": 14, "Café": 21, "Ops": 7}


def dated(newest: dt.date = MONDAY - 3 * DAY, **done: list[float]) -> fc.History:
    """The histories, all of which end on one day: the Friday before the start."""
    return fc.History(
        fc.Sprint(team, end - (LENGTH[team] - 1) * DAY, end, count)
        for team, counts in (DONE | done).items()
        for back, count in enumerate(reversed(counts))
        for end in [newest - back * LENGTH[team] * DAY]
    )


ROADMAP = fc.Roadmap(MONDAY, TEAMS, FEATURES, growth=(0.8, 1.1, 1.9), days_off=["2026-04-03"], handoff="immediate")


def finish_of(
    roadmap: fc.Roadmap = ROADMAP, past: fc.History | None = None, *, seed: int = SEED, **options: Any
) -> Bits:
    """The finish matrix : (F, R)."""
    settings = {"runs": RUNS, "throughput": Drift()} | options
    return np.asarray(fc.simulate(roadmap, past or dated(), seed=seed, **settings).finish)  # type: ignore[arg-type]


@cache
def plainly() -> Bits:
    return finish_of(threads=1)


def test_the_portfolio_is_one_in_which_much_varies() -> None:
    assert np.isfinite(plainly()).all()
    assert min(len(np.unique(finish)) for finish in plainly()) > RUNS / 3
    assert (finish_of(seed=SEED + 1) != plainly()).mean() > 0.8


# How it is carried out -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [2, 5, None])
def test_threads_change_nothing(threads: int | None) -> None:
    assert np.array_equal(finish_of(threads=threads), plainly())


def test_an_executor_and_small_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with ThreadPoolExecutor(2) as pool:
        assert np.array_equal(finish_of(executor=pool), plainly())
    monkeypatch.setattr(simulation, "CHUNK_BYTES", 1)
    monkeypatch.setattr(simulation, "LEAST_CHUNK", 7)
    assert np.array_equal(finish_of(threads=1), plainly())


def test_more_runs_and_a_longer_horizon_only_add() -> None:
    assert np.array_equal(finish_of(runs=RUNS + 50)[:, :RUNS], plainly())
    for horizon in (600, 3000):
        far = finish_of(horizon=horizon)
        inside = np.isfinite(far)
        assert inside.mean() > 0.95
        assert np.array_equal(far[inside], plainly()[inside])
    capacity = [capacity_of(horizon) for horizon in (100.0, 400.0)]
    for team in range(4):
        sprints = capacity[0][team].shape[1]
        assert np.array_equal(capacity[1][team][:, :sprints], capacity[0][team])


def capacity_of(horizon: float, roadmap: fc.Roadmap = ROADMAP, past: fc.History | None = None) -> list[Bits]:
    """What each whole sprint is worth to each team in 30 runs, as far as the horizon reaches: (runs, sprints)."""
    job = Job(roadmap, past or dated(), Drift(), SEED, (horizon,))
    _, dice = job.stage(horizon)
    source: Any = dice.source
    share, sprint = source.supply.segment_share, source.supply.segment_sprint
    gained = np.diff(source.capacity(np.arange(30)), axis=2)
    found = []
    for team in range(len(roadmap.teams)):
        whole = np.flatnonzero(share[team] > 0)
        count = int(sprint[team, whole].max())
        items = np.zeros((30, count))
        for number in range(count):
            inside = whole[sprint[team, whole] == number]
            items[:, number] = np.round(gained[:, team, inside].sum(axis=1) / max(share[team, inside].sum(), 1e-9), 6)
        found.append(items)
    return found


def test_the_order_of_teams_and_of_the_history_changes_nothing() -> None:
    pick = Random(SEED)
    for _ in range(4):
        rows = list(dated().sprints)
        pick.shuffle(rows)
        shuffled = changed(ROADMAP, teams=pick.sample(TEAMS, len(TEAMS)))
        assert np.array_equal(finish_of(shuffled, fc.History(rows)), plainly())


def test_another_team_changes_nothing_for_the_others() -> None:
    """Not even one whose history ends years earlier, so that its weeks begin long before."""
    old = [
        fc.Sprint("Old", dt.date(2022, 1, 3), dt.date(2022, 1, 16), 3),
        fc.Sprint("Old", "2022-01-17", "2022-01-30", 4),
    ]
    more = changed(ROADMAP, teams=[fc.Team("Old"), *TEAMS], features=[*FEATURES, fc.Feature("Rest", {"Old": 5})])
    assert np.array_equal(finish_of(more, fc.History([*old, *dated().sprints]))[:-1], plainly())


def test_renaming_a_team_changes_its_luck_and_nobody_elses() -> None:
    one = fc.Roadmap(MONDAY, ["A", "B"], [fc.Feature("F", {"A": 20}), fc.Feature("G", {"B": 20})])
    two = fc.Roadmap(MONDAY, ["A", "C"], [fc.Feature("F", {"A": 20}), fc.Feature("G", {"C": 20})])
    counts = [3, 5, 0, 7, 4, 6]
    before = finish_of(one, fc.History.from_counts({"A": counts, "B": counts}))
    after = finish_of(two, fc.History.from_counts({"A": counts, "C": counts}))
    assert np.array_equal(before[0], after[0])
    assert (before[1] != after[1]).mean() > 0.9
    assert (before[0] != before[1]).mean() > 0.9


def test_moving_the_start_keeps_the_luck_of_the_sprints_that_remain() -> None:
    """With dated histories the walk begins where they end, so a later start finds it where it was: by one and three sprints."""
    anchored = changed(ROADMAP, teams=[changed(team, sprint_start=team.sprint_start or MONDAY) for team in TEAMS])
    before = capacity_of(200.0, anchored)
    for sprints in (3, 6):  # of a week each: 6 weeks are whole sprints of every team
        later = capacity_of(200.0, changed(anchored, start=MONDAY + sprints * SPRINT))
        for team, days in enumerate(LENGTH.values()):
            gone = sprints * 14 // days
            both = min(before[team].shape[1] - gone, later[team].shape[1]) - 1
            assert both >= 3
            assert np.array_equal(later[team][:, :both], before[team][:, gone : gone + both])
            assert not np.array_equal(later[team][:, :both], before[team][:, :both])


def test_a_history_that_ends_earlier_makes_the_first_sprint_less_certain() -> None:
    """On the scale of logarithms, N = 4,000 runs of a steady team; exact variances are tested elsewhere."""
    roadmap = fc.Roadmap(MONDAY, ["Web"], [fc.Feature("F", {"Web": 1})])
    spreads = []
    for gap in (0, 1, 3, 8):
        steady = dated(MONDAY - DAY - gap * SPRINT, Web=[2.5] * 8)
        job = Job(roadmap, steady, Drift(shape="past"), SEED, (20.0,))
        spreads.append(np.log(job.lay_out(np.arange(4000))[1].capacity[:, 0, 1]).std())
    assert spreads == sorted(spreads)
    assert spreads[3] > 1.4 * spreads[0]


# Drawn only as far as needed -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(25))
def test_what_is_finished_with_capacity_that_ends_is_finished_with_all_of_it(number: int) -> None:
    """Random portfolios: wherever nothing is left unfinished, every finish is the same to the last bit."""
    roadmap, past = portfolio(Random(1000 * SEED + number))
    job = Job(roadmap, past, Drift(), SEED, (300.0,))
    plan, dice = job.stage(300.0)
    runs = np.arange(60)
    whole = engine.play(plan, dice.roll(runs))
    for spare in (0.0, 30.0, 400.0):
        short = engine.play(plan, dice.roll_until(runs, plan, job.parties, spare))
        ended = np.isfinite(short).all(axis=0)
        assert np.array_equal(short[:, ended], whole[:, ended])


def test_runs_that_lack_capacity_are_played_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """With hardly any capacity drawn at first nearly every run lacks some, and is played again with all of it."""
    drawn: list[int] = []
    roll = Dice.roll

    def count(self: Dice, runs: Any) -> Any:
        drawn.append(len(runs))
        return roll(self, runs)

    monkeypatch.setattr(Dice, "roll", count)
    assert np.array_equal(finish_of(threads=1), plainly())
    few = sum(drawn)
    drawn.clear()
    monkeypatch.setattr(simulation, "find_spare", lambda *_: 0.0)
    monkeypatch.setattr(simulation, "MORE_SPARE", 0)
    assert np.array_equal(finish_of(threads=1), plainly())
    assert sum(drawn) > few + RUNS / 4


def test_a_feature_that_never_ends_leaves_the_others_as_they_are() -> None:
    """Then no run may be cut short: who waits for what never comes leaves capacity to others."""
    dead = changed(
        ROADMAP, teams=[*TEAMS, fc.Team("Idle")], features=[fc.Feature("Dream", {"Idle": 1, "Web": 4}), *FEATURES]
    )
    finish = finish_of(dead, fc.History([*dated().sprints, fc.Sprint("Idle", "2025-12-01", "2025-12-14", 0)]))
    long = finish_of(
        dead, fc.History([*dated().sprints, fc.Sprint("Idle", "2025-12-01", "2025-12-14", 0)]), horizon=5000
    )
    assert np.isinf(finish[0]).all()
    assert np.array_equal(finish, long)
