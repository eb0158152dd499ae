"""Pages: text and tables below each other, as they fit where they are read."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterable, Sequence

from rich.box import SIMPLE_HEAD, Box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

GAP = 2
"""Spaces between columns."""

MOST_FOLDED = 12
"""To what width a first column may be folded."""

NO_BREAK = re.compile(r"(?<=[0-9]) (?=%|[A-Z][a-z]{2} [0-9])|(?<=[A-Z][a-z]{2}) (?=[0-9]{4})")
"""Spaces inside a percentage or a date, where a line is not broken."""

PLAIN_HEAD = Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
"""The line below the head of a table, of what every encoding has."""

LEAST_WIDE, ENDLESS = 30, 10_000


class Page:
    """What a command prints: folded to its width and with colours on a terminal, else plain and with one line a sentence.

    Nothing is ever cut off, and no name from a file is taken for markup. widest : where lines are folded even if there is room
    """

    def __init__(self, widest: int = ENDLESS) -> None:
        self._console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
        self._widest = widest
        self._blocks: list[str] = []

    @property
    def is_terminal(self) -> bool:
        """Whether it goes to a terminal, and not to a file or another program."""
        return self._console.is_terminal

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands on it yet."""
        return not self._blocks

    @property
    def text(self) -> str:
        """All of it; without spaces at the ends of lines, unless it goes to a terminal."""
        text = "".join(self._blocks)
        return text if self.is_terminal else "".join(f"{line.rstrip()}\n" for line in text.splitlines())

    def line(self, line: str, style: str = "", indent: str = "", hang: str | None = None) -> None:
        """A line. indent, hang : what stands before it, and before the lines that it is folded to"""
        folded = [indent + line]
        if self.is_terminal and line:
            folded = textwrap.wrap(
                NO_BREAK.sub("\u00a0", line),
                max(min(self._console.width, self._widest), LEAST_WIDE),
                initial_indent=indent,
                subsequent_indent=indent if hang is None else hang,
                break_on_hyphens=False,
            )
        with self._console.capture() as capture:
            for each in folded:
                self._console.print(Text(each.replace("\u00a0", " "), style), soft_wrap=True)
        self._blocks.append(capture.get())

    def lines(self, lines: Iterable[str], style: str = "") -> None:
        """One line after the other."""
        for each in lines:
            self.line(each, style)

    def table(self, table: Table) -> None:
        """A table in full: on a terminal that is too narrow, it is folded as far as it can be and then wider than that."""
        needed = _add_up(_find_width(column) for column in table.columns)
        width = self._console.width
        if self.is_terminal and needed > width:
            needed = _fold(table, width)
        # Rich counts the padding of the last column, which it does not print.
        self._console.width = max(width, needed + 1)
        with self._console.capture() as capture:
            self._console.print(table)
        self._console.width = width
        self._blocks.append(capture.get())

    def has_room(self, table: Table) -> bool:
        """Whether a table can be folded to the width of the terminal; elsewhere there is always room."""
        return not self.is_terminal or _add_up(_find_least(column) for column in table.columns) <= self._console.width


def _find_width(column: Column) -> int:
    """The width of a column of which nothing is folded."""
    return max(cell_len(line) for text in (column.header, *column.cells) for line in str(text).split("\n"))


def _find_least(column: Column) -> int:
    return _find_width(column) if column.no_wrap else column.min_width or 1


def _add_up(widths: Iterable[int]) -> int:
    """The width of a table, with the gaps between its columns."""
    gapped = [width + GAP for width in widths]
    return sum(gapped) - GAP


def _fold(table: Table, width: int) -> int:
    """Gives each column its width, so that all together fit, where that is possible; returns the width of the table.

    Rich would cut off the last columns where folding the others to their least width is not enough.
    """
    least = [_find_least(column) for column in table.columns]
    wanted = {at: _find_width(column) - least[at] for at, column in enumerate(table.columns)}
    left = max(width - _add_up(least), 0)
    for number, at in enumerate(sorted(wanted, key=lambda at: wanted[at])):
        more = min(wanted[at], left // (len(wanted) - number))
        least[at], left = least[at] + more, left - more
    for column, own in zip(table.columns, least, strict=True):
        column.width = own
    return _add_up(least)


def open_table() -> Table:
    """A table with a line below its head, no frame, and no columns yet.

    The line is of hyphens where standard output has another encoding than UTF.
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    box = SIMPLE_HEAD if encoding.lower().startswith("utf") else PLAIN_HEAD
    return Table(box=box, padding=(0, GAP - 1, 0, 0), pad_edge=False, show_edge=False)


def fill_table(heads: Sequence[str], rows: Sequence[Sequence[str | Text]]) -> Table:
    """A table whose first column may be folded, down to 12 or its longest word; all others keep to one line."""
    table = open_table()
    for at, head in enumerate(heads):
        texts = [head, *(str(row[at]) for row in rows)]
        if at == 0:
            longest = max(cell_len(word) for text in texts for word in text.split() or [""])
            table.add_column(head, overflow="fold", min_width=min(longest, MOST_FOLDED), vertical="top")
        else:
            longest = max(cell_len(line) for text in texts for line in text.split("\n"))
            table.add_column(head, no_wrap=True, justify="right", min_width=longest)
    for row in rows:
        table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    return table
