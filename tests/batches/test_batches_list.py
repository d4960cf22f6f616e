"""The list of batches, their entry in the side column, and what links to them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User

from customers import localisation
from customers.batches.pages import batches_view
from customers.models import Batch, Write
from customers.web import attention, links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.batch_rows import batch_of
from tests.support.journal import journal_row

pytestmark = pytest.mark.django_db

OTHER = "0c1f3b5e-0000-4000-8000-00000000abcd"


@pytest.fixture
def company(sandbox: Sandbox) -> str:
    """The ID of a company."""
    return sandbox.company("qbo")


def main(client: RawPathClient, url: str) -> str:
    """A page without the frame."""
    answer = client.get(url)
    assert answer.status_code == 200
    html: str = answer.content.decode()
    return html[html.index("<main") :]


def listed(html: str) -> list[str]:
    """The batches of a list by their addresses."""
    return re.findall(r'<td data-label="Batch" dir="auto"><a href="([^"]+)"', html)


def url_of(batch: Batch) -> str:
    return links.batch(batch.company_id, batch.pk)


def entry(client: RawPathClient, url: str = "/settings/") -> str:
    """What the entry in the side column says."""
    found = re.search(r'<a id="batches-entry".*?</a>', client.get(url).content.decode(), re.DOTALL)
    assert found
    return " ".join(re.sub(r"<[^>]*>", " ", found[0]).split())


def test_the_newest_come_first_and_the_filters_narrow(
    company: str, editor: User, viewer: User, viewer_client: RawPathClient
) -> None:
    mine = batch_of(viewer, company, "done", confirmed=1)
    running = batch_of(editor, company, "running", queued=3, sent=1, refused=2, unknown=1)
    elsewhere = batch_of(editor, OTHER, "paused", queued=1)
    html = main(viewer_client, links.batches())
    assert listed(html) == [url_of(elsewhere), url_of(running), url_of(mine)]
    assert "7 customers: 3 queued, 1 sent, 2 refused, 1 unknown" in html
    assert listed(main(viewer_client, "/batches/?who=mine")) == [url_of(mine)]
    assert listed(main(viewer_client, "/batches/?state=running")) == [url_of(running)]
    of_company = main(viewer_client, links.company_batches(company))
    assert listed(of_company) == [url_of(running), url_of(mine)]
    assert ">Company</th>" not in of_company
    assert "Harbour Lights Ltd" in of_company


def test_an_empty_list_says_how_batches_are_made(
    company: str, editor: User, viewer_client: RawPathClient
) -> None:
    assert "No batches yet" in main(viewer_client, links.batches())
    assert "No batches yet" in main(viewer_client, links.company_batches(company))
    batch_of(editor, company, "done", confirmed=1)
    assert "No batches match" in main(viewer_client, "/batches/?who=mine")


def test_a_long_list_is_paged_with_as_many_queries(
    company: str, editor: User, viewer_client: RawPathClient, django_assert_max_num_queries: Any
) -> None:
    def queries() -> int:
        with django_assert_max_num_queries(50) as found:
            main(viewer_client, links.batches())
        return len(found)

    batch_of(editor, company, "done", confirmed=1)
    main(viewer_client, links.batches())
    few = queries()
    for _ in range(44):
        batch_of(editor, company, "done", confirmed=1)
    assert queries() == few
    pages = [listed(main(viewer_client, f"/batches/?page={page}")) for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [20, 20, 5]
    assert len({url for page in pages for url in page}) == 45
    assert 'rel="next"' not in main(viewer_client, "/batches/?page=3")


@pytest.mark.parametrize(
    "query", ["?page=x", "?page=0", "?state=%00", "?who=nobody", "?page=99999"]
)
def test_any_address_of_the_list_is_a_page(query: str, viewer_client: RawPathClient) -> None:
    assert viewer_client.get(f"/batches/{query}").status_code == 200


# -- the frame --------------------------------------------------------------------------------------


def test_the_entry_counts_what_runs_and_what_waits_for_its_reader(
    company: str, editor: User, editor_client: RawPathClient, viewer_client: RawPathClient
) -> None:
    assert entry(editor_client) == "Batches"
    running = batch_of(editor, company, "running", queued=1)
    batch_of(editor, company, "preparing", waiting=1)
    batch_of(editor, company, "done", refused=1)
    batch_of(editor, company, "cancelled", not_sent=1)
    assert entry(editor_client) == entry(viewer_client) == "Batches 2 running"
    # One that its person paused waits for nobody; one that was paused because of refusals does.
    paused = batch_of(editor, company, "paused", queued=1)
    assert entry(editor_client) == "Batches 2 running"
    Batch.objects.filter(pk=paused.pk).update(message="Paused, because …")
    batch_of(editor, company, "ready", checked=1)
    assert entry(editor_client) == "Batches 2 wait for you"
    assert entry(viewer_client) == "Batches 2 running"
    Batch.objects.filter(pk=running.pk).update(state="done")
    assert entry(viewer_client) == "Batches 1 running"


def test_batches_that_wait_are_among_the_problems(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    batch_of(editor, company, "ready", checked=1)
    journal_row(company, editor, state=Write.State.FAILED)
    found = attention.of_user(editor.pk)
    assert (found.problems, found.batches) == (2, 1)
    html = editor_client.get(links.my_writes()).content.decode()
    assert "<title>(2) " in html
    assert '<a href="/batches/?who=mine">1 of your batches waits for you</a>' in html
    # The entry of the changes counts changes.
    badge = re.search(r'<a id="my-writes".*?</a>', html, re.DOTALL)
    assert badge
    assert '<span class="badge">1</span>' in badge[0]


def test_attention_is_one_query(company: str, editor: User, django_assert_num_queries: Any) -> None:
    batch_of(editor, company, "running", queued=1)
    with django_assert_num_queries(1):
        attention.of_user(editor.pk)


def test_the_entry_comes_with_the_poll_of_its_neighbour(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    batch_of(editor, company, "running", queued=1)
    polled = editor_client.get("/writes/badge/").content.decode()
    assert re.search(r'<a id="batches-entry" hx-swap-oob="true".*1 running', polled, re.DOTALL)


# -- links ------------------------------------------------------------------------------------------


def test_a_change_names_its_batch_wherever_it_stands(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    customer_id = "39"
    batch = batch_of(editor, company, "running", queued=1)
    write = Write.objects.get(batch=batch)
    Write.objects.filter(pk=write.pk).update(customer_id=customer_id)
    link = f'<a href="{url_of(batch)}"'
    for url in (
        links.write(company, write.pk),
        links.writes(company),
        f"{links.my_writes()}?state=",
        links.timeline(company, customer_id),
        links.customer(company, customer_id),
    ):
        html = editor_client.get(url).content.decode()
        assert link in html, url
        assert "Queued" in html, url
    timeline = main(editor_client, links.timeline(company, customer_id))
    assert ">will change</a>" in timeline
    Write.objects.filter(pk=write.pk).update(state="not_sent")
    timeline = main(editor_client, links.timeline(company, customer_id))
    assert ">tried to change</a>" in timeline
    assert "Not sent" in timeline


def test_numbers_are_in_the_format_of_the_reader() -> None:
    batch = Batch(total=1234)
    with localisation.using("Europe/Berlin", "de-DE"):
        text = batches_view.summary(batch, {Write.State.SUCCESS: 1200}, 0)
    assert text == "1.234 customers: 1.200 accepted"
