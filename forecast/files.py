"""Files: a portfolio as people keep it, a roadmap.toml with its sheets, read into a Roadmap and a History.

Reading goes on after a fault, so that all faults of a folder are told at once. What cannot be read leaves a stand-in
behind (a size of 0, say), so that one fault does not look like several.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from forecast.errors import Fault, Refused, did_you_mean, escape, quote
from forecast.faults import Faults, Ignored
from forecast.grid import decode
from forecast.history import History
from forecast.loading import LARGEST_TEXT, read_bytes, undisturbed
from forecast.reader import Reader
from forecast.roadmap import Roadmap
from forecast.toml import read_toml

__all__ = ["Ignored", "Portfolio", "read", "read_bytes", "read_portfolio"]

ROADMAP_FILE = "roadmap.toml"
SHEETS = {".csv", ".tsv", ".xlsx", ".xlsm", ".xls", ".ods", ".parquet", ".pq", ".json"}
MADE_BY = '"forecast init DIR" writes one to start from; "forecast import FILE --out DIR" makes one of an export.'


@dataclass(frozen=True)
class Portfolio:
    """What the files of a portfolio say.

    sources : files that were read and what was found in each, such as ('throughput.csv', '112 sprints of 4 teams')
    ignored : what was read over
    cleans : whether the history is drawn without what tells nothing of the pace (see `cleaning`)
    """

    roadmap: Roadmap
    history: History
    sources: tuple[tuple[str, str], ...] = ()
    ignored: tuple[Ignored, ...] = ()
    cleans: bool = True


def read(path: str | os.PathLike[str], *, clean: bool | None = None) -> tuple[Roadmap, History]:
    """The roadmap and the history of a portfolio: a folder with a roadmap.toml, or the toml file itself.

    clean : leave out of the history what surely tells nothing of the pace (see `cleaning`); None does what the roadmap says,
        which is to do so unless it says `clean = false`

    Raises Refused with all faults of all its files.
    """
    portfolio = read_portfolio(path, clean=clean)
    return portfolio.roadmap, portfolio.history


@undisturbed()
def read_portfolio(path: str | os.PathLike[str], *, clean: bool | None = None) -> Portfolio:
    """As `read`, with what was read where, and what was ignored."""
    faults = Faults()
    with faults.collected():
        toml = _find_roadmap(Path(path))
        file = escape(toml.name)
        text = decode(read_bytes(toml, file, LARGEST_TEXT), file)
        reader = Reader(toml.parent, faults)
        roadmap, history = reader.read(*read_toml(text, file), clean)
        if not faults and roadmap is not None:
            return Portfolio(roadmap, history, tuple(reader.sources), tuple(reader.ignored), reader.cleans)
    raise Refused(faults.in_order(ROADMAP_FILE, escape(Path(path).name)))


def _find_roadmap(path: Path) -> Path:
    try:
        is_folder, is_there = path.is_dir(), path.exists()
    except (OSError, ValueError) as error:
        raise Fault(escape(str(path)), "not readable", str(error)) from None
    if is_folder:
        return _find_in(path)
    if not is_there:
        raise Fault(escape(str(path)), "no such folder or file", f"name the folder that holds {ROADMAP_FILE}")
    if path.suffix.casefold() in SHEETS:
        way_out = f"name the folder that holds {ROADMAP_FILE}. {MADE_BY}"
        raise Fault(escape(path.name), "a sheet, and no roadmap", way_out)
    return path


def _find_in(folder: Path) -> Path:
    """The roadmap in a folder."""
    path = folder / ROADMAP_FILE
    try:
        if path.exists():
            return path
        names = [each.name for each in folder.iterdir()]
    except OSError:
        return path  # who reads it tells why that is not possible
    near = did_you_mean(ROADMAP_FILE, names)
    raise Fault(ROADMAP_FILE, "no such file", f"looked in the folder {quote(folder)}.{near or f' {MADE_BY}'}")
