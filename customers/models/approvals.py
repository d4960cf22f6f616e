"""The tables of approvals: rules, requests and their decisions; part of `customers.models`."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from customers.scoped import CompanyManager


class ApprovalRule(models.Model):
    """A rule that says which changes a second person has to approve. It is never changed, only ended.

    It is about one company, the companies with a tag, or all; about single changes of fields, and about batches with
    more rows than a number. See `writes/approving/policy.py`.
    """

    class Field(models.TextChoices):
        """A field of a customer; the value is its name in Codat's record."""

        ANY = "any", "Any field"
        NAME = "customerName", "Name"
        TAX_NUMBER = "taxNumber", "Tax number"
        STATUS = "status", "Status"

    company_id = models.CharField(max_length=64, blank=True, help_text="Empty for all companies.")
    company_name = models.TextField(blank=True)
    tag_key = models.CharField(max_length=200, blank=True, help_text="Empty where no tag is asked.")
    tag_value = models.CharField(max_length=200, blank=True)
    fields = models.JSONField(default=list, help_text="Values of `Field`; empty for none.")
    larger_than = models.PositiveIntegerField(
        null=True, help_text="Rows of a batch; empty where batches are not counted."
    )
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_by_name = models.CharField(max_length=150)
    ended_at = models.DateTimeField(null=True, help_text="When it was switched off.")
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    ended_by_name = models.CharField(max_length=150, blank=True)

    objects = CompanyManager["ApprovalRule"]()
    # What asks for approval: a rule holds whoever looks.
    everywhere = models.Manager["ApprovalRule"]()

    class Meta:
        """Those who may manage people may add rules."""

        default_permissions = ()
        ordering = ["-made_at", "-id"]

    def __str__(self) -> str:
        return f"Rule {self.pk} by {self.made_by_name}"


class Approval(models.Model):
    """One request for a second person's approval, of one write or of one batch, and the decision.

    `sha256` is of exactly what would be sent: another payload is not approved by it. A batch has a hash for each row
    (`ApprovalRow`), and here that of all of them.
    """

    class State(models.TextChoices):
        """What became of the request. WAITING is the only one that is left again."""

        WAITING = "waiting", "Waits for approval"
        APPROVED = "approved", "Approved"
        RETURNED = "returned", "Returned"
        WITHDRAWN = "withdrawn", "Withdrawn"
        EXPIRED = "expired", "Expired"
        VOID = "void", "Void"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    write = models.OneToOneField(
        "customers.Write", null=True, on_delete=models.CASCADE, related_name="approval"
    )
    batch = models.ForeignKey(
        "customers.Batch", null=True, on_delete=models.CASCADE, related_name="approvals"
    )
    company_id = models.CharField(max_length=64)
    rows = models.PositiveIntegerField(default=1, help_text="Changes that it is about.")
    sha256 = models.CharField(max_length=64)
    reasons = models.JSONField(default=list, help_text="Why approval is needed: sentences.")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="approvals"
    )
    asked_by_name = models.CharField(max_length=150)
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_by_name = models.CharField(max_length=150, blank=True)
    comment = models.TextField(blank=True, help_text="The approver's words, or why it is void.")

    objects = CompanyManager["Approval"]()

    class Meta:
        """`customers.approve_changes` decides; see `Write`."""

        default_permissions = ()
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(write__isnull=True) ^ models.Q(batch__isnull=True),
                name="approval_of_a_write_or_a_batch",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="approved", decided_by=models.F("asked_by")),
                name="approval_by_another_person",
            ),
            models.UniqueConstraint(
                fields=["batch"],
                condition=models.Q(state="waiting"),
                name="one_waiting_approval_of_a_batch",
            ),
        ]
        indexes = [
            models.Index(
                fields=["asked_at"],
                condition=models.Q(state="waiting"),
                name="waiting_approvals",
            ),
            models.Index(fields=["asked_by", "-asked_at"]),
        ]

    def __str__(self) -> str:
        return f"Approval asked by {self.asked_by_name}: {self.get_state_display()}"


class ApprovalRow(models.Model):
    """The hash of one row of a batch, as it stood when its approval was asked for."""

    approval = models.ForeignKey(Approval, on_delete=models.CASCADE, related_name="row_hashes")
    position = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)

    COMPANY = "approval__company_id"
    objects = CompanyManager["ApprovalRow"]()

    class Meta:
        """Written with the request, and never changed."""

        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["approval", "position"], name="one_hash_of_each_approved_row"
            )
        ]

    def __str__(self) -> str:
        return f"Row {self.position} of approval {self.approval_id}"
