"""How a form is laid out: the order and width of fields, the names of rows, marks of what is required and changed."""

from __future__ import annotations

import re
from typing import Any

import pytest

from customers.forms import Form
from customers.forms.blocks import ItemBlock, LeafBlock, ListBlock
from tests.support.pages.forms import array, choices, form_page, node, obj, page_of, post, render

ADDRESS = {
    name: node()
    for name in ("country", "planet", "postalCode", "region", "city", "line2", "line1", "type")
}
PEOPLE = obj(
    rows=array(name=node(), email=node(), job=node(), phone=array(number=node(), type=node()))
)
ANNA = {
    "name": "Anna",
    "email": "anna@x.example",
    "phone": [{"number": "+44 1", "type": "Mobile"}],
}


def items(form: Form) -> list[ItemBlock]:
    (block,) = form.blocks
    assert isinstance(block, ListBlock)
    return [row for row in block.rows if isinstance(row, ItemBlock)]


def leaves(form: Form) -> dict[str, LeafBlock]:
    return {block.path: block for block in form.blocks if isinstance(block, LeafBlock)}


def test_an_address_is_in_the_order_of_an_envelope_and_sent_in_that_of_the_model() -> None:
    model = obj(rows=node("Array", properties=ADDRESS))
    page = form_page(model, {"rows": [{name: name for name in ADDRESS}]})
    shown = [control.name.rpartition(".")[2] for control in page.fields]
    assert shown == [
        *("type", "line1", "line2", "city", "region", "postalCode", "country", "planet")
    ]
    assert list(post(model, page).payload()["rows"][0]) == list(ADDRESS)


def test_single_inputs_come_before_groups_and_lists() -> None:
    page = form_page(obj(a=array(b=node()), c=node(), d=node("Object", properties={"e": node()})))
    assert [control.name for control in page.fields] == ["f.c", "f.d.e"]


def test_a_row_is_named_by_what_it_has() -> None:
    people = Form(PEOPLE, {"rows": [ANNA, {"email": "b@x.example", "name": ""}, {}]})
    assert [(row.title, row.summary) for row in items(people)] == [
        ("Anna", "anna@x.example · +44 1 · Mobile"),
        ("b@x.example", ""),
        ("Label 3", ""),
    ]
    address = {"country": "France", "city": "Lyon", "line1": "1 Street", "type": "Billing"}
    (row,) = items(Form(obj(rows=node("Array", properties=ADDRESS)), {"rows": [address]}))
    assert (row.title, row.summary) == ("Billing", "1 Street, Lyon, France")


def test_rows_are_closed_except_new_and_changed_ones() -> None:
    page = form_page(PEOPLE, {"rows": [ANNA, ANNA]})
    assert page.open_rows == set()
    page["f.rows.b1.job"].type("Buyer")
    form = post(PEOPLE, page, "add:rows")
    assert page_of(form).open_rows == {"f-rows.b1", "f-rows.n1"}
    assert [(row.changes, row.is_new) for row in items(form)] == [(0, False), (1, False), (0, True)]
    assert "1 change<" in render(form)


def test_few_inputs_are_a_row_of_one_line_with_a_button_that_removes_it() -> None:
    html = render(Form(PEOPLE, {"rows": [ANNA]}))
    assert html.count('class="row short"') == 1
    assert 'aria-label="Remove label 1"' in html
    assert "row short" not in render(
        Form(obj(rows=node("Array", properties=ADDRESS)), {"rows": [{}]})
    )


@pytest.mark.parametrize(
    ("field", "text", "width"),
    [
        ({"defaultCurrency": node()}, "GBP", "xs"),
        ({"postalCode": node()}, "", "s"),
        ({"number": node()}, "", "m"),
        ({"amount": node("Number")}, "", "s"),
        ({"customerName": node()}, "", "l"),
        ({"customerName": node()}, "x" * 50, "full"),
        ({"customerName": node(options=choices("Yes", "No"))}, "", "xs"),
        ({"a": node(validation={"warnings": [{"details": "Max length of 10 characters."}]})}, "", "s"),
        ({"a": node(validation={"warnings": [{"details": "Must be a 2-letter country code"}]})}, "", "xs"),
        ({"a": node("DateTime")}, "", "m"),
        ({"a": node("Object", required=True)}, "", "full"),
    ],
)  # fmt: skip
def test_a_field_is_as_wide_as_what_goes_into_it(
    field: dict[str, Any], text: str, width: str
) -> None:
    (name,) = field
    (block,) = leaves(Form(obj(**field), {name: text} if text else {}, creating=True)).values()
    assert block.width == width


def test_a_field_is_marked_as_required_while_it_is() -> None:
    model = obj(
        a=node(required=True),
        home=node("Object", properties={"b": node(required=True), "c": node()}),
        rows=array(d=node(required=True), e=node(), f=node(), g=node()),
    )
    page = form_page(model, {"rows": [{"d": "1"}]})
    assert "aria-required" in page["f.a"].attributes
    assert "aria-required" not in page["f.home.b"].attributes
    assert "aria-required" in page["f.rows.b0.d"].attributes
    page["f.home.c"].type("x")
    assert "aria-required" in page_of(post(model, page))["f.home.b"].attributes
    page = page_of(post(model, form_page(model, {}), "add:rows"))
    assert "aria-required" not in page["f.rows.n1.d"].attributes


def test_a_changed_field_says_what_it_was() -> None:
    model = obj(a=node(), s=node(options=[*choices("1"), {"value": "2", "displayName": "Two"}]))
    page = form_page(model, {"a": "old", "s": "2"})
    assert "was " not in page.text
    page["f.a"].type("new")
    page["f.s"].type("1")
    page = page_of(post(model, page))
    assert "was old" in page.text
    assert "was Two" in page.text
    assert page["f.a"].attributes["data-was"] == "old"
    assert page["f.a"].attributes["aria-describedby"] == "c-a"
    page["f.a"].type("old")
    assert "was old" not in page_of(post(model, page)).text


def test_nothing_is_marked_as_changed_where_all_is_new() -> None:
    page = form_page(obj(a=node()), creating=True)
    page["f.a"].type("new")
    assert "was " not in page_of(post(obj(a=node()), page, creating=True)).text


STATUS = {"Active": "Active", "InActive": "Inactive"}


def status_model(*, required: bool = False) -> dict[str, Any]:
    options = [{"value": value, "displayName": name} for value, name in STATUS.items()]
    return obj(customerName=node(), status=node(options=options, required=required))


def test_a_status_has_the_word_of_the_list_and_the_value_of_the_model() -> None:
    page = form_page(status_model(), {"status": "Active"})
    assert page["f.status"].options == [("", "-"), ("Active", "Active"), ("InActive", "Archived")]
    page["f.status"].type("InActive")
    assert post(status_model(), page).payload() == {"status": "InActive"}


def test_a_stored_status_takes_the_place_of_the_option_that_means_the_same() -> None:
    page = form_page(status_model(), {"status": "Archived"})
    assert page["f.status"].options == [("", "-"), ("Active", "Active"), ("Archived", "Archived")]
    assert "not in the list" not in page.text
    assert post(status_model(), page).payload() == {"status": "Archived"}


@pytest.mark.parametrize("required", [True, False])
def test_a_new_customer_is_active(required: bool) -> None:
    model = status_model(required=required)
    page = form_page(model, creating=True)
    assert page["f.status"].value == "Active"
    page["f.customerName"].type("One")
    assert post(model, page, creating=True).payload() == {"customerName": "One", "status": "Active"}
    page["f.status"].type("")
    assert post(model, page, creating=True).payload() == {"customerName": "One"}
    assert form_page(model, {})["f.status"].value == ""


def test_a_preset_alone_does_not_make_a_row() -> None:
    status = status_model()["properties"]["status"]
    model = obj(rows=array(name=node(required=True), status=status | {"required": True}))
    form = post(model, page_of(post(model, form_page(model, {}), "add:rows")))
    assert form.is_valid()
    assert form.payload() == {}


def test_help_shows_with_the_focus_and_a_limit_always() -> None:
    notes = {"warnings": [{"details": "Names must be unique"}]}
    html = render(Form(obj(a=node(description="Where it is kept", validation=notes))))
    assert re.search(r'<span class="at-focus">Where it is kept\.</span>', html)
    assert re.search(r'<span class="note"><b>Note:</b> Names must be unique\.</span>', html)
    assert 'aria-describedby="h-a"' in html


def test_focus_is_on_a_named_field_with_its_row_open() -> None:
    form = Form(PEOPLE, {"rows": [ANNA, ANNA]})
    form.focus_on("rows.b1.email")
    page = page_of(form)
    assert page.autofocus == ["f-rows.b1.email"]
    assert page.open_rows == {"f-rows.b1"}
    form.focus_on("rows")
    assert form.focus == "f-rows.b0.name"
    form.focus = ""
    form.focus_on("nothing.like.this")
    assert form.focus == ""
