"""Checklist: a checkup on the screen, to be read from top to bottom by somebody who has to trust a forecast."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rich.text import Text

from forecast.errors import escape
from forecast.page import Page, fill_table
from forecast.phrases import say_count, say_date, say_name, say_number

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
    page = Page(WIDEST)
    if not is_brief:
        _tell_read(page, told)
        _tell_teams(page, told["teams"])
        _tell_head(page, "The forecast will assume")
        for each in told["assumptions"]:
            page.line(each["sentence"], indent="  ")
    for severity in ("stop", "warning") if is_brief else HEADS:
        _tell_findings(page, severity, told["findings"])
    page.line("")
    page.line(told["verdict"], style="bold" if told["possible"] else "bold red")
    if not is_brief:
        page.line(_say_provenance(told), style="dim")
    return page.text


def _tell_head(page: Page, text: str, style: str = "bold") -> None:
    if not page.is_empty:
        page.line("")
    page.line(text, style)


def _tell_read(page: Page, told: Told) -> None:
    _tell_head(page, "Read")
    widest = max((len(escape(each["file"])) for each in told["read"]), default=0)
    for each in told["read"]:
        page.line(
            f"{escape(each['file']).ljust(widest)}  {escape(each['found'])}", indent="  ", hang=" " * (widest + 4)
        )
    if told["ignored"]:
        _tell_head(page, "Left out or cut down")
        for each in told["ignored"]:
            page.line(
                f"{escape(each['where'])}: {escape(each['what'])}; {escape(each['why'])}", indent="  ", hang="    "
            )


def _tell_teams(page: Page, teams: Sequence[Told]) -> None:
    if not teams:
        return
    _tell_head(page, "What the teams' past says")
    columns = _choose_columns(teams)
    rows: list[list[str | Text]] = [
        [*(say(team) for _, say in columns), Text(str(team["trust"]), STYLES.get(team["trust"], ""))] for team in teams
    ]
    page.table(fill_table([*(head for head, _ in columns), "\nTrust"], rows))


def _choose_columns(teams: Sequence[Told]) -> list[tuple[str, Callable[[Told], str]]]:
    """Heads, and what they say of a team; no dates where there are none."""
    columns: list[tuple[str, Callable[[Told], str]]] = [
        ("\nTeam", lambda team: say_name(team["name"])),
        ("\nSprints", _say_sprints),
    ]
    if any(team["last"] for team in teams):
        columns += [
            ("\nFrom", lambda team: say_date(team["first"]) if team["first"] else ""),
            ("\nTo", lambda team: say_date(team["last"]) if team["last"] else ""),
        ]
    return [
        *columns,
        ("Mean\ndone", _say_mean),
        ("Nothing\ndone", lambda team: f"{team['empty']:,}" if team["sprints_used"] else ""),
        ("Work\nahead", _say_work),
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


def _tell_findings(page: Page, severity: str, findings: Sequence[Told]) -> None:
    found = [each for each in findings if each["severity"] == severity]
    if not found:
        return
    head, style = HEADS[severity]
    _tell_head(page, f"{head} ({len(found)})", style)
    for number, each in enumerate(found, start=1):
        mark = f"{number}. "
        page.line(mark + each["sentence"], indent="  ", hang=" " * (2 + len(mark)))
        page.line(each["way_out"], indent=" " * (2 + len(mark)), style="dim" if page.is_terminal else "")


def _say_provenance(told: Told) -> str:
    origin = told["provenance"]
    return f"forecast {origin['version']}, inputs {origin['inputs_sha256'][:12]}"
