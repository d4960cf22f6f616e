"""Empties the outbox: the worker's, one message after the other, with retries.

A message is claimed before it is sent and marked afterwards. A process that dies between the two leaves a message that
is sent once more when its claim has ended, under the same ID: `Message-ID` of a mail, `webhook-id` of a webhook.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, Min, Q, QuerySet
from django.utils import timezone

from customers.models import Delivery
from customers.notices import channels, mail
from customers.notices.outside import PostFailedError, RefusedAddressError
from customers.notices.people import sees

log = logging.getLogger(__name__)

# A message is another sender's until then: longer than one attempt takes.
CLAIMED = timedelta(minutes=2)
# Before each further attempt. Then a message is given up.
PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
)
MAX_ATTEMPTS = len(PAUSES) + 1
# Seconds of one turn.
MAX_TURN = 20.0
# What was sent or given up so long ago is deleted.
KEEP = timedelta(days=30)
# The page of the workers shows what was given up for so long.
SHOWN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Outbox:
    """What waits, and what was given up lately, for the page of the workers."""

    waiting: int
    oldest: datetime | None
    given_up: list[Delivery]


def has_work() -> bool:
    """Whether a message is due."""
    return _due().exists()


def send_due(should_stop: Callable[[], bool]) -> tuple[int, int]:
    """Send what is due; how many messages were sent, and how many were not. Ends after `MAX_TURN` seconds."""
    done = failed = 0
    ends_at = time.monotonic() + MAX_TURN
    while not should_stop() and time.monotonic() < ends_at:
        delivery = _claim()
        if delivery is None:
            break
        if _attempt(delivery):
            done += 1
        else:
            failed += 1
    return done, failed


def outbox() -> Outbox:
    """What the page of the workers says."""
    waiting = _waiting().aggregate(number=Count("pk"), oldest=Min("created_at"))
    since = timezone.now() - SHOWN
    given_up = Delivery.objects.filter(gave_up_at__gt=since).select_related("user", "channel")
    return Outbox(waiting["number"], waiting["oldest"], list(given_up.order_by("-gave_up_at")[:20]))


def delete_old() -> int:
    """Delete what was sent or given up long ago; how many."""
    limit = timezone.now() - KEEP
    return Delivery.objects.filter(Q(sent_at__lt=limit) | Q(gave_up_at__lt=limit)).delete()[0]


def _waiting() -> "QuerySet[Delivery]":
    return Delivery.objects.filter(sent_at=None, gave_up_at=None)


def _due() -> "QuerySet[Delivery]":
    now = timezone.now()
    free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    return _waiting().filter(free, due_at__lte=now)


def _claim() -> Delivery | None:
    """The next message that is due, claimed by one conditional UPDATE; None where there is none."""
    while (first := _due().order_by("due_at").values_list("pk", flat=True).first()) is not None:
        until = timezone.now() + CLAIMED
        if _due().filter(pk=first).update(claimed_until=until, attempts=F("attempts") + 1):
            found = Delivery.objects.filter(pk=first)
            return found.select_related("user__person", "channel").first()
    return None


def _attempt(delivery: Delivery) -> bool:
    """Send a message, and record what became of it. A message that its person may not have any more is deleted."""
    if delivery.attempts > MAX_ATTEMPTS:
        _give_up(delivery, "Each attempt ended before it was recorded.")
        return False
    try:
        is_sent = _send(delivery)
    except RefusedAddressError as error:
        _give_up(delivery, str(error))
        return False
    except PostFailedError as error:
        _later(delivery, str(error))
        return False
    except OSError as error:
        # smtplib's errors are, too. Their text may quote an address.
        _later(delivery, f"The mail server did not take it ({type(error).__name__}).")
        return False
    except ValueError as error:
        _give_up(delivery, f"No mail can be made of it ({type(error).__name__}).")
        return False
    rows = Delivery.objects.filter(pk=delivery.pk)
    if is_sent:
        rows.update(sent_at=timezone.now(), claimed_until=None, error="")
    else:
        rows.delete()
    return is_sent


def _send(delivery: Delivery) -> bool:
    if delivery.channel is not None:
        channels.post(delivery, delivery.channel, timezone.now())
        return True
    user = delivery.user
    if user is None or not user.email or not sees(user, delivery.company_id):
        return False
    return mail.send(delivery, user)


def _later(delivery: Delivery, error: str) -> None:
    if delivery.attempts >= MAX_ATTEMPTS:
        _give_up(delivery, error)
        return
    due_at = timezone.now() + PAUSES[delivery.attempts - 1]
    Delivery.objects.filter(pk=delivery.pk).update(due_at=due_at, claimed_until=None, error=error)


def _give_up(delivery: Delivery, error: str) -> None:
    log.error(
        "Message %s (%s) was given up after %d attempts: %s",
        delivery.pk,
        delivery.kind,
        delivery.attempts,
        error,
    )
    Delivery.objects.filter(pk=delivery.pk).update(
        gave_up_at=timezone.now(), claimed_until=None, error=error
    )
