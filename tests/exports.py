"""One made project as each tracker would export it, with the habits of each."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

DAY = dt.timedelta(days=1)
FIRST = dt.date(2025, 1, 6)


@dataclass(frozen=True)
class Ticket:
    """What somebody worked on; number 1 to 3 are the features."""

    number: int
    title: str
    kind: str
    team: str
    created: dt.date
    done: dt.date | None = None
    ended: str = ""
    feature: int = 0
    blocked_by: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()


def project() -> list[Ticket]:
    """Two teams: Login is under way, Checkout waits for it (its API part), Old is over."""
    tickets = [
        Ticket(1, "Login", "Epic", "Web", FIRST),
        Ticket(2, "Checkout; with, marks", "Epic", "Web", FIRST),
        Ticket(3, "Old", "Epic", "API", FIRST, FIRST + 90 * DAY, "Done"),
    ]
    for at in range(60):  # delivered: three of four for Old, the others for Login
        team = "Web" if at % 3 else "API"
        created = FIRST + (2 * at) * DAY
        done = created + (1 + at % 5) * DAY
        tickets.append(Ticket(10 + at, f"Step {at}", "Story", team, created, done, "Done", 1 if at % 4 == 0 else 3))
    newest = FIRST + 130 * DAY
    tickets += [
        Ticket(100, "Dropped", "Story", "Web", FIRST, FIRST + 20 * DAY, "Won't Do", 1),
        Ticket(101, "Left of login", "Story", "API", newest, feature=1, labels=("old, new", "x")),
        Ticket(102, "Also left", "Bug", "Web", newest, feature=1),
        Ticket(103, "Basket", "Story", "Web", newest, feature=2, blocked_by=(101,)),
        Ticket(104, "Payment", "Story", "API", newest, feature=2, blocked_by=(101, 999)),
        Ticket(105, "Belongs to nobody", "Bug", "Web", newest),
    ]
    return tickets


def as_csv(rows: Iterable[Sequence[object]], separator: str = ",", bom: bool = False) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerows(rows)
    return (b"\xef\xbb\xbf" if bom else b"") + text.getvalue().encode()


def jira(parent: str = "Custom field (Epic Link)", separator: str = ",", years: str = "%y") -> bytes:
    """Repeated columns, links by kind, dates of an instance, and parents in one of several spellings."""
    head = ["Summary", "Issue key", "Issue id", "Issue Type", "Status", "Status Category", "Project name", "Resolution"]
    head += [
        "Created",
        "Resolved",
        "Custom field (Team)",
        "Labels",
        "Labels",
        "Sprint",
        "Sprint",
        "Custom field (Rank)",
    ]
    head += [
        "Inward issue link (Blocks)",
        "Inward issue link (Blocks)",
        "Outward issue link (Relates)",
        parent,
        "Comment",
    ]
    rows: list[Sequence[object]] = [head]

    def stamp(day: dt.date | None, at: str) -> str:
        return f"{day:%d/%b/}{day.strftime(years)} {at}" if day else ""

    for each in project():
        key = "PAY-{}".format
        above = (
            (str(5000 + each.feature) if parent in ("Parent", "Parent id") else key(each.feature))
            if each.feature
            else ""
        )
        blockers = [key(number) for number in each.blocked_by] + ["", ""]
        labels = [*each.labels, "", ""][:2]
        status = ("Closed", "Done") if each.done else ("Doing", "In Progress")
        row: list[object] = [
            each.title,
            key(each.number),
            5000 + each.number,
            each.kind,
            *status,
            "Payments",
            each.ended,
        ]
        row += [stamp(each.created, "3:04 PM"), stamp(each.done, "9:00 AM"), each.team, *labels, "S1", "S2"]
        row += [f"0|i{each.number:05d}:", *blockers[:2], key(2) if each.number == 1 else "", above, "1/Jan/25;a;b;c"]
        rows.append(row)
    return as_csv(rows, separator)


def azure(order: str = "%d.%m.%Y %H:%M:%S", tree: bool = False) -> bytes:
    """A byte order mark, dates of a locale, area paths, people with their mail; perhaps a tree of titles."""
    titles = ["Title 1", "Title 2"] if tree else ["Title"]
    head = ["ID", "Work Item Type", *titles, "Assigned To", "State", "Tags", "Area Path", "Iteration Path"]
    head += ["Created Date", "Closed Date", "Reason", *([] if tree else ["Parent"])]
    rows: list[Sequence[object]] = [head]
    tickets = sorted(project(), key=lambda each: (each.feature or each.number, each.number)) if tree else project()
    for each in tickets:
        title = ([each.title, ""] if not each.feature else ["", each.title]) if tree else [each.title]
        state = ("Removed" if each.ended == "Won't Do" else "Closed") if each.done else "Active"
        stamps = [f"{day:{order}}" if day else "" for day in (each.created, each.done)]
        kind = "User Story" if each.kind == "Story" else each.kind
        row: list[object] = [each.number, kind, *title, "Ann <ann@example.com>", state, "; ".join(each.labels)]
        row += [f"Shop\\{each.team}", "Shop\\R1\\Sprint 7", *stamps, "", *([] if tree else [each.feature or ""])]
        rows.append(row)
    return as_csv(rows, bom=True)


def linear(columns: int = 34) -> bytes:
    """Times in UTC, projects as features, and an apostrophe before what looks like a formula."""
    old = "ID,Team,Title,Description,Status,Estimate,Priority,Project ID,Project,Creator,Assignee,Labels,Cycle Number,Cycle Name"
    old += ",Cycle Start,Cycle End,Created,Updated,Started,Triaged,Completed,Canceled,Archived,Due Date,Parent issue,Initiatives"
    old += ",Project Milestone ID,Project Milestone,SLA Status"
    head = old.split(",") + (["Roadmaps"] if columns == 30 else [])
    head += ["UUID", "Time in status (minutes)", "Related to", "Blocked by", "Duplicate of"] if columns == 34 else []
    assert len(head) == columns
    names = {each.number: each.title for each in project()}
    rows: list[Sequence[object]] = [head]
    for each in project():
        if each.kind == "Epic":
            continue
        done = f"{each.done}T10:00:00.000Z" if each.done else ""
        canceled = each.ended == "Won't Do"
        told = {
            **{
                "ID": f"PAY-{each.number}",
                "Team": each.team,
                "Title": f"'={each.title}",
                "Project": names.get(each.feature, ""),
            },
            **{
                "Status": "Canceled" if canceled else "Done" if done else "Todo",
                "Created": f"{each.created}T08:00:00.000Z",
            },
            **{
                "Completed": "" if canceled else done,
                "Canceled": done if canceled else "",
                "Labels": ", ".join(each.labels),
            },
            **{"Blocked by": ", ".join(f"PAY-{number}" for number in each.blocked_by), "Priority": "No priority"},
        }
        rows.append([told.get(name, "") for name in head])
    return as_csv(rows)


def github(rest: bool = True) -> bytes:
    """Issues as the REST interface tells them, pull requests among them, or as `gh issue list --json` does."""
    names = {each.number: each.title for each in project()}
    records: list[dict[str, object]] = []
    for each in project():
        if each.kind == "Epic":
            continue
        reason = ("not_planned" if each.ended == "Won't Do" else "completed") if each.done else None
        done = f"{each.done}T10:00:00Z" if each.done else None
        labels = [{"name": f"team/{each.team}"}, *({"name": label} for label in each.labels)]
        milestone = {"title": names[each.feature], "due_on": None} if each.feature else None
        record: dict[str, object] = {
            "number": each.number,
            "title": each.title,
            "labels": labels,
            "milestone": milestone,
        }
        if rest:
            record |= {
                "state": "closed" if done else "open",
                "created_at": f"{each.created}T08:00:00Z",
                "closed_at": done,
            }
            record |= {"state_reason": reason, "html_url": f"https://github.com/ann/shop/issues/{each.number}"}
        else:
            record |= {
                "state": "CLOSED" if done else "OPEN",
                "createdAt": f"{each.created}T08:00:00Z",
                "closedAt": done,
            }
            record |= {
                "stateReason": (reason or "").upper(),
                "url": f"https://github.com/ann/shop/issues/{each.number}",
            }
        records.append(record)
    if rest:
        records.append({"number": 500, "title": "A change", "state": "closed", "pull_request": {"url": "x"}})
        half = len(records) // 2
        return (json.dumps(records[:half]) + "\n" + json.dumps(records[half:])).encode()  # as --paginate writes it
    return json.dumps(records).encode()


def gist() -> bytes:
    """GitHub issues in the CSV of a well-known script."""
    names = {each.number: each.title for each in project()}
    head = "id,title,body,state,creator,labels,milestone,created_at,updated_at,closed_at"
    rows: list[Sequence[object]] = [head.split(",")]
    for each in project():
        if each.kind != "Epic":
            state, done = ("closed", f"{each.done}T10:00:00Z") if each.done else ("open", "")
            labels = ",".join([f"team/{each.team}"] + ["wontfix"] * (each.ended == "Won't Do"))
            row = [each.number, each.title, "a\nb", state, "ann", labels, names.get(each.feature, "")]
            rows.append([*row, f"{each.created}T08:00:00Z", "", done])
    return as_csv(rows)


def lighthouse(team: str) -> bytes:
    """The file of one team."""
    rows: list[Sequence[object]] = [
        [
            "ID",
            "Name",
            "State",
            "Type",
            "Parent Reference Id",
            "Started Date",
            "Closed Date",
            "Created Date",
            "Tags",
            "Depends On",
        ]
    ]
    for each in project():
        if each.team == team and each.kind != "Epic":
            state = ("Removed" if each.ended == "Won't Do" else "Done") if each.done else "In Progress"
            blockers = ", ".join(map(str, each.blocked_by)) + (";" if each.blocked_by else "")
            row: list[object] = [each.number, each.title, state, each.kind, each.feature or ""]
            rows.append([*row, each.created, each.done or "", each.created, "a|b", blockers])
    return as_csv(rows)


def lighthouse_project() -> bytes:
    """The file of the features."""
    head = "ID,Name,State,Type,Started Date,Closed Date,Owning Team,Estimated Size"
    rows: list[Sequence[object]] = [head.split(",")]
    for each in project():
        if each.kind == "Epic":
            rows.append(
                [
                    each.number,
                    each.title,
                    "Done" if each.done else "Backlog",
                    "Epic",
                    "",
                    each.done or "",
                    each.team,
                    "",
                ]
            )
    return as_csv(rows)


def actionable() -> list[list[object]]:
    """The steps of a board, each with the day on which an item came there; a step that was skipped has the day of the next."""
    names = {each.number: each.title for each in project()}
    rows: list[list[object]] = [
        ["Work ID", "Link", "Name", "New", "Active", "Review", "Closed", "Epic", "Team", "Resolution"]
    ]
    for each in project():
        if each.kind != "Epic":
            row: list[object] = [f"PAY-{each.number}", f"https://example.com/{each.number}", each.title, each.created]
            rows.append([*row, *[each.done or ""] * 3, names.get(each.feature, ""), each.team, each.ended])
    return rows


def items(head: str, separator: str = ";") -> bytes:
    """A table of one's own, in the words and with the dates of its author (day first)."""
    rows: list[Sequence[object]] = [head.split(",")]
    names = {each.number: each.title for each in project()}
    for each in project():
        if each.kind != "Epic":
            stamps = [f"{day:%d/%m/%Y}" if day else "" for day in (each.created, each.done)]
            blockers = "|".join(map(str, each.blocked_by))
            rows.append([each.number, each.team, names.get(each.feature, ""), *stamps, each.ended, "1,5", blockers])
    return as_csv(rows, separator)
