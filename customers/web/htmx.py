"""Full page or fragment: the one gate.

A fragment is answered to HTMX, unless the request is boosted or restores history: those two want a whole page.
"""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render as render_template
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails


def is_fragment(request: HttpRequest) -> bool:
    """Whether the answer to this request is put into a page that is there already."""
    details = HtmxDetails(request)
    return bool(details) and not details.boosted and not details.history_restore_request


def render(
    request: HttpRequest,
    page_template: str,
    fragment_template: str,
    context: Mapping[str, Any],
    status: int = 200,
) -> HttpResponse:
    """Render the page, or the fragment that the page includes, and say that the answer depends on who asked."""
    template = fragment_template if is_fragment(request) else page_template
    response = render_template(request, template, dict(context), status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response
