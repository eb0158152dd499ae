"""Assumptions: what a forecast of a roadmap will take for granted, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from forecast.drift import FEW_SPRINTS, FORTNIGHT, Drift
from forecast.estimate import Estimate
from forecast.feature import Feature
from forecast.growth import Learned
from forecast.past import Past
from forecast.phrases import say_count, say_date, say_few, say_list, say_name, say_names, say_number, say_share
from forecast.remarks import tell_growth
from forecast.roadmap import Roadmap
from forecast.throughput import DEFAULT, Throughput

Assumption = tuple[str, str]
"""What it is about, in one or two words, and the sentence."""


def list_assumptions(roadmap: Roadmap, model: Throughput, pasts: Sequence[Past]) -> tuple[Assumption, ...]:
    """What the forecast will assume, in the order in which a reader would ask."""
    told = [
        ("start", f"Work that is left begins on {say_date(roadmap.start)}."),
        *_list_throughput(model, pasts),
        ("sprints", _say_sprints(roadmap, pasts)),
        ("hand-off", _say_handoff(roadmap)),
        ("sizes", _say_growth(roadmap)),
        ("availability", _say_availability(roadmap, pasts)),
        ("priorities", _say_priorities(pasts)),
        ("risks", _say_risks(roadmap)),
        ("promises", _say_promises(roadmap)),
    ]
    return tuple((name, sentence) for name, sentence in told if sentence)


def _list_throughput(model: Throughput, pasts: Sequence[Past]) -> list[Assumption]:
    """How the past is used, what is done for teams with little of it, and why so."""
    told = _list_drift(model, pasts) if isinstance(model, Drift) else [("throughput", _say_model(model.describe()))]
    partly = [past.name for past in pasts if past.is_roadmap_only]
    if partly:
        told.append(("done", f"Of what {say_names(partly)} did, only work on the roadmap counts (done_roadmap)."))
    if model == DEFAULT:
        why = "of the models here, its promises held best on real histories (see README)"
        told.append(("default", f"This way to use the past is the default: {why}."))
    return told


def _list_drift(model: Drift, pasts: Sequence[Past]) -> list[Assumption]:
    newest = f"the newest {model.window} past sprints" if model.window else "the past sprints"
    weeks = model.half_life * FORTNIGHT / 7
    ago = f"{say_number(weeks)} {'week' if weeks == 1 else 'weeks'}"
    drawn = "varies like" if model.shape == "smooth" else "is like one of"
    same = ", the same for all teams" if model.together else ""
    counts = f"zeros included{same}; recent ones count most (half as much after {ago})"
    level = "How much a team gets done is itself uncertain, the more so the fewer its sprints"
    if model.walk:
        share = ", partly for all teams at once" if model.shared and len(pasts) > 1 else ""
        level += f", and changes by about {say_share(model.walk)} a fortnight, for better or worse{share}"
    told = [("throughput", f"A future sprint {drawn} {newest} of its team, {counts}."), ("level", f"{level}.")]
    short = [past.name for past in pasts if past.rows and len(past.rows) < FEW_SPRINTS]
    if short and model.shape == "auto" and not model.together:
        but = f"fewer than {FEW_SPRINTS} past sprints, so sprints unlike any of them can come too"
        told.append(("short history", f"{say_names(short)} {_have(short)} {but}, as far as teams in general vary."))
    guessed = [past.name for past in pasts if past.guess is not None]
    if guessed:
        told.append(("guess", f"For the past of {say_names(guessed)}, a guess stands in."))
    return told


def _say_model(settings: dict[str, Any]) -> str:
    given = {key: value for key, value in settings.items() if key != "model" and value not in (None, False)}
    if settings.get("model") != "bootstrap":
        listed = ", ".join(f"{key} {value}" for key, value in given.items())
        return f"Future sprints are drawn by the model {settings.get('model')}" + (f" ({listed})." if listed else ".")
    window = given.get("window")
    which = f"one of the newest {window} sprints of its team" if window else "one of the past sprints of its team"
    together = ", the same for all teams" if given.get("together") else ""
    return f"Every future sprint is {which}, drawn at random{together}; zeros included."


def _say_sprints(roadmap: Roadmap, pasts: Sequence[Past]) -> str:
    own = [f"{say_name(past.name)} {past.sprint_days}" for past in pasts if past.sprint_days != roadmap.sprint_days]
    other = f"; {say_list(own)}" if own else ""
    return f"Sprints last {say_count(roadmap.sprint_days, 'day')}{other}."


def _say_handoff(roadmap: Roadmap) -> str:
    if not roadmap.links:
        return "Nothing waits for anything else."
    other = sum(link.handoff != roadmap.handoff for link in roadmap.links)
    but = f" ({say_count(other, 'link')} otherwise)" if other else ""
    if roadmap.handoff == "next-sprint":
        return f"What another team, a vendor or a milestone finished is picked up at the next sprint{but}."
    return f"What another team, a vendor or a milestone finished is picked up at once{but}."


def _say_growth(roadmap: Roadmap) -> str:
    working = [each for each in roadmap.features if isinstance(each, Feature) and each.work]
    if not working:
        return ""
    whole = ", rounded to whole items" if roadmap.unit == "items" else ", in points"
    own = sum(each.growth is not None for each in working)
    learned = "".join(f" {sentence}" for sentence in tell_growth(roadmap))
    rest = f" ({say_count(own, 'feature')} with a factor of its own)" if own else ""
    if roadmap.growth is None:
        some = (
            f" times a factor for work found on the way, for {say_count(own, 'feature')}" if own else ", without growth"
        )
        return f"Sizes are what the roadmap says{some}{whole}.{learned}"
    if isinstance(roadmap.growth, Learned):
        return f"Sizes are what the roadmap says, times a factor for work found on the way{rest}{whole}.{learned}"
    factor = _say_factor(roadmap.growth)
    return f"Sizes are what the roadmap says, times {factor} for work found on the way{rest}{whole}.{learned}"


def _say_factor(growth: Estimate) -> str:
    if growth.is_fixed:
        return f"{growth.low:g}"
    return f"{growth.low:g} to {growth.high:g} (most likely {growth.likely:g})"


def _say_availability(roadmap: Roadmap, pasts: Sequence[Past]) -> str:
    ahead = sum(day >= roadmap.start and day.weekday() < 5 for day in roadmap.days_off)
    own = [past.name for past in pasts if any(day >= roadmap.start for day in past.team.days_off)]
    changed = [past.name for past in pasts if past.team.capacity]
    shared = [f"{say_name(past.name)} {say_share(past.team.share)}" for past in pasts if past.team.share != 1]
    told = [f"nobody works at weekends and on {say_count(ahead, 'day')} off" if ahead else "nobody works at weekends"]
    if own:
        told.append(f"{say_names(own)} {_have(own)} days off of {'its' if len(own) == 1 else 'their'} own")
    if changed:
        told.append(f"the capacity of {say_names(changed)} changes as planned")
    if shared:
        told.append(f"only a share of the time is for this roadmap ({say_list(shared)})")
    sentence = "; ".join(told)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _have(names: Sequence[str]) -> str:
    return "has" if len(names) == 1 else "have"


def _say_priorities(pasts: Sequence[Past]) -> str:
    if not pasts:
        return ""
    wips = {past.team.wip for past in pasts}
    several = [f"{say_name(past.name)} on {past.team.wip}" for past in pasts if past.team.wip > 1]
    keeps = [past.name for past in pasts if past.team.finish_started]
    split = [past.name for past in pasts if past.team.allocation]
    several_each = f"{min(wips)} most important things" if len(wips) == 1 and several else "most important thing"
    told = [f"a team works on the {several_each} that it can start"]
    if several and len(wips) > 1:
        told.append(f"{say_few(several)} at a time")
    if keeps:
        told.append(f"{say_names(keeps)} {'finishes' if len(keeps) == 1 else 'finish'} what is begun")
    if split:
        told.append(f"{say_names(split)} {'splits' if len(split) == 1 else 'split'} the time between objectives")
    sentence = "; ".join(told)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _say_risks(roadmap: Roadmap) -> str:
    if not roadmap.risks:
        return ""
    count = len(roadmap.risks)
    return f"{say_count(count, 'risk')} may happen, {'each ' if count > 1 else ''}at most once."


def _say_promises(roadmap: Roadmap) -> str:
    count = len(roadmap.promises)
    if not count:
        return "No feature has a due date that is a promise."
    holds = "the promise holds" if count == 1 else f"each of the {count} promises holds"
    return f"{holds[0].upper()}{holds[1:]} when its chance is at least {say_share(roadmap.promise_level)}."
