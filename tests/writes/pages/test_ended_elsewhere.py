"""The toast about changes that ended while their person was on another page."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from customers.models import Write
from customers.web import attention, links
from tests.conftest import RawPathClient
from tests.support.journal import journal_row

pytestmark = pytest.mark.django_db

State = Write.State


def toast(client: RawPathClient, url: str, page: str = "/companies/") -> dict[str, Any] | None:
    """What the poll of an open page sends."""
    answer = client.get(
        url, headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}?a=b"}
    )
    assert answer.status_code == 200
    events = json.loads(answer.headers.get("HX-Trigger", "{}"))
    return events.get("toast")  # type: ignore[no-any-return]


def ended(write: Write, state: State) -> None:
    Write.objects.filter(pk=write.pk).update(state=state)


def test_a_change_that_ends_is_said_on_every_other_page(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    write = journal_row(
        company,
        editor,
        state=State.PENDING,
        customer_name="Cedar",
        customer_id="39",
        checked_at=timezone.now(),
    )
    page = attention.of_user(editor.pk).poll_url
    assert str(write.pk) in page
    assert toast(editor_client, page) is None
    ended(write, State.SUCCESS)
    url = links.write(company, write.pk)
    assert toast(editor_client, page) == {
        "text": "Cedar: accepted", "level": "good", "url": url, "label": "View",
    }  # fmt: skip
    ended(write, State.FAILED)
    found = toast(editor_client, page)
    assert found
    assert found["level"] == "bad"
    for shown in (url, links.customer(company, "39")):
        assert toast(editor_client, page, shown) is None
    # The next poll watches it no more.
    assert str(write.pk) not in attention.of_user(editor.pk).poll_url


def test_many_changes_are_one_toast(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    writes = [
        journal_row(company, editor, state=State.PENDING, checked_at=timezone.now())
        for _ in range(25)
    ]
    page = attention.of_user(editor.pk).poll_url
    assert page.count("watch=") == attention.MAX_WATCHED
    Write.objects.update(state=State.SUCCESS)
    found = toast(editor_client, page)
    assert found == {
        "text": "20 changes have ended", "level": "good", "url": "/writes/?state=", "label": "View",
    }  # fmt: skip
    ended(writes[-1], State.TIMED_OUT)
    found = toast(editor_client, page)
    assert found
    assert found["text"] == "20 changes have ended, 1 with a problem"


def test_a_person_hears_of_their_own_changes_alone(
    company: str, editor: User, viewer_client: RawPathClient
) -> None:
    write = journal_row(company, editor, state=State.FAILED)
    assert toast(viewer_client, links.badge([str(write.pk)])) is None
    assert toast(viewer_client, links.badge(["x", "", str(uuid.uuid4())])) is None
