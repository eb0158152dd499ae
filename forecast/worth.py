"""Worth: what each feature counts where features are weighed against each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from forecast.feature import External, Feature


@dataclass(frozen=True)
class Worth:
    """What features count.

    values : name -> its `value`; the mean of all that have one where it has none, and 1 each where no feature has one. In
        fractions of the numbers as they are written, so that sums are equal when they are meant to be
    is_stated : some feature has a value
    """

    values: Mapping[str, Fraction]
    is_stated: bool


def find_worth(features: Iterable[Feature | External]) -> Worth:
    """What some features count, beside each other."""
    stated = {each.name: getattr(each, "value", None) for each in features}
    known = {name: Fraction(repr(value)) for name, value in stated.items() if value is not None}
    mean = sum(known.values(), Fraction(0)) / len(known) if known else Fraction(1)
    return Worth({name: known.get(name, mean) for name in stated}, bool(known))
