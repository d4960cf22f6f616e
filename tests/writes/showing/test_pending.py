"""Changes that Codat's copy does not show yet, on lists, customers and forms."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from customers.models import Write
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.journal import edit_customer, journal_row
from tests.support.pages.controls import fields

pytestmark = pytest.mark.django_db

State = Write.State


def cell_of(html: str, path: str) -> str:
    """The place of a field on a customer's page."""
    return html.partition(f'id="field-{path}"')[2].partition('<div class="slot">')[0]


def plain(html: str) -> str:
    """The text of HTML without its marks."""
    return re.sub("<[^>]+>", "", html)


def row_of(html: str, customer: str) -> str:
    """The row of a customer in a list."""
    rows: list[str] = re.findall(r"<tr[^>]*>.*?</tr>", html, re.DOTALL)
    return next(row for row in rows if f'name="id" value="{customer}"' in row)


def test_list_and_customer_show_the_pending_change_beside_codats_copy(
    company: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    old = sandbox.state("qbo").copy["39"]["phone"]
    write = edit_customer(editor_client, company)
    html = editor_client.get(links.customer(company, "39")).content.decode()
    assert "Pending changes" in html
    assert "by <bdi>editor</bdi>" in html
    assert links.write(company, write.pk) in html
    cell = cell_of(html, "phone")
    assert plain(old) in plain(cell)
    assert "+44 new" in plain(cell)
    assert f'data-write="{write.pk}"' in cell
    row = row_of(editor_client.get(links.customers(company)).content.decode(), "39")
    assert f'<span class="from"><del>{old}</del></span>' in row
    assert '<span class="coming"><ins>+44 new</ins></span>' in row
    assert links.write(company, write.pk) in row
    assert "<time" not in row, "the state stands in place of the date"
    for _ in range(6):
        sandbox.settle()
        editor_client.get(links.write(company, write.pk) + "?check=1")
    for url in (links.customers(company), links.customer(company, "39")):
        html = editor_client.get(url).content.decode()
        assert "Pending changes" not in html
        assert "+44 new" in html
    assert "Confirmed" in cell_of(html, "phone")


def test_a_created_customer_is_in_the_list_before_the_sync(
    company: str, editor_client: RawPathClient
) -> None:
    url = links.new(company)
    typed = {"f.customerName": "Brand New Ltd", "f.status": "Active", "action": "save"}
    editor_client.post(url, fields(editor_client.get(url)) | typed)
    assert "Brand New Ltd" in editor_client.get(links.customers(company)).content.decode()


def test_no_page_calls_an_unknown_change_saved(
    company: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    sandbox.faults.add("PUT", "status", status=503)
    write = edit_customer(editor_client, company)
    assert write.state == Write.State.UNKNOWN
    page = editor_client.get(links.write(company, write.pk)).content.decode()
    assert "Codat returned an error (503)" in page
    page = editor_client.get(links.customer(company, "39")).content.decode()
    assert "Outcome unknown" in page
    assert "+44 new" in plain(cell_of(page, "phone"))
    assert "Unknown" in cell_of(page, "phone")
    assert "Pending changes" not in page
    page = editor_client.get(links.edit(company, "39")).content.decode()
    assert "We do not know yet whether the change that editor sent" in page
    assert "Includes the change that editor saved" not in page

    Write.objects.update(state=Write.State.PENDING)
    page = editor_client.get(links.customer(company, "39")).content.decode()
    assert "Outcome unknown" not in page
    page = editor_client.get(links.edit(company, "39")).content.decode()
    assert "Includes the change that editor saved" in page


def test_a_second_new_customer_of_a_name_is_confirmed_first(
    company: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    url = links.new(company)

    def typed(name: str) -> dict[str, str]:
        said = {"f.customerName": name, "f.status": "Active", "action": "save"}
        return fields(editor_client.get(url)) | said

    assert editor_client.post(url, typed("Twin Ltd")).status_code == 303
    assert editor_client.post(url, typed("Other Ltd")).status_code == 303

    asked = editor_client.post(url, typed("twin ltd"))
    assert asked.status_code == 409
    assert "editor saved a new customer with this name just now" in asked.content.decode()
    assert Write.objects.count() == 2
    again = editor_client.post(url, fields(asked) | {"action": "save"})
    assert again.status_code == 303
    assert Write.objects.count() == 3

    # A review neither counts as a confirmation nor takes it back.
    said = fields(asked)
    look = editor_client.post(url, said | {"action": "review", "f.phone": "1"})
    assert fields(look)["same_name"] == said["same_name"]

    # Another pending customer of that name has to be confirmed again.
    assert (
        editor_client.post(url, fields(asked) | {"action": "save"}).status_code == 303
    )  # The same form.
    third = editor_client.post(url, typed("Twin Ltd") | {"same_name": str(Write.objects.last().pk)})  # type: ignore[union-attr]
    assert third.status_code == 409
    assert Write.objects.count() == 3


def test_saving_a_new_customer_again_asks_once(company: str, editor_client: RawPathClient) -> None:
    url = links.new(company)
    said = {"f.customerName": "Again Ltd", "f.status": "Active", "action": "save"}
    typed = fields(editor_client.get(url)) | said
    assert editor_client.post(url, typed).status_code == 303
    asked = editor_client.post(
        url, typed | {"f.phone": "1"}
    )  # After going back and changing a field.
    assert asked.status_code == 409
    assert "You already saved this form with different values" in asked.content.decode()
    assert editor_client.post(url, fields(asked) | {"action": "save"}).status_code == 303


POLL = re.compile(r'hx-get="([^"]+/writes/pending/[^"]*)" hx-trigger="every (\d+)s')


def poll_of(html: str) -> str:
    """The address from which the section of pending changes is loaded again; "" where it is not."""
    found = POLL.findall(html)
    assert len(found) <= 1, "one poll per page"
    return found[0][0].replace("&amp;", "&") if found else ""


@pytest.mark.parametrize("on", ["list", "customer"])
def test_pending_changes_load_themselves_again_until_they_are_confirmed(
    company: str, editor_client: RawPathClient, sandbox: Sandbox, on: str
) -> None:
    write = edit_customer(editor_client, company)
    page = links.customers(company) if on == "list" else links.customer(company, "39")
    address = poll_of(editor_client.get(page).content.decode())
    for _ in range(6):
        sandbox.settle()
        sandbox.clear_calls()
        answer = editor_client.get(address, headers={"HX-Request": "true"})
        assert sandbox.calls == [], "a poll reads our own database alone"
        html = answer.content.decode()
        assert 'id="my-writes" hx-swap-oob="true"' in html
        write.refresh_from_db()
        is_pending = write.confirmation in ("", "waiting")
        assert bool(poll_of(html)) == is_pending
        assert ("HX-Trigger" in answer) == (not is_pending)
        editor_client.get(links.write(company, write.pk) + "?check=1")
    assert not is_pending
    html = editor_client.get(page).content.decode()
    assert poll_of(html) == ""
    # What the end of a change triggers loads the records again.
    assert 'hx-trigger="customers-refreshed from:body"' in html


@pytest.mark.parametrize(
    ("values", "polls"),
    [
        ({"state": "pending", "push_operation_key": "k"}, True),
        ({"state": "sending"}, True),
        ({"state": "success", "confirmation": "waiting"}, True),
        ({"state": "pending", "push_operation_key": "k", "created_at": 3}, False),
        ({"state": "unknown"}, False),
    ],
)
def test_every_page_with_a_state_that_can_end_renews_itself_or_tells_its_time(
    company: str, editor: User, editor_client: RawPathClient, values: dict[str, Any], polls: bool
) -> None:
    now = timezone.now()
    times = {"checked_at": now, "created_at": now - timedelta(hours=values.get("created_at", 0))}
    journal_row(company, editor, **values | times)
    for page in (links.customers(company), links.customer(company, "39")):
        html = editor_client.get(page).content.decode()
        assert bool(poll_of(html)) == polls
        assert bool(re.search(r"[Aa]s of <time", html)) == (not polls)
        assert "Reload this page</a>" in html
    for page in (links.writes(company), links.my_writes() + "?state="):
        html = editor_client.get(page).content.decode()
        found = re.search(r'<section id="writes"[^>]*hx-trigger="every ', html)
        assert bool(found) == polls


def test_the_section_of_another_customer_stays_as_it_is(
    company: str, editor: User, viewer_client: RawPathClient
) -> None:
    journal_row(company, editor, customer_id="38", state="pending")
    for customer in ("39", "\0", "x" * 3000):
        answer = viewer_client.get(links.pending(company, customer, shown="e3b0c44298fc1c14"))
        assert answer.status_code == 200
        assert "HX-Trigger" not in answer
        assert 'id="pending"' not in answer.content.decode()
