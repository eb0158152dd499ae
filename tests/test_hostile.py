"""Hostile input: whatever stands in the files, the answer is right or a clear line; never a traceback, a hang or half a file."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from test_files import HEAD, ONE_FEATURE, ONE_SPRINT, SHEETS, faults_of, write

import forecast as fc
from forecast import loading
from forecast.cli import cli
from forecast.errors import Fault
from forecast.files import read_portfolio

WEB = "work = { Web = 1 }\n"


def toml_of(*names: str) -> str:
    return HEAD + "".join(f"[[feature]]\nname = {json.dumps(name, ensure_ascii=False)}\n{WEB}" for name in names)


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["run", str(folder), "--runs", "20", *arguments], catch_exceptions=False)


# ---- names


NAMES = ["None", "nan", "0012", "null", "true", "1e5", 'say "hi"', "it's", "a, b; c", "=1+1", "-5"]
NAMES += ["a\\b", "{x}", "%s", "é", "日本", "🚀"]


def test_strange_names_are_names_in_every_form(tmp_path: Path) -> None:
    roadmap, _ = fc.read(write(tmp_path, toml_of(*NAMES)))
    assert [feature.name for feature in roadmap.features] == NAMES
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["feature", "team", "items", "after"])
    for name, other in zip(NAMES, [*NAMES[1:], NAMES[-1]], strict=True):
        quoted = '"' + other.replace('"', '""') + '"'
        rows.writerow([name, "nan", 1, quoted if other != name else ""])
    sheets = 'start = 2026-01-05\nhistory = { nan = [3] }\nfeatures = "features.csv"\n'
    roadmap, _ = fc.read(write(tmp_path, sheets, features=text.getvalue()))
    assert [feature.name for feature in roadmap.features] == NAMES
    assert [link.waits_for for link in roadmap.links] == NAMES[1:]
    assert [team.name for team in roadmap.teams] == ["nan"]
    printed = json.loads(run(tmp_path, "--json", "-q").stdout)
    assert [feature["name"] for feature in printed["features"]] == NAMES


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Café", "Cafe\u0301"),
        ("Straße", "STRASSE"),
        ("ẞ", "ss"),
        ("\u01f0", "J\u030c"),
        ("İ", "i\u0307"),
        ("ﬁn", "FIN"),
        ("Login", "  login "),
        ("Σ", "ς"),
    ],
)
def test_names_that_are_equal_but_for_case_or_composition_are_duplicates(tmp_path: Path, one: str, other: str) -> None:
    (line,) = faults_of(write(tmp_path, toml_of(one, other)))
    assert line.startswith("roadmap.toml row 7: feature ")
    assert "twice" in line
    assert line.endswith("; give each a name of its own")


def test_teams_that_differ_only_in_case_are_told_in_every_file(tmp_path: Path) -> None:
    head = "start = 2026-01-05\nhistory = { Web = [3], WEB = [1] }\n"
    assert faults_of(write(tmp_path, head + f'[[feature]]\nname = "A"\n{WEB}')) == [
        'roadmap.toml row 2: team "WEB"; the roadmap writes it "Web"; write it the same'
    ]
    write(tmp_path, SHEETS, features=ONE_FEATURE, throughput=ONE_SPRINT + "wEB,S2,2025-12-22,2026-01-04,3\n")
    assert faults_of(tmp_path) == ['throughput.csv row 3: team "wEB"; the roadmap writes it "Web"; write it the same']


BAD_NAMES = {
    "": "a name cannot be empty",
    "  ": "a name cannot be empty",
    "two\nlines": "a name cannot hold line breaks or control characters",
    "tab\tbed": "a name cannot hold line breaks or control characters",
    "\x1b[31mred": "a name cannot hold line breaks or control characters",
    "para\u2029graph": "a name cannot hold line breaks or control characters",
    "\x7f": "a name cannot hold line breaks or control characters",
    "x" * 10_000: "10,000 characters are too many for a table; 500 are the most",
}


@pytest.mark.parametrize("name", BAD_NAMES, ids=lambda name: ascii(name)[:20])
def test_names_that_are_refused(tmp_path: Path, name: str) -> None:
    toml = HEAD + f'[[feature]]\nname = {json.dumps(name)}\ndue = "soon"\nafter = ["Later"]\n' + WEB
    toml += '[[feature]]\nname = "Later"\nafter = ["Earlier"]\n' + WEB
    lines = faults_of(write(tmp_path, toml))
    assert lines[0].startswith("roadmap.toml row 4: feature 1: name = ")
    assert lines[0].endswith(f"; {BAD_NAMES[name]}")
    assert lines[1] == 'roadmap.toml row 5: feature 1: due = "soon"; a date is written year-month-day, like 2026-05-01'
    assert len(lines) == 2  # "Earlier" may be what feature 1 is called
    assert all(len(line) < 300 and line.isprintable() for line in lines)


def test_marks_that_turn_the_line_are_shown_and_do_not_act(tmp_path: Path) -> None:
    name = "abc\u202edef\u200b\u2066"
    assert fc.read(write(tmp_path, toml_of(name)))[0].features[0].name == name
    result = run(tmp_path)
    assert result.exit_code == 0
    assert "\u202e" not in result.output
    assert "abc\\u202edef\\u200b\\u2066" in result.output
    (line,) = faults_of(write(tmp_path, toml_of(name) + f'after = ["{name}x"]\n'))
    assert "\u202e" not in line


def test_a_text_that_looks_like_a_formula_is_disarmed_in_csv_output(tmp_path: Path) -> None:
    names = ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "plain", "a=b"]
    write(tmp_path, toml_of(*names))
    printed = list(csv.DictReader(io.StringIO(run(tmp_path, "--csv", "-q").stdout)))
    assert [row["feature"] for row in printed] == [f"'{name}" for name in names[:4]] + names[4:]
    told = json.loads(run(tmp_path, "--json", "-q").stdout)
    assert [feature["name"] for feature in told["features"]] == names


# ---- what was lost does not hide, or make up, anything else


def test_only_references_that_could_mean_what_was_lost_are_not_judged(tmp_path: Path) -> None:
    toml = HEAD + (
        '[[team]]\nname = "Web"\n'
        '[[feature]]\nname = "A"\nafter = ["C"]\n' + WEB + '[[feature]]\nname = "B"\nwrok = { Web = 1 }\n'
        '[[feature]]\nname = "C"\nafter = ["A", "B/Web", "A/Wbe", "Nobody"]\nwork = { Wob = 1 }\n'
        '[[risk]]\nname = "R"\nchance = 0.5\nadds = { "B/Web" = 1, "A/Wbe" = 1 }\n'
    )
    assert faults_of(write(tmp_path, toml)) == [
        'roadmap.toml row 7: a cycle: "A" waits for "A/Web" waits for "C" waits for "C/Wob" waits for "A"; '
        "nothing in it could ever start; remove one of these links",
        'roadmap.toml row 11: feature "B": unknown key "wrok"; no such key. Did you mean "work"?',
        'roadmap.toml row 14: feature "C": after = "A/Wbe"; no such feature or part in the roadmap. Did you mean "A/Web"?',
        'roadmap.toml row 14: feature "C": after = "Nobody"; no such feature or part in the roadmap.',
        'roadmap.toml row 15: feature "C": work of "Wob"; no such team in the roadmap. Did you mean "Web"?',
        'roadmap.toml row 19: risk "R", adds: "A/Wbe"; no such part; write "Feature/Team". Did you mean "A/Web"?',
    ]


def test_a_row_that_is_lost_hides_no_other_fault(tmp_path: Path) -> None:
    features = (
        "feature,team,items,after,due\n"
        "A,Web,1,B,\nB,Web,1,A,\nC,Web,1,,2026-05-01,,5\n,Web,x,,soon\nD,API,-1,Nobody,2026-02-30\nE,Wbe,1,,\n"
    )
    toml = SHEETS + '[[team]]\nname = "Web"\n[[team]]\nname = "API"\nsprint_days = 0\n'
    assert faults_of(write(tmp_path, toml, features=features, throughput=ONE_SPRINT.replace("S1,", "S1,x"))) == [
        'roadmap.toml row 8: team "API": sprint_days = 0; a whole number from 1 to 366 is needed',
        'features.csv row 2: a cycle: "A" waits for "A/Web" waits for "B" waits for "B/Web" waits for "A"; '
        "nothing in it could ever start; remove one of these links",
        "features.csv row 4: 7 cells; there are 5 columns; put double quotes around a text that holds a separator",
        "features.csv row 5: feature is blank; fill it in; a blank is never read as 0",
        'features.csv row 5: due = "soon"; a date is written year-month-day, like 2026-05-01',
        'features.csv row 5: items = "x"; a number is needed, with a point for decimals',
        'features.csv row 6: due = "2026-02-30"; there is no such day',
        "features.csv row 6: items = -1; it cannot be less than 0",
        'features.csv row 7: feature "E": work of "Wbe"; no such team in the roadmap. Did you mean "Web"?',
        'throughput.csv row 2: start = "x2025-12-22"; a date is written year-month-day, like 2026-05-01',
    ]


def test_a_column_that_is_missing_does_not_hide_the_cells_of_the_others(tmp_path: Path) -> None:
    write(tmp_path, SHEETS, features="feature,items,due\nA,x,soon\n", throughput="team,start,done\nWeb,soon,-1\n")
    assert faults_of(tmp_path) == [
        'features.csv row 1: no column "team"; the file needs: feature, team. The first row names the columns.',
        'features.csv row 2: due = "soon"; a date is written year-month-day, like 2026-05-01',
        'features.csv row 2: items = "x"; a number is needed, with a point for decimals',
        'throughput.csv row 1: no column "end"; the file needs: team, start, end, done. The first row names the columns.',
        'throughput.csv row 2: start = "soon"; a date is written year-month-day, like 2026-05-01',
        "throughput.csv row 2: done = -1; it cannot be less than 0",
    ]


def test_two_cycles_are_both_told(tmp_path: Path) -> None:
    text = "feature,team,items,after\nA,Web,1,B\nB,Web,1,A\nC,Web,1,D\nD,Web,1,C\nE,Web,1,E\n"
    lines = faults_of(write(tmp_path, SHEETS, features=text, throughput=ONE_SPRINT))
    assert [line.split(";")[0].split(": ")[0] for line in lines] == [
        "features.csv row 2",
        "features.csv row 4",
        "features.csv row 6",
    ]
    assert all("a cycle: " in line for line in lines)


# ---- files that are no files


def test_links_that_lead_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "throughput.csv").write_text(ONE_SPRINT)
    folder = write(tmp_path / "in", SHEETS, features=ONE_FEATURE)
    (folder / "throughput.csv").symlink_to(tmp_path / "throughput.csv")
    (line,) = faults_of(folder)
    assert line.startswith('roadmap.toml row 2: history = "throughput.csv"; a link to "')
    assert line.endswith('"; it leads out of the folder of the roadmap; copy the file there')
    (folder / "throughput.csv").unlink()
    (folder / "throughput.csv").symlink_to("throughput.csv")
    (line,) = faults_of(folder)
    assert line == 'roadmap.toml row 2: history = "throughput.csv"; not readable; its links lead round in a circle'
    (folder / "throughput.csv").unlink()
    (folder / "real.csv").write_text(ONE_SPRINT)
    (folder / "throughput.csv").symlink_to("real.csv")
    assert len(fc.read(folder)[1].sprints) == 1


@pytest.mark.parametrize("name", ["a\0b.csv", "x" * 5000 + ".csv", ".", "throughput.csv/x", "con\nin.csv"])
def test_names_of_files_that_cannot_be(tmp_path: Path, name: str) -> None:
    toml = f'start = 2026-01-05\nhistory = {json.dumps(name)}\n[[feature]]\nname = "A"\n' + WEB
    (line,) = faults_of(write(tmp_path, toml, throughput=ONE_SPRINT))
    assert line.startswith("roadmap.toml row 2: history = ")
    assert line.isprintable()


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, SHEETS, features=ONE_FEATURE, throughput=ONE_SPRINT)
    opened = Path.open

    def refuse(path: Path, mode: str = "r") -> object:
        if path.name == "throughput.csv":
            raise PermissionError(13, "Permission denied")
        return opened(path, mode)

    monkeypatch.setattr(Path, "open", refuse)
    assert faults_of(tmp_path) == ['roadmap.toml row 2: history = "throughput.csv"; not readable; Permission denied']


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, SHEETS, features=ONE_FEATURE)
    with (tmp_path / "throughput.csv").open("wb") as file:
        os.truncate(file.fileno(), loading.LARGEST + 1)
    way_out = "more than 200 MB; it is too large; keep only what is needed"
    assert faults_of(tmp_path) == [f'roadmap.toml row 2: history = "throughput.csv"; {way_out}']
    with (tmp_path / "roadmap.toml").open("wb") as file:
        os.truncate(file.fileno(), loading.LARGEST_TEXT + 1)
    assert faults_of(tmp_path) == [f"roadmap.toml: {way_out.replace('200', '20')}"]


CONTENTS = {
    "a NUL": (
        ONE_SPRINT.replace("S1", "S\0001").encode(),
        "throughput.csv row 2: byte 0x00; this is no plain text; save the file as UTF-8",
    ),
    "UTF-16 without its mark": (
        ONE_SPRINT.encode("utf-16-le"),
        "throughput.csv row 1: byte 0x00; this is no plain text; save the file as UTF-8",
    ),
    "half of UTF-16": (
        ONE_SPRINT.encode("utf-16")[:-1],
        "throughput.csv row 2: byte 0x0a; the text is not UTF-16; save the file as UTF-8",
    ),
    "Latin 1": (
        ONE_SPRINT.replace("S1", "März").encode("latin-1"),
        "throughput.csv row 2: byte 0xe4; the text is not UTF-8; save the file as UTF-8",
    ),
    "nothing": (
        b"",
        "throughput.csv: it has no rows; below a first row with the columns (team, start, end, done) one row each",
    ),
    "blank lines": (
        b"\n\n,,,\n\n",
        "throughput.csv: it has no rows; below a first row with the columns (team, start, end, done) one row each",
    ),
    "a cell without end": (
        ONE_SPRINT.encode() + b'"' + b"x" * 200_000 + b'",S,2025-12-22,2026-01-04,3\n',
        "throughput.csv row 3: not readable as CSV (a cell has more than 131,072 characters); "
        "check the double quotes from here on",
    ),
    "an open quote, after a fault": (
        b'team,start,end,done\nWeb,2025-12-22,2026-01-04,x\n"Web,2025-12-22,2026-01-04,3\n',
        'throughput.csv row 2: done = "x"; a number is needed, with a point for decimals\n'
        "throughput.csv row 3: not readable as CSV (unexpected end of data); check the double quotes from here on",
    ),
    "duplicate columns": (
        b"team,start,end,done,Done\nWeb,2025-12-22,2026-01-04,3,4\n",
        'throughput.csv row 1: column "Done" twice; keep one of them',
    ),
    "a title above": (
        b"Throughput of 2025,,,\nteam,start,end,done\nWeb,2025-12-22,2026-01-04,3\n",
        'throughput.csv row 1: "Throughput of 2025"; the names of the columns stand in row 2; take out what is above them',
    ),
    "one cell too few, which is blank": (
        b"team,start,end,done\nWeb,2025-12-22,2026-01-04\n",
        "throughput.csv row 2: done is blank; fill it in; a blank is never read as 0",
    ),
}


@pytest.mark.parametrize("case", CONTENTS)
def test_contents_that_are_no_table(tmp_path: Path, case: str) -> None:
    content, expected = CONTENTS[case]
    assert faults_of(write(tmp_path, SHEETS, features=ONE_FEATURE, throughput=content)) == expected.splitlines()


TOML = {
    "a key twice": (
        "start = 2026-01-05\nstart = 2026-01-06\n",
        'row 2: "start = 2026-01-06"; not readable as TOML: the key stands twice; keep one of them, at column 19',
    ),
    "a table twice": (
        '[team]\nname = "A"\n[team]\nname = "B"\n',
        'row 3: "[team]"; not readable as TOML: the table stands twice; keep one of them, or write [[team]] above each, '
        "at column 6",
    ),
    "a day that is not": (
        "start = 2026-02-29\n",
        'row 1: "start = 2026-02-29"; not readable as TOML: there is no such day, at column 9',
    ),
    "a day first": (
        "start = 05.01.2026\n",
        'row 1: "start = 05.01.2026"; not readable as TOML: a date is written year-month-day, like 2026-05-01, at column 10',
    ),
    "a text without quotes": (
        "start = 2026-01-05\nhistory = throughput.csv\n",
        'row 2: "history = throughput.csv"; not readable as TOML: a text needs double quotes, at column 11',
    ),
    "curly quotes": (
        "history = \u201cthroughput.csv\u201d\n",
        'row 1: "history = \u201cthroughput.csv\u201d"; not readable as TOML: curly quotes; write straight ones: ", at column 11',
    ),
    "a decimal comma": (
        "growth = 1,5\n",
        'row 1: "growth = 1,5"; not readable as TOML: a number has a decimal point, no comma, at column 11',
    ),
}


@pytest.mark.parametrize("case", TOML)
def test_texts_that_are_no_toml(tmp_path: Path, case: str) -> None:
    text, expected = TOML[case]
    assert faults_of(write(tmp_path, text)) == [f"roadmap.toml {expected}"]


def test_an_open_text_is_told_with_the_end_of_the_file(tmp_path: Path) -> None:
    (line,) = faults_of(write(tmp_path, 'start = 2026-01-05\nhistory = """\n'))
    assert line.startswith("roadmap.toml: not readable as TOML; ")
    assert line.endswith(", at the end of the file")


def test_underscores_other_bases_and_zones_are_read_as_toml_means_them(tmp_path: Path) -> None:
    toml = 'start = 2026-01-05T23:30:00-11:00\nhistory = { Web = [1_000, 0x10, 1e1] }\n[[feature]]\nname = "A"\n' + WEB
    roadmap, history = fc.read(write(tmp_path, toml))
    assert roadmap.start.isoformat() == "2026-01-05"
    assert [sprint.done for sprint in history.sprints] == [1000, 16, 10]


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "-1", "1e400", "true", "[]", "[1, 2]", '"5"', "{}", "9" * 400])
def test_sizes_that_are_none(tmp_path: Path, value: str) -> None:
    (line,) = faults_of(write(tmp_path, HEAD + f'[[feature]]\nname = "A"\nwork = {{ Web = {value} }}\n'))
    assert line.startswith('roadmap.toml row 5: feature "A", work')


# ---- percentages and settings


PERCENT = {
    "share = 80": 'team "Web": share = 80; a share lies between 0 and 1: write 0.8 for 80 %',
    "share = 1.2": 'team "Web": share = 1.2; it cannot be more than 1',
    "allocation = { Grow = 60 }": (
        'team "Web": allocation of "Grow" = 60; a share lies between 0 and 1: write 0.6 for 60 %'
    ),
    "allocation = { Grow = 0.7, Debt = 0.4 }": 'team "Web": allocation adds up to 1.1; shares may not exceed 1 together',
}


@pytest.mark.parametrize("line", PERCENT)
def test_percentages_are_told_what_to_write(tmp_path: Path, line: str) -> None:
    toml = HEAD + f'[[team]]\nname = "Web"\n{line}\n[[feature]]\nname = "A"\n{WEB}'
    assert faults_of(write(tmp_path, toml)) == [f"roadmap.toml row 5: {PERCENT[line]}"]


def test_a_negative_effect_of_a_risk_names_the_part(tmp_path: Path) -> None:
    toml = toml_of("A") + '[[risk]]\nname = "R"\nchance = 0.5\nadds = { "A/Web" = -1 }\n'
    assert faults_of(write(tmp_path, toml)) == [
        'roadmap.toml row 9: risk "R": adds "A/Web" = -1; it cannot be less than 0'
    ]


@pytest.mark.parametrize("model", ["nonsense", {"model": "nonsense"}, {}, 5, fc.Bootstrap])
def test_a_roadmap_refuses_a_throughput_model_that_is_none(model: object) -> None:
    with pytest.raises(Fault, match=r"choose one of: bootstrap|give a model"):
        fc.Roadmap("2026-01-05", ["Web"], [], throughput=model)


def test_the_names_of_models_are_those_of_the_models() -> None:
    from forecast.throughput import MODELS
    from forecast.values import MODEL_NAMES

    assert set(MODEL_NAMES) == set(MODELS)
    for name in MODEL_NAMES:
        assert fc.Roadmap("2026-01-05", ["Web"], [], throughput=name.upper()).throughput == name.upper()


@pytest.mark.parametrize("starts", ["02-01", ["02-30"], [5], ["Q1"]])
def test_a_roadmap_refuses_quarters_that_start_on_no_day(starts: object) -> None:
    with pytest.raises(Fault, match="quarter_starts"):
        fc.Roadmap("2026-01-05", ["Web"], [], quarter_starts=starts)  # type: ignore[arg-type]


# ---- sprints


def test_sprints_that_overlap_are_read_as_they_are(tmp_path: Path) -> None:
    rows = ONE_SPRINT + "Web,S1,2025-12-29,2026-01-11,4\nWeb,S1,2025-12-29,2026-01-11,4\n"
    assert len(fc.read(write(tmp_path, SHEETS, features=ONE_FEATURE, throughput=rows))[1].sprints) == 3


@pytest.mark.parametrize("history", ["{}", "{ Web = [] }", "{ Web = [0] }", "{ Web = [0, 0, 0] }", "{ API = [3] }"])
def test_a_team_that_cannot_be_forecast_has_no_date(tmp_path: Path, history: str) -> None:
    toml = f'start = 2026-01-05\nhistory = {history}\n[[feature]]\nname = "A"\n{WEB}'
    result = run(write(tmp_path, toml), "--json")
    assert result.exit_code == 0
    (feature,) = json.loads(result.stdout)["features"]
    assert set(feature["dates"].values()) == {None}
    assert 'Note: Team "Web"' in result.stderr


def test_one_sprint_is_enough_to_forecast(tmp_path: Path) -> None:
    toml = f'start = 2026-01-05\nhistory = {{ Web = [1] }}\n[[feature]]\nname = "A"\n{WEB}'
    assert run(write(tmp_path, toml)).exit_code == 0


# ---- size


def test_a_chain_of_ten_thousand_features_is_read_and_planned(tmp_path: Path) -> None:
    feature = '[[feature]]\nname = "F{}"\nwork = {{ Web = 1 }}\nafter = ["F{}"]\n'
    chain = "".join(feature.format(at, at + 1) for at in range(10_000))
    toml = HEAD + chain + f'[[feature]]\nname = "F10000"\n{WEB}'
    roadmap, history = fc.read(write(tmp_path, toml))
    assert len(roadmap.links) == 10_000
    assert len(fc.simulate(roadmap, history, runs=2).finish) == 10_001
    (line,) = faults_of(write(tmp_path, toml + 'after = ["F0"]\n'))
    assert "... (19,983 more) ..." in line
    assert len(line) < 1000
    lines = faults_of(write(tmp_path, (HEAD + chain).replace('after = ["F', 'after = ["G')))
    assert len(lines) == 10_000


def test_a_long_history_is_read(tmp_path: Path) -> None:
    """A tenth of a million rows, to spare whoever waits; ten times as many take ten times as long."""
    rows = "".join(f"T{at % 50},S{at},2025-12-22,2026-01-04,{at % 7}\n" for at in range(100_000))
    text = ONE_SPRINT + rows
    _, history = fc.read(write(tmp_path, SHEETS, features=ONE_FEATURE, throughput=text))
    assert len(history.sprints) == 100_001
    assert sum(sprint.done for sprint in history.sprints) == 3 + sum(at % 7 for at in range(100_000))


def test_the_faults_of_a_long_file_end_somewhere(tmp_path: Path) -> None:
    rows = "Web,S,2025-12-22,2026-01-04,x\n" * 50_000
    lines = faults_of(write(tmp_path, SHEETS, features=ONE_FEATURE, throughput=ONE_SPRINT + rows))
    assert len(lines) == 1001
    assert lines[-1] == (
        "throughput.csv row 1003: 1000 faults above this row; mend these first; the rest of the file has not been looked at"
    )


# ---- as a user sees it


def test_every_fault_is_one_line_on_standard_error_and_nothing_is_printed_or_written(tmp_path: Path) -> None:
    write(tmp_path, SHEETS, features="feature,team,items\nA\x1b[0m,Web,1\n", throughput=ONE_SPRINT.replace(",3", ",x"))
    before = sorted(tmp_path.rglob("*"))
    command = [sys.executable, "-m", "forecast", "run", str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1])
    assert (result.returncode, result.stdout) == (3, "")
    assert result.stderr.splitlines() == [
        'features.csv row 2: feature = "A\\x1b[0m"; a name cannot hold line breaks or control characters',
        'throughput.csv row 2: done = "x"; a number is needed, with a point for decimals',
    ]
    assert sorted(tmp_path.rglob("*")) == before


def test_what_is_ignored_is_noted_unless_quiet(tmp_path: Path) -> None:
    text = ONE_SPRINT.replace("done", "done,remark").replace(",3", ",3,x")
    write(tmp_path, SHEETS, features=ONE_FEATURE, throughput=text)
    note = 'Note: throughput.csv row 1: column "remark" is ignored; known are team, sprint, start, end, done, done_roadmap.\n'
    assert note in run(tmp_path).stderr
    assert run(tmp_path, "-q").stderr == ""
    assert [str(each) for each in read_portfolio(tmp_path).ignored] == [note.removeprefix("Note: ").strip()]
