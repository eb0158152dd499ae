"""Linear: one GraphQL query, page by page with a cursor.

Source: Linear's developer pages on GraphQL, pagination and rate limiting: a query costs points, each connection its `first`
times what is in it, and 10,000 at most; too many questions are refused with status 400 and the code RATELIMITED.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forecast.errors import Fault, quote
from forecast.importers.issue import Issue, Link
from forecast.importers.reading import Intake
from forecast.trackers.address import Address
from forecast.trackers.client import Answer, Client
from forecast.trackers.record import Record
from forecast.trackers.refusals import find_words
from forecast.trackers.token import Token
from forecast.trackers.tracker import Facts, Page, add_issues, list_of

ROWS, INNER = 50, 25
"""Issues of a page, and labels or links of an issue: about 6,000 of the 10,000 points."""

QUERY = f"""
query Issues($after: String, $filter: IssueFilter) {{
  issues(first: {ROWS}, after: $after, filter: $filter, includeArchived: true, orderBy: createdAt) {{
    pageInfo {{ hasNextPage endCursor }}
    nodes {{
      id identifier title estimate sortOrder dueDate createdAt updatedAt startedAt completedAt canceledAt trashed
      state {{ name type }} team {{ name key }} project {{ id name }} projectMilestone {{ name }}
      cycle {{ id name number startsAt endsAt team {{ name }} }} parent {{ identifier title }}
      labels(first: {INNER}) {{ pageInfo {{ hasNextPage }} nodes {{ name }} }}
      relations(first: {INNER}) {{ pageInfo {{ hasNextPage }} nodes {{ type relatedIssue {{ identifier }} }} }}
      inverseRelations(first: {INNER}) {{ pageInfo {{ hasNextPage }} nodes {{ type issue {{ identifier }} }} }}
    }}
  }}
}}
"""
CATEGORIES = {
    "triage": "to do",
    "backlog": "to do",
    "unstarted": "to do",
    "started": "in progress",
    "completed": "done",
    "canceled": "discarded",
    "duplicate": "discarded",
}
CUT = f"more than {INNER} labels or links: the rest was not fetched"
TRASHED = "it is in the trash"
KINDS = {"blocks": "Blocks", "duplicate": "Duplicate", "related": "Relates", "similar": "Similar"}


@dataclass(frozen=True)
class Linear:
    """A Linear workspace, and what to fetch from it.

    query : keys of teams, ``WEB,API``, or a filter of issues as JSON; empty for all that the token may see
    """

    address: Address
    query: str = ""
    wanted: tuple[str, ...] = ()
    source: str = "linear"

    def __post_init__(self) -> None:
        self._filter()

    @property
    def place(self) -> str:
        """Its address."""
        return str(self.address)

    @property
    def has_order(self) -> bool:
        """Never: its own order is in the rank."""
        return False

    @property
    def headers(self) -> Mapping[str, str]:
        """None of its own."""
        return {}

    @property
    def searches(self) -> frozenset[str]:
        """The one place of GraphQL. What is sent there is a query, never a mutation."""
        return frozenset({"/graphql"})

    def authorize(self, token: Token) -> str:
        """A personal key as it is, a token of OAuth after Bearer."""
        return f"Bearer {token.secret}" if token.secret.startswith("lin_oauth_") else token.secret

    def is_spoilt(self, data: Any) -> bool:
        """Whether one of the errors has the code RATELIMITED."""
        errors = Record(data).list("errors")
        told = {each.text("extensions", name).casefold() for each in errors for name in ("code", "type")}
        return "ratelimited" in told

    def find_facts(self, client: Client) -> Facts:
        """Nothing: each issue tells what its state means."""
        return {}

    def read_page(self, client: Client, facts: Facts, after: Any) -> Page:
        """The next 50 issues."""
        variables = {"after": after, "filter": self._filter()}
        answer = client.search("/graphql", {"query": QUERY, "variables": variables})
        self._check(answer)
        rows = list_of(self, answer, "data", "issues", "nodes")
        info = Record(answer.data).find("data", "issues", "pageInfo")
        following = Record(info).text("endCursor") if Record(info).find("hasNextPage") is True else None
        cut = [
            self.key_of(row)
            for row in rows
            for name in ("labels", "relations", "inverseRelations")
            if Record(row).find(name, "pageInfo", "hasNextPage") is True
        ]
        return Page(rows, following or None, tuple((CUT, key) for key in cut))

    def key_of(self, row: Any) -> str:
        """``WEB-12``."""
        return Record(row).text("identifier")

    def read_rows(self, facts: Facts, rows: Sequence[Any], intake: Intake) -> None:
        """Issues, and the cycles that they are in."""
        kept = [row for row in rows if Record(row).find("trashed") is not True]
        add_issues(intake, kept, str(self.address), read_issue, self.key_of)
        for row in rows:
            if Record(row).find("trashed") is True:
                intake.rows += 1
                intake.left_out.add(TRASHED, self.key_of(row))
        for issue in map(Record, kept):
            name, start = _cycle_name(issue), issue.day("cycle", "startsAt")
            if name and start:
                team = issue.text("team", "name") or issue.text("team", "key")
                intake.add_cycle(name, start, issue.day("cycle", "endsAt"), team)

    def _filter(self) -> Any:
        """The filter in Linear's form. Raises Fault when it is neither that nor a list of keys."""
        text = self.query.strip()
        if not text:
            return None
        keys = [key.strip() for key in text.split(",")]
        if all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,9}", key) for key in keys):
            return {"team": {"key": {"in": [key.upper() for key in keys]}}}
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            way_out = """write keys of teams, WEB,API, or a filter as JSON, {"project": {"name": {"eq": "Shop"}}}"""
            raise Fault("--query", quote(self.query), way_out)
        return found

    def _check(self, answer: Answer) -> None:
        """Raises Fault for an answer of errors, which GraphQL sends with status 200."""
        errors = Record(answer.data).find("errors")
        if errors:
            words = find_words(answer.data)
            raise Fault(str(self.address), f"refused, {quote(words)}", "mend the query, and check the token")


def read_issue(issue: Record) -> Issue:
    """One issue."""
    kind = issue.text("state", "type")
    sprint = _cycle_name(issue)
    return Issue(
        key=issue.text("identifier"),
        id=issue.text("id"),
        title=issue.text("title"),
        status=issue.text("state", "name"),
        category=CATEGORIES.get(kind, ""),
        created=issue.day("createdAt"),
        started=issue.day("startedAt"),
        done=issue.day("completedAt") or issue.day("canceledAt"),
        changed=issue.day("updatedAt"),
        due=issue.day("dueDate"),
        team=issue.text("team", "name") or issue.text("team", "key"),
        project=issue.text("project", "name"),
        labels=issue.texts("labels", "nodes"),
        versions=tuple(filter(None, [issue.text("projectMilestone", "name")])),
        parents=tuple(filter(None, [issue.text("parent", "identifier")])),
        parent_title=issue.text("parent", "title"),
        sprints=(sprint,) if sprint else (),
        links=tuple(read_links(issue)),
        estimate=issue.number("estimate"),
        rank=issue.text("sortOrder"),
    )


def read_links(issue: Record) -> list[Link]:
    """The links of an issue; the outward ones are its own, the inward ones those of others to it."""
    found = []
    for name, other, outward in (("relations", "relatedIssue", True), ("inverseRelations", "issue", False)):
        for each in issue.list(name, "nodes"):
            kind, key = each.text("type"), each.text(other, "identifier")
            if key:
                found.append(Link(KINDS.get(kind, kind), outward, key))
    return found


def _cycle_name(issue: Record) -> str:
    return issue.text("cycle", "name") or issue.text("cycle", "number")
