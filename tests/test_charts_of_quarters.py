"""Charts of a quarter: the staircase of promises and the bands of an allocation, by what they draw."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from helpers import SEED
from test_charts import HOSTILE, crowded, marks, written

import forecast as fc
from forecast.charts import SIZES, canvas
from forecast.tally import say_chance

EXAMPLE = Path(__file__).parents[1] / "data" / "example"


@cache
def base() -> fc.Forecast:
    return fc.simulate(*fc.read(EXAMPLE), runs=1000, seed=SEED)


@cache
def promise() -> fc.Commitment:
    return fc.commit(base(), by="2026-06-30")


@cache
def shares() -> fc.Allocation:
    return fc.allocate(base(), by="2026-06-30")


def test_nothing_overlaps_or_falls_off() -> None:
    for size in (None, *SIZES.values()):
        assert crowded(fc.charts.commitment(promise(), size=size)) == []
        assert crowded(fc.charts.allocation(shares(), size=size)) == []


def test_the_stairs_are_the_chances_of_the_sets() -> None:
    ax = fc.charts.commitment(promise())
    assert [bar.get_width() for bar in ax.patches] == [step.chance for step in promise().stairs]
    texts = written(ax)
    for step in promise().stairs:
        assert say_chance(step.chance, 1000) in texts
    rows = [label.get_text() for label in ax.get_yticklabels()]
    assert rows[0] == promise().stairs[0].added[0]
    assert len(rows) == len(promise().stairs)


def test_promise_aim_and_stretch_stand_where_they_are() -> None:
    ax = fc.charts.commitment(promise())
    for shape, line in zip("Ds^", promise().lines, strict=True):
        expected = [(line.chance, len(line.features) - 1)] if line.features else []
        assert marks(ax, shape) == expected
    assert any(list(line.get_xdata()) == [0.85, 0.85] for line in ax.lines)


def test_a_promise_that_its_fresh_runs_do_not_hold_stands_out() -> None:
    kept = fc.commit(base(), by="2026-06-30", keep=["Enterprise launch"])
    assert not kept.holds
    colors = [line.get_color() for line in fc.charts.commitment(kept).lines if line.get_marker() == "D"]
    assert colors == [canvas.ALARM]


def test_known_stairs() -> None:
    """Ten items every sprint: by day 10 A and B are sure, C never."""
    features = [fc.Feature(name, {"Web": 5}) for name in "ABC"]
    roadmap = fc.Roadmap("2026-01-05", ["Web"], features)
    forecast = fc.simulate(roadmap, fc.History.from_counts({"Web": [10]}), runs=50, throughput=fc.Bootstrap())
    ax = fc.charts.commitment(fc.commit(forecast, by="2026-01-18"))
    assert [label.get_text() for label in ax.get_yticklabels()][:2] == ["A", "B"]
    assert [bar.get_width() for bar in ax.patches][:2] == [1.0, 1.0]
    assert marks(ax, "D") == [(1.0, 1)]
    assert {line.get_color() for line in ax.lines if line.get_marker() == "D"} == {canvas.INK}
    nothing = fc.charts.commitment(fc.commit(forecast, by="2026-01-06"))
    assert marks(nothing, "D") == []
    assert crowded(nothing) == []


def test_bands_are_those_of_the_table() -> None:
    ax = fc.charts.allocation(shares())
    bars = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches]
    told = shares().to_dict()["capacity"]
    rows = [
        row
        for team in told
        for row in [*(each for each in team["objectives"] if each["has_work"] or each["target"]), team["lost"]]
    ]
    assert bars == [(pytest.approx(row["low"]), pytest.approx(row["high"])) for row in rows]
    assert [x for x, _ in marks(ax, "o")] == [row["median"] for row in rows]
    targets = [row["target"] for row in rows if row.get("target") is not None]
    assert targets == [0.55, 0.35]
    assert [line.get_xdata()[0] for line in ax.lines if line.get_color() == canvas.ALARM] == targets


def test_one_team_by_name() -> None:
    ax = fc.charts.allocation(shares(), team="Web")
    rows = [label.get_text() for label in ax.get_yticklabels()]
    assert rows[0] == "Web"
    assert rows[-1] == "lost"
    assert crowded(ax) == []
    with pytest.raises(fc.Fault, match='Did you mean "Web"'):
        fc.charts.allocation(shares(), team="Wep")


def test_many_teams_are_shown_as_one() -> None:
    teams = [f"Team {n}" for n in range(30)]
    features = [fc.Feature(f"F{n}", {team: 3}, objective=f"Goal {n % 3}") for n, team in enumerate(teams)]
    history = fc.History.from_counts({team: [3, 5, 2] for team in teams})
    forecast = fc.simulate(fc.Roadmap("2026-01-05", teams, features), history, runs=50, throughput=fc.Bootstrap())
    ax = fc.charts.allocation(fc.allocate(forecast, by="2026-03-01"))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["All teams", "Goal 0", "Goal 1", "Goal 2", "lost"]


@pytest.mark.filterwarnings("ignore:Glyph")
def test_hostile_names_are_shown_and_stay_in_their_place() -> None:
    features = [fc.Feature(name, {"<b>Web</b>": 2}, objective=HOSTILE[n - 1]) for n, name in enumerate(HOSTILE)]
    history = fc.History.from_counts({"<b>Web</b>": [9, 5, 7, 12]})
    roadmap = fc.Roadmap("2026-01-05", ["<b>Web</b>"], features)
    forecast = fc.simulate(roadmap, history, runs=100, throughput=fc.Bootstrap())
    assert crowded(fc.charts.commitment(fc.commit(forecast, by="2026-02-15"))) == []
    assert crowded(fc.charts.allocation(fc.allocate(forecast, by="2026-02-15"))) == []


@pytest.mark.parametrize("size", [None, *SIZES.values()])
def test_long_names_never_cost_the_word_between_them(size: canvas.Size | None) -> None:
    """What is added and what it takes the place of are each shortened; nobody reads one for the other."""
    long, other = (
        "Invoices for customers abroad, in their own currency",
        "Enterprise launch in the three large countries",
    )
    for added, dropped in ((long, other), ("Search", other), (long, "Search"), (long * 9, other * 9)):
        stairs = tuple(replace(step, added=(added,), dropped=(dropped,)) for step in promise().stairs)
        ax = fc.charts.commitment(replace(promise(), stairs=stairs), size=size)
        for label in ax.get_yticklabels():
            first, found, rest = label.get_text().partition(" (without ")
            assert found
            assert rest.endswith(")")
            assert min(len(first), len(rest)) >= 6
            assert first == added or first[:3] == added[:3]
            assert rest[:3] == dropped[:3]
        assert crowded(ax) == []
