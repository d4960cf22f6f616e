"""The buttons of the form, by plain posts: rows, copies, review, save."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from customers.models import Write
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.pages.controls import fields, press

pytestmark = pytest.mark.django_db


def test_rows_are_added_removed_restored_and_moved_without_javascript(
    company: str, customer_id: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    before = sandbox.state("qbo").copy[customer_id]["addresses"]
    url = links.edit(company, customer_id)
    page = press(editor_client, url, editor_client.get(url), "add:addresses")
    (key,) = [part for part in fields(page)["r.addresses"].split(",") if part.startswith("n")]
    page = press(
        editor_client, url, page, "remove:addresses:b0", **{f"f.addresses.{key}.city": "Leeds"}
    )
    assert fields(page)["x.addresses"] == "b0"
    page = press(editor_client, url, page, "undo:addresses:b0")
    assert "x.addresses" not in fields(page)
    page = press(editor_client, url, page, "remove:addresses:b1")
    page = press(editor_client, url, page, f"up:addresses:{key}")
    answer = press(editor_client, url, page, "save")

    assert answer.status_code == 303
    first, second = Write.objects.get().sent_values["addresses"]
    assert {before[0]["city"], "Leeds"} == {first["city"], second["city"]}


def test_a_contact_is_copied_to_and_from_the_main_fields_and_duplicated(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    company = sandbox.company("freshbooks")
    customer = next(
        key for key, record in sandbox.state("freshbooks").copy.items() if record.get("contacts")
    )
    url = links.edit(company, customer)
    page = press(
        editor_client,
        url,
        editor_client.get(url),
        "copy:contact:b0",
        **{"f.contacts.b0.email": "contact@one.example", "f.contacts.b0.name": "Ann One"},
    )
    assert fields(page)["f.emailAddress"] == "contact@one.example"
    assert fields(page)["f.contactName"] == "Ann One"
    page = press(editor_client, url, page, "copy:main:b0", **{"f.emailAddress": "main@two.example"})
    assert fields(page)["f.contacts.b0.email"] == "main@two.example"
    page = press(editor_client, url, page, "duplicate:contacts:b0")
    copies = [name for name in fields(page) if name.startswith("f.contacts.") and "email" in name]
    assert [fields(page)[name] for name in copies].count("main@two.example") == 2


def test_a_list_shows_its_row_count_and_limit(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    url = links.edit(sandbox.company("sage"), "C00001")

    def count(page: Any) -> str:
        (shown,) = re.findall(r'<span class="count( over)?">(.*?)</span>', page.content.decode())
        return str(shown[1])

    page = editor_client.get(url)
    assert count(page) == "3 of 3"
    page = editor_client.post(url, fields(page) | {"action": "remove:addresses:b1"})
    assert count(page) == "2 of 3"
    page = editor_client.post(url, fields(page) | {"action": "duplicate:addresses:b0"})
    page = editor_client.post(url, fields(page) | {"action": "duplicate:addresses:b0"})
    assert count(page).startswith("4 of 3: over the limit")


def test_review_shows_old_and_new_values_and_the_json_and_sends_nothing(
    company: str, customer_id: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    url = links.edit(company, customer_id)
    page = press(editor_client, url, editor_client.get(url), "review", **{"f.phone": "+44 999"})
    html = page.content.decode()
    assert "What will be sent" in html
    assert sandbox.state("qbo").copy[customer_id]["phone"] in html
    assert '"phone": "+44 999"' in unescape(html)
    assert not Write.objects.exists()


def test_a_save_without_a_change_sends_nothing(
    company: str, customer_id: str, editor_client: RawPathClient
) -> None:
    url = links.edit(company, customer_id)
    page = press(editor_client, url, editor_client.get(url), "save")
    assert "You have not changed anything" in page.content.decode()
    assert not Write.objects.exists()


def test_the_page_of_a_change_says_that_invisible_characters_were_removed(
    company: str, customer_id: str, editor_client: RawPathClient
) -> None:
    url = links.edit(company, customer_id)
    page = editor_client.get(url)
    answer = press(editor_client, url, page, "save", **{"f.phone": "\ufeff555 0199"})
    assert answer.status_code == 303
    shown = editor_client.get(answer["Location"]).content.decode()
    assert "Invisible characters were removed" in shown
    assert Write.objects.get().sent_values["phone"] == "555 0199"
