"""The addresses of changes: a company's, one's own, and what waits for approval."""

import uuid
from collections.abc import Iterable
from urllib.parse import urlencode

from customers.web.links.segments import url_segment


def writes(company_id: str) -> str:
    """A company's write history."""
    return f"/companies/{url_segment(company_id)}/writes/"


def codat_writes(company_id: str) -> str:
    """Codat's own history of a company's writes."""
    return f"{writes(company_id)}codat/"


def pending(
    company_id: str, customer_id: str = "", *, shown: str = "", rows: Iterable[str] = ()
) -> str:
    """The pending changes of a company, or of one customer. `shown` says which of them the page has.

    `rows` are the changes that have a row on a list, each by the beginning of its number.
    """
    query = {"customer": customer_id, "shown": shown} | ({"rows": ",".join(rows)} if rows else {})
    return f"{writes(company_id)}pending/?{urlencode(query, safe=',')}"


def write(company_id: str, write_id: uuid.UUID | str) -> str:
    """One write."""
    return f"{writes(company_id)}{write_id}/"


def undo(company_id: str, write_id: uuid.UUID | str) -> str:
    """Sends the values from before a write (POST)."""
    return f"{write(company_id, write_id)}undo/"


def my_writes() -> str:
    """The signed-in user's own writes and drafts, in every company."""
    return "/writes/"


def approvals() -> str:
    """What waits for a second person's approval."""
    return "/approvals/"


def approval(approval_id: uuid.UUID | str) -> str:
    """One request for approval."""
    return f"/approvals/{approval_id}/"


def approval_rules() -> str:
    """The rules that ask for approval."""
    return "/approvals/rules/"


def badge(watched: Iterable[str] = ()) -> str:
    """The entry of the side column for these; `watched` are changes that were running when the page was made."""
    pairs = [("watch", write_id) for write_id in watched]
    return "/writes/badge/" + (f"?{urlencode(pairs)}" if pairs else "")
