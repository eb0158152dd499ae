"""Luck: all that chance decides in given runs of one roadmap, as the arrays that the engine plays."""

from __future__ import annotations

from dataclasses import dataclass

from forecast.arrays import Longs, Luck
from forecast.scope import Scope
from forecast.throughput import Source


@dataclass(frozen=True)
class Dice:
    """What decides the luck of a run: a bound throughput model, and the scope of the work."""

    source: Source
    scope: Scope

    def roll(self, runs: Longs) -> Luck:
        """The luck of the given runs (R,); the same run has the same luck whoever asks, and in whatever company."""
        size, hold, lag = self.scope.draw(runs)
        return Luck(capacity=self.source.capacity(runs), size=size, hold=hold, lag=lag)
