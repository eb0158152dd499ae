"""Family: what belongs to what. Of each issue its parent, and the feature that it is part of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from forecast.importers.issue import Issue, Tally
from forecast.importers.mapping import Mapping

NOBODY = -1
UNKNOWN_PARENT = "a parent that is not in the export"
NAMED = ("items", "actionable")
"""Sources whose column of features often holds their names, and not keys of other rows."""

CIRCLE = "parents that lead round in a circle"


@dataclass
class Found:
    """A feature as it is found: an issue of its own, or only named by others.

    issue : the place of its issue, NOBODY when there is none
    key : of its issue, or what it is named by
    title : as it is written; empty when nobody tells it
    """

    key: str
    title: str = ""
    issue: int = NOBODY


@dataclass
class Family:
    """What belongs to what.

    parent : of each issue the place of its parent, NOBODY for none that is known
    feature : of each issue the place of its feature in `features`, NOBODY for none; of the issue of a feature that feature
    """

    parent: list[int] = field(default_factory=list)
    feature: list[int] = field(default_factory=list)
    features: list[Found] = field(default_factory=list)


def find_family(issues: Sequence[Issue], mapping: Mapping, strange: Tally) -> Family:
    """Parents and features of all issues, as the mapping says what a feature is."""
    places = Places(issues)
    family = Family()
    named: dict[str, int] = {}
    if mapping.feature == "parent":
        family.parent, absent = _find_parents(issues, places, strange, mapping.source in NAMED)
        _find_ancestors(issues, mapping, family, absent, strange)
        return family
    family.parent, _ = _find_parents(issues, places, strange, mapping.source in NAMED)
    if mapping.feature == "self":
        family.feature = list(range(len(issues)))
        family.features = [Found(issue.key, issue.name or issue.title, at) for at, issue in enumerate(issues)]
        return family
    for issue in issues:
        name = tell_feature(issue, mapping.feature)
        if name and name not in named:
            named[name] = len(family.features)
            family.features.append(Found(name, name))
        family.feature.append(named[name] if name else NOBODY)
    for at, parent in enumerate(family.parent):  # a sub-issue belongs where its parent does
        if family.feature[at] == NOBODY and parent != NOBODY and parent != at:
            family.feature[at] = family.feature[parent]
    return family


def tell_feature(issue: Issue, way: str) -> str:
    """What an issue itself says that it belongs to, by one of the ways but "parent"."""
    kind, _, rest = way.partition(":")
    if kind == "project":
        return issue.project
    if kind == "version":
        return issue.versions[-1] if issue.versions else ""
    if kind == "label":
        prefix = rest.casefold()
        return next((label[len(rest) :].strip() for label in issue.labels if label.casefold().startswith(prefix)), "")
    if kind == "column":
        return next((value for name, value in issue.more if name == rest), "")
    return ""


class Places:
    """Where an issue stands: by its key, else by its number in the tracker, else by its own short name."""

    def __init__(self, issues: Sequence[Issue]) -> None:
        self._issues = issues
        self._keys = {issue.key: at for at, issue in enumerate(issues)}
        self._others: dict[str, int] | None = None

    def find(self, reference: str) -> int:
        """The place of the issue that is meant, NOBODY when there is none."""
        at = self._keys.get(reference)
        if at is not None:
            return at
        if self._others is None:
            self._others = {issue.name: at for at, issue in enumerate(self._issues) if issue.name}
            self._others |= {issue.id: at for at, issue in enumerate(self._issues) if issue.id}
        other = self._others.get(reference)
        if other is None and reference[:1] == "#":
            other = self._keys.get(reference[1:])
        if other is None and ": " in reference:  # "123: the title", as some boards show a parent
            other = self._keys.get(reference.partition(": ")[0])
        return NOBODY if other is None else other


def _find_parents(
    issues: Sequence[Issue], places: Places, strange: Tally, is_by_name: bool
) -> tuple[list[int], dict[int, str]]:
    """Of each issue the place of its parent; and of those whose parent is not there, what it is called.

    is_by_name : the table may only name what its items belong to; then it is not strange that no parent is there
    """
    parents: list[int] = []
    absent: dict[int, str] = {}
    for at, issue in enumerate(issues):
        parent = NOBODY
        for reference in issue.parents:
            parent = places.find(reference)
            if parent == at:
                parent = NOBODY
            if parent != NOBODY:
                break
        if parent == NOBODY and issue.parents:
            absent[at] = issue.parents[0]
        parents.append(parent)
    if not is_by_name or any(parent != NOBODY for parent in parents):
        for at, reference in absent.items():
            strange.add(UNKNOWN_PARENT, f"{issues[at].key} belongs to {reference}")
    return parents, absent


def _find_ancestors(
    issues: Sequence[Issue], mapping: Mapping, family: Family, absent: dict[int, str], strange: Tally
) -> None:
    """Fills in the features: of each issue the nearest above it that is one, or a parent that is not in the export."""
    kinds = frozenset(mapping.features)
    family.feature = [NOBODY] * len(issues)
    known = [False] * len(issues)
    for at, issue in enumerate(issues):
        if issue.kind in kinds:
            family.feature[at] = len(family.features)
            family.features.append(Found(issue.key, issue.name or issue.title, at))
            known[at] = True
    named: dict[str, int] = {}
    for at in range(len(issues)):
        path: list[int] = []
        here = at
        while not known[here]:
            path.append(here)
            known[here] = True  # so that a circle ends
            if family.parent[here] == NOBODY:
                family.feature[here] = _name_absent(issues[here], absent.get(here, ""), named, family)
                break
            here = family.parent[here]
            if here in path:
                strange.add(CIRCLE, " > ".join(issues[each].key for each in [*path[path.index(here) :], here]))
        for each in path:
            family.feature[each] = family.feature[here]


def _name_absent(issue: Issue, reference: str, named: dict[str, int], family: Family) -> int:
    """The feature that an issue names as its parent though it is not in the export; NOBODY when it names none."""
    if not reference:
        return NOBODY
    if reference not in named:
        named[reference] = len(family.features)
        family.features.append(Found(reference, issue.parent_title or ("" if reference.isdecimal() else reference)))
    elif issue.parent_title and not family.features[named[reference]].title:
        family.features[named[reference]].title = issue.parent_title
    return named[reference]
