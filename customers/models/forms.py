"""The tables of forms: drafts, and the locks of saves; part of `customers.models`."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from customers.scoped import CompanyManager


class SaveLock(models.Model):
    """A row that a save locks until its write is journaled; see `writes/save_lock.py`. Holds no data."""

    number = models.PositiveIntegerField(primary_key=True)

    class Meta:
        """No one edits locks."""

        default_permissions = ()

    def __str__(self) -> str:
        return f"Lock {self.number}"


class Draft(models.Model):
    """The unsaved values of a form: one row per opened form."""

    submission = models.UUIDField(help_text="The opened form's; its write has the same.")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts"
    )
    company_id = models.CharField(max_length=64)
    connection_id = models.CharField(max_length=64)
    customer_id = models.TextField(blank=True, help_text="Empty for a new customer.")
    customer_name = models.TextField(blank=True)
    body = models.TextField(help_text="The form as the browser would post it, URL-encoded.")
    model = models.TextField(
        blank=True, help_text="The create/update model it was typed into; JSON text."
    )
    sequence = models.BigIntegerField(
        default=0, help_text="Grows with each post of the draft; an older post changes nothing."
    )
    updated_at = models.DateTimeField(default=timezone.now)

    objects = CompanyManager["Draft"]()

    class Meta:
        """A submission has one draft per person."""

        default_permissions = ()
        ordering = ["-updated_at"]
        constraints = [
            models.UniqueConstraint(fields=["user", "submission"], name="one_draft_per_opened_form")
        ]
        indexes = [models.Index(fields=["user", "company_id", "customer_id"])]

    def __str__(self) -> str:
        return f"Draft by {self.user} of {self.customer_name or 'a new customer'}"
