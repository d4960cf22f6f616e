"""All attachments of a customer as one ZIP archive, written while they are fetched.

A file that cannot be fetched is named in the manifest, the archive's last entry, and the archive continues with the
next one. A file that fails in the middle leaves its first bytes in the archive, but no reader unpacks them as a
complete file. Small files are read before their entry begins and leave nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import simplejson

from customers.attachments.fetching import read_content
from customers.attachments.file_types import mismatch
from customers.attachments.filenames import UniqueNames, file_name
from customers.attachments.listing import announced_size
from customers.attachments.verification import Content, size_difference, verify
from customers.attachments.zip_writer import TooLarge, ZipWriter
from customers.codat.errors import ClientDisconnected, CodatError, NotAttempted, RateLimited
from customers.codat.http.download import Download
from customers.codat.values import parse_date
from customers.web.links import is_addressable

MANIFEST = "manifest.json"
# Bytes read before an entry begins: enough to verify it, and for most files everything.
READ_AHEAD = 256 * 1024

OpenFile = Callable[[str], Download]


class Archive:
    """The ZIP archive, piece by piece; iterate once, then close.

    ``customer`` is the text about the customer in the manifest, ``attachments`` is Codat's metadata, ``open_file``
    opens a file by its ID. One file is open at a time.
    """

    def __init__(
        self,
        customer: Mapping[str, str],
        attachments: Sequence[Mapping[str, Any]],
        open_file: OpenFile,
    ) -> None:
        self._attachments, self._open_file = attachments, open_file
        self.customer = customer
        self._zip = ZipWriter(datetime.now(UTC))
        self._names = UniqueNames(MANIFEST)
        self._file: Download | None = None
        self._pieces = self._generate()
        # After this error, no further file is requested.
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
            line = self._manifest_line(attachment)
            self.manifest.append(line)
            file = self._open(attachment, line)
            if file is not None:
                try:
                    yield from self._add(file, attachment, line)
                finally:
                    file.close()
        manifest = {"customer": self.customer, "files": self.manifest}
        text = simplejson.dumps(manifest, ensure_ascii=False, indent=2, use_decimal=True) + "\n"
        yield self._zip.add(MANIFEST, text.encode("utf-8", "replace"), compress=True)
        yield self._zip.close()

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
            "announcedSize": announced_size(attachment),
            "size": None,
            "sha256": None,
            "mismatch": None,
        }

    def _open(self, attachment: Mapping[str, Any], line: dict[str, Any]) -> Download | None:
        """The open file; None, with the reason in its line, where it cannot be opened."""
        attachment_id = attachment.get("id")
        if not isinstance(attachment_id, str) or not is_addressable(attachment_id):
            line["reason"] = "This ID is not valid in Codat."
            return None
        if self._stopped_by is not None:
            line |= {"outcome": "not tried", "reason": self._stopped_by.sentence}
            return None
        try:
            self._file = self._open_file(attachment_id)
        except ClientDisconnected:
            raise
        except CodatError as error:
            if isinstance(error, RateLimited | NotAttempted):
                self._stopped_by = error
            line["reason"] = error.sentence
            return None
        return self._file

    def _add(
        self, file: Download, attachment: Mapping[str, Any], line: dict[str, Any]
    ) -> Iterator[bytes]:
        """The entry of an open file, and the outcome in its line."""
        try:
            content = read_content(file, READ_AHEAD)
            verify(attachment, content)
            # Complete already: reading to the end returns the connection.
            data = b"".join(file) if content.is_complete else None
        except ClientDisconnected:
            raise
        except CodatError as error:
            line["reason"] = error.sentence
            return
        compress = not content.file_type.is_compressed
        if data is None:
            yield from self._stream(file, content, line, compress=compress)
        else:
            yield self._zip.add(line["name"], data, compress=compress)
            line |= {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        if line["size"] is not None:
            reason = size_difference(attachment, line["size"])
            if file.content_encoding and file.content_length == announced_size(attachment):
                reason = ""  # the announced size is that of the encoded file
            line |= {"outcome": "other size" if reason else "complete", "reason": reason or None}
            line["mismatch"] = _mismatch(attachment, content)

    def _stream(
        self, file: Download, content: Content, line: dict[str, Any], *, compress: bool
    ) -> Iterator[bytes]:
        """The entry of a file that is too large to be read ahead."""
        entry, sha256, size = (
            self._zip.start(line["name"], content.size, compress=compress),
            hashlib.sha256(),
            0,
        )
        yield entry.header
        try:
            for piece in file.decoded():
                sha256.update(piece)
                size += len(piece)
                if data := entry.write(piece):
                    yield data
        except ClientDisconnected:
            raise
        except CodatError as error:
            line["reason"] = f"Interrupted after {size:,} bytes. {error.sentence}"
            yield entry.abandon()
        except TooLarge:
            line["reason"] = "The file has more than 4 GiB, and Codat did not announce its size."
            yield entry.abandon()
        else:
            yield entry.finish()
            line |= {"size": size, "sha256": sha256.hexdigest()}


def _mismatch(attachment: Mapping[str, Any], content: Content) -> str | None:
    return (
        mismatch(attachment.get("name"), attachment.get("contentType"), content.file_type) or None
    )
