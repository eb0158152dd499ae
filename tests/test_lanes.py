"""Lanes do what numpy does, each by itself: the same bits whatever stands beside it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
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
    def fill(left, right, out, bits):  # type: ignore[no-untyped-def]
        for place in range(0, len(left), LANES):
            one, two = lanes.load(left, place), lanes.load(right, place)
            flags = compare(one, two)
            lanes.store(out, place, lanes.choose(flags, one, two))
            bits[place // LANES] = lanes.as_bits(flags)

    other, out, bits = OTHER[numbers.dtype], np.empty_like(numbers), np.empty(len(numbers) // LANES, np.uint64)
    for right in (other, numbers, np.full_like(numbers, numbers[3])):
        fill(numbers, right, out, bits)
        flags = COMPARED[name](numbers, right)
        assert same_bits(out, np.where(flags, numbers, right))
        assert np.array_equal(bits, flags.reshape(-1, LANES) @ 2 ** np.arange(LANES))


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


@pytest.mark.parametrize("name", ["plus", "minus", "times", "over"])
def test_short_floats_are_those_of_numpy(name: str) -> None:
    """Each operator, also with a single number, which is rounded first."""
    operate = njit(forceinline=True, **BARE)(OPERATORS[name][0])

    @njit(**BARE)
    def fill(left, right, single, out):  # type: ignore[no-untyped-def]
        for place in range(0, len(left), LANES):
            one, two = lanes.shorten(lanes.load(left, place)), lanes.shorten(lanes.load(right, place))
            lanes.store(out[0], place, lanes.lengthen(operate(one, two)))
            lanes.store(out[1], place, lanes.lengthen(operate(one, single)))

    out = np.empty((2, len(FLOATS)))
    with np.errstate(all="ignore"):
        one, two = FLOATS.astype(np.float32), OTHER[FLOATS.dtype].astype(np.float32)
        for single in FLOATS[:5]:
            fill(FLOATS, OTHER[FLOATS.dtype], single, out)
            assert same_bits(out[0], OPERATORS[name][0](one, two).astype(np.float64))
            assert same_bits(out[1], OPERATORS[name][0](one, np.float32(single)).astype(np.float64))


def test_fused_is_rounded_once() -> None:
    """Against fractions; floats and short floats, with single numbers in every place."""

    @njit(**BARE)
    def fill(left, right, more, out):  # type: ignore[no-untyped-def]
        one, two, three = lanes.load(left, 0), lanes.load(right, 0), lanes.load(more, 0)
        lanes.store(out[0], 0, lanes.fused(one, two, three))
        lanes.store(out[1], 0, lanes.fused(left[0], two, three))
        lanes.store(out[2], 0, lanes.fused(one, right[0], three))
        lanes.store(out[3], 0, lanes.fused(one, two, more[0]))
        one, two, three = lanes.shorten(one), lanes.shorten(two), lanes.shorten(three)
        lanes.store(out[4], 0, lanes.lengthen(lanes.fused(one, two, three)))
        lanes.store(out[5], 0, lanes.lengthen(lanes.fused(one, right[0], more[0])))

    left, right = DRAWN.normal(size=(2, LANES))
    more, out = DRAWN.normal(0, 1e-8, LANES) - left * right, np.empty((6, LANES))
    fill(left, right, more, out)

    def fuse(*numbers: Any) -> Any:
        return [float(Fraction(x) * Fraction(y) + Fraction(z)) for x, y, z in zip(*numbers, strict=True)]

    def repeat(numbers: Any) -> Any:
        return np.full(LANES, numbers[0])

    assert out[0].tolist() == fuse(left, right, more)
    assert out[1].tolist() == fuse(repeat(left), right, more)
    assert out[2].tolist() == fuse(left, repeat(right), more)
    assert out[3].tolist() == fuse(left, right, repeat(more))
    assert (out[0] != left * right + more).any()
    short = [numbers.astype(np.float32).astype(np.float64) for numbers in (left, right, more)]
    assert np.array_equal(out[4], np.float32(fuse(*short)))
    assert np.array_equal(out[5], np.float32(fuse(short[0], repeat(short[1]), repeat(short[2]))))


def test_the_first_bit() -> None:
    @njit(**BARE)
    def find(words, out):  # type: ignore[no-untyped-def]
        for place in range(len(words)):
            out[place] = lanes.first_bit(words[place])

    words = np.concatenate([WORDS[WORDS > 0], np.uint64(1) << np.arange(64, dtype=np.uint64)])
    out = np.empty(len(words), np.int64)
    find(words, out)
    assert out.tolist() == [(word & -word).bit_length() - 1 for word in map(int, words)]


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
