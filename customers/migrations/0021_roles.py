"""Four groups for the roles. Who had a role, or is staff, goes on seeing all companies."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from customers import models as models_module

GROUPS = {
    "Viewers": ["read_customers"],
    "Editors": ["read_customers", "write_customers"],
    "Approvers": ["read_customers", "write_customers", "approve_changes"],
    "Administrators": ["read_customers", "write_customers", "approve_changes", "manage_people"],
}


def make_groups(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the groups with their permissions, as migration 0002 does."""
    config = apps.get_app_config("customers")
    config.models_module = models_module
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="customers"
    )
    for name, codenames in GROUPS.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        group.permissions.add(*permissions.filter(codename__in=codenames))


def make_people(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Nobody who could work with all companies before loses one by the upgrade."""
    users = apps.get_model("auth", "User").objects.filter(
        models.Q(is_staff=True)
        | models.Q(is_superuser=True)
        | models.Q(groups__isnull=False)
        | models.Q(user_permissions__isnull=False)
    )
    person = apps.get_model("customers", "Person")
    ids = users.values_list("pk", flat=True).distinct()
    person.objects.bulk_create([person(user_id=pk, sees_all=True) for pk in ids])


class Migration(migrations.Migration):
    """Data only; going back leaves the groups, which people may be in."""

    dependencies = [("customers", "0020_people")]
    operations = [
        migrations.RunPython(make_groups, migrations.RunPython.noop),
        migrations.RunPython(make_people, migrations.RunPython.noop),
    ]
