"""Records: what a tracker sent, read with care; what is missing or of another kind is empty, never a traceback."""

from __future__ import annotations

import datetime as dt
import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

SHORT = 40
"""Characters up to which equal texts are kept once: names of statuses, types and teams come a million times."""


@dataclass(frozen=True, slots=True)
class Record:
    """One object of JSON, of which nothing is sure.

    data : what stands there; anything but an object counts as an empty one
    """

    data: Any

    def find(self, *path: str) -> Any:
        """What stands at the end of a path of keys; None when there is nothing."""
        found = self.data
        for key in path:
            if not isinstance(found, Mapping):
                return None
            found = found.get(key)
        return found

    def text(self, *path: str) -> str:
        """A text, or a number as one; empty for anything else."""
        found = self.find(*path)
        if isinstance(found, bool) or not isinstance(found, str | int | float):
            return ""
        text = str(found).strip()
        return sys.intern(text) if len(text) < SHORT else text

    def number(self, *path: str) -> float | None:
        """A finite number from 0 on; None for anything else."""
        found = self.find(*path)
        if isinstance(found, bool) or not isinstance(found, str | int | float):
            return None
        try:
            number = float(found)
        except (ValueError, OverflowError):
            return None
        return number if 0 <= number < math.inf else None

    def day(self, *path: str) -> dt.date | None:
        """The day of a date or moment in ISO 8601, in the time zone in which it is written; None for anything else."""
        found = self.find(*path)
        if not isinstance(found, str):
            return None
        try:
            day = dt.date.fromisoformat(found.strip()[:10])
        except ValueError:
            return None
        return day if 1900 < day.year < 9999 else None  # 0001 and 9999 are how some trackers write "never"

    def list(self, *path: str) -> Iterator[Record]:
        """The objects of a list; what is in it and no object is passed over."""
        found = self.find(*path)
        for each in found if isinstance(found, list) else ():
            if isinstance(each, Mapping):
                yield Record(each)

    def texts(self, *path: str, of: str = "name") -> tuple[str, ...]:
        """The texts of a list, or the named text of each object in it, each once; empty ones are passed over."""
        found = self.find(*path)
        listed = found if isinstance(found, list) else ()
        texts = (
            Record({"": each}).text("", of) if isinstance(each, Mapping) else Record({"": each}).text("")
            for each in listed
        )
        return tuple(dict.fromkeys(text for text in texts if text))


def trim(data: Any, keys: Mapping[str, Any] | None) -> Any:
    """The part of some JSON that is needed: only the keys named, in objects and in lists of objects; all of it for None."""
    if keys is None:
        return data
    if isinstance(data, list):
        return [trim(each, keys) for each in data]
    if not isinstance(data, Mapping):
        return data
    return {key: trim(data[key], wanted) for key, wanted in keys.items() if key in data}
