"""Quarters: what can be promised by a day, together, and who gets the capacity until then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from forecast.allocation import Allocation
from forecast.allocation_wording import NO_OBJECTIVE
from forecast.charts.canvas import (
    ALARM,
    DARK,
    FAINT,
    INK,
    LIGHT,
    MIDDLE,
    MUTED,
    NORMAL,
    PAPER,
    SMALL,
    Size,
    fit,
    head,
    inches,
    lay_key,
    measure,
    name_columns,
    open_axes,
)
from forecast.charts.canvas import foot as write_foot
from forecast.charts.ladder import Column, find_margins, find_room, lay_rows, write_columns
from forecast.charts.paging import MOST_ROWS, find_size
from forecast.commitment import Commitment
from forecast.errors import escape
from forecast.phrases import say_date, say_share
from forecast.tally import say_chance
from forecast.weighing import Step
from forecast.wording import Told, say_level, say_provenance

MARKS = {"promise": "D", "aim": "s", "stretch": "^"}
"""The shapes of the lines through the roadmap."""


def commitment(found: Commitment, ax: Axes | None = None, *, size: Size | None = None) -> Axes:
    """What each further promise costs: a staircase of the chance that all of them are done by the day.

    A row a number of features, with the set of that size that is likeliest done together, and what changed since the row above;
    marks where the promise, the aim and the stretch stand, which are chosen by value.
    """
    steps = found.stairs[:MOST_ROWS]
    said = _say_stairs(found, len(steps))
    names = [_say_step(step) for step in steps] or ["nothing"]
    columns = [Column("All of them\ndone", [say_chance(step.chance, found.runs) for step in steps])] if steps else []
    margins = find_margins(names, columns, size, said, 0.85)
    size, margins = find_size(size, len(names), margins, "chart commitment")
    ax = open_axes(ax, size, margins)
    names = [_say_step(step, *find_room(ax, len(names), margins)) for step in steps] or names
    lay_rows(ax, names, [len(step.features) for step in steps] or [None], margins)
    _lay_percents(ax)
    for place, step in enumerate(steps):
        ax.barh(place, step.chance, height=1.0, color=LIGHT, linewidth=0, zorder=1)
        before = steps[place - 1].chance if place else step.chance
        ax.plot([before, step.chance], [place - 0.5] * 2, color=DARK, linewidth=1.6, zorder=3)
        ax.plot([step.chance] * 2, [place - 0.5, place + 0.5], color=DARK, linewidth=1.6, zorder=3)
    ax.axvline(found.level, color=INK, linewidth=1, linestyle=(0, (5, 3)), zorder=2)
    marks: list[Artist] = [Patch(color=LIGHT, label="likeliest of each size")]
    for line in found.lines:
        place = len(line.features) - 1
        if 0 <= place < len(steps):
            look: dict[str, Any] = {"marker": MARKS[line.name], "color": _find_color(found, line.name), "markersize": 8}
            ax.plot([line.chance], [place], markeredgecolor=PAPER, clip_on=False, zorder=5, **look)
            marks.append(Line2D([], [], linestyle="", label=f"{line.name} ({say_level(line.level)})", **look))
    write_columns(ax, columns)
    ax.set_xlabel("chance that all of them are done by the day", fontsize=SMALL + 0.5, color=MUTED)
    lay_key(ax, marks, margins, 0.45)
    head(ax, f"What can be promised by {say_date(found.by)}, together", said, margins)
    write_foot(ax, say_provenance({"provenance": found.certified.provenance()}), margins)
    return ax


def _find_color(found: Commitment, line: str) -> str:
    return ALARM if line == "promise" and not found.holds else INK


def _say_step(step: Step, room: float | None = None, points: float = NORMAL) -> str:
    """What a step adds, and without whom; in a room of so many inches names are shortened, never what stands between them."""
    added, dropped = escape(", ".join(step.added)), escape(", ".join(step.dropped))
    if not dropped:
        return added
    if room is not None and measure(f"{added} (without {dropped})", points) > room:
        left = room - measure(" (without )", points) - 0.02
        added = fit(added, max(left / 2, left - measure(dropped, points)), points)
        dropped = fit(dropped, left - measure(added, points), points)
    return f"{added} (without {dropped})"


def _say_stairs(found: Commitment, shown: int) -> str:
    if not found.stairs:
        return "No feature is ever done by then."
    said = f"Each row adds to those above it; the dashed line is the {say_level(found.level)} that a promise takes. "
    best = "by value" if found.has_values else "as many as possible"
    said += f"The marks are what to choose, {best}, which is not always the likeliest."
    hidden = len(found.stairs) - shown
    return (
        f"{said} Not shown: {hidden:,} more rows, down to {say_chance(found.stairs[-1].chance, found.runs)}."
        if hidden
        else said
    )


def _lay_percents(ax: Axes) -> None:
    ax.set_xlim(0, 1.0)
    ticks = [0, 0.25, 0.5, 0.75, 1]
    name_columns(ax, ticks, [f"{100 * tick:.0f} %" for tick in ticks])
    ax.grid(axis="x", color=FAINT, linewidth=0.6)


def allocation(found: Allocation, ax: Axes | None = None, *, team: str | None = None, size: Size | None = None) -> Axes:
    """Who gets the capacity until a day: for each objective the middle run, the band of the middle runs, and the target.

    team : its name; None shows all teams together, and each of them where that is not too long
    """
    found.lost(team)  # refuses a team that there is not
    told = found.to_dict()
    rows = _choose_rows(told, team)
    said = (
        f"Share of the capacity: the dot is the middle run, the bar holds the middle {say_level(told['band'])} of the runs. "
        "Lost is what nobody could use."
    )
    columns = _build_columns(rows, told["provenance"]["runs"])
    margins = find_margins([f"  {_say_row(row)}" for row in rows], columns, size, said, 0.75)
    size, margins = find_size(size, len(rows), margins, "chart allocation")
    ax = open_axes(ax, size, margins)
    lay_rows(ax, [_say_row(row) for row in rows], [None] * len(rows), margins)
    _lay_percents(ax)
    for place, row in enumerate(rows):
        _draw_band(ax, place, row, rows)
    for label, row in zip(ax.get_yticklabels(), rows, strict=True):
        label.set_fontweight("bold" if row["kind"] == "team" else "normal")
    write_columns(ax, columns)
    lay_key(ax, _list_marks(rows), margins, 0.4)
    ax.set_xlabel("share of the capacity", fontsize=SMALL + 0.5, color=MUTED)
    who = "" if team is None else f": {team}"
    head(ax, f"Where the capacity goes until {say_date(told['by'])}{who}", said, margins)
    write_foot(ax, say_provenance(told), margins)
    return ax


def _choose_rows(told: Told, team: str | None) -> list[Told]:
    """A row a team, then one for each objective that it works for or should, and one for what is lost."""
    groups: list[list[Told]] = []
    for each in told["capacity"]:
        own = [row for row in each["objectives"] if row["has_work"] or row["target"] is not None]
        lost = {"kind": "lost", "target": None, "chance_met": None, **each["lost"]}
        groups.append([{"kind": "team", "team": each["team"]}, *own, lost])
    if team is not None:
        return next(group for group in groups if group[0]["team"] == team)
    rows = [row for group in groups for row in group]
    return rows if len(rows) <= MOST_ROWS else groups[0]


def _say_row(row: Told) -> str:
    if row["kind"] == "team":
        return "All teams" if row["team"] is None else str(row["team"])
    return {"lost": "lost", "no objective": NO_OBJECTIVE}.get(row["kind"]) or str(row["objective"])


def _build_columns(rows: Sequence[Told], runs: int) -> list[Column]:
    def write_all(key: str) -> list[str]:
        return ["" if row.get(key) is None else say_share(row[key]) for row in rows]

    bands = ["" if row.get("low") is None else _say_band(row) for row in rows]
    columns = [Column("Gets,\nmiddle run", write_all("median")), Column("middle\nruns", bands)]
    if not any(row.get("target") is not None for row in rows):
        return columns
    met = ["" if row.get("chance_met") is None else say_chance(row["chance_met"], runs) for row in rows]
    return [Column("Target", write_all("target")), *columns, Column("Target\nmet in", met)]


def _say_band(row: Told) -> str:
    low, high = say_share(row["low"]), say_share(row["high"])
    return high if low == high else f"{low.removesuffix(' %')} to {high}"


def _draw_band(ax: Axes, place: int, row: Told, rows: Sequence[Told]) -> None:
    if row["kind"] == "team":
        if place:
            ax.axhline(place - 0.5, color=MUTED, linewidth=0.8, zorder=1)
        return
    if row["median"] is not None:
        is_lost = row["kind"] == "lost"
        color, edge = (PAPER, MUTED) if is_lost else (LIGHT, MIDDLE)
        thick = min(0.5, 0.14 / inches(ax)[1] * len(rows))
        hatch = "////" if is_lost else ""
        wide = row["high"] - row["low"]
        ax.barh(
            place,
            wide,
            left=row["low"],
            height=thick,
            color=color,
            edgecolor=edge,
            hatch=hatch,
            linewidth=0.6,
            zorder=3,
        )
        dot: dict[str, Any] = {"marker": "o", "color": DARK, "markeredgecolor": PAPER, "markersize": 6}
        ax.plot([row["median"]], [place], clip_on=False, zorder=5, **dot)
    if row["target"] is not None:
        ax.plot([row["target"]] * 2, [place - 0.38, place + 0.38], color=ALARM, linewidth=2, zorder=4)


def _list_marks(rows: Sequence[Told]) -> list[Artist]:
    marks: list[Artist] = [
        Line2D([], [], marker="o", color=DARK, linestyle="", markersize=5, label="middle run"),
        Patch(facecolor=LIGHT, edgecolor=MIDDLE, linewidth=0.6, label="middle runs"),
        Patch(facecolor=PAPER, edgecolor=MUTED, hatch="////", linewidth=0.6, label="lost"),
    ]
    if any(row.get("target") is not None for row in rows):
        marks.append(
            Line2D([], [], marker="|", color=ALARM, linestyle="", markersize=9, markeredgewidth=2, label="target")
        )
    return marks
