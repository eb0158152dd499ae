"""Allocation: the share of the capacity that each objective really gets until a date, against what it should get.

What is spent and what is lost is booked run by run (`ledger`), so the shares are distributions. Enforcing targets means lanes of
those shares in every team (`Team.allocation`); it is compared with pure priority order under equal luck (`compare`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.arrays import Floats
from forecast.dates import Dateish
from forecast.errors import Fault, point_out, quote
from forecast.impact import Impact, compare
from forecast.ledger import Reason
from forecast.outcome import LEVELS, Forecast
from forecast.roadmap import Roadmap
from forecast.spending import Objective, Progress, Spending, keep_books, list_objectives, read_day, weigh
from forecast.tally import runs_needed
from forecast.team import Team

if TYPE_CHECKING:
    import polars as pl

BAND = 0.85
"""The share of the runs that lie within a band; as many lie below it as above."""

MOST_BLAMED = 5
"""Of what holds up a team, these many are told by name."""

MET = 1e-9


@dataclass(frozen=True)
class Band:
    """A share over all runs that have one; nan when none has.

    median; low, high : shares that a run had; the middle 85 % of the runs lie between the last two, both included
    mean : over the runs, so that the means of what is spent and of what is lost add up to 1
    """

    median: float
    low: float
    high: float
    mean: float

    @classmethod
    def of(cls, shares: Floats) -> Band:
        """The band of the shares (R,) of runs; a run without capacity has nan and does not count."""
        known = np.sort(shares[np.isfinite(shares)])
        if not len(known):
            return cls(*[float("nan")] * 4)
        low, middle, high = (
            float(known[runs_needed(level, len(known)) - 1]) for level in ((1 - BAND) / 2, 0.5, (1 + BAND) / 2)
        )
        return cls(middle, low, high, float(known.mean()))

    def to_dict(self) -> dict[str, float | None]:
        """Plain values, ready for JSON; None without a run that has a share."""
        told = {"median": self.median, "low": self.low, "high": self.high, "mean": self.mean}
        return {key: _plain(value) for key, value in told.items()}


@dataclass(frozen=True, eq=False)
class Allocation:
    """Who gets the capacity until a date. `allocate` makes it.

    forecast : the roadmap as it is; by : the last day that counts
    targets : of each team, objective -> share of its capacity; None under an objective's name is not used: what is left below 1
        is for all others. Empty for a team without targets
    are_given : the targets were given, the same for all teams; otherwise they are the teams' own
    actual : where the capacity goes as it is; enforced : when the targets are enforced, None without targets
    impact : dates when the targets are enforced (after) against pure priority order (before); None without targets
    """

    forecast: Forecast
    by: dt.date
    targets: Mapping[str, Mapping[str, float]]
    are_given: bool
    actual: Spending
    enforced: Spending | None
    impact: Impact | None

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """Those with a target, then all that work serves; None, the last, stands for work that serves none."""
        return self.actual.objectives

    def share(self, objective: Objective, team: str | None = None) -> Floats:
        """The share of a team's capacity (None: of all teams') that an objective gets, in each run: (R,).

        nan in a run without any capacity. Teams count by their working time (see `Spending.shares`).
        """
        return self.actual.on(self._known(objective), self._rows(team))

    def lost(self, team: str | None = None) -> Floats:
        """The share of a team's capacity (None: of all teams') that nobody could use, in each run: (R,)."""
        return self.actual.wasted(self._rows(team))

    def target(self, objective: Objective, team: str | None = None) -> float | None:
        """The share that an objective should get of a team's capacity; of all teams' when each of them has targets."""
        if team is not None:
            return _aim(self.targets[self.actual.teams[self._rows(team)[0]]], objective)
        rows = [row for row in self._rows(None) if self.actual.days[row] > 0]
        shares = [_aim(self.targets[self.actual.teams[row]], objective) for row in rows]
        if not rows or any(share is None for share in shares):
            return None
        days = self.actual.days[rows]
        return float(days @ np.array(shares, np.float64) / days.sum())

    def table(self) -> pl.DataFrame:
        """A row per team and objective, and one for what is lost; first those of all teams, whose team is null.

        team, kind ("objective", "no objective" or "lost"), objective, target, median, low, high, mean, chance_met, and
        enforced_median, enforced_low, enforced_high, enforced_mean: when the targets are enforced
        """
        import polars as pl

        rows = []
        for team in self.to_dict()["capacity"]:
            lost = {"kind": "lost", "objective": None, "target": None, "chance_met": None, **team["lost"]}
            for each in [*team["objectives"], lost]:
                enforced = each["enforced"] or {}
                rows.append(
                    {"team": team["team"], "kind": each["kind"], "objective": each["objective"]}
                    | {key: each[key] for key in ("target", "median", "low", "high", "mean", "chance_met")}
                    | {f"enforced_{key}": enforced.get(key) for key in ("median", "low", "high", "mean")}
                )
        texts = dict.fromkeys(("team", "kind", "objective"), pl.String)
        numbers = ("target", "median", "low", "high", "mean", "chance_met")
        enforced = [f"enforced_{key}" for key in ("median", "low", "high", "mean")]
        return pl.DataFrame(rows, schema=texts | dict.fromkeys([*numbers, *enforced], pl.Float64))

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON: shares are of 1, and None where there is nothing to tell."""
        level = self.forecast.roadmap.promise_level
        return {
            "schema": 1,
            "provenance": self.forecast.provenance(),
            "by": self.by.isoformat(),
            "working_days": self.actual.day,
            "band": BAND,
            "has_targets": bool(self.enforced),
            "are_given": self.are_given,
            "capacity": [self._tell(None), *(self._tell(team) for team in self.actual.teams)],
            "impact": self.impact and self.impact.to_dict(tuple(dict.fromkeys([*LEVELS, level]))),
            "notes": [*self.notes(), *self.forecast.notes()],
        }

    def notes(self) -> list[str]:
        """What is in the targets and on no feature, and the other way round."""
        features = self.forecast.roadmap.features
        served = dict.fromkeys(name for feature in features for name in weigh(feature) if name is not None)
        aimed = dict.fromkeys(name for shares in self.targets.values() for name in shares)
        notes = [
            f"No feature serves {quote(name)}, so its share goes to the others.{point_out(name, served)}"
            for name in aimed
            if name not in served and self.are_given
        ]
        if not self.enforced:
            return notes
        spare = [name for name in self.objectives if name is not None and name in served and name not in aimed]
        if spare:
            listed = ", ".join(quote(name) for name in spare)
            notes.append(f"Without a target, and sharing what the targets leave: {listed}.")
        if None in self.objectives:
            notes.append("Features without an objective share what the targets leave.")
        return notes

    def _tell(self, team: str | None) -> dict[str, Any]:
        rows = self._rows(team)
        spending = self.actual
        held = list(spending.hold(rows).items())[:MOST_BLAMED]
        return {
            "team": team,
            "days": float(spending.days[rows].sum()),
            "items": None if team is None else float(spending.drawn[rows[0]].mean()),
            "objectives": [self._tell_objective(objective, team) for objective in self.objectives],
            "lost": self._tell_lost(rows),
            "reasons": {
                reason.name.lower(): _mean(spending.shares(spending.lost[reason], rows))
                for reason in Reason
                if spending.lost[reason][rows].any()
            },
            "held_by": [{"feature": name or None, "team": by, "share": share} for (name, by), share in held],
            "days_off": _mean(spending.shares(spending.off, rows)),
        }

    def _tell_objective(self, objective: Objective, team: str | None) -> dict[str, Any]:
        rows, row, target = self._rows(team), self.objectives.index(objective), self.target(objective, team)
        shares = self.actual.on(objective, rows)
        known = shares[np.isfinite(shares)]
        return {
            "kind": "no objective" if objective is None else "objective",
            "objective": objective,
            "target": target,
            "has_work": self._has_work[row, rows].any().item(),
            **_band(self.actual, self.actual.spent[row], rows),
            "chance_met": None if target is None or not len(known) else float(np.mean(known >= target - MET)),
            "enforced": self.enforced and _band(self.enforced, self.enforced.spent[row], rows),
        }

    def _tell_lost(self, rows: list[int]) -> dict[str, Any]:
        enforced = self.enforced and _band(self.enforced, self.enforced.lost.sum(axis=0), rows)
        return {**_band(self.actual, self.actual.lost.sum(axis=0), rows), "enforced": enforced}

    @cached_property
    def _has_work(self) -> np.ndarray:
        """Whether a team has work for an objective: (O, T)."""
        has = np.zeros((len(self.objectives), len(self.actual.teams)), bool)
        for feature in self.forecast.roadmap.features:
            for team in getattr(feature, "work", ()):
                for objective in weigh(feature):
                    has[self.objectives.index(objective), self.actual.teams.index(team)] = True
        return has

    def _known(self, objective: Objective) -> Objective:
        if objective is not None and objective not in self.objectives:
            names = [name for name in self.objectives if name is not None]
            raise Fault(
                "allocation", f"objective {quote(objective)}", "no such objective." + point_out(objective, names)
            )
        return objective

    def _rows(self, team: str | None) -> list[int]:
        teams = self.actual.teams
        if team is None:
            return list(range(len(teams)))
        if team not in teams:
            raise Fault("allocation", f"team {quote(team)}", "no such team." + point_out(team, teams))
        return [teams.index(team)]


def allocate(
    forecast: Forecast,
    *,
    by: Dateish,
    targets: Mapping[str, float] | None = None,
    progress: Progress | None = None,
) -> Allocation:
    """The share of each team's and of all capacity that each objective gets until a date: an `Allocation`.

    by : the last day that counts
    targets : objective -> share, for every team; what is left below 1 is for all other work. None takes the `allocation` of
        each team
    progress : called with (runs done, all runs), for each time that all runs are played again

    Raises Fault for a date before the start or beyond the horizon, and for targets that are no shares.
    """
    if not isinstance(forecast, Forecast) or forecast.joint or forecast.is_alone:
        raise Fault("allocate", quote(forecast)[:80], "give a forecast of the whole roadmap, as simulate makes it")
    roadmap = forecast.roadmap
    last = read_day(forecast, by, "allocate")
    aims = _read_targets(roadmap, targets)
    objectives = list_objectives(roadmap, dict.fromkeys(name for shares in aims.values() for name in shares))
    actual = keep_books(forecast, last, objectives, progress)
    enforced, impact = None, None
    if any(aims.values()):
        wanted = _split(roadmap, aims)
        strict = forecast if wanted is roadmap else forecast.again(wanted)
        plain = _split(roadmap, {})
        impact = compare(forecast if plain is roadmap else forecast.again(plain), strict)
        enforced = actual if strict is forecast else keep_books(strict, last, objectives, progress)
    return Allocation(forecast, last, aims, targets is not None, actual, enforced, impact)


def _read_targets(roadmap: Roadmap, targets: Mapping[str, float] | None) -> dict[str, Mapping[str, float]]:
    """The targets of each team."""
    if targets is None:
        return {team.name: team.allocation or {} for team in roadmap.teams}
    if not isinstance(targets, Mapping) or not targets:
        raise Fault("allocate", f"targets = {quote(targets)}", 'give each objective a share: {"Grow revenue": 0.6}')
    try:
        shares = Team("all", allocation=targets).allocation or {}
    except Fault as fault:
        raise Fault("allocate, targets", fault.value, fault.way_out) from None
    return {team.name: shares for team in roadmap.teams}


def _split(roadmap: Roadmap, aims: Mapping[str, Mapping[str, float]]) -> Roadmap:
    """The roadmap whose teams split their capacity by these shares, and not at all without any; itself if they do."""
    for team in roadmap.teams:
        shares = aims.get(team.name) or None
        if shares != team.allocation:
            roadmap = roadmap.set_allocation(team.name, shares)
    return roadmap


def _aim(shares: Mapping[str, float], objective: Objective) -> float | None:
    if not shares:
        return None
    return shares.get(objective) if objective is not None else None


def _band(spending: Spending, items: Floats, rows: list[int]) -> dict[str, float | None]:
    """The band of what some teams spend on something: items (T, R)."""
    return Band.of(spending.shares(items, rows)).to_dict()


def _mean(shares: Floats) -> float | None:
    known = shares[np.isfinite(shares)]
    return float(known.mean()) if len(known) else None


def _plain(number: float) -> float | None:
    return None if np.isnan(number) else number
