"""The form's page: who may open it, page and fragment, IDs of any kind."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
import simplejson

from customers.models import Write
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.journal import calls
from tests.support.pages.controls import fields, press

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true", "HX-Target": "form"}


@pytest.mark.parametrize("new", [True, False])
def test_only_editors_can_open_the_form(
    company: str,
    customer_id: str,
    new: bool,
    anonymous_client: RawPathClient,
    viewer_client: RawPathClient,
    editor_client: RawPathClient,
) -> None:
    url = links.new(company) if new else links.edit(company, customer_id)
    assert anonymous_client.get(url).status_code == 302
    assert viewer_client.get(url).status_code == 403
    assert editor_client.get(url).status_code == 200
    assert editor_client.put(url).status_code == 405


def test_a_missing_customer_is_not_found(company: str, editor_client: RawPathClient) -> None:
    assert editor_client.get(links.edit(company, "no-such-id")).status_code == 404


def test_the_form_answers_as_page_and_as_fragment(
    company: str, customer_id: str, editor_client: RawPathClient
) -> None:
    url = links.edit(company, customer_id)
    page = editor_client.get(url)
    typed = fields(page) | {"action": "add:addresses"}
    fragment = editor_client.post(url, typed, headers=HTMX).content.decode()
    whole = editor_client.post(url, typed).content.decode()
    assert "<html" not in fragment
    assert 'id="form"' in fragment
    assert "<html" in whole
    assert "HX-Request" in page["Vary"]


@pytest.mark.parametrize("key", ["deauthorized", "unlinked", "no_accounting", "pending"])
def test_without_a_linked_connection_nothing_is_sent_and_entered_values_are_shown(
    sandbox: Sandbox, editor_client: RawPathClient, key: str
) -> None:
    url = links.new(sandbox.company(key))
    assert editor_client.get(url).status_code == 200
    answer = editor_client.post(url, {"f.customerName": "typed", "submission": "x"})
    assert answer.status_code == 409
    assert 'value="typed"' in answer.content.decode()
    assert not Write.objects.exists()


def test_a_customer_with_any_id_can_be_edited(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    odd = sandbox.company("odd")
    for customer in ("a/b", "a b", "100%", "a%2Fb", "../etc/passwd", "клиент-7"):
        url = links.edit(odd, customer)
        page = editor_client.get(url)
        assert page.status_code == 200, customer
        answer = press(editor_client, url, page, "save", **{"f.phone": "+44 1"})
        assert answer.status_code == 303, customer
        assert Write.objects.filter(customer_id=customer).count() == 1


def test_a_copy_of_a_customer_has_its_values_and_not_its_id(
    company: str, customer_id: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    record = sandbox.state("qbo").copy[customer_id]
    url = links.new(company)
    page = editor_client.get(f"{url}?{urlencode({'from': customer_id})}")
    assert fields(page)["f.customerName"] == record["customerName"]
    answer = press(editor_client, url, page, "save", **{"f.customerName": "A copy Ltd"})
    assert answer.status_code == 303
    assert Write.objects.get().sent_values["customerName"] == "A copy Ltd"
    assert "id" not in Write.objects.get().sent_values
    assert Write.objects.get().sent_values["addresses"] == [
        {key: value for key, value in row.items() if value} for row in record["addresses"]
    ]


def test_undo_opens_the_form_with_the_values_from_before_the_change(
    company: str, customer_id: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    url = links.edit(company, customer_id)
    old = sandbox.state("qbo").copy[customer_id]["phone"]
    press(editor_client, url, editor_client.get(url), "save", **{"f.phone": "+44 1"})
    write = Write.objects.get()
    sandbox.settle()
    editor_client.post(links.refresh(company))
    sandbox.settle()
    page = editor_client.get(f"{url}?revert={write.pk}")
    assert fields(page)["f.phone"] == old
    assert Write.objects.count() == 1


def test_values_without_a_field_in_the_model_are_listed_as_not_sent(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    url = links.edit(sandbox.company("odd"), "keys-unknown")
    page = editor_client.get(url)
    part = page.content.decode().partition('id="unsent"')[2].partition("</details>")[0]
    assert "values of this customer, so they are not sent" in part
    for value in ("AA", "1234567890.12", "Gold", "12345678901234567890", "Older name"):
        assert value in part
    editor_client.post(url, fields(page) | {"f.phone": "+45 1"})
    (call,) = calls(sandbox, "PUT")
    assert set(simplejson.loads(call.body)) <= {"customerName", "status", "phone"}


def test_a_form_for_a_new_customer_starts_with_the_name_and_an_active_status(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    page = editor_client.get(links.new(sandbox.company("freshbooks"))).content.decode()
    assert autofocus(page) == ["f-customerName"]
    page = editor_client.get(links.new(sandbox.company("netsuite"))).content.decode()
    assert '<option value="Active" selected>' in page


def test_an_existing_customer_has_no_field_in_focus_unless_the_address_names_one(
    company: str, customer_id: str, editor_client: RawPathClient
) -> None:
    url = links.edit(company, customer_id)
    page = editor_client.get(url).content.decode()
    assert autofocus(page) == []
    assert '<details class="fold" id="f-addresses.b1">' in page
    page = editor_client.get(f"{url}?field=addresses.b1.postalCode").content.decode()
    assert autofocus(page) == ["f-addresses.b1.postalCode"]
    assert '<details class="fold" id="f-addresses.b1" open>' in page
    page = editor_client.get(f"{url}?field=no.such%22field").content.decode()
    assert autofocus(page) == []


def test_a_posted_form_marks_what_was_changed(
    company: str, customer_id: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    old = sandbox.state("qbo").copy[customer_id]["phone"]
    url = links.edit(company, customer_id)
    page = editor_client.get(url)
    assert "Save changes" in page.content.decode()
    answer = press(editor_client, url, page, "review", **{"f.phone": "+44 999"}).content.decode()
    assert f"was {old}" in answer


def autofocus(html: str) -> list[str]:
    """The ids of the elements that take the focus."""
    return re.findall(r'id="([^"]*)"[^>]* autofocus', html)
