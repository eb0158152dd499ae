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
from numba import njit

from forecast.arrays import LANES, POOL, Deck, Floats, Ints, Longs, Parties, Pool, Walk, Words
from forecast.compiling import BARE, called, compiled, inlined
from forecast.lanes import as_floats, as_words, choose, floor, gather, load, some, spread, store

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)
ONE = np.uint64(1)
LOW_WORD = np.uint64(0xFFFFFFFF)
SPAN = 112
"""Calendar days for which all teams are drawn at a time. """

WHOLE = 1.5 * 2.0**52
"""Added to a number, it leaves the nearest whole one in the lower bits."""

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

ONE_BITS, WHOLE_BITS = np.uint64(0x3FF0000000000000), np.uint64(0x4330000000000000)
"""The bits of 1.0, and of 2.0**52: a whole number in their lower bits counts in units of 2**-52, and of 1."""

HALF_BELOW_ONE, HALF_BELOW_WHOLE = 1.0 - 2.0**-53, 2.0**52 - 0.5
NO_SIGN = np.uint64(0x7FFFFFFFFFFFFFFF)

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


@called
def _mend_outside(pool):  # type: ignore[no-untyped-def]
    for lane in range(LANES):
        if abs(pool.uniform[lane] - 0.5) > CENTRE:
            pool.normal[lane] = _outer_normal(pool.uniform[lane])


@njit(nogil=True, error_model="numpy")
def _normal(u):  # type: ignore[no-untyped-def]
    """The standard normal of a uniform, relative error below 6e-8."""
    return _central_normal(u) if abs(u - 0.5) <= CENTRE else _outer_normal(u)


@inlined
def _two_to(x):  # type: ignore[no-untyped-def]
    """2**x of lanes, for x cut to -60 .. 60, relative error below 5e-11 (the best polynomial of degree 7)."""
    x = choose(x < 60.0, choose(x > -60.0, x, spread(-60.0)), spread(60.0))
    shifted = x + WHOLE
    f = x - (shifted - WHOLE)
    square = f * f  # not one power after the other, which would each have to wait for the one before it
    low = (f * 0.055504103659912665 + 0.2402265106656103) * square + (f * 0.6931471807045322 + 1.0)
    high = (f * 1.5196156515986735e-05 + 0.000154667563171345) * square + (
        f * 0.001333393505569534 + 0.009618038132063807
    )
    y = high * (square * square) + low
    return y * as_floats((as_words(shifted) + np.uint64(1023)) << np.uint64(52))


@inlined
def _draw_normals(words, pool):  # type: ignore[no-untyped-def]
    """Standard normals of lanes of words: the middle of all at once; few lanes have one outside."""
    u = as_floats((words >> np.uint64(12)) | ONE_BITS) - HALF_BELOW_ONE  # as `_uniform`
    normal = _central_normal(u)
    if some(as_floats(as_words(u - 0.5) & NO_SIGN) > CENTRE):
        store(pool.uniform, 0, u)
        store(pool.normal, 0, normal)
        _mend_outside(pool)
        normal = load(pool.normal, 0)
    return normal


@inlined
def _draw_weeks(walk, pool, end):  # type: ignore[no-untyped-def]
    """Draws the normals of the weeks before `end` that are not known yet, for all runs of the block."""
    for week in range(pool.known[0], end):
        normal = pool.week[week]
        for place in range(0, pool.size[0], LANES):
            store(normal, place, _draw_normals(_mix(load(pool.shared, place) + walk.week[week]), pool))
    pool.known[0] = max(pool.known[0], end)


@inlined
def _sum_weeks(walk, pool, first, last):  # type: ignore[no-untyped-def]
    """Adds up the normals of some weeks for the runs of the pool; most teams of a party need the same sums."""
    _draw_weeks(walk, pool, last)
    gained = pool.gained[first]
    for i in range(0, pool.count[0], LANES):
        place, total = load(pool.place, i), spread(0.0)
        for week in range(first, last):
            total = total + gather(pool.week[week], place, 0)
        store(gained, i, total)
    pool.reaches[first] = last


@inlined
def _move_level(walk, pool, t, step):  # type: ignore[no-untyped-def]
    """Moves the level of a team by a step, in all runs of the pool, and says what it multiplies items by."""
    first, last = walk.weeks[t, step], walk.weeks[t, step + 1]
    if pool.reaches[first] != last:
        _sum_weeks(walk, pool, first, last)
    stream, level, pace, gained = pool.own[t], pool.level[t], pool.pace[t], pool.gained[first]
    address, pull, own, shared = walk.step[t, step], walk.pull[t, step], walk.own[t, step], walk.shared[t, step]
    shift = walk.shift[t, step]
    for i in range(0, pool.count[0], LANES):
        normal = _draw_normals(_mix(load(stream, i) + address), pool)
        moved = pull * load(level, i) + (own * normal + shared * load(gained, i))
        store(level, i, moved)
        store(pace, i, _two_to(moved + shift))


@inlined
def _draw_sprint(deck, pool, t, q, day, begin, share):  # type: ignore[no-untyped-def]
    """Draws the items of a sprint of a team: the upper half of a word chooses the face, the lower rounds."""
    stream, pace, total, work, until = pool.luck[t], pool.pace[t], pool.total[t], pool.work[t], pool.until
    address, first, cards = deck.sprint[t, q], np.uint64(deck.first[t, q]), np.uint64(deck.cards[t, q])
    behind, is_whole = deck.behind[t, q], deck.is_whole[t] == 1
    for i in range(0, pool.count[0], LANES):
        word = _mix(load(stream, i) + address)
        place = (word >> np.uint64(32)) * cards
        card = ((place >> np.uint64(32)) + first) << np.uint64(2)
        is_first = as_floats((place & LOW_WORD) | WHOLE_BITS) < gather(deck.table, card, 0)
        items = choose(is_first, gather(deck.table, card, 1), gather(deck.table, card, 2)) * load(pace, i)
        if is_whole:
            rest = (as_floats((word & LOW_WORD) | WHOLE_BITS) - HALF_BELOW_WHOLE) * (1.0 / 4294967296.0)
            items = floor(items + rest)
        sum_ = load(total, i)
        latest = load(until, i)
        store(until, i, choose(sum_ < load(work, i), choose(latest > day, latest, spread(day)), latest))
        for segment in range(pool.filled[t], behind):
            sum_ = sum_ + items * share[segment]
            store(pool.row[segment - begin], i, sum_)
        store(total, i, sum_)
    pool.filled[t] = behind


@inlined
def _draw_until(deck, walk, pool, t, day, start, share, out):  # type: ignore[no-untyped-def]
    """Draws the sprints of a team that begin before a day, and says until when it needs them."""
    begin, q = pool.filled[t], pool.sprints[t]
    while q < deck.sprints[t] and start[q] - start[0] < day:
        while pool.steps[t] <= walk.step_at[t, q]:
            _move_level(walk, pool, t, pool.steps[t])
            pool.steps[t] += 1
        _draw_sprint(deck, pool, t, q, np.float64(start[q] - start[0] + 1), begin, share)
        q += 1
    pool.sprints[t] = q
    for i in range(pool.count[0]):
        row = out[pool.place[i], t, begin + 1 :]
        for s in range(pool.filled[t] - begin):
            row[s] = pool.row[s, i]
    if q < deck.sprints[t]:
        for i in range(pool.count[0]):
            pool.until[i] = max(pool.until[i], day + 1.0 if pool.total[t, i] < pool.work[t, i] else 0.0)


@inlined
def _retire(pool, teams, day, out):  # type: ignore[no-untyped-def]
    """Takes those runs out of the pool that need nothing from a day on; what lies behind is nothing."""
    kept = 0
    for i in range(pool.count[0]):
        if pool.until[i] <= day:
            for member in range(teams.shape[0]):
                t = teams[member]
                rest, total = out[pool.place[i], t, pool.filled[t] + 1 :], pool.total[t, i]
                for s in range(rest.shape[0]):
                    rest[s] = total
        else:
            pool.place[kept], pool.until[kept], pool.chosen[kept] = pool.place[i], pool.until[i], i
            kept += 1
    for member in range(teams.shape[0]):
        t = teams[member]
        level, pace, total = pool.level[t], pool.pace[t], pool.total[t]
        own, luck, work = pool.own[t], pool.luck[t], pool.work[t]
        for k in range(kept):
            i = pool.chosen[k]
            level[k], pace[k], total[k], own[k], luck[k], work[k] = (
                level[i],
                pace[i],
                total[i],
                own[i],
                luck[i],
                work[i],
            )
    pool.count[0] = kept
    pool.reaches[:] = -1


@inlined
def _begin_block(runs, walk, pool):  # type: ignore[no-untyped-def]
    """Begins with other runs, of which nothing is known yet."""
    pool.size[0], pool.known[0] = runs.shape[0], 0
    for place in range(runs.shape[0]):
        pool.base[place] = (np.uint64(runs[place]) + ONE) * GOLDEN
        pool.shared[place] = _mix(walk.shared_key + pool.base[place])


@inlined
def _fill_pool(deck, walk, pool, teams, work, first, start, out):  # type: ignore[no-untyped-def]
    """Puts all runs of the block into the pool, for some of the teams; returns the day behind the start of the last sprint."""
    furthest, count = np.int64(0), pool.size[0]
    pool.count[0] = count
    pool.reaches[:] = -1
    for i in range(count):
        pool.place[i], pool.until[i] = np.uint64(i), 0.0
    for member in range(teams.shape[0]):
        t = teams[member]
        own, luck, level, total, wanted = pool.own[t], pool.luck[t], pool.level[t], pool.total[t], pool.work[t]
        most = 0.0
        for i in range(count):
            own[i], luck[i] = _mix(walk.keys[t] + pool.base[i]), _mix(deck.keys[t] + pool.base[i])
            level[i], total[i], wanted[i] = 0.0, 0.0, work[(first + i) % work.shape[0], t]
            out[i, t, 0] = 0.0
            most = max(most, wanted[i])
        pool.sprints[t] = 0 if most > 0.0 else deck.sprints[t]
        pool.steps[t] = pool.filled[t] = 0
        if pool.sprints[t] < deck.sprints[t]:
            furthest = max(furthest, start[t, deck.sprints[t] - 1] - start[t, 0] + 1)
    return furthest


@inlined
def _draw_party(deck, walk, pool, teams, furthest, spare, share, start, out):  # type: ignore[no-untyped-def]
    """Draws teams that may wait for each other, for all runs of the pool, until none of them needs any more."""
    day = np.int64(0)
    while pool.count[0] > 0:
        day += SPAN
        for member in range(teams.shape[0]):
            t = teams[member]
            _draw_until(deck, walk, pool, t, day, start[t], share[t], out)
        needed = np.float64(day) - spare if day < furthest else np.inf
        finished = 0
        for i in range(pool.count[0]):
            finished += np.int64(pool.until[i] <= needed)
        if 8 * finished >= pool.count[0]:
            _retire(pool, teams, needed, out)


@compiled(**BARE)
def drift(
    runs: Longs,
    deck: Deck,
    walk: Walk,
    pool: Pool,
    parties: Parties,
    work: Floats,
    spare: float,
    segment_share: Floats,
    sprint_start: Longs,
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
    for first in range(0, runs.shape[0], POOL):
        block, end = out[first : first + POOL], min(first + POOL, runs.shape[0])
        _begin_block(runs[first:end], walk, pool)
        for party in range(parties.waits.shape[0]):
            teams = parties.team[parties.first[party] : parties.first[party + 1]]
            furthest = _fill_pool(deck, walk, pool, teams, work, first, sprint_start, block)
            longer = spare if parties.waits[party] else 0.0
            _draw_party(deck, walk, pool, teams, furthest, longer, segment_share, sprint_start, block)
