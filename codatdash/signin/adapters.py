"""allauth's hooks for accounts and second factors."""

from __future__ import annotations

import ipaddress
import logging
import threading
import time
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser, User
from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from codatdash import throttle
from codatdash.signin import second_factor
from codatdash.signin.guesses import guess_of, log, remember_browser
from customers.notices.addresses import absolute

logger = logging.getLogger(__name__)

# Seconds after a sign-in in which nothing has to be confirmed again.
RECENT = 300
# allauth's names of the ways to confirm a session.
_BY_CODE, _BY_PASSKEY = "mfa_reauthenticate", "mfa_reauthenticate:webauthn"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Accounts that an administrator or the provider makes; nobody signs up."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": "The user name or password is wrong. Both may be case-sensitive.",
        "incorrect_password": "The password is wrong.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes an account of their own."""
        return False

    def is_safe_url(self, url: str) -> bool:
        """Whether an address may be opened after sign-in: one of the host that was asked, no other allowed host."""
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={self.request.get_host()}, require_https=self.request.is_secure()
        )

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address of the client behind the proxies of the settings; 0.0.0.0 where a proxy reports no address."""
        address = throttle.client_address(request)
        try:
            return str(ipaddress.ip_address(address))
        except ValueError:
            return "0.0.0.0"  # noqa: S104  no address to listen on

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Keep an error for the sign-in page. The other messages say what the next page shows anyway."""
        if level >= messages.ERROR and message:
            messages.add_message(request, level, message, extra_tags=extra_tags)

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """After a whole sign-in, second factor included: log it, and remember this browser."""
        # Until now it was nobody's, which lasts for minutes: see SessionLifetimeMiddleware.
        request.session.set_expiry(None)
        response: HttpResponse = super().post_login(request, user, **kwargs)
        guess = guess_of(request, user.get_username())
        records = get_authentication_records(request, user)
        log("succeeded", guess, method="+".join(str(record["method"]) for record in records))
        remember_browser(response, guess)
        return response

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Whether something has to be confirmed again: not for five minutes after a sign-in."""
        records = get_authentication_records(self.request, self.request.user)
        if records and time.time() - records[-1]["at"] < RECENT:
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def get_reauthentication_methods(self, user: User | AnonymousUser) -> list[dict[str, Any]]:
        """The ways to confirm it, in the order in which they are offered; a new sign-in at the provider where there
        is no other. A passkey comes before codes: somebody who has no app has codes for recovery only.
        """
        methods: list[dict[str, Any]] = [
            method | {"description": _way_to_confirm(method["id"], user)}
            for method in super().get_reauthentication_methods(user)
            if settings.LOCAL_PASSWORDS or method["id"] != "reauthenticate"
        ]
        methods.sort(key=lambda method: method["id"] == _BY_CODE)
        if second_factor.must_have(user) and not second_factor.is_confirmed(self.request):
            # The password is not enough, where there is a second factor: its page would lead back.
            factors = [method for method in methods if method["id"].startswith("mfa_")]
            methods = factors or methods
        if not methods and settings.OIDC_ISSUER:
            url = reverse("openid_connect_login", args=[settings.OIDC_PROVIDER_ID])
            methods = [{"id": "provider", "description": settings.OIDC_NAME, "url": url}]
        return methods

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link of the mail."""
        url = str(super().get_reset_password_from_key_url(key))
        return absolute(urlsplit(url).path, self.request)

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """Send the link beside the request, which therefore takes as long for an unknown address.

        Someone who signs in through the provider has no password, and gets none in this way.
        """
        if not user.has_usable_password():
            return
        # To the stored address, not to one that somebody typed and that only looks the same.
        message = self.render_mail("account/email/password_reset_key", user.email, context)
        threading.Thread(target=_send, args=[message], name="password-reset").start()


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors, under the dashboard's own name."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "The code is wrong, or was used already."
    }

    def get_totp_label(self, user: User) -> str:
        """The account's name in an authenticator app."""
        return user.get_username()

    def get_totp_issuer(self) -> str:
        """The dashboard's name in an authenticator app."""
        return str(settings.PRODUCT_NAME)

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002  allauth's name
        """The name of a new passkey; its person may change it."""
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return f"Passkey {number}"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The dashboard's name in a passkey manager."""
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return entity | {"name": str(settings.PRODUCT_NAME)}


def _way_to_confirm(name: str, user: User | AnonymousUser) -> str:
    """A way to confirm a session, as a page offers it."""
    if name == _BY_CODE:
        has_app = second_factor.has_app(user)
        return "Use a code of your authenticator app" if has_app else "Use a recovery code"
    return "Use a passkey" if name == _BY_PASSKEY else "Use your password"


def _send(message: EmailMessage) -> None:
    try:
        message.send()
    except OSError:
        # smtplib's errors are OSErrors. The person asks again: a page that says so would tell who has an account.
        logger.exception("password reset mail not sent")
