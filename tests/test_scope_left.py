"""A part of which some is done already: what is left, in Python and in files.

Team A finishes 10 items in every sprint of 10 working days, unless a test says otherwise.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import SEED
from oracles import START, check_law, finishes, forecast, history, paces, project, refute_law, sized, take, triangular
from oracles import whole as to_whole
from portfolios import seeded

import forecast as fc
from forecast.outcome import digest_inputs

STEADY = fc.History.from_counts({"A": [10]})
SHEET_TOML = 'start = 2026-01-05\nhistory = { Web = [3, 5, 2], API = [4] }\nfeatures = "features.csv"\n'


def end(part: Any, **options: Any) -> float:
    """When a part of team A is finished."""
    growth = options.pop("growth", None)
    roadmap = fc.Roadmap("2026-01-05", ["A"], [fc.Feature("F", {"A": part}, growth=growth)], **options)
    return float(fc.simulate(roadmap, STEADY, runs=1, throughput=fc.Bootstrap()).finish[0, 0])


# Known answers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "options", "day"),
    [
        (fc.Part(20, done=15), {}, 5),
        (fc.Part(20, done=0), {}, 20),
        (fc.Part(20, done=20), {}, 0),
        (fc.Part(20, done=1e9), {}, 0),
        (fc.Part(20, done=15), {"growth": 1.6}, 8),  # of what is left; of all it would be 17
        (fc.Part(5, done=15), {"growth": 2}, 0),
        (fc.Part(20, done=14.5), {}, 6),  # 5.5, half up
        (fc.Part(20, done=14.5), {"unit": "points"}, 5.5),
        (fc.Part(20, done=15), {"risks": [fc.Risk("R", 1, adds={"F/A": 3})]}, 8),
        (fc.Part(5, done=15), {"risks": [fc.Risk("R", 1, adds={"F/A": 3})]}, 3),  # what a risk adds is not done yet
    ],
)
def test_what_is_left_is_the_size_less_what_is_done(part: fc.Part, options: dict[str, Any], day: float) -> None:
    assert end(part, **options) == pytest.approx(day, abs=1e-9)


@pytest.mark.parametrize("done", [1, 4.5, 5, 8])
def test_of_a_guess_what_is_drawn_less_what_is_done_is_left(done: float) -> None:
    """40,000 runs against the exact law; a draw below what is done leaves nothing."""
    roadmap = fc.Roadmap(START, ["A"], [fc.Feature("F", {"A": fc.Part((3, 5, 12), done=done)})])
    finish = finishes(forecast(roadmap, history(A=[0, 5, 8, 8])), "F")

    def known(least: float, likely: float, most: float) -> Any:
        left = project(to_whole(triangular(least, likely, most), 1), lambda size: (max(size, 0.0),))
        return sized(left, lambda size, a: take(a, size[0])[:1], paces([0, 5, 8, 8], 6))

    check_law(finish, known(3 - done, 5 - done, 12 - done), upto=60)
    refute_law(finish, known(3, 5, 12), upto=60)  # as if nothing were done
    if done > 3:  # three corners, each less what is done
        refute_law(finish, known(max(3 - done, 0), max(5 - done, 0), 12 - done), upto=60)


# Laws ------------------------------------------------------------------------------------------------------------------


def change_parts(roadmap: fc.Roadmap, change: Any) -> fc.Roadmap:
    """The roadmap with every part changed."""
    for feature in roadmap.features:
        if isinstance(feature, fc.Feature):
            work = {team: change(part) for team, part in feature.work.items()}
            roadmap = roadmap.replace(replace(feature, work=work))
    return roadmap


def larger(part: fc.Part, items: float = 6) -> fc.Part:
    """A part of a known size with so many items more, all of which are done."""
    return fc.Part(part.size.low + items, part.after, done=part.done + items) if part.size.is_fixed else part


def test_what_is_done_and_was_counted_in_changes_nothing() -> None:
    """60 random portfolios, 50 runs: a known size with 6 items more, which are done, gives the same bits."""
    changed = 0
    for number in range(60):
        roadmap, past = seeded(SEED * 1000 + number)
        plain = change_parts(roadmap, lambda part: fc.Part(part.left(part.size.low), part.after))
        base, other = (
            fc.simulate(each, past, runs=50, seed=SEED, throughput=fc.Bootstrap())
            for each in (plain, change_parts(plain, lambda part: larger(part)))
        )
        assert np.array_equal(base.finish, other.finish), number
        assert np.array_equal(base.prospects.is_never, other.prospects.is_never), number
        assert np.array_equal(base.prospects.is_certain, other.prospects.is_certain), number
        without = change_parts(plain, lambda part: fc.Part(part.size.low + 6, part.after))
        changed += not np.array_equal(
            base.finish, fc.simulate(without, past, runs=50, seed=SEED, throughput=fc.Bootstrap()).finish
        )
    assert changed > 30  # the control: the same sizes with nothing done


def test_nothing_done_is_nothing_said() -> None:
    assert fc.Part(8, done=0) == fc.Part(8)
    assert repr(fc.Part(8, done=0)) == repr(fc.Part(8))
    assert "done" not in repr(fc.Part(8, done=-0.0))
    assert fc.Part(8, done=3) != fc.Part(8)
    assert fc.Part(8, done=3) != fc.Part(5)
    namespace = {"Part": fc.Part, "Estimate": fc.Estimate}
    for part in (fc.Part(8), fc.Part((5, 8, 14), done=2.5)):
        assert eval(repr(part), namespace) == part
    roadmap, past = seeded(SEED)
    assert digest_inputs(change_parts(roadmap, lambda part: replace(part, done=part.done)), past) == digest_inputs(
        roadmap, past
    )


def test_what_is_done_belongs_to_the_fingerprint() -> None:
    digests = {
        digest_inputs(fc.Roadmap(START, ["A"], [fc.Feature("F", {"A": fc.Part(8, done=done)})]), STEADY)
        for done in (0, 1, 2)
    }
    assert len(digests) == 3


def test_edits_keep_what_is_done() -> None:
    part = fc.Part((5, 8, 14), after=["Login"], shape="pert", done=3)
    features = [fc.Feature("Login", {"A": 1}), fc.Feature("F", {"A": part}), fc.Feature("G", {"A": 2})]
    roadmap = fc.Roadmap(START, ["A"], features)
    for edited in (
        roadmap.without("Login"),
        roadmap.without("G"),
        roadmap.move("F", rank=1),
        roadmap.insert(fc.Feature("H", {"A": 1}), above="F"),
        roadmap.replace(fc.Feature("G", {"A": 3})),
    ):
        kept = edited.feature("F")
        assert isinstance(kept, fc.Feature)
        assert (kept.work["A"].done, kept.work["A"].size) == (3, part.size)


def test_a_team_that_gets_nothing_done_is_not_missed_where_nothing_is_left() -> None:
    features = [fc.Feature("Ready", {"A": fc.Part((2, 3, 5), done=5)}), fc.Feature("Not", {"A": fc.Part(5, done=4)})]
    base = fc.simulate(
        fc.Roadmap("2026-01-05", ["A"], features),
        fc.History.from_counts({"A": [0]}),
        runs=20,
        throughput=fc.Bootstrap(),
    )
    ready, never = base.to_dict()["features"]
    assert (ready["certain"], ready["never"], ready["dates"]["0.85"]) == (True, 0, "2026-01-05")
    assert (never["certain"], never["never"]) == (True, 1)


# Refused ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("done", "fault"),
    [
        (-3, "part: done = -3; it cannot be less than 0"),
        (math.nan, "part: done = nan; a finite number is needed"),
        (math.inf, "part: done = inf; a finite number is needed"),
        ("15", 'part: done = "15"; a number is needed'),
        (10**400, "part: done = inf; a finite number is needed"),
    ],
)
def test_what_is_done_is_a_number_from_0_on(done: Any, fault: str) -> None:
    with pytest.raises(fc.Fault) as refusal:
        fc.Part(20, done=done)
    assert str(refusal.value) == fault


@pytest.mark.parametrize("done", [True, None, [1], (1, 2, 3), fc.Estimate(1, 2, 3)])
def test_what_is_done_is_one_number(done: Any) -> None:
    with pytest.raises(fc.Fault, match=r"part: done = .*; a number is needed"):
        fc.Part(20, done=done)


# Files ------------------------------------------------------------------------------------------------------------------


def read(folder: Path, toml: str, features: str = "") -> fc.Roadmap:
    (folder / "roadmap.toml").write_text(toml, encoding="utf-8")
    (folder / "features.csv").write_text(features, encoding="utf-8")
    return fc.read(folder)[0]


def faults_of(folder: Path, toml: str, features: str = "") -> list[str]:
    with pytest.raises(fc.Refused) as refusal:
        read(folder, toml, features)
    return re.sub(r"(?<=roadmap.toml) row \d+", "", str(refusal.value)).splitlines()


def test_tables_and_sheets_say_what_is_done(tmp_path: Path) -> None:
    head = "start = 2026-01-05\nhistory = { Web = [3, 5, 2], API = [4] }\n"
    table = '[[feature]]\nname = "Login"\nwork = { Web = { size = 20, done = 15 }, API = { size = [5, 8, 14], done = 2.5 } }\n'
    sheet = "feature,team,items,low,likely,high,done\nLogin,Web,20,,,,15\nLogin,API,,5,8,14,2.5\nSearch,Web,3,,,,\n"
    login = fc.Feature("Login", {"Web": fc.Part(20, done=15), "API": fc.Part((5, 8, 14), done=2.5)})
    assert read(tmp_path, head + table).features == (login,)
    assert read(tmp_path, SHEET_TOML, sheet).features == (login, fc.Feature("Search", {"Web": 3}))


def test_what_is_written_wrong_in_a_table_is_told(tmp_path: Path) -> None:
    work = '{ Web = { size = 20, done = -1 }, API = { size = [3, 2, 1], done = "all" }, iOS = { size = 3, dona = 1 } }'
    toml = f"start = 2026-01-05\nhistory = {{ Web = [3] }}\n[[feature]]\nname = 'F'\nwork = {work}\n"
    assert faults_of(tmp_path, toml) == [
        'roadmap.toml: feature "F", work of "API": done = "all"; a number is needed',
        'roadmap.toml: feature "F", work of "iOS": unknown key "dona"; no such key. Did you mean "done"?',
        'roadmap.toml: feature "F", work of "Web": done = -1; it cannot be less than 0',
        'roadmap.toml: feature "F", work of "API": size: 3, 2, 1; low, likely and high must rise',
    ]


def test_what_is_written_wrong_in_a_sheet_is_told(tmp_path: Path) -> None:
    sheet = """feature,team,items,done
Login,Web,20,-1
Login,API,,3
Search,Web,5,most
Review,,10,4
Launch,,,2
Pay,Web,3,1
Pay,,,1
"""
    assert faults_of(tmp_path, SHEET_TOML, sheet) == [
        "features.csv row 2: done = -1; it cannot be less than 0",
        "features.csv row 3: items is blank; fill it in; a blank is never read as 0",
        'features.csv row 4: done = "most"; a number is needed, with a point for decimals',
        'features.csv row 5: done = "4" without a team; done is what a team has finished of its part; '
        "leave it blank here, and give the days that are left",
        'features.csv row 6: done = "2" without a team; done is what a team has finished of its part; leave it blank here',
        'features.csv row 8: done = "1" without a team; done is what a team has finished of its part; leave it blank here',
    ]
