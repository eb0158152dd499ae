"""Live: which tracker is asked for what, as an import keeps it, so that the same can be fetched again. Never the token."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from forecast.errors import Fault, did_you_mean, quote, written
from forecast.importers.import_toml import spell
from forecast.importers.issue import Export
from forecast.trackers.address import is_address
from forecast.trackers.fetching import Waiting, fetch, find_tracker
from forecast.trackers.token import check_variable, read_token
from forecast.trackers.tracker import Tracker

TABLE = "live"
VARIABLES = {
    "jira": "JIRA_TOKEN",
    "azure": "AZURE_DEVOPS_TOKEN",
    "linear": "LINEAR_API_KEY",
    "github": "GITHUB_TOKEN",
}
"""Where the token of each tracker is looked for when nothing else is said."""


@dataclass(frozen=True)
class Live:
    """What is fetched, and from where.

    url : https address of the tracker, as the browser shows it
    query : what to fetch, in the tracker's own words: JQL, a condition in WIQL, keys of teams in Linear, filters in GitHub
    source : "jira", "azure", "linear" or "github"; empty finds it from the address
    token_env : name of the variable of the environment that holds the token; empty for the usual one

    Raises Fault when nothing can be fetched with these.
    """

    url: str
    query: str = ""
    source: str = ""
    token_env: str = ""

    def __post_init__(self) -> None:
        if self.token_env:
            check_variable(self.token_env)
        object.__setattr__(self, "url", self.url.strip())
        object.__setattr__(self, "source", self.tracker.source)

    @property
    def tracker(self) -> Tracker:
        """The tracker that is asked."""
        return find_tracker(self.url, self.query, self.source or None)

    @property
    def variable(self) -> str:
        """The variable in which the token is looked for."""
        return self.token_env or VARIABLES[self.source]

    def fetch(
        self,
        folder: str | os.PathLike[str],
        *,
        token_file: str | os.PathLike[str] | None = None,
        waiting: Waiting | None = None,
        note: Callable[[str], None] = lambda line: None,
    ) -> Export:
        """All issues; see `fetching.fetch`. The token comes from the file, or else from the environment.

        Raises Fault when there is no token where one is said to be, and as `fetching.fetch` does.
        """
        token = read_token(self.variable, token_file)
        if token is None and self.token_env:
            raise Fault("--token-env", "this variable is not set", "put the token into it, or use --token-file")
        if token is None:
            note(f"No token in {self.variable}: asking as a guest.")
        return fetch(self.tracker, folder, token, waiting=waiting, note=note)

    def write(self) -> list[str]:
        """Lines for import.toml, from which `read_live` reads the same again."""
        return [
            f"[{TABLE}]    # fetched from the tracker; the token stays in the environment, or in a file: --token-file",
            f"url = {spell(self.url)}",
            f"query = {spell(self.query)}",
            f"token_env = {spell(self.variable)}",
        ]


def find_live(paths: Sequence[str], query: str = "", source: str = "", token_env: str = "") -> Live | None:
    """What is fetched when an address stands where files could be; None when there are files. Raises Fault for a mixture."""
    if not any(map(is_address, paths)):
        if query or token_env:
            raise Fault("--query" if query else "--token-env", "there is no address", "it goes with https://...")
        return None
    if len(paths) != 1:
        raise Fault("FILE", "an address beside something else", "import from one address, or from files")
    return Live(paths[0], query, source, token_env)


def read_live(text: str, file: str = "import.toml") -> Live | None:
    """What an import.toml says was fetched; None when it was made from files. Raises Fault when that cannot be."""
    try:
        told: dict[str, Any] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Fault(file, "not readable as TOML", str(error)) from None
    table, source = told.get(TABLE), told.get("source", "")
    if table is None:
        return None
    known = [part.name for part in fields(Live) if part.name != "source"]
    if not isinstance(table, dict):
        raise Fault(file, f"{TABLE} = {written(table)}", f"a table is needed: [{TABLE}]")
    for key, value in table.items():
        if key not in known:
            way_out = (
                f"known are {', '.join(known)}.{did_you_mean(key, known)} A token is kept in no file of a portfolio"
            )
            raise Fault(f"{file}, {TABLE}", f"no key {quote(key)}", way_out)
        if not isinstance(value, str):
            raise Fault(f"{file}, {TABLE}", f"{key} = {written(value)}", "put it in quotes")
    if "url" not in table:
        raise Fault(f"{file}, {TABLE}", "url is missing", 'say where it is: url = "https://company.atlassian.net"')
    return Live(source=source if isinstance(source, str) else "", **table)
