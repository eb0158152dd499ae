"""The report in a real browser: at desktop and phone width, light, dark and on paper, and looked at by an accessibility checker.

Takes a Chromium by its path, and axe-core where `.ci/run` puts it; without them these tests are skipped, saying so. With
FORECAST_SCREENSHOTS set, the pictures that they take stay in that folder.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers import SEED

import forecast as fc

ROOT = Path(__file__).parents[1]
AXE = ROOT / "build" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

DESKTOP, PHONE, PAPER = (1280, 900), (390, 844), (718, 1000)
"""Width and height; PAPER is A4 without its margins."""

WAYS: dict[str, dict[str, Any]] = {
    "desktop": {"size": DESKTOP},
    "dark": {"size": DESKTOP, "color_scheme": "dark"},
    "phone": {"size": PHONE},
    "phone dark": {"size": PHONE, "color_scheme": "dark"},
    "print": {"size": PAPER, "media": "print"},
}


def hostile() -> fc.Forecast:
    names = [
        "<script>alert(1)</script>",
        "</script><img src=x onerror=alert(2)>",
        "x" * 300,
        "a b " * 70,
        "עברית \u202e 漢字",
    ]
    features = [
        fc.Feature(name, {"<b>Web</b>": n + 1}, due="2026-01-20", objective=names[-n]) for n, name in enumerate(names)
    ]
    history = fc.History.from_counts({"<b>Web</b>": [3, 5, 0, 4] * 4})
    return fc.simulate(fc.Roadmap("2026-01-05", ["<b>Web</b>"], features), history, runs=200, seed=SEED)


def single() -> fc.Forecast:
    roadmap = fc.Roadmap("2026-01-05", ["Web"], [fc.Feature("Only", {"Web": 5})])
    return fc.simulate(roadmap, fc.History.from_counts({"Web": [3, 0]}), runs=100, seed=SEED)


def example() -> fc.Forecast:
    return fc.simulate(*fc.read(ROOT / "data" / "example"), runs=500, seed=SEED)


def many() -> fc.Forecast:
    features = [
        fc.Feature(
            f"Feature {n}",
            {"Web" if n % 2 else "API": 2},
            due="2026-06-01" if n % 3 else None,
            objective=f"Goal {n % 4}",
        )
        for n in range(60)
    ]
    history = fc.History.from_counts({"Web": [9, 12, 8, 3] * 4, "API": [9, 0, 14, 11] * 4})
    return fc.simulate(fc.Roadmap("2026-01-05", ["Web", "API"], features), history, runs=200, seed=SEED)


MAKERS = {"example": example, "hostile": hostile, "single": single, "many": many}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    path = os.environ.get("FORECAST_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("there is no Chromium; set FORECAST_CHROMIUM to its path")
    arguments = ["--no-sandbox"] if hasattr(os, "getuid") and os.getuid() == 0 else []
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=arguments)
        yield running
        running.close()


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("reports")
    for name, make in MAKERS.items():
        forecast = make()
        drop = fc.WhatIf([fc.Edit("without", name=forecast.features[-1])], name=f"without the last of {name}")
        fc.make_report(forecast, title=name, what_ifs=[drop] if name in ("example", "hostile") else []).write(
            folder / name
        )
    return {name: folder / name / "index.html" for name in MAKERS}


class Visit:
    """A page that is open, and all that went wrong or went out since."""

    def __init__(
        self, browser: Any, report: Path, size: tuple[int, int], media: str | None = None, **options: Any
    ) -> None:
        self.context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
        self.page = self.context.new_page()
        self.wrong: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.wrong.append(message.text))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.wrong.append("a dialog"), dialog.dismiss()))
        self.page.on("request", lambda request: self.asked.append(request.url))
        if media:
            self.page.emulate_media(media=media)
        self.page.goto(report.as_uri())

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    def went_out(self, report: Path) -> list[str]:
        """Requests other than for the page itself and what it holds."""
        return [url for url in self.asked if not url.startswith("data:") and url.split("#")[0] != report.as_uri()]

    def open_all(self) -> None:
        self.page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")

    def wide(self) -> list[str]:
        """Elements that stick out of the window, other than in a box that scrolls."""
        script = """() => [...document.querySelectorAll('body *')].filter(each => {
            const box = each.getBoundingClientRect();
            return box.width && box.right > innerWidth + 1 && !each.closest('.scroll') && !each.closest('.skip');
        }).map(each => each.outerHTML.slice(0, 80))"""
        found: list[str] = self.page.evaluate(script)
        return found


VISITS = [
    *((name, way) for name in ("example", "hostile", "single") for way in WAYS),
    ("many", "desktop"),
    ("many", "phone"),
]


@pytest.mark.parametrize(("name", "way"), VISITS)
def test_nothing_goes_wrong_goes_out_or_sticks_out(
    name: str, way: str, browser: Any, reports: dict[str, Path], tmp_path: Path
) -> None:
    with Visit(browser, reports[name], **WAYS[way]) as visit:
        visit.open_all()
        kept = Path(os.environ.get("FORECAST_SCREENSHOTS") or tmp_path)
        visit.page.screenshot(path=kept / f"{name}-{way}.png", full_page=True)
        assert (kept / f"{name}-{way}.png").stat().st_size > 20_000
        assert visit.wrong == []
        assert visit.went_out(reports[name]) == []
        assert visit.wide() == []
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= WAYS[way]["size"][0]
        loaded = visit.page.evaluate("[...document.images].map(each => each.complete && each.naturalWidth)")
        assert loaded
        assert all(loaded)


def test_on_a_phone_promises_fit_and_pictures_can_be_read(browser: Any, reports: dict[str, Path]) -> None:
    with Visit(browser, reports["example"], PHONE) as visit:
        visit.open_all()
        promises = "document.querySelector('.scroll[aria-label=Promises]')"
        assert visit.page.evaluate(f"{promises}.scrollWidth - {promises}.clientWidth") <= 0
        shrunk = (
            "[...document.querySelectorAll('figure img')].map(each => each.clientWidth / each.getAttribute('width'))"
        )
        assert min(visit.page.evaluate(shrunk)) > 0.6


@pytest.mark.parametrize("name", ["example", "hostile"])
def test_on_paper_every_table_fits(name: str, browser: Any, reports: dict[str, Path]) -> None:
    with Visit(browser, reports[name], (703, 1000), media="print") as visit:
        wide = "[...document.querySelectorAll('table')].map(each => each.getBoundingClientRect().right)"
        rights = visit.page.evaluate(wide)
        assert len(rights) >= 3
        assert max(rights) <= 704


def test_on_paper_heads_hold_no_box_that_chromium_would_leave_out_of_the_next_page(
    browser: Any, reports: dict[str, Path]
) -> None:
    """A button has a box of its own, which is painted on the first page of a table alone; on the screen it is one."""
    ask = "() => [...document.querySelectorAll('thead button')].map(each => getComputedStyle(each).display)"
    with Visit(browser, reports["example"], (703, 1000)) as visit:
        assert "contents" not in visit.page.evaluate(ask)
        visit.page.emulate_media(media="print")
        shown = visit.page.evaluate(ask)
        assert len(shown) > 10
        assert set(shown) == {"contents"}


def test_no_label_of_a_curve_is_cut_off(browser: Any, reports: dict[str, Path]) -> None:
    with Visit(browser, reports["example"], DESKTOP) as visit:
        visit.open_all()
        labels = """[...document.querySelectorAll('.feature svg text')].map(each => {
            const box = each.getBBox(); return [each.textContent, box.x, box.x + box.width];
        })"""
        found = visit.page.evaluate(labels)
        assert len(found) > 100
        assert [each for each in found if each[1] < 0 or each[2] > 360] == []


def test_what_sticks_out_is_found(browser: Any, reports: dict[str, Path]) -> None:
    with Visit(browser, reports["single"], PHONE) as visit:
        visit.page.evaluate("document.querySelector('h1').append('x'.repeat(10), document.createElement('canvas'))")
        visit.page.evaluate("document.querySelector('canvas').width = 2000")
        assert visit.wide() != []


@pytest.mark.parametrize(
    ("name", "way"),
    [("example", "desktop"), ("example", "dark"), ("hostile", "phone"), ("single", "desktop"), ("many", "phone dark")],
)
def test_the_accessibility_checker_finds_nothing(name: str, way: str, browser: Any, reports: dict[str, Path]) -> None:
    if not AXE.is_file():
        pytest.skip(f"axe-core is not in {AXE.parent}; .ci/run puts it there")
    with Visit(browser, reports[name], bypass_csp=True, **WAYS[way]) as visit:
        visit.open_all()
        visit.page.evaluate(AXE.read_text("utf-8"))
        found = visit.page.evaluate("axe.run()")
        assert [(each["id"], [node["html"][:90] for node in each["nodes"][:2]]) for each in found["violations"]] == []
        assert len(found["passes"]) > 20


def test_at_night_page_and_charts_are_dark_and_on_paper_light(
    browser: Any, reports: dict[str, Path], tmp_path: Path
) -> None:
    def lightness(scheme: str, media: str | None) -> tuple[float, float]:
        """Of the page, and of the first chart: its mean, 0 to 255."""
        with Visit(browser, reports["example"], DESKTOP, media, color_scheme=scheme) as visit:
            image = visit.page.locator("figure img").first
            image.scroll_into_view_if_needed()
            image.screenshot(path=tmp_path / "chart.png")
            background = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
        numbers = [int(each) for each in background[4:-1].split(",")]
        return sum(numbers) / 3, mean_of(tmp_path / "chart.png")

    assert min(lightness("light", None)) > 200
    assert max(lightness("dark", None)) < 80
    assert lightness("dark", "print")[0] > 200


def mean_of(path: Path) -> float:
    from PIL import Image, ImageStat

    with Image.open(path) as image:
        return float(ImageStat.Stat(image.convert("L")).mean[0])


def test_tables_sort_by_what_is_clicked(browser: Any, reports: dict[str, Path]) -> None:
    with Visit(browser, reports["example"], DESKTOP) as visit:

        def column(number: int) -> list[str]:
            found: list[str] = visit.page.evaluate(
                f"[...document.querySelectorAll('#all tbody tr')].map(row => row.cells[{number}].dataset.v)"
            )
            return found

        before = column(0)
        visit.page.locator("#all th button", has_text="Chance").click()
        chances = [float(each) for each in column(4) if each]
        assert chances == sorted(chances)
        assert column(4)[len(chances) :] == [""] * (len(before) - len(chances))  # without a due date: last
        assert visit.page.locator("#all th[aria-sort=ascending]").inner_text().startswith("Chance")
        visit.page.locator("#all th button", has_text="Chance").click()
        assert [float(each) for each in column(4) if each] == chances[::-1]
        visit.page.locator("#all th button", has_text="Feature").click()
        assert column(1) == sorted(column(1), key=str.lower)
        visit.page.locator("#all th button", has_text="Rank").click()
        assert column(0) == before
        assert visit.wrong == []


def test_the_search_shows_what_holds_its_text(browser: Any, reports: dict[str, Path]) -> None:
    with Visit(browser, reports["example"], DESKTOP) as visit:
        visit.page.get_by_label("Find a feature").fill("  data ")
        shown = visit.page.evaluate(
            "[...document.querySelectorAll('#all tbody tr')].filter(r => !r.hidden).map(r => r.dataset.name)"
        )
        assert shown == ["Database consolidation", "Data residency"]
        assert visit.page.locator("details[data-name]:visible").count() == 2
        visit.page.get_by_label("Find a feature").fill("")
        assert visit.page.locator("#all tbody tr:visible").count() == 26


def test_a_link_opens_its_feature(browser: Any, reports: dict[str, Path]) -> None:
    with Visit(browser, reports["example"], DESKTOP) as visit:
        assert visit.page.locator("#f-checkout").get_attribute("open") is None
        visit.page.locator("#all a", has_text="Checkout").click()
        sync_api.expect(visit.page.locator("#f-checkout svg").first).to_be_in_viewport()
        assert visit.page.locator("#f-checkout").get_attribute("open") == ""
        visit.page.goto(f"{reports['example'].as_uri()}#f-search")
        sync_api.expect(visit.page.locator("#f-search svg").first).to_be_visible()


def test_on_paper_everything_is_open_and_afterwards_as_it_was(browser: Any, reports: dict[str, Path]) -> None:
    with Visit(browser, reports["example"], DESKTOP) as visit:
        count = visit.page.locator("details").count()
        visit.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert visit.page.locator("details[open]").count() == count > 26
        visit.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert visit.page.locator("details[open]").count() == 0
        for paper in ("A4", "Letter"):
            assert visit.page.pdf(format=paper).startswith(b"%PDF")


def test_the_policy_stops_what_would_be_smuggled_in(browser: Any, reports: dict[str, Path]) -> None:
    with Visit(browser, reports["example"], DESKTOP) as visit:
        visit.page.evaluate(
            """() => {
                const script = document.createElement('script');
                script.textContent = 'window.smuggled = 1';
                document.body.append(script);
                const image = new Image();
                image.src = 'http://127.0.0.1:9/x.png';
                document.body.append(image);
            }"""
        )
        visit.page.wait_for_timeout(100)
        assert visit.page.evaluate("window.smuggled") is None
        assert len(visit.wrong) >= 2  # both refusals stand on the console
        assert all("Content Security Policy" in each or "violates" in each for each in visit.wrong)
