"""A locked or unavailable database during a save: no entered value is lost, and the page states what is known."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection

from customers.models import Draft, Write
from customers.web import links
from customers.writes import journal, recording
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.pages.controls import Controls, fields

pytestmark = pytest.mark.django_db(transaction=True)

HTMX = {"HX-Request": "true"}
on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="locks a SQLite file")


@contextmanager
def locked_database() -> Iterator[None]:
    """Another connection has locked the file; the dashboard waits 50 ms for it instead of 20 s."""
    _wait_for_locks(50)
    # Closing the other connection ends its transaction.
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
    _wait_for_locks(20_000)


def _wait_for_locks(milliseconds: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {milliseconds}")


def sends(sandbox: Sandbox) -> list[Any]:
    """The changes that reached the sandbox."""
    return [call for call in sandbox.calls if call.method in ("PUT", "POST")]


def opened(sandbox: Sandbox, client: RawPathClient) -> tuple[str, dict[str, str]]:
    """The address of a new customer's form, and what its save posts."""
    url = links.new(sandbox.company("qbo"))
    typed = {"f.customerName": "Kept & Sons", "f.status": "Active", "action": "save"}
    return url, fields(client.get(url)) | typed


@on_sqlite
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_save_into_a_locked_database_can_be_posted_again(
    sandbox: Sandbox, editor_client: RawPathClient, headers: dict[str, str]
) -> None:
    url, posted = opened(sandbox, editor_client)
    with locked_database():
        page = editor_client.post(url, posted, headers=headers)
    text = page.content.decode()
    assert page.status_code == 503
    assert 'name="f.customerName" value="Kept &amp; Sons"' in text
    assert "Nothing was sent." in text
    assert text.startswith("<!doctype") != bool(headers)
    assert "HX-Retarget" not in page
    assert not sends(sandbox)
    assert not Write.objects.exists()

    again = Controls(text, form_id="resubmit").fields
    assert again.items() >= {key: posted[key] for key in ("base", "submission")}.items()
    assert editor_client.post(url, again | {"action": "save"}).status_code == 303
    assert Write.objects.get().customer_name == "Kept & Sons"
    assert len(sends(sandbox)) == 1


@on_sqlite
def test_a_draft_into_a_locked_database_is_refused_so_that_the_browser_keeps_it(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    url, posted = opened(sandbox, editor_client)
    with locked_database():
        assert editor_client.post(f"{url}draft/", posted).status_code == 503
    assert not Draft.objects.exists()
    assert editor_client.post(f"{url}draft/", posted).status_code == 204
    assert Draft.objects.exists()


def test_where_the_change_may_have_been_sent_the_page_leads_to_history(
    sandbox: Sandbox, editor_client: RawPathClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, posted = opened(sandbox, editor_client)

    def lose(*_: object, **__: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(recording, "PAUSES", ())
    with monkeypatch.context() as patch:
        patch.setattr(journal, "record", lose)
        page = editor_client.post(url, posted)
    text = page.content.decode()
    assert page.status_code == 503
    assert len(sends(sandbox)) == 1
    assert "We do not know whether your change was sent." in text
    assert "Nothing was sent" not in text
    assert f'href="{links.writes(sandbox.company("qbo"))}"' in text

    # Pressed nevertheless: the form's key finds the first change.
    again = Controls(text, form_id="resubmit").fields
    assert editor_client.post(url, again | {"action": "save"}).status_code == 303
    assert len(sends(sandbox)) == 1


@pytest.mark.parametrize(
    ("error", "status"), [(OperationalError, 503), (InterfaceError, 503), (ValueError, 500)]
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_the_page_about_a_failure_before_the_view_has_the_posted_fields(
    sandbox: Sandbox,
    editor_client: RawPathClient,
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception],
    status: int,
    headers: dict[str, str],
) -> None:
    url, posted = opened(sandbox, editor_client)

    def fail(*_: object) -> None:
        raise error("gone")

    monkeypatch.setattr("codatdash.middleware.SessionLifetimeMiddleware._check", fail)
    editor_client.raise_request_exception = False
    page = editor_client.post(url, posted, headers=headers)
    assert page.status_code == status
    assert 'value="Kept &amp; Sons"' in page.content.decode()
    assert "Nothing was sent." in page.content.decode()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"f.customerName": ""}, "Nothing was sent."),
        ({}, "We do not know whether your change was sent."),
    ],
)
@pytest.mark.parametrize(
    "stored_after",
    ["customers.web.audited._store", "django.contrib.sessions.backends.db.SessionStore.save"],
)
def test_a_failure_after_the_view_says_what_is_known_of_the_change(
    sandbox: Sandbox,
    editor_client: RawPathClient,
    monkeypatch: pytest.MonkeyPatch,
    typed: dict[str, str],
    said: str,
    stored_after: str,
) -> None:
    url, posted = opened(sandbox, editor_client)
    session = editor_client.session
    session["used_at"] -= 120  # So that it is stored again.
    session.save()

    def fail(*_: object, **__: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(stored_after, fail)
    editor_client.raise_request_exception = False
    page = editor_client.post(url, posted | typed)
    assert page.status_code == 503
    assert said in page.content.decode()
    assert len(sends(sandbox)) == (not typed)


def test_a_page_without_a_database_says_so_without_its_user(
    viewer_client: RawPathClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", fail)
    viewer_client.raise_request_exception = False
    page = viewer_client.get("/companies/")
    assert page.status_code == 503
    assert "does not respond" in page.content.decode()


def test_a_password_is_never_on_the_page(
    anonymous_client: RawPathClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr("codatdash.signin.views.SignInView.post", fail)
    page = anonymous_client.post("/accounts/login/", {"username": "a", "password": "secret-word"})
    assert page.status_code == 503
    assert "secret-word" not in page.content.decode()
