"""Compiling: how the kernels are compiled, kept for the next time, and whether they are there already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit

BARE: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}
"""No checks for division by zero, and no reference counting: all arrays are made outside (counting costs a factor of 5)."""

inlined = njit(forceinline=True, **BARE)
"""For what is only ever called by a kernel, and becomes part of it."""


called = njit(**BARE)
"""For what is long, called seldom, and compiled quicker by itself."""


def compiled(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile a kernel on first use and keep it, where there is a folder to keep it in.

    Numba looks only at the kernel's own source file to see whether what it kept is still good. Whatever else a kernel is
    compiled from, the fields of its named tuples above all, is therefore repeated there as its LAYOUT.
    """

    def compile_kernel(function: Callable[..., Any]) -> Any:
        try:
            return njit(cache=True, **options)(function)
        except RuntimeError:  # neither the package nor the home is writable: compiled anew in each process
            return njit(**options)(function)

    return compile_kernel


def is_kept(kernel: Any) -> bool:
    """True when a kernel, as it stands in its source, has been compiled and kept.

    Numba itself is asked, since it alone knows what it compares (the text of the source today, its time in older releases).
    """
    kept = getattr(kernel._cache, "_cache_file", None)  # None where there is no folder to keep it in
    return kept is not None and bool(kept._load_index())
