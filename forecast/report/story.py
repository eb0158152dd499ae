"""The story: what a page or a Markdown text of a report says, in the order in which it says it, every name made safe."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from forecast.errors import escape
from forecast.frontier_wording import tell_everywhere
from forecast.impact_wording import find_shown, say_all_hold, say_chance_when, say_slip
from forecast.phrases import MONTHS, say_count, say_date
from forecast.report.facts import Facts
from forecast.report.quarters import tell_quarter
from forecast.report.sketch import sketch_curve, sketch_days
from forecast.sentences import say_answer, say_feature, say_objective, say_risk, say_why
from forecast.tally import say_chance
from forecast.wording import Told, holds, say_chance_of, say_level, say_provenance

Story = dict[str, Any]

NOT_MODELLED = (
    "People are not modelled, only teams: who is away, learns or leaves is known only where the roadmap says so.",
    "Priorities do not change, and no new feature comes in between, unless a what-if asks for it.",
    "Work that is found on the way is only as large as the growth factor says.",
    "What one feature waits for is what the roadmap says; a dependency that nobody wrote down delays nobody here.",
    "Sprints are independent of each other, unless the throughput model says otherwise.",
)
LABELS = {
    "work": "work of a team",
    "queue": "in line for a team",
    "external": "externals",
    "hand-off": "hand-offs and lags",
    "not before": "before its date",
}
MOST_MONTHS = 15


def tell_story(facts: Facts) -> Story:
    """Everything that is said, as plain values for a template."""
    told, forecast = facts.told, facts.forecast
    level = told["provenance"]["promise_level"]
    anchors = find_anchors([feature["name"] for feature in told["features"]])
    rows = [_tell_row(facts, rank, feature, anchors) for rank, feature in enumerate(told["features"], start=1)]
    broken = [feature for feature in told["features"] if feature["is_promise"] and not holds(feature, level)]
    broken.sort(key=lambda feature: feature["chance"])
    return {
        "title": escape(facts.title) or "Forecast",
        "as_of": say_date(forecast.roadmap.start),
        "start": forecast.roadmap.start.isoformat(),
        "level": say_level(level),
        "levels": [say_level(each) for each in facts.levels],
        "answer": say_answer(told),
        "promises": [row for row in rows if row["is_promise"]],
        "risks": [
            {"name": escape(each["name"]), "anchor": anchors[each["name"]], "sentences": say_risk(each, told)}
            for each in broken
        ],
        "quarters": [tell_quarter(each, number, anchors) for number, each in enumerate(facts.quarters, start=1)],
        "objectives": [_tell_objective(each, told, rows) for each in told["objectives"]],
        "has_objectives": bool(told["objectives"]),
        "has_due": any(row["due"] for row in rows),
        "rows": rows,
        "bars": [say_level(level) for level in facts.bars],
        "months": _tell_months(facts, rows),
        "what_ifs": [
            {**_tell_what_if(each, number), "everywhere": tell_everywhere(found, forecast) if found else None}
            for number, (each, found) in enumerate(zip(told["what_ifs"], facts.frontiers, strict=True), start=1)
        ],
        "teams": [_tell_team(each, number) for number, each in enumerate(_busy(facts), start=1)],
        "trust": _tell_trust(facts),
        "provenance": say_provenance(told),
        "model": ", ".join(f"{key} {value}" for key, value in told["provenance"]["throughput"].items() if value),
        "sha256": told["provenance"]["inputs_sha256"],
        "version": told["provenance"]["version"],
        "runs": f"{forecast.runs:,}",
        "seed": forecast.seed,
    }


def find_anchors(names: Sequence[str]) -> dict[str, str]:
    """An anchor for each name, made of what is plain in it, and different for each."""
    found: dict[str, str] = {}
    for rank, name in enumerate(names, start=1):
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii").lower()
        slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-")
        anchor = f"f-{slug}" if slug else f"f-{rank}"
        found[name] = anchor if anchor not in found.values() else f"{anchor}-{rank}"
        while list(found.values()).count(found[name]) > 1:
            found[name] += "x"
    return found


def _tell_row(facts: Facts, rank: int, feature: Told, anchors: dict[str, str]) -> Story:
    told = facts.told
    level = told["provenance"]["promise_level"]
    is_promise = feature["is_promise"]
    why = feature["why"]
    waits = [(name, anchors.get(name) or anchors.get(name.rpartition("/")[0], "")) for name in feature["waits_for"]]
    return {
        "rank": rank,
        "name": escape(feature["name"]),
        "anchor": anchors[feature["name"]],
        "objective": escape(feature["objective"] or ""),
        "objectives": [escape(objective) for objective in feature["objectives"]],
        "due": say_date(feature["due"]) if feature["due"] else "",
        "due_iso": feature["due"] or "",
        "chance": say_chance_of(feature, told),
        "chance_value": "" if feature["chance"] is None else f"{feature['chance']:.4f}",
        "chance_se": _say_error(feature),
        "is_promise": is_promise,
        "holds": ("yes" if holds(feature, level) else "NO") if is_promise else "",
        "sure": say_date(feature["dates"][f"{level:g}"]),
        "sure_iso": feature["dates"][f"{level:g}"] or "9999",
        "dates": [
            (say_date(feature["dates"][f"{each:g}"]), feature["dates"][f"{each:g}"] or "9999") for each in facts.levels
        ],
        "interval": _say_interval(facts, feature, level),
        "mostly": _say_mostly(why),
        "sentence": say_feature(feature, told),
        "why": say_why(feature, told),
        "waits": [(escape(name), anchor) for name, anchor in waits],
        "note": escape(feature["note"] or ""),
        "curve": sketch_curve(facts.forecast, feature),
        "days": [(LABELS[kind], kind.replace(" ", "-"), at, wide, text) for kind, at, wide, text in sketch_days(why)],
        "stretches": [
            (LABELS[each["kind"]], escape(each["name"]), f"{each['days']:.1f}")
            for each in why["stretches"]
            if each["days"] >= 0.05
        ],
    }


def _say_error(feature: Told) -> str:
    if feature["chance"] is None or feature["certain"] or feature.get("overdue"):
        return ""
    return f"give or take {max(0.1, 200 * feature['chance_se']):.1f} points"


def _say_interval(facts: Facts, feature: Told, level: float) -> str:
    """What sampling leaves open of the date at the promise level; empty when it is one day."""
    low, high = facts.forecast.interval(feature["name"], level)
    if low == high or feature["certain"]:
        return ""
    return f"{say_date(low)} to {say_date(high)}"


def _say_mostly(why: Told) -> str:
    bound = why["bound_by"]
    if bound is None:
        return ""
    return {"hand-off": "hand-offs", "not before": "its date"}.get(bound["kind"], escape(bound["name"]))


def _tell_objective(objective: Told, told: Told, rows: Sequence[Story]) -> Story:
    name = escape(objective["name"])
    own = [row for row in rows if name in row["objectives"]]
    return {"name": name, "sentence": say_objective(objective, told), "rows": own}


def _tell_months(facts: Facts, rows: Sequence[Story]) -> Story:
    """The chance of each feature by the end of each month: the heatmap as a table."""
    from forecast.charts.roadmaps import find_periods

    forecast = facts.forecast
    ends, step = find_periods(forecast, MOST_MONTHS)
    cells = []
    for row, feature in zip(rows, facts.told["features"], strict=True):
        chances = [forecast.chance(feature["name"], by=end) for end in ends]
        due = next((at for at, end in enumerate(ends) if row["due_iso"] and row["due_iso"] <= end.isoformat()), None)
        reached = next((at for at, chance in enumerate(chances) if chance >= forecast.roadmap.promise_level), None)
        cells.append([
            (_shade(chance), _say_cell(chance, forecast.runs), at == reached, at == due) for at, chance in enumerate(chances)
        ])  # fmt: skip
    heads = [f"{MONTHS[end.month - 1]} {end.year}" if step < 12 else str(end.year) for end in ends]
    has_empty = any(not text for row in cells for _, text, *_ in row)
    return {"heads": heads, "cells": cells, "is_month": step == 1, "has_empty": has_empty}


def _shade(chance: float) -> int:
    return min(9, int(10 * chance)) if chance > 0 else 0


def _say_cell(chance: float, runs: int) -> str:
    return "" if chance == 0 else say_chance(chance, runs)


def _tell_what_if(told: Told, number: int) -> Story:
    runs = told["provenance"]["runs"]
    level = told["provenance"]["promise_level"]
    rows = {row["name"]: row for row in told["features"]}
    slips, gains = find_shown(told)
    new = [*told["added"], *told["dropped"]]
    shown = list(dict.fromkeys([*new, *slips, *gains]))
    return {
        "number": number,
        "name": escape(told["name"]) or f"What-if {number}",
        "sentence": told["sentence"],
        "all_hold": [say_all_hold(told, when) for when in ("before", "after")],
        "breaks": [escape(name) for name in told["breaks"]],
        "mends": [escape(name) for name in told["mends"]],
        "later": len(told["slips"]),
        "earlier": len(told["gains"]),
        "rows": [_tell_slip(rows[name], runs, f"{level:g}") for name in shown],
    }


def _tell_slip(row: Told, runs: int, key: str) -> Story:
    return {
        "name": escape(row["name"]),
        "before": say_date(row["dates_before"].get(key)) if row["rank_before"] else "",
        "after": say_date(row["dates_after"].get(key)) if row["rank_after"] else "",
        "slip": say_slip(row, runs),
        "chance_before": say_chance_when(row, "before", runs),
        "chance_after": say_chance_when(row, "after", runs),
        "flip": {"breaks": "breaks", "mends": "holds now"}.get(row["flip"] or "", ""),
    }


def _busy(facts: Facts) -> list[Told]:
    busy = {team for feature in facts.forecast.roadmap.features for team in getattr(feature, "work", ())}
    return [team for team in facts.told["teams"] if team["name"] in busy]


def _tell_team(team: Told, number: int) -> Story:
    used = say_count(team["sprints"], "sprint")
    pace = "nothing finished" if team["mean_done"] is None else f"{team['mean_done']:.1f} finished a sprint on average"
    zeros = f", {say_count(team['zeros'], 'sprint')} with nothing" if team["zeros"] else ""
    since = f", {say_date(team['first'])} to {say_date(team['last'])}" if team["first"] and team["last"] else ""
    return {"number": number, "name": escape(team["name"]), "sentence": f"{used} drawn from{since}: {pace}{zeros}."}


def _tell_trust(facts: Facts) -> Story:
    check, tested = facts.told["check"], facts.told["backtest"]
    sentences = ["There is too little history to test forecasts of the past."]
    if tested:
        sentences = [tested["sentence"], tested["meaning"]]
    return {
        "sentences": sentences,
        "verdict": escape(check["verdict"]),
        "findings": [
            (each["severity"], escape(each["sentence"]), escape(each["way_out"])) for each in check["findings"]
        ],
        "assumptions": [escape(each["sentence"]) for each in check["assumptions"]],
        "ignored": [escape(" ".join(str(value) for value in each.values())) for each in check["ignored"]],
        "read": [(escape(each["file"]), escape(each["found"])) for each in check["read"]],
        "notes": [escape(note) for note in facts.told["notes"]],
        "not_modelled": list(NOT_MODELLED),
    }


def today(facts: Facts) -> dt.datetime:
    """The moment that files of a report bear: the start of the roadmap, so that the same forecast is the same bytes."""
    return dt.datetime.combine(facts.forecast.roadmap.start, dt.time())
