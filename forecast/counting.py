"""Counting: how many items a team finishes in its next sprints."""

from __future__ import annotations

from typing import Any

import numpy as np

from forecast.arrays import Supply
from forecast.errors import Fault, quote
from forecast.history import History, check_history
from forecast.simulation import CHUNK_BYTES, LEAST_CHUNK
from forecast.tally import HowMany
from forecast.throughput import Throughput, find_model
from forecast.values import MOST_RUNS, read_count, read_name, read_seed


def how_many(
    history: History, team: str, *, sprints: int, runs: int = 10_000, seed: int = 0, throughput: Any = None
) -> HowMany:
    """How many items a team finishes in its next sprints: a `HowMany`.

    The sprints follow the newest one in the history and are as long as it is. All that the team finishes counts, on the roadmap
    or not. Raises Fault for an unknown team.
    """
    check_history(history, "how_many")
    history = history.drawn(is_whole=True)
    seed = read_seed(seed, "how_many")
    model = find_model(throughput)
    name = _find_team(history, team, model)
    model.check(history, [name])
    read_count(runs, "how_many", "runs", least=1, most=MOST_RUNS)
    count = read_count(sprints, "how_many", "sprints", least=1, most=10_000)
    supply = following_supply(history, name, count)
    source = model.bind(history, [name], seed, supply)
    chunk = max(LEAST_CHUNK, CHUNK_BYTES // (8 * (count + 1)))
    totals = [
        source.capacity(np.arange(lo, min(lo + chunk, runs), dtype=np.int64))[:, 0, -1] for lo in range(0, runs, chunk)
    ]
    return HowMany(name, count, np.concatenate(totals))


def _find_team(history: History, team: str, model: Throughput) -> str:
    """The name of a team as the history has it. Raises Fault when there is none, or too little is known of it."""
    name = read_name(team, "history")
    if history.guess(name) is None:
        rows = history.require(name)
        if not model.used(history, name):
            way_out = "too few to tell how much they vary; give a guess: History(sprints, guesses={team: (3, 5, 9)})"
            raise Fault("history", f"team {quote(name)} has {len(rows)} past sprint", way_out)
    return name


def following_supply(history: History, team: str, count: int) -> Supply:
    """The next sprints of one team, after its newest one in the history and as long as it."""
    newest = history.of(team)[-1] if history.of(team) else None
    if newest is None or newest.start is None or newest.end is None:
        start, length, weekdays = 1, 14, 10
    else:
        length = (newest.end - newest.start).days + 1
        start, weekdays = newest.end.toordinal() + 1, newest.weekdays or 1
    return Supply(
        segment_sprint=np.arange(count, dtype=np.int32)[None, :],
        segment_share=np.ones((1, count)),
        sprint_start=(start + length * np.arange(count, dtype=np.int64))[None, :],
        sprint_weekdays=np.full((1, count), weekdays, np.int32),
        sprint_days=np.array([length], np.int64),
        count_weekdays=np.zeros(1),
    )
