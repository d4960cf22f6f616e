"""Addresses in the custom of their country, and links that are only made of what is safe."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from customers.browsing.customer_page.addresses import address_lines, country_code
from customers.browsing.customer_page.customer_detail import read_record
from customers.web.record_field import record_field
from tests.support.cases.records import any_customer

PARTS = {"line1": "1 Road", "city": "City", "region": "RG", "postalCode": "123"}


def lines(country: object, **parts: Any) -> list[str]:
    address = PARTS | {"country": country} | parts
    return [
        " ".join(f"{address[name]}{separator}" for name, separator in line)
        for line in address_lines(address)
    ][1:]


@pytest.mark.parametrize(
    ("country", "expected"),
    [
        ("US", ["City, RG 123", "US"]),
        ("United States", ["City, RG 123", "United States"]),
        ("AUS", ["City RG 123", "AUS"]),
        ("Germany", ["123 City", "RG", "Germany"]),
        ("de", ["123 City", "RG", "de"]),
        ("Italy", ["123 City RG", "Italy"]),
        ("UK", ["City", "123", "RG", "UK"]),
        ("Brazil", ["City", "RG", "123", "Brazil"]),
        ("Nowhere", ["City RG 123", "Nowhere"]),
        (None, ["City RG 123"]),
        (7, ["City RG 123", "7"]),
    ],
)
def test_the_order_is_that_of_the_country(country: object, expected: list[str]) -> None:
    assert lines(country) == expected


def test_no_comma_stands_at_the_end_of_a_line() -> None:
    assert lines("US", region="", postalCode=None) == ["City", "US"]


def test_countries_are_known_by_code_and_name() -> None:
    assert (country_code(" gb "), country_code("Great Britain"), country_code("x")) == (
        "GB",
        "GB",
        "",
    )


@given(any_customer)
def test_every_part_of_an_address_is_shown_once(customer: dict[str, Any]) -> None:
    record = read_record(customer, lambda keys, value: True)
    keys = [field.keys for field in record.fields()]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("key", "value", "href"),
    [
        ("emailAddress", "a.b+c@x.example", "mailto:a.b%2Bc@x.example"),
        ("email", "a?bcc=b@x.example", "mailto:a%3Fbcc%3Db@x.example"),
        ("emailAddress", "a@x.example,b@x.example", ""),
        ("emailAddress", "a@x.example?subject=x", ""),
        ("emailAddress", "javascript:alert(1)", ""),
        ("emailAddress", "a b@x.example", ""),
        ("emailAddress", {"a": 1}, ""),
        ("phone", "+44 (0)1632 960-954", "tel:+4401632960954"),
        ("number", "01632/960954", "tel:01632960954"),
        ("phone", "12", ""),
        ("phone", "call me", ""),
        ("phone", "1" * 41, ""),
        ("phone", "+1 555 0100;ext=1", ""),
        ("taxNumber", "a@x.example", ""),
    ],
)
def test_only_what_is_an_address_or_a_number_becomes_a_link(
    key: str, value: object, href: str
) -> None:
    assert record_field((key,), key, "Label", value).href == href
