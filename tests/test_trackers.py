"""Trackers asked live, over a real socket and TLS, of servers that behave as they do: what is read, and that it is only read."""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from impostor import (
    ACCOUNT,
    TOKEN,
    Behaviour,
    Impostor,
    Reply,
    azure,
    day,
    github,
    jira_cloud,
    jira_server,
    linear,
    make_certificate,
    running,
)

from forecast.errors import Fault
from forecast.importers.issue import Cycle, Export, Link, end_before_next
from forecast.trackers.client import Client
from forecast.trackers.fetching import Waiting, fetch, find_tracker, forget
from forecast.trackers.linear import QUERY
from forecast.trackers.partial import NAME
from forecast.trackers.patience import Patience
from forecast.trackers.token import Token

READS = {"/graphql", "/rest/api/3/search/jql", "/rest/api/2/search", "/_apis/wit/wiql", "/_apis/wit/workitemsbatch"}
"""The only places that are ever asked with POST, by how they end."""


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(autouse=True)
def _trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's certificate is trusted as a company's own would be; no proxy stands between."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


# The same story in the words of each tracker ------------------------------------------------------------------------------

FIELDS = [
    {"id": "summary", "name": "Summary"},
    {"id": "customfield_10016", "name": "Story Points", "schema": {"custom": "com.atlassian...:float"}},
    {"id": "customfield_10020", "name": "Sprint", "schema": {"custom": "com.pyxis.greenhopper.jira:gh-sprint"}},
    {"id": "customfield_10014", "name": "Epos-Link", "schema": {"custom": "com.pyxis.greenhopper.jira:gh-epic-link"}},
    {"id": "customfield_10019", "name": "Rang", "schema": {"custom": "com.pyxis.greenhopper.jira:gh-lexo-rank"}},
    {"id": "customfield_10001", "name": "Team", "schema": {"custom": "x:atlassian-team"}},
]
SPRINT = {"id": 7, "name": "Web 7", "state": "closed", "startDate": day(14) + ".000Z", "endDate": day(27) + ".000Z"}


def jira_issue(key: str, **fields: Any) -> dict[str, Any]:
    status, category = fields.pop("state", ("Offen", "new"))
    return {
        "id": key.replace("WEB-", "100"),
        "key": key,
        "self": "https://example.com/x",
        "fields": {
            "summary": f"Title of {key}",
            "issuetype": {"name": "Story"},
            "status": {"name": status, "statusCategory": {"key": category, "name": "übersetzt"}},
            "created": day(1) + ".000+0100",
            "updated": day(40) + ".000+0100",
            "project": {"key": "WEB", "name": "Web shop"},
            "description": "never asked for",
            **fields,
        },
    }


ISSUES = [
    jira_issue("WEB-1", issuetype={"name": "Epic"}, customfield_10019="0|i1"),
    jira_issue(
        "WEB-2",
        state=("Fertig", "done"),
        resolutiondate=day(20) + ".000+0100",
        resolution={"name": "Done"},
        customfield_10014="WEB-1",
        customfield_10016=3.0,
        customfield_10020=[SPRINT],
        customfield_10001={"id": "x", "name": "Web"},
    ),
    jira_issue(
        "WEB-3",
        parent={"key": "WEB-1", "fields": {"summary": "Title of WEB-1"}},
        issuelinks=[
            {"type": {"name": "Blocks"}, "inwardIssue": {"key": "WEB-2"}},
            {"type": {"name": "Relates"}, "outwardIssue": {"key": "API-9"}},
        ],
        labels=["a", "b"],
        components=[{"name": "Cart"}],
        fixVersions=[{"name": "1.0"}],
        duedate="2025-06-30",
    ),
    jira_issue("WEB-4", state=("Läuft", "indeterminate"), issuetype=None, project=None, customfield_10020="nonsense"),
    jira_issue("WEB-5"),
]

AZURE_TYPES = [
    {
        "name": "User Story",
        "states": [{"name": "New", "category": "Proposed"}, {"name": "Shut", "category": "Completed"}],
    }
]
ITERATIONS = {
    "name": "Shop",
    "children": [
        {"name": "S 1", "attributes": {"startDate": "2025-01-06T00:00:00Z", "finishDate": "2025-01-19T00:00:00Z"}},
        {"name": "Someday"},
    ],
}


def azure_item(number: int, *relations: tuple[str, int], **fields: Any) -> dict[str, Any]:
    return {
        "id": number,
        "rev": 3,
        "fields": {
            "System.Title": f"Title of {number}",
            "System.WorkItemType": "User Story",
            "System.State": "New",
            "System.CreatedDate": day(1) + ".13Z",
            "System.TeamProject": "Shop",
            "System.AreaPath": "Shop\\Web",
            "System.IterationPath": "Shop\\S 1",
            "System.Description": "<div>never kept</div>",
            **fields,
        },
        "relations": [
            {"rel": rel, "url": f"https://dev.azure.com/o/_apis/wit/workItems/{to}"} for rel, to in relations
        ],
    }


ITEMS = [
    azure_item(11, **{"System.WorkItemType": "Epic"}),
    azure_item(
        12,
        ("System.LinkTypes.Hierarchy-Reverse", 11),
        ("System.LinkTypes.Dependency-Forward", 13),
        **{
            "System.State": "Shut",
            "Microsoft.VSTS.Common.ClosedDate": day(20) + "Z",
            "Microsoft.VSTS.Scheduling.StoryPoints": 3.0,
            "System.Tags": "a; b",
        },
    ),
    azure_item(13, ("System.LinkTypes.Dependency-Reverse", 12), **{"System.Parent": 11}),
]


def linear_issue(number: int, kind: str = "unstarted", **values: Any) -> dict[str, Any]:
    nothing: dict[str, Any] = {"nodes": [], "pageInfo": {"hasNextPage": False}}
    return {
        "id": f"uuid-{number}",
        "identifier": f"WEB-{number}",
        "title": f"Title of WEB-{number}",
        "createdAt": day(1) + ".000Z",
        "state": {"name": kind.title(), "type": kind},
        "team": {"name": "Web", "key": "WEB"},
        **dict.fromkeys(
            ("estimate", "dueDate", "startedAt", "completedAt", "canceledAt", "project", "cycle", "parent")
        ),
        **dict.fromkeys(("labels", "relations", "inverseRelations"), nothing),
        **values,
    }


CYCLE = {"id": "c7", "number": 7, "name": None, "startsAt": "2025-01-20T08:00:00Z", "endsAt": "2025-02-02T08:00:00Z"}
LINEAR = [
    linear_issue(1, "started", project={"id": "p", "name": "Checkout"}, startedAt=day(3) + "Z", cycle=CYCLE),
    linear_issue(2, "completed", completedAt=day(20) + "Z", estimate=3, cycle=CYCLE, labels={"nodes": [{"name": "a"}]}),
    linear_issue(3, "canceled", canceledAt=day(21) + "Z", parent={"identifier": "WEB-1", "title": "Title of WEB-1"}),
    linear_issue(4, inverseRelations={"nodes": [{"type": "blocks", "issue": {"identifier": "WEB-1"}}]}),
    linear_issue(9, "completed", trashed=True),
    linear_issue(5, relations={"nodes": [{"type": "blocks", "relatedIssue": {"identifier": "WEB-4"}}]}),
]


def github_issue(number: int, state: str = "open", **values: Any) -> dict[str, Any]:
    return {
        "number": number,
        "node_id": f"I_{number}",
        "title": f"Title of {number}",
        "state": state,
        "labels": [{"name": "team:web"}],
        "created_at": day(1) + "Z",
        "updated_at": day(40) + "Z",
        "closed_at": None,
        "body": "never kept",
        "repository_url": "https://example.com/api/v3/repos/shop/web",
        **values,
    }


GITHUB = [
    github_issue(1, milestone={"title": "1.0", "due_on": "2025-06-30T07:00:00Z"}),
    github_issue(2, "closed", closed_at=day(20) + "Z", state_reason="completed"),
    github_issue(3, pull_request={"url": "x"}),
    github_issue(4, issue_dependencies_summary={"blocked_by": 1, "total_blocked_by": 1}),
    github_issue(5, parent_issue_url="https://example.com/api/v3/repos/shop/web/issues/1"),
]

BEHAVIOURS: dict[str, tuple[str, str, str, Behaviour]] = {
    "jira cloud": ("jira", "", "project = WEB", jira_cloud(ISSUES, FIELDS)),
    "jira server": ("jira", "/jira", "project = WEB", jira_server(ISSUES, FIELDS)),
    "azure": ("azure", "/org/Shop", "", azure(ITEMS, AZURE_TYPES, ITERATIONS)),
    "linear": ("linear", "", "WEB", linear(LINEAR)),
    "github": ("github", "/shop/web", "", github(GITHUB, {4: [2]})),
}


class Clock:
    """Time that passes only when somebody waits."""

    def __init__(self) -> None:
        self.time, self.waits = 1_760_000_000.0, list[float]()

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds

    def now(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=BEHAVIOURS)
def tracker_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(tracker_name: str, certificate: Path) -> Iterator[Impostor]:
    with running(BEHAVIOURS[tracker_name][3], certificate) as impostor:
        yield impostor
        for asked in impostor.asked:  # whatever a test did: nothing but reading, and never a token in an address
            assert asked.method == "GET" or any(asked.path.endswith(end) for end in READS), asked
            assert asked.method in ("GET", "POST")
            assert TOKEN not in asked.path + str(asked.params) + str(asked.body)


OWN = Token(ACCOUNT, "the test")
PATIENCE = Patience(connect=5, read=5, whole=10, tries=4, most_bytes=200_000, most_pages=50)


def bring(
    server: Impostor,
    name: str,
    folder: Path,
    clock: Clock,
    *,
    patience: Patience = PATIENCE,
    notes: list[str] | None = None,
    token: Token | None = OWN,
) -> Export:
    """What is fetched from the server."""
    source, path, query, _ = BEHAVIOURS[name]
    tracker = find_tracker(server.url + path, query, source)
    waiting = Waiting(patience, clock.sleep, clock.now)
    return fetch(tracker, folder, token, waiting=waiting, note=(notes if notes is not None else []).append)


# What is read ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tracker_name", ["jira cloud", "jira server"], indirect=True)
def test_jira_tells_all_that_its_export_tells_and_more(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock
) -> None:
    export = bring(server, tracker_name, tmp_path, clock)
    assert [issue.key for issue in export.issues] == ["WEB-1", "WEB-2", "WEB-3", "WEB-4", "WEB-5"]
    epic, done, waiting, odd, _ = export.issues
    assert (epic.kind, epic.rank, epic.project) == ("Epic", "0|i1", "Web shop")
    assert (done.status, done.category, done.resolution) == ("Fertig", "done", "Done")
    assert (done.created, done.done) == (dt.date(2025, 1, 7), dt.date(2025, 1, 26))
    assert (done.parents, done.estimate, done.sprints, done.team) == (("WEB-1",), 3.0, ("Web 7",), "Web")
    assert waiting.links == (Link("Blocks", False, "WEB-2"), Link("Relates", True, "API-9"))
    assert (waiting.labels, waiting.areas, waiting.versions) == (("a", "b"), ("Cart",), ("1.0",))
    assert (waiting.due, waiting.parent_title) == (dt.date(2025, 6, 30), "Title of WEB-1")
    assert (odd.category, odd.kind, odd.project, odd.sprints) == ("in progress", "", "", ())
    assert [(each.name, each.start, each.end) for each in export.cycles] == [
        ("Web 7", dt.date(2025, 1, 20), dt.date(2025, 2, 2))
    ]
    searched = [asked.body for asked in server.asked if asked.method == "POST"]
    assert len(searched) == 3
    assert all(body["jql"] == "project = WEB ORDER BY key ASC" for body in searched)
    assert "description" not in searched[0]["fields"]
    assert {"customfield_10016", "customfield_10019"} <= set(searched[0]["fields"])


@pytest.mark.parametrize("tracker_name", ["azure"], indirect=True)
def test_azure_tells_items_links_states_and_iterations(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock
) -> None:
    export = bring(server, tracker_name, tmp_path, clock)
    epic, done, waiting = export.issues
    assert (epic.key, epic.kind, epic.category, epic.areas) == ("11", "Epic", "", ("Shop\\Web",))
    assert (done.category, done.done, done.estimate) == ("done", dt.date(2025, 1, 26), 3.0)
    assert (done.parents, done.labels, done.sprints) == (("11",), ("a", "b"), ("S 1",))
    assert done.links == (Link("Blocks", True, "13"),)
    assert waiting.links == (Link("Blocks", False, "12"),)
    assert waiting.parents == ("11",)
    assert [(each.name, each.start) for each in export.cycles] == [("S 1", dt.date(2025, 1, 6))]
    assert "never kept" not in (tmp_path / NAME).read_text()


@pytest.mark.parametrize("tracker_name", ["azure"], indirect=True)
def test_azure_is_asked_for_two_hundred_at_a_time(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock
) -> None:
    items = [azure_item(number) for number in range(1, 451)]
    server.behave = azure([item for item in items if item["id"] != 7], AZURE_TYPES, ITERATIONS)
    export = bring(server, tracker_name, tmp_path, clock)
    assert len(export.issues) == 449
    assert [len(asked.body["ids"]) for asked in server.asked if asked.path.endswith("batch")] == [200, 200, 49]


@pytest.mark.parametrize("tracker_name", ["linear"], indirect=True)
def test_linear_tells_states_cycles_and_both_directions_of_links(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock
) -> None:
    export = bring(server, tracker_name, tmp_path, clock)
    begun, done, canceled, waiting, blocking = export.issues
    assert (begun.category, begun.started, begun.project, begun.team) == (
        "in progress",
        dt.date(2025, 1, 9),
        "Checkout",
        "Web",
    )
    assert (done.category, done.done, done.estimate, done.labels) == ("done", dt.date(2025, 1, 26), 3.0, ("a",))
    assert (canceled.category, canceled.done, canceled.parents) == ("discarded", dt.date(2025, 1, 27), ("WEB-1",))
    assert waiting.links == (Link("Blocks", False, "WEB-1"),)
    assert blocking.links == (Link("Blocks", True, "WEB-4"),)
    assert [(each.name, each.team, each.start) for each in export.cycles] == [("7", "Web", dt.date(2025, 1, 20))]
    assert [(each.count, each.examples) for each in export.left_out] == [(1, ("WEB-9",))]
    assert server.asked[0].body["variables"]["filter"] == {"team": {"key": {"in": ["WEB"]}}}


@pytest.mark.parametrize("tracker_name", ["github"], indirect=True)
def test_github_tells_issues_without_pull_requests_and_what_they_wait_for(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock
) -> None:
    export = bring(server, tracker_name, tmp_path, clock)
    assert [issue.key for issue in export.issues] == ["shop/web#1", "shop/web#2", "shop/web#4", "shop/web#5"]
    opened, closed, waiting, child = export.issues
    assert (opened.versions, opened.due, opened.labels) == (("1.0",), dt.date(2025, 6, 30), ("team:web",))
    assert (closed.category, closed.done, closed.resolution) == ("done", dt.date(2025, 1, 26), "completed")
    assert waiting.links == (Link("Blocks", False, "shop/web#2"),)
    assert child.parents == ("shop/web#1",)
    assert [left.count for left in export.left_out] == [1]
    assert server.asked[0].params["state"] == "all"


def test_the_token_is_sent_as_each_tracker_wants_it(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock
) -> None:
    bring(server, tracker_name, tmp_path, clock, token=Token(TOKEN, "the test"))
    sent = {asked.headers["authorization"].split(TOKEN)[0] for asked in server.asked}
    assert sent == {"azure": {sent_basic()}, "linear": {""}}.get(tracker_name, {"Bearer "})


def sent_basic() -> str:
    return Token(TOKEN, "the test").basic()


def test_asked_without_a_token_nothing_is_sent(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock
) -> None:
    bring(server, tracker_name, tmp_path, clock, token=None)
    assert not any("authorization" in asked.headers for asked in server.asked)


# Patience ----------------------------------------------------------------------------------------------------------------


def test_a_tracker_that_is_in_trouble_for_a_while_is_asked_again(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock
) -> None:
    server.mischief += [Reply({}, 503), Reply(b"", 502), Reply(hangs_up=True)]
    trouble = bring(server, tracker_name, tmp_path / "trouble", clock)
    assert clock.waits == [1.0, 2.0, 4.0]
    assert trouble.issues == bring(server, tracker_name, tmp_path / "calm", clock).issues


def test_an_answer_that_breaks_off_is_asked_for_again(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock
) -> None:
    server.mischief += [Reply({"a": "b" * 1000}, cut=True), None, Reply({"a": "b" * 1000}, cut=True)]
    assert bring(server, tracker_name, tmp_path, clock).issues
    assert clock.waits == [1.0, 1.0]


@pytest.mark.parametrize(
    ("headers", "status", "waited"),
    [
        ({"Retry-After": "7"}, 429, 7.0),
        ({"Retry-After": "Thu, 09 Oct 2025 08:53:30 GMT"}, 429, 10.0),
        ({"Retry-After": "3"}, 503, 3.0),
        ({"Retry-After": "9"}, 403, 9.0),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1760000021"}, 403, 21.0),
        ({"X-RateLimit-Requests-Remaining": "0", "X-RateLimit-Requests-Reset": "1760000022000"}, 429, 22.0),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2025-10-09T08:53Z"}, 429, 1.0),
        ({"Retry-After": "soon"}, 429, 1.0),
    ],
)
@pytest.mark.parametrize("tracker_name", ["jira cloud", "github"], indirect=True)
def test_it_waits_as_long_as_it_is_asked_to(
    server: Impostor,
    tracker_name: str,
    tmp_path: Path,
    clock: Clock,
    headers: dict[str, str],
    status: int,
    waited: float,
) -> None:
    """1,760,000,000 seconds after 1970 it is 08:53:20 on 9 October 2025."""
    server.mischief.append(Reply({"message": "slow down"}, status, headers))
    assert bring(server, tracker_name, tmp_path, clock).issues
    assert clock.waits == [waited]


@pytest.mark.parametrize("tracker_name", ["linear"], indirect=True)
def test_linear_says_with_400_that_it_was_asked_too_often(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock
) -> None:
    error = {"errors": [{"message": "Rate limit exceeded", "extensions": {"code": "RATELIMITED"}}]}
    server.mischief.append(Reply(error, 400))
    assert bring(server, tracker_name, tmp_path, clock).issues
    assert clock.waits == [1.0]


def test_a_wait_of_an_hour_is_not_waited_for_and_nothing_is_lost(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock
) -> None:
    first = {"jira cloud": 3, "jira server": 3, "azure": 3, "linear": 1, "github": 1}[tracker_name]
    server.mischief += [*[None] * first, Reply({}, 429, {"Retry-After": "3600"})]
    with pytest.raises(Fault, match=r"wait 3,600 seconds; import again after that; it carries on where it stopped"):
        bring(server, tracker_name, tmp_path, clock)
    assert clock.waits == []


def test_it_gives_up_after_a_few_tries(server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock) -> None:
    server.mischief += [Reply({}, 500)] * 9
    with pytest.raises(Fault, match="status 500; tried 4 times"):
        bring(server, tracker_name, tmp_path, clock)
    assert len(server.asked) == 4
    assert not (tmp_path / NAME).exists()


def test_silence_is_not_waited_for_forever(server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock) -> None:
    server.mischief += [Reply({}, delay=1.0)] * 4
    short = Patience(connect=5, read=0.1, whole=10, tries=2)
    with pytest.raises(Fault, match="there was no answer in time; tried 2 times"):
        bring(server, tracker_name, tmp_path, clock, patience=short)


def test_a_good_answer_that_asks_for_some_time_gets_it(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock
) -> None:
    """Azure DevOps does so before it begins to refuse."""
    behave = server.behave

    def slow_down(asked: Any) -> Reply:
        reply = behave(asked)
        return Reply(reply.data, reply.status, {**reply.headers, "Retry-After": "5"})

    server.behave = slow_down
    assert bring(server, tracker_name, tmp_path, clock).issues
    assert clock.waits == [5.0] * (len(server.asked) - 1)


@pytest.mark.parametrize("tracker_name", ["linear"], indirect=True)
def test_nobody_there_is_told(server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock) -> None:
    server.stop()
    with pytest.raises(Fault, match="there is no connection to it; tried 4 times"):
        bring(server, tracker_name, tmp_path, clock)
    assert clock.waits == [1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SSL_CERT_FILE", "nowhere.pem"),
        ("SSL_CERT_FILE", __file__),
        ("HTTPS_PROXY", "gopher://x"),
    ],
)
@pytest.mark.parametrize("tracker_name", ["linear"], indirect=True)
def test_an_environment_that_allows_no_connection_is_told(
    server: Impostor,
    tracker_name: str,
    tmp_path: Path,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(Fault, match="mend SSL_CERT_FILE"):
        bring(server, tracker_name, tmp_path, clock)


def test_an_answer_in_drops_is_not_waited_for_forever(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock
) -> None:
    """Each drop comes in time, but all of them would take 100 seconds."""
    server.mischief += [Reply(b"[" + b" " * 2000, drip=0.05)] * 2
    short = Patience(connect=5, read=5, whole=0.3, tries=2)
    with pytest.raises(Fault, match="the answer came too slowly; tried 2 times"):
        bring(server, tracker_name, tmp_path, clock, patience=short)


# Carrying on -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tracker_name", ["jira cloud", "jira server", "linear", "github"], indirect=True)
def test_an_import_that_stopped_carries_on_and_ends_the_same(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock
) -> None:
    whole = bring(server, tracker_name, tmp_path / "whole", clock)
    count = len(server.asked)
    server.mischief += [*[None] * (count - 1), *[Reply({}, 500)] * 4]
    with pytest.raises(Fault, match="status 500"):
        bring(server, tracker_name, tmp_path / "halves", clock)
    server.mischief.clear()
    server.asked.clear()
    notes: list[str] = []
    assert bring(server, tracker_name, tmp_path / "halves", clock, notes=notes) == whole
    assert len(server.asked) == 1
    assert notes[0].startswith("Carrying on with what was fetched since 2025-10-09")
    server.asked.clear()
    assert bring(server, tracker_name, tmp_path / "halves", clock) == whole  # all of it is there by now
    assert server.asked == []
    forget(tmp_path / "halves")
    assert not (tmp_path / "halves" / NAME).exists()


@pytest.mark.parametrize("tracker_name", ["linear"], indirect=True)
@pytest.mark.parametrize("cut", [1, 40, 400])
def test_a_line_that_was_cut_off_is_fetched_again(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock, cut: int
) -> None:
    whole = bring(server, tracker_name, tmp_path, clock)
    path = tmp_path / NAME
    content = path.read_bytes()
    path.write_bytes(content[:-cut])
    assert bring(server, tracker_name, tmp_path, clock) == whole
    assert path.read_bytes() == content


@pytest.mark.parametrize("tracker_name", ["linear"], indirect=True)
def test_another_query_an_old_file_and_a_broken_one_are_not_carried_on_with(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock
) -> None:
    bring(server, tracker_name, tmp_path, clock)
    other = find_tracker(server.url, "API", "linear")
    server.asked.clear()
    fetch(other, tmp_path, waiting=Waiting(PATIENCE, clock.sleep, clock.now))
    assert len(server.asked) == 3
    clock.time += 86_400
    fetch(other, tmp_path, waiting=Waiting(PATIENCE, clock.sleep, clock.now))
    assert len(server.asked) == 6
    (tmp_path / NAME).write_bytes(b"\xff{[")
    fetch(other, tmp_path, waiting=Waiting(PATIENCE, clock.sleep, clock.now))
    assert len(server.asked) == 9


@pytest.mark.parametrize("tracker_name", ["linear"], indirect=True)
def test_a_second_import_into_the_same_folder_is_noticed(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock
) -> None:
    """Somebody else writes into the file of pages while the last one is on its way: nothing is left out silently."""
    behave = server.behave

    def interfere(asked: Any) -> Reply:
        if len(server.asked) == 3:
            head, *pages = (tmp_path / NAME).read_bytes().splitlines(keepends=True)
            (tmp_path / NAME).write_bytes(head + b"x" + b"".join(pages)[1:])
        return behave(asked)

    server.behave = interfere
    with pytest.raises(Fault, match="changed while it was written; let one import write there at a time"):
        bring(server, tracker_name, tmp_path, clock)
    server.behave = behave
    assert len(bring(server, tracker_name, tmp_path, clock).issues) == 5


@pytest.mark.parametrize("tracker_name", ["jira cloud"], indirect=True)
def test_a_place_that_the_tracker_has_forgotten_is_started_over(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock
) -> None:
    server.mischief += [None, None, None, Reply({}, 401)]
    with pytest.raises(Fault, match="401"):
        bring(server, tracker_name, tmp_path, clock)
    server.mischief.append(Reply({"errorMessages": ["The nextPageToken is invalid or expired."]}, 400))
    notes: list[str] = []
    assert len(bring(server, tracker_name, tmp_path, clock, notes=notes).issues) == 5
    assert any("starting over" in note for note in notes)


# What is refused ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "way_out"),
    [
        (401, "the token is not accepted"),
        (203, "the token is not accepted"),
        (403, "may not read this"),
        (404, "check the address"),
        (410, "/rest/api/3/search/jql"),
        (400, "mend the query, or let the token see"),
        (418, "ask who runs the tracker"),
    ],
)
def test_a_no_is_told_in_one_line_with_the_way_out(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock, status: int, way_out: str
) -> None:
    server.mischief.append(Reply({"message": "No,\nnot \x1b[31mthat"}, status))
    with pytest.raises(Fault, match=way_out) as refused:
        bring(server, tracker_name, tmp_path, clock)
    assert "\n" not in str(refused.value)
    assert "\x1b" not in str(refused.value)
    assert f"status {status}" in str(refused.value)
    assert len(server.asked) == 1


@pytest.mark.parametrize("tracker_name", ["jira cloud"], indirect=True)
def test_the_old_search_is_told_as_what_it_is(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock
) -> None:
    """A Cloud site that gives itself out as a server: its search was removed."""
    behave = server.behave
    fields = Reply(FIELDS)

    def disguised(asked: Any) -> Reply:
        if asked.path.endswith("serverInfo"):
            return Reply({"deploymentType": "Server"})
        return fields if asked.path.endswith("/2/field") else behave(asked)

    server.behave = disguised
    with pytest.raises(Fault, match=r'410, "The requested API has been removed.*; this way to search was removed'):
        bring(server, tracker_name, tmp_path, clock)


def test_a_guest_is_told_to_bring_a_token(server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock) -> None:
    server.mischief.append(Reply({}, 401))
    with pytest.raises(Fault, match="no token was given"):
        bring(server, tracker_name, tmp_path, clock, token=None)


@pytest.mark.parametrize(
    "data", [b"{", b"<html>Log in</html>", b"", b"[" * 100_000, b"12", b"\xff\xfe", b'{"unlike": 1}']
)
def test_what_is_no_answer_of_a_tracker_is_told_in_one_line(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock, data: bytes
) -> None:
    server.mischief += [Reply(data)] * 3
    with pytest.raises(Fault) as refused:
        bring(server, tracker_name, tmp_path, clock)
    assert "is this the address of" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "there", ["https://evil.example/steal", "http://localhost:1/x", "https://localhost:1/x", "//evil"]
)
@pytest.mark.parametrize("tracker_name", ["jira cloud", "github"], indirect=True)
def test_a_way_to_another_host_is_not_taken(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock, status: int, there: str
) -> None:
    server.mischief.append(Reply({}, status, {"Location": there}))
    with pytest.raises(Fault, match="a token is not sent to another host"):
        bring(server, tracker_name, tmp_path, clock)


@pytest.mark.parametrize("tracker_name", ["github"], indirect=True)
def test_a_way_within_the_host_is_taken_but_not_in_circles(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock
) -> None:
    server.mischief.append(Reply({}, 301, {"Location": "/api/v3/repos/shop/web/issues?page=1"}))
    assert len(bring(server, tracker_name, tmp_path, clock).issues) == 4
    forget(tmp_path)
    server.mischief += [Reply({}, 302, {"Location": "/round"})] * 9
    with pytest.raises(Fault, match="sends the question elsewhere"):
        bring(server, tracker_name, tmp_path, clock)


@pytest.mark.parametrize("tracker_name", ["github"], indirect=True)
def test_a_next_page_on_another_host_is_not_asked(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock
) -> None:
    server.mischief.append(Reply(GITHUB, headers={"Link": '<https://evil.example/2>; rel="next"'}))
    with pytest.raises(Fault, match=r"leads to https://evil\.example; a token is not sent"):
        bring(server, tracker_name, tmp_path, clock)


@pytest.mark.parametrize("tracker_name", ["jira cloud", "linear", "github"], indirect=True)
def test_pages_that_lead_round_in_a_circle_are_left(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock
) -> None:
    page: Any = {
        "jira cloud": Reply({"issues": ISSUES[:2], "nextPageToken": "t2", "isLast": False}),
        "linear": Reply({"data": {"issues": {"nodes": LINEAR, "pageInfo": {"hasNextPage": True, "endCursor": "x"}}}}),
        "github": Reply(GITHUB, headers={"Link": f'<{server.url}/api/v3/x>; rel="next"'}),
    }[tracker_name]
    before = [None, None] if tracker_name == "jira cloud" else []
    server.mischief += [*before, *[page] * 60]
    with pytest.raises(Fault, match="leads back to an earlier one"):
        bring(server, tracker_name, tmp_path, clock)


@pytest.mark.parametrize(("rows", "match"), [(LINEAR[:1], "brings nothing new"), ([], "brings nothing new")])
@pytest.mark.parametrize("tracker_name", ["linear"], indirect=True)
def test_pages_without_end_are_left(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock, rows: list[Any], match: str
) -> None:
    def page(number: int, nodes: list[Any]) -> Reply:
        return Reply(
            {"data": {"issues": {"nodes": nodes, "pageInfo": {"hasNextPage": True, "endCursor": f"c{number}"}}}}
        )

    server.mischief += [page(number, rows) for number in range(60)]
    with pytest.raises(Fault, match=match):
        bring(server, tracker_name, tmp_path, clock)
    server.mischief.clear()
    forget(tmp_path)
    server.mischief += [page(number, [linear_issue(number)]) for number in range(60)]
    with pytest.raises(Fault, match="more than 50 pages"):
        bring(server, tracker_name, tmp_path, clock)


def test_an_answer_without_end_is_left(server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock) -> None:
    server.mischief.append(Reply(b"[" + b"1," * 400_000 + b"1]"))
    with pytest.raises(Fault, match="an answer of over 0 MB"):
        bring(server, tracker_name, tmp_path, clock)


def test_a_server_that_cannot_prove_who_it_is_gets_no_token(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.setenv("SSL_CERT_FILE", str(make_certificate(other)))
    with pytest.raises(Fault, match=r"does not prove who it is.*SSL_CERT_FILE"):
        bring(server, tracker_name, tmp_path, clock)
    assert server.asked == []


@pytest.mark.parametrize("tracker_name", ["linear"], indirect=True)
def test_a_certificate_for_another_name_gets_no_token(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock
) -> None:
    tracker = find_tracker(server.url.replace("localhost", "127.0.0.1"), "WEB", "linear")
    with pytest.raises(Fault, match="does not prove who it is"):
        fetch(tracker, tmp_path, Token(TOKEN, "the test"), waiting=Waiting(PATIENCE, clock.sleep, clock.now))
    assert server.asked == []


@pytest.mark.parametrize(
    ("url", "match"),
    [
        ("http://company.atlassian.net", "only sent over https"),
        ("http://localhost:8000", "only sent over https"),
        (f"https://ann:{TOKEN}" + "@company.atlassian.net", "it holds a login"),
        (f"https://company.atlassian.net/?token={TOKEN}", "goes on after"),
        (f"https://company.atlassian.net/#{TOKEN}", "goes on after"),
        ("https://", "not an address"),
        ("https://company..net", "not an address"),
        ("https://company.net:99999", "not an address"),
        ("https://company.net/a/../b", "empty parts or dots"),
        ("https://company.net/%0d%0aX", "in no address"),
    ],
)
def test_an_address_that_is_none_is_refused_and_no_secret_in_it_is_shown(url: str, match: str) -> None:
    with pytest.raises(Fault, match=match) as refused:
        find_tracker(url, "project = WEB", "jira")
    assert TOKEN not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "source", "asked"),
    [
        ("https://company.atlassian.net/browse/WEB-1", "jira", "https://company.atlassian.net"),
        ("https://github.com/shop/web.git", "github", "https://api.github.com"),
        ("https://api.github.com/repos/shop/web", "github", "https://api.github.com"),
        ("https://shop.ghe.com/shop/web", "github", "https://api.shop.ghe.com"),
        ("https://dev.azure.com/org/My%20Shop", "azure", "https://dev.azure.com/org/My%20Shop"),
        ("https://linear.app", "linear", "https://api.linear.app"),
    ],
)
def test_well_known_hosts_say_themselves_which_tracker_they_are(url: str, source: str, asked: str) -> None:
    tracker = find_tracker(url, "project = WEB" if source == "jira" else "")
    assert (tracker.source, str(tracker.address)) == (source, asked)


@pytest.mark.parametrize(
    ("url", "query", "source", "match"),
    [
        ("https://company.example", "", None, "which tracker is this"),
        ("https://company.example", "", "jira", "--query 'project = WEB'"),
        ("https://company.example", "", "gihub", 'Did you mean "github"'),
        ("https://github.com/shop", "", None, "no repository"),
        ("https://dev.azure.com/org", "", None, "no project"),
        ("https://github.com/shop/web", "label=a", None, 'Did you mean "labels"'),
        ("https://api.linear.app", "{", None, "keys of teams"),
        ("https://company.atlassian.net", "project = \x1b[2J", None, "cannot be seen"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anyone_is(url: str, query: str, source: str | None, match: str) -> None:
    with pytest.raises(Fault, match=match):
        find_tracker(url, query, source)


# No token anywhere -------------------------------------------------------------------------------------------------------


def test_a_token_that_the_tracker_repeats_is_in_nothing_that_is_kept_told_or_logged(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """The server writes the header that it got into every text of its answers, in several spellings, then refuses."""
    caplog.set_level(logging.DEBUG)
    behave = server.behave

    def repeat(asked: Any) -> Reply:
        reply, sent = behave(asked), asked.headers["authorization"]
        escaped = "".join(f"\\u{ord(char):04x}" for char in TOKEN)
        texts = f"{TOKEN} {ACCOUNT} {json.dumps(sent)[1:-1]} {escaped}"
        reply.data = json.dumps(reply.data).replace("Title of", texts + " Title of").encode()
        return reply

    server.behave = repeat
    notes: list[str] = []
    for token in (Token(TOKEN, "the test"), Token(ACCOUNT, "the test")):
        export = bring(server, tracker_name, tmp_path, clock, notes=notes, token=token)
        kept = (tmp_path / NAME).read_text() + repr(export) + repr(notes) + caplog.text + repr(token) + str(token)
        assert "*** Title of" in kept
        check_no_token(kept, server)
        forget(tmp_path)
        server.mischief.append(Reply({"message": f"bad token {TOKEN} {server.asked[0].headers['authorization']}"}, 401))
        with pytest.raises(Fault) as refused:
            bring(server, tracker_name, tmp_path, clock, notes=notes, token=token)
        check_no_token(refused.getrepr(showlocals=False, style="long").__str__() + repr(refused.value), server)
        assert "bad token ***" in str(refused.value)


def check_no_token(text: str, server: Impostor) -> None:
    """Neither the token nor what was sent of it is part of a text."""
    assert TOKEN not in text
    for asked in server.asked:
        sent = asked.headers.get("authorization", TOKEN)
        assert sent not in text
        assert sent.split()[-1] not in text


def test_the_check_finds_a_token_that_was_kept(tmp_path: Path) -> None:
    class Server:
        asked: list[Any] = []  # noqa: RUF012

    with pytest.raises(AssertionError):
        check_no_token(f"kept: {TOKEN}", Server())  # type: ignore[arg-type]


@pytest.mark.parametrize("tracker_name", ["jira cloud"], indirect=True)
def test_a_query_that_holds_the_token_is_refused(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock
) -> None:
    tracker = find_tracker(server.url, f"project = {TOKEN}", "jira")
    with pytest.raises(Fault, match="it holds the token") as refused:
        fetch(tracker, tmp_path, Token(ACCOUNT, "the test"))
    assert TOKEN not in str(refused.value)
    assert server.asked == []


# Only reading ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/rest/api/2/issue", "/rest/api/3/search/jql/", "/graphql", ""])
@pytest.mark.parametrize("tracker_name", ["jira cloud"], indirect=True)
def test_nothing_but_a_search_can_be_sent(server: Impostor, tracker_name: str, path: str) -> None:
    tracker = find_tracker(server.url, "project = WEB", "jira")
    with (
        Client(tracker.address, headers={}, searches=tracker.searches) as client,
        pytest.raises(ValueError, match="nothing but a search"),
    ):
        client.search(path, {"fields": {"summary": "changed"}})
    assert server.asked == []


def test_no_place_of_a_search_is_one_that_writes() -> None:
    """All that may be asked with POST, of all trackers; GitHub is asked with GET alone."""
    places = [
        "https://a.atlassian.net",
        "https://dev.azure.com/org/shop",
        "https://api.linear.app",
        "https://github.com/a/b",
    ]
    searches = {path for place in places for path in find_tracker(place, "A" if "atlas" in place else "").searches}
    assert searches == {
        "/rest/api/3/search/jql",
        "/rest/api/2/search",
        "/org/shop/_apis/wit/wiql",
        "/org/shop/_apis/wit/workitemsbatch",
        "/graphql",
    }
    assert QUERY.split()[0] == "query"


# Further fields ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tracker_name", ["jira cloud", "jira server", "azure"], indirect=True)
def test_a_field_of_ones_own_is_fetched_when_a_mapping_asks_for_it(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock
) -> None:
    source, path, query, _ = BEHAVIOURS[tracker_name]
    if source == "jira":
        own = [*FIELDS, {"id": "customfield_9", "name": "Squad"}, {"id": "customfield_8", "name": "Squads"}]
        told: list[Any] = ["Web", {"value": "Web"}, [{"value": "Web"}], None, {"odd": 1}]
        issues = [jira_issue(f"WEB-{at}", customfield_9=value) for at, value in enumerate(told)]
        server.behave = (jira_cloud if tracker_name == "jira cloud" else jira_server)(issues, own)
        name, found = "squad", [(("squad", "Web"),)] * 3 + [()] * 2
    else:
        server.behave = azure([azure_item(1, **{"Custom.Squad": "Web"}), azure_item(2)], AZURE_TYPES, ITERATIONS)
        name, found = "Custom.Squad", [(("Custom.Squad", "Web"),), ()]
    tracker = find_tracker(server.url + path, query, source, (name,))
    waiting = Waiting(PATIENCE, clock.sleep, clock.now)
    assert [issue.more for issue in fetch(tracker, tmp_path, OWN, waiting=waiting).issues] == found
    if source == "jira":
        wrong = find_tracker(server.url + path, query, source, ("Sqaud",))
        with pytest.raises(Fault, match=r'no field "Sqaud".*Did you mean "Squad"'):
            fetch(wrong, tmp_path, OWN, waiting=waiting)


def test_fields_of_ones_own_are_refused_where_there_are_none() -> None:
    with pytest.raises(Fault, match="use labels"):
        find_tracker("https://github.com/shop/web", wanted=("Squad",))


@pytest.mark.parametrize("tracker_name", ["github"], indirect=True)
def test_another_repository_is_not_carried_on_with(
    server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock
) -> None:
    assert bring(server, tracker_name, tmp_path, clock).issues
    other = find_tracker(server.url + "/shop/api", "", "github")
    with pytest.raises(Fault, match="404"):
        fetch(other, tmp_path, OWN, waiting=Waiting(PATIENCE, clock.sleep, clock.now))


# What cannot be fetched --------------------------------------------------------------------------------------------------


def test_what_could_not_be_fetched_is_told(server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock) -> None:
    """A work item that may not be read, links beyond the first 25, dependencies that the token may not see."""
    behave = server.behave

    def hide(asked: Any) -> Reply:
        reply = behave(asked)
        if asked.path.endswith("workitemsbatch"):
            reply.data["value"][1] = None
        if asked.path.endswith("blocked_by"):
            return Reply({"message": "Resource not accessible"}, 403)
        return reply

    server.behave = linear([linear_issue(1, labels={"nodes": [], "pageInfo": {"hasNextPage": True}})])
    if tracker_name != "linear":
        server.behave = hide
    told = [(each.why, each.examples) for each in bring(server, tracker_name, tmp_path, clock).strange]
    assert told == {
        "azure": [("work items that the token may not read: left out", ("12",))],
        "linear": [("more than 25 labels or links: the rest was not fetched", ("WEB-1",))],
        "github": [("what issues wait for may not be read: no links", told[0][1] if told else ())],
    }.get(tracker_name, [])


# Sprints that share a day --------------------------------------------------------------------------------------------------


def test_a_sprint_ends_before_the_next_of_its_team_begins() -> None:
    """Cycles last from Monday 8 o'clock to Monday 8 o'clock: as days, two weeks each, the last one with its own end."""

    def cycle(first: int, last: int, team: str = "Web", done: float | None = None) -> Cycle:
        start = dt.date(2025, 1, 6)
        return Cycle(f"{first}", start + dt.timedelta(days=first), start + dt.timedelta(days=last), team, done)

    assert list(end_before_next([cycle(0, 14), cycle(14, 28)])) == [cycle(0, 13), cycle(14, 28)]
    for kept in (
        [cycle(0, 13), cycle(14, 27)],
        [cycle(0, 14), cycle(14, 28, "API")],
        [cycle(0, 14, done=3), cycle(14, 28, done=4)],
        [cycle(0, 14), cycle(0, 0)],
    ):
        assert list(end_before_next(kept)) == kept


@pytest.mark.parametrize("tracker_name", ["linear"], indirect=True)
def test_cycles_of_linear_are_two_weeks_long(server: Impostor, tracker_name: str, tmp_path: Path, clock: Clock) -> None:
    later = {**CYCLE, "id": "c8", "number": 8, "startsAt": "2025-02-02T08:00:00Z", "endsAt": "2025-02-16T08:00:00Z"}
    server.behave = linear([linear_issue(1, cycle=CYCLE), linear_issue(2, cycle=later)])
    export = bring(server, tracker_name, tmp_path, clock)
    assert [each.end for each in export.cycles] == [dt.date(2025, 2, 1), dt.date(2025, 2, 16)]
