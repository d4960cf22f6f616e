"""The page of one import: its states, what each offers, and what a reader may see."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from customers.models import Import, ImportRow, ImportStep, Lease
from customers.spreadsheets.importing import states
from customers.web import links
from customers.writes.leases import take
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.import_rows import import_of

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
BUTTON = re.compile(r'<button type="submit"[^>]* name="action" value="([\w:]+)"')


@pytest.fixture
def company(sandbox: Sandbox) -> str:
    """The ID of a company."""
    return sandbox.company("qbo")


@pytest.fixture
def connection(sandbox: Sandbox) -> str:
    """Its connection."""
    return sandbox.connection("qbo")


def url_of(source: Import, query: str = "") -> str:
    return links.import_page(source.company_id, source.pk) + query


def page(client: RawPathClient, source: Import, query: str = "") -> str:
    """The page without the frame."""
    answer = client.get(url_of(source, query))
    assert answer.status_code == 200
    html: str = answer.content.decode()
    return html[html.index("<main") :]


def said(html: str) -> str:
    found = re.search(r'<h2 id="import-state">([^<]*)</h2>', html)
    assert found
    return found[1]


def step(html: str) -> str:
    found = re.search(r'aria-current="step">\s*(\d) ([^<]*)', html)
    assert found
    return found[2].strip()


def seconds(html: str) -> int:
    found = re.search(r'<div id="import"[^>]*every (\d+)s', html)
    return int(found[1]) if found else 0


def actions(html: str) -> set[str]:
    """The buttons of the page, those of rows aside."""
    return {action for action in BUTTON.findall(html) if ":" not in action}


def tabs(html: str) -> dict[str, str]:
    return dict(re.findall(r'id="tab-(\w+)".*?<span class="num">([\d,]+)</span>', html, re.DOTALL))


# -- states -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "rows", "heading", "at", "wait", "offered"),
    [
        ("reading", {}, "Reading the file", "File", 1, {"cancel", "delete"}),
        ("unreadable", {}, "The file cannot be read", "File", 0, {"cancel", "delete"}),
        ("columns", {"waiting": 4}, "Match the columns", "Columns", 0,
         {"columns", "file", "guess", "cancel", "delete"}),
        ("checking", {"waiting": 4}, "Checking 4 rows", "Check", 1, {"cancel", "delete"}),
        ("checked", {"new": 3, "changed": 1, "unchanged": 2}, "4 rows can be sent", "Check", 0,
         {"columns", "file", "guess", "recheck", "send", "cancel", "delete"}),
        ("checked", {"unchanged": 2}, "Nothing to send", "Check", 0,
         {"columns", "file", "guess", "recheck", "cancel", "delete"}),
        ("checked", {"new": 2, "invalid": 3}, "2 rows can be sent", "Check", 0,
         {"columns", "file", "guess", "recheck", "send", "correct", "correct_all", "clear_all", "leave_out_all",
          "cancel", "delete"}),
        ("sent", {"new": 2}, "Finished: 2 of 2 confirmed", "Send and follow", 0, {"delete"}),
        ("cancelled", {"new": 2}, "Cancelled", "File", 0, {"delete"}),
    ],
)  # fmt: skip
def test_each_state_says_what_is_and_offers_what_can_be_done(
    state: str,
    rows: dict[str, int],
    heading: str,
    at: str,
    wait: int,
    offered: set[str],
    company: str,
    connection: str,
    editor: User,
    editor_client: RawPathClient,
) -> None:
    source = import_of(editor, company, state, connection=connection, **rows)
    html = page(editor_client, source)
    assert said(html) == heading
    assert step(html) == at
    assert seconds(html) == wait
    assert actions(html) == offered
    assert ("Reload this page" in html) == bool(wait)


def test_other_people_cannot_see_it(
    company: str,
    editor: User,
    viewer_client: RawPathClient,
    editor_client: RawPathClient,
    sandbox: Sandbox,
) -> None:
    source = import_of(editor, company, "checked", new=1)
    pk = source.pk
    for url in (
        url_of(source),
        links.import_problems(company, pk),
        links.import_outcome(company, pk),
    ):
        assert viewer_client.get(url).status_code == 403
        elsewhere = url.replace(company, sandbox.company("xero"))
        assert editor_client.get(elsewhere).status_code == 404
    assert viewer_client.post(url_of(source), {"action": "cancel"}).status_code == 403
    assert viewer_client.post(links.import_upload(company, pk)).status_code == 403
    source.refresh_from_db()
    assert source.state == "checked"


def test_a_colleague_continues_by_the_link(
    company: str, connection: str, viewer: User, editor_client: RawPathClient
) -> None:
    source = import_of(viewer, company, "columns", connection=connection, waiting=1)
    html = page(editor_client, source)
    assert "Uploaded by <bdi>viewer</bdi>" in html
    assert "columns" in actions(html)


def test_a_check_says_how_far_it_is(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    source = import_of(editor, company, "checking", waiting=200)
    assert '<progress max="100" value="50"' in page(editor_client, source)
    reading = import_of(editor, company, "reading")
    Import.objects.filter(pk=reading.pk).update(done=1500)
    html = page(editor_client, reading)
    assert "1,500 rows read." in html
    assert "<progress" not in html


def test_an_import_that_waits_says_why_and_until_when(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    source = import_of(editor, company, "checking", waiting=2)
    due = timezone.now() + timedelta(minutes=15)
    states.wait(source, until=due, message="Codat is not responding. The check continues later.")
    html = page(editor_client, source)
    assert said(html) == "Waiting to check the rows"
    assert "Codat is not responding." in html
    assert f"{due:%H:%M} UTC" in html
    assert seconds(html) == 15


def test_a_page_says_that_no_worker_was_seen(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    source = import_of(editor, company, "reading")
    assert "No worker" not in page(editor_client, source)
    Import.objects.update(changed_at=timezone.now() - timedelta(minutes=5))
    assert "No worker is running, so nothing moves." in page(editor_client, source)
    assert take("worker:one", holder="one", lasts=timedelta(minutes=1))
    assert "No worker" not in page(editor_client, source)
    Lease.objects.update(until=timezone.now() - timedelta(minutes=10))
    assert re.search(r"No worker was seen for 1\d minutes", page(editor_client, source))


def test_rows_stay_on_the_page_while_some_are_checked_again(
    company: str, connection: str, editor: User, editor_client: RawPathClient
) -> None:
    source = import_of(
        editor, company, "checked", connection=connection, new=3, invalid=2, waiting=1
    )
    Import.objects.filter(pk=source.pk).update(state="checking")
    html = page(editor_client, source)
    assert said(html) == "Checking 1 row"
    assert seconds(html) == 1
    assert tabs(html)["new"] == "3"
    # Nothing can be pressed meanwhile, but for the import as a whole.
    pressable = re.findall(
        r'<button type="submit"[^>]* value="(correct\w*|leave_out\w*)"[^>]*>', html
    )
    assert pressable
    assert "disabled" in re.findall(r'<button type="submit"[^>]* value="correct"[^>]*>', html)[0]
    assert "send" not in actions(html)


def test_htmx_gets_the_part_that_changes(
    company: str, connection: str, editor: User, editor_client: RawPathClient
) -> None:
    source = import_of(editor, company, "checking", connection=connection, waiting=3)
    query = "?show=new&q=fern"
    html = editor_client.get(url_of(source, query), headers=HTMX).content.decode()
    assert html.lstrip().startswith('<div id="import"')
    assert 'id="import-lead" hx-swap-oob="true"' in html
    # The next look keeps the tab and the search.
    assert f'hx-get="{url_of(source, query)}"'.replace("&", "&amp;") in html
    assert "hx-swap-oob" not in page(editor_client, source, query)


def test_the_steps_name_who_did_what(
    company: str, editor: User, viewer: User, editor_client: RawPathClient
) -> None:
    source = import_of(editor, company, "columns", waiting=2)
    states.add_step(source, ImportStep.Action.CORRECT, viewer, "17 rows: Country")
    html = page(editor_client, source)
    text = " ".join(re.sub(r"<[^>]*>", " ", html[html.index('class="plain-list steps"') :]).split())
    assert "Uploaded by editor" in text
    assert "Rows corrected by viewer" in text
    assert "17 rows: Country" in text


def test_a_deleted_import_keeps_who_did_what(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    source = import_of(editor, company, "checked", new=2, invalid=1)
    assert states.delete_now(source, editor)
    html = page(editor_client, source)
    assert said(html) == "Nothing was sent"
    assert "were deleted" in html
    assert "Uploaded" in html
    assert "Fern" not in html
    assert actions(html) == set()
    for url in (
        links.import_problems(company, source.pk),
        links.import_outcome(company, source.pk),
    ):
        assert editor_client.get(url).status_code == 404


# -- Codat and the connection -------------------------------------------------------------------------


def test_while_codat_is_away_the_rows_are_shown(
    company: str,
    connection: str,
    editor: User,
    editor_client: RawPathClient,
    sandbox: Sandbox,
    no_waiting: None,
) -> None:
    source = import_of(editor, company, "checked", connection=connection, new=3, invalid=1)
    sandbox.faults.add(".", "status", status=503, count=-1)
    html = page(editor_client, source)
    assert tabs(html)["new"] == "3"
    assert "Codat returned an error" in html
    assert 'id="columns"' not in html
    assert "send" not in actions(html)


def test_a_connection_that_was_replaced(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    source = import_of(editor, company, "checked", connection="another", new=3)
    html = page(editor_client, source)
    assert "The company’s connection was replaced" in html
    assert "send" not in actions(html)
    answer = editor_client.post(url_of(source), {"action": "send", "version": source.version})
    assert answer.status_code == 409
    assert "Nothing was sent." in answer.content.decode()


# -- rows ---------------------------------------------------------------------------------------------


def positions(html: str) -> list[int]:
    return [int(found) for found in re.findall(r'<tr id="row-(\d+)"', html)]


def test_tabs_filter_search_and_page(
    company: str, connection: str, editor: User, editor_client: RawPathClient
) -> None:
    source = import_of(
        editor, company, "checked", connection=connection, new=60, changed=2, unchanged=1, left_out=3, invalid=9,
    )  # fmt: skip
    html = page(editor_client, source)
    assert tabs(html) == {
        "problems": "9", "new": "60", "changed": "2", "unchanged": "1", "left_out": "3",
    }  # fmt: skip
    # The problems come first: of each kind the first rows.
    assert positions(html) == [*range(68, 73)]
    assert "Show all 9 rows" in html
    every = page(editor_client, source, "?show=problems&kind=email%3AemailAddress")
    assert positions(every) == [*range(68, 77)]
    assert positions(page(editor_client, source, "?show=new")) == [*range(2, 52)]
    assert positions(page(editor_client, source, "?show=new&page=2")) == [*range(52, 62)]
    assert positions(page(editor_client, source, "?show=new&page=99")) == [*range(52, 62)]
    assert positions(page(editor_client, source, "?show=new&q=Kitchens+17")) == [17]
    assert positions(page(editor_client, source, "?show=new&q=23")) == [23]
    assert "No rows match." in page(editor_client, source, "?show=new&q=nobody")
    assert positions(page(editor_client, source, "?show=nonsense&page=x&q=%00")) == [*range(68, 73)]


def test_old_and_new_are_shown(
    company: str, connection: str, editor: User, editor_client: RawPathClient
) -> None:
    source = import_of(editor, company, "checked", connection=connection, changed=1)
    html = page(editor_client, source)
    assert "<s class=" in html
    assert "new@fern.example" in re.sub(r"</?(ins|del)>", "", html)
    assert links.customer(company, "c2") in html


def test_what_a_row_is_can_be_chosen(
    company: str, connection: str, editor: User, editor_client: RawPathClient
) -> None:
    source = import_of(editor, company, "checked", connection=connection, question=2, unknown_id=1)
    html = page(editor_client, source)
    assert 'value="decide_all:change"' in html
    assert 'value="decide_all:create"' in html
    assert html.count('<option value="change:39">Change Beacon Printers</option>') == 2


def test_the_number_of_queries_does_not_grow_with_the_rows(
    company: str,
    connection: str,
    editor: User,
    editor_client: RawPathClient,
    django_assert_max_num_queries: Any,
) -> None:
    def queries(times: int) -> int:
        source = import_of(
            editor, company, "checked", connection=connection, new=60 * times, changed=60 * times, invalid=10 * times,
            question=10 * times,
        )  # fmt: skip
        with django_assert_max_num_queries(100) as found:
            page(editor_client, source)
        return len(found)

    queries(1)
    few, many = queries(1), queries(20)
    assert few == many
    assert many < 30


# -- a file that was uploaded twice ---------------------------------------------------------------------


def test_the_same_file_twice_is_a_question(
    company: str, connection: str, editor: User, viewer: User, editor_client: RawPathClient
) -> None:
    earlier = import_of(viewer, company, "checked", connection=connection, new=1)
    again = import_of(editor, company, "columns", connection=connection, waiting=1)
    html = page(editor_client, again)
    assert "This file was uploaded before" in html
    assert "<bdi>viewer</bdi> uploaded it" in html
    assert url_of(earlier) in html
    answer = editor_client.post(url_of(again), {"action": "discard", "version": again.version})
    assert answer.status_code == 303
    assert answer["Location"] == url_of(earlier)
    again.refresh_from_db()
    assert again.state == "cancelled"
    assert not ImportRow.objects.filter(source=again).exists()
    # The earlier one is not asked about the later one.
    assert "This file was uploaded before" not in page(editor_client, earlier)
