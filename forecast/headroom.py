"""Headroom: what is left of each team's capacity until a day after the promises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast import engine, ledger
from forecast.arrays import Floats, Trace
from forecast.dates import Dateish
from forecast.errors import Fault, quote
from forecast.outcome import Forecast
from forecast.pledges import find_pledges
from forecast.simulation import LEAST_CHUNK, Job
from forecast.tally import runs_needed
from forecast.values import read_count, read_level, read_list

RUNS = 1000
CHUNK_ENTRIES = 400_000


@dataclass(frozen=True, eq=False)
class Headroom:
    """What a team can do until a day, and what the promises leave of it. Items (or points), (runs,) each.

    capacity : what it could finish if it were never kept waiting; promised : what it works on the promised features and on
        all that they wait for; lost : what nobody could use, since everything startable was done. The rest goes to other features
    level : how sure to be of what is left
    """

    team: str
    level: float
    capacity: Floats
    promised: Floats
    lost: Floats

    @property
    def left(self) -> Floats:
        """Capacity less what goes to the promises: (runs,)."""
        return np.maximum(self.capacity - self.promised, 0.0)

    @property
    def share(self) -> float:
        """The mean share of the capacity that goes to the promises; 0 for a team without any."""
        total = float(self.capacity.sum())
        return float(self.promised.sum()) / total if total > 0 else 0.0

    @property
    def sure(self) -> float:
        """So much at least is left, at the level."""
        runs = len(self.capacity)
        return float(np.sort(self.left)[runs - runs_needed(self.level, runs)])

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON: medians in items, and what is left at the level."""
        medians = {name: float(np.median(getattr(self, name))) for name in ("capacity", "promised", "lost", "left")}
        return {"team": self.team, "level": self.level} | medians | {"left_sure": self.sure, "share": self.share}


def find_headroom(
    forecast: Forecast, features: Sequence[str], *, by: Dateish, level: float | None = None, runs: int = RUNS
) -> tuple[Headroom, ...]:
    """What is left of each team's capacity until a day when some features are promised, in the order as it is.

    by : a day, that day included, or a quarter; level : None takes the roadmap's promise level
    runs : of the forecast, the first ones, that are played again and booked

    Raises Fault for an unknown feature, and for a forecast that is not of a whole roadmap.
    """
    if not isinstance(forecast, Forecast) or forecast.joint or forecast.is_alone:
        raise Fault("headroom", quote(forecast)[:80], "give a forecast of the whole roadmap, as simulate makes it")
    roadmap = forecast.roadmap
    level = roadmap.promise_level if level is None else read_level(level, "headroom")
    until = max(roadmap.clock.days_until(roadmap.read_day(by, "headroom", "by")), 0)
    runs = min(read_count(runs, "headroom", "runs", least=1), forecast.runs)
    names = [roadmap.feature(name).name for name in read_list(features, "headroom", "features")]
    job = Job(roadmap, forecast.history, forecast.model, forecast.seed, ())
    plan, dice = job.stage(float(until + 1))
    wanted = find_pledges(roadmap).parts_of(names)
    promised = np.array([part in wanted for part in job.index.parts], bool)
    teams, parts = len(roadmap.teams), len(promised)
    booked = np.zeros((3, teams, runs))
    size = max(LEAST_CHUNK, CHUNK_ENTRIES // max(parts, 1))
    for low in range(0, runs, size):
        chunk = np.arange(low, min(low + size, runs), dtype=np.int64)
        luck = dice.roll(chunk)
        trace = Trace(*(np.empty((parts, len(chunk))) for _ in range(2)))
        finish = engine.play(plan, luck, trace)
        book = ledger.account(plan, luck, trace, finish, until)
        lost = book.lost.sum(axis=2)
        for team in range(teams):
            own = plan.part_team == team
            spent = book.spent[own].sum(axis=0)
            booked[:, team, chunk] = spent + lost[team], book.spent[own & promised].sum(axis=0), lost[team]
    return tuple(Headroom(team.name, level, *booked[:, at]) for at, team in enumerate(roadmap.teams))
