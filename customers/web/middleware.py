"""Middleware around every view: the deadline for calls to Codat, errors as pages, the reader, sign-in for HTMX."""

import logging
from collections.abc import Callable
from typing import Any
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

from customers import localisation
from customers.codat.errors import CodatError
from customers.codat.http.call_context import deadline, watch_writes
from customers.web import failures, htmx
from customers.web.error_pages import error_response
from customers.web.reader import reader_of

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class WatchWritesMiddleware:
    """Records whether a request may have changed something at Codat: the pages about failures say so.

    Outside everything that can fail, such as storing the session after the view.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with watch_writes():
            return self.get_response(request)


class CodatMiddleware:
    """Sets each page's deadline for calls to Codat, and makes a page of a CodatError or an unavailable database."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with deadline(settings.CODAT_PAGE_DEADLINE):
            response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            # Pages contain personal data, and the browser's Back should show current data.
            add_never_cache_headers(response)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The response to an exception of the view; None where Django's own error pages are used."""
        if isinstance(error, CodatError):
            logger.warning(
                "codat %s %s: %s correlation=%s",
                request.method,
                type(error).__name__,
                error,
                error.correlation_id,
            )
            return error_response(request, error)
        if isinstance(error, failures.DATABASE_UNAVAILABLE):
            return failures.database_unavailable(request, error)
        if isinstance(error, PermissionDenied | Http404) and htmx.is_fragment(request):
            return error_response(request, error)
        return None


class ReaderMiddleware:
    """Has the reader's time zone and formats in force while a page is made.

    After the middleware that may end a session. Views without sign-in, such as `/readyz` and webhooks, read no database
    for it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with localisation.defaults():
            return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], args: object, kwargs: object
    ) -> None:
        """Put the formats in force; what `__call__` opened ends them, also after an error."""
        if getattr(view_func, "login_required", True):
            reader = reader_of(request)
            localisation.activate(reader.time_zone, reader.locale)


class SignInForHtmxMiddleware:
    """Prevents that HTMX inserts a whole page into a fragment.

    An expired session redirects HTMX to the sign-in page, and from there back to the open page. Whole error pages
    (Django's own for a 403, 404 or 500) replace the page, not the fragment. An automatic request does neither,
    because the page may contain a form that is being filled in.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not HtmxDetails(request):
            return response
        if response.status_code == 302 and _leads_to_sign_in(response):
            redirect = HttpResponse(status=204)
            if htmx.is_automatic(request):
                redirect["Signed-Out"] = "1"
            else:
                redirect["HX-Redirect"] = _sign_in_url(request)
            redirect.cookies = response.cookies
            patch_vary_headers(redirect, ["HX-Request"])
            add_never_cache_headers(redirect)
            return redirect
        if (
            response.status_code >= 400
            and isinstance(response, HttpResponse)
            and response.content[:9].lower() == b"<!doctype"
        ):
            if htmx.is_automatic(request):
                response["HX-Reswap"] = "none"
                return response
            response["HX-Retarget"] = "body"
            response["HX-Reswap"] = "innerHTML"
        return response


def _sign_in_path() -> str:
    return resolve_url(settings.LOGIN_URL)


def _leads_to_sign_in(response: HttpResponseBase) -> bool:
    return urlsplit(response.headers.get("Location", "")).path == _sign_in_path()


def _sign_in_url(request: HttpRequest) -> str:
    """The sign-in page, with the open page as the next one, not the fragment."""
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
