"""Headings of sheets, and the fields that they are suggested to mean."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from customers.forms import compile_model
from customers.forms.presentation.display import CompiledModel
from customers.models import ColumnMapping
from customers.spreadsheets.columns import path_of
from customers.spreadsheets.importing.fields import field_of, fields, grouped
from customers.spreadsheets.importing.matching_columns import key_fields, suggest
from customers.spreadsheets.importing.remembered import is_same_sheet, remembered
from sandbox import Sandbox
from sandbox.data import invented_integrations as invented
from sandbox.data import observed_integrations as observed
from sandbox.data.integration import Integration
from tests.support.imports import csv_of, matched, uploaded, work


def compiled(integration: Integration) -> CompiledModel:
    assert integration.model is not None
    return compile_model(integration.model.json)


QBO, PLAIN = compiled(observed.QBO), compiled(invented.WAVE)
INTACCT = compiled(invented.INTACCT)


@pytest.mark.parametrize(
    ("heading", "key"),
    [
        ("Customer ID", "id"),
        ("id", "id"),
        ("Customer name", "customerName"),
        ("Firm", "customerName"),
        ("COMPANY NAME", "customerName"),
        ("E-mail", "emailAddress"),
        ("Email addressed", "emailAddress"),
        ("Tel.", "phone"),
        ("VAT no.", "taxNumber"),
        ("Tax Number", "taxNumber"),
        ("Post code", "addresses.#1.postalCode"),
        ("ZIP", "addresses.#1.postalCode"),
        ("Country code", "addresses.#1.country"),
        ("Town", "addresses.#1.city"),
        ("Address 2 city", "addresses.#2.city"),
        ("Address 12 city", "addresses.#12.city"),
        ("addresses.#7.line1", "addresses.#7.line1"),
        ("City (addresses.#2.city)", "addresses.#2.city"),
        ("Contact 2 phone 1 number", "contacts.#2.phone.#1.number"),
        ("Favourite colour", ""),
        ("Address 2 colour", ""),
        ("", ""),
        ("Problem", ""),
        ("Outcome", ""),
        ("Modified date", ""),
    ],
)
def test_a_heading_finds_its_field(heading: str, key: str) -> None:
    assert suggest([heading], PLAIN).mapping == [key]


def test_a_field_is_suggested_once() -> None:
    found = suggest(["Name", "Firm", "Email", "E-mail", "Post code", "ZIP"], PLAIN)
    assert found.mapping[:3] == ["customerName", "", "emailAddress"]
    assert found.mapping[4:] == ["addresses.#1.postalCode", "addresses.#2.postalCode"]
    assert found.origins == ["suggested", "", "suggested", "", "suggested", "suggested"]


def test_a_heading_of_our_export_without_a_field_is_left_out() -> None:
    # QuickBooks has no contact name: it is not the name of somebody else.
    found = suggest(["Contact name", "Contact 1 phone 1 number"], QBO)
    assert found.mapping == ["", "contacts.#1.phone.#1.number"]


def test_the_field_that_names_a_customer() -> None:
    assert suggest(["Name", "Customer ID", "Email"], PLAIN).match_by == "id"
    assert suggest(["Name", "VAT", "Email"], PLAIN).match_by == "emailAddress"
    assert suggest(["Town", "Name"], PLAIN).match_by == "customerName"
    assert suggest(["Town"], PLAIN).match_by == ""
    keys = [one.key for one in key_fields(["status", "customerName", "id", "phone"], PLAIN)]
    assert keys == ["id", "customerName", "phone"]


@pytest.mark.django_db
def test_what_was_chosen_is_remembered_for_the_same_headings(
    sandbox: Sandbox, editor: User
) -> None:
    headings = ["Name", "Ref", "Town"]
    first = work(uploaded(sandbox, editor, csv_of(headings, ["a", "b", "c"])))
    assert remembered(first) is None
    mapping = ["customerName", "registrationNumber", ""]
    matched(first, editor, mapping=mapping, match_by="registrationNumber")
    second = work(uploaded(sandbox, editor, csv_of(["name ", "REF", "Town"], ["x", "y", "z"])))
    found = suggest(second.headings, QBO, remembered(second))
    assert found.mapping[:2] == ["customerName", "registrationNumber"]
    assert (found.match_by, found.origins[0]) == ("registrationNumber", "remembered")
    other = work(uploaded(sandbox, editor, csv_of(["Ref", "Name", "Town"], ["x", "y", "z"])))
    assert remembered(other) is None
    assert ColumnMapping.objects.get().username == "editor"


def test_a_sheet_is_the_same_with_the_columns_that_we_added() -> None:
    assert is_same_sheet(["A", "B"], ["A", "B", "Problem"])
    assert not is_same_sheet(["A", "B"], ["A", "B", "C"])
    assert not is_same_sheet(["A", "B"], ["B", "A"])


def test_fields_to_choose_from() -> None:
    found = {one.key: one for one in fields(INTACCT)}
    assert next(iter(found)) == "id"
    assert "tags.#3" in found
    assert "tags.#4" not in found
    assert not [key for key in found if key.startswith(("logo", "documents"))]
    phone = found["locations.#1.departments.#2.people.#1.phone.#2.number"]
    assert phone.bulk_key == "locations.departments.people.phone.number"
    assert phone.row == path_of("locations.#1.departments.#2.people.#1.phone.#2")
    assert phone.group == "Location 1, Department 2, Person 1, Phone number 2"
    assert (phone.label, phone.required) == ("Number", True)
    assert found["customFields.regionCode"].options[0] == ("EMEA", "EMEA")
    more = {one.key for one in fields(INTACCT, ["tags.#7"])}
    assert {"tags.#7", "tags.#8"} <= more
    assert "tags.#9" not in more
    groups = [group for group, _ in grouped(fields(PLAIN))]
    assert groups[:3] == ["Customer", "Address 1", "Address 2"]
    for one in found.values():
        assert field_of(INTACCT, one.key) == one


@pytest.mark.parametrize(
    "key",
    ["", "nothing", "addresses", "addresses.#1", "addresses.city", "customerName.#1", "metadata",
     "addresses.#0.city", "addresses.#501.city", "addresses.#x.city", "logo", "customerName.x"],
)  # fmt: skip
def test_a_key_of_no_field(key: str) -> None:
    assert field_of(PLAIN, key) is None
    assert field_of(INTACCT, key) is None
