"""Pictures: the charts of a report as files, and as images of its page that follow the reader's light or dark."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from matplotlib.axes import Axes

from forecast.charts.canvas import ALARM, DARK, FAINT, INK, LIGHT, MIDDLE, MUTED, PAPER, Picture
from forecast.charts.curves import burn_up, s_curve
from forecast.charts.gallery import render
from forecast.charts.paging import pages
from forecast.charts.past import throughput
from forecast.charts.quarters import allocation, commitment
from forecast.charts.roadmaps import dates, heatmap
from forecast.charts.spells import days
from forecast.charts.trust import calibration, pit
from forecast.charts.whatifs import frontier, slips
from forecast.phrases import say_date
from forecast.report.facts import Facts
from forecast.wording import holds

AT_NIGHT = {
    INK: "#e6edf3",
    MUTED: "#9da7b3",
    FAINT: "#2d343c",
    PAPER: "#14191f",
    DARK: "#cfe6f7",
    MIDDLE: "#4b9fd8",
    LIGHT: "#2a567a",
    ALARM: "#ff8a5c",
}
"""Each colour of a chart as it is on a dark page."""

MOST_CURVES = 24
MOST_TEAMS = 12
"""S-curves and teams that a report draws; `forecast chart` draws any."""

DPI = 110


@dataclass(frozen=True)
class Shot:
    """A chart of a report.

    name : of its files, without the ending; chapter : where on the page it stands; alt : what it shows, in words
    draw : draws it; is_shown : whether the page shows it, or only the folder has it
    """

    name: str
    chapter: str
    alt: str
    draw: Callable[[], Axes]
    is_shown: bool = True


def list_shots(facts: Facts) -> list[Shot]:
    """The charts of a report, in the order of its page."""
    return [
        *_of_quarters(facts),
        *_of_roadmap(facts),
        *_of_features(facts),
        *_of_what_ifs(facts),
        *_of_teams(facts),
        *_of_trust(facts),
    ]


def _of_roadmap(facts: Facts) -> Iterator[Shot]:
    forecast = facts.forecast
    found = pages(forecast)
    for number, page in enumerate(found, start=1):
        end = f"-{number}" if len(found) > 1 else ""
        of = f" ({page})" if len(found) > 1 else ""
        title = {"title": str(page)} if len(found) > 1 and page.title else {}
        options: dict[str, Any] = {"features": page.features, **title}
        yield Shot(
            f"dates{end}", "roadmap", f"When each feature is done{of}: the dates of the table as bars.",
            partial(dates, forecast, levels=facts.bars, **options),
        )  # fmt: skip
        yield Shot(
            f"heatmap{end}", "chances", f"Chance of each feature by the end of each month{of}.",
            partial(heatmap, forecast, **options), is_shown=False,
        )  # fmt: skip
        yield Shot(
            f"days{end}", "days", f"Where the working days until each feature go{of}.",
            partial(days, facts.explanation, **options),
        )  # fmt: skip
    yield Shot("burn-up", "roadmap", "How many features are done by when.", partial(burn_up, forecast))


def _of_features(facts: Facts) -> Iterator[Shot]:
    """S-curves: of promises, those that do not hold first; of the most important features where nothing is promised."""
    level, rows = facts.forecast.roadmap.promise_level, facts.told["features"]
    chosen = sorted((row for row in rows if row["is_promise"]), key=lambda row: holds(row, level)) or rows
    for row in chosen[:MOST_CURVES]:
        number = rows.index(row) + 1
        name = row["name"]
        yield Shot(
            f"curve-{number}", "features", f"How sure {name} is by each day.",
            partial(s_curve, facts.forecast, feature=name), is_shown=False,
        )  # fmt: skip


def _of_quarters(facts: Facts) -> Iterator[Shot]:
    for number, quarter in enumerate(facts.quarters, start=1):
        day = say_date(quarter.commitment.by)
        alt = f"The chance that all of so many features are done by {day}: what each further promise costs."
        yield Shot(f"commitment-{number}", f"quarter-{number}", alt, partial(commitment, quarter.commitment))
        alt = f"The share of the capacity that each objective gets until {day}, against its target."
        yield Shot(f"allocation-{number}", f"quarter-{number}", alt, partial(allocation, quarter.allocation))


def _of_what_ifs(facts: Facts) -> Iterator[Shot]:
    told_of = zip(facts.impacts, facts.told["what_ifs"], facts.frontiers, strict=True)
    for number, (impact, told, found) in enumerate(told_of, start=1):
        title = told["name"] or f"What-if {number}"
        yield Shot(
            f"what-if-{number}", f"what-if-{number}", f"What moves: {title}.",
            partial(slips, impact, title=title),
        )  # fmt: skip
        if found is not None:
            alt = f"{found.feature} at each rank: its date against the harm to the others."
            yield Shot(f"frontier-{number}", f"frontier-{number}", alt, partial(frontier, found))


def _of_teams(facts: Facts) -> Iterator[Shot]:
    forecast = facts.forecast
    busy = {team for feature in forecast.roadmap.features for team in getattr(feature, "work", ())}
    teams = [team.name for team in forecast.roadmap.teams if team.name in busy]
    for number, team in enumerate(teams[:MOST_TEAMS], start=1):
        yield Shot(
            f"throughput-{number}", f"team-{number}", f"What each sprint of {team} finished.",
            partial(throughput, forecast, team=team),
        )  # fmt: skip
        yield Shot(
            f"burn-up-{number}", f"team-{number}", f"What {team} finished, and can finish.",
            partial(burn_up, forecast, team=team),
        )  # fmt: skip


def _of_trust(facts: Facts) -> Iterator[Shot]:
    tested = facts.backtest
    if tested is not None:
        yield Shot("calibration", "trust", "How often forecasts of the past held.", partial(calibration, tested))
        yield Shot(
            "pit", "trust", "Where what happened fell in what was forecast.", partial(pit, tested), is_shown=False
        )


@dataclass(frozen=True)
class Drawn:
    """A chart as its files, and as an image of the page. missing : characters that no font here has (an SVG has them)."""

    shot: Shot
    png: bytes
    svg: bytes
    width: int
    height: int
    missing: frozenset[str]

    @property
    def source(self) -> str:
        """The image as a data URL; its colours follow the reader's choice of light or dark, but on paper."""
        return f"data:image/svg+xml;base64,{base64.b64encode(dye(self.svg.decode('utf-8')).encode()).decode('ascii')}"


def draw_shot(shot: Shot) -> Drawn:
    """Draws a chart and renders it."""
    picture = shot.draw().figure
    assert isinstance(picture, Picture)
    width, height = (round(96 * side) for side in picture.get_size_inches())
    svg, png = render(picture, "svg"), render(picture, "png", DPI)
    return Drawn(shot, png, svg, width, height, frozenset(picture.missing))


def dye(svg: str) -> str:
    """An SVG whose colours are variables, with other values on a dark screen."""
    for at, color in enumerate(AT_NIGHT):
        svg = svg.replace(color, f"var(--c{at})")
    day = "".join(f"--c{at}:{color};" for at, color in enumerate(AT_NIGHT))
    night = "".join(f"--c{at}:{color};" for at, color in enumerate(AT_NIGHT.values()))
    style = f"<style>:root{{{day}}}@media screen and (prefers-color-scheme:dark){{:root{{{night}}}}}</style>"
    start = svg.index("<defs>")
    return svg[svg.index("<svg") : start] + style + svg[start:]
