"""Teams: who works, at what pace, and what they work on first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from forecast.dates import Dateish, read_date, read_dates
from forecast.errors import Fault, quote
from forecast.values import FrozenMap, read_count, read_flag, read_list, read_name, read_number, read_share

LONGEST_SPRINT = 366
LONGEST_RAMP = 3 * 366


@dataclass(frozen=True)
class Capacity:
    """A planned change of a team's capacity: from start to end (both included) it works at `factor` times its pace.

    end : None means for good
    factor : >= 0; 0.5 is half the team, 1.25 a quarter more
    why : the reason in words
    """

    start: dt.date
    end: dt.date | None
    factor: float
    why: str = ""

    def __init__(self, start: Dateish, end: Dateish | None, factor: float, why: str = "") -> None:
        first = read_date(start, "capacity", "start")
        last = None if end is None else read_date(end, "capacity", "end")
        if last is not None and last < first:
            raise Fault(
                "capacity", f"start = {first}, end = {last}", "a change of capacity ends on or after its first day"
            )
        object.__setattr__(self, "start", first)
        object.__setattr__(self, "end", last)
        object.__setattr__(self, "factor", read_number(factor, "capacity", "factor", most=1000))
        object.__setattr__(self, "why", str(why))


@dataclass(frozen=True)
class Team:
    """A team: its sprints, its availability, and how many parts it works on at once.

    wip : parts worked on at the same time (in each lane, when there is an allocation), >= 1
    finish_started : a part once active keeps its place until it is finished. Parts of a feature that is `started` count as
        once active: of all these the more important go first
    share : the share of the team's capacity that goes to this roadmap, 0 to 1
    allocation : objective -> share of the team's capacity; what is left below 1 belongs to all other features
    sprint_days : calendar days of a sprint; None takes the roadmap's
    sprint_start : any first day of a sprint; None takes the roadmap's start
    days_off : days on which this team does not work (the company's own days off belong to the roadmap)
    capacity : planned changes; where several overlap their factors multiply

    Raises Fault when a value is out of its range.
    """

    name: str
    wip: int = 1
    finish_started: bool = False
    share: float = 1.0
    allocation: Mapping[str, float] | None = None
    sprint_days: int | None = None
    sprint_start: dt.date | None = None
    days_off: tuple[dt.date, ...] = ()
    capacity: tuple[Capacity, ...] = ()

    def __init__(
        self,
        name: str,
        *,
        wip: int = 1,
        finish_started: bool = False,
        share: float = 1.0,
        allocation: Mapping[str, float] | None = None,
        sprint_days: int | None = None,
        sprint_start: Dateish | None = None,
        days_off: Sequence[Dateish] = (),
        capacity: Sequence[Capacity] = (),
    ) -> None:
        keep = object.__setattr__
        keep(self, "name", read_name(name, "team"))
        where = f"team {quote(self.name)}"
        keep(self, "wip", read_count(wip, where, "wip", least=1))
        keep(self, "finish_started", read_flag(finish_started, where, "finish_started"))
        keep(self, "share", read_share(share, where, "share"))
        keep(self, "allocation", _read_allocation(allocation, where))
        if sprint_days is not None:
            sprint_days = read_count(sprint_days, where, "sprint_days", least=1, most=LONGEST_SPRINT)
        keep(self, "sprint_days", sprint_days)
        keep(self, "sprint_start", None if sprint_start is None else read_date(sprint_start, where, "sprint_start"))
        keep(self, "days_off", read_dates(days_off, where, "days_off"))
        changes = read_list(capacity, where, "capacity")
        for change in changes:
            if not isinstance(change, Capacity):
                raise Fault(where, f"capacity = {quote(change)}", "give a list of Capacity(start, end, factor)")
        keep(self, "capacity", changes)


def _read_allocation(allocation: Mapping[str, float] | None, where: str) -> Mapping[str, float] | None:
    if allocation is None:
        return None
    if not isinstance(allocation, Mapping):
        raise Fault(where, f"allocation = {quote(allocation)}", 'give each objective a share: { "Grow revenue" = 0.6 }')
    shares: dict[str, float] = {}
    for objective, share in allocation.items():
        name = read_name(objective, f"{where}, allocation")
        if name in shares:
            raise Fault(where, f"allocation names {quote(name)} twice", "give each objective one share")
        shares[name] = read_share(share, where, f"allocation of {quote(name)}")
    if sum(shares.values()) > 1 + 1e-9:
        raise Fault(where, f"allocation adds up to {sum(shares.values()):g}", "shares may not exceed 1 together")
    return FrozenMap(shares)


def change_capacity(
    start: Dateish, end: Dateish | None, factor: float, ramp_days: int = 0, why: str = ""
) -> tuple[Capacity, ...]:
    """A change of capacity that is reached over `ramp_days` calendar days: one step a week on the way, each at the middle of it.

    A loss needs no ramp: people who leave are gone at once. Raises Fault as `Capacity` does.
    """
    whole = Capacity(start, end, factor, why)
    ramp_days = read_count(ramp_days, "capacity", "ramp_days", least=0, most=LONGEST_RAMP)
    if ramp_days == 0:
        return (whole,)
    if factor < 1:
        raise Fault("capacity", f"ramp_days = {ramp_days}", "only a gain ramps up; leave it out")
    steps = -(-ramp_days // 7)
    reached = whole.start + dt.timedelta(days=ramp_days)
    spans = []
    for step in range(steps):
        first = whole.start + dt.timedelta(days=7 * step)
        last = min(first + dt.timedelta(days=6), reached - dt.timedelta(days=1))
        middle = (7 * step + ((last - first).days + 1) / 2) / ramp_days
        spans.append((first, last, 1 + (factor - 1) * middle))
    last_day = whole.end or dt.date.max
    steps_and_rest = [*spans, (reached, last_day, factor)]
    return tuple(
        Capacity(first, None if last == dt.date.max else min(last, last_day), pace, why)
        for first, last, pace in steps_and_rest
        if first <= last_day
    )
