"""The one application."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """Customers in other people's accounting software."""

    name = "customers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have sign-ins recorded."""
        # Imported here, because models can be imported only once the applications are loaded.
        from customers.audit import signals

        signals.connect()
