"""The context of every template."""

import functools
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html
from django.utils.safestring import SafeString

from customers.formatting import thousands
from customers.service import default_service
from customers.web import attention, htmx, links
from customers.web.reader import reader_of

# The share of the day's calls below which the frame shows how many are left.
LOW_QUOTA = 0.2


def dashboard(request: HttpRequest) -> dict[str, Any]:
    """The names that the frame (base.html) and the components use.

    `csrf_token`, `csrf_input`, `is_sandbox`, `sandbox_url`, `administrator` (name and email, "" where not set),
    `support_contact`, `reader`, `here_path`, `here_company` (its ID, "" for none), `companies_url`, `my_writes_url`,
    `batches_url`, `imports_url`, `approvals_url`, `admin_site_url` ("" where there is none); callables, so that
    pages that do not show them make no query: `low_quota`, `attention` and `recent_companies`.
    """
    user = getattr(request, "user", None)
    user_id = user.pk if user is not None and user.is_authenticated else None
    match = request.resolver_match
    # Masked once a page; Django's own are masked for each form, and no two of them compress together.
    token = SimpleLazyObject(lambda: get_token(request))
    return {
        "csrf_token": token,
        "csrf_input": SimpleLazyObject(lambda: _csrf_input(token)),
        "is_sandbox": settings.CODAT_IS_LOCAL,
        "sandbox_url": f"{settings.CODAT_BASE_URL}/",
        "administrator": {
            "name": settings.ADMINISTRATOR_NAME,
            "email": settings.ADMINISTRATOR_EMAIL,
        },
        "support_contact": settings.SUPPORT_CONTACT,
        "reader": reader_of(request),
        "here_path": htmx.page_path(request),
        "here_company": str(match.kwargs.get("company_id", "")) if match else "",
        "companies_url": links.companies(),
        "my_writes_url": links.my_writes(),
        "batches_url": links.batches(),
        "imports_url": links.imports(),
        "approvals_url": links.approvals(),
        "admin_site_url": "/admin/" if settings.ADMIN_SITE else "",
        "low_quota": _low_quota,
        "attention": functools.cache(
            lambda: attention.of_user(user_id) if user_id else attention.Attention()
        ),
        "recent_companies": lambda: [
            {"id": row.company_id, "name": row.name, "url": links.customers(row.company_id)}
            for row in reader_of(request).recent_companies
        ],
    }


def _csrf_input(token: object) -> SafeString:
    return format_html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', token)


def _low_quota() -> str:
    """`400 of 5,000`: the calls that are left today, where they may not last; "" where there is no need to know."""
    quota = default_service().quota()
    if not quota or quota.remaining > quota.limit * LOW_QUOTA:
        return ""
    return f"{thousands(quota.remaining)} of {thousands(quota.limit)}"
