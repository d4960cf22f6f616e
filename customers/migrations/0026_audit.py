"""The audit: its tables, the triggers that protect them, and who may read it.

A chained entry cannot be changed, and one that is not chained can only be chained. Nothing can be deleted but what lies
before its chain's anchor. A later migration that rebuilds the table on SQLite drops its triggers: add them again, as
`tests/audit/test_protection.py` asks.
"""

from typing import Any

import django.utils.timezone
from django.contrib.auth.management import create_permissions
from django.db import migrations, models

from customers import models as models_module

TABLE, CHAINS = "customers_auditentry", "customers_auditchain"
# What is set when an entry is chained.
CHAINED = ("number", "previous_hash", "hash")
KEPT = (
    "id", "at", "kind", "user_id", "user_name", "address", "request_id", "correlation_id", "company_id", "customer_id",
    "subject", "detail", "chain",
)  # fmt: skip

_IS_OTHER = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in KEPT)
# `WHEN` may be null, which counts as false: a deletion of an entry without a number must not pass.
SQLITE = (
    f"""CREATE TRIGGER audit_unchanged BEFORE UPDATE ON {TABLE}
    WHEN OLD.number IS NOT NULL OR {_IS_OTHER}
    BEGIN SELECT RAISE(ABORT, 'An entry of the audit cannot be changed.'); END""",
    f"""CREATE TRIGGER audit_undeleted BEFORE DELETE ON {TABLE}
    WHEN NOT EXISTS (SELECT 1 FROM {CHAINS} WHERE name = OLD.chain AND anchor_number >= OLD.number)
    BEGIN SELECT RAISE(ABORT, 'An entry of the audit cannot be deleted.'); END""",
)
SQLITE_REVERSE = ("DROP TRIGGER audit_unchanged", "DROP TRIGGER audit_undeleted")

_CHAINED = ", ".join(f"'{name}'" for name in CHAINED)
POSTGRESQL = (
    f"""CREATE FUNCTION audit_unchanged() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF OLD.number IS NOT NULL
        OR to_jsonb(NEW) - ARRAY[{_CHAINED}] IS DISTINCT FROM to_jsonb(OLD) - ARRAY[{_CHAINED}]
    THEN RAISE EXCEPTION 'An entry of the audit cannot be changed.' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
    END $$""",
    f"""CREATE FUNCTION audit_undeleted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NOT EXISTS (SELECT 1 FROM {CHAINS} WHERE name = OLD.chain AND anchor_number >= OLD.number)
    THEN RAISE EXCEPTION 'An entry of the audit cannot be deleted.' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN OLD;
    END $$""",
    f"CREATE TRIGGER audit_unchanged BEFORE UPDATE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION audit_unchanged()",
    f"CREATE TRIGGER audit_undeleted BEFORE DELETE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION audit_undeleted()",
)
POSTGRESQL_REVERSE = (
    f"DROP TRIGGER audit_unchanged ON {TABLE}",
    f"DROP TRIGGER audit_undeleted ON {TABLE}",
    "DROP FUNCTION audit_unchanged()",
    "DROP FUNCTION audit_undeleted()",
)


def protect(apps: Any, schema_editor: Any) -> None:
    """Create the triggers."""
    _execute(schema_editor.connection, {"sqlite": SQLITE, "postgresql": POSTGRESQL})


def unprotect(apps: Any, schema_editor: Any) -> None:
    """Drop the triggers."""
    _execute(schema_editor.connection, {"sqlite": SQLITE_REVERSE, "postgresql": POSTGRESQL_REVERSE})


def _execute(connection: Any, statements: dict[str, tuple[str, ...]]) -> None:
    with connection.cursor() as cursor:
        for statement in statements[connection.vendor]:
            cursor.execute(statement)


def give_to_administrators(apps: Any, schema_editor: Any) -> None:
    """Let administrators read the audit."""
    config = apps.get_app_config("customers")
    # As in migration 0002: Django makes no permissions for an application without a module of models.
    config.models_module = models_module
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="customers", codename="read_audit"
    )
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name="Administrators")
    group.permissions.add(*permissions)


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0025_invitations'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditChain',
            fields=[
                ('name', models.CharField(choices=[('reads', 'Reads'), ('actions', 'Actions')], max_length=8, primary_key=True, serialize=False)),
                ('number', models.BigIntegerField(default=0, help_text='Of the newest entry.')),
                ('hash', models.CharField(blank=True, help_text='Of the newest entry.', max_length=64)),
                ('anchor_number', models.BigIntegerField(default=0, help_text='Of the last deleted entry.')),
                ('anchor_hash', models.CharField(blank=True, help_text='Of the last deleted one.', max_length=64)),
                ('anchored_at', models.DateTimeField(null=True)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('kind', models.CharField(choices=[('sign_in', 'Signed in'), ('sign_in_failed', 'Sign-in failed'), ('sign_out', 'Signed out'), ('read', 'Customer read'), ('file', 'Attachment opened'), ('download', 'File downloaded'), ('export', 'Customers exported'), ('import', 'Import'), ('change', 'Change saved'), ('decision', 'Unknown change decided'), ('batch', 'Batch'), ('approval', 'Approval'), ('people', 'People and access'), ('setting', 'Team setting'), ('event_refused', 'Event refused'), ('denied', 'Access denied'), ('forgotten', 'Customer forgotten')], max_length=16)),
                ('user_id', models.BigIntegerField(help_text='Empty for nobody and for the dashboard.', null=True)),
                ('user_name', models.CharField(blank=True, max_length=150)),
                ('address', models.CharField(blank=True, help_text="The client's.", max_length=64)),
                ('request_id', models.CharField(blank=True, max_length=64)),
                ('correlation_id', models.CharField(blank=True, help_text='Of the last call.', max_length=200)),
                ('company_id', models.CharField(blank=True, max_length=64)),
                ('customer_id', models.TextField(blank=True)),
                ('subject', models.TextField(blank=True, help_text='The ID of a change, batch, file, person.')),
                ('detail', models.JSONField(default=dict, help_text="Words of the dashboard's own; no values.")),
                ('chain', models.CharField(choices=[('reads', 'Reads'), ('actions', 'Actions')], max_length=8)),
                ('number', models.BigIntegerField(help_text='In its chain, from 1; then chained.', null=True)),
                ('previous_hash', models.CharField(blank=True, max_length=64)),
                ('hash', models.CharField(blank=True, help_text='SHA-256.', max_length=64)),
            ],
            options={
                'verbose_name_plural': 'audit entries',
                'ordering': ['-at', '-id'],
                'permissions': [('read_audit', 'May read the audit and have customers forgotten')],
                'default_permissions': (),
                'indexes': [models.Index(fields=['-at', '-id'], name='audit_by_time'), models.Index(fields=['company_id', 'customer_id', '-at', '-id'], name='audit_customer'), models.Index(fields=['company_id', '-at', '-id'], name='audit_company'), models.Index(fields=['user_id', '-at', '-id'], name='audit_person'), models.Index(fields=['kind', '-at', '-id'], name='audit_kind'), models.Index(condition=models.Q(('number__isnull', True)), fields=['chain', 'id'], name='audit_unchained')],
                'constraints': [models.UniqueConstraint(fields=('chain', 'number'), name='one_entry_per_number')],
            },
        ),
        migrations.RunPython(protect, unprotect),
        migrations.RunPython(give_to_administrators, migrations.RunPython.noop),
    ]
