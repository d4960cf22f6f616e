"""The dashboard as in production, with a sandbox in Codat's place, and people who visit it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests

from bench.testbed import PASSWORD, Testbed, free_port
from tests.support.pages.controls import Controls

EDITOR, APPROVER, VIEWER, NOBODY = "demo", "approver", "viewer", ""
# The company of the sandbox whose changes need a second person.
APPROVED_COMPANY = "xero"
TIMEOUT = 60
_PEOPLE = f"""
from customers.access.people import add_person
from customers.access.roles import Role
add_person({VIEWER!r}, Role.VIEWER, sees_all=True, password={PASSWORD!r})
add_person({APPROVER!r}, Role.APPROVER, sees_all=True, password={PASSWORD!r})
"""

# Batches in each state, written into the database: a worker would move them on while their page is looked at.
_BATCHES = f"""
from django.contrib.auth.models import User
from customers.codat.companies import accounting_connections
from customers.models import Batch, BatchRow
from customers.service import default_service
from tests.support.batch_rows import batch_of
user, company = User.objects.get(username={EDITOR!r}), "COMPANY"
company_at_codat = default_service().get_company(company_id=company)
batch_of(user, company, "preparing", checked=40, invalid=2, waiting=60)
ready = batch_of(user, company, "ready", checked=40, invalid=3, unchanged=2)
batch_of(user, company, "running", queued=96, sent=4, accepted=31, confirmed=40, refused=9, different=2,
         unknown=2, conflict=3, invalid=4, left_out=2, missing=1)
batch_of(user, company, "paused", queued=20, refused=10)
batch_of(user, company, "cancelled", not_sent=20, confirmed=10)
batch_of(user, company, "done", confirmed=40, refused=3)
Batch.objects.update(connection_id=accounting_connections(company_at_codat)[0]["id"])
BatchRow.objects.filter(batch=ready, position=41).update(customer_id="39")
"""

# What the worker would have read and counted for the home page.
_HOME = """
from customers.home import day_counts, reading
from customers.service import default_service
reading.read_all(default_service(), lambda: False)
day_counts.count()
"""

# What the worker would have read into the index, and the customers that look alike.
_INDEX = """
from customers.index import filling
from customers.models import IndexedCompany
from customers.quality import comparing
from customers.service import default_service
for company in IndexedCompany.objects.all():
    filling.take_turn(company, default_service())
comparing.work(lambda: False)
"""

# A rule of approval for one company.
_RULE = f"""
from customers.models import ApprovalRule
ApprovalRule.objects.create(company_id="COMPANY", fields=[ApprovalRule.Field.ANY], made_by_name={EDITOR!r})
"""

# Imports in each state, in the same way.
_IMPORTS = f"""
from django.contrib.auth.models import User
from customers.codat.companies import accounting_connections
from customers.models import Import
from customers.service import default_service
from tests.support.import_rows import import_of
user, company = User.objects.get(username={EDITOR!r}), "COMPANY"
connection = accounting_connections(default_service().get_company(company_id=company))[0]["id"]
import_of(user, company, "sent", connection=connection, new=20, changed=5, invalid=2)
import_of(user, company, "cancelled", connection=connection, new=3)
Import.objects.update(digest="sent")
import_of(user, company, "reading", connection=connection)
import_of(user, company, "unreadable", connection=connection)
import_of(user, company, "checking", connection=connection, waiting=200)
import_of(user, company, "checked", connection=connection, new=137, changed=31, unchanged=23, left_out=2, invalid=9,
          question=4, twice=2, unknown_id=3)
import_of(user, company, "columns", connection=connection, waiting=200)
"""


@dataclass(frozen=True)
class Request:
    """How a browser gets a page: an address, and for a post its fields."""

    path: str
    fields: Mapping[str, str] | None = None


@dataclass
class Visitor:
    """A person with a session at the dashboard, or nobody."""

    stack: Stack
    session: requests.Session = field(default_factory=requests.Session)

    def send(self, request: Request, **headers: str) -> requests.Response:
        """The response to a request; redirects are followed."""
        url = f"{self.stack.url}{request.path}"
        if request.fields is None:
            return self.session.get(url, headers=headers, timeout=TIMEOUT)
        return self.session.post(url, request.fields, headers=headers, timeout=TIMEOUT)

    def form(self, path: str, **typed: str) -> Request:
        """The post of the customer's form at an address, after some of its fields were typed."""
        fields = Controls(self.send(Request(path)).text).fields
        return Request(path, fields | typed)

    @property
    def cookies(self) -> dict[str, str]:
        """The session's cookies."""
        return {cookie.name: cookie.value or "" for cookie in self.session.cookies}


@dataclass
class Stack:
    """The addresses of a running dashboard and its sandbox."""

    url: str
    sandbox: str
    _visitors: dict[str, Visitor] = field(default_factory=dict)
    _companies: dict[str, str] = field(default_factory=dict)

    def tell(self, method: str, path: str, **body: Any) -> Any:
        """Use one of the sandbox's switches."""
        url = f"{self.sandbox}/_sandbox/{path}"
        response = requests.request(method, url, json=body or None, timeout=TIMEOUT)
        response.raise_for_status()
        return response.json() if path.partition("/")[0] != "try" else None

    def company(self, key: str) -> str:
        """The id of a company of the sandbox by its short name."""
        if not self._companies:
            self._companies = self.tell("GET", "")["companies"]
        return self._companies[key]

    def visitor(self, person: str) -> Visitor:
        """A person, signed in where it is not nobody; each of them signs in once."""
        if person not in self._visitors:
            visitor = Visitor(self)
            if person != NOBODY:
                page = visitor.send(Request("/accounts/login/"))
                fields = {
                    "username": person,
                    "password": PASSWORD,
                    "csrfmiddlewaretoken": page.text.split('csrfmiddlewaretoken" value="')[1][:64],
                }
                visitor.send(Request("/accounts/login/", fields)).raise_for_status()
            self._visitors[person] = visitor
        return self._visitors[person]

    @contextmanager
    def fault(self, fault: Mapping[str, Any]) -> Iterator[None]:
        """A fault at Codat for every call that matches, meanwhile; none where it is empty."""
        if fault:
            self.tell("POST", "faults", **{"count": -1, **fault})
        try:
            yield
        finally:
            if fault:
                self.tell("DELETE", "faults")


def _prepared(companies: Mapping[str, str]) -> Iterator[str]:
    """What is written into the database before anybody visits, as scripts; `companies` are the sandbox's IDs."""
    yield _PEOPLE
    # First: an import that was sent has a batch, and pages open the newest one of a state.
    yield _IMPORTS.replace("COMPANY", companies["qbo"])
    yield _BATCHES.replace("COMPANY", companies["qbo"])
    yield _RULE.replace("COMPANY", companies[APPROVED_COMPANY])
    yield from (_HOME, _INDEX)


@contextmanager
def running(application: str = "audit.application", **settings: str) -> Iterator[Stack]:
    """The servers, on free ports of 127.0.0.1 and an empty database; `settings` are the dashboard's own."""
    with Testbed() as testbed:
        port = free_port()
        delays = ["--push-delay", "0.2", "--sync-delay", "0.2"]
        command = [sys.executable, "manage.py", "sandbox", "--port", str(port), *delays]
        # manage.py loads the settings, which have no default for secrets.
        secrets = {"SECRET_KEY": "for-the-sandbox-only", "CODAT_API_KEY": "sandbox-key"}
        sandbox = testbed.start(command, port, secrets)
        env = testbed.settings(sandbox) | {
            "CODAT_API_KEY": "sandbox-key",
            "INDEX_CUSTOMERS": "true",
            **settings,
        }
        testbed.prepare(env)
        state = requests.get(f"http://127.0.0.1:{port}/_sandbox/", timeout=TIMEOUT).json()
        for script in _prepared(state["companies"]):
            testbed.run(["manage.py", "shell", "--verbosity=0", "--command", script], env)
        dashboard = testbed.gunicorn(application, env)
        yield Stack(f"http://127.0.0.1:{dashboard.port}", f"http://127.0.0.1:{port}")
