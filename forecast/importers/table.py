"""Tables: the rows of an export, whichever kind of file it is; walked through one by one, since exports can be long."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from forecast.errors import Fault, escape
from forecast.grid import MOST_TITLES, Cell, Lines, decode
from forecast.importers.layout import ALL_NAMES, find_source
from forecast.loading import WORKBOOK, read_bytes
from forecast.rows import spell

LARGEST = 2_000_000_000
"""Bytes of an export."""

NUMBERS_ONLY = re.compile(r"(?:[^\d,;]{0,40}[:,;]?\s*)?[\s,;\[\]]*[0-9]+(?:[\s,;]+[0-9]+)*[\s,;\]]*")


@dataclass(frozen=True)
class Table:
    """A file of rows and columns.

    file : its name, safe to print
    head : the names of the columns
    walk : gives number and cells of each row below the head, each time from the start
    has_commas : its cells are separated by commas
    epoch : the day that a bare number 0 stands for in a column of dates, in a workbook
    first : number of the row of the head; titles : of the rows above it, which only say what the export is
    """

    file: str
    head: tuple[str, ...]
    walk: Callable[[], Iterator[tuple[int, Sequence[Cell]]]]
    has_commas: bool = True
    epoch: dt.date | None = None
    first: int = 1
    titles: tuple[int, ...] = ()

    def without_titles(self) -> Table:
        """The table from the first row on that names the columns of a known export, where the first of the file does not."""
        if find_source(self.head):
            return self
        try:
            below = list(islice(self.walk(), MOST_TITLES))
        except Fault:  # which is told when the rows are read
            return self
        for at, (row, cells) in enumerate(below):
            head = tuple(spell(cell) for cell in cells)
            if find_source(head):
                above = (self.first, *(number for number, _ in below[:at]))
                return replace(self, head=head, walk=partial(self._walk_behind, at + 1), first=row, titles=above)
        return self

    def _walk_behind(self, rows: int) -> Iterator[tuple[int, Sequence[Cell]]]:
        """The rows behind so many of those below the head."""
        return islice(self.walk(), rows, None)


@dataclass(frozen=True)
class Records:
    """A file of JSON records."""

    file: str
    records: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Numbers:
    """A file that holds nothing but counts, the oldest first."""

    file: str
    counts: tuple[float, ...]


def open_file(path: Path) -> Table | Records | Numbers:
    """What is in a file, or in a sheet of a workbook, "export.xlsx#Sheet".

    Raises Fault when it cannot be read, or holds neither rows, records nor numbers.
    """
    path, sheet = _find_sheet(path)
    file = escape(path.name)
    content = read_bytes(path, file, LARGEST)
    if content[:2] == b"PK" or content[:4] == b"\xd0\xcf\x11\xe0":
        return _open_workbook(content, file, sheet)
    start = content[:200].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")[:1]
    if start in (b"[", b"{") and path.suffix.casefold() != ".csv":
        records = _read_json(decode(content, file), file)
        if isinstance(records, Numbers):
            return records
        return Records(file, records)
    if len(content) < 100_000 and (counts := _read_numbers(decode(content, file))):
        return Numbers(file, counts)
    lines = Lines(content, file, ALL_NAMES)
    head = next(lines.walk(), None)
    if head is None:
        raise Fault(file, "it has no rows", "export it again; the first row names the columns")

    def walk() -> Iterator[tuple[int, Sequence[Cell]]]:
        below = lines.walk()
        next(below)
        return below

    return Table(file, tuple(head[1]), walk, lines.separator == ",", first=head[0]).without_titles()


def _find_sheet(path: Path) -> tuple[Path, str | None]:
    """The file that is meant, and the sheet in it; a file may have such a name itself."""
    named = WORKBOOK.fullmatch(path.name)
    if named is None or named[2] is None or path.exists():
        return path, None
    return path.with_name(named[1]), named[2]


def _open_workbook(content: bytes, file: str, sheet: str | None) -> Table:
    from forecast.workbook import read_workbook

    grid = read_workbook(content, file, sheet, ("items", "issues", "work items", "data", "sheet1", "export"))
    if not grid.rows:
        raise Fault(grid.file, "it has no rows", "the first row names the columns")
    first, cells = grid.rows[0]
    head = tuple(spell(cell) for cell in cells)
    return Table(grid.file, head, lambda: iter(grid.rows[1:]), epoch=grid.epoch, first=first).without_titles()


def _read_numbers(text: str) -> tuple[float, ...]:
    """The counts of a text that holds nothing else, perhaps under or behind one word; none for any other text."""
    found = NUMBERS_ONLY.fullmatch(text.strip().removeprefix("\ufeff"))
    return tuple(float(each) for each in re.findall(r"[0-9]+", text)) if found else ()


def _read_json(text: str, file: str) -> tuple[dict[str, Any], ...] | Numbers:
    """The records of a text: a list, several lists one behind the other, a record a line, or an answer that holds them."""
    decoder, at, found = json.JSONDecoder(), 0, list[Any]()
    text = text.strip()
    while at < len(text):
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            row = text.count("\n", 0, getattr(error, "pos", at)) + 1
            raise Fault(f"{file} line {row}", "not readable as JSON", "the file is cut off, or no JSON") from None
        found += value if isinstance(value, list) else _unwrap(value)
        while end < len(text) and text[end] in " \t\r\n,":
            end += 1
        at = end
    if found and all(isinstance(each, int | float) and not isinstance(each, bool) for each in found):
        return Numbers(file, tuple(float(each) for each in found))
    if not found or not all(isinstance(each, dict) for each in found):
        raise Fault(file, "it holds no records", "a list of issues is needed: [{ ... }, { ... }]")
    return tuple(found)


def _unwrap(value: Any) -> list[Any]:
    """The records that an answer holds: one itself, or those under its key."""
    for key in ("items", "issues", "nodes", "tpSamples", "data"):
        inside = value.get(key) if isinstance(value, dict) else None
        if isinstance(inside, list):
            return inside
    return [value]
