"""The script that writes the evidence: the same bytes again, aggregates only, and what is not there is said."""

from __future__ import annotations

import datetime as dt
import json
import re
import sys
from pathlib import Path

import calibrate
import numpy as np
import pytest
from helpers import SEED

LOGIN = "The one and only Login"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A small copy of the shape of the real data, made up: two teams, one too short, and one past portfolio."""
    rng = np.random.default_rng(SEED)
    folder = tmp_path / "data"
    (folder / "titanium-items").mkdir(parents=True)
    rows = []
    for team, sprints in (("Web", 60), ("API", 45), ("New", 5)):
        for k in range(sprints):
            start = dt.date(2020, 1, 6) + dt.timedelta(days=14 * k)
            rows.append(f"{team},{k},{start},{start + dt.timedelta(days=13)},{rng.poisson(6)},")
    text = "team,sprint,start,end,items_done,points_done\n" + "\n".join([*rows, "Web,planned,,,,"])
    (folder / "titanium-items" / "throughput.csv").write_text(text, encoding="utf-8")
    past = folder / "past"
    past.mkdir()
    counts = ", ".join(str(x) for x in rng.poisson(6, 30))
    toml = (
        f'start = 2026-01-05\nhistory = {{ Web = [{counts}] }}\n[[feature]]\nname = "{LOGIN}"\nwork = {{ Web = 20 }}\n'
    )
    (past / "roadmap.toml").write_text(toml, encoding="utf-8")
    (past / "actuals.csv").write_text(f"feature,done\n{LOGIN},2026-03-20\n", encoding="utf-8")
    return folder


def write(data: Path, out: Path, monkeypatch: pytest.MonkeyPatch, *more: str) -> dict[str, bytes]:
    monkeypatch.setattr(sys, "argv", ["calibrate.py", str(data), "--out", str(out), "--runs", "30", *more])
    calibrate.main()
    return {file.name: file.read_bytes() for file in out.iterdir()} if out.exists() else {}


def test_the_same_bytes_again(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = (write(data, tmp_path / name, monkeypatch) for name in ("one", "two"))
    assert sorted(one) == ["README.md", "figures.json", "teams.csv"]
    assert one == two
    assert one != write(data, tmp_path / "three", monkeypatch, "--seed", "5")


def test_the_report_says_what_was_measured(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = write(data, tmp_path / "out", monkeypatch, "--models", "bootstrap")
    report, figures = files["README.md"].decode(), json.loads(files["figures.json"])
    assert f"**{figures['all']['summary']['sentence']}**" in report
    assert "fewer than 36 sprints: New 5" in report
    assert "1 sprint without dates" in report
    assert {row["team"] for row in figures["all"]["teams"]} == {"Web (14-day buckets)", "API (14-day buckets)"}
    assert set(figures["short"]) == {"4", "5", "6"}
    assert "| known scope | bootstrap |" in report
    teams = files["teams.csv"].decode().splitlines()
    assert len(teams) == 1 + 2 * 4
    assert re.match(
        r'Web \(14-day buckets\),60,\d+,"all",\d+,\d+,0\.\d+,0\.\d+,', teams[1] if "Web" in teams[1] else teams[5]
    )


def test_no_feature_and_no_history_is_written(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = write(data, tmp_path / "out", monkeypatch)
    assert not any(LOGIN.encode() in content for content in files.values())
    assert json.loads(files["figures.json"])["releases"]["known scope"]["features"] == 1


def test_what_is_not_there_is_said(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert write(tmp_path / "nowhere", tmp_path / "out", monkeypatch) == {}
    assert "skipped: there is no" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert write(tmp_path / "empty", tmp_path / "out", monkeypatch) == {}
    assert "skipped: nothing to measure" in capsys.readouterr().err
    assert write(data, tmp_path / "out", monkeypatch)
    told = capsys.readouterr().err
    assert "skipped: titanium-items/sprints.csv is not in" in told
    assert "skipped: rueedlinger/throughput.csv is not in" in told


def test_the_report_that_is_committed_keeps_what_was_set_out() -> None:
    """Limits that were set before it was measured: coverage, loss, width, teams far below, short histories, releases."""
    root = Path(__file__).parents[1] / "reports" / "calibration"
    figures = json.loads((root / "figures.json").read_text("utf-8"))
    judged, plain = figures["all"]["models"][:2]
    assert (judged["is_judged"], plain["model"]) == (True, "bootstrap (window 12)")
    for question in judged["questions"]:
        held = {level: each["share"] for level, each in question["coverage"].items()}
        assert 0.82 <= held["0.85"] <= 0.88, question["question"]
        assert held["0.95"] >= 0.90
        assert 0.46 <= held["0.5"] <= 0.58
    assert judged["calibration_error"] <= 0.035 < plain["calibration_error"]
    gains = [
        1 - mine["pinball"] / theirs["pinball"]
        for mine, theirs in zip(*(m["questions"] for m in (judged, plain)), strict=True)
    ]
    assert gains[0] >= 0.14
    assert gains[1] >= 0.20
    assert judged["questions"][2]["width"] <= 1.85
    assert all(row["teams_below"] <= row["teams_below_if_perfect"] for row in figures["all"]["perfect"])
    assert any(row["teams_below"] > row["teams_below_if_perfect"] for row in figures["plain"]["perfect"])
    for told in figures["short"].values():
        assert all(0.82 <= each["coverage"]["0.85"]["share"] <= 0.90 for each in told["models"][0]["questions"])
    learned = figures["releases"]["learned growth"]["models"][0]
    assert learned["alone"]["coverage"]["0.85"]["forecasts"] == 30
    assert learned["alone"]["coverage"]["0.85"]["held"] >= 23
    assert learned["horizon"] <= 2.2
    crossed = next(row for row in figures["chosen"]["rows"] if row["on"] == "the half that a team is not in")
    halved = [crossed["held"], figures["chosen"]["mean"]]
    for held in (each for way in halved for each in way):
        assert 0.46 <= held[0] <= 0.58
        assert 0.82 <= held[1] <= 0.88
    assert all(held[2] >= 0.90 for held in figures["chosen"]["mean"])
    assert all(held[2] >= 0.89 for held in crossed["held"]), "within a point, which is a third of its standard error"
    assert max(crossed["width"], figures["chosen"]["width"]) <= 1.85
