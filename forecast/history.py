"""History: what each team finished in past sprints."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, TypeVar

from forecast.dates import count_weekdays, read_date
from forecast.errors import Fault, did_you_mean, quote, written
from forecast.estimate import Estimate
from forecast.values import FrozenMap, read_list, read_name, read_number

Derived = TypeVar("Derived")

LEAST_SPRINTS = 2
"""With fewer past sprints there is no telling how much they vary: a guess may stand in."""


@dataclass(frozen=True)
class Sprint:
    """One past sprint of one team.

    team : name of the team
    start, end : first and last day, both included; None for both when only the order is known
    done : items (or points) finished, >= 0; a sprint in which nothing was finished is a sprint with 0
    name : what the team called it
    done_roadmap : how much of `done` was work on the roadmap, where that is known; a forecast of the roadmap then draws it, and
        not `done`

    Raises Fault when a value is missing, negative or not finite, or when the sprint ends before it starts.
    """

    team: str
    start: dt.date | None
    end: dt.date | None
    done: float
    name: str = ""
    done_roadmap: float | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        team = read_name(self.team, "sprint")
        object.__setattr__(self, "team", team)
        try:
            object.__setattr__(self, "done", read_number(self.done, "", "done"))
            if self.done_roadmap is not None:
                object.__setattr__(self, "done_roadmap", read_number(self.done_roadmap, "", "done_roadmap"))
                if self.done_roadmap > self.done:
                    value = f"done_roadmap = {self.done_roadmap:g}, done = {self.done:g}"
                    raise Fault("", value, "it is the part of done that went to the roadmap, so it cannot be more")
            if self.start is not None or self.end is not None:
                start, end = read_date(self.start, "", "start"), read_date(self.end, "", "end")
                object.__setattr__(self, "start", start)
                object.__setattr__(self, "end", end)
                if count_weekdays(start, end) < 1:
                    wrong = "ends on or after its first day" if end < start else "needs at least one weekday"
                    raise Fault("", f"start = {start}, end = {end}", f"a sprint {wrong}")
        except Fault as fault:
            named = f", sprint {written(self.name or self.start)}" if self.name or self.start else ""
            raise fault.at(f"team {quote(team)}{named}") from None

    @cached_property
    def weekdays(self) -> int | None:
        """Mondays to Fridays in the sprint, days off included; None when it has no dates."""
        if self.start is None or self.end is None:
            return None
        return count_weekdays(self.start, self.end)


@dataclass(frozen=True)
class LeftOut:
    """A past sprint that is not drawn as it stands.

    place : where it stands in `history.of(team)`, 0 the oldest
    why : a sentence without its full stop that does not name the team
    drawn : what is drawn in its place; None for a sprint that is left out
    """

    kind: Literal["unfinished", "future", "double", "overlap", "bulk"]
    place: int
    sprint: Sprint
    why: str
    drawn: Sprint | None = None


@dataclass(frozen=True)
class History:
    """The past sprints of all teams; within a team the oldest first, undated ones as given.

    guesses : team -> items a sprint (low, likely, high), which stand in as long as it has fewer than two past sprints
    left_out : sprints that a forecast does not draw, or not as they stand (see `cleaning`); none unless it was read from files
    notes : sentences on how it came about

    Raises Fault when a team mixes dated and undated sprints, or sprints with and without `done_roadmap`, or a guess is none.
    """

    sprints: tuple[Sprint, ...]
    guesses: Mapping[str, Estimate]
    left_out: tuple[LeftOut, ...] = field(repr=False)
    notes: tuple[str, ...] = field(repr=False, compare=False)

    def __init__(
        self,
        sprints: Iterable[Sprint],
        guesses: Mapping[str, Any] | None = None,
        *,
        left_out: Iterable[LeftOut] = (),
        notes: Iterable[str] = (),
    ) -> None:
        by_team: dict[str, list[Sprint]] = {}
        for sprint in read_list(sprints, "history", "sprints"):
            if not isinstance(sprint, Sprint):
                raise Fault("history", quote(sprint), "give Sprint(team, start, end, done), or use History.from_counts")
            by_team.setdefault(sprint.team, []).append(sprint)
        for team, rows in by_team.items():
            if len({row.start is None for row in rows}) == 2:
                raise Fault(
                    f"team {quote(team)}", "sprints with and without dates", "give dates to all of them, or none"
                )
            if len({row.done_roadmap is None for row in rows}) == 2:
                way_out = "fill in done_roadmap for all sprints of a team, or for none"
                raise Fault(f"team {quote(team)}", "sprints with and without done_roadmap", way_out)
            rows.sort(key=lambda row: (row.start or dt.date.min, row.end or dt.date.min))
        object.__setattr__(self, "sprints", tuple(row for rows in by_team.values() for row in rows))
        object.__setattr__(self, "guesses", _read_guesses(guesses))
        object.__setattr__(self, "left_out", tuple(left_out))
        object.__setattr__(self, "notes", tuple(notes))

    @classmethod
    def from_counts(cls, counts: Mapping[str, Sequence[float]], guesses: Mapping[str, Any] | None = None) -> History:
        """A history of bare counts: per team what each sprint finished, oldest first.

        The rows are sprints of the roadmap's own length; for a team with sprints of another length they count by weekdays
        (5 of 7 days, where the length is no whole number of weeks).
        """
        if not isinstance(counts, Mapping):
            raise Fault("history", quote(counts), 'give each team its counts: {"Web": [3, 5, 0]}')
        names = [read_name(team, "history") for team in counts]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise Fault("history", f"team {quote(twice)} twice", "give each team one list of counts")
        rows = []
        for team, done in counts.items():
            if isinstance(done, str | bytes) or not isinstance(done, Iterable):
                raise Fault(
                    f"team {quote(team)}", f"history = {quote(done)}", "give a list of counts, oldest first: [3, 5, 0]"
                )
            rows += [Sprint(team, None, None, count, name=str(index + 1)) for index, count in enumerate(done)]
        return cls(rows, guesses)

    @cached_property
    def _by_team(self) -> dict[str, tuple[Sprint, ...]]:
        grouped: dict[str, list[Sprint]] = {}
        for sprint in self.sprints:
            grouped.setdefault(sprint.team, []).append(sprint)
        return {team: tuple(rows) for team, rows in grouped.items()}

    @property
    def teams(self) -> tuple[str, ...]:
        """Names of the teams that have at least one sprint."""
        return tuple(self._by_team)

    def of(self, team: str) -> tuple[Sprint, ...]:
        """The sprints of one team, oldest first; empty for a team without any."""
        return self._by_team.get(team, ())

    def require(self, team: str) -> tuple[Sprint, ...]:
        """The sprints of one team. Raises Fault when the team has none."""
        rows = self.of(read_name(team, "history"))
        if not rows:
            raise Fault(
                "history", f"team = {quote(team)}", "no such team in the history." + did_you_mean(team, self.teams)
            )
        return rows

    def guess(self, team: str) -> Estimate | None:
        """The guess that stands in for the past of a team; None when there is none, or enough sprints to go by."""
        return self.guesses.get(team) if len(self.of(team)) < LEAST_SPRINTS else None

    def drawn(self, *, is_whole: bool = False) -> History:
        """The history that a forecast draws: without what is left out, and of work on the roadmap alone.

        Where a team says how much of its work went to the roadmap (`done_roadmap`), that is what it has done; with `is_whole`
        all of its work is.
        """
        return self.derive(("drawn", is_whole), lambda: self._draw(is_whole))

    def _draw(self, is_whole: bool) -> History:
        if not self.left_out and all(sprint.done_roadmap is None for sprint in self.sprints):
            return self
        instead = {(out.sprint.team, out.place): out.drawn for out in self.left_out}
        drawn = []
        for team in self.teams:
            for place, given in enumerate(self.of(team)):
                sprint = instead.get((team, place), given)
                if sprint is not None and sprint.done_roadmap is not None:
                    done = sprint.done if is_whole else sprint.done_roadmap
                    sprint = replace(sprint, done=done, done_roadmap=None)
                if sprint is not None:
                    drawn.append(sprint)
        return replace(self, sprints=tuple(drawn), left_out=())

    @cached_property
    def _derived(self) -> dict[Hashable, Any]:
        return {}

    def derive(self, key: Hashable, make: Callable[[], Derived]) -> Derived:
        """What follows from this history alone, and costs something: made once for each key."""
        if key not in self._derived:
            self._derived[key] = make()
        made: Derived = self._derived[key]
        return made

    def check_shares(self, shares: Mapping[str, float]) -> None:
        """Raises Fault when a team with `done_roadmap` also has a share below 1 (team -> share): it would count twice."""
        for team, share in shares.items():
            if share < 1 and any(sprint.done_roadmap is not None for sprint in self.of(team)):
                way_out = "done_roadmap says what went to the roadmap already, sprint by sprint; remove the share, or the column"
                raise Fault(f"team {quote(team)}", f"share = {share:g} and done_roadmap", way_out)


def scale_done(sprint: Sprint, weekdays: float, count_weekdays: float) -> float:
    """What a past sprint is worth in a sprint of so many weekdays; exactly what was done when the lengths are equal.

    A sprint without dates had `count_weekdays`, or as many as the future one where that is 0.
    """
    had = sprint.weekdays or count_weekdays or weekdays
    return sprint.done if had == weekdays else sprint.done * weekdays / had


def check_same_sprints(used: Mapping[str, Sequence[Sprint]]) -> None:
    """Raises Fault when teams cannot draw the same past sprint, because theirs are of different dates.

    used : team -> its past sprints; they pair by start and end, undated ones by their place
    """
    first = None
    for team, rows in used.items():
        sprints = [place if row.start is None else (row.start, row.end) for place, row in enumerate(rows)]
        if len(set(sprints)) < len(sprints):
            way_out = "a sprint that stands twice cannot be paired with another team's; remove one, or drop together"
            raise Fault("throughput together", f"team {quote(team)} has two sprints of the same dates", way_out)
        if first is None:
            first = (team, sprints)
        elif sprints != first[1]:
            way_out = "drawing together needs the same sprints for every team; leave out the others, or drop together"
            where = f"teams {quote(first[0])} and {quote(team)} have different sprints"
            raise Fault("throughput together", where, way_out)


def _read_guesses(guesses: Mapping[str, Any] | None) -> Mapping[str, Estimate]:
    """The guesses by team. Raises Fault for one that is no estimate, or of nothing at all."""
    if guesses is not None and not isinstance(guesses, Mapping):
        raise Fault("history", f"guesses = {quote(guesses)}", 'give teams their guess: {"Web": (3, 5, 9)}')
    found: dict[str, Estimate] = {}
    for name, guess in (guesses or {}).items():
        team = read_name(name, "history, guesses")
        where = f"team {quote(team)}"
        found[team] = Estimate.read(guess, where, "guess")
        if found[team].high == 0:
            raise Fault(where, "guess = 0", "a guess says how many items a sprint finishes: low, likely, high")
    return FrozenMap(found)


def check_history(history: object, where: str) -> None:
    """Raises Fault when the value is no history."""
    if not isinstance(history, History):
        way_out = 'give a History, such as History.from_counts({"Web": [3, 5, 0]})'
        raise Fault(where, f"history = {quote(history)}", way_out)
