"""What can be asked of a forecast, against the finish matrix it is read from."""

from __future__ import annotations

import datetime as dt
import json
import math

import numpy as np
import pytest
from helpers import SEED

import forecast as fc
from forecast.tally import binomial_range, runs_needed, say_chance

HISTORY = fc.History.from_counts({"Web": [3, 5, 0, 8], "API": [4, 4, 6]})


def plan(**options: object) -> fc.Roadmap:
    features = [
        fc.Feature("Login", {"API": (3, 5, 9)}, due="2026-02-13", objective="Grow"),
        fc.Feature("Checkout", {"Web": (6, 9, 15), "API": 4}, after=["Login"], due="2026-03-13"),
        fc.External("Review", 10, after=["Checkout/Web"]),
        fc.Feature("Legacy", {"Ops": 3}, due="2026-03-13"),
        fc.External("Contract", 5, due="2026-01-09"),
    ]
    return fc.Roadmap("2026-01-05", ["Web", "API", "Ops"], features, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def answer() -> fc.Forecast:
    return fc.simulate(plan(), HISTORY, runs=2_000, seed=SEED, throughput=fc.Bootstrap())


def test_samples_are_the_runs(answer: fc.Forecast) -> None:
    samples = answer.samples()
    assert samples.columns == ["feature", "run", "finish", "date"]
    assert samples["finish"].to_numpy().reshape(answer.finish.shape).tolist() == answer.finish.tolist()
    assert samples["feature"].unique(maintain_order=True).to_list() == list(answer.features)
    login = samples.filter(samples["feature"] == "Login")
    for level in (0.5, 0.85):
        ordered = login["date"].sort().to_list()
        assert ordered[runs_needed(level, 2_000) - 1] == answer.date("Login", level)
    assert samples.filter(samples["feature"] == "Legacy")["date"].null_count() == 2_000


def test_the_matrix_cannot_be_changed(answer: fc.Forecast) -> None:
    for asked in (answer, answer.together(["Login", "Checkout"])):
        with pytest.raises(ValueError, match="read-only"):
            asked.finish[0, 0] = 1.0


def test_the_error_of_a_chance_is_that_of_a_share(answer: fc.Forecast) -> None:
    chance = answer.chance("Checkout")
    assert 0.05 < chance < 0.95
    assert answer.chance_error("Checkout") == pytest.approx(math.sqrt(chance * (1 - chance) / 2_000))
    assert answer.chance_error("Login", by="2030-01-01") == pytest.approx(1 / 2_000)  # all agree, by luck
    assert answer.chance_error("Contract") == 0.0  # fixed by construction
    assert answer.chance_error("Legacy") == 0.0


def test_the_range_of_a_date_holds_the_date_of_endless_runs() -> None:
    """300 repetitions of 200 runs; 95 % of the ranges should hold the date of 60,000 runs, at 4 standard errors 90 %."""
    one_team = fc.Roadmap("2026-01-05", ["Web"], [fc.Feature("Login", {"Web": 60})])
    truth = fc.simulate(one_team, HISTORY, runs=60_000, seed=SEED, throughput=fc.Bootstrap()).date("Login", 0.85)
    assert truth is not None
    held = both = 0
    for repetition in range(300):
        again = {"runs": 200, "seed": SEED + 1 + repetition, "threads": 1, "throughput": fc.Bootstrap()}
        low, high = fc.simulate(one_team, HISTORY, **again).interval("Login", 0.85)  # type: ignore[arg-type]
        assert low is not None
        assert high is not None
        held += low <= truth <= high
        both += low <= truth - dt.timedelta(days=21) <= high  # a date that is wrong by three weeks is not held
    assert held / 300 > 0.90
    assert both / 300 < 0.60


def test_the_ranks_around_a_level_are_those_of_the_binomial() -> None:
    from scipy.stats import binom

    for runs, level in ((200, 0.85), (1_000, 0.5), (10_000, 0.95), (20, 0.85)):
        low, high = binomial_range(runs, level, 0.95)
        assert low == binom.ppf(0.025, runs, level)
        assert high == binom.ppf(0.975, runs, level) + 1


def test_what_a_reader_has_to_know_is_in_the_notes(answer: fc.Forecast) -> None:
    assert answer.notes() == ['Team "Ops" has no history: its features have no date.']


@pytest.mark.parametrize(
    ("team", "counts", "note"),
    [
        (fc.Team("Web"), {"Wbe": [3]}, 'Team "Web" has no history: its features have no date. Did you mean "Wbe"?'),
        (
            fc.Team("Web"),
            {"Web": [0, 0]},
            'Team "Web" has finished nothing in the history that is used: its features have no date.',
        ),
        (fc.Team("Web", share=0), {"Web": [3]}, 'Team "Web" has a share of 0: its features have no date.'),
        (
            fc.Team("Web", allocation={"Grwo": 0.5}),
            {"Web": [3]},
            'Team "Web" has a share for "Grwo", which no feature serves. Did you mean "Grow"?',
        ),
        (
            fc.Team("Web"),
            {"Web": [3], "Webb": [1]},
            'The history of "Webb" is not used: no such team in the roadmap. Did you mean "Web"?',
        ),
    ],
)
def test_what_is_probably_misspelt_is_told(team: fc.Team, counts: dict[str, list[float]], note: str) -> None:
    roadmap = fc.Roadmap("2026-01-05", [team], [fc.Feature("Login", {"Web": 3}, objective="Grow")])
    assert note in fc.simulate(roadmap, fc.History.from_counts(counts), runs=10).notes()


def test_a_share_is_of_use_only_where_features_serve_its_objective_first() -> None:
    team = fc.Team("Web", allocation={"Debt": 0.3, "Grow": 0.5, "Det": 0.1})
    feature = fc.Feature("Login", {"Web": 3}, objective={"Grow": 0.7, "Debt": 0.3})
    answer = fc.simulate(fc.Roadmap("2026-01-05", [team], [feature]), fc.History.from_counts({"Web": [3]}), runs=10)
    assert answer.notes()[-2:] == [
        'Team "Web" has a share for "Debt", which features serve only beside another objective. The first of a feature\'s '
        "objectives chooses its share, so this one goes to the others.",
        'Team "Web" has a share for "Det", which no feature serves. Did you mean "Debt"?',
    ]


@pytest.mark.parametrize(
    ("level", "runs", "enough"), [(0.85, 22, "1,000"), (0.5, 5, "1,000"), (0.05, 71, "1,000"), (0.999, 3687, "4,000")]
)
def test_a_level_of_which_the_runs_leave_no_end_open_is_said_to_have_too_few(
    level: float, runs: int, enough: str
) -> None:
    """At 85 %, 22 runs all lie before the date that endless ones would give in 0.85**22 = 2.8 % of cases, and 23 in 2.4 %."""
    roadmap = fc.Roadmap("2026-01-05", ["Web"], [fc.Feature("Login", {"Web": 9})], promise_level=level)
    past = fc.History.from_counts({"Web": [3, 4, 5]})
    few, more = (fc.simulate(roadmap, past, runs=count, throughput=fc.Bootstrap()) for count in (runs, runs + 1))
    said = f"{100 * level:g} %"
    assert few.notes() == [
        f"{runs:,} runs are too few to tell {said}: what is {said} sure may lie beyond all of them. Take {enough} or more."
    ]
    assert more.notes() == []
    assert few.to_dict()["notes"] == few.notes()
    low, high = binomial_range(runs, level, 0.95)
    assert low < 1 or high > runs
    low, high = binomial_range(runs + 1, level, 0.95)
    assert low >= 1
    assert high <= runs + 1


def test_one_run_is_one_future_and_no_runs_are_needed_for_what_is_fixed() -> None:
    past = fc.History.from_counts({"Web": [3, 4, 5]})
    drawn = fc.simulate(fc.Roadmap("2026-01-05", ["Web"], [fc.Feature("Login", {"Web": 9})]), past, runs=1)
    assert drawn.notes()[0] == "1 run is too few to tell 85 %: what is 85 % sure may lie beyond it. Take 1,000 or more."
    assert drawn.notes(0.99)[0].startswith("1 run is too few to tell 99 %")
    with pytest.raises(fc.Fault, match=r"0\.9"):
        drawn.notes(90)
    every = fc.simulate(drawn.roadmap, past, runs=30)
    assert not any("too few" in note for note in every.notes())
    assert any("too few to tell 99 %" in note for note in every.notes(0.99))
    assert not any("too few" in note for note in every.notes(1.0))  # of which no number of runs tells
    fixed = fc.simulate(fc.Roadmap("2026-01-05", [], [fc.External("Review", 4)]), past, runs=1)
    assert not any("too few" in note for note in fixed.notes())


def test_a_team_whose_only_work_is_of_size_zero_needs_no_history() -> None:
    roadmap = fc.Roadmap("2026-01-05", ["Web"], [fc.Feature("Kick-off", {"Web": 0})])
    answer = fc.simulate(roadmap, fc.History.from_counts({}), runs=10)
    assert answer.notes() == []
    assert answer.date("Kick-off", 0.85) == dt.date(2026, 1, 5)


def test_what_lies_beyond_the_horizon_is_not_called_certain() -> None:
    roadmap = fc.Roadmap("2026-01-05", [], [fc.External("Far", 6_000, due="2070-01-01")])
    told = fc.simulate(roadmap, HISTORY, runs=10).to_dict()["features"][0]
    assert not told["certain"]
    assert "as far as the forecast looks ahead" in told["note"]
    near = fc.Roadmap("2026-01-05", [], [fc.External("Near", 6, due="2026-01-12")])
    assert fc.simulate(near, HISTORY, runs=10).to_dict()["features"][0]["certain"]


def test_the_digest_is_of_what_is_said_not_of_how() -> None:
    def digest(roadmap: fc.Roadmap, history: fc.History = HISTORY) -> str:
        told = fc.simulate(roadmap, history, runs=10, throughput="bootstrap").provenance()
        return str(told["inputs_sha256"])

    def waiting(after: object, **options: object) -> fc.Roadmap:
        features = [fc.Feature("Login", {"Web": 3}), fc.Feature("Search", {"Web": 3}, after=[after])]  # type: ignore[list-item]
        return fc.Roadmap("2026-01-05", ["Web"], features, **options)  # type: ignore[arg-type]

    same = digest(waiting("Login"))
    assert digest(waiting(fc.After("Login"))) == same
    assert digest(waiting("Login", throughput=fc.Bootstrap())) == same
    others = [
        digest(waiting("Login/Web")),
        digest(waiting(fc.After("Login", lag=1))),
        digest(waiting("Login", sprint_days=7)),
        digest(waiting("Login"), fc.History.from_counts({"Web": [3, 5, 0, 9]})),
    ]
    assert len({same, *others}) == 5


def test_everything_told_fits_into_json(answer: fc.Forecast) -> None:
    told = fc.simulate(
        plan(), HISTORY, runs=np.int64(50), seed=np.int64(3), throughput=fc.Bootstrap(window=np.int64(2))
    )  # type: ignore[arg-type]
    assert json.loads(json.dumps(told.to_dict(), allow_nan=False))["provenance"]["throughput"]["window"] == 2
    assert json.loads(json.dumps(answer.to_dict((0.85,)), allow_nan=False))["features"][3]["dates"] == {"0.85": None}


@pytest.mark.parametrize(
    ("chance", "runs", "said"),
    [
        (0.917, 1_000, "91 %"),
        (0.29, 100, "29 %"),
        (0.99, 1_000, "99 %"),
        (0.995, 1_000, "> 99 %"),
        (1.0, 1_000, "> 99 %"),
        (0.0, 1_000, "< 1 %"),
        (1.0, 100, "> 97 %"),
        (0.0, 100, "< 3 %"),
        (1.0, 3, "3 of 3 runs"),
    ],
)
def test_a_chance_is_never_said_surer_than_it_is(chance: float, runs: int, said: str) -> None:
    assert say_chance(chance, runs) == said


def test_what_is_certain_is_called_so() -> None:
    assert say_chance(1.0, 100, is_certain=True) == "certain"
    assert say_chance(0.0, 100, is_certain=True) == "certainly not"


@pytest.mark.parametrize("levels", [(0.85, 0.85), (0.85, 0.8500000001), 0.85, (85,), (0.0,), ("0.85",), None])
def test_levels_that_cannot_be_are_refused(answer: fc.Forecast, levels: object) -> None:
    for ask in (answer.table, answer.to_dict):
        with pytest.raises(fc.Fault):
            ask(levels)  # type: ignore[arg-type]
