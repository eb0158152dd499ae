"""Good files, changed at random: reading ends with nouns or with a refusal, and what is accepted survives being written back."""

from __future__ import annotations

import contextlib
import copy
import datetime as dt
import string
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers import SEED
from hypothesis import HealthCheck, example, given, seed, settings
from hypothesis import strategies as st
from spelling import history_rows, spell, to_csv, to_rows, to_toml
from test_files import FULL_CSV, FULL_TOML, SHEETS, write
from test_whatif import EVERY_EDIT
from workbooks import workbook

import forecast as fc
from forecast.errors import Fault
from forecast.lines import Lines
from forecast.notation import Notation
from forecast.whatif_file import read_new_features
from forecast.writing import write_file

SPRINTS = """team,sprint,start,end,done
Web,S1,2025-12-08,2025-12-21,7
Web,S2,2025-12-22,2026-01-04,0
API,,2025-12-22,2026-01-04,2.5
"""
TOKENS = [
    *(
        '"',
        "'",
        '"""',
        "[",
        "]",
        "[[",
        "]]",
        "{",
        "}",
        "=",
        ",",
        ";",
        "\t",
        "\n",
        "\r\n",
        "\r",
        "#",
        ".",
        "/",
        "\\",
        "\0",
    ),
    *("nan", "inf", "-1", "1e400", "1_000", "1,5", "1.234", "True", "true", "None", "2026-02-29", "03/04/2026", " "),
    *("\ufeff", "\u202e", "\x1b[31m", "\uff15", "e\u0301", "Web", "web", "Login", "Login/API", "after", "feature"),
    *("done", "9" * 50, "start", "name", "[[feature]]", "[[team]]", "[feature]", "history", "46027", "=1+1", "\x85"),
    *("\u2028", "\ud7ff", "\U0001d7d3", "10000-01-01"),
]

edits = st.lists(
    st.tuples(
        st.sampled_from(["delete", "insert", "replace", "copy", "swap lines", "drop line", "repeat line"]),
        st.integers(0, 10_000),
        st.integers(0, 10_000),
        st.integers(0, 30),
        st.one_of(st.sampled_from(TOKENS), st.text(max_size=3)),
    ),
    min_size=1,
    max_size=5,
)


def mutate(text: str, changes: list[tuple[str, int, int, int, str]]) -> str:
    for kind, one, two, length, token in changes:
        at, to = one % (len(text) + 1), two % (len(text) + 1)
        lines = text.split("\n")
        first, second = one % len(lines), two % len(lines)
        if kind == "delete":
            text = text[:at] + text[at + length :]
        elif kind == "insert":
            text = text[:at] + token + text[at:]
        elif kind == "replace":
            text = text[:at] + token + text[at + length :]
        elif kind == "copy":
            text = text[:to] + text[at : at + length] + text[to:]
        else:
            if kind == "swap lines":
                lines[first], lines[second] = lines[second], lines[first]
            elif kind == "drop line":
                del lines[first]
            else:
                lines.insert(second, lines[first])
            text = "\n".join(lines)
    return text


def read(folder: Path, reads: Callable[[Path], Any] = fc.read) -> Any:
    """What the folder, or a file, says; None when it is refused, in lines that can be printed."""
    refused: fc.Refused | None = None
    try:
        return reads(folder)
    except fc.Refused as refusal:
        refused = refusal
    assert refused.faults
    for fault in refused.faults:
        line = str(fault)
        assert type(fault) is Fault
        assert not set(line) & {"\n", "\x1b", "\ue000"}, line
        assert fault.where, line
        assert fault.way_out, line
        assert len(line) < 2500, line
    return None


def tried(times: int) -> Callable[[Any], Any]:
    """A property that is tried on so many mutations."""
    slow = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
    chosen = settings(max_examples=times, deadline=None, database=None, suppress_health_check=slow)
    return lambda test: seed(SEED)(chosen(test))


def check_round_trip(folder: Path, portfolio: tuple[fc.Roadmap, fc.History]) -> None:
    """Written back and read again it is the same, the history by its counts."""
    roadmap, history = portfolio
    again = fc.read(write(folder, to_toml(roadmap, history)))
    assert again[0] == roadmap
    counts = {team: [sprint.done for sprint in history.of(team)] for team in history.teams}
    assert {team: [sprint.done for sprint in again[1].of(team)] for team in again[1].teams} == counts


@tried(1000)
@given(changes=edits)
def test_a_changed_roadmap_file_is_read_or_refused(tmp_path: Path, changes: Any) -> None:
    text = mutate(FULL_TOML, changes).encode("utf-8", "surrogatepass")
    portfolio = read(write(tmp_path, text, throughput=SPRINTS, features=FULL_CSV))
    if portfolio is not None:
        check_round_trip(tmp_path, portfolio)


@tried(500)
@given(
    changes=edits, line=st.integers(0, 100), value=st.sampled_from([None, *TOKENS, "{ a = 1 }", "[[1]]", "07:30:00"])
)
def test_a_changed_what_if_file_is_read_or_refused(tmp_path: Path, changes: Any, line: int, value: str | None) -> None:
    """A value of another kind at some key, or changes anywhere."""
    lines = EVERY_EDIT.split("\n")
    key, equals, _ = lines[line % len(lines)].partition("= ")
    lines[line % len(lines)] = f"{key}{equals}{value}"
    text = mutate(EVERY_EDIT, changes) if value is None else "\n".join(lines)
    path = tmp_path / "what-if.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    what_if = read(path, fc.read_what_if)
    if what_if is not None:
        assert all(edit.where.startswith("what-if.toml") for edit in what_if.edits)
    read(path, read_new_features)


@tried(1000)
@given(changes=edits, which=st.sampled_from(["features", "throughput"]), separator=st.sampled_from(",;\t"))
def test_a_changed_sheet_is_read_or_refused(tmp_path: Path, changes: Any, which: str, separator: str) -> None:
    sheets = {"features": FULL_CSV, "throughput": SPRINTS}
    text = sheets[which].replace(",", separator) if separator != ";" or which == "throughput" else sheets[which]
    sheets[which] = mutate(text, changes)
    portfolio = read(
        write(tmp_path, SHEETS, **{name: text.encode("utf-8", "surrogatepass") for name, text in sheets.items()})
    )
    if portfolio is not None:
        check_round_trip(tmp_path, portfolio)
        roadmap, history = portfolio
        toml = to_toml(roadmap, history, history="throughput.csv", features="features.csv")
        back = {"features": to_csv(to_rows(roadmap)), "throughput": to_csv(history_rows(history))}
        assert fc.read(write(tmp_path, toml, **back)) == portfolio
        book = workbook({"features": to_rows(roadmap), "history": history_rows(history)})
        (tmp_path / "plan.xlsx").write_bytes(book)
        assert (
            fc.read(write(tmp_path, toml.replace("throughput.csv", "plan.xlsx").replace("features.csv", "plan.xlsx")))
            == portfolio
        )


BOOK = workbook(
    {
        "Features": [
            ["feature", "team", "items", "due"],
            ["Login", "API", 3, "2026-05-01"],
            ["Login", "Web", 2.5, None],
        ],
        "Throughput": [["team", "start", "end", "done"], ["Web", "2025-12-22", "2026-01-04", ("=1+2", 3)]],
    }
)


@tried(500)
@given(
    changes=st.lists(
        st.tuples(st.integers(0, len(BOOK)), st.integers(0, 20), st.binary(max_size=8)), min_size=1, max_size=4
    )
)
def test_the_changed_bytes_of_a_workbook_are_read_or_refused(tmp_path: Path, changes: Any) -> None:
    content = BOOK
    for at, length, token in changes:
        content = content[:at] + token + content[at + length :]
    (tmp_path / "plan.xlsx").write_bytes(content)
    toml = 'start = 2026-01-05\nhistory = "plan.xlsx"\nfeatures = "plan.xlsx"\n'
    portfolio = read(write(tmp_path, toml))
    if portfolio is not None:
        check_round_trip(tmp_path, portfolio)


@tried(500)
@given(changes=edits, part=st.integers(0, 20))
def test_the_changed_parts_of_a_workbook_are_read_or_refused(tmp_path: Path, changes: Any, part: int) -> None:
    """The archive is whole, the XML in it is not what it was."""
    import io
    import zipfile

    from workbooks import zipped

    with zipfile.ZipFile(io.BytesIO(BOOK)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    name = sorted(files)[part % len(files)]
    files[name] = mutate(files[name].decode(), changes).encode("utf-8", "surrogatepass")
    (tmp_path / "plan.xlsx").write_bytes(zipped(files))
    portfolio = read(write(tmp_path, 'start = 2026-01-05\nhistory = "plan.xlsx"\nfeatures = "plan.xlsx"\n'))
    if portfolio is not None:
        check_round_trip(tmp_path, portfolio)


def test_most_mutations_of_each_kind_are_not_all_refused_nor_all_read(tmp_path: Path) -> None:
    """The control: a mutation that changes nothing is read, and one that breaks everything is not."""
    sheets = {"features": FULL_CSV, "throughput": SPRINTS}
    assert read(write(tmp_path, SHEETS, **sheets)) is not None
    assert read(write(tmp_path, mutate(FULL_TOML, [("insert", 0, 0, 0, "")]), **sheets)) is not None
    assert read(write(tmp_path, mutate(FULL_TOML, [("insert", 0, 0, 0, "[[")]), **sheets)) is None
    (tmp_path / "plan.xlsx").write_bytes(BOOK)
    assert read(write(tmp_path, 'start = 2026-01-05\nhistory = "plan.xlsx"\nfeatures = "plan.xlsx"\n')) is not None


# ---- positions in TOML

keys = st.one_of(
    st.text(string.ascii_letters + "-_0", min_size=1, max_size=3),
    st.text(max_size=3).filter(lambda text: "\0" not in text),
)
values = st.recursive(
    st.one_of(st.integers(), st.booleans(), st.text(max_size=5), st.dates(), st.floats(allow_nan=False)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=6,
)


@tried(300)
@given(
    tables=st.lists(st.dictionaries(keys, values, max_size=4), max_size=3),
    top=st.dictionaries(keys, values, max_size=3),
)
@example(tables=[{"a": '"""'}, {}], top={"": ""})
def test_every_key_of_any_document_is_found_in_its_line(tables: list[dict[str, Any]], top: dict[str, Any]) -> None:
    """The lines are counted while the text is written, and found again by the scan."""
    top = {key: value for key, value in top.items() if key != "t"}
    lines = ["# a comment [[t]]"]
    expected: dict[tuple[str | int, ...], int] = {}
    for key, value in top.items():
        lines.append(f"{spell_key(key)} = {spell_value(value)}")
        expected[(key,)] = len(lines)
    for place, each in enumerate(tables):
        lines += ["", "[[t]] # one"]
        expected[("t", place)] = len(lines)
        for key, value in each.items():
            lines.append(f"{spell_key(key)} = {spell_value(value)}")
            expected[("t", place, key)] = len(lines)
    text = "\n".join(lines)
    document = tomllib.loads(text)
    found = Lines("f", text, copy.deepcopy(document))
    assert {path: found.row(path) for path in expected} == expected


def spell_key(key: str) -> str:
    return spell_value(key)


def spell_value(value: Any) -> str:
    """As `spell`, on one line, with every character that TOML does not allow bare escaped."""
    if isinstance(value, str):
        return (
            '"'
            + "".join(char if char.isprintable() and char not in '"\\' else f"\\U{ord(char):08x}" for char in value)
            + '"'
        )
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{spell_key(key)} = {spell_value(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(spell_value, value)) + "]"
    return spell(value)


def test_a_scan_that_does_not_agree_with_the_reader_is_not_believed() -> None:
    text = "a = 1\nb = 2\n"
    assert Lines("f", text, {"a": 1, "b": 2}).place(("b",)) == "f row 2"
    assert Lines("f", text, {"a": 1, "c": 2}).place(("b",)) == "f"
    assert Lines("f", "a = [\n", {"a": 1}).place(("a",)) == "f"


# ---- cells


cells = st.one_of(st.text(max_size=12), st.text("0123456789.,-+eE/ :TZ%", max_size=14))


@tried(2000)
@given(text=cells, decimal=st.sampled_from(["", ".", ","]), order=st.sampled_from(["", "day", "month"]))
def test_any_cell_is_a_number_or_a_fault_and_a_date_or_a_fault(text: str, decimal: str, order: str) -> None:
    for has_commas in (True, False):
        notation = Notation(has_commas, decimal, {"due": order})
        with contextlib.suppress(Fault):
            assert isinstance(notation.number(text.strip()), float)
        with contextlib.suppress(Fault):
            assert isinstance(notation.date(text.strip(), "due"), dt.date)


@tried(500)
@given(number=st.floats(0, 1e9), day=st.dates(dt.date(1900, 1, 1), dt.date(2900, 12, 31)))
def test_numbers_and_dates_as_this_program_writes_them_are_read_exactly(number: float, day: dt.date) -> None:
    assert Notation().date(day.isoformat(), "due") == day
    assert Notation().number(repr(number)) == number


@tried(200)
@given(content=st.one_of(st.text(max_size=50).filter(lambda text: text.isprintable()), st.binary(max_size=50)))
def test_what_is_written_is_what_is_there(tmp_path: Path, content: str | bytes) -> None:
    write_file(tmp_path / "a", content, force=True)
    assert (tmp_path / "a").read_bytes() == (content.encode() if isinstance(content, str) else content)


@pytest.mark.parametrize("forgotten", ["handoff = ", "wip = ", "lag", "objective", "allocation", "window"])
def test_a_writer_that_forgets_something_is_found_out(tmp_path: Path, forgotten: str) -> None:
    """The control of the round trips."""
    portfolio = fc.read(write(tmp_path, FULL_TOML))
    check_round_trip(tmp_path, portfolio)
    lines = to_toml(*portfolio).split("\n")
    kept = [line for line in lines if forgotten not in line]
    assert len(kept) < len(lines)
    assert fc.read(write(tmp_path, "\n".join(kept)))[0] != portfolio[0]
