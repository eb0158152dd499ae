"""`forecast report`: a page for stakeholders, with its charts and numbers beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast.errors import escape
from forecast.options import Settings, progress_of, say, simulate, with_settings, without_tables, write

if TYPE_CHECKING:
    from forecast.report import Report


@dataclass(frozen=True)
class Asked:
    """What a report is asked to hold."""

    title: str | None
    what_ifs: tuple[str, ...]
    everywhere: bool
    by: tuple[str, ...]


@without_tables
@click.command(short_help="Write a report for the stakeholders.")
@click.argument("folder", metavar="DIR")
@click.option("--out", metavar="FOLDER", help="Where to write the page, its charts and its numbers.")
@click.option("--markdown", is_flag=True, help="Print the report as Markdown instead, for a chat or a wiki.")
@click.option(
    "--what-if", "what_ifs", multiple=True, metavar="FILE", help="A what-if.toml to report on; several side by side."
)
@click.option("--everywhere", is_flag=True, help="Try what a what-if adds or moves at every rank, too.")
@click.option("--by", multiple=True, metavar="DATE", help="Also what can be promised by a day, or a quarter: Q2.")
@click.option("--title", metavar="TEXT", help="What it is a forecast of; the name of the folder if not given.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@with_settings
def report(folder: str, out: str | None, markdown: bool, force: bool, **given: Any) -> None:
    """Write a report on the portfolio in DIR for its stakeholders.

    FOLDER/index.html is one page that needs nothing else; beside it lie forecast.json, .csv and .xlsx and every chart as PNG
    and SVG. The same inputs and seed give the same bytes.

    \b
    forecast report data/example --out reports/example
    forecast report data/example --out reports/q3 --what-if sso-first.toml --what-if sso-later.toml
    forecast report data/example --out reports/q2 --by Q2 --by Q3
    forecast report data/example --markdown
    """
    asked = Asked(**{key: given.pop(key) for key in ("title", "what_ifs", "everywhere", "by")})
    settings = Settings(as_json=False, as_csv=False, **given)
    if markdown == (out is not None):
        raise click.UsageError("Say where to write it with --out FOLDER, or print it with --markdown: one of the two.")
    if asked.everywhere and not asked.what_ifs:
        raise click.UsageError("--everywhere tries what a what-if adds or moves at every rank: give a --what-if FILE.")
    made = report_on(folder, settings, asked, has_pictures=not markdown)
    if markdown:
        write(made.markdown)
        return
    names = made.write(str(out), force=force)
    if settings.quiet:
        return
    if made.missing:
        say(
            f"Note: No font on this machine has {made.missing[:10]}: escapes in the PNGs, themselves in the SVGs and the page."
        )
    say(f"Written: {escape(str(Path(str(out)) / 'index.html'))} and {len(names) - 1} files beside it.")


def report_on(folder: str, settings: Settings, asked: Asked, has_pictures: bool) -> Report:
    """The report that was asked for; a bar tells how far it is."""
    from forecast.whatif import judge
    from forecast.whatif_file import read_what_if

    what_ifs = [read_what_if(file) for file in asked.what_ifs]
    forecast = simulate(folder, settings, lambda roadmap: judge(what_ifs, roadmap))

    from forecast.inspection import check
    from forecast.report import make_report

    checkup = check(folder, throughput=forecast.model, seed=settings.seed)
    with progress_of(settings, "Reporting") as bar:

        def tell(_: str, done: int, count: int) -> None:
            if bar is not None:
                bar(settings.runs * done // count, settings.runs)

        return make_report(
            forecast,
            title=Path(folder).resolve().name.removesuffix(".toml") if asked.title is None else asked.title,
            levels=settings.levels,
            checkup=checkup,
            what_ifs=what_ifs,
            everywhere=asked.everywhere,
            by=asked.by,
            has_pictures=has_pictures,
            progress=tell,
        )
