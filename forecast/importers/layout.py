"""Layouts: which column of an export tells what, tracker by tracker, and which tracker a file is from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from forecast.columns import tidy
from forecast.errors import Fault, did_you_mean, quote
from forecast.phrases import say_list

LISTS = ("areas", "labels", "versions", "parents", "sprints", "blocked_by", "blocks", "related")
"""Roles of which an issue may have several values."""

DATES = ("created", "started", "done", "changed", "due", "canceled", "cycle_start", "cycle_end", "start", "end")
NUMBERS = ("estimate", "size", "count")

CUSTOM = re.compile(r"custom[_\s-]*field[_\s-]*\((.+)\)", re.IGNORECASE)
LINK = re.compile(r"(inward|outward) issue link \((.*)\)\s*", re.IGNORECASE)
TREE = re.compile(r"title_([1-9][0-9]?)")

WAITS = ("blocked_by", "depends_on", "waits_for", "predecessor", "predecessors", "dependencies", "is_blocked_by")

SOURCES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "jira": {
        "key": ("issue_key", "key"),
        "id": ("issue_id",),
        "title": ("summary",),
        "kind": ("issue_type", "issuetype", "type"),
        "name": ("epic_name",),
        "status": ("status",),
        "category": ("status_category",),
        "resolution": ("resolution",),
        "created": ("created",),
        "started": ("actual_start", "start_date", "target_start"),
        "done": ("resolved", "resolution_date", "resolutiondate"),
        "changed": ("status_category_changed", "updated"),
        "due": ("due_date", "due", "target_end"),
        "team": ("team", "squad", "scrum_team", "agile_team", "team_name"),
        "project": ("project_name", "project", "project_key"),
        "areas": ("component/s", "components", "component"),
        "labels": ("labels",),
        "versions": ("fix_version/s", "fix_versions", "fix_version"),
        "parents": ("parent_key", "epic_link", "parent", "parent_id", "parent_link"),
        "parent_title": ("parent_summary",),
        "sprints": ("sprint",),
        "estimate": ("story_points", "story_point_estimate"),
        "rank": ("rank",),
    },
    "azure": {
        "key": ("id", "work_item_id"),
        "title": ("title", "work_item_title"),
        "kind": ("work_item_type",),
        "status": ("state",),
        "resolution": ("resolved_reason", "reason"),
        "created": ("created_date",),
        "started": ("activated_date", "start_date"),
        "done": ("closed_date", "completed_date"),
        "canceled": ("removed_date",),
        "changed": ("resolved_date", "state_change_date", "changed_date"),
        "due": ("target_date", "due_date", "finish_date"),
        "team": ("team",),
        "project": ("team_project", "project"),
        "areas": ("area_path",),
        "labels": ("tags",),
        "parents": ("parent", "parent_id"),
        "sprints": ("iteration_path",),
        "estimate": ("story_points", "effort", "size"),
        "rank": ("stack_rank", "backlog_priority"),
        "blocked_by": WAITS,
        "blocks": ("successor", "successors"),
    },
    "linear": {
        "key": ("id",),
        "id": ("uuid",),
        "title": ("title",),
        "status": ("status",),
        "created": ("created",),
        "started": ("started",),
        "done": ("completed",),
        "canceled": ("canceled", "cancelled"),
        "due": ("due_date",),
        "team": ("team",),
        "project": ("project",),
        "labels": ("labels",),
        "versions": ("project_milestone",),
        "parents": ("parent_issue",),
        "sprints": ("cycle_name", "cycle_number"),
        "cycle_start": ("cycle_start",),
        "cycle_end": ("cycle_end",),
        "estimate": ("estimate",),
        "blocked_by": ("blocked_by",),
        "blocks": ("blocks", "blocking"),
        "related": ("related_to",),
    },
    "github": {
        "key": ("number", "id", "url"),
        "title": ("title",),
        "kind": ("type", "issue_type"),
        "status": ("status", "state"),
        "resolution": ("state_reason", "statereason"),
        "created": ("created_at", "createdat", "created"),
        "done": ("closed_at", "closedat", "closed"),
        "changed": ("updated_at", "updatedat"),
        "due": ("due_on",),
        "project": ("repository",),
        "labels": ("labels",),
        "versions": ("milestone",),
        "parents": ("parent_issue",),
        "sprints": ("iteration", "sprint"),
        "estimate": ("estimate", "story_points"),
        "team": ("team", "squad"),
    },
    "lighthouse": {
        "key": ("id",),
        "title": ("name",),
        "kind": ("type",),
        "status": ("state",),
        "created": ("created_date", "createddate"),
        "started": ("started_date", "starteddate"),
        "done": ("closed_date", "closeddate"),
        "changed": ("current_state_since", "stateentereddate", "state_entered_date", "statesince", "state_since"),
        "team": ("owning_team", "owningteam", "team"),
        "parents": ("parent_reference_id", "parentreferenceid", "parent"),
        "labels": ("tags",),
        "size": ("estimated_size", "estimatedsize"),
        "blocked_by": ("depends_on", "dependson"),
    },
    "actionable": {
        "key": ("id",),
        "title": ("name", "title", "summary"),
        "kind": ("type", "issue_type", "work_item_type", "item_type"),
        "resolution": ("resolution", "resolved_reason"),
        "team": ("team", "squad"),
        "project": ("project", "project_name", "team_project"),
        "areas": ("area_path", "component", "components"),
        "labels": ("labels", "tags"),
        "versions": ("fix_version", "fix_versions", "release"),
        "parents": ("epic", "epic_link", "parent", "parent_key", "feature"),
        "sprints": ("iteration_path", "sprint"),
        "estimate": ("story_points", "points", "estimate", "effort"),
        "due": ("due_date", "target_date"),
    },
    "items": {
        "key": ("item", "key", "id", "issue", "issue_key", "ticket", "number"),
        "title": ("title", "summary", "name", "subject"),
        "kind": ("type", "kind", "issue_type", "item_type", "work_item_type", "tracker"),
        "status": ("status", "state"),
        "resolution": ("resolution", "reason"),
        "created": ("created", "created_date", "created_at", "created_on", "opened", "date_created"),
        "started": ("started", "started_date", "start_date", "activated_date", "in_progress"),
        "done": (
            *("done", "done_date", "closed_date", "closed", "resolved", "completed", "finished", "closed_at"),
            *("completed_at", "closed_on", "resolution_date", "date_completed", "end_date", "delivered_on"),
        ),
        "changed": ("updated", "changed_date", "updated_at", "updated_on"),
        "due": ("due", "due_date", "deadline"),
        "team": ("team", "squad", "team_name", "owning_team"),
        "project": ("project", "project_name", "repository", "board"),
        "areas": ("area", "area_path", "component", "components", "category"),
        "labels": ("labels", "tags"),
        "versions": ("versions", "version", "release", "milestone", "fix_version", "fix_versions"),
        "parents": ("feature", "epic", "parent", "parent_key", "epic_link", "parent_task"),
        "sprints": ("sprint", "iteration", "cycle"),
        "estimate": ("points", "story_points", "estimate", "size", "effort"),
        "rank": ("rank", "stack_rank"),
        "delivered": ("delivered",),
        "blocked_by": (*WAITS, "after"),
        "blocks": ("blocks",),
    },
    "throughput": {
        "team": ("team", "squad", "team_name"),
        "sprint": ("sprint", "sprint_name", "iteration", "sprintuniqueid", "sprint_id", "sprint_number"),
        "start": ("start", "start_date", "sprint_start", "startdate", "sprint_start_date", "from"),
        "end": ("end", "end_date", "sprint_end", "enddate", "sprint_end_date", "to", "until"),
        "count": (
            *("done", "items_done", "throughput", "completed", "finished", "closed_items", "items_completed"),
            *("completed_tasks", "completed_storypoints", "completed_story_points", "points_done"),
        ),
    },
}
"""Source -> what a column tells -> its names, the surest first; the columns of lists are all read."""

SIGNS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "jira": (("issue_key",), ("summary", "key", "issue_type")),
    "azure": (("work_item_type", "id"),),
    "linear": (("id", "team", "title", "cycle_number"), ("id", "team", "title", "status", "created", "completed")),
    "lighthouse": (
        *(("id", "name", "state", "type", each) for each in ("started_date", "starteddate")),
        *(("id", "name", "state", "type", each) for each in ("closed_date", "closeddate")),
    ),
    "github": (
        *(("title", "state", each) for each in ("closed_at", "closedat", "created_at", "createdat")),
        *(("title", "assignees", "status", each) for each in ("url", "repository", "labels")),
        ("title", "assignees", "status"),
    ),
}
"""Columns that only the exports of one tracker have together; looked at in this order."""

NEEDS: Mapping[str, tuple[str, ...]] = {
    "jira": ("key", "status"),
    "azure": ("key", "kind", "status"),
    "linear": ("key", "status", "created"),
    "github": ("title",),
    "lighthouse": ("key", "title", "status", "kind", "started", "done"),
    "actionable": (),
    "items": ("done",),
    "throughput": ("start", "end", "count"),
}

SPLITS: Mapping[str, str] = {
    "azure": r";",
    "linear": r",",
    "github": r"[,;]",
    "lighthouse": r"[;|,]",
    "actionable": r"[|;]",
    "items": r"[;|]",
}
"""Source -> what stands between several values in one cell; Jira repeats its columns instead."""

ROLES = sorted({role for roles in SOURCES.values() for role in roles})
CALLED = {"parent": "parents", "feature": "parents", "type": "kind", "sprint": "sprints", "label": "labels"} | {
    **{"version": "versions", "area": "areas", "item": "key", "points": "estimate", "closed": "done"},
}
"""Other words for what a column tells, where a person names it."""

ALL_NAMES = {name for roles in SOURCES.values() for names in roles.values() for name in names} | {
    "inward_issue_link_(blocks)",
    "outward_issue_link_(blocks)",
}


def bare(name: str) -> str:
    """The name of a column without what does not count, and without Jira's "Custom field (...)" around it."""
    match = CUSTOM.fullmatch(name.strip())
    return tidy(match[1] if match else name)


@dataclass(frozen=True)
class Layout:
    """Where each thing stands in a row of one file.

    places : what is told -> columns that tell it, the surest first
    links : columns of links: where, the kind of link, and whether it leads outward
    levels : columns of a tree of titles, the outermost first
    more : name and place of further columns that were asked for
    ignored : columns that nobody reads, safe to print
    """

    source: str
    width: int
    places: Mapping[str, tuple[int, ...]]
    links: tuple[tuple[int, str, bool], ...] = ()
    levels: tuple[int, ...] = ()
    more: tuple[tuple[str, int], ...] = ()
    ignored: tuple[str, ...] = field(default=())


def find_source(head: Sequence[str]) -> str:
    """The tracker whose export has these columns; empty when none is recognised."""
    names = {bare(name) for name in head}
    for source, signs in SIGNS.items():
        if any(set(sign) <= names for sign in signs):
            return source
    throughput = SOURCES["throughput"]
    if all(names & set(throughput[role]) for role in ("start", "end", "count")) and not names & {"created", "status"}:
        return "throughput"
    items = SOURCES["items"]
    if names & set(items["done"]) and names & {*items["created"], *items["key"], *items["status"]}:
        return "items"
    return ""


def lay_out(
    file: str, source: str, head: Sequence[str], columns: Mapping[str, str], wanted: Iterable[str] = ()
) -> Layout:
    """The layout of a file from the names of its columns.

    columns : what is told -> the column that tells it, where a person said so; it takes the place of what is found
    wanted : further columns to be kept as they are

    Raises Fault when what the source needs is not there, and for a column that is named and absent.
    """
    names = [bare(name) for name in head]
    places = {
        role: tuple(at for each in written for at, name in enumerate(names) if name == each)
        for role, written in SOURCES[source].items()
    }
    for role, column in columns.items():
        places[role] = _find_named(file, head, column)
    places = {role: found for role, found in places.items() if found}
    links = tuple(
        (at, match[2].strip(), match[1].casefold() == "outward")
        for at, name in enumerate(head)
        if source == "jira" and (match := LINK.fullmatch(name.strip()))
    )
    tree = sorted((int(match[1]), at) for at, name in enumerate(names) if (match := TREE.fullmatch(name)))
    levels = tuple(at for _, at in tree) if source == "azure" else ()
    missing = [role for role in NEEDS[source] if role not in places and not (role == "title" and levels)]
    if missing:
        raise _tell_missing(file, source, missing, head)
    more = tuple((name, at) for name in dict.fromkeys(wanted) for at in _find_named(file, head, name))
    used = (
        {at for found in places.values() for at in found}
        | {at for at, *_ in links}
        | {*levels}
        | {at for _, at in more}
    )
    ignored = tuple(dict.fromkeys(quote(name)[1:-1] for at, name in enumerate(head) if at not in used and name))
    return Layout(source, len(head), places, links, levels, more, ignored)


def _find_named(file: str, head: Sequence[str], column: str) -> tuple[int, ...]:
    found = tuple(at for at, name in enumerate(head) if tidy(name) == tidy(column) or bare(name) == tidy(column))
    if not found:
        way_out = "its first row names the columns." + did_you_mean(column, head)
        raise Fault(file, f"no column {quote(column)}", way_out)
    return found


def _tell_missing(file: str, source: str, missing: Sequence[str], head: Sequence[str]) -> Fault:
    shown = say_list([quote(SOURCES[source][role][0].replace("_", " ")) for role in missing])
    there = ", ".join(quote(name) for name in head[:12] if name) + (", ..." if len(head) > 12 else "")
    them = "it" if len(missing) == 1 else "them"
    way_out = (
        f"an export of {TITLES[source]} needs {them}; there are {there}. --map {missing[0]}=COLUMN says what tells it"
    )
    return Fault(file, f"no column {shown}", way_out)


TITLES = {
    "jira": "Jira",
    "azure": "Azure DevOps",
    "linear": "Linear",
    "github": "GitHub",
    "lighthouse": "Lighthouse",
    "actionable": "ActionableAgile",
    "items": "a plain table of items",
    "throughput": "a plain table of throughput",
}
"""What people call each source."""
