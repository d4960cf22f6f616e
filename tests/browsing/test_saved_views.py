"""Saved views of the list of customers, without scripts."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from customers.browsing.customer_list import saved_views
from customers.models.readers import DefaultView, SavedView
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(sandbox: Sandbox) -> str:
    return links.customers(sandbox.company("qbo"))


def save(client: RawPathClient, shown: str, name: str = "Mine", **more: str) -> Any:
    return client.post(links.new_view(shown), {"next": shown, "name": name} | more)


def text_of(client: RawPathClient, address: str) -> str:
    return client.get(address).content.decode()


def test_a_list_is_saved_and_opened_for_another_company(
    sandbox: Sandbox, viewer_client: RawPathClient, path: str
) -> None:
    shown = f"{path}?q=Birkett&status=Active&order_by=-phone&columns=name,email&page=3"
    answer = save(viewer_client, shown, "My Birketts")
    view = SavedView.objects.get()
    assert (view.query, view.columns) == ("q=Birkett&status=Active&order_by=-phone", "name,email")
    there = answer["Location"]
    assert there.startswith(path)
    for part in ("q=Birkett", "status=Active", "columns=name%2Cemail", f"view={view.pk}"):
        assert part in there
    html = text_of(viewer_client, there)
    assert re.search(r'aria-current="page"><bdi>My Birketts</bdi>', html)
    assert "Modified" not in html
    other = text_of(viewer_client, links.customers(sandbox.company("xero")))
    address = re.search(r'<a href="([^"]+)"><bdi>My Birketts</bdi>', other)
    assert address
    sandbox.clear_calls()
    viewer_client.get(links.customers(sandbox.company("xero")) + unescape(address[1]))
    (call,) = [call for call in sandbox.calls if call.path.endswith("/data/customers")]
    assert call.query["orderBy"] == "-phone"


def test_a_view_is_not_changed_by_looking_and_says_what_differs(
    editor_client: RawPathClient, path: str
) -> None:
    there = save(editor_client, f"{path}?status=Active")["Location"]
    changed = there.replace("status=Active", "status=Archived")
    html = text_of(editor_client, changed)
    assert SavedView.objects.get().query == "status=Active"
    modified = html.partition('class="modified"')[2].partition("</nav>")[0]
    assert "Save</button>" in modified
    assert "Save as</a>" in modified
    assert re.search(r'href="\?status=Active&amp;view=\d+">Reset</a>', modified)
    # Another page of the same list is no change, nor are columns that are the reader's own.
    assert 'class="modified"' not in text_of(editor_client, f"{there}&page=2&page_size=100")

    view = SavedView.objects.get()
    answer = editor_client.post(links.view(view.pk, ""), {"action": "state", "next": changed})
    assert answer["Location"] == changed
    assert SavedView.objects.get().query == "status=Archived"
    assert 'class="modified"' not in text_of(editor_client, changed)


def test_a_list_opens_in_the_default_view_and_its_address_says_all(
    editor_client: RawPathClient, path: str
) -> None:
    save(editor_client, f"{path}?currency=GBP", default="on")
    view = SavedView.objects.get()
    answer = editor_client.get(path)
    assert answer["Location"] == f"{path}?currency=GBP&view={view.pk}"
    all_of = re.search(
        r'<a href="([^"]+)"[^>]*>All</a>', text_of(editor_client, answer["Location"])
    )
    assert all_of
    assert all_of[1] == f"{path}?view=all"
    assert editor_client.get(f"{path}?view=all").status_code == 200
    # A part of a page never leads elsewhere.
    assert editor_client.get(path, headers={"HX-Request": "true"}).status_code == 200
    editor_client.post(links.view(view.pk, ""), {"action": "change", "name": "Mine", "next": path})
    assert editor_client.get(path).status_code == 200


def test_a_view_is_renamed_shared_and_deleted(
    editor_client: RawPathClient, viewer_client: RawPathClient, path: str
) -> None:
    save(editor_client, f"{path}?status=Active")
    view = SavedView.objects.get()
    assert "<bdi>Mine</bdi>" not in text_of(viewer_client, path)
    change = {"action": "change", "next": path, "name": " Ours\u200b  now ", "team": "on"}
    answer = editor_client.post(links.view(view.pk, ""), change)
    assert answer["Location"].startswith(path)
    assert '<bdi>Ours now</bdi> <span class="tag">Team</span>' in text_of(viewer_client, path)
    viewer_client.post(links.view(view.pk, ""), {"action": "change", "default": "on", "next": path})
    assert DefaultView.objects.get().user.username == "viewer"
    editor_client.post(links.view(view.pk, ""), change | {"team": ""} | {"name": "Ours"})
    del change["team"]
    editor_client.post(links.view(view.pk, ""), change)
    assert not DefaultView.objects.exists(), "nobody opens a view that they do not see any more"
    editor_client.post(
        links.view(view.pk, ""), {"action": "delete", "next": f"{path}?view={view.pk}"}
    )
    assert not SavedView.objects.exists()


def test_a_viewer_has_own_views_only(
    editor_client: RawPathClient, viewer_client: RawPathClient, path: str
) -> None:
    assert save(viewer_client, path, team="on").status_code == 403
    assert 'name="team"' not in text_of(viewer_client, links.new_view(path))
    save(editor_client, path, team="on")
    view = SavedView.objects.get()
    for posted in ({"action": "state"}, {"action": "delete"}):
        answer = viewer_client.post(links.view(view.pk, ""), posted | {"next": f"{path}?q=a"})
        assert answer.status_code == 403
    assert SavedView.objects.get().query == ""
    save(editor_client, path, "Own")
    own = SavedView.objects.get(name="Own")
    assert viewer_client.get(links.view(own.pk, "")).status_code == 404


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (" \u200b ", "Enter a name for the view."),
        ("x" * 61, "Use at most 60 characters"),
        ("mÍNE", "There is a view with this name already."),
    ],
)
def test_a_name_is_checked(
    viewer_client: RawPathClient, path: str, name: str, sentence: str
) -> None:
    save(viewer_client, path)
    answer = save(viewer_client, path, name)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert SavedView.objects.count() == 1


def test_views_are_limited(viewer: User, viewer_client: RawPathClient, path: str) -> None:
    SavedView.objects.bulk_create(
        SavedView(owner=viewer, name=f"View {number}") for number in range(saved_views.MAX_VIEWS)
    )
    assert save(viewer_client, path, "One more").status_code == 422
    html = text_of(viewer_client, f"{path}?view={SavedView.objects.latest('pk').pk}")
    tabs = html.partition('id="views"')[2].partition("</nav>")[0]
    bar, _, more = tabs.partition('id="more-views"')
    assert bar.count("<bdi>") == saved_views.TABS
    assert more.count("<li>") == saved_views.MAX_VIEWS - saved_views.TABS


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("status=Nope&page_size=7777777", "“Nope” is not a valid status."),
        ("%%%", "could not be read. It shows all customers."),
        ("a&b&c", "could not be read. It shows all customers."),
        ("q=" + "x" * 5000, "could not be read. It shows all customers."),
    ],
)
def test_a_stored_state_that_is_invalid_shows_the_list(
    viewer: User, viewer_client: RawPathClient, path: str, query: str, sentence: str
) -> None:
    view = SavedView.objects.create(owner=viewer, name="Old", query=query, columns="nope,,<b>")
    html = text_of(viewer_client, path)
    address = re.search(r'<a href="([^"]+)"><bdi>Old</bdi>', html)
    assert address
    assert f"view={view.pk}" in address[1]
    answer = viewer_client.get(path + unescape(address[1]))
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert '<table class="list customers' in answer.content.decode()


@pytest.mark.parametrize("number", ["999999", "999999999999999999"])
def test_a_view_that_does_not_exist_is_said(
    viewer_client: RawPathClient, path: str, number: str
) -> None:
    assert "This view does not exist any more" in text_of(viewer_client, f"{path}?view={number}")
    assert viewer_client.get(f"/views/{number}0/").status_code == 404
    assert viewer_client.get(f"/views/{number}9999999999999999999999/").status_code == 404


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/companies/", "x", ""])
def test_a_form_leads_back_to_lists_of_the_dashboard_only(
    viewer_client: RawPathClient, target: str
) -> None:
    assert save(viewer_client, target, "A")["Location"].startswith("/companies/?")
    answer = viewer_client.post(links.columns(), {"columns": "email", "next": target})
    assert answer["Location"].startswith("/companies/")


def test_the_views_of_a_list_are_one_query(
    viewer: User, path: str, django_assert_num_queries: Any
) -> None:
    for number in range(3):
        SavedView.objects.create(owner=viewer, name=f"{number}")
    with django_assert_num_queries(1):
        assert len(saved_views.views_of(viewer)) == 3


@pytest.mark.parametrize("action", ["state", "change", "delete"])
def test_a_view_that_somebody_deletes_at_this_moment(
    editor: User,
    editor_client: RawPathClient,
    path: str,
    monkeypatch: pytest.MonkeyPatch,
    action: str,
) -> None:
    """The view was read without a lock: saved after somebody else had deleted it, it was a 500."""
    view = SavedView.objects.create(name="Ours", query="", columns="")
    locked = []
    find = saved_views.find

    def delete_unless_locked(user: User, view_id: int, *, lock: bool = False) -> SavedView | None:
        found = find(user, view_id, lock=lock)
        locked.append(lock and connection.in_atomic_block)
        if not lock:
            SavedView.objects.filter(pk=view_id).delete()
        return found

    monkeypatch.setattr(saved_views, "find", delete_unless_locked)
    fields = {"action": action, "name": "New", "default": "on", "next": path}
    assert editor_client.post(f"/views/{view.pk}/", fields).status_code == 302
    assert locked == [True]


def test_a_double_click_on_save_makes_one_view(viewer_client: RawPathClient, path: str) -> None:
    """The second post said that there was a view with this name already."""
    first, second = save(viewer_client, f"{path}?q=a"), save(viewer_client, f"{path}?q=a")
    assert first["Location"] == second["Location"]
    assert SavedView.objects.count() == 1
    # Another list under the same name is a mistake.
    assert save(viewer_client, f"{path}?q=b").status_code == 422
