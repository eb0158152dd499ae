"""The page of a frontier: a feature at every position, those that no other beats, and the one to choose."""

from __future__ import annotations

from forecast.frontier_wording import HARM, say_breaks, say_choice, say_harm, say_own_chance, say_place
from forecast.outcome import Forecast
from forecast.page import Page, fill_table
from forecast.phrases import say_date
from forecast.positions import SLIP, Frontier
from forecast.wording import say_level, say_provenance


def render_frontier(frontier: Frontier, base: Forecast, is_new: bool) -> str:
    """One row per position, then what is recommended and why."""
    page = Page()
    others = [each.name for each in base.roadmap.features if is_new or each.name != frontier.feature]
    has_own = any(position.chance is not None for position in frontier.positions)
    has_promises = frontier.unit != SLIP
    heads = ["\nRank", f"{say_level(frontier.level)}\nsure by"]
    heads += ["\nChance"] if has_own else []
    heads += ["Promises that\nbreak"] if has_promises else []
    heads += [HARM[frontier.unit], "Not\nbeaten"]
    rows = []
    for position in frontier.positions:
        row = [say_place(position, others), say_date(position.date)]
        row += [say_own_chance(position, base.runs)] if has_own else []
        row += [say_breaks(position)] if has_promises else []
        rows.append([*row, say_harm(position), "*" if position.is_best else ""])
    page.table(fill_table(heads, rows))
    page.lines(["", *say_choice(frontier, others)])
    page.line(say_provenance(base.to_dict()), "dim")
    return page.text
