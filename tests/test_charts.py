"""Charts, by what they draw: where bars, marks and lines stand, what is written, and that nothing overlaps or falls off."""

from __future__ import annotations

import datetime as dt
import io
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import SEED, standard_error
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.dates import num2date
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

import forecast as fc
from forecast.burnup import burn_up
from forecast.charts import canvas, paging
from forecast.charts.canvas import DARK, LIGHT, MIDDLE, SIZES, Picture, fit, fold, measure, spread
from forecast.phrases import say_date

ROOT = Path(__file__).parents[1]
LONG = "A feature whose name was written by a committee that met on several afternoons and agreed on every word of it, "
HOSTILE = (
    "<script>alert(1)</script>",
    "</text></svg><b>",
    "$\\frac{1}{0}$ \"quoted\" 'n' & more",
    "=cmd|' /C calc'!A0",
    "right \u202eto left\u202c red",
    "עברית العربية",
    "漢字 日本語 한국어",
    "हिन्दी ไทย",
    LONG * 2 + "one",
    LONG * 2 + "two",
)


@cache
def example() -> fc.Forecast:
    return fc.simulate(*fc.read(ROOT / "data" / "example"), runs=1000, seed=SEED)


@cache
def certain() -> fc.Forecast:
    """Ten items every sprint: every finish is known. Login ends on day 5, Checkout (after it) on day 10, Search on 25."""
    features = [
        fc.Feature("Login", {"Web": 5}, due="2026-01-09"),
        fc.Feature("Checkout", {"Web": 5}, after=["Login"], due="2026-01-15"),
        fc.Feature("Search", {"Web": 15}, due="2026-02-20", promised=False),
        fc.External("Vendor", 3),
    ]
    return fc.simulate(
        fc.Roadmap("2026-01-05", ["Web"], features),
        fc.History.from_counts({"Web": [10, 10]}),
        runs=50,
        throughput=fc.Bootstrap(),
    )


@cache
def of(count: int, objectives: int = 0) -> fc.Forecast:
    """So many features of two teams, every third due, every fourth waiting for one before it."""
    tail = " with a long tail of words that say little" * 4
    names = [f"Feature {n}{tail if n % 7 == 0 else ''}" for n in range(count)]
    features = [
        fc.Feature(
            names[n],
            {"Web" if n % 2 else "API": 2 + n % 3},
            after=[names[n - 1]] if n % 4 == 2 else [],
            due=dt.date(2026, 1, 5) + dt.timedelta(days=3 * n) if n % 3 == 0 else None,
            objective=f"Objective {n % objectives}" if objectives and n % 5 else None,
        )
        for n in range(count)
    ]
    history = fc.History.from_counts({"Web": [10, 12, 8, 3, 15], "API": [9, 0, 14, 11]})
    return fc.simulate(
        fc.Roadmap("2026-01-05", ["Web", "API"], features), history, runs=200, seed=SEED, throughput=fc.Bootstrap()
    )


@cache
def hostile() -> fc.Forecast:
    features = [fc.Feature(name, {"<b>Web</b>": n + 1}, due="2026-02-02") for n, name in enumerate(HOSTILE)]
    roadmap = fc.Roadmap("2026-01-05", ["<b>Web</b>", "$API$ 漢"], features)
    return fc.simulate(
        roadmap,
        fc.History.from_counts({"<b>Web</b>": [3, 5, 0], "$API$ 漢": [1, 2]}),
        runs=100,
        throughput=fc.Bootstrap(),
    )


def all_charts(forecast: fc.Forecast) -> Iterator[Axes]:
    """Every chart of a forecast, each on a picture of its own."""
    team = forecast.roadmap.teams[0].name
    yield fc.charts.dates(forecast)
    yield fc.charts.heatmap(forecast)
    yield fc.charts.s_curve(forecast, feature=forecast.features[0])
    yield fc.charts.burn_up(forecast)
    yield fc.charts.burn_up(forecast, team=team)
    yield fc.charts.throughput(forecast, team=team)


def figure_of(ax: Axes) -> Figure:
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure


def written(ax: Axes) -> list[str]:
    """All texts of a picture that are not empty."""
    figure_of(ax).draw_without_rendering()
    return [text.get_text() for text in figure_of(ax).findobj(Text) if text.get_visible() and text.get_text().strip()]


def svg(ax: Axes) -> str:
    stream = io.BytesIO()
    figure_of(ax).savefig(stream, format="svg")
    return stream.getvalue().decode("utf-8")


def day(x: float) -> dt.date:
    return num2date(x).date()


# Labels ----------------------------------------------------------------------------------------------------------------


def crowded(ax: Axes) -> list[str]:
    """Texts that lie over another one, or (in part) outside of the picture."""
    figure = figure_of(ax)
    figure.draw_without_rendering()
    texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    boxes = np.array([text.get_window_extent().extents for text in texts])
    width, height = figure.bbox.width, figure.bbox.height
    out = (boxes[:, :2] < -1).any(axis=1) | (boxes[:, 2] > width + 1) | (boxes[:, 3] > height + 1)
    found = [f"{texts[at].get_text()!r} falls off" for at in np.flatnonzero(out)]
    for at, box in enumerate(boxes):
        left, low, right, high = (boxes[at + 1 :, side] for side in range(4))
        over = np.minimum(right, box[2]) - np.maximum(left, box[0]) > 1
        over &= np.minimum(high, box[3]) - np.maximum(low, box[1]) > 1
        found += [f"{texts[at].get_text()!r} over {texts[at + 1 + n].get_text()!r}" for n in np.flatnonzero(over)]
    return found


@pytest.mark.parametrize("count", [1, 5, 40])
def test_no_label_overlaps_or_falls_off(count: int) -> None:
    for ax in all_charts(of(count)):
        assert crowded(ax) == []


def test_no_label_overlaps_or_falls_off_with_300_features_on_one_picture() -> None:
    forecast = of(300)
    for ax in (fc.charts.dates(forecast), fc.charts.heatmap(forecast)):
        assert crowded(ax) == []
        assert len(ax.get_yticklabels()) == 300


@pytest.mark.parametrize("size", list(SIZES))
@pytest.mark.parametrize("count", [5, 300])
def test_no_label_overlaps_or_falls_off_on_slides(size: str, count: int) -> None:
    forecast = of(count, objectives=3)
    page = fc.charts.pages(forecast, SIZES[size])[0]
    for draw in (fc.charts.dates, fc.charts.heatmap):
        ax = draw(forecast, features=page.features, size=SIZES[size])
        assert crowded(ax) == []
        assert tuple(figure_of(ax).get_size_inches()) == pytest.approx(SIZES[size])
    for ax in (
        fc.charts.s_curve(forecast, feature=page.features[0], size=SIZES[size]),
        fc.charts.burn_up(forecast, team="Web", size=SIZES[size]),
        fc.charts.throughput(forecast, team="API", size=SIZES[size]),
    ):
        assert crowded(ax) == []


def test_no_label_overlaps_or_falls_off_in_the_example_and_with_hostile_names() -> None:
    for forecast in (example(), hostile()):
        for ax in all_charts(forecast):
            assert crowded(ax) == []


def test_what_overlaps_or_falls_off_is_found() -> None:
    ax = fc.charts.dates(certain())
    ax.text(0.5, 0.5, "one over", transform=ax.transAxes)
    ax.text(0.5, 0.5, "the other", transform=ax.transAxes)
    ax.text(1.5, 0.5, "outside", transform=ax.transAxes)
    assert crowded(ax) == ["'outside' falls off", "'one over' over 'the other'"]


# Dates -----------------------------------------------------------------------------------------------------------------


def bars(ax: Axes, color: str) -> list[tuple[int, dt.date, dt.date]]:
    """Bars of a colour: the row, from when, until when."""
    wanted = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    of_color = [patch for patch in wanted if np.allclose(patch.get_facecolor()[:3], tuple_of(color))]
    found = [
        (round(patch.get_y() + patch.get_height() / 2), day(patch.get_x()), day(patch.get_x() + patch.get_width()))
        for patch in of_color
    ]
    return sorted(found)


def tuple_of(color: str) -> tuple[float, ...]:
    return tuple(int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))


def marks(ax: Axes, marker: Any) -> list[tuple[float, float]]:
    """Where marks of a shape stand."""
    return [
        (float(x), float(y))
        for line in ax.lines
        if line.get_marker() == marker
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
    ]


def test_bars_run_from_level_to_level_and_dots_stand_at_the_first() -> None:
    forecast = example()
    ax = fc.charts.dates(forecast)
    dates = [[forecast.date(name, level) for level in (0.5, 0.85, 0.95)] for name in forecast.features]
    assert bars(ax, MIDDLE) == [(row, each[0], each[1]) for row, each in enumerate(dates)]
    assert bars(ax, LIGHT) == [(row, each[1], each[2]) for row, each in enumerate(dates)]
    assert sorted((round(y), day(x)) for x, y in marks(ax, "o")) == [(row, each[0]) for row, each in enumerate(dates)]


def test_known_answers_stand_where_they_belong() -> None:
    ax = fc.charts.dates(certain())
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Login", "Checkout", "Search", "Vendor"]
    expected = [dt.date(2026, 1, 9), dt.date(2026, 1, 16), dt.date(2026, 2, 6), dt.date(2026, 1, 7)]
    assert [day(x) for x, _ in marks(ax, "o")] == expected
    texts = written(ax)
    for date in expected:
        assert say_date(date) in texts
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the most important on top


def test_due_marks_stand_at_the_due_dates_and_tell_what_does_not_hold() -> None:
    ax = fc.charts.dates(certain())
    due = {day(x): round(y + 0.2) for x, y in marks(ax, "v")}
    assert due == {dt.date(2026, 1, 9): 0, dt.date(2026, 1, 15): 1, dt.date(2026, 2, 20): 2}
    filled = [line for line in ax.lines if line.get_marker() == "v" and line.get_color() == canvas.ALARM]
    assert [day(line.get_xdata()[0]) for line in filled] == [dt.date(2026, 1, 15)]  # one day short
    assert [text for text in written(ax) if text.endswith("NO")] == ["< 6 % NO"]


def test_links_lead_from_what_is_waited_for() -> None:
    ax = fc.charts.dates(certain())
    links = [line for line in ax.lines if len(line.get_xdata()) == 3]
    assert len(links) == 1
    assert list(links[0].get_ydata()) == [0, 1, 1]
    assert [day(x) for x in links[0].get_xdata()] == [dt.date(2026, 1, 9), dt.date(2026, 1, 9), dt.date(2026, 1, 16)]


def test_what_never_ends_is_drawn_as_an_arrow_and_said() -> None:
    features = [fc.Feature("Never", {"API": 3}, due="2026-02-02"), fc.Feature("Soon", {"Web": 5})]
    history = fc.History.from_counts({"Web": [10], "API": [0, 0]})
    ax = fc.charts.dates(
        fc.simulate(fc.Roadmap("2026-01-05", ["Web", "API"], features), history, runs=20, throughput=fc.Bootstrap())
    )
    assert [round(y) for _, y in marks(ax, 9)] == [0]
    assert {"no date", "never NO", "later, or never"} <= set(written(ax))
    assert [row for row, _, _ in bars(ax, MIDDLE)] == [1]


def test_one_late_feature_does_not_squeeze_all_others() -> None:
    features = [*(fc.Feature(f"F{n}", {"Web": 5}) for n in range(6)), fc.External("Very late", 2000)]
    forecast = fc.simulate(
        fc.Roadmap("2026-01-05", ["Web"], features),
        fc.History.from_counts({"Web": [10]}),
        runs=10,
        throughput=fc.Bootstrap(),
    )
    ax = fc.charts.dates(forecast)
    assert day(ax.get_xlim()[1]) < dt.date(2026, 7, 1)
    assert [round(y) for _, y in marks(ax, 9)] == [6]
    assert say_date(forecast.date("Very late", 0.85)) in written(ax)


def test_levels_are_those_that_are_asked_for() -> None:
    forecast = example()
    ax = fc.charts.dates(forecast, levels=(0.2, 0.4, 0.6))
    name = forecast.features[0]
    assert bars(ax, MIDDLE)[0] == (0, forecast.date(name, 0.2), forecast.date(name, 0.4))
    assert {"20 % sure", "to 40 %", "to 60 %"} <= set(written(ax))
    for levels in [(0.5, 0.85), (0.9, 0.5, 0.95), (0.5, 85, 95)]:
        with pytest.raises(fc.Fault):
            fc.charts.dates(forecast, levels=levels)


# Heatmap ---------------------------------------------------------------------------------------------------------------


def test_cells_hold_the_chance_at_the_end_of_each_month() -> None:
    forecast = example()
    ax = fc.charts.heatmap(forecast)
    shades = next(each for each in ax.collections if isinstance(each, QuadMesh)).get_array()
    assert shades is not None
    columns = [label.get_text().split("\n")[0] for label in ax.get_xticklabels()]
    assert columns[:4] == ["Jan", "Feb", "Mar", "Apr"]
    for row, name in enumerate(forecast.features):
        assert shades[row][2] == forecast.chance(name, by="2026-03-31")
    march = {round(text.get_position()[1]): text.get_text() for text in ax.texts if text.get_position()[0] == 2.5}
    assert march[forecast.features.index("Payments")] == str(int(100 * forecast.chance("Payments", by="2026-03-31")))


def test_a_line_stands_where_the_promise_level_is_reached_and_a_mark_in_the_month_of_the_due_date() -> None:
    ax = fc.charts.heatmap(certain())
    reached = [(round(p.get_y() + 0.5), round(p.get_x() + 0.04)) for p in ax.patches if isinstance(p, Rectangle)]
    assert sorted(reached) == [(0, 0), (1, 0), (2, 1), (3, 0)]  # Search in February, the others in January
    assert sorted((round(y), int(x)) for x, y in marks(ax, "v")) == [(0, 0), (1, 0), (2, 1)]


def test_many_years_are_told_in_longer_periods() -> None:
    features = [fc.Feature(f"F{n}", {"Web": 40}) for n in range(30)]
    forecast = fc.simulate(
        fc.Roadmap("2026-01-05", ["Web"], features),
        fc.History.from_counts({"Web": [10]}),
        runs=10,
        throughput=fc.Bootstrap(),
    )
    ax = fc.charts.heatmap(forecast)
    assert len(ax.get_xticklabels()) <= 15
    assert "half-year" in written(ax)[0] + "".join(written(ax))
    ends, step = fc.charts.roadmaps._ends(dt.date(2026, 1, 5), dt.date(2026, 12, 31), 15)
    assert (len(ends), step, ends[0], ends[-1]) == (12, 1, dt.date(2026, 1, 31), dt.date(2026, 12, 31))
    ends, step = fc.charts.roadmaps._ends(dt.date(2026, 2, 5), dt.date(2028, 2, 3), 15)
    assert (step, ends[0], ends[-1]) == (3, dt.date(2026, 3, 31), dt.date(2028, 3, 31))


# S-curve ---------------------------------------------------------------------------------------------------------------


def test_the_curve_is_the_share_of_runs_done_by_each_day() -> None:
    forecast = example()
    ax = fc.charts.s_curve(forecast, feature="Checkout")
    curve = max(ax.lines, key=lambda line: len(line.get_xdata()))
    for x, y in zip(curve.get_xdata()[1:-1], curve.get_ydata()[1:-1], strict=True):
        assert y == forecast.chance("Checkout", by=day(x))
    assert [(day(x), y) for x, y in marks(ax, "o")] == [
        (forecast.date("Checkout", level), level) for level in (0.5, 0.85, 0.95)
    ]
    assert [(day(x), y) for x, y in marks(ax, "s")] == [(dt.date(2026, 3, 27), forecast.chance("Checkout"))]
    assert f"85 %: {say_date(forecast.date('Checkout', 0.85))}" in written(ax)


def test_a_curve_of_several_features_together_needs_no_name() -> None:
    forecast = example().together(["Login", "Checkout"])
    ax = fc.charts.s_curve(forecast)
    assert "Login + Checkout" in written(ax)
    with pytest.raises(fc.Fault, match="say which"):
        fc.charts.s_curve(example())


def test_curve_counts_runs() -> None:
    days, shares = certain().curve("Checkout")
    assert len(days) == 10
    assert shares.tolist() == [0.0] * 9 + [1.0]


# Burn-up ---------------------------------------------------------------------------------------------------------------


def test_a_constant_team_burns_up_in_a_straight_line() -> None:
    found = burn_up(certain(), "Web")
    assert found.done.tolist() == [[10.0 * (n + 1) for n in range(len(found.ends))]] * 5
    assert found.ends[:2] == (dt.date(2026, 1, 16), dt.date(2026, 1, 30))
    assert found.work.tolist() == [25.0] * 5
    assert [done for _, done in found.past] == [10.0, 20.0]


def test_planned_changes_share_and_days_off_are_in_the_burn_up() -> None:
    team = fc.Team("Web", share=0.5, capacity=[fc.Capacity("2026-01-19", "2026-01-30", 0.0)], days_off=["2026-01-05"])
    roadmap = fc.Roadmap("2026-01-05", [team], [fc.Feature("F", {"Web": 30})], unit="points")
    found = burn_up(
        fc.simulate(roadmap, fc.History.from_counts({"Web": [10, 10]}), runs=10, throughput=fc.Bootstrap()), "Web"
    )
    assert found.done[0][:4] == pytest.approx([4.5, 4.5, 9.5, 14.5])


def test_levels_of_the_burn_up_are_those_of_sums_of_sprints() -> None:
    """Sprints of 0 or 10, evenly: after two, 0, 10, 20 with chances 1/4, 1/2, 1/4."""
    roadmap = fc.Roadmap("2026-01-05", ["Web"], [fc.Feature("F", {"Web": 60})])
    forecast = fc.simulate(
        roadmap, fc.History.from_counts({"Web": [0, 10]}), runs=4000, seed=SEED, throughput=fc.Bootstrap()
    )
    margin = 4.9 * standard_error(0.25, 4000)
    found = burn_up(forecast, "Web", levels=(0.25 - margin, 0.25 + margin, 0.75 - margin, 0.75 + margin))
    assert found.done[:, 1].tolist() == [20.0, 10.0, 10.0, 0.0]


def test_the_burn_up_of_the_roadmap_counts_features() -> None:
    forecast = example()
    found = burn_up(forecast)
    for place, end in enumerate(found.ends[::5]):
        assert found.done[3][place * 5] == forecast.count(by=end, level=0.85)
    ax = fc.charts.burn_up(forecast)
    line = next(line for line in ax.lines if line.get_linestyle() == "-" and line.get_color() == DARK)
    assert list(line.get_ydata())[1:] == found.done[2].tolist()
    assert [day(x) for x in line.get_xdata()[1:]] == list(found.ends)


def test_the_past_joins_the_fan() -> None:
    forecast = example()
    found = burn_up(forecast, "Web")
    ax = fc.charts.burn_up(forecast, team="Web")
    past = next(line for line in ax.lines if line.get_color() == canvas.INK and len(line.get_xdata()) > 5)
    assert [day(x) for x in past.get_xdata()] == [end for end, _ in found.past]
    fan = [line for line in ax.lines if line.get_color() == DARK]
    assert len(fan) == 5
    assert {float(line.get_ydata()[0]) for line in fan} == {found.past[-1][1]}
    assert f"85 % sure of +{int(found.done[3][-1]):,}" in written(ax)


@pytest.mark.parametrize("team", ["Wep", "", 7])
def test_an_unknown_team_is_refused(team: Any) -> None:
    for draw in (fc.charts.burn_up, fc.charts.throughput):
        with pytest.raises(fc.Fault):
            draw(example(), team=team)


# Throughput ------------------------------------------------------------------------------------------------------------


def test_bars_are_what_was_finished_and_hatched_when_it_is_left_out() -> None:
    roadmap, history = fc.read(ROOT / "data" / "example")
    forecast = fc.simulate(roadmap, history, runs=10, throughput=fc.Bootstrap(window=12))
    ax = fc.charts.throughput(forecast, team="Web")
    drawn = sorted((round(p.get_x() + 0.4), p.get_height(), bool(p.get_hatch())) for p in ax.patches)
    rows = history.of("Web")
    assert drawn == [(place, row.done, place < len(rows) - 12) for place, row in enumerate(rows)]
    assert any("12 of 30 sprints; 18 are older" in text for text in written(ax))
    zeros = [place for place, row in enumerate(rows) if row.done == 0]
    assert [round(x) for x, _ in marks(ax, "x")] == zeros
    assert "left out" in written(ax)


def test_a_team_without_history_is_said_to_have_none() -> None:
    roadmap = fc.Roadmap("2026-01-05", ["Web", "API"], [fc.Feature("F", {"API": 3})])
    forecast = fc.simulate(roadmap, fc.History.from_counts({"Web": [1]}), runs=10, throughput=fc.Bootstrap())
    assert any("no history" in text for text in written(fc.charts.throughput(forecast, team="API")))
    assert burn_up(forecast, "API").done.max() == 0
    fc.charts.burn_up(forecast, team="API")


# Pages and sizes -------------------------------------------------------------------------------------------------------


def test_pages_hold_every_feature_once_and_group_by_objective() -> None:
    forecast = of(300, objectives=3)
    for size in (None, *SIZES.values()):
        pages = fc.charts.pages(forecast, size)
        names = [name for page in pages for name in page.features]
        assert sorted(names) == sorted(forecast.features)
        most = paging.MOST_ROWS if size is None else paging.rows_that_fit(size)
        assert all(len(page.features) <= most for page in pages)
        for page in pages:
            found = {forecast.roadmap.feature(name).objective or "no objective" for name in page.features}
            assert found == {page.title}
    assert [str(page) for page in fc.charts.pages(of(40))] == [""]
    assert str(fc.charts.pages(of(300))[1]) == ", 2 of 8"


def test_more_rows_than_a_size_can_hold_are_refused() -> None:
    with pytest.raises(fc.Fault, match="pages"):
        fc.charts.dates(of(300), size=SIZES["slide"])
    with pytest.raises(fc.Fault, match="no such feature"):
        fc.charts.dates(example(), features=["Chekout"])
    with pytest.raises(fc.Fault, match="at least one"):
        fc.charts.heatmap(example(), features=[])


def test_axes_that_are_given_are_drawn_on() -> None:
    figure = Figure(figsize=(14, 16), layout=None)
    for place, draw in enumerate((fc.charts.dates, fc.charts.heatmap, fc.charts.burn_up), start=1):
        ax = figure.add_subplot(3, 1, place)
        assert draw(certain(), ax) is ax
    figure.savefig(io.BytesIO())
    assert figure.get_size_inches().tolist() == [14, 16]


# Bytes and characters --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
def test_the_same_picture_is_the_same_bytes(kind: str, tmp_path: Path) -> None:
    for time in ("one", "two"):
        fc.charts.dates(example()).figure.savefig(tmp_path / f"{time}.{kind}")
    data = (tmp_path / f"one.{kind}").read_bytes()
    assert data == (tmp_path / f"two.{kind}").read_bytes()
    assert len(data) > 10_000
    assert b"2026-11" not in data


def test_texts_of_an_svg_are_texts_and_nothing_in_them_acts() -> None:
    for ax in all_charts(hostile()):
        root = ET.fromstring(svg(ax))
        tags = {element.tag.rsplit("}", 1)[-1] for element in root.iter()}
        assert not tags & {"script", "foreignObject", "a", "image", "b"}
        assert "text" in tags
        assert not any(name.lower().startswith("on") for element in root.iter() for name in element.attrib)
    texts = {text for text in ET.fromstring(svg(fc.charts.dates(hostile()))).itertext() if text.strip()}
    assert {HOSTILE[0], HOSTILE[1], HOSTILE[2], HOSTILE[3], HOSTILE[6]} <= texts
    assert not any("\u202e" in text or "\x1b" in text for text in texts)


def test_characters_that_no_font_has_are_escapes_in_a_png_and_themselves_in_an_svg(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(canvas, "FALLBACKS", ())
    canvas.find_fonts.cache_clear()
    try:
        roadmap = fc.Roadmap("2026-01-05", ["Web"], [fc.Feature("漢字", {"Web": 3})])
        ax = fc.charts.dates(
            fc.simulate(roadmap, fc.History.from_counts({"Web": [3]}), runs=10, throughput=fc.Bootstrap())
        )
        assert "\\u6f22\\u5b57" in written(ax)
        assert "漢字" in svg(ax)
        assert "\\u6f22\\u5b57" in written(ax)
        figure = figure_of(ax)
        assert isinstance(figure, Picture)
        assert figure.missing == {"漢", "字"}
        figure.savefig(io.BytesIO(), format="png")  # no warning of a missing glyph
    finally:
        canvas.find_fonts.cache_clear()


def test_long_names_are_shortened_in_the_middle_so_that_they_differ() -> None:
    names = [label.get_text() for label in fc.charts.dates(hostile()).get_yticklabels()]
    assert len(set(names)) == len(HOSTILE)
    assert all(measure(name) <= 3.0 for name in names)
    assert fit("short", 3.0) == "short"
    assert fit("x" * 100, 0.5).count("…") == 1
    assert fold("one two three", 0.4) == ["one", "two", "three"]
    assert fold("one two three", 9) == ["one two three"]


def test_levels_are_told_by_lightness_too() -> None:
    dark, middle, light = (sum(tuple_of(color)) / 3 for color in (DARK, MIDDLE, LIGHT))
    assert dark + 0.2 < middle < light - 0.2


def test_places_are_spread_as_little_as_needed() -> None:
    assert spread([1, 5, 9], 1) == [1, 5, 9]
    assert spread([5, 5], 2) == [4, 6]
    assert spread([3, 1, 1.5], 1) == pytest.approx([3, 0.75, 1.75])
    for count in range(1, 6):
        places = spread([0.1 * (n % 2) for n in range(count)], 1)
        assert np.diff(sorted(places)).min(initial=9) >= 1 - 1e-9


def test_charts_never_touch_pyplot() -> None:
    import subprocess
    import sys

    code = "import forecast as fc; fc.charts.dates; import sys; print('matplotlib.pyplot' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert told.stdout == "False\n"
