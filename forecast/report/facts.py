"""Facts: everything that a report tells, as plain values; what its `forecast.json` holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from forecast.allocation import Allocation, allocate
from forecast.backtesting import backtest
from forecast.cadence import plan_cadence
from forecast.checkup import Checkup
from forecast.commitment import Commitment
from forecast.dates import Dateish
from forecast.errors import Fault
from forecast.explanation import Explanation, explain
from forecast.impact import Impact, compare, hold_all
from forecast.impact_wording import tell
from forecast.inspection import check
from forecast.outcome import LEVELS, Forecast
from forecast.positions import Frontier, frontier
from forecast.values import read_levels
from forecast.verdict import Backtest
from forecast.whatif import WhatIf
from forecast.wording import Told, holds

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Facts:
    """What a report is made of.

    told : `Forecast.to_dict` with "why" of each feature, "portfolio", "objectives", "check", "backtest", "what_ifs" and
        "quarters"
    levels : those that are columns; told["features"] has the promise level as well
    impacts : one a what-if, in the order of told["what_ifs"]; frontiers : likewise, None where no ranks were tried
    """

    title: str
    forecast: Forecast
    levels: tuple[float, ...]
    told: Told
    explanation: Explanation
    checkup: Checkup
    backtest: Backtest | None
    impacts: tuple[Impact, ...]
    frontiers: tuple[Frontier | None, ...]
    quarters: tuple[Quarter, ...]

    @property
    def bars(self) -> tuple[float, ...]:
        """The three levels of the bars of the roadmap: those that are asked for, where they are three and rise."""
        rises = len(self.levels) == 3 and list(self.levels) == sorted(self.levels)
        return tuple(self.levels) if rises else LEVELS


@dataclass(frozen=True, eq=False)
class Quarter:
    """What can be promised by a day, and who gets the capacity until then."""

    commitment: Commitment
    allocation: Allocation

    def to_dict(self) -> Told:
        """Plain values, ready for JSON."""
        return {"commitment": self.commitment.to_dict(), "allocation": self.allocation.to_dict()}


def find_facts(
    forecast: Forecast,
    *,
    title: str = "",
    levels: Sequence[float] = LEVELS,
    checkup: Checkup | None = None,
    what_ifs: Sequence[WhatIf] = (),
    everywhere: bool = False,
    by: Sequence[Dateish] = (),
    progress: Progress | None = None,
) -> Facts:
    """Everything that a report of a forecast tells, simulated where it takes that, with the same seed, runs and model.

    checkup : of the files that it came from; None examines the roadmap and the history
    everywhere : try the one feature that a what-if adds or moves at every rank
    by : days by which something is to be promised
    progress : called with (steps done, all steps)
    """
    step = _count_steps(progress, 4 + len(what_ifs) + bool(by))
    levels = read_levels(levels)
    told = forecast.to_dict(tuple(sorted({*levels, forecast.roadmap.promise_level})))
    step()
    explanation = explain(forecast)
    for feature, why in zip(told["features"], explanation.to_list(), strict=True):
        feature["why"] = {key: value for key, value in why.items() if key != "name"}
    step()
    checkup = checkup or check(forecast.roadmap, forecast.history, throughput=forecast.model, seed=forecast.seed)
    told["check"] = checkup.to_dict()
    step()
    tested = _test_past(forecast)
    told["backtest"] = tested and tested.to_dict()["summary"]
    step()
    told["portfolio"] = _tell_portfolio(forecast, told)
    told["objectives"] = _tell_objectives(forecast, told)
    impacts, frontiers, told["what_ifs"] = _ask(forecast, what_ifs, levels, everywhere, step)
    quarters = _plan_quarters(forecast, by)
    told["quarters"] = [quarter.to_dict() for quarter in quarters]
    if by:
        step()
    return Facts(title, forecast, levels, told, explanation, checkup, tested, impacts, frontiers, quarters)


def _ask(
    forecast: Forecast, what_ifs: Sequence[WhatIf], levels: Sequence[float], everywhere: bool, step: Callable[[], None]
) -> tuple[tuple[Impact, ...], tuple[Frontier | None, ...], list[Told]]:
    """What each what-if does, at every rank as well if wanted, and what there is to tell of it."""
    impacts, frontiers, listed = [], [], []
    for what_if in what_ifs:
        impacts.append(compare(forecast, forecast.again(what_if.apply(forecast.roadmap))))
        frontiers.append(_try_everywhere(forecast, what_if) if everywhere else None)
        ranks = frontiers[-1] and frontiers[-1].to_dict()
        listed.append(tell(impacts[-1], what_if, levels) | {"frontier": ranks})
        step()
    return tuple(impacts), tuple(frontiers), listed


def _plan_quarters(forecast: Forecast, by: Sequence[Dateish]) -> tuple[Quarter, ...]:
    """The promises of each day, the earliest first; later ones keep those of earlier ones."""
    if not by:
        return ()
    days = plan_cadence(forecast, by=by).commitments
    return tuple(Quarter(each, allocate(forecast, by=each.by)) for each in days)


def _try_everywhere(forecast: Forecast, what_if: WhatIf) -> Frontier | None:
    """The feature that a what-if adds or moves, at every rank; None where it does so with none, or with several."""
    if what_if.tried is None:
        return None
    feature, then = what_if.tried
    return frontier(forecast, feature, then=then)


def _count_steps(progress: Progress | None, steps: int) -> Callable[[], None]:
    """What is called after each step, and tells how far it is."""
    done = iter(range(1, steps + 1))
    return lambda: None if progress is None else progress(next(done), steps)


def _test_past(forecast: Forecast) -> Backtest | None:
    """The backtest of the model on the history; None where there is not enough of it even to ask."""
    try:
        return backtest(forecast.history, models=forecast.model, seed=forecast.seed)
    except Fault:
        return None


def _joint_dates(forecast: Forecast, names: Sequence[str], told: Told) -> dict[str, str | None]:
    """When all of these are done, at each level that is told."""
    joint = forecast.together(names)
    dates = {key: joint.date(float(key)) for key in told["features"][0]["dates"]}
    return {key: None if date is None else date.isoformat() for key, date in dates.items()}


def _tell_portfolio(forecast: Forecast, told: Told) -> Told:
    promises = [feature for feature in told["features"] if feature["is_promise"]]
    level = forecast.roadmap.promise_level
    return {
        "features": len(told["features"]),
        "promises": len(promises),
        "kept": sum(holds(feature, level) for feature in promises),
        "all_hold": float(hold_all(forecast).mean()) if promises else None,
        "done": _joint_dates(forecast, forecast.features, told) if told["features"] else {f"{level:g}": None},
    }


def _tell_objectives(forecast: Forecast, told: Told) -> list[Told]:
    """Each objective with its features, promises and joint dates, in roadmap order; what serves none is left out."""
    groups: dict[str, list[Told]] = {}
    for feature in told["features"]:
        for objective in feature["objectives"]:
            groups.setdefault(objective, []).append(feature)
    level = forecast.roadmap.promise_level
    return [
        {
            "name": objective,
            "features": len(rows),
            "promises": sum(row["is_promise"] for row in rows),
            "kept": sum(row["is_promise"] and holds(row, level) for row in rows),
            "done": _joint_dates(forecast, [row["name"] for row in rows], told),
        }
        for objective, rows in groups.items()
    ]


def plain(told: Any) -> Any:
    """Plain values without what JSON cannot say: a number that is not finite becomes None."""
    if isinstance(told, dict):
        return {key: plain(value) for key, value in told.items()}
    if isinstance(told, list | tuple):
        return [plain(value) for value in told]
    if isinstance(told, float) and told - told != 0:
        return None
    return told
