"""Proposals: a first mapping of an export, from what its own rows show and from what such things are usually called."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Mapping as Of
from dataclasses import replace
from typing import Any

from forecast.importers.issue import Export, Issue
from forecast.importers.mapping import Mapping
from forecast.importers.words import (
    means_discarded,
    means_done,
    means_feature,
    means_no_work,
    means_open,
    means_part,
    read_link,
)

TEAM_PREFIXES = ("team/", "team:", "team-", "squad/", "squad:", "squad-", "team=")
FEATURE_PREFIXES = ("epic/", "epic:", "epic-", "feature/", "feature:", "feature-")
ENOUGH = 0.5
"""Share of the issues that have to tell a thing before it is taken for what everybody does."""

MOST_TEAMS = 60
STORIES = ("user story", "product backlog item", "requirement", "bug", "issue")
LEAST_SIZES = 5
LEAST_SPRINTS = 5


def propose(export: Export, given: Mapping | None = None, chosen: Of[str, Any] | None = None) -> Mapping:
    """The mapping that the data suggests.

    given : an earlier mapping; what it says is kept, and only what it does not mention (a new status, say) is proposed
    chosen : fields of a mapping that a person decided, whatever the data suggests
    """
    chosen = chosen or {}
    issues = export.issues
    proposed = Mapping(
        source=export.source,
        team=_propose_team(export),
        rank=_propose_rank(export),
        sprints=_propose_sprints(export),
        loose="",
    )
    proposed = replace(given or proposed, source=export.source, **chosen)
    kinds = _add_kinds(proposed, issues)
    if given is None:
        way = proposed.feature if "feature" in chosen else _propose_feature(export, kinds)
        if not kinds.items and "feature" not in chosen:  # a list of epics alone
            way = "self"
        if way != "parent":
            kinds = replace(kinds, items=kinds.items + kinds.features, features=())
        loose = "All open work" if way == "none" and "loose" not in chosen else proposed.loose
        kinds = replace(kinds, feature=way, loose=loose)
    proposed = kinds
    proposed = _add_statuses(proposed, issues)
    proposed = _add_resolutions(proposed, issues)
    told = {link.kind for issue in issues for link in issue.links}
    links = {kind: read_link(kind) for kind in sorted(told) if kind not in proposed.links}
    return replace(proposed, links=dict(proposed.links) | links)


def _share(issues: Sequence[Issue], has: Callable[[Issue], object]) -> float:
    return sum(bool(has(issue)) for issue in issues) / len(issues) if issues else 0.0


def _propose_team(export: Export) -> str:
    issues = export.issues
    prefix = _find_prefix(issues, TEAM_PREFIXES)
    ways: list[tuple[str, Callable[[Issue], Iterable[str]]]] = [
        ("team", lambda issue: (issue.team,)),
        (f"label:{prefix}", lambda issue: issue.labels if prefix else ()),
        ("area", lambda issue: ("",) if export.source == "jira" else [find_area(each) for each in issue.areas[:1]]),
        ("project", lambda issue: (issue.project,)),
    ]
    if export.source == "linear":  # its projects are what other trackers call epics
        ways.pop()
    for way, tell in ways:
        told = Counter(name for issue in issues for name in tell(issue) if name and name != prefix)
        share = _share(issues, lambda issue, tell=tell: any(tell(issue)))  # type: ignore[misc]
        if told and len(told) <= MOST_TEAMS and (share >= ENOUGH or (way == "team" and share > 0.1)):
            return way
    told_by_file = export.source != "jira" and any(issue.file for issue in issues)
    return "file" if told_by_file or not issues else "project"


def find_area(path: str) -> str:
    """The team that an area tells: the last part of a path below the project, or the component itself."""
    return path.rpartition("\\")[2].strip() if "\\" in path else path if "/" not in path else path.rpartition("/")[2]


def _find_prefix(issues: Sequence[Issue], prefixes: Sequence[str]) -> str:
    """The first of the prefixes under which at least half of the issues have a label, as it is written."""
    counts: Counter[str] = Counter()
    for labels, times in Counter(issue.labels for issue in issues).items():
        found_here = {
            label[: len(prefix)]
            for label in labels
            for prefix in prefixes
            if label.casefold().startswith(prefix) and len(label) > len(prefix)
        }
        counts.update(dict.fromkeys(found_here, times))
    found = [(count, prefix) for prefix, count in counts.items() if count >= ENOUGH * len(issues)]
    return max(found)[1] if found else ""


def _propose_rank(export: Export) -> str:
    if _share(export.issues, lambda issue: issue.rank) >= ENOUGH:
        return "rank"
    return "order"


def _propose_sprints(export: Export) -> str:
    """The tracker's own sprints where it knows their days, and most of what was done was done in one of them."""
    cycles = export.cycles
    if len(cycles) < LEAST_SPRINTS:
        return "every"
    if any(cycle.done is not None for cycle in cycles):
        return "tracker"
    first, last = min(cycle.start for cycle in cycles), max(cycle.end for cycle in cycles)
    covered = {day for cycle in cycles for day in range(cycle.start.toordinal(), cycle.end.toordinal() + 1)}
    done = [issue.done.toordinal() for issue in export.issues if issue.done is not None and first <= issue.done <= last]
    return "tracker" if done and sum(day in covered for day in done) >= 0.8 * len(done) else "every"


def _propose_feature(export: Export, mapping: Mapping) -> str:
    issues = export.issues
    if export.source == "linear" and _share(issues, lambda issue: issue.project) > 0.1:
        return "project"
    held = sum(bool(issue.parents) for issue in issues if issue.kind not in mapping.features)
    if mapping.features or (held and held > 0.02 * len(issues)):
        return "parent"
    prefix = _find_prefix(issues, FEATURE_PREFIXES)
    if prefix:
        return f"label:{prefix}"
    if _share(issues, lambda issue: issue.versions) > 0.05:
        return "version"
    return "none"


def _add_kinds(mapping: Mapping, issues: Sequence[Issue]) -> Mapping:
    """The types that the mapping does not mention yet, each where it seems to belong."""
    known = {*mapping.features, *mapping.items, *mapping.left_out}
    counts = Counter(issue.kind for issue in issues)
    parents, held = _count_families(issues)
    has_stories = any(kind.casefold() in STORIES for kind in counts)
    features, items, left_out = list(mapping.features), list(mapping.items), list(mapping.left_out)
    for kind in sorted(counts, key=lambda each: (-counts[each], each)):
        if kind in known:
            continue
        is_task_below = mapping.source == "azure" and kind.casefold() == "task" and has_stories
        if means_feature(kind) and (parents[kind] or mapping.feature == "parent" or len(counts) > 1 or not held[kind]):
            features.append(kind)
        elif means_no_work(kind) or is_task_below or (means_part(kind) and held[kind] >= ENOUGH * counts[kind]):
            left_out.append(kind)
        else:
            items.append(kind)
    if not features:
        features = [kind for kind in items if parents[kind] > 0.6 * counts[kind] and not held[kind] and len(items) > 1]
        items = [kind for kind in items if kind not in features]
    return replace(mapping, features=tuple(features), items=tuple(items), left_out=tuple(left_out))


def _count_families(issues: Sequence[Issue]) -> tuple[Counter[str], Counter[str]]:
    """Of each type, how many are somebody's parents, and how many have one."""
    named = {parent for issue in issues for parent in issue.parents}
    parents: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for issue in issues:
        parents[issue.kind] += bool({issue.key, issue.id, issue.name or issue.key} & named)
        held[issue.kind] += bool(issue.parents)
    return parents, held


def _add_statuses(mapping: Mapping, issues: Sequence[Issue]) -> Mapping:
    """The statuses that the mapping does not mention yet: what the tracker says of them, else their names, else done dates."""
    known = {*mapping.done, *mapping.open, *mapping.discarded}
    told: dict[str, Counter[str]] = defaultdict(Counter)
    dated: Counter[str] = Counter()
    for issue in issues:
        told[issue.status][issue.category] += 1
        dated[issue.status] += issue.done is not None
    lists: dict[str, list[str]] = {
        "done": list(mapping.done),
        "open": list(mapping.open),
        "discarded": list(mapping.discarded),
    }
    best = max((dated[status] / counts.total() for status, counts in told.items()), default=0.0)
    for status in sorted(told, key=lambda each: (-told[each].total(), each)):
        if status and status not in known:
            meaning = _judge_status(status, told[status], dated[status] / told[status].total(), best)
            lists[meaning].append(status)
    return replace(mapping, **{name: tuple(values) for name, values in lists.items()})  # type: ignore[arg-type]


def _judge_status(status: str, categories: Counter[str], dated: float, best: float) -> str:
    """What a status says: "done", "discarded" or "open".

    dated : share of its issues that have a done date; best : the largest such share of any status
    """
    if means_discarded(status) and not (categories["to do"] or categories["in progress"]):
        return "discarded"
    ended = categories["done"] + categories["discarded"]
    if ended or categories["to do"] or categories["in progress"]:
        return "done" if 2 * ended > categories.total() else "open"
    if means_done(status):
        return "open" if dated < 0.1 and best > 0.5 else "done"
    return "done" if dated >= 0.8 and not means_open(status) else "open"


def _add_resolutions(mapping: Mapping, issues: Sequence[Issue]) -> Mapping:
    known = {*mapping.delivered, *mapping.not_delivered}
    new = Counter(issue.resolution for issue in issues if issue.resolution and issue.resolution not in known)
    ordered = sorted(new, key=lambda each: (-new[each], each))
    discarded = tuple(
        each for each in ordered if means_discarded(each) or each.casefold() in ("not_planned", "duplicate")
    )
    others = tuple(each for each in ordered if each not in discarded)
    return replace(mapping, delivered=mapping.delivered + others, not_delivered=mapping.not_delivered + discarded)


def propose_empty(sizes: Sequence[int]) -> tuple[float, ...]:
    """Low, likely and high of a feature of which nothing is known, from those that have items: one in ten is smaller than low,
    half are smaller than likely, one in ten is larger than high. None where fewer than five are known."""
    if len(sizes) < LEAST_SIZES:
        return ()
    ordered = sorted(sizes)
    return tuple(float(ordered[min(int(share * len(ordered)), len(ordered) - 1)]) for share in (0.1, 0.5, 0.9))
