"""Storing an uploaded file: in pieces in the database, so that any dashboard and any worker can read it.

    stored = store(content, file_name="spring.xlsx", user=user, company_id=..., company=..., connection=...)

The same file twice is noticed, also where two people upload it in the same instant: both uploads take a lock on the
file, so the second one finds the first. It is stored all the same; its page says who has it already, and asks.
"""

import hashlib
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.utils import timezone

from customers.codat.text import db_safe, file_name_text
from customers.codat.types import Company, Connection
from customers.models import Import, ImportFile, ImportStep
from customers.scope import EVERYTHING, restricted
from customers.spreadsheets.files.limits import MAX_FILE_BYTES, MIB
from customers.spreadsheets.importing import states
from customers.writes.save_lock import save_lock

# Bytes of one row of the database.
PIECE = MIB
# The name of cells that were pasted.
PASTED = "Pasted cells.tsv"

State = Import.State


class CannotStore(Exception):
    """A file was not stored: it is empty, or too large. str(e) is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An uploaded file. `earlier` is the latest other import of the same file for this company, None for none.

    `is_new` is False where the same page was posted before: then nothing was stored again.
    """

    source: Import
    earlier: Import | None = None
    is_new: bool = True


def store(
    content: bytes | Iterable[bytes],
    *,
    file_name: str,
    user: User,
    company_id: str,
    company: Company,
    connection: Connection,
    submission: uuid.UUID | None = None,
) -> Stored:
    """Store a file as a new import, which the worker then reads. Raises CannotStore.

    `content` is the file, or its parts as they arrive. Pasted cells are a file too: their text, tab between cells, in
    UTF-8, with the name `PASTED`. `submission` identifies the opened page, which makes one import.
    """
    pieces, digest, size = _pieces(content)
    source = Import(
        id=submission or uuid.uuid4(),
        user=user,
        username=user.get_username(),
        company_id=company_id,
        company_name=db_safe(company.get("name")),
        connection_id=db_safe(connection.get("id"), 64),
        platform_name=db_safe(connection.get("platformName")),
        file_name=file_name_text(file_name) or "Import",
        size=size,
        digest=digest,
    )
    with save_lock(f"import {company_id} {digest}", f"import {source.pk}"):
        posted = Import.objects.filter(pk=source.pk, company_id=company_id).first()
        if posted is not None:
            return Stored(posted, earlier(posted), is_new=False)
        with restricted(EVERYTHING):
            # By an import of another company, which this person may not see.
            is_used = Import.objects.filter(pk=source.pk).exists()
        if is_used:
            source.pk = uuid.uuid4()
        # The clock is read under the lock: of two uploads in one instant, one is the earlier.
        source.created_at = timezone.now()
        source.save(force_insert=True)
        _write(source, pieces)
        states.add_step(source, ImportStep.Action.UPLOAD, user)
        return Stored(source, earlier(source))


def replace(
    source: Import, content: bytes | Iterable[bytes], *, file_name: str, user: User
) -> bool:
    """Go on with an import by a corrected file, such as its problem file; whether it was open. Raises CannotStore.

    The columns keep their meaning where the headings are the same, but for columns that this dashboard added. Decisions
    stay with rows whose cells are the same.
    """
    pieces, digest, size = _pieces(content)
    with save_lock(f"import {source.company_id} {digest}", f"import {source.pk}"):
        values = {"file_name": file_name_text(file_name) or "Import", "size": size}
        moved = states.replace_file(source, user, digest=digest, **values)
        if moved:
            ImportFile.objects.filter(source=source).delete()
            _write(source, pieces)
    return moved


def content_of(source: Import) -> bytes:
    """The file of an import; b"" once it was deleted."""
    rows = ImportFile.objects.filter(source=source).order_by("number")
    return b"".join(bytes(piece) for piece in rows.values_list("content", flat=True))


def earlier(source: Import) -> Import | None:
    """The latest import of the same file for the same company that began before this one and was not cancelled."""
    same = Import.objects.filter(
        company_id=source.company_id, digest=source.digest, created_at__lte=source.created_at
    )
    return same.exclude(pk=source.pk).exclude(state=State.CANCELLED).order_by("-created_at").first()


def _write(source: Import, pieces: Iterable[bytes]) -> None:
    """A piece at a time, so that one statement stays small."""
    for number, content in enumerate(pieces, start=1):
        ImportFile.objects.create(source=source, number=number, content=content)


def _pieces(content: bytes | Iterable[bytes]) -> tuple[list[bytes], str, int]:
    """The pieces of a file, its SHA-256 and its size. Raises CannotStore."""
    whole = bytearray()
    for part in [content] if isinstance(content, bytes) else content:
        whole += part
        if len(whole) > MAX_FILE_BYTES:
            most = MAX_FILE_BYTES // MIB
            raise CannotStore(f"The file is larger than {most} MB. Split it into several files.")
    if not whole:
        raise CannotStore("The file is empty. Choose another file.")
    return list(_divided(whole)), hashlib.sha256(whole).hexdigest(), len(whole)


def _divided(whole: bytearray) -> Iterator[bytes]:
    for start in range(0, len(whole), PIECE):
        yield bytes(whole[start : start + PIECE])
