"""What a model requires and the stored record lacks: a warning. What a person adds or empties: checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from customers.forms import Form
from tests.support.pages.forms import (
    CUSTOMERS,
    MODELS,
    array,
    form_page,
    load,
    needs_shared,
    node,
    obj,
    page_of,
    post,
)

CONTACT = {
    "name": node(required=True, label="Name"),
    "email": node(required=True, label="Email"),
    "phone": array(required=True, number=node(required=True, label="Number"))
    | {"displayName": "Phones"},
}
MODEL = obj(
    customerName=node(required=True, label="Customer name"),
    status=node(required=True, label="Status"),
    contacts=array(required=True, **CONTACT) | {"displayName": "Contacts"},
    home=node("Object", label="Home", properties={"line": node(required=True), "city": node()}),
)


def changed(record: dict[str, Any], typed: dict[str, str], *actions: str) -> Form:
    """The form that is posted after typing, and after pressing row buttons first."""
    page = form_page(MODEL, record)
    for action in actions:
        page = page_of(post(MODEL, page, action))
    for path, text in typed.items():
        page[f"f.{path}"].type(text)
    return post(MODEL, page)


FULL = {
    "customerName": "A",
    "status": "Active",
    "contacts": [{"name": "B", "email": "b@x.example", "phone": [{"number": "1"}]}],
}


@pytest.mark.parametrize(
    ("record", "warned"),
    [
        (FULL, []),
        (FULL | {"contacts": []}, ["contacts"]),
        (FULL | {"contacts": None}, ["contacts"]),
        ({"customerName": "A", "contacts": []}, ["status", "contacts"]),
        (
            FULL | {"contacts": [{"name": "B", "phone": []}]},
            ["contacts.b0.email", "contacts.b0.phone"],
        ),
        (
            FULL | {"contacts": [{"name": "B", "email": " ", "phone": [{"number": None}]}]},
            ["contacts.b0.email", "contacts.b0.phone.b0.number"],
        ),
        (FULL | {"home": {"city": "Bath"}}, ["home.line"]),
    ],
)
@pytest.mark.parametrize("typed", [{}, {"customerName": "New"}, {"contacts.b0.name": "New"}])
def test_what_the_stored_record_lacks_is_a_warning_at_its_field(
    record: dict[str, Any], warned: list[str], typed: dict[str, str]
) -> None:
    if not record["contacts"]:
        typed = {path: text for path, text in typed.items() if "contacts" not in path}
    form = changed(record, typed)
    assert form.is_valid(), form.summary
    assert list(form.warnings) == warned
    page = page_of(form)
    assert {f"w-{path}" for path in warned} == {id_ for id_ in page.ids if id_[:2] == "w-"}


@pytest.mark.parametrize(
    ("record", "typed", "actions", "errors"),
    [
        (FULL, {"customerName": ""}, (), ["customerName"]),
        (FULL, {"contacts.b0.email": " "}, (), ["contacts.b0.email"]),
        (FULL, {}, ("remove:contacts:b0",), ["contacts"]),
        (FULL, {}, ("remove:contacts.b0.phone:b0",), ["contacts.b0.phone"]),
        (
            FULL,
            {"contacts.n1.name": "C"},
            ("add:contacts",),
            ["contacts.n1.email", "contacts.n1.phone", "contacts.n1.phone.n1.number"],
        ),
        (
            FULL | {"contacts": [{"name": "B", "phone": []}]},
            {},
            ("duplicate:contacts:b0",),
            ["contacts.n1-b0.email", "contacts.n1-b0.phone"],
        ),
        (FULL, {"home.city": "Bath"}, (), ["home.line"]),
        (FULL | {"home": {"city": None}}, {"home.city": "Bath"}, (), ["home.line"]),
    ],
)
def test_what_a_person_adds_or_empties_is_checked(
    record: dict[str, Any], typed: dict[str, str], actions: tuple[str, ...], errors: list[str]
) -> None:
    form = changed(record, typed, *actions)
    assert not form.is_valid()
    assert [name.removeprefix("f.") for name in form.errors] == errors


def test_a_blank_row_that_is_added_to_a_stored_empty_list_is_no_error() -> None:
    form = changed(FULL | {"contacts": []}, {}, "add:contacts")
    assert form.is_valid(), form.summary
    assert "contacts" in form.warnings


def test_a_finding_of_codats_takes_the_place_of_a_warning() -> None:
    form = Form(MODEL, FULL | {"contacts": []})
    form.add_findings([{"itemId": "Contacts", "message": "Contacts must be provided."}])
    page = page_of(form)
    assert "e-contacts" in page.ids
    assert "w-contacts" not in page.ids


@needs_shared
@pytest.mark.parametrize("customers", CUSTOMERS, ids=lambda path: path.stem)
@pytest.mark.parametrize("model_path", MODELS, ids=lambda path: path.stem)
def test_each_shared_customer_can_be_corrected_on_each_shared_model(
    model_path: Path, customers: Path
) -> None:
    model = load(model_path)
    for record in load(customers)["results"]:
        page = form_page(model, record)
        page["f.customerName"].type("Corrected")
        form = post(model, page)
        assert form.is_valid(), form.summary
        assert [change.path for change in form.changes()] == ["customerName"]
