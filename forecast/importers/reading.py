"""Reading: from the rows of a table to issues, in the words of no tracker."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from forecast.errors import Fault, escape, quote
from forecast.grid import Cell
from forecast.importers.days import STAGES_SEEN, Days, find_stages, settle
from forecast.importers.issue import Cycle, Export, Issue, Link, Tally, end_before_next
from forecast.importers.layout import LISTS, NUMBERS, SPLITS, Layout, lay_out
from forecast.importers.table import Table
from forecast.importers.words import means_discarded, means_done, plain
from forecast.notation import Notation
from forecast.rows import spell

DISARMED = re.compile(r"'(?=[=+\-@])")
"""The apostrophe that trackers and spreadsheets put before a text that looks like a formula."""

SERVER_SPRINT = re.compile(r"com\.atlassian\.greenhopper.*?\[(.*)\]", re.DOTALL)
SERVER_FIELD = re.compile(r",(?=[A-Za-z]+=)")
KEY_IN_URL = re.compile(r"https?://[^/\s]+/([^/\s]+/[^/\s]+)/(?:issues|pull)/([0-9]+)/?")
TEXTS = ("id", "kind", "name", "status", "category", "resolution", "team", "parent_title", "rank")
UNSHARED = ("key", "id", "title", "name", "rank", "parent_title")
"""Texts of which nearly every issue has its own; of the others one is kept for all."""

ISSUE_DATES = ("created", "started", "done", "changed", "due")
LINK_ROLES = (("blocked_by", "Blocks", False), ("blocks", "Blocks", True), ("related", "Relates", True))
"""Columns that list the other ends of links: what they tell, the kind of link, and whether it leads outward."""

MOST_LISTED = 100_000
"""Lists of labels, parents and the like that are kept, so that rows with the same cells share them."""

UNDELIVERED = "undelivered"
"""Category of an issue that a table calls not delivered, which may be because it is still open."""

NO_KEY = "it has no key"
TWICE = "an earlier row has the same key"
TOO_WIDE = "it has more cells than there are columns (a comma without quotes?)"
MENDED = "a title with an unquoted comma, put together again"
NO_NUMBER = "an estimate that is no number"
PULL = "it is a pull request"


@dataclass
class Intake:
    """What is read from the files of one export, while it is being read."""

    source: str
    issues: dict[str, Issue] = field(default_factory=dict)
    cycles: dict[tuple[str, str, dt.date, dt.date], Cycle] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    left_out: Tally = field(default_factory=Tally)
    strange: Tally = field(default_factory=Tally)
    rows: int = 0
    is_relative: bool = False

    def add(self, issue: Issue, place: str) -> None:
        """One more issue; one whose key was met before is left out."""
        if issue.key in self.issues:
            self.left_out.add(TWICE, f"{place}: {issue.key}")
        else:
            self.issues[issue.key] = issue

    def add_cycle(
        self, name: str, start: dt.date | None, end: dt.date | None, team: str, done: float | None = None
    ) -> None:
        """One more sprint with its days; one without them, or that ends before it starts, is told and left out."""
        if start is None or end is None:
            self.strange.add("a sprint without days", name)
        elif end < start:
            self.strange.add("a sprint that ends before it starts", f"{name}: {start} to {end}")
        else:
            self.cycles.setdefault((team, name, start, end), Cycle(name, start, end, team, done))

    def export(self, day: dt.date | None = None) -> Export:
        """All that was read."""
        return Export(
            source=self.source,
            files=tuple(self.files),
            issues=tuple(self.issues.values()),
            cycles=tuple(end_before_next(self.cycles.values())),
            rows=self.rows,
            left_out=self.left_out.list(),
            strange=self.strange.list(),
            ignored=tuple(dict.fromkeys(self.ignored)),
            day=day,
            has_order=self.source == "lighthouse",
            columns=tuple(dict.fromkeys(self.columns)),
        )


def read_table(
    table: Table,
    intake: Intake,
    columns: Mapping[str, str],
    wanted: Sequence[str],
    order: str = "",
    today: dt.date | None = None,
) -> None:
    """Reads the issues of a table into the intake.

    columns : what is told -> the column that tells it, where a person said so
    wanted : further columns to be kept
    order : what comes first in its dates, "day" or "month"; empty lets the dates decide

    Raises Fault when a column is missing, and for dates that can mean two days.
    """
    layout = lay_out(table.file, intake.source, table.head, columns, wanted)
    stages: tuple[int, ...] = ()
    if intake.source == "actionable":
        layout, stages = _lay_out_stages(table, layout)
    days = settle_days(table, layout, intake, order, today)
    reader = RowReader(table, layout, days, intake, stages)
    intake.ignored += layout.ignored
    intake.columns += [escape(name) for name in table.head]
    for row, cells in table.walk():
        intake.rows += 1
        place = f"{table.file} row {row}"
        fitted = reader.fit(row, cells)
        if fitted is None:
            intake.left_out.add(TOO_WIDE, place)
            continue
        issue = reader.read(row, fitted)
        if issue is not None:
            intake.add(issue, place)
    days.check()
    intake.is_relative |= days.is_relative


def _lay_out_stages(table: Table, layout: Layout) -> tuple[Layout, tuple[int, ...]]:
    """The columns of steps become the days of an item: the first is when it came to be, the last when it was done."""
    rows = [cells for (_, cells), _ in zip(table.walk(), range(STAGES_SEEN), strict=False)]
    stages = find_stages(table.head, rows)
    if not stages:
        raise Fault(
            table.file, "no columns of workflow steps", "behind ID, link and name there is one column for each step"
        )
    places = dict(layout.places) | {"key": (0,)}
    places.setdefault("created", (stages[0],))
    places.setdefault("started", (stages[1],))
    places.setdefault("done", (stages[-1],))
    if "title" not in places and stages[0] > 1:
        places["title"] = (stages[0] - 1,)
    named = {quote(table.head[at])[1:-1] for at in (*stages, 0)}
    ignored = tuple(name for name in layout.ignored if name not in named)
    return Layout(layout.source, layout.width, places, layout.links, (), layout.more, ignored), stages


class RowReader:
    """Reads the rows of one table."""

    def __init__(self, table: Table, layout: Layout, days: Days, intake: Intake, stages: tuple[int, ...] = ()) -> None:
        self._table, self._layout, self._days, self._intake, self._stages = table, layout, days, intake, stages
        self._notation: Notation = days.notation
        split = SPLITS.get(layout.source)
        self._split = re.compile(split) if split else None
        self._path: list[str] = []
        self._stem = table.file.rpartition(".")[0] or table.file
        self._texts = [(role, layout.places[role], role in UNSHARED) for role in TEXTS if role in layout.places]
        self._dates = [role for role in ISSUE_DATES if role in layout.places]
        self._link_roles = [each for each in LINK_ROLES if each[0] in layout.places]
        self._lists = [role for role in LISTS if role in layout.places]
        self._shared: dict[str, str] = {}
        self._listed: dict[str, dict[tuple[Cell, ...], tuple[str, ...]]] = {role: {} for role in self._lists}

    def fit(self, row: int, cells: Sequence[Cell]) -> Sequence[Cell] | None:
        """The cells of a row, as many as there are columns; None when there are more, and no title explains why."""
        width = self._layout.width
        if len(cells) == width:
            return cells
        if len(cells) < width:
            return [*cells, *[""] * (width - len(cells))]
        if not any(cells[width:]):
            return cells[:width]
        at, extra = self._layout.places.get("title", (-1,))[0], len(cells) - width
        if at < 0:
            return None
        whole = ", ".join(spell(cell) for cell in cells[at : at + extra + 1])
        fitted = [*cells[:at], whole, *cells[at + extra + 1 :]]
        dates = [fitted[each] for role in ("created", "started", "done") for each in self._layout.places.get(role, ())]
        if not all(cell == "" or type(cell) is not str or any(map(str.isdigit, cell)) for cell in dates):
            return None
        self._intake.strange.add(MENDED, f"{self._table.file} row {row}")
        return fitted

    def read(self, row: int, cells: Sequence[Cell]) -> Issue | None:
        """The issue of a row; None when it has no key."""
        key, project = self._find_key(row, cells)
        if not key:
            self._intake.left_out.add(NO_KEY, f"{self._table.file} row {row}")
            return None
        told: dict[str, Any] = {role: self._read_text(at, is_own, cells) for role, at, is_own in self._texts}
        days: dict[str, Any] = {role: self._day(role, row, cells) for role in self._dates}
        category = _read_category(told["category"]) if "category" in told else ""
        days["done"], told["category"] = self._find_end(row, cells, days.get("done"), category)
        if self._stages:
            told["status"], told["category"], days["started"] = self._find_stage(row, cells, days.get("started"))
        listed = {role: self._list(role, cells) for role in self._lists}
        title, above = self._find_title(key, cells)
        return Issue(
            key=key,
            title=title,
            project=project,
            **told,
            **days,
            areas=listed.get("areas", ()),
            labels=listed.get("labels", ()),
            versions=listed.get("versions", ()),
            parents=above or listed.get("parents", ()),
            sprints=self._read_sprints(row, cells, listed["sprints"]) if "sprints" in listed else (),
            links=self._read_links(cells, listed),
            estimate=self._number("estimate", row, cells),
            size=self._number("size", row, cells),
            file=self._stem,
            more=self._read_more(cells) if self._layout.more else (),
        )

    def read_sprint(self, row: int, cells: Sequence[Cell]) -> None:
        """Takes the sprint of a row of a sheet of throughput, with what was done in it, into the intake."""
        team, name = self._text("team", cells) or self._stem, self._text("sprint", cells)
        start, end = self._day("start", row, cells), self._day("end", row, cells)
        done = self._number("count", row, cells)
        if done is None:
            written = self._text("count", cells)
            example = f"{self._table.file} row {row}" + (f": {quote(written)}" if written else "")
            self._intake.left_out.add("it does not say how much was done", example)
        else:
            self._intake.add_cycle(name or f"{start}", start, end, team, done)

    def _find_key(self, row: int, cells: Sequence[Cell]) -> tuple[str, str]:
        """The key and the project of a row."""
        key, project = self._text("key", cells), self._text("project", cells)
        if self._layout.source == "github":
            match = next((match for cell in cells if type(cell) is str and (match := KEY_IN_URL.fullmatch(cell))), None)
            if match:
                return f"{match[1]}#{match[2]}", project or match[1]
            return key or f"row {row}", project
        if not key and "key" not in self._layout.places:
            return f"{self._table.file} row {row}", project
        return key, project

    def _find_end(
        self, row: int, cells: Sequence[Cell], done: dt.date | None, category: str
    ) -> tuple[dt.date | None, str]:
        """When it was closed, and the category that its own columns tell."""
        if "canceled" in self._layout.places and (canceled := self._day("canceled", row, cells)):
            return done or canceled, "discarded"
        if "delivered" in self._layout.places:
            told = self._text("delivered", cells).casefold()
            if told in ("false", "no", "0"):
                return done, "discarded" if done is not None else UNDELIVERED
            return done, "done" if told in ("true", "yes", "1") and done is not None else category
        if done is not None and self._layout.source == "linear":
            return done, "done"
        return done, category

    def _find_stage(self, row: int, cells: Sequence[Cell], started: dt.date | None) -> tuple[str, str, dt.date | None]:
        """The step at which an item stands, what that means, and when it left the first one."""
        last = max((at for at in self._stages if cells[at] != ""), default=-1)
        if last < 0:
            return "", "to do", None
        status, category = self._table.head[last], "done" if last == self._stages[-1] else "in progress"
        if started is None:  # the step was skipped: what came next is when it was there
            later = (at for at in self._stages[1:] if cells[at] != "")
            started = next((self._days.read(cells[at], "started", row) for at in later), None)
        return self._text("status", cells) or status, category, started

    def _find_title(self, key: str, cells: Sequence[Cell]) -> tuple[str, tuple[str, ...]]:
        """The title, and in a tree of titles the item above; rows come from the outside in."""
        for depth, at in enumerate(self._layout.levels):
            if cells[at] != "":
                self._path = [*self._path[:depth], *[""] * (depth - len(self._path)), key]
                above = next((each for each in reversed(self._path[:-1]) if each), "")
                return _tidy(spell(cells[at])), (above,) if above else ()
        return self._text("title", cells), ()

    def _text(self, role: str, cells: Sequence[Cell]) -> str:
        return self._read_text(self._layout.places.get(role, ()), role in UNSHARED, cells)

    def _read_text(self, places: Sequence[int], is_own: bool, cells: Sequence[Cell]) -> str:
        for at in places:
            if (cell := cells[at]) != "":
                text = cell if type(cell) is str else spell(cell)
                if text[0] == "'":
                    text = _tidy(text)
                return text if is_own else self._shared.setdefault(text, text)
        return ""

    def _list(self, role: str, cells: Sequence[Cell]) -> tuple[str, ...]:
        """The values of a role; rows with the same cells share them."""
        told = tuple([cells[at] for at in self._layout.places[role] if cells[at] != ""])
        if not told:
            return ()
        known = self._listed[role]
        found = known.get(told)
        if found is None:
            found = self._split_cells(role, told)
            if len(known) < MOST_LISTED and all(type(cell) is str for cell in told):
                known[told] = found
        return found

    def _split_cells(self, role: str, told: Sequence[Cell]) -> tuple[str, ...]:
        found: list[str] = []
        for cell in told:
            text = _tidy(cell if type(cell) is str else spell(cell))
            if self._split is None or role in ("areas", "parents"):
                found.append(self._shared.setdefault(text, text))
            else:
                parts = map(str.strip, self._split.split(text))
                found += [self._shared.setdefault(each, each) for each in parts if each]
        return tuple(dict.fromkeys(found))

    def _day(self, role: str, row: int, cells: Sequence[Cell]) -> dt.date | None:
        for at in self._layout.places.get(role, ()):
            if cells[at] != "" and (day := self._days.read(cells[at], role, row)) is not None:
                return day
        return None

    def _number(self, role: str, row: int, cells: Sequence[Cell]) -> float | None:
        if role not in self._layout.places or role not in NUMBERS:
            return None
        text = self._text(role, cells)
        if not text:
            return None
        try:
            number = self._notation.number(text)
        except Fault:
            number = -1.0
        if not 0 <= number <= 1e9:
            self._intake.strange.add(NO_NUMBER, f"row {row}: {role} = {quote(text)}")
            return None
        return number

    def _read_sprints(self, row: int, cells: Sequence[Cell], names: tuple[str, ...]) -> tuple[str, ...]:
        """The names of the sprints; what is told of their days goes to the intake."""
        found = []
        for name in names:
            match = SERVER_SPRINT.match(name) if name[-1:] == "]" else None
            if match:
                told = dict(part.partition("=")[::2] for part in SERVER_FIELD.split(match[1]))
                name = told.get("name", "")
                start, end = (self._days.read(_blank(told.get(each)), each, row) for each in ("startDate", "endDate"))
                self._intake.add_cycle(name, start, end, "")
            elif self._layout.source == "azure":
                name = name.rpartition("\\")[2] if "\\" in name else ""
            if name:
                found.append(name)
        if "cycle_start" in self._layout.places and found:
            start, end = self._day("cycle_start", row, cells), self._day("cycle_end", row, cells)
            self._intake.add_cycle(found[0], start, end, self._text("team", cells))
            found = found[:1]
        return tuple(found)

    def _read_more(self, cells: Sequence[Cell]) -> tuple[tuple[str, str], ...]:
        return tuple((name, spell(cells[at])) for name, at in self._layout.more if cells[at] != "")

    def _read_links(self, cells: Sequence[Cell], listed: Mapping[str, tuple[str, ...]]) -> tuple[Link, ...]:
        found: list[Link] = []
        for at, kind, outward in self._layout.links:
            if (cell := cells[at]) != "" and (key := spell(cell).strip()):
                found.append(Link(kind, outward, key))
        for role, kind, outward in self._link_roles:
            found += [Link(kind, outward, key) for key in listed.get(role, ())]
        return tuple(found)


def settle_days(table: Table, layout: Layout, intake: Intake, order: str = "", today: dt.date | None = None) -> Days:
    """What reads the dates of a table, once all of them have been looked at."""
    return Days(table, settle(table, layout, order), intake.strange, today)


def _blank(text: str | None) -> str:
    return "" if text in (None, "<null>") else str(text)


def _tidy(text: str) -> str:
    return text[1:] if text[:1] == "'" and DISARMED.match(text) else text


@lru_cache(maxsize=1000)
def _read_category(text: str) -> str:
    """What a tracker's own category means: "to do", "in progress", "done", "discarded", or nothing."""
    if not text:
        return ""
    if means_discarded(text):
        return "discarded"
    if means_done(text):
        return "done"
    return "in progress" if plain(text) in ("in progress", "doing", "indeterminate", "started") else "to do"
