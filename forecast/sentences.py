"""Sentences: what a forecast comes to, in words that a stakeholder can read aloud.

Every number is taken from plain values that stand in the tables and in the JSON as well (`Forecast.to_dict`, and what
`report.facts` adds to it), so that they cannot differ.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

from forecast.phrases import say_count, say_date, say_list, say_name
from forecast.tally import say_chance
from forecast.wording import Told, cannot_hold, holds, say_chance_of, say_level

RARE = ((1, 100), (1, 50), (1, 20), (1, 10), (1, 5), (3, 10), (2, 5))
ODDS = (*RARE, (1, 30), (1, 2), *((of - many, of) for many, of in RARE[::-1]))
"""Shares that people can picture."""

NAMED = 4
"""How many names stand in a sentence before the rest is counted."""

KINDS = {
    "work": "of work",
    "queue": "in line",
    "external": "on externals",
    "hand-off": "on hand-offs and lags",
    "not before": "before its date",
}
"""Kinds of days, as `explanation` names them, and as they are called."""


def say_odds(chance: float, runs: int, is_certain: bool = False) -> str:
    """A chance as odds that can be pictured: about 9 in 10; never more certain than the runs allow."""
    if is_certain or runs < 30:
        return say_chance(chance, runs, is_certain)
    if chance > 0.99:
        return "more than 99 in 100"
    if chance < 0.01:
        return "fewer than 1 in 100"
    many, of = min(ODDS, key=lambda pair: abs(_logit(pair[0] / pair[1]) - _logit(chance)))
    return f"about {many} in {of}"


def _logit(share: float) -> float:
    return math.log(share / (1 - share))


def say_some(names: Sequence[str], what: str) -> str:
    """Some names, and how many more there are: Login, Search and 3 other promises."""
    if len(names) <= NAMED + 1:
        return say_list(names)
    return f"{', '.join(names[:NAMED])} and {len(names) - NAMED} other {what}"


def say_answer(told: Told) -> list[str]:
    """The answer in three sentences: what can be promised, how sure all of it is, and when everything is done."""
    level, runs = told["provenance"]["promise_level"], told["provenance"]["runs"]
    promises = [feature for feature in told["features"] if feature["is_promise"]]
    broken = [feature for feature in promises if not holds(feature, level)]
    return [_say_kept(promises, broken, told), _say_together(promises, told, runs), _say_done(told, level)]


def _say_kept(promises: Sequence[Told], broken: Sequence[Told], told: Told) -> str:
    level = say_level(told["provenance"]["promise_level"])
    if not promises:
        return "Nothing is promised yet: no feature has a due date that is a promise."
    if not broken:
        count = "The one promise" if len(promises) == 1 else f"All {len(promises)} promises"
        return f"{count} can be kept: {'its chance is' if len(promises) == 1 else 'the chance of each is'} at least {level}."
    worst = sorted(broken, key=lambda feature: feature["chance"])
    named = say_some([f"{say_name(each['name'])} ({say_chance_of(each, told)})" for each in worst], "promises")
    kept = len(promises) - len(broken)
    if kept == 0:
        subject = (
            "The one promise cannot be kept"
            if len(promises) == 1
            else f"None of the {len(promises)} promises can be kept"
        )
        return f"{subject} with the {level} that a promise takes: {named}."
    verb = "is" if len(broken) == 1 else "are"
    return f"{kept} of {len(promises)} promises can be kept, with a chance of at least {level} each; at risk {verb} {named}."


def _say_together(promises: Sequence[Told], told: Told, runs: int) -> str:
    chance = told["portfolio"]["all_hold"]
    if not promises:
        return _say_next(told)
    if len(promises) == 1:
        if cannot_hold(promises[0]):
            return "It can never be kept."
        is_certain = promises[0]["certain"]
        said, odds = say_chance(chance, runs, is_certain), say_odds(chance, runs)
        return (
            f"This is {said}." if is_certain else f"Its due date is kept in {odds} of the simulated futures ({said})."
        )
    if any(map(cannot_hold, promises)):
        return f"All {len(promises)} of them together can never be kept."
    said = say_chance(chance, runs)
    return (
        f"All {len(promises)} of them together are kept in {say_odds(chance, runs)} of the simulated futures ({said})."
    )


def _say_next(told: Told) -> str:
    key = f"{told['provenance']['promise_level']:g}"
    dated = [feature for feature in told["features"] if feature["dates"][key]]
    if not dated:
        return "No feature has a date that could be promised."
    first = min(dated, key=lambda feature: feature["dates"][key])
    return f"The first that could be: {say_name(first['name'])} by {say_date(first['dates'][key])}, {say_level(float(key))} sure."


def _say_done(told: Told, level: float) -> str:
    date, count = told["portfolio"]["done"][f"{level:g}"], len(told["features"])
    everything = "The one feature is" if count == 1 else f"All {count} features and externals are"
    if date is None:
        return f"{everything} not done for sure within the time looked at: there is no date that is {say_level(level)} sure."
    return f"{everything} done by {say_date(date)}, {say_level(level)} sure."


def say_risk(feature: Told, told: Told) -> list[str]:
    """A promise that does not hold: how likely it is, what could be promised instead, and what holds it up."""
    level, runs = told["provenance"]["promise_level"], told["provenance"]["runs"]
    name, due, date = say_name(feature["name"]), feature["due"], feature["dates"][f"{level:g}"]
    chance = say_chance_of(feature, told)
    odds = "" if feature["certain"] else f" ({say_odds(feature['chance'], runs)})"
    said = [
        f"{name} is promised for {say_date(due)} and kept with a chance of {chance}{odds}, less than {say_level(level)}."
    ]
    if cannot_hold(feature):
        over = ", before the forecast starts," if feature.get("overdue") else ""
        said = [f"{name} is promised for {say_date(due)}{over} and can never be kept."]
    if date is None:
        said.append(f"There is no date that is {say_level(level)} sure.")
    else:
        said.append(f"What could be promised: {say_date(date)}, {say_gap(due, date)} later.")
    return [*said, *say_why(feature, told)]


def say_gap(first: str, second: str) -> str:
    """How far apart two days are: 3 days, or 5 weeks from three weeks on."""
    days = abs((dt.date.fromisoformat(second) - dt.date.fromisoformat(first)).days)
    return say_count(days, "day") if days < 21 else f"{say_count(round(days / 7), 'week')}"


def say_why(feature: Told, told: Told) -> list[str]:
    """What the time until a feature goes to, and who takes most of it; nothing where that is not known."""
    why = feature.get("why")
    if not why or not why["bound_by"]:
        return []
    total = sum(why["days"].values())
    parts = [f"{days:.0f} {KINDS[kind]}" for kind, days in why["days"].items() if days >= 0.5]
    bound = why["bound_by"]
    who = {"hand-off": "Hand-offs", "not before": "Its earliest day"}.get(bound["kind"], say_name(bound["name"]))
    share = say_chance(bound["share"], told["provenance"]["runs"])
    take = "take" if bound["kind"] == "hand-off" else "takes"
    listed = f": {say_list(parts)}" if len(parts) > 1 else f", all {KINDS[_largest(why)]}" if parts else ""
    return [
        f"It ends after {total:.0f} working days on average{listed}.",
        f"{who} {take} most of them in {share} of the futures.",
    ]


def _largest(why: dict[str, Any]) -> str:
    return str(max(why["days"], key=lambda kind: why["days"][kind]))


def say_objective(objective: Told, told: Told) -> str:
    """What becomes of one objective."""
    level = told["provenance"]["promise_level"]
    count = say_count(objective["features"], "feature")
    kept = ""
    if objective["promises"]:
        kept = f"{objective['kept']} of {say_count(objective['promises'], 'promise')} can be kept; "
    date = objective["done"][f"{level:g}"]
    every = f"all {count} are" if objective["features"] > 1 else "its one feature is"
    sure = f"{say_level(level)} sure"
    done = f"{every} done by {say_date(date)}, {sure}" if date else f"{every} without a date that is {sure}"
    sentence = f"{kept}{done}."
    return sentence[0].upper() + sentence[1:]


def say_feature(feature: Told, told: Told) -> str:
    """When one feature is done, and whether its due date holds."""
    level = told["provenance"]["promise_level"]
    key = f"{level:g}"
    date = feature["dates"][key]
    others = [
        f"{say_level(float(other))}: {say_date(each)}" for other, each in feature["dates"].items() if other != key
    ]
    listed = f" ({', '.join(others)})" if others else ""
    sure = f"{say_level(level)} sure"
    said = f"{sure} by {say_date(date)}{listed}." if date else f"No date that is {sure}{listed}."
    if feature["due"] is None:
        return said
    chance = say_chance_of(feature, told)
    if feature["is_promise"] and cannot_hold(feature):
        return f"{said} Due {say_date(feature['due'])}, which can never be kept."
    if not feature["is_promise"]:
        return f"{said} Due {say_date(feature['due'])}, which is no promise: {chance}."
    return f"{said} Due {say_date(feature['due'])}: {chance}, {'holds' if holds(feature, level) else 'does not hold'}."
