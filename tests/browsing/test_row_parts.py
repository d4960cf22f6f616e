"""A long list in two parts: a page begins with some rows, and has or loads the others."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User

from customers.models import Write
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.journal import journal_row

pytestmark = pytest.mark.django_db

ROW = re.compile(r'id="at-(\d+)"')
VERSION = re.compile(r'class="more-rows" data-version="(\w+)"')


@pytest.fixture
def url(sandbox: Sandbox) -> str:
    return links.customers(sandbox.company("big")) + "?page_size=1000&deleted=show"


def page(client: RawPathClient, url: str, **headers: str) -> str:
    found = client.get(url, headers=headers)
    assert found.status_code == 200
    return str(found.content.decode())


def positions(text: str) -> list[int]:
    return [int(number) for number in ROW.findall(text)]


@pytest.fixture
def with_scripts(viewer_client: RawPathClient) -> RawPathClient:
    viewer_client.cookies["scripts"] = "1"
    return viewer_client


def test_a_browser_without_scripts_gets_all_rows(viewer_client: RawPathClient, url: str) -> None:
    text = page(viewer_client, url)
    assert positions(text) == list(range(1, 1001))
    assert not VERSION.search(text)


def test_a_very_long_list_loads_its_other_rows_by_one_call(
    with_scripts: RawPathClient, url: str, sandbox: Sandbox
) -> None:
    text = page(with_scripts, url)
    assert positions(text) == list(range(1, 61))
    assert "Loading 940 more customers" in text
    sandbox.clear_calls()
    found = VERSION.search(text)
    assert found
    assert positions(page(with_scripts, url, **{"Other-Rows": found[1]})) == list(range(61, 1001))
    assert [call.path.rpartition("/")[2] for call in sandbox.calls] == ["customers"]


def test_rows_of_another_version_are_not_added(
    with_scripts: RawPathClient, url: str, sandbox: Sandbox
) -> None:
    """Codat's copy has changed between the two requests."""
    found = VERSION.search(page(with_scripts, url))
    assert found
    changed = '{"results": [{"id": "1", "customerName": "Other"}], "totalResults": 1}'
    sandbox.faults.add("/data/customers", "json", body=changed, count=-1)
    page(with_scripts, url, **{"Cache-Control": "no-cache"})
    response = with_scripts.get(url, headers={"Other-Rows": found[1]})
    assert (response.status_code, response.content) == (409, b"")


def test_a_new_customer_before_the_rows_is_another_version(
    with_scripts: RawPathClient, url: str, sandbox: Sandbox, viewer: User
) -> None:
    """It shifts the rows by one: one of them would stand in neither part, or in both."""
    found = VERSION.search(page(with_scripts, url))
    assert found
    write = journal_row(
        sandbox.company("big"),
        viewer,
        kind=Write.Kind.CREATE,
        customer_id="",
        state=Write.State.PENDING,
        payload='{"customerName": "Aardvark"}',
    )
    assert with_scripts.get(url, headers={"Other-Rows": found[1]}).status_code == 409
    write.delete()
    assert with_scripts.get(url, headers={"Other-Rows": found[1]}).status_code == 200


def test_other_columns_are_another_version(with_scripts: RawPathClient, url: str) -> None:
    found = VERSION.search(page(with_scripts, url))
    assert found
    response = with_scripts.get(f"{url}&columns=email", headers={"Other-Rows": found[1]})
    assert response.status_code == 409


@pytest.mark.parametrize("more", [{"Cache-Control": "max-age=0"}, {"HX-Request": "true"}])
def test_a_reload_and_a_fragment_have_all_rows(
    more: dict[str, str], with_scripts: RawPathClient, url: str
) -> None:
    """One comes back to a place that may be in any row."""
    assert positions(page(with_scripts, url, **more)) == list(range(1, 1001))


def test_the_link_of_a_very_long_list_leads_to_all_rows(
    with_scripts: RawPathClient, url: str
) -> None:
    whole = re.search(r'<a href="([^"]+)">Load all at once', page(with_scripts, url))
    assert whole
    assert positions(page(with_scripts, whole[1].replace("&amp;", "&"))) == list(range(1, 1001))


def test_a_shorter_list_has_its_other_rows_in_the_page(
    with_scripts: RawPathClient, sandbox: Sandbox
) -> None:
    text = page(
        with_scripts, links.customers(sandbox.company("big")) + "?page_size=500&deleted=show"
    )
    assert positions(text) == list(range(1, 501))
    assert not VERSION.search(text)
