"""Drift does what its formulas say: run by run, in mean and covariance, and as a whole distribution.

A constant past that is not whole shows the level itself: what a sprint is worth is then the constant times e to the power of a
normal of known mean and covariance. Every statistical check states its runs and has a planted fault that it must catch.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import drifting
import numpy as np
import pytest
from drifting import MONDAY, Past, know, levels, paths, word
from helpers import SEED
from numba import njit
from numpy.typing import NDArray
from oracles import ERROR, check_caught, check_counts
from scipy import stats

import forecast as fc
from forecast import draws, lanes, wandering
from forecast.arrays import LANES, POOL, Supply
from forecast.compiling import BARE
from forecast.drift import Drift
from forecast.pace import Cards, Pace, find_lag

Array = NDArray[np.float64]
STEADY = Past((2.5,) * 9)
"""Its sprints show nothing but the level."""

VARIED = Past((3, 5, 0, 7, 12, 4, 4, 0, 9, 6, 2))
FALLING = Past((9, 12, 6, 8, 5, 7, 4, 3, 5, 1, 2))
RUNS = 60_000
NEAR = 1e-5
"""How near the levels are, relatively: their normals are drawn with short floats."""


def supply(pasts: Sequence[Past], sprints: int) -> Supply:
    """The next sprints of teams with these pasts, each a segment of its own."""
    teams = len(pasts)
    starts = [[past.start + past.days * sprint for sprint in range(sprints)] for past in pasts]
    return Supply(
        segment_sprint=np.tile(np.arange(sprints, dtype=np.int32), (teams, 1)),
        segment_share=np.ones((teams, sprints)),
        sprint_start=np.array(starts, np.int64),
        sprint_weekdays=np.array([[max(past.days * 5 // 7, 1)] * sprints for past in pasts], np.int32),
        sprint_days=np.array([past.days for past in pasts], np.int64),
        count_weekdays=np.zeros(teams),
    )


def history(pasts: Sequence[Past]) -> fc.History:
    """Their sprints, with dates where they end before sprint 0 begins."""
    rows = []
    for name, past in zip("ABCDEF", pasts, strict=False):
        for back, done in zip(range(len(past.done))[::-1], past.done, strict=True):
            end = None if past.end is None else dt.date.fromordinal(past.end - back * past.days)
            start = None if end is None else end - dt.timedelta(days=past.days - 1)
            rows.append(fc.Sprint(name, start, end, done))
    return fc.History(rows)


def drawn(
    *pasts: Past, runs: int = RUNS, sprints: int = 8, seed: int = SEED, model: Drift | None = None, **options: Any
) -> Array:
    """What each sprint is worth to each team, named A, B, ..., in each run: (runs, teams, sprints)."""
    model = model or Drift(**({"shape": "past"} | options))
    source = model.bind(history(pasts), "ABCDEF"[: len(pasts)], seed, supply(pasts, sprints))
    return np.diff(source.capacity(np.arange(runs)), axis=2)


# Run by run -----------------------------------------------------------------------------------------------------------

PASTS = [
    STEADY,
    replace(STEADY, days=21),
    replace(STEADY, days=7, start=MONDAY + 7),
    replace(STEADY, days=10, start=MONDAY + 3),
    replace(STEADY, end=MONDAY - 3),
    replace(STEADY, end=MONDAY - 40),
    Past((2.5, 1.5, 9.5, 0.5, 4.5, 3.25)),
]


@pytest.mark.parametrize("past", PASTS, ids=range(len(PASTS)))
def test_the_level_of_every_run_is_the_one_that_the_formulas_give(past: Past) -> None:
    """Against plain Python with SciPy's normal quantiles; 40 runs of 12 sprints. A steady past is drawn in any case."""
    steady = np.unique(past.done).size == 1
    found = drawn(past, runs=40, sprints=12)[:, 0]
    for run in range(40):
        expected = np.array(levels(past, "A", seed=SEED, run=run, sprints=12))
        if steady:
            assert found[run] == pytest.approx(past.done[0] * expected, rel=NEAR)
        else:  # each sprint is one of the past sprints times the level
            ratios = found[run] / expected
            assert np.abs(ratios[:, None] - np.array(past.done)).min(axis=1).max() < NEAR * max(past.done)
    other = np.array(levels(past, "A", seed=SEED + 1, run=0, sprints=12))
    assert np.abs(found[0] / other - found[0, 0] / other[0]).max() > 1e-3  # the control: another seed, another level


def test_the_card_and_the_rounding_of_every_run_are_those_of_its_word() -> None:
    """The same 64 bits choose the card, its face and the rounding; 60 runs of 6 sprints, whole items."""
    known = know(VARIED)
    cards = Cards.of(np.array(VARIED.done), np.array(known.weights))
    found, differ = drawn(VARIED, runs=60, sprints=6)[:, 0], 0
    for run in range(60):
        level = levels(VARIED, "A", seed=SEED, run=run, sprints=6)
        for sprint in range(6):
            bits = word(SEED, run, VARIED.start + 14 * sprint, "throughput", "A")
            place = (bits >> 32) * len(cards.odds)
            card, chance = place >> 32, place & 0xFFFFFFFF
            items = cards.faces[card, int(chance >= cards.odds[card])] * level[sprint]
            least, most = (np.floor(x * items + ((bits & 0xFFFFFFFF) + 0.5) / 2**32) for x in (1 - NEAR, 1 + NEAR))
            assert least <= found[run, sprint] <= most
            differ += least < most
    assert differ <= 2  # where the level is as good as on the edge


@njit(**BARE)
def fill_normals(streams, address, out, uniform):  # type: ignore[no-untyped-def]
    for place in range(0, len(streams), POOL):
        count = min(POOL, len(streams) - place)
        wandering._draw_normals(streams[place:], address, count, out[place:], uniform)


def unmix(words: Any) -> Any:
    """What `draws._mix` makes these words of: each of its steps taken back, the last one first."""
    for shift, factor in ((31, draws.MIX_2), (27, draws.MIX_1), (30, 1)):
        shifted = words >> np.uint64(shift)
        words = (words ^ shifted ^ (shifted >> np.uint64(shift))) * np.uint64(pow(int(factor), -1, 2**64))
    return words


@njit(**BARE)
def fill_powers(exponents, out):  # type: ignore[no-untyped-def]
    for place in range(0, len(exponents), LANES):
        lanes.store(out, place, wandering._two_to(lanes.load(exponents, place)))


def test_normals_are_those_of_scipy() -> None:
    """The inverse of the normal distribution: to 3e-6 in its middle, to a relative 2e-9 in its tails, to the last of them."""
    uniform = np.concatenate(
        [
            np.linspace(1e-6, 1 - 1e-6, 20_011),
            10.0 ** -np.arange(2, 15),
            1 - 2.0 ** -np.arange(2, 48),
            [0, 1 - 2.0**-52],
        ]
    )
    steps = np.floor(uniform * 2.0**52)
    words, exact = steps.astype(np.uint64) << np.uint64(12), stats.norm.ppf((steps + 0.5) / 2.0**52)
    address, found = np.uint64(SEED + 1), np.empty(len(words))
    assert 0 < len(words) % POOL < POOL - LANES
    fill_normals(unmix(words) - address, address, found, np.empty(POOL))
    outside = np.abs(uniform - 0.5) > 0.4976
    assert 60 < outside.sum() < 200
    assert found == pytest.approx(exact, abs=3e-6, rel=0)
    assert found[outside] == pytest.approx(exact[outside], rel=2e-9)


def test_powers_of_two_are_those_of_the_library() -> None:
    """Relative error below 5e-11, cut to -60 .. 60; and exactly 1 where nothing moves the level."""
    exponents = np.concatenate([np.linspace(-60, 60, 24_001), [0.0, -0.0, 0.5, -0.5, 1e-300, 1e9, -1e9]])
    found = np.empty(len(exponents))
    assert len(exponents) % LANES == 0
    fill_powers(exponents, found)
    assert found == pytest.approx(np.exp2(np.clip(exponents, -60, 60)), rel=5e-11)
    assert found[24_001] == found[24_002] == 1.0


# Mean and covariance --------------------------------------------------------------------------------------------------


def check_means(values: Array, means: Sequence[float], variances: Sequence[float]) -> None:
    """Assert the mean of each column, known with its variance: (runs, n)."""
    z = (values.mean(axis=0) - means) / np.sqrt(np.array(variances) / len(values))
    assert np.abs(z).max() < stats.norm.isf(ERROR / 2 / len(z)), f"z = {z.round(1)}"


def check_covariance(one: Array, two: Array, expected: float, spread: float) -> None:
    """Assert the covariance of two normals of known variances (their product is spread): N pairs, by its standard error."""
    found = np.mean((one - one.mean()) * (two - two.mean()))
    z = (found - expected) / np.sqrt((spread + expected**2) / len(one))
    assert abs(z) < stats.norm.isf(ERROR / 2), f"{found:.5f}, exactly {expected:.5f}, z = {z:.1f}"


GAPS = [STEADY, replace(STEADY, end=MONDAY - 43), replace(STEADY, days=28)]


@pytest.mark.parametrize("past", GAPS, ids=["right after the history", "three sprints later", "long sprints"])
def test_the_level_has_the_mean_and_the_variance_of_the_formulas(past: Past) -> None:
    """N = 60,000 runs of 8 sprints; a steady team's level."""
    fixed, variances = paths(past, 8)
    values = np.log(drawn(past)[:, 0] / 2.5)
    check_means(values, fixed, variances)
    for sprint in (0, 3, 7):
        column = values[:, sprint]
        check_covariance(column, column, variances[sprint], variances[sprint] ** 2)
    later = np.log(drawn(replace(past, end=MONDAY - 85))[:, 0] / 2.5)  # the same team, six sprints after its history
    check_caught(check_means, later, fixed, variances)
    check_caught(check_covariance, later[:, 0], later[:, 0], variances[0], variances[0] ** 2)
    check_caught(check_means, np.log(drawn(past, walk=0.24)[:, 0] / 2.5), fixed, variances)


def test_the_mean_is_known_and_rises_a_little() -> None:
    """Of half the variance a quarter is left: E[X exp(W)] = mean of X times e ** (fixed + variance / 2). N = 60,000."""
    known, (fixed, variances) = know(VARIED), paths(VARIED, 8)
    values = drawn(VARIED)[:, 0]
    mean = [known.mean * np.exp(f + v / 2) for f, v in zip(fixed, variances, strict=True)]
    check_means(values, mean, values.var(axis=0).tolist())
    assert all(m > known.mean * np.exp((0.94 ** (k + 1) - 1) * known.surplus) for k, m in enumerate(mean))
    check_caught(check_means, drawn(replace(VARIED, done=VARIED.done[::-1]))[:, 0], mean, values.var(axis=0).tolist())


def test_neighbouring_sprints_share_most_of_their_level() -> None:
    """Cov(W_j, W_k) = pull ** (k - j) Var(W_j). N = 60,000."""
    values, (_, variances) = np.log(drawn(STEADY)[:, 0]), paths(STEADY, 8)
    for near, far in ((0, 1), (0, 7), (3, 5)):
        expected, spread = 0.94 ** (far - near) * variances[near], variances[near] * variances[far]
        check_covariance(values[:, near], values[:, far], expected, spread)
        check_caught(check_covariance, values[:, near], values[::-1, far], expected, spread)


@pytest.mark.parametrize(
    ("days", "start", "mondays"), [(14, 0, 2), (14, 7, 1), (7, 0, 1), (28, 0, 2)], ids=["same", "a week on", "7", "28"]
)
def test_teams_share_a_part_of_each_step_whatever_their_sprints(days: int, start: int, mondays: int) -> None:
    """The levels at the end of sprint 0 share the weeks that both have been through: shared walk ** 2 / 2 for each."""
    other = replace(STEADY, days=days, start=MONDAY + start)
    values = np.log(drawn(STEADY, other)[:, :, 0])
    expected = 0.15 * mondays * np.sqrt(drifting.spread(STEADY) / 2 * drifting.spread(other) / (2 * other.pace))
    spread = float(paths(STEADY, 1)[1][0] * paths(other, 1)[1][0])
    check_covariance(values[:, 0], values[:, 1], expected, spread)
    alone = np.log(drawn(STEADY, other, shared=0.0)[:, :, 0])
    check_covariance(alone[:, 0], alone[:, 1], 0.0, spread)
    if mondays > 1:
        check_caught(check_covariance, alone[:, 0], alone[:, 1], expected, spread)


def test_far_ahead_the_level_moves_every_fourth_sprint_and_spreads_as_far() -> None:
    """26 steps of a sprint, then steps of four; N = 60,000. The variance is that of a step for every sprint."""
    values = np.log(drawn(STEADY, sprints=40)[:, 0] / 2.5)
    moved = [not np.allclose(values[:, sprint], values[:, sprint - 1]) for sprint in range(1, 40)]
    assert moved[:26] == [True] * 26
    assert [sprint for sprint in range(27, 40) if moved[sprint - 1]] == [
        30,
        34,
        38,
    ]  # 26 itself is in the first of the four
    _, variances = paths(STEADY, 40)
    for sprint in (29, 33, 37):  # the last sprint of a step
        assert values[:, sprint].var() == pytest.approx(variances[sprint], rel=0.03)  # se 0.006


# Whole distributions --------------------------------------------------------------------------------------------------


def simulate_slowly(past: Past, rng: np.random.Generator, sprints: int, runs: int = RUNS, **fault: float) -> Array:
    """Totals of so many sprints in runs of a generator of its own, by the formulas; fault : what is done otherwise."""
    past = replace(
        past, **{key: value for key, value in fault.items() if key in ("walk", "pull", "half_life", "correction")}
    )  # type: ignore[arg-type]
    known, (fixed, _) = know(past), paths(past, sprints)
    level = known.error * fault.get("error", 1.0) * rng.standard_normal(runs)
    total = np.zeros(runs)
    for sprint in range(sprints):
        level = past.pull * level + past.walk * rng.standard_normal(runs)
        items = rng.choice(past.done, runs, p=known.weights) * np.exp(fixed[sprint] + level)
        total += np.floor(items + rng.random(runs)) if fault.get("rounded", 1.0) else items
    return total


def check_same_distribution(one: Array, two: Array) -> None:
    """Assert that two samples come from one distribution of whole numbers (chi-square of at most 25 cells)."""
    edges = np.unique(np.quantile(np.concatenate([one, two]), np.linspace(0, 1, 26)[1:-1]))
    counts = np.array([np.bincount(np.searchsorted(edges, each), minlength=len(edges) + 1) for each in (one, two)])
    assert stats.chi2_contingency(counts[:, counts.any(axis=0)]).pvalue > ERROR


FAULTS: dict[int, list[dict[str, float]]] = {
    1: [{"half_life": 8.0}, {"rounded": 0.0}, {"error": 0.0}],
    3: [{"half_life": 8.0}, {"walk": 0.1}, {"error": 0.0}],
    8: [{"half_life": 8.0}, {"walk": 0.2}, {"correction": 0.0}, {"pull": 0.8}],
}


@pytest.mark.parametrize("sprints", FAULTS)
def test_totals_are_distributed_as_the_slow_simulation_says(sprints: int) -> None:
    """N = 60,000 runs on both sides."""
    rng = np.random.default_rng([SEED, sprints])
    found = drawn(FALLING, sprints=sprints)[:, 0].sum(axis=1)
    check_same_distribution(found, simulate_slowly(FALLING, rng, sprints))
    for fault in FAULTS[sprints]:
        check_caught(check_same_distribution, found, simulate_slowly(FALLING, rng, sprints, **fault))


def chances(cards: Cards) -> dict[float, float]:
    """How likely each number of items is to be drawn, read from the cards themselves."""
    found: dict[float, float] = {}
    for odds, faces in zip(cards.odds / 2**32, cards.faces, strict=True):
        for share, items in zip((odds, 1 - odds), faces, strict=True):
            found[float(items)] = found.get(float(items), 0.0) + share / len(cards.odds)
    return found


def test_cards_show_each_past_sprint_as_often_as_its_weight() -> None:
    rng = np.random.default_rng(SEED)
    for count in (1, 2, 3, 12, 300):
        weights = rng.dirichlet(np.ones(count))
        found = chances(Cards.of(np.arange(count, dtype=float), weights))
        assert [found.get(float(items), 0.0) for items in range(count)] == pytest.approx(weights.tolist(), abs=2e-9)


@pytest.mark.parametrize(("mean", "variance"), [(5.0, 20.0), (0.05, 0.3), (12.0, 12.0), (40.0, 900.0), (3.0, 1.0)])
def test_smooth_cards_are_negative_binomial(mean: float, variance: float) -> None:
    """Against scipy; without more variance than the mean they are Poisson."""
    pace = Pace(np.ones(1), mean, variance, 0.0, 0.0, is_whole=True)
    found = chances(pace.deal(1.0))
    size = mean**2 / (variance - mean) if variance > mean else None
    exact: Any = stats.nbinom(size, size / (size + mean)) if size else stats.poisson(mean)
    looked_at = sorted(found)
    assert looked_at == [float(n) for n in range(len(looked_at))]
    assert [found[n] for n in looked_at] == pytest.approx(exact.pmf(looked_at).tolist(), abs=1e-6)
    assert exact.sf(looked_at[-1]) < 1e-7
    half = chances(pace.deal(0.5))
    assert sum(n * chance for n, chance in half.items()) == pytest.approx(mean / 2, rel=1e-5)


def test_smooth_cards_of_points_lie_on_a_fine_lattice() -> None:
    pace = Pace(np.ones(1), 2.5, 4.0, 0.0, 0.0, is_whole=False)
    found = chances(pace.deal(1.0))
    mean = sum(n * chance for n, chance in found.items())
    assert mean == pytest.approx(2.5, rel=1e-6)
    assert sum((n - mean) ** 2 * chance for n, chance in found.items()) == pytest.approx(4.0, rel=1e-4)
    assert min(np.diff(sorted(found))) == pytest.approx(2.5 / 50)


def test_few_sprints_are_drawn_smoothly_and_six_are_not() -> None:
    """With all walking and rounding left out: the cards themselves. N = 60,000."""
    few, enough = Past((1, 9, 1, 9, 1)), Past((1, 9, 1, 9, 1, 9))
    tall = drawn(few, model=Drift(walk=0), sprints=1)
    past = drawn(few, model=Drift(walk=0, shape="past"), sprints=1)
    check_caught(check_same_distribution, tall[:, 0, 0], past[:, 0, 0])
    assert np.array_equal(drawn(enough, model=Drift()), drawn(enough, model=Drift(shape="past")))
    assert not np.array_equal(drawn(enough, model=Drift()), drawn(enough, model=Drift(shape="smooth")))


# Poor pasts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("done", [(0, 0, 0), (5,), ()], ids=["all zero", "one sprint", "none"])
@pytest.mark.parametrize("shape", ["past", "smooth"])
def test_a_team_of_which_nothing_is_known_gets_nothing(done: tuple[float, ...], shape: str) -> None:
    assert not drawn(replace(STEADY, done=done), runs=50, shape=shape).any()


@pytest.mark.parametrize(
    "done", [(1e9, 1e9, 0), (1e-9, 0, 0), (0, 0, 0, 0, 0, 0, 0, 1e9), (0.5, 1e6), (1, 0)], ids=lambda done: str(done)
)
@pytest.mark.parametrize("shape", ["past", "smooth"])
def test_extreme_pasts_give_finite_capacity(done: tuple[float, ...], shape: str) -> None:
    values = drawn(Past(done), runs=500, sprints=60, shape=shape)
    assert np.isfinite(values).all()
    assert (values >= 0).all()
    assert values.any() or max(done) < 1e-6


@pytest.mark.parametrize(
    "options", [{"walk": 1.0, "pull": 1.0}, {"half_life": 0.1}, {"half_life": 1000}, {"pull": 0.0}]
)
def test_extreme_settings_give_finite_capacity(options: dict[str, float]) -> None:
    values = drawn(VARIED, replace(VARIED, days=1), replace(VARIED, days=366), runs=300, sprints=60, **options)
    assert np.isfinite(values).all()
    assert values.any(axis=(0, 2)).all()


def test_whole_pasts_give_whole_sprints_and_others_do_not() -> None:
    assert np.array_equal(drawn(VARIED, runs=500) % 1, np.zeros((500, 1, 8)))
    points = drawn(replace(VARIED, done=(*VARIED.done, 2.5)), runs=500)
    assert (points % 1 != 0).mean() > 0.5


def test_a_window_looks_at_the_newest_sprints_only() -> None:
    newest = replace(VARIED, done=VARIED.done[-4:])
    assert np.array_equal(drawn(VARIED, window=4, runs=300), drawn(newest, runs=300))
    assert not np.array_equal(drawn(VARIED, window=5, runs=300), drawn(newest, runs=300))


def test_together_all_teams_draw_the_same_past_sprint() -> None:
    """Levels differ, sprints do not: with steady levels the items of two teams with shifted pasts always pair."""
    one, two = Past((1.5, 2.5, 3.5, 4.5, 5.5, 6.5)), Past((4.5, 7.5, 10.5, 13.5, 16.5, 19.5))
    still = {"walk": 0.0, "pull": 0.0}  # the level of today is forgotten at once, and none comes after
    values = drawn(one, two, model=Drift(together=True, **still), runs=400)
    assert values[:, 1] == pytest.approx(3 * values[:, 0], rel=1e-9)
    apart = drawn(one, two, model=Drift(**still), runs=400)
    assert (np.abs(apart[:, 1] / apart[:, 0] - 3) > 0.1).mean() > 0.5
    with pytest.raises(fc.Fault, match="only past sprints can be drawn together"):
        Drift(together=True, shape="smooth")
    with pytest.raises(fc.Fault, match="different sprints"):
        Drift(together=True).check(fc.History.from_counts({"A": [1, 2], "B": [1, 2, 3]}), ["A", "B"])


def test_recent_sprints_weigh_more() -> None:
    """The share of each past sprint among 60,000 draws is its weight: a quarter after five fortnights."""
    past = Past((1, 2, 3, 4, 5, 6.5))
    values = drawn(past, walk=0.0, pull=0.0, sprints=1)[:, 0, 0]
    level = np.exp(paths(replace(past, walk=0.0, pull=0.0), 1)[0][0])
    counts = [int(np.isclose(values / level, done, rtol=NEAR).sum()) for done in past.done]
    weights = np.array(know(past).weights)
    assert weights[-1] / weights[-6] == pytest.approx(4.0)
    check_counts(np.array(counts), weights, RUNS, [str(done) for done in past.done])
    check_caught(check_counts, np.array(counts), np.full(6, 1 / 6), RUNS, [str(done) for done in past.done])


# The level moved while it was seen --------------------------------------------------------------------------------------


def test_how_far_a_mean_trails_a_level_that_moves_is_known_in_closed_form() -> None:
    """Weights q ** age: a random walk leaves walk ** 2 * q ** 2 / (1 - q ** 2); one sprint alone, or no walk, leaves nothing."""
    for half_life in (1.0, 2.5, 6.0):
        q = 2 ** (-1 / half_life)
        ages = np.arange(400.0)[::-1]
        weights = (1 - q) * q**ages
        trails = find_lag(weights, ages, 0.3, 1.0)
        assert trails == pytest.approx(0.09 * q**2 / (1 - q**2), rel=1e-9)
        assert find_lag(weights, ages, 0.3, 1 - 1e-7) == pytest.approx(trails, rel=1e-4)
        assert find_lag(weights[::-1], ages[::-1], 0.3, 1.0) == pytest.approx(trails, rel=1e-9)
        assert find_lag(weights, ages, 0.3, 0.9) < trails
        assert find_lag(weights, ages, 0.0, 0.9) == 0
    assert find_lag(np.ones(1), np.zeros(1), 0.3, 0.94) == pytest.approx(0, abs=1e-12)


def test_however_old_the_sprints_are_a_pulled_level_cannot_have_moved_further_than_it_wanders() -> None:
    """Sprints that count alike, two hundred of them: at most the level's own variance and that of a mean of its past."""
    ages = np.arange(200.0)
    for pull in (0.0, 0.5, 0.94):
        wanders = 0.09 / (1 - pull**2)
        assert 0.9 * wanders < find_lag(np.full(200, 1 / 200), ages, 0.3, pull) < 1.2 * wanders
    assert find_lag(np.full(200, 1 / 200), ages, 0.3, 1.0) > 5


@pytest.mark.parametrize("pull", [1.0, 0.9])
def test_a_mean_of_levels_that_are_simulated_trails_as_far(pull: float) -> None:
    """N = 60,000 levels of sprints that ended at odd ages, two of them on one day; by the error of a variance."""
    ages = np.array([9.5, 6.0, 6.0, 2.25, 0.0])
    weights = np.array([0.1, 0.2, 0.15, 0.25, 0.3])
    rng = np.random.default_rng([SEED, int(10 * pull)])
    level = rng.standard_normal(RUNS) * (0.0 if pull == 1 else 0.3 / np.sqrt(1 - pull**2))
    trailing = np.zeros(RUNS)
    for weight, gap in zip(weights, -np.diff(ages, append=0.0), strict=True):
        trailing += weight * level
        moved = gap if pull == 1 else (1 - pull ** (2 * gap)) / (1 - pull**2)
        level = pull**gap * level + 0.3 * np.sqrt(moved) * rng.standard_normal(RUNS)
    expected = find_lag(weights, ages, 0.3, pull)
    check_covariance(level - trailing, level - trailing, expected, expected**2)
    wrong = find_lag(weights, ages, 0.27, pull)
    check_caught(check_covariance, level - trailing, level - trailing, wrong, wrong**2)
