"""Wording of an allocation: who gets the capacity, who gains and who pays, in sentences that can be read aloud."""

from __future__ import annotations

from forecast.errors import escape
from forecast.impact_wording import moves, say_days
from forecast.phrases import say_date, say_list, say_share
from forecast.wording import Told

REASONS = {
    "other_team": "waiting for other teams",
    "own_team": "waiting for work of its own that is held up",
    "external": "waiting for externals",
    "delay": "while lags and delays run",
    "handoff": "until its next sprint begins",
    "not_before": "until a stated day comes",
    "nothing_left": "with nothing left to do",
}
"""Why capacity is lost, in words; in the order of `ledger.Reason` but for what is no hindrance, which comes last."""

NO_OBJECTIVE, NAMED = "(no objective)", 2
SHOWN, WORTH_NAMING = 0.005, 0.01
"""Shares of capacity from which a reason is told, and what holds a team up is named."""


def say_winners(told: Told) -> str:
    """Who gains by enforcing the targets, and who pays."""
    impact = told["impact"]
    rows = {row["name"]: row for row in impact["features"]}
    gains, slips = ([name for name in impact[key] if moves(rows[name])] for key in ("gains", "slips"))
    if not gains and not slips:
        return "Enforcing the targets moves nothing."
    best, worst = (
        max(names, key=lambda name: abs(rows[name]["slip"]["mean"] or 0.0), default=None) for names in (gains, slips)
    )
    said = []
    if best is not None:
        said.append(
            f"{len(gains):,} {'gains' if len(gains) == 1 else 'gain'}, {escape(best)} most ({_say_shift(rows[best])})"
        )
    if worst is not None:
        said.append(
            f"{len(slips):,} {'pays' if len(slips) == 1 else 'pay'}, {escape(worst)} most ({_say_shift(rows[worst])})"
        )
    flips = [
        f"{say_list([escape(name) for name in impact[key]])} {word} {'holds' if len(impact[key]) == 1 else 'hold'}"
        for key, word in (("breaks", "no longer"), ("mends", "now"))
        if impact[key]
    ]
    promises = f" Promises: {'; '.join(flips)}." if flips else " No promise flips." if _has_promises(impact) else ""
    return f"Of {len(rows):,} features {' and '.join(said)}.{promises}"


def _say_shift(row: Told) -> str:
    mean = row["slip"]["mean"]
    if mean is None:
        return "some runs no longer finish it" if row["slip"]["lost"] >= row["slip"]["won"] else "more runs finish it"
    return f"{say_days(mean)} {'later' if mean > 0 else 'earlier'}"


def _has_promises(impact: Told) -> bool:
    return bool(impact["portfolio"]["promises_before"])


def say_allocation(told: Told) -> str:
    """Who gets what, in one sentence that a manager can say."""
    whole = told["capacity"][0]
    if whole["lost"]["mean"] is None:
        return f"Until {say_date(told['by'])}, no team has any capacity."
    rows = [row for row in whole["objectives"] if row["has_work"]]
    said = [_say_share_of(row) for row in rows]
    if not said:
        return f"Until {say_date(told['by'])}, there is nothing to work on."
    idle = [row for row in whole["objectives"] if not row["has_work"] and row["target"]]
    said += [
        f"{escape(row['objective'])}, which no work serves, nothing instead of {say_share(row['target'])}"
        for row in idle
    ]
    lost = f"{say_share(whole['lost']['mean'])} is lost"
    most = max((key for key in whole["reasons"]), key=lambda key: whole["reasons"][key], default=None)
    if most is not None and whole["lost"]["mean"] >= SHOWN:
        lost += f", chiefly {REASONS[most].replace(' its ', ' their ')}"
    return f"Until {say_date(told['by'])}, on average, of all capacity {say_list(said)}; {lost}."


def _say_share_of(row: Told) -> str:
    name = "work without an objective" if row["objective"] is None else escape(row["objective"])
    got = say_share(row["mean"])
    if row["target"] is None:
        return f"{name} gets {got}"
    target = say_share(row["target"])
    return f"{name} gets {got}, as it should" if got == target else f"{name} gets {got} instead of {target}"
