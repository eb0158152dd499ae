"""Draws: where randomness is made, and nowhere else but in `wandering`, which makes it the same way.

Every random number is a pure function of (seed, run, kind, name, index), so nothing is consumed and nothing depends on
order: threads, chunks and what else is on the roadmap change no draw. The address is hashed in two steps:

    key   = blake2b(seed, kind, name), once per name, in Python
    value = mix(mix(key + (run + 1) * GOLDEN) + (index + 1) * GOLDEN)

where mix is the finaliser of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014;
constants: Stafford's variant 13). A uniform is the upper 52 bits of the value, plus a half, divided by 2**52: never 0 nor 1.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numba import njit

from forecast.arrays import Floats, Ints, Longs, Words
from forecast.compiling import compiled

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)
ONE = np.uint64(1)


def key(seed: int, kind: str, *names: str) -> np.uint64:
    """The 64-bit key of a kind of draw and the name it belongs to; each part is told from the next by its length."""
    texts = [part.encode("utf-8", "surrogatepass") for part in (str(seed), kind, *names)]
    address = b"".join([len(text).to_bytes(8, "little") + text for text in texts])
    return np.uint64(int.from_bytes(hashlib.blake2b(address, digest_size=8).digest(), "little"))


@njit(nogil=True, inline="always")
def _mix(z):  # type: ignore[no-untyped-def]
    z = (z ^ (z >> np.uint64(30))) * MIX_1
    z = (z ^ (z >> np.uint64(27))) * MIX_2
    return z ^ (z >> np.uint64(31))


@njit(nogil=True, inline="always")
def _uniform(word):  # type: ignore[no-untyped-def]
    return (np.float64(np.int64(word >> np.uint64(12))) + 0.5) * (1.0 / 4503599627370496.0)


@compiled(nogil=True)
def uniforms(keys: Words, runs: Longs, index: int, out: Floats) -> None:
    """Fill out (R, n) with the uniform of each key (n,) in each run (R,), at one index."""
    step = (np.uint64(index) + ONE) * GOLDEN
    for r in range(runs.shape[0]):
        base = (np.uint64(runs[r]) + ONE) * GOLDEN
        for k in range(keys.shape[0]):
            out[r, k] = _uniform(_mix(_mix(keys[k] + base) + step))


@compiled(nogil=True, error_model="numpy")
def triangulars(
    keys: Words, runs: Longs, low: Floats, likely: Floats, high: Floats, columns: Longs, out: Floats
) -> None:
    """Fill column columns[k] of out (R, .) with triangular draws of each key (n,), by the inverse of the distribution.

    low <= likely <= high, low < high : (n,)
    """
    step = ONE * GOLDEN
    width = high - low
    rise = likely - low
    fall = high - likely
    drawn = np.empty(keys.shape[0])
    for r in range(runs.shape[0]):
        base = (np.uint64(runs[r]) + ONE) * GOLDEN
        for k in range(keys.shape[0]):
            drawn[k] = _uniform(_mix(_mix(keys[k] + base) + step))
        for k in range(keys.shape[0]):  # one root for both sides, and no branch: the compiler does eight at a time
            u = drawn[k]
            is_rising = u * width[k] < rise[k]
            root = np.sqrt(width[k] * (u * rise[k] if is_rising else (1.0 - u) * fall[k]))
            drawn[k] = low[k] + root if is_rising else high[k] - root
        for k in range(keys.shape[0]):
            out[r, columns[k]] = drawn[k]


@compiled(nogil=True, error_model="numpy")
def bootstrap(
    keys: Words,
    runs: Longs,
    past: Floats,
    past_first: Longs,
    past_count: Longs,
    segment_sprint: Ints,
    segment_share: Floats,
    sprint_start: Longs,
    out: Floats,
) -> None:
    """Fill out (R, T, S + 1) with cumulated capacity; each sprint draws one past sprint, uniformly, with replacement.

    keys : (T,) one a team; equal keys draw equal rows
    past : what past sprints are worth in future ones; sprint q of team t draws from past[past_first[t, q] ...]
    past_first : (T, Q); past_count : (T,) past sprints of each team; 0 gives no capacity
    The rest as in `arrays.Supply`.
    """
    sprints, segments = sprint_start.shape[1], segment_share.shape[1]
    drawn = np.zeros(sprints)
    for r in range(runs.shape[0]):
        base = (np.uint64(runs[r]) + ONE) * GOLDEN
        for t in range(keys.shape[0]):
            stream = _mix(keys[t] + base)
            count = np.uint64(past_count[t])
            if count > np.uint64(0):
                for q in range(sprints):
                    word = _mix(stream + (np.uint64(sprint_start[t, q]) + ONE) * GOLDEN)
                    row = ((word >> np.uint64(32)) * count) >> np.uint64(32)
                    drawn[q] = past[np.uint64(past_first[t, q]) + row]
            else:
                drawn[:] = 0.0
            total = 0.0
            out[r, t, 0] = 0.0
            for s in range(segments):
                total += drawn[np.uint32(segment_sprint[t, s])] * segment_share[t, s]
                out[r, t, s + 1] = total
