"""What every page's template may use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.template.backends.utils import csrf_input
from django.utils.functional import SimpleLazyObject

from customers.models import Write
from customers.service import default_service
from customers.web import links


def dashboard(request: HttpRequest) -> dict[str, Any]:
    """`is_sandbox`, the addresses in the frame, how many writes of this person are open, what is left of the
    day's calls to Codat, and a CSRF token for the page's forms."""
    user = getattr(request, "user", None)
    user_id = user.pk if user is not None and user.is_authenticated else None
    return {
        # Masked once a page, and on no page without a form: Django's own is masked anew in each form.
        "csrf_input": SimpleLazyObject(lambda: csrf_input(request)),
        "is_sandbox": settings.CODAT_IS_LOCAL,
        "companies_url": links.companies(),
        "my_writes_url": links.my_writes(),
        "codat_quota": _quota,
        # A callable: counted only by templates that show it.
        "open_writes": lambda: (
            Write.objects.count_needing_attention(user_id) if user_id else (0, 0)
        ),
    }


def _quota() -> str:
    left = default_service().quota()
    return f"{left.remaining:,} of {left.limit:,}" if left else ""
