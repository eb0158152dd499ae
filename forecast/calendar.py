"""The calendar of each team laid on the clock: sprints, segments of equal availability, and where the next sprint begins."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats, Ints, Longs, Supply
from forecast.dates import Clock
from forecast.roadmap import Roadmap
from forecast.team import Capacity, Team

Days = NDArray[np.datetime64]


class Rhythm(NamedTuple):
    """What decides a team's grid: calendar days of a sprint, a first day of one, days off and planned changes."""

    sprint_days: int
    anchor: dt.date
    days_off: tuple[dt.date, ...]
    changes: tuple[Capacity, ...]


@dataclass(frozen=True)
class Grid:
    """The sprints of one team up to the first sprint end at or behind the horizon, on the clock. S segments, Q sprints.

    edges : (S + 1,) days at which availability or sprint changes
    share : (S,) share of its sprint's draw that falls into each segment, for a team with share 1
    sprint : (S,) the sprint of each segment
    begins : days at which a sprint begins, at or after 0, rising
    sprint_start : (Q,) first days as proleptic ordinals; sprint_weekdays : (Q,) Mondays to Fridays
    """

    edges: Longs
    share: Floats
    sprint: Longs
    begins: Longs
    sprint_start: Longs
    sprint_weekdays: Longs


def lay_grid(clock: Clock, rhythm: Rhythm, horizon: float) -> Grid:
    """The grid of a team that works in a rhythm, up to at least `horizon` working days."""
    anchor, sprint_days = rhythm.anchor, rhythm.sprint_days
    first = anchor + dt.timedelta(days=(clock.start - anchor).days // sprint_days * sprint_days)
    starts = _sprint_starts(clock, first, sprint_days, horizon)
    positions = clock.positions(starts)
    days = clock.days(int(positions[-1]))
    sprint = ((days - starts[0]).astype(np.int64)) // sprint_days
    available = _availability(days, rhythm.days_off, rhythm.changes)
    changed = (np.diff(sprint, prepend=-1) != 0) | (np.diff(available, prepend=-1.0) != 0)
    begin = np.flatnonzero(changed)
    edges = np.append(begin, len(days)).astype(np.int64)
    weekdays = np.busday_count(starts[:-1], starts[1:]).astype(np.int64)
    return Grid(
        edges=edges,
        share=available[begin] * np.diff(edges) / weekdays[sprint[begin]],
        sprint=sprint[begin],
        begins=np.unique(positions[positions >= 0]),
        sprint_start=starts[:-1].astype(np.int64) + dt.date(1970, 1, 1).toordinal(),
        sprint_weekdays=weekdays,
    )


def _sprint_starts(clock: Clock, first: dt.date, sprint_days: int, horizon: float) -> Days:
    """First days of sprints from the one that holds the start to the first that begins at or behind the horizon."""
    length = 2 * int(horizon) + 400
    while True:
        count = length // sprint_days + 3
        starts = np.datetime64(first, "D") + np.arange(count) * sprint_days
        behind = np.flatnonzero(clock.positions(starts) >= max(math.ceil(horizon), 1))
        if len(behind):
            return starts[: behind[0] + 1]
        length *= 2


def _availability(days: Days, days_off: tuple[dt.date, ...], changes: tuple[Capacity, ...]) -> Floats:
    """Share of its pace at which a team works on each working day: (D,)."""
    available = np.ones(len(days))
    for change in changes:
        inside = days >= np.datetime64(change.start, "D")
        if change.end is not None:
            inside &= days <= np.datetime64(change.end, "D")
        available[inside] *= change.factor
    available[np.isin(days, np.array(days_off, dtype="datetime64[D]"))] = 0.0
    return available


@dataclass(frozen=True)
class Calendar:
    """The grids of all teams of a roadmap up to a horizon, as the kernels want them (see `arrays`).

    team_cadence : (T,); edges : (C, S + 1); segment_at, sprint_from : (C, D + 1); supply : what models fill from
    """

    team_cadence: Ints
    edges: Floats
    segment_at: Ints
    sprint_from: Floats
    supply: Supply


def lay_calendar(roadmap: Roadmap, horizon: float) -> Calendar:
    """The calendar of a roadmap that covers at least `horizon` working days."""
    known: dict[Rhythm, int] = {}
    grids: list[Grid] = []
    cadence = []
    for team in roadmap.teams:
        key = _find_rhythm(roadmap, team)
        if key not in known:
            known[key] = len(grids)
            grids.append(lay_grid(roadmap.clock, key, horizon))
        cadence.append(known[key])
    segments = max((len(grid.share) for grid in grids), default=1)
    sprints = max((len(grid.sprint_start) for grid in grids), default=1)
    last_day = max((int(grid.edges[-1]) for grid in grids), default=1)
    day = np.arange(last_day + 1)
    edges = _stack([grid.edges for grid in grids], segments + 1, np.float64, repeat_last=True)
    segment_at = [np.clip(np.searchsorted(grid.edges, day, "right") - 1, 0, len(grid.share) - 1) for grid in grids]
    sprint_from = [np.append(grid.begins, np.inf)[np.searchsorted(grid.begins, day)] for grid in grids]
    share = np.array([team.share for team in roadmap.teams])

    supply = Supply(
        segment_sprint=_stack([grids[c].sprint for c in cadence], segments, np.int32, repeat_last=True),
        segment_share=_stack([grids[c].share for c in cadence], segments, np.float64) * share[:, None],
        sprint_start=_stack([grids[c].sprint_start for c in cadence], sprints, np.int64),
        sprint_weekdays=_stack([grids[c].sprint_weekdays for c in cadence], sprints, np.int32),
        sprint_days=np.array([team.sprint_days or roadmap.sprint_days for team in roadmap.teams], np.int64),
        count_weekdays=np.array([_count_weekdays(roadmap, team) for team in roadmap.teams]),
    )
    return Calendar(
        team_cadence=np.array(cadence, np.int32),
        edges=edges,
        segment_at=np.array(segment_at, np.int32).reshape(len(grids), last_day + 1),
        sprint_from=np.array(sprint_from, np.float64).reshape(len(grids), last_day + 1),
        supply=supply,
    )


def _stack(rows: list[NDArray[Any]], width: int, dtype: type, repeat_last: bool = False) -> NDArray[Any]:
    """Rows of unequal length as one matrix, padded with zeros or with their last value."""
    stacked: NDArray[Any] = np.zeros((len(rows), width), dtype)
    for at, row in enumerate(rows):
        stacked[at, : len(row)] = row
        if repeat_last:
            stacked[at, len(row) :] = row[-1]
    return stacked


def _count_weekdays(roadmap: Roadmap, team: Team) -> float:
    """Weekdays of the roadmap's sprints, to which bare counts belong; 0 when the team's sprints are as long."""
    return 0.0 if team.sprint_days in (None, roadmap.sprint_days) else roadmap.sprint_days * 5 / 7


def _find_rhythm(roadmap: Roadmap, team: Team) -> Rhythm:
    return Rhythm(
        sprint_days=team.sprint_days or roadmap.sprint_days,
        anchor=team.sprint_start or roadmap.start,
        days_off=team.days_off,
        changes=team.capacity,
    )
