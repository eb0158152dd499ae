"""Reasons: why a feature ends when it does, and when it would if it were alone, as a table and in sentences.

Everything is taken from what `forecast run` tells of each feature under "alone" and "why".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from forecast.errors import escape
from forecast.page import open_table
from forecast.phrases import say_list
from forecast.tally import say_chance
from forecast.wording import Told, holds, say_chance_of

DAYS = {
    "work": "Work",
    "queue": "In line",
    "external": "External",
    "hand-off": "Hand-offs",
    "not before": "Not before",
}
"""Kinds of days and how their columns are headed."""

WIDTH_OF_NAMES = 16
"""The least width to which a column of names is folded."""

NOBODY = {"hand-off": "hand-offs and lags", "not before": "its earliest day"}
"""What holds a feature without being somebody."""


HELD = {
    "team": {"work": "{} are that team's work", "queue": "{} are spent in line for it"},
    "external": {"external": "{} go to it"},
    "hand-off": {"hand-off": "{} go to them"},
    "not before": {"not before": "{} pass before it"},
}
"""What is said of the days that belong to who binds a feature, by kind."""


def say_alone(told: Told) -> list[str]:
    """Which of the promises that do not hold would hold if nothing else were in the way; nothing when that was not asked."""
    level = told["provenance"]["promise_level"]
    broken = [
        feature
        for feature in told["features"]
        if "alone" in feature and feature["is_promise"] and not holds(feature, level)
    ]
    held = [feature for feature in broken if holds(feature["alone"], level)]
    sentences = []
    if held:
        sentences.append(f"With nothing else in the way, {_name_alone(held, told)} would hold.")
    rest = [feature for feature in broken if feature not in held]
    hopeless = [feature for feature in rest if feature["certain"] and feature["never"] == 1]
    over = [feature for feature in rest if feature.get("overdue") and feature not in hopeless]
    for some, way_out in (
        ([feature for feature in rest if feature not in [*hopeless, *over]], "start earlier, or cut scope"),
        (over, f"{'its due date is' if len(over) == 1 else 'their due dates are'} before the forecast starts"),
        (hopeless, f"{'it needs' if len(hopeless) == 1 else 'they need'} a team that cannot be forecast"),
    ):
        if some:
            sentences.append(f"Even with nothing else in the way, {_name_alone(some, told)} would not: {way_out}.")
    return sentences


def _name_alone(features: Sequence[Told], told: Told) -> str:
    def chance(feature: Told) -> str:
        return say_chance_of(feature["alone"] | {"overdue": feature.get("overdue")}, told)

    return say_list([f"{escape(feature['name'])} ({chance(feature)})" for feature in features])


def build_reasons(told: Told) -> Table | None:
    """One row per feature: who binds it and who ends it, and where the working days until then go, on average.

    None when that was not asked.
    """
    features = [feature for feature in told["features"] if "why" in feature]
    if not features:
        return None
    kinds = [kind for kind in DAYS if any(feature["why"]["days"][kind] >= 0.5 for feature in features)]
    rows = [_say_row(feature, kinds, told) for feature in features]
    heads = ["Feature", "Bound by", "of\nruns", "Ended by", "of\nruns"]
    heads += [
        f"Days\n{head}" if at == 0 else head for at, head in enumerate([*(DAYS[kind] for kind in kinds), "In all"])
    ]
    table = open_table()
    for at, head in enumerate(heads):
        longest = max(cell_len(line) for text in (head, *(row[at] for row in rows)) for line in text.split("\n"))
        head = head if "\n" in head else f"\n{head}"
        if at in (0, 1, 3):
            longest = max((cell_len(word) for row in rows for word in row[at].split()), default=0)
            table.add_column(head, overflow="fold", min_width=max(8, min(longest, WIDTH_OF_NAMES)))
        else:
            table.add_column(head, justify="right", no_wrap=True, min_width=longest)
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _say_row(feature: Told, kinds: Sequence[str], told: Told) -> list[str]:
    why = feature["why"]
    cells = [escape(feature["name"])]
    for binder in (why["bound_by"], why["ended_by"]):
        cells += [_name(binder), _say_share(binder, told)]
    if feature["never"] == 1:
        return [*cells, *[""] * (len(kinds) + 1)]
    days = [_say_days(why["days"][kind]) for kind in kinds]
    return [*cells, *days, _say_days(sum(why["days"].values()))]


def say_reasons(told: Told) -> list[str]:
    """What binds each promise that does not hold, in a sentence."""
    level = told["provenance"]["promise_level"]
    asked = [feature for feature in told["features"] if feature.get("why", {}).get("bound_by")]
    return [_say_reason(feature, told) for feature in asked if feature["is_promise"] and not holds(feature, level)]


def _say_reason(feature: Told, told: Told) -> str:
    why, bound = feature["why"], feature["why"]["bound_by"]
    runs = "all runs" if bound["share"] == 1 else f"{_say_share(bound, told)} of runs"
    days = {each["kind"]: _say_days(each["days"]) for each in why["stretches"] if each["name"] == bound["name"]}
    held = [text.format(days[kind]) for kind, text in HELD[bound["kind"]].items() if days.get(kind, "0") != "0"]
    total = _say_days(sum(why["days"].values()))
    return (
        f"{escape(feature['name'])} is bound by {_name(bound)} in {runs}: "
        f"of its {total} working days, {say_list(held) or 'none'}."
    )


def _name(binder: dict[str, Any] | None) -> str:
    if binder is None:
        return ""
    return escape(binder["name"]) or NOBODY[binder["kind"]]


def _say_share(binder: dict[str, Any] | None, told: Told) -> str:
    return (
        ""
        if binder is None
        else "all"
        if binder["share"] == 1
        else say_chance(binder["share"], told["provenance"]["runs"])
    )


def _say_days(days: float) -> str:
    return f"{days:.0f}"
