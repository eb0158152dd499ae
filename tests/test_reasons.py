"""Why a feature slips: known answers, and on random roadmaps that nothing of a slip is left unexplained.

Teams finish one item a working day unless said.
"""

from __future__ import annotations

import math
from random import Random

import numpy as np
import pytest
from helpers import SEED
from portfolios import arrays, seeded
from test_ledger import play
from test_reach import KINDS

import forecast as fc
from forecast.ledger import account, cut
from forecast.plan import Index
from forecast.reasons import KINDS as SPELLS
from forecast.reasons import find_spells

MONDAY = "2026-01-05"


def steady(
    *features: fc.Feature | fc.External, teams: tuple[fc.Team | str, ...] = ("A", "B"), **options: object
) -> fc.Forecast:
    roadmap = fc.Roadmap(MONDAY, teams, features, **({"handoff": "immediate"} | options))  # type: ignore[arg-type]
    history = fc.History.from_counts({team.name: [10] for team in roadmap.teams})
    return fc.simulate(roadmap, history, runs=3, seed=SEED, throughput=fc.Bootstrap())


def reason_of(base: fc.Forecast, edited: fc.Roadmap, name: str) -> fc.Reason:
    impact = fc.compare(base, base.again(edited))
    return fc.find_reasons(impact, [name])[name]


def told(reason: fc.Reason) -> dict[str, float]:
    """The kinds that change, with their mean days."""
    return {kind: pytest.approx(mean) for kind, mean in reason.means.items() if abs(mean) > 1e-9}


# Known answers -------------------------------------------------------------------------------------------------------


def test_who_stands_above_is_who_is_waited_behind() -> None:
    base = steady(fc.Feature("Login", {"A": 5}), fc.Feature("Shop", {"A": 10}))
    reason = reason_of(base, base.roadmap.insert(fc.Feature("X", {"A": 7}), rank=1), "Shop")
    assert told(reason) == {"queueing": 7}
    assert reason.behind == {"X": pytest.approx(7), "Login": pytest.approx(0)}
    assert reason.waits_for == {}
    assert reason.before.behind == {"Login": pytest.approx(5)}


def test_what_is_waited_for_is_named_and_a_hand_off_is_told_apart() -> None:
    """Login ends at 5 and Shop starts with the sprint at 10; with X, Login ends at 12 and Shop starts at 20."""
    features = fc.Feature("Login", {"A": 5}), fc.Feature("Shop", {"B": 4}, after=["Login"])
    base = steady(*features, handoff="next-sprint")
    reason = reason_of(base, base.roadmap.insert(fc.Feature("X", {"A": 7}), rank=1), "Shop")
    assert told(reason) == {"waiting": 7, "handed_off": 3}
    assert reason.waits_for == {"Login": pytest.approx(7)}
    assert reason.behind == {}


def test_sharing_a_team_makes_work_longer() -> None:
    base = steady(fc.Feature("Login", {"A": 10}), teams=(fc.Team("A", wip=2),))
    reason = reason_of(base, base.roadmap.insert(fc.Feature("X", {"A": 4}), rank=1), "Login")
    assert told(reason) == {"shared": 8, "worked": -4}


def test_more_scope_is_more_work_and_a_risk_is_a_delay() -> None:
    base = steady(fc.Feature("Login", {"A": 10}))
    assert told(reason_of(base, base.roadmap.resize("Login", factor=1.5), "Login")) == {"worked": 5}
    late = fc.Roadmap(
        MONDAY, ["A"], base.roadmap.features, handoff="immediate", risks=[fc.Risk("R", 1, delays={"Login": 4})]
    )
    assert told(reason_of(base, late, "Login")) == {"delay": 4}


def test_an_external_takes_its_days_after_what_it_waits_for() -> None:
    base = steady(
        fc.Feature("Login", {"A": 10}), fc.External("Review", 5, after=["Login"]), fc.Feature("Go", after=["Review"])
    )
    edited = base.roadmap.resize("Review", size=8).resize("Login", factor=1.2)
    assert told(reason_of(base, edited, "Review")) == {"waiting": 2, "delay": 3}
    go = reason_of(base, edited, "Go")
    assert (told(go), go.waits_for) == ({"waiting": 5}, {"Review": pytest.approx(5)})


def test_the_first_day_of_a_feature_is_waited_for() -> None:
    base = steady(fc.Feature("Login", {"A": 10}, not_before="2026-01-12"))
    reason = reason_of(base, base.roadmap.replace(fc.Feature("Login", {"A": 10}, not_before="2026-01-14")), "Login")
    assert (told(reason), reason.waits_for) == ({"waiting": 2}, {"": pytest.approx(2)})


def test_the_parts_of_one_feature_are_followed_back_to_where_it_was_held() -> None:
    """Shop's B part waits for its A part, which queues behind X: the queue is the reason, not the waiting for oneself."""
    shop = fc.Feature("Shop", {"A": 5, "B": fc.Part(3, after=[fc.After("Shop", "A", lag=2)])})
    base = steady(fc.Feature("Login", {"A": 4}), shop)
    spells = find_spells(base, ["Shop"])["Shop"]
    assert {kind: days[0] for kind, days in spells.days.items() if days[0] > 1e-9} == {
        "queueing": pytest.approx(4),
        "worked": pytest.approx(8),
        "waiting": pytest.approx(2),
    }
    assert spells.waits_for == {"Shop/A": pytest.approx(2)}  # the lag between its parts
    reason = reason_of(base, base.roadmap.insert(fc.Feature("X", {"A": 7}), rank=1), "Shop")
    assert (told(reason), next(iter(reason.behind))) == ({"queueing": 7}, "X")


def test_the_part_that_ends_last_decides() -> None:
    """Before, A ends Shop at 10; X delays only B, which ends it at 12: all of A's time goes, all of B's comes."""
    base = steady(fc.Feature("Shop", {"A": 10, "B": 3}))
    reason = reason_of(base, base.roadmap.insert(fc.Feature("X", {"B": 9}), rank=1), "Shop")
    assert told(reason) == {"queueing": 9, "worked": -7}


def test_places_held_by_several_are_shared_out_between_them() -> None:
    base = steady(
        fc.Feature("Login", {"A": 10}),
        fc.Feature("Ads", {"A": 10}),
        fc.Feature("Shop", {"A": 1}),
        teams=(fc.Team("A", wip=2),),
    )
    spells = find_spells(base, ["Shop"])["Shop"]
    assert spells.behind == {"Login": pytest.approx(10), "Ads": pytest.approx(10)}
    assert spells.days["worked"][0] == pytest.approx(1)


def test_another_lane_holds_nobody_up() -> None:
    teams = (fc.Team("A", allocation={"Grow": 0.5}),)
    features = (
        fc.Feature("Login", {"A": 5}),
        fc.Feature("Ads", {"A": 9}, objective="Grow"),
        fc.Feature("Shop", {"A": 1}),
    )
    assert find_spells(steady(*features, teams=teams), ["Shop"])["Shop"].behind == {"Login": pytest.approx(10)}


def test_a_feature_that_is_never_finished_has_no_reason() -> None:
    roadmap = fc.Roadmap(MONDAY, ["A"], [fc.Feature("Login", {"A": 10})])
    base = fc.simulate(
        roadmap, fc.History.from_counts({"A": [10]}), runs=4, seed=SEED, horizon=15, throughput=fc.Bootstrap()
    )
    reason = reason_of(base, roadmap.insert(fc.Feature("X", {"A": 8}), rank=1), "Login")
    assert np.isnan(reason.days["worked"]).all()
    assert math.isnan(reason.means["worked"])
    assert reason.to_dict()["worked"] is None


# Laws ----------------------------------------------------------------------------------------------------------------


def test_the_six_kinds_add_up_to_every_slip_of_every_run() -> None:
    """100 random portfolios with every option of the model, an edit of each kind, 6 runs."""
    pieces = 0
    for number in range(100):
        roadmap, history = seeded(SEED * 1_000_000 + number)
        base = fc.simulate(roadmap, history, runs=6, seed=SEED, horizon=150, throughput=fc.Bootstrap())
        edited, _, _ = KINDS[number % len(KINDS)](Random(number), roadmap)
        impact = fc.compare(base, base.again(edited))
        names = [name for name in impact.after.features if name in base.features]
        for name, reason in fc.find_reasons(impact, names).items():
            rows = base.finish[base.features.index(name)], impact.after.finish[impact.after.features.index(name)]
            is_paired = np.isfinite(rows[0]) & np.isfinite(rows[1])
            total = sum(reason.days[kind] for kind in SPELLS)
            assert np.array_equal(np.isnan(total), ~is_paired)
            assert np.allclose(total[is_paired], impact.slip(name)[is_paired], atol=1e-6, rtol=0)
            for side in (reason.before, reason.after):
                days = np.array([side.days[kind] for kind in SPELLS])
                done = ~np.isnan(days[0])
                assert days[:, done].min(initial=0) > -1e-6
                assert sum(side.waits_for.values()) == pytest.approx(
                    days[0, done].mean() if done.any() else 0, abs=1e-6
                )
                assert sum(side.behind.values()) == pytest.approx(days[2, done].mean() if done.any() else 0, abs=1e-6)
            pieces += int(np.count_nonzero(np.abs(total[is_paired]) > 1e-6))
    assert pieces > 300


def test_the_cut_of_a_part_without_predecessors_of_its_own_feature_is_what_the_ledger_books() -> None:
    """60 random portfolios: where no part of the feature holds another, cut and account say the same, found another way."""
    compared = 0
    for number in range(60):
        roadmap, history = seeded(SEED * 1_000_000 + number)
        plan, luck = arrays((roadmap, history), runs=4, horizon=150, seed=SEED)
        trace, finish = play(plan, luck)
        ledger, index = account(plan, luck, trace, finish), Index(roadmap)
        made = cut(plan, luck, trace, finish, np.arange(len(index.features)))
        for row, name in enumerate(index.features):
            parts = [index.part_of[name, team] for team in index.teams_of(name)]
            for run in range(4):
                if not parts or np.isinf(finish[row, run]):
                    continue
                last = max(parts, key=lambda part: (trace.end[part, run], -part))
                if int(ledger.binder[last, run]) in parts:
                    continue
                for kind in ("queueing", "shared", "worked"):
                    assert getattr(made, kind)[row, run] == pytest.approx(getattr(ledger, kind)[last, run], abs=1e-6)
                both = made.waiting[row, run] + made.handed_off[row, run]
                assert both == pytest.approx(ledger.waiting[last, run] + ledger.handed_off[last, run], abs=1e-6)
                compared += 1
    assert compared > 300
