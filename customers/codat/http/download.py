"""A file of Codat's as a stream."""

from __future__ import annotations

from collections.abc import Iterator

from urllib3.response import BaseHTTPResponse

from customers.codat.errors import InvalidResponse
from customers.codat.http import gzip_content
from customers.codat.http.call_context import Call
from customers.codat.http.transport import NETWORK_ERRORS, to_codat_error
from customers.codat.text import log_text

# Bytes per chunk: half of it is a fifth slower, twice as much no faster. A slow download may use 1 MiB in all, of
# which this leaves a fifth (`make bench`).
CHUNK = 448 * 1024

# Headers of a file that may be passed on. The dashboard sets its name and its caching.
PASSED_HEADERS = (
    "Content-Type",
    "Content-Encoding",
    "Content-Range",
    "Accept-Ranges",
    "ETag",
    "Last-Modified",
)


class Download:
    """A file that is being received. Iterate it once, and close it in every case.

    ``headers`` are those of `PASSED_HEADERS` that Codat sent. ``content_length`` is in bytes, None where
    unknown. A file that breaks off, or ends before its announced length, raises `ConnectionLost` from the
    iteration; one that stalls raises `TimedOut` after the read timeout.

    With ``content_encoding`` "gzip" the length and the iteration are those of the encoded file, as it is to be
    passed on with its header. A transfer can be complete and its content not: that is `ConnectionLost` too.
    """

    def __init__(self, raw: BaseHTTPResponse, call: Call, label: str) -> None:
        self._raw, self._call, self._label = raw, call, label
        self._open = True
        # No encoding is requested. A file that is stored encoded is sent encoded nevertheless.
        self.content_encoding = raw.headers.get("Content-Encoding", "")
        if self.content_encoding not in ("", "gzip"):
            encoding = log_text(self.content_encoding)
            raise InvalidResponse(f"{label}: a file encoded as {encoding}", status=raw.status)
        self._until, call.until = call.until, None  # a large file may take longer than a page
        self._peeked: list[bytes] = []
        is_whole = self.content_encoding and raw.status == 200
        self._checked = gzip_content.GzipDecoder() if is_whole else None
        self.status = raw.status
        self.headers = {name: raw.headers[name] for name in PASSED_HEADERS if name in raw.headers}
        self.content_length = getattr(raw, "length_remaining", None)

    def __iter__(self) -> Download:
        return self

    def peek(self, size: int) -> bytes:
        """The first bytes, at least ``size`` unless the file is shorter, within the page's deadline.

        The iteration returns them again.
        """
        self._call.until = self._until
        pieces: list[bytes] = []
        try:
            while sum(map(len, pieces)) < size:
                pieces.append(next(self))
        except StopIteration:
            pass
        finally:
            self._call.until = None
        self._peeked = pieces
        return b"".join(pieces)

    def decoded(self) -> Iterator[bytes]:
        """The iteration without the content encoding. Raises `ConnectionLost` where encoded content ends early."""
        return gzip_content.decode(self) if self.content_encoding else self

    def __next__(self) -> bytes:
        if self._peeked:
            return self._peeked.pop(0)
        failure = None
        if self._open:
            try:
                if chunk := self._raw.read1(CHUNK, decode_content=False):
                    return self._check(chunk)
            except NETWORK_ERRORS as error:
                failure = to_codat_error(error, self._call, self._label, write=False)
            self.close()
            if failure is None and self._checked:
                self._checked.finish()
        if failure:
            raise failure
        raise StopIteration

    def _check(self, chunk: bytes) -> bytes:
        """Decode the chunk of an encoded file, to detect where its content ends."""
        if self._checked:
            for _ in self._checked.feed(chunk):
                pass
        return chunk

    def close(self) -> None:
        """End the transfer. An incomplete one closes its connection. Can be repeated."""
        self._open = False
        self._peeked.clear()
        self._raw.close()
