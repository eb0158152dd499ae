"""History: what each team finished in past sprints."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from forecast.dates import count_weekdays, read_date
from forecast.errors import Fault, did_you_mean, quote, written
from forecast.values import read_list, read_name, read_number


@dataclass(frozen=True)
class Sprint:
    """One past sprint of one team.

    team : name of the team
    start, end : first and last day, both included; None for both when only the order is known
    done : items (or points) finished, >= 0; a sprint in which nothing was finished is a sprint with 0
    name : what the team called it

    Raises Fault when a value is missing, negative or not finite, or when the sprint ends before it starts.
    """

    team: str
    start: dt.date | None
    end: dt.date | None
    done: float
    name: str = ""

    def __post_init__(self) -> None:
        team = read_name(self.team, "sprint")
        object.__setattr__(self, "team", team)
        try:
            object.__setattr__(self, "done", read_number(self.done, "", "done"))
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
class History:
    """The past sprints of all teams; within a team the oldest first, undated ones as given.

    Raises Fault when a team mixes dated and undated sprints.
    """

    sprints: tuple[Sprint, ...]

    def __init__(self, sprints: Iterable[Sprint]) -> None:
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
            rows.sort(key=lambda row: (row.start or dt.date.min, row.end or dt.date.min))
        object.__setattr__(self, "sprints", tuple(row for rows in by_team.values() for row in rows))

    @classmethod
    def from_counts(cls, counts: Mapping[str, Sequence[float]]) -> History:
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
        return cls(rows)

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
