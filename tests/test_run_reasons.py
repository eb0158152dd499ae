"""`forecast run --alone --why`: what is added to table, sentences, JSON and CSV, and that it is the same everywhere."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result

import forecast as fc
from forecast import explanation
from forecast.binding import build_reasons, say_alone, say_reasons
from forecast.cli import cli

EXAMPLE = str(Path(__file__).parents[1] / "data" / "example")
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")

TOML = """
start = 2026-01-05
throughput = "bootstrap"
history = { Web = [10], API = [10] }
[[feature]]
name = "Login"
due = 2026-01-23
work = { Web = 12 }
[[feature]]
name = "Checkout"
due = 2026-02-06
work = { API = 5 }
after = ["Login"]
[[feature]]
name = "Search"
due = 2026-01-16
work = { Web = 10 }
[[feature]]
name = "Reports"
due = 2026-01-09
work = { Web = 10 }
[[feature]]
name = "Review"
days = 8
after = ["Checkout"]
due = 2026-02-06
[[feature]]
name = "Launch"
not_before = 2026-02-20
[[feature]]
name = "Pay"
due = 2026-01-16
work = { API = 1 }
after = ["Login"]
"""


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(cli, ["run", *arguments], env=environment)


@pytest.fixture
def portfolio(tmp_path: Path) -> str:
    (tmp_path / "roadmap.toml").write_text(TOML, encoding="utf-8")
    return str(tmp_path)


def test_the_table_and_the_sentences_read_like_this(portfolio: str) -> None:
    """One item a day: Login ends on day 12, Search and Reports stand behind it, Checkout is picked up on day 20."""
    result = run(portfolio, "--alone", "--why", "--levels", "85", "--runs", "300", "-q")
    assert result.exit_code == 0, result.output
    assert (
        result.stdout.rpartition("\n300 runs")[0]
        == """\
                               Holds at         85 %        Alone
Feature           Due  Chance      85 %      sure by      85 % by
─────────────────────────────────────────────────────────────────
Login     23 Jan 2026  > 99 %       yes  20 Jan 2026  20 Jan 2026
Checkout   6 Feb 2026  > 99 %       yes   6 Feb 2026   6 Feb 2026
Search    16 Jan 2026   < 1 %        NO   3 Feb 2026  16 Jan 2026
Reports    9 Jan 2026   < 1 %        NO  17 Feb 2026  16 Jan 2026
Review     6 Feb 2026   < 1 %        NO  18 Feb 2026  18 Feb 2026
Launch                                   19 Feb 2026  19 Feb 2026
Pay       16 Jan 2026   < 1 %        NO   9 Feb 2026   2 Feb 2026

At 85 %, 2 of 6 promises hold; Search (< 1 %), Reports (< 1 %), Review (< 1 %) and Pay (< 1 %) do not.
What could be promised instead: Search by 3 Feb 2026, Reports by 17 Feb 2026, Review by 18 Feb 2026 and Pay by 9 Feb 2026.
With nothing else in the way, Search (> 99 %) would hold.
Even with nothing else in the way, Reports (< 1 %), Review (< 1 %) and Pay (< 1 %) would not: start earlier, or cut scope.

                              of              of  Days
Feature   Bound by          runs  Ended by  runs  Work  In line  External  Hand-offs  Not before  In all
────────────────────────────────────────────────────────────────────────────────────────────────────────
Login     Web                all  Web        all    12        0         0          0           0      12
Checkout  Web                all  API        all    17        0         0          8           0      25
Search    Web                all  Web        all    10       12         0          0           0      22
Reports   Web                all  Web        all    10       22         0          0           0      32
Review    Web                all  Review     all    17        0         8          8           0      33
Launch    its earliest day   all                     0        0         0          0          34      34
Pay       Web                all  API        all    13        5         0          8           0      26

Search is bound by Web in all runs: of its 22 working days, 10 are that team's work and 12 are spent in line for it.
Reports is bound by Web in all runs: of its 32 working days, 10 are that team's work and 22 are spent in line for it.
Review is bound by Web in all runs: of its 33 working days, 12 are that team's work.
Pay is bound by Web in all runs: of its 26 working days, 12 are that team's work."""
    )


def told_of(folder: str, *options: str) -> dict[str, Any]:
    result = run(folder, "--json", "-q", "--runs", "300", *options)
    assert result.exit_code == 0, result.output
    loaded: dict[str, Any] = json.loads(result.stdout)
    return loaded


def test_json_is_what_python_gives() -> None:
    base = fc.simulate(*fc.read(EXAMPLE), runs=300)
    told = told_of(EXAMPLE, "--alone", "--why", "--levels", "50")
    alone, why = base.alone().to_dict((0.5, 0.85))["features"], fc.explain(base).to_list()
    for feature, one, other in zip(told["features"], alone, why, strict=True):
        assert feature.pop("alone") == {key: one[key] for key in ("chance", "chance_se", "certain", "dates", "never")}
        assert {"name": feature["name"]} | feature.pop("why") == other
    assert told == told_of(EXAMPLE, "--levels", "50") == json.loads(json.dumps(base.to_dict((0.5,))))


def test_csv_has_columns_more() -> None:
    base = fc.simulate(*fc.read(EXAMPLE), runs=300)
    result = run(EXAMPLE, "--csv", "-q", "--runs", "300", "--alone", "--why", "--levels", "50,97.5")
    table = pl.read_csv(io.StringIO(result.stdout), try_parse_dates=True)
    alone, why = base.alone().table((0.5, 0.975)), fc.explain(base).table()
    assert table["alone_p50"].to_list() == alone["p50"].to_list()
    assert table["alone_p97.5"].to_list() == alone["p97.5"].to_list()
    assert table["alone_chance"].to_list() == alone["chance"].to_list()
    assert table["bound_by"].to_list() == why["bound_by"].to_list()
    assert table["queue"].to_list() == pytest.approx(why["queue"].to_list())
    plain = list(csv.reader(io.StringIO(run(EXAMPLE, "--csv", "-q", "--runs", "300", "--levels", "50,97.5").stdout)))
    assert [row[: len(plain[0])] for row in csv.reader(io.StringIO(result.stdout))] == plain


def test_each_may_be_asked_without_the_other(portfolio: str) -> None:
    alone, why = (run(portfolio, option, "-q", "--runs", "50").stdout for option in ("--alone", "--why"))
    assert "Alone" in alone
    assert "Bound by" not in alone
    assert "Alone" not in why
    assert "Bound by" in why
    told = told_of(portfolio, "--alone")
    assert all("alone" in feature and "why" not in feature for feature in told["features"])
    assert (build_reasons(told), say_reasons(told)) == (None, [])
    assert say_alone(told_of(portfolio)) == []


def test_a_roadmap_whose_promises_hold_needs_no_sentence(tmp_path: Path) -> None:
    (tmp_path / "roadmap.toml").write_text(TOML.split('[[feature]]\nname = "Search"')[0], encoding="utf-8")
    told = told_of(str(tmp_path), "--alone", "--why")
    assert (say_alone(told), say_reasons(told)) == ([], [])


def test_a_feature_without_a_date_has_no_reasons(tmp_path: Path) -> None:
    toml = (
        "start = 2026-01-05\nthroughput = 'bootstrap'\nhistory = { Web = [0] }\n"
        "[[feature]]\nname = 'F'\nwork = { Web = 1 }\ndue = 2026-02-01\n"
    )
    (tmp_path / "roadmap.toml").write_text(toml, encoding="utf-8")
    result = run(str(tmp_path), "--alone", "--why", "--runs", "50", "-q")
    assert result.exit_code == 0, result.output
    assert (
        "Even with nothing else in the way, F (never) would not: it needs a team that cannot be forecast."
        in result.stdout
    )
    assert "is bound by" not in result.stdout


def test_fail_under_is_about_the_whole_roadmap(portfolio: str) -> None:
    assert run(portfolio, "--alone", "--why", "--fail-under", "50", "--runs", "50", "-q").exit_code == 4


def test_the_first_compilation_of_the_ledger_is_announced(monkeypatch: pytest.MonkeyPatch, portfolio: str) -> None:
    monkeypatch.setattr(explanation, "needs_compiling", lambda: True)
    assert "Preparing the ledger for this machine" in run(portfolio, "--why", "--runs", "50").stderr
    assert run(portfolio, "--why", "--runs", "50", "-q").stderr == ""


def test_names_act_on_nothing(tmp_path: Path) -> None:
    toml = """
start = 2026-01-05
throughput = "bootstrap"
history = { "\\u202eTeam [red]" = [1] }
[[feature]]
name = "[b]Boo \\u202e"
work = { "\\u202eTeam [red]" = 8 }
due = 2026-01-06
[[feature]]
name = "Ext \\u200f"
days = 30
[[feature]]
name = "Launch"
after = ["Ext \\u200f"]
due = 2026-01-06
"""
    (tmp_path / "roadmap.toml").write_text(toml, encoding="utf-8")
    for environment in ({}, {"FORCE_COLOR": "1", "COLUMNS": "150"}):
        out = run(str(tmp_path), "--runs", "50", "--alone", "--why", **environment).stdout
        assert "[b]Boo \\u202e is bound by \\u202eTeam [red] in all runs" in ESCAPES.sub("", out)
        assert "of its 30 working days, 30 go to it." in ESCAPES.sub("", out)
        assert "\u202e" not in out
        assert "\u200f" not in out


@pytest.mark.parametrize("width", [20, 80, 120])
def test_nothing_is_cut_off_on_a_terminal(portfolio: str, width: int) -> None:
    options = ("--runs", "300", "--alone", "--why")
    result = run(portfolio, *options, FORCE_COLOR="1", COLUMNS=str(width), NO_COLOR="1", TERM="xterm")
    out = ESCAPES.sub("", result.stdout)
    assert "…" not in out
    for word in ("Hand-offs", "Not before", "In all", "Checkout", "6 Feb 2026"):
        assert word in out
    said = re.sub(r"\s+", " ", out)
    told = told_of(portfolio, "--alone", "--why")
    assert all(sentence in said for sentence in [*say_alone(told), *say_reasons(told)])
    assert len(say_alone(told)) == 2
