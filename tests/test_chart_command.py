"""`forecast chart`: which files it writes, and what it refuses."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import forecast as fc
from forecast.charts import SIZES, gallery
from forecast.cli import cli
from forecast.commands import chart as command

EXAMPLE = Path(__file__).parents[1] / "data" / "example"
PNG = b"\x89PNG\r\n\x1a\n"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["chart", *map(str, arguments), "--runs", "300"])


def size_of(png: bytes) -> tuple[int, int]:
    assert png.startswith(PNG)
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def portfolio(folder: Path, count: int) -> Path:
    """So many features of two objectives."""
    features = "".join(
        f'[[feature]]\nname = "F{n}"\nobjective = "Goal {n % 2}"\nwork = {{ Web = 2 }}\n' for n in range(count)
    )
    folder.mkdir()
    (folder / "roadmap.toml").write_text(f"start = 2026-01-05\nhistory = {{ Web = [3, 5, 2] }}\n{features}", "utf-8")
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        ("dates",),
        ("heatmap",),
        ("curve", "--feature", "Checkout"),
        ("burn-up",),
        ("burn-up", "--team", "Web"),
        ("throughput", "--team", "Web"),
        ("slips", "--what-if", "sso.toml"),
        ("frontier", "--what-if", "sso.toml"),
        ("commitment", "--by", "Q2"),
        ("allocation", "--by", "2026-06-30"),
    ],
    ids=" ".join,
)
def test_every_chart_is_written(arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("sso.toml").write_text('[[edit]]\ninsert = "SSO"\nrank = 1\nwork = { Web = 4 }\n', "utf-8")
    result = run(arguments[0], EXAMPLE, *arguments[1:], "-o", tmp_path / "chart.svg")
    assert (result.exit_code, result.stdout) == (0, "")
    assert (
        result.stderr.splitlines()[-1] == f"Written: {tmp_path / 'chart.svg'}."
    )  # after a word on compiling, if need be
    assert ET.parse(tmp_path / "chart.svg").getroot().tag.endswith("svg")


def test_the_command_knows_every_chart_and_kind() -> None:
    assert set(command.NAMES) == set(gallery.CHARTS)
    assert {kind[1:] for kind in command.KINDS} == set(gallery.KINDS)


@pytest.mark.parametrize("size", list(SIZES))
def test_a_size_is_kept_to_the_dot(size: str, tmp_path: Path) -> None:
    assert run("dates", EXAMPLE, "-o", tmp_path / "a.PNG", "--size", size, "--dpi", "60").exit_code == 0
    width, height = SIZES[size]
    assert size_of((tmp_path / "a.PNG").read_bytes()) == (int(60 * width), int(60 * height))


def test_dots_an_inch_scale_the_picture(tmp_path: Path) -> None:
    for dpi in ("50", "100"):
        assert run("burn-up", EXAMPLE, "-o", tmp_path / f"{dpi}.png", "--dpi", dpi).exit_code == 0
    small, large = (size_of((tmp_path / f"{dpi}.png").read_bytes()) for dpi in ("50", "100"))
    assert large == (2 * small[0], 2 * small[1])


def test_the_picture_is_the_one_that_python_makes(tmp_path: Path) -> None:
    assert run("dates", EXAMPLE, "-o", tmp_path / "a.svg").exit_code == 0
    forecast = fc.simulate(*fc.read(EXAMPLE), runs=300)
    fc.charts.dates(forecast).figure.savefig(tmp_path / "b.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_many_features_go_to_several_files_or_the_pages_of_one_pdf(tmp_path: Path) -> None:
    folder = portfolio(tmp_path / "many", 90)
    result = run("dates", folder, "-o", tmp_path / "out.png")
    names = [f"out-{n}.png" for n in (1, 2, 3, 4)]  # two objectives of 45, each on two pictures
    assert sorted(path.name for path in tmp_path.glob("out*")) == names
    assert all(name in result.stderr for name in names)
    assert run("dates", folder, "-o", tmp_path / "out.pdf").exit_code == 0
    data = (tmp_path / "out.pdf").read_bytes()
    assert data.startswith(b"%PDF")
    assert data.count(b"/Type /Page\n") + data.count(b"/Type /Page ") == 4 or b"/Count 4" in data
    assert b"CreationDate" not in data


def test_nothing_is_overwritten_but_by_force(tmp_path: Path) -> None:
    target = tmp_path / "a.svg"
    target.write_text("mine", "utf-8")
    result = run("burn-up", EXAMPLE, "-o", target)
    assert result.exit_code == 3
    assert "--force" in result.stderr
    assert target.read_text("utf-8") == "mine"
    assert run("burn-up", EXAMPLE, "-o", target, "--force").exit_code == 0
    assert "<svg" in target.read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("gantt", "-o", "a.png"), 2, "'gantt' is not one of"),
        (("dates",), 2, "Missing option '-o'"),
        (("dates", "-o", "a.jpg"), 2, "has to end in .png, .svg or .pdf"),
        (("dates", "-o", "a.png", "--json"), 2, "No such option"),
        (("dates", "-o", "a.png", "--dpi", "5000"), 2, "40<=x<=600"),
        (("dates", "-o", "a.png", "--levels", "50,85"), 3, "give three levels"),
        (("curve", "-o", "a.png"), 3, "no feature; say which feature"),
        (("slips", "-o", "a.png"), 3, "no what-if; say which edits"),
        (("slips", "-o", "a.png", "--what-if", "absent.toml"), 3, "absent.toml"),
        (("commitment", "-o", "a.png"), 3, "no day; say by when"),
        (("commitment", "-o", "a.png", "--by", "soon"), 3, "soon"),
        (("dates", "-o", "a.png", "--by", "Q2"), 3, "it is not about one day; leave it out"),
        (("curve", "-o", "a.png", "--feature", "Chekout"), 3, 'Did you mean "Checkout"?'),
        (("throughput", "-o", "a.png"), 3, "no team"),
        (("throughput", "-o", "a.png", "--team", "Wep"), 3, 'Did you mean "Web"?'),
        (("dates", "-o", "a.png", "--team", "Web"), 3, "not about one team"),
    ],
)
def test_what_cannot_be_drawn_is_refused_and_nothing_is_written(
    arguments: tuple[str, ...], code: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(arguments[0], EXAMPLE, *arguments[1:])
    assert result.exit_code == code, result.output
    assert said in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [("frontier", "one feature is tried: add or move one"), ("dates", "it is not about one what-if; leave it out")],
)
def test_a_what_if_that_a_chart_cannot_take_is_refused(name: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "drop.toml").write_text('[[edit]]\ndrop = "Search"\n', "utf-8")
    result = run(name, EXAMPLE, "-o", tmp_path / "a.png", "--what-if", tmp_path / "drop.toml")
    assert result.exit_code == 3, result.output
    assert said in result.stderr
    assert not (tmp_path / "a.png").exists()


def test_characters_without_a_font_are_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from forecast.charts import canvas

    monkeypatch.setattr(canvas, "FALLBACKS", ())
    canvas.find_fonts.cache_clear()
    (tmp_path / "roadmap.toml").write_text(
        'start = 2026-01-05\nhistory = { Web = [3] }\n[[feature]]\nname = "漢"\nwork = { Web = 1 }\n', "utf-8"
    )
    try:
        assert "No font on this machine has 漢" in run("dates", tmp_path, "-o", tmp_path / "a.png").stderr
        assert "No font" not in run("dates", tmp_path, "-o", tmp_path / "a.svg").stderr
    finally:
        canvas.find_fonts.cache_clear()


def test_a_picture_that_is_too_large_is_refused() -> None:
    picture = fc.charts.burn_up(fc.simulate(*fc.read(EXAMPLE), runs=10)).figure
    assert isinstance(picture, fc.charts.Picture)
    with pytest.raises(fc.Fault, match="dots along one side"):
        gallery.render(picture, "png", 10_000)
    with pytest.raises(fc.Fault, match="png, svg or pdf"):
        gallery.render(picture, "gif")
