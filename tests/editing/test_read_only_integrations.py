"""Integrations whose customers can be read and not written: said as such, and remembered."""

from __future__ import annotations

import re

import pytest

from customers.codat.companies import may_write_customers
from customers.models import Write
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient, forget_codat
from tests.support.pages.controls import fields

pytestmark = pytest.mark.django_db

MESSAGE = '{"error": "Datatype customers not supported by platform(s)", "statusCode": 404}'


def offers(client: RawPathClient, company: str, customer_id: str) -> set[str]:
    """The buttons for changes that the pages for reading show."""
    text = "".join(
        client.get(url).content.decode()
        for url in (links.customers(company), links.customer(company, customer_id))
    )
    addresses = {"new": links.new(company), "edit": links.edit(company, customer_id)}
    return {
        name
        for name, address in addresses.items()
        if re.search(rf'href="{re.escape(address)}["?]', text)
    }


def test_nothing_is_offered_where_the_integration_says_so(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    company = sandbox.company("read_only")
    customer_id = next(iter(sandbox.state("read_only").copy))
    assert offers(editor_client, company, customer_id) == set()
    text = editor_client.get(links.customers(company)).content.decode()
    assert "Customers in Clear Books can only be read." in text
    asked = [call.path for call in sandbox.calls if call.path.startswith("/integrations")]
    assert len(asked) == 1


@pytest.mark.parametrize(
    "features",
    [
        None,
        [],
        [None, 7, {"datatype": None}],
        [{"datatype": "invoices", "supportedFeatures": [{"featureType": "Put"}]}],
        [{"datatype": "customers", "supportedFeatures": None}],
        [{"datatype": "customers", "supportedFeatures": [None, {}, {"featureType": "Get"}]}],
        [
            {
                "datatype": "Customers",
                "supportedFeatures": [
                    {"featureType": "Post", "featureState": "NotSupported"},
                    {"featureType": "Put", "featureState": "Beta"},
                ],
            }
        ],
    ],
)
def test_a_description_that_does_not_say_no_hides_nothing(features: object) -> None:
    assert may_write_customers({"datatypeFeatures": features})


@pytest.mark.parametrize("state", ["NotSupported", "NotImplemented"])
def test_a_description_that_says_no(state: str) -> None:
    features = [{"featureType": name, "featureState": state} for name in ("Post", "Put")]
    described = {"datatype": "customers", "supportedFeatures": features}
    assert not may_write_customers({"datatypeFeatures": [described]})


@pytest.mark.parametrize("form", ["new", "edit"])
def test_the_form_says_so_and_it_is_not_offered_again(
    sandbox: Sandbox, editor_client: RawPathClient, form: str
) -> None:
    company = sandbox.company("read_only")
    customer_id = next(iter(sandbox.state("read_only").copy))
    url = links.new(company) if form == "new" else links.edit(company, customer_id)
    sandbox.faults.add("/integrations", "json", status=404, body="{}")
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
    assert page.status_code == 409
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
