"""Single values as people write them: numbers, counts, names, levels."""

from __future__ import annotations

import math
import numbers
import unicodedata

from forecast.errors import Fault, quote

LARGEST = 1e9


def read_number(value: object, where: str, what: str, *, least: float = 0.0, most: float = LARGEST) -> float:
    """The number that a value stands for. Raises Fault when it is none, not finite, or outside least to most."""
    if type(value) is float:  # most values; asking numbers.Real first takes ten times as long
        number = value
    elif isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise Fault(where, f"{what} = {quote(value)}", "a number is needed")
    else:
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
    if not math.isfinite(number):
        raise Fault(where, f"{what} = {number}", "a finite number is needed")
    if number < least:
        raise Fault(where, f"{what} = {number:g}", f"it cannot be less than {least:g}")
    if number > most:
        raise Fault(where, f"{what} = {number:g}", f"it cannot be more than {most:g}")
    return number


def read_count(value: object, where: str, what: str, *, least: int, most: int = 10**9) -> int:
    """The whole number that a value stands for. Raises Fault when it is not whole, or outside least to most."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise Fault(where, f"{what} = {quote(value)}", "a whole number is needed")
    if not least <= int(value) <= most:
        shown = str(value) if abs(int(value)) < 10**20 else "a number of more than 20 digits"
        raise Fault(where, f"{what} = {shown}", f"a whole number from {least} to {most} is needed")
    return int(value)


def read_name(value: object, where: str) -> str:
    """A name as it is kept: without spaces around it and in Unicode's composed form (NFC).

    Raises Fault when it is no text, empty, or holds control characters or line breaks.
    """
    if not isinstance(value, str):
        raise Fault(where, f"name = {quote(value)}", "a name is a text; put it in quotes")
    name = unicodedata.normalize("NFC", value).strip()
    if not name:
        raise Fault(where, 'name = ""', "a name cannot be empty")
    if any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in name):
        raise Fault(where, f"name = {quote(name)}", "a name cannot hold line breaks or control characters")
    return name


def read_level(value: object, where: str = "level") -> float:
    """A level as a share, 0 < level <= 1. Raises Fault, with a hint when it looks like a percentage."""
    level = read_number(value, where, "level", least=-LARGEST)
    if 1 < level <= 100:
        raise Fault(
            where, f"level = {level:g}", f"a level is a share between 0 and 1: write {level / 100:g} for {level:g} %"
        )
    if not 0 < level <= 1:
        raise Fault(where, f"level = {level:g}", "a level is a share between 0 and 1, like 0.85")
    return level


def read_flag(value: object, where: str, what: str) -> bool:
    """A yes or no. Raises Fault when it is neither true nor false."""
    if not isinstance(value, bool):
        raise Fault(where, f"{what} = {quote(value)}", "write true or false")
    return value
