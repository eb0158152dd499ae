"""Pacing: each rule on an answer known beforehand, on its twin where it must be silent, and its rate of false alarms."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import permutations

import numpy as np
import pytest
from helpers import SEED, standard_error

from forecast.pacing import Shift, find_bulks, find_carrier, find_change, find_idle, find_shift

Floats = np.ndarray
STEADY = [9, 11, 8, 12, 10, 9, 13, 7, 10, 11, 9, 8, 12]


def counts(rng: np.random.Generator, mean: float, varies: float, size: int) -> Floats:
    """Counts of a steady team: negative binomial with a mean and a coefficient of variation."""
    shape = 1 / (varies**2 - 1 / mean)
    return rng.poisson(rng.gamma(shape, mean / shape, size)).astype(float)


def alarms(find: Callable[[Floats], object], mean: float, varies: float, size: int, teams: int) -> float:
    """The share of steady teams that raise an alarm."""
    rng = np.random.default_rng([SEED, size, round(100 * varies)])
    return sum(find(counts(rng, mean, varies, size)) not in ([], None) for _ in range(teams)) / teams


# Bulks -----------------------------------------------------------------------------------------------------------------


def test_a_bulk_is_found_with_what_is_usual_around_it() -> None:
    assert find_bulks(np.array([*STEADY, 90.0, *STEADY])) == [(13, pytest.approx(9.5, abs=0.5))]
    assert find_bulks(np.array([772.0, *STEADY])) == [(0, pytest.approx(10, abs=1))]
    assert find_bulks(np.array([*STEADY, 90.0])) == [(13, pytest.approx(10, abs=1))]


@pytest.mark.parametrize(
    "pace",
    [
        [],
        [5.0],
        STEADY,
        [*STEADY, 30.0, *STEADY],
        [0.0] * 20,
        [0.0, 0.0, 1.0] * 6,
        [2.0] * 13 + [30.0] * 13,
        [30.0] * 13 + [2.0] * 13,
        [90.0, 9, 11, 8, 12, 10, 9, 13],
    ],
    ids=[
        "none",
        "one",
        "steady",
        "three times",
        "all zero",
        "rare",
        "a step up",
        "a step down",
        "only seven around it",
    ],
)
def test_what_is_no_bulk(pace: list[float]) -> None:
    assert find_bulks(np.array(pace)) == []


def test_two_bulks_side_by_side_hide_neither() -> None:
    assert [at for at, _ in find_bulks(np.array([772.0, 110, 81, *STEADY]))] == [0, 1, 2]


@pytest.mark.parametrize(("varies", "most"), [(0.6, 1 / 2000), (0.8, 1 / 600), (1.0, 1 / 300)])
def test_steady_teams_rarely_have_a_bulk(varies: float, most: float) -> None:
    """Per sprint, 3,000 teams of 20: below the stated rate by 4.9 standard errors of that many sprints or more."""
    share = alarms(find_bulks, 10, varies, 20, 3000) / 20
    assert share < most + 4.9 * standard_error(most, 60_000)


# One sprint that carries all ---------------------------------------------------------------------------------------------


def test_the_sprint_that_carries_the_mean() -> None:
    assert find_carrier(np.array([2.0, 2, 2, 14])) == (3, pytest.approx(1 - 2 / 5))
    assert find_carrier(np.array([0.0, 0, 0, 1])) == (3, 1.0)


@pytest.mark.parametrize(
    "done", [[], [9.0], [1.0, 9, 1], STEADY, [0.0] * 9, [5.0, 5, 5, 15], [2.0] * 40 + [12.0], [0.0, 4, 5, 15]]
)
def test_no_sprint_carries_the_mean(done: list[float]) -> None:
    assert find_carrier(np.array(done)) is None


# Idle stretches ----------------------------------------------------------------------------------------------------------


def test_stretches_with_nothing_done() -> None:
    assert find_idle(np.array([*[0.0] * 4, *STEADY])) == [(0, 4)]
    assert find_idle(np.array([*STEADY, *[0.0] * 5, *STEADY, 0, 0, 3])) == [(13, 18)]
    assert find_idle(np.array([*STEADY, *[0.0] * 4])) == [(13, 17)]


@pytest.mark.parametrize(
    "done",
    [[], STEADY, [*STEADY, 0.0, 0.0, 0.0], [0.0] * 12, [0.0, 0, 0, 5], [0.0, 0, 0, 1, 0, 0, 0, 0, 2, 0, 0, 0, 1]],
    ids=["none", "steady", "three", "nothing at all", "few others", "often"],
)
def test_zeros_that_are_no_stretch(done: list[float]) -> None:
    assert find_idle(np.array(done)) == []


@pytest.mark.parametrize(("zeros", "others"), [(3, 3), (4, 3), (3, 5)])
def test_the_expected_number_of_rows_is_that_of_all_orders(zeros: int, others: int) -> None:
    """(m + 1) C(z + m - r, m) / C(z + m, m), counted in every order of a short history; here with r = 3."""
    orders = set(permutations([0] * zeros + [1] * others))
    rows = sum("".join(map(str, order)).count("1" + "000") for order in [(1, *order) for order in orders])
    formula = (others + 1) * math.comb(zeros + others - 3, others) / math.comb(zeros + others, others)
    assert rows / len(orders) == pytest.approx(formula)


@pytest.mark.parametrize(("mean", "varies"), [(1.0, 1.2), (0.3, 2.0), (3.0, 0.8)])
def test_steady_teams_rarely_have_an_idle_stretch(mean: float, varies: float) -> None:
    """3,000 teams of 30 sprints; 1 in 100 at the most, and 4.9 standard errors."""
    assert alarms(find_idle, mean, varies, 30, 3000) < 0.01 + 4.9 * standard_error(0.01, 3000)


# Shifts ------------------------------------------------------------------------------------------------------------------


def test_a_step_is_found_where_it_is() -> None:
    assert find_shift(np.array([10.0, 12] * 10 + [5.0, 3] * 10)) == Shift(20, 11, 4)


def test_a_slide_is_found_and_what_came_after() -> None:
    shift = find_shift(np.arange(40.0))
    assert shift is not None
    assert shift.since > shift.before
    assert shift.first > 20


def test_the_last_of_several_shifts_is_told_against_the_one_before() -> None:
    pace = np.array([1.0, 2] * 10 + [20.0, 22] * 10 + [7.0, 9] * 10)
    assert find_shift(pace) == Shift(40, 21, 8)


@pytest.mark.parametrize(
    "pace",
    [[], [5.0], STEADY, [5.0] * 30, [0.0] * 30, [1.0] * 5 + [9.0] * 6, [10.0, 2] * 20, [*STEADY, 772.0, *STEADY]],
    ids=["none", "one", "steady", "constant", "zero", "eleven sprints", "to and fro", "one bulk"],
)
def test_no_shift(pace: list[float]) -> None:
    assert find_shift(np.array(pace)) is None


@pytest.mark.parametrize("size", [12, 20, 40, 120])
@pytest.mark.parametrize(("mean", "varies"), [(10.0, 0.6), (1.0, 1.2)])
def test_at_most_one_steady_team_in_a_hundred_shifts(size: int, mean: float, varies: float) -> None:
    """4,000 teams each; 4.9 standard errors."""
    assert alarms(find_change, mean, varies, size, 4000) < 0.01 + 4.9 * standard_error(0.01, 4000)


@pytest.mark.parametrize(("size", "least"), [(20, 0.2), (30, 0.4), (60, 0.8)])
def test_a_pace_that_halves_is_seen(size: int, least: float) -> None:
    """The power that the docstring states, with 1,000 teams and 4.9 standard errors; the control of the test above."""
    rng = np.random.default_rng([SEED, size])
    half = size // 2
    seen = sum(
        find_change(np.concatenate([counts(rng, 20, 0.6, half), counts(rng, 10, 0.6, size - half)])) is not None
        for _ in range(1000)
    )
    assert seen / 1000 > least - 4.9 * standard_error(least, 1000)


def test_the_order_decides_and_nothing_else() -> None:
    """The same counts, sorted and shuffled: found, and not found."""
    pace = np.array(STEADY * 3, float)
    assert find_change(np.sort(pace)) is not None
    assert find_change(pace) is None
    assert find_change(np.sort(pace)) == find_change(np.sort(pace) ** 2)  # ranks: any rising scale gives the same
