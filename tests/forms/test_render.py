"""The rendered form: labels, help, errors, pickers, and that nothing foreign is markup."""

from __future__ import annotations

from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import get_template

from customers.forms import Form
from tests.support.form_browser import Page
from tests.support.forms import (
    CUSTOMERS,
    MODELS,
    array,
    choices,
    load,
    model,
    needs_shared,
    node,
    obj,
    opened,
    page,
    posted,
    render,
    summary,
)


@needs_shared
@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_every_input_has_a_label_and_every_reference_an_element(path: Path) -> None:
    for customers in CUSTOMERS:
        shown = opened(load(path), load(customers)["results"][0])
        assert shown.fields
        for control in shown.fields:
            assert control.id == "f-" + control.name[2:]
            assert control.id in shown.references


def test_help_errors_and_marks_are_tied_to_their_input() -> None:
    note = {"warnings": [{"details": "Max length of 5 characters."}]}
    wanting = obj(
        a=node(required=True, description="What it is", validation=note),
        home=node("Object", properties={"b": node(required=True)}),
    )
    form = posted(wanting, opened(wanting, {}))
    form.is_valid()
    shown = page(form)
    given = shown["f.a"].attributes
    assert given["aria-describedby"] == "h-a e-a"
    assert (given["aria-invalid"], given["aria-required"], given["data-max"]) == (
        "true",
        "true",
        "5",
    )
    assert "maxlength" not in given
    assert "aria-required" not in shown["f.home.b"].attributes
    assert "What it is" in shown.text
    assert "Max length of 5 characters." in shown.text


def test_pickers_and_keyboards() -> None:
    def noted(details: str, type_: str = "String") -> dict[str, Any]:
        return node(type_, validation={"warnings": [{"details": details}]})

    shown = opened(
        obj(
            country=noted("Must be a 2-letter country code"),
            money=noted("Must be a three letter ISO code"),
            mail=noted("Must be a valid email."),
            number=node("Number"),
            many=node(options=choices(*range(250))),
            few=node(options=choices(*range(5))),
        )
    )
    assert shown["f.country"].attributes["list"] == "codes-country-2"
    assert shown["f.money"].attributes["list"] == "codes-currency"
    assert "Netherlands" in shown.text
    assert shown["f.mail"].attributes["inputmode"] == "email"
    assert shown["f.number"].attributes["inputmode"] == "decimal"
    assert "data-combobox" in shown["f.many"].attributes
    assert "data-combobox" not in shown["f.few"].attributes
    assert "datalist" not in render(Form(obj(a=node()), {}))


HOSTILE = "</script><img src=x onerror=alert(1)>\"' onfocus='alert(1)' {{ form }} {% now %}"


def test_nothing_foreign_is_markup() -> None:
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
    opened(obj(a=node(), **{"a-h": node(), "h-a": node(), "f-a": node()}), {"a": "1"})


def test_the_summary_links_to_each_field_and_takes_the_focus() -> None:
    wanting = obj(a=node(required=True, label="Name"), rows=array(required=True, b=node()))
    form = posted(wanting, opened(wanting, {}))
    form.is_valid()
    html = summary(form)
    assert 'href="#f-a"' in html
    assert "Enter name." in html
    assert "There are 2 problems" in html
    assert "autofocus" in html
    assert summary(Form(wanting)).strip() == ""


def test_the_review_shows_old_new_and_json() -> None:
    xero = model("xero")
    shown = opened(xero, {"customerName": "Old", "taxNumber": "1"})
    shown["f.customerName"].type("New & Co")
    form = posted(xero, shown)
    html = get_template("editing/_form_review.html").render(
        {"changes": form.changes(), "payload": form.payload_json(indent=2)}
    )
    assert "<del>Old</del>" in html
    assert "<ins>New &amp; Co</ins>" in html
    assert '"taxNumber": "1"' in unescape(html)
    assert "No changes" in get_template("editing/_form_review.html").render({"changes": []})


def test_a_big_model_and_a_record_with_many_rows_are_a_usable_page() -> None:
    big = obj(**{f"p{index}": node() for index in range(1000)})
    assert len(opened(big, {}).fields) == 1000
    sandbox = model("sandbox")
    record = {"addresses": [{"type": "Billing", "line1": str(index)} for index in range(500)]}
    shown = opened(sandbox, record)
    assert len(shown.fields) > 3500
    assert len(posted(sandbox, shown).payload()["addresses"]) == 500
