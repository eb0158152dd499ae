"""Known answers for what-ifs on the same luck: the joint law of before and after an insertion, a drop, a move.

Exact laws come from listing every sequence of sprints that can be drawn (see oracles). Each check has a twin: the same check
must catch a planted fault, an answer that is plausible and wrong.
40,000 runs; a check fails with a chance of one in ten million when the program is right.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest
from oracles import (
    RUNS,
    SAME,
    START,
    Law,
    Pace,
    check_caught,
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
    working_day,
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


def shop_roadmap(due: Sequence[dt.date | None] = (None, None, None, None)) -> fc.Roadmap:
    features = [
        fc.Feature(name, WORK[name], after=["Login"] if name == "Shop" else [], due=day)
        for name, day in zip(ORDER, due, strict=True)
    ]
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


@pytest.mark.parametrize("rank", [1, 2, 3, 4, 5])
def test_the_impact_of_an_insertion_at_every_rank(rank: int) -> None:
    """Slips by more than n days, chances of due dates before and after, and which promises flip, all from the exact law."""
    days = (10, 25, 20, 30)
    base = forecast(shop_roadmap([working_day(day) for day in days]), history(A=A, B=SMALL))
    impact = fc.compare(base, base.again(base.roadmap.insert(fc.Feature("X", WORK["X"]), rank=rank)))
    exact = before_and_after(rank)
    level = base.roadmap.promise_level
    for place, (name, day) in enumerate(zip(ORDER, days, strict=True)):
        pair = project(exact, lambda *ends, place=place: (ends[place], ends[4 + place]))
        slip = impact.slip(name)
        for more_than in (0, 2, 10):  # of runs finished so early that it is known whether they slip by more
            old = impact.before.finish[impact.before.features.index(name)]
            is_known = old <= 50 - more_than + SAME
            late = sum(
                chance for (b, a), chance in pair.items() if b <= 50 - more_than + SAME and a > b + more_than + SAME
            )
            check_share((slip > more_than + SAME) & is_known, late, f"{name} slips by more than {more_than}")
        assert impact.chance_slip(name) == np.mean(slip > 0)
        chances = [sum(chance for ends, chance in pair.items() if ends[side] <= day + SAME) for side in (0, 1)]
        row = impact.table().row(ORDER.index(name) + (ORDER.index(name) >= rank - 1), named=True)
        assert row["feature"] == name
        for held, chance in zip((row["chance_before"], row["chance_after"]), chances, strict=True):
            check_share(np.arange(RUNS) < round(held * RUNS), chance, f"{name} by its due date")
        if min(abs(chance - level) for chance in chances) > 0.01:
            assert (name in impact.flips) == ((chances[0] >= level) != (chances[1] >= level))
    everywhere = [ends[:4] for ends in exact]
    kept = sum(
        chance
        for ends, chance in zip(everywhere, exact.values(), strict=True)
        if all(end <= day + SAME for end, day in zip(ends, days, strict=True))
    )
    check_share(np.arange(RUNS) < round(impact.chance_all_hold()[0] * RUNS), kept, "all promises, before")
    kept = sum(
        chance
        for ends, chance in exact.items()
        if all(end <= day + SAME for end, day in zip(ends[4:8], days, strict=True))
    )
    check_share(np.arange(RUNS) < round(impact.chance_all_hold()[1] * RUNS), kept, "all promises, after")
    if rank == 1:
        check_caught(check_share, impact.slip("Login") > SAME, 0.0)  # the planted fault: nobody slips


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
