"""The shape of roadmap.toml: which tables and keys there are and what kind of value each takes.

Only shape and kind are judged here. What a value means (its range, whether a name exists) is judged by the noun that it
becomes, so that the same rule holds in Python and in files.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Tag, WithJsonSchema

from forecast.team import LONGEST_SPRINT

KINDS = ("<a table>", "<a list>", "<a text>", "<a date>", "<a number>", "<items>")
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
Factor = Annotated[Number | Three | Annotated[str, Tag("<a text>"), _shown(const="learned")], Either]
Day = Annotated[Annotated[dt.date, Tag("<a date>")] | Text, Either, _shown(type="string", format="date")]
DayOrDayOfYear = Annotated[Annotated[dt.date, Tag("<a date>")] | Text, Either, _shown(type="string")]
Name = Annotated[str, _shown(type="string", minLength=1)]
Amount = Annotated[float, _shown(type="number", minimum=0)]
Share = Annotated[float, _shown(type="number", minimum=0, maximum=1)]
Weights = Annotated[dict[str, Share], Tag("<a table>")]
Objectives = Annotated[Annotated[str, Tag("<a text>"), _shown(type="string", minLength=1)] | Weights, Either]
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
    objective: Objectives | None = None
    """What it serves; it groups features and chooses the share of a team's time under `allocation`. Several have weights that add
    up to 1, { "Grow revenue" = 0.7, Debt = 0.3 }, and the first one chooses."""
    value: Amount | None = None
    """What it is worth, in a unit of your own."""
    cost_of_delay: Amount | None = None
    """What a week of delay costs, in the unit of `value`."""
    started: bool = False
    """true when it is in flight on the first day; it matters only for teams with `finish_started`."""
    growth: Factor | None = None
    """Factor for work that is found on the way: 1.2, or [1.0, 1.2, 1.7], or "learned"; without it the roadmap's own."""


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
    guess: Guess | None = None
    """Guessed items a sprint, [3, 5, 9], which stand in while the team has fewer than two past sprints."""


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


class ItemsTable(Table):
    """`history = { items = "items.csv", every = 14 }`: throughput counted from items, in stretches of so many days."""

    items: Name
    """The name of the sheet of items."""
    every: Length | None = None
    """Calendar days of a stretch; a sprint if not given."""


def _kind_of_history(value: object) -> str:
    counts_items = isinstance(value, ItemsTable) or (isinstance(value, dict) and isinstance(value.get("items"), str))
    return "<items>" if counts_items else _kind(value)


Past = Annotated[
    Text
    | Annotated[ItemsTable, Tag("<items>")]
    | Annotated[dict[str, Annotated[list[float], _shown(**COUNTS)]], Tag("<a table>")],
    Discriminator(_kind_of_history),
]


class RoadmapTable(Table):
    """A roadmap for `forecast`: features in priority order, the teams that do them, and where their past is.

    `history`, `features`, `items` and `finished` name files beside it.
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
    growth: Factor | None = None
    """Factor for work that is found on the way, for features that do not say: 1.3, or [1.0, 1.2, 1.7], or "learned"."""
    promise_level: Annotated[float, _shown(type="number", exclusiveMinimum=0, maximum=1)] = 0.85
    """A promise holds when its chance is at least this share."""
    quarter_starts: list[DayOrDayOfYear] | None = None
    """First days of the company's quarters, that of Q1 first: four days of every year, ["02-01", "05-01", "08-01", "11-01"], or
    dates."""
    throughput: Annotated[Text | Annotated[dict[str, Any], Tag("<a table>")], Either] | None = None
    """How the past is used: a model by name, or with its settings, { model = "bootstrap", window = 12 }."""
    history: Past
    """What each team finished: a sheet, "throughput.csv", or counts, oldest first: { Web = [3, 5, 2] }, or items of a
    sheet counted in stretches of days: { items = "items.csv", every = 14 }."""
    clean: bool = True
    """Leave out of the history what surely tells nothing of the pace, such as a sprint that is not over; false keeps all."""
    features: str | None = None
    """The name of a sheet with the features, "features.csv", instead of [[feature]] tables."""
    items: str | None = None
    """The name of a sheet of items, "items.csv", from which growth is learned."""
    finished: str | None = None
    """The name of a sheet of finished features, "finished.csv", from which growth is learned."""
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
