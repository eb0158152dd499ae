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
    # how throughput is drawn
    "Bootstrap": "throughput",
    # from files to answers
    "read": "files",
    "simulate": "simulation",
    "how_many": "simulation",
    "compare": "impact",
    "read_what_if": "whatif_file",
    "Impact": "impact",
    "Slip": "slip",
    "frontier": "positions",
    "Frontier": "positions",
    "Position": "positions",
    "find_reasons": "reasons",
    "Reason": "reasons",
    "Forecast": "outcome",
    "HowMany": "tally",
    # what goes wrong
    "Fault": "errors",
    "Refused": "errors",
}

__all__ = [
    "After",
    "Bootstrap",
    "Capacity",
    "Edit",
    "Estimate",
    "External",
    "Fault",
    "Feature",
    "Forecast",
    "Frontier",
    "History",
    "HowMany",
    "Impact",
    "Part",
    "Position",
    "Reason",
    "Refused",
    "Risk",
    "Roadmap",
    "Slip",
    "Sprint",
    "Team",
    "WhatIf",
    "__version__",
    "compare",
    "find_reasons",
    "frontier",
    "how_many",
    "read",
    "read_what_if",
    "simulate",
]

if TYPE_CHECKING:
    from forecast.errors import Fault, Refused
    from forecast.estimate import Estimate
    from forecast.feature import After, External, Feature, Part, Risk
    from forecast.files import read
    from forecast.history import History, Sprint
    from forecast.impact import Impact, compare
    from forecast.outcome import Forecast
    from forecast.positions import Frontier, Position, frontier
    from forecast.reasons import Reason, find_reasons
    from forecast.roadmap import Roadmap
    from forecast.simulation import how_many, simulate
    from forecast.slip import Slip
    from forecast.tally import HowMany
    from forecast.team import Capacity, Team
    from forecast.throughput import Bootstrap
    from forecast.whatif import Edit, WhatIf
    from forecast.whatif_file import read_what_if


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = globals()[name] = getattr(import_module(f"forecast.{_HOME[name]}"), name)
        return value
    raise AttributeError(f"module 'forecast' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
