"""The reader: from the tables of a roadmap.toml, and the sheets beside it, to nouns.

Reading goes on after a fault, so that all faults of a folder are told at once. What cannot be read leaves a stand-in
behind (a size of 0, say), so that one fault does not look like several.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path as Folder
from typing import Any

from forecast.columns import list_names
from forecast.dates import EARLIEST
from forecast.errors import Fault, quote
from forecast.estimate import Estimate
from forecast.experience import ITEM_COLUMNS, holds_items
from forecast.faults import Faults, Ignored, Lost
from forecast.feature import External, Feature, Risk
from forecast.grid import Grid
from forecast.history import History, Sprint
from forecast.lessons import Lessons
from forecast.lines import Lines, Path
from forecast.loading import load_grid
from forecast.phrases import say_count
from forecast.roadmap import Roadmap
from forecast.schema import FeatureTable, ItemsTable, RoadmapTable, TeamTable
from forecast.shape import UNNAMED, Shape
from forecast.sheets import FEATURE_COLUMNS, THROUGHPUT_COLUMNS, Listing, read_features, read_sprints
from forecast.spot import Spot, make_feature
from forecast.team import Capacity, Team
from forecast.throughput import find_model
from forecast.values import fold, read_name


class Reader:
    """Reads one roadmap file.

    faults : where faults are collected
    sources : files that were read and what was found in each
    ignored : what was read over
    cleans : whether the history was to be cleaned
    """

    cleans = True

    def __init__(self, folder: Folder, faults: Faults) -> None:
        self.faults = faults
        self.sources: list[tuple[str, str]] = []
        self.ignored: list[Ignored] = []
        self._folder = folder
        self._lost = Lost()
        self._spot = Spot(Lines(""), faults)
        self._rows_of_team: dict[str, str] = {}
        self._paths: dict[tuple[str | int, ...], Path] = {}

    def read(
        self, document: dict[str, Any], lines: Lines, cleans: bool | None = None
    ) -> tuple[Roadmap | None, History]:
        """The nouns of all that the file and its sheets say; no roadmap when there is a fault in it.

        cleans : whether the history is cleaned; None does what the file says
        """
        shape = Shape(document, lines)
        table = shape.table
        self._spot = Spot(lines, self.faults)
        self.cleans = table.clean if cleans is None else cleans
        self._lessons = Lessons(self._load, lines, self.faults, self.sources, self.ignored)
        self._lost |= shape.lost
        self.faults += shape.faults
        self.sources.append((lines.file, ""))
        listing = self._listing(table)
        history = self._history(table)
        teams = [self._team(each, place) for place, each in enumerate(table.team)]
        if not table.team and not self._lost.any_team:
            teams = _find_teams(listing, history)
        risks = self._risks(table)
        self._lost |= listing.lost
        roadmap = self._roadmap(table, [team for team in teams if team is not None], listing, risks)
        self._check_spelling(history, [team.name for team in teams if team is not None])
        if roadmap is not None:
            self.sources[0] = (lines.file, _describe(roadmap, table))
        if self.faults or roadmap is None:
            return None, history
        return self._lessons.settle(table, roadmap, history, self.cleans)

    def _roadmap(
        self, table: RoadmapTable, teams: Sequence[Team], listing: Listing, risks: Sequence[Risk]
    ) -> Roadmap | None:
        spot = self._spot
        options = table.given("history", "clean", "features", "items", "finished", "team", "feature", "risk")
        if options.pop("throughput", None) is not None:
            try:
                options["throughput"] = find_model(table.throughput)
            except Fault as fault:
                spot.tell(fault, "", "throughput")
        bare = spot.make(Roadmap, {"start": EARLIEST, "teams": [], "features": []}, options, "roadmap")
        if bare is None:
            return None
        values = {key: getattr(bare, key) for key in options} | {"start": bare.start}
        values |= {"teams": teams, "features": listing.features, "risks": risks}
        for found in Roadmap.faults(**values):
            if not self._lost.may_hold(found.missing):
                row = listing.place(found.about)
                self.faults.append(_unname(_at_row(found, row)) if row else self._placed(found))
        return None if self.faults else Roadmap(**values)

    def _placed(self, fault: Fault) -> Fault:
        """A fault of the roadmap with the line of what it is about."""
        for length in range(len(fault.about), 1, -1):
            path = self._paths.get(fault.about[:length])
            if path is not None:
                return _unname(self._spot.told(fault, "roadmap", *path, *fault.about[length:]))
        return _unname(self._spot.told(fault, "roadmap"))

    def _check_spelling(self, history: History, teams: Sequence[str]) -> None:
        written = {fold(team): team for team in teams}
        spelled: dict[str, str] = {}
        for team in history.teams:
            name = written.get(fold(team)) or spelled.setdefault(fold(team), team)
            if name != team:
                way_out = f"the roadmap writes it {quote(name)}; write it the same"
                where = self._rows_of_team.get(team) or self._spot.place("history", team)
                self.faults.append(Fault(where, f"team {quote(team)}", way_out))

    def _load(self, name: str, key: str, columns: Sequence[str]) -> Grid:
        names = list_names({"history": "throughput"}.get(key, key), columns)
        try:
            return load_grid(self._folder, name, key, names, self.faults)
        except Fault as fault:
            if fault.where:
                raise
            way_out = f"{fault.value}; {fault.way_out}" if fault.value else fault.way_out
            raise Fault(self._spot.place(key), f"{key} = {quote(name)}", way_out) from None

    def _history(self, table: RoadmapTable) -> History:
        guesses = self._guesses(table)
        with self.faults.collected():
            if isinstance(table.history, dict):
                return History(self._count_sprints(table.history), guesses)
            if isinstance(table.history, ItemsTable):
                grid = self._load(table.history.items, "history", ITEM_COLUMNS)
                return replace(self._lessons.count_items(table, grid), guesses=guesses)
            grid = self._load(table.history, "history", (*THROUGHPUT_COLUMNS, "created"))
            if holds_items(grid):
                return replace(self._lessons.count_items(table, grid), guesses=guesses)
            sprints, self._rows_of_team = read_sprints(grid, self.faults, self.ignored)
            teams = say_count(len({sprint.team for sprint in sprints}), "team")
            self.sources.append((grid.file, f"{say_count(len(sprints), 'sprint')} of {teams}{grid.say_hidden()}"))
            return History(sprints, guesses)
        return History([])

    def _guesses(self, table: RoadmapTable) -> dict[str, Estimate]:
        """What stands in for the past of teams, by their names."""
        guesses: dict[str, Estimate] = {}
        for place, team in enumerate(table.team):
            if team.guess is not None:
                try:
                    guesses |= History([], {team.name: team.guess}).guesses
                except Fault as fault:
                    head = f"team {quote(team.name)}"
                    self._spot.within(head, "team", place).tell(fault, head, "guess")
        return guesses

    def _count_sprints(self, counts_of: Mapping[str, Sequence[float]]) -> list[Sprint]:
        """The sprints of a history that is written in the file itself."""
        sprints: list[Sprint] = []
        named: set[str] = set()
        for team, counts in counts_of.items():
            spot = self._spot.within("history", "history", team)
            try:
                name = read_name(team, f"team {quote(team)}")
                if name in named:
                    raise Fault("", f"team {quote(name)} twice", "give each team one list of counts")
                named.add(name)
            except Fault as fault:
                self.faults.append(spot.told(fault, "") if fault.where else fault.at(spot.place()))
                continue
            for place, count in enumerate(counts):
                try:
                    sprints.append(Sprint(team, None, None, count, name=str(place + 1)))
                except Fault as fault:
                    spot.tell(fault, "", place)
        return sprints

    def _listing(self, table: RoadmapTable) -> Listing:
        if table.features is None:
            if not table.feature and not self._lost.any_feature:
                way_out = 'write [[feature]] tables, or name a sheet: features = "features.csv"'
                self._spot.refuse("no features", way_out)
            listing = Listing()
            for place, each in enumerate(table.feature):
                feature = self._feature(each, place)
                if feature is not None:
                    self._paths["features", len(listing.features)] = ("feature", place)
                    listing.features.append(feature)
            return listing
        if table.feature:
            way_out = "the features stand either in a sheet or in [[feature]] tables; remove one of them"
            value = f"features = {quote(table.features)} and [[feature]]"
            self._spot.refuse(value, way_out, "features")
        with self.faults.collected():
            grid = self._load(table.features, "features", FEATURE_COLUMNS)
            listing = read_features(grid, self.faults, self.ignored)
            self.sources.append((grid.file, say_count(len(listing.features), "feature") + grid.say_hidden()))
            return listing
        return Listing(lost=Lost(any_feature=True))

    def _named(self, kind: str, name: str, place: int) -> tuple[str, str, Spot]:
        """The name of a table, or its stand-in; how nouns call it; and where it stands."""
        spot = self._spot.within("", kind, place)
        try:
            if not name.startswith(UNNAMED):
                name = read_name(name, "")
        except Fault as fault:
            self.faults.append(Fault(f"{spot.place('name')}: {kind} {place + 1}", fault.value, fault.way_out))
            name = f"{UNNAMED}{kind} {place + 1}"
            self._lost |= Lost(any_feature=kind == "feature", any_team=kind == "team")
        words = f"{kind} {quote(name)}"
        return name, words, spot.within(name[1:] if name.startswith(UNNAMED) else words)

    def _feature(self, table: FeatureTable, place: int) -> Feature | External | None:
        name, _, spot = self._named("feature", table.name, place)
        feature = make_feature(table, name, spot)
        if isinstance(feature, Feature) and len(feature.work) < len(table.work):
            self._lost.parts.add(fold(name))
        return feature

    def _team(self, table: TeamTable, place: int) -> Team | None:
        name, head, spot = self._named("team", table.name, place)
        stand_in = {"start": EARLIEST, "end": None, "factor": 1}
        changes = [
            spot.within(f"capacity {at + 1}", "capacity", at).make(Capacity, stand_in, change.given(), "capacity")
            for at, change in enumerate(table.capacity)
        ]
        options = table.given("name", "guess") | {"capacity": [change for change in changes if change is not None]}
        self._paths["teams", place] = ("team", place)
        return spot.make(Team, {"name": name}, options, head)

    def _risks(self, table: RoadmapTable) -> list[Risk]:
        risks: list[Risk] = []
        for place, each in enumerate(table.risk):
            name, head, spot = self._named("risk", each.name, place)
            known = len(self.faults)
            spot.make(Risk, {"name": name, "chance": 0, "delays": {"-": 0}}, each.given("name"), head)
            if len(self.faults) == known:
                try:
                    risks.append(Risk(**each.given() | {"name": name}))
                    self._paths["risks", len(risks) - 1] = ("risk", place)
                except Fault as fault:
                    spot.tell(fault, head)
        return risks


def _find_teams(listing: Listing, history: History) -> list[Team | None]:
    """The teams of a portfolio that describes none: all that are named, each as it is written first."""
    working = [team for feature in listing.features for team in getattr(feature, "work", ())]
    found: dict[str, Team | None] = {}
    for name in [*working, *history.teams]:
        found.setdefault(fold(name), Team(name))
    return list(found.values())


def _at_row(fault: Fault, row: str) -> Fault:
    return fault.at(row) if fault.where == "roadmap" else fault.within(row)


def _unname(fault: Fault) -> Fault:
    """The fault without the stand-ins of names that are missing: 'feature 3' for what has none."""
    if UNNAMED not in str(fault):
        return fault
    return Fault(*(part.replace(f'"{UNNAMED}', '"') for part in (fault.where, fault.value, fault.way_out)))


def _describe(roadmap: Roadmap, table: RoadmapTable) -> str:
    counts = {"feature": 0 if table.features else len(roadmap.features), "team": len(table.team)}
    counts["risk"] = len(roadmap.risks)
    said = [say_count(number, what) for what, number in counts.items() if number]
    return ", ".join([*said, f"start {roadmap.start.isoformat()}"])
