"""Tables: a report's numbers as JSON, CSV and a workbook, in which no name is ever taken for a formula."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

import xlsxwriter
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from forecast.report.facts import Facts, plain
from forecast.report.story import today
from forecast.wording import Told, holds, say_level
from forecast.writing import as_csv

LONGEST_CELL = 32_767
"""Characters that a cell of a workbook holds."""


def to_json(facts: Facts) -> str:
    """Everything that the report tells."""
    return json.dumps(plain(facts.told), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def to_csv(facts: Facts) -> str:
    """A row per feature, as `Forecast.table` has them."""
    return as_csv(facts.forecast.table(facts.levels))


def to_xlsx(facts: Facts) -> bytes:
    """A workbook: features, where their days go, teams, what-ifs, and where the numbers come from."""
    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(stream, options)
    book.set_properties({"title": "Delivery forecast", "created": today(facts)})
    told, levels = facts.told, [f"{level:g}" for level in facts.levels]
    level = told["provenance"]["promise_level"]
    features = told["features"]
    heads = ["Rank", "Feature", "Objective", "Due", "Chance", "Standard error", "Promise holds"]
    heads += [f"{say_level(float(key))} sure by" for key in levels] + ["Waits for", "Note"]
    _write(book, "Features", heads, ([rank, *_row(each, levels, level)] for rank, each in enumerate(features, start=1)))
    kinds = list(features[0]["why"]["days"]) if features else []
    days = ([each["name"], *each["why"]["days"].values(), *_binder(each["why"]["bound_by"])] for each in features)
    _write(book, "Where the days go", ["Feature", *kinds, "Mostly", "Share of futures"], days)
    teams = (
        [team[key] for key in ("name", "sprints", "mean_done", "zeros", "first", "last")] for team in told["teams"]
    )
    _write(book, "Teams", ["Team", "Sprints used", "Mean finished", "Empty sprints", "First day", "Last day"], teams)
    if told["quarters"]:
        heads = ["By", "Feature", "Line", "Chance", "Promise with it"]
        _write(book, "What to promise", heads, _pledges(facts))
        heads = ["By", "Team", "Kind", "Objective", "Target", "Median", "Low", "High", "Mean", "Target met in"]
        _write(book, "Where capacity goes", heads, _shares(facts))
    if told["what_ifs"]:
        _write(
            book,
            "What-ifs",
            ["What-if", "Feature", "Before", "After", "Slip (working days)", "Chance before", "Chance after", "Flip"],
            _slips(told, level),
        )
    if any(facts.frontiers):
        heads = ["What-if", "Feature", "Rank", "Last rank", f"{say_level(level)} sure by", "Chance", "Breaks", "Harm"]
        _write(book, "Every rank", [*heads, "All hold", "Not beaten", "Recommended"], _ranks(told))
    origin = told["provenance"]
    listed = [[key, json.dumps(value) if isinstance(value, dict) else value] for key, value in origin.items()]
    _write(book, "Provenance", ["What", "Value"], [*listed, *(["note", note] for note in told["notes"])])
    book.close()
    return stream.getvalue()


def _row(each: Told, levels: Sequence[str], level: float) -> list[Any]:
    kept = ("yes" if holds(each, level) else "NO") if each["is_promise"] else None
    dates = [_day(each["dates"][key]) for key in levels]
    facts = [each["name"], each["objective"], _day(each["due"]), each["chance"], each["chance_se"], kept]
    return [*facts, *dates, "; ".join(each["waits_for"]), each["note"]]


def _binder(bound: Told | None) -> list[Any]:
    return [None, None] if bound is None else [bound["name"] or bound["kind"], bound["share"]]


def _slips(told: Told, level: float) -> Iterable[list[Any]]:
    key = f"{level:g}"
    for number, what_if in enumerate(told["what_ifs"], start=1):
        for row in what_if["features"]:
            dates = [_day(row[f"dates_{when}"].get(key)) for when in ("before", "after")]
            slip = row["slip"] and row["slip"]["mean"]
            yield [
                what_if["name"] or f"What-if {number}",
                row["name"],
                *dates,
                slip,
                row["chance_before"],
                row["chance_after"],
                row["flip"],
            ]


def _pledges(facts: Facts) -> Iterable[list[Any]]:
    for quarter in facts.quarters:
        for row in quarter.commitment.table().to_dicts():
            yield [quarter.commitment.by, *(row[key] for key in ("feature", "line", "chance", "together"))]


def _shares(facts: Facts) -> Iterable[list[Any]]:
    for quarter in facts.quarters:
        for row in quarter.allocation.table().to_dicts():
            shares = (row[key] for key in ("target", "median", "low", "high", "mean", "chance_met"))
            yield [quarter.commitment.by, row["team"] or "(all)", row["kind"], row["objective"], *shares]


def _ranks(told: Told) -> Iterable[list[Any]]:
    for number, what_if in enumerate(told["what_ifs"], start=1):
        found = what_if["frontier"] or {"positions": []}
        for each in found["positions"]:
            place = [each["rank"], each["last_rank"], _day(each["date"]), each["chance"], "; ".join(each["breaks"])]
            marks = ["yes" if each["is_best"] else None, "yes" if each == found["recommended"] else None]
            name = what_if["name"] or f"What-if {number}"
            yield [name, found["feature"], *place, each["harm"], each["all_hold"], *marks]


def _day(date: str | None) -> dt.date | None:
    return None if date is None else dt.date.fromisoformat(date)


def _write(book: Workbook, title: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    sheet: Worksheet = book.add_worksheet(title)
    bold = book.add_format({"bold": True, "bottom": 1})
    formats = {dt.date: book.add_format({"num_format": "yyyy-mm-dd"}), float: book.add_format({"num_format": "0.00##"})}
    widths = [len(head) for head in heads]
    for column, head in enumerate(heads):
        sheet.write_string(0, column, head, bold)
    last = 0
    for last, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            widths[column] = max(widths[column], min(60, len(str(value)) if value is not None else 0))
            _put(sheet, last, column, value, formats)
    for column, width in enumerate(widths):
        sheet.set_column(column, column, min(60, width + 2))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(last, 1), len(heads) - 1)


def _put(sheet: Worksheet, row: int, column: int, value: Any, formats: dict[type, Any]) -> None:
    if value is None or (isinstance(value, float) and value - value != 0):
        return
    if isinstance(value, dt.date):
        sheet.write_datetime(row, column, dt.datetime.combine(value, dt.time()), formats[dt.date])
    elif isinstance(value, bool) or not isinstance(value, int | float):
        sheet.write_string(row, column, str(value)[:LONGEST_CELL])
    else:
        sheet.write_number(row, column, value, formats[float] if isinstance(value, float) else None)
