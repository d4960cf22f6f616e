"""The life of a write, through the form and against the sandbox."""

import re
import uuid
from typing import Any, Literal
from urllib.parse import parse_qsl

import pytest
import simplejson
from django.contrib.auth.models import User

from customers.models import Draft, Write
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.pages.controls import Controls, fields

pytestmark = pytest.mark.django_db


def first_customer(sandbox: Sandbox, company: str) -> str:
    """The ID of the first customer of a company."""
    return next(iter(sandbox.state(company).copy))


def posts(sandbox: Sandbox) -> list[Any]:
    """The calls of writes that reached the sandbox."""
    return [
        call for call in sandbox.calls if "/push/customers" in call.path and call.method != "GET"
    ]


def test_an_edit_is_journaled_sent_once_and_tracked(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    company = sandbox.company("qbo")
    customer = first_customer(sandbox, "qbo")
    url = links.edit(company, customer)
    typed = fields(editor_client.get(url)) | {"f.phone": "+44 20 7946 0000", "action": "save"}

    answer = editor_client.post(url, typed)

    write = Write.objects.get()
    assert answer.status_code == 303
    assert answer["Location"] == links.write(company, write.pk)
    assert write.state == Write.State.PENDING
    assert write.username == "editor"
    assert simplejson.loads(write.payload)["phone"] == "+44 20 7946 0000"
    assert simplejson.loads(write.before)["id"] == customer
    assert len(posts(sandbox)) == 1

    sandbox.settle()
    page = editor_client.get(answer["Location"] + "?check=1")
    write.refresh_from_db()
    assert write.state == Write.State.SUCCESS
    assert "Accepted" in page.content.decode()


def test_the_same_post_twice_is_sent_once(sandbox: Sandbox, editor_client: RawPathClient) -> None:
    company = sandbox.company("qbo")
    url = links.new(company)
    typed = fields(editor_client.get(url)) | {"f.customerName": "Twice Ltd", "action": "save"}
    typed["f.status"] = "Active"

    one, two = editor_client.post(url, typed), editor_client.post(url, typed)
    for _ in range(4):
        sandbox.settle()
        editor_client.get(one["Location"] + "?check=1")
    three = editor_client.post(url, typed)  # now that the customer has an id

    assert two["Location"] == three["Location"] == one["Location"] + "?again"
    assert "You already saved this form" in editor_client.get(two["Location"]).content.decode()
    assert "You already saved this form" not in editor_client.get(one["Location"]).content.decode()
    assert Write.objects.get().customer_id
    assert len(posts(sandbox)) == 1


def test_going_back_after_saving_and_typing_on_loses_nothing(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    company = sandbox.company("qbo")
    url = links.new(company)
    typed = fields(editor_client.get(url)) | {"f.customerName": "One Ltd", "f.status": "Active"}
    editor_client.post(url, typed)
    more = typed | {"f.customerName": "Two Ltd"}

    answer = editor_client.post(url, more)
    assert answer.status_code == 409
    assert fields(answer)["f.customerName"] == "Two Ltd"
    assert len(posts(sandbox)) == 1

    assert editor_client.post(url, fields(answer)).status_code == 303
    assert sorted(Write.objects.values_list("customer_name", flat=True)) == ["One Ltd", "Two Ltd"]
    assert len(posts(sandbox)) == 2


def test_a_create_sends_the_journals_idempotency_key(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    url = links.new(sandbox.company("qbo"))
    typed = fields(editor_client.get(url)) | {"f.customerName": "Key Ltd", "f.status": "Active"}

    editor_client.post(url, typed)

    (call,) = posts(sandbox)
    assert call.headers["idempotency-key"] == str(Write.objects.get().idempotency_key)


def test_an_invalid_form_answers_422_with_everything_typed(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    url = links.new(sandbox.company("qbo"))
    typed = fields(editor_client.get(url)) | {"f.customerName": "", "f.phone": "typed <b>"}

    answer = editor_client.post(url, typed)

    assert answer.status_code == 422
    assert fields(answer)["f.phone"] == "typed <b>"
    assert not Write.objects.exists()
    assert not posts(sandbox)


def test_a_refusal_reopens_the_form_with_errors_at_their_fields(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    url = links.new(sandbox.company("qbo"))
    typed = fields(editor_client.get(url)) | {"f.customerName": "X", "f.status": "Active"}
    body = {
        "statusCode": 400,
        "error": "Validation failed.",
        "correlationId": "corr-1",
        "validation": {"errors": [{"itemId": "PHONE", "message": "No such number."}]},
    }
    sandbox.faults.add(
        match="POST", kind="status", status=400, body=simplejson.dumps(body), count=1
    )

    answer = editor_client.post(url, typed)
    write = Write.objects.get()
    assert write.state == Write.State.FAILED
    assert answer["Location"] == f"{url}?write={write.pk}"

    page = editor_client.get(answer["Location"])
    html = page.content.decode()
    assert "No such number." in html
    assert re.search(r'id="f-phone"[^>]*aria-invalid="true"', html)
    again = fields(page)
    assert again["f.customerName"] == "X"
    assert again["submission"] != typed["submission"]

    editor_client.post(url, again)
    retry = Write.objects.exclude(pk=write.pk).get()
    assert retry.retry_of == write
    assert retry.idempotency_key != write.idempotency_key


@pytest.mark.parametrize("kind", ["reset", "cut"])
def test_a_lost_answer_is_unknown_and_a_create_is_sent_again_with_its_key(
    sandbox: Sandbox, editor_client: RawPathClient, kind: Literal["reset", "cut"]
) -> None:
    url = links.new(sandbox.company("qbo"))
    typed = fields(editor_client.get(url)) | {"f.customerName": "Lost Ltd", "f.status": "Active"}
    sandbox.faults.add(match="POST", kind=kind, count=1)

    answer = editor_client.post(url, typed)
    assert Write.objects.get().state == Write.State.UNKNOWN

    page = editor_client.get(answer["Location"] + "?check=1").content.decode()
    assert Write.objects.get().attempts == len(posts(sandbox)) == 1
    assert "Send again now" in page
    editor_client.post(answer["Location"], {"action": "send"})
    write = Write.objects.get()
    assert write.state == Write.State.PENDING
    assert write.attempts == 2
    keys = {call.headers["idempotency-key"] for call in posts(sandbox)}
    assert keys == {str(write.idempotency_key)}


def test_a_replayed_error_is_left_to_a_person_with_the_evidence(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    url = links.new(sandbox.company("qbo"))
    typed = fields(editor_client.get(url)) | {"f.customerName": "Lost Ltd", "f.status": "Active"}
    sandbox.faults.add(match="POST", kind="html", count=3, handled=True)

    page = editor_client.post(url, typed)["Location"]
    for _ in range(5):
        editor_client.post(page, {"action": "send"})
    html = editor_client.get(page + "?check=1").content.decode()

    write = Write.objects.get()
    assert write.state == Write.State.UNKNOWN
    assert len(posts(sandbox)) == 3
    assert "This is my change" in html
    key = sandbox.state("qbo").pushes[-1]["pushOperationKey"]
    editor_client.post(page, {"decision": "linked", "key": key})
    write.refresh_from_db()
    assert write.state == Write.State.PENDING
    assert write.push_operation_key == key


def test_codat_down_while_saving_keeps_what_was_typed(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    company, customer = sandbox.company("qbo"), first_customer(sandbox, "qbo")
    url = links.edit(company, customer)
    typed = fields(editor_client.get(url)) | {"f.phone": "kept 123", "action": "save"}
    sandbox.faults.add(match="GET", kind="status", status=503, count=9)

    answer = editor_client.post(url, typed)

    assert answer.status_code == 503
    html = answer.content.decode()
    assert "Nothing was sent" in html
    assert 'value="kept 123"' in html
    assert not Write.objects.exists()
    assert not posts(sandbox)


def test_a_conflict_is_shown_and_nothing_is_sent_before_a_choice(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    company, customer = sandbox.company("qbo"), first_customer(sandbox, "qbo")
    url = links.edit(company, customer)
    typed = fields(editor_client.get(url)) | {"f.phone": "mine", "action": "save"}
    copy = sandbox.state("qbo").copy
    copy[customer] = copy[customer] | {"phone": "theirs"}

    answer = editor_client.post(url, typed)

    html = answer.content.decode()
    assert answer.status_code == 409
    assert "theirs" in html
    assert "mine" in html
    assert not posts(sandbox)

    chosen = fields(answer) | {"m.phone": "mine", "action": "save"}
    assert editor_client.post(url, chosen).status_code == 303
    assert simplejson.loads(Write.objects.get().payload)["phone"] == "mine"


def test_a_draft_is_stored_offered_and_continued(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    company, customer = sandbox.company("qbo"), first_customer(sandbox, "qbo")
    url = links.edit(company, customer)
    typed = fields(editor_client.get(url)) | {"f.phone": "half typ"}

    assert editor_client.post(links.draft(company, customer), typed).status_code == 204

    assert "csrfmiddlewaretoken" not in dict(parse_qsl(Draft.objects.get().body))
    offer = editor_client.get(url).content.decode()
    assert "Your drafts of this form" in offer
    page = editor_client.get(f"{url}?draft={typed['submission']}")
    assert fields(page)["f.phone"] == "half typ"
    assert fields(page)["submission"] == typed["submission"]

    editor_client.post(url, fields(page) | {"action": "save"})
    assert not Draft.objects.exists()
    assert Write.objects.count() == 1


def test_another_persons_draft_is_not_offered(
    sandbox: Sandbox, editor_client: RawPathClient, viewer_client: RawPathClient
) -> None:
    company, customer = sandbox.company("qbo"), first_customer(sandbox, "qbo")
    assert viewer_client.get(links.edit(company, customer)).status_code == 403
    assert viewer_client.post(links.draft(company, customer), {}).status_code == 403
    assert (
        editor_client.get(links.edit(company, customer) + f"?draft={uuid.uuid4()}").status_code
        == 404
    )


def test_a_tampered_base_is_never_sent(sandbox: Sandbox, editor_client: RawPathClient) -> None:
    company, customer = sandbox.company("qbo"), first_customer(sandbox, "qbo")
    url = links.edit(company, customer)
    typed = fields(editor_client.get(url)) | {"base": "forged", "f.phone": "typed"}

    answer = editor_client.post(url, typed)

    assert answer.status_code == 422
    assert fields(answer)["f.phone"] == "typed"
    assert not Write.objects.exists()


def test_signed_out_while_typing_loses_nothing(
    sandbox: Sandbox, editor_client: RawPathClient, editor: User
) -> None:
    url = links.new(sandbox.company("qbo"))
    posted = fields(editor_client.get(url)) | {"f.customerName": "Kept Ltd", "f.status": "Active"}
    editor_client.logout()

    page = editor_client.post(url, posted)

    assert page.status_code == 401
    assert 'name="f.customerName" value="Kept Ltd"' in page.content.decode()
    assert not Write.objects.exists()
    editor_client.force_login(editor)
    again = Controls(page.content.decode(), form_id="resubmit").fields
    assert editor_client.post(url, again).status_code == 303
    assert Write.objects.get().customer_name == "Kept Ltd"


@pytest.mark.parametrize(("origin", "kept"), [("http://testserver", True), ("http://evil", False)])
def test_an_old_token_after_signing_in_again_loses_nothing(
    sandbox: Sandbox, editor: User, origin: str, kept: bool
) -> None:
    browser = RawPathClient(enforce_csrf_checks=True)
    browser.force_login(editor)
    url = links.new(sandbox.company("qbo"))
    posted = fields(browser.get(url)) | {"f.customerName": "Kept Ltd", "f.status": "Active"}
    browser.cookies["csrftoken"] = "x" * 32  # as after signing in again in another tab

    page = browser.post(url, posted, HTTP_ORIGIN=origin)

    assert page.status_code == 403
    assert ("Kept Ltd" in page.content.decode()) == kept
    assert not Write.objects.exists()
