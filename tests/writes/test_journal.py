"""The rows of the journal: what is stored, and when."""

from __future__ import annotations

import pytest
import simplejson
from django.contrib.auth.models import User
from django.db import transaction

from customers.models import Write
from sandbox import Sandbox
from tests.support.journal import journaled, write_request

pytestmark = pytest.mark.django_db

State = Write.State


def test_names_that_no_database_accepts_do_not_stop_a_save(sandbox: Sandbox, editor: User) -> None:
    wanted = write_request(sandbox, customerName="A\0B")
    wanted.company["name"] = wanted.connection["platformName"] = "C\0D"
    write = journaled(editor, wanted)
    write.refresh_from_db()
    assert (write.customer_name, write.company_name) == ("AB", "CD")
    assert simplejson.loads(write.payload)["customerName"] == "A\0B"


def test_a_row_is_committed_before_a_byte_is_sent(sandbox: Sandbox, editor: User) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        journaled(editor, write_request(sandbox))
    assert not Write.objects.exists()
