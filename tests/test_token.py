"""The token: where it is read from, what is refused as one, and that it has no text of its own."""

from __future__ import annotations

import base64
import copy
import os
import pickle
from pathlib import Path
from urllib.parse import quote as url_quote

import pytest
from impostor import ACCOUNT, TOKEN

from forecast.errors import Fault
from forecast.trackers.live import Live, read_live
from forecast.trackers.token import Token, read_token


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_bytes(text.encode())
    path.chmod(mode)
    return path


def test_it_comes_from_the_file_before_the_environment(tmp_path: Path) -> None:
    file = write(tmp_path / "token", f"\ufeff{TOKEN}\r\n")
    found = read_token("JIRA_TOKEN", file, {"JIRA_TOKEN": "another-token"})
    assert found is not None
    assert found.secret == TOKEN
    found = read_token("JIRA_TOKEN", None, {"JIRA_TOKEN": f" {TOKEN}\n"})
    assert found is not None
    assert found.secret == TOKEN
    assert read_token("JIRA_TOKEN", None, {}) is None


@pytest.mark.skipif(os.name != "posix", reason="files have no modes here")
def test_a_file_that_everybody_can_read_is_refused_and_a_pipe_is_not(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="every user of this machine can read it; close it first: chmod 600"):
        read_token(None, write(tmp_path / "token", TOKEN, 0o644))
    assert read_token(None, write(tmp_path / "group", TOKEN, 0o640)) is not None
    reading, writing = os.pipe()
    os.write(writing, TOKEN.encode())
    os.close(writing)
    found = read_token(None, f"/dev/fd/{reading}")
    os.close(reading)
    assert found is not None
    assert found.secret == TOKEN


@pytest.mark.parametrize(
    "text",
    ["", "\n", "tiny", f"{TOKEN}\n{TOKEN}", f"{TOKEN} x", f"{TOKEN}\x00", "tökenvalue", "x" * 9000, "a@b.example:x"],
)
def test_what_can_be_no_token_is_refused_and_not_shown(tmp_path: Path, text: str) -> None:
    with pytest.raises(Fault) as refused:
        read_token(None, write(tmp_path / "token", text))
    assert TOKEN not in str(refused.value)
    assert not text.strip() or text.strip() not in str(refused.value)


@pytest.mark.parametrize("name", ["absent", ".", "a\x00b"])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(Fault, match="name a file that holds the token"):
        read_token(None, str(tmp_path / name))


def test_it_has_no_text() -> None:
    token = Token(ACCOUNT, "the test")
    assert TOKEN not in f"{token!r} {token}" + repr([token]) + repr({"a": token})
    for keep in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match="not written"):
            keep(token)


def test_it_is_blotted_out_in_every_spelling() -> None:
    token = Token("you@example.com:" + "ab/c+d==secret", "the test")
    spellings = ["ab/c+d==secret", "ab\\/c+d==secret", url_quote("ab/c+d==secret", safe="")]
    spellings += [base64.b64encode(text.encode()).decode() for text in (token.secret, ":ab/c+d==secret")]
    for spelling in spellings:
        assert token.scrub(f"<{spelling}>") == "<***>"
        assert token.is_in(spelling)
    assert token.scrub("you@example.com and others") == "you@example.com and others"
    assert token.scrub_data({"a ab/c+d==secret": ["x ab/c+d==secret", 3, None]}) == {"a ***": ["x ***", 3, None]}


def test_a_token_in_the_place_of_a_name_is_not_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for wrong in (TOKEN, "ghp_plantedTOKENvalue7A31"):
        with pytest.raises(Fault) as refused:
            Live("https://github.com/shop/web", token_env=wrong).fetch(tmp_path)
        assert wrong not in str(refused.value)


# What is kept of a live import ---------------------------------------------------------------------------------------------


def test_what_is_fetched_is_kept_and_read_again() -> None:
    live = Live("https://company.atlassian.net/", 'project = "A \\ B" AND x ~ "ü"', token_env="MY_TOKEN")
    text = "\n".join(["source = 'jira'", *live.write()])
    assert read_live(text) == live
    assert read_live("source = 'jira'\nfiles = ['a.csv']") is None


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("live = 3", "a table is needed"),
        ("[live]\nquery = 'a'", "url is missing"),
        (f"[live]\nurl = 'https://github.com/a/b'\ntoken = '{TOKEN}'", 'no key "token"'),
        ("[live]\nurl = 3", "put it in quotes"),
        ("[live]\nurl = 'http://github.com/a/b'", "only sent over https"),
        ("[live", "not readable"),
        ("[live]\nurl = 'https://github.com/a/b'\ntoken_env = 'A B'", "not a name of a variable"),
    ],
)
def test_what_cannot_be_kept_so_is_refused(text: str, match: str) -> None:
    with pytest.raises(Fault, match=match) as refused:
        read_live(text)
    assert TOKEN not in str(refused.value)


def test_each_tracker_has_its_usual_variable() -> None:
    assert Live("https://github.com/shop/web").variable == "GITHUB_TOKEN"
    assert Live("https://company.example", "project = A", "jira").variable == "JIRA_TOKEN"
    assert Live("https://github.com/shop/web", token_env="GH").variable == "GH"
