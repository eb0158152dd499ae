"""Tickets: one made backlog of two teams, told as each tracker tells it: live, and in its export."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from dataclasses import dataclass, field
from typing import Any

FIRST = dt.date(2025, 1, 6)


@dataclass(frozen=True)
class Ticket:
    """One of them. `waits` names what it waits for; `epic` what it belongs to."""

    number: int
    team: str
    epic: str = ""
    kind: str = "Story"
    created: dt.date = FIRST
    done: dt.date | None = None
    points: float | None = None
    waits: tuple[int, ...] = ()
    title: str = ""
    is_dropped: bool = field(default=False)


EPICS = {1: "Login", 2: "Checkout", 3: '=cmd|"calc"!A1 <b>Größe</b>'}
HOSTILE = '=HYPERLINK("https://evil.example") \x1b[31m<script>alert(1)</script> ../../etc; "x"'


def make_tickets(count: int = 120) -> list[Ticket]:
    """Three features, one of them over, and items of two teams over 30 weeks; some belong nowhere, some are dropped."""
    tickets = [Ticket(number, "Web", kind="Epic", title=title) for number, title in EPICS.items()]
    tickets[1] = Ticket(2, "Web", kind="Epic", title=EPICS[2], waits=(1,))
    for at in range(count):
        number, team = 10 + at, ("Web", "API")[at % 2]
        epic = "" if at % 7 == 0 else str(1 + at * 3 // count)
        created = FIRST + dt.timedelta(days=at)
        done = created + dt.timedelta(days=5 + at % 11) if at % 5 or at < count // 3 else None
        title = HOSTILE if at == 50 else f"Ticket {number}"
        waits = (number - 1,) if at % 20 == 19 else ()
        dropped = done is not None and at % 13 == 12
        tickets.append(Ticket(number, team, epic, "Story", created, done, float(1 + at % 5), waits, title, dropped))
    return tickets


def moment(day: dt.date | None) -> str | None:
    """A day as a moment of it."""
    return None if day is None else f"{day}T09:30:00.000Z"


def as_csv(rows: list[dict[str, Any]]) -> str:
    """Rows as CSV, with every column that one of them has; None is an empty cell."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


# Jira ----------------------------------------------------------------------------------------------------------------------

JIRA_FIELDS = [
    {"id": "customfield_1", "name": "Story Points"},
    {"id": "customfield_2", "name": "Epic Link", "schema": {"custom": "com.pyxis.greenhopper.jira:gh-epic-link"}},
    {"id": "customfield_3", "name": "Team"},
    {"id": "customfield_4", "name": "Rank", "schema": {"custom": "com.pyxis.greenhopper.jira:gh-lexo-rank"}},
]


def jira_state(ticket: Ticket) -> tuple[str, str, str, str]:
    """Status, key and name of its category, resolution."""
    if ticket.done is None:
        return "To Do", "new", "To Do", ""
    return "Done", "done", "Done", "Won't Do" if ticket.is_dropped else "Done"


def jira_live(tickets: list[Ticket]) -> list[dict[str, Any]]:
    """As the search tells them."""
    found = []
    for ticket in tickets:
        status, category, _, resolution = jira_state(ticket)
        fields = {
            "summary": ticket.title,
            "issuetype": {"name": ticket.kind},
            "status": {"name": status, "statusCategory": {"key": category}},
            "resolution": {"name": resolution} if resolution else None,
            "created": moment(ticket.created),
            "resolutiondate": moment(ticket.done),
            "project": {"key": "SHOP", "name": "Shop"},
            "customfield_1": ticket.points,
            "customfield_2": f"SHOP-{ticket.epic}" if ticket.epic else None,
            "customfield_3": {"id": "t", "name": ticket.team},
            "customfield_4": f"0|i{ticket.number:05}:",
            "issuelinks": [
                {"type": {"name": "Blocks"}, "inwardIssue": {"key": f"SHOP-{other}"}} for other in ticket.waits
            ],
        }
        found.append({"id": str(10_000 + ticket.number), "key": f"SHOP-{ticket.number}", "fields": fields})
    return found


def jira_file(tickets: list[Ticket]) -> str:
    """As the export tells them."""
    rows = []
    for ticket in tickets:
        status, _, category, resolution = jira_state(ticket)
        rows.append(
            {
                "Summary": ticket.title,
                "Issue key": f"SHOP-{ticket.number}",
                "Issue id": 10_000 + ticket.number,
                "Issue Type": ticket.kind,
                "Status": status,
                "Status Category": category,
                "Resolution": resolution,
                "Project name": "Shop",
                "Created": moment(ticket.created),
                "Resolved": moment(ticket.done),
                "Custom field (Story Points)": ticket.points,
                "Custom field (Epic Link)": f"SHOP-{ticket.epic}" if ticket.epic else None,
                "Custom field (Team)": ticket.team,
                "Custom field (Rank)": f"0|i{ticket.number:05}:",
                "Inward issue link (Blocks)": f"SHOP-{ticket.waits[0]}" if ticket.waits else None,
            }
        )
    return as_csv(rows)


# Azure DevOps --------------------------------------------------------------------------------------------------------------

AZURE_STATES = [("New", "Proposed"), ("Closed", "Completed"), ("Removed", "Removed")]
AZURE_TYPES = [
    {"name": kind, "states": [{"name": name, "category": category} for name, category in AZURE_STATES]}
    for kind in ("Epic", "User Story")
]


def azure_state(ticket: Ticket) -> str:
    """Its state."""
    return "New" if ticket.done is None else "Removed" if ticket.is_dropped else "Closed"


def azure_fields(ticket: Ticket) -> dict[str, Any]:
    """Its fields by their names in the interface."""
    return {
        "System.WorkItemType": "Epic" if ticket.kind == "Epic" else "User Story",
        "System.Title": ticket.title,
        "System.State": azure_state(ticket),
        "System.AreaPath": f"Shop\\{ticket.team}",
        "System.TeamProject": "Shop",
        "System.CreatedDate": moment(ticket.created),
        "Microsoft.VSTS.Common.ClosedDate": moment(ticket.done),
        "Microsoft.VSTS.Common.StackRank": float(ticket.number),
        "Microsoft.VSTS.Scheduling.StoryPoints": ticket.points,
        "System.Parent": int(ticket.epic) if ticket.epic else None,
    }


def azure_live(tickets: list[Ticket]) -> list[dict[str, Any]]:
    """As the batches tell them."""
    reverse, url = "System.LinkTypes.Dependency-Reverse", "https://dev.azure.com/org/_apis/wit/workItems"
    return [
        {
            "id": ticket.number,
            "fields": {name: value for name, value in azure_fields(ticket).items() if value is not None},
            "relations": [{"rel": reverse, "url": f"{url}/{other}"} for other in ticket.waits],
        }
        for ticket in tickets
    ]


def azure_file(tickets: list[Ticket]) -> str:
    """As the export of a query tells them."""
    names = {"System.WorkItemType": "Work Item Type", "System.AreaPath": "Area Path", "System.Title": "Title"}
    names |= {"System.State": "State", "System.TeamProject": "Team Project", "System.CreatedDate": "Created Date"}
    names |= {"Microsoft.VSTS.Common.ClosedDate": "Closed Date", "Microsoft.VSTS.Common.StackRank": "Stack Rank"}
    names |= {"Microsoft.VSTS.Scheduling.StoryPoints": "Story Points", "System.Parent": "Parent"}
    return "\ufeff" + as_csv(
        [
            {"ID": ticket.number}
            | {names[name]: value for name, value in azure_fields(ticket).items()}
            | {"Predecessor": ticket.waits[0] if ticket.waits else None}
            for ticket in tickets
        ]
    )


# Linear --------------------------------------------------------------------------------------------------------------------


def linear_live(tickets: list[Ticket]) -> list[dict[str, Any]]:
    """As the query tells them; an epic is a project."""
    nothing: dict[str, Any] = {"nodes": [], "pageInfo": {"hasNextPage": False}}
    found = []
    for ticket in tickets:
        if ticket.kind == "Epic":
            continue
        kind = "unstarted" if ticket.done is None else "canceled" if ticket.is_dropped else "completed"
        names = {"unstarted": "Todo", "canceled": "Canceled", "completed": "Done"}
        found.append(
            {
                "id": f"uuid-{ticket.number}",
                "identifier": f"SHOP-{ticket.number}",
                "title": ticket.title,
                "estimate": ticket.points,
                "createdAt": moment(ticket.created),
                "completedAt": moment(ticket.done) if kind == "completed" else None,
                "canceledAt": moment(ticket.done) if kind == "canceled" else None,
                "state": {"name": names[kind], "type": kind},
                "team": {"name": ticket.team, "key": ticket.team.upper()},
                "project": {"id": ticket.epic, "name": EPICS[int(ticket.epic)]} if ticket.epic else None,
                "labels": nothing,
                "relations": nothing,
                "inverseRelations": {
                    "nodes": [{"type": "blocks", "issue": {"identifier": f"SHOP-{other}"}} for other in ticket.waits]
                },
            }
        )
    return found


def linear_file(tickets: list[Ticket]) -> str:
    """As the export tells them."""
    rows = [
        {
            "ID": issue["identifier"],
            "UUID": issue["id"],
            "Team": issue["team"]["name"],
            "Title": issue["title"],
            "Status": issue["state"]["name"],
            "Estimate": issue["estimate"],
            "Project": (issue["project"] or {}).get("name"),
            "Cycle Number": None,
            "Created": issue["createdAt"],
            "Completed": issue["completedAt"],
            "Canceled": issue["canceledAt"],
            "Blocked by": ", ".join(each["issue"]["identifier"] for each in issue["inverseRelations"]["nodes"]),
        }
        for issue in linear_live(tickets)
    ]
    return as_csv(rows)


# GitHub --------------------------------------------------------------------------------------------------------------------


def github_live(tickets: list[Ticket]) -> list[dict[str, Any]]:
    """As the list of issues tells them; an epic is a milestone."""
    return [
        {
            "number": ticket.number,
            "node_id": f"I_{ticket.number}",
            "title": ticket.title,
            "state": "open" if ticket.done is None else "closed",
            "state_reason": None if ticket.done is None else "not_planned" if ticket.is_dropped else "completed",
            "labels": [{"name": f"team:{ticket.team}"}],
            "milestone": {"title": EPICS[int(ticket.epic)], "due_on": None} if ticket.epic else None,
            "created_at": moment(ticket.created),
            "updated_at": moment(ticket.done or ticket.created),
            "closed_at": moment(ticket.done),
            "repository_url": "https://api.github.com/repos/shop/web",
        }
        for ticket in tickets
        if ticket.kind != "Epic"
    ]


def github_file(tickets: list[Ticket]) -> str:
    """The same list, in a file."""
    return json.dumps(github_live(tickets))
