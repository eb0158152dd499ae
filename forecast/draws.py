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

from forecast.arrays import Deck, Floats, Ints, Longs, Walk, Words
from forecast.compiling import compiled

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)
ONE = np.uint64(1)
LOW_WORD = np.uint64(0xFFFFFFFF)

LAYOUT = "351083fe45b03582"
"""Digest of the tuples that the kernels take (see `compiling`); a test says what to write here."""


def key(seed: int, kind: str, *names: str) -> np.uint64:
    """The 64-bit key of a kind of draw and the name it belongs to; each part is told from the next by its length."""
    digest = hashlib.blake2b(digest_size=8)
    for part in (str(seed), kind, *names):
        text = part.encode("utf-8", "surrogatepass")
        digest.update(len(text).to_bytes(8, "little") + text)
    return np.uint64(int.from_bytes(digest.digest(), "little"))


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


@njit(nogil=True, error_model="numpy")
def _normals(stream, index, count, uniform, out):  # type: ignore[no-untyped-def]
    """Fill out[:count] with the standard normals of a stream at the indices index[:count]; uniform is scratch.

    The middle is done for all, many at a time; few blocks have anything outside.
    """
    outside = np.int64(0)
    for j in range(count):
        u = _uniform(_mix(stream + (np.uint64(index[j]) + ONE) * GOLDEN))
        uniform[j] = u
        out[j] = _central_normal(u)
        outside += np.int64(abs(u - 0.5) > CENTRE)
    if outside > 0:
        for j in range(count):
            out[j] = _normal(uniform[j])


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


@njit(nogil=True, inline="always", error_model="numpy")
def _draw_card(deck, first, cards, word):  # type: ignore[no-untyped-def]
    """The items on the card that a word chooses, and a uniform from its other half."""
    place = (word >> np.uint64(32)) * np.uint64(cards)
    card = np.uint64(first) + (place >> np.uint64(32))
    face = card + card + np.uint64(np.int64(place & LOW_WORD) >= deck.odds[card])
    return deck.faces[face], (np.float64(np.int64(word & LOW_WORD)) + 0.5) * (1.0 / 4294967296.0)


@compiled(nogil=True, error_model="numpy")
def drift(
    runs: Longs,
    deck: Deck,
    walk: Walk,
    work: Floats,
    spare: float,
    block: int,
    segment_sprint: Ints,
    segment_share: Floats,
    sprint_start: Longs,
    out: Floats,
) -> None:
    """Fill out (R, T, S + 1) with cumulated capacity; each sprint draws a card, times e to the power of a wandering level.

    The level is an autoregression of order one: level = pull * level + own * e + shared * (the normals of its weeks), which
    starts from error * z. A sprint is worth floor(face * exp(level + shift) + u), without the floor where items are not whole.
    z is the team's draw at index 0, e at the first day of its step, the face and u at the first day of the sprint.

    work : (R | 1, T) items; spare : the sprints of a run are drawn until the last team would have done its work if it never
        waited, and further until `spare` times as many days have passed; what lies behind is left at 0. Work of inf: all
    block : sprints that are drawn at a time; changes nothing but the cost
    The rest as in `arrays.Supply`.
    """
    teams, segments, steps = deck.keys.shape[0], segment_share.shape[1], walk.day.shape[1]
    week_number = walk.first_week + np.arange(walk.week_count + block)
    week, shared, factor = np.empty(walk.week_count + block), np.empty(steps), np.empty((teams, steps))
    uniform, normal, drawn = np.empty(block), np.empty(block), np.empty(block)
    sprints_known, steps_known, filled = np.zeros(teams, np.int64), np.zeros(teams, np.int64), np.zeros(teams, np.int64)
    level, total = np.zeros(teams), np.zeros(teams)
    behind, is_alike = np.zeros(deck.first.shape, np.int64), np.ones(teams, np.bool_)
    for t in range(teams):
        s = 0
        for q in range(deck.sprints[t]):
            while s < segments and segment_sprint[t, s] <= q:
                s += 1
            behind[t, q] = s  # the first segment behind sprint q
            is_alike[t] &= deck.first[t, q] == deck.first[t, 0]
    for r in range(runs.shape[0]):
        base = (np.uint64(runs[r]) + ONE) * GOLDEN
        weeks_stream, weeks_known, until = _mix(walk.shared_key + base), 0, 0.0
        for again in range(2):
            shared_known = 0
            for t in range(teams):
                walk_stream, deck_stream = _mix(walk.keys[t] + base), _mix(deck.keys[t] + base)
                row, sprint, share, start = out[r, t], segment_sprint[t], segment_share[t], sprint_start[t]
                step_at, first_card, cards, is_whole = (
                    walk.step_at[t],
                    deck.first[t],
                    deck.cards[t],
                    deck.is_whole[t] == 1,
                )
                enough, end = work[r % work.shape[0], t], deck.sprints[t]
                if not walk.is_alike[t]:
                    shared_known = 0
                if again == 0:
                    row[0] = 0.0
                    filled[t], steps_known[t], total[t] = 0, 0, 0.0
                    sprints_known[t] = 0 if enough > 0.0 else end
                    level[t] = walk.error[t] * _normal(_uniform(_mix(walk_stream + GOLDEN)))
                while sprints_known[t] < end:
                    q = sprints_known[t]
                    if total[t] >= enough if again == 0 else start[q] - start[0] >= until:
                        break
                    count = min(block, end - q)
                    needed = step_at[q + count - 1] + 1
                    while steps_known[t] < needed:
                        j = steps_known[t]
                        moves = min(block, (needed - j + 7) // 8 * 8, steps - j)
                        while weeks_known < walk.weeks[t, j + moves]:
                            _normals(weeks_stream, week_number[weeks_known:], block, uniform, normal)
                            week[weeks_known : weeks_known + block] = normal
                            weeks_known += block
                        while shared_known < j + moves:
                            gained = 0.0
                            for w in range(walk.weeks[t, shared_known], walk.weeks[t, shared_known + 1]):
                                gained += week[w]
                            shared[shared_known] = gained
                            shared_known += 1
                        _normals(walk_stream, walk.day[t, j:], moves, uniform, normal)
                        pull, own, common, in_common = walk.pull[t, j:], walk.own[t, j:], walk.shared[t, j:], shared[j:]
                        for i in range(moves):
                            normal[i] = own[i] * normal[i] + common[i] * in_common[i]
                        now = level[t]
                        for i in range(moves):
                            now = pull[i] * now + normal[i]
                            normal[i] = now
                        level[t] = now
                        shift, pace = walk.shift[t, j:], factor[t, j:]
                        for i in range(moves):
                            pace[i] = _exp(normal[i] + shift[i])
                        steps_known[t] = j + moves
                    pace, at, first, size, day = factor[t], step_at[q:], first_card[q:], cards[q:], start[q:]
                    if is_alike[t]:
                        for i in range(count):
                            word = _mix(deck_stream + (np.uint64(day[i]) + ONE) * GOLDEN)
                            items, u = _draw_card(deck, first_card[0], cards[0], word)
                            items *= pace[np.uint64(at[i])]
                            drawn[i] = np.floor(items + u) if is_whole else items
                    else:
                        for i in range(count):
                            word = _mix(deck_stream + (np.uint64(day[i]) + ONE) * GOLDEN)
                            items, u = _draw_card(deck, first[i], size[i], word)
                            items *= pace[np.uint64(at[i])]
                            drawn[i] = np.floor(items + u) if is_whole else items
                    s, done, gained = filled[t], behind[t, q + count - 1], total[t]
                    for i in range(s, done):
                        gained += drawn[np.uint32(sprint[i] - q)] * share[i]
                        row[i + 1] = gained
                    filled[t], total[t], sprints_known[t] = done, gained, q + count
                if again == 0 and filled[t] > 0:
                    s = filled[t]
                    while s > 1 and row[s - 1] >= enough:
                        s -= 1
                    until = max(until, np.float64(start[sprint[s - 1]] - start[0] + 1))
            until *= spare
        for t in range(teams):
            out[r, t, filled[t] + 1 :] = total[t]
