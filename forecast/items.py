"""Items: what teams worked on, one by one, and the throughput that can be counted from them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from forecast.dates import Dateish, read_date
from forecast.errors import Fault, quote
from forecast.history import History, Sprint
from forecast.phrases import say_count, say_date
from forecast.values import read_count, read_flag, read_list, read_name

LEAST_SILENCE = 3
"""Weekdays without any event before the start, below which nobody takes them for the end of an export."""

LONGEST_BUCKET = 366
DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Item:
    """One item of one team.

    created, done : first and last day; done None for what is still open. Trackers in other time zones tell of items that were
        done before they were created: such an item lasted no time, and counts
    feature : the feature that it belongs to, empty for none
    name : its key in the tracker; an item that stands under several features is told by it, and counts once
    delivered : False for what was closed without being done (discarded, duplicate); it is no throughput

    Raises Fault when a value is none of these.
    """

    team: str
    created: dt.date
    done: dt.date | None = None
    feature: str = ""
    name: str = ""
    delivered: bool = True

    def __post_init__(self) -> None:
        keep = object.__setattr__
        keep(self, "team", _read_name(self.team, "team"))
        if self.feature != "":
            keep(self, "feature", _read_name(self.feature, "feature"))
        if self.name != "":
            keep(self, "name", _read_name(self.name, "name"))
        if type(self.created) is not dt.date:  # to tell the item takes longer than to read all that is right
            keep(self, "created", read_date(self.created, f"{self._where()}, created"))
        if self.done is not None and type(self.done) is not dt.date:
            keep(self, "done", read_date(self.done, f"{self._where()}, done"))
        if type(self.delivered) is not bool:
            read_flag(self.delivered, self._where(), "delivered")

    def _where(self) -> str:
        return f"item {quote(self.name)}" if self.name else f"an item of team {quote(self.team)}"


def _read_name(value: object, what: str) -> str:
    if isinstance(value, str) and value.isascii() and value.isprintable() and value == value.strip() != "":
        return value  # nearly all, and much faster than to look at each character
    return read_name(value, f"item, {what}")


def read_items(items: object, where: str) -> tuple[Item, ...]:
    """Several items. Raises Fault for anything else."""
    listed = read_list(items, where, "items")
    for item in listed:
        if not isinstance(item, Item):
            raise Fault(where, quote(item), 'give Items: Item("Web", created, done)')
    return listed


def count_items(items: Iterable[Item], start: Dateish, every: int = 14) -> History:
    """What each team delivered in each stretch of so many days before `start`: a `History`, with notes on what was left out.

    The stretches end on the day before `start`. The first of a team is the one after its first delivery, since before it nobody
    knows whether the team was there; from then on a stretch without a delivery counts as 0. What was done on or after `start` is
    not known yet. Where the items end long before `start` (at least three weekdays, and longer than they were ever silent), the
    stretches that they do not fill are left out too.

    every : calendar days, 1 to 366. Raises Fault for anything that is no item, and for values out of range.
    """
    read = read_items(list(items) if not isinstance(items, str) else items, "count_items")
    first_day = read_date(start, "count_items, start")
    length = read_count(every, "count_items", "every", least=1, most=LONGEST_BUCKET)
    counted = list({(item.name, item.team) if item.name else at: item for at, item in enumerate(read)}.values())
    known = [item for item in counted if item.created < first_day or (item.done is not None and item.done < first_day)]
    told = {item.created for item in known} | {item.done for item in known if item.done is not None}
    end = find_end(told, first_day)
    done: dict[str, list[int]] = {item.team: [] for item in known}
    for item in known:
        if item.delivered and item.done is not None and item.done < first_day:
            done[item.team].append(item.done.toordinal())
    sprints: list[Sprint] = []
    for team, days in done.items():
        sprints += count_days(team, np.array(days, np.int64), first_day, end, length)
    return History(sprints, notes=_say_counted(known, first_day, end, sprints))


def count_days(
    team: str,
    days: np.ndarray,
    start: dt.date,
    end: dt.date,
    length: int,
    weights: np.ndarray | None = None,
    *,
    keeps_first: bool = False,
) -> list[Sprint]:
    """The stretches of one team, oldest first, up to the last that ends before `end`.

    days : ordinals of its deliveries, all before start
    weights : what each delivery is worth, in points; None counts it as 1
    keeps_first : the stretch of the first delivery is one of them, though the team may have come in the middle of it
    """
    if not len(days):
        return []
    place = (start.toordinal() - 1 - days) // length  # 0 is the stretch that ends on the day before start
    oldest = int(place.max()) - (not keeps_first)
    newest = -(-(start - end).days // length)
    counts = np.bincount(place, weights, minlength=oldest + 1)
    sprints = []
    for back in range(oldest, newest - 1, -1):
        first = start - dt.timedelta(days=(back + 1) * length)
        last = first + dt.timedelta(days=length - 1)
        if np.busday_count(first, last + DAY):  # a lone weekend is no sprint
            sprints.append(Sprint(team, first, last, float(counts[back]), first.isoformat()))
    return sprints


def find_end(days: Iterable[dt.date], start: dt.date) -> dt.date:
    """The day after the last one that items tell of: `start`, unless they fell silent for longer than ever before.

    days : on which items were created or done, each once
    """
    told = np.array(sorted(day for day in days if day < start), "datetime64[D]")
    if len(told) < 2:
        return start
    silence = np.busday_count(told[:-1] + 1, told[1:])
    since = np.busday_count(told[-1] + 1, np.datetime64(start, "D"))
    last: dt.date = told[-1].item()
    return last + DAY if since >= max(LEAST_SILENCE, int(silence.max()) + 1) else start


def _say_counted(known: Sequence[Item], start: dt.date, end: dt.date, sprints: Sequence[Sprint]) -> tuple[str, ...]:
    """What a reader has to know about how items were counted."""
    closed = [item for item in known if item.done is not None and item.done < start]
    discarded = sum(not item.delivered for item in closed)
    early = sum(item.done is not None and item.done < item.created for item in closed)
    idle = sorted({item.team for item in known} - {sprint.team for sprint in sprints})
    notes = []
    if discarded:
        notes.append(
            f"{say_count(discarded, 'item')} of {len(closed):,} closed ones were discarded and are no throughput."
        )
    if early:
        done = "was done before it was" if early == 1 else "were done before they were"
        notes.append(f"{say_count(early, 'item')} {done} created, and counted all the same.")
    if end < start:
        notes.append(
            f"The items end on {say_date(end - DAY)}: what lies between that day and the start is not counted."
        )
    if idle:
        named = ", ".join(quote(team) for team in idle[:3]) + (f" and {len(idle) - 3} more" if len(idle) > 3 else "")
        notes.append(f"Too few items were delivered to count a whole stretch of days: {named}.")
    return tuple(notes)
