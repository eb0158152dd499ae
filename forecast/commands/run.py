"""`forecast run`: dates per feature."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from forecast.options import Settings, announce, progress_of, read_percent, say, simulate, with_settings, write_answer

if TYPE_CHECKING:
    import polars as pl

    from forecast.outcome import Forecast

BELOW = 4

Table = Callable[[], "pl.DataFrame"]
"""How the table for --csv is made: late, because that loads polars."""


@click.command(short_help="Forecast the date of every feature.")
@click.argument("folder", metavar="DIR")
@with_settings
@click.option(
    "--fail-under",
    metavar="PERCENT",
    callback=read_percent,
    help="Exit with code 4 when the chance of a promise is below this.",
)
@click.option("--alone", is_flag=True, help="Also when nothing else is in the way: with only what each waits for.")
@click.option("--why", is_flag=True, help="Also where the days until each feature go, and which team binds it.")
def run(folder: str, fail_under: float | None, alone: bool, why: bool, **given: Any) -> None:
    """Forecast the date of every feature in DIR.

    DIR is a folder with a roadmap.toml, or the file itself. The table goes to standard output, notes and progress to
    standard error.

    \b
    forecast run data/example
    forecast run data/example --levels 50,85 --window 12
    forecast run data/example --alone --why --levels 85
    forecast run data/example --json > forecast.json
    forecast run data/example --fail-under 85 || echo "a promise is at risk"
    """
    settings = Settings(**given)
    forecast = simulate(folder, settings)
    told = forecast.to_dict(settings.levels)
    table: Table = partial(forecast.table, settings.levels)
    if alone:
        table = tell_alone(forecast, told, table, settings)
    if why:
        table = tell_why(forecast, told, table, settings)

    from forecast.screen import render

    write_answer(settings, lambda: told, table, lambda: render(told, settings.levels), told["notes"])
    if fail_under is not None:
        from forecast.wording import say_promises_below

        below = say_promises_below(told, fail_under)
        if below:
            say(below)
            raise click.exceptions.Exit(BELOW)


def tell_alone(forecast: Forecast, told: dict[str, Any], table: Table, settings: Settings) -> Table:
    """Adds to what is told of each feature its dates and chance when nothing else is in the way; returns the wider table."""
    with progress_of(settings, "Each alone") as progress:
        alone = forecast.alone(progress)
    levels = tuple(dict.fromkeys((*settings.levels, forecast.roadmap.promise_level)))
    for feature, other in zip(told["features"], alone.to_dict(levels)["features"], strict=True):
        feature["alone"] = {key: other[key] for key in ("chance", "chance_se", "certain", "dates", "never")}

    def wider() -> pl.DataFrame:
        import polars as pl

        columns = pl.col("chance", "chance_se", r"^p[0-9.]+$").name.prefix("alone_")
        return pl.concat([table(), alone.table(settings.levels).select(columns)], how="horizontal")

    return wider


def tell_why(forecast: Forecast, told: dict[str, Any], table: Table, settings: Settings) -> Table:
    """Adds to what is told of each feature where its days go; returns the wider table."""
    from forecast import explanation

    if not settings.quiet and explanation.needs_compiling():
        announce("ledger")
    with progress_of(settings, "Explaining") as progress:
        found = explanation.explain(forecast, progress)
    for feature, other in zip(told["features"], found.to_list(), strict=True):
        feature["why"] = {key: value for key, value in other.items() if key != "name"}

    def wider() -> pl.DataFrame:
        import polars as pl

        return pl.concat([table(), found.table().drop("feature")], how="horizontal")

    return wider
