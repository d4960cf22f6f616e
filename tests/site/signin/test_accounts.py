"""Sessions and permissions."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session
from django.utils import timezone

from codatdash.sessions import SessionStore
from sandbox import Sandbox
from tests.conftest import RawPathClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(sandbox: Sandbox) -> str:
    """A page that viewers may see."""
    return f"/companies/{sandbox.company('xero')}/customers/"


def test_an_expired_session_signs_out(page: str, viewer_client: RawPathClient) -> None:
    assert viewer_client.get(page).status_code == 200
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert viewer_client.get(page).status_code == 302


def test_a_deleted_session_signs_out(page: str, viewer_client: RawPathClient) -> None:
    Session.objects.all().delete()
    assert viewer_client.get(page).status_code == 302


def test_a_forged_session_signs_out(page: str, viewer_client: RawPathClient) -> None:
    Session.objects.update(session_data="e30:made:up")
    assert viewer_client.get(page).status_code == 302


def test_a_session_without_a_row_loses_its_key() -> None:
    store = SessionStore("a" * 32)
    assert store.load() == {}
    assert store.session_key is None


def test_a_session_cookie_with_a_nul_is_ignored(anonymous_client: RawPathClient) -> None:
    anonymous_client.cookies["sessionid"] = "aaaaaaaaaa\0a"
    assert anonymous_client.get("/companies/").status_code == 302


def test_a_deactivated_user_is_signed_out_immediately(
    page: str, viewer: User, viewer_client: RawPathClient
) -> None:
    User.objects.filter(pk=viewer.pk).update(is_active=False)
    assert viewer_client.get(page).status_code == 302


def test_a_deleted_user_is_signed_out(
    page: str, viewer: User, viewer_client: RawPathClient
) -> None:
    viewer.delete()
    assert viewer_client.get(page).status_code == 302


def test_a_new_password_ends_the_other_sessions(
    page: str, viewer: User, viewer_client: RawPathClient
) -> None:
    viewer.set_password("another")
    viewer.save()
    assert viewer_client.get(page).status_code == 302


def test_leaving_a_group_takes_effect_immediately(
    page: str, viewer: User, viewer_client: RawPathClient
) -> None:
    viewer.groups.clear()
    assert viewer_client.get(page).status_code == 403


def test_a_permission_given_to_the_user_counts(
    page: str, viewer: User, viewer_client: RawPathClient
) -> None:
    viewer.groups.clear()
    viewer.user_permissions.add(Permission.objects.get(codename="read_customers"))
    assert viewer_client.get(page).status_code == 200


def test_a_superuser_needs_no_group(page: str, viewer: User, viewer_client: RawPathClient) -> None:
    viewer.groups.clear()
    viewer.is_superuser = True
    viewer.save()
    assert viewer_client.get(page).status_code == 200


def test_the_admin_site_follows_permissions(
    admin_site: None, viewer: User, viewer_client: RawPathClient
) -> None:
    viewer.is_staff = True
    viewer.save()
    viewer.user_permissions.add(Permission.objects.get(codename="view_user"))
    assert viewer_client.get("/admin/auth/user/").status_code == 200
    assert viewer_client.get("/admin/auth/group/").status_code == 403
    assert viewer_client.get(f"/admin/auth/user/{viewer.pk}/change/").status_code == 200
