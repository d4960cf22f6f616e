"""Where Codat posts its events."""

import logging

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from customers.writes import webhooks

log = logging.getLogger(__name__)


@csrf_exempt
@login_not_required
@require_POST
def codat(request: HttpRequest) -> HttpResponse:
    """204 once an event is kept (or was before), 401 where it is not Codat's. Details come after."""
    try:
        event = webhooks.receive(request.body, request.headers)
    except webhooks.InvalidSignature as error:
        log.warning("an event was turned away: %s", error)
        return HttpResponse("The signature does not fit.\n", status=401, content_type="text/plain")
    except webhooks.MalformedEvent:
        return HttpResponse("That is no JSON.\n", status=400, content_type="text/plain")
    if event is not None:
        webhooks.note(event)
        webhooks.handle_later(event)
    return HttpResponse(status=204)
