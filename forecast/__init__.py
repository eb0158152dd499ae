"""Probabilistic delivery dates for a roadmap that several teams share.

    roadmap, history = read("data/example")
    base = simulate(roadmap, history)
    print(base.table())

Names are loaded on first use (PEP 562): importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    # what people name
    "Roadmap": "roadmap",
    "Team": "team",
    "Capacity": "team",
    "Feature": "feature",
    "Part": "feature",
    "External": "feature",
    "After": "feature",
    "Risk": "feature",
    "Estimate": "estimate",
    "Edit": "whatif",
    "WhatIf": "whatif",
    "History": "history",
    "Sprint": "history",
    "Item": "items",
    "count_items": "items",
    # how growth is learned
    "Learned": "growth",
    "Look": "looks",
    "find_looks": "retrospect",
    "learn": "looks",
    # how throughput is drawn
    "Bootstrap": "throughput",
    "Drift": "drift",
    # from files to answers
    "init": "starter",
    "import_again": "trackers.live",
    "import_files": "importers.bring",
    "import_live": "trackers.live",
    "Imported": "importers.account",
    "read": "files",
    "make_report": "report",
    "Report": "report",
    "roadmap_schema": "json_schema",
    "simulate": "simulation",
    "how_many": "counting",
    "compare": "impact",
    "read_what_if": "whatif_file",
    "Impact": "impact",
    "Slip": "slip",
    "frontier": "positions",
    "Frontier": "positions",
    "Position": "positions",
    "remedies": "remedy",
    "Remedies": "remedy",
    "Remedy": "remedy",
    "Menu": "menu",
    "allocate": "allocation",
    "Allocation": "allocation",
    "order": "ordering",
    "Ordering": "ordering",
    "Move": "route",
    "find_reasons": "reasons",
    "Reason": "reasons",
    "Forecast": "outcome",
    "HowMany": "tally",
    # what to promise
    "commit": "commitment",
    "Commitment": "commitment",
    "plan_cadence": "cadence",
    "Cadence": "cadence",
    "find_headroom": "headroom",
    "Headroom": "headroom",
    "objectives": "rollup",
    "RollUp": "rollup",
    "Goal": "rollup",
    # whether the data is good enough
    "check": "inspection",
    "Checkup": "checkup",
    "Finding": "finding",
    "explain": "explanation",
    "Explanation": "explanation",
    # how right it has been
    "backtest": "backtesting",
    "Backtest": "verdict",
    "look_back": "hindsight",
    "Hindsight": "hindsight",
    "PastRoadmap": "hindsight",
    "read_past": "actuals",
    "MeanRate": "rivals",
    "Poisson": "rivals",
    # what goes wrong
    "Fault": "errors",
    "Refused": "errors",
}

_MODULES = ("charts",)
"""Modules that are public as they are."""

__all__ = [
    "After",
    "Allocation",
    "Backtest",
    "Bootstrap",
    "Cadence",
    "Capacity",
    "Checkup",
    "Commitment",
    "Drift",
    "Edit",
    "Estimate",
    "Explanation",
    "External",
    "Fault",
    "Feature",
    "Finding",
    "Forecast",
    "Frontier",
    "Goal",
    "Headroom",
    "Hindsight",
    "History",
    "HowMany",
    "Impact",
    "Imported",
    "Item",
    "Learned",
    "Look",
    "MeanRate",
    "Menu",
    "Move",
    "Ordering",
    "Part",
    "PastRoadmap",
    "Poisson",
    "Position",
    "Reason",
    "Refused",
    "Remedies",
    "Remedy",
    "Report",
    "Risk",
    "Roadmap",
    "RollUp",
    "Slip",
    "Sprint",
    "Team",
    "WhatIf",
    "__version__",
    "allocate",
    "backtest",
    "charts",
    "check",
    "commit",
    "compare",
    "count_items",
    "explain",
    "find_headroom",
    "find_looks",
    "find_reasons",
    "frontier",
    "how_many",
    "import_again",
    "import_files",
    "import_live",
    "init",
    "learn",
    "look_back",
    "make_report",
    "objectives",
    "order",
    "plan_cadence",
    "read",
    "read_past",
    "read_what_if",
    "remedies",
    "roadmap_schema",
    "simulate",
]

if TYPE_CHECKING:
    from forecast import charts as charts
    from forecast.actuals import read_past
    from forecast.allocation import Allocation, allocate
    from forecast.backtesting import backtest
    from forecast.cadence import Cadence, plan_cadence
    from forecast.checkup import Checkup
    from forecast.commitment import Commitment, commit
    from forecast.counting import how_many
    from forecast.drift import Drift
    from forecast.errors import Fault, Refused
    from forecast.estimate import Estimate
    from forecast.explanation import Explanation, explain
    from forecast.feature import After, External, Feature, Part, Risk
    from forecast.files import read
    from forecast.finding import Finding
    from forecast.growth import Learned
    from forecast.headroom import Headroom, find_headroom
    from forecast.hindsight import Hindsight, PastRoadmap, look_back
    from forecast.history import History, Sprint
    from forecast.impact import Impact, compare
    from forecast.importers.account import Imported
    from forecast.importers.bring import import_files
    from forecast.inspection import check
    from forecast.items import Item, count_items
    from forecast.json_schema import roadmap_schema
    from forecast.looks import Look, learn
    from forecast.menu import Menu
    from forecast.ordering import Ordering, order
    from forecast.outcome import Forecast
    from forecast.positions import Frontier, Position, frontier
    from forecast.reasons import Reason, find_reasons
    from forecast.remedy import Remedies, Remedy, remedies
    from forecast.report import Report, make_report
    from forecast.retrospect import find_looks
    from forecast.rivals import MeanRate, Poisson
    from forecast.roadmap import Roadmap
    from forecast.rollup import Goal, RollUp, objectives
    from forecast.route import Move
    from forecast.simulation import simulate
    from forecast.slip import Slip
    from forecast.starter import init
    from forecast.tally import HowMany
    from forecast.team import Capacity, Team
    from forecast.throughput import Bootstrap
    from forecast.trackers.live import import_again, import_live
    from forecast.verdict import Backtest
    from forecast.whatif import Edit, WhatIf
    from forecast.whatif_file import read_what_if


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"forecast.{name}")
    if name in _HOME:
        value = globals()[name] = getattr(import_module(f"forecast.{_HOME[name]}"), name)
        return value
    raise AttributeError(f"module 'forecast' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
