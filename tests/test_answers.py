"""Every command that answers a question ends alike: data in the form that was asked for, notes to standard error."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from forecast.cli import cli
from forecast.errors import Fault
from forecast.values import read_fresh_seed

COMMANDS = {
    "run": ("run",),
    "an edit": ("what-if", "--resize", "+G=50%"),
    "two what-ifs": ("what-if", "--drop", "+G", "--versus", "other.toml"),
    "everywhere": ("what-if", "--move", "-H", "--everywhere"),
    "remedies": ("what-if", "--move", "-H", "--rank", "1", "--keep", "=F"),
    "commit": ("commit", "--by", "Q1"),
    "objectives": ("objectives", "--by", "Q1"),
    "order": ("order", "--aim", "delay"),
    "allocate": ("allocate", "--by", "Q1"),
    "backtest": ("backtest",),
}


@pytest.fixture
def portfolio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Names that a spreadsheet would take for formulas, a promise that breaks, and a team that cannot be forecast."""
    monkeypatch.chdir(tmp_path)
    Path("other.toml").write_text('[[edit]]\ndrop = "=F"\n', encoding="utf-8")
    Path("roadmap.toml").write_text(
        "start = 2026-01-05\nhistory = { '@A' = [3, 5, 2, 4, 4, 0, 7, 5], B = [0, 0] }\n"
        '[[feature]]\nname = "=F"\nwork = { "@A" = 9 }\ndue = 2026-03-27\nobjective = "@Run"\n'
        '[[feature]]\nname = "+G"\nwork = { "@A" = 4 }\n'
        '[[feature]]\nname = "-H"\nwork = { "@A" = 20 }\n'
        '[[feature]]\nname = "Lost"\nwork = { B = 4 }\n',
        encoding="utf-8",
    )
    return str(tmp_path)


def ask(portfolio: str, command: tuple[str, ...], *how: str) -> Result:
    name, *options = command
    result = CliRunner().invoke(cli, [name, portfolio, *options, "--runs", "60", "--throughput", "bootstrap", *how])
    assert result.exit_code == 0, result.output
    return result


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_notes_are_told_whatever_the_form_and_never_when_quiet(portfolio: str, command: tuple[str, ...]) -> None:
    told = {how: ask(portfolio, command, *how) for how in ((), ("--json",), ("--csv",))}
    notes = {how: [line for line in each.stderr.splitlines() if line[:6] == "Note: "] for how, each in told.items()}
    assert notes[()]
    assert notes[()] == notes[("--json",)] == notes[("--csv",)]
    assert not any("Note: " in each.stdout for each in told.values())
    assert ask(portfolio, command, "--json", "-q").stderr == ""
    assert ask(portfolio, command, "--csv", "-q").stdout == told[("--csv",)].stdout


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_json_says_which_schema_it_has_and_where_it_is_from(portfolio: str, command: tuple[str, ...]) -> None:
    numbers = json.loads(ask(portfolio, command, "--json").stdout)
    for each in numbers if isinstance(numbers, list) else [numbers]:
        assert each["schema"] == 1
        assert isinstance(each["notes"], list)
        assert each["provenance"]["runs"] == 60


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_too_few_runs_for_the_level_are_told_alike(portfolio: str, command: tuple[str, ...]) -> None:
    told = {runs: ask(portfolio, command, "--json", "--runs", str(runs)) for runs in (20, 60)}
    said = "20 runs are too few to tell 85 %: what is 85 % sure may lie beyond all of them. Take 1,000 or more."
    assert f"Note: {said}" in told[20].stderr.splitlines()
    numbers = json.loads(told[20].stdout)
    assert said in (numbers[0] if isinstance(numbers, list) else numbers)["notes"]
    assert "too few" not in told[60].stderr
    if command[0] in ("commit", "objectives") or "--keep" in command:
        assert (
            "Note: 20 runs are too few to tell 99 %: "
            in ask(portfolio, command, "--level", "99", "--runs", "20").stderr
        )


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_no_cell_of_a_table_is_taken_for_a_formula(portfolio: str, command: tuple[str, ...]) -> None:
    rows = list(csv.reader(io.StringIO(ask(portfolio, command, "--csv", "-q").stdout)))
    cells = [cell for row in rows for cell in row]
    assert len(rows) > 1
    assert not any(cell[:1] in "=+@-" and not is_number(cell) for cell in cells if cell)
    if command[0] not in ("objectives", "allocate", "backtest"):
        assert any(cell.startswith(("'=F", "move -H")) for cell in cells)


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_a_cell_that_is_a_formula_is_found() -> None:
    assert not is_number("=F")
    assert is_number("-28.7")


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_json_ends_with_a_line_and_holds_no_nan(portfolio: str, command: tuple[str, ...]) -> None:
    text = ask(portfolio, command, "--json", "-q").stdout
    assert text.endswith(("}\n", "]\n"))

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    assert json.loads(text, parse_constant=refuse)


def test_fresh_runs_have_a_seed_of_their_own() -> None:
    assert [read_fresh_seed(None, used, "x") for used in (-(2**63), -1, 0, 2**63 - 1)] == [1 - 2**63, 0, 1, -(2**63)]
    given = read_fresh_seed(np.int64(7), 8, "x")
    assert (given, type(given)) == (7, int)
    with pytest.raises(Fault, match="x: seed = 7; the forecast has this seed; fresh runs need another one"):
        read_fresh_seed(7, 7, "x")
    with pytest.raises(Fault, match="a whole number"):
        read_fresh_seed("7", 7, "x")
