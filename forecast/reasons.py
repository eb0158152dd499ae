"""Reasons: why a feature slips, from what its time goes to before and after an edit.

The time from the start to the end of a feature is cut into waiting (for what), hand-off, queue (who holds the place), work beside
other work, work alone, and delay, in each run, before and after. A slip is the sum of the six differences in the same run, so
nothing of it is left unexplained.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from forecast import engine, ledger
from forecast.arrays import Floats, Longs, Trace
from forecast.compiling import is_kept
from forecast.impact import Impact
from forecast.ledger import Cut
from forecast.outcome import Forecast
from forecast.simulation import Job, count_cores

KINDS = ("waiting", "handed_off", "queueing", "shared", "worked", "delay")
A_DATE = ""
"""Stands for a date (not_before) among the names of what is waited for."""


@dataclass(frozen=True, eq=False)
class Spells:
    """What the time up to the end of a feature goes to.

    days : kind -> (runs,) working days; nan in runs that never finish it. The kinds, which add up to its finish:
        waiting: until something outside the feature, a date or a lag lets its parts go. handed_off: then until a sprint begins.
        queueing: then behind more important work. shared: worked on beside other work of the team. worked: worked on alone.
        delay: from the end of its last part to its own end (a risk's delay, the days of an external)
    waits_for : feature or part -> mean working days of waiting for it, over the runs that finish; "" is a date
    behind : feature -> mean working days of queueing while it held the place
    """

    days: Mapping[str, Floats]
    waits_for: Mapping[str, float]
    behind: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Reason:
    """Why a feature slips: its time before and after, cut into the same kinds.

    Only runs that finish it both before and after count; in the others there is no slip to be cut.
    """

    feature: str
    before: Spells
    after: Spells

    @cached_property
    def days(self) -> dict[str, Floats]:
        """kind -> (runs,) working days more (or, negative, less) after the edit; the kinds add up to the slip of the run."""
        return {kind: self.after.days[kind] - self.before.days[kind] for kind in KINDS}

    @cached_property
    def means(self) -> dict[str, float]:
        """kind -> mean working days more after the edit; nan when no run finishes it both before and after."""
        paired = ~np.isnan(self.days["waiting"])
        return {kind: float(days[paired].mean()) if paired.any() else math.nan for kind, days in self.days.items()}

    @property
    def waits_for(self) -> dict[str, float]:
        """What it waits for -> mean working days more, the largest first."""
        return _change(self.before.waits_for, self.after.waits_for)

    @property
    def behind(self) -> dict[str, float]:
        """What holds the place while it queues -> mean working days more, the largest first."""
        return _change(self.before.behind, self.after.behind)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        means = {kind: None if math.isnan(mean) else mean for kind, mean in self.means.items()}
        return {"name": self.feature, **means, "waits_for": self.waits_for, "behind": self.behind}


def find_reasons(impact: Impact, names: Sequence[str]) -> dict[str, Reason]:
    """Why the named features slip (or gain), each of which both roadmaps have; both are played again, with a trace."""
    before, after = find_spells(impact.before, names), find_spells(impact.after, names)
    return {name: Reason(name, before[name], after[name]) for name in names}


def find_spells(forecast: Forecast, names: Sequence[str]) -> dict[str, Spells]:
    """What the time up to the end of each named feature goes to, in the runs of a forecast."""
    if not names:
        return {}
    horizon = np.ceil(forecast.finish[np.isfinite(forecast.finish)].max(initial=0.0)) + 1.0
    job = Job(
        forecast.roadmap, forecast.history, forecast.model, forecast.seed, (min(float(horizon), forecast.horizon),)
    )
    rows = np.array([forecast.features.index(name) for name in names], np.int64)
    job.stage(job.horizons[-1])  # here, before several threads would all do it
    with ThreadPoolExecutor(count_cores(), thread_name_prefix="forecast") as pool:
        pieces = list(pool.map(partial(_cut_runs, job, rows), job.pieces(forecast.runs)))
    finished = np.maximum(np.isfinite(forecast.finish[rows]).sum(axis=1), 1)
    days = {kind: np.concatenate([getattr(piece, kind) for piece in pieces], axis=1) for kind in KINDS}
    waits_for = np.sum([piece.waits_for for piece in pieces], axis=0) / finished[:, None]
    behind = np.sum([piece.behind for piece in pieces], axis=0) / finished[:, None]
    index = job.index
    nodes = [*("/".join(part) for part in index.parts), *index.features, A_DATE]
    holders = [feature for feature, _ in index.parts]
    return {
        name: Spells({kind: days[kind][k] for kind in KINDS}, _name(nodes, waits_for[k]), _name(holders, behind[k]))
        for k, name in enumerate(names)
    }


def needs_compiling() -> bool:
    """True when the first reasons on this machine have to compile their kernels first (once)."""
    return not is_kept(ledger._cut)


def _cut_runs(job: Job, rows: Longs, runs: Longs) -> Cut:
    """The given runs (R,), played with a trace, and the time of the given rows (K,) cut."""
    plan, luck = job.lay_out(runs)
    shape = (len(job.index.parts), len(runs))
    trace = Trace(np.empty(shape), np.empty(shape))
    finish = engine.play(plan, luck, trace)
    return ledger.cut(plan, luck, trace, finish, rows)


def _name(names: Sequence[str], days: Floats) -> dict[str, float]:
    """Mean days by name, those of the same name added up; what took none is left out."""
    named: dict[str, float] = {}
    for at in np.flatnonzero(days).tolist():
        named[names[at]] = named.get(names[at], 0.0) + float(days[at])
    return named


def _change(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Name -> how much more after than before, the largest change first."""
    change = {name: after.get(name, 0.0) - before.get(name, 0.0) for name in {**after, **before}}
    return dict(sorted(change.items(), key=lambda item: -abs(item[1])))
