"""The sandbox's companies: key, name, integration, connections and how many customers."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from . import dates
from . import invented_integrations as invented
from . import observed_integrations as observed
from .integration import Integration
from .records import Shape

NAMESPACE = uuid.UUID("6b1d5c3e-5a3f-4d0e-9c55-0d6f3a1b7e42")

_ALL = frozenset(
    {
        "contactName",
        "emailAddress",
        "defaultCurrency",
        "phone",
        "registrationNumber",
        "taxNumber",
    }
)


@dataclass(frozen=True)
class Link:
    """One data connection: an integration and the state of the link to it."""

    integration: Integration
    status: str = "Linked"


@dataclass(frozen=True)
class Plan:
    """The initial state of one company.

    count: customers; 0 for those of `special_records`; -1 for the sandbox's argument `customers`.
    synced: `yes`, `never`, or `running` (its first refresh is running and ends only with `settle()`).
    sync_age: how long before the sandbox begins the last sync was.
    schedule: hours between two syncs of customers, 0 for no schedule.
    """

    key: str
    name: str
    links: tuple[Link, ...]
    count: int = 0
    shape: Shape = field(default_factory=Shape)
    synced: str = "yes"
    sync_age: timedelta = dates.SYNC_AGE
    schedule: int = 0
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def id(self) -> str:
        """The company's id; it does not depend on the seed."""
        return str(uuid.uuid5(NAMESPACE, self.key))

    @property
    def last_sync(self) -> datetime:
        """When it was synced last, in the data's own time; only where it was."""
        return dates.REFERENCE - self.sync_age

    @property
    def created(self) -> datetime:
        """When it was added to Codat: at different times, and before its last sync."""
        days = 200 + uuid.UUID(self.id).int % 900
        return self.last_sync - timedelta(days=days, minutes=days * 7)

    def connection_id(self, index: int) -> str:
        """The id of its connection number `index`."""
        return str(uuid.uuid5(NAMESPACE, f"{self.key}/{index}"))


def _linked(integration: Integration) -> tuple[Link, ...]:
    return (Link(integration),)


PLANS: tuple[Plan, ...] = (
    Plan(
        "xero",
        "Bluebell Bakery Group",
        _linked(observed.XERO),
        48,
        Shape(
            fields=frozenset({"emailAddress", "phone", "taxNumber"}),
            addresses=("Billing", "Delivery"),
            contacts=1,
        ),
        tags=(("region", "uk"),),
    ),
    Plan(
        "qbo",
        "Castle Street Cycles",
        _linked(observed.QBO),
        40,
        Shape(
            ids="number",
            fields=_ALL,
            addresses=("Billing", "Delivery"),
            contacts=2,
            metadata=False,
            zulu=True,
        ),
        tags=(("region", "uk"), ("team", "onboarding")),
        sync_age=timedelta(hours=2),
    ),
    Plan(
        "qbd",
        "Durham Timber Yard",
        _linked(observed.QBD),
        120,
        Shape(ids="desktop", fields=_ALL, addresses=("Delivery", "Billing")),
        sync_age=timedelta(days=9),
        schedule=24,
    ),
    Plan(
        "netsuite",
        "Elmwood Robotics International",
        (Link(observed.NETSUITE), Link(invented.PLAID)),
        300,
        Shape(
            ids="number",
            fields=frozenset({"contactName", "defaultCurrency", "emailAddress", "taxNumber"}),
            country_codes=True,
            metadata=False,
            digits=7,
        ),
        tags=(("region", "us"),),
        sync_age=timedelta(minutes=35),
    ),
    Plan(
        "freshbooks", "Fern & Field Design", _linked(observed.FRESHBOOKS), 24, Shape(ids="number")
    ),
    Plan(
        "exact",
        "Grachtenpand Vastgoed",
        _linked(observed.EXACT),
        71,
        Shape(
            fields=frozenset({"defaultCurrency", "emailAddress"}),
            country_codes=True,
            contacts=0,
            metadata=False,
            zulu=True,
        ),
        sync_age=timedelta(days=1),
    ),
    Plan(
        "sage",
        "Hartley Garages",
        _linked(invented.SAGE),
        60,
        Shape(
            ids="code",
            fields=_ALL - {"registrationNumber"},
            addresses=("Delivery", "Delivery", "Unknown"),
            contacts=0,
            country_codes=True,
            blank=True,
        ),
        sync_age=timedelta(days=43),
    ),
    Plan(
        "dynamics",
        "Ironbridge Instruments",
        _linked(invented.DYNAMICS),
        42,
        Shape(fields=_ALL - {"registrationNumber"}, contacts=2, blank=True, zulu=True),
        sync_age=timedelta(hours=5),
    ),
    Plan(
        "zoho",
        "Jasmine Travel",
        _linked(invented.ZOHO),
        14,
        Shape(ids="long", addresses=("Billing",), metadata=False),
        sync_age=timedelta(days=3),
    ),
    Plan(
        "intacct",
        "Kestrel Aerospace",
        _linked(invented.INTACCT),
        0,
        Shape(ids="code", digits=3, zulu=True),
    ),
    Plan(
        "codat",
        "Lighthouse Demo Company",
        _linked(invented.CODAT),
        25,
        Shape(fields=_ALL, contacts=2),
    ),
    Plan(
        "big",
        "Meridian Wholesale",
        (Link(observed.QBO), Link(invented.SHOPIFY)),
        -1,
        Shape(
            ids="number",
            fields=_ALL,
            addresses=("Billing", "Delivery"),
            contacts=2,
            metadata=False,
            zulu=True,
        ),
        tags=(("region", "us"),),
        sync_age=timedelta(minutes=4),
    ),
    Plan("odd", "Nørrebro Ærø & Søn", _linked(invented.MYOB)),
    Plan("files", "Orchard Paper Archive", _linked(observed.XERO)),
    Plan(
        "deauthorized",
        "Pennine Walks",
        (Link(observed.XERO, "Deauthorized"),),
        18,
        Shape(fields=frozenset({"emailAddress", "phone"})),
        sync_age=timedelta(days=30),
    ),
    Plan(
        "unlinked",
        "Quayside Fish",
        (Link(invented.SAGE_ONLINE, "Unlinked"),),
        12,
        Shape(addresses=("Billing",)),
        sync_age=timedelta(days=400),
    ),
    Plan(
        "migrated",
        "Rosewood Interiors",
        (Link(invented.KASHFLOW, "Unlinked"), Link(observed.XERO), Link(invented.SHOPIFY)),
        22,
        Shape(fields=frozenset({"emailAddress", "phone"})),
    ),
    Plan(
        "never_synced",
        "Sundial Clocks",
        _linked(invented.FREEAGENT),
        16,
        Shape(ids="number"),
        synced="never",
    ),
    Plan(
        "syncing",
        "Tidewater Boats",
        _linked(invented.WAVE),
        30,
        Shape(ids="base64"),
        synced="running",
    ),
    Plan("pending", "Umbra Films", (Link(invented.KASHFLOW, "PendingAuth"),), synced="never"),
    Plan("no_accounting", "Vineyard Lane Deli", _linked(invented.PLAID), synced="never"),
    Plan("no_connections", "Wren & Partners", (), synced="never"),
    Plan(
        "read_only",
        "Yarrow Books",
        _linked(invented.CLEARBOOKS),
        9,
        Shape(ids="number"),
        sync_age=timedelta(days=2),
    ),
)
