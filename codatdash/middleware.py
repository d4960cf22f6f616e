"""The site's own middleware."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from customers.web import resubmit


class ContentSecurityPolicyMiddleware:
    """The policy of every answer that does not bring its own. Django's page of a mistake while debugging has none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not (settings.DEBUG and response.status_code in (404, 500)):
            response.headers.setdefault("Content-Security-Policy", settings.CONTENT_SECURITY_POLICY)
        return response


class SignInMiddleware(LoginRequiredMiddleware):
    """Deny by default. A form that nobody may send any more keeps what was typed into it."""

    def handle_no_permission(  # type: ignore[override]  # the stubs allow a redirect only
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseBase:
        """To the sign-in page and back; a form's post gets a page that carries it."""
        if resubmit.is_form(request):
            return resubmit.signed_out(request)
        return super().handle_no_permission(request, view_func)
