"""`forecast backtest`: how often the forecasts of the past have held."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from forecast.options import Settings, announce, with_settings, write_answer

if TYPE_CHECKING:
    from forecast.actuals import Past
    from forecast.hindsight import Hindsight
    from forecast.throughput import Throughput
    from forecast.verdict import Backtest

RUNS, LEAST_RUNS, MOST_RUNS = 1000, 10, 100_000


def read_horizons(ctx: click.Context, param: click.Parameter, text: str) -> tuple[int, ...]:
    """The numbers of sprints in a list such as 3,6. Raises BadParameter for anything else."""
    counts = [each.strip() for each in text.split(",")]
    for count in counts:
        if not (count.isascii() and count.isdigit() and 1 <= int(count[:4]) <= 100):
            raise click.BadParameter("write numbers of sprints from 1 to 100, such as 3,6.", ctx, param)
    return tuple(dict.fromkeys(int(count) for count in counts))


@click.command(short_help="How often forecasts made in the past would have held.")
@click.argument("folder", metavar="DIR")
@partial(with_settings, runs=RUNS, least=LEAST_RUNS, most=MOST_RUNS)
@click.option(
    "--horizons",
    default="3,6",
    show_default=True,
    metavar="SPRINTS,...",
    callback=read_horizons,
    help="Ask how many items so many sprints bring.",
)
@click.option(
    "--warm-up",
    type=click.IntRange(1, 10_000),
    metavar="N",
    help="Sprints before the first forecast; 24 if not given, half of them for a team with less than 48.",
)
@click.option("--team", "teams", multiple=True, metavar="NAME", help="Only this team; can be given several times.")
def backtest(folder: str, horizons: tuple[int, ...], warm_up: int | None, teams: tuple[str, ...], **given: Any) -> None:
    """Find out how often forecasts made in the past of DIR would have held.

    Every past sprint is forecast from the sprints before it, and compared with what happened. With an actuals.csv in DIR
    (columns feature and done) the dates of the roadmap are compared too. DIR can also be a folder of portfolios as they
    stood on different dates.

    \b
    forecast backtest data/example
    forecast backtest data/example --throughput bootstrap --window 12
    forecast backtest data/example --team Web --horizons 1,2,4 --json
    """
    settings = Settings(**given)
    from forecast.actuals import read_past

    past = read_past(folder, clean=False if settings.keep_all else None)
    model = settings.model(past.newest.roadmap)
    if not settings.quiet:
        from forecast import simulation

        if simulation.needs_compiling(model):
            announce("engine")
    found = _backtest(past, model, settings, horizons, warm_up, teams)
    roadmaps = _look_back(past, model, settings).to_dict() if past.roadmaps else None

    from forecast.scoreboard import render

    told = found.to_dict()
    write_answer(
        settings, lambda: told | {"roadmaps": roadmaps}, found.table, lambda: render(told, roadmaps), found.notes()
    )


def _backtest(
    past: Past,
    model: Throughput,
    settings: Settings,
    horizons: tuple[int, ...],
    warm_up: int | None,
    teams: tuple[str, ...],
) -> Backtest:
    from forecast.backtesting import backtest
    from forecast.rivals import RIVALS
    from forecast.screen import progress_bar

    count = len(teams or past.history.teams)
    with progress_bar(count, not settings.quiet, "Forecasting the past", "teams") as progress:
        return backtest(
            past.history,
            models=[model, *RIVALS],
            teams=teams or None,
            horizons=horizons,
            warm_up=warm_up,
            clean=past.newest.cleans,
            levels=settings.levels,
            runs=settings.runs,
            seed=settings.seed,
            progress=progress,
        )


def _look_back(past: Past, model: Throughput, settings: Settings) -> Hindsight:
    from forecast.hindsight import look_back
    from forecast.rivals import RIVALS
    from forecast.screen import progress_bar

    with progress_bar(1, not settings.quiet, "Simulating past roadmaps", "simulations") as progress:
        return look_back(
            past.roadmaps,
            models=[model, RIVALS[0]],
            levels=settings.levels,
            runs=settings.runs,
            seed=settings.seed,
            threads=settings.threads,
            progress=progress,
        )
