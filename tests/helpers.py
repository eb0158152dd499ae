"""What many tests need: the one seed, and tolerances that are stated in standard errors."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np

SEED = int(os.environ.get("FORECAST_TEST_SEED", "1"))
"""Every statistical test takes its seed from here; a sweep of FORECAST_TEST_SEED must pass as a whole."""

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"
"""Real portfolios, beside the checkout; tests that read them skip where they are absent."""


def standard_error(chance: float, runs: int) -> float:
    """Standard error of a share of `runs` independent runs."""
    return math.sqrt(chance * (1 - chance) / runs)


def check_distribution(finish: np.ndarray, exact: dict[float, float], z: float = 4.9) -> None:
    """Assert that the share of runs finished by each time agrees with the exact cumulative chance within z standard errors.

    finish : (runs,) simulated finishes; exact : time -> chance of a finish at or before it (times within 1e-7 are one).
    z = 4.9 is an error rate of about one in a million for each time looked at, where the chance is from 0.01 to 0.99; further
    out, where about one run is expected, it is about 6 in 10,000: there use `oracles.check_counts`.
    """
    runs = finish.shape[0]
    for time, chance in exact.items():
        held = float(np.mean(finish <= time + 1e-7))
        error = standard_error(min(max(chance, 1 / runs), 1 - 1 / runs), runs)
        assert abs(held - chance) <= z * error, (
            f"by {time}: {held:.5f} of {runs} runs, exactly {chance:.5f}, se {error:.5f}"
        )
