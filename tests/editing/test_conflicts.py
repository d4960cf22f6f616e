"""Another person changed the customer while it was edited."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
import simplejson
from django.contrib.auth.models import Group, User
from django.utils import timezone

from customers.models import Write
from customers.service import CustomerService
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.journal import calls, journaled, write_request
from tests.support.pages.controls import fields

pytestmark = pytest.mark.django_db


def radios(page: str) -> dict[str, set[str]]:
    """Each conflict's choices: the values of its two radio buttons, those that are on with a star."""
    found: dict[str, set[str]] = {}
    for name, value, rest in re.findall(
        r'<input type="radio" name="([^"]+)" value="(\w+)"([^>]*)>', page
    ):
        found.setdefault(name, set()).add(value + ("*" if "checked" in rest else ""))
    return found


def save_what_another_has_changed(
    sandbox: Sandbox, client: RawPathClient
) -> tuple[dict[str, Any], Any]:
    """The fields of customer 39's form as it was opened, and the answer to its save: both changed the phone."""
    url = links.edit(sandbox.company("qbo"), "39")
    before = fields(client.get(url))
    copy = sandbox.state("qbo").copy
    copy["39"] = copy["39"] | {"phone": "their phone", "taxNumber": "THEIRS-1"}
    typed = {"f.phone": "mine phone", "f.emailAddress": "mine@my.example", "action": "save"}
    return before, client.post(url, before | typed)


def test_a_conflict_is_shown_with_the_three_values(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    before, asked = save_what_another_has_changed(sandbox, editor_client)
    page = asked.content.decode()
    assert asked.status_code == 409
    for column in ("Before", "Theirs", "Mine"):
        assert f'<th scope="col">{column}</th>' in page
    # What both changed waits for a choice; what only the other person changed is merged without one.
    assert radios(page) == {"m.phone": {"theirs", "mine"}}
    assert "Others also changed" in page
    for value in (before["f.phone"], "their phone", "mine phone"):
        assert html.escape(value) in page
    assert fields(asked)["f.emailAddress"] == "mine@my.example"
    assert "Not chosen yet" not in page


def test_a_conflict_is_resolved_without_javascript(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    url = links.edit(sandbox.company("qbo"), "39")
    copy, customer = sandbox.state("qbo").copy, "39"
    _, asked = save_what_another_has_changed(sandbox, editor_client)

    # Without a choice nothing is sent.
    half = editor_client.post(url, fields(asked))
    assert half.status_code == 409
    assert "Not chosen yet: Phone." in half.content.decode()
    assert not calls(sandbox, "PUT")

    # The customer is changed again meanwhile: a choice about the earlier conflict is not used.
    copy[customer] = copy[customer] | {"phone": "their newer phone"}
    stale = editor_client.post(url, fields(half) | {"m.phone": "theirs"})
    assert stale.status_code == 409
    assert "their newer phone" in stale.content.decode()
    assert "Not chosen yet" not in stale.content.decode()
    assert not calls(sandbox, "PUT")

    saved = editor_client.post(url, fields(stale) | {"m.phone": "theirs"})
    assert saved.status_code == 303
    (call,) = calls(sandbox, "PUT")
    sent = simplejson.loads(call.body)
    assert sent["phone"] == "their newer phone"
    assert sent["emailAddress"] == "mine@my.example"
    assert sent["taxNumber"] == "THEIRS-1"
    assert simplejson.loads(Write.objects.get().before)["phone"] == "their newer phone"


def test_a_field_that_only_another_person_changed_is_merged_and_listed(
    sandbox: Sandbox, editor_client: RawPathClient, viewer: User
) -> None:
    """Two forms of one customer, opened together: one changes the email, then the other the tax number."""
    other_client = RawPathClient()
    viewer.groups.set(Group.objects.filter(name="Editors"))
    other_client.force_login(viewer)
    company, customer = sandbox.company("qbo"), "39"
    url = links.edit(company, customer)
    mine, theirs = fields(editor_client.get(url)), fields(other_client.get(url))

    first = other_client.post(url, theirs | {"f.emailAddress": "a@x.example", "action": "save"})
    assert first.status_code == 303
    saved = editor_client.post(url, mine | {"f.taxNumber": "T-1", "action": "save"})

    assert saved.status_code == 303
    sent = simplejson.loads(calls(sandbox, "PUT")[-1].body)
    assert (sent["emailAddress"], sent["taxNumber"]) == ("a@x.example", "T-1")
    page = editor_client.get(saved["Location"]).content.decode()
    merged = page[page.index('id="write-merged"') :]
    assert re.search(r"Email[^:]*</strong>: <bdi>viewer</bdi>", merged)


def test_a_field_that_was_changed_outside_is_merged_and_listed_without_a_person(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    url = links.edit(sandbox.company("qbo"), "39")
    opened = fields(editor_client.get(url))
    copy = sandbox.state("qbo").copy
    copy["39"] = copy["39"] | {"emailAddress": "a@x.example"}

    saved = editor_client.post(url, opened | {"f.taxNumber": "T-1", "action": "save"})

    page = editor_client.get(saved["Location"]).content.decode()
    merged = page[page.index('id="write-merged"') :]
    assert re.search(r"Email[^:]*</strong></li>", merged)


def test_the_same_change_in_two_tabs_is_sent_once(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    url = links.edit(sandbox.company("qbo"), "39")
    one, two = fields(editor_client.get(url)), fields(editor_client.get(url))
    typed = {"f.phone": "020 1", "action": "save"}

    first, second = editor_client.post(url, one | typed), editor_client.post(url, two | typed)

    assert second["Location"] == first["Location"] + "?same"
    assert (
        "was already saved, so nothing was sent"
        in editor_client.get(second["Location"]).content.decode()
    )
    assert len(calls(sandbox, "PUT")) == 1


def test_a_change_that_is_in_the_record_already_is_not_sent(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    url = links.edit(sandbox.company("qbo"), "39")
    opened = fields(editor_client.get(url))
    copy = sandbox.state("qbo").copy
    copy["39"] = copy["39"] | {"phone": "020 1"}

    answer = editor_client.post(url, opened | {"f.phone": "020 1", "action": "save"})

    assert "already has these values" in answer.content.decode()
    assert not calls(sandbox, "PUT")


@pytest.mark.parametrize(
    ("state", "age", "expected"),
    [
        (Write.State.SENDING, timedelta(0), 409),
        # The process that was sending it is dead.
        (Write.State.SENDING, timedelta(minutes=10), 303),
        (Write.State.PENDING, timedelta(0), 303),
    ],
)
def test_a_save_does_not_overtake_one_that_is_being_sent(
    sandbox: Sandbox,
    editor: User,
    editor_client: RawPathClient,
    state: Write.State,
    age: timedelta,
    expected: int,
) -> None:
    url = links.edit(sandbox.company("qbo"), "39")
    opened = fields(editor_client.get(url))
    other = journaled(editor, write_request(sandbox, "39", emailAddress="a@x.example"))
    sent_at = timezone.now() - age
    Write.objects.filter(pk=other.pk).update(state=state, sent_at=sent_at, push_operation_key="k")

    answer = editor_client.post(url, opened | {"f.phone": "020 1", "action": "save"})

    assert answer.status_code == expected
    assert len(calls(sandbox, "PUT")) == (expected == 303)
    if expected == 409:
        assert "editor is saving this customer at this moment" in answer.content.decode()
        assert fields(answer)["f.phone"] == "020 1"


def test_a_change_that_is_read_back_between_the_reading_and_the_lock_is_not_overlooked(
    sandbox: Sandbox, editor: User, monkeypatch: pytest.MonkeyPatch, editor_client: RawPathClient
) -> None:
    """The record is read; then another change of it is journaled, sent, and confirmed."""
    url = links.edit(sandbox.company("qbo"), "39")
    opened = fields(editor_client.get(url))
    get = CustomerService.get

    def overtaken(service: CustomerService, **arguments: Any) -> Any:
        record = get(service, **arguments)
        other = journaled(editor, write_request(sandbox, "39", emailAddress="a@x.example"))
        Write.objects.filter(pk=other.pk).update(
            state=Write.State.SUCCESS, confirmation="confirmed", confirmed_at=timezone.now()
        )
        return record

    monkeypatch.setattr(CustomerService, "get", overtaken)
    answer = editor_client.post(url, opened | {"f.phone": "020 1", "action": "save"})

    assert answer.status_code == 303
    sent = simplejson.loads(calls(sandbox, "PUT")[-1].body)
    assert (sent["emailAddress"], sent["phone"]) == ("a@x.example", "020 1")
