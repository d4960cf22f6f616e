"""Having a customer forgotten while somebody saves a change of it."""

from __future__ import annotations

import threading

import pytest
from django.contrib.auth.models import User

from customers.auditing.forgetting import NotPossible, forget
from customers.auditing.held import Customer
from customers.models import Write
from customers.writes.save_lock import customer_lock, save_lock
from sandbox import Sandbox
from tests.support.journal import COMPANY, customer, journal_row
from tests.support.races import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_change_that_is_being_saved_stays(sandbox: Sandbox, editor: User) -> None:
    company, pk = sandbox.company(COMPANY), customer(sandbox)
    is_locked, has_ended = threading.Event(), threading.Event()

    def save() -> None:
        with save_lock(customer_lock(company, pk)):
            is_locked.set()
            # Whoever does not wait for the lock ends within it.
            has_ended.wait(1)
            journal_row(company, editor, customer_id=pk, state="sending")

    def forget_it() -> str:
        is_locked.wait(20)
        try:
            forget(Customer(company, pk), user=editor)
        except NotPossible:
            return "not possible"
        finally:
            has_ended.set()
        return "forgotten"

    assert all_at_once([save, forget_it])[1] == "not possible"
    assert Write.objects.get().payload
