"""Pledges: which features of a roadmap can be promised, what each counts, and what has to be done with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import gcd, lcm

import numpy as np
from numpy.typing import NDArray

from forecast.errors import Fault, quote
from forecast.feature import External, Feature
from forecast.roadmap import Roadmap
from forecast.selection import Odds
from forecast.worth import find_worth

Node = tuple[str, str | None]
"""A feature, or its part of a team."""


@dataclass(frozen=True, eq=False)
class Pledges:
    """What can be promised. n features, in order of rank.

    names : the features; counts : (n,) whole numbers in proportion to their values, `scale` to a unit of value
    has_values : some feature has a value; else each counts 1
    waits : name -> all features, externals and milestones that have to be done as a whole before it, in any number of steps
    parts : name -> all parts that have to be done before it, or belong to it
    """

    roadmap: Roadmap
    names: tuple[str, ...]
    counts: tuple[int, ...]
    scale: Fraction
    has_values: bool
    waits: Mapping[str, frozenset[str]]
    parts: Mapping[str, frozenset[tuple[str, str]]]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.names)}

    @cached_property
    def needs(self) -> tuple[frozenset[int], ...]:
        """Of each feature the others that have to be promised with it."""
        return tuple(
            frozenset(self._places[other] for other in self.waits[name] if other in self._places) for name in self.names
        )

    @cached_property
    def values(self) -> dict[str, float]:
        """What each counts, in units of value."""
        return {name: float(count / self.scale) for name, count in zip(self.names, self.counts, strict=True)}

    @cached_property
    def unvalued(self) -> tuple[str, ...]:
        """Those without a value, where others have one: they count the mean of these."""
        if not self.has_values:
            return ()
        return tuple(name for name in self.names if getattr(self.roadmap.feature(name), "value", None) is None)

    def place(self, name: str) -> int:
        """Where a feature stands among those that can be promised. Raises Fault when it cannot."""
        noun = self.roadmap.feature(name)
        if noun.name not in self._places:
            kind = "an external" if isinstance(noun, External) else "a milestone without a due date or a value"
            raise Fault("commit", f"feature {quote(noun.name)}", f"it is {kind}, which is no promise")
        return self._places[noun.name]

    def closure_of(self, names: Sequence[str]) -> set[str]:
        """These features, and all that has to be done as a whole before them."""
        return {*names}.union(*(self.waits[name] for name in names))

    def parts_of(self, names: Sequence[str]) -> set[tuple[str, str]]:
        """The parts of these features, and all that have to be done before them."""
        return {part for name in names for part in self.parts[name]}

    def odds(self, late: NDArray[np.bool_]) -> Odds:
        """Which runs each feature misses, itself or through what it waits for; late : (all features, R)."""
        rows = [[self.roadmap.rank(each) - 1 for each in self.closure_of([name])] for name in self.names]
        missed = np.array([late[each].any(axis=0) for each in rows], bool).reshape(len(rows), late.shape[1])
        return Odds(missed, self.counts, self.needs)


def find_pledges(roadmap: Roadmap) -> Pledges:
    """What can be promised: features with work, and milestones that have a due date or a value."""
    able = [each for each in roadmap.features if isinstance(each, Feature) and _may_be_promised(each)]
    waits, parts = _find_waits(roadmap)
    worth = find_worth(roadmap.features)
    counts, scale = _scale([worth.values[each.name] for each in able])
    return Pledges(roadmap, tuple(each.name for each in able), counts, scale, worth.is_stated, waits, parts)


def _may_be_promised(feature: Feature) -> bool:
    return bool(feature.work) or feature.is_promise or feature.value is not None


def _scale(values: Sequence[Fraction]) -> tuple[tuple[int, ...], Fraction]:
    """Whole numbers in proportion to some values, and how many make a unit."""
    scale = Fraction(lcm(*(each.denominator for each in values)))
    whole = [int(each * scale) for each in values]
    common = gcd(*whole) or 1
    return tuple(each // common for each in whole), scale / common


def _find_waits(roadmap: Roadmap) -> tuple[dict[str, frozenset[str]], dict[str, frozenset[tuple[str, str]]]]:
    """Of each feature what is before it: whole features, and parts."""
    before: dict[Node, list[Node]] = {}
    teams = {each.name: tuple(getattr(each, "work", ())) for each in roadmap.features}
    for link in roadmap.links:
        before.setdefault((link.feature, link.team), []).append((link.waits_for, link.waits_for_team))
    waits, parts = {}, {}
    for name in teams:
        seen: set[Node] = set()
        left: list[Node] = [(name, None)]
        while left:
            node = left.pop()
            if node in seen:
                continue
            seen.add(node)
            feature, team = node
            left += before.get(node, [])
            if team is None:
                left += [(feature, each) for each in teams[feature]]
            else:
                left += before.get((feature, None), [])
        waits[name] = frozenset(feature for feature, team in seen if team is None and feature != name)
        parts[name] = frozenset((feature, team) for feature, team in seen if team is not None)
    return waits, parts
