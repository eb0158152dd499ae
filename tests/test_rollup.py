"""Objectives rolled up: all of them done, at least some, a share of the value; against answers computed by hand."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from helpers import SEED, standard_error

import forecast as fc
from forecast.commit_page import render_roll_ups
from forecast.errors import Fault
from forecast.pledge_wording import say_goal_chance, say_roll_up

BY = "2026-01-16"
"""The last working day of the first sprint."""

Z = 4.9
RUNS = 20_000


def simulate(features: list[Any], runs: int = RUNS, **chances: float) -> fc.Forecast:
    """Teams that finish ten items in a share of their sprints, in twentieths, and nothing in the others."""
    past = fc.History.from_counts(
        {team: [10] * round(20 * chance) + [0] * round(20 * (1 - chance)) for team, chance in chances.items()}
    )
    roadmap = fc.Roadmap("2026-01-05", past.teams, features, handoff="immediate")
    return fc.simulate(roadmap, past, runs=runs, seed=SEED, throughput=fc.Bootstrap())


def check(share: float, exact: float) -> None:
    assert abs(share - exact) < Z * standard_error(min(max(exact, 1e-3), 1 - 1e-3), RUNS)


def grow(name: str, team: str, value: float | None, objective: Any = "Grow") -> fc.Feature:
    return fc.Feature(name, {team: 10}, value=value, objective=objective)


def test_chances_of_all_of_some_and_of_a_share_of_the_value() -> None:
    """Three independent features at 50, 60 and 80 %, worth 1, 2 and 7."""
    features = [grow("One", "A", 1), grow("Two", "B", 2), grow("Three", "C", 7)]
    goal = fc.objectives(simulate(features, A=0.5, B=0.6, C=0.8), by=BY).goal("Grow")
    a, b, c = 0.5, 0.6, 0.8
    check(goal.chance, a * b * c)
    check(goal.at_least(3), a * b * c)
    check(goal.at_least(2), a * b * (1 - c) + a * (1 - b) * c + (1 - a) * b * c + a * b * c)
    check(goal.at_least(1), 1 - (1 - a) * (1 - b) * (1 - c))
    assert goal.at_least(0) == 1.0
    check(goal.delivers(1.0), a * b * c)
    check(goal.delivers(0.8), c * (1 - (1 - a) * (1 - b)))
    check(goal.delivers(0.7), c)
    check(goal.delivers(0.3), 1 - (1 - c) * (1 - a * b))
    assert goal.value == 10
    assert abs(float(goal.shares.mean()) - (a * 1 + b * 2 + c * 7) / 10) < 0.02
    assert goal.count(0.2) == 3
    assert goal.count(0.6) == 2
    assert goal.share(0.75) == pytest.approx(0.7)
    product = goal.chance
    assert product != pytest.approx(min(a, b, c), abs=0.1)  # the planted fault: the weakest is not the chance of all


def test_two_features_of_one_team_are_done_in_the_same_futures() -> None:
    features = [fc.Feature("One", {"A": 5}, objective="Grow"), fc.Feature("Two", {"A": 5}, objective="Grow")]
    goal = fc.objectives(simulate(features, A=0.5), by=BY).goal("Grow")
    check(goal.chance, 0.5)
    check(goal.at_least(1), 0.5)
    assert abs(goal.chance - 0.25) > Z * standard_error(0.25, RUNS)  # what multiplying says


def test_a_feature_that_serves_two_counts_for_each_with_its_weight() -> None:
    """Both serves Grow by 3 / 4 and Debt by 1 / 4 of its value of 8: Grow is worth 6 + 2, Debt 2 + 2."""
    features = [
        grow("Both", "A", 8, {"Grow": 0.75, "Debt": 0.25}),
        grow("Own", "B", 2),
        grow("Other", "B", 2, "Debt"),
        fc.Feature("Nobody's", {"A": 1}, value=1),
    ]
    found = fc.objectives(simulate(features, A=0.6, B=0.5), by=BY)
    assert [goal.name for goal in found.goals] == ["Grow", "Debt"]
    assert found.others == ("Nobody's",)
    first, second = found.goals
    assert (first.features, second.features) == (("Both", "Own"), ("Both", "Other"))
    assert first.values == (6.0, 2.0)
    assert second.values == (2.0, 2.0)
    check(first.delivers(0.75), 0.6)
    check(second.delivers(0.5), 0.6)
    assert sum(goal.value for goal in found.goals) == 12  # nothing of a value is lost, and nothing counted twice


def test_without_values_each_counts_one_and_externals_and_gates_count_nothing() -> None:
    features = [
        fc.Feature("One", {"A": 1}, objective="Grow"),
        fc.External("Vendor", 1, objective="Grow"),
        fc.Feature("Gate", after=["One"], objective="Grow"),
        fc.Feature("Launch", after=["One"], objective="Grow", due="2026-03-01"),
    ]
    goal = fc.objectives(simulate(features, A=1.0, runs=10), by=BY).goal("Grow")
    assert goal.features == ("One", "Launch")
    assert goal.values == (1.0, 1.0)
    assert goal.chance == 1.0


def test_values_of_zero_are_told_in_features() -> None:
    goal = fc.objectives(simulate([grow("One", "A", 0), grow("Two", "B", 0)], A=0.5, B=1.0), by=BY).goal("Grow")
    check(goal.delivers(1.0), 0.5)
    assert goal.delivers(0.5) == 1.0


def test_the_table_and_json_say_what_the_goals_say() -> None:
    found = fc.objectives(simulate([grow("One", "A", 3), grow("Two", "B", 1, "Debt")], A=0.5, B=0.6), by=BY, level=0.55)
    table = found.table()
    assert table.columns == ["objective", "features", "value", "chance", "chance_se", "count", "share", "mean_share"]
    assert table["objective"].to_list() == ["Grow", "Debt"]
    assert table["count"].to_list() == [0, 1]
    told = json.loads(json.dumps(found.to_dict()))
    assert told["objectives"][0]["chance"] == found.goal("Grow").chance
    assert told["objectives"][1]["at_least"] == [found.goal("Debt").chance]
    assert told["by"] == BY
    empty = fc.objectives(simulate([fc.Feature("One", {"A": 1})], A=1.0, runs=5), by="Q1")
    assert empty.goals == ()
    assert empty.table().is_empty()


def test_what_can_never_be_done_is_said_so_and_what_is_only_rare_is_not() -> None:
    """B has no past; four days of a vendor end on 8 January, whatever is drawn; 300 items are merely too many."""
    features = [
        grow("One", "A", None),
        grow("Lost", "B", None),
        grow("Alone", "B", None, "Debt"),
        fc.External("Vendor", 4),
        fc.Feature("Gate", after=["Vendor"], due="2026-01-30", objective="Gates"),
        fc.Feature("Huge", {"A": 300}, objective="Rare"),
    ]
    past = fc.History.from_counts({"A": [10, 12]})
    roadmap = fc.Roadmap("2026-01-05", ["A", "B"], features, handoff="immediate")
    forecast = fc.simulate(roadmap, past, runs=400, seed=SEED, throughput=fc.Bootstrap())
    late, done = fc.objectives(forecast, by="2026-01-07"), fc.objectives(forecast, by="2026-01-16")
    assert [say_goal_chance(goal) for goal in late.goals] == ["never", "never", "certainly not", "< 1 %"]
    assert [say_goal_chance(goal) for goal in done.goals] == ["never", "never", "certain", "< 1 %"]
    assert list(say_roll_up(late))[:4] == [
        "Grow: both features are done in no future; 85 % sure of none of them and of 0 % of the value.",
        "Debt: its one feature is done in no future.",
        "Gates: its one feature is done by then in no future.",
        "Rare: its one feature is done with < 1 %.",
    ]
    assert "Gates: its one feature is certainly done." in list(say_roll_up(done))
    assert "never" in render_roll_ups([late])
    told = json.loads(json.dumps(late.to_dict()))["objectives"]
    assert [(each["certain"], each["never"]) for each in told] == [(True, True)] * 2 + [(True, False), (False, False)]
    assert [each["chance_se"] for each in told] == [0, 0, 0, 1 / 400]  # what only did not happen has an error
    assert forecast.is_certain("Gate")
    assert not forecast.is_certain("Huge")


def test_what_is_asked_of_an_objective_is_checked() -> None:
    found = fc.objectives(simulate([grow("One", "A", 3)], A=0.5, runs=50), by="Q1")
    with pytest.raises(Fault, match='Did you mean "Grow"'):
        found.goal("Grwo")
    with pytest.raises(Fault, match=r"write 0\.8 for 80 %"):
        found.goal("Grow").delivers(80)
    with pytest.raises(Fault, match="whole number"):
        found.goal("Grow").at_least(-1)
    with pytest.raises(Fault, match=r"write 0\.85 for 85 %"):
        fc.objectives(found.forecast, by="Q1", level=85)
    with pytest.raises(Fault, match="whole roadmap"):
        fc.objectives(found.forecast.together(["One"]), by="Q1")


def test_chances_of_counts_fall_and_those_of_shares_fall() -> None:
    rng = np.random.default_rng(SEED)
    features = [
        fc.Feature(
            f"F{n}", {"AB"[n % 2]: 3}, value=float(rng.integers(1, 9)), objective={"G": 0.5, "D": 0.5} if n % 3 else "G"
        )
        for n in range(9)
    ]
    for goal in fc.objectives(simulate(features, A=0.5, B=0.7, runs=500), by="2026-02-27").goals:
        counts = [goal.at_least(count) for count in range(len(goal.features) + 2)]
        shares = [goal.delivers(share) for share in np.linspace(0, 1, 21)]
        assert counts == sorted(counts, reverse=True)
        assert shares == sorted(shares, reverse=True)
        assert counts[-1] == 0.0
        assert shares[-1] == goal.chance
        assert math.isclose(float(goal.counts.mean()), sum(counts[1:]))
