"""The state of a field's newest change, in the field's place."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from customers.models import Write
from customers.web import links
from customers.writes.showing.field_states import FieldStates, field_states
from tests.support.journal import journal_row

pytestmark = pytest.mark.django_db
PHONE, LINE = ("phone",), ("addresses", 0, "line1")


def states(user: User, **options: Any) -> FieldStates:
    rows = list(Write.objects.order_by("-created_at"))
    later = options.pop("later", timedelta())
    return field_states(
        rows, fields=[PHONE, LINE], user_id=user.pk, now=timezone.now() + later, **options
    )


def test_a_pending_change_has_its_values_its_state_and_undo(editor: User, viewer: User) -> None:
    write = journal_row("c1", editor, state="pending")
    state = states(editor).by_keys[PHONE]
    assert (state.old, state.new, state.mark.label, state.is_pending) == (
        "old 1",
        "new 2",
        "Sent",
        True,
    )
    assert state.undo_url == links.undo("c1", write.pk)
    assert 8 <= state.undo_seconds <= 10
    assert states(editor, later=timedelta(seconds=11)).by_keys[PHONE].undo_seconds == 0
    assert states(viewer).by_keys[PHONE].undo_url == ""


def test_the_newest_change_of_a_field_counts(editor: User) -> None:
    journal_row("c1", editor, state="pending")
    journal_row("c1", editor, state="pending", payload='{"phone": "new 3"}')
    assert states(editor).by_keys[PHONE].new == "new 3"


@pytest.mark.parametrize(
    ("values", "age", "is_shown"),
    [
        ({"state": "success", "confirmation": "confirmed"}, 1, True),
        ({"state": "success", "confirmation": "confirmed"}, 3, False),
        ({"state": "failed"}, 9, True),
        ({"state": "failed"}, 11, False),
        ({"state": "success", "confirmation": "waiting"}, 60, True),
        ({"state": "unknown"}, 9999, True),
    ],
)
def test_an_ended_change_is_shown_for_some_minutes(
    editor: User, values: dict[str, str], age: int, is_shown: bool
) -> None:
    then = timezone.now() - timedelta(minutes=age)
    times = {"created_at": then, "completed_at": then, "confirmed_at": then}
    journal_row("c1", editor, **values | times)
    assert (PHONE in states(editor).by_keys) == is_shown


def test_a_refusal_says_why_and_leads_to_the_form(editor: User) -> None:
    findings = [{"itemId": "phone", "message": "Too long"}, {"message": "Wrong"}]
    write = journal_row(
        "c1", editor, state="failed", completed_at=timezone.now(), validation=findings
    )
    state = states(editor).by_keys[PHONE]
    assert (state.mark.label, state.message) == ("Refused", "Too long Wrong")
    assert (state.fix_url, state.undo_url) == (links.fix("c1", "39", write.pk), "")


def test_a_field_is_confirmed_where_only_others_came_back_different(editor: User) -> None:
    row = {
        "state": "success",
        "confirmation": "differs",
        "confirmed_at": timezone.now(),
        "differences": [{"label": "Tax number", "what": "changed", "sent": "1", "read": "2"}],
    }
    write = journal_row("c1", editor, **row)
    assert states(editor).by_keys[PHONE].mark.label == "Confirmed"
    Write.objects.update(differences=[write.differences[0] | {"label": "Phone"}])
    assert states(editor).by_keys[PHONE].mark.label == "Came back different"


@pytest.mark.parametrize(
    ("payload", "is_placed"),
    [
        ('{"addresses": [{"line1": "b"}]}', True),
        ('{"addresses": [{"line1": "b"}, {"line1": "c"}]}', False),
        ('{"addresses": []}', False),
        ('{"taxNumber": "1"}', False),
    ],
)
def test_a_change_without_a_place_on_the_page_is_named(
    editor: User, payload: str, is_placed: bool
) -> None:
    before = '{"addresses": [{"line1": "a"}]}'
    write = journal_row("c1", editor, state="pending", payload=payload, before=before)
    found = states(editor)
    assert (LINE in found.by_keys) == is_placed
    assert (str(write.pk) in found.unplaced) == (not is_placed)
