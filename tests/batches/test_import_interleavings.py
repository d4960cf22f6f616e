"""Imports in any order of events: no row is sent twice, and no two customers of one name are created.

A model-based test as `test_interleavings.py` is. Rows create and rename customers, with names that some of them share;
people create customers of the same names meanwhile.
"""

from __future__ import annotations

import uuid
from collections import Counter
from typing import Any

import hypothesis
import pytest
from django.contrib.auth.models import User
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine
from pytest_django import Settings

from customers.batches import checking, following_up, sending, states
from customers.batches.creating import Selected
from customers.codat.client import default_client
from customers.codat.companies import accounting_connections
from customers.codat.text import folded_name
from customers.editing.edit import Edit, Target
from customers.editing.save import save
from customers.models import Batch, BatchRow, Write
from customers.service import default_service
from sandbox import Sandbox
from tests.support.batches import changed_customer, customers_of, imported, new_customer, row_states
from tests.support.journal import COMPANY, codat_is_back, pass_time, pushes, settle
from tests.support.programs.mortal_service import Killed, MortalService

pytestmark = pytest.mark.django_db(transaction=True)

State = Batch.State
NAMES = ("Fern & Co", "FERN  & co", "Gorse Ltd", "gorse ltd", "Heather")
# What happens to the next call of a slice: a kind of the sandbox's, a status, and whether Codat handles the call.
FAULTS: tuple[tuple[Any, int | None, bool] | None, ...] = (
    None,
    ("reset", None, True),
    ("reset", None, False),
    ("status", 429, False),
    ("status", 503, True),
)
# A row: the name that it gives, and whether to a new customer.
ROWS = st.lists(st.tuples(st.sampled_from(NAMES), st.booleans()), min_size=2, max_size=5)


class ImportMachine(RuleBasedStateMachine):
    """One import, whose rows create and rename customers."""

    sandbox: Sandbox
    editor: User
    batch: Batch

    @initialize(rows=ROWS)
    def begin(self, rows: list[tuple[str, bool]]) -> None:
        BatchRow.objects.all().delete()
        Write.objects.all().delete()
        Batch.objects.all().delete()
        self.sandbox.reset()
        codat_is_back(self.sandbox)
        ids = customers_of(self.sandbox, len(rows))
        selected = [self.selected(one, pk) for one, pk in zip(rows, ids, strict=True)]
        self.batch = imported(self.sandbox, self.editor, *selected)

    def selected(self, row: tuple[str, bool], customer_id: str) -> Selected:
        name, is_new = row
        return new_customer(name) if is_new else changed_customer(customer_id, customerName=name)

    # -- what people do ---------------------------------------------------------------------------

    @rule()
    def start(self) -> None:
        states.start(self.batch, self.editor)

    @rule(action=st.sampled_from(["pause", "leave out", "take in", "resume"]), index=st.integers(0))
    def person(self, action: str, index: int) -> None:
        rows = list(BatchRow.objects.filter(batch=self.batch).select_related("batch"))
        row = rows[index % len(rows)]
        match action:
            case "pause":
                states.pause(self.batch, self.editor)
            case "resume":
                states.resume(self.batch, self.editor)
            case "leave out":
                states.leave_out(row)
            case "take in" if following_up.take_in(row):
                target = checking.target_maker(self.batch, default_service())(row.customer_id)
                checking.check_row(row, self.batch, target, default_service())

    @rule(name=st.sampled_from(NAMES))
    def create_by_hand(self, name: str) -> None:
        service, company_id = default_service(), self.sandbox.company(COMPANY)
        company = service.get_company(company_id=company_id)
        connection = accounting_connections(company)[0]
        model = service.get_create_update_model(
            company_id=company_id, connection_id=str(connection.get("id"))
        )
        target = Target(company_id, company, connection, "", model)
        form = target.form(filled={"customerName": name, "status": "Active"})
        save(Edit(target, form, uuid.uuid4()), user=self.editor, service=service)

    # -- what processes and Codat do --------------------------------------------------------------

    @rule()
    def check(self) -> None:
        self.wait()
        if self.batch.state == State.PREPARING:
            checking.check_turn(self.batch, default_service())
            self.batch.refresh_from_db()

    @rule(fault=st.sampled_from(FAULTS))
    def slice(self, fault: tuple[Any, int | None, bool] | None) -> None:
        self.wait()
        if fault is not None:
            kind, status, handled = fault
            self.sandbox.faults.add("/push/customers", kind, status=status, handled=handled)
        sending.send_slice(self.batch, default_service())
        self.sandbox.faults.clear()

    @rule(rows=st.integers(0, 2), is_answered=st.booleans())
    def killed_slice(self, rows: int, is_answered: bool) -> None:
        self.wait()
        try:
            sending.send_slice(self.batch, MortalService(rows, is_answered=is_answered))
        except Killed:
            self.batch.refresh_from_db()

    @rule(minutes=st.sampled_from([0, 5, 15, 60]))
    def time_passes(self, minutes: int) -> None:
        self.sandbox.settle()
        pass_time(self.sandbox, minutes=minutes)
        settle()

    def wait(self) -> None:
        """A halted batch has waited long enough, and the circuit is closed."""
        Batch.objects.filter(pk=self.batch.pk).update(due_at=None)
        default_client.cache_clear()
        self.batch.refresh_from_db()

    # -- what always holds ------------------------------------------------------------------------

    @invariant()
    def nothing_is_sent_twice(self) -> None:
        may_have_left = Write.objects.exclude(state__in=Write.UNSENT, sent_at=None)
        assert len(pushes(self.sandbox)) <= may_have_left.count()

    @invariant()
    def a_name_is_given_once(self) -> None:
        """Also where the accounting software would refuse the second one."""
        sent = Write.objects.exclude(state__in=Write.UNSENT).exclude(sent_at=None)
        names = [folded_name(str(write.sent_values["customerName"])) for write in sent]
        assert max(Counter(names).values(), default=0) <= 1, names

    def teardown(self) -> None:
        """Left alone, it comes to an end."""
        self.sandbox.faults.clear()
        for _ in range(4):
            self.wait()
            checking.check_turn(self.batch, default_service())
            self.batch.refresh_from_db()
            states.start(self.batch, self.editor)
            states.resume(self.batch, self.editor)
            sending.send_slice(self.batch, default_service())
            self.sandbox.settle()
            pass_time(self.sandbox, minutes=11)
            settle()
            self.a_name_is_given_once()
        assert not {"waiting", "checked", "queued", "sending", "pending"} & {
            *row_states(self.batch)
        }


def test_any_order_of_events_creates_each_name_once(
    sandbox: Sandbox, editor: User, settings: Settings
) -> None:
    # One thread: an order that fails can be repeated.
    settings.CODAT_WORKER_CALLS_AT_ONCE = 1
    machine = type("Machine", (ImportMachine,), {"sandbox": sandbox, "editor": editor})
    run_machine(
        machine,
        settings=hypothesis.settings(
            max_examples=10,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        ),
    )
