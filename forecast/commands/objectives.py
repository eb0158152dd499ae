"""`forecast objectives`: how sure each objective is by a day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from forecast.options import Settings, read_percent, simulate, with_settings, without_levels, write_answer

if TYPE_CHECKING:
    import polars as pl

    from forecast.rollup import RollUp


@without_levels
@click.command(short_help="How sure each objective is by a day.")
@click.argument("folder", metavar="DIR")
@click.option(
    "--by", multiple=True, required=True, metavar="DATE", help="A day, or a quarter: Q1, 2026-Q1. As often as you like."
)
@click.option(
    "--level",
    metavar="PERCENT",
    callback=read_percent,
    help="How sure to be; the promise_level of the roadmap if not given.",
)
@with_settings
def objectives(folder: str, by: tuple[str, ...], level: float | None, **given: Any) -> None:
    """How sure each objective is by a day: all its features, at least some of them, a share of its value.

    A feature that serves several objectives counts for each, with its weight.

    \b
    forecast objectives data/example --by Q2
    forecast objectives data/example --by Q2 --by Q3 --level 90
    """
    settings = Settings(**given)
    base = simulate(folder, settings)

    from forecast.commit_page import render_roll_ups
    from forecast.rollup import objectives as roll_up

    days = dict.fromkeys(base.roadmap.read_day(each, "objectives", "by") for each in by)
    found = [roll_up(base, by=day, level=level) for day in days]
    told = {
        "schema": 1,
        "days": [{key: value for key, value in each.to_dict().items() if key != "provenance"} for each in found],
        "provenance": base.provenance(),
        "notes": base.notes(level),
    }
    write_answer(settings, lambda: told, lambda: join_tables(found), lambda: render_roll_ups(found), base.notes(level))


def join_tables(found: Sequence[RollUp]) -> pl.DataFrame:
    """The tables of all days below each other, with the day in the first column."""
    import polars as pl

    return pl.concat([each.table().select(pl.lit(each.by).alias("by"), pl.all()) for each in found])
