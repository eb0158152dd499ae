"""Short histories: a guess stands in for fewer than two sprints, and with fewer than five no middle date is told.

Also how a throughput model is named, in Python, in files and on the command line.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from helpers import SEED
from oracles import check_caught
from scipy import stats

import forecast as fc
from forecast.cli import cli
from forecast.drift import Drift
from forecast.pace import Pace
from forecast.throughput import Bootstrap, find_model

GUESSED = fc.History([], {"New": (3, 5, 9)})
PLAN = fc.Roadmap(
    "2026-01-05", ["New", "Web"], [fc.Feature("Login", {"New": 12}), fc.Feature("Search", {"Web": 6}, after=["Login"])]
)
LONG = [3, 5, 0, 7, 4, 6]


def run(folder: Path, *arguments: str) -> Any:
    return CliRunner().invoke(cli, ["run", str(folder), "--runs", "200", *arguments])


def notes(past: fc.History, roadmap: fc.Roadmap = PLAN, **options: Any) -> list[str]:
    return fc.simulate(roadmap, past, runs=50, seed=SEED, **options).notes()


# A guess --------------------------------------------------------------------------------------------------------------


def test_a_guess_is_the_level_and_sprints_vary_about_it_as_those_of_teams_do() -> None:
    """Mean (3 + 5 + 9) / 3 and the variance of the triangle; N = 100,000 runs of how many in one sprint."""
    mean, variance = 17 / 3, (9 + 25 + 81 - 15 - 27 - 45) / 18
    pace = Pace.guessed(GUESSED.guesses["New"])
    assert (pace.mean, pace.variance) == pytest.approx((mean, (0.8 * mean) ** 2))
    assert pace.error == pytest.approx(math.sqrt(math.log(1 + variance / mean**2)))
    still = Drift(walk=0, pull=1)
    counts = fc.how_many(GUESSED, "New", sprints=1, runs=100_000, seed=SEED, throughput=still).counts
    expected = mean * math.exp(0.25 * pace.error**2 / 2)

    def check(expected: float) -> None:
        z = (counts.mean() - expected) / (counts.std() / math.sqrt(len(counts)))
        assert abs(z) < stats.norm.isf(1e-7), f"z = {z:.1f}"

    check(expected)
    check_caught(check, 5.0)


def test_the_variance_of_an_estimate_is_that_of_its_distribution() -> None:
    for low, likely, high in ((3, 5, 9), (0, 0, 1), (2, 7, 7), (4, 4, 4)):
        for shape, alpha in (("triangular", None), ("pert", True)):
            found = fc.Estimate(low, likely, high, shape).variance  # type: ignore[arg-type]
            width = high - low
            if width == 0:
                assert found == 0
            elif alpha:
                a, b = 1 + 4 * (likely - low) / width, 1 + 4 * (high - likely) / width
                assert found == pytest.approx(stats.beta(a, b, low, width).var())
            else:
                assert found == pytest.approx(stats.triang((likely - low) / width, low, width).var())


def test_a_guess_stands_in_for_fewer_than_two_sprints_and_no_more() -> None:
    one = fc.History.from_counts({"New": [50]}, {"New": (3, 5, 9)})
    two = fc.History.from_counts({"New": [50, 40]}, {"New": (3, 5, 9)})
    ask: dict[str, Any] = {"sprints": 3, "runs": 2000, "seed": SEED, "throughput": Drift()}
    guessed = fc.how_many(GUESSED, "New", **ask).counts
    assert np.array_equal(fc.how_many(one, "New", **ask).counts, guessed)
    assert np.array_equal(
        fc.how_many(two, "New", **ask).counts,
        fc.how_many(fc.History.from_counts({"New": [50, 40]}), "New", **ask).counts,
    )
    assert fc.how_many(two, "New", **ask).counts.mean() > 5 * guessed.mean()
    web = fc.History.from_counts({"New": LONG, "Web": LONG}, {"New": (3, 5, 9)})
    assert 'The guess for "New" is not used: its history has 6 sprints.' in notes(web)


def test_a_team_with_one_sprint_and_no_guess_has_no_forecast() -> None:
    one = fc.History.from_counts({"New": [5], "Web": LONG})
    answer = fc.simulate(PLAN, one, runs=50)
    assert answer.date("Search", 0.95) is None
    told = 'Team "New" has one past sprint, too few to tell how much they vary: its features have no date. A guess may stand in.'
    assert told in answer.notes()
    with pytest.raises(fc.Fault, match="1 past sprint; too few to tell"):
        fc.how_many(one, "New", sprints=3)
    assert fc.how_many(one, "New", sprints=3, throughput=Bootstrap()).at_least(0.85) == 15


@pytest.mark.parametrize(
    ("guesses", "message"),
    [
        ({"New": (5, 3, 9)}, "low, likely and high must rise"),
        ({"New": 0}, "how many items a sprint finishes"),
        ({"New": "many"}, "a number is needed"),
        ({"New": (3, 5)}, "one number, or three"),
        ({"New": -1}, "cannot be less than 0"),
        ([("New", 3)], "give teams their guess"),
        ({3: 5}, "history, guesses"),
    ],
)
def test_a_guess_that_is_none_is_refused(guesses: Any, message: str) -> None:
    with pytest.raises(fc.Fault, match=message):
        fc.History([], guesses)


def test_bootstrap_can_do_nothing_with_a_guess() -> None:
    past = fc.History.from_counts({"Web": LONG}, {"New": (3, 5, 9)})
    with pytest.raises(fc.Fault, match='team "New": bootstrap can do nothing with a guess'):
        fc.simulate(PLAN, past, throughput=Bootstrap())
    unused = fc.History.from_counts({"Web": LONG, "New": LONG}, {"New": 5})
    assert fc.simulate(PLAN, unused, runs=20, throughput=Bootstrap()).date("Login", 0.5) is not None


TOML = """
start = 2026-01-05
history = { Web = [3, 5, 0, 7, 4, 6] }
[[team]]
name = "New"
guess = GUESS
[[team]]
name = "Web"
[[feature]]
name = "Login"
work = { New = 12 }
[[feature]]
name = "Search"
work = { Web = 6 }
"""


def write(folder: Path, guess: str = "[3, 5, 9]", more: str = "") -> Path:
    (folder / "roadmap.toml").write_text(more + TOML.replace("GUESS", guess), encoding="utf-8")
    return folder


def test_a_guess_in_the_file_is_the_one_in_python(tmp_path: Path) -> None:
    roadmap, past = fc.read(write(tmp_path))
    assert past == fc.History.from_counts({"Web": LONG}, {"New": (3, 5, 9)})
    told = json.loads(run(tmp_path, "--json", "-q").stdout)
    assert told["provenance"]["guessed"] == ["New"]
    assert told == json.loads(json.dumps(fc.simulate(roadmap, past, runs=200).to_dict()))
    printed = run(tmp_path, "-q").stdout
    assert "drift of 6 sprints and a guess for New (what backtests best)" in printed


@pytest.mark.parametrize(
    ("guess", "line"),
    [
        ("[9, 5, 3]", 'roadmap.toml: team "New": guess: 9, 5, 3; low, likely and high must rise'),
        ('"five"', 'roadmap.toml: team "New", guess = "five"; a number or a list is needed'),
        ("0", 'roadmap.toml: team "New": guess = 0; a guess says how many items a sprint finishes: low, likely, high'),
        ("[3, 5]", 'roadmap.toml: team "New": guess = [3.0, 5.0]; give one number, or three: low, likely, high'),
    ],
)
def test_a_guess_in_the_file_that_is_none_is_told_with_its_place(tmp_path: Path, guess: str, line: str) -> None:
    result = run(write(tmp_path, guess))
    assert (result.exit_code, result.stdout) == (3, "")
    assert len(result.stderr.splitlines()) == 1
    said = result.stderr.splitlines()[0]
    assert said.split(": ", 1)[0] == "roadmap.toml row 6"
    assert line.split("; ")[1] in said
    assert '"New"' in said


# Short histories ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "is_vague"), [(2, True), (4, True), (5, False), (6, False)])
def test_with_fewer_than_five_sprints_no_middle_date_is_told(count: int, is_vague: bool) -> None:
    past = fc.History.from_counts({"New": LONG[:count], "Web": LONG})
    answer = fc.simulate(PLAN, past, runs=200)
    for name in ("Login", "Search"):  # the second waits for the first
        told = answer.to_dict((0.4, 0.5, 0.85))["features"][answer.features.index(name)]
        assert (told["dates"]["0.5"] is None) == (told["dates"]["0.4"] is None) == is_vague
        assert told["dates"]["0.85"] == str(answer.date(name, 0.85))
        assert answer.date(name, 0.5) is not None  # who asks for it gets it
        assert (told["note"] == "a short history: no middle date") == is_vague
    said = f'Team "New": based on {count} sprints; the range mostly reflects how much teams in general vary.'
    assert any(note.startswith(said) for note in answer.notes()) == is_vague
    assert answer.table()["p50"].null_count() == 2 * is_vague
    alone = fc.simulate(PLAN.without("Login"), past, runs=200).to_dict()["features"][0]
    assert alone["dates"]["0.5"] is not None


def test_bootstrap_tells_what_it_is_asked_for() -> None:
    past = fc.History.from_counts({"New": LONG[:2], "Web": LONG})
    answer = fc.simulate(PLAN, past, runs=50, throughput=Bootstrap())
    assert answer.table()["p50"].null_count() == 0
    assert answer.notes() == []


def test_a_guess_has_no_middle_date_and_says_why(tmp_path: Path) -> None:
    result = run(write(tmp_path))
    row = next(line for line in result.stdout.splitlines() if line.startswith("Login"))
    assert row.count("2026") == 2  # 85 % and 95 %
    assert 'Note: Team "New": based on a guess; beyond it, the range mostly reflects' in result.stderr


# Naming a model -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("named", "model"),
    [
        (None, Drift()),
        ("drift", Drift()),
        ("Drift", Drift()),
        ("drift half_life=4 walk=0.2", Drift(half_life=4, walk=0.2)),
        ("  drift   window=12 ", Drift(window=12)),
        ("drift shape=smooth", Drift(shape="smooth")),
        ("drift together=true", Drift(together=True)),
        ("bootstrap window=12", Bootstrap(window=12)),
        ({"model": "drift", "pull": 1}, Drift(pull=1)),
        (Drift(shared=0), Drift(shared=0)),
    ],
)
def test_a_model_is_named_with_its_settings(named: Any, model: Any) -> None:
    assert find_model(named) == model
    assert find_model(model.describe()) == model


@pytest.mark.parametrize(
    ("named", "message"),
    [
        (
            "drift half_life",
            'throughput: "drift half_life"; write settings behind the name: "drift half_life=4 walk=0.2"',
        ),
        (
            "drift half_live=4",
            '"half_live" = "4"; drift knows: half_life, walk, pull, shared, shape, window, together. Did you mean "half_life"',
        ),
        ("bootstrap walk=0.2", '"walk" = "0.2"; only drift has that; bootstrap knows: window, together'),
        ("drift half_life=long", 'half_life = "long"; a number is needed'),
        ("drift half_life=0", "half_life = 0; it cannot be less than 0.1"),
        ("drift walk=1.5", "walk = 1.5; it cannot be more than 1"),
        ("drift pull=-1", "pull = -1; it cannot be less than 0"),
        ("drift shape=smoth", 'shape = "smoth"; choose one of: auto, past, smooth. Did you mean "smooth"'),
        ("drift window=1", "window = 1; a whole number from 2 to"),
        ("drift window=2.5", r"window = 2\.5; a whole number is needed"),
        ("drift walk=nan", "walk = nan; a finite number is needed"),
        ("", 'model = ""; choose one of: bootstrap, drift'),
        (Drift, "give a model"),
    ],
)
def test_a_model_that_does_not_exist_is_refused_with_the_way_out(named: Any, message: str) -> None:
    with pytest.raises(fc.Fault, match=message):
        find_model(named)


def test_the_command_line_and_the_file_take_settings(tmp_path: Path) -> None:
    write(tmp_path, more='throughput = { model = "drift", half_life = 4 }\n')

    def model(*arguments: str) -> dict[str, Any]:
        result = run(tmp_path, "--json", "-q", *arguments)
        assert result.exit_code == 0, result.stderr
        return dict(json.loads(result.stdout)["provenance"]["throughput"])

    assert model() == Drift(half_life=4).describe()
    assert model("--throughput", "drift walk=0.2") == Drift(walk=0.2).describe()
    assert model("--throughput", "drift walk=0.2", "--window", "3") == Drift(walk=0.2, window=3).describe()
    printed = run(tmp_path, "-q", "--throughput", "drift walk=0.2 half_life=4").stdout
    assert "drift of 6 sprints and a guess for New (half_life 4.0, walk 0.2), forecast" in printed
    refused = run(tmp_path, "--throughput", "bootstrap walk=0.2")
    assert refused.exit_code == 2
    assert "only drift has that" in refused.stderr
