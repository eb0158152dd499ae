"""Imports: a made project, exported as each tracker does it, becomes the same portfolio every time."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections import Counter, defaultdict
from pathlib import Path

import exports
import pytest
from exports import FIRST, project
from workbooks import workbook

import forecast as fc

JIRA_PARENTS = ["Custom field (Epic Link)", "Parent", "Parent key", "Parent id", "Epic Link"]
START = FIRST + 131 * dt.timedelta(days=1)
"""The day after the newest ticket was created: a Saturday or Sunday moves on to Monday."""


def start_day() -> dt.date:
    return START + dt.timedelta(days=(7 - START.weekday()) if START.weekday() > 4 else 0)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def true_throughput() -> dict[tuple[str, str], int]:
    """Team and first day of a stretch -> items delivered in it, counted one by one from the project."""
    counts: Counter[tuple[str, str]] = Counter()
    for each in project():
        if each.kind != "Epic" and each.ended == "Done" and each.done:
            back = (start_day() - each.done - dt.timedelta(days=1)).days // 14 + 1
            counts[each.team, (start_day() - dt.timedelta(days=14 * back)).isoformat()] += 1
    return counts


def true_scope() -> dict[tuple[str, str], tuple[int, int]]:
    """Feature and team -> items in all, and delivered, of what is still open there."""
    total: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    names = {each.number: each.title for each in project()}
    for each in project():
        if each.feature in (1, 2) and each.ended != "Won't Do":
            total[names[each.feature], each.team][0] += 1
            total[names[each.feature], each.team][1] += each.ended == "Done"
    return {part: (both[0], both[1]) for part, both in total.items() if both[0] > both[1]}


def check_portfolio(out: Path, has_links: bool = True) -> None:
    """What was written is the project, whoever exported it."""
    throughput = {(row["team"], row["start"]): int(row["done"]) for row in rows_of(out / "throughput.csv")}
    told = true_throughput()
    assert {key: throughput.get(key) for key in told} == told
    assert sum(throughput.values()) == sum(told.values())  # the others are stretches with nothing: 0, never left out
    features = [row for row in rows_of(out / "features.csv") if row["team"]]
    assert {
        (row["feature"], row["team"]): (int(row["items"]), int(row["done"] or 0)) for row in features
    } == true_scope()
    after = {(row["feature"], row["team"]): row["after"] for row in features if row["after"]}
    login = "Login/API"
    expected = {("Checkout; with, marks", "Web"): login, ("Checkout; with, marks", "API"): login}
    assert after == (expected if has_links else {})
    assert features[0]["feature"] == "Login"
    roadmap, history = fc.read(out)
    assert roadmap.start == start_day()
    assert set(history.teams) == {"Web", "API"}


def bring(tmp_path: Path, files: dict[str, bytes], **options: object) -> fc.Imported:
    paths = []
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        paths.append(tmp_path / name)
    return fc.import_files(paths, tmp_path / "out", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("parent", JIRA_PARENTS)
def test_jira_in_every_spelling_of_a_parent(tmp_path: Path, parent: str, separator: str) -> None:
    imported = bring(tmp_path, {"export.csv": exports.jira(parent, separator)})
    check_portfolio(tmp_path / "out")
    told = imported.to_dict()
    assert told["source"] == "jira"
    assert told["mapping"]["rank"] == "rank"
    dangling = next(each for each in told["links"]["left_out"] if "not in the export" in each["why"])
    assert (dangling["count"], dangling["examples"]) == (1, ["PAY-104 waits for PAY-999"])
    assert [each["kind"] for each in told["links"]["kinds"] if each["outward"] == "no"] == ["Relates"]
    assert {"Comment"} <= set(told["ignored_columns"])


@pytest.mark.parametrize("years", ["%y", "%Y"])
def test_jira_with_short_and_long_years(tmp_path: Path, years: str) -> None:
    bring(tmp_path, {"export.csv": exports.jira(years=years)}, source="jira")
    check_portfolio(tmp_path / "out")


@pytest.mark.parametrize("order", ["%d.%m.%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%d/%m/%Y %H:%M", "%Y-%m-%dT%H:%M:%SZ"])
@pytest.mark.parametrize("tree", [False, True])
def test_azure_in_every_locale_flat_and_as_a_tree(tmp_path: Path, order: str, tree: bool) -> None:
    imported = bring(tmp_path, {"queries.csv": exports.azure(order, tree)})
    check_portfolio(tmp_path / "out", has_links=False)
    assert imported.mapping.team == "area"
    assert imported.mapping.discarded == ("Removed",)


@pytest.mark.parametrize("columns", [30, 34])
def test_linear_old_and_new(tmp_path: Path, columns: int) -> None:
    imported = bring(tmp_path, {"linear.csv": exports.linear(columns)})
    check_portfolio(tmp_path / "out", has_links=columns == 34)
    assert imported.mapping.feature == "project"


def test_linear_with_times_as_javascript_writes_them(tmp_path: Path) -> None:
    """Fri Oct 09 2026 10:00:00 GMT+0000 (GMT): what older exports hold."""

    def rewrite(match: re.Match[str]) -> str:
        day = dt.date.fromisoformat(match[1])
        month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][day.month - 1]
        name = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][day.weekday()]
        return f"{name} {month} {day:%d} {day.year} {match[2]} GMT+0000 (GMT)"

    text = exports.linear().decode()
    text, count = re.subn(r"([0-9-]{10})T([0-9:]{8})\.000Z", rewrite, text)
    assert count > 20
    bring(tmp_path, {"linear.csv": text.encode()})
    check_portfolio(tmp_path / "out")


@pytest.mark.parametrize(
    ("name", "content"),
    [("rest.json", exports.github()), ("gh.json", exports.github(rest=False))],
    ids=["rest, pages one behind the other", "gh"],
)
def test_github_issues(tmp_path: Path, name: str, content: bytes) -> None:
    imported = bring(tmp_path, {name: content})
    check_portfolio(tmp_path / "out", has_links=False)
    told = imported.to_dict()
    assert told["source"] == "github"
    assert imported.mapping.team == "label:team/"
    assert imported.mapping.feature == "version"
    pulls = [each["count"] for each in told["left_out"] if "pull request" in each["why"]]
    assert pulls == ([1] if name == "rest.json" else [])


def test_github_issues_in_a_table(tmp_path: Path) -> None:
    """A table does not tell why an issue was closed: the one that was dropped counts, and nothing else differs."""
    imported = bring(tmp_path, {"issues.csv": exports.gist()})
    told = imported.to_dict()
    assert told["items"] == {"open": 5, "delivered": 61, "discarded": 0}
    assert {team["name"] for team in told["teams"]} == {"Web", "API"}


def test_lighthouse_one_file_a_team_and_one_of_features(tmp_path: Path) -> None:
    files = {
        "Web.csv": exports.lighthouse("Web"),
        "API.csv": exports.lighthouse("API"),
        "plan.csv": exports.lighthouse_project(),
    }
    imported = bring(tmp_path, files)
    check_portfolio(tmp_path / "out")
    assert imported.mapping.team == "file"


def test_steps_of_a_board(tmp_path: Path) -> None:
    rows = exports.actionable()
    imported = bring(tmp_path, {"board.csv": exports.as_csv(rows)})
    check_portfolio(tmp_path / "out", has_links=False)
    assert imported.to_dict()["source"] == "actionable"


def test_steps_of_a_board_in_a_workbook(tmp_path: Path) -> None:
    bring(tmp_path, {"board.xlsx": workbook({"Data": exports.actionable()})})
    check_portfolio(tmp_path / "out", has_links=False)


def test_an_unquoted_comma_in_a_title_is_mended_and_told(tmp_path: Path) -> None:
    rows = exports.actionable()
    at = next(at for at, row in enumerate(rows) if row[2] == "Step 1")
    rows[at][2] = "Step, one"
    broken = exports.as_csv(rows).replace(b'"Step, one"', b"Step, one")
    imported = bring(tmp_path, {"board.csv": broken})
    check_portfolio(tmp_path / "out", has_links=False)
    mended = [each for each in imported.to_dict()["strange"] if "unquoted comma" in each["why"]]
    assert [each["count"] for each in mended] == [1]


def test_a_table_of_ones_own_with_the_columns_named(tmp_path: Path) -> None:
    content = exports.items("Nr,Wer,Wofür,Angelegt,Fertig am,Wie,Aufwand,Wartet auf")
    columns = {"key": "Nr", "team": "Wer", "parents": "Wofür", "created": "Angelegt", "done": "Fertig am"}
    columns |= {"resolution": "Wie", "estimate": "Aufwand", "blocked_by": "Wartet auf"}
    bring(tmp_path, {"liste.csv": content}, columns=columns)
    check_portfolio(tmp_path / "out")


def test_points_with_decimal_commas(tmp_path: Path) -> None:
    content = exports.items("item,team,feature,created,done,resolution,points,blocked_by")
    bring(tmp_path, {"list.csv": content}, chosen={"unit": "points"})
    throughput = rows_of(tmp_path / "out" / "throughput.csv")
    assert sum(float(row["done"]) for row in throughput) == 1.5 * sum(true_throughput().values())
    assert fc.read(tmp_path / "out")[0].unit == "points"


def test_dates_that_can_mean_two_days_are_refused_with_the_way_out(tmp_path: Path) -> None:
    text = b"item,team,created,done\n1,Web,01/02/2026,03/04/2026\n2,Web,02/02/2026,04/04/2026\n"
    with pytest.raises(fc.Fault, match="--dates day") as refused:
        bring(tmp_path, {"list.csv": text})
    assert refused.value.where == "list.csv row 2"
    assert not (tmp_path / "out").exists()
    for order, day in (("day", "2026-04-04"), ("month", "2026-04-04")):
        bring(tmp_path, {"list.csv": text}, chosen={"dates": order}, force=True)
        done = [row["done"] for row in rows_of(tmp_path / "out" / "items.csv")]
        assert done == (["2026-04-03", day] if order == "day" else ["2026-03-04", day])


def test_a_list_of_numbers_is_throughput(tmp_path: Path) -> None:
    imported = bring(tmp_path, {"Web.txt": b"2,3,5,2,4\n"}, start="2026-03-02")
    rows = rows_of(tmp_path / "out" / "throughput.csv")
    assert [row["done"] for row in rows] == ["2", "3", "5", "2", "4"]
    assert (rows[-1]["team"], rows[-1]["end"]) == ("Web", "2026-03-01")
    again = fc.import_again(tmp_path / "out")
    assert again.mapping == imported.mapping
    assert fc.read(tmp_path / "out")[0].features[0].name == "Next items of Web"


def test_sprints_that_the_tracker_knows_the_days_of(tmp_path: Path) -> None:
    """Two weeks each, but for a gap in which something was done all the same; overlaps and equal names are told."""
    text = "ID,Team,Title,Status,Project,Cycle Number,Cycle Name,Cycle Start,Cycle End,Created,Completed,Canceled"
    rows: list[list[object]] = [text.split(",")]
    first = dt.date(2026, 1, 5)
    for number in range(8):
        begin = first + dt.timedelta(days=14 * number)
        end = begin + dt.timedelta(days=12)
        for item in range(number + 1):
            row: list[object] = [
                f"A-{number}-{item}",
                "Web",
                "x",
                "Done",
                "",
                number,
                f"Cycle {number}",
                begin,
                end,
                begin,
            ]
            rows.append([*row, begin + dt.timedelta(days=item), ""])
    rows.append(["A-99", "Web", "between", "Done", "", "", "", "", "", first, first + dt.timedelta(days=13), ""])
    imported = bring(tmp_path, {"linear.csv": exports.as_csv(rows)}, start="2026-05-04")
    assert imported.mapping.sprints == "tracker"
    throughput = rows_of(tmp_path / "out" / "throughput.csv")
    assert [(row["sprint"], int(row["done"])) for row in throughput] == [
        (f"Cycle {number}", number + 1) for number in range(8)
    ]
    between = [each for each in imported.to_dict()["strange"] if "between" in each["why"]]
    assert [(each["count"], each["examples"]) for each in between] == [(1, ["A-99"])]


def test_a_loop_of_links_is_opened_and_the_one_that_closed_it_is_told(tmp_path: Path) -> None:
    head = "Issue key,Issue Type,Status,Created,Resolved,Epic Link,Team,Outward issue link (Depends),Inward issue link (Depends)"
    rows: list[list[object]] = [head.split(",")]
    for epic in "ABC":
        rows.append([f"P-{epic}", "Epic", "Open", "2026-01-05", "", "", "Web", "", ""])
    waits = {"A": "P-B1", "B": "P-C1", "C": "P-A1"}
    for epic in "ABC":
        rows.append([f"P-{epic}1", "Story", "Open", "2026-01-05", "", f"P-{epic}", "Web", waits[epic], ""])
        rows.append([f"P-{epic}2", "Story", "Closed", "2026-01-05", "2026-01-20", f"P-{epic}", "Web", "", ""])
    imported = bring(tmp_path, {"export.csv": exports.as_csv(rows)})
    links = imported.to_dict()["links"]
    assert (links["read"], links["kept"]) == (3, 2)
    assert [(each["count"], "loop" in each["why"]) for each in links["left_out"]] == [(1, True)]
    fc.read(tmp_path / "out")  # a roadmap with a loop would be refused


SPELLINGS = {
    **dict.fromkeys(["Blocks", "Blocker", "Gantt End to Start", "Finish-to-Start [FS]", "Precedes", "Blockiert"], True),
    **dict.fromkeys(
        ["Depends", "Dependency", "Requires", "Is blocked by", "depends on", "Has to be done after"], False
    ),
    **dict.fromkeys(
        ["Relates", "Duplicate", "Cloners", "Gantt: start-start", "Causes", "Polaris work item link"], None
    ),
}


@pytest.mark.parametrize(("kind", "blocks"), SPELLINGS.items())
@pytest.mark.parametrize("outward", [True, False])
def test_the_direction_of_a_link_in_the_spelling_of_every_instance(
    tmp_path: Path, kind: str, blocks: bool | None, outward: bool
) -> None:
    side = "Outward" if outward else "Inward"
    head = f"Issue key,Issue Type,Status,Created,Resolved,Epic Link,Team,{side} issue link ({kind})".split(",")
    rows: list[list[object]] = [head]
    for epic in "XY":
        rows.append([f"P-{epic}", "Epic", "Open", "2026-01-05", "", "", "Web", "P-Y" if epic == "X" else ""])
        rows.append([f"P-{epic}1", "Story", "Open", "2026-01-05", "", f"P-{epic}", "Web", ""])
        rows.append([f"P-{epic}2", "Story", "Closed", "2026-01-05", "2026-01-20", f"P-{epic}", "Web", ""])
    bring(tmp_path, {"export.csv": exports.as_csv(rows)})
    roadmap, _ = fc.read(tmp_path / "out")
    waits = {
        each.name: [after.feature for part in each.work.values() for after in (*part.after, *each.after)]
        for each in roadmap.features
    }
    if blocks is None:
        assert waits == {"P-X": [], "P-Y": []}
    elif blocks == outward:
        assert waits == {"P-X": [], "P-Y": ["P-X"]}
    else:
        assert waits == {"P-X": ["P-Y"], "P-Y": []}


# Again, and by hand ----------------------------------------------------------------------------------------------------


def written(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(out.iterdir())}


def test_the_same_files_give_the_same_bytes_and_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    out = tmp_path / "out"
    bring(tmp_path, {"export.csv": exports.jira()})
    before = written(out)
    fc.import_again(out)
    assert written(out) == before
    (out / "features.csv").write_text("mine", encoding="utf-8")
    for again in (lambda: fc.import_again(out), lambda: fc.import_files([tmp_path / "export.csv"], out)):
        with pytest.raises(fc.Refused, match=r"features\.csv: it is there already"):
            again()
        assert (out / "features.csv").read_text("utf-8") == "mine"
    fc.import_again(out, force=True)
    assert written(out) == before


def test_a_mapping_that_was_changed_is_used_and_stays_as_it_was_written(tmp_path: Path) -> None:
    out = tmp_path / "out"
    bring(tmp_path, {"export.csv": exports.jira()})
    text = (out / "import.toml").read_text("utf-8")
    mine = text.replace("[teams]", '[teams]\n"API" = "Web"  # merged').replace("sprint_days = 14", "sprint_days = 7")
    (out / "import.toml").write_text("# my own\n" + mine, encoding="utf-8")
    fc.import_again(out, force=True)
    assert (out / "import.toml").read_text("utf-8") == "# my own\n" + mine
    rows = rows_of(out / "throughput.csv")
    assert {row["team"] for row in rows} == {"Web"}
    assert sum(int(row["done"]) for row in rows) == sum(true_throughput().values())
    roadmap, _ = fc.read(out)
    assert roadmap.sprint_days == 7


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('team = "team"', 'team = "taem"', 'Did you mean "team"?'),
        ("sprint_days = 14", 'sprint_days = "14"', "a whole number is needed"),
        ("[links]", '[links]\n"Custom" = "perhaps"', "blocks, waits, no"),
        ('unit = "items"', 'unit = "items"\nunits = 3', "no key"),
        ('source = "jira"', 'source = "jiro"', 'Did you mean "jira"?'),
        ("open = [", 'open = ["Closed",', "it can be only one of them"),
        ('files = ["', 'files = ["no-', "no such file"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused_and_nothing_changes(tmp_path: Path, old: str, new: str, told: str) -> None:
    out = tmp_path / "out"
    bring(tmp_path, {"export.csv": exports.jira()})
    text = (out / "import.toml").read_text("utf-8")
    assert old in text
    (out / "import.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    before = written(out)
    with pytest.raises((fc.Fault, fc.Refused)) as refused:
        fc.import_again(out, force=True)
    assert told in str(refused.value)
    assert written(out) == before


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no rows"),
        (b"hello world\nthis is no table\n", "no export that is known"),
        (b'[{"number": 1, ', "not readable as JSON"),
        (b'{"message": "Bad credentials"}', "no record is an issue"),
        (b"ID,Name,State,Type,Closed Date\n1,a,Done,Bug,2026-01-01\n", 'no column "started date"'),
        (b"Issue key,Summary\nA-1,x\n", 'no column "status"'),
        (b"Issue key,Status,Created,Resolved\nA-1,Done,soon,later\n", "cannot be read"),
        (b"Issue key,Status,Created\n", "nothing to import"),
        (
            b"team,start,end,done\nWeb,2025-11-24,2025-12-07,-3\n",
            'nothing to import; 1 row: it does not say how much was done, such as export.csv row 2: "-3"',
        ),
        (
            b"Issue key,Status,Created\n,Done,2026-01-01\n,Done,2026-01-02\n",
            "2 rows: it has no key, such as export.csv row 2",
        ),
        (b"Issue key,Status,Created\n,Done,2026-01-01\n", "it has no key"),
        (b"\xff\xfeI\x00", "no export that is known"),
        (b"Issue key,Status\xff\n", "not UTF-8"),
    ],
)
def test_what_is_no_export_is_refused_and_leaves_no_folder(tmp_path: Path, content: bytes, told: str) -> None:
    with pytest.raises((fc.Fault, fc.Refused)) as refused:
        bring(tmp_path, {"export.json" if content[:1] in b"[{" and content else "export.csv": content})
    assert told in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_files_of_two_trackers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(fc.Fault, match="files of different trackers"):
        bring(tmp_path, {"a.csv": exports.jira(), "b.csv": exports.azure()})


def test_what_is_dirty_is_told_and_nothing_is_dropped_silently(tmp_path: Path) -> None:
    head = "Issue key,Issue Type,Status,Resolution,Created,Resolved,Epic Link,Team"
    rows = [
        *("A-1,Story,Done,Fixed,2026-01-10,2026-01-08,,Web", "A-1,Story,Done,Fixed,2026-01-10,2026-01-12,,Web"),
        *(
            "A-2,Story,Reopened,,2026-01-05,2026-01-20,A-77,Web",
            "A-3,Sub-task,Done,Fixed,2026-01-05,2026-01-09,A-1,Web",
        ),
        *(
            "A-4,Bug,Done,Duplicate,2026-01-05,2026-01-09,,",
            ",Bug,Done,,2026-01-05,2026-01-09,,Web",
            "A-5,Bug,Done,Fixed,2026-01-05,,,Web",
        ),
    ]
    rows += [f"B-{at},Bug,Done,Fixed,2026-01-05,2026-02-10,,Web" for at in range(40)]
    imported = bring(tmp_path, {"export.csv": "\n".join([head, *rows]).encode()})
    told = imported.to_dict()
    counts = {each["why"]: each["count"] for each in [*told["left_out"], *told["strange"]]}

    def count(words: str) -> int:
        return sum(number for why, number in counts.items() if words in why)

    assert (count("same key"), count("has no key"), count('type "Sub-task"')) == (1, 1, 1)
    assert (count("done before it was created"), count("its status is open"), count("no throughput")) == (1, 1, 1)
    assert (count("clearing of the board"), count("not in the export"), count("belongs to no team")) == (40, 1, 1)
    assert told["rows"] == sum(told["items"].values()) + 3  # every row is an item, or its reason is told


def epics_without_items(tmp_path: Path) -> Path:
    rows: list[list[object]] = [["Issue key", "Issue Type", "Status", "Created", "Resolved", "Epic Link", "Team"]]
    for epic in range(7):
        rows.append([f"P-{epic}", "Epic", "Open" if epic == 6 else "Done", "2026-01-05", "", "", "Web"])
        for item in range(epic * (epic < 6) + (epic < 6)):
            rows.append(
                [f"P-{epic}{item}9", "Story", "Done", "2026-01-05", f"2026-02-{epic + item + 1:02}", f"P-{epic}", "Web"]
            )
    bring(tmp_path, {"export.csv": exports.as_csv(rows)})
    return tmp_path / "out"


def test_a_feature_without_items_is_as_large_as_the_others_unless_it_is_said_otherwise(tmp_path: Path) -> None:
    """Six features of 1 to 6 items: the smallest, the fourth and the largest stand for one in ten, half, and nine in ten."""
    out = epics_without_items(tmp_path)
    assert [(row["low"], row["likely"], row["high"]) for row in rows_of(out / "features.csv")] == [("1", "4", "6")]
    text = (out / "import.toml").read_text("utf-8")
    assert "empty = [1, 4, 6]" in text
    (out / "import.toml").write_text(text.replace("empty = [1, 4, 6]", "empty = []"), encoding="utf-8")
    told = fc.import_again(out, force=True).to_dict()
    assert told["features"]["planned"] == []
    assert [each["count"] for each in told["strange"] if "nobody says how large" in each["why"]] == [1]
