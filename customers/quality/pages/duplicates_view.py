"""The probable duplicates of a company: their list, what a person says of each, and how to merge two."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_safe

from customers.models import DuplicatePair, IndexedCompany
from customers.quality.deciding import decide
from customers.quality.pairs import differences, shown
from customers.web import htmx, links
from customers.web.lists.paging import page_number

Decision = DuplicatePair.Decision

# Pairs of one page.
PAGE_SIZE = 25
# The lists of the page by their names in the address: their labels, and the pairs that they have.
_LISTS: dict[str, tuple[str, dict[str, Any]]] = {
    "open": ("To decide", {"decision": Decision.OPEN}),
    "same": ("To merge", {"decision": Decision.SAME, "closed_at": None}),
    "merged": ("Merged", {"decision": Decision.SAME, "closed_at__isnull": False}),
    "different": ("Different", {"decision": Decision.DIFFERENT}),
}
WRITE = "customers.write_customers"


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def duplicates(request: HttpRequest, company_id: str) -> HttpResponse:
    """The pairs of one of `_LISTS` (`?show=`), the most similar first; `?page=` is their page."""
    company = get_object_or_404(IndexedCompany, company_id=company_id)
    show, page = _place(request)
    rows = DuplicatePair.objects.filter(company_id=company_id)
    listed = rows.filter(**_LISTS[show][1]).order_by("-score", "pk")
    numbers = {name: rows.filter(**limits).count() for name, (_, limits) in _LISTS.items()}
    pages = max(1, -(-numbers[show] // PAGE_SIZE))
    page = min(page, pages)

    def address(number: int) -> str:
        return links.duplicates(company_id, show, number)

    context = _company(company) | {
        "show": show,
        "lists": [
            (name, label, numbers[name], links.duplicates(company_id, name))
            for name, (label, _) in _LISTS.items()
        ],
        "pairs": shown(company, listed[(page - 1) * PAGE_SIZE : page * PAGE_SIZE], show, page),
        "is_compared": company.compared_at is not None,
        "position": f"Page {page} of {pages}",
        "previous_url": address(page - 1) if page > 1 else "",
        "next_url": address(page + 1) if page < pages else "",
    }
    return render(request, "quality/duplicates.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("customers.read_customers", raise_exception=True)
def duplicate(request: HttpRequest, company_id: str, pair_id: int) -> HttpResponse:
    """One pair: why the two look alike, and how to merge them. POST `decision`: what a person says of it.

    `shown` is the decision that they were shown; `?show=` and `?page=` lead back to the list.
    """
    company = get_object_or_404(IndexedCompany, company_id=company_id)
    pair = get_object_or_404(DuplicatePair, company_id=company_id, pk=pair_id)
    meanwhile = ""
    if request.method == "POST":
        meanwhile = _decide(request, pair)
        if not meanwhile:
            return _next(request, pair)
    show, page = _place(request)
    [found] = shown(company, [pair], show, page)
    context = _company(company) | {
        "pair": found,
        "differences": differences(found),
        "duplicates_url": links.duplicates(company_id, show, page),
        "meanwhile": meanwhile,
    }
    return render(request, "quality/duplicate.html", context, status=409 if meanwhile else 200)


def _decide(request: HttpRequest, pair: DuplicatePair) -> str:
    """Record what a person says of a pair; a sentence where somebody said something else meanwhile, or ""."""
    user, decision = cast(User, request.user), request.POST.get("decision", "")
    if not user.has_perm(WRITE):
        raise PermissionDenied
    if decision not in Decision.values:
        return ""
    recorded = decide(pair, decision, user, shown=request.POST.get("shown", ""))
    pair.refresh_from_db()
    if recorded or pair.decision == decision:
        return ""
    if pair.decision == Decision.OPEN:
        return "Somebody took the decision back meanwhile. Nothing was changed."
    label = pair.get_decision_display().lower()
    return f"{pair.decided_by_name} said meanwhile: {label}. Nothing was changed."


def _next(request: HttpRequest, pair: DuplicatePair) -> HttpResponse:
    """Where a decision leads: to the guide for the same customer, else back to the page of the list."""
    show, page = _place(request)
    if pair.decision == Decision.SAME:
        return htmx.see_other(links.duplicate(pair.company_id, pair.pk, show, page))
    return htmx.see_other(links.duplicates(pair.company_id, show, page))


def _place(request: HttpRequest) -> tuple[str, int]:
    """The list and the page of it that the address names."""
    show = request.GET.get("show", "")
    return show if show in _LISTS else "open", page_number(request.GET.get("page", ""))


def _company(company: IndexedCompany) -> dict[str, Any]:
    """What both pages show of the company."""
    return {
        "company_name": company.name or f"Company {company.company_id}",
        "customers_url": links.customers(company.company_id),
        "duplicates_url": links.duplicates(company.company_id),
        "quality_url": links.quality(company.company_id),
        "platform": company.platform_name or "the accounting software",
    }
