"""Halves: constants of the default model chosen on one half of the teams, and read on the other.

Several sets of constants forecast the same origins. On one half of the teams the set with the least pinball loss is chosen (a
proper score, so that no coverage is tuned), and its coverage is read on the other half. Losses of teams and questions are
ratios to those of a rival, so their geometric mean is taken: what it puts first does not depend on the rival (Fleming and
Wallace, "How not to lie with statistics", Communications of the ACM 1986). An arithmetic mean listens most to teams on which
the rival does well, the steady ones, and so chooses too narrow a range for the others. How teams fall into halves is luck, so
it is done for the two halves of the alphabet, and for every way to halve the teams.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import forecast as fc
from forecast.arrays import Floats, Longs

HALF_LIVES, WALKS, PULLS = (2.0, 2.5, 3.0, 4.0), (0.21, 0.26, 0.31), (0.94, 0.97)
MOST_HALVINGS = 4000
LEAST_TEAMS = 4
"""With fewer, a half is a single team."""


@dataclass(frozen=True)
class Marks:
    """How sets of constants (m) did, team by team (T), at each question (q).

    names : of the sets, the defaults first; held : (m, T, q, levels) shares; loss : (m, T, q) pinball over the plain bootstrap's
    width : (m, T) how many times as far away the 85 % date is as the 50 % one
    """

    names: tuple[str, ...]
    teams: tuple[str, ...]
    questions: tuple[str, ...]
    held: Floats
    loss: Floats
    width: Floats

    def choose(self, teams: Longs) -> int:
        """The set with the least loss on these teams, in the geometric mean of teams and questions."""
        return int(np.argmin(np.log(self.loss[:, teams]).mean(axis=(1, 2))))

    def read(self, chosen: Longs) -> tuple[Floats, float]:
        """Coverage (q, levels) and width, mean over the teams, each read with the set that is chosen for it (T,)."""
        every = np.arange(len(self.teams))
        mine = chosen >= 0
        return self.held[chosen[mine], every[mine]].mean(axis=0), float(self.width[chosen[mine], every[mine]].mean())

    def cross(self, half: Longs) -> tuple[int, int, Longs]:
        """What is chosen on a half and on the other, and for each team (T,) what the half that it is not in has chosen."""
        is_in = np.isin(np.arange(len(self.teams)), half)
        one, other = self.choose(np.flatnonzero(is_in)), self.choose(np.flatnonzero(~is_in))
        return one, other, np.where(is_in, other, one)


def list_constants() -> dict[str, Any]:
    """The sets of constants that are tried, by name; the defaults first."""
    usual = fc.Drift()
    found: dict[str, Any] = {"as they are": usual}
    for half_life, walk, pull in itertools.product(HALF_LIVES, WALKS, PULLS):
        if (half_life, walk, pull) != (usual.half_life, usual.walk, usual.pull):
            model = fc.Drift(half_life=half_life, walk=walk, pull=pull)
            found[f"half-life {half_life:g}, walk {walk:g}, pull {pull:g}"] = model
    return found


def measure_halves(history: fc.History, warm_up: int, seed: int, runs: int) -> Marks:
    """Forecasts the past with every set of constants, and with the plain bootstrap."""
    models = list_constants() | {"plain": fc.Bootstrap(window=12)}
    told = fc.backtest(history, models=models, warm_up=warm_up, runs=runs, seed=seed)
    questions = list(told.questions)
    found = {(each.model, each.team, each.question): each for each in told.answers if len(each.at)}
    teams = sorted(
        past.team for past in told.pasts if all((told.model, past.team, each) in found for each in questions)
    )
    held = np.empty((len(models), len(teams), len(questions), len(told.levels)))
    loss, width = np.empty(held.shape[:3]), np.empty(held.shape[:2])
    for m, name in enumerate(models):
        for t, team in enumerate(teams):
            for q, question in enumerate(questions):
                mine = found[name, team, question]
                held[m, t, q] = [(mine.place <= level).mean() for level in told.levels]
                loss[m, t, q] = mine.pinball(told.levels).mean()
                if question.sprints is None:
                    even, sure = mine.at_level[:, 0], mine.at_level[:, 1]
                    width[m, t] = np.median(sure[np.isfinite(even)] / even[np.isfinite(even)])
    names = tuple(question.name for question in questions)
    loss = np.maximum(loss[:-1], 1e-9) / np.maximum(loss[-1:], 1e-9)
    return Marks(tuple(models)[:-1], tuple(teams), names, held[:-1], loss, width[:-1])


def tell_halves(marks: Marks) -> dict[str, Any]:
    """What is chosen on each half of the alphabet and what it comes to on the other, and over every way to halve the teams."""
    count = len(marks.teams)
    first = np.arange(0, count, 2)
    one, other, chosen = marks.cross(first)
    is_first = np.isin(np.arange(count), first)
    rows = [
        ("first half", "second half", marks.names[one], np.where(is_first, -1, one)),
        ("second half", "first half", marks.names[other], np.where(is_first, other, -1)),
        ("the half that a team is not in", "all teams", "", chosen),
        ("all teams", "all teams", marks.names[marks.choose(np.arange(count))], None),
        ("nothing: the defaults", "all teams", "", np.zeros(count, np.int64)),
    ]
    told = [
        {"on": on, "read": read, "constants": constants}
        | _tell(marks, np.full(count, marks.choose(np.arange(count))) if each is None else each)
        for on, read, constants, each in rows
    ]
    ways = list(itertools.islice(itertools.combinations(range(count), count // 2), MOST_HALVINGS))
    crossed = [marks.read(marks.cross(np.array(way))[2]) for way in ways]
    held = np.array([each for each, _ in crossed])
    low, high = np.quantile(held[:, :, 1], [0.05, 0.95], axis=0)
    return {
        "tried": len(marks.names),
        "questions": list(marks.questions),
        "rows": told,
        "ways": len(ways),
        "mean": held.mean(axis=0).tolist(),
        "low": low.tolist(),
        "high": high.tolist(),
        "width": float(np.mean([width for _, width in crossed])),
    }


def _tell(marks: Marks, chosen: Longs) -> dict[str, Any]:
    held, width = marks.read(chosen)
    return {"held": held.tolist(), "width": width}


def show_halves(told: dict[str, Any]) -> tuple[Sequence[str], list[list[str]], str]:
    """Heads and rows of a table, and the sentence on every way to halve the teams."""
    heads = [
        "chosen on",
        "constants",
        "read on",
        *(f"{each}, 50 / 85 / 95 %" for each in told["questions"]),
        "width",
    ]
    rows = [
        [row["on"], row["constants"], row["read"], *map(_percents, row["held"]), f"{row['width']:.2f}"]
        for row in told["rows"]
    ]
    spans = ", ".join(
        f"{100 * mean[1]:.0f} % ({100 * low:.0f} to {100 * high:.0f})"
        for mean, low, high in zip(told["mean"], told["low"], told["high"], strict=True)
    )
    sentence = (
        f"Over all {told['ways']:,} ways to halve the teams, each team read with the constants that the half without it has "
        f"chosen, 85 % held {spans}, in nine of ten ways within the brackets; 95 % held {_say_means(told, 2)}, "
        f"50 % {_say_means(told, 0)}; width {told['width']:.2f}."
    )
    return heads, rows, sentence


def _percents(held: Sequence[float]) -> str:
    return " / ".join(f"{100 * each:.0f}" for each in held)


def _say_means(told: dict[str, Any], level: int) -> str:
    *most, last = (f"{100 * mean[level]:.0f}" for mean in told["mean"])
    return f"{', '.join(most)} and {last} %"
