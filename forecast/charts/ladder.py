"""Ladder: what charts with a row per feature share: names and ranks on the left, columns of text on the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from matplotlib.axes import Axes

from forecast.charts.canvas import (
    ALARM,
    EDGE,
    FAINT,
    INK,
    MUTED,
    NORMAL,
    SMALL,
    Margins,
    Size,
    head_room,
    inches,
    name_rows,
    widest,
    write,
)
from forecast.charts.paging import WIDTH

RANKS, GAP, APART = 0.32, 0.12, 0.16
"""Inches for the ranks, between names and picture, and between columns."""


@dataclass(frozen=True)
class Column:
    """What is written to the right of the rows. heading : one line or two; texts : one a row; alarms : rows that stand out."""

    heading: str
    texts: Sequence[str]
    alarms: frozenset[int] = field(default=frozenset())

    @property
    def room(self) -> float:
        """Inches that it takes."""
        heading = widest(self.heading.split("\n"), SMALL)
        return max(heading, widest(self.texts, SMALL + 0.5) + (0.07 if self.alarms else 0))


def find_margins(
    names: Sequence[str], columns: Sequence[Column], size: Size | None, said: str, above: float
) -> Margins:
    """Room for ranks and names on the left, never more than a third of the picture, and for columns on the right.

    said : what stands below the title; above : inches between that and the rows
    """
    width = WIDTH if size is None else size[0]
    room = widest(names, NORMAL, least=0.6, most=min(3.0, 0.3 * width))
    beside = 0.25 + sum(column.room + APART for column in columns) if columns else 0.3
    return Margins(EDGE + RANKS + room + GAP, beside, head_room(said, width) + above, 0.72)


def lay_rows(ax: Axes, names: Sequence[str], ranks: Sequence[int | None], margins: Margins) -> None:
    """One row a feature, the first on top: names as labels of the axis, ranks before them, a line between rows."""
    ax.set_ylim(len(names) - 0.5, -0.5)
    room, points = find_room(ax, len(names), margins)
    name_rows(ax, names, room, points)
    for place, rank in enumerate(ranks):
        if rank is not None:
            _write_beside(ax, place, -(room + GAP + 0.1), str(rank), len(names), color=MUTED)
        if place:
            ax.axhline(place - 0.5, color=FAINT, linewidth=0.4, zorder=0)


def find_room(ax: Axes, rows: int, margins: Margins) -> tuple[float, float]:
    """The room for a name on the left of so many rows, in inches, and the size of its letters in points."""
    return margins.left - EDGE - RANKS - GAP, min(NORMAL, 72 * inches(ax)[1] / rows * 0.72)


def write_columns(ax: Axes, columns: Sequence[Column]) -> None:
    """The columns of text to the right of the rows."""
    at = inches(ax)[0] + 0.1
    for column in columns:
        at += column.room
        for line, part in enumerate(reversed(column.heading.split("\n"))):
            write(ax, (at, 0.05 + 0.13 * line), part, points=SMALL, color=MUTED, ha="right", va="bottom")
        for place, text in enumerate(column.texts):
            color, weight = (ALARM, "bold") if place in column.alarms else (INK, "normal")
            _write_beside(ax, place, at, text, len(column.texts), color=color, weight=weight)
        at += APART


def _write_beside(ax: Axes, place: int, across: float, text: str, rows: int, **style: Any) -> None:
    height = inches(ax)[1] / rows
    points = min(SMALL + 0.5, 72 * height * 0.66)
    write(ax, (across, -(place + 0.5) * height), text, points=points, ha="right", va="center_baseline", **style)
