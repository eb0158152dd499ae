"""Trust: how far the past of the teams can be trusted as a picture of their future, as findings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from forecast.clue import HARDLY, SURELY, Clue, Question
from forecast.errors import Fault, did_you_mean
from forecast.finding import Finding, Severity, gather
from forecast.history import History, Sprint
from forecast.past import ENOUGH_SPRINTS, FEW_SPRINTS, Past
from forecast.phrases import say_count, say_date, say_name, say_names, say_number, say_share
from forecast.roadmap import Roadmap
from forecast.throughput import Throughput
from forecast.timekeeping import ABOUT_DATES

MOSTLY = 2 / 3
MATTERS = 0.03
"""A change of a team's mean that is worth a word."""

Pasts = Sequence[Past]


def find_in_history(roadmap: Roadmap, history: History, model: Throughput, pasts: Pasts) -> list[Finding]:
    """All findings about the past of the teams; pasts : as `past.find_pasts` gives them for the same arguments."""
    found = [
        *_find_absent(history, pasts, model),
        *_find_nothing_done(pasts),
        *_find_few(model, pasts),
        *_find_guessed(pasts),
    ]
    for question in (*ABOUT_COUNTS, *ABOUT_DATES):
        found += question.tell(pasts)
    if not model.describe().get("half_life"):  # such a model follows the pace by itself
        found += SHIFTS.tell(pasts)
    if roadmap.unit == "items":
        found += FRACTIONS.tell(pasts)
    return found + _find_not_working(roadmap, history, pasts)


# Whether there is enough of it -----------------------------------------------------------------------------------------


def _find_absent(history: History, pasts: Pasts, model: Throughput) -> list[Finding]:
    """Teams with work, of which the model looks at no sprint, and for which no guess stands in."""
    absent = [past for past in pasts if not past.rows and past.guess is None]
    if not absent:
        return []
    spare = [team for team in (*history.teams, *history.guesses) if team not in {past.name for past in pasts}]
    hints = dict.fromkeys(did_you_mean(past.name, spare) for past in absent if not past.known)
    known = [past.known > 0 for past in absent]
    what = (
        "Too few past sprints of"
        if all(known)
        else "No or too few past sprints of"
        if any(known)
        else "No past sprints of"
    )
    return [_without_dates("no history", what, absent, ask_for_past(model) + "".join(hints))]


def ask_for_past(model: Throughput) -> str:
    """What to do for teams without a past: a way out of one sentence."""
    try:
        model.check(History([], {"any": 1}), ["any"])
    except Fault:
        return "Add what they finished in past sprints to the history."
    return "Add what they finished in past sprints to the history, or guess what a sprint brings: guess = [3, 5, 9] for the team."


def _find_guessed(pasts: Pasts) -> list[Finding]:
    """Teams for which a guess stands in."""
    clauses = {}
    for past in pasts:
        if past.guess is not None:
            low, likely, high = (say_number(value) for value in (past.guess.low, past.guess.likely, past.guess.high))
            sprints = "too few past sprints" if past.known else "no past sprints"
            range_ = f"{low} a sprint" if past.guess.is_fixed else f"{low} to {high} a sprint (most likely {likely})"
            clauses[past.name] = f"{say_name(past.name)} has {sprints} and is taken for {range_}"
    way_out = "Add past sprints as soon as there are two; they take the place of the guess."
    return gather("warning", "guess", "team", "A guess stands in for the past", clauses, way_out, "history")


def _find_nothing_done(pasts: Pasts) -> list[Finding]:
    """Teams with work and with past sprints, but without one finished item."""
    idle = [past for past in pasts if past.rows and not past.has_done]
    way_out = "Check how their work is counted, or give their parts to the team that does them."
    return (
        [_without_dates("nothing done", "Not one item finished in the past sprints of", idle, way_out)] if idle else []
    )


def _without_dates(kind: str, what: str, pasts: Pasts, way_out: str) -> Finding:
    names = [past.name for past in pasts]
    features = list(dict.fromkeys(name for past in pasts for name in past.features))
    get = "get" if len(features) > 1 else "gets"
    sentence = f"{what} {say_names(names)}: {say_names(features)} {get} no date, nor does what waits for them."
    if len(features) == 1:
        sentence = f"{what} {say_names(names)}: {say_names(features)} gets no date, nor does what waits for it."
    where = f'team "{say_name(names[0])}"' if len(names) == 1 else "history"
    return Finding("warning", where, sentence, way_out, kind, tuple(names))


def _find_few(model: Throughput, pasts: Pasts) -> list[Finding]:
    """Teams with fewer than five sprints, and with fewer than ten."""
    resamples = model.describe().get("model") == "bootstrap"
    reflects = "which ones they happened to be" if resamples else "how much teams in general vary"
    known = [past for past in pasts if past.rows and past.has_done]
    least = [past for past in known if len(past.rows) < FEW_SPRINTS]
    few = [past for past in known if FEW_SPRINTS <= len(past.rows) < ENOUGH_SPRINTS]
    told_from = getattr(model, "least_told", 0)
    no_middle = (
        f"until there are {told_from}, no middle date is told" if told_from else "do not show anybody the 50 % date"
    )
    way_out = f"Add older sprints if there are any; {no_middle}."
    found = []
    if least:
        found.append(_based_on(least, "warning", f"the range mostly reflects {reflects}", way_out))
    if few:
        found.append(_based_on(few, "note", "take the range as a rough one", "Add older sprints if there are any."))
    return found


def _based_on(pasts: Pasts, severity: Severity, so: str, way_out: str) -> Finding:
    names = [past.name for past in pasts]
    counts = sorted({len(past.rows) for past in pasts})
    sprints = say_count(counts[0], "sprint") if len(counts) == 1 else f"{counts[0]} to {counts[-1]} sprints"
    each = " each" if len(counts) == 1 < len(pasts) else ""
    where = f'team "{say_name(names[0])}"' if len(names) == 1 else "history"
    sentence = f"The dates of {say_names(names)} are based on {sprints}{each}; {so}."
    return Finding(severity, where, sentence, way_out, "few sprints", tuple(names))


def _find_not_working(roadmap: Roadmap, history: History, pasts: Pasts) -> list[Finding]:
    """Teams that are named, but have nothing to do."""
    names = dict.fromkeys([*(team.name for team in roadmap.teams), *history.teams, *history.guesses])
    for past in pasts:
        names.pop(past.name, None)
    if not names:
        return []
    have = "has" if len(names) == 1 else "have"
    sentence = f"{say_names(list(names))} {have} no work on this roadmap."
    return [Finding("note", "roadmap", sentence, "Leave it so, unless work is missing.", "not working", tuple(names))]


# What the counts show ----------------------------------------------------------------------------------------------------


def _start(sprint: Sprint) -> str:
    """When a sprint began, or what it is called where it has no dates."""
    return say_date(sprint.start) if sprint.start else f"sprint {say_name(sprint.name)}"


def _ask_bulks(past: Past) -> Clue | None:
    bulks = past.odd("bulk")
    if not bulks:
        return None
    falls = 1 - past.mean_without([odd.at[0] for odd in bulks]) / past.mean
    if falls < MATTERS:
        return None
    largest = max(bulks, key=lambda odd: odd.measure)
    usual = largest.why.replace("in the sprints around it ", "")
    more = f" and {len(bulks) - 1} more" if len(bulks) > 1 else ""
    share = say_share(falls)
    return Clue(
        f"{say_name(past.name)} {_start(largest.sprints[0])} ({usual}){more}, without which the mean is {share} lower",
        falls,
    )


def _ask_carrier(past: Past) -> Clue | None:
    bulks = {odd.at for odd in past.odd("bulk")}
    for odd in past.odd("carrier"):
        falls = 1 - past.mean_without(odd.at) / past.mean
        if odd.at not in bulks:  # else it is told there
            done = say_number(odd.sprints[0].done)
            return Clue(
                f"{say_name(past.name)} {_start(odd.sprints[0])} ({done} done; without it {say_share(falls)} less)",
                falls,
            )
    return None


def _ask_shift(past: Past) -> Clue | None:
    for odd in past.odd("shift"):
        now, then = float(past.pace[list(odd.at)].mean()), odd.why.rpartition(", ")[2]
        share = abs(now / past.mean - 1)
        return Clue(
            f"{say_name(past.name)} {say_number(round(now, 1))} a sprint since {_start(odd.sprints[0])}, {then}", share
        )
    return None


def _ask_idle(past: Past) -> Clue | None:
    idle = past.odd("idle")
    if not idle:
        return None
    longest = max(idle, key=lambda odd: odd.measure)
    more = f" (and {say_count(len(idle) - 1, 'more time')})" if len(idle) > 1 else ""
    moves = past.weight([at for odd in idle for at in odd.at])
    return Clue(f"{say_name(past.name)} {len(longest.at)} sprints from {_start(longest.sprints[0])} on{more}", moves)


def _ask_rare(past: Past) -> Clue | None:
    if past.weight([at for at, done in enumerate(past.pace) if not done]) <= MOSTLY:
        return None
    newest = past.newest
    busy = int(np.count_nonzero(past.pace[-newest:]))
    which = "" if newest == len(past.rows) else "its newest "
    return Clue(f"{say_name(past.name)} in {busy} of {which}{say_count(newest, 'sprint')}", SURELY)


def _ask_fractions(past: Past) -> Clue | None:
    odd = past.odd("fraction")
    if not odd:
        return None
    return Clue(f"{say_name(past.name)} {say_count(len(odd), 'sprint')}, such as {odd[0].sprints[0].done:g}", HARDLY)


ABOUT_COUNTS = (
    Question(
        "bulk",
        "Far more done than in the sprints around it",
        "If it was a clearing-up or an import, spread the items over the sprints in which they were done, or take the row out.",
        _ask_bulks,
    ),
    Question(
        "carrier",
        "One sprint carries the mean of all",
        "If such a sprint cannot come again, take the row out.",
        _ask_carrier,
    ),
    Question(
        "idle",
        "A time in which nothing was finished counts like any other",
        "If the team did not exist or worked elsewhere then, take those rows out; if it can happen again, leave them.",
        _ask_idle,
    ),
    Question(
        "rare",
        "Anything was finished only now and then, so that dates hinge on few sprints",
        "If the team works on this all the time, count smaller things.",
        _ask_rare,
    ),
)
SHIFTS = Question(
    "shift",
    "The pace has changed, but the forecast draws from before and after alike",
    "If it is for good, look only at the sprints since: --window, or throughput in roadmap.toml.",
    _ask_shift,
)
FRACTIONS = Question(
    "fraction",
    "Counts of items that are not whole",
    'If they are points, say so: unit = "points"; sizes are rounded to whole items otherwise.',
    _ask_fractions,
)
