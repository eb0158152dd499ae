"""Checklist: a checkup on the screen, to be read from top to bottom by somebody who has to trust a forecast."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console
from rich.measure import Measurement
from rich.text import Text

from forecast.errors import escape
from forecast.phrases import say_count, say_date, say_name, say_number
from forecast.ruled import rule_table

Told = dict[str, Any]
"""What `Checkup.to_dict()` gives, or one of its findings or teams."""

HEADS = {
    "stop": ("Makes a forecast impossible", "bold red"),
    "warning": ("To settle before anything is promised", "bold yellow"),
    "note": ("Worth knowing", "bold"),
}
STYLES = {"good": "green", "with care": "yellow", "little": "red", "none": "red"}
WIDEST = 110
"""Columns beyond which a sentence is hard to read."""


def render(told: Told, is_brief: bool = False) -> str:
    """A checkup as text for standard output: what was read, the teams, what is assumed, what was found, and the verdict.

    is_brief : only what is to be settled before anything is promised, and the verdict

    On a terminal lines are folded and there are colours; elsewhere every sentence is one line.
    """
    page = _Page(Console(file=sys.stdout, highlight=False, markup=False, emoji=False))
    with page.console.capture() as capture:
        if not is_brief:
            _tell_read(page, told)
            _tell_teams(page, told["teams"])
            page.head("The forecast will assume")
            for each in told["assumptions"]:
                page.line(each["sentence"], indent="  ")
        for severity in ("stop", "warning") if is_brief else HEADS:
            _tell_findings(page, severity, told["findings"])
        page.line("")
        page.line(told["verdict"], style="bold" if told["possible"] else "bold red")
        if not is_brief:
            page.line(_say_provenance(told), style="dim")
    text = capture.get()
    return text if page.console.is_terminal else "".join(f"{line.rstrip()}\n" for line in text.splitlines())


class _Page:
    """Lines on a console: folded on a terminal, whole elsewhere."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.is_empty = True

    def head(self, text: str, style: str = "bold") -> None:
        if not self.is_empty:
            self.line("")
        self.line(text, style=style)

    def line(self, text: str, indent: str = "", hang: str | None = None, style: str = "") -> None:
        self.is_empty = False
        hang = indent if hang is None else hang
        folded = [indent + text]
        if self.console.is_terminal and text:
            width = max(min(self.console.width, WIDEST), 30)
            folded = textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=hang, break_on_hyphens=False)
        for each in folded:
            self.console.print(Text(each, style), soft_wrap=True)


def _tell_read(page: _Page, told: Told) -> None:
    page.head("Read")
    widest = max((len(escape(each["file"])) for each in told["read"]), default=0)
    for each in told["read"]:
        page.line(
            f"{escape(each['file']).ljust(widest)}  {escape(each['found'])}", indent="  ", hang=" " * (widest + 4)
        )
    if told["ignored"]:
        page.head("Left out or cut down")
        for each in told["ignored"]:
            page.line(
                f"{escape(each['where'])}: {escape(each['what'])}; {escape(each['why'])}", indent="  ", hang="    "
            )


def _tell_teams(page: _Page, teams: Sequence[Told]) -> None:
    if not teams:
        return
    page.head("What the teams' past says")
    table = rule_table()
    for head, is_number, say in _choose_columns(teams):
        longest = max(len(head), *(len(say(team)) for team in teams))
        if head == "Team":
            table.add_column(head, overflow="fold", min_width=min(longest, 12))
        else:
            table.add_column(head, no_wrap=True, justify="right" if is_number else "left", min_width=longest)
    columns = _choose_columns(teams)
    for team in teams:
        cells = [Text(say(team)) for _, _, say in columns]
        cells[-1].stylize(STYLES.get(team["trust"], ""))
        table.add_row(*cells)
    if not page.console.is_terminal:
        page.console.width = Measurement.get(page.console, page.console.options.update(width=10_000), table).maximum
    page.console.print(table)


def _choose_columns(teams: Sequence[Told]) -> list[tuple[str, bool, Callable[[Told], str]]]:
    """Heads, whether they are numbers, and what they say of a team; no dates where there are none."""
    columns: list[tuple[str, bool, Callable[[Told], str]]] = [
        ("Team", False, lambda team: say_name(team["name"])),
        ("Sprints", True, _say_sprints),
    ]
    if any(team["last"] for team in teams):
        columns += [
            ("From", True, lambda team: say_date(team["first"]) if team["first"] else ""),
            ("To", True, lambda team: say_date(team["last"]) if team["last"] else ""),
        ]
    return [
        *columns,
        ("Mean done", True, _say_mean),
        ("Nothing done", True, lambda team: f"{team['empty']:,}" if team["sprints_used"] else ""),
        ("Work ahead", True, _say_work),
        ("Trust", False, lambda team: str(team["trust"])),
    ]


def _say_sprints(team: Told) -> str:
    """How many there are, and how many of them the model looks at."""
    used, known = team["sprints_used"], team["sprints"]
    return f"{known:,}" if used == known else f"{used:,} of {known:,}"


def _say_mean(team: Told) -> str:
    if team["guess"]:
        return f"guess {say_number(round(team['mean'], 1))}"
    return say_number(round(team["mean"], 1)) if team["sprints_used"] else ""


def _say_work(team: Told) -> str:
    sprints = team["sprints_of_work"]
    return "" if sprints is None else say_count(max(round(sprints), 1 if sprints else 0), "sprint")


def _tell_findings(page: _Page, severity: str, findings: Sequence[Told]) -> None:
    found = [each for each in findings if each["severity"] == severity]
    if not found:
        return
    head, style = HEADS[severity]
    page.head(f"{head} ({len(found)})", style)
    for number, each in enumerate(found, start=1):
        mark = f"{number}. "
        page.line(mark + each["sentence"], indent="  ", hang=" " * (2 + len(mark)))
        page.line(each["way_out"], indent=" " * (2 + len(mark)), style="dim" if page.console.is_terminal else "")


def _say_provenance(told: Told) -> str:
    origin = told["provenance"]
    return f"forecast {origin['version']}, inputs {origin['inputs_sha256'][:12]}"
