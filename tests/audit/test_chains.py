"""The chains of the audit: entries are numbered once, whoever does it, and what is tampered with is found."""

from __future__ import annotations

import hashlib
import json
import signal
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django import Settings

from customers.audit import chains
from customers.audit.recording import record
from customers.models import AuditChain, AuditEntry
from customers.models.audit import Chain
from tests.support.audit import unprotected
from tests.support.programs import processes
from tests.support.races import all_at_once

Kind = AuditEntry.Kind
COMPANY = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"


def reads(count: int, user: User | None = None) -> None:
    for number in range(count):
        record(Kind.READ, user=user, company_id=COMPANY, customer_id=f"customer-{number}")


def verify(*arguments: str) -> tuple[int, str]:
    """The exit code and the output of `manage.py verify_audit`."""
    output = StringIO()
    try:
        call_command("verify_audit", *arguments, stdout=output)
    except SystemExit as end:
        return int(end.code or 0), output.getvalue()
    return 0, output.getvalue()


def execute(statement: str) -> None:
    """Without Django, and with the triggers."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db
def test_entries_are_numbered_in_each_chain_by_itself(viewer: User) -> None:
    reads(3, viewer)
    record(Kind.CHANGE, user=viewer, subject="a-write")
    assert chains.has_new()
    code, output = verify()
    assert code == 0
    assert "reads: 0 entries verified, 3 not chained yet" in output
    assert "actions: 0 entries verified, 1 not chained yet" in output
    assert chains.extend() == 4
    assert not chains.has_new()
    assert chains.extend() == 0
    numbers = AuditEntry.objects.order_by("id").values_list("chain", "number")
    assert list(numbers) == [("reads", 1), ("reads", 2), ("reads", 3), ("actions", 1)]
    code, output = verify()
    assert code == 0
    assert "reads: 3 entries verified, 0 not chained yet, newest 3 " in output


@pytest.mark.django_db
def test_a_hash_can_be_computed_without_the_dashboard(viewer: User) -> None:
    record(Kind.CHANGE, user=viewer, company_id=COMPANY, customer_id="é", detail={"b": 1, "a": "ü"})
    chains.extend()
    entry = AuditEntry.objects.get()
    at = entry.at.strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")
    text = (
        f'["","{at}","actions",1,"change",{viewer.pk},"viewer","","","",'
        f'"{COMPANY}","é","",{{"a":"ü","b":1}}]'
    )
    assert json.loads(text)
    assert entry.hash == hashlib.sha256(text.encode()).hexdigest()


TAMPERING: dict[str, tuple[str, str]] = {
    "a person": ("UPDATE customers_auditentry SET user_name = 'nobody' WHERE number = 3", "3"),
    "a time": ("UPDATE customers_auditentry SET at = '2020-01-01 00:00:00' WHERE number = 4", "4"),
    "a customer": ("UPDATE customers_auditentry SET customer_id = 'other' WHERE number = 2", "2"),
    "a detail": (
        'UPDATE customers_auditentry SET detail = \'{"page": "x"}\' WHERE number = 5',
        "5",
    ),
    "a hash": (f"UPDATE customers_auditentry SET hash = '{64 * '0'}' WHERE number = 3", "3"),
    "one removed": ("DELETE FROM customers_auditentry WHERE number = 3", "3"),
    "the oldest removed": ("DELETE FROM customers_auditentry WHERE number <= 2", "1"),
    "the newest removed": ("DELETE FROM customers_auditentry WHERE number >= 5", "5"),
    "all removed": ("DELETE FROM customers_auditentry", "1"),
    "two exchanged": (
        "UPDATE customers_auditentry SET number = CASE number WHEN 2 THEN 103 ELSE 2 END WHERE number IN (2, 3)",
        "2",
    ),
    "the head forged": (f"UPDATE customers_auditchain SET hash = '{64 * '0'}'", "6"),
    "the head set back": ("UPDATE customers_auditchain SET number = 4", "4"),
    "the head removed": ("DELETE FROM customers_auditchain", "1"),
    "the anchor forged": (
        "UPDATE customers_auditchain SET anchor_number = 2, anchor_hash = 'x'",
        "3",
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("what", TAMPERING)
def test_tampering_is_found(viewer: User, what: str) -> None:
    """By somebody who owns the database, and so may drop the triggers."""
    reads(6, viewer)
    chains.extend()
    statement, broken = TAMPERING[what]
    with unprotected() as cursor:
        cursor.execute(statement)
    code, output = verify()
    assert code == 1
    assert f"broken at entry {broken}." in output.partition("\n")[0], output


@pytest.mark.django_db
def test_a_chain_that_was_computed_anew_differs_from_a_hash_that_was_noted(viewer: User) -> None:
    reads(3, viewer)
    chains.extend()
    noted = f"reads:3:{chains.hash_of('reads', 3)}"
    assert verify("--expect", noted)[0] == 0
    with unprotected() as cursor:
        cursor.execute("UPDATE customers_auditentry SET customer_id = 'other', number = NULL")
        cursor.execute("DELETE FROM customers_auditchain")
    chains.extend()
    assert verify()[0] == 0
    code, output = verify("--expect", noted)
    assert code == 1
    assert f"expected hash not found: {noted}" in output
    with pytest.raises(CommandError, match="CHAIN:NUMBER:HASH"):
        verify("--expect", "nonsense")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE customers_auditentry SET user_name = 'nobody'",
        "UPDATE customers_auditentry SET number = number + 10",
        "UPDATE customers_auditentry SET number = NULL, hash = ''",
        "DELETE FROM customers_auditentry",
        "DELETE FROM customers_auditentry WHERE number = 1",
    ],
)
def test_the_database_refuses_changes_and_deletions(viewer: User, statement: str) -> None:
    """After all migrations: one that rebuilds the table on SQLite must add the triggers again."""
    reads(2, viewer)
    chains.extend()
    with pytest.raises(IntegrityError, match="An entry of the audit cannot be"):
        execute(statement)
    assert verify()[0] == 0


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["at", "user_name", "customer_id", "kind", "chain", "detail"])
def test_an_entry_that_is_not_chained_cannot_be_changed_either(viewer: User, name: str) -> None:
    reads(1, viewer)
    value = {"at": "2020-01-01 00:00:00", "detail": '{"a": 1}'}.get(name, "x")
    with pytest.raises(IntegrityError):
        execute(f"UPDATE customers_auditentry SET {name} = '{value}'")
    with pytest.raises(IntegrityError):
        execute("DELETE FROM customers_auditentry")


@pytest.mark.django_db
def test_people_can_be_deleted_and_their_entries_stay(viewer: User) -> None:
    reads(1, viewer)
    chains.extend()
    viewer.delete()
    assert AuditEntry.objects.get().user_name == "viewer"
    assert verify()[0] == 0


def _old(count: int, days: int, kind: AuditEntry.Kind = Kind.READ) -> None:
    at = timezone.now() - timedelta(days=days)
    chain = Chain.READS if kind == Kind.READ else Chain.ACTIONS
    AuditEntry.objects.bulk_create(
        AuditEntry(kind=kind, chain=chain, at=at, customer_id=f"old-{n}") for n in range(count)
    )


@pytest.mark.django_db
def test_the_oldest_part_is_deleted_and_the_rest_still_verifies(settings: Settings) -> None:
    settings.AUDIT_DAYS_READS, settings.AUDIT_DAYS = 30, 100
    _old(5, days=31)
    _old(2, days=31, kind=Kind.CHANGE)
    _old(1, days=101, kind=Kind.SIGN_IN)
    reads(3)
    noted: Callable[[int], str] = lambda number: chains.hash_of("reads", number)  # noqa: E731
    chains.extend()
    fifth = noted(5)
    output = StringIO()
    call_command("forget_audit", stdout=output)
    # The sign-in is chained after younger entries, so it waits for them.
    assert output.getvalue() == "0 entries chained, 5 deleted\n"
    assert list(
        AuditEntry.objects.filter(chain="reads").order_by("number").values_list("number", flat=True)
    ) == [6, 7, 8]
    assert AuditEntry.objects.filter(chain="actions").count() == 3
    head = AuditChain.objects.get(name="reads")
    assert (head.anchor_number, head.anchor_hash) == (5, fifth)
    assert verify()[0] == 0
    assert verify("--expect", f"reads:5:{fifth}")[0] == 0
    assert chains.forget_old() == 0


@pytest.mark.django_db
def test_all_of_a_chain_may_be_old(settings: Settings) -> None:
    settings.AUDIT_DAYS_READS = 1
    _old(3, days=2)
    chains.extend()
    assert chains.forget_old() == 3
    assert verify()[0] == 0
    reads(1)
    chains.extend()
    assert AuditEntry.objects.get().number == 4
    assert verify()[0] == 0


@pytest.mark.django_db
def test_a_broken_part_is_evidence_and_is_not_deleted(settings: Settings) -> None:
    settings.AUDIT_DAYS_READS = 1
    _old(3, days=2)
    chains.extend()
    with unprotected() as cursor:
        cursor.execute("UPDATE customers_auditentry SET customer_id = 'x' WHERE number = 2")
    with pytest.raises(CommandError, match="Nothing was deleted: the chain is broken"):
        call_command("forget_audit", stdout=StringIO())
    assert AuditEntry.objects.count() == 3


@pytest.mark.django_db
def test_what_a_process_that_died_has_left_is_deleted_next_time() -> None:
    reads(4)
    chains.extend()
    AuditChain.objects.filter(name="reads").update(
        anchor_number=2, anchor_hash=chains.hash_of("reads", 2)
    )
    assert verify()[0] == 0
    assert chains.forget_old() == 2
    assert verify()[0] == 0


@pytest.mark.django_db(transaction=True)
def test_many_workers_and_pages_at_once_make_one_chain() -> None:
    jobs: list[Callable[[], Any]] = [chains.extend] * 4 + [lambda: reads(40)] * 4
    all_at_once(jobs)
    chains.extend()
    numbers = list(AuditEntry.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, 161))
    assert verify()[0] == 0


DYING = """
import os, signal
import django
django.setup()
from customers.audit import chains
steps = iter(range({step}))
original = getattr(chains, "{name}")
def dying(*arguments, **more):
    if next(steps, None) is None:
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*arguments, **more)
chains.{name} = dying
chains.extend()
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("name", "step"), [("_locked", 0), ("digest", 0), ("digest", 7), ("digest", 249)]
)
def test_a_killed_worker_leaves_a_chain_that_another_continues(name: str, step: int) -> None:
    reads(250)
    process = processes.start("-c", DYING.format(name=name, step=step))
    process.communicate(timeout=processes.START_TIMEOUT)
    assert process.returncode == -signal.SIGKILL
    assert verify()[0] == 0
    chains.extend()
    assert AuditEntry.objects.filter(number=None).count() == 0
    code, output = verify()
    assert code == 0
    assert "reads: 250 entries verified" in output
