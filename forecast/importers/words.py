"""Words: what statuses, resolutions, types and links are usually called, for a first proposal of what they mean.

Only names are looked at here. What an export itself shows (a done date, what the tracker says of a status) comes first.
"""

from __future__ import annotations

import re
import unicodedata

DONE = {
    *(
        "done",
        "closed",
        "resolved",
        "complete",
        "completed",
        "finished",
        "released",
        "accepted",
        "delivered",
        "deployed",
    ),
    *("shipped", "live", "in production", "production", "merged", "fixed", "verified", "verified closed", "signed off"),
    *(
        "done done",
        "published",
        "implemented",
        "fertig",
        "erledigt",
        "abgeschlossen",
        "geschlossen",
        "gelöst",
        "terminé",
    ),
    *("fermé", "résolu", "hecho", "cerrado", "terminado", "resuelto", "finalizado", "concluído", "fechado", "gereed"),
    *("klaar", "gesloten", "afgerond", "chiuso", "completato", "risolto", "zrobione", "zamknięte", "klar", "stängd"),
}
DISCARDED = {
    *("removed", "canceled", "cancelled", "rejected", "declined", "abandoned", "discarded", "obsolete", "duplicate"),
    *(
        "duplicated",
        "won t do",
        "won t fix",
        "wontfix",
        "wont fix",
        "wont do",
        "will not do",
        "will not fix",
        "invalid",
    ),
    *("cannot reproduce", "can t reproduce", "not reproducible", "could not reproduce", "incomplete", "not a bug"),
    *("not our bug", "no bug", "works as designed", "as designed", "by design", "not planned", "needs more info"),
    *("not applicable", "n a", "out of scope", "hold", "on hold", "deferred", "postponed", "withdrawn", "superseded"),
    *("not needed", "no longer needed", "not an issue", "no change required", "no fix needed", "not delivered", "cut"),
    *("abgebrochen", "abgelehnt", "verworfen", "wird nicht erledigt", "duplikat", "annulé", "rejeté", "doublon"),
    *("cancelado", "rechazado", "duplicado", "geannuleerd", "annullato", "killed", "dropped", "archived", "stale"),
}
OPEN = {
    *(
        "open",
        "reopened",
        "re opened",
        "new",
        "to do",
        "todo",
        "backlog",
        "in progress",
        "doing",
        "active",
        "in review",
    ),
    *(
        "review",
        "in test",
        "testing",
        "in development",
        "ready",
        "next",
        "selected for development",
        "triage",
        "blocked",
    ),
    *("approved", "committed", "planned", "proposed", "offen", "in arbeit", "neu", "ouvert", "en cours", "abierto"),
}
FEATURES = {
    *("epic", "feature", "initiative", "theme", "capability", "portfolio epic", "business epic", "enabler epic"),
    *(
        "saga",
        "milestone",
        "release",
        "project",
        "objective",
        "key result",
        "portfolio item",
        "epos",
        "épica",
        "épopée",
    ),
}
PARTS_OF_ITEMS = {
    *("sub task", "subtask", "sub issue", "technical sub task", "development sub task", "sub test execution"),
    *("unteraufgabe", "sous tâche", "subtarea", "subtaak", "sottotask", "subtarefa", "checklist item"),
}
NO_WORK = {
    *("test case", "test suite", "test plan", "test", "test execution", "test set", "precondition", "shared steps"),
    *("shared parameter", "code review request", "code review response", "feedback request", "feedback response"),
}
"""Types that hold no work of a team of their own."""

BLOCKS = (
    "block",
    "blok",
    "bloq",
    "blocc",
    "preced",
    "predecessor",
    "finish",
    "gantt",
    "gates",
    "gated",
    "gating",
    "imped",
    "hinder",
)
WAITS = ("depend", "require", "need", "wait", "successor", "follow", "prerequisite", "abhäng", "dépend", "benötigt")
BEFORE, AFTER = re.compile(r"\bbefore\b|\bvor\b"), re.compile(r"\bafter\b|\bnach\b")
INVERSE = re.compile(
    r"\b(is|are|was|be|being|wird|est|es|zijn|è)\b.*\b(by|von|par|por|door|da|durch)\b"
    r"|\b(block|requir|preced|follow|need|gat|imped|hinder)ed\b"
)
ENDS_FIRST = re.compile(r"\b(finish|end) (to )?start\b")
START = re.compile(
    r"\bstart (to )?(start|finish|end)\b|\b(finish|end) (to )?(finish|end)\b|\b(ss|sf|ff)\b"
    r"|hierarch|contain|\bfollow up\b"
)
"""Links, of a schedule and others, that do not say that one is over before the other begins; names as `plain` gives them."""

MEANS_BLOCKS, MEANS_WAITS, MEANS_NOTHING = "blocks", "waits", "no"


def plain(name: str) -> str:
    """A name without what does not count: case, marks between words, spaces around it."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\W_]+", " ", text).strip()


def means_done(status: str) -> bool:
    """Whether a status of this name usually says that something is finished."""
    return plain(status) in DONE


def means_open(status: str) -> bool:
    """Whether a status of this name usually says that something is not finished."""
    return plain(status) in OPEN


def means_discarded(name: str) -> bool:
    """Whether a status or a resolution of this name usually says that something was closed without being done."""
    return plain(name) in DISCARDED


def means_feature(kind: str) -> bool:
    """Whether issues of this type usually hold others that teams finish."""
    return plain(kind) in FEATURES


def means_part(kind: str) -> bool:
    """Whether issues of this type are usually pieces of what a team counts."""
    return plain(kind) in PARTS_OF_ITEMS


def means_no_work(kind: str) -> bool:
    """Whether issues of this type are usually not work that a team finishes."""
    return plain(kind) in NO_WORK


def read_link(kind: str) -> str:
    """What an outward link of this kind usually says of the issue that has it.

    "blocks": the other one waits for it; "waits": it waits for the other one; "no": neither waits. Trackers let people name
    their links, so the name is searched for the words that tell: "Blocks", "Blocker", "Gantt: finish-start" and "Has to be done
    before" block; "Depends", "Requires" and "Is blocked by" wait.
    """
    name = plain(kind)
    if START.search(name):
        return MEANS_NOTHING
    inverse = bool(INVERSE.search(name))
    if ENDS_FIRST.search(name):
        return MEANS_BLOCKS
    if BEFORE.search(name) or AFTER.search(name):
        return MEANS_BLOCKS if BEFORE.search(name) else MEANS_WAITS
    if any(word in name for word in BLOCKS):
        return MEANS_WAITS if inverse else MEANS_BLOCKS
    if any(word in name.split() or f" {word}" in f" {name}" for word in WAITS):
        return MEANS_BLOCKS if inverse else MEANS_WAITS
    return MEANS_NOTHING
