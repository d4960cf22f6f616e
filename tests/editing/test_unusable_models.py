"""A response that is not a usable create/update model is never cached, and does not make a form unavailable."""

from __future__ import annotations

import json
import time

import pytest

from customers.codat.reading import snapshots
from customers.models import Draft, Write
from customers.service import default_service
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient, forget_codat
from tests.support.pages.controls import fields

pytestmark = pytest.mark.django_db

UNUSABLE = [
    '{"type": "Nonsense"}',
    "{}",
    "[]",
    "null",
    "<html>502</html>",
    '{"type": "Object", "properties": {}}',
    '{"type": "Object", "properties": []}',
    '{"type": "Object", "properties": {"a": 5}}',
    '{"type": "Object", "properties": {"a": {"type": "Object", "properties": "text"}}}',
    '{"type": "Object", "properties": '
    + '{"a": {"type": "Object", "properties": ' * 60
    + "{}"
    + "}}" * 60
    + "}",
    json.dumps(
        {
            "type": "Object",
            "properties": {f"p{number}": {"type": "String"} for number in range(2600)},
        }
    ),
]


def answer_once(sandbox: Sandbox, body: str, times: int = 1) -> None:
    sandbox.faults.add("/options/customers", "json", body=body, count=times)


@pytest.fixture
def expired(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cached model is read again for each page."""
    monkeypatch.setattr(snapshots, "MODEL_TTL", 0)


@pytest.mark.parametrize("body", UNUSABLE, ids=lambda body: body[:30])
def test_it_is_not_kept(
    sandbox: Sandbox, editor_client: RawPathClient, company: str, body: str
) -> None:
    answer_once(sandbox, body)
    first = editor_client.get(links.new(company))
    assert first.status_code == 502
    assert editor_client.get(links.new(company)).status_code == 200


@pytest.mark.parametrize("body", UNUSABLE, ids=lambda body: body[:30])
def test_the_last_valid_one_is_used_and_its_age_shown(
    sandbox: Sandbox, editor_client: RawPathClient, company: str, expired: None, body: str
) -> None:
    url = links.new(company)
    assert editor_client.get(url).status_code == 200
    answer_once(sandbox, body, times=-1)
    page = editor_client.get(url)
    assert page.status_code == 200
    text = page.content.decode()
    assert "This form has the fields from just now" in text
    # Reloading the fields does not delete the valid ones.
    assert editor_client.get(f"{url}?fresh=1").status_code == 200
    sandbox.faults.clear()
    assert "This form has the fields" not in editor_client.get(url).content.decode()


@pytest.mark.parametrize("body", UNUSABLE[:5])
def test_a_form_can_be_saved_with_the_last_good_one(
    sandbox: Sandbox,
    editor_client: RawPathClient,
    company: str,
    customer_id: str,
    expired: None,
    body: str,
) -> None:
    url = links.edit(company, customer_id)
    posted = fields(editor_client.get(url)) | {"f.phone": "222", "action": "save"}
    answer_once(sandbox, body, times=-1)
    assert editor_client.post(url, posted).status_code == 303
    assert Write.objects.get().sent_values["phone"] == "222"


def test_without_a_good_one_the_page_offers_to_reload_the_fields(
    sandbox: Sandbox, editor_client: RawPathClient, company: str, customer_id: str
) -> None:
    answer_once(sandbox, '{"type": "Nonsense"}')
    page = editor_client.get(f"{links.edit(company, customer_id)}?connection=x")
    text = page.content.decode()
    assert "Update fields" in text
    address = f"{links.edit(company, customer_id)}?connection=x&amp;fresh=1"
    assert f'href="{address}"' in text
    assert editor_client.get(address.replace("&amp;", "&")).status_code == 200


def test_without_a_good_one_a_post_keeps_what_was_typed(
    sandbox: Sandbox, editor_client: RawPathClient, company: str, customer_id: str
) -> None:
    url = links.edit(company, customer_id)
    posted = fields(editor_client.get(url)) | {"f.phone": "0222 333", "action": "save"}
    forget_codat()
    answer_once(sandbox, '{"type": "Nonsense"}')
    page = editor_client.post(url, posted)
    assert page.status_code == 502
    assert 'value="0222 333"' in page.content.decode()
    assert not Write.objects.exists()


def test_a_draft_is_stored_without_a_usable_one(
    sandbox: Sandbox, editor_client: RawPathClient, company: str, customer_id: str
) -> None:
    posted = fields(editor_client.get(links.edit(company, customer_id))) | {"f.phone": "0222 333"}
    forget_codat()
    answer_once(sandbox, '{"type": "Nonsense"}')
    answer = editor_client.post(links.draft(company, customer_id), posted)
    assert answer.status_code == 204
    assert "0222" in Draft.objects.get().body


@pytest.mark.parametrize(
    "body", ["{}", "[]", '{"message": "odd"}', '{"id": "1", "dataConnections": "none"}']
)
def test_a_company_that_cannot_be_read_is_not_cached(
    sandbox: Sandbox, editor_client: RawPathClient, company: str, body: str
) -> None:
    sandbox.faults.add(f"/companies/{company}$", "json", body=body, count=1)
    assert editor_client.get(links.new(company)).status_code == 502
    assert editor_client.get(links.new(company)).status_code == 200


def test_a_company_that_cannot_be_read_leaves_the_last_good_one(
    sandbox: Sandbox,
    editor_client: RawPathClient,
    company: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    good = default_service().get_company(company_id=company)
    monkeypatch.setattr(snapshots, "COMPANY_TTL", 0)
    sandbox.faults.add(f"/companies/{company}$", "json", body="{}", count=-1)
    page = editor_client.get(links.customers(company))
    assert page.status_code == 200
    assert "This page is from" in page.content.decode()
    stale = default_service().snapshots.get_company(company_id=company)
    assert stale.data == good
    assert stale.error is not None
    assert time.time() - stale.read_at.timestamp() < 60
