"""Where the days until each feature go, and who binds it: known answers, then laws on random roadmaps.

Team A and team B finish 10 items in every sprint of 10 working days, one a day, unless a test says otherwise.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from helpers import SEED
from oracles import check_share
from played import changed, play_arrays, teams_of
from portfolios import seeded

import forecast as fc
from forecast import explanation, ledger
from forecast.arrays import Floats, Luck, Plan, Trace
from forecast.explanation import Binder, Explanation, explain
from forecast.simulation import Job

STEADY = fc.History.from_counts({"A": [10], "B": [10]})
PORTFOLIOS = 120


def why(*features: fc.Feature | fc.External, runs: int = 1, past: fc.History = STEADY, **options: Any) -> Explanation:
    roadmap = fc.Roadmap("2026-01-05", options.pop("teams", ["A", "B"]), features, **options)
    return explain(fc.simulate(roadmap, past, runs=runs, seed=SEED, throughput=fc.Bootstrap()))


def days(of: Explanation, name: str) -> dict[tuple[str, str], float]:
    """Days by kind and name, to the nearest millionth."""
    return {(each.kind, each.name): round(each.days, 6) for each in of.stretches(name)}


def always(kind: str, name: str = "") -> Binder:
    return Binder(kind, name, 1.0)


# Known answers ---------------------------------------------------------------------------------------------------------


def test_what_stands_below_waits_in_line() -> None:
    of = why(fc.Feature("Login", {"A": 4}), fc.Feature("Search", {"A": 10}))
    assert days(of, "Login") == {("work", "A"): 4}
    assert days(of, "Search") == {("work", "A"): 10, ("queue", "A"): 4}
    assert of.bound_by("Search") == of.ended_by("Search") == always("team", "A")


def test_parts_at_the_same_time_are_both_work() -> None:
    of = why(fc.Feature("Login", {"A": 5}), fc.Feature("Search", {"A": 5}), teams=[fc.Team("A", wip=2), "B"])
    assert days(of, "Login") == days(of, "Search") == {("work", "A"): 10}


def test_hand_offs_lags_and_delays_belong_to_nobody() -> None:
    login, pay = fc.Feature("Login", {"A": 12}), fc.Feature("Pay", {"B": 5}, after=[fc.After("Login", lag=3)])
    of = why(login, pay)
    assert days(of, "Pay") == {("work", "A"): 12, ("hand-off", ""): 8, ("work", "B"): 5}
    assert (of.bound_by("Pay"), of.ended_by("Pay")) == (always("team", "A"), always("team", "B"))
    of = why(login, pay, risks=[fc.Risk("R", 1, delays={"Login": 20})])  # free at 35, picked up at 40
    assert days(of, "Login") == {("work", "A"): 12, ("hand-off", ""): 20}
    assert days(of, "Pay") == {("work", "A"): 12, ("hand-off", ""): 28, ("work", "B"): 5}
    assert of.bound_by("Pay") == always("hand-off")


def test_externals_hold_by_name_and_milestones_are_looked_through() -> None:
    of = why(
        fc.Feature("Login", {"A": 4}),
        fc.External("Review", 9, ["Login"]),
        fc.Feature("Launch", after=["Review", "Login"]),
        fc.Feature("Party", {"B": 2}, after=["Launch"]),
    )
    assert days(of, "Launch") == {("external", "Review"): 9, ("work", "A"): 4}
    assert of.bound_by("Launch") == of.ended_by("Launch") == of.ended_by("Review") == always("external", "Review")
    assert days(of, "Party") == {("external", "Review"): 9, ("hand-off", ""): 7, ("work", "A"): 4, ("work", "B"): 2}
    assert of.ended_by("Party") == always("team", "B")


def test_a_risk_that_delays_an_external_is_the_externals_days() -> None:
    of = why(fc.External("Review", 9), risks=[fc.Risk("R", 1, delays={"Review": 3})])
    assert days(of, "Review") == {("external", "Review"): 12}


def test_a_stated_day_holds_too() -> None:
    of = why(
        fc.Feature("Login", {"A": 2}, not_before="2026-01-19"),
        fc.External("Review", 3, not_before="2026-01-12"),
        fc.Feature("Launch", not_before="2026-01-12"),
        fc.Feature("Nothing"),
    )
    assert days(of, "Login") == {("not before", ""): 10, ("work", "A"): 2}
    assert (of.bound_by("Login"), of.ended_by("Login")) == (always("not before"), always("team", "A"))
    assert days(of, "Review") == {("not before", ""): 5, ("external", "Review"): 3}
    assert (of.bound_by("Launch"), of.ended_by("Launch")) == (always("not before"), None)
    assert (days(of, "Nothing"), of.bound_by("Nothing"), of.ended_by("Nothing")) == ({}, None, None)


def test_the_one_that_takes_longest_is_on_the_chain() -> None:
    of = why(fc.Feature("Login", {"A": 4, "B": 7}), fc.Feature("Pay", {"A": 2}, after=["Login"]), handoff="immediate")
    assert days(of, "Login") == {("work", "B"): 7}
    assert days(of, "Pay") == {("work", "B"): 7, ("work", "A"): 2}
    assert (of.bound_by("Pay"), of.ended_by("Pay")) == (always("team", "B"), always("team", "A"))


def test_what_is_never_finished_is_bound_by_nobody() -> None:
    past = fc.History.from_counts({"A": [10], "B": [0]})
    of = why(fc.Feature("Login", {"A": 4}), fc.Feature("Pay", {"B": 2}, after=["Login"]), past=past)
    assert (days(of, "Pay"), of.bound_by("Pay"), of.ended_by("Pay")) == ({}, None, None)
    assert of.table().row(1, named=True)["bound_by"] is None
    assert days(of, "Login") == {("work", "A"): 4}


def test_the_shares_are_those_of_the_runs() -> None:
    """10 items each on A (5 or 10 a sprint) and B (4 or 10): 40,000 runs against the chances worked out by hand.

    A ends at 10 (1/2), 15 (1/4) or 20 (1/4). B ends at 10 (1/2), 16 (1/4), or, after 4 and 4, at 22 or 25 (1/8 each). B is
    later when it is at 16 and A at 10 or 15, or when it is at 22 or 25: 1/4 x 3/4 + 1/4; else A is, or they tie at 10.
    """
    past = fc.History.from_counts({"A": [5, 10], "B": [4, 10]})
    of = why(fc.Feature("F", {"A": 10, "B": 10}), fc.Feature("Pay", {"A": 1}, after=["F"]), runs=40_000, past=past)
    on_b = 1 / 4 * 3 / 4 + 1 / 4
    for binder in (of.ended_by("F"), of.bound_by("F")):
        assert binder is not None
        assert (binder.kind, binder.name) == ("team", "A")
        check_share(np.arange(40_000) < round(binder.share * 40_000), 1 - on_b)
        with pytest.raises(AssertionError):
            check_share(np.arange(40_000) < round(binder.share * 40_000), 1 / 2 + 1 / 4 * 1 / 2)  # if a tie went to B
    assert of.bound[0].sum() == pytest.approx(1)
    assert of.ended_by("Pay") == always("team", "A")


# Laws ------------------------------------------------------------------------------------------------------------------


def gaps(number: int, runs: int = 5) -> float:
    """How far the stretches of each feature are from its mean finish, in the runs that finish it."""
    roadmap, past = seeded(SEED * 1000 + number)
    base = fc.simulate(roadmap, past, runs=runs, seed=number, horizon=300, throughput=fc.Bootstrap())
    of = explain(base)
    worst = 0.0
    for name, finish in zip(base.features, base.finish, strict=True):
        mean = finish[np.isfinite(finish)].mean() if np.isfinite(finish).any() else 0.0
        worst = max(worst, abs(sum(each.days for each in of.stretches(name)) - mean))
        assert all(each.days >= 0 for each in of.stretches(name))
    return worst


def test_the_days_add_up_to_the_finish() -> None:
    """120 random portfolios, 5 runs each."""
    for number in range(PORTFOLIOS):
        assert gaps(number) <= 1e-6, f"portfolio {number}"


def without_pauses(roadmap: fc.Roadmap) -> fc.Roadmap:
    """The roadmap without anything that belongs to nobody: hand-offs, lags, delays, stated days."""

    def at_once(links: tuple[fc.After, ...]) -> list[fc.After]:
        return [fc.After(link.feature, link.team) for link in links]

    features: list[fc.Feature | fc.External] = []
    for feature in roadmap.features:
        if isinstance(feature, fc.Feature):
            work = {team: replace(part, after=at_once(part.after)) for team, part in feature.work.items()}
            features.append(changed(feature, work=work, after=at_once(feature.after), not_before=None))
        else:
            features.append(changed(feature, after=at_once(feature.after), not_before=None))
    return changed(roadmap, handoff="immediate", features=features, risks=[])  # type: ignore[no-any-return]


def days_of_nobody(number: int) -> float:
    """The most days of a feature that belong to nobody, in a roadmap without pauses."""
    roadmap, past = seeded(SEED * 1000 + number)
    of = explain(
        fc.simulate(without_pauses(roadmap), past, runs=5, seed=number, horizon=300, throughput=fc.Bootstrap())
    )
    return max(told["days"]["hand-off"] + told["days"]["not before"] for told in of.to_list())


def test_without_pauses_every_day_belongs_to_a_team_or_an_external() -> None:
    """120 random portfolios, 5 runs: whoever is next on a chain ends at the very moment the one before it could start."""
    for number in range(PORTFOLIOS):
        assert days_of_nobody(number) <= 1e-6, f"portfolio {number}"


def test_a_walk_that_takes_a_wrong_turn_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: going back to the first of all that is waited for, instead of the one that held it to the last."""
    account = ledger.account

    def any_source(plan: Plan, luck: Luck, trace: Trace, finish: Floats) -> ledger.Ledger:
        book = account(plan, luck, trace, finish)
        source = np.repeat(np.arange(plan.waits.size, dtype=np.int32), np.diff(plan.next_first))
        first = np.full(plan.waits.size, -1, np.int32)
        first[plan.next_node[::-1]] = source[::-1]
        return book._replace(binder=np.broadcast_to(first[:, None], book.binder.shape))

    monkeypatch.setattr(ledger, "account", any_source)
    assert max(days_of_nobody(number) for number in range(30)) > 1


def test_what_the_forecast_did_not_see_finished_is_not_looked_for() -> None:
    """Search takes 12 days or, with a bad first sprint, at least 21, which 15 days do not show; Pay is rarely later than both."""
    past = fc.History.from_counts({"A": [10, 10, 10, 10, 1], "B": [10] * 19 + [7]})
    features = [fc.Feature("Login", {"A": 2}), fc.Feature("Search", {"A": 10}), fc.Feature("Pay", {"B": 10})]
    base = fc.simulate(
        fc.Roadmap("2026-01-05", ["A", "B"], features),
        past,
        runs=2000,
        seed=SEED,
        horizon=15,
        throughput=fc.Bootstrap(),
    )
    is_seen = np.isfinite(base.finish[1])
    assert set(np.round(base.finish[1][is_seen], 6)) == {12}
    assert (~is_seen & (base.finish[2] > 12)).any()
    assert days(explain(base), "Search") == {("work", "A"): 10, ("queue", "A"): 2}


def _base(number: int) -> fc.Forecast:
    roadmap, past = seeded(SEED * 1000 + number)
    return fc.simulate(roadmap, past, runs=5, seed=number, horizon=300, throughput=fc.Bootstrap())


def test_who_ends_a_feature_is_seen_in_the_ends_of_its_parts() -> None:
    """120 random portfolios, 5 runs: ends of parts from the engine's own trace, the first of equals."""
    compared = 0
    for number in range(PORTFOLIOS):
        base = _base(number)
        of = explain(base)
        roadmap = base.roadmap
        plan, luck = Job(roadmap, base.history, base.model, number, (300.0,)).lay_out(np.arange(5))
        answer = play_arrays(roadmap, plan, luck)
        order = [team.name for team in roadmap.teams]
        for feature in roadmap.features:
            teams = sorted(teams_of(feature), key=order.index)
            finished = np.isfinite(answer.finish[feature.name])
            if teams and finished.any():
                ends = np.array([answer.end[feature.name, team] for team in teams])[:, finished]
                shares = np.bincount(ends.argmax(axis=0), minlength=len(teams)) / finished.sum()
                ended = of.ended_by(feature.name)
                assert ended is not None
                assert ended.share == pytest.approx(shares.max()), number
                compared += len(teams) > 1
    assert compared > 100


def test_chunks_and_horizons_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow team makes a few runs very long."""
    features = [fc.Feature("Slow", {"A": 9}), fc.Feature("Next", {"B": 9}, after=["Slow"])]
    past = fc.History.from_counts({"A": [0, 0, 0, 1, 9], "B": [3, 10]})
    base = fc.simulate(
        fc.Roadmap("2026-01-05", ["A", "B"], features), past, runs=300, seed=SEED, throughput=fc.Bootstrap()
    )
    of = explain(base)
    assert sum(each.days for each in of.stretches("Next")) == pytest.approx(base.finish[1].mean(), abs=1e-6)
    monkeypatch.setattr(explanation, "CHUNK_ENTRIES", 40)
    monkeypatch.setattr(explanation, "LEAST_CHUNK", 16)
    calls: list[tuple[int, int]] = []
    other = explain(base, lambda done, runs: calls.append((done, runs)))
    assert other.table().equals(of.table()) or np.allclose(other.days, of.days, rtol=1e-12)
    assert np.array_equal(other.bound, of.bound)
    assert calls[-1] == (300, 300)
    assert len(calls) > 15


# What is told ------------------------------------------------------------------------------------------------------------


def test_table_and_list_say_the_same() -> None:
    of = why(fc.Feature("Login", {"A": 12}), fc.Feature("Pay", {"B": 5}, after=["Login"]), fc.External("Review", 3))
    told = of.to_list()[1]
    row = of.table().row(1, named=True)
    assert told["bound_by"] == {"kind": "team", "name": "A", "share": 1.0}
    assert told["stretches"][0] == {"kind": "work", "name": "A", "days": pytest.approx(12)}
    assert told["days"] == {
        kind: pytest.approx(days) for kind, days in zip(explanation.KINDS, (17, 0, 0, 8, 0), strict=True)
    }
    assert list(row) == [
        *("feature", "bound_by", "bound_by_share", "ended_by", "ended_by_share"),
        *("work", "queue", "external", "handoff", "not_before"),
    ]
    assert (row["bound_by"], row["ended_by"], row["work"], row["handoff"]) == ("A", "B", 17, 8)
    assert why(fc.Feature("Day", not_before="2026-01-12")).table().row(0, named=True)["bound_by"] == "not before"


def test_no_feature_is_no_row() -> None:
    of = why()
    assert (of.table().height, of.to_list()) == (0, [])


def test_a_team_and_an_external_of_one_name_are_told_apart() -> None:
    of = why(fc.External("A", 30), fc.Feature("Login", {"A": 4}, after=["A"]))
    assert (of.bound_by("Login"), of.ended_by("Login")) == (always("external", "A"), always("team", "A"))


def test_who_cannot_be_asked() -> None:
    roadmap = fc.Roadmap("2026-01-05", ["A"], [fc.Feature("Login", {"A": 4})])
    base = fc.simulate(roadmap, STEADY, runs=3, throughput=fc.Bootstrap())
    with pytest.raises(fc.Fault, match="explain: a joint forecast; give the forecast of the whole roadmap"):
        explain(base.together(["Login"]))
    with pytest.raises(fc.Fault, match="explain: the forecast of each feature alone"):
        explain(base.alone())
    with pytest.raises(fc.Fault, match=r'feature "Logn"; no such feature\. Did you'):
        explain(base).bound_by("Logn")
