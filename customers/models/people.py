"""The tables of invitations, requests for access and what was changed about people; part of `customers.models`."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from customers.models.access import Grant

# How long the link of an invitation can be used.
INVITATION_LIFETIME = timedelta(days=7)


class Invitation(models.Model):
    """The link with which an invited person makes their account their own.

    It can be used once, until it expires, is replaced by a newer one or is withdrawn. Somebody who has signed in
    through another way needs it no longer.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="invitation",
    )
    secret = models.UUIDField(default=uuid.uuid4, help_text="In the link; new with each of them.")
    sent_at = models.DateTimeField(default=timezone.now)
    is_mailed = models.BooleanField(default=False, help_text="Whether the mail was accepted.")
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        """Those who may manage people invite them."""

        default_permissions = ()

    def __str__(self) -> str:
        return f"Invitation of {self.user_id}"

    @property
    def expires_at(self) -> datetime:
        """When the link stops working."""
        return self.sent_at + INVITATION_LIFETIME


class AccessRequest(models.Model):
    """Somebody without a role or a company has asked for access. Deleted when they have it, or when it is declined."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="access_request",
    )
    asked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Everybody asks for themselves."""

        default_permissions = ()
        ordering = ["asked_at"]

    def __str__(self) -> str:
        return f"Request of {self.user_id}"


class PersonEvent(models.Model):
    """One change of a person: what, by whom, when. Rows are only added.

    `kind`, `key` and `value` are those of a grant that was added or removed: who may not see its company must not
    read its name in the history either.
    """

    class Action(models.TextChoices):
        """What was changed."""

        INVITED = "invited", "Invited"
        RESENT = "resent", "Invitation sent again"
        WITHDRAWN = "withdrawn", "Invitation withdrawn"
        ACCEPTED = "accepted", "Invitation accepted"
        ROLE = "role", "Role changed"
        ALL_COMPANIES = "all_companies", "All companies"
        SOME_COMPANIES = "some_companies", "Only chosen companies"
        GRANTED = "granted", "Companies added"
        REVOKED = "revoked", "Companies removed"
        SWITCHED_OFF = "switched_off", "Switched off"
        SWITCHED_ON = "switched_on", "Switched on"
        SESSIONS_ENDED = "sessions_ended", "Sessions ended"
        EMAIL = "email", "Email address changed"
        ASKED = "asked", "Asked for access"
        DECLINED = "declined", "Request declined"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    username = models.CharField(max_length=150)
    at = models.DateTimeField(default=timezone.now)
    by_name = models.CharField(max_length=150, help_text="Empty where nobody was signed in.")
    action = models.CharField(max_length=14, choices=Action)
    detail = models.CharField(max_length=500, blank=True)
    kind = models.CharField(max_length=7, choices=Grant.Kind, blank=True)
    key = models.CharField(max_length=200, blank=True)
    value = models.CharField(max_length=500, blank=True)

    class Meta:
        """No one edits what has happened."""

        default_permissions = ()
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["user", "-at"], name="events_of_person")]

    def __str__(self) -> str:
        return f"{self.username}: {self.get_action_display()}"
