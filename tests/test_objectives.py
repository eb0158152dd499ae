"""Objectives: what a feature serves, several of them with weights, in Python, in tables and in sheets."""

from __future__ import annotations

import copy
import io
import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from spelling import to_csv, to_rows, to_toml

import forecast as fc
from forecast.errors import Fault, Refused
from forecast.fingerprint import digest_inputs

TWO = {"Grow revenue": 0.7, "Debt": 0.3}
HEAD = "start = 2026-01-05\nhistory = { Web = [3, 5, 2] }\n"
PAST = fc.History.from_counts({"Web": [3, 5, 2]})


def serving(objective: Any, **given: Any) -> fc.Feature:
    return fc.Feature("Login", {"Web": 3}, objective=objective, **given)


def read_sheet(folder: Path, *cells: str) -> fc.Feature | fc.External:
    """The first feature of a sheet whose rows say this in `objective`, one row a team."""
    rows: list[list[Any]] = [["feature", "team", "items", "objective"]]
    rows += [["Login", f"Web {number}", 3, cell] for number, cell in enumerate(cells, start=1)]
    (folder / "features.csv").write_text(to_csv(rows), "utf-8")
    (folder / "roadmap.toml").write_text(HEAD + 'features = "features.csv"\n', "utf-8")
    return fc.read(folder)[0].features[0]


# The noun --------------------------------------------------------------------------------------------------------------


def test_the_first_of_several_is_the_objective_and_all_have_weights() -> None:
    feature = serving(TWO)
    assert feature.objective == "Grow revenue"
    assert list(feature.objectives.items()) == [("Grow revenue", 0.7), ("Debt", 0.3)]
    assert serving("Debt").objectives == serving({"Debt": 1}).objectives == {"Debt": 1.0}
    assert serving({"Debt": 1}) == serving("Debt")
    assert serving(None).objectives == {}
    assert fc.External("Review", 5, objective=TWO).objectives == TWO


def test_weights_go_with_a_feature_wherever_it_goes() -> None:
    feature = serving(TWO)
    assert replace(feature, value=3).objectives == TWO
    assert serving(feature.objective).objectives == TWO
    assert pickle.loads(pickle.dumps(feature)) == copy.deepcopy(feature) == feature
    assert pickle.loads(pickle.dumps(feature)).objectives == TWO
    assert replace(feature, objective="Debt").objectives == {"Debt": 1.0}
    assert replace(feature, objective=None).objectives == {}
    roadmap = fc.Roadmap("2026-01-05", ["Web", "API"], [fc.Feature("Login", {"Web": 3, "API": 2}, objective=TWO)])
    assert roadmap.split("Login/API", into="Half").feature("Half").objectives == TWO
    assert roadmap.resize("Login", factor=0.5).feature("Login").objectives == TWO


def test_features_with_other_weights_are_others() -> None:
    """The control of equality: the first objective alone would call them equal."""
    others = [
        serving("Grow revenue"),
        serving({"Grow revenue": 0.6, "Debt": 0.4}),
        serving({"Debt": 0.3, "Grow revenue": 0.7}),
    ]
    assert all(other != serving(TWO) for other in others)
    assert serving(TWO) == serving(dict(TWO))
    assert hash(serving(TWO)) == hash(serving(dict(TWO)))
    digests = {digest_inputs(fc.Roadmap("2026-01-05", ["Web"], [each]), PAST) for each in [*others, serving(TWO)]}
    assert len(digests) == 4
    external = fc.External("Review", 5, objective=TWO)
    assert external == fc.External("Review", 5, objective=TWO) != fc.External("Review", 5, objective="Grow revenue")


def test_one_objective_leaves_the_fingerprint_as_it_was() -> None:
    assert repr(serving("Debt")).count("'Debt'") == 1
    assert "objective='Debt'" in repr(serving("Debt"))
    assert "objective={'Grow revenue': 0.7, 'Debt': 0.3}" in repr(serving(TWO))


def test_the_lane_is_that_of_the_first() -> None:
    """Team Web gives Debt everything: what serves Debt first is done first, though it stands below."""
    team = fc.Team("Web", allocation={"Debt": 1.0, "Grow": 0.0})
    grow = fc.Feature("Grow first", {"Web": 10}, objective={"Grow": 0.6, "Debt": 0.4})
    debt = fc.Feature("Debt first", {"Web": 10}, objective={"Debt": 0.6, "Grow": 0.4})
    past = fc.History.from_counts({"Web": [10]})
    base = fc.simulate(fc.Roadmap("2026-01-05", [team], [grow, debt]), past, runs=2, throughput=fc.Bootstrap())
    assert base.finish[:, 0].tolist() == [20.0, 10.0]


@pytest.mark.parametrize(
    ("objective", "told"),
    [
        ({"G": 70, "D": 30}, 'feature "Login": objective "G" = 70; a share lies between 0 and 1: write 0.7 for 70 %'),
        (
            {"G": 0.5},
            'feature "Login": weights of objective add up to 0.5; let them add up to 1: one objective needs no weight',
        ),
        (
            {"G": 0.5, "D": 0.4},
            'feature "Login": weights of objective add up to 0.9; let them add up to 1: { "G" = 0.56, "D" = 0.44 }',
        ),
        (
            {"G": 0.333, "D": 0.333, "E": 0.333},
            'feature "Login": weights of objective add up to 0.999; let them add up to 1: { "G" = 0.34, "D" = 0.33, "E" = 0.33 }',
        ),
        (
            {},
            'feature "Login": objective = {}; name an objective, or several with weights: { "Grow revenue" = 0.7, "Debt" = 0.3 }',
        ),
        ({"G": 1, "D": 0}, 'feature "Login": objective "D" = 0; leave out what the feature does not serve'),
        ({"G": 0.5, " G": 0.5}, 'feature "Login": objective names "G" twice; give each objective one weight'),
        ({"G": 1.5, "D": -0.5}, 'feature "Login": objective "G" = 1.5; it cannot be more than 1'),
        ({"G": float("nan"), "D": 1}, 'feature "Login": objective "G" = nan; a finite number is needed'),
        ({"G": "0.5", "D": 0.5}, 'feature "Login": objective "G" = "0.5"; a number is needed'),
        ({3: 1}, 'feature "Login", objective: name = 3; a name is a text; put it in quotes'),
        (["G"], 'feature "Login", objective: name = ["G"]; a name is a text; put it in quotes'),
    ],
)
def test_weights_that_mean_nothing_are_refused(objective: Any, told: str) -> None:
    with pytest.raises(Fault) as refused:
        serving(objective)
    assert str(refused.value) == told


def test_the_mended_weights_are_taken() -> None:
    assert serving({"G": 0.34, "D": 0.33, "E": 0.33}).objective == "G"
    assert sum(serving({"G": 0.1, "D": 0.2, "E": 0.3, "F": 0.4}).objectives.values()) == pytest.approx(1)


# Files -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        ("Grow revenue", {"Grow revenue": 1}),
        ("Grow revenue:0.7; Debt:0.3", TWO),
        (" Grow revenue : 0.7 ;Debt: .3; ", TWO),
        ("Grow revenue:0,7; Debt:0,3", TWO),
        ('"Grow; more":0.5; "D:0.3":0.5', {"Grow; more": 0.5, "D:0.3": 0.5}),
        ('"a""b;c":0.5; d:0.5', {'a"b;c': 0.5, "d": 0.5}),
        ('"Grow; more"', {"Grow; more": 1}),
        ('"Grow:0.7"', {"Grow:0.7": 1}),
        ('"Grow"', {'"Grow"': 1}),
        ("OKR:1", {"OKR:1": 1}),
        ("Theme: growth", {"Theme: growth": 1}),
        ("Grow;", {"Grow;": 1}),
        ("=1+1:0.5; @x:0.5", {"=1+1": 0.5, "@x": 0.5}),
    ],
)
def test_a_cell_names_one_objective_or_several_with_weights(tmp_path: Path, cell: str, meant: dict[str, float]) -> None:
    read = read_sheet(tmp_path, cell)
    assert list(read.objectives.items()) == list(meant.items())


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (
            ["Grow:0.7"],
            'objective = "Grow:0.7"; one needs no weight; add the others, or put a name that ends like this in double quotes',
        ),
        (
            ["Grow:70%"],
            'objective = "Grow:70%"; one needs no weight; add the others, or put a name that ends like this in double quotes',
        ),
        (["Grow:70%; Debt:30%"], 'objective = "70%"; write it as a share: 0.7'),
        (
            ["Grow; Debt"],
            'objective = "Grow; Debt"; give each its weight, "A:0.7; B:0.3", or put a name that holds ";" in double quotes',
        ),
        (
            ["Grow:0.7; Debt"],
            'objective = "Grow:0.7; Debt"; give each its weight, "A:0.7; B:0.3", or put a name that holds ";" in double quotes',
        ),
        (["G:0.5;G:0.5"], 'objective = "G:0.5;G:0.5"; "G" stands there twice; give it one weight'),
        ([":0.5;B:0.5"], 'objective = ":0.5;B:0.5"; a name cannot be empty'),
        (["G:1.5;D:0.5"], 'feature "Login": objective "G" = 1.5; it cannot be more than 1'),
    ],
)
def test_a_cell_that_may_mean_two_things_is_refused_with_its_row(tmp_path: Path, cells: list[str], told: str) -> None:
    with pytest.raises((Fault, Refused)) as refused:
        read_sheet(tmp_path, *cells)
    assert told in str(refused.value)
    assert str(refused.value).startswith("features.csv row 2: ")


def test_the_rows_of_a_feature_say_the_same_in_the_same_order(tmp_path: Path) -> None:
    assert read_sheet(tmp_path, "G:0.7; D:0.3", "", "G:0.7;D:0.3").objectives == {"G": 0.7, "D": 0.3}
    for other in ("D:0.3; G:0.7", "G", "G:0.6; D:0.4"):
        with pytest.raises((Fault, Refused), match=r"row 3.*for the same feature"):
            read_sheet(tmp_path, "G:0.7; D:0.3", other)


def test_a_table_has_several_objectives(tmp_path: Path) -> None:
    toml = HEAD + '[[feature]]\nname = "Login"\nwork = { Web = 3 }\nobjective = { "Grow revenue" = 0.7, Debt = 0.3 }\n'
    toml += '[[feature]]\nname = "Review"\ndays = 3\nobjective = { Debt = 0.5, "Grow revenue" = 0.5 }\n'
    (tmp_path / "roadmap.toml").write_text(toml, "utf-8")
    login, review = fc.read(tmp_path)[0].features
    assert list(login.objectives.items()) == list(TWO.items())
    assert list(review.objectives) == ["Debt", "Grow revenue"]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("5", 'roadmap.toml row 6: feature "Login": objective = 5; a text or a table is needed'),
        ("{ G = 70, D = 30 }", 'roadmap.toml row 6: feature "Login": objective "G" = 70; a share lies between 0 and 1'),
        (
            '{ G = "much", size = 0.5 }',
            'roadmap.toml row 6: feature "Login", objective: G = "much"; a number is needed',
        ),
        ("{ G = 0.5, D = 0.4 }", "weights of objective add up to 0.9"),
    ],
)
def test_a_table_that_is_wrong_is_told_once(tmp_path: Path, written: str, told: str) -> None:
    toml = HEAD + f'[[feature]]\nname = "Login"\nwork = {{ Web = 3 }}\nobjective = {written}\n'
    (tmp_path / "roadmap.toml").write_text(toml, "utf-8")
    with pytest.raises((Fault, Refused)) as refused:
        fc.read(tmp_path)
    assert told in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


NAMES = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=12).filter(
    lambda name: name.strip() and not name.strip().startswith("\ue000")
)


@example({":": 1})
@example({'";"': 1})
@example({'"Grow": now': 1, "Debt": 2})
@given(st.dictionaries(NAMES, st.integers(1, 9), min_size=1, max_size=3))
def test_whatever_the_names_are_both_forms_can_be_read_back(
    tmp_path_factory: pytest.TempPathFactory, parts: Any
) -> None:
    total = sum(parts.values())
    try:
        features = [serving({name: count / total for name, count in parts.items()})]
    except Fault:  # two names that are one when they are tidied
        return
    roadmap = fc.Roadmap("2026-01-05", ["Web"], features)
    folder = tmp_path_factory.mktemp("read")
    (folder / "roadmap.toml").write_text(to_toml(roadmap, PAST), "utf-8")
    assert fc.read(folder)[0].features == roadmap.features
    (folder / "features.csv").write_text(to_csv(to_rows(roadmap)), "utf-8")
    (folder / "roadmap.toml").write_text(to_toml(roadmap, PAST, features="features.csv"), "utf-8")
    assert fc.read(folder)[0].features == roadmap.features


def test_tables_and_json_tell_all_of_them() -> None:
    base = fc.simulate(fc.Roadmap("2026-01-05", ["Web"], [serving(TWO)]), PAST, runs=10, throughput=fc.Bootstrap())
    told = json.loads(json.dumps(base.to_dict()))["features"][0]
    assert told["objective"] == "Grow revenue"
    assert told["objectives"] == TWO
    assert base.table()["objective"].to_list() == ["Grow revenue"]
    assert pl.read_csv(io.StringIO(base.table().write_csv()))["objective"].to_list() == ["Grow revenue"]


@pytest.mark.parametrize(
    ("objective", "is_good"),
    [("Debt", True), (TWO, True), (5, False), ({"Debt": "much"}, False), (["Debt"], False), ("", False)],
)
def test_the_schema_for_editors_allows_both_forms(objective: Any, is_good: bool) -> None:
    schema = fc.roadmap_schema()
    document = {"start": "2026-01-05", "history": {"Web": [1]}, "feature": [{"name": "A", "objective": objective}]}
    assert Draft202012Validator(schema).is_valid(document) == is_good
