"""Edits beyond the order: scope, splits, dependencies, dates, capacity. What-ifs that keep them, and their files."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import SEED
from played import changed

import forecast as fc
from forecast.whatif_file import VERBS, read_new_features

MONDAY = dt.date(2026, 1, 5)


def roadmap() -> fc.Roadmap:
    return fc.Roadmap(
        MONDAY,
        [fc.Team("Web", allocation={"Grow": 0.5}), "API"],
        [
            fc.Feature("Login", {"Web": 4, "API": fc.Part((2, 4, 9), shape="pert")}, due="2026-02-02", promised=True),
            fc.Feature(
                "Shop",
                {"Web": fc.Part(5, after=["Shop/API"]), "API": fc.Part(2, after=["Login/API"])},
                after=[fc.After("Login", lag=2)],
                objective="Grow",
                value=3,
                cost_of_delay=8,
                started=True,
                growth=1.5,
                not_before="2026-01-07",
            ),
            fc.External("Review", (2, 3, 8), after=[fc.After("Shop", "API", lag=1, handoff="immediate"), "Login"]),
            fc.Feature("Launch", after=["Review"]),
        ],
        handoff="immediate",
        risks=[fc.Risk("Both", 0.5, {"Shop/API": 3, "Shop/Web": 1}, {"Shop": 4})],
    )


def size(edited: fc.Roadmap, feature: str, team: str) -> tuple[float, float, float, str]:
    made = edited.feature(feature).work[team].size  # type: ignore[union-attr]
    return made.low, made.likely, made.high, made.shape


# Edits ---------------------------------------------------------------------------------------------------------------


def test_a_factor_changes_every_part_and_a_size_one() -> None:
    halved = roadmap().resize("Login", factor=0.5)
    assert (size(halved, "Login", "Web"), size(halved, "Login", "API")) == (
        (2, 2, 2, "triangular"),
        (1, 2, 4.5, "pert"),
    )
    one = roadmap().resize("Login/API", factor=2)
    assert (size(one, "Login", "Web")[0], size(one, "Login", "API")) == (4, (4, 8, 18, "pert"))
    assert size(roadmap().resize("Login/API", size=(1, 2, 3)), "Login", "API") == (1, 2, 3, "pert")
    assert size(roadmap().resize("Shop/Web", size=7), "Shop", "Web") == (7, 7, 7, "triangular")
    assert roadmap().resize("Review", factor=2).feature("Review").days == fc.Estimate(4, 6, 16)  # type: ignore[union-attr]
    assert roadmap().resize("Review", size=4).feature("Review").days == fc.Estimate(4, 4, 4)  # type: ignore[union-attr]
    assert changed(halved.feature("Login"), work=roadmap().feature("Login").work) == roadmap().feature("Login")  # type: ignore[union-attr]
    assert roadmap().resize("Login", factor=1) == roadmap()


def test_a_part_that_is_split_off_takes_along_what_is_its_own() -> None:
    edited = roadmap().split("Shop/API")
    assert [each.name for each in edited.features] == ["Login", "Shop", "Shop (API)", "Review", "Launch"]
    part, rest = edited.feature("Shop (API)"), edited.feature("Shop")
    assert part == fc.Feature(
        "Shop (API)",
        {"API": fc.Part(2, after=["Login/API"])},
        after=[fc.After("Login", lag=2)],
        objective="Grow",
        started=True,
        growth=1.5,
        not_before="2026-01-07",
    )
    assert rest == changed(roadmap().feature("Shop"), work={"Web": fc.Part(5, after=[fc.After("Shop (API)")])})
    review = edited.feature("Review")
    assert review.after == (fc.After("Shop (API)", lag=1, handoff="immediate"), fc.After("Login"))
    assert edited.risks == (fc.Risk("Both", 0.5, {"Shop (API)/API": 3, "Shop/Web": 1}, {"Shop": 4}),)
    placed = roadmap().split("Shop/Web", into="Front", rank=1)
    assert [each.name for each in placed.features] == ["Front", "Login", "Shop", "Review", "Launch"]
    assert placed.feature("Front").work["Web"].after == (fc.After("Shop/API"),)  # type: ignore[union-attr]


def test_a_split_part_is_done_when_it_was_done() -> None:
    """Without chance in sizes a split moves nobody but who waited for the whole: that is what it is for."""
    features = [
        fc.Feature("Login", {"A": 5, "B": 15}),
        fc.Feature("Shop", {"A": 10}, after=["Login"]),
        fc.Feature("Ads", {"A": 3, "B": 4}),
    ]
    before = fc.Roadmap(MONDAY, ["A", "B"], features, handoff="immediate")
    base = fc.simulate(before, fc.History.from_counts({"A": [10, 4, 0], "B": [10, 7]}), runs=200, seed=SEED)
    after = base.again(before.split("Login/B", into="Rest"))
    rows = {name: after.finish[after.features.index(name)] for name in after.features}
    assert np.array_equal(np.maximum(rows["Login"], rows["Rest"]), base.finish[0])
    assert np.all(rows["Shop"] <= base.finish[1] + 1e-9)
    assert np.mean(rows["Shop"] < base.finish[1] - 1e-9) > 0.5


def test_links_come_and_go() -> None:
    linked = roadmap().link("Launch", "Login/API").link("Shop/Web", fc.After("Login", lag=3))
    assert linked.feature("Launch").after == (fc.After("Review"), fc.After("Login/API"))
    assert linked.feature("Shop").work["Web"].after[1] == fc.After("Login", lag=3)  # type: ignore[union-attr]
    assert linked.unlink("Launch", "Login/API").unlink("Shop/Web", "Login") == roadmap()
    free = roadmap().unlink("Shop", "Login")  # also the links of its parts, and to parts of Login
    assert [(link.feature, link.waits_for) for link in free.links] == [
        ("Shop", "Shop"),
        ("Review", "Shop"),
        ("Review", "Login"),
        ("Launch", "Review"),
    ]
    assert roadmap().unlink("Review", "Shop/API").feature("Review").after == (fc.After("Login"),)
    with pytest.raises(fc.Fault, match=r'"Login" waits for .* waits for'):
        roadmap().link("Login", "Launch")


def test_a_due_date_is_moved_or_taken_away() -> None:
    assert roadmap().set_due("Login", "2026-03-02").feature("Login").due == dt.date(2026, 3, 2)
    assert roadmap().set_due("Login", "Q1").feature("Login").due == dt.date(2026, 3, 31)
    assert roadmap().set_due("Login", "2026-Q2").feature("Login").due == dt.date(2026, 6, 30)
    assert roadmap().set_due("Login", "2026-03-02").feature("Login").promised
    assert roadmap().set_due("Login", None).promises == ()
    assert roadmap().set_due("Shop", "2026-03-02", promised=False).promises == roadmap().promises
    assert roadmap().set_due("Review", "2026-03-02").feature("Review").is_promise


def capacity(edited: fc.Roadmap, team: str) -> list[tuple[str, str | None, float]]:
    noun = next(each for each in edited.teams if each.name == team)
    return [(str(each.start), each.end and str(each.end), each.factor) for each in noun.capacity]


def test_people_come_with_a_ramp_and_go_at_once() -> None:
    assert capacity(roadmap().staff("API", factor=0.8, start="2026-02-02", end="2026-02-27"), "API") == [
        ("2026-02-02", "2026-02-27", 0.8)
    ]
    assert capacity(roadmap().staff("API", people=-1, of=4, start="2026-02-02"), "API") == [("2026-02-02", None, 0.75)]
    joined = roadmap().staff("API", people=2, of=5, start="2026-02-02", ramp_days=17)
    assert capacity(joined, "API") == [
        ("2026-02-02", "2026-02-08", pytest.approx(1 + 0.4 * 3.5 / 17)),
        ("2026-02-09", "2026-02-15", pytest.approx(1 + 0.4 * 10.5 / 17)),
        ("2026-02-16", "2026-02-18", pytest.approx(1 + 0.4 * 15.5 / 17)),
        ("2026-02-19", None, 1.4),
    ]
    short = roadmap().staff("API", people=2, of=5, start="2026-02-02", end="2026-02-10", ramp_days=17)
    assert [span[:2] for span in capacity(short, "API")] == [("2026-02-02", "2026-02-08"), ("2026-02-09", "2026-02-10")]
    twice = joined.staff("API", factor=0.5, start="2026-05-04")
    assert capacity(twice, "API")[-1] == ("2026-05-04", None, 0.5)
    assert len(capacity(twice, "API")) == 5


def test_only_a_gain_has_a_ramp() -> None:
    with pytest.raises(fc.Fault, match="capacity: ramp_days = 17; only a gain ramps up; leave it out"):
        roadmap().staff("API", people=-1, of=4, start="2026-02-02", ramp_days=17)


def test_a_ramp_loses_half_of_what_it_takes() -> None:
    """Averaged over the days of the ramp, half of the gain is there."""
    spans = capacity(roadmap().staff("API", people=1, of=1, start="2026-02-02", ramp_days=45), "API")
    days = [
        (dt.date.fromisoformat(last or "2026-03-19") - dt.date.fromisoformat(first)).days + 1
        for first, last, _ in spans
    ]
    assert sum(days[:-1]) == 45
    assert sum(n * (pace - 1) for n, (_, _, pace) in zip(days[:-1], spans, strict=False)) == pytest.approx(45 / 2)


def test_people_are_lent_from_one_team_to_another() -> None:
    lent = roadmap().lend("Web", "API", people=1, of=4, to_of=5, start="2026-02-02", end="2026-03-01")
    assert capacity(lent, "Web") == [("2026-02-02", "2026-03-01", 0.75)]
    assert capacity(lent, "API") == [("2026-02-02", "2026-03-01", 1.2)]


def test_how_a_team_works_can_be_changed() -> None:
    assert [team.wip for team in roadmap().set_wip("API", 3).teams] == [1, 3]
    assert roadmap().set_allocation("Web", None).teams[0].allocation is None
    assert dict(roadmap().set_allocation("API", {"Grow": 0.3}).teams[1].allocation or {}) == {"Grow": 0.3}


IMPOSSIBLE: dict[str, tuple[Any, str]] = {
    "no such thing": (
        lambda one: one.resize("Lgin", factor=2),
        'roadmap: "Lgin"; no such feature or part.*Did you mean "Login"',
    ),
    "no such part": (lambda one: one.resize("Login/Wb", factor=2), 'Did you mean "Login/Web"'),
    "no factor": (lambda one: one.resize("Login"), "give either a factor or a size"),
    "factor and size": (lambda one: one.resize("Login/Web", factor=1, size=2), "give either a factor or a size"),
    "one size for two": (lambda one: one.resize("Login", size=2), '"Login/Web", "Login/API"'),
    "a milestone": (lambda one: one.resize("Launch", factor=2), "it has no work"),
    "less than nothing": (lambda one: one.resize("Login", factor=-1), "cannot be less than 0"),
    "the only part": (lambda one: one.split("Shop/Web").split("Shop/API"), "the only part"),
    "split a feature": (lambda one: one.split("Shop"), "no such part"),
    "split twice": (lambda one: one.split("Shop/Web", into="Login"), '"Login" twice'),
    "nothing to unlink": (lambda one: one.unlink("Login", "Shop"), "it does not wait for that"),
    "no date": (lambda one: one.set_due("Login", "soon"), "year-month-day"),
    "no quarter": (lambda one: one.set_due("Login", "2026-Q5"), "a quarter is written Q1 to Q4"),
    "a quarter that is over": (
        lambda one: one.set_due("Login", "2025-Q4"),
        "it ended on 2025-12-31, before the roadmap",
    ),
    "no team": (lambda one: one.set_wip("Wep", 2), 'no such team. Did you mean "Web"'),
    "no wip": (lambda one: one.set_wip("Web", 0), "a whole number from 1"),
    "too much": (lambda one: one.set_allocation("Web", {"a": 0.7, "b": 0.7}), "may not exceed 1"),
    "no capacity": (lambda one: one.staff("Web", start="2026-02-02"), "either a factor, or people"),
    "people of nobody": (lambda one: one.staff("Web", people=1, of=0, start="2026-02-02"), "how many people"),
    "more than there are": (
        lambda one: one.staff("Web", people=-5, of=4, start="2026-02-02"),
        "more people cannot leave",
    ),
    "a ramp down": (lambda one: one.staff("Web", factor=0.5, start="2026-02-02", ramp_days=9), "only a gain ramps up"),
    "before it began": (
        lambda one: one.staff("Web", factor=2, start="2026-02-02", end="2026-02-01"),
        "ends on or after",
    ),
    "lent to itself": (lambda one: one.lend("Web", "Web", people=1, of=4, to_of=4, start="2026-02-02"), "to itself"),
    "expedited below": (lambda one: one.move("Shop", below="Login", expedite=True), "goes to the top"),
}


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_what_is_said_of_an_edit_that_cannot_be(case: str) -> None:
    edit, said = IMPOSSIBLE[case]
    with pytest.raises(fc.Fault, match=said):
        edit(roadmap())


# What-ifs --------------------------------------------------------------------------------------------------------------


def test_a_what_if_makes_its_edits_one_after_the_other() -> None:
    edits = [
        fc.Edit("insert", feature=fc.Feature("X", {"API": 3}), rank=1),
        fc.Edit("link", name="Login", after="X"),
        fc.Edit("without", name="Launch"),
    ]
    made = fc.WhatIf(edits, "X first").apply(roadmap())
    assert made == roadmap().insert(fc.Feature("X", {"API": 3}), rank=1).link("Login", "X").without("Launch")
    assert [edit.subject for edit in edits] == ["X", "Login", "Launch"]


def test_all_edits_that_cannot_be_made_are_told_at_once() -> None:
    what_if = fc.WhatIf(
        [fc.Edit("without", name="Nobody"), fc.Edit("set_wip", team="Wep", wip=2), fc.Edit("without", name="Shop")]
    )
    with pytest.raises(fc.Refused) as refusal:
        what_if.apply(roadmap())
    assert [fault.where for fault in refusal.value.faults] == ["edit 1: roadmap", "edit 2: roadmap"]


def test_what_follows_an_impossible_insertion_is_not_judged() -> None:
    x = fc.Feature("X", {"Wep": 3})
    with pytest.raises(fc.Refused) as refusal:
        fc.WhatIf([fc.Edit("insert", feature=x), fc.Edit("move", name="X", rank=1)]).apply(roadmap())
    assert len(refusal.value.faults) == 1


def test_an_edit_that_there_is_not_is_refused() -> None:
    with pytest.raises(fc.Fault, match=r'"mvoe"; no such edit\. Did you mean "move"'):
        fc.Edit("mvoe", name="Login")
    with pytest.raises(fc.Fault, match="unexpected keyword argument 'rnak'"):
        fc.Edit("move", name="Login", rnak=1)
    with pytest.raises(fc.Fault, match="no such edit"):
        fc.Edit("_with", features=())
    with pytest.raises(fc.Fault, match="give edits"):
        fc.WhatIf(["move"])  # type: ignore[list-item]


# Files -----------------------------------------------------------------------------------------------------------------

EVERY_EDIT = """
name = "All of it"
[[edit]]
insert = "X"
above = "Shop"
due = 2026-04-30
work = { API = [3, 5, 9], Web = { size = 4, after = ["X/API", { feature = "Login", lag = 2 }], shape = "pert" } }
[[edit]]
insert = "Vendor"
days = [5, 8, 12]
[[edit]]
move = "Launch"
rank = 1
[[edit]]
split = "Shop/API"
into = "Back"
[[edit]]
resize = "Login"
factor = 0.8
[[edit]]
resize = "X/API"
size = [1, 2, 3]
[[edit]]
link = "Review"
after = ["Vendor", { feature = "X", team = "Web", handoff = "immediate" }]
[[edit]]
unlink = "Review"
after = ["Login"]
[[edit]]
due = "Login"
date = 2026-03-02
promised = false
[[edit]]
staff = "Web"
people = 1
of = 4
start = 2026-02-02
ramp_days = 14
why = "Ann"
[[edit]]
lend = "API"
to = "Web"
people = 1
of = 3
to_of = 5
start = "2026-03-02"
end = 2026-04-01
[[edit]]
wip = "API"
to = 2
[[edit]]
allocation = "Web"
shares = { Grow = 0.7 }
[[edit]]
drop = "Launch"
"""


def write(folder: Path, text: str, name: str = "what-if.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_with_every_edit(tmp_path: Path) -> None:
    read = fc.read_what_if(write(tmp_path, EVERY_EDIT))
    x = fc.Feature(
        "X",
        {"API": (3, 5, 9), "Web": fc.Part(4, after=["X/API", fc.After("Login", lag=2)], shape="pert")},
        due="2026-04-30",
    )
    by_hand = (
        roadmap()
        .insert(x, above="Shop")
        .insert(fc.External("Vendor", (5, 8, 12)))
        .move("Launch", rank=1)
        .split("Shop/API", into="Back")
        .resize("Login", factor=0.8)
        .resize("X/API", size=(1, 2, 3))
        .link("Review", "Vendor")
        .link("Review", fc.After("X", "Web", handoff="immediate"))
        .unlink("Review", "Login")
        .set_due("Login", "2026-03-02", promised=False)
        .staff("Web", people=1, of=4, start="2026-02-02", ramp_days=14, why="Ann")
        .lend("API", "Web", people=1, of=3, to_of=5, start="2026-03-02", end="2026-04-01")
        .set_wip("API", 2)
        .set_allocation("Web", {"Grow": 0.7})
        .without("Launch")
    )
    assert read.name == "All of it"
    assert read.apply(roadmap()) == by_hand
    used = {key for key in VERBS for line in EVERY_EDIT.splitlines() if line.startswith(f"{key} = ")}
    assert used == {*VERBS}


def test_without_a_name_a_what_if_is_called_like_its_file(tmp_path: Path) -> None:
    assert fc.read_what_if(write(tmp_path, '[[edit]]\ndrop = "Shop"', "later.toml")).name == "later"


def test_a_feature_in_a_file_of_its_own(tmp_path: Path) -> None:
    flat = 'name = "X"\nwork = { API = 3 }\ndue = 2026-04-30\nstarted = true'
    assert read_new_features(write(tmp_path, flat)) == [fc.Feature("X", {"API": 3}, due="2026-04-30", started=True)]
    listed = '[[feature]]\nname = "X"\nwork = { API = 3 }\n[[feature]]\nname = "V"\ndays = 4\nafter = ["X"]'
    assert read_new_features(write(tmp_path, listed)) == [fc.Feature("X", {"API": 3}), fc.External("V", 4, after=["X"])]
    assert read_new_features(write(tmp_path, '[feature]\nname = "M"\nafter = ["Login"]')) == [
        fc.Feature("M", after=["Login"])
    ]


WRONG = """
nmae = "A"
[[edit]]
insert = "X"
rank = "1"
work = { API = [3, 5, "x"], Web = { size = 4, aftr = ["X/API"] } }
[[edit]]
insert = "Y"
due = "soon"
growth = -1
work = { Web = -3, API = [3, 2, 1] }
[[edit]]
insert = "Z"
days = 3
value = 3
[[edit]]
drop = "Login"
wip = "API"
[[edit]]
staff = "Web"
people = "one"
[[edit]]
rank = 3
[[edit]]
resize = 3
factor = true
[[edit]]
resize = "Login"
fcator = 0.8
name = "Shop"
"""


def test_all_faults_of_a_file_are_told_at_once_each_with_its_row(tmp_path: Path) -> None:
    with pytest.raises(fc.Refused) as refusal:
        fc.read_what_if(write(tmp_path, WRONG))
    assert str(refusal.value).splitlines() == [
        'what-if.toml row 2: unknown key "nmae"; a what-if has a name and [[edit]] tables. Did you mean "name"?',
        'what-if.toml row 5: edit 1 (insert "X"): rank = "1"; a whole number is needed',
        'what-if.toml row 6: edit 1 (insert "X"), work of "API": item 3 = "x"; a number is needed',
        'what-if.toml row 6: edit 1 (insert "X"), work of "Web": unknown key "aftr"; no such key. Did you mean "after"?',
        'what-if.toml row 9: edit 2 (insert "Y"): due = "soon"; a date is written year-month-day, like 2026-05-01',
        'what-if.toml row 10: edit 2 (insert "Y"): growth = -1; it cannot be less than 0',
        'what-if.toml row 11: edit 2 (insert "Y"), work of "Web": size = -3; it cannot be less than 0',
        'what-if.toml row 11: edit 2 (insert "Y"), work of "API": size: 3, 2, 1; low, likely and high must rise',
        'what-if.toml row 15: edit 3 (insert "Z"): days and value; with days it is an external, which has no value; '
        "remove one of them",
        f'what-if.toml row 18: edit 4: both "drop" and "wip"; give one of: {", ".join(VERBS)}',
        'what-if.toml row 19: edit 5 (staff "Web"): start is missing; write start = 2026-01-05',
        'what-if.toml row 21: edit 5 (staff "Web"): people = "one"; a number is needed',
        f"what-if.toml row 22: edit 6: nothing to be done; give one of: {', '.join(VERBS)}",
        'what-if.toml row 25: edit 7 (resize "3"): resize = 3; a text is needed; put it in quotes',
        'what-if.toml row 26: edit 7 (resize "3"): factor = true; a number is needed',
        'what-if.toml row 30: edit 8 (resize "Login"): unknown key "name"; the name stands behind resize',
    ]


ALIKE = """[[feature]]
name = "X"
work = { Web = { size = 3, aftr = [] }, API = [1, 2, "x"] }
nmae = "Y"
[[feature]]
name = "Y"
days = [5, 4, 3]
after = [
    "",
    { feature = "X", handoff = "later", lag = -1 },
]
value = 3
due = "soon"
[[feature]]
name = "Z"
work = { Web = { size = -3, done = -1, after = ["", "X"] }, API = [1, 2] }
promised = true
growth = "lerned"
"""


def test_new_features_are_refused_as_those_of_a_roadmap_are(tmp_path: Path) -> None:
    with pytest.raises(fc.Refused) as refusal:
        read_new_features(write(tmp_path, "\n\n" + ALIKE, "roadmap.toml"))
    said = str(refusal.value).splitlines()
    write(tmp_path, "start = 2026-01-05\nhistory = { Web = [1], API = [1] }\n" + ALIKE, "roadmap.toml")
    with pytest.raises(fc.Refused) as refusal:
        fc.read(tmp_path)
    assert len(said) == 15
    assert str(refusal.value).splitlines() == said


def test_an_edit_that_cannot_be_made_is_told_with_its_row(tmp_path: Path) -> None:
    text = '[[edit]]\nmove = "Shop"\nrank = 1\n\n[[edit]]\nafter = ["Shop", "Nobody"]\nlink = "Login"\n'
    what_if = fc.read_what_if(write(tmp_path, text))
    with pytest.raises(fc.Refused) as refusal:
        what_if.apply(roadmap())
    assert str(refusal.value).splitlines() == [
        'what-if.toml row 7: edit 2 (link "Login"): roadmap: a cycle: "Shop" waits for "Shop/Web" waits for "Login" waits for '
        '"Login/Web" waits for "Shop"; nothing in it could ever start; remove one of these links',
        'what-if.toml row 7: edit 2 (link "Login"): feature "Login": after = "Nobody"; no such feature or part in the roadmap.',
    ]
    assert what_if.edits[0] == fc.Edit("move", name="Shop", rank=1)
    assert (what_if.edits[0].where, fc.Edit("move", name="Shop", rank=1).where) == (
        'what-if.toml row 2: edit 1 (move "Shop")',
        "",
    )


def test_what_follows_an_impossible_insertion_is_judged_unless_it_speaks_of_it() -> None:
    count = len(roadmap().features)
    edits = [
        fc.Edit("insert", feature=fc.Feature("SSO", {"Wbe": 1}, after=["Lgin"])),
        fc.Edit("move", name="SSO", rank=1),
        fc.Edit("link", name="Login", after="SSO/Wbe"),
        fc.Edit("insert", feature=fc.Feature("Late", {}, after=["SSO"])),
        fc.Edit("move", name="Login", rank=count + 1),
        fc.Edit("move", name="Late", rank=1),
        fc.Edit("without", name="Srch"),
        fc.Edit("split", part="Shop/API2"),
        fc.Edit("resize", name="Shop (API2)", factor=2),
        fc.Edit("set_wip", team="Web", wip=0),
    ]
    with pytest.raises(fc.Refused) as refusal:
        fc.WhatIf(edits).apply(roadmap())
    assert [fault.where.split(":")[0] for fault in refusal.value.faults] == [
        "edit 1",
        "edit 1",
        "edit 7",
        "edit 8",
        "edit 10",
    ]


def test_a_name_that_is_refused_is_told_where_it_stands(tmp_path: Path) -> None:
    text = '[[edit]]\nrank = 1\ninsert = "\\u0007"\nwork = { Web = -1 }\n[[edit]]\nlink = "A"\nafter = [\n"B",\n""]'
    with pytest.raises(fc.Refused) as refusal:
        fc.read_what_if(write(tmp_path, text))
    assert str(refusal.value).splitlines() == [
        r'what-if.toml row 3: edit 1 (insert "\x07"): name = "\x07"; a name cannot hold line breaks or control characters',
        r'what-if.toml row 4: edit 1 (insert "\x07"), work of "Web": size = -1; it cannot be less than 0',
        'what-if.toml row 9: edit 2 (link "A"): after: name = ""; a name cannot be empty',
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ': no edits; write at least one: [[edit]] and, below it, drop = "Search"'),
        ("\nedit = 3", ' row 2: no edits; write at least one: [[edit]] and, below it, drop = "Search"'),
        ("[edit]\ndrop = 'Shop'", " row 1: [edit]; write it in double brackets: [[edit]]"),
        (
            "[[edit]]\ndrop = 'Shop'\n[wip]",
            ' row 3: unknown key "wip"; a what-if has a name and [[edit]] tables. Write [[edit]] above wip.',
        ),
    ],
)
def test_what_is_said_of_a_file_without_edits(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(fc.Refused) as refusal:
        fc.read_what_if(write(tmp_path, text))
    assert str(refusal.value) == f"what-if.toml{said}"


def test_what_is_missing_is_shown(tmp_path: Path) -> None:
    with pytest.raises(fc.Refused) as refusal:
        fc.read_what_if(write(tmp_path, '[[edit]]\nlend = "Web"\n[[edit]]\nunlink = "Shop"'))
    assert [str(fault).removeprefix("what-if.toml row ") for fault in refusal.value.faults] == [
        '1: edit 1 (lend "Web"): to is missing; write to = ...',
        '1: edit 1 (lend "Web"): people is missing; write people = 1',
        '1: edit 1 (lend "Web"): of is missing; write of = 5',
        '1: edit 1 (lend "Web"): to_of is missing; write to_of = 4',
        '1: edit 1 (lend "Web"): start is missing; write start = 2026-01-05',
        '3: edit 2 (unlink "Shop"): after is missing; write after = ["Login"]',
    ]


def test_the_keys_that_there_are_are_those_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(fc.Refused, match=r"no such key\. There are: resize, factor, size\.$"):
        fc.read_what_if(write(tmp_path, '[[edit]]\nresize = "Shop"\nby = 3'))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("edit = ['drop']", "nothing to be done"),
        ("name = 3\n[[edit]]\ndrop = 'Shop'", "a text is needed"),
        ("[[edit]\ndrop", "not readable as TOML"),
        ("a = " + "[" * 5000, "not readable as TOML"),
        ("a = 1" + "0" * 5000, "not readable as TOML"),
        ("[[edit]]\nunlink = 'Shop'\nafter = 'Login'", "a list is needed"),
        ('[[edit]]\ninsert = "\\u001b[31m"', "control characters"),
        ("[[edit]]\nallocation = 'Web'\nshares = { a = 'x' }", "a number is needed"),
    ],
)
def test_a_broken_file_is_refused_and_nothing_else_happens(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(fc.Refused, match=said):
        fc.read_what_if(write(tmp_path, text))


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    write(tmp_path, "x", "whatif.toml")
    with pytest.raises(fc.Refused, match=r'no such file.*Did you mean "whatif\.toml"'):
        fc.read_what_if(tmp_path / "what-if.toml")
    (tmp_path / "what-if.toml").write_bytes(b"name = '\xff'")
    for read in (fc.read_what_if, read_new_features):
        with pytest.raises(fc.Refused, match="not UTF-8"):
            read(tmp_path / "what-if.toml")
        with pytest.raises(fc.Refused, match="it is a folder"):
            read(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", 'x.toml: feature 1: name is missing; write name = "..."'),
        (
            'name = "X"\nwrok = { API = 3 }',
            'x.toml row 2: feature "X": unknown key "wrok"; no such key. Did you mean "work"',
        ),
        (
            'name = "X"\nwork = { API = "3" }',
            'x.toml row 2: feature "X", work: API = "3"; a number or a list or a table is needed',
        ),
        ("feature = 3", "x.toml row 1: feature 1: the table = 3; a table is needed"),
        ("feature = [{ name = 'A' },\n3]", "x.toml row 2: feature 2: the table = 3; a table is needed"),
        (
            '[feature]\nname = "X"\nwork = { API = -1 }',
            'x.toml row 3: feature "X", work of "API": size = -1; it cannot be',
        ),
    ],
)
def test_what_is_said_of_a_broken_feature_file(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(fc.Refused, match=said):
        read_new_features(write(tmp_path, text, "x.toml"))
