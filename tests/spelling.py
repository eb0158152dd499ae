"""Nouns back to files: what a Roadmap and a History look like as a roadmap.toml, and as sheets, so that reading can be undone."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Mapping
from typing import Any

import forecast as fc


def spell(value: Any) -> str:
    """A value in TOML."""
    if isinstance(value, fc.Estimate):
        return spell(value.low) if value.is_fixed else spell([value.low, value.likely, value.high])
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{spell(key)} = {spell(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(spell(each) for each in value) + "]"
    return repr(value)


def quoted(name: str) -> str:
    """A name in the list of a cell."""
    return '"' + name.replace('"', '""') + '"'


def spell_after(after: fc.After) -> Any:
    if not after.is_exact:
        return after.feature
    given = {"feature": after.feature, "team": after.team, "lag": after.lag, "handoff": after.handoff}
    return {key: value for key, value in given.items() if value is not None}


def spell_part(part: fc.Part) -> Any:
    given = {"size": part.size, "after": [spell_after(after) for after in part.after], "shape": part.size.shape}
    return given | ({"done": part.done} if getattr(part, "done", 0) else {})


def table(head: str, values: Mapping[str, Any]) -> str:
    lines = [f"{key} = {spell(value)}" for key, value in values.items() if value is not None]
    return "\n".join([head, *lines, ""])


def to_toml(roadmap: fc.Roadmap, history: fc.History, /, **files: str) -> str:
    """The roadmap as a roadmap.toml, with the history in it; files: history and features, when these stand in sheets."""
    counts = {team: [sprint.done for sprint in history.of(team)] for team in history.teams}
    top = {key: getattr(roadmap, key) for key in ("start", "sprint_days", "handoff", "days_off", "unit", "growth")}
    top |= {"promise_level": roadmap.promise_level, "quarter_starts": roadmap.quarter_starts, "history": counts}
    top["throughput"] = None if roadmap.throughput is None else roadmap.throughput.describe()
    if top["throughput"]:
        top["throughput"] = {key: value for key, value in top["throughput"].items() if value is not None}
    texts = [table("", top | files)]
    for team in roadmap.teams:
        values = {key: getattr(team, key) for key in team.__dataclass_fields__}
        values["capacity"] = [
            {key: getattr(change, key) for key in ("start", "end", "factor", "why") if getattr(change, key) is not None}
            for change in team.capacity
        ]
        texts.append(table("[[team]]", values))
    for feature in roadmap.features if "features" not in files else ():
        values = {key: getattr(feature, key) for key in feature.__dataclass_fields__}
        values["after"] = [spell_after(after) for after in feature.after]
        values["objective"] = feature.objectives if len(feature.objectives) > 1 else feature.objective
        if isinstance(feature, fc.Feature):
            values["work"] = {team: spell_part(part) for team, part in feature.work.items()}
        texts.append(table("[[feature]]", values))
    for risk in roadmap.risks:
        texts.append(table("[[risk]]", {key: getattr(risk, key) for key in risk.__dataclass_fields__}))
    return "\n".join(texts)


def to_rows(roadmap: fc.Roadmap) -> list[list[Any]]:
    """The features as the rows of a sheet; what a sheet cannot hold (lags, PERT) must not be in them."""
    head = ["feature", "team", "low", "likely", "high", "after", "due", "promised", "not_before", "objective", "value"]
    rows: list[list[Any]] = [[*head, "cost_of_delay", "started", "growth"]]
    for feature in roadmap.features:
        about = {key: getattr(feature, key, None) for key in rows[0][6:]}
        if isinstance(about["growth"], fc.Estimate):
            growth = about["growth"]
            about["growth"] = f"{growth.low!r};{growth.likely!r};{growth.high!r}"
        if len(feature.objectives) > 1:
            about["objective"] = ";".join(f"{quoted(name)}:{share!r}" for name, share in feature.objectives.items())
        elif about["objective"] and (";" in about["objective"] or ":" in about["objective"]):
            about["objective"] = quoted(about["objective"])
        about["started"] = about["started"] or None
        places: list[tuple[str | None, Any, Any]] = (
            [(team, part.size, part.after) for team, part in feature.work.items()]
            if (isinstance(feature, fc.Feature))
            else [(None, feature.days, feature.after)]
        )
        if isinstance(feature, fc.Feature) and (feature.after or not places):
            places.append((None, None, feature.after))
        for number, (team, size, afters) in enumerate(places):
            numbers = [None] * 3 if size is None else [size.low, size.likely, size.high]
            listed = "; ".join(quoted(after.feature) for after in afters) or None
            rows.append(
                [feature.name, team, *numbers, listed, *(about.values() if number == 0 else [None] * len(about))]
            )
    return rows


def history_rows(history: fc.History) -> list[list[Any]]:
    """The history as the rows of a sheet."""
    rows = [[sprint.team, sprint.name, sprint.start, sprint.end, sprint.done] for sprint in history.sprints]
    return [["team", "sprint", "start", "end", "done"], *rows]


def to_csv(rows: list[list[Any]], separator: str = ",") -> str:
    """Rows as a CSV file."""
    text = io.StringIO()
    shown = [["" if cell is None else spell(cell) if isinstance(cell, bool) else cell for cell in row] for row in rows]
    csv.writer(text, delimiter=separator, lineterminator="\n").writerows(shown)
    return text.getvalue()
