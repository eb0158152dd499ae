"""Ancestry: what each feature waits for, directly or through others, and who can be played without being in others' way.

A feature alone is played with nothing but its own parts and all that they wait for. Features that cannot touch each other
are played together: a chain of any length in one play, 300 features of 20 teams in 143.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from operator import and_

import numpy as np
from numpy.typing import NDArray

from forecast import engine
from forecast.arrays import Floats, Ints, Luck, Plan


@dataclass(frozen=True, eq=False)
class Group:
    """Features that are played at the same time, each as if it were alone.

    nodes : (N,) bool, the parts and ends that are played; parts first
    features : indices of the features that are answered
    """

    nodes: NDArray[np.bool_]
    features: tuple[int, ...]


def find_groups(plan: Plan) -> tuple[Group, ...]:
    """All features of a plan in few groups, so that in each the answer for each of its features is that of the feature alone.

    A feature may be answered from a play of more than its ancestors when all that is more of its teams' work waits for all
    parts of the feature: that work has not begun when the last of them ends. First fit, in an order in which nothing stands
    before what it waits for. Sets of nodes are bit sets in whole numbers.
    """
    parts = plan.part_team.size
    order = _sort_nodes(plan)
    ancestors, descendants = _follow(plan, order)
    of_team = [_bits(range(*span)) for span in pairwise(plan.team_part.tolist())]
    parts_of: list[list[int]] = [[] for _ in range(parts, plan.waits.size)]
    for part, feature in enumerate(plan.part_feature.tolist()):
        parts_of[feature].append(part)
    played: list[int] = []  # of each group: its nodes,
    barred: list[int] = []  # and the parts that would be in the way of one of its features
    answered: list[list[int]] = []
    for end in (node for node in order if node >= parts):
        own = ancestors[end]
        rivals = 0
        for team in {int(plan.part_team[part]) for part in _members(own & _bits(range(parts)))}:
            rivals |= of_team[team]
        last = parts_of[end - parts] or [end]
        rivals &= ~own & ~reduce(and_, (descendants[node] for node in last))
        for group, nodes in enumerate(played):
            if not nodes & rivals and not own & ~nodes & barred[group]:
                break
        else:
            group = len(played)
            played.append(0)
            barred.append(0)
            answered.append([])
        played[group] |= own
        barred[group] |= rivals
        answered[group].append(end - parts)
    return tuple(
        Group(_flags(nodes, plan.waits.size), tuple(features)) for nodes, features in zip(played, answered, strict=True)
    )


def _sort_nodes(plan: Plan) -> list[int]:
    """The nodes so that each comes after all it waits for."""
    waits = plan.waits.tolist()
    first, following = plan.next_first.tolist(), plan.next_node.tolist()
    order = [node for node, count in enumerate(waits) if count == 0]
    for node in order:
        for waiting in following[first[node] : first[node + 1]]:
            waits[waiting] -= 1
            if waits[waiting] == 0:
                order.append(waiting)
    return order


def _follow(plan: Plan, order: list[int]) -> tuple[list[int], list[int]]:
    """Each node's ancestors and descendants, itself included, as bit sets."""
    first, following = plan.next_first.tolist(), plan.next_node.tolist()
    ancestors = [1 << node for node in range(len(order))]
    descendants = list(ancestors)
    for node in order:
        for waiting in following[first[node] : first[node + 1]]:
            ancestors[waiting] |= ancestors[node]
    for node in reversed(order):
        for waiting in following[first[node] : first[node + 1]]:
            descendants[node] |= descendants[waiting]
    return ancestors, descendants


def _bits(members: range) -> int:
    return ((1 << len(members)) - 1) << members.start if len(members) else 0


def _flags(members: int, count: int) -> NDArray[np.bool_]:
    packed = np.frombuffer(members.to_bytes((count + 7) // 8, "little"), np.uint8)
    return np.unpackbits(packed, count=count, bitorder="little").astype(bool)


def _members(members: int) -> list[int]:
    found: list[int] = np.flatnonzero(_flags(members, members.bit_length())).tolist()
    return found


def restrict(plan: Plan, kept: NDArray[np.bool_]) -> Plan:
    """The plan with nothing on it but some nodes; kept : (N,), with the feature of every part that is kept."""
    parts = plan.part_team.size
    number = np.cumsum(kept) - 1
    before = np.concatenate([[0], np.cumsum(kept[:parts])]).astype(np.int32)
    lane_part = before[plan.lane_part]
    lane_size = np.diff(lane_part)
    source = np.repeat(np.arange(kept.size), np.diff(plan.next_first))
    link = kept[source] & kept[plan.next_node]
    next_node = number[plan.next_node[link]].astype(np.int32)
    waits = np.bincount(next_node, minlength=np.count_nonzero(kept)).astype(np.int32)
    leaving = np.bincount(number[source[link]], minlength=waits.size)
    not_before = plan.not_before[kept]
    roots = np.flatnonzero(waits == 0)
    part = kept[:parts]
    return plan._replace(
        team_part=before[plan.team_part],
        lane_part=lane_part,
        lane_wip=np.minimum(plan.lane_wip, np.maximum(lane_size, 1)).astype(np.int32),
        lane_word=np.concatenate([[0], np.cumsum((lane_size + 63) // 64)]).astype(np.int32),
        part_team=plan.part_team[part],
        part_lane=plan.part_lane[part],
        part_feature=(number[parts + plan.part_feature[part]] - np.count_nonzero(part)).astype(np.int32),
        part_started=plan.part_started[part],
        waits=waits,
        roots=roots[np.argsort(not_before[roots], kind="stable")].astype(np.int32),
        next_first=np.concatenate([[0], np.cumsum(leaving)]).astype(np.int32),
        next_node=next_node,
        next_lag=plan.next_lag[link],
        next_handoff=plan.next_handoff[link],
        not_before=not_before,
    )


@dataclass(frozen=True, eq=False)
class Few:
    """A plan with nothing on it but a group of features, and where its arrays come from.

    parts, features : indices of its parts and features in the whole plan
    rows, answered : rows of its answer, and the features that they answer
    """

    plan: Plan
    parts: Ints
    features: Ints
    rows: Ints
    answered: Ints

    @classmethod
    def of(cls, plan: Plan, group: Group) -> Few:
        """The plan of one group."""
        parts = plan.part_team.size
        kept = group.nodes.copy()
        kept[parts + plan.part_feature[kept[:parts]]] = True
        features = np.flatnonzero(kept[parts:]).astype(np.int32)
        answered = np.array(group.features, np.int32)
        return cls(
            plan=restrict(plan, kept),
            parts=np.flatnonzero(kept[:parts]).astype(np.int32),
            features=features,
            rows=np.searchsorted(features, answered).astype(np.int32),
            answered=answered,
        )


def play_alone(played: Sequence[Few], luck: Luck) -> Floats:
    """Play every run of `luck` for each feature alone: (F, R), as `engine.play` answers."""
    finish = np.full((luck.hold.shape[1], luck.capacity.shape[0]), np.inf)
    for few in played:
        size, hold = (np.ascontiguousarray(drawn) for drawn in (luck.size[:, few.parts], luck.hold[:, few.features]))
        finish[few.answered] = engine.play(few.plan, luck._replace(size=size, hold=hold))[few.rows]
    return finish
