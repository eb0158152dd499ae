"""What-ifs: edits of a roadmap that can be kept, named, and tried on any roadmap."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from forecast.errors import Fault, Refused, did_you_mean, quote
from forecast.feature import External, Feature
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

        What follows an impossible insertion or split is not judged, since it may speak of what is then not there.
        """
        faults = []
        for number, edit in enumerate(self.edits, start=1):
            try:
                roadmap = edit.apply(roadmap)
            except Fault as fault:
                where = edit.where or (f"edit {number}" if len(self.edits) > 1 else "")
                faults.append(fault.within(where) if where else fault)
                if edit.verb in ("insert", "split"):
                    break
        if faults:
            raise Refused(faults)
        return roadmap
