"""Drift: recent sprints weigh more, the level that they tell of is uncertain, and it wanders on.

Resampling past sprints as if they were exact, and the future were like them, is too sure of itself. This model adds what is
missing: few sprints are a small sample, and a team's pace changes.
"""

from __future__ import annotations

import datetime as dt
import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import POOL, Deck, Floats, Longs, Parties, Pool, Supply, Walk, Words, set_apart
from forecast.errors import Fault, did_you_mean, quote
from forecast.history import LEAST_SPRINTS, History, Sprint, check_same_sprints, scale_done
from forecast.pace import Cards, Pace, grow
from forecast.values import read_count, read_flag, read_number

FORTNIGHT, WEEK = 14, 7
"""Calendar days. Half-life, walk and pull are those of a fortnight; for sprints of another length they are converted."""

CORRECTION = 0.75
"""Of half the level's variance, which would keep the mean where it is, so much is taken off: what backtests best."""

LOG_2 = math.log(2)

FAR, FAR_STEP = 26, 4
"""After so many fortnights the level moves only every so many sprints, by as much: nobody can tell, and it costs less."""

FEW_SPRINTS = 6
"""With fewer, sprints are drawn from a smooth shape: so few have not shown all that can happen."""

LEAST_TOLD = 5
"""With fewer past sprints the range mostly reflects how much teams in general vary, and its middle means little."""

SHAPES = ("auto", "past", "smooth")


@dataclass(frozen=True)
class Drift:
    """Items of a sprint as recent sprints show them, times a level that is uncertain from the start and wanders on.

    half_life : fortnights after which a past sprint counts half
    walk : standard deviation of what the level changes by in a fortnight, on the scale of logarithms (0.26: about 26 %)
    pull : what is left of a deviation from the long mean a fortnight later; 1 for no pull
    shared : part of the walk's variance that all teams have in common
    shape : what a sprint is drawn from: "past", one of the past sprints; "smooth", a negative binomial distribution with
        their mean and variance; "auto", smooth for a team with fewer than 6 sprints
    window : how many of the newest sprints are looked at; None for all
    together : all teams draw the same past sprint, as in `Bootstrap`; the shape is then "past"

    Assumes that a team's pace moves like a random walk on the scale of logarithms, slowly drawn back to its long mean. A team
    with fewer than two past sprints has no forecast, unless a guess stands in.
    """

    half_life: float = 2.5
    walk: float = 0.26
    pull: float = 0.94
    shared: float = 0.15
    shape: str = "auto"
    window: int | None = None
    together: bool = False
    least_told: ClassVar[int] = LEAST_TOLD

    def __post_init__(self) -> None:
        for name, least, most in (("half_life", 0.1, 1000), ("walk", 0, 1), ("pull", 0, 1), ("shared", 0, 1)):
            value = read_number(getattr(self, name), "throughput", name, least=least, most=most)
            object.__setattr__(self, name, value)
        if self.shape not in SHAPES:
            way_out = f"choose one of: {', '.join(SHAPES)}." + did_you_mean(str(self.shape), SHAPES)
            raise Fault("throughput", f"shape = {quote(self.shape)}", way_out)
        if self.window is not None:
            least = LEAST_SPRINTS
            object.__setattr__(self, "window", read_count(self.window, "throughput", "window", least=least))
        if read_flag(self.together, "throughput", "together") and self.shape == "smooth":
            raise Fault(
                "throughput", "together and shape = smooth", "only past sprints can be drawn together; drop one"
            )

    def describe(self) -> dict[str, Any]:
        """The model's name and settings, for the provenance."""
        settings = ("half_life", "walk", "pull", "shared", "shape", "window", "together")
        return {"model": "drift"} | {name: getattr(self, name) for name in settings}

    def used(self, history: History, team: str) -> Sequence[Sprint]:
        """The past sprints of a team that are looked at; none of a team with fewer than two."""
        rows = history.of(team)
        if len(rows) < LEAST_SPRINTS:
            return ()
        return rows if self.window is None else rows[-self.window :]

    def check(self, history: History, teams: Sequence[str]) -> None:
        """Raises Fault when sprints cannot be drawn together because the teams' histories cover different ones."""
        if self.together:
            check_same_sprints({team: self.used(history, team) for team in teams})

    def bind(self, history: History, teams: Sequence[str], seed: int, supply: Supply) -> Drifting:
        """The model made ready to draw for these teams, in this order."""
        from forecast import draws

        paces = [self._find_pace(history, team, t, supply) for t, team in enumerate(teams)]
        decks = [
            self._deal(history, team, pace, t, supply) for t, (team, pace) in enumerate(zip(teams, paces, strict=True))
        ]
        lead = np.array([self._count_lead(history, team, t, supply) for t, team in enumerate(teams)], np.int64)
        names = [("throughput-together",) if self.together else ("throughput", team) for team in teams]
        keys = np.array([draws.key(seed, *name) for name in names], np.uint64)
        walk_keys = np.array([draws.key(seed, "walk", team) for team in teams], np.uint64)
        walk = self._lay_walk(walk_keys, draws.key(seed, "shared walk"), paces, lead, supply)
        return Drifting(_stack(keys, decks, paces, supply), walk, supply)

    def _find_pace(self, history: History, team: str, t: int, supply: Supply) -> Pace | None:
        """What is known of the pace of a team; None when it gets nothing done, as far as is known."""
        days, count_weekdays = float(supply.sprint_days[t]), float(supply.count_weekdays[t])

        def find() -> Pace | None:
            rows, guess = self.used(history, team), history.guess(team)
            if guess is not None:
                return Pace.guessed(guess)
            if not any(row.done > 0 for row in rows):
                return None
            done = np.array([scale_done(row, _weekdays(days), count_weekdays) for row in rows])
            ages = find_ages(rows, count_weekdays * 7 / 5 or days)
            is_whole = all(row.done.is_integer() for row in rows)
            return Pace.of(done, ages, self.half_life, is_whole, self.walk, self.pull)

        return history.derive((self, "pace", team, days, count_weekdays), find)

    def _deal(self, history: History, team: str, pace: Pace | None, t: int, supply: Supply) -> dict[int, Cards]:
        """What the sprints of a team are drawn from, by their weekdays."""
        if pace is None:
            return {}
        rows, days, count_weekdays = (
            self.used(history, team),
            float(supply.sprint_days[t]),
            float(supply.count_weekdays[t]),
        )
        is_smooth = self.shape == "smooth" or (self.shape == "auto" and len(rows) < FEW_SPRINTS and not self.together)

        def deal(weekdays: int) -> Cards:
            if is_smooth or not rows:
                return pace.deal(weekdays / _weekdays(days))
            return Cards.of(np.array([scale_done(row, weekdays, count_weekdays) for row in rows]), pace.weights)

        lengths = [int(weekdays) for weekdays in np.unique(supply.sprint_weekdays[t]) if weekdays]
        return {
            weekdays: history.derive((self, "cards", team, days, count_weekdays, weekdays), partial(deal, weekdays))
            for weekdays in lengths
        }

    def _count_lead(self, history: History, team: str, t: int, supply: Supply) -> int:
        """Whole sprints between the end of the past and the first sprint of a team; a weekend is none."""
        newest = history.derive((self, "newest", team), lambda: find_newest(self.used(history, team)))
        if newest is None:
            return 0
        gap = (int(supply.sprint_start[t, 0]) - newest.toordinal() - 1) / int(supply.sprint_days[t])
        return max(math.floor(gap + 0.5), 0)

    def _lay_walk(
        self, keys: Any, shared_key: np.uint64, paces: Sequence[Pace | None], lead: Longs, supply: Supply
    ) -> Walk:
        """The walk of the level of every team; see `arrays.Walk`."""
        from forecast import draws

        days = supply.sprint_days[:, None]
        begin, step_at = _find_steps(lead, supply)
        day = supply.sprint_start[:, :1] + (begin - lead[:, None]) * days
        weeks = (day + 5) // 7 if self.shared else np.zeros_like(day)  # the Monday on or after; day 1 was a Monday
        first_week, end = (int(weeks.min()), int(weeks.max())) if weeks.size else (0, 0)
        fortnights = np.diff(begin, axis=1) * days / FORTNIGHT
        pull, variance = self.pull**fortnights, self.walk**2 * grow(self.pull**2, fortnights)
        error, surplus = (np.array([getattr(pace, name, 0.0) for pace in paces]) for name in ("error", "surplus"))
        own = np.sqrt((1 - self.shared) * variance)
        shared = np.sqrt(self.shared * variance / np.maximum(fortnights * FORTNIGHT / WEEK, 1e-9))
        shift = _find_shift(pull, own**2 + np.diff(weeks, axis=1) * shared**2, error, surplus)
        return Walk(
            keys=keys,
            shared_key=shared_key,
            step=_begin_with(draws.GOLDEN, _find_addresses(day[:, :-1])),
            pull=_begin_with(0.0, pull),
            own=_begin_with(error, own) / LOG_2,
            shared=_begin_with(0.0, shared) / LOG_2,
            shift=_begin_with(0.0, shift) / LOG_2,
            week=_find_addresses(np.arange(first_week, end)),
            weeks=np.pad(weeks - first_week, ((0, 0), (1, 0)), "edge"),
            step_at=step_at + 1,
        )


@dataclass(frozen=True)
class Drifting:
    """Drift made ready: see `wandering.drift`."""

    deck: Deck
    walk: Walk
    supply: Supply
    _kept: threading.local = field(default_factory=threading.local, init=False, repr=False, compare=False)

    def capacity(self, runs: Longs) -> Floats:
        """Cumulated capacity (R, T, S + 1) of each team at each segment edge, in the given runs (R,)."""
        teams = len(self.deck.keys)
        together = Parties(np.arange(teams), np.array([0, teams]), np.zeros(1, np.uint8))
        return self.capacity_until(runs, np.full((1, teams), np.inf), together, 0.0)

    def capacity_until(self, runs: Longs, work: Floats, parties: Parties, spare: float) -> Floats:
        """As `capacity`, but only as far as it takes to do the work; what lies behind is nothing.

        work : (R | 1, T) items; spare : calendar days beyond the sprint in which the last team of a party would be through if
            none of them ever waited, where they may have to
        """
        from forecast import wandering

        supply = self.supply
        out = np.empty((len(runs), supply.segment_share.shape[0], supply.segment_share.shape[1] + 1))
        grid = supply.segment_share, supply.sprint_start
        wandering.drift(runs, self.deck, self.walk, self._pool(), parties, work, spare, *grid, out)
        return out

    def _pool(self) -> Pool:
        """The pool of this thread: to make one takes as long as to draw a few runs."""
        if not hasattr(self._kept, "pool"):
            self._kept.pool = self._make_pool()
        pool: Pool = self._kept.pool
        return pool

    def _make_pool(self) -> Pool:
        teams, weeks, segments = len(self.deck.keys), len(self.walk.week), self.supply.segment_share.shape[1]
        by_run, by_team = (POOL,), (teams, POOL)
        pool = set_apart(
            Pool,
            {
                "base": by_run,
                "shared": by_run,
                "week": (weeks, POOL),
                "known": weeks,
                "place": by_run,
                "until": by_run,
                "common": by_run,
                "inside": 1,
                "own": by_team,
                "luck": by_team,
                "work": by_team,
                "level": by_team,
                "pace": by_team,
                "total": by_team,
                "gained": (weeks + 1, POOL),
                "reaches": weeks + 1,
                "row": (segments, POOL),
                "drawn": by_run,
                "uniform": by_run,
                "chosen": by_run,
                "sprints": teams,
                "steps": teams,
                "filled": teams,
                "size": 1,
                "left": 1,
            },
        )
        pool.place[:] = 0  # those of runs that are none are read along
        return pool


def _weekdays(days: float) -> float:
    """Mondays to Fridays in so many calendar days, on average."""
    return days * 5 / 7


def find_ages(rows: Sequence[Sprint], days: float) -> Floats:
    """How many fortnights before the newest sprint each one ended (n,); undated ones follow each other, `days` long."""
    ends = np.array([place * days if row.end is None else row.end.toordinal() for place, row in enumerate(rows)])
    return np.asarray((ends.max() - ends) / FORTNIGHT, np.float64)


def find_newest(rows: Sequence[Sprint]) -> dt.date | None:
    """The last day of the past sprints; None for those without dates."""
    return max((row.end for row in rows if row.end is not None), default=None)


def _count_sprints(supply: Supply) -> Longs:
    """(T,) sprints of each team."""
    return np.asarray(supply.segment_sprint.max(axis=1, initial=0).astype(np.int64) + 1)


def _find_behind(supply: Supply) -> Longs:
    """(T, Q): the first segment behind each sprint."""
    teams, sprints = supply.sprint_start.shape
    behind = np.zeros((teams, sprints), np.int64)
    for t, sprint_of in enumerate(supply.segment_sprint):
        behind[t] = np.cumsum(np.bincount(sprint_of, minlength=sprints))
    return behind


def _find_addresses(places: Longs) -> Words:
    """The addresses of days or weeks in the stream of a name: see `draws`."""
    from forecast import draws

    return np.ascontiguousarray((places.astype(np.uint64) + draws.ONE) * draws.GOLDEN)


def _find_steps(lead: Longs, supply: Supply) -> tuple[Longs, Longs]:
    """First sprint of each step, counted from the end of the history (T, J + 1), and the step of each sprint (T, Q)."""
    near = np.ceil(FAR * FORTNIGHT / supply.sprint_days).astype(np.int64)[:, None]
    place = lead[:, None] + np.arange(supply.sprint_start.shape[1])
    step_at = np.where(place < near, place, near + (place - near) // FAR_STEP)
    step = np.arange(int(step_at.max(initial=0)) + 2)
    return np.where(step < near, step, near + (step - near) * FAR_STEP), step_at


def _find_shift(pull: Floats, moved: Floats, error: Floats, surplus: Floats) -> Floats:
    """(T, J): the pull towards the long mean, less what keeps a level that varies from raising the mean too much.

    pull, moved : (T, J) what each step leaves of the level, and the variance that it adds; error, surplus : (T,) of the start
    """
    shift = np.zeros_like(pull)
    variance, fading = error**2, np.ones(len(surplus))
    for step in range(shift.shape[1]):
        variance = pull[:, step] ** 2 * variance + moved[:, step]
        fading = fading * pull[:, step]
        shift[:, step] = (fading - 1) * surplus - CORRECTION * variance / 2
    return shift


def _begin_with(start: Any, table: NDArray[Any]) -> NDArray[Any]:
    """The steps (T, J) with step 0 before them."""
    return np.concatenate([np.full((len(table), 1), 0, table.dtype) + np.reshape(start, (-1, 1)), table], axis=1)


def _lay_table(cards: Cards) -> Floats:
    """What the kernel reads of each card, see `arrays.Deck`: (4 n,)."""
    table = np.zeros((len(cards.odds), 4))
    table[:, 0], table[:, 1:3] = 2.0**52 + cards.odds, cards.faces
    return table.ravel()


def _stack(keys: Any, decks: Sequence[dict[int, Cards]], paces: Sequence[Pace | None], supply: Supply) -> Deck:
    """The cards of all teams, one pack after the other; see `arrays.Deck`."""
    first = np.zeros(supply.sprint_weekdays.shape, np.int64)
    count = np.zeros_like(first)
    packs: list[Cards] = [Cards(np.zeros(1, np.int64), np.zeros((1, 2)))]
    laid = 1
    for t, deck in enumerate(decks):
        for weekdays, cards in deck.items():
            sprints = supply.sprint_weekdays[t] == weekdays
            first[t, sprints], count[t, sprints] = laid, len(cards.odds)
            packs.append(cards)
            laid += len(cards.odds)
    return Deck(
        keys=keys,
        sprint=_find_addresses(supply.sprint_start),
        first=first,
        cards=count,
        sprints=np.where([pace is not None for pace in paces], _count_sprints(supply), 0),
        table=np.concatenate([_lay_table(cards) for cards in packs]),
        is_whole=np.array([pace is not None and pace.is_whole for pace in paces], np.uint8),
        behind=_find_behind(supply),
    )
