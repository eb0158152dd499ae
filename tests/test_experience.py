"""Sheets of the past: items.csv as history and as lessons, finished.csv, growth = "learned" in files."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import pytest
from helpers import SEED
from test_files import ONE_FEATURE, ONE_SPRINT, faults_of, write

import forecast as fc
from forecast.experience import ITEM_COLUMNS, read_items
from forecast.faults import Faults
from forecast.files import read_portfolio
from forecast.grid import Grid, read_csv
from forecast.growth import Learned
from forecast.looks import Look, learn

START = dt.date(2026, 1, 5)
ITEMS = 'start = 2026-01-05\nhistory = "items.csv"\nfeatures = "features.csv"\n'
SPRINTS = 'start = 2026-01-05\nhistory = "throughput.csv"\nfeatures = "features.csv"\n'
FINISHED = SPRINTS + 'growth = "learned"\nfinished = "finished.csv"\n'
COLUMNS = "feature,planned,done,days_forecast,days_taken,open\n"


def day(back: int) -> dt.date:
    return START - dt.timedelta(days=back)


def sheet(*rows: str, columns: str = "team,item,created,done") -> str:
    return "\n".join([columns, *rows, ""])


def grid(text: str) -> Grid:
    return read_csv(text.encode(), "items.csv", ITEM_COLUMNS, Faults())


def steady(*, until: int = 1) -> list[str]:
    """A team that finishes an item a day."""
    return [f"Web,W-{back},{day(back + 3)},{day(back)},,true" for back in range(until, 400)]


def login(ended: int = 21) -> list[str]:
    """A feature of twenty items, known a hundred days before the start and finished `ended` days before it."""
    return [f"Web,L-{k},{day(100)},{day(99 if k == 0 else ended)},Login,true" for k in range(20)]


# items.csv as history --------------------------------------------------------------------------------------------------


def test_throughput_is_counted_from_items(tmp_path: Path) -> None:
    rows = [f"Web,W-{back},{day(60)},{day(back)}" for back in (1, 2, 14, 15, 40)]
    write(tmp_path, ITEMS, features=ONE_FEATURE, items=sheet(*rows, "Web,W-9,2025-12-01,"))
    _, history = fc.read(tmp_path)
    assert [(sprint.done, str(sprint.end)) for sprint in history.of("Web")] == [(1, "2025-12-21"), (3, "2026-01-04")]


@pytest.mark.parametrize(
    ("toml", "length"),
    [
        (ITEMS, 14),
        (ITEMS + "sprint_days = 7\n", 7),
        (ITEMS.replace('"items.csv"', '{ items = "items.csv" }'), 14),
        (ITEMS.replace('"items.csv"', '{ items = "items.csv", every = 21 }') + "sprint_days = 7\n", 21),
    ],
)
def test_stretches_are_sprints_unless_it_is_said(tmp_path: Path, toml: str, length: int) -> None:
    rows = [f"Web,W-{back},{day(300)},{day(back)}" for back in range(1, 100)]
    write(tmp_path, toml, features=ONE_FEATURE, items=sheet(*rows))
    _, history = fc.read(tmp_path)
    assert {sprint.done for sprint in history.of("Web")} == {length}


def test_a_team_may_be_called_items(tmp_path: Path) -> None:
    toml = 'start = 2026-01-05\nhistory = { items = [3, 5] }\n[[feature]]\nname = "A"\nwork = { items = 3 }\n'
    assert [sprint.done for sprint in fc.read(write(tmp_path, toml))[1].of("items")] == [3, 5]


def test_trackers_write_times_and_columns_of_their_own(tmp_path: Path) -> None:
    rows = [f"W-{back},{day(60)}T23:50:00Z,{day(back)} 08:15,Bug,Web,False" for back in (1, 2, 30)]
    rows += [f"W-{back},{day(60)},{day(back)},Bug,Web,TRUE" for back in (3, 31)]
    text = sheet(*rows, columns="Item,Created,Done,type,TEAM,Delivered")
    write(tmp_path, ITEMS, features=ONE_FEATURE, items="\ufeff" + text)
    _, history = fc.read(tmp_path)
    assert [sprint.done for sprint in history.of("Web")] == [0, 1]
    assert history.notes == ("3 items of 5 closed ones were discarded and are no throughput.",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (sheet("Web,W-1,2025-13-01,"), 'items.csv row 2: created = "2025-13-01"; there is no such day'),
        (sheet("Web,W-1,,2025-12-01"), "items.csv row 2: created is blank; fill it in"),
        (sheet(",W-1,2025-12-01,"), "items.csv row 2: team is blank; fill it in"),
        (sheet("Web,W-1,2025-12-01,01.12.2025"), 'items.csv row 2: done = "01.12.2025"; it could be'),
        (sheet("Web,W-1,2025-12-01,2025-12-01T8"), 'items.csv row 2: done = "2025-12-01T8"; a date is written'),
        (sheet("Web,W-1,2025-12-01,,x", columns="team,item,created,done,delivered"), 'delivered = "x"; write true or'),
        (
            sheet("Web,W-1,2025-12-01,,x", columns="team,item,created,done,delivred"),
            'column "delivred"; no such column.',
        ),
        (sheet(), "items.csv: it has no rows"),
        (sheet("Web,W-1,2025-12-01,,,,,"), None),
        (sheet("Web,W-1,2025-12-01,,,,x"), "items.csv row 2: 7 cells"),
    ],
)
def test_what_is_said_of_faulty_items(tmp_path: Path, text: str, expected: str | None) -> None:
    toml = ITEMS.replace('"items.csv"', '{ items = "items.csv" }')
    write(tmp_path, toml, features=ONE_FEATURE, items=text)
    if expected is None:
        fc.read(tmp_path)
        return
    (fault,) = faults_of(tmp_path)
    assert expected in fault


def test_a_history_table_takes_what_it_takes(tmp_path: Path) -> None:
    for given, expected in (
        ('{ items = "items.csv", every = 0 }', "every = 0; a whole number from 1 to 366 is needed"),
        ('{ items = "items.csv", evry = 7 }', 'unknown key "evry"'),
        ('{ items = "none.csv" }', "no such file"),
    ):
        write(tmp_path, ITEMS.replace('"items.csv"', given), features=ONE_FEATURE, items=sheet("Web,W-1,2025-12-01,"))
        assert any(expected in fault for fault in faults_of(tmp_path)), given


# What is learned -------------------------------------------------------------------------------------------------------


def test_growth_is_learned_from_the_items_that_are_the_history(tmp_path: Path) -> None:
    """The same as in three lines of Python."""
    text = sheet(*steady(), *login(), columns="team,item,created,done,feature,delivered")
    write(tmp_path, ITEMS + 'growth = "learned"\n', features="feature,team,items\nCheckout,Web,5\n", items=text)
    roadmap, _ = fc.read(tmp_path)
    items = read_items(grid(text), Faults(), [])
    assert roadmap.growth == fc.learn(fc.find_looks(items, roadmap)) != Learned()
    assert isinstance(roadmap.growth, Learned)
    assert roadmap.growth.finished == 1
    told = fc.simulate(roadmap, fc.read(tmp_path)[1], runs=50, seed=SEED, throughput="bootstrap")
    assert any(note.startswith("Growth is learned from 1 finished feature: median ") for note in told.notes())


def test_items_beside_sprints_teach_growth_too(tmp_path: Path) -> None:
    text = sheet(*steady(), *login(), columns="team,item,created,done,feature,delivered")
    toml = SPRINTS + 'items = "items.csv"\n'
    features = "feature,team,items,growth\nCheckout,Web,5,learned\nFixed,Web,5,1.5\nPlain,Web,5,\n"
    write(tmp_path, toml, features=features, items=text, throughput=ONE_SPRINT)
    roadmap, _ = fc.read(tmp_path)
    growths = [feature.growth for feature in roadmap.features if isinstance(feature, fc.Feature)]
    assert isinstance(growths[0], Learned)
    assert growths[0].finished == 1
    assert growths[1:] == [fc.Estimate(1.5, 1.5, 1.5), None]
    assert roadmap.growth is None


def test_points_are_not_measured_in_items(tmp_path: Path) -> None:
    text = sheet(*steady(), *login(), *login(5), columns="team,item,created,done,feature,delivered")
    write(tmp_path, ITEMS + 'growth = "learned"\nunit = "points"\n', features=ONE_FEATURE, items=text)
    growth = fc.read(tmp_path)[0].growth
    assert isinstance(growth, Learned)
    assert (growth.slope, growth.slope_doubt) == (0, 0)


def test_an_item_of_two_features_is_scope_of_both() -> None:
    text = sheet("Web,W-1,2025-12-01,,A; B", columns="team,item,created,done,feature")
    assert [item.feature for item in read_items(grid(text), Faults(), [])] == ["A", "B"]


def test_without_a_past_it_is_what_is_usual(tmp_path: Path) -> None:
    write(tmp_path, SPRINTS + 'growth = "learned"\n', features=ONE_FEATURE, throughput=ONE_SPRINT)
    roadmap, history = fc.read(tmp_path)
    assert roadmap.growth == Learned()
    (note,) = fc.simulate(roadmap, history, runs=50, throughput="bootstrap").notes()
    assert note.startswith("Growth has no finished features to learn from")


def test_finished_features_are_read(tmp_path: Path) -> None:
    rows = "A,12,20,20,35,\nB,5,,10,60,no\nB,8,,15,40,\nC,9,,12,30,yes\nD,10,25,,,\n"
    write(tmp_path, FINISHED, features=ONE_FEATURE, throughput=ONE_SPRINT, finished=COLUMNS + rows)
    looks = [
        Look("A", 20, 35, size=12),
        Look("B", 10, 60, size=5),
        Look("B", 15, 40, size=8),
        Look("C", 12, 30, is_open=True, size=9),
        Look("D", 10, 25, size=10),
    ]
    roadmap, _ = fc.read(tmp_path)
    assert roadmap.growth == learn(looks)
    assert isinstance(roadmap.growth, Learned)
    assert (roadmap.growth.finished, roadmap.growth.open) == (3, 1)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("A,12,20,20,,\n", "finished.csv row 2: days_taken is blank; fill in both, or neither"),
        ("A,12,,,,\n", "finished.csv row 2: done is blank"),
        ("A,0,20,,,\n", 'finished.csv row 2: feature "A": forecast = 0; it has to be more than 0'),
        ("A,5,20,10,0,\n", 'finished.csv row 2: feature "A": taken = 0; it has to be more than 0'),
        (",5,20,10,9,\n", "finished.csv row 2: feature is blank"),
        ("A,5,20,10,9,perhaps\n", 'finished.csv row 2: open = "perhaps"; write true or false'),
        ("A,5,20,-10,9,\n", "finished.csv row 2: days_forecast = -10; it cannot be less than 0"),
    ],
)
def test_what_is_said_of_faulty_finished_features(tmp_path: Path, rows: str, expected: str) -> None:
    write(tmp_path, FINISHED, features=ONE_FEATURE, throughput=ONE_SPRINT, finished=COLUMNS + rows)
    (fault,) = faults_of(tmp_path)
    assert fault.startswith(expected)


def test_one_source_is_enough(tmp_path: Path) -> None:
    write(tmp_path, FINISHED + 'items = "items.csv"\n', features=ONE_FEATURE, throughput=ONE_SPRINT, finished=COLUMNS)
    assert faults_of(tmp_path) == [
        'roadmap.toml row 5: items = "items.csv" and finished = "finished.csv"; '
        "growth is learned from one of them; remove the other"
    ]


def test_a_source_that_nothing_learns_from_is_told(tmp_path: Path) -> None:
    toml = SPRINTS + 'finished = "finished.csv"\n'
    write(tmp_path, toml, features=ONE_FEATURE, throughput=ONE_SPRINT, finished=COLUMNS + "A,1,2,,,\n")
    (ignored,) = read_portfolio(tmp_path).ignored
    assert (ignored.what, ignored.why) == ('finished = "finished.csv"', 'no growth is "learned"')


@pytest.mark.parametrize("growth", ['"lerned"', "true", "[1, 2]", "{ model = 1 }"])
def test_other_growths_are_refused(tmp_path: Path, growth: str) -> None:
    write(tmp_path, SPRINTS + f"growth = {growth}\n", features=ONE_FEATURE, throughput=ONE_SPRINT)
    assert any("growth" in fault for fault in faults_of(tmp_path))


def test_what_is_learned_stays_in_a_what_if(tmp_path: Path) -> None:
    """The growth belongs to the roadmap that was read; to insert a feature teaches nothing, and moves nobody's luck."""
    text = sheet(*steady(), *login(), columns="team,item,created,done,feature,delivered")
    write(tmp_path, ITEMS + 'growth = "learned"\n', features="feature,team,items\nCheckout,Web,50\n", items=text)
    roadmap, history = fc.read(tmp_path)
    base = fc.simulate(roadmap, history, runs=400, seed=SEED, throughput="bootstrap")
    what_if = base.again(roadmap.insert(fc.Feature("Login", {"Web": 30}), below="Checkout"))
    assert what_if.roadmap.growth == roadmap.growth
    assert (what_if.finish[0] == base.finish[0]).all()
    assert math.isfinite(what_if.finish[1].max())
