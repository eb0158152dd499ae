"""Retrospect: what a forecast of past features would have said at past dates, and how long they took, from items alone.

Everything that happened on or after the start of the roadmap is unknown here: items with and without it give the same looks.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats, Longs
from forecast.items import Item, read_items
from forecast.looks import Look
from forecast.roadmap import Roadmap

EVERY = 91
"""Calendar days between looks: about two at each feature."""

MOST_LOOKS = 60
WARM_UP = 84
"""Calendar days of deliveries before the first look."""

BUCKET, HALF_LIFE = 14, 3.0
"""Pace: deliveries per stretch of so many days, of which one so many stretches older counts half."""

BEHIND = 1.2
"""The median of simulated dates lies so much further than the work divided by the pace, because throughput varies and work is
handed over: measured on five real portfolios without growth (1.1 with `Bootstrap`, 1.2 with `Drift`)."""

FARTHEST = 520.0
"""Working days (two years) beyond which a forecast is left out: it says that a team stood still, and not how long things take."""

SHARE_DONE = 0.9
"""A feature that nobody released is done when so much of its scope is: never "all", the last stragglers take months."""

LEAST_ITEMS = 5
NEVER = dt.date.max.toordinal()


@dataclass(frozen=True)
class _Known:
    """Items of features as they are known at the start; n of them.

    feature, team : (n,) places in `features` and `teams`
    created, done : (n,) ordinals; done NEVER for what is open
    end : (F,) when each feature was finished, NEVER for open ones; features stand in the order in which they are worked on
    """

    features: tuple[str, ...]
    teams: tuple[str, ...]
    feature: Longs
    team: Longs
    created: Longs
    done: Longs
    end: Longs


def find_looks(items: Iterable[Item], roadmap: Roadmap) -> tuple[Look, ...]:
    """Looks at the features of the items, every 13 weeks back from the start of the roadmap.

    A feature is open while it is on the roadmap, else it ended when 90 % of its items were done; one that is neither is left
    alone. A feature is looked at while it is under way (an item of it done, at least five known and open). The forecast of a
    look is plain arithmetic: the known open items of each team in the order in which features were finished, those of the
    roadmap last and in its order, `wip` of them at a time, at the pace of the team's last sprints and its share. What was
    discarded by the start is no scope. Nothing is known of past priorities and dependencies but that order.
    """
    read = read_items(items, "find_looks")
    start = roadmap.start.toordinal()
    delivered = _find_deliveries(read, start)
    if not delivered:
        return ()
    known = _find_known(read, roadmap)
    first = min(int(days[0]) for days in delivered.values())
    wip = {team.name: team.wip for team in roadmap.teams}
    share = {team.name: team.share for team in roadmap.teams}
    looks: list[Look] = []
    for back in range(1, MOST_LOOKS + 1):
        day = start - EVERY * back
        if day <= first + WARM_UP:
            break
        pace = {team: find_pace(days, day) * share.get(team, 1.0) for team, days in delivered.items()}
        looks += _look(known, day, pace, wip, roadmap)
    return tuple(looks)


def _find_deliveries(items: Sequence[Item], start: int) -> dict[str, Longs]:
    """The days (ordinals, rising) on which each team delivered, before the start; an item counts once."""
    once = {(item.name, item.team) if item.name else at: item for at, item in enumerate(items)}
    days: dict[str, list[int]] = {}
    for item in once.values():
        if item.delivered and item.done is not None and item.done.toordinal() < start:
            days.setdefault(item.team, []).append(item.done.toordinal())
    return {team: np.sort(np.array(done, np.int64)) for team, done in days.items()}


def _find_known(items: Sequence[Item], roadmap: Roadmap) -> _Known:
    start = roadmap.start.toordinal()
    scope: dict[str, list[tuple[str, int, int]]] = {}
    for item in items:
        done = NEVER if item.done is None else item.done.toordinal()
        created = min(item.created.toordinal(), done)
        if item.feature and created < start and (item.delivered or done >= start):
            scope.setdefault(item.feature, []).append((item.team, created, done if done < start else NEVER))
    rank = {feature.name: place for place, feature in enumerate(roadmap.features)}
    ends = {}
    for name, rows in scope.items():
        needed = math.ceil(SHARE_DONE * len(rows) - 1e-9)
        end = sorted(done for _, _, done in rows)[needed - 1]
        if len(rows) >= LEAST_ITEMS and (name in rank or end < NEVER):
            ends[name] = NEVER if name in rank else end
    ordered = sorted(ends, key=lambda name: (ends[name], rank.get(name, 0), name))
    flat = [(place, *row) for place, name in enumerate(ordered) for row in scope[name]]
    teams = tuple(sorted({team for _, team, _, _ in flat}))
    place_of = {team: place for place, team in enumerate(teams)}
    return _Known(
        features=tuple(ordered),
        teams=teams,
        feature=np.array([feature for feature, _, _, _ in flat], np.int64),
        team=np.array([place_of[team] for _, team, _, _ in flat], np.int64),
        created=np.array([created for _, _, created, _ in flat], np.int64),
        done=np.array([done for _, _, _, done in flat], np.int64),
        end=np.array([ends[name] for name in ordered], np.int64),
    )


def find_pace(days: Longs, day: int) -> float:
    """Items a working day that a team delivered lately, seen from a day; days : ordinals of its deliveries, rising."""
    past = days[: np.searchsorted(days, day)]
    if not len(past):
        return 0.0
    count = max(1, (day - int(past[0])) // BUCKET)
    place = (day - 1 - past) // BUCKET
    counts = np.bincount(place[place < count], minlength=count)
    weights = 0.5 ** (np.arange(count) / HALF_LIFE)
    return float(weights @ counts / weights.sum()) / (BUCKET * 5 / 7)


def _look(known: _Known, day: int, pace: Mapping[str, float], wip: Mapping[str, int], roadmap: Roadmap) -> list[Look]:
    """The looks of one day."""
    is_known = known.created < day
    is_open = is_known & (known.done >= day)
    count = len(known.features)
    left = np.bincount(known.feature[is_open], minlength=count)
    begun = np.bincount(known.feature[is_known & ~is_open], minlength=count)
    looked = (left >= LEAST_ITEMS) & (begun > 0) & (known.end >= day)
    days = np.zeros(count)
    for t, team in enumerate(known.teams):
        sizes = np.bincount(known.feature[is_open & (known.team == t)], minlength=count) * looked
        if pace.get(team, 0.0) > 0:
            days = np.maximum(days, BEHIND * queue(sizes, wip.get(team, 1)) / pace[team])
    looked &= (days > 0) & (days <= FARTHEST)
    days = np.maximum(days, 1.0)
    until = np.minimum(known.end, roadmap.start.toordinal())
    begin = dt.date.fromordinal(day)
    ends: NDArray[np.datetime64] = np.array([dt.date.fromordinal(int(end)) for end in until], "datetime64[D]")
    taken = roadmap.clock.positions(ends) - roadmap.clock.position(begin) if count else np.zeros(0, np.int64)
    return [
        Look(
            known.features[f],
            forecast=float(days[f]),
            taken=max(float(taken[f]), 1.0),
            is_open=bool(known.end[f] == NEVER),
            size=float(left[f]),
        )
        for f in np.flatnonzero(looked)
    ]


def queue(sizes: Longs, wip: int) -> Floats:
    """What a team has done in all when each part of these sizes (n,) is finished: the first `wip` share the work evenly.

    0 for parts of size 0.
    """
    done = np.zeros(len(sizes))
    waiting = [int(part) for part in np.flatnonzero(sizes)]
    active: dict[int, float] = {}
    total = 0.0
    while waiting or active:
        while waiting and len(active) < wip:
            part = waiting.pop(0)
            active[part] = float(sizes[part])
        least = min(active.values())
        total += least * len(active)
        active = {part: left - least for part, left in active.items()}
        for part in [part for part, left in active.items() if left <= 1e-9]:
            done[part] = total
            del active[part]
    return done
