"""Draws are pure functions of their address: of (seed, run, kind, name, index) and of nothing else."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import unicodedata
from typing import Any

import numpy as np
import pytest
from drawn import capacity, column, rows
from helpers import SEED
from oracles import START

import forecast as fc
from forecast import draws

GOLDEN = 0x9E3779B97F4A7C15
MASK = 2**64 - 1

# Pure functions of the address ----------------------------------------------------------------------------------------


def test_a_draw_depends_on_nothing_but_its_address() -> None:
    keys = np.array([draws.key(SEED, "size", f"F{number}", "A") for number in range(7)])
    runs = np.arange(1000)
    whole = np.empty((1000, 7))
    draws.uniforms(keys, runs, 3, whole)
    for order in ([6, 5, 4, 3, 2, 1, 0], [2], [5, 0]):  # other company, another order
        part = np.empty((1000, len(order)))
        draws.uniforms(keys[order], runs, 3, part)
        assert np.array_equal(part, whole[:, order])
    for lo, hi in itertools.pairwise([0, 1, 16, 500, 1000]):  # in pieces
        piece = np.empty((hi - lo, 7))
        draws.uniforms(keys, runs[lo:hi], 3, piece)
        assert np.array_equal(piece, whole[lo:hi])
    backwards = np.empty((1000, 7))
    draws.uniforms(keys, runs[::-1].copy(), 3, backwards)
    assert np.array_equal(backwards[::-1], whole)
    elsewhere = np.empty((1000, 7))
    draws.uniforms(keys, runs, 4, elsewhere)
    assert not np.any(elsewhere == whole)  # the control: another index gives other numbers


def test_a_longer_horizon_only_adds_sprints() -> None:
    starts = [739_000 + 14 * number for number in range(40)]
    long = rows([7, 5], starts, 500)
    assert np.array_equal(rows([7, 5], starts[:11], 500), long[:, :, :11])
    assert np.array_equal(rows([7], starts, 500), long[:, :1])  # without the other team
    turned = rows([5, 7], starts, 500, names=["Team 1", "Team 0"])
    assert np.array_equal(turned[:, ::-1], long)
    assert np.array_equal(rows([7, 5], starts[4:], 500), long[:, :, 4:])  # a later start, the same luck
    assert not np.array_equal(rows([7, 5], [start + 1 for start in starts], 500), long)


def test_segments_of_a_sprint_share_its_draw() -> None:
    key = np.array([draws.key(SEED, "throughput", "A")])
    past, starts = [[0, 3, 5, 8]], [739_000, 739_014, 739_028]
    whole = capacity(key, past, starts, 300)
    assert set(np.unique(whole)) == {0, 3, 5, 8}
    sprints, shares = [0, 0, 1, 2, 2], [0.25, 0.75, 1.0, 0.5, 0.0]
    cut = capacity(key, past, starts, 300, segments=list(zip(sprints, shares, strict=True)))
    assert np.allclose(cut, whole[:, :, sprints] * shares)
    assert not capacity(key, [[]], starts, 300).any()  # a team without a past has no capacity


def test_equal_keys_draw_equal_rows() -> None:
    drawn = rows([6, 6], [739_000 + 14 * number for number in range(20)], 200, names=["A", "A"])
    assert np.array_equal(drawn[:, 0], drawn[:, 1])
    apart = rows([6, 6], [739_000 + 14 * number for number in range(20)], 200, names=["A", "B"])
    assert not np.array_equal(apart[:, 0], apart[:, 1])


# Keys -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ((1, "size", "a", "bc"), (1, "size", "ab", "c")),
        ((1, "size", "abc"), (1, "size", "a", "bc")),
        ((1, "size", "a", ""), (1, "size", "a")),
        ((1, "size", "", "a"), (1, "size", "a", "")),
        ((1, "size", "a\0b"), (1, "size", "a", "b")),
        ((1, "size", "a/b"), (1, "size", "a", "b")),
        (
            (
                1,
                "sizea",
            ),
            (1, "size", "a"),
        ),
        ((1, "1size", "a"), (11, "size", "a")),
        ((1, "size", "a"), (1, "growth", "a")),
        ((1, "size", "a"), (0, "size", "a")),
        ((1, "size", "a"), (-1, "size", "a")),
        ((1, "size", "a"), (1 + 2**64, "size", "a")),
        ((1, "size", "a"), (1, "size", "A")),
        ((1, "size", "a"), (1, "size", "a ")),
        ((1, "size", "\ud800"), (1, "size", "?")),
        ((12, "3", "a"), (1, "23", "a")),
    ],
    ids=repr,
)
def test_different_addresses_have_different_keys(one: tuple[Any, ...], two: tuple[Any, ...]) -> None:
    assert draws.key(*one) != draws.key(*two)
    assert draws.key(*one) == draws.key(*one)


def test_no_two_of_many_keys_are_alike() -> None:
    kinds = ("size", "growth", "throughput", "risk")
    names = ("", "A", "B", "AA", "AB", "BA")
    keys = {draws.key(seed, kind, one, two) for seed in range(200) for kind in kinds for one in names for two in names}
    assert len(keys) == 200 * 4 * 36  # chance of a collision among 28,800 of 2**64: 2e-11


def test_names_that_look_alike_have_the_same_luck() -> None:
    composed, split = "Caf\u00e9", "Cafe\u0301"
    assert composed != split
    assert unicodedata.normalize("NFC", split) == composed

    def finish(team: str, feature: str, other: str) -> Any:
        roadmap = fc.Roadmap(
            START, [team], [fc.Feature(feature, {other: (3, 5, 12)}, growth=(1, 1.2, 2))], unit="points"
        )
        return fc.simulate(roadmap, fc.History.from_counts({other: [0, 3, 5, 8]}), runs=500, seed=SEED).finish

    luck = finish(composed, composed, composed)
    assert np.array_equal(finish(split, composed, composed), luck)
    assert np.array_equal(finish(composed, split, split), luck)
    assert np.array_equal(finish(f" {split}\t", f"{composed} ", split), luck)
    for name in ("Cafe", "caf\u00e9", "Caf\u00e9s"):
        assert not np.array_equal(finish(name, composed, name), luck)
        assert not np.array_equal(finish(composed, name, composed), luck)


# Luck through the front door ------------------------------------------------------------------------------------------


def test_the_same_calendar_sprint_has_the_same_luck_when_the_start_moves() -> None:
    past = fc.History.from_counts({"A": [0, 3, 5, 8]})

    def finish(start: dt.date, size: float) -> Any:
        roadmap = fc.Roadmap(start, ["A"], [fc.Feature("F", {"A": size})], unit="points")
        return fc.simulate(roadmap, past, runs=2000, seed=SEED, throughput=fc.Bootstrap(), horizon=400).finish[0]

    # what is finished in the first sprint, run by run: the part of a large feature that the first ten days do
    fine = np.stack([finish(START, size) for size in (0.5, 3.5, 5.5)])
    first = np.select([fine[2] <= 10, fine[1] <= 10, fine[0] <= 10], [8, 5, 3], 0)
    later, now = finish(START + dt.timedelta(days=14), 6), finish(START, 6.0)
    for drawn in (0, 3, 5):  # who did `drawn` in the first sprint has 6 - drawn left when the second begins
        runs = first == drawn
        rest = finish(START + dt.timedelta(days=14), 6 - drawn)
        assert np.allclose(now[runs], 10 + rest[runs])
        assert runs.any()
    assert not np.allclose(now, later)


def test_what_else_is_on_the_roadmap_changes_nobodys_luck() -> None:
    past = fc.History.from_counts({"A": [0, 3, 5, 8], "B": [2, 2, 6]})
    own: list[fc.Feature | fc.External] = [
        fc.Feature("F", {"A": (3, 5, 12)}, growth=(1, 1.2, 2)),
        fc.External("Review", (1, 2, 9), after=["F"]),
    ]
    more = [*own, fc.Feature("G", {"B": (1, 2, 3)}), fc.Feature("H", {"A": 3}), fc.External("Audit", (1, 5, 9))]
    risk = fc.Risk("Late", 0.5, adds={"H/A": 3})

    def finish(roadmap: fc.Roadmap, runs: int = 500, **options: Any) -> Any:
        return fc.simulate(roadmap, past, runs=runs, seed=SEED, throughput=fc.Bootstrap(), **options).finish

    alone = finish(fc.Roadmap(START, ["A"], own))
    beside = fc.Roadmap(START, ["B", "A"], more, risks=[risk])
    assert np.array_equal(finish(beside)[:2], alone)
    assert np.array_equal(finish(beside, runs=3000)[:2, :500], alone)
    assert np.array_equal(finish(beside, threads=1), finish(beside, threads=3))
    assert np.array_equal(finish(beside, horizon=2000), finish(beside))
    turned = fc.Roadmap(START, ["B", "A"], more[::-1], risks=[risk])
    assert np.array_equal(finish(turned)[0], finish(beside)[4])  # Audit waits for nobody: its rank does not matter
    assert not np.array_equal(finish(turned)[4], finish(beside)[0])


# Pinned ---------------------------------------------------------------------------------------------------------------


def plain_key(seed: int, kind: str, *names: str) -> int:
    """The key, written again from the description at the head of `draws`."""
    parts = [part.encode() for part in (str(seed), kind, *names)]
    text = b"".join(len(part).to_bytes(8, "little") + part for part in parts)
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")


def plain_mix(z: int) -> int:
    """The finaliser of SplitMix64, variant 13."""
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def plain_word(key: int, run: int, index: int) -> int:
    return plain_mix((plain_mix((key + (run + 1) * GOLDEN) & MASK) + (index + 1) * GOLDEN) & MASK)


def test_draws_are_what_their_description_says() -> None:
    for seed, kind, names in ((0, "size", ("F", "A")), (SEED, "throughput", ("Caf\u00e9",)), (-7, "", ())):
        key = draws.key(seed, kind, *names)
        assert key == plain_key(seed, kind, *names)
        for run, index in ((0, 0), (1, 0), (0, 1), (9999, 739_000), (2**33, 5)):
            out = np.empty((1, 1))
            draws.uniforms(np.array([key]), np.array([run]), index, out)
            assert out[0, 0] == ((plain_word(int(key), run, index) >> 12) + 0.5) / 2**52
    for name, count in (("Team 0", 7), ("Team 0", 26)):
        drawn = rows([count], [739_000, 739_014], 50, names=[name])
        team = plain_key(SEED, "throughput", name)
        for run, sprint in itertools.product(range(50), range(2)):
            word = plain_word(team, run, 739_000 + 14 * sprint)
            assert drawn[run, 0, sprint] == (word >> 32) * count >> 32


def unmix(word: int) -> int:
    """The number of which `plain_mix` makes this word."""

    def unshift(z: int, by: int) -> int:
        found = z
        for _ in range(64 // by):
            found = z ^ (found >> by)
        return found

    word = unshift(word, 31) * pow(0x94D049BB133111EB, -1, 2**64) & MASK
    word = unshift(word, 27) * pow(0xBF58476D1CE4E5B9, -1, 2**64) & MASK
    return unshift(word, 30)


@pytest.mark.parametrize("word", [0, 1, 2**12 - 1, 2**63, MASK - 2**12, MASK])
def test_a_uniform_is_never_zero_nor_one(word: int) -> None:
    """Whatever the hash gives: the address of the least and the largest word is found by running the hash backwards."""
    run, index = 5, 739_000
    key = (unmix((unmix(word) - (index + 1) * GOLDEN) & MASK) - (run + 1) * GOLDEN) & MASK
    assert plain_word(key, run, index) == word
    out = np.empty((1, 1))
    draws.uniforms(np.array([key], np.uint64), np.array([run]), index, out)
    assert 0 < out[0, 0] < 1


def test_pinned_numbers() -> None:
    """The luck of every forecast ever made hangs on these: if they change, say so in the change log."""
    assert int(draws.key(1, "throughput", "Web")) == PINNED_KEY
    values = column("Web", kind="throughput", seed=1, index=739_256, runs=3)
    assert values.tolist() == PINNED_UNIFORMS
    assert rows([6], [739_256, 739_270, 739_284], 4, names=["Web"], seed=1)[:, 0].tolist() == PINNED_ROWS


PINNED_KEY = 10926306629434745438
PINNED_UNIFORMS = [0.06118375670955134, 0.6080412345869556, 0.4914552891139009]
PINNED_ROWS = [[0, 4, 4], [3, 1, 4], [2, 1, 3], [3, 5, 0]]
