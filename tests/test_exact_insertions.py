"""Known answers for what-ifs on the same luck: the joint law of before and after an insertion, a drop, a move.

Exact laws come from listing every sequence of sprints that can be drawn (see oracles). Each check has a twin: the same check
must catch a planted fault, an answer that is plausible and wrong.
40,000 runs; a check fails with a chance of one in ten million when the program is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pytest
from oracles import (
    SAME,
    START,
    Law,
    Pace,
    check_law,
    check_share,
    extend,
    finishes,
    forecast,
    history,
    in_a_row,
    law,
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

WORK = {
    "Login": {"A": 4},
    "Shop": {"B": 4},
    "Search": {"A": 3, "B": 2},
    "Report": {"A": 5},
    "X": {"A": 3, "B": 3},
}
ORDER = ("Login", "Shop", "Search", "Report")
SMALL = [1, 6, 6]


def planned(order: Sequence[str], a: Pace, b: Pace, waits_for: str = "Login") -> tuple[float, ...]:
    """Finishes in the order of ORDER and then X: each team in rank order, Shop not before the sprint behind Login."""
    ends: dict[str, list[float]] = {}
    for name in order:
        if "A" in WORK[name]:
            end, a = take(a, WORK[name]["A"])
            ends.setdefault(name, []).append(end)
    for name in order:
        if "B" in WORK[name]:
            end, b = take(b, WORK[name]["B"], next_sprint(ends[waits_for][0]) if name == "Shop" else 0)
            ends.setdefault(name, []).append(end)
    return tuple(max(ends[name]) for name in (*ORDER, "X") if name in order)


def with_x(rank: int) -> tuple[str, ...]:
    return (*ORDER[: rank - 1], "X", *ORDER[rank - 1 :])


@cache
def before_and_after(rank: int) -> Law:
    """The joint law of the finishes of the four features without X, and of all five with X at a rank, on the same luck."""
    return law(lambda a, b: planned(ORDER, a, b) + planned(with_x(rank), a, b), paces(A, 5), paces(SMALL, 5))


def shop_roadmap() -> fc.Roadmap:
    features = [fc.Feature(name, WORK[name], after=["Login"] if name == "Shop" else []) for name in ORDER]
    return fc.Roadmap(START, ["A", "B"], features)


@pytest.mark.parametrize("rank", [1, 2, 3, 4, 5])
def test_an_insertion_at_every_rank_on_the_same_luck(rank: int) -> None:
    base = forecast(shop_roadmap(), history(A=A, B=SMALL))
    after = base.again(base.roadmap.insert(fc.Feature("X", WORK["X"]), rank=rank))
    assert after.features == with_x(rank)
    finish = [*finishes(base, *ORDER), *finishes(after, *ORDER, "X")]
    exact = before_and_after(rank)
    check_law(finish, exact, upto=50)
    for place in range(4):  # each feature before and after: here, few outcomes make the check sharp
        pair = project(exact, lambda *ends, place=place: (ends[place], ends[4 + place]))
        check_law([finish[place], finish[4 + place]], pair, upto=50)
        slip = sum(chance for (old, new), chance in pair.items() if new > old + SAME)
        check_share((finish[4 + place] > finish[place] + SAME) & (finish[place] <= 50 + SAME), slip, "slips")
    for wrong in {max(rank - 1, 1), min(rank + 1, 5)} - {rank}:
        refute_law(finish, before_and_after(wrong), upto=50)  # one place too high or too low
    some = 0 if rank == 1 else 3
    if rank < 5:
        pair = project(exact, lambda *ends: (ends[some], ends[4 + some]))
        refute_law([finish[some], finish[4 + some]], multiplied(pair), upto=50)  # a new luck after the insertion


def test_an_insertion_can_make_something_earlier() -> None:
    """Login slips, Shop waits longer, and Search below Shop gets the team to itself."""
    features = [
        fc.Feature("Login", {"A": 4}),
        fc.Feature("Shop", {"B": 4}, after=["Login"]),
        fc.Feature("Search", {"B": 5}),
    ]
    base = forecast(fc.Roadmap(START, ["A", "B"], features), history(A=A, B=B))
    after = base.again(base.roadmap.insert(fc.Feature("X", {"A": 5}), above="Login"))
    finish = [*finishes(base, "Shop", "Search"), *finishes(after, "Shop", "Search")]

    def blocked(login: float, b: Pace) -> tuple[float, ...]:
        shop, b = take(b, 4, next_sprint(login))
        return shop, take(b, 5)[0]

    logins = law(lambda a: (in_a_row(a, 4)[0], in_a_row(a, 5, 4)[1]), paces(A, 5))
    both = extend(logins, lambda old, new, b: blocked(old, b) + blocked(new, b), paces(B, 5))
    exact = project(both, lambda *ends: ends[2:])
    check_law(finish, exact, upto=50)
    earlier = sum(chance for (_, old, _, new), chance in exact.items() if new < old - SAME)
    assert earlier > 0.2
    check_share((finish[3] < finish[1] - SAME) & (finish[3] <= 50 + SAME), earlier, "Search is earlier")
    refute_law(finish, project(exact, lambda s, t, u, v: (s, t, u, max(t, v))), upto=50)  # nothing can be earlier
    apart = product(project(exact, lambda s, t, u, v: (s, t)), project(exact, lambda s, t, u, v: (u, v)))
    refute_law(finish, apart, upto=50)  # a new luck after the insertion


def test_dropping_and_moving_on_the_same_luck() -> None:
    base = forecast(shop_roadmap(), history(A=A, B=SMALL))
    dropped = base.again(base.roadmap.without("Search"))
    moved = base.again(base.roadmap.move("Report", rank=1))
    finish = [
        *finishes(base, "Report"),
        *finishes(dropped, "Report", "Shop"),
        *finishes(moved, "Report", "Login", "Shop"),
    ]

    def edits(a: Pace, b: Pace, order: Sequence[str] = ("Report", "Login", "Shop", "Search")) -> tuple[float, ...]:
        drop = planned(("Login", "Shop", "Report"), a, b)
        move = planned(order, a, b)
        return planned(ORDER, a, b)[3], drop[2], drop[1], move[3], move[0], move[1]

    check_law(finish, law(edits, paces(A, 5), paces(SMALL, 5)), upto=50)
    for wrong in (ORDER, ("Login", "Report", "Shop", "Search")):
        refute_law(finish, law(lambda a, b, w=wrong: edits(a, b, w), paces(A, 5), paces(SMALL, 5)), upto=50)
