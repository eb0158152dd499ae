"""Features: what somebody waits for, the work in it, what it waits for, and the risks to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from forecast.dates import Dateish, read_date
from forecast.errors import Fault, quote
from forecast.estimate import Estimate
from forecast.growth import Factor, Growth, read_growth
from forecast.objective import read_objective, weights_of
from forecast.values import LONGEST_REFERENCE, FrozenMap, read_flag, read_list, read_name, read_number

Handoff = Literal["next-sprint", "immediate"]
Size = float | Sequence[float] | Estimate


def read_handoff(value: object, where: str) -> Handoff:
    """The hand-off that a text names. Raises Fault when it is neither of the two."""
    if value != "next-sprint" and value != "immediate":
        raise Fault(where, f"handoff = {quote(value)}", 'a hand-off is "next-sprint" or "immediate"')
    return value


@dataclass(frozen=True)
class After:
    """What must finish first: a whole feature, or one team's part of it.

    feature : name of the feature; "Login/API" without a team means the part of API when no feature has that name
    team : the team whose part is meant; None for the whole feature
    lag : working days between its end and the start of what waits, a number or low / likely / high
    handoff : "next-sprint" or "immediate"; None takes the roadmap's
    is_exact : where "Login/API" is a feature as well as a part, the feature is meant; a plain text would be refused
    """

    feature: str
    team: str | None
    lag: Estimate
    handoff: Handoff | None
    is_exact: bool = field(repr=False, compare=False)

    def __init__(
        self, feature: str, team: str | None = None, lag: Size = 0, handoff: str | None = None, *, is_exact: bool = True
    ) -> None:
        keep = object.__setattr__
        keep(self, "feature", read_name(feature, "after", LONGEST_REFERENCE))
        where = f"after {quote(self.feature)}"
        keep(self, "team", None if team is None else read_name(team, where))
        keep(self, "lag", Estimate.read(lag, where, "lag"))
        keep(self, "handoff", None if handoff is None else read_handoff(handoff, where))
        keep(self, "is_exact", is_exact)


def read_after(values: object, where: str) -> tuple[After, ...]:
    """What must finish first, from names and `After`s. Raises Fault for anything else, and for a lone text."""
    links = []
    if isinstance(values, str | After):
        raise Fault(where, f"after = {quote(values)}", 'give a list of names: after = ["Login"]')
    for value in read_list(values, where, "after"):
        if isinstance(value, str):
            value = After(read_name(value, f"{where}, after", LONGEST_REFERENCE), is_exact=False)
        if not isinstance(value, After):
            raise Fault(where, f"after = {quote(value)}", 'name a feature ("Login") or a part ("Login/API")')
        links.append(value)
    return tuple(links)


@dataclass(frozen=True)
class Part:
    """The work of one team on one feature.

    size : items or points, a number or low / likely / high
    after : what this part alone waits for, besides what its feature waits for
    shape : "triangular" or "pert", for three-point sizes
    done : items or points of the size that are finished already. What is left in a run is the size drawn there less these,
        and 0 when the size turns out smaller; growth and risks come on top of what is left. So 20 with 15 done is the
        same as 5

    Raises Fault when a value is out of its range; `done` may exceed the size, and then nothing is left.
    """

    size: Estimate
    after: tuple[After, ...]
    done: float

    def __init__(
        self, size: Size, after: Sequence[str | After] = (), shape: str = "triangular", done: float = 0
    ) -> None:
        object.__setattr__(self, "size", Estimate.read(size, "part", "size", shape))
        object.__setattr__(self, "after", read_after(after, "part"))
        object.__setattr__(self, "done", read_number(done, "part", "done"))

    def __repr__(self) -> str:
        """Without `done` where nothing is: the fingerprint of inputs is made of it."""
        done = f", done={self.done!r}" if self.done else ""
        return f"Part(size={self.size!r}, after={self.after!r}{done})"

    def left(self, size: float) -> float:
        """What is left to do when the part turns out to be of this size, before growth and risks."""
        return max(size - self.done, 0.0)


def _read_work(work: Any, where: str) -> FrozenMap[Part]:
    if not isinstance(work, Mapping):
        raise Fault(where, f"work = {quote(work)}", "give each team its size: work = { Web = 8 }")
    parts: dict[str, Part] = {}
    for team, part in work.items():
        name = read_name(team, f"{where}, work")
        if name in parts:
            raise Fault(where, f"work names {quote(name)} twice", "give each team one part")
        if not isinstance(part, Part):
            part = Part(Estimate.read(part, f"{where}, work of {quote(name)}", "size"))
        parts[name] = part
    return FrozenMap(parts)


def _read_promised(promised: bool | None, due: Dateish | None, where: str) -> bool | None:
    if promised is not None and read_flag(promised, where, "promised") and due is None:
        raise Fault(where, "promised = true without a due date", "say until when: due = 2026-05-01")
    return promised


def _values(noun: Feature | External) -> tuple[Any, ...]:
    """All that makes one of them equal to another; an objective alone would be equal whatever else is served."""
    return (*(getattr(noun, each.name) for each in fields(noun)), noun.objectives)


@dataclass(frozen=True)
class Feature:
    """A thing on the roadmap that somebody waits for. Without work it is a milestone.

    work : team -> size, or `Part`
    after : what must finish before any part of it can start
    due : the day by which it is due, included
    promised : False for a due date that is no promise; None (a promise if there is a due date) or True
    not_before : the first day on which it may start
    objective : what it serves; it chooses the lane in a team's allocation. A feature that serves several is given their weights,
        { "Grow revenue": 0.7, "Debt": 0.3 }, which add up to 1; its objective, and its lane, is then the first of them
    value, cost_of_delay : >= 0, in the company's own unit (cost of delay: per week)
    started : in flight on day 0 (it matters with a team's `finish_started`)
    growth : factor for work discovered on the way: a number, low / likely / high, or "learned"; None takes the roadmap's

    Raises Fault when a value is out of its range.
    """

    name: str
    work: Mapping[str, Part]
    after: tuple[After, ...]
    due: dt.date | None
    promised: bool | None
    not_before: dt.date | None
    objective: str | None
    value: float | None
    cost_of_delay: float | None
    started: bool
    growth: Growth | None

    def __init__(
        self,
        name: str,
        work: Mapping[str, Size | Part] | None = None,
        after: Sequence[str | After] = (),
        due: Dateish | None = None,
        promised: bool | None = None,
        not_before: Dateish | None = None,
        objective: str | Mapping[str, float] | None = None,
        value: float | None = None,
        cost_of_delay: float | None = None,
        started: bool = False,
        growth: Factor | None = None,
    ) -> None:
        keep = object.__setattr__
        keep(self, "name", read_name(name, "feature"))
        where = f"feature {quote(self.name)}"
        keep(self, "work", _read_work({} if work is None else work, where))
        keep(self, "after", read_after(after, where))
        keep(self, "due", None if due is None else read_date(due, where, "due"))
        keep(self, "promised", _read_promised(promised, due, where))
        keep(self, "not_before", None if not_before is None else read_date(not_before, where, "not_before"))
        keep(self, "objective", read_objective(objective, where))
        keep(self, "value", None if value is None else read_number(value, where, "value"))
        keep(
            self, "cost_of_delay", None if cost_of_delay is None else read_number(cost_of_delay, where, "cost_of_delay")
        )
        keep(self, "started", read_flag(started, where, "started"))
        keep(self, "growth", None if growth is None else read_growth(growth, where))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Feature) and _values(self) == _values(other)

    @property
    def objectives(self) -> Mapping[str, float]:
        """Each objective that it serves -> its weight, the first one first; the weights add up to 1, or there is none."""
        return weights_of(self.objective)

    @property
    def is_promise(self) -> bool:
        """True when it has a due date that is meant as a promise."""
        return self.due is not None and self.promised is not False


@dataclass(frozen=True)
class External:
    """Something that takes days instead of a team's work: a vendor, a review, an approval.

    days : working days from the moment it can start, a number or low / likely / high
    after, not_before, due, promised, objective : as for a Feature

    Raises Fault when a value is out of its range.
    """

    name: str
    days: Estimate
    after: tuple[After, ...]
    not_before: dt.date | None
    due: dt.date | None
    promised: bool | None
    objective: str | None

    def __init__(
        self,
        name: str,
        days: Size,
        after: Sequence[str | After] = (),
        not_before: Dateish | None = None,
        due: Dateish | None = None,
        promised: bool | None = None,
        objective: str | Mapping[str, float] | None = None,
    ) -> None:
        keep = object.__setattr__
        keep(self, "name", read_name(name, "external"))
        where = f"external {quote(self.name)}"
        keep(self, "days", Estimate.read(days, where, "days"))
        keep(self, "after", read_after(after, where))
        keep(self, "not_before", None if not_before is None else read_date(not_before, where, "not_before"))
        keep(self, "due", None if due is None else read_date(due, where, "due"))
        keep(self, "promised", _read_promised(promised, due, where))
        keep(self, "objective", read_objective(objective, where))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, External) and _values(self) == _values(other)

    @property
    def objectives(self) -> Mapping[str, float]:
        """Each objective that it serves -> its weight, the first one first; the weights add up to 1, or there is none."""
        return weights_of(self.objective)

    @property
    def is_promise(self) -> bool:
        """True when it has a due date that is meant as a promise."""
        return self.due is not None and self.promised is not False


@dataclass(frozen=True)
class Risk:
    """Something that may happen once, and all that it then does.

    chance : 0 to 1
    adds : "Feature/Team" -> items added to that part, a number or low / likely / high
    delays : feature -> working days added to its finish, a number or low / likely / high

    Raises Fault when a value is out of its range, or when the risk does nothing.
    """

    name: str
    chance: float
    adds: Mapping[str, Estimate]
    delays: Mapping[str, Estimate]

    def __init__(
        self, name: str, chance: float, adds: Mapping[str, Size] | None = None, delays: Mapping[str, Size] | None = None
    ) -> None:
        keep = object.__setattr__
        keep(self, "name", read_name(name, "risk"))
        where = f"risk {quote(self.name)}"
        number = read_number(chance, where, "chance", most=100)
        if number > 1:
            raise Fault(where, f"chance = {number:g}", f"a chance is a share between 0 and 1: write {number / 100:g}")
        keep(self, "chance", number)
        for what, given in (("adds", adds), ("delays", delays)):
            effects = {} if given is None else given
            if not isinstance(effects, Mapping):
                raise Fault(where, f"{what} = {quote(effects)}", f'name what is hit: {what} = {{ "Checkout" = 5 }}')
            read: dict[str, Estimate] = {}
            for target, size in effects.items():
                name = read_name(target, f"{where}, {what}", LONGEST_REFERENCE)
                if name in read:
                    raise Fault(where, f"{what} names {quote(name)} twice", "give it one number")
                read[name] = Estimate.read(size, where, f"{what} {quote(name)}")
            keep(self, what, FrozenMap(read))
        if not self.adds and not self.delays:
            raise Fault(where, "no effect", "say what it adds or delays")
