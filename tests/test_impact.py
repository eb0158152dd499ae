"""The impact of an edit: known answers first, then what is true of every comparison, then what pairing is worth."""

from __future__ import annotations

import datetime as dt
import json
import math
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import polars as pl
import pytest
from helpers import SEED, SHARED_DATA
from played import changed
from portfolios import seeded
from test_reach import KINDS, reach

import forecast as fc
from forecast.slip import Slip

MONDAY = "2026-01-05"
EXAMPLE = str(Path(__file__).parents[1] / "data" / "example")
PORTFOLIOS = ["2012-05-01", "2013-05-15", "2014-05-15", "2016-04-15", "2018-08-01"]
COLUMNS = ["feature", "before_p85", "after_p85", "slip_mean", "slip_median", "slip_se", "chance_slip"]
COLUMNS += ["chance_before", "chance_after", "flips", "gains"]


def plan(*features: fc.Feature | fc.External, teams: Any = ("A", "B"), **options: Any) -> fc.Roadmap:
    """Teams that finish one item a working day."""
    return fc.Roadmap(MONDAY, teams, features, **({"handoff": "immediate"} | options))


def steady(roadmap: fc.Roadmap, runs: int = 20, **options: Any) -> fc.Forecast:
    """The forecast of teams that finish 10 items in each sprint of 10 working days."""
    history = fc.History.from_counts({team.name: [10] for team in roadmap.teams})
    return fc.simulate(roadmap, history, **({"runs": runs, "seed": SEED, "throughput": fc.Bootstrap()} | options))


def impact_of(before: fc.Roadmap, after: fc.Roadmap, **options: Any) -> fc.Impact:
    base = steady(before, **options)
    return fc.compare(base, base.again(after))


def slips(impact: fc.Impact) -> dict[str, float]:
    """The slips of an impact whose runs are all alike."""
    names = [name for name in impact.features if name not in (*impact.added, *impact.dropped)]
    for name in names:
        assert len(set(impact.slip(name).tolist())) == 1
    return {name: float(impact.slip(name)[0]) for name in names}


def row(impact: fc.Impact, name: str) -> dict[str, Any]:
    return impact.table().filter(pl.col("feature") == name).row(0, named=True)


# Known answers -------------------------------------------------------------------------------------------------------


def test_what_stands_below_slips_by_what_is_inserted() -> None:
    before = plan(
        fc.Feature("Login", {"A": 5}), fc.Feature("Shop", {"A": 10}, due="2026-01-28"), fc.Feature("Ads", {"B": 3})
    )
    impact = impact_of(before, before.insert(fc.Feature("X", {"A": 7}), above="Shop"))
    assert slips(impact) == {"Login": 0, "Shop": pytest.approx(7), "Ads": 0}
    assert impact.table().columns == COLUMNS
    assert impact.features == impact.after.features == ("Login", "X", "Shop", "Ads")
    assert row(impact, "Shop") == {
        "feature": "Shop",
        "before_p85": dt.date(2026, 1, 23),
        "after_p85": dt.date(2026, 2, 3),
        "slip_mean": pytest.approx(7),
        "slip_median": pytest.approx(7),
        "slip_se": pytest.approx(0, abs=1e-9),
        "chance_slip": 1.0,
        "chance_before": 1.0,
        "chance_after": 0.0,
        "flips": True,
        "gains": False,
    }
    assert impact.flips == impact.breaks == ("Shop",)
    assert impact.mends == impact.gains == ()
    assert impact.slips == ("Shop",)


def test_what_is_new_or_gone_has_no_slip() -> None:
    before = plan(fc.Feature("Login", {"A": 5}), fc.Feature("Shop", {"A": 10}), fc.Feature("Ads", {"B": 3}, due=MONDAY))
    impact = impact_of(before, before.without("Ads").insert(fc.Feature("X", {"B": 7}, due="2026-02-02"), rank=1))
    assert impact.features == ("X", "Login", "Shop", "Ads")
    assert (impact.added, impact.dropped) == (("X",), ("Ads",))
    new, gone = row(impact, "X"), row(impact, "Ads")
    assert [new[key] for key in COLUMNS[1:]] == [
        None,
        dt.date(2026, 1, 13),
        None,
        None,
        None,
        None,
        None,
        1.0,
        False,
        False,
    ]
    assert [gone[key] for key in COLUMNS[1:]] == [
        dt.date(2026, 1, 7),
        None,
        None,
        None,
        None,
        None,
        0.0,
        None,
        False,
        False,
    ]
    for name, when in (("X", "after"), ("Ads", "before")):
        with pytest.raises(fc.Fault, match=f"only in the roadmap {when} the edit"):
            impact.slip(name)
    with pytest.raises(fc.Fault, match=r'in neither roadmap\. Did you mean "Login"'):
        impact.slip("Lgin")


def test_a_feature_above_the_insertion_can_move() -> None:
    """P stands on top and waits for Q, which X makes late: then M, which had A to itself, loses it to P."""
    before = plan(fc.Feature("P", {"A": 10}, after=["Q"]), fc.Feature("M", {"A": 20}), fc.Feature("Q", {"B": 10}))
    impact = impact_of(before, before.insert(fc.Feature("X", {"B": 10}), above="Q"))
    assert slips(impact) == {"P": pytest.approx(10), "M": pytest.approx(-10), "Q": pytest.approx(10)}
    both = plan(fc.Feature("P", {"A": 10}, after=["Q"]), fc.Feature("M", {"A": 15}), fc.Feature("Q", {"B": 20}))
    assert slips(impact_of(both, both.insert(fc.Feature("X", {"A": 10}), above="Q")))["M"] == 0


def test_somebody_can_be_earlier() -> None:
    """Checkout waits for Login, which slips; Search gets the team to itself."""
    before = plan(
        fc.Feature("Login", {"A": 10}),
        fc.Feature("Checkout", {"B": 10}, after=["Login"]),
        fc.Feature("Search", {"B": 15}),
    )
    impact = impact_of(before, before.insert(fc.Feature("X", {"A": 10}), rank=1))
    assert slips(impact) == {"Login": pytest.approx(10), "Checkout": pytest.approx(10), "Search": pytest.approx(-10)}
    assert impact.gains == ("Search",)
    assert (impact.chance_gain("Search"), impact.chance_gain("Search", 9), impact.chance_gain("Search", 10)) == (
        1,
        1,
        0,
    )
    assert row(impact, "Search")["gains"]
    assert row(impact, "Search")["chance_slip"] == 0


def test_an_insertion_at_the_bottom_bites_where_a_team_does_two_things_at_once() -> None:
    features = [fc.Feature("Login", {"A": 10})]
    alone, shared = (plan(*features, teams=[fc.Team("A", wip=wip)]) for wip in (1, 2))
    x = fc.Feature("X", {"A": 10})
    assert slips(impact_of(alone, alone.insert(x))) == {"Login": 0}
    assert slips(impact_of(shared, shared.insert(x))) == {"Login": pytest.approx(10)}


def test_an_expedite_takes_the_place_of_what_is_in_flight() -> None:
    """A team that finishes what it started goes on with Login, but not when X is expedited."""
    before = plan(fc.Feature("Login", {"A": 10}, started=True), teams=[fc.Team("A", finish_started=True)])
    x = fc.Feature("X", {"A": 4})
    assert slips(impact_of(before, before.insert(x, rank=1))) == {"Login": 0}
    assert slips(impact_of(before, before.insert(x, expedite=True))) == {"Login": pytest.approx(4)}


def test_a_changed_due_date_can_flip_a_promise_that_does_not_move() -> None:
    before = plan(fc.Feature("Login", {"A": 10}, due="2026-01-16"))
    impact = impact_of(before, before.set_due("Login", "2026-01-15"))
    assert (impact.breaks, slips(impact)) == (("Login",), {"Login": 0})
    back = impact_of(before.set_due("Login", "2026-01-15"), before)
    assert (back.mends, back.breaks) == (("Login",), ())
    unpromised = impact_of(before, before.set_due("Login", "2026-01-15", promised=False))
    assert unpromised.flips == ()


def test_each_promise_is_judged_by_the_level_of_its_roadmap() -> None:
    """Half of the runs keep the date: at a level of 0.4 that is enough."""
    features = [fc.Feature("Login", {"A": 10}, due="2026-01-16")]
    history = fc.History.from_counts({"A": [10, 5]})
    for level, flips in ((0.4, ()), (0.85, ())):
        base = fc.simulate(
            plan(*features, teams=["A"], promise_level=level), history, runs=400, seed=SEED, throughput=fc.Bootstrap()
        )
        assert fc.compare(base, base).flips == flips
    low = fc.simulate(
        plan(*features, teams=["A"], promise_level=0.4), history, runs=400, seed=SEED, throughput=fc.Bootstrap()
    )
    high = low.again(changed(low.roadmap, promise_level=0.85))
    assert fc.compare(low, high).breaks == ("Login",)


def test_what_is_never_finished() -> None:
    """Up to day 15: Login ends at 10, Shop at 20 (never); X takes 10 days, so that Login is lost and Shop stays lost."""
    before = plan(
        fc.Feature("Login", {"A": 10}, due="2026-01-16"), fc.Feature("Shop", {"A": 10}), fc.Feature("Ads", {"B": 2})
    )
    impact = impact_of(before, before.insert(fc.Feature("X", {"A": 10}), rank=1), horizon=15)
    assert slips(impact) == {"Login": math.inf, "Shop": 0, "Ads": 0}
    lost = row(impact, "Login")
    assert (lost["slip_mean"], lost["slip_median"], lost["chance_slip"]) == (math.inf, math.inf, 1.0)
    assert math.isnan(lost["slip_se"])
    assert lost["after_p85"] is None
    assert impact.slips == impact.breaks == ("Login",)
    back = fc.compare(impact.after, impact.before)
    assert slips(back)["Login"] == -math.inf
    assert (back.gains, row(back, "Login")["gains"]) == (("Login",), True)
    for each in (impact, back):
        told = json.dumps(each.to_dict(), allow_nan=False)
        assert json.loads(told)["portfolio"]["late_days_after" if each is impact else "late_days_before"] is None


def test_a_mean_over_runs_that_lose_and_win_is_no_number() -> None:
    assert math.isnan(Slip.of(np.array([np.inf, -np.inf, 1.0])).mean)
    both = Slip.of(np.array([np.inf, -np.inf, np.inf, 2.0]))
    assert (both.lost, both.won, both.later, both.earlier, both.is_later) == (0.5, 0.25, 0.75, 0.25, True)
    assert Slip.of(np.array([3.0])).is_later  # of a single run no error is known


# Laws ----------------------------------------------------------------------------------------------------------------


def example(edit: Any = None) -> fc.Impact:
    roadmap, history = fc.read(EXAMPLE)
    base = fc.simulate(roadmap, history, runs=2_000, seed=SEED, throughput=fc.Bootstrap())
    sso = fc.Feature("SSO", {"API": (3, 5, 9), "Web": (5, 8, 14)}, objective="Win enterprise")
    return fc.compare(base, base.again((edit or (lambda one: one.insert(sso, rank=1)))(roadmap)))


@pytest.fixture(scope="module")
def impact() -> fc.Impact:
    return example()


def test_every_figure_of_the_table_is_what_the_two_matrices_say(impact: fc.Impact) -> None:
    before, after = impact.before, impact.after
    for told in impact.table().iter_rows(named=True):
        name = told["feature"]
        assert told["after_p85"] == after.date(name, 0.85)
        if name == "SSO":
            continue
        rows = before.finish[before.features.index(name)], after.finish[after.features.index(name)]
        difference = rows[1] - rows[0]
        assert np.allclose(impact.slip(name), difference, atol=1e-7, rtol=0)
        assert told["before_p85"] == before.date(name, 0.85)
        assert told["slip_mean"] == pytest.approx(difference.mean(), abs=1e-7)
        assert told["slip_se"] == pytest.approx(difference.std(ddof=1) / math.sqrt(2_000), abs=1e-7)
        assert told["slip_median"] == np.quantile(impact.slip(name), 0.5, method="inverted_cdf")
        assert told["chance_slip"] == np.mean(difference > 1e-7) == impact.chance_slip(name)
        assert impact.chance_slip(name, more_than=5) == np.mean(difference > 5 + 1e-7)
        summary = impact.summary(name)
        assert summary.median_range[0] <= summary.median <= summary.median_range[1]
        due = before.roadmap.feature(name).due
        chances = (None, None) if due is None else (before.chance(name), after.chance(name))
        assert (told["chance_before"], told["chance_after"]) == chances
        level = before.roadmap.promise_level
        assert told["flips"] == (due is not None and (chances[0] >= level) != (chances[1] >= level))
    assert {*impact.flips} == {*impact.table().filter("flips")["feature"]}
    assert {*impact.gains} == {*impact.table().filter("gains")["feature"]}


def test_the_portfolio_is_judged_run_by_run(impact: fc.Impact) -> None:
    told = impact.to_dict()["portfolio"]
    for when, side in (("before", impact.before), ("after", impact.after)):
        held, late = np.ones(2_000, bool), 0.0
        for at, feature in enumerate(side.roadmap.features):
            if feature.is_promise and feature.due is not None:
                day = side.roadmap.clock.days_until(feature.due)
                held &= side.finish[at] <= day
                late += np.maximum(np.ceil(side.finish[at]) - day, 0).mean()
        assert told[f"all_hold_{when}"] == held.mean()
        assert told[f"late_days_{when}"] == pytest.approx(late)
        assert told[f"late_cost_{when}"] is None  # nothing in the example has a cost of delay
    assert impact.chance_all_hold() == (told["all_hold_before"], told["all_hold_after"])


def test_lateness_is_counted_from_a_due_date_before_the_start() -> None:
    """Login ends on the 10th day. Due on the Friday before the start it is 10 days late, a week before 15; days off count."""
    before = plan(fc.Feature("Login", {"A": 10}, due="2026-01-02"), fc.Feature("Shop", {"A": 10}, due="2026-01-30"))
    impact = impact_of(before, before.set_due("Login", "2025-12-26"))
    told = impact.to_dict()["portfolio"]
    assert (told["late_days_before"], told["late_days_after"]) == (10, 15)
    off = plan(fc.Feature("Login", {"A": 10}, due="2025-12-26"), days_off=["2026-01-01"])
    assert impact_of(off, off.set_due("Login", None)).to_dict()["portfolio"]["late_days_before"] == 14


def test_a_due_date_before_the_start_is_known_to_be_missed_and_not_simulated() -> None:
    before = plan(fc.Feature("Login", {"A": 10}, due="2026-01-16"), fc.Feature("Shop", {"A": 10}, due="2026-03-02"))
    impact = impact_of(before, before.set_due("Login", "2026-01-04"))
    login, shop = impact.to_dict()["features"]
    assert (login["overdue_before"], login["overdue_after"], shop["overdue_after"]) == (False, True, False)
    assert (login["chance_after"], login["chance_se_after"]) == (0, 0)
    assert shop["chance_se_after"] > 0
    assert impact.after.chance_error("Shop", by="2026-01-02") == 0
    assert impact.after.chance_error("Shop", by="2026-01-05") > 0


def test_lateness_is_weighted_by_the_cost_of_delay() -> None:
    """Login is 5 days late at 100 a week, Shop 15 at nothing said; X makes both 5 days later."""
    before = plan(
        fc.Feature("Login", {"A": 10}, due="2026-01-09", cost_of_delay=100),
        fc.Feature("Shop", {"A": 10}, due="2026-01-09"),
    )
    impact = impact_of(before, before.insert(fc.Feature("X", {"A": 5}), rank=1))
    told = impact.to_dict()["portfolio"]
    assert (told["late_days_before"], told["late_days_after"]) == (5 + 15, 10 + 20)
    assert (told["late_cost_before"], told["late_cost_after"]) == (pytest.approx(100), pytest.approx(200))
    assert impact.slips == ("Login", "Shop")
    free = impact_of(
        *(
            changed(each, features=[changed(f, cost_of_delay=None) for f in each.features])
            for each in (before, impact.after.roadmap)
        )
    )
    assert free.to_dict()["portfolio"]["late_cost_after"] is None


def test_broken_promises_come_first_and_then_what_costs_most() -> None:
    before = plan(
        fc.Feature("No date", {"A": 3}),
        fc.Feature("Late anyway", {"A": 10}, due="2026-01-06"),
        fc.Feature("Breaks", {"A": 1}, due="2026-01-23"),
        fc.Feature("Far off", {"A": 1}, due="2027-01-01"),
    )
    impact = impact_of(before, before.insert(fc.Feature("X", {"A": 5}), rank=1))
    assert impact.slips == ("Breaks", "Late anyway", "No date", "Far off")


def test_nothing_changes_nothing(impact: fc.Impact) -> None:
    same = fc.compare(impact.before, impact.before)
    assert not any(same.slip(name).any() for name in same.features)
    assert (same.flips, same.slips, same.gains, same.added, same.dropped) == ((), (), (), (), ())


def test_turned_round_a_slip_is_a_gain(impact: fc.Impact) -> None:
    back = fc.compare(impact.after, impact.before)
    for name in impact.before.features:
        assert np.array_equal(back.slip(name), -impact.slip(name))
    assert ({*back.gains}, {*back.mends}) == ({*impact.slips}, {*impact.breaks})


def test_outside_the_reach_of_an_edit_every_slip_is_exactly_nothing() -> None:
    """100 random portfolios, one edit of each kind: 0 without a tolerance, and what is told of it says the same."""
    outside = inside = 0
    for number in range(100):
        roadmap, history = seeded(SEED * 1_000_000 + number)
        base = fc.simulate(roadmap, history, runs=8, seed=SEED, horizon=150, throughput=fc.Bootstrap())
        for kind in KINDS:
            if len(roadmap.features) == 1:
                continue
            edited, before, after = kind(Random(number), roadmap)
            impact = fc.compare(base, base.again(edited))
            touched = {name for name, _ in reach(roadmap, before) | reach(edited, after)}
            for name in {*base.features} & {*impact.after.features}:
                rows = (
                    impact.before.finish[base.features.index(name)],
                    impact.after.finish[impact.after.features.index(name)],
                )
                if name not in touched:
                    assert np.array_equal(*rows)
                    assert not impact.slip(name).any()
                    assert impact.summary(name) == Slip(0, 0, 0, (0, 0), 0, 0, 0, 0)
                    outside += 1
                inside += bool(impact.slip(name).any())
    assert min(outside, inside) > 100


# What cannot be compared -----------------------------------------------------------------------------------------------


def other(base: fc.Forecast, **changes: Any) -> fc.Forecast:
    """The forecast of the same roadmap with something else about it."""
    options = {"runs": 20, "seed": SEED, "history": base.history, "roadmap": base.roadmap} | changes
    options.setdefault("throughput", fc.Bootstrap())
    return fc.simulate(options.pop("roadmap"), options.pop("history"), **options)


BASE = plan(
    fc.Feature("Login", {"A": 5}), fc.Feature("Ads", {"B": 3}), teams=[fc.Team("A"), fc.Team("B", sprint_days=7)]
)
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "seed": ({"seed": SEED + 1}, f"seed: {SEED} before, {SEED + 1} after"),
    "runs": ({"runs": 21}, "runs: 20 before, 21 after"),
    "model": ({"throughput": fc.Bootstrap(window=1)}, "model: .*window.* before, .* after"),
    "horizon": ({"horizon": 50}, "horizon: 5220 working days before, 50 working days after"),
    "history": ({"history": fc.History.from_counts({"A": [10, 9], "B": [10]})}, "history: not the same"),
    "start": ({"roadmap": changed(BASE, start="2026-01-12")}, "start: 2026-01-05 before, 2026-01-12 after"),
    "days off": ({"roadmap": changed(BASE, days_off=["2026-02-02"])}, "days_off: 2026-02-02 is one on one side only"),
    "sprints of all": ({"roadmap": changed(BASE, sprint_days=21)}, 'sprints of team "A": not the same'),
    "sprints of one": (
        {"roadmap": changed(BASE, teams=["A", fc.Team("B", sprint_days=7, sprint_start="2026-01-07")])},
        'sprints of team "B": not the same',
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_runs_of_another_luck_are_refused_saying_what_differs(case: str) -> None:
    changes, said = REFUSED[case]
    base = steady(BASE)
    with pytest.raises(fc.Fault, match=f"compare: .*{said}.*before.again"):
        fc.compare(base, other(base, **changes))


def test_all_that_differs_is_said_at_once() -> None:
    base = steady(BASE)
    with pytest.raises(fc.Fault, match=r"seed: .*; runs: "):
        fc.compare(base, other(base, seed=SEED + 5, runs=3))


def test_what_is_no_forecast_or_a_joint_one_is_refused() -> None:
    base = steady(BASE)
    with pytest.raises(fc.Fault, match="give two forecasts"):
        fc.compare(base, BASE)  # type: ignore[arg-type]
    with pytest.raises(fc.Fault, match=r'the joint forecast of "Login \+ Ads"'):
        fc.compare(base, base.together(["Login", "Ads"]))


@pytest.mark.parametrize(
    "team",
    [
        fc.Team("A", wip=2),
        fc.Team("A", finish_started=True, allocation={"Grow": 0.5}),
        fc.Team("A", share=0.5, capacity=[fc.Capacity("2026-01-12", None, 1.5)]),
        fc.Team("A", days_off=["2026-01-08"]),
        fc.Team("A", sprint_start="2025-12-22"),
    ],
    ids=["wip", "order of work", "capacity", "own days off", "the same sprints, anchored elsewhere"],
)
def test_how_and_how_much_a_team_works_is_an_edit(team: fc.Team) -> None:
    base = steady(BASE)
    fc.compare(base, base.again(changed(BASE, teams=[team, BASE.teams[1]])))


def test_levels_and_numbers_are_checked(impact: fc.Impact) -> None:
    assert impact.table(0.5).columns[1:3] == ["before_p50", "after_p50"]
    with pytest.raises(fc.Fault, match=r"write 0\.85"):
        impact.table(85)
    with pytest.raises(fc.Fault, match="a number is needed"):
        impact.chance_slip("Login", more_than="5")  # type: ignore[arg-type]


# What pairing is worth ---------------------------------------------------------------------------------------------------


def pairing_gain(impact: fc.Impact, unpaired: fc.Forecast) -> float:
    """For the median feature that moves: how much smaller the variance of its mean slip is than with another luck after."""
    gains = []
    for name in impact.slips + impact.gains:
        rows = impact.before.finish[impact.before.features.index(name)], unpaired.finish[unpaired.features.index(name)]
        slip = impact.slip(name)
        if not np.isfinite(slip).all() or abs(slip.mean()) < 0.05:
            continue
        gains.append((rows[0].var(ddof=1) + rows[1].var(ddof=1)) / slip.var(ddof=1))
    return float(np.median(gains))


@pytest.mark.parametrize("where", [EXAMPLE, *PORTFOLIOS])
def test_pairing_makes_the_variance_of_the_mean_slip_at_least_three_times_smaller(where: str) -> None:
    """An urgent feature of the two busiest teams on top; 4,000 runs. Unpaired, the same edit is played with another seed."""
    folder = EXAMPLE if where == EXAMPLE else str(SHARED_DATA / f"titanium-{where}")
    if where != EXAMPLE and not (SHARED_DATA / f"titanium-{where}").is_dir():
        pytest.skip("the real portfolios are not beside this checkout")
    roadmap, history = fc.read(folder)
    teams = sorted(
        roadmap.teams, key=lambda team: -sum(team.name in getattr(each, "work", ()) for each in roadmap.features)
    )
    first, second = (team.name for team in teams[:2])
    urgent = fc.Feature("Urgent", {first: (4, 8, 15), second: fc.Part((2, 4, 8), after=[f"Urgent/{first}"])})
    edited = roadmap.insert(urgent, rank=1)
    base = fc.simulate(roadmap, history, runs=4_000, seed=SEED, throughput=fc.Bootstrap())
    impact = fc.compare(base, base.again(edited))
    unpaired = fc.simulate(edited, history, runs=4_000, seed=SEED + 1, throughput=fc.Bootstrap())
    gain = pairing_gain(impact, unpaired)
    print(f"{where}: pairing makes the variance of the mean slip {gain:.1f} times smaller")
    assert gain >= 3
    assert pairing_gain(fc.Impact(base, unpaired), unpaired) < 1.5  # the planted fault: no pairs at all
