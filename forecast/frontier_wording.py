"""Wording of a frontier: where a position is, what it does to the others, and the one to choose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from forecast.errors import escape
from forecast.impact_wording import say_number
from forecast.outcome import Forecast
from forecast.phrases import say_date, say_list
from forecast.positions import COST, LATE, SLIP, Frontier, Position
from forecast.tally import say_chance
from forecast.wording import cannot_hold, say_level

HARM = {COST: "Cost of\nlateness", LATE: "Days late,\nall others", SLIP: "Days of slip,\nall others"}
"""What harm is counted in, as the heading of a column."""

NAMES = 3


def say_unit(frontier: Frontier) -> str:
    """What harm is counted in."""
    return " ".join(HARM[frontier.unit].split())


def say_ranks(position: Position) -> str:
    """Its ranks: 3, or 3 to 5."""
    return f"{position.rank}" if position.rank == position.last_rank else f"{position.rank} to {position.last_rank}"


def say_place(position: Position, others: Sequence[str]) -> str:
    """Where a position is: 3 to 5, above Checkout. others : the features without the one that is placed, in their order"""
    if position.last_rank > len(others):
        return f"{say_ranks(position)}, at the bottom"
    return f"{say_ranks(position)}, above {escape(others[position.last_rank - 1])}"


def say_own_chance(position: Position, runs: int) -> str:
    """The chance of its own due date; empty when it has none."""
    if position.chance is None:
        return ""
    return "never" if cannot_hold(vars(position)) else say_chance(position.chance, runs, position.certain)


def say_breaks(position: Position) -> str:
    """Which promises of the others break."""
    if not position.breaks:
        return ""
    names = [escape(name) for name in position.breaks[:NAMES]]
    more = len(position.breaks) - NAMES
    return ", ".join(names) + (f" and {more} more" if more > 0 else "")


def say_harm(position: Position) -> str:
    """What it costs the others, with its sign."""
    if position.harm == float("inf"):
        return "no end"
    return f"{'-' if position.harm < -0.05 else '+'}{say_number(position.harm)}" if abs(position.harm) >= 0.05 else "0"


def say_choice(frontier: Frontier, others: Sequence[str]) -> Iterator[str]:
    """Which position is recommended, and why."""
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


def tell_everywhere(frontier: Frontier, base: Forecast) -> dict[str, Any]:
    """A frontier in words, for a page: its sentences, heads of its columns, and a row a position."""
    others = [each.name for each in base.roadmap.features if each.name != frontier.feature]
    return {
        "sentences": list(say_choice(frontier, others)),
        "unit": say_unit(frontier),
        "level": say_level(frontier.level),
        "has_own": any(each.chance is not None for each in frontier.positions),
        "has_promises": frontier.unit != SLIP,
        "rows": [
            {
                "place": say_place(each, others),
                "date": say_date(each.date),
                "chance": say_own_chance(each, base.runs),
                "breaks": say_breaks(each),
                "harm": say_harm(each),
                "is_best": each.is_best,
                "is_choice": each == frontier.recommended,
            }
            for each in frontier.positions
        ],
    }
