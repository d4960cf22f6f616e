"""The page of the workers, for administrators."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from customers.web import htmx
from customers.worker.status import status


@require_safe
@permission_required("customers.manage_people", raise_exception=True)
def workers(request: HttpRequest) -> HttpResponse:
    """Which workers are alive, what each chore did last, and what waits. The fragment renews itself."""
    return htmx.render(request, "worker/workers.html", "worker/_workers.html", {"status": status()})
