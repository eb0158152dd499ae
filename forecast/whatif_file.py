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
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from forecast.dates import EARLIEST
from forecast.errors import Fault, Refused, did_you_mean, escape, quote
from forecast.faults import Faults
from forecast.feature import After, External, Feature, Part
from forecast.grid import decode
from forecast.loading import read_bytes
from forecast.schema import KINDS, Afters, AfterTable, Day, FeatureTable, Guess, PartTable, Table
from forecast.shape import EXAMPLES, NEEDED
from forecast.toml import read_toml
from forecast.whatif import Edit, WhatIf

Noun = TypeVar("Noun")
NOT_OF_AN_EXTERNAL = ("work", "value", "cost_of_delay", "started", "growth")


class Placed(Table):
    """Where a feature goes."""

    above: str | None = None
    below: str | None = None
    rank: int | None = None
    expedite: bool = False


class InsertTable(Placed, FeatureTable):
    """`insert = "SSO"` with the keys of a [[feature]] and a place (the bottom, if none)."""


class DropTable(Table):
    """`drop = "Search"`."""

    name: str


class MoveTable(Placed):
    """`move = "Search"` with a place."""

    name: str


class ResizeTable(Table):
    """`resize = "Checkout"` with a factor, or `resize = "Checkout/Web"` with a factor or a size."""

    name: str
    factor: float | None = None
    size: Guess | None = None


class SplitTable(Table):
    """`split = "Checkout/Data"`: the part becomes a feature, right below if no place is given."""

    part: str
    into: str | None = None
    above: str | None = None
    below: str | None = None
    rank: int | None = None


class LinkTable(Table):
    """`link = "Search"` with after: what it waits for from now on."""

    name: str
    after: Afters


class UnlinkTable(Table):
    """`unlink = "Search"` with after: what it no longer waits for."""

    name: str
    after: list[str]


class DueTable(Table):
    """`due = "Checkout"` with a date, or without one to take it away."""

    name: str
    date: Day | None = None
    promised: bool | None = None


class StaffTable(Table):
    """`staff = "Web"` with a factor, or people (negative when they leave) of how many, from start to end."""

    team: str
    start: Day
    end: Day | None = None
    factor: float | None = None
    people: float | None = None
    of: float | None = None
    ramp_days: int = 0
    why: str = ""


class LendTable(Table):
    """`lend = "Web"` to another team: people, of how many, to how many."""

    team: str
    to: str
    people: float
    of: float
    to_of: float
    start: Day
    end: Day | None = None
    ramp_days: int = 0


class WipTable(Table):
    """`wip = "API"` to another number of parts at the same time."""

    team: str
    to: int


class AllocationTable(Table):
    """`allocation = "Web"` with shares by objective, or none to take the split away."""

    team: str
    shares: dict[str, float] | None = None


VERBS: dict[str, tuple[type[Table], str]] = {
    "insert": (InsertTable, "name"),
    "drop": (DropTable, "name"),
    "move": (MoveTable, "name"),
    "resize": (ResizeTable, "name"),
    "split": (SplitTable, "part"),
    "link": (LinkTable, "name"),
    "unlink": (UnlinkTable, "name"),
    "due": (DueTable, "name"),
    "staff": (StaffTable, "team"),
    "lend": (LendTable, "team"),
    "wip": (WipTable, "team"),
    "allocation": (AllocationTable, "team"),
}
"""Key of an [[edit]] that says what is done -> the shape of the edit, and which of its values that key holds."""


def read_what_if(path: str | os.PathLike[str]) -> WhatIf:
    """The what-if in a file. Raises Refused with all its faults."""
    file = escape(Path(path).name)
    faults = Faults()
    edits: list[Edit] = []
    with faults.collected():
        document = _parse(Path(path), file)
        faults.extend(_check_top(document, file))
        listed = document.get("edit", [])
        for number, table in enumerate(listed if isinstance(listed, list) else [], start=1):
            edits += _read_edit(table, f"{file}: edit {number}", faults)
    if faults:
        raise Refused(faults)
    return WhatIf(edits, document.get("name") or Path(path).stem)


def read_new_features(path: str | os.PathLike[str]) -> list[Feature | External]:
    """The features in a file: [[feature]] tables, or the keys of one. Raises Refused with all its faults."""
    file = escape(Path(path).name)
    faults = Faults()
    features: list[Feature | External] = []
    with faults.collected():
        document = _parse(Path(path), file)
        listed = document.get("feature", document)
        for number, table in enumerate(listed if isinstance(listed, list) else [listed], start=1):
            name = table.get("name") if isinstance(table, dict) else None
            place = f"{file}: feature {quote(name) if isinstance(name, str) else number}"
            shape = _read_shape(FeatureTable, table, place, faults)
            features += _make_feature(shape, place, faults) if isinstance(shape, FeatureTable) else []
    if faults:
        raise Refused(faults)
    return features


def _parse(path: Path, file: str) -> dict[str, Any]:
    document, _ = read_toml(decode(read_bytes(path, file), file), file)
    return document


def _check_top(document: Mapping[str, Any], file: str) -> list[Fault]:
    """What is wrong with the file before any edit is looked at."""
    faults = [
        Fault(file, f"unknown key {quote(key)}", "a what-if has a name and [[edit]] tables." + _edit_hint(key))
        for key in document
        if key not in ("name", "edit")
    ]
    if not isinstance(document.get("name", ""), str):
        faults.append(Fault(file, f"name = {quote(document['name'])}", NEEDED["string_type"]))
    if isinstance(document.get("edit", []), dict):
        faults.append(Fault(file, "[edit]", "write it in double brackets: [[edit]]"))
    elif not isinstance(document.get("edit", []), list) or not document.get("edit"):
        faults.append(Fault(file, "no edits", 'write at least one: [[edit]] and, below it, drop = "Search"'))
    return faults


def _edit_hint(key: str) -> str:
    return f" Write [[edit]] above {key}." if key in VERBS else did_you_mean(key, ("name", "edit"))


def _read_edit(table: Any, place: str, faults: Faults) -> list[Edit]:
    """The edit of one table, or none when there is a fault in it."""
    verbs = [key for key in VERBS if isinstance(table, dict) and key in table]
    if isinstance(table, dict) and "due" in verbs and "insert" in verbs:
        verbs.remove("due")  # the due date of the feature that is inserted
    if len(verbs) != 1:
        value = f"both {quote(verbs[0])} and {quote(verbs[1])}" if verbs else "nothing to be done"
        faults.append(Fault(place, value, f"give one of: {', '.join(VERBS)}"))
        return []
    verb = verbs[0]
    kind, key = VERBS[verb]
    place = f"{place} ({verb} {quote(table[verb])})"
    if key in table:
        faults.append(Fault(place, f"unknown key {quote(key)}", f"the name stands behind {verb}"))
        return []
    shape = _read_shape(kind, {key: table[verb]} | {k: v for k, v in table.items() if k != verb}, place, faults)
    return [] if shape is None else _make_edits(verb, shape, place, faults)


def _read_shape(kind: type[Table], table: Any, place: str, faults: Faults) -> Table | None:
    """The table in its shape; every fault of it is told."""
    try:
        return kind.model_validate(table)
    except ValidationError as error:
        found = error.errors(include_url=False)
    for each in found:
        keys = [key for key in each["loc"] if key not in KINDS]
        where = ", ".join([place, *(escape(str(k)) for k in keys[:-1])])
        key = keys[-1] if keys else "the table"
        named = f"{f'item {key + 1}' if isinstance(key, int) else escape(key)} = {quote(each['input'])}"
        if each["type"] == "extra_forbidden":
            way_out = did_you_mean(str(key), kind.model_fields) or f" There are: {', '.join(kind.model_fields)}."
            faults.append(Fault(where, f"unknown key {quote(key)}", f"no such key.{way_out}"))
        elif each["type"] == "missing":
            faults.append(Fault(where, f"{key} is missing", f"write {EXAMPLES.get(str(key), f'{key} = ...')}"))
        elif each["type"] == "union_tag_invalid":
            kinds = each["ctx"]["expected_tags"].translate({ord(mark): None for mark in "'<>"})
            faults.append(Fault(where, named, f"{kinds.replace(', ', ' or ')} is needed"))
        else:
            faults.append(Fault(where, named, NEEDED.get(each["type"], "another kind of value is needed")))
    return None


def _make_edits(verb: str, table: Table, place: str, faults: Faults) -> list[Edit]:
    """The edits of a table: one, but for several dependencies at once."""
    with faults.collected(place):
        if isinstance(table, InsertTable):
            features = _make_feature(table, place, faults)
            where = {key: value for key, value in table.given().items() if key in Placed.model_fields}
            return [Edit("insert", feature=feature, **where) for feature in features]
        if isinstance(table, LinkTable):
            return [Edit("link", name=table.name, after=after) for after in _make_afters(table.after, place, faults)]
        if isinstance(table, UnlinkTable):
            return [Edit("unlink", name=table.name, after=after) for after in table.after]
        if isinstance(table, DueTable):
            return [Edit("set_due", name=table.name, due=table.date, **table.given("name", "date"))]
        if isinstance(table, WipTable):
            return [Edit("set_wip", team=table.team, wip=table.to)]
        if isinstance(table, AllocationTable):
            return [Edit("set_allocation", team=table.team, allocation=table.shares)]
        return [Edit({"drop": "without"}.get(verb, verb), **table.given())]
    return []


def _make_feature(table: FeatureTable, place: str, faults: Faults) -> list[Feature | External]:
    """The feature or external of a table, or none when there is a fault in it."""
    known = len(faults)
    options = {key: value for key, value in table.given().items() if key not in (*Placed.model_fields, "work", "after")}
    name = options.pop("name")
    options["after"] = _make_afters(table.after, place, faults)
    kind: Callable[..., Feature | External] = Feature
    basis: dict[str, Any] = {"name": name}
    if table.days is not None:
        kind, basis["days"] = External, 0
        for key in table.given():
            if key in NOT_OF_AN_EXTERNAL:
                way_out = f"with days it is an external, which has no {key}; remove one of them"
                faults.append(Fault(place, f"days and {key}", way_out))
                options.pop(key, None)
    elif table.work:
        options["work"] = {
            team: _make_part(part, f"{place}, work of {quote(team)}", faults) for team, part in table.work.items()
        }
    basis |= {} if table.due is None else {"due": EARLIEST}
    feature = _make(kind, basis, options, place, faults)
    return [feature] if feature is not None and len(faults) == known else []


def _make_part(part: PartTable | float | list[float], place: str, faults: Faults) -> Part | None:
    if not isinstance(part, PartTable):
        return _make(Part, {"size": 0}, {"size": part}, place, faults)
    options = part.given("after") | {"after": _make_afters(part.after, place, faults)}
    return _make(Part, {"size": 0}, options, place, faults)


def _make_afters(tables: list[str | AfterTable], place: str, faults: Faults) -> list[str | After]:
    made = [
        each if isinstance(each, str) else _make(After, {"feature": each.feature}, each.given("feature"), place, faults)
        for each in tables
    ]
    return [each for each in made if each is not None]


def _make(
    kind: Callable[..., Noun], basis: dict[str, Any], values: dict[str, Any], place: str, faults: Faults
) -> Noun | None:
    """The noun of these values; every one that it refuses is told, tried one by one on top of those that are good."""
    made: Noun | None = None
    for added in [{}, *({key: value} for key, value in values.items())]:
        try:
            made = kind(**(basis | added))
            basis = basis | added
        except Fault as fault:
            where = [place, *(key for key in added if not fault.value.startswith(key))]
            faults.append(Fault(", ".join(where), fault.value, fault.way_out))
    return made
