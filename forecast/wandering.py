"""Wandering: the kernel of `drift.Drift`, which draws what each team gets done while its level wanders.

It draws as `draws` does, each number at an address of its own, and many runs side by side: a block of runs for one party of teams
after the other, until each run has what its teams would need if they never waited, and some more where they may have to. What a
run draws does not depend on who is drawn beside it.
"""

from __future__ import annotations

import math

import numpy as np

from forecast.arrays import LANES, POOL, Deck, Floats, Longs, Parties, Pool, Walk
from forecast.compiling import BARE, compiled, inlined
from forecast.draws import GOLDEN, ONE, _mix
from forecast.lanes import (
    as_bits,
    as_floats,
    as_words,
    choose,
    first_bit,
    floor,
    fused,
    gather,
    lengthen,
    load,
    shorten,
    spread,
    store,
    turn,
)

LAYOUT = "4efa16b47544ec7e"
"""Digest of the tuples that the kernel takes (see `compiling`); a test says what to write here."""

MADE_OF = "a5091025fe96d4c0"
"""Digest of the other files that it is compiled of, and of LANES and POOL; likewise."""

SPAN = 112
"""Calendar days for which a team is drawn before the next one is."""

LOW_WORD = np.uint64(0xFFFFFFFF)
NO_SIGN = np.uint64(0x7FFFFFFFFFFFFFFF)
ALL = np.uint64(2**64 - 1)
EXPONENT, BIAS = np.uint64(52), np.uint64(1023)

WHOLE = 1.5 * 2.0**52
"""Added to a number, it leaves the nearest whole one in the lower bits."""

HALF_STEP = 2.0**-53
"""Half of what lies between two numbers that a word may become, so that none of them is 0 or 1."""

ONE_BITS, WHOLE_BITS = np.uint64(0x3FF0000000000000), np.uint64(0x4330000000000000)
"""The bits of 1.0, and of 2.0**52: a whole number in their lower bits counts in units of 2**-52, and of 1."""

HALF_BELOW_WHOLE = 2.0**52 - 0.5

CENTRE = 0.4975
"""Half the width of the middle part of a normal; its tails of 0.0025 each have a formula of their own."""


@inlined
def _central_normal(q):  # type: ignore[no-untyped-def]
    """The inverse of the normal distribution of 1/2 + q, to 3e-6: the best rational function of degree 5 / 5 in s, times q."""
    s = (0.5 - q) * (0.5 + q)
    a = fused(174986320.0, s, 317311328.0)
    a = fused(a, s, 52701288.0)
    a = fused(a, s, 1588845.25)
    a = fused(a, s, 9263.28125)
    a = fused(a, s, 7.28209543)
    b = fused(175841616.0, s, 130951248.0)
    b = fused(b, s, 14530397.0)
    b = fused(b, s, 336388.188)
    b = fused(b, s, 1588.23022)
    b = fused(b, s, 1.0)
    return q * a / b


@inlined
def _outer_normal(q):  # type: ignore[no-untyped-def]
    """The same in the tails, after P. J. Acklam (2003)."""
    r = math.sqrt(-2.0 * math.log(0.5 - abs(q + HALF_STEP)))
    a = ((-7.784894002430293e-03 * r - 3.223964580411365e-01) * r - 2.400758277161838e00) * r - 2.549732539343734e00
    a = (a * r + 4.374664141464968e00) * r + 2.938163982698783e00
    b = ((7.784695709041462e-03 * r + 3.224671290700398e-01) * r + 2.445134137142996e00) * r + 3.754408661907416e00
    normal = a / (b * r + 1.0)
    return normal if q < 0.0 else -normal


@inlined
def _draw_normals(stream, address, count, out, uniform):  # type: ignore[no-untyped-def]
    """Fills out[:count] with standard normals of an address: first all as if from the middle, then the few from the tails."""
    outside = np.uint64(0)
    for i in range(0, count, LANES):
        word = _mix(load(stream, i) + address)
        q = as_floats((word >> np.uint64(12)) | ONE_BITS) - 1.5
        store(uniform, i, q)
        store(out, i, lengthen(_central_normal(shorten(q))))
        outside |= as_bits(as_floats(as_words(q) & NO_SIGN) > CENTRE) << np.uint64(i)
    while outside != 0:
        i = first_bit(outside)
        out[i] = _outer_normal(uniform[i])
        outside &= outside - ONE


@inlined
def _two_to(x):  # type: ignore[no-untyped-def]
    """2**x of lanes, for x cut to -60 .. 60, relative error below 5e-11 (the best polynomial of degree 7)."""
    x = choose(x < 60.0, choose(x > -60.0, x, spread(-60.0)), spread(60.0))
    shifted = x + WHOLE
    f = x - (shifted - WHOLE)
    square = f * f  # not one power after the other, which would each have to wait for the one before it
    low = fused(fused(f, 0.055504103659912665, 0.2402265106656103), square, fused(f, 0.6931471807045322, 1.0))
    high = fused(f, 1.5196156515986735e-05, 0.000154667563171345)
    high = fused(high, square, fused(f, 0.001333393505569534, 0.009618038132063807))
    y = fused(high, square * square, low)
    return y * as_floats((as_words(shifted) + BIAS) << EXPONENT)


@inlined
def _draw_week(walk, pool, week):  # type: ignore[no-untyped-def]
    """Draws the normals of a week for the runs of the pool; other parties may need it for others."""
    _draw_normals(pool.common, walk.week[week], pool.left[0], pool.drawn, pool.uniform)
    for i in range(pool.left[0]):
        pool.week[week, pool.place[i]] = pool.drawn[i]
    pool.known[week] |= pool.inside[0]


@inlined
def _sum_weeks(walk, pool, first, last):  # type: ignore[no-untyped-def]
    """Adds up the normals of some weeks for the runs of the pool; most teams of a party need the same sums."""
    for week in range(first, last):
        if pool.inside[0] & ~pool.known[week]:
            _draw_week(walk, pool, week)
    gained = pool.gained[first]
    for i in range(0, pool.left[0], LANES):
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
    level, pace, gained = pool.level[t], pool.pace[t], pool.gained[first]
    pull, own, shared = walk.pull[t, step], walk.own[t, step], walk.shared[t, step]
    shift = walk.shift[t, step]
    _draw_normals(pool.own[t], walk.step[t, step], pool.left[0], pool.drawn, pool.uniform)
    for i in range(0, pool.left[0], LANES):
        moved = fused(pull, load(level, i), fused(own, load(pool.drawn, i), shared * load(gained, i)))
        store(level, i, moved)
        store(pace, i, _two_to(moved + shift))


@inlined
def _draw_sprint(deck, pool, t, q, day, begin, share):  # type: ignore[no-untyped-def]
    """Draws the items of a sprint of a team: the upper half of a word chooses the face, the lower rounds."""
    stream, pace, total, work, until = pool.luck[t], pool.pace[t], pool.total[t], pool.work[t], pool.until
    address, first, cards = deck.sprint[t, q], np.uint64(deck.first[t, q]), np.uint64(deck.cards[t, q])
    behind, is_whole = deck.behind[t, q], deck.is_whole[t] == 1
    for i in range(0, pool.left[0], LANES):
        word = _mix(load(stream, i) + address)
        place = (word >> np.uint64(32)) * cards
        card = ((place >> np.uint64(32)) + first) << np.uint64(2)
        is_first = as_floats((place & LOW_WORD) | WHOLE_BITS) < gather(deck.table, card, 0)
        items = choose(is_first, gather(deck.table, card, 1), gather(deck.table, card, 2)) * load(pace, i)
        if is_whole:
            rest = (as_floats((word & LOW_WORD) | WHOLE_BITS) - HALF_BELOW_WHOLE) * (1.0 / 4294967296.0)
            items = floor(items + rest)
        done, latest = load(total, i), load(until, i)
        store(until, i, choose(done < load(work, i), choose(latest > day, latest, spread(day)), latest))
        for segment in range(pool.filled[t], behind):
            done = done + items * share[segment]
            store(pool.row[segment - begin], i, done)
        store(total, i, done)
    pool.filled[t] = behind


@inlined
def _write_rows(pool, t, begin, count, out):  # type: ignore[no-untyped-def]
    """Writes what has been drawn of some segments, which stands run beside run, where it belongs: segment beside segment."""
    left, teams, width = pool.left[0], out.shape[1], out.shape[2]
    flat, row = out.reshape(out.size), pool.row.reshape(pool.row.size)
    blocks = count // LANES * LANES
    for i in range(0, left // LANES * LANES, LANES):
        places = (load(pool.place, i) * np.uint64(teams) + np.uint64(t)) * np.uint64(width) + np.uint64(begin + 1)
        for s in range(0, blocks, LANES):
            turn(row, s * POOL + i, POOL, flat, places + np.uint64(s))
    for i in range(left):
        rest = out[pool.place[i], t, begin + 1 :]
        for s in range(blocks if i < left // LANES * LANES else 0, count):
            rest[s] = pool.row[s, i]


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
    _write_rows(pool, t, begin, pool.filled[t] - begin, out)
    if q < deck.sprints[t]:
        for i in range(pool.left[0]):
            pool.until[i] = max(pool.until[i], day + 1.0 if pool.total[t, i] < pool.work[t, i] else 0.0)


@inlined
def _retire(pool, teams, day, out):  # type: ignore[no-untyped-def]
    """Takes those runs out of the pool that need nothing from a day on; what lies behind is nothing."""
    kept, inside = 0, np.uint64(0)
    for i in range(pool.left[0]):
        if pool.until[i] <= day:
            for member in range(teams.shape[0]):
                t = teams[member]
                rest, total = out[pool.place[i], t, pool.filled[t] + 1 :], pool.total[t, i]
                for s in range(rest.shape[0]):
                    rest[s] = total
        else:
            pool.place[kept], pool.until[kept], pool.common[kept] = pool.place[i], pool.until[i], pool.common[i]
            inside |= ONE << pool.place[i]
            pool.chosen[kept] = i
            kept += 1
    for member in range(teams.shape[0]):
        t = teams[member]
        level, pace, total = pool.level[t], pool.pace[t], pool.total[t]
        own, luck, work = pool.own[t], pool.luck[t], pool.work[t]
        for k in range(kept):
            i = pool.chosen[k]
            level[k], pace[k], total[k] = level[i], pace[i], total[i]
            own[k], luck[k], work[k] = own[i], luck[i], work[i]
    pool.left[0], pool.inside[0] = kept, inside
    pool.reaches[:] = -1


@inlined
def _begin_block(runs, walk, pool):  # type: ignore[no-untyped-def]
    """Begins with other runs, of which nothing is known yet."""
    pool.size[0] = runs.shape[0]
    pool.known[:] = 0
    for place in range(runs.shape[0]):
        pool.base[place] = (np.uint64(runs[place]) + ONE) * GOLDEN
        pool.shared[place] = _mix(walk.shared_key + pool.base[place])


@inlined
def _fill_pool(deck, walk, pool, teams, work, first, start, out):  # type: ignore[no-untyped-def]
    """Puts all runs of the block into the pool, for some of the teams; returns the day behind the start of the last sprint."""
    furthest, count = np.int64(0), pool.size[0]
    pool.left[0] = count
    pool.reaches[:] = -1
    pool.inside[0] = ALL >> np.uint64(POOL - count)
    for i in range(count):
        pool.place[i], pool.until[i], pool.common[i] = np.uint64(i), 0.0, pool.shared[i]
    for member in range(teams.shape[0]):
        t = teams[member]
        own, luck, level, total, wanted = pool.own[t], pool.luck[t], pool.level[t], pool.total[t], pool.work[t]
        for i in range(0, count, LANES):
            base = load(pool.base, i)
            store(own, i, _mix(base + walk.keys[t]))
            store(luck, i, _mix(base + deck.keys[t]))
            store(level, i, spread(0.0))
            store(total, i, spread(0.0))
        most = 0.0
        for i in range(count):
            wanted[i] = work[(first + i) % work.shape[0], t]
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
    while pool.left[0] > 0:
        day += SPAN
        for member in range(teams.shape[0]):
            t = teams[member]
            _draw_until(deck, walk, pool, t, day, start[t], share[t], out)
        needed = np.float64(day) - spare if day < furthest else np.inf
        finished = 0
        for i in range(pool.left[0]):
            finished += 1 if pool.until[i] <= needed else 0
        if 8 * finished >= pool.left[0]:
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

    work : (R | 1, T) items; spare : the sprints of a party are drawn until its last team would have done its work if none ever
        waited, and `spare` calendar days further where they may have to. What lies behind is nothing. Work of inf: all
    The rest as in `arrays`, of which segment_share and sprint_start are those of Supply.
    """
    for first in range(0, runs.shape[0], POOL):
        block, end = out[first : first + POOL], min(first + POOL, runs.shape[0])
        _begin_block(runs[first:end], walk, pool)
        for party in range(parties.waits.shape[0]):
            teams = parties.team[parties.first[party] : parties.first[party + 1]]
            furthest = _fill_pool(deck, walk, pool, teams, work, first, sprint_start, block)
            longer = spare if parties.waits[party] else 0.0
            _draw_party(deck, walk, pool, teams, furthest, longer, segment_share, sprint_start, block)
