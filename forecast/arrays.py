"""The arrays that pass between the model and the kernels: what is fixed (Plan), what is drawn (Luck), what happened (Trace).

Everything is an index or a number; names and dates stay outside. Days are working days since the start of the roadmap.
T teams, L lanes, P parts, F features, K lags that are drawn, R runs, N = P + F nodes: node p < P is a part, node P + f is the
end of feature f (of an external or a milestone: the thing itself). C cadences: teams with equal segments share one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Words = NDArray[np.uint64]
Flags = NDArray[np.uint8]

LANES, POOL = 8, 64
"""Numbers that a kernel treats as one, see `lanes`, and runs that are drawn side by side: so many that they fit a cache, and
a word has a bit for each."""


LINE = 64
"""Bytes that a processor moves at a time."""

KINDS: dict[str, type] = {
    "Floats": np.float64,
    "Ints": np.int32,
    "Longs": np.int64,
    "Words": np.uint64,
    "Flags": np.uint8,
}

Lay = Callable[[int, type], NDArray[Any]]
Laid = TypeVar("Laid", bound=tuple[Any, ...])


def set_apart(kind: type[Laid], shapes: Mapping[str, int | tuple[int, ...]], lay: Lay = np.empty) -> Laid:
    """A named tuple of arrays of these shapes (8 bytes or fewer an element), each on cache lines of its own.

    lay : what makes the memory: np.zeros, or np.empty where it is of no importance what stands in them

    So vectors do not straddle two lines, and threads with arrays of their own never write to the same one, which makes them wait
    for each other.
    """
    begins, size = [], LINE
    for shape in shapes.values():
        begins.append(size)
        size += -(-8 * (shape if isinstance(shape, int) else math.prod(shape)) // LINE) * LINE
    block, kinds = lay(size + LINE, np.uint8), _find_kinds(kind)
    first = -block.ctypes.data % LINE
    return kind(
        **{
            name: np.ndarray(shape, kinds[name], block, first + begin)
            for (name, shape), begin in zip(shapes.items(), begins, strict=True)
        }
    )


@cache
def _find_kinds(kind: type) -> dict[str, type]:
    """What the annotations of a named tuple, which Python keeps as references by name, say of its arrays."""
    return {name: KINDS[hint.__forward_arg__] for name, hint in kind.__annotations__.items()}


class Plan(NamedTuple):
    """What is the same in every run. Parts are sorted by team, lane and rank; lanes by team.

    team_lane : (T + 1,) lanes of team t are team_lane[t] .. team_lane[t + 1]
    team_part : (T + 1,) parts of team t, likewise
    team_cadence : (T,) row of `edges`
    team_keeps : (T,) 1 when the team finishes what it started
    team_is_simple : (T,) 1 when it works on one part at a time, in one lane, and switches at once
    lane_part : (L + 1,) parts of each lane
    lane_wip : (L,) parts active at the same time
    lane_weight : (L,) share of the team's capacity, adding up to 1 within a team
    lane_word : (L + 1,) words of the bit sets that belong to each lane; part p is bit p - lane_part[l] of them
    part_team, part_lane, part_feature : (P,)
    part_started : (P,) 1 when in flight on day 0
    waits : (N,) number of links that must end before the node is released
    roots : nodes that wait for nothing, by not_before
    next_first : (N + 1,) links that leave node v are next_first[v] .. next_first[v + 1]
    next_node : the node that waits
    next_lag : column of Luck.lag that is added
    next_handoff : 1 when the waiting part starts with the next sprint of its team
    not_before : (N,) day before which the node cannot start
    edges : (C, S + 1) days at which segments begin and end, whole numbers; segment s is edges[s] .. edges[s + 1]
    segment_at : (C, D + 1) the segment that holds [day, day + 1)
    sprint_from : (C, D + 1) first day on or after `day` at which a sprint begins; inf when it is beyond the table
    horizon : what is not finished by this day is never finished (inf); at most D
    """

    team_lane: Ints
    team_part: Ints
    team_cadence: Ints
    team_keeps: Flags
    team_is_simple: Flags
    lane_part: Ints
    lane_wip: Ints
    lane_weight: Floats
    lane_word: Ints
    part_team: Ints
    part_lane: Ints
    part_feature: Ints
    part_started: Flags
    waits: Ints
    roots: Ints
    next_first: Ints
    next_node: Ints
    next_lag: Ints
    next_handoff: Flags
    not_before: Floats
    edges: Floats
    segment_at: Ints
    sprint_from: Floats
    horizon: float


class Luck(NamedTuple):
    """What was drawn, one row per run. A first axis of 1 instead of R means: the same in every run.

    capacity : (R, T, S + 1) items the team could have finished since the start, at each segment edge
    size : (R | 1, P) items in each part
    hold : (R | 1, F) working days between the last wait of a feature's end and that end: external days and delays
    lag : (R | 1, K) working days; column 0 is zero
    """

    capacity: Floats
    size: Floats
    hold: Floats
    lag: Floats


class Trace(NamedTuple):
    """When each part could start, and when it ended; inf for never.

    startable, end : (P, R) days
    """

    startable: Floats
    end: Floats


class Supply(NamedTuple):
    """How a team's sprints turn into capacity; what a throughput model fills (R, T, S + 1) from.

    segment_sprint : (T, S) which sprint of the team the segment belongs to
    segment_share : (T, S) share of that sprint's draw that falls into it; 0 in the padding behind the last segment
    sprint_start : (T, Q) first day of each sprint as a proleptic ordinal: the address of its luck
    sprint_weekdays : (T, Q) Mondays to Fridays of the whole sprint
    sprint_days : (T,) calendar days from one sprint to the next
    count_weekdays : (T,) weekdays to which a past count without dates belongs; 0 when its sprints are as long as the team's
    """

    segment_sprint: Ints
    segment_share: Floats
    sprint_start: Longs
    sprint_weekdays: Ints
    sprint_days: Longs
    count_weekdays: Floats


class Deck(NamedTuple):
    """What a sprint's items are drawn from, as alias tables: every card of a deck is equally likely, and has two faces.

    keys : (T,) one a team
    sprint : (T, Q) address of the first day of each sprint
    first, cards : (T, Q) first card, and number of cards, of the deck that sprint q of team t draws from
    sprints : (T,) sprints of each team; 0 for no capacity
    table : (4 cards,) of each card: of 2**32 chances those of its first face, beyond 2**52; items of its two faces; nothing
    is_whole : (T,) 1 when a sprint's items are rounded to whole ones
    behind : (T, Q) the first segment behind each sprint
    """

    keys: Words
    sprint: Words
    first: Longs
    cards: Longs
    sprints: Longs
    table: Floats
    is_whole: Flags
    behind: Longs


class Walk(NamedTuple):
    """How the level of each team wanders, in doublings; J steps, of one sprint or, far ahead, of several each.

    Step 0 is the start.
    keys : (T,) one a team; shared_key : of the part that all teams share
    step : (T, J) address of the first day of each step
    pull : (T, J) what each step leaves of the level before it
    own, shared : (T, J) standard deviations of the team's own part of a step, and of what each week adds that begins in it
    shift : (T, J) added in every run: the pull towards the long mean, and what keeps the mean from rising
    week : (W,) addresses of the weeks of all teams, one after the other
    weeks : (T, J + 1) weeks that begin within step j are week[weeks[., j]] .. week[weeks[., j + 1]], the last left out
    step_at : (T, Q) the step that each sprint lies in; rising
    """

    keys: Words
    shared_key: np.uint64
    step: Words
    pull: Floats
    own: Floats
    shared: Floats
    shift: Floats
    week: Words
    weeks: Longs
    step_at: Longs


class Parties(NamedTuple):
    """Teams that may have to wait for each other, however far around the corner, are one party.

    team : (T,) all teams, party by party
    first : (G + 1,) the teams of party g are team[first[g]] .. team[first[g + 1]]
    waits : (G,) 1 when any work of the party may have to wait
    """

    team: Longs
    first: Longs
    waits: Flags


class Pool(NamedTuple):
    """The runs that `wandering.drift` is at work on, side by side; what stands in it at first is of no importance.

    A block of R runs is drawn for one party of teams after the other; those that need no more leave the pool.
    base, shared : (R,) of all runs of the block: where their streams begin, and that of the part that all teams share
    week : (W, R) of all runs of the block, normals of the weeks; known : (W,) a bit for each run whose normal is there
    place : (R,) which run of the block each run of the pool is; until : (R,) day until which it needs capacity
    common : (R,) its `shared`; inside : (1,) a bit for each run of the block that is in the pool
    own, luck : (T, R) where the streams of its teams begin; work : (T, R) items wanted
    level, pace, total : (T, R) level of each team, what that multiplies items by, items so far
    gained : (W + 1, R) sums of the weeks from one on, and reaches : (W + 1,) to which; row : (S, R) what becomes rows of capacity
    drawn : (R,) normals of a step, and uniform : (R,) what they are made of; chosen : (R,) those that stay
    sprints, steps, filled : (T,) sprints, steps and segments that have been drawn
    size, left : (1,) runs in the block and in the pool
    """

    base: Words
    shared: Words
    week: Floats
    known: Words
    place: Words
    until: Floats
    common: Words
    inside: Words
    own: Words
    luck: Words
    work: Floats
    level: Floats
    pace: Floats
    total: Floats
    gained: Floats
    reaches: Longs
    row: Floats
    drawn: Floats
    uniform: Floats
    chosen: Longs
    sprints: Longs
    steps: Longs
    filled: Longs
    size: Longs
    left: Longs
