"""The same customers in a database, and a record with as many inputs as the dashboard's form has."""

from __future__ import annotations

from django.db import models

STATUSES = [("Active", "Active"), ("Archived", "Archived"), ("Unknown", "Unknown")]
KINDS = [("Billing", "Billing"), ("Delivery", "Delivery")]


class Customer(models.Model):
    """A customer with the default columns of the dashboard's list and what its search covers, under Codat's names."""

    id = models.CharField(primary_key=True, max_length=200)
    customerName = models.CharField("Name", max_length=500, blank=True)  # noqa: N815  Codat's name
    contactName = models.CharField("Contact", max_length=500, blank=True)  # noqa: N815  Codat's name
    emailAddress = models.CharField("Email", max_length=500, blank=True)  # noqa: N815  Codat's name
    phone = models.CharField("Phone", max_length=500, blank=True)
    city = models.CharField("City", max_length=500, blank=True)
    country = models.CharField("Country", max_length=500, blank=True)
    defaultCurrency = models.CharField("Currency", max_length=3, blank=True)  # noqa: N815  Codat's name
    status = models.CharField("Status", max_length=20, choices=STATUSES)
    sourceModifiedDate = models.DateTimeField("Changed", null=True)  # noqa: N815  Codat's name
    position = models.IntegerField(editable=False, db_index=True)

    def __str__(self) -> str:
        return self.customerName


def _fields() -> dict[str, models.CharField[str, str]]:
    """80 fields with help texts, 20 of them with options, like the dashboard's form."""
    return {
        f"value{number}": models.CharField(
            f"Value {number}",
            max_length=500,
            blank=True,
            default="Billing",
            help_text="Max length of 500 characters.",
            choices=KINDS if number % 4 == 0 else None,
        )
        for number in range(80)
    }


LargeRecord: type[models.Model] = type(
    "LargeRecord", (models.Model,), {"__module__": __name__, **_fields()}
)
