"""Sifting: which issues are items, whose, of which feature, and whether they are open, delivered or discarded."""

from __future__ import annotations

import datetime as dt
import math
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from forecast.errors import quote
from forecast.importers.family import NOBODY, Family, find_family
from forecast.importers.issue import Export, Issue, Tally
from forecast.importers.mapping import Mapping
from forecast.importers.naming import make_team, make_unique
from forecast.importers.proposal import find_area

OPEN, DELIVERED, DISCARDED = 0, 1, 2
NO_TEAM = "No team"
FAR = 3 * 365
NO_DAY = 0
"""Stands for a day that is not known; days are ordinals, which begin with 1."""

STAND_IN = "done on a day that is not told: the last change of its status stands in"
UNDATED = "done on a day that nobody knows; no throughput"
UNBORN = "open since a day that is not told: counts in features.csv, but is not in items.csv"
REOPENED = "has a done date though its status is open; counts as open"
EARLY = "done before it was created"
TEAMLESS = "belongs to no team; counts for a team of that name"
POINTLESS = "has no estimate; counts for 0 points"
LONG_WAY = "was in ten sprints or more"


@dataclass
class Sifted:
    """The items of an export, n of them, and where each issue stands.

    teams : names, in the order in which they were met
    place : (n,) the place of the issue of each item
    team, feature : (n,) places in `teams` and in `family.features`, NOBODY for no feature
    state : (n,) OPEN, DELIVERED or DISCARDED
    created, done : (n,) ordinals of days, NO_DAY for one that is not known
    weight : (n,) items or points that it counts for
    issue_team, issue_state : of every issue, items or not
    """

    issues: Sequence[Issue]
    family: Family
    teams: list[str] = field(default_factory=list)
    place: array[int] = field(default_factory=lambda: array("q"))
    team: array[int] = field(default_factory=lambda: array("q"))
    feature: array[int] = field(default_factory=lambda: array("q"))
    state: array[int] = field(default_factory=lambda: array("b"))
    created: array[int] = field(default_factory=lambda: array("q"))
    done: array[int] = field(default_factory=lambda: array("q"))
    weight: array[float] = field(default_factory=lambda: array("d"))
    issue_team: array[int] = field(default_factory=lambda: array("q"))
    issue_state: bytearray = field(default_factory=bytearray)
    left_out: Tally = field(default_factory=Tally)
    strange: Tally = field(default_factory=Tally)

    def newest(self) -> dt.date | None:
        """The newest day that any issue tells of; one that lies years behind all others is a slip, and is told as such."""
        told = {day for issue in self.issues for day in (issue.created, issue.done, issue.changed) if day is not None}
        told = told or {issue.started for issue in self.issues if issue.started is not None}
        days = sorted(told)
        while len(days) > 1 and (days[-1] - days[-2]).days > FAR:
            self.strange.add("a day years behind all others: taken for a slip", f"{days.pop()}")
        return days[-1] if days else None


def sift(export: Export, mapping: Mapping) -> Sifted:
    """The items of an export as the mapping says what is one."""
    sifted = Sifted(export.issues, Family())
    sifted.family = find_family(export.issues, mapping, sifted.strange)
    _find_teams(sifted, mapping)
    judge = Judge(mapping)
    sifted.issue_state = bytearray(judge.state(issue) for issue in export.issues)
    items = {*mapping.items}
    features = {*mapping.features}
    gone = {at for at, name in enumerate(sifted.teams) if not name}
    for at, issue in enumerate(export.issues):
        if issue.kind in features:
            continue
        if issue.kind not in items:
            sifted.left_out.add(f"type {quote(issue.kind)} is no item", issue.key)
        elif sifted.issue_team[at] in gone:
            sifted.left_out.add("its team is left out", issue.key)
        else:
            _add_item(sifted, at, issue, mapping)
    return sifted


def _add_item(sifted: Sifted, at: int, issue: Issue, mapping: Mapping) -> None:
    state, strange = sifted.issue_state[at], sifted.strange
    done = issue.done if state != OPEN else None
    if state == OPEN and issue.done is not None:
        strange.add(REOPENED, f"{issue.key} (status {issue.status})")
    if state != OPEN and done is None:
        done = issue.changed
        if done is not None:
            strange.add(STAND_IN, issue.key)
        elif state == DELIVERED:
            strange.add(UNDATED, issue.key)
    created = issue.created or issue.started or done
    if created is None and state == OPEN:
        strange.add(UNBORN, issue.key)
    if done is not None and issue.created is not None and done < issue.created:
        strange.add(EARLY, f"{issue.key}: {issue.created} to {done}")
    if len(issue.sprints) >= 10:
        strange.add(LONG_WAY, f"{issue.key}: {len(issue.sprints)} sprints")
    in_points = mapping.unit == "points"
    if in_points and issue.estimate is None:
        strange.add(POINTLESS, issue.key)
    sifted.place.append(at)
    sifted.team.append(sifted.issue_team[at])
    sifted.feature.append(sifted.family.feature[at])
    sifted.state.append(state)
    sifted.created.append(created.toordinal() if created else NO_DAY)
    sifted.done.append(done.toordinal() if done else NO_DAY)
    whole = float(math.ceil(issue.size)) if issue.size and mapping.feature == "self" else 1.0
    sifted.weight.append((issue.estimate or 0.0) if in_points else whole)


class Judge:
    """Says of issues whether they are open, delivered or discarded."""

    def __init__(self, mapping: Mapping) -> None:
        self._done, self._open, self._discarded = {*mapping.done}, {*mapping.open}, {*mapping.discarded}
        self._not_delivered = {*mapping.not_delivered}
        self._known: dict[tuple[str, str, str, bool], int] = {}

    def state(self, issue: Issue) -> int:
        """OPEN, DELIVERED or DISCARDED."""
        told = (issue.status, issue.category, issue.resolution, issue.done is not None)
        if told not in self._known:
            self._known[told] = self._judge(*told)
        return self._known[told]

    def _judge(self, status: str, category: str, resolution: str, has_day: bool) -> int:
        if status in self._discarded:
            return DISCARDED
        over = status in self._done
        if not over and status not in self._open:
            over = category in ("done", "discarded") or (not category and has_day)
        if not over:
            return OPEN
        return DISCARDED if category in ("discarded", "undelivered") or resolution in self._not_delivered else DELIVERED


def _find_teams(sifted: Sifted, mapping: Mapping) -> None:
    """Of every issue its team, its parents' where it has none itself; teams get their names."""
    tell = tell_team(mapping.team)
    kind, _, rest = mapping.team.partition(":")
    parent, strange = sifted.family.parent, sifted.strange
    places: dict[str, int] = {}
    told = [tell(issue) for issue in sifted.issues]
    items = {*mapping.items}
    for at, issue in enumerate(sifted.issues):
        name, above, steps = told[at], parent[at], 0
        while not name and above != NOBODY and steps < 20:
            name, above, steps = told[above], parent[above], steps + 1
        if not name and kind != "one" and issue.kind in items:
            strange.add(TEAMLESS, issue.key)
        sifted.issue_team.append(places.setdefault(name, len(places)))
    blank = make_team(rest) if kind == "one" else NO_TEAM
    names = [(make_team(mapping.teams.get(name or blank, name or blank)), name) for name in places]
    if mapping.teams:  # several may become one
        sifted.teams = [name for name, _ in names]
        first = {name: at for at, name in reversed(list(enumerate(sifted.teams)))}
        sifted.issue_team = array("q", (first[sifted.teams[at]] for at in sifted.issue_team))
    else:
        sifted.teams = make_unique([(name or blank, key) for name, key in names], set())


def tell_team(way: str) -> Callable[[Issue], str]:
    """What tells the team of an issue, by one of the ways of a mapping."""
    kind, _, rest = way.partition(":")
    if kind == "one":
        return lambda issue: rest
    if kind == "team":
        return lambda issue: issue.team
    if kind == "area":
        return lambda issue: find_area(issue.areas[0]) if issue.areas else ""
    if kind == "file":
        return lambda issue: issue.team or issue.file
    if kind == "project":
        return lambda issue: issue.project or _key_prefix(issue.key)
    if kind == "label":
        return lambda issue: next(
            (each[len(rest) :].strip() for each in issue.labels if each.casefold().startswith(rest.casefold())), ""
        )
    return lambda issue: next((value for name, value in issue.more if name == rest), "")


def _key_prefix(key: str) -> str:
    """The project that a key such as WEB-12 tells; empty for any other."""
    head, dash, number = key.rpartition("-")
    return head if dash and number.isdecimal() else ""
