"""What a save or a row sets and the index of customers has already, in another way than Codat finds it."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from customers.models import IndexedCompany, Write
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.editing.test_field import opened, url
from tests.editing.test_field import save as save_field
from tests.editing.test_same_name import rename, save
from tests.support.index import indexed
from tests.support.journal import calls
from tests.support.pages.controls import fields

pytestmark = pytest.mark.django_db

KNOWN = {
    "id": "9001",
    "customerName": "Smith-Jones & Co.",
    "emailAddress": "Books@smith.example",
    "taxNumber": "GB 980 7806 84",
    "status": "Archived",
    "addresses": [{"type": "Billing", "city": "Hull"}],
}


@pytest.fixture(autouse=True)
def _known(has_index: None, sandbox: Sandbox) -> None:
    """The index has a customer."""
    fill(sandbox, KNOWN)


def fill(sandbox: Sandbox, *customers: dict[str, Any], **more: Any) -> IndexedCompany:
    values = {"connection_id": sandbox.connection("qbo")} | more
    return indexed(sandbox.company("qbo"), *customers, **values)


def new(sandbox: Sandbox) -> str:
    return links.new(sandbox.company("qbo"))


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ({"f.emailAddress": "books@SMITH.example"}, "Same email"),
        ({"f.taxNumber": "gb980780684"}, "Same tax number"),
    ],
)
def test_a_new_customer_with_the_same_email_or_number_is_asked_about(
    sandbox: Sandbox, editor_client: RawPathClient, typed: dict[str, str], reason: str
) -> None:
    asked = save(editor_client, new(sandbox), "Harbour Lights", **typed)
    page = asked.content.decode()
    assert asked.status_code == 409
    assert "Another customer looks like this one" in page
    assert f"{reason} · Hull · Books@smith.example · Archived" in page
    assert f'href="{links.customer(sandbox.company("qbo"), "9001")}' in page
    assert "may merge" not in page
    assert not calls(sandbox)
    saved = editor_client.post(new(sandbox), fields(asked) | {"action": "save"})
    assert saved.status_code == 303
    assert len(calls(sandbox)) == 1


def test_a_name_is_the_same_without_its_punctuation(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    asked = save(editor_client, new(sandbox), "Smith Jones Co")
    assert asked.status_code == 409
    assert "Another customer has this name" in asked.content.decode()


def test_a_rename_in_quickbooks_warns_of_a_merge(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    form = links.edit(sandbox.company("qbo"), "39")
    asked = save(editor_client, form, "smith jones co")
    page = asked.content.decode()
    assert asked.status_code == 409
    assert "may merge two customers of one name. A merge cannot be undone." in page
    assert editor_client.post(form, fields(asked) | {"action": "save"}).status_code == 303


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ({"f.emailAddress": "books@SMITH.example"}, "Same email"),
        ({"f.taxNumber": "gb980780684"}, "Same tax number"),
    ],
)
def test_a_changed_email_or_number_is_asked_about_with_the_name_and_without(
    sandbox: Sandbox, editor_client: RawPathClient, typed: dict[str, str], reason: str
) -> None:
    form = links.edit(sandbox.company("qbo"), "39")
    name = str(sandbox.state("qbo").copy["39"]["customerName"])
    for each in (name, "Harbour Lights"):
        asked = save(editor_client, form, each, **typed)
        page = asked.content.decode()
        assert asked.status_code == 409
        assert "Another customer looks like this one" in page
        assert f"{reason} · Hull" in page
        assert "may merge" not in page, "the other customer has another name"
    assert editor_client.post(form, fields(asked) | {"action": "save"}).status_code == 303


@pytest.mark.parametrize("same", ["books@smith.example", "BOOKS@Smith.example"])
def test_an_email_that_stays_the_same_is_not_asked_about(
    sandbox: Sandbox, editor_client: RawPathClient, same: str
) -> None:
    """The customer may have had the email of another one since long ago."""
    copy = sandbox.state("qbo").copy
    copy["39"] = copy["39"] | {"emailAddress": "books@smith.example", "metadata": {}}
    form = links.edit(sandbox.company("qbo"), "39")
    typed = {"f.emailAddress": same}
    assert save(editor_client, form, "Harbour Lights", **typed).status_code == 303


def test_an_undo_does_not_ask_about_the_earlier_email(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    copy = sandbox.state("qbo").copy
    copy["39"] = copy["39"] | {"emailAddress": "books@smith.example", "metadata": {}}
    form = links.edit(sandbox.company("qbo"), "39")
    name = str(copy["39"]["customerName"])
    changed = {"f.emailAddress": "other@smith.example"}
    assert save(editor_client, form, name, **changed).status_code == 303
    write = Write.objects.get()
    undone = editor_client.post(links.undo(write.company_id, write.pk))
    assert undone.status_code == 303
    assert Write.objects.count() == 2


def test_a_customer_that_codat_and_the_index_have_is_named_once(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    other = next(key for key in sandbox.state("qbo").copy if key != "39")
    rename(sandbox, other, "Harbour Lights")
    fill(sandbox, KNOWN | {"id": other, "customerName": "Harbour Lights"})
    typed = {"f.taxNumber": "GB980780684"}
    fill(sandbox, KNOWN | {"taxNumber": None})
    page = save(editor_client, new(sandbox), "Harbour Lights", **typed).content.decode()
    assert page.count(f'href="{links.customer(sandbox.company("qbo"), other)}') == 1
    assert "Same tax number" in page


def test_a_field_that_is_edited_in_its_place_names_the_other_customer(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    address = url(sandbox.company("qbo"), "39", "customerName")
    typed = {"f.customerName": "Smith Jones Co"}
    answer = save_field(editor_client, address, opened(editor_client, address), **typed)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "already: Smith-Jones &amp; Co. (Hull · Books@smith.example · Archived)" in page
    assert "may merge the two, and a merge cannot be undone. Nothing was sent." in page


def test_an_email_that_is_edited_in_its_place_names_the_other_customer(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    address = url(sandbox.company("qbo"), "39", "emailAddress")
    typed = {"f.emailAddress": "books@smith.example"}
    answer = save_field(editor_client, address, opened(editor_client, address), **typed)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "may have this email already: Smith-Jones &amp; Co." in page
    assert "may merge" not in page


def test_values_that_others_have_in_part_are_not_asked_about(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    typed = {"f.emailAddress": "ooks@smith.example", "f.taxNumber": "GB98078068"}
    assert save(editor_client, new(sandbox), "Smith Jones", **typed).status_code == 303


@pytest.mark.parametrize("why", ["off", "another connection", "deleted"])
def test_without_the_index_codat_alone_is_asked(
    sandbox: Sandbox, editor_client: RawPathClient, settings: Settings, why: str
) -> None:
    if why == "off":
        settings.INDEX_CUSTOMERS = False
    elif why == "deleted":
        fill(sandbox, KNOWN | {"metadata": {"isDeleted": True}})
    else:
        fill(sandbox, connection_id="another")
    assert save(editor_client, new(sandbox), "Smith Jones & Co").status_code == 303
