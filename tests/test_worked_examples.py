"""The worked examples of the model (section 9), a test for each row, and the rules for dates, counts and dead teams (section 6).

Unless said, team A does 10 items in each sprint of 10 working days, sprints begin at 0, 10, 20, ... on the clock, and every
run is the same. Two parts tell where something could start: one of 5 items that could start at 20 ends at 25.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from helpers import SEED
from oracles import START, smallest_day, working_day

import forecast as fc

TEN = fc.History.from_counts({"A": [10], "B": [10]})
ENDS = 1e-9
NEXT_DAY = dt.timedelta(days=1)


def ends(
    features: Sequence[fc.Feature | fc.External],
    *,
    teams: Sequence[fc.Team | str] = ("A", "B"),
    history: fc.History = TEN,
    start: dt.date = START,
    **options: Any,
) -> dict[str, float]:
    """When each feature ends; three runs that must be the same."""
    answer = fc.simulate(
        fc.Roadmap(start, teams, features, **options), history, runs=3, seed=SEED, throughput=fc.Bootstrap()
    )
    finish = np.asarray(answer.finish)
    assert np.array_equal(finish, finish[:, [0, 0, 0]])
    return dict(zip(answer.features, finish[:, 0].tolist(), strict=True))


def close(**expected: float) -> Any:
    return pytest.approx(expected, abs=ENDS)


# The table ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lag", "startable"), [(0, 10), (3, 10), (4, 10), (4.5, 20), (5, 20)])
def test_a_lag_moves_the_start_to_the_next_sprint_that_begins_behind_it(lag: float, startable: float) -> None:
    other = fc.Feature("Other", {"B": 6})
    work = fc.Feature("Work", {"A": 5}, after=[fc.After("Other", lag=lag)])
    assert ends([other, work]) == close(Other=6, Work=startable + 5)


@pytest.mark.parametrize(("lag", "startable"), [(0, 6), (3, 9), (5, 11)])
def test_immediate_starts_right_behind_the_lag(lag: float, startable: float) -> None:
    other = fc.Feature("Other", {"B": 6})
    work = fc.Feature("Work", {"A": 5}, after=[fc.After("Other", lag=lag, handoff="immediate")])
    assert ends([other, work]) == close(Other=6, Work=startable + 5)


def test_there_is_no_handoff_inside_a_team() -> None:
    assert ends([fc.Feature("F1", {"A": 3}), fc.Feature("F2", {"A": 3}, after=["F1"])]) == close(F1=3, F2=6)


def test_a_part_of_its_own_is_not_handed_off_whoever_else_works_on_the_feature() -> None:
    features = [fc.Feature("F1", {"A": 3, "B": 15}), fc.Feature("F2", {"A": 3}, after=["F1/A"])]
    assert ends(features) == close(F1=15, F2=6)


def test_a_lag_inside_a_team_needs_no_handoff_either() -> None:
    waits = fc.Feature("F2", {"A": 3}, after=[fc.After("F1", lag=2)])
    assert ends([fc.Feature("F1", {"A": 3}), waits]) == close(F1=3, F2=8)


def test_a_sprint_that_began_before_the_start_has_the_same_rate() -> None:
    friday = dt.date(2026, 1, 9)
    team = fc.Team("A", sprint_start=START)  # sprint 0 is [-4, 6)
    assert ends([fc.Feature("F", {"A": 8})], teams=[team], start=friday) == close(F=8)


@pytest.mark.parametrize("anchor", [START, START + dt.timedelta(days=140), START - dt.timedelta(days=28)])
def test_any_first_day_of_a_sprint_anchors_the_same_grid(anchor: dt.date) -> None:
    team = fc.Team("A", sprint_start=anchor)
    other = fc.Feature("Other", {"B": 5})
    work = fc.Feature("Work", {"A": 1}, after=["Other"])
    found = ends([other, work], teams=[team, "B"], start=dt.date(2026, 1, 9))
    assert found == close(Other=5, Work=7)  # A's next sprint begins at 6, not at 10


def test_a_company_day_off_takes_its_share_of_the_sprint() -> None:
    days_off = [dt.date(2026, 1, 8)]
    assert ends([fc.Feature("F", {"A": 9})], days_off=days_off) == close(F=9)
    other, work = fc.Feature("Other", {"B": 9}), fc.Feature("Work", {"A": 1}, after=["Other"])
    assert ends([other, work], days_off=days_off) == close(Other=9, Work=10)  # the sprint has nine working days


@pytest.mark.parametrize("first", [START, dt.date(2026, 1, 6)], ids=["the first five days", "behind the first day"])
def test_a_team_that_is_off_stands_still_while_the_clock_goes_on(first: dt.date) -> None:
    days_off = [first + dt.timedelta(days=ahead) for ahead in range(7)]  # five of them working days
    team = fc.Team("A", days_off=days_off)
    assert ends([fc.Feature("F", {"A": 2.5})], teams=[team], unit="points") == close(F=7.5)


@pytest.mark.parametrize("days_off", [[], [dt.date(2025, 12, 3)]], ids=["unknown holiday", "known holiday"])
def test_a_past_holiday_stays_in_the_history(days_off: list[dt.date]) -> None:
    past = fc.History([fc.Sprint("A", dt.date(2025, 12, 1), dt.date(2025, 12, 14), 9)])
    assert ends([fc.Feature("F", {"A": 9})], teams=["A"], history=past, days_off=days_off) == close(F=10)


def test_a_longer_past_sprint_serves_a_shorter_plan() -> None:
    past = fc.History([fc.Sprint("A", dt.date(2025, 12, 1), dt.date(2025, 12, 21), 9)])
    assert ends([fc.Feature("F", {"A": 6})], teams=["A"], history=past) == close(F=10)


def test_one_startable_part_gets_all_capacity_whatever_wip_is() -> None:
    assert ends([fc.Feature("F", {"A": 10})], teams=[fc.Team("A", wip=2)]) == close(F=10)


def test_not_before_needs_no_handoff() -> None:
    assert ends([fc.Feature("F", {"A": 5}, not_before=dt.date(2026, 1, 8))]) == close(F=8)  # startable at 3


@pytest.mark.parametrize("team", ["A", "B"], ids=["own work", "another team's work"])
def test_an_external_starts_at_once_and_hands_off_to_the_next_sprint(team: str) -> None:
    work = fc.Feature("Work", {team: 12})
    review = fc.External("Review", 4, after=["Work"])
    release = fc.Feature("Release", {"A": 5}, after=["Review"])
    assert ends([work, review, release]) == close(Work=12, Review=16, Release=25)


@pytest.mark.parametrize("team", ["A", "B"], ids=["own work", "another team's work"])
def test_a_milestone_hands_off_to_the_next_sprint_too(team: str) -> None:
    work = fc.Feature("Work", {team: 12})
    release = fc.Feature("Release", {"A": 5}, after=["Ready"])
    assert ends([work, fc.Feature("Ready", after=["Work"]), release]) == close(Work=12, Ready=12, Release=25)


def test_a_link_may_have_its_own_handoff() -> None:
    features = [
        fc.Feature("Other", {"B": 6}),
        fc.Feature("Work", {"A": 1}, after=[fc.After("Other", handoff="immediate")]),
        fc.Feature("Late", {"A": 1}, after=["Other"]),
    ]
    assert ends(features) == close(Other=6, Work=7, Late=11)
    assert ends(features, handoff="immediate") == close(Other=6, Work=7, Late=8)


def test_a_part_of_size_zero_passes_on_when_its_wait_is_over() -> None:
    work = fc.Feature("Work", {"A": 12})
    check = fc.Feature("Check", {"A": 0}, after=["Work"])
    past = fc.History([*TEN.of("A"), fc.Sprint("B", dt.date(2025, 12, 1), dt.date(2025, 12, 21), 15)])
    for waits_for in ("Check", "Work"):
        far = fc.Feature("Far", {"B": 3}, after=[waits_for])
        found = ends([work, check, far], teams=["A", fc.Team("B", sprint_days=21)], history=past)  # sprints of 15
        assert found == close(Work=12, Check=12, Far=18)


@pytest.mark.parametrize(("sprint_days", "finish"), [(7, 3), (14, 3), (21, 3), (28, 3)])
def test_bare_counts_are_of_sprints_of_the_roadmaps_length_whatever_the_teams_is(
    sprint_days: int, finish: float
) -> None:
    team = fc.Team("A", sprint_days=sprint_days)
    assert ends([fc.Feature("F", {"A": 3})], teams=[team]) == close(F=finish)  # 10 items in 14 days: one a working day


def test_a_part_of_size_zero_starts_without_handoff() -> None:
    other = fc.Feature("Other", {"B": 6})
    check = fc.Feature("Check", {"A": 0}, after=["Other"])
    assert ends([other, check]) == close(Other=6, Check=6)


def test_a_delay_holds_up_who_waits_for_the_feature_but_not_the_team() -> None:
    slow = fc.Risk("Slow", 1, delays={"Login": 5})
    features = [
        fc.Feature("Login", {"API": 12}),
        fc.Feature("Whole", {"A": 1}, after=["Login"]),
        fc.Feature("Part", {"B": 1}, after=["Login/API"]),
        fc.Feature("Next", {"API": 1}),
    ]
    past = fc.History.from_counts({"A": [10], "B": [10], "API": [10]})
    found = ends(features, teams=["A", "B", "API"], history=past, risks=[slow], handoff="immediate")
    assert found == close(Login=17, Whole=18, Part=13, Next=13)


def test_a_team_waits_for_the_delay_of_its_own_whole_feature_too() -> None:
    slow = fc.Risk("Slow", 1, delays={"Login": 5})
    features = [fc.Feature("Login", {"A": 12}), fc.Feature("Whole", {"A": 1}, after=["Login"])]
    assert ends(features, risks=[slow]) == close(Login=17, Whole=18)  # own work: no hand-off


def test_delays_add_up() -> None:
    risks = [fc.Risk("Late vendor", 1, delays={"F": 5}), fc.Risk("Long review", 1, delays={"F": 8})]
    assert ends([fc.Feature("F", {"A": 4})], risks=risks) == close(F=4 + 13)


@pytest.mark.parametrize(
    ("size", "growth", "items"), [(45, 0.7, 32), (44, 0.7, 31), (3, 0.5, 2), (1, 0.5, 1), (1, 0.49, 0)]
)
def test_sizes_are_rounded_half_up(size: float, growth: float, items: int) -> None:
    assert ends([fc.Feature("F", {"A": size}, growth=growth)]) == close(F=items)


def test_points_are_not_rounded() -> None:
    assert ends([fc.Feature("F", {"A": 45}, growth=0.7)], unit="points") == close(F=31.5)


def test_growth_multiplies_what_was_stated_and_risks_add_to_that() -> None:
    late = fc.Risk("Late", 1, adds={"F/A": 2})
    assert ends([fc.Feature("F", {"A": 3}, growth=1.5)], risks=[late]) == close(F=7)  # 4.5 + 2, not 5 x 1.5


def test_started_features_take_their_places_first() -> None:
    team = fc.Team("A", finish_started=True)
    features = [
        fc.Feature("Rest", {"A": 5}),
        fc.Feature("Higher", {"A": 4}, started=True),
        fc.Feature("Lower", {"A": 3}, started=True),
    ]
    assert ends(features, teams=[team]) == close(Rest=12, Higher=4, Lower=7)
    assert ends(features, teams=["A"]) == close(Rest=5, Higher=9, Lower=12)  # without finish_started it does not matter


def test_a_lane_without_a_share_gets_everything_when_the_others_have_no_work() -> None:
    team = fc.Team("A", allocation={"Growth": 1.0, "Debt": 0.0})
    assert ends([fc.Feature("F", {"A": 10}, objective="Debt")], teams=[team]) == close(F=10)


def test_a_lane_without_a_share_gets_nothing_while_the_others_have_work() -> None:
    team = fc.Team("A", allocation={"Growth": 1.0, "Debt": 0.0})
    features = [fc.Feature("Debt 1", {"A": 3}, objective="Debt"), fc.Feature("Growth 1", {"A": 4}, objective="Growth")]
    assert ends(features, teams=[team]) == close(**{"Growth 1": 4, "Debt 1": 7})


def test_lanes_without_a_share_split_evenly_what_nobody_else_needs() -> None:
    team = fc.Team("A", allocation={"Growth": 1.0, "Debt": 0.0, "Care": 0.0})
    features = [fc.Feature("Debt 1", {"A": 3}, objective="Debt"), fc.Feature("Care 1", {"A": 4}, objective="Care")]
    assert ends(features, teams=[team]) == close(**{"Debt 1": 6, "Care 1": 7})


def test_three_lanes_have_three_active_parts() -> None:
    team = fc.Team("A", allocation={"Growth": 0.5, "Debt": 0.3})
    features = [
        fc.Feature("Growth 1", {"A": 5}, objective="Growth"),
        fc.Feature("Debt 1", {"A": 3}, objective="Debt"),
        fc.Feature("Other 1", {"A": 2}),
    ]
    assert ends(features, teams=[team]) == close(**{"Growth 1": 10, "Debt 1": 10, "Other 1": 10})


def test_a_feature_of_size_zero_is_finished_on_the_first_working_day() -> None:
    saturday = dt.date(2026, 1, 3)
    features = [fc.Feature("Nothing", {"A": 0}), fc.Feature("Milestone"), fc.Feature("Work", {"A": 10})]
    for start in (START, saturday, START - NEXT_DAY):
        answer = fc.simulate(fc.Roadmap(start, ["A"], features), TEN, runs=3, seed=SEED, throughput=fc.Bootstrap())
        assert answer.finish[:2].tolist() == [[0, 0, 0], [0, 0, 0]]
        assert answer.date("Nothing", 0.85) == answer.date("Milestone", 0.85) == START
        assert answer.date("Work", 0.85) == dt.date(2026, 1, 16)


# Dates ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "day"), [(0.01, 1), (1, 1), (1.01, 2), (4.99, 5), (5, 5), (5.5, 6), (10, 10), (12.5, 13)]
)
def test_a_finish_inside_a_day_falls_on_that_day(points: float, day: int) -> None:
    roadmap = fc.Roadmap(START, ["A"], [fc.Feature("F", {"A": points})], unit="points")
    answer = fc.simulate(roadmap, TEN, runs=3, seed=SEED, throughput=fc.Bootstrap())
    assert answer.date("F", 0.85) == working_day(day)
    assert answer.chance("F", by=working_day(day)) == 1
    assert answer.chance("F", by=working_day(day) - NEXT_DAY) == 0


@pytest.mark.parametrize("done", [1, 3, 6, 7, 9, 11, 13, 17])
def test_a_day_that_is_hit_exactly_is_that_day_whatever_the_last_digit_says(done: int) -> None:
    """A tenth of a sprint's work a day, which no float holds exactly: every feature ends on its whole day."""
    features = [fc.Feature(f"F{day}", {"A": done / 10}) for day in range(1, 31)]
    roadmap = fc.Roadmap(START, ["A"], features, unit="points")
    answer = fc.simulate(roadmap, fc.History.from_counts({"A": [done]}), runs=1, seed=SEED, throughput=fc.Bootstrap())
    assert answer.finish[:, 0].tolist() == list(range(1, 31))
    for day in range(1, 31):
        assert answer.date(f"F{day}", 1.0) == working_day(day)
        assert answer.count(by=working_day(day), level=1.0) == day


def test_by_a_weekend_day_means_by_the_friday_before() -> None:
    roadmap = fc.Roadmap(START, ["A"], [fc.Feature("Friday", {"A": 5}), fc.Feature("Monday", {"A": 1})])
    answer = fc.simulate(roadmap, TEN, runs=3, seed=SEED, throughput=fc.Bootstrap())
    for weekend in ("2026-01-10", "2026-01-11"):
        assert answer.chance("Friday", by=weekend) == 1
        assert answer.chance("Monday", by=weekend) == 0
        assert answer.count(by=weekend, level=0.85) == 1


def test_a_company_day_off_is_on_no_date() -> None:
    roadmap = fc.Roadmap(START, ["A"], [fc.Feature("F", {"A": 9})], days_off=["2026-01-08", "2026-01-16"])
    answer = fc.simulate(roadmap, TEN, runs=3, seed=SEED, throughput=fc.Bootstrap())
    # eight working days are left in the sprint, then one item a day goes on
    assert answer.finish[0, 0] == pytest.approx(9)
    assert answer.date("F", 0.85) == dt.date(2026, 1, 19)


# Levels ---------------------------------------------------------------------------------------------------------------

VARIED = fc.History.from_counts({"A": [0, 3, 5, 8, 8, 13], "B": [2, 2, 6]})


def varied(runs: int) -> fc.Forecast:
    """A forecast whose dates differ from run to run."""
    features = [fc.Feature(f"F{rank}", {"A": 3, "B": rank}) for rank in range(1, 7)]
    return fc.simulate(fc.Roadmap(START, ["A", "B"], features), VARIED, runs=runs, seed=SEED, throughput=fc.Bootstrap())


@pytest.mark.parametrize("runs", [1, 7, 20, 300, 10_000])
def test_the_date_at_a_level_is_the_first_day_on_which_enough_runs_are_finished(runs: int) -> None:
    answer = varied(runs)
    for feature in answer.features:
        finish = answer.finish[answer.features.index(feature)]
        for level in (0.05, 0.1, 0.3, 0.5, 0.7, 0.85, 0.9, 0.95, 0.99, 1.0):
            day = smallest_day(finish, level)
            assert answer.date(feature, level) == working_day(day)


@pytest.mark.parametrize("runs", [20, 100, 300, 10_000])
def test_a_level_that_is_reached_exactly_is_reached(runs: int) -> None:
    answer = varied(runs)
    checked = 0
    for row, feature in enumerate(answer.features):
        days = np.maximum(np.ceil(answer.finish[row] - 1e-7), 1)
        for day in np.unique(days)[:-1]:
            done = int(np.sum(days <= day))
            assert answer.date(feature, done / runs) == working_day(int(day))
            assert answer.chance(feature, by=working_day(int(day))) == done / runs
            later = answer.date(feature, (done + 0.5) / runs)
            assert later is None or later > working_day(int(day))
            checked += 1
    assert checked > 30


def test_eighty_five_percent_of_ten_thousand_is_eight_thousand_five_hundred() -> None:
    # (1 - 0.85) * 10000 is 1500.0000000000002, and 0.29 * 100 is 28.999999999999996: neither may cost a run
    for runs in (100, 10_000):
        answer = varied(runs)
        finish = np.sort(answer.finish, axis=1)
        for percent in range(1, 101):
            for row, feature in enumerate(answer.features):
                last = finish[row, percent * runs // 100 - 1]
                assert answer.date(feature, percent / 100) == working_day(max(math.ceil(last - 1e-7), 1))


def test_together_is_the_latest_of_each_run() -> None:
    answer = varied(300)
    names = ["F1", "F4", "F6"]
    joint = answer.together(names)
    rows = [answer.features.index(name) for name in names]
    latest = answer.finish[rows].max(axis=0)
    assert np.array_equal(joint.finish[0], latest)
    for level in (0.5, 0.85):
        day = smallest_day(latest, level)
        assert joint.date(level) == working_day(day)


@pytest.mark.parametrize("runs", [7, 20, 300, 10_000])
def test_the_count_at_a_level_is_what_that_share_of_runs_reaches(runs: int) -> None:
    answer = varied(runs)
    for day in (5, 12, 20, 33):
        counts = np.sum(np.ceil(answer.finish - 1e-7) <= day, axis=0)
        for level in (0.1, 0.5, 0.85, 0.95):
            needed = -(-round(level * 100) * runs // 100)  # rounded up, in whole numbers
            reached = max(n for n in range(7) if np.sum(counts >= n) >= needed)
            assert answer.count(by=working_day(day), level=level) == reached


def test_how_many_at_a_level_is_what_that_share_of_runs_reaches() -> None:
    for runs in (20, 10_000):
        answer = fc.how_many(VARIED, "A", sprints=3, runs=runs, seed=SEED, throughput=fc.Bootstrap())
        counts = np.asarray(answer.counts)
        assert counts.shape == (runs,)
        for percent in range(1, 101):
            reached = max(n for n in range(40) if np.sum(counts >= n) * 100 >= percent * runs)
            assert answer.at_least(percent / 100) == reached
        for n in range(40):
            assert answer.chance(n) == np.sum(counts >= n) / runs


# Dead teams -----------------------------------------------------------------------------------------------------------


def test_a_team_that_never_finished_anything_has_no_date_and_neither_has_who_waits_for_it() -> None:
    features: list[fc.Feature | fc.External] = [
        fc.Feature("Alive", {"A": 5}),
        fc.Feature("Dead", {"D": 1}),
        fc.Feature("Both", {"A": 1, "D": 1}),
        fc.Feature("Waits", {"A": 1}, after=["Dead"]),
        fc.External("Review", 3, after=["Waits"]),
        fc.Feature("Milestone", after=["Review"]),
        fc.Feature("Below", {"A": 5}),
        fc.Feature("Own part only", {"A": 1}, after=["Both/A"]),
    ]
    past = fc.History.from_counts({"A": [10], "D": [0, 0, 0]})
    roadmap = fc.Roadmap(START, ["A", "D"], features)
    answer = fc.simulate(roadmap, past, runs=20, seed=SEED, throughput=fc.Bootstrap())
    ends_at = dict(zip(answer.features, answer.finish[:, 0].tolist(), strict=True))
    for name in ("Dead", "Both", "Waits", "Review", "Milestone"):
        assert ends_at[name] == math.inf
        assert answer.date(name, 0.5) is answer.date(name, 1.0) is None
        assert answer.chance(name, by="2100-01-01") == 0
        assert answer.together(["Alive", name]).date(0.5) is None
    assert (ends_at["Alive"], ends_at["Below"], ends_at["Own part only"]) == pytest.approx((5, 11, 12))
    assert answer.count(by="2040-01-01", level=0.85) == 3


def test_a_level_beyond_the_horizon_has_no_date() -> None:
    roadmap = fc.Roadmap(START, ["A"], [fc.Feature("F", {"A": 10})])
    past = fc.History.from_counts({"A": [0, 10]})  # finished by 20 in three of four runs
    answer = fc.simulate(roadmap, past, runs=10_000, seed=SEED, throughput=fc.Bootstrap(), horizon=20)
    share = float(np.mean(np.isfinite(answer.finish[0])))
    assert 0.7 < share < 0.8
    assert answer.date("F", 0.7) == working_day(20)
    assert answer.date("F", 0.8) is answer.date("F", 1.0) is None
    assert answer.chance("F", by=working_day(20)) == answer.chance("F", by="2100-01-01") == share
