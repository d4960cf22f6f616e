"""What the team changed in all companies: the filters, and the rows of the journal that they select. No request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q

from customers.home.company_facts import folded
from customers.home.periods import LABELS as PERIODS
from customers.home.periods import Period, named
from customers.models import CompanyState, Write, WriteQuerySet

State, Confirmation = Write.State, Write.Confirmation

MAX_PEOPLE, MAX_COMPANIES = 200, 500
_MAX_TEXT = 300

# Each outcome is what an index has: a state, a kind of confirmation, or one of the flags.
_OUTCOMES: dict[str, tuple[str, Callable[[WriteQuerySet], WriteQuerySet]]] = {
    "open": ("Not resolved", lambda rows: rows.filter(is_problem=1)),
    "running": ("In progress", lambda rows: rows.filter(is_pending=1)),
    "waiting": ("Waits for approval", lambda rows: rows.filter(state=State.WAITING)),
    "accepted": ("Accepted", lambda rows: rows.filter(state=State.SUCCESS)),
    "different": ("Came back different", lambda rows: rows.filter(confirmation="differs")),
    "absent": ("Not found after sync", lambda rows: rows.filter(confirmation="absent")),
    "failed": ("Refused or not sent", lambda rows: rows.filter(state=State.FAILED)),
    "timed-out": ("Timed out", lambda rows: rows.filter(state=State.TIMED_OUT)),
    "unknown": ("Unknown", lambda rows: rows.filter(state=State.UNKNOWN)),
    "left": ("Left by a batch", lambda rows: rows.filter(state=State.NOT_SENT)),
}
OUTCOMES = (("", "All"), *((name, label) for name, (label, _) in _OUTCOMES.items()))


@dataclass(frozen=True, slots=True)
class ActivityFilters:
    """The filters of an address. `company` is as typed, `company_id` the one that it names; "" selects all.

    `notices` are sentences about what was ignored.
    """

    person: str = ""
    company: str = ""
    company_id: str = ""
    outcome: str = ""
    period: str = ""
    first: date | None = None
    last: date | None = None
    notices: tuple[str, ...] = ()

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "ActivityFilters":
        """The filters of a query string."""
        notices: list[str] = []
        company = _text(query, "company")
        company_id = company_named(company) if company else ""
        if company and not company_id:
            notices.append(f"No company is called “{company}”. Showing all companies.")
        first, last = (_day(query, name, notices) for name in ("from", "to"))
        outcome, period = query.get("outcome", ""), query.get("period", "")
        return cls(
            person=_text(query, "person"),
            company=company,
            company_id=company_id,
            outcome=outcome if outcome in _OUTCOMES else "",
            period=period if period in PERIODS else "",
            first=first,
            last=last,
            notices=tuple(notices),
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is left out."""
        return bool(self.person or self.company_id or self.outcome or self.span != Period())

    @property
    def span(self) -> Period:
        """The days: those that are typed, else those of the named period."""
        if self.first or self.last:
            return Period(self.first, self.last)
        return named(self.period)

    def apply(self, rows: WriteQuerySet) -> WriteQuerySet:
        """The rows that match. Each combination begins with an index in the order of the list."""
        if self.outcome:
            rows = _OUTCOMES[self.outcome][1](rows)
        if self.company_id:
            rows = rows.filter(company_id=self.company_id)
        if self.person:
            rows = rows.filter(self._of_person())
        span = self.span
        if span.start:
            rows = rows.filter(created_at__gte=span.start)
        if span.end:
            rows = rows.filter(created_at__lt=span.end)
        return rows

    def _of_person(self) -> Q:
        """A person's changes: by the name within a company, elsewhere by the account where there still is one."""
        if self.company_id:
            return Q(username=self.person)
        user = User.objects.filter(username=self.person).first()
        return Q(user=user) if user else Q(user=None, username=self.person)


def company_named(text: str) -> str:
    """The ID of the company with this name or ID, else of the only one whose name begins so; "" for none."""
    states = CompanyState.objects.order_by("name")
    exact = states.filter(Q(company_id=text.lower()) | Q(name=text)).first()
    if exact:
        return exact.company_id
    # One that Codat has no more still has its history.
    if Write.objects.filter(company_id=text.lower()).exists():
        return text.lower()
    wanted = folded(text)
    # What a company is found by begins with its name.
    similar = list(states.filter(search__startswith=wanted).values_list("pk", flat=True)[:2])
    return similar[0] if wanted and len(similar) == 1 else ""


def people() -> list[str]:
    """The names of those who have changed something. One index lookup for each account."""
    changes = Exists(Write.objects.filter(user=OuterRef("pk")))
    names = User.objects.filter(changes).order_by("username").values_list("username", flat=True)
    return list(names[:MAX_PEOPLE])


def company_names() -> list[str]:
    """The names that the filter suggests."""
    names = CompanyState.objects.exclude(status="").values_list("name", flat=True)
    return list(names[:MAX_COMPANIES])


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
