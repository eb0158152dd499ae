"""Random examples too take their seed from the one place, so that they are the same on every machine."""

from __future__ import annotations

import pytest
from helpers import SEED
from hypothesis import settings

settings.register_profile("seeded", deadline=None, derandomize=False, database=None, print_blob=True)
settings.load_profile("seeded")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Let hypothesis draw from the seed of the tests, if it was given none."""
    if config.getoption("hypothesis_seed") is None:
        config.option.hypothesis_seed = str(SEED)
