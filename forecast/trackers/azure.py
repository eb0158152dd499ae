"""Azure DevOps: WIQL tells which work items there are, workitemsbatch tells of 200 at a time.

Source: Microsoft's REST reference (Wiql - Query By Wiql; Work Items - Get Work Items Batch, of which `fields` cannot be
combined with `$expand`; Classification Nodes; Work Item Types).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forecast.errors import Fault
from forecast.importers.issue import Issue, Link
from forecast.importers.reading import Intake
from forecast.trackers.address import Address
from forecast.trackers.client import Client
from forecast.trackers.record import Record, trim
from forecast.trackers.token import Token
from forecast.trackers.tracker import Facts, Page, add_issues, list_of

VERSION = {"api-version": "6.0"}
"""Known to Azure DevOps Services and to Azure DevOps Server from 2020 on; a later one is refused by older servers."""

BATCH, IDS = 200, 10_000
"""Work items of one batch, and ids of one query; Azure refuses more than 200 and 20,000."""

UNREAD = "work items that the token may not read: left out"
DEPTH = 14
CATEGORIES = {
    "Proposed": "to do",
    "InProgress": "in progress",
    "Resolved": "in progress",
    "Completed": "done",
    "Removed": "discarded",
}
CHANGED = ("Microsoft.VSTS.Common.ResolvedDate", "Microsoft.VSTS.Common.StateChangeDate", "System.ChangedDate")
POINTS = ("StoryPoints", "Effort", "Size")
SYSTEM = ("Title", "WorkItemType", "State", "Reason", "CreatedDate", "ChangedDate", "AreaPath", "IterationPath", "TeamProject",
          "Tags", "Parent")  # fmt: skip
COMMON = (
    "ActivatedDate",
    "ClosedDate",
    "ResolvedDate",
    "ResolvedReason",
    "StateChangeDate",
    "StackRank",
    "BacklogPriority",
)
KEEP = (
    *(f"System.{name}" for name in SYSTEM),
    *(f"Microsoft.VSTS.Common.{name}" for name in COMMON),
    *(f"Microsoft.VSTS.Scheduling.{name}" for name in ("DueDate", "TargetDate", *POINTS)),
)
ROW = {"id": None, "fields": dict.fromkeys(KEEP), "relations": {"rel": None, "url": None}}
LINKS = {
    "System.LinkTypes.Dependency-Forward": ("Blocks", True),
    "System.LinkTypes.Dependency-Reverse": ("Blocks", False),
    "System.LinkTypes.Related": ("Relates", True),
    "System.LinkTypes.Duplicate-Forward": ("Duplicate", True),
    "System.LinkTypes.Duplicate-Reverse": ("Duplicate", False),
}
"""Kind and direction: Forward leads to the successor, which waits for this one."""


@dataclass(frozen=True)
class Azure:
    """A project of Azure DevOps, and what to fetch from it.

    query : a condition in WIQL, ``[System.AreaPath] UNDER 'Shop'``, or a whole SELECT; empty for the whole project
    wanted : names of further fields that a mapping asks for, as the interface calls them: ``Custom.Squad``
    """

    address: Address
    query: str = ""
    wanted: tuple[str, ...] = ()
    source: str = "azure"

    def __post_init__(self) -> None:
        if len(self.address.names) < (1 if self.address.host.endswith(".visualstudio.com") else 2):
            raise Fault(str(self.address), "no project is named", "write it like https://dev.azure.com/org/project")

    @property
    def place(self) -> str:
        """Its address."""
        return str(self.address)

    @property
    def has_order(self) -> bool:
        """Never: it comes by id, and its own order is in the rank."""
        return False

    @property
    def headers(self) -> Mapping[str, str]:
        """Refusals as such, not a page to log in."""
        return {"X-TFS-FedAuthRedirect": "Suppress"}

    @property
    def searches(self) -> frozenset[str]:
        """WIQL, and reading in batches."""
        return frozenset({self._path("wit/wiql"), self._path("wit/workitemsbatch")})

    def authorize(self, token: Token) -> str:
        """A personal access token stands for the password of a nameless account."""
        return token.basic()

    def is_spoilt(self, data: Any) -> bool:
        """Never: too many questions are refused with 429."""
        return False

    def find_facts(self, client: Client) -> Facts:
        """What the states mean, by type, and the days of the iterations."""
        types = list_of(self, client.get(self._path("wit/workitemtypes"), VERSION), "value")
        states = {
            kind.text("name"): {each.text("name"): each.text("category") for each in kind.list("states")}
            for kind in map(Record, types)
        }
        nodes = client.get(self._path("wit/classificationnodes/Iterations"), {"$depth": str(DEPTH), **VERSION}).data
        return {"states": states, "iterations": list_iterations(Record(nodes), "")}

    def read_page(self, client: Client, facts: Facts, after: Any) -> Page:
        """The next 200 work items; after : the ids that are known and not yet read, and the last id asked for."""
        ids = list(after["ids"]) if after else []
        last, is_all = (after["last"], after["all"]) if after else (0, False)
        if not ids and not is_all:
            ids = self._list_ids(client, last)
            is_all = self._is_whole or len(ids) < IDS
            last = max(ids, default=last)
        batch, rest = ids[:BATCH], ids[BATCH:]
        following = {"ids": rest, "last": last, "all": is_all} if rest or not is_all else None
        if not batch:
            return Page([], None)
        body = {"ids": batch, "$expand": "Relations", "errorPolicy": "Omit"}
        found = list_of(self, client.search(self._path("wit/workitemsbatch"), body, VERSION), "value")
        keep = ROW | {"fields": dict.fromkeys((*KEEP, *self.wanted))}
        rows = [trim(row, keep) for row in found if isinstance(row, Mapping)]
        told = {self.key_of(row) for row in rows}
        return Page(rows, following, tuple((UNREAD, str(each)) for each in batch if str(each) not in told))

    def key_of(self, row: Any) -> str:
        """``4711``."""
        return Record(row).text("id")

    def read_rows(self, facts: Facts, rows: Sequence[Any], intake: Intake) -> None:
        """Work items, and the iterations that have days."""
        states = Record(facts["states"])
        add_issues(intake, rows, str(self.address), lambda row: read_issue(row, states, self.wanted), self.key_of)
        for each in Record(facts).list("iterations"):
            intake.add_cycle(find_sprint(each.text("path")), each.day("start"), each.day("end"), "")

    @property
    def _is_whole(self) -> bool:
        return re.match(r"\s*select\b", self.query, re.IGNORECASE) is not None

    def _list_ids(self, client: Client, last: int) -> list[int]:
        """Ids of work items that the query finds: all of them for a whole SELECT, else the next 10,000 after an id."""
        wiql = self.query
        if not self._is_whole:
            mine = f" AND ({self.query})" if self.query.strip() else ""
            wiql = "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project"
            wiql += f" AND [System.Id] > {last}{mine} ORDER BY [System.Id] ASC"
        params = VERSION if self._is_whole else {"$top": str(IDS), **VERSION}
        answer = client.search(self._path("wit/wiql"), {"query": wiql}, params)
        found = Record(answer.data)
        if isinstance(found.find("workItemRelations"), list):
            pairs = found.list("workItemRelations")
            numbers = [each.number(end, "id") for each in pairs for end in ("source", "target")]
        else:
            numbers = [Record(each).number("id") for each in list_of(self, answer, "workItems")]
        return list(dict.fromkeys(int(each) for each in numbers if each is not None))

    def _path(self, what: str) -> str:
        return f"{self.address.path}/_apis/{what}"


def read_issue(item: Record, states: Record, wanted: Sequence[str] = ()) -> Issue:
    """One work item.

    states : type -> state -> what Azure says that this means
    wanted : names of further fields
    """
    fields = Record(item.find("fields"))
    kind, state = fields.text("System.WorkItemType"), fields.text("System.State")
    common, plan = "Microsoft.VSTS.Common.", "Microsoft.VSTS.Scheduling."
    links = list(read_links(item))
    parents = [fields.text("System.Parent"), *(link.key for link in links if link.kind == "Parent")]
    points = [fields.number(plan + name) for name in POINTS]
    return Issue(
        key=item.text("id"),
        id=item.text("id"),
        title=fields.text("System.Title"),
        kind=kind,
        status=state,
        category=CATEGORIES.get(states.text(kind, state), ""),
        resolution=fields.text(common + "ResolvedReason") or fields.text("System.Reason"),
        created=fields.day("System.CreatedDate"),
        started=fields.day(common + "ActivatedDate"),
        done=fields.day(common + "ClosedDate"),
        changed=next((day for name in CHANGED if (day := fields.day(name))), None),
        due=fields.day(plan + "TargetDate") or fields.day(plan + "DueDate"),
        project=fields.text("System.TeamProject"),
        areas=tuple(filter(None, [fields.text("System.AreaPath")])),
        labels=tuple(tag for each in fields.text("System.Tags").split(";") if (tag := each.strip())),
        parents=tuple(dict.fromkeys(each for each in parents if each)),
        sprints=tuple(filter(None, [find_sprint(fields.text("System.IterationPath"))])),
        links=tuple(link for link in links if link.kind != "Parent"),
        estimate=next((each for each in points if each is not None), None),
        rank=fields.text(common + "StackRank") or fields.text(common + "BacklogPriority"),
        more=tuple((name, text) for name in wanted if (text := fields.text(name))),
    )


def find_sprint(path: str) -> str:
    """The name of a sprint from its path: the last part of ``Shop\\Sprint 1``; none for the project itself."""
    return path.rpartition("\\")[2] if "\\" in path else ""


def list_iterations(node: Record, parent: str, depth: int = DEPTH) -> list[dict[str, str]]:
    """The iterations of a tree that have days: path as issues have it (``Shop\\Sprint 1``), start, end."""
    path = f"{parent}\\{node.text('name')}" if parent else node.text("name")
    days = {"start": node.text("attributes", "startDate"), "end": node.text("attributes", "finishDate")}
    own = [{"path": path, **days}] if all(days.values()) else []
    children = node.list("children") if depth else ()
    return own + [each for child in children for each in list_iterations(child, path, depth - 1)]


def read_links(item: Record) -> Sequence[Link]:
    """The links of a work item; the one to its parent has the kind Parent."""
    found = []
    for relation in item.list("relations"):
        rel, other = relation.text("rel"), re.search(r"/workItems/(\d+)$", relation.text("url"), re.IGNORECASE)
        if other is None:
            continue
        if rel == "System.LinkTypes.Hierarchy-Reverse":
            found.append(Link("Parent", False, other[1]))
        elif rel in LINKS:
            kind, outward = LINKS[rel]
            found.append(Link(kind, outward, other[1]))
    return found
