"""Known answers for what is guessed with three points: sizes, growth, lags and external days.

Exact laws come from listing every sequence of sprints that can be drawn (see oracles). Each check has a twin: the same check
must catch a planted fault, an answer that is plausible and wrong.
40,000 runs; a check fails with a chance of one in ten million when the program is right.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from oracles import (
    START,
    Law,
    Pace,
    check_chances,
    check_law,
    done_by,
    extend,
    finishes,
    forecast,
    history,
    law,
    mix,
    multiplied,
    next_sprint,
    paces,
    pert,
    product,
    project,
    refute_chances,
    refute_law,
    sized,
    take,
    triangular,
    whole,
)

import forecast as fc

A = [0, 5, 8, 8]
B = [2, 2, 6]
DAYS = [1, 3.5, 6, 7.75, 8, 10, 11.2, 14.9, 15, 18.8, 21, 25, 30, 37.5, 40, 45, 50]


def spent(counts: Sequence[float], sprints: int, time: float) -> list[tuple[float, float]]:
    """What a team can have done by a time, with the chances."""
    return [(done, chance) for (done,), chance in law(lambda a: (done_by(a, time),), paces(counts, sprints)).items()]


def on_two_teams(sizes: Law) -> Law:
    """The joint law of a part on A and a part on B, begun at once, when their sizes have a joint law."""
    on_a = {a: law(lambda free, a=a: take(free, a)[:1], paces(A, 5)) for a, _ in sizes}
    on_b = {b: law(lambda free, b=b: take(free, b)[:1], paces(B, 5)) for _, b in sizes}
    return mix(*((chance, product(on_a[a], on_b[b])) for (a, b), chance in sizes.items()))


def on_b_and_c(starts: Law) -> Law:
    """Finish of the API, of 3 items on B and of 4 on C, from the law of that finish and of when B and C can start."""
    with_b = extend(starts, lambda end, at_b, at_c, b: take(b, 3, at_b)[:1], paces([2, 6], 6))
    only_c = project(with_b, lambda end, at_b, at_c, on_b: (end, at_c, on_b))
    with_c = extend(only_c, lambda end, at_c, on_b, c: take(c, 4, at_c)[:1], paces([4, 7], 6))
    return project(with_c, lambda end, at_c, on_b, on_c: (end, on_b, on_c))


# Sizes ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shape", "fault"), [("triangular", "pert"), ("pert", "triangular")])
@pytest.mark.parametrize("guess", [(3, 5, 12), (2, 2, 9), (1, 8, 8)], ids=str)
def test_three_point_sizes_are_rounded_to_whole_items(
    guess: tuple[float, float, float], shape: str, fault: str
) -> None:
    roadmap = fc.Roadmap(START, ["A"], [fc.Feature("F", {"A": fc.Part(guess, shape=shape)})])
    finish = finishes(forecast(roadmap, history(A=A)), "F")
    shapes = {"triangular": triangular(*guess), "pert": pert(*guess)}

    def known(guessed: Any) -> Law:
        return sized(whole(guessed, 1), lambda size, a: take(a, size[0])[:1], paces(A, 6))

    check_law(finish, known(shapes[shape]), upto=60)
    refute_law(finish, known(shapes[fault]), upto=60)
    mean = shapes[shape].mean()
    refute_law(finish, law(lambda a: take(a, round(mean))[:1], paces(A, 6)), upto=60)  # always the mean
    up = project(whole(shapes[shape], 1), lambda size: (size + 1,))
    refute_law(finish, sized(up, lambda size, a: take(a, size[0])[:1], paces(A, 6)), upto=60)  # an item too many


@pytest.mark.parametrize(("shape", "fault"), [("triangular", "pert"), ("pert", "triangular")])
def test_three_point_sizes_in_points_are_not_rounded(shape: str, fault: str) -> None:
    guess = (3, 5, 12)
    roadmap = fc.Roadmap(START, ["A"], [fc.Feature("F", {"A": fc.Part(guess, shape=shape)})], unit="points")
    finish = finishes(forecast(roadmap, history(A=A)), "F")[0]
    shapes = {"triangular": triangular(*guess), "pert": pert(*guess)}

    def known(size: Any) -> dict[float, float]:
        return {day: sum(chance * size.cdf(done) for done, chance in spent(A, 5, day)) for day in DAYS}

    check_chances(finish, known(shapes[shape]))
    refute_chances(finish, known(shapes[fault]))
    rounded = whole(shapes[shape], 1)
    steps = {
        day: sum(c * sum(p for (k,), p in rounded.items() if k <= done) for done, c in spent(A, 5, day)) for day in DAYS
    }
    refute_chances(finish, steps)


def test_each_part_and_each_feature_draws_its_own_size() -> None:
    features = [fc.Feature("F", {"A": (2, 4, 9), "B": (1, 2, 6)}), fc.Feature("G", {"A": (2, 4, 9)})]
    milestones = [fc.Feature("F on A", after=["F/A"]), fc.Feature("F on B", after=["F/B"])]
    finish = finishes(
        forecast(fc.Roadmap(START, ["A", "B"], features + milestones), history(A=A, B=B)), "F on A", "G", "F on B"
    )
    size_a, size_b = whole(triangular(2, 4, 9), 1), whole(triangular(1, 2, 6), 1)

    def row(sizes: tuple[float, ...], free: Pace) -> tuple[float, ...]:
        first, free = take(free, sizes[0])
        return first, take(free, sizes[1])[0]

    on_b = sized(size_b, lambda size, b: take(b, size[0])[:1], paces(B, 4))
    on_a = sized(product(size_a, size_a), row, paces(A, 4))
    check_law(finish, product(on_a, on_b), upto=40)
    same = sized(project(size_a, lambda size: (size, size)), row, paces(A, 4))
    refute_law(finish, product(same, on_b), upto=40)  # equal guesses, equal luck


# Growth ---------------------------------------------------------------------------------------------------------------


def test_growth_is_one_factor_for_all_parts_of_a_feature() -> None:
    features = [
        fc.Feature("F", {"A": 6, "B": 4}, growth=(1, 1.2, 2.5)),
        fc.Feature("F on A", after=["F/A"]),
        fc.Feature("F on B", after=["F/B"]),
    ]
    finish = finishes(forecast(fc.Roadmap(START, ["A", "B"], features), history(A=A, B=B)), "F on A", "F on B", "F")
    sizes = whole(triangular(1, 1.2, 2.5), 6, 4)

    def known(sizes: Law) -> Law:
        return project(on_two_teams(sizes), lambda a, b: (a, b, max(a, b)))

    check_law(finish, known(sizes), upto=50)
    refute_law(finish, known(multiplied(sizes)), upto=50)  # a growth for each part
    refute_law(finish, known({(6.0, 4.0): 1.0}), upto=50)  # growth left out
    refute_law(finish, known(whole(pert(1, 1.2, 2.5), 6, 4)), upto=50)


def test_the_roadmaps_growth_is_drawn_for_each_feature_and_a_features_own_comes_first() -> None:
    features = [fc.Feature("F", {"A": 6}), fc.Feature("G", {"B": 4}), fc.Feature("H", {"C": 6}, growth=1.5)]
    roadmap = fc.Roadmap(START, ["A", "B", "C"], features, growth=(1, 1.2, 2.5))
    finish = finishes(forecast(roadmap, history(A=A, B=B, C=[10])), "F", "G", "H")
    assert np.allclose(finish[2], 9)

    factor = triangular(1, 1.2, 2.5)
    check_law(finish[:2], on_two_teams(product(whole(factor, 6), whole(factor, 4))), upto=50)
    refute_law(finish[:2], on_two_teams(whole(factor, 6, 4)), upto=50)  # one growth for the whole roadmap


def test_growth_multiplies_a_drawn_size() -> None:
    feature = fc.Feature("F", {"A": (2, 4, 9)}, growth=(1, 1.2, 2.5))
    finish = finishes(forecast(fc.Roadmap(START, ["A"], [feature], unit="points"), history(A=A)), "F")[0]
    size, factor = triangular(2, 4, 9), triangular(1, 1.2, 2.5)

    nodes, shares = np.polynomial.legendre.leggauss(300)  # an integral over the factor, in two smooth pieces
    by = np.concatenate([1.1 + 0.1 * nodes, 1.85 + 0.65 * nodes])
    density = factor.pdf(by) * np.concatenate([0.1 * shares, 0.65 * shares])

    def at_most(items: float) -> float:
        return float(density @ size.cdf(items / by))

    def known(chance: Callable[[float], float]) -> dict[float, float]:
        return {day: sum(weight * chance(done) for done, weight in spent(A, 5, day)) for day in DAYS}

    check_chances(finish, known(at_most))
    refute_chances(finish, known(lambda items: size.cdf(items / factor.mean())))  # the mean growth
    # one draw for size and growth
    grid = (np.arange(4000) + 0.5) / 4000
    product_of_both = size.ppf(grid) * factor.ppf(grid)
    refute_chances(finish, known(lambda items: float(np.mean(product_of_both <= items))))


# Lags and externals ---------------------------------------------------------------------------------------------------


def in_a_sprint(guess: Any, end: float) -> list[tuple[float, float]]:
    """The sprint starts at or after `end` plus something guessed, with their chances."""
    if end == math.inf:
        return [(math.inf, 1.0)]
    least, most = guess.support()
    starts = np.arange(next_sprint(end + least), next_sprint(end + most) + 1, 10)
    return [(float(at), float(guess.cdf(at - end) - guess.cdf(at - 10 - end))) for at in starts]


def waiting(known: Law, guess: Any) -> Law:
    """A law whose last time is a finish, with the next sprint start behind the finish plus the guess added to it."""
    parts = [
        (chance, {(*times, at): share for at, share in in_a_sprint(guess, times[-1])})
        for times, chance in known.items()
    ]
    return mix(*parts)


def test_a_lag_is_drawn_once_for_a_link() -> None:
    features = [
        fc.Feature("API", {"A": 6}),
        fc.Feature("App", {"B": 3, "C": 4}, after=[fc.After("API", lag=(1, 4, 16))]),
        fc.Feature("On B", after=["App/B"]),
        fc.Feature("On C", after=["App/C"]),
    ]
    past = history(A=[3, 6], B=[2, 6], C=[4, 7])
    finish = finishes(forecast(fc.Roadmap(START, ["A", "B", "C"], features), past), "API", "On B", "On C")
    api = law(lambda a: take(a, 6)[:1], paces([3, 6], 6))

    guess = triangular(1, 4, 16)
    once = project(waiting(api, guess), lambda end, at: (end, at, at))
    check_law(finish, on_b_and_c(once), upto=60)
    own = waiting(project(waiting(api, guess), lambda end, at: (at, end)), guess)
    own = project(own, lambda at_b, end, at_c: (end, at_b, at_c))
    refute_law(finish, on_b_and_c(own), upto=60)  # one for each part
    fixed = extend(api, lambda end: (next_sprint(end + 7), next_sprint(end + 7)))
    refute_law(finish, on_b_and_c(fixed), upto=60)  # always the mean


def test_two_links_draw_two_lags() -> None:
    features = [
        fc.Feature("API", {"A": 10}),
        fc.Feature("App", after=[fc.After("API", lag=(1, 4, 16))]),
        fc.Feature("Site", after=[fc.After("API", lag=(1, 4, 16))]),
        fc.Feature("Twice", after=[fc.After("API", lag=(1, 4, 16)), fc.After("API", lag=(1, 4, 16))]),
    ]
    finish = finishes(forecast(fc.Roadmap(START, ["A"], features), history(A=[10])), "App", "Site", "Twice") - 10
    guess = triangular(1, 4, 16)
    ends = [2, 4, 6, 8, 11]
    check_chances(finish[0], {end: float(guess.cdf(end)) for end in ends})
    check_chances(np.maximum(finish[0], finish[1]), {end: float(guess.cdf(end)) ** 2 for end in ends})
    check_chances(finish[2], {end: float(guess.cdf(end)) ** 2 for end in ends})
    for one in (np.maximum(finish[0], finish[1]), finish[2]):
        refute_chances(one, {end: float(guess.cdf(end)) for end in ends})


def test_an_immediate_lag_starts_anywhere_in_a_sprint() -> None:
    link = fc.After("API", lag=(2, 3, 9), handoff="immediate")
    features = [fc.Feature("API", {"A": 6}), fc.Feature("App", {"B": 4}, after=[link])]
    finish = finishes(forecast(fc.Roadmap(START, ["A", "B"], features), history(A=A, B=B)), "App")[0]
    guess = triangular(2, 3, 9)
    api = law(lambda a: take(a, 6)[:1], paces(A, 5))

    def latest_start(b: Pace, time: float, size: float = 4) -> float:
        """The last moment at which so much work can be started and still be finished by a time."""
        for start, end, rate in reversed([piece for piece in b if piece[0] < time]):
            can = rate * (min(end, time) - start)
            if can >= size:
                return min(end, time) - size / rate
            size -= can
        return -math.inf

    days = [day for day in DAYS if day > 5]
    starts = {day: list(law(lambda b, day=day: (latest_start(b, day),), paces(B, 5)).items()) for day in days}

    def known(by: Callable[[float, float], float]) -> dict[float, float]:
        """by(end of API, last start) -> the chance of being there in time."""
        return {
            day: sum(
                c * p * by(end, at)
                for (end,), c in api.items()
                for (at,), p in starts[day]
                if end < math.inf and at > -math.inf
            )
            for day in days
        }

    check_chances(finish, known(lambda end, at: float(guess.cdf(at - end))))
    refute_chances(finish, known(lambda end, at: float(end + guess.mean() <= at)))  # the mean lag
    refute_chances(finish, known(lambda end, at: float(guess.cdf(at + 1 - end))))  # a day early
    refute_chances(finish, known(lambda end, at: float(guess.cdf(at // 10 * 10 - end))))  # handed off by sprint


def test_an_external_is_drawn_once_for_all_who_wait_for_it() -> None:
    features: list[fc.Feature | fc.External] = [
        fc.Feature("API", {"A": 6}),
        fc.External("Review", (2, 5, 20), after=["API"]),
        fc.Feature("App", {"B": 3}, after=["Review"]),
        fc.Feature("Site", {"C": 4}, after=["Review"]),
        fc.External("Second review", (2, 5, 20), after=["API"]),
    ]
    past = history(A=[3, 6], B=[2, 6], C=[4, 7])
    answer = forecast(fc.Roadmap(START, ["A", "B", "C"], features), past)
    finish = finishes(answer, "API", "App", "Site")
    review, second = finishes(answer, "Review", "Second review")
    api = law(lambda a: take(a, 6)[:1], paces([3, 6], 6))
    guess = triangular(2, 5, 20)

    once = project(waiting(api, guess), lambda end, at: (end, at, at))
    check_law(finish, on_b_and_c(once), upto=60)
    own = waiting(project(waiting(api, guess), lambda end, at: (at, end)), guess)
    refute_law(finish, on_b_and_c(project(own, lambda at_b, end, at_c: (end, at_b, at_c))), upto=60)

    # the days themselves, and two externals with equal guesses: each its own draw, both behind the same API
    def by(day: float, both: Callable[[float], float]) -> float:
        return sum(chance * both(float(guess.cdf(day - end))) for (end,), chance in api.items() if end < day)

    days = [day for day in DAYS if day > 7]
    check_chances(review, {day: by(day, lambda share: share) for day in days})
    check_chances(np.maximum(review, second), {day: by(day, lambda share: share**2) for day in days})
    refute_chances(np.maximum(review, second), {day: by(day, lambda share: share) for day in days})
    apart = {day: by(day, lambda share: share) ** 2 for day in days}
    refute_chances(np.maximum(review, second), apart)  # as if they did not wait for the same API
