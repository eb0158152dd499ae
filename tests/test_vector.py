"""SVGs as they are written: small, in fonts that readers have, and every text of a file as it was."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from forecast.charts.canvas import Picture
from forecast.charts.vector import slim

NAMES = (
    "1.23456 stays 0.00001",
    '<g id="text_1"> x="1.23456"',
    ">\n<  >",
    "font-family: 'Arial'; 'Verdana'",
    "two  spaces",
    "<!DOCTYPE svg>",
)


def draw(names: tuple[str, ...]) -> Picture:
    picture = Picture((4, 3))
    ax = picture.add_axes((0.1, 0.1, 0.8, 0.8))
    ax.plot([0, 1 / 3, 1], [0, 2 / 7, 1])
    for at, name in enumerate(names):
        ax.text(0.1, at / 10, name, parse_math=False, fontfamily=["DejaVu Sans"])
    return picture


def texts(svg: str) -> list[str]:
    return ["".join(each.itertext()) for each in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_places_are_rounded_and_nothing_else_is_lost() -> None:
    svg = (
        '<?xml version="1.0"?>\n<!DOCTYPE x>\n<svg a="-0.001">\n  <path id="line2d_7" d="M 1.23456 7 \nL 0.5 -2.999 \n"/>\n'
        '   <text id="k">1.23456</text>\n</svg>'
    )
    assert slim(svg).splitlines() == [
        '<?xml version="1.0"?>',
        '<svg a="0">',
        '<path d="M1.23 7L0.5 -3"/>',
        '<text id="k">1.23456</text>',
        "</svg>",
    ]


def test_lines_across_and_upright_name_only_what_changes() -> None:
    path = "M 0 5 L 3 5 L 3 2.004 L 3.001 2 C 1 1 2 2 3 7 L 3 1 z M 3 1 L 9 9 L 3 9"
    assert slim(f'<path d="{path}"/>') == '<path d="M0 5H3V2H3C1 1 2 2 3 7V1zM3 1L9 9H3"/>'


def test_fonts_end_in_what_every_reader_has() -> None:
    assert slim("<text style=\"font-family: 'DejaVu Sans', 'Noto Sans SC'; fill: #1\"/>") == (
        "<text style=\"font-family: 'DejaVu Sans', 'Noto Sans SC', 'Verdana', sans-serif; fill: #1\"/>"
    )
    assert slim("<text style=\"font-family: 'DejaVu Sans', 'Lucida Grande', 'Arial', sans-serif\"/>") == (
        "<text style=\"font-family: 'DejaVu Sans', 'Verdana', sans-serif\"/>"
    )


@pytest.mark.filterwarnings("ignore:Glyph")
def test_no_text_changes_whatever_it_looks_like() -> None:
    stream = io.BytesIO()
    picture = draw(NAMES)
    picture.savefig(stream, format="svg")
    svg = stream.getvalue().decode("utf-8")
    found = texts(svg)
    assert [line for name in NAMES for line in name.split("\n")] == found[-len(NAMES) - 1 :]
    assert all("1.23456" not in line for line in svg.splitlines() if not line.startswith("<text"))
    assert "matplotlib" not in svg
    assert "DOCTYPE" not in svg.replace("&lt;!DOCTYPE", "")


def test_it_is_smaller_and_everything_that_is_referred_to_is_there() -> None:
    ours, plain = io.BytesIO(), io.BytesIO()
    picture = draw(("one", "two"))
    picture.savefig(ours, format="svg")
    Figure.savefig(picture, plain, format="svg")
    svg = ours.getvalue().decode("utf-8")
    assert len(ours.getvalue()) < 0.75 * len(plain.getvalue())
    root = ET.fromstring(svg)
    known = {each.get("id") for each in root.iter()} - {None}
    asked = {part.split(")")[0] for part in svg.split("url(#")[1:]}
    assert asked
    assert asked <= known


def test_a_picture_is_written_to_paths_and_to_both_kinds_of_streams(tmp_path: Path) -> None:
    picture, binary, text = draw(("one",)), io.BytesIO(), io.StringIO()
    picture.savefig(tmp_path / "x.svg")
    picture.savefig(binary, format="svg")
    picture.savefig(text, format="svg")
    assert (tmp_path / "x.svg").read_bytes() == binary.getvalue() == text.getvalue().encode("utf-8")
