"""Wording: a forecast in sentences that can be read aloud.

Every number is taken from `Forecast.to_dict()`, so that table, sentences and JSON cannot differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from forecast.errors import escape
from forecast.phrases import say_date, say_list
from forecast.tally import say_chance
from forecast.throughput import DEFAULT, MODELS

Told = dict[str, Any]
"""What `Forecast.to_dict()` gives, or one of its features."""


def say_level(level: float) -> str:
    """A level in percent: 85 %."""
    return f"{100 * level:g} %"


def say_chance_of(feature: Told, told: Told) -> str:
    """The chance that a feature keeps its due date; empty when it has none."""
    if feature["chance"] is None:
        return ""
    if cannot_hold(feature):
        return "never"
    return say_chance(feature["chance"], told["provenance"]["runs"], feature["certain"])


def cannot_hold(feature: Told) -> bool:
    """Whether no future keeps a due date: it lies before the forecast, or a team that it takes cannot be forecast."""
    return bool(feature.get("overdue") or (feature["certain"] and feature["never"] == 1))


def holds(feature: Told, level: float) -> bool:
    """Whether a promise has at least that chance."""
    return bool(feature["chance"] >= level)


def say_promises(told: Told) -> list[str]:
    """What can be promised, in one or two sentences."""
    level = told["provenance"]["promise_level"]
    promises = [feature for feature in told["features"] if feature["is_promise"]]
    broken = [feature for feature in promises if not holds(feature, level)]
    if not promises:
        is_due = any(feature["due"] for feature in told["features"])
        return ["No due date is a promise." if is_due else "No feature has a due date, so nothing is promised."]
    if not broken:
        count = "the one promise holds" if len(promises) == 1 else f"all {len(promises)} promises hold"
        return [f"At {say_level(level)}, {count}."]
    named = _name_with_chance(broken, told)
    kept = len(promises) - len(broken)
    verb, verb_not = "holds" if kept == 1 else "hold", "does not" if len(broken) == 1 else "do not"
    if len(promises) == 1:
        first = f"At {say_level(level)}, the one promise does not hold: {named}."
    elif kept == 0:
        first = f"At {say_level(level)}, none of the {len(promises)} promises holds: {named}."
    else:
        first = f"At {say_level(level)}, {kept} of {len(promises)} promises {verb}; {named} {verb_not}."
    return [first, *_say_what_instead(broken, level)]


def say_promises_below(told: Told, level: float) -> str | None:
    """The promises whose chance is below a level; None when there is none."""
    below = [feature for feature in told["features"] if feature["is_promise"] and not holds(feature, level)]
    return f"Below {say_level(level)}: {_name_with_chance(below, told)}." if below else None


def _name_with_chance(features: Sequence[Told], told: Told) -> str:
    return say_list([f"{escape(feature['name'])} ({say_chance_of(feature, told)})" for feature in features])


def _say_what_instead(broken: Sequence[Told], level: float) -> list[str]:
    """The dates that could be promised instead, when the forecast was asked for that level."""
    key = f"{level:g}"
    if any(key not in feature["dates"] for feature in broken):
        return []
    dated = [feature for feature in broken if feature["dates"][key] is not None]
    undated = [escape(feature["name"]) for feature in broken if feature["dates"][key] is None]
    sentences = []
    if dated:
        dates = say_list([f"{escape(feature['name'])} by {say_date(feature['dates'][key])}" for feature in dated])
        sentences.append(f"What could be promised instead: {dates}.")
    if undated:
        sentences.append(f"No date can be promised for {say_list(undated)}.")
    return sentences


def say_provenance(told: Told) -> str:
    """What it takes to get the same forecast again, in one line."""
    origin = told["provenance"]
    runs = "1 run" if origin["runs"] == 1 else f"{origin['runs']:,} runs"
    counts = {team: count for team, count in origin["sprints_used"].items() if team not in origin["guessed"]}
    used = sorted(set(counts.values())) or [0]
    sprints = f"{used[0]} to {used[-1]} sprints a team" if len(used) > 1 else f"{used[0]} sprints"
    if origin["guessed"]:
        guess = f"a guess for {say_list([escape(team) for team in origin['guessed']])}"
        sprints = f"{sprints} and {guess}" if counts else guess
    return (
        f"{runs}, seed {origin['seed']}, {origin['throughput']['model']} of {sprints}{_say_settings(origin['throughput'])}, "
        f"forecast {origin['version']}, inputs {origin['inputs_sha256'][:12]}"
    )


def _say_settings(model: Told) -> str:
    """What is unusual in the settings of a throughput model, or that it is the usual one."""
    if model == DEFAULT.describe():
        return " (what backtests best)"
    usual = MODELS[model["model"]]().describe() if model["model"] in MODELS else {}
    changed = [f"{key} {value}" for key, value in model.items() if key != "together" and usual.get(key) != value]
    return (f" ({', '.join(changed)})" if changed else "") + (", drawn together" if model.get("together") else "")
