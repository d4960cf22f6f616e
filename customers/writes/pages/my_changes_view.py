"""A person's own changes and unsaved work, in every company, and their number in the header."""

from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django_htmx.http import trigger_client_event

from customers.formatting import text_or_dash
from customers.models import Draft, Write
from customers.service import default_service
from customers.web import htmx, links
from customers.writes import drafts
from customers.writes.pages import ended_elsewhere
from customers.writes.pages.change_list import NEEDS_ATTENTION, change_list
from customers.writes.pages.change_origin import MINE

# Drafts that are shown here; older ones are offered with their forms.
MAX_DRAFTS = 50


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def my_changes(request: HttpRequest) -> HttpResponse:
    """The signed-in person's drafts and changes; by default those that need attention."""
    user = cast(User, request.user)
    rows = Write.objects.filter(user=user)
    context = change_list(rows, request.GET, name=MINE, state=NEEDS_ATTENTION) | {"mine": True}
    context["states"] = [(NEEDS_ATTENTION, "Needs attention"), *context["states"]]
    # The list is polled, and the drafts are above it.
    if user.has_perm("customers.write_customers") and not htmx.is_fragment(request):
        # Without the longest columns: the form, and the model.
        unsaved = drafts.unsaved(user).defer("body", "model")[:MAX_DRAFTS]
        context["drafts"] = [_draft_row(draft) for draft in unsaved]
    return htmx.render(request, "writes/my_changes.html", "writes/_change_list.html", context)


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def badge(request: HttpRequest) -> HttpResponse:
    """The entry of the side column with the number of problems; pages poll it.

    `watch` names changes that were running: of those that have ended since, the response sends a toast.
    """
    response = render(request, "writes/_badge_update.html")
    watched = request.GET.getlist("watch")
    user_id = cast(User, request.user).pk
    if watched and (toast := ended_elsewhere.toast(user_id, watched, htmx.page_path(request))):
        trigger_client_event(response, "toast", toast)
    return response


def _draft_row(draft: Draft) -> dict[str, Any]:
    """The context of a draft in the list. It makes no call for the company's name."""
    company_id, customer_id = draft.company_id, draft.customer_id
    company = default_service().snapshots.cached_company(company_id=company_id)
    query = {"connection": draft.connection_id, "draft": str(draft.submission)}
    return {
        "draft": draft,
        "company": text_or_dash(company.data.get("name") if company else None),
        "draft_url": links.draft(company_id, customer_id),
        "url": f"{links.form(company_id, customer_id)}?{urlencode(query)}",
    }
