"""People who approve, and a browser of theirs."""

import pytest
from django.contrib.auth.models import User

from customers.access.roles import Role
from tests.conftest import RawPathClient
from tests.support.people import person


@pytest.fixture
def approver(db: None) -> User:
    """A user who may approve the changes of others."""
    return person("approver", Role.APPROVER)


@pytest.fixture
def approver_client(approver: User) -> RawPathClient:
    """An approver's browser."""
    client = RawPathClient()
    client.force_login(approver)
    return client
