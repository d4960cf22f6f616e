"""Numbered columns of addresses and contacts: which row of the record each group means, and what becomes of it."""

from __future__ import annotations

from typing import Any

from customers.batches.applying import apply_own
from customers.forms import Form, compile_model
from customers.spreadsheets.importing.sheets.cells import Cells
from customers.spreadsheets.importing.sheets.sheet import Sheet
from tests.support.pages.forms import array, choices, node, obj

MODEL = obj(
    customerName=node(required=True),
    addresses=array(
        type=node(options=choices("Billing", "Delivery"), required=True),
        line1=node(),
        city=node(),
        country=node(),
    ),
    contacts=array(name=node(), email=node(), phone=array(number=node(required=True), type=node())),
    tags=node("Array"),
)
BILLING = {"type": "Billing", "line1": "1 Mill Lane", "city": "Leeds", "country": "UK"}
DELIVERY = {"type": "Delivery", "line1": "2 Dock Road", "city": "Hull", "country": "UK"}
ANNA = {
    "name": "Anna",
    "email": "anna@x.example",
    "phone": [{"number": "111", "type": "Mobile"}, {"number": "222", "type": "Home"}],
}
BEN = {"name": "Ben", "email": "ben@x.example", "phone": [{"number": "333", "type": "Mobile"}]}


def after(record: dict[str, Any] | None, row: dict[str, str], **more: Any) -> dict[str, Any]:
    """What would be sent for a record, or a new customer, by a row with these cells."""
    compiled = compile_model(MODEL)
    sheet = Sheet(compiled, list(row), **more)
    cells = Cells(list(row.values()))
    draft = sheet.draft(cells, Form(compiled, record, creating=record is None))
    assert draft.problems == []
    form = Form(compiled, record, creating=record is None)
    assert apply_own(form, draft.instructions) == []
    assert form.is_valid(), form.summary
    return form.payload()


def address(number: int, **values: str) -> dict[str, str]:
    return {f"addresses.#{number}.{name}": text for name, text in values.items()}


def contact(number: int, **values: str) -> dict[str, str]:
    return {f"contacts.#{number}.{name}": text for name, text in values.items()}


def customer(**lists: Any) -> dict[str, Any]:
    return {"id": "c1", "customerName": "Fern", **lists}


def test_a_row_is_found_by_its_type_wherever_it_stands() -> None:
    record = customer(addresses=[BILLING, DELIVERY])
    sent = after(record, address(1, type="Delivery", line1="9 New Quay", city="Selby"))
    assert sent["addresses"] == [BILLING, DELIVERY | {"line1": "9 New Quay", "city": "Selby"}]


def test_a_row_is_found_by_its_content_and_may_get_another_type() -> None:
    record = customer(addresses=[BILLING, DELIVERY])
    row = address(1, type="Billing", line1="2 Dock Road", city="Hull", country="GB")
    other = address(2, type="Delivery", line1="1 Mill Lane", city="Leeds", country="UK")
    sent = after(record, row | other)
    assert sent["addresses"] == [
        BILLING | {"type": "Delivery"},
        DELIVERY | {"type": "Billing", "country": "GB"},
    ]


def test_a_row_that_fits_none_is_added_and_the_others_stay() -> None:
    record = customer(addresses=[BILLING])
    sent = after(record, address(1, type="Delivery", line1="2 Dock Road", city="Hull"))
    added = {"type": "Delivery", "line1": "2 Dock Road", "city": "Hull"}
    assert sent["addresses"] == [BILLING, added]


def test_the_only_row_is_the_one_that_a_column_without_type_means() -> None:
    record = customer(addresses=[BILLING])
    assert after(record, address(1, city="York"))["addresses"] == [BILLING | {"city": "York"}]


def test_of_several_rows_without_a_likeness_none_is_changed() -> None:
    record = customer(contacts=[ANNA, BEN])
    sent = after(record, contact(1, name="Cleo", email="cleo@x.example"))
    assert [each["name"] for each in sent["contacts"]] == ["Anna", "Ben", "Cleo"]


def test_each_row_is_meant_once_and_the_position_decides_between_equals() -> None:
    twin = {"type": "Delivery", "city": "Hull"}
    record = customer(addresses=[twin, twin, twin])
    row = address(1, type="Delivery", city="Hull") | address(2, type="Delivery", city="York")
    sent = after(record, row | address(3, type="Delivery", city="Hull"))
    assert sent["addresses"] == [twin, twin | {"city": "York"}, twin]


def test_rows_are_removed_only_where_they_are_replaced() -> None:
    record = customer(addresses=[BILLING, DELIVERY])
    row = address(1, type="Billing", city="Leeds")
    assert "addresses" not in changed(record, after(record, row))
    assert after(record, row, replaces_rows=True)["addresses"] == [BILLING]


def test_of_equal_rows_one_is_removed() -> None:
    twin = {"type": "Delivery", "city": "Hull"}
    record = customer(addresses=[twin, BILLING, twin])
    row = address(1, type="Delivery", city="Hull") | address(2, type="Billing")
    assert after(record, row, replaces_rows=True)["addresses"] == [twin, BILLING]


def test_a_row_of_which_the_sheet_shows_nothing_is_not_removed() -> None:
    record = customer(addresses=[BILLING, {"country": "UK"}], contacts=[ANNA])
    sent = after(record, address(1, type="Billing", city="Leeds"), replaces_rows=True)
    assert changed(record, sent) == {}


def test_the_clear_word_clears_a_field_of_a_row_and_a_row_whose_fields_it_clears() -> None:
    record = customer(addresses=[BILLING, DELIVERY])
    sent = after(record, address(1, type="Billing", country="(clear)"))
    assert sent["addresses"][0] == BILLING | {"country": ""}
    cleared = dict.fromkeys(DELIVERY, "(clear)")
    assert after(record, address(2, **cleared))["addresses"] == [BILLING]


def test_a_phone_of_one_contact_is_changed_and_another_one_is_added() -> None:
    record = customer(contacts=[ANNA, BEN])
    row = contact(1, name="Ben") | {
        "contacts.#1.phone.#1.number": "444",
        "contacts.#1.phone.#1.type": "Mobile",
    }
    sent = after(record, row)
    assert sent["contacts"] == [ANNA, BEN | {"phone": [{"number": "444", "type": "Mobile"}]}]
    row |= {"contacts.#1.phone.#1.number": "333", "contacts.#1.phone.#2.number": "555"}
    phones = after(record, row)["contacts"][1]["phone"]
    assert [each["number"] for each in phones] == ["333", "555"]


def test_contacts_without_a_name_are_told_apart_by_their_phones() -> None:
    one, other = {"phone": [{"number": "111"}, {"number": "222"}]}, {"phone": [{"number": "333"}]}
    record = customer(contacts=[one, other])
    row = {"contacts.#1.phone.#1.number": "111", "contacts.#1.phone.#2.number": "999"}
    assert after(record, row)["contacts"] == [
        {"phone": [{"number": "111"}, {"number": "222"}, {"number": "999"}]},
        other,
    ]


def test_a_new_customer_has_all_rows_with_their_lists() -> None:
    row = {"customerName": "Fern"} | address(1, type="Billing", city="Leeds")
    row |= address(2, type="Delivery", city="Hull") | contact(1, name="Anna")
    row |= {"contacts.#1.phone.#1.number": "111", "contacts.#1.phone.#2.number": "222"}
    row |= contact(2, name="Ben") | {"tags.#1": "new", "tags.#2": "big"}
    sent = after(None, row)
    assert [each["city"] for each in sent["addresses"]] == ["Leeds", "Hull"]
    assert [each["name"] for each in sent["contacts"]] == ["Anna", "Ben"]
    assert [each["number"] for each in sent["contacts"][0]["phone"]] == ["111", "222"]
    assert "phone" not in sent["contacts"][1]
    assert sent["tags"] == ["new", "big"]


def test_plain_values_of_a_list_are_added_and_stay() -> None:
    record = customer(tags=["old", "big"])
    assert after(record, {"tags.#1": "big", "tags.#2": "new"})["tags"] == ["old", "big", "new"]
    sent = after(record, {"tags.#1": "big", "tags.#2": "new"}, replaces_rows=True)
    assert sent["tags"] == ["big", "new"]


def changed(record: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    """What of a record is sent with another value."""
    return {key: value for key, value in sent.items() if value != record.get(key)}
