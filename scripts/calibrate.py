"""Writes reports/calibration: how often forecasts of real histories would have held, by data set, question and team.

    python scripts/calibrate.py [DATA]           DATA is ../shared/data if not given
    python scripts/calibrate.py --models drift   another model than the default; --runs, --seed, --out

Takes three to six minutes on one core. Equal data, seed and runs give equal bytes. Only aggregates are written, no line of
the histories. What is not there is skipped, and said to be.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from halves import LEAST_TEAMS, measure_halves, show_halves, tell_halves

import forecast as fc

ROOT = Path(__file__).resolve().parents[1]
MOST_SPRINTS = 170
"""Sprints of a series that are looked at, the oldest: later ones are mostly of projects that were being shut down."""
WARM_UP = 24
LEAST_SPRINTS = WARM_UP + 12
"""A series with fewer is not judged: no work could be followed to its end."""
FEW = (4, 5, 6)
CHOOSING_RUNS = 250
LEVEL = "0.85"
FAR_BELOW = 0.75
PLAIN = fc.Bootstrap(window=12)
Told = dict[str, Any]


@dataclass(frozen=True)
class Series:
    """Histories of one data set; every team is a series of its own, named after both. skipped : what was left out, and why."""

    name: str
    sprints: tuple[fc.Sprint, ...]
    skipped: tuple[str, ...] = ()

    @property
    def history(self) -> fc.History:
        """The oldest sprints of each series that is long enough."""
        whole = fc.History(self.sprints)
        kept = [team for team in whole.teams if len(whole.of(team)) >= LEAST_SPRINTS]
        return fc.History([row for team in kept for row in whole.of(team)[:MOST_SPRINTS]])


def read_series(data: Path, name: str, file: str) -> Series | None:
    """The series in a file with the columns team, sprint, start, end, items_done; None, and a line, when it is not there."""
    if not (data / file).is_file():
        print(f"skipped: {file} is not in {data}", file=sys.stderr)
        return None
    sprints, undated = [], 0
    with (data / file).open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            if row["start"] and row["end"] and row["items_done"]:
                team = f"{row['team']} ({name})"
                sprints.append(fc.Sprint(team, row["start"], row["end"], float(row["items_done"]), row["sprint"]))  # type: ignore[arg-type]
            else:
                undated += 1
    sizes = Counter(sprint.team.rsplit(" (", 1)[0] for sprint in sprints)
    short = sorted(f"{team} {size}" for team, size in sizes.items() if size < LEAST_SPRINTS)
    skipped = [f"fewer than {LEAST_SPRINTS} sprints: {', '.join(short)}"] if short else []
    skipped += [f"{undated} sprint{'' if undated == 1 else 's'} without dates or count"] if undated else []
    return Series(name, tuple(sprints), tuple(skipped))


SOURCES = {
    "14-day buckets": "titanium-items/throughput.csv",
    "real sprints": "titanium-items/sprints.csv",
    "rueedlinger": "rueedlinger/throughput.csv",
}


def trim(value: Any) -> Any:
    """Plain values with numbers of five decimals: enough, and the same on every machine."""
    if isinstance(value, dict):
        return {key: trim(each) for key, each in value.items()}
    if isinstance(value, list):
        return [trim(each) for each in value]
    return round(value, 5) if isinstance(value, float) else value


def join(histories: Iterable[fc.History]) -> fc.History:
    """Several histories as one."""
    return fc.History([sprint for history in histories for sprint in history.sprints])


def find_models(names: Sequence[str]) -> list[Any]:
    """The models that are compared: those named (or the default), then the rivals."""
    judged: Sequence[str | None] = names or [None]
    return [*judged, PLAIN, fc.Bootstrap(), fc.MeanRate(), fc.Poisson()]


def ask(history: fc.History, models: Sequence[Any], options: argparse.Namespace, **more: Any) -> Told:
    """A backtest as plain values."""
    asked = {"warm_up": WARM_UP, "runs": options.runs, "seed": options.seed} | more
    return fc.backtest(history, models=list(models), **asked).to_dict()


# Figures -----------------------------------------------------------------------------------------------------------------


def percent(coverage: Told | None) -> str:
    """A coverage with its standard error, in percent."""
    return "" if coverage is None else f"{100 * coverage['share']:.0f} ± {100 * coverage['error']:.0f}"


def count(coverage: Told | None) -> str:
    """How many held, of how many."""
    return "" if coverage is None else f"{coverage['held']} of {coverage['forecasts']}"


def share(value: float | None, digits: int = 3) -> str:
    """A number, or nothing."""
    return "" if value is None else f"{value:.{digits}f}"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines: list[Sequence[object]] = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(str(cell) for cell in line)} |\n" for line in lines)


def plain_of(told: Told) -> Told:
    """What a backtest tells of the plain bootstrap."""
    found: Told = next(model for model in told["models"] if model["model"] == "bootstrap (window 12)")
    return found


def show_models(told: Told) -> str:
    """A row per model and question."""
    plain = {asked["question"]: asked["pinball"] for asked in plain_of(told)["questions"]}
    rows = []
    for model in told["models"]:
        for asked in model["questions"]:
            before, loss = plain[asked["question"]], asked["pinball"]
            gain = "" if not before or loss is None else f"{100 * (loss / before - 1):+.0f} %"
            held = [percent(each) for each in asked["coverage"].values()]
            rows.append(
                [
                    model["model"],
                    asked["question"],
                    *held,
                    share(loss),
                    gain,
                    share(asked["crps"]),
                    share(asked["width"], 2),
                ]
            )
    levels = [f"{100 * float(level):g} %" for level in told["models"][0]["questions"][0]["coverage"]]
    return table(["model", "question", *levels, "pinball", "against plain", "CRPS", "width"], rows)


def show_errors(told: Told) -> str:
    """A row per model: the mean calibration error."""
    return table(
        ["model", "mean calibration error"], [[m["model"], share(m["calibration_error"])] for m in told["models"]]
    )


def show_teams(told: Told, plain: Told) -> str:
    """A row per team, the one that held least first, with the plain bootstrap beside it."""
    beside = {row["team"]: row["coverage"] for row in plain["teams"]}
    rows = []
    for row in told["teams"]:
        if row["is_enough"]:
            held = [row["coverage"], *row["questions"].values(), beside[row["team"]]]
            rows.append([row["team"], row["origins"], *map(percent, held)])
    questions = [asked["question"] for asked in told["models"][0]["questions"]]
    return table(["team", "origins", "85 % held, all questions", *questions, "plain bootstrap"], rows)


def show_perfect(told: Told, plain: Told) -> str:
    """A row per question: teams far below, here, with the plain bootstrap, and with perfect forecasts."""
    beside = {row["question"]: row["teams_below"] for row in plain["perfect"]}
    rows = [
        [row["question"], row["teams"], row["teams_below"], beside[row["question"]], row["teams_below_if_perfect"]]
        for row in told["perfect"]
    ]
    return table(["question", "teams", "under 75 %", "plain bootstrap", "perfect forecasts, at most (95 of 100)"], rows)


def show_histograms(told: Told) -> str:
    """A row per question: the share of answers in each tenth of the places, in percent."""
    rows = [[a["question"], *(f"{100 * each:.0f}" for each in a["pit"])] for a in told["models"][0]["questions"]]
    return table(["places", *(f"{10 * k}-{10 * k + 10}" for k in range(10))], rows)


def show_one_line(name: str, told: Told, of: int = 0) -> list[object]:
    """One model's coverage at 85 %, for each question, and its mean calibration error."""
    model = told["models"][of]
    held = [percent(asked["coverage"][LEVEL]) for asked in model["questions"]]
    return [name, model["model"], model["questions"][0]["teams"], *held, share(model["calibration_error"])]


# Releases ----------------------------------------------------------------------------------------------------------------


RELEASE = re.compile(r"[A-Za-z ]*[0-9]+\.[0-9]+\.[0-9]+.*")


def look_back(data: Path, model: Any, options: argparse.Namespace) -> dict[str, Told]:
    """The releases of all portfolios: with the known scope, and with growth, usual or learned from what was known then."""
    if not any(data.glob("*/actuals.csv")):
        print(f"skipped: no past portfolio in {data}", file=sys.stderr)
        return {}
    pasts = fc.read_past(data).roadmaps
    asked = {"models": [model, PLAIN], "runs": options.runs, "seed": options.seed}
    found = {"known scope": fc.look_back(pasts, **asked).to_dict()}
    usual = [replace(past, roadmap=replace(past.roadmap, growth=fc.Learned())) for past in pasts]
    found["usual growth"] = fc.look_back(usual, **asked).to_dict()
    items = read_items(data / "titanium-items" / "items.csv")
    if items:
        grown = [
            replace(past, roadmap=replace(past.roadmap, growth=learn_growth(past.roadmap, items))) for past in pasts
        ]
        found["learned growth"] = fc.look_back(grown, **asked).to_dict()
    return found


def learn_growth(roadmap: fc.Roadmap, items: Sequence[fc.Item]) -> fc.Learned:
    """The growth that items teach which were created, and closed, before the roadmap starts; later ones change no bit of it."""
    names = {
        feature.name.split(" (")[0]: feature.name for feature in roadmap.features
    }  # two projects share some versions
    named = [replace(item, feature=names.get(item.feature, item.feature)) for item in items]
    return fc.learn(fc.find_looks(named, roadmap))


def read_items(path: Path) -> list[fc.Item]:
    """The items of the archive, once for each release and epic that they belong to; none, and a line, when it is not there."""
    if not path.is_file():
        print(f"skipped: no {path}, so nothing is learned", file=sys.stderr)
        return []
    items = []
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            created = dt.date.fromisoformat(row["created"][:10])
            done = dt.date.fromisoformat(row["done"][:10]) if row["done"] else None
            names = [
                name
                for name in row["versions"].split("|")
                if RELEASE.fullmatch(name) and "sprint" not in name.casefold()
            ]
            names += [f"EPIC {row['epic']}"] if row["epic"] else []
            for name in names or [""]:
                items.append(fc.Item(row["team"], created, done, name, row["item"], row["delivered"] == "True"))
    return items


def show_releases(found: Mapping[str, Told]) -> str:
    """A row per model and way of sizing."""
    rows = []
    for name, told in found.items():
        for model in told["models"]:
            held = [count(each) for each in model["alone"]["coverage"].values()]
            counts = [count(model[of]["coverage"][LEVEL]) for of in ("pairs", "together")]
            rows.append([name, model["model"], *held, model["alone"]["undated"], share(model["horizon"], 2), *counts])
    heads = [
        "sizes",
        "model",
        "by the 50 % date",
        "85 %",
        "95 %",
        "no 85 % date, counted as held",
        "85 % date, times as far",
        "two together, 85 %",
    ]
    return table([*heads, "all of a date, 85 %"], rows)


def show_dates(told: Told) -> str:
    """A row per portfolio: how many of its releases came by their 85 % date."""
    rows = []
    for name in dict.fromkeys(row["roadmap"] for row in told["features"]):
        mine = [row for row in told["features"] if row["roadmap"] == name]
        held = sum(row["days_at"][LEVEL] is None or row["days"] <= row["days_at"][LEVEL] for row in mine)
        rows.append([name, len(mine), held])
    return table(["portfolio", "releases", "by their 85 % date"], rows)


# The report --------------------------------------------------------------------------------------------------------------


def measure(data: Path, options: argparse.Namespace) -> tuple[Told, list[Series]]:
    """All figures of the report."""
    series = [found for name, file in SOURCES.items() if (found := read_series(data, name, file))]
    models = find_models(options.models)
    judged, plain = models[0], [PLAIN]
    figures: Told = {"series": {each.name: list(each.skipped) for each in series}}
    if series:
        whole = join(each.history for each in series)
        teams = sorted(whole.teams)
        figures["all"] = ask(whole, models, options)
        figures["plain"] = ask(whole, plain, options)
        figures["by data set"] = {each.name: ask(each.history, [judged, PLAIN], options) for each in series}
        figures["halves"] = {
            name: ask(whole, [judged, PLAIN], options, teams=half)
            for name, half in (("first", teams[::2]), ("second", teams[1::2]))
        }
        if not options.models and len(teams) >= LEAST_TEAMS:
            figures["chosen"] = tell_halves(
                measure_halves(whole, WARM_UP, options.seed, min(options.runs, CHOOSING_RUNS))
            )
        figures["short"] = {str(few): ask(whole, [judged, PLAIN], options, visible=few) for few in FEW}
    figures["releases"] = look_back(data, judged, options)
    return figures, series


def write_report(figures: Told, series: Sequence[Series], options: argparse.Namespace) -> str:
    """The report as Markdown."""
    blocks = [
        "# How well the forecasts are calibrated",
        __doc__.split("\n\n")[0].replace("Writes reports/calibration: h", "H"),
    ]
    blocks.append("Written by `scripts/calibrate.py`; the figures are in `figures.json`, the teams' in `teams.csv`.")
    if "all" in figures:
        blocks += write_throughput(figures, series)
    if figures["releases"]:
        blocks += write_releases(figures["releases"])
    blocks.append(f"{options.runs:,} runs a forecast, seed {options.seed}, forecast {fc.__version__}.")
    return "\n\n".join(block.rstrip() for block in blocks) + "\n"


def write_throughput(figures: Told, series: Sequence[Series]) -> list[str]:
    """The part about throughput."""
    told, plain = figures["all"], figures["plain"]
    question = [asked["question"] for asked in told["models"][0]["questions"]]
    heads = ["model", "teams", *(f"{each}, 85 %" for each in question), "mean calibration error"]
    data = [[name, *show_one_line("", each, of)[1:]] for name, each in figures["by data set"].items() for of in (0, 1)]
    halves = [[name, *show_one_line("", each, of)[1:]] for name, each in figures["halves"].items() for of in (0, 1)]
    short = [[name, *show_one_line("", each, of)[1:]] for name, each in figures["short"].items() for of in (0, 1)]
    skipped = [f"- {each.name}: {reason}" for each in series for reason in each.skipped]
    return [
        "## How many, and when",
        f"**{told['summary']['sentence']}** {told['summary']['meaning']} "
        f"With the plain bootstrap: {plain['summary']['sentence']}",
        f"Every sprint after the first {WARM_UP} of each series (at most {MOST_SPRINTS} sprints, the oldest) was forecast from "
        "those before it: items in the next 3 and 6 sprints, and when 6 sprints' work (at the mean of the last 12) is done. "
        "Coverage in percent, with its standard error clustered by team; ties decided by lot; teams count the same.",
        show_models(told),
        show_errors(told),
        "Pinball and CRPS are shares of the work asked about. Width: how many times as far away the 85 % date is as the 50 % "
        "one. The plain bootstrap draws from the last twelve sprints, as comparable tools do.",
        "Tenths of the places (0-10: far better than forecast, 90-100: far worse), in percent; 10 everywhere is right:",
        show_histograms(told),
        "### By team, the worst first",
        show_teams(told, plain),
        "Teams under 75 % at 85 %, beside what perfect forecasts with as many overlapping origins would show:",
        show_perfect(told, plain),
        "### By data set",
        table(["data", *heads], data),
        "### One half of the teams, and the other",
        "Every second team in the order of the alphabet.",
        table(["half", *heads], halves),
        *write_chosen(figures.get("chosen")),
        "### Short histories",
        "The same origins, with only the newest 4, 5 or 6 sprints to be seen.",
        table(["sprints seen", *heads], short),
        "### What was left out",
        "\n".join(skipped) or "Nothing.",
    ]


def write_chosen(told: Told | None) -> list[str]:
    """The part about constants that are chosen on one half of the teams and read on the other; nothing for other models."""
    if told is None:
        return []
    heads, rows, sentence = show_halves(told)
    return [
        f"**Constants chosen on one half, and read on the other.** Of {told['tried']} sets of half-life, walk and pull the one "
        "with the least pinball loss (geometric mean of teams and questions) is chosen "
        f"({CHOOSING_RUNS} runs a forecast). What is chosen follows the teams: a half whose pace moved much wants more room "
        "than the other needs, and gives it too much; the defaults lie between.",
        table(heads, rows),
        sentence,
    ]


def write_releases(found: Mapping[str, Told]) -> list[str]:
    """The part about releases."""
    name, told = list(found.items())[-1]
    return [
        "## Releases",
        f"**{told['summary']['sentence']}** {told['summary']['meaning']} (Sizes: {name}.)",
        "Portfolios as they stood on five dates, from what was known then, against the day on which each release came out.",
        show_releases(found),
        f"By portfolio ({name}, {told['models'][0]['model']}):",
        show_dates(told),
        "Releases of one date share their luck: five dates are few. The standard error of a share is 7 to 10 points.",
    ]


def write_teams(told: Told, plain: Told) -> str:
    """Coverage at 85 % by team, as CSV."""
    beside = {row["team"]: row["coverage"] for row in plain["teams"]}
    lines = ["team,sprints,origins,question,held,forecasts,share,error,plain_share"]
    for row in told["teams"]:
        for question, held in (("all", row["coverage"]), *row["questions"].items()):
            if held:
                cells = [row["team"], row["sprints"], row["origins"], f'"{question}"', held["held"], held["forecasts"]]
                plain_share = f"{beside[row['team']]['share']:.4f}" if question == "all" else ""
                cells += [f"{held['share']:.4f}", f"{held['error']:.4f}", plain_share]
                lines.append(",".join(map(str, cells)))
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument(
        "--models", nargs="*", default=[], help="judged first, and others beside it; the default if not given"
    )
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=ROOT / "reports" / "calibration")
    options = parser.parse_args()
    if not options.data.is_dir():
        print(f"skipped: there is no {options.data}", file=sys.stderr)
        return
    began = time.monotonic()
    figures, series = measure(options.data, options)
    if "all" not in figures and not figures["releases"]:
        print(f"skipped: nothing to measure in {options.data}", file=sys.stderr)
        return
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "README.md").write_text(write_report(figures, series, options), encoding="utf-8")
    if "all" in figures:
        (options.out / "teams.csv").write_text(write_teams(figures["all"], figures["plain"]), encoding="utf-8")
    for told in figures["releases"].values():
        told["features"] = len(told["features"])  # aggregates only
    for part in ("by data set", "halves", "short"):
        for told in figures.get(part, {}).values():
            del told["teams"], told["perfect"], told["notes"]
    text = json.dumps(trim(figures), indent=1, sort_keys=True) + "\n"
    (options.out / "figures.json").write_text(text, encoding="utf-8")
    print(f"written to {options.out} in {time.monotonic() - began:.0f} seconds")


if __name__ == "__main__":
    main()
