"""The gallery: every chart of a forecast by its name, and pictures as files."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_pdf import PdfPages

from forecast.allocation import Allocation, allocate
from forecast.backtesting import backtest
from forecast.charts.canvas import STABLE_PDF, Picture, Size
from forecast.charts.curves import burn_up, s_curve
from forecast.charts.paging import Page, pages
from forecast.charts.past import throughput
from forecast.charts.quarters import allocation, commitment
from forecast.charts.roadmaps import dates, heatmap
from forecast.charts.spells import days
from forecast.charts.trust import calibration, pit
from forecast.charts.whatifs import frontier, slips
from forecast.commitment import Commitment, commit
from forecast.dates import Dateish
from forecast.errors import Fault, did_you_mean, quote
from forecast.explanation import explain
from forecast.impact import Impact, compare
from forecast.outcome import LEVELS, Forecast
from forecast.positions import Frontier
from forecast.positions import frontier as try_everywhere
from forecast.verdict import Backtest
from forecast.whatif import WhatIf

KINDS = ("png", "svg", "pdf")
MOST_PIXELS = 2**16 - 1


@dataclass(frozen=True)
class Chart:
    """A chart that can be asked for by name.

    draw : makes it; by_page : it has a row a feature, and as many pictures as these take
    needs : "feature", "team", "what_if", "by" or nothing: what has to be named; takes : what may be
    thing : makes what is drawn from the forecast (and the what-if or the day, where it takes one); None for the forecast itself
    """

    draw: Callable[..., Axes]
    what: str
    by_page: bool = False
    needs: str = ""
    takes: str = ""
    has_levels: bool = False
    thing: Callable[..., Any] | None = None


def _test_past(forecast: Forecast) -> Backtest:
    return backtest(forecast.history, models=forecast.model, seed=forecast.seed)


def _compare(forecast: Forecast, what_if: WhatIf) -> Impact:
    return compare(forecast, forecast.again(what_if.apply(forecast.roadmap)))


def _try_everywhere(forecast: Forecast, what_if: WhatIf) -> Frontier:
    if what_if.tried is None:
        raise Fault("chart frontier", f"{len(what_if.edits)} edits", "one feature is tried: add or move one")
    feature, then = what_if.tried
    return try_everywhere(forecast, feature, then=then)


def _commit(forecast: Forecast, by: Dateish) -> Commitment:
    return commit(forecast, by=by)


def _allocate(forecast: Forecast, by: Dateish) -> Allocation:
    return allocate(forecast, by=by)


CHARTS = {
    "dates": Chart(dates, "when each feature is done", by_page=True, has_levels=True),
    "heatmap": Chart(heatmap, "the chance of each feature by the end of each month", by_page=True),
    "curve": Chart(s_curve, "how sure one feature is by each day", needs="feature", takes="feature", has_levels=True),
    "burn-up": Chart(burn_up, "what the roadmap, or a team, gets done", takes="team"),
    "throughput": Chart(throughput, "what each sprint of a team finished", needs="team", takes="team"),
    "days": Chart(days, "where the days until each feature go", by_page=True, thing=explain),
    "slips": Chart(slips, "what a what-if moves", needs="what_if", takes="what_if", thing=_compare),
    "frontier": Chart(frontier, "what each rank costs", needs="what_if", takes="what_if", thing=_try_everywhere),
    "commitment": Chart(commitment, "what can be promised by a day, together", needs="by", takes="by", thing=_commit),
    "allocation": Chart(allocation, "who gets the capacity until a day", needs="by", takes="by", thing=_allocate),
    "calibration": Chart(calibration, "how often forecasts of the past held", thing=_test_past),
    "pit": Chart(pit, "where what happened fell in what was forecast", thing=_test_past),
}
"""By the names that the command line knows."""


def draw(
    name: str,
    forecast: Forecast,
    *,
    feature: str | None = None,
    team: str | None = None,
    what_if: WhatIf | None = None,
    by: Dateish | None = None,
    size: Size | None = None,
    levels: Sequence[float] = LEVELS,
) -> list[Picture]:
    """The pictures of a chart: one, or as many as its rows take.

    what_if : of "slips" and "frontier", which tries the feature that it adds or moves at every rank
    by : the day of "commitment" and "allocation"

    Raises Fault for an unknown chart, for a feature or team that it needs and is not told, or has no use for.
    """
    if name not in CHARTS:
        way_out = f"the charts are {', '.join(CHARTS)}." + did_you_mean(name, CHARTS)
        raise Fault("chart", quote(name), way_out)
    chart = CHARTS[name]
    options: dict[str, Any] = {"size": size} | ({"levels": levels} if chart.has_levels else {})
    for what, given in (("feature", feature), ("team", team), ("what_if", what_if), ("by", by)):
        if given is None and chart.needs == what:
            raise Fault(f"chart {name}", f"no {_say(what)}", _say_example(forecast, what))
        if given is not None and chart.takes != what:
            shown = f" = {quote(given)}" if isinstance(given, str) else ""
            raise Fault(f"chart {name}", f"{_say(what)}{shown}", f"it is not about one {_say(what)}; leave it out")
        if given is not None and what in ("feature", "team"):
            options[what] = given
    asked = {what: given for what, given in (("what_if", what_if), ("by", by)) if given is not None}
    thing = chart.thing(forecast, **asked) if chart.thing else forecast
    return _draw_pages(chart, thing, pages(forecast, size), options)


def _draw_pages(chart: Chart, thing: Any, found: Sequence[Page], options: dict[str, Any]) -> list[Picture]:
    if not chart.by_page:
        return [_picture_of(chart.draw(thing, **options))]
    drawn = []
    for page in found:
        title = {"title": f"{page}"} if len(found) > 1 and page.title else {}
        drawn.append(_picture_of(chart.draw(thing, features=page.features, **options, **title)))
    return drawn


def _say(what: str) -> str:
    return "day" if what == "by" else what.replace("_", "-")


def _say_example(forecast: Forecast, what: str) -> str:
    if what == "what_if":
        return "say which edits: give a what-if.toml, or a WhatIf"
    if what == "by":
        return f"say by when, such as {forecast.roadmap.start + dt.timedelta(days=90)}, or Q2"
    known = forecast.features if what == "feature" else [each.name for each in forecast.roadmap.teams]
    return f"say which {what}, such as {quote(known[0]) if known else '...'}"


def _picture_of(ax: Axes) -> Picture:
    assert isinstance(ax.figure, Picture)
    return ax.figure


def render(picture: Picture, kind: str, dpi: float | None = None) -> bytes:
    """A picture as the bytes of a PNG, SVG or PDF file; dpi : dots an inch of a PNG. Raises Fault when that is too large."""
    return render_all([picture], kind, dpi)[0]


def render_all(drawn: Sequence[Picture], kind: str, dpi: float | None = None) -> list[bytes]:
    """Pictures as files: one each, or all as the pages of one PDF."""
    if kind not in KINDS:
        raise Fault("chart", f"format = {quote(kind)}", f"a picture is {', '.join(KINDS[:-1])} or {KINDS[-1]}")
    if kind == "pdf":
        stream = io.BytesIO()
        with PdfPages(stream, metadata=STABLE_PDF) as file:
            for picture in drawn:
                picture.savefig(file, format="pdf")
        return [stream.getvalue()]
    return [_render(picture, kind, dpi) for picture in drawn]


def _render(picture: Picture, kind: str, dpi: float | None) -> bytes:
    longest = max(picture.get_size_inches()) * (dpi or picture.dpi)
    if kind == "png" and longest > MOST_PIXELS:
        raise Fault("chart", f"{longest:,.0f} dots along one side", "ask for fewer dots an inch, or for a smaller size")
    stream = io.BytesIO()
    if kind == "png":
        picture.savefig(stream, format=kind, dpi=dpi or picture.dpi, pil_kwargs={"compress_level": 4})
    else:
        picture.savefig(stream, format=kind)
    return stream.getvalue()


def say_missing(drawn: Sequence[Picture]) -> list[str]:
    """Which characters could not be drawn, in a sentence; none when all could."""
    missing = sorted(set().union(*(picture.missing for picture in drawn)))
    if not missing:
        return []
    listed = "".join(missing[:10]) + (" and others" if len(missing) > 10 else "")
    return [f"No font on this machine has {listed}: written as escapes. An SVG shows them."]
