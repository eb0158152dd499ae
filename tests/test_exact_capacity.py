"""Known answers for one team: what it has capacity for, on its calendar, and one feature after the other.

Exact laws come from listing every sequence of sprints that can be drawn (see oracles). Each check has a twin: the same check
must catch a planted fault, an answer that is plausible and wrong.
40,000 runs; a check fails with a chance of one in ten million when the program is right.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Callable, Sequence

import pytest
from helpers import SEED, check_distribution, standard_error
from oracles import (
    RUNS,
    START,
    Pace,
    alone,
    chance_by,
    check_law,
    day_at,
    finishes,
    forecast,
    history,
    in_a_row,
    law,
    multiplied,
    next_sprint,
    paces,
    project,
    refute_law,
    scaled,
    take,
    weights,
    working_day,
)

import forecast as fc

A = [0, 5, 8, 8]
"""A history that varies and holds a zero."""


# One feature ----------------------------------------------------------------------------------------------------------


def test_one_feature_is_finished_inside_a_sprint() -> None:
    answer = forecast(fc.Roadmap(START, ["A"], [fc.Feature("F", {"A": 12})]), history(A=A))
    finish = finishes(answer, "F")
    exact = alone(A, 12)
    check_law(finish, exact)
    by_day = {day: chance_by(exact, day) for day in range(1, 60)}
    check_distribution(finish[0], {day: chance for day, chance in by_day.items() if 0.01 < chance < 0.99})
    refute_law(finish, project(exact, lambda end: (next_sprint(end),)))  # only at the end of a sprint
    refute_law(finish, alone(A[1:], 12))  # zeros left out
    refute_law(finish, alone([5.25] * 4, 12))  # the mean of the history in every sprint
    refute_law(finish, alone([0, 5, 8], 12))  # equal counts counted once
    refute_law(finishes(answer, "F") + 1 / 50, exact)  # a finish that is off by ten minutes


def test_two_ways_to_the_same_exact_answer_agree() -> None:
    listed = law(lambda a: in_a_row(a, 12), paces(A, 7))
    stepped = alone(A, 12)
    for time in {time for (time,) in listed if time < math.inf}:
        assert chance_by(listed, time) == pytest.approx(chance_by(stepped, time), abs=1e-12)


def test_dates_at_levels() -> None:
    answer = forecast(fc.Roadmap(START, ["A"], [fc.Feature("F", {"A": 14})]), history(A=A))
    exact = alone(A, 14)
    for level in (0.5, 0.85, 0.95):
        day = day_at(exact, level)
        for edge in (day - 1, day):  # the answer hangs on no edge: the true chance is far from the level on both sides
            chance = chance_by(exact, edge)
            assert abs(chance - level) > 5.5 * standard_error(chance, RUNS)
        assert answer.date("F", level) == working_day(day)
    assert answer.date("F", 0.5) != working_day(day_at(exact, 0.85))  # P50 offered as P85


# Several in a row -----------------------------------------------------------------------------------------------------


def test_what_is_left_of_a_sprint_goes_on_to_the_next_feature() -> None:
    features = [fc.Feature("First", {"A": 6}), fc.Feature("Second", {"A": 7}), fc.Feature("Third", {"A": 4})]
    answer = forecast(fc.Roadmap(START, ["A"], features), history(A=A))
    finish = finishes(answer, "First", "Second", "Third")

    def wasteful(free: Pace, *sizes: float) -> tuple[float, ...]:
        ends = [0.0]
        for size in sizes:
            end, free = take(free, size, next_sprint(ends[-1]))
            ends.append(end)
        return tuple(ends[1:])

    exact = law(lambda a: in_a_row(a, 6, 7, 4), paces(A, 7))
    check_law(finish, exact, upto=70)
    check_law(finish[2], alone(A, 17))  # the last one is finished with the sum of the work, however it is cut
    refute_law(finish, law(lambda a: wasteful(a, 6, 7, 4), paces(A, 7)), upto=70)  # the rest of a sprint lost
    refute_law(finish, law(lambda a: in_a_row(a, 7, 6, 4), paces(A, 7)), upto=70)  # rank order swapped
    refute_law(finish, multiplied(exact), upto=70)  # percentages multiplied
    refute_law(finish[[1, 0, 2]], exact, upto=70)  # rows swapped


def test_the_chance_of_two_dates_together() -> None:
    features = [fc.Feature("First", {"A": 6}, due=working_day(9)), fc.Feature("Second", {"A": 7})]
    answer = forecast(fc.Roadmap(START, ["A"], features), history(A=A))
    exact = law(lambda a: in_a_row(a, 6, 7), paces(A, 7))
    joint = project(exact, lambda first, second: (max(first, second),))
    both = answer.together(["First", "Second"])
    check_law(both.finish, joint, upto=70)
    refute_law(both.finish, project(multiplied(exact), lambda first, second: (max(first, second),)), upto=70)
    for day in (8, 15, 22, 30):
        found = both.chance(by=working_day(day))
        chance = chance_by(joint, day)
        assert abs(found - chance) <= 5.5 * standard_error(chance, RUNS)


# Window ---------------------------------------------------------------------------------------------------------------


def test_a_window_draws_only_the_newest_sprints() -> None:
    past = [20, 9, 1, 0, 4, 7]
    roadmap = fc.Roadmap(START, ["A"], [fc.Feature("F", {"A": 9})])
    finish = finishes(forecast(roadmap, history(A=past), throughput=fc.Bootstrap(window=3)), "F")
    check_law(finish, alone([0, 4, 7], 9))
    refute_law(finish, alone(past, 9))  # the window ignored
    refute_law(finish, alone([20, 9, 1], 9))  # the oldest instead
    refute_law(finish, alone([1, 0, 4, 7], 9))  # one too many
    for window in (6, 100):
        finish = finishes(forecast(roadmap, history(A=past), throughput=fc.Bootstrap(window=window)), "F")
        check_law(finish, alone(past, 9))


# Calendars ------------------------------------------------------------------------------------------------------------


def test_the_first_sprint_may_have_begun_before_the_start() -> None:
    team = fc.Team("A", sprint_start=START)
    roadmap = fc.Roadmap(dt.date(2026, 1, 9), [team], [fc.Feature("F", {"A": 5}), fc.Feature("G", {"A": 6})])
    finish = finishes(forecast(roadmap, history(A=A)), "F", "G")
    exact = law(lambda a: in_a_row(a, 5, 6), paces(A, 7, before=4))
    check_law(finish, exact, upto=66)
    refute_law(finish, law(lambda a: in_a_row(a, 5, 6), paces(A, 7)), upto=66)  # a grid of its own from the start

    def squeezed(a: Pace) -> Pace:  # the whole draw of sprint 0 pressed into its six days
        return [(0, 6, a[0][2] * 10 / 6), *a[1:]]

    wrong = law(lambda a: in_a_row(squeezed(a), 5, 6), paces(A, 7, before=4))
    refute_law(finish, wrong, upto=66)


@pytest.mark.parametrize(("sprint_days", "length"), [(7, 5), (14, 10), (21, 15)])
def test_a_team_may_have_sprints_of_its_own_length(sprint_days: int, length: int) -> None:
    rows = [
        fc.Sprint("A", START - dt.timedelta(days=14 * k), START - dt.timedelta(days=14 * k - 13), A[k - 1])
        for k in range(1, 5)
    ]
    team = fc.Team("A", sprint_days=sprint_days)
    finish = finishes(forecast(fc.Roadmap(START, [team], [fc.Feature("F", {"A": 9})]), fc.History(rows)), "F")
    upto = {5: 40, 10: 70, 15: 105}[length]

    def laws(counts: Sequence[float]) -> dict[tuple[float, ...], float]:
        return law(lambda a: in_a_row(a, 9), paces(counts, upto // length, length))

    check_law(finish, laws([count * length / 10 for count in A]), upto=upto)
    if length != 10:
        refute_law(finish, laws(A), upto=upto)  # a past sprint taken for one of the team's own length
        refute_law(finish, law(lambda a: in_a_row(a, 9), paces(A, upto // 10)), upto=upto)  # luck of two weeks


def test_past_sprints_of_several_lengths() -> None:
    rows = [
        fc.Sprint("A", dt.date(2025, 9, 1), dt.date(2025, 9, 21), 9),  # 15 weekdays: 6 in a sprint of 10
        fc.Sprint("A", dt.date(2025, 9, 22), dt.date(2025, 10, 5), 3),
        fc.Sprint("A", dt.date(2025, 10, 6), dt.date(2025, 10, 12), 4),  # 5 weekdays: 8
        fc.Sprint("A", dt.date(2025, 10, 13), dt.date(2025, 10, 26), 0),
        fc.Sprint(
            "A", dt.date(2025, 10, 27), dt.date(2025, 11, 10), 11
        ),  # Monday to the Monday after next: 11 weekdays: 10
    ]
    finish = finishes(forecast(fc.Roadmap(START, ["A"], [fc.Feature("F", {"A": 17})]), fc.History(rows)), "F")
    check_law(finish, alone([6, 3, 8, 0, 10], 17))
    refute_law(finish, alone([9, 3, 4, 0, 11], 17))  # lengths ignored
    refute_law(finish, alone([9 * 14 / 21, 3, 8, 0, 11 * 14 / 15], 17))  # calendar days for weekdays


def test_share_planned_changes_and_days_off_change_the_rate_inside_a_sprint() -> None:
    team = fc.Team(
        "A",
        share=0.8,
        days_off=[working_day(2)],
        capacity=[
            fc.Capacity(working_day(4), working_day(13), 0.5, "leave"),
            fc.Capacity(working_day(12), None, 1.5, "two join"),
        ],
    )
    features = [fc.Feature("F", {"A": 2}), fc.Feature("G", {"A": 5})]
    finish = finishes(forecast(fc.Roadmap(START, [team], features), history(A=A)), "F", "G")

    def factor(day: int, share: float = 0.8, last: int = 13, off: int = 1) -> float:
        leave = 0.5 if 3 <= day < last else 1
        return 0.0 if day == off else share * leave * (1.5 if day >= 11 else 1)

    def laws(factor: Callable[[int], float]) -> dict[tuple[float, ...], float]:
        return law(lambda a: in_a_row(scaled(a, factor), 2, 5), paces(A, 6))

    check_law(finish, laws(factor), upto=60)
    refute_law(finish, laws(lambda day: factor(day, share=1)), upto=60)  # share forgotten
    refute_law(finish, laws(lambda day: factor(day, last=12)), upto=60)  # the last day of a change not included
    refute_law(finish, laws(lambda day: factor(day, off=-1)), upto=60)  # the day off forgotten
    refute_law(finish, laws(lambda day: 0.8 if day < 10 else 0.8 * 1.5), upto=60)  # only whole sprints change
    # a day off that is made up for by the other days of its sprint
    refute_law(finish, laws(lambda day: factor(day) * (10 / 9 if day < 10 else 1)), upto=60)


def test_a_company_day_off_is_not_on_the_clock_and_takes_its_capacity_along() -> None:
    roadmap = fc.Roadmap(START, ["A"], [fc.Feature("F", {"A": 12})], days_off=[working_day(3), working_day(15)])
    finish = finishes(forecast(roadmap, history(A=A)), "F")

    def short(rates: float, a: Pace) -> tuple[float, ...]:
        ends = [0, 9, 18, *range(28, 99, 10)]
        drawn = [rate for _, _, rate in a]
        lost = [rates, rates, 1, 1, 1, 1]
        return in_a_row(
            [(*edge, rate * more) for edge, rate, more in zip(itertools.pairwise(ends), drawn, lost, strict=False)], 12
        )

    check_law(finish, law(lambda a: short(1, a), paces(A, 6)), upto=58)
    refute_law(finish, law(lambda a: short(10 / 9, a), paces(A, 6)), upto=58)  # made up for in nine days
    refute_law(finish, law(lambda a: in_a_row(a, 12), paces(A, 6)), upto=58)  # no day off at all


def test_how_many_items_in_some_sprints() -> None:
    rows = [2, 3, 0, 3, 9]
    answer = fc.how_many(history(A=rows), "A", sprints=5, runs=RUNS, seed=SEED, throughput=fc.Bootstrap())
    exact = law(lambda *drawn: (sum(drawn),), *[weights(rows)] * 5)
    check_law(answer.counts, exact)
    refute_law(answer.counts, law(lambda *drawn: (sum(drawn),), *[weights([2, 3, 3, 9])] * 5))  # without zeros
    refute_law(answer.counts, law(lambda *drawn: (sum(drawn),), *[weights(rows)] * 4))  # a sprint too few
    refute_law(answer.counts, law(lambda draw: (5 * draw,), weights(rows)))  # one draw for all sprints
    for level in (0.5, 0.8, 0.85):

        def reached(count: int) -> float:
            return 1 - chance_by(exact, count - 1)

        count = max(n for n in range(46) if reached(n) >= level)
        for edge in (count, count + 1):
            assert abs(reached(edge) - level) > 5.5 * standard_error(reached(edge), RUNS)
        assert answer.at_least(level) == count
        assert answer.at_least(1 - level if level > 0.5 else 0.9) != count  # the wrong tail
        assert abs(answer.chance(count) - reached(count)) <= 5.5 * standard_error(reached(count), RUNS)


def test_how_many_with_a_window() -> None:
    answer = fc.how_many(
        history(A=[9, 9, 0, 5]), "A", sprints=3, runs=RUNS, seed=SEED, throughput=fc.Bootstrap(window=2)
    )
    check_law(answer.counts, law(lambda *drawn: (sum(drawn),), *[weights([0, 5])] * 3))
    refute_law(answer.counts, law(lambda *drawn: (sum(drawn),), *[weights([9, 9, 0, 5])] * 3))
