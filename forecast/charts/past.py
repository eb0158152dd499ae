"""The past: what each sprint of a team finished, and which of them the forecast draws from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from forecast.charts.canvas import (
    ALARM,
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
    lay_key,
    name_columns,
    open_axes,
)
from forecast.errors import Fault, did_you_mean, quote
from forecast.history import Sprint
from forecast.outcome import Forecast
from forecast.phrases import MONTHS
from forecast.values import read_name
from forecast.wording import say_provenance


def throughput(
    forecast: Forecast,
    ax: Axes | None = None,
    *,
    team: str | None = None,
    left_out: Mapping[str, str] | None = None,
    size: Size | None = None,
) -> Axes:
    """What a team finished in each past sprint: bars, filled where the forecast uses them, hatched where it does not.

    team : its name; None where there is only one; left_out : what was read over besides, and why
    """
    names = [each.name for each in forecast.roadmap.teams]
    if team is None and len(names) == 1:
        team = names[0]
    team = read_name(team, "chart throughput")
    if team not in names:
        raise Fault(
            "chart throughput", f"team = {quote(team)}", "no such team in the roadmap." + did_you_mean(team, names)
        )
    rows = forecast.history.of(team)
    used = {id(row) for row in forecast.model.used(forecast.history, team)}
    told = next(each for each in forecast.to_dict()["teams"] if each["name"] == team)
    size, said = size or (8.5, 3.6), _say(told, len(rows), left_out)
    margins = Margins(left=0.75, right=0.3, top=head_room(said, size[0]) + 0.45, bottom=0.85)
    ax = open_axes(ax, size, margins)
    _draw_sprints(ax, rows, used, told)
    _lay_sprints(ax, rows)
    lay_key(ax, _marks(told, rows, len(rows) - len(used)), margins, 0.2)
    lay_counts(ax, f"{forecast.roadmap.unit} finished")
    head(ax, f"{team}: what each sprint finished", said, margins)
    foot(ax, say_provenance({"provenance": forecast.provenance()}), margins)
    return ax


def _draw_sprints(ax: Axes, rows: Sequence[Sprint], used: set[int], told: dict[str, Any]) -> None:
    for place, row in enumerate(rows):
        if id(row) in used:
            ax.bar(place, row.done, width=0.8, color=MIDDLE, zorder=3)
        else:
            ax.bar(place, row.done, width=0.8, color=PAPER, edgecolor=MUTED, hatch="////", linewidth=0.6, zorder=3)
        if row.done == 0:
            ax.plot(
                [place],
                [0],
                marker="x",
                color=ALARM if id(row) in used else MUTED,
                markersize=5,
                zorder=5,
                clip_on=False,
            )
    if told["mean_done"] is not None:
        ax.axhline(told["mean_done"], color=INK, linewidth=1, linestyle=(0, (5, 2)), zorder=4)


def _say(told: dict[str, Any], rows: int, left_out: Mapping[str, str] | None) -> str:
    if not rows:
        return "There is no history of this team, so nothing of it can be forecast."
    unused = rows - told["sprints"]
    said = f"The forecast draws from {told['sprints']} of {rows} sprints"
    said += f"; {unused} are older than the newest {told['sprints']} that it looks at." if unused else "."
    return " ".join([said, *(f"{what}: {why}." for what, why in (left_out or {}).items())])


def _lay_sprints(ax: Axes, rows: Sequence[Sprint]) -> None:
    count = len(rows)
    ax.set_xlim(-0.6, max(count, 1) - 0.4)
    ax.set_ylim(0, max([1.0, *(row.done for row in rows)]) * 1.06)
    step = max(1, -(-count // max(2, int(inches(ax)[0] / 0.62))))
    places = list(range(count - 1, -1, -step))[::-1]
    ends = [rows[place].end for place in places]
    name_columns(ax, places, [_say_end(end, place - count) for place, end in zip(places, ends, strict=True)])
    dated = any(row.end for row in rows)
    ax.set_xlabel("last day of the sprint" if dated else "sprints before the start", fontsize=SMALL + 0.5, color=MUTED)


def _marks(told: dict[str, Any], rows: Sequence[Sprint], unused: int) -> list[Artist]:
    """What the marks mean."""
    marks: list[Artist] = [Patch(color=MIDDLE, label="drawn from")]
    if unused:
        marks.append(Patch(facecolor=PAPER, edgecolor=MUTED, hatch="////", label="left out"))
    if told["mean_done"] is not None:
        marks.append(
            Line2D([], [], color=INK, linestyle=(0, (5, 2)), linewidth=1, label=f"mean {told['mean_done']:.1f}")
        )
    if any(row.done == 0 for row in rows):
        marks.append(Line2D([], [], marker="x", color=ALARM, linestyle="", label="nothing finished"))
    return marks


def _say_end(end: dt.date | None, before: int) -> str:
    return f"{end.day} {MONTHS[end.month - 1]}\n{end.year}" if end else str(before)
