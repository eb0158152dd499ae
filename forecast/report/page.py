"""The page: a report as one HTML file that needs nothing else and does nothing but show, sort and find."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from forecast.report.pictures import Drawn
from forecast.report.story import Story

POLICY = "default-src 'none'; img-src data:; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'"
"""What the browser lets the page do: show its own style and images, run its own script, and nothing else."""

PERCENT = re.compile(r"(?:[<>] )?\d[\d.,]* %")


def render_page(story: Story, drawn: Sequence[Drawn]) -> str:
    """The HTML of a report. Everything in it that comes from files is escaped; there are no inline styles or handlers."""
    images: dict[str, list[Drawn]] = {chapter: [] for chapter in ("roadmap", "days", "trust")}
    for each in ("what_ifs", "teams"):
        prefix = each.removesuffix("s").replace("_", "-")
        images |= {f"{prefix}-{one['number']}": [] for one in story[each]}
    images |= {f"quarter-{one['number']}": [] for one in story["quarters"]}
    images |= {f"frontier-{one['number']}": [] for one in story["what_ifs"]}
    for image in drawn:
        if image.shot.is_shown:
            images[image.shot.chapter].append(image)
    style, script = _read("page.css"), _read("page.js")
    return (
        _environment()
        .get_template("page.html")
        .render(
            story=story,
            images=images,
            style=Markup(style),
            script=Markup(script),
            policy=POLICY.format(_digest(style), _digest(script)),
        )
    )


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("forecast.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["whole"] = keep_whole
    return made


def keep_whole(text: str) -> str:
    """A sentence in which no line ends between a number and its percent sign."""
    return PERCENT.sub(lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), text)


@cache
def _read(name: str) -> str:
    return (files("forecast.report") / "templates" / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
