"""The database of the tests is as migrations make it, also after a test that commits."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command

from customers.audit.recording import record
from customers.models import AuditEntry, Note
from tests.support.servers import databases

pytestmark = pytest.mark.django_db(transaction=True)


def filled() -> set[str]:
    """What has rows."""
    models = apps.get_models(include_auto_created=True)
    return {model._meta.label for model in models if model._base_manager.exists()}


def test_every_migration_is_applied() -> None:
    # Exits with 1 where one is missing.
    call_command("migrate", check_unapplied=True, verbosity=0)


def test_nothing_that_was_committed_is_left(editor: User) -> None:
    editor.user_permissions.add(Permission.objects.all()[0])
    Note.objects.create(
        company_id="c", kind="customer", subject_id="39", author=editor, text="A note"
    )
    record(AuditEntry.Kind.READ, user=editor, company_id="c", customer_id="39")
    assert {"auth.User_user_permissions", "customers.AuditEntry", "customers.Note"} <= filled()
    permissions, kinds = Permission.objects.count(), ContentType.objects.count()

    databases.empty()

    assert filled() == {"auth.Permission", "contenttypes.ContentType"}
    assert (Permission.objects.count(), ContentType.objects.count()) == (permissions, kinds)
