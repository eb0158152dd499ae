"""The engine: plays every run of a plan under its luck, event by event. It is deterministic and knows no chance.

Per run, the cost is proportional to the parts, not to sprints times parts. The earliest of the teams' next events is found by
scanning a few cache lines, which the compiler does several teams at a time. A team re-plans only when the set of parts it
works on changes; a part's remaining work is a target on the team's cumulated capacity (for parts that share: on the capacity
that each active part of the lane has received), never decremented.

Ties: whole-number sizes and counts make "X ends at the very moment Y is released" common, and a tie that goes the wrong way
costs whole sprints. All events within TOL of the earliest are one instant, each team keeping its own time; a time within
SNAP of a whole day is put on it; a target within EPS of what a segment gives is reached in that segment; work takes at least
TICK.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from forecast.arrays import Flags, Floats, Ints, Longs, Luck, Plan, Trace, Words, set_apart
from forecast.compiling import BARE, compiled, inlined

TOL = 1e-9
SNAP = 1e-7
EPS = 1e-9
EPS_RELATIVE = 1e-12
TICK = 2e-9
NEVER = np.inf

FEW = 4
"""Teams that are looked through one by one; more are looked through in blocks of 64."""

LAYOUT = "7e4339b41dcb9bb4"
"""Digest of the tuples and options that this file is compiled with; see `compiling.compiled`."""


class State(NamedTuple):
    """Where one run stands. Times are days; `level` is a team's cumulated capacity, `served` that of each active part.

    ready, active, begun : bit sets of startable, active and once active parts, by lane (a simple team has no active set)
    release : (2N,) for node v: [2v] latest end it waits for, [2v + 1] latest one that is handed over (-1 for none); in the end
        [2v] is when it was released, and then when it ended
    waits : (N,) ends it still waits for
    target : (P,) for an active part: the `served` at which it is finished; for a displaced one: items that remain
    team_finish : (T,) when the team's next part is finished; team_part that part, -1 for none
    team_finished : (T,) the part that a simple team has finished since its last re-planning, -1 for none
    team_level : (T,) level at its last re-planning; team_goal : level at which team_part is finished
    team_segment : (T,) segment in which that falls; team_time : time of the last re-planning
    team_event : (T,) 0 nothing, 1 re-plan, 2 re-plan after a finish
    pending_time, pending_part : (P,) releases to come, sorted, in the team's own stretch from pending_head to pending_tail
    lane_served : (L,) capacity that each active part of the lane has received so far
    lane_gain : (L,) capacity of the team that it takes to give each active part 1; 0 when nothing is active
    team_next : the `_order` of each team's next event, of NEVER behind the last team; block_next : the earliest of each 64
    stack, dirty : nodes to settle, teams to re-plan
    chosen, counts : bit set of the parts that a re-planning chooses, and their number by lane
    team_word : (T + 1,) words of the bit sets that belong to each team
    place : (P,) each part's bit in the bit sets; slot : (E,) where each link writes into `release`
    first_release : (2N,) `release` at the start of a run
    """

    ready: Words
    active: Words
    begun: Words
    release: Floats
    waits: Ints
    target: Floats
    team_finish: Floats
    team_part: Ints
    team_finished: Ints
    team_level: Floats
    team_goal: Floats
    team_segment: Ints
    team_time: Floats
    team_event: Flags
    pending_time: Floats
    pending_part: Ints
    pending_head: Ints
    pending_tail: Ints
    lane_served: Floats
    lane_gain: Floats
    team_next: Longs
    block_next: Longs
    stack: Ints
    dirty: Ints
    chosen: Words
    counts: Ints
    team_word: Ints
    place: Ints
    slot: Ints
    first_release: Floats


@intrinsic
def _count_trailing_zeros(typingctx: Any, word: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.uint64(types.uint64), codegen


@intrinsic
def _as_integer(typingctx: Any, value: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.IntType(64))

    return types.int64(types.float64), codegen


@intrinsic
def _as_float(typingctx: Any, value: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.DoubleType())

    return types.float64(types.int64), codegen


@inlined
def _order(time):  # type: ignore[no-untyped-def]
    """The bits of a time (0 or more, or inf) as a whole number: in the order of the times, and quicker to compare."""
    return _as_integer(time)  # type: ignore[call-arg]


@inlined
def _time(order):  # type: ignore[no-untyped-def]
    """The time that has this `_order`."""
    return _as_float(order)  # type: ignore[call-arg]


@inlined
def _lowest_bit(word):  # type: ignore[no-untyped-def]
    """Place of the lowest set bit of a word that is not 0."""
    return np.int64(_count_trailing_zeros(word))  # type: ignore[call-arg]


@inlined
def _index(value):  # type: ignore[no-untyped-def]
    """The value, which is an index: 0 or more, and below 2**30.

    The mask changes nothing, but lets the compiler see that the index is not negative, so that it leaves out Python's
    counting from the end: a sixth of the time of a run.
    """
    return value & 0x3FFFFFFF


@inlined
def _set_bit(words, place):  # type: ignore[no-untyped-def]
    at = _index(place)
    words[at >> 6] |= np.uint64(1) << np.uint64(at & 63)


@inlined
def _snap(time):  # type: ignore[no-untyped-def]
    """The time, put on a whole day that is within SNAP of it."""
    whole = np.floor(time + 0.5)
    return whole if abs(time - whole) <= SNAP else time


@inlined
def _reset(plan, state):  # type: ignore[no-untyped-def]
    """The start of a run: every team idle, what waits for nothing on the stack; returns its top."""
    parts = plan.part_team.shape[0]
    state.ready[:] = 0
    state.active[:] = 0
    for v in range(plan.waits.shape[0]):
        state.waits[v] = plan.waits[v]
    for v in range(state.release.shape[0]):
        state.release[v] = state.first_release[v]
    state.begun[:] = 0
    for p in range(parts):
        if plan.part_started[p]:
            _set_bit(state.begun, state.place[p])
    state.team_finish[:] = NEVER
    state.team_part[:] = -1
    state.team_finished[:] = -1
    state.team_level[:] = 0.0
    state.team_goal[:] = 0.0
    state.team_segment[:] = 0
    state.team_time[:] = 0.0
    state.team_event[:] = 0
    for t in range(plan.team_cadence.shape[0]):
        state.pending_head[t] = plan.team_part[t]
        state.pending_tail[t] = plan.team_part[t]
    state.lane_served[:] = 0.0
    state.lane_gain[:] = 0.0
    state.team_next[:] = _order(NEVER)
    state.block_next[:] = _order(NEVER)
    top = plan.roots.shape[0]
    for root in range(top):
        state.stack[root] = plan.roots[top - 1 - root]
    return top


@inlined
def _set_next(state, team, time):  # type: ignore[no-untyped-def]
    """Enter the team's next event time, and keep the earliest of its block of teams."""
    team_next, block_next = state.team_next, state.block_next
    block = _index(team >> 6)
    order = _order(time)
    before = team_next[team]
    team_next[team] = order
    if order < block_next[block]:
        block_next[block] = order
    elif before == block_next[block]:
        first = _index(block << 6)
        earliest = team_next[first]
        if team_next.shape[0] == FEW:  # a loop of fixed length is laid out by the compiler as a whole
            for at in range(1, FEW):
                earliest = min(earliest, team_next[at])
        else:
            for at in range(64):
                earliest = min(earliest, team_next[_index(first + at)])
        block_next[block] = earliest


@inlined
def _find_due(state, block, limit):  # type: ignore[no-untyped-def]
    """The teams of a block whose next event is not after the limit, as a bit set."""
    order = _order(limit)
    first = _index(block << 6)
    due = np.uint64(0)
    if state.team_next.shape[0] == FEW:
        for at in range(FEW):
            due |= np.uint64(state.team_next[at] <= order) << np.uint64(at)
    else:
        for at in range(64):
            due |= np.uint64(state.team_next[_index(first + at)] <= order) << np.uint64(at)
    return due


@inlined
def _postpone(state, team, part, time):  # type: ignore[no-untyped-def]
    """Put a release that is still to come into the team's sorted list."""
    at = state.pending_tail[team]
    state.pending_tail[team] = at + 1
    head = state.pending_head[team]
    while at > head and state.pending_time[at - 1] > time:
        state.pending_time[at] = state.pending_time[at - 1]
        state.pending_part[at] = state.pending_part[at - 1]
        at -= 1
    state.pending_time[at] = time
    state.pending_part[at] = part
    if _order(time) < state.team_next[team]:
        _set_next(state, team, time)


@inlined
def _settle(plan, luck, state, run, top, dirty, limit, out, trace):  # type: ignore[no-untyped-def]
    """Follow all ends and releases on the stack; returns the number of teams that now have to re-plan.

    A node v on the stack is released; ~p is a part that has just ended, at release[2p]. A part's first link leads to the end
    of its feature, which is followed at once.
    """
    parts = plan.part_team.shape[0]
    size_row = run if luck.size.shape[0] > 1 else 0
    hold_row = run if luck.hold.shape[0] > 1 else 0
    while top > 0:
        top -= 1
        entry = state.stack[_index(top)]
        node = _index(~entry if entry < 0 else entry)
        time = state.release[2 * node]
        if entry >= 0:
            handed = state.release[2 * node + 1]
            if node < parts:
                team = _index(plan.part_team[node])
                todo = luck.size[size_row, node]
                if handed >= 0.0:
                    if todo > 0.0:
                        if handed > plan.horizon + SNAP:
                            continue
                        handed = plan.sprint_from[
                            _index(plan.team_cadence[team]), _index(np.int64(np.ceil(handed - SNAP)))
                        ]
                    time = max(time, handed)
                if time > plan.horizon + SNAP:
                    continue
                if trace is not None:
                    trace.startable[node, run] = time
                if todo > 0.0:
                    state.target[node] = todo
                    state.release[2 * node] = time
                    if time <= limit:
                        _set_bit(state.ready, state.place[node])
                        state.team_time[team] = max(state.team_time[team], time)
                        if state.team_event[team] == 0:
                            state.team_event[team] = 1
                            state.dirty[_index(dirty)] = team
                            dirty += 1
                    else:
                        _postpone(state, team, node, time)
                    continue
                time = _snap(time)
                if trace is not None:
                    trace.end[node, run] = time
            else:
                time = max(time, handed)
        first = _index(plan.next_first[node])
        if node < parts:
            end = _index(state.slot[first] >> 1)
            top = _follow(plan, luck, state, run, top, first + 1, plan.next_first[node + 1], time)
            state.waits[end] -= 1
            time = max(time, state.release[2 * end])
            if state.waits[end] > 0:
                state.release[2 * end] = time
                continue
            node = end
            first = _index(plan.next_first[node])
        time = _snap(time + luck.hold[hold_row, node - parts])
        if time > plan.horizon:
            continue
        out[node - parts, run] = time
        top = _follow(plan, luck, state, run, top, first, plan.next_first[node + 1], time)
    return dirty


@inlined
def _follow(plan, luck, state, run, top, first, last, time):  # type: ignore[no-untyped-def]
    """Tell those who wait along the links first to last (left out) of an end at `time`; returns the stack's new top."""
    lag_row = run if luck.lag.shape[0] > 1 else 0
    has_lags = luck.lag.shape[1] > 1
    for link in range(first, last):
        at = _index(link)
        slot = _index(state.slot[at])
        waiting = slot >> 1
        release = time + luck.lag[lag_row, _index(plan.next_lag[at])] if has_lags else time
        state.release[slot] = max(state.release[slot], release)
        state.waits[waiting] -= 1
        if state.waits[waiting] == 0:
            state.stack[_index(top)] = waiting
            top += 1
    return top


@inlined
def _find_level(plan, capacity, state, team, time):  # type: ignore[no-untyped-def]
    """What the team could have finished by `time`; moves its segment there."""
    cadence = _index(plan.team_cadence[team])
    segment = _index(plan.segment_at[cadence, _index(np.int64(time))])
    state.team_segment[team] = segment
    begin = plan.edges[cadence, segment]
    gain = capacity[segment + 1] - capacity[segment]
    return capacity[segment] + (time - begin) * gain / (plan.edges[cadence, segment + 1] - begin)


@inlined
def _find_finish(plan, capacity, state, team, goal, time):  # type: ignore[no-untyped-def]
    """When the team's capacity reaches `goal`, from its segment on; inf when not within the table."""
    cadence = _index(plan.team_cadence[team])
    last = capacity.shape[0] - 1
    segment = _index(state.team_segment[team])
    enough = goal - (EPS + EPS_RELATIVE * goal)
    while segment < last and capacity[segment + 1] < enough:
        segment = _index(segment + 1)
    state.team_segment[team] = segment
    if segment >= last:
        return NEVER
    begin = plan.edges[cadence, segment]
    gain = capacity[segment + 1] - capacity[segment]
    finish = begin
    if gain > 0.0:
        finish = begin + (goal - capacity[segment]) * (plan.edges[cadence, segment + 1] - begin) / gain
    finish = _snap(max(finish, time + TICK))
    return finish if finish <= plan.horizon else NEVER


@inlined
def _advance(plan, state, team, level):  # type: ignore[no-untyped-def]
    """Bring every lane's `served` up to the team's level."""
    gained = level - state.team_level[team]
    for lane in range(plan.team_lane[team], plan.team_lane[team + 1]):
        if state.lane_gain[lane] > 0.0:
            state.lane_served[lane] += gained / state.lane_gain[lane]
    state.team_level[team] = level


@inlined
def _finish_part(state, team, top, end, run, trace):  # type: ignore[no-untyped-def]
    """End the only active part of a simple team; returns the stack's new top."""
    part = _index(state.team_part[team])
    place = _index(state.place[part])
    state.team_finished[team] = part
    state.team_level[team] = state.team_goal[team]
    state.ready[place >> 6] &= ~(np.uint64(1) << np.uint64(place & 63))
    state.release[2 * part] = end
    state.stack[_index(top)] = ~part
    if trace is not None:
        trace.end[part, run] = end
    return top + 1


@inlined
def _finish_parts(plan, state, team, top, end, run, trace):  # type: ignore[no-untyped-def]
    """End the part that set the team's goal, by name, and every other that has nothing left; returns the stack's new top."""
    named = state.team_part[team]
    _advance(plan, state, team, state.team_goal[team])
    for at in range(plan.team_lane[team], plan.team_lane[team + 1]):
        lane = _index(at)
        served = state.lane_served[lane]
        for word in range(plan.lane_word[lane], plan.lane_word[lane + 1]):
            bits = state.active[_index(word)]
            while bits != 0:
                place = _lowest_bit(bits)
                bits &= bits - np.uint64(1)
                part = plan.lane_part[lane] + (word - plan.lane_word[lane]) * 64 + place
                if part == named or state.target[part] - served <= EPS + EPS_RELATIVE * served:
                    done = np.uint64(1) << np.uint64(place)
                    state.active[word] &= ~done
                    state.ready[word] &= ~done
                    state.release[2 * part] = end
                    state.stack[top] = ~part
                    top += 1
                    if trace is not None:
                        trace.end[part, run] = end
    return top


@inlined
def _choose(plan, state, lane, keeps):  # type: ignore[no-untyped-def]
    """Put the lane's first `wip` startable parts into `chosen`, begun ones first when the team keeps; returns their number."""
    left = plan.lane_wip[lane]
    first, end = plan.lane_word[lane], plan.lane_word[lane + 1]
    for word in range(first, end):
        state.chosen[word] = 0
    for turn in range(2 if keeps else 1):
        for word in range(first, end):
            bits = state.ready[word]
            if keeps:
                bits &= state.begun[word] if turn == 0 else ~state.begun[word]
            while bits != 0 and left > 0:
                state.chosen[word] |= bits & (~bits + np.uint64(1))
                bits &= bits - np.uint64(1)
                left -= 1
            if left == 0:
                break
    if keeps:
        for word in range(first, end):
            state.begun[word] |= state.chosen[word]
    return plan.lane_wip[lane] - left


@inlined
def _switch(plan, state, lane):  # type: ignore[no-untyped-def]
    """Make the chosen parts of a lane its active ones: bank what the displaced have left, aim the new ones."""
    served = state.lane_served[lane]
    for word in range(plan.lane_word[lane], plan.lane_word[lane + 1]):
        changed = state.active[word] ^ state.chosen[word]
        while changed != 0:
            place = _lowest_bit(changed)
            changed &= changed - np.uint64(1)
            part = plan.lane_part[lane] + (word - plan.lane_word[lane]) * 64 + place
            if (state.chosen[word] >> np.uint64(place)) & np.uint64(1):
                state.target[part] += served
            else:
                state.target[part] -= served
        state.active[word] = state.chosen[word]


@inlined
def _replan(plan, capacity, state, team):  # type: ignore[no-untyped-def]
    """Choose the team's active parts at its own time; sets its next finish."""
    has_finished = state.team_event[team] == 2
    time = state.team_time[team]
    lanes = range(plan.team_lane[team], plan.team_lane[team + 1])
    same = not has_finished
    weight = 0.0
    busy = 0
    for lane in lanes:
        state.counts[lane] = _choose(plan, state, lane, plan.team_keeps[team])
        if state.counts[lane] > 0:
            weight += plan.lane_weight[lane]
            busy += 1
        for word in range(plan.lane_word[lane], plan.lane_word[lane + 1]):
            same = same and state.chosen[word] == state.active[word]
    if same:
        return
    if not has_finished:
        _advance(plan, state, team, _find_level(plan, capacity, state, team, time))
    level = state.team_level[team]
    goal = NEVER
    for lane in lanes:
        if state.counts[lane] == 0:
            state.lane_gain[lane] = 0.0
            for word in range(plan.lane_word[lane], plan.lane_word[lane + 1]):
                state.active[word] = 0
            state.lane_served[lane] = 0.0
            continue
        _switch(plan, state, lane)
        share = plan.lane_weight[lane] / weight if weight > 0.0 else 1.0 / busy
        if share == 0.0:
            state.lane_gain[lane] = 0.0
            continue
        gain = state.counts[lane] / share
        state.lane_gain[lane] = gain
        for word in range(plan.lane_word[lane], plan.lane_word[lane + 1]):
            bits = state.active[word]
            while bits != 0:
                part = plan.lane_part[lane] + (word - plan.lane_word[lane]) * 64 + _lowest_bit(bits)
                bits &= bits - np.uint64(1)
                wanted = level + (state.target[part] - state.lane_served[lane]) * gain
                if wanted < goal:
                    goal = wanted
                    state.team_part[team] = part
    state.team_goal[team] = goal
    if busy == 0:
        state.team_part[team] = -1
        state.team_finish[team] = NEVER
    else:
        state.team_finish[team] = _find_finish(plan, capacity, state, team, goal, time)


@inlined
def _replan_simple(plan, capacity, state, team):  # type: ignore[no-untyped-def]
    """The same for a team that works on one part at a time in one lane: the most important startable one."""
    part = -1
    first = _index(state.team_word[team])
    for word in range(first, state.team_word[team + 1]):
        bits = state.ready[_index(word)]
        if bits != 0:
            part = plan.team_part[team] + (word - first) * 64 + _lowest_bit(bits)
            break
    before = state.team_part[team]
    finished = state.team_finished[team]
    state.team_finished[team] = -1
    if part == before and finished < 0:
        return
    state.team_part[team] = part
    if part < 0:
        state.team_finish[team] = NEVER
        return
    time = state.team_time[team]
    level = state.team_level[team]
    if finished < 0 or finished > part:
        # It was released in this very instant, and starts then: what ends beneath it must not move it, not by a last bit.
        time = state.release[2 * _index(part)]
        level = _find_level(plan, capacity, state, team, time)
    if before >= 0:
        state.target[_index(before)] = state.team_goal[team] - level
    goal = level + state.target[_index(part)]
    state.team_goal[team] = goal
    state.team_finish[team] = _find_finish(plan, capacity, state, team, goal, time)


@inlined
def _wake(plan, state, team, top, dirty, limit, run, trace):  # type: ignore[no-untyped-def]
    """Let a team's finish and its releases up to `limit` happen; returns the stack's new top."""
    state.team_event[team] = 1
    state.dirty[_index(dirty)] = team
    if state.team_finish[team] <= limit:
        state.team_time[team] = state.team_finish[team]
        state.team_event[team] = 2
        if plan.team_is_simple[team]:
            top = _finish_part(state, team, top, state.team_finish[team], run, trace)
        else:
            top = _finish_parts(plan, state, team, top, state.team_finish[team], run, trace)
        state.team_part[team] = -1
        state.team_finish[team] = NEVER
    head, tail = state.pending_head[team], state.pending_tail[team]
    while head < tail and state.pending_time[_index(head)] <= limit:
        _set_bit(state.ready, state.place[_index(state.pending_part[_index(head)])])
        state.team_time[team] = max(state.team_time[team], state.pending_time[_index(head)])
        head += 1
    state.pending_head[team] = head
    return top


@inlined
def _wake_due(plan, state, run, trace):  # type: ignore[no-untyped-def]
    """Wake all teams of the next instant; returns the stack's top, their number (0 when nothing comes any more), the limit."""
    earliest = state.block_next[0]
    for block in range(1, state.block_next.shape[0]):
        earliest = min(earliest, state.block_next[_index(block)])
    limit = _time(earliest) + TOL
    top = dirty = 0
    if _time(earliest) > plan.horizon:
        return top, dirty, limit
    for at in range(state.block_next.shape[0]):
        block = _index(at)
        if _time(state.block_next[block]) <= limit:
            due = _find_due(state, block, limit)
            while due != 0:
                team = _index((block << 6) + _lowest_bit(due))
                due &= due - np.uint64(1)
                top = _wake(plan, state, team, top, dirty, limit, run, trace)
                dirty += 1
    return top, dirty, limit


@inlined
def _play_run(plan, luck, state, run, out, trace):  # type: ignore[no-untyped-def]
    """One run, from the start until nothing more can happen."""
    top = _reset(plan, state)
    limit, dirty = TOL, 0
    while True:
        dirty = _settle(plan, luck, state, run, top, dirty, limit, out, trace)
        for d in range(dirty):
            team = _index(state.dirty[_index(d)])
            if plan.team_is_simple[team]:
                _replan_simple(plan, luck.capacity[run, team], state, team)
            else:
                _replan(plan, luck.capacity[run, team], state, team)
            state.team_event[team] = 0
            head = _index(state.pending_head[team])
            release = state.pending_time[head] if head < state.pending_tail[team] else NEVER
            _set_next(state, team, min(state.team_finish[team], release))
        top, dirty, limit = _wake_due(plan, state, run, trace)
        if dirty == 0:
            return


@compiled(**BARE)
def _play(plan, luck, state, out, trace):  # type: ignore[no-untyped-def]
    """All runs, one after another, in one set of arrays."""
    for run in range(luck.capacity.shape[0]):
        _play_run(plan, luck, state, _index(run), out, trace)


def _make_state(plan: Plan) -> State:
    """The arrays of one run, used again for each."""
    parts, teams, lanes = plan.part_team.shape[0], plan.team_cadence.shape[0], plan.lane_wip.shape[0]
    nodes, words = plan.waits.shape[0], int(plan.lane_word[lanes])
    blocks = -(-teams // 64)
    sizes = {
        "ready active begun chosen": words,
        "release first_release": 2 * nodes,
        "waits": nodes,
        "target pending_time pending_part place": parts,
        "team_finish team_part team_finished team_level team_goal team_segment team_time team_event": teams,
        "pending_head pending_tail": teams,
        "lane_served lane_gain counts": lanes,
        "team_next": FEW if teams <= FEW else 64 * blocks,
        "block_next": max(1, blocks),
        "stack": nodes + parts + 1,
        "dirty team_word": teams + 1,
        "slot": len(plan.next_node),
    }
    state = set_apart(State, {name: size for names, size in sizes.items() for name in names.split()}, np.zeros)
    state.team_word[:] = plan.lane_word[plan.team_lane]
    state.place[:] = plan.lane_word[plan.part_lane] * 64 + np.arange(parts) - plan.lane_part[plan.part_lane]
    state.slot[:] = 2 * plan.next_node + plan.next_handoff
    state.first_release[0::2], state.first_release[1::2] = plan.not_before, -1.0
    return state


def play(plan: Plan, luck: Luck, trace: Trace | None = None) -> Floats:
    """Play every run of `luck`.

    Returns finish : (F, R) float64, working days from the start at which each feature is finished; inf when it is not by
    the plan's horizon. `trace`, when given, is filled with when each part could start and when it ended.
    """
    out = np.full((plan.waits.shape[0] - plan.part_team.shape[0], luck.capacity.shape[0]), NEVER)
    if trace is not None:
        trace.startable[:] = NEVER
        trace.end[:] = NEVER
    _play(plan, luck, _make_state(plan), out, trace)
    return out
