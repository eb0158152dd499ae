"""Remedies: the cheapest edits after which named promises hold together again, although something was added.

The method. Every edit on the menu that can reach one of the promises is tried alone, on the first runs of the forecast (equal
luck, played only as far as the promises reach). From what each does to the parts on which the promises hang, sets of two and of
three are predicted; those that look enough are tried, the cheapest first, then the others, the most promising first; of a long
menu, sets of three grow from the pairs that helped most. A set that gives up as much as one that was enough, or more, is passed
over. What seems enough is certified: simulated in full with another seed, so that what was chosen for its luck is found out;
what fails there is struck out, and the search goes on. It stops after a stated number of trials, never after a time, so that
the answer is the same everywhere. Few runs first and fresh ones to confirm: Nelson, Swann, Goldsman, Song, "Simple procedures
for selecting the best simulated system when the number of alternatives is large", Operations Research 49, 2001.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.errors import Fault, quote
from forecast.menu import PRICES, Cost, Menu, Price, find_choices, read_kept
from forecast.outcome import Forecast
from forecast.roadmap import Roadmap
from forecast.screening import Screening, find_due_day, is_kept
from forecast.search import Search
from forecast.tally import share_error
from forecast.values import read_count, read_fresh_seed, read_level, read_list
from forecast.whatif import Edit, WhatIf

if TYPE_CHECKING:
    import polars as pl

Progress = Callable[[int, int], None]
SCREEN_RUNS, TRIALS, CERTIFIED, MOST_TRIALS = 500, 300, 40, 100_000
NEAREST = 3


@dataclass(frozen=True)
class Outlook:
    """What the certifying runs say of one roadmap.

    chance, chance_se : that all the kept promises hold, together; chances : of each alone
    dates : at the level, of the kept promises and of what the what-if adds or moves; None where there is none
    holding : all promises of the roadmap that hold at its promise level
    never : the kept promises that nothing can keep: due before the start, or late by construction
    """

    chance: float
    chance_se: float
    chances: Mapping[str, float]
    dates: Mapping[str, dt.date | None]
    holding: tuple[str, ...]
    never: tuple[str, ...] = ()

    @classmethod
    def of(cls, forecast: Forecast, kept: Sequence[str], told: Sequence[str], level: float) -> Outlook:
        """The outlook of a forecast: for the promises `kept` of its roadmap, and the dates of those in `told`."""
        roadmap = forecast.roadmap
        held = np.ones(forecast.runs, bool)
        for name in kept:
            held &= is_kept(forecast.finish[roadmap.rank(name) - 1], find_due_day(roadmap, name))
        return cls(
            chance=float(held.mean()),
            chance_se=share_error(int(held.sum()), forecast.runs),
            chances={name: forecast.chance(name) for name in kept},
            dates={name: forecast.date(name, level) for name in told},
            holding=tuple(
                each.name for each in roadmap.promises if forecast.chance(each.name) >= roadmap.promise_level
            ),
            never=tuple(
                name
                for name in kept
                if find_due_day(roadmap, name) < 1 or (forecast.is_certain(name) and not forecast.chance(name))
            ),
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        dates = {name: date and date.isoformat() for name, date in self.dates.items()}
        told = {"chance": self.chance, "chance_se": self.chance_se, "chances": dict(self.chances), "dates": dates}
        return told | {"never": list(self.never)}


@dataclass(frozen=True)
class Remedy:
    """Edits that follow a what-if, what they give up, and what the certifying runs say of them.

    edits : up to three, in the order in which they are made; cost : see `Cost`; price : None without one
    roadmap : after the what-if and these edits; simulating it with the certifying seed gives `outlook`
    breaks : promises besides the kept ones that hold without the remedy, and no longer with it
    """

    edits: tuple[Edit, ...]
    cost: Cost
    price: float | None
    roadmap: Roadmap
    outlook: Outlook
    breaks: tuple[str, ...]

    @property
    def chance(self) -> float:
        """That the kept promises hold together."""
        return self.outlook.chance

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        edits = [
            {"edit": edit.verb} | {key: _plain(value) for key, value in edit.values.items()} for edit in self.edits
        ]
        cost = {name: getattr(self.cost, name) for name in PRICES}
        return {"edits": edits} | cost | {"price": self.price, "breaks": list(self.breaks)} | self.outlook.to_dict()


@dataclass(frozen=True)
class Remedies:
    """What keeps the promises: see `remedies`.

    kept : the promises, in roadmap order; level : the chance at which they hold together; dues : their due dates
    subjects : what the what-if adds or moves
    seed, runs : of the certifying runs; screen_runs : of the trials
    before : without the what-if, None where it adds one of the promises; after : with it, and nothing else
    found : the remedies that no other beats in value, items and capacity; ranked by price, or else fewest edits first
    nearest : when nothing is enough, the trial that came nearest; None when there was nothing to try
    menu, price : what was asked; choices : edits on the menu that can matter; beside : those that cannot
    tried : sets of edits that were tried; certified : those of them simulated in full; is_complete : no set that could
        still have been cheaper was left untried
    """

    kept: tuple[str, ...]
    dues: Mapping[str, dt.date]
    level: float
    subjects: tuple[str, ...]
    seed: int
    runs: int
    screen_runs: int
    before: Outlook | None
    after: Outlook
    found: tuple[Remedy, ...]
    nearest: Remedy | None
    menu: Menu
    price: Price | None
    choices: int
    beside: int
    tried: int
    certified: int
    is_complete: bool

    @property
    def is_needed(self) -> bool:
        """True when the promises do not hold together as it is."""
        return self.after.chance < self.level

    def table(self) -> pl.DataFrame:
        """A row per remedy: edits, value, items, capacity, price, chance, chance_se, and of each kept promise chance and date."""
        import polars as pl

        columns: dict[str, Any] = {
            "remedy": list(range(1, len(self.found) + 1)),
            "edits": ["; ".join(_describe(edit) for edit in remedy.edits) for remedy in self.found],
        }
        columns |= {name: [getattr(remedy.cost, name) for remedy in self.found] for name in PRICES}
        columns["price"] = pl.Series([remedy.price for remedy in self.found], dtype=pl.Float64)
        columns["chance"] = [remedy.outlook.chance for remedy in self.found]
        columns["chance_se"] = [remedy.outlook.chance_se for remedy in self.found]
        for name in self.kept:
            columns[f"chance {name}"] = [remedy.outlook.chances[name] for remedy in self.found]
        for name in self.after.dates:
            columns[f"date {name}"] = pl.Series([remedy.outlook.dates[name] for remedy in self.found], dtype=pl.Date)
        return pl.DataFrame(columns)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        plain = ("level", "seed", "runs", "screen_runs", "choices", "beside", "tried", "certified", "is_complete")
        return {
            "kept": [{"name": name, "due": self.dues[name].isoformat()} for name in self.kept],
            "subjects": list(self.subjects),
            "is_needed": self.is_needed,
            **{key: getattr(self, key) for key in plain},
            "before": self.before and self.before.to_dict(),
            "after": self.after.to_dict(),
            "remedies": [remedy.to_dict() for remedy in self.found],
            "nearest": self.nearest and self.nearest.to_dict(),
        }


def remedies(
    before: Forecast,
    what_if: WhatIf | Edit | Sequence[Edit],
    keep: Sequence[str],
    *,
    level: float | None = None,
    menu: Menu | None = None,
    price: Price | Mapping[str, float] | None = None,
    seed: int | None = None,
    runs: int = SCREEN_RUNS,
    trials: int = TRIALS,
    progress: Progress | None = None,
) -> Remedies:
    """The cheapest edits after which promises hold together again, although a what-if is done.

    before : the forecast without it; what_if : what is added or changed in any case
    keep : names of features with a due date, of the roadmap after the what-if
    level : the chance that all of them are kept, in the same future; None takes the roadmap's promise level
    menu : what may be done; price : what giving up costs, such as {"value": 3, "items": 1, "capacity": 20}
    seed : of the certifying runs, as many as `before` has; None takes the next one, and it cannot be the same
    runs : of a trial; trials : how many sets of edits are tried at most
    progress : called with (trials done, most trials)

    Raises Fault when an edit is not possible, or an argument is out of range.
    """
    case = _Case.read(before, what_if, keep, level, seed)
    menu = Menu() if menu is None else menu
    price = Price(**_read_price(price)) if isinstance(price, Mapping) else price
    for noun, kind in ((menu, Menu), (price, Price | None)):
        if not isinstance(noun, kind):
            raise Fault("remedies", quote(noun), f"give a {'Menu' if kind is Menu else 'Price'}")
    runs = read_count(runs, "remedies", "runs", least=1)
    trials = read_count(trials, "remedies", "trials", least=1, most=MOST_TRIALS)
    choices, beside = find_choices(menu, case.roadmap, case.kept, case.subjects)
    screening = Screening(before, case.roadmap, case.kept, runs)
    search = Search(case.roadmap, choices, screening, case.level, trials, progress)
    holds: tuple[Remedy, ...] = ()
    nearest = None
    if case.after.chance < case.level:
        holds = _certify(search, case, price)
        nearest = None if holds else _find_nearest(search, case, price)
    return Remedies(
        kept=case.kept,
        dues={name: case.roadmap.feature(name).due for name in case.kept},  # type: ignore[misc]
        level=case.level,
        subjects=case.subjects,
        seed=case.seed,
        runs=before.runs,
        screen_runs=len(screening.runs),
        before=case.before,
        after=case.after,
        found=holds,
        nearest=nearest,
        menu=menu,
        price=price,
        choices=len(choices),
        beside=len(beside),
        tried=search.tried,
        certified=len(case.certified),
        is_complete=search.is_complete,
    )


@dataclass(frozen=True, eq=False)
class _Case:
    """What is asked, and what the certifying runs have said so far."""

    base: Forecast
    roadmap: Roadmap
    kept: tuple[str, ...]
    subjects: tuple[str, ...]
    level: float
    seed: int

    @classmethod
    def read(cls, base: object, what_if: object, keep: object, level: float | None, seed: int | None) -> _Case:
        """The case that arguments stand for."""
        if not isinstance(base, Forecast) or base.joint or base.is_alone:
            raise Fault("remedies", quote(base)[:80], "give a forecast of the whole roadmap, as simulate makes it")
        if isinstance(what_if, Edit):
            what_if = [what_if]
        asked = what_if if isinstance(what_if, WhatIf) else WhatIf(read_list(what_if, "remedies", "what-if"))
        roadmap = asked.apply(base.roadmap)
        moved = dict.fromkeys(edit.subject for edit in asked.edits if edit.verb in ("insert", "move"))
        known = {feature.name for feature in roadmap.features}
        seed = read_fresh_seed(seed, base.seed, "remedies")
        level = base.roadmap.promise_level if level is None else read_level(level, "remedies")
        kept = read_kept(roadmap, keep)
        return cls(base, roadmap, kept, tuple(name for name in moved if name in known), level, seed)

    def certify(self, roadmap: Roadmap) -> Outlook:
        """What fresh runs say of a roadmap that holds the promises."""
        forecast = self.base.simulate(roadmap, seed=self.seed)
        told = dict.fromkeys([*self.kept, *self.subjects])
        return Outlook.of(forecast, self.kept, tuple(told), self.level)

    @cached_property
    def certified(self) -> dict[tuple[int, ...], Outlook]:
        """What was certified, by the choices."""
        return {}

    @cached_property
    def after(self) -> Outlook:
        """With the what-if and nothing else."""
        return self.certify(self.roadmap)

    @cached_property
    def before(self) -> Outlook | None:
        """Without the what-if; None where a promise is not on that roadmap, or not a date there."""
        features = {feature.name: feature for feature in self.base.roadmap.features}
        if not all(name in features and features[name].due is not None for name in self.kept):
            return None
        forecast = self.base.simulate(self.base.roadmap, seed=self.seed)
        return Outlook.of(forecast, self.kept, self.kept, self.level)


def _read_price(price: Mapping[str, float]) -> dict[str, float]:
    for name in price:
        if name not in PRICES:
            raise Fault("price", quote(name), f"there are: {', '.join(PRICES)}")
    return dict(price)


def _certify(search: Search, case: _Case, price: Price | None) -> tuple[Remedy, ...]:
    """The remedies that hold on fresh runs and that no other of them beats."""
    while True:
        search.explore()
        has_failed = False
        while (chosen := search.next_uncertified(case.certified)) is not None:
            if len(case.certified) >= CERTIFIED:
                search.leave()
                break
            case.certified[chosen] = case.certify(search.edited(chosen))
            if case.certified[chosen].chance < case.level:
                search.strike(chosen)
                has_failed = True
        if not has_failed or not search.may_go_on:
            break
    found = [_make(search, case, chosen, price) for chosen in search.front() if chosen in case.certified]
    return tuple(sorted(found, key=_rank))


def _rank(remedy: Remedy) -> tuple[Any, ...]:
    price = 0.0 if remedy.price is None else round(remedy.price, 9)
    return price, len(remedy.edits), remedy.cost.triple


def _find_nearest(search: Search, case: _Case, price: Price | None) -> Remedy | None:
    """What came nearest: the best trials, judged on fresh runs."""
    for chosen in search.best(NEAREST):
        if chosen not in case.certified:
            case.certified[chosen] = case.certify(search.edited(chosen))
    if not case.certified:
        return None
    return _make(search, case, max(case.certified, key=lambda each: case.certified[each].chance), price)


def _make(search: Search, case: _Case, chosen: tuple[int, ...], price: Price | None) -> Remedy:
    cost, outlook = search.cost(chosen), case.certified[chosen]
    lost = [name for name in case.after.holding if name not in (*outlook.holding, *case.kept)]
    edits = tuple(choice.edit for choice in search.sorted(chosen))
    return Remedy(edits, cost, None if price is None else price.of(cost), search.edited(chosen), outlook, tuple(lost))


def _describe(edit: Edit) -> str:
    """An edit in a cell: move Search, below Checkout."""
    how = [f"{key} {_plain(value)}" for key, value in edit.values.items() if value not in (edit.subject, 0)]
    return ", ".join([f"{edit.verb} {edit.subject}", *how])


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value
