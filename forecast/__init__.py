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
    "History": "history",
    "Sprint": "history",
    # how throughput is drawn
    "Bootstrap": "throughput",
    # from files to answers
    "init": "starter",
    "read": "files",
    "roadmap_schema": "json_schema",
    "simulate": "simulation",
    "how_many": "simulation",
    "Forecast": "outcome",
    "HowMany": "tally",
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
    "Backtest",
    "Bootstrap",
    "Capacity",
    "Checkup",
    "Estimate",
    "Explanation",
    "External",
    "Fault",
    "Feature",
    "Finding",
    "Forecast",
    "Hindsight",
    "History",
    "HowMany",
    "MeanRate",
    "Part",
    "PastRoadmap",
    "Poisson",
    "Refused",
    "Risk",
    "Roadmap",
    "Sprint",
    "Team",
    "__version__",
    "backtest",
    "charts",
    "check",
    "explain",
    "how_many",
    "init",
    "look_back",
    "read",
    "read_past",
    "roadmap_schema",
    "simulate",
]

if TYPE_CHECKING:
    from forecast import charts as charts
    from forecast.actuals import read_past
    from forecast.backtesting import backtest
    from forecast.checkup import Checkup
    from forecast.errors import Fault, Refused
    from forecast.estimate import Estimate
    from forecast.explanation import Explanation, explain
    from forecast.feature import After, External, Feature, Part, Risk
    from forecast.files import read
    from forecast.finding import Finding
    from forecast.hindsight import Hindsight, PastRoadmap, look_back
    from forecast.history import History, Sprint
    from forecast.inspection import check
    from forecast.json_schema import roadmap_schema
    from forecast.outcome import Forecast
    from forecast.rivals import MeanRate, Poisson
    from forecast.roadmap import Roadmap
    from forecast.simulation import how_many, simulate
    from forecast.starter import init
    from forecast.tally import HowMany
    from forecast.team import Capacity, Team
    from forecast.throughput import Bootstrap
    from forecast.verdict import Backtest


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"forecast.{name}")
    if name in _HOME:
        value = globals()[name] = getattr(import_module(f"forecast.{_HOME[name]}"), name)
        return value
    raise AttributeError(f"module 'forecast' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
