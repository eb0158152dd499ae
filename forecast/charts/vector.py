"""Vector: an SVG as it is written: without what nobody sees, its places to a hundredth of a point, in fonts that readers have."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

TAG = re.compile(r"<[a-z][^<>]*>")
DECIMALS = re.compile(r"-?\d{1,5}\.\d+")
SPACES = re.compile(r"\s+")
BETWEEN = re.compile(r">\s*\n\s*<")
DOCTYPE = re.compile(r"<!DOCTYPE[^>]*>\s*")
MARK = re.compile(r' id="[A-Za-z.]+[0-9]?[A-Za-z]*_\d+"')
"""The library's numbers of its parts; what is referred to has no underscore."""

PATH = re.compile(r' d="(M [^"]*)"')
FAMILIES = re.compile(r"font-family: ([^;\"]*)")
DULL = {
    "'Bitstream Vera Sans'",
    "'Computer Modern Sans Serif'",
    "'Lucida Grande'",
    "'Verdana'",
    "'Geneva'",
    "'Lucid'",
    "'Arial'",
    "'Helvetica'",
    "'Avant Garde'",
    "sans-serif",
}
OF_READERS = ["'Verdana'", "sans-serif"]
"""Fonts of a reader who lacks the chart's own: the first is as wide."""


def save(svg: str, to: Any) -> None:
    """Writes an SVG to a path or to an open file."""
    if isinstance(to, io.TextIOBase):
        to.write(svg)
    elif hasattr(to, "write"):
        to.write(svg.encode("utf-8"))
    else:
        Path(to).write_bytes(svg.encode("utf-8"))


def slim(svg: str) -> str:
    """The same picture in fewer bytes. Only tags change, in which texts from files never stand.

    Rounded places also keep the last bits of a machine's arithmetic out of the file.
    """
    return BETWEEN.sub(">\n<", TAG.sub(_slim_tag, DOCTYPE.sub("", svg)))


def _slim_tag(found: re.Match[str]) -> str:
    tag = MARK.sub("", SPACES.sub(" ", found[0])).replace(' "', '"')
    return PATH.sub(_shorten, FAMILIES.sub(_choose_fonts, DECIMALS.sub(_round, tag)))


def _round(found: re.Match[str]) -> str:
    text = f"{float(found[0]):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _choose_fonts(found: re.Match[str]) -> str:
    named = [family for family in found[1].split(", ") if family not in DULL]
    return f"font-family: {', '.join([*named, *OF_READERS])}"


def _shorten(found: re.Match[str]) -> str:
    """A path in which lines across or upright name only what changes: steps and boxes become half as long."""
    words, places = [], found[1].split(" ")
    at, x, y = 0, "", ""
    while at < len(places):
        word = places[at]
        count = {"M": 2, "L": 2, "Q": 4, "C": 6}.get(word, 0)
        values = places[at + 1 : at + 1 + count]
        at += 1 + count
        if word == "L" and values[1] == y:
            words.append(f"H{values[0]}")
        elif word == "L" and values[0] == x:
            words.append(f"V{values[1]}")
        else:
            words.append(word + " ".join(values))
        if values:
            x, y = values[-2:]
    return f' d="{"".join(words)}"'
