"""The tables of a reader: preferences and saved views of the list of customers; part of `customers.models`."""

from django.conf import settings
from django.db import models


class Preferences(models.Model):
    """What one person has chosen for the dashboard, and the companies that they used last.

    No row, or a value that is invalid by now, means the default. It is read with the user, in one query.
    `customers/web/reader.py` reads and writes it.
    """

    class Theme(models.TextChoices):
        """Light or dark."""

        SYSTEM = "system", "System"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    class Density(models.TextChoices):
        """The height of rows."""

        COMFORTABLE = "comfortable", "Comfortable"
        COMPACT = "compact", "Compact"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="preferences",
    )
    time_zone = models.CharField(max_length=64, blank=True, help_text="Empty: the default.")
    locale = models.CharField(max_length=16, blank=True, help_text="Empty: the default.")
    theme = models.CharField(max_length=6, choices=Theme, default=Theme.SYSTEM)
    density = models.CharField(max_length=11, choices=Density, default=Density.COMFORTABLE)
    shortcuts = models.BooleanField(default=True, help_text="Whether single keys do something.")
    list_columns = models.JSONField(
        default=str, blank=True, help_text='Names of columns in order; "" for the default.'
    )
    export = models.JSONField(
        default=dict, blank=True, help_text="Columns, layout and format of the latest export."
    )
    recent_companies = models.JSONField(
        default=list, blank=True, help_text="The companies used last, the latest first: ID, name."
    )
    recent_records = models.JSONField(
        default=list, blank=True, help_text="What was opened last, the latest first: kind, IDs."
    )

    class Meta:
        """Everybody changes their own, nobody another's."""

        default_permissions = ()
        verbose_name_plural = "preferences"

    def __str__(self) -> str:
        return f"Preferences of {self.user_id}"


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
