"""Customers of several companies in the index."""

import pytest

from customers.models import IndexedCompany
from sandbox import Sandbox
from tests.support.searching import searched_companies


@pytest.fixture
def companies(sandbox: Sandbox) -> dict[str, IndexedCompany]:
    """See `searched_companies`."""
    return searched_companies(sandbox)


@pytest.fixture(autouse=True)
def _index(has_index: None) -> None:
    """There is an index, except where a test sets something else."""
