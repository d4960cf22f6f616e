"""Every kind of problem: it appears with its fact, once however many events it has, and ends with it."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from customers.codat.http.quota import RateLimit
from customers.home import notes
from customers.home.problem import KINDS
from customers.home.problems import problems
from customers.home.sources.changes import MAX_REASONS, change_problems, changes_of
from customers.home.sources.imports import WAITS_AFTER
from customers.models import Batch, CompanyState, Import, Lease, WebhookEvent, Write
from tests.support.batch_rows import batch_of
from tests.support.problems import COMPANY, board, company, only, refused, titles
from tests.writes.test_indexes import fill, journal_reads, plan

pytestmark = pytest.mark.django_db

State = Write.State
OLD = timedelta(days=40)


# -- changes -----------------------------------------------------------------------------------------


def test_changes_of_one_reason_are_one_problem(editor: User) -> None:
    for _ in range(400):
        refused(editor)
    problem = only(editor)
    assert (problem.title, problem.count) == ("400 changes were refused", 400)
    assert problem.detail == "Xero · “Phone number is too long”"
    assert problem.action.label == "Fix 400 changes"
    assert problem.action.url == f"/problems/{problem.key}/"


def test_one_change_leads_to_its_form(editor: User) -> None:
    write = refused(editor)
    problem = only(editor)
    assert problem.action.label == "Fix"
    assert problem.action.url == f"/companies/{COMPANY}/customers/39/edit/?write={write.pk}"
    assert "Birkett, Ursula" in problem.detail


def test_reasons_that_differ_in_values_alone_are_one(editor: User) -> None:
    refused(editor, "The name 'Ada' is in use, 3 times")
    refused(editor, "The name 'Bob' is in use, 12 times")
    refused(editor, "The name is too long")
    assert titles(editor) == ["1 change was refused", "2 changes were refused"]


def test_many_reasons_share_a_row(editor: User) -> None:
    words = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa")
    for word in words:
        refused(editor, f"This is wrong: {word}")
    found = board(editor).team
    assert len(found) == MAX_REASONS + 1
    assert sum(entry.problem.count for entry in found) == len(words)


def test_companies_are_told_apart_and_a_key_is_stable(editor: User) -> None:
    refused(editor)
    refused(editor, company_id=str(uuid.UUID(int=78)))
    keys = {entry.problem.key for entry in board(editor).team}
    assert len(keys) == 2
    refused(editor)
    assert {entry.problem.key for entry in board(editor).team} == keys


@pytest.mark.parametrize(
    ("values", "kind", "title"),
    [
        ({"push_operation_key": "", "sent_at": None}, "not-sent", "1 change was not sent"),
        ({"push_operation_key": ""}, "refused", "1 change was refused"),
        ({"state": State.TIMED_OUT}, "timed-out", "1 change timed out"),
        (
            {"state": State.UNKNOWN, "completed_at": None},
            "unknown",
            "1 change may or may not have arrived",
        ),
        (
            {
                "state": State.SUCCESS,
                "confirmation": "differs",
                "differences": [{"label": "Phone"}, {"label": "Email"}],
            },
            "different",
            "1 change came back different",
        ),
        (
            {"state": State.SUCCESS, "confirmation": "absent"},
            "absent",
            "1 change was not found after the sync",
        ),
    ],
)
def test_a_change_that_went_wrong_appears_and_ends(
    editor: User, values: dict[str, Any], kind: str, title: str
) -> None:
    write = refused(editor, **values)
    problem = only(editor)
    assert (problem.kind, problem.title) == (KINDS[kind], title)
    assert changes_of(problem.key, COMPANY) == [write.pk]
    if kind == "different":
        assert problem.detail.endswith("Phone, Email")
    Write.objects.update(resolved_at=timezone.now())
    assert board(editor).team == []


@pytest.mark.parametrize(
    "values",
    [
        {"state": State.TIMED_OUT},
        {"state": State.UNKNOWN, "completed_at": None},
        {"state": State.SUCCESS, "confirmation": "absent"},
    ],
)
def test_changes_whose_kind_says_it_all_are_counted_by_author(
    editor: User, viewer: User, values: dict[str, Any]
) -> None:
    now = timezone.now()
    for number in range(20):
        own: dict[str, Any] = {"created_at": now - timedelta(hours=number)}
        own["seen_at"] = now if number % 2 else None
        refused(editor if number < 15 else viewer, customer_id=str(number), **own, **values)
    refused(editor, **values, company_id="other", customer_name="Elsewhere Ltd")
    found = {entry.problem.company_id: entry.problem for entry in board(editor).team}
    problem = found[COMPANY]
    assert (problem.count, len(changes_of(problem.key, COMPANY))) == (20, 20)
    assert {author.user_id for author in problem.authors} == {editor.pk, viewer.pk}
    if values["state"] == State.UNKNOWN:
        hours = {author.user_id: author.unseen_since for author in problem.authors}
        assert hours[editor.pk] == now - timedelta(hours=14)
        assert hours[viewer.pk] == now - timedelta(hours=18)
        assert (problem.since, problem.latest) == (now - timedelta(hours=19), now)
    assert "Elsewhere Ltd" in found["other"].detail


def test_problems_are_found_in_their_index(editor: User) -> None:
    fill(editor, 2000)
    for number in range(40):
        refused(editor, f"Reason {number}")
        refused(editor, state=State.TIMED_OUT)
    with journal_reads() as statements:
        change_problems()
    found = [plan(each) for each in statements if '"is_problem" = ' in each[0]]
    assert len(found) == 2
    assert all("problems_of_company" in " ".join(steps) for steps in found), found


def test_rows_of_batches_are_the_batchs(editor: User) -> None:
    batch = batch_of(editor, COMPANY, "running", refused=3, queued=1)
    assert Write.objects.filter(batch=batch, state=State.FAILED).count() == 3
    assert board(editor).team == []


# -- companies ---------------------------------------------------------------------------------------


def test_a_broken_connection_stands_for_what_waits_for_it(editor: User) -> None:
    for number in range(400):
        refused(editor, f"Not authorised {'abcdefghij'[number % 10]}")
    batch_of(editor, COMPANY, "ready", checked=1)
    state = company(
        status="Deauthorized",
        error="The token was revoked.",
        broken_at=timezone.now() - timedelta(hours=3),
        link_url="https://link.codat.io/x",
        last_sync=timezone.now() - OLD,
    )
    problem = only(editor)
    assert problem.title == "Bluebell Bakery Group is not connected: Xero is deauthorised"
    assert (problem.detail, problem.since) == ("The token was revoked", state.broken_at)
    assert problem.action.copied == "https://link.codat.io/x"
    assert sum(one.count for one in problem.swallowed) == 401
    CompanyState.objects.update(status="Linked", error="", last_sync=timezone.now())
    assert len(board(editor).team) == MAX_REASONS + 2


def test_a_connection_that_waits_or_has_an_error(editor: User) -> None:
    company(status="PendingAuth", last_sync=None)
    assert only(editor).title == "Bluebell Bakery Group has not authorised Xero yet"
    CompanyState.objects.update(status="Linked", error="Rate limited", last_sync=timezone.now())
    assert only(editor).title == "Codat reports an error between Bluebell Bakery Group and Xero"
    CompanyState.objects.update(status="", error="")
    assert board(editor).team == []


@pytest.mark.parametrize(
    ("values", "title"),
    [
        ({"last_sync": None}, "1 company was never synced"),
        ({"age": OLD}, "1 company was last synced more than 30 days ago"),
        (
            {"age": timedelta(days=3), "schedule_hours": 24},
            "1 company is behind its schedule of syncs",
        ),
    ],
)
def test_a_copy_that_is_old_late_or_missing(
    editor: User, values: dict[str, Any], title: str
) -> None:
    if "age" in values:
        values = values | {"last_sync": timezone.now() - values["age"]}
        del values["age"]
    company(**values)
    problem = only(editor)
    assert (problem.title, problem.action.post) == (title, "sync")
    CompanyState.synced(COMPANY, timezone.now())
    assert board(editor).team == []


def test_a_copy_within_its_schedule_is_none(editor: User) -> None:
    company(last_sync=timezone.now() - timedelta(hours=40), schedule_hours=24)
    company("Other", company_id="other", last_sync=timezone.now() - timedelta(days=20))
    assert board(editor).team == []


def test_many_old_copies_are_one_problem(editor: User) -> None:
    for number in range(30):
        company(
            f"C{number}", company_id=f"c{number}", last_sync=timezone.now() - OLD * (number + 1)
        )
    problem = only(editor)
    assert problem.title == "30 companies were last synced more than 30 days ago"
    assert problem.detail.startswith("The oldest: C29, 3 years ago")
    assert problem.action.label == "Sync all 30"
    assert len(problem.companies) == 30


def test_findings_of_a_sync(editor: User) -> None:
    company(findings=12, finding="Customer 1 has no name.", findings_at=timezone.now())
    problem = only(editor)
    assert problem.title == "The last sync found 12 problems in the data"
    assert problem.detail == "Customer 1 has no name"
    for number in range(20):
        company(f"C{number}", company_id=f"c{number}", findings=1, findings_at=timezone.now())
    assert only(editor).count == 21
    CompanyState.objects.update(findings=0)
    assert board(editor).team == []


# -- batches -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "rows", "title"),
    [
        ("ready", {"checked": 2}, "A batch is ready to start"),
        ("paused", {"queued": 2}, "A batch is paused"),
        ("running", {"unknown": 1, "sent": 1}, "A batch waits: outcomes are unknown"),
        ("done", {"refused": 2, "confirmed": 1}, "2 rows of a batch failed"),
    ],
)
def test_a_batch_that_waits_or_failed(
    editor: User, state: str, rows: dict[str, int], title: str
) -> None:
    batch = batch_of(editor, COMPANY, state, **rows)
    Batch.objects.update(finished_at=timezone.now() if state == "done" else None)
    assert only(editor).title == title
    Batch.objects.filter(pk=batch.pk).update(state="done", finished_at=timezone.now() - OLD)
    assert board(editor).team == []


def test_a_batch_that_goes_well_is_none(editor: User) -> None:
    batch_of(editor, COMPANY, "running", queued=2, sent=1)
    batch_of(editor, COMPANY, "preparing", waiting=2)
    batch_of(editor, COMPANY, "done", confirmed=2)
    Batch.objects.filter(state="done").update(finished_at=timezone.now())
    assert board(editor).team == []


def test_a_failed_batch_that_was_retried_is_none(editor: User) -> None:
    batch = batch_of(editor, COMPANY, "done", refused=2)
    Batch.objects.update(finished_at=timezone.now())
    assert only(editor).count == 2
    retry = batch_of(editor, COMPANY, "running", queued=2)
    Batch.objects.filter(pk=retry.pk).update(source=batch)
    assert board(editor).team == []


# -- imports -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "title"),
    [
        ("unreadable", "A file could not be read"),
        ("columns", "An import waits for its columns to be matched"),
        ("checked", "An import was checked and was not sent"),
    ],
)
def test_an_import_that_waits_for_a_person(editor: User, state: str, title: str) -> None:
    source = Import.objects.create(
        user=editor, company_id="c1", file_name="new.csv", digest="0" * 64, state=state
    )
    assert board(editor).team == []
    Import.objects.update(changed_at=timezone.now() - WAITS_AFTER)
    problem = only(editor)
    assert (problem.title, problem.detail) == (title, "new.csv")
    assert str(source.pk) in problem.action.url
    Import.objects.update(state="sent")
    assert board(editor).team == []


# -- the dashboard itself ----------------------------------------------------------------------------


def test_no_worker(editor: User, viewer: User) -> None:
    Lease.objects.all().delete()
    assert titles(editor) == ["No worker is running"]
    assert titles(viewer) == [], "a viewer cannot do anything about it"
    Lease.objects.create(name="chore:follow", ran_at=timezone.now() - timedelta(minutes=2))
    assert titles(editor) == [], "cron runs `work --once`"
    Lease.objects.update(ran_at=timezone.now() - timedelta(minutes=6))
    assert titles(editor) == ["No worker is running"]


def test_events_that_do_not_arrive(editor: User, settings: Settings) -> None:
    ended = {"state": State.SUCCESS, "confirmation": "confirmed", "settled_by": "cron"}
    two_hours_ago = timezone.now() - timedelta(hours=2)
    for _ in range(3):
        refused(editor, **ended, completed_at=two_hours_ago, created_at=two_hours_ago)
    settings.CODAT_WEBHOOK_SECRET = ""
    assert titles(editor) == []
    settings.CODAT_WEBHOOK_SECRET = "whsec_c2FuZGJveC13ZWJob29rLXNlY3JldA=="
    assert titles(editor) == ["Codat’s events do not arrive"]
    WebhookEvent.objects.create(webhook_id="1", event_type="x", body="{}")
    assert titles(editor) == []


def test_few_calls_are_left(editor: User) -> None:
    low, enough = RateLimit(1000, 150, ""), RateLimit(1000, 201, "")
    assert [one.title for one in problems(low)] == ["Few calls to Codat are left today"]
    assert problems(enough) == problems(None) == []


# -- all of them -------------------------------------------------------------------------------------


def test_the_number_of_queries_does_not_grow(
    editor: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(40):
        refused(editor, company_id=f"c{number}")
        company(f"C{number}", company_id=f"c{number}", status="Unlinked")
        batch_of(editor, f"b{number}", "ready", checked=1)
    with django_assert_max_num_queries(15):
        assert len(board(editor).team) == 80


def test_what_ended_is_recorded_and_what_returns_begins_anew(editor: User) -> None:
    company(last_sync=timezone.now() - OLD)
    problem = only(editor)
    notes.keep(problems())
    notes.mute(problem, editor, "known")
    CompanyState.objects.update(last_sync=timezone.now())
    (resolved,) = board(editor).resolved
    assert resolved.title == "1 company was last synced more than 30 days ago"
    notes.keep(problems())
    assert [one.title for one in board(editor).resolved] == [resolved.title]
    CompanyState.objects.update(last_sync=timezone.now() - OLD)
    notes.keep(problems())
    found = board(editor)
    assert (len(found.mine), len(found.muted), len(found.resolved)) == (1, 0, 0)


def test_what_ended_long_ago_is_forgotten(editor: User) -> None:
    company(last_sync=timezone.now() - OLD)
    notes.keep(problems())
    CompanyState.objects.update(last_sync=timezone.now())
    now = timezone.now()
    notes.keep(problems(), now)
    notes.keep(problems(), now + notes.KEEP_RESOLVED + timedelta(days=1))
    assert board(editor).resolved == []
