"""Spells: where the days until each feature go."""

from __future__ import annotations

from collections.abc import Iterable

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from forecast.charts.canvas import (
    DARK,
    FAINT,
    INK,
    LIGHT,
    MIDDLE,
    MUTED,
    PAPER,
    SMALL,
    Size,
    head,
    inches,
    lay_key,
    measure,
    name_columns,
    open_axes,
    whole_ticks,
)
from forecast.charts.ladder import Column, find_margins, lay_rows, write_columns
from forecast.charts.paging import find_size
from forecast.errors import Fault, did_you_mean, quote
from forecast.explanation import EXTERNAL, HANDOFF, KINDS, NOT_BEFORE, QUEUE, WORK, Binder, Explanation
from forecast.tally import say_chance
from forecast.values import read_list, read_name

LOOKS: dict[str, tuple[str, str, str, str]] = {
    WORK: ("work of a team", MIDDLE, "", PAPER),
    QUEUE: ("in line for a team", LIGHT, "////", INK),
    EXTERNAL: ("external", DARK, "", PAPER),
    HANDOFF: ("hand-offs and lags", FAINT, "||||", INK),
    NOT_BEFORE: ("not before its date", PAPER, "", INK),
}
"""Kinds of days: what they are called, colour, hatch, and colour of the number in them."""

THICK = 0.19


def days(
    explanation: Explanation,
    ax: Axes | None = None,
    *,
    features: Iterable[str] | None = None,
    size: Size | None = None,
    title: str = "Where the days until each feature go",
) -> Axes:
    """Where the working days until each feature go, on average: work, waiting in line, externals, hand-offs, dates.

    features : names, None for all; size : inches of a picture of its own
    """
    names = list(explanation.features) if features is None else _read_names(explanation, features)
    ranks = {name: rank for rank, name in enumerate(explanation.features, start=1)}
    said = "Mean working days from the start to its end, along what held it; on the right, who takes most of them and how often."
    columns = [Column("Mostly", [_say_binder(explanation.bound_by(name)) for name in names])]
    margins = find_margins(names, columns, size, said, 0.75)
    size, margins = find_size(size, len(names), margins, "chart days")
    ax = open_axes(ax, size, margins)
    lay_rows(ax, names, [ranks[name] for name in names], margins)
    totals = [_add_up(explanation, name) for name in names]
    longest = max([1.0, *(sum(total.values()) for total in totals)])
    ax.set_xlim(0, longest * 1.02)
    for place, total in enumerate(totals):
        _draw(ax, place, total)
    ticks = whole_ticks(longest, max(3, int(inches(ax)[0] / 0.8)))
    name_columns(ax, ticks, [f"{tick:,.0f}" for tick in ticks])
    ax.grid(axis="x", color=FAINT, linewidth=0.6)
    ax.set_xlabel("working days from the start", fontsize=SMALL + 0.5, color=MUTED)
    write_columns(ax, columns)
    used = [kind for kind in KINDS if any(total[kind] > 0 for total in totals)]
    lay_key(ax, [_mark(kind) for kind in used], margins, 0.4)
    head(ax, title, said, margins)
    return ax


def _read_names(explanation: Explanation, features: Iterable[str]) -> list[str]:
    wanted = {read_name(name, "chart days") for name in read_list(features, "chart days", "features")}
    for name in wanted - set(explanation.features):
        way_out = "no such feature." + did_you_mean(name, explanation.features)
        raise Fault("chart days", f"feature {quote(name)}", way_out)
    if not wanted:
        raise Fault("chart days", "features = []", "name at least one feature")
    return [name for name in explanation.features if name in wanted]


def _add_up(explanation: Explanation, name: str) -> dict[str, float]:
    total = dict.fromkeys(KINDS, 0.0)
    for stretch in explanation.stretches(name):
        total[stretch.kind] += stretch.days
    return total


def _draw(ax: Axes, place: int, total: dict[str, float]) -> None:
    across, up = inches(ax)
    rows = ax.get_ylim()[0] + 0.5
    thick = min(0.7, THICK / up * rows)
    points = min(SMALL - 0.5, 72 * up / rows * 0.6)
    at = 0.0
    for kind in KINDS:
        _, color, hatch, ink = LOOKS[kind]
        if total[kind] > 0:
            ax.barh(
                place,
                total[kind],
                left=at,
                height=thick,
                color=color,
                hatch=hatch,
                edgecolor=MUTED,
                linewidth=0.4,
                zorder=3,
            )
            text = f"{total[kind]:.0f}"
            if measure(text, points) + 0.06 < total[kind] / ax.get_xlim()[1] * across:
                box = {"facecolor": color, "edgecolor": "none", "pad": 0.6} if hatch else None
                middle = at + total[kind] / 2
                ax.text(middle, place, text, fontsize=points, color=ink, ha="center", va="center", bbox=box, zorder=4)
            at += total[kind]


def _mark(kind: str) -> Artist:
    label, color, hatch, _ = LOOKS[kind]
    return Patch(facecolor=color, hatch=hatch, edgecolor=MUTED, linewidth=0.4, label=label)


def _say_binder(binder: Binder | None) -> str:
    if binder is None:
        return ""
    who = {HANDOFF: "hand-offs", NOT_BEFORE: "its date"}.get(binder.kind, binder.name)
    if len(who) > 24:
        who = who[:15] + "…" + who[-8:]
    return f"{who} {say_chance(binder.share, 1_000_000)}"
