"""The mail with the link of an invitation."""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import send_mail
from django.template.loader import render_to_string

from customers.models import INVITATION_LIFETIME, Invitation

logger = logging.getLogger(__name__)


def send_invitation(person: User, by: User, url: str) -> bool:
    """Mail the link to the person; whether the server accepted it. False where no server is set."""
    if not settings.HAS_MAIL:
        return False
    context = {
        "product": settings.PRODUCT_NAME,
        "person": person,
        "by": by,
        "url": url,
        "days": INVITATION_LIFETIME.days,
    }
    text = render_to_string("people/invitation.txt", context)
    try:
        send_mail(f"Your account in {settings.PRODUCT_NAME}", text, None, [person.email])
    except (SMTPException, OSError) as error:
        # Without the address: it is personal data.
        logger.warning("the mail of an invitation was not sent: %s", type(error).__name__)
        return False
    Invitation.objects.filter(user=person).update(is_mailed=True)
    return True
