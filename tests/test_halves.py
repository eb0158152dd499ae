"""Constants chosen on one half of the teams and read on the other: what is chosen, and that no team reads what it has chosen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from halves import Marks, list_constants, measure_halves, show_halves, tell_halves
from helpers import SEED

import forecast as fc


def marks(loss: list[list[float]], held: list[list[float]]) -> Marks:
    """Sets of constants (m) by teams (T), alike for every question and level."""
    spread = np.array(held)[:, :, None, None] * np.ones((1, 1, 3, 3))
    return Marks(
        tuple("abc"[: len(loss)]),
        tuple("ABCDEFGH"[: len(loss[0])]),
        ("3", "6", "when"),
        spread,
        np.array(loss)[:, :, None] * np.ones((1, 1, 3)),
        2 * spread[:, :, 0, 0],
    )


def test_each_half_reads_what_the_other_has_chosen() -> None:
    """Set a is best for A and C, set b for B and D: so A and C are read with b, and B and D with a."""
    made = marks([[1, 2, 1, 2], [2, 1, 2, 1]], [[0.9, 0.8, 0.9, 0.8], [0.5, 0.6, 0.5, 0.6]])
    told = tell_halves(made)
    on_first, on_second, crossed, every, usual = told["rows"]
    assert (on_first["constants"], on_second["constants"], every["constants"]) == ("a", "b", "a")
    assert on_first["held"] == [[pytest.approx(0.8)] * 3] * 3  # a, on B and D
    assert on_second["held"] == [[pytest.approx(0.5)] * 3] * 3  # b, on A and C
    assert crossed["held"][0][0] == pytest.approx((0.5 + 0.8) / 2)
    assert crossed["width"] == pytest.approx(0.5 + 0.8)
    assert usual["held"][0][0] == every["held"][0][0] == pytest.approx(0.85)
    assert told["ways"] == 6
    in_the_alphabet_and_its_mirror, mixed = 2 * 0.65, 4 * 0.85  # where both halves are alike, a is chosen on both
    assert told["mean"][0][1] == pytest.approx((in_the_alphabet_and_its_mirror + mixed) / 6)


def test_what_a_team_did_changes_nothing_of_what_it_is_read_with() -> None:
    """Whatever happens to the losses of a half, what is chosen for it stays; and what the other half reads may not."""
    rng = np.random.default_rng(SEED)
    changed = 0
    for _ in range(50):
        loss = rng.random((3, 6))
        half = np.sort(rng.choice(6, 3, replace=False))
        other = loss.copy()
        other[:, half] = rng.random((3, 3))
        one, two = (marks(each.tolist(), loss.tolist()).cross(half)[2] for each in (loss, other))
        assert (one[half] == two[half]).all()
        changed += bool((one != two).any())
    assert changed > 10


def test_what_is_chosen_does_not_depend_on_the_rival() -> None:
    """Another rival divides the losses of each team and question by something else: the same sets come first, in any half."""
    rng = np.random.default_rng(SEED)
    swayed = 0
    for _ in range(50):
        one = marks(rng.random((5, 6)).tolist(), rng.random((5, 6)).tolist())
        other = replace(one, loss=one.loss / rng.lognormal(0, 2, one.loss.shape[1:]))
        half = np.sort(rng.choice(6, 3, replace=False))
        assert one.choose(half) == other.choose(half)
        swayed += int(
            np.argmin(one.loss[:, half].mean(axis=(1, 2))) != np.argmin(other.loss[:, half].mean(axis=(1, 2)))
        )
    assert swayed > 10, "the control: an arithmetic mean listens to the rival"


def test_the_defaults_are_tried_first_and_every_set_once() -> None:
    found = list_constants()
    assert next(iter(found.values())) == fc.Drift()
    assert len({str(model) for model in found.values()}) == len(found) >= 24


def test_the_marks_are_those_of_the_backtest(monkeypatch: pytest.MonkeyPatch) -> None:
    models = {"as they are": fc.Drift(), "wild": fc.Drift(walk=0.9)}
    monkeypatch.setattr("halves.list_constants", lambda: models)
    counts = np.random.default_rng(SEED).poisson(6, (4, 44)).astype(float)
    history = fc.History.from_counts({f"T{team}": row.tolist() for team, row in enumerate(counts)})
    made = measure_halves(history, 24, SEED, 40)
    assert made.held.shape == (2, 4, 3, 3)
    alone = fc.backtest(history, models=models, warm_up=24, runs=40, seed=SEED)
    for m, name in enumerate(models):
        for q, question in enumerate(made.questions):
            for level, share in zip(alone.levels, made.held[m, :, q].mean(axis=0), strict=True):
                held = alone.coverage(level, model=name, question=question)
                assert held is not None
                assert held.share == pytest.approx(share)
    assert made.choose(np.arange(4)) == 0, "a walk of 0.9 costs more on independent counts"
    heads, rows, sentence = show_halves(tell_halves(made))
    assert all(len(row) == len(heads) for row in rows)
    assert sentence.startswith("Over all 6 ways to halve the teams")
