"""The state of the lists of customers and of companies <-> Codat's query language.

Pure: no request, no HTTP. `ListState.query` is what goes to Codat.

Codat documents no way to quote or escape a value, so the search text is split at every character that may be syntax,
and at spaces; each piece must be found in one of the fields. That finds everything that contains the text as entered,
and sometimes more. A notice names what was ignored.
"""

import re

from customers.codat.query import QUERY_LIMIT, Search, search
from customers.web.lists.list_state import AddressReader, ListState, Params

# How a list is shown: a saved view by its number ("all" for none), columns by their names, empty ones too.
_KEPT = {"columns": r"[a-z0-9,]{1,200}", "empty": "show", "view": "[0-9]{1,18}|all"}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

CUSTOMER_SEARCH = (
    "customerName",
    "contactName",
    "emailAddress",
    "id",
    "phone",
    "registrationNumber",
    "taxNumber",
)
# Assumed: Codat can order customers by every plain property. Its documents exclude none.
CUSTOMER_ORDER = (
    "customerName",
    "id",
    "contactName",
    "emailAddress",
    "phone",
    "defaultCurrency",
    "status",
    "sourceModifiedDate",
    "registrationNumber",
    "taxNumber",
    "modifiedDate",
)
CUSTOMER_STATUSES = ("Active", "Archived", "Unknown")
# Assumed: companies can be ordered by these; the documents show `name` and the dates.
COMPANY_ORDER = ("name", "lastSync", "created")
CONNECTION_STATES = ("Linked", "PendingAuth", "Deauthorized", "Unlinked")
DELETED = {"hide": "metadata.isDeleted!=true", "show": "", "only": "metadata.isDeleted=true"}
PAGE_SIZES = (25, 50, 100, 250, 500, 1000, 2500, 5000)
COMPANY_PAGE_SIZES = (25, 50, 100, 250, 500, 1000, 2000)


def read_customers(params: Params) -> ListState:
    """The state of a company's list of customers, from the query string of its address."""
    reader = AddressReader(params)
    filters = {
        "status": reader.choice(
            "status", CUSTOMER_STATUSES, "", "a valid status", "Showing every status."
        ),
        "currency": reader.pattern(
            "currency", "[A-Za-z]{3}", "a currency code, such as EUR", "Showing all currencies."
        ).upper(),
        "deleted": reader.choice(
            "deleted",
            tuple(DELETED),
            "hide",
            "hide, show or only",
            "Deleted customers are hidden.",
        ),
    }
    conditions = []
    if filters["status"]:
        conditions.append(f"status={filters['status']}")
    if filters["currency"]:
        conditions.append(f"defaultCurrency={filters['currency']}")
    if DELETED[filters["deleted"]]:
        conditions.append(DELETED[filters["deleted"]])
    limit = QUERY_LIMIT - sum(len(condition) + 2 for condition in conditions)
    searched, words = search(reader.text("q"), CUSTOMER_SEARCH, limit)
    return ListState(
        search=searched,
        query="&&".join(([words] if words else []) + conditions),
        order_by=reader.order(CUSTOMER_ORDER, "customerName"),
        default_order="customerName",
        page=reader.page(),
        page_size=reader.page_size(PAGE_SIZES[-1]),
        filters=filters,
        defaults={"status": "", "currency": "", "deleted": "hide"},
        corrections=tuple(reader.corrections),
        kept=_kept(reader),
    )


def _kept(reader: AddressReader) -> dict[str, str]:
    """How the list is shown, as the address says it; "" for what it does not say, or says wrongly."""
    values = {name: reader.text(name).strip() for name in _KEPT}
    return {name: text if re.fullmatch(_KEPT[name], text) else "" for name, text in values.items()}


def read_companies(params: Params) -> ListState:
    """The state of the list of companies, from the query string of its address."""
    reader = AddressReader(params)
    state = reader.choice(
        "state", CONNECTION_STATES, "", "a valid connection state", "Showing every state."
    )
    conditions = [f"dataConnections.status={state}"] if state else []
    text = reader.text("q").strip()
    if _UUID.fullmatch(text):
        # Assumed: an ID is not a string at Codat, and `~` works on strings only, so only a full ID can be searched for.
        searched, words = Search(text, (text,)), f"id={text.lower()}"
    else:
        limit = QUERY_LIMIT - sum(len(condition) + 2 for condition in conditions)
        searched, words = search(text, ("name",), limit)
    return ListState(
        search=searched,
        query="&&".join(([words] if words else []) + conditions),
        order_by=reader.order(COMPANY_ORDER, "name"),
        default_order="name",
        page=reader.page(),
        page_size=reader.page_size(COMPANY_PAGE_SIZES[-1]),
        filters={"state": state},
        defaults={"state": ""},
        corrections=tuple(reader.corrections),
    )
