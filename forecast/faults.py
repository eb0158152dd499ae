"""What reading files brings to light besides what they say: faults, what was ignored, and what was lost to faults."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from forecast.errors import Fault
from forecast.values import fold

ROW = re.compile(r"(.+?)(?: row ([0-9]+))?(?=[:,]|$)")
"""A file, and the row in it, at the beginning of where a fault is."""


class Faults(list[Fault]):
    """Faults collected on the way, so that all of them can be told at once."""

    @contextmanager
    def collected(self, place: str = "") -> Iterator[None]:
        """Goes on after a fault, which is kept with the place that holds it."""
        try:
            yield
        except Fault as fault:
            self.append(fault.within(place) if place else fault)

    def in_order(self, *first: str) -> list[Fault]:
        """Each fault once. Those of one file stand together, in the order of its rows; the files named first, others as met."""
        files = dict.fromkeys(first, 0)

        def place(fault: Fault) -> tuple[int, int]:
            match = ROW.match(fault.where)
            file, row = (match[1], int(match[2] or 0)) if match else ("", 0)
            return files.setdefault(file, len(files)), row

        return sorted({str(fault): fault for fault in self}.values(), key=place)


@dataclass(frozen=True)
class Ignored:
    """Something in a file that was read over: where it stands, what it is, and why it is not used.

    is_noted : the notes of the history say it too, all of a kind in one sentence
    """

    where: str
    what: str
    why: str
    is_noted: bool = False

    def __str__(self) -> str:
        return f"{self.where}: {self.what} is ignored; {self.why}."


@dataclass
class Lost:
    """What a fault kept from being read, so that a good reference to it is not called wrong as well.

    any_feature, any_team : a feature, or a team, of unknown name was lost
    any_part : a part of some feature, of some team, was lost
    names : features that were lost
    parts : features of which a part of some team was lost
    """

    any_feature: bool = False
    any_team: bool = False
    any_part: bool = False
    names: set[str] = field(default_factory=set)
    parts: set[str] = field(default_factory=set)

    def __ior__(self, other: Lost) -> Lost:
        self.any_feature |= other.any_feature
        self.any_team |= other.any_team
        self.any_part |= other.any_part
        self.names |= other.names
        self.parts |= other.parts
        return self

    def may_hold(self, missing: tuple[str, ...]) -> bool:
        """Whether a name that is missing could be that of something that was lost; `missing` as in a Fault."""
        if not missing:
            return False
        kind, name = missing[:2]
        if kind == "team":
            return self.any_team
        feature = name if kind == "part" else name.rpartition("/")[0].strip()
        is_part = kind == "part" or "/" in name
        return self.any_feature or name in self.names or (is_part and (self.any_part or fold(feature) in self.parts))
