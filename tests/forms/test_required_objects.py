"""Required objects whose fields are all optional, or unknown; options that have a name and no value."""

from __future__ import annotations

from typing import Any

import pytest

from customers.forms import Form
from tests.support.pages.forms import choices, form_page, node, obj, page_of, post

OPTIONAL = node(
    "Object", required=True, label="Item", properties={"id": node(), "name": node(label="Name")}
)
NESTED = node("Object", required=True, label="Item", properties={"ref": OPTIONAL})
WITH_LIST = node("Object", required=True, label="Item", properties={"tags": node("Array")})
UNKNOWN = node("Object", required=True, label="Account")


def created(field: dict[str, Any], **typed: str) -> Form:
    model = obj(x=field, other=node())
    page = form_page(model, creating=True)
    for path, text in typed.items():
        page[f"f.{path.replace('__', '.')}"].type(text)
    return post(model, page, creating=True)


@pytest.mark.parametrize(
    ("field", "errors"),
    [
        (OPTIONAL, {"f.x": ["Fill in at least one field of the item."]}),
        (NESTED, {"f.x.ref": ["Fill in at least one field of the item."]}),
        (WITH_LIST, {"f.x": ["Fill in at least one field of the item."]}),
        (UNKNOWN, {"f.x": ["Enter the account."]}),
        (UNKNOWN | {"properties": {}}, {"f.x": ["Enter the account."]}),
        (OPTIONAL | {"required": False}, {}),
        (UNKNOWN | {"required": False}, {}),
    ],
)
def test_a_required_object_that_is_blank_is_an_error(
    field: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    form = created(field, other="1")
    assert form.is_valid() is not bool(errors)
    assert form.errors == errors
    for name in errors:
        assert f"e-{name.removeprefix('f.')}" in page_of(form).ids


def test_a_required_object_with_one_value_is_sent() -> None:
    form = created(OPTIONAL, x__name="A")
    assert form.is_valid(), form.summary
    assert form.payload() == {"x": {"name": "A"}}


def test_the_only_option_of_a_required_object_is_sent() -> None:
    form = created(
        node(
            "Object",
            required=True,
            properties={"kind": node(required=True, options=choices("P")), "x": node()},
        )
    )
    assert form.is_valid(), form.summary
    assert form.payload() == {"x": {"kind": "P"}}


def test_a_stored_record_without_a_required_object_is_a_warning() -> None:
    model = obj(x=OPTIONAL, y=UNKNOWN, other=node())
    form = post(model, form_page(model, {"other": "1"}))
    assert form.is_valid(), form.summary
    assert list(form.warnings) == ["x", "y"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"id": "1"}', {"id": "1"}),
        (' {"a": [1.10, null, {"b": true}]}\n', None),
        ("1", None),
        ("[]", None),
        ("{}", None),
        ('{"a": NaN}', None),
        ('{"a": 1', None),
        ('{"a":' * 20 + "1" + "}" * 20, None),
        ('{"a":' * 5000 + "1" + "}" * 5000, None),
    ],
)
def test_an_object_of_unknown_fields_is_typed_as_json(text: str, value: Any) -> None:
    form = created(UNKNOWN, x=text)
    if value is None and "1.10" in text:
        assert form.payload_json() == '{"x": {"a": [1.10, null, {"b": true}]}}'
    elif value is None:
        assert not form.is_valid()
        assert form.errors == {"f.x": ['Enter an object in JSON, such as {"id": "1"}.']}
        assert page_of(form)["f.x"].value == text
    else:
        assert form.is_valid(), form.summary
        assert form.payload() == {"x": value}


@pytest.mark.parametrize(
    "stored", [None, {}, {"id": "1", "deep": [{"ключ": "\u2028\x07"}]}, [1], "text"]
)
def test_an_untouched_object_of_unknown_fields_is_sent_as_it_was_read(stored: Any) -> None:
    model = obj(x=UNKNOWN, other=node())
    form = post(model, form_page(model, {"x": stored, "other": "1"}))
    assert form.is_valid(), form.summary
    assert form.payload() == {"x": stored, "other": "1"}
    assert form.changes() == []


def test_a_row_of_unknown_fields_can_be_added() -> None:
    model = obj(rows=node("Array", items=node("Object")))
    page = page_of(post(model, form_page(model, {"rows": [{"a": 1}]}), "add:rows"))
    page["f.rows.n1"].type('{"b": 2}')
    assert post(model, page).payload() == {"rows": [{"a": 1}, {"b": 2}]}


def test_a_required_file_is_named_though_it_cannot_be_entered() -> None:
    model = obj(f=node("File", required=True, label="Logo"), x=node())
    page = form_page(model, creating=True)
    assert "Files cannot be entered here." in page.text


def test_the_name_of_an_option_replaces_a_missing_value() -> None:
    options = [
        {"type": "String", "displayName": "Invoice"},
        {"type": "String", "displayName": "CreditNote", "value": None},
        {"value": "Q", "displayName": "Quote"},
        {"type": "String"},
    ]
    model = obj(kind=node(options=options))
    page = form_page(model, {})
    assert page["f.kind"].options[1:] == [
        ("Invoice", "Invoice"),
        ("CreditNote", "CreditNote"),
        ("Q", "Quote"),
    ]
    page["f.kind"].type("CreditNote")
    assert post(model, page).payload() == {"kind": "CreditNote"}


def test_options_of_one_name_are_distinguished_by_their_values() -> None:
    options = [
        {"value": "OLD", "displayName": "Standard 20%"},
        {"value": "NEW", "displayName": "Standard 20%"},
        {"value": "Z", "displayName": "Zero"},
    ]
    model = obj(tax=node(options=options))
    assert form_page(model, {"tax": "NEW"})["f.tax"].options[1:] == [
        ("OLD", "Standard 20% (OLD)"),
        ("NEW", "Standard 20% (NEW)"),
        ("Z", "Zero"),
    ]
