"""The list that a page was opened from, in the page's address."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from customers.web import links
from customers.web.lists.list_states import read_customers
from customers.web.lists.paging import joined
from customers.web.origins.list_origin import Origin, kept, read_origin

# Each parameter of the list with a value that is not its default.
PARAMETERS = {
    "q": "Smith & Sons #1 “ü” 100% +x=y?",
    "status": "Active",
    "currency": "EUR",
    "deleted": "only",
    "order_by": "-emailAddress",
    "page": "3",
    "page_size": "250",
    "columns": "id,city",
    "empty": "show",
    "view": "7",
    "connection": "0b5a3a4e-9c43-4a1e-8a8e-3f0e1f0a9b7c",
}


def read(query: str) -> Origin | None:
    return read_origin(QueryDict(query), "c1")


def origin_of(query: str, at: object = 7) -> Origin:
    """What a page reads that was opened from a list with this query string."""
    origin = read(links.from_list(query, str(at))[1:])
    assert origin is not None
    return origin


@pytest.mark.parametrize("name", [*PARAMETERS, "all", "none"])
def test_each_parameter_of_the_list_comes_back(name: str) -> None:
    chosen = {"all": PARAMETERS, "none": {}}.get(name) or (
        {name: PARAMETERS[name]} if name in PARAMETERS else {}
    )
    state = read_customers(QueryDict(urlencode(chosen)))
    suffix = "?" + urlencode({"connection": chosen["connection"]}) if "connection" in chosen else ""
    listed = joined(state.address(), suffix)
    origin = origin_of(listed)
    assert origin.address() == f"/companies/c1/customers/{listed}#at-7"
    again = read(origin.query()[1:])
    assert again == origin
    assert origin.state == state


@pytest.mark.parametrize(
    ("hostile", "leads_to"),
    [
        ("//evil.example/", ""),
        ("https://evil.example/?q=a", ""),
        ("javascript:alert(1)", ""),
        ("next=https://evil.example&q=a", "?q=a"),
        ("q=%3Cscript%3E&list=x&at=1&from=y&draft=z", "?q=%3Cscript%3E"),
        ("q=a%0d%0aSet-Cookie:x", "?q=a%0D%0ASet-Cookie%3Ax"),
        ("status=Sold&currency=EURO&order_by=secret&page=x&page_size=-1", "?page_size=1"),
        ("page=999999999999999999", ""),
        ("page_size=9999999", "?page_size=5000"),
        ("q=%ff%fe", "?q=%EF%BF%BD%EF%BF%BD"),
        ("connection=" + "x" * 101, ""),
        ("#at-9", ""),
        ("", ""),
    ],
)
def test_only_known_parameters_lead_on_and_only_to_the_list(hostile: str, leads_to: str) -> None:
    origin = read("list=" + quote(hostile))
    assert origin is not None
    assert origin.address() == f"/companies/c1/customers/{leads_to}"


@pytest.mark.parametrize(
    "listed", ["q=" + "a" * links.MAX_LISTED, "&".join(f"a{n}=1" for n in range(30))]
)
def test_what_no_list_writes_is_no_list(listed: str) -> None:
    assert read("list=" + quote(listed)) is None


def test_a_page_without_a_list_has_none() -> None:
    assert read("") is None
    assert read("at=7&connection=x") is None


@pytest.mark.parametrize("at", ["0", "-1", "x", "", "9" * 40, "١", "1.5", "1e3"])
def test_an_invalid_position_is_not_known(at: str) -> None:
    origin = read("list=" + quote("q=a") + "&at=" + quote(at))
    assert origin is not None
    assert origin.at == 0
    assert "#" not in origin.address()


@given(st.text(max_size=700), st.text(max_size=30))
def test_any_text_is_read_or_refused(listed: str, at: str) -> None:
    data = QueryDict(mutable=True)
    data["list"], data["at"] = listed, at
    origin = read_origin(data, "c1")
    if origin is not None:
        assert origin.address().startswith("/companies/c1/customers/")
        assert len(origin.query()) < 10_000


def test_an_address_keeps_its_own_query_string_and_fragment() -> None:
    origin = origin_of("?q=a")
    assert kept("/x/", origin) == "/x/?list=q=a&at=7"
    assert kept("/x/?again", origin) == "/x/?again&list=q=a&at=7"
    assert kept("/x/?write=1#name", origin) == "/x/?write=1&list=q=a&at=7#name"
    assert kept("/x/?write=1#name", None) == "/x/?write=1#name"
