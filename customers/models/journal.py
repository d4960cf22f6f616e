"""The journal of writes, and received events.

Codat stores neither what was written nor who wrote it, so every save is a row here before a byte is sent. JSON
whose numbers must not lose digits is stored as text, exactly as it was sent or read.
"""

import uuid
from datetime import datetime
from typing import Any, Self, cast

import simplejson
from django.conf import settings
from django.db import models
from django.utils import timezone

from customers.models.batches import Batch
from customers.scoped import CompanyManager


def _json_object(text: str) -> dict[str, Any]:
    """A JSON object with its numbers' digits kept; {} for no text."""
    return cast(dict[str, Any], simplejson.loads(text, use_decimal=True)) if text else {}


def _flag(condition: models.Q) -> models.GeneratedField:
    """A column that the database keeps at 1 where a condition holds and at 0 elsewhere, for indexes.

    An index on the columns of a condition with OR is of no use to SQLite, nor one on a column that is used as a truth
    value; so the flag is a number.
    """
    return models.GeneratedField(
        expression=models.Case(models.When(condition, then=1), default=0),
        output_field=models.SmallIntegerField(),
        db_persist=True,
    )


class WriteQuerySet(models.QuerySet["Write"]):
    """Selections of writes that several rooms use."""

    def unfinished(self) -> Self:
        """Writes whose outcome is not known yet: being sent, pending, or unknown."""
        # Redundant: the flag makes the database use its index.
        return self.filter(state__in=Write.UNFINISHED, is_pending=1)

    def needs_attention(self) -> Self:
        """Writes that their author has to look at: unfinished, or failed and not seen since."""
        return self.filter(needs_attention=1)

    def pending(
        self, company_id: str, customer_id: str | None = None, *, read_at: datetime | None = None
    ) -> Self:
        """Writes that Codat's copy does not show yet: unfinished, or successful and not read back.

        With `read_at`, they are pending for a record whose read began then: also those that were read back later.
        """
        record = self.filter(company_id=company_id)
        if customer_id is not None:
            record = record.filter(customer_id=customer_id)
        rows = record.filter(is_pending=1)
        if read_at is None:
            return rows
        # A union, and not a condition with OR: each part then has its own index, whatever the planner knows.
        confirmed = record.filter(confirmed_at__gte=read_at)
        ids = rows.order_by().values("pk").union(confirmed.order_by().values("pk"))
        return self.filter(pk__in=ids)


WriteManager = CompanyManager.from_queryset(WriteQuerySet)


class Write(models.Model):
    """One save of one customer: its author, what was sent, and the outcome."""

    class State(models.TextChoices):
        """The state of a write. These labels are those of the filter; `writes/sentences.py` has those of one write.

        A row of a batch is QUEUED before it is sent, and NOT_SENT where it never will be. A change that a second person
        has to approve is WAITING, then QUEUED.
        """

        WAITING = "waiting", "Waits for approval"
        QUEUED = "queued", "Queued"
        SENDING = "sending", "Sending"
        PENDING = "pending", "Sent"
        SUCCESS = "success", "Accepted"
        FAILED = "failed", "Failed"
        TIMED_OUT = "timed_out", "Timed out"
        UNKNOWN = "unknown", "Unknown"
        NOT_SENT = "not_sent", "Not sent"

    class Kind(models.TextChoices):
        """What the write does to the customer."""

        CREATE = "create", "New customer"
        UPDATE = "update", "Update"

    class Confirmation(models.TextChoices):
        """Whether Codat's copy was read again and holds what was sent."""

        NONE = "", "Not applicable"
        WAITING = "waiting", "Checking"
        CONFIRMED = "confirmed", "Confirmed"
        DIFFERS = "differs", "Came back different"
        ABSENT = "absent", "Not found after sync"

    class SettledBy(models.TextChoices):
        """The source of the outcome."""

        ANSWER = "answer", "Codat’s answer to the save"
        POLL = "poll", "A page that asked Codat"
        WEBHOOK = "webhook", "An event from Codat"
        CRON = "cron", "Background work"
        PERSON = "person", "A person"
        EXPIRY = "expiry", "Codat no longer has the operation"

    class Decision(models.TextChoices):
        """What a person decided about an unknown write."""

        LINKED = "linked", "Linked to Codat’s history"
        NOT_RECEIVED = "not_received", "Marked as not received"

    UNFINISHED = (State.SENDING, State.PENDING, State.UNKNOWN)
    FAILED_STATES = (State.FAILED, State.TIMED_OUT)
    # Nothing of these was sent: they change no customer, and stand in the way of no other change.
    UNSENT = (State.WAITING, State.QUEUED, State.NOT_SENT)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="writes"
    )
    username = models.CharField(max_length=150)
    company_id = models.CharField(max_length=64)
    company_name = models.TextField(blank=True)
    connection_id = models.CharField(max_length=64)
    platform_name = models.TextField(blank=True)
    customer_id = models.TextField(blank=True, help_text="Empty until a new customer has one.")
    customer_name = models.TextField(blank=True)
    kind = models.CharField(max_length=10, choices=Kind)
    payload = models.TextField(help_text="The JSON text that is sent; empty once deleted.")
    before = models.TextField(blank=True, help_text="The record as it was read; JSON text.")
    merged = models.JSONField(default=list, help_text="Others’ changes kept: label, by, at.")
    timeout_in_minutes = models.PositiveIntegerField(null=True, blank=True)
    force_update = models.BooleanField(default=False)
    # One opened form saves once: a double click, a reload of the post and a second tab with the
    # same form send the same submission.
    submission = models.UUIDField(unique=True, default=uuid.uuid4)
    idempotency_key = models.UUIDField(unique=True, default=uuid.uuid4)
    retry_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="retries"
    )

    # Without an index of its own: `rows_of_batch` has the rows of a batch, and no query wants all that have none.
    batch = models.ForeignKey(
        Batch,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="writes",
        db_index=False,
    )
    position = models.PositiveIntegerField(null=True, help_text="In its batch, from 1.")

    state = models.CharField(max_length=10, choices=State, default=State.SENDING)
    sent_at = models.DateTimeField(
        null=True, help_text="Set before the first byte is sent; empty if none was."
    )
    attempts = models.PositiveIntegerField(default=0)
    push_operation_key = models.CharField(max_length=64, blank=True)
    requested_at = models.DateTimeField(null=True, help_text="Codat's time of the request.")
    completed_at = models.DateTimeField(null=True)
    status_code = models.IntegerField(null=True, help_text="HTTP's or the push operation's.")
    error_message = models.TextField(blank=True)
    correlation_id = models.CharField(max_length=200, blank=True)
    validation = models.JSONField(default=list, help_text="itemId, message, validatorName.")
    warnings = models.JSONField(default=list)
    settled_by = models.CharField(max_length=10, choices=SettledBy, blank=True)
    decision = models.CharField(max_length=12, choices=Decision, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_by_name = models.CharField(max_length=150, blank=True)
    checks = models.PositiveIntegerField(default=0)
    checked_at = models.DateTimeField(null=True)

    confirmation = models.CharField(max_length=10, choices=Confirmation, blank=True)
    confirmed_at = models.DateTimeField(null=True)
    refresh_id = models.CharField(
        max_length=64, blank=True, help_text="The current pull operation."
    )
    refresh_asked_at = models.DateTimeField(null=True)
    refresh_progress = models.PositiveIntegerField(null=True, help_text="Percent.")
    refresh_status = models.CharField(max_length=100, blank=True)
    refreshes = models.PositiveIntegerField(default=0, help_text="Refreshes awaited so far.")
    differences = models.JSONField(default=list, help_text="label, what, sent, read.")
    forgotten_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(
        null=True, help_text="When the person who saved it first saw that it failed."
    )
    resolved_at = models.DateTimeField(
        null=True, help_text="When what went wrong with it was overcome, or a person said so."
    )
    is_pending = _flag(
        models.Q(state__in=UNFINISHED)
        | models.Q(state=State.SUCCESS, confirmation=Confirmation.WAITING)
    )
    # The pages of a batch speak of its rows: as single changes they would be thousands.
    needs_attention = _flag(
        models.Q(batch__isnull=True)
        & (models.Q(state__in=UNFINISHED) | models.Q(state__in=FAILED_STATES, seen_at__isnull=True))
    )
    # What the home page shows until it is resolved. What a person has decided about is none.
    is_problem = _flag(
        models.Q(batch__isnull=True, resolved_at__isnull=True)
        & ~models.Q(decision=Decision.NOT_RECEIVED)
        & (
            models.Q(state__in=(State.FAILED, State.TIMED_OUT, State.UNKNOWN))
            | models.Q(
                state=State.SUCCESS,
                confirmation__in=(Confirmation.DIFFERS, Confirmation.ABSENT),
            )
        )
    )

    objects = WriteManager()

    class Meta:
        """Permissions are about customers, not about rows of the journal."""

        default_permissions = ()
        permissions = [
            ("read_customers", "May read customers and their attachments"),
            ("write_customers", "May add and change customers"),
            ("approve_changes", "May approve changes of others"),
            ("manage_people", "May invite people and decide what they may do and see"),
        ]
        ordering = ["-created_at", "-id"]
        indexes = [
            # The histories and their filters, in the order of their pages.
            models.Index(fields=["company_id", "-created_at", "-id"]),
            models.Index(fields=["company_id", "customer_id", "-created_at", "-id"]),
            models.Index(fields=["company_id", "state", "-created_at", "-id"]),
            models.Index(fields=["company_id", "username", "-created_at", "-id"]),
            models.Index(fields=["user", "-created_at", "-id"]),
            models.Index(fields=["user", "state", "-created_at", "-id"]),
            models.Index(fields=["company_id", "kind", "-created_at", "-id"]),
            # Of the few rows with a flag. An index of all rows on the flag is ignored by SQLite's planner once there
            # are statistics, which say that most rows have the same value.
            models.Index(
                fields=["user", "-created_at", "-id"],
                condition=models.Q(needs_attention=1),
                name="needs_attention",
            ),
            # Pending writes of a company or a customer, also for a read that began earlier.
            models.Index(
                fields=["company_id", "-created_at", "-id"],
                condition=models.Q(is_pending=1),
                name="pending_of_company",
            ),
            models.Index(
                fields=["company_id", "customer_id", "-created_at", "-id"],
                condition=models.Q(is_pending=1),
                name="pending_of_customer",
            ),
            models.Index(fields=["company_id", "confirmed_at"]),
            # The same of single changes, and those that need attention, for the list of customers: a batch may have
            # thousands of rows.
            models.Index(
                fields=["company_id", "-created_at", "-id"],
                condition=models.Q(is_pending=1, batch__isnull=True),
                name="pending_singles",
            ),
            models.Index(
                fields=["company_id", "confirmed_at"],
                condition=models.Q(batch__isnull=True),
                name="confirmed_singles",
            ),
            models.Index(
                fields=["company_id", "-created_at", "-id"],
                condition=models.Q(needs_attention=1),
                name="attention_of_company",
            ),
            # The home page: problems, of which many are counted in the index alone (`home/sources/changes.py`), and the
            # activity of all companies by outcome.
            models.Index(
                fields=[
                    *("company_id", "customer_id", "state", "confirmation", "user", "seen_at"),
                    *("confirmed_at", "completed_at", "created_at", "id", "is_problem"),
                ],
                condition=models.Q(is_problem=1),
                name="problems_of_company",
            ),
            models.Index(fields=["state", "-created_at", "-id"], name="writes_by_state"),
            models.Index(
                fields=["-created_at", "-id"],
                condition=models.Q(confirmation="differs"),
                name="writes_that_differ",
            ),
            models.Index(
                fields=["-created_at", "-id"],
                condition=models.Q(confirmation="absent"),
                name="writes_not_found",
            ),
            # Background work and events.
            models.Index(
                fields=["checked_at"], condition=models.Q(is_pending=1), name="pending_by_check"
            ),
            models.Index(fields=["forgotten_at", "created_at"]),
            models.Index(fields=["push_operation_key"]),
            models.Index(
                fields=["correlation_id"],
                condition=~models.Q(correlation_id=""),
                name="writes_by_correlation",
            ),
            models.Index(
                fields=["company_id", "customer_id", "-created_at"],
                condition=models.Q(batch__isnull=False),
                name="batch_rows_of_customer",
            ),
            # A batch: its next row, and its counts.
            models.Index(
                fields=["batch", "state", "position", "confirmation"],
                condition=models.Q(batch__isnull=False),
                name="rows_of_batch",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} by {self.username}: {self.get_state_display()}"

    @property
    def is_finished(self) -> bool:
        """Whether the outcome is final. A time-out is: Codat has stopped tracking the operation."""
        return self.state not in (*self.UNFINISHED, self.State.WAITING, self.State.QUEUED)

    @property
    def sent_values(self) -> dict[str, Any]:
        """The customer as it was sent; {} once the values were deleted."""
        return _json_object(self.payload)

    @property
    def values_before(self) -> dict[str, Any]:
        """The customer as it was read before; {} for a new one, and once the values were deleted."""
        return _json_object(self.before)

    def mark_seen_by(self, user_id: object) -> None:
        """Record that a person has seen that a write failed or is a problem. Does nothing for anyone but its author."""
        has_failed = self.state in self.FAILED_STATES or self.is_problem
        if self.user_id == user_id and has_failed and self.seen_at is None:
            self.seen_at = timezone.now()
            self.save(update_fields=["seen_at"])


class WebhookEvent(models.Model):
    """An event from Codat, stored so that a second delivery is recognised."""

    webhook_id = models.CharField(max_length=200, unique=True)
    event_type = models.CharField(max_length=200)
    received_at = models.DateTimeField(default=timezone.now, db_index=True)
    body = models.TextField()
    processed_at = models.DateTimeField(null=True)

    class Meta:
        """No one edits events."""

        default_permissions = ()
        ordering = ["-received_at"]

    def __str__(self) -> str:
        return f"{self.event_type} {self.webhook_id}"
