"""Pages: what fits a terminal, what goes elsewhere, and what is never cut off."""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len
from rich.text import Text

from forecast.page import Page, fill_table, open_table

LONG = "Login and Checkout come true, together, in 85 % of futures, the last of them by 13 Mar 2026 or a little later."


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    return monkeypatch


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_elsewhere_a_sentence_is_a_line_without_colours_or_spaces_at_its_end() -> None:
    page = Page()
    assert page.is_empty
    page.line(LONG, "bold red")
    page.lines(["", "[red]Login[/red] :smile: 10.5   "], "dim")
    assert not page.is_empty
    assert page.text == f"{LONG}\n\n[red]Login[/red] :smile: 10.5\n"


def test_a_terminal_gets_colours_and_lines_that_fit(terminal: pytest.MonkeyPatch) -> None:
    page = Page()
    page.line(LONG, "bold")
    assert "\x1b[1m" in page.text
    lines = plain(page.text).splitlines()
    assert all(len(line) <= 40 for line in lines)
    assert " ".join(lines) == LONG


@pytest.mark.parametrize("width", range(30, 110))
def test_no_line_ends_within_a_percentage_or_a_date(terminal: pytest.MonkeyPatch, width: int) -> None:
    terminal.setenv("COLUMNS", str(width))
    page = Page()
    page.line(LONG)
    assert "85 %" in plain(page.text)
    assert "13 Mar 2026" in plain(page.text)


def test_lines_are_folded_where_it_is_asked_and_hang(terminal: pytest.MonkeyPatch) -> None:
    terminal.setenv("COLUMNS", "200")
    page = Page(widest=50)
    page.line(LONG, indent="  ", hang="     ")
    first, *rest = plain(page.text).splitlines()
    assert first.startswith("  Login")
    assert rest
    assert all(line.startswith("     ") and len(line) <= 50 for line in rest)


def test_a_table_is_whole_even_where_there_is_no_room(terminal: pytest.MonkeyPatch) -> None:
    heads = ["Feature", *(f"column {number}" for number in range(8))]
    rows: list[list[str | Text]] = [["A long name of a feature", *(f"value {number}" for number in range(8))]]
    for columns in ("20", "40", "300"):
        terminal.setenv("COLUMNS", columns)
        page = Page()
        page.table(fill_table(heads, rows))
        assert page.has_room(fill_table(heads, rows)) == (columns == "300")
        assert all(str(cell) in plain(page.text) for cell in [*heads, *rows[0][1:]])
        assert "\u2026" not in page.text
        page.line(LONG)
        assert max(cell_len(line) for line in plain(page.text).splitlines()[-3:]) <= max(int(columns), 30)


@pytest.mark.parametrize("columns", range(30, 130, 7))
def test_where_several_columns_fold_the_last_one_is_still_whole(terminal: pytest.MonkeyPatch, columns: int) -> None:
    terminal.setenv("COLUMNS", str(columns))
    page, table = Page(), open_table()
    for head in ("Feature", "Bound by", "Ended by"):
        table.add_column(head, overflow="fold", min_width=9)
    for head in ("runs", "Work", "External", "In all"):
        table.add_column(head, no_wrap=True, justify="right", min_width=len(head))
    table.add_row("Roles and permissions", "Payment contract", "Security review", "86 %", "28", "18", "4321")
    page.table(table)
    lines = plain(page.text).splitlines()
    assert any(line.endswith("4321") for line in lines)
    assert any(line.endswith("In all") for line in lines)
    assert max(map(len, lines)) <= max(columns, 3 * 9 + 4 + 4 + 8 + 6 + 6 * 2)
    words = " ".join(lines).split()
    assert {"Roles", "and", "Payment", "contract", "Security", "review"} <= {*words} or columns < 80


def test_elsewhere_a_table_is_as_wide_as_it_is() -> None:
    name = "a name " * 60
    page = Page()
    page.table(fill_table(["Feature", "Chance"], [[name.strip(), Text("85 %", "red")]]))
    assert page.has_room(open_table())
    assert page.text.splitlines()[-1].split() == [*name.split(), "85", "%"]
