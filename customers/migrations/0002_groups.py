"""Two groups: viewers read, editors write."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from customers import models as models_module

GROUPS = {
    "Viewers": ["read_customers"],
    "Editors": ["read_customers", "write_customers"],
}


def make_groups(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the groups with their permissions, which Django itself makes only after migrating."""
    config = apps.get_app_config("customers")
    # Django makes no permissions for an application without a module of models, as those here are.
    config.models_module = models_module
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="customers"
    )
    for name, codenames in GROUPS.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        group.permissions.add(*permissions.filter(codename__in=codenames))


class Migration(migrations.Migration):
    """Data only; going back leaves the groups, which people may be in."""

    dependencies = [
        ("customers", "0001_journal"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
