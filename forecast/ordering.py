"""Ordering: a better priority order for a stated aim, found by simulation and confirmed on fresh runs.

The method. Orders are tried on the first runs of the forecast, all with the same luck. Where few enough are allowed, all are.
Otherwise two climbs, one from the given order and one from a rule of thumb (weighted shortest job first; for promises, the
earliest due first), move one feature at a time, with what it waits for, near and far, and keep what is clearly better; where no
single move is, two features change places; until a stated number of orders is tried. The best, the two starts and the shortest
way to most of the gain then meet on all runs of the forecast; the winner is certified with another seed, so that what was chosen
for its luck is found out. What is not better there by two standard errors is not proposed. It stops after trials, never after a
time, so that the answer is the same everywhere. Few runs first and fresh ones to confirm: Nelson, Swann, Goldsman, Song,
Operations Research 49, 2001; insertions as the steps: Schiavinotto and Stuetzle, "A review of metrics on permutations",
Computers & Operations Research 34, 2007.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.aim import DELAY, PROMISES, VALUE, Aim, read_aim
from forecast.arrangement import Arrangement, Order, count_moved
from forecast.arrays import Floats
from forecast.climbing import Climb, find_urgency
from forecast.dates import Dateish
from forecast.errors import Fault, quote
from forecast.feature import Feature
from forecast.impact import Impact, compare
from forecast.outcome import LEVELS, Forecast, level_name
from forecast.pledges import find_pledges
from forecast.rehearsal import Rehearsal
from forecast.roadmap import Roadmap
from forecast.route import Fresh, Move, Step, arrange, find_route, sort_back, tell_moves
from forecast.values import read_count, read_fresh_seed

if TYPE_CHECKING:
    import polars as pl

TRIALS, MOST_TRIALS = 1000, 100_000
LEAST_RUNS = 200
WORK = 2e7
"""Parts that are played in all trials together, from which the runs of a trial follow."""

RUN_PARTS = 5
"""What a run costs besides its parts, in parts."""

SHORTLIST = 8
"""Orders that meet on all runs of the forecast, at least, where all were tried."""

ERRORS = 2
"""Standard errors by which fresh runs have to show a gain."""

SMALL = 0.005
"""A gain below this share of what the given order brings (of promises: of a chance) is no reason to change an order."""


@dataclass(frozen=True, eq=False)
class Ordering:
    """A better order, or the given one where none was found. `order` makes it.

    aim : what was aimed at; roadmap : in the order that is proposed; pins : the features that kept their rank
    impact : what it does to everything, on fresh runs: the given order (before) against the proposed one (after)
    before, after, gain, gain_se : of the aim, on these runs; the gain is positive where the proposed order is better
    is_better : False when nothing better was found: then the proposed order is the given one
    kept : promises that count and are kept, on average, before and after; None for another aim
    moves : the few moves that make most of the gain, as far as moves of single features do
    moved : features that change places in all
    tried : orders that were tried to find it, besides those that tell its moves apart; runs : the runs of a trial
    is_complete : every order that is allowed was tried
    candidate_gain, candidate_se : of the best that was found, on the fresh runs, also where it is not proposed; None without one
    """

    aim: Aim
    roadmap: Roadmap
    pins: tuple[str, ...]
    impact: Impact
    before: float
    after: float
    gain: float
    gain_se: float
    is_better: bool
    kept: tuple[float, float] | None
    moves: tuple[Move, ...]
    moved: int
    tried: int
    runs: int
    is_complete: bool
    candidate_gain: float | None
    candidate_se: float | None

    @property
    def names(self) -> tuple[str, ...]:
        """The features in the order that is proposed."""
        return tuple(feature.name for feature in self.roadmap.features)

    @property
    def is_small(self) -> bool:
        """True when the proposed order is better, but by less than half a percent, or half a point of a chance."""
        if not self.is_better:
            return False
        if self.kept is None:
            return self.gain < SMALL * abs(self.before)
        return self.gain < SMALL and self.kept[1] - self.kept[0] < SMALL * self.kept[0]

    @property
    def weights(self) -> dict[str, float]:
        """What each feature counts, in the order that is proposed: its value, its cost of delay a week, or 1 for a promise."""
        given = self.impact.before.features
        return {name: float(self.aim.weights[given.index(name)]) for name in self.names}

    @property
    def unvalued(self) -> tuple[str, ...]:
        """Features that count the mean of the others' values, since they have none."""
        return find_pledges(self.roadmap).unvalued if self.aim.kind == VALUE else ()

    @property
    def worthless(self) -> tuple[str, ...]:
        """Features with work that count nothing, since others have a cost of delay and they have none."""
        if self.aim.kind != DELAY or not self.aim.is_stated:
            return ()
        return tuple(
            each.name
            for each in self.roadmap.features
            if isinstance(each, Feature) and each.work and each.cost_of_delay is None
        )

    def table(self) -> pl.DataFrame:
        """A row per feature in the proposed order.

        rank, feature, rank_before, before_p85, after_p85 (at the roadmap's promise level), slip_mean, slip_se, chance_before,
        chance_after (of its due date)
        """
        import polars as pl

        level = self.roadmap.promise_level
        table = self.impact.table(level)
        columns = [f"{when}_{level_name(level)}" for when in ("before", "after")]
        given = {feature.name: rank for rank, feature in enumerate(self.impact.before.roadmap.features, start=1)}
        ranks = pl.DataFrame(
            {
                "rank": range(1, len(given) + 1),
                "feature": self.names,
                "rank_before": [given[name] for name in self.names],
            },
            schema={"rank": pl.Int64, "feature": pl.String, "rank_before": pl.Int64},
        )
        told = table.select("feature", *columns, "slip_mean", "slip_se", "chance_before", "chance_after")
        return ranks.join(told, on="feature", how="left", maintain_order="left")

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        level = self.roadmap.promise_level
        impact = self.impact.to_dict(tuple(dict.fromkeys([*LEVELS, level])))
        plain = ("before", "after", "gain", "gain_se", "is_better", "is_small", "moved", "tried", "runs", "is_complete")
        return {
            "schema": 1,
            "provenance": impact["provenance"],
            "aim": self.aim.kind,
            "by": self.aim.by.isoformat(),
            "is_stated": self.aim.is_stated,
            "pins": list(self.pins),
            "weights": self.weights,
            "unvalued": list(self.unvalued),
            "worthless": list(self.worthless),
            **{("trial_runs" if key == "runs" else key): getattr(self, key) for key in plain},
            "kept_before": self.kept and self.kept[0],
            "kept_after": self.kept and self.kept[1],
            "promises": int(self.aim.weights.sum()) if self.kept else None,
            "candidate_gain": self.candidate_gain,
            "candidate_se": self.candidate_se if math.isfinite(self.candidate_se or 0.0) else None,
            "order": list(self.names),
            "moves": [move.to_dict() for move in self.moves],
            "impact": impact,
            "notes": impact["notes"],
        }


def order(
    forecast: Forecast,
    aim: str,
    *,
    by: Dateish | None = None,
    pins: Sequence[str] = (),
    seed: int | None = None,
    runs: int | None = None,
    trials: int = TRIALS,
    progress: Callable[[int, int], None] | None = None,
) -> Ordering:
    """A better priority order of a roadmap's features, or the given one where none is found: an `Ordering`.

    aim : "value" delivered by a day, cost of "delay" until then, or "promises" kept together
    by : the last day that counts, or a quarter; needed for value. For delay None is the day by which 95 % of the runs are done,
        for promises None takes all of them
    pins : features that keep their rank. None is put above what it waits for, unless it stands there already
    seed : of the fresh runs, as many as the forecast has; None takes the next one, and it cannot be the same
    runs : of a trial; None: as many as about ten seconds allow on one core, at least 200
    trials : orders that are tried at most
    progress : called with (orders tried, most orders)

    Raises Fault when an argument is out of range, and when there is nothing to aim at.
    """
    if not isinstance(forecast, Forecast) or forecast.joint or forecast.is_alone:
        raise Fault("order", quote(forecast)[:80], "give a forecast of the whole roadmap, as simulate makes it")
    goal = read_aim(forecast, aim, by)
    arrangement = Arrangement.of(forecast.roadmap, pins)
    trials = read_count(trials, "order", "trials", least=1, most=MOST_TRIALS)
    every = arrangement.list_all(trials)
    runs = (
        _find_runs(forecast, len(every or ()) or trials) if runs is None else read_count(runs, "order", "runs", least=1)
    )
    fresh = Fresh.of(forecast, goal, read_fresh_seed(seed, forecast.seed, "order"))
    rehearsal = Rehearsal(forecast, runs, goal.horizon)
    climb = Climb(arrangement, goal, rehearsal, len(every) if every else trials, progress)
    try:
        best = _search(forecast, goal, climb, every)
        tried = climb.tried
        path = find_route(climb, best)
    finally:
        rehearsal.close()
    winner = _race(forecast, goal, arrangement, [*best, *(step.after for step in path)])
    return _certify(fresh, arrangement, winner, path, tried, rehearsal.runs, every is not None)


def _find_runs(forecast: Forecast, trials: int) -> int:
    return min(max(int(WORK / (trials * (_count_parts(forecast) + RUN_PARTS))), LEAST_RUNS), forecast.runs)


def _count_parts(forecast: Forecast) -> int:
    return sum(len(getattr(feature, "work", ())) for feature in forecast.roadmap.features)


def _search(forecast: Forecast, aim: Aim, climb: Climb, every: list[Order] | None) -> list[Order]:
    """The orders that seem best, the best first; the given one is the last."""
    arrangement = climb.arrangement
    given = climb.try_order(arrangement.given)
    if every is not None:
        tried = {
            climb.try_order(each).order: None for each in sorted(every, key=lambda each: (count_moved(each), each))
        }
        ranked = sorted((climb.try_order(each) for each in tried), key=lambda each: -each.mean)
        most = max(SHORTLIST, int(WORK / 4 / (forecast.runs * (_count_parts(forecast) + RUN_PARTS))))
        return [each.order for each in ranked[:most] if each is not given] + [given.order]
    thumb = arrangement.sort(find_urgency(aim, _find_effort(forecast), arrangement))
    starts = [given] if thumb is None else [given, climb.try_order(thumb)]
    guide = arrangement.given if thumb is None else thumb
    half = climb.tried + (climb.limit - climb.tried) // len(starts)
    found = [climb.climb(given, guide, half)]
    if thumb is not None:
        found.append(climb.climb(starts[1], arrangement.given, climb.limit))
    found.append(climb.polish(max(found, key=lambda each: each.mean), guide))
    ranked = sorted({each.order: each for each in [*found, *starts]}.values(), key=lambda each: -each.mean)
    return [each.order for each in ranked if each is not given] + [given.order]


def _find_effort(forecast: Forecast) -> Floats:
    """Expected working days of each feature if one team after another did its parts, before growth: (F,)."""
    pace: dict[str, float] = {}
    roadmap = forecast.roadmap
    for team in roadmap.teams:
        used = forecast.model.used(forecast.history, team.name)
        done = sum(row.done for row in used) / len(used) if used else 0.0
        pace[team.name] = done * team.share / 10 or 1.0
    return np.array(
        [
            sum(part.left(part.size.mean) / pace[team] for team, part in getattr(feature, "work", {}).items())
            for feature in roadmap.features
        ],
        np.float64,
    )


def _race(forecast: Forecast, aim: Aim, arrangement: Arrangement, orders: Sequence[Order]) -> Order:
    """The best of some orders on all runs of the forecast; of equals, the one with the fewest moves."""
    judged = []
    for each in dict.fromkeys([*orders, arrangement.given]):
        played = forecast if each == arrangement.given else forecast.again(arrange(forecast.roadmap, each))
        finish = sort_back(each, played)
        worth = aim.sign * float(aim.judge(finish).mean()), float(aim.guide(finish).mean())
        judged.append(([-round(number, 12) for number in worth], count_moved(each), each))
    return min(judged)[-1]


def _certify(
    fresh: Fresh,
    arrangement: Arrangement,
    winner: Order,
    path: Sequence[Step],
    tried: int,
    runs: int,
    is_complete: bool,
) -> Ordering:
    """What fresh runs say of the order that won; the given order when they do not say that it is better."""
    given = arrangement.given
    played = fresh.given if winner == given else fresh.play(winner)
    gain, guide = fresh.judge(winner, played)
    is_better = winner != given and _is_clear(gain, guide)
    candidate = (float(gain.mean()), _error(gain)) if winner != given else (None, None)
    if not is_better:
        winner, played, gain = given, fresh.given, np.zeros_like(gain)
    mean = float(gain.mean())
    before = float(fresh.worth.mean())
    return Ordering(
        aim=fresh.aim,
        roadmap=played.roadmap,
        pins=tuple(arrangement.names[at] for at in sorted(arrangement.pinned)),
        impact=compare(fresh.given, played),
        before=before,
        after=before + fresh.aim.sign * mean,
        gain=mean,
        gain_se=_error(gain) if is_better else 0.0,
        is_better=is_better,
        kept=_count_kept(fresh, winner, played),
        moves=tuple(tell_moves(fresh, arrangement, path, mean)) if is_better and mean > 0 else (),
        moved=count_moved(winner),
        tried=tried,
        runs=runs,
        is_complete=is_complete,
        candidate_gain=candidate[0],
        candidate_se=candidate[1],
    )


def _is_clear(gain: Floats, guide: Floats) -> bool:
    """Whether a gain is more than luck; where the aim itself does not move, whether what leads to it does."""
    if float(gain.mean()) > ERRORS * _error(gain):
        return True
    return float(gain.mean()) >= 0 and not gain.any() and float(guide.mean()) > ERRORS * _error(guide)


def _count_kept(fresh: Fresh, order: Order, played: Forecast) -> tuple[float, float] | None:
    aim = fresh.aim
    if aim.kind != PROMISES:
        return None
    before, after = (
        float((aim.weights @ (np.maximum(np.ceil(finish), 1) <= aim.due[:, None])).mean())
        for finish in (fresh.given.finish, sort_back(order, played))
    )
    return before, after


def _error(gain: Floats) -> float:
    return float(gain.std(ddof=1)) / math.sqrt(len(gain)) if len(gain) > 1 else math.inf
