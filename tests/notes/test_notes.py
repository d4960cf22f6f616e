"""Notes: added once, changed and deleted by their authors alone, read in pages."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from customers.models import Note, SubjectKind
from customers.notes import notes
from customers.notes.notes import MAX_TEXT, PAGE_SIZE, InvalidNote
from customers.notes.subjects import Subject, subject_of
from customers.scope import Scope, restricted
from tests.support.journal import journal_row

pytestmark = pytest.mark.django_db
COMPANY = "c1"
CUSTOMER = Subject(SubjectKind.CUSTOMER, COMPANY, "39")


def added(user: User, text: str = "Calls on Mondays", subject: Subject = CUSTOMER) -> Note:
    return notes.add(subject, user, text, note_id=uuid.uuid4())


def test_a_viewer_adds_a_note(viewer: User) -> None:
    note = added(viewer, "  Calls\r\non Mondays\0 ")
    assert (note.text, note.author, note.author_name) == ("Calls\non Mondays", viewer, "viewer")
    assert notes.listed(CUSTOMER).notes == [note]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Enter the note."),
        (" \n\u200b", "Enter the note."),
        ("x" * (MAX_TEXT + 1), "It has 4,001 characters."),
    ],
)
def test_a_text_that_is_no_note(viewer: User, text: str, sentence: str) -> None:
    with pytest.raises(InvalidNote, match=sentence):
        added(viewer, text)
    note = added(viewer, "x" * MAX_TEXT)
    with pytest.raises(InvalidNote, match=sentence):
        notes.edit(CUSTOMER, viewer, note.pk, text)
    note.refresh_from_db()
    assert (len(note.text), note.edited_at) == (MAX_TEXT, None)


def test_a_form_that_is_posted_twice_adds_one_note(viewer: User) -> None:
    note_id = uuid.uuid4()
    notes.add(CUSTOMER, viewer, "Once", note_id=note_id)
    assert notes.add(CUSTOMER, viewer, "Once", note_id=note_id).pk == note_id
    assert Note.objects.count() == 1


def test_the_id_of_another_note_adds_and_changes_nothing(viewer: User, editor: User) -> None:
    theirs = added(editor, "Theirs")
    own = added(viewer, "Of another customer", Subject(SubjectKind.CUSTOMER, COMPANY, "40"))
    for note in (theirs, own):
        with pytest.raises(InvalidNote, match="Add it again"):
            notes.add(CUSTOMER, viewer, "Mine", note_id=note.pk)
    assert sorted(Note.objects.values_list("text", flat=True)) == ["Of another customer", "Theirs"]


def test_the_id_of_a_hidden_note_adds_nothing(viewer: User, editor: User) -> None:
    hidden = added(editor, "Hidden", Subject(SubjectKind.COMPANY, "c2"))
    with restricted(Scope(frozenset({COMPANY}))):
        with pytest.raises(InvalidNote, match="Add it again"):
            notes.add(CUSTOMER, viewer, "Mine", note_id=hidden.pk)
        assert not notes.edit(CUSTOMER, editor, hidden.pk, "Mine")
    assert [note.text for note in Note.objects.all()] == ["Hidden"]


def test_each_subject_has_its_own_notes(viewer: User) -> None:
    subjects = [
        CUSTOMER,
        Subject(SubjectKind.CUSTOMER, "c2", "39"),
        Subject(SubjectKind.COMPANY, COMPANY),
        Subject(SubjectKind.PROBLEM, COMPANY, "39"),
    ]
    made = [added(viewer, str(each), each) for each in subjects]
    assert [notes.listed(each).notes for each in subjects] == [[note] for note in made]


def test_only_the_author_changes_and_deletes_a_note(viewer: User, editor: User) -> None:
    note = added(viewer)
    assert not notes.edit(CUSTOMER, editor, note.pk, "Changed")
    assert not notes.delete(CUSTOMER, editor, note.pk)
    other = Subject(SubjectKind.CUSTOMER, "c2", "39")
    assert not notes.edit(other, viewer, note.pk, "Changed")
    assert not notes.delete(other, viewer, note.pk)
    note.refresh_from_db()
    assert (note.text, note.edited_at, note.deleted_at) == ("Calls on Mondays", None, None)


def test_a_changed_note_says_when(viewer: User) -> None:
    note = added(viewer)
    assert notes.edit(CUSTOMER, viewer, note.pk, "Calls on Mondays")
    note.refresh_from_db()
    assert note.edited_at is None
    assert notes.edit(CUSTOMER, viewer, note.pk, "Calls on Tuesdays")
    note.refresh_from_db()
    assert note.text == "Calls on Tuesdays"
    assert note.edited_at is not None


def test_a_deleted_note_leaves_a_trace_without_its_text(viewer: User) -> None:
    note = added(viewer, "Ask @viewer")
    assert notes.delete(CUSTOMER, viewer, note.pk)
    (left,) = notes.listed(CUSTOMER).notes
    assert (left.text, left.mentions, left.author_name) == ("", {}, "viewer")
    assert left.deleted_at is not None
    assert not notes.delete(CUSTOMER, viewer, note.pk)
    assert not notes.edit(CUSTOMER, viewer, note.pk, "Back again")


def test_the_pages_have_each_note_once(viewer: User) -> None:
    now = timezone.now()
    for number in range(2 * PAGE_SIZE + 3):
        note = added(viewer, str(number))
        # Some in one instant.
        Note.objects.filter(pk=note.pk).update(created_at=now + timedelta(seconds=number // 4))
    seen: list[uuid.UUID] = []
    before: uuid.UUID | None = None
    for _ in range(4):
        page = notes.listed(CUSTOMER, before=before)
        seen += [note.pk for note in page.notes]
        before = page.earlier
        if before is None:
            break
    assert before is None
    assert len(seen) == len(set(seen)) == 2 * PAGE_SIZE + 3
    assert notes.listed(CUSTOMER, before=uuid.uuid4()).notes == notes.listed(CUSTOMER).notes


def test_what_an_address_names(editor: User) -> None:
    write = journal_row(COMPANY, editor)
    assert subject_of("customer", COMPANY, "39") == CUSTOMER
    assert subject_of("company", COMPANY) == Subject(SubjectKind.COMPANY, COMPANY)
    assert subject_of("change", COMPANY, str(write.pk)) is not None
    for kind, company_id, subject_id in (
        ("customer", COMPANY, ""),
        ("customer", COMPANY, "x" * 301),
        ("company", COMPANY, "39"),
        ("batch", COMPANY, "39"),
        ("change", COMPANY, str(uuid.uuid4())),
        ("change", COMPANY, str(write.pk).upper()),
        ("change", COMPANY, "39"),
        ("change", "c2", str(write.pk)),
    ):
        assert subject_of(kind, company_id, subject_id) is None, (kind, company_id, subject_id)
