"""The HTML of a form: labels, help, errors, suggestions, and that all foreign text is escaped."""

from __future__ import annotations

from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import get_template

from customers.forms import Form
from tests.support.pages.form_browser import Page
from tests.support.pages.forms import (
    CUSTOMERS,
    MODELS,
    array,
    choices,
    form_page,
    load,
    model,
    needs_shared,
    node,
    obj,
    page_of,
    post,
    render,
    summary,
)


@needs_shared
@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_every_input_has_a_label_and_every_reference_an_element(path: Path) -> None:
    for customers in CUSTOMERS:
        page = form_page(load(path), load(customers)["results"][0])
        assert page.fields
        for control in page.fields:
            assert control.id == "f-" + control.name[2:]
            assert control.id in page.references


def test_help_errors_and_limits_belong_to_their_input() -> None:
    note = {"warnings": [{"details": "Max length of 5 characters."}]}
    wanting = obj(
        a=node(required=True, description="What it is", validation=note),
        home=node("Object", properties={"b": node(required=True)}),
    )
    form = post(wanting, form_page(wanting, {}))
    form.is_valid()
    page = page_of(form)
    attributes = page["f.a"].attributes
    assert attributes["aria-describedby"] == "h-a e-a"
    assert (attributes["aria-invalid"], attributes["aria-required"], attributes["data-max"]) == (
        "true",
        "true",
        "5",
    )
    assert "maxlength" not in attributes
    assert "aria-required" not in page["f.home.b"].attributes
    assert "What it is" in page.text
    assert "Max length of 5 characters." in page.text


def test_suggestions_search_boxes_and_keyboards() -> None:
    def noted(details: str, type_: str = "String") -> dict[str, Any]:
        return node(type_, validation={"warnings": [{"details": details}]})

    page = form_page(
        obj(
            country=noted("Must be a 2-letter country code"),
            money=noted("Must be a three letter ISO code"),
            mail=noted("Must be a valid email."),
            number=node("Number"),
            many=node(options=choices(*range(250))),
            few=node(options=choices(*range(5))),
        )
    )
    assert page["f.country"].attributes["list"] == "codes-country-2"
    assert page["f.money"].attributes["list"] == "codes-currency"
    assert "Netherlands" in page.text
    assert page["f.mail"].attributes["inputmode"] == "email"
    assert page["f.number"].attributes["inputmode"] == "decimal"
    assert "data-combobox" in page["f.many"].attributes
    assert "data-combobox" not in page["f.few"].attributes
    assert "datalist" not in render(Form(obj(a=node()), {}))


def test_inputs_of_one_model_have_their_own_names_and_values() -> None:
    rows = array(a=node(), b=node(options=choices("x", "y")))
    for texts in (("1 & 2", "3"), ('"4"', "<5>")):
        page = form_page(obj(r=rows), {"r": [{"a": text, "b": "y"} for text in texts]})
        values = {field.name: field.value for field in page.fields}
        assert values == {
            "f.r.b0.a": texts[0],
            "f.r.b1.a": texts[1],
            "f.r.b0.b": "y",
            "f.r.b1.b": "y",
        }


HOSTILE = "</script><img src=x onerror=alert(1)>\"' onfocus='alert(1)' {{ form }} {% now %}"


def test_foreign_text_is_escaped() -> None:
    part = {
        "displayName": HOSTILE,
        "description": HOSTILE,
        "options": [{"value": HOSTILE, "displayName": HOSTILE}],
        "validation": {"warnings": [{"details": HOSTILE, "field": HOSTILE}]},
    }
    hostile = obj(
        **{
            HOSTILE: {"type": "String"} | part,
            "o": {"type": "Object", "properties": {"x": {"type": "String"} | part}} | part,
            "r": {"type": "Array", "properties": {HOSTILE: {"type": "Colour"} | part}} | part,
            "k": {"type": "File"} | part,
        }
    )
    record = {
        HOSTILE: HOSTILE,
        "o": {"x": HOSTILE, HOSTILE: HOSTILE},
        "r": [{HOSTILE: "\n" + HOSTILE}, HOSTILE],
        "k": HOSTILE,
        "z": HOSTILE,
    }
    form = Form(hostile, record)
    form.add_findings(
        [{"itemId": HOSTILE, "message": HOSTILE}, {"itemId": "r", "message": HOSTILE}]
    )
    changed = Form(hostile, {}, filled=record)
    for html in (
        render(form),
        summary(form),
        get_template("editing/_form_review.html").render(
            {"changes": changed.changes(), "payload": changed.payload_json(indent=2)}
        ),
        get_template("editing/_form_conflicts.html").render({"merge": form.merge({})}),
    ):
        assert "<img" not in html
        assert "</script>" not in html
        Page(html)


def test_labels_cannot_repeat_an_id() -> None:
    form_page(obj(a=node(), **{"a-h": node(), "h-a": node(), "f-a": node()}), {"a": "1"})


def test_the_summary_links_to_each_field_and_takes_the_focus() -> None:
    wanting = obj(a=node(required=True, label="Name"), rows=array(required=True, b=node()))
    form = post(wanting, form_page(wanting, {}))
    form.is_valid()
    html = summary(form)
    assert 'href="#f-a"' in html
    assert "Enter the name." in html
    assert "There are 2 problems" in html
    assert "autofocus" in html
    assert summary(Form(wanting)).strip() == ""


def test_the_review_shows_old_new_and_json() -> None:
    xero = model("xero")
    page = form_page(xero, {"customerName": "Old", "taxNumber": "1"})
    page["f.customerName"].type("New & Co")
    form = post(xero, page)
    html = get_template("editing/_form_review.html").render(
        {"changes": form.changes(), "payload": form.payload_json(indent=2)}
    )
    assert "<del>Old</del>" in html
    assert "<ins>New &amp; Co</ins>" in html
    assert '"taxNumber": "1"' in unescape(html)
    assert "No fields changed" in get_template("editing/_form_review.html").render(
        {"changes": [], "payload": "{}"}
    )


def test_a_big_model_and_a_record_with_many_rows_are_a_usable_page() -> None:
    big = obj(**{f"p{index}": node() for index in range(1000)})
    assert len(form_page(big, {}).fields) == 1000
    sandbox = model("sandbox")
    record = {"addresses": [{"type": "Billing", "line1": str(index)} for index in range(500)]}
    page = form_page(sandbox, record)
    assert len(page.fields) > 3500
    assert len(post(sandbox, page).payload()["addresses"]) == 500


@pytest.mark.parametrize(
    ("field", "text", "kind"),
    [
        (node(), "short", "text"),
        (node(), "a\nb", "textarea"),
        (node(), "x" * 81, "textarea"),
        (
            node(validation={"warnings": [{"details": "Max length of 500 characters."}]}),
            "",
            "textarea",
        ),
        (node("Number"), "1" * 81, "text"),
    ],
)
def test_a_long_text_has_room_for_line_breaks(field: Any, text: str, kind: str) -> None:
    model = obj(a=field)
    page = form_page(model, {"a": text})
    assert page["f.a"].kind == kind
    assert ("data-line-breaks" in page["f.a"].attributes) is (kind == "text" and text == "short")
    if kind == "textarea":
        page["f.a"].type("one\ntwo")
        assert post(model, page).payload() == {"a": "one\ntwo"}
