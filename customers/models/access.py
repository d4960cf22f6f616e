"""The tables of people and of the companies that they may see; part of `customers.models`."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class Person(models.Model):
    """What the dashboard knows of a user beyond Django: what they may see, who invited them, who stands in for them.

    A user without a row sees no company; a superuser sees all of them. It is read with the user, in one query.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="person",
    )
    sees_all = models.BooleanField(
        "sees all companies", default=False, help_text="Without it, only those of the grants."
    )
    last_seen_at = models.DateTimeField(null=True, blank=True)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    invited_at = models.DateTimeField(null=True, blank=True)
    deputy = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Who approves in their place.",
    )
    deputy_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Those who may manage people change it."""

        default_permissions = ()
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return f"Person {self.user_id}"


class Grant(models.Model):
    """Companies that a person may see: one company, those with a tag, or those that a Codat user owns."""

    class Kind(models.TextChoices):
        """What names the companies."""

        COMPANY = "company", "Company"
        TAG = "tag", "Tag"
        OWNER = "owner", "Owner"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="grants", db_index=False
    )
    kind = models.CharField(max_length=7, choices=Kind)
    key = models.CharField(max_length=200, blank=True, help_text="The tag's key; else empty.")
    value = models.CharField(
        max_length=500, help_text="The company's ID, the tag's value, or the ID of a Codat user."
    )
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    granted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Those who may manage people change it."""

        default_permissions = ()
        ordering = ["kind", "key", "value"]
        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "key", "value"], name="granted_once")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.key} {self.value}".replace("  ", " ")
