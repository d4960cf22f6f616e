"""The page of data quality: how many customers break each rule, each number with the list behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from customers.codat.text import db_safe
from customers.codat.values import canonical_company_id
from customers.index.coverage import coverage
from customers.index.rules.table import RULES
from customers.models import IndexedCompany
from customers.quality.counts import Counts, quality
from customers.web import links
from customers.web.lists.paging import page_number

# Companies of one page.
PAGE_SIZE = 50
_MAX_ID = 64


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule with the number of customers that break it, and the address of their list; "" for none."""

    label: str
    advice: str
    count: int
    url: str


@dataclass(frozen=True, slots=True)
class CompanyRow:
    """One company: how many of its customers break a rule, and which ones. `url` is its own page.

    `pairs` are its probable duplicates, `pairs_url` is their list.
    """

    company_id: str
    name: str
    url: str
    customers: int
    rules: Sequence[RuleRow]
    pairs: int
    pairs_url: str


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def quality_page(request: HttpRequest) -> HttpResponse:
    """The rules with their counts, of `?company=` or of all. All companies follow, `?page=` is the page of them."""
    company_id = canonical_company_id(db_safe(request.GET.get("company", "").strip(), _MAX_ID))
    rows = IndexedCompany.objects.all()
    company = rows.filter(company_id=company_id).first() if company_id else None
    found = quality(company_id)
    pages = max(1, -(-len(found.companies) // PAGE_SIZE))
    page = min(page_number(request.GET.get("page", "")), pages)
    shown = found.companies[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    context = {
        "company_id": company_id,
        "company_name": _name(company) if company else "",
        "customers_url": links.customers(company_id) if company else "",
        "all_url": links.quality(),
        "is_off": not settings.INDEX_CUSTOMERS,
        "coverage": coverage(rows.filter(company_id=company_id) if company_id else rows),
        "not_read": _why_not_read(company) if company else "",
        "unchecked": found.unchecked,
        "customers": found.total.customers,
        "pairs": found.total.pairs,
        "pairs_url": links.duplicates(company_id) if company else "",
        "rules": _rules(found.total, company_id, [rule.name for rule in RULES]),
        "companies": [] if company_id else [_company(*pair) for pair in shown],
        "position": f"Page {page} of {pages}",
        "previous_url": f"?{urlencode({'page': page - 1})}" if page > 1 else "",
        "next_url": f"?{urlencode({'page': page + 1})}" if page < pages else "",
    }
    missing = bool(company_id) and company is None
    return render(request, "quality/quality.html", context, status=404 if missing else 200)


def _why_not_read(company: IndexedCompany) -> str:
    """Why the customers of a company are not in the index, or not all of them, as sentences; "" where they are."""
    if company.state == IndexedCompany.State.COMPLETE:
        return ""
    return f"{company.get_state_display()}. {company.message}".strip()


def _name(company: IndexedCompany) -> str:
    return company.name or f"Company {company.company_id}"


def _company(company: IndexedCompany, counts: Counts) -> CompanyRow:
    return CompanyRow(
        company_id=company.company_id,
        name=_name(company),
        url=links.quality(company.company_id),
        customers=counts.customers,
        rules=_rules(counts, company.company_id, [rule.name for rule in counts.by_rule]),
        pairs=counts.pairs,
        pairs_url=links.duplicates(company.company_id),
    )


def _rules(counts: Counts, company_id: str, names: Iterable[str]) -> list[RuleRow]:
    wanted = set(names)
    rows = []
    for rule in RULES:
        if rule.name in wanted:
            count = counts.by_rule.get(rule, 0)
            url = links.search(f"?{urlencode(_filters(rule.name, company_id))}") if count else ""
            rows.append(RuleRow(rule.label, rule.advice, count, url))
    return rows


def _filters(rule: str, company_id: str) -> dict[str, str]:
    return {"company": company_id, "rule": rule} if company_id else {"rule": rule}
