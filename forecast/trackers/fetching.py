"""Fetching: all issues of a tracker, page by page, carried on where it stopped; what comes out is an `Export`."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from forecast.errors import Fault, escape
from forecast.importers.issue import Export
from forecast.importers.reading import Intake
from forecast.trackers.address import check_source, find_source, read_address
from forecast.trackers.azure import Azure
from forecast.trackers.client import Client
from forecast.trackers.github import GitHub
from forecast.trackers.jira import Jira
from forecast.trackers.linear import Linear
from forecast.trackers.partial import Partial, Start
from forecast.trackers.patience import Patience
from forecast.trackers.refusals import Denied
from forecast.trackers.token import Token
from forecast.trackers.tracker import Page, Tracker

TOLD_EVERY = 1000
"""Issues after which it is told how many there are."""

MOST_EMPTY = 25
"""Pages without an issue in a row that are believed; a tracker may leave out what the token may not see."""


@dataclass(frozen=True)
class Waiting:
    """How a fetch waits, for who wants to wait otherwise.

    patience : how long
    sleep : waits so many seconds
    now : seconds since 1970
    """

    patience: Patience = field(default_factory=Patience)
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.time


def find_tracker(url: str, query: str = "", source: str | None = None, wanted: tuple[str, ...] = ()) -> Tracker:
    """The tracker at an address, and what to fetch from it.

    source : "jira", "azure", "linear" or "github"; by itself found from hosts that everyone knows
    wanted : names of further fields to be fetched; for Jira and Azure DevOps

    Raises Fault for an address, source or query that is none.
    """
    address = read_address(url)
    kind = find_source(address) if source is None else check_source(source)
    if escape(query) != query:
        raise Fault("--query", "it has characters that cannot be seen", "write it in one line of plain text")
    if kind == "jira":
        return Jira(address, query, wanted)
    if kind == "azure":
        return Azure(address, query, wanted)
    if wanted:
        raise Fault("import", f"column:{wanted[0]}", "there are no fields of one's own here; use labels: label:team/")
    if kind == "linear":
        return Linear(replace(address, host="api.linear.app" if address.host == "linear.app" else address.host), query)
    return GitHub(address, query)


def fetch(
    tracker: Tracker,
    folder: str | os.PathLike[str],
    token: Token | None = None,
    *,
    waiting: Waiting | None = None,
    note: Callable[[str], None] = lambda line: None,
) -> Export:
    """All issues of a tracker. It is only read.

    folder : where the portfolio will be; a file there keeps the pages that have come, so that a fetch that stopped carries on.
        It is taken away by `forget`, when the portfolio is written
    token : None asks as a guest
    note : told how far it has come, in words

    Raises Fault when the tracker refuses, cannot be reached, or answers in circles.
    """
    for text in (tracker.place, tracker.query, *tracker.wanted):
        if token is not None and token.is_in(text):
            raise Fault("the address or --query", "it holds the token", "leave it out there; it would be written down")
    waiting = waiting or Waiting()
    partial, settings = Partial(folder), _settings(tracker)
    moment = dt.datetime.fromtimestamp(waiting.now(), dt.UTC)
    start = partial.read_start(settings, moment)
    with _client(tracker, token, waiting, note) as client:
        if start is None:
            start = Start(settings, moment, tracker.find_facts(client))
            _fetch_pages(client, tracker, start, partial, waiting.patience, note, is_new=True)
        else:
            note(f"Carrying on with what was fetched since {start.began:%Y-%m-%d %H:%M} UTC.")
            try:
                _fetch_pages(client, tracker, start, partial, waiting.patience, note, is_new=False)
            except Denied as denied:
                if denied.status not in (400, 404, 410, 422):
                    raise
                note(f"{denied}. It no longer knows where it stopped; starting over.")
                start = Start(settings, moment, tracker.find_facts(client))
                _fetch_pages(client, tracker, start, partial, waiting.patience, note, is_new=True)
    return _read(tracker, start, partial)


def forget(folder: str | os.PathLike[str]) -> None:
    """Takes away what `fetch` keeps in the folder."""
    Partial(folder).remove()


def _settings(tracker: Tracker) -> dict[str, str]:
    told = {"source": tracker.source, "place": tracker.place, "query": tracker.query}
    return told | {"wanted": "\n".join(tracker.wanted)}


def _client(tracker: Tracker, token: Token | None, waiting: Waiting, note: Callable[[str], None]) -> Client:
    return Client(
        tracker.address,
        headers=tracker.headers,
        authorization=None if token is None else tracker.authorize(token),
        token=token,
        searches=tracker.searches,
        spoilt=tracker.is_spoilt,
        patience=waiting.patience,
        note=note,
        sleep=waiting.sleep,
        now=waiting.now,
    )


def _fetch_pages(
    client: Client,
    tracker: Tracker,
    start: Start,
    partial: Partial,
    patience: Patience,
    note: Callable[[str], None],
    *,
    is_new: bool,
) -> None:
    """Fetches the pages that are not there yet, each written as it comes."""
    path = Path(tracker, patience.most_pages)
    if not is_new:
        for page in partial.pages():
            path.add(page)
    while path.goes_on:
        before = len(path.keys)
        page = tracker.read_page(client, start.facts, path.after)
        path.add(page)
        if is_new:
            partial.begin(start)
            is_new = False
        partial.add(page)
        if len(path.keys) // TOLD_EVERY > before // TOLD_EVERY:
            note(f"{tracker.address.host}: {len(path.keys):,} issues so far ...")


class Path:
    """The way through the pages: where it has come, and whether it goes round in a circle."""

    def __init__(self, tracker: Tracker, most: int) -> None:
        self.keys: set[str] = set()
        self.after: Any = None
        self.goes_on = True
        self._tracker, self._most = tracker, most
        self._seen: set[int] = set()
        self._pages = self._idle = 0

    def add(self, page: Page) -> None:
        """One more page. Raises Fault when it leads back, brings nothing new again and again, or there are too many."""
        where = str(self._tracker.address)
        new = {key for row in page.rows if (key := self._tracker.key_of(row))} - self.keys
        self.keys |= new
        self._pages += 1
        self._idle = 0 if new else self._idle + 1
        self.after, self.goes_on = page.after, page.after is not None
        place = hash(repr(page.after))
        if self.goes_on and place in self._seen:
            raise Fault(where, f"page {self._pages} leads back to an earlier one", "ask for less with --query")
        if self.goes_on and (self._idle > MOST_EMPTY or (self._idle > 1 and page.rows)):
            raise Fault(where, f"page after page brings nothing new, up to {self._pages}", "ask for less with --query")
        if self.goes_on and self._pages >= self._most:
            raise Fault(where, f"more than {self._most:,} pages", "ask for less with --query")
        self._seen.add(place)


def _read(tracker: Tracker, start: Start, partial: Partial) -> Export:
    """The pages that were fetched as an export. Raises Fault when the file with them was changed meanwhile."""
    intake = Intake(tracker.source, files=[tracker.place])
    after: Any = "no page"
    for page in partial.pages():
        after = page.after
        for why, which in page.notes:
            intake.strange.add(why, which)
        tracker.read_rows(start.facts, page.rows, intake)
    if after is not None:
        raise Fault(escape(str(partial.path)), "changed while it was written", "let one import write there at a time")
    return replace(intake.export(start.began.date()), has_order=tracker.has_order)
