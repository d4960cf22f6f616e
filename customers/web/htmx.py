"""Decides whether a response is a page or a fragment.

HTMX gets a fragment, unless the request is boosted or restores history: those two need a whole page.
"""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render as render_template
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails


def is_fragment(request: HttpRequest) -> bool:
    """Whether the response is swapped into an open page."""
    details = HtmxDetails(request)
    return bool(details) and not details.boosted and not details.history_restore_request


def current_path(request: HttpRequest) -> str:
    """The path of the open page as HTMX says it; "" where it says none, or none of the dashboard."""
    try:
        address = HtmxDetails(request).current_url_abs_path
    except ValueError:
        # A header such as "http://[" is no address.
        return ""
    return (address or "").partition("?")[0]


def page_path(request: HttpRequest) -> str:
    """The path of the page that is open in the browser, also for a request for a fragment of it."""
    return current_path(request) or request.path


def is_automatic(request: HttpRequest) -> bool:
    """Whether the request was not caused by a person (a poll, a part that loads), as static/app.js marks it.

    Its response must not navigate, and it does not count as use of the session.
    """
    return request.headers.get("Automatic-Request") == "1"


def render(
    request: HttpRequest,
    page_template: str,
    fragment_template: str,
    context: Mapping[str, Any],
    status: int = 200,
) -> HttpResponse:
    """Render the page, or the fragment that the page includes, with `Vary: HX-Request`."""
    template = fragment_template if is_fragment(request) else page_template
    response = render_template(request, template, dict(context), status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def see_other(url: str) -> HttpResponse:
    """A redirect after a post: the browser asks for the other page by a GET."""
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return response


def redirect(request: HttpRequest, url: str) -> HttpResponse:
    """A redirect to another page, also where HTMX would swap the response into the open page."""
    return HttpResponseClientRedirect(url) if is_fragment(request) else see_other(url)
