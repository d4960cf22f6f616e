"""What Codat refused stays at its fields until they change or the form is sent."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User

from customers.models import Write
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.journal import calls, journaled, write_request
from tests.support.pages.controls import fields, press

pytestmark = pytest.mark.django_db

FINDINGS = {
    "phone": {"itemId": "phone", "message": "No such number."},
    "addresses.b0.city": {"itemId": "Addresses[0].City", "message": "No such city."},
    "addresses": {"itemId": "addresses", "message": "One address too many."},
    "": {"itemId": "nowhere", "message": "The ledger is closed."},
}
MESSAGES = [finding["message"] for finding in FINDINGS.values()]


@pytest.fixture
def refused(sandbox: Sandbox, editor: User, customer_id: str) -> Write:
    """A change of a customer with two addresses that Codat refused."""
    record = sandbox.state("qbo").copy[customer_id]
    request = write_request(sandbox, customer_id, phone="1", addresses=record["addresses"])
    write = journaled(editor, request)
    values = {"state": Write.State.FAILED, "validation": list(FINDINGS.values())}
    Write.objects.filter(pk=write.pk).update(**values)
    write.refresh_from_db()
    return write


@pytest.fixture
def url(refused: Write) -> str:
    """The address of the customer's form."""
    return links.edit(refused.company_id, refused.customer_id)


@pytest.fixture
def opened(refused: Write, url: str, editor_client: RawPathClient) -> Any:
    """The form, reopened with what was sent."""
    return editor_client.get(f"{url}?write={refused.pk}")


def shown(page: Any) -> set[str]:
    """The findings that a page shows, each once in the summary or at its field."""
    return {message for message in MESSAGES if message in page.content.decode()}


def at(page: Any, path: str) -> str:
    """The error at a field."""
    match = re.search(rf'id="e-{re.escape(path)}">([^<]*)', page.content.decode())
    return match[1] if match else ""


@pytest.mark.parametrize(
    "action",
    [
        "add:contacts",
        "review",
        "check",
        "duplicate:addresses:b1",
        "remove:addresses:b1",
        "up:addresses:b1",
        "copy:main:b0",
        "nonsense",
    ],
)
def test_every_button_but_save_keeps_the_findings_of_unchanged_fields(
    url: str, opened: Any, editor_client: RawPathClient, action: str
) -> None:
    assert shown(opened) == set(MESSAGES)
    page = press(editor_client, url, opened, action)
    # What was said of a whole list goes with a change of the list.
    changed = {"One address too many."} if ":addresses:" in action else set()
    assert shown(page) == set(MESSAGES) - changed
    assert at(page, "phone") == "No such number."
    assert at(page, "addresses.b0.city") == "No such city."
    again = press(editor_client, url, page, "add:contacts")
    assert at(again, "phone") == "No such number."


def test_a_finding_goes_when_its_field_changes_and_the_others_stay(
    url: str, opened: Any, editor_client: RawPathClient
) -> None:
    page = press(editor_client, url, opened, "review", **{"f.phone": "2"})
    assert at(page, "phone") == ""
    assert at(page, "addresses.b0.city") == "No such city."


def test_a_finding_is_shown_again_with_its_value(
    url: str, opened: Any, editor_client: RawPathClient
) -> None:
    page = press(editor_client, url, opened, "review", **{"f.phone": "2"})
    page = press(editor_client, url, page, "review", **{"f.phone": "1"})
    assert at(page, "phone") == "No such number."


def test_a_finding_is_removed_and_restored_with_its_row(
    url: str, opened: Any, editor_client: RawPathClient
) -> None:
    page = press(editor_client, url, opened, "remove:addresses:b0")
    assert "No such city." not in page.content.decode()
    page = press(editor_client, url, page, "undo:addresses:b0")
    assert at(page, "addresses.b0.city") == "No such city."


def test_findings_stay_with_an_error_of_our_own_and_do_not_prevent_a_save(
    sandbox: Sandbox, url: str, opened: Any, editor_client: RawPathClient
) -> None:
    page = press(editor_client, url, opened, "save", timeout="never")
    assert page.status_code == 422
    assert shown(page) == set(MESSAGES)
    saved = press(editor_client, url, page, "save", timeout="")
    assert saved.status_code == 303
    assert len(calls(sandbox, "PUT")) == 1


def test_findings_are_in_a_draft_that_is_continued(
    refused: Write, url: str, opened: Any, editor_client: RawPathClient
) -> None:
    typed = fields(opened) | {"f.emailAddress": "new@x.example"}
    draft_url = links.draft(refused.company_id, refused.customer_id)
    assert editor_client.post(draft_url, typed).status_code == 204

    page = editor_client.get(f"{url}?draft={typed['submission']}")

    assert at(page, "phone") == "No such number."


def test_findings_on_another_customers_change_are_not_shown(
    sandbox: Sandbox, refused: Write, editor_client: RawPathClient
) -> None:
    other = next(key for key in sandbox.state("qbo").copy if key != refused.customer_id)
    for url in (links.edit(refused.company_id, other), links.new(refused.company_id)):
        page = editor_client.get(url)
        answer = press(editor_client, url, page, "review", retry_of=str(refused.pk))
        assert shown(answer) == set()
