"""A lost connection to the database does not lose facts that cannot be read again."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError, connection, connections, transaction

from customers.codat.errors import CodatError
from customers.models import WebhookEvent, Write
from customers.service import default_service
from customers.writes import decisions, journal, recording, sending
from customers.writes.events import webhooks
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.journal import (
    calls,
    customer,
    edit_customer,
    journaled,
    lost_create,
    pushes,
    sent,
    write_request,
)
from tests.support.patience import PATIENCE, wait_for
from tests.support.webhooks import event

pytestmark = pytest.mark.django_db(transaction=True)

State = Write.State
Fact = Callable[[Sandbox, User], Callable[[], object]]


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "PAUSES", (0.0, 0.0))


# -- on any database --------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
@pytest.mark.parametrize("failures", [0, 1, 2])
def test_a_step_is_run_again_on_a_new_connection(
    no_pauses: None, error: type[Exception], failures: int
) -> None:
    tries: list[object] = []

    def step() -> int:
        Write.objects.exists()
        tries.append(connection.connection)
        if len(tries) <= failures:
            raise error
        return 7

    assert recording.record(step, what="a fact") == 7
    assert len(set(map(id, tries))) == len(tries) == failures + 1


def test_where_the_database_stays_unavailable_the_log_has_the_fact(
    no_pauses: None, caplog: pytest.LogCaptureFixture
) -> None:
    def step() -> None:
        raise OperationalError("gone")

    with pytest.raises(OperationalError):
        recording.record(step, what="write 1: push operation 2")
    assert ("CRITICAL", "write 1: push operation 2: could not be stored") in [
        (record.levelname, record.getMessage()) for record in caplog.records
    ]


def test_inside_a_transaction_the_first_error_counts(no_pauses: None) -> None:
    tries = []

    def step() -> None:
        tries.append(1)
        raise OperationalError("gone")

    with pytest.raises(OperationalError), transaction.atomic():
        recording.record(step, what="a fact")
    assert len(tries) == 1


def test_the_pauses_outlast_the_cool_down_of_the_connection_breaker() -> None:
    from codatdash.postgresql.base import COOL_DOWN

    assert sum(recording.PAUSES) > COOL_DOWN


# -- on PostgreSQL, whose connections another session can end ---------------------------------------

on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="test_races.py runs this module on PostgreSQL"
)


def end_connections() -> None:
    """End every connection to the test's database but the one that asks."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(_end_other_connections).result()


def _end_other_connections() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
    finally:
        connections.close_all()


@on_postgresql
def test_a_save_whose_connection_ends_while_codat_answers(
    sandbox: Sandbox, company: str, editor_client: RawPathClient
) -> None:
    sandbox.faults.add("PUT", "delay", seconds=1.0, handled=True)

    with ThreadPoolExecutor(1) as pool:
        saving = pool.submit(_save, editor_client, company, customer(sandbox))
        wait_for(lambda: calls(sandbox, "PUT"))
        end_connections()
        connections.close_all()  # This thread's was among them.
        status, key = saving.result(timeout=PATIENCE)

    assert status == State.PENDING
    assert key == pushes(sandbox)[0]["pushOperationKey"]


def _save(client: RawPathClient, company: str, customer_id: str) -> tuple[str, str]:
    try:
        write = edit_customer(client, company, customer_id)
        return write.state, write.push_operation_key
    finally:
        connections.close_all()


def _answer(sandbox: Sandbox, user: User) -> Callable[[], object]:
    write = journaled(user, write_request(sandbox))
    Write.objects.filter(pk=write.pk).update(attempts=1)
    return lambda: journal.apply_result(
        write, {"pushOperationKey": "key", "status": "Success"}, by="answer"
    )


def _error(sandbox: Sandbox, user: User) -> Callable[[], object]:
    write = journaled(user, write_request(sandbox))
    return lambda: journal.apply_error(write, CodatError("lost", may_have_arrived=True))


def _unsent_repeat(sandbox: Sandbox, user: User) -> Callable[[], object]:
    write = lost_create(sandbox, user)
    Write.objects.filter(pk=write.pk).update(attempts=2)
    write.refresh_from_db()
    return lambda: sending._without_this_attempt(write)


def _linked(sandbox: Sandbox, user: User) -> Callable[[], object]:
    sandbox.faults.add("PUT", "reset", handled=True)
    write = sent(user, write_request(sandbox, customer(sandbox)))
    service, key = default_service(), pushes(sandbox)[0]["pushOperationKey"]
    return lambda: decisions.link_operation(write, key, service, user=user)


def _not_received(sandbox: Sandbox, user: User) -> Callable[[], object]:
    write = lost_create(sandbox, user)
    return lambda: decisions.mark_not_received(write, user=user)


def _event(sandbox: Sandbox, user: User) -> Callable[[], object]:
    delivery = event("read.completed", {})
    return lambda: webhooks.receive(delivery.body, delivery.headers)


FACTS: dict[str, tuple[Fact, dict[str, object]]] = {
    "answer": (_answer, {"state": "success", "push_operation_key": "key"}),
    "error": (_error, {"state": "unknown"}),
    "unsent repeat": (_unsent_repeat, {"state": "unknown", "attempts": 1}),
    "linked": (_linked, {"state": "pending", "decision": "linked"}),
    "not received": (_not_received, {"state": "failed", "decision": "not_received"}),
    "event": (_event, {}),
}


@on_postgresql
@pytest.mark.parametrize("fact", FACTS)
def test_each_fact_is_stored_after_its_connection_ended(
    sandbox: Sandbox, editor: User, fact: str
) -> None:
    prepare, expected = FACTS[fact]
    step = prepare(sandbox, editor)
    end_connections()

    step()

    if expected:
        assert Write.objects.filter(**expected).count() == 1
    else:
        assert WebhookEvent.objects.count() == 1
