"""Fingerprints: short names for what a forecast was made from, the same wherever it was made."""

from __future__ import annotations

import hashlib
import weakref
from dataclasses import fields

from forecast.history import History
from forecast.roadmap import Roadmap

_histories: dict[int, tuple[weakref.ref[History], bytes]] = {}
"""How the histories that are in use are written, by where they are: a million sprints take seconds to write, and never change."""


def digest_inputs(roadmap: Roadmap, history: History) -> str:
    """SHA-256 of the roadmap and the history, whichever files or calls they came from; the model is told beside it."""
    values = [getattr(roadmap, part.name) for part in fields(roadmap) if part.name != "throughput"]
    return hashlib.sha256(b"(" + _write(values) + b", " + _write_history(history) + b")").hexdigest()


def digest(values: object) -> str:
    """SHA-256 of how values are written in Python."""
    return hashlib.sha256(_write(values)).hexdigest()


def _write(values: object) -> bytes:
    return repr(values).encode("utf-8", "backslashreplace")


def _write_history(history: History) -> bytes:
    """The history as `_write` has it, kept as long as the history is."""
    at = id(history)
    kept, text = _histories.get(at, (None, b""))
    if kept is None or kept() is not history:
        text = _write(history)
        _histories[at] = weakref.ref(history, lambda gone: _forget(at, gone)), text
    return text


def _forget(at: int, gone: weakref.ref[History]) -> None:
    """Drops what was written of a history that is gone, unless another one has taken its place."""
    if at in _histories and _histories[at][0] is gone:
        del _histories[at]
