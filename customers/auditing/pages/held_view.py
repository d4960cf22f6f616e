"""What the dashboard holds about a customer, and having it forgotten."""

from typing import cast

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from customers import scope
from customers.auditing import forgetting
from customers.auditing.held import Customer, held, obstacles
from customers.models import CompanyState
from customers.web import htmx, links

# The value of `done` in the address after it was forgotten.
_DONE = "forgotten"


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("customers.read_audit", raise_exception=True)
def held_page(request: HttpRequest, company_id: str, customer_id: str) -> HttpResponse:
    """Counts with links. `?forget=1` asks whether to forget it; POST does. Makes no call to Codat."""
    if not scope.may_see(company_id):
        raise Http404("a company of others")
    customer = Customer(company_id, customer_id)
    url = links.held(company_id, customer_id)
    status = 200
    if request.method == "POST":
        try:
            forgetting.forget(customer, user=cast(User, request.user))
            return htmx.see_other(f"{url}?done={_DONE}")
        except forgetting.NotPossible:
            status = 409
    company = CompanyState.objects.filter(company_id=company_id).first()
    rows = held(customer)
    context = {
        "customer_id": customer_id,
        "company_name": company.name if company else company_id,
        "company_url": links.customers(company_id),
        "customer_url": links.customer(company_id, customer_id),
        "url": url,
        "rows": [row for row in rows if row.is_forgotten],
        "kept": [row for row in rows if not row.is_forgotten],
        "obstacles": obstacles(customer),
        "is_asked": "forget" in request.GET or status != 200,
        "is_done": request.GET.get("done") == _DONE and request.method == "GET",
        "keep_days": settings.KEEP_PAYLOADS_DAYS,
        "audit_days": (settings.AUDIT_DAYS_READS, settings.AUDIT_DAYS),
    }
    return render(request, "audit/held.html", context, status=status)
