"""The studio: two processes draw what one does, to the byte, and whatever happens to the helper."""

from __future__ import annotations

import subprocess
import sys
from functools import partial

import matplotlib as mpl
import pytest
from helpers import SEED

import forecast as fc
from forecast.report import studio
from forecast.report.pictures import Drawn, Shot, draw_shot
from forecast.report.studio import Studio

COUNT = 6


def shots() -> list[Shot]:
    """Charts of a small forecast, each of another feature."""
    features = [fc.Feature(f"Feature {n}", {"Web": 2 + n}, due="2026-03-02") for n in range(COUNT)]
    history = fc.History.from_counts({"Web": [3, 5, 0, 4] * 4})
    forecast = fc.simulate(fc.Roadmap("2026-01-05", ["Web"], features), history, runs=100, seed=SEED)
    return [
        Shot(f"curve-{n}", "features", f"Feature {n}", partial(fc.charts.s_curve, forecast, feature=f"Feature {n}"))
        for n in range(COUNT)
    ]


def files(drawn: tuple[Drawn, ...]) -> list[tuple[object, ...]]:
    return [(each.shot.name, each.svg, each.png, each.width, each.height, each.missing) for each in drawn]


def test_the_helper_draws_the_same_bytes() -> None:
    asked = shots()
    alone = [draw_shot(each) for each in asked]
    todo, found = studio.deque(range(COUNT)), {}
    with Studio(has_helper=True) as helped:
        helped._hand_over(asked, todo, found)  # all of them, without this process
    assert not todo
    assert sorted(found) == list(range(COUNT))
    assert files(tuple(found[at] for at in range(COUNT))) == files(tuple(alone))


def test_both_draw_each_chart_once_and_in_order() -> None:
    asked, told = shots(), []
    with Studio(has_helper=True) as helped:
        drawn = helped.draw(asked, lambda done, count: told.append((done, count)))
    assert [each.shot for each in drawn] == asked
    assert files(drawn) == files(tuple(map(draw_shot, asked)))
    assert told == sorted(told)
    assert told[-1] == (COUNT, COUNT)
    assert helped.helper is not None
    assert helped.helper.poll() is not None  # it does not stay behind


def test_settings_of_the_chart_library_reach_the_helper() -> None:
    with mpl.rc_context({"lines.linewidth": 7.5}), Studio(has_helper=True) as helped:
        asked = shots()
        found: dict[int, Drawn] = {}
        helped._hand_over(asked, studio.deque(range(2)), found)
        assert files(tuple(found[at] for at in range(2))) == files(tuple(map(draw_shot, asked[:2])))


@pytest.mark.parametrize("command", ["raise SystemExit(1)", "print('no pickle', flush=True); input()"])
def test_what_a_helper_fails_at_is_drawn_without_it(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = subprocess.PIPE
    monkeypatch.setattr(
        studio, "_start", lambda: subprocess.Popen([sys.executable, "-c", command], stdin=pipe, stdout=pipe)
    )
    asked = shots()
    with Studio(has_helper=True) as helped:
        assert files(helped.draw(asked)) == files(tuple(map(draw_shot, asked)))


def test_what_cannot_be_sent_is_drawn_without_a_helper() -> None:
    asked = shots()
    unsent = [Shot(each.name, each.chapter, each.alt, lambda each=each: each.draw()) for each in asked]
    with Studio(has_helper=True) as helped:
        assert files(helped.draw(unsent)) == files(tuple(map(draw_shot, asked)))


def test_a_python_that_is_not_there_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/python/here")
    with Studio(has_helper=True) as alone:
        assert alone.helper is None
        assert len(alone.draw(shots())) == COUNT


def test_a_fault_of_a_chart_is_raised_as_ever() -> None:
    broken = [Shot("broken", "features", "", partial(fc.charts.s_curve, None, feature="none"))]
    with pytest.raises(AttributeError), Studio(has_helper=False) as alone:
        alone.draw(broken)


def test_one_core_or_a_few_features_take_no_helper(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio.os, "sched_getaffinity", lambda _: {0}, raising=False)
    assert not studio.can_help()
    monkeypatch.setattr(studio.os, "sched_getaffinity", lambda _: {0, 1})
    assert studio.can_help()
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert not studio.can_help()

    monkeypatch.setattr(
        "forecast.report.Studio", lambda has_helper: pytest.fail("a helper") if has_helper else Studio(has_helper=False)
    )
    forecast = fc.simulate(
        fc.Roadmap("2026-01-05", ["Web"], [fc.Feature("Only", {"Web": 5})]),
        fc.History.from_counts({"Web": [3, 0]}),
        runs=100,
        seed=SEED,
    )
    assert fc.make_report(forecast).drawn
