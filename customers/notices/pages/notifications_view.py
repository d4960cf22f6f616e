"""The page of notifications, and the way from one of them to what it is about."""

import uuid
from collections.abc import Mapping
from typing import cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_safe

from customers.models import Notice
from customers.notices.inbox import mark_read, notices_of, page_of
from customers.web import htmx, links
from customers.web.lists.paging import page_number

# Values of the filter `show`.
UNREAD, ALL = "", "all"
_MAX_DIGITS = 4


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("customers.read_customers", raise_exception=True)
def notifications(request: HttpRequest) -> HttpResponse:
    """The reader's notifications; `?show=all` has those that were read, too.

    POST `read` marks one as read, or with "all" those up to the one that `newest` names.
    """
    rows = notices_of(cast(User, request.user))
    show = ALL if request.GET.get("show") == ALL else UNREAD
    if request.method == "POST":
        _mark(rows, request.POST)
        return htmx.see_other(links.notifications(f"show={ALL}" if show == ALL else ""))
    page = page_number(request.GET.get("page", ""), digits=_MAX_DIGITS)
    # Before the list is read: what arrives between the two is not marked with it.
    newest = rows.first()
    entries, has_more = page_of(rows if show == ALL else rows.filter(read_at=None), page)
    context = {
        "entries": entries,
        "show": show,
        "shows": [(UNREAD, "Unread"), (ALL, "All")],
        "page_url": links.notifications(_query(show, page)),
        "newest": newest.pk if newest and any(entry.is_unread for entry in entries) else "",
        "position": f"Page {page}",
        "previous_url": links.notifications(_query(show, page - 1)) if page > 1 else "",
        "next_url": links.notifications(_query(show, page + 1)) if has_more else "",
    }
    template = "notices/notifications.html"
    return htmx.render(request, template, "notices/_notifications.html", context)


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def notification(request: HttpRequest, notice_id: uuid.UUID) -> HttpResponse:
    """Leads to what a notification is about. Its person has seen it by that, as they see a change on its page."""
    rows = notices_of(cast(User, request.user))
    notice = get_object_or_404(rows, pk=notice_id)
    if request.method == "GET":
        mark_read(rows.filter(pk=notice_id))
    return htmx.redirect(request, notice.link)


def _mark(rows: "QuerySet[Notice]", post: Mapping[str, str]) -> None:
    """Mark one notification by its ID, or all up to the newest that was shown; anything else is none."""
    is_all = post.get("read") == "all"
    try:
        named = rows.filter(pk=uuid.UUID(post.get("newest" if is_all else "read", "")))
    except ValueError:
        return
    if not is_all:
        mark_read(named)
    elif newest := named.first():
        mark_read(rows.filter(at__lte=newest.at))


def _query(show: str, page: int) -> str:
    pairs = {"show": show, "page": str(page) if page > 1 else ""}
    return urlencode({name: value for name, value in pairs.items() if value})
