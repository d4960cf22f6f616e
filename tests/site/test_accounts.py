"""Who a request comes from: what our own statements read, and what they must not let in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.contrib.sessions.models import Session
from django.utils import timezone

from codatdash.accounts import Backend, SessionStore
from sandbox import Sandbox
from tests.conftest import RawPathClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(sandbox: Sandbox) -> str:
    """A page that viewers may see."""
    return f"/companies/{sandbox.company('xero')}/customers/"


def test_an_expired_session_is_none(page: str, viewer_client: RawPathClient) -> None:
    assert viewer_client.get(page).status_code == 200
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert viewer_client.get(page).status_code == 302


def test_a_session_that_was_deleted_is_none(page: str, viewer_client: RawPathClient) -> None:
    Session.objects.all().delete()
    assert viewer_client.get(page).status_code == 302


def test_a_session_that_was_tampered_with_is_empty(page: str, viewer_client: RawPathClient) -> None:
    Session.objects.update(session_data="e30:made:up")
    assert viewer_client.get(page).status_code == 302


def test_a_session_without_a_row_loses_its_key() -> None:
    store = SessionStore("a" * 32)
    assert store.load() == {}
    assert store.session_key is None


def test_a_cookie_with_a_nul_is_nobody_s(anonymous_client: RawPathClient) -> None:
    anonymous_client.cookies["sessionid"] = "aaaaaaaaaa\0a"
    assert anonymous_client.get("/companies/").status_code == 302


def test_what_a_session_holds_comes_back() -> None:
    kept = SessionStore()
    kept["name"] = "Zoë"
    kept.save()
    assert SessionStore(kept.session_key)["name"] == "Zoë"


def test_who_may_not_sign_in_any_more_is_out_at_once(
    page: str, viewer: User, viewer_client: RawPathClient
) -> None:
    User.objects.filter(pk=viewer.pk).update(is_active=False)
    assert viewer_client.get(page).status_code == 302


def test_a_user_is_as_django_reads_it(viewer: User) -> None:
    viewer.email = "viewer@example.com"
    viewer.is_staff = True
    viewer.save()
    ours, theirs = Backend().get_user(viewer.pk), User.objects.get(pk=viewer.pk)
    assert ours is not None
    for field in User._meta.concrete_fields:
        assert getattr(ours, field.attname) == getattr(theirs, field.attname)
    assert (ours.is_staff, ours.is_superuser) == (True, False)
    assert type(ours.is_active) is bool
    assert Backend().get_user(0) is None


def test_a_user_who_is_gone_is_nobody(
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


def test_leaving_a_group_counts_at_once(
    page: str, viewer: User, viewer_client: RawPathClient
) -> None:
    viewer.groups.clear()
    assert viewer_client.get(page).status_code == 403


def test_a_permission_of_one_s_own(page: str, viewer: User, viewer_client: RawPathClient) -> None:
    viewer.groups.clear()
    viewer.user_permissions.add(Permission.objects.get(codename="read_customers"))
    assert viewer_client.get(page).status_code == 200


def test_a_superuser_needs_no_group(page: str, viewer: User, viewer_client: RawPathClient) -> None:
    viewer.groups.clear()
    viewer.is_superuser = True
    viewer.save()
    assert viewer_client.get(page).status_code == 200
    assert len(User.objects.get(pk=viewer.pk).get_all_permissions()) == Permission.objects.count()


def test_permissions_are_django_s_own(viewer: User) -> None:
    """What our one statement finds is what Django's two find."""
    viewer.user_permissions.add(Permission.objects.get(codename="add_user"))
    viewer.groups.add(Group.objects.get(name="Editors"))
    ours = User.objects.get(pk=viewer.pk)
    theirs = User.objects.get(pk=viewer.pk)
    assert ours.get_all_permissions() == theirs.get_group_permissions() | {"auth.add_user"}
    assert not ours.has_perm("auth.delete_user")
    # About one object Django has nothing to say.
    assert not ours.has_perm("auth.add_user", ours)
    assert not ours.has_perm("auth.add_user", 0)  # type: ignore[arg-type]  # an object like any other


def test_people_of_the_admin_site_see_what_they_may(
    viewer: User, viewer_client: RawPathClient
) -> None:
    viewer.is_staff = True
    viewer.save()
    viewer.user_permissions.add(Permission.objects.get(codename="view_user"))
    assert viewer_client.get("/admin/auth/user/").status_code == 200
    assert viewer_client.get("/admin/auth/group/").status_code == 403
    assert viewer_client.get(f"/admin/auth/user/{viewer.pk}/change/").status_code == 200
