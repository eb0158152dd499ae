"""Positions: a feature at every place of the roadmap, its date there against the harm to the promises of the others."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.errors import Fault, quote
from forecast.feature import External, Feature
from forecast.impact import WEEK, compare
from forecast.outcome import Forecast
from forecast.placements import FINE, Counts, Stakes, Tour, find_tour
from forecast.plan import Index
from forecast.prospects import find_prospects
from forecast.roadmap import Roadmap
from forecast.tally import DayCounts, runs_needed
from forecast.values import read_level
from forecast.whatif import WhatIf

if TYPE_CHECKING:
    import polars as pl

Progress = Callable[[int, int], None]
COST, LATE, SLIP = "cost of delay", "days late", "days of slip"


@dataclass(frozen=True)
class Position:
    """What a feature at one position does.

    rank, last_rank : all ranks in between come to the same, bit for bit: no part of its teams stands there
    date : of the feature, at the level of the frontier; None when that is not reached
    day : the same as a working day; inf for None
    chance : of its own due date; None without one. holds : whether its own promise does, None when it makes none
    certain : by construction it is finished on the same day in every run, or in none; never : share of runs that do not finish it
    overdue : its own due date lies before the start
    breaks, mends : promises of the others that flip
    harm : what it costs the others, in the frontier's unit
    all_hold : chance that all promises hold together; None when there are none
    is_best : no other position is as early and as harmless, and better in one of the two
    """

    rank: int
    last_rank: int
    date: dt.date | None
    day: float
    chance: float | None
    holds: bool | None
    breaks: tuple[str, ...]
    mends: tuple[str, ...]
    harm: float
    all_hold: float | None
    certain: bool = False
    never: float = 0.0
    overdue: bool = False
    is_best: bool = False

    def beats(self, other: Position) -> bool:
        """Whether it is as early and as harmless as another, and better in one of the two."""
        mine, others = (self.day, self.harm), (other.day, other.harm)
        return mine != others and mine[0] <= others[0] and mine[1] <= others[1]


@dataclass(frozen=True)
class Frontier:
    """A feature at every position.

    feature : its name; level : of the dates
    unit : what harm is counted in: "cost of delay" more of late promises; "days late" of all promises together, where no promise
        has a cost; "days of slip" of all features together, where nothing is promised
    positions : from the top to the bottom, those that come to the same as one
    """

    feature: str
    level: float
    unit: str
    positions: tuple[Position, ...]

    @cached_property
    def best(self) -> tuple[Position, ...]:
        """The positions that no other beats."""
        return tuple(position for position in self.positions if position.is_best)

    @cached_property
    def recommended(self) -> Position:
        """The position to choose, for `reason`."""
        return self._choice[0]

    @cached_property
    def reason(self) -> str:
        """Why that position is recommended."""
        return self._choice[1]

    @cached_property
    def _choice(self) -> tuple[Position, str]:
        kept = [position for position in self.positions if position.holds]
        if kept:
            fewest = min(len(position.breaks) for position in kept)
            choice = min(
                (position for position in kept if len(position.breaks) == fewest),
                key=lambda each: (each.harm, each.day, each.rank),
            )
            says = "its own promise holds there"
            if fewest:
                return choice, f"{says}, and wherever it does at least as many other promises break"
            return choice, f"{says}, no other promise breaks, and nowhere else that is so does it harm less"
        fewest = min(len(position.breaks) for position in self.positions)
        choice = min(
            (position for position in self.positions if len(position.breaks) == fewest),
            key=lambda each: (each.day, each.harm, each.rank),
        )
        own = "its own promise holds nowhere; " if self.positions[0].holds is False else ""
        if self.unit == SLIP:
            return choice, f"{own}nothing else is promised, and nowhere is it earlier"
        if fewest:
            return choice, f"{own}promises break wherever it stands, nowhere fewer than there, and there it is earliest"
        if choice.rank == 1:
            return choice, f"{own}no promise breaks even there, and nowhere is it earlier"
        return choice, f"{own}it is the earliest date at which no promise breaks"

    def table(self) -> pl.DataFrame:
        """A row per position: rank, last_rank, date, chance, breaks, mends (names), harm, all_hold, best, recommended."""
        import polars as pl

        return pl.DataFrame(
            {
                "rank": [each.rank for each in self.positions],
                "last_rank": [each.last_rank for each in self.positions],
                "date": pl.Series([each.date for each in self.positions], dtype=pl.Date),
                "chance": pl.Series([each.chance for each in self.positions], dtype=pl.Float64),
                "breaks": ["; ".join(each.breaks) for each in self.positions],
                "mends": ["; ".join(each.mends) for each in self.positions],
                "harm": pl.Series([each.harm for each in self.positions], dtype=pl.Float64),
                "all_hold": pl.Series([each.all_hold for each in self.positions], dtype=pl.Float64),
                "best": [each.is_best for each in self.positions],
                "recommended": [each == self.recommended for each in self.positions],
            }
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; None where a date or a number is not finite."""
        return {
            "feature": self.feature,
            "level": self.level,
            "unit": self.unit,
            "positions": [_describe(position) for position in self.positions],
            "recommended": _describe(self.recommended),
            "reason": self.reason,
        }


def frontier(
    before: Forecast,
    feature: Feature | External | str,
    *,
    then: WhatIf | None = None,
    level: float | None = None,
    progress: Progress | None = None,
    compiling: Callable[[], None] | None = None,
) -> Frontier:
    """A feature at every position of a roadmap that has been forecast.

    feature : a new one, or the name of one of the roadmap, which is then moved
    then : edits that follow, at every position alike (a link from another feature to the new one, say)
    level : of its dates; None takes the roadmap's promise level
    progress : called with (positions done, all positions). compiling : called before the replay is compiled, once on a machine

    Positions between which no part of its teams and lanes stands come to the same and are played once, on the luck of `before`:
    all of them by replay where that is quicker than simulating each (see `placements`), with the same result to the last bit.
    Only the summary of each is kept. Raises Fault when an edit is not possible.
    """
    name = feature if isinstance(feature, str) else feature.name
    at_level = before.roadmap.promise_level if level is None else read_level(level)
    spans = find_spans(before.roadmap, feature)

    def edit(rank: int) -> Roadmap:
        return (then or WhatIf([])).apply(place(before.roadmap, feature, rank))

    lowest = edit(spans[-1][1])
    judge = _Judge.of(before, name, at_level, lowest)
    tour = find_tour(before, name, (edit(1), lowest), judge.find_stakes)
    counts = _replay(tour, progress, compiling) if tour is not None and tour.places == len(spans) else None
    if counts is None:
        positions = judge.simulate(edit, spans, progress)
    else:
        upwards = [Counts._make(table[[at]] for table in counts) for at in range(len(spans))]
        positions = [judge.judge(lowest, each, span) for each, span in zip(reversed(upwards), spans, strict=True)]
    judged = tuple(
        Position(**{**vars(each), "is_best": not any(other.beats(each) for other in positions)}) for each in positions
    )
    return Frontier(name, at_level, judge.unit, judged)


def _replay(tour: Tour, progress: Progress | None, compiling: Callable[[], None] | None) -> Counts | None:
    """What is counted at all places by replay; None where that is not quicker, or not possible."""
    if compiling is not None and tour.compiles:
        compiling()
    return tour.play(progress) if tour.is_worth_it else None


def place(roadmap: Roadmap, feature: Feature | External | str, rank: int) -> Roadmap:
    """The roadmap with a new feature at a rank, or with one of its own moved there."""
    return roadmap.move(feature, rank=rank) if isinstance(feature, str) else roadmap.insert(feature, rank=rank)


def find_spans(roadmap: Roadmap, feature: Feature | External | str) -> list[tuple[int, int]]:
    """First and last rank of the positions that come to the same, from the top to the bottom.

    A rank matters only among parts of the same team and lane: the order in which the team takes them.
    """
    if isinstance(feature, str):
        noun = roadmap.feature(feature)
        others = [each for each in roadmap.features if each.name != noun.name]
    elif isinstance(feature, Feature | External):
        noun, others = feature, list(roadmap.features)
    else:
        raise Fault("frontier", quote(feature), "give a Feature, or the name of one of the roadmap")
    lanes = set(_lanes(roadmap, noun))
    spans, first = [], 1
    for rank, other in enumerate(others, start=1):
        if lanes & set(_lanes(roadmap, other)):
            spans.append((first, rank))
            first = rank + 1
    return [*spans, (first, len(others) + 1)]


def _lanes(roadmap: Roadmap, feature: Feature | External) -> Iterator[tuple[str, str | None]]:
    """The queues in which a feature stands: a team, and the objective in its allocation (None for all others)."""
    teams = {team.name: team for team in roadmap.teams}
    for name in getattr(feature, "work", ()):
        shares = (teams[name].allocation if name in teams else None) or {}
        yield name, feature.objective if feature.objective in shares else None


@dataclass(frozen=True, eq=False)
class _Judge:
    """Turns what is counted at a position into what it comes to, against the forecast before.

    name : of the feature that is placed; level : of its dates
    is_certain, is_never : what is known of it before a run is played (see `Prospects`), at every position alike
    """

    before: Forecast
    name: str
    level: float
    is_certain: bool = False
    is_never: bool = False

    @classmethod
    def of(cls, before: Forecast, name: str, level: float, roadmap: Roadmap) -> _Judge:
        """The judge of a feature; roadmap : the edited one, whatever the order of its features."""
        prospects, row = find_prospects(Index(roadmap), before.history, before.model), roadmap.rank(name) - 1
        return cls(before, name, level, bool(prospects.is_certain[row]), bool(prospects.is_never[row]))

    @cached_property
    def unit(self) -> str:
        """What harm is counted in."""
        promises = [each for each in self.before.roadmap.promises if each.name != self.name]
        if not promises:
            return SLIP
        return COST if any(getattr(each, "cost_of_delay", None) for each in promises) else LATE

    @cached_property
    def _promised(self) -> dict[str, tuple[int, int, int]]:
        """Of each promise before: runs that keep it, days late, runs that never finish it."""
        stakes = Stakes.of(self.before.roadmap, self.before.roadmap.features[0].name, None)
        return _by_name(self.before.roadmap, stakes, stakes.count(self.before.finish, np.arange(self.before.runs)))

    def find_stakes(self, roadmap: Roadmap) -> Stakes:
        """What is at stake on the edited roadmap."""
        return Stakes.of(roadmap, self.name, self.before if self.unit == SLIP else None)

    def simulate(
        self, edit: Callable[[int], Roadmap], spans: list[tuple[int, int]], progress: Progress | None
    ) -> list[Position]:
        """Every position, one after the other."""
        positions: list[Position] = []
        for span in spans:
            edited = edit(span[0])
            after = compare(self.before, self.before.again(edited)).after
            counts = self.find_stakes(edited).count(after.finish, np.arange(self.before.runs))
            positions.append(self.judge(edited, counts, span))
            if progress is not None:
                progress(len(positions), len(spans))
        return positions

    def judge(self, roadmap: Roadmap, counts: Counts, span: tuple[int, int]) -> Position:
        """What a position comes to; roadmap : the edited one, whatever the order of its features; counts : of one place."""
        runs, feature = self.before.runs, roadmap.feature(self.name)
        days = DayCounts.of(counts.own[0])
        day = days.day(runs_needed(self.level, runs))
        due = None if feature.due is None else roadmap.clock.days_until(feature.due)
        chance = None if due is None else days.finished(due) / runs
        after = _by_name(roadmap, Stakes.of(roadmap, self.name, None), counts)
        flips: dict[bool, list[str]] = {False: [], True: []}
        for name, (held, _, _) in after.items():
            if name in self._promised and name != self.name:
                holds = held / runs >= roadmap.promise_level
                if holds != (self._promised[name][0] / runs >= self.before.roadmap.promise_level):
                    flips[holds].append(name)
        return Position(
            rank=span[0],
            last_rank=span[1],
            date=None if day is None else roadmap.clock.dates(day)[-1],
            day=math.inf if day is None else day,
            chance=chance,
            holds=chance is not None and chance >= roadmap.promise_level if feature.is_promise else None,
            breaks=tuple(flips[False]),
            mends=tuple(flips[True]),
            harm=self._sum_harm(roadmap, after, counts),
            all_hold=int(counts.all_hold[0]) / runs if roadmap.promises else None,
            certain=self.is_certain and (self.is_never or math.isfinite(counts.own[0, 0])),
            never=(runs - int(days.until[-1])) / runs,
            overdue=due is not None and due < 1,
        )

    def _sum_harm(self, roadmap: Roadmap, after: dict[str, tuple[int, int, int]], counts: Counts) -> float:
        """What a position costs the other features; inf where an edit keeps some runs from ever finishing one of them."""
        if self.unit == SLIP:
            return math.inf if counts.unpaired[0] else int(counts.slip[0]) / FINE / self.before.runs
        harm = 0.0
        for name in (name for name in self._promised if name in after and name != self.name):
            (_, old, lost_before), (_, new, lost) = self._promised[name], after[name]
            if lost_before:
                continue
            if lost:
                return math.inf
            if self.unit == LATE:
                harm += (new - old) / self.before.runs
            else:
                costs = [
                    getattr(each.feature(name), "cost_of_delay", None) or 0.0 for each in (self.before.roadmap, roadmap)
                ]
                harm += (new * costs[1] - old * costs[0]) / self.before.runs / WEEK
        return harm


def _by_name(roadmap: Roadmap, stakes: Stakes, counts: Counts) -> dict[str, tuple[int, int, int]]:
    """Of each promise: runs that keep it, days late, runs that never finish it; in an order that every place shares."""
    names = [roadmap.features[row].name for row in stakes.rows]
    tables = (table[0].tolist() for table in (counts.held, counts.late, counts.never))
    return dict(zip(names, zip(*tables, strict=True), strict=True))


def _describe(position: Position) -> dict[str, Any]:
    told = dict(vars(position))
    told["date"] = position.date and position.date.isoformat()
    told["day"] = None if math.isinf(position.day) else position.day
    told["harm"] = None if math.isinf(position.harm) else position.harm
    told["breaks"], told["mends"] = list(position.breaks), list(position.mends)
    return told
