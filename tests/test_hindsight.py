"""Hindsight: past roadmaps against what came of them, actuals.csv, and the command that shows all of it."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from helpers import SEED, SHARED_DATA
from scipy import stats

import forecast as fc
from forecast.cli import cli
from forecast.rivals import RIVALS

ROOT = Path(__file__).parents[1]
EXAMPLE = str(ROOT / "data" / "example")
START = dt.date(2026, 1, 5)
STEADY = fc.History.from_counts({"A": [10] * 12})

TOML = """
start = 2026-01-05
history = "throughput.csv"
[[feature]]
name = "Login"
work = { Web = 9 }
[[feature]]
name = "Checkout"
work = { Web = 9 }
[[feature]]
name = "Later"
work = { Web = 9 }
"""


def steady(*done: str, name: str = "past") -> fc.PastRoadmap:
    """Features of 10 each, done on the working days 10, 20, 30 of a team that finishes one item a day."""
    features = [fc.Feature(f"F{k}", {"A": 10}) for k in range(1, 4)]
    roadmap = fc.Roadmap(START, ["A"], features)
    return fc.PastRoadmap(name, roadmap, STEADY, {f"F{k}": day for k, day in enumerate(done, start=1) if day})  # type: ignore[misc]


# Known answers -----------------------------------------------------------------------------------------------------------


def test_days_and_dates_that_held() -> None:
    """The dates are 16 January (day 10), 30 January (20) and 13 February (30), in every run."""
    past = steady("2026-01-16", "2026-01-28", "2026-02-16")
    found = fc.look_back([past], models=fc.MeanRate(), runs=10)
    (alone,), (pairs,), (together,) = found.alone, found.pairs, found.together
    assert alone.truth.tolist() == [10, 18, 31]
    assert alone.at_level.tolist() == [[10] * 3, [20] * 3, [30] * 3]
    assert 0 < alone.place[0] < 1  # a tie in every run, decided by lot
    assert alone.place[1] < 1 / 11
    assert alone.place[2] > 10 / 11
    assert pairs.features == (("F1", "F2"), ("F2", "F3"))
    assert pairs.truth.tolist() == [18, 31]
    assert together.features == (("F1", "F2", "F3"),)
    held = found.coverage(0.85)
    assert held is not None
    assert (held.held, held.count) == (2, 3)
    assert found.horizon() == 1
    assert found.sentence == "Of 3 features whose end is known, 2 were done by their 85 % date (67 %)."
    assert found.meaning.endswith("the roadmap was not completely done by the joint 85 % date.")


def test_sentences_in_the_singular_and_of_several_roadmaps() -> None:
    one = fc.look_back([steady("2026-01-16")], models=fc.MeanRate(), runs=10)
    assert one.sentence == "Of the one feature whose end is known, 1 was done by its 85 % date (100 %)."
    assert "the roadmap was completely done" in one.meaning
    two = fc.look_back(
        [steady("2026-01-16", name="one"), steady("2026-03-01", name="two")], models=fc.MeanRate(), runs=10
    )
    assert two.sentence.startswith(
        "Of 2 features whose end is known, 1 was done by their 85 % date (50 %, give or take"
    )
    assert "1 of 2 roadmaps was completely done" in two.meaning
    none = fc.look_back([steady()], models=fc.MeanRate(), runs=10)
    assert none.sentence.startswith("No feature of a past roadmap is known to be done")
    assert none.to_dict()["models"][0]["alone"]["coverage"]["0.85"] is None
    assert fc.look_back([]).meaning == ""


def test_a_feature_without_a_date_at_a_level_says_so() -> None:
    roadmap = fc.Roadmap(START, ["A"], [fc.Feature("F", {"A": 10})])
    past = fc.PastRoadmap("idle", roadmap, fc.History.from_counts({"A": [0] * 5}), {"F": dt.date(2026, 2, 2)})
    found = fc.look_back([past], runs=20)
    assert found.undated() == found.undated(of="together") == 1
    assert found.sentence.endswith("1 of them had no such date, which cannot be missed, and counts as held.")
    told = found.to_dict()
    assert told["models"][0]["alone"]["undated"] == 1
    assert told["features"][0]["days_at"] == {"0.5": None, "0.85": None, "0.95": None}
    assert told["models"][0]["horizon"] is None
    json.dumps(told, allow_nan=False)


@pytest.mark.parametrize(
    ("done", "said"),
    [
        ({"F9": "2026-02-02"}, "not in the roadmap"),
        ({"F1": "2025-12-31"}, "needs no forecast"),
        ({"F1": "soon"}, "soon"),
    ],
)
def test_a_past_that_cannot_be_is_refused(done: Any, said: str) -> None:
    with pytest.raises(fc.Fault, match=said):
        fc.PastRoadmap("past", steady().roadmap, STEADY, done)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(fc.Fault, match="give PastRoadmap"):
        fc.look_back([steady().roadmap])  # type: ignore[list-item]
    with pytest.raises(fc.Fault, match="at least one level"):
        fc.look_back([], levels=[])
    with pytest.raises(fc.Fault, match="it was asked for"):
        fc.look_back([steady("2026-01-16")], runs=10).coverage(0.8)


# Truth that is one of the futures ------------------------------------------------------------------------------------------


def played(count: int, stretched: float = 1.0) -> list[fc.PastRoadmap]:
    """Roadmaps of two teams and three linked features, which really went as another run of the same model has it."""
    pasts = []
    for k in range(count):
        rng = np.random.default_rng([SEED, k])
        history = fc.History.from_counts({team: rng.poisson(5, 15).tolist() for team in ("A", "B")})
        features = [
            fc.Feature("First", {"A": 15}),
            fc.Feature("Second", {"A": 10, "B": 20}, after=["First"]),
            fc.Feature("Third", {"B": 12}),
        ]
        roadmap = fc.Roadmap(START, ["A", "B"], features)
        real = fc.simulate(roadmap, history, runs=1, seed=1000 + k, throughput=fc.Bootstrap())
        done = {name: roadmap.clock.date(stretched * real.finish[row, 0]) for row, name in enumerate(real.features)}
        pasts.append(fc.PastRoadmap(f"past {k}", roadmap, history, done))  # type: ignore[arg-type]
    return pasts


@pytest.fixture(scope="module")
def truthful() -> fc.Hindsight:
    return fc.look_back(played(150), models=fc.Bootstrap(), runs=200, seed=SEED)


@pytest.mark.parametrize("of", ["alone", "pairs", "together"])
def test_a_model_that_is_right_is_found_right(truthful: fc.Hindsight, of: str) -> None:
    """150 roadmaps: coverage within 4 standard errors (and the ties of whole days), places uniform for each question."""
    for level in truthful.levels:
        held = truthful.coverage(level, of=of)
        assert held is not None
        assert -4 * held.error < held.share - level < 4 * held.error + 0.03
    places = np.array([each.place for each in getattr(truthful, of)])
    for column in places.T:
        assert stats.kstest(column, "uniform").pvalue > 1e-5


def test_a_model_that_is_too_early_is_found() -> None:
    """The control: everything takes half as long again as any future says."""
    found = fc.look_back(played(40, stretched=1.5), models=fc.Bootstrap(), runs=200, seed=SEED)
    for of in ("alone", "together"):
        held = found.coverage(0.85, of=of)
        assert held is not None
        assert held.share < 0.85 - 4 * held.error
    assert found.horizon() < 1  # type: ignore[operator]


def test_joint_dates_are_judged_run_by_run(truthful: fc.Hindsight) -> None:
    """All three by the joint date hold as said, while all three by their own 85 % dates hold less often."""
    joint = truthful.coverage(0.85, of="together")
    column = truthful.levels.index(0.85)
    each_alone = np.mean([(each.truth <= each.at_level[:, column]).all() for each in truthful.alone])
    assert joint is not None
    assert each_alone < joint.share


# No future -----------------------------------------------------------------------------------------------------------------


def test_what_really_happened_changes_no_bit_of_what_was_promised() -> None:
    early, late = steady("2026-01-16", "2026-01-28"), steady("2026-05-16", "2026-08-28")
    one, two = (fc.look_back([past], models=["bootstrap"], runs=50, seed=SEED) for past in (early, late))
    assert (one.alone[0].at_level == two.alone[0].at_level).all()
    assert (one.alone[0].truth != two.alone[0].truth).all()


def lived(ended: int | None) -> str:
    """Items of a team, of which one a day is finished, and of five features that took ever longer, the last of them still open.

    ended : days after the start of the roadmap on which whoever wrote it down stopped, so that what came later, and how items
        that were open then turned out, is not in it; None for all
    """
    rows = ["team,item,created,done,feature,delivered"]
    for name, begun, done, k in [
        *(("", back + 3, back, 0) for back in range(300, -200, -1)),
        *((f"F{n}", 220 - 30 * n, 219 - 30 * n if k == 0 else 139 - 37 * n, k) for n in range(5) for k in range(20)),
        *(("Login", 60 - 20 * k, 20 - 20 * k, k) for k in range(12)),
    ]:
        is_known = ended is None or -begun < ended
        is_done = ended is None or -done < ended
        if is_known:
            day = START - dt.timedelta(days=done) if is_done else ""
            rows.append(
                f"Web,{name}-{begun}-{k},{START - dt.timedelta(days=begun)},{day},{name},{'' if not is_done else 'true'}"
            )
    return "\n".join(rows)


def test_releases_are_promised_by_what_was_known_on_the_day(tmp_path: Path) -> None:
    """Throughput and growth are learned from items: those of the future cut off, the same bits; a month of it, others."""
    toml = 'start = 2026-01-05\nhistory = "items.csv"\ngrowth = "learned"\n[[feature]]\nname = "Login"\nwork = { Web = 9 }\n'
    told = {}
    for name, ended in {"whole": None, "cut": 0, "peeking": 30}.items():
        folder = tmp_path / name
        folder.mkdir()
        start = "2026-01-05" if name != "peeking" else "2026-02-05"
        (folder / "roadmap.toml").write_text(toml.replace("2026-01-05", start), encoding="utf-8")
        (folder / "items.csv").write_text(lived(ended), encoding="utf-8")
        write_actuals(folder, "feature,done\nLogin,2026-05-20\n")
        (past,) = fc.read_past(folder).roadmaps
        assert isinstance(past.roadmap.growth, fc.Learned)
        assert past.roadmap.growth.finished > 0
        roadmap = replace(past.roadmap, start=START)
        told[name] = fc.look_back([replace(past, roadmap=roadmap, name="past")], runs=100, seed=SEED)
    assert all(
        (one.at_level == two.at_level).all() and (one.place == two.place).all()
        for one, two in zip(told["whole"].alone, told["cut"].alone, strict=True)
    )
    assert any(
        (one.at_level != two.at_level).any()
        for one, two in zip(told["whole"].alone, told["peeking"].alone, strict=True)
    )


def test_the_same_arguments_give_the_same_hindsight() -> None:
    pasts = played(3)
    one, two = (fc.look_back(pasts, runs=50, seed=SEED).to_dict() for _ in range(2))
    assert one == two


# actuals.csv ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def portfolio(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "roadmap.toml").write_text(TOML, encoding="utf-8")
    write_throughput(folder, 40)
    return folder


def write_throughput(folder: Path, sprints: int, done: int = 3) -> None:
    rows = ["team,sprint,start,end,done"]
    for k in range(sprints):
        start = START - dt.timedelta(days=14 * (sprints - k))
        rows.append(f"Web,{k},{start},{start + dt.timedelta(days=13)},{done + k % 3}")
    (folder / "throughput.csv").write_text("\n".join(rows), encoding="utf-8")


def write_actuals(folder: Path, text: str) -> None:
    (folder / "actuals.csv").write_text(text, encoding="utf-8")


def test_actuals_are_read(portfolio: Path) -> None:
    write_actuals(portfolio, "feature,done\nCheckout,2026-03-27\nLogin,2026-02-06\nLater,\n")
    past = fc.read_past(portfolio)
    (roadmap,) = past.roadmaps
    assert roadmap.name == "shop"
    assert roadmap.done == {"Login": dt.date(2026, 2, 6), "Checkout": dt.date(2026, 3, 27)}
    assert list(roadmap.done) == ["Login", "Checkout"]  # as in the roadmap
    assert len(past.history.of("Web")) == 40
    assert fc.read_past(portfolio / "roadmap.toml").roadmaps[0].done == roadmap.done


def test_without_actuals_only_throughput_is_judged(portfolio: Path) -> None:
    past = fc.read_past(portfolio)
    assert past.roadmaps == ()
    assert len(past.history.sprints) == 40


def test_one_feature_on_several_rows(portfolio: Path) -> None:
    write_actuals(
        portfolio, "feature,team,actual_release_date\nLogin,Web,2026-02-06\nLogin,API,2026-02-06\nLogin,iOS,\n"
    )
    assert fc.read_past(portfolio).roadmaps[0].done == {"Login": dt.date(2026, 2, 6)}


def test_all_faults_of_actuals_are_told(portfolio: Path) -> None:
    rows = [
        "Login,2026-02-06",
        "Login,2026-02-07",
        "Logn,2026-02-06",
        "Checkout,6.2.2026",
        ",2026-02-06",
        "Later,2024-01-01",
    ]
    write_actuals(portfolio, "\n".join(["feature,done", *rows]))
    with pytest.raises(fc.Refused) as refused:
        fc.read_past(portfolio)
    told = [str(fault) for fault in refused.value.faults]
    assert len(told) == 5
    assert any(re.match(r"actuals.csv row 3.*2026-02-07.*row 2 says 2026-02-06", each) for each in told)
    assert any(
        re.match(r"actuals.csv row 4.*Logn.*Did you mean 'Login'|actuals.csv row 4.*Login", each) for each in told
    )
    assert any(each.startswith("actuals.csv row 5") and "6.2.2026" in each for each in told)
    assert any(each.startswith("actuals.csv row 6") and "blank" in each for each in told)
    assert any(each.startswith("actuals.csv row 7") and "2024-01-01" in each for each in told)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no rows"),
        ("feature,dnoe\nLogin,2026-02-06", "done"),
        ("done\n2026-02-06", "no column"),
        ("feature,done\n", "no rows"),
    ],
)
def test_actuals_that_are_no_sheet(portfolio: Path, text: str, said: str) -> None:
    write_actuals(portfolio, text)
    with pytest.raises(fc.Refused, match=said):
        fc.read_past(portfolio)


def test_a_folder_of_portfolios(portfolio: Path) -> None:
    """Their histories are one: the same days told twice are taken from the newest, and all faults name their folder."""
    newer = portfolio.parent / "a newer shop"
    shutil.copytree(portfolio, newer)
    (newer / "roadmap.toml").write_text(TOML.replace("2026-01-05", "2026-02-02"), encoding="utf-8")
    write_throughput(newer, 30, done=100)
    write_actuals(portfolio, "feature,done\nLogin,2026-02-06\n")
    past = fc.read_past(portfolio.parent)
    assert [roadmap.name for roadmap in past.roadmaps] == ["shop"]
    assert past.newest.roadmap.start == dt.date(2026, 2, 2)
    done = [row.done for row in past.history.of("Web")]
    assert len(done) == 40
    assert max(done[:10]) < 10
    assert min(done[10:]) >= 100
    write_actuals(newer, "feature,done\nNone,2026-02-06\n")
    with pytest.raises(fc.Refused, match=r"a newer shop/actuals.csv row 2"):
        fc.read_past(portfolio.parent)
    (portfolio / "roadmap.toml").write_text("start = 1", encoding="utf-8")
    with pytest.raises(fc.Refused, match=r"shop/roadmap.toml"):
        fc.read_past(portfolio.parent)


def test_a_folder_of_portfolios_keeps_guesses_notes_and_what_is_left_out(portfolio: Path) -> None:
    """Of several dates the newest guess and one note a kind; a clearing is told once, and by what is known in the end."""
    header = "team,sprint,start,end,done\n"
    rows = (portfolio / "throughput.csv").read_text("utf-8").splitlines()[1:]
    first = rows[0].rsplit(",", 1)[0]
    (portfolio / "throughput.csv").write_text(header + "\n".join([f"{first},9000", *rows[1:]]), encoding="utf-8")
    newer = portfolio.parent / "a newer shop"
    shutil.copytree(portfolio, newer)
    for folder, start, guess in ((portfolio, "2026-01-05", 3), (newer, "2026-02-02", 4)):
        toml = (
            TOML.replace("2026-01-05", start)
            + f'\n[[team]]\nname = "Web"\n\n[[team]]\nname = "New"\nguess = [{guess}, 5, 9]\n'
        )
        (folder / "roadmap.toml").write_text(toml, encoding="utf-8")
    alone, both = fc.read_past(newer), fc.read_past(portfolio.parent)
    assert both.history.guess("New") == alone.history.guess("New") == fc.Estimate(4, 5, 9)
    assert [out.kind for out in both.history.left_out] == ["bulk"]
    assert both.history.notes == alone.history.notes
    assert len(both.history.notes) == 1
    assert both.history == alone.history
    kept = fc.read_past(portfolio.parent, clean=False)
    assert kept.history.left_out == kept.history.notes == ()
    assert not kept.newest.cleans
    assert all(not past.history.left_out for past in kept.roadmaps)


def test_a_folder_with_nothing_in_it(tmp_path: Path) -> None:
    with pytest.raises(fc.Refused, match=r"roadmap.toml"):
        fc.read_past(tmp_path)
    with pytest.raises(fc.Refused, match="no such folder"):
        fc.read_past(tmp_path / "nowhere")


# The command ---------------------------------------------------------------------------------------------------------------


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["backtest", *arguments])


def test_the_sentence_comes_first(portfolio: Path) -> None:
    write_actuals(portfolio, "feature,done\nLogin,2026-02-06\nCheckout,2026-03-27\n")
    result = run(str(portfolio), "--runs", "100")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    history = fc.read_past(portfolio).history
    found = fc.backtest(history, models=["bootstrap", *default_rivals()], runs=100)
    assert lines[0] == found.sentence
    assert re.fullmatch(r"Of \d+ forecasts made at 85 %, \d+ held \(\d+ %, give or take \d+\)\.", lines[0])
    assert lines[1] == found.meaning
    assert any(line.startswith("Of 2 features whose end is known") for line in lines)
    for said in (
        "How many in 3 sprints",
        "When 6 sprints' work is done",
        "bootstrap (window 12)",
        "mean rate",
        "Poisson",
    ):
        assert said in result.stdout
    assert lines[-1].startswith("100 runs a forecast, seed 0")


def default_rivals() -> list[Any]:
    return [{"model": "bootstrap", "window": 12}, "bootstrap", fc.MeanRate(), fc.Poisson()]


def test_table_json_csv_and_python_agree(portfolio: Path) -> None:
    options = [
        str(portfolio),
        "--runs",
        "100",
        "--throughput",
        "bootstrap",
        "--horizons",
        "2,5",
        "--levels",
        "50,90",
        "-q",
    ]
    told = json.loads(run(*options, "--json").stdout)
    found = fc.backtest(
        fc.read_past(portfolio).history,
        models=["bootstrap", *default_rivals()],
        runs=100,
        horizons=(2, 5),
        levels=(0.5, 0.9),
    )
    assert told == json.loads(json.dumps(found.to_dict() | {"roadmaps": None}))
    assert run(*options, "--csv").stdout == found.table().write_csv()
    assert told["summary"]["sentence"].startswith("Of")
    assert "at 90 %" in run(*options).stdout.splitlines()[0]


def test_options_reach_the_backtest(portfolio: Path) -> None:
    told = json.loads(
        run(str(portfolio), "--runs", "50", "--window", "7", "--warm-up", "20", "--team", "Web", "--json").stdout
    )
    assert told["provenance"]["models"]["drift (window 7)"]["window"] == 7
    assert told["provenance"]["warm_up"] == 20
    assert [team["team"] for team in told["teams"]] == ["Web"]


def test_everything_is_kept_when_it_is_asked_for(portfolio: Path) -> None:
    sheet = portfolio / "throughput.csv"
    lines = sheet.read_text("utf-8").splitlines()
    lines[10] = f"{lines[10].rsplit(',', 1)[0]},9000"
    sheet.write_text("\n".join(lines), encoding="utf-8")
    asked = ["backtest", str(portfolio), "--runs", "50", "--throughput", "bootstrap", "--json", "-q"]
    told = [json.loads(CliRunner().invoke(cli, [*asked, *more]).stdout) for more in ([], ["--keep-all"])]
    assert [each["provenance"]["clean"] for each in told] == [True, False]
    for each, cleans in zip(told, (True, False), strict=True):
        history = fc.read_past(portfolio, clean=cleans).history
        models = [fc.Bootstrap(), *RIVALS]
        assert fc.backtest(history, models=models, runs=50, clean=cleans).to_dict()["models"] == each["models"]
    assert told[0]["models"] != told[1]["models"]


def test_few_sprints_are_told_and_no_table_is_shown(portfolio: Path) -> None:
    write_throughput(portfolio, 12)
    result = run(str(portfolio))
    assert result.exit_code == 0
    assert (
        result.stdout.splitlines()[0]
        == "Too few sprints to judge: they allow a forecast from no more than 4 past dates."
    )
    assert "held" not in result.stdout
    write_throughput(portfolio, 2)
    assert (
        run(str(portfolio)).stdout.splitlines()[0]
        == "Too few sprints to judge: they allow a forecast from no past date."
    )


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--horizons", "3,x"], 2, "such as 3,6"),
        (["--horizons", "0"], 2, "from 1 to 100"),
        (["--warm-up", "0"], 2, "warm-up"),
        (["--runs", "1"], 2, "runs"),
        (["--levels", "0.85"], 2, "85"),
        (["--throughput", "bootstap"], 2, "Did you mean"),
        (["--team", "Wbe"], 3, "Did you mean"),
        (["--json", "--csv"], 2, "choose one"),
    ],
)
def test_wrong_usage(portfolio: Path, arguments: list[str], code: int, said: str) -> None:
    result = run(str(portfolio), *arguments)
    assert result.exit_code == code, result.output
    assert said in result.stderr
    assert result.stdout == ""


def test_what_is_refused_is_one_line(portfolio: Path) -> None:
    write_actuals(portfolio, "feature,done\nLogn,2026-02-06\n")
    result = run(str(portfolio))
    assert result.exit_code == 3
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1
    assert "actuals.csv row 2" in result.stderr


def test_names_are_data(tmp_path: Path) -> None:
    """A team whose name holds markup and an escape sequence is shown as it is written."""
    shutil.copytree(EXAMPLE, tmp_path / "x")
    rows = (tmp_path / "x" / "throughput.csv").read_text(encoding="utf-8").replace("Web,", "[red]Web\u202e,")
    (tmp_path / "x" / "throughput.csv").write_text(rows, encoding="utf-8")
    result = run(str(tmp_path / "x"), "--runs", "20")
    assert result.exit_code == 0, result.output
    assert "[red]Web" in result.stdout
    assert "\u202e" not in result.output


@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="the real portfolios are not beside the checkout")
def test_thirty_real_releases() -> None:
    """All five portfolios: the 30 releases with a date; the plain bootstrap with the known scope is far too early."""
    past = fc.read_past(SHARED_DATA)
    assert [len(roadmap.done) for roadmap in past.roadmaps] == [7, 7, 6, 4, 6]
    found = fc.look_back(past.roadmaps, models=fc.Bootstrap(window=12), runs=200, seed=SEED)
    held = found.coverage(0.85)
    assert held is not None
    assert held.count == 30
    assert held.held < 20
    assert found.horizon() < 1.2  # type: ignore[operator]
    wider = [replace(each, roadmap=replace(each.roadmap, growth=(1, 2, 6))) for each in past.roadmaps]
    grown = fc.look_back(wider, models=fc.Bootstrap(window=12), runs=200, seed=SEED).coverage(0.85)
    assert grown is not None
    assert grown.held > held.held
    assert not math.isclose(grown.share, held.share)
