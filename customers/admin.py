"""The admin site, for emergencies: users and groups. Nothing else is registered, and users are not deleted.

The journal, batches and other records of what people did name the user who did it. Deleting a user would change these
rows, so a user is made inactive instead.
"""

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.http import HttpRequest

from customers.models import Grant, Person

admin.site.site_header = f"{settings.PRODUCT_NAME}: users and groups"
admin.site.site_title = settings.PRODUCT_NAME
admin.site.index_title = "Users and groups"
admin.site.site_url = "/companies/"
admin.site.unregister(User)
# What allauth keeps: secrets of second factors, links to the provider, sessions. Its admin modules are read first.
for label in ("account", "socialaccount", "mfa", "usersessions"):
    admin.site.unregister(
        [
            model
            for model in apps.get_app_config(label).get_models()
            if admin.site.is_registered(model)
        ]
    )


class PersonInline(admin.StackedInline):  # type: ignore[type-arg]  # generic in the stubs only
    """Whether a user sees all companies."""

    model = Person
    fk_name = "user"
    fields = ("sees_all",)
    can_delete = False


class GrantInline(admin.TabularInline):  # type: ignore[type-arg]  # generic in the stubs only
    """The companies that a user sees."""

    model = Grant
    fk_name = "user"
    fields = ("kind", "key", "value")
    extra = 0


@admin.register(User)
class KeptUserAdmin(UserAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """Users as Django shows them, with what they may see and without a way to delete them."""

    inlines = (PersonInline, GrantInline)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody deletes a user, not even a superuser."""
        return False
