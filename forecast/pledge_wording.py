"""What can be promised, in sentences that can be read aloud. Names from files are made safe."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from forecast.cadence import Cadence
from forecast.commitment import Commitment, First
from forecast.errors import escape
from forecast.headroom import Headroom
from forecast.phrases import say_count, say_date, say_few, say_list, say_number, say_points, say_share
from forecast.rollup import Goal, RollUp
from forecast.tally import say_chance
from forecast.weighing import AIM, PROMISE, Line, Miss, Step

MOST_NAMED = 12
MOST_STEPS = 12
LEAST_LOSS = 0.01
LIKELY = 0.55
"""From this chance on, "as likely as not" would be too little."""

NOBODY = {"hand-off": "hand-offs and lags", "not before": "its earliest day"}
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def say_names_of(names: Sequence[str], most: int = MOST_NAMED) -> str:
    """Names from files in a sentence, the first of very many."""
    return say_few([escape(name) for name in names], most)


def say_promise(commitment: Commitment) -> Iterator[str]:
    """What is promised and how sure it is, and why that is another figure than one would guess."""
    day, level = say_date(commitment.by), _percent(commitment.level)
    names = commitment.features
    if not names:
        yield f"Nothing can be promised by {day} at {level}: {_say_likeliest(commitment)}."
        return
    chance = _say_joint(commitment, commitment.chance)
    if len(names) == 1:
        yield f"By {day}, promise one feature: {escape(names[0])}. It comes true in {chance}."
    else:
        listed = say_names_of(names)
        guesses = "" if find_hopeless(commitment) else f"; {_say_guesses(commitment)}"
        yield f"By {day}, promise {say_count(len(names), 'feature')}: {listed}."
        yield f"All of them come true, together, in {chance}{guesses}."
    if not commitment.holds:
        gap = 100 * (commitment.level - commitment.chance)
        yield f"That is {say_points(gap)} below the {level} that are wanted{_say_why_below(commitment)}."
    if commitment.needs:
        what = "It takes" if len(names) == 1 else "They take"
        yield f"{what} {say_names_of(commitment.needs)} as well, which is in the chance."


def find_hopeless(commitment: Commitment) -> list[str]:
    """What is promised, because it has to be kept, and can never be done."""
    return [name for name in commitment.features if name in commitment.hopeless]


def say_alone(commitment: Commitment, row: Mapping[str, Any]) -> str:
    """The chance of a row of the commitment's table by itself."""
    return "never" if row["feature"] in commitment.hopeless else say_chance(row["chance"], commitment.runs)


def say_with(commitment: Commitment, row: Mapping[str, Any]) -> str:
    """The chance of the promise with a row of the commitment's table."""
    never = row["feature"] in commitment.hopeless or find_hopeless(commitment)
    return "never" if never else say_chance(row["together"], commitment.runs)


def _say_joint(commitment: Commitment, chance: float) -> str:
    """In how many futures all that is promised comes true, alone or with more."""
    return "no future" if find_hopeless(commitment) else _futures(say_chance(chance, commitment.runs))


def _futures(chance: str) -> str:
    if chance.endswith("runs"):
        return chance
    return f"{chance.removesuffix(' %').replace('> ', 'more than ').replace('< ', 'fewer than ')} of 100 futures"


def _say_likeliest(commitment: Commitment) -> str:
    if not commitment.nearest:
        return "no feature is ever done by then" if commitment.alone else "no feature can be promised"
    nearest = commitment.nearest[0]
    likeliest = f"the likeliest is {escape(nearest.feature)} with {say_chance(nearest.together, commitment.runs)}"
    if nearest.together < commitment.level:
        return likeliest
    return f"{likeliest}, but {say_count(commitment.forecast.runs, 'run')} are too few to choose it by; take more"


def _say_guesses(commitment: Commitment) -> str:
    """Neither the product nor the minimum is the chance of all."""
    alone = [commitment.alone[name] for name in commitment.features]
    runs = commitment.runs
    least, product = say_chance(min(alone), runs), say_chance(math.prod(alone), runs)
    if product == say_chance(commitment.chance, runs):
        return f"each by itself has {least}" + ("" if least.startswith(">") else " or more")
    return f"their own chances, from {least} up, would multiply to {product}"


def _say_why_below(commitment: Commitment) -> str:
    if find_hopeless(commitment):
        return f": {say_names_of(find_hopeless(commitment))} can never be done"
    if commitment.selected < commitment.needed:
        return ": what has to be kept is not likelier"
    return (
        f", though the runs of the choice had {say_chance(commitment.selected, commitment.runs)}: do not count on more"
    )


def say_lines(commitment: Commitment) -> Iterator[str]:
    """The three lines through the roadmap."""
    for line in commitment.lines:
        chance = _say_joint(commitment, line.chance)
        head = f"{line.name.capitalize()} ({_percent(line.level)})"
        if not line.features:
            yield f"{head}: nothing."
            continue
        worth = f", worth {say_number(line.value)}" if commitment.has_values else ""
        counted = f"{say_count(len(line.features), 'feature')}{worth}"
        why = _say_why(commitment, line)
        together = "in" if len(line.features) == 1 else "together in"
        yield f"{head}: {counted}, {together} {chance}; {why}{_say_bound(commitment, line.name)}."


def _say_why(commitment: Commitment, line: Line) -> str:
    """What a line is for, as its chance really is: fewer features than it has room for make it likelier than its name says."""
    if line.name == PROMISE:
        return "what has to be kept" if find_hopeless(commitment) else "what to promise"
    for above in commitment.lines[: commitment.lines.index(line)]:
        if set(line.features) == set(above.features):
            return f"the same as the {above.name}"
    likely = "likelier than not" if line.chance >= LIKELY else "as likely as not"
    if line.name == AIM:
        return f"what to work towards, {likely}"
    return "what it takes luck to reach" if line.chance < 0.5 else likely


def _say_bound(commitment: Commitment, name: str) -> str:
    """Where the best set was not proved: how much more a set could be worth at most."""
    line = next(each for each in commitment.lines if each.name == name)
    if line.is_best:
        return ""
    if line.bound <= line.value * (1 + 1e-9):
        return " (none is worth more)"
    most = f"{say_number(line.bound)} in value" if commitment.has_values else say_count(round(line.bound), "feature")
    gap = 100 * (line.bound - line.value) / line.bound
    return f" (found by search; {most} is a bound that no set exceeds, {max(gap, 0.1):.1f} % more)"


def say_at_least(commitment: Commitment) -> str:
    """The chance that at least k of n arrive, from all of them down to where it is nearly sure."""
    total, runs = len(commitment.features), commitment.runs
    if total < 2:
        return ""
    said = []
    for count in range(total, 0, -1):
        is_lost = count > total - len(find_hopeless(commitment))
        chance = "in no future" if is_lost else f"with {say_chance(commitment.at_least(count), runs)}"
        every = "both" if total == 2 else f"all {total}"
        said.append(f"{every} arrive by then {chance}" if count == total else f"at least {count} {chance}")
        if chance.startswith("with >") or len(said) == MOST_STEPS:
            break
    return f"Of the {total} promised, {say_list(said)}."


def say_stairs(commitment: Commitment) -> Iterator[str]:
    """What each further promise costs."""
    steps, runs = commitment.stairs, commitment.runs
    if not steps:
        return
    best = "the likeliest of each size" if commitment.are_best_stairs else "the likeliest of each size that was found"
    yield f"What each further promise costs ({best}, whatever it is worth):"
    before = 1.0
    for number, step in enumerate(steps[:MOST_STEPS], start=1):
        fewer = _whole_percent(before) - _whole_percent(step.chance)
        cost = f", {say_count(fewer, 'point')} less" if number > 1 and fewer > 0 else ""
        yield f"  {number:>2}. {_say_step(step)}: {say_chance(step.chance, runs)}{cost}"
        before = step.chance
    if len(steps) > MOST_STEPS:
        yield f"  ... down to {say_chance(steps[-1].chance, runs)} for {len(steps)}"


def _say_step(step: Step) -> str:
    line = say_names_of(step.added, 3)
    return f"{line}, without {say_names_of(step.dropped, 3)}" if step.dropped else line


def say_nearest(commitment: Commitment) -> Iterator[str]:
    """What just misses, and who holds it."""
    if not commitment.nearest:
        return
    yield "Nearest misses:" if commitment.features else "Likeliest:"
    for miss in commitment.nearest:
        yield f"  {_say_miss(commitment, miss)}."


def _say_miss(commitment: Commitment, miss: Miss) -> str:
    runs = commitment.runs
    needs = f" (and {say_names_of(miss.needs, 3)})" if miss.needs else ""
    line = f"{escape(miss.feature)}{needs}: {say_chance(miss.chance, runs)} by itself"
    if commitment.features:
        line += f", all together {say_chance(miss.together, runs)} with it"
    bound = miss.bound_by
    if bound is None:
        return line
    held = "all" if bound.share == 1 else f"{say_share(bound.share)} of"
    return f"{line}; bound by {escape(bound.name) or NOBODY[bound.kind]} ({held} futures)"


def say_headroom(rooms: Sequence[Headroom], by: dt.date) -> Iterator[str]:
    """What the promises leave of each team, in one sentence where it is remarkable."""
    full = [room.team for room in rooms if room.share > 0 and room.sure < 0.5]
    free = [room.team for room in rooms if room.share == 0 and room.capacity.any()]
    if full:
        level = _percent(rooms[0].level)
        verb = "has" if len(full) == 1 else "have"
        yield f"{say_names_of(full)} {verb} nothing left until {say_date(by)} that is sure at {level}."
    if free:
        verb = "works" if len(free) == 1 else "work"
        yield f"{say_names_of(free)} {verb} on none of it."


def say_first(first: First, commitment: Commitment) -> Iterator[str]:
    """What it buys to put the promise on top, and who pays."""
    runs = commitment.runs
    old, new = say_chance(first.before, runs), say_chance(first.after, runs)
    if first.roadmap == commitment.forecast.roadmap:
        yield "The promise stands on top of the order already."
        return
    gain = 100 * (first.after - first.before)
    moved = f"{'rises' if gain > 0 else 'falls'} from {old} to {new}" if old != new else f"stays at {new}"
    yield f"On top of the order, the chance of the promise {moved}."
    more = [name for name in first.now.features if name not in commitment.features]
    if more:
        chance = say_chance(first.now.chance, runs)
        yield f"Then {say_names_of(more)} can be promised as well: all {len(first.now.features)} together with {chance}."
    broken, mended = first.impact.breaks, first.impact.mends
    for names, when in ((broken, "no longer"), (mended, "only then")):
        if names:
            yield f"Of the due dates, {when} {'holds' if len(names) == 1 else 'hold'} {_say_dues(first, names)}."
    losers = _find_losers(first, commitment)
    if losers:
        said = [f"{escape(name)} ({say_chance(was, runs)}, then {say_chance(now, runs)})" for name, was, now in losers]
        yield f"Who pays, in the chance of being done by then: {say_few(said)}."


def _say_dues(first: First, names: Sequence[str]) -> str:
    roadmap = first.roadmap
    return say_few([f"{escape(name)} ({say_date(roadmap.feature(name).due)})" for name in names], MOST_NAMED)


def _find_losers(first: First, commitment: Commitment) -> list[tuple[str, float, float]]:
    """What is less likely done by the day, the largest loss first."""
    found = []
    after = first.impact.after
    for name, was in commitment.alone.items():
        now = after.chance(name, by=commitment.by)
        if name not in commitment.features and was - now >= LEAST_LOSS:
            found.append((name, was, now))
    return sorted(found, key=lambda each: each[2] - each[1])


def say_together(cadence: Cadence) -> str:
    """All promises of all days; empty for one day, or where nothing new is promised."""
    days = [each for each in cadence.commitments if each.features]
    if len(days) < 2:
        return ""
    chance = say_chance(cadence.together[0], days[0].runs)
    many = NUMBERS[len(days)] if len(days) < len(NUMBERS) else str(len(days))
    which = "both" if len(days) == 2 else f"all {many}"
    return f"All promises of {which} days hold, together, in {_futures(chance)}."


def say_method(commitment: Commitment) -> Iterator[str]:
    """How it was chosen, and where the figures are from."""
    runs = say_count(commitment.runs, "run")
    what = "by value" if commitment.has_values else "as many as possible, since no feature has a value"
    proved = (
        "none is worth more there"
        if commitment.lines[0].is_best
        else "a bound tells how much more a set could be worth"
    )
    needed = f"{100 * commitment.needed:.1f} %"
    yield (
        f"Chosen {what}, on {runs} (seed {commitment.forecast.seed}, where {needed} were needed: the level and a margin for "
        f"luck); {proved}."
    )
    if commitment.unvalued:
        yield say_unvalued(commitment.unvalued, commitment.values[commitment.unvalued[0]])
    fresh = f"{say_count(commitment.runs, 'fresh run')} (seed {commitment.certified.seed})"
    se = min(max(0.1, 200 * commitment.chance_se), 100)
    error = f"; that of the promise is known to within {se:.1f} points (two standard errors)"
    error = error if commitment.features else ""
    yield f"All chances are of {fresh}, on which nothing was chosen{error}."


def say_unvalued(names: Sequence[str], mean: float) -> str:
    """Which features count the mean of the others' values."""
    verbs = "has no value and counts" if len(names) == 1 else "have no value and count"
    return f"{say_names_of(names)} {verbs} {say_number(mean)}, the mean of the others."


def say_goal(goal: Goal, level: float) -> str:
    """How sure one objective is."""
    name, total = escape(goal.name), len(goal.features)
    done = f"done with {say_goal_chance(goal)}"
    if goal.certain:
        done = "certainly done" if goal.chance > 0.5 else f"done {'' if goal.never else 'by then '}in no future"
    if total == 1:
        return f"{name}: its one feature is {done}"
    sure = f"{_percent(level)} sure of {goal.count(level) or 'none'} of them"
    worth = f" and of {math.floor(100 * goal.share(level) + 1e-9)} % of the value"
    which = "both" if total == 2 else f"all {total}"
    return f"{name}: {which} features are {done}; {sure}{worth}"


def say_goal_chance(goal: Goal) -> str:
    """The chance that all of one objective is done by the day."""
    return "never" if goal.never else say_chance(goal.chance, goal.runs, goal.certain)


def say_roll_up(rollup: RollUp) -> Iterator[str]:
    """How sure each objective is, one sentence each."""
    if not rollup.goals:
        yield "No feature serves an objective; name it in `objective`."
    for goal in rollup.goals:
        yield f"{say_goal(goal, rollup.level)}."
    if rollup.others and rollup.goals:
        yield f"{say_count(len(rollup.others), 'feature')} {'serves' if len(rollup.others) == 1 else 'serve'} no objective."


def _whole_percent(chance: float) -> int:
    """As it is printed: rounded down, and never all."""
    return min(int(100 * chance + 1e-9), 99)


def _percent(level: float) -> str:
    return f"{100 * level:g} %"
