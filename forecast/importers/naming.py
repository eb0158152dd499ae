"""Names of a portfolio, made from what people wrote into a tracker: of one line, unique, and inert wherever they are shown."""

from __future__ import annotations

import unicodedata

from forecast.values import fold

LONGEST = 160
"""Characters of a name; a title of 10,000 says no more than its beginning."""

FORMULA = ("=", "+", "-", "@")
UNSAFE = {"Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"}
JOINERS = "\u200c\u200d"


def make_name(text: str) -> str:
    """A text as a name: control and format characters and line breaks become spaces, what is too long is cut, and what a
    spreadsheet would take for a formula gets an apostrophe before it. Empty when nothing is left."""
    if not (text.isascii() and text.isprintable()):
        text = unicodedata.normalize("NFC", text)
        text = "".join(
            " " if unicodedata.category(char) in UNSAFE and char not in JOINERS else char
            for char in text[: 4 * LONGEST]
        )
    name = " ".join(text.split())
    if len(name) > LONGEST:
        name = name[: LONGEST - 1].rstrip() + "…"
    return "'" + name if name.startswith(FORMULA) else name


def make_team(text: str) -> str:
    """A text as the name of a team, which stands behind a slash in references, so that it holds none itself."""
    return make_name(text.replace("/", " "))


def make_unique(names: list[tuple[str, str]], taken: set[str]) -> list[str]:
    """Names that differ by more than case: of (name, key) the name, with the key behind it where another has the same.

    taken : what else may not be a name, as `fold` gives it
    """
    counts: dict[str, int] = {}
    for name, _ in names:
        counts[fold(name)] = counts.get(fold(name), 0) + 1
    given: list[str] = []
    used = set(taken)
    for name, key in names:
        label = make_name(key) or "?"
        wanted = name if name and counts[fold(name)] == 1 and fold(name) not in taken else f"{name} ({label})".strip()
        unique, number = wanted, 2
        while fold(unique) in used:
            unique, number = f"{wanted} {number}", number + 1
        used.add(fold(unique))
        given.append(unique)
    return given
