"""Drift's kernel moves teams four by four, in blocks, and only as far as needed: nobody may be able to tell."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from helpers import SEED
from numpy.typing import NDArray

import forecast as fc
from forecast import luck, simulation
from forecast.drift import Drift

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
    ids=["three", "four", "five", "nine", "mixed", "squads that differ"],
)
def test_the_company_of_other_teams_changes_nothing(lengths: list[int]) -> None:
    """Squads that are full or not, with the same weeks or not, one after another or with others in between."""
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

    def note(self: luck.Dice, runs: Any, plan: Any, spare: float) -> Any:
        asked.append(spare)
        return roll_until(self, runs, plan, spare)

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


def test_teams_that_never_wait_are_drawn_until_their_own_work_is_done(spares: list[float]) -> None:
    free = fc.Roadmap(MONDAY, ["A", "B"], [fc.Feature(f"F{k}", {"A": 4 + k, "B": 9 - k}) for k in range(6)])
    assert np.array_equal(finish_of(free, PAST), whole(free))
    assert set(spares) == {-1.0}


@pytest.mark.parametrize(
    "feature",
    [
        fc.Feature("Waits", {"B": 3}, after=["F"]),
        fc.Feature("Waits", {"B": 3}, not_before="2026-03-02"),
        fc.Feature("Waits", {"B": 3, "A": fc.Part(2, after=["Waits/B"])}),
    ],
    ids=["after", "not before", "part after part"],
)
def test_whoever_waits_is_drawn_for_longer(feature: fc.Feature, spares: list[float]) -> None:
    roadmap = fc.Roadmap(MONDAY, ["A", "B"], [fc.Feature("F", {"A": 12}), feature])
    assert np.array_equal(finish_of(roadmap, PAST), whole(roadmap))
    assert min(spares) >= 0.0


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
