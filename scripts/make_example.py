"""Writes data/example: the portfolio of a made-up product company, with the traits of real ones.

    python scripts/make_example.py [FOLDER]

Everything in it is invented. The roadmap and its features stand below; the history is drawn with the seed below, by
comparing uniform numbers only, so that every machine writes the same bytes.
"""

from __future__ import annotations

import datetime as dt
import random
import sys
from dataclasses import dataclass
from pathlib import Path

SEED = 20260105
START = dt.date(2026, 1, 5)
WEEKS = 60

ROADMAP = """\
# A roadmap for 2026: five teams, three objectives, about 25 features.
# Invented, and written by scripts/make_example.py: change it there.

start = 2026-01-05                    # the first day of the forecast: work that is left begins here
sprint_days = 14                      # calendar days of a sprint, for teams that do not say
history = "throughput.csv"            # what each team finished in past sprints
features = "features.csv"             # what is to be done, the most important first
promise_level = 0.85                  # a due date is a promise that holds when its chance is at least this
handoff = "next-sprint"               # what another team finished is picked up at the start of the next sprint
growth = [1.0, 1.2, 1.7]              # work found on the way: low, likely and high factor on every feature's size
days_off = [2026-04-03, 2026-04-06, 2026-05-01, 2026-05-14, 2026-05-25]    # nobody in the company works
# throughput = { model = "bootstrap", window = 12 }    # how the past is used: only the newest 12 sprints, say

[[team]]
name = "Web"
# The capacity is split between objectives; what is left (10 %) is for everything else.
allocation = { "Grow revenue" = 0.55, "Win enterprise" = 0.35 }
capacity = [{ start = 2026-03-02, end = 2026-06-12, factor = 0.85, why = "parental leave" }]

[[team]]
name = "API"
wip = 2                               # works on two features at the same time
capacity = [
    { start = 2026-02-02, end = 2026-03-27, factor = 0.95, why = "a new colleague is shown around" },
    { start = 2026-03-30, factor = 1.15, why = "and then adds to the team" },
]

[[team]]
name = "Mobile"
sprint_days = 21                      # sprints of three weeks,
sprint_start = 2025-12-29             # of which one began in the week before the forecast does
days_off = [2026-02-16, 2026-02-17]   # this team alone is away

[[team]]
name = "Data"
share = 0.7                           # the rest of its time goes to work outside this roadmap
finish_started = true                 # what is begun is finished before something more important takes its place

[[team]]
name = "Platform"                     # serves all others
days_off = [2026-03-17, 2026-03-18, 2026-03-19]

[[risk]]
name = "The payment provider changes its interface"
chance = 0.25
adds = { "Payments/API" = [3, 5, 8] } # items
delays = { "Payments" = [3, 5, 10] }  # working days

[[risk]]
name = "The security review asks for changes"
chance = 0.3
delays = { "Security review" = [5, 10, 20] }

[[risk]]
name = "The Kubernetes upgrade breaks the build"
chance = 0.2
adds = { "Kubernetes upgrade/Platform" = [2, 4, 6], "Build pipeline/Platform" = 2 }
"""

FEATURES = """\
feature,team,low,likely,high,after,due,objective,value,not_before,started
Login,API,4,6,9,,2026-04-30,Win enterprise,8,,true
Login,Web,3,4,7,,,,,,
Login,Mobile,2,3,5,Login/API,,,,,
Checkout,Web,6,9,15,,2026-06-12,Grow revenue,13,,true
Checkout,API,4,6,10,Login/API,,,,,
Checkout,Data,1,2,3,,,,,,
Payment contract,,10,15,30,,,,,,
Payments,API,5,8,13,Payment contract,2026-07-31,Grow revenue,13,,
Payments,Web,2,3,5,Payments/API,,,,,
Audit log,Platform,3,5,8,,2026-06-26,Win enterprise,5,,
Audit log,API,3,4,7,Audit log/Platform,,,,,
Roles and permissions,API,3,5,8,Login/API,,Win enterprise,5,,
Roles and permissions,Web,4,6,9,Roles and permissions/API,,,,,
Security review,,5,10,20,Login; Audit log; Roles and permissions,,,,,
Enterprise launch,,,,,Security review,2026-09-30,Win enterprise,20,,
Kubernetes upgrade,Platform,6,9,14,,2026-04-30,Cut running cost,5,,
Search,Data,4,6,10,,2026-10-02,Grow revenue,8,,
Search,API,3,4,6,Search/Data,,,,,
Search,Web,2,3,5,Search/API,,,,,
Apple Pay,API,1,2,4,Payments/API,2026-09-30,Grow revenue,5,,
Apple Pay,Mobile,3,5,8,Apple Pay/API,,,,,
Push notifications,Mobile,4,6,9,,,Grow revenue,3,,
Push notifications,Platform,2,3,5,,,,,,
Usage dashboard,Data,3,5,9,,2026-07-31,Win enterprise,5,,
Usage dashboard,Web,3,4,6,Usage dashboard/Data,,,,,
Database consolidation,Platform,5,8,13,Kubernetes upgrade,2026-09-30,Cut running cost,8,,
Database consolidation,Data,2,3,5,Database consolidation/Platform,,,,,
Loyalty points,Web,5,7,11,Checkout,2026-12-18,Grow revenue,5,,
Loyalty points,API,4,5,8,Checkout,,,,,
Loyalty points,Data,1,2,4,,,,,,
Offline mode,Mobile,7,10,16,,,Grow revenue,3,,
Offline mode,API,2,3,5,,,,,,
Data residency,Platform,5,8,14,Database consolidation,2026-05-08,Win enterprise,8,,
Data residency,API,2,3,5,Data residency/Platform,,,,,
Tax vendor,,15,20,40,,,,,2026-02-02,
Invoicing,API,4,6,9,Tax vendor; Payments/API,2026-10-30,Win enterprise,8,,
Invoicing,Web,2,4,6,Invoicing/API,,,,,
Cold storage,Data,3,4,6,,,Cut running cost,3,,
Cold storage,Platform,2,3,5,,,,,,
Recommendations,Data,5,8,14,Search/Data,,Grow revenue,5,,
Recommendations,Web,2,3,5,Recommendations/Data,,,,,
Old API switched off,API,4,6,10,Roles and permissions,2027-03-31,Cut running cost,5,,
Old API switched off,Web,2,3,4,Old API switched off/API,,,,,
Accessibility,Web,5,7,10,,2026-12-31,Win enterprise,5,,
Accessibility,Mobile,3,4,6,,,,,,
Tablet layout,Mobile,4,6,9,,,Grow revenue,2,,
Build pipeline,Platform,3,4,6,,,Cut running cost,3,,
Partner portal,Web,6,9,14,Checkout,,Grow revenue,5,2026-04-01,
Partner portal,API,4,6,9,Roles and permissions/API,,,,,
"""

MOODS = (0.5, 0.75, 0.9, 1.0, 1.0, 1.1, 1.25, 1.5)
"""How well a sprint went compared with an ordinary one; each is as likely as any other."""

HOLIDAYS = ((dt.date(2024, 12, 24), dt.date(2025, 1, 1)), (dt.date(2025, 12, 24), dt.date(2026, 1, 1)))


@dataclass(frozen=True)
class Past:
    """How the history of a team comes about.

    usual : items finished in an ordinary sprint
    slump : what is left of the throughput in sprints of a bad time
    spike : sprint -> small tickets that were closed in it all at once
    nothing : sprints in which nothing was finished
    """

    team: str
    usual: int
    slump: dict[int, float]
    spike: dict[int, int]
    nothing: tuple[int, ...] = ()
    sprint_days: int = 14
    last_day: dt.date = START - dt.timedelta(days=1)


PASTS = (
    Past("Web", 9, slump={}, spike={9: 11}, nothing=(21,)),
    Past("API", 9, slump={12: 0.4, 13: 0.3, 14: 0.6}, spike={}),
    Past("Mobile", 8, slump={4: 0.5}, spike={}, sprint_days=21, last_day=dt.date(2025, 12, 28)),
    Past("Data", 7, slump={}, spike={}, nothing=(6, 18)),
    Past("Platform", 7, slump={22: 0.3, 24: 0.5}, spike={17: 9}, nothing=(23,)),
)


def draw_done(past: Past, sprint: int, first: dt.date, last: dt.date, dice: random.Random) -> int:
    """Items finished in one sprint: twice the usual number could be, each with half the chance of how well it went."""
    mood = MOODS[int(dice.random() * len(MOODS))]
    open_days = sum(1 for day in _weekdays(first, last) if not any(start <= day <= end for start, end in HOLIDAYS))
    chance = mood * past.slump.get(sprint, 1.0) * open_days / len(_weekdays(first, last)) / 2
    done = sum(dice.random() < chance for _ in range(2 * past.usual))
    return 0 if sprint in past.nothing else done + past.spike.get(sprint, 0)


def _weekdays(first: dt.date, last: dt.date) -> list[dt.date]:
    days = (first + dt.timedelta(days=count) for count in range((last - first).days + 1))
    return [day for day in days if day.weekday() < 5]


def make_throughput() -> str:
    """The text of throughput.csv."""
    dice = random.Random(SEED)
    lines = ["team,sprint,start,end,done"]
    for past in PASTS:
        sprints = WEEKS * 7 // past.sprint_days
        for sprint in range(sprints):
            first = past.last_day + dt.timedelta(days=1 - (sprints - sprint) * past.sprint_days)
            last = first + dt.timedelta(days=past.sprint_days - 1)
            done = draw_done(past, sprint, first, last, dice)
            lines.append(f"{past.team},{past.team} {sprint + 1},{first},{last},{done}")
    return "\n".join(lines) + "\n"


def write(folder: Path) -> None:
    """Writes the three files of the example into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("roadmap.toml", ROADMAP), ("features.csv", FEATURES), ("throughput.csv", make_throughput())):
        (folder / name).write_bytes(text.encode())


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "data" / "example")
