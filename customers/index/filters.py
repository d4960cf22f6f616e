"""Which customers a search is limited to, beside its text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q, QuerySet

from customers.index.rules import table
from customers.models import IndexedCompany, IndexedCustomer

# What a customer may lack, each with the columns that are all empty then.
LACKS: dict[str, tuple[str, ...]] = {
    "email": ("emails",),
    "phone": ("phones",),
    "tax_number": ("tax_number",),
    "registration_number": ("registration_number",),
    "currency": ("currency",),
    "address": ("city", "postal_code", "country"),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """Limits of a search. Empty means no limit.

    `companies` are IDs, `statuses`, `countries` and `currencies` as Codat writes them, `lacks` names of `LACKS`.
    `rules` are names of rules that a customer breaks, all of them.
    `is_deleted`: True for deleted customers only, False for none of them.
    """

    companies: Sequence[str] = ()
    statuses: Sequence[str] = ()
    countries: Sequence[str] = ()
    currencies: Sequence[str] = ()
    lacks: Sequence[str] = ()
    rules: Sequence[str] = ()
    is_deleted: bool | None = None

    def apply(self, rows: "QuerySet[IndexedCustomer]") -> "QuerySet[IndexedCustomer]":
        """The rows within the limits. Raises KeyError for an unknown name in `lacks` or `rules`."""
        limits: dict[str, Any] = {
            "status__in": self.statuses,
            "country__in": self.countries,
            "currency__in": self.currencies,
        }
        rows = rows.filter(**{name: values for name, values in limits.items() if values})
        if self.companies:
            rows = rows.filter(source__in=list(self.sources().values_list("pk", flat=True)))
        if self.is_deleted is not None:
            rows = rows.filter(is_deleted=self.is_deleted)
        for name in self.lacks:
            rows = rows.filter(Q(**dict.fromkeys(LACKS[name], "")))
        for name in self.rules:
            bits = F("broken_rules").bitand(table.BY_NAME[name].bit)
            rows = rows.alias(**{f"breaks_{table.BY_NAME[name].bit}": bits}).exclude(
                **{f"breaks_{table.BY_NAME[name].bit}": 0}
            )
        return rows

    def sources(self) -> "QuerySet[IndexedCompany]":
        """The companies within the limits."""
        companies = IndexedCompany.objects.all()
        return companies.filter(company_id__in=self.companies) if self.companies else companies
