"""`forecast init`: a small portfolio to start from."""

from __future__ import annotations

import datetime as dt
import shlex

import click

from forecast.errors import Fault, escape
from forecast.options import say


def read_start(ctx: click.Context, param: click.Parameter, text: str | None) -> dt.date | None:
    """The date of --start. Raises BadParameter when it is none."""
    from forecast.dates import read_date

    try:
        return None if text is None else read_date(text, "start")
    except Fault as fault:
        raise click.BadParameter(f"{fault.value}: {fault.way_out}.", ctx, param) from None


@click.command(short_help="Write a small portfolio to start from.")
@click.argument("folder", metavar="DIR")
@click.option("--spreadsheet", is_flag=True, help="Features and history in one workbook, portfolio.xlsx, not as CSV.")
@click.option(
    "--start", metavar="DATE", callback=read_start, help="First day of the forecast instead of next Monday: 2026-01-05."
)
def init(folder: str, spreadsheet: bool, start: dt.date | None) -> None:
    """Write a small commented portfolio into DIR, to start from.

    It can be forecast at once. Nothing that is there already is overwritten.

    \b
    forecast init mine
    forecast init mine --spreadsheet
    forecast run mine
    """
    from forecast import starter

    written = starter.init(folder, start=start, spreadsheet=spreadsheet)
    names = [escape(str(path)) for path in written]
    say(f"Wrote {', '.join(names[:-1])} and {names[-1]}.")
    say(f"Now try:  forecast run {shlex.quote(escape(folder))}")
    say("Then put in your own teams, sprints and features; the comments in roadmap.toml say what each key means.")
