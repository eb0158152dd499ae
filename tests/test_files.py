"""Reading portfolios from files: every form that is accepted, and what is said of what is not."""

from __future__ import annotations

import csv
import datetime as dt
import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from helpers import SHARED_DATA

import forecast as fc
from forecast.errors import quote

HEAD = "start = 2026-01-05\nhistory = { Web = [3, 5, 2] }\n"
SHEETS = 'start = 2026-01-05\nhistory = "throughput.csv"\nfeatures = "features.csv"\n'
ONE_FEATURE = "feature,team,items\nLogin,Web,5\n"
ONE_SPRINT = "team,sprint,start,end,done\nWeb,S1,2025-12-22,2026-01-04,3\n"


def write(folder: Path, toml: str | bytes, **sheets: str | bytes) -> Path:
    """A portfolio folder; sheets: name without .csv -> text."""
    texts: Mapping[str, str | bytes] = {"roadmap.toml": toml} | {f"{name}.csv": text for name, text in sheets.items()}
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


def read_features(folder: Path, features: str, toml: str = SHEETS) -> fc.Roadmap:
    roadmap, _ = fc.read(write(folder, toml, features=features, throughput=ONE_SPRINT))
    return roadmap


def faults_of(folder: Path | str) -> list[str]:
    with pytest.raises(fc.Refused) as refusal:
        fc.read(folder)
    return str(refusal.value).splitlines()


# ---- what is read


FULL_TOML = """
start = 2026-01-05
sprint_days = 21
handoff = "immediate"
days_off = [2026-01-19]
unit = "points"
growth = [1.0, 1.3, 2.0]
promise_level = 0.8
throughput = { model = "bootstrap", window = 12 }
history = { Web = [3, 5.5, 2], API = [1, 0] }

[[team]]
name = "Web"
wip = 2
finish_started = true
share = 0.8
sprint_days = 14
sprint_start = 2026-01-12
days_off = [2026-02-02]
allocation = { "Grow revenue" = 0.6, "Debt" = 0.4 }
capacity = [{ start = 2026-03-02, end = 2026-03-13, factor = 0.5, why = "leave" }, { start = 2026-04-01, factor = 2 }]

[[team]]
name = "API"

[[feature]]
name = "Login"
work = { API = 3 }

[[feature]]
name = "Checkout"
objective = "Grow revenue"
value = 8
cost_of_delay = 2.5
started = true
growth = 1.1
work = { Web = [10, 14, 25], API = { size = 6, after = ["Login/API"], shape = "pert" } }
after = ["Login", { feature = "Payments", team = "API", lag = [3, 5, 10], handoff = "next-sprint" }]
due = 2026-05-01
promised = false
not_before = 2026-02-02

[[feature]]
name = "Payments"
work = { API = 2 }

[[feature]]
name = "Security review"
days = [5, 10, 20]
after = [{ feature = "Checkout" }]
not_before = 2026-02-02
due = 2026-06-01

[[feature]]
name = "Launch"
after = ["Security review"]
due = "2026-06-01"

[[risk]]
name = "Vendor SDK late"
chance = 0.3
adds = { "Checkout/Web" = 5 }
delays = { Checkout = [5, 10, 20] }
"""


def test_every_key_of_the_roadmap_file_arrives_in_its_noun(tmp_path: Path) -> None:
    roadmap, history = fc.read(write(tmp_path, FULL_TOML))
    web = fc.Team(
        "Web",
        wip=2,
        finish_started=True,
        share=0.8,
        allocation={"Grow revenue": 0.6, "Debt": 0.4},
        sprint_days=14,
        sprint_start="2026-01-12",
        days_off=["2026-02-02"],
        capacity=[fc.Capacity("2026-03-02", "2026-03-13", 0.5, "leave"), fc.Capacity("2026-04-01", None, 2)],
    )
    checkout = fc.Feature(
        "Checkout",
        work={"Web": (10, 14, 25), "API": fc.Part(6, after=["Login/API"], shape="pert")},
        after=["Login", fc.After("Payments", "API", lag=(3, 5, 10), handoff="next-sprint")],
        due="2026-05-01",
        promised=False,
        not_before="2026-02-02",
        objective="Grow revenue",
        value=8,
        cost_of_delay=2.5,
        started=True,
        growth=1.1,
    )
    review = fc.External("Security review", (5, 10, 20), [fc.After("Checkout")], "2026-02-02", "2026-06-01")
    assert roadmap == fc.Roadmap(
        "2026-01-05",
        [web, fc.Team("API")],
        [
            fc.Feature("Login", {"API": 3}),
            checkout,
            fc.Feature("Payments", {"API": 2}),
            review,
            fc.Feature("Launch", after=["Security review"], due="2026-06-01"),
        ],
        sprint_days=21,
        handoff="immediate",
        days_off=["2026-01-19"],
        unit="points",
        growth=(1.0, 1.3, 2.0),
        promise_level=0.8,
        throughput=fc.Bootstrap(window=12),
        risks=[fc.Risk("Vendor SDK late", 0.3, {"Checkout/Web": 5}, {"Checkout": (5, 10, 20)})],
    )
    assert history == fc.History.from_counts({"Web": [3, 5.5, 2], "API": [1, 0]})


FULL_CSV = '''\
Feature,team,items,low,likely,high,after,due,objective,value,not_before,started,growth,promised,cost_of_delay
Login,API,,3,4,6,,,Grow,8,,,,,
Checkout,Web,5,,,,"Login; ""A; B/API""",,Grow,,2026-02-02,yes,1;1.2;1.7,FALSE,2.5
Checkout,API,0,,,,Login/API,2026-05-01,Grow,3,,,1.0; 1.2 ;1.7,,
Checkout,,,,,,"""A; B""",,,,,,,,
"A; B",API,2.5,,,,,,,,,,,,

Review,,,5,10,20,Checkout,2026-06-01,,,2026-03-02,,,,
Launch,,,,,,Review,2026-06-01,,,,,,,
'''


def test_every_column_of_the_feature_sheet_arrives_in_its_noun(tmp_path: Path) -> None:
    roadmap = read_features(tmp_path, FULL_CSV)
    assert roadmap.features == (
        fc.Feature("Login", {"API": (3, 4, 6)}, objective="Grow", value=8),
        fc.Feature(
            "Checkout",
            {"Web": fc.Part(5, after=["Login", "A; B/API"]), "API": fc.Part(0, after=["Login/API"])},
            after=["A; B"],
            due="2026-05-01",
            promised=False,
            not_before="2026-02-02",
            objective="Grow",
            value=3,
            cost_of_delay=2.5,
            started=True,
            growth=(1.0, 1.2, 1.7),
        ),
        fc.Feature("A; B", {"API": 2.5}),
        fc.External("Review", (5, 10, 20), ["Checkout"], "2026-03-02", "2026-06-01"),
        fc.Feature("Launch", after=["Review"], due="2026-06-01"),
    )


def test_one_sprint_a_row_of_the_history(tmp_path: Path) -> None:
    rows = "team,sprint,start,end,done\nAPI,,2025-12-22,2026-01-04,0\n"
    rows += "Web,S2,2026-01-01,2026-01-04,2.5\nWeb,S1,2025-12-22,2025-12-31,3\n"
    _, history = fc.read(write(tmp_path, SHEETS, features=ONE_FEATURE, throughput=rows))
    day = dt.date
    assert history.of("API") == (fc.Sprint("API", day(2025, 12, 22), day(2026, 1, 4), 0),)
    assert [(row.name, row.done) for row in history.of("Web")] == [("S1", 3), ("S2", 2.5)]


@pytest.mark.parametrize("change", [str.strip, lambda text: "\ufeff" + text, lambda text: text.replace("\n", "\r\n")])
def test_byte_order_marks_and_line_ends_change_nothing(tmp_path: Path, change: object) -> None:
    assert callable(change)
    plain = fc.read(write(tmp_path, SHEETS, features=FULL_CSV, throughput=ONE_SPRINT))
    texts = {name: change(text) for name, text in (("features", FULL_CSV), ("throughput", ONE_SPRINT))}
    assert fc.read(write(tmp_path, change(SHEETS), **texts)) == plain


def test_short_rows_and_blank_cells_at_the_end_are_read(tmp_path: Path) -> None:
    roadmap = read_features(tmp_path, "feature,team,items,after\nLogin,Web,5\nSearch,Web,3,Login,,\n,,,\n")
    assert roadmap.features == (fc.Feature("Login", {"Web": 5}), fc.Feature("Search", {"Web": fc.Part(3, ["Login"])}))


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("A", ["A"]),
        ("A;B/Web", ["A", "B/Web"]),
        (' A ; "B; C" ;"D ""E""" ', ["A", "B; C", 'D "E"']),
        (";A;;", ["A"]),
        ('5" screen', ['5" screen']),
    ],
)
def test_lists_of_names_in_a_cell(tmp_path: Path, cell: str, names: list[str]) -> None:
    rows = [["feature", "team", "items", "after"], ["X", "Web", "1", cell]]
    rows += [[name.removesuffix("/Web"), "Web", "1", ""] for name in names]
    with (tmp_path / "features.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    roadmap = read_features(tmp_path, (tmp_path / "features.csv").read_text(encoding="utf-8"))
    waiting = roadmap.features[0]
    assert isinstance(waiting, fc.Feature)
    assert [after.feature for after in waiting.work["Web"].after] == names


def test_the_file_itself_or_its_folder_may_be_named(tmp_path: Path) -> None:
    write(tmp_path, SHEETS, features=ONE_FEATURE, throughput=ONE_SPRINT)
    assert fc.read(tmp_path) == fc.read(tmp_path / "roadmap.toml") == fc.read(str(tmp_path))


def test_sheets_may_lie_in_a_folder_below(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write(tmp_path / "in", "", features=ONE_FEATURE, throughput=ONE_SPRINT)
    toml = 'start = 2026-01-05\nhistory = "in/throughput.csv"\nfeatures = "in/features.csv"\n'
    assert fc.read(write(tmp_path, toml))[0].feature("Login") == fc.Feature("Login", {"Web": 5})


def test_without_team_tables_all_teams_that_are_named_have_defaults(tmp_path: Path) -> None:
    roadmap = read_features(tmp_path, "feature,team,items\nLogin,API,5\nSearch,Web,3\n")
    assert roadmap.teams == (fc.Team("API"), fc.Team("Web"))


def test_a_plain_name_may_mean_a_part_and_a_table_never_does(tmp_path: Path) -> None:
    feature = '[[feature]]\nname = "{}"\nwork = {{ Web = 1 }}\nafter = [{}]\n'
    toml = HEAD + feature.format("A", "") + feature.format("A/Web", "") + feature.format("C", '{ feature = "A/Web" }')
    roadmap, _ = fc.read(write(tmp_path, toml))
    assert [(link.waits_for, link.waits_for_team) for link in roadmap.links] == [("A/Web", None)]
    toml = HEAD + feature.format("A", "") + feature.format("C", '"A/Web"')
    roadmap, _ = fc.read(write(tmp_path, toml))
    assert [(link.waits_for, link.waits_for_team) for link in roadmap.links] == [("A", "Web")]


def test_both_forms_of_one_roadmap_read_the_same(tmp_path: Path) -> None:
    (tmp_path / "toml").mkdir()
    (tmp_path / "csv").mkdir()
    features = """
        [[feature]]
        name = "Login"
        objective = "Grow"
        work = { Web = [3, 4, 6], API = { size = 2, after = ["Login/Web"] } }
        [[feature]]
        name = "Review"
        days = 5
        after = ["Login"]
    """
    sheet = "feature,team,items,low,likely,high,after,objective\nLogin,Web,,3,4,6,,Grow\n"
    sheet += "Login,API,2,,,,Login/Web,\nReview,,5,,,,Login,\n"
    start = "start = 2026-01-05\nhistory = { Web = [1, 2], API = [1] }\n"
    from_tables = fc.read(write(tmp_path / "toml", start + features))
    from_sheet = fc.read(write(tmp_path / "csv", start + 'features = "features.csv"\n', features=sheet))
    assert from_tables == from_sheet


# ---- what is refused


TOML_FAULTS = {
    "an empty file": (
        "",
        """roadmap.toml: start is missing; write start = 2026-01-05
roadmap.toml: history is missing; write history = "throughput.csv", or history = { Web = [3, 5, 2] }
roadmap.toml: no features; write [[feature]] tables, or name a sheet: features = "features.csv\"""",
    ),
    "not TOML": (
        "start = 2026-01-05\nsprint_days =\n",
        'roadmap.toml row 2: "sprint_days ="; not readable as TOML: the value is missing, at column 14',
    ),
    "too deep": ("a = " + "[" * 100_000, "roadmap.toml: not readable as TOML; its brackets are nested too deep"),
    "endless digits": (
        "a = " + "9" * 10_000,
        "roadmap.toml: not readable as TOML; a number in it has far too many digits",
    ),
    "not UTF-8": (
        b"start = 2026-01-05\n# M\xfcll",
        "roadmap.toml row 2: byte 0xfc; the text is not UTF-8; save the file as UTF-8",
    ),
    "misspelt keys": (
        HEAD
        + 'sprintdays = 3\n[[team]]\nname = "Web"\nwipp = 1\n[[feature]]\nname = "A"\nwork = { Web = { siz = 3 } }\n',
        """roadmap.toml row 3: unknown key "sprintdays"; no such key. Did you mean "sprint_days"?
roadmap.toml row 6: team "Web": unknown key "wipp"; no such key. Did you mean "wip"?
roadmap.toml row 9: feature "A", work of "Web": size is missing; write size = 8, or size = [5, 8, 14]
roadmap.toml row 9: feature "A", work of "Web": unknown key "siz"; no such key. Did you mean "size"?""",
    ),
    "a key of the roadmap under a team": (
        HEAD + '[[feature]]\nname = "A"\nwork = { Web = 1 }\n[[team]]\nname = "Web"\nhandoff = "immediate"\n',
        """roadmap.toml row 8: team "Web": unknown key "handoff"; it belongs to the whole roadmap; \
move it above the first [[...]]""",
    ),
    "a key that resembles none": (
        HEAD + '[[feature]]\nname = "A"\n[[risk]]\nname = "R"\nchance = 0.5\ndelays = { A = 1 }\nxyz = 1\n',
        'roadmap.toml row 9: risk "R": unknown key "xyz"; no such key. There are: name, chance, adds, delays.',
    ),
    "features in the plural": (
        HEAD + '[[features]]\nname = "A"\n',
        'roadmap.toml row 3: [[features]]; write [[feature]] for each of them; features = "features.csv" names a sheet',
    ),
    "features in single brackets": (
        HEAD + '[features]\nname = "A"\n',
        'roadmap.toml row 3: [features]; write [[feature]] for each of them; features = "features.csv" names a sheet',
    ),
    "single brackets": (
        HEAD + '[feature]\nname = "A"\n',
        "roadmap.toml row 3: [feature]; write it in double brackets: [[feature]]",
    ),
    "wrong kinds": (
        'start = 5\nhistory = { Web = [3, "x"] }\ndays_off = 2026-01-19\nfeatures = 5\npromise_level = true\n'
        '[[team]]\nname = "Web"\nwip = 1.5\nfinish_started = "yes"\ncapacity = [{ start = 2026-01-01, factor = "x" }]\n',
        """roadmap.toml row 1: start = 5; a date or a text is needed
roadmap.toml row 2: history of "Web": item 2 = "x"; a number is needed
roadmap.toml row 3: days_off = 2026-01-19; a list is needed; put it in brackets, like ["Login"], [2026-05-01] or [3, 5, 2]
roadmap.toml row 4: features = 5; a text is needed; put it in quotes
roadmap.toml row 5: promise_level = true; a number is needed
roadmap.toml row 8: team "Web": wip = 1.5; a whole number is needed
roadmap.toml row 9: team "Web": finish_started = "yes"; write true or false
roadmap.toml row 10: team "Web", capacity 1: factor = "x"; a number is needed""",
    ),
    "wrong kinds in a feature": (
        HEAD + '[[feature]]\nname = "A"\nafter = "B"\nwork = { Web = "x", API = [1, "y", 3] }\n[[feature]]\nname = 3\n',
        """roadmap.toml row 5: feature "A": after = "B"; a list is needed; put it in brackets, like ["Login"], [2026-05-01] or \
[3, 5, 2]
roadmap.toml row 6: feature "A", work: Web = "x"; a number or a list or a table is needed
roadmap.toml row 6: feature "A", work of "API": item 2 = "y"; a number is needed
roadmap.toml row 8: feature 2: name = 3; a text is needed; put it in quotes""",
    ),
    "a number without end": (
        HEAD + f"growth = {'9' * 400}\n" + '[[feature]]\nname = "A"\n',
        f"roadmap.toml row 3: growth = {'9' * 79}…; the number is too large",
    ),
    "values out of range, several in one table": (
        HEAD + 'sprint_days = 0\npromise_level = 85\nhandoff = "later"\n[[team]]\nname = "Web"\nwip = 0\nshare = 2\n'
        'capacity = [{ start = "x", factor = -1 }]\n[[feature]]\nname = "A"\ndue = "soon"\npromised = true\nvalue = -1\n'
        'work = { Web = { size = [3, 2, 1], shape = "flat" } }\nafter = [{ feature = "B", lag = -1 }]\n[[feature]]\nname = "B"\n',
        """roadmap.toml row 3: sprint_days = 0; a whole number from 1 to 366 is needed
roadmap.toml row 4, promise_level: level = 85; a level is a share between 0 and 1: write 0.85 for 85 %
roadmap.toml row 5: handoff = "later"; a hand-off is "next-sprint" or "immediate"
roadmap.toml row 8: team "Web": wip = 0; a whole number from 1 to 1000000000 is needed
roadmap.toml row 9: team "Web": share = 2; a share lies between 0 and 1: write 0.02 for 2 %
roadmap.toml row 10: team "Web", capacity 1: start = "x"; a date is written year-month-day, like 2026-05-01
roadmap.toml row 10: team "Web", capacity 1: factor = -1; it cannot be less than 0
roadmap.toml row 13: feature "A": due = "soon"; a date is written year-month-day, like 2026-05-01
roadmap.toml row 15: feature "A": value = -1; it cannot be less than 0
roadmap.toml row 16: feature "A", work of "Web": size: 3, 2, 1; low, likely and high must rise
roadmap.toml row 16: feature "A", work of "Web": shape = "flat"; a shape is "triangular" or "pert"
roadmap.toml row 17: feature "A": after "B": lag = -1; it cannot be less than 0""",
    ),
    "a throughput model that does not exist": (
        HEAD + 'throughput = "bootstrp"\n[[feature]]\nname = "A"\n',
        'roadmap.toml row 3: throughput: model = "bootstrp"; choose one of: bootstrap, drift. Did you mean "bootstrap"?',
    ),
    "a negative count": (
        'start = 2026-01-05\nhistory = { Web = [3, -2] }\n[[feature]]\nname = "A"\n',
        'roadmap.toml row 2: history: team "Web", sprint "2": done = -2; it cannot be less than 0',
    ),
    "names that do not exist": (
        HEAD + '[[team]]\nname = "Web"\n[[team]]\nname = "Api"\n[[team]]\nname = "API"\n'
        '[[feature]]\nname = "Login"\nwork = { Wbe = 1 }\n'
        'after = ["Logn"]\n[[risk]]\nname = "R"\nchance = 0.5\ndelays = { Lgin = 1 }\n',
        """roadmap.toml row 8: team "API" twice (there is "Api" already); give each a name of its own
roadmap.toml row 11: feature "Login": work of "Wbe"; no such team in the roadmap. Did you mean "Web"?
roadmap.toml row 12: feature "Login": after = "Logn"; no such feature or part in the roadmap. Did you mean "Login"?
roadmap.toml row 16: risk "R", delays: "Lgin"; no such feature. Did you mean "Login"?""",
    ),
    "a cycle": (
        HEAD + '[[feature]]\nname = "A"\nafter = ["B"]\n[[feature]]\nname = "B"\nafter = ["A"]\n',
        """roadmap.toml row 5: a cycle: "A" waits for "B" waits for "A"; nothing in it could ever start; \
remove one of these links""",
    ),
    "days and work": (
        HEAD + '[[feature]]\nname = "A"\ndays = 3\nwork = { Web = 1 }\nvalue = 3\nobjective = "Grow"\n',
        """roadmap.toml row 6: feature "A": days and work; with days it is an external, which has no work; remove one of them
roadmap.toml row 7: feature "A": days and value; with days it is an external, which has no value; remove one of them""",
    ),
    "a risk": (
        HEAD
        + '[[feature]]\nname = "A"\n[[risk]]\nname = "R"\nchance = 30\ndelays = { A = -1 }\n[[risk]]\nname = "Q"\nchance = 1\n',
        """roadmap.toml row 7: risk "R": chance = 30; a chance is a share between 0 and 1: write 0.3
roadmap.toml row 8: risk "R": delays "A" = -1; it cannot be less than 0
roadmap.toml row 9: risk "Q": no effect; say what it adds or delays""",
    ),
    "files elsewhere": (
        'start = 2026-01-05\nhistory = "../throughput.csv"\nfeatures = "/features.csv"\n',
        """roadmap.toml row 2: history = "../throughput.csv"; name a file in the folder of the roadmap, or below it
roadmap.toml row 3: features = "/features.csv"; name a file in the folder of the roadmap, or below it""",
    ),
    "files elsewhere on Windows": (
        'start = 2026-01-05\nhistory = "C:\\\\throughput.csv"\nfeatures = "a\\\\..\\\\features.csv"\n',
        """roadmap.toml row 2: history = "C:\\throughput.csv"; name a file in the folder of the roadmap, or below it
roadmap.toml row 3: features = "a\\..\\features.csv"; name a file in the folder of the roadmap, or below it""",
    ),
}


@pytest.mark.parametrize("case", TOML_FAULTS)
def test_what_is_said_of_a_faulty_roadmap_file(tmp_path: Path, case: str) -> None:
    toml, expected = TOML_FAULTS[case]
    assert faults_of(write(tmp_path, toml)) == expected.replace("\\\n", "").splitlines()


FEATURE_FAULTS = {
    "no rows": (
        "feature,team,items\n",
        "features.csv: it has no rows; below a first row with the columns (feature, team) one row each",
    ),
    "an empty file": (
        "",
        "features.csv: it has no rows; below a first row with the columns (feature, team) one row each",
    ),
    "a column missing": (
        "feature,items\nLogin,5\n",
        'features.csv row 1: no column "team"; the file needs: feature, team. The first row names the columns.',
    ),
    "columns misspelt and twice": (
        "feature,team,items,aftr,items\nLogin,Web,5,,5\n",
        """features.csv row 1: column "aftr"; no such column. Did you mean "after"?
features.csv row 1: column "items" twice; keep one of them""",
    ),
    "a quote that never ends": (
        'feature,team,items\nLogin,Web,5\n"Search,Web,5\n',
        "features.csv row 3: not readable as CSV (unexpected end of data); check the double quotes from here on",
    ),
    "a comma too many": (
        "feature,team,items\nLogin,Web,1,5\n",
        "features.csv row 2: 4 cells; there are 3 columns; put double quotes around a text that holds a separator",
    ),
    "numbers": (
        'feature,team,items,value\nA,Web,"1,5",x\nB,Web,,\nC,Web,-1,\nD,Web,1e400,-2\nE,Web,nan,1_000\n',
        """features.csv row 2: value = "x"; a number is needed, with a point for decimals
features.csv row 3: items is blank; fill it in; a blank is never read as 0
features.csv row 4: items = -1; it cannot be less than 0
features.csv row 5: value = -2; it cannot be less than 0
features.csv row 5: items = 1e400; the number is too large
features.csv row 6: value = "1_000"; write it without marks for thousands: 1000
features.csv row 6: items = "nan"; a number is needed, with a point for decimals""",
    ),
    "three numbers": (
        "feature,team,items,low,likely,high\nA,Web,,1,,3\nB,Web,,3,2,1\nC,Web,5,1,2,3\nD,Web,,,,\n",
        """features.csv row 2: likely is blank; fill it in; a blank is never read as 0
features.csv row 3: low, likely, high: 3, 2, 1; low, likely and high must rise
features.csv row 4: items = "5", low = "1"; fill in items, or low, likely and high, not both
features.csv row 5: items is blank; fill it in; a blank is never read as 0""",
    ),
    "other cells": (
        "feature,team,items,due,started,growth\nA,Web,1,1.5.2026,maybe,1;2\n,Web,1,,,\n",
        """features.csv row 2: due = "1.5.2026"; it could be 1 May or 5 January; write 2026-05-01 or 2026-01-05
features.csv row 2: started = "maybe"; write true or false
features.csv row 2: growth = [1.0, 2.0]; give one number, or three: low, likely, high
features.csv row 3: feature is blank; fill it in; a blank is never read as 0""",
    ),
    "one feature, two opinions": (
        "feature,team,items,due,objective\nA,Web,1,2026-05-01,Grow\nA,API,1,2026-05-02,Grow\nA,Web,2,,\na,API,2,,\n",
        """features.csv row 3: due = "2026-05-02"; features.csv row 2 says "2026-05-01" for the same feature; keep one
features.csv row 4: team = "Web"; features.csv row 2 has it already; one row per part
features.csv row 5: feature = "a"; features.csv row 2 writes "A"; write it the same""",
    ),
    "externals": (
        "feature,team,items,value,due\nA,,5,3,\nB,,5,,\nB,,6,,\nC,Web,1,,\nC,,2,,\nD,,x,,2026-05-01\n",
        """features.csv row 2: value = "3"; a row without a team is an external, which has no value; leave it blank, \
or fill in the team
features.csv row 4: feature = "B" without a team; only a row of its own, without any other row of the feature, can be an \
external
features.csv row 6: feature = "C" without a team; only a row of its own, without any other row of the feature, can be an \
external
features.csv row 7: items = "x"; a number is needed, with a point for decimals""",
    ),
    "names that do not exist": (
        "feature,team,items,after\nLogin,Web,1,\nSearch,API,1,Logn\nSearch,web,1,Login/API\nReview,,5,Serch\n",
        """features.csv row 3: feature "Search/API": after = "Logn"; no such feature or part in the roadmap. Did you mean "Login"?
features.csv row 4: feature "Search": work of "web"; no such team in the roadmap. Did you mean "Web"?
features.csv row 4: feature "Search/web": after = "Login/API"; no such feature or part in the roadmap. Did you mean "Login"?
features.csv row 5: feature "Review": after = "Serch"; no such feature or part in the roadmap. Did you mean "Search"?""",
    ),
    "control characters": (
        'feature,team,items\n"Lo\x1b[31mgin",Web,1\n',
        'features.csv row 2: feature = "Lo\\x1b[31mgin"; a name cannot hold line breaks or control characters',
    ),
    "a promise without a date": (
        "feature,team,items,promised\nLogin,Web,1,true\n",
        'features.csv row 2: feature "Login": promised = true without a due date; say until when: due = 2026-05-01',
    ),
    "a promise with a date that is none": (
        "feature,team,items,promised,due,after\nLogin,Web,1,true,soon,\nSearch,Web,1,,,Login\n",
        'features.csv row 2: due = "soon"; a date is written year-month-day, like 2026-05-01',
    ),
    "not UTF-8": (
        b"feature,team,items\nLogin,Web,1\nM\xfcll,Web,2\n",
        "features.csv row 3: byte 0xfc; the text is not UTF-8; save the file as UTF-8",
    ),
}


@pytest.mark.parametrize("case", FEATURE_FAULTS)
def test_what_is_said_of_a_faulty_feature_sheet(tmp_path: Path, case: str) -> None:
    features, expected = FEATURE_FAULTS[case]
    write(tmp_path, SHEETS, features=features, throughput=ONE_SPRINT)
    assert faults_of(tmp_path) == expected.replace("\\\n", "").splitlines()


HISTORY_FAULTS = {
    "cells": (
        "team,sprint,start,end,done\nWeb,S1,2026-01-05,2026-01-18,\nWeb,S2,2026-01-19,,3\nWeb,S3,soon,2026-02-01,-3\n"
        ",S4,2026-02-02,2026-02-15,1\nWeb,S5,2026-03-15,2026-03-01,1\nWeb,S6,2026-03-07,2026-03-08,1\n",
        """throughput.csv row 2: done is blank; fill it in; a blank is never read as 0
throughput.csv row 3: end is blank; fill it in; a blank is never read as 0
throughput.csv row 4: start = "soon"; a date is written year-month-day, like 2026-05-01
throughput.csv row 4: done = -3; it cannot be less than 0
throughput.csv row 5: team is blank; fill it in; a blank is never read as 0
throughput.csv row 6: team "Web", sprint "S5": start = 2026-03-15, end = 2026-03-01; a sprint ends on or after its first day
throughput.csv row 7: team "Web", sprint "S6": start = 2026-03-07, end = 2026-03-08; a sprint needs at least one weekday""",
    ),
    "a team written in two ways": (
        ONE_SPRINT + "web,S1,2025-12-22,2026-01-04,3\n",
        'throughput.csv row 3: team "web"; the roadmap writes it "Web"; write it the same',
    ),
    "a misspelt column": (
        "team,start,end,don\nWeb,2025-12-22,2026-01-04,3\n",
        """throughput.csv row 1: column "don"; no such column. Did you mean "done"?
throughput.csv row 1: no column "done"; the file needs: team, start, end, done. Is it "don"?""",
    ),
}


@pytest.mark.parametrize("case", HISTORY_FAULTS)
def test_what_is_said_of_a_faulty_history(tmp_path: Path, case: str) -> None:
    throughput, expected = HISTORY_FAULTS[case]
    write(tmp_path, SHEETS, features=ONE_FEATURE, throughput=throughput)
    assert faults_of(tmp_path) == expected.splitlines()


def test_all_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    toml = SHEETS + 'sprintdays = 3\n[[team]]\nname = "Web"\nwip = 0\n'
    features = "feature,team,items,after\nLogin,Web,-5,\nSearch,Web,3,Login/Wbe\nGifts,Web,3,Logn\n"
    write(tmp_path, toml, features=features, throughput=ONE_SPRINT.replace(",3", ",x"))
    assert faults_of(tmp_path) == [
        'roadmap.toml row 4: unknown key "sprintdays"; no such key. Did you mean "sprint_days"?',
        'roadmap.toml row 7: team "Web": wip = 0; a whole number from 1 to 1000000000 is needed',
        "features.csv row 2: items = -5; it cannot be less than 0",
        'features.csv row 3: feature "Search/Web": after = "Login/Wbe"; no such feature or part in the roadmap. '
        'Did you mean "Login/Web"?',
        'features.csv row 4: feature "Gifts/Web": after = "Logn"; no such feature or part in the roadmap. '
        'Did you mean "Login"?',
        'throughput.csv row 2: done = "x"; a number is needed, with a point for decimals',
    ]


def test_a_lost_feature_does_not_make_good_references_look_wrong(tmp_path: Path) -> None:
    toml = HEAD + '[[feature]]\nnme = "Login"\n[[feature]]\nname = "Search"\nafter = ["Login"]\n'
    assert faults_of(write(tmp_path, toml)) == [
        'roadmap.toml row 3: feature 1: name is missing; write name = "..."',
        'roadmap.toml row 4: feature 1: unknown key "nme"; no such key. Did you mean "name"?',
    ]


def test_features_stand_in_one_place_only(tmp_path: Path) -> None:
    write(tmp_path, SHEETS + '[[feature]]\nname = "A"\n', features=ONE_FEATURE, throughput=ONE_SPRINT)
    assert faults_of(tmp_path) == [
        'roadmap.toml row 3: features = "features.csv" and [[feature]]; '
        "the features stand either in a sheet or in [[feature]] tables; remove one of them"
    ]


def test_files_that_are_not_there(tmp_path: Path) -> None:
    way_out = "name the folder that holds roadmap.toml"
    assert faults_of(tmp_path / "nowhere") == [f"{tmp_path / 'nowhere'}: no such folder or file; {way_out}"]
    looked = f"no such file; looked in the folder {quote(tmp_path)}."
    made = '"forecast init DIR" writes one to start from; "forecast import FILE --out DIR" makes one of an export.'
    assert faults_of(tmp_path) == [f"roadmap.toml: {looked} {made}"]
    for name in ("portfolio.xlsx", "Features.CSV"):
        (tmp_path / name).write_bytes(b"PK\x03\x04 a workbook")
        assert faults_of(tmp_path / name) == [f"{name}: a sheet, and no roadmap; {way_out}. {made}"]
        (tmp_path / name).unlink()
    (tmp_path / "raodmap.toml").touch()
    assert faults_of(tmp_path) == [f'roadmap.toml: {looked} Did you mean "raodmap.toml"?']
    write(tmp_path, SHEETS.replace("throughput", "throughputs"), throughput=ONE_SPRINT)
    (tmp_path / "features.csv").mkdir()
    assert faults_of(tmp_path) == [
        f'roadmap.toml row 2: history = "throughputs.csv"; {looked} Did you mean "throughput.csv"?',
        'roadmap.toml row 3: features = "features.csv"; it is a folder; a plain file is needed',
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    write(tmp_path, SHEETS, features=ONE_FEATURE)
    os.mkfifo(tmp_path / "throughput.csv")
    assert faults_of(tmp_path) == [
        'roadmap.toml row 2: history = "throughput.csv"; it is a device or a pipe; a plain file is needed'
    ]


def test_faults_hold_place_value_and_way_out(tmp_path: Path) -> None:
    write(tmp_path, SHEETS, features="feature,team,items\nLogin,Web,x\n", throughput=ONE_SPRINT)
    with pytest.raises(fc.Refused) as refusal:
        fc.read(tmp_path)
    (fault,) = refusal.value.faults
    assert (fault.where, fault.value) == ("features.csv row 2", 'items = "x"')
    assert fault.way_out == "a number is needed, with a point for decimals"


# ---- real portfolios


REAL = ["2012-05-01", "2013-05-15", "2014-05-15", "2016-04-15", "2018-08-01"]
needs_shared_data = pytest.mark.skipif(
    not SHARED_DATA.is_dir(), reason="the real portfolios are not beside the checkout"
)


@needs_shared_data
@pytest.mark.parametrize("day", REAL)
def test_real_portfolios_are_read_whole(day: str) -> None:
    folder = SHARED_DATA / f"titanium-{day}"
    roadmap, history = fc.read(folder)
    with (folder / "features.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    parts = {
        (feature.name, team): part.size.likely
        for feature in roadmap.features
        if isinstance(feature, fc.Feature)
        for team, part in feature.work.items()
    }
    assert parts == {(row["feature"], row["team"]): float(row["items"]) for row in rows}
    assert [feature.name for feature in roadmap.features] == list(dict.fromkeys(row["feature"] for row in rows))
    assert len(roadmap.links) == sum(len(row["after"].split(";")) for row in rows if row["after"])
    with (folder / "throughput.csv").open(encoding="utf-8", newline="") as file:
        done = [(row["team"], row["start"], float(row["done"])) for row in csv.DictReader(file)]
    assert sorted(done) == sorted((row.team, str(row.start), row.done) for row in history.sprints)
    assert roadmap.start == dt.date.fromisoformat(day)
    assert all(team.wip == 3 for team in roadmap.teams)
