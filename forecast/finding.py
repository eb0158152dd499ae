"""Findings: what a check has to say, each in one sentence with a way out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from forecast.phrases import say_each, say_name

Severity = Literal["stop", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)

TOPICS = {
    # what makes a forecast impossible, or leaves features without a date
    "features": "features to forecast",
    "model": "a throughput model that fits the history",
    "no history": "past sprints of the teams that have none",
    "nothing done": "the teams that never finished anything",
    "no capacity": "the teams that have no time for this roadmap",
    "stops": "the teams that stop for good",
    # what moves dates most
    "growth": "the work that is found on the way",
    "bulk": "the bulk closings in the history",
    "same dates": "the sprints that are counted twice",
    "overlap": "the sprints that overlap",
    "shift": "the pace that has changed",
    "carrier": "the one sprint that carries the mean",
    "unfinished": "the sprint that is not over",
    "stale": "the sprints that are missing",
    "idle": "the sprints in which nothing was finished",
    "rare": "the teams that seldom finish anything",
    "few sprints": "the short history",
    "guess": "the guesses that stand in for a past",
    "size": "the sizes far beyond the past",
    "rank": "the order of the features",
    "allocation": "the allocation",
    # promises
    "alone": "the promises that nobody can keep",
    "due": "the due dates",
    "due order": "the due dates of what waits for each other",
    # what is worth knowing
    "gap": "the gaps between sprints",
    "length": "the lengths of the sprints",
    "shared day": "the last days of the sprints",
    "name": "the names of the sprints",
    "fraction": "the counts that are not whole",
    "partial growth": "the features without growth",
    "learned growth": "the growth that nothing was learned for",
    "zero": "the parts of size 0",
    "external": "the long waits",
    "redundant": "the links that say the same twice",
    "started": "the features marked as started",
    "milestone": "the milestones that nobody waits for",
    "twice promised": "the promises that are made twice",
    "objective": "the spelling of the objectives",
    "day off": "the due dates on days off",
    "not working": "the teams without work",
    "not tried": "the promises that were not tried alone",
}
"""Every kind of finding, in the order in which they matter, and what it is about."""


@dataclass(frozen=True)
class Finding:
    """One thing that a careful colleague would point out.

    severity : "stop" (no forecast is possible), "warning" (dates may be wrong), "note" (worth knowing)
    where : the place in words, such as ``'team "Web"'``
    sentence : what was found, in one sentence
    way_out : what to do about it, in another
    kind : which of `TOPICS` it is
    about : the names of all teams, features or sprints that it is about, where the sentence names only some
    """

    severity: Severity
    where: str
    sentence: str
    way_out: str
    kind: str = ""
    about: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.severity}: {self.where}: {self.sentence} {self.way_out}"

    def to_dict(self) -> dict[str, Any]:
        """The finding as plain values, ready for JSON."""
        return {
            "severity": self.severity,
            "kind": self.kind,
            "where": self.where,
            "sentence": self.sentence,
            "way_out": self.way_out,
            "about": list(self.about),
        }


def gather(
    severity: Severity,
    kind: str,
    what: str,
    lead: str,
    clauses: Mapping[str, str],
    way_out: str,
    whole: str = "roadmap",
) -> list[Finding]:
    """One finding about all things of a kind, none when there are none.

    what : such as "feature"; lead : the beginning of the sentence; clauses : by name of the thing, what follows the lead
    whole : where several of them are: "roadmap" or "history"
    """
    if not clauses:
        return []
    names = tuple(clauses)
    where = f'{what} "{say_name(names[0])}"' if len(names) == 1 else whole
    return [Finding(severity, where, f"{lead}: {say_each(list(clauses.values()), what)}.", way_out, kind, names)]


def sort_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, the most severe first, and within a severity in the order of `TOPICS`."""
    order = {kind: place for place, kind in enumerate(TOPICS)}
    return tuple(sorted(findings, key=lambda each: (SEVERITIES.index(each.severity), order.get(each.kind, len(order)))))
