"""The report of the example that is kept in the repository is the one that the README's first command writes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner

from forecast.cli import cli

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "reports" / "example"
README = (ROOT / "README.md").read_text(encoding="utf-8")
MOST_KEPT = 2_000_000
"""Bytes of the example that are kept."""

PINNED = dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / ".ci" / "constraints.txt").read_text("utf-8"), re.MULTILINE))


def first_command() -> list[str]:
    """The words of what the README's first command says last."""
    block = re.search(r"<!-- setup -->\n```sh\n(.*?)```", README, re.DOTALL)
    assert block
    return block[1].splitlines()[0].rpartition("-m forecast ")[2].split()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What the README's first command writes, elsewhere."""
    words, out = first_command(), tmp_path_factory.mktemp("report") / "ex ample"
    assert words[:3] == ["report", "data/example", "--out"]
    assert words[4:] == ["--force"]
    done = CliRunner().invoke(cli, ["report", str(ROOT / "data" / "example"), "--out", str(out), "-q"])
    assert done.exit_code == 0, done.output
    return {str(file.relative_to(out).as_posix()): file.read_bytes() for file in out.rglob("*") if file.is_file()}


def kept() -> dict[str, bytes]:
    """What is kept of it: all but the PNGs, whose bytes hang on the machine."""
    files = [file for file in KEPT.rglob("*") if file.is_file() and file.suffix != ".png"]
    return {str(file.relative_to(KEPT).as_posix()): file.read_bytes() for file in files}


def find_stale(written: Mapping[str, bytes], kept: Mapping[str, bytes]) -> list[str]:
    """Names of files that differ, or that only one of the two has."""
    wanted = {name: data for name, data in written.items() if not name.endswith(".png")}
    return sorted(name for name in {*wanted, *kept} if wanted.get(name) != kept.get(name))


def test_the_readme_writes_what_is_kept(written: dict[str, bytes]) -> None:
    stale = find_stale(written, kept())
    if version("matplotlib") != PINNED["matplotlib"] or version("xlsxwriter") != PINNED["xlsxwriter"]:
        stale = [name for name in stale if name in ("forecast.json", "forecast.csv")]
    assert not stale, f"run the README's first command again: {stale}"


def test_what_is_stale_is_found(written: dict[str, bytes]) -> None:
    assert find_stale(written, {**kept(), "forecast.csv": b"", "left.svg": b"x"}) == ["forecast.csv", "left.svg"]
    assert find_stale({**written, "charts/new.svg": b"x"}, kept()) == ["charts/new.svg"]


def test_it_is_small(written: dict[str, bytes]) -> None:
    assert len(written["index.html"]) < 1_500_000
    assert sum(map(len, kept().values())) < MOST_KEPT
    assert "reports/example/charts/*.png" in (ROOT / ".gitignore").read_text("utf-8").splitlines()


def test_the_pictures_of_the_readme_are_kept() -> None:
    shown = re.findall(r"!\[([^\]]*)\]\(([^)]*)\)", README)
    assert len(shown) >= 3
    for alt, path in shown:
        assert alt
        assert path.startswith("reports/example/charts/")
        assert (ROOT / path).suffix == ".svg"
        assert (ROOT / path).read_bytes()
    name = re.search(r"How sure (\w+) is by each day: an S-curve", README)
    assert name
    curve = next(path for alt, path in shown if "S-curve" in alt)
    assert f">{name[1]}<" in (ROOT / curve).read_text("utf-8")
