"""The shape of roadmap.toml: which tables and keys there are and what kind of value each takes.

Only shape and kind are judged here. What a value means (its range, whether a name exists) is judged by the noun that it
becomes, so that the same rule holds in Python and in files.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Tag

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
