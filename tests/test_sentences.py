"""Sentences of a report: each says what the numbers say."""

from __future__ import annotations

import datetime as dt
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import SEED

import forecast as fc
from forecast.phrases import say_date, say_points
from forecast.report.facts import find_facts
from forecast.sentences import (
    ODDS,
    say_answer,
    say_feature,
    say_gap,
    say_objective,
    say_odds,
    say_risk,
    say_some,
    say_why,
)

EXAMPLE = Path(__file__).parents[1] / "data" / "example"


@cache
def forecast() -> fc.Forecast:
    return fc.simulate(*fc.read(EXAMPLE), runs=2000, seed=SEED)


@cache
def told() -> dict[str, Any]:
    return find_facts(forecast()).told


def tell(*features: Any, history: dict[str, list[float]] | None = None, runs: int = 400) -> dict[str, Any]:
    roadmap = fc.Roadmap("2026-01-05", ["Web", "API"], list(features))
    history = history or {"Web": [10, 10], "API": [0, 0]}
    return find_facts(
        fc.simulate(roadmap, fc.History.from_counts(history), runs=runs, seed=SEED, throughput=fc.Bootstrap())
    ).told


@pytest.mark.parametrize(
    ("chance", "runs", "said"),
    [
        (0.5, 1000, "about 1 in 2"),
        (0.9, 1000, "about 9 in 10"),
        (0.88, 1000, "about 9 in 10"),
        (0.06, 1000, "about 1 in 20"),
        (0.021, 1000, "about 1 in 50"),
        (0.994, 1000, "more than 99 in 100"),
        (1.0, 1000, "more than 99 in 100"),
        (0.0, 1000, "fewer than 1 in 100"),
        (1.0, 10, "> 70 %"),
    ],
)
def test_odds_that_are_known(chance: float, runs: int, said: str) -> None:
    assert say_odds(chance, runs) == said
    assert say_odds(1.0, runs, is_certain=True) == "certain"


def test_odds_are_near_the_chance_and_never_beyond_certainty() -> None:
    for chance in np.linspace(0.01, 0.99, 197):
        many, of = map(int, re.findall(r"\d+", say_odds(float(chance), 10_000)))
        assert abs(many / of - chance) <= 0.055
        assert (many, of) in ODDS


def test_the_answer_agrees_with_the_forecast() -> None:
    kept, together, done = say_answer(told())
    level = forecast().roadmap.promise_level
    promises = [feature.name for feature in forecast().roadmap.promises]
    broken = [name for name in promises if forecast().chance(name) < level]
    found = re.match(
        r"(\d+) of (\d+) promises can be kept, with a chance of at least 85 % each; at risk are (.*)\.", kept
    )
    assert found, kept
    assert (int(found[1]), int(found[2])) == (len(promises) - len(broken), len(promises))
    for name in broken:
        assert f"{name} ({int(100 * forecast().chance(name) + 1e-9)} %)" in found[3]
    held = np.ones(forecast().runs, bool)
    for row, feature in enumerate(forecast().roadmap.features):
        if feature.is_promise and feature.due:
            held &= np.maximum(np.ceil(forecast().finish[row]), 1) <= forecast().roadmap.clock.days_until(feature.due)
    assert told()["portfolio"]["all_hold"] == held.mean()
    assert f"({int(100 * held.mean() + 1e-9)} %)" in together
    assert f"All {len(promises)} of them together" in together
    every = forecast().together(forecast().features).date(level)
    assert done == f"All {len(forecast().features)} features and externals are done by {say_date(every)}, 85 % sure."


def test_a_risk_names_the_chance_what_could_be_promised_and_who_holds_it() -> None:
    explanation = fc.explain(forecast())
    for feature in told()["features"]:
        if not feature["is_promise"] or feature["chance"] >= 0.85:
            continue
        said = " ".join(say_risk(feature, told()))
        name, date = feature["name"], forecast().date(feature["name"], 0.85)
        assert date is not None
        assert f"a chance of {int(100 * forecast().chance(name) + 1e-9)} %" in said
        assert f"What could be promised: {say_date(date)}, {say_gap(feature['due'], date.isoformat())} later." in said
        binder = explanation.bound_by(name)
        assert binder is not None
        assert f"{binder.name} takes most of them in" in said
        row = forecast().features.index(name)
        assert f"It ends after {forecast().finish[row].mean():.0f} working days on average" in said


def test_an_objective_counts_its_own() -> None:
    for objective in told()["objectives"]:
        own = [each for each in forecast().roadmap.features if each.objective == objective["name"]]
        promises = [each.name for each in own if each.is_promise]
        kept = sum(forecast().chance(name) >= 0.85 for name in promises)
        date = forecast().together([each.name for each in own]).date(0.85)
        assert say_objective(objective, told()) == (
            f"{kept} of {len(promises)} promises can be kept; all {len(own)} features are done by {say_date(date)}, 85 % sure."
        )


def test_a_feature_is_said_with_all_its_levels() -> None:
    feature = next(each for each in told()["features"] if each["name"] == "Checkout")
    dates = {level: say_date(forecast().date("Checkout", level)) for level in (0.5, 0.85, 0.95)}
    chance = int(100 * forecast().chance("Checkout"))
    assert say_feature(feature, told()) == (
        f"85 % sure by {dates[0.85]} (50 %: {dates[0.5]}, 95 %: {dates[0.95]}). Due 12 Jun 2026: {chance} %, holds."
    )


def test_nothing_promised() -> None:
    facts = tell(fc.Feature("A", {"Web": 5}), fc.Feature("B", {"Web": 10}, due="2026-03-01", promised=False))
    assert say_answer(facts) == [
        "Nothing is promised yet: no feature has a due date that is a promise.",
        "The first that could be: A by 9 Jan 2026, 85 % sure.",
        "All 2 features and externals are done by 23 Jan 2026, 85 % sure.",
    ]
    assert "which is no promise" in say_feature(facts["features"][1], facts)


def test_one_promise_all_kept_none_kept() -> None:
    one = tell(fc.Feature("A", {"Web": 5}, due="2026-02-01"))
    assert say_answer(one)[0] == "The one promise can be kept: its chance is at least 85 %."
    assert "more than 99 in 100 of the simulated futures (> 99 %)" in say_answer(one)[1]
    assert say_answer(one)[2] == "The one feature is done by 9 Jan 2026, 85 % sure."
    both = tell(fc.Feature("A", {"Web": 5}, due="2026-02-01"), fc.Feature("B", {"Web": 5}, due="2026-02-01"))
    assert say_answer(both)[0] == "All 2 promises can be kept: the chance of each is at least 85 %."
    none = tell(fc.Feature("A", {"Web": 5}, due="2026-01-06"), fc.Feature("B", {"Web": 5}, due="2026-01-07"))
    assert say_answer(none)[0].startswith(
        "None of the 2 promises can be kept with the 85 % that a promise takes: A (< 1 %)"
    )
    alone = tell(fc.Feature("A", {"Web": 5}, due="2026-01-06"))
    assert say_answer(alone)[0] == "The one promise cannot be kept with the 85 % that a promise takes: A (< 1 %)."


def test_what_has_no_date_is_said_to_have_none() -> None:
    facts = tell(fc.Feature("Never", {"API": 5}, due="2026-02-01"), fc.Feature("Soon", {"Web": 5}))
    never = facts["features"][0]
    assert "There is no date that is 85 % sure." in say_risk(never, facts)
    assert "never" in say_risk(never, facts)[0]
    assert say_why(never, facts) == []
    assert say_feature(never, facts).startswith("No date that is 85 % sure (50 %: no date, 95 %: no date).")
    assert say_answer(facts)[2].endswith("there is no date that is 85 % sure.")


def test_a_due_date_before_the_start_can_never_be_kept() -> None:
    facts = tell(fc.Feature("A", {"Web": 5}, due="2026-01-02"), fc.Feature("B", {"Web": 5}, due="2026-03-02"))
    late = facts["features"][0]
    assert (
        say_risk(late, facts)[0] == "A is promised for 2 Jan 2026, before the forecast starts, and can never be kept."
    )
    assert say_feature(late, facts).endswith(" Due 2 Jan 2026, which can never be kept.")
    assert say_answer(facts)[:2] == [
        "1 of 2 promises can be kept, with a chance of at least 85 % each; at risk is A (never).",
        "All 2 of them together can never be kept.",
    ]
    one = tell(fc.Feature("A", {"Web": 5}, due="2026-01-02"))
    assert say_answer(one)[1] == "It can never be kept."


def test_many_names_are_counted() -> None:
    names = [f"F{n}" for n in range(8)]
    assert say_some(names[:5], "promises") == "F0, F1, F2, F3 and F4"
    assert say_some(names, "promises") == "F0, F1, F2, F3 and 4 other promises"


@pytest.mark.parametrize(("days", "said"), [(1, "1 day"), (20, "20 days"), (21, "3 weeks"), (77, "11 weeks")])
def test_gaps(days: int, said: str) -> None:
    first = dt.date(2026, 5, 8)
    assert say_gap(first.isoformat(), (first + dt.timedelta(days=days)).isoformat()) == said


def test_names_in_sentences_are_escaped() -> None:
    facts = tell(fc.Feature("A\u202eB", {"Web": 5}, due="2026-01-06", objective="C\u202eD"))
    said = " ".join(
        [*say_answer(facts), *say_risk(facts["features"][0], facts), say_objective(facts["objectives"][0], facts)]
    )
    assert "\u202e" not in said
    assert "A\\u202eB" in said


@pytest.mark.parametrize(("gap", "said"), [(2.24, "2.2 points"), (0.05, "0.1 points"), (0.04, "less than 0.1 points")])
def test_what_is_missing_is_never_said_to_be_nothing(gap: float, said: str) -> None:
    assert say_points(gap) == said
