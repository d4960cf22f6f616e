"""The tables of the audit: its entries, and the two chains that hold them; part of `customers.models`.

An entry says who did or read what, when and from where. It holds IDs, never a value of a customer. Nothing refers to
another table by a foreign key: an entry stays as it is when the person or the change that it names is deleted.
The database refuses every change of a chained entry, and every deletion but that of the oldest part: see migration
0026 (`audit`) and `customers/audit/chains.py`.
"""

from django.db import models
from django.utils import timezone

from customers.scoped import StrictCompanyManager


class Chain(models.TextChoices):
    """Entries that are kept for the same time have one chain, so that its oldest part can be deleted whole."""

    READS = "reads", "Reads"
    ACTIONS = "actions", "Actions"


class AuditEntry(models.Model):
    """One thing that a person, or the dashboard itself, did or read.

    Pages insert it without a number. The worker numbers the entries of each chain from 1, and computes their hashes.
    """

    class Kind(models.TextChoices):
        """What happened. `docs/security.md` has the table of what is recorded where."""

        SIGN_IN = "sign_in", "Signed in"
        SIGN_IN_FAILED = "sign_in_failed", "Sign-in failed"
        SIGN_OUT = "sign_out", "Signed out"
        READ = "read", "Customer read"
        FILE = "file", "Attachment opened"
        DOWNLOAD = "download", "File downloaded"
        EXPORT = "export", "Customers exported"
        IMPORT = "import", "Import"
        CHANGE = "change", "Change saved"
        DECISION = "decision", "Unknown change decided"
        BATCH = "batch", "Batch"
        APPROVAL = "approval", "Approval"
        PEOPLE = "people", "People and access"
        SETTING = "setting", "Team setting"
        EVENT_REFUSED = "event_refused", "Event refused"
        DENIED = "denied", "Access denied"
        FORGOTTEN = "forgotten", "Customer forgotten"

    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=16, choices=Kind)
    user_id = models.BigIntegerField(null=True, help_text="Empty for nobody and for the dashboard.")
    user_name = models.CharField(max_length=150, blank=True)
    address = models.CharField(max_length=64, blank=True, help_text="The client's.")
    request_id = models.CharField(max_length=64, blank=True)
    correlation_id = models.CharField(max_length=200, blank=True, help_text="Of the last call.")
    company_id = models.CharField(max_length=64, blank=True)
    customer_id = models.TextField(blank=True)
    subject = models.TextField(blank=True, help_text="The ID of a change, batch, file, person.")
    detail = models.JSONField(default=dict, help_text="Words of the dashboard's own; no values.")

    chain = models.CharField(max_length=8, choices=Chain)
    number = models.BigIntegerField(null=True, help_text="In its chain, from 1; then chained.")
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64, blank=True, help_text="SHA-256.")

    objects = StrictCompanyManager["AuditEntry"]()
    # A chain has the entries of all companies, whoever asks.
    everywhere = models.Manager["AuditEntry"]()

    class Meta:
        """Entries are only added."""

        default_permissions = ()
        permissions = [("read_audit", "May read the audit and have customers forgotten")]
        verbose_name_plural = "audit entries"
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["chain", "number"], name="one_entry_per_number")
        ]
        indexes = [
            models.Index(fields=["-at", "-id"], name="audit_by_time"),
            models.Index(fields=["company_id", "customer_id", "-at", "-id"], name="audit_customer"),
            models.Index(fields=["company_id", "-at", "-id"], name="audit_company"),
            models.Index(fields=["user_id", "-at", "-id"], name="audit_person"),
            models.Index(fields=["kind", "-at", "-id"], name="audit_kind"),
            models.Index(
                fields=["chain", "id"],
                condition=models.Q(number__isnull=True),
                name="audit_unchained",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} by {self.user_name or 'nobody'}"


class AuditChain(models.Model):
    """The two ends of a chain: its newest entry, and the last one that was deleted."""

    name = models.CharField(max_length=8, choices=Chain, primary_key=True)
    number = models.BigIntegerField(default=0, help_text="Of the newest entry.")
    hash = models.CharField(max_length=64, blank=True, help_text="Of the newest entry.")
    anchor_number = models.BigIntegerField(default=0, help_text="Of the last deleted entry.")
    anchor_hash = models.CharField(max_length=64, blank=True, help_text="Of the last deleted one.")
    anchored_at = models.DateTimeField(null=True)

    class Meta:
        """One row for each chain."""

        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.get_name_display()}: {self.anchor_number + 1} to {self.number}"
