"""Jira: Cloud with page tokens at /rest/api/3/search/jql, Server and Data Center with startAt at /rest/api/2/search.

Sources: Atlassian's REST references of both; the old search of Cloud was removed in 2025 (CHANGE-2046).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from forecast.errors import Fault, did_you_mean, quote
from forecast.importers.issue import Issue, Link
from forecast.importers.reading import Intake
from forecast.trackers.address import Address
from forecast.trackers.client import Client
from forecast.trackers.record import Record
from forecast.trackers.token import Token
from forecast.trackers.tracker import Facts, Page, add_issues, list_of

CLOUD, SERVER = "/rest/api/3/search/jql", "/rest/api/2/search"
ROWS = 100
FIELDS = ("summary", "issuetype", "status", "resolution", "resolutiondate", "statuscategorychangedate", "created", "updated",
          "duedate", "labels", "components", "fixVersions", "parent", "issuelinks", "project")  # fmt: skip

CUSTOM = {
    "sprint": ("com.pyxis.greenhopper.jira:gh-sprint",),
    "epic": ("com.pyxis.greenhopper.jira:gh-epic-link",),
    "epic name": ("com.pyxis.greenhopper.jira:gh-epic-label",),
    "rank": ("com.pyxis.greenhopper.jira:gh-lexo-rank",),
    "points": ("com.pyxis.greenhopper.jira:jsw-story-points",),
    "team": (
        "com.atlassian.jira.plugin.system.customfieldtypes:atlassian-team",
        "com.atlassian.teams:rm-teams-custom-field-team",
    ),
}
"""What kind of custom field holds what: the same in every instance, while ids differ and names are translated."""

NAMES = {
    "sprint": ("sprint",),
    "epic": ("epic link",),
    "epic name": ("epic name",),
    "rank": ("rank",),
    "points": ("story points", "story point estimate"),
    "team": ("team",),
    "start": ("actual start", "start date", "target start"),
}
"""What such a field is called where its kind does not tell."""

CATEGORIES = {"new": "to do", "indeterminate": "in progress", "done": "done"}
PAGE = re.compile(r"/(rest|browse|projects|issues|secure)(/.*)?$")
"""What follows the address of a Jira in the address of one of its pages."""

OLD_SPRINT = re.compile(r"([A-Za-z]+)=(.*?)(?=,[A-Za-z]+=|\]$)", re.DOTALL)


@dataclass(frozen=True)
class Jira:
    """A Jira, and what to fetch from it.

    query : JQL; needed, as Cloud refuses to list everything
    wanted : names of further fields that a mapping asks for
    """

    address: Address
    query: str
    wanted: tuple[str, ...] = ()
    source: str = "jira"

    def __post_init__(self) -> None:
        if not self.query.strip():
            raise Fault("--query", "not given", "say in JQL what to fetch: --query 'project = WEB'")
        path = "" if self._is_cloud_host else PAGE.sub("", self.address.path)
        object.__setattr__(self, "address", replace(self.address, path=path))

    @property
    def _is_cloud_host(self) -> bool:
        return self.address.host.endswith((".atlassian.net", ".jira.com"))

    @property
    def place(self) -> str:
        """Its address."""
        return str(self.address)

    @property
    def has_order(self) -> bool:
        """Only when the query sorts by something; otherwise it is sorted by key."""
        return self._order().search(self.query) is not None

    @property
    def jql(self) -> str:
        """The query with an order, without which pages could overlap."""
        return self.query if self.has_order else f"{self.query.strip()} ORDER BY key ASC"

    @property
    def headers(self) -> Mapping[str, str]:
        """None of its own."""
        return {}

    @property
    def searches(self) -> frozenset[str]:
        """The search of Cloud, and that of Server."""
        return frozenset({self.address.path + CLOUD, self.address.path + SERVER})

    def authorize(self, token: Token) -> str:
        """Account and token for Cloud, a personal access token alone for Server. Raises Fault for Cloud without account."""
        if token.has_user:
            return token.basic()
        if self._is_cloud_host:
            way_out = "write the address of your account before it: ann@example.com:token"
            raise Fault(token.origin, "a token alone does not open Jira Cloud", way_out)
        return f"Bearer {token.secret}"

    def is_spoilt(self, data: Any) -> bool:
        """Never: too many questions are refused with 429."""
        return False

    def find_facts(self, client: Client) -> Facts:
        """Whether this is Cloud, and the ids of the custom fields."""
        base = self.address.path
        if self._is_cloud_host or self.address.host == "api.atlassian.com":
            is_cloud = True
        else:
            is_cloud = Record(client.get(f"{base}/rest/api/2/serverInfo").data).text("deploymentType") == "Cloud"
        listed = list_of(self, client.get(f"{base}/rest/api/{3 if is_cloud else 2}/field"))
        return {"cloud": is_cloud, "fields": find_fields(listed), "more": self._find_wanted(listed)}

    def read_page(self, client: Client, facts: Facts, after: Any) -> Page:
        """The next 100 issues, or as many as this Jira gives at once."""
        custom = [name for found in (facts["fields"], facts["more"]) for names in found.values() for name in names]
        body: dict[str, Any] = {"jql": self.jql, "fields": [*FIELDS, *custom], "maxResults": ROWS}
        if facts["cloud"]:
            answer = client.search(self.address.path + CLOUD, body | ({"nextPageToken": after} if after else {}))
            rows, token = list_of(self, answer, "issues"), answer.data.get("nextPageToken")
            return Page(rows, None if answer.data.get("isLast") is True else token or None)
        start = int(after or 0)
        answer = client.search(self.address.path + SERVER, body | {"startAt": start})
        rows, total = list_of(self, answer, "issues"), Record(answer.data).number("total")
        ends = start + len(rows)
        return Page(rows, ends if rows and (total is None or ends < total) else None)

    def key_of(self, row: Any) -> str:
        """``WEB-12``."""
        return Record(row).text("key")

    def read_rows(self, facts: Facts, rows: Sequence[Any], intake: Intake) -> None:
        """Issues, and the sprints that they were in, those that have begun."""
        custom = facts["fields"]
        add_issues(intake, rows, str(self.address), lambda row: read_issue(row, custom, facts["more"]), self.key_of)
        for row in rows:
            for each in read_sprints(Record(Record(row).find("fields")), custom):
                start, end = each.day("startDate"), each.day("endDate") or each.day("completeDate")
                if each.text("name") and start:
                    intake.add_cycle(each.text("name"), start, end, "")

    def _find_wanted(self, listed: Sequence[Any]) -> dict[str, list[str]]:
        """The ids of the fields that a mapping asks for, by their names. Raises Fault for a name that there is not."""
        fields = [Record(each) for each in listed]
        found = {}
        for name in self.wanted:
            ids = [each.text("id") for each in fields if each.text("name").casefold() == name.casefold()]
            if not ids:
                hint = did_you_mean(name, [each.text("name") for each in fields])
                raise Fault(str(self.address), f"no field {quote(name)}", f"name a field as Jira calls it.{hint}")
            found[name] = ids
        return found

    @staticmethod
    def _order() -> re.Pattern[str]:
        return re.compile(r"\border\s+by\b(?=(?:[^'\"]|'[^']*'|\"[^\"]*\")*$)", re.IGNORECASE)


def read_issue(
    issue: Record, custom: Mapping[str, Sequence[str]], wanted: Mapping[str, Sequence[str]] | None = None
) -> Issue:
    """One issue.

    custom : ids of the fields that hold sprint, epic, rank, points, team and start, by what they hold
    wanted : ids of further fields, by their names
    """
    fields = Record(issue.find("fields"))
    sprints = sorted(read_sprints(fields, custom), key=lambda each: (each.text("startDate") or "9", each.text("id")))
    epics = [text for name in custom.get("epic", ()) if (text := _label(fields.find(name)))]
    parents = [issue.text("fields", "parent", "key"), *epics]
    points = [number for name in custom.get("points", ()) if (number := fields.number(name)) is not None]
    return Issue(
        key=issue.text("key"),
        id=issue.text("id"),
        title=fields.text("summary"),
        kind=fields.text("issuetype", "name"),
        name=next((text for name in custom.get("epic name", ()) if (text := fields.text(name))), ""),
        status=fields.text("status", "name"),
        category=CATEGORIES.get(fields.text("status", "statusCategory", "key"), ""),
        resolution=fields.text("resolution", "name"),
        created=fields.day("created"),
        started=next((day for name in custom.get("start", ()) if (day := fields.day(name))), None),
        done=fields.day("resolutiondate"),
        changed=fields.day("statuscategorychangedate") or fields.day("updated"),
        due=fields.day("duedate"),
        team=next((text for name in custom.get("team", ()) if (text := _label(fields.find(name)))), ""),
        project=fields.text("project", "name") or fields.text("project", "key"),
        areas=fields.texts("components"),
        labels=fields.texts("labels"),
        versions=fields.texts("fixVersions"),
        parents=tuple(dict.fromkeys(each for each in parents if each)),
        parent_title=fields.text("parent", "fields", "summary"),
        sprints=tuple(dict.fromkeys(each.text("name") for each in sprints if each.text("name"))),
        links=tuple(read_links(fields)),
        estimate=points[0] if points else None,
        rank=next((text for name in custom.get("rank", ()) if (text := fields.text(name))), ""),
        more=read_more(fields, wanted or {}),
    )


def find_fields(listed: Sequence[Any]) -> dict[str, list[str]]:
    """The ids of the fields that hold sprint, epic, rank, points, team and start, by what they hold; kind before name.

    listed : ``/rest/api/3/field``: objects with id, name, and schema.custom for custom fields
    """
    fields = [Record(each) for each in listed]
    found: dict[str, list[str]] = {}
    for holds, names in NAMES.items():
        by_kind = [each for kind in CUSTOM.get(holds, ()) for each in fields if each.text("schema", "custom") == kind]
        by_name = [each for name in names for each in fields if each.text("name").casefold() == name]
        ordered = by_name + by_kind if holds == "points" else by_kind + by_name
        ids = dict.fromkeys(each.text("id") for each in ordered if each.text("id"))
        if ids:
            found[holds] = list(ids)
    return found


def read_sprints(fields: Record, custom: Mapping[str, Sequence[str]]) -> list[Record]:
    """The sprints of an issue: objects in Cloud, a line of text in older servers (``...Sprint@1f[id=3,name=S 1,...]``)."""
    found = []
    for name in custom.get("sprint", ()):
        listed = fields.find(name)
        for each in listed if isinstance(listed, list) else ():
            if isinstance(each, str) and "[" in each:
                pairs = OLD_SPRINT.findall(each.partition("[")[2])
                found.append(Record({key: value for key, value in pairs if value != "<null>"}))
            else:
                found.append(Record(each))
    return found


def read_more(fields: Record, wanted: Mapping[str, Sequence[str]]) -> tuple[tuple[str, str], ...]:
    """Name and text of the further fields; of a list the first."""
    found = []
    for name, ids in wanted.items():
        values = [fields.find(each) for each in ids]
        firsts = [value[0] if isinstance(value, list) and value else value for value in values]
        found += [(name, text) for value in firsts if (text := _label(value))][:1]
    return tuple(found)


def read_links(fields: Record) -> list[Link]:
    """The links of an issue; with the type Blocks, an outward one says that this issue blocks the other."""
    found = []
    for link in fields.list("issuelinks"):
        for key, outward in (("outwardIssue", True), ("inwardIssue", False)):
            other = link.text(key, "key")
            if other:
                found.append(Link(link.text("type", "name"), outward, other))
    return found


def _label(value: Any) -> str:
    """The name of a team or an epic: a text, or an object that has one."""
    record = Record({"": value})
    return record.text("") or next(
        (text for key in ("name", "title", "value", "key") if (text := record.text("", key))), ""
    )
