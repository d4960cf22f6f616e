"""The search without an index: Codat is asked company after company."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client
from pytest_django import Settings

from sandbox import Sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _without_index(settings: Settings, sandbox: Sandbox) -> None:
    settings.INDEX_CUSTOMERS = False


def test_all_companies_are_searched_step_by_step(viewer_client: Client) -> None:
    page = viewer_client.get("/search/?q=beacon").content.decode()
    assert "Searched 10 of " in page
    steps = 0
    while match := re.search(r'hx-get="([^"]+)"', page[page.index('id="live-progress"') :]):
        page = viewer_client.get(html.unescape(match[1]), HTTP_HX_REQUEST="true").content.decode()
        steps += 1
        assert steps < 20
    total = re.search(r"Searched (\d+) of (\d+) companies\.", page)
    assert total
    assert total[1] == total[2]
    assert "never synced" in page
    assert "so far" not in page


def test_without_scripts_the_next_companies_are_a_link(viewer_client: Client) -> None:
    page = viewer_client.get("/search/?q=beacon").content.decode()
    url = re.search(r'<noscript><p><a class="button" href="([^"]+)"', page)
    assert url
    following = viewer_client.get(html.unescape(url[1])).content.decode()
    assert "Searched 20 of " in following


def test_found_customers_have_links_and_their_company_its_list(viewer_client: Client) -> None:
    page = viewer_client.get("/search/?q=beacon").content.decode()
    assert re.search(r'href="/companies/[^/]+/customers/\?q=beacon"', page)
    assert "?found=q=beacon" in page


def test_the_reserve_of_the_quota_ends_it(viewer_client: Client, sandbox: Sandbox) -> None:
    sandbox.settings.daily_quota = 10
    for _ in range(9):
        viewer_client.get("/companies/")
    page = viewer_client.get("/search/?q=beacon").content.decode()
    assert "The rest of today’s Codat quota is kept" in page
    assert "hx-get" not in page[page.index('id="live-progress"') :].split("</div>")[0]


def test_a_company_that_fails_is_counted_and_the_others_are_searched(
    viewer_client: Client, sandbox: Sandbox
) -> None:
    customers = f"/companies/{sandbox.company('qbo')}/data/customers"
    sandbox.faults.add(customers, "status", status=500, count=-1)
    page = viewer_client.get("/search/?q=beacon").content.decode()
    assert "1 could not be searched." in page


def test_one_letter_asks_no_company(viewer_client: Client, sandbox: Sandbox) -> None:
    page = viewer_client.get("/search/?q=b").content.decode()
    assert "Type two letters or more" in page


def test_the_search_box_leads_to_it(viewer_client: Client) -> None:
    page = viewer_client.get("/search/suggestions/?q=beacon", HTTP_HX_REQUEST="true")
    assert "Search all companies for “beacon”" in page.content.decode()


@pytest.mark.parametrize(
    "query", ["from=-1", "from=9999999", "from=999999", "found=x", "failed=1e9"]
)
def test_numbers_of_another_shape_are_left_out(viewer_client: Client, query: str) -> None:
    assert viewer_client.get(f"/search/?q=beacon&{query}").status_code == 200
