"""When nothing else is in the way: each feature with what it waits for, and nothing more.

Team A and team B finish 10 items in every sprint of 10 working days, unless a test says otherwise.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from helpers import SEED
from portfolios import Pair, arrays, seeded

import forecast as fc
from forecast import ancestry, engine, reference
from forecast.ancestry import Few, Group, find_groups, play_alone
from forecast.plan import Index, build_plan
from forecast.roadmap import Link
from forecast.simulation import Job

STEADY = fc.History.from_counts({"A": [10], "B": [10]})
PORTFOLIOS = 150
CLOSE = 3e-7
"""Days: a team that is left with one lane is played another way, whose last digits differ; see `tests/test_laws.py`."""


def ends(*features: fc.Feature | fc.External, **options: Any) -> dict[str, float]:
    """When each feature ends alone, in working days."""
    roadmap = fc.Roadmap("2026-01-05", options.pop("teams", ["A", "B"]), features, **options)
    alone = fc.simulate(roadmap, STEADY, runs=1, throughput=fc.Bootstrap()).alone()
    return dict(zip(alone.features, alone.finish[:, 0].tolist(), strict=True))


# Known answers ---------------------------------------------------------------------------------------------------------


def test_features_of_one_team_are_not_in_each_others_way() -> None:
    features = [fc.Feature(name, {"A": size}) for name, size in (("Login", 10), ("Search", 7), ("Pay", 25))]
    assert ends(*features) == {"Login": 10, "Search": 7, "Pay": 25}
    assert ends(*features, teams=[fc.Team("A", wip=3), "B"]) == {"Login": 10, "Search": 7, "Pay": 25}


def test_what_a_feature_waits_for_is_in_the_way() -> None:
    found = ends(
        fc.Feature("Other", {"A": 30, "B": 30}),
        fc.Feature("Login", {"A": 12}),
        fc.Feature("Checkout", {"B": 5}, after=["Login"]),
        fc.Feature("Help", {"B": 5}, after=["Checkout"]),
    )
    assert found == {"Other": 30, "Login": 12, "Checkout": 25, "Help": 30}  # picked up at 20, then by the same team


def test_of_a_feature_only_the_part_that_is_waited_for_is_in_the_way() -> None:
    features = [
        fc.Feature("Login", {"A": 10, "B": 30}),
        fc.Feature("Checkout", {"B": 5}, after=["Login/A"]),
        fc.Feature("Pay", {"B": 5}, after=["Login"]),
    ]
    assert ends(*features) == {"Login": 30, "Checkout": 15, "Pay": 35}


def test_externals_milestones_days_and_risks_count() -> None:
    found = ends(
        fc.Feature("Other", {"A": 30}),
        fc.Feature("Login", {"A": 4}, not_before="2026-01-12"),  # from 5 on
        fc.External("Review", 4, ["Login"]),
        fc.Feature("Launch", after=[fc.After("Review", lag=2)]),
        fc.Feature("Help", {"A": 2}, growth=2, after=["Other"]),
        risks=[
            fc.Risk("R", 1, adds={"Login/A": 2}, delays={"Launch": 3}),
            fc.Risk("Q", 1, adds={"Other/A": 5}),
            fc.Risk("Never", 0, adds={"Login/A": 50}),
        ],
    )
    assert found == {"Other": 35, "Login": 11, "Review": 15, "Launch": 20, "Help": 39}


def test_what_is_in_a_features_own_chain_keeps_its_rank() -> None:
    """Checkout stands above Login, on which it waits, and Login shares A with Search, on which it waits too."""
    features = [
        fc.Feature("Checkout", {"B": 5}, after=["Login", "Search"]),
        fc.Feature("Search", {"A": 10}),
        fc.Feature("Login", {"A": 10}),
    ]
    assert ends(*features) == {"Checkout": 25, "Search": 10, "Login": 10}


def test_alone_can_be_later_than_in_company() -> None:
    """Graham's anomaly. Alone, P is free at 5 and takes A from M, so C starts late; with Busy in the way of Q, M comes first."""
    features = [
        fc.Feature("Busy", {"B": 5}),
        fc.Feature("P", {"A": 10}, after=["Q"]),
        fc.Feature("M", {"A": 10}),
        fc.Feature("Q", {"B": 5}),
        fc.Feature("C", {"C": 10}, after=["M"]),
        fc.Feature("All", after=["P", "C"]),
    ]
    roadmap = fc.Roadmap("2026-01-05", ["A", "B", "C"], features, handoff="immediate")
    base = fc.simulate(
        roadmap, fc.History.from_counts({"A": [10], "B": [10], "C": [10]}), runs=1, throughput=fc.Bootstrap()
    )
    assert base.finish[-1, 0] == 20
    assert base.alone().finish[-1, 0] == 30


# Against a smaller roadmap, run by run ------------------------------------------------------------------------------------


def teams_of(feature: fc.Feature | fc.External) -> tuple[str, ...]:
    return tuple(getattr(feature, "work", ()))


def own_links(roadmap: fc.Roadmap, feature: str, team: str | None) -> Iterator[Link]:
    return (link for link in roadmap.links if link.feature == feature and (team is None or link.team in (None, team)))


def needed_by(roadmap: fc.Roadmap, name: str, whole: bool = False) -> dict[str, set[str]]:
    """The teams of each feature that a feature waits for, by walking the stated links; itself included.

    whole : a planted fault, which takes whole features where parts are waited for
    """
    needed: dict[str, set[str]] = {}
    todo: list[tuple[str, str | None]] = [(name, None)]
    while todo:
        feature, team = todo.pop()
        teams = set(teams_of(roadmap.feature(feature))) if team is None or whole else {team}
        news = teams - needed.get(feature, set())
        is_new = feature not in needed
        needed.setdefault(feature, set()).update(teams)
        for each in news or ([None] if is_new else []):
            todo += [(link.waits_for, link.waits_for_team) for link in own_links(roadmap, feature, each)]
    return needed


def shrink(roadmap: fc.Roadmap, name: str, whole: bool = False) -> fc.Roadmap:
    """The roadmap with nothing on it but a feature and what it waits for."""
    needed = needed_by(roadmap, name, whole)
    features: list[fc.Feature | fc.External] = []
    for feature in roadmap.features:
        if feature.name in needed and isinstance(feature, fc.Feature):
            work = {team: part for team, part in feature.work.items() if team in needed[feature.name]}
            features.append(replace(feature, work=work))
        elif feature.name in needed:
            features.append(feature)
    risks = []
    for risk in roadmap.risks:
        adds = {
            to: items
            for to, items in risk.adds.items()
            if roadmap.part_named(to, "")[1] in needed.get(roadmap.part_named(to, "")[0], ())
        }
        delays = {to: days for to, days in risk.delays.items() if to in needed}
        if adds or delays:
            risks.append(fc.Risk(risk.name, risk.chance, adds, delays))
    return roadmap._with(features=tuple(features), risks=tuple(risks))


def compare(pair: Pair, number: int, whole: bool = False) -> float:
    """The largest difference in days between a row of `alone` and the smaller roadmap, in 6 runs; inf where one says never."""
    roadmap, past = pair
    alone = fc.simulate(roadmap, past, runs=6, seed=number, horizon=200, alone=True, throughput=fc.Bootstrap())
    worst = 0.0
    for row, name in enumerate(alone.features):
        few = fc.simulate(
            shrink(roadmap, name, whole), past, runs=6, seed=number, horizon=200, throughput=fc.Bootstrap()
        )
        one, other = alone.finish[row], few.finish[few.features.index(name)]
        same = one == other
        worst = max(worst, float(np.abs(np.where(same, 0, one) - np.where(same, 0, other)).max()))
    return worst


def test_alone_is_what_a_roadmap_of_nothing_else_answers() -> None:
    """150 random portfolios, every feature of each, 6 runs: names and links walked apart from the plan."""
    for number in range(PORTFOLIOS):
        gap = compare(seeded(SEED * 1000 + number), number)
        assert gap <= CLOSE, f"portfolio {number}: {gap} days"


def test_taking_whole_features_for_parts_would_be_found() -> None:
    assert any(compare(seeded(SEED * 1000 + number), number, whole=True) > CLOSE for number in range(PORTFOLIOS))


def test_playing_all_features_at_once_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def in_one(plan: Any) -> tuple[Group, ...]:
        features = plan.waits.size - plan.part_team.size
        return (Group(np.ones(plan.waits.size, bool), tuple(range(features))),)

    monkeypatch.setattr("forecast.simulation.find_groups", in_one)
    assert sum(compare(seeded(SEED * 1000 + number), number) > CLOSE for number in range(20)) > 5


@pytest.mark.parametrize("barred", ["descendants", "ancestors"])
def test_groups_that_overlook_who_is_in_the_way_would_be_found(monkeypatch: pytest.MonkeyPatch, barred: str) -> None:
    """With the sets of ancestors or descendants too large, features share a play that should not."""
    follow = ancestry._follow

    def too_many(plan: Any, order: list[int]) -> tuple[list[int], list[int]]:
        ancestors, descendants = follow(plan, order)
        everything = [(1 << len(order)) - 1] * len(order)
        return (ancestors, everything) if barred == "descendants" else (everything, descendants)

    monkeypatch.setattr(ancestry, "_follow", too_many)
    assert any(compare(seeded(SEED * 1000 + number), number) > CLOSE for number in range(20))


def test_the_twin_says_the_same_of_every_group() -> None:
    """A plan that was cut down is a plan: SimPy plays it too, in 60 portfolios."""
    for number in range(60):
        plan, luck = arrays(seeded(SEED * 1000 + number), runs=3, horizon=100, seed=number)
        for group in find_groups(plan):
            few = Few.of(plan, group)
            drawn = luck._replace(size=luck.size[:, few.parts], hold=luck.hold[:, few.features])
            one, other = (play(few.plan, drawn) for play in (engine.play, reference.play))
            same = one == other
            assert np.abs(np.where(same, 0, one) - np.where(same, 0, other)).max(initial=0) <= 1e-9, number


def test_a_size_of_0_is_as_good_as_gone() -> None:
    """Another way to the same answer: the whole plan, with nothing to do in all parts that a feature does not wait for."""
    for number in range(60):
        pair = seeded(SEED * 1000 + number)
        index = Index(pair[0])
        plan, luck = arrays(pair, runs=3, horizon=120, seed=number)
        alone = play_alone([Few.of(plan, group) for group in find_groups(plan)], luck)
        for row, name in enumerate(index.features):
            needed = needed_by(pair[0], name)
            is_needed = [team in needed.get(feature, ()) for feature, team in index.parts]
            other = engine.play(plan, luck._replace(size=np.ascontiguousarray(np.where(is_needed, luck.size, 0.0))))[
                row
            ]
            same = alone[row] == other
            assert np.abs(np.where(same, 0, alone[row]) - np.where(same, 0, other)).max() <= CLOSE, (number, name)


# Groups ------------------------------------------------------------------------------------------------------------------


def groups_of(*features: fc.Feature | fc.External) -> list[set[str]]:
    index = Index(fc.Roadmap("2026-01-05", ["A", "B"], features))
    return [{index.features[f] for f in group.features} for group in find_groups(build_plan(index))]


def test_who_is_played_with_whom() -> None:
    login, pay = fc.Feature("Login", {"A": 5}), fc.Feature("Pay", {"A": 5})
    assert groups_of(login, pay) == [{"Login"}, {"Pay"}]
    assert groups_of(login, fc.Feature("Pay", {"B": 5})) == [{"Login", "Pay"}]
    assert groups_of(login, fc.Feature("Pay", {"A": 5}, after=["Login"])) == [{"Login", "Pay"}]
    assert groups_of(login, fc.Feature("Launch", after=["Login"]), fc.External("Review", 3)) == [
        {"Login", "Launch", "Review"}
    ]
    both = fc.Feature("Both", {"A": 5, "B": 5})
    assert groups_of(both, fc.Feature("Half", after=["Both/A"])) == [{"Both", "Half"}]
    assert groups_of(both, fc.Feature("Next", {"A": 1}, after=["Both/B"])) in (
        [{"Both"}, {"Next"}],
        [{"Next"}, {"Both"}],
    )


def test_every_feature_is_answered_once() -> None:
    for number in range(60):
        plan, _ = arrays(seeded(SEED * 1000 + number), runs=1, horizon=20, seed=0)
        answered = [f for group in find_groups(plan) for f in group.features]
        assert sorted(answered) == list(range(plan.waits.size - plan.part_team.size))


def test_a_long_chain_is_played_once() -> None:
    features = [
        fc.Feature(f"F{k}", {"AB"[k % 2]: 1, "BA"[k % 2]: 1}, after=[f"F{k - 1}"] if k else []) for k in range(3000)
    ]
    groups = groups_of(*features)
    assert [len(group) for group in groups] == [3000]


def test_no_feature_is_no_group() -> None:
    assert groups_of() == []
    alone = fc.simulate(fc.Roadmap("2026-01-05", ["A"], []), STEADY, runs=3, throughput=fc.Bootstrap()).alone()
    assert alone.finish.shape == (0, 3)


# The forecast --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def base() -> fc.Forecast:
    roadmap, past = seeded(SEED * 1000 + 4, teams=3, features=8)
    return fc.simulate(roadmap, past, runs=400, seed=SEED, throughput=fc.Bootstrap())


def test_it_has_the_same_luck_and_settings(base: fc.Forecast) -> None:
    alone = base.alone()
    assert (alone.seed, alone.runs, alone.model, alone.features) == (base.seed, base.runs, base.model, base.features)
    assert alone.is_alone
    assert alone.provenance() == base.provenance() | {"alone": True, "horizon_days": alone.horizon}
    assert "alone" not in base.provenance()
    again = fc.simulate(base.roadmap, base.history, runs=400, seed=SEED, alone=True, throughput=fc.Bootstrap())
    assert np.array_equal(alone.finish, again.finish)
    assert np.array_equal(alone.alone().finish, again.finish)


def test_the_first_feature_of_simple_teams_is_alone_anyway() -> None:
    roadmap = fc.Roadmap("2026-01-05", ["A"], [fc.Feature("F", {"A": (3, 5, 9)}), fc.Feature("G", {"A": 5})])
    base = fc.simulate(
        roadmap, fc.History.from_counts({"A": [0, 5, 8]}), runs=400, seed=SEED, throughput=fc.Bootstrap()
    )
    alone = base.alone()
    assert np.array_equal(alone.finish[0], base.finish[0])
    assert (alone.finish[1] < base.finish[1]).all()


def test_a_what_if_of_it_is_alone_too(base: fc.Forecast) -> None:
    first = base.features[0]
    other = base.alone().again(base.roadmap.without(first))
    assert other.is_alone
    assert np.array_equal(other.finish, base.again(base.roadmap.without(first)).alone().finish)


def test_threads_and_executors_change_no_bit(base: fc.Forecast) -> None:
    options: dict[str, Any] = {"runs": 400, "seed": SEED, "alone": True}
    plain = fc.simulate(base.roadmap, base.history, threads=1, **options).finish
    assert np.array_equal(fc.simulate(base.roadmap, base.history, threads=3, **options).finish, plain)
    with ThreadPoolExecutor(2) as pool:
        assert np.array_equal(fc.simulate(base.roadmap, base.history, executor=pool, **options).finish, plain)
    job = Job(base.roadmap, base.history, base.model, SEED, (300.0,), True)
    sent = pickle.loads(pickle.dumps(job))
    runs, hopeful = np.arange(50), np.ones(len(base.features), bool)
    assert np.array_equal(sent.play(runs, hopeful), job.play(runs, hopeful))


def test_runs_that_take_long_are_played_on() -> None:
    """One team is so slow that most horizons are too short; a team without throughput never ends."""
    features = [fc.Feature("Slow", {"A": 30}), fc.Feature("Next", {"A": 30}), fc.Feature("Never", {"B": 1})]
    past = fc.History.from_counts({"A": [0, 0, 0, 0, 0, 0, 0, 0, 0, 1], "B": [0]})
    base = fc.simulate(
        fc.Roadmap("2026-01-05", ["A", "B"], features), past, runs=50, seed=SEED, throughput=fc.Bootstrap()
    )
    alone = base.alone()
    assert np.isfinite(alone.finish[:2]).sum() > np.isfinite(base.finish[:2]).sum() > 0
    assert np.isinf(alone.finish[2]).all()
    assert alone.to_dict()["features"][2]["note"] == "no date: it needs a team that cannot be forecast"


def test_a_joint_forecast_is_not_asked(base: fc.Forecast) -> None:
    with pytest.raises(fc.Fault, match="ask the forecast that it came from"):
        base.together(base.features[:2]).alone()
    joint = base.alone().together(base.features[:2])
    assert joint.is_alone
    assert joint.finish.shape == (1, 400)


def test_yes_is_no_flag(base: fc.Forecast) -> None:
    with pytest.raises(fc.Fault, match='simulate: alone = "yes"; write true or false'):
        fc.simulate(base.roadmap, base.history, alone="yes", throughput=fc.Bootstrap())  # type: ignore[arg-type]
