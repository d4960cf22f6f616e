"""A request to Codat before it is sent: its URL, its label in the log, its company."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from customers.codat.errors import BadRequest

# Parts of a path that are personal data: IDs of customers and attachments. IDs of companies, connections
# and operations are Codat's own.
_PRIVATE = re.compile(r"/(customers|attachments)/[^/]+")
# A company ID that is not a UUID is not Codat's and may be personal data.
_NOT_AN_ID = re.compile(
    r"^/companies/(?![0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?:/|$))[^/]+"
)
_COMPANY = re.compile(r"/companies/([^/?]+)")


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One request. ``target`` is path and query; ``write`` says that it may change something at Codat."""

    method: str
    target: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    write: bool = False

    @property
    def route(self) -> str:
        """The path without personal data."""
        path = _PRIVATE.sub(r"/\1/{id}", self.target.partition("?")[0])
        return _NOT_AN_ID.sub("/companies/{not an id}", path)

    @property
    def label(self) -> str:
        """The name in the log and in errors: no query, no personal data."""
        return f"{self.method} {self.route}"

    @property
    def company(self) -> str:
        """The company's ID as it is in the path, percent-encoded; "" where there is none."""
        return company_of(self.target)


def company_of(path: str) -> str:
    """The ID of the company in a path, percent-encoded as it is there; "" where there is none."""
    match = _COMPANY.match(path)
    return match[1] if match else ""


def target(path: str, params: Mapping[str, object] | None = None) -> str:
    """Path and query. Parameters that are None or "" are left out."""
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
