"""What the home page knows of a company, out of Codat's description of it. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from customers.access.scopes import grant_key
from customers.codat.companies import accounting_connections, is_linked, open_errors
from customers.codat.text import db_safe, folded_name
from customers.codat.types import Company
from customers.codat.values import parse_date
from customers.models import Grant

# Lengths of the columns, and of what a company is found by.
MAX_NAME, MAX_STATUS, MAX_TEXT, MAX_SEARCH = 300, 40, 500, 5_000
# Codat allows ten.
MAX_TAGS = 20
MAX_OWNERS = 50
# Of an error of a linked connection that has not ended.
_ACTIVE = "Active"


@dataclass(frozen=True, slots=True)
class Facts:
    """The columns of a company without `broken_at`, which Codat does not always say."""

    values: Mapping[str, Any]
    is_broken: bool
    broken_at: datetime | None


def facts_of(company: Company) -> Facts:
    """What is known of a company, and of its connection in the best state."""
    connections = accounting_connections(company)
    connection: Mapping[str, Any] = connections[0] if connections else {}
    errors = open_errors(connections[0]) if connections else []
    if connections and is_linked(connections[0]):
        errors = [error for error in errors if error.get("status") == _ACTIVE]
    newest = errors[-1] if errors else {}
    link = connection.get("linkUrl")
    is_address = isinstance(link, str) and link.startswith(("https://", "http://"))
    values = {
        "name": db_safe(company.get("name") or f"Company {company.get('id')}", MAX_NAME),
        "platform_name": db_safe(connection.get("platformName"), MAX_TEXT),
        "status": db_safe(connection.get("status"), MAX_STATUS),
        "link_url": db_safe(link, 2_000) if is_address else "",
        "error": db_safe(newest.get("errorMessage") or newest.get("statusText"), MAX_TEXT),
        "last_sync": parse_date(connection.get("lastSync") or company.get("lastSync")),
        "created": parse_date(company.get("created")),
        "tags": dict(_tags(company)),
        "grant_keys": "\n".join(_grant_keys(company)),
        "search": "\n".join(_found_by(company))[:MAX_SEARCH],
    }
    dates = (parse_date(error.get("erroredOnUtc")) for error in errors)
    return Facts(
        values=values,
        is_broken=bool(connections) and (not is_linked(connections[0]) or bool(errors)),
        broken_at=min(filter(None, dates), default=None),
    )


def folded(text: str) -> str:
    """Text as companies are searched: without case and accents."""
    return folded_name(text)


def _tags(company: Company) -> Iterator[tuple[str, str]]:
    tags = company.get("tags")
    for key, value in list(tags.items() if isinstance(tags, dict) else ())[:MAX_TAGS]:
        yield db_safe(key, 100), db_safe(value, 200)


def _grant_keys(company: Company) -> Iterator[str]:
    """What grants name a company by: its tags, and the Codat users who own it."""
    for key, value in _tags(company):
        yield grant_key(Grant.Kind.TAG, key, value)
    owners = company.get("ownerUserIds")
    for owner in owners[:MAX_OWNERS] if isinstance(owners, list) else ():
        if isinstance(owner, str):
            yield grant_key(Grant.Kind.OWNER, "", db_safe(owner, MAX_TEXT))


def _found_by(company: Company) -> Iterator[str]:
    """What a company is found by, folded: name, ID, tags, software, parent and description."""
    parent = company.get("referenceParentCompany")
    texts: list[object] = [company.get("name"), company.get("id")]
    texts += [f"{key}={value} {key}: {value}" for key, value in _tags(company)]
    for connection in accounting_connections(company):
        texts += [connection.get("platformName"), connection.get("integrationKey")]
    if isinstance(parent, dict):
        texts += [parent.get("name"), parent.get("id")]
    texts.append(company.get("description"))
    for text in texts:
        if isinstance(text, str) and text:
            yield folded(db_safe(text, MAX_TEXT * 2))
