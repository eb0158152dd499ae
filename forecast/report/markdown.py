"""Markdown: a report for a chat or a wiki, in which no name is ever taken for markup."""

from __future__ import annotations

import re
from collections.abc import Sequence

from forecast.report.story import Story

ACTING = re.compile(r"[\\`*_{}\[\]<>#|~$&]|(?<=www)\.|:(?=//)|^[-+=]|(?<=^\d)[.)]|(?<=^\d\d)[.)]|(?<=^\d\d\d)[.)]")
"""What means something in one dialect of Markdown or another: marks, the makings of links, and how lists begin."""


def quiet(text: str) -> str:
    """A text in which nothing is markup, a link or a mention; a line stays a line."""
    return ACTING.sub(r"\\\g<0>", " ".join(text.split())).replace("@", "@\u2060")


def to_markdown(story: Story) -> str:
    """The report as Markdown: the answer, the promises, what is at risk, all dates, what-ifs, trust and provenance."""
    parts = [
        f"# {quiet(story['title'])}: delivery forecast",
        f"As of {story['as_of']}, {story['runs']} simulated futures.",
    ]
    parts += [_list(story["answer"])]
    if story["promises"]:
        rows = [[row["name"], row["due"], row["chance"], row["holds"], row["sure"]] for row in story["promises"]]
        heads = ["Feature", "Due", "Chance", "Holds", f"{story['level']} sure by"]
        parts += [f"## Promises (holds: at least {story['level']})", _table(heads, rows)]
    if story["risks"]:
        parts += ["## At risk"]
        parts += [f"**{quiet(risk['name'])}**\n\n{quiet(' '.join(risk['sentences']))}" for risk in story["risks"]]
    for each in story["quarters"]:
        lines = [*each["promise"], *(line for line in each["lines"] if line), *each["capacity"]]
        parts += [f"## What to promise by {each['day']}, together", _list(lines)]
    if story["objectives"]:
        said = [f"**{quiet(each['name'])}**: {quiet(each['sentence'])}" for each in story["objectives"]]
        parts += ["## By objective", "\n".join(f"- {line}" for line in said)]
    rows = [
        [str(row["rank"]), row["name"], *(date for date, _ in row["dates"]), row["mostly"]] for row in story["rows"]
    ]
    parts += [
        "## Every feature",
        _table(["", "Feature", *(f"{level} sure by" for level in story["levels"]), "Mostly"], rows),
    ]
    for each in story["what_ifs"]:
        moved = [[row["name"], row["before"], row["after"], row["slip"], row["flip"]] for row in each["rows"]]
        parts += [f"## What if: {quiet(each['name'])}", quiet(each["sentence"])]
        parts += [_table(["Feature", "Before", "After", "Slip (days)", "Promise"], moved)] if moved else []
        parts += [quiet(" ".join(each["everywhere"]["sentences"]))] if each["everywhere"] else []
    trust = story["trust"]
    findings = [f"{sentence} {way_out}" for severity, sentence, way_out in trust["findings"] if severity != "note"]
    parts += ["## How far to trust it", quiet(" ".join(trust["sentences"])), quiet(trust["verdict"])]
    parts += [_list(findings)] if findings else []
    parts += ["Assumed:", _list(trust["assumptions"]), "Not modelled:", _list(trust["not_modelled"])]
    return "\n\n".join([*parts, f"_{quiet(story['provenance'])}_"]) + "\n"


def _list(sentences: Sequence[str]) -> str:
    return "\n".join(f"- {quiet(sentence)}" for sentence in sentences)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads)]
    cells = [[quiet(cell) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in [*lines, *cells])
