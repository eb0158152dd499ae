"""Known answers for risks: one draw for all that a risk does, additions and delays.

Exact laws come from listing every sequence of sprints that can be drawn (see oracles). Each check has a twin: the same check
must catch a planted fault, an answer that is plausible and wrong.
40,000 runs; a check fails with a chance of one in ten million when the program is right.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from helpers import standard_error
from oracles import (
    RUNS,
    START,
    Law,
    Pace,
    check_chances,
    check_law,
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


def test_one_risk_that_hits_two_features_hits_both_or_none() -> None:
    features = [fc.Feature("F", {"A": 6}), fc.Feature("G", {"B": 4})]
    risk = fc.Risk("Vendor late", 0.3, adds={"F/A": 4, "G/B": 3})
    finish = finishes(forecast(fc.Roadmap(START, ["A", "B"], features, risks=[risk]), history(A=A, B=B)), "F", "G")

    def on(f: float, g: float) -> Law:
        return product(law(lambda a: take(a, f)[:1], paces(A, 5)), law(lambda b: take(b, g)[:1], paces(B, 5)))

    exact = mix((0.7, on(6, 4)), (0.3, on(10, 7)))
    check_law(finish, exact, upto=50)
    refute_law(finish, multiplied(exact), upto=50)  # a draw for each feature
    refute_law(finish, mix((0.3, on(6, 4)), (0.7, on(10, 7))), upto=50)
    refute_law(finish, on(6, 4), upto=50)  # left out
    refute_law(finish, mix((0.7, on(6, 4)), (0.3, on(10, 4))), upto=50)  # one effect left out
    expected = [6 + 0.3 * 4, 4 + 0.3 * 3]
    refute_law(finish, on(*expected), upto=50)  # the mean of the effect in every run


def test_two_risks_are_drawn_apart_and_their_effects_add_up() -> None:
    risks = [fc.Risk("Vendor late", 0.3, adds={"F/A": 4}), fc.Risk("Audit", 0.5, adds={"F/A": 3})]
    finish = finishes(forecast(fc.Roadmap(START, ["A"], [fc.Feature("F", {"A": 6})], risks=risks), history(A=A)), "F")

    def on(size: float) -> Law:
        return law(lambda a: take(a, size)[:1], paces(A, 6))

    exact = mix((0.35, on(6)), (0.35, on(9)), (0.15, on(10)), (0.15, on(13)))
    check_law(finish, exact, upto=60)
    refute_law(finish, mix((0.5, on(6)), (0.2, on(9)), (0.3, on(13))), upto=60)  # one draw for both
    refute_law(finish, mix((0.35, on(6)), (0.35, on(9)), (0.3, on(10))), upto=60)  # only the larger counts


@pytest.mark.parametrize("handoff", ["next-sprint", "immediate"])
def test_a_delay_holds_up_the_feature_and_who_waits_for_it(handoff: str) -> None:
    features = [
        fc.Feature("Login", {"A": 6}),
        fc.Feature("Next", {"A": 3}),
        fc.Feature("Shop", {"B": 3}, after=["Login"]),
        fc.Feature("App", {"C": 3}, after=["Login/A"]),
    ]
    risk = fc.Risk("Audit", 0.4, adds={"Next/A": 2}, delays={"Login": 7})
    past = history(A=[3, 6], B=[2, 6], C=[4, 7])
    roadmap = fc.Roadmap(START, ["A", "B", "C"], features, risks=[risk], handoff=handoff)
    finish = finishes(forecast(roadmap, past), "Login", "Next", "Shop", "App")

    def known(delay: float, part_delay: float = 0, more: float = 2) -> Law:
        def on_a(a: Pace) -> tuple[float, ...]:
            login, a = take(a, 6)
            return login, take(a, 3 + (more if delay else 0))[0]

        def waits(login: float, _: float, b: Pace, c: Pace) -> tuple[float, ...]:
            starts = [login + delay, login + part_delay]
            at_b, at_c = (next_sprint(at) if handoff == "next-sprint" else at for at in starts)
            return take(b, 3, at_b)[0], take(c, 3, at_c)[0]

        ends = extend(law(on_a, paces([3, 6], 5)), waits, paces([2, 6], 6), paces([4, 7], 6))
        all_ends = project(ends, lambda login, following, shop, app: (login + delay, following, shop, app))
        return project(all_ends, lambda *times: tuple(time if time <= 50 else math.inf for time in times))

    exact = mix((0.6, known(0)), (0.4, known(7)))
    check_law(finish, exact, upto=50)
    refute_law(finish, mix((0.6, known(0)), (0.4, known(7, part_delay=7))), upto=50)  # the part is delayed too
    refute_law(finish, mix((0.6, known(0)), (0.4, known(7, more=0))), upto=50)
    refute_law(finish, multiplied(exact), upto=50)


def test_how_hard_a_risk_hits_is_drawn_once_too() -> None:
    """A risk with two guessed effects: one draw decides all of them, so both are small or both are large."""
    features = [fc.Feature("F", {"A": 0}), fc.Feature("G", {"B": 0})]
    risk = fc.Risk("Audit", 0.4, adds={"F/A": (2, 6, 14)}, delays={"G": (1, 3, 9)})
    finish = finishes(
        forecast(fc.Roadmap(START, ["A", "B"], features, risks=[risk], unit="points"), history(A=[10], B=[10])),
        "F",
        "G",
    )
    items, days = triangular(2, 6, 14), triangular(1, 3, 9)
    hit = finish[:, finish[1] > 0]
    assert abs(hit.shape[1] / RUNS - 0.4) < 5.5 * standard_error(0.4, RUNS)
    assert np.allclose(items.cdf(hit[0]), days.cdf(hit[1]), atol=1e-6)
    ends = [2.5, 4, 6, 9, 12]
    check_chances(finish[0], {end: 0.6 + 0.4 * float(items.cdf(end)) for end in ends})
    check_chances(finish[1], {end: 0.6 + 0.4 * float(days.cdf(end)) for end in ends})
    refute_chances(finish[1], {end: 0.6 + 0.4 * float(pert(1, 3, 9).cdf(end)) for end in ends})


def test_a_guessed_risk_adds_whole_items() -> None:
    risk = fc.Risk("Audit", 0.5, adds={"F/A": (1, 2, 6)})
    roadmap = fc.Roadmap(START, ["A"], [fc.Feature("F", {"A": 3}, growth=1.5)], risks=[risk])
    finish = finishes(forecast(roadmap, history(A=A)), "F")

    def on(sizes: Law) -> Law:
        return sized(sizes, lambda size, a: take(a, size[0])[:1], paces(A, 6))

    added = triangular(1 + 4.5, 2 + 4.5, 6 + 4.5)  # 3 x 1.5 and what the risk adds, rounded once
    check_law(finish, mix((0.5, on({(5.0,): 1.0})), (0.5, on(whole(added, 1)))), upto=60)
    twice = project(whole(triangular(1, 2, 6), 1), lambda items: (items + 5,))
    refute_law(finish, mix((0.5, on({(5.0,): 1.0})), (0.5, on(twice))), upto=60)  # rounded before adding
    grown = whole(triangular(4 * 1.5, 5 * 1.5, 9 * 1.5), 1)
    refute_law(finish, mix((0.5, on({(5.0,): 1.0})), (0.5, on(grown))), upto=60)  # the addition grows too
