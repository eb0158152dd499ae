"""`forecast order`: a better priority order for a stated aim."""

from __future__ import annotations

from typing import Any

import click

from forecast.options import Settings, simulate, with_settings, without_levels, write_answer

AIMS = ("value", "delay", "promises")


@without_levels
@click.command(short_help="Search for a better priority order.")
@click.argument("folder", metavar="DIR")
@click.option(
    "--aim",
    required=True,
    type=click.Choice(AIMS),
    help="More value by a date, less cost of delay until a date, or promises kept together.",
)
@click.option("--by", metavar="DATE", help="The last day that counts, or a quarter; needed for value.")
@click.option("--pin", "pins", multiple=True, metavar="NAME", help="A feature that keeps its rank.")
@click.option(
    "--trials", type=click.IntRange(min=1, max=100_000), default=1000, show_default=True, help="Orders to try at most."
)
@with_settings
def order(folder: str, aim: str, by: str | None, pins: tuple[str, ...], trials: int, **given: Any) -> None:
    """Search for a better priority order of the features in DIR, and say what it gains and costs whom.

    Found by simulating orders with the same luck, confirmed on fresh runs. What a feature waits for stays above it.

    \b
    forecast order data/example --aim value --by 2026-09-30
    forecast order data/example --aim delay --by 2026-12-31 --pin Login --pin Checkout
    forecast order data/example --aim promises
    """
    settings = Settings(**given)
    if aim == "value" and by is None:
        raise click.UsageError("--aim value needs a date: say with --by until when the value is to be delivered.")
    forecast = simulate(folder, settings)

    from forecast.ordering import order as find_order
    from forecast.ordering_page import render_ordering
    from forecast.screen import progress_bar

    with progress_bar(trials, not settings.quiet, "Trying", "orders") as progress:
        found = find_order(forecast, aim, by=by, pins=pins, trials=trials, progress=progress)
    told = found.to_dict()
    write_answer(settings, lambda: told, found.table, lambda: render_ordering(told), told["notes"])
