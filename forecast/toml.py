"""TOML: the document in a roadmap.toml, and what is said of a text that is none."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from typing import Any

from forecast.errors import Fault, quote
from forecast.lines import Lines

POSITION = re.compile(r" \(at line (\d+), column (\d+)\)$")
END = " (at end of document)"
NO_DATE = re.compile(r"(?<![\w.-])[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}|[0-9]{4}[./][0-9]{1,2}[./][0-9]{1,2}")
CURLY = "\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb"


def read_toml(text: str, file: str) -> tuple[dict[str, Any], Lines]:
    """The document in a text, and where its keys stand. Raises Fault when it is no TOML, with the line and the way out."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _explain(str(error), text, file) from None
    except ValueError:
        raise Fault(file, "not readable as TOML", "a number in it has far too many digits") from None
    except RecursionError:
        raise Fault(file, "not readable as TOML", "its brackets are nested too deep") from None
    lines = Lines(file, text, document)
    _drop_times(document)
    return document, lines


def _drop_times(document: dict[str, Any]) -> None:
    """Dates with a time of day become the dates that they are written with."""
    left: list[Any] = [document]
    while left:
        inside = left.pop()
        for key, value in inside.items() if isinstance(inside, dict) else enumerate(inside):
            if isinstance(value, dict | list):
                left.append(value)
            elif isinstance(value, dt.datetime):
                inside[key] = value.date()


def _explain(said: str, text: str, file: str) -> Fault:
    match = POSITION.search(said)
    if match is None:
        return Fault(file, "not readable as TOML", f"{_mend(said.removesuffix(END), '')}, at the end of the file")
    row, reason = int(match[1]), said[: match.start()]
    lines = text.split("\n")
    line = lines[row - 1].strip() if row <= len(lines) else ""
    return Fault(f"{file} row {row}", quote(line), f"not readable as TOML: {_mend(reason, line)}, at column {match[2]}")


def _mend(reason: str, line: str) -> str:
    """What is wrong, in words, and what to do."""
    value = line.partition("=")[2].strip()
    if any(mark in line for mark in CURLY):
        return 'curly quotes; write straight ones: "'
    if NO_DATE.search(value.partition("#")[0]) and '"' not in value:
        return "a date is written year-month-day, like 2026-05-01"
    if reason == "Invalid date or datetime":
        return "there is no such day"
    if reason.startswith("Cannot overwrite a value"):
        return "the key stands twice; keep one of them"
    if reason.startswith("Cannot declare"):
        name = re.sub(r"[^\w. -]", "", reason.partition("(")[2].partition(")")[0]).strip()
        return f"the table stands twice; keep one of them, or write [[{name}]] above each"
    if reason == "Invalid value" and value[:1].isalpha() and value[:4] not in ("true", "fals"):
        return "a text needs double quotes"
    if reason == "Invalid value" and not value:
        return "the value is missing"
    if re.search(r"=\s*[0-9]+,[0-9]", line):
        return "a number has a decimal point, no comma"
    return f"{reason[:1].lower()}{reason[1:]}"
