"""What an address is made of: an ID as one percent-encoded segment, and the query strings of lists."""

from typing import TypeGuard
from urllib.parse import quote, unquote

from customers.codat.values import canonical_company_id

_SAFE = "!$&'()*+,;=:@~"
# Characters of a query string that may stand unescaped in a value of another one.
SAFE_LISTED = "=,:@/!*()~"
_NUL = "\0"
# IDs whose address another page has.
_RESERVED = {"new": "%6Eew", "compare": "%63ompare", "export": "%65xport"}
# Characters of a list's query string that links from its rows carry. A page may have 5,000 rows.
MAX_LISTED = 600


class IdConverter:
    """One path segment that may contain any ID: read from its percent-encoded form."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        """The id. Raises ValueError (no such page) where the escapes are not UTF-8, or hold a NUL."""
        record_id = unquote(value, errors="strict")
        if _NUL in record_id:
            raise ValueError("an id with a NUL")
        return record_id

    def to_url(self, value: str) -> str:
        """The segment. Used by Django's debug pages only, since `reverse` quotes it once more."""
        return quote(value, safe=_SAFE)


class CompanyConverter(IdConverter):
    """A company's ID. Codat's are UUIDs, whose case does not matter, so the journal has them in lower case."""

    def to_python(self, value: str) -> str:
        """The id; a UUID in lower case."""
        return canonical_company_id(super().to_python(value))


def is_addressable(record_id: object) -> TypeGuard[str]:
    """Whether an id can be a segment. Browsers and proxies resolve `.` and `..`, also when percent-encoded.

    PostgreSQL stores no text with a NUL, so no page can be about such an id.
    """
    return isinstance(record_id, str) and record_id not in ("", ".", "..") and _NUL not in record_id


def url_segment(record_id: str) -> str:
    """An id as one percent-encoded segment. Lone surrogates become question marks.

    The page for a new customer has the address that a customer with the id `new` would have, and so have those that
    compare and export customers: these ids have their first letter escaped, and paths are resolved as they were sent.
    """
    if record_id in _RESERVED:
        return _RESERVED[record_id]
    if record_id.isalnum() and record_id.isascii():
        return record_id  # the usual case, faster than quote
    return quote(record_id, safe=_SAFE, errors="replace")
