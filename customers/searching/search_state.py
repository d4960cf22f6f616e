"""A search in an address: its text, filters and page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict

from customers.codat import countries
from customers.codat.values import canonical_company_id
from customers.index.filters import LACKS, Filters
from customers.index.question import MAX_TEXT, read
from customers.index.rules.table import BY_NAME
from customers.web.lists.list_state import AddressReader
from customers.web.lists.list_states import CUSTOMER_STATUSES
from customers.web.lists.paging import page_number

# What is missing, as filters of the page. The address takes every name of `LACKS`.
LACKS_LABELS = {
    "email": "No email",
    "phone": "No phone",
    "tax_number": "No tax number",
    "registration_number": "No registration number",
    "currency": "No currency",
    "address": "No address",
}
# Of the page's form, without what is rarely wanted.
COMMON_LACKS = ("email", "phone", "tax_number")
# Values of `deleted`, and the limit that each of them is.
DELETED: Mapping[str, bool | None] = {"show": None, "hide": False, "only": True}
_MAX_DIGITS, _MAX_COUNTRY, _MAX_ID = 4, 60, 64


@dataclass(frozen=True, slots=True)
class SearchState:
    """What the address of a search says; `corrections` are sentences about what was not understood."""

    text: str
    company: str = ""
    status: str = ""
    country: str = ""
    deleted: str = "show"
    lacks: tuple[str, ...] = ()
    rule: str = ""
    page: int = 1
    corrections: tuple[str, ...] = ()

    @property
    def filters(self) -> Filters:
        """The same limits for the index."""
        return Filters(
            companies=(self.company,) if self.company else (),
            statuses=("Archived", "InActive") if self.status == "Archived" else _one(self.status),
            countries=countries.written(self.country) if self.country else (),
            lacks=self.lacks,
            rules=_one(self.rule),
            is_deleted=DELETED[self.deleted],
        )

    @property
    def is_filtered(self) -> bool:
        """Whether a filter hides customers."""
        return (
            bool(self.company or self.status or self.country or self.lacks or self.rule)
            or self.deleted != "show"
        )

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for."""
        return not self.text.strip() and not self.is_filtered

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences above the results."""
        notices = self.corrections
        if len(self.text) > MAX_TEXT:
            notices += (f"Only the first {MAX_TEXT} characters are searched for.",)
        question = read(self.text)
        if question.key and not question.readings:
            notices += ("One letter finds names that begin with it. Type two or more to find all.",)
        return notices

    def address(self, **changes: str | int) -> str:
        """The query string of this search with `changes`; "" or "?..."."""
        state: dict[str, str | int] = {
            "q": self.text,
            "company": self.company,
            "status": self.status,
            "country": self.country,
            "deleted": self.deleted,
            "rule": self.rule,
            "page": self.page,
        }
        state |= changes
        defaults: dict[str, str | int] = {"deleted": "show", "page": 1}
        pairs = [(name, value) for name, value in state.items() if value != defaults.get(name, "")]
        pairs += [("lacks", name) for name in self.lacks]
        return "?" + urlencode(pairs, errors="replace") if pairs else ""


def read_search(params: QueryDict) -> SearchState:
    """The search of an address; invalid values are replaced by defaults."""
    reader = AddressReader(params)
    status = reader.choice(
        "status", CUSTOMER_STATUSES, "", "a valid status", "Showing every status."
    )
    deleted = reader.choice(
        "deleted",
        tuple(DELETED),
        "show",
        "show, hide or only",
        "Showing deleted customers, too.",
    )
    lacks = tuple(dict.fromkeys(name for name in params.getlist("lacks") if name in LACKS))
    return SearchState(
        text=read_text(reader.text("q")),
        company=canonical_company_id(reader.text("company").strip()[:_MAX_ID]),
        status=status,
        country=reader.text("country").strip()[:_MAX_COUNTRY],
        deleted=deleted,
        lacks=lacks,
        rule=reader.choice(
            "rule", tuple(BY_NAME), "", "a rule that exists", "Showing every customer."
        ),
        page=page_number(params.get("page", ""), digits=_MAX_DIGITS),
        corrections=tuple(reader.corrections),
    )


def read_text(text: str) -> str:
    """A text to search for: a character more than what is searched for, so that a page can say that it was cut."""
    return text.replace("\0", "")[: MAX_TEXT + 1]


def _one(value: str) -> Sequence[str]:
    return (value,) if value else ()
