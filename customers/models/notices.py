"""The tables of notifications: what people were told, what they chose, and the outbox; part of `customers.models`.

`notices/telling.py` writes them in the transaction of the fact, `notices/sending.py` empties the outbox.
"""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from customers.scoped import CompanyManager


class TeamChannel(models.Model):
    """Where a team is told, beside its people: a signed webhook, or the incoming form of a chat program.

    `notices/channels.py` makes the secret of a signed webhook of `seed` and the dashboard's key, so it is stored
    nowhere.
    """

    class Form(models.TextChoices):
        """What is posted."""

        WEBHOOK = "webhook", "Signed webhook"
        SLACK = "slack", "Slack"
        TEAMS = "teams", "Microsoft Teams"

    name = models.CharField(max_length=60)
    form = models.CharField(max_length=7, choices=Form)
    url = models.TextField(help_text="It is a secret of its own: whoever knows it may post.")
    seed = models.UUIDField(default=uuid.uuid4, help_text="A new one makes a new secret.")
    kinds = models.JSONField(default=list, help_text="Names of the kinds of event.")
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        """Those who may manage people change channels."""

        default_permissions = ()
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return f"Channel {self.name}"


class Delivery(models.Model):
    """A message in the outbox: to a person by mail, or to a channel. Its ID is the message's own, in each attempt.

    It is waiting until `sent_at` or `gave_up_at` is set. A sender has it until `claimed_until`; one that dies between
    sending and recording leaves it to be sent once more under the same ID.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )
    channel = models.ForeignKey(
        TeamChannel, null=True, on_delete=models.CASCADE, related_name="deliveries"
    )
    kind = models.CharField(max_length=20)
    cause = models.CharField(max_length=200)
    company_id = models.CharField(max_length=64, blank=True)
    title = models.TextField()
    link = models.TextField(help_text="A path of the dashboard.")
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    claimed_until = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    gave_up_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True, help_text="Of the last attempt; a sentence.")

    objects = CompanyManager["Delivery"]()

    class Meta:
        """No one edits the outbox."""

        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["user", "cause"], name="one_mail_per_cause"),
            models.UniqueConstraint(fields=["channel", "cause"], name="one_post_per_cause"),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(sent_at=None, gave_up_at=None),
                name="outbox",
            ),
            models.Index(fields=["created_at"]),
        ]

    def __str__(self) -> str:
        return f"Delivery {self.id}: {self.title}"


class Notice(models.Model):
    """What one person was told about one cause. `title` and `link` hold nothing of a customer."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices", db_index=False
    )
    kind = models.CharField(max_length=20)
    cause = models.CharField(max_length=200)
    company_id = models.CharField(max_length=64, blank=True)
    title = models.TextField()
    link = models.TextField(help_text="A path of the dashboard.")
    at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)
    followed_at = models.DateTimeField(
        null=True, help_text="When others were told, because its person is away."
    )
    is_follower = models.BooleanField(
        default=False, help_text="Whether it is told in the place of somebody who is away."
    )
    in_digest = models.BooleanField(default=False, help_text="Whether a digest shall have it.")
    digest = models.ForeignKey(
        Delivery, null=True, on_delete=models.SET_NULL, related_name="notices"
    )

    objects = CompanyManager["Notice"]()

    class Meta:
        """Everybody reads their own."""

        default_permissions = ()
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "cause"], name="one_notice_per_cause")
        ]
        indexes = [
            models.Index(fields=["user", "-at", "-id"]),
            # Every page counts these.
            models.Index(fields=["user"], condition=models.Q(read_at=None), name="unread_notices"),
            models.Index(
                fields=["at"],
                condition=models.Q(read_at=None, followed_at=None),
                name="notices_to_follow",
            ),
            models.Index(
                fields=["user", "at"],
                condition=models.Q(in_digest=True, digest=None),
                name="notices_for_digests",
            ),
        ]

    def __str__(self) -> str:
        return f"Notice to {self.user_id}: {self.title}"


class NoticeChoices(models.Model):
    """How one person wants to be told. No row, or a missing kind, means the default."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="notice_choices",
    )
    ways = models.JSONField(default=dict, help_text="Names of kinds, each with a way.")
    digest_hour = models.PositiveSmallIntegerField(
        default=8, help_text="Of the daily digest, in the person's time zone."
    )

    class Meta:
        """Everybody changes their own."""

        default_permissions = ()

    def __str__(self) -> str:
        return f"Choices of {self.user_id}"


class ToldCause(models.Model):
    """A fact of the journal, of a batch, an import or a connection that people were told: it is told once."""

    cause = models.CharField(primary_key=True, max_length=200)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        """The worker keeps them."""

        default_permissions = ()

    def __str__(self) -> str:
        return self.cause
