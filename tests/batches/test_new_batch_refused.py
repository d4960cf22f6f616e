"""The page on which a batch is made: for whom it is not, when it cannot be, and for rows of an earlier batch."""

from __future__ import annotations

import re
import uuid

import pytest
from django.contrib.auth.models import User

from customers.batches import following_up, states
from customers.batches.instructions import Action, Instruction
from customers.models import Batch, BatchRow, Write
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.batches import check, customers_of, made, send
from tests.support.journal import COMPANY
from tests.support.pages.new_batches import (
    COUNTRY,
    batch_of,
    ids_of,
    opened,
    posted,
    save,
    text_of,
    url,
)

pytestmark = pytest.mark.django_db(transaction=True)


# -- who, and when not ------------------------------------------------------------------------------


def offered(client: RawPathClient, sandbox: Sandbox, company: str) -> bool:
    html = text_of(client.get(links.customers(sandbox.company(company))))
    assert "data-compare" in html
    return "/batches/new/" in html


def test_the_list_offers_it_to_whom_and_where_it_can_be_done(
    sandbox: Sandbox, editor_client: RawPathClient, viewer_client: RawPathClient
) -> None:
    assert offered(editor_client, sandbox, COMPANY)
    assert not offered(viewer_client, sandbox, COMPANY)
    for company in ("read_only", "deauthorized"):
        assert not offered(editor_client, sandbox, company)
    assert viewer_client.get(url(sandbox, is_all=True)).status_code == 403
    assert viewer_client.post(url(sandbox), {"id": "1"}).status_code == 403


def test_the_token_goes_with_the_button_that_posts(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    html = text_of(editor_client.get(links.customers(sandbox.company(COMPANY))))
    form = html.partition('<form id="selection"')[2].partition("</form>")[0]
    assert "<input" in form
    assert not re.search(r"<input[^>]*csrfmiddlewaretoken", form)
    assert re.search(r'<button[^>]*formmethod="post"[^>]*name="csrfmiddlewaretoken"', form)
    count = re.search(r"Edit <span class=\"whole\">all </span>(\d+)", form)
    total = re.search(r"(\d+) customers", html)
    assert count
    assert total
    assert count[1] == total[1]


def test_a_connection_that_is_not_linked(sandbox: Sandbox, editor_client: RawPathClient) -> None:
    path = url(sandbox, "deauthorized")
    assert editor_client.post(path, {"id": "1"}).status_code == 409
    typed = {"submission": str(uuid.uuid4()), "entries": "1", "ids": '["1"]', "note": "kept"}
    answer = editor_client.post(path, typed | COUNTRY)
    assert answer.status_code == 409
    assert 'name="note" value="kept"' in text_of(answer)


def test_an_integration_that_can_only_be_read(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    answer = editor_client.post(url(sandbox, "read_only"), {"id": "1"})
    assert answer.status_code == 409
    assert "Not supported by the accounting software" in text_of(answer)


def test_another_connection_takes_the_place_of_the_one_that_the_page_was_for(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    path = links.new_batch(sandbox.company(COMPANY), connection=str(uuid.uuid4()))
    page = opened(editor_client, path, *customers_of(sandbox, 1))
    assert save(editor_client, path, page).status_code == 409
    assert not Batch.objects.exists()


def test_nothing_is_lost_while_codat_does_not_answer(
    sandbox: Sandbox, editor_client: RawPathClient, no_waiting: None
) -> None:
    path = url(sandbox, is_all=True)
    page = opened(editor_client, path)
    sandbox.faults.add("/data/customers", "status", status=503, count=-1)
    answer = save(editor_client, path, page, note="kept")
    assert answer.status_code == 503
    assert "Nothing was sent. What you typed is kept on this page." in text_of(answer)
    for name, text in (COUNTRY | {"note": "kept"}).items():
        assert f'name="{name}" value="{text}"' in text_of(answer)
    assert not Batch.objects.exists()


def test_nothing_is_lost_when_the_session_has_ended(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    path = url(sandbox)
    page = opened(editor_client, path, *customers_of(sandbox, 2))
    editor_client.logout()
    answer = save(editor_client, path, page, note="kept")
    assert answer.status_code == 401
    for name, text in (COUNTRY | {"note": "kept"}).items():
        assert f'name="{name}" value="{text}"' in text_of(answer)
    assert 'name="ids"' in text_of(answer)


# -- rows of an earlier batch -----------------------------------------------------------------------


def test_what_failed_is_tried_again_with_other_values(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    instruction = Instruction(Action.CLEAR, "customerName")
    source = check(made(sandbox, editor, 3, [instruction]))
    states.cancel(source, editor)
    path = url(sandbox, source=source.pk)
    ended = text_of(editor_client.get(links.batch(source.company_id, source.pk)))
    assert f'href="{path.replace("&", "&amp;")}"' in ended
    page = opened(editor_client, path)
    assert "<h1>Edit 3 customers</h1>" in text_of(page)
    kept = posted(page)
    assert (kept["f.1.key"], kept["f.1.action"]) == ("customerName", "clear")

    batch = batch_of(save(editor_client, path, page))
    assert (batch.kind, batch.source, batch.total) == (Batch.Kind.RETRY, source, 3)
    assert ids_of(batch) == [one.customer_id for one in following_up.retried(source)]


def test_a_refused_row_keeps_its_findings(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    source = check(made(sandbox, editor, 2))
    states.start(source, editor)
    send(source)
    Write.objects.filter(batch=source).update(state=Write.State.FAILED, error_message="No.")
    path = url(sandbox, source=source.pk)
    batch = batch_of(save(editor_client, path, opened(editor_client, path)))
    rows = BatchRow.objects.filter(batch=batch).select_related("retry_of")
    assert [row.retry_of.batch_id if row.retry_of else None for row in rows] == [source.pk] * 2


def test_the_batch_must_be_of_this_company_and_its_connection(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    source = made(sandbox, editor, 1)
    bare = links.new_batch(sandbox.company(COMPANY), source=source.pk)
    assert editor_client.get(bare)["Location"] == url(sandbox, source=source.pk)
    for other in (source.pk, uuid.uuid4(), "nothing"):
        assert editor_client.get(url(sandbox, "xero", source=other)).status_code == 404
    Batch.objects.filter(pk=source.pk).update(connection_id="gone")
    gone = links.new_batch(sandbox.company(COMPANY), connection="gone", source=source.pk)
    answer = editor_client.get(gone)
    assert answer.status_code == 409
    assert "The connection of this batch was replaced" in text_of(answer)


def test_no_row_is_left_to_try_again(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    source = check(made(sandbox, editor, 1))
    assert editor_client.get(url(sandbox, source=source.pk)).status_code == 422
