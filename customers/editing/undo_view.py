"""Undoing a change with one click, from the customer's page or the change's own; without scripts too."""

import json
import uuid
from typing import Any, cast

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from customers.codat.companies import accounting_connection, is_linked
from customers.codat.errors import CodatError
from customers.editing.edit import Target
from customers.editing.save import (
    AlreadySaved,
    BeingSent,
    CustomerMissing,
    MergeNeeded,
    Outcome,
    SameName,
    Sent,
    Unchanged,
    Waits,
)
from customers.editing.undo import NotUndoable, undo
from customers.editing.views import read_model
from customers.models import Write
from customers.service import default_service
from customers.web import htmx, links
from customers.web.company_context import CompanyContext, load_company
from customers.web.error_pages import heading, may_help_to_retry, status_in_place
from customers.web.origins.list_origin import kept, read_origin


@require_POST
@permission_required("customers.write_customers", raise_exception=True)
def undo_change(request: HttpRequest, company_id: str, write_id: uuid.UUID) -> HttpResponse:
    """Send the values from before a change. Where it cannot be undone just so, it says why and offers the form."""
    write = get_object_or_404(Write, pk=write_id, company_id=company_id)
    try:
        page = load_company(request, company_id, stale_if_error=False)
        target = _target(page, write)
        if target is None:
            sentence = f"The connection to {write.platform_name or page.platform} is not linked."
            return _refused(request, write, sentence, status=409)
        outcome = undo(target, write, user=cast(User, request.user), service=default_service())
    except CodatError as error:
        status, may_retry = status_in_place(error), may_help_to_retry(error)
        sentence = f"{heading(error)}. {error.sentence}"
        return _refused(request, write, sentence, status=status, may_retry=may_retry)
    return _answer(request, write, outcome)


def _target(page: CompanyContext, write: Write) -> Target | None:
    """The form of the write's customer on the write's own connection; None where that is not linked."""
    connection = accounting_connection(page.company, write.connection_id)
    if connection is None or not is_linked(connection):
        return None
    own = CompanyContext(page.company, page.company_id, page.connections, connection, "")
    model = read_model(own, stale_if_error=False)
    return Target(page.company_id, page.company, connection, write.customer_id, model.data)


def _answer(request: HttpRequest, write: Write, outcome: Outcome | NotUndoable) -> HttpResponse:
    match outcome:
        case Sent(new):
            failed = new.state == Write.State.FAILED
            text = "The undo was refused." if failed else "Undo sent."
            return _sent(request, new, text, level="bad" if failed else "good")
        case Waits(new):
            return _sent(
                request, new, "The undo waits for approval by a second person.", level="info"
            )
        case AlreadySaved(new):
            failed = new.state == Write.State.FAILED
            text = "The undo was refused before." if failed else "This change was already undone."
            return _sent(request, new, text, level="bad" if failed else "info")
        case Unchanged():
            sentence = "The customer already has the values from before this change."
        case MergeNeeded(merge=merge):
            labels = ", ".join(conflict.label for conflict in merge.conflicts)
            sentence = f"This was changed again since: {labels}."
        case CustomerMissing():
            sentence = "This customer is no longer in Codat."
        case BeingSent(write=other):
            sentence = f"{other.username} is saving this customer at this moment. Try again in a few seconds."
            return _refused(request, write, sentence, status=409, may_retry=True)
        case SameName():
            sentence = "Another customer may have the earlier name already."
        case NotUndoable():
            sentence = "This change cannot be undone here."
        case _:
            sentence = "The values from before this change are not valid any more."
    return _refused(request, write, sentence, status=409)


def _sent(request: HttpRequest, new: Write, text: str, *, level: str) -> HttpResponse:
    """The undo is a change of its own: its page, or the page with the button, which loads itself again."""
    url = kept(links.write(new.company_id, new.pk), read_origin(request.GET, new.company_id))
    if not htmx.is_fragment(request):
        return htmx.see_other(url)
    events: dict[str, Any] = {
        "toast": {"text": text, "level": level, "url": url, "label": "View change"},
        "customer-changed": {},
        "customers-refreshed": {},
    }
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(events)})


def _refused(
    request: HttpRequest, write: Write, sentence: str, *, status: int, may_retry: bool = False
) -> HttpResponse:
    """Why nothing was undone, and the form with the values from before the change."""
    context = {
        "sentence": sentence,
        "may_retry": may_retry,
        "write": write,
        "undo_url": links.undo(write.company_id, write.pk),
        "write_url": links.write(write.company_id, write.pk),
        "form_url": links.revert(write.company_id, write.customer_id, write.connection_id, write.pk)
        if write.before and write.customer_id
        else "",
        "customers_url": links.customers(write.company_id),
    }
    return htmx.render(
        request, "editing/undo.html", "editing/_undo_refused.html", context, status=status
    )
