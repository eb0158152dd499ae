"""Cadence: promises for several days at once, one after the other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.commitment import Commitment, commit
from forecast.dates import Dateish
from forecast.errors import Fault, quote
from forecast.outcome import Forecast
from forecast.tally import share_error
from forecast.values import read_list

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, eq=False)
class Cadence:
    """Promises for several days: what is promised by one of them is promised by the later ones as well.

    commitments : one a day, the earliest first
    """

    commitments: tuple[Commitment, ...]

    @cached_property
    def together(self) -> tuple[float, float]:
        """The chance that every promise of every day holds, in the same future, and its standard error."""
        lost = np.zeros(self.commitments[0].runs, bool)
        for each in self.commitments:
            lost |= each.late.any(axis=0)
        held = len(lost) - int(lost.sum())
        is_empty = not any(each.features for each in self.commitments)
        return held / len(lost), 0.0 if is_empty else share_error(held, len(lost))

    def table(self) -> pl.DataFrame:
        """The tables of all days below each other, with the day in the first column."""
        import polars as pl

        return pl.concat([each.table().select(pl.lit(each.by).alias("by"), pl.all()) for each in self.commitments])

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        chance, error = self.together
        return {"together": chance, "together_se": error, "commitments": [each.to_dict() for each in self.commitments]}


def plan_cadence(
    forecast: Forecast, *, by: Sequence[Dateish], level: float | None = None, keep: Sequence[str] = (), **given: Any
) -> Cadence:
    """What can be promised by each of several days; each day keeps the promises of the days before it.

    by : days or quarters; the other arguments are those of `commit`. Raises Fault as it does, and for a day that is given twice.
    """
    if not isinstance(forecast, Forecast):
        raise Fault("commit", quote(forecast)[:80], "give a forecast of the whole roadmap, as simulate makes it")
    days: list[dt.date] = []
    for each in read_list(by, "commit", "by"):
        day = forecast.roadmap.read_day(each, "commit", "by")
        if day in days:
            raise Fault("commit", f"by = {day.isoformat()}", "it is given twice; give each day once")
        days.append(day)
    if not days:
        raise Fault("commit", "no day", 'say by when: by=["2026-03-31", "Q2"]')
    commitments: list[Commitment] = []
    for day in sorted(days):
        commitments.append(commit(forecast, by=day, level=level, keep=keep, **given))
        keep = commitments[-1].features
    return Cadence(tuple(commitments))
