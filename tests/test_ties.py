"""Ties: integer sizes and counts make things end at the very instant at which others are released.

Random roadmaps full of ties, and some made by hand, are played by the engine and by `exact`, which knows no rounding.
Every run of every feature must agree within 1e-9 of a working day, and be inf exactly where `exact` says never. (The
engine may take events within 1e-9 of a day for one instant and put a finish within 1e-7 of a whole day on it: model,
section 8. None of the roadmaps here has two instants that are so close and yet different, save where a test says so.)
"""

from __future__ import annotations

import datetime as dt
import math
import re
import types
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from random import Random

import exact
import numba
import pytest
from helpers import SEED

import forecast as fc
from forecast import engine

START = dt.date(2026, 1, 5)
HORIZON = 130
CLOSE = 1e-9
ALLOCATIONS: list[dict[str, float]] = [
    {"Growth": 0.6, "Debt": 0.4},
    {"Growth": 0.5, "Debt": 0.2},
    {"Growth": 1, "Debt": 0},
    {"Debt": 0},
    {"Growth": 0.25},
]

Portfolio = tuple[fc.Roadmap, fc.History]


# Random roadmaps -----------------------------------------------------------------------------------------------------


def day_from(start: dt.date, days: int) -> dt.date:
    return start + dt.timedelta(days=days)


def random_counts(rng: Random) -> list[int]:
    """Past sprints of a team: small numbers that divide ten days into halves, thirds and sevenths, and zeros."""
    counts = [rng.choice([0, 0, 2, 3, 5, 5, 7, 10, 10, 20]) for _ in range(rng.randint(1, 4))]
    return counts if any(counts) or rng.random() < 0.1 else [*counts, 10]


def random_history(rng: Random, teams: list[str]) -> fc.History:
    """Bare counts, or, for some teams, sprints of one, two and three weeks with their dates."""
    sprints = []
    for team in teams:
        is_dated = rng.random() < 0.25
        start = dt.date(2025, 6, 2)
        for done in random_counts(rng):
            end = day_from(start, rng.choice([7, 14, 21]) - 1)
            sprints.append(fc.Sprint(team, start if is_dated else None, end if is_dated else None, done))
            start = day_from(end, 1)
    return fc.History(sprints)


def random_team(rng: Random, name: str) -> fc.Team:
    allocation = rng.choice(ALLOCATIONS) if rng.random() < 0.3 else None
    capacity = []
    if rng.random() < 0.3:
        first = day_from(START, rng.randint(0, 40))
        capacity = [fc.Capacity(first, rng.choice([None, day_from(first, 13)]), rng.choice([0, 0.5, 0.5, 1.5]))]
        capacity += [fc.Capacity(day_from(first, 7), day_from(first, 20), 0.5)] * rng.randint(0, 1)
    return fc.Team(
        name,
        wip=rng.choice([1, 1, 2, 3]),
        finish_started=rng.random() < 0.3,
        share=rng.choice([1, 1, 1, 0.5, 0.7]),
        allocation=allocation,
        sprint_days=rng.choice([None, None, None, 7, 21, 10, 3]),
        sprint_start=rng.choice([None, None, None, day_from(START, -4), day_from(START, 7), day_from(START, -2)]),
        days_off=[day_from(START, rng.randint(0, 30)) for _ in range(rng.choice([0, 0, 0, 1, 3]))],
        capacity=capacity,
    )


def random_after(rng: Random, sources: list[str]) -> list[fc.After | str]:
    links: list[fc.After | str] = []
    for source in rng.sample(sources, min(len(sources), rng.choice([0, 0, 1, 1, 2]))):
        lag, handoff = rng.choice([0, 0, 0, 1, 4, 5, 10, 0.7]), rng.choice([None, None, "immediate"])
        links.append(source if rng.random() < 0.4 else fc.After(source, None, lag, handoff, is_exact=False))
    return links


def random_feature(rng: Random, name: str, teams: list[str], sources: list[str]) -> fc.Feature | fc.External:
    """A feature with work, now and then an external or a milestone, that waits for some of `sources`."""
    after = random_after(rng, sources)
    not_before = day_from(START, rng.choice([-3, 3, 7, 14, 14, 28])) if rng.random() < 0.2 else None
    kind = rng.random()
    if kind < 0.1:
        return fc.External(name, rng.choice([0, 2, 5, 10, 3.3]), after, not_before=not_before)
    work: dict[str, float | fc.Part] = {}
    for team in [] if kind < 0.17 else rng.sample(teams, min(len(teams), rng.choice([1, 1, 1, 2, 3]))):
        own = [f"{name}/{other}" for other in work] + sources
        part_after = random_after(rng, own) if rng.random() < 0.2 else []
        work[team] = fc.Part(rng.choice([0, 1, 2, 2.5, 3, 4, 5, 5, 6, 7, 10, 10, 14, 20]), part_after)
    return fc.Feature(
        name,
        work,
        after,
        not_before=not_before,
        objective=rng.choice([None, "Growth", "Debt", "Other"]),
        started=rng.random() < 0.25,
        growth=rng.choice([None, None, None, 0.5, 0.7, 1.5]),
    )


def random_risks(rng: Random, features: list[fc.Feature | fc.External]) -> list[fc.Risk]:
    parts = [f"{feature.name}/{team}" for feature in features for team in exact.teams_of(feature)]
    risks = []
    for index in range(rng.choice([0, 0, 1, 2])):
        adds = {part: rng.choice([1, 5]) for part in rng.sample(parts, min(len(parts), rng.randint(0, 2)))}
        delays = {rng.choice(features).name: rng.choice([2, 5, 10])}
        risks.append(fc.Risk(f"Risk {index}", rng.choice([0, 1, 1]), adds, delays))
    return risks


def random_portfolio(rng: Random) -> Portfolio:
    """2 to 4 teams with 4 to 9 features whose order of priority has nothing to do with who waits for whom."""
    names = [f"Team {letter}" for letter in "ABCD"[: rng.randint(2, 4)]]
    features: list[fc.Feature | fc.External] = []
    for index in range(rng.randint(4, 9)):
        sources = [target for f in features for target in [f.name, *(f"{f.name}/{team}" for team in exact.teams_of(f))]]
        features.append(random_feature(rng, f"F{index}", names, sources))
    rng.shuffle(features)
    roadmap = fc.Roadmap(
        rng.choice([START, START, START, day_from(START, 2), day_from(START, 5)]),
        [random_team(rng, name) for name in names],
        features,
        handoff=rng.choice(["next-sprint", "next-sprint", "immediate"]),
        days_off=[day_from(START, rng.randint(0, 40)) for _ in range(rng.choice([0, 0, 1, 2]))],
        risks=random_risks(rng, features),
        unit=rng.choice(["items", "items", "points"]),
        growth=rng.choice([None, None, 2]),
    )
    return roadmap, random_history(rng, names)


# Comparison ----------------------------------------------------------------------------------------------------------


def differences(portfolio: Portfolio, *, runs: int, horizon: int = HORIZON) -> list[tuple[float, str]]:
    """How far each finish of each run is off the exact one, the worst first, with the case in words."""
    roadmap, history = portfolio
    forecast = fc.simulate(roadmap, history, runs=runs, seed=SEED, throughput=fc.Bootstrap(), horizon=horizon)
    assert forecast.finish.shape == (len(roadmap.features), runs)
    found = []
    for run in range(runs):
        wanted = exact.finishes(roadmap, history, seed=SEED, run=run, horizon=horizon)
        for feature, finish in zip(forecast.features, forecast.finish[:, run].tolist(), strict=True):
            off = distance(finish, wanted[feature])
            found.append((off, f"{feature} in run {run}: {finish!r}, exactly {wanted[feature]}"))
    return sorted(found, reverse=True)


def distance(finish: float, wanted: Fraction | None) -> float:
    """Days between a finish and the exact one; inf when only one of them is never."""
    if wanted is None or math.isinf(finish):
        return 0.0 if wanted is None and finish == math.inf else math.inf
    return abs(float(Fraction(finish) - wanted))


def describe(found: list[tuple[float, str]]) -> str:
    """The worst differences, for a failing test."""
    return "\n".join(text for off, text in found[:5] if off > CLOSE)


@pytest.mark.parametrize("batch", range(20))
def test_every_run_of_random_roadmaps_full_of_ties_agrees(batch: int) -> None:
    """15 roadmaps x 4 runs in each of 20 batches: 1,200 futures."""
    for index in range(15):
        case = 1_000_000 * SEED + 100 * batch + index
        found = differences(random_portfolio(Random(case)), runs=4)
        assert found[0][0] <= CLOSE, f"random_portfolio(Random({case}))\n{describe(found)}"


def test_the_random_roadmaps_hold_what_ties_are_made_of() -> None:
    """Of 300 roadmaps, one run each: whole days, thirds and sevenths, things that never end, and every option."""
    ends: list[Fraction | None] = []
    teams: list[fc.Team] = []
    for case in range(300):
        roadmap, history = random_portfolio(Random(case))
        ends += exact.finishes(roadmap, history, seed=SEED, run=0, horizon=HORIZON).values() if case < 40 else []
        teams += roadmap.teams
    finite = [end for end in ends if end is not None]
    assert 0.6 < len(finite) / len(ends) < 0.95
    assert sum(end.denominator == 1 for end in finite) > 0.3 * len(finite)
    assert {3, 7} <= {end.denominator for end in finite}
    for option in ("finish_started", "allocation", "sprint_days", "sprint_start", "days_off", "capacity"):
        assert 0.05 < sum(bool(getattr(team, option)) for team in teams) / len(teams) < 0.8, option


# Ties made by hand ---------------------------------------------------------------------------------------------------

COUNTS = [3, 6, 7, 9, 11, 13, 17, 19, 23, 25, 29, 30, 42]
"""Items a sprint of ten days: one takes a time that has no exact float, and as many of them exactly a sprint."""


def agree(portfolio: Portfolio, wanted: Mapping[str, Fraction | int] | None = None, runs: int = 1) -> None:
    """Assert that the engine agrees with `exact` in every run, and `exact` with what the features must end at."""
    found = differences(portfolio, runs=runs)
    assert found[0][0] <= CLOSE, describe(found)
    for run in range(runs if wanted else 0):
        ends = exact.finishes(*portfolio, seed=SEED, run=run, horizon=HORIZON)
        assert {name: ends[name] for name in wanted or ()} == wanted


def chain(teams: list[str], steps: int) -> list[fc.Feature | fc.External]:
    """Step 0, Step 1, ... of one item: each begins at once when the one before it ends, the teams taking turns."""
    return [
        fc.Feature(
            f"Step {step}",
            {teams[step % len(teams)]: 1},
            [fc.After(f"Step {step - 1}", handoff="immediate")] if step else [],
        )
        for step in range(steps)
    ]


def hand_off(count: int, teams: list[str]) -> Portfolio:
    """`count` steps that end together with a sprint of the team that waits for the last of them."""
    features = [*chain(teams, count), fc.Feature("Last", {"Z": 5}, [f"Step {count - 1}"])]
    return fc.Roadmap(START, [*teams, "Z"], features), fc.History.from_counts(
        {"Z": [10]} | {team: [count] for team in teams}
    )


def meetings(count: int, finish_started: bool) -> Iterator[Portfolio]:
    """Low ends at the very instant, seldom a whole day, at which two other teams' steps release High above it."""
    for steps in range(1, count):
        for pace in (1, 2):
            high = fc.Feature("High", {"A": 5}, [fc.After(f"Step {steps - 1}", handoff="immediate")])
            low, next_one = fc.Feature("Low", {"A": pace * steps}), fc.Feature("Next", {"A": 5})
            team = fc.Team("A", finish_started=finish_started)
            yield (
                fc.Roadmap(START, [team, "B", "C"], [high, low, next_one, *chain(["B", "C"], steps)]),
                fc.History.from_counts({"A": [pace * count], "B": [count], "C": [count]}),
            )


def empty_sprints(count: int) -> Portfolio:
    """Steps of two teams that often stand still for sprints right behind the one in which a step ends."""
    roadmap = fc.Roadmap(START, ["A", "B"], [*chain(["A", "B"], count), fc.Feature("More", {"A": count, "B": count})])
    return roadmap, fc.History.from_counts({"A": [count, 0, 0], "B": [count, 0, count]})


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("teams", [["A"], ["A", "B"], ["A", "B", "C"]])
def test_a_hand_off_at_the_start_of_a_sprint_costs_no_sprint(count: int, teams: list[str]) -> None:
    agree(hand_off(count, teams), {f"Step {count - 1}": 10, "Last": 15})


@pytest.mark.parametrize("finish_started", [False, True])
@pytest.mark.parametrize("count", [3, 7, 11, 13, 25])
def test_a_part_that_ends_as_a_more_important_one_is_released_has_ended(count: int, finish_started: bool) -> None:
    """A residue of Low would wait for all of High; a beginning of Next would keep High waiting."""
    for portfolio in meetings(count, finish_started):
        items_a_day = Fraction(round(portfolio[1].of("A")[0].done), 10)
        steps = len(portfolio[0].features) - 3
        low = Fraction(10 * steps, count)
        agree(portfolio, {"Low": low, "High": low + 5 / items_a_day, "Next": low + 10 / items_a_day})


@pytest.mark.parametrize("count", COUNTS)
def test_work_that_ends_with_its_sprint_does_not_walk_through_the_empty_sprints_behind_it(count: int) -> None:
    """20 runs of each: the sprints with and without throughput differ between them."""
    agree(empty_sprints(count), runs=20)


@pytest.mark.parametrize("wip", [2, 3])
@pytest.mark.parametrize("count", [6, 12, 18, 42, 66])
def test_parts_that_share_a_team_end_together(wip: int, count: int) -> None:
    """As many equal parts as are active end at once on day 10; 20 runs with sprints of nothing behind them."""
    equal = [fc.Feature(f"Equal {k}", {"A": count // wip}) for k in range(wip)]
    more = [fc.Feature(f"More {k}", {"A": count}) for k in range(wip)]
    last = fc.Feature("Last", {"B": 5}, [feature.name for feature in equal])
    roadmap = fc.Roadmap(START, [fc.Team("A", wip=wip), "B"], [*equal, *more, last])
    ends = {feature.name: 10 for feature in equal} | {feature.name: 10 + 10 * wip for feature in more} | {"Last": 15}
    agree((roadmap, fc.History.from_counts({"A": [count], "B": [10]})), ends)
    agree((roadmap, fc.History.from_counts({"A": [count, 0], "B": [10, 0]})), runs=20)


@pytest.mark.parametrize("count", [3, 7, 9, 11])
def test_lanes_that_end_together_on_a_sprint_edge_end_there(count: int) -> None:
    """Each lane has just what its share of one sprint can finish; then 20 runs with sprints of nothing."""
    lanes = {"Growth": 0.7, "Debt": 0.2, "Other": 0.1}
    features = [fc.Feature(name, {"A": round(share * 10) * count}, objective=name) for name, share in lanes.items()]
    last = fc.Feature("Last", {"B": count}, [*lanes])
    roadmap = fc.Roadmap(START, [fc.Team("A", allocation=lanes, wip=2), "B"], [*features, last])
    steady = fc.History.from_counts({"A": [10 * count], "B": [count]})
    agree((roadmap, steady), {"Growth": 10, "Debt": 10, "Other": 10, "Last": 20})
    agree((roadmap, fc.History.from_counts({"A": [10 * count, 0], "B": [count]})), runs=20)


def test_shares_that_add_up_to_1_leave_no_share_for_other_features() -> None:
    """In floats 0.1 + 0.2 + 0.7 is a little less than 1; the lane of the rest equals one of share 0 all the same."""
    shares = {"Growth": 0.1, "Debt": 0.2, "Other": 0.7, "Later": 0.0}
    features = [fc.Feature("Later", {"A": 5}, objective="Later"), fc.Feature("Rest", {"A": 5})]
    roadmap = fc.Roadmap(START, [fc.Team("A", allocation=shares)], features)
    agree((roadmap, fc.History.from_counts({"A": [10]})), {"Later": 10, "Rest": 10})


@pytest.mark.parametrize(
    "days", [(0.3, 7.9, 1.8), (1.1, 2.2, 6.7), (3.3, 3.3, 3.4), (4.1, 5.9, 0), (0.1, 0.2, 9.7), (9.7, 0.2, 0.1)]
)
def test_tenths_of_days_that_add_up_to_a_sprint_are_a_sprint(days: tuple[float, float, float]) -> None:
    """0.3 + 7.9 + 1.8 is a little more than 10 in floating point: as days of vendors, as lags, and with a delay."""
    first, second, third = days
    vendors = [fc.External("V1", first), fc.External("V2", second, ["V1"]), fc.External("V3", third, ["V2"])]
    lagged = [
        fc.Feature("L0"),
        fc.Feature("L1", {}, [fc.After("L0", None, first)]),
        fc.Feature("L2", {}, [fc.After("L1", None, second)]),
    ]
    delayed: list[fc.Feature | fc.External] = [
        fc.External("D1", first),
        fc.Feature("D2", {}, [fc.After("D1", None, second)]),
    ]
    waiting = [
        fc.Feature("P", {"P": 5}, ["V3"]),
        fc.Feature("Q", {"Q": 5}, [fc.After("L2", None, third)]),
        fc.Feature("R", {"R": 5}, ["D2"]),
    ]
    features = [*waiting, *vendors, *lagged, *delayed]
    roadmap = fc.Roadmap(START, ["P", "Q", "R"], features, risks=[fc.Risk("Late", 1, delays={"D2": third})])
    history = fc.History.from_counts({"P": [10], "Q": [10], "R": [10]})
    agree((roadmap, history), {"V3": 10, "P": 15, "Q": 15, "D2": 10, "R": 15})


@pytest.mark.parametrize("count", COUNTS)
def test_what_ends_with_the_horizon_is_finished(count: int) -> None:
    """Steps that end on day 10 of 10, behind them a part of size zero and a milestone; what needs work never ends."""
    features = [
        *chain(["A", "B"], count),
        fc.Feature("Zero", {"A": 0}, [f"Step {count - 1}"]),
        fc.Feature("Milestone", {}, ["Zero"]),
        fc.Feature("Never", {"A": 1}, ["Milestone"]),
    ]
    portfolio = fc.Roadmap(START, ["A", "B"], features), fc.History.from_counts({"A": [count], "B": [count]})
    found = differences(portfolio, runs=1, horizon=10)
    assert found[0][0] <= CLOSE, describe(found)
    ends = exact.finishes(*portfolio, seed=SEED, run=0, horizon=10)
    assert [*ends.values()][-4:] == [10, 10, 10, None]


@pytest.mark.parametrize("handoff", ["immediate", "next-sprint"])
def test_what_could_start_a_rounding_error_behind_the_horizon_is_finished(handoff: str) -> None:
    """0.1 + 2.7 + 0.2 is a little more than 3: the lag ends on day 3 of 3, and so does the part of size zero behind it."""
    after = [fc.After("Vendor", None, 0.2, handoff)]
    features = [
        fc.External("Order", 0.1),
        fc.External("Vendor", 2.7, ["Order"]),
        fc.Feature("Zero", {"A": 0}, after),
        fc.Feature("Milestone", {}, after),
        fc.Feature("Never", {"A": 1}, after),
    ]
    portfolio = fc.Roadmap(START, ["A"], features), fc.History.from_counts({"A": [10]})
    assert 0.1 + 2.7 + 0.2 > 3
    found = differences(portfolio, runs=1, horizon=3)
    assert found[0][0] <= CLOSE, describe(found)
    ends = exact.finishes(*portfolio, seed=SEED, run=0, horizon=3)
    assert [*ends.values()][2:] == [3, 3, None]


@pytest.mark.parametrize(
    ("size", "finish", "last"),
    [
        (10 - 5e-8, 10, 15),
        (10 + 5e-8, 10, 15),
        (10 - 2e-7, 10 - 2e-7, 15),
        (10 + 2e-7, 10 + 2e-7, 25),
        (3 + 5e-8, 3, 15),
        (3 + 2e-7, 3 + 2e-7, 15),
    ],
)
def test_a_finish_within_1e_7_of_a_whole_day_is_on_it(size: float, finish: float, last: float) -> None:
    """One point a day; another team takes over with its next sprint. Here alone the engine differs from `exact`."""
    features = [fc.Feature("First", {"A": size}), fc.Feature("Last", {"B": 5}, ["First"])]
    roadmap = fc.Roadmap(START, ["A", "B"], features, unit="points")
    history = fc.History.from_counts({"A": [10], "B": [10]})
    forecast = fc.simulate(roadmap, history, runs=1, seed=SEED, throughput=fc.Bootstrap(), horizon=HORIZON)
    ends = forecast.finish[:, 0].tolist()
    assert abs(ends[0] - finish) < (1e-12 if finish % 1 else 1e-300)
    assert ends[1] == last


# Faults planted in the tolerances ------------------------------------------------------------------------------------


def plant(constants: list[str]) -> types.ModuleType:
    """The engine, compiled afresh with these of its constants at 0."""
    source = Path(engine.__file__).read_text(encoding="utf-8")
    for name in constants:
        source, planted = re.subn(rf"^{name} = .+$", f"{name} = 0.0", source, flags=re.MULTILINE)
        assert planted == 1, f"no constant {name} in the engine"
    module = types.ModuleType("engine_with_a_planted_fault")
    source, compiled = re.subn(r"^@compiled\(", "@njit(", source, flags=re.MULTILINE)  # and not kept
    assert compiled == 1, "the engine is compiled in another way"
    module.__dict__["njit"] = numba.njit
    exec(compile(source, module.__name__, "exec"), module.__dict__)
    return module


@pytest.mark.parametrize("constants", [["TOL"], ["SNAP"], ["EPS", "EPS_RELATIVE"]], ids=" ".join)
def test_an_engine_without_a_tolerance_is_caught(constants: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Ties that agree in the tests above are off by days now; 20 runs of the empty sprints, 1 of the others."""
    targeted: dict[str, list[Portfolio]] = {
        "TOL": [*meetings(11, finish_started=False), *meetings(25, finish_started=True)],
        "SNAP": [hand_off(count, ["A", "B"]) for count in COUNTS],
        "EPS": [empty_sprints(count) for count in (7, 11, 13)],
    }
    monkeypatch.setattr(engine, "play", plant(constants).play)
    runs = 20 if constants[0] == "EPS" else 1
    worst = [differences(portfolio, runs=runs)[0][0] for portfolio in targeted[constants[0]]]
    assert sum(off > 0.5 for off in worst) >= 2
