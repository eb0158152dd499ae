"""Learned growth: what is learned from looks at past features, and how it is drawn."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from helpers import SEED, check_distribution
from scipy import integrate, stats

import forecast as fc
from forecast.growth import Learned
from forecast.looks import NOISE, SLOPE_DOUBT, SPREAD_WORTH, Look, learn
from forecast.plan import Index
from forecast.scope import find_scope

RUNS = 20_000
EVERY_RUN = np.arange(RUNS, dtype=np.int64)
PACE = fc.History.from_counts({"Web": [10]})


def one(size: float = 100, growth: object = "learned", **options: object) -> fc.Roadmap:
    feature = fc.Feature("Login", {"Web": size}, growth=growth)  # type: ignore[arg-type]
    return fc.Roadmap("2026-01-05", ["Web"], [feature], **options)  # type: ignore[arg-type]


def sizes(roadmap: fc.Roadmap, seed: int = SEED) -> np.ndarray:
    """Sizes of all parts: (runs, parts)."""
    return find_scope(Index(roadmap), seed).draw(EVERY_RUN)[0]


# What is drawn ---------------------------------------------------------------------------------------------------------


def within(drawn: np.ndarray, exact: stats.rv_continuous) -> None:
    """Kolmogorov's test, with an error rate of one in a million."""
    assert stats.kstest(drawn, exact.cdf).pvalue > 1e-6


def test_without_finished_features_the_factor_is_the_usual_one() -> None:
    """Log-normal, median 1.65, log-sd 0.8, exactly."""
    drawn = sizes(one(unit="points"))[:, 0] / 100
    within(drawn, stats.lognorm(0.8, scale=1.65))
    assert Learned().log_sd == pytest.approx(0.8)
    assert Learned().at(0.5) == pytest.approx(1.65)
    assert Learned().at(0.85) == pytest.approx(1.65 * math.exp(0.8 * stats.norm.ppf(0.85)))
    assert Learned().mean == pytest.approx(stats.lognorm(0.8, scale=1.65).mean())


def test_that_test_sees_a_spread_that_is_a_tenth_too_large() -> None:
    drawn = sizes(one(growth=Learned(spread=0.8), unit="points"))[:, 0] / 100
    assert stats.kstest(drawn, stats.lognorm(0.8, scale=1.65).cdf).pvalue < 1e-6


def test_the_factor_goes_with_size_and_its_doubt_with_the_distance() -> None:
    """ln factor ~ N(ln median + slope d, doubt^2 + (slope_doubt d)^2 + spread^2) with d = ln(size / typical)."""
    growth = Learned(median=2, spread=0.5, doubt=0.2, slope=-0.3, slope_doubt=0.1, typical=20, finished=9)
    d = math.log(160 / 20)
    sd = math.sqrt(0.5**2 + 0.2**2 + (0.1 * d) ** 2)
    # points have no typical size in items, so items are drawn here; a size of 160 makes rounding a small matter
    drawn = sizes(one(160, growth))[:, 0]
    exact = stats.lognorm(sd, scale=160 * 2 * math.exp(-0.3 * d))
    check_distribution(drawn, {n: float(exact.cdf(n + 0.5)) for n in range(40, 700, 60)})
    assert np.median(sizes(one(160, growth, unit="points"))[:, 0]) == pytest.approx(320, rel=0.05)


def test_features_of_a_run_share_what_is_not_known_of_the_company_and_nothing_else() -> None:
    growth = Learned(spread=0.6, doubt=0.3)
    features = [fc.Feature(name, {"Web": 100}) for name in ("A", "B")]
    both = np.log(sizes(fc.Roadmap("2026-01-05", ["Web"], features, growth=growth, unit="points")))
    shared = 0.3**2 / (0.3**2 + 0.6**2)
    assert np.corrcoef(both.T)[0, 1] == pytest.approx(shared, abs=4 / math.sqrt(RUNS))
    alone = [replace(feature, growth=Learned(spread=0.6, doubt=0)) for feature in features]
    apart = np.log(sizes(fc.Roadmap("2026-01-05", ["Web"], alone, unit="points")))
    assert np.corrcoef(apart.T)[0, 1] == pytest.approx(0, abs=4 / math.sqrt(RUNS))


def test_the_luck_of_a_feature_is_its_own_whatever_else_is_on_the_roadmap() -> None:
    roadmap = one(growth=None)
    roadmap = replace(roadmap, growth="learned")
    more = roadmap.insert(fc.Feature("Search", {"Web": 7}), above="Login").insert(fc.Feature("Z", {"Web": 7}, growth=2))
    part = [name for name, _ in Index(more).parts].index("Login")
    assert np.array_equal(sizes(more)[:, part], sizes(roadmap)[:, 0])
    assert not np.array_equal(sizes(one(growth="learned"), SEED + 1)[:, 0], sizes(roadmap)[:, 0])


def test_a_smaller_feature_never_turns_out_larger() -> None:
    """With a slope above -1 the drawn size rises with the stated one, run by run, so a what-if of less work gains."""
    growth = Learned(slope=-0.5, slope_doubt=0.1, typical=20)
    small, large = sizes(one(12, growth))[:, 0], sizes(one(60, growth))[:, 0]
    assert (small <= large).all()
    assert (small < large).mean() > 0.99


def test_work_does_not_vanish_but_what_is_nothing_stays_nothing() -> None:
    growth = Learned(median=0.1)
    assert sizes(one(1, growth)).min() == 1
    assert sizes(one(0, growth)).max() == 0
    assert fc.simulate(one(1, growth), PACE, runs=500, seed=SEED, throughput="bootstrap").finish.min() > 0


def test_a_team_without_throughput_has_no_date_with_learned_growth_either() -> None:
    idle = fc.simulate(one(3), fc.History.from_counts({"Web": [0]}), runs=50, seed=SEED, throughput="bootstrap")
    assert np.isinf(idle.finish).all()
    assert idle.date("Login", 0.5) is None


def test_a_feature_takes_what_the_roadmap_has_learned() -> None:
    learned = Learned(median=3, spread=0.1, doubt=0.1, finished=30)
    features = [fc.Feature("Login", {"Web": 100}, growth="learned"), fc.Feature("Fixed", {"Web": 100}, growth=1)]
    roadmap = fc.Roadmap("2026-01-05", ["Web"], features, growth=learned)
    drawn = sizes(roadmap)
    assert np.median(drawn[:, 0]) == pytest.approx(300, rel=0.02)
    assert (drawn[:, 1] == 100).all()


def test_what_is_learned_is_told() -> None:
    told = fc.simulate(one(), PACE, runs=100, seed=SEED, throughput="bootstrap").to_dict()
    usual = (
        "Growth has no finished features to learn from, so what is usual elsewhere is assumed: median 1.7, 85 % 3.8."
    )
    assert usual in told["notes"]
    assert told["provenance"]["growth"] == {"model": "learned", "finished": 0, "open": 0, "median": 1.65, "p85": 3.781}
    learned = Learned(median=1.7, spread=0.5, doubt=0.2, slope=-0.3, typical=26, finished=14, open=1)
    assert learned.say() == (
        "Growth is learned from 14 finished features and 1 that is still open: median 1.7, 85 % 3.0, for a feature of about 26 "
        "items; smaller ones grow more."
    )
    assert fc.simulate(one(growth=1.2), PACE, runs=9, throughput="bootstrap").provenance()["growth"] == "stated"
    assert fc.simulate(one(growth=None), PACE, runs=9, throughput="bootstrap").provenance()["growth"] is None


@pytest.mark.parametrize("growth", ["lerned", "1.3", "", b"learned"])
def test_other_words_are_refused(growth: object) -> None:
    with pytest.raises(fc.Fault):
        one(growth=growth)


@pytest.mark.parametrize(
    "values",
    [
        {"median": 0},
        {"spread": -1},
        {"slope": 2},
        {"typical": 0},
        {"median": math.nan},
        {"finished": -1},
        {"doubt": "x"},
    ],
    ids=str,
)
def test_a_learned_factor_cannot_be_wrong(values: dict[str, object]) -> None:
    with pytest.raises(fc.Fault):
        Learned(**values)  # type: ignore[arg-type]


# What is learned -------------------------------------------------------------------------------------------------------

MIXED = [
    Look("A", 20, 35, size=12),
    Look("B", 10, 60, size=5),
    Look("B", 15, 40, size=8),
    Look("C", 80, 70, size=60),
    Look("D", 12, 30, is_open=True, size=9),
    Look("E", 40, 45, is_open=True, size=30),
]


def integrated(looks: list[Look], slope_doubt: float = SLOPE_DOUBT) -> tuple[float, float, float, float, float]:
    """Mean and sd of m, mean and sd of the slope, and the mean square of the spread, by adding up the whole posterior."""
    names = [look.feature for look in looks]
    weight = np.array([1 / names.count(name) for name in names])
    size = np.log([look.size or 1 for look in looks])
    reach = size - np.average(size, weights=weight)
    ratio = np.array([math.log(look.taken / look.forecast) for look in looks])
    is_open = np.array([look.is_open for look in looks])
    m = np.linspace(-2, 3, 161)[:, None, None, None]
    b = np.linspace(-6 * slope_doubt, 6 * slope_doubt, 61)[None, :, None, None]
    spread = np.exp(np.linspace(math.log(0.15), math.log(2.5), 81))[None, None, :, None]
    sd = np.sqrt(spread**2 + NOISE**2)
    centre = m + b * reach
    log = np.where(is_open, stats.norm.logsf(ratio, centre, sd), stats.norm.logpdf(ratio, centre, sd)) @ weight
    log = log + stats.norm.logpdf(m, math.log(1.65), 0.4)[..., 0] + stats.norm.logpdf(b, 0, slope_doubt)[..., 0]
    log = log - SPREAD_WORTH * (np.log(spread) + 0.48 / (2 * spread**2))[..., 0]
    mass = np.exp(log - log.max())
    mass /= mass.sum()
    means = [float((mass * part[..., 0]).sum()) for part in (m, b, spread**2)]
    errors = [
        math.sqrt(float((mass * (part[..., 0] - mean) ** 2).sum())) for part, mean in zip((m, b), means, strict=False)
    ]
    return means[0], errors[0], means[1], errors[1], means[2]


def compare(learned: Learned, exact: tuple[float, ...], tolerance: float) -> None:
    got = math.log(learned.median), learned.doubt, learned.slope, learned.slope_doubt, learned.spread**2
    assert got == pytest.approx(exact, abs=tolerance)


def test_without_open_features_the_posterior_is_the_integrated_one() -> None:
    closed = [look for look in MIXED if not look.is_open]
    compare(learn(closed), integrated(closed), 1e-3)


def test_with_open_features_it_is_within_a_hundredth() -> None:
    """Laplace's approximation is all that is not exact there."""
    compare(learn(MIXED), integrated(MIXED), 1e-2)


def test_those_tests_see_open_features_that_count_as_finished() -> None:
    finished = [replace(look, is_open=False) for look in MIXED]
    with pytest.raises(AssertionError):
        compare(learn(finished), integrated(MIXED), 1e-2)


def test_a_normal_mean_with_a_normal_prior_is_learned_by_the_textbook() -> None:
    """One spread at a time: precision is 1 / 0.16 + n / (spread^2 + noise^2), and the mean weighs by it."""
    from forecast.looks import SPREADS, _Posterior

    looks = [Look(f"F{k}", 10, 10 * ratio, size=7) for k, ratio in enumerate((1.1, 2.0, 3.1, 1.7))]
    weights, modes, variances = _Posterior.of(tuple(looks)).weigh()
    ratios = np.log([1.1, 2.0, 3.1, 1.7])
    precision = 1 / 0.16 + 4 / (SPREADS**2 + NOISE**2)
    mean = (math.log(1.65) / 0.16 + ratios.sum() / (SPREADS**2 + NOISE**2)) / precision
    assert modes[:, 0] == pytest.approx(mean, abs=1e-9)
    assert variances[:, 0] == pytest.approx(1 / precision, abs=1e-9)
    assert weights.sum() == pytest.approx(1)
    assert learn(looks).slope == 0 == learn(looks).slope_doubt


def test_the_mode_of_a_censored_mean_is_where_the_density_is_highest() -> None:
    from forecast.looks import _Posterior

    looks = [Look("A", 10, 30, is_open=True), Look("B", 10, 12)]
    sd = math.hypot(0.7, NOISE)
    centre, precision = np.array([math.log(1.65), 0.0]), np.array([0.4, SLOPE_DOUBT]) ** -2.0
    mode, _, _ = _Posterior.of(tuple(looks))._climb(np.zeros(2), sd, centre, precision)
    m = np.linspace(-1, 3, 400_001)
    log = stats.norm.logsf(math.log(3), m, sd) + stats.norm.logpdf(math.log(1.2), m, sd)
    best = m[np.argmax(log + stats.norm.logpdf(m, math.log(1.65), 0.4))]
    assert mode[0] == pytest.approx(best, abs=1e-5)
    assert mode[1] == 0


def test_nothing_seen_nothing_learned() -> None:
    assert learn([]) == Learned()


def test_one_feature_moves_the_usual_a_little_and_many_replace_it() -> None:
    calm = [Look(f"F{k}", 20, 20) for k in range(400)]
    one_more, all_of_them = learn(calm[:1]), learn(calm)
    assert 1.4 < one_more.median < 1.65
    assert one_more.doubt < 0.4
    assert all_of_them.median == pytest.approx(1, abs=0.01)
    assert all_of_them.log_sd < 0.3
    assert all_of_them.doubt < 0.05
    assert (one_more.finished, all_of_them.finished) == (1, 400)


def test_truth_is_found_again() -> None:
    """Made features with a known median, spread and slope; 600 of them, within 4 standard errors."""
    made = np.random.default_rng(SEED)
    size = np.exp(made.normal(3, 1, 600))
    log = math.log(2.2) + 0.7 * made.normal(size=600) - 0.4 * (np.log(size) - np.log(size).mean())
    log += NOISE * made.normal(size=600)
    told = learn([Look(f"F{k}", 10, 10 * math.exp(x), size=s) for k, (x, s) in enumerate(zip(log, size, strict=True))])
    assert math.log(told.median) == pytest.approx(math.log(2.2), abs=4 * told.doubt)
    assert told.slope == pytest.approx(-0.4, abs=4 * told.slope_doubt)
    assert told.spread == pytest.approx(0.7, abs=4 * 0.83 / 0.7 * 0.83 / math.sqrt(1200))
    assert told.doubt == pytest.approx(0.83 / math.sqrt(600), rel=0.1)


def test_open_features_keep_the_factor_from_being_too_small() -> None:
    """Half of the features are open and late: to leave them out would be to see only the quick ones."""
    quick = [Look(f"F{k}", 20, 20, size=10) for k in range(10)]
    slow = [Look(f"S{k}", 20, 80, is_open=True, size=10) for k in range(10)]
    assert learn([*quick, *slow]).median > 1.5 * learn(quick).median
    just_begun = [Look(f"S{k}", 20, 1, is_open=True, size=10) for k in range(10)]
    assert learn([*quick, *just_begun]).median == pytest.approx(learn(quick).median, rel=0.05)


def test_looks_at_one_feature_count_as_one() -> None:
    assert learn([Look("A", 10, 30)] * 7).median == pytest.approx(learn([Look("A", 10, 30)]).median)
    assert learn([Look(name, 10, 30) for name in "ABCDEFG"]).median > learn([Look("A", 10, 30)] * 7).median


def test_hostile_looks() -> None:
    extreme = [Look("A", 1e-6, 1e9), Look("B", 1e9, 1e-6), Look("C", 1, 1e9, is_open=True, size=1e9)]
    told = learn(extreme)
    assert math.isfinite(told.median)
    assert math.isfinite(told.log_sd)
    assert fc.simulate(one(growth=told), PACE, runs=20, throughput="bootstrap").finish.shape == (1, 20)
    for bad in ([{}], "AB", [1], None):
        with pytest.raises(fc.Fault):
            learn(bad)  # type: ignore[arg-type]
    for values in ({"forecast": 0}, {"taken": 0}, {"taken": -1}, {"taken": math.inf}, {"size": 0}, {"is_open": 1}):
        with pytest.raises(fc.Fault):
            Look(**({"feature": "A", "forecast": 1, "taken": 1} | values))  # type: ignore[arg-type]


def test_the_whole_posterior_integrates_to_the_same_by_another_way() -> None:
    """The grid of these tests against SciPy's own quadrature, in the one dimension that it can do."""
    looks = [Look("A", 10, 30, is_open=True)]

    def density(m: float) -> float:
        sd = math.hypot(math.sqrt(0.48), NOISE)
        return float(stats.norm.sf(math.log(3), m, sd) * stats.norm.pdf(m, math.log(1.65), 0.4))

    whole = integrate.quad(density, -4, 5)[0]
    mean = integrate.quad(lambda m: m * density(m), -4, 5)[0] / whole
    assert integrated(looks)[0] == pytest.approx(mean, abs=0.02)
