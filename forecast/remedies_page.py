"""The page of remedies: how things stand, what is enough and what each gives up, with its dates, or that nothing is."""

from __future__ import annotations

from collections.abc import Iterator

from forecast.errors import escape
from forecast.impact_wording import say_edit, say_edits
from forecast.menu import Menu
from forecast.outcome import Forecast
from forecast.page import Page, fill_table
from forecast.phrases import say_count, say_date, say_list, say_number, say_points
from forecast.remedy import Outlook, Remedies, Remedy
from forecast.tally import say_chance
from forecast.whatif import WhatIf
from forecast.wording import say_level, say_provenance


def render_remedies(remedies: Remedies, base: Forecast, what_if: WhatIf) -> str:
    """How the promises stand, a row per remedy, the dates and chances of each, and what to say of it."""
    page = Page()
    page.line(say_standing(remedies, what_if))
    if remedies.found:
        page.line("")
        page.table(fill_table(_heads(remedies), [_row(remedies, at) for at in range(len(remedies.found))]))
        page.lines(_say_all_dates(remedies))
    page.line("")
    page.lines(_say_method(remedies))
    page.line("")
    page.line(say_answer(remedies), "bold")
    page.line(say_provenance(base.to_dict()), "dim")
    return page.text


def say_standing(remedies: Remedies, what_if: WhatIf) -> str:
    """How the promises stand with the what-if, and without it."""
    after, before = remedies.after, remedies.before
    them = "hold together" if len(remedies.kept) > 1 else "holds"
    dues = [f"{escape(name)} ({say_date(remedies.dues[name])})" for name in remedies.kept]
    if after.never:
        line = f"{say_edits(what_if)}: {say_list(dues)} never {them}"
    else:
        line = f"{say_edits(what_if)}: {say_list(dues)} {them} with {say_chance(after.chance, remedies.runs)}"
    if before is not None:
        line += f", without it {'never' if before.never else f'with {say_chance(before.chance, remedies.runs)}'}"
    return f"{line}; {say_level(remedies.level)} is wanted."


def say_answer(remedies: Remedies) -> str:
    """The answer in one sentence that a manager can say."""
    runs, level = remedies.runs, say_level(remedies.level)
    they = say_list([escape(name) for name in remedies.kept])
    hold = "hold together" if len(remedies.kept) > 1 else "holds"
    if not remedies.is_needed:
        return f"Nothing more is needed: {they} {hold} with {say_chance(remedies.after.chance, runs)}."
    if not remedies.found:
        return _say_nothing(remedies, they, hold)
    first = remedies.found[0]
    rank = "With the fewest edits" if first.price is None else f"Cheapest, at {say_number(first.price)}"
    line = f"{rank}: {say_remedy(first)}; then {they} {hold} with {say_chance(first.chance, runs)} ({level} is wanted)"
    return f"{line}{_say_breaks(first)}."


def say_remedy(remedy: Remedy) -> str:
    """What is done, in words: moving Ads below Search and changing Checkout to 75 % of its size."""
    bottom = len(remedy.roadmap.features)
    phrases = [
        f"Moving {escape(edit.subject)} to the bottom" if edit.values.get("rank") == bottom else say_edit(edit)
        for edit in remedy.edits
    ]
    return say_list([phrase[0].lower() + phrase[1:] for phrase in phrases])


def _say_nothing(remedies: Remedies, they: str, hold: str) -> str:
    nearest, runs = remedies.nearest, remedies.runs
    enough = "Nothing on the menu is enough" if remedies.is_complete else "Nothing that was tried is enough"
    if nearest is None:
        return f"{enough}: nothing on it can reach {they}."
    if nearest.chance <= remedies.after.chance and remedies.after.never:
        return f"{enough}: {say_list([escape(name) for name in remedies.after.never])} can never be kept."
    if nearest.chance <= remedies.after.chance:
        return f"{enough}, and nothing that was tried raises the {say_chance(remedies.after.chance, runs)} of {they}."
    came = "together they hold" if len(remedies.kept) > 1 else "it holds"
    gap = 100 * (remedies.level - nearest.chance)
    return (
        f"{enough} for {they}. Nearest came {say_remedy(nearest)}: {came} with {say_chance(nearest.chance, runs)}, "
        f"{say_points(gap)} below the {say_level(remedies.level)} that are wanted{_say_breaks(nearest)}."
    )


def _say_breaks(remedy: Remedy) -> str:
    return f"; but it breaks {say_list([escape(name) for name in remedy.breaks])}" if remedy.breaks else ""


def _heads(remedies: Remedies) -> list[str]:
    heads = ["\nRemedy", "Value\ndeferred", "Items\ncut", "Capacity\nadded"]
    return [*heads, *(["\nPrice"] if remedies.price else []), "\nTogether" if len(remedies.kept) > 1 else "\nChance"]


def _row(remedies: Remedies, at: int) -> list[str]:
    remedy = remedies.found[at]
    phrase = say_remedy(remedy)
    cost = remedy.cost
    row = [f"{at + 1}. {phrase[0].upper()}{phrase[1:]}"]
    row += [say_number(each) if each else "" for each in (cost.value, cost.items)]
    row.append(f"{say_number(cost.capacity)} teams" if cost.capacity else "")
    row += [say_number(remedy.price)] if remedy.price is not None else []
    return [*row, say_chance(remedy.chance, remedies.runs)]


def _say_all_dates(remedies: Remedies) -> Iterator[str]:
    """The dates and chances of each remedy, and what it would be without any."""
    yield ""
    yield f"Dates at {say_level(remedies.level)} and chances:"
    yield f"  as it is: {_say_dates(remedies, remedies.after)}."
    for number, remedy in enumerate(remedies.found, start=1):
        yield f"  {number}: {_say_dates(remedies, remedy.outlook)}{_say_breaks(remedy)}."


def _say_dates(remedies: Remedies, outlook: Outlook) -> str:
    said = []
    for name, date in outlook.dates.items():
        chance = "never" if name in outlook.never else say_chance(outlook.chances.get(name, 0.0), remedies.runs)
        chance = f" ({chance})" if name in outlook.chances else ""
        said.append(f"{escape(name)} {say_date(date)}{chance}")
    return ", ".join(said)


def _say_method(remedies: Remedies) -> Iterator[str]:
    """What was allowed, what was tried, and where the figures are from."""
    yield f"On the menu: {say_menu(remedies.menu)}."
    beside = f", besides {remedies.beside:,} that cannot reach these promises" if remedies.beside else ""
    fresh = f"The figures here are from {say_count(remedies.runs, 'fresh run')} (seed {remedies.seed})"
    if not remedies.is_needed:
        yield f"{fresh}."
        return
    tried = f"Of these {say_count(remedies.choices, 'edit')}{beside}, {say_count(remedies.tried, 'set')} of up to three"
    verb = "was" if remedies.tried == 1 else "were"
    trials = (
        f"{tried} {verb} tried on {say_count(remedies.screen_runs, 'run')}, {remedies.certified:,} simulated in full."
    )
    limits = "" if remedies.is_complete else " Not every set was tried: a cheaper one may exist."
    yield f"{trials}{limits}"
    yield f"{fresh}; a chance of them is known to within {_say_error(remedies)}."


def _say_error(remedies: Remedies) -> str:
    shown = [each.outlook for each in (*remedies.found, remedies.nearest) if each is not None]
    error = max([outlook.chance_se for outlook in shown], default=remedies.after.chance_se)
    return f"{max(0.1, 200 * error):.1f} points (two standard errors)"


def say_menu(menu: Menu) -> str:
    """What may be done."""
    allowed = []
    if menu.down:
        allowed.append("what is added or moved goes further down")
    if menu.defer:
        allowed.append("a feature that is not promised goes below the promises or to the bottom")
    if menu.cuts:
        allowed.append(f"a feature loses {_say_either(menu.cuts)} of its scope")
    if menu.capacity:
        start = "four weeks after the start" if menu.start is None else say_date(menu.start)
        ramp = f", reached after {menu.ramp_days} days" if menu.ramp_days else ""
        allowed.append(f"a team gains {_say_either(menu.capacity)} of its pace from {start} on{ramp}")
    return "; ".join(allowed)


def _say_either(shares: tuple[float, ...]) -> str:
    return " or ".join(say_level(share) for share in shares)
