"""Trust: how often forecasts of the past held, against how sure they were."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from forecast.charts.canvas import (
    ALARM,
    DARK,
    FAINT,
    INK,
    MIDDLE,
    MUTED,
    SMALL,
    Margins,
    Size,
    head,
    head_room,
    inches,
    lay_key,
    name_columns,
    open_axes,
    write,
)
from forecast.verdict import Backtest

STATED = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95)
USUAL = (6.0, 5.4)
BINS = 10


def calibration(backtest: Backtest, ax: Axes | None = None, *, size: Size | None = None) -> Axes:
    """How often what was said at each level held, with two standard errors either way; on the dashed line it is right.

    Below the line forecasts were too sure of themselves, above it more careful than they said.
    """
    size, said = size or USUAL, f"{backtest.sentence} {backtest.meaning}"
    margins = Margins(left=0.8, right=0.35, top=head_room(said, size[0]) + 0.5, bottom=0.75)
    ax = open_axes(ax, size, margins)
    ax.set_xlim(-0.03, 1.03)
    ax.set_ylim(-0.03, 1.03)
    _lay_percents(ax)
    ax.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (5, 3)), zorder=2)
    _say_sides(ax)
    places = backtest.places()
    held = [places.coverage(level, is_by_team=False) for level in STATED] if backtest.is_enough else []
    for each in (one for one in held if one is not None):
        is_promise = abs(each.level - backtest.promise_level) < 1e-9
        color = ALARM if is_promise else DARK
        low, high = max(0.0, each.share - 2 * each.error), min(1.0, each.share + 2 * each.error)
        ax.plot([each.level] * 2, [low, high], color=color, linewidth=1.2, zorder=3)
        ax.plot([each.level], [each.share], marker="D" if is_promise else "o", color=color, markersize=6, zorder=4)
    marks = [
        Line2D([], [], marker="o", color=DARK, linewidth=1.2, markersize=5, label="held, give or take two errors"),
        Line2D(
            [], [], marker="D", color=ALARM, linewidth=1.2, markersize=5, label=f"at {100 * backtest.promise_level:g} %"
        ),
        Line2D([], [], color=MUTED, linewidth=1, linestyle=(0, (5, 3)), label="right"),
    ]
    lay_key(ax, marks, margins, 0.2)
    ax.set_xlabel("how sure the forecast was", fontsize=SMALL + 0.5, color=MUTED)
    ax.set_ylabel("how often it held", fontsize=SMALL + 0.5, color=MUTED)
    head(ax, "Did past forecasts hold?", said, margins)
    return ax


def _lay_percents(ax: Axes) -> None:
    ticks = [0, 0.25, 0.5, 0.75, 1]
    ax.set_yticks(ticks, [f"{100 * tick:.0f} %" for tick in ticks])
    name_columns(ax, ticks, [f"{100 * tick:.0f} %" for tick in ticks])
    ax.grid(color=FAINT, linewidth=0.6)


def _say_sides(ax: Axes) -> None:
    across, up = inches(ax)
    write(ax, (0.1, -0.15), "more careful than it says", points=SMALL, color=MUTED, style="italic", va="center")
    write(
        ax,
        (across - 0.1, 0.15 - up),
        "too sure of itself",
        points=SMALL,
        color=MUTED,
        style="italic",
        ha="right",
        va="center",
    )


def pit(backtest: Backtest, ax: Axes | None = None, *, size: Size | None = None) -> Axes:
    """Where what happened fell in what was forecast, in tenths: level when forecasts are right.

    The probability integral transform. High at both ends: too sure of itself; high in the middle: too careful; high on the right:
    what happened was worse than forecast.
    """
    size, said = (
        size or (6.0, 3.8),
        "Level bars: right. High at both ends: too sure. High on the right: worse than forecast.",
    )
    margins = Margins(left=0.8, right=0.35, top=head_room(said, size[0]) + 0.25, bottom=0.75)
    ax = open_axes(ax, size, margins)
    places = backtest.places()
    shares = places.histogram(BINS) if len(places.place) else [0.0] * BINS
    ax.bar([place + 0.5 for place in range(BINS)], shares, width=0.9, color=MIDDLE, zorder=3)
    ax.axhline(1 / BINS, color=INK, linewidth=1, linestyle=(0, (5, 3)), zorder=4)
    ax.set_xlim(0, BINS)
    ax.set_ylim(0, max(0.25, 1.1 * max(shares)))
    ticks = [tick / 10 for tick in range(11) if tick / 10 <= ax.get_ylim()[1]]
    ax.set_yticks(ticks, [f"{100 * tick:.0f} %" for tick in ticks])
    name_columns(ax, [1.0, BINS / 2, BINS - 1.0], ["better than\nforecast", "as\nexpected", "worse than\nforecast"])
    ax.grid(axis="y", color=FAINT, linewidth=0.6)
    ax.set_ylabel(f"share of {len(places.place):,} forecasts", fontsize=SMALL + 0.5, color=MUTED)
    head(ax, "Where what happened fell", said, margins)
    return ax
