"""How many calls to Codat a page costs: fixed here, because each is a quarter of a second and part of the quota."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from customers.service import default_service
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient


@pytest.fixture
def warm(sandbox: Sandbox) -> None:
    """Company and model are in the cache, as they are for minutes after anybody was here, and the customer's name."""
    for key in ("qbo", "files"):
        company = sandbox.company(key)
        default_service().get_company(company_id=company)
        default_service().get_create_update_model(
            company_id=company, connection_id=sandbox.connection(key)
        )
    default_service().snapshots.get(company_id=sandbox.company("files"), customer_id="thirty")
    sandbox.clear_calls()


def first(sandbox: Sandbox) -> str:
    return next(iter(sandbox.state("qbo").copy))


PAGES: dict[str, tuple[Callable[[Sandbox], str], int]] = {
    "companies": (lambda _: links.companies(), 1),
    "list": (lambda s: links.customers(s.company("qbo")), 1),
    "detail": (lambda s: links.customer(s.company("qbo"), first(s)), 1),
    "timeline": (lambda s: links.timeline(s.company("qbo"), first(s)), 0),
    "notes": (lambda s: links.notes(s.company("qbo"), "customer", first(s)), 0),
    "attachments": (lambda s: links.attachments(s.company("files"), "thirty"), 1),
    "edit": (lambda s: links.edit(s.company("qbo"), first(s)), 1),
    "new": (lambda s: links.new(s.company("qbo")), 0),
    "writes": (lambda s: links.writes(s.company("qbo")), 0),
    "my writes": (lambda _: links.my_writes(), 0),
}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("fragment", [False, True])
def test_calls_per_page(
    sandbox: Sandbox, warm: None, editor_client: RawPathClient, page: str, fragment: bool
) -> None:
    path, calls = PAGES[page]
    headers = {"HX-Request": "true"} if fragment else {}
    assert editor_client.get(path(sandbox), headers=headers).status_code == 200
    assert len(sandbox.calls) == calls, [call.path for call in sandbox.calls]


def test_a_list_that_is_opened_from_the_companies_uses_the_cached_company(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    viewer_client.get(links.companies())
    viewer_client.get(links.customers(sandbox.company("qbo")))
    assert len(sandbox.calls) == 2


def test_attachments_ask_for_a_customer_that_was_not_read_lately(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    default_service().get_company(company_id=sandbox.company("files"))
    sandbox.clear_calls()
    for calls in (2, 3):
        viewer_client.get(links.attachments(sandbox.company("files"), "thirty"))
        assert len(sandbox.calls) == calls
