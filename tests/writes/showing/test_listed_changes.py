"""The changes of the journal in the rows of a list of customers."""

from __future__ import annotations

import re
from datetime import timedelta
from html import escape, unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.models import Write
from customers.web import links
from customers.web.lists.list_states import read_customers
from customers.writes.showing import listed
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.journal import edit_customer, journal_row, settle_to_the_end
from tests.writes.showing.test_pending import poll_of, row_of

pytestmark = pytest.mark.django_db

State, Confirmation = Write.State, Write.Confirmation


def the_list(client: RawPathClient, company: str, **asked: str) -> str:
    return client.get(links.customers(company), asked).content.decode()


def test_a_confirmed_change_is_marked_for_a_while(
    company: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    edit_customer(editor_client, company)
    settle_to_the_end(sandbox)
    Write.objects.update(confirmation=Confirmation.CONFIRMED, confirmed_at=timezone.now())
    row = row_of(the_list(editor_client, company), "39")
    assert re.search(r'c-phone"><ins>\+44 ?new</ins>', row)
    assert "Confirmed" in row
    Write.objects.update(confirmed_at=timezone.now() - listed.CONFIRMED_FOR)
    row = row_of(the_list(editor_client, company), "39")
    assert "<ins>" not in row
    assert "<time" in row


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_a_refused_change_can_be_mended_from_its_row(
    company: str, editor: User, role: str, request: pytest.FixtureRequest
) -> None:
    client: RawPathClient = request.getfixturevalue(f"{role}_client")
    write = journal_row(
        company, editor, state=State.FAILED, push_operation_key="k", completed_at=timezone.now()
    )
    row = row_of(the_list(client, company), "39")
    assert '<span class="refused">' in row
    assert "new 2" in row
    assert "Refused" in row
    fix = f'href="{links.edit(company, "39")}?write={write.pk}&amp;list=&amp;at='
    assert (fix in row) == (role == "editor")


@pytest.mark.parametrize(
    "gone",
    [
        {"seen_at": timezone.now()},
        {"decision": Write.Decision.NOT_RECEIVED},
        {"created_at": timezone.now() - listed.FAILED_FOR - timedelta(hours=1)},
    ],
)
def test_a_failed_change_that_was_looked_at_or_decided_leaves_its_row(
    company: str, editor: User, editor_client: RawPathClient, gone: dict[str, Any]
) -> None:
    journal_row(company, editor, state=State.FAILED, push_operation_key="k", **gone)
    assert "Refused" not in row_of(the_list(editor_client, company), "39")


def test_a_failed_change_that_another_followed_leaves_its_row(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    old = timezone.now() - timedelta(hours=1)
    failed = {"state": State.FAILED, "push_operation_key": "k"}
    journal_row(company, editor, created_at=old, **failed)
    journal_row(company, editor, state=State.SUCCESS, confirmation=Confirmation.CONFIRMED)
    assert "Refused" not in row_of(the_list(editor_client, company), "39")
    create = journal_row(
        company, editor, kind=Write.Kind.CREATE, customer_id="", customer_name="A", **failed
    )
    assert "Refused" in the_list(editor_client, company)
    journal_row(
        company,
        editor,
        kind=Write.Kind.CREATE,
        customer_id="",
        retry_of=create,
        state=State.SUCCESS,
        confirmation=Confirmation.CONFIRMED,
    )
    assert "Refused" not in the_list(editor_client, company)


def test_the_links_of_a_row_keep_the_list(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    query = read_customers({"q": "Birkett", "order_by": "-id", "page_size": "25"}).address()
    write = journal_row(
        company, editor, state=State.FAILED, push_operation_key="k", completed_at=timezone.now()
    )
    # The page polls for this one.
    journal_row(company, editor, customer_id="38", state=State.PENDING, push_operation_key="j")
    page = editor_client.get(links.customers(company) + query).content.decode()
    kept = links.from_list(query, 1)[1:]
    expected = {
        f"{links.edit(company, '39')}?write={write.pk}&{kept}",
        f"{links.write(company, write.pk)}?{kept}",
    }
    for html in (page, editor_client.get(poll_of(page)).content.decode()):
        assert expected <= set(map(unescape, re.findall(r'href="([^"]+)"', html)))
    (fix,) = (url for url in expected if "/edit/" in url)
    form = editor_client.get(fix).content.decode()
    assert "for “Birkett”" in form
    assert f'href="{links.customers(company)}{escape(query)}#at-1"' in form


def test_a_new_customer_stands_on_top_of_the_first_page_where_it_belongs(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    write = journal_row(
        company,
        editor,
        kind=Write.Kind.CREATE,
        customer_id="",
        customer_name="Zebra Ltd",
        payload='{"customerName": "Zebra <Ltd>", "phone": "+44 1", "defaultCurrency": "GBP"}',
        before="",
        state=State.PENDING,
        push_operation_key="k",
    )
    html = the_list(editor_client, company)
    first = re.findall(r"<tr[^>]*>.*?</tr>", html.partition("<tbody>")[2], re.DOTALL)[0]
    assert (
        f'<a href="{links.write(company, write.pk)}?list=&amp;at=">Zebra &lt;Ltd&gt;</a>' in first
    )
    assert "<ins>+44 1</ins>" in first
    assert "Sent" in first
    assert 'type="checkbox"' not in first
    for asked, is_there in (
        ({"q": "zeb"}, True),
        ({"q": "zeb 44"}, True),
        ({"currency": "GBP"}, True),
        ({"q": "Birkett"}, False),
        ({"currency": "USD"}, False),
        ({"deleted": "only"}, False),
        ({"page": "2", "page_size": "25"}, False),
    ):
        html = the_list(editor_client, company, **asked)
        assert ("Zebra &lt;" in html) == is_there, asked
        assert ("1 change to customers" in html) == (not is_there), asked


def test_changes_without_a_row_are_counted(
    company: str, editor: User, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    for record_id in ("38", "39"):
        journal_row(company, editor, customer_id=record_id, state=State.PENDING)
    assert "changes to customers" not in the_list(editor_client, company)
    html = the_list(editor_client, company, page_size="25", page="2", order_by="-id")
    assert "2 changes to customers on other pages" in html
    assert "2 changes to customers not shown here" in the_list(editor_client, company, q="Yarrow")


def test_several_changes_of_a_customer_are_one_row(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    pending = {"state": State.PENDING, "push_operation_key": "k"}
    before = '{"phone": "a", "emailAddress": "b"}'
    journal_row(company, editor, before=before, payload='{"phone": "+1 555"}', **pending)
    journal_row(company, editor, before=before, payload='{"emailAddress": "n@e.w"}', **pending)
    row = row_of(the_list(editor_client, company), "39")
    assert row.count('class="coming"') == 2
    assert row.count("row-state") == 1


def test_a_change_of_an_address_stands_in_its_columns(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    journal_row(
        company,
        editor,
        before='{"addresses": [{"type": "Billing", "city": "York"}]}',
        payload='{"addresses": [{"type": "Billing", "city": "Selby"}]}',
        state=State.PENDING,
    )
    row = row_of(the_list(editor_client, company), "39")
    assert re.search(r'c-city">.*Selby.*</td><td class="c-country', row)


def test_the_poll_brings_the_states_of_the_rows(
    company: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    write = edit_customer(editor_client, company)
    address = poll_of(the_list(editor_client, company))
    html = editor_client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert f'id="state-{write.pk}" hx-swap-oob="true"' in html
    elsewhere = poll_of(the_list(editor_client, company, q="Yarrow"))
    html = editor_client.get(elsewhere, headers={"HX-Request": "true"}).content.decode()
    assert "state-" not in html, "htmx logs an error for what is not on the page"


def test_the_rows_cost_two_queries_at_most(company: str, editor: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as made:
            listed.listed_writes(company)
        return len(made)

    assert queries() == 1
    for number in range(5):
        journal_row(company, editor, customer_id=str(number), state=State.FAILED)
        journal_row(company, editor, customer_id=str(number), state=State.PENDING)
    assert queries() == 2
