"""When a person was last here."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.models import Person
from tests.conftest import RawPathClient

pytestmark = pytest.mark.django_db


def seen_at(user: User) -> object:
    return Person.objects.get(pk=user.pk).last_seen_at


def test_it_is_written_once_in_five_minutes(viewer: User, viewer_client: RawPathClient) -> None:
    viewer_client.get("/settings/")
    first = seen_at(viewer)
    assert first is not None
    with CaptureQueriesContext(
        connection,
    ) as queries:
        viewer_client.get("/settings/")
    assert seen_at(viewer) == first
    # Of later requests no query asks for it: the user is read with it.
    assert [each for each in queries.captured_queries if "UPDATE" in each["sql"]] == []
    assert len([each for each in queries.captured_queries if "person" in each["sql"]]) == 1
    Person.objects.update(last_seen_at=timezone.now() - timedelta(minutes=6))
    viewer_client.get("/settings/")
    assert seen_at(viewer) != first


def test_what_a_page_asks_by_itself_does_not_count(
    viewer: User, viewer_client: RawPathClient
) -> None:
    viewer_client.get("/writes/badge/", headers={"HX-Request": "true", "Automatic-Request": "1"})
    assert seen_at(viewer) is None


def test_somebody_whom_a_command_has_added(administrator_client: RawPathClient) -> None:
    administrator_client.get("/settings/")
    row = Person.objects.get()
    assert row.last_seen_at is not None
    assert not row.sees_all


def test_a_page_never_fails_because_of_it(
    viewer_client: RawPathClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*arguments: object, **options: object) -> int:
        raise OperationalError("database is locked")

    monkeypatch.setattr("django.db.models.query.QuerySet.update", locked)
    assert viewer_client.get("/shortcuts/").status_code == 200
