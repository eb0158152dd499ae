"""Clues: one question asked of the past of every team, and all their answers told as one finding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from forecast.finding import Finding, Severity, gather
from forecast.past import Past

MOVES = 0.1
"""A change of a team's pace that is worth a warning, as a share of it."""
SURELY, HARDLY = 1.0, 0.0


class Clue(NamedTuple):
    """What one question finds in the past of one team.

    clause : what it is, beginning with the name of the team
    moves : the share of the team's pace that is in doubt
    """

    clause: str
    moves: float


@dataclass(frozen=True)
class Question:
    """What is asked of every team.

    kind : of the finding; lead : the beginning of its sentence, which the clauses follow; way_out : for all of them
    """

    kind: str
    lead: str
    way_out: str
    ask: Callable[[Past], Clue | None]

    def tell(self, pasts: Sequence[Past]) -> list[Finding]:
        """One finding about all teams with a clue, the most doubtful first: a warning when it moves one of them much."""
        clues = {past.name: clue for past in pasts if past.has_done and (clue := self.ask(past)) is not None}
        if not clues:
            return []
        names = sorted(clues, key=lambda name: -clues[name].moves)
        severity: Severity = "warning" if clues[names[0]].moves >= MOVES else "note"
        clauses = {name: clues[name].clause for name in names}
        return gather(severity, self.kind, "team", self.lead, clauses, self.way_out, "history")
