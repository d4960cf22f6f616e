"""The page of the workers, for administrators."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from customers.web import htmx
from customers.worker.status import status


@require_safe
def workers(request: HttpRequest) -> HttpResponse:
    """Which workers are alive, what each chore did last, and what waits. The fragment renews itself."""
    if not request.user.is_superuser:
        raise PermissionDenied
    return htmx.render(request, "worker/workers.html", "worker/_workers.html", {"status": status()})
