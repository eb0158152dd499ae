"""Roadmaps: features in priority order, the teams that do them, the calendar, the risks.

Every edit returns a new roadmap (see `edits`); a what-if is another roadmap.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Self

from forecast.cycles import Resolved, faults_of_cycles
from forecast.dates import Clock, Dateish, read_date, read_dates, read_quarters
from forecast.edits import Edits
from forecast.errors import Fault, did_you_mean, point_out, quote
from forecast.estimate import Estimate
from forecast.feature import After, External, Feature, Handoff, Risk, read_handoff
from forecast.growth import Factor, Growth, read_growth
from forecast.quarters import read_day
from forecast.team import LONGEST_SPRINT, Team
from forecast.values import fold, read_count, read_level, read_list, read_model, read_name

UNITS = ("items", "points")
MOST_HINTS = 50
"""Suggestions of what may have been meant, of one kind: each is a search among all names."""


@dataclass(frozen=True)
class Link:
    """One stated dependency with its names resolved: `feature` (or only its part of `team`) waits for `waits_for`.

    team, waits_for_team : None for the whole feature
    lag, handoff : as stated, the roadmap's hand-off filled in
    ordinal : 0, 1, ... among links that name the same two things
    """

    feature: str
    team: str | None
    waits_for: str
    waits_for_team: str | None
    lag: Estimate
    handoff: Handoff
    ordinal: int


@dataclass(frozen=True)
class Roadmap(Edits):
    """Features in priority order (rank 1 is the most important), the teams and the calendar.

    start : the day at which the clock stands at 0
    teams : `Team`s, or their names
    features : `Feature`s and `External`s in priority order
    sprint_days : calendar days of a sprint, for teams that do not say
    handoff : "next-sprint" or "immediate"
    days_off : days on which nobody in the company works
    unit : "items" (sizes are rounded to whole items) or "points"
    throughput : a throughput model or its name; None takes the default
    growth : factor for discovered work, for features that do not say: a number, low / likely / high, or "learned"
    promise_level : the chance at which a promise holds, a share
    quarter_starts : first days of the company's quarters, that of Q1 first: four days of every year such as "02-01", or dates;
        None for the quarters of the calendar

    Raises Fault for unknown or repeated names, for cycles (printed), and for values out of range.
    """

    start: dt.date
    teams: tuple[Team, ...]
    features: tuple[Feature | External, ...]
    sprint_days: int
    handoff: Handoff
    days_off: tuple[dt.date, ...]
    risks: tuple[Risk, ...]
    unit: str
    throughput: Any
    growth: Growth | None
    promise_level: float
    quarter_starts: tuple[Any, ...] | None

    def __init__(
        self,
        start: Dateish,
        teams: Sequence[Team | str],
        features: Sequence[Feature | External],
        *,
        sprint_days: int = 14,
        handoff: str = "next-sprint",
        days_off: Sequence[Dateish] = (),
        risks: Sequence[Risk] = (),
        unit: str = "items",
        throughput: Any = None,
        growth: Factor | None = None,
        promise_level: float = 0.85,
        quarter_starts: Sequence[Any] | None = None,
    ) -> None:
        keep = object.__setattr__
        keep(self, "start", read_date(start, "roadmap", "start"))
        named = read_list(teams, "roadmap", "teams")
        keep(self, "teams", tuple(Team(team) if isinstance(team, str) else team for team in named))
        keep(self, "features", read_list(features, "roadmap", "features"))
        keep(self, "sprint_days", read_count(sprint_days, "roadmap", "sprint_days", least=1, most=LONGEST_SPRINT))
        keep(self, "handoff", read_handoff(handoff, "roadmap"))
        keep(self, "days_off", read_dates(days_off, "roadmap", "days_off"))
        keep(self, "risks", read_list(risks, "roadmap", "risks"))
        if unit not in UNITS:
            raise Fault("roadmap", f"unit = {quote(unit)}", 'a unit is "items" or "points"')
        keep(self, "unit", unit)
        keep(self, "throughput", read_model(throughput))
        keep(self, "growth", None if growth is None else read_growth(growth, "roadmap"))
        keep(self, "promise_level", read_level(promise_level, "roadmap, promise_level"))
        keep(self, "quarter_starts", read_quarters(quarter_starts))
        faults = list(self._faults())
        if faults:
            faults[0].others = tuple(faults[1:])
            raise faults[0]

    @classmethod
    def faults(cls, *args: Any, **kwargs: Any) -> list[Fault]:
        """All faults that keep these arguments from being a roadmap, instead of raising the first."""
        try:
            cls(*args, **kwargs)
        except Fault as first:
            return list(first.all)
        return []

    @cached_property
    def clock(self) -> Clock:
        """The clock of the roadmap: working days since start."""
        return Clock(self.start, self.days_off)

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """Every stated dependency with its names resolved, in the order of the features."""
        seen: dict[tuple[str | None, ...], int] = {}
        links = []
        for feature, team, after in self._stated():
            waits_for, waits_for_team = self._resolve(after, _name_of(feature, team))
            key = (feature.name, team, waits_for, waits_for_team)
            ordinal = seen[key] = seen.get(key, -1) + 1
            links.append(Link(*key, after.lag, after.handoff or self.handoff, ordinal))
        return tuple(links)

    def read_day(self, value: object, where: str, what: str = "") -> dt.date:
        """The day that a date, an ISO text or a quarter (``Q1``, ``2026-Q1``) stands for: of a quarter its last day."""
        return read_day(value, self.start, self.quarter_starts, where, what)

    def feature(self, name: str) -> Feature | External:
        """The feature (or external) of that name. Raises Fault when there is none."""
        return self.features[self.rank(name) - 1]

    def rank(self, name: str) -> int:
        """Where the feature stands, 1 at the top. Raises Fault when there is none of that name."""
        wanted = read_name(name, "roadmap")
        if wanted not in self._rank_of:
            raise Fault("roadmap", f"feature {quote(wanted)}", "no such feature." + point_out(wanted, self._rank_of))
        return self._rank_of[wanted]

    @property
    def promises(self) -> tuple[Feature | External, ...]:
        """The features with a due date that is meant as a promise."""
        return tuple(feature for feature in self.features if feature.is_promise)

    def _with(self, **changes: Any) -> Self:
        values = {field.name: getattr(self, field.name) for field in fields(self)} | changes
        return type(self)(values.pop("start"), values.pop("teams"), values.pop("features"), **values)

    def part_named(self, name: str, where: str) -> tuple[str, str]:
        """Feature and team of a part written as "Feature/Team" (split at the last "/"). Fault when there is none."""
        feature, team = _split(name)
        if team not in self._teams_of.get(feature, ()):
            raise Fault(where, quote(name), 'no such part; write "Feature/Team".' + did_you_mean(name, self._parts))
        return feature, team

    @cached_property
    def _rank_of(self) -> dict[str, int]:
        return {feature.name: rank for rank, feature in enumerate(self.features, start=1)}

    @cached_property
    def _teams_of(self) -> dict[str, tuple[str, ...]]:
        return {feature.name: tuple(getattr(feature, "work", ())) for feature in self.features}

    @cached_property
    def _parts(self) -> tuple[str, ...]:
        return tuple(f"{feature}/{team}" for feature, teams in self._teams_of.items() for team in teams)

    def _stated(self) -> Iterator[tuple[Feature | External, str | None, After]]:
        for feature in self.features:
            for after in feature.after:
                yield feature, None, after
            if isinstance(feature, Feature):
                for team, part in feature.work.items():
                    for after in part.after:
                        yield feature, team, after

    def _resolve(self, after: After, who: str, hints: bool = True) -> tuple[str, str | None]:
        """Feature and team that a stated dependency means. Raises Fault when it means nothing, or two things."""
        where = f"feature {quote(who)}"
        named = f"after = {quote(after.feature)}"
        if after.team is not None:
            if after.feature not in self._teams_of:
                hint = did_you_mean(after.feature, self._teams_of if hints else ())
                raise Fault(where, named, f"no such feature.{hint}", missing=("part", after.feature, after.team))
            if after.team not in self._teams_of[after.feature]:
                way_out = f"{quote(after.feature)} has no work of that team." + did_you_mean(
                    after.team, self._teams_of[after.feature]
                )
                named = f"{named}, team = {quote(after.team)}"
                raise Fault(where, named, way_out, missing=("part", after.feature, after.team))
            return after.feature, after.team
        feature, team = _split(after.feature)
        is_part = team in self._teams_of.get(feature, ())
        if after.feature in self._teams_of:
            if is_part and not after.is_exact:
                way_out = (
                    "this is both a feature and a part of one; "
                    f"write {{ feature = {quote(after.feature)} }} or {{ feature = {quote(feature)}, team = {quote(team)} }}"
                )
                raise Fault(where, named, way_out)
            return after.feature, None
        if is_part:
            return feature, team
        hint = did_you_mean(after.feature, [*self._teams_of, *self._parts] if hints else ())
        pieces = [piece.strip() for piece in after.feature.split(",")]
        if len(pieces) > 1 and all(piece in self._teams_of or piece in self._parts for piece in pieces):
            hint = ' These are several: in a sheet put ";" between them, in a list quotes around each.'
        raise Fault(where, named, f"no such feature or part in the roadmap.{hint}", missing=("feature", after.feature))

    def _faults(self) -> Iterator[Fault]:
        kinds = [
            *_faults_of_kind("teams", self.teams, (Team,)),
            *_faults_of_kind("features", self.features, (Feature, External)),
            *_faults_of_kind("risks", self.risks, (Risk,)),
        ]
        if kinds:
            yield from kinds
            return
        yield from self._faults_of_names()
        links, faults = self._resolved()
        yield from faults
        yield from self._faults_of_risks()
        yield from faults_of_cycles(self.features, links)

    def _faults_of_names(self) -> Iterator[Fault]:
        for kind, things in (("team", self.teams), ("feature", self.features), ("risk", self.risks)):
            seen: dict[str, str] = {}
            for place, thing in enumerate(things):
                key = fold(thing.name)
                if key in seen:
                    alike = "" if seen[key] == thing.name else f" (there is {quote(seen[key])} already)"
                    value = f"{kind} {quote(thing.name)} twice{alike}"
                    yield Fault("roadmap", value, "give each a name of its own", about=(f"{kind}s", place, "name"))
                seen.setdefault(key, thing.name)
        known = {team.name for team in self.teams}
        hints = 0
        for place, feature in enumerate(self.features):
            for team in getattr(feature, "work", ()):
                if team not in known:
                    hints += 1
                    hint = did_you_mean(team, known if hints <= MOST_HINTS else ())
                    yield Fault(
                        f"feature {quote(feature.name)}",
                        f"work of {quote(team)}",
                        f"no such team in the roadmap.{hint}",
                        about=("features", place, "work", team),
                        missing=("team", team),
                    )

    def _resolved(self) -> tuple[list[Resolved], list[Fault]]:
        """The stated dependencies whose names can be resolved, and the faults of the others."""
        links: list[Resolved] = []
        faults: list[Fault] = []
        for place, feature in enumerate(self.features):
            stated: list[tuple[str | None, tuple[str, ...], tuple[After, ...]]] = [(None, ("after",), feature.after)]
            if isinstance(feature, Feature):
                stated += [(team, ("work", team, "after"), part.after) for team, part in feature.work.items()]
            for team, key, afters in stated:
                for ordinal, after in enumerate(afters):
                    about: tuple[str | int, ...] = ("features", place, *key, ordinal)
                    try:
                        waits_for = self._resolve(after, _name_of(feature, team), len(faults) < MOST_HINTS)
                        links.append(Resolved(place, team, *waits_for, about))
                    except Fault as fault:
                        faults.append(Fault(*fault.args, about=about, missing=fault.missing))
        return links, faults

    def _faults_of_risks(self) -> Iterator[Fault]:
        for place, risk in enumerate(self.risks):
            where = f"risk {quote(risk.name)}"
            for target in risk.adds:
                try:
                    self.part_named(target, f"{where}, adds")
                except Fault as fault:
                    missing = ("part", *_split(target))
                    yield Fault(*fault.args, about=("risks", place, "adds", target), missing=missing)
            for target in risk.delays:
                if target not in self._rank_of:
                    way_out = "no such feature." + did_you_mean(target, self._rank_of)
                    about = ("risks", place, "delays", target)
                    yield Fault(f"{where}, delays", quote(target), way_out, about=about, missing=("feature", target))


def _faults_of_kind(what: str, values: Sequence[object], kinds: tuple[type, ...]) -> Iterator[Fault]:
    for value in values:
        if not isinstance(value, kinds):
            yield Fault("roadmap", f"{what}: {quote(value)}", f"give a {' or '.join(kind.__name__ for kind in kinds)}")


def _name_of(feature: Feature | External, team: str | None) -> str:
    return feature.name if team is None else f"{feature.name}/{team}"


def _split(name: str) -> tuple[str, str]:
    """The halves of "Feature/Team", split at the last "/"; the first is empty when there is none."""
    feature, _, team = name.rpartition("/")
    return feature.strip(), team.strip()
