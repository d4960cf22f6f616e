"""The accounting connections of a company."""

from customers.codat.types import Company, Connection

# Best state first: the first connection is used where the person has not chosen one.
_STATES = ("Linked", "PendingAuth", "Deauthorized", "Unlinked")


def is_accounting(connection: Connection) -> bool:
    """Whether customers can be written through this connection."""
    return connection.get("sourceType") == "Accounting"


def is_linked(connection: Connection | None) -> bool:
    """Whether attachments can be read and customers written through this connection now."""
    return connection is not None and connection.get("status") == "Linked"


def accounting_connections(company: Company) -> list[Connection]:
    """A company's accounting connections, the best state first."""
    connections = company.get("dataConnections")
    if not isinstance(connections, list):
        return []
    return sorted((c for c in connections if isinstance(c, dict) and is_accounting(c)), key=_rank)


def _rank(connection: Connection) -> int:
    status = connection.get("status")
    return _STATES.index(status) if status in _STATES else len(_STATES)
