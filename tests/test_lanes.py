"""Lanes do what numpy does, each by itself: the same bits whatever stands beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers import SEED
from numba import njit

from forecast import lanes
from forecast.arrays import LANES
from forecast.compiling import BARE

DRAWN = np.random.default_rng(SEED)
WORDS = np.concatenate([DRAWN.integers(0, 2**64, 20, np.uint64), np.array([0, 1, 2**63, 2**64 - 1], np.uint64)])
FLOATS = np.concatenate(
    [DRAWN.normal(0, 1e3, 14), [0.0, -0.0, 0.5, -0.5, 1e300, -1e-300, 5e-324, np.inf, -np.inf, np.nan]]
)
OTHER = {np.dtype(np.uint64): DRAWN.permutation(WORDS), np.dtype(np.float64): DRAWN.permutation(FLOATS)}
assert len(WORDS) == len(FLOATS) == 3 * LANES

OPERATORS: dict[str, tuple[Callable[[Any, Any], Any], Any]] = {
    "plus": (lambda x, y: x + y, (FLOATS, WORDS)),
    "minus": (lambda x, y: x - y, (FLOATS,)),
    "times": (lambda x, y: x * y, (FLOATS, WORDS)),
    "over": (lambda x, y: x / y, (FLOATS,)),
    "and": (lambda x, y: x & y, (WORDS,)),
    "or": (lambda x, y: x | y, (WORDS,)),
    "xor": (lambda x, y: x ^ y, (WORDS,)),
}
COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "less": lambda x, y: x < y,
    "at most": lambda x, y: x <= y,
    "more": lambda x, y: x > y,
    "at least": lambda x, y: x >= y,
}
CASES = [(name, numbers) for name, (_, kinds) in OPERATORS.items() for numbers in kinds]


def same_bits(found: Any, expected: Any) -> bool:
    """True when all bits are equal; one nan is as good as another."""
    return bool(
        np.array_equal(found.view(np.uint64), expected.view(np.uint64))
        or np.array_equal(found, expected, equal_nan=True)
    )


@pytest.mark.parametrize(("name", "numbers"), CASES)
def test_operators_are_those_of_numpy(name: str, numbers: Any) -> None:
    operate = njit(forceinline=True, **BARE)(OPERATORS[name][0])

    @njit(**BARE)
    def fill(left, right, single, out):  # type: ignore[no-untyped-def]
        for place in range(0, len(left), LANES):
            one, two = lanes.load(left, place), lanes.load(right, place)
            lanes.store(out[0], place, operate(one, two))
            lanes.store(out[1], place, operate(one, single))
            lanes.store(out[2], place, operate(single, two))

    other = OTHER[numbers.dtype]
    out = np.empty((3, len(numbers)), numbers.dtype)
    with np.errstate(all="ignore"):
        for single in numbers[-9:]:
            fill(numbers, other, single, out)
            expected = [OPERATORS[name][0](*pair) for pair in ((numbers, other), (numbers, single), (single, other))]
            assert all(same_bits(found, wanted) for found, wanted in zip(out, expected, strict=True))


@pytest.mark.parametrize("numbers", [FLOATS, WORDS], ids=["floats", "words"])
@pytest.mark.parametrize("name", COMPARED)
def test_comparisons_choose_as_those_of_numpy_do(name: str, numbers: Any) -> None:
    compare = njit(forceinline=True, **BARE)(COMPARED[name])

    @njit(**BARE)
    def fill(left, right, out, any_set):  # type: ignore[no-untyped-def]
        for place in range(0, len(left), LANES):
            one, two = lanes.load(left, place), lanes.load(right, place)
            flags = compare(one, two)
            lanes.store(out, place, lanes.choose(flags, one, two))
            any_set[place // LANES] = lanes.some(flags)

    other, out, any_set = OTHER[numbers.dtype], np.empty_like(numbers), np.empty(len(numbers) // LANES, np.bool_)
    for right in (other, numbers, np.full_like(numbers, numbers[3])):
        fill(numbers, right, out, any_set)
        flags = COMPARED[name](numbers, right)
        assert same_bits(out, np.where(flags, numbers, right))
        assert np.array_equal(any_set, flags.reshape(-1, LANES).any(axis=1))


def test_shifts_gathers_and_bits() -> None:
    @njit(**BARE)
    def fill(words, table, out, shifted):  # type: ignore[no-untyped-def]
        for place in range(0, len(words), LANES):
            word = lanes.load(words, place)
            few = word >> np.uint64(60)
            lanes.store(shifted, place, (word << np.uint64(7)) + few)
            lanes.store(out[0], place, lanes.gather(table, few, 0))
            lanes.store(out[1], place, lanes.gather(table, few, 5))
            lanes.store(
                out[2], place, lanes.floor(lanes.as_floats((word >> np.uint64(12)) | np.uint64(0x4090000000000000)))
            )
            lanes.store(out[3], place, lanes.as_floats(lanes.as_words(lanes.as_floats(word))))
            lanes.store(out[4], place, lanes.spread(table[2]))

    table, out, shifted = DRAWN.normal(size=21), np.empty((5, len(WORDS))), np.empty_like(WORDS)
    fill(WORDS, table, out, shifted)
    few = (WORDS >> np.uint64(60)).astype(np.int64)
    assert np.array_equal(shifted, (WORDS << np.uint64(7)) + (WORDS >> np.uint64(60)))
    assert np.array_equal(out[0], table[few])
    assert np.array_equal(out[1], table[few + 5])
    assert np.array_equal(out[2], np.floor(((WORDS >> np.uint64(12)) | np.uint64(0x4090000000000000)).view(np.float64)))
    assert same_bits(out[3], WORDS.view(np.float64))
    assert (out[4] == table[2]).all()


def test_floors_of_all_kinds() -> None:
    @njit(**BARE)
    def fill(numbers, out):  # type: ignore[no-untyped-def]
        for place in range(0, len(numbers), LANES):
            lanes.store(out, place, lanes.floor(lanes.load(numbers, place)))

    out = np.empty_like(FLOATS)
    fill(FLOATS, out)
    assert same_bits(out, np.floor(FLOATS))


def test_a_block_is_turned_over() -> None:
    """Rows that lie apart, columns that go anywhere; what lies beside is left alone."""

    @njit(**BARE)
    def fill(rows, out, places):  # type: ignore[no-untyped-def]
        lanes.turn(rows, 3, 13, out, lanes.load(places, 0))

    rows, places = DRAWN.normal(size=3 + 13 * LANES), 1 + 9 * DRAWN.permutation(LANES).astype(np.uint64)
    out = np.zeros(2 + 9 * LANES)
    fill(rows, out, places)
    expected = np.zeros_like(out)
    for column in range(LANES):
        expected[int(places[column]) :][:LANES] = rows[3 + column :: 13][:LANES]
    assert np.array_equal(out, expected)
