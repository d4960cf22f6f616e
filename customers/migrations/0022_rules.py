"""What the rules find about each customer of the index, and what they need for it."""

from typing import Any

from django.db import migrations, models
from django.utils import timezone

TABLE = "customers_indexedcustomer"
# The new columns: their fields, and what rows have in them that were filled before.
COLUMNS: tuple[tuple[str, "models.Field[Any, Any]", str], ...] = (
    ("written_phones", models.TextField(blank=True, help_text="As they are written, for the rules."), "''"),
    ("has_address", models.BooleanField(default=False), "false"),
    ("has_invisible", models.BooleanField(default=False, help_text="A value has characters that nobody sees."), "false"),
    ("broken_rules", models.IntegerField(default=0, help_text="The bits of the rules that it breaks.")  , "0"),
    ("rules_version", models.SmallIntegerField(default=0, help_text="Of the rules when it was checked; 0: not yet."), "0"),
)


def add_columns(apps: Any, schema_editor: Any) -> None:
    """Add them in no time. Django would copy SQLite's table, and lose the triggers that keep its trigrams."""
    connection = schema_editor.connection
    for name, field, value in COLUMNS:
        kind = field.db_type(connection)
        schema_editor.execute(f"ALTER TABLE {TABLE} ADD COLUMN {name} {kind} NOT NULL DEFAULT {value}")
        if connection.vendor == "postgresql":
            schema_editor.execute(f"ALTER TABLE {TABLE} ALTER COLUMN {name} DROP DEFAULT")


def remove_columns(apps: Any, schema_editor: Any) -> None:
    for name, _, _ in COLUMNS:
        schema_editor.execute(f"ALTER TABLE {TABLE} DROP COLUMN {name}")


def read_again(apps: Any, schema_editor: Any) -> None:
    """Have the worker read all companies whole: rows without the new columns are not checked."""
    now = timezone.now()
    companies = apps.get_model("customers", "IndexedCompany").objects
    companies.update(filled_at=None, next_page=0, changed_at=now, due_at=now)


class Migration(migrations.Migration):

    dependencies = [
        ("customers", "0021_roles"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(add_columns, remove_columns)],
            state_operations=[
                migrations.AddField(model_name="indexedcustomer", name=name, field=field)
                for name, field, _ in COLUMNS
            ],
        ),
        migrations.AddIndex(
            model_name="indexedcustomer",
            index=models.Index(fields=["source", "broken_rules"], name="indexed_by_broken_rules"),
        ),
        migrations.AddIndex(
            model_name="indexedcustomer",
            index=models.Index(fields=["rules_version"], name="indexed_by_rules"),
        ),
        migrations.RunPython(read_again, migrations.RunPython.noop),
    ]
