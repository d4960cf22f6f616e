"""Where a customer stands in the list that its page was opened from."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.cache import caches
from django.http import QueryDict

from customers.codat.types import CustomersPage
from customers.web import links
from customers.web.origins.list_origin import Origin, read_origin
from customers.web.origins.place import Place, place
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.pages.controls import fields
from tests.support.pages.rows import row_addresses

HTMX = {"HX-Request": "true"}


def origin_of(listed: str = "", at: int = 0, company_id: str = "c1") -> Origin:
    origin = read_origin(QueryDict(links.from_list(listed, at or "")[1:]), company_id)
    assert origin is not None
    return origin


def page_of(*ids: object, total: int | None = None, page: int = 1, size: int = 3) -> CustomersPage:
    rows: Any = [{"id": record_id} for record_id in ids]
    return {
        "results": rows,
        "totalResults": len(ids) if total is None else total,
        "pageNumber": page,
        "pageSize": size,
    }


def at(results: CustomersPage | None, customer_id: str, position: int, listed: str = "") -> Place:
    return place(origin_of(listed, position), customer_id, "Harbour Lights Ltd", results)


def customer_in(url: str) -> tuple[str, str]:
    """The customer that an address leads to, and its position."""
    match = re.fullmatch(r"/companies/c1/customers/([^/]+)/\?.*at=(\d+)", url)
    assert match, url
    return match[1], match[2]


def test_the_position_and_the_neighbours() -> None:
    shown = at(page_of("a", "b", "c"), "b", 2)
    assert shown.position == "2 of 3"
    assert customer_in(shown.previous_url) == ("a", "1")
    assert customer_in(shown.next_url) == ("c", "3")
    assert shown.back_url == "/companies/c1/customers/#at-2"


def test_the_first_and_the_last() -> None:
    results = page_of("a", "b", "c")
    assert at(results, "a", 1).previous_url == ""
    assert at(results, "c", 3).next_url == ""
    assert at(page_of("a"), "a", 1).position == "1 of 1"


@pytest.mark.parametrize("position", [0, 1, 3, 400])
def test_the_id_counts_more_than_the_position(position: int) -> None:
    shown = at(page_of("a", "b", "c"), "b", position)
    assert shown.position == "2 of 3"
    assert customer_in(shown.next_url) == ("c", "3")


def test_of_two_records_with_one_id_the_position_says_which() -> None:
    assert at(page_of("a", "b", "a"), "a", 3).position == "3 of 3"
    assert at(page_of("a", "b", "a"), "a", 2).position == "1 of 3"


def test_one_that_is_gone_keeps_its_place() -> None:
    shown = at(page_of("a", "c", "d"), "b", 2)
    assert shown.position == "No longer in this result"
    assert customer_in(shown.previous_url) == ("a", "1")
    assert customer_in(shown.next_url) == ("c", "2")
    assert shown.back_url.endswith("#at-2")


def test_the_last_one_that_is_gone_has_one_before_it() -> None:
    shown = at(page_of("a", "b"), "c", 3)
    assert customer_in(shown.previous_url) == ("b", "2")
    assert shown.next_url == ""


def test_of_several_pages_it_is_known_of_this_page_only() -> None:
    shown = at(page_of("d", "e", "f", total=9, page=2), "x", 5, "?page=2&page_size=3")
    assert shown.position == "No longer on this page of the result"
    assert customer_in(shown.next_url) == ("e", "5")


def test_a_position_on_another_page_says_nothing() -> None:
    shown = at(page_of("a", "b", "c"), "x", 400)
    assert (shown.position, shown.previous_url, shown.next_url) == ("", "", "")


def test_at_the_end_of_a_page_a_link_looks_on_the_next() -> None:
    shown = at(page_of("d", "e", "f", total=9, page=2), "f", 6, "?page=2&page_size=3")
    assert shown.next_url.startswith("/companies/c1/step/?from=f&to=next&list=page=2")
    shown = at(page_of("d", "e", "f", total=9, page=2), "d", 4, "?page=2&page_size=3")
    assert shown.previous_url.startswith("/companies/c1/step/?from=d&to=previous&list=page=2")
    assert shown.position == "4 of 9"


def test_customers_without_a_page_are_passed_over() -> None:
    shown = at(page_of("a", None, "..", "d", size=4), "a", 1)
    assert customer_in(shown.next_url) == ("d", "4")


def test_on_a_form_the_neighbours_are_forms() -> None:
    origin = origin_of("", 2)
    shown = place(origin, "b", "Harbour Lights Ltd", page_of("a", "b", "c"), form=True)
    assert shown.position == "2 of 3"
    assert shown.previous_url == "/companies/c1/customers/a/edit/?list=&at=1"
    assert shown.next_url == "/companies/c1/customers/c/edit/?list=&at=3"
    unknown = place(origin, "b", "Harbour Lights Ltd", None, form=True)
    assert unknown.next_url == "/companies/c1/step/?from=b&to=next&form=1&list=&at=2"


def test_without_the_list_links_look_for_the_neighbours() -> None:
    shown = at(None, "b", 2)
    assert shown.position == ""
    assert shown.next_url.startswith("/companies/c1/step/?from=b&to=next")
    assert at(None, "b", 1).previous_url == ""
    assert at(None, "b", 0).next_url == ""


@pytest.mark.parametrize(
    ("listed", "total", "label"),
    [
        ("", 412, "Back to 412 customers of Harbour Lights Ltd"),
        ("", 1, "Back to 1 customer of Harbour Lights Ltd"),
        ("?status=Active", 1412, "Back to 1,412 active customers of Harbour Lights Ltd"),
        ("?status=Active&currency=EUR", 2, "Back to 2 active EUR customers of Harbour Lights Ltd"),
        ("?deleted=only", 2, "Back to 2 deleted customers of Harbour Lights Ltd"),
        ("?q=quarry", 3, "Back to 3 results for “quarry”"),
        ("?q=quarry&status=Active", 1, "Back to 1 result for “quarry”"),
        ("?q=" + "a" * 60, 3, f"Back to 3 results for “{'a' * 40}…”"),
        ("?q=a%E2%80%AEb", 3, "Back to 3 results for “a\ufffdb”"),
        ("?q=%7B%7D", 3, "Back to 3 customers of Harbour Lights Ltd"),
    ],
)
def test_the_way_back_says_what_it_leads_to(listed: str, total: int, label: str) -> None:
    assert at(page_of("a", total=total), "a", 1, listed).back_label == label
    without = re.sub(r"to [\d,]+ ", "to ", label)
    plural = without.replace("customer of", "customers of").replace("result for", "results for")
    assert at(None, "a", 1, listed).back_label == plural


def listed(sandbox: Sandbox, client: RawPathClient, **params: str) -> list[str]:
    """The addresses of the rows of a list that somebody has opened."""
    page = client.get(links.customers(sandbox.company("qbo")), params).content.decode()
    return row_addresses(page)


def shown_place(text: str) -> str:
    match = re.search(r'id="place">([^<]+)<', text)
    return match[1] if match else ""


def link(text: str, rel: str) -> str:
    match = re.search(rf'rel="{rel}" href="([^"]+)"', text)
    return unescape(match[1]) if match else ""


def test_the_whole_result_is_walked_with_one_call_a_page(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    params = {"q": "a", "page_size": "3", "order_by": "-customerName"}
    opened = [*listed(sandbox, viewer_client, **params)]
    opened += listed(sandbox, viewer_client, **params, page="2")
    for alias in caches.settings:
        caches[alias].clear()
    listed(sandbox, viewer_client, **params)
    walked, url = [], opened[0]
    for calls in (1, 1, 1, 2, 1, 1):
        sandbox.clear_calls()
        answer = viewer_client.get(url, follow=True)
        text = answer.content.decode()
        assert len(sandbox.calls) == calls, url
        walked.append(answer.request["PATH_INFO"])
        assert shown_place(text).startswith(f"{len(walked)} of ")
        url = link(text, "next")
    assert walked == [path.partition("?")[0] for path in opened]
    text = viewer_client.get(opened[3]).content.decode()
    back = viewer_client.get(link(text, "prev"), follow=True)
    assert back.request["PATH_INFO"] == walked[2]


def test_an_expired_list_costs_one_call_in_parallel(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    url = listed(sandbox, viewer_client)[1]
    caches["stale"].clear()
    sandbox.clear_calls()
    assert shown_place(viewer_client.get(url).content.decode()).startswith("2 of ")
    assert len(sandbox.calls) == 2
    sandbox.clear_calls()
    viewer_client.get(url)
    assert len(sandbox.calls) == 1


def test_a_list_that_cannot_be_read_takes_only_its_count_away(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    url = listed(sandbox, viewer_client)[1]
    caches["stale"].clear()
    sandbox.faults.add(r"/data/customers\?", "status", status=500, count=-1)
    answer = viewer_client.get(url)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "Back to customers of " in text
    assert shown_place(text) == ""
    assert "/step/?from=" in link(text, "next")


def test_a_fragment_reads_no_list(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    url = listed(sandbox, viewer_client)[1]
    caches["stale"].clear()
    sandbox.clear_calls()
    assert viewer_client.get(url, headers=HTMX).status_code == 200
    assert len(sandbox.calls) == 1


def test_a_page_that_was_opened_from_no_list_has_no_place(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    url = listed(sandbox, viewer_client)[1].partition("?")[0]
    text = viewer_client.get(url).content.decode()
    assert "Back to" not in text
    assert link(text, "next") == ""


@pytest.mark.parametrize(
    ("query", "leads_to"),
    [
        ("", "/customers/"),
        ("list=" + "x" * 2000, "/customers/"),
        ("list=q%3Dzzzzz&at=1&from=x", "/customers/?q=zzzzz#at-1"),
        ("list=page%3D400&at=9&from=x&to=previous", "/customers/?page=400#at-9"),
        ("list=&from=x", "/customers/"),
    ],
)
def test_a_step_that_leads_nowhere_leads_to_the_list(
    sandbox: Sandbox, viewer_client: RawPathClient, query: str, leads_to: str
) -> None:
    company = f"/companies/{sandbox.company('qbo')}"
    answer = viewer_client.get(f"{company}/step/?{query}")
    assert answer.status_code == 302
    assert answer["Location"] == company + leads_to


def test_links_of_the_page_keep_the_list(sandbox: Sandbox, editor_client: RawPathClient) -> None:
    url = listed(sandbox, editor_client, q="a", page_size="3")[1]
    text = unescape(editor_client.get(url).content.decode())
    query = url.partition("?")[2]
    path = url.partition("?")[0]
    for page in ("edit/", "attachments/"):
        assert f'"{path}{page}?{query}"' in text
    customer_id = path.rstrip("/").rpartition("/")[2]
    assert f"/customers/new/?{urlencode({'from': customer_id})}&{query}" in text


def test_changes_on_the_page_keep_the_list(sandbox: Sandbox, editor_client: RawPathClient) -> None:
    url = listed(sandbox, editor_client, q="a", page_size="3")[1]
    query = url.partition("?")[2]
    form = url.replace("/?list=", "/edit/?list=")
    typed = fields(editor_client.get(form)) | {"f.phone": "+44 1632 960954", "action": "save"}
    change = editor_client.post(form, typed)["Location"]
    assert change.endswith(f"?{query}")
    text = unescape(editor_client.get(url).content.decode())
    # In its place, in the timeline, and among the pending changes.
    assert text.count(f'href="{change}"') >= 2
    for polled in re.findall(r'hx-get="([^"]+/(?:pending|timeline)/[^"]*)"', text):
        assert polled.endswith(query)
        if not re.search("kind=(drafts|syncs)", polled):
            fragment = unescape(editor_client.get(polled, headers=HTMX).content.decode())
            assert f'href="{change}"' in fragment
    assert f'href="{change.partition("?")[0]}"' not in text


def test_another_connection_keeps_the_list(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    page = viewer_client.get(links.customers(sandbox.company("migrated")), {"status": "Active"})
    url = row_addresses(page.content.decode())[0]
    text = viewer_client.get(url).content.decode()
    choice = text[text.index('class="connection-choice"') :].partition("</form>")[0]
    assert '<input type="hidden" name="list" value="status=Active">' in choice
    assert '<input type="hidden" name="at" value="1">' in choice
