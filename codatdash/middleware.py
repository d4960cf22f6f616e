"""The site's own middleware."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from customers.views import replay


class SignInMiddleware(LoginRequiredMiddleware):
    """Deny by default. A form that nobody may send any more keeps what was typed into it."""

    def handle_no_permission(  # type: ignore[override]  # the stubs allow a redirect only
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseBase:
        """To the sign-in page and back; a form's post gets a page that carries it."""
        if replay.is_form(request):
            return replay.signed_out(request)
        return super().handle_no_permission(request, view_func)
