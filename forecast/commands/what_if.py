"""`forecast what-if`: what an edit of the roadmap does to everything else."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from forecast.edit_options import take_edits, with_edits
from forecast.options import Settings, announce, simulate, with_settings, write_answer
from forecast.remedy_options import read_keep, take_remedies, with_remedies

if TYPE_CHECKING:
    import polars as pl

    from forecast.edit_options import EditOptions
    from forecast.feature import External, Feature
    from forecast.impact import Impact
    from forecast.remedy_options import RemedyOptions
    from forecast.roadmap import Roadmap
    from forecast.whatif import WhatIf


@click.command("what-if", short_help="What an edit of the roadmap does, to whom, and why.")
@click.argument("folder", metavar="DIR")
@with_edits
@click.option("--versus", multiple=True, metavar="FILE", help="Another what-if.toml, side by side with the first.")
@with_remedies
@with_settings
def what_if(folder: str, versus: tuple[str, ...], **given: Any) -> None:
    """What happens to the roadmap in DIR if it is edited: who slips, which promises break, who gains, and why.

    Every run is played twice with the same luck, as it is and as it would be. Several edits make one what-if; --versus lays
    others beside it.

    \b
    forecast what-if data/example --add sso.toml --rank 1
    forecast what-if data/example --drop "Loyalty points" --resize "Checkout=80%"
    forecast what-if data/example --move Search --above Checkout --capacity "Web=+1/5@2026-03-02,ramp=42"
    forecast what-if data/example --add sso.toml --everywhere
    forecast what-if data/example --add sso.toml --rank 1 --keep "Checkout,Search" --level 85
    forecast what-if data/example --edits sso-first.toml --versus sso-later.toml
    """
    options, wanted = take_edits(given), take_remedies(given)
    settings = Settings(**given)
    check_question(options, wanted, versus)
    if wanted.keep:
        write_remedies(folder, options, wanted, settings)
        return
    if options.everywhere:
        write_frontier(folder, options, settings)
        return

    from forecast.impact import compare
    from forecast.whatif import judge
    from forecast.whatif_file import read_what_if

    asked = [read_what_if(file) for file in versus]

    def read_asked(roadmap: Roadmap) -> None:
        asked[:0] = [options.what_if(roadmap)] if options.are_any else []
        judge(asked, roadmap)

    base = simulate(folder, settings, read_asked)
    impacts = [compare(base, base.again(each.apply(base.roadmap))) for each in asked]
    write_impacts(impacts, asked, settings)


def check_question(options: EditOptions, wanted: RemedyOptions, versus: tuple[str, ...]) -> None:
    """Refuses what asks nothing, or two things at a time."""
    if not (options.are_any or versus):
        raise click.UsageError("Nothing is edited; try --add FILE, --drop NAME, --move NAME or --edits FILE.")
    if options.everywhere and versus:
        raise click.UsageError("--everywhere and --versus are two questions; ask one at a time.")
    if wanted.keep and (options.everywhere or versus):
        other = "everywhere" if options.everywhere else "versus"
        raise click.UsageError(f"--keep and --{other} are two questions; ask one at a time.")


def write_frontier(folder: str, options: EditOptions, settings: Settings) -> None:
    """A feature at every rank."""
    tried: list[tuple[Feature | External | str, WhatIf]] = []
    base = simulate(folder, settings, lambda roadmap: tried.append(options.tried_everywhere(roadmap)))

    from forecast.frontier_page import render_frontier
    from forecast.positions import frontier
    from forecast.screen import progress_bar

    feature, then = tried[0]
    with progress_bar(0, not settings.quiet, "Trying", "positions") as progress:
        found = frontier(
            base,
            feature,
            then=then,
            progress=progress,
            compiling=None if settings.quiet else partial(announce, "replay"),
        )
    is_new = not isinstance(feature, str)
    about = {"provenance": base.provenance(), "notes": base.notes()}
    write_answer(
        settings,
        lambda: {"schema": 1} | found.to_dict() | about,
        found.table,
        lambda: render_frontier(found, base, is_new=is_new),
        base.notes(),
    )


def write_remedies(folder: str, options: EditOptions, wanted: RemedyOptions, settings: Settings) -> None:
    """What more it takes to keep promises."""
    menu, price = wanted.read_menu(), wanted.read_price()
    asked: list[tuple[WhatIf, list[str]]] = []

    def read_asked(roadmap: Roadmap) -> None:
        from forecast.menu import read_kept

        what_if = options.what_if(roadmap)
        edited = what_if.apply(roadmap)
        asked.append((what_if, read_keep(wanted.keep, edited)))
        read_kept(edited, asked[0][1])

    base = simulate(folder, settings, read_asked)

    from forecast.remedies_page import render_remedies
    from forecast.remedy import TRIALS, remedies
    from forecast.screen import progress_bar

    what_if, keep = asked[0]
    with progress_bar(TRIALS, not settings.quiet, "Trying", "sets of edits at most") as progress:
        found = remedies(base, what_if, keep, level=wanted.level, menu=menu, price=price, progress=progress)
    about = {"provenance": base.provenance(), "notes": base.notes(wanted.level)}
    write_answer(
        settings,
        lambda: {"schema": 1} | found.to_dict() | about,
        found.table,
        lambda: render_remedies(found, base, what_if),
        base.notes(wanted.level),
    )


def write_impacts(impacts: Sequence[Impact], asked: Sequence[WhatIf], settings: Settings) -> None:
    """What one what-if does, or several side by side."""
    from forecast.impact_page import render_impact, render_side_by_side
    from forecast.impact_wording import tell
    from forecast.reasons import needs_compiling

    if not settings.quiet and not settings.as_csv and needs_compiling():
        announce("reasons")

    def tell_all() -> list[dict[str, Any]]:
        return [tell(impact, each, settings.levels) for impact, each in zip(impacts, asked, strict=True)]

    is_one = len(impacts) == 1
    write_answer(
        settings,
        lambda: tell_all()[0] if is_one else tell_all(),
        lambda: join_tables(impacts, asked),
        lambda: render_impact(tell_all()[0], settings.levels) if is_one else render_side_by_side(tell_all()),
        dict.fromkeys(note for impact in impacts for note in impact.notes()),
    )


def join_tables(impacts: Sequence[Impact], asked: Sequence[WhatIf]) -> pl.DataFrame:
    """The table of each what-if; with its name in the first column when there are several."""
    import polars as pl

    tables = [impact.table() for impact in impacts]
    if len(tables) == 1:
        return tables[0]
    names = [each.name or f"what-if {number}" for number, each in enumerate(asked, start=1)]
    named = zip(names, tables, strict=True)
    return pl.concat([table.select(pl.lit(name).alias("what_if"), pl.all()) for name, table in named])
