"""Scores: known answers, the library of others as oracle, and a PIT that is uniform for who is right and only then."""

from __future__ import annotations

import numpy as np
import pytest
import scoringrules
from helpers import SEED, standard_error
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from forecast.scores import crps, first_passage, pinball, pit

VALUES = st.floats(-1e4, 1e4)


# CRPS and pinball ------------------------------------------------------------------------------------------------------


def test_crps_known_by_hand() -> None:
    assert crps(3.0, np.array([5.0])) == 2  # one run: the absolute error
    assert crps(3.0, np.array([3.0, 3.0])) == 0
    # F is 0, 1/2 on [0, 2), 1: the integral of (F - 1{x >= 1})^2 is 1/4 + 1/4
    assert crps(1.0, np.array([2.0, 0.0])) == pytest.approx(0.5)


@given(arrays.arrays(float, (3, 17), elements=VALUES), arrays.arrays(float, 3, elements=VALUES))
@settings(max_examples=60, deadline=None)
def test_crps_is_what_the_library_says(runs: np.ndarray, outcome: np.ndarray) -> None:
    expected = scoringrules.crps_ensemble(outcome, runs, estimator="nrg")
    np.testing.assert_allclose(crps(outcome, runs), expected, rtol=1e-9, atol=1e-7)


@given(VALUES, VALUES, st.floats(0.01, 0.99))
def test_pinball_is_what_the_library_says(outcome: float, quantile: float, level: float) -> None:
    expected = scoringrules.quantile_score(outcome, quantile, level)
    assert pinball(outcome, quantile, level) == pytest.approx(float(expected), rel=1e-9, abs=1e-9)


def test_pinball_known_by_hand() -> None:
    assert pinball(10, 6, 0.85) == pytest.approx(3.4)
    assert pinball(6, 10, 0.85) == pytest.approx(0.6)
    np.testing.assert_allclose(pinball([10, 6], [6, 10], [0.5, 0.5]), [2, 2])


def test_the_true_quantile_and_the_true_distribution_score_best() -> None:
    """60,000 Poisson counts of mean 7: the scores of the truth are less than those of means 6 and 8, by over 4 errors each."""
    rng = np.random.default_rng(SEED)
    outcome = rng.poisson(7, 60_000)
    scores = {}
    for mean in (6, 7, 8):
        runs = stats.poisson(mean).ppf((np.arange(200) + 0.5) / 200)
        scores[mean] = crps(outcome, np.broadcast_to(runs, (len(outcome), 200)))
    for wrong in (6, 8):
        gap = scores[wrong] - scores[7]
        assert gap.mean() > 4 * gap.std() / np.sqrt(len(gap))


# PIT -------------------------------------------------------------------------------------------------------------------


def test_pit_known_by_hand() -> None:
    runs = np.array([1.0, 2.0, 2.0, 5.0])
    assert pit(3, runs, 0.5) == pytest.approx((3 + 0.5) / 5)
    assert pit(2, runs, 0.0) == pytest.approx(1 / 5)
    assert pit(2, runs, 1.0) == pytest.approx(4 / 5)
    assert pit(0, runs, 0.25) == pytest.approx(0.25 / 5)
    assert pit(2 + 1e-12, runs, 0.0) == pit(2, runs, 0.0)  # sums of scaled counts are not exact
    assert pit([3, 2], np.stack([runs, runs]), [0.5, 0.0]).shape == (2,)


def uniform_p(places: np.ndarray) -> float:
    return float(stats.kstest(places, "uniform").pvalue)


@pytest.mark.parametrize("runs", [1, 3, 40])
@pytest.mark.parametrize("mean", [0.3, 4.0])
def test_pit_of_counts_is_uniform_when_outcome_and_runs_are_alike(mean: float, runs: int) -> None:
    """Ties, zeros and few runs make no difference: 20,000 forecasts, Kolmogorov-Smirnov at 1 in 100,000."""
    rng = np.random.default_rng([SEED, runs])
    drawn = rng.poisson(mean, (20_000, runs + 1)).astype(float)
    assert uniform_p(pit(drawn[:, 0], drawn[:, 1:], rng.random(20_000))) > 1e-5


def test_pit_of_zeros_is_uniform() -> None:
    rng = np.random.default_rng(SEED)
    assert uniform_p(pit(np.zeros(5000), np.zeros((5000, 7)), rng.random(5000))) > 1e-5


@pytest.mark.parametrize("fault", ["ties count as below", "ties count as above", "too wide", "too low"])
def test_a_pit_that_is_wrong_is_found(fault: str) -> None:
    """The control of the test before it."""
    rng = np.random.default_rng(SEED)
    drawn = rng.poisson(4, (20_000, 41)).astype(float)
    outcome, runs, luck = drawn[:, 0], drawn[:, 1:], rng.random(20_000)
    if fault == "too wide":
        runs = 4 + 1.3 * (runs - 4)
    if fault == "too low":
        runs = runs - (rng.random(runs.shape) < 0.2)
    if fault.startswith("ties"):
        luck = np.full(20_000, float(fault.endswith("below")))
    assert uniform_p(pit(outcome, runs, luck)) < 1e-5


def test_counting_ties_as_hits_flatters() -> None:
    """Why the PIT is randomised: "at most the 85 % quantile" holds for more than 85 % of counts, even for who is right."""
    rng = np.random.default_rng(SEED)
    drawn = rng.poisson(1.0, (20_000, 201)).astype(float)
    quantile = np.sort(drawn[:, 1:], axis=1)[:, 169]
    held = float((drawn[:, 0] <= quantile).mean())
    places = pit(drawn[:, 0], drawn[:, 1:], rng.random(20_000))
    error = standard_error(0.85, 20_000)
    assert held > 0.85 + 10 * error
    assert abs(float((places <= 0.85).mean()) - 0.85) < 4.5 * error


# First passage -----------------------------------------------------------------------------------------------------------


def test_first_passage_known_by_hand() -> None:
    edges = np.arange(5.0)
    lines = np.cumsum([[0, 5, 0, 5, 5], [0, 0, 0, 0, 0], [0, 20, 0, 0, 0], [0, 0, 0, 0, 10]], axis=1).astype(float)
    np.testing.assert_allclose(first_passage(edges, lines, 10.0), [3, np.inf, 0.5, 4])
    np.testing.assert_allclose(first_passage(edges, lines, 5.0), [1, np.inf, 0.25, 3.5])
    np.testing.assert_allclose(first_passage(edges, lines, 5 + 1e-12)[0], 1)


def test_first_passage_on_uneven_edges() -> None:
    assert first_passage(np.array([0, 2.0, 3.0]), np.array([0, 4.0, 8.0]), 6.0) == pytest.approx(2.5)
