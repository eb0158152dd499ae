"""Lines: in which line of a TOML text each of its tables, keys and items stands.

The standard reader keeps no positions. This scan finds them in a text that the reader has accepted, and is believed only when it
finds exactly the keys that the reader found.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]
"""Keys and places in lists, from the top: ("feature", 3, "work", "Web")."""

BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}'
    r"|'''(?:[^']|'{1,2}(?!'))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
OTHER = re.compile(r"[^,\]}#\n]+")


class Lines:
    """Where things stand in a TOML file.

    file : its name, as faults say it
    """

    def __init__(self, file: str, text: str = "", document: dict[str, Any] | None = None) -> None:
        self.file = file
        self._text = text
        self._paths = set() if document is None else set(_find_paths(document))
        self._lines: dict[Path, int] | None = None

    def row(self, path: Path) -> int | None:
        """The line of the thing, or of what holds it; None for the whole file, and where the scan is not sure."""
        if self._lines is None:
            self._lines = self._scan()
        for length in range(len(path), 0, -1):
            if path[:length] in self._lines:
                return self._lines[path[:length]]
        return None

    def place(self, path: Path) -> str:
        """File and line in words: 'roadmap.toml row 12'."""
        row = self.row(path)
        return self.file if row is None else f"{self.file} row {row}"

    def _scan(self) -> dict[Path, int]:
        try:
            scan = _Scan(self._text)
            scan.read()
        except (_LostError, RecursionError):
            return {}
        return scan.lines if scan.lines.keys() == self._paths else {}


def _find_paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """All keys and items of a document, without recursion."""
    left = [(path, value)]
    while left:
        path, value = left.pop()
        inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, each in inside:
            left.append(((*path, key), each))
            yield (*path, key)


class _LostError(Exception):
    """The scan met something that it does not know."""


class _Scan:
    """One walk through the text; `lines` holds what was met, and its line."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Path, int] = {}
        self._text = text
        self._at = 0
        self._ends = [match.start() for match in re.finditer("\n", text)]
        self._count: dict[Path, int] = {}

    def read(self) -> None:
        """Reads the whole text. Raises _LostError where it is not as expected."""
        table: Path = ()
        self._skip()
        while self._at < len(self._text):
            if self._take("["):
                table = self._read_header()
            else:
                self._read_pair(table)
            self._skip()

    def _read_header(self) -> Path:
        is_list, line = self._take("["), self._line()
        keys = self._read_key()
        self._expect("]]" if is_list else "]")
        path: Path = ()
        for place, key in enumerate(keys):
            path = (*path, key)
            self.lines.setdefault(path, line)
            if is_list and place == len(keys) - 1:
                self._count[path] = self._count.get(path, 0) + 1
            if path in self._count:
                path = (*path, self._count[path] - 1)
                self.lines.setdefault(path, line)
        return path

    def _read_pair(self, table: Path) -> None:
        line = self._line()
        path = table
        for key in self._read_key():
            path = (*path, key)
            self.lines.setdefault(path, line)
        self._expect("=")
        self._skip()
        self._read_value(path)

    def _read_key(self) -> list[str]:
        keys = []
        while True:
            self._skip()
            match = BARE_KEY.match(self._text, self._at) or STRING.match(self._text, self._at)
            if match is None:
                raise _LostError
            self._at = match.end()
            keys.append(match[0] if match[0][0] not in "\"'" else tomllib.loads(f"key = {match[0]}")["key"])
            self._skip()
            if not self._take("."):
                return keys

    def _read_value(self, path: Path) -> None:
        if self._take("["):
            place = 0
            while not self._closes("]"):
                self.lines[(*path, place)] = self._line()
                self._read_value((*path, place))
                self._skip()
                self._take(",")
                place += 1
        elif self._take("{"):
            while not self._closes("}"):
                self._read_pair(path)
                self._skip()
                self._take(",")
        else:
            match = STRING.match(self._text, self._at) or OTHER.match(self._text, self._at)
            if match is None:
                raise _LostError
            self._at = match.end()

    def _closes(self, bracket: str) -> bool:
        self._skip()
        if self._at == len(self._text):
            raise _LostError
        return self._take(bracket)

    def _skip(self) -> None:
        match = BLANK.match(self._text, self._at)
        self._at = match.end() if match else self._at

    def _take(self, mark: str) -> bool:
        if self._text.startswith(mark, self._at):
            self._at += len(mark)
            return True
        return False

    def _expect(self, mark: str) -> None:
        self._skip()
        if not self._take(mark):
            raise _LostError

    def _line(self) -> int:
        return bisect_left(self._ends, self._at) + 1
