"""The timeline of a customer: what happened to it, from our own database alone."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from customers.browsing.customer_page.timeline import PAGE_SIZE, Entry, Known, Place, timeline
from customers.models import Draft, Write
from customers.web import links
from customers.writes.drafts import FormKey
from customers.writes.showing.effects import undo_submission
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.journal import journal_row

pytestmark = pytest.mark.django_db
COMPANY, CUSTOMER = "c1", "39"


def key(user: User) -> FormKey:
    return FormKey(user, COMPANY, "c", CUSTOMER)


def row(user: User, *, days: float = 0, **values: Any) -> Write:
    moment = timezone.now() - timedelta(days=days)
    defaults = {"state": "success", "confirmation": "confirmed", "created_at": moment}
    return journal_row(COMPANY, user, **(defaults | values))


def entries(user: User, known: Known | None = None, **options: Any) -> list[Entry]:
    groups = timeline(key(user), known or Known(), **options).groups
    return [entry for _, group in groups for entry in group]


def test_changes_say_who_which_fields_and_the_values(editor: User, viewer: User) -> None:
    row(editor)
    row(viewer, payload='{"phone": "new 3"}', before='{"phone": "new 2"}')
    newest, oldest = entries(editor)
    assert (newest.is_own, newest.by, oldest.is_own) == (False, "viewer", True)
    assert [(c.label, c.old, c.new) for c in newest.changes] == [("Phone", "new 2", "new 3")]
    assert newest.mark is not None
    assert newest.mark.label == "Confirmed"


def test_a_change_names_only_what_it_changed_itself(editor: User) -> None:
    """The second one was saved while the first was pending: it sends the first one's value, too."""
    before = '{"phone": "1", "emailAddress": "a"}'
    soon = timezone.now() + timedelta(minutes=1)
    row(editor, days=1, payload='{"phone": "2"}', before=before, confirmed_at=soon)
    row(editor, payload='{"phone": "2", "emailAddress": "b"}', before=before)
    newest, oldest = entries(editor)
    assert [change.label for change in newest.changes] == ["Email address"]
    assert [change.label for change in oldest.changes] == ["Phone"]


def test_an_undo_is_called_so_and_its_change_has_no_undo_any_more(editor: User) -> None:
    write = row(editor, days=1)
    row(editor, retry_of=write, submission=undo_submission(write.pk))
    newest, oldest = entries(editor)
    assert (newest.kind, newest.verb) == ("undo", "undid")
    assert (oldest.is_undone, oldest.undo_url) == (True, "")
    assert newest.undo_url == links.undo(COMPANY, newest.write.pk if newest.write else "")


def test_a_refused_change_leads_to_its_form(editor: User, viewer: User) -> None:
    write = row(editor, state="failed", confirmation="")
    (entry,) = entries(editor)
    assert entry.verb == "tried to change"
    assert entry.fix_url == links.fix(COMPANY, CUSTOMER, write.pk)
    assert entry.undo_url == ""
    (seen,) = entries(viewer)
    assert seen.fix_url == ""


def test_a_draft_is_the_readers_alone(editor: User, viewer: User) -> None:
    Draft.objects.create(
        submission=uuid.uuid4(), user=editor, company_id=COMPANY, customer_id=CUSTOMER, body=""
    )
    assert [entry.kind for entry in entries(editor)] == ["draft"]
    assert entries(viewer) == []


def test_a_change_in_the_accounting_software_is_not_told_twice(editor: User) -> None:
    now = timezone.now()
    known = Known(now.isoformat(), (now - timedelta(hours=2)).isoformat())
    row(editor, sent_at=now, completed_at=now)
    assert {entry.kind for entry in entries(editor, known)} == {"change", "sync", "source"}
    ours = Known("", (now - timedelta(minutes=1)).isoformat())
    assert {entry.kind for entry in entries(editor, ours)} == {"change"}
    assert entries(editor, Known("0001-01-01T00:00:00", "yesterday"), kind="syncs") == []


def test_a_page_is_continued_where_it_ended(editor: User) -> None:
    count = 2 * PAGE_SIZE + 3
    for number in range(count):
        row(editor, days=number)
    seen: list[object] = []
    place: Place | None = None
    for _ in range(5):
        page = timeline(key(editor), Known(), place=place)
        seen += [e.write.pk for _, group in page.groups for e in group if e.write]
        place = Place.of(str(page.earlier)) if page.earlier else None
        if place is None:
            break
    assert len(seen) == len(set(seen)) == count


def test_two_queries_however_long_it_is(
    editor: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        row(editor, days=number)
    editor.has_perm("customers.write_customers")
    with django_assert_max_num_queries(2):
        entries(editor)


@pytest.mark.parametrize(
    ("kind", "kinds"),
    [
        ("changes", {"change"}),
        ("drafts", {"draft"}),
        ("syncs", {"sync"}),
        ("odd", {"change", "draft", "sync"}),
    ],
)
def test_it_can_be_narrowed_to_one_kind(editor: User, kind: str, kinds: set[str]) -> None:
    row(editor)
    Draft.objects.create(
        submission=uuid.uuid4(), user=editor, company_id=COMPANY, customer_id=CUSTOMER, body=""
    )
    known = Known(timezone.now().isoformat())
    assert {entry.kind for entry in entries(editor, known, kind=kind)} == kinds


def test_deleted_values_are_said_and_long_ones_are_not_compared(editor: User) -> None:
    row(editor, payload="", before="", forgotten_at=timezone.now())
    row(editor, payload='{"phone": "%s"}' % ("1" * 300_000))
    newest, oldest = entries(editor)
    assert (newest.is_too_long, newest.changes) == (True, [])
    assert (oldest.changes, oldest.undo_url) == ([], "")


@pytest.mark.parametrize(
    "text", ["", "x", "2026-01-01_", "_x", "9" * 400, "2026-01-01T00:00:00Z_\0"]
)
def test_an_address_that_names_no_place_shows_the_newest(text: str) -> None:
    assert Place.of(text) is None


# -- the page ---------------------------------------------------------------------------------------


def test_the_timeline_has_a_page_of_its_own_and_makes_no_call(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    company = sandbox.company("qbo")
    for number in range(20):
        created = timezone.now() - timedelta(days=number)
        journal_row(company, editor, state="success", created_at=created)
    sandbox.clear_calls()
    url = links.timeline(company, CUSTOMER)
    page = editor_client.get(url).content.decode()
    assert "<html" in page
    assert page.count('class="entry"') == PAGE_SIZE
    earlier = re.findall(r'href="([^"]+before=[^"]+)"', page)[0].replace("&amp;", "&")
    answer = editor_client.get(earlier, headers={"HX-Request": "true"})
    fragment = answer.content.decode()
    assert "<html" not in fragment
    assert fragment.count('class="entry"') == 5
    assert "Newest" in fragment
    assert sandbox.calls == []


def test_the_customers_page_has_the_timeline_beside_its_fields(
    sandbox: Sandbox, editor: User, viewer_client: RawPathClient
) -> None:
    company = sandbox.company("qbo")
    journal_row(company, editor, state="success", customer_id=CUSTOMER)
    html = viewer_client.get(links.customer(company, CUSTOMER)).content.decode()
    timeline_html = html[html.index('id="timeline"') :]
    assert "<strong><bdi>editor</bdi></strong>" in timeline_html
    assert "Synced from QuickBooks Online" in timeline_html
    assert "Changed in QuickBooks Online" in timeline_html
    assert "/undo/" not in timeline_html
