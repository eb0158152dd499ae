"""Sketches: small drawings of a page, made of plain shapes, that take their colours from the page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from forecast.outcome import Forecast
from forecast.phrases import MONTHS, say_date
from forecast.wording import Told, say_level

WIDTH, HEIGHT = 360.0, 170.0
LEFT, RIGHT, TOP, BOTTOM = 38.0, 12.0, 14.0, 24.0
NEARLY_ALL = 0.995
HALF_LABEL = 20.0
"""Half as wide as the widest label of a date, in the widest of fonts."""


@dataclass(frozen=True)
class Curve:
    """An S-curve as shapes in a box of WIDTH x HEIGHT.

    path : of the curve; levels : (x, y, text) of each level; due : where its line stands, None without one
    ticks : (x, text) of dates; alt : what it shows, in words
    """

    path: str
    levels: tuple[tuple[float, float, str], ...]
    due: float | None
    due_text: str
    ticks: tuple[tuple[float, str], ...]
    alt: str


def sketch_curve(forecast: Forecast, row: Told) -> Curve:
    """The S-curve of one feature: the share of runs that are done by each day."""
    days, shares = forecast.curve(row["name"])
    steps = [
        (day, share)
        for day, share, before in zip(days, shares.tolist(), [0.0, *shares.tolist()], strict=False)
        if share > before
    ]
    due = None if row["due"] is None else dt.date.fromisoformat(row["due"])
    first, last = _find_span(forecast, steps, due)
    scale = _Scale(first, last)
    levels = tuple(
        (scale.x(dt.date.fromisoformat(date)), scale.y(float(key)), f"{say_level(float(key))}: {say_date(date)}")
        for key, date in row["dates"].items()
        if date is not None and dt.date.fromisoformat(date) <= last
    )
    listed = "; ".join(text for *_, text in levels) or "no date"
    return Curve(
        path=_draw(steps, scale, last),
        levels=levels,
        due=None if due is None else scale.x(due),
        due_text="" if due is None else f"due {say_date(due)}",
        ticks=_find_ticks(first, last, scale),
        alt=f"Share of futures in which it is done by each day. {listed}.",
    )


@dataclass(frozen=True)
class _Scale:
    first: dt.date
    last: dt.date

    def x(self, day: dt.date) -> float:
        share = (day - self.first).days / max((self.last - self.first).days, 1)
        return round(LEFT + min(max(share, 0.0), 1.0) * (WIDTH - LEFT - RIGHT), 1)

    def y(self, share: float) -> float:
        return round(HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP), 1)


def _find_span(
    forecast: Forecast, steps: Sequence[tuple[dt.date, float]], due: dt.date | None
) -> tuple[dt.date, dt.date]:
    if not steps:
        start = forecast.roadmap.start
        return start, max(due or start, start + dt.timedelta(days=60))
    late = next(day for day, share in steps if share >= NEARLY_ALL * steps[-1][1])
    first, last = (min(steps[0][0], due), max(late, due)) if due else (steps[0][0], late)
    pad = dt.timedelta(days=max(2, (last - first).days // 20))
    return first - pad, last + pad


def _draw(steps: Sequence[tuple[dt.date, float]], scale: _Scale, last: dt.date) -> str:
    path, x = f"M{scale.x(scale.first):g} {scale.y(0):g}", 0.0
    for day, share in steps:
        if day <= last:
            x = scale.x(day)
            path += f"H{x:g}V{scale.y(share):g}"
    return f"{path}H{scale.x(last):g}"


def _find_ticks(first: dt.date, last: dt.date, scale: _Scale) -> tuple[tuple[float, str], ...]:
    """First days of months, as many as there is room for; Mondays where no two months begin."""
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    starts = [dt.date(month // 12, month % 12 + 1, 1) for month in months]
    starts = [day for day in starts if first <= day <= last]
    if len(starts) >= 2:
        step = -(-len(starts) // 5)
        return tuple((_inside(scale.x(day)), f"{MONTHS[day.month - 1]} {day.year % 100:02}") for day in starts[::step])
    mondays = [first + dt.timedelta(days=at) for at in range((last - first).days + 1)]
    mondays = [day for day in mondays if day.weekday() == 0]
    step = max(1, -(-len(mondays) // 5))
    return tuple((_inside(scale.x(day)), f"{day.day} {MONTHS[day.month - 1]}") for day in mondays[::step])


def _inside(x: float) -> float:
    """Where the middle of a label stands so that its end is not cut off."""
    return min(x, WIDTH - HALF_LABEL)


def sketch_days(why: dict[str, Any]) -> list[tuple[str, float, float, str]]:
    """The bar of where the days go: kind, from where and how wide in percent, and the days in words."""
    total = sum(why["days"].values())
    found, at = [], 0.0
    for kind, days in why["days"].items():
        if total > 0 and days / total >= 0.002:
            wide = 100 * days / total
            found.append((kind, round(at, 2), round(wide, 2), f"{days:.0f}" if days >= 0.5 else "< 1"))
            at += wide
    return found
