"""The page of an allocation: who gets the capacity and who should, why some is lost, and what enforcing the targets does.

Every number is taken from `Allocation.to_dict()`, so that page and JSON cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from forecast.allocation_wording import NAMED, NO_OBJECTIVE, REASONS, SHOWN, WORTH_NAMING, say_allocation, say_winners
from forecast.errors import escape
from forecast.impact_page import NARROW, build_slips
from forecast.impact_wording import find_shown, moves
from forecast.page import Page, fill_table
from forecast.phrases import say_date, say_list, say_share
from forecast.tally import say_chance
from forecast.wording import Told, say_level, say_provenance


def render_allocation(told: Told) -> str:
    """One page: on a terminal folded to its width and with colours, else plain and with one line a sentence."""
    page = Page()
    page.line(_say_head(told))
    page.line("")
    page.table(_build_shares(told))
    page.lines(_say_losses(told))
    if told["impact"]:
        page.line("")
        _print_impact(page, told)
    page.line("")
    page.line(say_allocation(told), "bold")
    page.line(say_provenance(told), "dim")
    return page.text


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


def _print_impact(page: Page, told: Told) -> None:
    """Dates under pure priority order and under the targets, of all that moves."""
    impact = told["impact"]
    where = "in every team" if told["are_given"] else "in the teams that have them, as the roadmap says"
    page.line(f"If the targets are enforced {where}, against pure priority order, under the same luck:")
    slips, gains = find_shown(impact)
    if slips or gains:
        page.line("")
        table = build_slips(impact, heads=("by priority", "enforced"))
        if not page.has_room(table):
            table = build_slips(impact, NARROW[0], heads=("by priority", "enforced"))
        page.table(table)
    rows = {row["name"]: row for row in impact["features"]}
    hidden = sum(moves(rows[name]) for key in ("slips", "gains") for name in impact[key]) - len(
        [name for name in slips + gains if moves(rows[name])]
    )
    if hidden:
        page.line(f"{hidden:,} more move by less: see --json.")
    page.line(say_winners(told))
