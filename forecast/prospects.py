"""Prospects: what is known about a feature before a single run is played."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.feature import External
from forecast.growth import Learned
from forecast.history import History
from forecast.plan import Index
from forecast.throughput import Throughput

Claims = NDArray[np.bool_]


@dataclass(frozen=True)
class Prospects:
    """What holds in every run by construction, and what is known of the pace behind it.

    is_never : (F,) cannot be finished, because a team with work in it, or in what it waits for, has no throughput
    is_certain : (F,) finished on the same day in every run, or never: nothing that decides it is drawn
    is_vague : (F,) a team with work in it, or in what it waits for, has so short a history that its middle is not told
    vague_teams : the teams of which that is true
    idle_teams : teams that surely have work, but neither a finished item in the history that the model uses nor a guess, or no
        share
    """

    is_never: Claims
    is_certain: Claims
    is_vague: Claims
    idle_teams: tuple[str, ...]
    vague_teams: tuple[str, ...]


def find_prospects(index: Index, history: History, model: Throughput) -> Prospects:
    """What can be said of each feature without chance, by following the links."""
    roadmap = index.roadmap
    idle = {
        team.name
        for team in roadmap.teams
        if team.share == 0
        or not (history.guess(team.name) or any(row.done > 0 for row in model.used(history, team.name)))
    }
    least = getattr(model, "least_told", 0)
    few = {team.name for team in roadmap.teams if len(model.used(history, team.name)) < least} - idle
    stuck, vaguely = _find_work(index, idle), _find_work(index, few)
    fixed = _find_fixed(index)
    nodes = len(index.parts) + len(index.features)
    never, certain, vague = [False] * nodes, [False] * nodes, [False] * nodes
    sources = _find_sources(index, nodes)
    for node in _in_order(sources):
        never[node] = node in stuck or (bool(stuck) and any(never[source] for source, _ in sources[node]))
        is_steady = node in fixed and all(certain[source] and steady for source, steady in sources[node])
        certain[node] = never[node] or is_steady
        vague[node] = node in vaguely or any(vague[source] for source, _ in sources[node])
    ends = slice(len(index.parts), nodes)
    return Prospects(
        np.array(never[ends], bool),
        np.array(certain[ends], bool),
        np.array(vague[ends], bool),
        _name_teams(index, stuck),
        _name_teams(index, vaguely),
    )


def _name_teams(index: Index, parts: set[int]) -> tuple[str, ...]:
    """The teams of these parts, in the order of the roadmap."""
    working = {index.parts[part][1] for part in parts}
    return tuple(team.name for team in index.roadmap.teams if team.name in working)


def _find_sources(index: Index, nodes: int) -> list[list[tuple[int, bool]]]:
    """What each node waits for, and whether the lag in between is the same in every run."""
    links = index.roadmap.links
    sources: list[list[tuple[int, bool]]] = [[] for _ in range(nodes)]
    for edge in index.edges:
        at, delayed = edge.lag
        sources[edge.waiting].append((edge.waits_for, delayed is None and (at is None or links[at].lag.is_fixed)))
    return sources


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


def _find_work(index: Index, teams: set[str]) -> set[int]:
    """Parts that surely have work, of these teams."""
    roadmap = index.roadmap
    stuck = set()
    for part, (name, team) in enumerate(index.parts):
        if team in teams:
            growth = index.nouns[name].growth or roadmap.growth  # type: ignore[union-attr]
            stated = index.stated(part)
            least = stated.left(stated.size.low)
            if growth is not None and not isinstance(growth, Learned):  # what is learned never makes work vanish
                least *= growth.low
            if least >= (0.5 if roadmap.unit == "items" else 1e-12):
                stuck.add(part)
    return stuck


def _find_fixed(index: Index) -> set[int]:
    """Nodes about which nothing is drawn: no work, the same days in every run, and no risk that may hit them."""
    risks = [risk for risk in index.roadmap.risks if risk.chance > 0]
    hit = {index.part_of[index.roadmap.part_named(target, "risk")] for risk in risks for target in risk.adds}
    hit |= {index.end(target) for risk in risks for target in risk.delays}
    stated = [index.stated(part) for part in range(len(index.parts))]
    fixed = {part for part, each in enumerate(stated) if each.left(each.size.high) == 0}
    for name, noun in index.nouns.items():
        if not isinstance(noun, External) or noun.days.is_fixed:
            fixed.add(index.end(name))
    return fixed - hit
