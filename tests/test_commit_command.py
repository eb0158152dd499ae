"""`forecast commit` and `forecast objectives`: the page, and that table, JSON and sentences say the same."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from helpers import SHARED_DATA

import forecast as fc
from forecast.cli import cli
from forecast.pledge_wording import say_method, say_promise
from forecast.remedy_options import read_keep

EXAMPLE = str(Path(__file__).parents[1] / "data" / "example")
PORTFOLIOS = {
    "2012-05-01": "2012-Q3",
    "2013-05-15": "Q3",
    "2014-05-15": "2014-12-31",
    "2016-04-15": "2017-Q2",
    "2018-08-01": "Q4",
}

TOML = """
start = 2026-01-05
throughput = "bootstrap"
handoff = "immediate"
quarter_starts = ["02-01", "05-01", "08-01", "11-01"]
history = { A = [10], B = [0, 10] }
[[feature]]
name = "Login"
work = { A = 10 }
objective = { "Grow, or not" = 0.75, Debt = 0.25 }
[[feature]]
name = "Check, out"
work = { A = 10 }
after = ["Login"]
[[feature]]
name = "Search"
work = { B = 10 }
due = 2026-02-02
[[feature]]
name = "Never"
work = { B = 500 }
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, [*arguments])


@pytest.fixture
def portfolio(tmp_path: Path) -> str:
    (tmp_path / "roadmap.toml").write_text(TOML, "utf-8")
    return str(tmp_path)


def told(*arguments: str) -> Any:
    result = run(*arguments, "--json", "-q", "--runs", "400")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_page_can_be_read_aloud(portfolio: str) -> None:
    page = run("commit", portfolio, "--by", "2026-02-13", "--level", "80", "-q", "--runs", "400").stdout
    assert "By 13 Feb 2026, promise 3 features: Login, Check, out and Search." in page
    assert re.search(r"All of them come true, together, in 8\d of 100 futures", page)
    assert "Promise (80 %): 3 features, together in 8" in page
    assert "Of the 3 promised, all 3 arrive by then with 8" in page
    assert "What each further promise costs (the likeliest of each size" in page
    assert "Chosen as many as possible, since no feature has a value, on 400 runs (seed 0" in page
    assert "All chances are of 400 fresh runs (seed 1), on which nothing was chosen" in page
    assert "and 1 more beyond" in page  # Never is not done in any run


ONE_TEAM = """
start = 2026-01-05
history = { A = [2, 4, 6, 8] }
[[feature]]
name = "Small"
work = { A = 2 }
objective = "Run"
[[feature]]
name = "Big"
work = { A = 14 }
objective = "Run"
"""


def test_who_holds_a_feature_in_every_run_and_an_objective_of_two(tmp_path: Path) -> None:
    (tmp_path / "roadmap.toml").write_text(ONE_TEAM, "utf-8")
    asked = (str(tmp_path), "--by", "2026-02-27", "--level", "95", "-q", "--runs", "400")
    assert "; bound by A (all futures)." in run("commit", *asked).stdout
    page = run("objectives", *asked).stdout
    assert re.search(r"Run: both features are done with [3-7]\d %; 95 % sure of 1 of them", page)


def test_where_nothing_is_ever_done_by_then_there_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "roadmap.toml").write_text(ONE_TEAM.replace("A = 2 }", "A = 500 }").replace("14", "500"), "utf-8")
    page = run("commit", str(tmp_path), "--by", "2026-01-05", "-q", "--runs", "400").stdout
    assert page.startswith("Nothing can be promised by 5 Jan 2026 at 85 %: no feature is ever done by then.\n\nPromise")
    assert "beyond" not in page


@pytest.mark.parametrize(
    ("texts", "names"),
    [
        (["A,B"], ["A,B"]),
        (["A, B"], ["A,B"]),
        (["C,A,B,D, E"], ["C", "A,B", "D, E"]),
        (["D,E", "C"], ["D, E", "C"]),
        (["A"], ["A"]),
        (["C,B"], ["C", "B"]),
    ],
)
def test_a_comma_in_a_name_that_there_is_divides_nothing(texts: list[str], names: list[str]) -> None:
    roadmap = fc.Roadmap("2026-01-05", ["T"], [fc.Feature(name, {"T": 1}) for name in ("A,B", "C", "D, E")])
    assert read_keep(texts, roadmap) == names
    with pytest.raises(click.UsageError, match="a name is empty"):
        read_keep(["C,,A"], roadmap)


def test_quarters_are_those_of_the_company(portfolio: str) -> None:
    assert told("commit", portfolio, "--by", "Q1")["commitments"][0]["by"] == "2026-04-30"
    assert told("commit", portfolio, "--by", "2026-Q1")["commitments"][0]["by"] == "2026-04-30"
    refused = run("commit", portfolio, "--by", "2027-Q1")
    assert refused.exit_code == 3
    assert "it may end on 2026-04-30 or 2027-04-30" in refused.stderr


def test_table_json_and_python_agree(portfolio: str) -> None:
    roadmap, history = fc.read(portfolio)
    base = fc.simulate(roadmap, history, runs=400)
    cadence = fc.plan_cadence(base, by=["2026-01-16", "2026-02-13"], level=0.6)
    arguments = ("commit", portfolio, "--by", "2026-02-13", "--by", "2026-01-16", "--level", "60")
    read = told(*arguments, "--first")
    plain = json.loads(json.dumps(cadence.to_dict()))
    assert read["together"] == plain["together"]
    for mine, other, commitment in zip(read["commitments"], plain["commitments"], cadence.commitments, strict=True):
        assert {key: mine[key] for key in other} == other
        first = commitment.first()
        assert mine["first"] == json.loads(json.dumps(first.to_dict()))
        rooms = fc.find_headroom(commitment.certified, commitment.features, by=commitment.by, level=0.6)
        assert mine["headroom"] == [room.to_dict() for room in rooms]
        assert mine["objectives"][0]["name"] == "Grow, or not"
    rows = list(csv.DictReader(io.StringIO(run(*arguments, "--csv", "-q", "--runs", "400").stdout)))
    assert [row["by"] for row in rows] == ["2026-01-16"] * 4 + ["2026-02-13"] * 4
    chances = {row["feature"]: float(row["chance"]) for row in rows[4:]}
    assert chances == pytest.approx(cadence.commitments[1].alone)
    assert [row["line"] for row in rows[4:]] == [cadence.commitments[1].line_of(name) for name in chances]


def test_names_may_hold_commas_where_features_are_named(portfolio: str) -> None:
    read = told("commit", portfolio, "--by", "2026-01-30", "--keep", "Login,Check, out")
    assert {"Login", "Check, out"} <= {*read["commitments"][0]["features"]}


def test_nothing_to_promise_is_said_with_what_is_likeliest(portfolio: str) -> None:
    page = run("commit", portfolio, "--by", "2026-01-09", "-q", "--runs", "400").stdout
    assert "Nothing can be promised by 9 Jan 2026 at 85 %" in page
    assert "Promise (85 %): nothing." in page
    read = told("commit", portfolio, "--by", "2026-01-09", "--first")
    assert read["commitments"][0]["features"] == []
    assert read["commitments"][0]["first"] is None


def test_first_tells_what_it_buys_and_who_pays(tmp_path: Path) -> None:
    toml = TOML.replace('name = "Never"\nwork = { B = 500 }', 'name = "Top"\nvalue = 50\nwork = { B = 10 }')
    (tmp_path / "roadmap.toml").write_text(toml, "utf-8")
    asked = ("commit", str(tmp_path), "--by", "2026-01-30", "--level", "60", "--keep", "Top", "--first", "-q")
    page = run(*asked, "--runs", "400").stdout
    assert re.search(r"On top of the order, the chance of the promise rises from \d+ % to \d+ %\.", page)
    assert re.search(r"Who pays, in the chance of being done by then: .*Search \(7\d %, then 2\d %\)", page)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("commit", EXAMPLE), 2, "Missing option '--by'"),
        (("commit", EXAMPLE, "--by", "Q5"), 3, "a quarter is written Q1 to Q4"),
        (("commit", EXAMPLE, "--by", "Q1", "--level", "0.85"), 2, "write percent: 85"),
        (("commit", EXAMPLE, "--by", "Q1", "--by", "2026-03-31"), 3, "it is given twice"),
        (("commit", EXAMPLE, "--by", "2025-01-01"), 3, "before the roadmap starts"),
        (("commit", EXAMPLE, "--by", "Q1", "--keep", "Chekout"), 3, 'Did you mean "Checkout"'),
        (("commit", EXAMPLE, "--by", "Q1", "--keep", "Security review"), 3, "which is no promise"),
        (("commit", EXAMPLE, "--by", "Q1", "--json", "--csv"), 2, "choose one"),
        (("objectives", EXAMPLE, "--by", "Q9"), 3, "a quarter is written Q1 to Q4"),
        (("objectives", EXAMPLE), 2, "Missing option '--by'"),
    ],
)
def test_what_is_wrong_is_told_with_its_way_out(arguments: tuple[str, ...], code: int, message: str) -> None:
    result = run(*arguments, "--runs", "20")
    assert result.exit_code == code, result.output
    assert message in result.stderr
    assert result.stdout == ""


def test_hostile_names_act_on_nothing(tmp_path: Path) -> None:
    names = ["=1+1", "\\u001b[31mred", "[bold]b[/bold]", "<b>x</b>", "\\u202ekcab", "@sum", "a: b; c"]
    features = [
        f'[[feature]]\nname = "{name}"\nwork = {{ "{name} team" = 1 }}\nobjective = "{name} goal"\n'
        for name in names
        if "u001b" not in name
    ]
    history = ", ".join(f'"{name} team" = [3, 5]' for name in names if "u001b" not in name)
    toml = f"start = 2026-01-05\nhistory = {{ {history} }}\n" + "".join(features)
    (tmp_path / "roadmap.toml").write_text(toml, "utf-8")
    page = run("commit", str(tmp_path), "--by", "Q1", "--first", "-q", "--runs", "50").stdout
    assert "\u202e" not in page
    assert "[bold]b[/bold]" in page
    assert "<b>x</b>" in page
    rows = list(
        csv.DictReader(io.StringIO(run("commit", str(tmp_path), "--by", "Q1", "--csv", "-q", "--runs", "50").stdout))
    )
    assert {"'=1+1", "'@sum"} <= {row["feature"] for row in rows}
    assert not any(row["feature"].startswith(("=", "@")) for row in rows)
    assert (
        "=1+1"
        in json.loads(run("commit", str(tmp_path), "--by", "Q1", "--json", "-q", "--runs", "50").stdout)["commitments"][
            0
        ]["features"]
    )
    goals = run("objectives", str(tmp_path), "--by", "Q1", "-q", "--runs", "50").stdout
    assert "\u202e" not in goals
    assert "[bold]b[/bold] goal: its one feature is done with" in goals
    table = run("objectives", str(tmp_path), "--by", "Q1", "--csv", "-q", "--runs", "50").stdout
    assert "'=1+1 goal" in table


def test_objectives_are_told_for_each_day(portfolio: str) -> None:
    read = told("objectives", portfolio, "--by", "2026-02-13", "--by", "Q1")
    assert [day["by"] for day in read["days"]] == ["2026-02-13", "2026-04-30"]
    assert [goal["name"] for goal in read["days"][0]["objectives"]] == ["Grow, or not", "Debt"]
    assert read["days"][0]["objectives"][0]["value"] == 0.75
    page = run("objectives", portfolio, "--by", "2026-02-13", "-q", "--runs", "400").stdout
    assert "By 13 Feb 2026:" in page
    assert "Debt: its one feature is done with > 99 %." in page
    assert "3 features serve no objective." in page
    rows = list(
        csv.DictReader(io.StringIO(run("objectives", portfolio, "--by", "Q1", "--csv", "-q", "--runs", "9").stdout))
    )
    assert [row["objective"] for row in rows] == ["Grow, or not", "Debt"]


@pytest.mark.parametrize("day", PORTFOLIOS)
def test_real_portfolios_read_well(day: str) -> None:
    folder = SHARED_DATA / f"titanium-{day}"
    if not folder.is_dir():
        pytest.skip(f"{folder.name} is not there")
    page = run("commit", str(folder), "--by", PORTFOLIOS[day], "--first", "-q", "--runs", "500")
    assert page.exit_code == 0, page.output
    assert "nan" not in page.stdout.casefold().split()
    for line in page.stdout.splitlines():
        assert not re.search(r"\b(None|inf|nan)\b|\{|\}", line), line
        assert len(line) < 400
    read = told("commit", str(folder), "--by", PORTFOLIOS[day])["commitments"][0]
    assert read["chance"] <= min([read["alone"][name] for name in read["features"]], default=1.0)
    assert read["at_least"] == sorted(read["at_least"], reverse=True)
    rows = list(
        csv.DictReader(
            io.StringIO(run("commit", str(folder), "--by", PORTFOLIOS[day], "--csv", "-q", "--runs", "500").stdout)
        )
    )
    assert [row["feature"] for row in rows] == list(read["alone"])


def test_what_falls_below_the_level_is_said() -> None:
    past = fc.History.from_counts({"A": [0, 10]})
    roadmap = fc.Roadmap("2026-01-05", ["A"], [fc.Feature("Login", {"A": 10})])
    found = fc.commit(fc.simulate(roadmap, past, runs=400, throughput=fc.Bootstrap()), by="2026-01-16", keep=["Login"])
    said = " ".join(say_promise(found))
    assert re.search(
        r"That is 3\d\.\d points below the 85 % that are wanted: what has to be kept is not likelier\.", said
    )
    assert "Nothing" not in said
    assert "as many as possible" in next(iter(say_method(found)))


UNKNOWN = """
start = 2026-01-05
history = { A = [0, 0, 0, 0, 0, 0], B = [4, 5, 6, 3, 4, 5] }
[[feature]]
name = "Never"
work = { A = 10 }
due = 2026-06-01
"""


def test_where_nothing_is_ever_done_no_order_and_no_smaller_scope_is_proposed(tmp_path: Path) -> None:
    """A team without one finished item: starting earlier or cutting scope would not help, and no day ends the delay."""
    (tmp_path / "roadmap.toml").write_text(UNKNOWN, "utf-8")
    page = run("run", str(tmp_path), "--alone", "--runs", "200").stdout
    assert "No date can be promised for Never." in page
    assert "Never (never) would not: it needs a team that cannot be forecast." in page
    assert "cut scope" not in page
    found = run("order", str(tmp_path), "--aim", "delay", "--runs", "200")
    assert (found.exit_code, found.stdout) == (3, "")
    assert "no feature that is ever done" in found.stderr
    page = run("commit", str(tmp_path), "--by", "Q2", "--runs", "200").stdout
    assert page.startswith("Nothing can be promised by 30 Jun 2026")
    assert "that of the promise" not in page


HOPELESS = (
    UNKNOWN
    + """
[[feature]]
name = "Ads"
work = { B = 9 }
due = 2026-02-02
"""
)


def test_what_can_never_be_kept_is_said_alike_by_every_command(tmp_path: Path) -> None:
    """Team A never finished anything: no run could tell that, and no number of days that are all 0."""
    (tmp_path / "roadmap.toml").write_text(HOPELESS, "utf-8")
    asked = (str(tmp_path), "--runs", "400", "-q")
    lines = [line.split() for line in run("run", *asked, "--why").stdout.splitlines() if line.startswith("Never")]
    assert lines[0][4] == "never"
    assert lines[1] == ["Never"]  # no days of what never ends
    page = run("what-if", *asked, "--resize", "Ads=150%", "--keep", "Ads,Never").stdout
    assert "Never (1 Jun 2026) and Ads (2 Feb 2026) never hold together, without it never; 85 % is wanted." in page
    assert "Nothing on the menu is enough: Never can never be kept." in page
    told = json.loads(run("what-if", *asked, "--resize", "Ads=150%", "--keep", "Ads,Never", "--json").stdout)
    assert (told["before"]["never"], told["after"]["never"]) == (["Never"], ["Never"])
    page = run("order", *asked, "--aim", "promises").stdout
    assert "The chance that all 2 promises until 1 Jun 2026 are kept: never in the given order." in page
    assert "No order keeps all of them, for Never can never be kept: the given one stays." in page
    page = run("order", *asked, "--aim", "promises", "--by", "2026-02-27").stdout  # which leaves Never out
    assert re.search(r"The chance that the promise of 2 Feb 2026 is kept: [0-9]+ % in the given order\.", page)
    page = run("what-if", *asked, "--resize", "Ads=150%", "--keep", "Ads").stdout
    assert "never" not in page


def test_a_promise_that_has_no_value_is_told_to_count_the_mean(tmp_path: Path) -> None:
    (tmp_path / "roadmap.toml").write_text(TOML.replace('name = "Search"', 'name = "Search"\nvalue = 7'), "utf-8")
    page = run("commit", str(tmp_path), "--by", "2026-03-31", "--runs", "200").stdout
    assert "Login, Check, out and Never have no value and count 7, the mean of the others." in page


def test_lines_are_called_what_their_chance_is(tmp_path: Path) -> None:
    """When everything is sure by then, nothing takes luck; and days before the start are refused, here as elsewhere."""
    (tmp_path / "roadmap.toml").write_text(TOML.partition('[[feature]]\nname = "Never"')[0], "utf-8")
    page = run("commit", str(tmp_path), "--by", "2027-12-31", "--by", "2028-12-31", "--runs", "200").stdout
    assert re.search(r"Aim \(50 %\): 3 features, together in .* futures; the same as the promise\.", page)
    assert re.search(r"Stretch \(15 %\): 3 features, together in .* futures; the same as the promise\.", page)
    assert "luck to reach" not in page
    assert "All promises of both days hold" in page
    found = run("objectives", str(tmp_path), "--by", "2020-01-01")
    assert (found.exit_code, found.stdout) == (3, "")
    assert "before the roadmap starts, 2026-01-05" in found.stderr


def test_what_is_kept_and_can_never_be_done_is_no_small_chance(tmp_path: Path) -> None:
    """A team without a past; what merely takes too long has a chance."""
    lost = '[[feature]]\nname = "Lost"\nwork = { C = 1 }\n'
    (tmp_path / "roadmap.toml").write_text(TOML + lost, "utf-8")
    asked = ("commit", str(tmp_path), "--by", "2026-02-13", "--runs", "400", "-q")
    page = run(*asked, "--keep", "Lost").stdout
    assert "promise one feature: Lost. It comes true in no future.\n" in page
    assert "That is 85.0 points below the 85 % that are wanted: Lost can never be done." in page
    assert "Promise (85 %): 1 feature, in no future; what has to be kept." in page
    assert re.search(r"Lost +promise +never +never\n", page)
    both = run(*asked, "--keep", "Lost,Login").stdout
    assert "All of them come true, together, in no future.\n" in both
    assert "Of the 2 promised, both arrive by then in no future and at least 1 with > 99 %." in both
    rare = run(*asked, "--keep", "Never").stdout
    assert "It comes true in fewer than 1 of 100 futures." in rare
    assert "never" not in rare
