"""Where the capacity of the teams goes, and what a part spends its time on: known answers, then laws on random roadmaps.

Team A and team B finish 10 items in every sprint of 10 working days, one a day, unless a test says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from helpers import SEED
from portfolios import arrays, seeded

import forecast as fc
from forecast import engine
from forecast.arrays import Floats, Luck, Plan, Trace
from forecast.ledger import Ledger, Reason, account
from forecast.plan import Index

CLOSE = 1e-9
MONDAY = "2026-01-05"


def play(plan: Plan, luck: Luck) -> tuple[Trace, Floats]:
    shape = (plan.part_team.size, luck.capacity.shape[0])
    trace = Trace(np.full(shape, np.inf), np.full(shape, np.inf))
    return trace, engine.play(plan, luck, trace)


@dataclass(frozen=True)
class Book:
    """The ledger of one run, asked by name."""

    index: Index
    ledger: Ledger

    def spent(self, part: str) -> float:
        return float(self.ledger.spent[self._part(part), 0])

    def lost(self, team: str) -> dict[str, float]:
        """Items by reason; reasons for which nothing is lost are left out."""
        items = self.ledger.lost[[team.name for team in self.index.roadmap.teams].index(team), 0]
        return {reason.name: pytest.approx(items[reason]) for reason in Reason if items[reason] > 1e-7}

    def days(self, part: str) -> dict[str, float]:
        """Working days by what the part spent them on; what took none is left out."""
        p = self._part(part)
        names = ("waiting", "handed_off", "queueing", "shared", "worked")
        days = {name: getattr(self.ledger, name)[p, 0] for name in names}
        return {name: pytest.approx(value) for name, value in days.items() if value > 1e-7}

    def binder(self, part: str) -> str | None:
        node = int(self.ledger.binder[self._part(part), 0])
        if node < 0:
            return None
        parts = self.index.parts
        return "/".join(parts[node]) if node < len(parts) else self.index.features[node - len(parts)]

    def _part(self, part: str) -> int:
        feature, _, team = part.partition("/")
        return self.index.part_of[feature, team or "A"]


def keep_books(
    *features: fc.Feature | fc.External,
    until: float = 20,
    a: dict[str, Any] | None = None,
    counts: dict[str, list[float]] | None = None,
    **settings: Any,
) -> Book:
    """The books of teams A and B up to a day; `a` is what is special about team A."""
    roadmap = fc.Roadmap(MONDAY, [fc.Team("A", **(a or {})), "B"], features, **settings)
    history = fc.History.from_counts({"A": [10], "B": [10]} | (counts or {}))
    plan, luck = arrays((roadmap, history), runs=1, horizon=60, seed=SEED)
    trace, finish = play(plan, luck)
    return Book(Index(roadmap), account(plan, luck, trace, finish, until))


def test_one_part_after_another() -> None:
    book = keep_books(fc.Feature("First", {"A": 3}), fc.Feature("Second", {"A": 4}))
    assert [book.spent("First"), book.spent("Second")] == [pytest.approx(3), pytest.approx(4)]
    assert book.lost("A") == {"NOTHING_LEFT": 13}
    assert book.lost("B") == {"NOTHING_LEFT": 20}
    assert book.days("First") == {"worked": 3}
    assert book.days("Second") == {"queueing": 3, "worked": 4}


def test_a_day_off_is_no_capacity() -> None:
    book = keep_books(fc.Feature("First", {"A": 3}), a={"days_off": ["2026-01-06"]}, until=10)
    assert book.days("First") == {"worked": 4}
    assert book.lost("A") == {"NOTHING_LEFT": 6}


def test_a_blocked_part_is_skipped_and_then_waited_for() -> None:
    book = keep_books(
        fc.Feature("Pay", {"A": 5}, after=["Login"]),
        fc.Feature("Search", {"A": 4}),
        fc.Feature("Login", {"B": 8}),
        handoff="immediate",
    )
    assert book.days("Pay") == {"waiting": 8, "worked": 5}
    assert book.days("Search") == {"worked": 4}
    assert book.lost("A") == {"OTHER_TEAM": 4, "NOTHING_LEFT": 7}
    assert book.binder("Pay") == "Login"
    assert book.binder("Search") is None


def test_a_hand_off_waits_for_the_next_sprint() -> None:
    book = keep_books(fc.Feature("Pay", {"A": 5}, after=["Login/B"]), fc.Feature("Login", {"B": 8}))
    assert book.days("Pay") == {"waiting": 8, "handed_off": 2, "worked": 5}
    assert book.lost("A") == {"OTHER_TEAM": 8, "HANDOFF": 2, "NOTHING_LEFT": 5}
    assert book.binder("Pay") == "Login/B"


def test_a_lag_runs_before_the_hand_off() -> None:
    after = [fc.After("Login", lag=1)]
    book = keep_books(fc.Feature("Pay", {"A": 5}, after=after), fc.Feature("Login", {"B": 8}))
    assert book.days("Pay") == {"waiting": 9, "handed_off": 1, "worked": 5}
    assert book.lost("A") == {"OTHER_TEAM": 8, "DELAY": 1, "HANDOFF": 1, "NOTHING_LEFT": 5}


@pytest.mark.parametrize("work", [{"B": 8}, {"A": 2, "B": 8}])
def test_a_delay_of_a_feature_is_waited_for_like_a_lag(work: dict[str, float]) -> None:
    book = keep_books(
        fc.Feature("Login", work),
        fc.Feature("Pay", {"A": 5}, after=["Login"]),
        risks=[fc.Risk("Audit", 1, delays={"Login": 7})],
    )
    assert book.days("Pay") == {"waiting": 15, "handed_off": 5}
    assert book.lost("A") == {"OTHER_TEAM": 8 - work.get("A", 0), "DELAY": 7, "HANDOFF": 5}


def test_an_external_is_waited_for() -> None:
    book = keep_books(fc.Feature("Pay", {"A": 5}, after=["Review"]), fc.External("Review", 4))
    assert book.days("Pay") == {"waiting": 4, "handed_off": 6, "worked": 5}
    assert book.lost("A") == {"EXTERNAL": 4, "HANDOFF": 6, "NOTHING_LEFT": 5}


def test_while_an_external_has_not_begun_its_cause_is_blamed() -> None:
    book = keep_books(
        fc.Feature("Pay", {"A": 5}, after=["Review"]),
        fc.External("Review", 4, after=["Login"]),
        fc.Feature("Login", {"B": 3}),
        handoff="immediate",
    )
    assert book.lost("A") == {"OTHER_TEAM": 3, "EXTERNAL": 4, "NOTHING_LEFT": 8}
    assert book.binder("Pay") == "Review"


@pytest.mark.parametrize(("day", "lost"), [(None, {"OTHER_TEAM": 3}), ("2026-01-12", {"NOT_BEFORE": 5})])
def test_a_milestone_is_looked_through(day: str | None, lost: dict[str, float]) -> None:
    book = keep_books(
        fc.Feature("Pay", {"A": 5}, after=["Beta"]),
        fc.Feature("Beta", after=["Login"], not_before=day),
        fc.Feature("Login", {"B": 3}),
        handoff="immediate",
        until=8,
    )
    blocked = sum(lost.values())
    assert book.lost("A") == lost
    assert book.days("Pay") == {"waiting": blocked, "worked": min(8 - blocked, 5)}
    assert book.binder("Pay") == "Beta"


def test_a_day_before_which_nothing_starts() -> None:
    book = keep_books(fc.Feature("Pay", {"A": 5}, not_before="2026-01-08"))
    assert book.days("Pay") == {"waiting": 3, "worked": 5}
    assert book.lost("A") == {"NOT_BEFORE": 3, "NOTHING_LEFT": 12}
    assert book.binder("Pay") is None


def test_the_most_important_part_is_blamed_even_when_its_own_team_holds_it() -> None:
    build = fc.Feature("Build", {"A": 5}, after=["Review"])
    ship = fc.Feature("Ship", {"A": 2}, after=["Build"])
    review = fc.External("Review", 4)
    assert keep_books(ship, build, review, handoff="immediate").lost("A") == {"OWN_TEAM": 4, "NOTHING_LEFT": 9}
    assert keep_books(build, ship, review, handoff="immediate").lost("A") == {"EXTERNAL": 4, "NOTHING_LEFT": 9}


def test_the_most_important_part_is_blamed_across_lanes() -> None:
    book = keep_books(
        fc.Feature("Debt", {"A": 5}, not_before="2026-01-12", objective="Debt"),
        fc.Feature("Grow", {"A": 5}, after=["Review"], objective="Grow"),
        fc.External("Review", 9),
        a={"allocation": {"Grow": 0.6, "Debt": 0.4}},
    )
    assert book.lost("A") == {"NOT_BEFORE": 5, "NOTHING_LEFT": 5}


def test_the_wait_that_is_over_last_binds() -> None:
    """Login is handed over on day 10; Review ends at 9 and is used at once."""
    book = keep_books(
        fc.Feature("Pay", {"A": 5}, after=["Login", fc.After("Review", handoff="immediate")]),
        fc.Feature("Login", {"B": 3}),
        fc.External("Review", 9),
    )
    assert book.binder("Pay") == "Login"
    assert book.days("Pay") == {"waiting": 9, "handed_off": 1, "worked": 5}
    assert book.lost("A") == {"OTHER_TEAM": 3, "HANDOFF": 7, "NOTHING_LEFT": 5}


def test_two_parts_at_a_time_share() -> None:
    book = keep_books(
        *(fc.Feature(name, {"A": size}) for name, size in zip("XYZ", (4, 4, 2), strict=True)), a={"wip": 2}
    )
    assert book.days("X") == book.days("Y") == {"shared": 8}
    assert book.days("Z") == {"queueing": 8, "worked": 2}
    assert book.lost("A") == {"NOTHING_LEFT": 10}


def test_a_lane_without_work_leaves_its_share_to_the_others() -> None:
    """Grow gets 0.75 a day until it is done on day 8; Debt gets 0.25 until then, and all of it afterwards."""
    book = keep_books(
        fc.Feature("Grow", {"A": 6}, objective="Grow"),
        fc.Feature("Debt", {"A": 4}, objective="Debt"),
        a={"allocation": {"Grow": 0.75, "Debt": 0.25}},
    )
    assert book.days("Grow") == {"shared": 8}
    assert book.days("Debt") == {"shared": 8, "worked": 2}
    assert book.lost("A") == {"NOTHING_LEFT": 10}


def test_a_lane_with_share_0_gets_nothing_beside_others() -> None:
    book = keep_books(
        fc.Feature("Grow", {"A": 6}, objective="Grow"),
        fc.Feature("Debt", {"A": 4}, objective="Debt"),
        a={"allocation": {"Grow": 1, "Debt": 0}},
        until=7,
    )
    assert [book.spent("Grow"), book.spent("Debt")] == [pytest.approx(6), pytest.approx(1)]


@pytest.mark.parametrize(
    ("finishes", "top"), [(True, {"waiting": 2, "queueing": 4, "worked": 5}), (False, {"waiting": 2, "worked": 5})]
)
def test_a_team_finishes_what_it_started(finishes: bool, top: dict[str, float]) -> None:
    book = keep_books(
        fc.Feature("Top", {"A": 5}, not_before="2026-01-07"),
        fc.Feature("Begun", {"A": 6}),
        a={"finish_started": finishes},
    )
    assert book.days("Top") == top
    assert book.days("Begun") == ({"worked": 6} if finishes else {"queueing": 5, "worked": 6})


def test_what_is_in_flight_goes_first() -> None:
    new, flying = fc.Feature("New", {"A": 5}), fc.Feature("Flying", {"A": 6}, started=True)
    book = keep_books(new, flying, a={"finish_started": True})
    assert book.days("New") == {"queueing": 6, "worked": 5}
    assert book.days("Flying") == {"worked": 6}


def test_work_that_is_not_finished_counts_as_far_as_it_got() -> None:
    book = keep_books(fc.Feature("Big", {"A": 100}), fc.Feature("Never", {"A": 1}))
    assert book.spent("Big") == pytest.approx(20)
    assert book.days("Big") == {"worked": 20}
    assert book.days("Never") == {"queueing": 20}
    assert book.lost("A") == {}


def test_a_team_that_finishes_nothing_holds_others_for_good() -> None:
    book = keep_books(fc.Feature("Pay", {"A": 5}, after=["Login"]), fc.Feature("Login", {"B": 1}), counts={"B": [0]})
    assert book.days("Pay") == {"waiting": 20}
    assert book.days("Login/B") == {"worked": 20}
    assert book.lost("A") == {"OTHER_TEAM": 20}
    assert book.lost("B") == {}
    assert book.binder("Pay") == "Login"


def test_a_part_without_work_is_nobodys_excuse() -> None:
    book = keep_books(
        fc.Feature("Empty", {"A": 0}, after=["Review"]), fc.External("Review", 4), fc.Feature("Next", {"A": 2})
    )
    assert book.days("Empty") == {"waiting": 4}
    assert book.lost("A") == {"NOTHING_LEFT": 18}


def test_nothing_after_the_last_day_counts_and_the_horizon_is_the_last() -> None:
    first = fc.Feature("First", {"A": 3})
    assert keep_books(first, until=2).spent("First") == pytest.approx(2)
    assert keep_books(first, until=1000).lost("A") == {"NOTHING_LEFT": 57}


def test_a_roadmap_without_features_loses_everything() -> None:
    assert keep_books().lost("A") == {"NOTHING_LEFT": 20}


# Laws --------------------------------------------------------------------------------------------------------------------

Played = tuple[Plan, Luck, Trace, Floats]


def numbered(number: int) -> Played:
    """The number-th random portfolio, played for 5 runs."""
    plan, luck = arrays(seeded(SEED * 200_000 + number), runs=5, horizon=40 + number % 5 * 30, seed=SEED + number)
    return plan, luck, *play(plan, luck)


def untils(plan: Plan, number: int) -> tuple[float, float]:
    """The horizon, and some day before it."""
    return plan.horizon, plan.horizon * (number % 10) / 10


def surplus(plan: Plan, luck: Luck, ledger: Ledger) -> float:
    """The largest difference between capacity and what is booked, relative to the capacity."""
    worst = 0.0
    for team, cadence in enumerate(plan.team_cadence):
        parts = slice(plan.team_part[team], plan.team_part[team + 1])
        booked = ledger.spent[parts].sum(axis=0) + ledger.lost[team].sum(axis=1)
        drawn = np.array([np.interp(ledger.until, plan.edges[cadence], items) for items in luck.capacity[:, team]])
        worst = max(worst, float((np.abs(booked - drawn) / np.maximum(drawn, 1)).max()))
    return worst


def misspent(luck: Luck, trace: Trace, ledger: Ledger) -> float:
    """The largest difference between the size of a finished part and what was spent on it."""
    size = np.broadcast_to(luck.size, trace.end.T.shape).T
    return float(np.abs(ledger.spent - size)[trace.end <= ledger.until].max(initial=0.0))


def days_of(ledger: Ledger) -> Floats:
    return np.array([ledger.waiting, ledger.handed_off, ledger.queueing, ledger.shared, ledger.worked])


def test_what_is_spent_and_what_is_lost_is_what_the_team_could_do() -> None:
    """300 roadmaps, 5 runs each, up to two days each."""
    for number in range(300):
        plan, luck, trace, finish = numbered(number)
        for until in untils(plan, number):
            ledger = account(plan, luck, trace, finish, until)
            assert surplus(plan, luck, ledger) <= CLOSE, f"portfolio {number}"
            assert ledger.spent.min(initial=0.0) >= 0
            assert ledger.lost.min(initial=0.0) >= 0


def test_a_finished_part_got_its_size_and_an_unfinished_one_less() -> None:
    """300 roadmaps, 5 runs each, up to two days each."""
    for number in range(300):
        plan, luck, trace, finish = numbered(number)
        size = np.broadcast_to(luck.size, trace.end.T.shape).T
        for until in untils(plan, number):
            ledger = account(plan, luck, trace, finish, until)
            assert misspent(luck, trace, ledger) <= 1e-7, f"portfolio {number}"
            assert np.all(ledger.spent <= size + 1e-7), f"portfolio {number}"
            assert np.all(ledger.spent[trace.startable >= until] == 0), f"portfolio {number}"


def test_the_days_of_a_part_add_up_to_its_end() -> None:
    """300 roadmaps, 5 runs each, up to two days each."""
    for number in range(300):
        plan, luck, trace, finish = numbered(number)
        for until in untils(plan, number):
            ledger = account(plan, luck, trace, finish, until)
            days = days_of(ledger)
            assert days.min(initial=0.0) >= 0
            assert np.abs(days.sum(axis=0) - np.minimum(trace.end, ledger.until)).max(initial=0.0) <= 1e-7, (
                f"portfolio {number}"
            )
            could_start = np.minimum(trace.startable, ledger.until)
            assert np.abs(days[:2].sum(axis=0) - could_start).max(initial=0.0) <= CLOSE, f"portfolio {number}"


def test_a_part_starts_when_its_binder_lets_it() -> None:
    """200 roadmaps, 5 runs each: the binder's end, lag and hand-off give the start; without a binder it is not_before."""
    for number in range(200):
        plan, luck, trace, finish = numbered(number)
        ledger = account(plan, luck, trace, finish)
        end = np.vstack([trace.end, finish])
        source = np.repeat(np.arange(plan.waits.size), np.diff(plan.next_first))
        for p, run in np.argwhere(np.isfinite(trace.startable)):
            bound, start = ledger.binder[p, run], trace.startable[p, run]
            if bound < 0:
                assert start == plan.not_before[p]
                continue
            starts = []
            for link in np.flatnonzero((source == bound) & (plan.next_node == p)):
                lag = luck.lag[run % len(luck.lag), plan.next_lag[link]]
                starts.append(end[bound, run] + lag)
                if plan.next_handoff[link] and luck.size[run % len(luck.size), p] > 0:
                    starts[-1] = plan.sprint_from[plan.team_cadence[plan.part_team[p]], int(np.ceil(starts[-1] - 1e-7))]
            assert max(starts) == pytest.approx(start, abs=CLOSE), f"portfolio {number}"


def test_each_loss_has_a_cause_that_exists() -> None:
    """300 roadmaps, 5 runs each."""
    for number in range(300):
        plan, luck, trace, finish = numbered(number)
        ledger = account(plan, luck, trace, finish)
        size = np.broadcast_to(luck.size, trace.end.T.shape).T
        unfinished = (trace.end > ledger.until) & (size > 0)
        for team in range(plan.team_cadence.size):
            parts = slice(plan.team_part[team], plan.team_part[team + 1])
            assert np.all(ledger.lost[team, unfinished[parts].any(axis=0), Reason.NOTHING_LEFT] == 0), (
                f"portfolio {number}"
            )
        if not plan.next_handoff.any():
            assert not ledger.lost[:, :, Reason.HANDOFF].any()
        if not plan.not_before.any():
            assert not ledger.lost[:, :, Reason.NOT_BEFORE].any()
        if plan.team_cadence.size == 1:
            assert not ledger.lost[:, :, Reason.OTHER_TEAM].any()
        if not luck.hold.any():
            assert not ledger.lost[:, :, Reason.EXTERNAL].any()


@pytest.mark.parametrize("fault", ["wip", "keeps", "weights", "started"])
def test_rules_that_are_not_the_engines_are_found_out(fault: str) -> None:
    """What the laws are worth: books kept by another rule misspend an item or more on some part of 60 roadmaps."""
    worst = 0.0
    for number in range(60):
        plan, luck, trace, finish = numbered(number)
        wrong = {
            "wip": {"lane_wip": plan.lane_wip + 1},
            "keeps": {"team_keeps": 1 - plan.team_keeps},
            "weights": {"lane_weight": np.ones_like(plan.lane_weight)},
            "started": {"part_started": 1 - plan.part_started},
        }[fault]
        worst = max(worst, misspent(luck, trace, account(plan._replace(**wrong), luck, trace, finish)))
    assert worst > 1


def test_a_trace_of_something_else_is_found_out() -> None:
    """What the laws are worth: with a part's end a day too late, what is spent on it is not its size; 60 roadmaps."""
    worst = 0.0
    for number in range(60):
        plan, luck, trace, finish = numbered(number)
        late = trace._replace(end=trace.end + 1)
        worst = max(worst, misspent(luck, late, account(plan, luck, late, finish)))
    assert worst > 1
