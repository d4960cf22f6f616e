"""What the tests of the index share."""

import pytest


@pytest.fixture(autouse=True)
def _index(has_index: None) -> None:
    """There is an index."""
