"""A file of Codat's as a stream."""

from __future__ import annotations

from urllib3.response import BaseHTTPResponse

from customers.codat.connections import FAILURES, Call, broken
from customers.codat.errors import InvalidResponse

# Bytes handed on at a time: half of it is a fifth slower, twice as much no faster, and a slow download may cost
# no more than 1 MiB in all, of which this leaves a fifth (`make bench`).
CHUNK = 448 * 1024


# Headers of a file that may reach the browser. Its name and anything about caching are ours to say.
PASSED_ON = ("Content-Type", "Content-Range", "Accept-Ranges", "ETag", "Last-Modified")


class Download:
    """A file on its way. Iterate once, and close it whatever happens; neither is a generator's job.

    ``headers`` are the few from upstream that may be passed on. ``content_length`` is in bytes,
    None where it is not known. An answer that breaks off, or ends short of its announced length,
    raises `ConnectionLost` from the iteration, a hung one `TimedOut` after the read timeout.
    """

    def __init__(self, raw: BaseHTTPResponse, call: Call, what: str) -> None:
        self._raw, self._call, self._what = raw, call, what
        self._open = True
        # Not what we ask for; and of an encoded file nobody can tell whether it is whole.
        if raw.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise InvalidResponse(f"{what}: a file that came encoded", status=raw.status)
        self._until, call.until = call.until, None  # a large file may take longer than a page
        self._first: list[bytes] = []  # read before, and not handed on yet
        self.status = raw.status
        self.headers = {name: raw.headers[name] for name in PASSED_ON if name in raw.headers}
        self.content_length = getattr(raw, "length_remaining", None)

    def __iter__(self) -> Download:
        return self

    def peek(self, size: int) -> bytes:
        """The first bytes, at least ``size`` unless the file is shorter, within the page's deadline.

        The iteration gives them again.
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
        self._first = pieces
        return b"".join(pieces)

    def __next__(self) -> bytes:
        if self._first:
            return self._first.pop(0)
        failure = None
        if self._open:
            try:
                if chunk := self._raw.read1(CHUNK, decode_content=False):
                    return chunk
            except FAILURES as error:
                failure = broken(error, self._call, self._what, write=False)
            self.close()
        if failure:
            raise failure
        raise StopIteration

    def close(self) -> None:
        """End the transfer. One that is not complete closes its connection; safe to repeat."""
        self._open = False
        self._first.clear()
        self._raw.close()
