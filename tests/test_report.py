"""The report: what its files hold, that they agree with each other, and that nothing in them acts."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
import zipfile
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import fastexcel
import pytest
from click.testing import CliRunner, Result
from helpers import SEED, SHARED_DATA

import forecast as fc
from forecast.allocation_wording import say_allocation
from forecast.cli import cli
from forecast.phrases import say_date
from forecast.pledge_wording import say_lines, say_promise
from forecast.report.markdown import quiet
from forecast.report.page import keep_whole
from forecast.report.pictures import AT_NIGHT, dye
from forecast.report.story import find_anchors
from forecast.tally import say_chance
from forecast.wording import say_chance_of

EXAMPLE = Path(__file__).parents[1] / "data" / "example"
HOSTILE = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(2)>",
    "\"quoted\" 'single' & amp &lt;",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "+1-2",
    "-3",
    "{{ 7 * 7 }} {% raw %}",
    "](javascript:alert(3)) **bold** `code` | cell",
    "right \u202eto left\u202c",
    "עברית العربية 漢字",
    "x" * 300,
    "https://example.com www.example.com @everyone",
    "$HOME $x^2$ %s \\n",
)


@cache
def base() -> fc.Forecast:
    return fc.simulate(*fc.read(EXAMPLE), runs=1000, seed=SEED, throughput=fc.Bootstrap())


@cache
def made() -> fc.Report:
    sso = fc.Feature("SSO", {"Web": (5, 8, 14)}, due="2026-04-30")
    first = fc.WhatIf([fc.Edit("insert", feature=sso, rank=1)], name="SSO first")
    what_ifs = [first, fc.WhatIf([fc.Edit("without", name="Loyalty points")])]
    return fc.make_report(base(), title="example", what_ifs=what_ifs, everywhere=True, by=["2026-09-30", "Q2"])


@cache
def hostile() -> fc.Report:
    features = [
        fc.Feature(name, {"<b>Web</b>": n % 4 + 1}, due="2026-02-02", objective=HOSTILE[(n + 1) % len(HOSTILE)])
        for n, name in enumerate(HOSTILE)
    ]
    waits = fc.Feature("waits", {"=API": 3}, after=[fc.After(HOSTILE[0]), fc.After(HOSTILE[3])])
    roadmap = fc.Roadmap("2026-01-05", ["<b>Web</b>", "=API"], [*features, waits])
    history = fc.History.from_counts({"<b>Web</b>": [3, 5, 0, 4] * 3, "=API": [1, 2, 3] * 4})
    forecast = fc.simulate(roadmap, history, runs=200, seed=SEED, throughput=fc.Bootstrap())
    dropped = fc.WhatIf([fc.Edit("without", name=HOSTILE[1])], name="<u>w</u>")
    moved = fc.WhatIf([fc.Edit("move", name=HOSTILE[0], rank=3)], name=HOSTILE[2])
    return fc.make_report(forecast, title="<i>title</i>", what_ifs=[dropped, moved], everywhere=True, by=["2026-02-27"])


ELEMENTS = frozenset(
    [
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "a",
        "header",
        "h1",
        "bdi",
        "p",
        "nav",
        "ul",
        "li",
        "main",
        "section",
        "h2",
        "h3",
        "h4",
        "strong",
        "div",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "button",
        "span",
        "img",
        "figure",
        "svg",
        "line",
        "text",
        "path",
        "circle",
        "rect",
        "details",
        "summary",
        "script",
        "footer",
        "label",
        "input",
    ]
)
"""All that a page is made of."""


class Page(HTMLParser):
    """A page taken apart: texts of elements, attributes, and whatever could act."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.scripts: list[str] = []
        self._in = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in = tag

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def handle_data(self, data: str) -> None:
        (self.scripts if self._in in ("script", "style") else self.text).append(data)

    def said(self) -> str:
        """All text, spaces folded."""
        return " ".join(" ".join(self.text).split())


def tables(html: str, mark: str = "") -> list[list[list[str]]]:
    """Cells of the bodies of all tables that have a mark in their tag."""
    found = []
    for table in re.findall(rf"<table[^>]*{mark}.*?</table>", html, re.DOTALL):
        rows = re.findall(r"<tr.*?</tr>", table.split("<tbody>")[1], re.DOTALL)
        cells = [re.findall(r"<(?:td|th)[^>]*>(.*?)</(?:td|th)>", row, re.DOTALL) for row in rows]
        found.append([[Page(cell).said() for cell in row] for row in cells])
    return found


# Numbers ---------------------------------------------------------------------------------------------------------------


def test_page_json_csv_and_workbook_hold_the_same_numbers() -> None:
    files = made().files()
    told = json.loads(files["forecast.json"])
    listed = list(csv.DictReader(io.StringIO(str(files["forecast.csv"]))))
    sheet = fastexcel.read_excel(bytes(files["forecast.xlsx"])).load_sheet("Features").to_polars().to_dicts()
    (page,) = tables(str(files["index.html"]), 'id="all"')
    assert len(told["features"]) == len(listed) == len(sheet) == len(page) == len(base().features)
    for feature, row, cells, shown in zip(told["features"], listed, sheet, page, strict=True):
        assert feature["name"] == row["feature"] == cells["Feature"] == shown[1]
        assert feature["dates"]["0.85"] == row["p85"] == str(cells["85 % sure by"])[:10]
        assert say_date(feature["dates"]["0.85"]) == shown[7]
        assert say_chance_of(feature, told) == shown[4]
        chance = None if feature["chance"] is None else pytest.approx(feature["chance"])
        assert (float(row["chance"]) if row["chance"] else None) == chance
        assert cells["Chance"] == chance


def test_the_json_is_what_run_prints_and_more() -> None:
    told = json.loads(made().files()["forecast.json"])
    printed = json.loads(json.dumps(base().to_dict()))
    for feature, same in zip(told["features"], printed["features"], strict=True):
        assert {key: feature[key] for key in same} == same
    assert told["provenance"] == printed["provenance"]
    assert {"portfolio", "objectives", "check", "backtest", "what_ifs"} <= told.keys()


def test_every_date_and_chance_on_the_page_is_one_of_the_forecast() -> None:
    """Nothing is said that stands nowhere in the JSON: dates of levels, dues, joint dates, ends of sprints and intervals."""
    report = made()
    said = Page(report.html).said()
    told = json.loads(report.files()["forecast.json"])
    known = {say_date(date) for date in re.findall(r"\d{4}-\d\d-\d\d", json.dumps(told))}
    for name in base().features:
        known |= {say_date(day) for day in base().interval(name, 0.85)}
    found = set(re.findall(r"\b\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4}\b", said))
    assert len(found) > 60
    assert found - known <= {say_date(base().roadmap.start)}


def test_the_page_is_in_order() -> None:
    heads = re.findall(r'<h2 id="([a-z-]+)"', made().html)
    assert heads == [
        "promises",
        "risks",
        "quarters",
        "roadmap",
        "objectives",
        "features",
        "what-ifs",
        "teams",
        "trust",
        "provenance",
    ]
    assert made().html.index('class="answer"') < made().html.index('id="promises"')


def test_the_chances_by_month_are_those_of_the_forecast() -> None:
    (months,) = tables(made().html, 'class="months"')
    for row, name in zip(months, base().features, strict=True):
        chance = base().chance(name, by="2026-03-31")
        shown = row[1].replace("▽", "").strip()
        expected = "" if chance == 0 else say_chance(chance, base().runs)
        assert shown == expected, name


def test_other_levels_are_those_of_the_bars() -> None:
    report = fc.make_report(base(), levels=(0.2, 0.5, 0.9), has_pictures=False)
    assert "a dot at 20 %, a dark bar to 50 %, a thin one to 90 %" in Page(report.html).said()
    assert fc.make_report(base(), levels=(0.5, 0.9), has_pictures=False).facts.bars == (0.5, 0.85, 0.95)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("held (88 %, give or take)", "held (88\u00a0%, give or take)"),
        ("in > 99 % and < 1 % of 1,000.5 %", "in >\u00a099\u00a0% and <\u00a01\u00a0% of 1,000.5\u00a0%"),
        ("<b> 5 <i> %", "<b> 5 <i> %"),
        ("a > b, 10 runs", "a > b, 10 runs"),
    ],
)
def test_no_line_ends_before_a_percent_sign(text: str, whole: str) -> None:
    assert keep_whole(text) == whole


def test_what_ifs_are_compared_side_by_side() -> None:
    report = made()
    impact = fc.compare(base(), base().again(base().roadmap.without("Loyalty points")))
    side = next(table for table in tables(report.html) if len(table) == 2 and len(table[0]) == 6)
    assert [row[0] for row in side] == ["SSO first", "What-if 2"]
    assert side[1][1] == (", ".join(impact.breaks) or "none")
    assert side[1][3:5] == [str(len(impact.slips)), str(len(impact.gains))]
    assert {"what-if-1", "what-if-2"} <= {each.shot.name for each in report.drawn}


def test_what_is_added_is_tried_at_every_rank() -> None:
    report = made()
    sso = fc.Feature("SSO", {"Web": (5, 8, 14)}, due="2026-04-30")
    found = fc.frontier(base(), sso)
    told = json.loads(str(report.files()["forecast.json"]))
    assert [each["frontier"] and each["frontier"]["feature"] for each in told["what_ifs"]] == ["SSO", None]
    assert told["what_ifs"][0]["frontier"] == json.loads(json.dumps(found.to_dict()))
    (ranks,) = tables(report.html.partition("At every rank")[2].partition("</table>")[0] + "</table>")
    assert [row[1] for row in ranks] == [say_date(each.date) for each in found.positions]
    assert [bool(row[-1]) for row in ranks] == [each.is_best for each in found.positions]
    (choice,) = [row[0] for row in ranks if "(recommended)" in row[0]]
    assert choice.startswith(str(found.recommended.rank))
    assert found.reason in Page(report.html).said()
    assert found.reason in report.markdown
    sheet = fastexcel.read_excel(bytes(report.files()["forecast.xlsx"])).load_sheet("Every rank").to_polars().to_dicts()
    assert [row["Harm"] for row in sheet] == [pytest.approx(each.harm) for each in found.positions]
    assert [row["Rank"] for row in sheet if row["Recommended"]] == [found.recommended.rank]
    assert {"frontier-1"} == {each.shot.name for each in report.drawn if each.shot.name.startswith("frontier")}


def test_what_to_promise_is_told_day_by_day() -> None:
    report = made()
    told = json.loads(str(report.files()["forecast.json"]))
    assert [each["commitment"]["by"] for each in told["quarters"]] == ["2026-06-30", "2026-09-30"]
    promise = fc.commit(base(), by="2026-06-30")
    assert told["quarters"][0]["commitment"] == json.loads(json.dumps(promise.to_dict()))
    assert set(promise.features) <= set(
        told["quarters"][1]["commitment"]["features"]
    )  # later days keep what was promised
    said = Page(report.html).said()
    for sentence in [*say_promise(promise), *say_lines(promise)]:
        assert sentence in said
    shares = fc.allocate(base(), by="2026-06-30").to_dict()
    assert say_allocation(shares) in said
    assert quiet(say_allocation(shares)) in report.markdown
    assert told["quarters"][0]["allocation"] == json.loads(json.dumps(shares))
    (rows,) = tables(report.html.partition("The features by line")[2].partition("</table>")[0] + "</table>")
    lines = [row for row in promise.table().to_dicts() if row["line"] != "beyond"]
    assert [row[:3] for row in rows] == [
        [row["feature"], row["line"], say_chance(row["chance"], base().runs)] for row in lines
    ]
    workbook = fastexcel.read_excel(bytes(report.files()["forecast.xlsx"]))
    sheet = workbook.load_sheet("What to promise").to_polars().to_dicts()
    assert [row["Feature"] for row in sheet if str(row["By"])[:10] == "2026-06-30"] == list(promise.alone)
    assert workbook.load_sheet("Where capacity goes").to_polars().height > 20
    names = {each.shot.name for each in report.drawn}
    assert {"commitment-1", "commitment-2", "allocation-1", "allocation-2"} <= names


def test_everywhere_needs_one_feature_to_try() -> None:
    dropped = fc.WhatIf([fc.Edit("without", name="Loyalty points")])
    with pytest.raises(fc.Fault, match="adds or moves one feature"):
        fc.make_report(base(), what_ifs=[dropped], everywhere=True, has_pictures=False)


def test_a_feature_without_promise_history_or_objective_is_reported_too() -> None:
    roadmap = fc.Roadmap("2026-01-05", ["Web", "API"], [fc.Feature("A", {"Web": 3}), fc.Feature("B", {"API": 1})])
    forecast = fc.simulate(roadmap, fc.History.from_counts({"Web": [1, 2]}), runs=50, throughput=fc.Bootstrap())
    report = fc.make_report(forecast, has_pictures=False)
    said = Page(report.html).said()
    assert "no date" in said
    assert "Team &quot;API&quot; has no history" in report.html or 'Team "API" has no history' in said
    assert "At risk" not in said
    assert "Objective" not in said
    assert "NaN" not in report.files()["forecast.json"]


def test_what_cannot_be_reported_on_is_refused() -> None:
    for thing in (base().together(["Login", "Checkout"]), "data/example", None):
        with pytest.raises(fc.Fault, match="whole roadmap"):
            fc.make_report(thing)  # type: ignore[arg-type]


# Pictures --------------------------------------------------------------------------------------------------------------


def test_every_chart_is_there_as_png_and_svg_and_the_page_shows_them() -> None:
    files = made().files()
    names = {name for name in files if name.startswith("charts/")}
    stems = {name.rsplit(".", 1)[0] for name in names}
    assert names == {f"{stem}.{kind}" for stem in stems for kind in ("png", "svg")}
    assert {"charts/dates", "charts/heatmap", "charts/burn-up", "charts/days", "charts/calibration"} <= stems
    assert sum(stem.startswith("charts/curve-") for stem in stems) == len(base().roadmap.promises)
    for name in names:
        data = files[name]
        assert isinstance(data, bytes)
        assert data.startswith(b"\x89PNG") if name.endswith("png") else ET.fromstring(data).tag.endswith("svg")
    shown = [attrs["src"] for tag, attrs in Page(made().html).tags if tag == "img"]
    assert len(shown) == sum(each.shot.is_shown for each in made().drawn)
    assert all(source and source.startswith("data:image/svg+xml;base64,") for source in shown)
    assert all(attrs.get("alt") for tag, attrs in Page(made().html).tags if tag == "img")


def test_images_of_the_page_change_colours_at_night() -> None:
    svg = next(each.svg.decode() for each in made().drawn if each.shot.name == "dates")
    dyed = dye(svg)
    body = dyed.split("</style>", 1)[1]
    assert not any(color in body for color in AT_NIGHT)
    assert "prefers-color-scheme:dark" in dyed
    assert ET.fromstring(dyed).tag.endswith("svg")


def test_curves_of_the_page_end_where_the_dates_are() -> None:
    """The first mark of the first curve stands at the share of its level."""
    row = made().story["rows"][1]
    heights = {text.split(":")[0]: y for _, y, text in row["curve"].levels}
    assert heights == {"50 %": 80.0, "85 %": pytest.approx(33.8), "95 %": pytest.approx(20.6)}
    assert row["curve"].path.startswith("M38 146H")


# What acts -------------------------------------------------------------------------------------------------------------


def test_hostile_names_do_nothing_in_the_page() -> None:
    page = Page(hostile().html)
    assert {tag for tag, _ in page.tags} <= ELEMENTS
    assert len(page.scripts) == 2
    assert not any("alert" in script for script in page.scripts)
    for tag, attrs in page.tags:
        assert not any(name.startswith("on") or name == "style" for name in attrs), tag
        for name in ("href", "src"):
            value = attrs.get(name)
            assert value is None or value.startswith(("#", "data:image/svg+xml;base64,", "forecast.")), value
    said = page.said()
    for name in (HOSTILE[0], HOSTILE[1], HOSTILE[3], HOSTILE[7], HOSTILE[10], HOSTILE[11]):
        assert name in said
    assert "\u202e" not in hostile().html
    assert "\\u202eto left" in said


def test_the_policy_lets_nothing_in_but_the_page_itself() -> None:
    import base64
    import hashlib

    page = Page(hostile().html)
    policy = next(attrs["content"] for tag, attrs in page.tags if attrs.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    assert "unsafe" not in policy
    assert "http" not in policy
    for rule, text in zip(("style-src", "script-src"), page.scripts, strict=True):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"


def test_hostile_names_do_nothing_in_the_tables() -> None:
    files = hostile().files()
    for row in csv.reader(io.StringIO(str(files["forecast.csv"]))):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for cell in row), row
    told = json.loads(files["forecast.json"])
    assert [feature["name"] for feature in told["features"]] == [*HOSTILE, "waits"]
    book = zipfile.ZipFile(io.BytesIO(bytes(files["forecast.xlsx"])))
    sheets = [book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/")]
    assert sheets
    assert not any("<f>" in sheet or "<hyperlink" in sheet for sheet in sheets)
    names = fastexcel.read_excel(bytes(files["forecast.xlsx"])).load_sheet("Features").to_polars()["Feature"].to_list()
    assert names == [*HOSTILE, "waits"]


def test_hostile_names_do_nothing_in_the_pictures() -> None:
    for each in hostile().drawn:
        tags = {element.tag.rsplit("}", 1)[-1] for element in ET.fromstring(each.svg).iter()}
        assert not tags & {"script", "foreignObject", "a", "image", "b", "i"}


def test_hostile_names_do_nothing_in_markdown() -> None:
    text = hostile().markdown
    assert "<script" not in text.replace("\\<script", "")
    assert not re.search(r"(?<!\\)\]\((?!$)", text)
    rows = [line for line in text.splitlines() if line.startswith("| ") and "xxx" in line]
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 7 for row in rows[1:])
    assert "@everyone" not in text
    assert "https://" not in text
    assert "www.example" not in text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("plain text, 85 % (at most)", "plain text, 85 % (at most)"),
        ("a|b*c_d`e", "a\\|b\\*c\\_d\\`e"),
        ("- item", "\\- item"),
        ("1. item", "1\\. item"),
        ("12) item", "12\\) item"),
        ("<b>&amp;", "\\<b\\>\\&amp;"),
        ("two\nlines", "two lines"),
        ("hand-off", "hand-off"),
    ],
)
def test_markdown_is_quiet(text: str, said: str) -> None:
    assert quiet(text) == said


def test_anchors_are_plain_and_differ() -> None:
    anchors = find_anchors(["Login", "login", "Log-in!", "漢字", "Über größe", "<script>", "x" * 300, "x" * 299])
    assert len(set(anchors.values())) == 8
    assert all(re.fullmatch(r"f-[a-z0-9-]+", anchor) for anchor in anchors.values())
    assert anchors["Login"] == "f-login"
    assert anchors["Über größe"] == "f-uber-groe"


# Files -----------------------------------------------------------------------------------------------------------------


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["report", *map(str, arguments), "--runs", "300"])


def test_the_same_inputs_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert run(EXAMPLE, "--out", tmp_path / name, "--title", "x").exit_code == 0
    one, two = (
        {str(path.relative_to(tmp_path / name)): path.read_bytes() for path in (tmp_path / name).rglob("*.*")}
        for name in ("one", "two")
    )
    assert one == two
    assert len(one) > 40
    assert len(one["index.html"]) < 1_500_000


def test_a_report_does_not_ask_what_day_it_is() -> None:
    """Its date is the roadmap's start, so that it is the same tomorrow."""
    package = Path(fc.__file__).parent
    asks = re.compile(r"\b(today|now|localtime)\(\)")
    assert asks.search("dt.date.today()")
    for path in [*package.glob("report/*.py"), *package.glob("charts/*.py")]:
        assert not asks.search(path.read_text("utf-8")), path.name


def test_nothing_is_overwritten_but_by_force(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("mine", "utf-8")
    result = run(EXAMPLE, "--out", tmp_path)
    assert result.exit_code == 3
    assert "--force" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]
    assert (tmp_path / "index.html").read_text("utf-8") == "mine"
    assert run(EXAMPLE, "--out", tmp_path, "--force").exit_code == 0
    assert "<!DOCTYPE html>" in (tmp_path / "index.html").read_text("utf-8")


def test_markdown_goes_to_standard_output(tmp_path: Path) -> None:
    result = run(EXAMPLE, "--markdown", "-q")
    assert result.exit_code == 0
    assert result.stdout.startswith("# example: delivery forecast\n")
    assert "| Checkout | 12 Jun 2026 |" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "--out FOLDER"),
        (("--out", "x", "--markdown"), 2, "one of the two"),
        (("--out", "x", "--what-if", "absent.toml"), 3, "absent.toml"),
        (("--out", "x", "--everywhere"), 2, "--what-if FILE"),
        (("--out", "x", "--by", "soon"), 3, "soon"),
        (("--out", "x", "--by", "Q2", "--by", "2026-Q2"), 3, "it is given twice"),
        (("--out", "x", "--json"), 2, "No such option"),
    ],
)
def test_wrong_usage_is_told_and_nothing_written(
    arguments: tuple[str, ...], code: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(EXAMPLE, *arguments)
    assert result.exit_code == code, result.output
    assert said in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["titanium-2012-05-01", "titanium-2016-04-15"])
def test_real_portfolios_are_reported_on(name: str) -> None:
    if not (SHARED_DATA / name).is_dir():
        pytest.skip(f"{SHARED_DATA / name} is not there")
    report = fc.make_report(fc.simulate(*fc.read(SHARED_DATA / name), runs=300, seed=SEED), has_pictures=False)
    said = Page(report.html).said()
    assert "Nothing is promised yet" in said
    for row in report.story["rows"]:
        assert row["name"] in said
