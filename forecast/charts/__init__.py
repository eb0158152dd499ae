"""Charts: one function a picture, each drawn from a finished thing, on axes that are given or on a picture of its own.

    fc.charts.dates(base).figure.savefig("dates.png")

Nothing is computed here: every number comes from the primitives of the thing that is drawn. A picture of its own is laid out
so that no label overlaps another or falls off, and is written to the same bytes every time.
"""

from __future__ import annotations

from forecast.charts.canvas import SIZES, Picture
from forecast.charts.curves import burn_up, s_curve
from forecast.charts.gallery import CHARTS, draw, render
from forecast.charts.paging import Page, pages
from forecast.charts.past import throughput
from forecast.charts.quarters import allocation, commitment
from forecast.charts.roadmaps import dates, heatmap
from forecast.charts.spells import days
from forecast.charts.trust import calibration, pit
from forecast.charts.whatifs import frontier, slips

__all__ = [
    "CHARTS",
    "SIZES",
    "Page",
    "Picture",
    "allocation",
    "burn_up",
    "calibration",
    "commitment",
    "dates",
    "days",
    "draw",
    "frontier",
    "heatmap",
    "pages",
    "pit",
    "render",
    "s_curve",
    "slips",
    "throughput",
]
