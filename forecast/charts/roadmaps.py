"""Charts with a row per feature: when each is done, and how likely it is to be done by the end of each month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from forecast.charts.canvas import (
    ALARM,
    DARK,
    INK,
    LIGHT,
    MIDDLE,
    MUTED,
    PAPER,
    SMALL,
    Size,
    foot,
    head,
    inches,
    lay_dates,
    lay_key,
    name_columns,
    number,
    open_axes,
)
from forecast.charts.ladder import Column, find_margins, lay_rows, write_columns
from forecast.charts.paging import Row, find_rows, find_size
from forecast.errors import Fault
from forecast.outcome import LEVELS, Forecast
from forecast.phrases import MONTHS, say_date
from forecast.tally import say_chance
from forecast.values import read_levels
from forecast.wording import say_level, say_provenance

THICK = 0.17
"""Inches of a bar at most."""

MOST_MONTHS = 15
SHADES = LinearSegmentedColormap.from_list("chance", [PAPER, "#cfe3f2", "#5fa3cf", "#1f5f94", "#08304f"])
"""White for never to dark for sure: lightness alone tells it."""


def dates(
    forecast: Forecast,
    ax: Axes | None = None,
    *,
    features: Iterable[str] | None = None,
    levels: Sequence[float] = LEVELS,
    size: Size | None = None,
    title: str = "When each feature is done",
) -> Axes:
    """When each feature is done: a dot at the first level, a dark bar to the second, a thin one to the third.

    Due dates are triangles, filled where a promise does not hold; thin lines lead from what a feature waits for, when both
    are drawn. What lies beyond the right edge ends in an arrow.

    features : names, None for all; levels : three, rising; size : inches of a picture of its own
    """
    levels = read_levels(levels)
    if len(levels) != 3 or sorted(levels) != list(levels):
        raise Fault("chart dates", f"levels = {list(levels)}", "give three levels, rising, such as 0.5, 0.85, 0.95")
    rows = find_rows(forecast, features, levels)
    columns = _columns(rows, levels)
    said = f"In {100 * levels[1]:g} of 100 simulated futures it is done by the end of the dark bar. The number is its priority."
    if len(rows) < len(forecast.features):
        said += " Links to features that are not on this picture are left out."
    margins = find_margins([row.name for row in rows], columns, size, said, 0.75)
    size, margins = find_size(size, len(rows), margins, "chart dates")
    ax = open_axes(ax, size, margins)
    lay_rows(ax, [row.name for row in rows], [row.rank for row in rows], margins)
    last = _last_day(forecast, rows)
    lay_dates(ax, forecast.roadmap.start, last)
    _draw_links(ax, forecast, rows)
    for place, row in enumerate(rows):
        _draw_dates(ax, place, row, last)
    write_columns(ax, columns)
    lay_key(ax, _marks(levels, rows, last), margins, 0.55 if any(row.due for row in rows) else 0.5)
    head(ax, title, said, margins)
    foot(ax, say_provenance({"provenance": forecast.provenance()}), margins)
    return ax


def _columns(rows: Sequence[Row], levels: Sequence[float]) -> list[Column]:
    """What is written to the right of the bars."""
    columns = [Column(f"{say_level(levels[1])}\nsure by", [say_date(row.dates[1]) for row in rows])]
    if any(row.due for row in rows):
        broken = frozenset(place for place, row in enumerate(rows) if row.holds is False)
        chance = [f"{row.chance}{' NO' if row.holds is False else ''}" for row in rows]
        columns += [
            Column("Due", [say_date(row.due) if row.due else "" for row in rows]),
            Column("Chance", chance, broken),
        ]
    return columns


def _last_day(forecast: Forecast, rows: Sequence[Row]) -> dt.date:
    """The right edge: the latest date there is, but not so far out that a few late features squeeze all others."""
    start = forecast.roadmap.start
    known = sorted(day for row in rows for day in (*row.dates, row.due) if day is not None)
    if not known:
        return start + dt.timedelta(days=90)
    middle = (known[len(known) // 2] - start).days
    last = min(known[-1], start + dt.timedelta(days=max(3 * middle, 60)))
    return last + dt.timedelta(days=max(3, (last - start).days // 50))


def _draw_dates(ax: Axes, place: int, row: Row, last: dt.date) -> None:
    edge = number(last)
    thick = min(0.55, THICK / inches(ax)[1] * (ax.get_ylim()[0] + 0.5))
    middle, sure, surest = (edge if day is None else min(number(day), edge) for day in row.dates)
    if row.dates[0] is not None:
        ax.barh(
            place, surest - sure, left=sure, height=0.4 * thick, color=LIGHT, edgecolor=MIDDLE, linewidth=0.5, zorder=3
        )
        ax.barh(place, sure - middle, left=middle, height=thick, color=MIDDLE, zorder=4)
        ax.plot([surest], [place], marker="|", color=DARK, markersize=6, zorder=5)
        if middle < edge:
            ax.plot([middle], [place], marker="o", color=DARK, markersize=5, markeredgecolor=PAPER, zorder=6)
    if any(day is None or day > last for day in row.dates):
        ax.plot([edge], [place], marker=9, color=DARK, markersize=6, clip_on=False, zorder=6)
    if row.due is not None:
        at = min(max(number(row.due), ax.get_xlim()[0]), edge)
        fill = {True: PAPER, False: ALARM, None: PAPER}[row.holds]
        line = {True: INK, False: ALARM, None: MUTED}[row.holds]
        ax.plot(
            [at],
            [place - 0.6 * thick],
            marker="v",
            color=fill,
            markeredgecolor=line,
            markersize=6,
            zorder=7,
            clip_on=False,
        )


def _draw_links(ax: Axes, forecast: Forecast, rows: Sequence[Row]) -> None:
    """From the dot of what is waited for down (or up) to the row of what waits, and along it to its dot."""
    place = {row.name: at for at, row in enumerate(rows)}
    pairs = {(link.waits_for, link.feature): None for link in forecast.roadmap.links if not forecast.joint}
    for before, after in pairs:
        if before in place and after in place and before != after:
            first, second = rows[place[before]], rows[place[after]]
            if first.dates[0] is not None and second.dates[0] is not None:
                across = [number(first.dates[0])] * 2 + [number(second.dates[0])]
                ax.plot(
                    across, [place[before], place[after], place[after]], color=MUTED, linewidth=0.5, alpha=0.7, zorder=2
                )


def _marks(levels: Sequence[float], rows: Sequence[Row], last: dt.date) -> list[Artist]:
    """What the marks mean."""
    first, second, third = (say_level(level) for level in levels)
    marks: list[Artist] = [
        Line2D(
            [], [], marker="o", color=DARK, markeredgecolor=PAPER, linestyle="", markersize=6, label=f"{first} sure"
        ),
        Patch(color=MIDDLE, label=f"to {second}"),
        Line2D([], [], marker="|", color=LIGHT, markeredgecolor=DARK, linewidth=2.5, label=f"to {third}"),
    ]
    if any(row.holds is True or (row.due and row.holds is None) for row in rows):
        marks.append(Line2D([], [], marker="v", color=PAPER, markeredgecolor=INK, linestyle="", label="due"))
    if any(row.holds is False for row in rows):
        marks.append(Line2D([], [], marker="v", color=ALARM, linestyle="", label="due, does not hold"))
    marks.append(Line2D([], [], color=MUTED, linewidth=0.7, label="waits for"))
    if any(day is None or day > last for row in rows for day in row.dates):
        marks.append(Line2D([], [], marker=9, color=DARK, linestyle="", label="later, or never"))
    return marks


def heatmap(
    forecast: Forecast,
    ax: Axes | None = None,
    *,
    features: Iterable[str] | None = None,
    size: Size | None = None,
    title: str = "Chance to be done by the end of each month",
) -> Axes:
    """How likely each feature is done by the end of each month: dark for sure, the percentage in each cell.

    A line stands where the promise level is reached; a triangle marks the month of the due date. Over a long time the
    columns are quarters, half-years or years.
    """
    level = forecast.roadmap.promise_level
    rows = find_rows(forecast, features, (0.5, level, 0.95) if 0.5 < level < 0.95 else (0.5, 0.85, 0.95))
    said = f"In percent. The bar on the left of a cell: from here on at least {say_level(level)}, enough to promise it. ▽ due."
    margins = find_margins([row.name for row in rows], [], size, said, 0.5)
    size, margins = find_size(size, len(rows), margins, "chart heatmap")
    ax = open_axes(ax, size, margins)
    lay_rows(ax, [row.name for row in rows], [row.rank for row in rows], margins)
    ends, step = _ends(forecast.roadmap.start, _last_day(forecast, rows), min(MOST_MONTHS, int(inches(ax)[0] / 0.42)))
    chances = [[forecast.chance(row.name, by=end) for end in ends] for row in rows]
    _draw_cells(ax, rows, chances, ends, forecast)
    labels = [_say_column(end, step, place == 0 or ends[place - 1].year != end.year) for place, end in enumerate(ends)]
    name_columns(ax, [at + 0.5 for at in range(len(ends))], labels)
    ax.xaxis.tick_top()
    ax.tick_params(axis="x", length=0, pad=2)
    head(ax, title if step == 1 else title.replace("month", _period(step)), said, margins)
    foot(ax, say_provenance({"provenance": forecast.provenance()}), margins)
    return ax


def _draw_cells(
    ax: Axes, rows: Sequence[Row], chances: Sequence[Sequence[float]], ends: Sequence[dt.date], forecast: Forecast
) -> None:
    """A cell a row and month: its shade, its number, and its marks."""
    shades = ax.pcolormesh(
        range(len(ends) + 1), [place - 0.5 for place in range(len(rows) + 1)], chances,
        cmap=SHADES, norm=Normalize(0, 1), edgecolors=PAPER, linewidth=1.0,
    )  # fmt: skip
    shades.set_rasterized(False)
    ax.set_xlim(0, len(ends))
    points = min(SMALL, 72 * inches(ax)[1] / len(rows) * 0.6)
    for place, row in enumerate(rows):
        for at, chance in enumerate(chances[place]):
            color = PAPER if chance > 0.55 else INK
            text = _say_short(chance, forecast.runs)
            ax.text(
                at + 0.5, place, text, fontsize=points, color=color, ha="center", va="center_baseline", parse_math=False
            )
        _mark(ax, place, row, chances[place], ends, forecast.roadmap.promise_level)


def _say_short(chance: float, runs: int) -> str:
    """A chance in whole percent without the sign; nothing where no run is done."""
    if chance == 0:
        return ""
    said = say_chance(chance, runs).replace(" %", "").replace(" runs", "")
    return said.replace("> ", ">").replace("< ", "<")


def _mark(ax: Axes, place: int, row: Row, chances: Sequence[float], ends: Sequence[dt.date], level: float) -> None:
    first = next((at for at, chance in enumerate(chances) if chance >= level), None)
    if first is not None:
        wide = min(0.08, 0.06 / inches(ax)[0] * len(ends))
        ax.add_patch(
            Rectangle((first - wide / 2, place - 0.5), wide, 1.0, color=ALARM, linewidth=0, zorder=4, clip_on=False)
        )
    if row.due is not None:
        due = next((at for at, end in enumerate(ends) if row.due <= end), None)
        if due is not None:
            color = PAPER if chances[due] > 0.55 else INK
            ax.plot([due + 0.8], [place], marker="v", color="none", markeredgecolor=color, markersize=5.5, zorder=5)


def find_periods(forecast: Forecast, most: int, features: Iterable[str] | None = None) -> tuple[list[dt.date], int]:
    """The last days of the months (or quarters, half-years, years) that a heatmap shows, and the months in a period."""
    rows = find_rows(forecast, features, (0.5, 0.85, 0.95))
    return _ends(forecast.roadmap.start, _last_day(forecast, rows), most)


def _ends(first: dt.date, last: dt.date, most: int) -> tuple[list[dt.date], int]:
    """The last days of the months (or of longer periods, so that there are not too many), and months in a period."""
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    step = next((step for step in (1, 3, 6, 12, 24, 60) if -(-months // step) + 1 <= max(most, 2)), 120)
    begin = (first.year * 12 + first.month - 1) // step * step
    ends = []
    for month in range(begin + step, begin + months + 2 * step, step):
        ends.append(dt.date(month // 12, month % 12 + 1, 1) - dt.timedelta(days=1))
        if ends[-1] >= last:
            break
    return ends, step


def _period(step: int) -> str:
    return {3: "quarter", 6: "half-year", 12: "year"}.get(step, "period")


def _say_column(end: dt.date, step: int, is_new_year: bool) -> str:
    if step >= 12:
        return str(end.year)
    year = f"\n{end.year}" if is_new_year else "\n"
    return (MONTHS[end.month - 1] if step == 1 else f"to {MONTHS[end.month - 1]}") + year
