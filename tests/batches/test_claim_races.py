"""A person saves a customer in the instant in which a batch sends its row: neither puts the other's old value back."""

from __future__ import annotations

import uuid

import pytest
from django.contrib.auth.models import User

from customers.batches import journaling, sending
from customers.codat.companies import accounting_connections
from customers.editing.edit import Edit, Target
from customers.editing.save import BeingSent, Outcome, SameName, Sent, save
from customers.models import Batch, Write
from customers.service import default_service
from sandbox import Sandbox
from tests.support.batches import (
    PHONE,
    check,
    customers_of,
    imported,
    new_customer,
    start,
    started,
)
from tests.support.journal import COMPANY
from tests.support.races import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 12
EMAIL = "by.hand@example.com"


def edit_of(sandbox: Sandbox, customer_id: str) -> Edit:
    """A form of a customer, opened before the race, in which the email address was changed."""
    service, company_id = default_service(), sandbox.company(COMPANY)
    company = service.get_company(company_id=company_id)
    connection = accounting_connections(company)[0]
    model = service.get_create_update_model(
        company_id=company_id, connection_id=str(connection.get("id"))
    )
    target = Target(company_id, company, connection, customer_id, model)
    record = target.read(service)
    return Edit(target, target.form(record, filled=record | {"emailAddress": EMAIL}), uuid.uuid4())


def create_of(sandbox: Sandbox, name: str) -> Edit:
    """A form for a new customer, opened before the race."""
    service, company_id = default_service(), sandbox.company(COMPANY)
    company = service.get_company(company_id=company_id)
    connection = accounting_connections(company)[0]
    model = service.get_create_update_model(
        company_id=company_id, connection_id=str(connection.get("id"))
    )
    target = Target(company_id, company, connection, "", model)
    form = target.form(filled={"customerName": name, "status": "Active"})
    return Edit(target, form, uuid.uuid4())


def test_a_save_and_a_row_in_the_same_instant_create_one_customer(
    sandbox: Sandbox, editor: User
) -> None:
    person = User.objects.create_superuser("person")
    names = [f"Nursery {number}" for number in range(ROWS)]
    edits = [create_of(sandbox, name.upper()) for name in names]
    batch = start(check(imported(sandbox, editor, *map(new_customer, names))), editor)
    journaling.journal(batch)
    sandbox.settings.latency, sandbox.settings.push_delay = 0.02, 60.0

    def saved() -> list[Outcome]:
        return [save(edit, user=person, service=default_service()) for edit in edits]

    def sent() -> None:
        sending.send_slice(Batch.objects.get(pk=batch.pk), default_service())

    outcomes, _ = all_at_once([saved, sent])
    assert {type(outcome) for outcome in outcomes} <= {Sent, SameName}
    states = dict(Write.objects.filter(batch=batch).values_list("customer_name", "state"))
    for name, outcome in zip(names, outcomes, strict=True):
        assert isinstance(outcome, Sent) == (states[name] == "not_sent"), name


def test_a_save_and_a_row_in_the_same_instant_lose_nothing(sandbox: Sandbox, editor: User) -> None:
    person = User.objects.create_superuser("person")
    ids = customers_of(sandbox, ROWS)
    edits = [edit_of(sandbox, customer_id) for customer_id in ids]
    batch = started(sandbox, editor, ROWS)
    journaling.journal(batch)
    # Rows and saves are under way together, and the accounting software ends none before the others are sent.
    sandbox.settings.latency, sandbox.settings.push_delay = 0.02, 60.0

    def saved() -> list[Outcome]:
        return [save(edit, user=person, service=default_service()) for edit in edits]

    def sent() -> None:
        sending.send_slice(Batch.objects.get(pk=batch.pk), default_service())

    outcomes, _ = all_at_once([saved, sent])
    sandbox.settings.latency = 0.0
    sandbox.settle()

    assert {type(outcome) for outcome in outcomes} <= {Sent, BeingSent}
    states = dict(Write.objects.filter(batch=batch).values_list("customer_id", "state"))
    for customer_id, outcome in zip(ids, outcomes, strict=True):
        source = sandbox.state(COMPANY).source[customer_id]
        assert (source.get("emailAddress") == EMAIL) == isinstance(outcome, Sent), customer_id
        assert (source.get("phone") == PHONE) == (states[customer_id] != "not_sent"), customer_id
        assert isinstance(outcome, Sent) or states[customer_id] != "not_sent", customer_id
