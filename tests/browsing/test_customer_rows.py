"""The rows of the list of customers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.browsing.customer_rows import COLUMNS, customer_rows
from customers.web import links
from tests.support.records import any_customer


def rows(*customers: dict[str, Any]) -> str:
    """The rows as HTML."""
    return customer_rows(customers, "c1")


def test_values_are_escaped_and_the_id_is_one_segment_of_the_link() -> None:
    html = rows(
        {
            "id": "a/b ?#%",
            "customerName": "<script>alert(1)</script>",
            "emailAddress": "\"'><img>",
        }
    )
    assert 'href="/companies/c1/customers/a%2Fb%20%3F%23%25/"' in html
    assert "&lt;script&gt;" in html
    assert "<script" not in html
    assert "<img" not in html


@pytest.mark.parametrize("record_id", [".", "..", "", None])
def test_an_invalid_id_has_no_link(record_id: Any) -> None:
    html = rows({"id": record_id, "customerName": "Dots"})
    assert "Dots" in html
    assert "<a " not in html
    assert "Invalid ID" in html


def test_a_customer_without_a_name_has_a_link_with_its_id() -> None:
    assert "no name, ID 7" in rows({"id": "7", "customerName": None})


def test_a_deleted_customer_is_marked() -> None:
    assert "Deleted" in rows({"id": "7", "metadata": {"isDeleted": True}})
    assert "Deleted" not in rows({"id": "7", "metadata": None})


@given(st.lists(any_customer))
def test_every_row_has_every_cell(customers: list[dict[str, Any]]) -> None:
    html = rows(*customers)
    assert html.count("<td>") == html.count("</td>") == len(COLUMNS) * len(customers)


def test_links_carry_the_list_once_and_each_position() -> None:
    suffix = links.from_list('?q=a%26b"&page=2')
    customers = ({"id": "7", "customerName": "A"}, {"id": "8", "customerName": "B"})
    html = customer_rows(customers, "c1", suffix, 101)
    for record_id, at in (("7", 101), ("8", 102)):
        assert (
            f'href="/companies/c1/customers/{record_id}/'
            f'?list=q=a%2526b%22%26page=2&amp;at={at}" id="at-{at}">' in html
        )


def test_links_leave_out_a_list_with_a_long_query_string() -> None:
    suffix = links.from_list("?q=" + "a" * links.MAX_LISTED)
    html = customer_rows(({"id": "7", "customerName": "A"},), "c1", suffix)
    assert 'href="/companies/c1/customers/7/" id="at-1"' in html
