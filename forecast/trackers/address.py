"""Address: where a tracker is to be asked, and which tracker it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from forecast.errors import Fault, did_you_mean, escape, quote

SOURCES = ("jira", "azure", "linear", "github")
"""The trackers that can be asked."""

HOSTS = {
    "jira": (".atlassian.net", ".jira.com", "api.atlassian.com"),
    "azure": ("dev.azure.com", ".visualstudio.com"),
    "linear": ("api.linear.app", "linear.app"),
    "github": ("github.com", "api.github.com", ".ghe.com"),
}
HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


@dataclass(frozen=True)
class Address:
    """An https address without a login, a query or a fragment.

    host : its name, in small letters
    port : its port, 443 unless said
    path : what follows, as written, without a slash at its end: ``""`` or ``"/org/project"``
    """

    host: str
    port: int
    path: str

    @property
    def origin(self) -> str:
        """Scheme, host and port: what a token is meant for, and nothing else."""
        return f"https://{self.host}" + ("" if self.port == 443 else f":{self.port}")

    @property
    def names(self) -> tuple[str, ...]:
        """The parts of the path, decoded."""
        return tuple(unquote(part) for part in self.path.split("/") if part)

    def __str__(self) -> str:
        return self.origin + self.path


def is_address(text: str) -> bool:
    """Whether a text is meant as an address, not as a file."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text) is not None


def read_address(text: str) -> Address:
    """The address that a text stands for.

    Raises Fault when it is not https, or holds more than host, port and path. A login or a query in it may hold a secret,
    so it is not shown then.
    """
    try:
        parts = urlsplit(text.strip())
        port, host = parts.port, (parts.hostname or "").rstrip(".")
    except ValueError:
        raise Fault("address", "not an address", "write it like https://company.atlassian.net") from None
    _check_nothing_hidden(parts)
    if parts.scheme != "https":
        raise Fault(quote(text), "not https", "a token is only sent over https; write https://")
    if not HOST.fullmatch(host):
        raise Fault(quote(text), "not an address", "write it like https://company.atlassian.net")
    path = "" if parts.path == "/" else parts.path.rstrip("/")
    if any(unquote(part) in (".", "..") or not part for part in path.split("/")[1:]):
        raise Fault(quote(text), "a path with empty parts or dots", "write the address as the browser shows it")
    if escape(unquote(path)) != unquote(path) or " " in path:
        raise Fault(quote(text), "a character that is in no address", "write the address as the browser shows it")
    return Address(host, port or 443, path)


def _check_nothing_hidden(parts: SplitResult) -> None:
    if parts.username is not None or parts.password is not None:
        way_out = "leave out what is before the @; the token comes from the environment or --token-file"
        raise Fault("address", "it holds a login", way_out)
    if parts.query or parts.fragment:
        raise Fault("address", "it goes on after ? or #", "leave that out; what to fetch is said with --query")


def find_source(address: Address) -> str:
    """The tracker that is at home at an address. Raises Fault when the host is not one of those known to everyone."""
    for source, hosts in HOSTS.items():
        if any(address.host == host or (host[0] == "." and address.host.endswith(host)) for host in hosts):
            return source
    raise Fault(
        str(address), "which tracker is this?", f"say it: forecast import jira URL (or {', '.join(SOURCES[1:])})"
    )


def check_source(source: str) -> str:
    """A tracker's name as it is. Raises Fault when it cannot be asked."""
    if source not in SOURCES:
        hint = did_you_mean(source, SOURCES)
        raise Fault("source", f"{quote(source)} cannot be asked over the net", f"{', '.join(SOURCES)} can.{hint}")
    return source
