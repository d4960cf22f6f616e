"""The team's channels: made, removed, and what is posted to them."""

import base64
import uuid
from collections.abc import Iterable
from datetime import datetime

import simplejson
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.crypto import salted_hmac
from standardwebhooks import Webhook

from customers.access.people import one_at_a_time
from customers.audit import recording as audit
from customers.models import AuditEntry, Delivery, TeamChannel
from customers.notices import outside
from customers.notices.addresses import absolute
from customers.notices.kinds import CHANNEL_KINDS

Form = TeamChannel.Form
TEST = "test"
MAX_CHANNELS = 50
_JSON = {"Content-Type": "application/json", "User-Agent": "customers-dashboard"}
_CARD = "application/vnd.microsoft.card.adaptive"


def add(user: User, *, name: str, form: str, url: str, kinds: Iterable[str]) -> TeamChannel:
    """Add a channel, once where the same form is posted again. The values must be valid."""
    wanted = [str(kind) for kind in CHANNEL_KINDS if kind in set(kinds)]
    # Also where it is posted twice in one instant.
    with one_at_a_time():
        channel, _ = TeamChannel.objects.update_or_create(
            name=name, form=form, url=url, defaults={"kinds": wanted, "created_by": user}
        )
        _record(user, channel, "added")
    return channel


@transaction.atomic
def remove(user: User, channel: TeamChannel) -> None:
    """Remove a channel, and what waits for it."""
    _record(user, channel, "removed")
    channel.delete()


@transaction.atomic
def renew_secret(user: User, channel: TeamChannel) -> None:
    """Give a channel a new secret; the one before is not used any more."""
    channel.seed = uuid.uuid4()
    channel.save(update_fields=["seed"])
    _record(user, channel, "new secret")


def put_test(channel: TeamChannel, link: str) -> Delivery:
    """Put a test message into the outbox."""
    return Delivery.objects.create(
        channel=channel,
        kind=TEST,
        cause=f"{TEST}:{uuid.uuid4()}",
        title="This is a test message from the dashboard",
        link=link,
    )


def _record(user: User, channel: TeamChannel, step: str) -> None:
    audit.record(
        AuditEntry.Kind.SETTING,
        user=user,
        subject=f"channel {channel.pk}",
        detail={"step": step, "name": channel.name, "form": channel.form},
    )


def secret_of(channel: TeamChannel) -> str:
    """The secret of a signed webhook, as Standard Webhooks writes it: made of the channel and the dashboard's key."""
    key = salted_hmac(
        "customers.notices.channels", f"{channel.pk}:{channel.seed}", algorithm="sha256"
    )
    return "whsec_" + base64.b64encode(key.digest()).decode()


def post(delivery: Delivery, channel: TeamChannel, now: datetime) -> None:
    """Post a message to a channel. Raises RefusedAddressError, PostFailedError."""
    body = simplejson.dumps(_BODIES[Form(channel.form)](delivery))
    headers = dict(_JSON)
    if channel.form == Form.WEBHOOK:
        identifier = str(delivery.pk)
        headers |= {
            "webhook-id": identifier,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret_of(channel)).sign(identifier, now, body),
        }
    outside.post(channel.url, body.encode(), headers)


def _webhook(delivery: Delivery) -> dict[str, object]:
    return {
        "type": f"notice.{delivery.kind}",
        "timestamp": delivery.created_at.isoformat(),
        "data": {"title": delivery.title, "link": absolute(delivery.link)},
    }


def _slack(delivery: Delivery) -> dict[str, object]:
    title = delivery.title
    # Slack's own three escapes.
    for sign, escape in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        title = title.replace(sign, escape)
    return {"text": f"{title}\n<{absolute(delivery.link)}|Open in the dashboard>"}


def _teams(delivery: Delivery) -> dict[str, object]:
    """A message with an Adaptive Card, the one form that Teams’ workflows accept."""
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.2",
        "body": [{"type": "TextBlock", "text": delivery.title, "wrap": True}],
        "actions": [
            {
                "type": "Action.OpenUrl",
                "title": "Open in the dashboard",
                "url": absolute(delivery.link),
            }
        ],
    }
    return {"type": "message", "attachments": [{"contentType": _CARD, "content": card}]}


_BODIES = {Form.WEBHOOK: _webhook, Form.SLACK: _slack, Form.TEAMS: _teams}
