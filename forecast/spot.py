"""Spots: a table of a TOML file, where it stands, and the nouns that are made of it.

A roadmap.toml, a what-if.toml and a file of new features are read alike: making goes on after a fault, so that all of them are
told at once, each with its row, and what is refused leaves a stand-in behind, so that one fault does not look like several.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from forecast.dates import EARLIEST
from forecast.errors import Fault, quote
from forecast.faults import Faults
from forecast.feature import After, External, Feature, Part
from forecast.lines import Lines, Path
from forecast.schema import AfterTable, FeatureTable, PartTable

NOT_OF_AN_EXTERNAL = ("work", "value", "cost_of_delay", "started", "growth")
Noun = TypeVar("Noun")


@dataclass(frozen=True, eq=False)
class Spot:
    """A table of a file: where it stands, how faults call it, and where they are told.

    path : its keys and places in lists, from the top; () is the whole file
    words : what faults say of it after the row, such as 'feature "Checkout"'
    """

    lines: Lines
    faults: Faults
    path: Path = ()
    words: str = ""

    def place(self, *keys: str | int) -> str:
        """File, row and words: 'roadmap.toml row 12: feature "Checkout"'; the row of the key where that stands somewhere."""
        row = self.lines.place((*self.path, *keys))
        return f"{row}: {self.words}" if self.words else row

    def within(self, words: str, *keys: str | int) -> Spot:
        """The spot of something inside; its words are said after those of this one."""
        said = ", ".join(each for each in (self.words, words) if each)
        return Spot(self.lines, self.faults, (*self.path, *keys), said)

    def called(self, words: str) -> Spot:
        """The same spot with other words."""
        return Spot(self.lines, self.faults, self.path, words)

    def told(self, fault: Fault, head: str, *keys: str | int) -> Fault:
        """The fault with this place instead of the head with which it begins, or said before it."""
        place = self.place(*keys)
        if head and (fault.where == head or fault.where.startswith(f"{head}, ")):
            return fault.at(place + fault.where.removeprefix(head))
        return fault.within(place)

    def tell(self, fault: Fault, head: str, *keys: str | int) -> None:
        """Keeps the fault, told from here."""
        self.faults.append(self.told(fault, head, *keys))

    def refuse(self, value: str, way_out: str, *keys: str | int) -> None:
        """Keeps a fault of a key of this table."""
        self.faults.append(Fault(self.place(*keys), value, way_out))

    def make(
        self, kind: Callable[..., Noun], stand_in: dict[str, Any], values: dict[str, Any], head: str
    ) -> Noun | None:
        """The noun of these values; each value that it refuses is told, and the one in stand_in kept instead.

        head : how the noun calls itself in its faults; the words of the spot are said instead

        None when it refuses even the stand-in.
        """
        good = dict(stand_in)
        made: Noun | None = None
        for added in [{}, *({key: value} for key, value in values.items())]:
            try:
                made = kind(**(good | added))
                good |= added
            except Fault as fault:
                self.tell(fault, head, *added)
                if not added:
                    break
        return made


def make_feature(table: FeatureTable, name: str, spot: Spot) -> Feature | External | None:
    """The feature of a table, or the external when it has days, by a name that is good; what it refuses is told at the spot."""
    given = {
        key: value for key, value in table.given("name", "after", "work").items() if key in FeatureTable.model_fields
    }
    options = {"after": make_afters(table.after, spot)} | given
    due = {} if table.due is None else {"due": EARLIEST}
    if table.days is not None:
        for key in table.given():
            if key in NOT_OF_AN_EXTERNAL:
                way_out = f"with days it is an external, which has no {key}; remove one of them"
                spot.refuse(f"days and {key}", way_out, key)
                options.pop(key, None)
        return spot.make(External, {"name": name, "days": 0} | due, options, f"external {quote(name)}")
    options["work"] = {
        team: make_part(part, spot.within(f"work of {quote(team)}", "work", team)) for team, part in table.work.items()
    }
    return spot.make(Feature, {"name": name} | due, options, f"feature {quote(name)}")


def make_part(table: PartTable | float | list[float], spot: Spot) -> Part | None:
    """The part of a team, of a table or of its size alone; a size that it refuses is told and 0 instead."""
    if not isinstance(table, PartTable):
        return spot.make(Part, {"size": 0}, {"size": table}, "part")
    return spot.make(Part, {"size": 0}, table.given() | {"after": make_afters(table.after, spot)}, "part")


def make_afters(tables: Sequence[str | AfterTable], spot: Spot) -> list[str | After]:
    """What the list `after` of a table names; what is refused is told and left out."""
    links: list[str | After] = []
    for place, table in enumerate(tables):
        inside = spot.within("", "after", place)
        if isinstance(table, AfterTable):
            link = inside.make(After, {"feature": table.feature}, table.given(), "")
            links += [] if link is None else [link]
            continue
        try:
            After(table)
            links.append(table)
        except Fault as fault:
            inside.tell(fault, "")
    return links
