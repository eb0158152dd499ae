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
