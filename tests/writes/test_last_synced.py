"""What the dashboard knows to have happened is on the next page, however young the cached company is."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User

from customers.service import default_service
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.journal import COMPANY, accepted, check

pytestmark = pytest.mark.django_db


def shown(client: RawPathClient, url: str) -> str:
    """The time of the last sync on a page."""
    text = client.get(url).content.decode()
    match = re.search(r'(?:Last s|S)ynced.{0,80}?<time datetime="([^"]+)"', text, re.DOTALL)
    assert match is not None
    return match[1]


def last_sync_at_codat(sandbox: Sandbox) -> str:
    """The time of the last sync of the company as Codat has it."""
    service = default_service()
    path = f"/companies/{sandbox.company(COMPANY)}"
    connections = service.client.get_json(path).data["dataConnections"]
    return str(next(item["lastSync"] for item in connections if item["sourceType"] == "Accounting"))


def test_our_own_confirming_sync_is_on_the_next_page(
    sandbox: Sandbox, editor: User, viewer_client: RawPathClient
) -> None:
    company = sandbox.company(COMPANY)
    customer_id = next(iter(sandbox.state(COMPANY).copy))
    pages = (links.customers(company), links.customer(company, customer_id))
    write = accepted(sandbox, editor)
    before = {page: shown(viewer_client, page) for page in pages}
    check(write)
    sandbox.settle()
    check(write)
    assert write.confirmation == "confirmed"
    after = {page: shown(viewer_client, page) for page in pages}
    for page in pages:
        assert after[page] > before[page]
        assert after[page][:19] == last_sync_at_codat(sandbox)[:19]


def test_an_expired_company_is_still_the_fallback(sandbox: Sandbox, no_waiting: None) -> None:
    company = sandbox.company(COMPANY)
    service = default_service()
    good = service.get_company(company_id=company)
    service.expire_company(company_id=company)
    assert service.snapshots.cached_company(company_id=company) is None
    sandbox.faults.add(f"/companies/{company}$", "status", status=500, count=-1)
    stale = service.snapshots.get_company(company_id=company)
    assert stale.data == good
    assert stale.error is not None
    service.expire_company(company_id=company)
    assert service.snapshots.get_company(company_id=company).data == good
    sandbox.faults.clear()
