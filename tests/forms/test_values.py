"""What is sent for what the record holds and what was typed: absent, null, "", and each type."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from customers.forms import Form
from tests.support.pages.forms import array, choices, exact, form_page, node, obj, page_of, post

TYPES = obj(
    text=node(),
    number=node("Number"),
    flag=node("Boolean"),
    date=node("DateTime"),
    choice=node(options=choices("A", "B")),
    odd=node("Colour"),
)


def typed(model: Any, record: Any, name: str, text: str, **more: Any) -> Form:
    page = form_page(model, record, **more)
    page[f"f.{name}"].type(text)
    return post(model, page, **more)


@pytest.mark.parametrize(
    "record",
    [
        {},
        dict.fromkeys(TYPES["properties"]),
        dict.fromkeys(TYPES["properties"], ""),
        {"text": "  two  ", "odd": " \t "},
        {"text": "a\r\nb\rc\n", "odd": "\n\nx"},
        {"text": "nul\x00, bell\x07, half \ud800", "choice": "\x01"},
        {"number": Decimal("1.5000000"), "text": Decimal("12.30")},
        {"number": "abc", "flag": "maybe", "date": "yesterday", "choice": "Archived"},
        {"text": True, "odd": 0, "number": False, "flag": 1},
        {"date": "2023-01-17T14:50:54.1234567Z"},
        {"date": "0001-01-01T00:00:00"},
        {"text": {"a": [1, None]}, "number": [], "flag": {}, "date": [[]], "choice": {"x": None}},
        {"text": "</textarea><script>&amp;\n\"'"},
        {"text": "</select>\"'><b>", "choice": '"><i>&lt;', "odd": "\u202e\ufffe"},
    ],
)
def test_an_untouched_value_is_sent_as_it_was_read(record: dict[str, Any]) -> None:
    form = post(TYPES, form_page(TYPES, record))
    assert exact(form.payload()) == exact(record)
    assert form.is_valid(), form.summary
    assert form.changes() == []


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("text", "x", ""),
        ("odd", "x", ""),
        ("number", 5, None),
        ("date", "2024-01-01", None),
        ("choice", "A", None),
        ("choice", "Archived", None),
        ("flag", False, None),
    ],
)
def test_an_emptied_value_is_cleared(name: str, old: Any, new: Any) -> None:
    form = typed(TYPES, {name: old}, name, "")
    assert form.payload() == {name: new}
    assert [(c.path, c.old, c.new) for c in form.changes()] == [(name, old, new)]


@pytest.mark.parametrize("base", [{}, {"text": None}, {"text": ""}])
def test_blank_typed_over_nothing_changes_nothing(base: dict[str, Any]) -> None:
    form = typed(TYPES, base, "text", "   ")
    assert form.payload() == base
    assert form.changes() == []


@pytest.mark.parametrize(
    ("name", "text", "sent"),
    [
        ("text", " Ann ", "Ann"),
        ("odd", "7", "7"),
        ("flag", "true", True),
        ("flag", "false", False),
        ("choice", "B", "B"),
        ("number", "1.10", Decimal("1.10")),
        ("number", "-3", Decimal(-3)),
        ("number", "1e5", Decimal("1E+5")),
        ("date", "2024-02-29", "2024-02-29T00:00:00"),
        ("date", "2024/2/9", "2024-02-09T00:00:00"),
        ("date", "20240209", "2024-02-09T00:00:00"),
        ("date", "2024-02-29 8:05", "2024-02-29T08:05:00"),
        ("date", "2024-02-29T08:05:06.1234567z", "2024-02-29T08:05:06.1234567Z"),
        ("date", "2024-02-29T08:05:06,5+0130", "2024-02-29T08:05:06.5+01:30"),
    ],
)
def test_typed_text_is_converted(name: str, text: str, sent: Any) -> None:
    form = typed(TYPES, {}, name, text)
    assert form.is_valid(), form.summary
    assert exact(form.payload()) == exact({name: sent})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("number", text)
        for text in (
            "abc",
            "1,5",
            "1 000",
            "NaN",
            "Infinity",
            "١",
            "0x1",
            "1e9999",
            "1e999",
            "-1e308",
            "1e-999",
            "1" * 201,
        )
    ]
    + [
        ("date", text)
        for text in ("31.12.2024", "2024-13-01", "2023-02-29", "2024-01-01T25:00", "soon")
    ]
    + [
        ("date", f"2024-01-01T08:00:00{offset}")
        for offset in ("+99:99", "-24:00", "+15:00", "+14:60", "+1", "Z+01:00")
    ]
    + [("text", "a\ufffdb")],
)
def test_text_that_cannot_be_converted_is_an_error_at_the_field(name: str, text: str) -> None:
    form = typed(TYPES, {name: "1"}, name, text)
    assert not form.is_valid()
    assert list(form.errors) == [f"f.{name}"]
    assert form.summary[0]["anchor"] == f"f-{name}"
    again = page_of(form)
    assert again[f"f.{name}"].value == text
    assert again[f"f.{name}"].attributes["aria-invalid"] == "true"


def test_a_new_value_outside_the_options_is_an_error() -> None:
    page = form_page(TYPES, {})
    page["f.choice"].value = "C"
    assert not post(TYPES, page).is_valid()


def test_a_stored_value_outside_the_options_stays_selected() -> None:
    page = form_page(TYPES, {"choice": "Archived"})
    assert page["f.choice"].value == "Archived"
    assert ("Archived", "Archived (not in the list)") in page["f.choice"].options


def test_option_values_keep_their_type() -> None:
    model = obj(
        a=node("Number", options=[{"value": 10}, {"value": "2.50"}]),
        b=node(options=[{"value": 1}, {"value": True}]),
    )
    page = form_page(model, {})
    page["f.a"].type("2.50")
    page["f.b"].type("1")
    assert post(model, page).payload_json() == '{"a": 2.50, "b": 1}'


@pytest.mark.parametrize(
    ("required", "creating", "selected"),
    [(True, True, "GB"), (False, True, ""), (True, False, "")],
)
def test_a_single_option_is_preselected_only_if_required_and_creating(
    required: bool, creating: bool, selected: str
) -> None:
    model = obj(c=node(required=required, options=choices("GB")), d=node())
    page = form_page(model, {}, creating=creating)
    assert page["f.c"].value == selected
    payload = post(model, page, creating=creating).payload()
    assert payload == ({"c": selected} if selected else {})


def test_a_preselected_option_alone_does_not_fill_a_row_or_an_object() -> None:
    model = obj(
        name=node(),
        home=node(
            "Object", properties={"kind": node(required=True, options=choices("P")), "x": node()}
        ),
        rows=array(
            required=True, kind=node(required=True, options=choices("P")), x=node(required=True)
        ),
    )
    page = form_page(model, creating=True)
    assert post(model, page, creating=True).payload() == {}
    page["f.home.x"].type("1")
    page["f.rows.n1.x"].type("2")
    assert post(model, page, creating=True).payload() == {
        "home": {"kind": "P", "x": "1"},
        "rows": [{"kind": "P", "x": "2"}],
    }


def test_a_preselected_option_can_be_cleared() -> None:
    model = obj(c=node(required=True, options=choices("GB")), d=node())
    form = typed(model, None, "c", "", creating=True)
    assert form.payload() == {}
    assert not form.is_valid()


def test_an_optional_object_left_blank_is_not_sent_and_requires_nothing() -> None:
    model = obj(home=node("Object", properties={"line": node(required=True), "city": node()}))
    page = form_page(model, {})
    form = post(model, page)
    assert form.is_valid()
    assert form.payload() == {}
    page["f.home.city"].type("Bath")
    form = post(model, page)
    assert not form.is_valid()
    assert list(form.errors) == ["f.home.line"]


def test_a_required_object_requires_its_required_fields() -> None:
    model = obj(
        home=node(
            "Object",
            required=True,
            properties={
                "line": node(required=True),
                "more": node("Object", properties={"x": node(required=True)}),
            },
        )
    )
    form = post(model, form_page(model, {}))
    assert not form.is_valid()
    assert list(form.errors) == ["f.home.line"]


@pytest.mark.parametrize("base", [{"home": None}, {"home": {}}, {"home": {"line": ""}}, {}])
def test_an_object_of_the_record_is_sent_as_it_was_read(base: dict[str, Any]) -> None:
    model = obj(home=node("Object", properties={"line": node(), "city": node()}))
    assert post(model, form_page(model, base)).payload() == base


def test_an_object_whose_values_were_emptied_is_sent_with_empty_values() -> None:
    model = obj(home=node("Object", properties={"line": node()}))
    assert typed(model, {"home": {"line": "x"}}, "home.line", "").payload() == {
        "home": {"line": ""}
    }


def test_unknown_properties_are_listed_and_not_sent() -> None:
    model = obj(a=node(), rows=array(b=node()), tags=node("Array"))
    record = {
        "a": "1",
        "z": {"y": 1},
        "rows": [{"b": "2", "c": "3"}],
        "modifiedDate": "x",
        "id": "9",
    }
    form = Form(model, record)
    assert [(field.path, field.value) for field in form.unsent] == [
        (("z",), {"y": 1}),
        (("rows", 0, "c"), "3"),
    ]
    assert form.payload() == {"a": "1", "rows": [{"b": "2"}]}
    assert "Row 1, C" in form_page(model, record).text


READ_ONLY_MODEL = obj(
    id=node(required=True),
    name=node(),
    modifiedDate=node("DateTime", required=True),
    sourceModifiedDate=node("DateTime", required=True),
    metadata=node(
        "Object", required=True, properties={"isDeleted": node("Boolean", required=True)}
    ),
    contacts=array(id=node(), name=node(), modifiedDate=node("DateTime", required=True)),
)


def test_read_only_fields_are_never_editable_never_sent_and_never_block() -> None:
    record = {
        "id": "9",
        "name": "A",
        "modifiedDate": "2020-01-01",
        "metadata": {"isDeleted": False},
        "contacts": [{"id": "c1", "name": "B", "modifiedDate": "2020-01-01"}],
    }
    page = form_page(READ_ONLY_MODEL, record)
    assert {control.name for control in page.fields} == {
        "f.name",
        "f.contacts.b0.id",
        "f.contacts.b0.name",
    }
    form = post(READ_ONLY_MODEL, page)
    assert form.is_valid(), form.summary
    # The id is sent because this model has it.
    assert form.payload() == {"id": "9", "name": "A", "contacts": [{"id": "c1", "name": "B"}]}


def test_the_id_may_be_typed_when_creating_with_a_model_that_asks_for_it() -> None:
    form = typed(READ_ONLY_MODEL, None, "id", "C-1", creating=True)
    assert form.is_valid(), form.summary
    assert form.payload() == {"id": "C-1"}


def test_files_and_objects_without_properties_are_sent_unchanged() -> None:
    model = obj(f=node("File", required=True), m=node("MultiPart"), free=node("Object"), x=node())
    record = {"f": {"name": "a.pdf"}, "m": "x", "free": {"deep": [1, {"er": None}]}}
    page = form_page(model, record)
    assert [control.name for control in page.fields] == ["f.x"]
    form = post(model, page)
    assert form.is_valid()
    assert form.payload() == record


def test_an_untouched_empty_list_is_not_sent_but_an_emptied_one_is() -> None:
    model = obj(a=node(), rows=array(b=node(), inner=node("Array")))
    assert post(model, form_page(model, {"a": "1", "rows": []})).payload() == {"a": "1"}
    page = form_page(model, {"rows": [{"b": "2", "inner": []}]})
    assert post(model, page).payload() == {"rows": [{"b": "2", "inner": []}]}
    assert post(model, page, "remove:rows:b0").payload() == {"rows": []}


def test_creating_names_everything_that_is_sent() -> None:
    form = typed(TYPES, None, "text", "x", creating=True)
    assert [(c.path, c.new, c.old_text) for c in form.changes()] == [("text", "x", "(not set)")]


def test_the_review_distinguishes_absent_null_and_empty() -> None:
    for old, text in ((None, "(no value)"), ("", "(blank)")):
        (change,) = typed(TYPES, {"text": old}, "text", "x").changes()
        assert (change.old_text, change.new_text) == (text, "x")
