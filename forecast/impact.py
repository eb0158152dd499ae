"""Impact: what changing a roadmap does to every feature, run by run under the same luck.

Both forecasts share seed, runs, model, history and calendar, so run 17 of one is run 17 of the other but for the change. The
slip of a run is a difference within it, and its mean has a far smaller error than the difference of two unpaired means.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.arrays import Floats
from forecast.errors import Fault, did_you_mean, quote
from forecast.outcome import LEVELS, Forecast, level_name
from forecast.roadmap import Roadmap
from forecast.slip import SAME, Slip, subtract
from forecast.values import LARGEST, read_level, read_levels, read_name, read_number

if TYPE_CHECKING:
    import polars as pl

LEVEL = 0.85
WEEK = 5
"""Working days to which a cost of delay belongs."""

LATER, EARLIER = "breaks", "mends"


@dataclass(frozen=True, eq=False)
class Impact:
    """What an edit does: `after` against `before`, each run with the same luck in both. `compare` makes it.

    Features are known by name; one that is in only one of the two roadmaps has no slip.
    """

    before: Forecast
    after: Forecast

    @property
    def runs(self) -> int:
        """Number of pairs of runs."""
        return self.after.runs

    @cached_property
    def features(self) -> tuple[str, ...]:
        """Names in the order of the roadmap after the edit, then those that it no longer has."""
        return (*self.after.features, *self.dropped)

    @cached_property
    def added(self) -> tuple[str, ...]:
        """Features that only the roadmap after the edit has."""
        return tuple(name for name in self.after.features if name not in self._rows[0])

    @cached_property
    def dropped(self) -> tuple[str, ...]:
        """Features that only the roadmap before the edit had."""
        return tuple(name for name in self.before.features if name not in self._rows[1])

    def slip(self, name: str) -> Floats:
        """Working days by which a feature is later, run by run: (runs,); negative where it is earlier.

        0 where it is never finished in either, inf where it is only not finished after the edit, -inf where it only was not
        before. What differs by less than 1e-7 days is 0. Raises Fault for a feature that is not in both roadmaps.
        """
        known = self._known(name)
        if known in self.added or known in self.dropped:
            which = "after" if known in self.added else "before"
            raise Fault(
                "impact", f"feature {quote(known)}", f"it is only in the roadmap {which} the edit: nothing slips"
            )
        before, after = self._rows
        return subtract(self.after.finish[after[known]], self.before.finish[before[known]])

    def chance_slip(self, name: str, more_than: float = 0) -> float:
        """The share of runs in which a feature is later by more than so many working days."""
        least = read_number(more_than, "impact", "more_than", least=-LARGEST)
        return float(np.mean(self.slip(name) > least + SAME))

    def chance_gain(self, name: str, more_than: float = 0) -> float:
        """The share of runs in which a feature is earlier by more than so many working days."""
        least = read_number(more_than, "impact", "more_than", least=-LARGEST)
        return float(np.mean(self.slip(name) < -least - SAME))

    def summary(self, name: str) -> Slip:
        """The slip of a feature over all runs: mean, error, median, shares. Raises Fault as `slip` does."""
        known = self._known(name)
        return self._slips[known] if known in self._slips else Slip.of(self.slip(known))

    @property
    def flips(self) -> tuple[str, ...]:
        """Promises of both roadmaps that hold in only one of them, each judged by its own due date and promise level."""
        return (*self.breaks, *self.mends)

    @cached_property
    def breaks(self) -> tuple[str, ...]:
        """The promises among `flips` that hold no longer."""
        return tuple(row["name"] for row in self._told if row["flip"] == LATER)

    @cached_property
    def mends(self) -> tuple[str, ...]:
        """The promises among `flips` that hold only now."""
        return tuple(row["name"] for row in self._told if row["flip"] == EARLIER)

    @cached_property
    def slips(self) -> tuple[str, ...]:
        """Features that are later on average, by the harm of it.

        Promises that break come first; then by what lateness costs more (days late, where no feature has a cost of delay);
        then by the chance that a due date loses; then by mean slip.
        """
        later = [row for row in self._told if row["name"] in self._slips and self._slips[row["name"]].is_later]
        return tuple(row["name"] for row in sorted(later, key=self._harm, reverse=True))

    @cached_property
    def gains(self) -> tuple[str, ...]:
        """Features that are earlier on average, the one that gains most first."""
        earlier = [(slip.mean, name) for name, slip in self._slips.items() if slip.is_earlier]
        return tuple(name for _, name in sorted(earlier, key=lambda pair: pair[0]))

    def chance_all_hold(self) -> tuple[float, float]:
        """The share of runs in which every promise is kept, before and after: of all that each roadmap promises, at once."""
        before, after = (float(np.mean(held)) for held in self._all_hold)
        return before, after

    def table(self, level: float = LEVEL) -> pl.DataFrame:
        """A row per feature, in the order of `features`; null where there is nothing to tell.

        before_p85, after_p85 : dates at the level, after which the columns are named
        slip_mean, slip_median, slip_se : working days, as in `Slip`: the mean is inf when some runs lose their finish altogether
        chance_slip : share of runs in which it is later; chance_before, chance_after : of its due date
        flips : a promise that holds in only one of the two; gains : earlier on average
        """
        import polars as pl

        key, column = f"{read_level(level):g}", level_name(level)
        rows = self._tell((level,))
        slips = [self._slips.get(row["name"]) for row in rows]
        floats: dict[str, list[float | None]] = {
            "slip_mean": [None if slip is None else slip.mean for slip in slips],
            "slip_median": [None if slip is None else slip.median for slip in slips],
            "slip_se": [None if slip is None else slip.se for slip in slips],
            "chance_slip": [None if slip is None else slip.later for slip in slips],
            "chance_before": [row["chance_before"] for row in rows],
            "chance_after": [row["chance_after"] for row in rows],
        }
        dates = {
            f"{when}_{column}": [_day(row[f"dates_{when}"].get(key)) for row in rows] for when in ("before", "after")
        }
        flags = {
            "flips": [row["flip"] is not None for row in rows],
            "gains": [slip is not None and slip.is_earlier for slip in slips],
        }
        return pl.DataFrame(
            {"feature": [row["name"] for row in rows]} | dates | floats | flags,
            schema={"feature": pl.String}
            | dict.fromkeys(dates, pl.Date)
            | dict.fromkeys(floats, pl.Float64)
            | dict.fromkeys(flags, pl.Boolean),
        )

    def to_dict(self, levels: Sequence[float] = LEVELS) -> dict[str, Any]:
        """The whole impact as plain values, ready for JSON; None where there is nothing to tell, or no finite number."""
        before, after = self.before.provenance(), self.after.provenance()
        return {
            "schema": 1,
            "provenance": after | {"inputs_sha256_before": before["inputs_sha256"]},
            "portfolio": self._tell_portfolio(),
            "features": self._tell(read_levels(levels)),
            "added": list(self.added),
            "dropped": list(self.dropped),
            "breaks": list(self.breaks),
            "mends": list(self.mends),
            "slips": list(self.slips),
            "gains": list(self.gains),
            "notes": self.notes(),
        }

    def notes(self) -> list[str]:
        """What a reader has to know to trust the dates, before or after the edit."""
        return list(dict.fromkeys([*self.before.notes(), *self.after.notes()]))

    def _tell_portfolio(self) -> dict[str, Any]:
        """What the edit does to all promises at once: the chance to keep them all, expected days late, and their cost."""
        both, (old, new) = self._all_hold, self.chance_all_hold()
        change = both[1].astype(float) - both[0]
        told: dict[str, Any] = {
            "promises_before": len(self.before.roadmap.promises),
            "promises_after": len(self.after.roadmap.promises),
            "all_hold_before": old if self.before.roadmap.promises else None,
            "all_hold_after": new if self.after.roadmap.promises else None,
            "all_hold_change_se": float(change.std(ddof=1)) / math.sqrt(self.runs) if self.runs > 1 else None,
        }
        for when in ("before", "after"):
            days = [row[f"late_days_{when}"] for row in self._told if row[f"is_promise_{when}"]]
            told[f"late_days_{when}"] = None if None in days else sum(days)
            costs = [row[f"late_cost_{when}"] for row in self._told if row[f"is_promise_{when}"]]
            told[f"late_cost_{when}"] = None if None in costs or not self._has_costs else sum(costs)
        return told

    @cached_property
    def _rows(self) -> tuple[dict[str, int], dict[str, int]]:
        before, after = ({name: row for row, name in enumerate(each.features)} for each in (self.before, self.after))
        return before, after

    @cached_property
    def _slips(self) -> dict[str, Slip]:
        """The slip of each feature that both roadmaps have, in the order after the edit."""
        return {name: Slip.of(self.slip(name)) for name in self.after.features if name not in self.added}

    @cached_property
    def _has_costs(self) -> bool:
        return any(
            getattr(each, "cost_of_delay", None) for side in (self.before, self.after) for each in side.roadmap.promises
        )

    @cached_property
    def _all_hold(self) -> tuple[np.ndarray, np.ndarray]:
        """Whether each run keeps every promise, before and after: (runs,) each."""
        before, after = (hold_all(side) for side in (self.before, self.after))
        return before, after

    @cached_property
    def _told(self) -> list[dict[str, Any]]:
        return self._tell((LEVEL,))

    def _known(self, name: str) -> str:
        known = read_name(name, "impact")
        if known not in self._rows[0] and known not in self._rows[1]:
            raise Fault("impact", f"feature {quote(known)}", "in neither roadmap." + did_you_mean(known, self.features))
        return known

    def _tell(self, levels: Sequence[float]) -> list[dict[str, Any]]:
        """What there is to tell of each feature, as plain values."""
        sides = [
            {each["name"]: each for each in side.to_dict(levels)["features"]} for side in (self.before, self.after)
        ]
        return [self._tell_feature(name, sides[0].get(name), sides[1].get(name)) for name in self.features]

    def _tell_feature(self, name: str, old: dict[str, Any] | None, new: dict[str, Any] | None) -> dict[str, Any]:
        told: dict[str, Any] = {
            "name": name,
            "change": "added" if old is None else "dropped" if new is None else None,
            "rank_before": old and self._rows[0][name] + 1,
            "rank_after": new and self._rows[1][name] + 1,
        }
        holds = []
        for when, side, forecast in (("before", old, self.before), ("after", new, self.after)):
            is_promise = side is not None and side["is_promise"]
            holds.append(is_promise and side is not None and side["chance"] >= forecast.roadmap.promise_level)
            for key in ("due", "chance", "chance_se", "certain", "overdue", "never"):
                told[f"{key}_{when}"] = side and side[key]
            late = _days_late(forecast, name) if is_promise else None
            cost = (getattr(forecast.roadmap.feature(name), "cost_of_delay", None) or 0.0) if is_promise else None
            told |= {
                f"is_promise_{when}": is_promise,
                f"holds_{when}": holds[-1] if is_promise else None,
                f"late_days_{when}": late,
                f"late_cost_{when}": None if late is None or cost is None else late / WEEK * cost,
                f"dates_{when}": side["dates"] if side else {},
            }
        is_judged = told["is_promise_before"] and told["is_promise_after"]
        told["flip"] = (LATER if holds[0] else EARLIER) if is_judged and holds[0] != holds[1] else None
        told["slip"] = self._slips[name].to_dict() if name in self._slips else None
        return told

    def _harm(self, row: dict[str, Any]) -> tuple[float, ...]:
        slip = self._slips[row["name"]]
        late, lost = 0.0, 0.0
        if row["is_promise_after"]:
            key = "late_cost" if self._has_costs else "late_days"
            new = row[f"{key}_after"]
            late = math.inf if new is None else new - (row[f"{key}_before"] or 0.0)
        if row["chance_before"] is not None and row["chance_after"] is not None:
            lost = row["chance_before"] - row["chance_after"]
        return float(row["flip"] == LATER), late, lost, math.inf if math.isnan(slip.mean) else slip.mean


def compare(before: Forecast, after: Forecast) -> Impact:
    """The impact of an edit: two forecasts of the same luck, run by run.

    `before.again(roadmap)` gives the second one. Raises Fault when the two differ in seed, runs, model, history, horizon or
    calendar (start, days off of the company, sprints of a team), saying which: then their runs are not pairs. A team's
    capacity, its own days off and its way of working may differ: these are edits.
    """
    for side in (before, after):
        if not isinstance(side, Forecast):
            raise Fault("compare", quote(side), "give two forecasts, as simulate and again make them")
        if side.joint:
            raise Fault(
                "compare", f"the joint forecast of {quote(side.joint[0])}", "give the forecasts it was made from"
            )
    differences = list(_differences(before, after))
    if differences:
        way_out = "only runs of equal luck can be compared; before.again(roadmap) makes them"
        raise Fault("compare", "; ".join(differences), way_out)
    return Impact(before, after)


def _differences(before: Forecast, after: Forecast) -> Iterator[str]:
    """What keeps the runs of two forecasts from being pairs."""
    for what, old, new in (
        ("seed", before.seed, after.seed),
        ("runs", f"{before.runs:,}", f"{after.runs:,}"),
        ("model", before.model.describe(), after.model.describe()),
        ("horizon", f"{before.horizon:g} working days", f"{after.horizon:g} working days"),
        ("start", before.roadmap.start, after.roadmap.start),
    ):
        if old != new:
            yield f"{what}: {old} before, {new} after"
    if before.history != after.history:
        yield "history: not the same before and after"
    days = set(before.roadmap.days_off) ^ set(after.roadmap.days_off)
    if days:
        yield f"days_off: {min(days)} is one on one side only"
    grids = [
        {team.name: _find_grid(side.roadmap, team.name) for team in side.roadmap.teams} for side in (before, after)
    ]
    for team, grid in grids[0].items():
        if grids[1].get(team, grid) != grid:
            yield f"sprints of team {quote(team)}: not the same before and after"


def _find_grid(roadmap: Roadmap, name: str) -> tuple[int, int]:
    """Calendar days of a team's sprints, and how many of the one that holds the start lie before it."""
    team = next(team for team in roadmap.teams if team.name == name)
    days = team.sprint_days or roadmap.sprint_days
    return days, (roadmap.start - (team.sprint_start or roadmap.start)).days % days


def hold_all(forecast: Forecast) -> np.ndarray:
    """Whether each run keeps every promise of a forecast's roadmap: (runs,)."""
    held = np.ones(forecast.runs, bool)
    for row, feature in enumerate(forecast.roadmap.features):
        if feature.is_promise and feature.due is not None:
            held &= np.maximum(np.ceil(forecast.finish[row]), 1) <= forecast.roadmap.clock.days_until(feature.due)
    return held


def _days_late(forecast: Forecast, name: str) -> float | None:
    """Working days that a feature is expected to be finished after its due date; None when some runs never finish it."""
    feature, row = forecast.roadmap.feature(name), forecast.features.index(name)
    due = forecast.roadmap.clock.days_until(feature.due) if feature.due else 0
    late = float(np.maximum(np.maximum(np.ceil(forecast.finish[row]), 1) - due, 0).mean())
    return late if math.isfinite(late) else None


def _day(date: str | None) -> dt.date | None:
    return None if date is None else dt.date.fromisoformat(date)
