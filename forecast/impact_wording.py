"""Wording of an impact: what an edit does, in sentences that can be read aloud.

Every number is taken from `Impact.to_dict()` and goes through the same function as in the table, so that they cannot differ.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from forecast.dates import WRITTEN, read_date
from forecast.errors import escape
from forecast.estimate import Estimate
from forecast.impact import Impact
from forecast.outcome import LEVELS
from forecast.phrases import say_date, say_list
from forecast.reasons import find_reasons
from forecast.tally import say_chance
from forecast.whatif import Edit, WhatIf
from forecast.wording import Told, cannot_hold, say_level

LEAST = 0.05
"""Working days below which nothing is said to move: it would be printed as 0."""

NAMED = 3
"""Broken promises that the sentence tells of at length."""

A_DATE = "its first day"

LABELS = {
    "waiting": "waiting",
    "handed_off": "until the next sprint",
    "queueing": "in the queue",
    "at_work": "being worked on",
    "delay": "after the work",
}


MOST_SLIPS, MOST_GAINS = 15, 8
"""How many features that slip, and that gain, are shown with their reasons; promises that flip are shown in any case."""


def tell(impact: Impact, what_if: WhatIf, levels: Sequence[float] = LEVELS) -> Told:
    """All that there is to say of a what-if, as plain values ready for JSON: impact, edits, reasons, and the sentence."""
    level = impact.after.roadmap.promise_level
    told = impact.to_dict(tuple(dict.fromkeys([*levels, level])))
    told["name"] = what_if.name
    told["edits"] = [edit.verb for edit in what_if.edits]
    told["edits_said"] = say_edits(what_if)
    subjects = [edit.subject for edit in what_if.edits if edit.verb in ("insert", "move")]
    if any(edit.verb == "split" for edit in what_if.edits):
        subjects += told["added"]
    told["subjects"] = [name for name in dict.fromkeys(subjects) if name in impact.after.features]
    slips, gains = find_shown(told)
    told["why"] = [reason.to_dict() for reason in find_reasons(impact, slips + gains).values()]
    told["sentence"] = say_impact(told)
    return told


def find_shown(told: Told) -> tuple[list[str], list[str]]:
    """The features that the page shows: those that slip (or break their promise), and those that gain (or keep it now)."""
    rows = {row["name"]: row for row in told["features"]}
    slips, gains = ([name for name in told[key] if moves(rows[name])] for key in ("slips", "gains"))
    broken = [name for name in told["breaks"] if name not in slips and name not in gains]
    mended = [name for name in told["mends"] if name not in slips]
    gains = list(dict.fromkeys([*mended, *gains]))
    return [*broken, *slips[: max(MOST_SLIPS, len(told["breaks"]))]], gains[: max(MOST_GAINS, len(told["mends"]))]


# Edits ------------------------------------------------------------------------------------------------------------------


def say_edits(what_if: WhatIf) -> str:
    """What is done, as the beginning of a sentence: Adding SSO at the top and dropping Search."""
    done = [say_edit(edit) for edit in what_if.edits]
    if len(done) > 3:
        return f"{escape(what_if.name)} ({len(done)} edits)" if what_if.name else f"This what-if of {len(done)} edits"
    return say_list([phrase if at == 0 else phrase[0].lower() + phrase[1:] for at, phrase in enumerate(done)])


def say_edit(edit: Edit) -> str:
    """What one edit does: Adding SSO at the top."""
    values = {key: escape(value) if isinstance(value, str) else value for key, value in edit.values.items()}
    name = escape(edit.subject)
    say = {
        "insert": lambda: f"Adding {name} {_say_place(values)}",
        "move": lambda: f"Moving {name} {_say_place(values).replace('at ', 'to ', 1)}",
        "without": lambda: f"Dropping {name}",
        "replace": lambda: f"Replacing {name}",
        "resize": lambda: f"Changing {name} to {_say_size(values)}",
        "split": lambda: f"Splitting off {name}",
        "link": lambda: f"Making {name} wait for {_say_after(edit.values['after'])}",
        "unlink": lambda: f"Letting {name} start without {values['after']}",
        "set_due": lambda: (
            f"Taking the due date from {name}"
            if values["due"] is None
            else f"Moving the due date of {name} to {_say_day(values['due'])}"
        ),
        "staff": lambda: f"{_say_staff(name, values)}{_say_span(values)}",
        "lend": lambda: (
            f"Lending {values['people']:g} of the {values['of']:g} people of {name} to {values['to']}{_say_span(values)}"
        ),
        "set_wip": lambda: f"Letting {name} work on {_count(values['wip'], 'part')} at a time",
        "set_allocation": lambda: _say_allocation(name, values["allocation"]),
    }
    return str(say[edit.verb]())


def _say_place(values: dict[str, Any]) -> str:
    if values.get("expedite"):
        return "at the top and ahead of what is in flight"
    for where in ("above", "below"):
        if values.get(where):
            return f"{where} {values[where]}"
    rank = values.get("rank")
    return "at the bottom" if rank is None else "at the top" if rank == 1 else f"at rank {rank}"


def _say_size(values: dict[str, Any]) -> str:
    if values.get("factor") is not None:
        return f"{say_level(values['factor'])} of its size"
    size = values["size"]
    if isinstance(size, Estimate):
        size = [size.low, size.likely, size.high]
    listed = size if isinstance(size, Sequence) else [size]
    return "a size of " + ", ".join(f"{number:g}" for number in listed)


def _say_after(after: Any) -> str:
    if isinstance(after, str):
        return escape(after)
    return escape(after.feature if after.team is None else f"{after.feature}/{after.team}")


def _say_staff(name: str, values: dict[str, Any]) -> str:
    if values.get("factor") is not None:
        return f"Changing the capacity of {name} to {say_level(values['factor'])}"
    people, of = values["people"], values["of"]
    if people < 0:
        return f"Taking {-people:g} of the {of:g} people of {name} away"
    return f"Adding {people:g} to the {of:g} people of {name}"


def _say_day(day: Any) -> str:
    """A day as it is read everywhere, or the end of a quarter."""
    if isinstance(day, str) and not WRITTEN.fullmatch(day.strip()):
        return f"the end of {day.strip().upper()}"
    return say_date(read_date(day, "edit"))


def _say_span(values: dict[str, Any]) -> str:
    until = f" until {_say_day(values['end'])}" if values.get("end") else ""
    ramp = f", at full pace after {values['ramp_days']} days" if values.get("ramp_days") else ""
    return f" from {_say_day(values['start'])}{until}{ramp}"


def _say_allocation(name: str, shares: Any) -> str:
    if shares is None:
        return f"Taking the split between objectives from {name}"
    listed = say_list([f"{say_level(share)} {escape(objective)}" for objective, share in shares.items()])
    return f"Splitting the capacity of {name} into {listed}"


# Numbers ----------------------------------------------------------------------------------------------------------------


def say_number(days: float | None) -> str:
    """A number of working days: whole from 3 on, else with one decimal."""
    if days is None:
        return "?"
    return f"{abs(days):.0f}" if abs(days) >= 2.95 else f"{abs(days):.1f}".removesuffix(".0")


def say_days(days: float | None) -> str:
    """9 working days."""
    return f"{say_number(days)} working {'day' if say_number(days) == '1' else 'days'}"


def say_slip(row: Told, runs: int) -> str:
    """The mean slip of a feature as the table shows it: +9, -1.2, or how many runs lose their finish."""
    slip = row["slip"]
    if slip is None:
        return "new" if row["change"] == "added" else "dropped"
    if slip["mean"] is None:
        lost, won = (say_chance(slip[key], runs) for key in ("lost", "won"))
        return f"won in {won}" if slip["lost"] < slip["won"] else f"lost in {lost}"
    return f"{'-' if slip['mean'] < 0 else '+'}{say_number(slip['mean'])}" if moves(row) else "0"


def say_chance_when(row: Told, when: str, runs: int) -> str:
    """The chance of a feature's due date, before or after; empty when it has none."""
    if row[f"chance_{when}"] is None:
        return ""
    return "never" if is_hopeless(row, when) else say_chance(row[f"chance_{when}"], runs, row[f"certain_{when}"])


def is_hopeless(row: Told, when: str) -> bool:
    """Whether no future keeps its due date, before or after."""
    return cannot_hold({key: row[f"{key}_{when}"] for key in ("overdue", "certain", "never")})


def say_all_hold(told: Told, when: str) -> str:
    """The chance that all promises hold together, before or after; empty when nothing is promised."""
    chance = told["portfolio"][f"all_hold_{when}"]
    if chance is None:
        return ""
    if any(row[f"is_promise_{when}"] and is_hopeless(row, when) for row in told["features"]):
        return "never"
    return say_chance(chance, told["provenance"]["runs"])


def moves(row: Told) -> bool:
    """Whether a feature that both roadmaps have moves by as much as would be printed."""
    slip = row["slip"]
    return slip is not None and (slip["mean"] is None or abs(slip["mean"]) >= LEAST)


def _count(number: Any, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


# The sentence -----------------------------------------------------------------------------------------------------------


def say_impact(told: Told) -> str:
    """What an edit does in one sentence that a manager can say."""
    rows = {row["name"]: row for row in told["features"]}
    runs, level = told["provenance"]["runs"], told["provenance"]["promise_level"]
    clauses = [*_say_breaks(told, rows, runs), *_say_mends(told, rows, runs)]
    if not clauses:
        clauses = [*_say_most(told, rows)]
    delivery: str = _say_delivery(told, rows, level)
    last = _say_flips(told)
    if delivery:
        return "; ".join([f"{told['edits_said']}{delivery}", *clauses, last]) + "."
    return f"{told['edits_said']}: {'; '.join([*clauses, last])}."


def _say_delivery(told: Told, rows: dict[str, Told], level: float) -> str:
    """When what is inserted or moved is delivered; empty when nothing is."""
    wanted = [rows[name] for name in told["subjects"] if name in rows]
    if not wanted:
        return ""
    key, runs = f"{level:g}", told["provenance"]["runs"]
    said = []
    for row in wanted:
        it = "it" if len(told["edits"]) == 1 else escape(row["name"])
        date = row["dates_after"][key]
        promise = ""
        if row["is_promise_after"] and row["flip"] is None:
            chance, due = say_chance_when(row, "after", runs), say_date(row["due_after"])
            promise = f" and keeps its promise of {due} ({chance})"
            if not row["holds_after"]:
                chance = "can never be kept" if is_hopeless(row, "after") else f"has only a chance of {chance}"
                promise = f", {'but' if date else 'and'} its own promise of {due} {chance}"
        if date is None:
            said.append(f"gives {it} no date at {say_level(level)}{promise}")
        else:
            slip = row["slip"]
            sooner = ""
            if slip and slip["mean"] is not None and moves(row):
                sooner = f", {say_days(slip['mean'])} {'earlier' if slip['mean'] < 0 else 'later'}"
                sooner += "," if promise.startswith(" and") else ""
            said.append(f"delivers {it} by {say_date(date)} ({say_level(level)}){sooner}{promise}")
    return " " + say_list(said)


def _say_breaks(told: Told, rows: dict[str, Told], runs: int) -> Iterator[str]:
    names = [name for name in [*told["slips"], *told["breaks"]] if name in told["breaks"]]
    names = list(dict.fromkeys(names))
    for name in names[:NAMED]:
        row = rows[name]
        slips = f" {_say_slips(row, runs)} and" if moves(row) else ":"
        if is_hopeless(row, "after"):
            falls = f"can never be kept ({say_chance_when(row, 'before', runs)} before)"
        else:
            falls = f"falls from {say_chance_when(row, 'before', runs)} to {say_chance_when(row, 'after', runs)}"
        if row["due_before"] != row["due_after"]:
            over = ", before the forecast starts" if row["overdue_after"] else ""
            dues = f"from {say_date(row['due_before'])} to {say_date(row['due_after'])}{over}"
            yield f"{escape(name)}{slips} its promise, moved {dues}, {falls}"
        else:
            yield f"{escape(name)}{slips} its {say_date(row['due_after'])} promise {falls}"
    if len(names) > NAMED:
        others = [f"{escape(name)} ({say_chance_when(rows[name], 'after', runs)})" for name in names[NAMED:]]
        yield f"{_count(len(others), 'more promise')} {'breaks' if len(others) == 1 else 'break'}: {say_list(others)}"


def _say_mends(told: Told, rows: dict[str, Told], runs: int) -> Iterator[str]:
    for name in told["mends"][:NAMED]:
        row = rows[name]
        change = f"from {say_chance_when(row, 'before', runs)} to {say_chance_when(row, 'after', runs)}"
        yield f"the {say_date(row['due_after'])} promise of {escape(name)} rises {change} and now holds"
    if len(told["mends"]) > NAMED:
        others = [f"{escape(n)} ({say_chance_when(rows[n], 'after', runs)})" for n in told["mends"][NAMED:]]
        yield f"{_count(len(others), 'more promise')} now {'holds' if len(others) == 1 else 'hold'}: {say_list(others)}"


def _say_slips(row: Told, runs: int) -> str:
    slip = row["slip"]
    if slip["mean"] is None:
        if slip["lost"] < slip["won"]:
            return f"is finished in {_share(slip['won'], runs)} more"
        return f"is no longer finished in {_share(slip['lost'], runs)}"
    return f"{'slips' if slip['mean'] > 0 else 'gains'} {say_days(slip['mean'])}"


def _share(share: float, runs: int) -> str:
    """12 % of runs, or 1 of 9 runs."""
    return say_chance(share, runs) + ("" if runs < 10 else " of runs")


def _say_most(told: Told, rows: dict[str, Told]) -> Iterator[str]:
    """Who slips most, or gains most, where no promise flips."""
    runs = told["provenance"]["runs"]
    wanted = {*told["subjects"]}

    def size(row: Told) -> float:
        mean = row["slip"]["mean"]
        return math.inf if mean is None else abs(float(mean))

    are_known = all(row["slip"]["mean"] is not None for row in rows.values() if row["slip"])
    most = ", more than any other" if are_known else ""
    later = [rows[name] for name in told["slips"] if moves(rows[name]) and name not in wanted]
    earlier = [rows[name] for name in told["gains"] if moves(rows[name]) and name not in wanted]
    if later:
        worst = max(later, key=size)
        yield f"{escape(worst['name'])} {_say_slips(worst, runs)}{most if len(later) > 1 else ''}"
    if earlier and not later:
        best = max(earlier, key=size)
        yield f"{escape(best['name'])} {_say_slips(best, runs)}{most if len(earlier) > 1 else ''}"
    if not later and not earlier:
        yield "nothing else moves" if wanted else "nothing moves"


def _say_flips(told: Told) -> str:
    if not told["portfolio"]["promises_before"]:
        return "nothing was promised before" if told["portfolio"]["promises_after"] else "nothing is promised"
    return "no other promise flips" if told["breaks"] or told["mends"] else "no promise flips"


# Why --------------------------------------------------------------------------------------------------------------------


def say_reason(row: Told, reason: Told, runs: int) -> str:
    """Why a feature is later or earlier, in one sentence: the largest of what its time went to, and for what or whom."""
    slip = row["slip"]
    if slip["mean"] is None:
        return f"{escape(row['name'])} {_say_slips(row, runs)}."
    means = {kind: reason[kind] or 0.0 for kind in ("waiting", "handed_off", "queueing", "delay")}
    means["at_work"] = (reason["shared"] or 0.0) + (reason["worked"] or 0.0)
    least = max(LEAST, 0.1 * abs(slip["mean"]))
    told = sorted((kind for kind in means if abs(means[kind]) >= least), key=lambda kind: -abs(means[kind]))
    parts = [_say_part(kind, means[kind], reason) for kind in told]
    direction = "later" if slip["mean"] > 0 else "earlier"
    return f"{escape(row['name'])}, {say_days(slip['mean'])} {direction}: {'; '.join(parts)}."


def _say_part(kind: str, days: float, reason: Told) -> str:
    named = {"waiting": reason["waits_for"], "queueing": reason["behind"]}.get(kind, {})
    largest = [
        (name, mean) for name, mean in named.items() if mean * days > 0 and abs(mean) >= max(LEAST, 0.2 * abs(days))
    ]
    said = f"{say_number(days)} {'more' if days > 0 else 'fewer'} {LABELS[kind]}"
    if not largest:
        return said
    word = "behind" if kind == "queueing" else "for"
    if len(largest) == 1 and abs(largest[0][1] - days) < LEAST:
        return f"{said} {word} {escape(largest[0][0]) or A_DATE}"
    names = [f"{say_number(mean)} {word} {escape(name) or A_DATE}" for name, mean in largest[:NAMED]]
    rest = days - sum(mean for _, mean in largest[:NAMED])
    if abs(rest) >= max(LEAST, 0.1 * abs(days)):
        names.append(f"{say_number(rest)}{'' if rest * days > 0 else ' fewer' if days > 0 else ' more'} {word} others")
    return f"{said}: {', '.join(names)}"


def say_oddities(told: Told) -> Iterator[str]:
    """What surprises: features above the insertion that move, features that gain, a bottom insertion that bites."""
    rows = {row["name"]: row for row in told["features"]}
    if len(told["edits"]) != 1 or len(told["subjects"]) != 1 or told["subjects"][0] not in rows:
        return
    subject = rows[told["subjects"][0]]
    if subject["change"] != "added":
        return
    name, rank = escape(subject["name"]), subject["rank_after"]
    above = [rows[each] for each in told["slips"] if moves(rows[each]) and rows[each]["rank_after"] < rank]
    if above and rank == len(told["features"]):
        yield (
            f"{name} is at the bottom and still slows others: it takes a share, a place or idle capacity of teams that work "
            f"on several things, finish what they started, or split their capacity."
        )
    elif above:
        names = say_list([escape(row["name"]) for row in above[:NAMED]] + (["others"] if len(above) > NAMED else []))
        verbs = "stands above" if len(above) == 1 else "stand above", "slips" if len(above) == 1 else "slip"
        yield (
            f"{names} {verbs[0]} {name} and still {verbs[1]}: rank protects a feature within a team that does one thing at a "
            f"time, not from what it waits for."
        )
