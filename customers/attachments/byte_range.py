"""Byte ranges of a download."""

import re
from dataclasses import dataclass

from django.http import HttpRequest

from customers.codat.download import Download

# One range, which is all that browsers and download managers ask for. Of several, RFC 9110 (14.2) lets a server
# ignore the field; so the whole file comes.
_RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))")


_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(?:(\d{1,18})|\*)")


@dataclass(frozen=True, slots=True)
class Range:
    """What a browser asks for: `first` to `last` (None: the end), or the last `suffix` bytes.

    `condition` is If-Range: the part counts only of the file that has this ETag or date.
    """

    header: str
    first: int | None
    last: int | None
    suffix: int | None
    condition: str

    @classmethod
    def read(cls, request: HttpRequest) -> "Range | None":
        """The range that a request asks for; None for none, several, or one that makes no sense."""
        header = request.headers.get("Range", "").strip()
        found = _RANGE.fullmatch(header)
        if found is None:
            return None
        first, last, suffix = (int(part) if part else None for part in found.groups())
        if first is not None and last is not None and last < first:
            return None
        return cls(header, first, last, suffix, request.headers.get("If-Range", "").strip())

    def is_answered_by(self, file: Download) -> bool:
        """Whether this part of a file is the part that was asked for, of the file that was meant."""
        found = _CONTENT_RANGE.fullmatch(file.headers.get("Content-Range", ""))
        if found is None:
            return False
        first, last, total = (int(part) if part else None for part in found.groups())
        if first is None or last is None or last < first or (total is not None and last >= total):
            return False
        if file.content_length not in (None, last - first + 1):
            return False
        if self.first is not None:
            fits = first == self.first and (self.last is None or last <= self.last)
        else:
            fits = total is not None and last == total - 1 and last - first < (self.suffix or 0)
        return fits and self._holds(file)

    def _holds(self, file: Download) -> bool:
        """Upstream may honour Range and know nothing of If-Range; a weak ETag never matches."""
        if not self.condition:
            return True
        known = (file.headers.get("ETag"), file.headers.get("Last-Modified"))
        return self.condition in known and not self.condition.startswith("W/")
