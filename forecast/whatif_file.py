"""What-if files: edits of a roadmap kept in a what-if.toml, and features kept in a file of their own.

    name = "SSO first"

    [[edit]]
    insert = "SSO"
    rank = 1
    work = { API = [3, 5, 9], Web = 4 }

    [[edit]]
    drop = "Loyalty points"

Each [[edit]] has one of the keys of `VERBS`, which says what is done to what; the other keys say how.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from forecast.errors import Fault, Refused, did_you_mean, escape, quote, written
from forecast.faults import Faults
from forecast.feature import External, Feature
from forecast.grid import decode
from forecast.loading import read_bytes
from forecast.schema import Afters, Day, FeatureTable, Guess, Table
from forecast.shape import NEEDED, UNNAMED, read_table
from forecast.spot import Spot, make_afters, make_feature
from forecast.toml import read_toml
from forecast.values import read_name
from forecast.whatif import Edit, WhatIf


class Placed(Table):
    """Where a feature goes."""

    above: str | None = None
    below: str | None = None
    rank: int | None = None
    expedite: bool = False


class InsertTable(Placed, FeatureTable):
    """`insert = "SSO"` with the keys of a [[feature]] and a place (the bottom, if none)."""

    name: str = Field(alias="insert")


class DropTable(Table):
    """`drop = "Search"`."""

    name: str = Field(alias="drop")


class MoveTable(Placed):
    """`move = "Search"` with a place."""

    name: str = Field(alias="move")


class ResizeTable(Table):
    """`resize = "Checkout"` with a factor, or `resize = "Checkout/Web"` with a factor or a size."""

    name: str = Field(alias="resize")
    factor: float | None = None
    size: Guess | None = None


class SplitTable(Table):
    """`split = "Checkout/Data"`: the part becomes a feature, right below if no place is given."""

    part: str = Field(alias="split")
    into: str | None = None
    above: str | None = None
    below: str | None = None
    rank: int | None = None


class LinkTable(Table):
    """`link = "Search"` with after: what it waits for from now on."""

    name: str = Field(alias="link")
    after: Afters


class UnlinkTable(Table):
    """`unlink = "Search"` with after: what it no longer waits for."""

    name: str = Field(alias="unlink")
    after: list[str]


class DueTable(Table):
    """`due = "Checkout"` with a date, or without one to take it away."""

    name: str = Field(alias="due")
    date: Day | None = None
    promised: bool | None = None


class StaffTable(Table):
    """`staff = "Web"` with a factor, or people (negative when they leave) of how many, from start to end."""

    team: str = Field(alias="staff")
    start: Day
    end: Day | None = None
    factor: float | None = None
    people: float | None = None
    of: float | None = None
    ramp_days: int = 0
    why: str = ""


class LendTable(Table):
    """`lend = "Web"` to another team: people, of how many, to how many."""

    team: str = Field(alias="lend")
    to: str
    people: float
    of: float
    to_of: float
    start: Day
    end: Day | None = None
    ramp_days: int = 0


class WipTable(Table):
    """`wip = "API"` to another number of parts at the same time."""

    team: str = Field(alias="wip")
    to: int


class AllocationTable(Table):
    """`allocation = "Web"` with shares by objective, or none to take the split away."""

    team: str = Field(alias="allocation")
    shares: dict[str, float] | None = None


KINDS_OF_EDITS: tuple[type[Table], ...] = (
    InsertTable,
    DropTable,
    MoveTable,
    ResizeTable,
    SplitTable,
    LinkTable,
    UnlinkTable,
    DueTable,
    StaffTable,
    LendTable,
    WipTable,
    AllocationTable,
)
VERBS: dict[str, tuple[type[Table], str]] = {
    field.alias: (kind, key) for kind in KINDS_OF_EDITS for key, field in kind.model_fields.items() if field.alias
}
"""Key of an [[edit]] that says what is done -> the shape of the edit, and which of its values that key holds."""


def read_what_if(path: str | os.PathLike[str]) -> WhatIf:
    """The what-if in a file. Raises Refused with all its faults."""
    faults = Faults()
    edits: list[Edit] = []
    with faults.collected():
        document, spot = _parse(Path(path), faults)
        _check_top(document, spot)
        listed = document.get("edit", [])
        for place, table in enumerate(listed if isinstance(listed, list) else []):
            edits += _read_edit(table, spot.within(f"edit {place + 1}", "edit", place))
    if faults:
        raise Refused(faults.in_order())
    return WhatIf(edits, document.get("name") or Path(path).stem)


def read_new_features(path: str | os.PathLike[str]) -> list[Feature | External]:
    """The features in a file: [[feature]] tables, or the keys of one. Raises Refused with all its faults."""
    return [edit.values["feature"] for edit in read_insertions(path)]


def read_insertions(path: str | os.PathLike[str], **where: Any) -> list[Edit]:
    """The edits that insert the features of a file at a place: above, below, rank or expedite. Raises Refused as above."""
    faults = Faults()
    edits: list[Edit] = []
    with faults.collected():
        document, spot = _parse(Path(path), faults)
        listed = document.get("feature", document)
        for place, table in enumerate(listed if isinstance(listed, list) else [listed]):
            name = table.get("name") if isinstance(table, dict) else None
            words = f"feature {quote(name) if isinstance(name, str) else place + 1}"
            keys = () if listed is document else ("feature", place) if isinstance(listed, list) else ("feature",)
            row = spot.within("", *keys).place("name")
            edits += [
                Edit("insert", feature=feature, **where).at(row)
                for feature in _read_feature(table, spot.within(words, *keys))
            ]
    if faults:
        raise Refused(faults.in_order())
    return edits


def _parse(path: Path, faults: Faults) -> tuple[dict[str, Any], Spot]:
    file = escape(path.name)
    document, lines = read_toml(decode(read_bytes(path, file), file), file)
    return document, Spot(lines, faults)


def _check_top(document: Mapping[str, Any], spot: Spot) -> None:
    """Tells what is wrong with the file before any edit is looked at."""
    for key in document:
        if key not in ("name", "edit"):
            way_out = "a what-if has a name and [[edit]] tables." + _edit_hint(key)
            spot.refuse(f"unknown key {quote(key)}", way_out, key)
    if not isinstance(document.get("name", ""), str):
        spot.refuse(f"name = {written(document['name'])}", NEEDED["string_type"], "name")
    listed = document.get("edit", [])
    if isinstance(listed, dict):
        spot.refuse("[edit]", "write it in double brackets: [[edit]]", "edit")
    elif not isinstance(listed, list) or not listed:
        spot.refuse("no edits", 'write at least one: [[edit]] and, below it, drop = "Search"', "edit")


def _edit_hint(key: str) -> str:
    return f" Write [[edit]] above {key}." if key in VERBS else did_you_mean(key, ("name", "edit"))


def _read_edit(table: Any, spot: Spot) -> list[Edit]:
    """The edits of one table, or none when there is a fault in it."""
    verbs = [key for key in VERBS if isinstance(table, dict) and key in table]
    if isinstance(table, dict) and "due" in verbs and "insert" in verbs:
        verbs.remove("due")  # the due date of the feature that is inserted
    if len(verbs) != 1:
        value = f"both {quote(verbs[0])} and {quote(verbs[1])}" if verbs else "nothing to be done"
        spot.refuse(value, f"give one of: {', '.join(VERBS)}", *verbs[1:2])
        return []
    verb = verbs[0]
    kind, key = VERBS[verb]
    spot = spot.called(f"{spot.words} ({verb} {quote(table[verb])})")
    if key in table:
        spot.refuse(f"unknown key {quote(key)}", f"the name stands behind {verb}", key)
        return []
    shape = read_table(kind, table, spot)
    return [] if shape is None else [edit.at(spot.place(verb)) for edit in _make_edits(verb, shape, spot)]


def _make_edits(verb: str, table: Table, spot: Spot) -> list[Edit]:
    """The edits of a table: one, but for several dependencies at once."""
    try:
        if isinstance(table, InsertTable):
            where = {key: value for key, value in table.given().items() if key in Placed.model_fields}
            return [Edit("insert", feature=feature, **where) for feature in _make_feature(table, spot, "insert")]
        if isinstance(table, LinkTable):
            return [Edit("link", name=table.name, after=after) for after in make_afters(table.after, spot)]
        if isinstance(table, UnlinkTable):
            return [Edit("unlink", name=table.name, after=after) for after in table.after]
        if isinstance(table, DueTable):
            return [Edit("set_due", name=table.name, due=table.date, **table.given("name", "date"))]
        if isinstance(table, WipTable):
            return [Edit("set_wip", team=table.team, wip=table.to)]
        if isinstance(table, AllocationTable):
            return [Edit("set_allocation", team=table.team, allocation=table.shares)]
        return [Edit({"drop": "without"}.get(verb, verb), **table.given())]
    except Fault as fault:
        spot.tell(fault, "")
        return []


def _read_feature(table: Any, spot: Spot) -> list[Feature | External]:
    """The feature of a table that stands in a file of its own, or none when there is a fault in it."""
    if not isinstance(table, dict):
        spot.refuse(f"the table = {written(table)}", NEEDED["model_type"])
        return []
    shape = read_table(FeatureTable, table, spot)
    return [] if shape is None else _make_feature(shape, spot, "name")


def _make_feature(table: FeatureTable, spot: Spot, key: str) -> list[Feature | External]:
    """The feature or external of a table, or none when there is a fault in it.

    key : that which holds its name
    """
    known = len(spot.faults)
    try:
        name = read_name(table.name, "")
    except Fault as fault:
        spot.tell(fault, "", key)
        name = UNNAMED
    feature = make_feature(table, name, spot)
    return [feature] if feature is not None and len(spot.faults) == known else []
