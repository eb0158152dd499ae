"""Remarks: what a forecast says besides dates: what features wait for, the growth they were given, and what decides nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from forecast.errors import did_you_mean, quote
from forecast.feature import After, External, Feature
from forecast.growth import Growth, Learned
from forecast.history import History
from forecast.roadmap import Roadmap

SEVERAL = re.compile(r"[,;/&+]|\band\b")


def find_growths(roadmap: Roadmap) -> list[Growth]:
    """The growths that the features of a roadmap have, each once; none for a feature without."""
    growths = [feature.growth or roadmap.growth for feature in roadmap.features if isinstance(feature, Feature)]
    return list(dict.fromkeys(growth for growth in growths if growth is not None))


def describe_growth(roadmap: Roadmap) -> Any:
    """What the growth of a roadmap is, for the provenance: None, "stated", or what was learned."""
    growths = find_growths(roadmap)
    learned = [growth for growth in growths if isinstance(growth, Learned)]
    return learned[0].describe() if learned else "stated" if growths else None


def tell_growth(roadmap: Roadmap) -> list[str]:
    """What a reader has to know about learned growth."""
    return [growth.say() for growth in find_growths(roadmap) if isinstance(growth, Learned)]


def waits_for(feature: Feature | External) -> list[str]:
    """What a feature or any of its parts waits for, as it was written, each once."""
    stated: list[After] = list(feature.after)
    if isinstance(feature, Feature):
        stated += [after for part in feature.work.values() for after in part.after]
    names = (after.feature if after.team is None else f"{after.feature}/{after.team}" for after in stated)
    return list(dict.fromkeys(names))


def hint_team(team: str, known: Sequence[str]) -> str:
    """What may be meant by a team that nothing is known of: one that is, or several of them in one cell."""
    pieces = [piece.strip() for piece in SEVERAL.split(team)]
    if len(pieces) > 1 and all(piece in known for piece in pieces):
        return " These are several: give each a row of its own."
    return did_you_mean(team, known)


def tell_unused(roadmap: Roadmap, history: History) -> list[str]:
    """What stands in the inputs and decides nothing, probably because it is misspelt."""
    teams = {team.name for team in roadmap.teams}
    notes = [
        f"The history of {quote(team)} is not used: no such team in the roadmap.{did_you_mean(team, teams)}"
        for team in history.teams
        if team not in teams
    ]
    notes += [
        f"The guess for {quote(team)} is not used: its history has {len(history.of(team))} sprints."
        for team in history.guesses
        if team in teams and history.guess(team) is None
    ]
    return notes + _tell_idle_shares(roadmap)


def _tell_idle_shares(roadmap: Roadmap) -> list[str]:
    """Shares of a team's capacity that no feature takes: the first of a feature's objectives chooses its share."""
    first = {feature.objective for feature in roadmap.features if feature.objective}
    served = {objective for feature in roadmap.features for objective in feature.objectives}
    notes = []
    for team in roadmap.teams:
        for objective in team.allocation or ():
            share = f"Team {quote(team.name)} has a share for {quote(objective)}, which"
            if objective not in served:
                notes.append(f"{share} no feature serves.{did_you_mean(objective, served)}")
            elif objective not in first:
                notes.append(
                    f"{share} features serve only beside another objective. The first of a feature's objectives chooses its "
                    "share, so this one goes to the others."
                )
    return notes
