"""Curves: how sure a feature is by each day, and how much is finished by each sprint."""

from __future__ import annotations

import datetime as dt
from typing import Any

from matplotlib.axes import Axes

from forecast.arrays import Floats
from forecast.burnup import BurnUp
from forecast.burnup import burn_up as add_up
from forecast.charts.canvas import (
    ALARM,
    DARK,
    FAINT,
    INK,
    LIGHT,
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
    measure,
    number,
    open_axes,
    spread,
    widest,
    write,
)
from forecast.outcome import LEVELS, Forecast
from forecast.phrases import say_date
from forecast.values import read_levels
from forecast.wording import Told, holds, say_chance_of, say_level, say_provenance

USUAL = (7.0, 4.2)
LINES: dict[float, tuple[Any, float]] = {0.5: ("-", 1.3), 0.85: ((0, (6, 2)), 1.3)}
"""How the lines of a fan are drawn; the others are dotted."""
NEARLY_ALL = 0.995


def s_curve(
    forecast: Forecast,
    ax: Axes | None = None,
    *,
    feature: str | None = None,
    levels: tuple[float, ...] = LEVELS,
    size: Size | None = None,
) -> Axes:
    """How sure it is that a feature is done by each day: an S-curve, with the dates at the levels and the due date.

    feature : its name; None for a forecast of one row, such as a joint one
    """
    levels = read_levels(levels)
    name = forecast.features[0] if feature is None and len(forecast.features) == 1 else feature
    days, shares = forecast.curve(name)
    told = forecast.to_dict(levels)
    row = next(each for each in told["features"] if each["name"] == name)
    size, said = size or USUAL, _say_due(row, told)
    margins = Margins(left=0.65, right=1.75, top=head_room(said, size[0]) + 0.25, bottom=0.85)
    ax = open_axes(ax, size, margins)
    due = row["due"] and dt.date.fromisoformat(row["due"])
    first, last = _span(forecast, days, shares, due)
    lay_dates(ax, first, last)
    _lay_percent(ax)
    shown = [(day, share) for day, share in zip(days, shares.tolist(), strict=True) if first <= day <= last]
    xs, ys = [number(day) for day, _ in shown], [share for _, share in shown]
    ax.step(
        [number(first), *xs, number(last)], [0.0, *ys, ys[-1] if ys else 0.0], where="post", color=DARK, linewidth=2
    )
    ax.fill_between(
        [number(first), *xs, number(last)], [0.0, *ys, ys[-1] if ys else 0.0], step="post", color=LIGHT, alpha=0.4
    )
    _mark_levels(ax, row, levels, last)
    if due is not None:
        _mark_due(ax, due, row["chance"], _is_broken(row, told))
    head(ax, row["name"], said, margins)
    foot(ax, say_provenance(told), margins)
    return ax


def _is_broken(row: Told, told: Told) -> bool:
    return bool(row["is_promise"]) and not holds(row, told["provenance"]["promise_level"])


def _span(forecast: Forecast, days: list[dt.date], shares: Floats, due: dt.date | None) -> tuple[dt.date, dt.date]:
    """From a little before the first finish (or the due date) to when nearly all runs are done."""
    listed = list(zip(days, shares.tolist(), strict=True))
    some = [day for day, share in listed if share > 0]
    if not some:
        start = forecast.roadmap.start
        return start, max(due or start, start + dt.timedelta(days=60))
    most = NEARLY_ALL * listed[-1][1]
    late = next(day for day, share in listed if share >= most)
    first, last = (min(some[0], due), max(late, due)) if due else (some[0], late)
    pad = dt.timedelta(days=max(2, (last - first).days // 20))
    return first - pad, last + pad


def _lay_percent(ax: Axes) -> None:
    ax.set_ylim(0, 1.03)
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1.0], ["0 %", "25 %", "50 %", "75 %", "100 %"])
    ax.grid(axis="y", color=FAINT, linewidth=0.6)
    ax.set_ylabel("share of futures", fontsize=SMALL + 0.5, color=MUTED)


def _mark_levels(ax: Axes, row: Told, levels: tuple[float, ...], last: dt.date) -> None:
    """A dot on the curve at each level, a line to the right edge, and the date beside it."""
    gap = 0.2 / inches(ax)[1] * 1.03
    places = spread(list(levels), gap)
    for place, level, date in zip(places, levels, row["dates"].values(), strict=True):
        text = f"{say_level(level)}: {say_date(date)}"
        if date is not None:
            at = min(number(dt.date.fromisoformat(date)), number(last))
            ax.plot([at, number(last)], [level, level], color=MUTED, linewidth=0.7, linestyle=(0, (2, 2)), zorder=3)
            ax.plot([at], [level], marker="o", color=DARK, markeredgecolor=PAPER, markersize=6, zorder=6, clip_on=False)
        _write_right(ax, place, 0.1, text, INK)


def _write_right(ax: Axes, place: float, beyond: float, text: str, color: str) -> None:
    """A text at a height of the data, so many inches beyond the right edge."""
    low, high = ax.get_ylim()
    across, up = inches(ax)
    write(ax, (across + beyond, (place - high) / (high - low) * up), text, color=color, va="center")


def _mark_due(ax: Axes, due: dt.date, chance: float, is_broken: bool) -> None:
    """A line at the due date, named above it, and a square where the curve meets it."""
    color = ALARM if is_broken else INK
    at = number(due)
    ax.plot([at, at], [0, 1.03], color=color, linewidth=1.2, linestyle=(0, (5, 2)), zorder=4)
    ax.plot([at], [chance], marker="s", color=PAPER, markeredgecolor=color, markersize=5.5, zorder=7, clip_on=False)
    low, high = ax.get_xlim()
    text = f"due {say_date(due)}"
    across = inches(ax)[0]
    place = (at - low) / (high - low) * across
    half = measure(text, SMALL + 0.5, "bold") / 2
    place = min(max(place, half - 0.3), across - half + 0.3)
    write(ax, (place, 0.09), text, points=SMALL + 0.5, color=color, weight="bold", ha="center", va="center")


def _say_due(row: Told, told: Told) -> str:
    """How to read the curve, with what it says of the due date."""
    if row["due"] is None:
        return "How sure it is to be done by each day: the share of simulated futures."
    chance = say_chance_of(row, told)
    level = say_level(told["provenance"]["promise_level"])
    if not row["is_promise"]:
        return f"Done by {say_date(row['due'])}: {chance}. The curve is the share of simulated futures that are done."
    enough = f"not the {level} that a promise takes" if _is_broken(row, told) else "enough to promise it"
    return f"Done by {say_date(row['due'])}: {chance}, {enough}."


def burn_up(forecast: Forecast, ax: Axes | None = None, *, team: str | None = None, size: Size | None = None) -> Axes:
    """How much a team can finish: its past added up, then a fan of what is to come, and the work on the roadmap.

    team : its name; None for the whole roadmap, counted in features
    """
    return draw_burn_up(add_up(forecast, team), forecast, ax, size)


def draw_burn_up(found: BurnUp, forecast: Forecast, ax: Axes | None, size: Size | None) -> Axes:
    """Draws a burn-up that has been added up."""
    start = forecast.roadmap.start
    unit = forecast.roadmap.unit if found.team else "features"
    labels = _say_ends(found, unit)
    size, said = size or (8.5, 4.4), _say_fan(found)
    right = widest([text for text, _, _ in labels], least=1.2) + 0.5
    margins = Margins(left=0.75, right=right, top=head_room(said, size[0]) + 0.3, bottom=0.85)
    ax = open_axes(ax, size, margins)
    past = _past_days(found, start, forecast.roadmap.sprint_days)
    base = past[-1][1] if past else 0.0
    lay_dates(ax, past[0][0] if past else start, found.ends[-1] if found.ends else start)
    if past:
        ax.plot([number(day) for day, _ in past], [done for _, done in past], color=INK, linewidth=2, zorder=5)
        ax.axvline(number(start), color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)))
    days = [number(start), *(number(day) for day in found.ends)]
    fan = [[base, *(base + done).tolist()] for done in found.done]
    for inner, color in zip(range(len(fan) // 2), (LIGHT, MIDDLE), strict=False):
        ax.fill_between(days, fan[inner], fan[-1 - inner], color=color, alpha=0.55, linewidth=0, zorder=2)
    for line, level in zip(fan, found.levels, strict=True):
        style, width = LINES.get(level, ((0, (1, 1.5)), 0.8))
        ax.plot(days, line, color=DARK, linewidth=width, linestyle=style, zorder=4)
    for _, place, color in labels:
        if color == ALARM:
            ax.plot([days[0], days[-1]], [base + place] * 2, color=ALARM, linewidth=1.2, zorder=3)
    ax.set_ylim(0, max(base + max(place for _, place, _ in labels), *fan[0]) * 1.04 + 0.5)
    _label_right(
        ax, [base + place for _, place, _ in labels], [text for text, _, _ in labels], [color for *_, color in labels]
    )
    lay_counts(ax, f"{unit} finished")
    ax.tick_params(axis="x", pad=8)  # the first day stands right below the 0
    head(ax, f"{found.team}: burn-up" if found.team else "Burn-up of the roadmap", said, margins)
    foot(ax, say_provenance({"provenance": forecast.provenance()}), margins)
    return ax


def _say_fan(found: BurnUp) -> str:
    """How to read the fan."""
    if not found.team:
        return "How many features are done: solid 50 % sure of at least so many, dashed 85 %, the band from 5 to 95 %."
    said = "Done so far, then what can be done if nothing keeps the team waiting: solid 50 % sure, dashed 85 %."
    return f"{said} + counts from the start of the forecast."


def _say_end(level: float, count: str) -> str:
    return f"{say_level(level)} {'sure of' if level >= 0.5 else 'chance of'} {count}"


def _say_ends(found: BurnUp, unit: str) -> list[tuple[str, float, str]]:
    """What is written at the right edge, from the bottom: a text, the height above the start that it names, its colour."""
    plus = "+" if found.team else ""
    ends = found.done[:, -1] if found.done.size else [0.0] * len(found.levels)
    surest = {float(done): level for level, done in sorted(zip(found.levels, ends, strict=True))}
    texts = [(_say_end(level, f"{plus}{int(done + 1e-9):,}"), done, INK) for done, level in sorted(surest.items())]
    low, high = float(found.work[len(found.work) // 2]), float(found.work[-min(2, len(found.work))])
    if high > low:
        level = say_level(found.levels[-min(2, len(found.work))])
        texts.append((f"work, {level} sure: {plus}{high:,.0f} {unit} or less", high, ALARM))
        texts.append((f"work, half the time: {plus}{low:,.0f} or less", low, ALARM))
    else:
        texts.append((f"work: {plus}{low:,.0f} {unit}" if found.team else f"all {low:,.0f} {unit}", low, ALARM))
    return texts


def _past_days(found: BurnUp, start: dt.date, sprint_days: int) -> list[tuple[dt.date, float]]:
    """The past by last days; sprints without dates are laid one after another up to the start."""
    count = len(found.past)
    return [
        (day or start - dt.timedelta(days=1 + (count - 1 - place) * sprint_days), done)
        for place, (day, done) in enumerate(found.past)
    ]


def _label_right(ax: Axes, places: list[float], texts: list[str], colors: list[str]) -> None:
    """Texts beside the right edge near the given heights, none over another."""
    low, high = ax.get_ylim()
    gap = 0.17 / inches(ax)[1] * (high - low)
    across = inches(ax)[0]
    for want, place, text, color in zip(places, spread(places, gap), texts, colors, strict=True):
        line = [1 + 0.03 / across, 1 + 0.25 / across], [want, place]
        ax.plot(
            *line,
            transform=ax.get_yaxis_transform(),
            color=MUTED,
            linewidth=0.5,
            clip_on=False,
            scalex=False,
            scaley=False,
        )
        _write_right(ax, place, 0.3, text, color)
