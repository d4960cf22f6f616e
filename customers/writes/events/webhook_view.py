"""The address to which Codat posts its events."""

import logging

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from customers.scope import EVERYTHING, restricted
from customers.web import audited
from customers.writes import leases
from customers.writes.events import webhooks

log = logging.getLogger(__name__)


@csrf_exempt
@login_not_required
@require_POST
@restricted(EVERYTHING)
def receive_event(request: HttpRequest) -> HttpResponse:
    """204 once an event is stored (now or before), 401 without a valid signature, 400 without JSON."""
    try:
        event = webhooks.receive(request.body, request.headers)
    except webhooks.InvalidSignature as error:
        log.warning("an event was rejected: %s", error)
        audited.record_refused_event()
        return HttpResponse("Invalid signature.\n", status=401, content_type="text/plain")
    except webhooks.MalformedEvent:
        return HttpResponse("The body is not JSON.\n", status=400, content_type="text/plain")
    if event is not None:
        webhooks.apply(event)
        # A worker looks every second, and does not process in the process that serves pages.
        if not leases.is_worker_alive():
            webhooks.process_later(event)
    return HttpResponse(status=204)
