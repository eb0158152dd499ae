"""Random portfolios that use every feature of the model, in every combination, and the arrays that they become.

`portfolio(pick)` makes one from a `random.Random`; `portfolios()` is the same thing as a hypothesis strategy, which shrinks.
Half of them are whole: nothing is drawn but throughput, and sizes fill sprints, so that things end at the very instant at which
others start. Sizes are small, so that runs are quick.
"""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from forecast.arrays import Luck, Plan
from forecast.feature import After, External, Feature, Part, Risk
from forecast.history import History, Sprint
from forecast.roadmap import Roadmap
from forecast.simulation import Job
from forecast.team import Capacity, Team
from forecast.throughput import Bootstrap

Pair = tuple[Roadmap, History]
Work = dict[str, list[str] | None]
"""The teams that have a part of each feature: none for a milestone, None for an external."""
Place = tuple[str, str | None]
"""A feature and a team: that part. A feature and None: the whole feature."""

MONDAY = dt.date(2026, 1, 5)
ALLOCATIONS = (
    {"Grow": 0.6, "Debt": 0.4},
    {"Grow": 0.5},
    {"Grow": 0.3, "Debt": 0.0},
    {"Grow": 0.0, "Debt": 0.0},
    {"Run": 1.0},
    {"Grow": 1.0, "Run": 0.0},
    {"Grow": 0.25, "Debt": 0.25, "Run": 0.25},
)


class Menu(NamedTuple):
    """What each value is picked from; what stands twice is picked twice as often. `twins`: all teams have one history."""

    start: tuple[int, ...]
    sprint_days: tuple[int, ...]
    sprint_start: tuple[int | None, ...]
    days_off: tuple[int, ...]
    changes: tuple[int, ...]
    share: tuple[float, ...]
    twins: tuple[bool, ...]
    done: tuple[float, ...]
    size: tuple[Any, ...]
    finished: tuple[float, ...]
    growth: tuple[Any, ...]
    days: tuple[Any, ...]
    lag: tuple[Any, ...]
    handoff: tuple[str, ...]


MIXED = Menu(
    start=(0, 0, 0, 1, 3, 5, 6),
    sprint_days=(14, 14, 14, 7, 21, 10, 5, 3, 1),
    sprint_start=(None, None, None, None, -38, -11, 1, 4, 9, 30),
    days_off=(0, 0, 1, 4),
    changes=(0, 0, 1, 2),
    share=(1.0, 1.0, 1.0, 0.5, 0.8),
    twins=(False,),
    done=(0, 5, 10, 10, 10, 8, 7, 3, 20, 4.5),
    size=(0, 1, 2, 5, 5, 10, 10, 3.5, 20, (3, 5, 9), (5, 10, 20), (0, 0, 2), (0, 4, 4)),
    finished=(0, 0, 0, 0, 0, 1, 2.5, 4, 12),
    growth=(None, None, None, 1.0, 1.5, (0.7, 1.0, 2.0)),
    days=(0, 3, 4.5, (2, 5, 10), (0, 0, 4)),
    lag=(0, 0, 0, 1, 5, 2.5, (0, 2, 7), (0, 0, 3)),
    handoff=("next-sprint", "next-sprint", "immediate"),
)
WHOLE = Menu(
    start=(0,),
    sprint_days=(14,),
    sprint_start=(None, None, -14, 7),
    days_off=(0, 0, 0, 2),
    changes=(0,),
    share=(1.0,),
    twins=(True, True, False),
    done=(0, 7, 7, 14, 21),
    size=(0, 1, 2, 3, 4, 7, 7, 14),
    finished=(0, 0, 0, 0, 1, 7),
    growth=(None,),
    days=(0, 3, 5, 10),
    lag=(0, 0, 0, 1, 5),
    handoff=("next-sprint", "immediate"),
)


def portfolios() -> st.SearchStrategy[Pair]:
    """Portfolios for hypothesis; a failing one is shrunk."""
    return st.randoms(use_true_random=False).map(portfolio)


def seeded(seed: int, *, teams: int | None = None, features: int | None = None) -> Pair:
    """The portfolio of a seed, with so many teams and features."""
    return portfolio(Random(seed), teams, features)


def arrays(pair: Pair, *, runs: int, horizon: int, seed: int, together: bool = False) -> tuple[Plan, Luck]:
    """What the kernels take: the plan of a portfolio, and its luck in runs 0, 1, ..."""
    plan, dice = Job(*pair, Bootstrap(together=together), seed, (horizon,)).stage(horizon)
    return plan, dice.roll(np.arange(runs))


def portfolio(pick: Random, teams: int | None = None, features: int | None = None) -> Pair:
    """A random roadmap and a history for all its teams; 1 to 5 teams and 1 to 12 features where their number is not given."""
    menu = pick.choice((MIXED, WHOLE))
    start = MONDAY + dt.timedelta(days=pick.choice(menu.start))
    names = [f"T{number}" for number in range(1, (teams or pick.randint(1, 5)) + 1)]
    work = {f"F{number}": _teams_at_work(pick, names) for number in range(1, (features or pick.randint(1, 12)) + 1)}
    links = _links(pick, menu, work)
    roadmap = Roadmap(
        start,
        [_team(pick, menu, name, start) for name in names],
        [_feature(pick, menu, name, of, links, start) for name, of in work.items()],
        sprint_days=pick.choice(menu.sprint_days),
        handoff=pick.choice(menu.handoff),
        days_off=_days(pick, start, pick.choice((0, 0, 1, 3))),
        risks=[_risk(pick, menu, number, work) for number in range(pick.choice((0, 0, 1, 2)))],
        unit=pick.choice(("items", "items", "points")),
        growth=pick.choice(menu.growth),
    )
    return roadmap, _history(pick, menu, names)


def _day(pick: Random, start: dt.date) -> dt.date:
    return start + dt.timedelta(days=pick.randint(-5, 60))


def _days(pick: Random, start: dt.date, count: int) -> list[dt.date]:
    return [_day(pick, start) for _ in range(count)]


def _team(pick: Random, menu: Menu, name: str, start: dt.date) -> Team:
    begin = pick.choice(menu.sprint_start)
    return Team(
        name,
        wip=pick.choice((1, 1, 2, 3, 4)),
        finish_started=pick.random() < 0.4,
        share=pick.choice(menu.share),
        allocation=pick.choice(ALLOCATIONS) if pick.random() < 0.4 else None,
        sprint_days=pick.choice((None, None, pick.choice(menu.sprint_days))),
        sprint_start=None if begin is None else start + dt.timedelta(days=begin),
        days_off=_days(pick, start, pick.choice(menu.days_off)),
        capacity=[_capacity(pick, start) for _ in range(pick.choice(menu.changes))],
    )


def _capacity(pick: Random, start: dt.date) -> Capacity:
    first = _day(pick, start)
    if pick.random() < 0.3:
        return Capacity(first, None, pick.choice((0.5, 1.3)))
    return Capacity(first, first + dt.timedelta(days=pick.randint(0, 25)), pick.choice((0.0, 0.5, 0.5, 1.3)))


def _teams_at_work(pick: Random, names: list[str]) -> list[str] | None:
    if pick.random() < 0.15:
        return None
    return pick.sample(names, min(pick.choice((0, 1, 1, 1, 2, 2, 3)), len(names)))


def _links(pick: Random, menu: Menu, work: Work) -> dict[Place, list[After]]:
    """What waits for what, without cycles and without regard to priority.

    All parts stand in a random order, a feature's end where its last part stands; only what stands later waits.
    """
    places: list[Place] = [(name, team) for name, teams in work.items() for team in (teams or [None])]
    pick.shuffle(places)
    first: dict[Place, int] = {}
    last: dict[Place, int] = {}
    for number, (name, team) in enumerate(places):
        for place in dict.fromkeys([(name, team), (name, None)]):
            first.setdefault(place, number)
            last[place] = number
    links: dict[Place, list[After]] = {}
    for _ in range(len(work) * pick.choice((0, 1, 1, 2, 4))):
        waiting, waits_for = pick.choice([*first]), pick.choice([*first])
        if last[waits_for] < first[waiting]:
            after = After(*waits_for, pick.choice(menu.lag), pick.choice((None, None, "immediate", "next-sprint")))
            links.setdefault(waiting, []).append(after)
    return links


def _feature(
    pick: Random, menu: Menu, name: str, teams: list[str] | None, links: dict[Place, list[After]], start: dt.date
) -> Feature | External:
    after = links.get((name, None), [])
    not_before = _day(pick, start) if pick.random() < 0.2 else None
    if teams is None:
        return External(name, pick.choice(menu.days), after, not_before)
    return Feature(
        name,
        work={team: _part(pick, menu, links.get((name, team), [])) for team in teams},
        after=after,
        not_before=not_before,
        objective=pick.choice((None, "Grow", "Debt", "Run")),
        started=pick.random() < 0.3,
        growth=pick.choice(menu.growth),
    )


def _part(pick: Random, menu: Menu, after: list[After]) -> Part:
    return Part(pick.choice(menu.size), after, pick.choice(("triangular", "pert")), pick.choice(menu.finished))


def _risk(pick: Random, menu: Menu, number: int, work: Work) -> Risk:
    parts = [f"{name}/{team}" for name, teams in work.items() for team in teams or []]
    adds = {pick.choice(parts): pick.choice(menu.size) for _ in range(pick.randint(0, 2)) if parts}
    delays = {pick.choice([*work]): pick.choice(menu.days) for _ in range(pick.randint(0 if adds else 1, 2))}
    return Risk(f"R{number}", pick.choice((0.0, 0.3, 0.5, 1.0)), adds, delays)


def _history(pick: Random, menu: Menu, teams: list[str]) -> History:
    """Bare counts, or sprints of one, two or three weeks; one team in twenty has finished nothing."""
    counts = {team: [pick.choice(menu.done) for _ in range(pick.randint(1, 5))] for team in teams}
    if pick.choice(menu.twins):
        counts = dict.fromkeys(teams, counts[teams[0]])
    counts = {team: [0, 0] if pick.random() < 0.05 else done for team, done in counts.items()}
    if pick.random() < 0.5:
        return History.from_counts(counts)
    rows = []
    for team, done in counts.items():
        start, days = dt.date(2025, 9, 1), pick.choice((14, 14, 7, 21))
        for count in done:
            rows.append(Sprint(team, start, start + dt.timedelta(days=days - 1), count))
            start += dt.timedelta(days=days)
    return History(rows)
