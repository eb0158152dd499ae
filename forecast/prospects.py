"""Prospects: what is known about a feature before a single run is played."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.feature import External, Feature
from forecast.history import History
from forecast.plan import Index
from forecast.throughput import Throughput

Claims = NDArray[np.bool_]


@dataclass(frozen=True)
class Prospects:
    """What holds in every run by construction.

    is_never : (F,) cannot be finished, because a team with work in it, or in what it waits for, has no throughput
    is_certain : (F,) finished on the same day in every run, or never: nothing that decides it is drawn
    idle_teams : teams that surely have work, but not one finished item in the history that the model uses, or no share
    """

    is_never: Claims
    is_certain: Claims
    idle_teams: tuple[str, ...]


def find_prospects(index: Index, history: History, model: Throughput) -> Prospects:
    """What can be said of each feature without chance, by following the links."""
    roadmap = index.roadmap
    idle = {
        team.name
        for team in roadmap.teams
        if team.share == 0 or not any(row.done > 0 for row in model.used(history, team.name))
    }
    nodes = len(index.parts) + len(index.features)
    never, certain = [False] * nodes, [False] * nodes
    sources: list[list[tuple[int, bool]]] = [[] for _ in range(nodes)]
    for edge in index.edges:
        at, delayed = edge.lag
        is_fixed = (at is None or roadmap.links[at].lag.is_fixed) and delayed is None
        sources[edge.waiting].append((edge.waits_for, is_fixed))
    for node in _in_order(sources):
        never[node] = _is_idle_work(index, node, idle) or any(never[source] for source, _ in sources[node])
        steady = all(certain[source] and fixed for source, fixed in sources[node])
        certain[node] = never[node] or (steady and _is_fixed(index, node))
    ends = slice(len(index.parts), nodes)
    working = {team for node, (_, team) in enumerate(index.parts) if _is_idle_work(index, node, idle)}
    return Prospects(
        np.array(never[ends], bool),
        np.array(certain[ends], bool),
        tuple(team.name for team in roadmap.teams if team.name in idle & working),
    )


def _in_order(sources: list[list[tuple[int, bool]]]) -> list[int]:
    """Nodes so that each comes after all it waits for."""
    waits = [len(waits_for) for waits_for in sources]
    waiting: list[list[int]] = [[] for _ in sources]
    for node, waits_for in enumerate(sources):
        for source, _ in waits_for:
            waiting[source].append(node)
    order = [node for node, count in enumerate(waits) if count == 0]
    for node in order:
        for released in waiting[node]:
            waits[released] -= 1
            if waits[released] == 0:
                order.append(released)
    return order


def _is_idle_work(index: Index, node: int, idle: set[str]) -> bool:
    """True for a part that surely has work, of a team that gets nothing done."""
    if node >= len(index.parts):
        return False
    name, team = index.parts[node]
    feature = index.nouns[name]
    assert isinstance(feature, Feature)
    growth = feature.growth or index.roadmap.growth
    least = feature.work[team].size.low * (growth.low if growth else 1.0)
    return team in idle and least >= (0.5 if index.roadmap.unit == "items" else 1e-12)


def _is_fixed(index: Index, node: int) -> bool:
    """True when nothing about the node itself is drawn: no work, fixed days, and no risk that may hit it."""
    roadmap = index.roadmap
    risks = [risk for risk in roadmap.risks if risk.chance > 0]
    if node < len(index.parts):
        name, team = index.parts[node]
        feature = index.nouns[name]
        assert isinstance(feature, Feature)
        hit = any((name, team) == roadmap.part_named(target, "risk") for risk in risks for target in risk.adds)
        return feature.work[team].size.high == 0 and not hit
    feature_or_external = roadmap.features[node - len(index.parts)]
    hit = any(feature_or_external.name in risk.delays for risk in risks)
    return not hit and (not isinstance(feature_or_external, External) or feature_or_external.days.is_fixed)
