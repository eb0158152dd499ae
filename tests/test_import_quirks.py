"""Imports: quirks of real exports, each fed through a file of its own, with results that were worked out by hand."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from workbooks import workbook

import forecast as fc
from forecast.cli import cli
from forecast.import_page import render
from forecast.importers.words import read_link


def bring(tmp_path: Path, name: str, content: str | bytes, **options: object) -> tuple[Path, fc.Imported]:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    imported = fc.import_files([path], tmp_path / "out", **options)  # type: ignore[arg-type]
    fc.read(tmp_path / "out")
    return tmp_path / "out", imported


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def done_of(out: Path) -> list[tuple[str, str]]:
    return [(row["item"], row["done"]) for row in rows_of(out / "items.csv")]


BOARD = [
    ("1", "a", "2026-01-05", "2026-01-06", "", "2026-01-20"),
    ("2", "b", "2026-01-05", "", "", "2026-02-03"),
    ("3", "c", "2026-01-05", "2026-01-07", "", ""),
    ("4", "d", "", "", "", "2026-02-04"),
]


@pytest.mark.parametrize(
    ("behind", "cells"),
    [
        ("Due Date", ["2026-03-01", "", "2026-09-01", ""]),
        ("Resolution", ["", "", "", ""]),
        ("Flagged by whom", ["", "", "", ""]),
        ("Blocked Days,Due Date", [",", ",", ",2026-09-01", ","]),
        ("Type", ["Bug", "Bug", "Bug", "Bug"]),
    ],
)
@pytest.mark.parametrize("mark", ["-", "/"])
def test_what_stands_behind_the_steps_of_a_board_is_no_step(
    tmp_path: Path, behind: str, cells: list[str], mark: str
) -> None:
    """Items 1, 2 and 4 were closed; when somebody wants them, or an empty column, says nothing else."""
    lines = [f"ID,Name,New,Active,Resolved,Closed,{behind}"]
    lines += [",".join((*row, cell)) for row, cell in zip(BOARD, cells, strict=True)]
    text = "\n".join(lines).replace("2026-", f"2026{mark}").replace("-0", f"{mark}0").replace("-2", f"{mark}2")
    out, _ = bring(tmp_path, "board.csv", text if mark == "/" else "\n".join(lines))
    assert done_of(out) == [("1", "2026-01-20"), ("2", "2026-02-03"), ("3", ""), ("4", "2026-02-04")]
    assert sum(int(row["done"]) for row in rows_of(out / "throughput.csv")) == 3


def test_a_last_step_that_nothing_has_reached_is_a_step(tmp_path: Path) -> None:
    lines = ["ID,Name,New,Active,Review,Released to all", "1,a,2026-01-05,2026-01-06,2026-01-20,", "2,b,2026-01-05,,,"]
    out, _ = bring(tmp_path, "board.csv", "\n".join(lines))
    assert done_of(out) == [("1", ""), ("2", "")]


def test_an_initiative_that_holds_epics_is_not_planned_beside_them(tmp_path: Path) -> None:
    """Six epics of four items each, two of them done: twelve are left, and none is added for the initiative."""
    lines = ["Summary,Issue key,Issue id,Issue Type,Status,Created,Resolved,Parent,Custom field (Epic Link)"]
    lines.append("Big,P-0,100,Initiative,Open,2026-01-05,,,")
    for epic in range(1, 7):
        lines.append(f"E{epic},P-{epic},{100 + epic},Epic,Open,2026-01-05,,100,")
        for item in range(1, 5):
            state = f"Done,2026-01-05,2026-01-{10 + item}" if item < 3 else "Open,2026-01-05,"
            lines.append(f"s,P-{epic}{item},{epic}0{item},Story,{state},,P-{epic}")
    out, imported = bring(tmp_path, "export.csv", "\n".join(lines))
    parts = [(row["feature"], row["items"], row["done"], row["low"]) for row in rows_of(out / "features.csv")]
    assert parts == [(f"E{epic}", "4", "2", "") for epic in range(1, 7)]
    told = {each["why"]: each["examples"] for each in imported.to_dict()["strange"]}
    assert [examples for why, examples in told.items() if "holds other features" in why] == [["Big"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_gh_writes_is_read_in_the_encoding_of_any_shell(tmp_path: Path, encoding: str) -> None:
    common = {"labels": [], "milestone": None, "createdAt": "2026-01-05T23:30:00Z"}
    records = [
        {"number": 1, "title": "ä", "state": "CLOSED", "stateReason": "COMPLETED", "closedAt": "2026-01-20T23:30:00Z"},
        {
            "number": 2,
            "title": "b",
            "state": "CLOSED",
            "stateReason": "NOT_PLANNED",
            "closedAt": "2026-01-20T23:30:00Z",
        },
        {"number": 3, "title": "c", "state": "OPEN", "stateReason": "", "closedAt": None},
    ]
    out, imported = bring(tmp_path, "issues.json", json.dumps([common | each for each in records]).encode(encoding))
    assert imported.to_dict()["items"] == {"open": 1, "delivered": 1, "discarded": 1}
    assert done_of(out) == [("1", "2026-01-20"), ("2", "2026-01-20"), ("3", "")]


@pytest.mark.parametrize(
    "kind",
    [
        "Gantt End to End",
        "Contains(WBSGantt)",
        "Follow-up",
        "Gantt Start to Start",
        "Gantt Start to End",
        "Hierarchy (WBSGantt)",
        "Finish-to-Finish [FF]",
    ],
)
def test_links_of_a_schedule_that_let_nobody_wait(tmp_path: Path, kind: str) -> None:
    lines = [f"Issue key,Issue Type,Status,Created,Resolved,Epic Link,Outward issue link ({kind})"]
    for epic, other in (("X", "P-Y"), ("Y", "")):
        lines.append(f"P-{epic},Epic,Open,2026-01-05,,,{other}")
        lines += [
            f"P-{epic}1,Story,Open,2026-01-05,,P-{epic},",
            f"P-{epic}2,Story,Closed,2026-01-05,2026-01-20,P-{epic},",
        ]
    out, imported = bring(tmp_path, "export.csv", "\n".join(lines))
    assert [each["outward"] for each in imported.to_dict()["links"]["kinds"]] == ["no"]
    assert not any(row["after"] for row in rows_of(out / "features.csv"))


def test_a_sprint_of_a_server_whose_name_holds_a_comma_keeps_it(tmp_path: Path) -> None:
    told = "com.atlassian.greenhopper.service.sprint.Sprint@1[id=1,rapidViewId=2,state=CLOSED,name=One, two,"
    told += "startDate=2026-01-05T09:00:00.000+01:00,endDate=2026-01-19T09:00:00.000+01:00]"
    lines = ["Issue key,Issue Type,Status,Created,Resolved,Sprint", f'P-1,Story,Done,2026-01-05,2026-01-08,"{told}"']
    lines += ["P-2,Story,Done,2026-01-05,2026-01-20,"]
    out, _ = bring(tmp_path, "export.csv", "\n".join(lines))
    text = (out / "import.toml").read_text("utf-8").replace('sprints = "every"', 'sprints = "tracker"')
    (out / "import.toml").write_text(text, encoding="utf-8")
    fc.import_again(out, force=True)
    sprints = [(row["sprint"], row["start"], row["end"], row["done"]) for row in rows_of(out / "throughput.csv")]
    assert sprints == [("One, two", "2026-01-05", "2026-01-19", "1")]


def test_an_item_open_since_nobody_knows_when_is_told(tmp_path: Path) -> None:
    lines = ["Issue key,Issue Type,Status,Created,Resolved", "P-1,Story,Done,2026-01-05,2026-01-20", "P-2,Story,Open,,"]
    out, imported = bring(tmp_path, "export.csv", "\n".join(lines))
    assert done_of(out) == [("P-1", "2026-01-20")]
    told = [each for each in imported.to_dict()["strange"] if "items.csv" in each["why"]]
    assert [(each["count"], each["examples"]) for each in told] == [(1, ["P-2"])]
    assert rows_of(out / "features.csv")[0]["items"] == "1"


@pytest.mark.parametrize("has_rows", [False, True])
def test_a_table_that_names_its_features_misses_no_parents(tmp_path: Path, has_rows: bool) -> None:
    """Named by what people call them, nothing is missing; where some parents are rows of the table, the others are."""
    lines = ["item,team,feature,created,done", "1,A,Login,2026-01-05,2026-01-20", "2,A,Login,2026-01-05,"]
    lines += ["3,A,2,2026-01-05,"] if has_rows else []
    out, imported = bring(tmp_path, "items.csv", "\n".join(lines))
    missed = [each["count"] for each in imported.to_dict()["strange"] if "not in the export" in each["why"]]
    assert missed == ([2] if has_rows else [])
    assert rows_of(out / "features.csv")[0]["feature"] == "Login"


@pytest.mark.parametrize(
    ("kind", "means"),
    [
        *(
            (kind, "blocks")
            for kind in ("End to Start", "Finish-to-Start [FS]", "Needed by", "Followed by", "Impediment")
        ),
        *((kind, "waits") for kind in ("Preceded by", "Follows", "Blocked", "Gated by", "Needs")),
        *((kind, "no") for kind in ("Cloners", "Causality", "Issue split", "Test", "Polaris work item link")),
    ],
)
def test_what_the_outer_end_of_a_link_says(kind: str, means: str) -> None:
    assert read_link(kind) == means


@pytest.mark.parametrize(
    "written",
    [
        *("12/Mar/26 3:04 PM", "12/Mar/2026 15:04 CET", "12. Mär. 2026 15:04", "12/mars/26 3:04 PM", "13.03.26 15:04"),
        *(
            "Mar 12, 2026, 3:04:05 PM",
            "Thursday, March 12, 2026 3:04 PM",
            "13.3.2026 14:59:28",
            "13/03/2026 3:04 p. m.",
        ),
        *("Thu Mar 12 2026 23:30:00 GMT+0100 (Central European Standard Time)", "2026-03-12T23:30:00.000-0800"),
    ],
)
def test_a_day_in_the_words_of_any_instance(tmp_path: Path, written: str) -> None:
    """The day is the one that is written, whatever the time zone is."""
    text = f'Issue key,Issue Type,Status,Created,Resolved\nP-1,Bug,Done,"{written}","{written}"\n'
    out, _ = bring(tmp_path, "export.csv", text)
    assert done_of(out) == [("P-1", "2026-03-13" if written.startswith("13") else "2026-03-12")]


@pytest.mark.parametrize(
    "written", ["Foo Mar 12 2026", "12/Mar/26 25 o'clock", "Thu Thu 12 2026", "12/Mar/26 3:04 PM (("]
)
def test_a_day_that_is_none_is_refused(tmp_path: Path, written: str) -> None:
    text = f'Issue key,Issue Type,Status,Created,Resolved\nP-1,Bug,Done,"{written}","{written}"\n'
    with pytest.raises(fc.Fault, match="cannot be read"):
        bring(tmp_path, "export.csv", text)


def test_more_is_promised_only_where_more_is_left_out(tmp_path: Path) -> None:
    """Open items of no feature are told by team, two examples for all of them; five dates that are none are not three."""
    head = "Key,Type,Status,Created,Done,Team,Feature\n"
    rows = [f"A-{n},Story,Done,2025-11-0{n % 9 + 1},2025-11-2{n % 7},Web,Shop\n" for n in range(20)]
    rows += [f"B-{n},Story,Open,2025-11-03,,{'Web' if n % 3 else 'API'},\n" for n in range(30)]
    rows += [f"C-{n},Story,Done,soon,2025-11-24,Web,Shop\n" for n in range(5)]
    _, imported = bring(tmp_path, "items.csv", head + "".join(rows))
    told = imported.to_dict()["strange"]
    assert [(each["count"], len(each["examples"]), each["cases"]) for each in told] == [(5, 5, 5), (30, 2, 2)]
    lines = render(imported.to_dict()).splitlines()
    assert lines[lines.index("Worth a look:") + 1 :][:2] == [
        '  5: a date that cannot be read (row 52: created = "soon", row 53: created = "soon", row 54: created = "soon", ...)',
        "  30: open items that belong to no feature (20 of Web, 10 of API)",
    ]


def test_the_sheet_of_a_workbook_is_named_behind_it(tmp_path: Path) -> None:
    """As the fault says that tells of several sheets; also again, from import.toml."""
    assert CliRunner().invoke(cli, ["init", str(tmp_path / "mine"), "--spreadsheet"]).exit_code == 0
    workbook = tmp_path / "mine" / "portfolio.xlsx"
    with pytest.raises(fc.Fault, match="name the one that is meant, like"):
        fc.import_files([workbook], tmp_path / "out")
    fc.import_files([f"{workbook}#Throughput"], tmp_path / "out")
    _, history = fc.read(tmp_path / "mine")
    _, imported = fc.read(tmp_path / "out")
    said, meant = (sorted((row.team, row.start, row.done) for row in each.sprints) for each in (imported, history))
    assert said == meant
    assert 'files = ["../mine/portfolio.xlsx#Throughput"]' in (tmp_path / "out" / "import.toml").read_text("utf-8")
    before = (tmp_path / "out" / "throughput.csv").read_bytes()
    assert CliRunner().invoke(cli, ["import", "--again", str(tmp_path / "out"), "--force"]).exit_code == 0
    assert (tmp_path / "out" / "throughput.csv").read_bytes() == before
    with pytest.raises(fc.Fault, match='no sheet "Sprints"; there are: "features"'):
        fc.import_files([f"{workbook}#Sprints"], tmp_path / "out2")
    own = tmp_path / "own.xlsx#1"
    own.write_text("team,start,end,done\nWeb,2025-12-01,2025-12-14,3\n", encoding="utf-8")
    fc.import_files([own], tmp_path / "out3")


TITLED = """ID,Work Item Type,Title,State,Created Date,Closed Date,Area Path,Parent
1,Feature,Big,Active,2025-10-01,,Shop\\Web,
2,User Story,a,Closed,2025-10-02,2025-10-15,Shop\\Web,1
3,User Story,b,Closed,2025-10-02,2025-11-15,Shop\\Web,1
4,User Story,c,New,2025-10-02,,Shop\\Web,1
"""


@pytest.mark.parametrize(
    "titles", ["Project: Shop,Server: https://example.com,Query: all\n", "Work items\n\nof 3 March\n"]
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("is_workbook", [False, True])
def test_titles_above_the_names_of_the_columns_are_left_out_and_told(
    tmp_path: Path, titles: str, separator: str, is_workbook: bool
) -> None:
    """As the spreadsheets of Azure DevOps have them; what is imported is the same as without."""
    plain, _ = bring(tmp_path, "plain.csv", TITLED)
    expected = {name: (plain / name).read_text("utf-8") for name in ("items.csv", "features.csv", "throughput.csv")}
    text = titles + TITLED
    content: str | bytes = text.replace(",", separator)
    if is_workbook:
        content = workbook({"Sheet1": [line.split(",") for line in text.splitlines()]})
    out, imported = bring(tmp_path, "titled.xlsx" if is_workbook else "titled.csv", content, force=True)
    assert {name: (out / name).read_text("utf-8") for name in expected} == expected
    (left,) = imported.to_dict()["left_out"]
    numbers = [at for at, line in enumerate(titles.splitlines(), start=1) if line]
    assert (left["why"], left["count"]) == ("it stands above the names of the columns", len(numbers))
    assert [example.rpartition(" ")[2] for example in left["examples"]] == [str(at) for at in numbers]
    rows = imported.to_dict()["rows"]
    assert rows == 4 + len(numbers)
