"""Arrangements: the orders that a roadmap's features may stand in, by what they wait for and what is pinned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from forecast.errors import Fault, did_you_mean, quote
from forecast.roadmap import Roadmap
from forecast.values import read_list

MOST_LISTED = 100
"""Features of whose orders all may be listed."""

Order = tuple[int, ...]
"""Features by their index in the given roadmap, the most important first."""


@dataclass(frozen=True, eq=False)
class Arrangement:
    """Which orders are allowed.

    names : the features in the given order
    pinned : those that keep their rank
    below : of each feature, all that stand above it because it waits for them, directly or through others: a feature is never put
        above what it waits for, unless it stands there already
    """

    names: tuple[str, ...]
    pinned: frozenset[int]
    below: tuple[frozenset[int], ...]

    @classmethod
    def of(cls, roadmap: Roadmap, pins: Sequence[str]) -> Arrangement:
        """The arrangement of a roadmap. Raises Fault for an unknown pin."""
        names = tuple(feature.name for feature in roadmap.features)
        at = {name: place for place, name in enumerate(names)}
        if isinstance(pins, str):
            raise Fault("pins", quote(pins), f"give a list of names: [{quote(pins)}]")
        pinned = set()
        for pin in read_list(pins, "pins", "names"):
            name = pin.strip() if isinstance(pin, str) else pin
            if name not in at:
                hint = did_you_mean(name, names) if isinstance(name, str) else ""
                raise Fault("pins", quote(pin), f"no such feature in the roadmap.{hint}")
            pinned.add(at[name])
        direct: list[set[int]] = [set() for _ in names]
        for link in roadmap.links:
            first, then = at[link.waits_for], at[link.feature]
            if first < then:
                direct[then].add(first)
        below: list[frozenset[int]] = []
        for own in direct:  # what stands above comes first
            below.append(frozenset(own.union(*(below[each] for each in own))))
        return cls(names, frozenset(pinned), tuple(below))

    @property
    def given(self) -> Order:
        """The order as it is."""
        return tuple(range(len(self.names)))

    @cached_property
    def movable(self) -> tuple[int, ...]:
        """What is not pinned."""
        return tuple(at for at in self.given if at not in self.pinned)

    def allows(self, order: Order) -> bool:
        """Whether nothing is put above what it waits for, and what is pinned has its rank."""
        if any(order[at] != at for at in self.pinned):
            return False
        seen: set[int] = set()
        for each in order:
            if not self.below[each] <= seen:
                return False
            seen.add(each)
        return True

    def shift(self, order: Order, feature: int, place: int) -> Order | None:
        """The order with a feature at another place, together with what has to go along; None when that is not allowed.

        On its way up it takes along what it waits for, on its way down what waits for it. Pinned features stay.
        """
        if feature in self.pinned:
            return None
        loose = [each for each in order if each not in self.pinned]
        here = loose.index(feature)
        there = min(sum(each not in self.pinned for each in order[:place]), len(loose) - 1)
        low, high = sorted((here, there))
        span = loose[low : high + 1]
        if there < here:
            block = [each for each in span if each == feature or each in self.below[feature]]
            span = block + [each for each in span if each not in block]
        else:
            block = [each for each in span if each == feature or feature in self.below[each]]
            span = [each for each in span if each not in block] + block
        loose[low : high + 1] = span
        shifted = self.fill(loose)
        return shifted if shifted != order and self.allows(shifted) else None

    def fill(self, loose: Sequence[int]) -> Order:
        """The order of all features in which those that are not pinned stand in this sequence."""
        rest = iter(loose)
        return tuple(at if at in self.pinned else next(rest) for at in self.given)

    def sort(self, urgency: Sequence[float]) -> Order | None:
        """The most urgent first, each with what it waits for just above it; None when pinned features do not allow it.

        urgency : of each feature; among equals the given order stays
        """
        placed: dict[int, None] = {}
        for each in sorted(self.movable, key=lambda at: (-urgency[at], at)):
            for first in (*sorted(self.below[each]), each):
                if first not in self.pinned:
                    placed.setdefault(first)
        order = self.fill(tuple(placed))
        return order if self.allows(order) else None

    def list_all(self, most: int) -> list[Order] | None:
        """Every order that is allowed; None when there are more than so many, or too many features to tell."""
        if len(self.names) > MOST_LISTED:
            return None
        found: list[Order] = []
        for order in self._grow((), frozenset()):
            found.append(order)
            if len(found) > most:
                return None
        return found

    def _grow(self, begun: Order, placed: frozenset[int]) -> Iterator[Order]:
        place = len(begun)
        if place == len(self.names):
            yield begun
            return
        for each in (place,) if place in self.pinned else self.movable:
            if each not in placed and self.below[each] <= placed:
                yield from self._grow((*begun, each), placed | {each})


def count_moved(order: Order) -> int:
    """How many features have to be moved to get from the given order to this one: all but the most that keep their order."""
    ends: list[int] = []
    for each in order:
        low, high = 0, len(ends)
        while low < high:
            middle = (low + high) // 2
            if ends[middle] < each:
                low = middle + 1
            else:
                high = middle
        ends[low : low + 1] = [each]
    return len(order) - len(ends)


def find_place(order: Order, feature: int, wanted: Order) -> int:
    """Where a feature stands best in an order, so that the fewest others are on the wrong side of it by another order."""
    rank = {each: at for at, each in enumerate(wanted)}
    others = [each for each in order if each != feature]
    wrong = sum(rank[each] < rank[feature] for each in others)
    best, place = wrong, 0
    for at, each in enumerate(others, start=1):
        wrong += 1 if rank[each] > rank[feature] else -1
        if wrong < best:
            best, place = wrong, at
    return place
