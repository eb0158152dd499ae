"""Known answers for a team that works on several things at once: `wip` and allocation.

Exact laws come from listing every sequence of sprints that can be drawn (see oracles). Each check has a twin: the same check
must catch a planted fault, an answer that is plausible and wrong.
40,000 runs; a check fails with a chance of one in ten million when the program is right.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from oracles import (
    START,
    Law,
    Pace,
    alone,
    check_law,
    done_by,
    extend,
    finishes,
    forecast,
    history,
    in_a_row,
    law,
    marginal,
    multiplied,
    next_sprint,
    pace,
    paces,
    refute_law,
    take,
)

import forecast as fc

A = [0, 5, 8, 8]
B = [2, 2, 6]
HANDOFFS = ("next-sprint", "immediate")


@dataclass
class Lane:
    """A queue of features in rank order, `wip` of them active, begun ones first when it keeps; release: when each can start."""

    share: float
    sizes: Sequence[float]
    wip: int = 1
    release: Sequence[float] = field(default_factory=lambda: [0.0] * 9)
    keeps: bool = False


def flow(free: Pace, *lanes: Lane) -> tuple[float, ...]:
    """Finishes when lanes share capacity, and active features share a lane: followed from event to event."""
    left = [list(lane.sizes) for lane in lanes]
    ends = [[math.inf] * len(lane.sizes) for lane in lanes]
    begun: set[tuple[int, int]] = set()
    cuts = sorted({at for lane in lanes for at in lane.release if 0 < at < math.inf})
    for start, end, rate in free:
        for begin, stop in itertools.pairwise([start, *(cut for cut in cuts if start < cut < end), end]):
            now = begin
            while now < stop - 1e-9:
                active = []
                for at, lane in enumerate(lanes):
                    able = [(at, k) for k, todo in enumerate(left[at]) if todo > 1e-9 and lane.release[k] <= now + 1e-9]
                    active.append(sorted(able, key=lambda part: part not in begun if lane.keeps else False)[: lane.wip])
                    begun.update(active[-1])
                wanted = sum(lane.share for lane, parts in zip(lanes, active, strict=True) if parts)
                speeds = {
                    part: rate * lane.share / wanted / len(parts)
                    for lane, parts in zip(lanes, active, strict=True)
                    for part in parts
                }
                step = min([stop - now, *(left[at][k] / speed for (at, k), speed in speeds.items() if speed > 0)])
                now += step
                for (at, k), speed in speeds.items():
                    left[at][k] -= speed * step
                    if left[at][k] <= 1e-9:
                        ends[at][k] = round(now, 9)
    return tuple(itertools.chain(*ends))


def test_two_at_a_time_share_evenly() -> None:
    features = [fc.Feature("First", {"A": 4}), fc.Feature("Second", {"A": 7}), fc.Feature("Third", {"A": 2})]
    finish = finishes(
        forecast(fc.Roadmap(START, [fc.Team("A", wip=2)], features), history(A=A)), "First", "Second", "Third"
    )

    def by_hand(a: Pace) -> tuple[float, ...]:
        # eight items finish First (4 of Second done), four more finish Third, and Second has one left: at thirteen
        first, third, second = (take(a, spent)[0] for spent in (8, 12, 13))
        return first, second, third

    def laws(wip: int) -> Law:
        return law(lambda a: flow(a, Lane(1, [4, 7, 2], wip)), paces(A, 6))

    check_law(finish, law(by_hand, paces(A, 6)), upto=60)
    check_law(finish, laws(2), upto=60)
    refute_law(finish, laws(1), upto=60)
    refute_law(finish, laws(3), upto=60)

    def halved(a: Pace) -> tuple[float, ...]:  # the half of Second is not handed on when First is finished
        return take(a, 8)[0], take(a, 14)[0], take(a, 12)[0]

    refute_law(finish, law(halved, paces(A, 6)), upto=60)


def test_lanes_share_by_their_shares_and_overflow_when_one_is_empty() -> None:
    team = fc.Team("A", allocation={"Growth": 0.6, "Debt": 0.4})
    features = [
        fc.Feature("Growth 1", {"A": 6}, objective="Growth"),
        fc.Feature("Growth 2", {"A": 2}, objective="Growth"),
        fc.Feature("Debt 1", {"A": 3}, objective="Debt"),
        fc.Feature("Debt 2", {"A": 5}, objective="Debt"),
    ]
    finish = finishes(forecast(fc.Roadmap(START, [team], features), history(A=A)), *(f.name for f in features))

    def laws(share: float) -> Law:
        return law(lambda a: flow(a, Lane(share, [6, 2]), Lane(1 - share, [3, 5])), paces(A, 6))

    check_law(finish, laws(0.6), upto=60)
    refute_law(finish, laws(0.5), upto=60)
    refute_law(finish, laws(0.4), upto=60)

    def rigid(a: Pace) -> tuple[float, ...]:  # an empty lane keeps its share
        mine = [[(start, end, rate * share) for start, end, rate in a] for share in (0.6, 0.4)]
        return in_a_row(mine[0], 6, 2) + in_a_row(mine[1], 3, 5)

    refute_law(finish, law(rigid, paces(A, 6)), upto=60)
    refute_law(finish, law(lambda a: in_a_row(a, 6, 2, 3, 5), paces(A, 6)), upto=60)  # one queue


@pytest.mark.parametrize("handoff", HANDOFFS)
def test_a_lane_that_is_blocked_lends_its_share_and_gets_it_back(handoff: str) -> None:
    team = fc.Team("B", allocation={"Growth": 0.75})
    features = [
        fc.Feature("API", {"A": 6}),
        fc.Feature("App", {"B": 3}, after=["API"], objective="Growth"),
        fc.Feature("Other", {"B": 7}),
    ]
    roadmap = fc.Roadmap(START, ["A", team], features, handoff=handoff)
    finish = finishes(forecast(roadmap, history(A=A, B=B)), "API", "App", "Other")
    api = law(lambda a: in_a_row(a, 6), paces(A, 6))

    def app(end: float, b: Pace, share: float, handoff: str) -> tuple[float, ...]:
        release = next_sprint(end) if handoff == "next-sprint" else end
        return flow(b, Lane(share, [3], release=[release]), Lane(1 - share, [7]))

    def known(share: float, only: str = handoff) -> Law:
        return extend(api, lambda api_end, b: app(api_end, b, share, only), paces(B, 6))

    check_law(finish, known(0.75), upto=60)
    refute_law(finish, known(0.25), upto=60)
    refute_law(finish, known(0.75, HANDOFFS[handoff == "next-sprint"]), upto=60)
    refute_law(finish, multiplied(known(0.75)), upto=60)

    def saving(api_end: float, b: Pace) -> tuple[float, ...]:
        # the share of the blocked lane is saved for it: App is done at once with what had been put aside
        release = next_sprint(api_end) if handoff == "next-sprint" else api_end
        mine = take([(start, end, 0.75 * rate) for start, end, rate in b], 3)[0]
        return max(release, mine), take([(start, end, 0.25 * rate) for start, end, rate in b], 7)[0]

    refute_law(finish, extend(api, saving, paces(B, 6)), upto=60)


def test_with_wip_two_a_more_important_feature_displaces_the_second() -> None:
    features = [
        fc.Feature("Top", {"B": 4}, after=["API"]),
        fc.Feature("Low 1", {"B": 5}),
        fc.Feature("Low 2", {"B": 3}),
        fc.Feature("API", {"A": 6}),
    ]
    roadmap = fc.Roadmap(START, ["A", fc.Team("B", wip=2)], features, handoff="immediate")
    finish = finishes(forecast(roadmap, history(A=A, B=B)), "API", "Top", "Low 1", "Low 2")
    api = law(lambda a: in_a_row(a, 6), paces(A, 5))

    def known(wip: int, order: Sequence[int] = (0, 1, 2)) -> Law:
        def side_by_side(end: float, b: Pace) -> tuple[float, ...]:
            ends = flow(b, Lane(1, [[4, 5, 3][k] for k in order], wip, [[end, 0, 0][k] for k in order]))
            return tuple(ends[order.index(k)] for k in range(3))

        return extend(api, side_by_side, paces(B, 5))

    check_law(finish, known(2), upto=50)
    refute_law(finish, known(1), upto=50)
    refute_law(finish, known(3), upto=50)  # nobody displaced
    refute_law(finish, known(2, (0, 2, 1)), upto=50)  # the wrong one displaced
    refute_law(finish, known(2, (1, 2, 0)), upto=50)  # it has to wait for a place


@pytest.mark.parametrize("handoff", HANDOFFS)
def test_with_wip_two_what_was_begun_keeps_its_place(handoff: str) -> None:
    features = [
        fc.Feature("Top", {"B": 4}, after=["API"]),
        fc.Feature("Low 1", {"B": 5}),
        fc.Feature("Low 2", {"B": 3}),
        fc.Feature("Low 3", {"B": 2}),
        fc.Feature("API", {"A": 6}),
    ]
    roadmap = fc.Roadmap(START, ["A", fc.Team("B", wip=2, finish_started=True)], features, handoff=handoff)
    finish = finishes(forecast(roadmap, history(A=A, B=B)), "API", "Top", "Low 1", "Low 2", "Low 3")
    api = law(lambda a: in_a_row(a, 6), paces(A, 5))

    def known(wip: int, keeps: bool = True) -> Law:
        def side_by_side(end: float, b: Pace) -> tuple[float, ...]:
            at = next_sprint(end) if handoff == "next-sprint" else end
            return flow(b, Lane(1, [4, 5, 3, 2], wip, [at, 0, 0, 0], keeps))

        return extend(api, side_by_side, paces(B, 5))

    check_law(finish, known(2), upto=50)
    refute_law(finish, known(2, keeps=False), upto=50)
    refute_law(finish, known(1), upto=50)
    refute_law(finish, known(3), upto=50)


def test_each_lane_has_its_own_wip() -> None:
    team = fc.Team("A", wip=2, allocation={"Growth": 0.6})
    features = [
        fc.Feature("Growth 1", {"A": 4}, objective="Growth"),
        fc.Feature("Growth 2", {"A": 3}, objective="Growth"),
        fc.Feature("Other 1", {"A": 3}),
        fc.Feature("Other 2", {"A": 2}, objective="Elsewhere"),
    ]
    finish = finishes(forecast(fc.Roadmap(START, [team], features), history(A=A)), *(f.name for f in features))

    def laws(growth: int, other: int) -> Law:
        return law(lambda a: flow(a, Lane(0.6, [4, 3], growth), Lane(0.4, [3, 2], other)), paces(A, 5))

    check_law(finish, laws(2, 2), upto=50)
    for wips in ((1, 1), (2, 1), (1, 2)):
        refute_law(finish, laws(*wips), upto=50)
    refute_law(finish, law(lambda a: flow(a, Lane(1, [4, 3, 3, 2], 4)), paces(A, 5)), upto=50)  # shares ignored


def test_capacity_is_conserved() -> None:
    """In every run the items of all that is finished by the end of the last feature are what the team could do by then."""
    features = [fc.Feature(f"F{size}", {"A": size}) for size in (3, 4, 6)]
    for wip in (1, 2, 3):
        finish = forecast(fc.Roadmap(START, [fc.Team("A", wip=wip)], features), history(A=A)).finish
        check_law(finish.max(axis=0), alone(A, 13))
    assert done_by(pace([5, 0, 8]), 25) == 9
    assert np.isclose(sum(marginal(law(lambda a: in_a_row(a, 3, 4), paces(A, 4)), 1).values()), 1)
