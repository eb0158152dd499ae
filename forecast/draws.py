"""Draws: the only place where randomness is made.

Every random number is a pure function of (seed, run, kind, name, index), so nothing is consumed and nothing depends on
order: threads, chunks and what else is on the roadmap change no draw. The address is hashed in two steps:

    key   = blake2b(seed, kind, name), once per name, in Python
    value = mix(mix(key + (run + 1) * GOLDEN) + (index + 1) * GOLDEN)

where mix is the finaliser of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014;
constants: Stafford's variant 13). A uniform is the upper 52 bits of the value, plus a half, divided by 2**52: never 0 nor 1.
"""

from __future__ import annotations

import hashlib
import math

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from forecast.arrays import Deck, Floats, Ints, Longs, Scratch, Walk, Words
from forecast.compiling import BARE, compiled, inlined

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)
ONE = np.uint64(1)
LOW_WORD = np.uint64(0xFFFFFFFF)
LANES = 16
"""Draws that the compiler's loops do at a time: fewer take as long."""

ABREAST = 4
"""Teams whose levels are moved side by side: one by one, each step would have to wait for the one before it."""


LAYOUT = "8390e6059c8f0bd8"
"""Digest of the tuples that the kernels take (see `compiling`); a test says what to write here."""


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


# Drift ------------------------------------------------------------------------------------------------------------------

CENTRE = 0.4975
"""Half the width of the middle part of a normal; its tails of 0.0025 each have a formula of their own."""


@njit(nogil=True, inline="always", error_model="numpy")
def _central_normal(u):  # type: ignore[no-untyped-def]
    """The inverse of the normal distribution, of which this is the best rational function of degree 6 / 6 in (u - 1/2) ** 2."""
    q = u - 0.5
    r = q * q
    a = (322.1140682129037 * r - 1446.7189969769313) * r + 1803.6772614544525
    a = ((a * r - 1019.6955858400297) * r + 295.8881763244952) * r - 43.11335646678179
    b = (386.08038469462696 * r - 1045.9023378643155) * r + 1040.4900327685712
    b = ((b * r - 512.222343656052) * r + 134.84675461771013) * r - 18.246924184888364
    return q * (a * r + 2.5066284015133236) / (b * r + 1.0)


@njit(nogil=True, error_model="numpy")
def _outer_normal(u):  # type: ignore[no-untyped-def]
    """The same in the tails, after P. J. Acklam (2003)."""
    q = math.sqrt(-2.0 * math.log(min(u, 1.0 - u)))
    a = ((-7.784894002430293e-03 * q - 3.223964580411365e-01) * q - 2.400758277161838e00) * q - 2.549732539343734e00
    a = (a * q + 4.374664141464968e00) * q + 2.938163982698783e00
    b = ((7.784695709041462e-03 * q + 3.224671290700398e-01) * q + 2.445134137142996e00) * q + 3.754408661907416e00
    normal = a / (b * q + 1.0)
    return normal if u < 0.5 else -normal


@njit(nogil=True, error_model="numpy")
def _normal(u):  # type: ignore[no-untyped-def]
    """The standard normal of a uniform, relative error below 6e-8."""
    return _central_normal(u) if abs(u - 0.5) <= CENTRE else _outer_normal(u)


@inlined
def _normals(stream, address, uniform, out):  # type: ignore[no-untyped-def]
    """Fill out[:LANES] with standard normals, each of a stream of its own, stream[:LANES], at the addresses address[:LANES].

    The middle is done for all, many at a time; few blocks have anything outside.
    """
    outside = np.int64(0)
    for i in range(LANES):
        u = _uniform(_mix(stream[i] + address[i]))
        uniform[i] = u
        out[i] = _central_normal(u)
        outside += np.int64(abs(u - 0.5) > CENTRE)
    if outside > 0:
        for i in range(LANES):
            if abs(uniform[i] - 0.5) > CENTRE:
                out[i] = _outer_normal(uniform[i])


@intrinsic
def _two_to(typing, exponent):  # type: ignore[no-untyped-def]
    """2.0**exponent for an int64 of -1022 to 1023, put together from its bits."""

    def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        word = ir.IntType(64)
        biased = builder.add(arguments[0], ir.Constant(word, 1023))
        return builder.bitcast(builder.shl(biased, ir.Constant(word, 52)), ir.DoubleType())

    return types.float64(types.int64), build


@njit(nogil=True, inline="always", error_model="numpy")
def _exp(x):  # type: ignore[no-untyped-def]
    """e**x, relative error below 1e-12, for x cut to -40 .. 40: without a call, so that many are done at a time."""
    x = min(max(x, -40.0), 40.0)
    n = np.floor(x * 1.4426950408889634 + 0.5)
    r = (x - n * 6.93147180369123816490e-01) - n * 1.90821492927058770002e-10
    y = ((r / 3628800.0 + 1.0 / 362880.0) * r + 1.0 / 40320.0) * r + 1.0 / 5040.0
    y = ((y * r + 1.0 / 720.0) * r + 1.0 / 120.0) * r + 1.0 / 24.0
    y = (((y * r + 1.0 / 6.0) * r + 0.5) * r + 1.0) * r + 1.0
    return y * _two_to(np.int64(n))  # type: ignore[call-arg]


@inlined
def _draw_weeks(walk, scratch, known, wanted):  # type: ignore[no-untyped-def]
    """Draws the normals of the weeks, a block at a time, until those that are wanted are known; how many are known then."""
    while known < wanted:
        _normals(scratch.stream[-1], walk.week[known:], scratch.rest, scratch.week[known:])
        known += LANES
    return known


@inlined
def _sum_weeks(walk, scratch, squad, known, wanted):  # type: ignore[no-untyped-def]
    """Adds up the weeks of each step of a squad until those that are wanted are known; how many are known then."""
    different = 1 if walk.alike[squad] > 0 else ABREAST
    for step in range(known, wanted):
        gained = 0.0
        for lane in range(ABREAST):
            if lane < different:
                gained = 0.0
                for week in range(walk.weeks[squad, step, lane], walk.weeks[squad, step + 1, lane]):
                    gained += scratch.week[week]
            scratch.gained[ABREAST * step + lane] = gained
    return max(known, wanted)


@inlined
def _move_levels(walk, scratch, squad, begin, end):  # type: ignore[no-untyped-def]
    """Moves the levels of a squad by its steps begin to end, in blocks of LANES, and says what they multiply items by."""
    step, own, shared = walk.step[squad], walk.own[squad], walk.shared[squad]
    pull, shift, pace, normal = walk.pull[squad], walk.shift[squad], scratch.pace[squad], scratch.normal
    for block in range(begin, end, LANES):
        drawn, mine, ours, gained = normal[block:], own[block:], shared[block:], scratch.gained[block:]
        _normals(scratch.stream[squad], step[block:], scratch.rest, drawn)
        for i in range(LANES):
            drawn[i] = mine[i] * drawn[i] + ours[i] * gained[i]
    level = scratch.level[ABREAST * squad :]
    first, second, third, fourth = level[0], level[1], level[2], level[3]
    for at in range(begin, end, ABREAST):
        first = pull[at] * first + normal[at]
        second = pull[at + 1] * second + normal[at + 1]
        third = pull[at + 2] * third + normal[at + 2]
        fourth = pull[at + 3] * fourth + normal[at + 3]
        normal[at], normal[at + 1], normal[at + 2], normal[at + 3] = first, second, third, fourth
    level[0], level[1], level[2], level[3] = first, second, third, fourth
    for block in range(begin, end, LANES):
        moved, more, out = normal[block:], shift[block:], pace[block:]
        for i in range(LANES):
            out[i] = _exp(moved[i] + more[i])


@inlined
def _draw_sprints(deck, pace, at, scratch, base, t, q):  # type: ignore[no-untyped-def]
    """Draws the items of a block of sprints of a team: the upper half of a word chooses the face, the lower rounds."""
    stream, drawn, words, rest = _mix(deck.keys[t] + base), scratch.drawn, scratch.words, scratch.rest
    sprint, first, cards = deck.sprint[t, q:], deck.first[t, q:], deck.cards[t, q:]
    for i in range(LANES):
        word = _mix(stream + sprint[i])
        words[i] = word
        rest[i] = (np.float64(np.int64(word & LOW_WORD)) + 0.5) * (1.0 / 4294967296.0)
    is_whole = deck.is_whole[t] == 1
    for i in range(LANES):
        place = (words[i] >> np.uint64(32)) * np.uint64(cards[i])
        card = np.uint64(first[i]) + (place >> np.uint64(32))
        face = card + card + np.uint64(np.int64(place & LOW_WORD) >= deck.odds[card])
        items = deck.faces[face] * pace[np.uint64(at[i])]
        drawn[i] = np.floor(items + rest[i]) if is_whole else items


@compiled(**BARE)
def drift(
    runs: Longs,
    deck: Deck,
    walk: Walk,
    scratch: Scratch,
    work: Floats,
    spare: float,
    segment_sprint: Ints,
    segment_share: Floats,
    sprint_start: Longs,
    days: Longs,
    out: Floats,
) -> None:
    """Fill out (R, T, S + 1) with cumulated capacity; each sprint draws a card, times e to the power of a wandering level.

    The level is an autoregression of order one: level = pull * level + own * e + shared * (the normals of its weeks), which
    starts from error * z. A sprint is worth floor(face * exp(level + shift) + u), without the floor where items are not whole.
    z is the team's draw at index 0, e at the first day of its step, the face and u at the first day of the sprint.

    work : (R | 1, T) items; spare : the sprints of a run are drawn until the last team would have done its work if it never
        waited, and `spare` calendar days further; below 0, those of each team only until it would have done its own. What
        lies behind is nothing. Work of inf: all
    The rest as in `arrays.Supply`.
    """
    for r in range(runs.shape[0]):
        base = (np.uint64(runs[r]) + ONE) * GOLDEN
        for squad in range(walk.keys.shape[0]):
            for i in range(LANES):
                scratch.stream[squad, i] = _mix(walk.keys[squad, i] + base)
        for squad in range(scratch.steps.shape[0]):
            scratch.steps[squad] = 0
            for lane in range(ABREAST):
                scratch.level[ABREAST * squad + lane] = 0.0
        until, weeks, summed = 0.0, 0, 0
        for again in range(2 if spare >= 0.0 else 1):
            for t in range(deck.keys.shape[0]):
                squad = t // ABREAST
                if t % ABREAST == 0 and walk.alike[squad] < 2:
                    summed = 0
                row, sprint, share, start = out[r, t], segment_sprint[t], segment_share[t], sprint_start[t]
                enough, end = work[r % work.shape[0], t], deck.sprints[t]
                if again == 0:
                    row[0] = 0.0
                    scratch.filled[t], scratch.total[t] = 0, 0.0
                    scratch.sprints[t] = 0 if enough > 0.0 else end
                while scratch.sprints[t] < end:
                    q = scratch.sprints[t]
                    if scratch.total[t] >= enough if again == 0 else start[q] - start[0] >= until:
                        break
                    at = walk.pace_at[t, q:]
                    width = LANES if q > 0 else LANES - 1  # with the start, as many steps as are drawn at a time
                    ahead = width if again == 0 else max(width, np.int64((until + start[0] - start[q]) / days[t]))
                    needed = walk.pace_at[t, min(q + ahead, start.shape[0] + LANES) - 1] // ABREAST + 1
                    if scratch.steps[squad] < needed:
                        needed = (needed + 3) // 4 * 4
                        weeks = _draw_weeks(walk, scratch, weeks, walk.last_week[squad, needed])
                        summed = _sum_weeks(walk, scratch, squad, summed, needed)
                        _move_levels(walk, scratch, squad, ABREAST * scratch.steps[squad], ABREAST * needed)
                        scratch.steps[squad] = needed
                    _draw_sprints(deck, scratch.pace[squad], at, scratch, base, t, q)
                    first, last, total = scratch.filled[t], deck.behind[t, q + width - 1], scratch.total[t]
                    inside, part, level = sprint[first:], share[first:], row[first + 1 :]
                    for i in range(last - first):
                        total += scratch.drawn[np.uint64(inside[i] - q)] * part[i]
                        level[i] = total
                    scratch.filled[t], scratch.total[t], scratch.sprints[t] = last, total, q + width
                if again == 0 and scratch.filled[t] > 0:
                    s = scratch.filled[t]
                    while s > 1 and row[s - 1] >= enough:
                        s -= 1
                    until = max(until, np.float64(start[sprint[s - 1]] - start[0] + 1))
            until += spare
        for t in range(deck.keys.shape[0]):
            for s in range(scratch.filled[t] + 1, out.shape[2]):
                out[r, t, s] = scratch.total[t]
