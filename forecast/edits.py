"""Edits: what can be changed about a roadmap. Each is a method that returns a new one, so they can follow one another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

from forecast.dates import Dateish
from forecast.errors import Fault, point_out, quote
from forecast.estimate import Estimate
from forecast.feature import After, External, Feature, Part, Risk, Size
from forecast.team import Team, change_capacity
from forecast.values import read_count, read_name, read_number

LARGEST_FACTOR = 1000


class Edits:
    """What a roadmap can be asked to become. `above` and `below` are places in the order, `after` is always a dependency."""

    teams: tuple[Team, ...]
    features: tuple[Feature | External, ...]
    risks: tuple[Risk, ...]

    def rank(self, name: str) -> int:
        """Where the feature stands, 1 at the top; the roadmap knows."""
        raise NotImplementedError

    def feature(self, name: str) -> Feature | External:
        """The feature of that name; the roadmap knows."""
        raise NotImplementedError

    def read_day(self, value: object, where: str, what: str = "") -> dt.date:
        """The day that a date or a quarter stands for; the roadmap knows."""
        raise NotImplementedError

    def part_named(self, name: str, where: str) -> tuple[str, str]:
        """Feature and team of "Feature/Team"; the roadmap knows."""
        raise NotImplementedError

    def _resolve(self, after: After, who: str) -> tuple[str, str | None]:
        raise NotImplementedError

    def _with(self, **changes: Any) -> Self:
        raise NotImplementedError

    # The order ------------------------------------------------------------------------------------------------------

    def insert(
        self,
        feature: Feature | External,
        *,
        above: str | None = None,
        below: str | None = None,
        rank: int | None = None,
        expedite: bool = False,
    ) -> Self:
        """The roadmap with one more feature: above or below another, at a rank (1 is the top), else at the bottom.

        expedite : at the top and `started`, so that it also takes the place of what is in flight in teams that finish what
            they started
        """
        bottom = len(self.features) + 1
        if expedite:
            feature, rank = _expedited(feature, above, below, rank)
        if above is None and below is None and rank is None:
            rank = bottom
        where = self._place(above, below, rank, last=bottom)
        return self._with(features=(*self.features[:where], feature, *self.features[where:]))

    def without(self, name: str) -> Self:
        """The roadmap without one feature; nothing waits for it any more, and risks no longer touch it."""
        gone = self.feature(name).name
        return self._with(
            features=tuple(self._released(feature, gone) for feature in self.features if feature.name != gone),
            risks=tuple(risk for risk in (self._spared(risk, gone) for risk in self.risks) if risk is not None),
        )

    def move(
        self,
        name: str,
        *,
        above: str | None = None,
        below: str | None = None,
        rank: int | None = None,
        expedite: bool = False,
    ) -> Self:
        """The roadmap with one feature elsewhere: above or below another, or at a rank of the new order.

        expedite : at the top and `started`, as for `insert`
        """
        feature = self.feature(name)
        rest = tuple(other for other in self.features if other.name != feature.name)
        if feature.name in [read_name(other, "roadmap") for other in (above, below) if other is not None]:
            raise Fault("roadmap", f"move {quote(name)}", "a feature cannot be moved above or below itself")
        if expedite:
            feature, rank = _expedited(feature, above, below, rank)
        if above is None and below is None and rank is None:
            raise Fault("roadmap", f"move {quote(name)}", "say where to: above, below or rank")
        where = self._place(above, below, rank, last=len(self.features))
        if rank is None and where > self.rank(feature.name) - 1:
            where -= 1
        return self._with(features=(*rest[:where], feature, *rest[where:]))

    def replace(self, feature: Feature | External) -> Self:
        """The roadmap with the feature of the same name replaced, its rank kept."""
        if not isinstance(feature, Feature | External):
            raise Fault("roadmap", f"replace {quote(feature)}", "give the feature that takes the place of its namesake")
        where = self.rank(feature.name) - 1
        return self._with(features=(*self.features[:where], feature, *self.features[where + 1 :]))

    def arrange(self, names: Sequence[str]) -> Self:
        """The roadmap with its features in the given order, the most important first. Raises Fault unless each is named once."""
        order = [self.feature(name) for name in names]
        missing = [feature.name for feature in self.features if feature.name not in {each.name for each in order}]
        if missing or len(order) != len(self.features):
            twice = [each.name for at, each in enumerate(order) if each.name in {other.name for other in order[:at]}]
            way_out = f"{quote(missing[0])} is missing" if missing else f"{quote(twice[0])} stands twice"
            raise Fault(
                "roadmap",
                f"an order of {len(order)} features",
                f"name each of the {len(self.features)} once: {way_out}",
            )
        return self._with(features=tuple(order))

    # The work -------------------------------------------------------------------------------------------------------

    def resize(self, name: str, *, factor: float | None = None, size: Size | None = None) -> Self:
        """The roadmap with a feature ("Checkout") or one part of it ("Checkout/Web") made larger or smaller.

        factor : times the stated size of the part, of every part, or of an external's days
        size : the new size instead, a number or low / likely / high; of one part, or of an external's days
        """
        feature, team = self._thing(name)
        noun, where = self.feature(feature), f"resize {quote(name)}"
        if (factor is None) == (size is None):
            raise Fault(
                where, "no change" if factor is None else "both factor and size", "give either a factor or a size"
            )
        if factor is not None:
            factor = read_number(factor, where, "factor", most=LARGEST_FACTOR)
        if isinstance(noun, External):
            return self.replace(replace(noun, days=_resized(noun.days, factor, size, where)))
        teams = [team] if team else list(noun.work)
        if not teams:
            raise Fault(where, "a milestone", "it has no work that could change")
        if size is not None and len(teams) > 1:
            parts = ", ".join(quote(f"{feature}/{each}") for each in teams)
            raise Fault(where, "one size for several parts", f"give a factor, or the size of one part: {parts}")
        parts_now = {
            each: replace(noun.work[each], size=_resized(noun.work[each].size, factor, size, where)) for each in teams
        }
        return self.replace(replace(noun, work=dict(noun.work) | parts_now))

    def split(
        self,
        part: str,
        *,
        into: str | None = None,
        above: str | None = None,
        below: str | None = None,
        rank: int | None = None,
    ) -> Self:
        """The roadmap with one part ("Checkout/Data") taken out of its feature and made a feature of its own.

        into : its name, "Checkout (Data)" if not given. Without a place it stands right below, where nothing changes for its team

        It keeps the objective, growth, first day and dependencies of the feature, but no due date. What waits for the part waits
        for the new feature; what waits for the whole feature no longer waits for the part: that is what a split is for.
        """
        name, team = self.part_named(read_name(part, "split"), "split")
        noun = self.feature(name)
        assert isinstance(noun, Feature)
        if len(noun.work) == 1:
            raise Fault(f"split {quote(part)}", "the only part", "there is nothing that it could be split off from")
        new = f"{name} ({team})" if into is None else read_name(into, f"split {quote(part)}")

        def lead(after: After, who: str) -> list[After]:
            is_it = self._resolve(after, who) == (name, team)
            return [After(new, lag=after.lag, handoff=after.handoff) if is_it else after]

        features = [self._relinked(each, lead) for each in self.features]
        features[self.rank(name) - 1], own = _split_off(features[self.rank(name) - 1], team, new)
        if above is None and below is None and rank is None:
            below = name
        where = self._place(above, below, rank, last=len(features) + 1)
        risks = tuple(self._redirected(risk, (name, team), f"{new}/{team}") for risk in self.risks)
        return self._with(features=(*features[:where], own, *features[where:]), risks=risks)

    # The dependencies and dates -------------------------------------------------------------------------------------

    def link(self, name: str, after: str | After) -> Self:
        """The roadmap in which a feature ("Search") or one part of it ("Search/Web") also waits for another, or for a part."""
        feature, team = self._thing(name)
        link = after if isinstance(after, After) else After(after, is_exact=False)
        noun = self.feature(feature)
        if team is None:
            return self.replace(replace(noun, after=(*noun.after, link)))
        assert isinstance(noun, Feature)
        part: Part = noun.work[team]
        return self.replace(replace(noun, work=dict(noun.work) | {team: replace(part, after=(*part.after, link))}))

    def unlink(self, name: str, after: str) -> Self:
        """The roadmap in which a feature, or one part of it, no longer waits for another; a whole feature: nor any part of it."""
        waiting, waits_for = self._thing(name), self._thing(after)

        def is_gone(link: After, who: tuple[str, str | None]) -> bool:
            target = self._resolve(link, who[0])
            return waiting in (who, (who[0], None)) and waits_for in (target, (target[0], None))

        noun = self.feature(waiting[0])
        kept = self._relinked_by_part(noun, lambda link, who: [] if is_gone(link, who) else [link])
        if kept == noun:
            raise Fault(f"unlink {quote(name)}", f"after = {quote(after)}", "it does not wait for that")
        return self.replace(kept)

    def set_due(self, name: str, due: Dateish | None, *, promised: bool | None = None) -> Self:
        """The roadmap with another due date for a feature, a day or a quarter (its last day); None takes it away.

        promised : whether the date is a promise; None leaves that as it is
        """
        noun = self.feature(name)
        if promised is None and due is not None:
            promised = noun.promised
        day = None if due is None else self.read_day(due, f"feature {quote(noun.name)}", "due")
        return self.replace(replace(noun, due=day, promised=promised))

    # The teams ------------------------------------------------------------------------------------------------------

    def staff(
        self,
        team: str,
        *,
        start: Dateish,
        end: Dateish | None = None,
        factor: float | None = None,
        people: float | None = None,
        of: float | None = None,
        ramp_days: int = 0,
        why: str = "",
    ) -> Self:
        """The roadmap with another capacity of a team from start to end (None: for good), on top of what is planned.

        factor : of its pace, such as 0.8 or 1.25; or instead
        people, of : so many people more (or, negative, fewer) in a team of that many at the time
        ramp_days : calendar days until a gain is reached, rising evenly, week by week
        """
        noun = self._team(team)
        where = f"staff {quote(noun.name)}"
        if (factor is None) == (people is None) or (people is None) != (of is None):
            raise Fault(where, "no change of capacity", "give either a factor, or people and of how many")
        if people is not None and of is not None:
            factor = _factor_of(people, of, where)
        changes = change_capacity(start, end, read_number(factor, where, "factor", most=LARGEST_FACTOR), ramp_days, why)
        return self._with_team(replace(noun, capacity=(*noun.capacity, *changes)))

    def lend(
        self,
        team: str,
        to: str,
        *,
        people: float,
        of: float,
        to_of: float,
        start: Dateish,
        end: Dateish | None = None,
        ramp_days: int = 0,
    ) -> Self:
        """The roadmap in which a team lends people to another from start to end (None: for good).

        people : how many; of, to_of : people in the two teams at the time; ramp_days : until they are at full pace there
        """
        lender, borrower = self._team(team).name, self._team(to).name
        where = f"lend {quote(lender)}"
        if lender == borrower:
            raise Fault(where, f"to {quote(to)}", "a team cannot lend people to itself")
        if read_number(people, where, "people") == 0:
            raise Fault(where, "people = 0", "say how many")
        lent = self.staff(lender, people=-people, of=of, start=start, end=end, why=f"lent to {borrower}")
        return lent.staff(
            borrower, people=people, of=to_of, start=start, end=end, ramp_days=ramp_days, why=f"lent by {lender}"
        )

    def set_wip(self, team: str, wip: int) -> Self:
        """The roadmap in which a team works on so many parts at the same time."""
        return self._with_team(replace(self._team(team), wip=wip))

    def set_allocation(self, team: str, allocation: Mapping[str, float] | None) -> Self:
        """The roadmap in which a team splits its capacity between objectives by these shares; None: no split."""
        return self._with_team(replace(self._team(team), allocation=allocation))

    def without_days_off(self) -> Self:
        """The roadmap in which nobody is ever away: no days off of the company or of a team; planned capacity stays."""
        return self._with(days_off=(), teams=tuple(replace(team, days_off=()) for team in self.teams))

    # How it is done -------------------------------------------------------------------------------------------------

    def _place(self, above: str | None, below: str | None, rank: int | None, last: int) -> int:
        if sum(place is not None for place in (above, below, rank)) != 1:
            raise Fault("roadmap", "more than one place", "give one of above, below and rank")
        if above is not None:
            return self.rank(above) - 1
        if below is not None:
            return self.rank(below)
        return read_count(rank, "roadmap", "rank", least=1, most=last) - 1

    def _thing(self, name: str) -> tuple[str, str | None]:
        """Feature and team of "Feature" or "Feature/Team". Raises Fault when it is neither, or both."""
        wanted = After(read_name(name, "roadmap"), is_exact=False)
        try:
            return self._resolve(wanted, "")
        except Fault as fault:
            raise Fault("roadmap", quote(wanted.feature), fault.way_out) from None

    def _team(self, name: str) -> Team:
        known = {team.name: team for team in self.teams}
        wanted = read_name(name, "roadmap")
        if wanted not in known:
            raise Fault("roadmap", f"team {quote(wanted)}", "no such team." + point_out(wanted, known))
        return known[wanted]

    def _with_team(self, team: Team) -> Self:
        return self._with(teams=tuple(team if each.name == team.name else each for each in self.teams))

    def _relinked_by_part(
        self, feature: Feature | External, lead: Callable[[After, tuple[str, str | None]], list[After]]
    ) -> Feature | External:
        """The feature with each of its links replaced by those that `lead` gives for it and for who waits."""
        name = feature.name
        after = [new for old in feature.after for new in lead(old, (name, None))]
        if isinstance(feature, External):
            return replace(feature, after=tuple(after))
        work = {
            team: replace(part, after=tuple(new for old in part.after for new in lead(old, (name, team))))
            for team, part in feature.work.items()
        }
        return replace(feature, after=tuple(after), work=work)

    def _relinked(
        self, feature: Feature | External, lead: Callable[[After, str], Sequence[After]]
    ) -> Feature | External:
        return self._relinked_by_part(
            feature, lambda after, who: list(lead(after, who[0] if who[1] is None else f"{who[0]}/{who[1]}"))
        )

    def _released(self, feature: Feature | External, gone: str) -> Feature | External:
        return self._relinked(feature, lambda after, who: [] if self._resolve(after, who)[0] == gone else [after])

    def _spared(self, risk: Risk, gone: str) -> Risk | None:
        where = f"risk {quote(risk.name)}"
        adds = {to: size for to, size in risk.adds.items() if self.part_named(to, where)[0] != gone}
        delays = {to: days for to, days in risk.delays.items() if to != gone}
        return Risk(risk.name, risk.chance, adds, delays) if adds or delays else None

    def _redirected(self, risk: Risk, part: tuple[str, str], new: str) -> Risk:
        where = f"risk {quote(risk.name)}"
        adds = {new if self.part_named(to, where) == part else to: size for to, size in risk.adds.items()}
        return Risk(risk.name, risk.chance, adds, risk.delays)


def _expedited(
    feature: Feature | External, above: str | None, below: str | None, rank: int | None
) -> tuple[Feature | External, int]:
    """The feature as if in flight, and the rank that goes with it."""
    if above is not None or below is not None or rank not in (None, 1):
        raise Fault(
            "roadmap", f"expedite {quote(feature.name)}", "what is expedited goes to the top; give no other place"
        )
    return replace(feature, started=True) if isinstance(feature, Feature) else feature, 1


def _split_off(feature: Feature | External, team: str, name: str) -> tuple[Feature, Feature]:
    """What is left of a feature without the part of a team, and the part as a feature of that name."""
    assert isinstance(feature, Feature)
    rest = {each: part for each, part in feature.work.items() if each != team}
    own = replace(
        feature, name=name, work={team: feature.work[team]}, due=None, promised=None, value=None, cost_of_delay=None
    )
    return replace(feature, work=rest), own


def _resized(now: Estimate, factor: float | None, size: Size | None, where: str) -> Estimate:
    if factor is None:
        return Estimate.read(size, where, "size", now.shape)
    return Estimate(now.low * factor, now.likely * factor, now.high * factor, now.shape)


def _factor_of(people: float, of: float, where: str) -> float:
    """The factor of a team's pace when so many of its people come, or go."""
    whole = read_number(of, where, "of")
    if whole <= 0:
        raise Fault(where, f"of = {whole:g}", "say how many people the team has at the time")
    more = read_number(people, where, "people", least=-LARGEST_FACTOR * whole)
    if more < -whole:
        raise Fault(where, f"people = {more:g} of {whole:g}", "more people cannot leave than there are")
    return (whole + more) / whole
