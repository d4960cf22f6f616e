"""What the tests of the index share."""

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def _index(settings: Settings) -> None:
    """There is an index, as there is where nothing is set."""
    settings.INDEX_CUSTOMERS = True
