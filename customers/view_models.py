"""The tables of saved views of the list of customers; part of `customers.models`."""

from django.conf import settings
from django.db import models


class SavedView(models.Model):
    """A list of customers under a name: its search, filters, order and columns, for every company."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.CASCADE,
        related_name="saved_views",
        help_text="Empty for a view of the team.",
    )
    name = models.CharField(max_length=60)
    query = models.TextField(blank=True, help_text="The list's query string.")
    columns = models.TextField(blank=True, help_text="Names with commas; empty: the reader's own.")

    class Meta:
        """Users with the permission to write customers may change the views of the team."""

        default_permissions = ()
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return f"View {self.name}"


class DefaultView(models.Model):
    """The view in which a person's lists open."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="default_view",
    )
    view = models.ForeignKey(SavedView, on_delete=models.CASCADE, related_name="default_for")

    class Meta:
        """Everybody chooses their own."""

        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.view} of {self.user}"
