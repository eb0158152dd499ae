"""What-ifs: edits of a roadmap that can be kept, named, and tried on any roadmap."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from forecast.errors import Fault, Refused, did_you_mean, quote
from forecast.feature import After, External, Feature
from forecast.roadmap import Roadmap
from forecast.values import FrozenMap, read_list

SUBJECTS = {
    "insert": "feature",
    "without": "name",
    "move": "name",
    "replace": "feature",
    "resize": "name",
    "split": "part",
    "link": "name",
    "unlink": "name",
    "set_due": "name",
    "staff": "team",
    "lend": "team",
    "set_wip": "team",
    "set_allocation": "team",
}
"""The methods of a roadmap that are edits, and which of its arguments says what is edited."""


@dataclass(frozen=True)
class Edit:
    """One edit of a roadmap: the name of the method that does it, and its arguments: `Edit("move", name="Search", rank=1)`.

    where : the place in a file where it was read, such as 'what-if.toml row 12: edit 3 (drop "Search")'; empty in Python

    Raises Fault when there is no such edit, or no such argument. What the arguments mean is judged by the roadmap.
    """

    verb: str
    values: Mapping[str, Any]
    where: str = field(default="", init=False, repr=False, compare=False)

    def __init__(self, verb: str, **values: Any) -> None:
        if verb not in SUBJECTS:
            way_out = did_you_mean(verb, SUBJECTS) or f" There are: {', '.join(SUBJECTS)}."
            raise Fault("edit", quote(verb), f"no such edit.{way_out}")
        try:
            inspect.signature(getattr(Roadmap, verb)).bind(None, **values)
        except TypeError as error:
            raise Fault(f"edit {quote(verb)}", "its arguments", str(error)) from None
        object.__setattr__(self, "verb", verb)
        object.__setattr__(self, "values", FrozenMap(values))

    @property
    def subject(self) -> str:
        """The name of what is edited: a feature, a part ("Checkout/Web") or a team."""
        value = self.values[SUBJECTS[self.verb]]
        return value.name if isinstance(value, Feature | External) else str(value)

    @property
    def makes(self) -> str:
        """The name of the feature that it makes; empty when it makes none."""
        if self.verb == "split":
            feature, _, team = self.subject.rpartition("/")
            return str(self.values.get("into") or f"{feature.strip()} ({team.strip()})")
        return self.subject if self.verb == "insert" else ""

    @property
    def names(self) -> set[str]:
        """The features, parts and teams that it speaks of; of a part also its feature."""
        feature, after = self.values.get("feature"), self.values.get("after")
        links = [*getattr(feature, "after", ()), *([after] if isinstance(after, After) else [])]
        links += [link for part in getattr(feature, "work", {}).values() for link in part.after]
        found = {value for value in self.values.values() if isinstance(value, str)} | {link.feature for link in links}
        return found | {name.rpartition("/")[0].strip() for name in found if "/" in name}

    def at(self, where: str) -> Edit:
        """The same edit, read at this place in a file."""
        edit = Edit(self.verb, **self.values)
        object.__setattr__(edit, "where", where)
        return edit

    def apply(self, roadmap: Roadmap) -> Roadmap:
        """The edited roadmap. Raises Fault when it cannot be edited so."""
        edited: Roadmap = getattr(roadmap, self.verb)(**self.values)
        return edited


@dataclass(frozen=True)
class WhatIf:
    """Edits that are made one after the other.

    name : what people call it; empty when it has no name
    """

    edits: tuple[Edit, ...]
    name: str

    def __init__(self, edits: Sequence[Edit], name: str = "") -> None:
        listed = read_list(edits, "what-if", "edits")
        for edit in listed:
            if not isinstance(edit, Edit):
                raise Fault("what-if", quote(edit), 'give edits: Edit("move", name="Search", rank=1)')
        object.__setattr__(self, "edits", listed)
        object.__setattr__(self, "name", str(name))

    @property
    def tried(self) -> tuple[Feature | External | str, WhatIf] | None:
        """The one feature that it adds, or the name of the one that it moves, and its other edits; None when it is not one."""
        placed = [edit for edit in self.edits if edit.verb in ("insert", "move")]
        if len(placed) != 1:
            return None
        subject = placed[0].values[SUBJECTS[placed[0].verb]]
        return subject, WhatIf([edit for edit in self.edits if edit is not placed[0]], self.name)

    def apply(self, roadmap: Roadmap) -> Roadmap:
        """The roadmap after all edits. Raises Refused with every edit that is not possible, and where it was read.

        An edit that speaks of what an impossible insertion or split would have made is not judged.
        """
        faults: list[Fault] = []
        absent: set[str] = set()
        for number, edit in enumerate(self.edits, start=1):
            try:
                if absent.isdisjoint(edit.names):
                    roadmap = edit.apply(roadmap)
                    continue
            except Fault as fault:
                where = edit.where or (f"edit {number}" if len(self.edits) > 1 else "")
                faults += [each.within(where) if where else each for each in fault.all]
            if edit.makes:
                absent.add(edit.makes)
                roadmap = _stand_in(roadmap, edit.makes)
        if faults:
            raise Refused(faults)
        return roadmap


def judge(what_ifs: Sequence[WhatIf], roadmap: Roadmap) -> None:
    """Finds out whether each of these what-ifs is possible. Raises Refused with all that is wrong with any of them."""
    faults: list[Fault] = []
    for each in what_ifs:
        try:
            each.apply(roadmap)
        except Refused as refusal:
            faults += refusal.faults
    if faults:
        raise Refused({str(fault): fault for fault in faults}.values())


def _stand_in(roadmap: Roadmap, name: str) -> Roadmap:
    """The roadmap with a milestone at the bottom in place of what could not be made, so that ranks are counted right."""
    try:
        return roadmap.insert(Feature(name))
    except Fault:
        return roadmap  # the name was the fault
