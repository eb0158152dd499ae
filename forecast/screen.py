"""The screen: a forecast as a table for people, and how far a simulation has come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from forecast.binding import build_reasons, say_alone, say_reasons
from forecast.errors import escape
from forecast.outcome import MIDDLE
from forecast.page import Page, open_table
from forecast.phrases import say_date
from forecast.wording import Told, holds, say_chance_of, say_level, say_promises, say_provenance

WORDY = {"Feature": 12, "Objective": 12, "Note": 24}
"""Columns that may be folded, and to what width."""

Column = tuple[str, Callable[[Told], str | Text]]


def render(told: Told, levels: Sequence[float]) -> str:
    """A forecast as text for standard output: the table, what can be promised, where the numbers come from.

    On a terminal it keeps to the width and has colours; elsewhere it is plain, with one line a feature however long.
    Nothing is ever cut off.
    """
    page = Page()
    table = build_table(told, levels)
    is_narrow = not page.has_room(table)
    page.table(build_table(told, levels, is_narrow=True) if is_narrow else table)
    lines = [f"{escape(feature['name'])}: {feature['note']}." for feature in told["features"] if feature["note"]]
    page.lines(["", *(lines if is_narrow else []), *say_promises(told), *say_alone(told)])
    reasons = build_reasons(told)
    if reasons is not None:
        page.line("")
        page.table(reasons)
        page.line("")
    page.lines(say_reasons(told))
    page.line(say_provenance(told), "dim")
    return page.text


def build_table(told: Told, levels: Sequence[float], is_narrow: bool = False) -> Table:
    """One row per feature: due date, chance of it, and the date at each level."""
    table = open_table()
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
