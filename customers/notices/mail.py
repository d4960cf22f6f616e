"""The mails to one person: one message, or the digest of a day. Plain text; nothing of a customer in them."""

from email.utils import parseaddr

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage

from customers.access.people import scope_of
from customers.models import Delivery, Notice
from customers.notices.addresses import absolute
from customers.notices.inbox import company_names, notices_of
from customers.scope import restricted
from customers.web import links

DIGEST = "digest"
# Lines of a digest; the page has the others.
MAX_LINES = 50


def is_on() -> bool:
    """Whether this dashboard sends mail."""
    return bool(settings.HAS_MAIL)


def send(delivery: Delivery, user: User) -> bool:
    """Send the mail of a delivery; False where nothing of it is left to tell. Raises OSError, ValueError."""
    # Their companies may be others than when it was written.
    with restricted(scope_of(user)):
        notices = _notices(delivery, user)
        names = company_names({notice.company_id for notice in notices})
    if not notices:
        return False
    parts = [_part(notice, names.get(notice.company_id, "")) for notice in notices[:MAX_LINES]]
    if len(notices) > MAX_LINES:
        parts.append(f"{len(notices) - MAX_LINES} more: {absolute(links.notifications())}")
    parts.append(f"Choose what you are told:\n{absolute(links.notification_settings())}")
    EmailMessage(
        subject=f"{settings.PRODUCT_NAME}: {delivery.title}",
        body="\n\n".join(parts) + "\n",
        to=[user.email],
        headers={"Message-ID": message_id(delivery), "Auto-Submitted": "auto-generated"},
    ).send()
    return True


def message_id(delivery: Delivery) -> str:
    """The ID of a mail: the same for each attempt, so that a mail program shows a second copy as the same message."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{delivery.pk}@{domain}>"


def _notices(delivery: Delivery, user: User) -> "list[Notice]":
    """What a mail tells, the oldest first."""
    rows = notices_of(user).order_by("at", "pk")
    if delivery.kind == DIGEST:
        return list(rows.filter(digest=delivery))
    return list(rows.filter(cause=delivery.cause))


def _part(notice: Notice, company_name: str) -> str:
    lines = [notice.title]
    if company_name:
        lines.append(f"Company: {' '.join(company_name.split())}")
    lines.append(absolute(links.notification(notice.pk)))
    return "\n".join(lines)
