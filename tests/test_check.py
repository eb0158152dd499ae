"""A check as a whole: what the command prints, how it ends, that Python gives the same, and what it says of real portfolios."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner, Result
from helpers import SHARED_DATA
from hypothesis import given, settings
from hypothesis import strategies as st
from portfolios import portfolio

import forecast as fc
from forecast import files
from forecast.checklist import render
from forecast.cli import cli

ROOT = Path(__file__).parents[1]
EXAMPLE = str(ROOT / "data" / "example")
README = (ROOT / "README.md").read_text(encoding="utf-8")
REAL = ("2012-05-01", "2013-05-15", "2014-05-15", "2016-04-15", "2018-08-01")

TOML = """
start = 2026-01-05
growth = 1.2
history = { Web = [3, 5, 2, 4, 0, 6, 2, 8, 4, 5], API = [0, 0] }
[[feature]]
name = "Login"
work = { Web = 9 }
[[feature]]
name = "Partner"
work = { API = 1 }
"""


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(cli, ["check", *arguments], env=environment)


def write(folder: Path, toml: str, **sheets: str) -> str:
    (folder / "roadmap.toml").write_text(toml, encoding="utf-8")
    for name, text in sheets.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return str(folder)


# The command ---------------------------------------------------------------------------------------------------------------


def test_the_example_in_the_readme_is_what_is_printed() -> None:
    shown = re.search(r"<!-- check -->\n```\n(.*?)```", README, re.DOTALL)
    assert shown
    assert run(EXAMPLE, "-q").stdout == shown[1]


def test_the_page_has_all_its_parts_in_order() -> None:
    result = run(EXAMPLE)
    assert result.exit_code == 0
    heads = [line for line in result.stdout.splitlines() if line and not line.startswith(" ")]
    teams = ["Team", "─", "Web", "API", "Mobile", "Data", "Platform"]
    assert [head.split()[0][: len(expected)] for head, expected in zip(heads[2:9], teams, strict=True)] == teams
    assert [heads[0], heads[1], *heads[9:12]] == [
        "Read",
        "What the teams' past says",
        "The forecast will assume",
        "To settle before anything is promised (2)",
        "Worth knowing (1)",
    ]
    assert (
        heads[12] == "A forecast is possible. Before anything is promised, look at the promises that nobody can keep."
    )
    assert heads[13].startswith("forecast 0.1.0, inputs ")


def test_of_the_example_only_what_is_true_is_said() -> None:
    """Data residency waits for something that is due later, and with the dates of the forecast it cannot be in time."""
    roadmap, history = fc.read(EXAMPLE)
    told = {finding.kind: finding for finding in fc.check(EXAMPLE).findings}
    assert {kind: finding.about for kind, finding in told.items()} == {
        "alone": ("Data residency",),
        "due order": ("Data residency",),
        "started": ("Login",),
    }
    early, late = roadmap.feature("Data residency").due, roadmap.feature("Database consolidation").due
    assert early is not None
    assert late is not None
    assert early < late
    only = roadmap
    for each in roadmap.features:
        if each.name not in ("Data residency", "Database consolidation", "Kubernetes upgrade", "Cold storage"):
            only = only.without(each.name)
    assert fc.simulate(only, history, runs=1000).chance("Data residency") < 0.6


def test_json_is_the_same_as_python_and_all_of_it() -> None:
    result = run(EXAMPLE, "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 0
    assert told == json.loads(json.dumps(fc.check(EXAMPLE).to_dict()))
    assert list(told) == [
        "schema",
        "possible",
        "verdict",
        "read",
        "ignored",
        "assumptions",
        "teams",
        "findings",
        "provenance",
    ]
    assert list(told["findings"][0]) == ["severity", "kind", "where", "sentence", "way_out", "about"]
    assert told["teams"][0]["name"] == "Web"
    assert told["teams"][0]["first"] == "2024-11-11"
    assert told["teams"][0]["sprints"] == 30
    assert told["teams"][0]["trust"] == "good"
    roadmap, history = fc.read(EXAMPLE)
    assert fc.check(roadmap, history).findings == fc.check(EXAMPLE).findings
    assert run(EXAMPLE, "--json", "-q").stdout == result.stdout


def test_every_finding_is_on_the_page_with_its_way_out() -> None:
    checkup = fc.check(EXAMPLE)
    page = run(EXAMPLE).stdout
    for finding in checkup.findings:
        assert f". {finding.sentence}\n     {finding.way_out}\n" in page
    for _, sentence in checkup.assumptions:
        assert f"  {sentence}\n" in page


def test_no_forecast_is_exit_code_3_and_everything_else_is_0(tmp_path: Path) -> None:
    result = run(write(tmp_path, TOML))
    assert result.exit_code == 0
    assert "warning" not in result.stdout
    assert (
        "Not one item finished in the past sprints of API: Partner gets no date, nor does what waits for it."
        in result.stdout
    )
    result = run(write(tmp_path, TOML.replace("Web = [3, 5, 2, 4, 0, 6, 2, 8, 4, 5]", "Web = [0]")))
    assert result.exit_code == 3
    assert "Makes a forecast impossible (1)" in result.stdout
    assert result.stdout.splitlines()[-2] == (
        "No forecast is possible. No team with work has finished anything in the history, so nothing can be said of any date."
    )
    assert json.loads(run(str(tmp_path), "--json").stdout)["possible"] is False
    assert run(str(tmp_path), "--json").exit_code == 3


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("start = 2026-01-05\nhistory = { Web = [3] }\n[[feature]]\nname = 'F'\nwork = { Web = -1 }", "size"),
        ("start = ", "not readable as TOML"),
    ],
)
def test_a_folder_that_cannot_be_read_gives_its_faults(tmp_path: Path, toml: str, said: str) -> None:
    result = run(write(tmp_path, toml))
    assert result.exit_code == 3
    assert result.stdout == ""
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_no_folder_is_a_fault_too() -> None:
    assert run("no/such/folder").exit_code == 3
    assert run().exit_code == 2


def test_what_was_read_over_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its reason, as the files tell it."""
    read = files.read_portfolio(EXAMPLE)
    ignored = (files.Ignored("features.csv row 4", "colour", "no such column"),)
    portfolio = files.Portfolio(read.roadmap, read.history, (("throughput.csv", "140 sprints"),), ignored)
    monkeypatch.setattr("forecast.inspection.read_portfolio", lambda _: portfolio)
    page = run(EXAMPLE).stdout
    assert "Read\n  throughput.csv  140 sprints\n" in page
    assert "Left out or cut down\n  features.csv row 4: colour; no such column\n" in page
    assert json.loads(run(EXAMPLE, "--json").stdout)["ignored"] == [
        {"where": "features.csv row 4", "what": "colour", "why": "no such column"}
    ]


@pytest.mark.parametrize("width", [40, 80, 200])
def test_on_a_terminal_lines_are_folded_and_nothing_is_lost(width: int) -> None:
    page = run(EXAMPLE, FORCE_COLOR="1", COLUMNS=str(width), NO_COLOR="1", TERM="xterm").stdout
    page = re.sub(r"\x1b\[[0-9;]*m", "", page)
    before, table, after = re.fullmatch(r"(.*?What the teams' past says\n)(.*?)(\n\n.*)", page, re.DOTALL).groups()
    prose = [line for line in (before + after).splitlines() if not re.search(r"\d  +\w", line)]
    assert max(map(len, prose)) <= max(width, 40)
    assert max(map(len, table.splitlines())) <= 80
    for team, row in zip(fc.check(EXAMPLE).to_dict()["teams"], table.splitlines()[3:], strict=True):
        assert row.split()[0] == team["name"]
        assert row.rstrip().endswith(f"sprints  {team['trust']:>5}")
    flat = " ".join(page.split())
    for finding in fc.check(EXAMPLE).findings:
        assert finding.sentence in flat
        assert finding.way_out in flat


def test_colours_only_where_they_are_wanted() -> None:
    assert "\x1b[" not in run(EXAMPLE).stdout
    assert "\x1b[1;33m" in run(EXAMPLE, FORCE_COLOR="1", TERM="xterm").stdout
    assert "\x1b[1;33m" not in run(EXAMPLE, FORCE_COLOR="1", NO_COLOR="1", TERM="xterm").stdout


# What it says ------------------------------------------------------------------------------------------------------------


def checkup(*features: Any, counts: Any = None, **options: Any) -> fc.Checkup:
    features = features or (fc.Feature("Login", {"Web": 5}),)
    roadmap = fc.Roadmap("2026-01-05", ["Web"], features, **({"growth": 1.2} | options))
    return fc.check(roadmap, fc.History.from_counts({"Web": [9, 11, 8, 12, 10] * 2 if counts is None else counts}))


@pytest.mark.parametrize(
    ("made", "verdict"),
    [
        (lambda: checkup(), "A forecast is possible, and nothing here speaks against it."),
        (
            lambda: checkup(growth=None),
            "A forecast is possible. One thing would change it most: the work that is found on the way.",
        ),
        (
            lambda: checkup(growth=None, counts=[9, 11]),
            "A forecast is possible. Two things would change it most: the work that is found on the way, and the short history.",
        ),
        (
            lambda: checkup(fc.Feature("Login", {"Web": 99}, due="2026-01-30")),
            "A forecast is possible. Before anything is promised, look at the promises that nobody can keep.",
        ),
        (
            lambda: checkup(counts=[0, 0]),
            "No forecast is possible. No team with work has finished anything in the history, so nothing can be said of any "
            "date.",
        ),
    ],
)
def test_verdicts(made: Any, verdict: str) -> None:
    assert made().verdict == verdict


@pytest.mark.parametrize(
    ("counts", "trust"),
    [([9, 11, 8, 12, 10] * 2, "good"), ([9, 11] * 4, "with care"), ([9, 11], "little"), ([0, 0], "none"), ([], "none")],
)
def test_trust_in_a_past(counts: list[int], trust: str) -> None:
    made = checkup(counts=counts)
    assert [made.trust(past) for past in made.pasts] == [trust]


def test_a_doubted_past_is_to_be_used_with_care() -> None:
    counts = [772, *[9, 11, 8, 12, 10] * 4]
    made = checkup(counts=counts, throughput="bootstrap")
    assert [made.trust(past) for past in made.pasts] == ["with care"]
    made = checkup(counts=counts)  # forty weeks ago it counts a hundredth
    assert [made.trust(past) for past in made.pasts] == ["good"]
    made = checkup(counts=counts[::-1])
    assert [made.trust(past) for past in made.pasts] == ["with care"]


def test_assumptions_are_those_of_the_roadmap() -> None:
    told = dict(fc.check(EXAMPLE).assumptions)
    assert told == {
        "start": "Work that is left begins on 5 Jan 2026.",
        "throughput": "A future sprint is like one of the past sprints of its team, zeros included; recent ones count most (half "
        "as much after 5 weeks).",
        "level": "How much a team gets done is itself uncertain, the more so the fewer its sprints, and changes by about 26 % a "
        "fortnight, for better or worse, partly for all teams at once.",
        "default": "This way to use the past is the default: of the models here, its promises held best on real histories (see "
        "README).",
        "sprints": "Sprints last 14 days; Mobile 21.",
        "hand-off": "What another team, a vendor or a milestone finished is picked up at the next sprint.",
        "sizes": "Sizes are what the roadmap says, times 1 to 1.7 (most likely 1.2) for work found on the way, rounded to whole "
        "items.",
        "availability": "Nobody works at weekends and on 5 days off; Mobile and Platform have days off of their own; the "
        "capacity of Web and API changes as planned; only a share of the time is for this roadmap (Data 70 %).",
        "priorities": "A team works on the most important thing that it can start; API on 2 at a time; Data finishes what is "
        "begun; Web splits the time between objectives.",
        "risks": "3 risks may happen, each at most once.",
        "promises": "Each of the 15 promises holds when its chance is at least 85 %.",
    }


def test_other_assumptions() -> None:
    told = dict(
        checkup(
            fc.Feature("A", {"Web": 1}, growth=1.5),
            fc.Feature("B", after=[fc.After("A", handoff="next-sprint")]),
            growth=None,
            unit="points",
            handoff="immediate",
            throughput=fc.Bootstrap(window=3, together=True),
        ).assumptions
    )
    assert told["throughput"] == (
        "Every future sprint is one of the newest 3 sprints of its team, drawn at random, the same for all teams; zeros included."
    )
    assert (
        told["hand-off"]
        == "What another team, a vendor or a milestone finished is picked up at once (1 link otherwise)."
    )
    assert (
        told["sizes"]
        == "Sizes are what the roadmap says times a factor for work found on the way, for 1 feature, in points."
    )
    assert told["promises"] == "No feature has a due date that is a promise."
    assert dict(checkup().assumptions)["hand-off"] == "Nothing waits for anything else."


@pytest.mark.parametrize(
    "arguments", [("no/such",), (3,), (fc.Roadmap("2026-01-05", [], []),), (EXAMPLE, fc.History([]))], ids=str
)
def test_what_is_no_portfolio_is_refused(arguments: tuple[Any, ...]) -> None:
    with pytest.raises((fc.Fault, fc.Refused)):
        fc.check(*arguments)


def test_another_model_can_be_asked_about() -> None:
    counts = [772, *[9, 11, 8, 12, 10] * 4]
    roadmap = fc.Roadmap("2026-01-05", ["Web"], [fc.Feature("A", {"Web": 1})], growth=1.2)
    history = fc.History.from_counts({"Web": counts})
    assert [finding.kind for finding in fc.check(roadmap, history, throughput="bootstrap").findings] == ["bulk"]
    assert fc.check(roadmap, history).findings == ()
    assert fc.check(roadmap, history).to_dict()["provenance"]["throughput_is_default"] is True
    assert fc.check(roadmap, history, throughput="bootstrap").to_dict()["provenance"]["throughput_is_default"] is False
    assert fc.check(roadmap, history, throughput=fc.Bootstrap(window=12)).findings == ()
    with pytest.raises(fc.Fault, match="model"):
        fc.check(roadmap, history, throughput="magic")


LITTLE = """
start = 2026-01-05
growth = "learned"
history = "throughput.csv"
[[team]]
name = "Web"
[[team]]
name = "API"
guess = [3, 5, 9]
[[feature]]
name = "Login"
work = { Web = 9, API = 20 }
"""
FOUR = "team,start,end,done\nWeb,2025-11-10,2025-11-23,4\nWeb,2025-11-24,2025-12-07,6\nWeb,2025-12-08,2025-12-21,5\n"


def test_guesses_short_histories_and_growth_from_nothing(tmp_path: Path) -> None:
    """All of it is possible; it is said what stands in for what, and a guess is never told as a team without a past."""
    folder = write(tmp_path, LITTLE, throughput=FOUR + "Web,2025-12-22,2026-01-04,7\nWeb,2026-01-05,2026-01-18,1\n")
    made = fc.check(folder)
    assert made.is_possible
    assert [(each.severity, each.kind) for each in made.findings] == [
        ("warning", "few sprints"),
        ("warning", "guess"),
        ("note", "learned growth"),
    ]
    told = dict(made.assumptions)
    assert told["short history"] == (
        "Web has fewer than 6 past sprints, so sprints unlike any of them can come too, as far as teams in general vary."
    )
    assert told["guess"] == "For the past of API, a guess stands in."
    assert "default" in told
    assert told["sizes"].endswith(
        "Growth has no finished features to learn from, so what is usual elsewhere is assumed: median 1.7, 85 % 3.8."
    )
    web, api = made.to_dict()["teams"]
    assert (web["sprints"], web["sprints_used"], web["guess"], web["last"]) == (5, 4, None, "2026-01-04")
    assert (api["guess"], api["median"], api["sprints"], api["trust"]) == ([3, 5, 9], 5, 0, "little")
    assert api["mean"] == pytest.approx((3 + 5 + 9) / 3)
    assert api["sprints_of_work"] == pytest.approx(api["work"] / api["mean"])
    assert made.ignored == (('throughput.csv: team "Web"', "sprint of 5 Jan 2026", "it begins on 5 Jan 2026"),)
    page = run(folder).stdout
    assert page.count("begins on 5 Jan 2026") == 2  # the work that is left, and the sprint that is left out
    assert "guess 5.7" in page
    roadmap, history = fc.read(folder)
    assert fc.check(roadmap, history).findings == made.findings
    assert fc.check(roadmap, history).ignored == (('team "Web"', *made.ignored[0][1:]),)
    assert not any("has no history" in note for note in fc.simulate(roadmap, history, runs=10).notes())


def test_a_clearing_of_the_board_is_told_once_where_it_was_cut_down(tmp_path: Path) -> None:
    """Cut down to 60 it is still far above its neighbours; kept as it stands, it is something to settle."""
    done = [9, 11, 772, 12, 10, 9, 13, 7, 10, 11, 9, 8, 60, 9, 10, 8]
    first = dt.date(2026, 1, 5) - dt.timedelta(days=14 * len(done))
    starts = [first + dt.timedelta(days=14 * at) for at in range(len(done))]
    rows = [f"Web,{day},{day + dt.timedelta(days=13)},{count}" for day, count in zip(starts, done, strict=True)]
    toml = 'start = 2026-01-05\ngrowth = 1.2\nthroughput = "bootstrap"\nhistory = "throughput.csv"\n'
    folder = write(
        tmp_path,
        toml + '[[team]]\nname = "Web"\n[[feature]]\nname = "A"\nwork = { Web = 9 }',
        throughput="\n".join(["team,start,end,done", *rows]),
    )
    made = fc.check(folder)
    assert [why for _, _, why in made.ignored] == ["772 done, at most 60 in the others; cut down to 60"]
    assert [(each.kind, "772" in each.sentence) for each in made.findings] == [("bulk", False)]
    assert f"{starts[12].day} {starts[12]:%b %Y} (60 done" in made.findings[0].sentence
    assert "and 1 more" not in made.findings[0].sentence
    kept = fc.check(*fc.read(folder, clean=False))
    assert kept.ignored == ()
    assert "(772 done" in next(each.sentence for each in kept.findings if each.kind == "bulk")


def test_work_on_the_roadmap_is_what_counts() -> None:
    rows = [fc.Sprint("Web", f"2025-{month:02}-03", f"2025-{month:02}-14", 9, done_roadmap=4) for month in (2, 3, 11)]
    made = fc.check(fc.Roadmap("2026-01-05", ["Web"], [fc.Feature("A", {"Web": 8})], growth=1.2), fc.History(rows))
    assert made.pasts[0].mean == pytest.approx(4)
    assert "Of what Web did, only work on the roadmap counts (done_roadmap)." in dict(made.assumptions)["done"]


def test_a_past_counts_as_the_model_draws_it() -> None:
    """Ages are counted in fortnights between the ends of sprints, gaps included: five weeks make a half."""
    rows = [
        fc.Sprint("Web", "2025-10-27", "2025-11-09", 8),
        fc.Sprint("Web", "2025-12-01", "2025-12-14", 2),  # five weeks later
    ]
    roadmap = fc.Roadmap("2026-01-05", ["Web"], [fc.Feature("A", {"Web": 8})])
    (past,) = fc.check(roadmap, fc.History(rows)).pasts
    assert past.weights == pytest.approx([1 / 3, 2 / 3])
    assert (past.mean, past.median) == (pytest.approx(4), 2)
    (past,) = fc.check(roadmap, fc.History(rows), throughput="bootstrap").pasts
    assert (past.mean, past.median) == (5, 5)


def test_counts_of_a_team_with_longer_sprints_are_of_the_usual_length() -> None:
    roadmap = fc.Roadmap("2026-01-05", [fc.Team("Web", sprint_days=28)], [fc.Feature("A", {"Web": 8})])
    for model in (None, "bootstrap"):
        (past,) = fc.check(roadmap, fc.History.from_counts({"Web": [4] * 12}), throughput=model).pasts
        assert past.mean == pytest.approx(8)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (
            fc.Drift(walk=0, half_life=0.5, window=9, shared=0),
            {
                "throughput": "A future sprint is like one of the newest 9 past sprints of its team, zeros included; recent ones "
                "count most (half as much after 1 week).",
                "level": "How much a team gets done is itself uncertain, the more so the fewer its sprints.",
            },
        ),
        (
            fc.Drift(shape="smooth", walk=0.1),
            {
                "throughput": "A future sprint varies like the past sprints of its team, zeros included; recent ones count most "
                "(half as much after 5 weeks).",
                "level": "How much a team gets done is itself uncertain, the more so the fewer its sprints, and changes by about "
                "10 % a fortnight, for better or worse.",
            },
        ),
    ],
)
def test_settings_are_said_in_words(model: Any, said: dict[str, str]) -> None:
    told = dict(checkup(throughput=model).assumptions)
    assert {about: told[about] for about in said} == said
    assert "default" not in told  # these settings are none


def test_only_the_default_is_said_to_be_one() -> None:
    assert "default" in dict(checkup().assumptions)
    assert "default" in dict(checkup(throughput={"model": "drift", "half_life": 2.5}).assumptions)
    assert "default" not in dict(checkup(throughput="bootstrap").assumptions)


# Nothing is too strange ---------------------------------------------------------------------------------------------------


@given(st.integers(0, 2**32), st.booleans())
@settings(max_examples=150, deadline=None)
def test_random_portfolios_are_checked(seed: int, with_dues: bool) -> None:
    """Never an error; what is told is plain values; and a forecast that is said to be possible is."""
    pick = Random(seed)
    roadmap, history = portfolio(pick)
    if with_dues:
        for each in roadmap.features:
            if isinstance(each, fc.Feature) and pick.random() < 0.5:
                values = {key: getattr(each, key) for key in ("after", "not_before", "objective", "started", "growth")}
                due = roadmap.start + dt.timedelta(days=pick.randint(-10, 200))
                roadmap = roadmap.replace(fc.Feature(each.name, each.work, due=due, **values))
    made = fc.check(roadmap, history)
    told = made.to_dict()
    assert json.loads(json.dumps(told)) == told
    assert render(told).endswith("\n")
    if made.is_possible:
        assert fc.simulate(roadmap, history, runs=3).runs == 3
    without = {
        name for finding in made.findings if finding.kind in ("no history", "nothing done") for name in finding.about
    }
    idle = {past.name for past in made.pasts if not past.has_done}
    assert without >= idle or not made.is_possible


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Web", "API", "Ops"]),
            st.integers(-800, 800),
            st.integers(3, 60),
            st.sampled_from([0.0, 0.5, 3, 7, 1e9]),
            st.text(max_size=8),
        ),
        max_size=40,
    )
)
@settings(max_examples=150, deadline=None)
def test_any_history_is_checked(rows: list[tuple[str, int, int, float, str]]) -> None:
    start = dt.date(2026, 1, 5)
    history = fc.History(
        fc.Sprint(team, start + dt.timedelta(days=first), start + dt.timedelta(days=first + days - 1), done, name)
        for team, first, days, done, name in rows
    )
    roadmap = fc.Roadmap(start, ["Web", "API"], [fc.Feature("A", {"Web": 5, "API": (1, 2, 9)}, due="2026-03-31")])
    told = fc.check(roadmap, history).to_dict()
    assert json.loads(json.dumps(told)) == told


def test_ten_thousand_features_and_a_hundred_thousand_sprints() -> None:
    """Nothing in it grows with the square of either; it would take minutes, not seconds."""
    teams = [f"T{number}" for number in range(20)]
    features = [
        fc.Feature(
            f"F{number}",
            {teams[number % 20]: 3},
            after=[f"F{other}" for other in range(max(number - 4, 0), number)],
        )
        for number in range(10_000)
    ]
    roadmap = fc.Roadmap("2026-01-05", teams, features)
    found = fc.check(roadmap, fc.History.from_counts({team: [3, 5, 2, 4] * 1250 for team in teams})).findings
    (redundant,) = [finding for finding in found if finding.kind == "redundant"]
    assert len(redundant.about) == 3 * 10_000 - 9  # all links but the one to the neighbour


# Real portfolios ------------------------------------------------------------------------------------------------------------


def real(date: str, throughput: Any = None, clean: bool = True) -> fc.Checkup:
    folder = SHARED_DATA / f"titanium-{date}"
    if not folder.exists():
        pytest.skip("the real portfolios are not beside this checkout")
    return (
        fc.check(folder, throughput=throughput)
        if clean
        else fc.check(*fc.read(folder, clean=False), throughput=throughput)
    )


@pytest.mark.parametrize("date", REAL)
def test_real_portfolios_are_possible_and_their_bulk_closings_are_found(date: str) -> None:
    """2,092 items were closed on three days in April 2011; no growth is given; and nothing is said of dates that are right."""
    made = real(date, "bootstrap", clean=False)
    told = {finding.kind: finding for finding in made.findings}
    assert made.is_possible
    assert "growth" in told
    assert {"iOS", "Android"} <= set(told["bulk"].about)
    assert "iOS 11 Apr 2011 (896 done" in told["bulk"].sentence
    assert "Android 11 Apr 2011 (772 done" in told["bulk"].sentence
    assert not {"overlap", "same dates", "gap", "stale", "unfinished", "length", "name", "fraction"} & set(told)
    assert len(made.findings) <= 9
    assert made.verdict == (
        "A forecast is possible. Two things would change it most: the work that is found on the way, and the bulk closings in "
        "the history."
    )


@pytest.mark.parametrize("date", REAL)
@pytest.mark.parametrize("throughput", [None, "bootstrap"])
def test_a_bulk_closing_that_is_cut_down_is_told_once(date: str, throughput: str | None) -> None:
    """As what was cut down, and not as something to settle; what the model draws from then is the smaller number."""
    made = real(date, throughput)
    cut = [each for each in made.ignored if "772 done" in each[2] or "896 done" in each[2]]
    assert [why.rpartition("; ")[2] for _, _, why in cut] == ["cut down to 110", "cut down to 97"]
    assert all("11 Apr 2011" not in each.sentence for each in made.findings if each.kind in ("bulk", "carrier"))
    assert max(row.done for past in made.pasts for row in past.rows) < 772
    assert made.is_possible
    assert made.verdict.startswith(
        "A forecast is possible. Two things would change it most: the work that is found on the way"
    )


def test_other_true_things_of_real_portfolios() -> None:
    assert {finding.kind: finding for finding in real("2016-04-15").findings}["few sprints"].about == ("Daemon",)
    told = {finding.kind: finding for finding in real("2016-04-15", "bootstrap").findings}
    assert told["few sprints"].about == ("Daemon",)
    assert told["rare"].about == ("Modules",)
    assert "Windows 37 sprints from 8 Oct 2012 on" in told["idle"].sentence
    told = {finding.kind: finding for finding in real("2013-05-15", "bootstrap").findings}
    assert "Alloy 1.2.0 (rank 3) waits for Release 3.2.0 (rank 5)" in told["rank"].sentence
    assert {"Tooling", "BlackBerry", "MobileWeb", "Core"} == set(told["shift"].about)


def test_the_real_sprints_as_a_history() -> None:
    """What the page of the data says is odd: overlaps, names twice, a sprint of 2016 that ran in 2018, sprints left open."""
    path = SHARED_DATA / "titanium-items" / "sprints.csv"
    if not path.exists():
        pytest.skip("the real sprints are not beside this checkout")
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["start"]]
    history = fc.History(
        fc.Sprint(
            row["team"],
            *map(dt.date.fromisoformat, (row["start"], row["end"])),
            float(row["items_done"]),
            row["sprint"],
        )
        for row in rows
    )
    assert len(history.sprints) == 375
    roadmap = fc.Roadmap("2021-10-11", history.teams, [fc.Feature("Next", dict.fromkeys(history.teams, 5))])
    told = {
        (finding.kind, finding.severity): finding
        for finding in fc.check(roadmap, history, throughput="bootstrap").findings
    }
    sentences = {kind: finding.sentence for (kind, _), finding in told.items()}
    about = {kind: finding.about for (kind, _), finding in told.items()}
    assert {"SDK", "Tooling", "Windows", "Unassigned"} <= set(about["overlap"])
    assert "SDK" in about["gap"]
    assert "Tooling" in about["unfinished"]
    assert '"2016 Sprint 17 SDK", which began on 13 Aug 2018' in sentences["name"]
    assert set(about["nothing done"]) == {"DevOps", "QE Client", "Studio"}
    assert "Windows on 26 Sep 2015" in sentences["stale"] or "Windows" in about["stale"]
    assert set(about["shift"]) == {"SDK", "Tooling"}
    assert len(told) <= 14
