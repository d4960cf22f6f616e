"""The words for a change claim no more than is known, in every combination of what may be known."""

import re
import uuid
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from itertools import product
from typing import Any, cast

import pytest
from django.apps import apps
from django.contrib.auth.models import User

from customers.codat.client import default_client
from customers.codat.types import PushOperation
from customers.models import Write
from customers.web import links
from customers.writes import decisions, journal
from customers.writes.sentences import TABLE, Known, read_back, status, summary
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.journal import customer, sent, write_request

State, SettledBy, Decision = Write.State, Write.SettledBy, Write.Decision
Confirmation = Write.Confirmation

MOMENT = datetime(2025, 3, 15, 16, 7, tzinfo=UTC)
REFRESH_STATUSES = ("", "Fetching", "Complete", "FetchError")


def combinations() -> Iterator[Write]:
    """A write for each combination of state, sent or not, who settled it, and what Codat answered."""
    for state, was_sent, settled_by, decision, key, status_code in product(
        State, (False, True), ("", *SettledBy), ("", *Decision), ("", "key"), (None, 202, 400, 503)
    ):
        yield Write(
            state=state,
            sent_at=MOMENT if was_sent else None,
            settled_by=settled_by,
            decision=decision,
            decided_at=MOMENT if decision else None,
            decided_by_name="demo" if decision else "",
            push_operation_key=key,
            status_code=status_code,
            platform_name="Ledger 9",
        )


def read_back_combinations() -> Iterator[Write]:
    """A successful write for each combination of confirmation and refreshes."""
    for confirmation, refreshes, refresh_status in product(
        Confirmation, (0, 1, 3), REFRESH_STATUSES
    ):
        yield Write(
            state=State.SUCCESS,
            sent_at=MOMENT,
            confirmation=confirmation,
            refreshes=refreshes,
            refresh_status=refresh_status,
            platform_name="Ledger 9",
        )


def facts(write: Write) -> tuple[object, ...]:
    """What is known of a write, as far as a person at the screen has to tell it apart."""
    is_refusal = write.state == State.FAILED
    by_person = write.settled_by == SettledBy.PERSON and not write.push_operation_key
    known: dict[str, tuple[object, ...]] = {
        State.SENDING: (write.sent_at is not None,),
        State.FAILED: (
            bool(write.push_operation_key),
            is_refusal and by_person,
            not write.push_operation_key and not by_person and write.sent_at is not None,
            # The sentence names the person and the time where they are stored.
            is_refusal and by_person and write.decision != "",
        ),
        State.TIMED_OUT: (write.settled_by == SettledBy.EXPIRY,),
        State.UNKNOWN: (
            write.status_code is None,
            write.status_code if (write.status_code or 0) >= 400 else None,
        ),
    }
    return write.state, *known.get(write.state, ()), write.decision == Decision.LINKED


def test_each_combination_has_a_label_a_tone_and_a_sentence() -> None:
    for write in (*combinations(), *read_back_combinations()):
        for shown in filter(None, (status(write), read_back(write), summary(write))):
            assert shown.label
            assert shown.tone in ("", "good", "warn", "bad")
            assert shown.sentence.endswith(".")
            assert not re.search(r"[{}]|None", shown.sentence), shown
            for sentence in shown.sentence.split(". "):
                assert len(sentence.split()) <= 20, sentence


def test_what_differs_in_fact_differs_in_words_and_nothing_else_does() -> None:
    by_words, by_facts = defaultdict(set), defaultdict(set)
    for write in combinations():
        shown = status(write)
        by_words[shown.label, shown.sentence].add(facts(write))
        by_facts[facts(write)].add((shown.label, shown.tone, shown.sentence))
    assert {len(found) for found in by_words.values()} == {1}
    assert {len(found) for found in by_facts.values()} == {1}


def test_no_label_claims_more_than_is_known() -> None:
    for write in combinations():
        label, tone, sentence = status(write).label, status(write).tone, status(write).sentence
        if label == "Refused":
            assert write.state == State.FAILED
            assert write.sent_at or write.push_operation_key
            assert write.settled_by != SettledBy.PERSON or write.push_operation_key
        if label == "Not sent":
            assert write.sent_at is None or write.state == State.NOT_SENT
            assert "Nothing was changed" in sentence
        if label == "Marked as not received":
            assert write.settled_by == SettledBy.PERSON
            assert "Nothing was changed" not in sentence
            assert not write.decision or "demo" in sentence
        if "Nothing was changed" in sentence:
            assert write.state in (State.FAILED, State.NOT_SENT)
        assert (label == "Accepted") == (tone == "good") == (write.state == State.SUCCESS)
        assert (label == "Unknown") == (write.state == State.UNKNOWN)


def test_all_of_the_table_is_used() -> None:
    rows = [Write(state=state, batch_id=uuid.uuid4()) for state in Write.UNSENT]
    shown = {(status(write).label, status(write).tone) for write in (*combinations(), *rows)}
    read = {
        (found.label, found.tone)
        for write in read_back_combinations()
        if (found := read_back(write)) is not None
    }
    assert set(TABLE) == set(Known)
    assert shown | read == {(entry.label, entry.tone) for entry in TABLE.values()}


@pytest.mark.parametrize(
    ("values", "label"),
    [
        ({"state": "sending"}, "Queued"),
        ({"state": "sending", "sent_at": MOMENT}, "Sending"),
        ({"state": "pending"}, "Sent"),
        ({"state": "success"}, "Accepted"),
        ({"state": "success", "confirmation": "waiting"}, "Accepted · checking"),
        ({"state": "success", "confirmation": "confirmed"}, "Accepted · confirmed"),
        ({"state": "success", "confirmation": "differs"}, "Accepted · came back different"),
        ({"state": "success", "confirmation": "absent"}, "Accepted · not checked"),
        (
            {"state": "success", "confirmation": "absent", "refreshes": 3,
             "refresh_status": "FetchError"},
            "Accepted · not checked",
        ),
        (
            {"state": "success", "confirmation": "absent", "refreshes": 3,
             "refresh_status": "Complete"},
            "Accepted · not found after sync",
        ),
        ({"state": "failed"}, "Not sent"),
        ({"state": "failed", "sent_at": MOMENT}, "Refused"),
        ({"state": "failed", "push_operation_key": "k", "sent_at": MOMENT}, "Refused"),
        ({"state": "failed", "sent_at": MOMENT, "settled_by": "person"}, "Marked as not received"),
        ({"state": "timed_out"}, "Timed out"),
        ({"state": "unknown"}, "Unknown"),
    ],
)  # fmt: skip
def test_the_label_of_a_change_in_a_list(values: dict[str, Any], label: str) -> None:
    assert summary(Write(**values)).label == label


# -- on the pages ------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_change_that_could_not_be_sent_is_not_called_refused(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient, settings: Any
) -> None:
    request = write_request(sandbox)
    settings.CODAT_BASE_URL = "http://127.0.0.1:9"
    default_client.cache_clear()

    write = sent(editor, request)

    assert (write.state, write.sent_at, write.attempts) == (State.FAILED, None, 0)
    html = editor_client.get(links.write(write.company_id, write.pk)).content.decode()
    assert '<h2 id="write-state">Not sent</h2>' in html
    assert "<dt>Sent</dt>" not in html
    assert "Refused" not in html
    assert ">Not sent</span>" in editor_client.get(links.writes(write.company_id)).content.decode()


@pytest.fixture
def unknown(sandbox: Sandbox, editor: User) -> Write:
    """An update that reached Codat, and whose answer was lost."""
    sandbox.faults.add("PUT", "reset", handled=True)
    write = sent(editor, write_request(sandbox, customer(sandbox), phone="+44 1"))
    assert write.state == State.UNKNOWN
    return write


@pytest.mark.django_db
def test_who_marked_a_change_as_not_received_and_when_stays(
    unknown: Write, editor_client: RawPathClient, viewer_client: RawPathClient, editor: User
) -> None:
    url = links.write(unknown.company_id, unknown.pk)
    assert editor_client.post(url, {"decision": "not_received"}).status_code == 302

    unknown.refresh_from_db()
    assert (unknown.state, unknown.settled_by) == (State.FAILED, SettledBy.PERSON)
    assert (unknown.decision, unknown.decided_by) == (Decision.NOT_RECEIVED, editor)
    assert unknown.decided_at is not None
    editor.delete()
    html = viewer_client.get(url).content.decode()
    assert '<h2 id="write-state">Marked as not received</h2>' in html
    assert "editor marked this change as not received on" in html
    assert re.search(r"<dt>Marked as not received</dt>\s*<dd><bdi>editor</bdi>, <time", html)
    assert "Refused" not in html


@pytest.mark.django_db
def test_who_linked_a_change_to_an_operation_and_when_stays(
    unknown: Write, sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    url = links.write(unknown.company_id, unknown.pk)
    key = sandbox.state("qbo").pushes[-1]["pushOperationKey"]
    assert editor_client.post(url, {"decision": "linked", "key": key}).status_code == 302
    sandbox.settle()

    html = editor_client.get(f"{url}?check=1").content.decode()

    unknown.refresh_from_db()
    assert (unknown.state, unknown.settled_by) == (State.SUCCESS, SettledBy.POLL)
    assert (unknown.decision, unknown.decided_by_name) == (Decision.LINKED, "editor")
    assert "editor found it in Codat’s history and linked it on" in html
    assert re.search(r"<dt>Linked to Codat’s history</dt>\s*<dd><bdi>editor</bdi>, <time", html)


@pytest.mark.django_db
def test_a_decision_is_shown_when_codat_responds_after_all(
    unknown: Write, sandbox: Sandbox, editor: User
) -> None:
    decisions.mark_not_received(unknown, user=editor)
    operation = cast(PushOperation, sandbox.state("qbo").pushes[-1])

    journal.apply_result(unknown, operation, by="answer")

    unknown.refresh_from_db()
    assert summary(unknown).label == "Sent"
    assert (unknown.decision, unknown.decided_by) == (Decision.NOT_RECEIVED, editor)


@pytest.mark.django_db
def test_older_rows_say_only_what_is_known_of_them(editor: User) -> None:
    def row(**values: Any) -> Write:
        defaults = {"user": editor, "username": "editor", "company_id": "c", "sent_at": MOMENT}
        return Write.objects.create(**(defaults | {"completed_at": MOMENT, "attempts": 1} | values))

    rows = {
        "Marked as not received": row(
            state="failed", settled_by="person", error_message="Somebody"
        ),
        "Refused": row(state="failed", settled_by="person", push_operation_key="k"),
        "Not sent": row(state="failed", settled_by="answer"),
        "Timed out": row(
            state="timed_out",
            settled_by="cron",
            error_message="Codat no longer knows of this operation.",
        ),
        "Accepted · came back different": row(
            state="success", confirmation="differs", differences=[{"label": "A", "what": "kept"}]
        ),
    }
    import_module("customers.migrations.0005_backfill_decisions").backfill(apps, None)

    for label, write in rows.items():
        write.refresh_from_db()
        assert summary(write).label == label
    assert rows["Marked as not received"].decided_at == MOMENT
    assert rows["Refused"].decision == Decision.LINKED
    assert "outcome is not known" in status(rows["Timed out"]).sentence
    assert rows["Accepted · came back different"].differences[0]["what"] == "not_cleared"
