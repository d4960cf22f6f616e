"""Codat's findings are shown at the fields that their itemId means."""

from __future__ import annotations

from typing import Any

import pytest

from customers.forms import Form
from tests.support.pages.forms import array, form_page, model, node, obj, page_of, post, press

RECORD: dict[str, Any] = {
    "customerName": "A",
    "addresses": [
        {"type": "Billing", "city": "X"},
        {"type": "Delivery", "postalCode": "BS1", "line1": "y"},
    ],
    "contacts": [
        {"name": "", "address": {"city": "Bath"}},
        {"name": "B", "phone": [{"number": "1", "type": "Fax"}, {"number": "2", "type": "Fax"}]},
    ],
}


@pytest.mark.parametrize(
    ("item_id", "where"),
    [
        ("CustomerName", "customerName"),
        ("customername", "customerName"),
        ("Customer.CustomerName", "customerName"),
        ("customers[0].customerName", "customerName"),
        ("Contacts", "contacts"),
        ("addresses[1].line1", "addresses.b1.line1"),
        ("customers[0].addresses[1].line1", "addresses.b1.line1"),
        ("customer/addresses/1/line1", "addresses.b1.line1"),
        ("Addresses.1.Line1", "addresses.b1.line1"),
        ("Address.PostalCode", "addresses.b1.postalCode"),
        ("PostalCode", "addresses.b1.postalCode"),
        ("Address[0].PostalCode", "addresses.b0.postalCode"),
        ("Addresses[1]", "addresses.b1"),
        ("addresses[9].line1", "addresses"),
        ("contacts[9].phone[0].number", "contacts"),
        ("contacts[1].phone[9].number", "contacts.b1.phone"),
        ("Contact.Address.City", "contacts.b0.address.city"),
        ("contacts[1].phone[1].number", "contacts.b1.phone.b1.number"),
        ("Phone.Number", "contacts.b1.phone.b0.number"),
        ("contacts[1].address.line1", "contacts.b1.address.line1"),
        ("tax_number", "taxNumber"),
        ("status", "status"),
    ],
)
def test_a_finding_goes_to_the_field_that_its_item_id_means(item_id: str, where: str) -> None:
    form = Form(model("sandbox"), RECORD)
    form.add_findings([{"itemId": item_id, "message": "No good.", "validatorName": ""}])
    assert form.errors == {f"f.{where}": ["No good."]}
    page = page_of(form)
    assert form.summary[0]["anchor"] == f"f-{where}"
    assert form.summary[0]["anchor"] in page.ids


@pytest.mark.parametrize(
    "item_id", ["NominalCode", "", None, 7, [], "a.b.c", "metadata.isDeleted", "." * 600]
)
def test_a_finding_without_a_field_goes_to_the_summary(item_id: object) -> None:
    form = Form(model("sandbox"), RECORD | {"metadata": {"isDeleted": False}})
    form.add_findings([{"itemId": item_id, "message": "No good."}])
    assert form.errors == {}
    assert form.summary[0]["text"].endswith("No good.")
    assert form.summary[0]["anchor"] == ""


def test_findings_of_an_unexpected_shape_are_skipped() -> None:
    form = Form(model("sandbox"), RECORD)
    form.add_findings([None, 7, "x", {}, {"message": {}}, {"itemId": "status", "message": None}])
    page_of(form)


def test_two_messages_for_one_field_are_both_shown() -> None:
    form = Form(model("sandbox"), RECORD)
    form.add_findings(
        [{"itemId": "status", "message": "One."}, {"itemId": "Status", "message": "Two."}]
    )
    assert form.errors == {"f.status": ["One. Two."]}


def test_indexes_count_the_rows_that_were_sent() -> None:
    wanting = obj(rows=array(a=node(), b=node()))
    page = form_page(wanting, {"rows": [{"a": "0"}, {"a": "1"}, {"a": "2"}]})
    page = press(wanting, page, "remove:rows:b0")
    page = press(wanting, page, "add:rows")
    page["f.rows.n1.b"].type("new")
    page = press(wanting, page, "up:rows:n1")
    form = post(wanting, page)
    form.add_findings(
        [{"itemId": "rows[1].b", "message": "x"}, {"itemId": "rows[2].a", "message": "y"}]
    )
    assert form.errors == {"f.rows.n1.b": ["x"], "f.rows.b2.a": ["y"]}


def test_messages_are_escaped() -> None:
    form = Form(model("sandbox"), RECORD)
    form.add_findings([{"itemId": "status", "message": "<script>alert(1)</script>"}])
    assert "<script>alert(1)</script>" in page_of(form).text


def test_an_error_in_a_collapsed_row_opens_it() -> None:
    model = obj(rows=array(a=node(), inner=array(b=node(), c=node(), d=node(), e=node())))
    record = {"rows": [{"a": str(n), "inner": [{"b": "x"}] * 5} for n in range(6)]}
    form = Form(model, record)
    form.add_findings([{"itemId": "rows[4].inner[3].b", "message": "No."}])
    assert page_of(form).open_rows == {"f-rows.b4", "f-rows.b4.inner.b3"}
