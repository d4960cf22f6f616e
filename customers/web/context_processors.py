"""The context of every template."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.template.backends.utils import csrf_input
from django.utils.functional import SimpleLazyObject

from customers.models import Write
from customers.service import default_service
from customers.web import links


def dashboard(request: HttpRequest) -> dict[str, Any]:
    """The names that the frame (base.html) and the components use.

    `csrf_input`, `is_sandbox`, `sandbox_url`, `administrator` (name and email, "" where not set), `companies_url`,
    `my_writes_url`; callables, so that pages that do not show them make no query: `codat_quota` and `open_writes`.
    """
    user = getattr(request, "user", None)
    user_id = user.pk if user is not None and user.is_authenticated else None
    return {
        # Masked once a page; Django's own masks it for each form.
        "csrf_input": SimpleLazyObject(lambda: csrf_input(request)),
        "is_sandbox": settings.CODAT_IS_LOCAL,
        "sandbox_url": f"{settings.CODAT_BASE_URL}/",
        "administrator": {
            "name": settings.ADMINISTRATOR_NAME,
            "email": settings.ADMINISTRATOR_EMAIL,
        },
        "companies_url": links.companies(),
        "my_writes_url": links.my_writes(),
        "codat_quota": _quota,
        "open_writes": lambda: (
            Write.objects.count_needing_attention(user_id) if user_id else (0, 0)
        ),
    }


def _quota() -> str:
    """`4,000 of 5,000`: the calls that are left today; "" where that is not known."""
    quota = default_service().quota()
    return f"{quota.remaining:,} of {quota.limit:,}" if quota else ""
