"""All attachments of a customer as one ZIP archive, made while they are fetched.

A file that cannot be fetched is named in the manifest, the archive's last entry, and the archive continues with the
next one. A file that fails in the middle leaves its first bytes in the archive, but the central directory does not
name them: no incomplete file can be unpacked. Small files are read before their entry begins and leave nothing.
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
# Bytes read before an entry begins: enough to detect the type, and for most files everything.
READ_AHEAD = 256 * 1024
# Faster than a network, and close to the best compression of deflate.
COMPRESSION_LEVEL = 1

OpenFile = Callable[[str], Download]


class _HashedStream:
    """A download's pieces, with their size and hash. `error` is what ended it early."""

    def __init__(self, file: Download) -> None:
        self._file = file
        self.size = 0
        self.sha256 = hashlib.sha256()
        self.error: CodatError | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            for piece in self._file:
                self.size += len(piece)
                self.sha256.update(piece)
                yield piece
        except CodatError as error:
            self.error = error
            raise


class Archive:
    """The ZIP archive, piece by piece; iterate once, then close.

    ``attachments`` is Codat's metadata, ``open_file`` opens one by its id. One file is open at a time.
    """

    def __init__(self, attachments: Sequence[Mapping[str, Any]], open_file: OpenFile) -> None:
        self._attachments, self._open_file = attachments, open_file
        self._zip = ZipStream()
        self._names = UniqueNames(MANIFEST)
        self._file: Download | None = None
        self._pieces = self._generate()
        # After this error, no further file is asked for.
        self._stopped_by: CodatError | None = None
        self.manifest: list[dict[str, Any]] = []

    def __iter__(self) -> Archive:
        return self

    def __next__(self) -> bytes:
        return next(self._pieces)

    def close(self) -> None:
        """End the archive and the download in progress. Safe to repeat."""
        if self._file:
            self._file.close()
        self._pieces.close()

    def _generate(self) -> Generator[bytes, None, None]:
        for attachment in self._attachments:
            yield from self._add(attachment)
        manifest = {"files": self.manifest}
        text = simplejson.dumps(manifest, ensure_ascii=False, indent=2, use_decimal=True) + "\n"
        self._zip.add(
            text.encode("utf-8", "replace"),
            MANIFEST,
            compress_type=ZIP_DEFLATED,
            compress_level=COMPRESSION_LEVEL,
        )
        yield from self._zip

    def _add(self, attachment: Mapping[str, Any]) -> Iterator[bytes]:
        """One file's entry, if it can be fetched, and its line in the manifest."""
        attachment_id = attachment.get("id")
        line = self._manifest_line(attachment)
        self.manifest.append(line)
        if not isinstance(attachment_id, str) or not is_addressable(attachment_id):
            line["reason"] = "This ID is not valid in Codat."
            return
        if self._stopped_by is not None:
            line |= {"outcome": "not tried", "reason": self._stopped_by.sentence}
            return
        try:
            file = self._file = self._open_file(attachment_id)
            head = file.peek(READ_AHEAD)
        except ClientDisconnected:
            raise
        except CodatError as error:
            if isinstance(error, RateLimited | NotAttempted):
                self._stopped_by = error
            line["reason"] = error.sentence
            return
        stream = _HashedStream(file)
        self._start_entry(line["name"], head, file, stream)
        try:
            yield from self._zip.file()
        except CodatError as error:
            if stream.error is None or isinstance(error, ClientDisconnected):
                raise
            line["reason"] = f"Interrupted after {stream.size} bytes. {error.sentence}"
            return
        finally:
            file.close()
        line |= {"size": stream.size, "sha256": stream.sha256.hexdigest(), "outcome": "complete"}

    def _manifest_line(self, attachment: Mapping[str, Any]) -> dict[str, Any]:
        attachment_id = attachment.get("id")
        created = parse_date(attachment.get("dateCreated"))
        return {
            "name": self._names.add(file_name(attachment, str(attachment_id or ""))),
            "outcome": "failed",
            "reason": None,
            "originalName": attachment.get("name"),
            "id": attachment_id,
            "contentType": attachment.get("contentType"),
            "dateCreated": created.isoformat() if created else None,
            "size": None,
            "sha256": None,
        }

    def _start_entry(self, name: str, head: bytes, file: Download, stream: _HashedStream) -> None:
        """Queue an entry. Content that is compressed already is stored as it is."""
        if file_types.detect(head[: file_types.HEAD_BYTES]).is_compressed:
            self._zip.add(stream, name, size=file.content_length, compress_type=ZIP_STORED)
        else:
            self._zip.add(
                stream,
                name,
                size=file.content_length,
                compress_type=ZIP_DEFLATED,
                compress_level=COMPRESSION_LEVEL,
            )
