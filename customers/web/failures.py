"""The page about a failure of the dashboard itself. It contains the posted fields, so that they can be posted again.

Rendered without a request, and so without its user and session, because the database may have failed.
"""

import logging
import sys
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.template.backends.utils import csrf_input
from django.template.loader import render_to_string
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django.views.defaults import server_error as django_server_error

from customers.codat.http.call_context import may_have_written
from customers.web import htmx, links
from customers.web.resubmit import is_form, post_fields

logger = logging.getLogger(__name__)

# What Django raises where the database is unavailable or locked; its other errors are errors of the dashboard.
DATABASE_UNAVAILABLE = (OperationalError, InterfaceError)
_UNAVAILABLE_HEADING = "The dashboard’s database does not respond"
_ERROR_HEADING = "Something went wrong on our side"


def database_unavailable(request: HttpRequest, error: Exception) -> HttpResponse:
    """503: the database cannot be reached, or another process has locked it."""
    logger.error("%s %s: %s", request.method, request.path, error, exc_info=error)
    if _can_post_again(request):
        return _with_post(request, _UNAVAILABLE_HEADING, status=503)
    page = render_to_string(
        "503.html", {"error_heading": _UNAVAILABLE_HEADING, "here": _page_address(request)}
    )
    return _response(page, status=503)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler of uncaught exceptions: 503 for the database, otherwise 500."""
    error = sys.exc_info()[1]
    if isinstance(error, DATABASE_UNAVAILABLE):
        return database_unavailable(request, error)
    if _can_post_again(request):
        return _with_post(request, _ERROR_HEADING, status=500)
    return django_server_error(request)


def _can_post_again(request: HttpRequest) -> bool:
    """Whether the page may contain the posted fields: the CSRF check passed, and none is a password."""
    if request.method != "POST" or not getattr(request, "csrf_processing_done", False):
        return False
    try:
        names = list(request.POST)
    except (UnreadablePostError, SuspiciousOperation, MultiPartParserError):
        return False
    return bool(names) and not any("password" in name for name in names)


def _with_post(request: HttpRequest, heading: str, status: int) -> HttpResponse:
    context: dict[str, Any] = {
        "csrf_input": csrf_input(request),
        "heading": heading,
        "post_fields": post_fields(request),
        "here": request.get_full_path(),
        "signed_out": False,
        "maybe_sent": may_have_written(),
        "history_url": _history_url(request),
        "is_form": is_form(request),
    }
    # The response to any other post has another target on its page, so it gets a whole page.
    is_fragment = htmx.is_fragment(request) and is_form(request)
    template = "web/_resubmit.html" if is_fragment else "web/resubmit.html"
    return _response(render_to_string(template, context), status=status)


def _response(page: str, status: int) -> HttpResponse:
    response = HttpResponse(page, status=status)
    patch_vary_headers(response, ["HX-Request"])
    add_never_cache_headers(response)
    return response


def _page_address(request: HttpRequest) -> str:
    """The address to retry; "" where it is not that of a page."""
    is_page = request.method in ("GET", "HEAD") and not htmx.is_fragment(request)
    return request.get_full_path() if is_page else ""


def _history_url(request: HttpRequest) -> str:
    match = request.resolver_match
    company_id = match.kwargs.get("company_id") if match else None
    return links.writes(company_id) if company_id else links.my_writes()
