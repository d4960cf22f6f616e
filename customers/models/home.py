"""The tables of the home page: what people said about problems, companies as last read, and changes by day.

Part of `customers.models`. A problem itself is no row: `home/problems.py` computes it from the journal and these
tables, so it ends when its fact does.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from customers.scoped import CompanyManager, StrictCompanyManager


class ProblemNote(models.Model):
    """One problem by its key: when it was first seen and ended, who has taken it, who muted it and why.

    The worker keeps it, and whoever takes or mutes a problem makes it where it is missing. `title` and `company_name`
    are as last seen, for what has ended.
    """

    key = models.CharField(primary_key=True, max_length=120)
    kind = models.CharField(max_length=20)
    title = models.TextField(blank=True)
    company_id = models.CharField(max_length=64, blank=True)
    company_name = models.TextField(blank=True)
    first_seen = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True, db_index=True)
    resolved_by_name = models.CharField(
        max_length=150, blank=True, help_text="Empty where the fact ended by itself."
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    muted_at = models.DateTimeField(null=True, help_text="What happens later is shown again.")
    muted_by_name = models.CharField(max_length=150, blank=True)
    mute_reason = models.TextField(blank=True)

    objects = CompanyManager["ProblemNote"]()

    class Meta:
        """Users with the permission to write customers may take and mute problems."""

        default_permissions = ()
        ordering = ["-first_seen"]

    def __str__(self) -> str:
        return f"Problem {self.key}: {self.title}"


class ProblemSnooze(models.Model):
    """A problem that one person does not want to see until a time. Everybody snoozes for themselves."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="snoozes"
    )
    key = models.CharField(max_length=120)
    until = models.DateTimeField()

    class Meta:
        """A person snoozes a problem once."""

        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="one_snooze_per_person")
        ]

    def __str__(self) -> str:
        return f"{self.key} until {self.until}"


class CompanyState(models.Model):
    """A company and its accounting connection as the worker last read them, so that no page has to ask Codat.

    For showing and for problems: what changes customers reads the company itself.
    """

    company_id = models.CharField(primary_key=True, max_length=64)
    name = models.CharField(max_length=300, blank=True)
    platform_name = models.TextField(blank=True)
    status = models.CharField(
        max_length=40, blank=True, help_text="Of the connection in use; empty for no connection."
    )
    link_url = models.TextField(blank=True, help_text="Where the company authorises it.")
    error = models.TextField(blank=True, help_text="Codat's message about the connection.")
    broken_at = models.DateTimeField(
        null=True, help_text="Since when it is not linked, or has an error."
    )
    last_sync = models.DateTimeField(null=True)
    created = models.DateTimeField(null=True, help_text="When it was added at Codat.")
    schedule_hours = models.PositiveIntegerField(
        null=True, help_text="Between two syncs of customers; empty: unknown, or none."
    )
    schedule_read_at = models.DateTimeField(null=True)
    findings = models.PositiveIntegerField(
        default=0, help_text="What the last sync of customers found wrong with the data."
    )
    finding = models.TextField(blank=True, help_text="The first of them.")
    findings_at = models.DateTimeField(null=True)
    sync_wished_at = models.DateTimeField(
        null=True, help_text="When a person asked for a sync that the worker has not begun yet."
    )
    tags = models.JSONField(default=dict)
    grant_keys = models.TextField(
        blank=True,
        help_text="What grants name it by, a line each: its tags, and its owners at Codat.",
    )
    search = models.TextField(blank=True, help_text="Folded: name, ID, tags, software, and so on.")
    read_at = models.DateTimeField(help_text="When Codat was asked.")
    event_at = models.DateTimeField(null=True, help_text="Of the last event that was taken over.")

    objects = CompanyManager["CompanyState"]()

    class Meta:
        """No one edits companies here."""

        default_permissions = ()
        ordering = ["name", "company_id"]
        indexes = [models.Index(fields=["name", "company_id"])]

    def __str__(self) -> str:
        return f"{self.name} ({self.company_id})"

    @classmethod
    def synced(cls, company_id: str, at: datetime) -> None:
        """Record that a sync of a company has ended, so that every page shows the same age at once."""
        rows: models.QuerySet[Any] = cls.objects.filter(pk=company_id)
        rows.exclude(last_sync__gte=at).update(last_sync=at)


class ChangesOfDay(models.Model):
    """How many changes of one day have one outcome, for the picture on the home page. The worker counts them.

    Those of all companies together, for who sees all, and those of each company, for who sees some.
    """

    company_id = models.CharField(
        max_length=64, blank=True, help_text="Empty for all of them together."
    )
    day = models.DateField(help_text="In the dashboard's own time zone.")
    outcome = models.CharField(max_length=12)
    number = models.PositiveIntegerField()
    counted_at = models.DateTimeField()

    objects = StrictCompanyManager["ChangesOfDay"]()
    everywhere = models.Manager["ChangesOfDay"]()

    class Meta:
        """No one edits counts."""

        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["company_id", "day", "outcome"], name="one_count_per_outcome"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.number} {self.outcome}"
