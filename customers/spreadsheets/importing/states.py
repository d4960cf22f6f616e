"""The states of an import, and every move between them.

    reading ──> columns ──> checking ──> checked ──> sent        (its batch says the rest)
       │           │          ^  │         │  │
       │           └──────────┘  └─────────┘  └─> checking       (columns matched again, rows corrected or decided)
       └─> unreadable                      ^
                                           └── a file that replaces another goes on where its headings are the same
    any but sent ──> reading                                     (read in another way, or a corrected file)
    any but sent ──> cancelled

An import that waits for Codat is checking: `message` says why, `due_at` when the worker tries again. Each move is one
conditional UPDATE on the state and the version, so of two at once one has an effect. `version` grows with each change
of the file, its reading or its columns and each decision, and work for an older version stores nothing: the rows are
written in transactions that `hold` the import. Each move by a person is an `ImportStep`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from customers.audit import recording as audit
from customers.codat.text import db_safe
from customers.models import AuditEntry, Batch, Import, ImportFile, ImportRow, ImportStep
from customers.spreadsheets.importing import remembered

State, Action = Import.State, ImportStep.Action

# Rows that are deleted in one statement.
_FORGOTTEN_AT_ONCE = 1_000

_NOT_WAITING: dict[str, Any] = {"message": "", "due_at": None}


class Superseded(Exception):
    """The import was changed or ended meanwhile: what was to be stored belongs to an older version of it."""


@contextmanager
def hold(source: Import, *allowed: str, **values: Any) -> Iterator[None]:
    """A transaction in which the import stays in an allowed state and in its version; `values` are stored with it.

    Raises Superseded where it has left them.
    """
    with transaction.atomic():
        rows = Import.objects.filter(pk=source.pk, state__in=allowed, version=source.version)
        if not rows.update(**values or {"changed_at": timezone.now()}):
            raise Superseded
        yield


# -- by people --------------------------------------------------------------------------------------


def cancel(source: Import, user: User) -> bool:
    """End an import of which nothing was sent; whether it was open. The file stays until it is forgotten or deleted."""
    return _move(source, Import.OPEN, State.CANCELLED, Action.CANCEL, user)


def reread(source: Import, reading: Mapping[str, Any], user: User) -> bool:
    """Read the file again: in the way that a person chose, or {} to guess it. Whether the import was open.

    `reading` is a `files.reading.Reading` as JSON. The columns are matched again afterwards.
    """
    return _move(
        source,
        Import.OPEN,
        State.READING,
        Action.FILE,
        user,
        reading=dict(reading),
        headings=[],
        mapping=[],
        match_by="",
        total=0,
        done=0,
        checked_at=None,
    )


def replace_file(source: Import, user: User, **values: Any) -> bool:
    """Read another file in place of this import's; whether the import was open. Its content is stored by the caller."""
    return _move(
        source,
        Import.OPEN,
        State.READING,
        Action.REPLACE,
        user,
        total=0,
        done=0,
        checked_at=None,
        **values,
    )


def set_columns(
    source: Import,
    mapping: Sequence[str],
    *,
    match_by: str,
    user: User,
    clear_word: str = "(clear)",
    replaces_rows: bool = False,
) -> bool:
    """Say what the columns mean, and have all rows checked; whether the import was ready for that.

    `mapping` has for each column the key of its field, "" to leave it out. It is remembered for the next sheet with
    these headings.
    """
    with transaction.atomic():
        moved = _move(
            source,
            (State.COLUMNS, State.CHECKING, State.CHECKED),
            State.CHECKING,
            Action.COLUMNS,
            user,
            mapping=list(mapping),
            match_by=match_by,
            clear_word=db_safe(clear_word.strip(), 40),
            replaces_rows=replaces_rows,
            done=0,
            checked_at=None,
        )
        if moved:
            remembered.remember(source, user)
    return moved


def recheck(source: Import, user: User) -> bool:
    """Check all rows again, with customers as Codat has them now; whether the import was checked."""
    return _move(
        source,
        (State.CHECKED,),
        State.CHECKING,
        Action.CHECK,
        user,
        done=0,
        checked_at=None,
    )


def delete_now(source: Import, user: User) -> bool:
    """Delete the file and its rows at once; an open import is cancelled. Whether there was anything to delete.

    What became of the customers stays with the batch and in the change history.
    """
    with transaction.atomic():
        _move(source, Import.OPEN, State.CANCELLED, Action.CANCEL, user)
        deleted = forget(source)
        if deleted:
            add_step(source, Action.DELETE, user)
    return deleted


def sent(source: Import, user: User, batch: Batch) -> bool:
    """The rows of an import have become a batch, in this transaction; whether the import was checked."""
    return _move(source, (State.CHECKED,), State.SENT, Action.SEND, user, batch=batch)


# -- by the worker ----------------------------------------------------------------------------------


def readable(source: Import, headings: Sequence[str], total: int) -> bool:
    """The file was read; whether the import still waited for that.

    The columns are to be matched, unless the file replaces one with these headings, whose columns are matched.
    """
    is_matched = bool(source.mapping) and remembered.is_same_sheet(source.headings, headings)
    values: dict[str, Any] = {"headings": list(headings), "total": total, "done": 0}
    if is_matched:
        values["mapping"] = [*source.mapping, *[""] * (len(headings) - len(source.mapping))]
    else:
        values |= {"mapping": [], "match_by": ""}
    state = State.CHECKING if is_matched else State.COLUMNS
    return _advance(source, (State.READING,), state, **values, **_NOT_WAITING)


def unreadable(source: Import, message: str) -> bool:
    """The file cannot be read; `message` is a sentence that says why and where."""
    values = {"message": db_safe(message), "due_at": None}
    return _advance(source, (State.READING,), State.UNREADABLE, **values)


def checked(source: Import) -> bool:
    """All rows were checked; whether the import still waited for that."""
    now = timezone.now()
    return _advance(source, (State.CHECKING,), State.CHECKED, checked_at=now, **_NOT_WAITING)


def wait(source: Import, *, until: datetime, message: str) -> bool:
    """Let the worker try again later; `message` is a sentence that says why."""
    values = {"due_at": until, "message": db_safe(message)}
    return _advance(source, Import.WORKING, source.state, **values)


def check_some(source: Import) -> None:
    """Have the rows checked that are waiting, after corrections or decisions. Called inside `hold`.

    The other rows keep what their check found.
    """
    rows = Import.objects.filter(pk=source.pk)
    rows.update(state=State.CHECKING, version=F("version") + 1, done=0, **_NOT_WAITING)
    source.refresh_from_db()


def renew(source: Import) -> None:
    """Give an import a new version after a change of rows that needs no check by the worker. Called inside `hold`.

    What a page showed before that change has no effect any more.
    """
    Import.objects.filter(pk=source.pk).update(version=F("version") + 1)
    source.refresh_from_db()


def expire(source: Import) -> bool:
    """Delete the file and the rows of an old import, and end it where it is open; whether they were there."""
    message = "The file was too old, so it was deleted."
    with transaction.atomic():
        if _advance(source, Import.OPEN, State.CANCELLED, message=message, due_at=None):
            add_step(source, Action.CANCEL, None, message)
    return forget(source)


def forget(source: Import) -> bool:
    """Delete the file and the rows of an import that has ended; whether they were there.

    In pieces, so that others who write do not wait long. Repeated where the process died before the end.
    """
    rows = Import.objects.filter(pk=source.pk, forgotten_at=None).exclude(state__in=Import.OPEN)
    # A batch that does not have all its rows yet takes them from here.
    rows = rows.exclude(batch__is_filled=False)
    # Whoever still writes rows of it stops.
    if not rows.update(version=F("version") + 1):
        return False
    ImportFile.objects.filter(source=source).delete()
    stored = ImportRow.objects.filter(source=source)
    while keys := list(stored.values_list("pk", flat=True)[:_FORGOTTEN_AT_ONCE]):
        stored.filter(pk__in=keys).delete()
    rows.update(forgotten_at=timezone.now(), headings=[])
    source.refresh_from_db()
    return True


def add_step(source: Import, action: str, user: User | None, message: str = "") -> None:
    """Keep who did what. `message` holds no value of a customer; `user` is None for the worker."""
    ImportStep.objects.create(
        source=source,
        user=user,
        username=user.get_username() if user else "",
        action=action,
        message=db_safe(message),
    )
    audit.record(
        AuditEntry.Kind.IMPORT,
        user=user,
        company_id=source.company_id,
        subject=source.pk,
        detail={"step": action},
    )


def _move(
    source: Import, allowed: Iterable[str], state: str, action: str, user: User, **values: Any
) -> bool:
    """A move by a person: a new version, and a step; whether it moved."""
    with transaction.atomic():
        values = {"version": F("version") + 1, "changed_at": timezone.now()} | values
        moved = _advance(source, allowed, state, **(_NOT_WAITING | values))
        if moved:
            add_step(source, action, user)
    return moved


def _advance(source: Import, allowed: Iterable[str], state: str, **values: Any) -> bool:
    """Move an import that is in one of the allowed states and in its version; whether it moved."""
    rows = Import.objects.filter(pk=source.pk, state__in=tuple(allowed), version=source.version)
    moved = bool(rows.update(state=state, **values))
    source.refresh_from_db()
    return moved
