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
    return FAMILIES.sub(_choose_fonts, DECIMALS.sub(_round, tag))


def _round(found: re.Match[str]) -> str:
    text = f"{float(found[0]):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _choose_fonts(found: re.Match[str]) -> str:
    named = [family for family in found[1].split(", ") if family not in DULL]
    return f"font-family: {', '.join([*named, *OF_READERS])}"
