"""Soundness: what a careful colleague would point out in a roadmap, team by team and feature by feature, as findings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from forecast.errors import did_you_mean
from forecast.estimate import Estimate
from forecast.feature import External, Feature
from forecast.finding import Finding, gather
from forecast.growth import Growth, Learned
from forecast.past import Past
from forecast.phrases import say_date, say_days, say_few, say_name, say_names, say_number, say_share
from forecast.remarks import find_growths
from forecast.roadmap import Roadmap

YEAR = 365
LONG_WAIT = 130
"""Working days of half a year."""

Item = Feature | External


def find_in_roadmap(roadmap: Roadmap, pasts: Sequence[Past]) -> list[Finding]:
    """All findings about single features and teams; pasts : as `past.find_pasts` gives them."""
    return [
        *_find_growth(roadmap),
        *_find_unlearned(roadmap),
        *_find_sizes(roadmap, pasts),
        *_find_zero(roadmap),
        *_find_idle_teams(roadmap, pasts),
        *_find_allocation(roadmap),
        *_find_due(roadmap),
        *_find_due_order(roadmap),
        *_find_days_off(roadmap),
        *_find_waits(roadmap),
        *_find_started(roadmap),
        *_find_unused(roadmap),
        *_find_twice_promised(roadmap),
        *_find_spelling(roadmap),
    ]


def _working(roadmap: Roadmap) -> list[Feature]:
    return [feature for feature in roadmap.features if isinstance(feature, Feature) and feature.work]


def _grows(growth: Growth | None) -> bool:
    """Whether a growth allows for work that is found on the way."""
    return growth is not None and (isinstance(growth, Learned) or growth.high > 1)


# Sizes -----------------------------------------------------------------------------------------------------------------


def _find_growth(roadmap: Roadmap) -> list[Finding]:
    """No growth anywhere, or only for some."""
    working = _working(roadmap)
    without = [each.name for each in working if not _grows(each.growth or roadmap.growth)]
    if not without:
        return []
    way_out = (
        'Give one, such as growth = [1.0, 1.5, 3.0], or better growth = "learned", from features that you finished.'
    )
    if len(without) == len(working):
        sentence = (
            "No growth is given, as if no work were found on the way; in real portfolios that is the largest error of all, and "
            "dates come out far too early."
        )
        return [Finding("warning", "roadmap", sentence, way_out, "growth")]
    sentence = f"{len(without)} of {len(working)} features with work have no growth: {say_names(without)}."
    return [Finding("note", "roadmap", sentence, way_out, "partial growth", tuple(without))]


def _find_unlearned(roadmap: Roadmap) -> list[Finding]:
    """Growth that is to be learned, but from nothing."""
    if not any(isinstance(growth, Learned) and not growth.finished for growth in find_growths(roadmap)):
        return []
    sentence = (
        'There is no finished feature for growth = "learned" to learn from, so what is usual elsewhere is assumed.'
    )
    way_out = 'Name a file of past features in roadmap.toml: items = "items.csv" or finished = "finished.csv".'
    return [Finding("note", "roadmap", sentence, way_out, "learned growth")]


def _find_sizes(roadmap: Roadmap, pasts: Sequence[Past]) -> list[Finding]:
    """Parts that take more than a year at the usual pace of their team."""
    paces = {past.name: (past.median or past.mean) * past.team.share for past in pasts}
    days = {past.name: past.sprint_days for past in pasts}
    clauses = {}
    for feature in _working(roadmap):
        for team, part in feature.work.items():
            left = part.left(part.size.mean)
            takes = left / paces[team] * days[team] if paces[team] > 0 else 0.0
            if takes > YEAR:
                pace = f"{say_number(round(paces[team], 1))} a sprint"
                clause = f"{say_number(left)} for {say_name(team)}, which at its usual {pace} takes {say_days(takes)}"
                clauses[f"{feature.name}/{team}"] = f"{say_name(feature.name)} {clause}"
    lead = "Sizes far beyond what the team has finished in a year"
    way_out = "See whether they are counted in the same unit as the past, and whether the feature is one."
    return gather("warning", "size", "part", lead, clauses, way_out)


def _find_zero(roadmap: Roadmap) -> list[Finding]:
    """Parts that are finished the moment they can start: their size is 0 or rounded to 0, or all of it is done."""
    zero: dict[str, str] = {}
    done: dict[str, str] = {}
    for feature in _working(roadmap):
        growth = feature.growth or roadmap.growth
        for team, part in feature.work.items():
            high = part.left(part.size.high) * (growth.high if isinstance(growth, Estimate) else 1.0)
            if high == 0 or (roadmap.unit == "items" and high < 0.5):
                clauses = done if part.done >= part.size.high > 0 else zero
                clauses[f"{feature.name}/{team}"] = f"{say_name(feature.name)} ({say_name(team)})"
    way_out = "Give them a size, or leave them out."
    found = gather("note", "zero", "part", "Parts of size 0 are finished the moment they can start", zero, way_out)
    way_out = "If something is left to do, raise the size."
    return found + gather("note", "zero", "part", "Of these parts the whole size is done already", done, way_out)


# Teams -----------------------------------------------------------------------------------------------------------------


def _find_idle_teams(roadmap: Roadmap, pasts: Sequence[Past]) -> list[Finding]:
    """Teams with work but without a share of their time for it, and those that stop for good."""
    none = {past.name: f"{say_name(past.name)} ({say_names(past.features)})" for past in pasts if past.team.share == 0}
    lead = "Teams with work, but with share = 0, never finish it"
    found = gather(
        "warning", "no capacity", "team", lead, none, "Give them a share of their time, or take the work out."
    )
    stops = {
        past.name: f"{say_name(past.name)} from {say_date(change.start)} on"
        for past in pasts
        for change in past.team.capacity
        if change.factor == 0 and change.end is None
    }
    lead = "A capacity of 0 without an end: what is left by then is never finished"
    return found + gather(
        "warning", "stops", "team", lead, stops, "Say when it ends, or give the work to somebody else."
    )


def _find_allocation(roadmap: Roadmap) -> list[Finding]:
    """Objectives with a share that no feature of the team serves, and features that no share is left for."""
    serve: dict[str, dict[str | None, list[str]]] = {team.name: {} for team in roadmap.teams}
    for feature in _working(roadmap):
        for team in feature.work:
            serve[team].setdefault(feature.objective, []).append(feature.name)
    unused: dict[str, str] = {}
    starved: dict[str, str] = {}
    hints: dict[str, None] = {}
    for each in roadmap.teams:
        shares, served = each.allocation or {}, serve[each.name]
        idle = [objective for objective, share in shares.items() if served and share > 0 and objective not in served]
        if idle:
            unused[each.name] = f"{say_name(each.name)} " + say_few(
                [f"{say_share(shares[o])} for {say_name(o)}" for o in idle]
            )
            others = [objective for objective in served if objective and objective not in shares]
            hints |= dict.fromkeys(did_you_mean(objective, others) for objective in idle)
        left = [name for objective, names in served.items() if objective not in shares for name in names]
        if left and shares and sum(shares.values()) > 1 - 1e-9:
            starved[each.name] = f"{say_name(each.name)} for {say_names(left)}"
    lead = "An allocation gives a share to an objective that no feature of the team serves, so it flows to the others"
    way_out = "Check how the objective is spelt." + "".join(hints)
    found = gather("note", "allocation", "team", lead, unused, way_out)
    lead = "An allocation leaves nothing for features of other objectives, which move only when all else waits"
    return found + gather(
        "warning", "allocation", "team", lead, starved, "Give them a share, or an objective that has one."
    )


# Dates -----------------------------------------------------------------------------------------------------------------


def _find_due(roadmap: Roadmap) -> list[Finding]:
    """Due dates that cannot be kept whatever happens."""
    clauses = {}
    for each in roadmap.features:
        if each.due is None:
            continue
        if each.due < roadmap.start:
            clauses[each.name] = f"{say_name(each.name)} is due {say_date(each.due)}, before the forecast starts"
        elif each.not_before is not None and each.due < each.not_before:
            until = f"but not before {say_date(each.not_before)}"
            clauses[each.name] = f"{say_name(each.name)} is due {say_date(each.due)}, {until}"
    way_out = "Correct the dates; if it is finished, take it off the roadmap."
    return gather("warning", "due", "feature", "Due dates that cannot be kept", clauses, way_out)


def _find_due_order(roadmap: Roadmap) -> list[Finding]:
    """Promises that wait for something that is promised for later."""
    nouns = {each.name: each for each in roadmap.features}
    clauses = {}
    for link in roadmap.links:
        each, other = nouns[link.feature], nouns[link.waits_for]
        if (
            each.is_promise
            and other.is_promise
            and each.due
            and other.due
            and each.due < other.due
            and each is not other
        ):
            waits = f"waits for {say_name(other.name)}, due {say_date(other.due)}"
            clauses[each.name] = f"{say_name(each.name)}, due {say_date(each.due)}, {waits}"
    lead = "Promised earlier than what it waits for"
    return gather("warning", "due order", "feature", lead, clauses, "Bring the due dates in order.")


def _find_days_off(roadmap: Roadmap) -> list[Finding]:
    """Due dates on which nobody works."""
    off = set(roadmap.days_off)
    clauses = {}
    for each in roadmap.features:
        if each.due is not None and each.due >= roadmap.start and (each.due.weekday() > 4 or each.due in off):
            clauses[each.name] = f"{say_name(each.name)} on {_weekday(each.due)} {say_date(each.due)}"
    lead = "Due on a day on which nobody works, so that it counts as the last working day before"
    return gather("note", "day off", "feature", lead, clauses, "Name a working day.")


def _weekday(day: dt.date) -> str:
    return ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")[day.weekday()]


def _find_waits(roadmap: Roadmap) -> list[Finding]:
    """Externals that take more than half a year."""
    clauses = {
        each.name: f"{say_name(each.name)} {say_number(round(each.days.mean))} days"
        for each in roadmap.features
        if isinstance(each, External) and each.days.mean > LONG_WAIT
    }
    lead = "Externals of more than half a year in working days"
    return gather(
        "note", "external", "feature", lead, clauses, "See whether these are calendar days; five make a week here."
    )


# What has no effect ------------------------------------------------------------------------------------------------------


def _find_started(roadmap: Roadmap) -> list[Finding]:
    """Features marked as started on teams that do not keep to what they started."""
    keeps = {team.name for team in roadmap.teams if team.finish_started}
    idle = [each.name for each in _working(roadmap) if each.started and not keeps & set(each.work)]
    if not idle:
        return []
    are, their = ("is", "its") if len(idle) == 1 else ("are", "their")
    sentence = (
        f"{say_names(idle)} {are} marked as started, which changes nothing: none of {their} teams has finish_started."
    )
    way_out = "Set finish_started = true for teams that finish what they began, or leave the mark as a reminder."
    where = f'feature "{say_name(idle[0])}"' if len(idle) == 1 else "roadmap"
    return [Finding("note", where, sentence, way_out, "started", tuple(idle))]


def _find_unused(roadmap: Roadmap) -> list[Finding]:
    """Milestones and externals that nothing waits for and that are not due."""
    waited = {link.waits_for for link in roadmap.links}
    clauses = {}
    for each in roadmap.features:
        is_bare = isinstance(each, External) or not (each.work or each.after or each.not_before)
        if is_bare and each.name not in waited and each.due is None:
            clauses[each.name] = say_name(each.name)
    lead = "Nobody waits for it, it has no work, and it is not due"
    return gather("note", "milestone", "feature", lead, clauses, "Say who waits for it, or leave it out.")


def _find_twice_promised(roadmap: Roadmap) -> list[Finding]:
    """Milestones that are promised for the same day as the one feature that they stand for."""
    nouns = {each.name: each for each in roadmap.features}
    waits: dict[str, list[str]] = {}
    for link in roadmap.links:
        waits.setdefault(link.feature, []).append(link.waits_for)
    clauses = {}
    for each in roadmap.features:
        other = waits.get(each.name, [])
        if each.is_promise and not isinstance(each, External) and not each.work and len(other) == 1:
            source = nouns[other[0]]
            if source.is_promise and source.due == each.due:
                clauses[each.name] = f"{say_name(each.name)} and {say_name(source.name)}"
    lead = "Promised twice, as a milestone and as the one feature it waits for"
    return gather("note", "twice promised", "feature", lead, clauses, "Set promised = false for one of them.")


def _find_spelling(roadmap: Roadmap) -> list[Finding]:
    """Objectives that differ only in spaces, and in upper and lower case."""
    spelt: dict[str, dict[str, None]] = {}
    named = [objective for each in roadmap.features for objective in each.objectives]
    named += [objective for team in roadmap.teams for objective in team.allocation or {}]
    for objective in named:
        spelt.setdefault("".join(objective.casefold().split()), {}).setdefault(objective)
    clauses = {next(iter(each)): say_names(list(each)) for each in spelt.values() if len(each) > 1}
    lead = "Objectives that differ only in their spelling count as different ones"
    return gather("note", "objective", "objective", lead, clauses, "Spell them the same.")
