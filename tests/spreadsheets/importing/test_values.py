"""Texts of cells as a sheet writes them, and what a form gets: one meaning is taken, two are asked, damage is named."""

from __future__ import annotations

import pytest

from customers.forms import compile_model
from customers.spreadsheets.files import tables
from customers.spreadsheets.importing.fields import field_of
from customers.spreadsheets.importing.sheets.values import ACCEPTED, Column, Value, possible_days
from tests.support.pages.forms import node, obj


def note(text: str) -> dict[str, object]:
    return {"warnings": [{"field": "x", "details": text}]}


def options(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"value": value, "displayName": label} for value, label in pairs]


MODEL = obj(
    customerName=node(label="Name"),
    phone=node(label="Phone"),
    note=node(label="Note", validation=note("Max length of 5 characters.")),
    code=node(label="Code", validation=note("Must have a length between 2 and 6 characters")),
    email=node(label="Email", validation=note("Must be a valid email.")),
    country=node(label="Country", options=options(("GB", "United Kingdom"), ("DE", "Germany"))),
    countryName=node(label="Country", options=options(("Netherlands", "Netherlands"))),
    countryCode=node(label="Country", validation=note("Must be a 2-letter country code")),
    status=node(label="Status", options=options(("Active", "Active"), ("InActive", "InActive"))),
    double=node(label="Double", options=options(("1", "One"), ("2", "one"), ("3", "Three"))),
    limit=node("Number", label="Credit limit"),
    hold=node("Boolean", label="On hold"),
    since=node("DateTime", label="Since"),
)
COMPILED = compile_model(MODEL)


def value(key: str, text: str, remark: str = "") -> Value:
    field = field_of(COMPILED, key)
    assert field is not None
    return Column(3, field, COMPILED).value(text, remark)


def test_a_wrong_length_is_said_as_one_reads_it() -> None:
    found = [value(key, text).problem for key, text in (("note", "longer"), ("code", "A"))]
    assert [problem.text for problem in found if problem] == [
        "Note: use at most 5 characters; this has 6.",
        "Code needs at least 2 characters; this has 1.",
    ]


@pytest.mark.parametrize(
    ("key", "text", "meant"),
    [
        ("customerName", " Fern & Co ", " Fern & Co "),
        ("country", "GB", "GB"),
        ("country", "united  kingdom", "GB"),
        ("country", "UK", "GB"),
        ("country", "U.K.", "GB"),
        ("country", "GBR", "GB"),
        ("country", "Germany", "DE"),
        ("countryName", "Holland", "Netherlands"),
        ("countryName", "NL", "Netherlands"),
        ("countryCode", "NL", "NL"),
        ("status", "active", "Active"),
        ("status", "Archived", "InActive"),
        ("double", "One", ""),
        ("double", "three", "3"),
        ("hold", "Yes", "true"),
        ("hold", "TRUE", "true"),
        ("hold", "no", "false"),
        ("hold", "0", "false"),
        ("limit", "1234.50", "1234.50"),
        ("limit", "1,234.50", "1234.50"),
        ("limit", "1.234,50", "1234.50"),
        ("limit", "1 234 567,5", "1234567.5"),
        ("limit", "1\u202f234,5", "1234.5"),
        ("limit", "1'234.50", "1234.50"),
        ("limit", "-12,5", "-12.5"),
        ("limit", "1234,567", "1234.567"),
        ("limit", "1,234,567", "1234567"),
        ("since", "2026-03-31", "2026-03-31"),
        ("since", "2026-03-31T09:30:00Z", "2026-03-31T09:30:00Z"),
        ("since", "31/03/2026", "2026-03-31"),
        ("since", "03/31/2026", "2026-03-31"),
        ("since", "5.4.26", "2026-04-05"),
        ("since", "05/05/2026", "2026-05-05"),
        ("since", "31 Mar 2026", "2026-03-31"),
        ("since", "March 31, 2026", "2026-03-31"),
        ("email", "a@b.example", "a@b.example"),
        ("code", "AB", "AB"),
    ],
)
def test_what_has_one_meaning_is_taken(key: str, text: str, meant: str) -> None:
    found = value(key, text)
    if meant:
        assert (found.text, found.problem) == (meant, None)
    else:
        assert found.problem is not None


@pytest.mark.parametrize(
    ("key", "text", "kind", "choices"),
    [
        ("country", "Atlantis", "option:country", []),
        ("hold", "maybe", "boolean:hold", ["true", "false"]),
        ("limit", "1,234", "number_unclear:limit", ["1234", "1.234"]),
        ("limit", "12 pounds", "number:limit", []),
        ("since", "03/04/2026", "date_unclear:since", ["2026-04-03", "2026-03-04"]),
        ("since", "soon", "date:since", []),
        ("since", "31/02/2026", "date:since", []),
        ("note", "longer", "long:note", ["longer"]),
        ("code", "A", "short:code", ["A"]),
        ("countryCode", "Netherlands", "long:countryCode", ["NL", "Netherlands"]),
        ("email", "nobody", "email:email", ["nobody"]),
        ("customerName", "a\u0007b", "character:customerName", []),
    ],
)
def test_what_has_none_or_two_is_asked(key: str, text: str, kind: str, choices: list[str]) -> None:
    problem = value(key, text).problem
    assert problem is not None
    assert (problem.kind, problem.column) == (kind, 3)
    assert [choice for choice, _ in problem.choices] == choices
    assert problem.text.endswith(".")


@pytest.mark.parametrize(
    ("key", "text", "remark", "kind"),
    [
        ("phone", "2079460999", tables.NUMBER, "was_number:phone"),
        ("phone", "442079460999", tables.EXPONENT, "was_exponent:phone"),
        ("customerName", "2026-03-01", tables.DATE, "was_date:customerName"),
        ("phone", "#N/A", tables.ERROR, "was_error:phone"),
        ("limit", "#N/A", tables.ERROR, "was_error:limit"),
        ("customerName", "1999", tables.NUMBER, ""),
        ("limit", "5", tables.NUMBER, ""),
        ("since", "2026-03-01", tables.DATE, ""),
        ("country", "1", tables.NUMBER, "option:country"),
        ("phone", "2079460999", tables.FORMULA, ""),
        ("phone", "2079460999", ACCEPTED, ""),
        ("note", "longer", ACCEPTED, ""),
        ("country", "Atlantis", ACCEPTED, "option:country"),
    ],
)
def test_what_a_spreadsheet_program_has_done_is_named(
    key: str, text: str, remark: str, kind: str
) -> None:
    problem = value(key, text, remark).problem
    assert (problem.kind if problem else "") == kind
    if kind.startswith("was_") and remark != tables.ERROR:
        assert problem is not None
        assert problem.choices == ((text, "Use as it is"),)


def test_the_days_that_a_text_may_mean() -> None:
    assert possible_days("12/11/2026") == ["2026-11-12", "2026-12-11"]
    assert possible_days("13-11-26") == ["2026-11-13"]
    assert possible_days("99/99/2026") == []
