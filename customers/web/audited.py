"""Records which pages somebody read, by the table of addresses below: no view has to think of it.

A page about one customer is a read of it. Lists, searches and suggestions are not: a row of a list says little, and
an entry for each of its rows would hide those who opened a customer. What is on a page of a change is a customer's.
A request says itself whether it is automatic, so that is not believed. Instead, the same page that the same person
opens again from the same address within `TOGETHER` seconds is one entry of a process, with the parts that it loads.
That also bounds what strangers can add.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.core.cache import caches
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from customers.access.scopes import scope_of
from customers.audit.recording import entry, record_all
from customers.codat import cache
from customers.models import Approval, AuditEntry, BatchRow, DuplicatePair, SubjectKind, Write
from customers.web import failures

Kind = AuditEntry.Kind

# Seconds.
TOGETHER = 60
# Customers of one entry each; the page that compares has four at most.
_MAX_COMPARED = 4

# Addresses by their names in `urls.py`.
READS = {
    "customer": "details",
    "edit": "form",
    "field": "field",
    "timeline": "timeline",
    "attachments": "attachments",
    "attachment": "attachment",
    "compare": "comparison",
    "new": "form with its values",
    "write": "change",
    "batch_row": "row of a batch",
    "notes": "notes",
    "duplicate": "probable duplicates",
    "held": "what is held",
    "approval": "request for approval",
}
# Answers to a post that show its page again, because it was refused or Codat did not answer.
_SHOWN_AGAIN = (409, 422, 502, 503, 504)
# What the customer's own page loads by itself, and shows.
_PARTS = ("details", "timeline", "attachments", "notes")
FILES = {"preview": "preview", "download": "file", "archive": "archive of all"}
DOWNLOADS = {
    "audit_table": "audit",
    "audit_lines": "audit",
    "activity_file": "team’s activity",
    "batch_result": "rows of a batch",
    "import_problems": "problems of an import",
    "import_outcome": "outcome of an import",
}
_SUBJECTS = ("approval_id", "attachment_id", "write_id", "batch_id", "import_id")


class AuditMiddleware:
    """Adds the entries of a page before it is sent. Without them there is no page, but that of a database fault."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        try:
            _store(entries_of(request, response))
        except failures.DATABASE_UNAVAILABLE as error:
            if response.streaming:
                # It holds a connection to Codat.
                response.close()
            return failures.database_unavailable(request, error)
        return response


def record_refused_event() -> None:
    """An event without a valid signature. The log has each of them."""
    _store([entry(Kind.EVENT_REFUSED)])


def entries_of(request: HttpRequest, response: HttpResponseBase) -> list[AuditEntry]:
    """What a page adds to the audit."""
    match = request.resolver_match
    if match is None:
        return []
    name, ids = match.view_name, match.kwargs
    company_id = str(ids.get("company_id", ""))
    if response.status_code == 403 or (
        response.status_code == 404 and company_id and _is_hidden(request, company_id)
    ):
        detail: dict[str, str | int | bool] = {"page": name}
        return [entry(Kind.DENIED, company_id=company_id, detail=detail)]
    if not _has_content(request, response.status_code):
        return []
    if name in READS:
        return [
            entry(
                Kind.READ,
                company_id=company_of,
                customer_id=customer_id,
                subject=_subject(ids),
                detail={"page": READS[name]},
            )
            for company_of, customer_id in _customers(request, name, ids)
        ]
    return _files(name, ids)


def _has_content(request: HttpRequest, status: int) -> bool:
    """Whether a response holds what its address is about."""
    return status in (200, 206) or (request.method == "POST" and status in _SHOWN_AGAIN)


def _is_hidden(request: HttpRequest, company_id: str) -> bool:
    """Whether the person may not see a company. For them it does not exist, so the page is a 404."""
    user = request.user
    return user.is_authenticated and not scope_of(user).has(company_id)


def _files(name: str, ids: dict[str, Any]) -> list[AuditEntry]:
    """The entry of a response that is a file."""
    kind, file = Kind.FILE, FILES.get(name, "")
    if name in DOWNLOADS:
        kind, file = Kind.DOWNLOAD, DOWNLOADS[name]
    if not file:
        return []
    return [
        entry(
            kind,
            company_id=str(ids.get("company_id", "")),
            customer_id=str(ids.get("customer_id", "")),
            subject=_subject(ids),
            detail={"file": file},
        )
    ]


def _customers(request: HttpRequest, name: str, ids: dict[str, Any]) -> list[tuple[str, str]]:
    """The companies and IDs of the customers whose values are on a page."""
    if name == "approval":
        # Of a batch it shows some rows; the batch has all of them.
        requests = Approval.objects.filter(pk=ids["approval_id"], write__isnull=False)
        return list(requests.values_list("company_id", "write__customer_id"))
    company_id = str(ids["company_id"])
    return [(company_id, customer_id) for customer_id in _customer_ids(request, name, ids)]


def _customer_ids(request: HttpRequest, name: str, ids: dict[str, Any]) -> Iterable[str]:
    """The same of a page whose address names the company."""
    if name == "compare":
        return list(dict.fromkeys(filter(None, request.GET.getlist("id"))))[:_MAX_COMPARED]
    if name == "new":
        # The form for a new customer may begin with the values of another one.
        return [request.GET["from"]] if request.GET.get("from") else []
    if name == "duplicate":
        pairs = DuplicatePair.objects.filter(pk=ids["pair_id"])
        return [pk for pair in pairs.values_list("first_id", "second_id") for pk in pair]
    if name == "batch_row":
        # A new customer has no ID yet.
        rows = BatchRow.objects.filter(batch=ids["batch_id"], position=ids["position"])
        return list(rows.values_list("customer_id", flat=True))
    if name == "write":
        writes = Write.objects.filter(pk=ids["write_id"])
        return list(writes.values_list("customer_id", flat=True))
    if name == "notes":
        return [str(ids["subject_id"])] if ids["kind"] == SubjectKind.CUSTOMER else []
    return [str(ids["customer_id"])]


def _subject(ids: dict[str, Any]) -> str:
    """The ID of what a page is about beside its customer."""
    subject = next((str(ids[name]) for name in _SUBJECTS if name in ids), "")
    return f"{subject}:{ids['position']}" if "position" in ids else subject


def _store(entries: Iterable[AuditEntry]) -> None:
    """Store those entries that the last `TOGETHER` seconds did not have."""
    keys = {_key(one): one for one in entries}
    if not keys:
        return
    # Each process has its own: nothing outside it can hide an entry, and no page waits for a server.
    stored = caches["process"]
    known = stored.get_many(keys)
    new = {key: one for key, one in keys.items() if key not in known}
    if new:
        record_all(list(new.values()))
        stored.set_many(dict.fromkeys(new, 1), TOGETHER)


def _key(one: AuditEntry) -> str:
    """What two entries have in common that are one. A stranger is refused once, whatever they ask for."""
    who = (str(one.user_id), one.address, str(one.kind))
    if one.user_id is None:
        return cache.key("audited", *who)
    detail = str(sorted(one.detail.items()))
    if one.kind == Kind.READ and one.detail.get("page") in _PARTS:
        detail = "parts"
    return cache.key("audited", *who, one.company_id, one.customer_id, one.subject, detail)
