"""Patience: how long to wait for a tracker, how often to try again, and what it says itself about that."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
"""Answers after which the same question may be answered: too early, too often, or something is down for a moment."""

RESETS = ("x-ratelimit-reset", "x-ratelimit-requests-reset", "x-ratelimit-complexity-reset")
"""When a limit ends: seconds or milliseconds since 1970 (GitHub, Azure DevOps, Linear), or a date (Jira)."""


@dataclass(frozen=True)
class Patience:
    """How long is waited, in seconds, and how much is taken.

    connect, read : until there is a connection; between two pieces of an answer
    whole : for an answer as a whole
    tries : how often one question is asked
    first : before the second try; twice as long before each further one
    longest : the longest wait that a tracker may ask for; beyond it the import stops, to be carried on later
    most_bytes : of one answer, unpacked
    most_pages : of one import
    """

    connect: float = 15.0
    read: float = 60.0
    whole: float = 180.0
    tries: int = 6
    first: float = 1.0
    longest: float = 300.0
    most_bytes: int = 64_000_000
    most_pages: int = 100_000

    def after(self, tried: int) -> float:
        """Seconds to wait after so many tries, when the tracker does not say."""
        return min(self.first * 2.0 ** (tried - 1), self.longest)


def read_pause(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds from now that a tracker asks to wait; None when it does not say.

    headers : by names in small letters. ``Retry-After`` counts first: seconds or an HTTP date (RFC 9110, 10.2.3). Else the end
        of a limit of which nothing is left
    now : seconds since 1970
    """
    asked = headers.get("retry-after")
    if asked is not None:
        seconds = _read_seconds(asked)
        return seconds if seconds is not None else _until(_read_moment(asked), now)
    if is_spent(headers):
        ends = [_read_moment(headers[name]) for name in RESETS if name in headers]
        known = [_until(end, now) for end in ends if end is not None]
        return max((each for each in known if each is not None), default=None)
    return None


def is_spent(headers: Mapping[str, str]) -> bool:
    """Whether a limit says that nothing is left of it."""
    return any(name.startswith("x-ratelimit") and name.endswith("remaining") and value.strip() == "0"
               for name, value in headers.items())  # fmt: skip


def _read_seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def _read_moment(text: str) -> float | None:
    """Seconds since 1970 of a count of seconds or milliseconds, of an HTTP date, or of a date in ISO 8601."""
    count = _read_seconds(text)
    if count is not None:
        return count / 1000 if count > 1e11 else count
    for read in (parsedate_to_datetime, dt.datetime.fromisoformat):
        try:
            moment = read(text.strip())
            return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp()
        except (ValueError, TypeError, OverflowError):
            continue
    return None


def _until(moment: float | None, now: float) -> float | None:
    return None if moment is None else max(moment - now, 0.0)
