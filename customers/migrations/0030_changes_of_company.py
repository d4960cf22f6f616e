"""Counts of changes by company, for the picture of those who see some companies.

The worker counts all days anew within minutes, so the old counts are deleted.
"""

from typing import Any

from django.db import migrations, models


def forget(apps: Any, schema_editor: Any) -> None:
    """Delete the counts."""
    apps.get_model("customers", "ChangesOfDay").objects.all().delete()


class Migration(migrations.Migration):
    """A column, and the constraint with it."""

    dependencies = [("customers", "0029_approvals")]

    operations = [
        migrations.RunPython(forget, forget),
        migrations.RemoveConstraint(model_name="changesofday", name="one_count_per_outcome"),
        migrations.AddField(
            model_name="changesofday",
            name="company_id",
            field=models.CharField(
                blank=True, default="", help_text="Empty for all of them together.", max_length=64
            ),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="changesofday",
            constraint=models.UniqueConstraint(
                fields=("company_id", "day", "outcome"), name="one_count_per_outcome"
            ),
        ),
    ]
