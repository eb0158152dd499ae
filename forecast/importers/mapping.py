"""Mapping: what of an export is a team, a feature, an item, done, and a link that waits; proposed from the data, then kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping as Of
from dataclasses import dataclass, field, replace

from forecast.errors import Fault, did_you_mean, quote
from forecast.importers.words import MEANS_BLOCKS, MEANS_NOTHING, MEANS_WAITS

TEAM_WAYS = ("team", "project", "area", "file", "label:PREFIX", "column:NAME", "one:NAME")
FEATURE_WAYS = ("parent", "project", "version", "label:PREFIX", "column:NAME", "self", "none")
RANKS = ("rank", "order", "due")
SPRINT_WAYS = ("every", "tracker")
UNITS = ("items", "points")
LINK_MEANINGS = (MEANS_BLOCKS, MEANS_WAITS, MEANS_NOTHING)
LONGEST_SPRINT = 366


@dataclass(frozen=True)
class Mapping:
    """How the issues of an export become a portfolio.

    team : who worked on an issue: "team" (its team field), "project", "area" (component, last part of an area path), "file" (the
        name of its file), "label:PREFIX", "column:NAME" or "one:NAME" (one team did everything)
    teams : name in the tracker -> name in the portfolio; an empty one leaves that team out
    feature : what an issue belongs to: "parent" (the nearest ancestor of a type in `features`), "project", "version" (release,
        milestone), "label:PREFIX", "column:NAME", "self" (each issue is a feature, as large as it is said to be) or "none"
    features, items, left_out : types that are features, that teams count as finished, and that are neither
    done, discarded : statuses that say that something is over; all others are open
    not_delivered : resolutions that say that something was closed without being done
    links : kind of link -> "blocks" (an outward one says: the other issue waits for this one), "waits" (this one waits for the
        other) or "no"
    item_links : links between items count for the parts of their features that they belong to
    unit : "items", or "points" of their estimates
    sprints : "every" (stretches of `sprint_days`) or "tracker" (the sprints that the tracker knows the days of)
    start : first day of the forecast; None takes the working day after the newest that the export tells of
    rank : which feature comes first: by "rank" (the tracker's own), "order" (of the rows) or "due"
    empty : low, likely and high of an open feature without any items; () leaves such features out, None sizes them like the
        others
    loose : open items that belong to no feature become one last feature of this name; empty leaves them out
    dates : what comes first in the dates, "day" or "month"; empty lets the dates decide
    columns : what is told -> the column that tells it, where a person said so
    """

    source: str
    team: str = "one:Team"
    teams: Of[str, str] = field(default_factory=dict)
    feature: str = "none"
    features: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    discarded: tuple[str, ...] = ()
    delivered: tuple[str, ...] = ()
    not_delivered: tuple[str, ...] = ()
    links: Of[str, str] = field(default_factory=dict)
    item_links: bool = True
    unit: str = "items"
    sprints: str = "every"
    sprint_days: int = 14
    start: dt.date | None = None
    rank: str = "order"
    empty: tuple[float, ...] | None = None
    loose: str = ""
    dates: str = ""
    columns: Of[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_way("team", self.team, TEAM_WAYS)
        _check_way("feature", self.feature, FEATURE_WAYS)
        for what, value, known in (
            ("rank", self.rank, RANKS),
            ("sprints", self.sprints, SPRINT_WAYS),
            ("unit", self.unit, UNITS),
            ("dates", self.dates, ("", "day", "month")),
        ):
            if value not in known:
                raise _refuse(what, value, [each for each in known if each])
        for kind, meaning in self.links.items():
            if meaning not in LINK_MEANINGS:
                raise _refuse(f"links, {quote(kind)}", meaning, LINK_MEANINGS)
        if not 1 <= self.sprint_days <= LONGEST_SPRINT:
            raise Fault("import.toml", f"sprint_days = {self.sprint_days}", f"1 to {LONGEST_SPRINT} days")
        if self.empty and (len(self.empty) != 3 or not 0 <= self.empty[0] <= self.empty[1] <= self.empty[2]):
            raise Fault("import.toml", f"empty = {list(self.empty)}", "give low, likely and high: [3, 8, 20]; or []")
        for one, other in (("features", "items"), ("features", "left_out"), ("items", "left_out")):
            _check_apart("types", one, getattr(self, one), other, getattr(self, other))
        for one, other in (("done", "open"), ("done", "discarded"), ("open", "discarded")):
            _check_apart("statuses", one, getattr(self, one), other, getattr(self, other))

    def wanted_columns(self) -> tuple[str, ...]:
        """Columns of the export that nobody reads unless a mapping asks for them."""
        return tuple(way.partition(":")[2] for way in (self.team, self.feature) if way.startswith("column:"))

    def changed(self, **values: object) -> Mapping:
        """The same mapping with some values that a person gave."""
        return replace(self, **values)  # type: ignore[arg-type]


def _check_way(what: str, way: str, known: tuple[str, ...]) -> None:
    kind, colon, rest = way.partition(":")
    if not any(each.partition(":")[:2] == (kind, colon) for each in known) or (colon and not rest.strip()):
        raise _refuse(what, way, known)


def _check_apart(kind: str, one: str, ones: tuple[str, ...], other: str, others: tuple[str, ...]) -> None:
    both = set(ones) & set(others)
    if both:
        raise Fault(
            f"import.toml, {kind}", f"{quote(min(both))} is in {one} and in {other}", "it can be only one of them"
        )


def _refuse(what: str, value: str, known: tuple[str, ...] | list[str]) -> Fault:
    hint = did_you_mean(value, known)
    return Fault("import.toml", f"{what} = {quote(value)}", f"choose one of: {', '.join(known)}.{hint}")
