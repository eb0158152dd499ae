"""Fingerprints: short names for what a forecast was made from, the same wherever it was made."""

from __future__ import annotations

import hashlib
from dataclasses import fields

from forecast.history import History
from forecast.roadmap import Roadmap


def digest_inputs(roadmap: Roadmap, history: History) -> str:
    """SHA-256 of the roadmap and the history, whichever files or calls they came from; the model is told beside it."""
    values = [getattr(roadmap, part.name) for part in fields(roadmap) if part.name != "throughput"]
    return digest((values, history))


def digest(values: object) -> str:
    """SHA-256 of how values are written in Python."""
    return hashlib.sha256(repr(values).encode("utf-8", "backslashreplace")).hexdigest()
