"""`python -m bench.programs.fill_index <companies> <customers>`: fills the index with invented customers.

Names are made of syllables, so that there are as many different ones as in reality, and common ones are common: half
persons, half firms. The same numbers give the same customers. Nothing is asked of Codat.
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from itertools import accumulate
from random import Random
from typing import Any

import django

# ruff: noqa: SIM905  (lists of words read better as text)

# Different words of each kind.
FIRST_NAMES, LAST_NAMES, FIRM_WORDS, CITIES = 1_500, 40_000, 6_000, 800
_STARTS = "B Br C Ch D Dr F G Gr H J K Kr L M N P Pr R S Sch St T Tr V W Z A E I O".split()
_MIDDLES = "a e i o u ai ei au ou ar er or an en in on el al il am".split()
_ENDS = (
    "ton son berg mann sen ini ez ova ski ley field ford wood er er el ing a i o as is us".split()
)
_ACCENTED = {"ou": "ö", "au": "ü", "ei": "é", "ai": "á"}
_TRADES = "Bakery Design Electrics Farms Foods Glass Homes Logistics Media Motors Paper Plumbing Solar Tools".split()
_FORMS = ("Ltd", "Limited", "LLP", "GmbH", "BV", "Inc.", "& Sons", "SARL", "Oy", "PLC", "")
_COUNTRIES = (
    "United Kingdom",
    "United States",
    "Germany",
    "France",
    "Netherlands",
    "Sweden",
    "Spain",
)


class Names:
    """Words whose frequency falls as in real names: a few are common, most are rare."""

    def __init__(self, random: Random, count: int, *, syllables: int) -> None:
        found: dict[str, None] = {}
        while len(found) < count:
            middles = [random.choice(_MIDDLES) for _ in range(syllables)]
            word = random.choice(_STARTS) + "".join(
                part + random.choice("bdfgklmnprst") for part in middles
            )
            word += random.choice(_ENDS)
            if random.random() < 0.08:
                for plain, accented in _ACCENTED.items():
                    word = word.replace(plain, accented)
            found[word.title()] = None
        self._words = list(found)
        self._weights = list(accumulate(1 / (rank + 20) for rank in range(count)))
        self._random = random

    def one(self) -> str:
        """A word."""
        return self._random.choices(self._words, cum_weights=self._weights)[0]


class Customers:
    """Invented records in Codat's shape."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311  (repeatable, not secret)
        self.first = Names(self._random, FIRST_NAMES, syllables=1)
        self.last = Names(self._random, LAST_NAMES, syllables=2)
        self.firm = Names(self._random, FIRM_WORDS, syllables=1)
        self.city = Names(self._random, CITIES, syllables=1)

    def records(self, count: int) -> Iterator[dict[str, Any]]:
        """So many customers."""
        for _ in range(count):
            yield self._record()

    def _record(self) -> dict[str, Any]:
        random = self._random
        first, last = self.first.one(), self.last.one()
        name = f"{first} {last}"
        if random.random() < 0.5:
            name = f"{self.firm.one()} {random.choice(_TRADES)} {random.choice(_FORMS)}".strip()
        domain = f"{name.split()[-2 if ' ' in name else 0].lower()}-{random.randrange(90)}.example"
        return {
            "id": str(uuid.UUID(int=random.getrandbits(128), version=4)),
            "customerName": name,
            "contactName": f"{first} {last}",
            "emailAddress": f"{first}.{last}@{domain}".lower() if random.random() < 0.85 else "",
            "phone": f"+44 {random.randrange(20, 99)} {random.randrange(1000, 9999)} {random.randrange(1000, 9999)}",
            "defaultCurrency": random.choice(("GBP", "EUR", "USD")),
            "registrationNumber": f"{random.randrange(10_000_000, 99_999_999)}",
            "taxNumber": f"GB{random.randrange(100_000_000, 999_999_999)}",
            "addresses": [
                {
                    "type": "Billing",
                    "city": self.city.one(),
                    "postalCode": f"{random.choice('ABCDEFGHK')}{random.randrange(1, 99)} {random.randrange(1, 9)}AB",
                    "country": random.choice(_COUNTRIES),
                }
            ],
            "status": "Archived" if random.random() < 0.08 else "Active",
            "metadata": {"isDeleted": random.random() < 0.04},
            "modifiedDate": "2026-01-31T12:00:00Z",
            "sourceModifiedDate": "2026-01-30T12:00:00Z",
        }


def main(companies: int, customers: int) -> None:
    """Fill the database that the settings name."""
    django.setup()
    from django.db import connection
    from django.utils import timezone

    from customers.index import records, store
    from customers.models import IndexedCompany

    invented, now = Customers(1), timezone.now()
    for number in range(companies):
        source = IndexedCompany.objects.create(
            company_id=str(uuid.UUID(int=number + 1)),
            connection_id=str(uuid.UUID(int=number + 10**6)),
            name=f"{invented.firm.one()} {number}",
            platform_name="Xero",
            state=IndexedCompany.State.COMPLETE,
            synced_at=now,
            filled_at=now,
            customers=customers,
        )
        store.put(
            source, [records.row(source, each["id"], each) for each in invented.records(customers)]
        )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # As the server does it by itself some minutes later.
            cursor.execute("VACUUM ANALYZE")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
