"""Edits of a roadmap: insert, drop, move, replace. And what a noun refuses, in the words of who wrote it."""

from __future__ import annotations

import contextlib
import copy
import datetime as dt
import math
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields
from itertools import pairwise, permutations
from random import Random
from typing import Any

import numpy as np
import pytest
from helpers import SEED
from played import changed
from portfolios import seeded

import forecast as fc

START = dt.date(2026, 1, 5)
NAMES = ("Login", "Shop", "Review", "Search")


def features() -> list[fc.Feature | fc.External]:
    return [
        fc.Feature("Login", {"Web": 3, "API": (2, 4, 9)}),
        fc.Feature("Shop", {"Web": fc.Part(5, after=["Login/API"]), "API": 2}, after=[fc.After("Login", lag=2)]),
        fc.External("Review", (2, 3, 8), after=["Shop/Web"]),
        fc.Feature("Search", {"API": 4}, after=["Login", "Review"], due="2026-05-01"),
    ]


def risks() -> list[fc.Risk]:
    return [
        fc.Risk("Both", 0.5, {"Login/Web": 2, "Shop/API": 3}, {"Login": 4, "Search": 5}),
        fc.Risk("Login alone", 0.4, {"Login/API": 1}, {"Login": 2}),
    ]


def roadmap() -> fc.Roadmap:
    """Four things for two teams, every option of the roadmap other than it is by default."""
    return fc.Roadmap(
        START,
        [fc.Team("Web", wip=2), "API"],
        features(),
        sprint_days=7,
        handoff="immediate",
        days_off=["2026-04-03"],
        risks=risks(),
        unit="points",
        throughput=fc.Bootstrap(window=3),
        growth=1.5,
        promise_level=0.9,
        quarter_starts=["02-01", "05-01"],
    )


def names(edited: fc.Roadmap) -> tuple[str, ...]:
    return tuple(feature.name for feature in edited.features)


GIFT = fc.Feature("Gift cards", {"Web": 2}, after=["Login"])


# Places --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rank", [1, 2, 3, 4, 5])
def test_rank_1_is_the_top_and_the_inserted_feature_has_the_rank_that_was_asked_for(rank: int) -> None:
    edited = roadmap().insert(GIFT, rank=rank)
    assert edited.rank("Gift cards") == rank
    assert edited.features[rank - 1] == GIFT
    assert edited.without("Gift cards") == roadmap()


def test_without_a_place_a_feature_goes_to_the_bottom() -> None:
    assert names(roadmap().insert(GIFT)) == (*NAMES, "Gift cards")
    assert names(fc.Roadmap(START, ["Web"], []).insert(fc.Feature("First"))) == ("First",)


@pytest.mark.parametrize("name", NAMES)
def test_above_and_below_are_right_beside(name: str) -> None:
    at = NAMES.index(name)
    assert names(roadmap().insert(GIFT, above=name)) == (*NAMES[:at], "Gift cards", *NAMES[at:])
    assert names(roadmap().insert(GIFT, below=name)) == (*NAMES[: at + 1], "Gift cards", *NAMES[at + 1 :])
    assert names(roadmap().insert(GIFT, above=f" {name} ")) == names(roadmap().insert(GIFT, above=name))


@pytest.mark.parametrize(("name", "other"), list(permutations(NAMES, 2)))
def test_a_feature_moves_above_or_below_any_other(name: str, other: str) -> None:
    rest = [each for each in NAMES if each != name]
    at = rest.index(other)
    assert names(roadmap().move(name, above=other)) == (*rest[:at], name, *rest[at:])
    assert names(roadmap().move(name, below=other)) == (*rest[: at + 1], name, *rest[at + 1 :])


@pytest.mark.parametrize("rank", [1, 2, 3, 4])
@pytest.mark.parametrize("name", NAMES)
def test_a_feature_moves_to_a_rank_of_the_new_order(name: str, rank: int) -> None:
    edited = roadmap().move(name, rank=rank)
    assert edited.rank(name) == rank
    assert [each for each in names(edited) if each != name] == [each for each in NAMES if each != name]
    assert edited.move(name, rank=NAMES.index(name) + 1) == roadmap()
    assert (edited == roadmap()) == (rank == NAMES.index(name) + 1)


def test_above_and_below_say_nothing_of_waiting() -> None:
    """Priority and dependency are two things: a feature may stand above what it waits for."""
    edited = roadmap().move("Search", above="Login")
    assert edited.feature("Search") == roadmap().feature("Search")
    assert roadmap().insert(fc.Feature("Gift cards"), below="Login").feature("Gift cards").after == ()


def test_a_replaced_feature_keeps_its_rank_and_who_waits_for_it() -> None:
    larger = fc.Feature("Shop", {"Web": 50})
    edited = roadmap_without_effects().replace(larger)
    assert names(edited) == NAMES
    assert edited.feature("Shop") == larger
    assert [(link.feature, link.waits_for) for link in edited.links if link.waits_for == "Shop"] == [("Review", "Shop")]
    assert edited.replace(features()[1]) == roadmap_without_effects()


def roadmap_without_effects() -> fc.Roadmap:
    return fc.Roadmap(START, ["Web", "API"], features())


def test_an_external_may_take_the_place_of_a_feature() -> None:
    edited = roadmap_without_effects().replace(fc.External("Search", 12, after=["Login"]))
    assert edited.feature("Search") == fc.External("Search", 12, after=["Login"])


@pytest.mark.parametrize(
    "edit",
    [
        lambda one: one.insert(GIFT, rank=2),
        lambda one: one.without("Search"),
        lambda one: one.move("Search", rank=1),
        lambda one: one.replace(fc.Feature("Search", {"API": 40})),
    ],
    ids=["insert", "without", "move", "replace"],
)
def test_an_edit_keeps_everything_else(edit: Callable[[fc.Roadmap], fc.Roadmap]) -> None:
    """Every option of the roadmap survives, and the roadmap itself stays as it was."""
    before = roadmap()
    edited = edit(before)
    assert before == roadmap()
    assert edited != before
    for field in fields(before):
        if field.name not in {"features", "risks"}:
            assert getattr(edited, field.name) == getattr(before, field.name), field.name
    kept = [each for each in before.features if each.name in names(edited) and each.name != "Search"]
    assert [each for each in edited.features if each.name in NAMES and each.name != "Search"] == kept


# Dropping ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_nothing_waits_any_more_for_what_is_dropped(name: str) -> None:
    edited = roadmap().without(name)
    assert names(edited) == tuple(each for each in NAMES if each != name)
    kept = [link for link in roadmap().links if name not in (link.feature, link.waits_for)]
    assert list(edited.links) == kept


def test_dropping_takes_away_links_of_features_and_of_parts() -> None:
    edited = roadmap().without("Login")
    assert edited.feature("Shop") == fc.Feature("Shop", {"Web": 5, "API": 2})
    assert edited.feature("Search") == fc.Feature("Search", {"API": 4}, after=["Review"], due="2026-05-01")
    assert edited.feature("Review") == roadmap().feature("Review")
    assert roadmap().without("Shop").feature("Review") == fc.External("Review", (2, 3, 8))


def test_dropping_takes_away_what_risks_would_have_done_to_it() -> None:
    assert roadmap().without("Login").risks == (fc.Risk("Both", 0.5, {"Shop/API": 3}, {"Search": 5}),)
    assert roadmap().without("Search").risks == (
        fc.Risk("Both", 0.5, {"Login/Web": 2, "Shop/API": 3}, {"Login": 4}),
        risks()[1],
    )
    assert roadmap().without("Review").risks == tuple(risks())


def test_what_is_dropped_is_told_from_what_is_called_alike() -> None:
    """A feature may be called like a part of another; what waits for the one does not wait for the other."""
    both = fc.Roadmap(
        START,
        ["API"],
        [
            fc.Feature("Login", {"API": 3}),
            fc.Feature("Login/API", {"API": 1}),
            fc.Feature("Shop", after=[fc.After("Login", "API"), fc.After("Login/API")]),
        ],
    )
    assert both.without("Login").feature("Shop").after == (fc.After("Login/API"),)
    assert both.without("Login/API").feature("Shop").after == (fc.After("Login", "API"),)


def test_everything_can_be_dropped() -> None:
    edited = roadmap()
    for name in NAMES:
        edited = edited.without(name)
    assert edited.features == edited.risks == edited.links == ()


def test_a_name_may_be_spelt_as_in_the_file() -> None:
    cafe = fc.Roadmap(START, ["Web"], [fc.Feature("Café", {"Web": 1}), fc.Feature("Bar", {"Web": 1})])
    decomposed = "  Cafe\u0301 "
    assert names(cafe.without(decomposed)) == ("Bar",)
    assert names(cafe.move(decomposed, below="Bar")) == ("Bar", "Café")
    assert cafe.feature(decomposed).name == "Café"


# What an edit refuses --------------------------------------------------------------------------------------------------


EDITS: dict[str, tuple[Callable[[fc.Roadmap], object], str]] = {
    "two places": (
        lambda one: one.insert(GIFT, above="Login", rank=1),
        "roadmap: more than one place; give one of above, below and rank",
    ),
    "two neighbours": (
        lambda one: one.move("Shop", above="Login", below="Search"),
        "roadmap: more than one place; give one of above, below and rank",
    ),
    "no place to move to": (lambda one: one.move("Shop"), 'roadmap: move "Shop"; say where to: above, below or rank'),
    "above itself": (
        lambda one: one.move("Shop", above="Shop"),
        'roadmap: move "Shop"; a feature cannot be moved above or below itself',
    ),
    "below itself": (
        lambda one: one.move("Shop", below="Shop"),
        'roadmap: move "Shop"; a feature cannot be moved above or below itself',
    ),
    "above nobody": (
        lambda one: one.insert(GIFT, above="Logn"),
        'roadmap: feature "Logn"; no such feature. Did you mean "Login"?',
    ),
    "below nobody": (
        lambda one: one.move("Shop", below="Revue"),
        'roadmap: feature "Revue"; no such feature. Did you mean "Review"?',
    ),
    "drop nobody": (
        lambda one: one.without("serch"),
        'roadmap: feature "serch"; no such feature. Did you mean "Search"?',
    ),
    "move nobody": (
        lambda one: one.move("Zebra", rank=1),
        'roadmap: feature "Zebra"; no such feature. There are: "Login", "Shop", "Review", "Search".',
    ),
    "replace nobody": (
        lambda one: one.replace(fc.Feature("Shopp", {"Web": 1})),
        'roadmap: feature "Shopp"; no such feature. Did you mean "Shop"?',
    ),
    "twice": (
        lambda one: one.insert(fc.Feature("login")),
        'roadmap: feature "login" twice (there is "Login" already); give each a name of its own',
    ),
    "a part that others wait for is gone": (
        lambda one: one.replace(fc.Feature("Shop", {"API": 2})),
        'feature "Review": after = "Shop/Web"; no such feature or part in the roadmap. Did you mean "Shop"?',
    ),
}


@pytest.mark.parametrize("case", EDITS)
def test_what_is_said_of_an_edit_that_cannot_be(case: str) -> None:
    edit, message = EDITS[case]
    with pytest.raises(fc.Fault) as caught:
        edit(roadmap())
    assert str(caught.value) == message


@pytest.mark.parametrize("rank", [0, -1, 6, 1.5, True, "top"])
def test_a_rank_that_does_not_exist_is_refused(rank: Any) -> None:
    with pytest.raises(fc.Fault, match="whole number") as caught:
        roadmap().insert(GIFT, rank=rank)
    assert caught.value.where == "roadmap"
    assert f"{rank}" in caught.value.value


def waits(one: fc.Roadmap, *links: tuple[str, str]) -> set[tuple[str, str]]:
    """What waits for what directly, as a cycle is printed; further links are given as pairs of features."""
    teams = {each.name: list(each.work) if isinstance(each, fc.Feature) else [] for each in one.features}
    pairs = {(name, f"{name}/{team}") for name, of in teams.items() for team in of}
    for link in one.links:
        waiting = [link.team] if link.team else teams[link.feature]
        source = f"{link.waits_for}/{link.waits_for_team}" if link.waits_for_team else link.waits_for
        pairs |= {(f"{link.feature}/{team}", source) for team in waiting} or {(link.feature, source)}
    for name, source in links:
        pairs |= {(f"{name}/{team}", source) for team in teams[name]} or {(name, source)}
    return pairs


def test_an_edit_that_closes_a_cycle_prints_it() -> None:
    """150 random portfolios in which a feature is made to wait for one that waits for it: what is printed is a cycle."""
    checked = 0
    for number in range(150):
        one, _ = seeded(SEED * 1000 + number)
        if not one.links:
            continue
        link = Random(number).choice(one.links)
        first = one.feature(link.waits_for)
        with pytest.raises(fc.Fault, match="nothing in it could ever start; remove one of these links") as caught:
            one.replace(changed(first, after=[*first.after, link.feature]))
        things = [name.strip('"') for name in caught.value.value.removeprefix("a cycle: ").split(" waits for ")]
        assert things[0] == things[-1]
        assert len(things) == len(set(things)) + 1
        assert set(pairwise(things)) <= waits(one, (first.name, link.feature))
        checked += 1
    assert checked > 60


# Frozen, equal, sent elsewhere ------------------------------------------------------------------------------------------


NOUNS: list[Callable[[], Any]] = [
    roadmap,
    lambda: fc.Team("Web", wip=2, allocation={"Grow": 0.5}, capacity=[fc.Capacity("2026-02-02", None, 0.5)]),
    lambda: fc.Capacity("2026-02-02", "2026-03-02", 0.5, "leave"),
    lambda: features()[1],
    lambda: fc.Part((1, 2, 3), after=["Login"], shape="pert"),
    lambda: features()[2],
    lambda: fc.After("Login", "API", lag=(1, 2, 3), handoff="immediate"),
    lambda: risks()[0],
    lambda: fc.Estimate(1, 2, 3),
    lambda: fc.Sprint("Web", dt.date(2025, 12, 8), dt.date(2025, 12, 21), 5, "S24"),
    lambda: fc.History.from_counts({"Web": [3, 5, 0], "API": [1]}),
    lambda: fc.Bootstrap(window=3),
]
KINDS = [type(make()).__name__ for make in NOUNS]


@pytest.mark.parametrize("make", NOUNS, ids=KINDS)
def test_a_noun_is_frozen(make: Callable[[], Any]) -> None:
    noun = make()
    for field in fields(noun):
        with pytest.raises(FrozenInstanceError):
            setattr(noun, field.name, getattr(noun, field.name))
        with pytest.raises(FrozenInstanceError):
            delattr(noun, field.name)
    assert noun == make()


@pytest.mark.parametrize("make", NOUNS, ids=KINDS)
def test_a_noun_is_equal_to_its_like_and_to_what_comes_back_from_elsewhere(make: Callable[[], Any]) -> None:
    noun = make()
    assert noun == make()
    assert noun is not make()
    for there_and_back in (lambda one: pickle.loads(pickle.dumps(one)), copy.deepcopy, copy.copy):
        assert there_and_back(noun) == noun
    assert noun != object()


def test_different_roadmaps_are_not_equal() -> None:
    one = roadmap()
    others = [one.insert(GIFT), one.without("Search"), one.move("Search", rank=1), roadmap_without_effects()]
    others.append(one.replace(fc.Feature("Search", {"API": 4}, after=["Login", "Review"])))
    assert all(one != other for other in others)


def test_a_roadmap_that_has_been_used_can_be_sent_elsewhere() -> None:
    """What it has worked out on the way (clock, links, ranks) neither hinders nor counts."""
    used, past = roadmap(), fc.History.from_counts({"Web": [3, 5, 0], "API": [1, 4]})
    answer = fc.simulate(used, past, runs=20, seed=SEED)
    assert used.rank("Search") == 4
    assert used == roadmap()
    sent, sent_past = pickle.loads(pickle.dumps((used, past)))
    assert (sent, sent_past) == (used, past)
    assert np.array_equal(fc.simulate(sent, sent_past, runs=20, seed=SEED).finish, answer.finish)


def test_a_noun_keeps_no_door_open_to_what_it_was_made_from() -> None:
    work, after, listed = {"Web": 3}, ["Login"], features()
    shop = fc.Feature("Shop", work, after=after)
    one = fc.Roadmap(START, ["Web", "API"], listed)
    work["Web"] = 99
    after.append("Search")
    listed.clear()
    assert shop == fc.Feature("Shop", {"Web": 3}, after=["Login"])
    assert len(one.features) == 4


# References ------------------------------------------------------------------------------------------------------------


def waits_for(after: object, *others: fc.Feature) -> tuple[str, str | None]:
    """What the feature "Waits" waits for when it says so."""
    one = fc.Roadmap(START, ["API", "Web", "a/b"], [fc.Feature("Waits", after=[after]), *others])  # type: ignore[list-item]
    (link,) = one.links
    return link.waits_for, link.waits_for_team


def test_a_reference_is_a_feature_first_and_else_split_at_its_last_slash() -> None:
    login, nested = fc.Feature("Login", {"API": 1}), fc.Feature("iOS/Login", {"API": 1})
    assert waits_for("Login", login) == ("Login", None)
    assert waits_for("Login/API", login) == ("Login", "API")
    assert waits_for(" Login / API ", login) == ("Login", "API")
    assert waits_for("iOS/Login", nested) == ("iOS/Login", None)
    assert waits_for("iOS/Login/API", nested) == ("iOS/Login", "API")
    assert waits_for("Login/API", fc.Feature("Login/API")) == ("Login/API", None)
    assert waits_for(fc.After("Login/API"), login) == ("Login", "API")
    assert waits_for(fc.After("Login", "a/b"), fc.Feature("Login", {"a/b": 1})) == ("Login", "a/b")


def test_a_reference_that_can_be_read_in_two_ways_is_refused_with_the_way_out() -> None:
    both = [fc.Feature("Login", {"API": 1}), fc.Feature("Login/API", {"API": 2})]
    with pytest.raises(fc.Fault) as caught:
        waits_for("Login/API", *both)
    assert str(caught.value) == (
        'feature "Waits": after = "Login/API"; this is both a feature and a part of one; '
        'write { feature = "Login/API" } or { feature = "Login", team = "API" }'
    )
    assert waits_for(fc.After("Login/API"), *both) == ("Login/API", None)
    assert waits_for(fc.After("Login", "API"), *both) == ("Login", "API")


def test_an_inserted_feature_can_make_a_reference_ambiguous_and_is_refused() -> None:
    with pytest.raises(fc.Fault, match="both a feature and a part of one"):
        roadmap().insert(fc.Feature("Login/API"))


# What a noun refuses ---------------------------------------------------------------------------------------------------


def planned(*listed: Any, teams: Any = ("Web", "API"), **options: Any) -> fc.Roadmap:
    return fc.Roadmap(START, teams, listed, **options)


LOGIN = fc.Feature("Login", {"API": 1, "Web": 2})
SINGLE = {"delays": {"Login": 1}}

EXACT: dict[str, tuple[Callable[[], object], str]] = {
    "unknown team": (
        lambda: planned(fc.Feature("Login", {"Wob": 1})),
        'feature "Login": work of "Wob"; no such team in the roadmap. Did you mean "Web"?',
    ),
    "unknown feature": (
        lambda: planned(LOGIN, fc.Feature("Shop", after=["Logn"])),
        'feature "Shop": after = "Logn"; no such feature or part in the roadmap. Did you mean "Login"?',
    ),
    "unknown part": (
        lambda: planned(LOGIN, fc.Feature("Shop", {"Web": fc.Part(1, after=["Login/APl"])})),
        'feature "Shop/Web": after = "Login/APl"; no such feature or part in the roadmap. Did you mean "Login/API"?',
    ),
    "twice": (
        lambda: planned(LOGIN, LOGIN),
        'roadmap: feature "Login" twice; give each a name of its own',
    ),
    "twice but for capitals": (
        lambda: planned(fc.Feature("Straße"), fc.Feature("STRASSE")),
        'roadmap: feature "STRASSE" twice (there is "Straße" already); give each a name of its own',
    ),
    "a cycle of two": (
        lambda: planned(fc.Feature("A", after=["B"]), fc.Feature("B", after=["A"])),
        'roadmap: a cycle: "A" waits for "B" waits for "A"; nothing in it could ever start; remove one of these links',
    ),
    "percent as a chance": (
        lambda: fc.Risk("Late", 30, **SINGLE),
        'risk "Late": chance = 30; a chance is a share between 0 and 1: write 0.3',
    ),
    "percent as a level": (
        lambda: planned(LOGIN, promise_level=85),
        "roadmap, promise_level: level = 85; a level is a share between 0 and 1: write 0.85 for 85 %",
    ),
    "allocation over 1": (
        lambda: fc.Team("Web", allocation={"Grow": 0.7, "Debt": 0.4}),
        'team "Web": allocation adds up to 1.1; shares may not exceed 1 together',
    ),
    "end before start": (
        lambda: fc.Capacity("2026-03-02", "2026-03-01", 0.5),
        "capacity: start = 2026-03-02, end = 2026-03-01; a change of capacity ends on or after its first day",
    ),
    "promised without due": (
        lambda: fc.Feature("Login", promised=True),
        'feature "Login": promised = true without a due date; say until when: due = 2026-05-01',
    ),
    "low above likely": (
        lambda: fc.Feature("Login", {"Web": (5, 3, 8)}),
        'feature "Login", work of "Web": size: 5, 3, 8; low, likely and high must rise',
    ),
    "negative": (
        lambda: fc.Feature("Login", {"Web": -1}),
        'feature "Login", work of "Web": size = -1; it cannot be less than 0',
    ),
    "a lone name": (
        lambda: fc.Feature("Shop", after="Login"),
        'feature "Shop": after = "Login"; give a list of names: after = ["Login"]',
    ),
}


@pytest.mark.parametrize("case", EXACT)
def test_what_is_said_of_a_fault(case: str) -> None:
    make, message = EXACT[case]
    with pytest.raises(fc.Fault) as caught:
        make()
    assert str(caught.value) == message


REFUSED: dict[str, tuple[Callable[[], object], str, str]] = {
    # names
    "empty name": (lambda: fc.Feature("  "), "feature", "name"),
    "name that is no text": (lambda: fc.Team(5), "team", "5"),  # type: ignore[arg-type]
    "name of two lines": (lambda: fc.Feature("a\nb"), "feature", r"a\nb"),
    "team twice": (lambda: planned(teams=["Web", "WEB"]), "roadmap", "WEB"),
    "composed and plain": (lambda: planned(fc.Feature("Cafe\u0301"), fc.Feature("Café")), "roadmap", "Café"),
    "risk twice": (
        lambda: planned(LOGIN, risks=[fc.Risk("r", 0.1, **SINGLE), fc.Risk("R", 0.1, **SINGLE)]),
        "roadmap",
        '"R" twice',
    ),
    "team twice in one feature": (lambda: fc.Feature("Login", {"Web": 1, " Web": 2}), "Login", "Web"),
    # references
    "team without work": (
        lambda: planned(LOGIN, fc.Feature("Shop", after=[fc.After("Login", "Ops")])),
        "Shop",
        '"Login", team = "Ops"',
    ),
    "part of nothing": (lambda: planned(LOGIN, fc.Feature("Shop", after=[fc.After("Logn", "API")])), "Shop", "Logn"),
    "risk on an unknown part": (lambda: planned(LOGIN, risks=[fc.Risk("r", 0.1, {"Login/Wbe": 1})]), "r", "Login/Wbe"),
    "risk adds to a whole feature": (lambda: planned(LOGIN, risks=[fc.Risk("r", 0.1, {"Login": 1})]), "r", "Login"),
    "risk delays nobody": (lambda: planned(LOGIN, risks=[fc.Risk("r", 0.1, delays={"Logim": 1})]), "r", "Logim"),
    "after that names nothing": (lambda: fc.Feature("Shop", after=[5]), "Shop", "5"),  # type: ignore[list-item]
    # cycles
    "waits for itself": (lambda: planned(fc.Feature("A", {"Web": 1}, after=["A"])), "roadmap", '"A" waits for'),
    "part waits for its feature": (
        lambda: planned(fc.Feature("A", {"API": fc.Part(1, after=["A"]), "Web": 1})),
        "roadmap",
        '"A/API" waits for "A"',
    ),
    "part waits for itself": (
        lambda: planned(fc.Feature("A", {"API": fc.Part(1, after=["A/API"])})),
        "roadmap",
        '"A/API" waits for "A/API"',
    ),
    "parts wait for each other": (
        lambda: planned(fc.Feature("A", {"API": fc.Part(1, after=["A/Web"]), "Web": fc.Part(1, after=["A/API"])})),
        "roadmap",
        '"A/Web" waits for "A/API"',
    ),
    "through an external": (
        lambda: planned(fc.Feature("A", {"Web": 1}, after=["E"]), fc.External("E", 3, after=["A"])),
        "roadmap",
        '"E" waits for "A"',
    ),
    # numbers
    "size nan": (lambda: fc.Feature("Login", {"Web": math.nan}), "Web", "nan"),
    "size inf": (lambda: fc.Feature("Login", {"Web": math.inf}), "Web", "inf"),
    "size true": (lambda: fc.Feature("Login", {"Web": True}), "Web", "True"),
    "size as text": (lambda: fc.Feature("Login", {"Web": "5"}), "Web", "5"),  # type: ignore[dict-item]
    "two numbers": (lambda: fc.Feature("Login", {"Web": (1, 2)}), "Web", "[1, 2]"),
    "likely above high": (lambda: fc.Feature("Login", {"Web": (5, 9, 8)}), "Web", "5, 9, 8"),
    "nan among three": (lambda: fc.Part((1, math.nan, 3)), "part", "nan"),
    "negative part": (lambda: fc.Part(-2), "part", "-2"),
    "shape": (lambda: fc.Part((1, 2, 3), shape="normal"), "part", "normal"),
    "work as a list": (lambda: fc.Feature("Login", ["Web"]), "Login", "Web"),  # type: ignore[arg-type]
    "growth": (lambda: fc.Feature("Login", growth=-1), "Login", "growth = -1"),
    "growth of three that fall": (lambda: fc.Feature("Login", growth=(2, 1, 3)), "Login", "2, 1, 3"),
    "growth of the roadmap": (lambda: planned(growth=math.nan), "roadmap", "growth = nan"),
    "value": (lambda: fc.Feature("Login", value=-1), "Login", "value = -1"),
    "cost of delay": (lambda: fc.Feature("Login", cost_of_delay=math.inf), "Login", "cost_of_delay = inf"),
    "lag": (lambda: fc.After("Login", lag=-1), "Login", "lag = -1"),
    "lag of three that fall": (lambda: fc.After("Login", lag=(3, 2, 4)), "Login", "3, 2, 4"),
    "days": (lambda: fc.External("Review", -3), "Review", "days = -3"),
    "days nan": (lambda: fc.External("Review", (1, math.nan, 3)), "Review", "nan"),
    "negative chance": (lambda: fc.Risk("Late", -0.1, **SINGLE), "Late", "-0.1"),
    "chance above 100": (lambda: fc.Risk("Late", 101, **SINGLE), "Late", "101"),
    "chance nan": (lambda: fc.Risk("Late", math.nan, **SINGLE), "Late", "nan"),
    "chance true": (lambda: fc.Risk("Late", True, **SINGLE), "Late", "True"),
    "risk that adds less than nothing": (lambda: fc.Risk("Late", 0.3, {"Login/Web": -1}), "Late", "-1"),
    "risk that does nothing": (lambda: fc.Risk("Late", 0.3), "Late", "no effect"),
    "estimate": (lambda: fc.Estimate(3, 2, 1), "estimate", "3, 2, 1"),
    # teams
    "wip 0": (lambda: fc.Team("Web", wip=0), "Web", "wip"),
    "wip 1.5": (lambda: fc.Team("Web", wip=1.5), "Web", "1.5"),  # type: ignore[arg-type]
    "wip true": (lambda: fc.Team("Web", wip=True), "Web", "True"),
    "finish_started as text": (lambda: fc.Team("Web", finish_started="no"), "Web", "no"),  # type: ignore[arg-type]
    "share above 1": (lambda: fc.Team("Web", share=1.2), "Web", "share = 1.2"),
    "share in percent": (lambda: fc.Team("Web", share=80), "Web", "share = 80"),
    "negative share": (lambda: fc.Team("Web", share=-0.5), "Web", "-0.5"),
    "negative allocation": (lambda: fc.Team("Web", allocation={"Grow": -0.5}), "Web", "-0.5"),
    "allocation in percent": (lambda: fc.Team("Web", allocation={"Grow": 60}), "Web", "60"),
    "allocation as a list": (lambda: fc.Team("Web", allocation=["Grow"]), "Web", "Grow"),  # type: ignore[arg-type]
    "objective twice": (lambda: fc.Team("Web", allocation={"Grow": 0.1, "Grow ": 0.2}), "Web", "Grow"),
    "sprint of no days": (lambda: fc.Team("Web", sprint_days=0), "Web", "0"),
    "sprint of more than a year": (lambda: fc.Team("Web", sprint_days=400), "Web", "400"),
    "first day of a sprint": (lambda: fc.Team("Web", sprint_start="monday"), "Web", "monday"),
    "a lone day off": (lambda: fc.Team("Web", days_off="2026-01-01"), "Web", "2026-01-01"),
    "capacity that is none": (lambda: fc.Team("Web", capacity=[0.5]), "Web", "0.5"),  # type: ignore[list-item]
    "negative factor": (lambda: fc.Capacity("2026-03-02", None, -1), "capacity", "-1"),
    # dates and flags
    "due in words": (lambda: fc.Feature("Login", due="1 May"), "Login", "1 May"),
    "due as a number": (lambda: fc.Feature("Login", due=20260501), "Login", "20260501"),  # type: ignore[arg-type]
    "due long ago": (lambda: fc.Feature("Login", due="1815-06-18"), "Login", "1815-06-18"),
    "not before": (lambda: fc.Feature("Login", not_before="soon"), "Login", "soon"),
    "started as a number": (lambda: fc.Feature("Login", started=1), "Login", "1"),  # type: ignore[arg-type]
    "promised as text": (lambda: fc.Feature("Login", due="2026-05-01", promised="yes"), "Login", "yes"),  # type: ignore[arg-type]
    "empty objective": (lambda: fc.Feature("Login", objective=" "), "Login", "name"),
    # the roadmap
    "start": (lambda: fc.Roadmap("next week", [], []), "roadmap", "next week"),
    "hand-off": (lambda: planned(handoff="later"), "roadmap", "later"),
    "hand-off of a link": (lambda: fc.After("Login", handoff="later"), "Login", "later"),
    "unit": (lambda: planned(unit="hours"), "roadmap", "hours"),
    "level 0": (lambda: planned(promise_level=0), "promise_level", "0"),
    "level nan": (lambda: planned(promise_level=math.nan), "promise_level", "nan"),
    "text for a feature": (lambda: planned("Login"), "roadmap", "Login"),
    "number for a team": (lambda: planned(teams=[5]), "roadmap", "5"),
    "text for a risk": (lambda: planned(risks=["Late"]), "roadmap", "Late"),
    # the history
    "negative count": (lambda: fc.History.from_counts({"Web": [3, -1]}), "Web", "-1"),
    "count nan": (lambda: fc.History.from_counts({"Web": [3, math.nan]}), "Web", "nan"),
    "counts as text": (lambda: fc.History.from_counts({"Web": "35"}), "Web", "35"),
    "a lone count": (lambda: fc.History.from_counts({"Web": 5}), "Web", "5"),  # type: ignore[dict-item]
    "sprint that ends before it starts": (
        lambda: fc.Sprint("Web", dt.date(2026, 1, 5), dt.date(2026, 1, 1), 3),
        "Web",
        "2026-01-01",
    ),
    "sprint on a weekend": (lambda: fc.Sprint("Web", dt.date(2026, 1, 3), dt.date(2026, 1, 4), 3), "Web", "2026-01-03"),
    "sprint without an end": (lambda: fc.Sprint("Web", dt.date(2026, 1, 5), None, 3), "Web", "None"),
    "with and without dates": (
        lambda: fc.History([fc.Sprint("Web", START, dt.date(2026, 1, 9), 3), fc.Sprint("Web", None, None, 3)]),
        "Web",
        "with and without",
    ),
    "window": (lambda: fc.Bootstrap(window=0), "throughput", "0"),
    "together as text": (lambda: fc.Bootstrap(together="yes"), "throughput", "yes"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_fault_says_where_what_and_how_out_of_it(case: str) -> None:
    make, where, value = REFUSED[case]
    with pytest.raises(fc.Fault) as caught:
        make()
    fault = caught.value
    assert type(fault) is fc.Fault
    assert where in fault.where
    assert value in fault.value
    assert fault.way_out.strip()
    assert str(fault) == f"{fault.where}: {fault.value}; {fault.way_out}"
    assert "\n" not in str(fault)


def test_all_faults_of_a_roadmap_are_told_at_once() -> None:
    """The first is raised and knows the others; `faults` lists them all."""
    wrong = (START, ["Web"], [fc.Feature("A", {"Wob": 1}, after=["C"]), fc.Feature("a"), fc.Feature("B", after=["D"])])
    with pytest.raises(fc.Fault) as caught:
        fc.Roadmap(*wrong)
    told = [caught.value, *caught.value.others]
    assert [fault.value for fault in told] == ['feature "a" twice (there is "A" already)', 'work of "Wob"', *AFTER]
    assert [str(fault) for fault in fc.Roadmap.faults(*wrong)] == [str(fault) for fault in told]
    assert fc.Roadmap.faults(START, ["Web"], [fc.Feature("A", {"Web": 1})]) == []


AFTER = ['after = "C"', 'after = "D"']


@pytest.mark.parametrize(
    "ask",
    [
        lambda answer: answer.date("Login", 85),
        lambda answer: answer.interval("Login", 85),
        lambda answer: answer.count(by="2026-05-01", level=85),
        lambda answer: answer.together(["Login"]).date(85),
        lambda answer: answer.table(levels=[0.5, 85]),
        lambda answer: answer.to_dict([85]),
        lambda answer: fc.how_many(answer.history, "Web", sprints=2, runs=10).at_least(85),
    ],
    ids=["date", "interval", "count", "together", "table", "to_dict", "how_many"],
)
def test_a_level_in_percent_is_refused_with_a_hint_wherever_it_is_asked(ask: Callable[[fc.Forecast], object]) -> None:
    past = fc.History.from_counts({"Web": [3, 5, 2], "API": [2, 2, 1]})
    with pytest.raises(fc.Fault, match=r"write 0\.85 for 85 %"):
        ask(fc.simulate(planned(LOGIN), past, runs=10, seed=SEED))


# Slips ---------------------------------------------------------------------------------------------------------------


def test_what_a_noun_holds_cannot_be_changed_either() -> None:
    changed_in_place = []
    risk, team = fc.Risk("Late", 0.3, {"Login/Web": 3}, {"Login": 3}), fc.Team("Web", allocation={"Grow": 0.5})
    for held in (fc.Feature("Login", {"Web": 3}).work, risk.adds, risk.delays, team.allocation):
        with contextlib.suppress(TypeError, AttributeError):
            held["Web"] = -1  # type: ignore[index]
            changed_in_place.append(held)
    assert changed_in_place == []


SLIPS: dict[str, Callable[[], object]] = {
    "a lone team": lambda: planned(teams="Web"),
    "a lone feature": lambda: fc.Roadmap(START, ["Web"], LOGIN),  # type: ignore[arg-type]
    "a lone risk": lambda: planned(LOGIN, risks=fc.Risk("Late", 0.3, **SINGLE)),
    "a lone change of capacity": lambda: fc.Team("Web", capacity=fc.Capacity("2026-03-02", None, 0.5)),  # type: ignore[arg-type]
    "work = 0": lambda: fc.Feature("Login", work=0),  # type: ignore[arg-type]
    "adds = 0": lambda: fc.Risk("Late", 0.3, adds=0, delays={"Login": 1}),  # type: ignore[arg-type]
    "replace by a name": lambda: roadmap().replace("Login"),  # type: ignore[arg-type]
    "above itself, spelt with spaces": lambda: roadmap().move("Login", above=" Login "),
    "to rank 5 of 4": lambda: roadmap().move("Login", rank=5),
}


def test_slips_of_the_keyboard_are_refused_too() -> None:
    let_through = []
    for slip, make in SLIPS.items():
        try:
            make()
        except fc.Fault:
            continue
        except (TypeError, AttributeError) as error:
            let_through.append(f"{slip}: {error}")
        else:
            let_through.append(f"{slip}: accepted")
    assert let_through == []
