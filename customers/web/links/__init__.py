"""Every address of the dashboard, built from ids; `urls.py` parses the same addresses.

Django's `reverse` escapes a converter's percent signs a second time and takes a third of a list page's time, so
addresses are built here. An id is one percent-encoded segment.
"""

import uuid
from collections.abc import Iterable
from typing import TypeGuard
from urllib.parse import quote, unquote, urlencode

from customers.codat.values import canonical_company_id

_SAFE = "!$&'()*+,;=:@~"
# Characters of a query string that may stand unescaped in a value of another one.
_SAFE_LISTED = "=,:@/!*()~"
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


def home(query: str = "") -> str:
    """The home page; `query` is its query string without "?"."""
    return f"/?{query}" if query else "/"


def problem(key: str) -> str:
    """One problem: what it consists of, and what can be done (POST)."""
    return f"/problems/{key}/"


def activity(query: str = "") -> str:
    """What the team changed in all companies; `query` is its query string without "?"."""
    return f"/activity/?{query}" if query else "/activity/"


def activity_file() -> str:
    """The same as a file; its query string follows."""
    return "/activity/changes.csv"


def companies() -> str:
    """The companies page."""
    return "/companies/"


def customers(company_id: str) -> str:
    """A company's list of customers."""
    return f"/companies/{url_segment(company_id)}/customers/"


def new(company_id: str) -> str:
    """The form for a new customer."""
    return f"{customers(company_id)}new/"


def compare(company_id: str) -> str:
    """Several customers side by side (`?id=...&id=...`)."""
    return f"{customers(company_id)}compare/"


def from_list(listed: str, at: int | str = "") -> str:
    """The query string of a link from a list to one of its customers: "?list=...&at=...".

    `listed` is the list's own query string ("" or "?..."), `at` the position of the customer from 1. "" where the
    list's is too long. `customers/web/origins/list_origin.py` reads it.
    """
    if len(listed) > MAX_LISTED:
        return ""
    return f"?list={quote(listed[1:], safe=_SAFE_LISTED)}&at={at}"


def step(company_id: str, customer_id: str, direction: int, *, form: bool = False) -> str:
    """Leads to the customer after one in a list (`direction` 1), or before it (-1); the list is added by `kept`.

    With `form` to the customer's form.
    """
    to = "next" if direction > 0 else "previous"
    parameters = {"from": customer_id, "to": to} | ({"form": "1"} if form else {})
    query = urlencode(parameters, errors="replace")
    return f"/companies/{url_segment(company_id)}/step/?{query}"


def refresh(company_id: str) -> str:
    """Starts a refresh of the customers (POST)."""
    return f"/companies/{url_segment(company_id)}/refresh/"


def freshness(company_id: str) -> str:
    """How old Codat's copy is; follows a refresh."""
    return f"/companies/{url_segment(company_id)}/freshness/"


def customer(company_id: str, customer_id: str) -> str:
    """One customer."""
    return f"{customers(company_id)}{url_segment(customer_id)}/"


def edit(company_id: str, customer_id: str) -> str:
    """The form of one customer."""
    return f"{customer(company_id, customer_id)}edit/"


def field(company_id: str, customer_id: str) -> str:
    """One field of a customer, `?path=`, to be edited in its place on the page."""
    return f"{customer(company_id, customer_id)}field/"


def timeline(company_id: str, customer_id: str) -> str:
    """What happened to a customer."""
    return f"{customer(company_id, customer_id)}timeline/"


def form(company_id: str, customer_id: str) -> str:
    """The form of a customer; `customer_id` "" for a new one."""
    return edit(company_id, customer_id) if customer_id else new(company_id)


def draft(company_id: str, customer_id: str) -> str:
    """Saves a form's draft (POST); `customer_id` "" for a new customer."""
    return f"{form(company_id, customer_id)}draft/"


def continued_draft(
    company_id: str, customer_id: str, connection_id: str, submission: uuid.UUID
) -> str:
    """The form that continues a draft."""
    query = {"connection": connection_id, "draft": str(submission)}
    return f"{form(company_id, customer_id)}?{urlencode(query)}"


def attachments(company_id: str, customer_id: str) -> str:
    """A customer's attachments."""
    return f"{customer(company_id, customer_id)}attachments/"


def archive(company_id: str, customer_id: str) -> str:
    """All of a customer's attachments as one ZIP file. Not below the list, where any segment is an attachment's ID."""
    return f"{customer(company_id, customer_id)}attachments.zip"


def attachment(company_id: str, customer_id: str, attachment_id: str) -> str:
    """The page of one attachment."""
    return f"{attachments(company_id, customer_id)}{url_segment(attachment_id)}/"


def preview(company_id: str, customer_id: str, attachment_id: str) -> str:
    """An attachment's bytes for the preview; only file types that are safe to show."""
    return f"{attachments(company_id, customer_id)}{url_segment(attachment_id)}/preview/"


def download(company_id: str, customer_id: str, attachment_id: str) -> str:
    """An attachment's file."""
    return f"{attachments(company_id, customer_id)}{url_segment(attachment_id)}/download/"


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


def fix(company_id: str, customer_id: str, write_id: uuid.UUID | str) -> str:
    """The form with the values of a write that was refused."""
    return f"{form(company_id, customer_id)}?{urlencode({'write': write_id})}"


def revert(company_id: str, customer_id: str, connection_id: str, write_id: uuid.UUID | str) -> str:
    """The form with the values from before a write."""
    query = {"connection": connection_id, "revert": write_id}
    return f"{form(company_id, customer_id)}?{urlencode(query)}"


def notes(company_id: str, kind: str = "", subject_id: str = "") -> str:
    """The notes and the owner of a company; with `kind` (customer, change, problem) of something of it."""
    company = f"/companies/{url_segment(company_id)}/notes/"
    return f"{company}{kind}/{url_segment(subject_id)}/" if kind else company


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


def workers() -> str:
    """The page of the workers, for administrators."""
    return "/workers/"


def batches() -> str:
    """The batches of all companies."""
    return "/batches/"


def company_batches(company_id: str) -> str:
    """A company's batches."""
    return f"/companies/{url_segment(company_id)}/batches/"


def batch(company_id: str, batch_id: uuid.UUID | str) -> str:
    """One batch."""
    return f"{company_batches(company_id)}{batch_id}/"


def batch_row(company_id: str, batch_id: uuid.UUID | str, position: int) -> str:
    """One row of a batch, by its position from 1."""
    return f"{batch(company_id, batch_id)}rows/{position}/"


def batch_result(company_id: str, batch_id: uuid.UUID | str) -> str:
    """The rows of a batch as a file."""
    return f"{batch(company_id, batch_id)}result.csv"


def new_batch(
    company_id: str,
    *,
    connection: str = "",
    listed: str = "",
    is_all: bool = False,
    source: uuid.UUID | str = "",
) -> str:
    """The page on which a batch is made.

    `listed` is the query string of the list ("" or "?...") in which customers were ticked; `is_all`: all that it has
    were selected. `source` is the batch whose rows are tried again.
    """
    pairs = {
        "connection": connection,
        "source": str(source),
        "all": "1" if is_all else "",
        "list": listed.removeprefix("?"),
    }
    query = urlencode({name: text for name, text in pairs.items() if text}, safe=_SAFE_LISTED)
    return f"{company_batches(company_id)}new/" + (f"?{query}" if query else "")


def imports() -> str:
    """The imports of all companies."""
    return "/imports/"


def company_imports(company_id: str) -> str:
    """A company's imports."""
    return f"/companies/{url_segment(company_id)}/imports/"


def new_import(company_id: str, *, connection: str = "") -> str:
    """The page on which a spreadsheet is uploaded. `connection` is "" for the company's best one."""
    query = f"?{urlencode({'connection': connection})}" if connection else ""
    return f"{company_imports(company_id)}new/{query}"


def import_page(company_id: str, import_id: uuid.UUID | str) -> str:
    """One import."""
    return f"{company_imports(company_id)}{import_id}/"


def import_upload(company_id: str, import_id: uuid.UUID | str) -> str:
    """Takes the corrected file of an import (POST)."""
    return f"{import_page(company_id, import_id)}file/"


def import_problems(company_id: str, import_id: uuid.UUID | str) -> str:
    """The file of an import with a column that says what is wrong with each row."""
    return f"{import_page(company_id, import_id)}problems/"


def import_outcome(company_id: str, import_id: uuid.UUID | str) -> str:
    """The file of an import with columns that say what became of each row."""
    return f"{import_page(company_id, import_id)}outcome/"


def export(company_id: str, *, connection: str = "", listed: str = "", is_all: bool = False) -> str:
    """The page on which customers are exported.

    `listed` is the query string of the list ("" or "?...") in which customers were ticked; `is_all`: all that it has.
    """
    pairs = {
        "connection": connection,
        "all": "1" if is_all else "",
        "list": listed.removeprefix("?"),
    }
    query = urlencode({name: text for name, text in pairs.items() if text}, safe=_SAFE_LISTED)
    return f"{customers(company_id)}export/" + (f"?{query}" if query else "")


def exports() -> str:
    """The exports of all companies: what left the house."""
    return "/exports/"


def exported(company_id: str, export_id: uuid.UUID | str) -> str:
    """One export."""
    return f"/companies/{url_segment(company_id)}/exports/{export_id}/"


def search(query: str = "") -> str:
    """The search over all companies; `query` is its query string, "" or "?..."."""
    return f"/search/{query}"


def search_suggestions() -> str:
    """What the search finds while somebody types (`?q=`)."""
    return "/search/suggestions/"


def live_search(query: str) -> str:
    """The next companies of a search that asks Codat; `query` is its query string."""
    return f"/search/live/{query}"


def from_search(query: str) -> str:
    """The query string of a link from a search ("" or "?...") to a customer: "?found=...".

    "" where the search's is too long. `customers/web/origins/search_origin.py` reads it.
    """
    return f"?found={quote(query[1:], safe=_SAFE_LISTED)}" if len(query) <= MAX_LISTED else ""


def settings() -> str:
    """The reader's settings."""
    return "/settings/"


def notifications(query: str = "") -> str:
    """What the reader was told; `query` is its query string without "?"."""
    return f"/notifications/?{query}" if query else "/notifications/"


def notification(notice_id: uuid.UUID | str) -> str:
    """Leads to what a notification is about."""
    return f"/notifications/{notice_id}/"


def notification_settings() -> str:
    """How the reader wants to be told."""
    return "/settings/notifications/"


def channels() -> str:
    """The team's channels, for administrators."""
    return "/settings/channels/"


def shortcuts() -> str:
    """All keyboard shortcuts."""
    return "/shortcuts/"


def badge(watched: Iterable[str] = ()) -> str:
    """The entry of the side column for these; `watched` are changes that were running when the page was made."""
    pairs = [("watch", write_id) for write_id in watched]
    return "/writes/badge/" + (f"?{urlencode(pairs)}" if pairs else "")


def currencies() -> str:
    """The codes that the filter of currencies suggests."""
    return "/currencies/"


def columns() -> str:
    """Keeps the columns of a list for its reader (POST)."""
    return "/columns/"


def new_view(shown: str) -> str:
    """The form that saves a list as a view. `shown` is the list's address."""
    return f"/views/new/?{urlencode({'next': shown}, safe=_SAFE_LISTED)}"


def view(view_id: int, shown: str) -> str:
    """The page of a saved view. `shown` is the address of the list to go back to."""
    return f"/views/{view_id}/?{urlencode({'next': shown}, safe=_SAFE_LISTED)}"
