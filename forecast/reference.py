"""The model in one page: the engine's slow, readable twin, written as SimPy processes.

`play` takes what `engine.play` takes and answers the same, one run at a time; the two share the arrays and nothing else. Every
part, external and end of a feature is a process that waits for what it waits for; every team is a process that works on what
is startable. Tests hold the engine to this page, run by run (SimPy: https://simpy.readthedocs.io).

A moment of time is a float, so what happens together is hardly ever equal to the last bit. Hence three tolerances, which are
part of the model: things less than INSTANT apart happen at once, an end less than ON_THE_DAY from a whole day is on it (or the
next sprint would begin a sprint too late), and less than RESIDUE items of work are none.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Any

import numpy as np
import simpy

from forecast.arrays import Floats, Luck, Plan, Trace

INSTANT = 1e-9
ON_THE_DAY = 1e-7
RESIDUE = 1e-9

Process = Generator[simpy.Event, Any, None]
Wait = Generator[simpy.Event, Any, float]


def play(plan: Plan, luck: Luck, trace: Trace | None = None) -> Floats:
    """Play every run.

    Returns when each feature ends : (F, R) working days since the start, inf when not by the horizon. A trace is filled with
    the same of each part, and with when it could start.
    """
    parts = plan.part_team.size
    finish = np.full((plan.waits.size - parts, luck.capacity.shape[0]), np.inf)
    for run in range(luck.capacity.shape[0]):
        future = Future(plan, luck, run)
        future.clock.run()
        finish[:, run] = future.end[parts:]
        if trace is not None:
            trace.startable[:, run] = future.startable
            trace.end[:, run] = future.end[:parts]
    return finish


class Future:
    """One run: its clock, its processes, and when each node could start and ended (inf: never)."""

    def __init__(self, plan: Plan, luck: Luck, run: int) -> None:
        self.plan = plan
        self.parts = plan.part_team.size
        self.capacity = luck.capacity[run]
        self.size, self.hold, self.lag = (_row(array, run) for array in (luck.size, luck.hold, luck.lag))
        self.clock = simpy.Environment()
        self.startable = np.full(self.parts, np.inf)
        self.end = np.full(plan.waits.size, np.inf)
        self.over = [self.clock.event() for _ in plan.waits]
        self.teams = [TeamAtWork(self, team) for team in range(plan.team_cadence.size)]
        for node, links in enumerate(_links_into(plan)):
            self.clock.process(self.node(node, links))

    def node(self, node: int, links: list[tuple[int, int, bool]]) -> Process:
        """A part, or the end of a feature: it waits, and then its team works on it or its days pass."""
        start = yield from self.waiting(node, links)
        if node < self.parts:
            self.startable[node] = start
        if self.has_work(node):
            self.teams[self.plan.part_team[node]].offer(node, start)
            return
        days = 0.0 if node < self.parts else self.hold[node - self.parts]
        end = _on_the_day(start + days)
        yield self.at(end)
        self.ends(node, end)

    def waiting(self, node: int, links: list[tuple[int, int, bool]]) -> Wait:
        """Wait until all links into the node are over; its start is the latest of them, and not before `not_before`."""
        start = float(self.plan.not_before[node])
        for before, lag, is_handed_off in links:
            ready = (yield self.over[before]) + self.lag[lag]
            if is_handed_off and self.has_work(node):
                ready = self.next_sprint(self.plan.part_team[node], ready)
            start = max(start, ready)
        yield self.at(start)
        return start

    def has_work(self, node: int) -> bool:
        """True for a part that takes a team some work in this run."""
        return node < self.parts and self.size[node] > 0

    def next_sprint(self, team: int, time: float) -> float:
        """The first day at or after `time` on which a sprint of the team begins; inf beyond the horizon."""
        if time > self.plan.horizon + ON_THE_DAY:
            return math.inf
        return float(self.plan.sprint_from[self.plan.team_cadence[team], math.ceil(time - ON_THE_DAY)])

    def at(self, time: float) -> simpy.Event:
        """The event of that time; beyond the horizon it never comes.

        Whoever waits for it keeps the time itself: SimPy's now + (time - now) is not time, to the last bit.
        """
        if time > self.plan.horizon + ON_THE_DAY:
            return self.clock.event()
        return self.clock.timeout(max(time - self.clock.now, 0.0))

    def ends(self, node: int, time: float) -> None:
        """Say to all who wait for it that the node is over."""
        self.end[node] = time
        self.over[node].succeed(time)


class TeamAtWork:
    """A team in one run: what it could work on, what is left of it, what it ever worked on."""

    def __init__(self, future: Future, team: int) -> None:
        self.future, self.plan = future, future.plan
        self.lanes = range(self.plan.team_lane[team], self.plan.team_lane[team + 1])
        self.keeps = bool(self.plan.team_keeps[team])
        self.days = self.plan.edges[self.plan.team_cadence[team]]
        self.items = future.capacity[team]
        self.left: dict[int, float] = {}
        self.begun = {int(part) for part in np.flatnonzero(self.plan.part_started)}
        self.news, self.offered = future.clock.event(), math.inf
        future.clock.process(self.work())

    def offer(self, part: int, time: float) -> None:
        """A part has become startable."""
        self.left[part] = float(self.future.size[part])
        if not self.news.triggered:
            self.offered = time
            self.news.succeed()

    def work(self) -> Process:
        """Work on the active parts until one of them ends or another becomes startable; then choose again."""
        now = 0.0
        while True:
            shares = self.choose()
            ends = {part: self.end_of(self.left[part] / share, now) for part, share in shares.items() if share > 0}
            first = min(ends.values(), default=math.inf)
            yield self.news | self.future.at(first)
            before, now = now, min(first, self.offered)
            done = self.capacity(now) - self.capacity(before)
            for part, share in shares.items():
                self.left[part] -= share * done
            for part, end in ends.items():
                if end <= now + INSTANT:
                    del self.left[part]
                    self.future.ends(part, end)
            # All that ends or becomes startable in this instant, anywhere, does so before the team chooses again.
            yield self.future.at(now + INSTANT)
            self.news, self.offered = self.future.clock.event(), math.inf

    def choose(self) -> dict[int, float]:
        """The active parts, and the share of the team's capacity that goes to each.

        In each lane the first `wip` startable parts are active and share evenly; a team that finishes what it started takes
        what is begun first. Lanes with nothing startable leave their share to the others.
        """
        active = {lane: queue[: self.plan.lane_wip[lane]] for lane in self.lanes if (queue := self.queue(lane))}
        weights = {lane: float(self.plan.lane_weight[lane]) for lane in active}
        if sum(weights.values()) == 0:
            weights = dict.fromkeys(active, 1.0)
        self.begun.update(part for parts in active.values() for part in parts)
        total = sum(weights.values())
        return {part: weights[lane] / total / len(parts) for lane, parts in active.items() for part in parts}

    def queue(self, lane: int) -> list[int]:
        """The startable parts of a lane, the most important first: parts are numbered by rank."""
        startable = [part for part in self.left if self.plan.part_lane[part] == lane]
        return sorted(startable, key=lambda part: (self.keeps and part not in self.begun, part))

    def capacity(self, time: float) -> float:
        """Items that the team could have finished by `time`; even between two edges."""
        return float(np.interp(time, self.days, self.items))

    def end_of(self, work: float, now: float) -> float:
        """When the team has spent so many items from now on; inf when never.

        The residue is for work that ends with a sprint: without it a rounding error would wait through the empty sprints
        that follow.
        """
        goal = self.capacity(now) + work
        edge = int(np.searchsorted(self.items, goal - RESIDUE))
        if edge == self.items.size:
            return math.inf
        time = float(np.interp(goal, self.items[edge - 1 : edge + 1], self.days[edge - 1 : edge + 1])) if edge else 0.0
        return _on_the_day(max(time, now))


def _row(array: Floats, run: int) -> Floats:
    """The row of a run; an array of one row holds for every run."""
    row: Floats = array[run if array.shape[0] > 1 else 0]
    return row


def _links_into(plan: Plan) -> list[list[tuple[int, int, bool]]]:
    """What each node waits for: (node, column of the lag, hand-off)."""
    links: list[list[tuple[int, int, bool]]] = [[] for _ in plan.waits]
    for before in range(plan.waits.size):
        for link in range(plan.next_first[before], plan.next_first[before + 1]):
            links[plan.next_node[link]].append((before, int(plan.next_lag[link]), bool(plan.next_handoff[link])))
    return links


def _on_the_day(time: float) -> float:
    """The time, put on the whole day that it is on but for a rounding error."""
    return float(round(time)) if abs(time - round(time)) <= ON_THE_DAY else time
