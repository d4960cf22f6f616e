"""What happens around every view: the page's deadline, trouble at Codat as a page, and sign-in for HTMX."""

import logging
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

from customers.codat.client import deadline
from customers.codat.errors import (
    CodatError,
)
from customers.web import htmx
from customers.web.error_pages import trouble

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class CodatMiddleware:
    """Gives each page its deadline for calls to Codat, and turns errors of theirs into pages of ours."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with deadline(settings.CODAT_PAGE_DEADLINE):
            response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            # Pages hold people's data, and Back should show the truth.
            add_never_cache_headers(response)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """An answer for what the view raised, or None where Django's own pages serve."""
        if isinstance(error, CodatError):
            logger.warning(
                "codat %s %s: %s correlation=%s",
                request.method,
                type(error).__name__,
                error,
                error.correlation_id,
            )
            return trouble(request, error)
        if isinstance(error, PermissionDenied | Http404) and htmx.is_fragment(request):
            return trouble(request, error)
        return None


class SignInForHtmxMiddleware:
    """Keeps whole pages out of fragments.

    An expired session sends HTMX to the sign-in page and back to the page it was on. Whole error pages (Django's
    own for a 403, 404 or 500) take the place of the page, not of the part that was asked for.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not HtmxDetails(request):
            return response
        if response.status_code == 302 and _leads_to_sign_in(response):
            answer = HttpResponse(status=204)
            answer["HX-Redirect"] = _sign_in_address(request)
            answer.cookies = response.cookies
            patch_vary_headers(answer, ["HX-Request"])
            add_never_cache_headers(answer)
            return answer
        if (
            response.status_code >= 400
            and isinstance(response, HttpResponse)
            and response.content[:9].lower() == b"<!doctype"
        ):
            response["HX-Retarget"] = "body"
            response["HX-Reswap"] = "innerHTML"
        return response


def _sign_in_path() -> str:
    return resolve_url(settings.LOGIN_URL)


def _leads_to_sign_in(response: HttpResponseBase) -> bool:
    return urlsplit(response.headers.get("Location", "")).path == _sign_in_path()


def _sign_in_address(request: HttpRequest) -> str:
    """The sign-in page that leads back to the page the person sees, not to the fragment."""
    page = HtmxDetails(request).current_url or ""
    if url_has_allowed_host_and_scheme(
        page, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        parts = urlsplit(page)
        back = parts._replace(scheme="", netloc="", fragment="").geturl()
    else:
        back = request.get_full_path() if request.method == "GET" else "/"
    query = QueryDict(mutable=True)
    query[REDIRECT_FIELD_NAME] = back
    return f"{_sign_in_path()}?{query.urlencode(safe='/')}"
