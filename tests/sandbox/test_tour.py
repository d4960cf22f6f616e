"""The page *Try it*: what each button does, without JavaScript, and who may press it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
import requests

from customers.web import links
from sandbox import Sandbox
from sandbox.data import dates
from sandbox.tour.actions import ACTIONS
from tests.sandbox.conftest import Api

DASHBOARD = "http://127.0.0.1:8000"


class Page(HTMLParser):
    """The forms, links and texts of the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.posts: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.add(tag)
        if tag == "form":
            assert values["method"] == "post"
            self.posts.append(str(values["action"]))
        if tag == "a":
            self.links.append(str(values["href"]))


@pytest.fixture
def api() -> Iterator[Api]:
    with Sandbox(dashboard_url=DASHBOARD) as box:
        yield Api(box)


def press(api: Api, name: str) -> str:
    """Press a button as a browser does; the page that it comes back to."""
    headers = {"Origin": api.box.url, "Sec-Fetch-Site": "same-origin"}
    answer = requests.post(
        f"{api.box.url}/_sandbox/try/{name}", headers=headers, allow_redirects=False, timeout=10
    )
    assert answer.status_code == 303
    page = requests.get(api.box.url + answer.headers["Location"], timeout=10)
    assert page.status_code == 200
    assert ACTIONS[name].done in page.text.replace("&#39;", "'")
    return page.text


def save(api: Api) -> requests.Response:
    """Save a new customer as the dashboard does."""
    return api.create("xero", {"customerName": "Quarry Kilns"})


def test_the_page_has_a_form_for_every_action_and_no_script(api: Api) -> None:
    answer = requests.get(api.box.url, timeout=10)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    page = Page(answer.text)
    assert page.posts == [f"/_sandbox/try/{name}" for name in ACTIONS]
    assert not page.tags & {"script", "style"}
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    (style,) = re.findall(r'<link rel="stylesheet" href="([^"]+)"', answer.text)
    assert (
        requests.get(api.box.url + style, timeout=10).headers["Content-Type"].startswith("text/css")
    )


def test_its_links_are_addresses_of_the_dashboard(api: Api) -> None:
    company = api.box.company("xero")
    customer = next(
        key for key, record in api.box.state("xero").source.items() if "phone" in record
    )
    found = Page(requests.get(api.box.url, timeout=10).text).links
    for path in (
        links.companies(),
        links.customers(company),
        links.customer(company, customer),
        links.edit(company, customer),
        links.writes(company),
    ):
        assert DASHBOARD + path in found


def test_without_a_dashboard_there_are_no_links(box: Sandbox) -> None:
    assert not Page(requests.get(box.url, timeout=10).text).links


def test_the_customer_opened_last_is_named_and_escaped(api: Api) -> None:
    api.customer("odd", "name-script")
    page = requests.get(api.box.url, timeout=10).text
    assert "&lt;script&gt;alert" in page
    assert "script" not in Page(page).tags
    assert "Nørrebro" in page


@pytest.mark.parametrize(("name", "outcome"), [("refuse-later", "Failed"), ("lose", "TimedOut")])
def test_the_next_change_has_the_chosen_outcome_and_the_one_after_it_has_not(
    api: Api, name: str, outcome: str
) -> None:
    assert "will not succeed" in press(api, name)
    for expected in (outcome, "Success"):
        key = save(api).json()["pushOperationKey"]
        api.box.settle()
        assert api.push("xero", key)["status"] == expected
    assert "works normally" in requests.get(api.box.url, timeout=10).text


def test_a_refusal(api: Api) -> None:
    press(api, "refuse")
    assert save(api).status_code == 400
    assert save(api).status_code == 200


def test_a_change_without_an_answer_is_received(api: Api) -> None:
    press(api, "time-out")
    with pytest.raises(requests.Timeout):
        requests.post(
            f"{api.box.url}{api.connection('xero')}/push/customers",
            json={"customerName": "Quarry Kilns"},
            headers={"Authorization": api.box.auth_header},
            timeout=0.2,
        )
    assert len(api.box.state("xero").pushes) == 1
    assert save(api).status_code == 200


def test_a_slow_change(api: Api) -> None:
    assert "Each change takes 30 s" in press(api, "slow-write")
    assert api.box.settings.push_delay == 30


def test_somebody_changes_the_customer_opened_last(api: Api) -> None:
    record = api.list("qbo").json()["results"][3]
    before = api.customer("qbo", record["id"]).json()
    press(api, "conflict")
    after = api.customer("qbo", record["id"]).json()
    assert after["phone"] != before.get("phone")
    assert after["phone"].startswith("+44 20 7946 0")
    # Codat has read it already: the next change needs no forced update.
    assert api.update("qbo", record["id"], after | {"phone": "1"}).status_code < 300
    press(api, "conflict")
    assert api.customer("qbo", record["id"]).json()["phone"] != after["phone"]


def test_somebody_deletes_the_customer_opened_last(api: Api) -> None:
    record = api.list("qbo").json()["results"][3]
    api.customer("qbo", record["id"])
    press(api, "delete")
    assert api.customer("qbo", record["id"]).json()["metadata"]["isDeleted"] is True
    assert api.update("qbo", record["id"], record).status_code == 404


def test_the_last_sync_of_the_company_opened_last_becomes_old(api: Api) -> None:
    api.list("qbo")
    before = api.box.state("xero").last_sync
    press(api, "stale")
    status = api.get(f"{api.company('qbo')}/dataStatus").json()["customers"]
    age = datetime.now(UTC) - dates.parse(status["lastSuccessfulSync"])
    assert timedelta(days=60) <= age < timedelta(days=61)
    assert api.box.state("xero").last_sync == before


def test_codat_is_down_and_comes_back_by_itself(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Codat is down for another" in press(api, "down")
    for _ in range(3):
        assert api.list("xero").status_code == 503
    for fault in api.box.faults._planned:
        fault.ends = 0.0
    assert api.list("xero").status_code == 200
    assert "works normally" in requests.get(api.box.url, timeout=10).text


@pytest.mark.parametrize(("name", "latency"), [("slow", 0.5), ("very-slow", 5.0)])
def test_a_slow_codat_and_back(api: Api, name: str, latency: float) -> None:
    press(api, name)
    assert api.box.settings.latency == latency
    press(api, "slow-write")
    assert "works normally" in press(api, "normal")
    assert (api.box.settings.latency, api.box.settings.push_delay) == (0, 1)


def test_everything_is_as_at_the_start(api: Api) -> None:
    first = api.list("xero").json()
    for name in ("conflict", "slow", "down", "refuse", "delete", "stale"):
        press(api, name)
    press(api, "reset")
    assert api.list("xero").json() == first
    assert save(api).status_code == 200


FOREIGN = [
    {"Origin": "https://elsewhere.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Host": "sandbox.elsewhere.example"},
    {"Host": "127.0.0.1.elsewhere.example"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize("path", ["try/down", "settings", "reset"])
def test_pages_from_elsewhere_may_not_use_the_controls(
    api: Api, path: str, headers: dict[str, str]
) -> None:
    answer = requests.post(
        f"{api.box.url}/_sandbox/{path}", data='{"latency": 9}', headers=headers, timeout=10
    )
    assert answer.status_code == 403
    assert not api.box.faults.planned
    assert api.box.settings.latency == 0


def test_another_host_may_not_read_the_page_or_the_calls(api: Api) -> None:
    for path in ("/", "/_sandbox/", "/_sandbox/calls"):
        answer = requests.get(api.box.url + path, headers={"Host": "a.example"}, timeout=10)
        assert answer.status_code == 403


def test_an_unknown_action_is_not_found(api: Api) -> None:
    assert requests.post(f"{api.box.url}/_sandbox/try/nothing", timeout=10).status_code == 404
    assert requests.get(f"{api.box.url}/?done=nothing", timeout=10).status_code == 200
