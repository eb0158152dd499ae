"""Throughput models: how the past of the teams becomes capacity in future sprints.

A model draws for all teams at once, so that teams may be correlated. It is bound to a history, a seed and a stretch of
future sprints; what it then gives is a pure function of the run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from forecast.arrays import Floats, Longs, Supply, Words
from forecast.drift import Drift
from forecast.errors import Fault, did_you_mean, quote
from forecast.history import History, Sprint, scale_done
from forecast.values import read_count, read_flag


class Source(Protocol):
    """A model bound to a history, a seed and a supply."""

    def capacity(self, runs: Longs) -> Floats:
        """Cumulated capacity (R, T, S + 1) of each team at each segment edge, in the given runs (R,)."""
        ...


class Throughput(Protocol):
    """What every throughput model can do."""

    def describe(self) -> dict[str, Any]:
        """The model's name and settings, for the provenance."""
        ...

    def used(self, history: History, team: str) -> Sequence[Sprint]:
        """The past sprints of a team that the model looks at."""
        ...

    def check(self, history: History, teams: Sequence[str]) -> None:
        """Raises Fault when the model cannot serve these teams with this history."""
        ...

    def bind(self, history: History, teams: Sequence[str], seed: int, supply: Supply) -> Source:
        """The model made ready to draw for these teams, in this order."""
        ...


@dataclass(frozen=True)
class Bootstrap:
    """A past sprint drawn uniformly, with replacement, for every future sprint; zeros included.

    window : how many of the newest sprints are drawn from; None for all
    together : all teams draw the same past sprint, which keeps shared holidays and incidents. Sprints pair by start and
        end (undated ones by their place), and future sprints share their draw when they start on the same day.

    Assumes that the future is like the past and that sprints are independent of each other.
    """

    window: int | None = None
    together: bool = False

    def __post_init__(self) -> None:
        if self.window is not None:
            object.__setattr__(self, "window", read_count(self.window, "throughput", "window", least=1))
        read_flag(self.together, "throughput", "together")

    def describe(self) -> dict[str, Any]:
        """The model's name and settings, for the provenance."""
        return {"model": "bootstrap", "window": self.window, "together": self.together}

    def used(self, history: History, team: str) -> Sequence[Sprint]:
        """The past sprints of a team that are drawn from."""
        rows = history.of(team)
        return rows if self.window is None else rows[-self.window :]

    def check(self, history: History, teams: Sequence[str]) -> None:
        """Raises Fault when a guess would have to be drawn from, or histories of different sprints drawn from together."""
        for team in teams:
            if history.guess(team) is not None:
                way_out = "it only draws past sprints; use the model drift, or leave the guess out"
                raise Fault(f"team {quote(team)}", "bootstrap can do nothing with a guess", way_out)
        if not self.together:
            return
        first = None
        for team in teams:
            sprints = _identify(self.used(history, team))
            if len(set(sprints)) < len(sprints):
                way_out = (
                    "a sprint that stands twice cannot be paired with another team's; remove one, or drop together"
                )
                raise Fault("throughput together", f"team {quote(team)} has two sprints of the same dates", way_out)
            if first is None:
                first = (team, sprints)
            elif sprints != first[1]:
                way_out = (
                    "drawing together needs the same sprints for every team; leave out the others, or drop together"
                )
                raise Fault(
                    "throughput together", f"teams {quote(first[0])} and {quote(team)} have different sprints", way_out
                )

    def bind(self, history: History, teams: Sequence[str], seed: int, supply: Supply) -> Source:
        """The model made ready to draw for these teams, in this order."""
        from forecast import draws

        kind = "throughput-together" if self.together else "throughput"
        keys = [draws.key(seed, kind) if self.together else draws.key(seed, kind, team) for team in teams]
        past: list[float] = []
        first = np.zeros(supply.sprint_weekdays.shape, np.int64)
        for t, team in enumerate(teams):
            rows = self.used(history, team)
            count_weekdays = float(supply.count_weekdays[t])
            for weekdays in np.unique(supply.sprint_weekdays[t]):
                first[t, supply.sprint_weekdays[t] == weekdays] = len(past)
                past += [scale_done(row, int(weekdays), count_weekdays) for row in rows]
        return _Resampling(
            keys=np.array(keys, np.uint64),
            past=np.array(past, np.float64),
            past_first=first,
            past_count=np.array([len(self.used(history, team)) for team in teams], np.int64),
            supply=supply,
        )


def _identify(sprints: Sequence[Sprint]) -> list[object]:
    return [place if row.start is None else (row.start, row.end) for place, row in enumerate(sprints)]


@dataclass(frozen=True)
class _Resampling:
    """Bootstrap made ready: see `draws.bootstrap` for the arrays."""

    keys: Words
    past: Floats
    past_first: Longs
    past_count: Longs
    supply: Supply

    def capacity(self, runs: Longs) -> Floats:
        from forecast import draws

        teams, segments = self.supply.segment_share.shape
        out = np.empty((len(runs), teams, segments + 1))
        draws.bootstrap(
            self.keys,
            runs,
            self.past,
            self.past_first,
            self.past_count,
            self.supply.segment_sprint,
            self.supply.segment_share,
            self.supply.sprint_start,
            out,
        )
        return out


MODELS: dict[str, type[Bootstrap] | type[Drift]] = {"bootstrap": Bootstrap, "drift": Drift}
DEFAULT: Throughput = Bootstrap()


def find_model(value: object) -> Throughput:
    """The model that a model, a name or a table such as {model = "bootstrap", window = 12} stands for; None: the default.

    Raises Fault for a name or a setting that does not exist.
    """
    if value is None:
        return DEFAULT
    if isinstance(value, str):
        value = {"model": value}
    if isinstance(value, Mapping):
        settings = dict(value)
        name = settings.pop("model", None)
        if not isinstance(name, str) or name.casefold() not in MODELS:
            way_out = f"choose one of: {', '.join(MODELS)}." + did_you_mean(str(name), MODELS)
            raise Fault("throughput", f"model = {quote(name)}", way_out)
        model = MODELS[name.casefold()]
        for setting in settings:
            known = list(model.__dataclass_fields__)
            if setting not in known:
                way_out = f"{name} knows: {', '.join(known)}." + did_you_mean(str(setting), known)
                raise Fault("throughput", f"{quote(setting)} = {quote(settings[setting])}", way_out)
        return model(**settings)
    if not isinstance(value, type) and all(hasattr(value, method) for method in ("describe", "used", "check", "bind")):
        return value  # type: ignore[return-value]
    raise Fault("throughput", quote(value), f"give a model, or one of the names: {', '.join(MODELS)}")
