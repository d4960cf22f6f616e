"""The page of one batch, in each of its states, for each reader."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from customers.batches import states
from customers.models import Batch
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.batches import check, made, send

pytestmark = pytest.mark.django_db(transaction=True)


def page(client: RawPathClient, batch: Batch, query: str = "", status: int = 200) -> str:
    answer = client.get(links.batch(batch.company_id, batch.pk) + query)
    assert answer.status_code == status
    return str(answer.content.decode())


def test_states(sandbox: Sandbox, editor: User, editor_client: RawPathClient) -> None:
    batch = made(sandbox, editor, 5)
    assert "Checking" in page(editor_client, batch)
    check(batch)
    assert "Ready to start: 5 changes" in page(editor_client, batch)
    states.start(batch, editor)
    send(batch)
    assert "0 of 5 finished" in page(editor_client, batch)
    assert editor_client.get("/batches/").status_code == 200
    assert editor_client.get(links.company_batches(batch.company_id)).status_code == 200
    result = editor_client.get(links.batch_result(batch.company_id, batch.pk))
    assert b"Position" in result.getvalue()
    answer = editor_client.get(links.batch_row(batch.company_id, batch.pk, 1))
    assert answer.status_code == 200
