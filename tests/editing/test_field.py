"""One field edited in its place: the answer to each outcome of the save."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.db.models import QuerySet

from customers.models import Draft, Write
from customers.service import default_service
from customers.web import links
from customers.writes.showing.effects import own_changes
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.journal import changed_in_codat, journal_row
from tests.support.pages.controls import Controls

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
POSTAL_CODE = "addresses.b0.postalCode"


def url(company: str, customer_id: str, path: str = POSTAL_CODE) -> str:
    return f"{links.field(company, customer_id)}?path={quote(path)}"


def opened(client: RawPathClient, address: str) -> dict[str, str]:
    """What the field's form would post."""
    answer = client.get(address, headers=HTMX)
    assert answer.status_code == 200
    return form_of(answer)


def form_of(answer: Any) -> dict[str, str]:
    """The controls of the fragment's form."""
    html = answer.content.decode()
    return Controls(html.replace('class="field-edit"', 'id="form"', 1)).fields


def save(client: RawPathClient, address: str, fields: dict[str, str], **typed: str) -> Any:
    return client.post(address, fields | typed, headers=HTMX)


def writes() -> QuerySet[Write]:
    return Write.objects.order_by("created_at")


def test_the_input_is_that_of_the_form(
    company: str, customer_id: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    address = url(company, customer_id)
    default_service().get_company(company_id=company)
    html = editor_client.get(address, headers=HTMX).content.decode()
    form = editor_client.get(links.edit(company, customer_id)).content.decode()
    field = html[html.index('<div class="field') : html.index("</div>")]
    assert field.replace(" autofocus", "") in form
    assert "autofocus" in field
    fields = opened(editor_client, address)
    assert set(fields) == {"csrfmiddlewaretoken", "base", "submission", f"f.{POSTAL_CODE}"}
    assert "<html" not in html


def test_a_saved_field_shows_old_and_new_its_state_and_undo(
    company: str, customer_id: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    address = url(company, customer_id)
    fields = opened(editor_client, address)
    old = fields[f"f.{POSTAL_CODE}"]
    answer = save(editor_client, address, fields, **{f"f.{POSTAL_CODE}": "ZZ99 4AB"})
    assert answer.status_code == 200
    assert answer["HX-Retarget"] == "closest .cell"
    assert "customer-changed" in answer["HX-Trigger"]
    html = answer.content.decode()
    write = writes().get()
    assert write.sent_values["addresses"][0]["postalCode"] == "ZZ99 4AB"
    assert [change.path for change in own_changes(write)] == ["addresses.0.postalCode"]
    assert f'id="field-{POSTAL_CODE}"' in html
    assert '<s class="old"' in html
    assert 'data-seconds="10"' in html or 'data-seconds="9"' in html
    assert links.undo(company, write.pk) in html
    assert "Sent" in html
    assert old != "ZZ99 4AB"


def test_other_inputs_of_a_post_are_ignored(
    company: str, customer_id: str, editor_client: RawPathClient
) -> None:
    address = url(company, customer_id, "phone")
    fields = opened(editor_client, address)
    typed = {
        "f.phone": "+44 1",
        "f.customerName": "Taken over",
        "r.addresses": "",
        "x.contacts": "b0",
    }
    assert save(editor_client, address, fields, **typed).status_code == 200
    sent = writes().get().sent_values
    assert sent["phone"] == "+44 1"
    assert sent["customerName"] != "Taken over"
    assert len(sent["addresses"]) == 2
    assert len(sent["contacts"]) == 1


def test_an_unchanged_field_sends_nothing(
    company: str, customer_id: str, editor_client: RawPathClient
) -> None:
    address = url(company, customer_id)
    answer = save(editor_client, address, opened(editor_client, address))
    assert answer.status_code == 200
    assert "Nothing has changed, so nothing was sent." in answer.content.decode()
    assert not Write.objects.exists()


def test_an_invalid_value_stays_in_the_input_with_its_error(
    company: str, customer_id: str, editor_client: RawPathClient
) -> None:
    address = url(company, customer_id, "customerName")
    answer = save(editor_client, address, opened(editor_client, address), **{"f.customerName": ""})
    assert answer.status_code == 422
    assert "HX-Retarget" not in answer
    html = answer.content.decode()
    assert 'aria-invalid="true"' in html
    assert 'id="e-customerName"' in html
    assert not Write.objects.exists()


def test_a_conflict_leads_to_the_form_with_what_was_typed(
    company: str, customer_id: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    address = url(company, customer_id, "phone")
    fields = opened(editor_client, address)
    changed_in_codat(sandbox, customer_id, phone="+44 theirs")
    answer = save(editor_client, address, fields, **{"f.phone": "+44 mine"})
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "This field was changed meanwhile to “+44 theirs”. Nothing was sent." in html
    assert "hx-post" not in html
    posted = form_of(answer)
    assert posted["f.phone"] == "+44 mine"
    form = editor_client.post(links.edit(company, customer_id), posted)
    assert form.status_code == 409
    assert 'id="form-conflicts"' in form.content.decode()
    assert "+44 mine" in form.content.decode()
    assert not Write.objects.exists()


def test_a_conflict_with_ones_own_change_names_nobody_else(
    company: str, customer_id: str, editor_client: RawPathClient
) -> None:
    """Two tabs of one person: the second said that somebody else had changed the field."""
    address = url(company, customer_id, "phone")
    one, two = opened(editor_client, address), opened(editor_client, address)
    assert save(editor_client, address, one, **{"f.phone": "+44 1"}).status_code == 200
    answer = save(editor_client, address, two, **{"f.phone": "+44 2"})
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "This field was changed meanwhile to “+44 1”. Nothing was sent." in html
    assert "Somebody else" not in html


def test_a_name_that_another_customer_has_leads_to_the_form(
    company: str, customer_id: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    records = sandbox.state("qbo").copy
    other = next(r["customerName"] for key, r in records.items() if key != customer_id)
    address = url(company, customer_id, "customerName")
    fields = opened(editor_client, address)
    answer = save(editor_client, address, fields, **{"f.customerName": other})
    assert answer.status_code == 409
    assert "Another customer may have this name already" in answer.content.decode()
    form = editor_client.post(links.edit(company, customer_id), form_of(answer))
    assert form.status_code == 409
    assert "Save anyway" in form.content.decode()


def test_a_second_save_of_the_same_field_sends_nothing(
    company: str, customer_id: str, editor_client: RawPathClient
) -> None:
    address = url(company, customer_id, "phone")
    fields = opened(editor_client, address)
    save(editor_client, address, fields, **{"f.phone": "+44 1"})
    again = save(editor_client, address, fields, **{"f.phone": "+44 1"})
    assert again.status_code == 200
    assert "already saved" in again.content.decode()
    other = save(editor_client, address, fields, **{"f.phone": "+44 2"})
    assert other.status_code == 409
    assert "Save again" in other.content.decode()
    assert writes().count() == 1
    assert save(editor_client, address, form_of(other)).status_code == 200
    assert writes().count() == 2


def test_a_save_beside_another_one_asks_to_wait(
    company: str, customer_id: str, editor: User, editor_client: RawPathClient
) -> None:
    address = url(company, customer_id, "phone")
    fields = opened(editor_client, address)
    journal_row(
        company, editor, customer_id=customer_id, state="sending", payload="{}", before="{}"
    )
    answer = save(editor_client, address, fields, **{"f.phone": "+44 1"})
    assert answer.status_code == 409
    assert "is saving this customer at this moment" in answer.content.decode()
    assert form_of(answer)["f.phone"] == "+44 1"


def test_a_customer_that_is_gone_keeps_what_was_typed(
    company: str, customer_id: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    address = url(company, customer_id, "phone")
    fields = opened(editor_client, address)
    del sandbox.state("qbo").copy[customer_id]
    answer = save(editor_client, address, fields, **{"f.phone": "+44 1"})
    assert answer.status_code == 409
    assert "no longer in Codat" in answer.content.decode()
    form = editor_client.post(links.edit(company, customer_id), form_of(answer))
    assert form.status_code == 409
    assert "+44 1" in form.content.decode()


@pytest.mark.usefixtures("no_waiting")
def test_codat_away_keeps_what_was_typed_and_says_that_nothing_was_sent(
    company: str, customer_id: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    address = url(company, customer_id, "phone")
    fields = opened(editor_client, address)
    sandbox.faults.add("/data/customers", "status", status=503, count=9)
    answer = save(editor_client, address, fields, **{"f.phone": "+44 1"})
    assert answer.status_code == 503
    assert "Nothing was sent." in answer.content.decode()
    again = form_of(answer)
    assert {name: again[name] for name in ("f.phone", "base", "submission")} == {
        "f.phone": "+44 1",
        "base": fields["base"],
        "submission": fields["submission"],
    }
    sandbox.faults.clear()
    assert save(editor_client, address, again).status_code == 200


def test_a_refusal_at_once_stands_at_the_field(
    company: str, customer_id: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    address = url(company, customer_id, "phone")
    fields = opened(editor_client, address)
    body = (
        '{"statusCode":400,"error":"Invalid","validation":{"errors":'
        '[{"itemId":"phone","message":"Too many digits"}]}}'
    )
    sandbox.faults.add("PUT", "json", status=400, body=body)
    answer = save(editor_client, address, fields, **{"f.phone": "+44 1"})
    write = writes().get()
    assert write.state == Write.State.FAILED
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "Too many digits" in html
    again = form_of(answer)
    assert again["retry_of"] == str(write.pk)
    assert again["submission"] != fields["submission"]
    assert save(editor_client, address, again, **{"f.phone": "+44 2"}).status_code == 200
    assert writes().last().retry_of == write  # type: ignore[union-attr]


def test_a_refused_field_that_is_posted_twice_stays_open_with_its_finding(
    company: str, customer_id: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    """The second post said that the change was already saved, and closed the input."""
    address = url(company, customer_id, "customerName")
    fields = opened(editor_client, address) | {"f.customerName": "Refuse me"}
    for _ in range(2):
        answer = save(editor_client, address, fields)
        assert answer.status_code == 422
        html = answer.content.decode()
        assert "does not accept this name" in html
        assert "already saved" not in html
        assert form_of(answer)["f.customerName"] == "Refuse me"
    assert writes().count() == 1


def test_software_that_takes_no_changes_offers_no_retry(
    editor: User, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    """It was answered with 502 and "Try again", as if Codat had failed."""
    company, customer_id = sandbox.company("read_only"), next(iter(sandbox.state("read_only").copy))
    address = url(company, customer_id, "phone")
    write = journal_row(company, editor, customer_id=customer_id, state="success")
    Write.objects.update(connection_id=sandbox.connection("read_only"), before='{"phone": "1"}')
    for answer in (
        editor_client.get(address, headers=HTMX),
        editor_client.post(address, {"f.phone": "42"}, headers=HTMX),
        editor_client.post(links.undo(company, write.pk), headers=HTMX),
    ):
        html = answer.content.decode()
        assert answer.status_code == 409
        assert "Not supported by the accounting software." in html
        assert '<button type="submit"' not in html


def test_a_field_on_a_connection_that_is_not_linked(
    editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    """Opening it said that nothing was sent."""
    customer_id = next(iter(sandbox.state("unlinked").copy))
    address = url(sandbox.company("unlinked"), customer_id, "phone")
    html = editor_client.get(address, headers=HTMX).content.decode()
    assert "is not linked, so this field cannot be edited." in html
    html = editor_client.post(address, {"f.phone": "42"}, headers=HTMX).content.decode()
    assert "is not linked, so nothing was sent." in html
    assert 'value="42"' in html


def test_a_field_that_the_model_lacks_leads_to_the_form(
    company: str, customer_id: str, editor_client: RawPathClient
) -> None:
    for path in ("nothing", "", "addresses", "id", "addresses.b99.line1", "x" * 3000):
        answer = editor_client.get(url(company, customer_id, path), headers=HTMX)
        assert answer.status_code == 200
        assert "This field cannot be edited here." in answer.content.decode()


def test_a_record_that_was_tampered_with_is_read_again(
    company: str, customer_id: str, editor_client: RawPathClient
) -> None:
    address = url(company, customer_id, "phone")
    fields = opened(editor_client, address)
    answer = save(editor_client, address, fields, **{"f.phone": "+44 1", "base": "forged"})
    assert answer.status_code == 422
    assert form_of(answer)["f.phone"] == "+44 1"
    assert "This form is out of date" in answer.content.decode()


def test_a_plain_request_goes_to_the_form(
    company: str, customer_id: str, editor_client: RawPathClient
) -> None:
    answer = editor_client.get(url(company, customer_id))
    assert answer.status_code == 303
    form = f"{links.edit(company, customer_id)}?field={POSTAL_CODE}#f-{POSTAL_CODE}"
    assert answer["Location"] == form
    page = editor_client.get(form.partition("#")[0]).content.decode()
    assert f'data-focus-id="f-{POSTAL_CODE}"' in page
    fields = opened(editor_client, url(company, customer_id, "phone"))
    posted = editor_client.post(url(company, customer_id, "phone"), fields | {"f.phone": "+44 1"})
    assert posted.status_code == 303
    assert posted["Location"] == links.write(company, writes().get().pk)


def test_a_viewer_may_not_edit(
    company: str, customer_id: str, viewer_client: RawPathClient
) -> None:
    assert viewer_client.get(url(company, customer_id), headers=HTMX).status_code == 403
    assert viewer_client.post(url(company, customer_id), headers=HTMX).status_code == 403
    page = viewer_client.get(links.customer(company, customer_id)).content.decode()
    assert "icon-button pencil" not in page


def test_a_draft_of_one_field_opens_as_the_whole_form(
    company: str, customer_id: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    fields = opened(editor_client, url(company, customer_id, "phone"))
    editor_client.post(links.draft(company, customer_id), fields | {"f.phone": "+44 draft"})
    draft = Draft.objects.get()
    assert draft.customer_name == sandbox.state("qbo").copy[customer_id]["customerName"]
    page = editor_client.get(f"{links.edit(company, customer_id)}?draft={draft.submission}")
    assert "+44 draft" in page.content.decode()
