"""Actuals: the past roadmaps of a folder, and when their features were really done, as actuals.csv tells it."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from forecast.cleaning import clean, say_left_out
from forecast.columns import list_names
from forecast.errors import Fault, Refused, escape, quote
from forecast.faults import Faults, Ignored
from forecast.files import ROADMAP_FILE, Portfolio, read_portfolio
from forecast.grid import read_csv
from forecast.hindsight import PastRoadmap
from forecast.history import History
from forecast.loading import read_bytes
from forecast.rows import Row, read_sheet

ACTUALS_FILE = "actuals.csv"
DONE_COLUMNS = ("done", "actual_release_date")
"""Either tells when the whole feature was done; blank: not, or not known."""
OTHER_COLUMNS = (
    *("kind", "team", "known_items_done_date", "known_items_never_done", "known_done_85pct_date"),
    *("all_items_done_date", "items_added_after_asof", "items_final_after_asof"),
)
"""What a tracker's export may also hold; none of it decides anything."""


@dataclass(frozen=True)
class Past:
    """What a folder tells about the past.

    history : the sprints of all portfolios in it, each once
    roadmaps : the portfolios that have an actuals.csv, oldest first
    newest : the portfolio that starts last
    """

    history: History
    roadmaps: tuple[PastRoadmap, ...]
    newest: Portfolio


def read_past(path: str | os.PathLike[str], *, clean: bool | None = None) -> Past:
    """The past that a folder tells of: one portfolio, or a folder whose folders are portfolios of different dates.

    clean : as for `read`

    Raises Refused with all faults of all its files.
    """
    faults = Faults()
    portfolios: list[tuple[str, Portfolio]] = []
    roadmaps: list[PastRoadmap] = []
    folders = _find_portfolios(Path(path))
    for folder in folders:
        name = (folder if folder.is_dir() else folder.parent).resolve().name
        prefix = f"{escape(name)}/" if len(folders) > 1 else ""
        try:
            portfolio = read_portfolio(folder, clean=clean)
        except Refused as refused:
            faults += [Fault(prefix + fault.where, fault.value, fault.way_out) for fault in refused.faults]
            continue
        portfolios.append((name, portfolio))
        sheet = (folder if folder.is_dir() else folder.parent) / ACTUALS_FILE
        if sheet.exists():
            with faults.collected():
                roadmaps += _read_roadmap(name, portfolio, sheet, prefix + ACTUALS_FILE, faults)
    if faults:
        raise Refused(faults)
    portfolios.sort(key=lambda each: (each[1].roadmap.start, each[0]))
    roadmaps.sort(key=lambda past: (past.roadmap.start, past.name))
    return Past(_join([portfolio for _, portfolio in portfolios]), tuple(roadmaps), portfolios[-1][1])


def _find_portfolios(path: Path) -> list[Path]:
    """The portfolio of this path, or those in its folders."""
    try:
        if path.is_dir() and not (path / ROADMAP_FILE).exists():
            inside = sorted(each for each in path.iterdir() if (each / ROADMAP_FILE).is_file())
            return inside or [path]
    except (OSError, ValueError) as error:
        raise Refused([Fault(escape(str(path)), "not readable", str(error))]) from None
    return [path]


def _read_roadmap(name: str, portfolio: Portfolio, sheet: Path, file: str, faults: Faults) -> list[PastRoadmap]:
    """The past roadmap that an actuals.csv belongs to; none when there is a fault in it."""
    known = len(faults)
    places: dict[str, Row] = {}
    done: dict[str, dt.date] = {}
    names = list_names("actuals", ("feature", *DONE_COLUMNS, *OTHER_COLUMNS))
    grid = read_csv(read_bytes(sheet, file), file, names, faults)
    ignored: list[Ignored] = []  # what else an export holds decides nothing
    dates = [(column,) for column in DONE_COLUMNS]
    rows = read_sheet(grid, names, ("feature",), (), dates, faults, ignored)
    if not any(column in rows.columns for column in DONE_COLUMNS):
        raise Fault(file, f"no column {quote(DONE_COLUMNS[0])}", "it holds the day on which a feature was done")
    for row in rows.rows(faults):
        with faults.collected():
            feature = row.name("feature")
            for column in DONE_COLUMNS:
                day = row.date(column)
                if day is None:
                    continue
                if done.setdefault(feature, day) != day:
                    way_out = f"{places[feature].place} says {done[feature]}; a feature is done on one day"
                    raise Fault(row.place, f"{column} = {quote(day.isoformat())}", way_out)
                places.setdefault(feature, row)
    pasts = []
    for feature, day in done.items():
        with faults.collected(places[feature].place):
            PastRoadmap(name, portfolio.roadmap, portfolio.history, {feature: day})
    if len(faults) == known:
        pasts.append(PastRoadmap(name, portfolio.roadmap, portfolio.history, done))
    return pasts


def _join(portfolios: Sequence[Portfolio]) -> History:
    """The history of portfolios of the same teams, oldest first; where they tell of the same days, or guess the same team's pace,
    the newest is believed, which also says whether the whole is cleaned. A team without dates cannot be joined, and keeps its
    newest history.
    """
    newest = portfolios[-1]
    if len(portfolios) == 1:
        return newest.history
    histories = [portfolio.history for portfolio in portfolios]
    sprints = []
    for team in dict.fromkeys(team for history in histories for team in history.teams):
        rows = next(history.of(team) for history in reversed(histories) if history.of(team))
        kept = list(rows)
        told = {(row.start, row.end) for row in rows}
        for history in reversed(histories[:-1]):
            new = [row for row in history.of(team) if row.start and rows[0].start and (row.start, row.end) not in told]
            kept += new
            told |= {(row.start, row.end) for row in new}
        sprints += kept
    guesses = {team: guess for history in histories for team, guess in history.guesses.items()}
    said = [note for history in histories for note in history.notes if note not in say_left_out(history.left_out)]
    whole = History(sprints, guesses, notes=dict.fromkeys(said))
    return clean(whole, newest.roadmap.start) if newest.cleans else whole
