"""What is said of a fault, word for word: what the other tables of tests do not hold, and the proof that nothing is left out.

The other tables: test_files (roadmap files and sheets), test_hostile (contents, names, TOML), test_spreadsheets (numbers, dates,
workbooks), test_writing. Read them aloud: each line says where, what, and what to do.
"""

from __future__ import annotations

import ast
import datetime as dt
import errno
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from test_files import HEAD, ONE_FEATURE, ONE_SPRINT, SHEETS, faults_of, write
from workbooks import raw_workbook, row_of

import forecast as fc
from forecast import parquet, writing
from forecast.errors import Fault
from forecast.history import check_same_sprints
from forecast.values import read_count, read_levels, read_seed
from forecast.writing import write_file, write_folder

WEB = "work = { Web = 1 }\n"
FEATURE = '[[feature]]\nname = "A"\n' + WEB

ROADMAPS = {
    HEAD.replace("Web =", "' Web' = [1], Web =") + FEATURE: (
        'row 2: history: team "Web" twice; give each team one list of counts'
    ),
    HEAD.replace("Web =", '"" =') + FEATURE: 'row 2: history: team "": name = ""; a name cannot be empty',
    HEAD + '[[feature]]\nname = "A"\nwork = 5\n': ('row 5: feature "A": work = 5; a table is needed, like { Web = 8 }'),
    HEAD + FEATURE + 'handoff = "later"\n': (
        'row 6: feature "A": unknown key "handoff"; it belongs to the whole roadmap; move it above the first [[...]]'
    ),
    HEAD + 'unit = "hours"\n' + FEATURE: 'row 3: unit = "hours"; a unit is "items" or "points"',
    HEAD + "promise_level = 0\n" + FEATURE: (
        "row 3, promise_level: level = 0; a level is a share between 0 and 1, like 0.85"
    ),
    HEAD + "growth = nan\n" + FEATURE: "row 3: growth = nan; a finite number is needed",
    HEAD + 'quarter_starts = ["soon"]\n' + FEATURE: (
        'row 3: quarter_starts = "soon"; a date is written year-month-day, like 2026-05-01'
    ),
    HEAD + "days_off = [1815-06-18]\n" + FEATURE: "row 3: days_off = 1815-06-18; a date must lie between 1900 and 2900",
    HEAD + FEATURE.replace("1 }", "1, ' Web' = 2 }"): (
        'row 5: feature "A": work names "Web" twice; give each team one part'
    ),
    HEAD + '[[team]]\nname = "Web"\nallocation = { G = 0.1, " G" = 0.2 }\n' + FEATURE: (
        'row 5: team "Web": allocation names "G" twice; give each objective one share'
    ),
    HEAD + FEATURE + '[[risk]]\nname = "R"\nchance = 0.5\ndelays = { A = 1, " A" = 2 }\n': (
        'row 9: risk "R": delays names "A" twice; give it one number'
    ),
    HEAD + FEATURE + 'after = [{ feature = "A", team = "API" }]\n': (
        'row 6: feature "A": after = "A", team = "API"; "A" has no work of that team.'
    ),
    HEAD + FEATURE + 'after = [{ feature = "B", handoff = "later" }]\n[[feature]]\nname = "B"\n': (
        'row 6: feature "A": after "B": handoff = "later"; a hand-off is "next-sprint" or "immediate"'
    ),
    HEAD + FEATURE + '[[feature]]\nname = "A/Web"\n[[feature]]\nname = "C"\nafter = ["A/Web"]\n': (
        'row 10: feature "C": after = "A/Web"; this is both a feature and a part of one; '
        'write { feature = "A/Web" } or { feature = "A", team = "Web" }'
    ),
    HEAD.replace("{ Web = [3, 5, 2] }", '"a\\u0000b"') + FEATURE: (
        'row 2: history = "a\\x00b"; not readable; this is no name of a file'
    ),
    HEAD.replace("{ Web = [3, 5, 2] }", '"a.numbers"') + FEATURE: (
        'row 2: history = "a.numbers"; .numbers is not read; export it as .xlsx'
    ),
    HEAD.replace("{ Web = [3, 5, 2] }", '"a.json"') + FEATURE: (
        'row 2: history = "a.json"; .json is not read; save it as .csv or .xlsx'
    ),
    HEAD.replace("{ Web = [3, 5, 2] }", '"a.zip"')
    + FEATURE: 'row 2: history = "a.zip"; .zip is not read; unpack it first',
}


@pytest.mark.parametrize("toml", ROADMAPS)
def test_what_is_said_of_a_roadmap_file(tmp_path: Path, toml: str) -> None:
    assert faults_of(write(tmp_path, toml)) == [f"roadmap.toml {ROADMAPS[toml]}"]


def test_what_is_said_of_a_date_before_the_calendar_of_spreadsheets(tmp_path: Path) -> None:
    styles = '<styleSheet><cellXfs><xf numFmtId="14"/></cellXfs></styleSheet>'
    rows = row_of(1, "feature", "team", "items", "due") + row_of(
        2, "A", "Web", ('s="5"', "<v>1</v>"), ("", "<v>60</v>")
    )
    (tmp_path / "plan.xlsx").write_bytes(raw_workbook(rows, styles=styles))
    assert faults_of(write(tmp_path, HEAD + 'features = "plan.xlsx"\n')) == [
        'plan.xlsx sheet "Sheet1" row 2: due = day 60; a date is needed; write it year-month-day, like 2026-05-01'
    ]


def test_what_is_said_of_too_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "MOST_ROWS", 3)
    content = io.BytesIO()
    pl.DataFrame({"feature": ["A"] * 4}).write_parquet(content)
    (tmp_path / "f.parquet").write_bytes(content.getvalue())
    assert faults_of(write(tmp_path, HEAD + 'features = "f.parquet"\n')) == [
        "f.parquet: 4 rows; no more than 3 rows can be read"
    ]


def sprint(start: Any = None, end: Any = None) -> fc.Sprint:
    return fc.Sprint("Web", start, end, 3)


WEEK = sprint(dt.date(2026, 1, 5), dt.date(2026, 1, 9))

PYTHON: dict[str, Callable[[], object]] = {
    "by: seed = 1.5; a seed is a whole number": lambda: read_seed(1.5, "by"),
    "by: seed = a number of too many digits; 18 digits are more than enough": lambda: read_seed(2**64, "by"),
    "by: n = a number of more than 20 digits; a whole number from 0 to 9 is needed": (
        lambda: read_count(10**30, "by", "n", least=0, most=9)
    ),
    'levels: levels = "[0.5, 0.5]"; two of them are alike; give each once': lambda: read_levels([0.5, 0.5]),
    "feature: name = 5; a name is a text; put it in quotes": lambda: fc.Feature(5),  # type: ignore[arg-type]
    'team "Web": days_off = "2026-01-01"; give a list of dates, like [2026-05-01, 2026-05-02]': (
        lambda: fc.Team("Web", days_off="2026-01-01")
    ),
    'history: "Web"; give each team its counts: {"Web": [3, 5, 0]}': lambda: fc.History.from_counts("Web"),  # type: ignore[arg-type]
    'history: team "Web" twice; give each team one list of counts': lambda: fc.History.from_counts(
        {"Web": [1], " Web": [2]}
    ),
    'team "Web": history = "5"; give a list of counts, oldest first: [3, 5, 0]': (
        lambda: fc.History.from_counts({"Web": 5})  # type: ignore[dict-item]
    ),
    'history: "5"; give Sprint(team, start, end, done), or use History.from_counts': lambda: fc.History([5]),  # type: ignore[list-item]
    'team "Web": sprints with and without dates; give dates to all of them, or none': (
        lambda: fc.History([sprint(), sprint(dt.date(2026, 1, 5), dt.date(2026, 1, 9))])
    ),
    'history: guesses = "5"; give teams their guess: {"Web": (3, 5, 9)}': lambda: fc.History([], 5),  # type: ignore[arg-type]
    'team "Web": guess = 0; a guess says how many items a sprint finishes: low, likely, high': (
        lambda: fc.History([], {"Web": 0})
    ),
    'simulate: history = "5"; give a History, such as History.from_counts({"Web": [3, 5, 0]})': (
        lambda: fc.simulate(fc.Roadmap("2026-01-05", [], []), 5)  # type: ignore[arg-type]
    ),
    'throughput together: team "Web" has two sprints of the same dates; a sprint that stands twice cannot be paired with '
    "another team's; remove one, or drop together": lambda: check_same_sprints({"Web": [WEEK, WEEK]}),
    'throughput together: teams "Web" and "API" have different sprints; drawing together needs the same sprints for every '
    "team; leave out the others, or drop together": lambda: check_same_sprints({"Web": [WEEK], "API": []}),
    'history: team = "Wbe"; no such team in the history. Did you mean "Web"?': (
        lambda: fc.History([sprint()]).require("Wbe")
    ),
    'team "Web": allocation = "5"; give each objective a share: { "Grow revenue" = 0.6 }': (
        lambda: fc.Team("Web", allocation=5)  # type: ignore[arg-type]
    ),
    'team "Web": capacity = "5"; give a list of Capacity(start, end, factor)': (
        lambda: fc.Team("Web", capacity=[5])  # type: ignore[list-item]
    ),
    'feature "A": work = "5"; give each team its size: work = { Web = 8 }': lambda: fc.Feature("A", 5),  # type: ignore[arg-type]
    'feature "A": after = "5"; name a feature ("Login") or a part ("Login/API")': (
        lambda: fc.Feature("A", after=[5])  # type: ignore[list-item]
    ),
    'risk "R": adds = "5"; name what is hit: adds = { "Checkout" = 5 }': lambda: fc.Risk("R", 0.5, 5),  # type: ignore[arg-type]
    'roadmap, throughput: model = "bootstrp"; choose one of: bootstrap. Did you mean "bootstrap"?': (
        lambda: fc.Roadmap("2026-01-05", [], [], throughput="bootstrp")
    ),
    "roadmap: throughput = 5; give a model, or one of the names: bootstrap": (
        lambda: fc.Roadmap("2026-01-05", [], [], throughput=5)
    ),
    'roadmap: replace "A"; give the feature that takes the place of its namesake': (
        lambda: fc.Roadmap("2026-01-05", [], []).replace("A")  # type: ignore[arg-type]
    ),
}


@pytest.mark.parametrize("message", PYTHON)
def test_what_is_said_in_python(message: str) -> None:
    with pytest.raises(Fault) as caught:
        PYTHON[message]()
    models = re.compile(r"(choose one of|one of the names): [\w, -]+")
    assert models.sub(r"\1: ...", str(caught.value)) == models.sub(r"\1: ...", message)


WRITING = {
    errno.ENOSPC: "the disk is full; make room and try again",
    errno.EDQUOT: "the disk quota is used up; make room and try again",
    errno.EFBIG: "the file would be larger than is allowed here",
    errno.EACCES: "there is no permission to write there; choose another place",
    errno.EROFS: "nothing can be written there; choose another place",
    errno.EIO: "Input/output error",
}


@pytest.mark.parametrize("number", WRITING)
def test_what_is_said_of_a_place_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def fail(*_: object) -> None:
        raise OSError(number, "Input/output error")

    monkeypatch.setattr(writing, "_fill", fail)
    with pytest.raises(Fault) as caught:
        write_file(tmp_path / "a", "x")
    assert str(caught.value) == f"{tmp_path}/a: not written; {WRITING[number]}"


def test_what_is_said_of_places_that_may_not_be_written(tmp_path: Path) -> None:
    with pytest.raises(Fault) as caught:
        write_folder(tmp_path, {"../a": "x"})
    assert str(caught.value) == "../a: not a name in the folder; name a file in the folder, or below it"
    (tmp_path / "in").touch()
    with pytest.raises(Fault) as caught:
        write_file(tmp_path / "in", "x", inputs=[tmp_path / "in"])
    assert str(caught.value) == (
        f"{tmp_path}/in: this is one of the files that are read; choose another name for the output"
    )


# ---- nothing is left out

PACKAGE = Path(__file__).parents[1] / "forecast"
SPEAKING = (
    *(
        "files",
        "reader",
        "toml",
        "shape",
        "spot",
        "loading",
        "grid",
        "workbook",
        "parquet",
        "columns",
        "notation",
        "rows",
        "sheets",
    ),
    *("whatif_file", "writing", "values", "dates", "estimate", "history", "team", "feature", "cycles"),
)
INSIDE = {  # what is never shown: reasons that the reader of workbooks gives to itself, and what tomllib says
    "Cannot overwrite a value",
    "Invalid date or datetime",
    "at end of document)",
    "a workbook declares no document type",
    "no place in a list",
    "no reference of a cell",
    "a cell outside of the sheet",
    "a way of packing that no spreadsheet program uses",
    "areas that overlap",
    "too many cells",
    "a number of far too many digits",
}


def said_by(tree: ast.Module) -> Iterator[str]:
    """The words that a module may say: its texts of several words, without docstrings and patterns."""
    patterns = {
        id(inside)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re.")
        for inside in ast.walk(node)
    }
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and not {id(node)} & (patterns | alone):
            words = node.value.strip(" .,;:=[{(\"'")
            if words.count(" ") >= 2 and words not in INSIDE and "[0-9]" not in words:
                yield words


def pinned() -> str:
    """The texts of all tests, each as one piece."""
    texts = []
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value.replace("\\\n", ""))
    return "\n".join(texts)


def test_every_message_is_in_some_table() -> None:
    known = pinned()
    said = {
        words: name for name in SPEAKING for words in said_by(ast.parse((PACKAGE / f"{name}.py").read_text("utf-8")))
    }
    assert len(said) > 120
    assert {words: name for words, name in said.items() if words not in known} == {}


def test_a_message_that_is_in_no_table_is_found() -> None:
    words = " ".join(["words", "that", "nobody", "wrote"])
    tree = ast.parse(
        f'"""Docstring of words."""\nimport re\nre.compile("a b c d")\nraise Fault("", "", f"{words} {{1}}")\n'
    )
    assert list(said_by(tree)) == [words]
    assert words not in pinned()


def test_a_sheet_and_a_history_that_are_good_say_nothing(tmp_path: Path) -> None:
    """The control of all tables."""
    write(tmp_path, SHEETS, features=ONE_FEATURE, throughput=ONE_SPRINT)
    assert len(fc.read(tmp_path)[0].features) == 1
