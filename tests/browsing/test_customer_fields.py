"""The fields on a customer's page: whatever the record holds is shown once."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string
from django.test import RequestFactory
from hypothesis import given

from customers.browsing.customer_page.customer_detail import RecordView, read_record
from customers.codat.decoding import MAX_DEPTH
from customers.web.company_context import company_context
from customers.web.record_field import FieldAddresses
from tests.support.cases.records import any_customer

PAGE = company_context(RequestFactory().get("/"), "c1", {"id": "c1"})


def record_of(customer: dict[str, Any]) -> RecordView:
    """The record as a viewer sees it."""
    return read_record(customer, lambda keys, value: False)


def fields(customer: dict[str, Any]) -> str:
    """The page of the fields as HTML."""
    context = {
        "record": record_of(customer),
        "page": PAGE,
        "pending": [],
        "pending_url": "/pending/",
        "pending_seconds": None,
        "customer_id": "1",
        "states": {},
        "addresses": FieldAddresses("c1", "1", PAGE.query),
        "csrf_input": "",
        "perms": {"customers": {"read_audit": False}},
        "broken_rules": [],
        "quality_url": "/quality/",
        "may_edit": False,
        "writes_url": "/writes/",
        "attachments_url": "/attachments/",
    }
    return render_to_string("browsing/_customer.html", context)


@given(any_customer)
def test_any_record_can_be_shown(customer: dict[str, Any]) -> None:
    assert "<script" not in fields(customer)


def test_every_value_of_a_record_is_shown() -> None:
    customer = {
        "id": "1",
        "addresses": [{"type": "Billing", "line1": "L1", "what3words": "a.b.c"}],
        "contacts": [
            {"name": "N", "phone": [{"number": "5", "type": "Fax", "ext": "9"}], "role": "Boss"}
        ],
        "supplementalData": {"content": {"xero": {"HasAttachments": True, "deep": [{"a": 1}]}}},
        "metadata": {"isDeleted": True, "source": "import"},
        "platformField": {"x": None},
    }
    record = record_of(customer)
    assert record.is_deleted
    assert [part.field.text for line in record.addresses[0].lines for part in line] == ["L1"]
    assert [(phone.field.text, phone.kind) for phone in record.contacts[0].phones] == [
        ("5", "Fax, Ext: 9")
    ]
    html = fields(customer).partition('<details class="raw"')[0]
    for value in ("a.b.c", "Boss", "Has attachments", "import", "Platform field"):
        assert html.count(value) == 1, value


def test_a_value_nested_as_deeply_as_can_be_read_becomes_text() -> None:
    value: Any = "bottom <b>"
    for _ in range(MAX_DEPTH - 1):
        value = {"down": value}
    html = fields({"id": "1", "odd": value})
    assert "bottom &lt;b&gt;" in html
    assert html.count("<dl") < 20


def test_a_date_and_time_in_an_unknown_field_is_formatted_and_a_date_is_not() -> None:
    html = fields(
        {"id": "1", "seenAt": "2024-02-03T04:05:06Z", "day": "2024-02-03", "no": 20240203}
    )
    assert 'datetime="2024-02-03T04:05:06Z"' in html
    assert ">3 Feb 2024, 04:05 UTC</time>" in html
    assert ">2024-02-03</dd>" in html
    assert ">20240203</dd>" in html
