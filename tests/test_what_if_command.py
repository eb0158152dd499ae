"""`forecast what-if`: the page, the sentence, and that both say what the table says."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner, Result
from helpers import SEED, SHARED_DATA
from played import changed
from portfolios import seeded

import forecast as fc
from forecast import placements
from forecast.cli import cli
from forecast.edit_options import READERS
from forecast.impact_page import render_impact
from forecast.impact_wording import find_shown, moves, say_chance_when, say_edit, say_number, tell
from forecast.reasons import KINDS
from forecast.wording import say_date

EXAMPLE = str(Path(__file__).parents[1] / "data" / "example")
PORTFOLIOS = ["2012-05-01", "2013-05-15", "2014-05-15", "2016-04-15", "2018-08-01"]

TOML = """
start = 2026-01-05
throughput = "bootstrap"
handoff = "immediate"
history = { A = [10], B = [10] }
[[feature]]
name = "Login"
work = { A = 10 }
due = 2026-01-16
[[feature]]
name = "Checkout"
work = { B = 10 }
after = ["Login"]
due = 2026-03-02
[[feature]]
name = "Search"
work = { B = 15 }
due = 2026-02-02
[[feature]]
name = "Ads"
work = { A = 2 }
[[feature]]
name = "Review"
days = 4
"""
X = 'name = "X"\nwork = { A = 10 }\n'


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(cli, ["what-if", *arguments], env=environment)


@pytest.fixture
def folder(tmp_path: Path) -> str:
    (tmp_path / "roadmap.toml").write_text(TOML, encoding="utf-8")
    (tmp_path / "x.toml").write_text(X, encoding="utf-8")
    return str(tmp_path)


def told(*arguments: str) -> Any:
    result = run(*arguments, "--json", "-q")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_a_due_date_before_the_start_is_never_kept(folder: str) -> None:
    page = run(folder, "--due", "Login=2025-12-26", "-q").stdout
    login = cells(next(line for line in page.splitlines() if line.startswith("Login")))
    assert login[-4:] == ["26 Dec 2025", "> 99 %", "never", "BREAKS"]
    assert "All of them together: < 1 % before, never after." in page
    assert "Expected days late, all promises added up: 4 before, 19 after." in page
    assert (
        "moved from 16 Jan 2026 to 26 Dec 2025, before the forecast starts, can never be kept (> 99 % before)" in page
    )
    Path(folder, "what-if.toml").write_text("[[edit]]\ndrop = 'Ads'\n", encoding="utf-8")
    both = run(folder, "--due", "Login=2025-12-26", "--versus", f"{folder}/what-if.toml", "-q")
    assert cells(next(line for line in both.stdout.splitlines() if line.startswith("All of")))[2] == "never"


@pytest.mark.parametrize(
    ("written", "day", "said"),
    [
        ("q1", "31 Mar 2026", "the end of Q1"),
        ("2026-Q2", "30 Jun 2026", "the end of 2026-Q2"),
        ("2026-02-06 17:30", "6 Feb 2026", "6 Feb 2026"),
        (" 2026-02-06 ", "6 Feb 2026", "6 Feb 2026"),
    ],
)
def test_a_due_date_may_be_a_quarter_or_have_a_time(folder: str, written: str, day: str, said: str) -> None:
    Path(folder, "what-if.toml").write_text(f'[[edit]]\ndue = "Login"\ndate = "{written}"\n', encoding="utf-8")
    for arguments in (("--due", f"Login={written}"), ("--edits", f"{folder}/what-if.toml")):
        lines = run(folder, *arguments, "--drop", "Ads", "--due", "Checkout=2026-01-20", "-q").stdout.splitlines()
        assert f"oving the due date of Login to {said}" in lines[-2]
        login = told(folder, *arguments)["features"][0]
        assert (dt.date.fromisoformat(login["due_after"]).strftime("%-d %b %Y"), login["name"]) == (day, "Login")


def test_what_is_added_with_a_due_date_before_the_start(folder: str) -> None:
    Path(folder, "late.toml").write_text(X + "due = 2025-12-01\n", encoding="utf-8")
    page = run(folder, "--add", f"{folder}/late.toml", "-q").stdout
    assert "Its due date of 1 Dec 2025 can never be kept." in page
    assert "but its own promise of 1 Dec 2025 can never be kept" in page


def cells(line: str) -> list[str]:
    return re.split(r"  +", line.strip())


def test_the_page_reads_like_this(folder: str) -> None:
    result = run(folder, "--add", f"{folder}/x.toml", "--rank", "1", "--runs", "400", "-q")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[:2] == [
        "X (rank 1): 50 % sure by 16 Jan 2026, 85 % sure by 16 Jan 2026, 95 % sure by 16 Jan 2026.",
        "",
    ]
    assert [cells(line) for line in lines[2:9] if "──" not in line] == [
        ["85 % sure", "Slip,", "Later", "Earlier", "Chance"],
        ["Feature", "before", "and after", "days", "median", "in", "in", "Due", "before", "and after", "Promise"],
        ["Login", "16 Jan 2026", "30 Jan 2026", "+10", "+10", "> 99 %", "16 Jan 2026", "> 99 %", "< 1 %", "BREAKS"],
        ["Checkout", "30 Jan 2026", "13 Feb 2026", "+10", "+10", "> 99 %", "2 Mar 2026", "> 99 %", "> 99 %", "holds"],
        ["Ads", "20 Jan 2026", "3 Feb 2026", "+10", "+10", "> 99 %"],
        [
            "Search",
            "6 Feb 2026",
            "23 Jan 2026",
            "-10",
            "-10",
            "< 1 %",
            "> 99 %",
            "2 Feb 2026",
            "< 1 %",
            "> 99 %",
            "now holds",
        ],
    ]
    assert lines[9:] == [
        "1 other does not move in any run.",
        "",
        "Why (working days, on average):",
        "  Login, 10 working days later: 10 more in the queue behind X.",
        "  Checkout, 10 working days later: 10 more waiting for Login.",
        "  Ads, 10 working days later: 10 more in the queue behind X.",
        "",
        "Who gains, and why (working days, on average):",
        "  Search, 10 working days earlier: 10 fewer in the queue behind Checkout.",
        "",
        "Promises that hold: 2 of 3 before, 2 of 3 after. All of them together: < 1 % before, < 1 % after.",
        "Expected days late, all promises added up: 4 before, 10 after.",
        "",
        "Adding X at the top delivers it by 16 Jan 2026 (85 %); Login slips 10 working days and its 16 Jan 2026 promise "
        "falls from > 99 % to < 1 %; the 2 Feb 2026 promise of Search rises from < 1 % to > 99 % and now holds; "
        "no other promise flips.",
        lines[-1],
    ]
    assert lines[-1].startswith("400 runs, seed 0, bootstrap")


def test_what_surprises_is_said(folder: str) -> None:
    """A feature above that moves, and a bottom insertion that bites."""
    (Path(folder) / "roadmap.toml").write_text(
        'start = 2026-01-05\nthroughput = "bootstrap"\nhandoff = "immediate"\nhistory = { A = [10], B = [10] }\n'
        '[[feature]]\nname = "P"\nwork = { A = 10 }\nafter = ["Q"]\n'
        '[[feature]]\nname = "M"\nwork = { A = 20 }\n[[feature]]\nname = "Q"\nwork = { B = 10 }\n',
        encoding="utf-8",
    )
    (Path(folder) / "x.toml").write_text('name = "X"\nwork = { B = 10 }', encoding="utf-8")
    page = run(folder, "--add", f"{folder}/x.toml", "--above", "Q", "-q", "--runs", "50").stdout
    assert (
        "P stands above X and still slips: rank protects a feature within a team that does one thing at a time" in page
    )
    assert "M, 10 working days earlier: 10 fewer in the queue behind P." in page
    bottom = ("--add", f"{folder}/x.toml", "-q", "--runs", "50")
    assert "nothing else moves" in run(folder, *bottom).stdout
    both = run(folder, *bottom, "--wip", "B=2").stdout
    assert "Q" in both
    (Path(folder) / "roadmap.toml").write_text(
        'start = 2026-01-05\nthroughput = "bootstrap"\nhistory = { A = [10] }\n[[team]]\nname = "A"\nwip = 2\n'
        '[[feature]]\nname = "Login"\nwork = { A = 10 }\n',
        encoding="utf-8",
    )
    (Path(folder) / "x.toml").write_text('name = "X"\nwork = { A = 10 }', encoding="utf-8")
    page = run(folder, *bottom).stdout
    assert "X is at the bottom and still slows others: it takes a share" in page
    assert "Login, 10 working days later: 10 more being worked on." in page
    assert "Login slips 10 working days; nothing is promised." in page


# Everything says the same ------------------------------------------------------------------------------------------------


def check_that_all_agree(where: str, *arguments: str) -> Any:
    """Page, sentence, CSV and JSON of one what-if hold the same numbers, and what adds up on the page does."""
    numbers = told(where, *arguments)
    rows = {row["name"]: row for row in numbers["features"]}
    runs, level = numbers["provenance"]["runs"], f"{numbers['provenance']['promise_level']:g}"
    page = run(where, *arguments, "-q").stdout
    sheet = {row["feature"]: row for row in csv.DictReader(io.StringIO(run(where, *arguments, "-q", "--csv").stdout))}
    assert {*sheet} == {*rows}
    for name, row in rows.items():
        assert sheet[name]["after_p85"] == (row["dates_after"].get("0.85") or "")
        assert sheet[name]["flips"] == str(row["flip"] is not None).lower()
        if row["slip"]:
            assert float(sheet[name]["slip_mean"]) == row["slip"]["mean"]
    check_table(page, numbers, rows, runs, level)
    check_sentence(numbers["sentence"], numbers, rows, runs, level)
    assert numbers["sentence"] in page.splitlines()
    for reason in numbers["why"]:
        assert sum(reason[kind] for kind in KINDS) == pytest.approx(rows[reason["name"]]["slip"]["mean"], abs=1e-6)
        assert sum(reason["behind"].values()) == pytest.approx(reason["queueing"], abs=1e-6)
        assert sum(reason["waits_for"].values()) == pytest.approx(reason["waiting"], abs=1e-6)
    return numbers


def check_table(page: str, numbers: Any, rows: Any, runs: int, level: str) -> None:
    """Every feature is on the page or counted there, with the numbers of the JSON."""
    slips, gains = find_shown(numbers)
    for name in slips + gains:
        line = next(line for line in page.splitlines() if line.startswith(name + "  "))
        row, shown = rows[name], cells(line)
        assert shown[1:3] == [say_date(row["dates_before"][level]), say_date(row["dates_after"][level])]
        sign = "-" if row["slip"]["mean"] < 0 else "+"
        assert shown[3] == (sign + say_number(row["slip"]["mean"]) if moves(row) else "0")
        assert (f"\n  {name}, {say_number(row['slip']['mean'])} working day" in page) == moves(row)
        if row["due_after"]:
            assert [say_chance_when(row, when, runs) for when in ("before", "after")] == shown[-3:-1]
    counted = sum(int(n) for n in re.findall(r"^(\d+) (?:more|others?) ", page, re.MULTILINE))
    is_still = re.search(r"^No (other )?feature moves\.$", page, re.MULTILINE)
    everything = [row for row in rows.values() if row["change"] is None and row["name"] not in numbers["subjects"]]
    assert len({*slips, *gains} - {*numbers["subjects"]}) + counted == len(everything) or is_still


def check_sentence(sentence: str, numbers: Any, rows: Any, runs: int, level: str) -> None:
    """Every date, slip and chance in the sentence is that of the feature it speaks of; what flips is all in it."""
    for name in numbers["subjects"]:
        date = rows[name]["dates_after"][level]
        assert (f"by {say_date(date)} ({float(level) * 100:g} %)" if date else "no date at") in sentence
    for name, verb, days in re.findall(r"(?:^|; |: )([^;:]+?) (slips|gains) ([\d.]+) working days?", sentence):
        mean = rows[name]["slip"]["mean"]
        assert (verb, days) == ("slips" if mean > 0 else "gains", say_number(mean))
        if "more than any other" in sentence:
            others = [
                row["slip"]["mean"] for row in rows.values() if row["slip"] and row["name"] not in numbers["subjects"]
            ]
            assert mean == (max(others) if verb == "slips" else min(others))
    for name in numbers["breaks"][:1]:
        row = rows[name]
        change = f"falls from {say_chance_when(row, 'before', runs)} to {say_chance_when(row, 'after', runs)}"
        assert change in sentence
    assert all(name in sentence for name in numbers["breaks"] + numbers["mends"])
    is_quiet = re.search("no promise flips|nothing (is|was) promised", sentence) is not None
    assert is_quiet == (not numbers["breaks"] + numbers["mends"])


CASES = {
    "an insertion": ["--add", "sso.toml", "--rank", "1"],
    "a drop": ["--drop", "Loyalty points"],
    "a move": ["--move", "Accessibility", "--above", "Login"],
    "less scope": ["--resize", "Checkout=50%", "--resize", "Search/Data=1,2,3"],
    "more people": ["--capacity", "Web=+1/4@2026-02-02..2026-06-30,ramp=28"],
    "another date": ["--due", "Invoicing=2026-08-28", "--due", "Login=2026-02-13"],
    "nothing that matters": ["--wip", "Mobile=1"],
    "much": [
        "--split",
        "Checkout/Data",
        "--unlink",
        "Security review=Login",
        "--link",
        "Search/Web=Login/API",
        "--drop",
        "Cold storage",
    ],
}


@pytest.mark.parametrize("case", CASES)
def test_page_sentence_and_data_agree_on_the_example(case: str, tmp_path: Path) -> None:
    (tmp_path / "sso.toml").write_text('name = "SSO"\ndue = 2026-03-27\nwork = { API = [3, 5, 9], Web = [5, 8, 14] }')
    arguments = [str(tmp_path / "sso.toml") if each == "sso.toml" else each for each in CASES[case]]
    check_that_all_agree(EXAMPLE, *arguments, "--runs", "2000")


@pytest.mark.parametrize("where", PORTFOLIOS)
def test_an_urgent_feature_on_top_of_each_real_portfolio(where: str, tmp_path: Path) -> None:
    folder = SHARED_DATA / f"titanium-{where}"
    if not folder.is_dir():
        pytest.skip("the real portfolios are not beside this checkout")
    work = 'work = { Android = [4, 8, 15], Core = { size = 4, after = ["Security hotfix/Android"] } }'
    feature = f'name = "Security hotfix"\n{work}'
    (tmp_path / "x.toml").write_text(feature)
    numbers = check_that_all_agree(str(folder), "--add", str(tmp_path / "x.toml"), "--rank", "1", "--runs", "2000")
    assert numbers["slips"]
    assert numbers["sentence"].startswith("Adding Security hotfix at the top delivers it by ")
    print(numbers["sentence"])


# Options ---------------------------------------------------------------------------------------------------------------

OPTIONS: dict[str, tuple[list[str], list[tuple[str, dict[str, Any]]], str]] = {
    "drop": (["--drop", "Search"], [("without", {"name": "Search"})], "Dropping Search"),
    "move": (
        ["--move", "Search", "--rank", "1"],
        [("move", {"name": "Search", "rank": 1})],
        "Moving Search to the top",
    ),
    "below": (
        ["--move", "Login", "--below", "Ads"],
        [("move", {"name": "Login", "below": "Ads"})],
        "Moving Login below Ads",
    ),
    "expedite": (
        ["--move", "Search", "--expedite"],
        [("move", {"name": "Search", "expedite": True})],
        "Moving Search to the top and ahead of what is in flight",
    ),
    "a share": (
        ["--resize", "Login=80%"],
        [("resize", {"name": "Login", "factor": 0.8})],
        "Changing Login to 80 % of its size",
    ),
    "a factor": (
        ["--resize", "Login/A=x1.5"],
        [("resize", {"name": "Login/A", "factor": 1.5})],
        "Changing Login/A to 150 % of its size",
    ),
    "a bare factor": (
        ["--resize", "Login=0.8"],
        [("resize", {"name": "Login", "factor": 0.8})],
        "Changing Login to 80 % of its size",
    ),
    "a size": (
        ["--resize", "Login/A=5"],
        [("resize", {"name": "Login/A", "size": 5})],
        "Changing Login/A to a size of 5",
    ),
    "three": (
        ["--resize", "Login/A=3,5,8"],
        [("resize", {"name": "Login/A", "size": [3, 5, 8]})],
        "Changing Login/A to a size of 3, 5, 8",
    ),
    "days": (["--resize", "Review=9"], [("resize", {"name": "Review", "size": 9})], "Changing Review to a size of 9"),
    "link": (["--link", "Ads=Login"], [("link", {"name": "Ads", "after": "Login"})], "Making Ads wait for Login"),
    "unlink": (
        ["--unlink", "Checkout=Login"],
        [("unlink", {"name": "Checkout", "after": "Login"})],
        "Letting Checkout start without Login",
    ),
    "due": (
        ["--due", "Ads=2026-03-02"],
        [("set_due", {"name": "Ads", "due": "2026-03-02"})],
        "Moving the due date of Ads to 2 Mar 2026",
    ),
    "no due": (
        ["--due", "Login=none"],
        [("set_due", {"name": "Login", "due": None})],
        "Taking the due date from Login",
    ),
    "capacity": (
        ["--capacity", "A=80%@2026-03-02..2026-04-30"],
        [("staff", {"team": "A", "factor": 0.8, "start": "2026-03-02", "end": "2026-04-30"})],
        "Changing the capacity of A to 80 % from 2 Mar 2026 until 30 Apr 2026",
    ),
    "people": (
        ["--capacity", "A=+1/5@2026-03-02,ramp=42"],
        [("staff", {"team": "A", "people": 1, "of": 5, "start": "2026-03-02", "ramp_days": 42})],
        "Adding 1 to the 5 people of A from 2 Mar 2026, at full pace after 42 days",
    ),
    "gone": (
        ["--capacity", "A=-2/5"],
        [("staff", {"team": "A", "people": -2, "of": 5, "start": "2026-01-05"})],
        "Taking 2 of the 5 people of A away from 5 Jan 2026",
    ),
    "lend": (
        ["--lend", "A/4>B/6=1@2026-02-02..2026-03-01"],
        [
            (
                "lend",
                {"team": "A", "to": "B", "people": 1, "of": 4, "to_of": 6, "start": "2026-02-02", "end": "2026-03-01"},
            )
        ],
        "Lending 1 of the 4 people of A to B from 2 Feb 2026 until 1 Mar 2026",
    ),
    "wip": (["--wip", "A=3"], [("set_wip", {"team": "A", "wip": 3})], "Letting A work on 3 parts at a time"),
    "allocation": (
        ["--allocation", "A=Grow more:60,Debt:30%"],
        [("set_allocation", {"team": "A", "allocation": {"Grow more": 0.6, "Debt": 0.3}})],
        "Splitting the capacity of A into 60 % Grow more and 30 % Debt",
    ),
    "two": (
        ["--drop", "Ads", "--drop", "Review"],
        [("without", {"name": "Ads"}), ("without", {"name": "Review"})],
        "Dropping Ads and dropping Review",
    ),
}


@pytest.mark.parametrize("case", OPTIONS)
def test_every_option_is_an_edit(case: str, folder: str) -> None:
    arguments, edits, said = OPTIONS[case]
    roadmap, history = fc.read(folder)
    edited = fc.WhatIf([fc.Edit(verb, **values) for verb, values in edits]).apply(roadmap)
    base = fc.simulate(roadmap, history, runs=5)
    numbers = told(folder, *arguments, "--runs", "5")
    impact = fc.compare(base, base.again(edited)).to_dict()
    assert numbers["provenance"]["inputs_sha256"] == impact["provenance"]["inputs_sha256"]
    assert numbers["features"] == json.loads(json.dumps(impact["features"]))
    assert numbers["edits_said"] == said


def test_every_edit_can_be_said_and_has_its_option() -> None:
    used = {verb for _, edits, _ in OPTIONS.values() for verb, _ in edits} | {"split", "insert"}
    assert used == {verb for verb, *_ in READERS.values()} | {"insert", "move"}
    split = fc.Edit("split", part="Checkout/Data")
    assert say_edit(split) == "Splitting off Checkout/Data"
    assert say_edit(fc.Edit("replace", feature=fc.Feature("X"))) == "Replacing X"
    x = fc.Feature("X")
    places = {"rank": 3}, {"above": "Y"}, {"below": "Y"}, {}
    said = [say_edit(fc.Edit("insert", feature=x, **place)) for place in places]
    assert said == ["Adding X at rank 3", "Adding X above Y", "Adding X below Y", "Adding X at the bottom"]
    assert (
        say_edit(fc.Edit("set_allocation", team="A", allocation=None)) == "Taking the split between objectives from A"
    )


USAGE = {
    "nothing": ([], "Nothing is edited"),
    "two places": (["--move", "Ads", "--above", "Login", "--rank", "1"], "--above and --rank both say where to"),
    "a place for nothing": (["--drop", "Ads", "--rank", "1"], "give --add or --move as well"),
    "a place for two": (["--move", "Ads", "--add", "x.toml", "--rank", "1"], "the others stand in a file: --edits"),
    "nowhere": (["--move", "Ads"], "--move needs to know where to"),
    "no size": (["--resize", "Ads"], "write it like this: --resize"),
    "a size of text": (["--resize", "Ads=small"], "a factor is written 80% or x0.8"),
    "two numbers": (["--resize", "Ads/A=3,5"], "a size 5 or 3,5,8"),
    "of how many": (["--capacity", "A=-1@2026-03-02"], "-1 of how many? Write -1/5"),
    "no dates": (["--capacity", "A=80%@soon"], "write from when until when"),
    "a share": (["--allocation", "A=Grow:0.6"], "looks like a share; write percent: 60"),
    "no wip": (["--wip", "A=many"], "give a whole number"),
    "no teams": (["--lend", "A=1"], "write it like this: --lend"),
    "json and csv": (["--drop", "Ads", "--json", "--csv"], "choose one"),
}


@pytest.mark.parametrize("case", USAGE)
def test_wrong_usage_is_exit_code_2_with_the_way_out(case: str, folder: str) -> None:
    arguments, said = USAGE[case]
    result = run(folder, *(f"{folder}/x.toml" if each == "x.toml" else each for each in arguments))
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in re.sub(r"\s+", " ", result.stderr)


def test_an_edit_that_cannot_be_is_exit_code_3_with_a_line_a_fault(folder: str) -> None:
    result = run(folder, "--drop", "Serch", "--wip", "C=2", "-q")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.splitlines() == [
        'edit 1: roadmap: feature "Serch"; no such feature. Did you mean "Search"?',
        'edit 2: roadmap: team "C"; no such team. There are: "A", "B".',
    ]
    result = run(folder, "--edits", f"{folder}/nothing.toml")
    assert (result.exit_code, "no such file" in result.stderr) == (3, True)


def test_all_that_is_wrong_is_told_at_once_and_before_anything_is_simulated(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def simulate(*_: Any, **__: Any) -> None:
        raise AssertionError("simulated")

    monkeypatch.setattr("forecast.simulation.simulate", simulate)
    Path(folder, "wrong.toml").write_text('[[edit]]\ndrop = "Logn"\n\n[[edit]]\nwip = "A"\nto = 0\n', encoding="utf-8")
    Path(folder, "y.toml").write_text('\nname = "Y"\nwork = { C = 1 }\nafter = ["Seach"]\n', encoding="utf-8")
    asked = ("--edits", f"{folder}/wrong.toml", "--add", f"{folder}/y.toml", "--wip", "A=2", "--drop", "Adz")
    said = [
        'wrong.toml row 2: edit 1 (drop "Logn"): roadmap: feature "Logn"; no such feature. Did you mean "Login"?',
        'wrong.toml row 5: edit 2 (wip "A"): team "A": wip = 0; a whole number from 1 to 1000000000 is needed',
        'y.toml row 2: feature "Y": work of "C"; no such team in the roadmap.',
        'y.toml row 2: feature "Y": after = "Seach"; no such feature or part in the roadmap. Did you mean "Search"?',
        'edit 4: roadmap: feature "Adz"; no such feature. Did you mean "Ads"?',
    ]
    for more in ((), ("--keep", "Login"), ("--everywhere",)):
        result = run(folder, *asked, *more, "-q")
        assert (result.exit_code, result.stdout) == (3, "")
        assert sorted(re.sub("^edit [0-9]: ", "", line) for line in result.stderr.splitlines()) == sorted(
            re.sub("^edit [0-9]: ", "", line) for line in said
        )
    result = run(folder, "--drop", "Ads", "--versus", f"{folder}/wrong.toml", "-q")
    assert result.stderr.splitlines() == said[:2]
    result = run(folder, "--drop", "Ads", "--keep", "Seach", "-q")
    assert result.stderr == 'keep: "Seach"; no such feature in the roadmap after the edits. Did you mean "Search"?\n'
    for command in (
        ["report", folder, "--out", f"{folder}/report"],
        ["chart", "slips", folder, "-o", f"{folder}/a.svg"],
    ):
        result = CliRunner().invoke(cli, [*command, "--what-if", f"{folder}/wrong.toml", "-q"])
        assert (result.exit_code, result.stderr.splitlines()) == (3, said[:2])


def test_the_first_replay_is_announced_where_it_is_compiled(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    line = "Preparing the replay for this machine"
    asked = (folder, "--add", f"{folder}/x.toml", "--everywhere", "--runs", "50")
    monkeypatch.setattr(placements.Tour, "is_worth_it", False)
    monkeypatch.setattr(placements, "needs_compiling", lambda: True)
    assert line not in run(*asked).stderr  # simulating each place takes less time than to compile
    monkeypatch.setattr(placements, "PATIENCE_COMPILING", 0.0)
    assert line in run(*asked).stderr
    assert run(*asked, "-q").stderr == ""
    monkeypatch.setattr(placements, "needs_compiling", lambda: False)
    assert line not in run(*asked).stderr


def test_what_ifs_side_by_side(folder: str) -> None:
    for name, text in {"first": 'insert = "X"\nrank = 1\nwork = { A = 10 }', "drop": 'drop = "Login"'}.items():
        (Path(folder) / f"{name}.toml").write_text(f"[[edit]]\n{text}\n", encoding="utf-8")
    arguments = (folder, "--edits", f"{folder}/first.toml", "--versus", f"{folder}/drop.toml", "--runs", "400", "-q")
    lines = run(*arguments).stdout.splitlines()
    assert [cells(line) for line in lines[:10] if "──" not in line] == [
        ["85 % sure by", "as it is", "first", "drop"],
        ["Promises that hold", "2 of 3", "2 of 3", "1 of 2"],
        ["All of them together", "< 1 %", "< 1 %", "< 1 %"],
        ["Expected days late", "4", "10", "4"],
        ["X", "16 Jan 2026"],
        ["Login", "16 Jan 2026", "30 Jan 2026 !"],
        ["Checkout", "30 Jan 2026", "13 Feb 2026", "16 Jan 2026"],
        ["Search", "6 Feb 2026", "23 Jan 2026 +", "6 Feb 2026"],
        ["Ads", "20 Jan 2026", "3 Feb 2026", "6 Jan 2026"],
    ]
    both = told(*arguments[:-1])
    assert [each["name"] for each in both] == ["first", "drop"]
    assert lines[11:13] == [f"{each['name']}: {each['sentence']}" for each in both]
    sheet = list(csv.DictReader(io.StringIO(run(*arguments, "--csv").stdout)))
    assert [row["what_if"] for row in sheet] == ["first"] * 6 + ["drop"] * 5


@pytest.mark.parametrize("width", [40, 90, 200])
def test_on_a_terminal_nothing_is_cut_off(folder: str, width: int) -> None:
    arguments = folder, "--add", f"{folder}/x.toml", "--rank", "1", "--runs", "400", "-q"
    plain = run(*arguments).stdout
    for more in ((), ("--versus", write_drop(folder))):
        page = run(*arguments, *more, FORCE_COLOR="1", COLUMNS=str(width), TERM="xterm").stdout
        bare = re.sub(r"\x1b\[[0-9;]*m", "", page)
        assert page != bare
        assert "…" not in bare
        assert "13 Feb 2026" in bare
        prose = bare[bare.index("Adding X at") :].splitlines()
        assert max(map(len, prose)) <= width
        assert ("Earlier" in bare) == (width == 200 and not more)
        assert " ".join(plain.splitlines()[-2].split()[:6]) in " ".join(bare.split())


def test_on_a_terminal_of_eighty_columns_the_table_fits() -> None:
    page = run(EXAMPLE, "--drop", "Search", "--runs", "200", "-q", FORCE_COLOR="1", COLUMNS="80", TERM="xterm").stdout
    lines = re.sub(r"\x1b\[[0-9;]*m", "", page).splitlines()
    assert max(len(line.rstrip()) for line in lines) <= 80
    assert "Promise" in lines[1]


def write_drop(folder: str) -> str:
    path = Path(folder) / "drop.toml"
    path.write_text('[[edit]]\ndrop = "Login"\n', encoding="utf-8")
    return str(path)


def test_names_cannot_act_on_the_terminal(tmp_path: Path) -> None:
    evil = "Red \\u202e feature"
    (tmp_path / "roadmap.toml").write_text(
        'start = 2026-01-05\nthroughput = "bootstrap"\n'
        f'history = {{ A = [10] }}\n[[feature]]\nname = "{evil}"\nwork = {{ A = 3 }}\ndue = 2026-01-07\n'
        f'[[feature]]\nname = "B\\u2067"\nwork = {{ A = 3 }}\nafter = ["{evil}"]\n'
    )
    (tmp_path / "x.toml").write_text('name = "[red]X\\u200f"\nwork = { A = 10 }')
    (tmp_path / "w.toml").write_text('name = "W\\u202e\\u001b[31m"\n[[edit]]\ndrop = "B\\u2067"')
    for more in ([], ["--versus", str(tmp_path / "w.toml")]):
        page = run(str(tmp_path), "--add", str(tmp_path / "x.toml"), "--rank", "1", "--runs", "50", *more)
        assert page.exit_code == 0
        assert not re.search("[\u202e\u2067\u200f\x1b]", page.stdout + page.stderr)
        assert "[red]X\\u200f" in page.stdout


def test_the_promise_level_of_the_roadmap_decides(folder: str) -> None:
    path = Path(folder) / "roadmap.toml"
    path.write_text("promise_level = 0.9\n" + TOML, encoding="utf-8")
    page = run(folder, "--add", f"{folder}/x.toml", "--runs", "400", "-q", "--levels", "50").stdout
    assert page.startswith("X (rank 6): 50 % sure by ")
    assert "(90 %)" in page.splitlines()[-2]
    everything = told(folder, "--drop", "Ads", "--runs", "50")["features"][0]["dates_after"]
    assert {"0.5", "0.85", "0.9", "0.95"} == {*everything}


def test_moves_are_what_would_be_printed() -> None:
    assert moves({"slip": {"mean": 0.05}})
    assert not moves({"slip": {"mean": -0.049}})
    assert [say_number(days) for days in (0.04, 0.05, 0.96, 1, 2.94, 2.96, 12.4)] == [
        "0",
        "0.1",
        "1",
        "1",
        "2.9",
        "3",
        "12",
    ]


def edits_of(pick: Random, roadmap: fc.Roadmap) -> fc.WhatIf:
    """One to four edits of any kind of a random roadmap; some of them are not possible."""
    names, teams = [each.name for each in roadmap.features], [each.name for each in roadmap.teams]
    due = pick.choice((None, roadmap.start + dt.timedelta(days=40)))
    x = fc.Feature("X", dict.fromkeys(pick.sample(teams, min(2, len(teams))), 5), due=due)
    kinds: list[Callable[[], fc.Edit]] = [
        lambda: fc.Edit("insert", feature=x, rank=pick.randint(1, len(names))),
        lambda: fc.Edit("without", name=pick.choice(names)),
        lambda: fc.Edit("move", name=pick.choice(names), rank=1),
        lambda: fc.Edit("resize", name=pick.choice(names), factor=pick.choice((0, 0.5, 2))),
        lambda: fc.Edit("set_due", name=pick.choice(names), due=pick.choice((None, "2026-02-02"))),
        lambda: fc.Edit("staff", team=pick.choice(teams), factor=pick.choice((0, 0.5, 2)), start=roadmap.start),
        lambda: fc.Edit("set_wip", team=pick.choice(teams), wip=2),
    ]
    return fc.WhatIf([pick.choice(kinds)() for _ in range(pick.choice((1, 1, 2, 4)))])


def with_dates(pick: Random, roadmap: fc.Roadmap) -> fc.Roadmap:
    """The roadmap with due dates, promises and costs here and there."""
    features = []
    for each in roadmap.features:
        values: dict[str, Any] = {"due": roadmap.start + dt.timedelta(days=pick.randint(0, 120))}
        values["promised"] = pick.choice((None, True, False))
        if isinstance(each, fc.Feature):
            values["cost_of_delay"] = pick.choice((None, 3.0))
        features.append(changed(each, **values) if pick.random() < 0.6 else each)
    return changed(roadmap, features=features)  # type: ignore[no-any-return]


def test_every_what_if_of_random_portfolios_has_a_page_and_a_sentence_that_is_true() -> None:
    """150 portfolios with every option, never-finished features and few runs among them."""
    pages = lost = 0
    for number in range(150):
        pick = Random(SEED * 1_000_000 + number)
        drawn, history = seeded(SEED * 1_000_000 + number)
        roadmap = with_dates(pick, drawn)
        base = fc.simulate(roadmap, history, runs=pick.choice((1, 9, 40)), seed=SEED, horizon=pick.choice((60, 150)))
        what_if = edits_of(pick, roadmap)
        try:
            edited = what_if.apply(roadmap)
        except fc.Refused:
            continue
        numbers = json.loads(json.dumps(tell(fc.compare(base, base.again(edited)), what_if), allow_nan=False))
        page, rows = render_impact(numbers), {row["name"]: row for row in numbers["features"]}
        assert not re.search(r"\b(nan|inf|None)\b|\?|  [;,.]| of runs of runs", page)
        check_sentence(numbers["sentence"], numbers, rows, base.runs, f"{roadmap.promise_level:g}")
        assert numbers["sentence"] in page
        lost += any(row["slip"] and row["slip"]["lost"] for row in rows.values())
        pages += 1
    assert pages > 100
    assert lost > 5


def test_what_is_split_off_gets_its_date(tmp_path: Path) -> None:
    told = json.loads(run(EXAMPLE, "--split", "Checkout/Web", "--json", "--runs", "200").stdout)
    assert told["subjects"] == told["added"] == ["Checkout (Web)"]
    page = run(EXAMPLE, "--split", "Checkout/Web", "--runs", "200").stdout
    assert page.startswith("Checkout (Web) (rank ")
    assert "Splitting off Checkout/Web delivers it by " in page
