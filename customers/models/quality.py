"""The table of probable duplicates; part of `customers.models`."""

from django.db import models
from django.utils import timezone

from customers.scoped import CompanyManager


class DuplicatePair(models.Model):
    """Two customers of one company that look alike, and what a person said of them.

    The worker finds them by the index (`customers/quality/comparing.py`). It refers to them by their IDs, so that what
    was decided outlasts the index.
    """

    class Decision(models.TextChoices):
        """What a person said."""

        OPEN = "", "To decide"
        SAME = "same", "Same customer"
        DIFFERENT = "different", "Different customers"

    company_id = models.CharField(max_length=64)
    first_id = models.TextField(help_text="The lesser one of the two IDs.")
    second_id = models.TextField()
    score = models.SmallIntegerField(help_text="How much they look alike, at most 100.")
    reasons = models.JSONField(default=list, help_text="Names of `quality/likeness.py`.")
    found_at = models.DateTimeField(default=timezone.now)
    decision = models.CharField(max_length=9, blank=True, choices=Decision)
    decided_by_name = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(
        null=True, help_text="When one of the two was gone or archived; nothing is left to do."
    )

    objects = CompanyManager["DuplicatePair"]()

    class Meta:
        """Users with the permission to write customers decide."""

        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["company_id", "first_id", "second_id"], name="one_pair_of_two"
            )
        ]
        indexes = [
            models.Index(fields=["company_id", "decision", "closed_at"], name="pairs_of_company")
        ]

    def __str__(self) -> str:
        return f"{self.first_id} and {self.second_id}: {self.get_decision_display()}"
