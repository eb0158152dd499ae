"""Commitments: what can be promised together, against answers computed by hand, and honest on fresh runs."""

from __future__ import annotations

import datetime as dt
import json
import math
from itertools import combinations
from random import Random
from typing import Any

import numpy as np
import pytest
from helpers import SEED, standard_error

import forecast as fc
from forecast.errors import Fault
from forecast.pledges import find_pledges

SPRINTS = 3
BY = "2026-02-13"
"""The last working day of the third sprint of two weeks."""

Z = 4.9


def wins(least: int, chance: float, sprints: int = SPRINTS) -> float:
    """The chance of at least so many sprints, of a few, in which something is finished."""
    return sum(math.comb(sprints, n) * chance**n * (1 - chance) ** (sprints - n) for n in range(least, sprints + 1))


def history(**chances: tuple[int, int]) -> fc.History:
    """Teams that finish ten items in so many of so many sprints, and nothing in the others."""
    return fc.History.from_counts({team: [10] * good + [0] * (of - good) for team, (good, of) in chances.items()})


def simulate(features: list[Any], past: fc.History, runs: int = 4000, seed: int = SEED, **given: Any) -> fc.Forecast:
    roadmap = fc.Roadmap("2026-01-05", past.teams, features, handoff="immediate", **given)
    return fc.simulate(roadmap, past, runs=runs, seed=seed, throughput=fc.Bootstrap())


# The chance of all together ---------------------------------------------------------------------------------------------


def test_the_chance_is_that_of_all_together_and_neither_the_product_nor_the_minimum() -> None:
    """Two features of one team, one after the other, and one of another: P(A twice or more) x P(B once or more)."""
    features = [fc.Feature("A1", {"A": 10}), fc.Feature("A2", {"A": 10}), fc.Feature("B1", {"B": 10})]
    base = simulate(features, history(A=(3, 4), B=(3, 5)), runs=20_000)
    found = fc.commit(base, by=BY, level=0.5)
    assert found.features == ("A1", "A2", "B1")
    a1, a2, b1 = wins(1, 0.75), wins(2, 0.75), wins(1, 0.6)
    exact, error = a2 * b1, standard_error(a2 * b1, 20_000)
    assert abs(found.chance - exact) < Z * error
    assert abs(found.chance - a1 * a2 * b1) > Z * error  # what multiplying says
    assert abs(found.chance - min(a1, a2, b1)) > Z * error  # what the weakest says
    alone = list(found.alone.values())
    assert all(
        abs(each - true) < Z * standard_error(true, 20_000) for each, true in zip(alone, (a1, a2, b1), strict=True)
    )


def test_five_independent_features_at_85_percent_are_no_plan_at_85_percent() -> None:
    """By the end of the first sprint each is done in 17 of 20 futures, all five in 44 of 100."""
    teams = {f"Team {number}": (17, 20) for number in range(5)}
    past = history(**teams)
    features = [fc.Feature(f"F{number}", {team: 10}) for number, team in enumerate(teams)]
    base = simulate(features, past, runs=20_000)
    found = fc.commit(base, by="2026-01-16", level=0.4)
    assert len(found.features) == 5
    assert abs(found.chance - 0.85**5) < Z * standard_error(0.85**5, 20_000)
    for least in range(6):
        exact = wins(least, 0.85, 5)
        error = standard_error(min(max(exact, 1e-3), 1 - 1e-3), 20_000)
        assert abs(found.at_least(least) - exact) < Z * error
    assert [len(step.features) for step in found.stairs] == [1, 2, 3, 4, 5]
    for size, step in enumerate(found.stairs, start=1):
        assert abs(step.chance - 0.85**size) < Z * standard_error(0.85**size, 20_000)


def test_two_that_hang_on_one_team_are_promised_before_two_that_do_not() -> None:
    """Four features at 75 %: the two of one team come true in the same runs, so they alone can be promised at 70 %."""
    past = history(A=(3, 4), B=(3, 4), C=(3, 4))
    features = [fc.Feature("B1", {"B": 10}), fc.Feature("C1", {"C": 10})]
    features += [fc.Feature("A1", {"A": 5}), fc.Feature("A2", {"A": 5})]
    found = fc.commit(simulate(features, past), by="2026-01-16", level=0.7)
    assert found.features == ("A1", "A2")
    assert found.stairs[1].features == ("A1", "A2")
    one = fc.commit(simulate(features, past), by="2026-01-16", level=0.7, keep=["B1"])
    assert one.features == ("B1",)


# Which set ----------------------------------------------------------------------------------------------------------------


def random_base(pick: Random, total: int) -> fc.Forecast:
    """A small portfolio with teams that vary, links of both kinds, an external, a milestone, values or none."""
    teams = ["A", "B", "C"]
    has_values = pick.random() < 0.6
    features: list[Any] = []
    for number in range(total):
        before = [each.name for each in features if pick.random() < 0.15]
        kind = pick.random()
        if kind < 0.1:
            features.append(fc.External(f"X{number}", (1, 3, 9), after=before))
        elif kind < 0.2:
            features.append(fc.Feature(f"M{number}", after=before, due="2026-03-06" if kind < 0.15 else None))
        else:
            work = {team: pick.choice((2, 5, 8, (2, 5, 9))) for team in pick.sample(teams, pick.choice((1, 1, 2)))}
            parts = [f"{each.name}/{team}" for each in features if isinstance(each, fc.Feature) for team in each.work]
            before += [pick.choice(parts)] if parts and pick.random() < 0.2 else []
            value = pick.choice((None, 0, 1, 2.5, 3, 8)) if has_values else None
            features.append(fc.Feature(f"F{number}", work, after=list(dict.fromkeys(before)), value=value))
    past = fc.History.from_counts({team: [pick.choice((0, 3, 5, 8, 12)) for _ in range(5)] + [6] for team in teams})
    roadmap = fc.Roadmap("2026-01-05", teams, features)
    return fc.simulate(roadmap, past, runs=300, seed=SEED, throughput=fc.Bootstrap())


def find_best(base: fc.Forecast, by: str, needed: int) -> tuple[str, ...]:
    """The best set by looking at all of them, and by nothing that the package says of sets."""
    roadmap = base.roadmap
    able = [
        each
        for each in roadmap.features
        if isinstance(each, fc.Feature) and (each.work or each.due or each.value is not None)
    ]
    known = [each.value for each in able if each.value is not None]
    mean = sum(known) / len(known) if known else 1.0
    waits: dict[str, set[str]] = {}
    for each in roadmap.features:
        stated = [*each.after, *(after for part in getattr(each, "work", {}).values() for after in part.after)]
        names = {after.feature for after in stated if after.feature in waits}
        waits[each.name] = names.union(*(waits[name] for name in names))
    day = roadmap.clock.days_until(dt.date.fromisoformat(by))
    done = {name: np.maximum(np.ceil(base.finish[row]), 1) <= day for row, name in enumerate(base.features)}
    best: tuple[Any, ...] = (-1.0, (), ())
    for size in range(len(able) + 1):
        for chosen in combinations(able, size):
            names = {each.name for each in chosen}
            if any(name in {other.name for other in able} - names for each in names for name in waits[each]):
                continue
            held = np.ones(base.runs, bool)
            for name in names.union(*(waits[each] for each in names)):
                held &= done[name]
            if held.sum() >= needed:
                value = round(sum(mean if each.value is None else each.value for each in chosen), 9)
                rank = tuple(each.name in names for each in able)
                best = max(best, (value, rank, tuple(each.name for each in chosen)))
    return best[2]


@pytest.mark.parametrize("trial", range(25))
def test_the_promise_is_the_best_of_all_sets_on_the_runs_of_the_choice(trial: int) -> None:
    pick = Random(1000 * SEED + trial)
    base = random_base(pick, pick.randint(1, 12))
    by = pick.choice(("2026-01-30", "2026-02-20", "2026-03-20"))
    level = pick.choice((0.5, 0.7, 0.85, 1.0))
    found = fc.commit(base, by=by, level=level, margin=0)
    assert found.lines[0].is_best
    assert found.features == find_best(base, by, math.ceil(level * base.runs - 1e-9))


def test_a_set_holds_what_it_waits_for_as_a_whole_and_of_others_only_the_part() -> None:
    """Shop waits for all of Login, and for the API part of Data, whose other part is never done in time."""
    login = fc.Feature("Login", {"API": 2})
    data = fc.Feature("Data", {"API": 2, "Web": 500})
    shop = fc.Feature("Shop", {"Ops": 2}, after=["Review", "Data/API"], value=5)
    features = [login, data, fc.External("Review", 2, after=["Login"]), shop]
    base = simulate(features, history(API=(1, 1), Web=(1, 1), Ops=(1, 1)), runs=50)
    found = fc.commit(base, by=BY)
    assert found.features == ("Login", "Shop")
    assert found.needs == ("Review",)
    assert "Review" not in found.alone
    assert fc.commit(base, by=BY, keep=["Shop"]).features == ("Login", "Shop")
    pledges = find_pledges(base.roadmap)
    assert pledges.waits["Shop"] == {"Login", "Review"}
    assert pledges.parts["Shop"] == {("Shop", "Ops"), ("Data", "API"), ("Login", "API")}


def test_milestones_are_promises_when_they_have_a_due_date_or_a_value() -> None:
    features = [
        fc.Feature("Work", {"A": 1}),
        fc.Feature("Gate", after=["Work"]),
        fc.Feature("Launch", after=["Work"], due="2026-03-01"),
        fc.Feature("Party", after=["Work"], value=3),
        fc.External("Vendor", 1, due="2026-03-01"),
    ]
    found = fc.commit(simulate(features, history(A=(1, 1)), runs=20), by=BY)
    assert found.features == ("Work", "Launch", "Party")
    assert [found.line_of(name) for name in ("Work", "Gate", "Vendor")] == ["promise", "", ""]
    for name in ("Gate", "Vendor"):
        with pytest.raises(Fault, match="which is no promise"):
            fc.commit(found.forecast, by=BY, keep=[name])


def test_values_that_only_add_up_in_tenths_tie_as_they_should() -> None:
    """0.1 + 0.2 is worth 0.3: the tie goes to rank, not to the last digit of a float."""
    features = [fc.Feature("One", {"A": 10}, value=0.3), fc.Feature("Two", {"B": 5}, value=0.1)]
    features += [fc.Feature("Three", {"B": 5}, value=0.2)]
    base = simulate(features, history(A=(3, 4), B=(3, 4)))
    assert fc.commit(base, by="2026-01-16", level=0.6).features == ("One",)
    cheaper = [fc.Feature("One", {"A": 10}, value=0.29), *features[1:]]
    assert fc.commit(simulate(cheaper, history(A=(3, 4), B=(3, 4))), by="2026-01-16", level=0.6).features == (
        "Two",
        "Three",
    )


def test_a_feature_without_a_value_counts_the_mean_of_the_others() -> None:
    features = [
        fc.Feature("One", {"A": 1}, value=2),
        fc.Feature("Two", {"A": 1}, value=4),
        fc.Feature("Three", {"A": 1}),
    ]
    found = fc.commit(simulate(features, history(A=(1, 1)), runs=20), by=BY)
    assert found.values == {"One": 2.0, "Two": 4.0, "Three": 3.0}
    assert found.lines[0].value == 9.0
    bare = fc.commit(simulate([fc.Feature("One", {"A": 1})], history(A=(1, 1)), runs=20), by=BY)
    assert bare.values == {"One": 1.0}
    assert not bare.has_values


# Honest -------------------------------------------------------------------------------------------------------------------


def test_certified_chances_are_honest_and_those_of_the_choice_are_not() -> None:
    """100 repetitions on 300 runs: twelve features at 82 to 87 %, of which the luckiest two are chosen.

    The certified chance misses the computed one by nothing but sampling (z = 4.5 of the mean of 100); that of the runs of the
    choice, the planted fault, is too high by more than that.
    """
    chances = {f"Team {number}": (82 + number % 6, 100) for number in range(12)}
    past = history(**chances)
    features = [fc.Feature(f"F{number}", {team: 10}) for number, team in enumerate(chances)]
    exact = {f"F{number}": good / of for number, (good, of) in enumerate(chances.values())}
    certified, flattered = [], []
    for seed in range(100):
        base = simulate(features, past, runs=300, seed=1000 * SEED + 2 * seed)
        found = fc.commit(base, by="2026-01-16", level=0.7, margin=0)
        assert len(found.features) >= 2
        true = math.prod(exact[name] for name in found.features)
        certified.append(found.chance - true)
        flattered.append(found.selected - true)
    error = standard_error(0.7, 300) / 10
    assert abs(np.mean(certified)) < 4.5 * error
    assert np.mean(flattered) > 4.5 * error


def test_the_margin_keeps_the_promise_above_the_level() -> None:
    """Eight features that are nearly alike: without a margin the certified chance falls below the level in many repetitions."""
    chances = {f"Team {number}": (84 + number % 4, 100) for number in range(8)}
    past = history(**chances)
    features = [fc.Feature(f"F{number}", {team: 10}) for number, team in enumerate(chances)]
    below = {0.0: 0, 2.0: 0}
    for seed in range(30):
        base = simulate(features, past, runs=300, seed=5000 * SEED + 2 * seed)
        for margin in below:
            found = fc.commit(base, by="2026-01-16", level=0.72, margin=margin)
            below[margin] += not found.holds
            assert found.selected >= found.needed
    assert below[2.0] < below[0.0]


def test_what_has_to_be_kept_and_is_unlikely_is_told_as_it_is() -> None:
    past = history(A=(1, 2), B=(19, 20))
    features = [fc.Feature("Likely", {"B": 10}), fc.Feature("Unlikely", {"A": 10})]
    found = fc.commit(simulate(features, past), by="2026-01-16", level=0.85, keep=["Unlikely"])
    assert found.features == ("Unlikely",)
    assert not found.holds
    assert abs(found.chance - 0.5) < Z * standard_error(0.5, 4000)


# Lines, first, headroom -----------------------------------------------------------------------------------------------------


def test_each_line_has_all_that_is_above_the_one_before() -> None:
    for trial in range(8):
        found = fc.commit(random_base(Random(77 * SEED + trial), 10), by="2026-02-20", level=0.8)
        promise, aim, stretch = found.lines
        assert (promise.name, aim.name, stretch.name) == ("promise", "aim", "stretch")
        assert (promise.level, aim.level, stretch.level) == (0.8, 0.5, 0.15)
        assert {*promise.features} <= {*aim.features} <= {*stretch.features}
        assert promise.chance >= aim.chance >= stretch.chance
        assert found.features == promise.features
        lines = [found.line_of(name) for name in found.alone]
        assert lines.count("promise") == len(promise.features)
        assert lines.count("aim") == len(aim.features) - len(promise.features)


def test_a_promise_on_top_is_likelier_and_somebody_pays() -> None:
    """One team: Late stands behind Big, which takes two good sprints; on top it takes one. Big then takes three."""
    features = [fc.Feature("Big", {"A": 20}, value=1), fc.Feature("Late", {"A": 10}, value=100)]
    base = simulate(features, history(A=(4, 5)), runs=20_000)
    found = fc.commit(base, by=BY, level=0.5, keep=["Late"])
    assert found.features == ("Big", "Late")
    first = fc.commit(base, by="2026-01-30", level=0.6, keep=["Late"]).first()
    assert first.before == 0.0
    assert abs(first.after - wins(1, 0.8, 2)) < Z * standard_error(wins(1, 0.8, 2), 20_000)
    assert [each.name for each in first.roadmap.features] == ["Late", "Big"]
    assert first.now.features == ("Late",)
    before, after = (side.chance("Big", by="2026-01-30") for side in (first.impact.before, first.impact.after))
    assert abs(before - 0.64) < Z * standard_error(0.64, 20_000)
    assert after == 0.0
    told = json.loads(json.dumps(first.to_dict()))
    assert told["order"] == ["Late", "Big"]
    assert told["chances"]["Big"] == [before, after]


def test_what_a_promise_waits_for_goes_on_top_with_it() -> None:
    features = [
        fc.Feature("Big", {"A": 20}),
        fc.Feature("Data", {"B": 5}),
        fc.External("Review", 2, after=["Data"]),
        fc.Feature("Shop", {"A": 5}, after=["Review"], value=9),
    ]
    base = simulate(features, history(A=(1, 1), B=(1, 1)), runs=20)
    moved = fc.commit(base, by="2026-01-16", keep=["Shop"]).first().roadmap
    assert [each.name for each in moved.features] == ["Data", "Review", "Shop", "Big"]


def test_capacity_is_what_goes_to_the_promises_to_others_and_to_nobody() -> None:
    """Team A: 10 a sprint for three sprints; 8 for the promise, 5 for the other, the rest nobody can use."""
    features = [fc.Feature("Promised", {"A": 8}), fc.Feature("Other", {"A": 5}), fc.Feature("Elsewhere", {"B": 500})]
    base = simulate(features, history(A=(1, 1), B=(1, 1)), runs=30)
    a, b = fc.find_headroom(base, ["Promised"], by=BY)
    assert (a.team, b.team) == ("A", "B")
    assert np.allclose(a.capacity, 30)
    assert np.allclose(a.promised, 8)
    assert np.allclose(a.lost, 17)
    assert np.allclose(a.left, 22)
    assert a.sure == pytest.approx(22)
    assert a.share == pytest.approx(8 / 30)
    assert np.allclose(b.promised, 0)
    assert b.share == 0


@pytest.mark.parametrize("trial", range(4))
def test_capacity_of_all_teams_is_that_of_the_history_and_levels_are_ordered(trial: int) -> None:
    base = random_base(Random(31 * SEED + trial), 9)
    found = fc.commit(base, by="2026-02-20", level=0.5)
    sure, likely = (fc.find_headroom(base, found.features, by="2026-02-20", level=level) for level in (0.9, 0.5))
    for room, other in zip(sure, likely, strict=True):
        assert len(room.capacity) == base.runs
        assert (room.promised >= 0).all()
        assert (room.promised + room.lost <= room.capacity + 1e-6).all()
        assert room.sure <= other.sure
        assert np.array_equal(room.capacity, other.capacity)


# Several days -----------------------------------------------------------------------------------------------------------------


def test_each_day_keeps_the_promises_of_the_days_before_and_all_of_them_have_a_chance_together() -> None:
    """A1 by the second sprint and A2, of another team, by the fourth: both together is the product, as the teams are apart."""
    features = [fc.Feature("A1", {"A": 10}), fc.Feature("B1", {"B": 20})]
    base = simulate(features, history(A=(4, 5), B=(4, 5)), runs=20_000)
    found = fc.plan_cadence(base, by=["2026-02-27", "2026-01-30"], level=0.8)
    early, late = found.commitments
    assert (early.by, late.by) == (dt.date(2026, 1, 30), dt.date(2026, 2, 27))
    assert early.features == ("A1",)
    assert late.features == ("A1", "B1")
    exact = wins(1, 0.8, 2) * wins(2, 0.8, 4)
    assert abs(found.together[0] - exact) < Z * standard_error(exact, 20_000)
    assert found.together[0] < min(early.chance, late.chance)
    assert found.table()["by"].unique().len() == 2
    assert len(json.loads(json.dumps(found.to_dict()))["commitments"]) == 2


def test_days_may_be_quarters_and_none_is_given_twice() -> None:
    base = simulate([fc.Feature("A1", {"A": 10})], history(A=(4, 5)), runs=50)
    assert fc.commit(base, by="Q1").by == fc.commit(base, by="2026-Q1").by == dt.date(2026, 3, 31)
    with pytest.raises(Fault, match="twice"):
        fc.plan_cadence(base, by=["Q1", "2026-03-31"])
    with pytest.raises(Fault, match="say by when"):
        fc.plan_cadence(base, by=[])


# Edges ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trial", range(4))
def test_every_chance_is_a_share_of_the_runs_to_the_last_digit(trial: int) -> None:
    """So that the promise with a feature that is promised already has the chance of the promise, and no digit beside it."""
    found = fc.commit(random_base(Random(31 * SEED + trial), 9), by="2026-02-20", level=0.7)
    rows = found.table().to_dicts()
    chances = [found.chance, found.selected, found.needed, *(row["together"] for row in rows)]
    chances += [miss.together for miss in found.nearest]
    assert all(chance == round(chance * found.runs) / found.runs for chance in chances)
    assert all(row["together"] == found.chance for row in rows if row["line"] == "promise")


@pytest.mark.parametrize("margin", [0, 1, 3])
def test_on_top_of_the_order_the_same_margin_is_asked_for(margin: float) -> None:
    features = [fc.Feature("Other", {"A": 4}), fc.Feature("One", {"B": 4}), fc.Feature("Two", {"B": 40})]
    found = fc.commit(simulate(features, history(A=(1, 2), B=(9, 10)), runs=400), by=BY, level=0.8, margin=margin)
    first = found.first()
    assert found.needed == first.now.needed == (0.8 if margin == 0 else pytest.approx(0.8 + margin * 0.02, abs=0.003))


def test_a_promise_of_nothing() -> None:
    base = simulate([fc.Feature("Big", {"A": 500})], history(A=(1, 2)), runs=50)
    found = fc.commit(base, by=BY)
    assert found.features == ()
    assert found.nearest == ()
    assert found.stairs == ()
    assert found.at_least(1) == 0.0
    assert found.table()["line"].to_list() == ["beyond"]
    assert json.loads(json.dumps(found.to_dict()))["features"] == []
    with pytest.raises(Fault, match="nothing is promised"):
        found.first()
    empty = fc.commit(simulate([fc.External("Vendor", 3)], history(A=(1, 2)), runs=50), by=BY)
    assert empty.table().is_empty()


def test_the_same_seed_gives_the_same_commitment_and_the_threads_do_not_matter() -> None:
    base = random_base(Random(5 * SEED), 10)
    again = fc.simulate(base.roadmap, base.history, runs=300, seed=SEED, throughput=fc.Bootstrap(), threads=1)
    assert fc.commit(base, by="Q1").to_dict() == fc.commit(again, by="Q1").to_dict()
    assert fc.commit(base, by="Q1").certified.seed == SEED + 1


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"by": "2025-12-31"}, "before the roadmap starts"),
        ({"by": "2025-Q4"}, "it ended on 2025-12-31"),
        ({"by": "soon"}, "a quarter Q1 or 2026-Q1"),
        ({"by": BY, "level": 85}, "write 0.85 for 85 %"),
        ({"by": BY, "level": 0}, "between 0 and 1"),
        ({"by": BY, "margin": -1}, "less than 0"),
        ({"by": BY, "seed": SEED}, "fresh runs need another"),
        ({"by": BY, "keep": "Shop"}, "give a list"),
        ({"by": BY, "keep": ["Shpo"]}, 'Did you mean "Shop"'),
        ({"by": BY, "nodes": -1}, "whole number"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_way_out(given: dict[str, Any], told: str) -> None:
    base = simulate([fc.Feature("Shop", {"A": 10})], history(A=(1, 2)), runs=20)
    with pytest.raises(Fault) as refused:
        fc.commit(base, **given)
    assert told in str(refused.value)


def test_only_the_forecast_of_a_whole_roadmap_can_be_asked() -> None:
    base = simulate([fc.Feature("Shop", {"A": 10})], history(A=(1, 2)), runs=20)
    for wrong in (base.together(["Shop"]), base.alone(), "Shop"):
        with pytest.raises(Fault, match="whole roadmap"):
            fc.commit(wrong, by=BY)  # type: ignore[arg-type]
