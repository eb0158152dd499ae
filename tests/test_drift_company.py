"""Drift's kernel draws many runs side by side, one party of teams after the other, and only as far as needed: who could tell?"""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from helpers import SEED
from numpy.typing import NDArray

import forecast as fc
from forecast import luck, simulation
from forecast.arrays import POOL
from forecast.drift import Drift
from forecast.plan import Index, build_plan

MONDAY = dt.date(2026, 1, 5)
RUNS = 300
Bits = NDArray[np.float64]


def finish_of(roadmap: fc.Roadmap, past: fc.History, **options: Any) -> Bits:
    settings = {"runs": RUNS, "seed": SEED, "throughput": Drift()} | options
    return np.asarray(fc.simulate(roadmap, past, **settings).finish)  # type: ignore[arg-type]


def counts(number: int) -> list[float]:
    """Past sprints of a team, unlike those of the next one."""
    return [float((number * 7 + place * 5) % 9) for place in range(6 + number % 3)]


def alone_and_together(lengths: list[int]) -> tuple[list[Bits], Bits]:
    """Finishes of one feature a team, each team on a roadmap of its own, and all on one; lengths : sprint days."""
    teams = [
        fc.Team(f"T{number}", sprint_days=days, sprint_start=MONDAY - dt.timedelta(days=number % days))
        for number, days in enumerate(lengths)
    ]
    features = [fc.Feature(f"F{number}", {f"T{number}": 9 + 8 * number}) for number in range(len(teams))]
    past = fc.History.from_counts({team.name: counts(number) for number, team in enumerate(teams)})
    alone = [
        finish_of(fc.Roadmap(MONDAY, [team], [feature]), past)[0] for team, feature in zip(teams, features, strict=True)
    ]
    return alone, finish_of(fc.Roadmap(MONDAY, teams, features), past)


@pytest.mark.parametrize(
    "lengths",
    [[14] * 3, [14] * 4, [14] * 5, [14] * 9, [14, 7, 21, 14, 14], [7] * 4 + [21] * 4 + [7] * 4 + [14]],
    ids=["three", "four", "five", "nine", "mixed", "one after another"],
)
def test_the_company_of_other_teams_changes_nothing(lengths: list[int]) -> None:
    """Parties of one team each, with the same weeks or not."""
    alone, together = alone_and_together(lengths)
    for mine, ours in zip(alone, together, strict=True):
        assert np.array_equal(mine, ours)


CHAIN = fc.Roadmap(
    MONDAY,
    ["A", "B", "C"],
    [
        fc.Feature("First", {"A": 30, "B": 4}),
        fc.Feature("Second", {"B": 25}, after=["First"]),
        fc.Feature("Third", {"C": 20, "A": 2}, after=[fc.After("Second", lag=(5, 20, 60))]),
        fc.Feature("Late", {"C": 3}, not_before="2026-11-02"),
    ],
)
PAST = fc.History.from_counts({"A": [3, 5, 0, 7, 4, 6], "B": [2, 2, 9, 0, 4], "C": [1, 6, 3, 3, 8, 2, 5]})


@pytest.fixture
def spares(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How far capacity was drawn at each call of the kernel that did not draw all of it."""
    asked: list[float] = []
    roll_until = luck.Dice.roll_until

    def note(self: luck.Dice, runs: Any, plan: Any, parties: Any, spare: float) -> Any:
        asked.append(spare)
        return roll_until(self, runs, plan, parties, spare)

    monkeypatch.setattr(luck.Dice, "roll_until", note)
    return asked


def whole(roadmap: fc.Roadmap, past: fc.History = PAST) -> Bits:
    """The finishes with all capacity drawn from the start, up to the longest horizon."""
    return finish_of(roadmap, past, horizon=simulation.LONGEST_HORIZON, threads=1)


def test_late_finishers_are_played_on_with_more_capacity(spares: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """A pilot that finds no team to wait, and a horizon that few stay within: most runs are played several times."""
    expected = whole(CHAIN)
    assert not spares
    monkeypatch.setattr(simulation, "find_spare", lambda *_: 0.0)
    for chunk, threads in ((1, 1), (7, 3), (10_000, 1)):
        monkeypatch.setattr(simulation, "CHUNK_BYTES", 1)
        monkeypatch.setattr(simulation, "LEAST_CHUNK", chunk)
        spares.clear()
        assert np.array_equal(finish_of(CHAIN, PAST, threads=threads), expected)
        assert {0.0, simulation.MORE_SPARE} <= set(spares)


def test_the_company_of_other_runs_changes_nothing() -> None:
    """Alone, in blocks that are full or not, and in another order: the capacity of a run is the same to the last bit."""
    job = simulation.Job(CHAIN, PAST, Drift(), SEED, (400.0,))
    plan, dice = job.stage(400.0)
    runs = np.arange(1000, 1000 + 3 * POOL)
    expected = dice.roll(runs).capacity
    for some in (runs[:1], runs[:7], runs[5 : POOL + 6], runs[::-1], runs[::3]):
        assert np.array_equal(dice.roll(some).capacity, expected[some - 1000])
    short = dice.roll_until(runs, plan, job.parties, 30.0).capacity
    ended = (short != expected).any(axis=1)
    assert ended.any(axis=1).mean() > 0.5  # most runs end before the horizon, none with its first sprints
    assert not ended[:, :8].any()


def parties_of(roadmap: fc.Roadmap) -> list[tuple[str, bool]]:
    """The teams of each party, and whether any of them may have to wait."""
    found = luck.find_parties(build_plan(Index(roadmap)))
    names = [roadmap.teams[team].name for team in found.team]
    groups = [sorted(names[begin:end]) for begin, end in zip(found.first, found.first[1:], strict=False)]
    assert sorted(names) == sorted(team.name for team in roadmap.teams)
    return sorted((" ".join(group), bool(waits)) for group, waits in zip(groups, found.waits, strict=True))


EACH = [fc.Feature(team, {team: 5}) for team in "ABCD"]


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        ([], [("A", False), ("B", False), ("C", False), ("D", False)]),
        ([fc.Feature("F", {"A": 1, "B": 1})], [("A", False), ("B", False), ("C", False), ("D", False)]),
        ([fc.Feature("F", {"B": 1}, after=["A"])], [("A B", True), ("C", False), ("D", False)]),
        ([fc.Feature("F", {"A": 1}, after=["A"])], [("A", True), ("B", False), ("C", False), ("D", False)]),
        ([fc.Feature("F", {"C": 1}, not_before="2026-03-02")], [("A", False), ("B", False), ("C", True), ("D", False)]),
        ([fc.Feature("F", {"A": 1, "B": fc.Part(1, after=["F/A"])})], [("A B", True), ("C", False), ("D", False)]),
        (
            [fc.Feature("F", {"A": 1, "B": 1}), fc.Feature("G", {"D": 1}, after=["F"])],
            [("A B D", True), ("C", False)],
        ),
        (
            [fc.External("X", days=5, after=["A"]), fc.Feature("G", {"C": 1}, after=["X"])],
            [("A C", True), ("B", False), ("D", False)],
        ),
        (
            [fc.Feature("F", {"B": 1}, after=["A"]), fc.Feature("G", {"D": 1}, after=["C"])],
            [("A B", True), ("C D", True)],
        ),
        (
            [
                fc.Feature("F", {"D": 1}, after=["C"]),
                fc.Feature("G", {"C": 1}, after=["B"]),
                fc.Feature("H", {"B": 1}, after=["A"]),
            ],
            [("A B C D", True)],
        ),
        ([fc.Feature("M", after=["A", "B"])], [("A", False), ("B", False), ("C", False), ("D", False)]),
    ],
    ids=[
        "none",
        "shared",
        "after",
        "after oneself",
        "not before",
        "parts",
        "after a shared one",
        "external",
        "two",
        "chain",
        "end",
    ],
)
def test_teams_that_may_wait_for_each_other_are_a_party(features: list[Any], expected: list[tuple[str, bool]]) -> None:
    """Whoever shares a feature that nobody waits for does not: it ends with the last of its parts."""
    roadmap = fc.Roadmap(MONDAY, list("ABCD"), [*EACH, *features])
    assert parties_of(roadmap) == expected
    past = fc.History.from_counts({team: counts(number) for number, team in enumerate("ABCD")})
    assert np.array_equal(finish_of(roadmap, past), whole(roadmap, past))


def test_a_team_that_waits_for_nobody_is_drawn_until_its_own_work_is_done() -> None:
    """However long the others take; and a team of their party is drawn as far as the last of them."""
    slow = [fc.Feature("Slow", {"A": 60}), fc.Feature("After", {"B": 1}, after=["Slow"]), fc.Feature("Own", {"C": 1})]
    job = simulation.Job(fc.Roadmap(MONDAY, ["A", "B", "C"], slow), PAST, Drift(), SEED, (2000.0,))
    plan, dice = job.stage(2000.0)
    capacity = dice.roll_until(np.arange(200), plan, job.parties, 0.0).capacity
    ends = (capacity < capacity[:, :, -1:]).sum(axis=2).mean(axis=0)
    assert ends[2] < 0.6 * ends[1]
    assert ends[1] > 0.8 * ends[0]


def test_nothing_more_is_drawn_where_nobody_waits(spares: list[float]) -> None:
    free = fc.Roadmap(MONDAY, ["A", "B"], [fc.Feature(f"F{k}", {"A": 4 + k, "B": 9 - k}) for k in range(6)])
    assert np.array_equal(finish_of(free, PAST), whole(free))
    assert spares[0] == 0.0


def test_what_never_ends_is_drawn_in_full(spares: list[float]) -> None:
    """An idle team's feature has no end; all that waits for it neither, and nobody's capacity may be cut for it."""
    past = fc.History.from_counts({"A": [3, 5, 0, 7, 4, 6], "B": [0, 0, 0]})
    dream = [fc.Feature("Dream", {"B": 3}), fc.Feature("After", {"A": 2}, after=["Dream"]), fc.Feature("F", {"A": 9})]
    roadmap = fc.Roadmap(MONDAY, ["A", "B"], dream)
    finish = finish_of(roadmap, past)
    assert np.isinf(finish[:2]).all()
    assert np.isfinite(finish[2]).all()
    assert np.array_equal(finish, whole(roadmap, past))
    assert not spares


def test_capacity_is_drawn_as_far_as_costs_least() -> None:
    """An exponential tail of a known scale: a day more costs each run as much as it spares in runs that are played again."""
    scale, days = 90.0, np.arange(0.0, 3000.0)
    longer = -scale * np.log1p(-(np.arange(4000) + 0.5) / 4000)
    cost = days + luck.DAYS_A_REPLAY * np.exp(-days / scale)
    assert luck.choose_spare(longer) == pytest.approx(days[cost.argmin()], abs=10)
    assert abs(longer.max() - days[cost.argmin()]) > 100  # as far as the longest of them would be too far


def test_how_far_capacity_is_drawn_when_there_is_little_to_choose() -> None:
    assert luck.choose_spare(np.full(32, 14.0)) == 14.0
    assert luck.choose_spare(np.array([0.0])) == 0.0
    assert luck.choose_spare(np.array([0.0, 3.0, np.inf])) == np.inf
    assert luck.choose_spare(np.array([0.0, 1e6])) == 0.0  # to play a run again costs less


@pytest.mark.parametrize("work", [0.0, 1e-12, 1e9], ids=["nothing", "hardly anything", "more than ever gets done"])
def test_the_edges_of_the_horizon(work: float) -> None:
    """Nothing to do, and work that ends beyond the longest horizon: a first guess of it must stay within."""
    roadmap = fc.Roadmap(MONDAY, ["A", "B"], [fc.Feature("F", {"A": work}), fc.Feature("G", {"A": 1, "B": 7})])
    assert np.array_equal(finish_of(roadmap, PAST), whole(roadmap))
