"""Who worked when, and what kept the others: the account of a play, worked out from its trace.

The engine answers when things end. `account` goes through the same runs again with those ends at hand and books every
team's capacity: spent on a part, or lost for a reason. It applies the rules of sharing once more, without a look at how the
engine did, so that what is spent on a finished part is its size only if both are right.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np

from forecast.arrays import Flags, Floats, Ints, Longs, Luck, Plan, Trace
from forecast.compiling import BARE, compiled, inlined

INSTANT = 1e-9
ON_THE_DAY = 1e-7
TINY = 1e-12
BLOCKED, READY, DONE = 0, 1, 2

LAYOUT = "7e4339b41dcb9bb4"
"""Digest of the tuples and options that this file is compiled with; see `compiling.compiled`."""


class Reason(IntEnum):
    """Why capacity is lost: what the most important unfinished part of the team waits for at that moment.

    When it waits for several things, the one that holds it to the last counts (its binder). Ends of features and milestones
    are looked through, to the part, the days or the date that holds them.

    NOTHING_LEFT : the team has no unfinished work
    OTHER_TEAM : a part of another team is not finished
    OWN_TEAM : a part of the same team is not finished, and cannot be worked on either
    EXTERNAL : an external (or the delay of a milestone) is under way
    DELAY : a lag is running, or a risk's delay
    HANDOFF : all is over, but the team's next sprint has not begun
    NOT_BEFORE : a stated day has not come
    """

    NOTHING_LEFT = 0
    OTHER_TEAM = 1
    OWN_TEAM = 2
    EXTERNAL = 3
    DELAY = 4
    HANDOFF = 5
    NOT_BEFORE = 6


NOTHING_LEFT, OTHER_TEAM, OWN_TEAM, EXTERNAL, DELAY, HANDOFF, NOT_BEFORE = (int(reason) for reason in Reason)


class Ledger(NamedTuple):
    """The account of every run up to the day `until`. T teams, P parts, N nodes, R runs.

    until : working days from the start; nothing after it is counted
    spent : (P, R) items of capacity spent on each part; with `lost` it adds up to what the team could have finished by then
    lost : (T, R, 7) items that nobody could use, by Reason
    blamed : (T, N + 1) the share of the team's capacity until then that is lost to each node that held it, added up over the
        runs; the last: to a date
    binder : (N, R) the node that held each part, or feature's end, to the last; -1 for none, or for a day given by not_before.
        A node that never ends binds what waits for it
    waiting : (P, R) working days until all that the part waits for is over, lags and not_before included
    handed_off : (P, R) then until it could start: the wait for a sprint to begin
    queueing : (P, R) then without being worked on, because of more important work
    shared : (P, R) worked on beside other parts of the same team
    worked : (P, R) worked on alone. The five add up to the part's end, or to `until` when it has not ended by then
    """

    until: float
    spent: Floats
    lost: Floats
    blamed: Floats
    binder: Ints
    waiting: Floats
    handed_off: Floats
    queueing: Floats
    shared: Floats
    worked: Floats


class Cut(NamedTuple):
    """What the time from the start to the end of some features goes to. K features, P parts, N nodes, R runs.

    It follows, in each run, the feature's part that ends last, and from there those parts of the same feature that held it to
    the last, back to what held the first of them. A feature that is not finished in a run has nan there.

    waiting : (K, R) working days until what is outside the feature (or a date, or a lag between its parts) let the parts go
    handed_off : (K, R) then until the next sprint began
    queueing, shared, worked : (K, R) as in `Ledger`
    delay : (K, R) from the end of the last part to the end of the feature: delays, days of an external. The six add up to the
        end of the feature
    waits_for : (K, N + 1) working days of waiting by the node that held it, added up over the runs; the last: for a date
    behind : (K, P) working days of queueing by the part that held the place (evenly where several do), added up over the runs
    """

    waiting: Floats
    handed_off: Floats
    queueing: Floats
    shared: Floats
    worked: Floats
    delay: Floats
    waits_for: Floats
    behind: Floats


class _Links(NamedTuple):
    """The links by the node they lead to, and the parts of each team by the rank of their features.

    first : (N + 1,) links into node v are first[v] .. first[v + 1]; node : where they come from; lag, handoff : as in Plan
    by_rank : (P,); has_parts : (F,)
    """

    first: Ints
    node: Ints
    lag: Ints
    handoff: Flags
    by_rank: Ints
    has_parts: Flags


class _Desk(NamedTuple):
    """What the account of one run is worked out in; times are working days from the start.

    start, size : (P,); end : (N,) when it could start, its items, when it ended
    over : (N,) when all that the node waits for is over; binder_over : (N,) the same for its binder alone, with its lag
    status, begun : (P,); first : (L,) the lane's first part that is not done
    active, share : (P,) the active parts of a team and the share of its capacity that each gets
    event_time, event_part : (2 P,) a part's first event is its start, the second its end
    """

    start: Floats
    size: Floats
    end: Floats
    over: Floats
    binder_over: Floats
    status: Flags
    begun: Flags
    first: Ints
    active: Ints
    share: Floats
    event_time: Floats
    event_part: Ints


def account(plan: Plan, luck: Luck, trace: Trace, finish: Floats, until: float | None = None) -> Ledger:
    """The account of what `play` with this trace answered.

    finish : (F, R) its answer; until : the last day that counts, at most (and by default) the plan's horizon
    """
    parts, runs = trace.end.shape
    day = min(plan.horizon, float(plan.edges[:, -1].min(initial=np.inf)))
    if until is not None:
        day = min(max(float(until), 0.0), day)
    nodes = plan.waits.size
    times = [np.zeros((parts, runs)) for _ in range(5)]
    lost = np.zeros((plan.team_cadence.size, runs, len(Reason)))
    blamed, binder = np.zeros((plan.team_cadence.size, nodes + 1)), np.full((nodes, runs), -1, np.int32)
    ledger = Ledger(day, np.zeros((parts, runs)), lost, blamed, binder, *times)
    _account(plan, luck, trace, finish, _turn_links(plan), _clear_desk(plan), ledger)
    return ledger


def cut(plan: Plan, luck: Luck, trace: Trace, finish: Floats, rows: Longs) -> Cut:
    """What the time up to the end of the given features (K,) goes to, of what `play` with this trace answered."""
    (parts, runs), nodes = trace.end.shape, plan.waits.size
    shapes = [(len(rows), runs)] * 6 + [(len(rows), nodes + 1), (len(rows), parts)]
    made = Cut(*[np.zeros(shape) for shape in shapes])
    desk, binder = _clear_desk(plan), np.full(nodes, -1, np.int32)
    _cut(plan, luck, trace, finish, rows, _turn_links(plan), desk, binder, made)
    for days in made[:6]:
        days[np.isinf(finish[rows])] = np.nan
    return made


def _turn_links(plan: Plan) -> _Links:
    parts, nodes = plan.part_team.size, plan.waits.size
    order = np.argsort(plan.next_node, kind="stable")
    source = np.repeat(np.arange(nodes, dtype=np.int32), np.diff(plan.next_first))
    return _Links(
        first=np.searchsorted(plan.next_node[order], np.arange(nodes + 1)).astype(np.int32),
        node=source[order],
        lag=plan.next_lag[order],
        handoff=plan.next_handoff[order],
        by_rank=np.lexsort((plan.part_feature, plan.part_team)).astype(np.int32),
        has_parts=(np.bincount(plan.part_feature, minlength=nodes - parts) > 0).astype(np.uint8),
    )


def _clear_desk(plan: Plan) -> _Desk:
    parts, nodes = plan.part_team.size, plan.waits.size
    return _Desk(
        start=np.zeros(parts),
        size=np.zeros(parts),
        end=np.zeros(nodes),
        over=np.zeros(nodes),
        binder_over=np.zeros(nodes),
        status=np.zeros(parts, np.uint8),
        begun=np.zeros(parts, np.uint8),
        first=np.zeros(plan.lane_wip.size, np.int32),
        active=np.zeros(parts, np.int32),
        share=np.zeros(parts),
        event_time=np.zeros(2 * parts),
        event_part=np.zeros(2 * parts, np.int32),
    )


@compiled(**BARE)
def _account(plan, luck, trace, finish, links, desk, ledger):  # type: ignore[no-untyped-def]
    """All runs, one after another, at one desk."""
    for run in range(trace.end.shape[1]):
        _lay_out(plan, luck, trace, finish, desk, run)
        _bind(plan, luck.lag[run if luck.lag.shape[0] > 1 else 0], links, desk, ledger.binder[:, run])
        for team in range(plan.team_cadence.shape[0]):
            _follow(plan, luck.capacity[run, team], team, links, desk, ledger, run)
        for p in range(plan.part_team.shape[0]):
            start = min(desk.start[p], ledger.until)
            over = min(desk.over[p], start)
            rest = min(desk.end[p], ledger.until) - start - ledger.shared[p, run] - ledger.worked[p, run]
            ledger.waiting[p, run] = over
            ledger.handed_off[p, run] = start - over
            ledger.queueing[p, run] = max(rest, 0.0)


@inlined
def _lay_out(plan, luck, trace, finish, desk, run):  # type: ignore[no-untyped-def]
    """Put what is known of a run on the desk."""
    parts = plan.part_team.shape[0]
    size_row = run if luck.size.shape[0] > 1 else 0
    for p in range(parts):
        desk.start[p] = trace.startable[p, run]
        desk.end[p] = trace.end[p, run]
        desk.size[p] = luck.size[size_row, p]
        desk.status[p] = BLOCKED
        desk.begun[p] = plan.part_started[p]
    for f in range(finish.shape[0]):
        desk.end[parts + f] = finish[f, run]
    for lane in range(plan.lane_wip.shape[0]):
        desk.first[lane] = plan.lane_part[lane]


@inlined
def _bind(plan, lag, links, desk, binder):  # type: ignore[no-untyped-def]
    """Find what held each node to the last: the latest after lag and hand-off, then the latest before the hand-off."""
    parts = plan.part_team.shape[0]
    for node in range(plan.waits.shape[0]):
        over = latest = binder_over = plan.not_before[node]
        bound = -1
        has_work = node < parts and desk.size[node] > 0.0
        for link in range(links.first[node], links.first[node + 1]):
            ready = desk.end[links.node[link]] + lag[links.lag[link]]
            start = ready
            if links.handoff[link] and has_work:
                cadence = plan.team_cadence[plan.part_team[node]]
                start = np.inf
                if ready <= plan.horizon + ON_THE_DAY:
                    start = plan.sprint_from[cadence, np.int64(np.ceil(ready - ON_THE_DAY))]
            over = max(over, ready)
            if start > latest or (start == latest and (bound < 0 or ready > binder_over)):
                latest, binder_over, bound = start, ready, links.node[link]
        desk.over[node] = over
        desk.binder_over[node] = binder_over
        binder[node] = bound


@inlined
def _follow(plan, capacity, team, links, desk, ledger, run):  # type: ignore[no-untyped-def]
    """Go through the events of one team in one run, and book its capacity from each to the next."""
    events = _list_events(plan, team, desk, ledger.until)
    now, level, event, active = 0.0, 0.0, 0, 0
    whole = max(_find_level(plan, capacity, team, ledger.until), TINY)
    top = plan.team_part[team]
    while True:
        then = desk.event_time[event] if event < events else ledger.until
        reached = max(_find_level(plan, capacity, team, then), level)
        if active == 0:
            top = _find_unfinished(plan, team, top, links, desk)
            _lose(plan, capacity, whole, team, top, now, then, links, desk, ledger, run)
        for k in range(active):
            part = desk.active[k]
            ledger.spent[part, run] += desk.share[k] * (reached - level)
            if active == 1:
                ledger.worked[part, run] += then - now
            else:
                ledger.shared[part, run] += then - now
        if event == events:
            return
        now, level = then, reached
        while event < events and desk.event_time[event] <= now + INSTANT:
            desk.status[desk.event_part[event]] += 1
            event += 1
        active = _choose(plan, team, desk)


@inlined
def _list_events(plan, team, desk, until):  # type: ignore[no-untyped-def]
    """Enter when the team's parts with work could start and when they ended, up to a day, by time; returns how many."""
    events = 0
    for times in (desk.start, desk.end):
        for part in range(plan.team_part[team], plan.team_part[team + 1]):
            if desk.size[part] > 0.0 and times[part] <= until:
                at = events
                while at > 0 and desk.event_time[at - 1] > times[part]:
                    desk.event_time[at] = desk.event_time[at - 1]
                    desk.event_part[at] = desk.event_part[at - 1]
                    at -= 1
                desk.event_time[at] = times[part]
                desk.event_part[at] = part
                events += 1
    return events


@inlined
def _choose(plan, team, desk):  # type: ignore[no-untyped-def]
    """Choose the active parts of a team and their shares, lane by lane; returns how many."""
    active = 0
    total = 0.0
    for is_even in (False, True):  # lanes with work whose shares are all 0 share evenly
        if active > 0 and total > 0.0:
            break
        active = 0
        for lane in range(plan.team_lane[team], plan.team_lane[team + 1]):
            before = active
            active = _choose_in_lane(plan, lane, plan.team_keeps[team], desk, before)
            weight = 1.0 if is_even else plan.lane_weight[lane]
            if active > before:
                total += weight
            for k in range(before, active):
                desk.share[k] = weight / (active - before)
    for k in range(active):
        desk.share[k] /= total
        desk.begun[desk.active[k]] = 1
    return active


@inlined
def _choose_in_lane(plan, lane, keeps, desk, active):  # type: ignore[no-untyped-def]
    """Add the first startable parts of a lane, those that are begun first if the team keeps them; returns the new number."""
    last = plan.lane_part[lane + 1]
    while desk.first[lane] < last and desk.status[desk.first[lane]] == DONE:
        desk.first[lane] += 1
    full = active + plan.lane_wip[lane]
    for is_begun in (True, False):
        for part in range(desk.first[lane], last):
            if active == full:
                return active
            if desk.status[part] == READY and (bool(desk.begun[part]) == is_begun if keeps else is_begun):
                desk.active[active] = part
                active += 1
    return active


@inlined
def _find_unfinished(plan, team, top, links, desk):  # type: ignore[no-untyped-def]
    """The place in `by_rank` of the team's most important part with work that is not done, looking from `top` on."""
    while top < plan.team_part[team + 1]:
        part = links.by_rank[top]
        if desk.size[part] > 0.0 and desk.status[part] != DONE:
            break
        top += 1
    return top


@inlined
def _lose(plan, capacity, whole, team, top, now, then, links, desk, ledger, run):  # type: ignore[no-untyped-def]
    """Book what a team with nothing startable could have finished from now to then, by what holds its most important part."""
    while now < then:
        reason, change, holder = NOTHING_LEFT, then, 0
        if top < plan.team_part[team + 1]:
            reason, change, holder = _find_reason(
                plan, team, links.by_rank[top], now, links, desk, ledger.binder[:, run]
            )
        if not now < change < then:
            change = then
        items = _find_level(plan, capacity, team, change) - _find_level(plan, capacity, team, now)
        ledger.lost[team, run, reason] += items
        if reason != NOTHING_LEFT:
            ledger.blamed[team, holder] += items / whole  # -1, the last, for a date
        now = change


@inlined
def _find_reason(plan, team, part, now, links, desk, binder):  # type: ignore[no-untyped-def]
    """Why a blocked part cannot start at a moment, until when this is the reason, and the node that holds it (-1: a date)."""
    parts = plan.part_team.shape[0]
    node = part
    while True:
        bound = binder[node]
        if bound < 0:
            return NOT_BEFORE, desk.binder_over[node], -1
        if now >= desk.binder_over[node]:
            return HANDOFF, desk.start[part], bound
        if now >= desk.end[bound]:
            return DELAY, desk.binder_over[node], bound
        if bound < parts:
            return (OWN_TEAM if plan.part_team[bound] == team else OTHER_TEAM), desk.end[bound], bound
        if now >= desk.over[bound]:
            return (DELAY if links.has_parts[bound - parts] else EXTERNAL), desk.end[bound], bound
        node = bound


@inlined
def _find_level(plan, capacity, team, time):  # type: ignore[no-untyped-def]
    """What the team could have finished by a day of the clock."""
    cadence = plan.team_cadence[team]
    segment = plan.segment_at[cadence, np.int64(time)]
    begin, end = plan.edges[cadence, segment], plan.edges[cadence, segment + 1]
    return capacity[segment] + (capacity[segment + 1] - capacity[segment]) * (time - begin) / (end - begin)


@compiled(**BARE)
def _cut(plan, luck, trace, finish, rows, links, desk, binder, made):  # type: ignore[no-untyped-def]
    """All runs, one after another, at one desk."""
    parts = plan.part_team.shape[0]
    for run in range(trace.end.shape[1]):
        _lay_out(plan, luck, trace, finish, desk, run)
        _bind(plan, luck.lag[run if luck.lag.shape[0] > 1 else 0], links, desk, binder)
        for k in range(rows.shape[0]):
            node = parts + rows[k]
            end = desk.end[node]
            if end == np.inf:
                continue
            for link in range(links.first[node], links.first[node + 1]):  # the part that ends last
                part = links.node[link]
                is_own = part < parts and plan.part_feature[part] == rows[k]
                if is_own and (node >= parts or desk.end[part] > desk.end[node]):
                    node = part
            while node < parts:
                _cut_part(plan, node, desk, made, k, run)
                made.handed_off[k, run] += desk.start[node] - desk.binder_over[node]
                bound = binder[node]
                if bound < 0 or bound >= parts or plan.part_feature[bound] != rows[k]:
                    break
                lag = desk.binder_over[node] - desk.end[bound]
                made.waiting[k, run] += lag
                made.waits_for[k, bound] += lag
                node = bound
            made.waiting[k, run] += desk.binder_over[node]
            made.waits_for[k, binder[node]] += desk.binder_over[node]  # -1, the last, for a date
            spent = made.waiting[k, run] + made.handed_off[k, run] + made.queueing[k, run]
            made.delay[k, run] = end - spent - made.shared[k, run] - made.worked[k, run]


@inlined
def _cut_part(plan, part, desk, made, k, run):  # type: ignore[no-untyped-def]
    """Add what a part with work spends its time on once it can start: being worked on, or queueing, and behind whom."""
    start, end = desk.start[part], desk.end[part]
    if not start < end:
        return
    events = _begin_team(plan, plan.part_team[part], desk, end)
    now, event, active, queueing = 0.0, 0, 0, end - start
    while event < events:
        then = desk.event_time[event]
        days = then - max(now, start)
        is_active, holders = False, 0
        for a in range(active):
            is_active = is_active or desk.active[a] == part
            holders += plan.part_lane[desk.active[a]] == plan.part_lane[part]
        if days > 0.0 and is_active:
            queueing -= days
            if active == 1:
                made.worked[k, run] += days
            else:
                made.shared[k, run] += days
        elif days > 0.0:
            for a in range(active):
                if plan.part_lane[desk.active[a]] == plan.part_lane[part]:
                    made.behind[k, desk.active[a]] += days / holders
        now = then
        while event < events and desk.event_time[event] <= now + INSTANT:
            desk.status[desk.event_part[event]] += 1
            event += 1
        active = _choose(plan, plan.part_team[part], desk)
    made.queueing[k, run] += max(queueing, 0.0)


@inlined
def _begin_team(plan, team, desk, until):  # type: ignore[no-untyped-def]
    """Clear the desk for one team and list its events up to a day; returns how many there are."""
    for part in range(plan.team_part[team], plan.team_part[team + 1]):
        desk.status[part] = BLOCKED
        desk.begun[part] = plan.part_started[part]
    for lane in range(plan.team_lane[team], plan.team_lane[team + 1]):
        desk.first[lane] = plan.lane_part[lane]
    return _list_events(plan, team, desk, until)
