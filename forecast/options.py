"""What every simulating command can be asked, and how a command speaks: data to standard output, the rest to standard error."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, TypeVar

import click

from forecast.errors import Fault, escape
from forecast.values import MOST_RUNS

if TYPE_CHECKING:
    from polars import DataFrame

    from forecast.outcome import Forecast
    from forecast.roadmap import Roadmap
    from forecast.throughput import Throughput


Command = TypeVar("Command", bound=Callable[..., Any])


def read_percent(ctx: click.Context | None, param: click.Parameter | None, text: str | None) -> float | None:
    """The share that a percentage such as 85 or 97.5 stands for. Raises BadParameter for anything else."""
    if text is None:
        return None
    shown = escape(text.strip())
    try:
        percent = Decimal(text.strip().removesuffix("%"))
    except InvalidOperation:
        percent = Decimal("nan")
    if not percent.is_finite():
        raise click.BadParameter(f"{shown!r} is no percentage; write a number like 85.", ctx, param)
    if not 0 < percent <= 100:
        raise click.BadParameter(f"{shown} is out of range; a percentage is more than 0 and at most 100.", ctx, param)
    if percent < 1:
        raise click.BadParameter(f"{shown} looks like a share; write percent: {float(100 * percent):g}.", ctx, param)
    if percent != round(percent, 2):
        raise click.BadParameter(f"{shown} has too many decimals; two are more than enough.", ctx, param)
    return float(percent / 100)


def read_percents(ctx: click.Context | None, param: click.Parameter | None, text: str) -> tuple[float, ...]:
    """The shares that a list of percentages such as 50,85,95 stands for, each once."""
    shares = [read_percent(ctx, param, each) for each in text.split(",")]
    return tuple(dict.fromkeys(share for share in shares if share is not None))


def read_seed(ctx: click.Context | None, param: click.Parameter | None, text: str) -> int:
    """The seed that a text stands for: a whole number of at most 63 bits. Raises BadParameter for anything else."""
    text = text.strip()
    if not text.removeprefix("-").isdecimal():
        raise click.BadParameter(f"{escape(text[:40])!r} is not a valid integer.", ctx, param)
    if len(text) > 30 or not -(2**63) <= int(text) < 2**63:
        raise click.BadParameter(f"{text[:20]}... has too many digits; 18 are more than enough.", ctx, param)
    return int(text)


@dataclass(frozen=True)
class Settings:
    """What every simulating command can be asked."""

    runs: int
    seed: int
    levels: tuple[float, ...]
    throughput: str | None
    window: int | None
    together: bool
    keep_all: bool
    threads: int | None
    as_json: bool
    as_csv: bool
    quiet: bool
    verbose: bool

    def __post_init__(self) -> None:
        if self.as_json and self.as_csv:
            raise click.UsageError("--json and --csv both print to standard output; choose one.")
        if self.quiet and self.verbose:
            raise click.UsageError("-q and -v contradict each other; choose one.")

    def model(self, roadmap: Roadmap) -> Throughput:
        """The throughput model: the roadmap's own, unless another is named, with the settings that are given here."""
        from forecast.throughput import find_model

        try:
            chosen = find_model(self.throughput or roadmap.throughput)
            given = {"window": self.window, "together": self.together or None}
            changes = {key: value for key, value in given.items() if value is not None}
            return find_model(chosen.describe() | changes) if changes else chosen
        except Fault as fault:
            raise click.UsageError(str(fault)) from None


OPTIONS = [
    click.option(
        "--seed",
        default="0",
        metavar="INTEGER",
        callback=read_seed,
        show_default=True,
        help="Any whole number; the same seed gives the same forecast.",
    ),
    click.option(
        "--levels",
        default="50,85,95",
        show_default=True,
        metavar="PERCENT,...",
        callback=read_percents,
        help="How sure to be of a date: one column each.",
    ),
    click.option(
        "--throughput", metavar="NAME", help="Throughput model instead of the roadmap's own, such as bootstrap."
    ),
    click.option(
        "--window", type=click.IntRange(min=1), metavar="N", help="Look only at the newest N sprints of each team."
    ),
    click.option(
        "--together",
        is_flag=True,
        help="Draw the same past sprint for all teams: keeps shared holidays and incidents.",
    ),
    click.option(
        "--keep-all",
        is_flag=True,
        help="Draw every sprint of the history as it stands: nothing is left out or cut down.",
    ),
    click.option(
        "--threads",
        type=click.IntRange(min=1),
        metavar="N",
        help="Threads to use; all cores if not given. The result is the same.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print JSON instead of the table."),
    click.option("--csv", "as_csv", is_flag=True, help="Print CSV instead of the table."),
    click.option("-q", "--quiet", is_flag=True, help="No notes and no progress."),
    click.option("-v", "--verbose", is_flag=True, help="Say what was read and how long it took."),
]
"""The options that become `Settings`, beside the number of runs."""


def with_settings(command: Command, runs: int = 10_000, least: int = 1, most: int = MOST_RUNS) -> Command:
    """Gives a command the options that become its `Settings`; `runs` is how many it simulates when it is not told."""
    number = click.option(
        "--runs", type=click.IntRange(least, most), default=runs, show_default=True, help="Simulated futures."
    )
    for option in reversed([number, *OPTIONS]):
        command = option(command)
    return command


def without_tables(command: click.Command) -> click.Command:
    """Takes the options away that print a forecast as a table, from a command that writes files."""
    command.params = [param for param in command.params if param.name not in ("as_json", "as_csv")]
    return command


def without_levels(command: click.Command) -> click.Command:
    """Takes --levels out of the help of a command that shows no dates at levels; where it is given all the same, that is said."""
    for param in command.params:
        if isinstance(param, click.Option) and param.name == "levels":
            param.hidden, param.callback = True, _read_unused
    return command


def _read_unused(ctx: click.Context, param: click.Parameter, text: str) -> tuple[float, ...]:
    if ctx.get_parameter_source("levels") is not click.core.ParameterSource.DEFAULT:
        instead = (
            " How sure to be is said with --level." if any(each.name == "level" for each in ctx.command.params) else ""
        )
        say(f"Note: --levels chooses the dates of a table, of which forecast {ctx.command.name} has none.{instead}")
    return read_percents(ctx, param, text)


def simulate(folder: str, settings: Settings, judge: Callable[[Roadmap], object] | None = None) -> Forecast:
    """The forecast that was asked for; what takes long is said on standard error.

    judge : refuses what else was asked of the roadmap, before anything is simulated
    """
    from forecast.files import read_portfolio

    began = time.monotonic()
    portfolio = read_portfolio(folder, clean=False if settings.keep_all else None)
    roadmap, history = portfolio.roadmap, portfolio.history
    if not settings.quiet:
        for ignored in portfolio.ignored:
            if not ignored.is_noted:
                say(f"Note: {ignored}")
    model = settings.model(roadmap)
    if judge is not None:
        judge(roadmap)
    if settings.verbose:
        counts = len(roadmap.features), len(roadmap.teams), len(history.sprints)
        say("Read {} features, {} teams and {} past sprints.".format(*counts))
        for file, found in portfolio.sources:
            say(f"  {file}: {found}")

    from forecast import simulation

    if not settings.quiet and simulation.needs_compiling(model):
        announce("engine")
    with progress_of(settings, "Simulating") as progress:
        forecast = simulation.simulate(
            roadmap,
            history,
            runs=settings.runs,
            seed=settings.seed,
            throughput=model,
            threads=settings.threads,
            progress=progress,
        )
    if settings.verbose:
        say(f"Simulated {forecast.runs:,} runs; {time.monotonic() - began:.1f} seconds in all.")
    return forecast


def progress_of(settings: Settings, what: str) -> AbstractContextManager[Callable[[int, int], None] | None]:
    """What tells how far something has come that goes through all runs; None when nobody wants to know."""
    from forecast.screen import progress_bar

    return progress_bar(settings.runs, not settings.quiet, what)


COMPILING = {"engine": 30, "ledger": 10, "reasons": 15, "replay": 35}
"""What is compiled when it is first needed, and about how many seconds that takes."""


def announce(what: str) -> None:
    """Says that something of COMPILING is compiled now, so that the wait does not look like a fault."""
    say(f"Preparing the {what} for this machine (once, about {COMPILING[what]} seconds) ...")


def say(line: str) -> None:
    """Prints to standard error."""
    click.echo(line, err=True)


def write(text: str) -> None:
    """Prints to standard output; a reader that has seen enough (`| head`) is no fault."""
    try:
        click.echo(text, nl=False, color=True)  # whether there are colours has been decided
        sys.stdout.flush()
    except BrokenPipeError:
        discard_output()


def discard_output() -> None:
    """Lets go what is still to be printed, where it cannot be."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write_answer(
    settings: Settings,
    told: Callable[[], Any],
    table: Callable[[], DataFrame],
    page: Callable[[], str],
    notes: Iterable[str],
) -> None:
    """Prints an answer in the form that was asked for, and its notes to standard error.

    told, table, page : what makes the plain values for JSON, the table for CSV and the page; one of them is called
    """
    if settings.as_json:
        write(json.dumps(told(), indent=2) + "\n")
    elif settings.as_csv:
        write_table(table())
    else:
        write(page())
    if not settings.quiet:
        for note in notes:
            say(f"Note: {note}")


def write_table(table: DataFrame) -> None:
    """Prints a table as CSV. A text that a spreadsheet would take for a formula gets an apostrophe before it."""
    from forecast.writing import as_csv

    write(as_csv(table))
