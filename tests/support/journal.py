"""Writes for the tests of the journal, and time that passes."""

import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import simplejson
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import call_command
from django.db.models import DateTimeField, F

from customers.codat.client import default_client
from customers.codat.values import parse_date
from customers.models import Write
from customers.service import default_service
from customers.writes import journal, sending
from sandbox import Sandbox

COMPANY = "qbo"
DATES = [field.name for field in Write._meta.get_fields() if isinstance(field, DateTimeField)]


def customer(sandbox: Sandbox, index: int = 0) -> str:
    """The id of one of the company's customers."""
    return list(sandbox.state(COMPANY).copy)[index]


def order(sandbox: Sandbox, customer_id: str = "", **payload: Any) -> journal.WriteRequest:
    """A save: of a new customer, or of one that is there. `payload` is added to what is sent."""
    before = sandbox.state(COMPANY).copy[customer_id] if customer_id else {}
    names = ("customerName", "status", "emailAddress", "phone")
    sent = {"customerName": "Journal Ltd", "status": "Active"}
    sent |= {name: before[name] for name in names if name in before} | payload
    return journal.WriteRequest(
        company_id=sandbox.company(COMPANY),
        company={"name": "A company"},
        connection={"id": sandbox.connection(COMPANY), "platformName": "QuickBooks"},
        customer_id=customer_id,
        customer_name=str(sent["customerName"]),
        payload=simplejson.dumps(sent),
        before=simplejson.dumps(before) if before else "",
        submission=uuid.uuid4(),
    )


def journaled(user: User, wanted: journal.WriteRequest) -> Write:
    """The row of a save that is not sent yet."""
    write, is_new = journal.create_write(wanted, user)
    assert is_new
    return write


def sent(user: User, wanted: journal.WriteRequest) -> Write:
    """A save that was sent."""
    return sending.send(journaled(user, wanted), default_service())


def calls(sandbox: Sandbox, method: str = "POST|PUT") -> list[Any]:
    """The writes that were tried at the sandbox, whatever became of them."""
    return [
        call
        for call in sandbox.calls
        if call.method in method.split("|") and "/push/customers" in call.path
    ]


def pushes(sandbox: Sandbox) -> list[dict[str, Any]]:
    """The writes that the sandbox has taken up."""
    return sandbox.state(COMPANY).pushes


def named(sandbox: Sandbox, name: str) -> list[dict[str, Any]]:
    """The customers of a name in the accounting software."""
    return [item for item in sandbox.state(COMPANY).source.values() if item["customerName"] == name]


def pass_time(sandbox: Sandbox, **time: float) -> None:
    """As if so much time had passed: the journal's times and Codat's history move into the past."""
    past = timedelta(**time)
    Write.objects.update(**{name: F(name) - past for name in DATES})
    for push in pushes(sandbox):
        requested = parse_date(push["requestedOnUtc"])
        assert requested is not None
        push["requestedOnUtc"] = (requested - past).isoformat()


def settle() -> None:
    """`manage.py settle_writes`, in this process."""
    call_command("settle_writes", verbosity=0)


def codat_is_back(sandbox: Sandbox) -> None:
    """Nothing goes wrong any more, and the dashboard does not hold earlier failures against Codat."""
    sandbox.faults.clear()
    cache.clear()
    default_client.cache_clear()


def settle_to_the_end(sandbox: Sandbox) -> None:
    """All that Codat does, and cron after it, until there is nothing left to follow by itself."""
    for _ in range(8):
        sandbox.settle()
        pass_time(sandbox, minutes=11)
        settle()


def wait_for(what: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.01)
