"""How the kernels are compiled and kept."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from numba import njit

from forecast import arrays, compiling, draws, engine, ledger, replay, simulation, wandering
from forecast.drift import Drift
from forecast.throughput import Bootstrap

ROOT = Path(__file__).parents[1]


def digest(*tuples: type) -> str:
    """What a kernel is compiled from besides its own file: the fields of its tuples, in order, and the options."""
    fields = [(each.__name__, list(each.__annotations__.items())) for each in tuples]
    return hashlib.sha256(repr((fields, compiling.BARE)).encode()).hexdigest()[:16]


PLAYED, DRAWN = (arrays.Plan, arrays.Luck, arrays.Trace), (arrays.Deck, arrays.Walk, arrays.Parties, arrays.Pool)


@pytest.mark.parametrize(
    ("kernel", "tuples"),
    [(engine, PLAYED), (replay, PLAYED), (ledger, PLAYED), (wandering, DRAWN)],
    ids=["engine", "replay", "ledger", "wandering"],
)
def test_a_kernel_is_compiled_anew_when_its_tuples_change(kernel: object, tuples: tuple[type, ...]) -> None:
    """Numba watches one file only: a changed tuple would be read by the old places. The literal makes that file change."""
    expected = digest(*tuples)
    assert expected == kernel.LAYOUT, f'the layout has changed: write LAYOUT = "{expected}"'  # type: ignore[attr-defined]


def test_the_replay_is_compiled_anew_when_the_engine_changes() -> None:
    """It is compiled of functions of the engine, whose file numba does not watch for it."""
    expected = hashlib.sha256((ROOT / "forecast" / "engine.py").read_bytes()).hexdigest()[:16]
    assert expected == replay.ENGINE, f'the engine has changed: write ENGINE = "{expected}"'


def test_wandering_is_compiled_anew_when_what_it_is_made_of_changes() -> None:
    """It is compiled of functions of two other files, and for so many runs side by side."""
    sources = [(ROOT / "forecast" / f"{name}.py").read_bytes() for name in ("draws", "lanes")]
    expected = hashlib.sha256(b"".join([*sources, repr((arrays.LANES, arrays.POOL)).encode()])).hexdigest()[:16]
    assert expected == wandering.MADE_OF, f'what it is made of has changed: write MADE_OF = "{expected}"'


def test_a_changed_field_changes_the_layout() -> None:
    swapped = type("Plan", (), {"__annotations__": dict(reversed(list(arrays.Plan.__annotations__.items())))})
    assert digest(swapped, arrays.Luck, arrays.Trace) != digest(arrays.Plan, arrays.Luck, arrays.Trace)


def run_example(folder: Path, **environment: str) -> str:
    """What a forecast of the example says on standard error, with numba's cache in a folder."""
    command = [sys.executable, "-m", "forecast", "run", "data/example", "--runs", "100"]
    surroundings = os.environ | {"NUMBA_CACHE_DIR": str(folder)} | environment
    told = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=True)
    assert "Checkout" in told.stdout
    return told.stderr


def test_the_first_forecast_says_that_it_compiles_and_the_second_does_not(tmp_path: Path) -> None:
    assert "Preparing the engine" in run_example(tmp_path)
    assert "Preparing the engine" not in run_example(tmp_path)


def load_kernel(source: Path) -> Any:
    """A kernel from a file of its own, as a new process would load it."""
    spec = importlib.util.spec_from_file_location("kernel", source)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.twice


def test_what_was_kept_of_another_source_is_not_enough_and_of_the_same_it_is(tmp_path: Path) -> None:
    """A source that is only newer (checked out again) is compiled no second time, so nobody is told to wait."""
    source = tmp_path / "kernel.py"
    lines = ["from forecast.compiling import compiled", "@compiled(nogil=True)", "def twice(number):"]
    source.write_text("\n".join([*lines, "    return 2 * number", ""]))
    assert not compiling.is_kept(load_kernel(source))
    assert load_kernel(source)(3) == 6
    assert compiling.is_kept(load_kernel(source))
    later = source.stat().st_mtime + 1000
    os.utime(source, (later, later))
    kernel = load_kernel(source)
    assert compiling.is_kept(kernel)
    assert (kernel(3), sum(kernel.stats.cache_hits.values())) == (6, 1)
    source.write_text("\n".join([*lines, "    return 2 * number + 1", ""]))
    assert not compiling.is_kept(load_kernel(source))
    assert load_kernel(source)(3) == 7


def test_what_cannot_be_kept_is_not_kept() -> None:
    assert not compiling.is_kept(njit(lambda number: number))


def test_without_a_folder_to_keep_kernels_in_they_are_still_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> object:
        if kwargs.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(compiling, "njit", refuse)
    assert compiling.compiled(nogil=True)(digest) is digest


@pytest.mark.parametrize("model", [Bootstrap(), Drift()])
def test_the_kernels_that_a_forecast_needs_are_asked_about(
    model: Bootstrap | Drift, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawing, other = draws.bootstrap, wandering.drift
    if isinstance(model, Drift):
        drawing, other = other, drawing
    for lacking, is_needed in ((None, False), (engine._play, True), (drawing, True), (other, False)):
        monkeypatch.setattr(simulation, "is_kept", lambda kernel, lacking=lacking: kernel is not lacking)
        assert simulation.needs_compiling(model) == is_needed
