"""The page of a what-if: when the new feature comes, who slips, what flips, who gains and why, and the sentence to say."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from forecast.errors import escape
from forecast.impact_wording import (
    LEAST,
    find_shown,
    is_hopeless,
    moves,
    say_all_hold,
    say_chance_when,
    say_number,
    say_oddities,
    say_reason,
    say_slip,
)
from forecast.outcome import LEVELS
from forecast.page import Page, fill_table
from forecast.phrases import say_date, say_list
from forecast.tally import say_chance
from forecast.wording import Told, say_level, say_provenance

NARROW = ("\nmedian", "Later\nin", "Earlier\nin"), ("\nmedian", "Later\nin", "Earlier\nin", "\nDue")
"""What a narrow table leaves out, and one that would still be too wide."""


def render_impact(told: Told, levels: Sequence[float] = LEVELS) -> str:
    """One page: on a terminal folded to its width and with colours, else plain and with one line a sentence."""
    page = Page()
    table = build_slips(told)
    for left_out in NARROW:
        if not page.has_room(table):
            table = build_slips(told, left_out)
    page.lines(_say_subjects(told, levels))
    if table.row_count:
        page.table(table)
    page.lines([*_say_rest(told), *_say_why(told), *_say_all(told)])
    page.line("")
    page.line(told["sentence"], "bold")
    page.line(say_provenance(told), "dim")
    return page.text


def render_side_by_side(all_told: Sequence[Told]) -> str:
    """What-ifs beside each other and beside the plan as it is: promises, days late, dates of all that is added or moves."""
    page = Page()
    level = all_told[0]["provenance"]["promise_level"]
    heads = [f"{say_level(level)} sure by", "as it is", *(_head(told, at) for at, told in enumerate(all_told, start=1))]
    table = fill_table(heads, [*_portfolio_rows(all_told), *_date_rows(all_told, level)])
    page.table(table)
    page.line("")
    for number, told in enumerate(all_told, start=1):
        page.line(f"{_head(told, number)}: {told['sentence']}")
    page.line(say_provenance(all_told[0]), "dim")
    return page.text


def _head(told: Told, number: int) -> str:
    return escape(told["name"]) or f"what-if {number}"


def _say_subjects(told: Told, levels: Sequence[float]) -> Iterator[str]:
    """The dates of what is inserted or moved."""
    for row in told["features"]:
        if row["name"] not in told["subjects"]:
            continue
        dates = [
            f"{say_level(level)} sure by {say_date(row['dates_after'][f'{level:g}'])}"
            if row["dates_after"][f"{level:g}"]
            else f"no date at {say_level(level)}"
            for level in levels
        ]
        line = f"{escape(row['name'])} (rank {row['rank_after']}): {', '.join(dates)}."
        if row["due_after"]:
            chance = f"has a chance of {say_chance_when(row, 'after', told['provenance']['runs'])}"
            chance = "can never be kept" if is_hopeless(row, "after") else chance
            line += f" Its due date of {say_date(row['due_after'])} {chance}."
        yield line
    if told["subjects"]:
        yield ""


def build_slips(told: Told, left_out: Sequence[str] = (), heads: tuple[str, str] = ("before", "and after")) -> Table:
    """Who slips, the worst first, then who gains.

    left_out : heads of columns that a narrow one does without
    heads : what the two sides are called
    """
    before, after = heads
    rows = {row["name"]: row for row in told["features"]}
    slips, gains = find_shown(told)
    shown = [rows[name] for name in slips + gains]
    level, runs = told["provenance"]["promise_level"], told["provenance"]["runs"]
    key = f"{level:g}"
    columns: list[tuple[str, Callable[[Told], str | Text]]] = [
        ("\nFeature", lambda row: escape(row["name"])),
        (f"{say_level(level)} sure\n{before}", lambda row: say_date(row["dates_before"][key])),
        (f"\n{after}", lambda row: say_date(row["dates_after"][key])),
        ("Slip,\ndays", lambda row: say_slip(row, runs)),
        ("\nmedian", lambda row: _say_median(row)),
        ("Later\nin", lambda row: say_chance(row["slip"]["later"], runs)),
        ("Earlier\nin", lambda row: say_chance(row["slip"]["earlier"], runs) if row["slip"]["earlier"] else ""),
    ]
    if any(row["due_after"] for row in shown):
        columns += [
            ("\nDue", lambda row: say_date(row["due_after"]) if row["due_after"] else ""),
            (f"Chance\n{before}", lambda row: say_chance_when(row, "before", runs)),
            (f"\n{after}", lambda row: say_chance_when(row, "after", runs)),
            ("\nPromise", _say_flip),
        ]
    columns = [column for column in columns if column[0] not in left_out]
    return fill_table([head for head, _ in columns], [[say(row) for _, say in columns] for row in shown])


def _say_median(row: Told) -> str:
    median = row["slip"]["median"]
    if median is None:
        return ""
    return f"{'-' if median < 0 else '+'}{say_number(median)}" if abs(median) >= LEAST else "0"


def _say_flip(row: Told) -> Text:
    if not row["is_promise_after"]:
        return Text("")
    if row["flip"]:
        return Text("BREAKS", "bold red") if row["flip"] == "breaks" else Text("now holds", "bold green")
    return Text("holds" if row["holds_after"] else "does not")


def _say_rest(told: Told) -> Iterator[str]:
    """What became of all the others."""
    rows = {row["name"]: row for row in told["features"]}
    both = [row for row in told["features"] if row["change"] is None and row["name"] not in told["subjects"]]
    still = [row for row in both if not row["slip"]["later"] and not row["slip"]["earlier"]]
    barely = {row["name"] for row in both} - {row["name"] for row in still}
    for key, verb, shown in zip(("slips", "gains"), ("slip", "gain"), find_shown(told), strict=True):
        moving = [name for name in told[key] if moves(rows[name])]
        more = [abs(rows[name]["slip"]["mean"] or 0.0) for name in moving if name not in shown]
        if more:
            yield f"{len(more)} more {verb}{'s' if len(more) == 1 else ''}, by up to {say_number(max(more))} days: see --csv."
        barely -= set(moving)
    if barely:
        yield f"{len(barely)} more {'moves' if len(barely) == 1 else 'move'} by less than 0.1 days on average."
    if both and len(still) == len(both):
        yield "No other feature moves." if told["subjects"] else "No feature moves."
    elif still:
        yield f"{len(still)} {'other does' if len(still) == 1 else 'others do'} not move in any run."
    if told["dropped"]:
        yield f"No longer on the roadmap: {say_list([escape(name) for name in told['dropped']])}."
    yield from say_oddities(told)
    errors = [row["slip"]["se"] for row in told["features"] if row["slip"] and row["slip"]["se"]]
    if errors:
        yield f"Slips are means over all runs; their standard errors are at most {math.ceil(100 * max(errors)) / 100:.2f} days."


def _say_why(told: Told) -> Iterator[str]:
    """One sentence for each feature that is shown: why it slips, then why it gains."""
    rows = {row["name"]: row for row in told["features"]}
    runs = told["provenance"]["runs"]
    reasons = {reason["name"]: reason for reason in told["why"]}
    for head, names in zip(("Why", "Who gains, and why"), find_shown(told), strict=True):
        names = [name for name in names if moves(rows[name])]  # a promise can flip without moving
        if names:
            yield ""
            yield f"{head} (working days, on average):"
            yield from (f"  {say_reason(rows[name], reasons[name], runs)}" for name in names)


def _say_all(told: Told) -> Iterator[str]:
    """What becomes of all promises at once."""
    portfolio = told["portfolio"]
    if not portfolio["promises_before"]:
        return
    yield ""
    before, after = (say_all_hold(told, when) or "none" for when in ("before", "after"))
    kept = [
        sum(bool(row[f"holds_{when}"]) for row in told["features"] if row[f"is_promise_{when}"])
        for when in ("before", "after")
    ]
    yield (
        f"Promises that hold: {kept[0]} of {portfolio['promises_before']} before, {kept[1]} of {portfolio['promises_after']} "
        f"after. All of them together: {before} before, {after} after."
    )
    yield _say_late(portfolio)


def _say_late(portfolio: dict[str, Any]) -> str:
    late = [portfolio["late_days_before"], portfolio["late_days_after"]]
    said = ["no end" if days is None else say_number(days) for days in late]
    line = f"Expected days late, all promises added up: {said[0]} before, {said[1]} after."
    costs = [portfolio["late_cost_before"], portfolio["late_cost_after"]]
    if None not in costs:
        line += f" Their cost of delay: {costs[0]:,.1f} before, {costs[1]:,.1f} after."
    return line


def _portfolio_rows(all_told: Sequence[Told]) -> Iterator[list[str]]:
    """What becomes of all promises at once, in each what-if."""
    if not all_told[0]["portfolio"]["promises_before"]:
        return
    sides = [(all_told[0], "before"), *((told, "after") for told in all_told)]
    kept = [sum(bool(row[f"holds_{when}"]) for row in told["features"]) for told, when in sides]
    yield [
        "Promises that hold",
        *(f"{n} of {told['portfolio'][f'promises_{when}']}" for n, (told, when) in zip(kept, sides, strict=True)),
    ]
    yield ["All of them together", *(say_all_hold(told, when) for told, when in sides)]
    late = [told["portfolio"][f"late_days_{when}"] for told, when in sides]
    yield ["Expected days late", *("no end" if days is None else say_number(days) for days in late)]


def _date_rows(all_told: Sequence[Told], level: float) -> Iterator[list[str]]:
    """Dates of what is added, dropped or moves in one of the what-ifs; "!" where a promise breaks, "+" where one now holds."""
    key = f"{level:g}"
    by_name = [{row["name"]: row for row in told["features"]} for told in all_told]
    for name in dict.fromkeys(name for rows in by_name for name in rows):
        sides = [rows.get(name) for rows in by_name]
        if not any(row and (row["change"] or moves(row) or row["flip"]) for row in sides):
            continue
        before = next((row for row in sides if row and row["change"] != "added"), None)
        cells = [say_date(before["dates_before"][key]) if before else ""]
        for row in sides:
            mark = {"breaks": " !", "mends": " +"}.get(row["flip"], "") if row else ""
            cells.append(say_date(row["dates_after"][key]) + mark if row and row["change"] != "dropped" else "")
        yield [escape(name), *cells]
