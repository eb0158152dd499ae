"""The screen: a forecast as a table for people, and how far a simulation has come. All that rich is needed for."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from rich.cells import cell_len
from rich.console import Console
from rich.measure import Measurement
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from forecast.binding import build_reasons, say_alone, say_reasons
from forecast.errors import escape
from forecast.outcome import MIDDLE
from forecast.phrases import say_date
from forecast.ruled import GAP, rule_table
from forecast.wording import Told, holds, say_chance_of, say_level, say_promises, say_provenance

NO_BREAK = re.compile(r"(?<=[0-9]) (?=%|[A-Z][a-z]{2} [0-9])|(?<=[A-Z][a-z]{2}) (?=[0-9]{4})")
"""Spaces inside a percentage or a date, where a line is not broken."""

WORDY = {"Feature": 12, "Objective": 12, "Note": 24}
"""Columns that may be folded, and to what width."""

Column = tuple[str, Callable[[Told], str | Text]]


def render(told: Told, levels: Sequence[float]) -> str:
    """A forecast as text for standard output: the table, what can be promised, where the numbers come from.

    On a terminal it keeps to the width and has colours; elsewhere it is plain, with one line a feature however long.
    Nothing is ever cut off.
    """
    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
    table = build_table(told, levels)
    is_narrow = console.is_terminal and _least_width(table) > console.width
    if is_narrow:
        table = build_table(told, levels, is_narrow=True)
    reasons = build_reasons(told)
    tables = [table] if reasons is None else [table, reasons]
    if console.is_terminal:
        console.width = max(console.width, *map(_least_width, tables))
    else:
        wide = console.options.update(width=10_000)
        console.width = max(Measurement.get(console, wide, each).maximum for each in tables)
    lines = [f"{escape(feature['name'])}: {feature['note']}." for feature in told["features"] if feature["note"]]
    with console.capture() as capture:
        console.print(table)
        console.print()
        for line in [*(lines if is_narrow else []), *say_promises(told), *say_alone(told)]:
            _print(console, line)
        if reasons is not None:
            console.print(Text(), reasons, Text(), sep="\n")
        for line in say_reasons(told):
            _print(console, line)
        _print(console, say_provenance(told), "dim")
    text = capture.get()
    return text if console.is_terminal else "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def _least_width(table: Table) -> int:
    return sum(column.min_width or 0 for column in table.columns) + GAP * (len(table.columns) - 1)


def _print(console: Console, line: str, style: str = "") -> None:
    folded = [line]
    if console.is_terminal:
        folded = textwrap.wrap(NO_BREAK.sub("\u00a0", line), console.width, break_on_hyphens=False)
    for each in folded:
        console.print(Text(each.replace("\u00a0", " "), style), soft_wrap=True)


def build_table(told: Told, levels: Sequence[float], is_narrow: bool = False) -> Table:
    """One row per feature: due date, chance of it, and the date at each level."""
    table = rule_table()
    columns: list[list[Text]] = []
    for head, say in _choose_columns(told, levels, is_narrow):
        cells = [say(feature) for feature in told["features"]]
        if head in WORDY:
            longest = max(cell_len(word) for cell in cells for word in str(cell).split() or [""])
            table.add_column(head, overflow="fold", min_width=max(len(head), min(longest, WORDY[head])))
        else:
            longest = max(cell_len(line) for text in (head, *map(str, cells)) for line in text.split("\n"))
            table.add_column(head, no_wrap=True, justify="right", min_width=longest)
        columns.append([Text(cell) if isinstance(cell, str) else cell for cell in cells])
    for row in zip(*columns, strict=True):
        table.add_row(*row)
    return table


def _choose_columns(told: Told, levels: Sequence[float], is_narrow: bool) -> list[Column]:
    """The columns: how each is headed and what it says of a feature; none that would be empty."""
    features = told["features"]
    promise_level = told["provenance"]["promise_level"]
    has = {key: any(feature[key] for feature in features) for key in ("objective", "due", "is_promise", "note")}
    columns: list[Column] = [("Feature", lambda feature: escape(feature["name"]))]
    if has["objective"] and not is_narrow:
        columns.append(("Objective", lambda feature: escape(feature["objective"] or "")))
    if has["due"]:
        columns.append(("Due", lambda feature: say_date(feature["due"]) if feature["due"] else ""))
        columns.append(("Chance", lambda feature: say_chance_of(feature, told)))
    if has["is_promise"]:
        head = "Holds\nat\n" if is_narrow else "Holds at\n"
        columns.append((head + say_level(promise_level), lambda feature: _say_holds(feature, promise_level)))
    for key, level in zip(features[0]["dates"], levels, strict=True):
        columns.append((_head(level), partial(_say_date_at, key)))
    if any("alone" in feature for feature in features):
        columns.append((f"Alone\n{say_level(promise_level)} by", partial(_say_alone, f"{promise_level:g}")))
    if has["note"] and not is_narrow:
        columns.append(("Note", lambda feature: feature["note"] or ""))
    return columns


def _say_date_at(key: str, feature: Told) -> str:
    return "" if feature["vague"] and float(key) <= MIDDLE else say_date(feature["dates"][key])


def _say_alone(key: str, feature: Told) -> str:
    return say_date(feature["alone"]["dates"][key])


def _head(level: float) -> str:
    return "Latest\nof all runs" if level == 1 else f"{say_level(level)}\nsure by"


def _say_holds(feature: Told, level: float) -> Text:
    if not feature["is_promise"]:
        return Text("")
    return Text("yes", "green") if holds(feature, level) else Text("NO", "bold red")


@contextmanager
def progress_bar(
    total: int, is_wanted: bool, doing: str = "Simulating", what: str = "runs"
) -> Iterator[Callable[[int, int], None] | None]:
    """What `simulate` calls as runs are done: a bar on standard error, on a terminal only, gone when it is finished."""
    console = Console(stderr=True)
    if not (is_wanted and console.is_terminal):
        yield None
        return
    columns = TextColumn(doing), BarColumn(), TextColumn(f"{{task.completed:,}} of {{task.total:,}} {what}")
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda done, of: bar.update(task, completed=done, total=of)
