"""Issues: what any tracker tells of its work, in words that no tracker owns."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from forecast.errors import Fault, escape, quote

EXAMPLES = 5
"""Examples that are kept of what was left out for one reason."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link of an issue to another one.

    kind : what the tracker calls it: "Blocks", "Dependency", "Relates"
    outward : the issue stands at the outer end of it: with "Blocks", outward says that this issue blocks the other one,
        inward that it is blocked by it
    key : the other issue
    """

    kind: str
    outward: bool
    key: str


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue, work item or card, as its tracker tells of it; what it means is for a `Mapping` to say.

    key : what people call it; no two issues of an export have the same
    id : what the tracker calls it, where parents are named by that
    title, kind : its heading, and its type: Story, Bug, Epic
    name : a short name of its own, as Jira's epics have; empty where there is none
    status, category : its status, and what the tracker says that this means (To Do, In Progress, Done), if it does
    resolution : how it ended; GitHub's state reason
    created, started, done : days, as they are written in the tracker's own time zone
    changed : last day on which its status is known to have changed, or it was changed at all: stands in for `done`
    due : the day until which it is wanted
    team, project, areas : who works on it, as a team field, a project or repository, components or area paths tell it
    parents : keys, ids or names of what it belongs to, the surest first
    parent_title : title of the first of them, where the tracker tells it beside it
    sprints : the sprints that it was in, the newest last
    labels, versions : tags; releases or milestones
    estimate : points, or whatever its tracker estimates in; None for no estimate
    size : number of items that it is said to hold in all; None where the tracker does not say (most do not)
    rank : what the tracker sorts its backlog by, a number or a text
    file : name of the file that it was read from, without its ending; empty when it came from elsewhere
    more : further columns that a mapping asks for, name and value
    """

    key: str
    title: str = ""
    id: str = ""
    kind: str = ""
    name: str = ""
    status: str = ""
    category: str = ""
    resolution: str = ""
    created: dt.date | None = None
    started: dt.date | None = None
    done: dt.date | None = None
    changed: dt.date | None = None
    due: dt.date | None = None
    team: str = ""
    project: str = ""
    areas: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    parent_title: str = ""
    sprints: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    estimate: float | None = None
    size: float | None = None
    rank: str = ""
    file: str = ""
    more: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not self.key:
            raise Fault("an issue", 'key = ""', "every issue needs a key")
        for number in (self.estimate, self.size):
            if number is not None and not 0 <= number < math.inf:
                raise Fault(f"issue {quote(self.key)}", f"estimate = {number:g}", "a number from 0 on is needed")


@dataclass(frozen=True, slots=True)
class Cycle:
    """A sprint that the tracker knows the days of.

    start, end : first and last day, both included
    team : whose sprint it is; empty for a sprint of everybody
    done : items finished in it, where the source counts them itself
    """

    name: str
    start: dt.date
    end: dt.date
    team: str = ""
    done: float | None = None

    def __post_init__(self) -> None:
        if self.end < self.start:
            shown = f"{self.start} to {self.end}"
            raise Fault(f"sprint {quote(self.name)}", shown, "a sprint ends on the day it starts, or later")


def end_before_next(cycles: Iterable[Cycle]) -> Iterator[Cycle]:
    """The same sprints; one that ends on the day on which the next of its team begins ends on the day before.

    Trackers write the moment of a hand-over, which is the end of one sprint and the start of another; counted as days, every
    sprint would be one too long. Sprints that the source counts itself stay as they are.
    """
    listed = list(cycles)
    starts = {(cycle.team, cycle.start) for cycle in listed}
    for cycle in listed:
        is_shared = cycle.end > cycle.start and (cycle.team, cycle.end) in starts and cycle.done is None
        yield replace(cycle, end=cycle.end - dt.timedelta(days=1)) if is_shared else cycle


@dataclass(frozen=True)
class LeftOut:
    """Rows or values that were not used, all for one reason.

    why : the reason, as the end of "12 rows were left out: ..."
    count : how many
    examples : some of them, safe to print
    cases : how many examples there are in all: fewer than `count` where one stands for several
    """

    why: str
    count: int
    examples: tuple[str, ...] = ()
    cases: int = 0


class Tally:
    """Counts what is left out, or strange, by reason, and keeps the first examples of each."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[int, list[str], int]] = {}

    def add(self, why: str, example: str, count: int = 1) -> None:
        """One more, for this reason, or `count` of them told by one example, which is made safe to print."""
        before, examples, cases = self._found.get(why, (0, [], 0))
        if len(examples) < EXAMPLES:
            shown = escape(example[:200])
            examples.append(shown if len(shown) <= 80 else shown[:79] + "…")
        self._found[why] = (before + count, examples, cases + 1)

    def count(self, why: str) -> int:
        """How many there are for this reason."""
        return self._found.get(why, (0, [], 0))[0]

    def list(self) -> tuple[LeftOut, ...]:
        """All of them, in the order in which the reasons were met."""
        return tuple(
            LeftOut(why, count, tuple(examples), cases) for why, (count, examples, cases) in self._found.items()
        )


@dataclass(frozen=True)
class Export:
    """All that was read from one tracker, from files or live.

    source : "jira", "azure", "linear", "github", "actionable", "lighthouse", "items", "throughput"
    files : names of the files, or of the places asked, safe to print
    issues : in the order of the source; keys are unique
    cycles : sprints with their days
    rows : rows or records that were read
    left_out : rows that are no issue of this export, by reason
    strange : what was read in spite of something odd about it, by kind
    ignored : columns that were not used, safe to print
    day : the day on which the data was current, where the source knows it
    has_order : the order of the source is an order of priority
    """

    source: str
    files: tuple[str, ...] = ()
    issues: tuple[Issue, ...] = ()
    cycles: tuple[Cycle, ...] = ()
    rows: int = 0
    left_out: tuple[LeftOut, ...] = ()
    strange: tuple[LeftOut, ...] = ()
    ignored: tuple[str, ...] = ()
    day: dt.date | None = None
    has_order: bool = False
    columns: tuple[str, ...] = field(default=())
