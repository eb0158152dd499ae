"""Rows: a grid of cells read column by column, so that every fault names file, row, column and what was written."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from forecast.columns import find_columns, tidy
from forecast.dates import read_date
from forecast.errors import Fault, escape, quote
from forecast.estimate import Estimate
from forecast.faults import Faults, Ignored
from forecast.grid import MOST_TITLES, Broken, Cell, Grid, Percentage
from forecast.notation import NUMBER, PERCENT, Notation
from forecast.phrases import say_count
from forecast.values import LONGEST_REFERENCE, read_name, read_number

LISTED = re.compile(r'\s*(?:"((?:[^"]|"")*)"\s*|([^;]*))(?:;|$)')
WEIGHTED = re.compile(r'\s*(?:"((?:[^"]|"")*)"([^;]*)|([^;]*))(?:;|$)')
WEIGHT = re.compile(r"[0-9.,]+\s*%?")
SHARE = re.compile(r"0?[.,][0-9]*[1-9][0-9]*|[0-9.,]+\s*%")
"""A weight between 0 and 1, or a percentage."""

YES, NO = ("true", "yes"), ("false", "no")
MOST_FAULTS = 1000
BLANK_ROW = "fill it in; a blank is never read as 0"
SERIAL_DAYS = (25_569, 109_575)
"""Numbers that are taken for days in a workbook, 1970 to 2200 by its own count; others are more likely slips."""


@dataclass(frozen=True)
class Sheet:
    """A grid whose columns are known.

    columns : column -> where it stands in a row
    notation : how its texts write numbers and dates
    """

    grid: Grid
    columns: Mapping[str, int]
    notation: Notation

    def rows(self, faults: Faults) -> Iterator[Row]:
        """The rows below the first; one with too many cells is a fault, and lost, and after 1000 faults so is the rest."""
        width = len(self.grid.rows[0][1])
        known = len(faults)
        for number, cells in self.grid.rows[1:]:
            if len(faults) - known >= MOST_FAULTS:
                way_out = "mend these first; the rest of the file has not been looked at"
                faults.append(Fault(self.grid.place(number), f"{MOST_FAULTS} faults above this row", way_out))
                self.grid.is_whole = False
                return
            if any(cells[width:]):
                way_out = f"there {'is' if width == 1 else 'are'} {say_count(width, 'column')}; {self._keep_within}"
                faults.append(Fault(self.grid.place(number), f"{len(cells)} cells", way_out))
                self.grid.is_whole = False
                continue
            yield Row(self, number, cells)

    @property
    def _keep_within(self) -> str:
        """What to do about more cells than columns."""
        if self.grid.epoch is not None:
            return "name the others in the first row, or clear the cells"
        return "put double quotes around a text that holds a separator"


class Row:
    """One row of a sheet; a cell that is blank, or whose column is absent, is None."""

    __slots__ = ("_cells", "_number", "_sheet")

    def __init__(self, sheet: Sheet, number: int, cells: list[Cell]) -> None:
        self._sheet, self._number, self._cells = sheet, number, cells

    @property
    def place(self) -> str:
        """File and line, such as 'features.csv row 12'."""
        return self._sheet.grid.place(self._number)

    def has(self, column: str) -> bool:
        """Whether the sheet has such a column."""
        return column in self._sheet.columns

    def raw(self, column: str) -> Cell:
        """What the file holds in the cell, be it broken; an empty text for nothing."""
        at = self._sheet.columns.get(column)
        return "" if at is None or at >= len(self._cells) else self._cells[at]

    def has_cell(self, column: str) -> bool:
        """Whether something is written in the cell, be it broken."""
        return self.raw(column) != ""

    def cell(self, column: str) -> Cell | None:
        """What the cell holds. Raises Fault when it is broken."""
        cell = self.raw(column)
        if isinstance(cell, Broken):
            raise Fault(self.place, f"{column} = {escape(cell)}", cell.way_out)
        return None if cell == "" else cell

    def text(self, column: str) -> str | None:
        """What is written in the cell."""
        cell = self.cell(column)
        return cell if cell is None or type(cell) is str else spell(cell)

    def needed(self, column: str) -> str:
        """What is written in a cell that must not be blank."""
        text = self.text(column)
        if text is None:
            raise Fault(self.place, f"{column} is blank", BLANK_ROW)
        return text

    def name(self, column: str) -> str:
        """The name in a cell that must not be blank."""
        text = self.needed(column)
        try:
            return read_name(text, "")
        except Fault as fault:
            raise Fault(self.place, f"{column} = {quote(text)}", fault.way_out) from None

    def number(self, column: str) -> float | None:
        """The number in the cell, 0 or more."""
        cell = self.cell(column)
        return None if cell is None else self._number_in(column, cell)

    def estimate(self, *columns: str) -> Estimate:
        """The estimate in one cell, or in the three of low, likely and high; none of them may be blank."""
        numbers = []
        for column in columns:
            self.needed(column)
            numbers.append(self.number(column))
        return Estimate.read(numbers if len(numbers) > 1 else numbers[0], self.place, ", ".join(columns))

    def estimate_in_one(self, column: str) -> Estimate | None:
        """The estimate in the cell: one number, or three with ';' between them."""
        cell = self.cell(column)
        if not isinstance(cell, str):
            return None if cell is None else Estimate.read(self._number_in(column, cell), self.place, column)
        numbers = [self._number_in(column, each.strip()) for each in cell.split(";")]
        return Estimate.read(numbers if len(numbers) > 1 else numbers[0], self.place, column)

    def date(self, column: str) -> dt.date | None:
        """The date in the cell."""
        cell = self.cell(column)
        if cell is None or type(cell) is dt.date:
            return cell and read_date(cell, self.place, column)
        try:
            if isinstance(cell, str):
                return self._sheet.notation.date(cell, column)
            epoch = self._sheet.grid.epoch
            if epoch and not isinstance(cell, bool | dt.date) and SERIAL_DAYS[0] <= cell <= SERIAL_DAYS[1]:
                return epoch + dt.timedelta(days=int(cell))
            return read_date(spell(cell), "")
        except Fault as fault:
            raise Fault(self.place, f"{column} = {fault.value}", fault.way_out) from None

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
        try:
            return [read_name(name, "", LONGEST_REFERENCE) for name in found if name.strip()]
        except Fault as fault:
            raise Fault(self.place, fault.value.replace("name", column, 1), fault.way_out) from None

    def weighted(self, column: str) -> str | dict[str, float] | None:
        """The one name in the cell, or several with their weights: ``Grow revenue:0.7; Debt:0.3``.

        A name that holds ';', or ends like a weight, stands in double quotes; one that holds ';' or ':' may, others keep theirs.
        Raises Fault for several without weights, and for one with a share, because it may be either.
        """
        text = self.text(column)
        found = [_find_weight(*match.groups()) for match in WEIGHTED.finditer(text or "") if match[0].strip("; \t")]
        if text is None or not found:
            return text
        shown = f"{column} = {quote(text)}"
        if len(found) == 1:
            return self._one_name(text, found[0], shown)
        if any(weight is None for _, weight, _ in found):
            way_out = 'give each its weight, "A:0.7; B:0.3", or put a name that holds ";" in double quotes'
            raise Fault(self.place, shown, way_out)
        weights: dict[str, float] = {}
        for name, weight, _ in found:
            try:
                name = read_name(name, "")
            except Fault as fault:
                raise Fault(self.place, shown, fault.way_out) from None
            if name in weights:
                raise Fault(self.place, shown, f"{quote(name)} stands there twice; give it one weight")
            weights[name] = self._number_in(column, weight or "")
        return weights

    def _one_name(self, text: str, found: tuple[str, str | None, bool], shown: str) -> str:
        name, weight, is_quoted = found
        if is_quoted and weight is None:
            return name if ";" in name or ":" in name else text
        if is_quoted or weight is None or not SHARE.fullmatch(weight):
            return text
        way_out = "one needs no weight; add the others, or put a name that ends like this in double quotes"
        raise Fault(self.place, shown, way_out)

    def _refuse_percent(self, column: str, cell: Cell) -> None:
        """Raises Fault for 50 % where a number is needed: nobody says of what. Growth that a workbook shows as 120 % is 1.2."""
        match = PERCENT.fullmatch(cell) if isinstance(cell, str) else None
        if column == "objective" or not (match or isinstance(cell, Percentage)):
            return
        way_out = "write the number; a percentage does not say of how many"
        if column == "growth":
            share = float(match[1].replace(",", ".")) / 100 if match else float(cell)  # type: ignore[arg-type]
            if share >= 1 and not match:
                return
            way_out = (
                f"write a factor: {1 + share:g} for {100 * share:g} % more work, {share:g} for {100 * share:g} % of it"
            )
        shown = quote(cell) if match else f"{100 * float(cell):g} %"  # type: ignore[arg-type]
        raise Fault(self.place, f"{column} = {shown}", way_out)

    def _number_in(self, column: str, cell: Cell) -> float:
        self._refuse_percent(column, cell)
        try:
            if isinstance(cell, str):
                number = self._sheet.notation.number(cell)
            elif isinstance(cell, bool | dt.date):
                raise Fault("", spell(cell), "a number is needed; give the cell the format of a number")
            else:
                number = cell
        except Fault as fault:
            raise Fault(self.place, f"{column} = {fault.value}", fault.way_out) from None
        try:
            return read_number(number, self.place, column)
        except Fault:
            shown = cell if isinstance(cell, str) and NUMBER.fullmatch(cell) and len(cell) < 25 else None
            shown = shown or (quote(cell) if isinstance(cell, str) else spell(cell))
            way_out = "the number is too large" if number > 0 else "it cannot be less than 0"
            raise Fault(self.place, f"{column} = {shown}", way_out) from None


def _find_weight(quoted: str | None, behind: str | None, bare: str | None) -> tuple[str, str | None, bool]:
    """A name of a list, its weight as it is written, and whether the name stands in double quotes."""
    if quoted is not None and behind is not None and (not behind.strip() or behind.lstrip().startswith(":")):
        weight = behind.strip().removeprefix(":").strip()
        if not weight or WEIGHT.fullmatch(weight):
            return quoted.replace('""', '"'), weight or None, True
    text = bare if quoted is None else f'"{quoted}"{behind}'
    name, colon, weight = (text or "").rpartition(":")
    if colon and WEIGHT.fullmatch(weight.strip()):
        return name.strip(), weight.strip(), False
    return (text or "").strip(), None, False


def spell(cell: Cell) -> str:
    """A cell as a text: 3 and not 3.0, true, 2026-05-01."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    return cell if isinstance(cell, str) else str(cell)


def read_sheet(
    grid: Grid,
    names: Mapping[str, str],
    needed: Sequence[str],
    numbers: Collection[str],
    dates: Sequence[tuple[str, ...]],
    faults: Faults,
    ignored: list[Ignored],
) -> Sheet:
    """The sheet in a grid; the faults of its columns are collected, so that the rows can be looked at all the same.

    names : every name that a column may have -> the column
    needed : columns that must be there
    numbers, dates : columns of numbers; columns of dates, those that are written alike together

    Raises Fault when there are no rows.
    """
    if not grid.rows or (len(grid.rows) == 1 and grid.is_whole):
        raise Fault(
            grid.file, "it has no rows", f"below a first row with the columns ({', '.join(needed)}) one row each"
        )
    head, cells = grid.rows[0]
    written = [spell(cell) for cell in cells]
    place = grid.place(head)
    _refuse_titles(grid, names, needed)
    columns = find_columns(place, written, names, needed, faults, ignored)
    _note_nameless(grid, written, ignored)

    def texts(*wanted: str) -> set[str]:
        places = [columns[column] for column in wanted if column in columns]
        return {
            cell for _, cells in grid.rows[1:] for at in places if at < len(cells) and type(cell := cells[at]) is str
        }

    notation = Notation.settle(grid.has_commas, texts(*numbers), [(alike, texts(*alike)) for alike in dates])
    return Sheet(grid, columns, notation)


def _refuse_titles(grid: Grid, names: Mapping[str, str], needed: Sequence[str]) -> None:
    """Raises Fault when the names of the columns stand below a title."""
    found = [{names.get(tidy(spell(cell))) for cell in cells} >= {*needed} for _, cells in grid.rows[: MOST_TITLES + 1]]
    if not found[0] and any(found):
        title = next(spell(cell) for cell in grid.rows[0][1] if cell != "")
        way_out = (
            f"the names of the columns stand in row {grid.rows[found.index(True)][0]}; take out what is above them"
        )
        raise Fault(grid.place(grid.rows[0][0]), quote(title), way_out)


def _note_nameless(grid: Grid, written: Sequence[str], ignored: list[Ignored]) -> None:
    for at, name in enumerate(written):
        if not name and any(at < len(cells) and cells[at] != "" for _, cells in grid.rows[1:]):
            ignored.append(Ignored(grid.place(grid.rows[0][0]), f"column {at + 1}", "it has no name"))
