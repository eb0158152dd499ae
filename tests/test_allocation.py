"""Who gets the capacity: known answers, then laws on random portfolios, then the page, JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from helpers import SEED, SHARED_DATA
from portfolios import seeded

import forecast as fc
from forecast.allocation_page import render_allocation
from forecast.cli import cli
from forecast.phrases import say_share
from forecast.simulation import Job
from forecast.spending import Spending, keep_books, list_objectives

MONDAY = "2026-01-05"
FRIDAY = "2026-01-16"
"""The tenth working day."""

EXAMPLE = str(Path(__file__).parents[1] / "data" / "example")
PORTFOLIOS = sorted(SHARED_DATA.glob("titanium-20*"))
CLOSE = 1e-9


def steady(
    *features: fc.Feature | fc.External,
    counts: dict[str, list[float]] | None = None,
    teams: list[Any] | None = None,
    runs: int = 3,
    **settings: Any,
) -> fc.Forecast:
    """Teams A and B, which finish an item a working day, unless a test says otherwise."""
    history = fc.History.from_counts(counts or {"A": [10], "B": [10]})
    roadmap = fc.Roadmap(MONDAY, teams or ["A", "B"], features, handoff="immediate", **settings)
    return fc.simulate(roadmap, history, runs=runs, seed=SEED, throughput="bootstrap")


def capacity(allocation: fc.Allocation, team: str | None) -> dict[str, Any]:
    return next(each for each in allocation.to_dict()["capacity"] if each["team"] == team)


def medians(allocation: fc.Allocation, team: str | None, key: str = "actual") -> dict[str | None, float]:
    rows = capacity(allocation, team)["objectives"]
    return {row["objective"]: (row if key == "actual" else row["enforced"])["median"] for row in rows}


# Known answers -------------------------------------------------------------------------------------------------------


def test_what_each_objective_gets_and_what_is_lost() -> None:
    base = steady(fc.Feature("G", {"A": 6}, objective="Grow"), fc.Feature("D", {"A": 2}, objective="Debt"))
    found = fc.allocate(base, by=FRIDAY)
    assert medians(found, "A") == {"Grow": pytest.approx(0.6), "Debt": pytest.approx(0.2)}
    told = capacity(found, "A")
    assert (told["days"], told["items"]) == (10, 10)
    assert told["lost"]["median"] == pytest.approx(0.2)
    assert told["reasons"] == {"nothing_left": pytest.approx(0.2)}
    assert (told["held_by"], told["days_off"]) == ([], 0)
    assert found.share("Grow", "A") == pytest.approx([0.6] * 3)
    assert found.lost("B") == pytest.approx([1] * 3)
    assert medians(found, None) == {"Grow": pytest.approx(0.3), "Debt": pytest.approx(0.1)}


def test_what_is_lost_is_blamed_on_what_held_the_team() -> None:
    base = steady(
        fc.Feature("Pay", {"A": 3}, after=["Login"]),
        fc.Feature("Login", {"B": 4}),
        fc.Feature("Ship", {"B": 1}, after=["Review"]),
        fc.External("Review", 3, after=["Pay"]),
    )
    found = fc.allocate(base, by=FRIDAY)
    assert capacity(found, "A")["reasons"] == {"other_team": pytest.approx(0.4), "nothing_left": pytest.approx(0.3)}
    assert capacity(found, "A")["held_by"] == [{"feature": "Login", "team": "B", "share": pytest.approx(0.4)}]
    assert capacity(found, "B")["reasons"] == {"other_team": pytest.approx(0.3), "external": pytest.approx(0.3)}
    assert capacity(found, "B")["held_by"] == [
        {"feature": "Pay", "team": "A", "share": pytest.approx(0.3)},
        {"feature": "Review", "team": None, "share": pytest.approx(0.3)},
    ]
    assert capacity(found, None)["held_by"][0] == {"feature": "Login", "team": "B", "share": pytest.approx(0.2)}


def test_the_last_day_of_the_forecast_can_be_asked_for_and_no_later_one() -> None:
    features = fc.Feature("G", {"A": 6}, objective="Grow"), fc.Feature("D", {"A": 99}, objective="Debt")
    base = steady(*features)
    short = fc.simulate(base.roadmap, base.history, runs=3, seed=SEED, throughput="bootstrap", horizon=10)
    told = [fc.allocate(each, by=FRIDAY).to_dict()["capacity"] for each in (base, short)]
    assert told[0] == told[1]
    with pytest.raises(fc.Fault, match="looks ahead until 2026-01-16"):
        fc.allocate(short, by="2026-01-19")


def test_a_stated_day_holds_without_a_name() -> None:
    found = fc.allocate(steady(fc.Feature("Later", {"A": 9}, not_before="2026-01-12")), by=FRIDAY)
    assert capacity(found, "A")["held_by"] == [{"feature": None, "team": None, "share": pytest.approx(0.5)}]


def test_a_day_of_one_team_counts_as_much_as_a_day_of_another() -> None:
    """B's items are ten times smaller; both teams do nothing else than their own objective."""
    features = fc.Feature("G", {"A": 99}, objective="Grow"), fc.Feature("D", {"B": 999}, objective="Debt")
    found = fc.allocate(steady(*features, counts={"A": [10], "B": [100]}), by=FRIDAY)
    assert medians(found, None) == {"Grow": pytest.approx(0.5), "Debt": pytest.approx(0.5)}
    half = fc.allocate(steady(*features, teams=[fc.Team("A", share=0.5), "B"]), by=FRIDAY)
    assert medians(half, None) == {"Grow": pytest.approx(1 / 3), "Debt": pytest.approx(2 / 3)}


def test_days_off_take_capacity_away_and_are_told() -> None:
    """Of ten weekdays one is a company day off, and A is away on another."""
    base = steady(
        fc.Feature("G", {"A": 99}), teams=[fc.Team("A", days_off=["2026-01-07"]), "B"], days_off=["2026-01-06"]
    )
    found = fc.allocate(base, by=FRIDAY)
    assert (capacity(found, "A")["days"], capacity(found, "B")["days"]) == (8, 9)
    assert capacity(found, "A")["items"] == pytest.approx(8)
    assert capacity(found, "A")["days_off"] == pytest.approx(2 / 8)
    assert capacity(found, "B")["days_off"] == pytest.approx(1 / 9)


def test_a_feature_that_serves_two_objectives_counts_for_both() -> None:
    base = steady(fc.Feature("G", {"A": 10}, objective={"Grow": 0.7, "Debt": 0.3}))
    assert medians(fc.allocate(base, by=FRIDAY), "A") == {"Grow": pytest.approx(0.7), "Debt": pytest.approx(0.3)}


def test_a_team_that_finishes_nothing_has_no_shares() -> None:
    base = steady(fc.Feature("G", {"A": 5}, objective="Grow"), counts={"A": [0], "B": [10]})
    found = fc.allocate(base, by=FRIDAY, targets={"Grow": 0.5})
    row = capacity(found, "A")["objectives"][0]
    assert (row["median"], row["mean"], row["chance_met"]) == (None, None, None)
    assert np.isnan(found.share("Grow", "A")).all()
    assert medians(found, None)["Grow"] == 0
    assert "A: no capacity at all." in render_allocation(found.to_dict())


# Targets -------------------------------------------------------------------------------------------------------------


def plenty(**settings: Any) -> fc.Forecast:
    """More startable work for each objective and team than can be done, under throughput that varies."""
    objectives = ("Grow", "Debt", "Run")
    features = [fc.Feature(name, {"A": 400, "B": 400}, objective=name) for name in objectives]
    return steady(*features, counts={"A": [3, 9, 14], "B": [4, 6, 21]}, runs=50, **settings)


def test_enforced_shares_arrive_when_there_is_enough_work() -> None:
    found = fc.allocate(plenty(), by="2026-03-31", targets={"Grow": 0.5, "Debt": 0.3})
    wanted = {"Grow": 0.5, "Debt": 0.3, "Run": 0.2}
    for team in ("A", "B", None):
        assert medians(found, team) == {"Grow": pytest.approx(1), "Debt": 0, "Run": 0}
        assert medians(found, team, "enforced") == {name: pytest.approx(share) for name, share in wanted.items()}
    assert found.enforced is not None
    for name, share in wanted.items():  # in every run
        assert found.enforced.on(name, [0, 1]) == pytest.approx([share] * 50)


def test_enforced_shares_do_not_arrive_without_work() -> None:
    """The control: Grow has work for two days only, and what it leaves goes to Debt."""
    base = steady(fc.Feature("G", {"A": 2}, objective="Grow"), fc.Feature("D", {"A": 99}, objective="Debt"))
    found = fc.allocate(base, by=FRIDAY, targets={"Grow": 0.5, "Debt": 0.5})
    assert medians(found, "A", "enforced") == {"Grow": pytest.approx(0.2), "Debt": pytest.approx(0.8)}


def test_a_target_of_nothing_gets_what_others_leave() -> None:
    features = fc.Feature("G", {"A": 6}, objective="Grow"), fc.Feature("D", {"A": 99}, objective="Debt")
    found = fc.allocate(steady(*reversed(features)), by=FRIDAY, targets={"Grow": 1, "Debt": 0})
    assert medians(found, "A") == {"Grow": 0, "Debt": pytest.approx(1)}
    assert medians(found, "A", "enforced") == {"Grow": pytest.approx(0.6), "Debt": pytest.approx(0.4)}
    assert [row["chance_met"] for row in capacity(found, "A")["objectives"]] == [0, 1]


def test_targets_and_features_that_do_not_match_are_told() -> None:
    base = steady(
        fc.Feature("G", {"A": 6}, objective="Grow"),
        fc.Feature("D", {"A": 6}, objective="Debt"),
        fc.Feature("X", {"A": 6}),
    )
    found = fc.allocate(base, by=FRIDAY, targets={"Grow": 0.5, "Dept": 0.4})
    assert found.objectives == ("Grow", "Dept", "Debt", None)
    assert [row["has_work"] for row in capacity(found, "A")["objectives"]] == [True, False, True, True]
    assert found.notes() == [
        'No feature serves "Dept", so its share goes to the others. Did you mean "Debt"?',
        'Without a target, and sharing what the targets leave: "Debt".',
        "Features without an objective share what the targets leave.",
    ]
    assert medians(found, "A", "enforced")["Dept"] == 0
    assert found.share(None, "A") == pytest.approx([0] * 3)
    assert "Dept, which no work serves, nothing instead of 40 %;" in render_allocation(found.to_dict())


def test_a_target_that_resembles_no_objective_is_told_which_there_are() -> None:
    base = steady(fc.Feature("G", {"A": 6}, objective="Grow"), fc.Feature("D", {"A": 6}, objective="Debt"))
    found = fc.allocate(base, by=FRIDAY, targets={"Objective": 0.5})
    lost = 'No feature serves "Objective", so its share goes to the others.'
    assert found.notes()[0] == f'{lost} There are: "Grow", "Debt".'
    with pytest.raises(fc.Fault, match='There are: "Objective", "Grow", "Debt"'):
        found.share("Nothing of it")
    with pytest.raises(fc.Fault, match='There are: "A", "B"'):
        found.share("Grow", "Zzz")
    nobody = fc.allocate(steady(fc.Feature("G", {"A": 6})), by=FRIDAY, targets={"Grow": 0.5})
    assert nobody.notes()[0] == 'No feature serves "Grow", so its share goes to the others.'


def test_the_teams_own_allocations_are_the_targets_when_none_is_given() -> None:
    shares = {"Debt": 0.75, "Grow": 0.25}
    base = plenty(teams=[fc.Team("A", allocation=shares), "B"])
    found = fc.allocate(base, by="2026-03-31")
    assert not found.are_given
    assert found.target("Debt", "A") == 0.75
    assert found.target("Debt", "B") is found.target("Debt") is None
    assert medians(found, "A") == medians(found, "A", "enforced")
    assert found.impact is not None
    assert found.impact.after is base
    assert {team.allocation for team in found.impact.before.roadmap.teams} == {None}


def test_the_target_of_all_teams_is_that_of_their_days() -> None:
    teams = [fc.Team("A", allocation={"Grow": 0.5}), fc.Team("B", allocation={"Grow": 0.2}, share=0.5)]
    found = fc.allocate(plenty(teams=teams), by=FRIDAY)
    assert found.target("Grow") == pytest.approx((10 * 0.5 + 5 * 0.2) / 15)


def test_who_gains_and_who_pays_is_what_comparing_by_hand_says() -> None:
    base = plenty()
    found = fc.allocate(base, by=FRIDAY, targets={"Debt": 0.6})
    roadmap = base.roadmap.set_allocation("A", {"Debt": 0.6}).set_allocation("B", {"Debt": 0.6})
    by_hand = fc.compare(base, base.again(roadmap))
    assert found.impact is not None
    assert found.impact.slips == by_hand.slips == ("Grow",)
    assert "Debt" in by_hand.gains
    for name in base.features:
        assert np.array_equal(found.impact.slip(name), by_hand.slip(name))


def test_without_targets_nothing_is_enforced() -> None:
    found = fc.allocate(steady(fc.Feature("G", {"A": 6})), by=FRIDAY)
    assert (found.enforced, found.impact, found.notes()) == (None, None, [])
    assert found.objectives == (None,)


# Laws ----------------------------------------------------------------------------------------------------------------


def spend(number: int, runs: int = 8) -> tuple[fc.Forecast, Spending]:
    """The number-th random portfolio and its books up to some day."""
    roadmap, history = seeded(SEED * 300_000 + number)
    base = fc.simulate(roadmap, history, runs=runs, seed=SEED, horizon=200, throughput="bootstrap")
    by = roadmap.clock.dates(10 + number % 60)[-1]
    return base, keep_books(base, by, list_objectives(roadmap))


def draw(base: fc.Forecast, day: int) -> np.ndarray:
    """What every team can finish by a day, straight from the luck: (T, R)."""
    plan, dice = Job(base.roadmap, base.history, base.model, base.seed, ()).stage(float(day + 1))
    luck = dice.roll(np.arange(base.runs))
    return np.array(
        [
            [np.interp(day, plan.edges[cadence], items) for items in luck.capacity[:, team]]
            for team, cadence in enumerate(plan.team_cadence)
        ]
    )


def gap(spending: Spending, drawn: np.ndarray) -> float:
    """The largest difference between what is drawn and what is booked, relative to it."""
    booked = spending.spent.sum(axis=0) + spending.lost.sum(axis=0)
    return float((np.abs(booked - drawn) / np.maximum(drawn, 1)).max(initial=0.0))


def test_what_is_spent_and_what_is_lost_is_what_is_drawn() -> None:
    """80 portfolios, 8 runs each: per team and run, to 1e-9 of it; and the control, in which an objective is left out."""
    worst, without = 0.0, 0.0
    for number in range(80):
        base, spending = spend(number)
        drawn = draw(base, spending.day)
        worst = max(worst, gap(spending, drawn))
        short = Spending(**{**vars(spending), "spent": spending.spent[1:]})
        without = max(without, gap(short, drawn))
    assert worst <= CLOSE
    assert without > 0.1


def test_shares_add_up_to_one_in_every_run_with_capacity() -> None:
    """80 portfolios, 8 runs each: of each team, and of all."""
    for number in range(80):
        _, spending = spend(number)
        for rows in [*([row] for row in range(len(spending.teams))), list(range(len(spending.teams)))]:
            total = sum(spending.on(name, rows) for name in spending.objectives) + spending.wasted(rows)
            has = (spending.drawn[rows] > 0).any(axis=0)
            assert np.isnan(total[~has]).all()
            assert np.abs(total[has] - 1).max(initial=0.0) <= CLOSE, f"portfolio {number}"


def test_what_teams_without_capacity_lose_dilutes_no_blame() -> None:
    """A never finishes anything, so B waits for it all the time: B's days are all that there are, and all are lost to A."""
    features = fc.Feature("Blocked", {"A": 5}), fc.Feature("Waits", {"B": 5}, after=["Blocked"])
    found = fc.allocate(steady(*features, counts={"A": [0], "B": [10]}), by=FRIDAY)
    blamed = [{"feature": "Blocked", "team": "A", "share": pytest.approx(1)}]
    assert capacity(found, "B")["held_by"] == capacity(found, None)["held_by"] == blamed
    assert capacity(found, None)["lost"]["mean"] == pytest.approx(1)


def test_what_is_blamed_is_what_is_lost_for_a_reason() -> None:
    """80 portfolios: of each team, all that something held adds up to what is lost but for having nothing left."""
    seen = 0
    for number in range(80):
        _, spending = spend(number)
        for row in range(len(spending.teams)):
            held = spending.shares(spending.lost[1:].sum(axis=0), [row])
            known = held[np.isfinite(held)]
            mean = float(known.mean()) if len(known) else 0.0
            assert sum(spending.blamed[row].values()) == pytest.approx(mean, abs=CLOSE), f"portfolio {number}"
            seen += mean > 0
    assert seen > 20


# Refusals, page, JSON, CSV -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"by": "2026-01-02"}, "the first working day of the roadmap is 2026-01-05"),
        ({"by": "2096-01-02"}, "the forecast looks ahead until"),
        ({"by": "soon"}, "soon"),
        ({"by": FRIDAY, "targets": {}}, "give each objective a share"),
        ({"by": FRIDAY, "targets": {"Grow": 60}}, "0.6"),
        ({"by": FRIDAY, "targets": {"Grow": 0.6, "Debt": 0.6}}, "may not exceed 1"),
    ],
)
def test_what_cannot_be_asked_is_refused(asked: dict[str, Any], said: str) -> None:
    base = steady(fc.Feature("G", {"A": 6}, objective="Grow"))
    with pytest.raises(fc.Fault, match=re.escape(said)):
        fc.allocate(base, **asked)


def test_other_forecasts_and_unknown_names_are_refused() -> None:
    base = steady(fc.Feature("G", {"A": 6}, objective="Grow"))
    for other in (base.together(["G"]), base.alone(), "base"):
        with pytest.raises(fc.Fault, match="give a forecast of the whole roadmap"):
            fc.allocate(other, by=FRIDAY)  # type: ignore[arg-type]
    found = fc.allocate(base, by=FRIDAY)
    with pytest.raises(fc.Fault, match='Did you mean "Grow"'):
        found.share("Gorw")
    with pytest.raises(fc.Fault, match="no such team"):
        found.lost("C")


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["allocate", *arguments, "--throughput", "bootstrap", "--runs", "300"])


def test_page_json_and_csv_say_the_same() -> None:
    asked = (EXAMPLE, "--by", "2026-Q2", "--target", "Grow revenue=60", "--target", "Win enterprise = 30 %")
    page, told = invoke(*asked, "-q").output, json.loads(invoke(*asked, "--json", "-q").output)
    rows = list(csv.DictReader(io.StringIO(invoke(*asked, "--csv", "-q").output)))
    assert "\x1b" not in page
    assert told["by"] == "2026-06-30"
    lines = iter(page.splitlines())
    table = [
        (team, row) for team in told["capacity"] for row in [*team["objectives"], {**team["lost"], "kind": "lost"}]
    ]
    assert len(rows) == len(table)
    for (team, row), cells in zip(table, rows, strict=True):
        assert (cells["team"], cells["kind"]) == (team["team"] or "", row["kind"])
        assert float(cells["median"]) == row["median"]
        assert float(cells["enforced_high"]) == row["enforced"]["high"]
    for team in told["capacity"]:
        assert next(line for line in lines if line == (team["team"] or "All teams"))
        for row in team["objectives"]:
            if row["has_work"]:
                line = next(line for line in lines if line.startswith(f"  {row['objective']}"))
                assert say_share(row["median"]) in line
                assert say_share(row["enforced"]["median"]) in line
    whole = told["capacity"][0]
    for row in whole["objectives"]:
        if row["target"] is not None:
            assert f"{row['objective']} gets {say_share(row['mean'])} instead of {say_share(row['target'])}" in page
    assert f"{say_share(whole['lost']['mean'])} is lost" in page
    mean = sum(row["mean"] for row in whole["objectives"]) + whole["lost"]["mean"]
    assert mean == pytest.approx(1)
    assert sum(whole["reasons"].values()) == pytest.approx(whole["lost"]["mean"])


def test_names_that_act_on_a_screen_or_a_spreadsheet_are_made_safe(tmp_path: Path) -> None:
    (tmp_path / "roadmap.toml").write_text(
        'start = 2026-01-05\nhistory = { "=T\\u202e[red]" = [3, 5, 2, 4, 4] }\n'
        '[[feature]]\nname = "F"\nobjective = "=1+1\\u202e[bold]"\nwork = { "=T\\u202e[red]" = 9 }\n',
        encoding="utf-8",
    )
    page = invoke(str(tmp_path), "--by", "2026-02-27")
    assert page.exit_code == 0, page.output
    assert "\u202e" not in page.output
    assert r"=1+1\u202e[bold]" in page.output
    assert r"=T\u202e[red] loses" in page.output
    table = list(csv.DictReader(io.StringIO(invoke(str(tmp_path), "--by", "2026-02-27", "--csv", "-q").output)))
    assert {row["objective"][:2] for row in table if row["objective"]} == {"'="}
    assert json.loads(invoke(str(tmp_path), "--by", "2026-02-27", "--json", "-q").output)["capacity"][1]["items"] > 0


@pytest.mark.parametrize("target", ["Grow", "=60", "Grow=much", "Grow=101", "Grow=-1", "Grow=0.6", "Grow=nan"])
def test_targets_that_are_no_percentages_are_wrong_usage(target: str) -> None:
    result = invoke(EXAMPLE, "--by", "2026-06-30", "--target", target)
    assert result.exit_code == 2
    assert "--target" in result.output


@pytest.mark.parametrize("pair", [("Grow=60", "Grow=20"), ("Grow=60", "Debt=41")])
def test_targets_that_contradict_each_other_are_wrong_usage(pair: tuple[str, str]) -> None:
    assert invoke(EXAMPLE, "--by", "2026-06-30", "--target", pair[0], "--target", pair[1]).exit_code == 2


def test_a_day_before_the_start_is_refused_in_one_line() -> None:
    result = invoke(EXAMPLE, "--by", "2025-06-30", "-q")
    assert result.exit_code == 3
    assert result.output.count("\n") == 1


@pytest.mark.skipif(not PORTFOLIOS, reason="needs ../shared/data")
@pytest.mark.parametrize("folder", PORTFOLIOS, ids=lambda path: path.name)
def test_real_portfolios_add_up(folder: Path) -> None:
    base = fc.simulate(*fc.read(folder), runs=40, seed=SEED)
    by = base.roadmap.clock.dates(60)[-1]
    spending = fc.allocate(base, by=by).actual
    assert gap(spending, draw(base, spending.day)) <= CLOSE
    assert spending.spent.any()
