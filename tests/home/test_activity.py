"""What the team changed: filters, pages, the way back, and the file."""

from __future__ import annotations

import csv
import io
import re
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers import localisation
from customers.home.activity_file import PIECE
from customers.home.periods import Period, named
from customers.models import Preferences, Write
from customers.writes.pages.change_pages import PAGE_SIZE
from tests.conftest import RawPathClient
from tests.support.journal import journal_row
from tests.support.problems import COMPANY, HTMX, company, refused

pytestmark = pytest.mark.django_db

OTHER = str(uuid.UUID(int=78))
CHANGE = re.compile(r'id="change-([0-9a-f-]{36})"')


def shown(client: RawPathClient, query: str = "") -> list[str]:
    answer = client.get(f"/activity/{query}")
    assert answer.status_code == 200
    return CHANGE.findall(answer.content.decode())


def file(client: RawPathClient, query: str = "") -> list[list[str]]:
    answer = client.get(f"/activity/changes.csv{query}")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(answer).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))[1:]


def ids(*writes: Write) -> list[str]:
    return [str(write.pk) for write in writes]


@pytest.fixture
def journal(editor: User, viewer: User) -> dict[str, Write]:
    """Changes of two people and two companies, the newest first."""
    now = timezone.now()
    company("Alpha", company_id=COMPANY, search="alpha")
    company("Beta", company_id=OTHER, search="beta")

    def row(number: int, user: User, company_id: str, **values: Any) -> Write:
        at = now - timedelta(hours=number)
        return journal_row(company_id, user, created_at=at, **values)

    return {
        "accepted": row(1, editor, COMPANY, state="success", confirmation="confirmed"),
        "refused": row(2, viewer, COMPANY, state="failed", push_operation_key="k"),
        "different": row(3, editor, OTHER, state="success", confirmation="differs"),
        "unknown": row(4, viewer, OTHER, state="unknown"),
        "old": row(24 * 60, editor, OTHER, state="failed", resolved_at=now),
    }


def test_it_says_who_what_where_and_the_outcome(
    journal: dict[str, Write], viewer_client: RawPathClient
) -> None:
    html = viewer_client.get("/activity/").content.decode()
    assert CHANGE.findall(html) == ids(*journal.values())
    table = html.partition("<tbody>")[2].partition("</tbody>")[0]
    texts = " ".join(re.sub(r"<[^>]+>", " ", table).split())
    for text in ("editor", "Castle Street Cycles", "Birkett, Ursula", "Confirmed", "Refused"):
        assert text in texts
    assert "Phone: old 1 → changed to new 2" in texts


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?person=editor", ["accepted", "different", "old"]),
        ("?company=Alpha", ["accepted", "refused"]),
        ("?company=alp", ["accepted", "refused"]),
        (f"?company={COMPANY}", ["accepted", "refused"]),
        ("?company=Alpha&person=viewer", ["refused"]),
        ("?outcome=failed", ["refused", "old"]),
        ("?outcome=open", ["refused", "different", "unknown"]),
        ("?outcome=different", ["different"]),
        ("?outcome=running", ["unknown"]),
        ("?outcome=accepted", ["accepted", "different"]),
        ("?person=editor&outcome=failed", ["old"]),
        ("?period=30-days", ["accepted", "refused", "different", "unknown"]),
        ("?person=nobody", []),
        (
            "?outcome=nonsense&period=nonsense",
            ["accepted", "refused", "different", "unknown", "old"],
        ),
    ],
)
def test_filters_narrow_the_page_and_the_file(
    journal: dict[str, Write], viewer_client: RawPathClient, query: str, names: list[str]
) -> None:
    wanted = ids(*(journal[name] for name in names))
    assert shown(viewer_client, query) == wanted
    assert [row[-1].split("/")[-2] for row in file(viewer_client, query)] == wanted


def test_a_filter_that_is_not_understood_says_so(viewer_client: RawPathClient) -> None:
    html = viewer_client.get("/activity/?company=Nobody&from=yesterday").content.decode()
    assert "No company is called “Nobody”. Showing all companies." in html
    assert "“yesterday” is not a day" in html


def test_days_are_those_of_the_reader(editor: User, viewer_client: RawPathClient) -> None:
    at = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    write = journal_row(COMPANY, editor, created_at=at)
    assert shown(viewer_client, "?from=2026-11-20&to=2026-11-20") == ids(write)
    assert shown(viewer_client, "?from=2026-11-21") == []
    settings = {"time_zone": "Pacific/Auckland", "locale": "en-NZ"}
    viewer_client.post("/settings/", settings | {"theme": "system", "density": "comfortable"})
    assert shown(viewer_client, "?from=2026-11-21&to=2026-11-21") == ids(write)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin"])
def test_the_ends_of_the_calendar_are_days(
    editor: User, viewer: User, viewer_client: RawPathClient, zone: str
) -> None:
    write = journal_row(COMPANY, editor)
    Preferences.objects.create(user=viewer, time_zone=zone)
    assert shown(viewer_client, "?from=0001-01-01&to=9999-12-31") == ids(write)
    assert len(file(viewer_client, "?from=0001-01-01&to=9999-12-30")) == 1
    assert shown(viewer_client, "?to=0001-01-01") == shown(viewer_client, "?from=9999-12-31") == []


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("today", date(2026, 11, 26), date(2026, 11, 26)),
        ("yesterday", date(2026, 11, 25), date(2026, 11, 25)),
        ("week", date(2026, 11, 23), date(2026, 11, 26)),
        ("last-week", date(2026, 11, 16), date(2026, 11, 22)),
        ("month", date(2026, 11, 1), date(2026, 11, 26)),
        ("last-month", date(2026, 10, 1), date(2026, 10, 31)),
        ("7-days", date(2026, 11, 20), date(2026, 11, 26)),
        ("nonsense", None, None),
    ],
)
def test_periods(name: str, first: date | None, last: date | None) -> None:
    with localisation.using("Europe/Berlin", "de-DE"):
        period = named(name, datetime(2026, 11, 25, 23, 30, tzinfo=UTC))
        assert (period.first, period.last) == (first, last)


def test_the_last_day_of_the_calendar() -> None:
    assert Period(None, date.max).end is None


def test_pages_have_each_change_once(editor: User, viewer_client: RawPathClient) -> None:
    for number in range(PAGE_SIZE * 2 + 3):
        journal_row(COMPANY, editor, created_at=timezone.now() - timedelta(minutes=number))
    seen: list[str] = []
    query = "?person=editor"
    while query:
        html = viewer_client.get(f"/activity/{query}").content.decode()
        seen += CHANGE.findall(html)
        following = re.search(r'rel="next"[^>]*href="([^"]+)"', html)
        query = following[1].replace("&amp;", "&") if following else ""
    assert len(seen) == len(set(seen)) == PAGE_SIZE * 2 + 3


def test_a_change_leads_back_to_the_list(editor: User, viewer_client: RawPathClient) -> None:
    journal_row(COMPANY, editor, state="failed")
    html = viewer_client.get("/activity/?outcome=failed&person=editor").content.decode()
    link = re.search(r'href="([^"]+)" id="change-', html)
    assert link
    change = viewer_client.get(link[1].replace("&amp;", "&")).content.decode()
    assert "Back to Activity" in change
    back = re.search(r'href="(/activity/\?[^"]*)"', change)
    assert back
    assert "outcome=failed" in unquote(back[1])


def test_htmx_gets_the_list_alone(editor: User, viewer_client: RawPathClient) -> None:
    html = viewer_client.get("/activity/?outcome=failed", headers=HTMX).content.decode()
    assert html.lstrip().startswith('<section id="activity"')
    assert "No changes match" in html


def test_the_file_is_harmless_and_has_a_line_for_each_field(
    editor: User, viewer_client: RawPathClient
) -> None:
    refused(
        editor,
        "=cmd()",
        customer_name="=HYPERLINK(1)",
        payload='{"phone": "+44 1", "taxNumber": "@SUM"}',
        before='{"phone": "+44 2", "taxNumber": "1"}',
    )
    rows = file(viewer_client)
    assert len(rows) == 2
    assert all(row[4].startswith("'=") for row in rows)
    assert {row[7] for row in rows} == {"Phone", "Tax number"}
    assert all(cell[:1] not in ("=", "+", "-", "@") for row in rows for cell in row)


def test_a_long_file_is_read_in_pieces(editor: User, viewer_client: RawPathClient) -> None:
    now = timezone.now()
    Write.objects.bulk_create(
        Write(user=editor, username="editor", company_id=COMPANY, kind="update", created_at=now)
        for _ in range(PIECE + 7)
    )
    with CaptureQueriesContext(connection) as queries:
        rows = file(viewer_client)
    assert len({row[-1] for row in rows}) == PIECE + 7
    selects = [query["sql"] for query in queries if 'FROM "customers_write"' in query["sql"]]
    assert len(selects) == 3


def test_without_permission(
    outsider_client: RawPathClient, anonymous_client: RawPathClient
) -> None:
    for path in ("/", "/activity/", "/activity/changes.csv", "/problems/worker/"):
        assert outsider_client.get(path).status_code == 403
        assert anonymous_client.get(path)["Location"].startswith("/accounts/login/")
