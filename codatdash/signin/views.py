"""Pages of sign-in that are more than allauth's views: sign-in itself, the password, the provider, second factors."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import signals as account_signals
from allauth.account import views as account_views
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.adapter import get_adapter as factor_adapter
from allauth.mfa.base import views as mfa_views
from allauth.mfa.totp import views as totp_views
from allauth.mfa.webauthn import views as webauthn_views
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.openid_connect import views as provider_views
from django.conf import settings
from django.contrib.auth import logout, views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from codatdash.signin import challenges, second_factor
from codatdash.signin.forms import NewPasswordForm
from codatdash.signin.guesses import fail
from codatdash.signin.provider import INVITATION
from codatdash.signin.sessions import renew_key

logger = logging.getLogger(__name__)

# In a session while an authenticator app is set up: what the picture says.
_TOTP_URL = "totp_url"
# In a session between password and second factor: the user, and a value that changes with the password.
_PASSWORD_OF = "password_of"  # noqa: S105  the name of a value


def _is_throttled(form: BaseForm) -> bool:
    """Whether a guess of the form was not checked."""
    errors = form.errors.as_data().values()
    return any(error.code == "throttled" for found in errors for error in found)


def _end_session(request: HttpRequest) -> None:
    """End the session of somebody who signs in once more, maybe as somebody else.

    It would outlive a second factor that is not given, and pass its age on to the session that begins. Where nobody is
    signed in, the key changes: whoever has planted it would have to guess the second factor only.
    """
    if request.user.is_authenticated:
        logout(request)
    else:
        renew_key(request)


class _InvalidStatus:
    """A form with an error answers 422, and 429 where the guess was not checked."""

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        """The page with its errors."""
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        response.status_code = 429 if _is_throttled(form) else 422
        return response


class SignInView(account_views.LoginView):  # type: ignore[misc]  # allauth has no types
    """The sign-in page."""

    template_name = "registration/login.html"

    def form_valid(self, form: BaseForm) -> HttpResponse:
        """The page that was asked for, or the second factor."""
        _end_session(self.request)
        response: HttpResponse = super().form_valid(form)
        if not self.request.user.is_authenticated:
            user = form.user  # type: ignore[attr-defined]  # allauth's form sets it
            self.request.session[_PASSWORD_OF] = [user.pk, user.get_session_auth_hash()]
        return response

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        """The page with its error; 429 where the attempt was not checked."""
        response: HttpResponse = super().form_invalid(form)
        if _is_throttled(form):
            response.status_code = 429
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context |= {
            # Checked here, too: the page hands on no address of another site.
            "next": self.get_next_url() or "",
            "errors": [str(message) for message in get_messages(self.request)],
            "has_passwords": settings.LOCAL_PASSWORDS,
            "has_reset": settings.LOCAL_PASSWORDS and settings.HAS_MAIL,
            "provider_name": settings.OIDC_NAME if settings.OIDC_ISSUER else "",
            "provider_id": settings.OIDC_PROVIDER_ID,
        }
        return context


class PasskeySignInView(webauthn_views.LoginWebAuthnView):  # type: ignore[misc]
    """Sign-in with a passkey alone."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """What the passkey is asked, as JSON; else the sign-in page."""
        response: HttpResponse = super().get(request, *args, **kwargs)
        challenges.keep(request, response)
        return response

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The first page, or the sign-in page with an error."""
        with challenges.restored(request):
            response: HttpResponse = super().post(request, *args, **kwargs)
        response.delete_cookie(settings.PASSKEY_COOKIE)
        return response

    def form_valid(self, form: BaseForm) -> HttpResponse:
        """The first page."""
        _end_session(self.request)
        response: HttpResponse = super().form_valid(form)
        return response


class PasswordView(views.PasswordChangeView):
    """Change of one's own password. Afterwards the same page confirms it."""

    form_class = NewPasswordForm
    success_url = "/accounts/password/?changed"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Raises Http404 for somebody who signs in without a password."""
        user = request.user
        has_password = isinstance(user, User) and user.has_usable_password()
        if not settings.LOCAL_PASSWORDS or not has_password:
            raise Http404("no password")
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        """Store it, and note the new key of this session; the others have ended."""
        response = super().form_valid(form)
        account_signals.password_changed.send(
            sender=type(self), request=self.request, user=self.request.user
        )
        return response

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"request": self.request}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        changed = self.request.method == "GET" and "changed" in self.request.GET
        return super().get_context_data(**kwargs) | {"changed": changed}


@login_not_required
def sign_out(request: HttpRequest) -> HttpResponseBase:
    """Sign out by POST. By GET: the sign-in page for someone who is signed out, else a page with a button."""
    if request.method == "POST":
        return views.LogoutView.as_view()(request)
    if not request.user.is_authenticated:
        return redirect(settings.LOGIN_URL)
    return render(request, "registration/sign_out.html")


@login_not_required
@never_cache
def provider_sign_in(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Begin the sign-in at the provider. By GET a page with a button.

    By POST a page that leads on: a redirect would be stopped by `form-action 'self'` in the browser.
    `invitation` is the token of a link that the person follows: see ProviderAdapter.
    """
    if request.method != "POST":
        # allauth would begin it by HEAD and OPTIONS, too.
        request.method = "GET"
    if request.method != "POST":
        context = {"name": settings.OIDC_NAME, "next": get_next_redirect_url(request) or ""}
        return render(request, "socialaccount/login.html", context)
    if request.POST.get("invitation"):
        request.session[INVITATION] = request.POST["invitation"][:500]
    try:
        response: HttpResponse = provider_views.login(request, provider_id=provider_id)
    except SocialApp.DoesNotExist:
        raise Http404("no provider") from None
    except OSError:
        # Every error of requests is an OSError: the provider cannot be reached, or answers something else.
        return render(request, "socialaccount/authentication_error.html", status=503)
    if response.status_code != 302:
        return response
    leaving = {"url": response["Location"], "provider_name": settings.OIDC_NAME}
    return render(request, "socialaccount/leaving.html", leaving)


@login_not_required
@never_cache
def provider_callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """The return from the provider. A token with an ID is accepted once, so not while the cache is unavailable."""
    # Imported here: it is large, and only the caches of CACHE_URL need it.
    from redis.exceptions import RedisError

    try:
        response: HttpResponse = provider_views.callback(request, provider_id=provider_id)
    except (RedisError, OSError):
        # The errors of the caches that CACHE_URL may name; allauth has answered those of the provider.
        logger.exception("sign-in at the provider not checked")
        fail(request, "", "provider", "not checked")
        return render(request, "socialaccount/authentication_error.html", status=503)
    return response


def with_reset(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Has a view of the password reset answer 404 where there are no passwords or no mail. No sign-in."""

    @login_not_required
    @never_cache
    @wraps(view)
    def decorated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.LOCAL_PASSWORDS or not settings.HAS_MAIL:
            raise Http404("no password reset")
        return view(request, *args, **kwargs)

    return decorated


class ResetView(_InvalidStatus, account_views.PasswordResetView):  # type: ignore[misc]
    """Asks for the address to which a link for a new password goes."""


class NewPasswordFromMailView(_InvalidStatus, account_views.PasswordResetFromKeyView):  # type: ignore[misc]
    """A new password, by the link in the mail."""


class _Confirmation:
    """A form with which somebody shows once more who they are. It hands on no address of another site."""

    request: HttpRequest

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        return context | {"redirect_field_value": get_next_redirect_url(self.request)}


class ConfirmPasswordView(_InvalidStatus, _Confirmation, account_views.ReauthenticateView):  # type: ignore[misc]
    """One's own password once more."""

    def form_valid(self, form: BaseForm) -> HttpResponse:
        """The page that was asked for."""
        response: HttpResponse = super().form_valid(form)
        renew_key(self.request)
        return response


class SecondFactorView(_InvalidStatus, mfa_views.AuthenticateView):  # type: ignore[misc]
    """The second factor at sign-in."""

    def form_valid(self, form: BaseForm) -> HttpResponse:
        """The page that was asked for; the sign-in page where the password was changed since it was given."""
        user = self.stage.login.user
        known = self.request.session.pop(_PASSWORD_OF, None)
        if known and known[0] == user.pk and known[1] != user.get_session_auth_hash():
            aborted: HttpResponse = self.stage.abort()
            return aborted
        response: HttpResponse = super().form_valid(form)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"has_app": second_factor.has_app(self.stage.login.user)}


class ConfirmCodeView(_InvalidStatus, _Confirmation, mfa_views.ReauthenticateView):  # type: ignore[misc]
    """The second factor once more."""

    def form_valid(self, form: BaseForm) -> HttpResponse:
        """The page that was asked for."""
        response: HttpResponse = super().form_valid(form)
        second_factor.note_change(self.request)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"has_app": second_factor.has_app(self.request.user)}


class ConfirmPasskeyView(_Confirmation, webauthn_views.ReauthenticateWebAuthnView):  # type: ignore[misc]
    """A passkey once more."""

    def form_valid(self, form: BaseForm) -> HttpResponse:
        """The page that was asked for."""
        response: HttpResponse = super().form_valid(form)
        second_factor.note_change(self.request)
        return response

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        """The page with its error, where allauth leads to the sign-in page."""
        response: HttpResponse = self.render_to_response(
            self.get_context_data(form=form), status=422
        )
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data()
        return context | kwargs


class AddAppView(_InvalidStatus, totp_views.ActivateTOTPView):  # type: ignore[misc]
    """Set up an authenticator app."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        self.request.session[_TOTP_URL] = context["totp_url"]
        return context

    def form_valid(self, form: BaseForm) -> HttpResponse:
        """Add it."""
        response: HttpResponse = super().form_valid(form)
        self.request.session.pop(_TOTP_URL, None)
        second_factor.note_change(self.request)
        return response


@require_safe
@never_cache
def totp_picture(request: HttpRequest) -> HttpResponse:
    """The QR code of the authenticator app that is being set up, as an SVG. Raises Http404 where none is."""
    url = request.session.get(_TOTP_URL)
    if not url:
        raise Http404("no app is being set up")
    return HttpResponse(factor_adapter().build_totp_svg(url), content_type="image/svg+xml")


class RemoveAppView(_InvalidStatus, totp_views.DeactivateTOTPView):  # type: ignore[misc]
    """Remove the authenticator app."""

    def form_valid(self, form: BaseForm) -> HttpResponse:
        """Remove it."""
        response: HttpResponse = super().form_valid(form)
        second_factor.note_change(self.request)
        return response


class AddPasskeyView(_InvalidStatus, webauthn_views.AddWebAuthnView):  # type: ignore[misc]
    """Add a passkey."""

    def form_valid(self, form: BaseForm) -> HttpResponse:
        """Add it."""
        response: HttpResponse = super().form_valid(form)
        second_factor.note_change(self.request)
        return response


class RenamePasskeyView(_InvalidStatus, webauthn_views.EditWebAuthnView):  # type: ignore[misc]
    """Rename a passkey."""

    success_url = "/accounts/security/"


class RemovePasskeyView(webauthn_views.RemoveWebAuthnView):  # type: ignore[misc]
    """Remove a passkey."""

    success_url = "/accounts/security/"

    def form_valid(self, form: BaseForm) -> HttpResponse:
        """Remove it."""
        response: HttpResponse = super().form_valid(form)
        second_factor.note_change(self.request)
        return response


class SecurityView(mfa_views.IndexView):  # type: ignore[misc]
    """How one signs in: password, second factors, passkeys, sessions."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        user = self.request.user
        context |= {
            "has_password": settings.LOCAL_PASSWORDS and user.has_usable_password(),
            "is_required": second_factor.must_have(user)
            and not second_factor.is_confirmed(self.request),
        }
        return context
