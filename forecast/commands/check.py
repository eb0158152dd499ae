"""`forecast check`: whether the data is good enough."""

from __future__ import annotations

import json

import click

from forecast.options import announce, write

IMPOSSIBLE = 3


@click.command(short_help="How far a forecast can be trusted, and what looks wrong.")
@click.argument("folder", metavar="DIR")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of sentences.")
@click.option(
    "-q", "--quiet", is_flag=True, help="Only what is to be settled before anything is promised, and the verdict."
)
def check(folder: str, as_json: bool, quiet: bool) -> None:
    """Say how far a forecast of DIR can be trusted, and what looks wrong.

    What was read and what was read over, what a forecast will assume, what the past of each team is worth, what a careful
    colleague would point out in the roadmap, and what to do about it. The exit code is 3 only when no forecast is possible.

    \b
    forecast check data/example
    forecast check data/example -q
    forecast check data/example --json > checkup.json
    """
    from forecast import simulation
    from forecast.throughput import DEFAULT

    if not quiet and simulation.needs_compiling(DEFAULT):
        announce("engine")

    from forecast.inspection import check as inspect

    told = inspect(folder).to_dict()
    if as_json:
        write(json.dumps(told, indent=2) + "\n")
    else:
        from forecast.checklist import render

        write(render(told, is_brief=quiet))
    if not told["possible"]:
        raise click.exceptions.Exit(IMPOSSIBLE)
