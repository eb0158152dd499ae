"""Speed of `forecast` side by side with the loop that everybody writes and a C kernel written by hand.

    python scripts/bench.py                      everything; prints a table in Markdown
    python scripts/bench.py --positions          a feature at every position
    python scripts/bench.py --sizes small        one size; --repeats 5 for steadier figures

Each figure is the median of alternated repeats on fresh runs (runs that no earlier repeat has played, so that nothing is
learned by the branch predictor). Everything is measured as a whole `simulate` with its draws, one thread, unless said.
The C kernel (`kern.c`, not part of this project) is built and measured when its folder is there, and skipped otherwise.
"""

from __future__ import annotations

import argparse
import ctypes
import dataclasses
import os
import random
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import forecast as fc

YARDSTICK = Path(__file__).resolve().parents[2] / "shared" / "yardstick"
SPRINT_DAYS = 10
PLAIN = fc.Bootstrap()
"""What the yardsticks do; the default model is measured beside it."""

SIZES = {"small": (3, 20, 12, 0.0), "medium": (20, 300, 50, 1.5), "large": (100, 2000, 50, 1.5)}
RUNS = {"small": 40_000, "medium": 10_000, "large": 3_000}
LOOP_RUNS = {"small": 400, "medium": 12, "large": 2}


@dataclasses.dataclass(frozen=True)
class Portfolio:
    """A synthetic portfolio: sizes of (feature, team), what each feature waits for, past sprints of each team."""

    teams: int
    sizes: list[dict[int, float]]
    after: list[list[int]]
    history: list[list[float]]
    horizon: int


def make_portfolio(teams: int, features: int, sprints: int, links: float, seed: int = 1) -> Portfolio:
    """About 1.5 parts and `links` dependencies a feature, work for about 80 % of `sprints`, 20 past sprints around 10 items."""
    rng = np.random.default_rng(seed)
    counts = np.minimum(teams, 1 + rng.poisson(0.5, features))
    mean = 10 * sprints * 0.8 * teams / counts.sum()
    sizes, after = [], []
    for f in range(features):
        chosen = rng.choice(teams, counts[f], replace=False)
        sizes.append({int(t): float(max(1, round(rng.gamma(2.0, mean / 2)))) for t in chosen})
        after.append(sorted(rng.choice(f, min(f, rng.poisson(links)), replace=False).tolist()) if f else [])
    history = [
        [float(max(x, first == 0)) for first, x in enumerate(rng.negative_binomial(4, 4 / 14, 20))]
        for _ in range(teams)
    ]
    return Portfolio(teams, sizes, after, history, sprints * 3)


def as_roadmap(portfolio: Portfolio, handoff: str = "immediate", **options: object) -> tuple[fc.Roadmap, fc.History]:
    """The portfolio in the words of `forecast`; options: wip, lanes, lag, spread, growth."""
    wip, lanes, lag, spread = (options.get(name) for name in ("wip", "lanes", "lag", "spread"))
    allocation = {f"Objective {k}": 0.3 for k in range(int(lanes) - 1)} if lanes else None  # type: ignore[call-overload]
    teams = [fc.Team(f"T{t}", wip=int(wip or 1), allocation=allocation) for t in range(portfolio.teams)]  # type: ignore[call-overload]
    features = []
    for f, sizes in enumerate(portfolio.sizes):
        work = {f"T{t}": (0.7 * x, x, 1.8 * x) if spread else x for t, x in sizes.items()}
        features.append(
            fc.Feature(
                f"F{f}",
                work,
                after=[fc.After(f"F{g}", lag=lag or 0) for g in portfolio.after[f]],  # type: ignore[arg-type]
                objective=f"Objective {f % int(lanes)}" if lanes else None,  # type: ignore[call-overload]
            )
        )
    growth = options.get("growth")
    roadmap = fc.Roadmap("2026-01-05", teams, features, handoff=handoff, growth=growth)  # type: ignore[arg-type]
    return roadmap, fc.History.from_counts({f"T{t}": done for t, done in enumerate(portfolio.history)})


def play_loop(portfolio: Portfolio, runs: int, seed: int) -> list[list[float | None]]:
    """The plain loop: for each run, sprint and team, spend what the team finishes on its features in priority order."""
    rng = random.Random(seed)
    results = []
    for _ in range(runs):
        left = [{f: sizes[t] for f, sizes in enumerate(portfolio.sizes) if t in sizes} for t in range(portfolio.teams)]
        parts_left = [len(sizes) for sizes in portfolio.sizes]
        done: list[float | None] = [None] * len(portfolio.sizes)
        sprint = 0
        while None in done and sprint < portfolio.horizon:
            startable = [
                done[f] is None and all(done[g] is not None for g in portfolio.after[f]) for f in range(len(done))
            ]
            latest = [0.0] * len(done)
            for team in range(portfolio.teams):
                drawn = capacity = rng.choice(portfolio.history[team])
                for f in list(left[team]):
                    if capacity <= 0:
                        break
                    if startable[f]:
                        spent = min(capacity, left[team][f])
                        capacity -= spent
                        left[team][f] -= spent
                        if left[team][f] == 0:
                            del left[team][f]
                            parts_left[f] -= 1
                            latest[f] = max(latest[f], sprint + (drawn - capacity) / drawn)
                            if parts_left[f] == 0:
                                done[f] = latest[f]
            sprint += 1
        results.append(done)
    return results


class Kernel:
    """The C kernel, built into a folder of its own."""

    def __init__(self, source: Path, folder: Path) -> None:
        library = folder / "libkern.so"
        flags = ["-O3", "-march=native", "-ffp-contract=off", "-fopenmp", "-shared", "-fPIC"]
        subprocess.run(["gcc", *flags, "-o", str(library), str(source), "-lm"], check=True)
        self.run = ctypes.CDLL(str(library)).run

    def play(self, portfolio: Portfolio, runs: int, first: int, threads: int = 1) -> np.ndarray:
        """Finishes in sprints, (runs, features), of the runs from `first` on."""
        parts = sorted((t, f, x) for f, sizes in enumerate(portfolio.sizes) for t, x in sizes.items())
        team, feature = (np.array([part[k] for part in parts], np.int32) for k in (0, 1))
        work = np.array([part[2] for part in parts], np.float64)
        by_feature = np.argsort(feature, kind="stable").astype(np.int32)
        followers: list[list[int]] = [[] for _ in portfolio.sizes]
        for f, waits_for in enumerate(portfolio.after):
            for g in waits_for:
                followers[g].append(f)
        ends = np.cumsum([0, *map(len, followers)]).astype(np.int32)
        flat = np.array([f for row in followers for f in row] or [0], np.int32)
        indegree = np.array([len(row) for row in portfolio.after], np.int32)
        past = np.cumsum([0, *map(len, portfolio.history)]).astype(np.int32)
        rows = np.concatenate([np.array(row) for row in portfolio.history])
        t_start = np.searchsorted(team, np.arange(portfolio.teams + 1)).astype(np.int32)
        f_start = np.searchsorted(feature[by_feature], np.arange(len(portfolio.sizes) + 1)).astype(np.int32)
        wip = np.full(portfolio.teams, 10**6, np.int32)
        out = np.empty((runs, len(portfolio.sizes)), np.float32)
        arrays: list[np.ndarray] = [
            t_start,
            team,
            feature,
            work,
            f_start,
            by_feature,
            ends,
            flat,
            indegree,
            past,
            rows,
            wip,
        ]
        pointers = [array.ctypes.data_as(ctypes.c_void_p) for array in arrays]
        counts = [portfolio.teams, len(portfolio.sizes), len(parts), portfolio.horizon]
        self.run(
            *map(ctypes.c_int, counts),
            *pointers,
            ctypes.c_uint64(7),
            ctypes.c_long(first),
            ctypes.c_long(runs),
            out.ctypes.data_as(ctypes.c_void_p),
            ctypes.c_int(threads),
        )
        return out


def time_once(action: Callable[[], object]) -> float:
    """Seconds that one call takes."""
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def time_alternated(
    actions: dict[str, Callable[[int], object]], runs: dict[str, int], repeats: int
) -> dict[str, list[float]]:
    """Microseconds a run of each action in each repeat, taken in turn; an action gets the number of its repeat."""
    for action in actions.values():
        action(0)
    taken: dict[str, list[float]] = {name: [] for name in actions}
    for repeat in range(1, repeats + 1):
        for name, action in actions.items():
            taken[name].append(1e6 * time_once(partial(action, repeat)) / runs[name])
    return taken


VARIANTS: dict[str, dict[str, object]] = {
    "next-sprint": {"handoff": "next-sprint"},
    "a lag on every link": {"lag": 3},
    "wip 3": {"wip": 3},
    "sizes and growth drawn": {"spread": True, "growth": (1.0, 1.2, 1.6)},
    "three lanes": {"lanes": 3},
}


def measure(size: str, repeats: int, kernel: Kernel | None) -> dict[str, list[float]]:
    """Microseconds a run of everything that is compared on one size."""
    portfolio = make_portfolio(*SIZES[size])
    runs = RUNS[size]
    roadmap, history = as_roadmap(portfolio)

    def simulate(roadmap: fc.Roadmap, threads: int = 1, model: object = PLAIN) -> Callable[[int], object]:
        return lambda repeat: fc.simulate(roadmap, history, runs=runs, seed=repeat, threads=threads, throughput=model)

    actions: dict[str, Callable[[int], object]] = {"forecast": simulate(roadmap), "two threads": simulate(roadmap, 2)}
    if kernel is not None:
        actions["C kernel"] = lambda repeat: kernel.play(portfolio, runs, repeat * runs)
    actions["the default model"] = simulate(roadmap, model=None)
    for name, options in VARIANTS.items():
        if name != "a lag on every link" or any(portfolio.after):
            actions[name] = simulate(as_roadmap(portfolio, **options)[0])  # type: ignore[arg-type]
    actions["trace"] = trace_action(roadmap, history, runs)
    actions["play without trace"] = trace_action(roadmap, history, runs, traced=False)
    base = fc.simulate(roadmap, history, runs=runs, seed=1, threads=1, throughput=PLAIN)
    actions["summaries"] = lambda repeat: dataclasses.replace(base).to_dict()  # a copy remembers no earlier question
    actions["one what-if"] = what_if_action(roadmap, base)
    actions["its reasons"] = what_if_action(roadmap, base, reasons=True)
    actions["plain loop"] = lambda repeat: play_loop(portfolio, LOOP_RUNS[size], repeat)
    counts = dict.fromkeys(actions, runs) | {"plain loop": LOOP_RUNS[size]}
    return time_alternated(actions, counts, repeats)


def what_if_action(roadmap: fc.Roadmap, base: fc.Forecast, reasons: bool = False) -> Callable[[int], object]:
    """A feature of two teams on top, simulated and compared with its table; or only the reasons of the 15 worst slips."""
    urgent = fc.Feature("Urgent", {"T0": 8, "T1": fc.Part(6, after=["Urgent/T0"])})
    edited = roadmap.insert(urgent, rank=1)
    known = fc.compare(base, base.again(edited))
    if reasons:
        return lambda repeat: fc.find_reasons(known, known.slips[:15])
    return lambda repeat: fc.compare(base, base.again(edited)).table()


def trace_action(roadmap: fc.Roadmap, history: fc.History, runs: int, traced: bool = True) -> Callable[[int], object]:
    """Lay out, draw and play in chunks, with or without a trace: the cost of tracing on equal terms."""
    from forecast import engine
    from forecast.arrays import Trace
    from forecast.simulation import Job

    span = float(fc.simulate(roadmap, history, runs=200, seed=0, throughput=PLAIN).finish.max())
    chunk = 200

    def play(repeat: int) -> None:
        job = Job(roadmap, history, PLAIN, repeat, (1.2 * span,))
        parts = job.stage(1.2 * span)[0].part_team.shape[0]
        for lo in range(0, runs, chunk):
            plan, luck = job.lay_out(np.arange(lo, min(lo + chunk, runs)))
            width = luck.capacity.shape[0]
            engine.play(plan, luck, Trace(np.empty((parts, width)), np.empty((parts, width))) if traced else None)

    return play


def check_means(kernel: Kernel, size: str) -> float:
    """Largest difference of mean finishes between `forecast` and the C kernel, in standard errors."""
    portfolio = make_portfolio(*SIZES[size])
    roadmap, history = as_roadmap(portfolio)
    runs = RUNS[size]
    ours = fc.simulate(roadmap, history, runs=runs, seed=3, threads=1, throughput=PLAIN).finish / SPRINT_DAYS
    theirs = kernel.play(portfolio, runs, 0).T.astype(np.float64)
    errors = np.sqrt((ours.var(axis=1) + theirs.var(axis=1)) / runs)
    return float(np.max(np.abs(ours.mean(axis=1) - theirs.mean(axis=1)) / errors))


def find_exponents() -> dict[str, float]:
    """Growth of the time with runs, with features, and with teams and features together (1 is proportional)."""

    def seconds(teams: int, features: int, runs: int) -> float:
        roadmap, history = as_roadmap(make_portfolio(teams, features, 50, 1.5))
        fc.simulate(roadmap, history, runs=64, threads=1, throughput=PLAIN)
        return statistics.median(
            time_once(partial(fc.simulate, roadmap, history, runs=runs, seed=seed, threads=1, throughput=PLAIN))
            for seed in range(3)
        )

    def exponent(small: float, large: float, factor: float) -> float:
        return float(np.log(large / small) / np.log(factor))

    base = seconds(20, 300, 1000)
    return {
        "runs": exponent(base, seconds(20, 300, 8000), 8),
        "features": exponent(base, seconds(20, 2400, 1000), 8),
        "teams and features": exponent(base, seconds(100, 1500, 1000), 5),
    }


POSITION_RUNS = {"small": 10_000, "medium": 2_000, "large": 1_000}
POSITION_VARIANTS: dict[str, dict[str, object]] = {
    "wip 1, immediate": {},
    "wip 1, next-sprint": {"handoff": "next-sprint"},
    "wip 1, immediate, the last feature promised": {"promise": -1},
    "wip 3": {"wip": 3},
    "three lanes": {"lanes": 3},
}


SAMPLED = 3
"""Positions that are simulated one by one, to tell how long all of them would take."""


def measure_positions(
    size: str, options: dict[str, object], teams: int, repeats: int
) -> tuple[int, float, float, float, bool]:
    """A new feature of one or two teams at every position.

    Returns the number of positions that differ; how many simulations of the same runs it takes to try them all, in the middle
    and at most over the repeats; the same as a share of simulating each position (a few of them, times their number), in the
    middle; and whether it is replayed.
    """
    from forecast import placements
    from forecast.positions import _Judge, find_spans, place

    work: dict[str, Any] = {"T0": 8, "T1": fc.Part(6, after=["Urgent/T0"])}
    urgent = fc.Feature(
        "Urgent", dict(list(work.items())[:teams]), objective="Objective 1" if "lanes" in options else None
    )
    roadmap, history = as_roadmap(make_portfolio(*SIZES[size]), **options)  # type: ignore[arg-type]
    late = SIZES[size][1] - 1 if "promise" in options else SIZES[size][1] // 2
    roadmap = roadmap.set_due("F10", "2026-06-30").set_due(f"F{late}", "2026-12-31")
    placements.PATIENCE_COMPILING = placements.PATIENCE  # it is compiled in the first repeat, which is not counted
    toured: list[bool] = []
    play = placements.Tour.play

    def seen(tour: Any, *rest: Any) -> Any:
        toured.append(True)
        return play(tour, *rest)

    placements.Tour.play = seen  # type: ignore
    taken: list[tuple[float, float, float]] = []
    spans = find_spans(roadmap, urgent)
    sample = [spans[at] for at in np.linspace(0, len(spans) - 1, SAMPLED).astype(int)]
    try:
        for seed in range(repeats + 1):
            settings = {"runs": POSITION_RUNS[size], "seed": seed, "threads": 1, "throughput": PLAIN}
            base = fc.simulate(roadmap, history, **settings)  # type: ignore[arg-type]
            edited = roadmap.insert(urgent, rank=len(roadmap.features) // 2)
            one = time_once(lambda: fc.simulate(edited, history, **settings))  # type: ignore[arg-type]  # noqa: B023
            found: list[fc.Frontier] = []
            everywhere = time_once(lambda: found.append(fc.frontier(base, urgent)))  # noqa: B023
            judge = _Judge(base, "Urgent", roadmap.promise_level)
            each = time_once(lambda: judge.simulate(lambda rank: place(roadmap, urgent, rank), sample, None))  # noqa: B023
            taken.append((everywhere / one, everywhere / (each / len(sample) * len(spans)), len(found[0].positions)))
    finally:
        placements.Tour.play = play  # type: ignore[method-assign]
    ratios, shares = [ratio for ratio, _, _ in taken[1:]], [share for _, share, _ in taken[1:]]
    return int(taken[0][2]), statistics.median(ratios), max(ratios), statistics.median(shares), bool(toured)


def print_positions(sizes: list[str], repeats: int) -> None:
    """All positions, in simulations of the same runs."""
    print("\n| every position of a new feature | positions | simulations it takes | most of any repeat ", end="")
    print("| times simulating each | replayed |\n|---|---|---|---|---|---|")
    for size in sizes:
        for name, options in POSITION_VARIANTS.items():
            for teams in (1, 2):
                count, ratio, most, share, is_replayed = measure_positions(size, options, teams, repeats)
                label = f"{SIZES[size][0]} x {SIZES[size][1]:,}, {name}, {'one team' if teams == 1 else 'two teams'}"
                cells = f"{count} | {ratio:.1f} | {most:.1f} | {share:.2f} | {'yes' if is_replayed else 'no'}"
                print(f"| {label} | {cells} |", flush=True)


def print_table(results: dict[str, dict[str, list[float]]]) -> None:
    """Medians, and ratios to the base of the same size."""
    names = list(dict.fromkeys(name for taken in results.values() for name in taken))
    labels = {size: f"{SIZES[size][0]} teams x {SIZES[size][1]:,}" for size in results}
    print(f"| us a run (times `forecast`) | {' | '.join(labels.values())} |")
    print(f"|---|{'---|' * len(results)}")
    for name in names:
        cells = []
        for taken in results.values():
            if name not in taken:
                cells.append("")
                continue
            base = taken["play without trace" if name == "trace" else "forecast"]
            ratio = statistics.median(mine / ours for mine, ours in zip(taken[name], base, strict=True))
            cells.append(f"{statistics.median(taken[name]):,.3g} ({ratio:.2f})")
        print(f"| {name} | {' | '.join(cells)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="small,medium,large", help="of small, medium, large; separated by commas")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--yardstick", type=Path, default=YARDSTICK, help="folder that holds kern.c")
    parser.add_argument("--exponents", action="store_true", help="also measure how the time grows")
    parser.add_argument("--positions", action="store_true", help="only measure a feature at every position")
    options = parser.parse_args()
    if options.positions:
        print_positions(options.sizes.split(","), options.repeats)
        return
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    source = options.yardstick / "kern.c"
    with tempfile.TemporaryDirectory() as folder:
        kernel = None
        if not source.exists():
            print("C kernel skipped: no kern.c in the yardstick folder\n")
        elif shutil.which("gcc") is None:
            print("C kernel skipped: no gcc on this machine\n")
        else:
            kernel = Kernel(source, Path(folder))
        sizes = options.sizes.split(",")
        print_table({size: measure(size, options.repeats, kernel) for size in sizes})
        if kernel is not None:
            means = ", ".join(f"{size} {check_means(kernel, size):.1f}" for size in sizes)
            print(f"\nLargest difference of mean finishes from the C kernel, in standard errors: {means}")
    if options.exponents:
        print("\nGrowth exponents:", ", ".join(f"{name} {value:.2f}" for name, value in find_exponents().items()))


if __name__ == "__main__":
    main()
