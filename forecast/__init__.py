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
    "read": "files",
    "simulate": "simulation",
    "how_many": "simulation",
    "Forecast": "outcome",
    "HowMany": "tally",
    # what goes wrong
    "Fault": "errors",
    "Refused": "errors",
}

_MODULES = ("charts",)
"""Modules that are public as they are."""

__all__ = [
    "After",
    "Bootstrap",
    "Capacity",
    "Estimate",
    "External",
    "Fault",
    "Feature",
    "Forecast",
    "History",
    "HowMany",
    "Part",
    "Refused",
    "Risk",
    "Roadmap",
    "Sprint",
    "Team",
    "__version__",
    "charts",
    "how_many",
    "read",
    "simulate",
]

if TYPE_CHECKING:
    from forecast import charts as charts
    from forecast.errors import Fault, Refused
    from forecast.estimate import Estimate
    from forecast.feature import After, External, Feature, Part, Risk
    from forecast.files import read
    from forecast.history import History, Sprint
    from forecast.outcome import Forecast
    from forecast.roadmap import Roadmap
    from forecast.simulation import how_many, simulate
    from forecast.tally import HowMany
    from forecast.team import Capacity, Team
    from forecast.throughput import Bootstrap


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"forecast.{name}")
    if name in _HOME:
        value = globals()[name] = getattr(import_module(f"forecast.{_HOME[name]}"), name)
        return value
    raise AttributeError(f"module 'forecast' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
