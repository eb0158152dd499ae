"""Clean histories: what is not drawn, what is cut down, what is left alone, and the part of a sprint for the roadmap."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from helpers import SEED, SHARED_DATA, standard_error
from test_files import ONE_FEATURE, write

import forecast as fc
from forecast.cleaning import clean, tell_left_out
from forecast.cli import cli
from forecast.files import read_portfolio

START = dt.date(2026, 1, 5)
FORTNIGHT = dt.timedelta(days=14)
TOML = 'start = 2026-01-05\nhistory = "throughput.csv"\nfeatures = "features.csv"\n'


def history(*done: float, until: dt.date = START, team: str = "Web") -> fc.History:
    """Sprints of two weeks, the newest of which ends on the day before."""
    starts = [until - FORTNIGHT * back for back in range(len(done), 0, -1)]
    rows = [
        fc.Sprint(team, first, first + FORTNIGHT - dt.timedelta(days=1), count, f"S{place}")
        for place, (first, count) in enumerate(zip(starts, done, strict=True))
    ]
    return fc.History(rows)


def drawn(cleaned: fc.History, team: str = "Web") -> list[float]:
    return [sprint.done for sprint in cleaned.drawn().of(team)]


# What is left alone ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "done",
    [
        (0, 0, 12, 3),
        (3, 4, 5, 60),
        (0,) * 20,
        (0,) * 9 + (19,),
        (5, 7, 0, 9, 4, 6, 30, 5, 6, 7),
        (1, 2, 1, 1, 2, 1, 1, 1, 2, 1, 19),
        (40, 100, 40, 40, 40, 40, 40, 40, 40, 40, 399),
        (),
    ],
)
def test_ordinary_histories_come_out_as_they_went_in(done: tuple[float, ...]) -> None:
    given = history(*done)
    assert clean(given, START) is given
    assert given.drawn() is given


def test_histories_that_vary_as_much_as_real_ones_are_hardly_ever_cut() -> None:
    """500 teams of 24 sprints, negative binomial, as much spread as mean: at most two of them."""
    made = np.random.default_rng(SEED)
    cut = 0
    for mean in (2, 5, 10, 20):
        rows = made.negative_binomial(mean / (mean - 1), 1 / mean, (125, 24))
        cut += sum(bool(clean(history(*map(float, row)), START).left_out) for row in rows)
    assert cut <= 2


def test_undated_sprints_are_never_touched() -> None:
    counts = fc.History.from_counts({"Web": [3, 3] * 20 + [10_000]})
    assert clean(counts, START) is counts


# What is not drawn -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "kept"), [(-3, 3), (0, 3), (1, 3), (2, 2), (5, 2), (14, 2), (15, 2), (16, 1), (20, 1)]
)
def test_a_sprint_that_was_still_running_is_not_drawn(days: int, kept: int) -> None:
    """The newest sprint ends so many days after Sunday, 4 January, the day before the start: one weekday more is allowed."""
    given = history(5, 6, 1, until=START + dt.timedelta(days=days))
    assert drawn(clean(given, START)) == [5, 6, 1][:kept]


def test_what_was_left_out_is_told() -> None:
    cleaned = clean(history(5, 6, 1, until=START + dt.timedelta(days=7)), START)
    assert cleaned.sprints == history(5, 6, 1, until=START + dt.timedelta(days=7)).sprints
    assert [(out.kind, out.place, out.why) for out in cleaned.left_out] == [
        ("unfinished", 2, "5 of its 10 weekdays were still to come")
    ]
    assert cleaned.notes == ('Left out of the history, still running at the start: "Web", "S2".',)


def test_a_team_that_has_nothing_else_keeps_it() -> None:
    for given in (
        history(4, until=START + dt.timedelta(days=7)),
        history(4, 5, 6, until=START + dt.timedelta(days=90)),
    ):
        kept = clean(given, START)
        assert kept.left_out == ()
        assert kept.drawn().sprints == given.sprints
        assert kept.notes == (
            'No sprint of "Web" was over at the start of the forecast (5 Jan 2026); those that came later are used. '
            "Is the start right?",
        )


def test_rows_that_stand_twice_are_drawn_once() -> None:
    rows = history(5, 6, 7).sprints
    cleaned = clean(fc.History([*rows, rows[1], rows[1]]), START)
    assert drawn(cleaned) == [5, 6, 7]
    assert [out.kind for out in cleaned.left_out] == ["double", "double"]
    for other in (replace(rows[1], done=5), replace(rows[1], name="squad 2"), replace(rows[1], team="API")):
        assert "double" not in [out.kind for out in clean(fc.History([*rows, other]), START).left_out]


def at(start: int, days: int, done: float, name: str = "", part: float | None = None) -> fc.Sprint:
    """A sprint that begins so many days after Monday, 6 January 2025."""
    first = dt.date(2025, 1, 6) + dt.timedelta(days=start)
    return fc.Sprint("Web", first, first + dt.timedelta(days=days - 1), done, name, part)


def joined(*rows: fc.Sprint) -> list[tuple[int, int, float]]:
    """Of each sprint that is drawn: days from the first Monday, length in days, done."""
    sprints = clean(fc.History(rows), START).drawn().sprints
    return [((row.start - dt.date(2025, 1, 6)).days, (row.end - row.start).days + 1, row.done) for row in sprints]  # type: ignore[operator]


@pytest.mark.parametrize(
    ("rows", "drawn_as"),
    [
        ([at(0, 14, 5), at(14, 14, 6), at(16, 10, 0)], [(0, 14, 5), (14, 14, 6)]),  # a bucket beside the real sprint
        ([at(0, 14, 5), at(0, 14, 7, "squad 2"), at(14, 14, 6)], [(0, 14, 12), (14, 14, 6)]),
        ([at(0, 21, 24), at(8, 14, 0), at(22, 14, 6)], [(0, 22, 24), (22, 14, 6)]),  # opened twice
        ([at(0, 19, 5), at(14, 14, 6), at(28, 14, 7)], [(0, 14, 5), (14, 14, 6), (28, 14, 7)]),  # closed late
        ([at(0, 15, 5), at(14, 15, 6), at(28, 14, 7)], [(0, 15, 5), (14, 15, 6), (28, 14, 7)]),  # share a day
        ([at(7 * k, 14, 5 + k % 2) for k in range(5)], [(0, 14, 11), (14, 14, 11), (28, 14, 5)]),  # squads in turn
        (
            [at(-7, 300, 3), *(at(14 * k, 14, 5) for k in range(4))],
            [(-7, 300, 3), *((14 * k, 14, 5) for k in range(4))],
        ),
    ],
)
def test_days_that_stand_in_several_sprints_count_once(
    rows: list[fc.Sprint], drawn_as: list[tuple[int, int, float]]
) -> None:
    assert joined(*rows) == drawn_as
    assert sum(done for _, _, done in drawn_as) == sum(row.done for row in rows)


def test_sprints_that_overlap_are_told() -> None:
    rows = [at(0, 14, 5, "S1"), at(14, 14, 6, "S2"), at(16, 10, 1, "To do"), at(28, 20, 8, "S3"), at(42, 14, 9, "S4")]
    cleaned = clean(fc.History(rows), START)
    assert list(tell_left_out(cleaned)) == [
        ('team "Web"', 'sprint "S2"', "it overlaps with 1 other; drawn from 20 Jan 2025 to 2 Feb 2025 with 7 done"),
        ('team "Web"', 'sprint "To do"', 'it overlaps with "S2" and is drawn with it'),
        (
            'team "Web"',
            'sprint "S3"',
            "the next one begins before it ends; drawn from 3 Feb 2025 to 16 Feb 2025 with 8 done",
        ),
    ]
    assert cleaned.notes == (
        'Drawn with the days that they share counted once, sprints that overlap: "Web", "S2", "Web", "S3".',
    )
    assert cleaned.sprints == tuple(rows)


def test_any_overlaps_are_laid_out_without_losing_an_item_or_a_day() -> None:
    """500 histories of sprints that begin anywhere: all items, all weekdays that were in any, none of them twice."""
    rng = np.random.default_rng([SEED, 31])
    for _ in range(500):
        starts = np.cumsum(rng.integers(0, 21, 12))
        rows = [
            at(int(start), int(rng.integers(7, 21)), float(rng.integers(0, 9)), str(k))
            for k, start in enumerate(starts)
        ]
        given = fc.History(rows)
        longest = max(row.weekdays for row in rows)  # type: ignore[type-var]
        out = clean(given, START).drawn().sprints
        if longest > 2 * np.median([row.weekdays for row in rows]):
            continue  # those that are too long take no part
        assert sum(row.done for row in out) == sum(row.done for row in rows)
        assert all(row.weekdays <= 1.5 * longest for row in out)  # type: ignore[operator]
        counts = count_days(out)
        assert counts.keys() == count_days(rows).keys()
        assert all(count <= 2 for count in counts.values())
        shared = sum(count - 1 for count in counts.values())
        assert shared <= len(out) - 1, "two neighbours may share one weekday, as the last and the first of them do"


def count_days(rows: Sequence[fc.Sprint]) -> Counter[dt.date]:
    """In how many sprints each weekday is."""
    days = (row.start + dt.timedelta(days=k) for row in rows for k in range((row.end - row.start).days + 1))  # type: ignore[operator]
    return Counter(day for day in days if day.weekday() < 5)


def test_the_parts_of_sprints_that_overlap_add_up() -> None:
    cleaned = clean(fc.History([at(0, 14, 5, "A", 2), at(0, 14, 7, "B", 4), at(14, 14, 6, "C", 6)]), START)
    assert drawn(cleaned) == [6, 6]
    assert [row.done for row in cleaned.drawn(is_whole=True).sprints] == [12, 6]


def test_a_second_sprint_of_nothing_beside_each_no_longer_halves_the_pace(tmp_path: Path) -> None:
    """5 items at 5 a sprint take one sprint; where every sprint counts twice, once as nothing, they do so every other time."""
    rows = "".join(
        f"Web,S{k},{first},{first + dt.timedelta(days=13)},5\nWeb,To do {k},{first},{first + dt.timedelta(days=11)},0\n"
        for k in range(8, 0, -1)
        for first in [START - FORTNIGHT * k]
    )
    write(tmp_path, TOML, features=ONE_FEATURE, throughput=f"team,sprint,start,end,done\n{rows}")
    cleaned, kept = (
        fc.simulate(*fc.read(tmp_path, clean=cleans), runs=4000, seed=SEED, throughput="bootstrap").finish
        for cleans in (True, False)
    )
    assert (cleaned == 10).all()
    assert abs((kept <= 10).mean() - 0.5) < 4.5 * standard_error(0.5, 4000)


def test_a_clearing_of_the_board_counts_as_much_as_the_next_largest() -> None:
    given = history(772, 11, 14, 7, 10, 12, 9, 13, 8, 10)
    cleaned = clean(given, START)
    assert drawn(cleaned) == [14, 11, 14, 7, 10, 12, 9, 13, 8, 10]
    assert cleaned.notes == (
        'Cut down in the history, clearings of a board: "Web", "S0" (772 done, at most 14 in the others).',
    )
    assert drawn(clean(history(772, 5000, 11, 14, 7, 10, 12, 9, 13, 8, 10), START))[:2] == [14, 14]
    assert clean(history(11, 14, 7, 10, 772), START).left_out == ()


def test_one_team_is_not_judged_by_another() -> None:
    both = fc.History([*history(400, 420, *[390] * 10).sprints, *history(*[3] * 12, team="API").sprints])
    assert clean(both, START) is both


# In a forecast ---------------------------------------------------------------------------------------------------------


def test_a_forecast_draws_what_is_left(tmp_path: Path) -> None:
    """With the running sprint of 0 a date would slip; --keep-all is as if nothing had been looked at."""
    rows = "Web,S1,2025-12-08,2025-12-21,5\nWeb,S2,2025-12-22,2026-01-04,5\nWeb,S3,2026-01-05,2026-01-18,0\n"
    write(tmp_path, TOML, features=ONE_FEATURE, throughput=f"team,sprint,start,end,done\n{rows}")
    roadmap, cleaned = fc.read(tmp_path)
    told = fc.simulate(roadmap, cleaned, runs=200, seed=SEED, throughput="bootstrap")
    assert (told.finish == 10).all()
    assert told.notes() == ['Left out of the history, not begun at the start: "Web", "S3".']
    assert told.provenance()["sprints_used"] == {"Web": 2}
    _, kept = fc.read(tmp_path, clean=False)
    assert kept.sprints == cleaned.sprints
    assert kept.left_out == ()
    whole = fc.simulate(roadmap, kept, runs=200, seed=SEED, throughput="bootstrap")
    assert whole.finish.max() > 10
    assert whole.notes() == []
    (ignored,) = read_portfolio(tmp_path).ignored
    assert (ignored.where, ignored.what) == ('throughput.csv: team "Web"', 'sprint "S3"')
    assert ignored.why == "it begins on 5 Jan 2026"
    assert fc.how_many(cleaned, "Web", sprints=1, runs=100, throughput="bootstrap").at_least(1) == 5


def test_the_command_line_keeps_all_when_it_is_told_to(tmp_path: Path) -> None:
    rows = "Web,S1,2025-12-22,2026-01-04,5\nWeb,S2,2026-01-05,2026-01-18,0\n"
    write(tmp_path, TOML, features=ONE_FEATURE, throughput=f"team,sprint,start,end,done\n{rows}")
    asked = ["run", str(tmp_path), "--runs", "200", "--throughput", "bootstrap", "--json"]
    cleaned, kept = CliRunner().invoke(cli, asked), CliRunner().invoke(cli, [*asked, "--keep-all"])
    assert cleaned.exit_code == kept.exit_code == 0
    assert cleaned.stderr.count("S2") == 1, "one sentence a kind, and no line a sprint besides"
    assert "Note: Left out of the history, not begun at the start" in cleaned.stderr
    assert "Left out" not in kept.stderr
    told = [json.loads(result.stdout) for result in (cleaned, kept)]
    assert [each["teams"][0]["sprints"] for each in told] == [1, 2]
    assert told[0]["notes"] == ['Left out of the history, not begun at the start: "Web", "S2".']


def test_the_roadmap_can_say_that_nothing_is_left_out(tmp_path: Path) -> None:
    rows = "Web,S1,2025-12-22,2026-01-04,5\nWeb,S2,2026-01-05,2026-01-18,0\n"
    write(tmp_path, "clean = false\n" + TOML, features=ONE_FEATURE, throughput=f"team,sprint,start,end,done\n{rows}")
    assert fc.read(tmp_path)[1].left_out == ()
    assert read_portfolio(tmp_path).ignored == ()
    assert len(fc.read(tmp_path, clean=True)[1].left_out) == 1


def test_a_history_given_in_python_is_drawn_as_it_is() -> None:
    given = history(5, 5, 0, until=START + FORTNIGHT)
    roadmap = fc.Roadmap(START, ["Web"], [fc.Feature("A", {"Web": 5})])
    assert fc.simulate(roadmap, given, runs=300, seed=SEED, throughput="bootstrap").finish.max() > 10


@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="the real portfolios are not beside the checkout")
def test_real_clearings_of_a_board_are_found_and_nothing_else() -> None:
    """April 2011: 2,092 items closed on three days, when the archive begins."""
    _, real = fc.read(SHARED_DATA / "titanium-2018-08-01")
    found = [
        (out.kind, out.sprint.team, str(out.sprint.start), out.sprint.done, out.drawn and out.drawn.done)
        for out in real.left_out
    ]
    assert found == [("bulk", "Android", "2011-04-11", 772, 110), ("bulk", "iOS", "2011-04-11", 896, 97)]


# The part for the roadmap ----------------------------------------------------------------------------------------------


def shared(*pairs: tuple[float, float | None]) -> fc.History:
    rows = history(*(done for done, _ in pairs)).sprints
    return fc.History(replace(row, done_roadmap=part) for row, (_, part) in zip(rows, pairs, strict=True))


def test_the_part_for_the_roadmap_is_what_is_drawn() -> None:
    roadmap = fc.Roadmap(START, ["Web"], [fc.Feature("A", {"Web": 12})])
    given = shared((10, 4), (3, 2), (8, 8))
    part = fc.simulate(roadmap, given, runs=500, seed=SEED, throughput="bootstrap")
    alone = fc.simulate(roadmap, history(4, 2, 8), runs=500, seed=SEED, throughput="bootstrap")
    whole = fc.simulate(roadmap, history(10, 3, 8), runs=500, seed=SEED, throughput="bootstrap")
    assert np.array_equal(part.finish, alone.finish)
    assert not np.array_equal(part.finish, whole.finish)
    assert [team["mean_done"] for team in part.to_dict()["teams"]] == [pytest.approx(14 / 3)]
    counted = fc.how_many(given, "Web", sprints=1, runs=900, seed=SEED, throughput="bootstrap")
    assert set(counted.counts) == {10, 3, 8}, "how many items a team finishes is asked of all its work"


def test_a_sprint_without_anything_done_has_no_part_either() -> None:
    assert drawn(shared((0, 0), (5, 0), (5, 5))) == [0, 0, 5]


def test_a_part_and_a_share_would_count_twice(tmp_path: Path) -> None:
    teams = [fc.Team("Web", share=0.5)]
    roadmap = fc.Roadmap(START, teams, [fc.Feature("A", {"Web": 12})])
    with pytest.raises(
        fc.Fault,
        match=r'team "Web": share = 0\.5 and done_roadmap; '
        "done_roadmap says what went to the roadmap already, sprint by sprint; remove the share, or the column",
    ):
        fc.simulate(roadmap, shared((5, 5)), runs=10)
    fc.simulate(replace(roadmap, teams=[fc.Team("Web")]), shared((5, 5)), runs=10, throughput="bootstrap")
    table = "team,start,end,done,done_roadmap\nWeb,2025-12-22,2026-01-04,5,4\n"
    write(tmp_path, TOML + '[[team]]\nname = "Web"\nshare = 0.5\n', features=ONE_FEATURE, throughput=table)
    with pytest.raises(fc.Refused, match=r'roadmap\.toml: team "Web": share = 0\.5 and done_roadmap'):
        fc.read(tmp_path)


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("5,6", "done_roadmap = 6, done = 5; it is the part of done that went to the roadmap, so it cannot be more"),
        ("5,-1", "done_roadmap = -1"),
        ("5,x", 'done_roadmap = "x"'),
        (
            "5,",
            "sprints with and without done_roadmap; fill in done_roadmap for all sprints of a team, or for none",
        ),
    ],
)
def test_a_part_that_cannot_be_is_refused(tmp_path: Path, row: str, fault: str) -> None:
    table = f"team,start,end,done,done_roadmap\nWeb,2025-12-08,2025-12-21,5,4\nWeb,2025-12-22,2026-01-04,{row}\n"
    write(tmp_path, TOML, features=ONE_FEATURE, throughput=table)
    with pytest.raises(fc.Refused) as refusal:
        fc.read(tmp_path)
    assert fault in str(refusal.value)
    assert len(refusal.value.faults) == 1


def test_a_cut_sprint_keeps_the_share_of_its_part() -> None:
    rows = history(1000, *[10.0] * 9).sprints
    halves = fc.History(replace(row, done_roadmap=row.done / 2) for row in rows)
    assert drawn(clean(halves, START)) == [5] * 10
