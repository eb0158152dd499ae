"""Loading: from the name of a file to what is in it, within limits and without leaving the folder of the roadmap."""

from __future__ import annotations

import contextlib
import gc
import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

from forecast.errors import Fault, did_you_mean, escape, quote
from forecast.faults import Faults
from forecast.grid import Grid, read_csv

LARGEST = 200_000_000
LARGEST_TEXT = 20_000_000
"""Bytes of a sheet, and of a roadmap.toml."""

WORKBOOK = re.compile(r"(.+\.xls[xm])(?:#(.+))?", re.IGNORECASE | re.DOTALL)
UNKNOWN = {
    ".xls": "save it as .xlsx",
    ".xlsb": "save it as .xlsx",
    ".ods": "save it as .xlsx",
    ".numbers": "export it as .xlsx",
    ".json": "save it as .csv or .xlsx",
    ".zip": "unpack it first",
}
LIKELY = {
    "features": ("features", "feature", "roadmap", "epics"),
    "history": ("throughput", "history", "sprints", "items"),
    "items": ("items", "issues", "stories"),
    "finished": ("finished", "finished features"),
}


def load_grid(folder: Path, name: str, key: str, names: Collection[str], faults: Faults) -> Grid:
    """The grid in a sheet beside the roadmap: a .csv, a .parquet, or "plan.xlsx#Sheet".

    key : the key of the roadmap that names it, a key of LIKELY
    names : names of columns that make sense

    Raises Fault with an empty place when it is not a file of this folder, and with that of the file when it cannot be read.
    """
    workbook = WORKBOOK.fullmatch(name)
    file, sheet = (workbook[1], workbook[2]) if workbook else (name, None)
    suffix = PurePosixPath(file).suffix.casefold()
    if suffix in UNKNOWN:
        raise Fault("", f"{suffix} is not read", UNKNOWN[suffix])
    path = _find_inside(folder, file)
    try:
        content = read_bytes(path, file)
    except Fault as fault:
        raise Fault("", fault.value, fault.way_out) from None
    shown = escape(file)
    if workbook:
        from forecast.workbook import read_workbook

        return read_workbook(content, shown, sheet, LIKELY[key])
    if suffix in (".parquet", ".pq"):
        from forecast.parquet import read_parquet

        return read_parquet(content, shown)
    return read_csv(content, shown, names, faults)


def _find_inside(folder: Path, name: str) -> Path:
    steps = {*PurePosixPath(name).parts, *PureWindowsPath(name).parts}
    if ".." in steps or PurePosixPath(name).is_absolute() or PureWindowsPath(name).anchor:
        raise Fault("", "", "name a file in the folder of the roadmap, or below it")
    try:
        target = (folder / name).resolve()
        if not target.is_relative_to(folder.resolve()):
            raise Fault(
                "", f"a link to {quote(target)}", "it leads out of the folder of the roadmap; copy the file there"
            )
    except (OSError, RuntimeError):
        raise Fault("", "not readable", "its links lead round in a circle") from None
    except ValueError as error:
        if isinstance(error, Fault):
            raise
        raise Fault("", "not readable", "this is no name of a file") from None
    return folder / name


def read_bytes(path: Path, file: str, largest: int = LARGEST) -> bytes:
    """What is in a file, which faults call `file`. Raises Fault when there is no such file, or it cannot be read."""
    try:
        is_folder, is_strange = path.is_dir(), path.exists() and not path.is_file()
        if not is_folder and not is_strange:
            return _read_within(path, file, largest)
    except FileNotFoundError:
        there = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
        way_out = f"looked in the folder {quote(path.parent)}.{did_you_mean(path.name, there)}"
        raise Fault(file, "no such file", way_out) from None
    except OSError as error:
        raise Fault(file, "not readable", escape(str(error.strerror or error))) from None
    except ValueError as error:
        if isinstance(error, Fault):
            raise
        raise Fault(file, "not readable", escape(str(error))) from None
    raise Fault(file, "it is a folder" if is_folder else "it is a device or a pipe", "a plain file is needed")


def _read_within(path: Path, file: str, largest: int) -> bytes:
    with path.open("rb") as content:
        if os.fstat(content.fileno()).st_size > largest:
            raise Fault(file, f"more than {largest // 1_000_000} MB", "it is too large; keep only what is needed")
        return content.read()


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Without the search for garbage, which would look at each of a million rows again and again, and find none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
