"""Waits: which part of which feature waits for which, from the links between issues; loops are opened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from forecast.importers.family import NOBODY, Places
from forecast.importers.issue import Issue, Tally
from forecast.importers.mapping import Mapping
from forecast.importers.scope import Scope
from forecast.importers.sifting import OPEN, Sifted
from forecast.importers.words import MEANS_NOTHING, MEANS_WAITS

DANGLING = "leads to an issue that is not in the export"
ITSELF = "leads from an issue to itself"
REVERSED = "both ends are over, in the other order: what was waited for ended last"
OVER = "what is waited for is over, or both ends are"
NOT_PLANNED = "an end of it belongs to no feature of the roadmap"
WITHIN = "both ends are in one part of a feature, whose team sees to the order itself"
ITEMS_OFF = "between items, which are not looked at (item_links = false)"
LOOP = "closes a loop: dropped, so that the others can hold"

WHOLE = -1
End = tuple[int, int]
"""A feature (its place among the planned ones) and a team of it, or WHOLE."""


@dataclass
class Waits:
    """What waits for what.

    after : (feature, team or WHOLE) -> what it waits for, in the order of the roadmap
    read : links that were read, each once though both ends tell of it
    kept : links between issues that stand behind what is in `after`
    kinds : links by what their kind means, those that make nobody wait among them
    """

    after: dict[End, list[End]] = field(default_factory=dict)
    read: int = 0
    kept: int = 0
    left_out: Tally = field(default_factory=Tally)
    kinds: Counter[str] = field(default_factory=Counter)


def find_waits(mapping: Mapping, sifted: Sifted, scope: Scope) -> Waits:
    """The waits between parts and features of a roadmap."""
    waits = Waits()
    issues = sifted.issues
    places = Places(issues)
    ends = _Ends(mapping, sifted, scope)
    found: dict[tuple[End, End], list[tuple[int, int]]] = {}
    for waiting, blocker in _list_pairs(issues, mapping, places, waits):
        waits.read += 1
        pair = ends.judge(waiting, blocker, waits.left_out)
        if pair is not None:
            found.setdefault(pair, []).append((waiting, blocker))
    graph = _Graph(scope)
    ordered = sorted(found, key=lambda pair: (-len(found[pair]), pair[1], pair[0]))
    for waiting_end, blocking_end in ordered:
        links = found[waiting_end, blocking_end]
        if graph.closes_loop(waiting_end, blocking_end):
            for waiting, blocker in links:
                told = f"{issues[waiting].key} waits for {issues[blocker].key}"
                waits.left_out.add(
                    LOOP, f"{told} ({_say(waiting_end, scope, sifted)} after {_say(blocking_end, scope, sifted)})"
                )
            continue
        graph.add(waiting_end, blocking_end)
        waits.kept += len(links)
        waits.after.setdefault(waiting_end, []).append(blocking_end)
    for listed in waits.after.values():
        listed.sort()
    return waits


def _list_pairs(issues: Iterable[Issue], mapping: Mapping, places: Places, waits: Waits) -> Iterable[tuple[int, int]]:
    """Places of who waits and of what is waited for, each pair once, in the order of the export."""
    seen: set[tuple[int, int]] = set()
    absent: set[tuple[str, str]] = set()
    for at, issue in enumerate(issues):
        for link in issue.links:
            meaning = mapping.links.get(link.kind, MEANS_NOTHING)
            waits.kinds[link.kind] += 1
            if meaning == MEANS_NOTHING:
                continue
            i_wait = (meaning == MEANS_WAITS) == link.outward
            other = places.find(link.key)
            if other == NOBODY:
                told = (issue.key, link.key) if i_wait else (link.key, issue.key)
                if told not in absent:
                    absent.add(told)
                    waits.read += 1
                    waits.left_out.add(DANGLING, f"{told[0]} waits for {told[1]}")
                continue
            pair = (at, other) if i_wait else (other, at)
            if pair not in seen:
                seen.add(pair)
                yield pair


class _Ends:
    """Which parts of the roadmap the two ends of a link belong to."""

    def __init__(self, mapping: Mapping, sifted: Sifted, scope: Scope) -> None:
        self._mapping, self._sifted = mapping, sifted
        self._features = {*mapping.features}
        self._planned = {each.at: rank for rank, each in enumerate(scope.planned) if each.at != NOBODY}
        self._parts = {(rank, part.team) for rank, each in enumerate(scope.planned) for part in each.parts}

    def judge(self, waiting: int, blocker: int, left_out: Tally) -> tuple[End, End] | None:
        """Both ends, or None when the link says nothing of the roadmap; why not is counted."""
        issues, state = self._sifted.issues, self._sifted.issue_state
        told = f"{issues[waiting].key} waits for {issues[blocker].key}"
        if waiting == blocker:
            left_out.add(ITSELF, told)
            return None
        if state[waiting] != OPEN or state[blocker] != OPEN:
            left_out.add(REVERSED if self._is_reversed(waiting, blocker) else OVER, told)
            return None
        between_items = issues[waiting].kind not in self._features or issues[blocker].kind not in self._features
        if between_items and not self._mapping.item_links:
            left_out.add(ITEMS_OFF, told)
            return None
        one, other = self._find(waiting), self._find(blocker)
        if one is None or other is None:
            left_out.add(NOT_PLANNED, told)
            return None
        if one == other or (one[0] == other[0] and WHOLE in (one[1], other[1])):
            left_out.add(WITHIN, told)
            return None
        return one, other

    def _is_reversed(self, waiting: int, blocker: int) -> bool:
        """Whether who waits was over before what it waited for."""
        if self._sifted.issue_state[waiting] == OPEN:
            return False
        if self._sifted.issue_state[blocker] == OPEN:
            return True
        first, last = self._sifted.issues[waiting].done, self._sifted.issues[blocker].done
        return first is not None and last is not None and first < last

    def _find(self, at: int) -> End | None:
        rank = self._planned.get(self._sifted.family.feature[at])
        if rank is None:
            return None
        if self._sifted.issues[at].kind in self._features:
            return rank, WHOLE
        end = (rank, self._sifted.issue_team[at])
        return end if end in self._parts else None


class _Graph:
    """Who waits for whom: features begin, their parts are worked on, features end."""

    def __init__(self, scope: Scope) -> None:
        self._next: dict[tuple[str, int, int], set[tuple[str, int, int]]] = {}
        for rank, each in enumerate(scope.planned):
            for part in each.parts:
                self._link(("begin", rank, WHOLE), ("part", rank, part.team))
                self._link(("part", rank, part.team), ("end", rank, WHOLE))

    def add(self, waiting: End, blocking: End) -> None:
        """One more wait."""
        self._link(self._over(blocking), self._start(waiting))

    def closes_loop(self, waiting: End, blocking: End) -> bool:
        """Whether what is waited for already waits for who would wait."""
        goal, start = self._over(blocking), self._start(waiting)
        seen, left = {start}, [start]
        while left:
            here = left.pop()
            if here == goal:
                return True
            for each in self._next.get(here, ()):
                if each not in seen:
                    seen.add(each)
                    left.append(each)
        return False

    def _link(self, one: tuple[str, int, int], other: tuple[str, int, int]) -> None:
        self._next.setdefault(one, set()).add(other)

    def _start(self, end: End) -> tuple[str, int, int]:
        return ("begin", end[0], WHOLE) if end[1] == WHOLE else ("part", *end)

    def _over(self, end: End) -> tuple[str, int, int]:
        return ("end", end[0], WHOLE) if end[1] == WHOLE else ("part", *end)


def _say(end: End, scope: Scope, sifted: Sifted) -> str:
    name = scope.planned[end[0]].name
    return name if end[1] == WHOLE else f"{name}/{sifted.teams[end[1]]}"
