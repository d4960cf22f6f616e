"""What the tests of the home page share."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from tests.support.problems import alive


@pytest.fixture(autouse=True)
def _worker(db: None) -> None:
    """A worker is running, and no number is remembered of the test before."""
    cache.clear()
    alive()
