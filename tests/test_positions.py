"""A feature at every position: each is what simulating it says, and the positions that no other beats are those."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from helpers import SEED
from portfolios import seeded

import forecast as fc
from forecast.cli import cli
from forecast.feature import After, Feature
from forecast.frontier_page import render_frontier
from forecast.frontier_wording import say_own_chance, tell_everywhere
from forecast.impact_wording import say_chance_when
from forecast.positions import COST, LATE, SLIP, find_spans, place

MONDAY = "2026-01-05"
EXAMPLE = str(Path(__file__).parents[1] / "data" / "example")


def matrix(forecast: fc.Forecast) -> str:
    """A digest of the whole finish matrix, its rows in the order of their names."""
    order = np.argsort(forecast.features)
    names = [forecast.features[at] for at in order]
    return hashlib.sha256(repr(names).encode() + np.ascontiguousarray(forecast.finish[order]).tobytes()).hexdigest()


# Positions that come to the same --------------------------------------------------------------------------------------


def with_links_both_ways(pick: Random, roadmap: fc.Roadmap) -> tuple[Feature, fc.WhatIf]:
    """A feature of one to three teams, which waits for others, while others wait for it."""
    teams = pick.sample([team.name for team in roadmap.teams], min(len(roadmap.teams), pick.choice((1, 2, 2, 3))))
    names = [each.name for each in roadmap.features]
    objective = pick.choice((None, "Grow", "Debt", "Run"))
    waits_for, waiting = pick.choice(names), pick.choice(names)
    after = [After(waits_for, lag=pick.choice((0, 3)))] if pick.random() < 0.5 else []
    x = Feature(
        "X",
        {team: pick.choice((2, 5, (1, 4, 9))) for team in teams},
        after=after,
        objective=objective,
        started=pick.random() < 0.3,
    )
    then = fc.WhatIf([fc.Edit("link", name=waiting, after="X")] if pick.random() < 0.5 else [])
    try:
        then.apply(roadmap.insert(x))
    except fc.Refused:  # a cycle
        then = fc.WhatIf([])
    return x, then


def test_ranks_that_come_to_the_same_are_the_same_to_the_last_bit_and_few_others_are() -> None:
    """80 random portfolios with every option, a new feature and one that is moved: every rank is simulated and hashed."""
    spans_seen = ranks_seen = different = neighbours = 0
    for number in range(80):
        pick = Random(SEED * 1_000_000 + number)
        roadmap, history = seeded(SEED * 1_000_000 + number)
        x, then = with_links_both_ways(pick, roadmap)
        subjects: list[Any] = [x] if len(roadmap.features) < 2 else [x, pick.choice(roadmap.features).name]
        for subject in subjects:
            spans = find_spans(roadmap, subject)
            digests = []
            for first, last in spans:
                made = set()
                for rank in range(first, last + 1):
                    edited = place(roadmap, subject, rank)
                    edited = then.apply(edited) if subject is x else edited
                    made.add(
                        matrix(fc.simulate(edited, history, runs=4, seed=SEED, horizon=150, throughput=fc.Bootstrap()))
                    )
                assert len(made) == 1
                digests.append(made.pop())
                ranks_seen += last - first + 1
            assert [rank for first, last in spans for rank in range(first, last + 1)] == list(
                range(1, len(roadmap.features) + 1 + (subject is x))
            )
            spans_seen += len(spans)
            neighbours += len(spans) - 1
            different += sum(one != other for one, other in itertools.pairwise(digests))
    assert ranks_seen > 1.3 * spans_seen  # something is saved,
    assert different > 0.1 * neighbours  # and what is simulated apart does differ, often enough to find a fault


def test_lanes_and_teams_decide_where_a_rank_matters() -> None:
    roadmap = fc.Roadmap(
        MONDAY,
        [fc.Team("A", allocation={"Grow": 0.5}), "B"],
        [
            fc.Feature("G", {"A": 1}, objective="Grow"),
            fc.Feature("Rest", {"A": 1}),
            fc.Feature("Elsewhere", {"B": 1}, objective="Grow"),
            fc.External("Review", 3),
            fc.Feature("Debt", {"A": 1}, objective="Debt"),
        ],
    )
    assert find_spans(roadmap, fc.Feature("X", {"A": 1}, objective="Grow")) == [(1, 1), (2, 6)]
    assert find_spans(roadmap, fc.Feature("X", {"A": 1})) == [(1, 2), (3, 5), (6, 6)]
    assert find_spans(roadmap, fc.Feature("X", {"B": 1}, objective="Grow")) == [(1, 3), (4, 6)]
    assert find_spans(roadmap, fc.External("X", 3)) == [(1, 6)]
    assert find_spans(roadmap, "Debt") == [(1, 2), (3, 5)]
    with pytest.raises(fc.Fault, match="no such feature"):
        find_spans(roadmap, "Dept")
    with pytest.raises(fc.Fault, match="give a Feature"):
        find_spans(roadmap, 3)  # type: ignore[arg-type]


# Known answers -------------------------------------------------------------------------------------------------------


def steady(*features: fc.Feature) -> fc.Forecast:
    """One team that finishes an item a working day."""
    return fc.simulate(
        fc.Roadmap(MONDAY, ["A"], features),
        fc.History.from_counts({"A": [10]}),
        runs=10,
        seed=SEED,
        throughput=fc.Bootstrap(),
    )


def test_the_highest_place_at_which_no_promise_breaks() -> None:
    """Login has no slack, Shop has 3 days and X takes 4: only below Shop nothing breaks."""
    base = steady(
        fc.Feature("Login", {"A": 5}, due="2026-01-09"),
        fc.Feature("Shop", {"A": 5}, due="2026-01-21"),
        fc.Feature("Ads", {"A": 5}),
    )
    found = fc.frontier(base, fc.Feature("X", {"A": 4}))
    assert [(each.rank, each.day, each.harm, each.breaks) for each in found.positions] == [
        (1, 4, pytest.approx(4 + 1), ("Login", "Shop")),
        (2, 9, pytest.approx(1), ("Shop",)),
        (3, 14, 0, ()),
        (4, 19, 0, ()),
    ]
    assert [each.is_best for each in found.positions] == [True, True, True, False]
    assert found.unit == LATE
    assert (found.recommended.rank, found.reason) == (3, "it is the earliest date at which no promise breaks")
    assert [each.all_hold for each in found.positions] == [0, 0, 1, 1]


def test_its_own_promise_is_kept_where_that_harms_least() -> None:
    base = steady(fc.Feature("Login", {"A": 5}, due="2026-01-09"), fc.Feature("Shop", {"A": 5}, due="2026-01-16"))
    x = fc.Feature("X", {"A": 4}, due="2026-01-15")
    found = fc.frontier(base, x)
    assert [each.holds for each in found.positions] == [True, True, False]
    assert found.recommended.rank == 2
    assert "its own promise holds there" in found.reason
    late = fc.frontier(base, fc.Feature("X", {"A": 4}, due="2026-01-06"))
    assert late.recommended.rank == 3
    assert late.reason.startswith("its own promise holds nowhere; ")


def test_what_harm_is_counted_in() -> None:
    x = fc.Feature("X", {"A": 5})
    nothing = fc.frontier(steady(fc.Feature("Login", {"A": 5}), fc.Feature("Shop", {"A": 5})), x)
    assert (nothing.unit, [each.harm for each in nothing.positions]) == (SLIP, [pytest.approx(10), pytest.approx(5), 0])
    assert nothing.recommended.rank == 1
    costly = fc.frontier(steady(fc.Feature("Login", {"A": 5}, due="2026-01-09", cost_of_delay=20)), x)
    assert (costly.unit, [each.harm for each in costly.positions]) == (COST, [pytest.approx(20), 0])


def test_what_is_due_before_the_start_is_as_late_as_comparing_says() -> None:
    """Login was due a working day before the last one: it is 6 days late when it takes 5; X, due a day later, 5."""
    base = steady(fc.Feature("Login", {"A": 5}, due="2026-01-01"), fc.Feature("Shop", {"A": 5}, due="2026-03-02"))
    x = fc.Feature("X", {"A": 5}, due="2026-01-02")
    found = fc.frontier(base, x)
    assert [each.harm for each in found.positions] == [pytest.approx(5), 0, 0]
    late = [
        fc.compare(base, base.again(base.roadmap.insert(x, rank=each.rank))).to_dict()["portfolio"]["late_days_after"]
        for each in found.positions
    ]
    assert late == [5 + 11, 6 + 10, 6 + 15]


@pytest.mark.parametrize(
    ("x", "says", "told"),
    [
        (fc.Feature("X", {"A": 4}, due="2026-01-02"), "never", (False, True, 0)),
        (fc.Feature("X", {"A": 4}, due="2026-01-08"), "> 99 %", (False, False, 0)),
        (fc.Feature("X", {"A": 4}, due="2026-01-07"), "< 1 %", (False, False, 0)),
        (fc.Feature("X", {"A": 4, "B": 1}, due="2030-01-08"), "never", (True, False, 1)),
        (fc.External("X", 4, due="2026-01-08"), "certain", (True, False, 0)),
        (fc.External("X", 4, due="2026-01-07"), "certainly not", (True, False, 0)),
    ],
)
def test_what_can_never_be_kept_is_said_as_in_a_what_if_at_every_rank(x: Any, says: str, told: tuple[Any, ...]) -> None:
    """Due before the start, on a team without a past, or fixed by construction: not a chance that runs could tell."""
    login = fc.Feature("Login", {"A": 5}, due="2026-01-09")
    roadmap = fc.Roadmap(MONDAY, ["A", "B"], [login])
    base = fc.simulate(roadmap, fc.History.from_counts({"A": [10]}), runs=400, seed=SEED, throughput=fc.Bootstrap())
    found = fc.frontier(base, x)
    first = found.positions[0]
    assert say_own_chance(first, base.runs) == says
    assert (first.certain, first.overdue, first.never) == told
    assert tell_everywhere(found, base)["rows"][0]["chance"] == says
    assert says in render_frontier(found, base, is_new=True).splitlines()[3]
    row = fc.compare(base, base.again(roadmap.insert(x, rank=1))).to_dict()["features"][0]
    assert say_chance_when(row, "after", base.runs) == says
    described = json.loads(json.dumps(found.to_dict()))["positions"]
    for key in ("certain", "overdue", "never"):
        assert described[0][key] == row[f"{key}_after"]


def test_what_is_never_finished_is_last_of_all() -> None:
    base = fc.simulate(
        fc.Roadmap(MONDAY, ["A"], [fc.Feature("Login", {"A": 8}, due="2026-01-19")]),
        fc.History.from_counts({"A": [10]}),
        runs=4,
        seed=SEED,
        horizon=12,
        throughput=fc.Bootstrap(),
    )
    found = fc.frontier(base, fc.Feature("X", {"A": 6}))
    assert [(each.day, each.harm) for each in found.positions] == [(6, math.inf), (math.inf, 0)]
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert [each["harm"] for each in told["positions"]] == [None, 0]


# Laws ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("subject", ["SSO", "Search"])
def test_every_position_says_what_comparing_it_says_and_the_best_are_not_beaten(subject: str) -> None:
    roadmap, history = fc.read(EXAMPLE)
    base = fc.simulate(roadmap, history, runs=300, seed=SEED, throughput=fc.Bootstrap())
    sso = fc.Feature(
        "SSO", {"API": (3, 5, 9), "Web": fc.Part((5, 8, 14), after=["SSO/API"])}, objective="Win enterprise"
    )
    feature = sso if subject == "SSO" else subject
    seen: list[tuple[int, int]] = []
    found = fc.frontier(base, feature, progress=lambda done, of: seen.append((done, of)))
    assert seen == [(done + 1, len(found.positions)) for done in range(len(found.positions))]
    for position in found.positions:
        impact = fc.compare(base, base.again(place(roadmap, feature, position.last_rank)))
        assert position.date == impact.after.date(subject, 0.85)
        assert {*position.breaks} == {*impact.breaks} - {subject}
        assert position.all_hold == impact.chance_all_hold()[1]
        late = {
            when: sum(row[f"late_days_{when}"] or 0 for row in impact.to_dict()["features"] if row["name"] != subject)
            for when in ("before", "after")
        }
        assert position.harm == pytest.approx(late["after"] - late["before"])
        beaten = [
            other
            for other in found.positions
            if (other.day <= position.day and other.harm < position.harm)
            or (other.day < position.day and other.harm <= position.harm)
        ]
        assert position.is_best == (not beaten)
    table = found.table()
    assert table["best"].to_list() == [each.is_best for each in found.positions]
    assert table.filter("recommended")["rank"].to_list() == [found.recommended.rank]


# The command ---------------------------------------------------------------------------------------------------------


def run(*arguments: str) -> Any:
    return CliRunner().invoke(cli, ["what-if", *arguments])


def test_the_page(tmp_path: Path) -> None:
    (tmp_path / "roadmap.toml").write_text(
        "start = 2026-01-05\nthroughput = 'bootstrap'\nhistory = { A = [10] }\n"
        '[[feature]]\nname = "Login"\nwork = { A = 5 }\ndue = 2026-01-09\n'
        '[[feature]]\nname = "Review"\ndays = 3\n'
        '[[feature]]\nname = "Shop"\nwork = { A = 5 }\ndue = 2026-01-21\n',
        encoding="utf-8",
    )
    (tmp_path / "x.toml").write_text('name = "X"\nwork = { A = 4 }\ndue = 2026-01-15', encoding="utf-8")
    arguments = str(tmp_path), "--add", str(tmp_path / "x.toml"), "--everywhere", "--runs", "400", "-q"
    lines = [" ".join(line.split()) for line in run(*arguments).stdout.splitlines()]
    assert [line for line in lines if "──" not in line][:-1] == [
        "85 % Promises that Days late, Not",
        "Rank sure by Chance break all others beaten",
        "1, above Login 8 Jan 2026 > 99 % Login, Shop +5 *",
        "2 to 3, above Shop 15 Jan 2026 > 99 % Shop +1 *",
        "4, at the bottom 22 Jan 2026 < 1 % 0 *",
        "",
        "Recommended: X at rank 2 to 3, above Shop, by 15 Jan 2026 (85 %): its own promise holds there, and wherever it does at "
        "least as many other promises break (it breaks Shop).",
    ]
    numbers = json.loads(run(*arguments, "--json").stdout)
    assert [each["rank"] for each in numbers["positions"]] == [1, 2, 4]
    assert run(*arguments, "--csv").stdout.startswith("rank,last_rank,date,chance,breaks,")
    moved = run(str(tmp_path), "--move", "Shop", "--everywhere", "--runs", "50", "-q", "--wip", "A=2").stdout
    assert "above Login" in moved


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--everywhere"], "give one --add or --move, and no place"),
        (["--drop", "Search", "--everywhere"], "give one --add or --move, and no place"),
        (["--move", "Search", "--everywhere", "--rank", "1"], "give one --add or --move, and no place"),
        (["--move", "Search", "--everywhere", "--versus", "x.toml"], "ask one at a time"),
    ],
)
def test_everywhere_is_for_one_feature(arguments: list[str], said: str) -> None:
    result = run(EXAMPLE, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in " ".join(result.stderr.split())
