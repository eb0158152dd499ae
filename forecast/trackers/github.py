"""GitHub: the REST list of a repository's issues, page by page with the Link header; github.com and Enterprise Server.

Source: GitHub's REST reference (List repository issues; Issue dependencies; Sub-issues; Rate limits). Pull requests come in
the same list and are passed over. What an issue waits for is asked for those issues alone that say they wait for something.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from forecast.errors import Fault, did_you_mean, quote
from forecast.importers.github import read_records
from forecast.importers.issue import Link
from forecast.importers.reading import Intake
from forecast.trackers.address import Address
from forecast.trackers.client import Client
from forecast.trackers.record import Record, trim
from forecast.trackers.refusals import Denied
from forecast.trackers.token import Token
from forecast.trackers.tracker import Facts, Page, list_of

ROWS = 100
FILTERS = ("labels", "milestone", "since", "assignee", "creator", "type", "state")
ROW: dict[str, Any] = {
    **dict.fromkeys(("node_id", "number", "title", "state", "state_reason", "created_at", "updated_at", "closed_at")),
    "issue_dependencies_summary": None,
    "labels": {"name": None},
    "milestone": {"title": None, "due_on": None},
    "type": {"name": None},
    "pull_request": {},
}
UNTOLD = "what issues wait for may not be read: no links"
PLACE = re.compile(r"/repos/([^/]+/[^/]+)/issues/([0-9]+)$")
NEXT = re.compile(r'<([^<>]*)>\s*;[^,<]*\brel="?next"?')


@dataclass(frozen=True)
class GitHub:
    """A repository of GitHub, and what to fetch from it.

    given : the repository as the browser shows it, or its place in the API
    query : filters of the list of issues as an address has them, ``labels=web&since=2025-01-01T00:00:00Z``; empty for all
    """

    given: Address
    query: str = ""
    wanted: tuple[str, ...] = ()
    source: str = "github"

    def __post_init__(self) -> None:
        self._find_place()
        self._read_filters()

    @property
    def address(self) -> Address:
        """Where the API is: ``api.github.com``, or Enterprise Server itself."""
        return self._find_place()[0]

    @property
    def place(self) -> str:
        """The repository."""
        return self.address.origin + self._repository

    @property
    def has_order(self) -> bool:
        """Never: the list comes by age."""
        return False

    @property
    def headers(self) -> Mapping[str, str]:
        """The version of the API."""
        return {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}

    @property
    def searches(self) -> frozenset[str]:
        """None: everything is asked with GET."""
        return frozenset()

    def authorize(self, token: Token) -> str:
        """Any of GitHub's tokens."""
        return f"Bearer {token.secret}"

    def is_spoilt(self, data: Any) -> bool:
        """Never: too many questions are refused with 403 or 429."""
        return False

    def find_facts(self, client: Client) -> Facts:
        """Nothing."""
        return {}

    def read_page(self, client: Client, facts: Facts, after: Any) -> Page:
        """The next 100 issues and pull requests; after : the address of the page, as GitHub gave it."""
        if after is None:
            params = {
                "state": "all",
                "sort": "created",
                "direction": "asc",
                "per_page": str(ROWS),
                **self._read_filters(),
            }
            answer = client.get(f"{self._repository}/issues", params)
        else:
            answer = client.follow(str(after))
        rows = [self._shorten(row) for row in list_of(self, answer) if isinstance(row, Mapping)]
        notes = self._add_blockers(client, rows)
        following = NEXT.search(answer.headers.get("link", ""))
        return Page(rows, client.check_own(following[1]) if following else None, notes)

    def key_of(self, row: Any) -> str:
        """``owner/name#12``."""
        number = Record(row).text("number")
        return f"{Record(row).text('repository')}#{number}" if number else ""

    def read_rows(self, facts: Facts, rows: Sequence[Any], intake: Intake) -> None:
        """Issues, as a file of them is read, and what they wait for."""
        before = len(intake.issues)
        read_records([row for row in rows if isinstance(row, Mapping)], intake, str(self.given))
        links = {self.key_of(row): Record(row).texts("blocked_by") for row in rows}
        for key, issue in list(intake.issues.items())[before:]:
            if found := links.get(key):
                intake.issues[key] = replace(issue, links=tuple(Link("Blocks", False, other) for other in found))

    def _shorten(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """What is needed of an issue, in the form that files have."""
        parent = PLACE.search(Record(row).text("parent_issue_url"))
        more = {"parent": {"number": parent[2], "repository": parent[1]}} if parent else {}
        own = "/".join(Record(row).text("repository_url").split("/")[-2:])  # as GitHub itself spells it
        return {**trim(row, ROW), **more, "repository": own or self._name}

    def _add_blockers(self, client: Client, rows: list[Any]) -> tuple[tuple[str, str], ...]:
        """Adds to each open issue that says it waits for something what that is."""
        for row in rows:
            issue = Record(row)
            count = issue.number("issue_dependencies_summary", "total_blocked_by")
            if not count or issue.text("state") != "open" or issue.find("pull_request") is not None:
                continue
            try:
                path = f"{self._repository}/issues/{int(issue.number('number') or 0)}/dependencies/blocked_by"
                others = list_of(self, client.get(path, {"per_page": str(ROWS)}))
            except Denied as denied:
                return ((UNTOLD, str(denied)),)
            row["blocked_by"] = [key for other in others if (key := find_key(Record(other)))]
        return ()

    @property
    def _name(self) -> str:
        return self._find_place()[1]

    @property
    def _repository(self) -> str:
        return f"{self.address.path}/repos/{self._name}"

    def _find_place(self) -> tuple[Address, str]:
        """The address of the API, and owner and name of the repository. Raises Fault when there are none."""
        host, names = self.given.host, list(self.given.names)
        is_api = host.startswith("api.")
        prefix = "" if is_api or host == "github.com" or host.endswith(".ghe.com") else "/api/v3"
        if names[:2] == ["api", "v3"]:
            names = names[2:]
        if names[:1] == ["repos"]:
            names = names[1:]
        if len(names) < 2 or not all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in names[:2]):
            raise Fault(str(self.given), "no repository is named", "write it like https://github.com/owner/repository")
        if not is_api and (host == "github.com" or host.endswith(".ghe.com")):
            host = f"api.{host}"
        return Address(host, self.given.port, prefix), f"{names[0]}/{names[1].removesuffix('.git')}"

    def _read_filters(self) -> dict[str, str]:
        """The filters of the query. Raises Fault for a name that GitHub does not know."""
        filters = dict(parse_qsl(self.query.strip().removeprefix("?"), keep_blank_values=True))
        if self.query.strip() and not filters:
            raise Fault("--query", quote(self.query), "write filters like labels=web&since=2025-01-01T00:00:00Z")
        for name in filters:
            if name not in FILTERS:
                hint = did_you_mean(name, FILTERS)
                raise Fault("--query", quote(name), f"the filters are {', '.join(FILTERS)}.{hint}")
        return filters


def find_key(issue: Record) -> str:
    """The key of an issue that another one names: ``owner/name#12``."""
    names = issue.text("repository_url").split("/")[-2:]
    number = issue.text("number")
    return f"{'/'.join(names)}#{number}" if number and len(names) == 2 else ""
