"""One simulated future in exact fractions: plain, slow, and written from the model alone.

It shares no code with the engine: no plan, no kernel, no draws. Numbers are `fractions.Fraction`, so things that happen
at the same instant happen at equal numbers, and a tie is a tie. Sizes, lags, days and growth must be fixed numbers, and
the chance of a risk 0 or 1; the throughput of each sprint is drawn as `Bootstrap()` draws it, by the hash below.

    exact.finishes(roadmap, history, seed=1, run=0, horizon=120)   # -> {"Login": Fraction(25, 2), "Checkout": None}
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache

from forecast.estimate import Estimate
from forecast.feature import External, Feature
from forecast.history import History
from forecast.roadmap import Link, Roadmap
from forecast.team import Team

Node = tuple[str, str | None]
"""A feature and a team: that part. A feature and None: the end of the feature; an external or a milestone itself."""

DAY = dt.timedelta(days=1)
HALF = Fraction(1, 2)
GOLDEN, MIX_1, MIX_2 = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
WORD = 2**64


def finishes(roadmap: Roadmap, history: History, *, seed: int, run: int, horizon: int) -> dict[str, Fraction | None]:
    """When each feature ends in one run, in working days from the start; None when not by the horizon."""
    ends = _play(_World(roadmap, history, seed, run, horizon))
    return {feature.name: ends.get((feature.name, None)) for feature in roadmap.features}


# Numbers -------------------------------------------------------------------------------------------------------------


@cache
def exactly(number: float) -> Fraction:
    """The number as a person writes it: 0.7 is seven tenths."""
    return Fraction(str(number))


def known(estimate: Estimate) -> Fraction:
    """The one value of an estimate that leaves nothing to draw."""
    assert estimate.is_fixed, f"{estimate} is not a fixed number"
    return exactly(estimate.low)


def draw_row(seed: int, team: str, run: int, first_day: dt.date, rows: int) -> int:
    """Which of `rows` past sprints the team's sprint that begins on `first_day` repeats in this run."""
    digest = hashlib.blake2b(digest_size=8)
    for text in (str(seed), "throughput", team):
        digest.update(len(text.encode()).to_bytes(8, "little") + text.encode())
    key = int.from_bytes(digest.digest(), "little")
    word = _mix(_mix(key + (run + 1) * GOLDEN) + (first_day.toordinal() + 1) * GOLDEN)
    return ((word >> 32) * rows) >> 32


def _mix(word: int) -> int:
    word %= WORD
    word = (word ^ (word >> 30)) * MIX_1 % WORD
    word = (word ^ (word >> 27)) * MIX_2 % WORD
    return word ^ (word >> 31)


# Capacity (model, section 1) -----------------------------------------------------------------------------------------


def _is_weekday(day: dt.date) -> bool:
    return day.weekday() < 5


def _weekdays(first: dt.date, days: int) -> int:
    return sum(_is_weekday(first + i * DAY) for i in range(days))


def _working_days(roadmap: Roadmap, count: int) -> list[dt.date]:
    """The first `count` working days on or after the start."""
    days: list[dt.date] = []
    day = roadmap.start
    while len(days) < count:
        if _is_weekday(day) and day not in roadmap.days_off:
            days.append(day)
        day += DAY
    return days


class _World:
    """What one run is given: the calendar, each team's rate on each day, the size of each part, who waits for what."""

    def __init__(self, roadmap: Roadmap, history: History, seed: int, run: int, horizon: int) -> None:
        self.roadmap, self.history, self.seed, self.run, self.horizon = roadmap, history, seed, run, horizon
        self.days = _working_days(roadmap, horizon + 1)  # one more than needed: what begins there is never reached
        self.teams = {team.name: team for team in roadmap.teams}
        self.features = {feature.name: feature for feature in roadmap.features}
        self.rank = {name: rank for rank, name in enumerate(self.features)}
        self.delay = {name: self._delay(name) for name in self.features}
        self.size: dict[Node, Fraction] = {
            (f.name, team): self._size(f, team) for f in roadmap.features for team in teams_of(f)
        }
        self.sprints = {name: self._sprint_starts(team) for name, team in self.teams.items()}
        self.rates = {name: self._rates(team) for name, team in self.teams.items()}
        waiting = [node for f in roadmap.features for node in parts_or_end(f)]
        self.waits = {node: tuple(self._waits(node)) for node in waiting}

    def position(self, day: dt.date) -> int:
        """Working days before `day`, 0 for all days up to the start; horizon + 1 for what lies beyond."""
        return bisect_left(self.days, day)

    def length(self, team: Team) -> int:
        """Calendar days of the team's sprints."""
        return team.sprint_days or self.roadmap.sprint_days

    def first_day(self, team: Team, day: dt.date) -> dt.date:
        """The first day of the team's sprint that holds `day`."""
        anchor = team.sprint_start or self.roadmap.start
        return anchor + (day - anchor).days // self.length(team) * self.length(team) * DAY

    def _sprint_starts(self, team: Team) -> list[int]:
        """Where on the clock the team's sprints begin. Sprint 0 counts only if it loses no working day to the start."""
        first = self.first_day(team, self.roadmap.start)
        before = (first + i * DAY for i in range((self.roadmap.start - first).days))
        is_partial = any(_is_weekday(day) and day not in self.roadmap.days_off for day in before)
        starts = [] if is_partial else [0]
        while not starts or starts[-1] <= self.horizon:
            first += self.length(team) * DAY
            starts.append(self.position(first))
        return starts

    def _rates(self, team: Team) -> list[Fraction]:
        """Items the team can finish on each working day of the clock."""
        paces: dict[dt.date, Fraction] = {}
        rates = []
        for day in self.days[: self.horizon]:
            first = self.first_day(team, day)
            if first not in paces:
                paces[first] = self._pace(team, first)
            rates.append(paces[first] * _availability(team, day))
        return rates

    def _pace(self, team: Team, first: dt.date) -> Fraction:
        """Items a day of the whole team in the sprint that begins on `first`: the past sprint that it repeats.

        A past sprint without dates is one of the roadmap's own length: the same one when the team's is equal, else one
        of five weekdays a week.
        """
        rows = self.history.of(team.name)
        if not rows:
            return Fraction(0)
        row = rows[draw_row(self.seed, team.name, self.run, first, len(rows))]
        if row.weekdays is not None:
            return exactly(row.done) / row.weekdays
        if self.length(team) == self.roadmap.sprint_days:
            return exactly(row.done) / _weekdays(first, self.length(team))
        return exactly(row.done) / Fraction(self.roadmap.sprint_days * 5, 7)

    # Sizes and delays (section 4)

    def _size(self, feature: Feature | External, team: str) -> Fraction:
        assert isinstance(feature, Feature)
        growth = feature.growth or self.roadmap.growth
        part = feature.work[team]
        size = max(known(part.size) - exactly(part.done), Fraction(0)) * (known(growth) if growth else 1)
        for risk in self.roadmap.risks:
            for target, added in risk.adds.items():
                if self.roadmap.part_named(target, "risk") == (feature.name, team):
                    size += known(added) * _happens(risk.chance)
        return size if self.roadmap.unit == "points" else Fraction(math.floor(size + HALF))

    def _delay(self, name: str) -> Fraction:
        effects = ((risk.chance, days) for risk in self.roadmap.risks for to, days in risk.delays.items() if to == name)
        return sum((known(days) * _happens(chance) for chance, days in effects), Fraction(0))

    # Waiting (section 3)

    def _waits(self, node: Node) -> Iterator[_Wait]:
        """What must be over before a part, an external or a milestone can start."""
        feature, team = node
        for link in self.roadmap.links:
            if link.feature == feature and link.team in (None, team):
                yield from self._waits_of(node, link)

    def _waits_of(self, node: Node, link: Link) -> Iterator[_Wait]:
        """A link to a whole feature is judged part by part, and waits for the feature's delay too."""
        team = node[1]
        can_hand_off = link.handoff == "next-sprint" and team is not None and self.size[node] > 0
        if link.waits_for_team is not None:
            sources: list[Node] = [(link.waits_for, link.waits_for_team)]
        else:
            sources = parts_or_end(self.features[link.waits_for])
        for source in sources:
            days = known(link.lag)
            if link.waits_for_team is None and source[1] is not None:
                days += self.delay[link.waits_for]
            yield _Wait(source, days, can_hand_off and source[1] != team)

    def startable(self, node: Node, ends: dict[Node, Fraction]) -> Fraction | None:
        """When the node can start: None while something it waits for has no end yet."""
        not_before = self.features[node[0]].not_before
        latest = Fraction(0 if not_before is None else self.position(not_before))
        for wait in self.waits[node]:
            if wait.source not in ends:
                return None
            over = ends[wait.source] + wait.days
            if wait.is_handed_off and node[1] is not None and over <= self.horizon:
                over = Fraction(next(start for start in self.sprints[node[1]] if start >= over))
            latest = max(latest, over)
        return latest


@dataclass(frozen=True)
class _Wait:
    """Something that must end first, the working days that pass after it, and whether the next sprint is waited for."""

    source: Node
    days: Fraction
    is_handed_off: bool


def teams_of(feature: Feature | External) -> tuple[str, ...]:
    """The teams that have a part of the feature; none for an external or a milestone."""
    return tuple(feature.work) if isinstance(feature, Feature) else ()


def parts_or_end(feature: Feature | External) -> list[Node]:
    """The parts of a feature with work; else the feature itself."""
    return [(feature.name, team) for team in teams_of(feature)] or [(feature.name, None)]


def _happens(chance: float) -> int:
    assert chance in (0, 1), f"a chance of {chance} is not certain"
    return int(chance)


def _availability(team: Team, day: dt.date) -> Fraction:
    if day in team.days_off:
        return Fraction(0)
    share = exactly(team.share)
    for change in team.capacity:
        if change.start <= day and (change.end is None or day <= change.end):
            share *= exactly(change.factor)
    return share


# Who works on what (section 2) ---------------------------------------------------------------------------------------


@dataclass
class _State:
    """What is so at one instant of a run."""

    now: Fraction
    left: dict[Node, Fraction]
    begun: set[Node]
    ends: dict[Node, Fraction] = field(default_factory=dict)
    startable: dict[Node, Fraction] = field(default_factory=dict)


def _play(world: _World) -> dict[Node, Fraction]:
    """Step from event to event and from day to day; returns the end of everything that ends by the horizon."""
    begun = {node for node in world.size if getattr(world.features[node[0]], "started", False)}
    state = _State(Fraction(0), dict(world.size), begun)
    while True:
        _settle(world, state)
        day = math.floor(state.now)
        if day >= world.horizon or len(state.ends) == len(world.features) + len(world.size):
            return state.ends
        speeds = {part: speed for team in world.teams.values() for part, speed in _speeds(world, state, team, day)}
        _advance(state, speeds, day + 1)


def _settle(world: _World, state: _State) -> None:
    """All completions and releases of this instant, and what follows from them without any work."""
    settled = -1
    while settled != len(state.ends) + len(state.startable):
        settled = len(state.ends) + len(state.startable)
        for node in world.waits:
            if node in state.ends:
                continue
            if node not in state.startable and (startable := world.startable(node, state.ends)) is not None:
                state.startable[node] = startable
            if node in state.startable and not state.left.get(node):
                _end(world, state, node)
        for name, feature in world.features.items():
            parts = [(name, team) for team in teams_of(feature)]
            if parts and all(part in state.ends for part in parts):
                _keep(world, state, (name, None), max(state.ends[part] for part in parts) + world.delay[name])


def _end(world: _World, state: _State, node: Node) -> None:
    """The end of a startable node that needs no more work."""
    startable, feature = state.startable[node], world.features[node[0]]
    if node[1] is not None:
        _keep(world, state, node, state.now if world.size[node] else startable)
    else:
        days = known(feature.days) if isinstance(feature, External) else 0
        _keep(world, state, node, startable + days + world.delay[node[0]])


def _keep(world: _World, state: _State, node: Node, end: Fraction) -> None:
    """What would end beyond the horizon never ends."""
    if end <= world.horizon:
        state.ends[node] = end


def _lanes(world: _World, team: Team) -> dict[str | None, Fraction]:
    """Objective -> share of the team's capacity; None is the lane of all other features."""
    shares: dict[str | None, Fraction] = {name: exactly(share) for name, share in (team.allocation or {}).items()}
    shares[None] = 1 - sum(shares.values(), Fraction(0))
    return shares


def _speeds(world: _World, state: _State, team: Team, day: int) -> Iterator[tuple[Node, Fraction]]:
    """The team's active parts and the items a day that each gets."""
    shares = _lanes(world, team)
    queues: dict[str | None, list[Node]] = {}
    for part, left in state.left.items():
        if part[1] == team.name and left and part in state.startable and state.startable[part] <= state.now:
            objective = getattr(world.features[part[0]], "objective", None)
            queues.setdefault(objective if objective in shares else None, []).append(part)
    whole = sum((shares[lane] for lane in queues), Fraction(0))
    for lane, queue in queues.items():
        share = shares[lane] / whole if whole else Fraction(1, len(queues))
        queue.sort(key=lambda part: (team.finish_started and part not in state.begun, world.rank[part[0]]))
        active = queue[: team.wip]
        state.begun.update(active)
        for part in active:
            yield part, world.rates[team.name][day] * share / len(active)


def _advance(state: _State, speeds: dict[Node, Fraction], day_end: int) -> None:
    """Go to the earliest of: a part's end, a release, the end of the day."""
    instants = [Fraction(day_end)]
    instants += [startable for startable in state.startable.values() if startable > state.now]
    instants += [state.now + state.left[part] / speed for part, speed in speeds.items() if speed]
    then = min(instants)
    for part, speed in speeds.items():
        state.left[part] -= speed * (then - state.now)
    state.now = then
