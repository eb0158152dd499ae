"""Live: which tracker is asked for what, as an import keeps it, so that the same can be fetched again. Never the token."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from collections.abc import Mapping as Of
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from forecast.dates import Dateish, read_date
from forecast.errors import Fault, did_you_mean, escape, quote, written
from forecast.importers import bring
from forecast.importers.account import Imported
from forecast.importers.import_toml import FILE, LIVE, read_mapping, spell
from forecast.importers.issue import Export
from forecast.importers.mapping import Mapping
from forecast.importers.proposal import propose
from forecast.loading import LARGEST_TEXT, read_bytes
from forecast.trackers.fetching import Waiting, fetch, find_tracker, forget
from forecast.trackers.token import check_variable, read_token
from forecast.trackers.tracker import Tracker

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
        wanted: tuple[str, ...] = (),
        token_file: str | os.PathLike[str] | None = None,
        waiting: Waiting | None = None,
        note: Callable[[str], None] = lambda line: None,
    ) -> Export:
        """All issues, with the further fields that are wanted; see `fetching.fetch`. The token comes from the file, or else from
        the environment.

        Raises Fault when there is no token where one is said to be, and as `fetching.fetch` does.
        """
        token = read_token(self.variable, token_file)
        if token is None and self.token_env:
            raise Fault("--token-env", "this variable is not set", "put the token into it, or use --token-file")
        if token is None:
            note(f"No token in {self.variable}: asking as a guest.")
        tracker = find_tracker(self.url, self.query, self.source, wanted)
        return fetch(tracker, folder, token, waiting=waiting, note=note)

    def write(self) -> list[str]:
        """Lines for import.toml, from which `read_live` reads the same again."""
        return [
            "",
            f"[{LIVE}]    # fetched from the tracker; the token stays in the environment, or in a file: --token-file",
            f"url = {spell(self.url)}",
            f"query = {spell(self.query)}",
            f"token_env = {spell(self.variable)}",
        ]


def read_live(text: str, file: str = "import.toml") -> Live | None:
    """What an import.toml says was fetched; None when it was made from files. Raises Fault when that cannot be."""
    try:
        told: dict[str, Any] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Fault(file, "not readable as TOML", str(error)) from None
    table, source = told.get(LIVE), told.get("source", "")
    if table is None:
        return None
    known = [part.name for part in fields(Live) if part.name != "source"]
    if not isinstance(table, dict):
        raise Fault(file, f"{LIVE} = {written(table)}", f"a table is needed: [{LIVE}]")
    for key, value in table.items():
        if key not in known:
            way_out = (
                f"known are {', '.join(known)}.{did_you_mean(key, known)} A token is kept in no file of a portfolio"
            )
            raise Fault(f"{file}, {LIVE}", f"no key {quote(key)}", way_out)
        if not isinstance(value, str):
            raise Fault(f"{file}, {LIVE}", f"{key} = {written(value)}", "put it in quotes")
    if "url" not in table:
        raise Fault(f"{file}, {LIVE}", "url is missing", 'say where it is: url = "https://company.atlassian.net"')
    return Live(source=source if isinstance(source, str) else "", **table)


def import_live(
    url: str,
    out: str | os.PathLike[str],
    *,
    query: str = "",
    source: str = "",
    token_env: str = "",
    token_file: str | os.PathLike[str] | None = None,
    start: Dateish | None = None,
    chosen: Of[str, Any] | None = None,
    force: bool = False,
    waiting: Waiting | None = None,
    note: Callable[[str], None] = lambda line: None,
) -> Imported:
    """Makes a portfolio of what a tracker holds, as `import_files` makes one of its export. The tracker is only read.

    url, query, source, token_env : see `Live`
    token_file : a file that holds the token, instead of the environment
    start, chosen, force : see `import_files`
    note : told how far it has come, and of each wait, in words

    Raises Fault or Refused when the tracker refuses or cannot be reached, and as `import_files` does; what has come by then is
    kept in the folder, and the same call carries on with it.
    """
    live = Live(url, query, source, token_env)
    told = dict(chosen or {}) | ({} if start is None else {"start": read_date(start, "start")})
    given = Mapping(live.source, **told)
    if not force and os.path.lexists(Path(out) / FILE):
        way_out = "import --again fetches it anew; choose another folder, or --force overwrites it"
        raise Fault(escape(str(Path(out) / FILE)), "it is there already", way_out)
    export = _fetch(live, given, out, token_file, waiting, note)
    imported = bring.write_portfolio(export, propose(export, None, told), (), out, force=force, more=live.write())
    forget(out)
    return imported


def import_again(
    folder: str | os.PathLike[str],
    *,
    force: bool = False,
    token_file: str | os.PathLike[str] | None = None,
    waiting: Waiting | None = None,
    note: Callable[[str], None] = lambda line: None,
) -> Imported:
    """Imports into a folder once more, as its import.toml says: from the same files, or from the tracker that it names.

    The same files and the same import.toml give the same bytes. import.toml itself is written only when there is something that
    it does not mention.

    force : overwrite files that differ from what would be written
    token_file : a file that holds the token, instead of the environment

    Raises Fault or Refused as `import_files` and `import_live` do.
    """
    shown = escape(str(Path(folder) / FILE))
    text = read_bytes(Path(folder) / FILE, shown, LARGEST_TEXT).decode("utf-8", "replace")
    given, _ = read_mapping(text, shown)
    live = read_live(text, shown)
    if live is None:
        return bring.import_again(folder, force=force)
    export = _fetch(live, given, folder, token_file, waiting, note)
    mapping = propose(export, given)
    imported = bring.write_portfolio(export, mapping, (), folder, force=force, before=text, more=live.write())
    forget(folder)
    return imported


def _fetch(
    live: Live,
    given: Mapping,
    folder: str | os.PathLike[str],
    token_file: str | os.PathLike[str] | None,
    waiting: Waiting | None,
    note: Callable[[str], None],
) -> Export:
    export = live.fetch(folder, wanted=given.wanted_columns(), token_file=token_file, waiting=waiting, note=note)
    if not export.issues:
        reasons = "; ".join(f"{each.count:,} left out: {each.why}" for each in export.left_out)
        raise Fault(live.url, "nothing is found", reasons or "check --query, and whether the token may see the issues")
    return export
