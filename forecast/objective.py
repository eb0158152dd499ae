"""Objectives: what a feature serves; several of them with weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from forecast.errors import Fault, quote
from forecast.values import FrozenMap, read_name, read_share

SLACK = 1e-6
"""What the weights of a feature may miss of 1."""


class Objective(str):
    """The name of the objective that a feature serves first, and what it serves beside it.

    It is a text like any other name, and so is compared; `weights` holds the weight of each, the first one first.
    """

    weights: Mapping[str, float]

    def __new__(cls, weights: Mapping[str, float]) -> Self:
        """weights : objective -> its weight, checked by `read_objective`."""
        made = super().__new__(cls, next(iter(weights)))
        made.weights = FrozenMap(weights)
        return made

    def __getnewargs__(self) -> tuple[dict[str, float]]:  # type: ignore[override]
        return (dict(self.weights),)

    def __repr__(self) -> str:
        """With all of them: the fingerprint of inputs is made of it."""
        return repr(self.weights)


def read_objective(value: Any, where: str) -> str | None:
    """What a feature serves, from a name, or from several names with their weights.

    Raises Fault for weights that do not add up to 1, a weight of 0, and a name that is given twice.
    """
    if isinstance(value, Objective):
        return value
    if not isinstance(value, Mapping):
        return None if value is None else read_name(value, f"{where}, objective")
    weights: dict[str, float] = {}
    for name, weight in value.items():
        name = read_name(name, f"{where}, objective")
        if name in weights:
            raise Fault(where, f"objective names {quote(name)} twice", "give each objective one weight")
        weights[name] = read_share(weight, where, f"objective {quote(name)}")
        if weights[name] == 0:
            raise Fault(where, f"objective {quote(name)} = 0", "leave out what the feature does not serve")
    if not weights:
        way_out = 'name an objective, or several with weights: { "Grow revenue" = 0.7, "Debt" = 0.3 }'
        raise Fault(where, "objective = {}", way_out)
    total = sum(weights.values())
    if abs(total - 1) > SLACK:
        raise Fault(
            where, f"weights of objective add up to {total:g}", f"let them add up to 1: {_mend(weights, total)}"
        )
    return Objective(weights) if len(weights) > 1 else next(iter(weights))


def _mend(weights: Mapping[str, float], total: float) -> str:
    """Weights in these proportions that add up to 1, in two decimals as far as that goes."""
    if len(weights) == 1:
        return "one objective needs no weight"
    shares = [max(round(weight / total, 2), 0.01) for weight in weights.values()]
    shares[0] = round(1 - sum(shares[1:]), 2)
    if len(weights) > 5 or shares[0] <= 0:
        return f"divide each by {total:g}"
    return "{ " + ", ".join(f"{quote(name)} = {share:g}" for name, share in zip(weights, shares, strict=True)) + " }"


def weights_of(objective: str | None) -> Mapping[str, float]:
    """Objective -> the share of a feature that serves it; they add up to 1, or there is none."""
    if objective is None:
        return FrozenMap({})
    return objective.weights if isinstance(objective, Objective) else FrozenMap({objective: 1.0})
