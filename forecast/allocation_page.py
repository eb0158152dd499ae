"""The page of an allocation: who gets the capacity and who should, why some is lost, and what enforcing the targets does.

Every number is taken from `Allocation.to_dict()`, so that page and JSON cannot differ.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from forecast.errors import escape
from forecast.impact_page import build_slips, fill_table, make_plain, print_line, print_table
from forecast.impact_wording import find_shown, moves, say_days
from forecast.phrases import say_date, say_list, say_share
from forecast.tally import say_chance
from forecast.wording import Told, say_level, say_provenance

REASONS = {
    "other_team": "waiting for other teams",
    "own_team": "waiting for work of its own that is held up",
    "external": "waiting for externals",
    "delay": "while lags and delays run",
    "handoff": "until its next sprint begins",
    "not_before": "until a stated day comes",
    "nothing_left": "with nothing left to do",
}
"""Why capacity is lost, in words; in the order of `ledger.Reason` but for what is no hindrance, which comes last."""

NO_OBJECTIVE, NAMED = "(no objective)", 2
SHOWN, WORTH_NAMING = 0.005, 0.01
"""Shares of capacity from which a reason is told, and what holds a team up is named."""


def render_allocation(told: Told) -> str:
    """One page: on a terminal folded to its width and with colours, else plain and with one line a sentence."""
    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
    with console.capture() as capture:
        print_line(console, _say_head(told))
        print_line(console, "")
        print_table(console, _build_shares(told))
        for line in _say_losses(told):
            print_line(console, line)
        if told["impact"]:
            print_line(console, "")
            _print_impact(console, told)
        print_line(console, "")
        print_line(console, say_allocation(told), "bold")
        print_line(console, say_provenance(told), "dim")
    return make_plain(capture.get(), console)


def _say_head(told: Told) -> str:
    return (
        f"Where the capacity goes until {say_date(told['by'])} ({told['working_days']:,} working days): the share in the "
        f"middle run, and between what shares the middle {say_level(told['band'])} of the runs lie."
    )


def _build_shares(told: Told) -> Table:
    """A group of rows per team: one for each objective that it works for or should, and one for what is lost."""
    has_targets = any(row["target"] is not None for team in told["capacity"] for row in team["objectives"])
    differs = any(
        row["enforced"] and (row["enforced"]["median"] != row["median"] or row["enforced"]["mean"] != row["mean"])
        for team in told["capacity"]
        for row in team["objectives"]
    )
    band = f"{say_level(told['band'])}\nof runs"
    heads = ["\nTeam, objective", *(["\nTarget"] if has_targets else []), "\nGets", band]
    heads += ["Target\nmet in"] if has_targets else []
    heads += ["If\nenforced", band] if differs else []
    rows: list[list[str | Text]] = []
    for team in told["capacity"]:
        rows.append([Text(_say_team(team), "bold"), *[""] * (len(heads) - 1)])
        for row in [*team["objectives"], team["lost"] | {"kind": "lost", "target": None, "chance_met": None}]:
            if row["kind"] == "lost" or row["has_work"] or row["target"] is not None:
                rows.append([*_list_cells(row, told["provenance"]["runs"], has_targets, differs)])
    return fill_table(heads, rows)


def _list_cells(row: Told, runs: int, has_targets: bool, differs: bool) -> Iterator[str]:
    names = {"lost": "lost", "no objective": NO_OBJECTIVE}
    yield f"  {names.get(row['kind']) or escape(row['objective'])}"
    is_idle = row["kind"] != "lost" and not row["has_work"]
    if has_targets:
        yield "" if row["target"] is None else say_share(row["target"])
    yield "no work" if is_idle else _say_median(row)
    yield "" if is_idle else _say_range(row)
    if has_targets:
        yield "" if is_idle or row["chance_met"] is None else say_chance(row["chance_met"], runs)
    if differs:
        yield "" if is_idle else _say_median(row["enforced"])
        yield "" if is_idle else _say_range(row["enforced"])


def _say_team(team: Told) -> str:
    return "All teams" if team["team"] is None else escape(team["team"])


def _say_median(band: Told) -> str:
    return "none" if band["median"] is None else say_share(band["median"])


def _say_range(band: Told) -> str:
    if band["median"] is None:
        return ""
    low, high = say_share(band["low"]).removesuffix(" %"), say_share(band["high"])
    return high if f"{low} %" == high else f"{low} to {high}"


def _say_losses(told: Told) -> Iterator[str]:
    """Why each team loses capacity, and for what."""
    yield ""
    yield "Why capacity is lost (shares of it, on average):"
    for team in told["capacity"]:
        yield f"  {_say_loss(team)}"


def _say_loss(team: Told) -> str:
    name, lost = _say_team(team), team["lost"]["mean"]
    verb = "lose" if team["team"] is None else "loses"
    if lost is None:
        return f"{name}: no capacity at all."
    reasons = [f"{say_share(team['reasons'][key])} {words}" for key, words in REASONS.items() if _is_told(team, key)]
    if team["team"] is None:
        reasons = [reason.replace(" its ", " their ") for reason in reasons]
    line = f"{name} {verb} {say_share(lost)}" + (f": {say_list(reasons)}." if reasons and lost >= SHOWN else ".")
    held = [each for each in team["held_by"] if each["share"] >= WORTH_NAMING and each["feature"]][:NAMED]
    if held and lost >= SHOWN:
        things = [f"{_say_thing(each)} ({say_share(each['share'])})" for each in held]
        line += f" Held up most by {say_list(things)}."
    if team["days_off"] and team["days_off"] >= SHOWN:
        line += f" Days off take away another {say_share(team['days_off'])}."
    return line


def _is_told(team: Told, key: str) -> bool:
    return bool(team["reasons"].get(key, 0.0) >= SHOWN)


def _say_thing(held: Told) -> str:
    return escape(held["feature"]) + (f"/{escape(held['team'])}" if held["team"] else "")


def _print_impact(console: Console, told: Told) -> None:
    """Dates under pure priority order and under the targets, of all that moves."""
    impact = told["impact"]
    where = "in every team" if told["are_given"] else "in the teams that have them, as the roadmap says"
    print_line(console, f"If the targets are enforced {where}, against pure priority order, under the same luck:")
    slips, gains = find_shown(impact)
    if slips or gains:
        print_line(console, "")
        table = build_slips(impact, heads=("by priority", "enforced"))
        if (
            console.is_terminal
            and table.row_count
            and sum(each.min_width or 0 for each in table.columns) > console.width
        ):
            table = build_slips(impact, is_narrow=True, heads=("by priority", "enforced"))
        print_table(console, table)
    rows = {row["name"]: row for row in impact["features"]}
    hidden = sum(moves(rows[name]) for key in ("slips", "gains") for name in impact[key]) - len(
        [name for name in slips + gains if moves(rows[name])]
    )
    if hidden:
        print_line(console, f"{hidden:,} more move by less: see --json.")
    print_line(console, say_winners(told))


def say_winners(told: Told) -> str:
    """Who gains by enforcing the targets, and who pays."""
    impact = told["impact"]
    rows = {row["name"]: row for row in impact["features"]}
    gains, slips = ([name for name in impact[key] if moves(rows[name])] for key in ("gains", "slips"))
    if not gains and not slips:
        return "Enforcing the targets moves nothing."
    best, worst = (
        max(names, key=lambda name: abs(rows[name]["slip"]["mean"] or 0.0), default=None) for names in (gains, slips)
    )
    said = []
    if best is not None:
        said.append(
            f"{len(gains):,} {'gains' if len(gains) == 1 else 'gain'}, {escape(best)} most ({_say_shift(rows[best])})"
        )
    if worst is not None:
        said.append(
            f"{len(slips):,} {'pays' if len(slips) == 1 else 'pay'}, {escape(worst)} most ({_say_shift(rows[worst])})"
        )
    flips = [
        f"{say_list([escape(name) for name in impact[key]])} {word} {'holds' if len(impact[key]) == 1 else 'hold'}"
        for key, word in (("breaks", "no longer"), ("mends", "now"))
        if impact[key]
    ]
    promises = f" Promises: {'; '.join(flips)}." if flips else " No promise flips." if _has_promises(impact) else ""
    return f"Of {len(rows):,} features {' and '.join(said)}.{promises}"


def _say_shift(row: Told) -> str:
    mean = row["slip"]["mean"]
    if mean is None:
        return "some runs no longer finish it" if row["slip"]["lost"] >= row["slip"]["won"] else "more runs finish it"
    return f"{say_days(mean)} {'later' if mean > 0 else 'earlier'}"


def _has_promises(impact: Told) -> bool:
    return bool(impact["portfolio"]["promises_before"])


def say_allocation(told: Told) -> str:
    """Who gets what, in one sentence that a manager can say."""
    whole = told["capacity"][0]
    if whole["lost"]["mean"] is None:
        return f"Until {say_date(told['by'])}, no team has any capacity."
    rows = [row for row in whole["objectives"] if row["has_work"]]
    said = [_say_share_of(row) for row in rows]
    if not said:
        return f"Until {say_date(told['by'])}, there is nothing to work on."
    idle = [row for row in whole["objectives"] if not row["has_work"] and row["target"]]
    said += [f"{escape(row['objective'])}, which no work serves, nothing of {say_share(row['target'])}" for row in idle]
    lost = f"{say_share(whole['lost']['mean'])} is lost"
    most = max((key for key in whole["reasons"]), key=lambda key: whole["reasons"][key], default=None)
    if most is not None and whole["lost"]["mean"] >= SHOWN:
        lost += f", chiefly {REASONS[most].replace(' its ', ' their ')}"
    return f"Until {say_date(told['by'])}, of all capacity {say_list(said)}; {lost}."


def _say_share_of(row: Told) -> str:
    name = "work without an objective" if row["objective"] is None else escape(row["objective"])
    target = "" if row["target"] is None else f" of the {say_share(row['target'])} it should"
    return f"{name} gets {say_share(row['mean'])}{target}"
