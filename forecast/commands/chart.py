"""`forecast chart`: one chart as a file, for a slide or a chat."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from forecast.errors import escape
from forecast.options import Settings, say, simulate, with_settings, without_tables

NAMES = (
    "dates",
    "heatmap",
    "curve",
    "burn-up",
    "throughput",
    "days",
    "slips",
    "frontier",
    "commitment",
    "allocation",
    "calibration",
    "pit",
)
KINDS = (".png", ".svg", ".pdf")


def read_target(ctx: click.Context, param: click.Parameter, text: str) -> Path:
    """The file that is to be written; its ending says as what."""
    target = Path(text)
    if target.suffix.lower() not in KINDS:
        raise click.BadParameter(f"{escape(text)!r} has to end in .png, .svg or .pdf.", ctx, param)
    return target


@without_tables
@click.command(short_help="Draw one chart as PNG, SVG or PDF.")
@click.argument("name", metavar="NAME", type=click.Choice(NAMES))
@click.argument("folder", metavar="DIR")
@click.option("-o", "--out", required=True, metavar="FILE", callback=read_target, help="A .png, .svg or .pdf file.")
@click.option("--feature", metavar="NAME", help="Of which feature (curve).")
@click.option("--team", metavar="NAME", help="Of which team (burn-up, throughput).")
@click.option("--what-if", "edits", metavar="FILE", help="Of which what-if.toml (slips, frontier).")
@click.option("--by", metavar="DATE", help="By which day (commitment, allocation); Q2 is a quarter.")
@click.option(
    "--size",
    type=click.Choice(("slide", "half", "square")),
    help="A slide of 16:9, half of one, or a square; as large as it needs if not given.",
)
@click.option("--dpi", type=click.IntRange(40, 600), default=150, show_default=True, help="Dots an inch of a PNG.")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@with_settings
def chart(name: str, folder: str, out: Path, dpi: int, force: bool, **given: Any) -> None:
    """Draw the chart NAME of the portfolio in DIR.

    NAME is dates, heatmap, curve, burn-up, throughput, days, slips, frontier, commitment, allocation, calibration
    or pit.

    What does not fit on one picture is grouped by objective into FILE-1, FILE-2 and so on, or the pages of one PDF.

    \b
    forecast chart dates data/example -o dates.png
    forecast chart heatmap data/example -o chances.pdf --size slide
    forecast chart curve data/example --feature Checkout -o checkout.svg
    forecast chart throughput data/example --team Web -o web.png --dpi 200
    forecast chart frontier data/example --what-if sso.toml -o ranks.png
    """
    asked = {key: given.pop(key) for key in ("feature", "team", "edits", "by", "size")}
    settings = Settings(as_json=False, as_csv=False, **given)
    edits, size = asked.pop("edits"), asked.pop("size")

    from forecast.whatif import judge
    from forecast.whatif_file import read_what_if

    what_if = None if edits is None else read_what_if(edits)
    forecast = simulate(folder, settings, lambda roadmap: judge([] if what_if is None else [what_if], roadmap))

    from forecast.charts import SIZES, draw
    from forecast.charts.gallery import render_all, say_missing
    from forecast.writing import write_folder

    drawn = draw(name, forecast, what_if=what_if, size=SIZES[size] if size else None, levels=settings.levels, **asked)
    files = render_all(drawn, out.suffix[1:].lower(), dpi)
    names = [out.name] if len(files) == 1 else [f"{out.stem}-{n}{out.suffix}" for n in range(1, len(files) + 1)]
    write_folder(out.parent, dict(zip(names, files, strict=True)), force=force)
    if not settings.quiet:
        for note in [] if out.suffix.lower() == ".svg" else say_missing(drawn):
            say(f"Note: {note}")
        say("Written: " + ", ".join(escape(str(out.parent / each)) for each in names) + ".")
