"""From names to indices: the one place that translates a roadmap into the arrays of the kernels."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

import numpy as np

from forecast.arrays import Ints, Longs, Plan
from forecast.calendar import Calendar
from forecast.feature import Feature, Part
from forecast.roadmap import Link, Roadmap

Lag = tuple[int | None, str | None]
"""A lag column: the ordinal of the stated link whose lag it holds, and the feature whose delay is added; None for none."""

NO_LAG: Lag = (None, None)


class Edge(NamedTuple):
    """One link between nodes: `waiting` is released no earlier than the end of `waits_for` plus a lag."""

    waits_for: int
    waiting: int
    lag: Lag
    is_handoff: bool


class Index:
    """Which index stands for which name. Parts are sorted by team, lane and rank; features by rank.

    parts : (feature, team) of each part
    lane_part : where the parts of each lane begin, and the end of the last; lanes are sorted by team
    team_lane : where the lanes of each team begin, and the end of the last
    """

    def __init__(self, roadmap: Roadmap) -> None:
        self.roadmap = roadmap
        self.features = tuple(feature.name for feature in roadmap.features)
        self.feature_of = {name: f for f, name in enumerate(self.features)}
        self.nouns = {feature.name: feature for feature in roadmap.features}
        self._teams_of = {name: tuple(getattr(noun, "work", ())) for name, noun in self.nouns.items()}
        self.parts: list[tuple[str, str]] = []
        self.part_lane: list[int] = []
        self.team_lane = [0]
        self.lane_part = [0]
        self.lane_weight: list[float] = []
        work: dict[str, list[Feature]] = {team.name: [] for team in roadmap.teams}
        for feature in roadmap.features:
            for team_name in getattr(feature, "work", ()):
                work[team_name].append(feature)  # type: ignore[arg-type]
        for team in roadmap.teams:
            shares = dict(team.allocation or {})
            rest = 1.0 - sum(shares.values())
            lanes: dict[str | None, list[Feature]] = {objective: [] for objective in shares}
            lanes[None] = []
            for feature in work[team.name]:
                lanes[feature.objective if feature.objective in shares else None].append(feature)
            for objective, features in lanes.items():
                self.parts += [(feature.name, team.name) for feature in features]
                self.part_lane += [len(self.lane_weight)] * len(features)
                share = shares[objective] if objective is not None else rest
                self.lane_weight.append(share if share > 1e-9 else 0.0)
                self.lane_part.append(len(self.parts))
            self.team_lane.append(len(self.lane_weight))
        self.part_of = {part: p for p, part in enumerate(self.parts)}

    def end(self, feature: str) -> int:
        """The node that is the end of a feature."""
        return len(self.parts) + self.feature_of[feature]

    def stated(self, part: int) -> Part:
        """A part as it was stated."""
        feature, team = self.parts[part]
        work: Mapping[str, Part] = self.nouns[feature].work  # type: ignore[union-attr]
        return work[team]

    def teams_of(self, feature: str) -> tuple[str, ...]:
        """The teams that have a part of a feature."""
        return self._teams_of[feature]

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """All links between nodes: parts to the end of their feature, then the stated ones."""
        ends = [Edge(p, self.end(feature), NO_LAG, False) for p, (feature, _) in enumerate(self.parts)]
        delayed = {name for risk in self.roadmap.risks if risk.chance > 0 for name in risk.delays}
        stated = [edge for at, link in enumerate(self.roadmap.links) for edge in self._edges_of(at, link, delayed)]
        return (*ends, *stated)

    def _edges_of(self, at: int, link: Link, delayed: set[str]) -> list[Edge]:
        lag = None if link.lag.high == 0 else at
        waiting_teams = (link.team,) if link.team else self.teams_of(link.feature)
        teams = self.teams_of(link.waits_for)
        hands_off = link.handoff == "next-sprint"
        if link.waits_for_team is not None:
            source = self.part_of[link.waits_for, link.waits_for_team]
            return [
                Edge(source, self.part_of[link.feature, team], (lag, None), hands_off and team != link.waits_for_team)
                for team in waiting_teams
            ] or [Edge(source, self.end(link.feature), (lag, None), False)]
        whole = self.end(link.waits_for)
        if not waiting_teams:
            return [Edge(whole, self.end(link.feature), (lag, None), False)]
        edges = []
        for team in waiting_teams:
            waiting = self.part_of[link.feature, team]
            if hands_off and team in teams and len(teams) > 1:  # judged part by part: only the others hand over
                delay = link.waits_for if link.waits_for in delayed else None
                edges += [
                    Edge(self.part_of[link.waits_for, other], waiting, (lag, delay), other != team) for other in teams
                ]
            else:
                edges.append(Edge(whole, waiting, (lag, None), hands_off and teams != (team,)))
        return edges

    @cached_property
    def lags(self) -> tuple[Lag, ...]:
        """The lag columns of the luck; the first is no lag at all."""
        return tuple(dict.fromkeys([NO_LAG, *(edge.lag for edge in self.edges)]))


def set_calendar(plan: Plan, calendar: Calendar, horizon: float) -> Plan:
    """The plan up to a horizon in working days, which the calendar covers."""
    return plan._replace(
        team_cadence=calendar.team_cadence,
        edges=calendar.edges,
        segment_at=calendar.segment_at,
        sprint_from=calendar.sprint_from,
        horizon=float(horizon),
    )


def build_plan(index: Index) -> Plan:
    """The arrays of a roadmap, as yet without a calendar."""
    roadmap = index.roadmap
    teams, parts, features = roadmap.teams, index.parts, index.features
    nodes = len(parts) + len(features)
    team_of = {team.name: t for t, team in enumerate(teams)}
    lane_part = np.array(index.lane_part, np.int32)
    lane_size = np.diff(lane_part)
    lane_team = np.repeat(np.arange(len(teams)), np.diff(index.team_lane))
    team_part = lane_part[np.array(index.team_lane)] if len(teams) else np.zeros(1, np.int32)
    keeps = np.array([team.finish_started for team in teams], np.uint8)
    wip = np.array([teams[t].wip for t in lane_team], np.int64)
    busy_lanes = np.array([np.count_nonzero(lane_size[lane_team == t]) for t in range(len(teams))])
    waits, first, node, lag, handoff = _sort_edges(index, nodes)
    not_before = _find_not_before(index, nodes)
    roots = np.flatnonzero(waits == 0)
    return Plan(
        team_lane=np.array(index.team_lane, np.int32),
        team_part=team_part.astype(np.int32),
        team_cadence=np.zeros(len(teams), np.int32),
        team_keeps=keeps,
        team_is_simple=((keeps == 0) & (busy_lanes <= 1) & np.array([team.wip == 1 for team in teams], bool)).astype(
            np.uint8
        ),
        lane_part=lane_part,
        lane_wip=np.minimum(wip, np.maximum(lane_size, 1)).astype(np.int32),
        lane_weight=np.array(index.lane_weight, np.float64),
        lane_word=np.concatenate([[0], np.cumsum((lane_size + 63) // 64)]).astype(np.int32),
        part_team=np.array([team_of[team] for _, team in parts], np.int32),
        part_lane=np.array(index.part_lane, np.int32),
        part_feature=np.array([index.feature_of[feature] for feature, _ in parts], np.int32),
        part_started=np.array([getattr(index.nouns[feature], "started", False) for feature, _ in parts], np.uint8),
        waits=waits,
        roots=roots[np.argsort(not_before[roots], kind="stable")].astype(np.int32),
        next_first=first,
        next_node=node,
        next_lag=lag,
        next_handoff=handoff,
        not_before=not_before,
        edges=np.zeros((0, 1)),
        segment_at=np.zeros((0, 1), np.int32),
        sprint_from=np.zeros((0, 1)),
        horizon=0.0,
    )


def _sort_edges(index: Index, nodes: int) -> tuple[Ints, Ints, Ints, Ints, np.ndarray]:
    """Waits per node, and the links sorted by the node they leave."""
    column = {lag: k for k, lag in enumerate(index.lags)}
    rows = np.array(
        [(edge.waits_for, edge.waiting, column[edge.lag], edge.is_handoff) for edge in index.edges], np.int32
    ).reshape(-1, 4)
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    waits = np.bincount(rows[:, 1], minlength=nodes).astype(np.int32)
    first = np.searchsorted(rows[:, 0], np.arange(nodes + 1)).astype(np.int32)
    columns = np.ascontiguousarray(rows[:, 1:].T)
    return waits, first, columns[0], columns[1], columns[2].astype(np.uint8)


def _find_not_before(index: Index, nodes: int) -> np.ndarray:
    """The day before which each node cannot start: parts, and ends of features without parts."""
    not_before = np.zeros(nodes)
    clock = index.roadmap.clock
    for feature in index.roadmap.features:
        if feature.not_before is not None:
            day = max(clock.position(feature.not_before), 0)
            teams = index.teams_of(feature.name)
            held = [index.part_of[feature.name, team] for team in teams] or [index.end(feature.name)]
            not_before[held] = day
    return not_before


def rank_anew(plan: Plan, rank: Longs) -> tuple[Plan, Longs]:
    """The plan with the features ranked otherwise, and which part of the old one each part is: (P,).

    rank : (F,) rising with the place of each feature; the indices of features stay as they are
    """
    parts, nodes = plan.part_team.size, plan.waits.size
    old = np.lexsort((rank[plan.part_feature], plan.part_lane))
    new = np.arange(nodes)
    new[old] = np.arange(parts)
    node = np.concatenate([old, np.arange(parts, nodes)])
    links = np.diff(plan.next_first)[node]
    first = np.concatenate([[0], np.cumsum(links)])
    link = np.repeat(plan.next_first[node] - first[:-1], links) + np.arange(first[-1])
    roots = np.sort(new[plan.roots])
    not_before = plan.not_before[node]
    ranked = plan._replace(
        part_team=plan.part_team[old],
        part_lane=plan.part_lane[old],
        part_feature=plan.part_feature[old],
        part_started=plan.part_started[old],
        waits=plan.waits[node],
        roots=roots[np.argsort(not_before[roots], kind="stable")].astype(np.int32),
        next_first=first.astype(np.int32),
        next_node=new[plan.next_node[link]].astype(np.int32),
        next_lag=plan.next_lag[link],
        next_handoff=plan.next_handoff[link],
        not_before=not_before,
    )
    return ranked, old
