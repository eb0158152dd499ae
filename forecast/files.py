"""Files: a portfolio as people keep it, a roadmap.toml with its sheets, read into a Roadmap and a History.

Reading goes on after a fault, so that all faults of a folder are told at once. What cannot be read leaves a stand-in
behind (a size of 0, say), so that one fault does not look like several.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, TypeVar

from forecast.dates import EARLIEST
from forecast.errors import Fault, Refused, did_you_mean, escape, quote
from forecast.feature import After, External, Feature, Part, Risk
from forecast.history import History, Sprint
from forecast.roadmap import Roadmap
from forecast.rows import Faults, decode
from forecast.schema import AfterTable, FeatureTable, PartTable, RiskTable, RoadmapTable, Shape, TeamTable
from forecast.sheets import Listing, read_features, read_sprints
from forecast.team import Capacity, Team
from forecast.throughput import find_model

ROADMAP_FILE = "roadmap.toml"
EXTERNAL_KEYS = ("name", "days", "after", "not_before", "due", "promised", "objective")
Noun = TypeVar("Noun")


@dataclass(frozen=True)
class Ignored:
    """Something in a file that was read over: where it stands, what it is, and why it is not used."""

    where: str
    what: str
    why: str


@dataclass(frozen=True)
class Portfolio:
    """What the files of a portfolio say.

    sources : files that were read and what was found in each, such as ('throughput.csv', '112 sprints of 4 teams')
    ignored : what was read over
    """

    roadmap: Roadmap
    history: History
    sources: tuple[tuple[str, str], ...] = ()
    ignored: tuple[Ignored, ...] = ()


def read(path: str | os.PathLike[str]) -> tuple[Roadmap, History]:
    """The roadmap and the history of a portfolio: a folder with a roadmap.toml, or the toml file itself.

    Raises Refused with all faults of all its files.
    """
    portfolio = read_portfolio(path)
    return portfolio.roadmap, portfolio.history


def read_portfolio(path: str | os.PathLike[str]) -> Portfolio:
    """As `read`, with what was read where, and what was ignored."""
    faults = Faults()
    with faults.collected():
        toml = _find_roadmap(Path(path))
        file = escape(toml.name)
        shape = Shape(_parse(read_bytes(toml, file), file), file)
        faults += shape.faults
        roadmap, history = _Reader(toml.parent, file, shape.is_whole, faults).read(shape.table)
        if not faults and roadmap is not None:
            return Portfolio(roadmap, history)
    raise Refused(faults)


def read_bytes(path: Path, file: str) -> bytes:
    """What is in a file, which faults call `file`. Raises Fault when there is no such file, or it is not readable."""
    try:
        is_folder, is_strange = path.is_dir(), path.exists() and not path.is_file()
        if not is_folder and not is_strange:
            return path.read_bytes()
    except FileNotFoundError:
        there = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
        way_out = f"looked in the folder {quote(path.parent)}.{did_you_mean(path.name, there)}"
        raise Fault(file, "no such file", way_out) from None
    except (OSError, ValueError) as error:
        raise Fault(file, "not readable", str(getattr(error, "strerror", None) or error)) from None
    raise Fault(file, "it is a folder" if is_folder else "it is a device or a pipe", "a plain file is needed")


def _find_roadmap(path: Path) -> Path:
    try:
        if path.is_dir():
            return path / ROADMAP_FILE
        if path.exists():
            return path
    except (OSError, ValueError) as error:
        raise Fault(escape(str(path)), "not readable", str(error)) from None
    raise Fault(escape(str(path)), "no such folder or file", f"name the folder that holds {ROADMAP_FILE}")


def _parse(content: bytes, file: str) -> dict[str, Any]:
    text = decode(content, file)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Fault(file, "not readable as TOML", escape(str(error))) from None
    except ValueError:
        raise Fault(file, "not readable as TOML", "a number in it has far too many digits") from None
    except RecursionError:
        raise Fault(file, "not readable as TOML", "its brackets are nested too deep") from None


@dataclass
class _Reader:
    """Turns the tables of one roadmap file, and the sheets beside it, into nouns.

    is_whole : nothing was lost that something else could refer to; else references are not judged
    """

    folder: Path
    file: str
    is_whole: bool
    faults: Faults

    def read(self, table: RoadmapTable) -> tuple[Roadmap | None, History]:
        """The nouns of all that the file and its sheets say; no roadmap when there is a fault in it."""
        listing = self._listing(table)
        history = self._history(table)
        teams = [self._team(each) for each in table.team]
        if not teams:
            teams = _find_teams(listing, history)
        risks = [self._risk(each) for each in table.risk]
        self.is_whole = self.is_whole and listing.is_whole and None not in teams
        there = [team for team in teams if team is not None]
        roadmap = self._roadmap(table, there, listing, [risk for risk in risks if risk is not None])
        if isinstance(table.history, str):
            self._check_spelling(history, there, table.history)
        return roadmap, history

    def _roadmap(
        self, table: RoadmapTable, teams: Sequence[Team], listing: Listing, risks: Sequence[Risk]
    ) -> Roadmap | None:
        options = table.given("history", "features", "team", "feature", "risk")
        with self.faults.collected(self.file):
            options["throughput"] = find_model(table.throughput) if table.throughput is not None else None
        bare = self._make(Roadmap, {"start": EARLIEST, "teams": [], "features": []}, options, "roadmap", self.file)
        if bare is None or not self.is_whole:
            return None
        values = {key: getattr(bare, key) for key in options} | {"teams": teams, "features": listing.features}
        faults = Roadmap.faults(**values, risks=risks)
        for fault in faults:
            row = listing.place(fault)
            self.faults.append(fault.within(row) if row else _put(fault, "roadmap", self.file))
        return None if faults else Roadmap(**values, risks=risks)

    def _check_spelling(self, history: History, teams: Sequence[Team], file: str) -> None:
        written = {team.name.casefold(): team.name for team in teams}
        for team in history.teams:
            name = written.get(team.casefold(), team)
            if name != team:
                way_out = f"the roadmap writes it {quote(name)}; write it the same"
                self.faults.append(Fault(escape(file), f"team {quote(team)}", way_out))

    def _load(self, name: str, key: str) -> bytes:
        steps = {*PurePosixPath(name).parts, *PureWindowsPath(name).parts}
        if ".." in steps or PurePosixPath(name).is_absolute() or PureWindowsPath(name).anchor:
            raise Fault(self.file, f"{key} = {quote(name)}", "name a file in the folder of the roadmap, or below it")
        try:
            return read_bytes(self.folder / name, name)
        except Fault as fault:
            raise Fault(self.file, f"{key} = {quote(name)}", f"{fault.value}; {fault.way_out}") from None

    def _history(self, table: RoadmapTable) -> History:
        sprints: list[Sprint] = []
        if isinstance(table.history, str):
            with self.faults.collected():
                sprints = read_sprints(self._load(table.history, "history"), escape(table.history), self.faults)
        else:
            for team, counts in table.history.items():
                with self.faults.collected(f"{self.file}: history"):
                    sprints += History.from_counts({team: counts}).sprints
        return History(sprints, self._guesses(table))

    def _guesses(self, table: RoadmapTable) -> dict[str, Any]:
        guesses: dict[str, Any] = {}
        for team in table.team:
            if team.guess is not None:
                with self.faults.collected(self.file):
                    guesses |= History([], {team.name: team.guess}).guesses
        return guesses

    def _listing(self, table: RoadmapTable) -> Listing:
        if table.features is None:
            if not table.feature and self.is_whole:
                way_out = 'write [[feature]] tables, or name a sheet: features = "features.csv"'
                self.faults.append(Fault(self.file, "no features", way_out))
            features = [self._feature(each) for each in table.feature]
            return Listing([feature for feature in features if feature is not None], None not in features)
        if table.feature:
            way_out = "the features stand either in a sheet or in [[feature]] tables; remove one of them"
            self.faults.append(Fault(self.file, f"features = {quote(table.features)} and [[feature]]", way_out))
        with self.faults.collected():
            return read_features(self._load(table.features, "features"), escape(table.features), self.faults)
        return Listing(is_whole=False)

    def _feature(self, table: FeatureTable) -> Feature | External | None:
        place = f"{self.file}: feature {quote(table.name)}"
        options = {"after": self._afters(table.after, place)} | table.given("name", "after", "work")
        due = {} if table.due is None else {"due": EARLIEST}
        if table.days is not None:
            for key in table.given(*EXTERNAL_KEYS):
                way_out = f"with days it is an external, which has no {key}; remove one of them"
                self.faults.append(Fault(place, f"days and {key}", way_out))
                options.pop(key, None)
            return self._make(External, {"name": table.name, "days": 0} | due, options, "", self.file)
        options["work"] = {
            team: self._part(part, f"{place}, work of {quote(team)}") for team, part in table.work.items()
        }
        feature = self._make(Feature, {"name": table.name} | due, options, "", self.file)
        self.is_whole = self.is_whole and feature is not None and len(feature.work) == len(table.work)
        return feature

    def _part(self, table: PartTable | float | list[float], place: str) -> Part | None:
        if not isinstance(table, PartTable):
            return self._make(Part, {"size": 0}, {"size": table}, "part", place)
        options = table.given() | {"after": self._afters(table.after, place)}
        return self._make(Part, {"size": 0}, options, "part", place)

    def _afters(self, tables: Sequence[str | AfterTable], place: str) -> list[str | After]:
        links = [
            table if isinstance(table, str) else self._make(After, {"feature": table.feature}, table.given(), "", place)
            for table in tables
        ]
        return [link for link in links if link is not None]

    def _team(self, table: TeamTable) -> Team | None:
        place = f"{self.file}: team {quote(table.name)}"
        stand_in = {"start": EARLIEST, "end": None, "factor": 1}
        changes = [
            self._make(Capacity, stand_in, change.given(), "capacity", f"{place}, capacity {ordinal}")
            for ordinal, change in enumerate(table.capacity, start=1)
        ]
        options = table.given("name", "guess") | {"capacity": [change for change in changes if change is not None]}
        return self._make(Team, {"name": table.name}, options, "", self.file)

    def _risk(self, table: RiskTable) -> Risk | None:
        known = len(self.faults)
        self._make(Risk, {"name": table.name, "chance": 0, "delays": {"-": 0}}, table.given("name"), "", self.file)
        if len(self.faults) == known:
            with self.faults.collected(self.file):
                return Risk(**table.given())
        return None

    def _make(
        self, kind: Callable[..., Noun], stand_in: dict[str, Any], values: dict[str, Any], head: str, place: str
    ) -> Noun | None:
        """The noun of these values; each value that it refuses is told, and the one in stand_in kept instead.

        head : how the noun calls itself in its faults when it has no name of its own; `place` is said instead
        """
        good = dict(stand_in)
        made: Noun | None = None
        for added in [{}, *({key: value} for key, value in values.items())]:
            try:
                made = kind(**(good | added))
                good |= added
            except Fault as fault:
                self.faults.append(_put(fault, head, place))
                if not added:
                    break
        return made


def _find_teams(listing: Listing, history: History) -> list[Team | None]:
    """The teams of a portfolio that describes none: all that are named, each as it is written first."""
    working = [team for feature in listing.features for team in getattr(feature, "work", ())]
    written: dict[str, Team | None] = {}
    for name in [*working, *history.teams]:
        written.setdefault(name.casefold(), Team(name))
    return list(written.values())


def _put(fault: Fault, head: str, place: str) -> Fault:
    """The fault with its place said first, instead of the head when it begins with it."""
    if head and (fault.where == head or fault.where.startswith(f"{head}, ")):
        return Fault(place + fault.where.removeprefix(head), fault.value, fault.way_out)
    return fault.within(place)
