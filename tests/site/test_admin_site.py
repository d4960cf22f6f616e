"""Django's admin site: off by default, and nothing in it can change what people did."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.auth.models import User
from django.test import RequestFactory
from django.urls import reverse

from tests.conftest import RawPathClient
from tests.support.journal import journal_row

pytestmark = pytest.mark.django_db

OURS = list(apps.get_app_config("customers").get_models())


def test_there_is_none_unless_the_settings_say_so(administrator_client: RawPathClient) -> None:
    for path in ("/admin/", "/admin/login/", "/admin/auth/user/"):
        assert administrator_client.get(path).status_code == 404


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_no_row_of_our_own_can_be_changed_in_it(model: type) -> None:
    if not admin.site.is_registered(model):
        return
    request = RequestFactory().get("/admin/")
    request.user = User.objects.create_superuser("administrator")
    shown: ModelAdmin[Any] = admin.site.get_model_admin(model)
    assert not shown.has_add_permission(request)
    assert not shown.has_change_permission(request)
    assert not shown.has_delete_permission(request)


def test_what_is_registered_leads_to_no_row_of_the_journal(
    admin_site: None, administrator_client: RawPathClient, editor: User
) -> None:
    """Deleting a user would empty the column of each of their changes."""
    write = journal_row("company", editor)
    url = reverse("admin:auth_user_delete", args=[editor.pk])
    assert administrator_client.post(url, {"post": "yes"}).status_code == 403
    administrator_client.post(
        reverse("admin:auth_user_changelist"),
        {"action": "delete_selected", "_selected_action": editor.pk, "post": "yes"},
    )
    write.refresh_from_db()
    assert write.user == editor
