"""What stands above the rows of a list of customers: columns, chips, the order, the counts. Without scripts."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.contrib.auth.models import User

from customers.models import Preferences
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(sandbox: Sandbox) -> str:
    return links.customers(sandbox.company("qbo"))


def text_of(client: RawPathClient, address: str) -> str:
    return client.get(address).content.decode()


def heads(html: str) -> list[str]:
    thead = html.partition("<thead>")[2].partition("</thead>")[0]
    return [
        re.sub(r"<[^>]+>", "", head).strip() for head in re.findall(r"<th.*?</th>", thead, re.S)
    ][1:]


DEFAULT = ["Name", "Email", "Phone", "City", "Country", "Currency", "Changed"]


def test_the_default_columns(viewer_client: RawPathClient, path: str) -> None:
    assert heads(text_of(viewer_client, path)) == DEFAULT


def test_the_columns_menu_is_a_form_and_the_address_says_them(
    viewer_client: RawPathClient, path: str
) -> None:
    # As a browser posts the checkboxes, the name locked.
    answer = viewer_client.get(f"{path}?q=a&columns=name&columns=id&columns=tax")
    assert answer["Location"] == f"{path}?q=a&columns=name%2Ctax%2Cid"
    html = text_of(viewer_client, answer["Location"])
    assert heads(html) == ["Name", "Tax number", "ID"]
    assert '<span class="muted">3 of 17</span>' in html
    # Every link of the list keeps them.
    assert "columns=name%2Ctax%2Cid" in html.partition("<thead>")[2].partition("</thead>")[0]
    assert '<input type="hidden" name="columns" value="name,tax,id" form="search">' in html


def test_all_columns(viewer_client: RawPathClient, path: str) -> None:
    html = text_of(viewer_client, f"{path}?columns=all&empty=show")
    assert len(heads(html)) == 17
    assert '<span class="muted">All</span>' in html


def test_a_reader_keeps_columns_for_every_list(
    sandbox: Sandbox, viewer: User, viewer_client: RawPathClient, path: str
) -> None:
    html = text_of(viewer_client, f"{path}?columns=name,tax")
    assert "Keep for all my lists" in html
    answer = viewer_client.post(
        links.columns(), {"columns": "name,tax", "next": f"{path}?q=a&columns=name,tax"}
    )
    assert answer["Location"] == f"{path}?q=a"
    html = text_of(viewer_client, path)
    assert heads(html) == ["Name", "Tax number"]
    assert "Keep for all my lists" not in html
    default = re.search(r'<a href="([^"]+)">Default</a>', html)
    assert default
    assert default[1] == "?columns=default"
    assert heads(text_of(viewer_client, f"{path}?columns=default")) == DEFAULT
    viewer_client.post(
        links.columns(),
        {
            "columns": ",".join(
                ("name", "email", "phone", "city", "country", "currency", "changed")
            ),
            "next": path,
        },
    )
    assert Preferences.objects.get().list_columns == ""


def test_unknown_columns_are_said_and_ignored(viewer_client: RawPathClient, path: str) -> None:
    html = text_of(viewer_client, f"{path}?columns=tax,<b>nope")
    assert "“&lt;b&gt;nope” is not a column. Ignored." in html
    assert heads(html) == ["Name", "Tax number"]
    assert "nope" not in html.partition("<thead>")[2]


def test_empty_columns_are_hidden_and_can_be_shown(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    path = links.customers(sandbox.company("xero"))
    html = text_of(viewer_client, path)
    assert "Currency" not in heads(html)
    show = re.search(r'1 empty column hidden:\s*<a href="([^"]+)">show</a>', html)
    assert show
    assert heads(text_of(viewer_client, path + unescape(show[1]))) == DEFAULT


def test_a_column_that_orders_the_list_is_never_hidden(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    path = links.customers(sandbox.company("xero"))
    assert "Currency" in heads(text_of(viewer_client, f"{path}?order_by=defaultCurrency"))


def test_each_filter_is_a_link_that_removes_itself(viewer_client: RawPathClient, path: str) -> None:
    html = text_of(viewer_client, f"{path}?q=a&status=Active&currency=GBP&deleted=show&page=2")
    chips = dict(re.findall(r'class="chip" href="([^"]+)">([^<]+)<', html))
    assert {unescape(address): label for address, label in chips.items()} == {
        "?q=a&currency=GBP&deleted=show": "Status: Active",
        "?q=a&status=Active&deleted=show": "Currency: GBP",
        "?q=a&status=Active&currency=GBP": "Deleted: shown",
    }
    assert '<span class="badge">3<' in html


def test_an_order_that_no_heading_shows_is_a_chip(viewer_client: RawPathClient, path: str) -> None:
    html = text_of(viewer_client, f"{path}?order_by=-taxNumber")
    assert '<a class="chip" href="?">Sorted by: Tax number, Z to A' in html


def test_the_order_is_one_choice(viewer_client: RawPathClient, path: str) -> None:
    html = text_of(viewer_client, f"{path}?order_by=-sourceModifiedDate")
    order = html.partition('<select id="order"')[2].partition("</select>")[0]
    assert 'value="-sourceModifiedDate" selected>Changed, newest first' in order
    assert 'value="customerName">Name, A to Z' in order
    assert "Tax number" not in order, "only columns that are shown"


class TestCounts:
    def count(self, client: RawPathClient, address: str) -> str:
        found = re.search(r'id="count"[^>]*>([^<]+)<', text_of(client, address))
        assert found
        return found[1]

    def test_what_is_not_known_is_not_said(self, viewer_client: RawPathClient, path: str) -> None:
        assert self.count(viewer_client, f"{path}?q=Birkett") == "2 customers match"
        assert self.count(viewer_client, path) == "35 customers, without deleted ones"

    def test_what_was_counted_before_is_said(
        self, sandbox: Sandbox, viewer_client: RawPathClient, path: str
    ) -> None:
        self.count(viewer_client, path)
        assert self.count(viewer_client, f"{path}?q=Birkett") == "2 of 35 customers"
        shown = self.count(viewer_client, f"{path}?deleted=show")
        total = len(sandbox.state("qbo").copy)
        gone = total - 35
        assert shown == f"{total} customers" + (f", {gone} of them deleted" if gone else "")
        assert self.count(viewer_client, path) == "35 customers" + (
            f", {gone} deleted hidden" if gone else ""
        )
        sandbox.clear_calls()
        self.count(viewer_client, path)
        assert len(sandbox.calls) == 1

    def test_a_total_of_an_earlier_sync_is_not_used(
        self, sandbox: Sandbox, viewer_client: RawPathClient
    ) -> None:
        path = links.customers(sandbox.company("odd"))
        self.count(viewer_client, f"{path}?deleted=show")
        assert self.count(viewer_client, path) == "54 customers, 1 deleted hidden"

    def test_one_customer(self, viewer_client: RawPathClient, path: str) -> None:
        assert self.count(viewer_client, f"{path}?q=Birkett+ursula") == "1 customer matches"
