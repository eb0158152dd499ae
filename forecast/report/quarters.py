"""Quarters: what a report says of a day by which something is to be promised."""

from __future__ import annotations

from typing import Any

from forecast.allocation_wording import say_allocation, say_winners
from forecast.errors import escape
from forecast.phrases import say_count, say_date
from forecast.pledge_wording import say_alone, say_at_least, say_lines, say_method, say_nearest, say_promise, say_with
from forecast.report.facts import Quarter

BEYOND = "beyond"
ENFORCED = "With the targets enforced, against pure priority order:"


def tell_quarter(quarter: Quarter, number: int, anchors: dict[str, str]) -> dict[str, Any]:
    """What is promised, the lines through the roadmap, what just misses, and who gets the capacity."""
    commitment, told = quarter.commitment, quarter.allocation.to_dict()
    rows = commitment.table().to_dicts()
    beyond = sum(row["line"] == BEYOND for row in rows)
    return {
        "number": number,
        "day": say_date(commitment.by),
        "promise": list(say_promise(commitment)),
        "lines": [*say_lines(commitment), say_at_least(commitment)],
        "nearest": list(say_nearest(commitment)),
        "method": " ".join(say_method(commitment)),
        "has_promise": bool(commitment.features),
        "rows": [
            {
                "name": escape(row["feature"]),
                "anchor": anchors.get(row["feature"], ""),
                "line": row["line"],
                "chance": say_alone(commitment, row),
                "together": say_with(commitment, row),
            }
            for row in rows
            if row["line"] != BEYOND
        ],
        "beyond": f"and {say_count(beyond, 'feature')} beyond" if beyond else "",
        "capacity": [say_allocation(told), *([f"{ENFORCED} {say_winners(told)}"] if told["impact"] else [])],
        "notes": [escape(note) for note in quarter.allocation.notes()],
    }
