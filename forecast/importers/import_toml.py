"""import.toml: the mapping of an import as a file that people read, change, and import with again."""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from collections import Counter
from collections.abc import Mapping as Of
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from forecast.errors import Fault, did_you_mean, quote, written
from forecast.importers.issue import Export
from forecast.importers.mapping import FEATURE_WAYS, RANKS, TEAM_WAYS, Mapping
from forecast.values import read_name

FILE = "import.toml"

KEYS = {
    "types": {"features": "features", "items": "items", "left_out": "left_out"},
    "statuses": {"done": "done", "open": "open", "discarded": "discarded"},
    "resolutions": {"delivered": "delivered", "not_delivered": "not_delivered"},
}
"""Table of the file -> its keys -> fields of a mapping."""

PLAIN = (
    "source",
    "team",
    "feature",
    "item_links",
    "unit",
    "sprints",
    "sprint_days",
    "start",
    "rank",
    "empty",
    "loose",
    "dates",
)
TABLES = ("teams", "links", "columns")
LIVE = "live"
"""Table of what was asked of a tracker; forecast.trackers reads it."""


def write_mapping(mapping: Mapping, files: Sequence[str], export: Export) -> str:
    """The text of an import.toml; the same mapping gives the same text.

    files : the files that were read, as they are found from the folder of the import
    """
    lines = [
        "# How an export became this portfolio. Change what is wrong, then:  forecast import --again DIR --force",
        "# What a later export holds that is not mentioned here is proposed anew, and told.",
        "",
        f"source = {spell(mapping.source)}",
        f"files = {spell(list(files))}",
        "",
        *_write_plain(mapping),
        "",
        *_write_values(mapping, export),
        "",
        '[teams]    # name in the tracker = name here; the same name for two makes them one, "" leaves a team out',
        *(f"{spell(name)} = {spell(new)}" for name, new in sorted(mapping.teams.items())),
        "",
        '[columns]    # what is told = the column that tells it, where it was not found by itself: done = "Closed Date"',
        *(f"{spell(role)} = {spell(column)}" for role, column in sorted(mapping.columns.items())),
    ]
    return "\n".join(lines) + "\n"


def _write_plain(mapping: Mapping) -> list[str]:
    empty = "# empty = [3, 8, 20]" if mapping.empty is None else f"empty = {spell(list(mapping.empty))}"
    start = (
        f"start = {mapping.start}" if mapping.start else "# start = 2026-01-05    # else the day after the newest one"
    )
    return [
        f"team = {spell(mapping.team)}    # who did it: {', '.join(TEAM_WAYS)}",
        f"feature = {spell(mapping.feature)}    # what it belongs to: {', '.join(FEATURE_WAYS)}",
        f"rank = {spell(mapping.rank)}    # which feature comes first: {', '.join(RANKS)} (of the rows: order)",
        f"unit = {spell(mapping.unit)}    # what is counted: items, or points of their estimates",
        f"sprints = {spell(mapping.sprints)}    # every so many days, or the sprints of the tracker where it tells their days",
        f"sprint_days = {mapping.sprint_days}",
        start,
        f"item_links = {spell(mapping.item_links)}    # links between items make the parts of their features wait",
        f"{empty}    # low, likely, high of an open feature without items; [] leaves it out",
        f'loose = {spell(mapping.loose)}    # name of a last feature for open items that belong to none; "" leaves them out',
        f'dates = {spell(mapping.dates)}    # what comes first in dates like 03/04/2026: day or month; "" lets them decide',
    ]


def _write_values(mapping: Mapping, export: Export) -> list[str]:
    """What types, statuses, resolutions and links mean, each with how often it was met."""
    kinds = Counter(issue.kind for issue in export.issues)
    statuses = Counter(issue.status for issue in export.issues)
    resolutions = Counter(issue.resolution for issue in export.issues)
    links = Counter(link.kind for issue in export.issues for link in issue.links)
    return [
        "[types]    # what teams count as finished, what holds such items, and what is neither",
        *_list("features", mapping.features, kinds),
        *_list("items", mapping.items, kinds),
        *_list("left_out", mapping.left_out, kinds),
        "",
        "[statuses]",
        *_list("done", mapping.done, statuses),
        *_list("open", mapping.open, statuses),
        *_list("discarded", mapping.discarded, statuses),
        "",
        "[resolutions]    # of what is done: delivered, or closed without being done (no throughput, no scope)",
        *_list("delivered", mapping.delivered, resolutions),
        *_list("not_delivered", mapping.not_delivered, resolutions),
        "",
        '[links]    # outward: "blocks" (the other waits for it), "waits" (it waits for the other), "no"',
        *(f"{spell(kind)} = {spell(meaning)}    # {links[kind]:,}" for kind, meaning in sorted(mapping.links.items())),
    ]


def _list(key: str, values: Sequence[str], counts: Counter[str]) -> list[str]:
    """A key with a list, one value a line with how often it was met, and what has none in words."""
    if not values:
        return [f"{key} = []"]
    return [f"{key} = [", *(f"    {spell(value)},    # {counts[value]:,}" for value in values), "]"]


def spell(value: Any) -> str:
    """A value as TOML: texts with everything escaped that has to be, on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        return "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in text)
    if isinstance(value, list):
        return f"[{', '.join(map(spell, value))}]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def read_mapping(text: str, file: str = FILE) -> tuple[Mapping, tuple[str, ...]]:
    """The mapping in the text of an import.toml, and the files that it names.

    Raises Fault for what is no TOML, for unknown keys, and for values that cannot be.
    """
    try:
        told: dict[str, Any] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Fault(file, "not readable as TOML", str(error)) from None
    known = {*PLAIN, *TABLES, *KEYS, "files", LIVE}
    for key in told:
        if key not in known:
            raise Fault(
                file, f"no key {quote(key)}", f"known are {', '.join(sorted(known))}.{did_you_mean(key, known)}"
            )
    values: dict[str, Any] = {key: told[key] for key in PLAIN if key in told}
    for table, keys in KEYS.items():
        for key, listed in _table(told, table, file).items():
            if key not in keys:
                raise Fault(f"{file}, {table}", f"no key {quote(key)}", f"known are {', '.join(keys)}")
            values[keys[key]] = _texts(listed, f"{file}, {table}", key)
    for table in TABLES:
        values[table] = {key: _text(value, f"{file}, {table}", key) for key, value in _table(told, table, file).items()}
    if "empty" in values:
        values["empty"] = _numbers(values["empty"], file)
    _check_plain(values, file)
    files = _texts(told.get("files", []), file, "files")
    return Mapping(**values), files


def _check_plain(values: Of[str, Any], file: str) -> None:
    kinds = {part.name: part.type for part in fields(Mapping)}
    for key in PLAIN:
        if key not in values or key == "empty":
            continue
        value, kind = values[key], kinds[key]
        is_right = {
            "bool": isinstance(value, bool),
            "int": isinstance(value, int) and not isinstance(value, bool),
            "str": isinstance(value, str),
        }.get(str(kind), type(value) is dt.date)
        if not is_right:
            needed = {"bool": "write true or false", "int": "a whole number is needed", "str": "put it in quotes"}
            raise Fault(
                file, f"{key} = {written(value)}", needed.get(str(kind), "a date is written 2026-05-01, without quotes")
            )
    if "source" not in values:
        raise Fault(file, "source is missing", 'say which tracker the files are from: source = "jira"')


def _table(told: Of[str, Any], name: str, file: str) -> dict[str, Any]:
    table = told.get(name, {})
    if not isinstance(table, dict):
        raise Fault(file, f"{name} = {written(table)}", f"a table is needed: [{name}]")
    return table


def _texts(values: Any, where: str, key: str) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise Fault(where, f"{key} = {written(values)}", 'a list is needed: ["Done", "Closed"]')
    return tuple(_text(value, where, key) for value in values)


def _text(value: Any, where: str, key: str) -> str:
    if not isinstance(value, str):
        raise Fault(where, f"{quote(key)} = {written(value)}", "put it in quotes")
    return value


def _numbers(values: Any, file: str) -> tuple[float, ...]:
    if not isinstance(values, list) or not all(
        isinstance(each, int | float) and not isinstance(each, bool) for each in values
    ):
        raise Fault(file, f"empty = {written(values)}", "give low, likely and high: [3, 8, 20]; or []")
    return tuple(map(float, values))


def read_columns(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """What is told -> the column that tells it, from what a person named. Raises Fault for what no source tells."""
    from forecast.importers.layout import CALLED, ROLES

    found: dict[str, str] = {}
    for role, column in pairs:
        known = role.strip().casefold().replace(" ", "_")
        known = known if known in ROLES else CALLED.get(known, known)
        if known not in ROLES:
            names = sorted({*ROLES, *CALLED})
            raise Fault("--map", quote(role), f"known are {', '.join(names)}.{did_you_mean(role, names)}")
        found[known] = read_name(column, "--map")
    return found
