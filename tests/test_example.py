"""The example: it is what the script writes, it can be read, and it looks like a real portfolio."""

from __future__ import annotations

import datetime as dt
import statistics
import subprocess
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

import forecast as fc

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "data" / "example"


@cache
def example() -> tuple[fc.Roadmap, fc.History]:
    return fc.read(EXAMPLE)


@cache
def forecast() -> fc.Forecast:
    return fc.simulate(*example(), runs=4000)


def test_the_script_writes_what_is_committed(tmp_path: Path) -> None:
    script = ROOT / "scripts" / "make_example.py"
    subprocess.run([sys.executable, script, tmp_path], check=True)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert written == {path.name: path.read_bytes() for path in EXAMPLE.iterdir()}


def test_it_uses_what_a_roadmap_can_hold() -> None:
    roadmap, _ = example()
    features = [feature for feature in roadmap.features if isinstance(feature, fc.Feature)]
    assert len(roadmap.teams) == 5
    assert 22 <= len(roadmap.features) <= 28
    assert {feature.objective for feature in features} == {"Grow revenue", "Win enterprise", "Cut running cost"}
    assert [feature.name for feature in features if not feature.work] == ["Enterprise launch"]
    assert sum(isinstance(feature, fc.External) for feature in roadmap.features) == 3
    assert any(team.allocation for team in roadmap.teams)
    assert any(team.share < 1 for team in roadmap.teams)
    assert any(team.capacity for team in roadmap.teams)
    assert any(team.wip > 1 for team in roadmap.teams)
    assert any(team.finish_started for team in roadmap.teams)
    assert {team.sprint_days for team in roadmap.teams} == {None, 21}
    assert roadmap.risks
    assert roadmap.growth is not None
    assert roadmap.days_off
    assert any(link.team for link in roadmap.links)
    assert any(not link.team for link in roadmap.links)


def test_the_quick_start_of_the_docs_fits_it() -> None:
    roadmap, _ = example()
    gift = fc.Feature("Gift cards", work={"Web": (5, 8, 14)}, after=["Login"])
    assert roadmap.insert(gift, above="Checkout").rank("Gift cards") == roadmap.rank("Checkout")


@pytest.mark.parametrize("team", ["Web", "API", "Mobile", "Data", "Platform"])
def test_each_history_covers_sixty_weeks_without_a_gap(team: str) -> None:
    roadmap, history = example()
    sprints = history.of(team)
    days = {"Mobile": 21}.get(team, 14)
    assert len(sprints) == 60 * 7 // days
    for before, after in pairwise(sprints):
        assert before.end is not None
        assert after.start == before.end + dt.timedelta(days=1)
    assert sprints[-1].end is not None
    assert roadmap.start - dt.timedelta(days=10) < sprints[-1].end < roadmap.start


def test_the_history_has_the_traits_of_real_ones() -> None:
    _, history = example()
    done = {team: [row.done for row in history.of(team)] for team in history.teams}
    usual = {team: statistics.median(counts) for team, counts in done.items()}
    assert sum(0 in counts for counts in done.values()) >= 3
    assert any(max(counts) > 2 * usual[team] for team, counts in done.items())
    slump = done["API"][12:15]
    assert sum(slump) < 1.5 * usual["API"]
    holidays = [row.done for team in history.teams for row in history.of(team) if row.end == dt.date(2026, 1, 4)]
    assert sum(holidays) < 0.3 * sum(usual[team] for team in usual if team != "Mobile")


def test_most_promises_hold_and_some_do_not() -> None:
    roadmap, _ = example()
    chances = {feature.name: forecast().chance(feature.name) for feature in roadmap.promises}
    held = [name for name, chance in chances.items() if chance >= 0.85]
    assert len(chances) >= 12
    assert len(chances) / 2 < len(held) < len(chances)
    assert sum(0.4 < chance < 0.85 for chance in chances.values()) >= 2
    assert 1 <= sum(chance < 0.2 for chance in chances.values()) <= 2


def test_the_top_of_the_roadmap_is_done_within_the_year() -> None:
    dates = [forecast().date(name, 0.85) for name in forecast().features[:15]]
    assert all(date is not None and date <= dt.date(2026, 12, 31) for date in dates)
