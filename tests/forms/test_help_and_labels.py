"""The help that a field shows, the names of rows, and limits of length in short."""

from __future__ import annotations

import pytest

from customers.formatting import singular
from customers.forms import Form
from customers.forms.model import parse_model
from customers.forms.presentation.labels import adds_information, label_in_sentence, short_limit
from customers.forms.presentation.limits import parse_limit
from tests.support.pages.forms import array, form_page, node, obj


@pytest.mark.parametrize(
    ("many", "one"),
    [
        ("Addresses", "Address"),
        ("Phone Numbers", "Phone Number"),
        ("Line items", "Line item"),
        ("Categories", "Category"),
        ("Taxes", "Tax"),
        ("People", "Person"),
        ("Status", "Status"),
        ("Phone", "Phone"),
        ("Analysis", "Analysis"),
        ("", ""),
    ],
)
def test_labels_in_the_singular(many: str, one: str) -> None:
    assert singular(many) == one


def test_labels_within_sentences() -> None:
    assert label_in_sentence("Phone Number") == "phone number"
    assert label_in_sentence("VAT Number") == "VAT number"


@pytest.mark.parametrize(
    ("label", "description", "worth"),
    [
        ("City", "City of the address", False),
        ("Tax Number", "The customer's tax number", False),
        ("Addresses", "A collection of addresses associated to the customer", False),
        ("Line 1", "The first line of the address", False),
        ("City", "The third line of the address, or city", True),
        ("Name", "The name for the customer, typically a company name", True),
        ("Number", "", False),
    ],
)
def test_a_description_that_repeats_the_label_is_left_out(
    label: str, description: str, worth: bool
) -> None:
    inner = node(label=label, description=description)
    (rows,) = parse_model(obj(addresses=array(x=inner))).children
    assert rows.element
    assert adds_information(rows.element.children[0]) is worth


@pytest.mark.parametrize(
    ("note", "corner"),
    [
        ("Max length of 50 characters.", "max 50"),
        ("Must have a length between 2 and 6 characters", "2 to 6"),
        ("Must be exactly 20 characters in length", "exactly 20"),
        ("Must be a 2-letter country code", ""),
        ("No more than two addresses can be added", ""),
    ],
)
def test_only_limits_of_length_have_a_short_form(note: str, corner: str) -> None:
    limit = parse_limit(note)
    assert limit
    assert short_limit(limit) == corner


def test_warnings_that_match_no_pattern_are_marked_as_notes() -> None:
    validation = {
        "warnings": [{"details": "Names are unique"}, {"details": "Max length of 9 characters."}],
        "information": [{"details": "Read it twice"}],
    }
    text = form_page(obj(a=node(validation=validation))).text
    assert "Note: Names are unique." in text
    assert "Read it twice." in text
    assert "Note: Read" not in text
    assert "Note: Max" not in text
    assert "max 9" in text


def test_values_that_are_not_sent_have_labels() -> None:
    form = Form(
        obj(addresses=array(x=node())), {"addresses": [{}, {"mapRef": "9"}], "taxCode": "1"}
    )
    assert [field.label for field in form.unsent] == ["Tax code", "Address 2, Map ref"]
