"""The accounting connections of a company."""

from collections.abc import Mapping
from typing import Any

from customers.codat.types import Company, Connection, DataConnectionError

# Of a feature of an integration.
_NOT_SUPPORTED = ("NotSupported", "NotImplemented")
# Best state first: the first connection is used where the person has not chosen one.
_STATES = ("Linked", "PendingAuth", "Deauthorized", "Unlinked")


def is_accounting(connection: Connection) -> bool:
    """Whether customers can be written through this connection."""
    return connection.get("sourceType") == "Accounting"


def is_linked(connection: Connection | None) -> bool:
    """Whether attachments can be read and customers written through this connection now."""
    return connection is not None and connection.get("status") == "Linked"


def may_write_customers(integration: Mapping[str, Any]) -> bool:
    """Whether customers can be added or changed through an integration; True where its description does not say.

    `datatype` is compared without case, since Codat's documents write both `customers` and `Customers`.
    """
    states: list[object] = []
    for feature in _objects(integration.get("datatypeFeatures")):
        if str(feature.get("datatype")).lower() == "customers":
            states += [
                supported.get("featureState")
                for supported in _objects(feature.get("supportedFeatures"))
                if supported.get("featureType") in ("Post", "Put")
            ]
    return not states or any(state not in _NOT_SUPPORTED for state in states)


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def accounting_connections(company: Company) -> list[Connection]:
    """A company's accounting connections, the best state first."""
    connections = company.get("dataConnections")
    if not isinstance(connections, list):
        return []
    return sorted((c for c in connections if isinstance(c, dict) and is_accounting(c)), key=_rank)


def accounting_connection(company: Company, connection_id: str) -> Connection | None:
    """A company's accounting connection with this ID; None where it has none, for example because it was replaced."""
    connections = accounting_connections(company)
    return next((one for one in connections if one.get("id") == connection_id), None)


def open_errors(connection: Connection) -> list[DataConnectionError]:
    """The errors of a connection that are not resolved, the newest last."""
    errors = connection.get("dataConnectionErrors")
    found = [
        error
        for error in (errors if isinstance(errors, list) else [])
        if isinstance(error, dict)
        and not error.get("resolvedOnUtc")
        and error.get("status") != "Resolved"
    ]
    return sorted(found, key=lambda error: str(error.get("erroredOnUtc") or ""))


def _rank(connection: Connection) -> int:
    status = connection.get("status")
    return _STATES.index(status) if status in _STATES else len(_STATES)
