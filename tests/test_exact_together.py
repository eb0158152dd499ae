"""Known answers for teams that draw the same past sprint, and for how many features are finished by a day.

Exact laws come from listing every sequence of sprints that can be drawn (see oracles). Each check has a twin: the same check
must catch a planted fault, an answer that is plausible and wrong.
40,000 runs; a check fails with a chance of one in ten million when the program is right.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from helpers import standard_error
from oracles import (
    RUNS,
    START,
    Pace,
    check_law,
    done_by,
    finishes,
    forecast,
    history,
    law,
    marginal,
    multiplied,
    pace,
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


# Sprints drawn together -----------------------------------------------------------------------------------------------

ROWS = [(0, 2), (5, 3), (8, 8), (8, 6)]


def dated(team: str, counts: Sequence[float], skip: int = 0) -> list[fc.Sprint]:
    first = dt.date(2025, 9, 1)
    starts = [first + dt.timedelta(days=14 * (k + skip)) for k in range(len(counts))]
    return [fc.Sprint(team, day, day + dt.timedelta(days=13), done) for day, done in zip(starts, counts, strict=True)]


def both_teams(rows: Sequence[tuple[float, float]]) -> fc.History:
    mixed = [*dated("A", [a for a, _ in rows]), *dated("B", [b for _, b in rows])]
    return fc.History(mixed[::-1])  # in no order: they pair by their dates


def paired(rows: Sequence[tuple[float, float]], sprints: int) -> list[tuple[tuple[Pace, Pace], float]]:
    """Both paces when each sprint draws one row for both teams."""
    drawn = itertools.product(rows, repeat=sprints)
    return [((pace([a for a, _ in r]), pace([b for _, b in r])), len(rows) ** -sprints) for r in drawn]


def two_features() -> fc.Roadmap:
    return fc.Roadmap(START, ["A", "B"], [fc.Feature("F", {"A": 9}), fc.Feature("G", {"B": 7})])


def test_teams_that_draw_together_draw_the_same_past_sprint() -> None:
    finish = finishes(forecast(two_features(), both_teams(ROWS), throughput=fc.Bootstrap(together=True)), "F", "G")
    exact = law(lambda both: (take(both[0], 9)[0], take(both[1], 7)[0]), paired(ROWS, 5))
    check_law(finish, exact, upto=50)
    refute_law(finish, multiplied(exact), upto=50)
    swapped = [(a, b) for (a, _), (_, b) in zip(ROWS, [*ROWS[1:], ROWS[0]], strict=True)]
    shifted = law(lambda both: (take(both[0], 9)[0], take(both[1], 7)[0]), paired(swapped, 5))
    refute_law(finish, shifted, upto=50)  # paired one row off
    apart = finishes(forecast(two_features(), both_teams(ROWS)), "F", "G")
    check_law(apart, multiplied(exact), upto=50)
    refute_law(apart, exact, upto=50)


def test_together_keeps_the_window() -> None:
    model = fc.Bootstrap(window=3, together=True)
    finish = finishes(forecast(two_features(), both_teams([(20, 0), (0, 20), *ROWS[1:]]), throughput=model), "F", "G")
    exact = law(lambda both: (take(both[0], 9)[0], take(both[1], 7)[0]), paired(ROWS[1:], 5))
    check_law(finish, exact, upto=50)
    whole_past = law(lambda both: (take(both[0], 9)[0], take(both[1], 7)[0]), paired([(20, 0), (0, 20), *ROWS[1:]], 5))
    refute_law(finish, whole_past, upto=50)


def test_together_through_a_dependency() -> None:
    features = [fc.Feature("API", {"A": 6}), fc.Feature("App", {"B": 5}, after=["API"]), fc.Feature("Low", {"B": 4})]
    roadmap = fc.Roadmap(START, ["A", "B"], features, handoff="immediate")
    finish = finishes(forecast(roadmap, both_teams(ROWS), throughput=fc.Bootstrap(together=True)), "API", "App", "Low")

    def play(a: Pace, b: Pace) -> tuple[float, ...]:
        api = take(a, 6)[0]
        app, b = take(b, 5, api)
        return api, app, take(b, 4)[0]

    check_law(finish, law(lambda both: play(*both), paired(ROWS, 5)), upto=50)
    apart = law(play, paces([a for a, _ in ROWS], 4), paces([b for _, b in ROWS], 4))
    refute_law(finish, apart, upto=40)


@pytest.mark.parametrize(
    "rows",
    [dated("B", [2, 3, 8]), dated("B", [2, 3, 8, 6], skip=1), dated("B", [2, 3, 8, 6, 1])],
    ids=["one missing", "one later", "one more"],
)
def test_together_is_refused_when_the_histories_cover_other_sprints(rows: list[fc.Sprint]) -> None:
    past = fc.History([*dated("A", [0, 5, 8, 8]), *rows])
    with pytest.raises(fc.Fault, match=r'(?s)"A".*"B".*different sprints.*same sprints'):
        forecast(two_features(), past, throughput=fc.Bootstrap(together=True), runs=10)
    forecast(two_features(), past, throughput=fc.Bootstrap(), runs=10)


# Counts ---------------------------------------------------------------------------------------------------------------


def test_how_many_features_by_a_day() -> None:
    sizes = {"F1": ("A", 5), "F2": ("B", 4), "F3": ("A", 6), "F4": ("B", 5), "F5": ("A", 3)}
    features = [fc.Feature(name, {team: size}) for name, (team, size) in sizes.items()]
    answer = forecast(fc.Roadmap(START, ["A", "B"], features), history(A=A, B=B))
    by = 22

    def done(free: Pace, *sizes: float) -> tuple[float]:
        return (sum(done_by(free, by) >= total - 1e-9 for total in itertools.accumulate(sizes)),)

    on_a = law(lambda a: done(a, 5, 6, 3), paces(A, 3))
    on_b = law(lambda b: done(b, 4, 5), paces(B, 3))
    exact = project(product(on_a, on_b), lambda a, b: (a + b,))
    counts = (np.ceil(finishes(answer, *sizes) - 1e-7) <= by).sum(axis=0)
    check_law(counts, exact)
    check_law(answer.counts(by=working_day(by)), exact)

    # the sum over the dates that each feature reaches on its own, as if they did not share teams
    alone = [law(lambda a, n=n: (done(a, *[5, 6, 3][:n])[0] == n,), paces(A, 3)) for n in (1, 2, 3)]
    alone += [law(lambda b, n=n: (done(b, *[4, 5][:n])[0] == n,), paces(B, 3)) for n in (1, 2)]
    refute_law(counts, project(product(*alone), lambda *is_done: (sum(is_done),)))
    for level in (0.5, 0.85, 0.9):

        def reached(count: int) -> float:
            return sum(chance for (n,), chance in exact.items() if n >= count)

        count = max(n for n in range(6) if reached(n) >= level)
        for edge in (count, count + 1):
            assert abs(reached(edge) - level) > 5.5 * standard_error(reached(edge), RUNS)
        assert answer.count(by=working_day(by), level=level) == count
    assert answer.count(by=working_day(by), level=0.9) < answer.count(by=working_day(by), level=0.5)
    check_law(finishes(answer, "F1"), marginal(law(lambda a: take(a, 5)[:1], paces(A, 6)), 0), upto=60)
