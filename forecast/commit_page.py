"""The pages of promises: what can be promised together, the lines through the roadmap, what each further promise costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.text import Text

from forecast.cadence import Cadence
from forecast.commitment import Commitment, First
from forecast.errors import escape
from forecast.headroom import Headroom
from forecast.page import Page, fill_table
from forecast.phrases import say_count, say_date, say_number
from forecast.pledge_wording import (
    say_alone,
    say_at_least,
    say_first,
    say_goal_chance,
    say_headroom,
    say_lines,
    say_method,
    say_nearest,
    say_promise,
    say_roll_up,
    say_stairs,
    say_together,
    say_with,
)
from forecast.rollup import RollUp
from forecast.weighing import AIM, BEYOND, PROMISE, STRETCH
from forecast.wording import say_level, say_provenance

MOST_BEYOND = 8
"""Features beyond all lines that are shown, the likeliest."""

COLOURS = {PROMISE: "green", AIM: "yellow", STRETCH: "", BEYOND: "dim"}


def render_cadence(
    cadence: Cadence,
    rooms: Sequence[Sequence[Headroom]],
    roll_ups: Sequence[RollUp],
    firsts: Mapping[int, First],
) -> str:
    """One page: for each day what is promised, and what that leaves.

    rooms, roll_ups : one a day; firsts : by the number of the day, where that was asked
    """
    page = Page()
    for at, commitment in enumerate(cadence.commitments):
        if at:
            page.line("")
        _print_day(page, commitment, rooms[at], roll_ups[at], firsts.get(at))
    if say_together(cadence):
        page.line("")
        page.line(say_together(cadence), "bold")
    page.line("")
    page.lines(say_method(min(cadence.commitments[::-1], key=lambda each: each.lines[0].is_best)))
    page.line(say_provenance(cadence.commitments[0].forecast.to_dict()), "dim")
    return page.text


def _print_day(
    page: Page, commitment: Commitment, rooms: Sequence[Headroom], roll_up: RollUp, first: First | None
) -> None:
    page.lines(say_promise(commitment), "bold")
    page.line("")
    if any(commitment.alone.values()):
        page.table(fill_table(*_fill_features(commitment)))
        page.line("")
    for block in _say_blocks(commitment, first):
        lines = [line for line in block if line]
        page.lines(lines)
        if lines:
            page.line("")
    if commitment.features:
        page.table(fill_table(*_fill_rooms(rooms, commitment)))
        page.lines(say_headroom(rooms, commitment.by))
    if roll_up.goals:
        if commitment.features:
            page.line("")
        page.table(fill_table(*_fill_goals(roll_up)))


def _say_blocks(commitment: Commitment, first: First | None) -> Iterator[list[str]]:
    yield list(say_lines(commitment))
    yield [say_at_least(commitment)]
    yield list(say_stairs(commitment))
    yield list(say_nearest(commitment))
    yield [] if first is None else list(say_first(first, commitment))


def _fill_features(commitment: Commitment) -> tuple[list[str], list[list[str | Text]]]:
    """The features by line, in roadmap order within each; of those beyond all lines the likeliest."""
    told = commitment.table().to_dicts()
    has_objectives = any(row["objective"] for row in told)
    heads = ["\nFeature", *(["\nObjective"] if has_objectives else []), *(["\nValue"] if commitment.has_values else [])]
    heads += ["\nLine", "\nChance", "Promise\nwith it"]
    beyond = sorted((row for row in told if row["line"] == BEYOND), key=lambda row: -row["chance"])
    shown = [row["feature"] for row in beyond if row["chance"] > 0][:MOST_BEYOND]
    rows: list[list[str | Text]] = []
    for line in (PROMISE, AIM, STRETCH, BEYOND):
        for row in told:
            if row["line"] != line or (line == BEYOND and row["feature"] not in shown):
                continue
            cells: list[str | Text] = [escape(row["feature"])]
            cells += [escape(row["objective"] or "")] if has_objectives else []
            cells += [say_number(row["value"])] if commitment.has_values else []
            cells += [Text(line, COLOURS[line]), say_alone(commitment, row)]
            rows.append([*cells, say_with(commitment, row) if commitment.features else ""])
    hidden = len(beyond) - len(shown)
    if hidden:
        rows.append([f"and {say_count(hidden, 'more', 'more')} beyond", *[""] * (len(heads) - 1)])
    return heads, rows


def _fill_rooms(rooms: Sequence[Headroom], commitment: Commitment) -> tuple[list[str], list[list[str | Text]]]:
    unit = commitment.forecast.roadmap.unit
    level = say_level(rooms[0].level) if rooms else ""
    heads = [f"Team, {unit} until\n{say_date(commitment.by)}", "Can\nfinish", "For the\npromises", "Share\nof it"]
    heads += ["Left,\nmedian", f"{level}\nsure of"]
    rows: list[list[str | Text]] = []
    for room in rooms:
        told = room.to_dict()
        numbers = [_whole(told[name]) for name in ("capacity", "promised")]
        numbers += [
            f"{round(100 * room.share)} %" if room.share else "",
            _whole(told["left"]),
            _whole(told["left_sure"]),
        ]
        rows.append([escape(room.team), *numbers])
    return heads, rows


def _whole(number: float) -> str:
    return f"{int(number + 1e-9):,}"


def _fill_goals(roll_up: RollUp) -> tuple[list[str], list[list[str | Text]]]:
    level = say_level(roll_up.level)
    heads = ["\nObjective", "\nFeatures", "All\ndone", f"{level} sure\nof", "of the\nvalue", "Value\nexpected"]
    rows: list[list[str | Text]] = []
    for goal in roll_up.goals:
        counts = [str(len(goal.features)), say_goal_chance(goal), str(goal.count(roll_up.level))]
        shares = [
            f"{int(100 * goal.share(roll_up.level) + 1e-9)} %",
            f"{int(100 * float(goal.shares.mean()) + 1e-9)} %",
        ]
        rows.append([escape(goal.name), *counts, *shares])
    return heads, rows


def render_roll_ups(roll_ups: Sequence[RollUp]) -> str:
    """Each objective by each day: a table and a sentence."""
    page = Page()
    for at, roll_up in enumerate(roll_ups):
        if at:
            page.line("")
        page.line(f"By {say_date(roll_up.by)}:", "bold")
        if roll_up.goals:
            page.table(fill_table(*_fill_goals(roll_up)))
        page.line("")
        page.lines(say_roll_up(roll_up))
    page.line(say_provenance(roll_ups[0].forecast.to_dict()), "dim")
    return page.text
