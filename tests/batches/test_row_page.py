"""The page of one row: corrected, left out, taken in again; else what is known of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User

from customers.batches import states
from customers.batches.instructions import Action, Instruction
from customers.models import Batch, BatchRow
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.batch_rows import batch_of
from tests.support.batches import PHONE, check, customers_of, made, row_states, send, writes
from tests.support.journal import COMPANY, changed_in_codat
from tests.support.pages.controls import fields

pytestmark = pytest.mark.django_db(transaction=True)

CLEAR_NAME = [Instruction(Action.CLEAR, "customerName")]
HTMX = {"HX-Request": "true"}
QUERY = "?state=invalid"


def row_url(batch: Batch, position: int = 1, query: str = "") -> str:
    return links.batch_row(batch.company_id, batch.pk, position) + query


def press(client: RawPathClient, url: str, action: str, **typed: str) -> Any:
    """Open the form of a row, type, and press a button."""
    page = client.get(url)
    assert page.status_code == 200
    return client.post(url, fields(page) | typed | {"action": action})


def test_a_row_is_corrected_and_the_next_one_is_offered(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    batch = check(made(sandbox, editor, 3, CLEAR_NAME))
    url = row_url(batch, 1, QUERY)
    opened = editor_client.get(url).content.decode()
    assert "There is a problem" in opened
    assert 'aria-invalid="true"' in opened

    answer = press(editor_client, url, "next", **{"f.customerName": "First Ltd"})
    assert (answer.status_code, answer["Location"]) == (303, row_url(batch, 2, QUERY))

    answer = press(editor_client, answer["Location"], "save", **{"f.customerName": "Second Ltd"})
    assert answer.status_code == 303
    assert answer["Location"] == links.batch(batch.company_id, batch.pk) + QUERY + "&saved=2"
    page = editor_client.get(answer["Location"]).content.decode()
    assert re.search(r'id="saved".*?<bdi>Second Ltd</bdi>.*?Ready', page, re.DOTALL)
    assert f'href="{row_url(batch, 3, QUERY)}">Fix the next row' in page
    assert row_states(batch) == ["checked", "checked", "invalid"]

    # The last one leads back, whichever button is pressed.
    answer = press(editor_client, row_url(batch, 3), "next", **{"f.customerName": "Third Ltd"})
    assert answer["Location"].endswith("?saved=3")
    states.start(batch, editor)
    send(batch)
    assert [write.sent_values["customerName"] for write in writes(batch)] == [
        "First Ltd", "Second Ltd", "Third Ltd",
    ]  # fmt: skip


def test_a_wrong_correction_keeps_what_was_typed(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    batch = check(made(sandbox, editor, 1, CLEAR_NAME))
    typed = {"f.customerName": "", "f.phone": "0123 typed"}
    answer = press(editor_client, row_url(batch), "save", **typed)
    assert answer.status_code == 422
    assert 'value="0123 typed"' in answer.content.decode()
    assert row_states(batch) == ["invalid"]


def test_a_ready_row_is_opened_with_what_will_be_sent(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    batch = check(made(sandbox, editor, 1))
    assert f'value="{PHONE}"' in editor_client.get(row_url(batch)).content.decode()
    press(editor_client, row_url(batch), "save", **{"f.phone": "0999 corrected"})
    assert row_states(batch) == ["checked"]
    html = editor_client.get(row_url(batch)).content.decode()
    assert 'value="0999 corrected"' in html
    assert PHONE not in html


def test_the_buttons_of_the_form_change_it_and_save_nothing(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    batch = check(made(sandbox, editor, 1, CLEAR_NAME))
    answer = press(editor_client, row_url(batch), "add:addresses")
    assert answer.status_code == 200
    assert "f.addresses.n" in answer.content.decode()
    assert row_states(batch) == ["invalid"]


def test_a_name_that_another_customer_has_is_saved_the_second_time(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    first, second = customers_of(sandbox, 2)
    name = str(sandbox.state(COMPANY).copy[second]["customerName"])
    batch = check(made(sandbox, editor, 1, CLEAR_NAME))
    answer = press(editor_client, row_url(batch), "save", **{"f.customerName": name})
    assert answer.status_code == 409
    assert "Another customer has this name" in answer.content.decode()
    again = editor_client.post(row_url(batch), fields(answer) | {"action": "save"})
    assert again.status_code == 303
    assert row_states(batch) == ["checked"]
    assert BatchRow.objects.get(batch=batch).customer_id == first


def test_a_change_by_others_meanwhile_is_not_overwritten(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    batch = check(made(sandbox, editor, 1))
    url = row_url(batch)
    opened = fields(editor_client.get(url))
    changed_in_codat(sandbox, customers_of(sandbox, 1)[0], phone="0111 theirs")
    answer = editor_client.post(url, opened | {"f.phone": "0222 mine", "action": "save"})
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "Others changed this customer meanwhile (Phone)" in html
    assert 'value="0222 mine"' in html
    assert editor_client.post(url, fields(answer) | {"action": "save"}).status_code == 303
    assert BatchRow.objects.get(batch=batch).changes[0]["old"] == "0111 theirs"


def test_a_row_that_was_sent_meanwhile_is_not_saved(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    batch = check(made(sandbox, editor, 1))
    opened = fields(editor_client.get(row_url(batch)))
    states.start(batch, editor)
    send(batch)
    answer = editor_client.post(row_url(batch), opened | {"f.phone": "0", "action": "save"})
    assert answer.status_code == 409
    assert "This row was sent meanwhile" in answer.content.decode()
    assert writes(batch)[0].sent_values["phone"] == PHONE


def test_while_codat_is_away_what_was_typed_can_be_posted_again(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient, no_waiting: None
) -> None:
    batch = check(made(sandbox, editor, 1))
    opened = fields(editor_client.get(row_url(batch)))
    sandbox.faults.add("/data/customers", "status", status=500, count=-1)
    answer = editor_client.post(row_url(batch), opened | {"f.phone": "0 kept", "action": "save"})
    assert answer.status_code >= 500
    assert 'name="f.phone" value="0 kept"' in answer.content.decode()


def test_a_row_is_left_out_and_taken_in_again(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    batch = check(made(sandbox, editor, 2))
    for _ in range(2):
        answer = editor_client.post(row_url(batch, 1, QUERY), {"action": "leave_out"})
        assert answer.status_code == 303
        assert answer["Location"] == links.batch(batch.company_id, batch.pk) + QUERY
    assert row_states(batch) == ["left_out", "checked"]
    for _ in range(2):
        assert editor_client.post(row_url(batch), {"action": "take_in"}).status_code == 303
    # It was read and checked again.
    assert row_states(batch) == ["checked", "checked"]
    states.start(batch, editor)
    send(batch)
    assert row_states(batch) == ["pending", "pending"]
    editor_client.post(row_url(batch), {"action": "leave_out"})
    assert row_states(batch)[0] == "pending"


def test_a_row_taken_in_while_codat_is_away_needs_a_person(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient, no_waiting: None
) -> None:
    batch = check(made(sandbox, editor, 2))
    states.leave_out(BatchRow.objects.get(batch=batch, position=1))
    sandbox.faults.add("/data/customers", "status", status=500, count=-1)
    assert editor_client.post(row_url(batch), {"action": "take_in"}).status_code >= 500
    assert row_states(batch) == ["conflict", "checked"]
    states.start(batch, editor)
    page = editor_client.get(links.batch(batch.company_id, batch.pk)).content.decode()
    assert "is not checked again yet" in page


def test_a_viewer_sees_the_row_and_no_form(
    sandbox: Sandbox, editor: User, viewer_client: RawPathClient
) -> None:
    batch = check(made(sandbox, editor, 1, CLEAR_NAME))
    html = viewer_client.get(row_url(batch)).content.decode()
    main = html[html.index("<main") :]
    assert "Needs correction" in main
    assert "<form" not in main
    for action in ("save", "next", "leave_out", "take_in", "add:addresses"):
        assert viewer_client.post(row_url(batch), {"action": action}).status_code == 403
    assert row_states(batch) == ["invalid"]


@pytest.mark.parametrize(
    ("kind", "state", "text"),
    [
        ("refused", "running", "Customer is locked."),
        ("confirmed", "done", "Confirmed"),
        ("unknown", "running", "Codat did not respond"),
        ("not_sent", "cancelled", "The batch was cancelled."),
        ("invalid", "done", "Enter at most 10 characters"),
        ("missing", "running", "It may have been deleted"),
        ("unchanged", "running", "Unchanged"),
    ],
)
def test_what_cannot_be_corrected_says_what_is_known(
    kind: str, state: str, text: str, sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    batch = batch_of(editor, sandbox.company(COMPANY), state, **{kind: 1})
    page = editor_client.get(row_url(batch))
    assert page.status_code == 200
    html = page.content.decode()
    assert text in html
    assert 'name="base"' not in html
    assert "Country" in html
    fragment = editor_client.get(row_url(batch), headers=HTMX).content.decode()
    assert "<html" not in fragment
    assert text in fragment


def test_without_the_connection_the_form_says_why_it_is_not_there(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    batch = batch_of(editor, sandbox.company(COMPANY), "ready", invalid=1)
    page = editor_client.get(row_url(batch))
    assert "connection was replaced" in page.content.decode()
    assert editor_client.post(row_url(batch), {"action": "save"}).status_code == 409


def test_a_position_that_the_batch_does_not_have_is_not_found(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    batch = batch_of(editor, sandbox.company(COMPANY), "ready", invalid=1)
    assert editor_client.get(row_url(batch, 2)).status_code == 404
