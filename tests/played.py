"""A roadmap played by the engine, with what happened to each part and feature told by name.

The tests of laws ask it who waited for whom, and whether two plays are the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from forecast import engine
from forecast.arrays import Floats, Luck, Plan, Trace
from forecast.feature import External, Feature
from forecast.history import History
from forecast.roadmap import Roadmap
from forecast.simulation import Job
from forecast.team import Team
from forecast.throughput import Bootstrap, Throughput

HORIZON = 150
RUNS = 4

Thing = tuple[str, str | None]
"""A feature and a team: that part. A feature and None: the end of the feature; an external or a milestone itself."""
PartName = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Played:
    """What the engine made of a roadmap in runs 0, 1, ...; times are working days, inf for never.

    startable, end : (feature, team) -> (R,); finish : feature -> (R,)
    """

    roadmap: Roadmap
    plan: Plan
    luck: Luck
    parts: tuple[PartName, ...]
    startable: Mapping[PartName, Floats]
    end: Mapping[PartName, Floats]
    finish: Mapping[str, Floats]

    @cached_property
    def moments(self) -> dict[Thing, Floats]:
        """All that is said of each thing: start and end of a part, end of a feature."""
        ends: dict[Thing, Floats] = {(name, None): finish for name, finish in self.finish.items()}
        return ends | {part: np.vstack([self.startable[part], self.end[part]]) for part in self.parts}

    def size(self, part: PartName) -> Floats:
        """The items in a part : (R,)."""
        column = self.luck.size[:, self.parts.index(part)]
        return np.broadcast_to(column, (self.luck.capacity.shape[0],))

    def capacity(self, team: str, run: int, time: float) -> float:
        """Items that a team could have finished by a day, in one run."""
        place = [each.name for each in self.roadmap.teams].index(team)
        edges = self.plan.edges[self.plan.team_cadence[place]]
        return float(np.interp(time, edges, self.luck.capacity[run, place]))

    def of_team(self, team: str) -> list[PartName]:
        """The parts of a team, the most important first."""
        return [(each.name, team) for each in self.roadmap.features if team in teams_of(each)]


def job(
    roadmap: Roadmap, history: History, *, seed: int, horizon: float = HORIZON, model: Throughput | None = None
) -> Job:
    """What can lay out the arrays of a roadmap, up to a horizon."""
    return Job(roadmap, history, model or Bootstrap(), seed, (float(horizon),))


def play(roadmap: Roadmap, history: History, *, seed: int, runs: int = RUNS, horizon: float = HORIZON) -> Played:
    """The roadmap played in runs 0, 1, ..."""
    made = job(roadmap, history, seed=seed, horizon=horizon)
    return play_arrays(roadmap, *made.lay_out(np.arange(runs)))


def play_arrays(roadmap: Roadmap, plan: Plan, luck: Luck) -> Played:
    """A plan and a luck, which may have been tampered with, played and told by the names of a roadmap."""
    names = Job(roadmap, History([]), Bootstrap(), 0, ()).index
    trace = Trace(*(np.empty((len(names.parts), luck.capacity.shape[0])) for _ in range(2)))
    finish = engine.play(plan, luck, trace)
    return Played(
        roadmap,
        plan,
        luck,
        tuple(names.parts),
        startable=dict(zip(names.parts, trace.startable, strict=True)),
        end=dict(zip(names.parts, trace.end, strict=True)),
        finish=dict(zip(names.features, finish, strict=True)),
    )


def teams_of(feature: Feature | External) -> tuple[str, ...]:
    """The teams with work on a feature; none for an external or a milestone."""
    return tuple(feature.work) if isinstance(feature, Feature) else ()


def are_same(one: Mapping[Any, Floats], other: Mapping[Any, Floats]) -> bool:
    """Whether two tables of numbers hold the same for the same names, to the last bit."""
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def changed(thing: Any, **values: Any) -> Any:
    """A noun with some of its values changed; what is not said stays (a roadmap, a team, a feature, an external)."""
    kept = {field.name: getattr(thing, field.name) for field in fields(thing)} | values
    if isinstance(thing, Roadmap):
        return Roadmap(kept.pop("start"), kept.pop("teams"), kept.pop("features"), **kept)
    return type(thing)(kept.pop("name"), **kept)


def with_teams(roadmap: Roadmap, change: Callable[[Team], Team]) -> Roadmap:
    """The roadmap with every team changed."""
    changed_teams: Sequence[Team] = [change(team) for team in roadmap.teams]
    return changed(roadmap, teams=changed_teams)  # type: ignore[no-any-return]


def plain(roadmap: Roadmap, **options: Any) -> Roadmap:
    """The roadmap with teams that work on one part at a time, in one lane, and switch at once, save for the options."""
    simple: dict[str, Any] = {"wip": 1, "finish_started": False, "allocation": None}
    return with_teams(roadmap, lambda team: changed(team, **(simple | options)))
