"""Executors: the runs of a job played by others, in threads, processes or on a cluster, whoever is given."""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from forecast.arrays import Floats, Longs
from forecast.prospects import Claims

JOBS_KEPT = 4


class Playable(Protocol):
    """What can be sent to a process, to be played there: a `simulation.Job`."""

    def play(self, runs: Longs, hopeful: Claims) -> Floats:
        """The finish matrix (F, R) of the given runs (R,)."""
        ...


@dataclass(frozen=True)
class Piece:
    """The finish matrix of the runs lo to hi (hi left out): (F, hi - lo)."""

    lo: int
    hi: int
    finish: Floats


_jobs: OrderedDict[str, tuple[Playable, Claims]] = OrderedDict()
_jobs_lock = threading.Lock()


def _keep_job(key: str, job: Playable, hopeful: Claims) -> None:
    with _jobs_lock:
        _jobs[key] = job, hopeful
        while len(_jobs) > JOBS_KEPT:
            _jobs.popitem(last=False)


def play_piece(key: str, lo: int, hi: int, sent: tuple[Playable, Claims] | None = None) -> Piece | None:
    """What an executor runs: the runs lo to hi of the job of that key.

    A process that does not hold the job answers None, and is then sent it along with the same piece.
    """
    if sent is not None:
        _keep_job(key, *sent)
    held = sent or _jobs.get(key)
    if held is None:
        return None
    job, hopeful = held
    return Piece(lo, hi, job.play(np.arange(lo, hi, dtype=np.int64), hopeful))


def play_elsewhere(
    job: Playable, hopeful: Claims, finish: Floats, executor: Executor, spans: Sequence[tuple[int, int]]
) -> Iterator[int]:
    """Play all runs on an executor, in pieces of these spans, into finish (F, R); tells how many runs each piece had."""
    key = uuid.uuid4().hex
    _keep_job(key, job, hopeful)
    pending: dict[Future[Piece | None], tuple[int, int]] = {}
    try:
        for lo, hi in spans:
            pending[executor.submit(play_piece, key, lo, hi)] = (lo, hi)
        while pending:
            for future in wait(pending, return_when=FIRST_COMPLETED).done:
                lo, hi = pending.pop(future)  # a future keeps its piece, so none is kept
                piece = future.result()
                if piece is None:
                    pending[executor.submit(play_piece, key, lo, hi, (job, hopeful))] = (lo, hi)
                else:
                    finish[:, lo:hi] = piece.finish
                    yield hi - lo
    finally:
        _jobs.pop(key, None)
        for future in pending:
            future.cancel()
