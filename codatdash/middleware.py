"""The site's own middleware."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from codatdash import throttle
from customers.audit import source
from customers.web import htmx, resubmit

HEALTH_PATH = "/healthz"
# Seconds between two updates of the time of last use, so that not every page writes to the database.
_USE_INTERVAL = 60
# Seconds for which a session without a user is kept: the way to the provider and back, a second factor, a new password.
_NOBODYS_LIFE = 900


class HealthMiddleware:
    """Answers `/healthz` before any middleware that reads sessions: it needs no database, no cache and no Codat."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info != HEALTH_PATH:
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return HttpResponse("ok\n", content_type="text/plain")


class SecurityHeadersMiddleware:
    """Sets the security headers of every response that has none of its own; Django's middleware sets the others.

    Django's error pages while debugging have inline styles and no policy.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not (settings.DEBUG and response.status_code in (404, 500)):
            response.headers.setdefault("Content-Security-Policy", settings.CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


class AuditSourceMiddleware:
    """States where a request comes from, for the entries of the audit that it makes.

    After `AuthenticationMiddleware`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        here = source.Source(throttle.client_address(request), lambda: request.user)
        with source.of_request(here):
            return self.get_response(request)


class SessionLifetimeMiddleware:
    """Ends a session that was idle for too long, or that began too long ago. One of nobody lasts for minutes.

    After `AuthenticationMiddleware`. Automatic requests of a page do not extend a session.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        session = request.session
        if session.modified and not session.is_empty() and not request.user.is_authenticated:
            session.set_expiry(_NOBODYS_LIFE)
        return response

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], args: object, kwargs: object
    ) -> None:
        """Check the session before a view that needs one."""
        if getattr(view_func, "login_required", True) and request.user.is_authenticated:
            self._check(request)

    def _check(self, request: HttpRequest) -> None:
        now, session = time.time(), request.session
        began, used = session.get("began_at", now), session.get("used_at", now)
        if (
            now - began > settings.SESSION_MAX_HOURS * 3600
            or now - used > settings.SESSION_IDLE_MINUTES * 60
        ):
            logout(request)
            return
        if "began_at" not in session:
            session["began_at"] = now
        if ("used_at" not in session or now - used > _USE_INTERVAL) and not htmx.is_automatic(
            request
        ):
            session["used_at"] = now


class SignInMiddleware(LoginRequiredMiddleware):
    """Requires sign-in for every view that is not exempt. The page contains the fields of a form that was posted."""

    def handle_no_permission(  # type: ignore[override]  # the stubs allow a redirect only
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseBase:
        """Redirect to sign-in and back. The post of a form gets a page that contains its fields."""
        if resubmit.is_form(request):
            return resubmit.signed_out(request)
        if request.method not in ("GET", "HEAD"):
            # Return to the page with the button: the URL of the button has no page.
            return redirect_to_login(_page_before(request), self.get_login_url(view_func))
        return super().handle_no_permission(request, view_func)


class MethodNotAllowedMiddleware:
    """A page for a 405, which Django sends without a body."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code != 405 or not isinstance(response, HttpResponse):
            return response
        if response.content or request.method == "HEAD":
            return response
        page = render(request, "405.html", status=405)
        page["Allow"] = response["Allow"]
        return page


def _page_before(request: HttpRequest) -> str:
    """The page of this site that sent the request; the first page where it is unknown."""
    referer = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(
        referer, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    # Only of an address that was checked: of another one, such as "http://[", there may be no parts.
    parts = urlsplit(referer if is_ours else "")
    if not parts.netloc or parts.path == request.path:
        return str(settings.LOGIN_REDIRECT_URL)
    return parts._replace(scheme="", netloc="", fragment="").geturl()
