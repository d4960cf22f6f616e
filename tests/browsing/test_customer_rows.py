"""The rows of the list of customers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.browsing.customer_list.columns import BY_NAME, COLUMNS, DEFAULT_COLUMNS
from customers.browsing.customer_list.customer_rows import customer_rows
from customers.web import links
from tests.support.cases.records import any_customer


def rows(*customers: dict[str, Any]) -> str:
    """The rows as HTML."""
    return customer_rows(customers, "c1", show_empty=True).html


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
    cells = (len(DEFAULT_COLUMNS) + 1) * len(customers)
    assert html.count("<td ") == html.count("</td>") == cells


def test_links_carry_the_list_once_and_each_position() -> None:
    suffix = links.from_list('?q=a%26b"&page=2')
    customers = ({"id": "7", "customerName": "A"}, {"id": "8", "customerName": "B"})
    html = customer_rows(customers, "c1", suffix=suffix, first=101).html
    for record_id, at in (("7", 101), ("8", 102)):
        assert (
            f'href="/companies/c1/customers/{record_id}/'
            f'?list=q=a%2526b%22%26page=2&amp;at={at}" id="at-{at}">' in html
        )


def test_links_leave_out_a_list_with_a_long_query_string() -> None:
    suffix = links.from_list("?q=" + "a" * links.MAX_LISTED)
    html = customer_rows(({"id": "7", "customerName": "A"},), "c1", suffix=suffix).html
    assert 'href="/companies/c1/customers/7/" id="at-1"' in html


def test_a_column_that_is_empty_in_every_row_is_left_out() -> None:
    customers = ({"id": "7", "customerName": "A", "phone": " "}, {"id": "8", "emailAddress": "b@c"})
    made = customer_rows(customers, "c1")
    assert [column.name for column in made.columns] == ["name", "email"]
    assert [column.name for column in made.empty] == [
        "phone",
        "city",
        "country",
        "currency",
        "changed",
    ]
    assert "c-phone" not in made.html
    assert customer_rows(customers, "c1", show_empty=True).columns == DEFAULT_COLUMNS


def test_the_address_is_the_first_for_bills_or_the_first() -> None:
    def city(*addresses: Any) -> str:
        return BY_NAME["city"].text({"addresses": list(addresses)})

    delivery, billing = (
        {"type": kind, "city": name} for kind, name in (("Delivery", "Leeds"), ("Billing", "York"))
    )
    assert city(delivery, billing) == "York"
    assert city(delivery) == "Leeds"
    assert city() == city(None, "x") == ""
    for odd in ({}, {"addresses": None}, {"addresses": "x"}):
        assert BY_NAME["city"].text(odd) == ""


def test_only_an_unusual_status_is_shown() -> None:
    customers = (
        {"id": "7", "customerName": "A", "status": "Active"},
        {"id": "8", "customerName": "B", "status": "Archived"},
    )
    html = customer_rows(customers, "c1").html
    assert "Active" not in html
    assert '>B</a> <span class="tag">Archived</span></td>' in html
    in_column = customer_rows(customers, "c1", (BY_NAME["name"], BY_NAME["status"])).html
    assert in_column.count("Archived") == 1


def test_an_id_is_whole_and_copied_in_its_own_column_only() -> None:
    records = ({"id": 'a"<&'}, {"id": "42"})
    html = customer_rows(records, "c1", (BY_NAME["name"], BY_NAME["id"])).html
    escaped = "a&quot;&lt;&amp;"
    assert f'<code title="{escaped}">{escaped}</code>' in html
    assert f'data-copy-text="{escaped}" aria-label="Copy ID"' in html
    assert html.count('aria-label="Copy ID"') == 2
    assert "<button" not in customer_rows(records, "c1").html


def test_rows_stand_in_groups_that_a_browser_can_skip() -> None:
    customers = [{"id": str(number)} for number in range(61)]
    made = customer_rows(customers, "c1")
    groups = made.html.split("<tbody>")[1:]
    assert [group.count("<tr>") for group in groups] == [20, 20, 20, 1]
    assert made.first + made.more == made.html
    assert made.more.count("<tr>") == 1
    assert not customer_rows(customers[:60], "c1").more


@given(st.lists(any_customer))
def test_every_column_can_show_any_record(customers: list[dict[str, Any]]) -> None:
    html = customer_rows(customers, "c1", COLUMNS, show_empty=True).html
    assert html.count("</td>") == (len(COLUMNS) + 1) * len(customers)
