"""`python -m bench.programs.count_calls <rows>`: the calls to Codat per change, alone and in a batch of so many rows.

Prints both numbers. It sends and follows as the worker does until all is read back, against a sandbox of its own, in
real time and without events. The reads before a save, and those of the check of a batch, are not counted. The
company's software returns tax numbers masked, so nearly every row comes back different, which is the dearest case.
"""

from __future__ import annotations

import os
import sys
import time
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import django

from sandbox import Sandbox

if TYPE_CHECKING:
    from customers.models import Batch

COMPANY = "big"
# Seconds after which the measurement is given up, and between two turns of the worker.
_LIMIT, _PAUSE = 250.0, 2.0


def main(rows: int) -> None:
    """Count with the database that the settings name."""
    with Sandbox(api_key=os.environ["CODAT_API_KEY"]) as sandbox:
        os.environ["CODAT_BASE_URL"] = sandbox.url
        django.setup()
        records = list(sandbox.state(COMPANY).copy.values())
        alone = _calls_alone(sandbox, records[-1])
        print(alone, _calls_of_batch(sandbox, records[:rows]) / rows)


def _calls_alone(sandbox: Sandbox, record: dict[str, Any]) -> int:
    """The calls of one change, as a form sends it."""
    import simplejson

    from customers.service import default_service
    from customers.writes import journal, sending
    from customers.writes.save_lock import form_lock, save_lock

    submission = uuid.uuid4()
    names = ("customerName", "status", "emailAddress")
    values = {name: record[name] for name in names if name in record} | {
        "phone": "+44 20 7946 0999"
    }
    request = journal.WriteRequest(
        company_id=sandbox.company(COMPANY),
        company={},
        connection={"id": sandbox.connection(COMPANY)},
        customer_id=record["id"],
        customer_name=record["customerName"],
        payload=simplejson.dumps(values),
        before=simplejson.dumps(record),
        submission=submission,
    )
    with save_lock(form_lock(submission)):
        write, _ = journal.create_write(request, _person())
    sandbox.clear_calls()
    sending.send(write, default_service())
    return _calls_until_confirmed(sandbox, None)


def _calls_of_batch(sandbox: Sandbox, records: list[dict[str, Any]]) -> int:
    """The calls of a batch that was checked and started."""
    from customers.batches import checking, creating, states
    from customers.batches.instructions import Action, Instruction
    from customers.codat.companies import accounting_connections
    from customers.service import default_service

    service, company_id = default_service(), sandbox.company(COMPANY)
    company = service.get_company(company_id=company_id)
    request = creating.BatchRequest(
        company_id=company_id,
        company=company,
        connection=accounting_connections(company)[0],
        selected=[creating.Selected(each["id"], each["customerName"]) for each in records],
        title="Set Phone",
        submission=uuid.uuid4(),
        instructions=[Instruction(Action.SET, "phone", "+44 20 7946 0998")],
    )
    user = _person()
    batch, _ = creating.create(request, user)
    while not checking.check_turn(batch, service).is_finished:
        pass
    batch.refresh_from_db()
    if not states.start(batch, user):
        raise AssertionError(f"the batch is {batch.state}: {batch.message}")
    sandbox.clear_calls()
    return _calls_until_confirmed(sandbox, batch)


def _calls_until_confirmed(sandbox: Sandbox, batch: Batch | None) -> int:
    """The calls of the worker until it has sent, followed and read back everything."""
    from customers.batches import sending
    from customers.models import Write
    from customers.service import default_service
    from customers.writes import background

    service, end = default_service(), time.monotonic() + _LIMIT
    while time.monotonic() < end:
        if batch is not None and sending.has_rows(batch):
            batch.refresh_from_db()
            sending.send_slice(batch, service, lasts=timedelta(seconds=_PAUSE))
        else:
            time.sleep(_PAUSE)
        for part in (background.follow_due, background.confirm_due, background.settle_due):
            part(service)
        is_sent = batch is None or not sending.has_rows(batch)
        if is_sent and not Write.objects.filter(is_pending=1).exists():
            break
    unread = Write.objects.filter(confirmation__in=("", "waiting")).count()
    if unread:
        raise AssertionError(f"{unread} of {Write.objects.count()} changes were not read back")
    return len(sandbox.calls)


def _person() -> Any:
    from django.contrib.auth.models import Group, User

    user = User.objects.get()
    user.groups.add(Group.objects.get(name="Editors"))
    return user


if __name__ == "__main__":
    main(int(sys.argv[1]))
