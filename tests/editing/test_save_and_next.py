"""From one customer of a list to the next while saving, and the way back to the list."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.core.cache import caches

from customers.models import Write
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.journal import calls
from tests.support.pages.controls import fields
from tests.support.pages.rows import row_addresses

pytestmark = pytest.mark.django_db

LIST = {"q": "a", "order_by": "-customerName", "page_size": "3"}
HTMX = {"HX-Request": "true"}


def rows(sandbox: Sandbox, client: RawPathClient, **params: str) -> list[str]:
    """The addresses of the customers of a list that somebody has opened."""
    page = client.get(links.customers(sandbox.company("qbo")), LIST | params).content.decode()
    return row_addresses(page)


def form_of(row: str) -> str:
    """The address of the form of a row's customer."""
    return row.replace("/?list=", "/edit/?list=")


def post(client: RawPathClient, url: str, action: str = "next", **typed: str) -> Any:
    return client.post(url, fields(client.get(url)) | typed | {"action": action})


def test_a_save_leads_to_the_next_form_which_says_how_far_it_is(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    first, second, _ = rows(sandbox, editor_client)

    answer = post(editor_client, form_of(first), **{"f.phone": "+44 1"})

    write = Write.objects.get()
    assert answer.status_code == 303
    assert answer["Location"] == f"{form_of(second)}&saved={write.pk}"
    text = editor_client.get(answer["Location"]).content.decode()
    change = f"{links.write(write.company_id, write.pk)}?{second.partition('?')[2]}"
    saved = re.search(r'id="saved".*?</p>', text, re.DOTALL)
    assert saved
    assert write.customer_name in unescape(saved[0])
    assert ">Sent</span>" in saved[0]
    assert change in unescape(saved[0])


def test_a_whole_page_of_corrections_takes_one_post_each(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    every = rows(sandbox, editor_client) + rows(sandbox, editor_client, page="2")
    url = form_of(every[0])
    for number in range(4):
        url = post(editor_client, url, **{"f.phone": f"+44 {number}"})["Location"]
    edited = [write.customer_id for write in Write.objects.order_by("created_at")]
    assert [f"/{customer_id}/" in row for customer_id, row in zip(edited, every, strict=False)] == [
        True
    ] * 4
    assert url.startswith(form_of(every[4]).partition("&at")[0])


def test_htmx_follows_to_the_next_form(sandbox: Sandbox, editor_client: RawPathClient) -> None:
    first, second, _ = rows(sandbox, editor_client)
    url = form_of(first)
    typed = fields(editor_client.get(url)) | {"f.phone": "+44 1", "action": "next"}
    answer = editor_client.post(url, typed, headers=HTMX)
    assert answer["HX-Redirect"].startswith(form_of(second))


def test_what_is_not_sent_stays_on_the_form(sandbox: Sandbox, editor_client: RawPathClient) -> None:
    url = form_of(rows(sandbox, editor_client)[0])

    unchanged = post(editor_client, url)
    invalid = post(editor_client, url, **{"f.customerName": ""})

    assert unchanged.status_code == 200
    assert "nothing was sent" in unchanged.content.decode()
    assert invalid.status_code == 422
    for answer in (unchanged, invalid):
        text = unescape(answer.content.decode())
        assert 'id="save-next"' in text
        assert f'action="{url.partition("?")[0]}?' in text
        assert url.partition("?")[2] in text
    assert not calls(sandbox)


def test_a_refused_change_stays_on_the_form_with_its_list(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    url = form_of(rows(sandbox, editor_client)[0])
    typed = fields(editor_client.get(url)) | {"f.phone": "+44 1", "action": "next"}
    sandbox.faults.add("PUT", "status", status=400, count=1)
    answer = editor_client.post(url, typed)
    write = Write.objects.get()
    path, _, query = url.partition("?")
    assert answer["Location"].startswith(f"{path}?")
    assert f"write={write.pk}" in answer["Location"]
    assert answer["Location"].endswith(query)


def test_a_double_click_leads_on_once(sandbox: Sandbox, editor_client: RawPathClient) -> None:
    first, second, _ = rows(sandbox, editor_client)
    typed = fields(editor_client.get(form_of(first))) | {"f.phone": "+44 1", "action": "next"}
    editor_client.post(form_of(first), typed)
    again = editor_client.post(form_of(first), typed)
    assert again["Location"].startswith(form_of(second))
    assert "already saved this form" in editor_client.get(again["Location"]).content.decode()
    assert len(calls(sandbox)) == 1


def test_the_last_customer_of_the_result_has_no_next(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    last = rows(sandbox, editor_client, page_size="5000")[-1]
    assert 'id="save-next"' not in editor_client.get(form_of(last)).content.decode()
    answer = post(editor_client, form_of(last), **{"f.phone": "+44 1"})
    write = Write.objects.get()
    assert (
        answer["Location"] == f"{links.write(write.company_id, write.pk)}?{last.partition('?')[2]}"
    )


def test_a_list_that_cannot_be_read_any_more_does_not_hide_that_the_change_was_sent(
    sandbox: Sandbox, editor_client: RawPathClient, no_waiting: None
) -> None:
    first = rows(sandbox, editor_client)[0]
    typed = fields(editor_client.get(form_of(first))) | {"f.phone": "+44 1", "action": "next"}
    caches["stale"].clear()
    sandbox.faults.add(r"/data/customers\?", "status", status=500, count=-1)
    answer = editor_client.post(form_of(first), typed)
    write = Write.objects.get()
    assert answer["Location"].startswith(links.write(write.company_id, write.pk))


def test_an_expired_list_is_read_again_for_the_next(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    first, second, _ = rows(sandbox, editor_client)
    caches["stale"].clear()
    text = editor_client.get(form_of(first)).content.decode()
    assert 'id="save-next"' in text
    assert "Back to results for “a”" in text
    answer = post(editor_client, form_of(first), **{"f.phone": "+44 1"})
    assert answer["Location"].startswith(form_of(second))


def test_the_bar_of_the_form_has_the_place_and_the_steps(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    first, second, third = rows(sandbox, editor_client)

    def steps(url: str) -> list[str]:
        text = unescape(editor_client.get(url).content.decode())
        assert re.search(r'id="place">\d of [\d,]+</span>', text)
        return re.findall(r'<a class="button step" rel="\w+" href="([^"]+)"', text)

    assert steps(form_of(first)) == [form_of(second)]
    assert steps(form_of(second)) == [form_of(first), form_of(third)]
    # Over the end of the page.
    _, after = steps(form_of(third))
    assert "/step/" in after
    followed = editor_client.get(after)["Location"]
    assert "/edit/" in followed
    assert followed.endswith("&at=4")


@pytest.mark.parametrize("saved", ["", "x", "df63a7a7-84bf-48bb-b723-d1769bb4a30d"])
def test_a_form_says_nothing_of_a_change_that_is_not_there(
    sandbox: Sandbox, editor_client: RawPathClient, saved: str
) -> None:
    url = form_of(rows(sandbox, editor_client)[0])
    answer = editor_client.get(f"{url}&saved={saved}")
    assert answer.status_code == 200
    assert 'id="saved"' not in answer.content.decode()


def test_the_form_without_a_list_has_no_next(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    url = form_of(rows(sandbox, editor_client)[0]).partition("?")[0]
    text = editor_client.get(url).content.decode()
    assert 'id="save-next"' not in text
    assert "Back to" not in text
    answer = post(editor_client, url, **{"f.phone": "+44 1"})
    assert answer["Location"].startswith(links.write(sandbox.company("qbo"), "")[:-1])


def test_a_plain_save_keeps_the_list_on_the_page_of_the_change(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    first, second, _ = rows(sandbox, editor_client)

    answer = post(editor_client, form_of(first), "save", **{"f.phone": "+44 1"})

    query = first.partition("?")[2]
    assert answer["Location"].endswith(f"?{query}")
    text = unescape(editor_client.get(answer["Location"]).content.decode())
    actions = text[text.index('<p class="actions">') :]
    hrefs = re.findall(r'<a class="button[^"]*"[^>]* href="([^"]+)"', actions)
    assert hrefs[0] == second
    listed = "q=a&order_by=-customerName&page_size=3"
    assert hrefs[1] == f"{links.customers(sandbox.company('qbo'))}?{listed}#at-1"
    assert hrefs[2] == first
    # Where it loads itself again, and what it posts to, it stays on the way.
    assert f'hx-get="{answer["Location"]}"' in text


def test_every_link_of_the_form_keeps_the_list(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    row = rows(sandbox, editor_client)[1]
    path, _, query = row.partition("?")
    text = unescape(editor_client.get(form_of(row)).content.decode())
    assert f'href="{row}" id="cancel"' in text
    assert re.search(rf'action="{path}edit/\?connection=[^"]+&{re.escape(query)}"', text)
    assert re.search(
        rf'data-draft-url="{path}edit/draft/\?connection=[^"]+&{re.escape(query)}"', text
    )
    assert f'href="{path}edit/?fresh=1&{query}"' in text
    assert "Back to" in text


def test_a_discarded_draft_leads_to_the_form_with_its_list(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    row = rows(sandbox, editor_client)[1]
    url = form_of(row)
    submission = fields(editor_client.get(url))["submission"]
    answer = editor_client.post(
        url.replace("/edit/?", "/edit/draft/?"), {"action": "discard", "submission": submission}
    )
    assert answer["Location"] == url
