"""Roadmaps: features in priority order, the teams that do them, the calendar, the risks.

Every edit returns a new roadmap; a what-if is another roadmap.
"""

from __future__ import annotations

import datetime as dt
import graphlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

from forecast.dates import Clock, Dateish, read_date, read_dates
from forecast.errors import Fault, did_you_mean, quote
from forecast.estimate import Estimate
from forecast.feature import After, External, Feature, Handoff, Risk, read_handoff
from forecast.growth import Factor, Growth, read_growth
from forecast.team import LONGEST_SPRINT, Team
from forecast.values import read_count, read_level, read_list, read_name

UNITS = ("items", "points")


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
class Roadmap:
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
    quarter_starts : first days of the company's quarters

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
        keep(self, "start", read_date(start, "roadmap, start"))
        named = read_list(teams, "roadmap", "teams")
        keep(self, "teams", tuple(Team(team) if isinstance(team, str) else team for team in named))
        keep(self, "features", read_list(features, "roadmap", "features"))
        keep(self, "sprint_days", read_count(sprint_days, "roadmap", "sprint_days", least=1, most=LONGEST_SPRINT))
        keep(self, "handoff", read_handoff(handoff, "roadmap"))
        keep(self, "days_off", read_dates(days_off, "roadmap, days_off"))
        keep(self, "risks", read_list(risks, "roadmap", "risks"))
        if unit not in UNITS:
            raise Fault("roadmap", f"unit = {quote(unit)}", 'a unit is "items" or "points"')
        keep(self, "unit", unit)
        keep(self, "throughput", throughput)
        keep(self, "growth", None if growth is None else read_growth(growth, "roadmap"))
        keep(self, "promise_level", read_level(promise_level, "roadmap, promise_level"))
        starts = None if quarter_starts is None else read_list(quarter_starts, "roadmap", "quarter_starts")
        keep(self, "quarter_starts", starts)
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
            return [first, *first.others]
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

    def feature(self, name: str) -> Feature | External:
        """The feature (or external) of that name. Raises Fault when there is none."""
        return self.features[self.rank(name) - 1]

    def rank(self, name: str) -> int:
        """Where the feature stands, 1 at the top. Raises Fault when there is none of that name."""
        wanted = read_name(name, "roadmap")
        if wanted not in self._rank_of:
            raise Fault("roadmap", f"feature {quote(wanted)}", "no such feature." + did_you_mean(wanted, self._rank_of))
        return self._rank_of[wanted]

    @property
    def promises(self) -> tuple[Feature | External, ...]:
        """The features with a due date that is meant as a promise."""
        return tuple(feature for feature in self.features if feature.is_promise)

    def insert(
        self,
        feature: Feature | External,
        *,
        above: str | None = None,
        below: str | None = None,
        rank: int | None = None,
    ) -> Roadmap:
        """The roadmap with one more feature: above or below another, at a rank (1 is the top), else at the bottom."""
        bottom = len(self.features) + 1
        if above is None and below is None and rank is None:
            rank = bottom
        where = self._place(above, below, rank, last=bottom)
        return self._with(features=(*self.features[:where], feature, *self.features[where:]))

    def without(self, name: str) -> Roadmap:
        """The roadmap without one feature; nothing waits for it any more, and risks no longer touch it."""
        gone = self.feature(name).name
        return self._with(
            features=tuple(self._released(feature, gone) for feature in self.features if feature.name != gone),
            risks=tuple(risk for risk in (self._spared(risk, gone) for risk in self.risks) if risk is not None),
        )

    def move(
        self, name: str, *, above: str | None = None, below: str | None = None, rank: int | None = None
    ) -> Roadmap:
        """The roadmap with one feature elsewhere: above or below another, or at a rank of the new order."""
        feature = self.feature(name)
        rest = self._others(feature.name)
        if feature.name in [read_name(other, "roadmap") for other in (above, below) if other is not None]:
            raise Fault("roadmap", f"move {quote(name)}", "a feature cannot be moved above or below itself")
        if above is None and below is None and rank is None:
            raise Fault("roadmap", f"move {quote(name)}", "say where to: above, below or rank")
        where = self._place(above, below, rank, last=len(self.features))
        if rank is None and where > self.rank(feature.name) - 1:
            where -= 1
        return self._with(features=(*rest[:where], feature, *rest[where:]))

    def replace(self, feature: Feature | External) -> Roadmap:
        """The roadmap with the feature of the same name replaced, its rank kept."""
        if not isinstance(feature, Feature | External):
            raise Fault("roadmap", f"replace {quote(feature)}", "give the feature that takes the place of its namesake")
        where = self.rank(feature.name) - 1
        return self._with(features=(*self.features[:where], feature, *self.features[where + 1 :]))

    def _others(self, name: str) -> tuple[Feature | External, ...]:
        return tuple(feature for feature in self.features if feature.name != name)

    def _with(self, **changes: Any) -> Roadmap:
        values = {field.name: getattr(self, field.name) for field in fields(self)} | changes
        return Roadmap(values.pop("start"), values.pop("teams"), values.pop("features"), **values)

    def _place(self, above: str | None, below: str | None, rank: int | None, last: int) -> int:
        if sum(place is not None for place in (above, below, rank)) != 1:
            raise Fault("roadmap", "more than one place", "give one of above, below and rank")
        if above is not None:
            return self.rank(above) - 1
        if below is not None:
            return self.rank(below)
        return read_count(rank, "roadmap", "rank", least=1, most=last) - 1

    def _released(self, feature: Feature | External, gone: str) -> Feature | External:
        def stays(after: After, who: str) -> bool:
            return self._resolve(after, who)[0] != gone

        after = tuple(a for a in feature.after if stays(a, feature.name))
        if isinstance(feature, External):
            return replace(feature, after=after)
        work = {
            team: replace(part, after=tuple(a for a in part.after if stays(a, _name_of(feature, team))))
            for team, part in feature.work.items()
        }
        return replace(feature, after=after, work=work)

    def _spared(self, risk: Risk, gone: str) -> Risk | None:
        where = f"risk {quote(risk.name)}"
        adds = {to: size for to, size in risk.adds.items() if self.part_named(to, where)[0] != gone}
        delays = {to: days for to, days in risk.delays.items() if to != gone}
        return Risk(risk.name, risk.chance, adds, delays) if adds or delays else None

    def part_named(self, name: str, where: str) -> tuple[str, str]:
        """Feature and team of a part written as "Feature/Team" (split at the last "/"). Fault when there is none."""
        feature, slash, team = (half.strip() for half in name.rpartition("/"))
        if not slash or team not in self._teams_of.get(feature, ()):
            known = [f"{feature}/{team}" for feature, teams in self._teams_of.items() for team in teams]
            raise Fault(where, quote(name), 'no such part; write "Feature/Team".' + did_you_mean(name, known))
        return feature, team

    @cached_property
    def _rank_of(self) -> dict[str, int]:
        return {feature.name: rank for rank, feature in enumerate(self.features, start=1)}

    @cached_property
    def _teams_of(self) -> dict[str, tuple[str, ...]]:
        return {feature.name: tuple(getattr(feature, "work", ())) for feature in self.features}

    def _stated(self) -> Iterator[tuple[Feature | External, str | None, After]]:
        for feature in self.features:
            for after in feature.after:
                yield feature, None, after
            if isinstance(feature, Feature):
                for team, part in feature.work.items():
                    for after in part.after:
                        yield feature, team, after

    def _resolve(self, after: After, who: str) -> tuple[str, str | None]:
        """Feature and team that a stated dependency means. Raises Fault when it means nothing, or two things."""
        where = f"feature {quote(who)}"
        named = f"after = {quote(after.feature)}"
        if after.team is not None:
            if after.feature not in self._teams_of:
                raise Fault(where, named, "no such feature." + did_you_mean(after.feature, self._teams_of))
            if after.team not in self._teams_of[after.feature]:
                way_out = f"{quote(after.feature)} has no work of that team." + did_you_mean(
                    after.team, self._teams_of[after.feature]
                )
                raise Fault(where, f"{named}, team = {quote(after.team)}", way_out)
            return after.feature, after.team
        feature, slash, team = (half.strip() for half in after.feature.rpartition("/"))
        is_part = bool(slash) and team in self._teams_of.get(feature, ())
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
        known = [*self._teams_of, *(f"{feature}/{team}" for feature, teams in self._teams_of.items() for team in teams)]
        raise Fault(where, named, "no such feature or part in the roadmap." + did_you_mean(after.feature, known))

    def _faults(self) -> Iterator[Fault]:
        kinds = [
            *_faults_of_kind("teams", self.teams, (Team,)),
            *_faults_of_kind("features", self.features, (Feature, External)),
            *_faults_of_kind("risks", self.risks, (Risk,)),
        ]
        if kinds:
            yield from kinds
            return
        names = list(self._faults_of_names())
        yield from names
        links = list(self._faults_of_links())
        yield from links
        yield from self._faults_of_risks()
        if not names and not links:
            yield from self._faults_of_cycles()

    def _faults_of_names(self) -> Iterator[Fault]:
        for kind, things in (("team", self.teams), ("feature", self.features), ("risk", self.risks)):
            seen: dict[str, str] = {}
            for thing in things:
                key = thing.name.casefold()
                if key in seen:
                    alike = "" if seen[key] == thing.name else f" (there is {quote(seen[key])} already)"
                    yield Fault("roadmap", f"{kind} {quote(thing.name)} twice{alike}", "give each a name of its own")
                seen.setdefault(key, thing.name)
        known = {team.name for team in self.teams}
        for feature in self.features:
            for team in getattr(feature, "work", ()):
                if team not in known:
                    way_out = "no such team in the roadmap." + did_you_mean(team, known)
                    yield Fault(f"feature {quote(feature.name)}", f"work of {quote(team)}", way_out)

    def _faults_of_links(self) -> Iterator[Fault]:
        for feature, team, after in self._stated():
            try:
                self._resolve(after, _name_of(feature, team))
            except Fault as fault:
                yield fault

    def _faults_of_risks(self) -> Iterator[Fault]:
        for risk in self.risks:
            where = f"risk {quote(risk.name)}"
            for target in risk.adds:
                try:
                    self.part_named(target, f"{where}, adds")
                except Fault as fault:
                    yield fault
            for target in risk.delays:
                if target not in self._rank_of:
                    way_out = "no such feature." + did_you_mean(target, self._rank_of)
                    yield Fault(f"{where}, delays", quote(target), way_out)

    def _faults_of_cycles(self) -> Iterator[Fault]:
        """A cycle among parts and feature ends, printed in the order of waiting."""
        sorter: graphlib.TopologicalSorter[str] = graphlib.TopologicalSorter()
        for feature in self.features:
            sorter.add(feature.name, *(_part(feature.name, team) for team in self._teams_of[feature.name]))
        for link in self.links:
            waits_for = _part(link.waits_for, link.waits_for_team) if link.waits_for_team else link.waits_for
            teams = (link.team,) if link.team else self._teams_of[link.feature]
            for waiting in [_part(link.feature, team) for team in teams] or [link.feature]:
                sorter.add(waiting, waits_for)
        try:
            sorter.prepare()
        except graphlib.CycleError as error:
            cycle = " waits for ".join(quote(name.replace("\0", "/")) for name in reversed(error.args[1]))
            yield Fault("roadmap", f"a cycle: {cycle}", "nothing in it could ever start; remove one of these links")


def _faults_of_kind(what: str, values: Sequence[object], kinds: tuple[type, ...]) -> Iterator[Fault]:
    for value in values:
        if not isinstance(value, kinds):
            yield Fault("roadmap", f"{what}: {quote(value)}", f"give a {' or '.join(kind.__name__ for kind in kinds)}")


def _name_of(feature: Feature | External, team: str | None) -> str:
    return feature.name if team is None else f"{feature.name}/{team}"


def _part(feature: str, team: str | None) -> str:
    return f"{feature}\0{team}"
