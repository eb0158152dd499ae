"""The command line: each command parses, calls one public function, prints.

Only click is loaded to show help; the rest is imported by the command that needs it.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, TypeVar

import click

from forecast import __version__
from forecast.errors import Fault, Refused, escape

if TYPE_CHECKING:
    from forecast.outcome import Forecast
    from forecast.roadmap import Roadmap
    from forecast.throughput import Throughput

REFUSED, BELOW, STOPPED = 3, 4, 130
MOST_RUNS = 10_000_000

Command = TypeVar("Command", bound=Callable[..., Any])


class Door(click.Group):
    """A group of commands that tells what was refused in one line a fault, and never in a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command that was asked for."""
        try:
            return super().invoke(ctx)
        except (Fault, Refused) as refusal:
            say(str(refusal))
            ctx.exit(REFUSED)
        except MemoryError:
            say("There is not enough memory for this; ask for fewer --runs.")
            ctx.exit(REFUSED)
        except KeyboardInterrupt:
            say("Stopped.")
            ctx.exit(STOPPED)


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


@dataclass(frozen=True)
class Settings:
    """What every simulating command can be asked."""

    runs: int
    seed: int
    levels: tuple[float, ...]
    throughput: str | None
    window: int | None
    together: bool
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
        "--runs", type=click.IntRange(1, MOST_RUNS), default=10_000, show_default=True, help="Simulated futures."
    ),
    click.option(
        "--seed",
        type=int,
        default=0,
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
"""The options that become `Settings`."""


def with_settings(command: Command) -> Command:
    """Gives a command the options that become its `Settings`."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


@click.group(cls=Door, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="forecast", message="%(prog)s %(version)s")
def cli() -> None:
    """Delivery dates, with their chances, for a roadmap that several teams share.

    Exit codes: 0 done, 2 wrong usage, 3 input refused, 4 a promise is below --fail-under, 1 a bug.
    """


@cli.command()
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
        write(forecast.table(settings.levels).write_csv())
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


def simulate(folder: str, settings: Settings) -> Forecast:
    """The forecast that was asked for; what takes long is said on standard error."""
    from forecast.files import read

    began = time.monotonic()
    roadmap, history = read(folder)
    model = settings.model(roadmap)
    if settings.verbose:
        counts = len(roadmap.features), len(roadmap.teams), len(history.sprints)
        say("Read {} features, {} teams and {} past sprints.".format(*counts))

    from forecast import simulation
    from forecast.screen import progress_bar

    if not settings.quiet and simulation.needs_compiling():
        say("Preparing the engine for this machine (once, about 15 seconds) ...")
    with progress_bar(settings.runs, not settings.quiet) as progress:
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


def say(line: str) -> None:
    """Prints to standard error."""
    click.echo(line, err=True)


def write(text: str) -> None:
    """Prints to standard output; a reader that has seen enough (`| head`) is no fault."""
    try:
        click.echo(text, nl=False, color=True)  # whether there are colours has been decided
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main() -> None:
    """What the `forecast` command runs."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    cli(prog_name="forecast")
