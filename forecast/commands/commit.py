"""`forecast commit`: what can be promised by a day, together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from forecast.options import Settings, announce, read_percent, simulate, with_settings, without_levels, write_answer
from forecast.remedy_options import read_keep

if TYPE_CHECKING:
    from forecast.cadence import Cadence
    from forecast.commitment import First
    from forecast.headroom import Headroom
    from forecast.rollup import RollUp


@without_levels
@click.command(short_help="What can be promised by a day, together.")
@click.argument("folder", metavar="DIR")
@click.option(
    "--by", multiple=True, required=True, metavar="DATE", help="A day, or a quarter: Q1, 2026-Q1. As often as you like."
)
@click.option(
    "--level",
    metavar="PERCENT",
    callback=read_percent,
    help="How sure to be of all of it together; the promise_level of the roadmap if not given.",
)
@click.option("--keep", multiple=True, metavar="NAME,...", help="Features that are promised in any case.")
@click.option("--first", is_flag=True, help="Also with the promise on top of the order: what that buys, and who pays.")
@with_settings
def commit(
    folder: str, by: tuple[str, ...], level: float | None, keep: tuple[str, ...], first: bool, **given: Any
) -> None:
    """What can be promised by a day: the best set of features that are all done by then, in the same future.

    The order stays as it is. The set is chosen on some runs and certified on fresh ones, whose chances are printed.

    \b
    forecast commit data/example --by Q2
    forecast commit data/example --by 2026-06-30 --level 90 --first
    forecast commit data/example --by Q2 --by Q3 --keep "Enterprise launch"
    """
    settings = Settings(**given)
    base = simulate(folder, settings)

    from forecast import explanation
    from forecast.cadence import plan_cadence
    from forecast.commit_page import render_cadence

    if not settings.quiet and explanation.needs_compiling():
        announce("ledger")
    cadence = plan_cadence(base, by=by, level=level, keep=read_keep(keep, base.roadmap))
    write_answer(
        settings,
        lambda: tell_cadence(cadence, *look_around(cadence, first)) | {"notes": base.notes(level)},
        cadence.table,
        lambda: render_cadence(cadence, *look_around(cadence, first)),
        base.notes(level),
    )


def look_around(cadence: Cadence, first: bool) -> tuple[list[tuple[Headroom, ...]], list[RollUp], dict[int, First]]:
    """Of each day what the promises leave of the teams, and the objectives; and the promise on top, where that is asked."""
    from forecast.headroom import find_headroom
    from forecast.rollup import objectives

    days = cadence.commitments
    rooms = [find_headroom(each.certified, each.features, by=each.by, level=each.level) for each in days]
    roll_ups = [objectives(each.certified, by=each.by, level=each.level) for each in days]
    return rooms, roll_ups, {at: each.first() for at, each in enumerate(days) if first and each.features}


def tell_cadence(
    cadence: Cadence, rooms: Sequence[Sequence[Headroom]], roll_ups: Sequence[RollUp], firsts: Mapping[int, First]
) -> dict[str, Any]:
    """All of it as plain values, ready for JSON."""
    told = {"schema": 1} | cadence.to_dict()
    for at, each in enumerate(told["commitments"]):
        each["headroom"] = [room.to_dict() for room in rooms[at]]
        each["objectives"] = roll_ups[at].to_dict()["objectives"]
        each["first"] = firsts[at].to_dict() if at in firsts else None
    return told | {"provenance": cadence.commitments[0].forecast.provenance()}
