"""GitHub: issues as its REST interface and its `gh` command write them, in JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from forecast.dates import read_date
from forecast.errors import Fault, quote
from forecast.importers.issue import Issue
from forecast.importers.reading import KEY_IN_URL, NO_KEY, PULL, Intake

API = "https://api.github.com/repos/"


def read_records(records: Iterable[Mapping[str, Any]], intake: Intake, file: str) -> None:
    """Reads issues into the intake; pull requests, which GitHub lists among them, are left out.

    Raises Fault when none of the records is an issue of GitHub.
    """
    for number, record in enumerate(records, start=1):
        intake.rows += 1
        place = f"{file} record {number}"
        key, repository = _find_key(record)
        if record.get("pull_request") is not None or "/pull/" in str(record.get("url") or record.get("html_url") or ""):
            intake.left_out.add(PULL, key or place)
        elif not key:
            intake.left_out.add(NO_KEY, place)
        else:
            intake.add(_read_issue(record, key, repository, intake), place)
    if intake.rows and not intake.issues and not intake.left_out.count(PULL):
        raise Fault(file, "no record is an issue of GitHub", "each needs at least a number, a title and a state")


def _find_key(record: Mapping[str, Any]) -> tuple[str, str]:
    """The key of a record, owner/name#number where its address is known, and its repository."""
    number = record.get("number")
    if not isinstance(number, int | str) or isinstance(number, bool):
        return "", ""
    repository = _name(record.get("repository"), "full_name", "nameWithOwner", "name")
    api = str(record.get("repository_url") or "")
    if not repository and api.startswith(API):
        repository = api.removeprefix(API)
    for url in (record.get("html_url"), record.get("url")):
        if not repository and isinstance(url, str) and (match := KEY_IN_URL.fullmatch(url)):
            repository = match[1]
    return f"{repository}#{number}" if repository else str(number), repository


def _read_issue(record: Mapping[str, Any], key: str, repository: str, intake: Intake) -> Issue:
    def day(*names: str) -> dt.date | None:
        for name in names:
            if record.get(name):
                try:
                    return read_date(record[name], "")
                except Fault:
                    intake.strange.add("a date that cannot be read", f"{key}: {name} = {quote(record[name])}")
        return None

    state = str(record.get("state") or "").casefold()
    done = day("closed_at", "closedAt")
    milestone = record.get("milestone")
    due = milestone.get("due_on") or milestone.get("dueOn") if isinstance(milestone, Mapping) else None
    parent = record.get("parent")
    return Issue(
        key=key,
        id=str(record.get("node_id") or record.get("id") or ""),
        title=str(record.get("title") or ""),
        kind=_name(record.get("type") or record.get("issueType"), "name"),
        status=state,
        category="done" if state == "closed" else "to do",
        resolution=str(record.get("state_reason") or record.get("stateReason") or "").casefold(),
        created=day("created_at", "createdAt"),
        done=done if state == "closed" else None,
        changed=day("updated_at", "updatedAt"),
        due=read_date(due, "") if isinstance(due, str) and due[:4].isdigit() else None,
        project=repository,
        labels=tuple(dict.fromkeys(name for each in record.get("labels") or () if (name := _name(each, "name")))),
        versions=(title,) if (title := _name(milestone, "title", "name")) else (),
        parents=(_find_key(parent)[0],) if isinstance(parent, Mapping) and _find_key(parent)[0] else (),
        sprints=tuple(_find_boards(record)),
    )


def _find_boards(record: Mapping[str, Any]) -> list[str]:
    """Titles of iterations, where `gh` was asked for the items of projects and a project tells them."""
    found = []
    for each in record.get("projectItems") or ():
        title = _name(each.get("iteration"), "title") if isinstance(each, Mapping) else ""
        if title:
            found.append(title)
    return found


def _name(value: Any, *keys: str) -> str:
    """The name in a value that is one, or a record that holds one."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return next((str(value[key]) for key in keys if value.get(key)), "")
    return ""
