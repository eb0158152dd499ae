"""A better order: known answers, brute force, laws on random portfolios, and the page, JSON and CSV."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from helpers import SEED, SHARED_DATA
from portfolios import seeded

import forecast as fc
from forecast.aim import Aim, read_aim
from forecast.arrangement import Arrangement, count_moved, find_place
from forecast.cli import cli
from forecast.ordering_page import render_ordering, say_ordering
from forecast.rehearsal import Rehearsal

MONDAY = "2026-01-05"
FRIDAY = "2026-01-16"
"""The tenth working day."""

EXAMPLE = str(Path(__file__).parents[1] / "data" / "example")
PORTFOLIOS = sorted(SHARED_DATA.glob("titanium-20*"))


def steady(*features: fc.Feature | fc.External, runs: int = 20, **settings: Any) -> fc.Forecast:
    """Teams A and B, which finish an item a working day."""
    history = fc.History.from_counts({"A": [10], "B": [10]})
    roadmap = fc.Roadmap(MONDAY, ["A", "B"], features, handoff="immediate", **settings)
    return fc.simulate(roadmap, history, runs=runs, seed=SEED, throughput="bootstrap")


def shaky(*features: fc.Feature | fc.External, runs: int = 300) -> fc.Forecast:
    """Teams A and B, whose sprints vary."""
    history = fc.History.from_counts({"A": [4, 9, 10, 17], "B": [2, 8, 11, 19]})
    roadmap = fc.Roadmap(MONDAY, ["A", "B"], features)
    return fc.simulate(roadmap, history, runs=runs, seed=SEED, throughput="bootstrap")


# Known answers -------------------------------------------------------------------------------------------------------


def test_a_planted_bad_order_is_mended_for_value() -> None:
    """Ten days are enough for the small ones, which are worth 3 and 4, and not for the large one on top of them."""
    base = steady(
        fc.Feature("Large", {"A": 20}, value=5),
        fc.Feature("Small", {"A": 4}, value=3),
        fc.Feature("Tiny", {"A": 2}, value=4),
    )
    found = fc.order(base, "value", by=FRIDAY)
    assert (found.before, found.after, found.gain, found.gain_se) == (0, 7, 7, 0)
    assert found.is_better
    assert found.is_complete
    assert found.names == ("Small", "Tiny", "Large")  # one move, where two would do no better
    assert found.moved == 1
    assert [(move.name, move.rank_before, move.rank_after, move.share) for move in found.moves] == [("Large", 1, 3, 1)]


def test_a_planted_bad_order_is_mended_for_the_cost_of_delay() -> None:
    """Weighted shortest job first, by hand: per day 4/2, 3/4, 5/20; done on days 2, 6 and 26."""
    base = steady(
        fc.Feature("Large", {"A": 20}, cost_of_delay=5),
        fc.Feature("Small", {"A": 4}, cost_of_delay=3),
        fc.Feature("Tiny", {"A": 2}, cost_of_delay=4),
    )
    found = fc.order(base, "delay")
    assert found.names == ("Tiny", "Small", "Large")
    assert found.before == pytest.approx((5 * 20 + 3 * 24 + 4 * 26) / 5)
    assert found.after == pytest.approx((4 * 2 + 3 * 6 + 5 * 26) / 5)
    assert found.gain == pytest.approx(found.before - found.after)


def test_a_planted_bad_order_is_mended_for_promises() -> None:
    base = steady(
        fc.Feature("Whenever", {"A": 5}),
        fc.Feature("Soon", {"A": 5}, due="2026-01-09"),
        fc.Feature("Later", {"A": 5}, due=FRIDAY),
    )
    found = fc.order(base, "promises")
    assert (found.before, found.after, found.kept) == (0, 1, (1, 2)) or found.kept == (0, 2)
    assert found.names == ("Soon", "Later", "Whenever")


def test_what_it_waits_for_goes_along() -> None:
    """Gold is worth a move only together with Base, which is on another team and worth nothing."""
    base = steady(
        fc.Feature("Noise", {"A": 10, "B": 10}, value=1),
        fc.Feature("Base", {"B": 4}, value=0),
        fc.Feature("Gold", {"A": 4}, value=9, after=["Base"]),
    )
    found = fc.order(base, "value", by="2026-01-14", trials=1)  # a climb: two orders are more than one
    assert not found.is_complete
    found = fc.order(base, "value", by="2026-01-14", trials=5)
    assert found.names.index("Base") < found.names.index("Gold") < found.names.index("Noise")
    assert found.after == 9


def test_without_any_value_each_feature_counts_one() -> None:
    base = steady(
        fc.Feature("Large", {"A": 20}), fc.External("Review", 3), fc.Feature("Small", {"A": 4}), fc.Feature("Beta")
    )
    found = fc.order(base, "value", by=FRIDAY)
    assert (found.aim.is_stated, found.before, found.after) == (False, 0, 1)
    assert not fc.order(base, "delay").aim.is_stated


def test_an_order_that_is_best_already_stays_and_says_so() -> None:
    base = steady(fc.Feature("Tiny", {"A": 2}, value=4), fc.Feature("Large", {"A": 20}, value=5))
    found = fc.order(base, "value", by=FRIDAY)
    assert (found.is_better, found.names, found.gain, found.moves) == (False, ("Tiny", "Large"), 0, ())
    assert found.candidate_gain is None
    assert say_ordering(found.to_dict()) == "No better order was found: the given one stays."
    assert not found.impact.slips


def test_a_feature_without_a_value_counts_the_mean_of_the_others_in_an_order_too() -> None:
    """Unknown counts 4, the mean of 5 and 3: more than Small, with which there is no room for it. Externals count nothing."""
    base = steady(
        fc.Feature("Large", {"A": 20}, value=5),
        fc.Feature("Small", {"A": 6}, value=3),
        fc.Feature("Unknown", {"A": 6}),
        fc.External("Review", 2),
        fc.Feature("Launch", after=["Unknown"]),
    )
    found = fc.order(base, "value", by=FRIDAY)
    assert (found.before, found.after, found.unvalued, found.worthless) == (0, 4, ("Unknown",), ())
    assert found.weights == {"Large": 5, "Small": 3, "Unknown": 4, "Review": 0, "Launch": 0}
    told = found.to_dict()
    assert (told["unvalued"], told["weights"]) == (["Unknown"], found.weights)
    assert "Unknown has no value and counts 4, the mean of the others." in render_ordering(told)
    assert found.weights == dict.fromkeys(found.names, 0) | fc.commit(base, by=FRIDAY).values


def test_a_feature_without_a_cost_of_delay_counts_nothing() -> None:
    base = steady(fc.Feature("Chore", {"A": 6}), fc.Feature("Small", {"A": 6}, cost_of_delay=3))
    found = fc.order(base, "delay")
    assert (found.names, found.unvalued, found.worthless) == (("Small", "Chore"), (), ("Chore",))
    page = render_ordering(found.to_dict())
    assert "Without a cost of delay, and so counting nothing: Chore." in page
    assert "the mean of the others" not in page


def test_where_every_value_is_nothing_there_is_nothing_to_order() -> None:
    base = steady(fc.Feature("One", {"A": 6}, value=0), fc.Feature("Two", {"A": 6}))
    with pytest.raises(fc.Fault, match="every value is 0; give features a value"):
        fc.order(base, "value", by=FRIDAY)


@pytest.mark.parametrize(("value", "small"), [(2000, True), (150, False)])
def test_a_gain_that_nobody_would_act_on_is_said_to_be_too_small(value: float, small: bool) -> None:
    """Tiny (worth 1) fits before the day when it comes first; below half a percent of 2,000, above it of 150."""
    base = steady(
        fc.Feature("Huge", {"B": 2}, value=value),
        fc.Feature("Large", {"A": 20}, value=5),
        fc.Feature("Tiny", {"A": 2}, value=1),
    )
    found = fc.order(base, "value", by=FRIDAY)
    assert (found.is_better, found.gain, found.is_small) == (True, 1, small)
    told = found.to_dict()
    assert told["is_small"] == small
    closing = "That is less than half a percent and too small to matter: keep your order."
    assert say_ordering(told).endswith(closing) == small


@pytest.mark.parametrize(("after", "kept", "small"), [(0.503, 1.002, True), (0.506, 1.006, False), (0.503, 1.2, False)])
def test_half_a_point_of_a_chance_is_too_small(after: float, kept: float, small: bool) -> None:
    base = shaky(fc.Feature("One", {"A": 9}, due="2026-01-30"), fc.Feature("Two", {"A": 9}, due="2026-01-30"))
    found = fc.order(base, "promises")
    some = replace(found, is_better=True, before=0.5, after=after, gain=after - 0.5, kept=(1.0, kept))
    assert some.is_small == small
    assert ("less than half a point and too small" in say_ordering(some.to_dict())) == small
    assert not replace(some, is_better=False).is_small


def test_what_is_called_less_than_half_a_percent_is_seen_to_be_less() -> None:
    """143.5 instead of 144.1 would be 143 instead of 144 without a digit: more than half a percent."""
    base = steady(fc.Feature("One", {"A": 9}), fc.Feature("Two", {"A": 9}), fc.Feature("Three", {"A": 2}))
    found = fc.order(base, "delay")
    some = replace(found, is_better=True, before=144.1, after=143.4999, gain=0.6001).to_dict()
    assert "143.5 instead of 144.1 when" in say_ordering(some)
    assert say_ordering(some).endswith("too small to matter: keep your order.")


def test_a_chance_that_stays_is_not_said_to_be_instead_of_itself() -> None:
    base = shaky(fc.Feature("One", {"A": 9}, due="2026-01-30"), fc.Feature("Two", {"A": 9}, due="2026-01-30"))
    some = replace(
        fc.order(base, "promises"), is_better=True, before=0.0, after=0.0, gain=0.0, kept=(1.0, 1.0)
    ).to_dict()
    assert ": < 1 % as before when" in say_ordering(some)


def test_an_order_that_stays_is_told_with_few_digits() -> None:
    base = shaky(fc.Feature("One", {"A": 9}, value=3), fc.Feature("Two", {"B": 9}, value=2))
    told = fc.order(base, "value", by=FRIDAY).to_dict()
    assert not told["is_better"]
    assert f"Value delivered by 16 Jan 2026: {told['before']:.1f} in the given order." in render_ordering(told)


def test_what_is_better_by_luck_alone_is_not_proposed() -> None:
    """Two features that differ in nothing but the draw of their sizes: whichever is first, on average it is the same."""
    twins = [fc.Feature(name, {"A": (1, 5, 20)}, value=1) for name in ("One", "Two")]
    found = fc.order(shaky(*twins, runs=40), "value", by="2026-01-14", seed=SEED + 77)
    if found.is_better:  # one time in forty: then by two standard errors on runs that did not choose it
        assert found.gain > 2 * found.gain_se
    else:
        assert found.names == ("One", "Two")
        assert found.gain == 0


def test_one_run_shows_nothing() -> None:
    large, tiny = fc.Feature("Large", {"A": 20}, value=5), fc.Feature("Tiny", {"A": 2}, value=4)
    found = fc.order(steady(large, tiny, runs=1), "value", by=FRIDAY)
    assert (found.is_better, found.candidate_gain) == (False, 4)
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert told["candidate_se"] is None
    assert "The best of the others gains 4.0, which may be luck." in render_ordering(told)


def test_promises_that_cannot_all_be_kept_are_kept_as_far_as_they_can() -> None:
    base = steady(
        fc.Feature("Lost", {"A": 30}, due="2026-01-06"),
        fc.Feature("Near", {"A": 3}, due="2026-01-09"),
        fc.Feature("Far", {"A": 3}, due=FRIDAY),
    )
    found = fc.order(base, "promises")
    assert (found.before, found.after, found.gain) == (0, 0, 0)
    assert found.is_better
    assert found.kept == (0, 2)
    assert found.names[-1] == "Lost"
    page = render_ordering(found.to_dict())
    assert "2 more promises are kept on average" in page
    assert "Of the 3, 0.00 are kept on average in the given order, 2.00 in the proposed one." in page


def test_only_promises_until_the_day_count() -> None:
    base = steady(fc.Feature("Soon", {"A": 5}, due="2026-01-09"), fc.Feature("Later", {"A": 50}, due="2026-01-30"))
    assert read_aim(base, "promises", None).weights.tolist() == [1, 1]
    assert read_aim(base, "promises", "2026-01-20").weights.tolist() == [1, 0]
    with pytest.raises(fc.Fault, match="no promise until 2026-01-06"):
        fc.order(base, "promises", by="2026-01-06")


def test_pinned_features_keep_their_rank() -> None:
    base = steady(
        fc.Feature("Large", {"A": 20}, value=5),
        fc.Feature("Small", {"A": 4}, value=3),
        fc.Feature("Tiny", {"A": 2}, value=4),
    )
    found = fc.order(base, "value", by=FRIDAY, pins=["Large"])
    assert (found.names[0], found.is_better, found.pins) == ("Large", False, ("Large",))
    found = fc.order(base, "value", by="2026-01-08", pins=["Small"])
    assert found.names == ("Tiny", "Small", "Large")


# Brute force ---------------------------------------------------------------------------------------------------------


def six(number: int) -> list[fc.Feature]:
    """Six features of two teams, with links, values, costs and promises."""
    pick = Random(SEED * 1000 + number)
    features = []
    for at in range(6):
        work = {team: pick.randint(1, 12) for team in pick.choice(["A", "B", "AB"])}
        after = [f"F{pick.randrange(at)}"] if at and pick.random() < 0.6 else []
        due = f"2026-0{pick.randint(1, 3)}-{pick.randint(10, 27)}" if pick.random() < 0.5 or at == 0 else None
        values = {"value": pick.randint(1, 9), "cost_of_delay": pick.randint(1, 9)}
        features.append(fc.Feature(f"F{at}", work, after=after, due=due, **values))
    return features


def brute(base: fc.Forecast, aim: Aim, arrangement: Arrangement) -> float:
    """The best mean of the aim over every allowed order, each simulated as a roadmap of its own."""
    best = -np.inf
    names = base.features
    for order in itertools.permutations(range(len(names))):
        if arrangement.allows(order):
            played = base.again(base.roadmap.arrange([names[at] for at in order]))
            rows = [played.features.index(name) for name in names]
            best = max(best, aim.sign * float(aim.judge(played.finish[rows]).mean()))
    return best


@pytest.mark.parametrize("kind", ["value", "delay", "promises"])
def test_six_features_equal_brute_force(kind: str) -> None:
    """Steady teams, so that all runs are alike and fresh ones say what the others did; three roadmaps for each aim.

    Promises are those that some other order keeps.
    """
    gained = 0.0
    for number in range(3):
        base = steady(*six(number), runs=2)
        arrangement = Arrangement.of(base.roadmap, [])
        if kind == "promises":
            allowed = arrangement.list_all(720)
            assert allowed
            kept = base.again(base.roadmap.arrange([base.features[at] for at in allowed[len(allowed) * 2 // 3]]))
            dues = {name: kept.date(name, 0.5) for name in kept.features}
            base = steady(*(replace(each, due=dues[each.name]) for each in base.roadmap.features), runs=2)
        aim = read_aim(base, kind, None if kind == "promises" else "2026-02-04")
        found = fc.order(base, kind, by=None if kind == "promises" else "2026-02-04")
        assert found.is_complete
        assert aim.sign * found.after == pytest.approx(brute(base, aim, arrangement))
        gained += found.gain
    assert gained > 0


def test_six_features_equal_brute_force_when_runs_differ() -> None:
    base = shaky(*six(7), runs=60)
    aim = read_aim(base, "delay", "2026-04-30")
    found = fc.order(base, "delay", by="2026-04-30", runs=60)
    played = base.again(found.roadmap)
    rows = [played.features.index(name) for name in base.features]
    best = brute(base, aim, Arrangement.of(base.roadmap, []))
    given = -float(aim.judge(base.finish).mean())
    assert best > given
    assert found.is_better
    assert -float(aim.judge(played.finish[rows]).mean()) == pytest.approx(best)


def test_a_climb_comes_near_to_brute_force() -> None:
    """With trials for a tenth of the orders, at least nine tenths of the gain that is possible, of ten roadmaps together."""
    possible, reached = 0.0, 0.0
    for number in range(20, 30):
        base = steady(*six(number), runs=2)
        whole, few = (fc.order(base, "delay", by="2026-03-27", trials=trials) for trials in (720, 40))
        possible, reached = possible + whole.gain, reached + few.gain
        assert few.gain <= whole.gain + 1e-9
    assert possible > 0
    assert reached >= 0.9 * possible


# Laws ----------------------------------------------------------------------------------------------------------------


def test_playing_another_order_is_simulating_the_ordered_roadmap() -> None:
    """60 random portfolios, 5 runs, bit for bit; the control: with sizes that stay where they were it is not."""
    differ = 0
    for number in range(60):
        roadmap, history = seeded(SEED * 400_000 + number)
        base = fc.simulate(roadmap, history, runs=5, seed=SEED, horizon=150, throughput="bootstrap")
        order = list(range(len(base.features)))
        Random(number).shuffle(order)
        played = Rehearsal(base, 5, 150).play(order)
        simulated = base.again(roadmap.arrange([base.features[at] for at in order]))
        assert np.array_equal(played[order], simulated.finish), f"portfolio {number}"
        differ += not np.array_equal(played, base.finish)
    assert differ > 8


def test_it_is_never_worse_than_the_given_order() -> None:
    """Twenty roadmaps of ten features on runs that neither chose nor certified: no worse by 4.9 standard errors.

    The control: of the same orders turned upside down, some are.
    """
    fails = 0
    for number in range(20):
        features = [
            fc.Feature(each.name, each.work, after=each.after, value=each.value)
            for each in [*six(number), *(fc.Feature(f"G{at}", {"A": 3, "B": at + 1}, value=at) for at in range(4))]
        ]
        base = shaky(*features, runs=150)
        found = fc.order(base, "value", by="2026-02-27", trials=60, runs=50)
        judged = []
        for roadmap in (base.roadmap, found.roadmap, base.roadmap.arrange(found.names[::-1])):
            played = base.simulate(roadmap, seed=SEED + 5000)
            rows = [played.features.index(name) for name in base.features]
            judged.append(found.aim.judge(played.finish[rows]))
        gains = [each - judged[0] for each in judged[1:]]
        is_fine = [gain.mean() >= -4.9 * gain.std(ddof=1) / np.sqrt(len(gain)) - 1e-9 for gain in gains]
        assert is_fine[0], f"roadmap {number}"
        fails += not is_fine[1]
    assert fails > 3


def inversions(names: tuple[str, ...], roadmap: fc.Roadmap) -> set[tuple[str, str]]:
    """What stands above something that it waits for."""
    rank = {name: at for at, name in enumerate(names)}
    return {(link.feature, link.waits_for) for link in roadmap.links if rank[link.feature] < rank[link.waits_for]}


@pytest.mark.parametrize("kind", ["value", "delay"])
def test_nothing_is_put_above_what_it_waits_for(kind: str) -> None:
    """24 roadmaps, of which every other stands upside down, with all features above what they wait for, from the start."""
    moved = 0
    for number in range(24):
        features = six(number)[:: -1 if number % 2 else 1]
        base = steady(*features, runs=2)
        pins = [features[number % 6].name] if number % 3 == 0 else []
        found = fc.order(base, kind, by="2026-02-06", trials=40, pins=pins)
        assert inversions(found.names, base.roadmap) <= inversions(base.features, base.roadmap), f"roadmap {number}"
        assert all(found.names.index(pin) == base.features.index(pin) for pin in pins)
        assert sorted(found.names) == sorted(base.features)
        moved += found.moved
    assert moved > 8


@pytest.mark.parametrize("kind", ["value", "delay"])
def test_any_portfolio_can_be_ordered(kind: str) -> None:
    """30 random ones, which use everything that a roadmap can say."""
    for number in range(30):
        roadmap, history = seeded(SEED * 500_000 + number)
        if not any(getattr(feature, "work", ()) for feature in roadmap.features):
            continue
        base = fc.simulate(roadmap, history, runs=20, seed=SEED, horizon=150, throughput="bootstrap")
        found = fc.order(base, kind, by=roadmap.clock.dates(40)[-1], trials=30, pins=[base.features[0]])
        assert inversions(found.names, roadmap) <= inversions(base.features, roadmap), f"portfolio {number}"
        assert found.names[0] == base.features[0]
        assert json.dumps(found.to_dict(), allow_nan=False)
        assert found.table().height == len(base.features)
        assert render_ordering(found.to_dict())


def test_it_is_deterministic_whatever_the_threads() -> None:
    base = shaky(*six(3), *(fc.Feature(f"G{at}", {"A": 3, "B": 5}, value=at) for at in range(4)))
    told = [fc.order(base, "value", by="2026-02-13", trials=80).to_dict() for _ in range(2)]
    assert told[0] == told[1]
    alone = fc.simulate(base.roadmap, base.history, runs=300, seed=SEED, throughput="bootstrap", threads=1)
    assert fc.order(alone, "value", by="2026-02-13", trials=80).to_dict() == told[0]
    other = fc.order(base, "value", by="2026-02-13", trials=80, seed=SEED + 99).to_dict()
    assert other["provenance"]["seed"] == SEED + 99


def test_what_it_does_is_what_comparing_by_hand_says() -> None:
    base = shaky(*six(3))
    found = fc.order(base, "delay", by="2026-04-30")
    fresh = base.simulate(base.roadmap, seed=SEED + 1)
    by_hand = fc.compare(fresh, fresh.simulate(base.roadmap.arrange(found.names), seed=SEED + 1))
    assert found.is_better
    assert found.impact.slips == by_hand.slips
    for name in base.features:
        assert np.array_equal(found.impact.slip(name), by_hand.slip(name))
    judged = [
        found.aim.judge(side.finish[[side.features.index(name) for name in base.features]])
        for side in (by_hand.before, by_hand.after)
    ]
    gain = judged[0] - judged[1]
    assert found.gain == pytest.approx(gain.mean())
    assert found.gain_se == pytest.approx(gain.std(ddof=1) / np.sqrt(len(gain)))
    assert (found.before, found.after) == (pytest.approx(judged[0].mean()), pytest.approx(judged[1].mean()))


def test_allowed_orders_are_those_of_all_that_keep_links_and_pins() -> None:
    for number in range(30):
        roadmap, _ = seeded(SEED * 600_000 + number, features=5)
        pins = [roadmap.features[2].name] if number % 3 == 0 else []
        arrangement = Arrangement.of(roadmap, pins)
        by_hand = {each for each in itertools.permutations(range(5)) if arrangement.allows(each)}
        listed = arrangement.list_all(120)
        assert listed is not None
        assert len(listed) == len(set(listed))
        assert set(listed) == by_hand
        for each in itertools.permutations(range(5)):
            names = tuple(arrangement.names[at] for at in each)
            keeps = inversions(names, roadmap) <= inversions(arrangement.names, roadmap)
            kept_pin = not pins or each[2] == 2
            assert each not in by_hand or (keeps and kept_pin)
        for order, feature, place in itertools.product(sorted(by_hand)[:6], range(5), range(5)):
            shifted = arrangement.shift(order, feature, place)
            assert shifted is None or shifted in by_hand
        assert arrangement.list_all(len(by_hand) - 1) is None


def test_how_many_moves_and_where_to() -> None:
    assert count_moved((0, 1, 2, 3)) == 0
    assert count_moved((3, 0, 1, 2)) == 1
    assert count_moved((3, 2, 1, 0)) == 3
    assert find_place((0, 1, 2, 3), 3, (3, 0, 1, 2)) == 0
    assert find_place((0, 1, 2, 3), 0, (1, 2, 0, 3)) == 2


# Refusals, page, JSON, CSV -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("aim", "asked", "said"),
    [
        ("vlaue", {}, 'Did you mean "value"'),
        (3, {}, "an aim is one of value, delay, promises"),
        ("value", {}, "say by when"),
        ("value", {"by": "2025-12-01"}, "2026-01-05"),
        ("promises", {}, "no promise"),
        ("delay", {"pins": ["Lagre"]}, 'Did you mean "Large"'),
        ("delay", {"pins": "Large"}, "give a list of names"),
        ("delay", {"seed": SEED}, "fresh runs need another"),
        ("delay", {"trials": 0}, "trials"),
        ("delay", {"runs": 0}, "runs"),
    ],
)
def test_what_cannot_be_asked_is_refused(aim: Any, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(fc.Fault, match=re.escape(said)):
        fc.order(steady(fc.Feature("Large", {"A": 6})), aim, **asked)


def test_other_forecasts_and_empty_roadmaps_are_refused() -> None:
    base = steady(fc.Feature("Large", {"A": 6}))
    for other in (base.together(["Large"]), base.alone(), None):
        with pytest.raises(fc.Fault, match="give a forecast of the whole roadmap"):
            fc.order(other, "delay")  # type: ignore[arg-type]
    with pytest.raises(fc.Fault, match="no feature with work"):
        fc.order(steady(fc.Feature("Beta")), "delay")


def test_an_order_names_each_feature_once() -> None:
    roadmap = steady(fc.Feature("One", {"A": 6}), fc.Feature("Two", {"A": 6})).roadmap
    assert [each.name for each in roadmap.arrange(["Two", "One"]).features] == ["Two", "One"]
    for names, said in ((["Two"], '"One" is missing'), (["Two", "One", "Two"], '"Two" stands twice')):
        with pytest.raises(fc.Fault, match=said):
            roadmap.arrange(names)


def invoke(*arguments: str) -> Result:
    options = ("--throughput", "bootstrap", "--runs", "300", "--trials", "60")
    return CliRunner().invoke(cli, ["order", *arguments, *options])


def test_page_json_and_csv_say_the_same() -> None:
    asked = (EXAMPLE, "--aim", "delay", "--by", "2026-Q4", "--pin", "Login")
    page, told = invoke(*asked, "-q").output, json.loads(invoke(*asked, "--json", "-q").output)
    rows = list(csv.DictReader(io.StringIO(invoke(*asked, "--csv", "-q").output)))
    assert "\x1b" not in page
    assert told["is_better"]
    assert told["by"] == "2026-12-31"
    assert [row["feature"] for row in rows] == told["order"]
    assert told["order"][0] == "Login"
    features = {row["name"]: row for row in told["impact"]["features"]}
    for row in rows:
        told_row = features[row["feature"]]
        assert int(row["rank"]) == told_row["rank_after"]
        assert int(row["rank_before"]) == told_row["rank_before"]
        assert row["after_p85"] == (told_row["dates_after"]["0.85"] or "")
        line = next(line for line in page.splitlines() if line.startswith(f"{row['feature']} ") and "20" in line)
        assert line.split(row["feature"])[1].split()[0] == row["rank"]
    assert f"{told['before']:.0f} in the given order, {told['after']:.0f} in the proposed one" in page
    for move in told["moves"]:
        assert f"{move['name']} from rank {move['rank_before']} to rank {move['rank_after']}" in page
    assert f"{told['tried']} orders were tried on {told['trial_runs']} runs each" in page
    assert "a better one may exist" in page
    assert "Pinned to its rank: Login." in page
    assert f"300 fresh runs (seed {told['provenance']['seed']})" in page
    assert told["after"] == pytest.approx(told["before"] - told["gain"])


@pytest.mark.parametrize("trials", [10, 60])
def test_no_more_orders_are_told_to_be_tried_than_were_allowed(trials: int) -> None:
    """Those that tell the moves of the best one apart come on top, and are not what was asked about."""
    asked = ["order", EXAMPLE, "--aim", "promises", "--trials", str(trials), "--runs", "300", "-q"]
    found = CliRunner().invoke(cli, asked).output
    (tried,) = re.findall(r"^(\d+) orders were tried", found, re.MULTILINE)
    assert int(tried) == trials


def test_where_all_orders_were_tried_it_says_so_and_only_then() -> None:
    base = steady(fc.Feature("Large", {"A": 20}, value=5), fc.Feature("Tiny", {"A": 2}, value=4))
    page = render_ordering(fc.order(base, "value", by=FRIDAY).to_dict())
    assert "Every order that is allowed was tried (2 orders that differ) on 20 runs." in page
    assert "may exist" not in page
    assert "optim" not in page


def test_names_that_act_on_a_screen_or_a_spreadsheet_are_made_safe(tmp_path: Path) -> None:
    (tmp_path / "roadmap.toml").write_text(
        "start = 2026-01-05\nhistory = { A = [3, 5, 2, 4, 4] }\n"
        '[[feature]]\nname = "=F\\u202e[red]"\nwork = { A = 40 }\n[[feature]]\nname = "G"\nwork = { A = 4 }\n',
        encoding="utf-8",
    )
    asked = (str(tmp_path), "--aim", "value", "--by", "2026-02-27", "-q")
    page = invoke(*asked)
    assert page.exit_code == 0, page.output
    assert "\u202e" not in page.output
    assert r"=F\u202e[red] from rank 1 to rank 2" in page.output
    table = list(csv.DictReader(io.StringIO(invoke(*asked, "--csv").output)))
    assert [row["feature"][:2] for row in table] == ["G", "'="]
    assert json.loads(invoke(*asked, "--json").output)["order"][1].startswith("=F\u202e")


@pytest.mark.parametrize(
    "asked", [("--aim", "value"), ("--aim", "speed"), (), ("--aim", "delay", "--trials", "0")], ids=str
)
def test_wrong_usage(asked: tuple[str, ...]) -> None:
    result = CliRunner().invoke(cli, ["order", EXAMPLE, *asked])
    assert result.exit_code == 2


@pytest.mark.skipif(not PORTFOLIOS, reason="needs ../shared/data")
@pytest.mark.parametrize("folder", PORTFOLIOS, ids=lambda path: path.name)
def test_real_portfolios_are_ordered(folder: Path) -> None:
    """In each, delays cost less, by more than 4.9 standard errors, or the given order stays; no link is turned round."""
    base = fc.simulate(*fc.read(folder), runs=100, seed=SEED)
    found = fc.order(base, "delay", by=base.roadmap.clock.dates(250)[-1], trials=60, runs=50)
    assert found.gain >= 2 * found.gain_se if found.is_better else found.names == base.features
    assert inversions(found.names, base.roadmap) <= inversions(base.features, base.roadmap)
    assert not render_ordering(found.to_dict()).isspace()
