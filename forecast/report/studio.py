"""Studio: the charts of a report drawn by two processes where the machine has a second core: sooner, and the same bytes.

The helper is a Python of its own and not a fork, so it works on every system and takes a second to be ready. It draws from the
back of the list and this process from the front until they meet. What it fails at is drawn here.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import warnings
from collections import deque
from collections.abc import Callable, Sequence
from threading import Thread
from typing import Any

import matplotlib as mpl

from forecast.report.pictures import Drawn, Shot, draw_shot

FEWEST = 12
"""Features of which the charts take longer than a helper takes to be ready."""

SERVE = "import sys; sys.path[:] = sys.argv[1:]; from forecast.report.studio import serve; serve()"


class Studio:
    """Where charts are drawn. While it is open it may have a helper, which gets ready in the meantime."""

    def __init__(self, *, has_helper: bool) -> None:
        self.helper = _start() if has_helper else None

    def __enter__(self) -> Studio:
        return self

    def __exit__(self, *_: object) -> None:
        if self.helper is not None:
            self.helper.kill()
            self.helper.communicate()

    def draw(self, shots: Sequence[Shot], progress: Callable[[int, int], None] | None = None) -> tuple[Drawn, ...]:
        """Draws all charts; progress is called with how many are done and how many there are. Raises as `draw_shot` does."""
        found: dict[int, Drawn] = {}
        todo = deque(range(len(shots)))
        aside = Thread(target=self._hand_over, args=(shots, todo, found), daemon=True)
        aside.start()
        while todo:
            with contextlib.suppress(IndexError):  # the helper took the last one just now
                at = todo.popleft()
                found[at] = draw_shot(shots[at])
            if progress is not None:
                progress(len(found), len(shots))
        aside.join()
        for at in set(range(len(shots))) - set(found):
            found[at] = draw_shot(shots[at])
        if progress is not None:
            progress(len(shots), len(shots))
        return tuple(found[at] for at in range(len(shots)))

    def _hand_over(self, shots: Sequence[Shot], todo: deque[int], found: dict[int, Drawn]) -> None:
        """Has the helper draw the last of what is to do, until nothing is or it fails."""
        if self.helper is None or not todo:
            return
        asked, told = self.helper.stdin, self.helper.stdout
        assert asked is not None
        assert told is not None
        with contextlib.suppress(Exception):  # whatever it is: what is not found is drawn without a helper
            settings = {key: value for key, value in mpl.rcParams.copy().items() if key != "backend"}
            pickle.dump((settings, list(shots)), asked)
            while todo:
                at = todo.pop()
                pickle.dump(at, asked)
                asked.flush()
                found[at] = Drawn(shots[at], *pickle.load(told))


def can_help() -> bool:
    """Whether a helper pays: there is a second core, and a Python to start."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores > 1 and bool(sys.executable) and not getattr(sys, "frozen", False)


def _start() -> subprocess.Popen[bytes] | None:
    """A process that serves, with the modules of this one; None where it cannot be started."""
    with contextlib.suppress(OSError):
        command = [sys.executable, "-c", SERVE, *sys.path]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
    return None


def serve() -> None:
    """What the helper does: reads the charts, then draws each that is asked for by its place, until nothing is asked."""
    asked, told = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    warnings.simplefilter("ignore")
    settings, shots = pickle.load(asked)
    mpl.rcParams.update(settings)
    while True:
        drawn: Any = draw_shot(shots[pickle.load(asked)])
        pickle.dump((drawn.png, drawn.svg, drawn.width, drawn.height, drawn.missing), told)
        told.flush()
