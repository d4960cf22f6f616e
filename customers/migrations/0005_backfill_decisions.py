"""Fill the columns of 0004 for older rows, and state only what is known of them."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def backfill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Who decided was not stored; that a person did, and when a write was given up, was."""
    writes = apps.get_model("customers", "Write").objects
    decided = writes.filter(settled_by="person")
    decided.filter(push_operation_key="").update(
        decision="not_received", decided_at=models.F("completed_at"), error_message=""
    )
    decided.exclude(push_operation_key="").update(decision="linked")

    # Without an answer from Codat these were stopped before the first byte.
    writes.filter(
        state="failed", settled_by="answer", push_operation_key="", status_code=None
    ).update(sent_at=None, attempts=0)

    writes.filter(
        state="timed_out", error_message="Codat no longer knows of this operation."
    ).update(settled_by="expiry", error_message="Codat no longer has this push operation.")

    for write in writes.filter(confirmation="differs").only("differences").iterator():
        if any(item.get("what") == "kept" for item in write.differences):
            for item in write.differences:
                item["what"] = "not_cleared" if item.get("what") == "kept" else item.get("what")
            write.save(update_fields=["differences"])


class Migration(migrations.Migration):
    """Data only; going back leaves it."""

    dependencies = [("customers", "0004_decisions")]
    operations = [migrations.RunPython(backfill, migrations.RunPython.noop)]
