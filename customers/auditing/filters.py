"""The filters of the audit, and the entries that they select. No request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from customers.codat.values import is_uuid
from customers.home.activity import company_named
from customers.home.periods import Period
from customers.models import AuditEntry

KINDS = (("", "All"), *AuditEntry.Kind.choices)
MAX_PEOPLE = 200
_MAX_TEXT = 500


@dataclass(frozen=True, slots=True)
class EntryFilters:
    """The filters of an address. `company` is as typed, `company_id` the one that it names; "" selects all.

    `notices` are sentences about what was ignored.
    """

    person: str = ""
    company: str = ""
    company_id: str = ""
    customer: str = ""
    kind: str = ""
    first: date | None = None
    last: date | None = None
    notices: tuple[str, ...] = ()

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "EntryFilters":
        """The filters of a query string."""
        notices: list[str] = []
        company, kind = _text(query, "company"), query.get("kind", "")
        company_id = company_named(company) if company else ""
        if not company_id and is_uuid(company):
            # A company that the dashboard has forgotten still has its entries.
            company_id = company.lower()
        if company and not company_id:
            notices.append(f"No company is called “{company}”. Showing all companies.")
        return cls(
            person=_text(query, "person"),
            company=company,
            company_id=company_id,
            customer=_text(query, "customer"),
            kind=kind if kind in AuditEntry.Kind.values else "",
            first=_day(query, "from", notices),
            last=_day(query, "to", notices),
            notices=tuple(notices),
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is left out."""
        chosen = (self.person, self.company_id, self.customer, self.kind, self.first, self.last)
        return any(chosen)

    def entries(self) -> "QuerySet[AuditEntry]":
        """The entries that match and that the reader may see, the newest first."""
        rows = AuditEntry.objects.all()
        if self.company_id:
            rows = rows.filter(company_id=self.company_id)
        if self.customer:
            rows = rows.filter(customer_id=self.customer)
        if self.person:
            rows = rows.filter(_of_person(self.person))
        if self.kind:
            rows = rows.filter(kind=self.kind)
        span = Period(self.first, self.last)
        if span.start:
            rows = rows.filter(at__gte=span.start)
        if span.end:
            rows = rows.filter(at__lt=span.end)
        return rows.order_by("-at", "-id")


def after(rows: "QuerySet[AuditEntry]", entry: AuditEntry | None) -> "QuerySet[AuditEntry]":
    """The rows that follow an entry in the list, which is in its order; all for None."""
    if entry is None:
        return rows
    return rows.filter(Q(at__lt=entry.at) | Q(id__lt=entry.pk), at__lte=entry.at)


def before(rows: "QuerySet[AuditEntry]", entry: AuditEntry) -> "QuerySet[AuditEntry]":
    """The rows before an entry in the list, the nearest first."""
    rows = rows.filter(Q(at__gt=entry.at) | Q(id__gt=entry.pk), at__gte=entry.at)
    return rows.order_by("at", "id")


def people() -> list[str]:
    """The names that the filter suggests."""
    return list(User.objects.order_by("username").values_list("username", flat=True)[:MAX_PEOPLE])


def _of_person(name: str) -> Q:
    """The entries of an account, also of one that was called otherwise; else those with this name."""
    name = User.normalize_username(name)
    user = User.objects.filter(username=name).only("pk").first()
    return Q(user_id=user.pk) if user else Q(user_name=name)


def _text(query: Mapping[str, str], name: str) -> str:
    return query.get(name, "").strip()[:_MAX_TEXT].replace("\0", "\ufffd")


def _day(query: Mapping[str, str], name: str, notices: list[str]) -> date | None:
    text = query.get(name, "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        notices.append(f"“{text[:40]}” is not a day such as 2026-01-31. It was ignored.")
        return None
