"""The states a page can be in instead of what was asked for: each says what it is and offers the next step."""

from __future__ import annotations

import re

import pytest
from django.template.loader import render_to_string
from pytest_django import Settings

from customers.codat import client as codat_client
from sandbox import Sandbox
from sandbox.faults import Kind
from tests.conftest import RawPathClient
from tests.support.patience import SOON

HTMX = {"HX-Request": "true"}


def url(sandbox: Sandbox, key: str) -> str:
    return f"/companies/{sandbox.company(key)}/customers/"


def test_a_connection_that_was_never_authorised(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    text = viewer_client.get(url(sandbox, "pending")).content.decode()
    assert "has not authorised the connection to KashFlow yet" in text
    assert "authorised again" not in text
    assert "You are viewing Codat’s copy" not in text
    assert "Sync now" not in text
    assert "A sync takes" not in text


def test_a_company_that_was_never_synced_offers_a_sync(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    page = viewer_client.get(url(sandbox, "never_synced"))
    text = page.content.decode()
    assert page.status_code == 200
    assert "Customers not synced yet" in text
    form = re.search(r'<form method="post" action="([^"]+)"', text[text.index("<main") :])
    assert form
    assert "Sync now" in text
    viewer_client.post(form[1])
    sandbox.settle()
    assert "<table" in viewer_client.get(url(sandbox, "never_synced")).content.decode()


def test_a_running_first_sync_is_polled(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    text = viewer_client.get(url(sandbox, "syncing")).content.decode()
    assert "First sync in progress" in text
    assert "<progress" in text
    assert re.search(r'hx-get="[^"]+freshness/\?follow=[\w-]+&amp;poll=1"', text)
    assert 'hx-trigger="customers-refreshed from:body"' in text


@pytest.mark.parametrize(
    ("key", "word"), [("deauthorized", "deauthorised"), ("unlinked", "unlinked")]
)
def test_without_a_linked_connection_customers_can_only_be_read(
    sandbox: Sandbox, editor_client: RawPathClient, key: str, word: str
) -> None:
    text = editor_client.get(url(sandbox, key)).content.decode()
    assert f"is {word}." in text
    assert "Codat’s copy from" in text
    assert "its link at Codat</a>" in text
    assert "<table" in text
    assert "New customer" not in text
    link = re.search(r'<td class="c-name"><a href="([^"]+)"', text)
    assert link
    detail = editor_client.get(link[1]).content.decode()
    assert f"is {word}." in detail
    assert ">Edit<" not in detail
    assert 'hx-trigger="load"' not in detail
    assert "Attachments are unavailable" in detail


@pytest.mark.parametrize("key", ["no_accounting", "no_connections"])
def test_without_accounting_software_no_sync_is_offered(
    sandbox: Sandbox, editor_client: RawPathClient, key: str
) -> None:
    page = editor_client.get(url(sandbox, key))
    text = page.content.decode()
    assert page.status_code == 200
    assert "No accounting software connected" in text
    assert "Sync now" not in text
    assert "New customer" not in text


@pytest.mark.parametrize("key", ["never_synced", "syncing", "no_accounting", "deauthorized"])
def test_states_are_fragments_too(sandbox: Sandbox, viewer_client: RawPathClient, key: str) -> None:
    page = viewer_client.get(url(sandbox, key)).content.decode()
    fragment = viewer_client.get(url(sandbox, key), headers=HTMX).content.decode()
    assert "<html" not in fragment
    without_token = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
    # The views come beside the results, for another place of the page.
    results = fragment.partition('<nav class="views"')[0]
    assert without_token.sub("", results.strip()) in without_token.sub("", page)


def test_after_a_rate_limit_the_page_retries_at_the_time_that_codat_names(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    sandbox.faults.add(
        "/data/customers", "status", status=429, headers={"Retry-After": "90"}, count=-1
    )
    page = viewer_client.get(url(sandbox, "big"))
    assert page.status_code == 503
    assert page["Retry-After"] == page["Refresh"] == "90"
    text = page.content.decode()
    assert "Too many requests to Codat" in text
    assert "This page retries then." in text
    assert re.search(r"\d\d:\d\d UTC", text)
    fragment = viewer_client.get(url(sandbox, "big"), headers=HTMX)
    assert "Refresh" not in fragment
    assert 'hx-trigger="every 90s"' in fragment.content.decode()


def test_a_long_wait_has_no_automatic_retry(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    sandbox.faults.add(
        "/data/customers", "status", status=429, headers={"Retry-After": "40000"}, count=-1
    )
    page = viewer_client.get(url(sandbox, "big"))
    assert page["Retry-After"] == "40000"
    assert "Refresh" not in page
    assert "Codat asked us to wait until" in page.content.decode()


def test_a_wrong_key_is_reported_and_never_shown(
    sandbox: Sandbox, viewer_client: RawPathClient, settings: Settings
) -> None:
    settings.CODAT_API_KEY = "not-the-key"
    codat_client.default_client.cache_clear()
    answer = viewer_client.get("/companies/")
    assert answer.status_code == 502
    text = answer.content.decode()
    assert "rejected the dashboard’s API key" in text
    assert "not-the-key" not in text
    assert "Try again" not in text


def test_codat_cannot_be_reached(viewer_client: RawPathClient, settings: Settings) -> None:
    settings.CODAT_BASE_URL = "http://127.0.0.1:9"
    codat_client.default_client.cache_clear()
    answer = viewer_client.get("/companies/")
    codat_client.default_client.cache_clear()
    assert answer.status_code == 502
    assert "Codat cannot be reached" in answer.content.decode()


@pytest.mark.parametrize(
    ("kind", "status", "ours", "heading"),
    [
        ("status", 400, 502, "Codat rejected the request"),
        ("status", 401, 502, "Codat rejected the dashboard’s API key"),
        ("status", 402, 502, "plan limit reached"),
        ("status", 403, 502, "does not have access in Codat"),
        ("status", 404, 404, "Not found in Codat"),
        ("status", 408, 502, "Codat rejected the request"),
        ("status", 429, 503, "Too many requests to Codat"),
        ("status", 451, 502, "Codat rejected the request"),
        ("status", 500, 502, "Codat returned an error"),
        ("status", 503, 503, "Codat returned an error"),
        ("status", 504, 504, "Codat returned an error"),
        ("html", 502, 502, "Codat returned an error"),
        ("html", 200, 502, "Unexpected response from Codat"),
        ("empty", 200, 502, "Unexpected response from Codat"),
        ("redirect", 302, 502, "Unexpected response from Codat"),
        ("reset", 0, 502, "connection to Codat broke"),
        ("cut", 0, 502, "connection to Codat broke"),
        ("reset_middle", 0, 502, "connection to Codat broke"),
    ],
)
@pytest.mark.parametrize("whole", [True, False])
def test_every_error_is_a_page_and_a_fragment(
    sandbox: Sandbox,
    viewer_client: RawPathClient,
    kind: Kind,
    status: int,
    ours: int,
    heading: str,
    whole: bool,
) -> None:
    sandbox.faults.add("/data/customers/full", kind, status=status or None, count=-1)
    answer = viewer_client.get(url(sandbox, "odd") + "full/", headers={} if whole else HTMX)
    text = answer.content.decode()
    assert answer.status_code == ours
    assert heading in text
    assert "Nothing was changed" in text
    assert ("<html" in text) is whole
    assert "sandbox-key" not in text
    assert "Traceback" not in text


def test_the_correlation_id_is_shown_escaped(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    sandbox.faults.add(
        "/data/customers/full",
        "status",
        status=500,
        body='{"correlationId": "abc-<123>", "error": "Bad <day>"}',
        count=-1,
    )
    text = viewer_client.get(url(sandbox, "odd") + "full/").content.decode()
    assert "<123>" not in text
    assert "<day>" not in text
    assert "abc-" in text


def test_a_page_ends_within_its_deadline(
    sandbox: Sandbox, viewer_client: RawPathClient, settings: Settings
) -> None:
    import time

    settings.CODAT_PAGE_DEADLINE = 1.0
    sandbox.faults.add("/data/customers/full", "drip", seconds=0.2, count=-1)
    started = time.monotonic()
    answer = viewer_client.get(url(sandbox, "odd") + "full/")
    assert time.monotonic() - started < SOON
    assert answer.status_code == 504
    assert "Codat did not respond in time" in answer.content.decode()
    sandbox.faults.clear()


def test_an_address_without_a_page(viewer_client: RawPathClient) -> None:
    answer = viewer_client.get("/companies/x/nothing/")
    assert answer.status_code == 404
    assert "Page not found" in answer.content.decode()


def test_the_page_of_a_500_needs_no_context() -> None:
    text = render_to_string("500.html")
    assert "a problem with the dashboard, not with your data" in text
    assert "check the change history" in text


def test_browsers_do_not_store_pages(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    assert "no-store" in viewer_client.get("/companies/")["Cache-Control"]


def test_no_page_has_inline_scripts_or_styles(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    for path in ("/companies/", url(sandbox, "odd"), url(sandbox, "odd") + "full/", "/nowhere/"):
        text = viewer_client.get(path).content.decode()
        assert not re.search(r"<style|<script(?![^>]* src=)|<[^>]* (style|on[a-z]+)=", text), path
