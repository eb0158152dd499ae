"""Refusals: what a tracker's "no" means, and the way out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forecast.errors import Fault, quote

WAYS_OUT = {
    400: "mend the query, or let the token see what it names",
    401: "the token is not accepted; it may have run out, or be for another site",
    402: "the tracker's plan does not allow this",
    403: "the token is known but may not read this; give it the right to read issues",
    404: "no such place, or the token may not see it; check the address and the token's rights",
    407: "the proxy wants a login",
    410: "this way to search was removed; Jira Cloud answers at /rest/api/3/search/jql: give the address of the "
    "site, https://company.atlassian.net, and nothing after it",
    413: "ask for less with --query",
    414: "make the query shorter",
}
GUEST = "no token was given; put it into the environment variable, or name a file with --token-file"


@dataclass(frozen=True)
class Refusal:
    """A tracker's "no".

    where : its address
    status : of HTTP
    data : the body as JSON has it, None when it was none; the token is blotted out of it
    has_token : whether a token was sent
    """

    where: str
    status: int
    data: Any
    has_token: bool


class Denied(Fault):
    """A question that the tracker refused.

    status : of HTTP
    """

    status = 0


def tell_refusal(refusal: Refusal) -> Denied:
    """The fault that tells of it: the status, the tracker's own words, the way out."""
    status = 401 if refusal.status == 203 else refusal.status  # Azure DevOps shows its page to log in with 203
    words = find_words(refusal.data)
    value = f"refused with status {refusal.status}" + (f", {quote(words)}" if words else "")
    is_guest = status in (401, 403, 404) and not refusal.has_token
    way_out = GUEST if is_guest else WAYS_OUT.get(status, "ask who runs the tracker")
    denied = Denied(refusal.where, value, way_out)
    denied.status = refusal.status
    return denied


def find_words(data: Any) -> str:
    """What a tracker says in its own words; empty when it says nothing.

    Jira: ``{"errorMessages": ["..."], "errors": {"jql": "..."}}``. Azure DevOps and GitHub: ``{"message": "..."}``. Linear:
    ``{"errors": [{"message": "..."}]}``.
    """
    if not isinstance(data, Mapping):
        return ""
    errors = data.get("errors")
    found: list[Any] = [data.get("message")]
    if isinstance(data.get("errorMessages"), list):
        found += data["errorMessages"]
    if isinstance(errors, Mapping):
        found += errors.values()
    if isinstance(errors, list):
        found += [error.get("message") if isinstance(error, Mapping) else error for error in errors]
    return "; ".join(each for each in found if isinstance(each, str) and each)[:400]
