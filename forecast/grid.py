"""Grids: what a file of rows and columns holds, cell by cell, before anyone asks what it means."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from forecast.columns import tidy
from forecast.errors import Fault
from forecast.faults import Faults
from forecast.phrases import say_count

Cell = str | float | dt.date
"""A text as it was typed, or a number, a date, or True or False where the file itself says that it is one."""

SEPARATORS = (",", ";", "\t")
SEPARATOR_LINE = re.compile(r"sep=([,;\t|])\r?\n", re.IGNORECASE)
MOST_TITLES = 10
"""Rows above the names of the columns that are looked through for them."""

UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Broken(str):
    """What a cell shows that holds no value of its own; `way_out` says why, and what to do."""

    way_out: str

    def __new__(cls, shown: str, way_out: str) -> Broken:
        """The shown text, with its way out."""
        cell = super().__new__(cls, shown)
        cell.way_out = way_out
        return cell


class Percentage(float):
    """The share that a cell holds which shows it in percent: 0.5 for 50 %."""


@dataclass
class Grid:
    """The rows of a file that are not blank, the first with the names of the columns.

    file : how faults call it: 'features.csv', 'plan.xlsx sheet "Features"'
    rows : number in the file, and the cells; texts without the spaces around them
    has_commas : its cells are separated by commas, so a comma within a cell was meant
    epoch : the day that a bare number 0 stands for in a column of dates; None where numbers are no dates
    is_whole : all rows could be read
    hidden : how many of its rows the spreadsheet hides
    """

    file: str
    rows: list[tuple[int, list[Cell]]] = field(default_factory=list)
    has_commas: bool = False
    epoch: dt.date | None = None
    is_whole: bool = True
    hidden: int = 0

    def say_hidden(self) -> str:
        """How many of the rows are hidden, for the end of a sentence; nothing where none is."""
        return f" ({say_count(self.hidden, 'hidden row')} among them)" if self.hidden else ""

    def place(self, row: int) -> str:
        """A row in words: 'features.csv row 12'."""
        return f"{self.file} row {row}"


class Lines:
    """A text whose cells are separated by ',', ';' or tabs, whichever makes most sense of the first row.

    names : names of columns that make sense

    It can be walked through as often as one likes, and never holds more than a row besides the text.
    """

    def __init__(self, content: bytes, file: str, names: Collection[str]) -> None:
        if content[:2] == b"PK":
            raise Fault(
                file, "this is a spreadsheet or an archive, not CSV", "name it .xlsx if it is one, or save it as CSV"
            )
        self.file = file
        self._text, self._first = decode(content, file), 1
        given = SEPARATOR_LINE.match(self._text)
        if given:
            self._text, self._first = self._text[given.end() :], 2
        self.separator = given[1] if given else max(SEPARATORS, key=lambda each: _count_known(self._text, each, names))

    def walk(self) -> Iterator[tuple[int, list[str]]]:
        """Number and cells of each row that is not blank, texts without the spaces around them.

        Raises Fault where the text is no CSV.
        """
        lines = csv.reader(_split(self._text), delimiter=self.separator, strict=True)
        while True:
            row = lines.line_num + self._first
            try:
                cells = list(map(str.strip, next(lines)))
            except StopIteration:
                return
            except csv.Error as error:
                reason = "a cell has more than 131,072 characters" if "field limit" in str(error) else str(error)
                place, what = f"{self.file} row {row}", f"not readable as CSV ({reason})"
                raise Fault(place, what, "check the double quotes from here on") from None
            if any(cells):
                yield row, cells


def read_csv(content: bytes, file: str, names: Collection[str], faults: Faults) -> Grid:
    """The grid of a text whose cells are separated as in `Lines`; rows behind one that is no CSV are lost.

    names : names of columns that make sense
    """
    lines = Lines(content, file, names)
    grid = Grid(file, has_commas=lines.separator == ",")
    try:
        for row, cells in lines.walk():
            grid.rows.append((row, list[Cell](cells)))
    except Fault as fault:
        faults.append(fault)
        grid.is_whole = False
    return grid


def _split(text: str) -> Iterator[str]:
    """The lines of a text with their ends, be they LF, CR LF or CR."""
    at = 0
    while at < len(text):
        end = text.find("\n", at) + 1 or len(text)
        line = text[at:end]
        if "\r" in line[:-2]:
            yield from io.StringIO(line, newline="")
        else:
            yield line
        at = end


def _count_known(text: str, separator: str, names: Collection[str]) -> tuple[int, int, int]:
    """How many names of columns that are known the first row then has, or a row below titles, and how many cells."""
    counts: list[tuple[int, int]] = []
    try:
        for cells in csv.reader(_split(text), delimiter=separator):
            if any(cells):
                counts.append((sum(tidy(cell) in names for cell in cells), len(cells)))
                if counts[0][0] or len(counts) > MOST_TITLES:
                    break
    except csv.Error:
        pass
    return (counts[0][0], max(counts)[0], counts[0][1]) if counts else (0, 0, 0)


def decode(content: bytes, file: str) -> str:
    """The text of a file: UTF-8 with or without a byte order mark, or UTF-16 with one.

    Raises Fault with the row of the first bad byte.
    """
    encoding = "utf-16" if content[:2] in UTF_16 else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        name = "UTF-16" if encoding == "utf-16" else "UTF-8"
        bad = f"byte 0x{content[error.start]:02x}"
        raise Fault(f"{file} row {row}", bad, f"the text is not {name}; save the file as UTF-8") from None
    at = text.find("\0")
    if at >= 0:
        raise Fault(
            f"{file} row {text.count(chr(10), 0, at) + 1}", "byte 0x00", "this is no plain text; save the file as UTF-8"
        )
    return text.removeprefix("\ufeff")
