"""A company and a customer to edit."""

import pytest

from sandbox import Sandbox


@pytest.fixture
def company(sandbox: Sandbox) -> str:
    """The ID of a company on QuickBooks Online."""
    return sandbox.company("qbo")


@pytest.fixture
def customer_id(sandbox: Sandbox) -> str:
    """The ID of a customer of it with two addresses and one contact."""
    return next(
        key
        for key, record in sandbox.state("qbo").copy.items()
        if len(record.get("addresses") or []) == 2 and len(record.get("contacts") or []) == 1
    )
