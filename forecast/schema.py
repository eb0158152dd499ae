"""The shape of roadmap.toml: which tables and keys there are and what kind of value each takes.

Only shape and kind are judged here. What a value means (its range, whether a name exists) is judged by the noun that it
becomes, so that the same rule holds in Python and in files.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Tag, ValidationError

from forecast.errors import Fault, did_you_mean, escape, quote

KINDS = ("<a table>", "<a list>", "<a text>", "<a date>", "<a number>")
"""Kinds of values in the words of a message; the brackets keep them apart from the keys of a place."""


def _kind(value: object) -> str:
    if isinstance(value, dict | BaseModel):
        return "<a table>"
    if isinstance(value, list):
        return "<a list>"
    if isinstance(value, str):
        return "<a text>"
    return "<a date>" if isinstance(value, dt.date) else "<a number>"


Either = Discriminator(_kind)
Text = Annotated[str, Tag("<a text>")]
Guess = Annotated[Annotated[float, Tag("<a number>")] | Annotated[list[float], Tag("<a list>")], Either]
Day = Annotated[Annotated[dt.date, Tag("<a date>")] | Text, Either]


class Table(BaseModel):
    """A table of the file: unknown keys are refused, and nothing is turned into another kind of value."""

    model_config = ConfigDict(extra="forbid", strict=True)

    def given(self, *without: str) -> dict[str, Any]:
        """The keys that were written, in the order of the schema, and their values."""
        return {
            key: getattr(self, key)
            for key in type(self).model_fields
            if key in self.model_fields_set and key not in without
        }


class AfterTable(Table):
    """One thing that must finish first: `after = [{ feature = "Payments", team = "API", lag = 3 }]`."""

    feature: str
    team: str | None = None
    lag: Guess = 0
    handoff: str | None = None


Afters = list[Annotated[Text | Annotated[AfterTable, Tag("<a table>")], Either]]


class PartTable(Table):
    """The work of one team, in long: `work = { Web = { size = 6, after = ["Login"] } }`."""

    size: Guess
    after: Afters = []
    shape: str = "triangular"


Work = Annotated[
    Annotated[float, Tag("<a number>")]
    | Annotated[list[float], Tag("<a list>")]
    | Annotated[PartTable, Tag("<a table>")],
    Either,
]


class FeatureTable(Table):
    """`[[feature]]`: with `work` a feature, with `days` an external, with neither a milestone."""

    name: str
    work: dict[str, Work] = {}
    days: Guess | None = None
    after: Afters = []
    due: Day | None = None
    promised: bool | None = None
    not_before: Day | None = None
    objective: str | None = None
    value: float | None = None
    cost_of_delay: float | None = None
    started: bool = False
    growth: Guess | None = None


class CapacityTable(Table):
    """A planned change of a team's capacity."""

    start: Day
    end: Day | None = None
    factor: float
    why: str = ""


class TeamTable(Table):
    """`[[team]]`."""

    name: str
    wip: int = 1
    finish_started: bool = False
    share: float = 1.0
    allocation: dict[str, float] | None = None
    sprint_days: int | None = None
    sprint_start: Day | None = None
    days_off: list[Day] = []
    capacity: list[CapacityTable] = []
    guess: Guess | None = None


class RiskTable(Table):
    """`[[risk]]`."""

    name: str
    chance: float
    adds: dict[str, Guess] = {}
    delays: dict[str, Guess] = {}


class RoadmapTable(Table):
    """The whole file. `history` and `features` name files beside it."""

    start: Day
    sprint_days: int = 14
    handoff: str = "next-sprint"
    days_off: list[Day] = []
    unit: str = "items"
    growth: Guess | None = None
    promise_level: float = 0.85
    quarter_starts: list[Day] | None = None
    throughput: Annotated[Text | Annotated[dict[str, Any], Tag("<a table>")], Either] | None = None
    history: Annotated[Text | Annotated[dict[str, list[float]], Tag("<a table>")], Either]
    features: str | None = None
    team: list[TeamTable] = []
    feature: list[FeatureTable] = []
    risk: list[RiskTable] = []


TABLES: dict[str, type[Table]] = {
    "team": TeamTable,
    "feature": FeatureTable,
    "risk": RiskTable,
    "capacity": CapacityTable,
    "after": AfterTable,
}

EXAMPLES = {
    "start": "start = 2026-01-05",
    "history": 'history = "throughput.csv", or history = { Web = [3, 5, 2] }',
    "name": 'name = "..."',
    "size": "size = 8, or size = [5, 8, 14]",
    "feature": 'feature = "Login"',
    "factor": "factor = 0.5",
    "chance": "chance = 0.3",
}

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

Place = tuple[str | int, ...]
NAMED_BY_KEY = ("work", "history", "allocation", "adds", "delays")


class Shape:
    """What is left of a document when every fault of its shape has been told and taken out.

    table : the document, checked
    is_whole : nothing was lost that another place could refer to, so references can be judged too
    faults : what was wrong with its shape
    """

    def __init__(self, document: dict[str, Any], file: str) -> None:
        self.faults: list[Fault] = []
        self.is_whole = True
        self._file = file
        self.table = self._read(document)

    def _read(self, document: dict[str, Any]) -> RoadmapTable:
        try:
            return RoadmapTable.model_validate(document)
        except ValidationError as error:
            errors = error.errors(include_url=False)
        places = [tuple(key for key in each["loc"] if key not in KINDS) for each in errors]
        if not self.faults:
            self.faults = [self._fault(*found, document) for found in zip(errors, places, strict=True)]
        lost: set[Place] = set()
        for each, place in zip(errors, places, strict=True):
            gone = _lost_with(place, each["type"])
            lost.add(gone)
            self.is_whole = self.is_whole and (each["type"] == "extra_forbidden" or not _can_be_referred_to(gone))
        for place in sorted(lost, key=lambda place: [str(key).rjust(9, "0") for key in place], reverse=True):
            _remove(document, place)
        document.setdefault("start", dt.date(2000, 1, 3))
        document.setdefault("history", {})
        return self._read(document)

    def _fault(self, found: Any, place: Place, document: dict[str, Any]) -> Fault:
        kind, value, key = found["type"], found["input"], place[-1]
        where = ", ".join([self._file, *_steps(document, place[:-1])]).replace(", ", ": ", 1)
        if kind == "extra_forbidden":
            return Fault(where, f"unknown key {quote(key)}", _way_out_of_unknown(str(key), place))
        if kind == "missing":
            return Fault(where, f"{key} is missing", f"write {EXAMPLES[str(key)]}")
        named = f"{escape(key)} = {quote(value)}" if isinstance(key, str) else f"item {key + 1} = {quote(value)}"
        if kind == "union_tag_invalid":
            kinds = found["ctx"]["expected_tags"].translate({ord(mark): None for mark in "'<>"})
            return Fault(where, named, f"{kinds.replace(', ', ' or ')} is needed")
        if kind == "list_type" and key in TABLES and isinstance(value, dict):
            return Fault(where, f"[{key}]", f"write it in double brackets: [[{key}]]")
        if kind in ("float_type", "int_type") and isinstance(value, int) and not isinstance(value, bool):
            return Fault(where, named, "the number is too large")
        return Fault(where, named, NEEDED[kind])


def _lost_with(place: Place, kind: str) -> Place:
    """What has to be taken out for a fault: the table that lacks a key, the whole list of numbers that holds a text."""
    is_number_in_list = isinstance(place[-1], int) and place[-2] not in TABLES
    return place[:-1] if kind == "missing" or is_number_in_list else place


def _can_be_referred_to(place: Place) -> bool:
    """Whether the loss of this place can make a good reference elsewhere look wrong."""
    if place[:1] == ("features",):
        return True
    return place[:1] in (("team",), ("feature",)) and (len(place) < 3 or place[2] in ("name", "work"))


def _steps(document: dict[str, Any], place: Place) -> Iterator[str]:
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


def _way_out_of_unknown(key: str, place: Place) -> str:
    if len(place) == 1:
        known: type[Table] = RoadmapTable
    else:
        known = TABLES[str(place[-3])] if isinstance(place[-2], int) else PartTable
    if key in RoadmapTable.model_fields and known is not RoadmapTable:
        return "it belongs to the whole roadmap; move it above the first [[...]]"
    return "no such key." + (did_you_mean(key, known.model_fields) or f" There are: {', '.join(known.model_fields)}.")


def _remove(document: dict[str, Any], place: Place) -> None:
    inside: Any = document
    for key in place[:-1]:
        inside = inside[key]
    if place:
        del inside[place[-1]]
