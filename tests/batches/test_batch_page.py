"""The page of one batch: its states, its rows, for each reader, with HTMX and without."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from customers.batches import states
from customers.models import Batch, BatchRow, Lease, Write
from customers.web import links
from customers.writes import leases
from customers.writes.leases import take
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.batch_rows import batch_of
from tests.support.pages.batch_pages import (
    HTMX,
    buttons,
    counts,
    page,
    said,
    seconds,
    url_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(sandbox: Sandbox) -> str:
    """The ID of a company."""
    return sandbox.company("qbo")


# -- states -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "rows", "sentence", "labels", "pause"),
    [
        ("preparing", {"waiting": 3, "checked": 1}, "Checking", {"cancel": "Cancel"}, 5),
        ("ready", {"checked": 3, "invalid": 1}, "Ready to start: 3 changes",
         {"start": "Send 3 changes", "cancel": "Cancel"}, 15),
        ("ready", {"invalid": 2}, "Nothing to send", {"cancel": "Cancel"}, 15),
        ("running", {"queued": 3, "confirmed": 1}, "1 of 4 finished",
         {"pause": "Pause", "cancel": "Cancel the 3 queued"}, 2),
        ("running", {"accepted": 3, "confirmed": 1}, "1 of 4 finished", {"pause": "Pause"}, 15),
        ("running", {"unknown": 3, "confirmed": 1}, "Waiting: 1 of 4 known", {"pause": "Pause"}, 15),
        ("paused", {"queued": 2, "sent": 1}, "Paused", {"resume": "Resume", "cancel": "Cancel the 2 queued"}, 15),
        ("cancelled", {"not_sent": 2, "confirmed": 1}, "Cancelled", {"retry": "Retry 2", "undo": "Undo 1"}, 0),
        ("cancelled", {"not_sent": 2, "sent": 1}, "Cancelled", {"retry": "Retry 2"}, 15),
        ("done", {"confirmed": 3}, "Finished: 3 of 3 confirmed", {"undo": "Undo 3"}, 0),
        ("done", {"confirmed": 2, "refused": 1, "unchanged": 1}, "Finished: 2 of 4 confirmed",
         {"retry": "Retry 1", "undo": "Undo 2"}, 0),
    ],
)  # fmt: skip
def test_each_state_says_what_is_and_offers_what_can_be_done(
    state: str,
    rows: dict[str, int],
    sentence: str,
    labels: dict[str, str],
    pause: int,
    company: str,
    editor: User,
    editor_client: RawPathClient,
    viewer_client: RawPathClient,
) -> None:
    batch = batch_of(editor, company, state, **rows)
    html = page(editor_client, batch)
    assert said(html) == sentence
    assert buttons(html) == labels
    assert seconds(html) == pause
    assert counts(html)["all"] == str(sum(rows.values()))
    # A viewer sees the same, and nothing to press.
    seen = page(viewer_client, batch)
    assert said(seen) == sentence
    assert counts(seen) == counts(html)
    assert 'name="action"' not in seen


def test_a_halted_batch_says_why_and_until_when(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    batch = batch_of(editor, company, "running", queued=2)
    due = timezone.now() + timedelta(hours=2)
    states.halt(batch, "quota", until=due, message="Today’s calls to Codat are used up.")
    html = page(editor_client, batch)
    assert said(html) == "Waiting: 0 of 2 finished"
    assert "Today’s calls to Codat are used up." in html
    assert f"{due:%H:%M} UTC" in html
    assert seconds(html) == 15


def test_the_estimate_stands_before_the_start(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    batch = batch_of(editor, company, "ready", checked=200)
    assert re.search(r"200 changes, about 250 .*less than a minute to send\.", page(editor_client, batch))  # fmt: skip
    states.start(batch, editor)
    assert "about 250" not in page(editor_client, batch)


def test_a_page_says_that_no_worker_was_seen(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    batch = batch_of(editor, company, "running", queued=2)
    assert "No worker is running, so nothing moves." in page(editor_client, batch)
    assert links.workers() not in page(editor_client, batch)
    User.objects.filter(pk=editor.pk).update(is_superuser=True)
    assert f'<a href="{links.workers()}">See the workers</a>' in page(editor_client, batch)
    assert take("worker:one", holder="one", lasts=timedelta(minutes=1))
    assert "No worker" not in page(editor_client, batch)
    Lease.objects.update(until=timezone.now() - timedelta(minutes=10))
    assert re.search(r"No worker was seen for 1\d minutes", page(editor_client, batch))
    states.pause(batch, editor)
    assert "No worker" not in page(editor_client, batch)


def test_a_worker_that_cron_runs_for_a_round_is_seen(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    batch = batch_of(editor, company, "running", queued=2)
    # `work --once` has no lease any more when it has ended, but its chores say when they ran.
    leases.take("chore:problems", holder="one", lasts=timedelta(minutes=1))
    leases.give_back("chore:problems", holder="one")
    assert "No worker" not in page(editor_client, batch)
    Lease.objects.update(ran_at=timezone.now() - timedelta(minutes=10))
    assert "No worker was seen for 10 minutes" in page(editor_client, batch)


def test_the_steps_name_who_did_what(
    company: str, editor: User, viewer: User, editor_client: RawPathClient
) -> None:
    batch = batch_of(editor, company, "ready", checked=2)
    Batch.objects.filter(pk=batch.pk).update(note="Year-end", question="q=lights&status=Active")
    states.start(batch, editor)
    states.pause(batch, None, message="Paused, because the last 10 rows were refused.")
    states.resume(batch, viewer)
    html = page(editor_client, batch)
    steps = re.sub(r"<[^>]*>", "", html[html.index('class="plain-list steps"') :])
    for text in ("Created by editor", "Started by editor", "Resumed by viewer"):
        assert text in steps
    assert re.search(r"Paused, .* · Paused, because the last 10 rows", steps)
    assert "Year-end" in html
    link = re.search(r'<dt>From</dt><dd[^>]*><a href="([^"]+)">([^<]*)<', html)
    assert link
    assert link[2] == "search “lights”, Status: Active"
    assert link[1].startswith(links.customers(company))


def test_a_retry_and_its_source_link_to_each_other(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    source = batch_of(editor, company, "done", refused=2)
    retry = batch_of(editor, company, "preparing", waiting=2)
    Batch.objects.filter(pk=retry.pk).update(source=source, kind="retry")
    assert f'<dt>Retry of</dt><dd dir="auto"><a href="{url_of(source)}">' in page(
        editor_client, retry
    )
    assert f'<dt>Retry</dt>\n      <dd dir="auto"><a href="{url_of(retry)}">' in page(
        editor_client, source
    )


# -- what needs a person ----------------------------------------------------------------------------


def test_reasons_are_counted(company: str, editor: User, editor_client: RawPathClient) -> None:
    batch = batch_of(editor, company, "running", refused=12, invalid=2, unknown=1, queued=4)
    locked = Write.objects.filter(batch=batch, state="failed").values_list("pk", flat=True)[:3]
    Write.objects.filter(pk__in=list(locked)).update(
        validation=[{"itemId": "x", "message": "Postal code does not match the country"}]
    )
    html = re.sub(r"\s+", " ", page(editor_client, batch))
    needs = re.sub(r"<[^>]*>", "", html[html.index('class="needs"') : html.index('id="rows-head')])
    assert "12 rows refused. 9 say “Customer is locked.”, 3 say “Postal code does" in needs
    assert "2 rows to correct. “Postal code: Enter at most 10 characters.”" in needs
    assert "1 row with an unknown outcome." in needs
    first = BatchRow.objects.get(batch=batch, position=13)
    assert first.state == "invalid"
    assert f'href="{links.batch_row(company, batch.pk, 13)}"' in html
    assert f'href="{links.batch_result(company, batch.pk)}?state=refused"' in html


# -- rows -------------------------------------------------------------------------------------------


def positions(html: str) -> list[int]:
    return [int(found) for found in re.findall(r'<tr id="row-(\d+)"', html)]


def test_rows_that_need_a_person_come_first_a_page_at_a_time(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    batch = batch_of(editor, company, "running", confirmed=60, queued=30, refused=3, unknown=2)
    html = page(editor_client, batch)
    assert positions(html) == [94, 95, 91, 92, 93, *range(61, 91), *range(1, 16)]
    assert re.findall(r'scope="colgroup">([^<]*)<', html) == [
        "Unknown, 2", "Refused, 3", "Queued, 30", "Confirmed, 60",
    ]  # fmt: skip
    assert "Page 1 of 2" in html
    assert positions(page(editor_client, batch, "?page=2")) == [*range(16, 61)]
    assert positions(page(editor_client, batch, "?page=999")) == [*range(16, 61)]


def test_the_counts_filter_and_the_search_finds(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    batch = batch_of(editor, company, "running", confirmed=12, queued=3)
    assert positions(page(editor_client, batch, "?state=queued")) == [13, 14, 15]
    assert positions(page(editor_client, batch, "?q=customer 0014")) == [14]
    assert positions(page(editor_client, batch, "?q=C7")) == [7]
    assert positions(page(editor_client, batch, "?q=C7&state=queued")) == []
    assert "No rows match" in page(editor_client, batch, "?q=nobody")
    assert len(positions(page(editor_client, batch, "?state=nonsense&page=x&q=%00"))) in (0, 15)
    # A count keeps the search, and goes to the first page.
    html = page(editor_client, batch, "?q=customer&state=confirmed&page=2")
    assert f'id="count-queued" href="{url_of(batch)}?state=queued&amp;q=customer#' in html
    assert re.search(r'id="count-confirmed"[^>]*aria-current="true"', html)


def test_a_row_offers_what_can_be_done_with_it(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    batch = batch_of(
        editor, company, "running", refused=1, invalid=1, queued=1, left_out=1, checked=1, sent=1
    )
    html = page(editor_client, batch)
    rows = dict(re.findall(r'<tr id="row-(\d)">(.*?)</tr>', html, re.DOTALL))

    def offers(position: int) -> list[str]:
        cell = rows[str(position)].rpartition("<td")[2]
        return [text.strip() for text in re.findall(r">([^<>]+)</(?:a|button)>", cell)]

    assert offers(1) == ["Fix", "View change"]
    assert offers(2) == ["Fix", "Leave out"]
    assert offers(3) == ["Leave out", "View change"]
    assert offers(4) == ["Include again"]
    assert offers(5) == ["Edit", "Leave out"]
    assert offers(6) == ["View change"]
    assert links.fix(company, "c1", Write.objects.get(batch=batch, position=1).pk) in rows["1"]


# -- live -------------------------------------------------------------------------------------------


def test_htmx_gets_the_state_and_the_rows_beside_it(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    batch = batch_of(editor, company, "running", queued=3, confirmed=1)
    query = "?state=queued&q=customer"
    answer = editor_client.get(url_of(batch, query), headers=HTMX)
    html = answer.content.decode()
    assert "<html" not in html
    assert html.lstrip().startswith('<div id="batch"')
    assert re.search(r'<div id="batch-rows"[^>]*hx-swap-oob="true"', html)
    # The next look keeps the filter and the search.
    assert f'hx-get="{url_of(batch, query)}"'.replace("&", "&amp;") in html
    whole = page(editor_client, batch, query)
    assert "hx-swap-oob" not in whole
    assert positions(whole) == positions(html) == [1, 2, 3]


def test_screen_readers_hear_states_and_quarters(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    def heard(**rows: int) -> str:
        html = page(editor_client, batch_of(editor, company, "running", **rows))
        found = re.search(r'<div id="batch"[^>]*data-announce="([^"]*)"', html)
        assert found
        return found[1]

    assert heard(queued=9, confirmed=1) == heard(queued=8, confirmed=2) == "Running"
    assert heard(queued=7, confirmed=3) == heard(queued=6, confirmed=4) == "Running, 25 % finished"


def test_without_scripts_the_page_can_be_loaded_again_while_something_moves(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    def offers(state: str) -> bool:
        batch = batch_of(editor, company, state, confirmed=1, queued=state == "running")
        return '<noscript><p><a href="">Reload this page</a>' in page(editor_client, batch)

    assert offers("running")
    assert not offers("done")


# -- many rows --------------------------------------------------------------------------------------


def test_the_number_of_queries_does_not_grow_with_the_batch(
    company: str, editor: User, editor_client: RawPathClient, django_assert_max_num_queries: Any
) -> None:
    def queries(times: int) -> int:
        batch = batch_of(
            editor, company, "running", queued=80 * times, confirmed=80 * times, refused=10 * times,
            invalid=10 * times, unknown=5 * times, different=5 * times,
        )  # fmt: skip
        # The first page counts the problems of a person, which later ones remember for half a minute.
        page(editor_client, batch, "?page=2")
        with django_assert_max_num_queries(100) as found:
            page(editor_client, batch, "?page=2")
        return len(found)

    queries(1)
    few, many = queries(1), queries(26)
    assert few == many
    assert many < 25
