"""Columns: which column of a sheet is meant by the name above it."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence

from forecast.errors import Fault, did_you_mean, quote
from forecast.faults import Faults, Ignored

SYNONYMS: dict[str, Mapping[str, tuple[str, ...]]] = {
    "throughput": {
        "team": ("squad", "team_name"),
        "sprint": ("sprint_name", "iteration"),
        "start": ("sprint_start", "start_date", "sprint_start_date", "from"),
        "end": ("sprint_end", "end_date", "sprint_end_date", "to", "until"),
        "done": (
            *("throughput", "completed", "finished", "closed", "items_done", "items_completed", "items_finished"),
            *("done_items", "completed_items", "finished_items", "points_done", "points_completed"),
        ),
    },
    "items": {
        "item": ("key", "id", "issue"),
        "feature": ("epic",),
        "team": ("squad", "team_name"),
        "created": ("created_date", "created_at"),
        "done": ("done_date", "closed", "resolved", "completed"),
    },
    "features": {
        "feature": ("epic", "feature_name", "epic_name", "name"),
        "team": ("squad", "team_name"),
        "items": ("size", "remaining", "items_left", "items_remaining", "points", "story_points"),
        "low": ("min", "minimum", "optimistic"),
        "likely": ("most_likely", "expected"),
        "high": ("max", "maximum", "pessimistic"),
        "after": ("depends_on", "waits_for", "blocked_by"),
        "due": ("due_date", "deadline"),
        "objective": ("goal",),
        "value": ("business_value",),
        "not_before": ("earliest_start",),
    },
}
"""Sheet -> column -> other names by which it goes."""

NEAR = 0.81
"""How alike an unknown name and a known one are when one is the other misspelt ("aftr"); "state" and "start" are 0.8."""


def tidy(name: str) -> str:
    """The name of a column without what does not count: case, spaces around it, and how its words are joined."""
    return re.sub(r"[\s_-]+", "_", unicodedata.normalize("NFKC", name).strip().casefold())


def list_names(sheet: str, columns: Collection[str]) -> dict[str, str]:
    """Every name that a column of the sheet may have -> the column."""
    synonyms = SYNONYMS.get(sheet, {})
    names = {other: column for column in columns for other in synonyms.get(column, ())}
    return names | {column: column for column in columns}


def find_columns(
    place: str,
    written: Sequence[str],
    names: Mapping[str, str],
    needed: Sequence[str],
    faults: Faults,
    ignored: list[Ignored],
) -> dict[str, int]:
    """Column -> where it stands. What is unknown is ignored, unless it looks like a known name misspelt.

    place : where the names stand, such as 'features.csv row 1'
    written : the names above the columns
    names : as `list_names` gives them
    needed : columns that must be there
    """
    found: dict[str, int] = {}
    unknown: list[str] = []
    for at, name in enumerate(written):
        column = names.get(tidy(name))
        if column in found:
            first = quote(written[found[column]])
            what = "twice" if tidy(name) == tidy(written[found[column]]) else f"and column {first} mean the same"
            faults.append(Fault(place, f"column {quote(name)} {what}", "keep one of them"))
        elif column is not None:
            found[column] = at
        elif difflib.get_close_matches(tidy(name), names, n=1, cutoff=NEAR):
            faults.append(Fault(place, f"column {quote(name)}", "no such column." + did_you_mean(tidy(name), names)))
            unknown.append(name)
        elif name:
            unknown.append(name)
            ignored.append(
                Ignored(place, f"column {quote(name)}", f"known are {', '.join(dict.fromkeys(names.values()))}")
            )
    for column in needed:
        if column not in found:
            hint = did_you_mean(column, unknown).replace("Did you mean", "Is it")
            way_out = f"the file needs: {', '.join(needed)}." + (hint or " The first row names the columns.")
            faults.append(Fault(place, f"no column {quote(column)}", way_out))
    return found
