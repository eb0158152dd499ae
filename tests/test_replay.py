"""Replay: every place of a feature, to the last bit what simulating the edited roadmap says."""

from __future__ import annotations

import hashlib
from random import Random
from typing import Any

import numpy as np
import pytest
from helpers import SEED
from portfolios import seeded
from test_positions import steady, with_links_both_ways

import forecast as fc
from forecast import engine, placements, replay
from forecast.arrays import Floats, Luck, Plan
from forecast.placements import find_moves
from forecast.positions import find_spans, place
from forecast.replay import Moves
from forecast.simulation import Job

RUNS, HORIZON = 8, 150.0


def play_everywhere(plan: Plan, luck: Luck, moves: Moves, room: int = replay.ROOM, until: Any = None) -> Floats:
    """The finish matrices of all places: (S, F, R); of a feature that does not matter any more, the last one that did."""
    places = moves.first.size
    finish = np.empty((places, plan.waits.size - plan.part_team.size, luck.capacity.shape[0]))
    for story in replay.replay(plan, luck, moves, room, until):
        finish[:, :, story.first : story.first + story.finish.shape[1]] = story.finish
        for run, step, feature, day, _ in zip(*story.changes, strict=True):
            finish[step:, feature, run] = day
    return finish


def digest(matrix: Floats) -> str:
    return hashlib.sha256(np.ascontiguousarray(matrix).tobytes()).hexdigest()


def lay_out(roadmap: fc.Roadmap, history: fc.History, runs: int = RUNS) -> tuple[Job, Plan, Luck]:
    job = Job(roadmap, history, fc.Bootstrap(), SEED, (HORIZON,))
    return job, *job.lay_out(np.arange(runs))


def simulated(roadmap: fc.Roadmap, history: fc.History, subject: Any, then: fc.WhatIf, lowest: fc.Roadmap) -> list[str]:
    """A digest of the whole matrix of every position, from the lowest up; rows in the order of the lowest."""
    digests = []
    for rank, _ in reversed(find_spans(roadmap, subject)):
        edited = then.apply(place(roadmap, subject, rank))
        _, plan, luck = lay_out(edited, history)
        names = [feature.name for feature in edited.features]
        digests.append(digest(engine.play(plan, luck)[[names.index(each.name) for each in lowest.features]]))
    return digests


def replayed(lowest: fc.Roadmap, history: fc.History, **options: int) -> list[str]:
    job, plan, luck = lay_out(lowest, history)
    moves = find_moves(job.index, lowest.features[-1].name)
    return [digest(matrix) for matrix in play_everywhere(plan, luck, moves, **options)]


def test_every_place_is_bit_for_bit_what_simulating_it_says() -> None:
    """At least 250 random portfolios with every option of the model, X on one to three teams with links both ways, or one moved.

    As many more as it takes that what is compared does differ often enough to find a fault.
    """
    number = places = different = general = 0
    while number < 250 or min(different, general) <= 100:
        pick = Random(SEED * 1_000_000 + number)
        roadmap, history = seeded(SEED * 1_000_000 + number)
        x, then = with_links_both_ways(pick, roadmap)
        subject: Any = x
        if number % 3 == 0:
            subject, then = pick.choice(roadmap.features).name, fc.WhatIf([])
        lowest = then.apply(place(roadmap, subject, len(roadmap.features) + (subject is x)))
        expected = simulated(roadmap, history, subject, then, lowest)
        assert replayed(lowest, history) == expected, number
        places += len(expected)
        different += len(set(expected)) - 1
        general += any(team.wip > 1 or team.finish_started or team.allocation for team in roadmap.teams)
        number += 1
    assert number < 500
    assert places > 700


def test_many_features_of_few_teams() -> None:
    """40 features, where what follows from a place reaches far and teams come alive and fall asleep many times."""
    different = 0
    for number in range(25):
        roadmap, history = seeded(SEED * 1_000_000 + number, teams=4, features=40)
        x, then = with_links_both_ways(Random(number), roadmap)
        lowest = then.apply(place(roadmap, x, len(roadmap.features) + 1))
        expected = simulated(roadmap, history, x, then, lowest)
        assert replayed(lowest, history) == expected, number
        different += len(set(expected)) - 1
    assert different > 40


def test_parts_that_are_displaced_keep_what_they_have_left() -> None:
    """Many features that may not start before some day, and displace what is being worked on."""
    different = 0
    for number in range(150):
        pick = Random(number)
        days = [f"2026-0{month}-{day:02}" for month in (1, 2, 3) for day in range(6, 28)]
        features: list[fc.Feature] = []
        for at in range(12):
            work: dict[str, Any] = {team: pick.choice((3, 5, 8, 13)) for team in pick.sample("AB", pick.choice((1, 2)))}
            after = [f"F{pick.randrange(at)}"] if at and pick.random() < 0.5 else []
            start = pick.choice(days) if pick.random() < 0.5 else None
            features.append(fc.Feature(f"F{at}", work, not_before=start, after=after))
        roadmap = fc.Roadmap("2026-01-05", [fc.Team("A"), fc.Team("B")], features)
        history = fc.History.from_counts({team: [9, 4, 12, 7, 3] for team in "AB"})
        x = fc.Feature("X", {team: pick.choice((2, 5, 9)) for team in pick.sample("AB", pick.choice((1, 2)))})
        lowest = roadmap.insert(x, rank=13)
        expected = simulated(roadmap, history, x, fc.WhatIf([]), lowest)
        assert replayed(lowest, history) == expected, number
        different += len(set(expected)) - 1
    assert different > 300


def rows_of_wanted(number: int, spoil: bool = False) -> tuple[list[str], list[str], int]:
    """Of every position the rows of X and of two others, simulated, and replayed with all else left out; nodes left out."""
    pick = Random(number)
    roadmap, history = seeded(SEED * 1_000_000 + number, teams=4, features=25)
    x, then = with_links_both_ways(pick, roadmap)
    lowest = then.apply(place(roadmap, x, len(roadmap.features) + 1))
    names = [feature.name for feature in lowest.features]
    wanted = [*pick.sample(range(len(names) // 2), 2), len(names) - 1]
    job, plan, luck = lay_out(lowest, history)
    moves = find_moves(job.index, "X")
    until = replay.find_matters(plan, moves, wanted)
    if spoil:
        until[plan.part_team.size + np.array(wanted)] = 0
    played = [digest(finish[wanted]) for finish in play_everywhere(plan, luck, moves, until=until)]
    expected = []
    for rank, _ in reversed(find_spans(roadmap, x)):
        edited = then.apply(place(roadmap, x, rank))
        order = [feature.name for feature in edited.features]
        _, plan, luck = lay_out(edited, history)
        expected.append(digest(engine.play(plan, luck)[[order.index(names[row]) for row in wanted]]))
    return played, expected, int((until < moves.first.size - 1).sum())


def test_what_does_not_matter_to_the_wanted_features_is_left_out() -> None:
    left_out = different = 0
    for number in range(40):
        played, expected, count = rows_of_wanted(number)
        assert played == expected, number
        left_out += count
        different += len(set(expected)) - 1
    assert left_out > 300
    assert different > 40


def test_what_is_left_out_though_it_matters_is_found() -> None:
    """The planted fault: the wanted features are taken not to matter from the second place on. The 40 portfolios show it."""
    assert any(played != expected for played, expected, _ in (rows_of_wanted(number, True) for number in range(40)))


def test_a_replay_whose_parts_change_the_wrong_ranks_is_found() -> None:
    """The planted fault: a feature that stays where it is, while it should pass the next one."""
    found = 0
    for number in range(30):
        roadmap, history = seeded(SEED * 1_000_000 + number, teams=2, features=10)
        x, then = with_links_both_ways(Random(number), roadmap)
        lowest = then.apply(place(roadmap, x, len(roadmap.features) + 1))
        job, plan, luck = lay_out(lowest, history)
        moves = find_moves(job.index, "X")
        late = Moves(np.concatenate([[0], moves.first[:-1]]).astype(np.int32), moves.rising, moves.sinking)
        played = [digest(matrix) for matrix in play_everywhere(plan, luck, late)]
        found += played != simulated(roadmap, history, x, then, lowest)
    assert found >= 5


def test_little_room_for_changes_changes_nothing() -> None:
    roadmap, history = seeded(SEED * 1_000_000 + 1, teams=3, features=12)
    lowest = roadmap.insert(fc.Feature("X", {"T1": 9, "T2": 4}), rank=len(roadmap.features) + 1)
    assert replayed(lowest, history, room=1) == replayed(lowest, history)


def test_a_known_answer() -> None:
    """One item a day: X of 4 days passes Shop and Login, of 5 days each."""
    base = steady(fc.Feature("Login", {"A": 5}), fc.Feature("Shop", {"A": 5}))
    lowest = base.roadmap.insert(fc.Feature("X", {"A": 4}), rank=3)
    job, plan, luck = lay_out(lowest, base.history, runs=1)
    moves = find_moves(job.index, "X")
    assert (moves.first.tolist(), moves.rising.tolist(), moves.sinking.tolist()) == ([0, 1, 2], [2, 2], [1, 0])
    found = play_everywhere(plan, luck, moves)[:, :, 0]
    assert found.tolist() == [[5, 10, 14], [5, 14, 9], [9, 14, 4]]


# The frontier ----------------------------------------------------------------------------------------------------------


def both_ways(monkeypatch: pytest.MonkeyPatch, *arguments: Any, **options: Any) -> tuple[fc.Frontier, fc.Frontier]:
    """A frontier by simulating each position, and by replay; whatever is quicker."""
    toured: list[bool] = []
    play = placements.Tour.play

    def seen(tour: placements.Tour, progress: Any = None) -> placements.Counts | None:
        toured.append(True)
        return play(tour, progress)

    found = []
    monkeypatch.setattr(placements.Tour, "play", seen)
    for is_worth_it in (False, True):
        monkeypatch.setattr(placements.Tour, "is_worth_it", is_worth_it)
        found.append(fc.frontier(*arguments, **options))
    assert len(toured) == 1
    return found[0], found[1]


def with_promises(pick: Random, roadmap: fc.Roadmap) -> fc.Roadmap:
    """Two thirds of the features promised."""
    for feature in roadmap.features:
        if pick.random() < 0.67:
            roadmap = roadmap.set_due(feature.name, roadmap.clock.dates(80)[pick.randint(0, 79)])
    return roadmap


@pytest.mark.parametrize("number", range(12))
def test_the_frontier_is_the_same_either_way(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random portfolios with and without promises, a set horizon and one that grows, several threads."""
    pick = Random(SEED * 1_000_000 + number)
    roadmap, history = seeded(SEED * 1_000_000 + number, teams=3, features=9)
    if number % 3:
        roadmap = with_promises(pick, roadmap)
    x, then = with_links_both_ways(pick, roadmap)
    horizon = pick.choice((40, 150, None))
    base = fc.simulate(roadmap, history, runs=300, seed=SEED, horizon=horizon, throughput=fc.Bootstrap(), threads=2)
    subjects: list[Any] = [x, *(each.name for each in roadmap.features if getattr(each, "work", None))][:2]
    for subject in subjects:
        edits = then if subject is x else None
        simulated, replayed = both_ways(monkeypatch, base, subject, then=edits)
        assert simulated == replayed


def test_what_other_edits_make_of_the_order_is_simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    """An edit that follows and moves others with the feature leaves no one order of them."""
    base = steady(fc.Feature("Login", {"A": 5}), fc.Feature("Shop", {"A": 5}), fc.Feature("Ads", {"A": 5}))
    monkeypatch.setattr(placements.Tour, "is_worth_it", True)
    monkeypatch.setattr(placements.Tour, "play", lambda *_: pytest.fail("replayed"))
    then = fc.WhatIf([fc.Edit("move", name="Ads", above="X")])
    found = fc.frontier(base, fc.Feature("X", {"A": 4}), then=then)
    assert [each.day for each in found.positions] == [9, 14, 19, 19]


def test_the_default_model_and_a_few_runs_that_need_a_longer_horizon(monkeypatch: pytest.MonkeyPatch) -> None:
    roadmap, _ = seeded(SEED * 1_000_000 + 2, teams=3, features=8)
    history = fc.History.from_counts({team.name: [9, 0, 0, 14, 3, 0, 22, 5] for team in roadmap.teams})
    base = fc.simulate(roadmap, history, runs=400, seed=SEED)
    simulated, replayed = both_ways(monkeypatch, base, fc.Feature("X", {"T1": 30, "T2": (5, 9, 40)}))
    assert simulated == replayed


def test_progress_ends_with_all_positions(monkeypatch: pytest.MonkeyPatch) -> None:
    base = steady(fc.Feature("Login", {"A": 5}), fc.Feature("Shop", {"A": 5}))
    monkeypatch.setattr(placements.Tour, "is_worth_it", True)
    seen: list[tuple[int, int]] = []
    fc.frontier(base, fc.Feature("X", {"A": 4}), progress=lambda done, of: seen.append((done, of)))
    assert seen[-1] == (3, 3)


def test_a_run_that_does_not_come_to_its_end_is_simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    """It never happens as far as is known; if it did, nobody would wait for ever, nor get a wrong number."""

    base = steady(fc.Feature("Login", {"A": 5}), fc.Feature("Shop", {"A": 5}))
    expected = fc.frontier(base, fc.Feature("X", {"A": 4}))
    monkeypatch.setattr(placements.Tour, "is_worth_it", True)
    monkeypatch.setattr(replay, "_replay", lambda *arguments: (arguments[-1], -1))
    assert fc.frontier(base, fc.Feature("X", {"A": 4})) == expected
