"""Notes: added by whoever may read, edited and deleted by their authors. Nothing here needs a request."""

import unicodedata
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from customers.codat.text import db_safe, is_blank, page_text
from customers.formatting import thousands
from customers.models import Note
from customers.notes.mentions import find_mentions
from customers.notes.subjects import Subject
from customers.notices import Kind, tell
from customers.notices.telling import MAX_LINK
from customers.web import links

# Characters of a note.
MAX_TEXT = 4_000
PAGE_SIZE = 10
_NOT_ADDED = "This note was not added. Add it again."


class InvalidNote(Exception):
    """A text that is no note; `str()` is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Page:
    """Notes, the newest first; `earlier` is the last of them where there are earlier ones."""

    notes: list[Note]
    earlier: uuid.UUID | None


def checked_text(text: str) -> str:
    """A text as it is stored. Raises InvalidNote."""
    # Composed, as user names are: a mention may be typed with its accents apart.
    text = unicodedata.normalize("NFC", page_text(db_safe(text, len(text)))).strip()
    if is_blank(text):
        raise InvalidNote("Enter the note.")
    if len(text) > MAX_TEXT:
        raise InvalidNote(
            f"Shorten the note to {thousands(MAX_TEXT)} characters."
            f" It has {thousands(len(text))} characters."
        )
    return text


@transaction.atomic
def add(subject: Subject, user: User, text: str, *, note_id: uuid.UUID) -> Note:
    """Add a note. The same ID adds it once, and returns what was added. Raises InvalidNote.

    The ID of another note raises it, too: it is not overwritten.
    """
    text = checked_text(text)
    values = {
        **subject.row,
        "text": text,
        "author": user,
        "author_name": user.get_username(),
        "mentions": find_mentions(text, subject.company_id),
    }
    try:
        note, is_new = Note.objects.get_or_create(pk=note_id, defaults=values)
    except IntegrityError as error:
        # The ID of a note on a company that the author may not see.
        raise InvalidNote(_NOT_ADDED) from error
    if not is_new and (note.author_id != user.pk or not _is_of(note, subject)):
        raise InvalidNote(_NOT_ADDED)
    _tell_mentioned(note, subject)
    return note


@transaction.atomic
def edit(subject: Subject, user: User, note_id: uuid.UUID, text: str) -> bool:
    """Change the text of one's own note; whether it is there to be changed. Raises InvalidNote."""
    text = checked_text(text)
    note = _own(subject, user).select_for_update().filter(pk=note_id).first()
    if note is None:
        return False
    if text != note.text:
        note.text, note.edited_at = text, timezone.now()
        note.mentions = find_mentions(text, subject.company_id)
        note.save(update_fields=["text", "edited_at", "mentions"])
        _tell_mentioned(note, subject)
    return True


def delete(subject: Subject, user: User, note_id: uuid.UUID) -> bool:
    """Delete the text of one's own note; whether it was there. Author and time stay."""
    rows = _own(subject, user).filter(pk=note_id)
    return bool(rows.update(text="", mentions={}, deleted_at=timezone.now()))


def listed(subject: Subject, *, before: uuid.UUID | None = None) -> Page:
    """The newest notes of a subject, or those before one of them. One query, two with `before`."""
    rows = Note.objects.filter(**subject.row)
    last = rows.filter(pk=before).values("created_at").first() if before else None
    if last:
        rows = rows.filter(_earlier_than(last["created_at"], before))
    found = list(rows.order_by("-created_at", "-id")[: PAGE_SIZE + 1])
    notes = found[:PAGE_SIZE]
    return Page(notes, notes[-1].pk if len(found) > PAGE_SIZE else None)


def _tell_mentioned(note: Note, subject: Subject) -> None:
    """Tell the people whom a note mentions, each once for a note; not its author."""
    people = [each for each in note.mentions.values() if each != note.author_id]
    url = subject.notes_url
    tell(
        Kind.MENTION,
        cause=f"note:{note.pk}:mention",
        company_id=subject.company_id,
        people=people,
        title=f"{note.author_name} mentioned you in a note",
        # An ID may be longer than a link of a message.
        link=url if len(url) <= MAX_LINK else links.notes(subject.company_id),
    )


def _earlier_than(at: datetime, note_id: Any) -> Q:
    return Q(created_at__lt=at) | Q(created_at=at, pk__lt=note_id)


def _own(subject: Subject, user: User) -> "QuerySet[Note]":
    """The notes of a person on a subject that are not deleted."""
    return Note.objects.filter(**subject.row, author=user, deleted_at=None)


def _is_of(note: Note, subject: Subject) -> bool:
    return all(getattr(note, name) == value for name, value in subject.row.items())
