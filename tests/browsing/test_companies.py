"""The companies page."""

from __future__ import annotations

import pytest

from sandbox import Sandbox
from tests.conftest import RawPathClient

URL = "/companies/"
HTMX = {"HX-Request": "true"}


def test_lists_every_company_with_its_software_state_and_last_sync(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    page = viewer_client.get(URL)
    assert page.status_code == 200
    text = page.content.decode()
    assert f'href="/companies/{sandbox.company("big")}/customers/"' in text
    assert "Fern &amp; Field Design" in text
    for word in ("QuickBooks Online", "Deauthorised", "Waiting for authorisation", "15 Mar 2025"):
        assert word in text
    assert "No accounting connection" in text
    assert "Xero and 1 more" in text
    assert [call.path for call in sandbox.calls] == ["/companies"]
    assert sandbox.calls[0].query["orderBy"] == "name"


def test_the_search_reaches_codat_as_a_query(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    page = viewer_client.get(URL, {"q": "Wren & Part", "state": ""})
    assert sandbox.calls[0].query["query"] == "{name~Wren}&&{name~Part}"
    text = page.content.decode()
    assert "Wren &amp; Partners" in text
    assert "Meridian" not in text
    assert "cannot search for &amp;, so it was ignored." in text


def test_a_company_is_found_by_its_full_id(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    text = viewer_client.get(URL, {"q": sandbox.company("sage")}).content.decode()
    assert "Hartley Garages" in text
    assert "Meridian" not in text


def test_the_state_of_the_connection_filters(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    text = viewer_client.get(URL, {"state": "Deauthorized"}).content.decode()
    assert "Pennine Walks" in text
    assert "Meridian" not in text


def test_paging(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    text = viewer_client.get(URL, {"page_size": "5", "page": "2"}).content.decode()
    assert "6–10 of 23" in text
    assert 'href="?page=3&amp;page_size=5"' in text
    assert 'href="?page_size=5"' in text


def test_a_page_after_the_last_links_to_the_last(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    text = viewer_client.get(URL, {"page_size": "5", "page": "9"}).content.decode()
    assert "Page 9 does not exist" in text
    assert 'href="?page=5&amp;page_size=5"' in text


def test_sorting_in_descending_order(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    text = viewer_client.get(URL, {"order_by": "-name"}).content.decode()
    assert sandbox.calls[0].query["orderBy"] == "-name"
    assert 'aria-sort="descending"' in text
    assert text.index("Wren") < text.index("Bluebell")


def test_no_match_offers_all(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    text = viewer_client.get(URL, {"q": "zzz"}).content.decode()
    assert "No company matches" in text
    assert "Show all companies" in text
    assert 'href="/search/?q=zzz">Search customers for “zzz”' in text


def test_an_account_without_companies(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    sandbox.faults.add("GET /companies", "json", body='{"results": null, "totalResults": 0}')
    assert "There are no companies yet" in viewer_client.get(URL).content.decode()


@pytest.mark.parametrize(
    ("headers", "whole"),
    [
        ({}, True),
        (HTMX, False),
        ({**HTMX, "HX-Boosted": "true"}, True),
        ({**HTMX, "HX-History-Restore-Request": "true"}, True),
    ],
)
def test_fragment_or_page(
    sandbox: Sandbox, viewer_client: RawPathClient, headers: dict[str, str], whole: bool
) -> None:
    answer = viewer_client.get(URL, headers=headers)
    assert ("<!doctype html>" in answer.content.decode()) is whole
    assert "Meridian Wholesale" in answer.content.decode()
    assert "HX-Request" in answer["Vary"]


def test_a_search_updates_the_address_bar(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    answer = viewer_client.get(
        URL,
        {"q": "ab c", "state": "", "page_size": "100"},
        headers={**HTMX, "HX-Trigger": "search"},
    )
    assert answer["HX-Replace-Url"] == "/companies/?q=ab+c"


def test_without_sign_in(anonymous_client: RawPathClient) -> None:
    answer = anonymous_client.get(URL)
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=/companies/"


def test_without_permission(outsider_client: RawPathClient) -> None:
    answer = outsider_client.get(URL)
    assert answer.status_code == 403
    assert "You have no role yet" in answer.content.decode()


def test_wrong_method(viewer_client: RawPathClient) -> None:
    assert viewer_client.post(URL).status_code == 405


def test_codat_is_unavailable(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    sandbox.faults.add("GET /companies", "status", status=500, count=-1)
    answer = viewer_client.get(URL)
    assert answer.status_code == 502
    text = answer.content.decode()
    assert "Codat returned an error" in text
    assert "Nothing was changed" in text
    assert 'href="/companies/">Try again now</a>' in text
