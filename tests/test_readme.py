"""What the README shows is what happens."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from forecast.cli import cli

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def shown(name: str) -> str:
    """The code block between the marks of that name."""
    block = re.search(rf"<!-- {name} -->\n```\w*\n(.*?)```\n<!-- /{name} -->", README, re.DOTALL)
    assert block, f"the README has no block marked {name}"
    return block[1]


def forecast(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "forecast", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True)


def test_the_table_of_the_example_is_the_one_that_is_printed() -> None:
    printed = forecast("run", "data/example", "-q").stdout
    assert [line.rstrip() for line in shown("example").splitlines()] == [line.rstrip() for line in printed.splitlines()]


def test_the_sentence_to_be_read_aloud_says_what_the_table_says() -> None:
    row = next(line for line in shown("example").splitlines() if line.startswith("Checkout"))
    due, chance, _, _, sure, _ = re.findall(r"\d+ \w{3} 2026|\d+ %|yes|NO", row)
    said = re.search(
        r"85 % sure of Checkout by (\d+ \w{3})\w*; the promise of (\d+ \w{3})\w* holds with (\d+ %)", README
    )
    assert said, "the README no longer says it"
    assert said.groups() == (sure.removesuffix(" 2026"), due.removesuffix(" 2026"), chance)


def test_the_python_example_runs(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(shown("python"), "README.md", "exec"), {})
    assert "Checkout" in capsys.readouterr().out


def test_every_option_of_a_command_is_described() -> None:
    given = [
        option for command in cli.commands.values() for option in command.params if isinstance(option, click.Option)
    ]
    options = {name for option in given for name in option.opts}
    described = set(re.findall(r"`(--?[a-z-]+)", README))
    described |= {
        name for line in re.findall(r"^\S*forecast .*", README, re.MULTILINE) for name in re.findall(r"--[a-z-]+", line)
    }
    assert options - {"--quiet", "--verbose"} <= described, f"not in the README: {sorted(options - described)}"
    assert described - options <= {"--constraint"}, f"not in a command: {sorted(described - options)}"


def test_every_command_is_shown() -> None:
    found = set(re.findall(r"(?:^\S*|`)forecast ([\w-]+)", README, re.MULTILINE))
    assert set(cli.commands) <= found


def test_the_calibration_is_the_one_that_was_measured() -> None:
    """The README quotes the report, which `scripts/calibrate.py` writes."""
    quoted = re.search(r"<!-- calibration -->\n> (.*?)\n<!-- /calibration -->", README, re.DOTALL)
    report = (ROOT / "reports" / "calibration" / "README.md").read_text(encoding="utf-8")
    assert quoted, "the README no longer quotes it"
    assert f"**{quoted[1]}**" in report


def test_the_sentence_of_the_what_if_is_the_one_that_is_printed(tmp_path: Path) -> None:
    feature = re.search(r"```toml\n(name = \"SSO\".*?)```", README, re.DOTALL)
    assert feature
    (tmp_path / "sso.toml").write_text(feature[1], encoding="utf-8")
    page = forecast("what-if", "data/example", "--add", str(tmp_path / "sso.toml"), "--rank", "1", "-q").stdout
    assert " ".join(shown("what-if").split()) == page.splitlines()[-2]


def test_the_remedies_are_those_that_are_printed(tmp_path: Path) -> None:
    feature = re.search(r"```toml\n(name = \"SSO\".*?)```", README, re.DOTALL)
    assert feature
    (tmp_path / "sso.toml").write_text(feature[1], encoding="utf-8")
    asked = ("--rank", "1", "--keep", "Checkout,Search", "-q")
    page = forecast("what-if", "data/example", "--add", str(tmp_path / "sso.toml"), *asked).stdout
    table, _, sentence = shown("keep").rpartition("\n\n")
    assert table in page
    assert " ".join(sentence.split()) == page.splitlines()[-2]


def test_the_promise_is_the_one_that_is_printed() -> None:
    page = forecast("commit", "data/example", "--by", "Q2", "-q").stdout
    assert page.startswith(shown("commit"))


def test_the_loss_of_a_team_is_the_one_that_is_printed() -> None:
    page = forecast("allocate", "data/example", "--by", "2026-06-30", "-q").stdout
    assert " ".join(shown("allocate").split()) in {" ".join(line.split()) for line in page.splitlines()}


def test_the_sentence_of_the_order_is_the_one_that_is_printed() -> None:
    page = forecast("order", "data/example", "--aim", "value", "--by", "2026-09-30", "-q").stdout
    assert " ".join(shown("order").split()) == page.splitlines()[-2]


def test_the_what_if_file_that_is_shown_can_be_played(tmp_path: Path) -> None:
    from forecast import read, read_what_if
    from forecast.whatif_file import VERBS

    (tmp_path / "what-if.toml").write_text(shown("edits"), encoding="utf-8")
    what_if = read_what_if(tmp_path / "what-if.toml")
    roadmap, _ = read(ROOT / "data" / "example")
    assert what_if.apply(roadmap).rank("SSO") == 1
    section = README[README.index("A `what-if.toml` keeps edits") : README.index("## From Python")]
    described = set(re.findall(r"\w+", section))
    assert {*VERBS} <= described
    assert {
        key for kind, _ in VERBS.values() if kind.__name__ != "InsertTable" for key in kind.model_fields
    } <= described | {*("name", "part", "team", "why")}


def test_every_key_of_the_files_is_described() -> None:
    from forecast import schema, sheets

    columns = {*sheets.FEATURE_COLUMNS, *sheets.THROUGHPUT_COLUMNS, "feature", "done"}
    tables = (schema.RoadmapTable, schema.TeamTable, schema.FeatureTable, schema.RiskTable, schema.CapacityTable)
    keys = {key for table in tables for key in table.model_fields} - {"team", "feature", "risk"}
    prose = re.sub(r"```.*?```", "", README, flags=re.DOTALL)
    described = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`\n]+)`", prose))))
    assert (columns | keys) <= described, sorted((columns | keys) - described)
