"""Reach: what an edit of a roadmap can touch (model, section 7). All else is the same to the last bit.

300 random portfolios, five edits of each, four runs under the same luck before and after. No proof, but a set that is
too small by any of its rules is found out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from random import Random
from typing import NamedTuple

import numpy as np
import pytest
from helpers import SEED
from played import Played, Thing, changed, play, teams_of
from portfolios import seeded

from forecast.errors import Fault
from forecast.feature import After, External, Feature, Part
from forecast.history import History
from forecast.roadmap import Roadmap
from forecast.team import Team

PORTFOLIOS = 300


# The set -------------------------------------------------------------------------------------------------------------


class Rules(NamedTuple):
    """What makes a reach; each can be left out."""

    waiting_for_parts: bool = True
    waiting_for_features: bool = True
    ranked_below: bool = True
    whole_teams: bool = True
    transitive: bool = True
    before: bool = True
    after: bool = True


ALL = Rules()


def reach(roadmap: Roadmap, start: set[Thing], rules: Rules = ALL) -> set[Thing]:
    """The things that a change of some things can touch; ends of features count as things, for others wait for them."""
    reached, left = set(start), list(start)
    for thing in left:
        for touched in set(neighbours(roadmap, thing, rules)) - reached:
            reached.add(touched)
            if rules.transitive:
                left.append(touched)
    return reached


def neighbours(roadmap: Roadmap, thing: Thing, rules: Rules = ALL) -> Iterator[Thing]:
    """What one thing touches directly."""
    feature, team = thing
    if team is not None:
        yield feature, None
        yield from on_the_team(roadmap, feature, team, rules)
    for link in roadmap.links:
        is_wanted = rules.waiting_for_features if team is None else rules.waiting_for_parts
        if (link.waits_for, link.waits_for_team) == thing and is_wanted:
            yield from [(link.feature, link.team)] if link.team else things(roadmap, link.feature)


def on_the_team(roadmap: Roadmap, feature: str, team: str, rules: Rules) -> Iterator[Thing]:
    """Parts of the same team: those ranked below, or all of them where the team shares, keeps places or has lanes."""
    names = [each.name for each in roadmap.features if team in teams_of(each)]
    noun = next(each for each in roadmap.teams if each.name == team)
    if rules.whole_teams and (noun.wip > 1 or noun.finish_started or noun.allocation is not None):
        yield from ((name, team) for name in names)
    elif rules.ranked_below:
        yield from ((name, team) for name in names[names.index(feature) + 1 :])


def things(roadmap: Roadmap, feature: str) -> list[Thing]:
    """The parts of a feature; an external's or a milestone's end; nothing for a feature that is not there."""
    if feature not in {each.name for each in roadmap.features}:
        return []
    return [(feature, team) for team in teams_of(roadmap.feature(feature))] or [(feature, None)]


# Random edits --------------------------------------------------------------------------------------------------------


class Edit(NamedTuple):
    """A roadmap before and after, what was changed in each, and what became of them."""

    kind: str
    before: Played
    after: Played
    changed_before: set[Thing]
    changed_after: set[Thing]

    def reached(self, rules: Rules = ALL) -> set[Thing]:
        """The reach in both roadmaps."""
        before = reach(self.before.roadmap, self.changed_before, rules) if rules.before else self.changed_before
        after = reach(self.after.roadmap, self.changed_after, rules) if rules.after else self.changed_after
        return before | after

    def common(self) -> list[Thing]:
        """The things that both roadmaps have."""
        return [thing for thing in self.before.moments if thing in self.after.moments]

    def is_same(self, thing: Thing) -> bool:
        """Whether a thing starts and ends at the same time in every run, to the last bit."""
        return np.array_equal(self.before.moments[thing], self.after.moments[thing])


Made = tuple[Roadmap, set[Thing], set[Thing]]


def inserted(pick: Random, roadmap: Roadmap) -> Made:
    """One more feature (or external) anywhere; it waits for some of the others."""
    teams = [team.name for team in roadmap.teams]
    after = [After(*pick_thing(pick, roadmap), lag=pick.choice((0, 0, 3))) for _ in range(pick.choice((0, 0, 1, 2)))]
    new: Feature | External = External("New", pick.choice((2, (1, 3, 8))), after)
    if pick.random() < 0.9:
        sizes = {team: pick_size(pick) for team in pick.sample(teams, min(len(teams), pick.choice((1, 1, 2, 3))))}
        objective = pick.choice((None, "Grow", "Debt", "Run"))
        new = Feature("New", sizes, after, objective=objective, started=pick.random() < 0.3)
    edited = roadmap.insert(new, rank=pick.randint(1, len(roadmap.features) + 1))
    return edited, set(), set(things(edited, "New"))


def dropped(pick: Random, roadmap: Roadmap) -> Made:
    """One feature less."""
    name = pick.choice(roadmap.features).name
    return roadmap.without(name), set(things(roadmap, name)), set()


def moved(pick: Random, roadmap: Roadmap) -> Made:
    """One feature elsewhere."""
    name = pick.choice(roadmap.features).name
    whole = set(things(roadmap, name))
    return roadmap.move(name, rank=pick.randint(1, len(roadmap.features))), whole, whole


def resized(pick: Random, roadmap: Roadmap) -> Made:
    """Another size for one part; other days for an external."""
    old = pick.choice(roadmap.features)
    if isinstance(old, External):
        return (
            roadmap.replace(changed(old, days=pick.choice((1, 7, (0, 2, 4))))),
            {(old.name, None)},
            {(old.name, None)},
        )
    if not old.work:
        return roadmap, set(), set()
    team = pick.choice([*old.work])
    new = changed(old, work={**old.work, team: Part(pick_size(pick), old.work[team].after)})
    return roadmap.replace(new), {(old.name, team)}, {(old.name, team)}


def reworked(pick: Random, roadmap: Roadmap) -> Made:
    """Other things that can be said of a feature: one dependency more, another growth, a day not before, a team more."""
    while True:
        old = pick.choice(roadmap.features)
        values = {"after": [*old.after, After(*pick_thing(pick, roadmap))]} if pick.random() < 0.5 else {}
        if pick.random() < 0.3:
            values["not_before"] = pick.choice((None, roadmap.start.replace(month=2)))
        if isinstance(old, Feature):
            values |= {"growth": pick.choice((None, 2, (1, 1, 3)))} if pick.random() < 0.3 else {}
            values |= {"started": not old.started} if pick.random() < 0.3 else {}
            values |= {"objective": pick.choice((None, "Grow", "Debt"))} if pick.random() < 0.3 else {}
            team = pick.choice(roadmap.teams).name
            if pick.random() < 0.3 and old.work and team not in old.work:
                values["work"] = {**old.work, team: pick_size(pick)}
        try:
            edited = roadmap.replace(changed(old, **values))
        except Fault:  # a cycle
            continue
        return edited, set(things(roadmap, old.name)), set(things(edited, old.name))


def pick_thing(pick: Random, roadmap: Roadmap) -> Thing:
    """A part or a whole feature."""
    feature = pick.choice(roadmap.features)
    return feature.name, pick.choice((None, *teams_of(feature)))


def pick_size(pick: Random) -> object:
    return pick.choice((0, 1, 3, 7, 14, (1, 4, 9)))


KINDS: tuple[Callable[[Random, Roadmap], Made], ...] = (inserted, dropped, moved, resized, reworked)


@cache
def edits() -> list[Edit]:
    """All edits of all portfolios, played."""
    made = []
    for number in range(PORTFOLIOS):
        pick = Random(SEED * 1_000_000 + number)
        roadmap, history = seeded(SEED * 1_000_000 + number)
        before = play(roadmap, history, seed=SEED)
        for kind in KINDS:
            if kind is dropped and len(roadmap.features) == 1:
                continue
            edited, *changed_things = kind(pick, roadmap)
            made.append(Edit(kind.__name__, before, play(edited, history, seed=SEED), *changed_things))
    return made


# Laws ----------------------------------------------------------------------------------------------------------------


def strays(rules: Rules = ALL) -> list[str]:
    """The things outside a reach that an edit has moved all the same."""
    found = []
    for number, made in enumerate(edits()):
        outside = set(made.common()) - made.reached(rules)
        found += [f"edit {number} ({made.kind}): {thing}" for thing in outside if not made.is_same(thing)]
    return found


def test_what_is_outside_the_reach_of_an_edit_is_the_same_to_the_last_bit() -> None:
    """300 portfolios, 5 kinds of edits of each, 4 runs: starts and ends of parts, ends of features."""
    assert len(edits()) > 0.95 * len(KINDS) * PORTFOLIOS
    assert strays() == []


@pytest.mark.parametrize("rule", Rules._fields)
def test_a_reach_that_forgets_a_rule_is_too_small(rule: str) -> None:
    """Some of the same edits move something outside it."""
    assert len(strays(ALL._replace(**{rule: False}))) >= 5


@pytest.mark.parametrize("kind", [kind.__name__ for kind in KINDS])
def test_the_reach_is_not_everything(kind: str) -> None:
    """Of what each kind of edit could touch, it leaves a quarter or more alone, and much of what it reaches does move."""
    of_kind = [made for made in edits() if made.kind == kind]
    common = sum(len(made.common()) for made in of_kind)
    reached = sum(len(made.reached() & set(made.common())) for made in of_kind)
    moved = sum(not made.is_same(thing) for made in of_kind for thing in made.common())
    print(f"{kind}: {1 - reached / common:.0%} of {common} things untouched; {moved / common:.0%} moved")
    assert 0.01 * common < moved < reached < 0.75 * common


def test_the_edits_are_of_every_kind_of_team() -> None:
    """Parts change on simple teams and on those of which an edit reaches the whole."""
    simple = [
        not (team.wip > 1 or team.finish_started or team.allocation is not None)
        for made in edits()
        for team in made.after.roadmap.teams
        if any(who == team.name for _, who in made.changed_after)
    ]
    assert len(simple) > 1000
    assert 0.1 < sum(simple) / len(simple) < 0.9


# Ties ----------------------------------------------------------------------------------------------------------------


def meeting(count: int, steps: int) -> tuple[Roadmap, History]:
    """High is released by a chain of steps of two other teams at the very instant at which Low below it would end."""
    chain = [Feature(f"Step {k}", {"BC"[k % 2]: 1}, after=[f"Step {k - 1}"] if k else []) for k in range(steps)]
    high = Feature("High", {"A": 1}, after=[f"Step {steps - 1}"])
    roadmap = Roadmap("2026-01-05", ["A", "B", "C"], [high, *chain], handoff="immediate")
    return roadmap, History.from_counts({"A": [count], "B": [count], "C": [count]})


def test_what_ends_as_something_above_it_is_released_moves_it_by_nothing() -> None:
    """154 ties, at times that no float holds: Low at the bottom, and High to the last bit where it was without it.

    The engine once took the team's level from the end of Low: with 11 items a sprint and 3 steps High ended at
    3.6363636363636362 instead of 3.636363636363636.
    """
    for count in (3, 7, 11, 13, 17, 19, 23):
        for steps in range(2, 13):
            roadmap, history = meeting(count, steps)
            for size in (steps, 2 * steps):  # Low ends in that instant; or it is displaced
                edited = roadmap.insert(Feature("Low", {"A": size}))
                before, after = (play(each, history, seed=SEED, runs=1) for each in (roadmap, edited))
                assert np.array_equal(after.moments["High", "A"], before.moments["High", "A"])
                ends_then = after.end["Low", "A"] == pytest.approx(before.startable["High", "A"])
                assert ends_then == (size == steps)


# Small examples ------------------------------------------------------------------------------------------------------


def small(*teams: Team, features: Sequence[Feature | External]) -> Roadmap:
    return Roadmap("2026-01-05", teams, features)


def test_the_reach_of_a_part_follows_who_waits_and_who_stands_below() -> None:
    roadmap = small(
        Team("A"),
        Team("B"),
        features=[
            Feature("Top", {"B": 1}),
            Feature("Login", {"A": 1, "B": 1}),
            External("Review", 3, after=["Login/A"]),
            Feature("Shop", {"B": 1}, after=["Review"]),
            Feature("Last", {"A": 1, "B": 1}),
        ],
    )
    ends = {("Login", None), ("Review", None), ("Shop", None), ("Last", None)}
    assert reach(roadmap, {("Login", "A")}) == ends | {("Login", "A"), ("Last", "A"), ("Shop", "B"), ("Last", "B")}
    assert reach(roadmap, {("Shop", "B")}) == {("Shop", "B"), ("Last", "B"), ("Shop", None), ("Last", None)}


@pytest.mark.parametrize(
    "team", [Team("A", wip=2), Team("A", finish_started=True), Team("A", allocation={"Grow": 0.5})]
)
def test_a_part_of_a_team_that_shares_or_keeps_reaches_all_of_it(team: Team) -> None:
    roadmap = small(team, features=[Feature("High", {"A": 1}), Feature("Low", {"A": 1})])
    assert {("High", "A"), ("Low", "A")} <= reach(roadmap, {("Low", "A")})
    assert ("High", "A") not in reach(small(Team("A"), features=roadmap.features), {("Low", "A")})
