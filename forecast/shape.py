"""The shape of a document: every fault of kind or key, told with its row; in a roadmap.toml taken out as well, so that the rest
can be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import ValidationError

from forecast.dates import EARLIEST
from forecast.errors import Fault, did_you_mean, escape, quote, written
from forecast.faults import Faults, Lost
from forecast.lines import Lines, Path
from forecast.schema import KINDS, TABLES, PartTable, RoadmapTable, Table
from forecast.spot import Spot
from forecast.values import fold

UNNAMED = "\ue000"
"""Begins the stand-in of a name that is missing; the character belongs to nobody."""

EXAMPLES = {
    "start": "start = 2026-01-05",
    "history": 'history = "throughput.csv", or history = { Web = [3, 5, 2] }',
    "name": 'name = "..."',
    "size": "size = 8, or size = [5, 8, 14]",
    "feature": 'feature = "Login"',
    "factor": "factor = 0.5",
    "chance": "chance = 0.3",
    "after": 'after = ["Login"]',
    "people": "people = 1",
    "of": "of = 5",
    "to_of": "to_of = 4",
}
"""How a key is written that is missing."""

NEEDED = {
    "float_type": "a number is needed",
    "int_type": "a whole number is needed",
    "bool_type": "write true or false",
    "string_type": "a text is needed; put it in quotes",
    "list_type": 'a list is needed; put it in brackets, like ["Login"], [2026-05-01] or [3, 5, 2]',
    "dict_type": "a table is needed, like { Web = 8 }",
    "model_type": "a table is needed",
    "date_type": "a date is written year-month-day, like 2026-05-01",
}
"""What is needed instead, by pydantic's name of the error."""

Kind = TypeVar("Kind", bound=Table)
NAMED_BY_KEY = ("work", "history", "allocation", "adds", "delays", "objective")


STAND_INS: dict[str, Any] = {"size": 0, "chance": 0.0, "factor": 1.0, "start": EARLIEST, "history": {}}
"""What a required key holds while its own fault is told and the rest is read."""


class Shape:
    """What is left of a document when every fault of its shape has been told and taken out.

    table : the document, checked; what is missing in it has a stand-in
    lost : what was taken out
    faults : what was wrong with its shape
    """

    def __init__(self, document: dict[str, Any], lines: Lines) -> None:
        self.faults = Faults()
        self.lost = Lost()
        self._spot = Spot(lines, self.faults)
        self._is_told = False
        self._changed: set[Path] = set()
        self.table = self._read(document)

    def _read(self, document: dict[str, Any]) -> RoadmapTable:
        try:
            return RoadmapTable.model_validate(document)
        except ValidationError as error:
            errors = error.errors(include_url=False)
            if not self._is_told:
                self.faults += tell_misfits(error, RoadmapTable, document, self._spot)
                self._is_told = True
        changes: dict[Path, Any] = {}
        for each in errors:
            gone, stand_in = _stand_in(_place_of(each), each["type"])
            while gone in self._changed:  # what was put there is no better: all that holds it goes
                gone, stand_in = gone[:-1], None
            changes[gone] = stand_in
            self.lost |= _lost_with(gone, each["type"], document)
        for place in sorted(changes, key=lambda place: [str(key).rjust(9, "0") for key in place], reverse=True):
            _change(document, place, changes[place])
        self._changed |= changes.keys() - {place for place, value in changes.items() if value is None}
        return self._read(document)


def read_table(kind: type[Kind], table: dict[str, Any], spot: Spot) -> Kind | None:
    """A table that stands alone, such as an [[edit]]; None when its shape is wrong, and all that is wrong is told at the spot."""
    try:
        return kind.model_validate(table)
    except ValidationError as error:
        spot.faults.extend(tell_misfits(error, kind, table, spot))
        return None


def tell_misfits(error: ValidationError, kind: type[Table], table: dict[str, Any], spot: Spot) -> list[Fault]:
    """What pydantic finds wrong with a table of a kind, in the words of this project, each with its row."""
    return [_tell(found, _place_of(found), kind, table, spot) for found in error.errors(include_url=False)]


def _place_of(found: Any) -> Path:
    return tuple(key for key in found["loc"] if key not in KINDS)


def _tell(found: Any, place: Path, kind: type[Table], table: dict[str, Any], spot: Spot) -> Fault:
    said, value, key = found["type"], found["input"], place[-1]
    steps = ", ".join(_steps(table, place[:-1]))
    where = spot.within(steps).place(*(place if said != "missing" else place[:-1]))
    if said == "extra_forbidden":
        return Fault(where, f"unknown key {quote(key)}", _way_out_of_unknown(str(key), place, kind))
    if said == "missing":
        return Fault(where, f"{key} is missing", f"write {EXAMPLES.get(str(key), f'{key} = ...')}")
    shown = str(value).lower() if isinstance(value, bool) else written(value)
    named = f"{escape(key)} = {shown}" if isinstance(key, str) else f"item {key + 1} = {shown}"
    if said == "union_tag_invalid":
        kinds = found["ctx"]["expected_tags"].replace("'<items>', ", "").translate({ord(mark): None for mark in "'<>"})
        return Fault(where, named, f"{kinds.replace(', ', ' or ')} is needed")
    if said == "list_type" and kind is RoadmapTable and key in TABLES and isinstance(value, dict):
        return Fault(where, f"[{key}]", f"write it in double brackets: [[{key}]]")
    if said == "string_type" and kind is RoadmapTable and key == "features" and isinstance(value, dict | list):
        shown = f"[[{key}]]" if isinstance(value, list) else f"[{key}]"
        return Fault(where, shown, 'write [[feature]] for each of them; features = "features.csv" names a sheet')
    if said in ("float_type", "int_type") and isinstance(value, int) and not isinstance(value, bool):
        return Fault(where, named, "the number is too large")
    return Fault(where, named, NEEDED[said])


def _stand_in(place: Path, kind: str) -> tuple[Path, Any]:
    """What has to change for a fault: the place, and what stands there instead; None takes it out."""
    if isinstance(place[-1], int) and place[-2] not in TABLES:
        place = place[:-1]  # the whole list of numbers that holds a text
    if place[2:3] == ("objective",):
        place = place[:3]  # without one of its weights the others do not add up
    key = place[-1]
    if kind == "extra_forbidden":
        return place, None
    if key == "name" and len(place) == 3:
        return place, f"{UNNAMED}{place[0]} {int(place[1]) + 1}"
    if len(place) == 4 and place[2] == "work":
        return place, 0
    if key == "feature" and kind == "missing":
        return place[:-1], None
    is_key = len(place) == 1 or (len(place) > 2 and place[-2] not in NAMED_BY_KEY)
    return place, STAND_INS.get(str(key)) if is_key else None


def _lost_with(place: Path, kind: str, document: dict[str, Any]) -> Lost:
    """What may be referred to elsewhere and is lost when this place is taken out."""
    top, depth = place[0], len(place)
    if kind == "extra_forbidden" and depth == 1:
        is_tables = isinstance(document[str(top)], list | dict)
        return Lost(any_feature=is_tables, any_team=is_tables)
    is_named = depth < 3 or place[2] == "name"
    if top == "features":
        return Lost(any_feature=True)
    if top == "feature" and depth == 3 and not is_named:
        name = document["feature"][place[1]].get("name")
        is_work = place[2] == "work" or kind == "extra_forbidden"
        return Lost(parts={fold(name)} if is_work and isinstance(name, str) else set())
    return Lost(any_feature=top == "feature" and is_named, any_team=top == "team" and is_named)


def _steps(document: dict[str, Any], place: Path) -> Iterator[str]:
    """A place in words: 'feature "Checkout"', 'work of "Web"', 'after 2'."""
    inside: Any = document
    for before, key, behind in zip((None, *place), place, (*place[1:], None), strict=False):
        inside = inside[key]
        if isinstance(key, int):
            name = inside.get("name") if isinstance(inside, dict) else None
            yield f"{before} {quote(name)}" if isinstance(name, str) else f"{before} {key + 1}"
        elif before in NAMED_BY_KEY:
            yield f"{before} of {quote(key)}"
        elif not isinstance(behind, int) and (behind is None or key not in NAMED_BY_KEY):
            yield escape(key)


def _way_out_of_unknown(key: str, place: Path, kind: type[Table]) -> str:
    """kind : that of the table in which the place begins"""
    if len(place) > 1:
        if kind is RoadmapTable and key in RoadmapTable.model_fields:
            return "it belongs to the whole roadmap; move it above the first [[...]]"
        kind = TABLES[str(place[-3])] if isinstance(place[-2], int) else PartTable
    known = [field.alias or name for name, field in kind.model_fields.items()]
    return "no such key." + (did_you_mean(key, known) or f" There are: {', '.join(known)}.")


def _change(document: dict[str, Any], place: Path, value: Any) -> None:
    inside: Any = document
    for key in place[:-1]:
        inside = inside[key]
    if value is not None:
        inside[place[-1]] = value
    elif place[-1] in (inside if isinstance(inside, dict) else range(len(inside))):
        del inside[place[-1]]
