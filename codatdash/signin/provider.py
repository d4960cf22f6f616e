"""Sign-in through the OpenID provider: the account by issuer and subject, the role from the claims."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base.constants import AuthError
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import redirect

from codatdash.signin.guesses import fail
from customers.access.roles import Role, role_of
from customers.audit import recording as audit
from customers.models import AuditEntry, Person
from customers.people import invitations
from customers.people.accounts import change_role_by_claims
from customers.people.rules import Refused

logger = logging.getLogger(__name__)

# The key of a session that holds the token of an invitation, while its person signs in at the provider.
INVITATION = "invitation"


class ProviderAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """An account is found by issuer and subject, or by the link of an invitation; never by its email address."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Whoever the provider signs in gets an account, without a role unless the claims name one."""
        return True

    def populate_user(
        self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]
    ) -> User:
        """The name and address of a new account. Of the claims, only the groups are stored.

        Raises PermissionDenied where the ID token and the user information are about two people.
        """
        claims = sociallogin.account.extra_data
        token, info = claims.get("id_token") or {}, claims.get("userinfo") or {}
        if token and info and token.get("sub") != info.get("sub"):
            raise PermissionDenied("the subjects of the ID token and of userinfo differ")
        sociallogin.account.extra_data = {"groups": sorted(groups_of(info) | groups_of(token))}
        # Addresses are neither verified here nor used to find an account.
        sociallogin.email_addresses = []
        texts = {
            key: value.replace("\0", "") if isinstance(value, str) else ""
            for key, value in data.items()
        }
        user: User = super().populate_user(request, sociallogin, texts)
        return user

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Before the sign-in of an account that exists: its role. Nothing else is done with the provider's answer."""
        if sociallogin.state.get("process") != "login":
            raise ImmediateHttpResponse(redirect(settings.LOGIN_REDIRECT_URL))
        sociallogin.email_addresses = []
        invitation = request.session.pop(INVITATION, "")
        if invitation and not sociallogin.is_existing:
            # The link was sent to the person who signs in now: the account that was made for them becomes theirs.
            # Where the second step fails, the link is still open.
            with transaction.atomic():
                person = invitations.accept(invitation, None)
                if person is not None:
                    sociallogin.connect(request, person)
        if sociallogin.is_existing:
            set_role_by_claims(sociallogin.user, sociallogin.account.extra_data["groups"])

    @transaction.atomic
    def save_user(
        self, request: HttpRequest, sociallogin: SocialLogin, form: object = None
    ) -> User:
        """Make the account of somebody who comes for the first time. It sees no company."""
        user: User = super().save_user(request, sociallogin, form)
        Person.objects.create(user=user)
        set_role_by_claims(user, sociallogin.account.extra_data["groups"])
        return user

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: object = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """A line in the log and an entry in the audit; the page says it in general terms."""
        fail(request, "", "provider", _reason(error, exception, extra_context or {}))
        logger.warning("sign-in at the provider failed: %s %s", error, exception or "")


def _reason(error: object, exception: Exception | None, context: Mapping[str, Any]) -> str:
    """Why a sign-in at the provider failed, for the audit."""
    if error == AuthError.CANCELLED:
        return "cancelled"
    if exception is not None:
        return "answer not accepted"
    # The page of a state that this session does not have has its ID, and no state.
    return "refused by the provider" if context.get("state") else "not begun in this browser"


def groups_of(claims: Mapping[str, Any]) -> set[str]:
    """The groups that the claims name. Some providers send one group as a text."""
    claimed = claims.get(settings.OIDC_GROUPS_CLAIM)
    listed = [claimed] if isinstance(claimed, str) else claimed
    if not isinstance(listed, list):
        return set()
    return {group.replace("\0", "") for group in listed if isinstance(group, str)}


def set_role_by_claims(user: User, claimed: list[str]) -> None:
    """Give a user the highest role that OIDC_ROLES gives to their groups at the provider, or take every role away.

    The last administrator, and the last one who sees all companies, keeps the role, with a warning in the log. Without
    OIDC_ROLES an administrator gives roles, and nothing is changed. Somebody who then has no role sees nothing, which
    is an entry in the audit.
    """
    if not settings.OIDC_ROLES:
        return
    roles = {role for group, role in settings.OIDC_ROLES if group in claimed}
    wanted = next((role for role in reversed(Role) if role.label in roles), None)
    facts = {"event": "role by claims", "user": user.pk, "role": wanted.label if wanted else ""}
    try:
        if change_role_by_claims(user.pk, wanted):
            logger.info("role", extra={"facts": facts})
    except Refused:
        facts |= {"event": "the last administrator keeps the role"}
        logger.warning("the last administrator keeps the role", extra={"facts": facts})
    if wanted is None and role_of(user) is None:
        detail = {"step": "no group of the provider gives a role"}
        audit.record(AuditEntry.Kind.DENIED, user=user, detail=detail)
