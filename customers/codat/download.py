"""A file of Codat's as a stream."""

from __future__ import annotations

from urllib3.response import BaseHTTPResponse

from customers.codat.call_context import Call
from customers.codat.errors import InvalidResponse
from customers.codat.transport import NETWORK_ERRORS, to_codat_error

# Bytes per chunk: half of it is a fifth slower, twice as much no faster. A slow download may use 1 MiB in all, of
# which this leaves a fifth (`make bench`).
CHUNK = 448 * 1024

# Headers of a file that may be passed on. Its name and caching are set by us.
PASSED_HEADERS = ("Content-Type", "Content-Range", "Accept-Ranges", "ETag", "Last-Modified")


class Download:
    """A file that is being received. Iterate it once, and close it in every case.

    ``headers`` are those of `PASSED_HEADERS` that Codat sent. ``content_length`` is in bytes, None where
    unknown. A file that breaks off, or ends before its announced length, raises `ConnectionLost` from the
    iteration; one that stalls raises `TimedOut` after the read timeout.
    """

    def __init__(self, raw: BaseHTTPResponse, call: Call, label: str) -> None:
        self._raw, self._call, self._label = raw, call, label
        self._open = True
        # We ask for no encoding; whether an encoded file is complete cannot be known.
        if raw.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise InvalidResponse(f"{label}: a file that came encoded", status=raw.status)
        self._until, call.until = call.until, None  # a large file may take longer than a page
        self._peeked: list[bytes] = []
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

    def __next__(self) -> bytes:
        if self._peeked:
            return self._peeked.pop(0)
        failure = None
        if self._open:
            try:
                if chunk := self._raw.read1(CHUNK, decode_content=False):
                    return chunk
            except NETWORK_ERRORS as error:
                failure = to_codat_error(error, self._call, self._label, write=False)
            self.close()
        if failure:
            raise failure
        raise StopIteration

    def close(self) -> None:
        """End the transfer. An incomplete one closes its connection. Can be repeated."""
        self._open = False
        self._peeked.clear()
        self._raw.close()
