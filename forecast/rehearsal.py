"""Rehearsals: what becomes of other orders of the same features, on the first runs of a forecast, luck and all.

Only the order changes, so what is drawn is drawn once; a run ends as simulating the ordered roadmap would end it, bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from forecast import engine
from forecast.arrays import Floats, Longs, Luck
from forecast.outcome import Forecast
from forecast.plan import rank_anew
from forecast.simulation import Job, count_cores

PIECE = 64
"""Runs that are worth a thread of their own."""


class Rehearsal:
    """Plays the features of a forecast in other orders.

    base : the forecast; runs : how many of its first runs; horizon : how far, in working days
    """

    def __init__(self, base: Forecast, runs: int, horizon: float) -> None:
        self.runs = min(runs, base.runs)
        job = Job(base.roadmap, base.history, base.model, base.seed, ())
        self._plan, dice = job.stage(min(horizon, base.horizon))
        every = np.arange(self.runs, dtype=np.int64)
        pieces = max(1, min(count_cores(), self.runs // PIECE))
        self._lucks = [dice.roll(piece) for piece in np.array_split(every, pieces)]
        self._pool = ThreadPoolExecutor(pieces, thread_name_prefix="forecast") if pieces > 1 else None

    def rank(self, order: Sequence[int]) -> Longs:
        """Where each feature stands in an order: (F,)."""
        rank = np.empty(len(order), np.int64)
        rank[list(order)] = np.arange(len(order))
        return rank

    def key(self, order: Sequence[int]) -> bytes:
        """What decides about all runs: the order of the parts of each team and lane. Orders with the same key are alike."""
        return np.lexsort((self.rank(order)[self._plan.part_feature], self._plan.part_lane)).astype(np.int32).tobytes()

    def play(self, order: Sequence[int]) -> Floats:
        """When each feature is finished in each run (F, R), in working days; rows as in the roadmap of the forecast."""
        plan, old = rank_anew(self._plan, self.rank(order))

        def play(luck: Luck) -> Floats:
            return engine.play(plan, luck._replace(size=np.ascontiguousarray(luck.size[:, old])))

        played = map(play, self._lucks) if self._pool is None else self._pool.map(play, self._lucks)
        finish: Floats = np.concatenate(list(played), axis=1)
        return finish

    def close(self) -> None:
        """Ends its threads."""
        if self._pool is not None:
            self._pool.shutdown()
