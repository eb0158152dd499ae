"""Single values as people write them: numbers, counts, names, levels."""

from __future__ import annotations

import math
import numbers
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeVar

from forecast.errors import Fault, did_you_mean, quote, written

LARGEST = 1e9
LARGEST_SEED = 2**63
MOST_RUNS = 10_000_000
LONGEST_NAME = 500
MODEL_NAMES = ("bootstrap", "drift")
"""Throughput models that can be named; the models themselves are a floor above."""

MODEL_METHODS = ("describe", "used", "check", "bind")
LONGEST_REFERENCE = 2 * LONGEST_NAME + 1
LIKE_A_SPACE = dict.fromkeys((0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F), " ")
"""Spaces that do not break, or are of another width: what pages and spreadsheets put where a space was typed."""

Value = TypeVar("Value")


class FrozenMap(Mapping[str, Value]):
    """A mapping that cannot be changed, so that a noun that holds one stays as it was checked, and can be hashed."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> Value:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(frozenset(self._values.items()))

    def __repr__(self) -> str:
        return repr(self._values)


def read_list(values: Any, where: str, what: str) -> tuple[Any, ...]:
    """The values of a list. Raises Fault for a lone text, a mapping, and what is no collection at all."""
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise Fault(where, f"{what} = {written(values)}", "give a list")
    return tuple(values)


def read_share(value: object, where: str, what: str) -> float:
    """A share, 0 to 1. Raises Fault, with a hint when it looks like a percentage."""
    share = read_number(value, where, what, most=LARGEST)
    if 2 <= share <= 100:
        way_out = f"a share lies between 0 and 1: write {share / 100:g} for {share:g} %"
        raise Fault(where, f"{what} = {share:g}", way_out)
    return read_number(share, where, what, most=1)


def read_seed(value: object, where: str) -> int:
    """The seed that a value stands for. Raises Fault when it is no whole number, or beyond 63 bits."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise Fault(where, f"seed = {written(value)}", "a seed is a whole number")
    if not -LARGEST_SEED <= int(value) < LARGEST_SEED:
        raise Fault(where, "seed = a number of too many digits", "18 digits are more than enough")
    return int(value)


def read_fresh_seed(value: object, used: int, where: str) -> int:
    """The seed of fresh runs beside those of a forecast: None takes the next one. Raises Fault when it is the same."""
    if value is None:
        return used + 1 if used + 1 < LARGEST_SEED else -LARGEST_SEED
    seed = read_seed(value, where)
    if seed == used:
        raise Fault(where, f"seed = {seed}", "the forecast has this seed; fresh runs need another one")
    return seed


def read_number(value: object, where: str, what: str, *, least: float = 0.0, most: float = LARGEST) -> float:
    """The number that a value stands for. Raises Fault when it is none, not finite, or outside least to most."""
    if type(value) is float:  # most values; asking numbers.Real first takes ten times as long
        number = value
    elif isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise Fault(where, f"{what} = {written(value)}", "a number is needed")
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
        raise Fault(where, f"{what} = {written(value)}", "a whole number is needed")
    if not least <= int(value) <= most:
        shown = str(value) if abs(int(value)) < 10**20 else "a number of more than 20 digits"
        raise Fault(where, f"{what} = {shown}", f"a whole number from {least} to {most} is needed")
    return int(value)


def read_name(value: object, where: str, longest: int = LONGEST_NAME) -> str:
    """A name as it is kept: without spaces around it, with plain ones in it, and in Unicode's composed form (NFC).

    longest : characters; a reference such as "Feature/Team" may have more than a name

    Raises Fault when it is no text, empty, too long, or holds control characters or line breaks.
    """
    if not isinstance(value, str):
        raise Fault(where, f"name = {written(value)}", "a name is a text; put it in quotes")
    name, way_out = _tidy(value)
    if way_out or len(name) > longest:
        too_long = f"{len(name):,} characters are too many for a table; {longest} are the most"
        raise Fault(where, f"name = {quote(name)}", way_out or too_long)
    return name


@lru_cache(maxsize=10_000)
def _tidy(text: str) -> tuple[str, str]:
    """The name that a text stands for, and what is wrong with it; cached, since a history repeats few names often."""
    name = unicodedata.normalize("NFC", text.translate(LIKE_A_SPACE)).strip()
    if not name:
        return name, "a name cannot be empty"
    if any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in name):
        return name, "a name cannot hold line breaks or control characters"
    return name, ""


def fold(name: str) -> str:
    """A key that is equal for names that differ only in case or in how their letters are composed."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name.translate(LIKE_A_SPACE)).casefold())


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
        raise Fault(where, f"{what} = {written(value)}", "write true or false")
    return value


def read_levels(values: object, where: str = "levels") -> tuple[float, ...]:
    """Several levels as shares, in the order given. Raises Fault as `read_level` does, and when two are alike."""
    levels = tuple(read_level(value, where) for value in read_list(values, where, "levels"))
    if len({f"{level:g}" for level in levels}) < len(levels):
        raise Fault(where, f"levels = {quote(list(levels))}", "two of them are alike; give each once")
    return levels


def read_model(throughput: Any) -> Any:
    """A model, or the name or the table of one, as it was given. Raises Fault for what can be none."""
    name = throughput.get("model") if isinstance(throughput, Mapping) else throughput
    if isinstance(throughput, Mapping | str):
        if not isinstance(name, str) or name.casefold() not in MODEL_NAMES:
            way_out = f"choose one of: {', '.join(MODEL_NAMES)}." + did_you_mean(str(name), MODEL_NAMES)
            raise Fault("roadmap, throughput", f"model = {written(name)}", way_out)
    elif throughput is not None and (
        isinstance(throughput, type) or not all(hasattr(throughput, method) for method in MODEL_METHODS)
    ):
        way_out = f"give a model, or one of the names: {', '.join(MODEL_NAMES)}"
        raise Fault("roadmap", f"throughput = {written(throughput)}", way_out)
    return throughput
