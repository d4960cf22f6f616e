"""The names of customers whose IDs are known, as the index has them."""

from collections.abc import Sequence

from customers.models import IndexedCustomer

# IDs of one query.
_PIECE = 1_000


def stored_names(company_id: str, customer_ids: Sequence[str]) -> dict[str, str]:
    """The names by ID; those that the index does not have are missing. No calls to Codat."""
    names: dict[str, str] = {}
    for start in range(0, len(customer_ids), _PIECE):
        rows = IndexedCustomer.objects.filter(
            source__company_id=company_id, customer_id__in=customer_ids[start : start + _PIECE]
        )
        names.update(rows.exclude(name="").values_list("customer_id", "name"))
    return names
