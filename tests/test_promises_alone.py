"""Promises alone: what a promise needs, the roadmap of nothing else, and the promises that cannot be kept even so."""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import Any

import numpy as np
import pytest
from helpers import SEED
from portfolios import portfolio

import forecast as fc
from forecast import alone
from forecast.alone import find_needed, keep_only
from forecast.inspection import check
from forecast.plan import Index
from forecast.roadmap import Link, Roadmap

START = dt.date(2026, 1, 5)
HISTORY = fc.History.from_counts({"Web": [10] * 12, "API": [10] * 12})


def links_of(roadmap: Roadmap) -> dict[str, list[Link]]:
    links: dict[str, list[Link]] = {}
    for link in roadmap.links:
        links.setdefault(link.feature, []).append(link)
    return links


def day(number: int) -> dt.date:
    """A working day since the start, 1 the first."""
    return fc.Roadmap(START, [], []).clock.dates(number)[-1]


def told(*features: fc.Feature | fc.External, teams: Any = ("Web", "API"), **options: Any) -> list[str]:
    """The promises that are said to be out of reach, when every sprint is exactly as the past ones were."""
    findings = check(fc.Roadmap(START, teams, features, **{"throughput": "bootstrap"} | options), HISTORY).findings
    return [name for finding in findings if finding.kind == "alone" for name in finding.about]


# Known answers: ten items in every sprint of ten working days ------------------------------------------------------------


def test_a_day_too_early_and_just_in_time() -> None:
    assert told(fc.Feature("F", {"Web": 30}, due=day(29))) == ["F"]
    assert told(fc.Feature("F", {"Web": 30}, due=day(30))) == []


def test_what_stands_above_does_not_count() -> None:
    """In the plan it comes after a hundred items; alone it would be in time, so nobody can say that it cannot be kept."""
    above = fc.Feature("Above", {"Web": 100})
    promise = fc.Feature("F", {"Web": 30}, due=day(30))
    roadmap = fc.Roadmap(START, ["Web"], [above, promise])
    assert fc.simulate(roadmap, HISTORY, runs=5, throughput="bootstrap").chance("F") == 0
    assert told(above, promise) == []


def test_what_it_waits_for_counts_with_its_hand_off() -> None:
    """Five items of API end on day 5, Web begins on day 10 and ends on day 15; a part of its own team needs no hand-off."""
    first = fc.Feature("First", {"API": 5, "Web": 7})
    assert told(first, fc.Feature("F", {"Web": 5}, after=["First/API"], due=day(14))) == ["F"]
    assert told(first, fc.Feature("F", {"Web": 5}, after=["First/API"], due=day(15))) == []
    assert told(first, fc.Feature("F", {"Web": 5}, after=["First/Web"], due=day(12))) == []
    assert told(first, fc.Feature("F", {"Web": 5}, after=["First/Web"], due=day(11))) == ["F"]


def test_externals_and_milestones_can_be_promises_too() -> None:
    assert told(fc.External("Audit", 10, due=day(9))) == ["Audit"]
    assert told(fc.External("Audit", 10, due=day(10))) == []
    audit = fc.External("Audit", 10)
    assert told(audit, fc.Feature("Launch", after=["Audit"], due=day(9))) == ["Launch"]


def test_what_is_fixed_by_construction_is_no_small_chance() -> None:
    roadmap = fc.Roadmap(
        START, ["Web"], [fc.External("Audit", 10, due=day(9)), fc.Feature("F", {"Web": 30}, due=day(5))]
    )
    (found,) = (each for each in fc.check(roadmap, HISTORY).findings if each.kind == "alone")
    assert "(certainly not)" in found.sentence
    assert "(< 1 %)" in found.sentence


def test_hopes_are_not_tried_and_neither_is_what_is_told_elsewhere() -> None:
    assert told(fc.Feature("F", {"Web": 30}, due=day(5), promised=False)) == []
    assert told(fc.Feature("F", {"Web": 30}, due=START - dt.timedelta(days=1))) == []
    assert told(fc.Feature("F", {"Web": 30}, due=day(5), not_before=day(6))) == []
    assert told(fc.Feature("F", {"Ops": 30}, due=day(5)), fc.Feature("G", {"Web": 1}), teams=["Web", "Ops"]) == []


def test_a_risk_that_surely_comes_counts() -> None:
    promise = fc.Feature("F", {"Web": 30}, due=day(30))
    assert told(promise, risks=[fc.Risk("R", 1.0, adds={"F/Web": 1})]) == ["F"]
    other = fc.Feature("G", {"Web": 1})
    assert told(promise, other, risks=[fc.Risk("R", 1.0, adds={"G/Web": 50}, delays={"G": 50})]) == []


def test_a_planned_pause_counts_even_where_there_seems_to_be_ample_time() -> None:
    pause = fc.Capacity(START, day(300), 0)
    assert told(fc.Feature("F", {"Web": 10}, due=day(200)), teams=[fc.Team("Web", capacity=[pause])]) == ["F"]


def test_a_chance_near_the_level_is_left_to_the_forecast() -> None:
    """Ten items times a growth of 1 to 2: at most 17 of them, by day 17, with a chance of .875. A level of .88 is within three
    standard errors (.03), one of .95 is not.
    """
    promise = fc.Feature("F", {"Web": 10}, due=day(17), growth=(1, 1.5, 2))
    assert 1 - 2 * (2 - 1.75) ** 2 == 0.875  # a growth below 1.75, so that less than 17.5 is rounded to 17
    assert told(promise, promise_level=0.88) == []
    assert told(promise, promise_level=0.95) == ["F"]


@pytest.mark.parametrize("due", [day(30), day(60)])
def test_a_model_that_is_less_sure_is_asked_itself(due: dt.date) -> None:
    """By the default a pace of ten is not certain: what just fits by resampling does not, and twice the time does."""
    promise = fc.Feature("F", {"Web": 30}, due=due)
    chance = fc.simulate(fc.Roadmap(START, ["Web"], [promise]), HISTORY, runs=4000, seed=SEED).chance("F")
    assert abs(chance - 0.85) > 0.05  # more than four standard errors of 1,000 runs
    assert told(promise, throughput=None) == (["F"] if chance < 0.85 else [])
    assert (chance < 0.85) == (due == day(30))


def test_promises_beyond_the_effort_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alone, "MOST_EFFORT", 2 * alone.EFFORT_EACH)
    features = [fc.Feature(f"F{number}", {"Web": 30}, due=day(10)) for number in range(5)]
    findings = check(fc.Roadmap(START, ["Web"], features), HISTORY).findings
    assert [each.about for each in findings if each.kind == "alone"] == [("F0", "F1")]
    (note,) = [each for each in findings if each.kind == "not tried"]
    assert str(note) == (
        "note: roadmap: F2, F3 and F4 were not tried alone: the promises above need too many others. "
        "Run the forecast for their chances."
    )


# Laws ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(60))
def test_what_is_needed_are_the_ancestors_in_the_plan(seed: int) -> None:
    """Against the links between parts and ends of features that the engine is given."""
    roadmap, _ = portfolio(Random(1000 * SEED + seed))
    index = Index(roadmap)
    sources: dict[int, list[int]] = {}
    for edge in index.edges:
        sources.setdefault(edge.waiting, []).append(edge.waits_for)
    for name in index.features:
        found, todo = set(), [index.end(name)]
        while todo:
            node = todo.pop()
            if node not in found:
                found.add(node)
                todo += sources.get(node, [])
        needed = find_needed(links_of(roadmap), name)
        parts = {
            index.part_of[feature, team]
            for feature, teams in needed.items()
            for team in index.teams_of(feature)
            if None in teams or team in teams
        }
        assert parts == {node for node in found if node < len(index.parts)}
        bare = {index.end(feature) for feature in needed if not index.teams_of(feature)}
        assert bare == {
            node
            for node in found
            if node >= len(index.parts) and not index.teams_of(index.features[node - len(index.parts)])
        }


@pytest.mark.parametrize("seed", range(40))
def test_a_roadmap_of_which_all_is_needed_stays_as_it_is(seed: int) -> None:
    """A last milestone waits for everything: the same finishes, bit for bit."""
    roadmap, history = portfolio(Random(2000 * SEED + seed))
    everything = roadmap.insert(fc.Feature("Everything", after=[fc.After(name.name) for name in roadmap.features]))
    kept = keep_only(everything, find_needed(links_of(everything), "Everything"))
    one, other = (fc.simulate(each, history, runs=20, seed=SEED, horizon=300) for each in (everything, kept))
    assert one.features == other.features
    assert np.array_equal(one.finish, other.finish)


@pytest.mark.parametrize("seed", range(40))
def test_what_is_left_out_is_not_needed(seed: int) -> None:
    """Alone, a feature finishes as it does when everything that it does not need has no size, and no days."""
    roadmap, history = portfolio(Random(3000 * SEED + seed))
    name = roadmap.features[-1].name
    needed = find_needed(links_of(roadmap), name)
    kept = keep_only(roadmap, needed)
    assert [each.name for each in kept.features] == [each.name for each in roadmap.features if each.name in needed]
    assert {team.name for team in kept.teams} == {team for each in kept.features for team in getattr(each, "work", ())}
    shrunk = roadmap
    for each in roadmap.features:
        if isinstance(each, fc.Feature):
            keep = set(each.work) if None in needed.get(each.name, ()) else {*needed.get(each.name, ())}
            work = {team: part if team in keep else fc.Part(0, part.after) for team, part in each.work.items()}
            shrunk = shrunk.replace(_with_work(each, work))
    shrunk = shrunk._with(risks=kept.risks)
    one, other = (fc.simulate(each, history, runs=20, seed=SEED, horizon=300) for each in (shrunk, kept))
    assert np.array_equal(one.finish[one.features.index(name)], other.finish[other.features.index(name)])


def _with_work(feature: fc.Feature, work: dict[str, fc.Part]) -> fc.Feature:
    return fc.Feature(
        feature.name,
        work,
        feature.after,
        not_before=feature.not_before,
        objective=feature.objective,
        started=feature.started,
        growth=feature.growth,
    )
