"""Batches for tests: made of a company's customers, checked and sent without a worker."""

import uuid
from collections.abc import Sequence
from dataclasses import replace

from django.contrib.auth.models import User

from customers.batches import checking, creating, sending, states
from customers.batches.creating import BatchRequest, Selected
from customers.batches.instructions import Action, Instruction
from customers.codat.companies import accounting_connections
from customers.models import Batch, BatchRow, Write
from customers.service import default_service
from sandbox import Sandbox
from tests.support.journal import COMPANY

PHONE = "+44 20 7946 0999"


def set_phone(text: str = PHONE) -> Instruction:
    """The instruction that most tests use."""
    return Instruction(Action.SET, "phone", text)


def request_of(
    sandbox: Sandbox,
    ids: Sequence[str],
    instructions: Sequence[Instruction] = (),
    *,
    company: str = COMPANY,
) -> BatchRequest:
    """A bulk edit of these customers, as the page asks for it."""
    service, company_id = default_service(), sandbox.company(company)
    found = service.get_company(company_id=company_id)
    copy = sandbox.state(company).copy
    return BatchRequest(
        company_id=company_id,
        company=found,
        connection=accounting_connections(found)[0],
        selected=[Selected(pk, str(copy.get(pk, {}).get("customerName", ""))) for pk in ids],
        title="Set Phone",
        submission=uuid.uuid4(),
        instructions=instructions or [set_phone()],
    )


def new_customer(name: str, *instructions: Instruction, **values: str) -> Selected:
    """A row of an import for a new customer: its name and other values, which are typed."""
    typed = {"customerName": name} | values
    wanted = [Instruction(Action.SET, key, text) for key, text in typed.items()]
    return Selected("", name, instructions=[*wanted, *instructions])


def changed_customer(customer_id: str, **values: str) -> Selected:
    """A row of an import for a customer that exists, with its own values."""
    wanted = [Instruction(Action.SET, key, text) for key, text in values.items()]
    return Selected(customer_id, customer_id, instructions=wanted)


def imported(sandbox: Sandbox, user: User, *rows: Selected, company: str = COMPANY) -> Batch:
    """A batch of the rows of an import, not checked yet."""
    wanted = replace(
        request_of(sandbox, [], company=company),
        selected=rows,
        instructions=(),
        kind=Batch.Kind.IMPORT,
        title="Import customers.xlsx",
    )
    batch, is_new = creating.create(wanted, user)
    assert is_new
    return batch


def customers_of(sandbox: Sandbox, count: int, company: str = COMPANY) -> list[str]:
    """The IDs of customers that were not deleted."""
    copy = sandbox.state(company).copy
    alive = [pk for pk, one in copy.items() if not (one.get("metadata") or {}).get("isDeleted")]
    assert len(alive) >= count, f"{company} has {len(alive)} customers"
    return alive[:count]


def made(
    sandbox: Sandbox,
    user: User,
    count: int = 5,
    instructions: Sequence[Instruction] = (),
    *,
    company: str = COMPANY,
) -> Batch:
    """A batch of the first customers, not checked yet."""
    ids = customers_of(sandbox, count, company)
    batch, is_new = creating.create(request_of(sandbox, ids, instructions, company=company), user)
    assert is_new
    return batch


def check(batch: Batch) -> Batch:
    """Check all rows, as the worker does."""
    for _ in range(1000):
        if checking.check_turn(batch, default_service()).is_finished:
            break
    batch.refresh_from_db()
    return batch


def started(
    sandbox: Sandbox,
    user: User,
    count: int = 5,
    instructions: Sequence[Instruction] = (),
    *,
    company: str = COMPANY,
) -> Batch:
    """A batch that was checked and started; nothing was sent yet."""
    batch = check(made(sandbox, user, count, instructions, company=company))
    assert states.start(batch, user)
    return batch


def send(batch: Batch) -> sending.Slice:
    """One slice of a running batch."""
    batch.refresh_from_db()
    return sending.send_slice(batch, default_service())


def start(batch: Batch, user: User) -> Batch:
    """Start a batch that was checked. One of an import whose rows can all be sent has started by itself."""
    batch.refresh_from_db()
    assert batch.state == Batch.State.RUNNING or states.start(batch, user)
    return batch


def row_states(batch: Batch) -> list[str]:
    """The states of the rows, in their order: that of the write where there is one."""
    rows = BatchRow.objects.filter(batch=batch).select_related("write")
    return [row.write.state if row.write else row.state for row in rows]


def writes(batch: Batch) -> list[Write]:
    """The writes of a batch, in its order."""
    return list(Write.objects.filter(batch=batch).order_by("position"))


def phase(batch: Batch) -> str:
    """The batch's state, as it is in the database."""
    batch.refresh_from_db()
    return batch.state
