"""Changes that Codat's copy does not show yet, on lists, customers and forms."""

from __future__ import annotations

import pytest

from customers.models import Write
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.controls import fields
from tests.support.journal import edit_customer

pytestmark = pytest.mark.django_db

State = Write.State


def test_list_and_customer_show_the_pending_change_beside_codats_copy(
    company: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    old = sandbox.state("qbo").copy["39"]["phone"]
    write = edit_customer(editor_client, company)
    for url in (links.customers(company), links.customer(company, "39")):
        html = editor_client.get(url).content.decode()
        assert "Pending changes" in html
        assert "by <bdi>editor</bdi>" in html
        assert links.write(company, write.pk) in html
    assert old in html
    assert "+44 new" in html
    for _ in range(6):
        sandbox.settle()
        editor_client.get(links.write(company, write.pk) + "?check=1")
    for url in (links.customers(company), links.customer(company, "39")):
        html = editor_client.get(url).content.decode()
        assert "Pending changes" not in html
        assert "+44 new" in html


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
    assert "New value (unconfirmed)" in page
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
