"""Checkups: whether a roadmap and its history are good enough to be forecast, and what a careful colleague would say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from forecast import __version__
from forecast.alone import find_hopeless
from forecast.assumptions import Assumption, list_assumptions
from forecast.errors import Fault
from forecast.finding import TOPICS, Finding, sort_findings
from forecast.fingerprint import digest_inputs
from forecast.history import History
from forecast.past import ENOUGH_SPRINTS, Past, find_pasts
from forecast.precedence import find_in_order
from forecast.roadmap import Roadmap
from forecast.soundness import find_in_roadmap
from forecast.throughput import DEFAULT, Throughput
from forecast.trust import ask_for_past, find_in_history

FIRST_PROMISE = "alone"
"""Among `TOPICS`, the first that is about promises and leaves dates as they are."""
ABOUT_PAST = frozenset(
    ("bulk", "same dates", "overlap", "shift", "carrier", "unfinished", "stale", "idle", "rare", "gap", "few sprints")
)

Source = tuple[str, str]
Ignored = tuple[str, str, str]


@dataclass(frozen=True, eq=False)
class Checkup:
    """What was read, what a forecast will assume, how far the past can be trusted, and what looks wrong.

    sources : files that were read, and what was found in each
    ignored : what was read over: where, what and why
    assumptions : what each is about, and the sentence
    pasts : the past of each team with work
    findings : the most severe first
    """

    roadmap: Roadmap
    history: History
    model: Throughput
    sources: tuple[Source, ...]
    ignored: tuple[Ignored, ...]
    assumptions: tuple[Assumption, ...]
    pasts: tuple[Past, ...]
    findings: tuple[Finding, ...]

    @property
    def is_possible(self) -> bool:
        """Whether there can be a forecast at all."""
        return not any(finding.severity == "stop" for finding in self.findings)

    @property
    def verdict(self) -> str:
        """One or two sentences for somebody who reads nothing else."""
        if not self.is_possible:
            return f"No forecast is possible. {self.findings[0].sentence}"
        warnings = [each.kind for each in self.findings if each.severity == "warning"]
        order = list(TOPICS)
        moving = [kind for kind in dict.fromkeys(warnings) if order.index(kind) < order.index(FIRST_PROMISE)]
        if len(moving) > 1:
            first, second = (TOPICS[kind] for kind in moving[:2])
            return f"A forecast is possible. Two things would change it most: {first}, and {second}."
        if moving:
            return f"A forecast is possible. One thing would change it most: {TOPICS[moving[0]]}."
        if warnings:
            return f"A forecast is possible. Before anything is promised, look at {TOPICS[warnings[0]]}."
        return "A forecast is possible, and nothing here speaks against it."

    @cached_property
    def _doubted(self) -> frozenset[str]:
        told = [each.about for each in self.findings if each.severity == "warning" and each.kind in ABOUT_PAST]
        return frozenset(name for names in told for name in names)

    def trust(self, past: Past) -> str:
        """How far the past of a team can be trusted: "good", "with care", "little" or "none"."""
        if not past.has_done:
            return "none"
        if past.is_few:
            return "little"
        return "with care" if past.name in self._doubted or len(past.rows) < ENOUGH_SPRINTS else "good"

    def to_dict(self) -> dict[str, Any]:
        """The whole checkup as plain values, ready for JSON; dates are ISO texts, None where there is none."""
        return {
            "schema": 1,
            "possible": self.is_possible,
            "verdict": self.verdict,
            "read": [{"file": file, "found": found} for file, found in self.sources],
            "ignored": [{"where": where, "what": what, "why": why} for where, what, why in self.ignored],
            "assumptions": [{"about": about, "sentence": sentence} for about, sentence in self.assumptions],
            "teams": [self._describe(past) for past in self.pasts],
            "findings": [finding.to_dict() for finding in self.findings],
            "provenance": {
                "version": __version__,
                "throughput": self.model.describe(),
                "throughput_is_default": self.model == DEFAULT,
                "inputs_sha256": digest_inputs(self.roadmap, self.history),
            },
        }

    def _describe(self, past: Past) -> dict[str, Any]:
        starts = [row.start for row in past.rows if row.start]
        ends = [row.end for row in past.rows if row.end]
        sprints = past.sprints_of_work
        return {
            "name": past.name,
            "trust": self.trust(past),
            "sprints": past.known,
            "sprints_used": len(past.rows),
            "first": min(starts).isoformat() if starts else None,
            "last": max(ends).isoformat() if ends else None,
            "guess": past.guess and [past.guess.low, past.guess.likely, past.guess.high],
            "mean": past.mean,
            "median": past.median,
            "empty": past.empty,
            "work": past.work,
            "sprints_of_work": None if math.isinf(sprints) else sprints,
        }


def examine(
    roadmap: Roadmap,
    history: History,
    model: Throughput,
    *,
    sources: Sequence[Source] = (),
    ignored: Sequence[Ignored] = (),
    seed: int = 0,
) -> Checkup:
    """A checkup of a roadmap and a history as a model would forecast them; sources, ignored : as `Checkup` has them.

    The promises that look tight are simulated alone, with 1,000 runs each from the seed.
    """
    pasts = find_pasts(roadmap, history, model)
    findings = [*_find_stops(roadmap, history, model, pasts), *find_in_history(roadmap, history, model, pasts)]
    findings += [*find_in_roadmap(roadmap, pasts), *find_in_order(roadmap)]
    if not any(finding.severity == "stop" for finding in findings):
        findings += find_hopeless(roadmap, history, model, pasts, seed=seed)
    return Checkup(
        roadmap=roadmap,
        history=history,
        model=model,
        sources=tuple(sources),
        ignored=tuple(ignored),
        assumptions=list_assumptions(roadmap, model, pasts),
        pasts=pasts,
        findings=sort_findings(findings),
    )


def _find_stops(roadmap: Roadmap, history: History, model: Throughput, pasts: Sequence[Past]) -> list[Finding]:
    """What makes every forecast impossible."""
    if not roadmap.features:
        return [Finding("stop", "roadmap", "There is nothing on the roadmap.", "Add a feature.", "features")]
    found = []
    try:
        model.check(history.drawn(), [past.name for past in pasts])
    except Fault as fault:
        sentence = f"The throughput model cannot serve this history: {fault.value}."
        way_out = f"{fault.way_out[0].upper()}{fault.way_out[1:]}."
        found.append(Finding("stop", fault.where, sentence, way_out, "model"))
    if pasts and not any(past.has_done and past.team.share > 0 for past in pasts):
        what = "has finished anything in the history"
        if any(past.known for past in pasts) and not any(past.rows for past in pasts):
            what = "has past sprints enough to see how much they vary"
        sentence = f"No team with work {what}, so nothing can be said of any date."
        found.append(Finding("stop", "history", sentence, ask_for_past(model), "no history"))
    return found
