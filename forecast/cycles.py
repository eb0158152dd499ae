"""Cycles: what could never start, because in the end it waits for itself."""

from __future__ import annotations

import graphlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from forecast.errors import Fault, quote
from forecast.feature import External, Feature

MOST_CYCLES = 20
LONGEST_CYCLE = 40
"""Cycles that are told; and names of one that are printed, the middle of a longer one is left out."""


@dataclass(frozen=True)
class Resolved:
    """A stated dependency with its names resolved: the feature at `place` (or its part of `team`) waits."""

    place: int
    team: str | None
    waits_for: str
    waits_for_team: str | None
    about: tuple[str | int, ...]


def faults_of_cycles(features: Sequence[Feature | External], links: Sequence[Resolved]) -> Iterator[Fault]:
    """Cycles among parts and feature ends, each printed in the order of waiting; of features of one name the first counts."""
    stated: dict[tuple[str, str], tuple[str | int, ...]] = {}
    waits: dict[str, dict[str, None]] = {}
    places: dict[str, int] = {}
    for place, feature in enumerate(features):
        if places.setdefault(feature.name, place) == place:
            waits[feature.name] = {_part(feature.name, team): None for team in getattr(feature, "work", ())}
            waits |= {part: {} for part in waits[feature.name]}
    for link in links:
        feature = features[link.place]
        if places[feature.name] == link.place:
            waits_for = _part(link.waits_for, link.waits_for_team) if link.waits_for_team else link.waits_for
            teams = (link.team,) if link.team else tuple(getattr(feature, "work", ()))
            for waiting in [_part(feature.name, team) for team in teams] or [feature.name]:
                waits[waiting][waits_for] = None
                stated.setdefault((waiting, waits_for), link.about)
    for cycle in _find_cycles(waits):
        about = next((stated[pair] for pair in pairwise(cycle) if pair in stated), ())
        names = [quote(name.replace("\0", "/")) for name in cycle]
        if len(names) > LONGEST_CYCLE:
            names[10:-10] = [f"... ({len(names) - 20:,} more) ..."]
        shown = " waits for ".join(names)
        way_out = "nothing in it could ever start; remove one of these links"
        yield Fault("roadmap", f"a cycle: {shown}", way_out, about=about)


def _find_cycles(waits: dict[str, dict[str, None]]) -> Iterator[list[str]]:
    """Cycles that share nothing, at most 20; each begins and ends with the same thing, in the order of waiting."""
    for _ in range(MOST_CYCLES):
        try:
            graphlib.TopologicalSorter(waits).prepare()
            return
        except graphlib.CycleError as error:
            cycle = list(reversed(error.args[1]))
        yield cycle
        gone = set(cycle)
        waits = {
            waiting: {each: None for each in others if each not in gone}
            for waiting, others in waits.items()
            if waiting not in gone
        }


def _part(feature: str, team: str | None) -> str:
    return f"{feature}\0{team}"
