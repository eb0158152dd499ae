"""Charts of what-ifs, of where the days go, and of forecasts of the past: by what they draw."""

from __future__ import annotations

import datetime as dt
import re
from functools import cache
from pathlib import Path

import pytest
from helpers import SEED
from test_charts import crowded, day, marks, written

import forecast as fc
from forecast.charts import SIZES, canvas
from forecast.charts.trust import STATED
from forecast.impact_wording import say_slip

EXAMPLE = Path(__file__).parents[1] / "data" / "example"


@cache
def base() -> fc.Forecast:
    return fc.simulate(*fc.read(EXAMPLE), runs=1000, seed=SEED)


@cache
def impact() -> fc.Impact:
    gift = fc.Feature("SSO", {"Web": (5, 8, 14), "API": 10}, due="2026-04-30")
    return fc.compare(base(), base().again(base().roadmap.insert(gift, rank=1).without("Loyalty points")))


@cache
def explanation() -> fc.Explanation:
    return fc.explain(base())


def test_nothing_overlaps_or_falls_off() -> None:
    found = fc.backtest(base().history)
    frontier = fc.frontier(base(), fc.Feature("SSO", {"Web": 8}, due="2026-04-30"))
    for ax in (
        fc.charts.slips(impact()),
        fc.charts.days(explanation()),
        fc.charts.calibration(found),
        fc.charts.pit(found),
        fc.charts.frontier(frontier),
    ):
        assert crowded(ax) == []
    for size in SIZES.values():
        for ax in (
            fc.charts.slips(impact(), features=base().features[:20], size=size),
            fc.charts.days(explanation(), features=base().features[:20], size=size),
            fc.charts.calibration(found, size=size),
            fc.charts.pit(found, size=size),
            fc.charts.frontier(frontier, size=size),
        ):
            assert crowded(ax) == []


def test_a_slip_joins_the_dates_before_and_after() -> None:
    ax = fc.charts.slips(impact())
    rows = [label.get_text() for label in ax.get_yticklabels()]
    assert rows[0] == "SSO"
    assert "Loyalty points" in rows
    joined = {round(line.get_ydata()[0]): line.get_xdata() for line in ax.lines if len(line.get_xdata()) == 2}
    after = base().again(impact().after.roadmap)
    for name in ("Login", "Search", "Offline mode"):
        ends = [day(x) for x in joined[rows.index(name)]]
        assert ends == [base().date(name, 0.85), after.date(name, 0.85)]
    assert {round(y) for _, y in marks(ax, "s")} == {0}
    assert {round(y) for _, y in marks(ax, "X")} == {rows.index("Loyalty points")}


def test_flips_stand_out_and_slips_are_those_of_the_table() -> None:
    ax = fc.charts.slips(impact())
    texts = written(ax)
    assert impact().breaks
    assert sum(text.endswith("BREAKS") for text in texts) == len(impact().breaks)
    told = {row["name"]: row for row in impact().to_dict()["features"]}
    for name in impact().breaks:
        assert say_slip(told[name], 1000) in texts
    alarms = {round(line.get_ydata()[0]) for line in ax.lines if line.get_color() == canvas.ALARM}
    rows = [label.get_text() for label in ax.get_yticklabels()]
    assert {rows[place] for place in alarms} == set(impact().breaks)


def test_an_edit_that_moves_nothing_says_so() -> None:
    same = fc.compare(base(), base().again(base().roadmap))
    assert any("Nothing moves" in text for text in written(fc.charts.slips(same)))
    with pytest.raises(fc.Fault, match="in neither roadmap"):
        fc.charts.slips(impact(), features=["SOS"])


def test_the_days_add_up_to_the_mean_finish() -> None:
    ax = fc.charts.days(explanation())
    length: dict[int, float] = {}
    for bar in ax.patches:
        row = round(bar.get_y() + bar.get_height() / 2)
        length[row] = length.get(row, 0.0) + bar.get_width()
    for row, name in enumerate(base().features):
        assert length[row] == pytest.approx(base().finish[row].mean()), name
    hatched = {bool(bar.get_hatch()) for bar in ax.patches}
    assert hatched == {True, False}
    binder = explanation().bound_by("Offline mode")
    assert binder is not None
    assert any(text.startswith(f"{binder.name} ") and text.endswith("%") for text in written(ax))


def test_known_days_go_where_they_belong() -> None:
    """Ten items a sprint: B waits 5 days in line for A, then works 5; the vendor takes 3."""
    features = [fc.Feature("A", {"Web": 5}), fc.Feature("B", {"Web": 5}), fc.External("V", 3)]
    roadmap = fc.Roadmap("2026-01-05", ["Web"], features)
    forecast = fc.simulate(roadmap, fc.History.from_counts({"Web": [10]}), runs=20, throughput=fc.Bootstrap())
    ax = fc.charts.days(fc.explain(forecast))
    bars = sorted((round(b.get_y() + b.get_height() / 2), round(b.get_x()), round(b.get_width())) for b in ax.patches)
    assert bars == [(0, 0, 5), (1, 0, 5), (1, 5, 5), (2, 0, 3)]
    with pytest.raises(fc.Fault, match="no such feature"):
        fc.charts.days(fc.explain(forecast), features=["C"])


def test_calibration_shows_the_share_that_held_with_two_errors() -> None:
    found = fc.backtest(base().history)
    ax = fc.charts.calibration(found)
    dots = {round(x, 3): y for x, y in [*marks(ax, "o"), *marks(ax, "D")]}
    assert set(dots) == set(STATED)
    for level, share in dots.items():
        held = found.places().coverage(level, is_by_team=False)
        assert held is not None
        assert share == held.share
        bar = next(line for line in ax.lines if list(line.get_xdata()) == [level, level])
        assert list(bar.get_ydata()) == [max(0, held.share - 2 * held.error), min(1, held.share + 2 * held.error)]
    assert [round(x, 3) for x, _ in marks(ax, "D")] == [0.85]
    assert found.sentence.split(",")[0] in " ".join(written(ax))


def test_the_places_of_what_happened_are_ten_bars() -> None:
    found = fc.backtest(base().history)
    bars = fc.charts.pit(found).patches
    assert [bar.get_height() for bar in bars] == found.places().histogram(10)
    assert sum(bar.get_height() for bar in bars) == pytest.approx(1)


def test_too_little_history_is_said_and_nothing_is_drawn() -> None:
    found = fc.backtest(fc.History.from_counts({"Web": [3, 5, 2, 4, 3, 2, 5, 6, 4]}))
    if found.is_enough:
        pytest.skip("enough by now")
    ax = fc.charts.calibration(found)
    assert marks(ax, "o") == []
    assert any("Too few sprints" in text for text in written(ax))
    fc.charts.pit(found)


def test_the_frontier_marks_the_places_that_no_other_beats() -> None:
    found = fc.frontier(base(), fc.Feature("SSO", {"Web": (5, 8, 14), "API": 10}, due="2026-04-30"))
    ax = fc.charts.frontier(found)
    dots = {
        (day(line.get_xdata()[0]), line.get_ydata()[0], line.get_color())
        for line in ax.lines
        if line.get_marker() == "o" and len(line.get_xdata()) == 1
    }
    assert dots == {
        (each.date, each.harm, canvas.MIDDLE if each.is_best else canvas.PAPER) for each in found.positions if each.date
    }
    shown = {
        f"{each.rank}" if each.rank == each.last_rank else f"{each.rank} to {each.last_rank}" for each in found.best
    }
    assert shown & set(written(ax))
    choice = found.recommended
    assert choice.date
    assert [(day(x), y) for x, y in marks(ax, "D")] == [(choice.date, choice.harm)]
    bold = [text.get_text() for text in ax.texts if text.get_fontweight() == "bold"]
    assert (f"{choice.rank}" if choice.rank == choice.last_rank else f"{choice.rank} to {choice.last_rank}") in bold
    assert found.reason in " ".join(written(ax))


def test_ranks_that_come_to_the_same_share_a_label_that_no_mark_covers() -> None:
    """In the example the first ranks come to nearly the same, and the next mark stands where their label would."""
    example = fc.simulate(*fc.read(Path(__file__).parents[1] / "data" / "example"), runs=2_000, seed=0)
    found = fc.frontier(example, fc.Feature("SSO", {"API": (3, 5, 9), "Web": 8}, due="2026-06-30"))
    ax = fc.charts.frontier(found)
    ax.figure.canvas.draw()
    ranks = [text for text in ax.texts if re.fullmatch(r"\d+( to \d+)?", text.get_text())]
    assert ranks
    boxes = [text.get_window_extent() for text in ranks]
    for at, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[at + 1 :]), ranks[at].get_text()
    dots = [
        ax.transData.transform((line.get_xdata()[0], line.get_ydata()[0]))
        for line in ax.lines
        if len(line.get_xdata()) == 1
    ]
    covered = [
        (text.get_text(), *dot)
        for text, box in zip(ranks, boxes, strict=True)
        for dot in dots
        if box.padded(3).contains(*dot)
    ]
    assert not covered
    told = [
        rank for text in ranks for rank in range(int(text.get_text().split()[0]), int(text.get_text().split()[-1]) + 1)
    ]
    assert len(told) == len(set(told))  # each rank once


def test_positions_without_a_date_are_told() -> None:
    """A team that never finishes anything: no rank has a date."""
    roadmap = fc.Roadmap("2026-01-05", ["Web", "API"], [fc.Feature("A", {"Web": 5}), fc.Feature("B", {"API": 1})])
    history = fc.History.from_counts({"Web": [10], "API": [0, 0]})
    forecast = fc.simulate(roadmap, history, runs=20, throughput=fc.Bootstrap())
    found = fc.frontier(forecast, fc.Feature("C", {"API": 2}))
    ax = fc.charts.frontier(found)
    assert marks(ax, "o") == []
    assert f"{len(found.positions)} of them" in " ".join(written(ax))


def test_a_short_time_is_marked_in_weeks() -> None:
    ax = fc.charts.dates(base())
    canvas.lay_dates(ax, dt.date(2026, 8, 4), dt.date(2026, 8, 27))
    assert [label.get_text() for label in ax.get_xticklabels()] == ["10 Aug\n2026", "17 Aug\n", "24 Aug\n"]
