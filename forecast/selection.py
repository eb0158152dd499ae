"""Selection: the most valuable set of things that all come true in enough of the same runs.

Each thing misses some runs; a set misses the runs that any of it misses. Sought is the set of the highest value that misses no
more runs than it may: the set-union knapsack problem (Goldschmidt, Nehme and Yu, Naval Research Logistics 41, 1994), which is
hard in theory and here mild, since things that are late tend to be late together.

The method. A first set is grown by the value for the runs that it costs, and improved by forcing each thing in turn into it. Then
branch and bound, in order of rank, so that of equal sets the one that takes the higher ranked is found first. The bound: a run
that several things miss is charged to them in shares that add up to 1, so that a set costs at least the sum of its shares, and
the problem becomes a knapsack with a known relaxation; the shares are improved until they charge where it hurts (the dual of the
linear relaxation, by Frank-Wolfe steps). It stops after a stated number of nodes, never after a time, and tells the bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats, Longs

Bits = NDArray[np.uint64]
"""Runs in packed form, 64 to a word."""

NODES = 2000
DUAL_STEPS = 80
PASSES = 3
EXACT_STEPS = 14
BEAM = 16
MOST_STEPS = 60
SLACK = 1e-6


def pack(flags: NDArray[np.bool_]) -> Bits:
    """Flags (..., R) in packed form (..., W)."""
    bits = np.packbits(flags, axis=-1)
    gap = -bits.shape[-1] % 8
    wide = np.concatenate([bits, np.zeros((*bits.shape[:-1], gap), np.uint8)], axis=-1)
    return np.ascontiguousarray(wide).view(np.uint64)


def count(bits: Bits) -> Longs:
    """How many runs are in each row: (..., W) -> (...)."""
    counted: Longs = np.bitwise_count(bits).sum(axis=-1, dtype=np.int64)
    return counted


@dataclass(frozen=True, eq=False)
class Odds:
    """Which runs each thing misses. n things in order of rank, R runs.

    missed : (n, R) bool; values : n whole numbers, 0 or more
    needs : of each thing the others that have to be in a set with it, also those that these need. Whoever needs a thing misses
        the runs that it misses
    """

    missed: NDArray[np.bool_]
    values: tuple[int, ...]
    needs: tuple[frozenset[int], ...]

    @cached_property
    def bits(self) -> Bits:
        """The missed runs in packed form: (n, W)."""
        return pack(self.missed)

    @cached_property
    def dependents(self) -> tuple[frozenset[int], ...]:
        """Of each thing all others that need it."""
        found: list[set[int]] = [set() for _ in self.needs]
        for thing, needed in enumerate(self.needs):
            for other in needed:
                found[other].add(thing)
        return tuple(frozenset(each) for each in found)

    def missed_by(self, members: Sequence[int]) -> int:
        """How many runs a set misses."""
        return int(self.missed[list(members)].any(axis=0).sum()) if len(members) else 0


@dataclass(frozen=True)
class Choice:
    """A chosen set.

    members : by rank; missed : runs; value : of all members
    bound : no set that is allowed is worth more; is_best : none is worth more than this one, and of its equals it is the first
    """

    members: tuple[int, ...]
    missed: int
    value: int
    bound: int
    is_best: bool


def choose(odds: Odds, most_missed: int, within: Sequence[int] = (), nodes: int = NODES) -> Choice:
    """The most valuable set that misses at most so many runs, and holds those in `within` in any case.

    Among sets of equal value the one that takes the higher ranked wins. nodes : branches that are looked at at most
    """
    kept = sorted(set(within).union(*(odds.needs[each] for each in within)))
    lost = np.asarray(odds.missed[kept].any(axis=0)) if kept else np.zeros(odds.missed.shape[1], bool)
    spent = int(lost.sum())
    worth = sum(odds.values[each] for each in kept)
    if spent > most_missed:
        return Choice(tuple(kept), spent, worth, worth, True)
    costs = (odds.missed & ~lost).sum(axis=1)
    opened = [each for each in range(len(odds.values)) if each not in kept and costs[each] <= most_missed - spent]
    rest = _reduce(odds, opened, ~lost, most_missed - spent)
    chosen, bound, is_best = rest.search(nodes)
    members = tuple(sorted([*kept, *(opened[each] for each in chosen)]))
    value = sum(odds.values[each] for each in members)
    return Choice(members, odds.missed_by(members), value, max(bound + worth, value), is_best)


def _reduce(odds: Odds, opened: Sequence[int], counted: NDArray[np.bool_], budget: int) -> _Search:
    """What is left to choose from: the things that can still be taken, and the runs that any of them misses."""
    missed = odds.missed[list(opened)]
    missed = missed[:, counted & missed.any(axis=0)]
    place = {each: at for at, each in enumerate(opened)}
    needs = tuple(frozenset(place[other] for other in odds.needs[each] if other in place) for each in opened)
    values = np.array([odds.values[each] for each in opened], dtype=object)
    return _Search(Odds(missed, tuple(values), needs), budget)


@dataclass(eq=False)
class _Search:
    """The search for the best set. n things, W words.

    budget : runs that may be missed; best, worth : the best set so far, its value
    is_first : the best set was met in the order of the search, so that no equal set stands before it
    """

    odds: Odds
    budget: int
    best: tuple[int, ...] = ()
    worth: int = 0
    is_first: bool = False
    values: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.values = np.array(self.odds.values, dtype=float)

    def search(self, nodes: int) -> tuple[tuple[int, ...], int, bool]:
        """The best set, a bound on the value of any, and whether the first of the best is proved."""
        if len(self.values) == 0:
            return (), 0, True
        if sum(self.odds.values) == 0 or self.odds.missed_by(range(len(self.values))) <= self.budget:
            nodes = max(nodes, len(self.values))
        costly = np.flatnonzero(self.odds.missed.any(axis=1))
        bound = sum(self.odds.values) - self._value(costly.tolist())
        bound += self._bound(costly, np.zeros(self.odds.bits.shape[1], np.uint64), self.budget)
        self._improve(self._grow(), bound)
        bound, is_proved = self._branch(nodes)
        return self.best, bound, is_proved

    # A first set ------------------------------------------------------------------------------------------------------

    def _grow(self) -> list[int]:
        """The best of three sets that are grown greedily: by value for cost, by rank, by cost."""
        grown = [self._fill([], kind) for kind in ("worth", "rank", "cost")]
        return max(grown, key=lambda members: (self._value(members), self._rank(members)))

    def _fill(self, members: list[int], kind: str = "worth") -> list[int]:
        """The set with more put into it while something fits."""
        bits, members = self.odds.bits, list(members)
        lost = np.bitwise_or.reduce(bits[members], axis=0) if members else np.zeros(bits.shape[1], np.uint64)
        left = np.setdiff1d(np.arange(len(bits)), members)
        while len(left):
            costs, spare = count(bits[left] & ~lost), self.budget - int(count(lost))
            left, costs = left[costs <= spare], costs[costs <= spare]
            if not len(left):
                break
            free = costs == 0
            if free.any():
                members += left[free].tolist()
                left = left[~free]
                continue
            at = 0
            if kind == "worth":
                at = int(np.argmax(self.values[left] / costs))
            elif kind == "cost":
                at = int(np.argmin(costs))
            lost = lost | bits[left[at]]
            members.append(int(left[at]))
            left = np.delete(left, at)
        return sorted(members)

    def _value(self, members: Sequence[int]) -> int:
        return sum(self.odds.values[each] for each in members)

    def _rank(self, members: Sequence[int]) -> tuple[int, ...]:
        """Larger for the set that takes the higher ranked."""
        return *(-each for each in sorted(members)), -len(self.values)

    def _improve(self, members: list[int], bound: int) -> None:
        """Force each thing in turn into the set, let go what costs most for its value, and fill up again; keep what is better."""
        best = members
        for _ in range(PASSES):
            before = best
            for thing in range(len(self.values)):
                if thing not in best and self._value(best) < bound:
                    tried = self._force(best, thing)
                    if tried and (self._value(tried), self._rank(tried)) > (self._value(best), self._rank(best)):
                        best = tried
            if best == before:
                break
        self.best, self.worth = tuple(best), self._value(best)

    def _force(self, members: Sequence[int], thing: int) -> list[int] | None:
        bits, needs, dependents = self.odds.bits, self.odds.needs, self.odds.dependents
        held = sorted({*members, thing, *needs[thing]})
        keep = {thing, *needs[thing]}
        while True:
            once, twice = np.zeros_like(bits[0]), np.zeros_like(bits[0])
            for each in held:
                twice |= once & bits[each]
                once |= bits[each]
            if int(count(once)) <= self.budget:
                return self._fill(held)
            inside = frozenset(held)
            loose = [each for each in held if each not in keep and dependents[each].isdisjoint(inside)]
            if not loose:
                return None
            saved = count(bits[loose] & (once & ~twice))
            gone = loose[int(np.argmax((saved + 0.5) / (self.values[loose] + 0.5)))]
            held.remove(gone)

    # The bound --------------------------------------------------------------------------------------------------------

    @cached_property
    def _entries(self) -> tuple[Longs, Longs, Longs]:
        """Thing and run of each missed run, by thing; where each thing's begin."""
        thing, run = np.nonzero(self.odds.missed)
        return thing, run, np.searchsorted(thing, np.arange(len(self.values)))

    @cached_property
    def _shares(self) -> Floats:
        """Of each entry the share of its run that is charged to its thing; the shares of a run add up to 1."""
        thing, run, _ = self._entries
        by_run = np.argsort(run, kind="stable")
        things, runs = thing[by_run], run[by_run]
        first = np.flatnonzero(np.diff(runs, prepend=-1))
        size = np.diff(first, append=len(runs))
        share = np.repeat(1.0 / size, size)
        best, bound = share, np.inf
        for step in range(DUAL_STEPS):
            weight = np.bincount(things, share, len(self.values)).astype(float)
            found = self._relax(np.arange(len(self.values)), weight, self.budget)
            if found < bound - SLACK:
                best, bound = share, found
            score = (self.values / np.maximum(weight, 1e-12))[things]
            is_most = score >= np.repeat(np.maximum.reduceat(score, first), size) * (1 - 1e-12)
            target = is_most / np.repeat(np.add.reduceat(is_most.astype(float), first), size)
            share = share + (target - share) * 2 / (step + 3)
        back = np.empty(len(best))
        back[by_run] = best
        return back

    def _relax(self, left: Longs, weights: Floats, budget: float) -> float:
        """The knapsack of some things with parts of things allowed: no set of them within the budget is worth more."""
        values, weights = self.values[left], weights[left]
        order = np.argsort(-values / np.maximum(weights, 1e-12), kind="stable")
        values, total = values[order], np.cumsum(weights[order])
        whole = int(np.searchsorted(total, budget * (1 + 1e-9), side="right"))
        found = float(values[:whole].sum())
        if whole < len(values):
            spare = budget - (float(total[whole - 1]) if whole else 0.0)
            found += float(values[whole]) * max(spare, 0.0) / max(float(weights[order][whole]), 1e-12)
        return found

    def _bound(self, left: Longs, lost: Bits, spare: int) -> int:
        """The most that can be added in value within the runs that may still be missed."""
        if not len(left):
            return 0
        most = self._value(left.tolist())
        _, run, first = self._entries
        alive = np.unpackbits(~lost.view(np.uint8))[: self.odds.missed.shape[1]].astype(bool)
        charged = np.add.reduceat(np.where(alive[run], self._shares, 0.0), np.minimum(first, max(len(run) - 1, 0)))
        relaxed = self._relax(left, charged, spare)
        return min(most, int(np.floor(relaxed * (1 + 1e-12) + SLACK)))

    # Branches ---------------------------------------------------------------------------------------------------------

    def _branch(self, nodes: int) -> tuple[int, bool]:
        """Look at branches in order of rank, what is taken before what is left out. The bound, and whether all were looked at."""
        bits = self.odds.bits
        stack: list[tuple[tuple[int, ...], Bits, Longs, int]] = []
        stack.append(((), np.zeros(bits.shape[1], np.uint64), np.arange(len(bits)), sum(self.odds.values)))
        while stack and nodes > 0:
            members, lost, left, bound = stack.pop()
            if bound < self.worth + self.is_first:
                continue
            nodes -= 1
            spare = self.budget - int(count(lost))
            costs = count(bits[left] & ~lost)
            free = left[costs == 0]
            members = (*members, *free.tolist())
            left = left[(costs > 0) & (costs <= spare)]
            worth = self._value(members)
            bound = min(bound, worth + self._bound(left, lost, spare))
            if bound < self.worth + self.is_first:
                continue
            if not len(left):
                self.best, self.worth, self.is_first = tuple(sorted(members)), worth, True
                continue
            chosen = int(left[0])
            without = left[~np.isin(left, [chosen, *self.odds.dependents[chosen]])]
            stack.append((members, lost, without, bound))
            stack.append(((*members, chosen), lost | bits[chosen], left[1:], bound))
        if not stack:
            return self.worth, True
        return max(self.worth, *(min(each[3], sum(self.odds.values)) for each in stack)), False


# Stairs ----------------------------------------------------------------------------------------------------------------


def climb(odds: Odds, most: int = MOST_STEPS) -> tuple[list[tuple[int, ...]], bool]:
    """Of each size 1, 2, ... the set that misses the fewest runs, the first of equal ones; and whether that is proved.

    Up to fourteen things all sets are looked at; of more, each size keeps the sixteen best sets, from which the next grow.
    """
    if len(odds.values) <= EXACT_STEPS:
        return _climb_all(odds)[:most], True
    return _climb_beam(odds, most), False


def _climb_all(odds: Odds) -> list[tuple[int, ...]]:
    total = len(odds.values)
    lost = np.zeros((1, odds.bits.shape[1]), np.uint64)
    for bits in odds.bits:
        lost = np.concatenate([lost, lost | bits])
    sets = np.arange(len(lost))
    members = (sets[:, None] >> np.arange(total)) & 1 == 1
    is_closed = np.ones(len(lost), bool)
    for thing, needed in enumerate(odds.needs):
        is_closed &= ~members[:, thing] | members[:, sorted(needed)].all(axis=1)
    costs, sizes = count(lost), members.sum(axis=1)
    rank = members @ (1 << np.arange(total)[::-1])  # higher for the set that takes the higher ranked
    found = []
    for size in range(1, total + 1):
        fits = np.flatnonzero(is_closed & (sizes == size))
        best = fits[np.lexsort((-rank[fits], costs[fits]))[0]]
        found.append(tuple(np.flatnonzero(members[best]).tolist()))
    return found


def _climb_beam(odds: Odds, most: int) -> list[tuple[int, ...]]:
    found = []
    beam: list[tuple[int, tuple[int, ...], Bits]] = [(0, (), np.zeros(odds.bits.shape[1], np.uint64))]
    for _ in range(min(most, len(odds.values))):
        grown: dict[tuple[int, ...], tuple[int, tuple[int, ...], Bits]] = {}
        for _, members, lost in beam:
            fits = [each for each in range(len(odds.values)) if each not in members and odds.needs[each] <= {*members}]
            costs = count(odds.bits[fits] | lost)
            for at in np.argsort(costs, kind="stable")[:BEAM].tolist():
                larger = tuple(sorted((*members, fits[at])))
                grown.setdefault(larger, (int(costs[at]), larger, odds.bits[fits[at]] | lost))
        beam = sorted(grown.values(), key=lambda each: each[:2])[:BEAM]
        found.append(beam[0][1])
    return found
