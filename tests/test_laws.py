"""Laws of the model (section 7): what is always true, what is true under conditions, and what is false though tempting.

Laws are tried on random portfolios that use every feature of the model. Each has a twin that must fail: a planted fault, or
a condition that is dropped. What an edit can reach is in `test_reach`.
"""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import cache
from random import Random
from typing import Any

import numpy as np
import pytest
from helpers import SEED, check_distribution
from played import (
    HORIZON,
    RUNS,
    PartName,
    Played,
    Thing,
    are_same,
    changed,
    job,
    plain,
    play,
    play_arrays,
    teams_of,
)
from portfolios import Pair, seeded

import forecast as fc
from forecast.roadmap import Link

PORTFOLIOS = 200
"""Random portfolios for each law, 4 runs each."""

CLOSE = 3e-7
"""Days: an end within 1e-7 of a whole day is put on it (model, section 8)."""

ITEMS = 1e-4
"""Items that a team may do within CLOSE days; the parts of these portfolios are larger, or empty."""

MONDAY = dt.date(2026, 1, 5)
DAY = dt.timedelta(days=1)


@cache
def portfolio(number: int) -> tuple[fc.Roadmap, fc.History]:
    return seeded(SEED * 10_000 + number)


@cache
def played(number: int) -> Played:
    return play(*portfolio(number), seed=SEED)


def picker(number: int) -> Random:
    """A chance of its own for what is done to a portfolio."""
    return Random(f"{SEED} {number}")


# Always: nothing starts before what it waits for is over ---------------------------------------------------------------


def early(answer: Played, roadmap: fc.Roadmap) -> list[str]:
    """What has started before something it waits for in a roadmap is over: the thing, and what it should have waited for."""
    begins = {team.name: sprint_begins(roadmap, team) for team in roadmap.teams}
    found = []
    for link in roadmap.links:
        for thing in waiting(roadmap, link):
            for source, is_handed_over in sources(roadmap, link, thing[1]):
                over = over_at(answer, source) + link.lag.low
                if is_handed_over:
                    has_work = answer.size(thing) > 0  # type: ignore[arg-type]
                    over = np.where(has_work, [next_begin(begins[thing[1]], time) for time in over], over)  # type: ignore[index]
                found += [f"{thing} waits for {source}"] * int(np.sum(starts(answer, thing) < over - CLOSE))
    for feature in roadmap.features:
        day = 0 if feature.not_before is None else working_days(roadmap, feature.not_before)
        for thing in [(feature.name, team) for team in teams_of(feature)] or [(feature.name, None)]:
            found += [f"{thing} starts too early"] * int(np.sum(starts(answer, thing) < day))
        for team in teams_of(feature):
            part = (feature.name, team)
            found += [f"{part} ends before it starts"] * int(np.sum(answer.end[part] < answer.startable[part] - CLOSE))
            found += [f"{feature.name} ends before {part}"] * int(
                np.sum(answer.finish[feature.name] < answer.end[part])
            )
    return found


def waiting(roadmap: fc.Roadmap, link: Link) -> list[Thing]:
    """The things that wait because of a link."""
    if link.team is not None:
        return [(link.feature, link.team)]
    return [(link.feature, team) for team in teams_of(roadmap.feature(link.feature))] or [(link.feature, None)]


def sources(roadmap: fc.Roadmap, link: Link, team: str | None) -> Iterator[tuple[Thing, bool]]:
    """What a thing of a team waits for because of a link, and whether its team is then handed over another's work."""
    hands_over = link.handoff == "next-sprint" and team is not None
    if link.waits_for_team is not None:
        yield (link.waits_for, link.waits_for_team), hands_over and link.waits_for_team != team
        return
    teams = teams_of(roadmap.feature(link.waits_for))
    yield (link.waits_for, None), hands_over and team not in teams
    for other in teams:
        yield (link.waits_for, other), hands_over and team != other


def over_at(answer: Played, thing: Thing) -> np.ndarray:
    return answer.finish[thing[0]] if thing[1] is None else answer.end[thing[0], thing[1]]


def starts(answer: Played, thing: Thing) -> np.ndarray:
    """When a part could start; when an external or a milestone ended, which is no earlier than it started."""
    return answer.finish[thing[0]] if thing[1] is None else answer.startable[thing[0], thing[1]]


def working_days(roadmap: fc.Roadmap, day: dt.date) -> int:
    """Working days from the start to a day, that day left out; 0 for a day before the start. Counted one by one."""
    days = (roadmap.start + ahead * DAY for ahead in range(max((day - roadmap.start).days, 0)))
    return sum(each.weekday() < 5 and each not in roadmap.days_off for each in days)


def sprint_begins(roadmap: fc.Roadmap, team: fc.Team) -> list[int]:
    """The days of the clock on which a team's sprints begin, up to the horizon.

    The first sprint begins before the start, and on the start if only days without work lie in between.
    """
    length = team.sprint_days or roadmap.sprint_days
    anchor = team.sprint_start or roadmap.start
    days = [roadmap.start + ahead * DAY for ahead in range(-length, 2 * HORIZON)]
    works = [day.weekday() < 5 and day not in roadmap.days_off for day in days]
    begins, now = [], -sum(works[:length])
    for day, is_worked in zip(days, works, strict=True):
        if (day - anchor).days % length == 0:
            begins.append(now)
        now += is_worked
    return begins


def next_begin(begins: list[int], time: float) -> float:
    return begins[bisect_left(begins, time - CLOSE)] if time <= HORIZON else math.inf


def test_nothing_starts_before_what_it_waits_for_is_over() -> None:
    """Ends, lags, hand-offs and stated days; 200 portfolios, 4 runs."""
    for number in range(PORTFOLIOS):
        assert early(played(number), portfolio(number)[0]) == [], f"portfolio {number}"


def test_the_portfolios_have_much_to_wait_for() -> None:
    """More than a hundred links of every kind, most of them to things that do end."""
    kinds: Counter[str] = Counter()
    over = []
    for number in range(PORTFOLIOS):
        roadmap = portfolio(number)[0]
        for link in roadmap.links:
            for thing in waiting(roadmap, link):
                for source, is_handed_over in sources(roadmap, link, thing[1]):
                    kinds["handed over" if is_handed_over else "at once"] += 1
                    kinds["part" if source[1] else "whole feature"] += 1
                    kinds["lag" if link.lag.high > 0 else "no lag"] += 1
                    over.append(np.isfinite(over_at(played(number), source)).mean())
    assert min(kinds.values()) > 100
    assert float(np.mean(over)) > 0.7


def without_link(roadmap: fc.Roadmap, pick: Random) -> fc.Roadmap:
    """The roadmap with one feature that has forgotten all that it waits for."""
    name = pick.choice([link.feature for link in roadmap.links])
    feature = changed(roadmap.feature(name), after=())
    if isinstance(feature, fc.Feature):
        feature = changed(feature, work={team: fc.Part(part.size) for team, part in feature.work.items()})
    return roadmap.replace(feature)


FAULTY_ROADMAPS: dict[str, Callable[[fc.Roadmap, Random], fc.Roadmap]] = {
    "one feature waits for nothing": without_link,
    "no team waits for its next sprint": lambda roadmap, _: map_links(roadmap, handoff="immediate"),
    "there are no lags": lambda roadmap, _: map_links(roadmap, lag=0),
    "no feature waits for a day": lambda roadmap, _: changed(
        roadmap, features=[changed(feature, not_before=None) for feature in roadmap.features]
    ),
}


def map_links(roadmap: fc.Roadmap, **values: Any) -> fc.Roadmap:
    """The roadmap with the same change made to all that is waited for."""

    def links(afters: Sequence[fc.After]) -> list[fc.After]:
        stated = [{"team": each.team, "lag": each.lag, "handoff": each.handoff} for each in afters]
        return [fc.After(each.feature, **(kept | values)) for each, kept in zip(afters, stated, strict=True)]

    features = []
    for feature in roadmap.features:
        edited = changed(feature, after=links(feature.after))
        if isinstance(edited, fc.Feature):
            work = {team: fc.Part(part.size, links(part.after)) for team, part in edited.work.items()}
            edited = changed(edited, work=work)
        features.append(edited)
    return changed(roadmap, features=features, **({"handoff": values["handoff"]} if "handoff" in values else {}))


@pytest.mark.parametrize("fault", FAULTY_ROADMAPS)
def test_what_starts_too_early_is_found(fault: str) -> None:
    """The same check on plays of 60 roadmaps that leave something out."""
    found = 0
    for number in range(60):
        roadmap, history = portfolio(number)
        if roadmap.links:
            answer = play(FAULTY_ROADMAPS[fault](roadmap, picker(number)), history, seed=SEED)
            found += early(answer, roadmap) != []
    assert found >= 10


# Always: items are conserved -------------------------------------------------------------------------------------------


Span = tuple[float, float]


def merge(spans: Sequence[Span]) -> list[Span]:
    """The same stretches of time, those that touch put together."""
    merged: list[Span] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1] + CLOSE:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((begin, end))
    return merged


def waste(answer: Played) -> list[str]:
    """Stretches in which a team had something to do and yet did less, or more, than it could: spent is not capacity.

    Whatever the rules of sharing are, from the moment when something is startable until nothing is, all capacity is spent.
    """
    found = []
    for team in answer.roadmap.teams:
        for run in range(answer.luck.capacity.shape[0]):
            spans = [(part, span, size) for part, span, size in work_of(answer, team.name, run)]
            for begin, end in merge([span for _, span, _ in spans]):
                inside = [(span[1], size) for _, span, size in spans if begin <= span[0] <= end]
                spent = sum(size for until, size in inside if until < HORIZON)
                open_ = sum(size for until, size in inside if until >= HORIZON)
                gained = answer.capacity(team.name, run, end) - answer.capacity(team.name, run, begin)
                if not spent - ITEMS <= gained <= spent + open_ + ITEMS:
                    found.append(f"{team.name} in run {run}, {begin} to {end}: could do {gained}, did {spent}")
    return found


def work_of(answer: Played, team: str, run: int) -> Iterator[tuple[PartName, Span, float]]:
    """The parts of a team with work that could start in a run: from when to when, at most the horizon, and their items."""
    for part in answer.of_team(team):
        begin, end, size = answer.startable[part][run], answer.end[part][run], answer.size(part)[run]
        if size > 0 and begin <= HORIZON:
            yield part, (float(begin), float(min(end, HORIZON))), float(size)


def test_items_are_conserved() -> None:
    """200 portfolios, 4 runs; whatever a team could have done elsewhere is lost, and never done later."""
    for number in range(PORTFOLIOS):
        assert waste(played(number)) == [], f"portfolio {number}"


def larger_parts(answer: Played) -> None:
    answer.luck.size[answer.luck.size > 0] += 0.1


def more_capacity(answer: Played) -> None:
    answer.luck.capacity[:] *= 1.01


def capacity_of_another_run(answer: Played) -> None:
    answer.luck.capacity[0] = answer.luck.capacity[1]


def later_start(answer: Played) -> None:
    answer.startable[answer.parts[0]][:] += 1


FAULTY_ACCOUNTS = [larger_parts, more_capacity, capacity_of_another_run, later_start]


@pytest.mark.parametrize("fault", FAULTY_ACCOUNTS)
def test_items_that_come_from_nowhere_are_found(fault: Callable[[Played], None]) -> None:
    """The same check on 60 plays, with sizes, capacity or starts that were not played."""
    found = 0
    for number in range(60):
        answer = play(*portfolio(number), seed=SEED)
        if answer.parts:
            fault(answer)
        found += waste(answer) != []
    assert found >= 10


# Always: what changes nothing ------------------------------------------------------------------------------------------


def shuffled(roadmap: fc.Roadmap, pick: Random) -> fc.Roadmap:
    """The same teams in another order in the file."""
    return changed(roadmap, teams=pick.sample(roadmap.teams, len(roadmap.teams)))


def shuffled_features(roadmap: fc.Roadmap, pick: Random) -> fc.Roadmap:
    return changed(roadmap, features=pick.sample(roadmap.features, len(roadmap.features)))


def test_the_order_of_the_teams_changes_nothing() -> None:
    """200 portfolios, 4 runs, to the last bit; the history is turned round as well."""
    for number in range(PORTFOLIOS):
        roadmap, history = portfolio(number)
        turned = fc.History(tuple(reversed(history.sprints)) if history.sprints[0].start else history.sprints)
        answer = play(shuffled(roadmap, picker(number)), turned, seed=SEED)
        assert are_same(answer.moments, played(number).moments), f"portfolio {number}"


def test_the_order_of_the_features_does_change_something() -> None:
    differ = 0
    for number in range(60):
        roadmap, history = portfolio(number)
        answer = play(shuffled_features(roadmap, picker(number)), history, seed=SEED)
        differ += not are_same(answer.moments, played(number).moments)
    assert differ >= 5


def test_luck_that_goes_by_the_place_of_a_team_would_be_found() -> None:
    """The planted fault: the teams are shuffled, the capacity of the first stays with the first."""
    differ = 0
    for number in range(60):
        roadmap, history = portfolio(number)
        other = shuffled(roadmap, picker(number))
        plan, luck = job(other, history, seed=SEED).lay_out(np.arange(RUNS))
        capacity = played(number).luck.capacity
        if capacity.shape == luck.capacity.shape:
            answer = play_arrays(other, plan, luck._replace(capacity=capacity))
            differ += not are_same(answer.moments, played(number).moments)
    assert differ > 15


def fully_written(
    roadmap: fc.Roadmap, growth: float = 1, chance: float = 0, share: float = 1, lag: float = 0
) -> fc.Roadmap:
    """The roadmap with everything written out that changes nothing: growth, share, lags and factors; and a risk of chance 0."""
    parts = [f"{feature.name}/{team}" for feature in roadmap.features for team in teams_of(feature)]
    never = fc.Risk("Never", chance, dict.fromkeys(parts, 30), {feature.name: 20 for feature in roadmap.features})
    by_default = roadmap.growth or growth
    features = []
    for feature in roadmap.features:
        links = [fc.After(a.feature, a.team, lag if a.lag.high == 0 else a.lag, a.handoff) for a in feature.after]
        values: dict[str, Any] = {"after": links, "not_before": feature.not_before or roadmap.start - 3 * DAY}
        if isinstance(feature, fc.Feature):
            values["growth"] = feature.growth or by_default
        features.append(changed(feature, **values))
    always = fc.Capacity(MONDAY, None, share)
    teams = [changed(team, share=team.share, capacity=[*team.capacity, always]) for team in roadmap.teams]
    return changed(roadmap, growth=by_default, features=features, teams=teams, risks=[*roadmap.risks, never])


def left_out(roadmap: fc.Roadmap) -> fc.Roadmap:
    """The roadmap without the growth of 1 and the risks of chance 0 that it states."""

    def spare(growth: fc.Estimate | None) -> fc.Estimate | None:
        return None if growth is not None and growth.low == growth.high == 1 else growth

    general = spare(roadmap.growth)
    features = [
        changed(feature, growth=spare(feature.growth))
        if isinstance(feature, fc.Feature) and general is None
        else feature
        for feature in roadmap.features
    ]
    risks = [risk for risk in roadmap.risks if risk.chance > 0]
    return changed(roadmap, growth=general, features=features, risks=risks)


@pytest.mark.parametrize("change", [fully_written, left_out])
def test_growth_1_chance_0_and_share_1_change_nothing(change: Callable[[fc.Roadmap], fc.Roadmap]) -> None:
    """200 portfolios, 4 runs, to the last bit; nor do a lag of 0, a factor of 1 and a day before the start."""
    edited = 0
    for number in range(PORTFOLIOS):
        roadmap, history = portfolio(number)
        edited += change(roadmap) != roadmap
        answer = play(change(roadmap), history, seed=SEED)
        assert are_same(answer.moments, played(number).moments), f"portfolio {number}"
    assert edited > 30


@pytest.mark.parametrize("value", [{"growth": 1.6}, {"chance": 0.5}, {"share": 0.97}, {"lag": 5}])
def test_other_values_do_change_something(value: dict[str, float]) -> None:
    differ = 0
    for number in range(60):
        roadmap, history = portfolio(number)
        answer = play(fully_written(roadmap, **value), history, seed=SEED)
        differ += not are_same(answer.moments, played(number).moments)
    assert differ > 10


# Always: independent equal teams multiply ------------------------------------------------------------------------------

COUNTS = [0, 3, 3, 5, 8]
SIZE = 9
MANY = 40_000


@cache
def chance_of(sprints: int) -> Fraction:
    """The chance that one team has done SIZE items by the end of so many sprints: exact, by adding sprint to sprint."""
    done = {0: Fraction(1)}
    for _ in range(sprints):
        after: dict[int, Fraction] = {}
        for sofar, chance in done.items():
            for count in COUNTS:
                after[sofar + count] = after.get(sofar + count, Fraction(0)) + chance / len(COUNTS)
        done = after
    return sum((chance for sofar, chance in done.items() if sofar >= SIZE), Fraction(0))


def all_done(teams: int, **options: Any) -> np.ndarray:
    """When all of so many equal teams have done SIZE items : (3, MANY), asked in three ways."""
    names = [f"Team {number}" for number in range(teams)]
    features = [fc.Feature(name, {name: SIZE}) for name in names]
    features += [fc.Feature("All", after=names), fc.Feature("At once", dict.fromkeys(names, SIZE))]
    past = fc.History.from_counts(dict.fromkeys(names, COUNTS))
    model = fc.Bootstrap(**options)
    answer = fc.simulate(fc.Roadmap(MONDAY, names, features[:-1]), past, runs=MANY, seed=SEED, throughput=model)
    other = fc.simulate(fc.Roadmap(MONDAY, names, features[-1:]), past, runs=MANY, seed=SEED, throughput=model)
    return np.vstack([answer.finish[-1], answer.together(names).finish[0], other.finish[0]])


@pytest.mark.parametrize("teams", [2, 5, 12])
def test_equal_teams_that_draw_apart_multiply_their_chances(teams: int) -> None:
    """40,000 runs, z = 4.9, at the ends of 6 sprints: a milestone behind all, the joint answer, one feature on all teams."""
    exact = {10.0 * sprints: float(chance_of(sprints) ** teams) for sprints in range(1, 7)}
    for finish in all_done(teams):
        check_distribution(finish, exact)


@pytest.mark.parametrize("teams", [2, 5, 12])
def test_equal_teams_that_draw_together_do_not(teams: int) -> None:
    """The twin: with together=True all have the chance of one, and the product is refused."""
    alone = {10.0 * sprints: float(chance_of(sprints)) for sprints in range(1, 7)}
    multiplied = {day: chance**teams for day, chance in alone.items()}
    for finish in all_done(teams, together=True):
        check_distribution(finish, alone)
        with pytest.raises(AssertionError):
            check_distribution(finish, multiplied)


# With default switching and no allocation ------------------------------------------------------------------------------

SHARING: dict[str, dict[str, Any]] = {
    "wip 2": {"wip": 2},
    "finish_started": {"finish_started": True},
    "allocation": {"allocation": {"Grow": 0.5, "Debt": 0.3}},
}
"""The conditions that can be dropped."""


def delays_by_less_important(answer: Played) -> list[str]:
    """Parts that did not get all the capacity that no more important part of their team could use while they could start."""
    found = []
    for team in answer.roadmap.teams:
        for run in range(RUNS):
            taken: list[Span] = []
            for part, (begin, end), size in work_of(answer, team.name, run):
                free = measure(answer, team.name, run, (begin, end), taken)
                is_done = end < HORIZON
                if free > size + ITEMS or (is_done and free < size - ITEMS):
                    found.append(f"{part} in run {run} had {free} items to itself, and needs {size}")
                taken = merge([*taken, (begin, end)])
    return found


def measure(answer: Played, team: str, run: int, span: Span, taken: Sequence[Span]) -> float:
    """Items that a team could do in a stretch of time, other stretches left out."""
    begin, end = span
    items, now = 0.0, begin
    for other in [*taken, (end, end)]:
        until = min(max(other[0], now), end)
        items += answer.capacity(team, run, until) - answer.capacity(team, run, now)
        now = min(max(now, other[1]), end)
    return items


def test_the_most_important_startable_part_never_waits_for_a_less_important_one() -> None:
    """200 portfolios, 4 runs, all teams with wip 1: each part gets whatever more important ones leave it."""
    for number in range(PORTFOLIOS):
        roadmap, history = portfolio(number)
        assert delays_by_less_important(play(plain(roadmap), history, seed=SEED)) == [], f"portfolio {number}"


@pytest.mark.parametrize("option", SHARING)
def test_with_other_rules_it_does_wait_for_less_important_ones(option: str) -> None:
    found = 0
    for number in range(60):
        roadmap, history = portfolio(number)
        found += delays_by_less_important(play(plain(roadmap, **SHARING[option]), history, seed=SEED)) != []
    assert found >= 5


def new_feature(pick: Random, roadmap: fc.Roadmap) -> fc.Feature:
    """A feature with work for some of the teams, which may wait for others and for a day."""
    teams = [team.name for team in roadmap.teams]
    names = [feature.name for feature in roadmap.features if feature.after or len(roadmap.links) > 0]
    return fc.Feature(
        "New",
        {team: pick.choice((1, 5, 12, (2, 5, 9))) for team in pick.sample(teams, pick.randint(1, len(teams)))},
        after=pick.sample(names, min(len(names), pick.choice((0, 0, 1)))),
        not_before=pick.choice((None, None, roadmap.start + 15 * DAY)),
        objective=pick.choice((None, "Grow", "Debt")),
    )


def moved_by_bottom(number: int, **options: Any) -> list[Thing]:
    """The things that a new feature at the bottom of a portfolio moves."""
    roadmap, history = portfolio(number)
    before = plain(roadmap, **options)
    after = before.insert(new_feature(picker(number), before))
    old, new = play(before, history, seed=SEED), play(after, history, seed=SEED)
    return [thing for thing, moments in old.moments.items() if not np.array_equal(moments, new.moments[thing])]


def test_an_insertion_at_the_bottom_changes_nobody() -> None:
    """200 portfolios, 4 runs, all teams with wip 1: to the last bit."""
    for number in range(PORTFOLIOS):
        assert moved_by_bottom(number) == [], f"portfolio {number}"


@pytest.mark.parametrize("option", SHARING)
def test_with_other_rules_an_insertion_at_the_bottom_changes_some(option: str) -> None:
    assert sum(moved_by_bottom(number, **SHARING[option]) != [] for number in range(60)) >= 3


def one_team(number: int, **options: Any) -> Pair:
    """A portfolio of one team without dependencies, with default switching and no allocation save for the options."""
    roadmap, history = seeded(SEED * 10_000 + number, teams=1, features=10)
    team = changed(roadmap.teams[0], **({"finish_started": False, "allocation": None} | options))
    return changed(without_links(roadmap), teams=[team]), history


def without_links(roadmap: fc.Roadmap) -> fc.Roadmap:
    """The roadmap with nothing that waits for anything but a day."""
    features = []
    for feature in roadmap.features:
        edited = changed(feature, after=())
        if isinstance(edited, fc.Feature):
            edited = changed(edited, work={team: fc.Part(part.size) for team, part in edited.work.items()})
        features.append(edited)
    return changed(roadmap, features=features)


def gains(pair: Pair, pick: Random) -> list[str]:
    """The features that one of three insertions, each somewhere, makes earlier."""
    roadmap, history = pair
    before, earlier = play(roadmap, history, seed=SEED), []
    for _ in range(3):
        edited = roadmap.insert(new_feature(pick, roadmap), rank=pick.randint(1, len(roadmap.features) + 1))
        after = play(edited, history, seed=SEED)
        earlier += [name for name, finish in before.finish.items() if np.any(after.finish[name] < finish - CLOSE)]
    return earlier


def test_with_one_team_and_no_dependencies_an_insertion_makes_nothing_earlier() -> None:
    """200 portfolios of one team with wip 1 to 4, three insertions in each, 4 runs."""
    wips: Counter[int] = Counter()
    for number in range(PORTFOLIOS):
        roadmap, history = one_team(number)
        wips[roadmap.teams[0].wip] += 1
        pick = picker(number)
        assert gains((roadmap, history), pick) == [], f"portfolio {number}"
    assert min(wips[wip] for wip in (1, 2, 3, 4)) > 15


def several_teams(number: int) -> Pair:
    roadmap, history = seeded(SEED * 10_000 + number, teams=3, features=14)
    return plain(roadmap), history


def one_team_that_keeps(number: int) -> Pair:
    return one_team(number, finish_started=True)


def one_team_that_waits(number: int) -> Pair:
    """Even one team waits: for externals, lags and milestones, and for its next sprint behind them."""
    roadmap, history = seeded(SEED * 10_000 + number, teams=1, features=10)
    return plain(roadmap, wip=roadmap.teams[0].wip), history


@pytest.mark.parametrize("otherwise", [several_teams, one_team_that_keeps, one_team_that_waits])
def test_with_other_rules_an_insertion_makes_some_earlier(otherwise: Callable[[int], Pair]) -> None:
    """Three insertions in each of 200 portfolios: it is rare, but not as rare as never."""
    assert sum(gains(otherwise(number), picker(number)) != [] for number in range(PORTFOLIOS)) >= 2


# False, though tempting -------------------------------------------------------------------------------------------------


def ends(features: Sequence[fc.Feature], *teams: fc.Team | str, **counts: float) -> dict[str, float]:
    """When each feature ends; each team does the same number of items in each sprint of ten working days."""
    past = fc.History.from_counts({team: [count] for team, count in counts.items()})
    answer = fc.simulate(fc.Roadmap(MONDAY, teams or [*counts], features), past, runs=1, throughput=fc.Bootstrap())
    return dict(zip(answer.features, answer.finish[:, 0].tolist(), strict=True))


SHOP = [
    fc.Feature("Login", {"A": 10}),
    fc.Feature("Checkout", {"B": 10}, after=["Login"]),
    fc.Feature("Search", {"B": 10}),
]
"""B does 5 items a sprint: were it as fast as A, it would be done with Search by the time Login is."""


def test_an_insertion_can_make_something_earlier() -> None:
    """Login slips by a sprint, so Search gets B to itself and finishes 20 days earlier."""
    gift = fc.Feature("Gift cards", {"A": 10})
    assert ends(SHOP, A=10, B=5) == pytest.approx({"Login": 10, "Checkout": 30, "Search": 40})
    assert ends([gift, *SHOP], A=10, B=5) == pytest.approx(
        {"Gift cards": 10, "Login": 20, "Checkout": 40, "Search": 20}
    )
    assert ends(SHOP, A=10, B=10)["Search"] == ends([gift, *SHOP], A=10, B=10)["Search"] == pytest.approx(10)


def test_more_throughput_can_make_something_later() -> None:
    """With A twice as fast, Checkout displaces Search a sprint sooner."""
    assert ends(SHOP, A=5, B=5) == pytest.approx({"Login": 20, "Checkout": 40, "Search": 20})
    assert ends(SHOP, A=10, B=5) == pytest.approx({"Login": 10, "Checkout": 30, "Search": 40})


def test_features_above_an_insertion_can_move() -> None:
    p, m, q = fc.Feature("P", {"A": 10}, after=["Q"]), fc.Feature("M", {"A": 20}), fc.Feature("Q", {"B": 10})
    x = fc.Feature("X", {"B": 10})
    assert ends([p, m, q], A=10, B=10) == pytest.approx({"P": 20, "M": 30, "Q": 10})
    assert ends([p, m, x, q], A=10, B=10) == pytest.approx({"P": 30, "M": 20, "X": 10, "Q": 20})


BOTTOM: dict[str, tuple[fc.Team, fc.Feature, tuple[float, float]]] = {
    "wip 2: it takes a share": (fc.Team("A", wip=2), fc.Feature("F", {"A": 10}), (10, 20)),
    "finish_started: it takes a place": (
        fc.Team("A", finish_started=True),
        fc.Feature("F", {"A": 10}, not_before=MONDAY + 7 * DAY),
        (15, 20),
    ),
    "allocation: it takes idle capacity": (
        fc.Team("A", allocation={"Grow": 0.5}),
        fc.Feature("F", {"A": 10}, objective="Grow"),
        (10, 20),
    ),
}


@pytest.mark.parametrize("case", BOTTOM)
def test_an_insertion_at_the_bottom_can_change_somebody(case: str) -> None:
    team, feature, (before, after) = BOTTOM[case]
    bottom = fc.Feature("X", {"A": 10})
    assert ends([feature], team, A=10)["F"] == pytest.approx(before)
    assert ends([feature, bottom], team, A=10)["F"] == pytest.approx(after)
    assert ends([feature, bottom], fc.Team("A"), A=10)["F"] == pytest.approx(before)  # the law, with default switching
