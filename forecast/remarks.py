"""Remarks: what a forecast says of its features besides their dates: what they wait for, and the growth they were given."""

from __future__ import annotations

from typing import Any

from forecast.feature import After, External, Feature
from forecast.growth import Growth, Learned
from forecast.roadmap import Roadmap


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
