"""A new customer, or a new name, that another customer has already."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from customers.codat.query import similar_names
from customers.codat.text import folded_name
from customers.models import Write
from customers.web import links
from sandbox import Sandbox
from sandbox.query import CUSTOMER_FIELDS, compile_query
from tests.conftest import RawPathClient
from tests.support.codat import RETRY_AT_ONCE
from tests.support.journal import calls, journaled, write_request
from tests.support.pages.controls import fields

pytestmark = pytest.mark.django_db

# Spellings of one name.
SPELLINGS = (
    "Café du Lac",
    "CAFÉ DU LAC",
    "Cafe\u0301 du Lac",
    "cafe du lac",
    "  Café \u00a0du  Lac",
    "\u200bCafé du Lac",
)


def rename(sandbox: Sandbox, customer_id: str, name: str, **more: Any) -> None:
    """Give a customer of Codat's copy a name."""
    copy = sandbox.state("qbo").copy
    copy[customer_id] = copy[customer_id] | {"customerName": name, "metadata": {}} | more


@pytest.fixture(params=["new", "rename"])
def form(request: pytest.FixtureRequest, sandbox: Sandbox) -> str:
    """The address of a form that gives a customer a name: of a new one, and of another one."""
    company = sandbox.company("qbo")
    return links.new(company) if request.param == "new" else links.edit(company, "39")


@pytest.fixture
def other(sandbox: Sandbox) -> str:
    """The ID of another customer than the form's."""
    return next(key for key in sandbox.state("qbo").copy if key != "39")


def save(client: RawPathClient, form: str, name: str, **typed: str) -> Any:
    """Open the form, type the name, save."""
    values = {"f.customerName": name, "f.status": "Active", "action": "save"}
    return client.post(form, fields(client.get(form)) | values | typed)


@pytest.mark.parametrize(
    ("stored", "typed"),
    [("Café du Lac", spelling) for spelling in SPELLINGS] + [("CAFE DU LAC", "Café du Lac")],
)
def test_a_name_in_the_copy_is_asked_about_in_every_spelling(
    sandbox: Sandbox,
    editor_client: RawPathClient,
    form: str,
    other: str,
    stored: str,
    typed: str,
) -> None:
    rename(sandbox, other, stored)

    asked = save(editor_client, form, typed)

    page = asked.content.decode()
    assert asked.status_code == 409
    assert "Another customer has this name" in page
    assert f'href="{links.customer(sandbox.company("qbo"), other)}' in page
    assert "Save anyway" in page
    assert not calls(sandbox)
    saved = editor_client.post(form, fields(asked) | {"action": "save"})
    assert saved.status_code == 303
    assert len(calls(sandbox)) == 1


@pytest.mark.parametrize("typed", SPELLINGS)
def test_a_name_on_its_way_is_asked_about_in_every_spelling(
    sandbox: Sandbox, viewer: User, editor_client: RawPathClient, form: str, other: str, typed: str
) -> None:
    creating = journaled(viewer, write_request(sandbox, customerName="Café du Lac"))
    renaming = journaled(viewer, write_request(sandbox, other, customerName="Café du Lac"))

    asked = save(editor_client, form, typed)

    assert asked.status_code == 409
    for write in (creating, renaming):
        assert links.write(write.company_id, write.pk) in asked.content.decode()
    assert editor_client.post(form, fields(asked) | {"action": "save"}).status_code == 303


def test_an_answer_is_about_the_customers_that_were_shown(
    sandbox: Sandbox, editor_client: RawPathClient, form: str, other: str
) -> None:
    another = next(key for key in sandbox.state("qbo").copy if key not in ("39", other))
    rename(sandbox, other, "Café du Lac")
    rename(sandbox, another, "Cafe du lac")

    asked = save(editor_client, form, "Cafe du Lac", same_name=f"customer:{other}")
    assert asked.status_code == 409
    assert "2 other customers have this name" in asked.content.decode()
    assert editor_client.post(form, fields(asked) | {"action": "save"}).status_code == 303


@pytest.mark.parametrize("stored", ["Café du Lac 2", "Lac", "Cafe du L"])
def test_another_name_is_not_asked_about(
    sandbox: Sandbox, editor_client: RawPathClient, form: str, other: str, stored: str
) -> None:
    rename(sandbox, other, stored)
    assert save(editor_client, form, "Café du Lac").status_code == 303


def test_a_deleted_customer_is_not_asked_about(
    sandbox: Sandbox, editor_client: RawPathClient, form: str, other: str
) -> None:
    rename(sandbox, other, "Café du Lac", metadata={"isDeleted": True})
    assert save(editor_client, form, "Café du Lac").status_code == 303


def test_a_change_that_keeps_the_name_searches_for_nothing(
    sandbox: Sandbox, editor_client: RawPathClient, other: str
) -> None:
    """Another customer may have the name since long ago. Other capitals of one's own name are no new name."""
    rename(sandbox, other, "Café du Lac")
    rename(sandbox, "39", "Café du Lac")
    form = links.edit(sandbox.company("qbo"), "39")

    assert save(editor_client, form, "CAFÉ du Lac", **{"f.phone": "1"}).status_code == 303
    assert not [call for call in sandbox.calls if call.path.endswith("/data/customers")]


def test_a_name_is_searched_for_by_one_call(
    sandbox: Sandbox, editor_client: RawPathClient, form: str
) -> None:
    assert save(editor_client, form, "A & B {=} Ltd").status_code == 303
    assert len([call for call in sandbox.calls if call.path.endswith("/data/customers")]) == 1


@pytest.mark.parametrize("status", [400, 404, 409])
def test_a_copy_that_cannot_be_searched_is_asked_about(
    sandbox: Sandbox, editor_client: RawPathClient, form: str, status: int
) -> None:
    sandbox.faults.add(r"GET /companies/[^/]+/data/customers\?", "status", status=status, count=-1)
    asked = save(editor_client, form, "Café du Lac")

    assert asked.status_code == 409
    assert "We could not check whether this name is in use" in asked.content.decode()
    assert not calls(sandbox)
    assert editor_client.post(form, fields(asked) | {"action": "save"}).status_code == 303


@pytest.mark.parametrize("status", [401, 402, 403, 429, 503])
def test_where_codat_is_unavailable_nothing_is_sent_and_the_text_is_shown(
    sandbox: Sandbox, editor_client: RawPathClient, no_waiting: None, form: str, status: int
) -> None:
    customers = r"GET /companies/[^/]+/data/customers\?"
    sandbox.faults.add(customers, "status", status=status, headers=RETRY_AT_ONCE, count=-1)

    answer = save(editor_client, form, "Café du Lac", **{"f.phone": "typed"})

    assert answer.status_code >= 500
    assert 'value="typed"' in answer.content.decode()
    assert not Write.objects.exists()


NAMES = (
    "Brown Ltd",
    "Dvořák & synové",
    "Żabka Polska",
    "O’Neill “Best” Foods",
    "株式会社テスト",
    "Ёлка Йод",
    "A1",
    "Ångström/Øst (2024)",
)


@pytest.mark.parametrize("name", NAMES)
def test_the_query_finds_the_name_itself_and_its_plain_spelling(name: str) -> None:
    finds = compile_query(similar_names(name), CUSTOMER_FIELDS)
    assert finds is not None
    for stored in (name, name.upper(), folded_name(name)):
        assert finds({"customerName": stored}), stored


def test_a_name_of_vowels_is_searched_for_as_it_is() -> None:
    assert similar_names("Éa") == "customerName~éa"


def test_signs_alone_are_not_searched_for() -> None:
    assert similar_names("&& ~ {}") == ""
