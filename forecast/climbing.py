"""Climbing: the search for a better order, by trials on few runs; see `ordering` for the method."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from forecast.aim import Aim
from forecast.arrangement import Arrangement, Order
from forecast.arrays import Floats
from forecast.rehearsal import Rehearsal

CLEAR = 1.0
"""Standard errors by which a step of the climb has to be better on the runs that it is tried on."""


@dataclass(frozen=True, eq=False)
class Trial:
    """One order that was tried. worth : (R,) what the search climbs, in each run."""

    order: Order
    worth: Floats

    @property
    def mean(self) -> float:
        """The mean worth."""
        return float(self.worth.mean())

    def beats(self, other: Trial) -> bool:
        """Whether it is better than another, clearly enough to be more than luck on runs that are paired."""
        gain = self.worth - other.worth
        mean = float(gain.mean())
        return mean > 0 and mean >= CLEAR * float(gain.std()) / math.sqrt(len(gain))


class Climb:
    """Tries orders on the runs of a rehearsal, each kind of order once.

    limit : how many orders may be tried in all; progress : called with (tried, limit)
    """

    def __init__(
        self,
        arrangement: Arrangement,
        aim: Aim,
        rehearsal: Rehearsal,
        limit: int,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self.arrangement = arrangement
        self._aim = aim
        self._rehearsal = rehearsal
        self.limit = limit
        self._progress = progress
        self._seen: dict[bytes, Trial] = {}

    @property
    def tried(self) -> int:
        """How many orders were tried."""
        return len(self._seen)

    def try_order(self, order: Order) -> Trial:
        """What becomes of an order; of one that is like another that was tried, what became of that one."""
        key = self._rehearsal.key(order)
        if key not in self._seen:
            self._seen[key] = Trial(order, self._aim.guide(self._rehearsal.play(order)))
            if self._progress is not None:
                self._progress(min(self.tried, self.limit), self.limit)
        return self._seen[key]

    def is_known(self, order: Order) -> bool:
        """Whether an order like this one was tried."""
        return self._rehearsal.key(order) in self._seen

    def climb(self, start: Trial, guide: Order, limit: int) -> Trial:
        """From one order to better ones, a feature at a time, until no step is better or so many orders are tried in all.

        guide : another order; what stands elsewhere in it is moved first, and there
        """
        best = start
        while self.tried < limit:
            before = best
            for feature, step in self._list_steps(best.order, guide):
                if self.tried >= limit:
                    break
                here = best.order.index(feature)
                there = guide.index(feature) if step is None else min(max(here + step, 0), len(best.order) - 1)
                shifted = self.arrangement.shift(best.order, feature, there)
                if shifted is None or self.is_known(shifted):
                    continue
                trial = self.try_order(shifted)
                if trial.beats(best):
                    best = trial
            if best is before:
                break
        return best

    def polish(self, start: Trial, guide: Order) -> Trial:
        """From an order that no single move makes better on: pairs of features change places, and the climb resumes."""
        best = start
        while self.tried < self.limit:
            before = best
            for exchanged in self._list_exchanges(best.order):
                if self.tried >= self.limit:
                    break
                if not self.is_known(exchanged) and (trial := self.try_order(exchanged)).beats(best):
                    best = self.climb(trial, guide, self.limit)
                    break
            if best is before:
                break
        return best

    def _list_exchanges(self, order: Order) -> Iterator[Order]:
        """The orders in which two features have changed places, near ones first."""
        for far in range(1, len(order)):
            for at in range(len(order) - far):
                down = self.arrangement.shift(order, order[at], at + far)
                both = down and self.arrangement.shift(down, order[at + far], at)
                if both:
                    yield both

    def _list_steps(self, order: Order, guide: Order) -> Iterator[tuple[int, int | None]]:
        """Features and how far to move them (None: to their place in the guide): the most displaced first, near and far mixed."""
        size = len(order)
        rank, wanted = self._rehearsal.rank(order), self._rehearsal.rank(guide)
        features = sorted(self.arrangement.movable, key=lambda at: (-abs(int(rank[at] - wanted[at])), at))
        far = [size >> shift for shift in range(size.bit_length())]
        steps = [None, *(sign * step for step in far if step for sign in (-1, 1))]
        mixed = [
            (place / max(len(features), 1) + at / len(steps), place, at)
            for place in range(len(features))
            for at in range(len(steps))
        ]
        return ((features[place], steps[at]) for _, place, at in sorted(mixed))


def find_urgency(aim: Aim, effort: Floats, arrangement: Arrangement) -> Sequence[float]:
    """How urgent each feature is by rule of thumb, before any simulation.

    Value and cost of delay: weighted shortest job first, weight over effort, where a feature that others wait for counts as much
    as the best of them together with what they wait for (Smith, "Various optimizers for single-stage production", 1956;
    Reinertsen, "The Principles of Product Development Flow", 2009). Promises: the earliest due first (Jackson, 1955), less
    their own effort.

    effort : (F,) days of work of each
    """
    small = max(float(effort[effort > 0].min(initial=np.inf)), 1e-6) if np.any(effort > 0) else 1.0
    small = small if math.isfinite(small) else 1.0
    urgency = np.zeros(len(effort))
    for each in arrangement.given:
        if not aim.weights[each]:
            continue
        chain = [each, *arrangement.below[each]]
        if aim.due[each] < math.inf and aim.kind not in ("value", "delay"):
            urgent = 1e6 - float(aim.due[each] - effort[each])
        else:
            urgent = float(aim.weights[chain].sum()) / max(float(effort[chain].sum()), small)
        urgency[chain] = np.maximum(urgency[chain], urgent)
    return [float(each) for each in urgency]
