"""Random examples too take their seed from the one place, so that a run can be had again."""

from __future__ import annotations

import pytest
from helpers import SEED


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Let hypothesis draw from the seed of the tests, if it was given none."""
    if config.getoption("hypothesis_seed") is None:
        config.option.hypothesis_seed = str(SEED)
