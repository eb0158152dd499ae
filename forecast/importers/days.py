"""Days of an export: what its dates mean, settled for all of them together, since one tracker writes them all alike."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from forecast.dates import EARLIEST, LATEST
from forecast.errors import Fault, quote
from forecast.grid import Broken, Cell
from forecast.importers.issue import Tally
from forecast.importers.layout import DATES, NUMBERS, SOURCES, Layout, bare
from forecast.importers.table import Table
from forecast.importers.words import means_done
from forecast.notation import Notation, show_order
from forecast.rows import SERIAL_DAYS, spell

RELATIVE = re.compile(r"\{(w?)\s*([+-]?[0-9]{1,5})\}")
STAMP = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([0-9]{2}) ([0-9]{4}) [0-9]{2}:[0-9]{2}:[0-9]{2} GMT[+-][0-9]{4}(?: \(.*\))?"
)
"""How JavaScript writes a date, and older exports of Linear: Fri Oct 09 2026 09:00:00 GMT+0000 (GMT)."""

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
AMBIGUOUS = "it could be"
NOTHING = {"", "-", "--", "n/a", "na", "none", "null", "never", "nil"}
MOST_RESTS = 200_000
STAGES_SEEN = 300
"""Rows of a table that tell whether its columns are the steps of a board."""

UNREADABLE = "a date that cannot be read"

DATED = {
    *("due", "due_date", "target_date", "target_start", "target_end", "deadline", "created", "created_date"),
    *("changed", "changed_date", "updated", "updated_date", "last_updated", "last_viewed", "state_change_date"),
}
"""Columns of dates that are no steps of a board, where they stand behind its steps."""

ATTRIBUTES = DATED | {
    *(name for names in SOURCES["actionable"].values() for name in names if name != "release"),
    *(
        "priority",
        "severity",
        "value_area",
        "business_value",
        "assignee",
        "assigned_to",
        "owner",
        "reporter",
        "blocked",
    ),
    *("blocked_days", "blocked_time", "flagged", "impediment", "comment", "description", "link", "url", "project_key"),
}
"""Columns that are no steps of a board when they hold nothing."""


def settle(table: Table, layout: Layout, order: str = "") -> Notation:
    """How a table writes dates and numbers, from all of its rows.

    order : "day" or "month", whichever comes first in its dates, where a person says so; it goes before what they show
    """
    dates = {at: role for role in DATES for at in layout.places.get(role, ())}
    numbers = {at for role in NUMBERS for at in layout.places.get(role, ())}
    shown: dict[str, set[str]] = {role: set() for role in dates.values()}
    texts: set[str] = set()
    for _, cells in table.walk():
        width = len(cells)
        for at, role in dates.items():
            cell = cells[at] if at < width else ""
            if cell and type(cell) is str and cell[4:5] != "-" and (found := show_order(cell, short_years=True)):
                shown[role].add(found)
        for at in numbers:
            if at < width and type(cell := cells[at]) is str and cell and len(texts) < 100_000:
                texts.add(cell)
    together = set().union(*shown.values())
    orders = {}
    for role, own in shown.items():
        known = own or together
        if order or len(known) == 1:
            orders[role] = order or next(iter(known))
    notation = Notation.settle(table.has_commas, texts, [])
    return Notation(notation.has_commas, notation.decimal, orders, short_years=True)


class Days:
    """Reads the dates of one table.

    today : the day from which relative dates ({-12}: twelve days before) count; None refuses them
    """

    def __init__(self, table: Table, notation: Notation, strange: Tally, today: dt.date | None = None) -> None:
        self.is_relative = False
        self.notation = notation
        self._table, self._strange, self._today = table, strange, today
        self._known: dict[str, dict[str, dt.date]] = {}
        self._rests: set[str] = set()
        self._seen: Counter[str] = Counter()
        self._bad: dict[str, tuple[int, str]] = {}

    def read(self, cell: Cell, role: str, row: int) -> dt.date | None:
        """The day that a cell tells, None where it tells none. Raises Fault for one that can mean two days."""
        if cell == "":
            return None
        self._seen[role] += 1
        if type(cell) is not str:
            return self._read_typed(cell, role, row)
        head, _, rest = (cell[:10], "", cell[10:]) if cell[4:5] == "-" == cell[7:8] else cell.partition(" ")
        known = self._known.setdefault(role, {})
        if head in known and rest in self._rests:
            return known[head]
        day = self._read_text(cell, role, row)
        if day is not None and self._is_day(head, role, day):
            known[head] = day
            if len(self._rests) < MOST_RESTS:
                self._rests.add(rest)
        return day

    def _is_day(self, head: str, role: str, day: dt.date) -> bool:
        """Whether the beginning of a text is the whole day, and the rest a time of day."""
        try:
            return self.notation.date(head, role) == day
        except Fault:
            return False

    def check(self) -> None:
        """Raises Fault when most cells of a column of dates could not be read: then something else is wrong."""
        for role, (count, example) in self._bad.items():
            if 2 * count > self._seen[role]:
                way_out = (
                    f"{count:,} of the {self._seen[role]:,} dates that tell when an item was {role} cannot be read"
                )
                raise Fault(self._table.file, example, way_out + "; --map names another column")

    def _read_typed(self, cell: Cell, role: str, row: int) -> dt.date | None:
        epoch = self._table.epoch
        if isinstance(cell, dt.date) and EARLIEST <= cell <= LATEST:
            return cell
        if epoch and type(cell) is float and SERIAL_DAYS[0] <= cell <= SERIAL_DAYS[1]:
            return epoch + dt.timedelta(days=int(cell))
        self._fail(spell(cell), role, row)
        return None

    def _read_text(self, text: str, role: str, row: int) -> dt.date | None:
        if isinstance(text, Broken):
            self._fail(text, role, row)
            return None
        if match := RELATIVE.fullmatch(text):
            return self._read_relative(match, role, row)
        if text.casefold() in NOTHING:
            self._seen[role] -= 1
            return None
        stamp = STAMP.fullmatch(text)
        plain = f"{stamp[3]}-{MONTHS.index(stamp[1]) + 1:02}-{stamp[2]}" if stamp and stamp[1] in MONTHS else text
        try:
            return self.notation.date(plain, role)
        except Fault as fault:
            if fault.way_out.startswith(AMBIGUOUS):
                way_out = f"{fault.way_out.partition(';')[0]}, and no date of the file shows which; "
                way_out += "say what comes first in all of them: --dates day, or --dates month"
                raise Fault(f"{self._table.file} row {row}", fault.value, way_out) from None
            self._fail(text, role, row)
            return None

    def _read_relative(self, match: re.Match[str], role: str, row: int) -> dt.date | None:
        if self._today is None:
            self._fail(match[0], role, row)
            return None
        self.is_relative = True
        by = int(match[2])
        if match[1]:
            moved = np.busday_offset(np.datetime64(self._today, "D"), by, roll="backward")
            return dt.date.fromisoformat(str(moved))
        return self._today + dt.timedelta(days=by)

    def _fail(self, text: str, role: str, row: int) -> None:
        self._strange.add(UNREADABLE, f"row {row}: {role} = {quote(text)}")
        count, example = self._bad.get(role, (0, f"row {row}: {role} = {quote(text)}"))
        self._bad[role] = (count + 1, example)


def find_stages(head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> tuple[int, ...]:
    """The columns of a board's steps, each with the day on which an item came there; none where a table is no such board.

    The steps stand one beside the other behind ID, link and name, and hold nothing but dates.

    rows : the first rows of the table
    """
    if not head or "id" not in head[0].casefold() or not rows:
        return ()
    rows = [cells for cells in rows if len(cells) <= len(head)]
    known = Notation(orders={"": "day"}, short_years=True)

    def is_date(cell: Cell) -> bool:
        if type(cell) is not str:
            return isinstance(cell, dt.date)
        try:
            return bool(known.date(cell, ""))
        except Fault as fault:
            return fault.way_out == "there is no such day" and bool(show_order(cell))

    names = [bare(name) for name in head]
    told = [[cells[at] for cells in rows if at < len(cells) and cells[at] != ""] for at in range(len(head))]
    best: tuple[int, ...] = ()
    for first in range(1, min(4, len(head))):
        stages: list[int] = []
        for at in range(first, len(head)):
            is_attribute = names[at] in ATTRIBUTES if not told[at] else bool(stages) and names[at] in DATED
            if is_attribute or not all(map(is_date, told[at])) or not (told[at] or stages):
                break
            stages.append(at)
        if len(stages) > len(best):
            best = tuple(stages)
    ends = [at for at in best if told[at] and means_done(head[at])]
    while ends and best[-1] > ends[-1] and not told[best[-1]] and not means_done(head[best[-1]]):
        best = best[:-1]  # a column of no cells behind the end is no step
    filled = sum(bool(told[at]) for at in best)
    return best if len(best) >= 2 and filled >= 2 else ()


def describe(orders: Mapping[str, str]) -> str:
    """What comes first in the dates of an export; empty where nothing had to be settled."""
    return "/".join(sorted(set(orders.values())))


def looks_staged(table: Table) -> bool:
    """Whether a table holds the steps of a board, and does not say itself when an item was created."""
    names = {bare(name) for name in table.head}
    if names & {"created", "created_date", "created_at", "issue_key", "work_item_type"}:
        return False
    rows = [cells for (_, cells), _ in zip(table.walk(), range(STAGES_SEEN), strict=False)]
    return len(find_stages(table.head, rows)) >= 3
