"""`forecast objectives`: how sure each objective is by a day."""

from __future__ import annotations

import json
from typing import Any

import click

from forecast.options import Settings, read_percent, say, simulate, with_settings, write, write_table


@click.command()
@click.argument("folder", metavar="DIR")
@click.option(
    "--by", multiple=True, required=True, metavar="DATE", help="A day, or a quarter: Q1, 2026-Q1. As often as you like."
)
@click.option("--level", metavar="PERCENT", callback=read_percent, help="How sure to be; else the promise_level.")
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

    from forecast.rollup import objectives as roll_up

    found = [roll_up(base, by=each, level=level) for each in dict.fromkeys(by)]
    if settings.as_csv:
        import polars as pl

        tables = [each.table() for each in found]
        days = [
            pl.Series("by", [each.by] * len(table), dtype=pl.Date) for each, table in zip(found, tables, strict=True)
        ]
        write_table(pl.concat([table.insert_column(0, day) for table, day in zip(tables, days, strict=True)]))
    elif settings.as_json:
        told = [{key: value for key, value in each.to_dict().items() if key != "provenance"} for each in found]
        write(
            json.dumps({"schema": 1, "days": told, "provenance": base.provenance(), "notes": base.notes()}, indent=2)
            + "\n"
        )
    else:
        from forecast.commit_page import render_roll_ups

        write(render_roll_ups(found))
    if not settings.quiet:
        for note in base.notes():
            say(f"Note: {note}")
