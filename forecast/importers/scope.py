"""Scope: what is left of each feature, team by team, and which comes first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from forecast.importers.family import NOBODY, Found
from forecast.importers.issue import Export, Issue, Tally
from forecast.importers.mapping import Mapping
from forecast.importers.naming import make_name, make_unique
from forecast.importers.proposal import propose_empty
from forecast.importers.sifting import DELIVERED, DISCARDED, OPEN, Sifted
from forecast.values import fold

NOTHING_LEFT = "open, but all its items are closed: nothing is left of it"
NOT_STARTED = "open, without any items: sized like the others (low, likely, high under `empty` in import.toml)"
NO_SIZE = "open, without any items, and nobody says how large it is: not in features.csv"
NO_OWNER = "open, without any items, and no team is known: not in features.csv"
HOLDS = "open, and holds other features instead of items: those are planned, it is not"
OVER_WITH_REST = "closed, though items of it are open: those are not planned"
DUE_OVER = "its due date is before the start: left blank"
LOOSE = "open items that belong to no feature"
LARGER = "said to be larger than the items that are known: the larger number counts"


@dataclass(frozen=True)
class Part:
    """What one team has to do of a feature: so much in all, so much of it done; or an estimate where nothing is known.

    team : the place of the team
    """

    team: int
    total: float
    done: float = 0.0
    estimate: tuple[float, ...] = ()


@dataclass(frozen=True)
class Planned:
    """A feature that is still open.

    at : its place among the features of the family, NOBODY for the rest that belongs to none
    """

    at: int
    key: str
    name: str
    parts: tuple[Part, ...]
    due: dt.date | None = None
    issue: int = NOBODY


@dataclass
class Scope:
    """The features of an export.

    names : of every feature of the family, open or over, the name that it has in the portfolio
    planned : those that are open, the most important first
    over : places of those that are closed or have nothing left
    """

    names: list[str]
    planned: list[Planned] = field(default_factory=list)
    over: set[int] = field(default_factory=set)
    strange: Tally = field(default_factory=Tally)


def find_scope(export: Export, mapping: Mapping, sifted: Sifted, start: dt.date) -> tuple[Scope, Mapping]:
    """The open features with what is left of them; and the mapping with what it had to propose for those without items."""
    features = sifted.family.features
    taken = {fold(mapping.loose)} if mapping.loose else set()
    scope = Scope(make_unique([(make_name(each.title or each.key), each.key) for each in features], taken))
    counts = _count(sifted, len(features), len(sifted.teams))
    totals = counts[:, :, OPEN].sum(1) + counts[:, :, DELIVERED].sum(1)
    if mapping.empty is None and mapping.unit == "items":
        sizes = [int(total) for at, total in enumerate(totals[:-1]) if total >= 1]
        mapping = replace(mapping, empty=propose_empty(sizes)) if _has_empty(sifted, totals) else mapping
    planner = _Planner(mapping, sifted, scope, start, export.source == "github", counts)
    for at, found in enumerate(features):
        planned = planner.plan(at, found)
        if planned is None:
            scope.over.add(at)
        else:
            scope.planned.append(planned)
    scope.planned = [scope.planned[at] for at in _rank(scope.planned, export, mapping, sifted)]
    _add_loose(scope, counts[-1], mapping, sifted)
    return scope, mapping


def _count(sifted: Sifted, features: int, teams: int) -> np.ndarray:
    """Weight of the items by feature (the last row those of none), team and state : (features + 1, teams, 3) float."""
    shape = (features + 1, max(teams, 1), 3)
    feature = np.frombuffer(sifted.feature, np.int64) if len(sifted.feature) else np.zeros(0, np.int64)
    team = np.frombuffer(sifted.team, np.int64) if len(sifted.team) else np.zeros(0, np.int64)
    state = np.frombuffer(sifted.state, np.int8).astype(np.int64) if len(sifted.state) else np.zeros(0, np.int64)
    weight = np.frombuffer(sifted.weight, np.float64) if len(sifted.weight) else np.zeros(0)
    flat = np.ravel_multi_index((np.where(feature < 0, features, feature), team, state), shape)
    return np.bincount(flat, weight, minlength=int(np.prod(shape))).reshape(shape)


def _has_empty(sifted: Sifted, totals: np.ndarray) -> bool:
    passed = {NOBODY} | _find_holders(sifted)
    return any(
        not totals[at] and found.issue not in passed and sifted.issue_state[found.issue] == OPEN
        for at, found in enumerate(sifted.family.features)
    )


def _find_holders(sifted: Sifted) -> set[int]:
    """Places of the issues that other features belong to: initiatives over epics, epics over features."""
    issues, parent = sifted.issues, sifted.family.parent
    places = [found.issue for found in sifted.family.features if found.issue != NOBODY]
    return {parent[at] for at in places if parent[at] not in (NOBODY, at)} & {*places} if issues else set()


class _Planner:
    """Says of each feature what is left of it, and counts what is odd about that.

    counts : as `_count` gives them
    by_items : due dates stand at the items (GitHub's milestones)
    """

    def __init__(
        self, mapping: Mapping, sifted: Sifted, scope: Scope, start: dt.date, by_items: bool, counts: np.ndarray
    ) -> None:
        self._mapping, self._sifted, self._scope, self._start = mapping, sifted, scope, start
        self._counts = counts
        self._holders = _find_holders(sifted) if mapping.feature == "parent" else set[int]()
        self._busy = {int(team) for team in np.flatnonzero(counts.sum((0, 2)))}
        self._dues: dict[int, dt.date] = {}
        for place, feature in zip(sifted.place, sifted.feature, strict=True) if by_items else ():
            due = sifted.issues[place].due
            if due is not None:
                self._dues[feature] = max(due, self._dues.get(feature, due))

    def plan(self, at: int, found: Found) -> Planned | None:
        """An open feature with its parts; None for one that is over, or of which nothing can be said."""
        counts, name, strange = self._counts[at], self._scope.names[at], self._scope.strange
        left = counts[:, OPEN]
        issue = self._sifted.issues[found.issue] if found.issue != NOBODY else None
        if issue is not None and self._sifted.issue_state[found.issue] != OPEN:
            if left.sum():
                strange.add(OVER_WITH_REST, f"{name} ({left.sum():g} open)")
            return None
        parts = tuple(
            Part(int(team), float(left[team] + counts[team, DELIVERED]), float(counts[team, DELIVERED]))
            for team in np.flatnonzero(left)
            if self._sifted.teams[team]
        )
        if issue is not None and issue.size is not None and self._mapping.unit == "items":
            parts = self._enlarge(parts, issue, counts, self._sifted.issue_team[found.issue], name)
        if not parts and (issue is None or counts[:, DELIVERED].sum() or counts[:, DISCARDED].sum()):
            if issue is not None:
                strange.add(NOTHING_LEFT, name)
            return None
        if not parts and found.issue in self._holders:
            strange.add(HOLDS, name)
            return None
        if not parts and issue is not None:
            parts = self._estimate(name, self._sifted.issue_team[found.issue])
        return Planned(at, found.key, name, parts, self._find_due(at, name, issue), found.issue) if parts else None

    def _enlarge(
        self, parts: tuple[Part, ...], issue: Issue, counts: np.ndarray, owner: int, name: str
    ) -> tuple[Part, ...]:
        """The parts of a feature whose tracker says how many items it holds, where that is more than are known."""
        known = float(counts[:, OPEN].sum() + counts[:, DELIVERED].sum())
        extra = float(np.ceil((issue.size or 0.0) - known))
        if extra <= 0:
            return parts
        if known:
            self._scope.strange.add(LARGER, f"{name}: {issue.size:g} instead of {known:g}")
        if len(parts) == 1:
            return (replace(parts[0], total=parts[0].total + extra),)
        done = float(counts[owner, DELIVERED])
        mine = next((part for part in parts if part.team == owner), Part(owner, done, done))
        return (*(part for part in parts if part.team != owner), replace(mine, total=mine.total + extra))

    def _estimate(self, name: str, team: int) -> tuple[Part, ...]:
        """The part of a feature that has no items: what the mapping says of such features; nothing when it says nothing."""
        if not self._mapping.empty:
            self._scope.strange.add(NO_SIZE, name)
        elif not self._sifted.teams[team] or team not in self._busy:
            self._scope.strange.add(NO_OWNER, name)
        else:
            self._scope.strange.add(NOT_STARTED, name)
            return (Part(team, 0.0, 0.0, self._mapping.empty),)
        return ()

    def _find_due(self, at: int, name: str, issue: Issue | None) -> dt.date | None:
        """When it is due, by itself or by its milestone; what is over already is told, and is no promise."""
        due = issue.due if issue is not None else self._dues.get(at)
        if due is not None and due < self._start:
            self._scope.strange.add(DUE_OVER, f"{name}: {due}")
            return None
        return due


def _rank(planned: Sequence[Planned], export: Export, mapping: Mapping, sifted: Sifted) -> list[int]:
    """Places of the features, the most important first."""
    first: dict[int, int] = {}
    best: dict[int, str] = {}
    for place, feature, state in zip(sifted.place, sifted.feature, sifted.state, strict=True):
        if feature != NOBODY and state == OPEN:
            first.setdefault(feature, place)
            rank = sifted.issues[place].rank
            if rank and (feature not in best or _sort_rank(rank) < _sort_rank(best[feature])):
                best[feature] = rank

    def key(at: int) -> tuple[object, ...]:
        each = planned[at]
        row = each.issue if each.issue != NOBODY else first.get(each.at, len(sifted.issues))
        if mapping.rank == "due":
            return (each.due is None, each.due or dt.date.max, row)
        rank = (sifted.issues[each.issue].rank if each.issue != NOBODY else "") or best.get(each.at, "")
        return (not rank, *_sort_rank(rank), row) if mapping.rank == "rank" else (row,)

    return sorted(range(len(planned)), key=key)


def _sort_rank(rank: str) -> tuple[float, str]:
    """A rank that can be compared: numbers as numbers (Azure DevOps), others as texts (Jira)."""
    try:
        return float(rank), ""
    except ValueError:
        return float("inf"), rank


def _add_loose(scope: Scope, counts: np.ndarray, mapping: Mapping, sifted: Sifted) -> None:
    """What belongs to no feature is told, and becomes the last feature where the mapping says so."""
    left = counts[:, OPEN]
    if not left.sum():
        return
    if not mapping.loose:
        for team in np.flatnonzero(left):
            scope.strange.add(LOOSE, f"{left[team]:,.0f} of {sifted.teams[team]}", int(left[team]))
        return
    parts = tuple(Part(int(team), float(left[team])) for team in np.flatnonzero(left) if sifted.teams[team])
    if parts:
        scope.planned.append(Planned(NOBODY, "", make_name(mapping.loose), parts))
