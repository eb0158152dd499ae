"""What goes wrong, said so that the reader can mend it."""

from __future__ import annotations

import datetime as dt
import difflib
import unicodedata
from collections.abc import Iterable, Mapping

LONGEST_QUOTE = 80
MOST_POINTED_OUT = 6
HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
JOINERS = "\u200c\u200d"
"""Zero-width joiners, which belong to the spelling of Persian, Hindi and many emoji."""


class Fault(ValueError):
    """One fault: where it is, the value as written, and the way out.

    where : the place in words, such as ``'throughput.csv row 12'`` or ``'feature "Checkout"'``
    value : what was found there, such as ``'done = -3'``
    way_out : what is wrong with it and how to mend it
    about : the thing it is about, in keys and places of a list, for who knows where that stands in a file:
        ``("features", 3, "work", "Web")``
    missing : kind and name of what was looked for and is not there: ``("team", "Wbe")``
    others : further faults of the same thing, found at the same time
    """

    def __init__(
        self,
        where: str,
        value: str,
        way_out: str,
        *,
        about: tuple[str | int, ...] = (),
        missing: tuple[str, ...] = (),
    ) -> None:
        super().__init__(where, value, way_out)
        self.where = where
        self.value = value
        self.way_out = way_out
        self.about = about
        self.missing = missing
        self.others: tuple[Fault, ...] = ()

    def __str__(self) -> str:
        return f"{self.where}: {self.value}; {self.way_out}"

    def within(self, place: str) -> Fault:
        """The same fault with the place that holds it (a file, say) said first."""
        return self.at(f"{place}: {self.where}" if self.where else place)

    @property
    def all(self) -> tuple[Fault, ...]:
        """This fault and the others of the same thing."""
        return (self, *self.others)

    def at(self, where: str) -> Fault:
        """The same fault with its place said in other words."""
        return Fault(where, self.value, self.way_out, about=self.about, missing=self.missing)


class Refused(ValueError):
    """Input that cannot be forecast: all its faults, one line each.

    faults : the faults in the order they were found
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(self.faults)

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


def escape(text: str) -> str:
    """The text with everything that could act on a terminal or break a line made visible.

    Control and format characters (ANSI escapes, right-to-left marks; not joiners), line and paragraph separators and lone
    surrogates become ``\\x1b``-style escapes; everything else stays as it is.
    """
    return "".join(
        char.encode("unicode_escape").decode("ascii")
        if unicodedata.category(char) in HIDDEN and char not in JOINERS
        else char
        for char in text
    )


def quote(text: object) -> str:
    """A name or value from a file as it is safe to print: escaped, in double quotes, at most 80 characters."""
    return f'"{_shorten(text)}"'


def written(value: object) -> str:
    """A value as it would stand in the file: a text quoted, the rest bare; at most 80 characters."""
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return _shorten(f"[{', '.join(written(each) for each in value[:LONGEST_QUOTE])}]")
    if isinstance(value, Mapping):
        return _shorten(f"{{ {', '.join(f'{key} = {written(each)}' for key, each in list(value.items())[:9])} }}")
    return quote(value) if isinstance(value, str) else _shorten(value)


def _shorten(value: object) -> str:
    try:
        shown = escape(value[: 2 * LONGEST_QUOTE] if isinstance(value, str) else str(value))
    except ValueError:  # an integer of more than 4,300 digits
        shown = "a number of far too many digits"
    return shown if len(shown) <= LONGEST_QUOTE else shown[: LONGEST_QUOTE - 1] + "…"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``' Did you mean "Payment"?'`` when something known is close to the name, else an empty string."""
    candidates = {candidate.casefold(): candidate for candidate in known if candidate != name}
    close = difflib.get_close_matches(name.casefold(), candidates, n=1, cutoff=0.6)
    return f" Did you mean {quote(candidates[close[0]])}?" if close else ""


def point_out(name: str, known: Iterable[str]) -> str:
    """What may have been meant by a name; when nothing known is close to it, some of what there is."""
    listed = list(known)
    close = did_you_mean(name, listed)
    if close or not listed:
        return close
    some = ", ".join(quote(each) for each in listed[:MOST_POINTED_OUT])
    more = len(listed) - MOST_POINTED_OUT
    return f" There {'is' if len(listed) == 1 else 'are'}: {some}{f' and {more:,} more' if more > 0 else ''}."
