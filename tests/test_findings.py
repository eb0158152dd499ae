"""Findings: every message of a check once, word for word, on a portfolio made for it; and where each must be silent.

The list is there to be read by a person for its tone: what is wrong, where, what to do.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest

import forecast as fc
from forecast.finding import SEVERITIES, TOPICS, Finding, gather, sort_findings
from forecast.throughput import Bootstrap

START = dt.date(2026, 1, 5)
STEADY = [9, 11, 8, 12, 10, 9, 13, 7, 10, 11, 9, 8]


def sprints(
    team: str, done: Sequence[float] = STEADY, days: int = 14, until: int = 0, names: Sequence[str] = ()
) -> list[fc.Sprint]:
    """Sprints in a row, the last of which ends so many days after the day before the start."""
    first = START + dt.timedelta(days=until - days * len(done))
    return [
        fc.Sprint(
            team,
            first + dt.timedelta(days=days * at),
            first + dt.timedelta(days=days * (at + 1) - 1),
            count,
            names[at] if names else "",
        )
        for at, count in enumerate(done)
    ]


WEB, API = sprints("Web"), sprints("API")
LOGIN = fc.Feature("Login", {"Web": 5})
CHECKOUT = fc.Feature("Checkout", {"API": 6}, after=["Login"], due="2026-06-30")


def check(
    *features: fc.Feature | fc.External,
    past: Sequence[fc.Sprint] | fc.History | None = None,
    teams: Sequence[Any] = ("Web", "API"),
    throughput: Any = None,
    **options: Any,
) -> tuple[Finding, ...]:
    """The findings of a small portfolio in which nothing is wrong but what is given."""
    roadmap = fc.Roadmap(START, teams, features or (LOGIN, CHECKOUT), **{"growth": 1.2} | options)
    history = past if isinstance(past, fc.History) else fc.History(past if past is not None else [*WEB, *API])
    return fc.check(roadmap, history, throughput=throughput).findings


def feature(name: str, work: Any = None, **options: Any) -> fc.Feature:
    return fc.Feature(name, {"Web": 5} if work is None else work, **options)


def from_counts(**counts: Sequence[float]) -> fc.History:
    return fc.History.from_counts({"Web": STEADY, "API": STEADY} | counts)


def gone(rows: list[fc.Sprint], *places: int) -> list[fc.Sprint]:
    return [row for at, row in enumerate(rows) if at not in places]


def test_of_a_sound_portfolio_nothing_is_said() -> None:
    assert check() == ()
    assert check(past=from_counts()) == ()


# Every message ---------------------------------------------------------------------------------------------------------

NO_GROWTH = 'Give one, such as growth = [1.0, 1.5, 3.0], or better growth = "learned", from features that you finished.'
PARIS = fc.External("Paris", 10)

MESSAGES: dict[str, tuple[dict[str, Any], str]] = {
    # what makes a forecast impossible
    "an empty roadmap": (
        {"features": None},
        "stop: roadmap: There is nothing on the roadmap. Add a feature.",
    ),
    "a model that cannot serve": (
        {"past": [*WEB, *gone(API, 3)], "throughput": Bootstrap(together=True)},
        'stop: throughput together: The throughput model cannot serve this history: teams "Web" and "API" have '
        "different sprints. Drawing together needs the same sprints for every team; leave out the others, or "
        "drop together.",
    ),
    "no team with a past": (
        {"past": []},
        "stop: history: No team with work has finished anything in the history, so nothing can be said of any "
        "date. Add what they finished in past sprints to the history, or guess what a sprint brings: guess = [3, 5, 9] "
        "for the team.",
    ),
    "one past sprint each": (
        {"past": [WEB[-1], API[-1]]},
        "stop: history: No team with work has past sprints enough to see how much they vary, so nothing can be said of any "
        "date. Add what they finished in past sprints to the history, or guess what a sprint brings: guess = [3, 5, 9] "
        "for the team.",
    ),
    "no team with a past, and no use for a guess": (
        {"past": [], "throughput": Bootstrap()},
        "stop: history: No team with work has finished anything in the history, so nothing can be said of any "
        "date. Add what they finished in past sprints to the history.",
    ),
    "a guess that nothing can be done with": (
        {"past": fc.History(WEB, {"API": (3, 5, 9)}), "throughput": Bootstrap()},
        'stop: team "API": The throughput model cannot serve this history: bootstrap can do nothing with a guess. It only '
        "draws past sprints; use the model drift, or leave the guess out.",
    ),
    # features without a date
    "a team without a past": (
        {"past": [*WEB, *sprints("Apis")]},
        'warning: team "API": No past sprints of API: Checkout gets no date, nor does what waits for it. Add '
        "what they finished in past sprints to the history, or guess what a sprint brings: guess = [3, 5, 9] for the team. "
        'Did you mean "Apis"?',
    ),
    "a team with one past sprint": (
        {"past": [*WEB, API[-1]]},
        'warning: team "API": Too few past sprints of API: Checkout gets no date, nor does what waits for it. Add '
        "what they finished in past sprints to the history, or guess what a sprint brings: guess = [3, 5, 9] for the team.",
    ),
    "a team with one past sprint, another with none": (
        {
            "past": [*WEB, API[-1]],
            "teams": ["Web", "API", "Ops"],
            "features": [LOGIN, CHECKOUT, feature("Run", {"Ops": 3})],
        },
        "warning: history: No or too few past sprints of API and Ops: Checkout and Run get no date, nor does what waits for "
        "them. Add what they finished in past sprints to the history, or guess what a sprint brings: guess = [3, 5, 9] "
        "for the team.",
    ),
    "a team that never finished anything": (
        {"past": [*WEB, *sprints("API", [0, 0, 0])]},
        'warning: team "API": Not one item finished in the past sprints of API: Checkout gets no date, nor does '
        "what waits for it. Check how their work is counted, or give their parts to the team that does them.",
    ),
    "a team without time": (
        {"teams": ["Web", fc.Team("API", share=0)]},
        'warning: team "API": Teams with work, but with share = 0, never finish it: API (Checkout). Give them a '
        "share of their time, or take the work out.",
    ),
    "a team that stops": (
        {"teams": ["Web", fc.Team("API", capacity=[fc.Capacity("2026-09-01", None, 0)])]},
        'warning: team "API": A capacity of 0 without an end: what is left by then is never finished: API from 1 '
        "Sep 2026 on. Say when it ends, or give the work to somebody else.",
    ),
    # the past
    "few sprints": (
        {"past": [*WEB, *API[-3:]]},
        'warning: team "API": The dates of API are based on 3 sprints; the range mostly reflects how much teams in general '
        "vary. Add older sprints if there are any; until there are 5, no middle date is told.",
    ),
    "guesses": (
        {"past": fc.History([WEB[-1]], {"Web": 4, "API": (3, 5, 9)})},
        "warning: history: A guess stands in for the past: Web has too few past sprints and is taken for 4 a sprint; "
        "API has no past sprints and is taken for 3 to 9 a sprint (most likely 5). Add past sprints as soon as there are two; "
        "they take the place of the guess.",
    ),
    "few sprints to draw from": (
        {"past": [*WEB, *API[-3:]], "throughput": Bootstrap()},
        'warning: team "API": The dates of API are based on 3 sprints; the range mostly reflects which ones they '
        "happened to be. Add older sprints if there are any; do not show anybody the 50 % date.",
    ),
    "fewer than ten": (
        {"past": [*WEB[-7:], *API[-6:]]},
        "note: history: The dates of Web and API are based on 6 to 7 sprints; take the range as a rough one. Add "
        "older sprints if there are any.",
    ),
    "a bulk closing": (
        {"past": [*WEB, *sprints("API", [772, 86, *STEADY])], "throughput": Bootstrap()},
        'warning: team "API": Far more done than in the sprints around it: API 23 Jun 2025 (772 done, usually '
        "10.5) and 1 more, without which the mean is 86 % lower. If it was a clearing-up or an import, spread "
        "the items over the sprints in which they were done, or take the row out.",
    ),
    "one sprint that carries all": (
        {"past": [*WEB, *sprints("API", [3, 2, 40, 4, 2])]},
        'warning: team "API": One sprint carries the mean of all: API 24 Nov 2025 (40 done; without it 72 % '
        "less). If such a sprint cannot come again, take the row out.",
    ),
    "a changed pace": (
        {
            "past": [*WEB, *sprints("API", [22, 19, 21, 20, 18, 20, 21, 22, 19, 20, 18, 21, *STEADY])],
            "throughput": Bootstrap(),
        },
        'warning: team "API": The pace has changed, but the forecast draws from before and after alike: API 9.8 '
        "a sprint since 21 Jul 2025, 20 before. If it is for good, look only at the sprints since: --window, or "
        "throughput in roadmap.toml.",
    ),
    "a time without anything": (
        {"past": [*WEB, *sprints("API", [0] * 5 + STEADY)], "throughput": Bootstrap()},
        'warning: team "API": A time in which nothing was finished counts like any other: API 5 sprints '
        "from 12 May 2025 on. If the team did not exist or worked elsewhere then, take those rows out; if it can "
        "happen again, leave them.",
    ),
    "a team that seldom finishes anything of late": (
        {"past": [*WEB, *sprints("API", [*STEADY, 0, 0, 5, 0, 0, 5, 0, 0, 0, 4, 0, 0, 0, 0])]},
        'warning: team "API": Anything was finished only now and then, so that dates hinge on few sprints: API '
        "in 1 of its newest 5 sprints. If the team works on this all the time, count smaller things.",
    ),
    "a team that seldom finishes anything": (
        {"past": [*WEB, *sprints("API", [0, 0, 5, 0, 0, 5, 0, 0, 0, 4, 0, 5, 0, 0])], "throughput": Bootstrap()},
        'warning: team "API": Anything was finished only now and then, so that dates hinge on few sprints: API '
        "in 4 of 14 sprints. If the team works on this all the time, count smaller things.",
    ),
    "a sprint twice": (
        {"past": [*WEB, *API, API[4]]},
        'note: team "API": Sprints of the same dates are counted as several: API 1 row too many, such as two '
        "from 15 Sep 2025 on. Add up the rows that are one sprint.",
    ),
    "sprints that overlap": (
        {"past": [*WEB, *gone(API, 3), *sprints("API", [9], 21, -105, names=["Long"])]},
        'note: team "API": Sprints overlap, so that each holds only part of what the team did in its days: API '
        '"Long" and that of 15 Sep 2025, which share 5 weekdays. Give each day to one sprint, '
        "and add up rows that are one sprint.",
    ),
    "a sprint that is not over": (
        {"past": [*WEB, *sprints("API", until=7)]},
        'warning: team "API": A sprint that is not over when the forecast starts counts as a whole one: API that '
        "of 29 Dec 2025 (5 of its 10 weekdays to come). Take the row out until the sprint is over, or start the "
        "forecast after it.",
    ),
    "a history that ends early": (
        {"past": [*WEB, *sprints("API", until=-70)]},
        'warning: team "API": The history ends long before the forecast starts: API on 26 Oct 2025, 10 '
        "weeks before. Add the sprints since then, with 0 where nothing was finished.",
    ),
    "a gap": (
        {"past": [*WEB, *gone(API, 4)]},
        'note: team "API": There are gaps between sprints, which the forecast takes for time that never was: API '
        "one of 14 days after 14 Sep 2025. Add the sprints that are missing, with 0 where nothing was finished; "
        "leave out only what cannot come again.",
    ),
    "a sprint of another length": (
        {
            "past": [
                *WEB,
                *sprints("API", STEADY[:5], until=-126),
                *sprints("API", [22], 28, -98),
                *sprints("API", [9] * 7),
            ]
        },
        'note: team "API": Not all sprints have the usual length; their counts are scaled by weekdays: API '
        "that of 1 Sep 2025 of 20 weekdays. Check their first and last days.",
    ),
    "sprints longer than planned": (
        {"past": [*WEB, *sprints("API", days=21)]},
        'note: team "API": Past sprints are longer or shorter than planned ones; their counts are scaled by '
        "weekdays: API 21 days, planned 14 (its range is a little too narrow). Count the past in sprints of the "
        "planned length, if you can.",
    ),
    "a day in two sprints": (
        {"past": [*WEB, *API[:-1], fc.Sprint("API", dt.date(2025, 12, 19), dt.date(2026, 1, 4), 8)]},
        'note: team "API": Sprints end on the day on which the next one begins: API once. Write the last day '
        "of a sprint, included; each of these is counted a day too long.",
    ),
    "a name twice": (
        {"past": [*WEB, *sprints("API", STEADY[:3], names=["S 1", "S 2", "S 1"])]},
        'note: team "API": Different sprints have the same name: API "S 1". See whether they are one sprint.',
    ),
    "a name of another year": (
        {"past": [*WEB, *sprints("API", STEADY[:5], names=["2025 A", "2025 B", "2023 C", "2025 D", "2025 E"])]},
        'note: team "API": The name of a sprint says another year: API "2023 C", which began on 24 Nov 2025. See '
        "whether its dates are right.",
    ),
    "half an item": (
        {"past": [*WEB, *sprints("API", [*STEADY, 4.5])]},
        'note: team "API": Counts of items that are not whole: API 1 sprint, such as 4.5. If they are points, '
        'say so: unit = "points"; sizes are rounded to whole items otherwise.',
    ),
    "teams without work": (
        {"teams": ["Web", "API", "iOS"], "past": [*WEB, *API, *sprints("Ops")]},
        "note: roadmap: iOS and Ops have no work on this roadmap. Leave it so, unless work is missing.",
    ),
    # the roadmap
    "no growth": (
        {"growth": None},
        "warning: roadmap: No growth is given, as if no work were found on the way; in real portfolios that is "
        f"the largest error of all, and dates come out far too early. {NO_GROWTH}",
    ),
    "growth learned from nothing": (
        {"growth": "learned"},
        'note: roadmap: There is no finished feature for growth = "learned" to learn from, so what is usual elsewhere is '
        'assumed. Name a file of past features in roadmap.toml: items = "items.csv" or finished = "finished.csv".',
    ),
    "growth for some": (
        {"growth": None, "features": [LOGIN, feature("Search", growth=1.3)]},
        f"note: roadmap: 1 of 2 features with work have no growth: Login. {NO_GROWTH}",
    ),
    "a size beyond the past": (
        {"features": [feature("Login", {"Web": 400})]},
        'warning: part "Login/Web": Sizes far beyond what the team has finished in a year: Login 400 for Web, '
        "which at its usual 9 a sprint takes 20 months. See whether they are counted in the same unit as the "
        "past, and whether the feature is one.",
    ),
    "a part of size 0": (
        {"features": [feature("Login", {"Web": 5, "API": 0})]},
        'note: part "Login/API": Parts of size 0 are finished the moment they can start: Login (API). Give them '
        "a size, or leave them out.",
    ),
    "a part of which all is done": (
        {"features": [feature("Login", {"Web": 5, "API": fc.Part(8, done=8)})]},
        'note: part "Login/API": Of these parts the whole size is done already: Login (API). If something is left '
        "to do, raise the size.",
    ),
    "a feature above what it waits for": (
        {"features": [feature("Pay", after=["Login"]), feature("Search", {"API": 3}), feature("Login", {"API": 3})]},
        'warning: feature "Pay": Ranked above what they wait for: Pay (rank 1) waits for Login (rank 3), which '
        "comes after 1 other feature at API. Move up what is waited for, if the feature that waits is as "
        "important as it says.",
    ),
    "a link that says the same twice": (
        {"features": [LOGIN, feature("Pay", after=["Login"]), feature("Shop", after=["Login", "Pay"])]},
        'note: link "Shop: Login": Links that others already imply: Shop waits for Login, for which Pay waits '
        "too. Leave them out, unless they are to stay when the others go.",
    ),
    "an objective that nobody serves": (
        {
            "teams": [fc.Team("Web", allocation={"Grow": 0.4, "Save": 0.3}), "API"],
            "features": [feature("Login", objective="Grow"), feature("Search", objective="Saves"), CHECKOUT],
        },
        'note: team "Web": An allocation gives a share to an objective that no feature of the team serves, so it '
        'flows to the others: Web 30 % for Save. Check how the objective is spelt. Did you mean "Saves"?',
    ),
    "features that no share is left for": (
        {
            "teams": [fc.Team("Web", allocation={"Grow": 1.0}), "API"],
            "features": [feature("A", objective="Grow"), LOGIN],
        },
        'warning: team "Web": An allocation leaves nothing for features of other objectives, which move only '
        "when all else waits: Web for Login. Give them a share, or an objective that has one.",
    ),
    "due before the start": (
        {"features": [feature("Login", due="2025-12-19")]},
        'warning: feature "Login": Due dates that cannot be kept: Login is due 19 Dec 2025, before the forecast '
        "starts. Correct the dates; if it is finished, take it off the roadmap.",
    ),
    "due before it may begin": (
        {"features": [feature("Login", due="2026-06-19", not_before="2026-06-22")]},
        'warning: feature "Login": Due dates that cannot be kept: Login is due 19 Jun 2026, but not before 22 '
        "Jun 2026. Correct the dates; if it is finished, take it off the roadmap.",
    ),
    "due before what it waits for": (
        {"features": [feature("Login", due="2026-07-31"), CHECKOUT]},
        'warning: feature "Checkout": Promised earlier than what it waits for: Checkout, due 30 Jun 2026, waits '
        "for Login, due 31 Jul 2026. Bring the due dates in order.",
    ),
    "due at a weekend": (
        {"features": [feature("Login", due="2026-06-28")]},
        'note: feature "Login": Due on a day on which nobody works, so that it counts as the last working day '
        "before: Login on Sunday 28 Jun 2026. Name a working day.",
    ),
    "a promise that nobody can keep": (
        {"features": [feature("Login", {"Web": 100}, due="2026-03-31")]},
        'warning: feature "Login": Below 85 % even if nothing else were done (1,000 runs): Login by 31 Mar 2026 '
        "(3 %). Move the due date, make the feature smaller, or take out what it waits for.",
    ),
    "a long wait": (
        {"features": [fc.External("Audit", 365), feature("Login", after=["Audit"])]},
        'note: feature "Audit": Externals of more than half a year in working days: Audit 365 days. See whether '
        "these are calendar days; five make a week here.",
    ),
    "a mark without effect": (
        {"features": [feature("Login", started=True), CHECKOUT]},
        'note: feature "Login": Login is marked as started, which changes nothing: none of its teams has '
        "finish_started. Set finish_started = true for teams that finish what they began, or leave the mark as a "
        "reminder.",
    ),
    "a milestone of nobody": (
        {"features": [LOGIN, CHECKOUT, fc.Feature("Kick-off")]},
        'note: feature "Kick-off": Nobody waits for it, it has no work, and it is not due: Kick-off. Say who '
        "waits for it, or leave it out.",
    ),
    "promised twice": (
        {"features": [LOGIN, CHECKOUT, fc.Feature("Launch", after=["Checkout"], due="2026-06-30")]},
        'note: feature "Launch": Promised twice, as a milestone and as the one feature it waits for: Launch and '
        "Checkout. Set promised = false for one of them.",
    ),
    "an objective in two spellings": (
        {"features": [feature("A", objective="Grow revenue"), feature("B", objective="grow  Revenue")]},
        'note: objective "Grow revenue": Objectives that differ only in their spelling count as different ones: '
        "Grow revenue and grow  Revenue. Spell them the same.",
    ),
}


def find(case: dict[str, Any]) -> tuple[Finding, ...]:
    case = dict(case)
    features = case.pop("features", ())
    if features is None:
        return fc.check(fc.Roadmap(START, ["Web"], []), fc.History(WEB)).findings
    return check(*features, **case)


@pytest.mark.parametrize("name", MESSAGES)
def test_every_message(name: str) -> None:
    case, message = MESSAGES[name]
    assert message in [str(finding) for finding in find(case)]


def test_every_kind_of_finding_is_in_the_list() -> None:
    """All but the one that takes ten thousand features (see test_alone)."""
    told = {finding.kind for case, _ in MESSAGES.values() for finding in find(case)}
    assert set(TOPICS) - told == {"not tried"}
    assert told <= set(TOPICS)


def test_every_message_is_one_sentence_and_a_way_out() -> None:
    for case, _ in MESSAGES.values():
        for finding in find(case):
            assert finding.severity in SEVERITIES
            assert finding.sentence.endswith(".")
            assert finding.way_out[0].isupper()
            assert finding.way_out[-1] in ".?"
            assert "  " not in finding.sentence.replace("grow  Revenue", "")


# Where each must be silent -----------------------------------------------------------------------------------------------

SILENT: dict[str, tuple[str, dict[str, Any]]] = {
    "together, the same sprints": ("model", {"throughput": Bootstrap(together=True)}),
    "a past for those who work": ("no history", {"past": WEB, "features": [LOGIN], "teams": ["Web", "API"]}),
    "one finished item": ("nothing done", {"past": [*WEB, *sprints("API", [0, 1, 0])]}),
    "a small share": ("no capacity", {"teams": ["Web", fc.Team("API", share=0.1)]}),
    "a pause that ends": ("stops", {"teams": ["Web", fc.Team("API", capacity=[fc.Capacity(START, "2026-01-09", 0)])]}),
    "ten sprints": ("few sprints", {"past": [*WEB, *API[-10:]]}),
    "three times as much": ("bulk", {"past": [*WEB, *sprints("API", [30, *STEADY])], "throughput": Bootstrap()}),
    "far more in the window that is not looked at": (
        "bulk",
        {"past": [*WEB, *sprints("API", [772, *STEADY])], "throughput": Bootstrap(window=12)},
    ),
    "a good sprint": ("carrier", {"past": [*WEB, *sprints("API", [3, 2, 6, 4, 2])], "throughput": Bootstrap()}),
    "to and fro": ("shift", {"past": [*WEB, *sprints("API", [20, 10] * 12)], "throughput": Bootstrap()}),
    "a changed pace, but only the newest looked at": (
        "shift",
        {"past": [*WEB, *sprints("API", [20] * 12 + STEADY)], "throughput": Bootstrap(window=12)},
    ),
    "two empty sprints": ("idle", {"past": [*WEB, *sprints("API", [0, 0, *STEADY])], "throughput": Bootstrap()}),
    "a team that began late, where recent sprints count most": (
        "rare",
        {"past": [*WEB, *sprints("API", [0] * 30 + STEADY)]},
    ),
    "half of them empty": ("rare", {"past": [*WEB, *sprints("API", [0, 5] * 7)], "throughput": Bootstrap()}),
    "the same dates in two teams": ("same dates", {}),
    "side by side": ("overlap", {}),
    "over on the day before": ("unfinished", {}),
    "a sprint since": ("stale", {"past": [*WEB, *sprints("API", until=-14)]}),
    "a week between": ("gap", {"past": [*WEB, *sprints("API", STEADY[:6], until=-90), *sprints("API", STEADY[:6])]}),
    "a day more": (
        "length",
        {"past": [*WEB, *API[:-1], fc.Sprint("API", dt.date(2025, 12, 22), dt.date(2026, 1, 2), 8)]},
    ),
    "at a weekend": ("shared day", {}),
    "names of their own": ("name", {"past": [*WEB, *sprints("API", names=[f"2025 S{at}" for at in range(12)])]}),
    "points": ("fraction", {"past": [*WEB, *sprints("API", [*STEADY, 4.5])], "unit": "points"}),
    "a guess that is not needed": ("guess", {"past": fc.History([*WEB, *API[-2:]], {"API": (3, 5, 9)})}),
    "growth that was learned": ("learned growth", {"growth": fc.Learned(finished=1)}),
    "growth for each": ("growth", {"growth": None, "features": [feature("Login", growth=1.2)]}),
    "nothing that can grow": ("growth", {"growth": None, "features": [PARIS, fc.Feature("Done", after=["Paris"])]}),
    "all with growth": ("partial growth", {"growth": None, "features": [feature("Login", growth=1.2)]}),
    "eleven months": ("size", {"features": [feature("Login", {"Web": 9.5 * 24})]}),
    "half an item in points": ("zero", {"features": [feature("Login", {"Web": 0.4})], "unit": "points"}),
    "below what it waits for": ("rank", {"features": [LOGIN, CHECKOUT]}),
    "above, with nothing in between": (
        "rank",
        {"features": [feature("Pay", after=["Login"]), feature("Login", {"API": 3})]},
    ),
    "above, with others of another team in between": (
        "rank",
        {"features": [feature("Pay", after=["Login"]), feature("Search"), feature("Login", {"API": 3})]},
    ),
    "above an external": (
        "rank",
        {"features": [feature("Pay", after=["Paris"]), feature("Search"), fc.External("Paris", 10)]},
    ),
    "a diamond": (
        "redundant",
        {
            "features": [
                LOGIN,
                feature("A", after=["Login"]),
                feature("B", after=["Login"]),
                feature("C", after=["A", "B"]),
            ]
        },
    ),
    "a lag of its own": (
        "redundant",
        {
            "features": [
                LOGIN,
                feature("Pay", after=["Login"]),
                feature("Shop", after=[fc.After("Login", lag=9), "Pay"]),
            ]
        },
    ),
    "only a part of what waits": (
        "redundant",
        {
            "features": [
                LOGIN,
                feature("Pay", after=["Login"]),
                feature("Shop", {"Web": 5, "API": fc.Part(4, after=["Pay"])}, after=["Login"]),
            ]
        },
    ),
    "a part of what is waited for": (
        "redundant",
        {
            "features": [
                feature("Login", {"Web": 5, "API": 4}),
                feature("Pay", after=["Login/API"]),
                feature("Shop", after=["Login", "Pay"]),
            ]
        },
    ),
    "an objective that is served": (
        "allocation",
        {
            "teams": [fc.Team("Web", allocation={"Grow": 1.0})],
            "features": [feature("A", objective="Grow")],
            "past": WEB,
        },
    ),
    "something left for the others": (
        "allocation",
        {
            "teams": [fc.Team("Web", allocation={"Grow": 0.9}), "API"],
            "features": [feature("A", objective="Grow"), LOGIN],
        },
    ),
    "due on the first day": ("due", {"features": [feature("Login", due=START)]}),
    "due when it may begin": ("due", {"features": [feature("Login", due="2026-06-22", not_before="2026-06-22")]}),
    "due on the same day": ("due order", {"features": [feature("Login", due="2026-06-30"), CHECKOUT]}),
    "hoped for later": (
        "due order",
        {"features": [feature("Login", due="2026-07-31", promised=False), CHECKOUT]},
    ),
    "due on a Friday": ("day off", {"features": [feature("Login", due="2026-06-26")]}),
    "a promise that can be kept": ("alone", {"features": [feature("Login", {"Web": 5}, due="2026-02-27")]}),
    "half a year": ("external", {"features": [fc.External("Paris", 130), feature("Login", after=["Paris"])]}),
    "a team that finishes what it began": (
        "started",
        {"teams": [fc.Team("Web", finish_started=True), "API"], "features": [feature("Login", started=True), CHECKOUT]},
    ),
    "a milestone that is waited for": (
        "milestone",
        {"features": [fc.Feature("Kick-off"), feature("Login", after=["Kick-off"])]},
    ),
    "a milestone that is due": ("milestone", {"features": [LOGIN, fc.Feature("Launch", after=["Login"])]}),
    "promised for another day": (
        "twice promised",
        {"features": [LOGIN, CHECKOUT, fc.Feature("Launch", after=["Checkout"], due="2026-07-31")]},
    ),
    "a milestone of two": (
        "twice promised",
        {
            "features": [
                LOGIN,
                CHECKOUT,
                PARIS,
                fc.Feature("Launch", after=["Checkout", "Paris"], due="2026-06-30"),
            ]
        },
    ),
    "two objectives": ("objective", {"features": [feature("A", objective="Grow"), feature("B", objective="Growth")]}),
    "teams with work": ("not working", {}),
}


@pytest.mark.parametrize("name", SILENT)
def test_where_a_finding_would_be_noise(name: str) -> None:
    kind, case = SILENT[name]
    assert kind not in [finding.kind for finding in find(case)]


def test_every_kind_has_a_place_where_it_is_silent() -> None:
    assert {kind for kind, _ in SILENT.values()} == set(TOPICS) - {"not tried", "features"}


# How they are told -------------------------------------------------------------------------------------------------------


def test_many_alike_are_one_finding() -> None:
    """Twelve features: three are named, all are listed."""
    features = [feature(f"F{number}", due="2025-12-19") for number in range(1, 13)]
    (finding,) = [each for each in check(*features) if each.kind == "due"]
    assert finding.where == "roadmap"
    assert finding.sentence.endswith("F3 is due 19 Dec 2025, before the forecast starts; and 9 more features.")
    assert finding.about == tuple(f"F{number}" for number in range(1, 13))


def test_four_alike_are_all_named() -> None:
    clauses = {name: name for name in "ABCD"}
    assert gather("note", "zero", "part", "Lead", clauses, "Do.")[0].sentence == "Lead: A; B; C; D."
    assert (
        gather("note", "zero", "part", "Lead", clauses | {"E": "E"}, "Do.")[0].sentence
        == "Lead: A; B; C; and 2 more parts."
    )
    assert gather("note", "zero", "part", "Lead", {}, "Do.") == []
    assert gather("note", "zero", "part", "Lead", clauses, "Do.")[0].where == "roadmap"
    assert gather("note", "zero", "part", "Lead", {"A": "A"}, "Do.")[0].where == 'part "A"'


def test_the_most_severe_come_first_and_then_what_moves_most() -> None:
    found = [Finding(severity, "x", "y", "z", kind) for severity in reversed(SEVERITIES) for kind in ("rank", "growth")]
    told = [(finding.severity, finding.kind) for finding in sort_findings(found)]
    assert told == [(severity, kind) for severity in SEVERITIES for kind in ("growth", "rank")]


def test_the_team_that_is_moved_most_is_named_first() -> None:
    past = [*sprints("Web", [100, *STEADY]), *sprints("API", [772, *STEADY])]
    (finding,) = [each for each in check(past=past, throughput=Bootstrap()) if each.kind == "bulk"]
    assert finding.about == ("API", "Web")
    assert finding.where == "history"


PAY = feature("Pay", after=["Login"])
TWO = feature("Two", {"Web": 5, "API": 4})


@pytest.mark.parametrize(
    ("waiting", "told"),
    [
        (
            feature("S", {"Web": fc.Part(5, after=["Login", "Pay"])}),
            "S (Web) waits for Login, for which Pay waits too.",
        ),
        (
            feature("S", {"Web": fc.Part(5, after=["Login"])}, after=["Pay"]),
            "S (Web) waits for Login, for which Pay waits too.",
        ),
        (feature("S", {"Web": fc.Part(5, after=["Pay"])}, after=["Pay"]), "S (Web) waits for Pay, said twice."),
        (feature("S", after=["Pay", "Pay"]), "S waits for Pay, said twice."),
        (feature("S", after=["Two", "Two/API"]), "S waits for Two (API), said twice."),
        (feature("S", after=["Deep", "Login"]), "S waits for Login, for which Deep waits too."),
        (feature("S", after=["Partly", "Login"]), "S waits for Login, for which Partly waits too."),
        (feature("S", {"Web": fc.Part(5, after=["Login"]), "API": fc.Part(5, after=["Pay"])}), None),
        (feature("S", after=["Two/API", "Two/Web"]), None),
        (feature("S", after=["Partly/Web", "Login"]), None),
    ],
    ids=range(10),
)
def test_links_that_others_imply(waiting: fc.Feature, told: str | None) -> None:
    deep = feature("Deep", after=["Pay"])
    partly = feature("Partly", {"Web": 1, "API": fc.Part(1, after=["Login"])})
    found = [each for each in check(LOGIN, PAY, TWO, deep, partly, waiting) if each.kind == "redundant"]
    assert [each.sentence for each in found] == ([f"Links that others already imply: {told}"] if told else [])


def test_one_bulk_closing_is_told_as_one() -> None:
    past = [*WEB, *sprints("API", [772, *STEADY])]
    (finding,) = [each for each in check(past=past, throughput=Bootstrap()) if each.kind == "bulk"]
    assert finding.sentence == (
        "Far more done than in the sprints around it: API 7 Jul 2025 (772 done, usually 9.5), without which the mean is 86 % "
        "lower."
    )


@pytest.mark.parametrize(("places", "severity"), [((4,), "note"), ((4, 5), "warning"), ((3, 7), "warning")])
def test_many_missing_sprints_are_a_warning_and_few_a_note(places: tuple[int, ...], severity: str) -> None:
    """One of twelve is a twelfth; two are more than a tenth of what there should be."""
    (finding,) = [each for each in check(past=[*WEB, *gone(API, *places)]) if each.kind == "gap"]
    assert finding.severity == severity


class Fading(Bootstrap):
    """A model that says that it looks at old sprints less and less."""

    def describe(self) -> dict[str, Any]:
        return {"model": "fading", "half_life": 3.0}


def test_what_a_model_hardly_looks_at_is_not_told() -> None:
    """A bulk closing and a changed pace of three years ago; the same of last month."""
    old = [*WEB, *sprints("API", [772, *[22, 19, 21] * 20, *STEADY])]
    new = [*WEB, *sprints("API", [*STEADY, *STEADY, 772, 9])]
    assert {"bulk", "shift"} <= {finding.kind for finding in check(past=old, throughput=Bootstrap())}
    for model in (None, Fading(), fc.Drift(half_life=3)):
        assert {finding.kind for finding in check(past=old, throughput=model)} == set()
        assert "bulk" in {finding.kind for finding in check(past=new, throughput=model)}
    assert "bulk" in {finding.kind for finding in check(past=old, throughput=fc.Drift(half_life=100))}


def test_a_model_that_does_not_resample_is_not_said_to() -> None:
    (finding,) = check(past=[*WEB, *API[-3:]], throughput=Fading())
    assert "the range mostly reflects how much teams in general vary." in finding.sentence


def test_names_of_files_are_shown_and_never_obeyed() -> None:
    name = "We\u202eb" + "x" * 200
    past = [fc.Sprint(name, row.start, row.end, 0) for row in WEB]
    (stop, warning) = check(fc.Feature("F\u202e", {name: 1}), past=past, teams=[name])
    assert stop.severity == "stop"
    assert "\u202e" not in warning.sentence + warning.where
    assert "\\u202e" in warning.sentence
    assert len(warning.sentence) < 400
