"""Lessons: what follows from a roadmap and its past together: throughput counted from items, sprints left out, growth learned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from forecast.cleaning import clean, tell_left_out
from forecast.errors import Fault, escape, quote
from forecast.experience import FINISHED_COLUMNS, ITEM_COLUMNS, is_learned, read_finished, read_items, teach
from forecast.faults import Faults, Ignored
from forecast.grid import Grid
from forecast.history import History
from forecast.items import Item
from forecast.items import count_items as count_throughput
from forecast.lines import Lines
from forecast.looks import learn
from forecast.phrases import say_count
from forecast.retrospect import find_looks
from forecast.roadmap import Roadmap
from forecast.schema import ItemsTable, RoadmapTable


class Lessons:
    """Reads what the past teaches beside the sprints.

    load : the grid of a sheet by its name, the key that names it, and its columns
    lines : where the keys of the roadmap stand
    faults, sources, ignored : as of a `Reader`
    """

    def __init__(
        self,
        load: Callable[[str, str, Sequence[str]], Grid],
        lines: Lines,
        faults: Faults,
        sources: list[tuple[str, str]],
        ignored: list[Ignored],
    ) -> None:
        self.faults, self.sources, self.ignored = faults, sources, ignored
        self._load, self._lines = load, lines
        self._items: list[Item] = []
        self._items_file = ""

    def count_items(self, table: RoadmapTable, grid: Grid) -> History:
        """The history that is counted from a sheet of items."""
        every = table.history.every if isinstance(table.history, ItemsTable) else None
        known = len(self.faults)
        self._items_file = grid.file
        self._items = read_items(grid, self.faults, self.ignored)
        self.sources.append((grid.file, f"{say_count(len(self._items), 'item')}{grid.say_hidden()}"))
        if len(self.faults) > known:
            return History([])
        try:
            return count_throughput(self._items, table.start, table.sprint_days if every is None else every)
        except Fault as fault:
            raise fault.within(self._lines.place(("history",))) from None

    def settle(self, table: RoadmapTable, roadmap: Roadmap, history: History, cleans: bool) -> tuple[Roadmap, History]:
        """What follows from roadmap and history together: sprints left out, shares checked, growth learned."""
        if cleans and not isinstance(table.history, dict):
            history = clean(history, roadmap.start)
            name = table.history.items if isinstance(table.history, ItemsTable) else table.history
            for team, sprint, why in tell_left_out(history):
                self.ignored.append(Ignored(f"{escape(name)}: {team}", sprint, why, is_noted=True))
        with self.faults.collected(self._lines.file):
            history.check_shares({team.name: team.share for team in roadmap.teams})
        with self.faults.collected():
            roadmap = self._learn(table, roadmap)
        return roadmap, history

    def _learn(self, table: RoadmapTable, roadmap: Roadmap) -> Roadmap:
        """The roadmap with the growth that its past features tell of, where it asks for that."""
        given = {key: name for key, name in (("items", table.items), ("finished", table.finished)) if name}
        if len(given) > 1:
            value = " and ".join(f"{key} = {quote(name)}" for key, name in given.items())
            raise Fault(self._lines.place(("finished",)), value, "growth is learned from one of them; remove the other")
        if not any(is_learned(noun) for noun in (roadmap, *roadmap.features)):
            for key, name in given.items():
                self.ignored.append(
                    Ignored(self._lines.place((key,)), f"{key} = {quote(name)}", 'no growth is "learned"')
                )
            return roadmap
        if table.finished:
            grid = self._load(table.finished, "finished", FINISHED_COLUMNS)
            return teach(roadmap, learn(read_finished(grid, self.faults, self.ignored)))
        if table.items and escape(table.items) != self._items_file:
            self._items = read_items(self._load(table.items, "items", ITEM_COLUMNS), self.faults, self.ignored)
        looks = find_looks(self._items, roadmap)
        return teach(
            roadmap, learn([replace(look, size=None) for look in looks] if roadmap.unit == "points" else looks)
        )
