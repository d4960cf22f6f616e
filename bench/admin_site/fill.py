"""`python -m bench.admin_site.fill <upstream>`: tables, the upstream's customers, a large record and a user."""

import sys
from datetime import UTC, datetime
from typing import Any
from urllib.request import urlopen

import django
import msgspec
from django.core.management import call_command
from django.utils.dateparse import parse_datetime


def _date(text: str) -> datetime | None:
    """Codat's date; UTC where it names no zone, as documented."""
    date = parse_datetime(text)
    return date.replace(tzinfo=UTC) if date and date.tzinfo is None else date


def _main_address(record: dict[str, Any]) -> dict[str, Any]:
    """As the dashboard's list chooses it: the first billing address, else the first one."""
    addresses: list[dict[str, Any]] = record.get("addresses") or [{}]
    return next((each for each in addresses if each.get("type") == "Billing"), addresses[0])


def main(upstream: str) -> None:
    """Fill the database that the settings name."""
    django.setup()
    from django.contrib.auth.models import User

    from bench.admin_site.models import Customer, LargeRecord
    from bench.upstream import THOUSANDS

    call_command("migrate", run_syncdb=True, verbosity=0)
    with urlopen(f"{upstream}/companies/{THOUSANDS}/data/customers?pageSize=5000") as response:
        records = msgspec.json.decode(response.read())["results"]
    names = (
        "id",
        "customerName",
        "contactName",
        "emailAddress",
        "phone",
        "defaultCurrency",
        "status",
    )
    Customer._default_manager.bulk_create(
        Customer(
            **{name: record.get(name) or "" for name in names},
            city=_main_address(record).get("city") or "",
            country=_main_address(record).get("country") or "",
            sourceModifiedDate=_date(record.get("sourceModifiedDate") or ""),
            position=position,
        )
        for position, record in enumerate(records)
    )
    LargeRecord._default_manager.create()
    User.objects.create_superuser("demo", password="demo")  # noqa: S106  in a temporary database


if __name__ == "__main__":
    main(sys.argv[1])
