"""Drafts: stored while a person types, offered, continued, discarded."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
import simplejson
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.utils import timezone

from customers.models import Draft
from customers.service import default_service
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.journal import customer
from tests.support.pages.controls import fields

pytestmark = pytest.mark.django_db


def test_a_draft_lists_later_changes_of_the_record_and_of_the_model(
    company: str, customer_id: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    url = links.edit(company, customer_id)
    typed = fields(editor_client.get(url)) | {"f.phone": "half"}
    editor_client.post(links.draft(company, customer_id), typed)
    copy = sandbox.state("qbo").copy
    copy[customer_id] = copy[customer_id] | {"taxNumber": "CHANGED-1"}
    model = default_service().get_create_update_model(
        company_id=company, connection_id=sandbox.connection("qbo")
    )
    model["properties"]["favouriteColour"] = {"type": "String", "displayName": "Colour"}
    model["properties"]["phone"]["required"] = True
    sandbox.faults.add(
        match="/options/customers", kind="json", body=simplejson.dumps(model, use_decimal=True)
    )

    html = editor_client.get(f"{url}?draft={typed['submission']}&fresh").content.decode()

    assert "CHANGED-1" in html
    assert "Colour is a new field." in html
    assert "Phone is now required." in html
    assert 'value="half"' in html


def test_two_tabs_have_a_draft_each_which_can_be_discarded(
    company: str, customer_id: str, editor_client: RawPathClient
) -> None:
    url, draft = links.edit(company, customer_id), links.draft(company, customer_id)
    one = fields(editor_client.get(url)) | {"f.phone": "one"}
    two = fields(editor_client.get(url)) | {"f.phone": "two"}
    editor_client.post(draft, one)
    editor_client.post(draft, two)
    editor_client.post(draft, one | {"f.phone": "one more"})
    assert Draft.objects.count() == 2
    assert "one+more" in Draft.objects.get(submission=one["submission"]).body
    editor_client.post(draft, {"submission": one["submission"], "action": "discard"})
    assert [str(row.submission) for row in Draft.objects.all()] == [two["submission"]]


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_of_posts_in_any_order_the_highest_sequence_number_is_stored(
    company: str, customer_id: str, editor_client: RawPathClient, order: tuple[int, ...]
) -> None:
    typed = fields(editor_client.get(links.edit(company, customer_id)))
    highest = 0
    for number in order:
        post = typed | {"f.phone": f"typed {number}", "draft_sequence": f"{number}"}
        answer = editor_client.post(links.draft(company, customer_id), post)
        highest = max(highest, number)
        assert answer.status_code == (204 if number == highest else 409)
        assert answer.headers.get("Draft-Sequence", f"{highest}") == f"{highest}"
    body = Draft.objects.get().body
    assert "typed+3" in body
    assert "draft_sequence" not in body


@pytest.mark.parametrize("number", ["", "-1", "x", "1e3", "\u0663", "9" * 40, "1.5"])
def test_a_post_without_a_valid_number_counts_as_typed_now(
    company: str, customer_id: str, editor_client: RawPathClient, number: str
) -> None:
    typed = fields(editor_client.get(links.edit(company, customer_id)))
    url = links.draft(company, customer_id)
    editor_client.post(url, typed | {"f.phone": "old", "draft_sequence": "1000"})
    answer = editor_client.post(url, typed | {"f.phone": "new", "draft_sequence": number})
    assert answer.status_code == 204
    assert "f.phone=new" in Draft.objects.get().body


def test_a_draft_ends_with_the_save_of_its_form(
    company: str, customer_id: str, editor_client: RawPathClient
) -> None:
    url, draft = links.edit(company, customer_id), links.draft(company, customer_id)
    typed = fields(editor_client.get(url)) | {"f.phone": "+44 1"}
    assert editor_client.post(draft, typed).status_code == 204
    late = Draft.objects.get()
    assert editor_client.post(url, typed | {"action": "save"}).status_code == 303
    assert not Draft.objects.exists()

    assert editor_client.post(draft, typed | {"f.phone": "late"}).status_code == 410
    assert not Draft.objects.exists()

    # Its post was being stored while the form was saved.
    late.save()
    Draft.objects.update(updated_at=timezone.now() + timedelta(minutes=1))
    for page in (url, links.my_writes()):
        assert str(late.submission) not in editor_client.get(page).content.decode()


def test_a_draft_is_visible_to_its_user_only(
    sandbox: Sandbox, editor_client: RawPathClient, viewer: User
) -> None:
    company = sandbox.company("qbo")
    url, draft = links.edit(company, "39"), links.draft(company, "39")
    typed = fields(editor_client.get(url)) | {"f.phone": "half"}
    editor_client.post(draft, typed)

    viewer.groups.set(Group.objects.filter(name="Editors"))
    another = RawPathClient()
    another.force_login(viewer)
    assert "Your drafts of this form" not in another.get(url).content.decode()
    assert another.get(f"{url}?draft={typed['submission']}").status_code == 404
    another.post(draft, {"submission": typed["submission"], "action": "discard"})
    assert Draft.objects.count() == 1
    # Nor is it another customer's, or a new one's.
    for other in (links.edit(company, "38"), links.new(company)):
        assert "Your drafts of this form" not in editor_client.get(other).content.decode()
        assert editor_client.get(f"{other}?draft={typed['submission']}").status_code == 404
    assert "Your drafts of this form" in editor_client.get(url).content.decode()


@pytest.mark.parametrize("status", [429, 500])
def test_a_draft_is_stored_while_codat_answers_with_errors(
    sandbox: Sandbox, editor_client: RawPathClient, status: int
) -> None:
    company = sandbox.company("qbo")
    url, draft = links.new(company), links.draft(company, "")
    typed = fields(editor_client.get(url)) | {"f.customerName": "Half Ltd"}
    sandbox.faults.add("", "status", status=status, count=-1)
    assert editor_client.post(draft, typed).status_code == 204
    sandbox.faults.clear()
    assert "Half Ltd" in editor_client.get(url).content.decode()


def test_a_draft_of_a_missing_company_can_be_discarded(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    company = sandbox.company("qbo")
    path = links.edit(company, customer(sandbox))
    draft = fields(editor_client.get(path)) | {"f.phone": "typed"}
    assert editor_client.post(f"{path}draft/", draft).status_code == 204
    sandbox.faults.add("", "status", status=404, count=-1)
    cache.clear()

    page = editor_client.get(links.my_writes()).content.decode()
    assert f'action="{path}draft/"' in page
    gone = editor_client.post(
        f"{path}draft/", {"submission": draft["submission"], "action": "discard", "from": "writes"}
    )
    assert gone["Location"] == links.my_writes()
    assert not Draft.objects.exists()


def test_a_form_that_holds_nothing_new_makes_no_draft_and_ends_the_one_it_made(
    company: str, customer_id: str, editor_client: RawPathClient
) -> None:
    url, draft = links.edit(company, customer_id), links.draft(company, customer_id)
    opened = fields(editor_client.get(url))
    answer = editor_client.post(draft, opened | {"f.phone": opened["f.phone"] + " "})
    assert (answer.status_code, answer["Draft"]) == (204, "none")
    assert not Draft.objects.exists()
    editor_client.post(draft, opened | {"f.phone": "1", "draft_sequence": "5"})
    editor_client.post(draft, opened | {"draft_sequence": "4"})
    assert Draft.objects.exists()
    editor_client.post(draft, opened | {"draft_sequence": "6"})
    assert not Draft.objects.exists()
