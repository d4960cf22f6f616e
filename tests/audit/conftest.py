"""What the tests of the audit share."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core.cache import caches

from customers.access.roles import Role, set_role
from customers.models import Person
from tests.conftest import RawPathClient


@pytest.fixture
def auditor(groups: None) -> User:
    """Somebody with the role Administrator who sees all companies."""
    user = User.objects.create_user("auditor")
    set_role(user, Role.ADMINISTRATOR)
    Person.objects.update_or_create(user=user, defaults={"sees_all": True})
    return user


@pytest.fixture
def client(auditor: User) -> RawPathClient:
    """The browser of the auditor."""
    client = RawPathClient()
    client.force_login(auditor)
    caches["process"].clear()
    return client


@pytest.fixture(autouse=True)
def _nothing_stored_lately() -> None:
    """No page counts as opened in the last minute."""
    caches["process"].clear()
