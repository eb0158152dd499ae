"""From a tracker to a forecast, as a user does it: the same portfolio as from its export, and no token in anything."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from impostor import (
    ACCOUNT,
    TOKEN,
    Behaviour,
    Impostor,
    Reply,
    azure,
    github,
    jira_cloud,
    jira_server,
    linear,
    make_certificate,
    running,
)
from tickets import (
    AZURE_TYPES,
    HOSTILE,
    JIRA_FIELDS,
    azure_file,
    azure_live,
    github_file,
    github_live,
    jira_file,
    jira_live,
    linear_file,
    linear_live,
    make_tickets,
)

import forecast as fc
from forecast.cli import cli
from forecast.trackers.fetching import Waiting
from forecast.trackers.partial import NAME

ROOT = Path(__file__).parents[1]
START = "2025-06-02"
TICKETS = make_tickets()
JQL = ["--query", "project = SHOP"]
ITERATIONS: dict[str, Any] = {"name": "Shop", "children": []}

TRACKERS: dict[str, tuple[str, str, list[str], Behaviour, str, str]] = {
    "jira cloud": ("jira", "", JQL, jira_cloud(jira_live(TICKETS), JIRA_FIELDS, 50), "a.csv", jira_file(TICKETS)),
    "jira server": ("jira", "/jira", JQL, jira_server(jira_live(TICKETS), JIRA_FIELDS, 50), "a.csv", jira_file(TICKETS)),
    "azure": ("azure", "/org/Shop", [], azure(azure_live(TICKETS), AZURE_TYPES, ITERATIONS), "a.csv", azure_file(TICKETS)),
    "linear": ("linear", "", [], linear(linear_live(TICKETS), 50), "a.csv", linear_file(TICKETS)),
    "github": ("github", "/shop/web", [], github(github_live(TICKETS), {}, 50), "a.json", github_file(TICKETS)),
}  # fmt: skip
"""Source, path of the address, options, what the server does, and the export of the same tickets."""

VARIABLES = {"jira": "JIRA_TOKEN", "azure": "AZURE_DEVOPS_TOKEN", "linear": "LINEAR_API_KEY", "github": "GITHUB_TOKEN"}


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(params=TRACKERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(name: str, certificate: Path) -> Iterator[Impostor]:
    with running(TRACKERS[name][3], certificate) as impostor:
        yield impostor


@pytest.fixture
def environment(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a user, with the token where it belongs."""
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "SSL_CERT_DIR"):
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.lower(), raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("JIRA_TOKEN", ACCOUNT)
    for variable in ("AZURE_DEVOPS_TOKEN", "LINEAR_API_KEY", "GITHUB_TOKEN"):
        monkeypatch.setenv(variable, TOKEN)


@dataclass(frozen=True)
class Ran:
    """What a command said, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


def forecast(*arguments: str) -> Ran:
    """Runs a command in this process; what is no exit of a command is raised."""
    result = CliRunner().invoke(cli, list(arguments))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


def forecast_alone(*arguments: str) -> Ran:
    """Runs a command in a process of its own, as a user does."""
    command = [sys.executable, "-m", "forecast", *arguments]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    return Ran(ran.returncode, ran.stdout, ran.stderr)


def address(server: Impostor, name: str) -> tuple[str, list[str]]:
    source, path, options, *_ = TRACKERS[name]
    return source, [source, server.url + path, *options]


def read_folder(folder: Path) -> dict[str, str]:
    return {path.name: path.read_bytes().decode() for path in sorted(folder.iterdir())}


def check_no_token(server: Impostor, *texts: str) -> None:
    """Neither the token nor what was sent of it is in any of the texts."""
    for text in texts:
        assert TOKEN not in text
        for asked in server.asked:
            assert asked.headers.get("authorization", TOKEN).split()[-1] not in text


@pytest.mark.usefixtures("environment")
def test_a_tracker_and_its_export_become_the_same_portfolio(server: Impostor, name: str, tmp_path: Path) -> None:
    source, path, options, _, file, content = TRACKERS[name]
    (tmp_path / file).write_text(content, "utf-8", newline="")
    fc.import_files([tmp_path / file], tmp_path / "files", source=source, start=START)
    query = options[1] if options else ""
    fc.import_live(server.url + path, tmp_path / "live", source=source, query=query, start=START)
    live, files = read_folder(tmp_path / "live"), read_folder(tmp_path / "files")
    assert live.keys() == files.keys()
    assert len(live["items.csv"].splitlines()) > 100
    for each in live:
        if each != "import.toml":
            assert live[each] == files[each], each
    check_no_token(server, *live.values())


@pytest.mark.usefixtures("environment")
def test_from_an_address_to_a_forecast_with_no_token_on_the_way(server: Impostor, name: str, tmp_path: Path) -> None:
    folder = str(tmp_path / "mine")
    _, asked = address(server, name)
    imported = forecast("import", *asked, "--out", folder, "--start", START)
    assert imported.returncode == 0, imported.stderr
    assert "Wrote" in imported.stderr
    assert "Traceback" not in imported.stderr
    assert "\x1b" not in imported.stdout
    assert not (tmp_path / "mine" / NAME).exists()
    run = forecast("run", folder, "--runs", "200", "--throughput", "bootstrap")
    assert run.returncode == 0, run.stderr
    assert "Checkout" in run.stdout
    first = read_folder(tmp_path / "mine")
    again = forecast("import", "--again", folder)
    assert again.returncode == 0, again.stderr
    assert read_folder(tmp_path / "mine") == first
    assert server.url in first["import.toml"]
    check_no_token(server, imported.stdout, imported.stderr, again.stdout, again.stderr, *first.values())
    assert all("authorization" in asked.headers for asked in server.asked)


@pytest.mark.parametrize("name", ["jira cloud"], indirect=True)
@pytest.mark.usefixtures("environment")
def test_a_token_in_a_file_and_a_refusal_leave_no_trace(
    server: Impostor, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JIRA_TOKEN")
    token = tmp_path / "token"
    token.write_text(ACCOUNT + "\n")
    token.chmod(0o600)
    folder = tmp_path / "mine"
    _, asked = address(server, name)
    server.mischief += [None, None, None, Reply({"errorMessages": [f"no {ACCOUNT}", TOKEN]}, 403)]
    refused = forecast_alone("import", *asked, "--out", str(folder), "--token-file", str(token))
    assert refused.returncode == 3
    assert refused.stdout == ""
    assert len(refused.stderr.splitlines()) == 1
    assert "***" in refused.stderr
    assert [path.name for path in folder.iterdir()] == [NAME]
    check_no_token(server, refused.stderr, (folder / NAME).read_text())
    server.asked.clear()
    done = forecast("import", *asked, "--out", str(folder), "--token-file", str(token))
    assert done.returncode == 0, done.stderr
    assert "Carrying on" in done.stderr
    assert len(server.asked) == 2
    check_no_token(server, done.stderr, done.stdout, *read_folder(folder).values())


@pytest.mark.parametrize("name", ["github"], indirect=True)
@pytest.mark.usefixtures("environment")
def test_what_is_there_is_not_asked_for_again_by_mistake(server: Impostor, name: str, tmp_path: Path) -> None:
    folder = str(tmp_path / "mine")
    _, asked = address(server, name)
    assert forecast("import", *asked, "--out", folder, "-q").returncode == 0
    count = len(server.asked)
    refused = forecast("import", *asked, "--out", folder)
    assert refused.returncode == 3
    assert "--again" in refused.stderr
    assert len(server.asked) == count
    server.behave = github(github_live(make_tickets(90)), {}, 50)
    changed = forecast("import", "--again", folder)
    assert changed.returncode == 3
    assert "--force" in changed.stderr
    forced = forecast("import", "--again", folder, "--force")
    assert forced.returncode == 0, forced.stderr
    assert len(read_folder(tmp_path / "mine")["items.csv"].splitlines()) < 100


@pytest.mark.parametrize("name", ["linear"], indirect=True)
@pytest.mark.usefixtures("environment")
def test_a_query_that_finds_nothing_writes_nothing(server: Impostor, name: str, tmp_path: Path) -> None:
    server.behave = linear([])
    _, asked = address(server, name)
    refused = forecast("import", *asked, "--out", str(tmp_path / "mine"))
    assert refused.returncode == 3
    assert "nothing is found; check --query" in refused.stderr
    assert not (tmp_path / "mine" / "roadmap.toml").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["https://github.com/a/b", "more.csv", "--out", "x"], "one address, or from files"),
        (["export.csv", "--out", "x", "--query", "project = A"], "--query goes with the address"),
        (["export.csv", "--out", "x", "--token-file", "t"], "--token-file goes with the address"),
        (["https://github.com/a/b", "--out", "x", "--map", "done=Closed"], "--map goes with files"),
        (["--again", "x", "--query", "a"], "change it there"),
        (["https://github.com/a/b", "--out", "x", "--token", TOKEN], "No such option"),
    ],
)
def test_options_that_do_not_go_together_are_told(arguments: list[str], said: str) -> None:
    refused = forecast("import", *arguments)
    assert refused.returncode == 2
    assert said in " ".join(refused.stderr.split())
    assert TOKEN not in refused.stderr


@pytest.mark.parametrize("name", ["azure"], indirect=True)
@pytest.mark.usefixtures("environment")
def test_hostile_titles_are_inert(server: Impostor, name: str, tmp_path: Path) -> None:
    _, asked = address(server, name)
    imported = forecast("import", *asked, "--out", str(tmp_path / "mine"), "--start", START, "--feature", "none")
    assert imported.returncode == 0, imported.stderr
    for text in (imported.stdout, imported.stderr, *read_folder(tmp_path / "mine").values()):
        assert "\x1b" not in text
        assert not any(line.startswith(("=", "+", "@")) for line in text.splitlines())
    assert HOSTILE not in imported.stdout


@pytest.mark.parametrize("name", ["github"], indirect=True)
@pytest.mark.usefixtures("environment")
def test_silence_up_to_the_day_of_asking_is_nothing_done(server: Impostor, name: str, tmp_path: Path) -> None:
    """An export that ends long ago may be an old one; a tracker that is asked today knows of nothing since."""
    moment = dt.datetime(2025, 8, 1, 12, tzinfo=dt.UTC).timestamp()
    waiting = Waiting(now=lambda: moment)
    fc.import_live(server.url + "/shop/web", tmp_path / "live", source="github", waiting=waiting)
    live = read_folder(tmp_path / "live")
    assert "start = 2025-08-04" in live["roadmap.toml"]
    last = [line for line in live["throughput.csv"].splitlines() if line.startswith("Web")][-1]
    assert last.endswith(",2025-07-21,2025-08-03,0"), last


@pytest.mark.parametrize("name", ["jira cloud"], indirect=True)
@pytest.mark.usefixtures("environment")
def test_a_field_of_ones_own_can_be_the_team(server: Impostor, name: str, tmp_path: Path) -> None:
    fields = [{"id": "customfield_3", "name": "Squad"}, *(each for each in JIRA_FIELDS if each["name"] != "Team")]
    server.behave = jira_cloud(jira_live(TICKETS), fields, 50)
    folder = tmp_path / "mine"
    _, asked = address(server, name)
    imported = forecast("import", *asked, "--out", str(folder), "--team", "column:Squad", "--start", START)
    assert imported.returncode == 0, imported.stderr
    assert {line.split(",")[0] for line in read_folder(folder)["throughput.csv"].splitlines()} == {"team", "Web", "API"}
    again = forecast("import", "--again", str(folder))
    assert again.returncode == 0, again.stderr


@pytest.mark.parametrize("name", ["github"], indirect=True)
@pytest.mark.usefixtures("environment")
def test_without_a_token_it_is_asked_as_a_guest_and_an_empty_one_is_refused(
    server: Impostor, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, asked = address(server, name)
    monkeypatch.delenv("GITHUB_TOKEN")
    guest = forecast("import", *asked, "--out", str(tmp_path / "mine"))
    assert guest.returncode == 0, guest.stderr
    assert "No token in GITHUB_TOKEN: asking as a guest." in guest.stderr
    assert not any("authorization" in each.headers for each in server.asked)
    server.asked.clear()
    named = forecast("import", *asked, "--out", str(tmp_path / "other"), "--token-env", "GH_READ")
    assert named.returncode == 3
    assert "this variable is not set" in named.stderr
    monkeypatch.setenv("GITHUB_TOKEN", "")
    empty = forecast("import", *asked, "--out", str(tmp_path / "other"))
    assert empty.returncode == 3
    assert "the environment variable GITHUB_TOKEN: empty" in empty.stderr
    assert server.asked == []


SECRET = "ghp_PLANTEDsecret0123456789abcdef"
LOGIN = f"{SECRET}@github.com/o/r"


@pytest.mark.parametrize(
    "arguments",
    [
        ["https://" + LOGIN],
        ["https://ann:" + LOGIN],
        ["http://" + LOGIN],
        [f"https://github.com/o/r?access_token={SECRET}"],
        [f"https://github.com/o/r#{SECRET}"],
        ["https://github.com/o/r", "--token-env", SECRET],
        ["https://github.com/o/r", "--token-env", f"{SECRET}-x"],
        ["https://github.com/o/r", "--token-file", SECRET],
        ["https://github.com/o/r", "--token-file", f"ann@example.com:{SECRET}"],
    ],
)
def test_a_token_in_the_wrong_place_is_refused_and_not_shown(arguments: list[str], tmp_path: Path) -> None:
    refused = forecast("import", "github", *arguments, "--out", str(tmp_path / "mine"))
    assert refused.returncode in (2, 3)
    assert SECRET not in refused.stdout + refused.stderr
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize("name", ["github"], indirect=True)
@pytest.mark.usefixtures("environment")
def test_what_the_library_logs_holds_no_token_even_when_the_tracker_repeats_it(
    server: Impostor, name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    server.mischief += [Reply("", 302, {"Location": f"https://evil.example.com/{TOKEN}"})]
    _, asked = address(server, name)
    refused = forecast("import", *asked, "--out", str(tmp_path / "mine"))
    assert refused.returncode == 3
    assert "***" in caplog.text  # it was repeated, and listened to
    check_no_token(server, caplog.text, refused.stdout, refused.stderr)
