"""The pictures: drawn without style and scripts, each with its table; and what the worker counts for them."""

from __future__ import annotations

import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.access.people import grant
from customers.home import charts, day_counts, pictures
from customers.models import ChangesOfDay, Grant, Write
from customers.scope import Scope, restricted
from tests.conftest import RawPathClient
from tests.support.journal import journal_row
from tests.support.people import person
from tests.support.problems import COMPANY, company

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def test_a_picture_has_bars_alone() -> None:
    svg = charts.stacked_bars('A <name> & "more"', ((3, 1), (0, 0), (2, 0)))
    root = ElementTree.fromstring(svg)
    assert root.get("aria-label") == 'A <name> & "more"'
    assert root.get("role") == "img"
    names = {element.tag for element in root.iter()}
    assert names == {"svg", "g", "rect"}
    for forbidden in ("style", "script", "onclick", "href", "<text"):
        assert forbidden not in svg
    assert len(list(root.iter("rect"))) == 3, "no bar for nothing"
    classes = {element.get("class") for element in root.iter("g")} - {None}
    assert classes == {"color-0", "color-1"}


def test_the_longest_bar_is_the_largest_number() -> None:
    root = ElementTree.fromstring(charts.lying_bars("x", ((1, 0), (0, 4), (2, 0))))
    bars = sorted(root.iter("rect"), key=lambda bar: float(bar.get("y", "0")))
    widths = [float(bar.get("width", "0")) for bar in bars]
    assert widths[1] > widths[2] > widths[0]


def test_changes_are_counted_by_day_and_outcome(editor: User) -> None:
    now = timezone.now()
    for state, confirmation, ago in (
        ("success", "confirmed", 0), ("success", "waiting", 0), ("failed", "", 0), ("timed_out", "", 1),
        ("success", "differs", 1), ("success", "absent", 1), ("pending", "", 1), ("unknown", "", 1),
        ("not_sent", "", 1), ("success", "confirmed", 20),
    ):  # fmt: skip
        journal_row(
            COMPANY, editor, state=state, confirmation=confirmation, created_at=now - ago * DAY
        )
    assert day_counts.count() == day_counts.DAYS
    days = day_counts.last_days()
    assert len(days) == day_counts.DAYS
    assert dict(zip(day_counts.OUTCOMES, days[-1].numbers, strict=True)) == {
        "accepted": 2, "different": 0, "refused": 1, "running": 0,
    }  # fmt: skip
    assert dict(zip(day_counts.OUTCOMES, days[-2].numbers, strict=True)) == {
        "accepted": 0, "different": 2, "refused": 1, "running": 2,
    }  # fmt: skip
    Write.objects.filter(state="pending").update(state="failed")
    assert day_counts.count() == 2, "today and yesterday alone"
    assert day_counts.last_days()[-2].numbers[day_counts.OUTCOMES.index("refused")] == 2
    ChangesOfDay.objects.update(counted_at=now - DAY)
    assert day_counts.count() == day_counts.DAYS


def test_who_sees_some_companies_sees_their_changes(editor: User) -> None:
    for company_id in (COMPANY, "other", "other"):
        journal_row(company_id, editor, state="success", confirmation="confirmed")
    journal_row("other", editor, state="not_sent", confirmation="")
    day_counts.count()
    for companies, number in (({COMPANY}, 1), ({COMPANY, "other"}, 3), ({"nothing"}, 0)):
        with restricted(Scope(frozenset(companies))):
            assert sum(map(sum, (day.numbers for day in day_counts.last_days()))) == number
    assert sum(day_counts.last_days()[-1].numbers) == 3
    narrow = person("narrow", sees_all=False)
    grant(narrow, Grant.Kind.COMPANY, COMPANY)
    client = RawPathClient()
    client.force_login(narrow)
    figure = client.get("/").content.decode().partition('id="changes-figure"')[2]
    assert '<strong class="num">1</strong> accepted' in figure
    # The last change of a company that was recounted is not shown any more.
    Write.objects.filter(company_id=COMPANY).update(state="not_sent", confirmation="")
    day_counts.count()
    assert "No customer was changed." in client.get("/").content.decode()


def test_their_changes_are_one_query(editor: User) -> None:
    for number in range(40):
        journal_row(f"company-{number}", editor, state="success", confirmation="confirmed")
    day_counts.count()
    seen = Scope(frozenset(f"company-{number}" for number in range(30)))
    with restricted(seen), CaptureQueriesContext(connection) as queries:
        picture = pictures.changes_picture()
    assert picture
    assert (picture.accepted, len(queries)) == (30, 1)


def test_days_that_are_over_are_deleted(editor: User) -> None:
    ChangesOfDay.objects.create(
        day=timezone.now().date() - 40 * DAY,
        outcome="accepted",
        number=1,
        counted_at=timezone.now(),
    )
    day_counts.count()
    assert ChangesOfDay.objects.count() == day_counts.DAYS * len(day_counts.OUTCOMES)


def test_the_page_shows_both_with_their_tables(editor: User, editor_client: RawPathClient) -> None:
    journal_row(COMPANY, editor, state="failed", seen_at=timezone.now())
    day_counts.count()
    company(last_sync=timezone.now() - 600 * DAY)
    company("Other", company_id="o", last_sync=timezone.now())
    html = editor_client.get("/").content.decode()
    assert len(re.findall(r'<svg [^>]*class="chart"', html)) == 2
    assert "style=" not in html
    table = html.partition('id="changes-table"')[2].partition("</table>")[0]
    assert table.count("<tr>") == day_counts.DAYS + 1
    ages = html.partition('class="chart-ages"')[2].partition("</table>")[0]
    assert re.findall(r'<td class="num(?: old)?">(\d+)</td>', ages) == ["1", "0", "0", "1", "0"]


def test_ages_are_one_query_and_nothing_is_nothing() -> None:
    assert pictures.ages_picture() is None
    assert pictures.changes_picture() is None
    company()
    with CaptureQueriesContext(connection) as queries:
        picture = pictures.ages_picture()
    assert picture
    assert len(queries) == 1
