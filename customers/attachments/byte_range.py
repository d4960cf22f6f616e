"""The byte range that a browser requests, and whether Codat's response is that range."""

import re
from dataclasses import dataclass

from django.http import HttpRequest

from customers.codat.http.download import Download

# A single range: browsers and download managers request no others. RFC 9110 (14.2) lets a server ignore a
# Range header with several: the whole file is sent then.
_RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))")
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(?:(\d{1,18})|\*)")


def total_size(file: Download) -> int | None:
    """The size of the whole file in bytes, by the headers of a whole or partial response; None where it is unknown."""
    if file.status != 206:
        return file.content_length
    match = _CONTENT_RANGE.fullmatch(file.headers.get("Content-Range", ""))
    return int(match[3]) if match and match[3] else None


@dataclass(frozen=True, slots=True)
class ByteRange:
    """A requested range: bytes `first` to `last` (None: to the end), or the last `suffix` bytes.

    `condition` is the If-Range header: the range is valid only for the file with this ETag or date.
    """

    header: str
    first: int | None
    last: int | None
    suffix: int | None
    condition: str

    @classmethod
    def from_request(cls, request: HttpRequest) -> "ByteRange | None":
        """The range of a request; None for no range, several ranges, or an invalid one."""
        header = request.headers.get("Range", "").strip()
        match = _RANGE.fullmatch(header)
        if match is None:
            return None
        first, last, suffix = (int(part) if part else None for part in match.groups())
        if first is not None and last is not None and last < first:
            return None
        return cls(header, first, last, suffix, request.headers.get("If-Range", "").strip())

    def matches(self, file: Download) -> bool:
        """Whether a 206 response is the requested range of the file that the condition names."""
        match = _CONTENT_RANGE.fullmatch(file.headers.get("Content-Range", ""))
        if match is None:
            return False
        first, last, total = (int(part) if part else None for part in match.groups())
        if first is None or last is None or last < first or (total is not None and last >= total):
            return False
        if file.content_length not in (None, last - first + 1):
            return False
        if self.first is not None:
            is_requested = first == self.first and (self.last is None or last <= self.last)
        else:
            is_requested = (
                total is not None and last == total - 1 and last - first < (self.suffix or 0)
            )
        return is_requested and self._condition_holds(file)

    def _condition_holds(self, file: Download) -> bool:
        """Checked here too: an upstream may honour Range and ignore If-Range. A weak ETag never matches."""
        if not self.condition:
            return True
        validators = (file.headers.get("ETag"), file.headers.get("Last-Modified"))
        return self.condition in validators and not self.condition.startswith("W/")
