"""The command line: what it prints where, how it ends, and that its numbers are everywhere the same."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from helpers import SHARED_DATA

import forecast as fc
from forecast import simulation
from forecast.cli import cli
from forecast.outcome import say_chance
from forecast.phrases import say_date
from forecast.wording import say_promises, say_provenance

ROOT = Path(__file__).parents[1]
EXAMPLE = str(ROOT / "data" / "example")
HEAVY = ("numba", "scipy", "polars", "matplotlib", "numpy", "pydantic", "rich")
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")

TOML = """
throughput = "bootstrap"
start = 2026-01-05
history = { Web = [3, 5, 2, 4, 0, 6, 2, 8], API = [0, 0] }
promise_level = 0.8
[[feature]]
name = "Login"
due = 2026-02-27
work = { Web = 9 }
[[feature]]
name = "Checkout"
objective = "Grow"
due = 2026-02-13
work = { Web = 9 }
[[feature]]
name = "Partner"
due = 2026-02-13
work = { API = 1 }
[[feature]]
name = "Review"
days = 5
due = 2026-01-09
[[feature]]
name = "Hoped for"
due = 2026-01-12
promised = false
work = { Web = 20 }
[[feature]]
name = "Kick-off"
due = 2026-01-05
"""


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(cli, ["run", *arguments], env=environment)


def in_a_process(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "forecast", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        **options,
    )


@pytest.fixture
def portfolio(tmp_path: Path) -> str:
    (tmp_path / "roadmap.toml").write_text(TOML, encoding="utf-8")
    return str(tmp_path)


def told(folder: str, *arguments: str) -> Any:
    result = run(folder, "--json", "-q", *arguments)
    assert result.exit_code == 0
    return json.loads(result.stdout)


# ---- the table


def test_the_table_reads_like_this(portfolio: str) -> None:
    result = run(portfolio, "--runs", "1000", "--levels", "50,80")
    numbers = told(portfolio, "--runs", "1000", "--levels", "50,80")
    login, checkout = numbers["features"][:2]
    chances = [say_chance(feature["chance"], 1000) for feature in (login, checkout)]
    dates = [[say_date(date) for date in feature["dates"].values()] for feature in (login, checkout)]
    assert [re.split(r"  +", line.strip()) for line in result.stdout.splitlines()] == [
        ["Holds at", "50 %", "80 %"],
        ["Feature", "Objective", "Due", "Chance", "80 %", "sure by", "sure by", "Note"],
        [result.stdout.splitlines()[2]],
        ["Login", "27 Feb 2026", chances[0], "yes", *dates[0]],
        ["Checkout", "Grow", "13 Feb 2026", chances[1], "NO", *dates[1]],
        ["Partner", "13 Feb 2026", "never", "NO", "no date", "no date", numbers["features"][2]["note"]],
        ["Review", "9 Jan 2026", "certain", "yes", "9 Jan 2026", "9 Jan 2026"],
        ["Hoped for", "12 Jan 2026", "< 1 %", *(say_date(date) for date in numbers["features"][4]["dates"].values())],
        ["Kick-off", "5 Jan 2026", "certain", "yes", "5 Jan 2026", "5 Jan 2026"],
        [""],
        [f"At 80 %, 3 of 5 promises hold; Checkout ({chances[1]}) and Partner (never) do not."],
        [f"What could be promised instead: Checkout by {dates[1][1]}."],
        ["No date can be promised for Partner."],
        [say_provenance(numbers)],
    ]
    assert result.stderr.splitlines()[-1] == f"Note: {numbers['notes'][0]}"


def test_a_due_date_before_the_start_is_never_kept(portfolio: str) -> None:
    path = Path(portfolio, "roadmap.toml")
    path.write_text(TOML.replace("2026-02-27", "2026-01-02"), encoding="utf-8")
    lines = run(portfolio, "--runs", "50", "--alone", "-q").stdout.splitlines()
    login = re.split(r"  +", next(line for line in lines if line.startswith("Login")))
    assert (login[1:4], login[-1]) == (["2 Jan 2026", "never", "NO"], "due before the forecast starts")
    assert "Login (never)" in next(line for line in lines if line.startswith("At 80 %"))
    assert (
        "Even with nothing else in the way, Login (never) would not: its due date is before the forecast starts."
        in lines
    )


def check_that_all_agree(folder: str, *arguments: str) -> None:
    """Table, sentences, CSV and JSON of one forecast hold the same numbers."""
    numbers = told(folder, *arguments)
    table = run(folder, "-q", *arguments).stdout.splitlines()
    rows = list(csv.DictReader(io.StringIO(run(folder, "--csv", "-q", *arguments).stdout)))
    assert len(rows) == len(numbers["features"])
    for feature, row, line in zip(numbers["features"], rows, table[3:], strict=False):
        dates = list(feature["dates"].values())
        assert row["feature"] == feature["name"]
        assert row["due"] == (feature["due"] or "")
        assert [row[column] or None for column in row if re.fullmatch(r"p[0-9.]+", column)] == dates
        assert (float(row["chance"]) if row["chance"] else None) == feature["chance"]
        expected = [feature["name"]]
        if feature["due"]:
            runs = numbers["provenance"]["runs"]
            expected += [say_date(feature["due"]), say_chance(feature["chance"], runs, feature["certain"])]
        if feature["is_promise"]:
            expected.append("yes" if feature["chance"] >= numbers["provenance"]["promise_level"] else "NO")
        is_told = [not (feature["vague"] and float(level) <= 0.5) for level in feature["dates"]]
        expected += [say_date(date) for date, told_too in zip(dates, is_told, strict=True) if told_too]
        cells = [cell for cell in re.split(r"  +", line) if cell not in (feature["objective"], feature["note"])]
        assert cells == expected
    behind = table[3 + len(rows) :]
    assert behind == ["", *say_promises(numbers), say_provenance(numbers)]


def test_table_sentences_csv_and_json_agree_on_the_example() -> None:
    check_that_all_agree(EXAMPLE, "--runs", "2000", "--levels", "50,85,97.5")


@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="the real portfolios are not beside the checkout")
@pytest.mark.parametrize("day", ["2012-05-01", "2013-05-15", "2014-05-15", "2016-04-15", "2018-08-01"])
def test_table_sentences_csv_and_json_agree_on_real_portfolios(day: str) -> None:
    check_that_all_agree(str(SHARED_DATA / f"titanium-{day}"), "--runs", "500", "--window", "26")


def test_the_sentences_say_what_the_numbers_say() -> None:
    numbers = told(EXAMPLE, "--runs", "2000")
    sentence, instead = say_promises(numbers)
    promises = [feature for feature in numbers["features"] if feature["is_promise"]]
    broken = [feature for feature in promises if feature["chance"] < 0.85]
    kept, all_of_them = map(int, re.findall(r"(\d+) of (\d+) promises", sentence)[0])
    assert (kept, all_of_them) == (len(promises) - len(broken), len(promises))
    assert re.findall(r"(?:; |, | and )([A-Z][A-Za-z ]+) \(([^)]+)\)", sentence) == [
        (feature["name"], say_chance(feature["chance"], 2000)) for feature in broken
    ]
    assert re.findall(r"(?:: |, | and )([A-Z][A-Za-z ]+) by (\d+ [A-Z][a-z]+ \d+)", instead) == [
        (feature["name"], say_date(feature["dates"]["0.85"])) for feature in broken
    ]


def tell(*promises: tuple[str, float], level: float = 0.85) -> Any:
    """A made-up forecast of promises with their chances; each has the 85 % date 2026-03-13."""
    features = [
        {"name": name, "chance": chance, "due": "2026-03-02", "is_promise": True, "certain": False}
        | {"dates": {"0.85": "2026-03-13"}}
        for name, chance in promises
    ]
    return {"features": features, "provenance": {"promise_level": level, "runs": 1000}}


def test_what_is_said_of_promises() -> None:
    assert say_promises(tell()) == ["No feature has a due date, so nothing is promised."]
    assert say_promises(tell(("A", 0.9))) == ["At 85 %, the one promise holds."]
    assert say_promises(tell(("A", 0.85), ("B", 1.0))) == ["At 85 %, all 2 promises hold."]
    assert say_promises(tell(("A", 0.5))) == [
        "At 85 %, the one promise does not hold: A (50 %).",
        "What could be promised instead: A by 13 Mar 2026.",
    ]
    assert (
        say_promises(tell(("A", 0.849), ("B", 0.0)))[0]
        == "At 85 %, none of the 2 promises holds: A (84 %) and B (< 1 %)."
    )
    assert say_promises(tell(("A", 0.9), ("B", 0.5)))[0] == "At 85 %, 1 of 2 promises holds; B (50 %) does not."
    assert say_promises(tell(("A", 0.5), ("B", 0.6), ("C", 0.7), ("D", 0.95), ("E", 1.0)))[0] == (
        "At 85 %, 2 of 5 promises hold; A (50 %), B (60 %) and C (70 %) do not."
    )
    assert say_promises(tell(("A", 0.9), ("B", 0.5), level=0.8))[1:] == []


def test_a_due_date_that_is_no_promise_is_no_promise(tmp_path: Path) -> None:
    toml = (
        'start = 2026-01-05\nhistory = {}\n[[feature]]\nname = "Review"\ndays = 5\ndue = 2026-01-09\npromised = false\n'
    )
    (tmp_path / "roadmap.toml").write_text(toml, encoding="utf-8")
    lines = run(str(tmp_path)).stdout.splitlines()
    assert "Holds" not in lines[0]
    assert lines[-2] == "No due date is a promise."


def test_chances_below_the_promise_level_are_never_rounded_up_to_it() -> None:
    numbers = told(EXAMPLE, "--runs", "2000")
    for feature in numbers["features"]:
        if feature["is_promise"] and feature["chance"] < 0.85:
            said = say_chance(feature["chance"], 2000)
            assert said.startswith("<") or int(said.split()[0]) < 85


def test_names_are_printed_as_they_are_and_act_on_nothing(tmp_path: Path) -> None:
    name = "[red]Boo[/red] \\u202e 日本語 :smile:"
    toml = f'start = 2026-01-05\nhistory = {{ Web = [1, 2, 3, 4, 5] }}\n[[feature]]\nname = "{name}"\n'
    toml += 'objective = "[b]"\nwork = { Web = 3 }\n'
    (tmp_path / "roadmap.toml").write_text(toml, encoding="utf-8")
    for environment in ({}, {"FORCE_COLOR": "1", "COLUMNS": "140"}):
        out = run(str(tmp_path), "--runs", "100", **environment).stdout
        assert "[red]Boo[/red] \\u202e 日本語 :smile:" in out
        assert "[b]" in out
        assert "\u202e" not in out


@pytest.mark.parametrize("width", [20, 60, 80, 100, 140])
def test_nothing_is_cut_off_on_a_terminal(portfolio: str, width: int) -> None:
    numbers = told(portfolio, "--runs", "500")
    result = run(portfolio, "--runs", "500", FORCE_COLOR="1", COLUMNS=str(width), NO_COLOR="1", TERM="xterm")
    out = ESCAPES.sub("", result.stdout)
    dates = [say_date(date) for feature in numbers["features"] for date in feature["dates"].values()]
    assert all(date in out for date in dates)
    assert "…" not in out
    said = re.sub(r"\s+", " ", out)
    assert all(sentence in said for sentence in say_promises(numbers))
    assert all(feature["note"] in said for feature in numbers["features"] if feature["note"] and width < 100)
    table = [line for line in out.splitlines() if "2026" in line or "no date" in line]
    assert max(map(len, out.splitlines())) <= max(width, 80), table


def test_colour_is_for_terminals_that_want_it(portfolio: str) -> None:
    assert "\x1b" not in run(portfolio, "--runs", "100").stdout
    assert "\x1b[31m" not in run(portfolio, "--runs", "100", FORCE_COLOR="1", NO_COLOR="1").stdout
    coloured = run(portfolio, "--runs", "100", FORCE_COLOR="1", TERM="xterm").stdout
    assert re.search(r"\x1b\[1;31m *NO\x1b\[0m", coloured)
    assert "NO" in run(portfolio, "--runs", "100").stdout


def test_a_name_longer_than_the_screen_stays_on_one_line_in_a_pipe(tmp_path: Path) -> None:
    name = "A very long name " * 20
    toml = f'start = 2026-01-05\nhistory = {{ Web = [1, 2, 3, 4, 5] }}\n[[feature]]\nname = "{name}"\nwork = {{ Web = 3 }}\n'
    (tmp_path / "roadmap.toml").write_text(toml, encoding="utf-8")
    lines = run(str(tmp_path), "--runs", "100").stdout.splitlines()
    assert lines[3].startswith(f"{name.strip()}  ")
    assert lines[3].endswith("2026")


# ---- options


def test_json_is_what_python_gives() -> None:
    expected = fc.simulate(*fc.read(EXAMPLE), runs=300, seed=7).to_dict((0.5, 0.85))
    assert told(EXAMPLE, "--runs", "300", "--seed", "7", "--levels", "50,85") == json.loads(json.dumps(expected))


def test_the_same_seed_gives_the_same_output_on_any_number_of_threads() -> None:
    outputs = {run(EXAMPLE, "--runs", "500", "--json", "-q", "--threads", str(count)).stdout for count in (1, 2, 3)}
    assert len(outputs) == 1
    assert run(EXAMPLE, "--runs", "500", "--json", "-q", "--seed", "-3").stdout not in outputs


def test_window_and_together_change_the_model_of_the_roadmap(tmp_path: Path) -> None:
    toml = 'start = 2026-01-05\nthroughput = { model = "bootstrap", window = 3 }\nhistory = { Web = [1, 2, 3, 4, 5] }\n'
    (tmp_path / "roadmap.toml").write_text(toml + '[[feature]]\nname = "A"\nwork = { Web = 3 }\n', encoding="utf-8")
    few = "--runs", "50"

    def model(*arguments: str) -> tuple[object, ...]:
        return tuple(told(str(tmp_path), *few, *arguments)["provenance"]["throughput"].values())

    assert model() == ("bootstrap", 3, False)
    assert model("--window", "2") == ("bootstrap", 2, False)
    assert model("--together") == ("bootstrap", 3, True)
    assert model("--throughput", "bootstrap") == ("bootstrap", None, False)
    lines = run(str(tmp_path), *few, "--window", "2", "--together").stdout.splitlines()
    assert lines[-1].startswith("50 runs, seed 0, bootstrap of 2 sprints (window 2), drawn together, forecast ")


def test_levels_are_columns_in_the_order_they_were_asked_for() -> None:
    result = run(EXAMPLE, "--runs", "100", "--levels", "95, 50%,97.5,50,100")
    assert re.split(r"  +", result.stdout.splitlines()[0].strip()) == ["Holds at", "95 %", "50 %", "97.5 %", "Latest"]
    assert list(told(EXAMPLE, "--runs", "100", "--levels", "95,97.5")["features"][0]["dates"]) == ["0.95", "0.975"]


USAGE_FAULTS = {
    "--levels 0.85": "Error: Invalid value for '--levels': 0.85 looks like a share; write percent: 85.",
    "--levels 50,x": "Error: Invalid value for '--levels': 'x' is no percentage; write a number like 85.",
    "--levels nan": "Error: Invalid value for '--levels': 'nan' is no percentage; write a number like 85.",
    "--levels 101": "Error: Invalid value for '--levels': 101 is out of range; a percentage is more than 0 and at most 100.",
    "--levels 0": "Error: Invalid value for '--levels': 0 is out of range; a percentage is more than 0 and at most 100.",
    "--levels 99.999": "Error: Invalid value for '--levels': 99.999 has too many decimals; two are more than enough.",
    "--levels ,": "Error: Invalid value for '--levels': '' is no percentage; write a number like 85.",
    "--fail-under 0.85": "Error: Invalid value for '--fail-under': 0.85 looks like a share; write percent: 85.",
    "--runs 0": "Error: Invalid value for '--runs': 0 is not in the range 1<=x<=10000000.",
    "--runs 10000001": "Error: Invalid value for '--runs': 10000001 is not in the range 1<=x<=10000000.",
    "--seed 1.5": "Error: Invalid value for '--seed': '1.5' is not a valid integer.",
    "--seed "
    + "9" * 5000: f"Error: Invalid value for '--seed': {'9' * 20}... has too many digits; 18 are more than enough.",
    "--window 0": "Error: Invalid value for '--window': 0 is not in the range x>=1.",
    "--threads 0": "Error: Invalid value for '--threads': 0 is not in the range x>=1.",
    "--throughput bootstrp": 'Error: throughput: model = "bootstrp"; choose one of: bootstrap, drift. Did you mean "bootstrap"?',
    "--json --csv": "Error: --json and --csv both print to standard output; choose one.",
    "-q -v": "Error: -q and -v contradict each other; choose one.",
}


@pytest.mark.parametrize("arguments", USAGE_FAULTS)
def test_wrong_usage_ends_with_2_and_says_what_to_write(arguments: str) -> None:
    result = run(EXAMPLE, *arguments.split(" "))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.splitlines()[-1] == USAGE_FAULTS[arguments]


# ---- how it ends


def test_refused_input_ends_with_3_and_a_line_for_each_fault(tmp_path: Path) -> None:
    toml = 'start = 2026-01-05\nhistory = { Web = [-1] }\n[[feature]]\nname = "A"\nwork = { Wbe = 1 }\n'
    (tmp_path / "roadmap.toml").write_text(toml + '[[team]]\nname = "Web"\n', encoding="utf-8")
    result = run(str(tmp_path))
    assert result.exit_code == 3
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        'roadmap.toml row 2: history: team "Web", sprint "1": done = -1; it cannot be less than 0',
        'roadmap.toml row 5: feature "A": work of "Wbe"; no such team in the roadmap. Did you mean "Web"?',
    ]


def test_a_model_that_the_history_cannot_serve_is_refused() -> None:
    result = run(EXAMPLE, "--together")
    assert (result.exit_code, result.stdout) == (3, "")
    assert len(result.stderr.splitlines()) == 1


def test_fail_under_ends_with_4_when_a_promise_is_below(portfolio: str) -> None:
    numbers = told(portfolio, "--runs", "500")
    login = say_chance(numbers["features"][0]["chance"], 500)
    checkout = say_chance(numbers["features"][1]["chance"], 500)
    result = run(portfolio, "--runs", "500", "-q", "--fail-under", "99")
    assert result.exit_code == 4
    assert result.stderr == f"Below 99 %: Login ({login}), Checkout ({checkout}) and Partner (never).\n"
    assert "Login" in result.stdout


def test_fail_under_ends_with_0_when_no_promise_is_below(tmp_path: Path, portfolio: str) -> None:
    (tmp_path / "roadmap.toml").write_text(TOML.replace("API = 1", "Web = 0"), encoding="utf-8")
    chances = [feature["chance"] for feature in told(portfolio, "--runs", "500")["features"] if feature["is_promise"]]
    percent = f"{100 * min(chances):g}"
    assert run(portfolio, "--runs", "500", "--fail-under", percent).exit_code == 0
    assert run(portfolio, "--runs", "500", "--fail-under", str(float(percent) + 0.1)).exit_code == 4


def raising(error: BaseException) -> Any:
    def simulate(*_: object, **__: object) -> None:
        raise error

    return simulate


def test_too_little_memory_and_an_interruption_are_said_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "simulate", raising(MemoryError()))
    result = run(EXAMPLE)
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (
        3,
        "There is not enough memory for this; ask for fewer --runs.",
    )
    monkeypatch.setattr(simulation, "simulate", raising(KeyboardInterrupt()))
    result = run(EXAMPLE)
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (130, "Stopped.")


def test_a_bug_ends_with_1_and_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "simulate", raising(KeyError("bug")))
    result = run(EXAMPLE)
    assert result.exit_code == 1
    assert isinstance(result.exception, KeyError)


# ---- standard output, standard error


def test_the_first_compilation_is_announced(monkeypatch: pytest.MonkeyPatch, portfolio: str) -> None:
    monkeypatch.setattr(simulation, "needs_compiling", lambda model: True)
    line = "Preparing the engine for this machine (once, about 30 seconds) ..."
    assert run(portfolio, "--runs", "50").stderr.splitlines()[0] == line
    assert run(portfolio, "--runs", "50", "-q").stderr == ""
    monkeypatch.setattr(simulation, "needs_compiling", lambda model: False)
    assert line not in run(portfolio, "--runs", "50").stderr


def test_verbose_says_what_was_read(portfolio: str) -> None:
    lines = run(portfolio, "--runs", "50", "-v").stderr.splitlines()
    assert "Read 6 features, 2 teams and 10 past sprints." in lines
    assert any(line.startswith("Simulated 50 runs; ") for line in lines)


def test_progress_is_for_terminals(portfolio: str) -> None:
    assert "Simulating" in run(portfolio, "--runs", "50", FORCE_COLOR="1").stderr
    assert "Simulating" not in run(portfolio, "--runs", "50").stderr
    assert "Simulating" not in run(portfolio, "--runs", "50", "-q", FORCE_COLOR="1").stderr


def test_python_m_forecast_keeps_data_and_notes_apart(portfolio: str) -> None:
    result = in_a_process("run", portfolio, "--runs", "100", "--json")
    assert result.returncode == 0
    assert json.loads(result.stdout)["provenance"]["runs"] == 100
    assert [line for line in result.stderr.splitlines() if not line.startswith("Preparing")] == [
        'Note: Team "API" has finished nothing in the history that is used: its features have no date.'
    ]


@pytest.mark.parametrize(
    ("arguments", "code"), [(["--json"], 0), ([], 0), (["--csv"], 0), (["--fail-under", "99", "-q"], 4)]
)
def test_a_reader_that_leaves_early_is_no_fault(portfolio: str, arguments: list[str], code: int) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        command = [sys.executable, "-m", "forecast", "run", portfolio, "--runs", "50", *arguments]
        result = subprocess.run(command, stdout=write_end, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False)
    finally:
        os.close(write_end)
    assert result.returncode == code
    assert "Traceback" not in result.stderr
    assert "BrokenPipe" not in result.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.parametrize("words", [["run", "--runs", "20", "-q"], ["--help"], ["run", "--help"]])
def test_a_full_disk_is_told_in_one_line(portfolio: str, words: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        result = subprocess.run(
            [sys.executable, "-m", "forecast", *words, *([portfolio] if "-q" in words else [])],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            check=False,
        )
    assert (result.returncode, result.stderr) == (3, "There is no room left to write the output to.\n")


@pytest.mark.skipif(os.name != "posix", reason="a shell closes the stream")
def test_closed_streams_are_no_fault(portfolio: str) -> None:
    words = shlex.join([sys.executable, "-m", "forecast", "run", portfolio, "--runs", "20"])
    for closed in (">&-", "2>&-", ">&- 2>&- <&-"):
        result = subprocess.run(f"{words} {closed}", shell=True, capture_output=True, text=True, cwd=ROOT, check=False)
        assert (result.returncode, "Traceback" in result.stderr) == (0, False)


def test_an_output_that_cannot_hold_a_name_gets_escapes(tmp_path: Path) -> None:
    toml = 'start = 2026-01-05\nhistory = { Web = [1, 2] }\n[[feature]]\nname = "Bücher 本"\nwork = { Web = 3 }\n'
    (tmp_path / "roadmap.toml").write_text(toml, encoding="utf-8")
    environment = os.environ | {"PYTHONIOENCODING": "latin-1"}
    command = [sys.executable, "-m", "forecast", "run", str(tmp_path), "--runs", "50"]
    result = subprocess.run(command, capture_output=True, encoding="latin-1", env=environment, cwd=ROOT, check=False)
    assert set(result.stdout.splitlines()[2]) == {"-"}
    assert "|" not in result.stdout
    assert result.returncode == 0
    assert "B\xfccher \\u672c" in result.stdout


# ---- help, and how light it is


def commands() -> list[click.Command]:
    return [cli, *cli.commands.values()]


def test_every_command_and_option_has_help() -> None:
    for command in commands():
        assert command.help
        for parameter in command.params:
            assert isinstance(parameter, click.Argument) or getattr(parameter, "help", None), parameter.name


def test_the_list_of_commands_can_be_read_to_the_end_and_begins_at_the_beginning() -> None:
    """In 80 columns no line of it is cut off; what one needs first stands first."""
    lines = CliRunner().invoke(cli, ["--help"], terminal_width=80).stdout.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in lines] == list(cli.commands)
    assert [line.split()[0] for line in lines][:4] == ["init", "import", "check", "run"]
    assert not [line for line in lines if not line.endswith(".") or line.endswith("...")]


@pytest.mark.parametrize(
    ("arguments", "instead"),
    [
        (("commit", "--by", "Q1"), " How sure to be is said with --level."),
        (("objectives", "--by", "Q1"), " How sure to be is said with --level."),
        (("allocate", "--by", "Q1"), ""),
        (("order", "--aim", "promises"), ""),
    ],
)
def test_levels_of_dates_are_not_offered_where_there_are_none(arguments: tuple[str, ...], instead: str) -> None:
    assert "--levels" not in CliRunner().invoke(cli, [arguments[0], "--help"]).stdout
    found = CliRunner().invoke(cli, [*arguments, EXAMPLE, "--runs", "50", "-q", "--levels", "90"])
    said = f"Note: --levels chooses the dates of a table, of which forecast {arguments[0]} has none.{instead}\n"
    assert (found.exit_code, found.stderr) == (0, said)
    plain = CliRunner().invoke(cli, [*arguments, EXAMPLE, "--runs", "50", "-q"])
    assert (plain.stderr, plain.stdout) == ("", found.stdout)


def test_the_help_of_run_shows_an_example() -> None:
    assert "forecast run data/example\n" in run("--help").stdout


def test_the_version_is_told() -> None:
    assert CliRunner().invoke(cli, ["--version"]).stdout == f"forecast {fc.__version__}\n"


def loaded_by(code: str) -> set[str]:
    """The heavy libraries that a line of Python loads."""
    script = f"import sys\ntry:\n    {code}\nexcept SystemExit: pass\nprint(*sys.modules, file=sys.stderr)"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    return {name for name in HEAVY if name in result.stderr.split()} | {"scipy.stats"} & set(result.stderr.split())


@pytest.mark.parametrize(
    "code",
    [
        "import forecast",
        "from forecast.cli import cli; cli(['--help'])",
        "from forecast.cli import cli; cli(['run', '--help'])",
        "from forecast.cli import cli; cli(['--version'])",
        "from forecast.cli import cli; cli(['run', '--levels', '0.85', 'nowhere'])",
    ],
)
def test_help_loads_nothing_heavy(code: str) -> None:
    assert loaded_by(code) == set()


def test_run_loads_only_what_it_needs(portfolio: str) -> None:
    reading = loaded_by(f"from forecast.cli import cli; cli(['run', {portfolio + '/nowhere'!r}])")
    assert not reading & {"numba", "scipy", "polars", "matplotlib", "rich"}
    for output in ([], ["--json"]):
        arguments = ["run", portfolio, "--runs", "20", *output]
        loaded = loaded_by(f"from forecast.cli import cli; cli({arguments!r})")
        assert not loaded & {"polars", "matplotlib", "scipy.stats"}
