"""Customers of one company that another one may be already: of the same name, email or tax number."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q

from customers.index import words
from customers.index.question import whole
from customers.index.records import MAX_KEY
from customers.models import IndexedCustomer

# Rows of the index that are looked at.
MAX_LOOKED_AT = 50
# Characters of a tax number that is looked for.
MIN_NUMBER = 5


@dataclass(frozen=True, slots=True)
class Lookalike:
    """A customer of the index, and which of "name", "email" and "tax_number" it has in common."""

    customer: IndexedCustomer
    reasons: tuple[str, ...]


def lookalikes(
    company_id: str, connection_id: str, *, name: str, email: str = "", tax_number: str = ""
) -> Sequence[Lookalike]:
    """The customers of a connection that have one of these values; "" is not looked for.

    None where there is no index, or it has not read the connection. Deleted customers are left out. One query.
    """
    if not settings.INDEX_CUSTOMERS:
        return []
    key, number = words.key(name)[:MAX_KEY], words.compact(tax_number)
    email = email.strip().replace("\0", "")
    wanted = Q(pk__in=[])
    if key:
        wanted |= Q(name_key=key)
    if email:
        wanted |= Q(emails__icontains=email)
    if len(number) >= MIN_NUMBER:
        wanted |= Q(searched__contains=whole(number))
    rows = IndexedCustomer.objects.filter(
        wanted,
        source__company_id=company_id,
        source__connection_id=connection_id,
        is_deleted=False,
    ).order_by("name_key", "pk")[:MAX_LOOKED_AT]
    found = [Lookalike(row, _reasons(row, key, email, number)) for row in rows]
    return [each for each in found if each.reasons]


def _reasons(row: IndexedCustomer, key: str, email: str, number: str) -> tuple[str, ...]:
    """What a row has in common: more than a part of the text that the database compared."""
    emails = row.emails.casefold().split("\n")
    has = {
        "name": bool(key) and row.name_key == key,
        "email": bool(email) and email.casefold() in emails,
        "tax_number": len(number) >= MIN_NUMBER and words.compact(row.tax_number) == number,
    }
    return tuple(name for name, is_same in has.items() if is_same)
