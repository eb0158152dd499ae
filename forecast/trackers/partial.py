"""Partial: what was fetched so far, in one file, so that an import that stopped carries on.

One line of JSON for what is being imported, then one for each page. A line that was cut off in the middle of writing is
dropped. No token is in it: a client blots it out of all that comes back.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forecast.errors import Fault, escape
from forecast.trackers.tracker import Page
from forecast.writing import REASONS

NAME = ".import.part"
OLD = dt.timedelta(days=1)
"""Pages that are older are fetched anew: too much will have changed meanwhile."""


@dataclass(frozen=True)
class Start:
    """What a partial file begins with.

    settings : what is imported; another import does not carry on with it
    began : when, in UTC
    facts : what was found out before the first page
    """

    settings: Mapping[str, str]
    began: dt.datetime
    facts: Mapping[str, Any]


class Partial:
    """The pages of one import, in a file in the folder that is being written.

    folder : it is made, when it is not there, with the first page
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.path = Path(folder) / NAME
        self._size = 0

    def read_start(self, settings: Mapping[str, str], now: dt.datetime) -> Start | None:
        """How the file begins, when it is the same import and not too old; else None."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError), self._open("rb") as file:
            first = json.loads(file.readline())
            began = dt.datetime.fromisoformat(first["began"])
            is_fresh = dt.timedelta(0) <= now - began < OLD
            if first["settings"] == dict(settings) and is_fresh and isinstance(first["facts"], dict):
                return Start(settings, began, first["facts"])
        return None

    def begin(self, start: Start) -> None:
        """A new file. Raises Fault when it cannot be written."""
        with self._told():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.unlink(missing_ok=True)
            first = {"settings": dict(start.settings), "began": start.began.isoformat(), "facts": start.facts}
            self._append(first, new=True)

    def add(self, page: Page) -> None:
        """One more page, on the disk when this returns. Raises Fault when it cannot be written."""
        with self._told():
            self._append({"rows": page.rows, "after": page.after, "notes": page.notes}, new=False)

    def pages(self) -> Iterator[Page]:
        """The pages that are there, whole ones only; what follows a broken one is cut off before the next is added."""
        with contextlib.suppress(FileNotFoundError), self._open("rb") as file:
            self._size = len(file.readline())
            for line in file:
                try:
                    found: Any = json.loads(line) if line.endswith(b"\n") else None
                    page = Page(
                        list(found["rows"]),
                        found["after"],
                        tuple((str(why), str(which)) for why, which in found["notes"]),
                    )
                except (ValueError, KeyError, TypeError, RecursionError):
                    return
                self._size += len(line)
                yield page

    def remove(self) -> None:
        """Takes the file away."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _append(self, data: object, *, new: bool) -> None:
        line = json.dumps(data, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"
        flags = os.O_CREAT | os.O_EXCL if new else 0
        with os.fdopen(os.open(self.path, os.O_RDWR | flags | getattr(os, "O_NOFOLLOW", 0), 0o600), "r+b") as file:
            if not new:
                file.truncate(self._size)
                file.seek(self._size)
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        self._size = len(line) if new else self._size + len(line)

    def _open(self, mode: str) -> Any:
        return os.fdopen(os.open(self.path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), mode)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = REASONS.get(error.errno or 0) or escape(str(error.strerror or error))
            raise Fault(escape(str(self.path)), "not written", reason) from None
