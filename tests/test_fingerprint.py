"""The digest of inputs: what it is made of, and that a long history is written only once."""

from __future__ import annotations

import gc
import hashlib
from dataclasses import fields

import pytest

import forecast as fc
from forecast import fingerprint

ROADMAP = fc.Roadmap("2026-01-05", ["Web"], [fc.Feature("Login", {"Web": 3})])


def test_it_is_the_digest_of_the_inputs_as_python_writes_them() -> None:
    history = fc.History.from_counts({"Web": [3, 5, 0, 8], "Caf\u00e9": [1, 2]})
    values = [getattr(ROADMAP, part.name) for part in fields(ROADMAP) if part.name != "throughput"]
    written = repr((values, history)).encode("utf-8", "backslashreplace")
    for _ in range(2):
        assert fingerprint.digest_inputs(ROADMAP, history) == hashlib.sha256(written).hexdigest()


def test_a_history_is_written_once_for_all_its_forecasts(monkeypatch: pytest.MonkeyPatch) -> None:
    count = 0
    write = fc.Sprint.__repr__

    def note(self: fc.Sprint) -> str:
        nonlocal count
        count += 1
        return write(self)

    monkeypatch.setattr(fc.Sprint, "__repr__", note)
    known = fc.simulate(ROADMAP, fc.History.from_counts({"Web": [3, 5, 0, 8] * 25}), runs=10)
    digests = {known.to_dict()["provenance"]["inputs_sha256"] for _ in range(3)}
    other = known.again(ROADMAP.insert(fc.Feature("More", {"Web": 1}), rank=1))
    digests.add(other.to_dict()["provenance"]["inputs_sha256"])
    assert count == 100
    assert len(digests) == 2


def test_what_was_written_goes_with_its_history() -> None:
    before = len(fingerprint._histories)
    digests = set()
    for first in range(50):  # a new history often lies where the last one was
        history = fc.History.from_counts({"Web": [first, 5, 0, 8]})
        digests.add(fingerprint.digest_inputs(ROADMAP, history))
        del history
    gc.collect()
    assert len(digests) == 50
    assert len(fingerprint._histories) <= before + 1
