"""Replay: a plan played at every place of one of its features, from place to place only as far as anything differs.

The first place is played in full, and what every team does is logged. For the next one, parts change ranks, and a team is
played again only from the first moment at which it would choose otherwise: because of its ranks, or because something is
released earlier or later than before. What it ends at another time than before changes the releases of others. A simple
team falls asleep again as soon as it does, with the same left to do, what its log says. Whatever time a team has seen is
settled: all live teams go through time together, as in the engine, whose own functions plan them. So a place costs at most
about as much as a simulation, and usually far less; its ends are the same to the last bit.

What is believed of the future (releases, ends) is what was true at the place before; a team that lives corrects it when an
old end passes without its coming true, and when a new one comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from forecast.arrays import Flags, Floats, Ints, Luck, Plan, Trace
from forecast.compiling import BARE, called, compiled, inlined
from forecast.engine import (
    NEVER,
    SNAP,
    TOL,
    _find_due,
    _finish_part,
    _finish_parts,
    _index,
    _lowest_bit,
    _make_state,
    _order,
    _replan,
    _replan_simple,
    _reset,
    _set_bit,
    _set_next,
    _settle,
    _snap,
    _time,
    _wake_due,
)

LAYOUT = "7e4339b41dcb9bb4"
"""As in the engine; ENGINE is the digest of the engine's file, of which this kernel is compiled as well."""
ENGINE = "89107251fde49167"

ROOM = 1 << 18
"""Changes that are kept at a time."""

MOST_MOMENTS = 50
"""Moments of a run for each node and team; far more than it has."""

NEAR = 2 * TOL
"""Moments that may be one instant."""

TIME, PART, GOAL, FINISH, SEGMENT, DISPLACED, LEFT, COLUMNS = range(8)
"""Columns of a log: from when which part (-1 for none) is worked on, the team's goal, finish and segment; which part was
displaced then (-1 for none), and what it had left."""

ASLEEP, LIVE, AWAKE = 0, 1, 2
"""A team that does what its log says; a simple one that is played and may fall asleep; another one, played to the end."""


class Moves(NamedTuple):
    """How parts change ranks from place to place: swap `rising[k]` with `sinking[k]`, just above it in its lane, for all k in
    first[s] .. first[s + 1] (left out), to get from place s to place s + 1."""

    first: Ints
    rising: Ints
    sinking: Ints


class Sources(NamedTuple):
    """The links turned round: node v waits for node[first[v]] .. node[first[v + 1]], left out."""

    first: Ints
    node: Ints
    lag: Ints
    handoff: Flags


class Book(NamedTuple):
    """What is known of one run. A slot is a place in the order of all parts: parts have slots that change.

    part_at, slot_of : (P,) which part has a slot, and the other way round
    release : (P,) when each part with work is startable; end : (N,) when each node ends; as far as is known now
    logged : (P,) the release under which its team's log was made; touched : (P,) when it is first worked on
    differs : (P,) from when on its team would choose otherwise because of its release
    changed, changes : (P,), (T,) parts of each team whose release is not the logged one, and their number
    is_changed : (P,) 1 for those
    swapped : (T,) from when on the team would choose otherwise because of its ranks
    status : (T,) ASLEEP, LIVE or AWAKE
    since, since_row : (T,) until when it was played at this place, and the row of `log` that holds then
    log, rows : (2 P + 4 T, 7), (T,) what each team does, and the number of rows
    old, olds, old_row : the same of the place before, from when the team came alive, and the row that is reached
    old_left : (P,) by slot: what its target was at the place before
    ended : (P,) when each part of a team that is played ended at the place before
    mark : (P,) by slot: 1 ended, 2 ended at the place before, 3 both; apart : (T,) number of 1 and 2
    stirred, is_stirred : teams that have to be put in order after the place
    shifted, is_shifted, before : features whose end has changed, and what it was
    stack, is_stacked : nodes whose followers have to be looked at
    until : (N,) the last place at which it matters when a node is released or ends; from there on that is left as it was
    """

    part_at: Ints
    slot_of: Ints
    release: Floats
    end: Floats
    logged: Floats
    touched: Floats
    differs: Floats
    changed: Ints
    changes: Ints
    is_changed: Flags
    swapped: Floats
    status: Flags
    since: Floats
    since_row: Ints
    log: Floats
    rows: Ints
    old: Floats
    olds: Ints
    old_row: Ints
    old_left: Floats
    ended: Floats
    mark: Flags
    apart: Ints
    stirred: Ints
    is_stirred: Flags
    shifted: Ints
    is_shifted: Flags
    before: Floats
    stack: Ints
    is_stacked: Flags
    until: Ints
    counts: Ints


STIRRED, SHIFTED, STACKED, STEP = 0, 1, 2, 3
"""What `Book.counts` counts; the last one is the place that is played."""


class Changes(NamedTuple):
    """What differs from one place to the next, run by run: from place `step` on, `feature` ends at `day`, not at `before`."""

    run: Ints
    step: Ints
    feature: Ints
    day: Floats
    before: Floats


class Rows(NamedTuple):
    """The luck of a run: which row of each array."""

    run: int
    size: int
    hold: int
    lag: int


@inlined
def _first_row(plan, team):  # type: ignore[no-untyped-def]
    """Where a team's rows begin in `log` and `old`: each part begins and ends at most once, and there is a row to spare."""
    return _index(2 * plan.team_part[team] + 4 * team)


@inlined
def _stir(book, team):  # type: ignore[no-untyped-def]
    if not book.is_stirred[team]:
        book.is_stirred[team] = 1
        book.stirred[book.counts[STIRRED]] = team
        book.counts[STIRRED] += 1


@inlined
def _write_log(plan, state, book, team, before):  # type: ignore[no-untyped-def]
    """Log what a simple team has just chosen; before : the slot that it worked on until now, -1 for none or an ended one."""
    at = _first_row(plan, team) + book.rows[team]
    book.rows[team] += 1
    slot = state.team_part[team]
    part = book.part_at[_index(slot)] if slot >= 0 else -1
    book.log[at, TIME] = state.team_time[team]
    book.log[at, PART] = part
    book.log[at, GOAL] = state.team_goal[team]
    book.log[at, FINISH] = state.team_finish[team]
    book.log[at, SEGMENT] = state.team_segment[team]
    book.log[at, DISPLACED] = -1
    if before >= 0:
        book.log[at, DISPLACED] = book.part_at[_index(before)]
        book.log[at, LEFT] = state.target[_index(before)]
    if part >= 0 and book.touched[part] == NEVER:
        book.touched[part] = state.team_time[team]


@inlined
def _touch_chosen(plan, state, book, team):  # type: ignore[no-untyped-def]
    """Note when the parts that a team works on are worked on for the first time."""
    for lane in range(plan.team_lane[team], plan.team_lane[team + 1]):
        for word in range(plan.lane_word[lane], plan.lane_word[lane + 1]):
            bits = state.active[word]
            while bits != 0:
                slot = plan.lane_part[lane] + (word - plan.lane_word[lane]) * 64 + _lowest_bit(bits)
                bits &= bits - np.uint64(1)
                part = book.part_at[slot]
                if book.touched[part] == NEVER:
                    book.touched[part] = state.team_time[team]


@inlined
def _plan_team(plan, luck, state, book, team, run):  # type: ignore[no-untyped-def]
    """Let a team choose what to work on, as the engine does, and note it."""
    if plan.team_is_simple[team]:
        before = state.team_part[team]
        has_finished = state.team_event[team] == 2
        _replan_simple(plan, luck.capacity[run, team], state, team)
        if has_finished or state.team_part[team] != before:
            _write_log(plan, state, book, team, before)
    else:
        _replan(plan, luck.capacity[run, team], state, team)
        _touch_chosen(plan, state, book, team)
    state.team_event[team] = 0


@inlined
def _find_earliest(state):  # type: ignore[no-untyped-def]
    earliest = state.block_next[0]
    for block in range(1, state.block_next.shape[0]):
        earliest = min(earliest, state.block_next[_index(block)])
    return _time(earliest)


@inlined
def _play_first(plan, luck, state, book, run, out, trace):  # type: ignore[no-untyped-def]
    """One run of the first place, as the engine plays it, and noted."""
    book.release[:] = NEVER
    book.touched[:] = NEVER
    book.end[:] = NEVER
    book.rows[:] = 0
    for part in range(plan.part_team.shape[0]):
        book.part_at[part] = part
        book.slot_of[part] = part
    top = _reset(plan, state)
    limit, dirty = TOL, 0
    while True:
        dirty = _settle(plan, luck, state, run, top, dirty, limit, out, trace)
        for d in range(dirty):
            team = _index(state.dirty[_index(d)])
            _plan_team(plan, luck, state, book, team, run)
            head = _index(state.pending_head[team])
            release = state.pending_time[head] if head < state.pending_tail[team] else NEVER
            _set_next(state, team, min(state.team_finish[team], release))
        top, dirty, limit = _wake_due(plan, state, run, trace)
        if dirty == 0:
            break
    state.team_next[:] = _order(NEVER)
    state.block_next[:] = _order(NEVER)
    for part in range(plan.part_team.shape[0]):
        book.logged[part] = book.release[part]


# What follows from an end -----------------------------------------------------------------------------------------------


@inlined
def _find_time(plan, luck, sources, book, rows, node):  # type: ignore[no-untyped-def]
    """When a node is released (a part with work) or ends (anything else), by the ends of what it waits for; inf for never."""
    parts = plan.part_team.shape[0]
    time = plan.not_before[node]
    handed = -1.0
    has_lags = luck.lag.shape[1] > 1
    for link in range(sources.first[node], sources.first[node + 1]):
        end = book.end[_index(sources.node[_index(link)])]
        if end == NEVER:
            return NEVER
        if has_lags:
            end += luck.lag[rows.lag, _index(sources.lag[_index(link)])]
        if sources.handoff[link]:
            handed = max(handed, end)
        else:
            time = max(time, end)
    if node >= parts:
        time = max(time, handed)
        if time > plan.horizon:  # also for never, of which there is no next whole day
            return NEVER
        time = _snap(time + luck.hold[rows.hold, node - parts])
        return time if time <= plan.horizon else NEVER
    has_work = luck.size[rows.size, node] > 0.0
    if handed >= 0.0:
        if has_work:
            if handed > plan.horizon + SNAP:
                return NEVER
            cadence = _index(plan.team_cadence[plan.part_team[node]])
            handed = plan.sprint_from[cadence, _index(np.int64(np.ceil(handed - SNAP)))]
        time = max(time, handed)
    if time > plan.horizon + SNAP:
        return NEVER
    return time if has_work else _snap(time)


@inlined
def _follow_ends(plan, luck, sources, state, book, rows):  # type: ignore[no-untyped-def]
    """Correct what is believed of all that waits, directly or through others, for the nodes whose end has changed."""
    parts = plan.part_team.shape[0]
    top = book.counts[STACKED]
    while top > 0:
        top -= 1
        node = _index(book.stack[_index(top)])
        book.is_stacked[node] = 0
        for at in range(plan.next_first[node], plan.next_first[node + 1]):
            waiting = _index(plan.next_node[_index(at)])
            if book.until[waiting] < book.counts[STEP]:
                continue
            time = _find_time(plan, luck, sources, book, rows, waiting)
            if waiting < parts and luck.size[rows.size, waiting] > 0.0:
                if time != book.release[waiting]:
                    book.release[waiting] = time
                    team = _index(plan.part_team[waiting])
                    if book.status[team] == ASLEEP:
                        _watch(plan, book, team, waiting)
                        _set_next(state, team, _find_alarm(plan, book, team))
                    else:
                        _reschedule(plan, state, book, team, waiting)
            elif time != book.end[waiting]:
                if waiting >= parts and not book.is_shifted[waiting - parts]:
                    book.is_shifted[waiting - parts] = 1
                    book.before[waiting - parts] = book.end[waiting]
                    book.shifted[book.counts[SHIFTED]] = waiting - parts
                    book.counts[SHIFTED] += 1
                book.end[waiting] = time
                if not book.is_stacked[waiting]:
                    book.is_stacked[waiting] = 1
                    book.stack[_index(top)] = waiting
                    top += 1
    book.counts[STACKED] = 0


@inlined
def _reschedule(plan, state, book, team, part):  # type: ignore[no-untyped-def]
    """Correct a release to come in the list of a team that is being played."""
    slot = _index(book.slot_of[part])
    tail = state.pending_tail[team]
    first = state.pending_head[team] if state.release[2 * slot] < NEVER else tail
    state.release[2 * slot] = book.release[part]
    for at in range(first, tail):
        if state.pending_part[_index(at)] == slot:
            for later in range(at + 1, tail):
                state.pending_time[_index(later - 1)] = state.pending_time[_index(later)]
                state.pending_part[_index(later - 1)] = state.pending_part[_index(later)]
            state.pending_tail[team] = tail - 1
            break
    if book.release[part] < NEVER:
        _line_up(state, team, slot, book.release[part])
        if _is_urgent(plan, state, team, slot) and _order(book.release[part]) < state.team_next[team]:
            _set_next(state, team, book.release[part])


# When a sleeping team has to be played -------------------------------------------------------------------------------------


@inlined
def _find_alarm(plan, book, team):  # type: ignore[no-untyped-def]
    """From when on a team that is asleep would choose otherwise than its log says."""
    alarm = book.swapped[team]
    first = plan.team_part[team]
    for at in range(first, first + book.changes[team]):
        alarm = min(alarm, book.differs[book.changed[at]])
    return alarm


@inlined
def _watch(plan, book, team, part):  # type: ignore[no-untyped-def]
    """Note a release that differs from the logged one, and from when on that matters."""
    if not book.is_changed[part]:
        book.is_changed[part] = 1
        book.changed[plan.team_part[team] + book.changes[team]] = part
        book.changes[team] += 1
        _stir(book, team)
    book.differs[part] = _find_difference(plan, book, team, part)


@inlined
def _find_difference(plan, book, team, part):  # type: ignore[no-untyped-def]
    """From when on a release that differs from the logged one matters; inf when it never does."""
    old, new, since = book.logged[part], book.release[part], book.since[team]
    touched = book.touched[part]
    if old == new or max(old, new) <= since:
        return NEVER
    if new > old:  # missed when it is first worked on in the log, or when it used to start at its very release
        if new > touched - NEAR:
            return max(since, min(old, touched) if old >= touched - NEAR else touched)
        return NEVER
    if not plan.team_is_simple[team]:
        return new
    # It is chosen as soon as nothing, or something beneath it, is worked on.
    first = book.since_row[team]
    last = _first_row(plan, team) + book.rows[team]
    if first == last or book.log[first, TIME] > max(since, new - NEAR):  # nothing is worked on until then
        return max(since, new)
    slot = book.slot_of[part]
    for at in range(first, last):
        time = book.log[at, TIME]
        if time > old + NEAR:
            break
        if at + 1 == last or book.log[at + 1, TIME] > new - NEAR:
            worked_on = np.int64(book.log[at, PART])
            if worked_on < 0 or book.slot_of[worked_on] >= slot:
                return max(since, max(time, new))
    return NEVER


@inlined
def _swap(plan, luck, state, book, rows, rising, sinking):  # type: ignore[no-untyped-def]
    """Let a part change ranks with the one above it, and find from when on its team would choose otherwise."""
    team = _index(plan.part_team[rising])
    high, low = book.slot_of[sinking], book.slot_of[rising]
    book.slot_of[rising], book.slot_of[sinking] = high, low
    book.part_at[high], book.part_at[low] = rising, sinking
    if luck.size[rows.size, rising] == 0.0 or luck.size[rows.size, sinking] == 0.0:
        return
    release = book.release[rising]
    alarm = NEVER
    if plan.team_is_simple[team]:  # when the one above is worked on while the other one could be
        first = _first_row(plan, team)
        last = first + book.rows[team]
        for at in range(first, last):
            until = book.log[at + 1, TIME] if at + 1 < last else NEVER
            if np.int64(book.log[at, PART]) == sinking and until > release - NEAR:
                if book.end[rising] > book.log[at, TIME] - NEAR:
                    alarm = max(book.log[at, TIME], release)
                break
    elif book.end[rising] > book.release[sinking] - NEAR and book.end[sinking] > release - NEAR:
        alarm = max(release, book.release[sinking])
    if alarm < NEVER:
        book.swapped[team] = min(book.swapped[team], alarm)
        _stir(book, team)
        _set_next(state, team, _find_alarm(plan, book, team))


# A team that comes alive, is played, and falls asleep ------------------------------------------------------------------------


@inlined
def _line_up(state, team, slot, time):  # type: ignore[no-untyped-def]
    """Put a release to come into the sorted list of a team that comes alive."""
    at = state.pending_tail[team]
    state.pending_tail[team] = at + 1
    head = state.pending_head[team]
    while at > head and state.pending_time[_index(at - 1)] > time:
        state.pending_time[_index(at)] = state.pending_time[_index(at - 1)]
        state.pending_part[_index(at)] = state.pending_part[_index(at - 1)]
        at -= 1
    state.pending_time[_index(at)] = time
    state.pending_part[_index(at)] = slot


@inlined
def _come_alive(plan, luck, state, book, rows, team, alarm):  # type: ignore[no-untyped-def]
    """Put a team where it stood just before a moment."""
    begin = alarm - TOL
    for word in range(state.team_word[team], state.team_word[team + 1]):
        state.ready[word] = 0
        state.active[word] = 0
        state.begun[word] = 0
    first, last = plan.team_part[team], plan.team_part[team + 1]
    is_simple = plan.team_is_simple[team]
    state.pending_head[team] = first
    state.pending_tail[team] = first
    state.team_finish[team] = NEVER
    state.team_part[team] = -1
    state.team_finished[team] = -1
    state.team_level[team] = 0.0
    state.team_time[team] = 0.0
    state.team_event[team] = 0
    state.team_segment[team] = 0
    book.status[team] = LIVE if is_simple else AWAKE
    book.apart[team] = 0
    for slot in range(first, last):
        part = book.part_at[slot]
        size = luck.size[rows.size, part]
        state.target[slot] = size
        state.release[2 * slot] = book.release[part]
        book.is_changed[part] = 0
        book.ended[part] = book.end[part]
        book.mark[slot] = 0
        if plan.part_started[part]:
            _set_bit(state.begun, state.place[slot])
        if size == 0.0:
            book.mark[slot] = 3
            continue
        if book.end[part] < begin:
            book.mark[slot] = 3
        if book.touched[part] >= begin or not is_simple:
            book.touched[part] = NEVER
        if is_simple and book.release[part] < begin:
            if book.mark[slot] == 0:
                _set_bit(state.ready, state.place[slot])
        elif book.release[part] < NEVER:
            _line_up(state, team, slot, book.release[part])
    book.changes[team] = 0
    book.swapped[team] = NEVER
    _stir(book, team)
    if is_simple:
        _resume(plan, state, book, team, begin)
    else:
        _repeat(plan, luck.capacity[rows.run, team], state, book, team, begin)


@inlined
def _resume(plan, state, book, team, begin):  # type: ignore[no-untyped-def]
    """Read from the log what a simple team did and had left just before `begin`; what comes then is kept as old."""
    first = _first_row(plan, team)
    last = first + book.rows[team]
    at = first
    while at < last and book.log[at, TIME] < begin:
        displaced = np.int64(book.log[at, DISPLACED])
        if displaced >= 0:
            state.target[book.slot_of[displaced]] = book.log[at, LEFT]
        at += 1
    kept = first
    book.old[kept, TIME] = -1.0
    book.old[kept, PART] = -1.0
    book.old[kept, FINISH] = NEVER
    if at > first:
        for column in range(COLUMNS):
            book.old[kept, column] = book.log[at - 1, column]
        part = np.int64(book.log[at - 1, PART])
        state.team_time[team] = book.log[at - 1, TIME]
        state.team_part[team] = book.slot_of[part] if part >= 0 else -1
        state.team_goal[team] = book.log[at - 1, GOAL]
        state.team_finish[team] = book.log[at - 1, FINISH]
        state.team_segment[team] = np.int64(book.log[at - 1, SEGMENT])
    book.rows[team] = at - first
    for row in range(at, last):
        kept += 1
        for column in range(COLUMNS):
            book.old[kept, column] = book.log[row, column]
    book.olds[team] = kept + 1
    book.old_row[team] = first
    for slot in range(plan.team_part[team], plan.team_part[team + 1]):
        book.old_left[slot] = state.target[slot]


@called
def _repeat(plan, capacity, state, book, team, begin):  # type: ignore[no-untyped-def]
    """Play a team that is not simple from the start to just before `begin`; its ends from then on are kept as old."""
    for lane in range(plan.team_lane[team], plan.team_lane[team + 1]):
        state.lane_served[lane] = 0.0
        state.lane_gain[lane] = 0.0
    while True:
        head = state.pending_head[team]
        release = state.pending_time[head] if head < state.pending_tail[team] else NEVER
        time = min(state.team_finish[team], release)
        if not time < begin or time > plan.horizon:
            break
        state.team_event[team] = 1
        if state.team_finish[team] <= time + TOL:
            state.team_event[team] = 2
            state.team_time[team] = state.team_finish[team]
            _finish_parts(plan, state, team, 0, state.team_finish[team], 0, None)
            state.team_part[team] = -1
            state.team_finish[team] = NEVER
        _pass_releases(state, team, time + TOL)
        _replan(plan, capacity, state, team)
        _touch_chosen(plan, state, book, team)
    state.team_event[team] = 0
    first = _first_row(plan, team)
    last = first
    for slot in range(plan.team_part[team], plan.team_part[team + 1]):
        end = book.end[book.part_at[slot]]
        if book.mark[slot] == 0 and end < NEVER:
            at = last
            while at > first and book.old[at - 1, FINISH] > end:
                book.old[at, FINISH] = book.old[at - 1, FINISH]
                book.old[at, PART] = book.old[at - 1, PART]
                at -= 1
            book.old[at, FINISH] = end
            book.old[at, PART] = book.part_at[slot]
            last += 1
    book.olds[team] = last
    book.old_row[team] = first


@inlined
def _is_urgent(plan, state, team, slot):  # type: ignore[no-untyped-def]
    """Whether a team may drop what it works on for a part that is released."""
    return not plan.team_is_simple[team] or slot < state.team_part[team] or state.team_part[team] < 0


@inlined
def _find_event(plan, state, team):  # type: ignore[no-untyped-def]
    """The next moment at which a team chooses anew: its finish, or an urgent release before that."""
    for at in range(state.pending_head[team], state.pending_tail[team]):
        time = state.pending_time[_index(at)]
        if time >= state.team_finish[team]:
            break
        if _is_urgent(plan, state, team, state.pending_part[_index(at)]):
            return time
    return state.team_finish[team]


@inlined
def _find_next(plan, state, book, team):  # type: ignore[no-untyped-def]
    """The next moment of a team that is played: it chooses anew, or an end that is still believed does not come true."""
    time = _find_event(plan, state, team)
    for at in range(book.old_row[team], book.olds[team]):
        finish = book.old[at, FINISH]
        if (book.old[at, TIME] if book.status[team] == LIVE else finish) >= time:
            break
        if finish < time:
            part = np.int64(book.old[at, PART])
            if book.end[part] == finish and book.mark[book.slot_of[part]] == 0:
                return finish
    return time


@inlined
def _foresee(plan, state, book, team, before, is_as_before):  # type: ignore[no-untyped-def]
    """Believe that a team finishes what it has just chosen, unless something urgent comes before, and not what it left.

    before : the slot that it worked on until now, -1 for none or an ended one
    """
    slot = state.team_part[team]
    if before >= 0 and before != slot:
        part = book.part_at[_index(before)]
        _enter_end(book, part, book.ended[part] if book.mark[_index(before)] == 0 else NEVER)
    if slot >= 0:
        part = book.part_at[_index(slot)]
        end = state.team_finish[team]
        if is_as_before or _find_event(plan, state, team) < end:
            end = book.ended[part] if book.mark[_index(slot)] == 0 else NEVER
        _enter_end(book, part, end)


@inlined
def _enter_end(book, part, end):  # type: ignore[no-untyped-def]
    """A part has ended, or (never) has not ended when it used to."""
    if book.end[part] != end:
        book.end[part] = end
        if not book.is_stacked[part]:
            book.is_stacked[part] = 1
            book.stack[_index(book.counts[STACKED])] = part
            book.counts[STACKED] += 1


@inlined
def _pass_old(book, team, limit):  # type: ignore[no-untyped-def]
    """Go through what a team did at the place before up to a moment: ends that have not come true are believed no longer."""
    while book.old_row[team] < book.olds[team]:
        at = book.old_row[team]
        finish = book.old[at, FINISH]
        until = NEVER
        if book.status[team] == LIVE and at + 1 < book.olds[team]:
            until = book.old[at + 1, TIME]
        if min(finish, until) > limit:
            return
        book.old_row[team] = at + 1
        if until < NEVER and np.int64(book.old[at + 1, DISPLACED]) >= 0:
            book.old_left[book.slot_of[np.int64(book.old[at + 1, DISPLACED])]] = -1.0  # awake until it ends
        elif finish <= limit:
            part = np.int64(book.old[at, PART])
            slot = book.slot_of[part]
            if book.mark[slot] == 0:
                book.apart[team] += 1
                book.mark[slot] = 2
                if book.end[part] == finish:
                    _enter_end(book, part, NEVER)
            else:
                book.apart[team] -= 1
                book.mark[slot] = 3


@inlined
def _pass_finish(plan, state, book, team, limit):  # type: ignore[no-untyped-def]
    """Let a team's finish happen when it is due."""
    if state.team_finish[team] > limit:
        return
    end = state.team_finish[team]
    state.team_time[team] = end
    state.team_event[team] = 2
    if plan.team_is_simple[team]:
        top = _finish_part(state, team, 0, end, 0, None)
    else:
        top = _finish_parts(plan, state, team, 0, end, 0, None)
    state.team_part[team] = -1
    state.team_finish[team] = NEVER
    for at in range(top):
        slot = ~state.stack[at]
        book.apart[team] += 1 if book.mark[slot] == 0 else -1
        book.mark[slot] |= 1
        _enter_end(book, book.part_at[slot], end)


@inlined
def _pass_releases(state, team, limit):  # type: ignore[no-untyped-def]
    """Let the releases of a team up to a moment happen."""
    head, tail = state.pending_head[team], state.pending_tail[team]
    while head < tail and state.pending_time[_index(head)] <= limit:
        _set_bit(state.ready, state.place[_index(state.pending_part[_index(head)])])
        state.team_time[team] = max(state.team_time[team], state.pending_time[_index(head)])
        head += 1
    state.pending_head[team] = head


@inlined
def _is_as_before(plan, state, book, team):  # type: ignore[no-untyped-def]
    """Whether a simple team works on the same as at the place before, and has the same left of everything."""
    if book.status[team] != LIVE or book.apart[team] != 0 or book.old_row[team] >= book.olds[team]:
        return False
    at = book.old_row[team]
    slot = state.team_part[team]
    part = book.part_at[_index(slot)] if slot >= 0 else -1
    if np.int64(book.old[at, PART]) != part:
        return False
    if part >= 0:
        if book.old[at, GOAL] != state.team_goal[team] or book.old[at, FINISH] != state.team_finish[team]:
            return False
        if np.int64(book.old[at, SEGMENT]) != state.team_segment[team]:
            return False
    for other in range(plan.team_part[team], plan.team_part[team + 1]):
        if book.mark[other] == 0 and other != slot and state.target[other] != book.old_left[other]:
            return False
    return True


@inlined
def _fall_asleep(plan, book, team, limit):  # type: ignore[no-untyped-def]
    """Go on as the log of the place before says; releases that still differ from it are watched."""
    first = _first_row(plan, team)
    at = first + book.rows[team]
    book.since[team] = limit
    book.since_row[team] = max(first, at - 1)
    for row in range(book.old_row[team] + 1, book.olds[team]):
        for column in range(COLUMNS):
            book.log[at, column] = book.old[row, column]
        part = np.int64(book.old[row, PART])
        if part >= 0 and book.touched[part] == NEVER:
            book.touched[part] = book.old[row, TIME]
        at += 1
    book.rows[team] = at - first
    book.status[team] = ASLEEP
    for slot in range(plan.team_part[team], plan.team_part[team + 1]):
        part = book.part_at[slot]
        if book.release[part] != book.logged[part]:
            if book.mark[slot] == 0:
                _watch(plan, book, team, part)
            else:
                book.logged[part] = book.release[part]


@inlined
def _play_place(plan, luck, sources, state, book, rows):  # type: ignore[no-untyped-def]
    """One run of a place, from the moment at which the first team would choose otherwise.

    Returns whether it has come to an end: a run has only so many moments, and one that has more is not trusted.
    """
    left = MOST_MOMENTS * (100 + plan.waits.shape[0] + plan.team_cadence.shape[0])
    while True:
        earliest = _find_earliest(state)
        if earliest > plan.horizon:
            return True
        left -= 1
        if left < 0:
            return False
        limit = earliest + TOL
        dirty = 0
        while _find_earliest(state) <= limit:
            for at in range(state.block_next.shape[0]):
                due = _find_due(state, _index(at), limit)
                while due != 0:
                    team = _index((at << 6) + _lowest_bit(due))
                    due &= due - np.uint64(1)
                    alarm = _time(state.team_next[team])
                    if alarm > limit:  # what alarmed it has been corrected since
                        continue
                    _set_next(state, team, NEVER)
                    if book.status[team] == ASLEEP:
                        _come_alive(plan, luck, state, book, rows, team, alarm)
                        _set_next(state, team, NEVER)
                    if state.team_event[team] == 0:
                        state.team_event[team] = 1
                        state.dirty[_index(dirty)] = team
                        dirty += 1
                    _pass_finish(plan, state, book, team, limit)
                    _pass_old(book, team, limit)
                    _follow_ends(plan, luck, sources, state, book, rows)
        for d in range(dirty):
            team = _index(state.dirty[_index(d)])
            _pass_releases(state, team, limit)
            before = state.team_part[team]
            _plan_team(plan, luck, state, book, team, rows.run)
            is_as_before = _is_as_before(plan, state, book, team)
            _foresee(plan, state, book, team, before, is_as_before)
            _follow_ends(plan, luck, sources, state, book, rows)
            if is_as_before:
                _fall_asleep(plan, book, team, limit)
                time = _find_alarm(plan, book, team)
            else:
                time = _find_next(plan, state, book, team)
            _set_next(state, team, time)


@inlined
def _close(plan, state, book):  # type: ignore[no-untyped-def]
    """Put the teams in order after a place: their logs are those of the present releases."""
    for at in range(book.counts[STIRRED]):
        team = _index(book.stirred[at])
        book.is_stirred[team] = 0
        book.changes[team] = 0
        book.swapped[team] = NEVER
        book.status[team] = ASLEEP
        book.since[team] = -1.0
        book.since_row[team] = _first_row(plan, team)
        _set_next(state, team, NEVER)
        for part in range(plan.team_part[team], plan.team_part[team + 1]):
            book.logged[part] = book.release[part]
            book.is_changed[part] = 0
    book.counts[STIRRED] = 0


@compiled(**BARE)
def _replay(plan, luck, sources, moves, state, book, out, trace, finish, changes, first_run):  # type: ignore[no-untyped-def]
    """The runs from `first_run` on, as long as what changes in them has room; returns the next run, and the changes."""
    parts = plan.part_team.shape[0]
    room = changes.run.shape[0]
    count = 0
    for run in range(first_run, luck.capacity.shape[0]):
        rows = Rows(
            run,
            run if luck.size.shape[0] > 1 else 0,
            run if luck.hold.shape[0] > 1 else 0,
            run if luck.lag.shape[0] > 1 else 0,
        )
        before = count
        _play_first(plan, luck, state, book, run, out, trace)
        for feature in range(finish.shape[0]):
            finish[feature, run] = book.end[parts + feature]
        for step in range(1, moves.first.shape[0]):
            book.counts[STEP] = step
            for at in range(moves.first[step - 1], moves.first[step]):
                _swap(plan, luck, state, book, rows, moves.rising[at], moves.sinking[at])
            if not _play_place(plan, luck, sources, state, book, rows):
                return run, -1
            _close(plan, state, book)
            is_full = count + book.counts[SHIFTED] > room
            for at in range(book.counts[SHIFTED]):
                feature = _index(book.shifted[at])
                book.is_shifted[feature] = 0
                if not is_full and book.end[parts + feature] != book.before[feature]:
                    changes.run[count] = run
                    changes.step[count] = step
                    changes.feature[count] = feature
                    changes.day[count] = book.end[parts + feature]
                    changes.before[count] = book.before[feature]
                    count += 1
            book.counts[SHIFTED] = 0
            if is_full:
                return run, before
    return luck.capacity.shape[0], count


def _turn_links(plan: Plan) -> Sources:
    nodes = plan.waits.size
    order = np.argsort(plan.next_node, kind="stable")
    source = np.repeat(np.arange(nodes, dtype=np.int32), np.diff(plan.next_first))
    return Sources(
        first=np.searchsorted(plan.next_node[order], np.arange(nodes + 1)).astype(np.int32),
        node=source[order],
        lag=plan.next_lag[order],
        handoff=plan.next_handoff[order],
    )


def _make_book(plan: Plan, until: Ints | None) -> Book:
    parts, teams, nodes = plan.part_team.size, plan.team_cadence.size, plan.waits.size
    rows = 2 * parts + 4 * teams

    def ints(count: int) -> Ints:
        return np.zeros(count, np.int32)

    def flags(count: int) -> Flags:
        return np.zeros(count, np.uint8)

    return Book(
        part_at=ints(parts),
        slot_of=ints(parts),
        release=np.zeros(parts),
        end=np.zeros(nodes),
        logged=np.zeros(parts),
        touched=np.zeros(parts),
        differs=np.zeros(parts),
        changed=ints(parts),
        changes=ints(teams),
        is_changed=flags(parts),
        swapped=np.full(teams, NEVER),
        status=flags(teams),
        since=np.full(teams, -1.0),
        since_row=(2 * plan.team_part[:-1] + 4 * np.arange(teams)).astype(np.int32),
        log=np.zeros((rows, COLUMNS)),
        rows=ints(teams),
        old=np.zeros((rows, COLUMNS)),
        olds=ints(teams),
        old_row=ints(teams),
        old_left=np.zeros(parts),
        ended=np.zeros(parts),
        mark=flags(parts),
        apart=ints(teams),
        stirred=ints(teams),
        is_stirred=flags(teams),
        shifted=ints(nodes - parts),
        is_shifted=flags(nodes - parts),
        before=np.zeros(nodes - parts),
        stack=ints(nodes + 1),
        is_stacked=flags(nodes),
        until=np.full(nodes, np.iinfo(np.int32).max, np.int32) if until is None else until,
        counts=ints(4),
    )


class EndlessError(Exception):
    """A run that does not come to its end: its places have to be simulated."""


class Story(NamedTuple):
    """What became of some runs: the finish matrix (F, R) of the first place, and what changes from there."""

    first: int
    finish: Floats
    changes: Changes


def replay(plan: Plan, luck: Luck, moves: Moves, room: int = ROOM, until: Ints | None = None) -> Iterator[Story]:
    """Play every run of `luck` at every place, as many runs at a time as their changes have room.

    plan : the roadmap at the first place; moves : from each place to the next
    until : (N,) the last place at which each node matters (`find_matters`); behind it no change of it is told. None for all
    """
    parts, nodes, runs = plan.part_team.size, plan.waits.size, luck.capacity.shape[0]
    finish = np.empty((nodes - parts, runs))
    sources, state, book = _turn_links(plan), _make_state(plan), _make_book(plan, until)
    # What the engine notes of any run is the book's.
    out = as_strided(book.end[parts:], finish.shape, (8, 0))
    trace = Trace(*(as_strided(times, (parts, runs), (8, 0)) for times in (book.release, book.end[:parts])))
    done = 0
    while done < runs:
        changes = Changes._make([*(np.empty(room, np.int32) for _ in range(3)), np.empty(room), np.empty(room)])
        first = done
        done, count = _replay(plan, luck, sources, moves, state, book, out, trace, finish, changes, first)
        if count < 0:
            raise EndlessError(f"run {done}")
        if done == first:
            room *= 4
            continue
        yield Story(first, finish[:, first:done], Changes._make(column[:count] for column in changes))


def find_matters(plan: Plan, moves: Moves, wanted: Iterable[int]) -> Ints:
    """The last place (N,) at which each node matters to the ends of some features; -1 when it never does.

    wanted : features, the one that changes places among them

    What matters to a node is what it waits for; to a part besides what its team takes up before it: all above it in a simple
    team (what is beneath does not move it, not by a last bit), and all else in another one. What rises passes one part after
    the other, which therefore ceases to matter to it: what does not matter at a place does not at any later one.
    """
    parts, places = plan.part_team.size, moves.first.size
    sources = _turn_links(plan)
    until = np.full(plan.waits.size, -1, np.int32)
    risers = set(moves.rising.tolist())
    for place in range(places - 1, -1, -1):
        last = place == places - 1
        found = [parts + feature for feature in wanted] if last else []
        found += [] if last else moves.sinking[moves.first[place] : moves.first[place + 1]].tolist()
        while found:
            node = found.pop()
            if until[node] >= 0:
                continue
            until[node] = place
            found += sources.node[sources.first[node] : sources.first[node + 1]].tolist()
            if node < parts:
                team = plan.part_team[node]
                first, end = plan.team_part[team : team + 2].tolist()
                if not plan.team_is_simple[team]:
                    found += range(first, end)
                elif node > first and node not in risers:
                    found.append(node - 1)
    return until
