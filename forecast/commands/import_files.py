"""`forecast import`: from what a tracker exports to a portfolio."""

from __future__ import annotations

import datetime as dt
import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast.commands.init import read_start
from forecast.errors import Fault, escape
from forecast.live_options import check_again, read_asked, with_live_options
from forecast.options import say, write

if TYPE_CHECKING:
    from forecast.importers.account import Imported

NAMES = {"ado": "azure", "azure-devops": "azure", "actionableagile": "actionable", "csv": "items", "gh": "github"}
"""Other names of sources."""


def read_map(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """The columns that --map names. Raises BadParameter for what is no pair."""
    from forecast.importers.import_toml import read_columns

    pairs = [tuple(each.partition("=")[::2]) for each in given]
    for each, (_, column) in zip(given, pairs, strict=True):
        if not column.strip():
            raise click.BadParameter(f'{escape(each)!r} is no pair; write done="Closed Date".', ctx, param)
    try:
        return read_columns([(role, column.strip()) for role, column in pairs])
    except Fault as fault:
        raise click.BadParameter(f"{fault.value}: {fault.way_out}", ctx, param) from None


@click.command("import", short_help="Make a portfolio of what a tracker exports or holds.")
@click.argument("what", metavar="[SOURCE] FILE...|URL", nargs=-1)
@click.option("--out", metavar="DIR", help="Folder to write; made when absent.")
@click.option("--again", metavar="DIR", help="Import into DIR once more, as its import.toml says.")
@click.option(
    "--map",
    "columns",
    metavar="WHAT=COLUMN",
    multiple=True,
    callback=read_map,
    help='Which column tells what: done="Closed Date".',
)
@click.option(
    "--team", metavar="WAY", help="Who did it: team, project, area, file, label:team/, column:Squad, one:Web."
)
@click.option(
    "--feature",
    metavar="WAY",
    help="What it belongs to: parent, project, version, label:epic/, column:Goal, self, none.",
)
@click.option("--dates", type=click.Choice(["day", "month"]), help="What comes first in dates like 03/04/2026.")
@click.option("--sprint-days", type=click.IntRange(1, 366), help="Calendar days of a stretch of throughput (14).")
@click.option("--points", is_flag=True, help="Count points of the estimates instead of items.")
@click.option(
    "--start",
    metavar="DATE",
    callback=read_start,
    help="First day of the forecast, not the working day after the newest one in the files.",
)
@with_live_options
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@click.option("--json", "as_json", is_flag=True, help="Print all that was found as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="Only say what was written.")
def import_files(
    what: tuple[str, ...], out: str | None, again: str | None, as_json: bool, quiet: bool, **given: Any
) -> None:
    """Make a portfolio of files that a tracker exported, or of what the tracker itself holds.

    SOURCE is jira, azure, linear, github, lighthouse, actionable, items (any table of items) or throughput; without it the files
    say what they are. What is taken for a team, a feature, done and so on stands in DIR/import.toml, to be changed.

    \b
    forecast import jira export.csv --out mine
    forecast import issues.json --out mine
    forecast import tickets.xlsx --out mine --map done="Closed Date" --map team=Squad
    forecast import jira https://company.atlassian.net --query 'project = WEB' --out mine
    forecast import --again mine --force
    """
    from forecast.trackers import live

    if (again is None) == (out is None) or (again is not None and what) or (out is not None and not what):
        raise click.UsageError("Name the files and --out DIR, or --again DIR alone.")
    note = (lambda line: None) if quiet else say
    if again is not None:
        check_again(given)
        imported = live.import_again(again, force=given["force"], token_file=given["token_file"], note=note)
    else:
        imported = _import(*_find_source(what), out or "", given, note)
    told = imported.to_dict()
    if as_json:
        write(json.dumps(told, indent=2) + "\n")
    elif not quiet:
        from forecast.import_page import render

        write(render(told))
    say(f"Wrote {', '.join(each.name for each in imported.files)} in {escape(out or again or '')}.")
    say(f"Now try:  forecast check {shlex.quote(escape(out or again or ''))}")


def _import(
    source: str, files: tuple[str, ...], out: str, given: dict[str, Any], note: Callable[[str], None]
) -> Imported:
    """Imports what was named for the first time: files, or a tracker."""
    from forecast.importers import bring
    from forecast.trackers import live

    decided = {"start": given["start"], "chosen": _choose(given), "force": given["force"]}
    asked = read_asked(source, files, given)
    if asked is not None:
        return live.import_live(**asked, out=out, note=note, **decided)
    return bring.import_files(files, out, source=source, columns=given["columns"], **decided)


def _find_source(what: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The source, when the first word is one and no file of that name is there, and the files."""
    from forecast.importers.layout import SOURCES

    name = NAMES.get(what[0].casefold(), what[0].casefold())
    if name in SOURCES and not Path(what[0]).exists():
        if len(what) == 1:
            raise click.UsageError(f"Name the files of {name} too.")
        return name, what[1:]
    return "", what


def _choose(given: dict[str, Any]) -> dict[str, str | int | dt.date]:
    """What was decided on the command line, as fields of a mapping."""
    chosen = {key: given[key] for key in ("team", "feature", "dates", "sprint_days") if given[key] is not None}
    return chosen | ({"unit": "points"} if given["points"] else {})
