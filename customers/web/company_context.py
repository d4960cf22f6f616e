"""The company and connection that a page is about."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest

from customers.codat.companies import (
    accounting_connections,
    is_linked,
    may_write_customers,
    open_errors,
)
from customers.codat.errors import CodatError
from customers.codat.parallel import T, in_parallel
from customers.codat.reading.snapshots import Snapshot
from customers.codat.types import Company, Connection
from customers.formatting import text_or_dash
from customers.service import default_service
from customers.web import links, recent

# Of a connection.
STATE_LABELS = {
    "Linked": "Linked",
    "PendingAuth": "Waiting for authorisation",
    "Deauthorized": "Deauthorised",
    "Unlinked": "Unlinked",
}
# Characters of a connection's error that are shown.
_MAX_ERROR = 500
# What is well has no colour.
_TONES = {"Linked": "", "PendingAuth": "warn"}


def state_tag(status: object) -> tuple[str, str]:
    """The label and tone of a connection's state, for the macro `state_tag`."""
    state = text_or_dash(status)
    return STATE_LABELS.get(state, state), _TONES.get(state, "bad")


def with_company(company_id: str, call: Callable[[], T]) -> tuple[Snapshot[Company], T]:
    """The company, and the result of a call to Codat; both in parallel where the company is not cached."""
    snapshots = default_service().snapshots
    cached = snapshots.cached_company(company_id=company_id)
    if cached is not None:
        return cached, call()
    return in_parallel(lambda: _read_company(company_id), call)


def _read_company(company_id: str) -> Snapshot[Company]:
    """The company, and into the cache what the integrations of its linked connections support.

    With it, a page offers no change that Codat cannot send. Without it, a save or a form finds out.
    """
    snapshots = default_service().snapshots
    company = snapshots.get_company(company_id=company_id)
    for connection in filter(is_linked, accounting_connections(company.data)):
        if key := _integration_key(connection):
            with suppress(CodatError):
                snapshots.get_integration(integration_key=key)
    return company


def _integration_key(connection: Connection) -> str:
    """The key of a connection's integration; "" where Codat does not name it."""
    key = connection.get("integrationKey")
    return key if isinstance(key, str) else ""


@dataclass(frozen=True, slots=True)
class CompanyContext:
    """The company of a page, its accounting connections, and the one in use.

    `connection` is None where the company has none. `suffix` is the query string that keeps the chosen connection in
    links, "" where none was chosen. `is_read_only` where it is cached that customers can be read and not written.
    """

    company: Company
    company_id: str
    connections: list[Connection]
    connection: Connection | None
    suffix: str
    is_read_only: bool = False

    def query(self, **parameters: object) -> str:
        """The query string of a link with these parameters and, where one was chosen, the connection; or ""."""
        params = ({"connection": self.connection_id} if self.suffix else {}) | parameters
        return "?" + urlencode(params) if params else ""

    @property
    def name(self) -> str:
        """The company's name, a dash where it has none."""
        return text_or_dash(self.company.get("name"))

    @property
    def platform(self) -> str:
        """The accounting software's name."""
        platform = self.connection.get("platformName") if self.connection else None
        return platform if isinstance(platform, str) and platform else "the accounting software"

    @property
    def slow_copy(self) -> str:
        """What a page says where Codat is slow to send its copy."""
        return f"Codat is slow to send its copy from {self.platform}."

    @property
    def slow_integration(self) -> str:
        """What a page says where the accounting software is slow: Codat asks it for forms, files and changes."""
        sentence = (
            f"{self.platform[:1].upper()}{self.platform[1:]} can take a while to answer Codat."
        )
        if "desktop" in self.platform.lower():
            return f"{sentence} It answers only while its connector is online."
        return sentence

    @property
    def connection_id(self) -> str:
        """The ID of the connection in use, "" where there is none."""
        return str(self.connection.get("id") or "") if self.connection else ""

    @property
    def is_linked(self) -> bool:
        """Whether changes and attachments are possible now."""
        return is_linked(self.connection)

    @property
    def is_writable(self) -> bool:
        """Whether customers can be added and changed now, as far as is known."""
        return self.is_linked and not self.is_read_only

    @property
    def is_pending(self) -> bool:
        """Whether the company has not authorised the connection for the first time yet."""
        return self.connection is not None and self.connection.get("status") == "PendingAuth"

    @property
    def state_label(self) -> str:
        """The label of the connection's state."""
        return self.label_of(self.connection) if self.connection else "No connection"

    @staticmethod
    def label_of(connection: Connection) -> str:
        """The label of the state of any of the company's connections."""
        return state_tag(connection.get("status"))[0]

    @property
    def state_tone(self) -> str:
        """The tone of the connection's state: warn, bad, or "" where it is well."""
        return state_tag(self.connection.get("status"))[1] if self.connection else ""

    @property
    def link_url(self) -> str:
        """Where the company authorises the connection again; "" unless it is a web address."""
        url = self.connection.get("linkUrl") if self.connection else None
        return url if isinstance(url, str) and url.startswith(("https://", "http://")) else ""

    @property
    def connection_error(self) -> str:
        """What Codat reports of the connection's newest error that is not resolved; "" for none.

        `dataConnectionErrors` of a connection: `statusText`, `errorMessage`, `erroredOnUtc`, `resolvedOnUtc`.
        """
        errors = open_errors(self.connection) if self.connection else []
        if not errors:
            return ""
        newest = errors[-1]
        message = newest.get("errorMessage") or newest.get("statusText")
        return text_or_dash(message)[:_MAX_ERROR] if message else ""

    @property
    def last_sync(self) -> str:
        """When Codat last synced, as Codat writes it; "" when unknown."""
        for source in (self.connection, self.company):
            value = source.get("lastSync") if source else None
            if isinstance(value, str):
                return value
        return ""

    @property
    def customers_url(self) -> str:
        """The company's list of customers."""
        return links.customers(self.company_id) + self.suffix


def company_context(request: HttpRequest, company_id: str, company: Company) -> CompanyContext:
    """Select the connection: the one that the address names, else the one in the best state. Counts as a visit."""
    connections = accounting_connections(company)
    wanted = request.GET.get("connection", "")
    named = next((c for c in connections if wanted and c.get("id") == wanted), None)
    connection = named or (connections[0] if connections else None)
    chosen = named is not None and len(connections) > 1
    suffix = "?" + urlencode({"connection": wanted}) if chosen else ""
    is_read_only = connection is not None and _is_read_only(company_id, connection)
    page = CompanyContext(company, company_id, connections, connection, suffix, is_read_only)
    recent.visit_company(request, company_id, page.name)
    return page


def load_company(
    request: HttpRequest, company_id: str, *, stale_if_error: bool = True
) -> CompanyContext:
    """The company of this page and its connection, from the cache or from Codat. Raises CodatError.

    While Codat is unavailable it may be stale; a write passes ``stale_if_error=False``.
    """
    company = default_service().snapshots.get_company(
        company_id=company_id, stale_if_error=stale_if_error
    )
    return company_context(request, company_id, company.data)


def _is_read_only(company_id: str, connection: Connection) -> bool:
    """Whether it is cached that customers cannot be written: from Codat's answer, or from the integration."""
    snapshots = default_service().snapshots
    connection_id = str(connection.get("id") or "")
    if snapshots.is_read_only(company_id=company_id, connection_id=connection_id):
        return True
    key = _integration_key(connection)
    integration = snapshots.cached_integration(integration_key=key) if key else None
    return integration is not None and not may_write_customers(integration.data)
