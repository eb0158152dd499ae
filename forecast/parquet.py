"""Parquet: a table of typed columns as a grid."""

from __future__ import annotations

import datetime as dt
import io
import math
from typing import Any

from forecast.errors import Fault
from forecast.grid import Broken, Cell, Grid

MOST_ROWS = 10_000_000


def read_parquet(content: bytes, file: str) -> Grid:
    """The grid of a parquet file; its first row, the names of the columns, has the number 0.

    Raises Fault when it cannot be read.
    """
    import polars as pl

    try:
        rows = pl.scan_parquet(io.BytesIO(content)).select(pl.len()).collect().item()
        if rows > MOST_ROWS:
            raise Fault(file, f"{rows:,} rows", f"no more than {MOST_ROWS:,} rows can be read")
        frame = pl.read_parquet(io.BytesIO(content))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        reason = "it is damaged, or no parquet at all"
        raise Fault(file, f"not readable as parquet ({type(error).__name__})", reason) from None
    columns = [_to_cells(column) for column in frame.get_columns()]
    grid = Grid(file, [(0, [name.strip() for name in frame.columns])])
    for number, cells in enumerate(zip(*columns, strict=True), start=1):
        if any(cell != "" for cell in cells):
            grid.rows.append((number, list(cells)))
    return grid


def _to_cells(column: Any) -> list[Cell]:
    return [_to_cell(value) for value in column.to_list()]


def _to_cell(value: Any) -> Cell:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, bool | dt.date):
        return value
    if isinstance(value, int | float):
        return float(value)
    try:
        return float(value)  # a Decimal
    except (TypeError, ValueError):
        return Broken(type(value).__name__, "a text, a number or a date is needed")
