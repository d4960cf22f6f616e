"""How far a batch is: each row in one group, a share that never goes back, what it will cost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from customers.batches import estimate as estimates
from customers.batches.following_up import retried_rows
from customers.batches.progress import group_of, progress_of
from customers.codat.companies import accounting_connections
from customers.codat.http.quota import RateLimit
from customers.models import Batch, BatchRow, Write
from customers.service import CustomerService, default_service
from sandbox import Sandbox
from tests.support.batch_rows import KINDS, batch_of

pytestmark = pytest.mark.django_db

# The group of each kind of row, where it has another name.
GROUP_OF = {
    "checked": "queued",
    "sending": "sent",
    "absent": "different",
    "timed_out": "refused",
    "left_out": "not_sent",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_is_in_one_group(kind: str, editor: User) -> None:
    batch = batch_of(editor, "company", "running", **{kind: 2})
    progress = progress_of(batch)
    assert progress.counts == {GROUP_OF.get(kind, kind): 2}
    assert progress.total == 2
    rows = BatchRow.objects.filter(batch=batch)
    assert [group_of(row, batch).key for row in rows] == [GROUP_OF.get(kind, kind)] * 2
    assert progress.retried == retried_rows(batch).count()


@pytest.mark.parametrize("kind", ["checked", "waiting"])
def test_what_a_cancelled_batch_has_not_sent_never_will_be(kind: str, editor: User) -> None:
    assert progress_of(batch_of(editor, "company", "cancelled", **{kind: 3})).counts == {
        "not_sent": 3
    }


def test_the_rows_are_counted_by_two_queries_however_many(
    editor: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    batch = batch_of(editor, "company", "paused", queued=3000, confirmed=2000)
    with django_assert_num_queries(2):
        assert progress_of(batch).counts == {"queued": 3000, "confirmed": 2000}


def test_the_share_grows_to_the_end_and_never_goes_back(editor: User) -> None:
    """Through all that a row may do: also a time-out that is accepted later, and a row that is taken up again."""
    batch = batch_of(editor, "company", "running", checked=4)
    rows = list(BatchRow.objects.filter(batch=batch))
    shares = [progress_of(batch).percent]

    def to(position: int, state: str, confirmation: str = "") -> None:
        row = rows[position]
        if row.write is None:
            row.write = Write.objects.create(
                batch=batch,
                position=row.position,
                username="editor",
                kind="update",
                company_id="company",
            )
            row.save()
        Write.objects.filter(pk=row.write.pk).update(state=state, confirmation=confirmation)
        shares.append(progress_of(batch).percent)

    def row_to(position: int, state: str) -> None:
        BatchRow.objects.filter(pk=rows[position].pk).update(state=state)
        shares.append(progress_of(batch).percent)

    row_to(3, "invalid")
    row_to(3, "left_out")
    row_to(3, "conflict")
    row_to(3, "checked")
    for position in range(3):
        for state in ("queued", "sending", "queued", "sending", "unknown", "pending", "timed_out"):
            to(position, state)
        to(position, "success", "waiting")
        to(position, "success", "confirmed")
    to(3, "queued")
    to(3, "failed")
    assert shares == sorted(shares)
    assert set(shares) == {0, 25, 50, 75, 99}, "not 100 while it runs"
    batch.state = Batch.State.DONE
    assert progress_of(batch).percent == 100


def test_a_batch_that_was_cancelled_is_not_complete_while_a_row_is_unknown(editor: User) -> None:
    batch = batch_of(editor, "company", "cancelled", not_sent=3, unknown=1)
    assert progress_of(batch).percent < 100


def test_the_time_left_is_that_of_the_pace_of_the_last_minute(editor: User) -> None:
    batch = batch_of(editor, "company", "running", queued=100, confirmed=20, sent=5)
    assert progress_of(batch).minutes_left == 4
    Write.objects.filter(batch=batch).update(sent_at=timezone.now() - timedelta(minutes=2))
    assert progress_of(batch).minutes_left is None


# -- what it will cost ------------------------------------------------------------------------------


@pytest.fixture
def service(sandbox: Sandbox, settings: Settings) -> CustomerService:
    """A service whose quota the tests set."""
    settings.CODAT_WORKER_PACE = 10.0
    settings.CODAT_QUOTA_RESERVE = 0.1
    return default_service()


def quota(service: CustomerService, monkeypatch: pytest.MonkeyPatch, limit: int, left: int) -> None:
    """Codat has said that so many calls are left today."""
    monkeypatch.setattr(CustomerService, "quota", lambda _: RateLimit(limit, left, ""))


def test_the_estimate_names_calls_and_time(
    service: CustomerService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CustomerService, "quota", lambda _: None)
    unknown = estimates.estimate(412, service)
    assert unknown.sentence == "412 changes, about 500 calls to Codat, less than a minute to send"
    quota(service, monkeypatch, 21_000, 18_400)
    known = estimates.estimate(5000, service)
    assert known.sentence == (
        "5,000 changes, about 6,000 of the 18,400 calls left today, about 8 minutes to send"
    )
    assert known.note == ""
    assert estimates.estimate(1, service).sentence.startswith("1 change, about 10 of")


@pytest.mark.parametrize(("left", "days"), [(7000, 1), (6000, 2), (500, 2), (100, 3)])
def test_calls_that_do_not_suffice_take_days(
    service: CustomerService, monkeypatch: pytest.MonkeyPatch, left: int, days: int
) -> None:
    """A tenth is reserved for people: of 7,000 calls a day 6,300 are for batches."""
    quota(service, monkeypatch, 7000, left)
    # About 6,008 calls, or twice as many where the last day is asked for.
    changes = 5000 if days < 3 else 10_000
    assert estimates.estimate(changes, service).days == days
    assert ("days" in estimates.estimate(changes, service).note) == (days > 1)


def test_desktop_software_is_named(
    service: CustomerService, sandbox: Sandbox, editor: User
) -> None:
    company_id = sandbox.company("qbd")
    company = service.snapshots.get_company(company_id=company_id).data
    connection = accounting_connections(company)[0]
    service.snapshots.get_integration(integration_key=str(connection["integrationKey"]))
    batch = batch_of(editor, company_id, "ready", checked=1)
    assert estimates.slow_software(batch, service) == ""
    batch.connection_id = str(connection["id"])
    assert "only while its connector is online" in estimates.slow_software(batch, service)


def test_the_rows_are_counted_from_indexes_alone(
    editor: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """The values of thousands of writes are not read while a page asks every two seconds."""
    if connection.vendor != "sqlite":
        pytest.skip("skipped: PostgreSQL decides by the map of visible rows")
    batch = batch_of(editor, "company", "paused", queued=30, confirmed=20)
    with django_assert_num_queries(2) as found:
        progress_of(batch)
    with connection.cursor() as cursor:
        for query in found.captured_queries:
            cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
            plan = str(cursor.fetchall())
            assert "USING COVERING INDEX" in plan, plan
