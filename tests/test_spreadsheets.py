"""Spreadsheets: every form in which a sheet may come says the same, and what could be read in two ways is refused."""

from __future__ import annotations

import datetime as dt
import io
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from helpers import SHARED_DATA
from test_files import HEAD, ONE_FEATURE, ONE_SPRINT, SHEETS, faults_of, write
from workbooks import raw_workbook, row_of, workbook, zipped

import forecast as fc
from forecast.files import read_portfolio
from forecast.notation import Notation
from forecast.workbook import LARGEST_UNPACKED

DAY = dt.date
FEATURES = [
    ["feature", "team", "items", "low", "likely", "high", "after", "due", "objective", "value", "started", "growth"],
    ["Login", "API", None, 3, 4.5, 6, None, DAY(2026, 5, 1), "Grow", 8, True, None],
    ["Login", "Web", 2.5, None, None, None, "Login/API", None, None, None, None, 1.25],
    ["0012", "Web", 5, None, None, None, 'Login; "Login"', None, None, None, None, None],
    ["Review", None, 3, None, None, None, "Login", None, None, None, None, None],
]
SPRINTS = [
    ["team", "sprint", "start", "end", "done"],
    ["Web", "S1", DAY(2025, 12, 8), DAY(2025, 12, 21), 7],
    ["Web", "S2", DAY(2025, 12, 22), DAY(2026, 1, 4), 0],
    ["API", "S1", DAY(2025, 12, 8), DAY(2025, 12, 21), 2.5],
]
EXPECTED = (
    (
        fc.Feature(
            "Login",
            {"API": (3, 4.5, 6), "Web": fc.Part(2.5, ["Login/API"])},
            due="2026-05-01",
            objective="Grow",
            value=8,
            started=True,
            growth=1.25,
        ),
        fc.Feature("0012", {"Web": fc.Part(5, ["Login", "Login"])}),
        fc.External("Review", 3, ["Login"]),
    ),
    fc.History(
        [
            fc.Sprint("Web", DAY(2025, 12, 8), DAY(2025, 12, 21), 7, "S1"),
            fc.Sprint("Web", DAY(2025, 12, 22), DAY(2026, 1, 4), 0, "S2"),
            fc.Sprint("API", DAY(2025, 12, 8), DAY(2025, 12, 21), 2.5, "S1"),
        ]
    ),
)
Grid = list[list[object]]


def as_csv(rows: Grid, separator: str = ",", comma: bool = False, day: str = "%Y-%m-%d") -> str:
    def spell(cell: object) -> str:
        if isinstance(cell, dt.date):
            return cell.strftime(day)
        text = "" if cell is None else str(cell).lower() if isinstance(cell, bool) else str(cell)
        text = text.replace(".", ",") if comma and isinstance(cell, float) else text
        return '"' + text.replace('"', '""') + '"' if set(text) & {'"', separator} else text

    return "".join(separator.join(spell(cell) for cell in row) + "\n" for row in rows)


def parts(portfolio: tuple[fc.Roadmap, fc.History]) -> tuple[object, object]:
    return portfolio[0].features, portfolio[1]


def read_both(folder: Path, features: str, history: str, **files: bytes) -> tuple[object, object]:
    """What the two sheets say; files: name, with "_" for the dot -> content."""
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_bytes(content)
    return parts(fc.read(write(folder, f'start = 2026-01-05\nhistory = "{history}"\nfeatures = "{features}"\n')))


# ---- text


OTHER_NAMES = {"done": " Items Done ", "start": "Sprint-Start", "feature": "EPIC", "items": "Size"}
DIALECTS = {
    "commas": lambda rows: as_csv(rows).encode(),
    "semicolons": lambda rows: as_csv(rows, ";").encode(),
    "semicolons, decimal commas": lambda rows: as_csv(rows, ";", comma=True).encode(),
    "tabs": lambda rows: as_csv(rows, "\t").encode(),
    "commas, decimal commas in quotes": lambda rows: as_csv(rows, ",", comma=True).encode(),
    "a line that names the separator": lambda rows: b"sep=;\r\n" + as_csv(rows, ";").replace("\n", "\r\n").encode(),
    "byte order mark, CRLF": lambda rows: b"\xef\xbb\xbf" + as_csv(rows, ";").replace("\n", "\r\n").encode(),
    "old line ends": lambda rows: as_csv(rows).replace("\n", "\r").encode(),
    "Unicode text": lambda rows: as_csv(rows, "\t", comma=True).encode("utf-16"),
    "Unicode text, the other way round": lambda rows: b"\xfe\xff" + as_csv(rows, "\t").encode("utf-16-be"),
    "dates day first": lambda rows: as_csv(rows, day="%d/%m/%Y").encode(),
    "dates with points": lambda rows: as_csv(rows, day="%d.%m.%Y").encode(),
    "dates month first": lambda rows: as_csv(rows, day="%m/%d/%Y").encode(),
    "dates with months in words": lambda rows: as_csv(rows, day="%d %b %Y").encode(),
    "American dates in words": lambda rows: as_csv(rows, ";", day="%B %d, %Y").encode(),
    "times of day and zones": lambda rows: as_csv(rows, day="%Y-%m-%dT23:30:00.000+02:00").encode(),
    "columns in other words": lambda rows: as_csv(
        [[OTHER_NAMES.get(str(name), name) for name in rows[0]], *rows[1:]]
    ).encode(),
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_of_csv_says_the_same(tmp_path: Path, dialect: str) -> None:
    rows = [list(row) for row in FEATURES]
    if "month" in dialect or "day first" in dialect or "points" in dialect:
        rows[1][7] = DAY(2026, 5, 14)  # alone in its column, the 1st of May could be the 5th of January
    features, history = (DIALECTS[dialect](each) for each in (rows, SPRINTS))
    read, sprints = read_both(tmp_path, "f.csv", "t.csv", f_csv=features, t_csv=history)
    assert sprints == EXPECTED[1]
    assert [feature.name for feature in read] == ["Login", "0012", "Review"]  # type: ignore[attr-defined]
    assert read[0].due == rows[1][7]  # type: ignore[index]
    if rows[1][7] == FEATURES[1][7]:
        assert read == EXPECTED[0]


@pytest.mark.parametrize(
    "name",
    ["done", " DONE ", "Items Done", "items_done", "Completed", "throughput", "items finished", "Items-Completed"],
)
def test_other_names_of_a_column(tmp_path: Path, name: str) -> None:
    text = ONE_SPRINT.replace("done", name).replace("start,end", "Sprint Start,To")
    assert fc.read(write(tmp_path, SHEETS, features=ONE_FEATURE, throughput=text))[1].sprints[0].done == 3


def test_two_names_of_one_column_are_refused(tmp_path: Path) -> None:
    text = "team,start,end,done,Completed,from\nWeb,2025-12-22,2026-01-04,3,4,5\n"
    assert faults_of(write(tmp_path, SHEETS, features=ONE_FEATURE, throughput=text)) == [
        'throughput.csv row 1: column "Completed" and column "done" mean the same; keep one of them',
        'throughput.csv row 1: column "from" and column "start" mean the same; keep one of them',
    ]


def test_unknown_columns_are_ignored_and_named(tmp_path: Path) -> None:
    text = "team,start,state,,end,done,velocity\nWeb,2025-12-22,x,y,2026-01-04,3,\n"
    portfolio = read_portfolio(write(tmp_path, SHEETS, features=ONE_FEATURE, throughput=text))
    known = "known are team, sprint, start, end, done, done_roadmap"
    assert [str(each) for each in portfolio.ignored] == [
        f'throughput.csv row 1: column "state" is ignored; {known}.',
        f'throughput.csv row 1: column "velocity" is ignored; {known}.',
        "throughput.csv row 1: column 4 is ignored; it has no name.",
    ]
    assert portfolio.sources == (
        ("roadmap.toml", "start 2026-01-05"),
        ("features.csv", "1 feature"),
        ("throughput.csv", "1 sprint of 1 team"),
    )


NUMBERS = {
    # what is written in a cell -> the number, or what is said of it; in a file with semicolons
    "3": 3.0,
    "2.5": 2.5,
    "2,5": 2.5,
    ",5": 0.5,
    "0,125": 0.125,
    "0.125": 0.125,
    "12,50": 12.5,
    "1e3": 1000.0,
    "+4": 4.0,
    "1,234": 'items = "1,234"; it could mean 1234 or 1.234; write 1234, or 1.23',
    "1.234": 'items = "1.234"; it could mean 1234 or 1.234; write 1234, or 1.23',
    "1.234,5": 'items = "1.234,5"; write it without marks for thousands: 1234.5',
    "1,234.5": 'items = "1,234.5"; write it without marks for thousands: 1234.5',
    "1,234,567": 'items = "1,234,567"; write it without marks for thousands: 1234567',
    "1 234": 'items = "1 234"; write it without marks for thousands: 1234',
    "1_000": 'items = "1_000"; write it without marks for thousands: 1000',
    "\uff11\uff12": 'items = "\uff11\uff12"; write it in plain digits: 12',
    "\u0661\u0662": 'items = "\u0661\u0662"; write it in plain digits: 12',
    "80 %": 'items = "80 %"; write the number; a percentage does not say of how many',
    "nan": 'items = "nan"; a number is needed, with a point for decimals',
    "inf": 'items = "inf"; a number is needed, with a point for decimals',
    "0x10": 'items = "0x10"; a number is needed, with a point for decimals',
    "five": 'items = "five"; a number is needed, with a point for decimals',
    "1e400": "items = 1e400; the number is too large",
    "9" * 5000: f'items = "{"9" * 79}…"; the number is too large',
    "-1": "items = -1; it cannot be less than 0",
    "-1e400": "items = -1e400; it cannot be less than 0",
    " ": "items is blank; fill it in; a blank is never read as 0",
    "TRUE": 'items = "TRUE"; a number is needed, with a point for decimals',
}


@pytest.mark.parametrize("written", NUMBERS, ids=lambda text: text[:20])
def test_numbers_in_a_cell(tmp_path: Path, written: str) -> None:
    text = f"feature;team;items\nLogin;Web;{written}\n"
    write(tmp_path, SHEETS, features=text, throughput=ONE_SPRINT)
    expected = NUMBERS[written]
    if isinstance(expected, str):
        assert faults_of(tmp_path) == [f"features.csv row 2: {expected}"]
    else:
        assert fc.read(tmp_path)[0].features == (fc.Feature("Login", {"Web": expected}),)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1,234", "2,5"], [1.234, 2.5]),
        (["1.234", "2.5"], [1.234, 2.5]),
        (["1.234", "2,5"], 'items = "1.234"; write it without a mark for thousands: 1234'),
        (["1,234", "2.5"], 'items = "1,234"; write it without a mark for thousands: 1234'),
        (["1,234", "2.5", "3,5"], 'items = "1,234"; it could mean 1234 or 1.234; write 1234, or 1.23'),
    ],
)
def test_the_other_numbers_of_a_sheet_settle_what_a_mark_means(
    tmp_path: Path, cells: list[str], expected: object
) -> None:
    text = "feature;team;items\n" + "".join(f"F{at};Web;{cell}\n" for at, cell in enumerate(cells))
    write(tmp_path, SHEETS, features=text, throughput=ONE_SPRINT)
    if isinstance(expected, str):
        assert faults_of(tmp_path) == [f"features.csv row 2: {expected}"]
    else:
        works = [feature.work["Web"].size.likely for feature in fc.read(tmp_path)[0].features]  # type: ignore[union-attr]
        assert works == expected


def test_where_commas_separate_a_point_is_a_decimal_point(tmp_path: Path) -> None:
    text = 'feature,team,items\nA,Web,1.234\nB,Web,"2,5"\n'
    roadmap, _ = fc.read(write(tmp_path, SHEETS, features=text, throughput=ONE_SPRINT))
    assert [feature.work["Web"].size.likely for feature in roadmap.features] == [1.234, 2.5]  # type: ignore[union-attr]


def test_a_decimal_comma_that_separates_is_no_decimal_comma(tmp_path: Path) -> None:
    write(tmp_path, SHEETS, features="feature,team,items\nLogin,Web,1,5\n", throughput=ONE_SPRINT)
    assert faults_of(tmp_path) == [
        "features.csv row 2: 4 cells; there are 3 columns; put double quotes around a text that holds a separator"
    ]


NO_DAY = "there is no such day"
DATES = {
    "2026-02-13": DAY(2026, 2, 13),
    "2026/2/13": DAY(2026, 2, 13),
    "2026-02-13 10:30": DAY(2026, 2, 13),
    "2026-03-29T02:30:00+01:00": DAY(2026, 3, 29),  # an hour that clocks leave out in Europe
    "2026-10-25T23:59:59Z": DAY(2026, 10, 25),
    "13/02/2026": DAY(2026, 2, 13),
    "2/13/2026 5:00 PM": DAY(2026, 2, 13),
    "05/05/2026": DAY(2026, 5, 5),
    "13 Feb 2026": DAY(2026, 2, 13),
    "13-February-2026": DAY(2026, 2, 13),
    "Sept 1, 2026": DAY(2026, 9, 1),
    "2024-02-29": DAY(2024, 2, 29),
    "03/04/2026": 'due = "03/04/2026"; it could be 3 April or 4 March; write 2026-04-03 or 2026-03-04',
    "3.4.2026": 'due = "3.4.2026"; it could be 3 April or 4 March; write 2026-04-03 or 2026-03-04',
    "13/02/26": 'due = "13/02/26"; write the year in four digits, like 2026-05-01',
    "26-02-13": 'due = "26-02-13"; write the year in four digits, like 2026-05-01',
    "13 Feb 26": 'due = "13 Feb 26"; write the year in four digits, like 2026-05-01',
    "2026-02-29": f'due = "2026-02-29"; {NO_DAY}',
    "29/02/2026": f'due = "29/02/2026"; {NO_DAY}',
    "31/31/2026": f'due = "31/31/2026"; {NO_DAY}',
    "2026-13-01": f'due = "2026-13-01"; {NO_DAY}',
    "10000-01-01": 'due = "10000-01-01"; a date is written year-month-day, like 2026-05-01',
    "9999-12-31": "due = 9999-12-31; a date must lie between 1900 and 2900",
    "0000-01-01": f'due = "0000-01-01"; {NO_DAY}',
    "46027": "due = 46027; a date is needed; if this is one as a spreadsheet counts days, write 2026-01-05",
    "soon": 'due = "soon"; a date is written year-month-day, like 2026-05-01',
    "13 Foo 2026": 'due = "13 Foo 2026"; a date is written year-month-day, like 2026-05-01',
    "1 ma 2026": 'due = "1 ma 2026"; a date is written year-month-day, like 2026-05-01',
    "\uff12026-01-05": 'due = "\uff12026-01-05"; a date is written year-month-day, like 2026-05-01',
}


@pytest.mark.parametrize("written", DATES)
def test_dates_in_a_cell(tmp_path: Path, written: str) -> None:
    text = f'feature,team,items,due\nLogin,Web,1,"{written}"\n'
    write(tmp_path, SHEETS, features=text, throughput=ONE_SPRINT)
    expected = DATES[written]
    if isinstance(expected, str):
        assert faults_of(tmp_path) == [f"features.csv row 2: {expected}"]
    else:
        assert fc.read(tmp_path)[0].features[0].due == expected


def test_one_date_of_a_column_settles_the_order_of_all(tmp_path: Path) -> None:
    rows = "team,start,end,done\nWeb,05/01/2026,18/01/2026,3\nWeb,02/02/2026,08/02/2026,1\n"
    _, history = fc.read(write(tmp_path, SHEETS, features=ONE_FEATURE, throughput=rows))
    assert [(sprint.start, sprint.end) for sprint in history.sprints] == [
        (DAY(2026, 1, 5), DAY(2026, 1, 18)),
        (DAY(2026, 2, 2), DAY(2026, 2, 8)),
    ]


def test_dates_that_contradict_each_other_settle_nothing(tmp_path: Path) -> None:
    text = "feature,team,items,due\nA,Web,1,13/02/2026\nB,Web,1,02/13/2026\nC,Web,1,03/04/2026\n"
    assert faults_of(write(tmp_path, SHEETS, features=text, throughput=ONE_SPRINT)) == [
        'features.csv row 4: due = "03/04/2026"; it could be 3 April or 4 March; write 2026-04-03 or 2026-03-04'
    ]


def test_the_dates_of_one_column_do_not_settle_those_of_another(tmp_path: Path) -> None:
    text = "feature,team,items,due,not_before\nA,Web,1,03/04/2026,13/02/2026\n"
    assert len(faults_of(write(tmp_path, SHEETS, features=text, throughput=ONE_SPRINT))) == 1


def test_nothing_is_settled_by_what_may_be_either() -> None:
    notation = Notation.settle(False, ["1,234", "5"], [(("due",), ["01/02/2026", "2026-02-13"])])
    assert (notation.decimal, dict(notation.orders)) == ("", {})


# ---- workbooks


def test_a_workbook_says_the_same_as_csv(tmp_path: Path) -> None:
    book = workbook({"Features": FEATURES, "Throughput": SPRINTS, "Notes": [["nothing"]]})
    assert read_both(tmp_path, "plan.xlsx", "plan.xlsx", plan_xlsx=book) == EXPECTED
    assert read_both(tmp_path, "plan.xlsx#features", "plan.xlsx#Throughput") == EXPECTED
    shared = workbook({"A": FEATURES, "B": SPRINTS}, constant_memory=True)
    assert read_both(tmp_path, "plan.xlsx#A", "plan.xlsx#B", plan_xlsx=shared) == EXPECTED


def test_days_are_counted_from_1904_where_the_workbook_says_so(tmp_path: Path) -> None:
    book = workbook({"Features": FEATURES, "Throughput": SPRINTS}, date_1904=True)
    assert b"1904" not in book  # it is packed
    assert read_both(tmp_path, "plan.xlsx", "plan.xlsx", plan_xlsx=book) == EXPECTED


def test_dates_that_are_kept_as_bare_numbers_are_read_by_the_count_of_the_workbook(tmp_path: Path) -> None:
    for is_1904, first in ((False, DAY(1899, 12, 30)), (True, DAY(1904, 1, 1))):
        rows = [[(cell - first).days if isinstance(cell, dt.date) else cell for cell in row] for row in SPRINTS]
        book = workbook({"Throughput": rows, "Features": FEATURES}, date_1904=is_1904)
        assert read_both(tmp_path, "plan.xlsx", "plan.xlsx", plan_xlsx=book) == EXPECTED


def test_sheets_are_found_by_name(tmp_path: Path) -> None:
    write(tmp_path, HEAD + 'features = "plan.xlsx"\n')
    (tmp_path / "plan.xlsx").write_bytes(workbook({"Only": FEATURES}))
    assert fc.read(tmp_path)[0].features == EXPECTED[0]
    (tmp_path / "plan.xlsx").write_bytes(workbook({"Shown": FEATURES, "Hidden": SPRINTS}, hidden=["Hidden"]))
    assert fc.read(tmp_path)[0].features == EXPECTED[0]
    (tmp_path / "plan.xlsx").write_bytes(workbook({"One": FEATURES, "Two": SPRINTS}))
    assert faults_of(tmp_path) == [
        'plan.xlsx: 2 sheets; name the one that is meant, like "plan.xlsx#Features"; there are: "One", "Two"'
    ]
    write(tmp_path, HEAD + 'features = "plan.xlsx#Tow"\n')
    assert faults_of(tmp_path) == ['plan.xlsx: no sheet "Tow"; there are: "One", "Two". Did you mean "Two"?']


def features_in(folder: Path, book: bytes) -> Path:
    (folder / "plan.xlsx").write_bytes(book)
    return write(folder, HEAD + 'features = "plan.xlsx"\n')


def test_results_of_formulas_are_read_and_formulas_without_one_are_refused(tmp_path: Path) -> None:
    head = ["feature", "team", "items", "objective"]
    book = workbook({"F": [head, ["A", "Web", ("=1+2", 3), ("=LOWER(1)", "grow")]]})
    assert fc.read(features_in(tmp_path, book))[0].features == (fc.Feature("A", {"Web": 3}, objective="grow"),)
    way_out = "the formula has no result in the file; open it in a spreadsheet program and save it"
    book = workbook({"F": [head, ["A", "Web", "=1+2", None]]})
    assert faults_of(features_in(tmp_path, book)) == [f'plan.xlsx sheet "F" row 2: items = a formula; {way_out}']
    rows = row_of(1, *head) + row_of(2, "A", "Web", ("", "<f>1+2</f><v></v>"))
    assert faults_of(features_in(tmp_path, raw_workbook(rows))) == [
        f'plan.xlsx sheet "Sheet1" row 2: items = a formula; {way_out}'
    ]
    rows = row_of(1, *head) + row_of(2, "A", "Web", ("", "<f>1-1</f><v>0</v>"), ('t="str"', "<f>B1</f><v></v>"))
    assert fc.read(features_in(tmp_path, raw_workbook(rows)))[0].features == (fc.Feature("A", {"Web": 0}),)


def test_cells_that_show_an_error_are_named_where_they_are_used(tmp_path: Path) -> None:
    error = ('t="e"', "<f>VLOOKUP(1,A:B,2)</f><v>#N/A</v>")
    rows = (
        row_of(1, "feature", "team", "items", "remark") + row_of(2, "A", "Web", error) + row_of(3, "B", "Web", 1, error)
    )
    assert faults_of(features_in(tmp_path, raw_workbook(rows))) == [
        'plan.xlsx sheet "Sheet1" row 2: items = #N/A; the cell shows an error; mend its formula, or write the value'
    ]


def test_merged_cells_are_refused_where_they_leave_a_hole(tmp_path: Path) -> None:
    rows = row_of(1, "feature", "team", "items") + row_of(2, "A", "Web", 1) + row_of(3, None, "API", 2)
    book = raw_workbook(rows, behind='<mergeCells><mergeCell ref="A2:A3"/></mergeCells>')
    assert faults_of(features_in(tmp_path, book)) == [
        'plan.xlsx sheet "Sheet1" row 3: feature = merged with A2; unmerge the cells and fill in each'
    ]


STYLES = (
    '<styleSheet><numFmts><numFmt numFmtId="164" formatCode="0.0\\ %"/><numFmt numFmtId="165" formatCode="0&quot;%&quot;"/>'
    '</numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="9"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>'
)


@pytest.mark.parametrize("column", ["items", "done", "value"])
def test_a_percentage_is_no_number_of_items(tmp_path: Path, column: str) -> None:
    """Half of a feature done is not half an item done; growth of 120 % is 1.2, and a % in quotes is only for show."""
    heads = list(dict.fromkeys(["feature", "team", "items", "growth", column]))

    def book(style: int) -> bytes:
        cells = {"feature": "A", "team": "Web", "items": 4, "growth": ('s="1"', "<v>1.2</v>")}
        cells[column] = (f's="{style}"', "<v>0.5</v>")
        return raw_workbook(row_of(1, *heads) + row_of(2, *cells.values()), styles=STYLES)

    for style in (1, 2):
        assert faults_of(features_in(tmp_path, book(style))) == [
            f'plan.xlsx sheet "Sheet1" row 2: {column} = 50 %; write the number; a percentage does not say of how many'
        ]
    for style in (0, 3):
        feature = read_portfolio(features_in(tmp_path, book(style))).roadmap.features[0]
        assert feature.growth.likely == 1.2  # type: ignore[union-attr]


def test_growth_in_percent_may_be_more_or_all_of_it(tmp_path: Path) -> None:
    text = "feature,team,items,growth\nA,Web,4,120 %\nB,Web,4,20%\nC,Web,4,lerned\n"
    write(tmp_path, SHEETS, features=text, throughput=ONE_SPRINT)
    assert faults_of(tmp_path) == [
        'features.csv row 2: growth = "120 %"; write a factor: 2.2 for 120 % more work, 1.2 for 120 % of it',
        'features.csv row 3: growth = "20%"; write a factor: 1.2 for 20 % more work, 0.2 for 20 % of it',
        'features.csv row 4: growth = "lerned"; give a factor, such as 1.3, or "learned". Did you mean "learned"?',
    ]
    rows = row_of(1, "feature", "team", "items", "growth") + row_of(2, "A", "Web", 4, ('s="1"', "<v>0.2</v>"))
    assert faults_of(features_in(tmp_path, raw_workbook(rows, styles=STYLES))) == [
        'plan.xlsx sheet "Sheet1" row 2: growth = 20 %; write a factor: 1.2 for 20 % more work, 0.2 for 20 % of it'
    ]


def test_a_sheet_without_sizes_is_told_so_once(tmp_path: Path) -> None:
    text = "feature,team,estimate\nA,Web,4\nB,Web,5\nLaunch,,\n"
    assert faults_of(write(tmp_path, SHEETS, features=text, throughput=ONE_SPRINT)) == [
        'features.csv row 1: no column "items"; one with the sizes of what is left to do is needed, or three: low, likely, high. '
        "The first row names the columns."
    ]
    gates = "feature,team,after,due\nStart,,,\nLaunch,,Start,2026-05-01\n"
    roadmap, _ = fc.read(write(tmp_path, SHEETS, features=gates, throughput=ONE_SPRINT))
    assert [feature.name for feature in roadmap.features] == ["Start", "Launch"]


def test_several_names_in_one_cell_are_told_to_be_several(tmp_path: Path) -> None:
    text = 'feature,team,items,after\nA,Web,4,\nB,Web,5,\nC,Web,5,"A, B/Web"\n'
    assert faults_of(write(tmp_path, SHEETS, features=text, throughput=ONE_SPRINT)) == [
        'features.csv row 4: feature "C/Web": after = "A, B/Web"; no such feature or part in the roadmap. These are several: in '
        'a sheet put ";" between them, in a list quotes around each.'
    ]
    past = fc.History.from_counts({"Web": [3, 4, 5], "API": [3, 4, 5]})
    for team in ("Web, API", "Web/API", "Web & API", "API and Web"):
        told = fc.simulate(fc.Roadmap("2026-01-05", [team], [fc.Feature("A", {team: 4})]), past, runs=50).notes()
        assert (
            f'Team "{team}" has no history: its features have no date. These are several: give each a row of its own.'
            in told
        )


@pytest.mark.parametrize("above", [("Roadmap 2026",), ("Roadmap", None, "of", "everybody")])
def test_a_title_above_the_names_of_the_columns_is_named(tmp_path: Path, above: tuple[str | None, ...]) -> None:
    """Merged over the table or not; the rows below are not blamed for it."""
    rows = row_of(1, *above) + row_of(3, "Feature", "Team", "Items") + row_of(4, "A", "Web", 1)
    for behind in ("", '<mergeCells><mergeCell ref="A1:E1"/></mergeCells>'):
        title = above[0]
        assert faults_of(features_in(tmp_path, raw_workbook(rows, behind=behind))) == [
            f'plan.xlsx sheet "Sheet1" row 1: "{title}"; the names of the columns stand in row 3; take out what is above them'
        ]
    for line, blank in (("Roadmap 2026;;", ";;"), ("Roadmap 2026", ""), ("Roadmap, 2026", "x")):
        text = f"{line}\n{blank}\nfeature;team;items\nLogin;Web;3\n"
        write(tmp_path, SHEETS, features=text, throughput=ONE_SPRINT)
        title = line.rstrip(";")
        assert faults_of(tmp_path) == [
            f'features.csv row 1: "{title}"; the names of the columns stand in row 3; take out what is above them'
        ]


def test_a_head_of_two_rows_is_refused_with_a_way_out_for_a_workbook(tmp_path: Path) -> None:
    rows = row_of(1, "feature", "team", "items") + row_of(2, None, None, "low", "likely", "high")
    book = raw_workbook(
        rows + row_of(3, "A", "Web", 1, 2, 3), behind='<mergeCells><mergeCell ref="C1:E1"/></mergeCells>'
    )
    assert faults_of(features_in(tmp_path, book)) == [
        f'plan.xlsx sheet "Sheet1" row {row}: 5 cells; there are 3 columns; name the others in the first row, or clear the cells'
        for row in (2, 3)
    ]


def test_spaces_that_do_not_break_are_spaces(tmp_path: Path) -> None:
    """What looks the same is the same: names, what waits for them, teams and objectives."""
    text = "feature,team,items,after,objective\nLog\u00a0in,Web\u202fA,8,,Grow up\n"
    text += "Search,Web A,5,Log in/Web\u2009A,Grow\u00a0up\n"
    past = ONE_SPRINT.replace("Web", "Web\u00a0A")
    roadmap, history = fc.read(write(tmp_path, SHEETS, features=text, throughput=past))
    assert [feature.name for feature in roadmap.features] == ["Log in", "Search"]
    assert {feature.objective for feature in roadmap.features} == {"Grow up"}  # type: ignore[union-attr]
    assert [team.name for team in roadmap.teams] == list(history.teams) == ["Web A"]
    assert roadmap.feature("Log\u00a0in") == roadmap.features[0]
    write(tmp_path, SHEETS, features="feature,team,items\nLog\u00a0in,Web,8\nlog in,Web,5\n", throughput=ONE_SPRINT)
    assert faults_of(tmp_path) == [
        'features.csv row 3: feature = "log in"; features.csv row 2 writes "Log in"; write it the same'
    ]


def test_hidden_rows_are_read_and_counted(tmp_path: Path) -> None:
    rows = row_of(1, "feature", "team", "items") + row_of(2, "A", "Web", 1, hidden="1") + row_of(7, "B", "Web", 2)
    portfolio = read_portfolio(features_in(tmp_path, raw_workbook(rows)))
    assert [feature.name for feature in portfolio.roadmap.features] == ["A", "B"]
    assert portfolio.sources[1] == ('plan.xlsx sheet "Sheet1"', "2 features (1 hidden row among them)")


def test_typed_cells_in_the_wrong_column_are_refused(tmp_path: Path) -> None:
    rows: Grid = [["feature", "team", "items", "due", "started"], ["A", "Web", DAY(2026, 5, 3), 5, 1]]
    rows += [[12, True, True, "3/4/2026", "x"], [DAY(2026, 1, 5), "Web", "1,5", DAY(2026, 5, 1), False]]
    place = 'plan.xlsx sheet "F" row'
    assert faults_of(features_in(tmp_path, workbook({"F": rows}))) == [
        f'{place} 2: due = "5"; a date is written year-month-day, like 2026-05-01',
        f'{place} 2: started = "1"; write true or false',
        f"{place} 2: items = 2026-05-03; a number is needed; give the cell the format of a number",
        f'{place} 3: due = "3/4/2026"; it could be 3 April or 4 March; write 2026-04-03 or 2026-03-04',
        f'{place} 3: started = "x"; write true or false',
        f"{place} 3: items = true; a number is needed; give the cell the format of a number",
    ]


def test_texts_of_a_workbook_come_without_what_is_only_for_show(tmp_path: Path) -> None:
    shared = (
        "<sst><si><r><t>Lo</t></r><r><t>gin</t></r><rPh><t>x</t></rPh></si><si><t>  two_x0020_words </t></si></sst>"
    )
    rows = row_of(1, "feature", "team", "items") + row_of(
        2, ('t="s"', "<v>0</v>"), ('t="s"', "<v>1</v>"), ("", "<v>3</v>")
    )
    roadmap, _ = fc.read(features_in(tmp_path, raw_workbook(rows, sharedStrings=shared)))
    assert roadmap.features == (fc.Feature("Login", {"two words": 3}),)


def test_prefixed_names_and_missing_references_are_read_too(tmp_path: Path) -> None:
    def cells(*texts: str) -> str:
        return "<x:row>" + "".join(f'<x:c t="str"><x:v>{text}</x:v></x:c>' for text in texts) + "</x:row>"

    book = raw_workbook(cells("feature", "team", "items") + cells("A", "Web", "2,5"))
    assert fc.read(features_in(tmp_path, book))[0].features == (fc.Feature("A", {"Web": 2.5}),)


def test_number_formats_that_show_dates(tmp_path: Path) -> None:
    formats = ["yyyy-mm-dd", "[$-409]d mmm", "mmm yy", "0.00", '"day" 0', "h:mm", "[Red]0", "General"]
    styles = "<styleSheet><numFmts>" + "".join(
        f'<numFmt numFmtId="{200 + at}" formatCode="{code.replace(chr(34), "&quot;")}"/>'
        for at, code in enumerate(formats)
    )
    ids = [*range(200, 200 + len(formats)), 14, 22, 45, 9]
    styles += "</numFmts><cellStyleXfs><xf numFmtId='14'/></cellStyleXfs><cellXfs>"
    styles += "".join(f'<xf numFmtId="{number}"/>' for number in ids) + "</cellXfs></styleSheet>"
    head = ["feature", "team", "items", *(f"c{at}" for at in range(len(ids)))]
    rows = row_of(1, *head) + row_of(2, "A", "Web", 1, *((f's="{at}"', "<v>46027.5</v>") for at in range(len(ids))))
    from forecast.workbook import read_workbook

    cells = read_workbook(raw_workbook(rows, styles=styles), "f", None, ("features",)).rows[1][1][3:]
    dates = [True, True, True, False, False, False, False, False, True, True, False, False]
    assert cells == [DAY(2026, 1, 5) if is_date else 46027.5 for is_date in dates]


DAMAGED = "plan.xlsx: not readable as .xlsx; it is damaged, or no .xlsx at all; save it again as .xlsx"
GOOD = workbook({"F": FEATURES})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04",
        b"feature,team,items\nA,Web,1\n",
        GOOD[: len(GOOD) // 2],
        zipped({"a.txt": "x"}),
        raw_workbook("<row>"),
        raw_workbook('<row r="0"><c r="A0"><v>1</v></c></row>'),
        raw_workbook('<row r="2000000"><c><v>1</v></c></row>'),
        raw_workbook('<row r="1"><c r="ZZZ1"><v>1</v></c></row>'),
        raw_workbook('<row r="1"><c t="s"><v>7</v></c></row>'),
        raw_workbook('<row r="1"><c t="s"><v>-1</v></c></row>', sharedStrings="<sst><si><t>x</t></si></sst>"),
        raw_workbook(row_of(1, ("", "<v>five</v>"))),
        raw_workbook("&a;"),
        raw_workbook("", properties='<!DOCTYPE a [<!ENTITY a "aaaa">]>'),
    ],
    ids=range(14),
)
def test_a_damaged_workbook_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    assert faults_of(features_in(tmp_path, content)) == [DAMAGED]


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    laughs = '<!DOCTYPE a [<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {chr(98 + at)} "{f"&{chr(97 + at)};" * 10}">' for at in range(9)
    )
    book = raw_workbook("").replace(b"PK", b"PK")
    sheet = laughs + "]><worksheet><sheetData>" + row_of(1, ("", "<v>&j;</v>")) + "</sheetData></worksheet>"
    import zipfile

    parts = {
        name: zipfile.ZipFile(io.BytesIO(book)).read(name) for name in zipfile.ZipFile(io.BytesIO(book)).namelist()
    }
    assert faults_of(features_in(tmp_path, zipped(parts | {"xl/worksheet.xml": sheet}))) == [DAMAGED]


def test_what_is_no_xlsx_says_what_to_do(tmp_path: Path) -> None:
    assert faults_of(features_in(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)) == [
        "plan.xlsx: not readable as .xlsx; it is protected by a password, or in the old .xls format; "
        "save it as .xlsx without a password"
    ]
    write(tmp_path, HEAD + 'features = "plan.ods"\n')
    assert faults_of(tmp_path) == ['roadmap.toml row 3: features = "plan.ods"; .ods is not read; save it as .xlsx']
    write(tmp_path, HEAD + 'features = "features.csv"\n')
    (tmp_path / "features.csv").write_bytes(GOOD)
    assert faults_of(tmp_path) == [
        "features.csv: this is a spreadsheet or an archive, not CSV; name it .xlsx if it is one, or save it as CSV"
    ]


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """Half a gigabyte of blanks in half a megabyte: refused by what the archive says of itself."""
    book = raw_workbook(" " * (LARGEST_UNPACKED + 1))
    assert len(book) < LARGEST_UNPACKED / 500
    assert faults_of(features_in(tmp_path, book)) == [
        "plan.xlsx: more than 500 MB when unpacked; it is too large to be read; save the sheet as CSV"
    ]


def test_a_bomb_that_lies_about_its_size_is_not_unpacked_either(tmp_path: Path) -> None:
    size = 50_000_000
    book = bytearray(raw_workbook(" " * size))
    import struct

    real, said = struct.pack("<I", size + len("<worksheet><sheetData></sheetData></worksheet>")), struct.pack("<I", 100)
    assert book.count(real) == 2
    lying = bytes(book).replace(real, said)
    assert faults_of(features_in(tmp_path, lying)) == [DAMAGED]


# ---- parquet


def test_parquet_says_the_same_as_csv(tmp_path: Path) -> None:
    def packed(rows: Grid) -> bytes:
        content = io.BytesIO()
        pl.DataFrame(
            rows[1:], schema=[str(name) for name in rows[0]], orient="row", infer_schema_length=None
        ).write_parquet(content)
        return content.getvalue()

    files = {"f_parquet": packed(FEATURES), "t_pq": packed(SPRINTS)}
    assert read_both(tmp_path, "f.parquet", "t.pq", **files) == EXPECTED


def test_parquet_of_other_types(tmp_path: Path) -> None:
    content = io.BytesIO()
    frame = pl.DataFrame({"feature": ["A"], "team": ["Web"], "items": [[1, 2]], "due": [dt.datetime(2026, 5, 1, 23)]})
    frame.with_columns(pl.col("feature").cast(pl.Categorical)).write_parquet(content)
    (tmp_path / "f.parquet").write_bytes(content.getvalue())
    write(tmp_path, HEAD + 'features = "f.parquet"\n')
    assert faults_of(tmp_path) == ["f.parquet row 1: items = list; a text, a number or a date is needed"]
    frame.with_columns(items=pl.lit(3).cast(pl.Decimal(10, 2))).write_parquet(tmp_path / "f.parquet")
    assert fc.read(tmp_path)[0].features == (fc.Feature("A", {"Web": 3}, due="2026-05-01"),)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + b"\0" * 100 + b"PAR1", b"feature,team\n"])
def test_damaged_parquet_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "f.parquet").write_bytes(content)
    (line,) = faults_of(write(tmp_path, HEAD + 'features = "f.parquet"\n'))
    assert line.startswith("f.parquet: not readable as parquet (")
    assert line.endswith("); it is damaged, or no parquet at all")


# ---- cost, and an independent reader


def test_reading_csv_and_workbooks_loads_no_data_frames(tmp_path: Path) -> None:
    (tmp_path / "plan.xlsx").write_bytes(workbook({"Features": FEATURES, "Throughput": SPRINTS}))
    write(tmp_path, 'start = 2026-01-05\nhistory = "plan.xlsx"\nfeatures = "plan.xlsx"\n')
    write(tmp_path, SHEETS.replace("throughput.csv", "plan.xlsx"), features=ONE_FEATURE)
    code = "import sys, forecast; forecast.read(sys.argv[1]); print(*sys.modules)"
    command = [sys.executable, "-c", code, str(tmp_path)]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1]).stdout
    assert "pydantic" in loaded
    assert not {"polars", "numba", "fastexcel", "xlsxwriter"} & set(loaded.split())


def test_an_independent_reader_finds_the_same_in_a_workbook() -> None:
    fastexcel = pytest.importorskip("fastexcel")
    from forecast.rows import spell
    from forecast.workbook import read_workbook

    rows = [["a", 0, -1.5, 1e-7, 123456789.25, True, DAY(2024, 2, 29), "  é_x000D_ ", "0012"]] * 3
    book = workbook({"S": [["c"] * 9, *rows]})
    ours = [[bare(spell(cell)) for cell in cells] for _, cells in read_workbook(book, "f", None, ("s",)).rows]
    frame = fastexcel.read_excel(book).load_sheet(0, header_row=None, dtypes="string").to_polars()
    assert ours == [[bare(str(cell)) for cell in row] for row in frame.rows()]


def bare(text: str) -> object:
    """A cell of either reader: 5 and 5.0, and a day with and without its midnight, are the same."""
    text = text.removesuffix(" 00:00:00").strip()
    try:
        return float(text)
    except ValueError:
        return text


@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="the real portfolios are not beside the checkout")
def test_a_real_portfolio_reads_the_same_from_a_workbook(tmp_path: Path) -> None:
    import csv

    folder = SHARED_DATA / "titanium-2014-05-15"
    sheets: dict[str, Grid] = {}
    for name in ("features", "throughput"):
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            sheets[name] = [list(row) for row in csv.reader(file)]
    for row in sheets["throughput"][1:]:
        row[2:] = [DAY.fromisoformat(str(row[2])), DAY.fromisoformat(str(row[3])), float(str(row[4]))]
    (tmp_path / "plan.xlsx").write_bytes(workbook(sheets))
    toml = (folder / "roadmap.toml").read_text("utf-8")
    toml = toml.replace('"features.csv"', '"plan.xlsx"').replace('"throughput.csv"', '"plan.xlsx"')
    assert fc.read(write(tmp_path, toml)) == fc.read(folder)
