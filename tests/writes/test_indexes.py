"""What the pages read of a long journal: few rows, through indexes. `test_races.py` runs this on PostgreSQL too."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from itertools import chain
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from customers.home import frame
from customers.models import Batch, Write
from customers.web import attention, links
from customers.writes.pages import change_pages
from customers.writes.showing.listed import listed_writes, row_key
from tests.conftest import RawPathClient
from tests.support.journal import journal_row

pytestmark = pytest.mark.django_db

COMPANY, CUSTOMER = "a-company", "39"
NOW = timezone.now()
Statement = tuple[str, Any]


@pytest.fixture(autouse=True)
def _problems_are_counted_already(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages count the problems of a person at most twice a minute: see `home/frame.py`."""
    monkeypatch.setattr(frame, "number_of", lambda request, attention: 0)


def fill(user: User, count: int, *, company: str = COMPANY) -> None:
    """Confirmed changes, two a second, so that the order of some depends on their IDs."""
    Write.objects.bulk_create(
        [
            Write(
                company_id=company,
                user=user,
                username=user.username,
                kind=Write.Kind.UPDATE,
                customer_id=CUSTOMER,
                payload="{}",
                state=Write.State.SUCCESS,
                confirmation=Write.Confirmation.CONFIRMED,
                confirmed_at=NOW - timedelta(days=2),
                created_at=NOW - timedelta(days=3, seconds=number // 2),
            )
            for number in range(count)
        ],
        batch_size=200,
    )
    # PostgreSQL's planner goes by statistics, and SQLite's where somebody has asked for them.
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE customers_write")


@contextmanager
def journal_reads() -> Iterator[list[Statement]]:
    """Collect the statements that read the journal, with their parameters."""
    statements: list[Statement] = []

    def note(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        reads = re.search('FROM "?customers_write', sql)
        if reads and sql.strip().startswith("SELECT"):
            statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield statements


def plan(statement: Statement) -> list[str]:
    """The steps of a statement's plan."""
    sql, params = statement
    how = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    with connection.cursor() as cursor:
        cursor.execute(f"{how} {sql}", params)
        return [str(row[-1]) for row in cursor.fetchall()]


def cost(statement: Statement) -> int:
    """What a statement reads: rows on PostgreSQL, steps of the virtual machine on SQLite."""
    sql, params = statement
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
            return _rows_read(cursor.fetchone()[0][0]["Plan"])
        steps = 0

        def count() -> int:
            nonlocal steps
            steps += 1
            return 0

        connection.connection.set_progress_handler(count, 1)
        try:
            cursor.execute(sql, params)
            cursor.fetchall()
        finally:
            connection.connection.set_progress_handler(None, 0)
        return steps


def _rows_read(node: dict[str, Any]) -> int:
    """The rows that the scans of a plan have looked at."""
    below = sum(_rows_read(child) for child in node.get("Plans", []))
    if "Scan" not in node["Node Type"]:
        return below
    names = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
    return below + sum(int(node.get(name, 0)) for name in names)


def read_pages(client: RawPathClient, user: User) -> list[Statement]:
    """The statements of the pages, of a save and of the background work."""
    journal = Write.objects
    middle = journal.filter(company_id=COMPANY)[120]
    history, mine = links.writes(COMPANY), reverse("my_writes")
    with journal_reads() as statements:
        for address in (
            history,
            f"{history}?page=2",
            f"{history}?before={middle.pk}",
            f"{history}?after={middle.pk}",
            f"{history}?customer={CUSTOMER}",
            f"{history}?state=success&before={middle.pk}",
            f"{history}?state=unfinished",
            f"{history}?by=editor",
            f"{history}?kind=update",
            mine,
            f"{mine}?state=",
            f"{mine}?state=success",
        ):
            assert client.get(address).status_code == 200
        journal.pending(COMPANY).exists()
        listed_writes(COMPANY, [CUSTOMER, "40"])
        attention.of_user(user.pk)
        for customer in (None, CUSTOMER):
            for read_at in (None, NOW - timedelta(minutes=1)):
                list(journal.pending(COMPANY, customer, read_at=read_at).order_by("-created_at"))
        call_command("settle_writes", verbosity=0)
    assert len(statements) > 30
    return statements


def test_no_page_scans_the_journal(
    editor: User, editor_client: RawPathClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_pages, "MAX_COUNTED", 200)
    fill(editor, 2000)
    fill(User.objects.create(username="other"), 6000, company="another")

    for statement in read_pages(editor_client, editor):
        steps = plan(statement)
        scans = [
            step
            for step in steps
            if re.search(
                # Requests for access are few: each goes with its answer. `people` are the names that were found.
                r"Seq Scan on customers_write|^SCAN (?!.*USING .*INDEX|\(|subquery"
                r"|(CONSTANT ROW|listed|changes|unread|people|customers_accessrequest)$)",
                step,
            )
        ]
        assert not scans, (statement, steps)
        assert any("INDEX" in step.upper() for step in steps), (statement, steps)


def test_what_is_read_does_not_grow_with_the_confirmed_changes(
    editor: User, editor_client: RawPathClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_pages, "MAX_COUNTED", 200)
    fill(User.objects.create(username="other"), 1000, company="another")
    fill(editor, 1000)
    few = [cost(statement) for statement in read_pages(editor_client, editor)]
    fill(editor, 5000)
    many = read_pages(editor_client, editor)

    assert len(few) == len(many)
    for before, statement in zip(few, many, strict=True):
        # PostgreSQL chooses between indexes by samples, and may read 200 rows where 50 do. All would be 5,000 more.
        assert cost(statement) <= 1.5 * before + 250, (statement, plan(statement))


def fill_batch(user: User, count: int) -> None:
    """A running batch of other customers, with rows in every state."""
    batch = Batch.objects.create(
        user=user, company_id=COMPANY, title="Set Phone", state=Batch.State.RUNNING
    )
    states: list[dict[str, Any]] = [
        {"state": Write.State.QUEUED},
        {"state": Write.State.PENDING},
        {"state": Write.State.FAILED, "completed_at": NOW},
        {"state": Write.State.SUCCESS, "confirmation": Write.Confirmation.WAITING},
        {
            "state": Write.State.SUCCESS,
            "confirmation": Write.Confirmation.CONFIRMED,
            "confirmed_at": NOW,
        },
    ]
    Write.objects.bulk_create(
        [
            Write(
                company_id=COMPANY,
                user=user,
                username=user.username,
                kind=Write.Kind.UPDATE,
                customer_id=f"c{number}",
                payload="{}",
                batch=batch,
                position=number,
                **states[number % len(states)],
            )
            for number in range(count)
        ],
        batch_size=200,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE customers_write")


def test_what_lists_and_the_frame_read_does_not_grow_with_a_batch(
    editor: User, editor_client: RawPathClient
) -> None:
    fill(editor, 1000)
    own = journal_row(COMPANY, editor, customer_id=CUSTOMER, state=Write.State.PENDING)

    def read() -> list[Statement]:
        with journal_reads() as statements:
            shown = listed_writes(COMPANY, [CUSTOMER, "c1", "c3", "c5"])
            rows = [f"{row_key(write)}.1" for write in shown]
            assert own in shown
            assert editor_client.get(links.pending(COMPANY, rows=rows)).status_code == 200
            assert editor_client.get(links.pending(COMPANY, CUSTOMER)).status_code == 200
            assert editor_client.get(links.badge()).status_code == 200
            attention.of_user(editor.pk)
        return statements

    fill_batch(editor, 50)
    few = [cost(statement) for statement in read()]
    fill_batch(editor, 5000)
    many = read()
    assert len(few) == len(many)
    for before, statement in zip(few, many, strict=True):
        # The customers of the page have a row in each of the two batches.
        assert cost(statement) <= 2.5 * before + 60, "\n".join(plan(statement))
    assert [write.batch_id is None for write in listed_writes(COMPANY)] == [True]


def test_links_visit_every_change_once_while_new_ones_arrive(
    editor: User, editor_client: RawPathClient
) -> None:
    fill(editor, 230)
    url = links.writes(COMPANY)
    expected = [
        str(pk) for pk in Write.objects.order_by("-created_at", "-id").values_list("pk", flat=True)
    ]

    def walk(address: str, name: str) -> tuple[list[list[str]], str]:
        """The changes of each page, and the address of the last one."""
        pages = []
        for _ in range(20):
            html = editor_client.get(url + address).content.decode()
            pages.append(re.findall(r"/writes/([0-9a-f-]{36})/", html))
            journal_row(COMPANY, editor, state=Write.State.SUCCESS)
            link = re.search(rf'id="page-{name}"[^>]* href="([^"]+)"', html)
            if link is None:
                return pages, address
            address = unescape(link[1])
        raise AssertionError("the pages do not end")

    older, last = walk("", "next")
    assert list(chain.from_iterable(older)) == expected
    assert [len(page) for page in older] == [50, 50, 50, 50, 30]

    newer, _ = walk(last, "previous")
    visited = list(chain.from_iterable(reversed(newer)))
    assert visited[-230:] == expected
    assert len(visited) == len(set(visited)) > 230


def test_a_number_opens_a_page_up_to_a_limit(
    editor: User, editor_client: RawPathClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_pages, "MAX_COUNTED", 150)
    fill(editor, 260)
    url = links.writes(COMPANY)

    def shown(query: str) -> str:
        return editor_client.get(url + query).content.decode()

    assert "More than 150 changes" in shown("")
    third, far = shown("?page=3"), shown("?page=2000")
    assert re.findall(r"/writes/([0-9a-f-]{36})/", third) == re.findall(
        r"/writes/([0-9a-f-]{36})/", far
    )
    assert '<span class="num">Page 3</span>' in far
    assert 'id="page-next" rel="next"' in far
    for place in ("before=x", "after=\0", f"before={editor.pk}", "page=-1", "page=" + "9" * 5000):
        assert editor_client.get(f"{url}?{place}").status_code == 200


def test_a_page_whose_changes_no_longer_exist_is_the_nearest_one(
    editor: User, editor_client: RawPathClient
) -> None:
    fill(editor, 60)
    rows = list(Write.objects.all())
    Write.objects.filter(pk__in=[row.pk for row in rows[50:]]).delete()
    html = editor_client.get(
        f"{links.writes(COMPANY)}?page=2&before={rows[49].pk}"
    ).content.decode()
    assert f"/writes/{rows[0].pk}/" in html
    assert 'id="page-previous"' not in html
