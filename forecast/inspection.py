"""Inspection: a checkup of a portfolio as it stands in its files."""

from __future__ import annotations

import os
from typing import Any

from forecast.checkup import Checkup, examine
from forecast.cleaning import tell_left_out
from forecast.errors import Fault, quote
from forecast.files import read_portfolio
from forecast.history import History
from forecast.phrases import say_count
from forecast.roadmap import Roadmap
from forecast.throughput import find_model
from forecast.values import read_seed


def check(
    portfolio: str | os.PathLike[str] | Roadmap,
    history: History | None = None,
    *,
    throughput: Any = None,
    seed: int = 0,
) -> Checkup:
    """Whether a portfolio is good enough to be forecast: a `Checkup`.

    portfolio : a folder with a roadmap.toml, or the file itself; or a Roadmap, with its history
    throughput : a model, its name, or None for the roadmap's own, else the default
    seed : of the promises that are simulated alone

    Raises Refused with all faults of all files, and Fault when an argument is none of these.
    """
    seed = read_seed(seed, "check")
    if isinstance(portfolio, Roadmap):
        if not isinstance(history, History):
            raise Fault("check", f"history = {quote(history)}", "give the History that goes with the roadmap")
        return examine(
            portfolio,
            history,
            _choose(throughput, portfolio),
            sources=_count(portfolio, history),
            ignored=tuple(tell_left_out(history)),
            seed=seed,
        )
    if history is not None:
        raise Fault("check", "a folder and a history", "the folder has its own history; give one of them")
    if not isinstance(portfolio, str | os.PathLike):
        raise Fault("check", quote(portfolio), "give a folder, or a Roadmap and its History")
    read = read_portfolio(portfolio)
    return examine(
        read.roadmap,
        read.history,
        _choose(throughput, read.roadmap),
        sources=read.sources or _count(read.roadmap, read.history),
        ignored=[(each.where, each.what, each.why) for each in read.ignored],
        seed=seed,
    )


def _choose(throughput: Any, roadmap: Roadmap) -> Any:
    return find_model(roadmap.throughput if throughput is None else throughput)


def _count(roadmap: Roadmap, history: History) -> tuple[tuple[str, str], ...]:
    """What there is, where no file says."""
    features = say_count(len(roadmap.features), "feature")
    teams = say_count(len(roadmap.teams), "team")
    sprints = say_count(len(history.sprints), "past sprint")
    return ("roadmap", f"{features} and {teams}"), ("history", f"{sprints} of {say_count(len(history.teams), 'team')}")
