"""What a request to Codat looks like before it leaves: its address, its name in the log, whose it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from customers.codat.errors import BadRequest, UnaddressableId

# Characters of one encoded id. Servers commonly bound the whole address at 8 KiB; a page of ours
# carries two UUIDs and a customer's and an attachment's id.
MAX_SEGMENT = 2048

# What of an address is somebody's data: the ids of customers and attachments. Those of companies,
# connections and operations are Codat's own.
_PRIVATE = re.compile(r"/(customers|attachments)/[^/]+")
# What stands in the place of a company's id and is none was typed into an address by somebody.
_TYPED = re.compile(
    r"^/companies/(?![0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?:/|$))[^/]+"
)
_COMPANY = re.compile(r"/companies/([^/?]+)")


def segment(value: str) -> str:
    """An id percent-encoded as exactly one segment of a path. `UnaddressableId` where none can be.

    "." and ".." have no encoding that survives: "%2E%2E" is ".." to every server.
    """
    try:
        encoded = quote(value, safe="")
    except (UnicodeEncodeError, TypeError):
        raise UnaddressableId("an id that is not text") from None
    if encoded in ("", ".", "..") or len(encoded) > MAX_SEGMENT:
        raise UnaddressableId(f"an id of {len(encoded)} characters that is no segment")
    return encoded


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What goes out. ``what`` is its name in the log and in errors: no query, no customer's id."""

    method: str
    target: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    write: bool = False

    @property
    def route(self) -> str:
        path = _PRIVATE.sub(r"/\1/{id}", self.target.partition("?")[0])
        return _TYPED.sub("/companies/{not an id}", path)

    @property
    def what(self) -> str:
        return f"{self.method} {self.route}"

    @property
    def company(self) -> str:
        """The company's id as it stands in the address, "" where there is none."""
        found = _COMPANY.match(self.target)
        return found[1] if found else ""


def target(path: str, params: Mapping[str, object] | None = None) -> str:
    """Path and query of a request."""
    given = {name: value for name, value in (params or {}).items() if value not in (None, "")}
    if not given:
        return path
    try:
        return f"{path}?{urlencode(given, quote_via=quote, safe='')}"
    except UnicodeEncodeError:
        raise BadRequest(
            "a query that is not text",
            sentence="The search has characters that cannot be sent. Remove them and try again.",
        ) from None
