"""Aims: what a better order is better at, judged run by run."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import numpy as np

from forecast.arrays import Floats
from forecast.dates import Dateish
from forecast.errors import Fault, did_you_mean, quote
from forecast.outcome import Forecast
from forecast.pledges import find_pledges
from forecast.roadmap import Roadmap
from forecast.spending import read_day

VALUE, DELAY, PROMISES = "value", "delay", "promises"
AIMS = (VALUE, DELAY, PROMISES)
WEEK = 5
"""Working days to which a cost of delay belongs."""

KEPT_COUNTS, LATE_COUNTS, LATEST = 0.02, 0.002, 60
"""What the search makes of a promise more that is kept, and of how late the others are (at most 60 working days), beside keeping
all of them: enough to find its way where no order tried so far keeps all."""

MOST_RUNS_DONE = 0.95


@dataclass(frozen=True, eq=False)
class Aim:
    """What is aimed at. F features, R runs; rows are features in the order of the roadmap they were read from.

    kind : "value" delivered by a day, cost of "delay" until then, or "promises" kept together
    by, day : the last day that counts, as a date and in working days; of promises, the last that is due
    weights : (F,) value, as in `Pledges`, or cost of delay a week; 1 for a promise that counts, else 0
    is_stated : False when no feature has one, so that each counts 1: each that can be promised, or each with work
    due : (F,) working day by which a promise is to be kept
    """

    kind: str
    by: dt.date
    day: int
    weights: Floats
    is_stated: bool
    due: Floats

    @property
    def sign(self) -> int:
        """1 where more is better, -1 where less is."""
        return -1 if self.kind == DELAY else 1

    @property
    def horizon(self) -> float:
        """How far runs have to be played to be judged and to guide the search, in working days."""
        return float(self.day + (LATEST if self.kind == PROMISES else 1))

    def judge(self, finish: Floats) -> Floats:
        """What is aimed at, of finishes (F, R), in each run: value, cost of delay, or 1 when all promises are kept (R,)."""
        if self.kind == DELAY:
            cost: Floats = self.weights @ np.minimum(finish, self.day) / WEEK
            return cost
        kept = np.maximum(np.ceil(finish), 1) <= self.due[:, None]
        if self.kind == PROMISES:
            held: Floats = np.all(kept[self.weights > 0], axis=0).astype(np.float64)
            return held
        value: Floats = self.weights @ kept
        return value

    def guide(self, finish: Floats) -> Floats:
        """What the search climbs, higher is better (R,): the aim, and what leads to it where it is still out of reach."""
        worth = self.sign * self.judge(finish)
        if self.kind != PROMISES:
            return worth
        rows = self.weights > 0
        days = np.maximum(np.ceil(finish[rows]), 1)
        late = np.clip(days - self.due[rows, None], 0, LATEST) / LATEST
        guide: Floats = worth + KEPT_COUNTS * (late == 0).mean(axis=0) - LATE_COUNTS * late.mean(axis=0)
        return guide


def read_aim(forecast: Forecast, kind: object, by: Dateish | None) -> Aim:
    """The aim that arguments stand for. Raises Fault for another kind, a day out of reach, and nothing to aim at."""
    if kind not in AIMS:
        hint = did_you_mean(kind, AIMS) if isinstance(kind, str) else ""
        raise Fault("order", f"aim = {quote(kind)}", f"an aim is one of {', '.join(AIMS)}.{hint}")
    roadmap = forecast.roadmap
    last = None if by is None else read_day(forecast, by, "order")
    if kind == PROMISES:
        return _read_promises(roadmap, last)
    if kind == VALUE and last is None:
        raise Fault("order", "value, and no day", "say by when it is to be delivered: by")
    last = _find_end(forecast) if last is None else last
    weights, is_stated = _weigh_values(roadmap) if kind == VALUE else _weigh_costs(roadmap)
    if not any(weights):
        way_out = "every value is 0; give features a value, or take another aim: delay or promises"
        raise Fault("order", "nothing to order", way_out if is_stated else "the roadmap has no feature with work")
    day = roadmap.clock.days_until(last)
    return Aim(str(kind), last, day, np.array(weights), is_stated, np.full(len(weights), float(day)))


def _weigh_values(roadmap: Roadmap) -> tuple[list[float], bool]:
    """What each feature counts as a promise; nothing where it is none. And whether any has a value."""
    pledges = find_pledges(roadmap)
    return [pledges.values.get(feature.name, 0.0) for feature in roadmap.features], pledges.has_values


def _weigh_costs(roadmap: Roadmap) -> tuple[list[float], bool]:
    """The cost of delay of each feature, nothing where it has none; where no feature has any, 1 for each with work."""
    costs = [getattr(feature, "cost_of_delay", None) or 0.0 for feature in roadmap.features]
    if any(costs):
        return costs, True
    return [float(bool(getattr(feature, "work", ()))) for feature in roadmap.features], False


def _read_promises(roadmap: Roadmap, last: dt.date | None) -> Aim:
    promised = {feature.name: feature.due for feature in roadmap.features if feature.is_promise and feature.due}
    dues = {name: due for name, due in promised.items() if last is None or due <= last}
    if not dues:
        until = "" if last is None else f" until {last}"
        raise Fault("order", f"no promise{until}", "give features a due date, or take another aim: value or delay")
    names = [feature.name for feature in roadmap.features]
    days = np.array([roadmap.clock.days_until(dues[name]) if name in dues else math.inf for name in names], np.float64)
    latest = max(dues.values())
    day = max(roadmap.clock.days_until(latest), 1)
    return Aim(PROMISES, latest, day, np.isfinite(days).astype(np.float64), True, days)


def _find_end(forecast: Forecast) -> dt.date:
    """The day until which a cost of delay counts when none is given: most runs have finished all that they ever finish."""
    if not np.isfinite(forecast.finish).any():
        raise Fault(
            "order",
            "no feature that is ever done",
            "no order changes that; see what `forecast check` says of the teams",
        )
    latest = np.where(np.isfinite(forecast.finish), forecast.finish, 0.0).max(axis=0, initial=1.0)
    day = math.ceil(float(np.quantile(latest, MOST_RUNS_DONE, method="inverted_cdf")))
    return forecast.roadmap.clock.dates(max(day, 1))[-1]
