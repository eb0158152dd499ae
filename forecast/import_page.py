"""The page of an import: what became of an export, in sentences, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from forecast.phrases import say_count, say_date, say_few, say_number, say_share

SHOWN = 12
"""Teams and features that are listed; the rest are counted."""


def render(told: dict[str, Any]) -> str:
    """The page, from what `Imported.to_dict` tells."""
    blocks = [
        _say_read(told),
        _say_meaning(told["mapping"]),
        _say_teams(told["teams"]),
        _say_features(told["features"], told["mapping"]),
        _say_links(told["links"]),
        _say_listed("Left out", told["left_out"]),
        _say_listed("Worth a look", told["strange"]),
    ]
    if told["ignored_columns"]:
        blocks.append([f"Columns that were not used: {say_few(told['ignored_columns'], 12)}."])
    blocks.append(
        ["If something is not what you mean, change import.toml and import again: forecast import --again DIR --force"]
    )
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _say_read(told: dict[str, Any]) -> list[str]:
    items = told["items"]
    files = say_few(told["files"], 4)
    lines = [f"{files}: {told['tracker']}, {say_count(told['rows'], 'row')}, {say_count(told['issues'], 'issue')}."]
    if told["issues"]:
        used = sum(items.values())
        states = f"{items['delivered']:,} delivered, {items['open']:,} open, {items['discarded']:,} closed without being done"
        lines.append(f"{say_count(used, 'issue')} count as items: {states}.")
    lines.append(f"The forecast starts on {say_date(told['start'])}; what happened before is history.")
    return lines


def _say_meaning(mapping: dict[str, Any]) -> list[str]:
    lines = ["What was taken for what (import.toml):", f"  a team      {mapping['team']}"]
    lines.append(f"  a feature   {mapping['feature']}" + _of_types(mapping["features"]))
    if any(mapping["items"]):
        lines.append(f"  an item     {_name(mapping['items'])}" + _besides(mapping["left_out"]))
    if mapping["done"]:
        dropped = [*mapping["discarded"], *mapping["not_delivered"]]
        lines.append(
            f"  done        {_name(mapping['done'])}" + (f"; but not delivered: {_name(dropped)}" if dropped else "")
        )
    every = f"every {mapping['sprint_days']} days" if mapping["sprints"] == "every" else "the sprints of the tracker"
    lines.append(f"  a sprint    {every}, in {mapping['unit']}")
    order = {
        "rank": "the tracker's rank",
        "order": "the order of the rows (sort features.csv if that is not it)",
        "due": "due dates",
    }
    lines.append(f"  priority    {order[mapping['rank']]}")
    return lines


def _of_types(kinds: Sequence[str]) -> str:
    return f", of type {_name(kinds)}" if kinds else ""


def _besides(kinds: Sequence[str]) -> str:
    return f" (not {_name(kinds)})" if kinds else ""


def _name(values: Sequence[str]) -> str:
    return say_few([value or "(blank)" for value in values], 6)


def _say_teams(teams: Sequence[dict[str, Any]]) -> list[str]:
    lines = [f"{say_count(len(teams), 'team')}:"]
    for team in teams[:SHOWN]:
        if not team["sprints"]:
            lines.append(
                f"  {team['name']}: nothing that it finished is known, so it cannot be forecast without a guess"
            )
            continue
        days = f"{say_date(team['first'])} to {say_date(team['last'])}"
        share = team["share_on_features"]
        on = "" if share is None or share >= 0.995 else f"; {say_share(share)} of it for features"
        pace = f"{say_number(team['mean'])} a sprint"
        lines.append(f"  {team['name']}: {say_count(team['sprints'], 'sprint')}, {days}, {pace}{on}")
    return [*lines, *_say_more(len(teams))]


def _say_more(count: int) -> list[str]:
    return [f"  and {count - SHOWN} more"] if count > SHOWN else []


def _say_features(features: dict[str, Any], mapping: dict[str, Any]) -> list[str]:
    planned = features["planned"]
    if not planned:
        return ["No open feature was found: features.csv holds a placeholder for each team; put your own in its place."]
    over = f", {features['over']:,} {'is' if features['over'] == 1 else 'are'} over" if features["over"] else ""
    lines = [f"{say_count(len(planned), 'open feature')}{over}; the first in order of priority:"]
    for each in planned[:SHOWN]:
        parts = say_few([_say_part(part) for part in each["parts"]], 4)
        due = f", due {say_date(each['due'])}" if each["due"] else ""
        waits = f", waits for {each['after']}" if each["after"] else ""
        lines.append(f"  {each['name']}: {parts}{due}{waits}")
    lines += _say_more(len(planned))
    if features["finished"]:
        lines.append(
            f"Growth can be learned from {say_count(features['finished'], 'finished feature')} (finished.csv)."
        )
    return lines


def _say_part(part: dict[str, Any]) -> str:
    if part["estimate"]:
        low, likely, high = (say_number(number) for number in part["estimate"])
        return f"{part['team']} {low} to {high}, likely {likely}"
    done = f", {say_number(part['done'])} done" if part["done"] else ""
    return f"{part['team']} {say_number(part['items'])}{done}"


def _say_links(links: dict[str, Any]) -> list[str]:
    if not links["kinds"]:
        return []
    says = say_count(links["read"], "link says", "links say")
    kept = f"{links['kept']:,} {'is' if links['kept'] == 1 else 'are'}" if links["kept"] else "none is"
    lines = [f"{says} that one waits for another; {kept} on the roadmap{':' if links['left_out'] else '.'}"]
    lines += [f"  {each['count']:,}: {each['why']} ({_examples(each)})" for each in links["left_out"]]
    silent = [f"{each['kind']} ({each['count']:,})" for each in links["kinds"] if each["outward"] == "no"]
    if silent:
        lines.append(f"  Links that make nobody wait: {say_few(silent, 8)}")
    return lines


def _say_listed(title: str, listed: Sequence[dict[str, Any]]) -> list[str]:
    return (
        [f"{title}:", *(f"  {each['count']:,}: {each['why']} ({_examples(each)})" for each in listed)] if listed else []
    )


def _examples(each: dict[str, Any]) -> str:
    examples = each["examples"][:3]
    return ", ".join(examples) + (", ..." if each["cases"] > len(examples) else "")
