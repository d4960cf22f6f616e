"""The errors of a form before it is sent, at the field and in the summary."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.pages.forms import array, choices, form_page, node, obj, page_of, post


@pytest.mark.parametrize(
    ("field", "error", "summary"),
    [
        (node(required=True, label="VAT Number"), "Enter the VAT number.", "Enter the VAT number."),
        (node("Number", required=True, label="Limit"), "Enter the limit.", "Enter the limit."),
        (
            node(required=True, label="Status", options=choices("A", "B")),
            "Select the status.",
            "Select the status.",
        ),
        (
            node("Boolean", required=True, label="Is active"),
            "Select an option.",
            "Is active: Select an option.",
        ),
        (
            array(required=True, a=node()) | {"displayName": "Phone Numbers"},
            "Add at least one phone number.",
            "Add at least one phone number.",
        ),
    ],
)
def test_a_required_field_says_what_to_do(field: dict[str, Any], error: str, summary: str) -> None:
    model = obj(x=field, other=node())
    form = post(model, form_page(model, {}))
    assert not form.is_valid()
    assert form.errors == {"f.x": [error]}
    assert form.summary == [{"text": summary, "anchor": "f-x"}]
    assert error in page_of(form).text


def test_the_summary_names_the_row_of_a_required_field() -> None:
    phones = array(number=node(required=True, label="Number"), type=node())
    model = obj(contacts=array(name=node(), phone=phones | {"displayName": "Phones"}))
    page = form_page(
        model, {"contacts": [{"name": "A", "phone": [{"number": "1", "type": "Fax"}]}]}
    )
    page["f.contacts.b0.phone.b0.number"].type("")
    form = post(model, page)
    assert not form.is_valid()
    assert [line["text"] for line in form.summary] == ["Label 1, Phone 1: Enter the number."]
