"""The one application."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """Customers in other people's accounting software."""

    name = "customers"
    default_auto_field = "django.db.models.BigAutoField"
