"""What the tests of data quality share."""

import pytest


@pytest.fixture(autouse=True)
def _index(has_index: None) -> None:
    """There is an index."""
