"""Where the body of a response ends and how it is encoded, read strictly from its headers.

`http.client` ignores what it cannot parse: a length that is not a number, a transfer coding followed by a blank, and
every header after a malformed line. A truncated file would then look complete, or contain the sizes of the chunks.
"""

from __future__ import annotations

import http.client
import re
from email import errors
from email.message import Message

_LENGTH = re.compile(r"[0-9]{1,19}")
_BLANKS = " \t"
# About the parts of a multipart body, which is not parsed here. All other defects are about the headers.
_BODY_DEFECTS = (
    errors.NoBoundaryInMultipartDefect,
    errors.StartBoundaryNotFoundDefect,
    errors.CloseBoundaryNotFoundDefect,
    errors.MultipartInvariantViolationDefect,
    errors.InvalidMultipartContentTransferEncodingDefect,
)


class InvalidFraming(http.client.HTTPException):
    """The headers do not say reliably where the body ends."""


def check_complete(headers: Message) -> None:
    """Raise InvalidFraming where the headers were not parsed to their end."""
    defects = [item for item in headers.defects if not isinstance(item, _BODY_DEFECTS)]
    unparsed = headers.get_unixfrom() or headers.get_payload()
    if defects or (isinstance(unparsed, str) and unparsed):
        raise InvalidFraming("a header that cannot be read")


def is_chunked(headers: Message) -> bool:
    """Whether the body is chunked. Raises InvalidFraming for every other transfer coding."""
    codings = _values(headers, "Transfer-Encoding")
    if codings not in ([], ["chunked"]):
        raise InvalidFraming(f"transfer coding {', '.join(codings)}")
    return bool(codings)


def content_length(headers: Message) -> int | None:
    """The announced length in bytes, None where there is none. Raises InvalidFraming if it is not a single number."""
    lengths = set(_values(headers, "Content-Length"))
    if not lengths:
        return None
    length = lengths.pop()
    if lengths or not _LENGTH.fullmatch(length):
        raise InvalidFraming(f"content length {length}")
    return int(length)


def content_codings(headers: Message) -> list[str]:
    """The encodings of the content, in the order in which they were applied, without those that change nothing."""
    codings = _values(headers, "Content-Encoding")
    return [
        "gzip" if coding == "x-gzip" else coding
        for coding in codings
        if coding not in ("", "identity")
    ]


def _values(headers: Message, name: str) -> list[str]:
    """The combined list of all fields of this name, trimmed and in lower case."""
    fields = headers.get_all(name) or []
    return [value.strip(_BLANKS).lower() for field in fields for value in str(field).split(",")]
