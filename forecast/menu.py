"""The menu of remedies: what may be done so that promises hold again, what each edit gives up, and which of them can matter."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from forecast.dates import Dateish, read_date
from forecast.errors import Fault, point_out, quote
from forecast.feature import External, Feature
from forecast.positions import find_spans
from forecast.roadmap import Roadmap
from forecast.team import LONGEST_RAMP
from forecast.values import read_count, read_flag, read_list, read_number
from forecast.whatif import Edit
from forecast.worth import find_worth

CUTS = (0.25, 0.5)
CAPACITY = (0.25, 0.5)
NOTICE_DAYS = 28
MOST_PLACES = 12
"""Places to which a new feature is moved down: these many of those that differ, evenly spread, the bottom among them."""

DOWN, DEFER, CUT, STAFF = "down", "defer", "cut", "capacity"
KINDS = (DOWN, DEFER, CUT, STAFF)
"""The kinds of edits, in the order in which they are made."""

PRICES = ("value", "items", "capacity")

Thing = tuple[str, str | None]
"""A part, or (team None) a whole feature."""


@dataclass(frozen=True)
class Menu:
    """What may be done besides what is asked for.

    defer : move features that are not promised below the last of the kept promises, or to the bottom
    cuts : shares of the scope of any one feature; () for none
    capacity : shares of its pace that any one team gains; () for none
    start : from when on; None is four weeks after the roadmap's start, since people have to be found
    ramp_days : calendar days until a gain is reached, as in `Roadmap.staff`
    down : move what is added (or moved) by the what-if further down

    Raises Fault when a share is out of range, or when nothing is left to do.
    """

    defer: bool
    cuts: tuple[float, ...]
    capacity: tuple[float, ...]
    start: dt.date | None
    ramp_days: int
    down: bool

    def __init__(
        self,
        *,
        defer: bool = True,
        cuts: Sequence[float] = CUTS,
        capacity: Sequence[float] = CAPACITY,
        start: Dateish | None = None,
        ramp_days: int = 0,
        down: bool = True,
    ) -> None:
        keep = object.__setattr__
        keep(self, "defer", read_flag(defer, "menu", "defer"))
        keep(self, "cuts", _read_shares(cuts, "cuts", most=1, example="0.25 for a quarter of the scope"))
        keep(self, "capacity", _read_shares(capacity, "capacity", most=10, example="0.25 for a quarter more"))
        keep(self, "start", None if start is None else read_date(start, "menu", "start"))
        keep(self, "ramp_days", read_count(ramp_days, "menu", "ramp_days", least=0, most=LONGEST_RAMP))
        keep(self, "down", read_flag(down, "menu", "down"))
        if not (self.defer or self.cuts or self.capacity or self.down):
            raise Fault("menu", "nothing on it", f"leave something to do: {DEFER}, {CUT}, {STAFF} or {DOWN}")


def _read_shares(values: object, what: str, most: float, example: str) -> tuple[float, ...]:
    shares = []
    for value in read_list(values, "menu", what):
        share = read_number(value, "menu", what, least=0)
        if not 0 < share <= most:
            hint = f"write {share / 100:g} for {share:g} %" if 1 < share <= 100 else f"give shares such as {example}"
            raise Fault("menu", f"{what} = {share:g}", hint)
        shares.append(share)
    return tuple(sorted(dict.fromkeys(shares)))


@dataclass(frozen=True)
class Price:
    """What giving up costs, so that remedies can be ranked: of one unit of value, of one item, of one team's whole capacity."""

    value: float
    items: float
    capacity: float

    def __init__(self, value: float = 0, items: float = 0, capacity: float = 0) -> None:
        for name, price in zip(PRICES, (value, items, capacity), strict=True):
            object.__setattr__(self, name, read_number(price, "price", name))
        if not (self.value or self.items or self.capacity):
            raise Fault("price", "nothing has a price", f"give one of: {', '.join(PRICES)}")

    def of(self, cost: Cost) -> float:
        """The price of a cost."""
        return self.value * cost.value + self.items * cost.items + self.capacity * cost.capacity


@dataclass(frozen=True)
class Cost:
    """What a remedy gives up.

    value : of the features that are deferred or moved down: their `value`; the mean of all that have one where one has none, and
        1 each where no feature has one
    items : expected items (or points) cut of what is left, before growth
    capacity : whole teams added: 0.25 for a quarter more of one
    """

    value: float = 0.0
    items: float = 0.0
    capacity: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.value + other.value, self.items + other.items, self.capacity + other.capacity)

    @property
    def triple(self) -> tuple[float, float, float]:
        """The three, rounded so that what is the same in another order of adding up is the same."""
        return round(self.value, 9), round(self.items, 9), round(self.capacity, 9)

    def covers(self, other: Cost) -> bool:
        """Whether it is as low as another in all three."""
        return all(mine <= its for mine, its in zip(self.triple, other.triple, strict=True))

    def dominates(self, other: Cost) -> bool:
        """Whether it is as low as another in all three, and lower in one."""
        return self.triple != other.triple and self.covers(other)


@dataclass(frozen=True)
class Choice:
    """One edit on the menu.

    kind : DOWN, DEFER, CUT or STAFF; subject : the feature or the team
    depth : by how many ranks something is moved down: between what costs the same, the milder is preferred
    """

    kind: str
    subject: str
    edit: Edit
    cost: Cost
    depth: int = 0

    @property
    def slot(self) -> tuple[str, str]:
        """What it decides: of two that decide the same, a remedy has one."""
        return ("place" if self.kind in (DOWN, DEFER) else self.kind), self.subject


def read_kept(roadmap: Roadmap, keep: object) -> tuple[str, ...]:
    """The names of the promises to be kept, in roadmap order. Raises Fault for an unknown one, or one without a due date."""
    if isinstance(keep, str):
        raise Fault("keep", quote(keep), f"give a list of names: [{quote(keep)}]")
    names = read_list(keep, "keep", "names")
    if not names:
        raise Fault("keep", "no names", "name the promises that are to be kept")
    known = {feature.name: feature for feature in roadmap.features}
    kept = set()
    for name in names:
        wanted = name.strip() if isinstance(name, str) else name
        if not isinstance(wanted, str) or wanted not in known:
            hint = point_out(wanted, known) if isinstance(wanted, str) else ""
            raise Fault("keep", quote(name), f"no such feature in the roadmap after the edits.{hint}")
        if known[wanted].due is None:
            dated = [feature.name for feature in roadmap.features if feature.due is not None]
            hint = point_out(wanted, dated)
            raise Fault("keep", quote(wanted), f"it has no due date, so nothing about it is promised.{hint}")
        kept.add(wanted)
    return tuple(name for name in known if name in kept)


def find_influences(roadmap: Roadmap, names: Sequence[str]) -> set[Thing]:
    """All whose change can reach one of the named features: its reach (model.md, "Reach") walked backwards.

    With each thing: what it waits for, and in its team the parts above it in the lane; where the team has wip > 1, finish_started
    or an allocation, all its parts.
    """
    queue: dict[str, list[str]] = {team.name: [] for team in roadmap.teams}
    for feature in roadmap.features:
        for team in getattr(feature, "work", ()):
            queue[team].append(feature.name)
    is_simple = {
        team.name: team.wip == 1 and not team.finish_started and team.allocation is None for team in roadmap.teams
    }
    links: dict[str, list[tuple[str | None, Thing]]] = {}
    for link in roadmap.links:
        links.setdefault(link.feature, []).append((link.team, (link.waits_for, link.waits_for_team)))
    work = {feature.name: tuple(getattr(feature, "work", ())) for feature in roadmap.features}
    found: set[Thing] = set()
    left: list[Thing] = [(name, None) for name in names]
    while left:
        name, team = left.pop()
        if (name, team) in found:
            continue
        found.add((name, team))
        left += [target for waiting, target in links.get(name, []) if team is None or waiting in (None, team)]
        if team is None:
            left += [(name, each) for each in work[name]]
        else:
            of_team = queue[team]
            above = of_team[: of_team.index(name)] if is_simple[team] else of_team
            left += [(other, team) for other in above if (other, team) not in found]
    return found


def find_choices(
    menu: Menu, roadmap: Roadmap, kept: Sequence[str], subjects: Sequence[str]
) -> tuple[list[Choice], list[Choice]]:
    """The edits on the menu that can matter to the kept promises, and those that cannot, since nothing of them reaches one.

    subjects : what the what-if adds or moves; it can be moved down, and is not deferred
    """
    reaching = find_influences(roadmap, kept)
    for name in subjects:  # where it stands lower, more may stand above it
        reaching |= find_influences(roadmap.move(name, rank=len(roadmap.features)), kept)
    features, teams = {name for name, _ in reaching}, {team for _, team in reaching}
    can_matter: list[Choice] = []
    cannot: list[Choice] = []
    for choice in _list_choices(menu, roadmap, kept, subjects):
        is_near = choice.subject in (teams if choice.kind == STAFF else features)
        (can_matter if is_near else cannot).append(choice)
    return can_matter, cannot


def _list_choices(menu: Menu, roadmap: Roadmap, kept: Sequence[str], subjects: Sequence[str]) -> Iterator[Choice]:
    values = {name: float(value) for name, value in find_worth(roadmap.features).values.items()}
    if menu.down:
        for name in subjects:
            yield from _move_down(roadmap, name, values[name])
    if menu.defer:
        last = max(kept, key=roadmap.rank)
        for feature in roadmap.features:
            if getattr(feature, "work", ()) and not feature.is_promise and feature.name not in (*kept, *subjects):
                yield from _defer(roadmap, feature.name, last, values[feature.name])
    for feature in roadmap.features:
        if isinstance(feature, Feature):
            yield from _cut(menu, feature)
    start = roadmap.start + dt.timedelta(days=NOTICE_DAYS) if menu.start is None else menu.start
    for team in roadmap.teams:
        for share in menu.capacity:
            edit = Edit("staff", team=team.name, start=start, factor=1 + share, ramp_days=menu.ramp_days)
            yield Choice(STAFF, team.name, edit, Cost(capacity=share))


def _move_down(roadmap: Roadmap, name: str, value: float) -> Iterator[Choice]:
    """The places further down that differ from each other."""
    now = roadmap.rank(name)
    if isinstance(roadmap.feature(name), External):
        return
    ranks = [first for first, last in find_spans(roadmap, name) if first > now]
    if len(ranks) > MOST_PLACES:
        ranks = [ranks[round(k * (len(ranks) - 1) / (MOST_PLACES - 1))] for k in range(MOST_PLACES)]
    for rank in ranks:
        yield Choice(DOWN, name, Edit("move", name=name, rank=rank), Cost(value=value), rank - now)


def _defer(roadmap: Roadmap, name: str, last: str, value: float) -> Iterator[Choice]:
    """Below the last of the promises, and to the bottom."""
    now, below, bottom = roadmap.rank(name), roadmap.rank(last), len(roadmap.features)
    if now < below:
        yield Choice(DEFER, name, Edit("move", name=name, below=last), Cost(value=value), below - now)
    if now < bottom != below:
        yield Choice(DEFER, name, Edit("move", name=name, rank=bottom), Cost(value=value), bottom - now)


def _cut(menu: Menu, feature: Feature) -> Iterator[Choice]:
    for share in menu.cuts:
        cut = sum(part.left(part.size.mean) - part.left(part.size.mean * (1 - share)) for part in feature.work.values())
        if cut > 0:
            edit = Edit("resize", name=feature.name, factor=1 - share)
            yield Choice(CUT, feature.name, edit, Cost(items=cut))
