"""What a feature counts: one rule, for promises, remedies and orders alike."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
from helpers import SEED
from test_commitment import random_base

import forecast as fc
from forecast.aim import read_aim
from forecast.menu import Menu, find_choices
from forecast.pledges import find_pledges
from forecast.worth import find_worth

TENTHS = [fc.Feature("One", value=0.1), fc.Feature("Two"), fc.Feature("Three", value=0.2), fc.External("Review", 3)]


def test_a_feature_without_a_value_counts_the_mean_of_the_others() -> None:
    worth = find_worth(TENTHS)
    assert worth.is_stated
    assert worth.values == {name: Fraction(tenths, 20) for name, tenths in zip(worth.values, (2, 3, 4, 3), strict=True)}
    assert list(worth.values) == ["One", "Two", "Three", "Review"]


def test_each_counts_one_where_none_has_a_value_and_nothing_is_a_value_too() -> None:
    bare = find_worth([fc.Feature("One"), fc.Feature("Two", {"A": 3})])
    assert (bare.values, bare.is_stated) == ({"One": 1, "Two": 1}, False)
    none = find_worth([fc.Feature("One", value=0), fc.Feature("Two")])
    assert (none.values, none.is_stated) == ({"One": 0, "Two": 0}, True)
    assert find_worth([]).values == {}


@pytest.mark.parametrize("trial", range(8))
def test_orders_promises_and_remedies_count_alike(trial: int) -> None:
    """What can be promised counts the same everywhere, and for an order nothing else counts."""
    base = random_base(Random(77 * SEED + trial), 12)
    pledges, names = find_pledges(base.roadmap), base.features
    if not any(pledges.values.values()):
        pytest.skip("every value is 0")
    aim = read_aim(base, "value", "2026-03-20")
    assert dict(zip(names, aim.weights.tolist(), strict=True)) == dict.fromkeys(names, 0.0) | pledges.values
    assert aim.is_stated == pledges.has_values
    dated = base.roadmap.insert(fc.Feature("Kept", {"A": 3, "B": 3, "C": 3}, due="2026-03-20"), rank=len(names) + 1)
    deferred = [each for found in find_choices(Menu(), dated, ["Kept"], []) for each in found if each.kind == "defer"]
    assert deferred
    for each in deferred:
        assert each.cost.value == pytest.approx(pledges.values[each.subject])
