"""Precedence: what waits for what, against the order of the roadmap, and links that other links imply. As findings."""

from __future__ import annotations

import bisect

from forecast.feature import Feature
from forecast.finding import Finding, gather
from forecast.phrases import say_count, say_name
from forecast.roadmap import Link, Roadmap

MOST_ANCESTORS = 200_000_000
"""Bits of all sets of ancestors together beyond which redundant links are not looked for: some 14,000 features."""


def find_in_order(roadmap: Roadmap) -> list[Finding]:
    """All findings about the links of a roadmap."""
    return [*_find_inversions(roadmap), *_find_redundant(roadmap)]


def _find_inversions(roadmap: Roadmap) -> list[Finding]:
    """Features above something they wait for, which its team does only after the features in between."""
    rank = {feature.name: place for place, feature in enumerate(roadmap.features)}
    queue: dict[str, list[int]] = {team.name: [] for team in roadmap.teams}
    teams: dict[str, tuple[str, ...]] = {}
    for place, feature in enumerate(roadmap.features):
        if isinstance(feature, Feature):
            teams[feature.name] = tuple(name for name, part in feature.work.items() if part.left(part.size.high) > 0)
            for name in teams[feature.name]:
                queue[name].append(place)
    clauses: dict[str, str] = {}
    for link in roadmap.links:
        above, below = rank[link.feature], rank[link.waits_for]
        busy = (link.waits_for_team,) if link.waits_for_team else teams.get(link.waits_for, ())
        between = {
            name: bisect.bisect_left(queue[name], below) - bisect.bisect_right(queue[name], above)
            for name in busy
            if name in teams.get(link.waits_for, ())
        }
        if above < below and link.feature not in clauses and any(between.values()):
            name = max(between, key=lambda team: between[team])
            comes = f"comes after {say_count(between[name], 'other feature')} at {say_name(name)}"
            waits = f"waits for {say_name(link.waits_for)} (rank {below + 1}), which {comes}"
            clauses[link.feature] = f"{say_name(link.feature)} (rank {above + 1}) {waits}"
    lead = "Ranked above what they wait for"
    way_out = "Move up what is waited for, if the feature that waits is as important as it says."
    return gather("warning", "rank", "feature", lead, clauses, way_out)


def _find_redundant(roadmap: Roadmap) -> list[Finding]:
    """Links without a lag to what another link of the same feature or part waits for already."""
    features = roadmap.features
    if len(features) ** 2 > MOST_ANCESTORS:
        return []
    over = _Ancestors(roadmap)
    clauses: dict[str, str] = {}
    for link in roadmap.links:
        if link.lag.high == 0:
            by = over.implied_by(link)
            if by is not None:
                where = say_name(link.feature) + (f" ({say_name(link.team)})" if link.team else "")
                waits_for = say_name(link.waits_for) + (
                    f" ({say_name(link.waits_for_team)})" if link.waits_for_team else ""
                )
                again = "said twice" if by == link.waits_for else f"for which {say_name(by)} waits too"
                clauses[f"{link.feature}: {link.waits_for}"] = f"{where} waits for {waits_for}, {again}"
    lead = "Links that others already imply"
    return gather(
        "note", "redundant", "link", lead, clauses, "Leave them out, unless they are to stay when the others go."
    )


class _Ancestors:
    """For every feature the set of those that are over before it can be, as the bits of a number."""

    def __init__(self, roadmap: Roadmap) -> None:
        self.bit = {feature.name: place for place, feature in enumerate(roadmap.features)}
        self.of_feature: dict[str, list[Link]] = {}
        self.of_part: dict[tuple[str, str], list[Link]] = {}
        for link in roadmap.links:
            if link.team is None:
                self.of_feature.setdefault(link.feature, []).append(link)
            else:
                self.of_part.setdefault((link.feature, link.team), []).append(link)
        self.teams = {feature.name: tuple(getattr(feature, "work", ())) for feature in roadmap.features}
        self._before: dict[tuple[str, str | None], int] = {}
        self._order(roadmap)

    def implied_by(self, link: Link) -> str | None:
        """What else the same feature or part waits for, which is over no sooner than what this link waits for."""
        beside = [*self.of_feature.get(link.feature, ())]
        if link.team is not None:
            beside += self.of_part.get((link.feature, link.team), ())
        wanted = 1 << self.bit[link.waits_for]
        for other in beside:
            if other is link:
                continue
            is_same = (other.waits_for, other.waits_for_team) == (link.waits_for, link.waits_for_team)
            is_wider = other.waits_for == link.waits_for and other.waits_for_team is None
            if (
                (is_same and other.ordinal < link.ordinal)
                or (is_wider and not is_same)
                or (is_same and other.team != link.team)
            ):
                return str(link.waits_for)
            if self._before[other.waits_for, other.waits_for_team] & wanted:
                return str(other.waits_for)
        return None

    def _order(self, roadmap: Roadmap) -> None:
        """Fills `_before`: of every part and every feature, what is over before its end."""
        todo: list[tuple[str, str | None]] = [(feature.name, None) for feature in reversed(roadmap.features)]
        while todo:
            node = todo[-1]
            if node in self._before:
                todo.pop()
                continue
            needs = self._needs(node)
            missing = [need for need, _ in needs if need not in self._before]
            if missing:
                todo += missing
                continue
            before = 0
            for need, is_whole in needs:
                before |= self._before[need] | (1 << self.bit[need[0]] if is_whole else 0)
            self._before[node] = before
            todo.pop()

    def _needs(self, node: tuple[str, str | None]) -> list[tuple[tuple[str, str | None], bool]]:
        """What a part, or the end of a feature, waits for; and whether that is the whole of another feature."""
        feature, team = node
        links = [*self.of_feature.get(feature, ())]
        if team is not None:
            links += self.of_part.get((feature, team), ())
        needs = [((link.waits_for, link.waits_for_team), link.waits_for_team is None) for link in links]
        if team is None:
            needs += [((feature, each), False) for each in self.teams[feature]]
        return needs
