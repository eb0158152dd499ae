"""Draws are uniform, and independent of the draws at all other addresses.

Every statistical check fails with a chance of ERROR (one in ten million) when the draws are right, and has a control that
must fail: the same check on draws that are slightly or plainly wrong. N is 200,000 unless said. Pairs never overlap: the
chi-square of overlapping pairs has heavier tails.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from drawn import Array, N, along, column, rows
from helpers import SEED
from numpy.typing import NDArray
from oracles import ERROR, check_caught, check_counts, pert, triangular
from scipy import stats

from forecast import draws

CELLS = 16

# The checks -----------------------------------------------------------------------------------------------------------


def check_uniform(values: Array) -> None:
    """Assert that the values are spread evenly over 0 to 1 (Kolmogorov-Smirnov), and their squares and cubes too."""
    assert 0 < values.min() < values.max() < 1
    assert stats.kstest(values, "uniform").pvalue > ERROR
    for power in (1, 2, 3):
        z = (np.mean(values**power) - 1 / (power + 1)) / np.sqrt(
            (1 / (2 * power + 1) - 1 / (power + 1) ** 2) / len(values)
        )
        assert abs(z) < stats.norm.isf(ERROR / 2), f"mean of power {power}: z = {z:.1f}"


def check_even(table: Any) -> None:
    """Assert that all cells are equally likely (chi-square). table : counts of any shape."""
    assert stats.chisquare(np.ravel(table)).pvalue > ERROR


def check_apart(one: Array, two: Array) -> None:
    """Assert that two columns of uniforms have nothing to do with each other: no correlation, and even in all 256 cells."""
    z = np.corrcoef(one, two)[0, 1] * np.sqrt(len(one))
    assert abs(z) < stats.norm.isf(ERROR / 2), f"correlation: z = {z:.1f}"
    assert np.mean(one == two) < 1e-4
    check_even(np.histogram2d(one, two, bins=CELLS, range=[[0, 1], [0, 1]])[0])


def mixed(share: float, one: Array, two: Array) -> Array:
    """A control: mostly `two`, in a small share of the places `one`."""
    return np.where(np.arange(len(one)) % round(1 / share) == 0, one, two)


# Uniform --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "A", "Checkout"])
def test_uniforms_are_uniform(name: str) -> None:
    values = column(name)
    check_uniform(values)
    check_even(np.histogram(values, bins=1000, range=(0, 1))[0])
    check_caught(check_uniform, values**1.03)
    check_caught(check_uniform, np.clip(values, 0.01, 1 - 1e-9))
    check_caught(check_even, np.histogram(mixed(0.05, 0.999 * np.ones(N), values), bins=1000, range=(0, 1))[0])


def test_uniforms_along_sprints_are_uniform() -> None:
    for step in (1, 7, 14):
        check_uniform(along("A", step=step, count=20_000))
    check_caught(check_uniform, along("A", count=20_000) ** 1.1)


def test_every_bit_is_a_fair_coin_and_changes_with_every_bit_of_the_address() -> None:
    """Avalanche: the next run, index or seed flips each of the upper 52 bits in half of the cases. N = 20,000 addresses."""

    def bits(values: Array) -> NDArray[np.int64]:
        words = np.floor(values * 2.0**52).astype(np.int64)
        return (words[:, None] >> np.arange(52)) & 1

    here = bits(column("A", runs=20_000))
    halves = np.full(52, 0.5)
    names = [f"bit {number}" for number in range(52)]
    check_counts(here.sum(axis=0), halves, 20_000, names)
    neighbours = {
        "next run": column("A", runs=20_000, first=1),
        "next index": column("A", runs=20_000, index=1),
        "a sprint on": column("A", runs=20_000, index=14),
        "next seed": column("A", runs=20_000, seed=SEED + 1),
        "a far run": column("A", runs=20_000, first=2**32),
        "a far index": column("A", runs=20_000, index=2**33),
    }
    for what, values in neighbours.items():
        flips = here ^ bits(values)
        check_counts(flips.sum(axis=0), halves, 20_000, [f"{what}: {name}" for name in names])
    check_caught(check_counts, (here ^ here).sum(axis=0), halves, 20_000, names)
    low = here.copy()
    low[:2000, 0] = 0
    check_caught(check_counts, low.sum(axis=0), halves, 20_000, names)


# Independent ----------------------------------------------------------------------------------------------------------


def here(step: int = 1) -> Array:
    return column("Team A", step=step)


NEIGHBOURS: dict[str, Callable[[], tuple[Array, Array]]] = {
    "next run": lambda: (here(2), column("Team A", step=2, first=1)),
    "a run 16 on": lambda: (here(32), column("Team A", step=32, first=16)),
    "a chunk on": lambda: (here(8192), column("Team A", step=8192, first=4096)),
    "2**32 runs on": lambda: (here(), column("Team A", first=2**32)),
    "next index": lambda: (here(), column("Team A", index=1)),
    "a week on": lambda: (here(), column("Team A", index=7)),
    "a sprint on": lambda: (here(), column("Team A", index=14)),
    "next run and index": lambda: (here(), column("Team A", first=1, index=1)),
    "name differs by a letter": lambda: (here(), column("Team B")),
    "name differs in case": lambda: (here(), column("team A")),
    "name is longer": lambda: (here(), column("Team AA")),
    "another name beside it": lambda: (here(), column("Team A", "")),
    "another kind": lambda: (here(), column("Team A", kind="growth")),
    "next seed": lambda: (here(), column("Team A", seed=SEED + 1)),
    "seed before": lambda: (here(), column("Team A", seed=SEED - 1)),
    "next seed and run": lambda: (here(), column("Team A", seed=SEED + 1, first=1)),
}


@pytest.mark.parametrize("neighbour", NEIGHBOURS)
def test_neighbouring_addresses_are_independent(neighbour: str) -> None:
    one, two = NEIGHBOURS[neighbour]()
    check_apart(one, two)
    check_caught(check_apart, one, mixed(0.02, one, two))  # two in a hundred are alike
    check_caught(check_apart, one, 1 - one)
    check_caught(check_apart, one, (one + 0.5) % 1)


def test_run_and_index_are_not_interchangeable() -> None:
    """(run r, index 0) and (run 0, index r); N = 20,000."""
    over_runs, over_indices = column("A", kind="throughput", first=1, runs=20_000), along("A", first=1, count=20_000)
    check_apart(over_runs, over_indices)
    check_apart(over_indices[::2], over_indices[1::2])
    check_caught(check_apart, over_indices, mixed(0.1, over_indices, over_runs))


def test_seeds_zero_and_one_have_nothing_in_common() -> None:
    check_apart(column("A", seed=0), column("A", seed=1))
    check_apart(column("A", seed=0), column("A", seed=10))
    check_caught(check_apart, column("A", seed=0), column("A", seed=0))


def test_three_in_a_row_are_independent() -> None:
    """Runs, indices and names in triples, in 8 x 8 x 8 cells: lattices show themselves in three dimensions."""
    triples = {
        "runs": [column("A", step=3, first=k) for k in (0, 1, 2)],
        "sprints": [column("A", index=739_000 + 14 * k) for k in (0, 1, 2)],
        "names": [column(name) for name in ("A", "B", "C")],
        "far runs": [column("A", step=2**20, first=k) for k in (0, 1, 2)],
    }
    for values in triples.values():
        check_even(np.histogramdd(np.transpose(values), bins=8, range=[(0, 1)] * 3)[0])
    one, two, _ = triples["runs"]
    parity = (np.floor(8 * one) + np.floor(8 * two)) % 8 / 8 + column("A", index=5) / 8  # even in pairs, not in triples
    check_apart(one, parity)
    check_caught(check_even, np.histogramdd(np.transpose([one, two, parity]), bins=8, range=[(0, 1)] * 3)[0])


def test_the_mean_over_names_and_indices_is_as_spread_as_it_should_be() -> None:
    """Draws that are even one by one can still lean together within a run: the sum of 48 in a run has a known spread."""

    def check_spread(total: Array) -> None:
        spread = np.var(total) / 4  # 48 uniforms have a variance of 4
        # the variance of a sum that is all but normal, N = 100,000; its kurtosis of 3 - 1.2 / 48 narrows it by a hair
        z = (spread - 1) / np.sqrt(2 / len(total))
        assert abs(z) < stats.norm.isf(ERROR / 2), f"z = {z:.1f}"

    values = np.stack([column(name, index=index, runs=100_000) for name in "ABCDEFGH" for index in range(6)])
    check_spread(values.sum(axis=0))
    leaning = values.copy()
    leaning[:, ::50] = leaning[:1, ::50]  # in two of a hundred runs all draws are the same
    check_caught(check_spread, leaning.sum(axis=0))


# Bootstrap ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 3, 7, 12, 26])
def test_every_past_sprint_is_drawn_equally_often(count: int) -> None:
    drawn = rows([count], [739_000 + 14 * number for number in range(10)], 20_000).reshape(-1, 10)
    assert (drawn.min(), drawn.max()) == (0, count - 1)
    check_even(np.bincount(drawn.ravel(), minlength=count))
    for sprint in range(10):
        check_even(np.bincount(drawn[:, sprint], minlength=count))
    is_moved = (drawn == 0) & (np.arange(20_000)[:, None] % 10 == 0)
    leaning = np.where(is_moved, count - 1, drawn)  # a tenth of the draws of the first become the last
    check_caught(check_even, np.bincount(leaning.ravel(), minlength=count))


@pytest.mark.parametrize(("count", "step"), [(2, 14), (7, 14), (12, 14), (7, 7), (7, 1), (8, 16), (26, 21)])
def test_neighbouring_sprints_runs_and_teams_draw_independently(count: int, step: int) -> None:
    """Pairs of rows are even over all count x count pairs; N = 100,000 pairs, none overlapping."""

    def pairs(one: NDArray[np.int64], two: NDArray[np.int64]) -> Any:
        return np.bincount((count * one + two).ravel(), minlength=count * count)

    drawn = rows([count, count], [739_000 + step * number for number in range(11)], 20_000, names=["Web", "Wec"])
    web = drawn[:, 0]
    check_even(pairs(web[:, 0:10:2], web[:, 1:11:2]))  # neighbouring sprints
    check_even(pairs(web[:, [0, 1, 4, 5]], web[:, [2, 3, 6, 7]]))  # the sprint after next
    check_even(pairs(web[::2, :10], web[1::2, :10]))  # neighbouring runs
    check_even(pairs(*web[:19_968].reshape(-1, 2, 16, 11).swapaxes(0, 1)))  # sixteen runs on
    check_even(pairs(web[::2, :10], web[1::2, 1:]))  # the next sprint of the next run
    check_even(pairs(web[:, :10], drawn[:, 1, :10]))  # another team
    starts = [739_000 + step * number for number in range(10)]
    check_even(pairs(web[:, :10], rows([count], starts, 20_000, names=["Web"], seed=SEED + 1)[:, 0]))
    is_sticky = np.arange(20_000)[:, None] % 20 == 0  # one in twenty is like the sprint before
    check_caught(check_even, pairs(web[:, 0:10:2], np.where(is_sticky, web[:, 0:10:2], web[:, 1:11:2])))


def test_whole_stretches_of_sprints_come_with_replacement() -> None:
    """The five next sprints from four past ones: all 1,024 sequences equally likely; N = 200,000 runs."""
    drawn = rows([4], [739_000 + 14 * number for number in range(5)], N)[:, 0]
    check_even(np.bincount(drawn @ 4 ** np.arange(5), minlength=1024))
    shuffled = np.argsort(np.stack([column("A", index=k) for k in range(4)]), axis=0).T  # without replacement
    check_caught(check_even, np.bincount(np.c_[shuffled, drawn[:, 4]] @ 4 ** np.arange(5), minlength=1024))


# Guesses --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "guess", [(3.0, 5.0, 12.0), (0.0, 0.0, 1.0), (2.0, 9.0, 9.0), (0.0, 1e-3, 1e6), (7.0, 7.5, 8.0)], ids=str
)
def test_triangulars_follow_their_distribution(guess: tuple[float, float, float]) -> None:
    low, likely, high = (np.array([value]) for value in guess)
    out = np.full((N, 2), -1.0)
    draws.triangulars(
        np.array([draws.key(SEED, "size", "A")]), np.arange(N), low, likely, high, np.array([1], np.int32), out
    )
    assert np.all(out[:, 0] == -1)  # only its own column
    values, exact = out[:, 1], triangular(*guess)
    assert guess[0] <= values.min() < values.max() <= guess[2]

    def check(values: Array) -> None:
        assert stats.kstest(values, exact.cdf).pvalue > ERROR

    check(values)
    check_caught(check, values + 0.01 * (guess[2] - guess[0]))
    check_caught(check, pert(*guess).ppf(column("A")))
    assert np.allclose(exact.cdf(values), column("A"), atol=1e-9)  # the inverse of the distribution at its own uniform
