"""Estimates: a number that is known, or a guess with a low, a likely and a high value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from forecast.errors import Fault, quote, written
from forecast.values import read_number

Shape = Literal["triangular", "pert"]


@dataclass(frozen=True)
class Estimate:
    """A size, a duration or a factor: a known number, or low / likely / high.

    low, likely, high : 0 <= low <= likely <= high, finite
    shape : how a three-point estimate is drawn: "triangular", or "pert" (a beta distribution with
        alpha = 1 + 4 (likely - low) / (high - low) and beta = 1 + 4 (high - likely) / (high - low); Malcolm et al.,
        "Application of a technique for research and development program evaluation", Operations Research 7, 1959)

    Raises Fault when the numbers do not rise, are negative or not finite.
    """

    low: float
    likely: float
    high: float
    shape: Shape = "triangular"

    def __post_init__(self) -> None:
        for name in ("low", "likely", "high"):
            object.__setattr__(self, name, read_number(getattr(self, name), "estimate", name))
        if not self.low <= self.likely <= self.high:
            raise Fault("estimate", f"{self.low:g}, {self.likely:g}, {self.high:g}", "low, likely and high must rise")
        if self.shape not in get_args(Shape):
            raise Fault("estimate", f"shape = {quote(self.shape)}", 'a shape is "triangular" or "pert"')

    @classmethod
    def read(cls, value: Any, where: str, what: str, shape: Any = "triangular") -> Estimate:
        """The estimate that a number, three numbers or an Estimate stand for; Fault when they are none of these."""
        if isinstance(value, Estimate) and shape in ("triangular", value.shape):
            return value
        if isinstance(value, Estimate):
            value = (value.low, value.likely, value.high)
        if isinstance(value, Sequence) and not isinstance(value, str | bytes):
            if len(value) != 3:
                raise Fault(where, f"{what} = {written(list(value))}", "give one number, or three: low, likely, high")
            numbers = [read_number(part, where, what) for part in value]
        else:
            numbers = [read_number(value, where, what)] * 3
        try:
            return cls(numbers[0], numbers[1], numbers[2], shape)
        except Fault as fault:
            is_shape = fault.value.startswith("shape")
            raise Fault(where, fault.value if is_shape else f"{what}: {fault.value}", fault.way_out) from None

    @property
    def is_fixed(self) -> bool:
        """True when there is nothing to draw."""
        return self.low == self.high

    @property
    def mean(self) -> float:
        """The expected value."""
        weight = 4.0 if self.shape == "pert" else 1.0
        return (self.low + weight * self.likely + self.high) / (weight + 2.0)

    @property
    def variance(self) -> float:
        """The square of its standard deviation."""
        below, above = self.mean - self.low, self.high - self.mean
        if self.shape == "pert":
            return below * above / 7.0
        width, rise = self.high - self.low, self.likely - self.low
        return (width**2 - width * rise + rise**2) / 18.0
