"""Pages that were seen before are shown at once where Codat is slow, and what has changed when Codat answers."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest

from customers.browsing.codats_copy import seen_before
from customers.codat.http.latency import Latency
from customers.models import Write
from customers.service import default_service
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.pages.controls import fields

HTMX = {"HX-Request": "true"}
RELOAD = {"Cache-Control": "no-cache"}
PAGES = ["companies", "list", "customer"]


@contextmanager
def earlier(seconds: float) -> Iterator[None]:
    """Run the code inside at an earlier time."""
    now = time.time
    with pytest.MonkeyPatch.context() as clock:
        clock.setattr(time, "time", lambda: now() - seconds)
        yield


@contextmanager
def taking(seconds: float) -> Iterator[None]:
    """Run the code inside as if each read of Codat took so long."""
    latency = default_service().client.latency
    record = latency.record
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(latency, "record", lambda path, address, _: record(path, address, seconds))
        yield


@dataclass
class Visit:
    """A browser with scripts, a customer of a company, and the pages about them."""

    client: RawPathClient
    sandbox: Sandbox
    company: str
    customer: str

    def url(self, page: str) -> str:
        return {
            "companies": links.companies(),
            "list": links.customers(self.company),
            "customer": links.customer(self.company, self.customer),
        }[page]

    def calls(self, page: str, **headers: str) -> tuple[Any, int]:
        """The response, and how many calls to Codat it took."""
        self.sandbox.clear_calls()
        response = self.client.get(self.url(page), headers=headers)
        return response, len(self.sandbox.calls)

    def change(self, **changed: Any) -> None:
        """Change Codat's copy of the customer."""
        company = self.sandbox.state("qbo")
        company.copy[self.customer] = company.copy[self.customer] | changed
        company.clear_selections()


@pytest.fixture
def visit(sandbox: Sandbox, editor_client: RawPathClient) -> Visit:
    """A browser that saw each page four minutes ago, with a slow Codat."""
    editor_client.cookies["scripts"] = "1"
    visit = Visit(
        editor_client, sandbox, sandbox.company("qbo"), next(iter(sandbox.state("qbo").copy))
    )
    with earlier(240), taking(0.5):
        for page in PAGES:
            editor_client.get(visit.url(page))
    return visit


def seen_header(html: str) -> str:
    """What the page's element sends with its request."""
    element = re.search(r'id="seen"[^>]*', html)
    assert element, html[:3000]
    attributes = unescape(element[0])
    found = re.search(r"hx-headers='({.*?})'", attributes)
    assert found, attributes
    return str(json.loads(found[1])["Seen"])


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_what_it_showed_without_a_call(visit: Visit, page: str) -> None:
    response, calls = visit.calls(page)
    html = response.content.decode()
    assert calls == 0
    assert "From 4 minutes ago." in html
    assert 'hx-trigger="load"' in html
    assert "Castle Street Cycles" in html
    assert f'content="0; url={visit.url(page)}?fresh=1"' in html


@pytest.mark.parametrize("page", PAGES)
def test_its_element_asks_codat_and_nothing_is_replaced_where_nothing_has_changed(
    visit: Visit, page: str
) -> None:
    html = visit.calls(page)[0].content.decode()
    headers = HTMX | {"Seen": seen_header(html), "Automatic-Request": "1"}
    response, calls = visit.calls(page, **headers)
    assert response.status_code == 204
    assert calls  # one, and those for the company where it had expired
    assert "HX-Request" in response["Vary"]
    # What was read is what the next page shows.
    assert "From 4 minutes ago." not in visit.calls(page)[0].content.decode()


@pytest.mark.parametrize("page", ["list", "customer"])
def test_what_has_changed_takes_the_place_of_the_part(visit: Visit, page: str) -> None:
    seen = seen_header(visit.calls(page)[0].content.decode())
    visit.change(customerName="Renamed Ltd")
    response, _ = visit.calls(page, **HTMX, Seen=seen)
    html = response.content.decode()
    assert response.status_code == 200
    assert "Renamed Ltd" in html
    assert "<html" not in html
    assert 'id="seen"' not in html
    assert "HX-Retarget" not in response


@pytest.mark.parametrize("page", ["list", "customer"])
def test_a_changed_company_replaces_all_but_the_frame(visit: Visit, page: str) -> None:
    seen = seen_header(visit.calls(page)[0].content.decode())
    data, _, frame = seen.partition(".")
    response, _ = visit.calls(page, **HTMX, Seen=f"{data}.{frame[::-1]}")
    assert response["HX-Retarget"] == response["HX-Reselect"] == "#main"
    assert response["HX-Reswap"] == "outerHTML"
    assert '<main id="main"' in response.content.decode()


def test_an_outage_shows_its_banner_in_place_of_the_question(visit: Visit) -> None:
    seen = seen_header(visit.calls("list")[0].content.decode())
    visit.sandbox.faults.add(".", "status", status=500, count=-1)
    html = visit.calls("list", **HTMX, Seen=seen)[0].content.decode()
    assert "Codat returned an error" in html
    assert "This page is from" in html
    assert 'id="seen"' not in html
    assert "&#34;Seen&#34;: &#34;&#34;" in html or """hx-headers='{"Seen": ""}'""" in html


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "headers",
    [
        {"Cache-Control": "no-cache"},
        {"Cache-Control": "max-age=0"},
        HTMX | {"Automatic-Request": "1"},
        HTMX | {"Seen": ""},
    ],
)
def test_a_reload_a_poll_and_a_retry_ask_codat(
    visit: Visit, page: str, headers: dict[str, str]
) -> None:
    response, calls = visit.calls(page, **headers)
    assert calls
    assert 'id="seen"' not in response.content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_without_scripts_a_page_waits_for_codat(visit: Visit, page: str) -> None:
    del visit.client.cookies["scripts"]
    response, calls = visit.calls(page)
    assert calls
    assert 'id="seen"' not in response.content.decode()
    # A browser whose scripts were switched off since is sent on at once.
    visit.client.cookies["scripts"] = "1"
    assert 'id="seen"' not in visit.client.get(visit.url(page) + "?fresh=1").content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_where_codat_is_quick_a_page_asks_first(visit: Visit, page: str) -> None:
    with taking(0.01):
        visit.calls(page, **RELOAD)
    response, calls = visit.calls(page)
    assert calls
    assert 'id="seen"' not in response.content.decode()


def test_a_page_that_was_not_seen_waits_for_codat(visit: Visit) -> None:
    visit.sandbox.clear_calls()
    response = visit.client.get(visit.url("list") + "?q=a")
    assert visit.sandbox.calls
    assert 'id="seen"' not in response.content.decode()


def test_after_a_sync_codat_is_asked_first(visit: Visit) -> None:
    visit.client.post(links.refresh(visit.company))
    visit.sandbox.settle()
    default_service().expire_company(company_id=visit.company)
    assert visit.calls("list")[1]
    # The company says now that the copy is newer than what was read of the customer.
    with taking(0.5):
        assert visit.calls("customer")[1]
    assert not visit.calls("customer")[1]


def test_no_write_is_decided_by_what_was_seen(visit: Visit) -> None:
    """The page shows an old value; the form has the new one, and the save is compared with it."""
    visit.change(phone="+44 1632 960111")
    shown = visit.calls("customer")[0].content.decode()
    assert 'id="seen"' in shown
    assert "+44 1632 960111" not in shown
    edit = links.edit(visit.company, visit.customer)
    page = visit.client.get(edit)
    typed = fields(page)
    assert typed["f.phone"] == "+44 1632 960111"

    visit.change(phone="+44 1632 960222")
    visit.client.post(edit, typed | {"f.registrationNumber": "12345678", "action": "save"})
    write = Write.objects.get()
    sent = json.loads(write.payload)
    assert (sent["phone"], sent["registrationNumber"]) == ("+44 1632 960222", "12345678")


def test_one_slow_read_is_enough_and_one_quick_one_ends_it(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A busy machine takes longer than what is quick for people.
    monkeypatch.setattr(seen_before, "QUICK", 1.0)
    visit.calls("list", **RELOAD)
    assert visit.calls("list")[1] > 0
    visit.sandbox.faults.add(r"data/customers\?", "delay", seconds=1.0, count=1)
    visit.calls("list", **RELOAD)
    # Other pages that are quick say nothing about this one.
    visit.calls("customer", **RELOAD)
    response, calls = visit.calls("list")
    assert calls == 0
    # The page's own update is a quick read.
    version = seen_header(response.content.decode())
    assert visit.calls("list", **HTMX, Seen=version)[1] > 0
    assert visit.calls("list")[1] > 0


def test_the_duration_is_that_of_the_latest_read_of_an_address() -> None:
    latency = Latency()
    path = "/companies/a/data/customers"
    assert latency.latest(path, f"{path}?page=1") == 0
    for seconds in (0.1, 9):
        latency.record(path, f"{path}?page=1", seconds)
    latency.record(path, f"{path}?page=2", 0.2)
    assert latency.latest(path, f"{path}?page=1") == 9
    # Of an address that was not read here, that of its company.
    assert latency.latest(path, f"{path}?page=3") == 0.2
    assert latency.latest("/companies/b", "/companies/b") == 0
    with pytest.raises(ValueError, match="fails"), latency.timed("/companies/b", "/companies/b"):
        raise ValueError("fails")
    assert 0 < latency.latest("/companies/b", "/companies/b") < 9
