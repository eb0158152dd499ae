"""Routes: the few moves that lead from a given order to a better one, and what each brings on fresh runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast.aim import Aim
from forecast.arrangement import Arrangement, Order, find_place
from forecast.arrays import Floats
from forecast.climbing import Climb
from forecast.outcome import Forecast
from forecast.roadmap import Roadmap

MOST_MOVES, MOST_STEPS, ENOUGH = 5, 40, 0.8
"""Moves that are told at most, features that are tried for each, and the share of the gain that is most of it."""

WORTH_TELLING = 0.02
"""A last move that adds less of the gain than this on fresh runs is not told."""


@dataclass(frozen=True)
class Move:
    """One move on the way from the given order to the better one.

    name : of the feature; rank_before, rank_after : in the order before the move and after it
    with_ : what goes along, because it waits for it or is waited for
    gain : of this move and those before it together, on the fresh runs; share : of the whole gain
    """

    name: str
    rank_before: int
    rank_after: int
    with_: tuple[str, ...]
    gain: float
    share: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "name": self.name,
            "rank_before": self.rank_before,
            "rank_after": self.rank_after,
            "with": list(self.with_),
            "gain": self.gain,
            "share": self.share,
        }


@dataclass(frozen=True, eq=False)
class Fresh:
    """The given order on fresh runs, and what it comes to."""

    given: Forecast
    aim: Aim
    worth: Floats
    guide: Floats

    @classmethod
    def of(cls, forecast: Forecast, aim: Aim, seed: int) -> Fresh:
        """As many runs as the forecast has, under another seed."""
        given = forecast.simulate(forecast.roadmap, seed=seed)
        return cls(given, aim, aim.judge(given.finish), aim.guide(given.finish))

    def play(self, order: Order) -> Forecast:
        """The forecast of another order."""
        return self.given.simulate(arrange(self.given.roadmap, order), seed=self.given.seed)

    def judge(self, order: Order, played: Forecast) -> tuple[Floats, Floats]:
        """How much better another order is in each run (R,): by the aim, and by what the search climbs."""
        finish = sort_back(order, played)
        return self.aim.sign * (self.aim.judge(finish) - self.worth), self.aim.guide(finish) - self.guide


def arrange(roadmap: Roadmap, order: Order) -> Roadmap:
    """The roadmap with its features in an order of their indices."""
    return roadmap.arrange([roadmap.features[at].name for at in order])


def sort_back(order: Order, played: Forecast) -> Floats:
    """The finishes of a forecast of another order (F, R), with rows as in the given one."""
    finish = np.empty_like(played.finish)
    finish[list(order)] = played.finish
    return finish


@dataclass(frozen=True, eq=False)
class Step:
    """A feature that was moved, and what became of the order."""

    feature: int
    before: Order
    after: Order
    mean: float

    def find_company(self, arrangement: Arrangement) -> list[int]:
        """What went along: what it waits for on its way up, what waits for it on its way down."""
        is_up = self.after.index(self.feature) < self.before.index(self.feature)
        kin = [
            each
            for each in self.before
            if (each in arrangement.below[self.feature] if is_up else self.feature in arrangement.below[each])
        ]
        return [each for each in kin if (self.after.index(each) < self.before.index(each)) == is_up]


def find_route(climb: Climb, best: Sequence[Order]) -> list[Step]:
    """From the given order, one after the other, the moves towards the best one that gain most, until most is gained."""
    arrangement, target = climb.arrangement, climb.try_order(best[0])
    now, start = arrangement.given, climb.try_order(arrangement.given).mean
    mean, whole = start, target.mean - start
    rank = {each: at for at, each in enumerate(best[0])}
    path: list[Step] = []
    while whole > 0 and len(path) < MOST_MOVES and mean - start < ENOUGH * whole:
        displaced = sorted(arrangement.movable, key=lambda at: (-abs(rank[at] - now.index(at)), at))[:MOST_STEPS]
        shifts = [(each, arrangement.shift(now, each, find_place(now, each, best[0]))) for each in displaced]
        steps = [Step(each, now, after, climb.try_order(after).mean) for each, after in shifts if after is not None]
        step = max(steps, key=lambda each: each.mean, default=None)
        if step is None or step.mean <= mean:
            break
        path.append(step)
        now, mean = step.after, step.mean
    return path


def tell_moves(fresh: Fresh, arrangement: Arrangement, path: Sequence[Step], whole: float) -> list[Move]:
    """The moves of a path, with what they gain on fresh runs."""
    moves = []
    for step in path:
        gain = float(fresh.judge(step.after, fresh.play(step.after))[0].mean())
        moves.append(
            Move(
                name=arrangement.names[step.feature],
                rank_before=step.before.index(step.feature) + 1,
                rank_after=step.after.index(step.feature) + 1,
                with_=tuple(arrangement.names[at] for at in step.find_company(arrangement)),
                gain=gain,
                share=gain / whole,
            )
        )
    while len(moves) > 1 and moves[-1].share - moves[-2].share < WORTH_TELLING:
        moves.pop()
    return moves
