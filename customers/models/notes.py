"""The tables of notes and owners; part of `customers.models`.

Both are about a subject: a company, one of its customers, a change, or a problem. They are the dashboard's own and
never sent to Codat. The owner of a problem is in `ProblemNote`.
"""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from customers.scoped import CompanyManager

MAX_SUBJECT_ID = 300


class SubjectKind(models.TextChoices):
    """What a note or an owner is about. The value is part of the address."""

    COMPANY = "company", "Company"
    CUSTOMER = "customer", "Customer"
    CHANGE = "change", "Change"
    PROBLEM = "problem", "Problem"


class Note(models.Model):
    """What somebody wrote about a subject. A deleted note keeps its author and times, not its text."""

    id = models.UUIDField(
        primary_key=True, default=uuid.uuid4, help_text="From its form: a second post adds nothing."
    )
    company_id = models.CharField(max_length=64)
    kind = models.CharField(max_length=8, choices=SubjectKind)
    subject_id = models.CharField(
        max_length=MAX_SUBJECT_ID,
        blank=True,
        help_text="The customer's ID, the change's number or the problem's key; empty for a company.",
    )
    text = models.TextField(blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    author_name = models.CharField(max_length=150)
    mentions = models.JSONField(
        default=dict, help_text="User IDs by the user names that were found in the text."
    )
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    objects = CompanyManager["Note"]()

    class Meta:
        """Whoever may read customers may add notes, and change their own."""

        default_permissions = ()
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["company_id", "kind", "subject_id", "-created_at"]),
        ]

    def __str__(self) -> str:
        return f"Note on {self.kind} {self.subject_id} of {self.company_id}"


class Owner(models.Model):
    """Who looks after a company, a customer or a change."""

    company_id = models.CharField(max_length=64)
    kind = models.CharField(max_length=8, choices=SubjectKind)
    subject_id = models.CharField(max_length=MAX_SUBJECT_ID, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="owned"
    )
    set_by_name = models.CharField(max_length=150)
    set_at = models.DateTimeField(default=timezone.now)

    objects = CompanyManager["Owner"]()

    class Meta:
        """Users with the permission to write customers set owners."""

        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["company_id", "kind", "subject_id"], name="one_owner")
        ]

    def __str__(self) -> str:
        return f"Owner of {self.kind} {self.subject_id} of {self.company_id}: {self.user_id}"
