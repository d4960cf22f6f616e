"""The page on which a batch is made: what was selected, what changes, and one batch of it."""

from __future__ import annotations

import json
import re
import uuid

import pytest
from django.contrib.auth.models import User

from customers.batches import creating, selection
from customers.batches.instructions import Action, Instruction
from customers.models import Batch, BatchRow, Write
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.batches import check, customers_of, request_of, row_states
from tests.support.index import indexed
from tests.support.journal import COMPANY, changed_in_codat
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
from tests.support.people import person

pytestmark = pytest.mark.django_db(transaction=True)


# -- what was selected ------------------------------------------------------------------------------


def test_ticked_customers_make_a_batch(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    path, ids = url(sandbox), customers_of(sandbox, 3)
    editor_client.get(links.customers(sandbox.company(COMPANY)))
    page = opened(editor_client, path, *ids)
    names = [sandbox.state(COMPANY).copy[one]["customerName"] for one in ids]
    assert "<h1>Edit 3 customers</h1>" in text_of(page)
    assert all(f"<bdi>{name}</bdi>" in text_of(page) for name in names)

    batch = batch_of(save(editor_client, path, page, note=" Year-end "))
    assert (batch.total, batch.kind, batch.state) == (3, "edit", Batch.State.PREPARING)
    assert (batch.note, batch.question, batch.user) == ("Year-end", "", editor)
    assert batch.connection_id == sandbox.connection(COMPANY)
    assert batch.title == "Set Country (Addresses) to GB"
    assert batch.instructions == [Instruction(Action.SET, "addresses.country", "GB").to_json()]
    rows = BatchRow.objects.filter(batch=batch)
    assert [(row.customer_id, row.customer_name) for row in rows] == [*zip(ids, names, strict=True)]
    assert not Write.objects.exists()


def test_a_customer_whose_name_is_not_known_is_named_by_its_id(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    page = opened(editor_client, url(sandbox), customers_of(sandbox, 1)[0], "unseen")
    assert "<bdi>Customer unseen</bdi>" in text_of(page)


def test_a_customer_that_a_search_found_is_named_by_the_index(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    one = customers_of(sandbox, 1)[0]
    indexed(sandbox.company(COMPANY), {"id": one, "customerName": "Found Ltd"})
    page = opened(editor_client, url(sandbox), one)
    assert "<bdi>Found Ltd</bdi>" in text_of(page)


@pytest.mark.parametrize("deleted", ["hide", "show"])
def test_all_that_a_list_has_are_read_by_id_when_the_batch_is_made(
    sandbox: Sandbox, editor_client: RawPathClient, deleted: str
) -> None:
    copy = sandbox.state(COMPANY).copy
    gone = next(one for one, record in copy.items() if record.get("status") == "Active")
    changed_in_codat(sandbox, gone, metadata={"isDeleted": True})
    listed = f"?status=Active&deleted={deleted}&order_by=-phone&page=3"
    path = url(sandbox, listed=listed, is_all=True)
    page = opened(editor_client, path)
    expected = sorted(
        one
        for one, record in sandbox.state(COMPANY).copy.items()
        if record.get("status") == "Active"
        and (deleted == "show" or not (record.get("metadata") or {}).get("isDeleted"))
    )
    assert f"<h1>Edit {len(expected)} customers</h1>" in text_of(page)
    assert "Status: Active" in text_of(page)

    sandbox.clear_calls()
    batch = batch_of(save(editor_client, path, page))
    assert sorted(ids_of(batch)) == expected
    assert batch.question == "?status=Active" + ("&deleted=show" if deleted == "show" else "") + (
        "&order_by=-phone"
    )
    assert len([call for call in sandbox.calls if call.path.endswith("/customers")]) == 1


def test_all_are_read_over_several_pages(
    sandbox: Sandbox, editor_client: RawPathClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "_PAGE_SIZE", 10)
    path = url(sandbox, is_all=True)
    batch = batch_of(save(editor_client, path, opened(editor_client, path)))
    ids = ids_of(batch)
    assert len(ids) == len(set(ids)) == batch.total > 30
    assert batch.question == "?"


def test_another_number_than_the_page_said_is_asked_about(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    path = url(sandbox, listed="?status=Active", is_all=True)
    page = opened(editor_client, path)
    before = int(posted(page)["count"])
    copy = sandbox.state(COMPANY).copy
    alive = customers_of(sandbox, 30)
    changed = next(one for one in alive if copy[one]["status"] != "Active")
    changed_in_codat(sandbox, changed, status="Active")
    sandbox.state(COMPANY).clear_selections()

    answer = save(editor_client, path, page)
    assert answer.status_code == 409
    assert f"{before + 1} customers match now." in text_of(answer)
    assert f"Check {before + 1} customers" in text_of(answer)
    assert not Batch.objects.exists()
    assert batch_of(save(editor_client, path, answer)).total == before + 1


def test_more_than_a_batch_may_have(
    sandbox: Sandbox, editor_client: RawPathClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = json.dumps([f"id-{n}" for n in range(creating.MAX_ROWS + 1)])
    answer = editor_client.post(url(sandbox), {"ids": many})
    assert answer.status_code == 422
    assert "A batch has at most 10,000 customers" in text_of(answer)

    monkeypatch.setattr(selection, "MAX_ROWS", 5)
    path = url(sandbox, is_all=True)
    assert editor_client.get(path).status_code == 422
    typed = {"submission": str(uuid.uuid4()), "entries": "1", "count": "6"} | COUNTRY
    assert editor_client.post(path, typed).status_code == 422
    assert not Batch.objects.exists()


def test_ten_thousand_ticked_customers_are_one_batch(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    many = json.dumps([f"id-{n}" for n in range(creating.MAX_ROWS)])
    page = editor_client.post(url(sandbox), {"ids": many})
    assert "and 9,997 more" in text_of(page)
    batch = batch_of(save(editor_client, url(sandbox), page))
    assert batch.total == BatchRow.objects.filter(batch=batch).count() == creating.MAX_ROWS


def test_ids_are_kept_as_they_are(sandbox: Sandbox, editor_client: RawPathClient) -> None:
    path = url(sandbox, "odd")
    ids = ["a/b", "a%2Fb", "a\\b", "edit/", "Ключ é", "<b>", "new"]
    page = editor_client.post(path, {"id": [*ids, "", ".", "..", "a\0b"]})
    assert "<h1>Edit 7 customers</h1>" in text_of(page)
    assert "<bdi>Customer &lt;b&gt;</bdi>" in text_of(page)
    batch = batch_of(save(editor_client, path, page, **{"f.1.key": "phone"}))
    assert ids_of(batch) == ids
    # What no address and no database can hold is no customer.
    answer = editor_client.post(path, {"ids": '["\\ud800", 7, null, "ok", "ok"]'})
    assert "<h1>Edit 1 customer</h1>" in text_of(answer)


def test_ids_of_another_company_are_not_found(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    foreign = next(iter(sandbox.state("odd").copy))
    path = url(sandbox)
    batch = batch_of(save(editor_client, path, opened(editor_client, path, foreign)))
    assert batch.company_id == sandbox.company(COMPANY)
    assert row_states(check(batch)) == ["missing"]


@pytest.mark.parametrize("ids", ["{}", "[", "7", "[" * 5000, ""])
def test_nothing_selected(sandbox: Sandbox, editor_client: RawPathClient, ids: str) -> None:
    answer = editor_client.post(url(sandbox), {"ids": ids})
    assert answer.status_code == 422
    assert "No customers are selected." in text_of(answer)


def test_a_changed_address_of_the_list(sandbox: Sandbox, editor_client: RawPathClient) -> None:
    page = opened(editor_client, url(sandbox, listed="?status=Sleeping&q=a%26b", is_all=True))
    assert "is not a valid status. Showing every status." in text_of(page)
    assert "so it was ignored" in text_of(page)
    long = "?" + "&".join(f"a{n}=1" for n in range(30))
    answer = editor_client.get(url(sandbox, listed=long, is_all=True))
    assert answer.status_code == 422
    assert "cannot be read" in text_of(answer)


# -- the form ---------------------------------------------------------------------------------------


def test_buttons_change_the_form_and_keep_what_is_typed(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    path = url(sandbox)
    page = opened(editor_client, path, *customers_of(sandbox, 2))
    assert "f.1.text" not in posted(page)
    page = editor_client.post(path, posted(page, **{"f.1.key": "status", "action": "fields"}))
    assert page.status_code == 200
    assert 'name="f.1.text"' in text_of(page)
    assert '<option value="Archived"' in text_of(page)

    typed = {"f.1.text": "Archived", "note": "Why", "action": "add"}
    page = editor_client.post(path, posted(page, **typed))
    typed = {"f.2.key": "addresses.country", "f.2.text": "GB", "action": "fields"}
    page = editor_client.post(path, posted(page, **typed))
    typed = {"f.2.where_key": "addresses.type", "action": "fields"}
    page = editor_client.post(path, posted(page, **typed))
    page = editor_client.post(path, posted(page, action="add"))
    page = editor_client.post(path, posted(page, **{"f.3.key": "addresses", "action": "fields"}))
    assert 'name="f.3.v.addresses.city"' in text_of(page)
    kept = posted(page)
    assert kept["entries"] == "1,2,3"
    assert (kept["f.1.text"], kept["f.2.text"], kept["note"]) == ("Archived", "GB", "Why")
    page = editor_client.post(path, posted(page, action="remove:1"))
    assert posted(page)["entries"] == "2,3"
    assert "f.1.text" not in posted(page)

    billing = dict(re.findall(r'<option value="(\w+)">([^<]*)</option>', text_of(page)))
    typed = {"f.2.where_text": "Billing", "f.3.v.addresses.city": "Leeds", "action": "save"}
    assert "Billing" in billing
    batch = batch_of(editor_client.post(path, posted(page, **typed)))
    where = {"addresses.type": "Billing"}
    assert batch.instructions == [
        Instruction(Action.SET, "addresses.country", "GB", where=where).to_json(),
        Instruction(Action.ADD, "addresses", values={"addresses.city": "Leeds"}).to_json(),
    ]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"f.1.key": ""}, "Choose what to change."),
        ({"f.1.key": "metadata"}, "Choose a field of this form."),
        ({"f.1.text": " "}, "Enter the new value, or choose Clear."),
        ({"f.1.key": "status", "f.1.text": "Sleeping"}, "Select an option from the list."),
        ({"f.1.action": "replace"}, "Enter the value to replace."),
        ({"f.1.text": "a" * 5001}, "Enter at most 5,000 characters."),
        ({"f.1.where_key": "addresses.type"}, "Enter the value that these rows have."),
        ({"f.1.key": "customerName", "f.1.action": "clear"}, "so it cannot be cleared."),
        ({"f.1.key": "addresses"}, "Fill in at least one field of the new row."),
        ({"note": "n" * 1001}, "Enter at most 1,000 characters."),
    ],
)
def test_errors_stand_at_their_fields_and_everything_typed_is_kept(
    sandbox: Sandbox, editor_client: RawPathClient, typed: dict[str, str], sentence: str
) -> None:
    path = url(sandbox)
    page = opened(editor_client, path, *customers_of(sandbox, 2))
    answer = save(editor_client, path, page, **({"note": "Because"} | typed))
    assert answer.status_code == 422
    html = text_of(answer)
    assert sentence in html
    assert 'aria-invalid="true"' in html
    for anchor in re.findall(r'data-anchor="([^"]+)"', html):
        assert f'id="{anchor}"' in html, anchor
    kept = posted(answer)
    assert kept["note"] == typed.get("note", "Because")
    assert json.loads(kept["ids"]) == customers_of(sandbox, 2)
    assert not Batch.objects.exists()


def test_unknown_inputs_and_many_entries_are_harmless(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    path = url(sandbox)
    page = opened(editor_client, path, *customers_of(sandbox, 1))
    order = ",".join(str(n) for n in range(1, 300)) + ",x,-1,99999"
    answer = save(editor_client, path, page, entries=order, **{"f.7.metadata.isDeleted": "true"})
    assert len(batch_of(answer).instructions) == 1


def test_htmx_gets_the_form_and_an_address(sandbox: Sandbox, editor_client: RawPathClient) -> None:
    path = url(sandbox)
    page = opened(editor_client, path, *customers_of(sandbox, 1))
    htmx = {"HX-Request": "true"}
    answer = editor_client.post(path, posted(page, action="add"), headers=htmx)
    assert text_of(answer).lstrip().startswith('<form id="form"')
    typed = posted(page) | COUNTRY | {"action": "save"}
    answer = editor_client.post(path, typed, headers=htmx)
    batch = Batch.objects.get()
    assert answer["HX-Redirect"] == links.batch(batch.company_id, batch.pk)


# -- one batch --------------------------------------------------------------------------------------


def test_the_same_page_posted_twice_is_one_batch(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    path = url(sandbox)
    page = opened(editor_client, path, *customers_of(sandbox, 2))
    first, second = (batch_of(save(editor_client, path, page)) for _ in range(2))
    assert first == second == Batch.objects.get()


def test_the_same_page_with_other_values_asks_and_makes_another(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    path = url(sandbox)
    page = opened(editor_client, path, *customers_of(sandbox, 2))
    first = batch_of(save(editor_client, path, page))
    answer = save(editor_client, path, page, **{"f.1.text": "FR"})
    assert answer.status_code == 409
    assert "already created from this page" in text_of(answer)
    assert posted(answer)["f.1.text"] == "FR"
    second = batch_of(editor_client.post(path, posted(answer, action="save")))
    assert second != first
    assert second.instructions[0]["text"] == "FR"


def test_a_batch_of_another_company_is_not_taken_for_ones_own(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    other, _ = creating.create(request_of(sandbox, ["x"], company="xero"), editor)
    path = url(sandbox)
    page = opened(editor_client, path, *customers_of(sandbox, 1))
    answer = save(editor_client, path, page, submission=str(other.pk))
    assert answer.status_code == 409
    assert Batch.objects.count() == 1


def test_the_second_of_two_people_is_told(sandbox: Sandbox, editor_client: RawPathClient) -> None:
    path, other = url(sandbox), RawPathClient()
    other.force_login(person("colleague"))
    ids = customers_of(sandbox, 2)
    mine, theirs = opened(editor_client, path, *ids), opened(other, path, *ids)
    batch = batch_of(save(editor_client, path, mine))
    answer = save(other, path, theirs)
    assert answer.status_code == 409
    assert "editor asked for the same changes" in text_of(answer)
    assert f'href="{links.batch(batch.company_id, batch.pk)}"' in text_of(answer)
    assert Batch.objects.count() == 1
