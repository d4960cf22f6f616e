"""Who needs a second factor, and whether a session has one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter as account_adapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import get_adapter as factor_adapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from codatdash.signin.sessions import renew_key
from customers.web import htmx

TYPES = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
# In a session: true after a second factor was set up or confirmed in it, false after the last one was removed.
_KEY = "second_factor"
# Pages that confirm with a second factor, or end the session.
_OPEN = (
    "account_logout",
    "openid_connect_login",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
)


def must_have(user: User | AnonymousUser) -> bool:
    """Whether a user may do so much that a password is not enough: editors and above, where the settings say so."""
    return bool(settings.REQUIRE_SECOND_FACTOR) and (
        user.is_staff
        or user.has_perm("customers.write_customers")
        or user.has_perm("customers.manage_people")
    )


def has_any(user: User) -> bool:
    """Whether a user has a second factor. One query."""
    return bool(factor_adapter().is_mfa_enabled(user, types=TYPES))


def has_app(user: User | AnonymousUser) -> bool:
    """Whether a user has an authenticator app; who has passkeys only has codes for recovery. One query."""
    return bool(factor_adapter().is_mfa_enabled(user, types=[Authenticator.Type.TOTP]))


def is_confirmed(request: HttpRequest) -> bool:
    """Whether this session was begun, or confirmed since, with a second factor or at the provider. No query."""
    if (known := request.session.get(_KEY)) is not None:
        return bool(known)
    methods = {record["method"] for record in get_authentication_records(request, request.user)}
    return bool(methods & {"mfa", "socialaccount"})


def note_change(request: HttpRequest) -> None:
    """Remember in the session whether its user has a second factor, after one was added, confirmed or removed.

    Without the confirmed one, a session that removed the last one would be asked for one from elsewhere for ever.
    It goes on under a new key.
    """
    assert isinstance(request.user, User)  # noqa: S101  for the type checker
    request.session[_KEY] = has_any(request.user)
    renew_key(request)


class SecondFactorMiddleware:
    """Lets somebody who needs a second factor reach only the pages that set one up, or ask for it.

    After the middleware that requires sign-in. A session from before the factor was set up is asked for it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], args: object, kwargs: object
    ) -> HttpResponse | None:
        """The way to the second factor; None where the view may answer."""
        if not settings.REQUIRE_SECOND_FACTOR or not getattr(view_func, "login_required", True):
            return None
        name = (request.resolver_match.url_name if request.resolver_match else "") or ""
        user = request.user
        if name in _OPEN or not isinstance(user, User):
            return None
        if is_confirmed(request) or not must_have(user):
            return None
        if _is_set_up(name) and not has_any(user):
            return None
        if htmx.is_automatic(request):
            return HttpResponse(status=204)
        url = _way(request, user)
        return HttpResponseClientRedirect(url) if HtmxDetails(request) else redirect(url)


def _is_set_up(name: str) -> bool:
    """Whether a page sets up a second factor. It also shows and removes them, so a password alone does not open it."""
    return name.startswith("mfa_") or name == "account_reauthenticate"


def _way(request: HttpRequest, user: User) -> str:
    """The page that asks for the second factor, or the one that offers to set one up."""
    if not has_any(user):
        return reverse("mfa_index")
    methods = account_adapter(request).get_reauthentication_methods(user)
    [url, *_] = [method["url"] for method in methods if method["id"].startswith("mfa_")]
    back = request.get_full_path() if request.method == "GET" else settings.LOGIN_REDIRECT_URL
    return f"{url}?{urlencode({'next': back})}"
