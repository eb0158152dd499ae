"""`forecast init`: a portfolio that runs at once on any day, never over anything, all of it or nothing."""

from __future__ import annotations

import datetime as dt
import errno
import importlib.util
import io
import os
import re
import tomllib
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

import forecast as fc
from forecast import schema, sheets, starter, writing
from forecast.cli import cli

WEDNESDAY = dt.date(2026, 7, 15)
FILES = ["features.csv", "roadmap.toml", "throughput.csv"]
DAY = dt.timedelta(days=1)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, [*arguments])


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


# What is written -----------------------------------------------------------------------------------------------------------


def test_it_can_be_forecast_at_once(tmp_path: Path) -> None:
    folder = str(tmp_path / "mine")
    result = run("init", folder)
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert files_in(tmp_path / "mine") == FILES
    forecast = run("run", folder, "--runs", "1000")
    assert forecast.exit_code == 0, forecast.output
    assert "Note" not in forecast.stderr  # every team has a history, every name is known
    assert "no date" not in forecast.stdout


def test_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("init", "mine").stderr == (
        "Wrote mine/roadmap.toml, mine/features.csv and mine/throughput.csv.\n"
        "Now try:  forecast run mine\n"
        "Then put in your own teams, sprints and features; the comments in roadmap.toml say what each key means.\n"
    )
    told = run("init", "my plan", "--spreadsheet").stderr
    assert "Wrote my plan/roadmap.toml and my plan/portfolio.xlsx.\nNow try:  forecast run 'my plan'\n" in told


@pytest.mark.parametrize(
    ("today", "start", "until"),
    [
        ("2026-07-12", "2026-07-13", "2026-07-12"),  # a Sunday
        ("2026-07-13", "2026-07-13", "2026-07-12"),  # a Monday
        ("2026-07-14", "2026-07-20", "2026-07-12"),
        ("2026-07-18", "2026-07-20", "2026-07-12"),  # a Saturday
        ("2028-02-29", "2028-03-06", "2028-02-27"),
        ("2026-12-31", "2027-01-04", "2026-12-27"),
    ],
)
def test_it_starts_next_monday_with_a_history_up_to_now(tmp_path: Path, today: str, start: str, until: str) -> None:
    fc.init(tmp_path, today=dt.date.fromisoformat(today))
    roadmap, history = fc.read(tmp_path)
    assert roadmap.start == dt.date.fromisoformat(start)
    for team in ("Web", "API"):
        rows = history.of(team)
        assert len(rows) == 12
        assert rows[-1].end == dt.date.fromisoformat(until)
        assert all(one.end + DAY == other.start for one, other in pairwise(rows))  # type: ignore[operator]


def test_on_every_day_of_three_years_it_is_read_without_a_fault(tmp_path: Path) -> None:
    for number in range(0, 3 * 366, 3):
        today = dt.date(2027, 1, 1) + number * DAY
        made = starter.Starter.around(today)
        for name, content in made.files("mine").items():
            assert isinstance(content, str)
            (tmp_path / name).write_text(content, encoding="utf-8")
        roadmap, history = fc.read(tmp_path)
        assert roadmap.start.weekday() == 0
        assert today <= roadmap.start <= today + 6 * DAY
        assert max(row.end for row in history.sprints if row.end) <= today
        assert all(
            feature.due.weekday() == 4 and feature.due > roadmap.start for feature in roadmap.promises if feature.due
        )


@pytest.mark.parametrize("today", [dt.date(2026, 1, 1) + 37 * number * DAY for number in range(8)], ids=str)
def test_some_promises_hold_and_some_do_not(tmp_path: Path, today: dt.date) -> None:
    """An example in which all is well, or nothing, teaches little; the luck is another on every day."""
    fc.init(tmp_path, today=today)
    told = fc.simulate(*fc.read(tmp_path), runs=2000).to_dict()
    held = [feature["chance"] >= 0.85 for feature in told["features"] if feature["is_promise"]]
    assert 1 <= sum(held) <= len(held) - 1


def test_the_start_may_be_given(tmp_path: Path) -> None:
    assert run("init", str(tmp_path / "a"), "--start", "2026-01-07").exit_code == 0
    roadmap, history = fc.read(tmp_path / "a")
    assert roadmap.start == dt.date(2026, 1, 7)
    assert history.of("Web")[-1].end == dt.date(2026, 1, 4)
    fc.init(tmp_path / "b", start="2026-01-07", today=WEDNESDAY)
    for name in FILES[::2]:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_it_shows_what_there_is(tmp_path: Path) -> None:
    """The columns are known ones, done and a blank team among them; the features outside the sheet are right as they stand."""
    fc.init(tmp_path, today=WEDNESDAY)
    assert set(starter.FEATURE_COLUMNS) <= set(sheets.FEATURE_COLUMNS)
    assert set(starter.THROUGHPUT_COLUMNS) <= set(sheets.THROUGHPUT_COLUMNS)
    roadmap, _ = fc.read(tmp_path)
    kinds = [type(feature).__name__ if getattr(feature, "work", True) else "milestone" for feature in roadmap.features]
    assert {*kinds} == {"Feature", "External", "milestone"}
    login = roadmap.feature("Login")
    assert isinstance(login, fc.Feature)
    assert login.work["API"] == fc.Part(8, done=3)
    text = (tmp_path / "roadmap.toml").read_text(encoding="utf-8")
    shown = re.sub(r"^# (?=\[\[|\w+ = )", "", text, flags=re.MULTILINE)
    shown = re.sub(r'^features = "features.csv".*\n', "", shown, flags=re.MULTILINE)
    more = '[[feature]]\nname = "Login"\nwork = { API = 1 }\n[[feature]]\nname = "Payment contract"\ndays = 5\n'
    (tmp_path / "roadmap.toml").write_text(shown + more, encoding="utf-8")
    roadmap, _ = fc.read(tmp_path)
    assert [feature.name for feature in roadmap.features] == ["Checkout", "Login", "Payment contract"]
    assert (roadmap.teams[0].wip, roadmap.teams[0].share) == (2, 0.8)
    known = {**schema.RoadmapTable.model_fields, **schema.TeamTable.model_fields, **schema.FeatureTable.model_fields}
    assert {*tomllib.loads(text)} <= {*known}


# The workbook ----------------------------------------------------------------------------------------------------------------


def cells(content: bytes) -> dict[str, list[dict[str, Any]]]:
    """Rows of each sheet as column letter -> value, dates as dates; read from the XML with nothing else."""
    space = {"": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    with zipfile.ZipFile(io.BytesIO(content)) as book:

        def tree(name: str) -> ElementTree.Element:
            return ElementTree.fromstring(book.read(name))

        texts = ["".join(each.itertext()) for each in tree("xl/sharedStrings.xml").findall("si", space)]
        formats = [int(xf.get("numFmtId", "0")) for xf in tree("xl/styles.xml").findall("cellXfs/xf", space)]
        dates = {
            int(each.get("numFmtId", "0")): each.get("formatCode")
            for each in tree("xl/styles.xml").findall("numFmts/numFmt", space)
        }
        found = {}
        for number, sheet in enumerate(tree("xl/workbook.xml").findall("sheets/sheet", space), start=1):
            rows = []
            for row in tree(f"xl/worksheets/sheet{number}.xml").findall("sheetData/row", space):
                read: dict[str, Any] = {}
                for cell in row.findall("c", space):
                    value = cell.findtext("v", "", space)
                    letter = (cell.get("r") or "").rstrip("0123456789")
                    assert cell.find("f", space) is None
                    if cell.get("t") == "s":
                        read[letter] = texts[int(value)]
                    elif dates.get(formats[int(cell.get("s", "0"))]) == "yyyy-mm-dd":
                        read[letter] = dt.date(1899, 12, 30) + int(value) * DAY
                    elif value:
                        read[letter] = float(value)
                rows.append(read)
            found[str(sheet.get("name"))] = rows
    return found


def test_the_workbook_holds_what_the_sheets_hold(tmp_path: Path) -> None:
    paths = fc.init(tmp_path / "a", spreadsheet=True, today=WEDNESDAY)
    assert [path.name for path in paths] == ["roadmap.toml", "portfolio.xlsx"]
    found = cells(paths[1].read_bytes())
    assert list(found) == ["features", "throughput", "columns"]
    made = starter.Starter.around(WEDNESDAY)
    for name, rows in (("features", made.features()), ("throughput", made.throughput())):
        assert found[name] == [
            {"ABCDEFGHIJ"[at]: cell for at, cell in enumerate(row) if cell is not None} for row in rows
        ]
    assert any(isinstance(cell, dt.date) for row in found["features"] for cell in row.values())
    explained = {name for row in found["columns"][1:] for name in row["B"].split(", ")}
    assert explained == {*starter.FEATURE_COLUMNS, *starter.THROUGHPUT_COLUMNS}


def test_the_workbook_is_the_same_bytes_again(tmp_path: Path) -> None:
    one, other = (fc.init(tmp_path / name, spreadsheet=True, today=WEDNESDAY)[1].read_bytes() for name in "ab")
    assert one == other


@pytest.mark.skipif(importlib.util.find_spec("forecast.workbook") is None, reason="workbooks cannot be read yet")
def test_the_workbook_is_read_like_the_sheets(tmp_path: Path) -> None:
    fc.init(tmp_path / "csv", today=WEDNESDAY)
    fc.init(tmp_path / "xlsx", spreadsheet=True, today=WEDNESDAY)
    assert fc.read(tmp_path / "csv") == fc.read(tmp_path / "xlsx")


# Never over anything -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("option", [[], ["--spreadsheet"]], ids=["csv", "xlsx"])
def test_nothing_is_overwritten(tmp_path: Path, option: list[str]) -> None:
    (tmp_path / "roadmap.toml").write_text("mine")
    result = run("init", str(tmp_path), *option)
    assert result.exit_code == 3
    assert (
        result.stderr
        == f"{tmp_path / 'roadmap.toml'}: it is there already; init overwrites nothing; name a new folder\n"
    )
    assert files_in(tmp_path) == ["roadmap.toml"]
    assert (tmp_path / "roadmap.toml").read_text() == "mine"


def test_all_that_is_in_the_way_is_told(tmp_path: Path) -> None:
    assert run("init", str(tmp_path)).exit_code == 0
    before = {name: (tmp_path / name).read_bytes() for name in FILES}
    result = run("init", str(tmp_path), "--start", "2030-01-07")
    assert result.exit_code == 3
    assert result.stderr.count("it is there already") == 3
    assert {name: (tmp_path / name).read_bytes() for name in FILES} == before


def test_a_link_and_a_folder_are_in_the_way_too(tmp_path: Path) -> None:
    (tmp_path / "features.csv").symlink_to(tmp_path / "nowhere.csv")
    (tmp_path / "throughput.csv").mkdir()
    result = run("init", str(tmp_path))
    assert result.exit_code == 3
    assert result.stderr.count("it is there already") == 2
    assert not (tmp_path / "nowhere.csv").exists()
    assert not (tmp_path / "roadmap.toml").exists()


def test_other_files_of_a_folder_stay(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert run("init", str(tmp_path)).exit_code == 0
    assert files_in(tmp_path) == sorted([*FILES, "notes.txt"])


def test_a_file_where_the_folder_should_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("a file")
    for folder in (tmp_path / "mine", tmp_path / "mine" / "deeper"):
        result = run("init", str(folder))
        assert result.exit_code == 3
        assert "Traceback" not in result.output
        assert len(result.stderr.splitlines()) == 1
    assert (tmp_path / "mine").read_text() == "a file"


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EACCES, errno.EROFS])
@pytest.mark.parametrize("after", [0, 1, 2])
def test_all_of_it_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: int, after: int) -> None:
    """The disk is full, or closed, at the first, second or third file."""
    fill, count = writing._fill, iter(range(9))

    def fail(draft: Path, content: str | bytes) -> None:
        if next(count) == after:
            raise OSError(reason, os.strerror(reason))
        fill(draft, content)

    monkeypatch.setattr(writing, "_fill", fail)
    result = run("init", str(tmp_path / "deep" / "mine"))
    assert result.exit_code == 3
    assert "not written" in result.stderr
    assert [*tmp_path.iterdir()] == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_folder_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        result = run("init", str(tmp_path / "mine"))
    finally:
        tmp_path.chmod(0o700)
    assert result.exit_code == 3
    assert "no permission" in result.stderr


@pytest.mark.parametrize(
    "name", ["my plan", "Größe", "$start", "a'b", "-x", "日本", "x\u202ey", "x\x1b[31my", "a\nb", "#"]
)
def test_folders_of_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("init", "--", name)
    assert result.exit_code == 0, result.output
    assert not {"\x1b", "\u202e"} & {*result.output}
    assert len(result.output.splitlines()) == 3
    roadmap, _ = fc.read(tmp_path / name)
    assert len(roadmap.features) == 7


@pytest.mark.parametrize("name", ["", "a\0b", "x" * 300])
def test_what_is_no_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("init", name)
    assert result.exit_code == 3, result.output
    assert len(result.output.splitlines()) == 1
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("start", ["tomorrow", "2026-02-30", "05.01.2026", "", "26-01-05"])
def test_a_start_that_is_no_date_is_wrong_usage(tmp_path: Path, start: str) -> None:
    result = run("init", str(tmp_path / "mine"), "--start", start)
    assert result.exit_code == 2
    assert f"Invalid value for '--start': \"{start}\": " in re.sub(r"\s+", " ", result.stderr)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("start", "code"), [("1901-12-31", 3), ("1902-01-01", 0), ("2899-01-01", 0), ("2899-01-02", 3)]
)
def test_a_start_that_leaves_no_room_is_refused(tmp_path: Path, start: str, code: int) -> None:
    result = run("init", str(tmp_path / "mine"), "--start", start)
    assert result.exit_code == code, result.output
    if code:
        assert result.stderr == f"start: {start}; a day between 1902 and 2899 is needed\n"
    else:
        assert fc.read(tmp_path / "mine")[0].start == dt.date.fromisoformat(start)
