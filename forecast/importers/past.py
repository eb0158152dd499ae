"""The past: what each team delivered, sprint by sprint or in stretches of days, and what is dirty about it."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from forecast.history import Sprint
from forecast.importers.issue import Cycle, Export, Tally
from forecast.importers.mapping import Mapping
from forecast.importers.naming import make_name, make_team
from forecast.importers.sifting import DELIVERED, DISCARDED, NO_DAY, Sifted
from forecast.items import count_days, find_end

BETWEEN = "items done between the tracker's sprints: no throughput"
OVERLAP = "sprints of one team that overlap: an item counts in the first that it was a member of"
SAME_NAME = "two sprints of one team have one name"
RUNNING = "sprints that were still running at the start, or had not begun: left out"
MASS = "items closed on one day by one team (a clearing of the board?)"
AFTER_START = "done on or after the start of the forecast: not yet known then"
MASS_LEAST, MASS_TIMES = 25, 20
DAY = dt.timedelta(days=1)


@dataclass
class Past:
    """The throughput of all teams.

    sprints : by team, the oldest first
    """

    sprints: list[Sprint] = field(default_factory=list)
    strange: Tally = field(default_factory=Tally)


def find_past(export: Export, mapping: Mapping, sifted: Sifted, start: dt.date) -> Past:
    """What the teams delivered before the start."""
    past = Past()
    told = [cycle for cycle in export.cycles if cycle.done is not None]
    if told:
        past.sprints = _take_counts(told, mapping, start, past.strange)
        if not any(state == DELIVERED for state in sifted.state):
            return past
    days = _find_deliveries(sifted, start, past.strange)
    _tell_clearings(days, sifted, past.strange)
    if told:
        return past
    if mapping.sprints == "tracker" and export.cycles:
        past.sprints = _count_cycles(export.cycles, mapping, sifted, start, past.strange)
        return past
    stamps = np.frombuffer(sifted.created, np.int64), np.frombuffer(sifted.done, np.int64)
    known = {dt.date.fromordinal(int(day)) for stamp in stamps for day in np.unique(stamp) if day != NO_DAY}
    end = find_end(known if export.day is None else known | {export.day}, start)
    for team, (ordinals, weights, _) in days.items():
        past.sprints += count_days(
            sifted.teams[team], ordinals, start, end, mapping.sprint_days, weights, keeps_first=True
        )
    past.sprints.sort(key=lambda sprint: (sprint.team, sprint.start or start))
    return past


def _find_deliveries(
    sifted: Sifted, start: dt.date, strange: Tally
) -> dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Of each team the days (ordinals) of its deliveries before the start, what each is worth, and the places of the items."""
    state = np.frombuffer(sifted.state, np.int8)
    done = np.frombuffer(sifted.done, np.int64)
    team = np.frombuffer(sifted.team, np.int64)
    weight = np.frombuffer(sifted.weight, np.float64)
    late = np.flatnonzero((state == DELIVERED) & (done >= start.toordinal()))
    for at in late:
        strange.add(AFTER_START, sifted.issues[sifted.place[at]].key)
    counted = np.flatnonzero((state == DELIVERED) & (done != NO_DAY) & (done < start.toordinal()))
    return {
        int(each): (done[chosen], weight[chosen], chosen)
        for each in np.unique(team[counted])
        for chosen in [counted[team[counted] == each]]
    }


def _tell_clearings(days: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]], sifted: Sifted, strange: Tally) -> None:
    """Days on which a team closed far more than it usually does on a day with a delivery, discards among it."""
    state, done = np.frombuffer(sifted.state, np.int8), np.frombuffer(sifted.done, np.int64)
    team = np.frombuffer(sifted.team, np.int64)
    for each in days:
        closed = done[(team == each) & (done != NO_DAY) & ((state == DELIVERED) | (state == DISCARDED))]
        ordinals, counts = np.unique(closed, return_counts=True)
        usual = np.sort(counts)[(len(counts) - 1) // 2] if len(counts) else 0
        for at in np.flatnonzero(counts >= max(MASS_LEAST, MASS_TIMES * usual)):
            day = dt.date.fromordinal(int(ordinals[at]))
            strange.add(MASS, f"{sifted.teams[each]}: {counts[at]:,} on {day}", int(counts[at]))


def _take_counts(cycles: Sequence[Cycle], mapping: Mapping, start: dt.date, strange: Tally) -> list[Sprint]:
    """Sprints whose throughput the source counts itself."""
    sprints = []
    _tell_overlaps(cycles, strange)
    for cycle in sorted(cycles, key=lambda each: (each.team, each.start, each.end, each.name)):
        team = make_team(mapping.teams.get(cycle.team, cycle.team) or mapping.team.partition(":")[2] or "Team")
        if cycle.end >= start:
            strange.add(RUNNING, f"{cycle.team}: {cycle.name} ({cycle.start} to {cycle.end})")
        elif np.busday_count(cycle.start, cycle.end + DAY):
            sprints.append(Sprint(team, cycle.start, cycle.end, float(cycle.done or 0.0), make_name(cycle.name)))
        else:
            strange.add("sprints without a weekday: left out", f"{cycle.name} ({cycle.start} to {cycle.end})")
    return sprints


def _count_cycles(
    cycles: Sequence[Cycle], mapping: Mapping, sifted: Sifted, start: dt.date, strange: Tally
) -> list[Sprint]:
    """What each team delivered in each of the tracker's sprints: an item counts in the one that holds the day it was done."""
    _tell_overlaps(cycles, strange)
    mine: dict[int, list[Cycle]] = defaultdict(list)
    for cycle in sorted(cycles, key=lambda each: (each.start, each.end, each.name)):
        if cycle.end >= start:
            strange.add(RUNNING, f"{cycle.name} ({cycle.start} to {cycle.end})")
            continue
        named = make_team(mapping.teams.get(cycle.team, cycle.team))
        for team, name in enumerate(sifted.teams):
            if name and (not cycle.team or name == named):
                mine[team].append(cycle)
    counts: dict[tuple[int, int], float] = defaultdict(float)
    starts = {team: [cycle.start for cycle in listed] for team, listed in mine.items()}
    for at, (team, state, done) in enumerate(zip(sifted.team, sifted.state, sifted.done, strict=True)):
        if state != DELIVERED or done == NO_DAY or dt.date.fromordinal(done) >= start:
            continue
        cycle_at = _find_cycle(sifted, at, dt.date.fromordinal(done), mine.get(team, []), starts.get(team, []))
        if cycle_at is None:
            strange.add(BETWEEN, sifted.issues[sifted.place[at]].key)
        else:
            counts[team, cycle_at] += sifted.weight[at]
    sprints = []
    for team, listed in mine.items():
        first = min((place for each, place in counts if each == team), default=len(listed))
        for place, cycle in enumerate(listed):
            if place >= first:
                name = make_name(cycle.name)
                sprints.append(Sprint(sifted.teams[team], cycle.start, cycle.end, counts[team, place], name))
    return sorted(sprints, key=lambda sprint: (sprint.team, sprint.start or start))


def _find_cycle(sifted: Sifted, at: int, day: dt.date, cycles: list[Cycle], starts: list[dt.date]) -> int | None:
    """The place of the sprint that holds the day; of several the first that the item was a member of."""
    until = bisect_left(starts, day + DAY)
    holding = [place for place in range(max(0, until - 6), until) if cycles[place].end >= day]
    if not holding:
        return None
    members = sifted.issues[sifted.place[at]].sprints
    return next((place for place in holding if cycles[place].name in members), holding[0])


def _tell_overlaps(cycles: Sequence[Cycle], strange: Tally) -> None:
    by_team: dict[str, list[Cycle]] = defaultdict(list)
    for cycle in sorted(cycles, key=lambda each: (each.start, each.end, each.name)):
        by_team[cycle.team].append(cycle)
    for team, listed in by_team.items():
        for one, other in pairwise(listed):
            if other.start < one.end:
                strange.add(OVERLAP, f"{team}: {one.name} to {one.end}, {other.name} from {other.start}")
        names = [cycle.name for cycle in listed]
        for name in sorted({name for name in names if names.count(name) > 1}):
            strange.add(SAME_NAME, f"{team}: {name}")
