"""The shape of roadmap.toml: which tables and keys there are and what kind of value each takes.

Only shape and kind are judged here. What a value means (its range, whether a name exists) is judged by the noun that it
becomes, so that the same rule holds in Python and in files.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Tag, ValidationError, WithJsonSchema

from forecast.errors import Fault, did_you_mean, escape, quote
from forecast.team import LONGEST_SPRINT

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


COUNTS: dict[str, Any] = {"type": "array", "items": {"type": "number", "minimum": 0}}


def _shown(**schema: Any) -> Any:
    """What the JSON Schema for editors says of a value, more strictly than the shape that is judged here."""
    return WithJsonSchema(schema)


Either = Discriminator(_kind)
Text = Annotated[str, Tag("<a text>")]
Number = Annotated[float, Tag("<a number>"), _shown(type="number", minimum=0)]
Three = Annotated[
    list[float],
    Tag("<a list>"),
    _shown(type="array", items={"type": "number", "minimum": 0}, minItems=3, maxItems=3),
]
Guess = Annotated[Number | Three, Either]
Day = Annotated[Annotated[dt.date, Tag("<a date>")] | Text, Either, _shown(type="string", format="date")]
Name = Annotated[str, _shown(type="string", minLength=1)]
Amount = Annotated[float, _shown(type="number", minimum=0)]
Share = Annotated[float, _shown(type="number", minimum=0, maximum=1)]
Count = Annotated[int, _shown(type="integer", minimum=1)]
Length = Annotated[int, _shown(type="integer", minimum=1, maximum=LONGEST_SPRINT)]
HandoffName = Annotated[str, _shown(enum=["next-sprint", "immediate"])]


class Table(BaseModel):
    """A table of the file: unknown keys are refused, and nothing is turned into another kind of value.

    What stands below a key describes it in the JSON Schema.
    """

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)

    def given(self, *without: str) -> dict[str, Any]:
        """The keys that were written, in the order of the schema, and their values."""
        return {
            key: getattr(self, key)
            for key in type(self).model_fields
            if key in self.model_fields_set and key not in without
        }


class AfterTable(Table):
    """One thing that must finish first: `after = [{ feature = "Payments", team = "API", lag = 3 }]`."""

    feature: Name
    """The feature that must finish first; never read as "Feature/Team"."""
    team: Name | None = None
    """The team whose part of it must finish first; without it the whole feature must."""
    lag: Guess = 0
    """Working days between its end and the start of what waits: a number, or [low, likely, high]."""
    handoff: HandoffName | None = None
    """"next-sprint" or "immediate", for this link alone."""


Afters = list[Annotated[Text | Annotated[AfterTable, Tag("<a table>")], Either]]


class PartTable(Table):
    """The work of one team, in long: `work = { Web = { size = 6, after = ["Login"] } }`."""

    size: Guess
    """Items (or points) of the part: a number, or [low, likely, high]."""
    after: Afters = []
    """What must finish before this part can start, besides what its feature waits for."""
    shape: Annotated[str, _shown(enum=["triangular", "pert"])] = "triangular"
    """How three numbers are drawn: "triangular", or "pert", which trusts the likely one more."""
    done: Amount = 0
    """Items of the size that are finished already; what is left is the size less these, at least 0."""


Work = Annotated[Number | Three | Annotated[PartTable, Tag("<a table>")], Either]


class FeatureTable(Table):
    """`[[feature]]`: with `work` a feature, with `days` an external, with neither a milestone. Their order is their priority."""

    name: Name
    """Its name, by which others wait for it; any text without line breaks."""
    work: dict[str, Work] = {}
    """Each team's part: { Web = 8, API = [5, 8, 14], iOS = { size = 6, done = 2, after = ["Login/API"] } }."""
    days: Guess | None = None
    """For an external (a vendor, a review): working days from the moment it can start, a number or [low, likely, high]."""
    after: Afters = []
    """What must finish first: "Login" for a whole feature, "Login/API" for a part, or a table with a lag."""
    due: Day | None = None
    """The day by which it is due, that day included; with it the feature is a promise."""
    promised: bool | None = None
    """false for a due date that is no promise."""
    not_before: Day | None = None
    """The first day on which it may start."""
    objective: Name | None = None
    """What it serves; it groups features and chooses the share of a team's time under `allocation`."""
    value: Amount | None = None
    """What it is worth, in a unit of your own."""
    cost_of_delay: Amount | None = None
    """What a week of delay costs, in the unit of `value`."""
    started: bool = False
    """true when it is in flight on the first day; it matters only for teams with `finish_started`."""
    growth: Guess | None = None
    """Factor for work that is found on the way: 1.2, or [1.0, 1.2, 1.7]; without it the roadmap's own."""


class CapacityTable(Table):
    """A planned change of a team's capacity."""

    start: Day
    """The first day of the change."""
    end: Day | None = None
    """The last day of the change, included; without it the change is for good."""
    factor: Amount
    """The team works at so many times its pace: 0.5 is half the team, 1.25 a quarter more."""
    why: str = ""
    """The reason, in words."""


class TeamTable(Table):
    """`[[team]]`: without any, all teams that are named have the defaults."""

    name: Name
    """Its name, written as in the history and in `work`."""
    wip: Count = 1
    """Parts it works on at the same time, sharing its capacity evenly."""
    finish_started: bool = False
    """true when a part that was begun keeps its place until it is finished, whatever becomes startable above it."""
    share: Share = 1.0
    """Share of its capacity that goes to this roadmap, 0 to 1."""
    allocation: dict[str, Share] | None = None
    """Share of its capacity for each objective: { "Grow revenue" = 0.6 }; what is left below 1 is for all others."""
    sprint_days: Length | None = None
    """Calendar days of its sprints; without it the roadmap's."""
    sprint_start: Day | None = None
    """Any first day of one of its sprints; without it the roadmap's start."""
    days_off: list[Day] = []
    """Days on which this team does not work."""
    capacity: list[CapacityTable] = []
    """Planned changes: [{ start = 2026-03-02, end = 2026-03-13, factor = 0.5, why = "leave" }]."""


class RiskTable(Table):
    """`[[risk]]`: something that happens once or not at all, and all that it then does."""

    name: Name
    """Its name."""
    chance: Share
    """The chance that it happens, a share such as 0.3."""
    adds: dict[str, Guess] = {}
    """Items it adds to parts: { "Checkout/Web" = 5 }."""
    delays: dict[str, Guess] = {}
    """Working days it adds to the finish of features: { Checkout = [5, 10, 20] }."""


class RoadmapTable(Table):
    """A roadmap for `forecast`: features in priority order, the teams that do them, and where their past is.

    `history` and `features` name files beside it.
    """

    start: Day
    """The first day of the forecast; what lies before it is history."""
    sprint_days: Length = 14
    """Calendar days of a sprint, for teams that do not say."""
    handoff: HandoffName = "next-sprint"
    """What another team finished is picked up at the "next-sprint", or at once: "immediate"."""
    days_off: list[Day] = []
    """Days on which nobody in the company works; weekends are left out anyway."""
    unit: Annotated[str, _shown(enum=["items", "points"])] = "items"
    """What sizes are counted in: "items" are rounded to whole ones, "points" are not."""
    growth: Guess | None = None
    """Factor for work that is found on the way, for features that do not say: 1.3, or [1.0, 1.2, 1.7]."""
    promise_level: Annotated[float, _shown(type="number", exclusiveMinimum=0, maximum=1)] = 0.85
    """A promise holds when its chance is at least this share."""
    quarter_starts: list[Day] | None = None
    """First days of the company's quarters."""
    throughput: Annotated[Text | Annotated[dict[str, Any], Tag("<a table>")], Either] | None = None
    """How the past is used: a model by name, or with its settings, { model = "bootstrap", window = 12 }."""
    history: Annotated[
        Text | Annotated[dict[str, Annotated[list[float], _shown(**COUNTS)]], Tag("<a table>")],
        Either,
    ]
    """What each team finished: the name of a sheet, "throughput.csv", or counts, oldest first: { Web = [3, 5, 2] }."""
    features: str | None = None
    """The name of a sheet with the features, "features.csv", instead of [[feature]] tables."""
    team: list[TeamTable] = []
    """The teams."""
    feature: list[FeatureTable] = []
    """The features, the most important first."""
    risk: list[RiskTable] = []
    """What may happen."""


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
