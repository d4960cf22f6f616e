"""Limits in the English of notes: each pattern, notes that state no limit, and the match rate over real models."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from customers.forms.model import Node, parse_model
from customers.forms.presentation import limits
from customers.forms.presentation.limits import Limit, parse_limit

SHARED = Path(__file__).resolve().parents[3] / "shared" / "codat" / "push-models"


@pytest.mark.parametrize(
    ("details", "limit"),
    [
        ("Max length of 41 characters.", Limit(max_length=41)),
        ("Max length of 21 characters", Limit(max_length=21)),
        ("Maximum length is 10 characters", Limit(max_length=10)),
        ("Max length 10", Limit(max_length=10)),
        ("Should be no longer than 100 characters", Limit(max_length=100)),
        ("Must not be longer than 5 chars.", Limit(max_length=5)),
        ("Cannot exceed 20 characters.", Limit(max_length=20)),
        ("Must be 10 characters or fewer", Limit(max_length=10)),
        ("Must be less than 11 characters", Limit(max_length=10)),
        ("Must be at least two characters long", Limit(min_length=2)),
        ("Must have a length between 1 and 50 characters", Limit(min_length=1, max_length=50)),
        (
            "Only for Exact Netherlands, if provided, must be exactly 20 characters in length",
            Limit(min_length=20, max_length=20),
        ),
        ("Must be between 0 and 99.5", Limit(min_value=Decimal(0), max_value=Decimal("99.5"))),
        ("Must be greater than or equal to -1", Limit(min_value=Decimal(-1))),
        ("Must contain a maximum of 3 phone numbers", Limit(max_rows=3)),
        ("No more than two addresses can be added", Limit(max_rows=2)),
        ("No more than two phone numbers per contact can be added", Limit(max_rows=2)),
        ("Must be a maximum of four distinct number types", Limit(max_rows=4)),
        ("Must have at least one line item", Limit(min_rows=1)),
        ("Only one address can be provided", Limit(max_rows=1)),
        (
            "Only the first address provided will be considered, all other entries will be not be recorded",
            Limit(max_rows=1, first_row_only=True),
        ),
        (
            "Only one each of Billing and Delivery addresses can be provided",
            Limit(one_of_each=True),
        ),
        ("Must be a 2-letter country code", Limit(format="country-2", min_length=2, max_length=2)),
        (
            "Must be a two letter Country ISO code",
            Limit(format="country-2", min_length=2, max_length=2),
        ),
        ("Must be a three letter ISO code", Limit(format="currency", min_length=3, max_length=3)),
        ("Must be a valid email.", Limit(format="email")),
    ],
)
def test_notes_that_state_a_limit(details: str, limit: Limit) -> None:
    assert parse_limit(details) == limit


@pytest.mark.parametrize(
    "details",
    [
        "",
        "Max length of 25 characters for first and last names",
        "Multiple addresses of Unknown type may be provided",
        "Only English alphabet characters are permitted.",
        "Country, area, and number are space separated",
        "Names must be unique across customers, suppliers and employees",
        "Will be sent by email",
        "Max length of characters",
        "9" * 400 + " characters",
    ],
)
def test_notes_that_state_no_limit(details: str) -> None:
    assert parse_limit(details) is None


def test_the_match_rate_in_the_docstring_is_the_measured_one() -> None:
    if not SHARED.exists():
        pytest.skip(f"{SHARED} is absent")
    notes: list[str] = []
    for path in SHARED.glob("*.json"):
        notes += details(parse_model(json.loads(path.read_text())))
    known = sum(parse_limit(note) is not None for note in notes)
    distinct = {note: parse_limit(note) for note in notes}
    rate = f"{known} of {len(notes)} notes, {sum(map(bool, distinct.values()))} of {len(distinct)} distinct ones"
    assert rate in re.sub(r"\s+", " ", limits.__doc__ or "")


def details(node: Node) -> list[str]:
    notes = [note.details for note in node.notes]
    for child in (*node.children, *((node.element,) if node.element else ())):
        notes += details(child)
    return notes


def test_hostile_notes_end_quickly() -> None:
    assert parse_limit("must " * 10_000) is None
    assert parse_limit("between " + "1 and " * 10_000) is None
