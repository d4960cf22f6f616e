"""What the worker tells by itself: changes, batches, imports and connections, each fact once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from customers.access.roles import Role
from customers.batches import states
from customers.models import Batch, BatchStep, Import, Notice, ProblemNote, ToldCause, Write
from customers.notices import Kind, facts
from customers.notices.kinds import Way
from customers.writes import resolving
from tests.support.batch_rows import batch_of
from tests.support.notices import channel, reader, titles
from tests.support.problems import company, refused
from tests.support.races import all_at_once

pytestmark = pytest.mark.django_db

State = Write.State


def tell() -> int:
    return facts.tell_facts(lambda: False)


@pytest.mark.parametrize(
    ("values", "title"),
    [
        ({"state": State.FAILED}, "A change was refused"),
        ({"state": State.TIMED_OUT}, "A change timed out"),
        ({"state": State.SUCCESS, "confirmation": "differs"}, "A change came back different"),
        (
            {"state": State.SUCCESS, "confirmation": "absent"},
            "A changed customer was not found after the sync",
        ),
    ],
)
def test_its_author_is_told_of_a_change_once(values: dict[str, Any], title: str) -> None:
    anna = reader("anna")
    write = refused(anna, **values)
    assert tell() == 1
    assert titles(anna) == [title]
    assert Notice.objects.get().link == f"/companies/{write.company_id}/writes/{write.pk}/"
    assert tell() == 0
    assert titles(anna) == [title]


def test_a_title_holds_nothing_of_the_customer_or_the_company() -> None:
    write = refused(reader("anna"))
    tell()
    row = Notice.objects.get()
    for text in (write.customer_name, write.company_name, "Phone", write.customer_id):
        assert text not in row.title + row.link.replace(str(write.pk), "")


def test_a_change_that_goes_on_is_told_again() -> None:
    anna = reader("anna")
    write = refused(anna, state=State.TIMED_OUT)
    tell()
    Write.objects.filter(pk=write.pk).update(state=State.FAILED)
    assert tell() == 1
    assert titles(anna) == ["A change was refused", "A change timed out"]


def test_an_unknown_outcome_is_told_when_the_worker_has_not_settled_it() -> None:
    anna = reader("anna")
    write = refused(anna, state=State.UNKNOWN, completed_at=None)
    assert tell() == 0
    Write.objects.filter(pk=write.pk).update(created_at=timezone.now() - timedelta(minutes=6))
    ToldCause.objects.update(at=timezone.now() - timedelta(days=1))
    assert tell() == 1
    assert titles(anna) == ["The outcome of a change is unknown"]


@pytest.mark.parametrize("what", ["seen", "resolved", "accepted", "earlier"])
def test_what_is_not_told(what: str) -> None:
    write = refused(reader("anna"))
    rows = Write.objects.filter(pk=write.pk)
    if what == "seen":
        write.mark_seen_by(write.user_id)
    elif what == "resolved":
        resolving.resolve(rows)
    elif what == "accepted":
        rows.update(state=State.SUCCESS)
    else:
        rows.update(completed_at=timezone.now() - timedelta(hours=1))
    assert tell() == 0
    assert not Notice.objects.exists()


def test_what_happened_while_no_worker_ran_is_told() -> None:
    ToldCause.objects.update(at=timezone.now() - timedelta(days=20))
    refused(reader("anna"), completed_at=timezone.now() - timedelta(days=10))
    assert tell() == 1


def test_400_failures_of_a_batch_are_one_message() -> None:
    anna = reader("anna")
    batch = batch_of(anna, "ours", Batch.State.RUNNING)
    Write.objects.bulk_create(
        Write(
            user=anna,
            username="anna",
            company_id="ours",
            connection_id="c",
            kind="update",
            payload="{}",
            batch=batch,
            position=position,
            state=State.FAILED,
            completed_at=timezone.now(),
        )
        for position in range(1, 401)
    )
    assert tell() == 0
    assert states.finish(batch)
    assert tell() == 1
    assert titles(anna) == ["A batch finished with 400 failures"]


def test_a_pause_by_the_worker_is_told_each_time_and_one_by_a_person_is_not() -> None:
    anna = reader("anna")
    batch = batch_of(anna, "ours", Batch.State.RUNNING)
    states.pause(batch, anna)
    assert tell() == 0
    for number in (1, 2):
        states.resume(batch, anna)
        states.pause(batch, None, message="Because.")
        assert (tell(), tell()) == (1, 0)
        assert titles(anna) == ["A batch was paused"] * number


def test_a_pause_from_before_is_not_told_when_what_was_told_is_forgotten() -> None:
    anna = reader("anna")
    batch = batch_of(anna, "ours", Batch.State.RUNNING)
    states.pause(batch, None, message="Because.")
    BatchStep.objects.update(at=timezone.now() - facts.OLDEST - timedelta(days=1))
    assert tell() == 0
    assert titles(anna) == []


@pytest.mark.parametrize(
    ("halt", "number"), [("unavailable", 0), ("quota", 1), ("refused", 1), ("unknown", 1)]
)
def test_a_batch_that_waits_is_told_where_it_takes_long(halt: str, number: int) -> None:
    anna = reader("anna")
    batch = batch_of(anna, "ours", Batch.State.RUNNING)
    Batch.objects.filter(pk=batch.pk).update(halted=halt)
    assert (tell(), tell()) == (number, 0)
    assert len(titles(anna)) == number


def test_a_batch_that_waits_for_months_is_told_once() -> None:
    anna = reader("anna")
    batch = batch_of(anna, "ours", Batch.State.RUNNING)
    Batch.objects.filter(pk=batch.pk).update(halted=Batch.Halt.QUOTA)
    refused(anna)
    assert tell() == 2
    long_ago = timezone.now() - facts.KEEP - timedelta(days=1)
    ToldCause.objects.exclude(pk=facts.BEGAN).update(at=long_ago)
    # What is not looked at any more is forgotten, what still waits is not.
    Write.objects.update(created_at=long_ago, completed_at=long_ago, confirmed_at=None)
    assert facts.delete_old() == 1
    Notice.objects.all().delete()
    assert tell() == 0
    # It goes on, and later waits for another reason.
    Batch.objects.filter(pk=batch.pk).update(halted=Batch.Halt.NONE)
    assert facts.delete_old() == 1
    Batch.objects.filter(pk=batch.pk).update(halted=Batch.Halt.REFUSED)
    assert tell() == 1
    assert titles(anna) == ["A batch waits: Codat refuses the dashboard’s calls"]


def test_an_import_that_nobody_goes_on_with_is_told() -> None:
    anna = reader("anna")
    source = Import.objects.create(
        user=anna,
        username="anna",
        company_id="ours",
        connection_id="c",
        digest="d",
        state=Import.State.CHECKED,
    )
    assert tell() == 0
    Import.objects.update(changed_at=timezone.now() - timedelta(minutes=6))
    ToldCause.objects.update(at=timezone.now() - timedelta(hours=1))
    assert tell() == 1
    assert titles(anna) == ["An import was checked and waits for you"]
    assert Notice.objects.get().link == f"/companies/ours/imports/{source.pk}/"


def test_who_chose_it_and_who_owns_a_problem_is_told_of_a_broken_connection() -> None:
    anna, ben, carl = reader("anna", any_connection=Way.PAGE), reader("ben"), reader("carl")
    broken = company(status="Deauthorized", broken_at=timezone.now())
    own(ben, broken.pk)
    channel("slack", Kind.CONNECTION)
    assert (tell(), tell()) == (2, 0)
    assert [len(titles(person)) for person in (anna, ben, carl)] == [1, 1, 0]


@pytest.mark.parametrize("values", [{}, {"status": "PendingAuth"}, {"status": ""}])
def test_a_connection_that_is_well_or_waits_is_not_told(values: dict[str, Any]) -> None:
    reader("anna", any_connection=Way.PAGE)
    company(broken_at=timezone.now(), **values)
    assert tell() == 0


def test_nothing_is_remembered_as_told_where_telling_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    anna = reader("anna")
    refused(anna)

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(facts, "tell", fail)
        with pytest.raises(RuntimeError):
            tell()
    assert tell() == 1
    assert len(titles(anna)) == 1


def test_what_was_told_does_not_hold_up_what_was_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "MAX_FACTS", 2)
    anna = reader("anna")
    for _ in range(5):
        refused(anna)
    assert [tell() for _ in range(4)] == [2, 2, 1, 0]


@pytest.mark.django_db(transaction=True)
def test_two_workers_tell_a_fact_once() -> None:
    anna = reader("anna", change_failed=Way.PAGE)
    for _ in range(5):
        refused(anna)
    assert sum(all_at_once([tell] * 6)) == 5
    assert len(titles(anna)) == 5


def own(user: User, company_id: str) -> None:
    """Make a person the owner of a problem of a company."""
    ProblemNote.objects.create(key=f"p:{company_id}:{user.pk}", company_id=company_id, owner=user)


def test_an_administrator_is_told_where_the_author_is_gone() -> None:
    lead = reader("lead", Role.ADMINISTRATOR)
    write = refused(reader("anna"))
    Write.objects.filter(pk=write.pk).update(user=None)
    tell()
    assert titles(lead) == ["A change was refused"]
