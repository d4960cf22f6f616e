"""Records sign-ins, failed ones and sign-outs, whichever page or library does them: Django's signals say so.

The pages of sign-in send the same signal for what Django does not check: codes, passkeys, the provider.
"""

from typing import Any

from django.contrib.auth import signals
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User

from customers.audit.recording import record
from customers.models import AuditEntry

Kind = AuditEntry.Kind


def connect() -> None:
    """Receive the signals, from the start of the process on."""
    signals.user_logged_in.connect(_signed_in, dispatch_uid="audit-signed-in")
    signals.user_logged_out.connect(_signed_out, dispatch_uid="audit-signed-out")
    signals.user_login_failed.connect(_failed, dispatch_uid="audit-failed")


def _signed_in(sender: object, *, user: AbstractBaseUser, **_: Any) -> None:
    record(Kind.SIGN_IN, user=user)


def _signed_out(sender: object, *, user: AbstractBaseUser | None, **_: Any) -> None:
    if user is not None:
        record(Kind.SIGN_OUT, user=user)


def _failed(sender: object, *, credentials: dict[str, Any], **_: Any) -> None:
    """A name that no account has is left out: it may be a password that was typed into the wrong field.

    Where it was no password, `credentials` have the `method` and maybe a `reason`, in words of the dashboard's own.
    """
    name = str(credentials.get(User.USERNAME_FIELD) or "")[:150]
    account = User.objects.filter(username=name).only("pk").first() if "\0" not in name else None
    said = {key: str(credentials[key]) for key in ("method", "reason") if credentials.get(key)}
    record(
        Kind.SIGN_IN_FAILED,
        subject=account.pk if account else "",
        detail={"account": name if account else "", **said},
    )
