"""Known answers across teams: features on several teams, chains and diamonds, hand-offs, blocked features.

Exact laws come from listing every sequence of sprints that can be drawn (see oracles). Each check has a twin: the same check
must catch a planted fault, an answer that is plausible and wrong.
40,000 runs; a check fails with a chance of one in ten million when the program is right.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable

import pytest
from oracles import (
    SAME,
    START,
    Law,
    Pace,
    check_law,
    extend,
    finishes,
    forecast,
    history,
    in_a_row,
    law,
    marginal,
    multiplied,
    next_sprint,
    paces,
    product,
    project,
    refute_law,
    take,
)

import forecast as fc

A = [0, 5, 8, 8]
B = [2, 2, 6]
C = [0, 7]
HANDOFFS = ("next-sprint", "immediate")


def other(handoff: str) -> str:
    return HANDOFFS[1 - HANDOFFS.index(handoff)]


def release(end: float, handoff: str) -> float:
    return next_sprint(end) if handoff == "next-sprint" else end


# A feature on several teams -------------------------------------------------------------------------------------------


def test_a_feature_on_two_teams_is_finished_with_its_last_part() -> None:
    features = [fc.Feature("Both", {"A": 7, "B": 6}), fc.Feature("Web", {"A": 4}), fc.Feature("App", {"B": 3})]
    finish = finishes(forecast(fc.Roadmap(START, ["A", "B"], features), history(A=A, B=B)), "Both", "Web", "App")
    parts = product(law(lambda a: in_a_row(a, 7, 4), paces(A, 5)), law(lambda b: in_a_row(b, 6, 3), paces(B, 5)))
    exact = project(parts, lambda a, web, b, app: (max(a, b), web, app))
    check_law(finish, exact, upto=50)
    refute_law(finish, multiplied(exact), upto=50)  # as if Web and App did not tell about Both
    refute_law(finish, project(parts, lambda a, web, b, app: (a, web, app)), upto=50)  # one team's part only
    refute_law(finish, project(parts, lambda a, web, b, app: (a + b, web, app)), upto=50)  # one after the other
    # nobody goes on before the whole feature is finished
    late = law(lambda a, b: (max(take(a, 7)[0], take(b, 6)[0]),), paces(A, 5), paces(B, 5))
    check_law(finish[0], late, upto=50)
    refute_law(finish[1], late, upto=50)


@pytest.mark.parametrize("teams", [2, 3, 5])
def test_equal_teams_multiply_their_chances(teams: int) -> None:
    names = [f"T{number}" for number in range(teams)]
    roadmap = fc.Roadmap(START, names, [fc.Feature("F", dict.fromkeys(names, 9))])
    finish = finishes(forecast(roadmap, history(**dict.fromkeys(names, A))), "F")
    one = law(lambda a: in_a_row(a, 9), paces(A, 6))
    exact: Law = {}
    before = 0.0
    for end in sorted(end for (end,) in one):
        by = sum(chance for (time,), chance in one.items() if time <= end) ** teams
        exact[(end,)], before = by - before, by
    check_law(finish, exact, upto=60)
    refute_law(finish, one, upto=60)  # all teams with the same luck


# Chains ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("handoff", HANDOFFS)
def test_a_chain_across_teams(handoff: str) -> None:
    features = [fc.Feature("API", {"A": 8}), fc.Feature("App", {"B": 5}, after=["API"])]
    roadmap = fc.Roadmap(START, ["A", "B"], features, handoff=handoff)
    finish = finishes(forecast(roadmap, history(A=A, B=B)), "API", "App")
    api = law(lambda a: in_a_row(a, 8), paces(A, 6))

    def chain(handoff: str) -> Law:
        return extend(api, lambda end, b: take(b, 5, release(end, handoff))[:1], paces(B, 6))

    check_law(finish, chain(handoff), upto=60)
    refute_law(finish, chain(other(handoff)), upto=60)
    refute_law(finish, multiplied(chain(handoff)), upto=60)
    # capacity saved up while blocked
    saved = extend(api, lambda end, b: (max(release(end, handoff), take(b, 5)[0]),), paces(B, 6))
    refute_law(finish, saved, upto=60)
    # a whole sprint too much when the end of a sprint is hit exactly, or the sprint that is under way
    for late in (1e-6, -10):
        wrong = extend(
            api, lambda end, b, late=late: take(b, 5, max(0, release(end + late, "next-sprint")))[:1], paces(B, 6)
        )
        refute_law(finish, wrong, upto=60)


@pytest.mark.parametrize(("length", "before"), [(5, 0), (15, 0), (10, 4), (15, 7)])
def test_the_handoff_follows_the_sprints_of_the_waiting_team(length: int, before: int) -> None:
    weeks = length // 5
    anchor = {0: "2026-01-05", 4: "2025-12-30", 7: "2025-12-25"}[before]
    mondays = [dt.date(2025, month, 3) for month in (2, 3, 11)]
    days = dt.timedelta(days=7 * weeks - 1)
    rows = [fc.Sprint("B", monday, monday + days, done * length / 10) for monday, done in zip(mondays, B, strict=True)]
    past = fc.History([*history(A=A).sprints, *rows])
    team = fc.Team("B", sprint_days=7 * weeks, sprint_start=anchor)
    features = [fc.Feature("API", {"A": 7}), fc.Feature("App", {"B": 4}, after=["API"])]
    finish = finishes(forecast(fc.Roadmap(START, ["A", team], features), past), "API", "App")
    sprints = {5: 8, 10: 6, 15: 5}[length]
    upto = min(sprints * length - before, 60)
    api = law(lambda a: in_a_row(a, 7), paces(A, 6))

    def chain(length: int, before: int) -> Law:
        known = extend(
            api,
            lambda end, b: take(b, 4, next_sprint(end, length, before))[:1],
            paces([count * length / 10 for count in B], math.ceil((upto + before) / length), length, before),
        )
        return project(known, lambda *ends: tuple(end if end <= upto else math.inf for end in ends))

    check_law(finish, chain(length, before), upto=upto)
    refute_law(finish, chain(10, 0), upto=upto)  # the sprints of the team that hands off


@pytest.mark.parametrize("handoff", HANDOFFS)
def test_inside_a_team_there_is_no_handoff(handoff: str) -> None:
    features = [
        fc.Feature("Second", {"A": 4}, after=["First"]),
        fc.Feature("First", {"A": 3}),
        fc.Feature("Third", {"A": 5}),
    ]
    finish = finishes(
        forecast(fc.Roadmap(START, ["A"], features, handoff=handoff), history(A=A)), "First", "Second", "Third"
    )
    check_law(finish, law(lambda a: in_a_row(a, 3, 4, 5), paces(A, 6)), upto=60)

    def handed_off(a: Pace) -> tuple[float, ...]:
        first, a = take(a, 3)
        second, a = take(a, 4, next_sprint(first))
        return first, second, take(a, 5)[0]

    refute_law(finish, law(handed_off, paces(A, 6)), upto=60)
    refute_law(finish, law(lambda a: in_a_row(a, 3, 5, 4), paces(A, 6)), upto=60)  # it waits in the queue's end


@pytest.mark.parametrize("handoff", HANDOFFS)
def test_a_diamond(handoff: str) -> None:
    features = [
        fc.Feature("Start", {"A": 4}),
        fc.Feature("Left", {"A": 5}, after=["Start"]),
        fc.Feature("Right", {"B": 4}, after=["Start"]),
        fc.Feature("End", {"C": 6}, after=["Left", "Right"]),
    ]
    names = [feature.name for feature in features]
    roadmap = fc.Roadmap(START, ["A", "B", "C"], features, handoff=handoff)
    finish = finishes(forecast(roadmap, history(A=A, B=B, C=C)), *names)
    left = law(lambda a: in_a_row(a, 4, 5), paces(A, 4))

    def diamond(handoff: str, last: Callable[..., float] = max) -> Law:
        both = extend(left, lambda start, _, b: take(b, 4, release(start, handoff))[:1], paces(B, 5))
        return extend(both, lambda _, lhs, rhs, c: take(c, 6, release(last(lhs, rhs), handoff))[:1], paces(C, 5))

    def upto(known: Law) -> Law:
        return project(known, lambda *ends: tuple(end if end <= 40 else math.inf for end in ends))

    check_law(finish, upto(diamond(handoff)), upto=40)
    refute_law(finish, upto(diamond(other(handoff))), upto=40)
    refute_law(finish, upto(diamond(handoff, min)), upto=40)  # the first of the two is enough
    refute_law(finish, upto(diamond(handoff, lambda lhs, rhs: lhs)), upto=40)  # Right forgotten

    # the ways to the end as if they had nothing in common
    apart = product(marginal(left, 0), marginal(diamond(handoff), 1), marginal(diamond(handoff), 2))
    wrong = extend(apart, lambda _, lhs, rhs, c: take(c, 6, release(max(lhs, rhs), handoff))[:1], paces(C, 5))
    refute_law(finish, upto(wrong), upto=40)


def test_parts_wait_one_by_one() -> None:
    """A feature on two teams waits for work of one of them: its own part goes on at once, the other with the next sprint."""
    features = [
        fc.Feature("Login", {"A": 6}),
        fc.Feature("Shop", {"A": 3, "B": fc.Part(4, after=["Shop/A"])}, after=["Login"]),
        fc.Feature("Own part", after=["Shop/A"]),
    ]
    finish = finishes(forecast(fc.Roadmap(START, ["A", "B"], features), history(A=A, B=B)), "Login", "Own part", "Shop")
    own = law(lambda a: in_a_row(a, 6, 3), paces(A, 6))
    check_law(finish, extend(own, lambda _, end, b: take(b, 4, next_sprint(end))[:1], paces(B, 6)), upto=60)
    wrong = extend(own, lambda login, end, b: (max(end, take(b, 4, next_sprint(login))[0]),), paces(B, 6))
    refute_law(finish, wrong, upto=60)  # both parts side by side
    refute_law(finish, extend(own, lambda _, end, b: take(b, 4, end)[:1], paces(B, 6)), upto=60)


@pytest.mark.parametrize("delay", [0, 3])
def test_a_feature_on_several_teams_hands_off_part_by_part(delay: float) -> None:
    """B waits for Login: at once for its own part of it, with its next sprint for the part of A."""
    features = [fc.Feature("Login", {"A": 5, "B": 4}), fc.Feature("Shop", {"B": 3}, after=["Login"])]
    risks = [fc.Risk("Audit", 1, delays={"Login": delay})] if delay else []
    roadmap = fc.Roadmap(START, ["A", "B"], features, risks=risks)
    finish = finishes(forecast(roadmap, history(A=A, B=B)), "Login", "Shop")

    def shop(start: Callable[[float, float], float]) -> Law:
        def play(a: Pace, b: Pace) -> tuple[float, ...]:
            (on_a, _), (on_b, b) = take(a, 5), take(b, 4)
            return max(on_a, on_b) + delay, take(b, 3, start(on_a + delay, on_b + delay))[0]

        known = law(play, paces(A, 5), paces(B, 5))
        return project(known, lambda *ends: tuple(end if end <= 50 else math.inf for end in ends))

    check_law(finish, shop(lambda on_a, on_b: max(next_sprint(on_a), on_b)), upto=50)
    refute_law(
        finish, shop(lambda on_a, on_b: next_sprint(max(on_a, on_b))), upto=50
    )  # the whole feature is handed off
    refute_law(finish, shop(lambda on_a, on_b: max(on_a, on_b)), upto=50)  # nothing is
    refute_law(finish, shop(lambda on_a, on_b: on_b), upto=50)  # only its own part counts


# Blocked features -----------------------------------------------------------------------------------------------------


def blocked(keep: bool, handoff: str, api_end: float, b: Pace) -> tuple[float, ...]:
    """Top (5) waits for the API, Low (6) and Lower (3) do not; all on team B, in this order of importance."""
    at = release(api_end, handoff)
    if not keep:
        top, b = take(b, 5, at)
        low, b = take(b, 6)
        return top, low, take(b, 3)[0]
    low, b = take(b, 6)
    if low < at - SAME:  # Lower is under way when Top could start
        lower, b = take(b, 3)
        return take(b, 5, at)[0], low, lower
    top, b = take(b, 5, at)
    return top, low, take(b, 3)[0]


@pytest.mark.parametrize("handoff", HANDOFFS)
@pytest.mark.parametrize("keep", [False, True], ids=["takes its place at once", "waits for a place"])
def test_lower_work_goes_on_while_the_top_feature_is_blocked(keep: bool, handoff: str) -> None:
    features = [
        fc.Feature("Top", {"B": 5}, after=["API"]),
        fc.Feature("Low", {"B": 6}),
        fc.Feature("Lower", {"B": 3}),
        fc.Feature("API", {"A": 6}),
    ]
    roadmap = fc.Roadmap(START, ["A", fc.Team("B", finish_started=keep)], features, handoff=handoff)
    finish = finishes(forecast(roadmap, history(A=A, B=B)), "API", "Top", "Low", "Lower")
    api = law(lambda a: in_a_row(a, 6), paces(A, 6))

    def known(keep: bool, handoff: str) -> Law:
        return extend(api, lambda end, b: blocked(keep, handoff, end, b), paces(B, 6))

    check_law(finish, known(keep, handoff), upto=60)
    refute_law(finish, known(not keep, handoff), upto=60)
    refute_law(finish, known(keep, other(handoff)), upto=60)
    refute_law(finish, multiplied(known(keep, handoff)), upto=60)

    def idle(end: float, b: Pace) -> tuple[float, ...]:  # the team stands still until Top can start
        top, b = take(b, 5, release(end, handoff))
        low, b = take(b, 6, top)
        return top, low, take(b, 3, low)[0]

    def saving(end: float, b: Pace) -> tuple[float, ...]:  # Top is done with what the team could have done before
        return max(release(end, handoff), take(b, 5)[0]), *blocked(keep, handoff, end, b)[1:]

    def dropped(end: float, b: Pace) -> tuple[float, ...]:  # the progress of what is displaced is lost
        at = release(end, handoff)
        low = take(b, 6)[0]
        top, after = take(b, 5, at)
        if low > at + SAME:
            low, after = take(after, 6, at)
        return top, low, take(after, 3, min(low, at) if low <= at else low)[0]

    for wrong in (idle, saving, dropped):
        refute_law(finish, extend(api, wrong, paces(B, 6)), upto=60)


def test_started_features_keep_their_places() -> None:
    features = [
        fc.Feature("New", {"A": 5}),
        fc.Feature("Started 1", {"A": 4}, started=True),
        fc.Feature("Started 2", {"A": 3}, started=True),
    ]
    names = [feature.name for feature in features]
    team = fc.Team("A", finish_started=True)
    finish = finishes(forecast(fc.Roadmap(START, [team], features), history(A=A)), *names)

    def known(*order: int) -> Law:
        sizes = [5, 4, 3]
        return law(
            lambda a: tuple(in_a_row(a, *(sizes[k] for k in order))[order.index(k)] for k in range(3)), paces(A, 6)
        )

    check_law(finish, known(1, 2, 0), upto=60)
    for order in ((0, 1, 2), (2, 1, 0), (1, 0, 2)):
        refute_law(finish, known(*order), upto=60)
