"""Alone: promises that could not be kept even if nothing else were done. As findings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from forecast.feature import External, Feature, Risk
from forecast.finding import Finding, gather
from forecast.history import History
from forecast.past import Past
from forecast.phrases import say_date, say_name, say_names, say_share
from forecast.roadmap import Link, Roadmap
from forecast.tally import say_chance, share_error
from forecast.throughput import Throughput

RUNS = 1000
CERTAIN = 3.0
"""Standard errors by which the chance has to be below the level before anything is said."""
AMPLE = 3.0
"""Where there are so many times the days that all the work would take one after the other, a promise is not tried."""
MOST_EFFORT = 200_000
"""Effort of all simulations together (about two seconds), in sprints of a team; promises beyond are not tried."""
EFFORT_EACH, EFFORT_OF_PART = 1000, 20
MOST_STEPS = 1_000_000

Needed = dict[str, set[str | None]]
"""What a promise cannot do without: features, and which teams' parts of them; None stands for the whole."""
Links = dict[str, list[Link]]
"""The links of each waiting feature."""


def find_hopeless(
    roadmap: Roadmap, history: History, model: Throughput, pasts: Sequence[Past], *, seed: int = 0
) -> list[Finding]:
    """Promises below the roadmap's level in a simulation (1,000 runs) of nothing but themselves and what they wait for.

    Told when the chance is more than three standard errors below the level, which for a promise exactly at it happens in about 1
    of 700. The first promises of the roadmap are tried, up to a given effort; the others are named in a note.
    """
    paces = {past.name: past.mean * past.team.share / (past.sprint_days * 5 / 7) for past in pasts}
    of_feature: Links = {}
    for link in roadmap.links:
        of_feature.setdefault(link.feature, []).append(link)
    clauses: dict[str, str] = {}
    left: list[str] = []
    effort, steps = 0.0, 0
    for promise in roadmap.promises:
        if promise.due is None or promise.due < roadmap.start or (promise.not_before or promise.due) > promise.due:
            continue  # told elsewhere
        if steps > MOST_STEPS or effort > MOST_EFFORT:
            left.append(promise.name)
            continue
        needed = find_needed(of_feature, promise.name)
        steps += len(needed)
        days = roadmap.clock.days_until(promise.due)
        takes = _add_up(roadmap, needed, of_feature, paces)
        if takes is None or days > AMPLE * takes:
            continue  # without a pace there is no date: told elsewhere
        alone = keep_only(roadmap, needed)
        sprints = sum(days * 7 / 5 / (team.sprint_days or roadmap.sprint_days) for team in alone.teams)
        effort += EFFORT_EACH + EFFORT_OF_PART * len(needed) + sprints
        chance, is_certain = _simulate(alone, history, model, promise.name, days, seed)
        if chance + CERTAIN * share_error(round(chance * RUNS), RUNS) < roadmap.promise_level:
            said = say_chance(chance, RUNS, is_certain)
            clauses[promise.name] = f"{say_name(promise.name)} by {say_date(promise.due)} ({said})"
    lead = f"Below {say_share(roadmap.promise_level)} even if nothing else were done ({RUNS:,} runs)"
    way_out = "Move the due date, make the feature smaller, or take out what it waits for."
    return gather("warning", "alone", "feature", lead, clauses, way_out) + _tell_left(left)


def _tell_left(names: Sequence[str]) -> list[Finding]:
    if not names:
        return []
    were = "was" if len(names) == 1 else "were"
    sentence = f"{say_names(names)} {were} not tried alone: the promises above need too many others."
    return [Finding("note", "roadmap", sentence, "Run the forecast for their chances.", "not tried", tuple(names))]


def find_needed(links: Links, name: str) -> Needed:
    """All that a feature waits for, directly or not, and itself."""
    needed: Needed = {}
    todo: list[tuple[str, str | None]] = [(name, None)]
    while todo:
        feature, team = todo.pop()
        teams = needed.setdefault(feature, set())
        if team in teams or None in teams:
            continue
        teams.add(team)
        for link in links.get(feature, ()):
            if link.team is None or team is None or link.team == team:
                todo.append((link.waits_for, link.waits_for_team))
    return needed


def keep_only(roadmap: Roadmap, needed: Needed) -> Roadmap:
    """The roadmap with nothing but what is needed, in its order; the luck of what is kept stays the same."""
    features: list[Feature | External] = []
    for name in sorted(needed, key=roadmap.rank):
        feature, teams = roadmap.feature(name), needed[name]
        if isinstance(feature, Feature) and None not in teams:
            feature = replace(feature, work={team: part for team, part in feature.work.items() if team in teams})
        features.append(feature)
    busy = {team for feature in features for team in getattr(feature, "work", ())}
    kept = {f"{feature.name}/{team}" for feature in features for team in getattr(feature, "work", ())}
    risks = []
    for risk in roadmap.risks:
        adds = {to: size for to, size in risk.adds.items() if "/".join(roadmap.part_named(to, risk.name)) in kept}
        delays = {to: days for to, days in risk.delays.items() if to in needed}
        if adds or delays:
            risks.append(Risk(risk.name, risk.chance, adds, delays))
    return Roadmap(
        roadmap.start,
        [team for team in roadmap.teams if team.name in busy],
        features,
        sprint_days=roadmap.sprint_days,
        handoff=roadmap.handoff,
        days_off=roadmap.days_off,
        risks=risks,
        unit=roadmap.unit,
        growth=roadmap.growth,
        promise_level=roadmap.promise_level,
    )


def _add_up(roadmap: Roadmap, needed: Needed, links: Links, paces: dict[str, float]) -> float | None:
    """Working days of all that is needed, one after the other, each after a hand-off; None when a team has no pace.

    The mean of everything; inf where a team's planned capacity falls below half.
    """
    days = 0.0
    busy: set[str] = set()
    for name, teams in needed.items():
        feature = roadmap.feature(name)
        if feature.not_before is not None:
            days += max(roadmap.clock.position(feature.not_before), 0)
        if isinstance(feature, External):
            days += feature.days.mean
            continue
        growth = feature.growth or roadmap.growth
        for team, part in feature.work.items():
            if (None in teams or team in teams) and part.left(part.size.high) > 0:
                if not paces[team]:
                    return None
                busy.add(team)
                days += part.left(part.size.mean) * (growth.mean if growth else 1.0) / paces[team]
    working = [team for team in roadmap.teams if team.name in busy]
    if any(change.factor < 0.5 for team in working for change in team.capacity):
        return math.inf
    sprint = max((team.sprint_days or roadmap.sprint_days for team in working), default=0) * 5 / 7
    lags = sum(link.lag.mean for name in needed for link in links.get(name, ()))
    return days + sprint * len(needed) + lags


def _simulate(
    roadmap: Roadmap, history: History, model: Throughput, name: str, days: int, seed: int
) -> tuple[float, bool]:
    """The chance of a promise, and whether it is so by construction."""
    from forecast.simulation import simulate  # here, because it loads the engine

    forecast = simulate(roadmap, history, runs=RUNS, seed=seed, throughput=model, horizon=max(days, 1), threads=1)
    return forecast.chance(name), bool(forecast.prospects.is_certain[forecast.features.index(name)])
