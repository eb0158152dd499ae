"""Burn-up: what is finished so far, and how much more at each level of certainty, sprint by sprint."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from forecast.arrays import Floats, Luck, Plan
from forecast.errors import Fault, did_you_mean, quote
from forecast.history import Sprint
from forecast.outcome import Forecast
from forecast.simulation import LEAST_CHUNK, Job
from forecast.tally import runs_needed
from forecast.values import read_levels, read_name

FAN = (0.05, 0.15, 0.50, 0.85, 0.95)
LEAST_AHEAD, MOST_AHEAD = 6, 40
MOST_PAST = 26
CHUNK_BYTES = 16_000_000


@dataclass(frozen=True, eq=False)
class BurnUp:
    """What a team can finish, added up sprint by sprint; or, without a team, how many features of the roadmap are finished.

    team : empty for the whole roadmap
    past : (last day, finished in all so far) of past sprints; days are None for sprints without dates
    ends : last days of the sprints to come; levels : rising
    done : (levels, ends) finished in all, at least so much at that level, from the start of the forecast on
    work : what is on the roadmap: at most so much, at each level (levels,)
    """

    team: str
    past: tuple[tuple[dt.date | None, float], ...]
    ends: tuple[dt.date, ...]
    levels: tuple[float, ...]
    done: Floats
    work: Floats


def burn_up(forecast: Forecast, team: str | None = None, levels: Sequence[float] = FAN) -> BurnUp:
    """The burn-up of a team: its capacity for the roadmap in the simulated futures; of the roadmap, when no team is named.

    A team's is what it can finish when it is never kept waiting, planned changes and days off taken into account, beside
    the work that is planned for it, growth and risks included. Raises Fault for an unknown team or a joint forecast.
    """
    if forecast.joint:
        raise Fault(
            "burn-up", f"the joint forecast of {quote(forecast.joint[0])}", "ask the forecast that it came from"
        )
    levels = tuple(sorted(read_levels(levels)))
    if team is None:
        return _of_roadmap(forecast, levels)
    names = [each.name for each in forecast.roadmap.teams]
    team = read_name(team, "burn-up")
    if team not in names:
        raise Fault("burn-up", f"team = {quote(team)}", "no such team in the roadmap." + did_you_mean(team, names))
    return _of_team(forecast, names.index(team), levels)


def _of_roadmap(forecast: Forecast, levels: tuple[float, ...]) -> BurnUp:
    clock = forecast.roadmap.clock
    finite = forecast.finish[np.isfinite(forecast.finish)]
    last = float(np.quantile(finite, 0.99)) if len(finite) else 1.0
    step = max(1, int(np.ceil(last / MOST_AHEAD / 5)) * 5)
    ends = clock.dates((int(np.ceil(last)) // step + 1) * step)[step - 1 :: step]
    counted = [np.sort(forecast.counts(by=end)) for end in ends]
    done = [[float(each[forecast.runs - runs_needed(level, forecast.runs)]) for each in counted] for level in levels]
    return BurnUp("", (), tuple(ends), levels, np.array(done), np.full(len(levels), float(len(forecast.features))))


def _of_team(forecast: Forecast, team: int, levels: tuple[float, ...]) -> BurnUp:
    name = forecast.roadmap.teams[team].name
    job = Job(forecast.roadmap, forecast.history, forecast.model, forecast.seed, ())
    plan, dice = job.stage(_look_ahead(forecast, name))
    starts = np.unique(plan.sprint_from[plan.team_cadence[team]])
    days = starts[(starts > 0) & np.isfinite(starts)].astype(np.int64)[:MOST_AHEAD]
    own = slice(plan.team_part[team], plan.team_part[team + 1])
    done, work = np.empty((len(days), forecast.runs)), np.empty(forecast.runs)
    size = max(LEAST_CHUNK, CHUNK_BYTES // (8 * len(plan.team_cadence) * plan.edges.shape[1]))
    for lo in range(0, forecast.runs, size):
        runs = np.arange(lo, min(lo + size, forecast.runs), dtype=np.int64)
        luck = dice.roll(runs)
        done[:, runs] = _capacity_at(plan, luck, team, days)
        work[runs] = luck.size[:, own].sum(axis=1)
    done.sort(axis=1)
    work.sort()
    needed = [runs_needed(level, forecast.runs) for level in levels]
    dates = forecast.roadmap.clock.dates(int(days[-1])) if len(days) else []
    return BurnUp(
        team=name,
        past=_add_up(forecast.history.of(name)),
        ends=tuple(dates[day - 1] for day in days),
        levels=levels,
        done=np.array([done[:, forecast.runs - count] for count in needed]),
        work=np.array([work[count - 1] for count in needed]),
    )


def _look_ahead(forecast: Forecast, team: str) -> float:
    """Working days until the team's work is very likely over, within bounds."""
    rows = [row for row, feature in enumerate(forecast.roadmap.features) if team in getattr(feature, "work", ())]
    latest = forecast.finish[rows].max(axis=0, initial=0.0)
    finite = latest[np.isfinite(latest)]
    days = float(np.quantile(finite, 0.95)) if len(finite) else 0.0
    own = next(each for each in forecast.roadmap.teams if each.name == team)
    sprint = max(1.0, (own.sprint_days or forecast.roadmap.sprint_days) * 5 / 7)
    return float(np.ceil(min(max(days, LEAST_AHEAD * sprint) + sprint, MOST_AHEAD * sprint, forecast.horizon + sprint)))


def _capacity_at(plan: Plan, luck: Luck, team: int, days: np.ndarray) -> Floats:
    """Cumulated capacity of a team by the end of some days, which are edges of its segments: (days, R)."""
    edges = plan.edges[plan.team_cadence[team]]
    return np.asarray(luck.capacity[:, team, np.searchsorted(edges, days)].T)


def _add_up(rows: Sequence[Sprint]) -> tuple[tuple[dt.date | None, float], ...]:
    shown = rows[-MOST_PAST:]
    return tuple(zip([row.end for row in shown], accumulate(row.done for row in shown), strict=True))
