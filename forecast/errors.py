"""What goes wrong, said so that the reader can mend it."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable

LONGEST_QUOTE = 80
HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
JOINERS = "\u200c\u200d"
"""Zero-width joiners, which belong to the spelling of Persian, Hindi and many emoji."""


class Fault(ValueError):
    """One fault: where it is, the value as written, and the way out.

    where : the place in words, such as ``'throughput.csv row 12'`` or ``'feature "Checkout"'``
    value : what was found there, such as ``'done = -3'``
    way_out : what is wrong with it and how to mend it
    others : further faults of the same thing, found at the same time
    """

    def __init__(self, where: str, value: str, way_out: str) -> None:
        super().__init__(where, value, way_out)
        self.where = where
        self.value = value
        self.way_out = way_out
        self.others: tuple[Fault, ...] = ()

    def __str__(self) -> str:
        return f"{self.where}: {self.value}; {self.way_out}"

    def within(self, place: str) -> Fault:
        """The same fault with the place that holds it (a file, say) said first."""
        return Fault(f"{place}: {self.where}" if self.where else place, self.value, self.way_out)


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
    shown = escape(str(text))
    if len(shown) > LONGEST_QUOTE:
        shown = shown[: LONGEST_QUOTE - 1] + "…"
    return f'"{shown}"'


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``' Did you mean "Payment"?'`` when something known is close to the name, else an empty string."""
    candidates = {candidate.casefold(): candidate for candidate in known if candidate != name}
    close = difflib.get_close_matches(name.casefold(), candidates, n=1, cutoff=0.6)
    return f" Did you mean {quote(candidates[close[0]])}?" if close else ""
