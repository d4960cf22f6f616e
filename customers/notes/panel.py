"""The panel of notes: on the page of its subject, and on the page of its own."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.http import HttpRequest

from customers.models import Note, Owner
from customers.notes.mentions import parts
from customers.notes.notes import MAX_TEXT, listed
from customers.notes.owners import owner_of
from customers.notes.people import readers_of
from customers.notes.subjects import Subject

WRITE = "customers.write_customers"


@dataclass(frozen=True, slots=True)
class Line:
    """One note as a reader sees it. `is_open`: its form stands in its place."""

    note: Note
    parts: Sequence[tuple[str, bool]]
    is_own: bool
    edit_url: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Typed:
    """What the form of a note held that was refused: its text, why, and of which note; none for a new one."""

    text: str
    problem: str
    note_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for: the notes before one, the form of one, the people to choose the owner from.

    `done` is what a form has just done, as a sentence.
    """

    before: uuid.UUID | None = None
    edited: uuid.UUID | None = None
    is_choosing: bool = False
    done: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """What `notes/_notes.html` shows of a subject. `problem` is of another form than that of a note."""

    subject: Subject
    lines: Sequence[Line]
    newest_url: str
    earlier_url: str
    owner: Owner | None
    choose_url: str
    people: Sequence[User]
    may_choose: bool
    new_id: uuid.UUID = field(default_factory=uuid.uuid4)
    typed: Typed | None = None
    problem: str = ""
    done: str = ""
    max_text: int = MAX_TEXT


def panel(
    request: HttpRequest,
    subject: Subject,
    asked: Asked | None = None,
    typed: Typed | None = None,
    problem: str = "",
) -> Panel:
    """The notes of a subject as this reader sees them. Two queries; one more for earlier notes, or to choose people."""
    asked, user = asked or Asked(), cast(User, request.user)
    page = listed(subject, before=asked.before)
    edited = typed.note_id if typed else asked.edited
    url, may_choose = subject.notes_url, subject.has_owner and user.has_perm(WRITE)
    is_choosing = asked.is_choosing and may_choose
    return Panel(
        subject,
        [_line(note, user, url, edited) for note in page.notes],
        newest_url=url if asked.before else "",
        earlier_url=f"{url}?{urlencode({'before': page.earlier})}" if page.earlier else "",
        owner=owner_of(subject) if subject.has_owner else None,
        choose_url=f"{url}?owner=choose",
        people=readers_of(subject.company_id) if is_choosing else [],
        may_choose=may_choose,
        typed=typed,
        problem=problem,
        done=asked.done,
    )


def _line(note: Note, user: User, url: str, edited: uuid.UUID | None) -> Line:
    is_own = note.author_id == user.pk and note.deleted_at is None
    return Line(
        note,
        list(parts(note.text, note.mentions)),
        is_own=is_own,
        edit_url=f"{url}?{urlencode({'edit': note.pk})}",
        is_open=is_own and note.pk == edited,
    )
