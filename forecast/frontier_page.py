"""The page of a frontier: a feature at every position, those that no other beats, and the one to choose."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from rich.console import Console

from forecast.errors import escape
from forecast.impact_page import fill_table, make_plain, print_line, print_table
from forecast.impact_wording import say_number
from forecast.outcome import Forecast
from forecast.phrases import say_date, say_list
from forecast.positions import COST, LATE, Frontier, Position
from forecast.tally import say_chance
from forecast.wording import say_level, say_provenance

HARM = {COST: "Cost of\nlateness", LATE: "Days late,\nall others"}
NAMES = 3


def render_frontier(frontier: Frontier, base: Forecast, is_new: bool) -> str:
    """One row per position, then what is recommended and why."""
    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
    others = [each.name for each in base.roadmap.features if is_new or each.name != frontier.feature]
    has_own = any(position.chance is not None for position in frontier.positions)
    has_promises = frontier.unit in HARM
    heads = ["\nRank", f"{say_level(frontier.level)}\nsure by"]
    heads += ["\nChance"] if has_own else []
    heads += ["Promises that\nbreak"] if has_promises else []
    heads += [HARM.get(frontier.unit, "Days of slip,\nall others"), "Not\nbeaten"]
    rows = []
    for position in frontier.positions:
        row = [say_place(position, others), say_date(position.date)]
        row += [say_chance(position.chance, base.runs) if position.chance is not None else ""] if has_own else []
        row += [_say_names(position)] if has_promises else []
        rows.append([*row, _say_harm(position), "*" if position.is_best else ""])
    with console.capture() as capture:
        print_table(console, fill_table(heads, rows))
        for line in ["", *_say_choice(frontier, others)]:
            print_line(console, line)
        print_line(console, say_provenance(base.to_dict()), "dim")
    return make_plain(capture.get(), console)


def say_place(position: Position, others: list[str]) -> str:
    """Where a position is: 3 to 5, above Checkout."""
    ranks = f"{position.rank}" if position.rank == position.last_rank else f"{position.rank} to {position.last_rank}"
    if position.last_rank > len(others):
        return f"{ranks}, at the bottom"
    return f"{ranks}, above {escape(others[position.last_rank - 1])}"


def _say_names(position: Position) -> str:
    if not position.breaks:
        return ""
    names = [escape(name) for name in position.breaks[:NAMES]]
    more = len(position.breaks) - NAMES
    return ", ".join(names) + (f" and {more} more" if more > 0 else "")


def _say_harm(position: Position) -> str:
    if position.harm == float("inf"):
        return "no end"
    return f"{'-' if position.harm < -0.05 else '+'}{say_number(position.harm)}" if abs(position.harm) >= 0.05 else "0"


def _say_choice(frontier: Frontier, others: list[str]) -> Iterator[str]:
    choice = frontier.recommended
    date = f"by {say_date(choice.date)}" if choice.date else "without a date"
    names = say_list([escape(name) for name in choice.breaks])
    breaks = f" (it breaks {names})" if choice.breaks else ""
    yield (
        f"Recommended: {escape(frontier.feature)} at rank {say_place(choice, others)}, {date} ({say_level(frontier.level)}): "
        f"{frontier.reason}{breaks}."
    )
    if any(other.beats(choice) for other in frontier.positions):
        yield "Other places are earlier and do less harm in all, but break more."
