"""Rows of the journal for tests, the calls they make, and simulated time."""

import uuid
from datetime import timedelta
from typing import Any

import simplejson
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import call_command
from django.db.models import DateTimeField, F, Model
from django.utils import timezone

from customers.codat.client import default_client
from customers.codat.values import parse_date
from customers.models import BatchRow, CompanySync, Lease, Write
from customers.service import default_service
from customers.web import links
from customers.writes import journal, sending, tracking
from customers.writes.save_lock import form_lock, save_lock
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.pages.controls import fields

COMPANY = "qbo"
TABLES: tuple[type[Model], ...] = (Write, BatchRow, CompanySync, Lease)


def customer(sandbox: Sandbox, index: int = 0) -> str:
    """The ID of one of the company's customers."""
    return list(sandbox.state(COMPANY).copy)[index]


def changed_in_codat(sandbox: Sandbox, customer_id: str, **values: Any) -> None:
    """Change a customer in Codat's copy, as a sync does after somebody changed it in the accounting software."""
    copy = sandbox.state(COMPANY).copy
    copy[customer_id] = copy[customer_id] | values


def write_request(sandbox: Sandbox, customer_id: str = "", **payload: Any) -> journal.WriteRequest:
    """A save of a new customer, or of an existing one. `payload` is added to the values that are sent."""
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


def journal_write(wanted: journal.WriteRequest, user: User) -> tuple[Write, bool]:
    """The row of a save, and whether it is new; journaled under the lock, as a save does it."""
    with save_lock(form_lock(wanted.submission)):
        return journal.create_write(wanted, user)


def journaled(user: User, request: journal.WriteRequest) -> Write:
    """The row of a save, not sent yet."""
    write, is_new = journal_write(request, user)
    assert is_new
    return write


def sent(user: User, request: journal.WriteRequest) -> Write:
    """The row of a save, sent."""
    return sending.send(journaled(user, request), default_service())


def calls(sandbox: Sandbox, method: str = "POST|PUT") -> list[Any]:
    """The calls of writes that the sandbox received, whatever it answered."""
    return [
        call
        for call in sandbox.calls
        if call.method in method.split("|") and "/push/customers" in call.path
    ]


def pushes(sandbox: Sandbox) -> list[dict[str, Any]]:
    """The sandbox's push operations."""
    return sandbox.state(COMPANY).pushes


def named(sandbox: Sandbox, name: str) -> list[dict[str, Any]]:
    """The customers of a name in the accounting software."""
    return [item for item in sandbox.state(COMPANY).source.values() if item["customerName"] == name]


def pass_time(sandbox: Sandbox, **time: float) -> None:
    """Simulate that time has passed: move the journal's times and Codat's history into the past."""
    past = timedelta(**time)
    for table in TABLES:
        dates = [field.name for field in table._meta.fields if isinstance(field, DateTimeField)]
        table._default_manager.update(**{name: F(name) - past for name in dates})
    for push in pushes(sandbox):
        requested = parse_date(push["requestedOnUtc"])
        assert requested is not None
        push["requestedOnUtc"] = (requested - past).isoformat()


def settle() -> None:
    """`manage.py settle_writes`, in this process."""
    call_command("settle_writes", verbosity=0)


def codat_is_back(sandbox: Sandbox) -> None:
    """Clear the sandbox's faults, and the dashboard's memory of them (circuit breaker, caches)."""
    sandbox.faults.clear()
    cache.clear()
    default_client.cache_clear()


def settle_to_the_end(sandbox: Sandbox) -> None:
    """Let Codat and cron take turns until no write makes progress any more."""
    for _ in range(8):
        sandbox.settle()
        pass_time(sandbox, minutes=11)
        settle()


def check(write: Write) -> Write:
    """Check a write now, however recent the last check is."""
    write.refresh_from_db()
    return tracking.follow_or_repeat(write, default_service(), by="poll", at_once=True)


def accepted(sandbox: Sandbox, user: User, customer_id: str = "", **payload: Any) -> Write:
    """A successful write that is not read back yet."""
    write = sent(user, write_request(sandbox, customer_id, **payload))
    sandbox.settle()
    check(write)
    assert (write.state, write.confirmation) == (Write.State.SUCCESS, "waiting")
    return write


def lost_create(sandbox: Sandbox, user: User, *, handled: bool = True) -> Write:
    """A create whose answer was lost."""
    sandbox.faults.add("POST", "reset", handled=handled)
    write = sent(user, write_request(sandbox))
    assert (write.state, write.attempts) == (Write.State.UNKNOWN, 1)
    return write


def journal_row(company: str, user: User, **values: object) -> Write:
    """Create a row of the journal directly."""
    defaults = {
        "company_id": company,
        "company_name": "Castle Street Cycles",
        "connection_id": "c",
        "user": user,
        "username": user.username,
        "kind": Write.Kind.UPDATE,
        "customer_id": "39",
        "customer_name": "Birkett, Ursula",
        "payload": '{"phone": "new 2"}',
        "before": '{"phone": "old 1", "taxNumber": "kept out"}',
        "sent_at": timezone.now(),
    }
    return Write.objects.create(**(defaults | values))


def edit_customer(client: RawPathClient, company: str, customer: str = "39") -> Write:
    """Change a customer through the form."""
    url = links.edit(company, customer)
    client.post(url, fields(client.get(url)) | {"f.phone": "+44 new", "action": "save"})
    return Write.objects.latest("created_at")


def change_page(client: RawPathClient, write: Write) -> str:
    """The HTML of a change's page."""
    return client.get(links.write(write.company_id, write.pk)).content.decode()
