"""Oddities: each on a history made for it, on a twin that has none, and on the real sprints where they were met."""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from collections.abc import Sequence

import pytest
from helpers import SHARED_DATA
from hypothesis import given
from hypothesis import strategies as st

from forecast.history import History, Sprint
from forecast.oddities import Oddity, find_oddities, list_paces

MONDAY = dt.date(2025, 1, 6)
START = dt.date(2026, 1, 5)
STEADY = [9, 11, 8, 12, 10, 9, 13, 7, 10, 11, 9, 8, 12]


def sprint(first: int, days: int = 14, done: float = 5, name: str = "", team: str = "Web") -> Sprint:
    """A sprint that begins so many days after the first Monday of 2025."""
    start = MONDAY + dt.timedelta(days=first)
    return Sprint(team, start, start + dt.timedelta(days=days - 1), done, name)


def in_a_row(done: Sequence[float], days: int = 14, until: dt.date = START) -> list[Sprint]:
    """Sprints without a gap, the last of which ends on the day before."""
    first = (until - MONDAY).days - days * len(done)
    return [sprint(first + days * at, days, count) for at, count in enumerate(done)]


def find(rows: Sequence[Sprint], start: dt.date | None = None) -> list[tuple[str, tuple[int, ...], float]]:
    return [(odd.kind, odd.at, odd.measure) for odd in find_oddities(History(rows), start)]


def kinds(rows: Sequence[Sprint], start: dt.date | None = None) -> list[str]:
    return [kind for kind, _, _ in find(rows, start)]


def test_a_plain_history_has_none() -> None:
    assert find(in_a_row(STEADY), START) == []
    assert find_oddities(History([])) == ()
    assert find_oddities(History.from_counts({"Web": STEADY}), START) == ()


def test_a_record_says_whose_sprints_they_are_and_where_they_stand() -> None:
    rows = [sprint(0), sprint(14, name="S2"), sprint(28, name="S3"), sprint(28, name="S4")]
    (odd,) = find_oddities(History([*rows, *(sprint(14 * at, team="API") for at in range(3))]))
    assert odd == Oddity("same dates", "Web", (2, 3), tuple(rows[2:]), "2 sprints have the same first and last day", 2)


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([sprint(0), sprint(14), sprint(14), sprint(14), sprint(28)], [("same dates", (1, 2, 3), 3)]),
        ([sprint(0), sprint(11), sprint(25)], [("shared day", (0, 1), 1)]),
        ([sprint(0), sprint(7), sprint(21)], [("overlap", (0, 1), 5)]),
        ([sprint(0, 28), sprint(7, 7), sprint(28)], [("overlap", (0, 1), 5)]),
        ([sprint(0, 15), sprint(14), sprint(28)], [("shared day", (0, 1), 1)]),
        ([sprint(0), sprint(12), sprint(26)], []),  # they share a weekend
        ([sprint(0), sprint(14), sprint(28)], []),
    ],
    ids=[
        "three of the same dates",
        "one day",
        "a week",
        "within",
        "end is the next start",
        "a weekend",
        "side by side",
    ],
)
def test_sprints_that_share_days(rows: list[Sprint], found: list[tuple[str, tuple[int, ...], float]]) -> None:
    alike = [odd for odd in find(rows) if odd[0] in ("same dates", "overlap", "shared day")]
    assert alike == found


def test_an_overlap_is_told_of_the_sprint_that_ends_last() -> None:
    """The third lies in the first, though the second has ended; and the fourth touches none of them."""
    rows = [sprint(0, 42), sprint(7, 7), sprint(28, 7), sprint(42)]
    assert [odd for odd in find(rows) if odd[0] == "overlap"] == [("overlap", (0, 1), 5), ("overlap", (0, 2), 5)]


def test_gaps_are_counted_in_weekdays() -> None:
    assert find([sprint(0), sprint(14), sprint(42)]) == [("gap", (1, 2), 10)]
    assert find([sprint(0), sprint(14), sprint(35)]) == [("gap", (1, 2), 5)]


def test_a_few_days_between_sprints_are_no_gap() -> None:
    assert find([sprint(0), sprint(14), sprint(32)]) == []  # four weekdays, of ten
    assert find([sprint(0, 3), sprint(7, 3), sprint(14, 3)]) == []  # two, of three: less than three


def test_names_that_come_twice() -> None:
    rows = [sprint(14 * at, name=name) for at, name in enumerate(["S 1", "S 2", "s 1", "", "", "S 2"])]
    assert find(rows) == [("same name", (0, 2), 2), ("same name", (1, 5), 2)]
    assert find([sprint(14 * at, name="Web") for at in range(4)]) == []


YEARS = ["2025 Sprint 1", "2025 Sprint 2", "2025 Sprint 3", "2025 Sprint 4"]


@pytest.mark.parametrize(
    ("at", "name", "year"),
    [(1, "2023 Sprint 2", 2023), (2, "Sprint 3/2028", 2028), (1, "2024 Sprint 2", 2024), (3, "2020", 2020)],
)
def test_a_name_of_another_year(at: int, name: str, year: int) -> None:
    names = [*YEARS[:at], name, *YEARS[at + 1 :]]
    assert find([sprint(28 + 14 * at, name=name) for at, name in enumerate(names)]) == [("misdated name", (at,), year)]


@pytest.mark.parametrize(
    "names",
    [
        YEARS,
        ["FY2026-1", "FY2026-2", "FY2026-3", "FY2026-4"],
        ["Sprint 2031", "Sprint 2032", "Sprint 2033", "Sprint 2034"],
        ["20250106", "2025", "Sprint 12025", "from 2023 to 2024"],
        ["2025-01-06", "2025-01-20", "2025-02-03", "2025-02-17"],
    ],
    ids=["the right year", "a fiscal year", "a number", "no year", "dates"],
)
def test_names_that_are_not_of_another_year(names: list[str]) -> None:
    assert find([sprint(28 + 14 * at, name=name) for at, name in enumerate(names)]) == []


def test_a_sprint_may_be_named_after_the_year_before_or_behind_it() -> None:
    """All of it in December, and all of it in January, among others of the same year."""
    ahead = [
        sprint(315, name="2025 S23"),
        sprint(329, name="2026 S1"),
        sprint(343, name="2026 S2"),
        sprint(364, name="2026 S3"),
    ]
    assert [odd for odd in find(ahead) if odd[0] == "misdated name"] == []
    behind = [
        sprint(329, name="2025 S24"),
        sprint(343, name="2025 S25"),
        sprint(364, name="2025 S26"),
        sprint(378, name="2026 S1"),
    ]
    assert [odd for odd in find(behind) if odd[0] == "misdated name"] == []


def test_the_turn_of_the_year_is_in_both() -> None:
    names = ["2025 S26", "2026 S1", "2026 S2"]
    assert find([sprint(350 + 14 * at, name=name) for at, name in enumerate(names)]) == []


def test_lengths_that_are_not_the_usual_one() -> None:
    rows = [sprint(0), sprint(14), sprint(28, 28), sprint(56), sprint(70, 7), sprint(77)]
    assert find(rows) == [("unlike length", (2,), 2), ("unlike length", (4,), 0.5)]
    assert find([sprint(0), sprint(14, 21), sprint(35)]) == []


def test_the_sprint_that_still_runs_and_those_that_have_not_begun() -> None:
    rows = in_a_row([*STEADY, 3, 0], until=START + dt.timedelta(days=21))
    assert find(rows, START) == [("unfinished", (13,), 5), ("future", (14,), 0)]
    assert find(rows) == []
    assert find(in_a_row([*STEADY, 0], until=START + dt.timedelta(days=14)), START) == [("future", (13,), 0)]
    assert find(in_a_row(STEADY, until=START + dt.timedelta(days=1)), START) == []  # ends on the first day


def test_a_history_that_ends_long_before_the_start() -> None:
    assert find(in_a_row(STEADY, until=START - dt.timedelta(days=28)), START) == [("stale", (12,), 2)]
    assert find(in_a_row(STEADY, until=START - dt.timedelta(days=14)), START) == []


def test_counts() -> None:
    assert find(in_a_row([*STEADY, 4.5, *STEADY])) == [("fraction", (13,), 4.5)]
    assert find(in_a_row([*STEADY, 100, *STEADY])) == [
        ("bulk", (13,), pytest.approx(10, abs=1)),
        ("carrier", (13,), pytest.approx(0.254, abs=0.01)),
    ]
    assert find(in_a_row([0, 0, 0])) == [("nothing done", (0, 1, 2), 3)]
    assert find(in_a_row([*STEADY, 0, 0, 0, 0, *STEADY])) == [("idle", (13, 14, 15, 16), 4)]
    assert find(in_a_row([12, 10] * 8 + [5, 3] * 5)) == [("shift", tuple(range(16, 26)), pytest.approx(4 / 11))]


def test_a_long_sprint_is_no_bulk_and_no_shift() -> None:
    """Paces are compared at equal lengths: what four weeks finish is halved beside two."""
    rows = [sprint(14 * at, 14, 10) for at in range(12)] + [sprint(168 + 28 * at, 28, 20) for at in range(12)]
    assert set(kinds(rows)) <= {"unlike length"}
    assert list(list_paces(rows)) == [15.0] * 24
    assert "shift" in kinds([sprint(14 * at, 14, 10 if at < 12 else 20) for at in range(24)])


@given(
    st.lists(
        st.tuples(st.integers(0, 400), st.integers(3, 60), st.sampled_from([0.0, 0.5, 3, 7, 1e9]), st.text(max_size=8)),
        max_size=40,
    ),
    st.integers(-500, 900),
)
def test_no_history_is_too_strange(rows: list[tuple[int, int, float, str]], start: int) -> None:
    """Never an error; places are those of the sprints told, and what is asked again is told again."""
    history = History([sprint(*row) for row in rows])
    found = find_oddities(history, MONDAY + dt.timedelta(days=start))
    for odd in found:
        assert odd.sprints == tuple(history.of(odd.team)[at] for at in odd.at)
        assert list(odd.at) == sorted(set(odd.at))
        assert odd.why
    assert found == find_oddities(history, MONDAY + dt.timedelta(days=start))


# Real sprints --------------------------------------------------------------------------------------------------------------


def real_sprints() -> History:
    """The 375 real sprints that have dates."""
    path = SHARED_DATA / "titanium-items" / "sprints.csv"
    if not path.exists():
        pytest.skip("the real sprints are not beside this checkout")
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["start"]]
    return History(
        Sprint(
            row["team"],
            *map(dt.date.fromisoformat, (row["start"], row["end"])),
            float(row["items_done"]),
            row["sprint"],
        )
        for row in rows
    )


def test_what_is_known_to_be_odd_in_the_real_sprints_is_found() -> None:
    found = find_oddities(real_sprints(), dt.date(2021, 10, 10))

    def named(kind: str) -> set[tuple[str, ...]]:
        return {tuple(row.name for row in odd.sprints) for odd in found if odd.kind == kind and odd.team == "SDK"}

    assert named("misdated name") == {("2016 Sprint 17 SDK",)}
    assert named("same name") == {
        ("2016 Sprint 17 SDK",) * 2,
        ("2019 Sprint 10",) * 2,
        ("2019 Sprint 12",) * 2,
    }
    assert {
        ("2016 Sprint 07 SDK", "To Be Scheduled"),
        ("2019 Sprint 10",) * 2,
        ("2019 Sprint 5", "2019 Sprint 6"),
    } <= named("overlap")
    assert ("2021 Sprint 14", "2021 Sprint 20") in named("gap")
    assert named("unlike length") == {("2018 Sprint 26",), ("2019 Sprint 26",), ("2021 Sprint 14",)}
    assert Counter(odd.kind for odd in found)["shared day"] > 20
    assert [odd.sprints[0].name for odd in found if odd.kind == "unfinished"] == ["2021 Sprint 21"]


def test_sprints_like_the_real_ones() -> None:
    """The same traits, made here for those who have no real data."""
    rows = [sprint(14 * at, 14, 5 + at % 3, f"2025 Sprint {at + 1}") for at in range(20)]
    rows[6] = sprint(84, 14, 6, "2023 Sprint 7")  # the year of a copied name
    rows.append(sprint(30, 12, 0, "To be scheduled"))  # a bucket beside the real sprint
    rows.append(sprint(91, 14, 1, "2025 Sprint 8"))  # closed and opened again
    assert Counter(kinds(rows)) == {"overlap": 3, "same name": 1, "misdated name": 1}
