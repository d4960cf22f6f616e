"""All attachments of a customer as one ZIP file, made while they are fetched.

A file that cannot be had is named in the manifest, the archive's last entry, and the others follow. A file that
breaks off in the middle has left bytes in the archive already; they stay behind, but the directory at its end does not
name them, so nothing can be unpacked that looks whole and is not. Small files are read before their entry begins and
leave nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import Any

import simplejson
from zipstream import ZIP_DEFLATED, ZIP_STORED, ZipStream

from customers.attachments import file_types
from customers.attachments.filenames import UniqueNames, file_name
from customers.codat.download import Download
from customers.codat.errors import ClientDisconnected, CodatError, NotAttempted, RateLimited
from customers.codat.values import parse_date
from customers.web.links import is_addressable

MANIFEST = "manifest.json"
# Bytes read before an entry begins: enough to see what a file is, and to have most files whole.
AHEAD = 256 * 1024
# Faster than a network, and not far from the best that deflate does.
LEVEL = 1

Open = Callable[[str], Download]


class _Counted:
    """A download's pieces, counted and summed. `failure` is what ended it early."""

    def __init__(self, file: Download) -> None:
        self._file = file
        self.size = 0
        self.sha256 = hashlib.sha256()
        self.failure: CodatError | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            for piece in self._file:
                self.size += len(piece)
                self.sha256.update(piece)
                yield piece
        except CodatError as error:
            self.failure = error
            raise


class Archive:
    """The ZIP file, piece by piece; iterate once and close it.

    ``attachments`` are Codat's descriptions, ``begin`` opens one by its id. One file is open at a time.
    """

    def __init__(self, attachments: Sequence[Mapping[str, Any]], begin: Open) -> None:
        self._attachments, self._begin = attachments, begin
        self._zip = ZipStream()
        self._apart = UniqueNames(MANIFEST)
        self._file: Download | None = None
        self._pieces = self._all()
        # After these, asking for more would only make it worse.
        self._given_up: CodatError | None = None
        self.manifest: list[dict[str, Any]] = []

    def __iter__(self) -> Archive:
        return self

    def __next__(self) -> bytes:
        return next(self._pieces)

    def close(self) -> None:
        """End it, and the transfer that is under way. Safe to repeat."""
        if self._file:
            self._file.close()
        self._pieces.close()

    def _all(self) -> Generator[bytes, None, None]:
        for attachment in self._attachments:
            yield from self._one(attachment)
        told = {"files": self.manifest}
        text = simplejson.dumps(told, ensure_ascii=False, indent=2, use_decimal=True) + "\n"
        encoded = text.encode("utf-8", "replace")
        self._zip.add(encoded, MANIFEST, compress_type=ZIP_DEFLATED, compress_level=LEVEL)
        yield from self._zip

    def _one(self, attachment: Mapping[str, Any]) -> Iterator[bytes]:
        """One file's entry, if it can be had, and its line in the manifest."""
        attachment_id = attachment.get("id")
        line: dict[str, Any] = {
            "name": self._apart.name(file_name(attachment, str(attachment_id or ""))),
            "outcome": "failed",
            "reason": None,
            "originalName": attachment.get("name"),
            "id": attachment_id,
            "contentType": attachment.get("contentType"),
            "dateCreated": _date(attachment.get("dateCreated")),
            "size": None,
            "sha256": None,
        }
        self.manifest.append(line)
        if not isinstance(attachment_id, str) or not is_addressable(attachment_id):
            line["reason"] = "Its ID cannot be opened."
            return
        if self._given_up is not None:
            line |= {"outcome": "not tried", "reason": self._given_up.sentence}
            return
        try:
            file = self._file = self._begin(attachment_id)
            head = file.peek(AHEAD)
        except ClientDisconnected:
            raise
        except CodatError as error:
            self._note(error)
            line["reason"] = error.sentence
            return
        counted = _Counted(file)
        self._add(line["name"], head, file, counted)
        try:
            yield from self._zip.file()
        except CodatError as error:
            if counted.failure is None or isinstance(error, ClientDisconnected):
                raise
            line["reason"] = f"It broke off after {counted.size} bytes. {error.sentence}"
            return
        finally:
            file.close()
        line |= {"size": counted.size, "sha256": counted.sha256.hexdigest(), "outcome": "complete"}

    def _add(self, name: str, head: bytes, file: Download, counted: _Counted) -> None:
        """Queue an entry. What is packed already is stored as it is."""
        packed = file_types.by_bytes(head[: file_types.HEAD]).packed
        if packed:
            self._zip.add(counted, name, size=file.content_length, compress_type=ZIP_STORED)
        else:
            self._zip.add(
                counted,
                name,
                size=file.content_length,
                compress_type=ZIP_DEFLATED,
                compress_level=LEVEL,
            )

    def _note(self, error: CodatError) -> None:
        if isinstance(error, RateLimited | NotAttempted):
            self._given_up = error


def _date(value: object) -> str | None:
    moment = parse_date(value)
    return moment.isoformat() if moment else None
