"""The list of a customer's attachments: rows, order, filters, and states without a list."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Literal
from urllib.parse import unquote

import pytest

from customers.attachments import listing
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.pages.attachments import attachment_calls, file_bytes, list_url

HTMX = {"HX-Request": "true"}


def names(client: RawPathClient, url: str) -> list[str]:
    return [row["name"] for row in client.get(url).context["attachments"]]


def test_all_attachments_are_listed_with_one_call(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    response = viewer_client.get(list_url(sandbox, "thirty"))
    text = response.content.decode()
    assert response.status_code == 200
    assert text.count("/download/") == 30
    assert "Invoice 0030.pdf" in text
    assert "651 bytes" in text
    assert "17 May 2024, 11:42 UTC" in text
    assert attachment_calls(sandbox) == ["thirty/attachments"]


def test_page_includes_the_fragment(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    page = viewer_client.get(list_url(sandbox, "one")).content.decode()
    fragment = viewer_client.get(list_url(sandbox, "one"), headers=HTMX)
    assert "<html" not in fragment.content.decode()
    assert fragment.content.decode().strip() in page
    assert "HX-Request" in fragment["Vary"]


def test_page_has_the_name_of_the_customer(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    for url in (list_url(sandbox, "one"), f"{list_url(sandbox, 'one')}only/"):
        text = viewer_client.get(url).content.decode()
        assert text.count("<bdi>One attachment</bdi>") == 2
    reads = [call for call in sandbox.calls if call.path.endswith("/data/customers/one")]
    assert len(reads) == 1


@pytest.mark.parametrize("fault", ["status", "hang"])
def test_page_of_a_customer_that_cannot_be_read(
    sandbox: Sandbox,
    viewer_client: RawPathClient,
    monkeypatch: pytest.MonkeyPatch,
    fault: Literal["status", "hang"],
) -> None:
    sandbox.faults.add("/data/customers/one$", fault, status=500, count=-1)
    monkeypatch.setattr(listing, "NAME_TIMEOUT", 0.3)
    text = viewer_client.get(list_url(sandbox, "one")).content.decode()
    assert text.count("<bdi>one</bdi>") == 2
    assert "terms.pdf" in text


@pytest.mark.parametrize("customer_id", ["none", "null"])
def test_customer_without_attachments(
    sandbox: Sandbox, viewer_client: RawPathClient, customer_id: str
) -> None:
    text = viewer_client.get(list_url(sandbox, customer_id)).content.decode()
    assert "No attachments. Add files in" in text


def test_names_are_escaped_and_have_no_direction_characters(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    text = viewer_client.get(list_url(sandbox, "names")).content.decode()
    assert "<script>alert" not in text
    assert "\u202e" not in text
    assert text.count("no name, attachment") == 3


def test_download_links_lead_to_the_files(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    rows = viewer_client.get(list_url(sandbox, "ids")).context["attachments"]
    assert len(rows) == 10
    for row in rows:
        attachment_id = unquote(row["download_url"].split("/")[-3])
        response = viewer_client.get(row["download_url"])
        assert b"".join(response) == file_bytes(sandbox, "ids", attachment_id)


def test_sorted_by_the_address(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    ascending = names(viewer_client, list_url(sandbox, "kinds"))
    assert ascending == sorted(ascending, key=str.casefold)
    assert names(viewer_client, list_url(sandbox, "kinds", order_by="-name")) == ascending[::-1]
    by_size = viewer_client.get(list_url(sandbox, "kinds", order_by="-fileSize"))
    sizes = [row["bytes"] for row in by_size.context["attachments"]]
    assert sizes == sorted(sizes, reverse=True)
    by_type = viewer_client.get(list_url(sandbox, "kinds", order_by="type"))
    labels = [row["file_type"].label for row in by_type.context["attachments"]]
    assert labels == [*sorted(labels[:-2]), "unknown file type", "unknown file type"]
    assert 'aria-sort="ascending"' in by_type.content.decode()


def test_attachments_without_a_value_come_last(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    for order in ("fileSize", "-fileSize", "dateCreated", "-dateCreated", "name", "-name"):
        rows = viewer_client.get(list_url(sandbox, "names", order_by=order)).context["attachments"]
        assert rows[-1]["name"] == "–"


def test_filtered_by_the_address(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    assert names(viewer_client, list_url(sandbox, "thirty", q="INVOICE 30")) == ["Invoice 0030.pdf"]
    assert len(names(viewer_client, list_url(sandbox, "thirty", kind="image"))) == 10
    one = viewer_client.get(list_url(sandbox, "thirty", kind="pdf", q="0003"))
    assert "1 of 30 attachments" in one.content.decode()
    none = viewer_client.get(list_url(sandbox, "thirty", q="nothing like it")).content.decode()
    assert "No attachments match." in none
    assert "Show all 30" in none


def test_invalid_filters_are_ignored_with_a_notice(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    response = viewer_client.get(list_url(sandbox, "thirty", kind="<b>", order_by="x"))
    text = response.content.decode()
    # Beside the hidden banner of the frame.
    assert text.count('class="banner warn"') - text.count('id="signed-out"') == 2
    assert "&lt;b&gt;" in text
    assert "30 attachments" in text


def test_sorting_keeps_the_filters(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    text = viewer_client.get(list_url(sandbox, "thirty", q="in", kind="pdf")).content.decode()
    links = re.findall(r'id="files-by-\w+" href="([^"]+)"', text)
    assert len(links) == 5
    assert all("q=in&amp;kind=pdf" in link for link in links)
    assert all(link.startswith("/companies/") for link in links)


def test_thumbnails_on_demand_for_small_images(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    assert "<img" not in viewer_client.get(list_url(sandbox, "kinds")).content.decode()
    response = viewer_client.get(list_url(sandbox, "kinds", thumbnails="show"))
    rows = response.context["attachments"]
    with_thumbnail = [row["name"] for row in rows if row["thumbnail_url"]]
    assert with_thumbnail == ["dot.gif", "dot.webp", "photo.jpg", "photo.png"]
    assert response.content.decode().count('loading="lazy"') == 4
    # The company and the customer once, the list twice.
    assert len(sandbox.calls) == 4


@pytest.mark.parametrize(
    "attachments",
    [
        [{"id": 7, "name": ["x"], "contentType": {}, "fileSize": "big", "dateCreated": 4}],
        [{}],
        [
            {"id": "a", "fileSize": -1},
            {"id": "b", "fileSize": True},
            {"id": "c", "fileSize": 1e300},
            {"id": "d", "fileSize": 10**400},
        ],
    ],
)
def test_metadata_of_unexpected_types(
    sandbox: Sandbox, viewer_client: RawPathClient, attachments: list[object]
) -> None:
    sandbox.faults.add(
        "/attachments", "json", body=json.dumps({"attachments": attachments}), count=6
    )
    for order in ("name", "type", "fileSize", "-fileSize", "dateCreated", "modifiedDate"):
        response = viewer_client.get(list_url(sandbox, "one", order_by=order))
        assert response.status_code in (200, 502)


@pytest.mark.parametrize("key", ["deauthorized", "unlinked", "no_connections", "no_accounting"])
def test_without_a_linked_connection_codat_is_not_asked(
    sandbox: Sandbox, viewer_client: RawPathClient, key: str
) -> None:
    response = viewer_client.get(list_url(sandbox, "1", key), headers=HTMX)
    assert response.status_code == 200
    assert "Attachments are unavailable" in response.content.decode()
    assert attachment_calls(sandbox) == []
    assert viewer_client.get(f"{list_url(sandbox, '1', key)}1/download/").status_code == 409
    assert attachment_calls(sandbox) == []


def test_error_at_codat_is_a_fragment_with_a_retry(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    sandbox.faults.add("/attachments", "status", status=500, count=-1)
    response = viewer_client.get(list_url(sandbox, "one"), headers=HTMX)
    assert response.status_code == 502
    assert "<html" not in response.content.decode()
    assert "Try again" in response.content.decode()


def test_links_and_filters_keep_the_list_that_the_customer_was_opened_from(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    company = sandbox.company("files")
    query = "list=q=a%26page=2&at=107"
    url = f"{links.attachments(company, 'thirty')}?{query}"
    text = unescape(viewer_client.get(url).content.decode())
    assert f'href="{links.customer(company, "thirty")}?{query}"' in text
    assert f'href="{links.customers(company)}?q=a&page=2#at-107"' in text
    assert 'name="list" value="q=a&page=2"' in text
    assert f"?order_by=-name&{query}" in text
    row = re.search(r'href="([^"]+/attachments/[^"/]+/\?[^"]+)"', text)
    assert row
    assert row[1].endswith(f"?{query}")
    detail = unescape(viewer_client.get(row[1]).content.decode())
    assert f'id="file-list" href="{url}"' in detail
    assert f'href="{links.customers(company)}?q=a&page=2#at-107"' in detail
