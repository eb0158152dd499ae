"""Known answers, computed without simulation, and the check that compares whole distributions with them.

Nothing of the package is used to compute an answer. A `Law` says how likely each joint outcome is; it is built by listing
every sequence of sprints that a team can draw. Times are working days since the start; those closer than SAME are one
instant. `inf` stands for "later than was looked at".
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pytest
from helpers import SEED
from numpy.typing import NDArray
from scipy import stats

import forecast as fc

RUNS = 40_000
ERROR = 1e-7
"""How often one check may fail although the program is right. It is shared out among all points that the check looks at,
and tails are those of the binomial itself: far out, where few runs fall, the normal approximation errs far too often."""

SAME = 1e-7
"""Days within which two times are one. Different instants of these tests lie much further apart."""

START = dt.date(2026, 1, 5)
"""A Monday: sprints of 14 days begin at 0, 10, 20, ... on the clock."""

Law = dict[tuple[float, ...], float]
Piece = tuple[float, float, float]
"""A stretch of the clock and the items that a team can do on each day of it: (from, to, items a day)."""
Pace = list[Piece]
Weighted = Sequence[tuple[Any, float]]
"""Things with their chances."""


# Asking the program ---------------------------------------------------------------------------------------------------


def history(**counts: Sequence[float]) -> fc.History:
    """The history of bare counts of teams named by a letter or two."""
    return fc.History.from_counts(counts)


def forecast(roadmap: fc.Roadmap, past: fc.History, *, runs: int = RUNS, throughput: Any = None) -> fc.Forecast:
    """The forecast with the one seed of the tests, and `Bootstrap()` unless said."""
    return fc.simulate(roadmap, past, runs=runs, seed=SEED, throughput=throughput or fc.Bootstrap())


def finishes(answer: fc.Forecast, *names: str) -> NDArray[np.float64]:
    """The rows of `finish` of the named features, in this order: (names, runs)."""
    where = {name: row for row, name in enumerate(answer.features)}
    return np.asarray(answer.finish)[[where[name] for name in names]]


def working_day(number: int) -> dt.date:
    """The date of a working day counted from 1 at START, without days off."""
    return START + dt.timedelta(days=(number - 1) // 5 * 7 + (number - 1) % 5)


# Capacity as a team draws it ------------------------------------------------------------------------------------------


def weights(counts: Iterable[float]) -> list[tuple[float, float]]:
    """Each different count with its share of the history."""
    listed = list(counts)
    return [(value, times / len(listed)) for value, times in sorted(Counter(listed).items())]


def pace(draws: Sequence[float], length: float = 10, before: float = 0) -> Pace:
    """The capacity of a team whose sprints of `length` days draw these counts; sprint 0 began `before` days ago."""
    edges = [number * length - before for number in range(len(draws) + 1)]
    return [
        (max(start, 0.0), end, draw / length)
        for start, end, draw in zip(edges, edges[1:], draws, strict=False)
        if end > 0
    ]


def scaled(plain: Pace, factor: Callable[[int], float]) -> Pace:
    """A pace with the factor of each whole day on it."""
    return [(day, day + 1, rate * factor(day)) for start, end, rate in plain for day in range(int(start), int(end))]


def paces(counts: Iterable[float], sprints: int, length: float = 10, before: float = 0) -> list[tuple[Pace, float]]:
    """Every pace that so many sprints can draw from a history, with its chance."""
    return [
        (pace([draw for draw, _ in drawn], length, before), math.prod(weight for _, weight in drawn))
        for drawn in itertools.product(weights(counts), repeat=sprints)
    ]


def take(free: Pace, size: float, since: float = 0) -> tuple[float, Pace]:
    """When `size` items are done by whatever capacity is free from `since` on, and the capacity that is left.

    This is how a team works that always turns to its most important startable part: taken in the order of importance,
    each part gets the earliest capacity that no more important part has taken.
    """
    if size <= 0 or since == math.inf:
        return since, free
    finish, left = math.inf, []
    for piece in free:
        start, end, rate = piece
        begin = max(start, since)
        if finish < math.inf or begin >= end:
            left.append(piece)
            continue
        if begin > start:
            left.append((start, begin, rate))
        if rate * (end - begin) >= size - 1e-9:
            finish = begin + size / rate
            if finish < end:
                left.append((finish, end, rate))
        else:
            size -= rate * (end - begin)
    return finish, left


def in_a_row(free: Pace, *sizes: float) -> tuple[float, ...]:
    """Finishes of features that one team does one after the other, what is left of a sprint going on to the next."""
    ends = []
    for size in sizes:
        end, free = take(free, size)
        ends.append(end)
    return tuple(ends)


def done_by(free: Pace, time: float) -> float:
    """Items that a pace gives until a time."""
    return sum(rate * (min(end, time) - start) for start, end, rate in free if start < time)


def next_sprint(time: float, length: float = 10, before: float = 0) -> float:
    """The first moment at or after `time` at which a sprint begins."""
    if time == math.inf:
        return time
    return math.ceil((time + before) / length - 1e-9) * length - before


# Laws -----------------------------------------------------------------------------------------------------------------


def law(outcome: Callable[..., tuple[float, ...]], *choices: Weighted) -> Law:
    """The law of an outcome that follows from things drawn independently of each other."""
    chances: dict[tuple[float, ...], float] = defaultdict(float)
    for drawn in itertools.product(*choices):
        times = outcome(*(thing for thing, _ in drawn))
        chances[tuple(round(time, 9) for time in times)] += math.prod(chance for _, chance in drawn)
    return dict(chances)


def extend(known: Law, step: Callable[..., tuple[float, ...]], *choices: Weighted) -> Law:
    """A law with more times behind those it has: step(times it has, things drawn) gives the further ones."""
    return law(lambda times, *drawn: (*times, *step(*times, *drawn)), list(known.items()), *choices)


def project(known: Law, function: Callable[..., tuple[float, ...]]) -> Law:
    """The law of a function of an outcome."""
    return law(lambda times: function(*times), list(known.items()))


def mix(*parts: tuple[float, Law]) -> Law:
    """The law of drawing first which law holds."""
    chances: dict[tuple[float, ...], float] = defaultdict(float)
    for weight, one in parts:
        for times, chance in one.items():
            chances[times] += weight * chance
    return dict(chances)


def product(*laws: Law) -> Law:
    """The joint law of independent outcomes."""
    return law(lambda *outcomes: tuple(itertools.chain(*outcomes)), *(list(one.items()) for one in laws))


def sized(sizes: Law, finish: Callable[..., tuple[float, ...]], *choices: Weighted) -> Law:
    """The law of finishes when the sizes have a law too: finish(sizes, things drawn)."""
    return law(finish, list(sizes.items()), *choices)


def marginal(known: Law, place: int) -> Law:
    """The law of one of the times."""
    return project(known, lambda *times: (times[place],))


def multiplied(known: Law) -> Law:
    """A planted fault: the first time as if it were independent of the others, as when percentages are multiplied."""
    return product(marginal(known, 0), project(known, lambda first, *others: others))


def chance_by(known: Law, *times: float) -> float:
    """The chance that each time is at or before the one given."""
    return sum(
        chance for found, chance in known.items() if all(f <= t + SAME for f, t in zip(found, times, strict=True))
    )


def alone(counts: Sequence[float], size: float, sprints: int = 60) -> Law:
    """The law of a team's finish of one feature, by stepping the law of the remaining work from sprint to sprint.

    Another way than `paces` and `take`; 60 sprints leave next to nothing unfinished.
    """
    finish: dict[tuple[float, ...], float] = defaultdict(float)
    remaining = {size: 1.0}
    for sprint in range(sprints):
        following: dict[float, float] = defaultdict(float)
        for (left, chance), (draw, weight) in itertools.product(remaining.items(), weights(counts)):
            if draw >= left:
                finish[(round(10 * (sprint + left / draw), 9),)] += chance * weight
            else:
                following[left - draw] += chance * weight
        remaining = following
    finish[(math.inf,)] += sum(remaining.values())
    return dict(finish)


# Sizes that are guesses -----------------------------------------------------------------------------------------------


def triangular(low: float, likely: float, high: float) -> Any:
    """The triangular distribution as SciPy has it."""
    return stats.triang((likely - low) / (high - low), loc=low, scale=high - low)


def pert(low: float, likely: float, high: float) -> Any:
    """The PERT distribution: a beta distribution from low to high with the weight 4 on the likely value."""
    width = high - low
    return stats.beta(1 + 4 * (likely - low) / width, 1 + 4 * (high - likely) / width, loc=low, scale=width)


def whole(guess: Any, *sizes: float) -> Law:
    """The joint law of several stated sizes times one guessed factor, each rounded half up to whole items."""
    least, most = guess.support()
    steps = {(k - 0.5) / size for size in sizes for k in range(math.floor(least * size), math.ceil(most * size) + 2)}
    edges = [least, *sorted(step for step in steps if least < step < most), most]
    chances: dict[tuple[float, ...], float] = defaultdict(float)
    for left, right in itertools.pairwise(edges):
        middle = (left + right) / 2
        chances[tuple(float(math.floor(size * middle + 0.5)) for size in sizes)] += guess.cdf(right) - guess.cdf(left)
    return dict(chances)


# The checks -----------------------------------------------------------------------------------------------------------


def check_counts(counts: Any, chances: Any, runs: int, names: Sequence[str], error: float = ERROR) -> None:
    """Assert that numbers of runs are plausible for their exact chances.

    counts, chances : (n,). All points together fail with a chance of at most `error` when the program is right.
    """
    counts, chances = np.asarray(counts), np.asarray(chances, dtype=float)
    if counts.shape != chances.shape or np.any(chances < -1e-9) or np.any(chances > 1 + 1e-9):
        raise ValueError("these are not chances")  # not an assertion: a planted fault must not be caught by this
    chances = np.where(chances > 1 - 1e-12, 1.0, np.clip(chances, 0, 1))
    tail = np.minimum(stats.binom.cdf(counts, runs, chances), stats.binom.sf(counts - 1, runs, chances))
    worst = int(np.argmin(tail))
    assert tail[worst] >= error / (2 * len(counts)), (
        f"{names[worst]}: {counts[worst]} of {runs} runs, expected {runs * chances[worst]:.1f}; tail {tail[worst]:.1e}"
    )


def check_share(held: Any, chance: float, what: str = "share", error: float = ERROR) -> None:
    """Assert that a claim holds in about this share of the runs. held : (runs,) of bool."""
    held = np.asarray(held)
    check_counts([int(held.sum())], [chance], len(held), [what], error)


def check_chances(finish: Any, chances: dict[float, float], error: float = ERROR) -> None:
    """Assert that runs finish by each time with its exact chance: for finishes that can fall anywhere."""
    finish = np.asarray(finish)
    counts = [int(np.sum(finish <= time + SAME)) for time in chances]
    check_counts(counts, list(chances.values()), len(finish), [f"by {time:g}" for time in chances], error)


def check_law(finish: Any, exact: Law, upto: float = math.inf, error: float = ERROR) -> None:
    """Assert that simulated futures follow a law: no other outcome, each as often as it should, and all cumulated chances.

    finish : (features, runs); exact : joint outcome -> chance, `inf` for later than `upto`. Compared are the chance of
    each joint outcome, the distribution of each feature at every attainable time, and the joint distribution
    at the outcomes (at 300 of them when there are more).
    """
    finish = np.atleast_2d(np.asarray(finish, dtype=float))
    outcomes, chances = _gather(exact)
    if outcomes.shape[1] != finish.shape[0] or abs(chances.sum() - 1) > 1e-9:
        raise ValueError("this is no law of these features")
    runs = finish.shape[1]
    finish = np.where(finish > upto + SAME, math.inf, finish)
    counts = _count(finish, outcomes)

    names = [f"finish at {_show(outcome)}" for outcome in outcomes]
    all_counts, all_chances = [counts], [chances]
    for place in range(len(finish)):
        times = np.unique(outcomes[:, place])
        is_by = outcomes[:, place] <= times[:, None]
        all_counts.append(is_by @ counts)
        all_chances.append(is_by @ chances)
        names += [f"feature {place} by {time:g}" for time in times]
    if len(finish) > 1:
        some = outcomes[:: math.ceil(len(outcomes) / 300)]
        is_by = np.all(outcomes[None, :, :] <= some[:, None, :], axis=2)
        all_counts.append(is_by @ counts)
        all_chances.append(is_by @ chances)
        names += [f"all by {_show(outcome)}" for outcome in some]
    check_counts(np.concatenate(all_counts), np.concatenate(all_chances), runs, names, error)


def check_caught(check: Callable[..., None], *arguments: Any, **options: Any) -> None:
    """Assert that a check fails: its planted fault is caught."""
    with pytest.raises(AssertionError):
        check(*arguments, **options)


def refute_law(finish: Any, wrong: Law, upto: float = math.inf) -> None:
    """Assert that `check_law` catches a planted fault."""
    check_caught(check_law, finish, wrong, upto)


def refute_chances(finish: Any, wrong: dict[float, float]) -> None:
    """Assert that `check_chances` catches a planted fault."""
    check_caught(check_chances, finish, wrong)


def _show(outcome: Iterable[float]) -> str:
    return "(" + ", ".join(f"{time:g}" for time in outcome) + ")"


def _gather(exact: Law) -> tuple[Any, Any]:
    """The outcomes in rising order and their chances, times within SAME of each other made one."""
    outcomes = np.array(list(exact))
    for place in range(outcomes.shape[1]):
        times, where = np.unique(outcomes[:, place], return_inverse=True)
        with np.errstate(invalid="ignore"):  # inf - inf
            is_new = ~(np.diff(times, prepend=-math.inf) < SAME)
        outcomes[:, place] = times[np.maximum.accumulate(np.where(is_new, np.arange(len(times)), 0))][where]
    outcomes, where = np.unique(outcomes, axis=0, return_inverse=True)
    return outcomes, np.bincount(where.ravel(), weights=list(exact.values()))


def _count(finish: NDArray[np.float64], outcomes: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many runs had each of the outcomes; AssertionError when a run had none of them."""
    code, codes = np.zeros(finish.shape[1], np.int64), np.zeros(len(outcomes), np.int64)
    for place, found in enumerate(finish):
        times = np.unique(outcomes[:, place])
        padded = np.concatenate(([-math.inf], times, [math.inf]))
        above = np.searchsorted(times, found)
        with np.errstate(invalid="ignore"):  # inf - inf
            is_lower = found - padded[above] < padded[above + 1] - found
            nearest = np.clip(np.where(is_lower, above - 1, above), 0, len(times) - 1)
            is_near = (times[nearest] == found) | (np.abs(found - times[nearest]) < SAME)
        assert is_near.all(), f"feature {place} finished at {found[~is_near][0]:g}, which cannot be"
        code = code * len(times) + nearest
        codes = codes * len(times) + np.searchsorted(times, outcomes[:, place])
    where = np.clip(np.searchsorted(codes, code), 0, len(codes) - 1)
    is_known = codes[where] == code
    assert is_known.all(), f"finished at {_show(finish[:, ~is_known][:, 0])}, which cannot be"
    return np.bincount(where, minlength=len(codes))


# Dates ----------------------------------------------------------------------------------------------------------------


def day_at(known: Law, level: float) -> int:
    """The working day by which the share of futures is at least the level; the law of one feature."""
    total = 0.0
    for (time,), chance in sorted(known.items()):
        total += chance
        if total >= level:
            return max(math.ceil(time - 1e-9), 1)
    raise ValueError("the level is not reached")


def smallest_day(finish: Any, level: float) -> int:
    """The smallest working day by which the share of runs finished is at least the level."""
    days: list[int] = sorted(max(math.ceil(time - SAME), 1) for time in finish)
    return next(day for done, day in enumerate(days, start=1) if done / len(days) >= level)
