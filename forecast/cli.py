"""The command line: the group of all commands, and what becomes of a refusal.

Only click is loaded to show help; the rest is imported by the command that needs it.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from pathlib import Path
from typing import Any

import click

from forecast import __version__
from forecast.commands.allocate import allocate
from forecast.commands.backtest import backtest
from forecast.commands.chart import chart
from forecast.commands.check import check
from forecast.commands.commit import commit
from forecast.commands.import_files import import_files
from forecast.commands.init import init
from forecast.commands.objectives import objectives
from forecast.commands.order import order
from forecast.commands.report import report
from forecast.commands.run import run
from forecast.commands.schema import schema
from forecast.commands.what_if import what_if
from forecast.errors import Fault, Refused
from forecast.options import discard_output, say

REFUSED, STOPPED = 3, 130
FULL = (errno.ENOSPC, errno.EDQUOT)


class Door(click.Group):
    """A group of commands that tells what was refused in one line a fault, and never in a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order in which one comes to need them."""
        return list(self.commands)

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

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """All of it, with the texts of help, which are written before any command is asked for."""
        try:
            return super().main(*args, **kwargs)
        except OSError as error:
            if error.errno not in FULL:
                raise
            discard_output()
            say("There is no room left to write the output to.")
            sys.exit(REFUSED)


@click.group(cls=Door, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="forecast", message="%(prog)s %(version)s")
def cli() -> None:
    """Delivery dates, with their chances, for a roadmap that several teams share.

    \b
    forecast init mine                     a small portfolio to start from
    forecast import export.csv --out mine  or one of what your tracker exports
    forecast check mine                    what it is worth, and what looks odd
    forecast run mine                      the dates
    forecast run --help                    all that can be asked of a command

    Exit codes: 0 done, 2 wrong usage, 3 input refused, 4 a promise is below --fail-under, 1 a bug.
    """


COMMANDS = (
    init,
    import_files,
    check,
    run,
    report,
    chart,
    what_if,
    commit,
    objectives,
    allocate,
    order,
    backtest,
    schema,
)
for command in COMMANDS:
    cli.add_command(command)


def main() -> None:
    """What the `forecast` command runs."""
    nowhere = Path(os.devnull)
    sys.stdout = sys.stdout or nowhere.open("w", encoding="utf-8")
    sys.stderr = sys.stderr or nowhere.open("w", encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    cli(prog_name="forecast")
