"""`forecast run`: dates per feature."""

from __future__ import annotations

import json
from typing import Any

import click

from forecast.options import Settings, read_percent, say, simulate, with_settings, write, write_table

BELOW = 4


@click.command()
@click.argument("folder", metavar="DIR")
@with_settings
@click.option(
    "--fail-under",
    metavar="PERCENT",
    callback=read_percent,
    help="Exit with code 4 when the chance of a promise is below this.",
)
def run(folder: str, fail_under: float | None, **given: Any) -> None:
    """Forecast the date of every feature in DIR.

    DIR is a folder with a roadmap.toml, or the file itself. The table goes to standard output, notes and progress to
    standard error.

    \b
    forecast run data/example
    forecast run data/example --levels 50,85 --window 12
    forecast run data/example --json > forecast.json
    forecast run data/example --fail-under 85 || echo "a promise is at risk"
    """
    settings = Settings(**given)
    forecast = simulate(folder, settings)
    told = forecast.to_dict(settings.levels)
    if settings.as_json:
        write(json.dumps(told, indent=2) + "\n")
    elif settings.as_csv:
        write_table(forecast.table(settings.levels))
    else:
        from forecast.screen import render

        write(render(told, settings.levels))
    if not settings.quiet:
        for note in told["notes"]:
            say(f"Note: {note}")
    if fail_under is not None:
        from forecast.wording import say_promises_below

        below = say_promises_below(told, fail_under)
        if below:
            say(below)
            raise click.exceptions.Exit(BELOW)
