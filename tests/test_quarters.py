"""Quarters: the day that Q1 or 2026-Q1 stands for, with the company's own quarters, and what is refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest

import forecast as fc
from forecast.errors import Fault
from forecast.quarters import read_day

FEBRUARY = ("02-01", "05-01", "08-01", "11-01")
OCTOBER = ("10-01", "01-01", "04-01", "07-01")
WEEKS = ("2025-12-29", "2026-03-30", "2026-06-29", "2026-09-28", "2027-01-04")
"""A year of 4-4-5 weeks, with a week more at its end, and the first day after it."""


def day(text: Any, start: str = "2026-01-05", starts: Sequence[Any] | None = None) -> str:
    return read_day(text, dt.date.fromisoformat(start), starts, "--by").isoformat()


@pytest.mark.parametrize(
    ("text", "start", "starts", "last"),
    [
        ("Q1", "2026-01-05", None, "2026-03-31"),
        ("Q1", "2026-03-31", None, "2026-03-31"),
        ("Q1", "2026-04-01", None, "2027-03-31"),
        ("Q4", "2026-01-05", None, "2026-12-31"),
        ("2026-Q1", "2026-01-05", None, "2026-03-31"),
        ("2028-Q1", "2026-01-05", None, "2028-03-31"),
        ("Q1", "2026-01-05", FEBRUARY, "2026-04-30"),
        ("Q4", "2026-01-05", FEBRUARY, "2026-01-31"),
        ("Q4", "2026-02-01", FEBRUARY, "2027-01-31"),
        ("2026-Q1", "2026-01-05", FEBRUARY, "2026-04-30"),
        ("2025-Q4", "2026-01-05", FEBRUARY, "2026-01-31"),
        ("Q1", "2026-01-05", OCTOBER, "2026-12-31"),
        ("Q2", "2026-01-05", OCTOBER, "2026-03-31"),
        ("2026-Q1", "2026-01-05", OCTOBER, "2026-12-31"),
        ("Q1", "2026-01-05", WEEKS, "2026-03-29"),
        ("2026-Q4", "2026-01-05", WEEKS, "2027-01-03"),
        ("Q1", "2028-02-01", ("2025-12-01", "2026-03-01", "2026-06-01", "2026-09-01"), "2028-02-29"),
    ],
)
def test_a_quarter_stands_for_its_last_day(text: str, start: str, starts: Any, last: str) -> None:
    assert day(text, start, starts) == last


@pytest.mark.parametrize("text", ["Q2", "q2", " Q2 ", "2026-Q2", "2026Q2", "2026 q2", "Q2 2026", "Q2-2026", "Q2/2026"])
def test_a_quarter_may_be_written_in_several_ways(text: str) -> None:
    assert day(text) == "2026-06-30"


@pytest.mark.parametrize("text", ["2026-05-01", dt.date(2026, 5, 1), dt.datetime(2026, 5, 1, 12), "2026-05-01T10:00"])
def test_a_day_is_a_day(text: Any) -> None:
    assert day(text, starts=["nonsense that is not looked at"]) == "2026-05-01"


@pytest.mark.parametrize("starts", [None, FEBRUARY, OCTOBER])
def test_the_next_quarters_follow_each_other_without_a_gap(starts: Any) -> None:
    """From every day of four years: the four next quarters are four different ones that end within a year of it."""
    for ahead in range(0, 4 * 366, 5):
        start = dt.date(2026, 1, 1) + dt.timedelta(days=ahead)
        ends = sorted(read_day(f"Q{number}", start, starts, "") for number in (1, 2, 3, 4))
        assert start <= ends[0]
        assert ends[3] < start + dt.timedelta(days=366)
        assert all(89 <= (later - sooner).days <= 92 for sooner, later in pairwise(ends))
        assert all((end + dt.timedelta(days=1)).day == 1 for end in ends)


@pytest.mark.parametrize(
    ("text", "starts", "told"),
    [
        ("Q5", None, "a quarter is written Q1 to Q4, or with the four digits of its year, like 2026-Q1"),
        ("26-Q1", None, "four digits"),
        ("Q1 26", None, "four digits"),
        ("next quarter", None, "a day is written year-month-day, like 2026-05-01, a quarter Q1 or 2026-Q1"),
        ("", None, "a day is written"),
        ("2026-02-30", None, "there is no such day"),
        ("2025-Q1", None, "it ended on 2025-03-31, before the roadmap starts (2026-01-05)"),
        ("0001-Q1", None, "between 1900 and 2900"),
        ("9999-Q1", None, "between 1900 and 2900"),
        ("2027-Q1", FEBRUARY, "it may end on 2026-04-30 or 2027-04-30"),
        ("2026-Q2", OCTOBER, "it may end on 2026-03-31 or 2027-03-31"),
        ("2027-Q1", WEEKS, "does not say when"),
        ("Q3", WEEKS[1:4], "does not say when"),
        ("Q1", ("02-01", "05-01"), "name the four days"),
        ("Q1", (), "name the four days"),
        ("Q1", ("2026-01-01",), "does not say when"),
        ("Q1", ("02-01", "05-01", "08-01", dt.date(2026, 11, 1)), "or all as dates"),
        ("Q1", ("02-29", "05-29", "08-29", "11-29"), "no day of every year"),
        ("Q1", ("02-01", "08-01", "05-01", "11-01"), "in this order"),
        ("Q1", ("02-01", "03-01", "04-01", "05-01"), "about 13 weeks"),
        ("Q1", ("2026-01-05", "2026-06-29"), "about 13 weeks"),
    ],
)
def test_what_is_no_quarter_or_may_be_two_is_refused_with_the_way_out(text: str, starts: Any, told: str) -> None:
    with pytest.raises(Fault) as refused:
        day(text, starts=starts)
    assert told in str(refused.value)


@pytest.mark.parametrize("text", [5, None, 2026.25, ["Q1"], True])
def test_what_is_no_text_and_no_date_is_refused(text: Any) -> None:
    with pytest.raises(Fault, match="year-month-day"):
        day(text)


def test_a_hostile_text_is_escaped() -> None:
    with pytest.raises(Fault) as refused:
        day("Q1\x1b[31m\n")
    assert "\x1b" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_forecast_can_be_asked_by_quarter() -> None:
    roadmap = fc.Roadmap("2026-01-05", ["Web"], [fc.Feature("Shop", {"Web": 30})], quarter_starts=FEBRUARY)
    base = fc.simulate(roadmap, fc.History.from_counts({"Web": [2, 5, 0, 7]}), runs=500, throughput=fc.Bootstrap())
    assert base.chance("Shop", by="Q1") == base.chance("Shop", by="2026-04-30")
    assert 0 < base.chance("Shop", by="Q1") < base.chance("Shop", by="Q2") <= 1
    assert base.count(by="2026-Q1", level=0.5) == base.count(by="2026-04-30", level=0.5)
    assert roadmap.read_day("Q1", "by") == dt.date(2026, 4, 30)
