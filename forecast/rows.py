"""Rows: tables of text such as features.csv, read so that every fault names file, row, column and what was written."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from forecast.dates import read_date
from forecast.errors import Fault, did_you_mean, quote
from forecast.estimate import Estimate
from forecast.values import read_name, read_number

NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
LISTED = re.compile(r'\s*(?:"((?:[^"]|"")*)"\s*|([^;]*))(?:;|$)')
YES, NO = ("true", "yes"), ("false", "no")


class Faults(list[Fault]):
    """Faults collected on the way, so that all of them can be told at once."""

    @contextmanager
    def collected(self, place: str = "") -> Iterator[None]:
        """Goes on after a fault, which is kept with the place that holds it."""
        try:
            yield
        except Fault as fault:
            self.append(fault.within(place) if place else fault)


@dataclass(frozen=True)
class Row:
    """One row of a sheet; a cell that is blank, or whose column is absent, is None.

    place : file and line, such as 'features.csv row 12'
    cells : column -> what is written there, without the spaces around it
    """

    place: str
    cells: Mapping[str, str]

    def text(self, column: str) -> str | None:
        """What is written in the cell."""
        return self.cells.get(column) or None

    def needed(self, column: str) -> str:
        """What is written in a cell that must not be blank."""
        text = self.text(column)
        if text is None:
            raise Fault(self.place, f"{column} is blank", "fill it in; a blank is never read as 0")
        return text

    def name(self, column: str) -> str:
        """The name in a cell that must not be blank."""
        return read_name(self.needed(column), f"{self.place}, {column}")

    def number(self, column: str) -> float | None:
        """The number in the cell, 0 or more."""
        text = self.text(column)
        return None if text is None else read_number(self._number(column, text), self.place, column)

    def estimate(self, *columns: str) -> Estimate:
        """The estimate in one cell, or in the three of low, likely and high; none of them may be blank."""
        numbers = [self._number(column, self.needed(column)) for column in columns]
        return Estimate.read(numbers if len(numbers) > 1 else numbers[0], self.place, ", ".join(columns))

    def estimate_in_one(self, column: str) -> Estimate | None:
        """The estimate in the cell: one number, or three with ';' between them."""
        text = self.text(column)
        if text is None:
            return None
        numbers = [self._number(column, each.strip()) for each in text.split(";")]
        return Estimate.read(numbers if len(numbers) > 1 else numbers[0], self.place, column)

    def date(self, column: str) -> dt.date | None:
        """The date in the cell."""
        text = self.text(column)
        return None if text is None else read_date(text, f"{self.place}, {column}")

    def flag(self, column: str) -> bool | None:
        """The true or false in the cell."""
        text = self.text(column)
        if text is None or text.casefold() in (*YES, *NO):
            return None if text is None else text.casefold() in YES
        raise Fault(self.place, f"{column} = {quote(text)}", "write true or false")

    def listed(self, column: str) -> list[str]:
        """The names in the cell, between ';'; a name that itself holds ';' stands in double quotes."""
        text = self.text(column) or ""
        found = (match[1].replace('""', '"') if match[1] is not None else match[2] for match in LISTED.finditer(text))
        return [read_name(name, f"{self.place}, {column}") for name in found if name.strip()]

    def _number(self, column: str, text: str) -> float:
        if not NUMBER.fullmatch(text):
            raise Fault(self.place, f"{column} = {quote(text)}", "a number is needed, with a point for decimals")
        return float(text)


def read_rows(content: bytes, file: str, needed: Collection[str], known: Collection[str], faults: Faults) -> list[Row]:
    """The rows of a CSV file that are not blank. Faults of its columns are collected as long as rows can be read.

    needed : columns that must be there
    known : all columns that may be there; an unknown one is a fault, since it may be a known one misspelt

    Raises Fault when no row can be read.
    """
    written = list(_split(content, file))
    if len(written) < 2:
        raise Fault(file, "it has no rows", f"below a first row with the columns ({', '.join(needed)}) one row each")
    columns = _read_columns(*written[0], known, faults)
    missing = [column for column in needed if column not in columns]
    if missing:
        raise Fault(written[0][0], f"no column {quote(missing[0])}", f"the file needs: {', '.join(needed)}")
    rows = []
    for place, cells in written[1:]:
        if any(cells[len(columns) :]):
            way_out = f"there are {len(columns)} columns; put double quotes around a text that holds a comma"
            faults.append(Fault(place, f"{len(cells)} cells", way_out))
            continue
        blanks = [""] * (len(columns) - len(cells))
        rows.append(Row(place, dict(zip(columns, cells + blanks, strict=False))))
    return rows


def _split(content: bytes, file: str) -> Iterator[tuple[str, list[str]]]:
    """The place and the cells of each row that is not blank, the first with the names of the columns."""
    lines = csv.reader(io.StringIO(decode(content, file), newline=""), strict=True)
    while True:
        place = f"{file} row {lines.line_num + 1}"
        try:
            cells = [cell.strip() for cell in next(lines)]
        except StopIteration:
            return
        except csv.Error as error:
            raise Fault(place, f"not readable as CSV ({error})", "check the double quotes from here on") from None
        if any(cells):
            yield place, cells


def decode(content: bytes, file: str) -> str:
    """The text of a UTF-8 file, with or without a byte order mark. Raises Fault with the row of the first bad byte."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        bad = f"byte 0x{content[error.start]:02x}"
        raise Fault(f"{file} row {row}", bad, "the text is not UTF-8; save the file as UTF-8") from None


def _read_columns(place: str, cells: list[str], known: Collection[str], faults: Faults) -> list[str]:
    columns = [cell.casefold() for cell in cells]
    while columns and not columns[-1]:
        columns.pop()
    for at, column in enumerate(columns):
        if column not in known:
            way_out = "no such column." + (did_you_mean(column, known) or f" There are: {', '.join(known)}.")
            faults.append(Fault(place, f"column {quote(cells[at])}", way_out))
        elif column in columns[:at]:
            faults.append(Fault(place, f"column {quote(column)} twice", "keep one of them"))
    return columns
