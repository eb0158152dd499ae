"""Selection: the best set that misses few enough runs, against looking at every set; the bound, against what is found."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from helpers import SEED

from forecast.selection import Odds, choose, climb, count, pack


def is_closed(odds: Odds, members: tuple[int, ...]) -> bool:
    return all(odds.needs[each] <= {*members} for each in members)


def all_sets(odds: Odds) -> list[tuple[int, ...]]:
    total = len(odds.values)
    sets = [members for size in range(total + 1) for members in combinations(range(total), size)]
    return [members for members in sets if is_closed(odds, members)]


def find_best(odds: Odds, most_missed: int, within: tuple[int, ...] = ()) -> tuple[int, ...]:
    """The best set by looking at all of them: most value, then the higher ranked."""
    fits = [each for each in all_sets(odds) if {*within} <= {*each} and odds.missed_by(each) <= most_missed]
    rank = {each: tuple(place in each for place in range(len(odds.values))) for each in fits}
    return max(fits, key=lambda each: (sum(odds.values[place] for place in each), rank[each]))


def draw_odds(rng: np.random.Generator, total: int, runs: int, has_values: bool) -> Odds:
    """Things that miss runs together and apart, of which some need others."""
    luck = rng.normal(size=(3, runs))
    late = rng.random((total, 3)) @ luck + rng.normal(size=(total, runs)) * rng.random((total, 1)) * 1.5
    missed = late > rng.normal(1.0, 1.0, (total, 1))
    order = rng.permutation(total)
    needs: list[set[int]] = [set() for _ in range(total)]
    for place, thing in enumerate(order):
        for other in order[:place]:
            if rng.random() < 0.2:
                needs[thing] |= {int(other), *needs[other]}
        for other in needs[thing]:
            missed[thing] |= missed[other]
    values = rng.integers(0, 6, total) if has_values else np.ones(total, int)
    return Odds(missed, tuple(values.tolist()), tuple(frozenset(each) for each in needs))


@pytest.mark.parametrize("trial", range(60))
def test_the_choice_is_that_of_looking_at_every_set(trial: int) -> None:
    rng = np.random.default_rng([SEED, trial])
    odds = draw_odds(rng, int(rng.integers(1, 13)), int(rng.integers(20, 200)), trial % 2 == 0)
    most_missed = int(rng.integers(0, odds.missed.shape[1]))
    found = choose(odds, most_missed)
    best = find_best(odds, most_missed)
    assert found.members == best
    assert found.is_best
    assert found.bound == found.value == sum(odds.values[each] for each in best)
    assert found.missed == odds.missed_by(best) <= most_missed


@pytest.mark.parametrize("trial", range(20))
def test_what_is_in_it_in_any_case_stays_in_it(trial: int) -> None:
    rng = np.random.default_rng([SEED, 1, trial])
    odds = draw_odds(rng, 8, 100, trial % 2 == 0)
    kept = int(rng.integers(0, 8))
    within = tuple(sorted({kept, *odds.needs[kept]}))
    most_missed = odds.missed_by(within) + int(rng.integers(0, 30))
    assert choose(odds, most_missed, (kept,)).members == find_best(odds, most_missed, within)
    too_few = choose(odds, odds.missed_by(within) - 1, (kept,))
    assert too_few.members == within or odds.missed_by(within) == 0


@pytest.mark.parametrize("trial", range(20))
def test_a_search_that_is_cut_short_stays_within_the_bound_that_it_tells(trial: int) -> None:
    rng = np.random.default_rng([SEED, 2, trial])
    odds = draw_odds(rng, 12, 300, trial % 2 == 0)
    best = choose(odds, 60)
    for nodes in (0, 1, 3):
        found = choose(odds, 60, nodes=nodes)
        assert found.missed <= 60
        assert is_closed(odds, found.members)
        assert found.value <= best.value <= found.bound
        assert not found.is_best or found.members == best.members


def test_the_sum_of_what_each_misses_is_no_bound() -> None:
    """The planted fault: a budget for the sum of misses, as if no two things missed the same run, refuses what is possible."""
    missed = np.zeros((5, 100), bool)
    missed[:, :15] = True
    odds = Odds(missed, (1,) * 5, (frozenset(),) * 5)
    assert choose(odds, 15).members == (0, 1, 2, 3, 4)
    assert missed.sum() > 15
    assert choose(odds, 14).members == ()


def test_of_equal_sets_the_one_with_the_higher_ranked_is_taken() -> None:
    missed = np.zeros((4, 40), bool)
    for thing in range(4):
        missed[thing, 10 * thing : 10 * thing + 5] = True
    odds = Odds(missed, (1, 1, 1, 1), (frozenset(),) * 4)
    assert choose(odds, 10).members == (0, 1)
    assert choose(odds, 10, within=(3,)).members == (0, 3)
    assert choose(Odds(missed, (1, 1, 1, 2), (frozenset(),) * 4), 10).members == (0, 3)


def test_what_costs_nothing_is_taken_even_without_value() -> None:
    missed = np.zeros((3, 10), bool)
    missed[2, :9] = True
    assert choose(Odds(missed, (0, 1, 5), (frozenset(),) * 3), 2).members == (0, 1)


def test_nothing_to_choose_from_and_nothing_that_fits() -> None:
    nothing = Odds(np.zeros((0, 10), bool), (), ())
    assert choose(nothing, 5).members == ()
    assert climb(nothing) == ([], True)
    never = Odds(np.ones((2, 10), bool), (1, 1), (frozenset(),) * 2)
    assert choose(never, 5).members == ()
    assert choose(never, 10).members == (0, 1)


@pytest.mark.parametrize("has_values", [True, False])
def test_three_hundred_things_are_chosen_from_within_a_small_gap(has_values: bool) -> None:
    """Queues of six teams on 10,000 runs: what is ranked lower is later, and all of a team is late together."""
    rng = np.random.default_rng([SEED, 3])
    runs, total = 10_000, 300
    pace = rng.gamma(20, 1 / 20, (6, runs))
    team, place = np.arange(total) % 6, np.arange(total) // 6
    work = (place[:, None] + 1) * rng.gamma(30, 1 / 30, (total, runs))
    missed = work / pace[team] > 20
    values = tuple(rng.integers(1, 14, total).tolist()) if has_values else (1,) * total
    odds = Odds(missed, values, (frozenset(),) * total)
    found = choose(odds, 1500)
    assert found.missed <= 1500
    assert found.value <= found.bound <= 1.05 * found.value
    assert choose(odds, 1500) == found


@pytest.mark.parametrize("trial", range(20))
def test_each_step_of_the_stairs_is_the_likeliest_of_its_size(trial: int) -> None:
    rng = np.random.default_rng([SEED, 4, trial])
    odds = draw_odds(rng, int(rng.integers(1, 11)), 120, False)
    steps, are_best = climb(odds)
    assert are_best
    assert [len(step) for step in steps] == list(range(1, len(odds.values) + 1))
    for step in steps:
        sizes = [each for each in all_sets(odds) if len(each) == len(step)]
        assert odds.missed_by(step) == min(odds.missed_by(each) for each in sizes)
        assert is_closed(odds, step)


def test_the_stairs_of_many_things_are_near_the_best() -> None:
    rng = np.random.default_rng([SEED, 5])
    odds = draw_odds(rng, 16, 200, False)
    steps, are_best = climb(odds)
    assert not are_best
    costs = [odds.missed_by(step) for step in steps]
    assert costs == sorted(costs)
    assert all(is_closed(odds, step) for step in steps)
    for size in (1, 2, 3):
        best = min(odds.missed_by(each) for each in combinations(range(16), size) if is_closed(odds, each))
        assert costs[size - 1] <= best + 4


def test_packed_runs_are_counted_as_they_are() -> None:
    rng = np.random.default_rng([SEED, 6])
    for runs in (0, 1, 7, 64, 65, 1000):
        flags = rng.random((3, runs)) < 0.3
        assert count(pack(flags)).tolist() == flags.sum(axis=1).tolist()
