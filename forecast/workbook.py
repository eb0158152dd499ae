"""Workbooks: a named sheet of an .xlsx file as a grid of what its cells show.

Read from the file's own XML, since the readers there are do not tell a formula that was never calculated from a 0, nor an error
from a blank, and unpack whatever they are given. What is unpacked is limited, and nothing in it is executed or looked up.
"""

from __future__ import annotations

import datetime as dt
import io
import posixpath
import re
import struct
import zipfile
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from xml.parsers import expat

from forecast.errors import Fault, did_you_mean, quote
from forecast.grid import Broken, Cell, Grid, Percentage
from forecast.values import fold

LARGEST_UNPACKED = 500_000_000
MOST_CELLS = 20_000_000
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
OLD_FORMAT = b"\xd0\xcf\x11\xe0"

DATE_FORMATS = {*range(14, 18), 22, *range(27, 32), 34, 35, 36, *range(50, 59)}
"""Built-in number formats that show a date (ECMA-376, part 1, 18.8.30); 18 to 21 show a time of day."""

PERCENT_FORMATS = {9, 10}

NOT_A_FORMAT = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")

UNCALCULATED = "the formula has no result in the file; open it in a spreadsheet program and save it"
ERROR = "the cell shows an error; mend its formula, or write the value"
UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, expat.ExpatError, EOFError, OSError),
    *(NotImplementedError, RuntimeError, ValueError, LookupError, OverflowError),
)
"""What the standard library says of archives and XML that are not as they should be."""

DAMAGED = "it is damaged, or no .xlsx at all; save it again as .xlsx"


def read_workbook(content: bytes, file: str, sheet: str | None, likely: tuple[str, ...]) -> Grid:
    """The grid of a sheet.

    sheet : its name; None takes the only one, or the one named as in `likely`

    Raises Fault when there is no such sheet, and when the file cannot be read.
    """
    if content[: len(OLD_FORMAT)] == OLD_FORMAT:
        way_out = "it is protected by a password, or in the old .xls format; save it as .xlsx without a password"
        raise Fault(file, "not readable as .xlsx", way_out)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            package = _Package(archive, file)
            name, path = _choose(package.sheets(), file, sheet, likely)
            return _read_cells(package, path, f"{file} sheet {quote(name)}")
    except Fault:
        raise
    except UNREADABLE:
        raise Fault(file, "not readable as .xlsx", DAMAGED) from None


def _choose(
    sheets: list[tuple[str, str, bool]], file: str, wanted: str | None, likely: tuple[str, ...]
) -> tuple[str, str]:
    names = [name for name, _, _ in sheets]
    if wanted is not None:
        found = [each for each in sheets if fold(each[0].strip()) == fold(wanted.strip())]
        if not found:
            way_out = f"there are: {', '.join(quote(name) for name in names)}." + did_you_mean(wanted, names)
            raise Fault(file, f"no sheet {quote(wanted)}", way_out)
        return found[0][:2]
    shown = [each for each in sheets if each[2]] or sheets
    named = [each for each in shown if fold(each[0].strip()) in likely]
    if len(shown) != 1 and len(named) != 1:
        listed = ", ".join(quote(name) for name, _, _ in shown)
        way_out = f'name the one that is meant, like "{file}#{likely[0].capitalize()}"; there are: {listed}'
        raise Fault(file, f"{len(shown)} sheets", way_out)
    return (named if len(named) == 1 else shown)[0][:2]


class _Package:
    """The parts of an .xlsx file, unpacked one by one and not beyond the limit."""

    def __init__(self, archive: zipfile.ZipFile, file: str) -> None:
        self._archive = archive
        self._file = file
        self._left = LARGEST_UNPACKED
        self._book = next(
            (path for kind, path in self._related("").values() if kind == "officeDocument"), "xl/workbook.xml"
        )
        self._parts = self._related(self._book)
        self.is_1904 = self.is_uncalculated = False

    def sheets(self) -> list[tuple[str, str, bool]]:
        """Name, path, and whether it is visible, of each sheet in the order of the tabs."""
        found: list[tuple[str, str, bool]] = []

        def start(tag: str, given: dict[str, str]) -> None:
            if tag == "sheet":
                link = next((value for key, value in given.items() if key.rpartition(":")[2] == "id"), "")
                kind, path = self._parts.get(link, ("", ""))
                if kind == "worksheet":
                    found.append((given["name"], path, given.get("state", "visible") == "visible"))
            elif tag == "workbookPr":
                self.is_1904 = given.get("date1904") in ("1", "true", "on")
            elif tag == "calcPr":
                self.is_uncalculated = given.get("fullCalcOnLoad") in ("1", "true", "on")

        self.parse(self._book, start)
        if not found:
            raise Fault(self._file, "not readable as .xlsx", DAMAGED)
        return found

    def texts(self) -> list[str]:
        """The texts that cells share."""
        found: list[str] = []
        pieces: list[str] = []
        state = {"in_text": False, "in_reading": False}

        def start(tag: str, given: dict[str, str]) -> None:
            if tag == "si":
                pieces.clear()
            state["in_text"] = tag == "t" and not state["in_reading"]
            state["in_reading"] = state["in_reading"] or tag == "rPh"

        def chars(text: str) -> None:
            if state["in_text"]:
                pieces.append(text)

        def end(tag: str) -> None:
            state["in_text"] = False
            if tag == "rPh":
                state["in_reading"] = False
            elif tag == "si":
                found.append(_unescape("".join(pieces)))

        for path in self._paths("sharedStrings"):
            self.parse(path, start, chars, end)
        return found

    def styles(self) -> tuple[set[int], set[int]]:
        """The styles of cells that show their number as a date, and of those that show it in percent."""
        custom: dict[int, str] = {}
        styles: list[int] = []
        state = {"in_styles": False}

        def start(tag: str, given: dict[str, str]) -> None:
            if tag == "numFmt":
                custom[int(given["numFmtId"])] = given.get("formatCode", "")
            elif tag == "cellXfs":
                state["in_styles"] = True
            elif tag == "xf" and state["in_styles"]:
                styles.append(int(given.get("numFmtId", "0")))

        def end(tag: str) -> None:
            if tag == "cellXfs":
                state["in_styles"] = False

        for path in self._paths("styles"):
            self.parse(path, start, end=end)
        dates = {number for number, code in custom.items() if _shows_date(code)} | DATE_FORMATS - custom.keys()
        shares = {number for number, code in custom.items() if "%" in NOT_A_FORMAT.sub("", code)}
        shares |= PERCENT_FORMATS - custom.keys()
        found = ({at for at, number in enumerate(styles) if number in shown} for shown in (dates, shares))
        return next(found), next(found)

    def parse(
        self,
        path: str,
        start: Callable[[str, dict[str, str]], None],
        chars: Callable[[str], None] | None = None,
        end: Callable[[str], None] | None = None,
    ) -> None:
        """Walks through one part; tags come without the prefix of their namespace."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.StartElementHandler = lambda tag, given: start(tag.rpartition(":")[2], given)
        if chars:
            parser.CharacterDataHandler = chars
        if end:
            parser.EndElementHandler = lambda tag: end(tag.rpartition(":")[2])
        entry = self._archive.getinfo(path)
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError("a way of packing that no spreadsheet program uses")
        self._left -= entry.file_size  # zipfile unpacks no more than this, whatever there is
        if self._left < 0:
            most = LARGEST_UNPACKED // 1_000_000
            raise Fault(
                self._file, f"more than {most} MB when unpacked", "it is too large to be read; save the sheet as CSV"
            )
        with self._archive.open(path) as part:
            while piece := part.read(1 << 16):
                parser.Parse(piece)
            parser.Parse(b"", True)

    def _paths(self, wanted: str) -> list[str]:
        there = set(self._archive.namelist())
        return [path for kind, path in self._parts.values() if kind == wanted and path in there]

    def _related(self, path: str) -> dict[str, tuple[str, str]]:
        """What a part refers to: id -> the last word of its type, and its path."""
        folder, name = posixpath.split(path)
        relations = posixpath.join(folder, "_rels", f"{name}.rels")
        found: dict[str, tuple[str, str]] = {}

        def start(tag: str, given: dict[str, str]) -> None:
            if tag == "Relationship" and given.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, given["Target"])).lstrip("/")
                found[given["Id"]] = (given["Type"].rpartition("/")[2], target)

        if relations in self._archive.namelist():
            self.parse(relations, start)
        return found


def _refuse_doctype(*_: object) -> None:
    raise ValueError("a workbook declares no document type")


@dataclass
class _Area:
    """Cells that are merged into one: only the first holds the value."""

    first: str
    top: int
    left: int
    bottom: int
    right: int


def _read_cells(package: _Package, path: str, place: str) -> Grid:
    walk = _Walk(package)
    package.parse(path, walk.start, walk.chars, walk.end)
    epoch = dt.date(1904, 1, 1) if package.is_1904 else dt.date(1899, 12, 30)
    grid = Grid(place, epoch=epoch)
    for row, cells in walk.rows.items():
        width = max(cells) + 1
        line: list[Cell] = [cells.get(column, "") for column in range(width)]
        grid.rows.append((row, line))
        grid.hidden += row in walk.hidden
    grid.rows.sort(key=lambda each: each[0])
    _mark_merged(grid, walk.merged)
    return grid


def _mark_merged(grid: Grid, merged: list[_Area]) -> None:
    numbers = [row for row, _ in grid.rows]
    looked_at = 0
    for area in merged:
        for row, cells in grid.rows[bisect_left(numbers, area.top) : bisect_right(numbers, area.bottom)]:
            looked_at += 1 + max(0, min(area.right + 1, len(cells)) - area.left)
            if looked_at > MOST_CELLS:
                raise ValueError("areas that overlap")
            for column in range(area.left, min(area.right + 1, len(cells))):
                if cells[column] == "" and (row, column) != (area.top, area.left):
                    cells[column] = Broken(f"merged with {area.first}", "unmerge the cells and fill in each")


class _Walk:
    """One walk through the XML of a sheet: its cells by row and column, hidden rows, merged areas."""

    def __init__(self, package: _Package) -> None:
        self.rows: dict[int, dict[int, Cell]] = {}
        self.hidden: set[int] = set()
        self.merged: list[_Area] = []
        self._package = package
        self._texts = package.texts()
        self._dates, self._shares = package.styles()
        self._row = self._column = self._count = 0
        self._kind, self._style = "n", 0
        self._value: list[str] = []
        self._is_value = self._is_formula = self._is_reading = False

    def start(self, tag: str, given: dict[str, str]) -> None:
        """A tag opens."""
        if tag == "c":
            self._open_cell(given)
        elif tag in ("v", "t"):
            self._is_value = not self._is_reading
        elif tag == "f":
            self._is_formula = True
        elif tag == "rPh":
            self._is_reading = True
        elif tag == "row":
            self._row = int(given.get("r", self._row + 1))
            self._column = -1
            if given.get("hidden") in ("1", "true"):
                self.hidden.add(self._row)
        elif tag == "mergeCell" and len(self.merged) < LAST_ROW:
            first, _, last = given["ref"].partition(":")
            (top, left), (bottom, right) = _locate(first), _locate(last or first)
            self.merged.append(_Area(first, top, left, bottom, right))

    def chars(self, text: str) -> None:
        """A piece of text."""
        if self._is_value:
            self._value.append(text)

    def end(self, tag: str) -> None:
        """A tag closes."""
        if tag in ("v", "t"):
            self._is_value = False
        elif tag == "rPh":
            self._is_reading = False
        elif tag == "c":
            cell = self._read_cell("".join(self._value))
            if cell != "":
                self._count += 1
                if self._count > MOST_CELLS:
                    raise ValueError("too many cells")
                self.rows.setdefault(self._row, {})[self._column] = cell

    def _open_cell(self, given: dict[str, str]) -> None:
        self._column += 1
        if "r" in given:
            row, self._column = _locate(given["r"])
            self._row = row
        if not (0 <= self._column < LAST_COLUMN and 1 <= self._row <= LAST_ROW):
            raise ValueError("a cell outside of the sheet")
        self._kind, self._style = given.get("t", "n"), _count(given.get("s", "0"))
        self._value.clear()
        self._is_formula = False

    def _read_cell(self, text: str) -> Cell:
        if self._kind == "e":
            return Broken(text or "#ERROR", ERROR)
        if self._is_formula and text in (("", "0") if self._package.is_uncalculated else ("",)) and self._kind != "str":
            return Broken("a formula", UNCALCULATED)
        if self._kind == "s":
            return self._texts[_count(text)].strip() if text else ""
        if self._kind in ("str", "inlineStr"):
            return _unescape(text).strip()
        if not text:
            return ""
        if self._kind == "b":
            return text.strip() in ("1", "true")
        if self._kind == "d":
            return dt.datetime.fromisoformat(text.strip().replace("Z", "+00:00")).date()
        return self._show(float(text))

    def _show(self, number: float) -> Cell:
        """The number, or what its style shows it as: a date, or a percentage."""
        if self._style not in self._dates:
            return Percentage(number) if self._style in self._shares else number
        days = int(number // 1) if -1e7 < number < 1e7 else 0
        if self._package.is_1904:
            return dt.date(1904, 1, 1) + dt.timedelta(days=days)
        if not 61 <= days <= 2_958_465:  # before March 1900 the count holds a day that never was
            return Broken(f"day {number:g}", "a date is needed; write it year-month-day, like 2026-05-01")
        return dt.date(1899, 12, 30) + dt.timedelta(days=days)


def _count(text: str) -> int:
    """A place in a list. Raises ValueError when it is none."""
    if not text.isdecimal():
        raise ValueError("no place in a list")
    return int(text)


def _locate(reference: str) -> tuple[int, int]:
    """Row (from 1) and column (from 0) of a cell such as B7."""
    match = REFERENCE.fullmatch(reference.replace("$", ""))
    if match is None:
        raise ValueError("no reference of a cell")
    column = 0
    for letter in match[1]:
        column = 26 * column + ord(letter) - 64
    return int(match[2]), column - 1


def _shows_date(code: str) -> bool:
    """Whether a number format shows a date: days, years, or months that are not minutes."""
    shown = NOT_A_FORMAT.sub("", code.partition(";")[0]).casefold()
    return "d" in shown or "y" in shown or ("m" in shown and "h" not in shown and "s" not in shown)


def _unescape(text: str) -> str:
    return ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text
