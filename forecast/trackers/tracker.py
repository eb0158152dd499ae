"""Trackers: what each of them has to tell for its issues to be fetched, page by page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from forecast.errors import Fault
from forecast.importers.issue import Issue
from forecast.importers.reading import NO_KEY, Intake
from forecast.trackers.address import Address
from forecast.trackers.client import Answer, Client
from forecast.trackers.record import Record
from forecast.trackers.token import Token

Facts = Mapping[str, Any]
"""What was found out before the first page, as JSON has it: which fields there are, which states mean done."""


@dataclass(frozen=True)
class Page:
    """Some issues as the tracker sent them, and where the next ones are.

    rows : objects of JSON
    after : what to ask the next page with, as JSON has it; None when this is the last one
    notes : what is odd about this page: a kind of oddity, and what has it
    """

    rows: Sequence[Any]
    after: Any = None
    notes: tuple[tuple[str, str], ...] = field(default=())


class Tracker(Protocol):
    """One tracker at one address, and what is to be fetched from it."""

    @property
    def source(self) -> str:
        """Its name, as the import command knows it."""

    @property
    def address(self) -> Address:
        """Where it is asked."""

    @property
    def place(self) -> str:
        """What is asked there, as an address: a site, a project, a repository."""

    @property
    def wanted(self) -> tuple[str, ...]:
        """Names of further fields that a mapping asks for."""

    @property
    def query(self) -> str:
        """What is to be fetched, in the tracker's own words; empty for all of it."""

    @property
    def has_order(self) -> bool:
        """Whether the order of its answer is an order of priority."""

    def authorize(self, token: Token) -> str:
        """The value of the Authorization header."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers that it wants with each question."""

    @property
    def searches(self) -> frozenset[str]:
        """Paths that are asked with POST. All of them only read."""

    def is_spoilt(self, data: Any) -> bool:
        """Whether a refusal with status 400 says that it was only asked too often."""

    def find_facts(self, client: Client) -> Facts:
        """What has to be known before the first page. Raises Fault."""

    def read_page(self, client: Client, facts: Facts, after: Any) -> Page:
        """The page after another one, the first for None. Raises Fault."""

    def key_of(self, row: Any) -> str:
        """The key of an issue; empty when the row is none."""

    def read_rows(self, facts: Facts, rows: Sequence[Any], intake: Intake) -> None:
        """Reads some rows into the intake: their issues, and the sprints that they or the facts tell of."""


def list_of(tracker: Tracker, answer: Answer, *path: str) -> list[Any]:
    """The list at the end of a path in an answer. Raises Fault when there is none: this is another tracker's answer."""
    found = answer.data
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    if not isinstance(found, list):
        raise Fault(str(tracker.address), f"its answer has no list of {path[-1] if path else 'issues'}", OTHER)
    return found


def add_issues(
    intake: Intake, rows: Sequence[Any], place: str, read: Callable[[Record], Issue], key_of: Callable[[Any], str]
) -> None:
    """Adds the issues that rows tell of to the intake; a row without a key is left out, and told."""
    for row in rows:
        intake.rows += 1
        if key_of(row):
            intake.add(read(Record(row)), place)
        else:
            intake.left_out.add(NO_KEY, f"{place}: {row}")


OTHER = "is this the address of such a tracker? See forecast import --help for one of each"
