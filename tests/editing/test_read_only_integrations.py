"""Integrations whose customers can be read and not written: said as such, and remembered."""

from __future__ import annotations

import pytest

from customers.models import Write
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient, forget_codat
from tests.support.controls import fields

pytestmark = pytest.mark.django_db

MESSAGE = '{"error": "Datatype customers not supported by platform(s)", "statusCode": 404}'


def offers(client: RawPathClient, company: str, customer_id: str) -> set[str]:
    """The buttons for changes that the pages for reading show."""
    text = "".join(
        client.get(url).content.decode()
        for url in (links.customers(company), links.customer(company, customer_id))
    )
    addresses = {"new": links.new(company), "edit": links.edit(company, customer_id)}
    return {name for name, address in addresses.items() if f'href="{address}"' in text}


@pytest.mark.parametrize("form", ["new", "edit"])
def test_the_form_says_so_and_it_is_not_offered_again(
    sandbox: Sandbox, editor_client: RawPathClient, form: str
) -> None:
    company = sandbox.company("read_only")
    customer_id = next(iter(sandbox.state("read_only").copy))
    url = links.new(company) if form == "new" else links.edit(company, customer_id)
    assert offers(editor_client, company, customer_id) == {"new", "edit"}

    page = editor_client.get(url)

    text = page.content.decode()
    assert page.status_code == 409
    assert "Not supported by the accounting software" in text
    assert "can be read through Codat, but not added or changed" in text
    assert "Not found" not in text
    assert f'href="{links.customers(company)}"' in text
    assert offers(editor_client, company, customer_id) == set()
    for reading in (links.customers(company), links.customer(company, customer_id)):
        shown = editor_client.get(reading)
        assert shown.status_code == 200
        assert "Customers in Clear Books can only be read." in shown.content.decode()


def test_what_was_typed_is_kept_where_it_turns_out_at_the_save(
    sandbox: Sandbox, editor_client: RawPathClient, company: str, customer_id: str
) -> None:
    url = links.edit(company, customer_id)
    posted = fields(editor_client.get(url)) | {"f.phone": "0222 333", "action": "save"}
    forget_codat()
    sandbox.faults.add("/options/customers", "json", status=404, body=MESSAGE, count=1)
    page = editor_client.post(url, posted)
    text = page.content.decode()
    assert "Not supported by the accounting software" in text
    assert 'value="0222 333"' in text
    assert not Write.objects.exists()


def test_it_is_deleted_once_there_is_a_model(
    sandbox: Sandbox, editor_client: RawPathClient, company: str, customer_id: str
) -> None:
    sandbox.faults.add("/options/customers", "json", status=404, body=MESSAGE, count=1)
    assert editor_client.get(links.new(company)).status_code == 409
    assert offers(editor_client, company, customer_id) == set()
    assert editor_client.get(links.new(company)).status_code == 200
    assert offers(editor_client, company, customer_id) == {"new", "edit"}


def test_one_connection_says_nothing_about_another(
    sandbox: Sandbox, editor_client: RawPathClient, company: str, customer_id: str
) -> None:
    assert editor_client.get(links.new(sandbox.company("read_only"))).status_code == 409
    assert offers(editor_client, company, customer_id) == {"new", "edit"}
