"""The options of an import that asks the tracker itself; the token is none of them, it stays out of the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

OPTIONS = [
    click.option(
        "--query",
        default="",
        metavar="TEXT",
        help="With an address: what to fetch. JQL for Jira, a condition in WIQL for Azure DevOps, keys of teams for Linear, "
        "labels=web&since=2025-01-01T00:00:00Z for GitHub.",
    ),
    click.option(
        "--token-env",
        default="",
        metavar="NAME",
        help="With an address: the variable of the environment that holds the token, if it is not JIRA_TOKEN "
        "(account:token for Jira Cloud), AZURE_DEVOPS_TOKEN, LINEAR_API_KEY or GITHUB_TOKEN.",
    ),
    click.option(
        "--token-file",
        metavar="FILE",
        help="With an address: a file that holds the token and that only you can read.",
    ),
]


def with_live_options(command: Command) -> Command:
    """Gives a command the options `query`, `token_env` and `token_file`."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def read_asked(source: str, what: tuple[str, ...], given: dict[str, Any]) -> dict[str, Any] | None:
    """What is asked of a tracker, when an address stands where files could be; None for files.

    given : the options of the command. Raises UsageError when address, files and options do not go together.
    """
    from forecast.trackers.address import is_address

    asked = {name: given[name] for name in ("query", "token_env", "token_file") if given[name]}
    if not any(map(is_address, what)):
        if asked:
            name = next(iter(asked)).replace("_", "-")
            raise click.UsageError(f"--{name} goes with the address of a tracker: https://company.atlassian.net")
        return None
    if len(what) != 1:
        raise click.UsageError("Import from one address, or from files.")
    if given["columns"]:
        raise click.UsageError("--map goes with files; a tracker itself says what is what.")
    return {"url": what[0], "source": source, **asked}


def check_again(given: dict[str, Any]) -> None:
    """Raises UsageError for options that import.toml decides when it is imported again."""
    for name in ("query", "token_env"):
        if given[name]:
            raise click.UsageError(f"--{name.replace('_', '-')} is in import.toml: change it there.")
