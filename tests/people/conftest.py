"""People who manage others."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from customers.access.roles import Role
from tests.conftest import RawPathClient
from tests.support.people import person


@pytest.fixture
def manager(groups: None) -> User:
    """An administrator who sees all companies."""
    return person("manager", Role.ADMINISTRATOR)


@pytest.fixture
def manager_client(manager: User) -> RawPathClient:
    """An administrator's browser."""
    client = RawPathClient()
    client.force_login(manager)
    return client
