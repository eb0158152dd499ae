"""What the tests of draws share: uniforms and past sprints at chosen addresses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from helpers import SEED
from numpy.typing import NDArray

from forecast import draws

N = 200_000
Array = NDArray[np.float64]


def column(
    *names: str, kind: str = "size", seed: int = SEED, index: int = 0, first: int = 0, runs: int = N, step: int = 1
) -> Array:
    """The uniforms of one name in many runs: (runs,)."""
    out = np.empty((runs, 1))
    draws.uniforms(np.array([draws.key(seed, kind, *names)]), first + step * np.arange(runs), index, out)
    return out[:, 0]


def along(*names: str, run: int = 0, step: int = 1, count: int = N, first: int = 739_000) -> Array:
    """The uniforms of one name and run at many indices: (count,)."""
    out = np.empty((count, 1))
    keys, runs = np.array([draws.key(SEED, "throughput", *names)]), np.array([run])
    for number in range(count):
        draws.uniforms(keys, runs, first + step * number, out[number : number + 1])
    return out[:, 0]


def capacity(
    keys: NDArray[np.uint64],
    pasts: Sequence[Sequence[float]],
    starts: Sequence[int],
    runs: int,
    *,
    segments: Sequence[tuple[int, float]] | None = None,
) -> Array:
    """What each segment is worth in each run to teams with these pasts: (runs, teams, segments).

    starts : first day of each sprint; segments : (sprint, share of its draw), all whole sprints unless said
    """
    segments = segments or [(sprint, 1.0) for sprint in range(len(starts))]
    teams = len(pasts)
    counts = np.array([len(past) for past in pasts], np.int64)
    first = np.tile((np.cumsum(counts) - counts)[:, None], (1, len(starts)))
    out = np.empty((runs, teams, len(segments) + 1))
    draws.bootstrap(
        keys,
        np.arange(runs),
        np.array([done for past in pasts for done in past], np.float64),
        first,
        counts,
        np.tile(np.array([sprint for sprint, _ in segments], np.int32), (teams, 1)),
        np.tile([share for _, share in segments], (teams, 1)),
        np.tile(np.array(starts, np.int64), (teams, 1)),
        out,
    )
    return np.diff(out, axis=2)


def rows(
    counts: Sequence[int], starts: Sequence[int], runs: int, *, names: Sequence[str] | None = None, seed: int = SEED
) -> NDArray[np.int64]:
    """The past sprint that each team draws in each of the sprints: (runs, teams, sprints)."""
    names = names or [f"Team {number}" for number in range(len(counts))]
    keys = np.array([draws.key(seed, "throughput", name) for name in names])
    return capacity(keys, [range(count) for count in counts], starts, runs).round().astype(np.int64)
