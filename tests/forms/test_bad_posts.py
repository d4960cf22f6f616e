"""Posts that no page of the dashboard makes: they are reported, and never change the record."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict

from customers.forms import Form, FormTampered, ModelError
from tests.support.pages.forms import array, exact, form_page, node, obj, page_of, post

MODEL = obj(name=node(), rows=array(a=node(), inner=array(b=node())))
RECORD: dict[str, Any] = {"name": "N", "rows": [{"a": "1"}, {"a": "2", "inner": [{"b": "3"}]}]}


def tampered(**more: Any) -> Form:
    """The form of an untouched page's post with some inputs added or replaced."""
    data = form_page(MODEL, RECORD).post().copy()
    for name, values in more.items():
        data.setlist(name, values if isinstance(values, list) else [values])
    return Form(MODEL, data=data)


def unchanged(form: Form) -> bool:
    return exact(form.payload()) == exact(Form(MODEL, RECORD).payload())


@pytest.mark.parametrize(
    "name",
    [
        "f.rows.0.a",
        "f.rows.7.a",
        "f.rows.b900000.a",
        "f.rows.n900000.a",
        "f.nothing",
        "f.name.x",
        "f.rows.b0.inner.b0.b.c.d.e.f.g",
        "f." + "x." * 5000,
        "f.\x00",
        "f.__class__",
        "f.rows",
        "f.name�",
    ],
)
def test_unknown_inputs_are_reported_and_change_nothing(name: str) -> None:
    form = tampered(**{name: "evil"})
    assert unchanged(form)
    assert not form.is_valid()
    assert form.summary[0]["text"] == (
        "Some fields no longer exist and will not be sent. What you typed there is listed below."
    )
    assert [field["text"] for field in form.removed_fields] == ["evil"]
    assert form.unknown_inputs == {name: "evil"}
    page_of(form)


@pytest.mark.parametrize(
    "order",
    [
        "b0,b1,b7",
        "b0,b1,0,7,900000",
        "b0,b1,n0",
        "b0,b1,n1-b9",
        "b0,b1,b1",
        "b0,b1,<script>",
        "b0,b1,n1234567",
    ],
)
def test_unknown_rows_are_reported_and_change_nothing(order: str) -> None:
    form = tampered(**{"r.rows": order})
    assert unchanged(form)
    assert not form.is_valid()
    assert "A row no longer exists" in form.summary[0]["text"]


@pytest.mark.parametrize("order", ["", ",", "b1", "n5"])
def test_rows_that_were_not_posted_are_kept(order: str) -> None:
    form = tampered(**{"r.rows": order})
    assert sorted(row["a"] for row in form.payload()["rows"]) == ["1", "2"]


def test_inputs_that_were_not_posted_keep_the_records_value() -> None:
    data = form_page(MODEL, RECORD).post()
    form = Form(MODEL, data=QueryDict(f"base={data['base']}"))
    assert unchanged(form)
    assert form.is_valid()


def test_a_field_sent_twice_with_different_values_is_an_error_there() -> None:
    form = tampered(**{"f.name": ["N", "M"]})
    assert not form.is_valid()
    assert list(form.errors) == ["f.name"]
    assert tampered(**{"f.name": ["N", "N"]}).is_valid()


@pytest.mark.parametrize("text", ["a\x00b", "a\x1fb", "a\ud800b", "a\x7f"])
def test_control_characters_are_refused_at_the_field(text: str) -> None:
    form = tampered(**{"f.name": text})
    assert not form.is_valid()
    assert list(form.errors) == ["f.name"]
    page_of(form)


def test_thousands_of_unknown_fields_and_rows_are_reported() -> None:
    many = {f"f.x{index}": "1" for index in range(20_000)}
    form = tampered(**many)
    assert "Some fields no longer exist" in form.summary[0]["text"]
    assert len(form.removed_fields) == 20_000
    assert unchanged(form)
    keys = ",".join(["b0", "b1", *(f"n{index}" for index in range(1, 5000))])
    form = tampered(**{"r.rows": keys})
    assert "can have at most" in form.summary[0]["text"]
    assert unchanged(form)


def test_a_field_of_megabytes_is_accepted() -> None:
    form = tampered(**{"f.name": "x" * 5_000_000, "f.rows.b0.a": "\n" * 100_000})
    form.is_valid()
    page_of(form)


@pytest.mark.parametrize("base", [None, "", "x", "a:b:c", "\ud800", "x" * 6_000_000])
def test_a_missing_or_invalid_base_raises_form_tampered(base: str | None) -> None:
    data = QueryDict(mutable=True)
    if base is not None:
        data["base"] = base
    with pytest.raises(FormTampered, match="nothing was sent"):
        Form(MODEL, data=data)


def test_a_base_signed_for_another_form_raises_form_tampered() -> None:
    data = form_page(MODEL, RECORD, purpose="one").post()
    assert Form(MODEL, data=data, purpose="one").base == RECORD
    for more in ({"purpose": "two"}, {"purpose": "one", "creating": True}, {}):
        with pytest.raises(FormTampered):
            Form(MODEL, data=data, **more)


def test_a_changed_base_raises_form_tampered() -> None:
    page = form_page(MODEL, RECORD)
    middle = len(page["base"].value) // 3
    text = page["base"].value
    page["base"].value = text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1 :]
    with pytest.raises(FormTampered):
        post(MODEL, page)


def test_the_base_keeps_every_digit_and_every_character() -> None:
    import simplejson

    record = simplejson.loads(
        '{"n": 1.5000000, "big": 12345678901234567890.5, "s": "\\ud800\\u0000", "z": null}',
        use_decimal=True,
    )
    assert exact(post(MODEL, form_page(MODEL, record)).base) == exact(record)


def test_property_names_with_dots_brackets_and_markup_stay_apart() -> None:
    names = ["a", "a.b", "b0", "a-h", "", "%", "'\"><img>", "r.x", "é", "\ud800", "a b", "A"]
    odd = obj(**{name: node() for name in names}) | {}
    odd["properties"]["a"] = node("Object", properties={"b": node(), "": node()})
    record: dict[str, Any] = {name: f"v{index}" for index, name in enumerate(names)}
    record["a"] = {"b": "inner", "": "empty"}
    assert exact(post(odd, form_page(odd, record)).payload()) == exact(record)


@pytest.mark.parametrize("levels", [40, 3000])
def test_a_model_of_another_shape_raises_model_error(levels: int) -> None:
    deep: Any = node()
    for _ in range(levels):
        deep = obj(x=deep)
    models: list[Any] = [deep, [], None, "x", {"properties": [1]}]
    for broken in models:
        with pytest.raises(ModelError):
            Form(broken, {})
