"""The scoreboard: a backtest as text for people. Every number is taken from what `to_dict()` of it gives."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from forecast.errors import escape
from forecast.ruled import rule_table
from forecast.wording import Told, say_level

MOST_TEAMS = 12
WORD = "\u00a0"
LEGEND = (
    "Chance: as many teams as perfect forecasts would show, at most. Off by: how far what held was from what was said, in "
    "points. Loss: pinball loss in percent of the work that was asked about; less is better. Width: how many times as far away "
    "the {level} date is as the even one. Teams count the same; a forecast that tied with the truth is decided by lot."
)
LEGEND_OF_ROADMAPS = (
    "Two, all: by the joint {level} date of two neighbours, of the whole roadmap. Times as far: how many times as far away the "
    "typical {level} date was as the real one."
)


def render(told: Told, roadmaps: Told | None = None) -> str:
    """A backtest as text for standard output: the sentence, what it means, and the tables behind it.

    told : what `Backtest.to_dict()` gives; roadmaps : what `Hindsight.to_dict()` gives, if there were past roadmaps
    """
    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
    blocks: list[str | Table] = [told["summary"]["sentence"], told["summary"]["meaning"]]
    if told["summary"]["is_enough"]:
        legend = LEGEND.format(level=say_level(told["summary"]["level"]))
        blocks += ["", build_questions(told), "", build_models(told), legend, ""]
        blocks += [build_teams(told)] if _judged_teams(told) else []
        blocks += _say_others(told)
    if roadmaps is not None:
        blocks += ["", roadmaps["summary"]["sentence"], roadmaps["summary"]["meaning"]]
        if roadmaps["features"]:
            blocks += ["", build_roadmaps(roadmaps)]
            blocks.append(LEGEND_OF_ROADMAPS.format(level=say_level(roadmaps["summary"]["level"])))
    tables = [block for block in blocks if isinstance(block, Table)]
    needed = [Measurement.get(console, console.options.update(width=10_000), table).maximum for table in tables]
    width = console.width
    console.width = max([width, *needed])  # a line that is folded by the terminal is better than one that is cut off
    with console.capture() as capture:
        for block in blocks:
            _print(console, block, width)
        _print(console, say_provenance(told), width, "dim")
    text = capture.get()
    return text if console.is_terminal else "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def _print(console: Console, block: str | Table, width: int, style: str = "") -> None:
    if isinstance(block, Table):
        console.print(block)
        return
    line = block.replace(" %", WORD + "%")
    folded = textwrap.wrap(line, width, break_on_hyphens=False) if console.is_terminal and line else [line]
    for each in folded:
        console.print(Text(each.replace(WORD, " "), style), soft_wrap=True)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = rule_table()
    for k, head in enumerate(heads):
        table.add_column(head, justify="right" if k else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def build_questions(told: Told) -> Table:
    """One row per question: how often the judged model's answers held at each level, and how many teams are far below."""
    judged = next(model for model in told["models"] if model["is_judged"])
    perfect = {row["question"]: row for row in told["perfect"]}
    levels = [float(level) for level in told["provenance"]["levels"]]
    below = next(iter(told["perfect"]))["below"]
    rows = []
    for asked in judged["questions"]:
        chance = perfect[asked["question"]]
        teams = f"{chance['teams_below']} of {chance['teams']} (chance: {chance['teams_below_if_perfect']})"
        cells = [_percent(asked["coverage"][f"{level:g}"]) for level in levels]
        name = asked["question"]
        rows.append([name[0].upper() + name[1:], *cells, f"{asked['forecasts']:,}", teams if chance["teams"] else "-"])
    heads = [escape(judged["model"]), *(f"{say_level(level)}\nheld" for level in levels), "Forecasts"]
    return _table([*heads, f"Teams under {say_level(below)}\nat {say_level(told['summary']['level'])}"], rows)


def build_models(told: Told) -> Table:
    """One row per model: mean coverage over the questions, and how good its answers were."""
    levels = [float(level) for level in told["provenance"]["levels"]]
    rows = []
    for model in told["models"]:
        asked = model["questions"]
        shares = [
            [each["coverage"][f"{level:g}"] for each in asked if each["coverage"][f"{level:g}"]] for level in levels
        ]
        cells = [f"{100 * sum(one['share'] for one in each) / len(each):.0f} %" if each else "-" for each in shares]
        losses = [each["pinball"] for each in asked if each["pinball"] is not None]
        loss = f"{100 * sum(losses) / len(losses):.1f} %" if losses else "-"
        width = next((f"{each['width']:.2f}" for each in asked if each["width"] is not None), "-")
        off = "-" if model["calibration_error"] is None else f"{100 * model['calibration_error']:.1f}"
        rows.append([escape(model["model"]), *cells, off, loss, width])
    return _table(
        ["All questions", *(f"{say_level(level)}\nheld" for level in levels), "Off by", "Loss", "Width"], rows
    )


def build_teams(told: Told) -> Table:
    """One row per team that can be judged alone, the one whose forecasts held least first."""
    rows = [
        [
            escape(row["team"]),
            str(row["sprints"]),
            str(row["origins"]),
            _percent(row["coverage"]),
            _give_or_take(row["coverage"]),
        ]
        for row in _judged_teams(told)[:MOST_TEAMS]
    ]
    level = say_level(told["summary"]["level"])
    return _table(["Team", "Sprints", "Origins", f"{level}\nheld", "give or\ntake"], rows)


def _judged_teams(told: Told) -> list[Told]:
    return [row for row in told["teams"] if row["is_enough"]]


def _say_others(told: Told) -> list[str]:
    lines = []
    more = len(_judged_teams(told)) - MOST_TEAMS
    if more > 0:
        lines.append(f"{more} more team{'' if more == 1 else 's'} held more often; --json has them all.")
    few = [row for row in told["teams"] if not row["is_enough"] and row["origins"]]
    if few:
        named = ", ".join(f"{escape(row['team'])} ({row['origins']})" for row in few[:MOST_TEAMS])
        others = " and others" if len(few) > MOST_TEAMS else ""
        lines.append(f"Too few past dates to forecast from, to be judged alone: {named}{others}.")
    return lines


def build_roadmaps(told: Told) -> Table:
    """One row per model: how often the dates of features held, of each alone, of two together, and of whole roadmaps."""
    levels = [float(level) for level in told["provenance"]["levels"]]
    level = f"{told['summary']['level']:g}"
    said = say_level(told["summary"]["level"])
    rows = []
    for model in told["models"]:
        cells = [_percent(model["alone"]["coverage"][f"{each:g}"]) for each in levels]
        far = "-" if model["horizon"] is None else f"{model['horizon']:.1f}"
        joint = [_percent(model[of]["coverage"][level]) for of in ("pairs", "together")]
        rows.append([escape(model["model"]), *cells, *joint, far])
    heads = ["Dates of features", *(f"{say_level(each)}\nheld" for each in levels)]
    return _table([*heads, f"Two,\n{said}", f"All,\n{said}", "Times\nas far"], rows)


def _percent(coverage: Told | None) -> str:
    return "-" if coverage is None else f"{100 * coverage['share']:.0f} %"


def _give_or_take(coverage: Told | None) -> str:
    return "-" if coverage is None else f"{max(1, round(200 * coverage['error']))}"


def say_provenance(told: Told) -> str:
    """What it takes to get the same backtest again, in one line."""
    origin = told["provenance"]
    runs = f"{origin['runs']:,} runs a forecast, seed {origin['seed']}"
    return f"{runs}, forecast {origin['version']}, inputs {origin['inputs_sha256'][:12]}"
