"""What-ifs: what an edit does to every date, and what each place in the order costs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from forecast.charts.canvas import (
    ALARM,
    DARK,
    INK,
    MIDDLE,
    MUTED,
    PAPER,
    SMALL,
    Margins,
    Size,
    foot,
    head,
    head_room,
    inches,
    lay_counts,
    lay_dates,
    lay_key,
    number,
    open_axes,
    widest,
    write,
)
from forecast.charts.ladder import Column, find_margins, lay_rows, write_columns
from forecast.charts.paging import find_size
from forecast.errors import Fault, did_you_mean, quote
from forecast.frontier_wording import say_ranks, say_unit
from forecast.impact import LEVEL, Impact
from forecast.impact_wording import moves, say_chance_when, say_slip
from forecast.phrases import say_date
from forecast.positions import Frontier, Position
from forecast.values import read_level, read_list, read_name
from forecast.wording import Told, say_level, say_provenance


def slips(
    impact: Impact,
    ax: Axes | None = None,
    *,
    features: Iterable[str] | None = None,
    level: float = LEVEL,
    size: Size | None = None,
    title: str = "What moves",
) -> Axes:
    """What an edit moves: the date of each feature before (hollow) and after (filled), joined; promises that flip stand out.

    features : names, None for all that move by as much as would be printed, are new, or flip; level : of the dates
    """
    key = f"{read_level(level):g}"
    told = impact.to_dict((level,))
    rows = _choose(told, features)
    names = [row["name"] for row in rows]
    said = f"When it is {say_level(level)} sure: hollow before, filled after. Slip: mean working days, the same luck in both."
    if not rows:
        said = "Nothing moves by as much as would be printed."
    columns = _columns(rows, told["provenance"]["runs"], key)
    margins = find_margins(names, columns, size, said, 0.75)
    size, margins = find_size(size, len(names), margins, "chart slips")
    ax = open_axes(ax, size, margins)
    if names:
        lay_rows(ax, names, [row["rank_after"] or row["rank_before"] for row in rows], margins)
        days = [_day(row[f"dates_{when}"].get(key)) for row in rows for when in ("before", "after")]
        known = [day for day in days if day is not None] or [impact.after.roadmap.start]
        pad = dt.timedelta(days=max(3, (max(known) - min(known)).days // 15))
        lay_dates(ax, min(known) - pad, max(known) + pad)
        for place, row in enumerate(rows):
            _draw_slip(ax, place, row, key, max(known) + pad)
        write_columns(ax, columns)
        lay_key(ax, _marks(rows), margins, 0.4)
    else:
        ax.set_axis_off()
    head(ax, title, said, margins)
    foot(ax, say_provenance(told), margins)
    return ax


def _choose(told: Told, features: Iterable[str] | None) -> list[Told]:
    rows = {row["name"]: row for row in told["features"]}
    if features is None:
        return [row for row in rows.values() if row["change"] or row["flip"] or moves(row)]
    names = [read_name(name, "chart slips") for name in read_list(features, "chart slips", "features")]
    for name in names:
        if name not in rows:
            raise Fault("chart slips", f"feature {quote(name)}", "in neither roadmap." + did_you_mean(name, rows))
    return [row for row in rows.values() if row["name"] in names]


def _columns(rows: list[Told], runs: int, key: str) -> list[Column]:
    chances = []
    for row in rows:
        before, after = (say_chance_when(row, when, runs) for when in ("before", "after"))
        flip = {"breaks": " BREAKS", "mends": " now holds"}.get(row["flip"] or "", "")
        chances.append(f"{before} → {after}{flip}" if before and after else before or after)
    late = frozenset(place for place, row in enumerate(rows) if row["flip"] == "breaks")
    sure = [say_date(row["dates_after"].get(key)) if row["rank_after"] else "" for row in rows]
    columns = [
        Column(f"{say_level(float(key))}\nsure by", sure),
        Column("Slip\n(days)", [say_slip(row, runs) for row in rows]),
    ]
    return [*columns, Column("Chance of\nits due date", chances, late)] if any(chances) else columns


def _day(date: str | None) -> dt.date | None:
    return None if date is None else dt.date.fromisoformat(date)


def _draw_slip(ax: Axes, place: int, row: Told, key: str, last: dt.date) -> None:
    before, after = (_day(row[f"dates_{when}"].get(key)) for when in ("before", "after"))
    color = {"breaks": ALARM, "mends": MIDDLE}.get(row["flip"] or "", DARK)
    places = [number(day or last) for day, rank in ((before, row["rank_before"]), (after, row["rank_after"])) if rank]
    if len(places) == 2:
        ax.plot(places, [place] * 2, color=color, linewidth=2, zorder=3)
    for day, rank, fill in ((before, row["rank_before"], PAPER), (after, row["rank_after"], color)):
        if rank and day is not None:
            shape = "o" if len(places) == 2 else "s" if row["change"] == "added" else "X"
            ax.plot([number(day)], [place], marker=shape, color=fill, markeredgecolor=color, markersize=6.5, zorder=4)
        elif rank:
            ax.plot([number(last)], [place], marker=9, color=color, markersize=6, clip_on=False, zorder=4)


def _marks(rows: list[Told]) -> list[Line2D]:
    hollow: dict[str, Any] = {"color": PAPER, "markeredgecolor": DARK, "linestyle": ""}
    marks = [
        Line2D([], [], marker="o", **hollow, label="before"),
        Line2D([], [], marker="o", color=DARK, linestyle="", label="after"),
    ]
    if any(row["flip"] == "breaks" for row in rows):
        marks.append(Line2D([], [], marker="o", color=ALARM, linewidth=2, label="promise breaks"))
    if any(row["flip"] == "mends" for row in rows):
        marks.append(Line2D([], [], marker="o", color=MIDDLE, linewidth=2, label="promise holds now"))
    if any(row["change"] == "added" for row in rows):
        marks.append(Line2D([], [], marker="s", color=DARK, linestyle="", label="new"))
    if any(row["change"] == "dropped" for row in rows):
        marks.append(Line2D([], [], marker="X", **hollow, label="dropped"))
    return marks


def frontier(found: Frontier, ax: Axes | None = None, *, size: Size | None = None) -> Axes:
    """What each place in the order costs: the date of the feature there against the harm to the others, the best joined.

    A place is best when no other is as early and as harmless, and better in one of the two (Pareto). The diamond is recommended.
    """
    size, said = size or (8.5, 4.8), _say_choice(found)
    margins = Margins(left=0.85, right=0.6, top=head_room(said, size[0]) + 0.45, bottom=0.85)
    ax = open_axes(ax, size, margins)
    shown = [_Spot(number(each.date), each) for each in found.positions if each.date and each.harm < float("inf")]
    _lay_frontier(ax, found, [each.position for each in shown])
    best = sorted((spot.x, spot.position.harm) for spot in shown if spot.position.is_best)
    ax.plot([x for x, _ in best], [y for _, y in best], color=MIDDLE, linewidth=1.2, zorder=2)
    choice = found.recommended
    taken = [(*_place(ax, spot.x, spot.position.harm), 0.0) for spot in shown]
    for spot in shown:
        _draw_position(ax, spot, spot.position == choice)
    groups = _group(ax, shown, choice)
    for group in sorted(groups, key=lambda each: (each[0].position != choice, not each[0].position.is_best)):
        _name_ranks(ax, group, group[0].position == choice, taken)
    marks = [
        Line2D([], [], marker="D", color=INK, linestyle="", label="recommended"),
        Line2D([], [], marker="o", color=MIDDLE, markeredgecolor=DARK, linewidth=1.2, label="no other rank beats it"),
        Line2D([], [], marker="o", color=PAPER, markeredgecolor=MUTED, linestyle="", label="another beats it"),
    ]
    lay_key(ax, marks, margins, 0.2)
    lay_counts(ax, f"harm to the others: {say_unit(found)[0].lower()}{say_unit(found)[1:]}")
    ax.set_xlabel(f"{say_level(found.level)} sure by", fontsize=SMALL + 0.5, color=MUTED)
    head(ax, f"{found.feature}: what each rank costs", said, margins)
    return ax


HIDDEN = 0.04
"""Inches by which marks differ that hide each other."""


@dataclass(frozen=True)
class _Spot:
    """A position and where its date stands."""

    x: float
    position: Position


def _say_choice(found: Frontier) -> str:
    choice = found.recommended
    by = f"by {say_date(choice.date)}" if choice.date else "without a date"
    said = f"Recommended: rank {say_ranks(choice)}, {by}: {found.reason}. Numbers are ranks."
    hidden = sum(each.date is None or each.harm == float("inf") for each in found.positions)
    return said if not hidden else f"{said} Not shown, for lack of a date or of an end to the harm: {hidden} of them."


def _lay_frontier(ax: Axes, found: Frontier, shown: Sequence[Position]) -> None:
    days = [each.date for each in shown if each.date is not None]
    first, last = (min(days), max(days)) if days else (dt.date(2000, 1, 1), dt.date(2000, 2, 1))
    pad = dt.timedelta(days=max(4, (last - first).days // 10))
    lay_dates(ax, first - pad, last + pad)
    harms = [each.harm for each in shown] or [0.0]
    low, high = min(0.0, *harms), max(1.0, *harms)
    ax.set_ylim(low - 0.06 * (high - low), high + 0.1 * (high - low))


def _place(ax: Axes, x: float, y: float) -> tuple[float, float]:
    """Inches from the upper left corner of the axes; up and right are positive."""
    across, up = inches(ax)
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    return (x - left) / (right - left) * across, (y - high) / (high - low) * up


def _draw_position(ax: Axes, spot: _Spot, is_choice: bool) -> None:
    fill, edge = (MIDDLE, DARK) if spot.position.is_best else (PAPER, MUTED)
    x, y = [spot.x], [spot.position.harm]
    ax.plot(x, y, marker="o", color=fill, markeredgecolor=edge, markersize=7, zorder=4)
    if is_choice:
        ax.plot(x, y, marker="D", color=INK, markersize=8, zorder=5)


def _group(ax: Axes, shown: Sequence[_Spot], choice: Position) -> list[list[_Spot]]:
    """Neighbours whose marks hide each other, and so share a label; the one that is recommended has its own."""
    groups: list[list[_Spot]] = []
    for spot in sorted(shown, key=lambda spot: spot.position.rank):
        last = groups[-1][-1] if groups else None
        if last is not None and choice not in (last.position, spot.position):
            follows = spot.position.rank == last.position.last_rank + 1
            here, there = _place(ax, spot.x, spot.position.harm), _place(ax, last.x, last.position.harm)
            is_alike = spot.position.is_best == last.position.is_best
            if follows and is_alike and max(abs(here[0] - there[0]), abs(here[1] - there[1])) < HIDDEN:
                groups[-1].append(spot)
                continue
        groups.append([spot])
    return groups


def _name_ranks(ax: Axes, group: Sequence[_Spot], is_choice: bool, taken: list[tuple[float, float, float]]) -> None:
    """The ranks of marks at one place beside them, where neither a mark nor other ranks stand yet."""
    first, last = group[0].position, group[-1].position
    text = f"{first.rank}" if first.rank == last.last_rank else f"{first.rank} to {last.last_rank}"
    points = SMALL + 0.5 * is_choice
    room = widest([text], points) * (1.15 if is_choice else 1)
    color, weight = (INK if first.is_best or is_choice else MUTED), ("bold" if is_choice else "normal")
    x, y = _place(ax, group[0].x, first.harm)
    left = -0.09 - room
    beside = (
        (0.09, 0.09),
        (left, -0.12),
        (0.09, -0.12),
        (left, 0.12),
        (left, 0.0),
        (-room / 2, 0.18),
        (-room / 2, -0.18),
    )
    for right, above in beside:
        at, down = x + right, y + above
        if all(abs(down - v) > 0.12 or at > u + w + 0.06 or at + room < u - 0.06 for u, v, w in taken):
            write(ax, (at, down), text, points=points, color=color, weight=weight, va="center")
            taken.append((at, down, room))
            return
