"""Imports of real exports, and of hostile ones: nothing that a file holds acts on anybody."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import exports
import pytest
from helpers import SHARED_DATA
from test_import import bring, rows_of

import forecast as fc
from forecast.items import Item, count_items

needs_data = pytest.mark.skipif(not (SHARED_DATA / "titanium-items").is_dir(), reason="the shared data is not here")
TITANIUM = SHARED_DATA / "titanium-items"
LIGHTHOUSE = SHARED_DATA / "lighthouse-csv"


def throughput_of(path: Path, column: str) -> dict[tuple[str, str, str], float]:
    return {(row["team"], row["start"], row["end"]): float(row[column]) for row in rows_of(path)}


@needs_data
def test_titanium_items_give_its_throughput_bucket_by_bucket(tmp_path: Path) -> None:
    """Rules of the file: every type but none left out counts, discards do not, stretches of two weeks that begin on its Mondays.

    It ends each team with its last delivery: what we have besides is zeros.
    """
    out = tmp_path / "out"
    kinds = sorted({row["type"] for row in rows_of(TITANIUM / "items.csv")})
    chosen = {"items": tuple(kinds), "feature": "none", "loose": ""}
    imported = fc.import_files([TITANIUM / "items.csv"], out, start="2021-11-22", chosen=chosen)
    told = throughput_of(TITANIUM / "throughput.csv", "items_done")
    ours = throughput_of(out / "throughput.csv", "done")
    assert len(told) > 2000
    assert {key: ours.get(key) for key in told} == told
    assert all(done == 0 for key, done in ours.items() if key not in told)
    assert imported.to_dict()["rows"] == 29_057


@needs_data
def test_titanium_items_are_accounted_for_to_the_last_row(tmp_path: Path) -> None:
    imported = fc.import_files([TITANIUM / "items.csv"], tmp_path / "out")
    told = imported.to_dict()
    features = 134  # epics are no items
    assert sum(told["items"].values()) + sum(each["count"] for each in told["left_out"]) + features == 29_057
    strange = {each["why"]: each["count"] for each in told["strange"]}
    assert sum(count for why, count in strange.items() if "clearing of the board" in why) > 2_000  # April 2011
    assert fc.check(tmp_path / "out").to_dict()["possible"]
    roadmap, history = fc.read(tmp_path / "out")
    assert len(fc.simulate(roadmap, history, runs=50).features) == len(told["features"]["planned"])


@needs_data
def test_titanium_sprints_come_through_as_they_are(tmp_path: Path) -> None:
    imported = fc.import_files([TITANIUM / "sprints.csv"], tmp_path / "out")
    columns = ("team", "sprint", "start", "end")
    told = [(*(row[each] for each in columns), float(row["items_done"])) for row in rows_of(TITANIUM / "sprints.csv")]
    rows = rows_of(tmp_path / "out" / "throughput.csv")
    ours = [(*(row[each] for each in columns), float(row["done"])) for row in rows]
    assert sorted(ours) == sorted(each for each in told if each[2])
    assert len(told) == 377
    strange = {each["why"]: each["count"] for each in imported.to_dict()["strange"]}
    assert strange["a sprint without days"] == sum(not each[2] for each in told) == 2
    assert sum(count for why, count in strange.items() if "overlap" in why) > 5
    assert sum(count for why, count in strange.items() if "one name" in why) >= 1


@needs_data
@pytest.mark.parametrize("path", sorted(LIGHTHOUSE.glob("*.csv")), ids=lambda path: path.stem)
def test_lighthouse_files_are_accepted_or_refused_with_the_reason(tmp_path: Path, path: Path) -> None:
    out = tmp_path / "out"
    if path.stem.startswith("invalid"):
        with pytest.raises(fc.Fault) as refused:
            fc.import_files([path], out)
        reason = 'no column "started date"' if "required" in path.stem else "no export that is known"
        assert reason in str(refused.value)
        assert not out.exists()
        return
    imported = fc.import_files([path], out)
    told = imported.to_dict()
    assert told["source"] == ("azure" if path.stem == "adodata" else "lighthouse")
    assert told["rows"] == len(rows_of(path)) == told["issues"]
    assert fc.check(out).to_dict()["possible"]
    fc.simulate(*fc.read(out), runs=20)


@needs_data
def test_rueedlinger_items_are_counted_as_items_are(tmp_path: Path) -> None:
    """Throughput is what `count_items` makes of the same items, but for the first stretch, which an import keeps."""
    path = SHARED_DATA / "rueedlinger" / "items.csv"
    imported = fc.import_files([path], tmp_path / "out")
    start = fc.read(tmp_path / "out")[0].start
    items = [Item("P0", row["created"], row["done"] or None, name=row["item"]) for row in rows_of(path)]
    told = {(str(each.start), each.done) for each in count_items(items, start).sprints}
    ours = {(row["start"], float(row["done"])) for row in rows_of(tmp_path / "out" / "throughput.csv")}
    assert told < ours
    assert len(ours) == len(told) + 1
    early = [each["count"] for each in imported.to_dict()["strange"] if "before it was created" in each["why"]]
    assert early == [1108]


# Hostile cells ---------------------------------------------------------------------------------------------------------

HOSTILE = {
    "formula": "=cmd|'/C calc'!A1",
    "plus": "+SUM(1+1)*cmd|' /C calc'!A0",
    "minus": "-2+3+cmd|' /C calc'!A0",
    "at": "@SUM(1)",
    "tab": "\t=1+1",
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "ansi": "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "right to left": "\u202egnp.exe",
    "path": "../../../etc/passwd",
    "lines": "one\ntwo\r\nthree\u2028four",
    "long": "x" * 10_000,
    "toml": 'a"\n[[team]]\nname = "b',
    "reference": "A/B; C/D",
    "quotes": '"a" ; "b"',
    "blank": "   ",
    "composed": "Cafe\u0301",
    "nul": "a\x01b",
}


def hostile_export(text: str) -> bytes:
    head = [
        "Issue key",
        "Summary",
        "Issue Type",
        "Status",
        "Resolution",
        "Created",
        "Resolved",
        "Epic Link",
        "Team",
        "Labels",
    ]
    head += ["Outward issue link (Blocks)", text or "x"]
    rows: list[list[object]] = [head]
    for number, name in enumerate([text, f"{text} too"]):
        rows.append([f"E-{number}", name, "Epic", "Open", "", "2026-01-05", "", "", name, name, "", text])
        for item in range(4):
            done = f"2026-0{item + 1}-15" if item else ""
            key = f"{text}{number}{item}" if item == 3 else f"I-{number}{item}"
            rows.append([key, name, text, "Closed" if done else "Open", text if done else "", "2026-01-05", done])
            rows[-1] += [f"E-{number}", name, name, f"I-{1 - number}0", text]
    return exports.as_csv(rows)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_cells_are_inert_in_every_file_and_on_the_terminal(tmp_path: Path, text: str) -> None:
    out, path = tmp_path / "out", tmp_path / "export.csv"
    path.write_bytes(hostile_export(text))
    command = [sys.executable, "-m", "forecast", "import", str(path), "--out", str(out)]
    run = subprocess.run(command, capture_output=True, cwd=Path(__file__).parents[1], check=False)
    assert run.returncode == 0, run.stderr
    for shown in (run.stdout, run.stderr):
        told = shown.decode()
        assert "\x1b" not in told
        assert "\u202e" not in told
        assert max(map(len, told.splitlines())) < 1_500
    assert {each.name for each in out.iterdir()} <= {
        *("throughput.csv", "items.csv", "features.csv", "roadmap.toml", "import.toml", "finished.csv")
    }
    assert {each.name for each in tmp_path.iterdir()} == {"out", "export.csv"}
    for each in out.glob("*.csv"):
        with each.open(newline="", encoding="utf-8") as file:
            for row in csv.reader(file):
                for cell in row:
                    assert not cell.startswith(("=", "+", "-", "@", "\t")), each.name
                    assert cell.isprintable()
                    assert len(cell) < 1_000
    for each in out.glob("*.toml"):
        assert all(char.isprintable() or char == "\n" for char in each.read_text("utf-8"))
    roadmap, _ = fc.read(out)
    assert len(roadmap.features) == 2
    before = {each.name: each.read_bytes() for each in out.iterdir()}
    fc.import_again(out)
    assert {each.name: each.read_bytes() for each in out.iterdir()} == before


def test_the_check_of_hostile_cells_can_fail(tmp_path: Path) -> None:
    """The twin: the export itself would not pass."""
    assert any(
        cell.startswith("=")
        for row in csv.reader(hostile_export(HOSTILE["formula"]).decode().splitlines())
        for cell in row
    )


# The command -----------------------------------------------------------------------------------------------------------


def command(*words: str) -> subprocess.CompletedProcess[str]:
    run = [sys.executable, "-m", "forecast", *words]
    return subprocess.run(run, capture_output=True, text=True, cwd=Path(__file__).parents[1], check=False)


def test_the_command_imports_tells_and_imports_again(tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_bytes(exports.jira())
    out = str(tmp_path / "out")
    first = command("import", "jira", str(tmp_path / "export.csv"), "--out", out)
    assert first.returncode == 0, first.stderr
    assert "2 open features" in first.stdout
    assert "61 issues" not in first.stdout
    assert f"forecast check {out}" in first.stderr
    again = command("import", "--again", out, "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["links"]["kept"] == 2
    refused = command("import", str(tmp_path / "export.csv"), "--out", out, "--sprint-days", "7")
    assert refused.returncode == 3
    assert "throughput.csv: it is there already" in refused.stderr
    assert refused.stdout == ""
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("import",),
        ("import", "x.csv"),
        ("import", "jira", "--out", "x"),
        ("import", "x.csv", "--out", "y", "--again", "z"),
    ],
)
def test_wrong_usage_is_told(words: tuple[str, ...]) -> None:
    assert command(*words).returncode == 2


def test_an_unknown_role_of_map_is_told(tmp_path: Path) -> None:
    run = command("import", "x.csv", "--out", str(tmp_path / "o"), "--map", "dne=Closed")
    assert run.returncode == 2
    assert 'Did you mean "done"?' in run.stderr


def test_every_row_of_every_format_is_counted_once(tmp_path: Path) -> None:
    """The rows that were read are the issues and what was left out of them; the issues are items, features, or told."""
    files = {"j.csv": exports.jira(), "a.csv": exports.azure(), "l.csv": exports.linear(), "g.json": exports.github()}
    for name, content in files.items():
        folder = tmp_path / name.partition(".")[0]
        folder.mkdir()
        told = bring(folder, {name: content}).to_dict()
        lost = Counter({each["why"]: each["count"] for each in told["left_out"]})
        assert told["rows"] == told["issues"] + sum(count for why, count in lost.items() if "type" not in why)
        epics = 3 if name in ("j.csv", "a.csv") else 0
        assert sum(told["items"].values()) == told["issues"] - epics
