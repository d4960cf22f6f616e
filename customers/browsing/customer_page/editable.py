"""Which values of a customer's page can be edited where they are shown. Makes no call to Codat."""

from typing import Any

from customers.browsing.customer_page.customer_detail import IsEditable
from customers.forms import compile_model
from customers.forms.inputs import has_input
from customers.service import default_service
from customers.web.company_context import CompanyContext
from customers.web.record_field import Keys


def editable_values(page: CompanyContext, record: dict[str, Any], *, may_write: bool) -> IsEditable:
    """Decides by the connection's model where it is cached; where not, each known value is offered.

    The form of a value that has no input after all says so.
    """
    if not may_write or not page.is_writable:
        return lambda keys, value: False
    snapshot = default_service().snapshots.cached_create_update_model(
        company_id=page.company_id, connection_id=page.connection_id, check=compile_model
    )
    if snapshot is None:
        return lambda keys, value: not isinstance(value, (dict, list)) and _has_place(record, keys)
    root = compile_model(snapshot.data).root
    return lambda keys, value: _has_place(record, keys) and has_input(root, keys, value)


def _has_place(record: object, keys: Keys) -> bool:
    """Whether the keys lead to a place in the record: each list is a list there, each object an object."""
    for key in keys:
        if isinstance(key, int):
            if not isinstance(record, list) or key >= len(record):
                return False
            record = record[key]
        else:
            if not isinstance(record, dict):
                return False
            record = record.get(key)
    return True
