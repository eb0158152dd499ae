"""Throughput models: how the past of the teams becomes capacity in future sprints.

A model draws for all teams at once, so that teams may be correlated. It is bound to a history, a seed and a stretch of
future sprints; what it then gives is a pure function of the run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol

import numpy as np

from forecast.arrays import Floats, Longs, Supply, Words
from forecast.drift import Drift
from forecast.errors import Fault, did_you_mean, quote
from forecast.history import History, Sprint, check_same_sprints, scale_done
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
        if self.together:
            check_same_sprints({team: self.used(history, team) for team in teams})

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

DEFAULT: Throughput = Drift()
"""What is used when nobody names a model: of those here the one whose promises held best on real histories."""


def find_model(value: object) -> Throughput:
    """The model that a model, a name or a table such as {model = "bootstrap", window = 12} stands for; None: the default.

    A name may be followed by settings: "drift half_life=4 walk=0.2". Raises Fault for a name or a setting that does not exist.
    """
    if value is None:
        return DEFAULT
    if isinstance(value, str):
        value = _split_settings(value)
    if isinstance(value, Mapping):
        settings = dict(value)
        name = settings.pop("model", None)
        if not isinstance(name, str) or name.casefold() not in MODELS:
            way_out = f"choose one of: {', '.join(MODELS)}." + did_you_mean(str(name), MODELS)
            raise Fault("throughput", f"model = {quote(name)}", way_out)
        model = MODELS[name.casefold()]
        for setting in settings:
            _check_setting(name.casefold(), setting, settings[setting])
        return model(**settings)
    if not isinstance(value, type) and all(hasattr(value, method) for method in ("describe", "used", "check", "bind")):
        return value  # type: ignore[return-value]
    raise Fault("throughput", quote(value), f"give a model, or one of the names: {', '.join(MODELS)}")


def _split_settings(text: str) -> dict[str, Any]:
    """The table that "drift half_life=4" stands for."""
    name, *rest = text.split() or [""]
    settings: dict[str, Any] = {"model": name}
    for each in rest:
        setting, sign, written = each.partition("=")
        if not sign:
            raise Fault("throughput", quote(text), 'write settings behind the name: "drift half_life=4 walk=0.2"')
        settings[setting] = _read_setting(written)
    return settings


def _read_setting(written: str) -> bool | int | float | str:
    """A setting as a TOML file would have it; what is neither a number nor true or false is a text."""
    if written in ("true", "false"):
        return written == "true"
    for kind in (int, float):
        try:
            return kind(written)
        except ValueError:
            continue
    return written


def _check_setting(name: str, setting: object, value: object) -> None:
    """Raises Fault for a setting that a model does not have, and says which model has it."""
    settings = {each: [field.name for field in fields(model)] for each, model in MODELS.items()}
    known = settings[name]
    if setting in known:
        return
    owners = [other for other in MODELS if setting in settings[other]]
    way_out = f"only {owners[0]} has that; " if owners else ""
    way_out += f"{name} knows: {', '.join(known)}." + ("" if owners else did_you_mean(str(setting), known))
    raise Fault("throughput", f"{quote(setting)} = {quote(value)}", way_out)
