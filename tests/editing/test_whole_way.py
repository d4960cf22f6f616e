"""The form from its opening to what reaches Codat, by plain posts alone."""

from __future__ import annotations

import html
import re
from decimal import Decimal
from typing import Any

import pytest
import simplejson
from django.contrib.auth.models import Group, User

from customers.forms import Form
from customers.models import Draft, Write
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.controls import fields
from tests.support.forms import array, node, obj

pytestmark = pytest.mark.django_db


def puts(sandbox: Sandbox) -> list[Any]:
    """The updates that reached Codat."""
    return [call for call in sandbox.calls if call.method == "PUT"]


def radios(page: str) -> dict[str, set[str]]:
    """Each conflict's choices: the values of its two radio buttons, those that are on with a star."""
    found: dict[str, set[str]] = {}
    for name, value, rest in re.findall(
        r'<input type="radio" name="([^"]+)" value="(\w+)"([^>]*)>', page
    ):
        found.setdefault(name, set()).add(value + ("*" if "checked" in rest else ""))
    return found


# -- conflicts --------------------------------------------------------------------------------------


def test_a_conflict_from_end_to_end_without_scripts(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    company, customer = sandbox.company("qbo"), "39"
    url = links.edit(company, customer)
    opened = editor_client.get(url)
    before = fields(opened)
    typed = before | {"f.phone": "mine phone", "f.emailAddress": "mine@my.example"}
    copy = sandbox.state("qbo").copy
    copy[customer] = copy[customer] | {"phone": "their phone", "taxNumber": "THEIRS-1"}

    asked = editor_client.post(url, typed | {"action": "save"})
    page = asked.content.decode()
    assert asked.status_code == 409
    for column in ("Before", "Theirs", "Mine"):
        assert f'<th scope="col">{column}</th>' in page
    # What both changed waits for a choice; what they alone changed is theirs unless somebody says otherwise.
    assert radios(page) == {
        "m.phone": {"theirs", "mine"},
        "m.taxNumber": {"theirs*", "mine"},
    }
    for value in (before["f.phone"], "their phone", "mine phone", "THEIRS-1"):
        assert html.escape(value) in page
    assert fields(asked)["f.emailAddress"] == "mine@my.example"
    assert "Not chosen yet" not in page

    # Without a choice for each nothing is sent, and the choice that was made is kept.
    half = editor_client.post(url, fields(asked) | {"m.taxNumber": "mine"})
    assert half.status_code == 409
    assert "Not chosen yet: Phone." in half.content.decode()
    assert radios(half.content.decode())["m.taxNumber"] == {"theirs", "mine*"}
    assert not puts(sandbox)

    # Somebody changes it again meanwhile: a choice about what was seen before does not count.
    copy[customer] = copy[customer] | {"phone": "their newer phone"}
    stale = editor_client.post(url, fields(half) | {"m.phone": "theirs", "m.taxNumber": "theirs"})
    assert stale.status_code == 409
    assert "their newer phone" in stale.content.decode()
    assert "Not chosen yet" not in stale.content.decode()
    assert not puts(sandbox)

    saved = editor_client.post(url, fields(stale) | {"m.phone": "theirs", "m.taxNumber": "mine"})
    assert saved.status_code == 303
    (call,) = puts(sandbox)
    sent = simplejson.loads(call.body)
    assert sent["phone"] == "their newer phone"
    assert sent["emailAddress"] == "mine@my.example"
    assert sent.get("taxNumber", "") == before["f.taxNumber"]
    assert simplejson.loads(Write.objects.get().before)["phone"] == "their newer phone"


# -- forceUpdate ------------------------------------------------------------------------------------


def test_a_newer_record_in_the_software_is_overwritten_only_when_told_to(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    url = links.edit(sandbox.company("odd"), "changed-since")
    page = editor_client.get(url)
    assert "has a newer record" in page.content.decode()
    refused = editor_client.post(url, fields(page) | {"f.phone": "+45 1", "timeout": "30"})
    first = Write.objects.get()
    assert first.state == Write.State.FAILED
    assert refused["Location"] == f"{url}?write={first.pk}"

    again = editor_client.get(refused["Location"])
    assert "was modified in the accounting software" in html.unescape(again.content.decode())
    assert fields(again)["f.phone"] == "+45 1"
    assert fields(again)["timeout"] == "30"
    assert "force" not in fields(again)
    saved = editor_client.post(url, fields(again) | {"force": "1"})
    second = Write.objects.exclude(pk=first.pk).get()
    assert second.force_update
    assert [call.query.get("forceUpdate") for call in puts(sandbox)] == [None, "true"]
    sandbox.settle()
    assert "Done" in editor_client.get(f"{saved['Location']}?check=1").content.decode()
    assert sandbox.state("odd").source["changed-since"]["phone"] == "+45 1"


def test_a_reopened_form_has_the_options_that_were_sent(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    url = links.edit(sandbox.company("qbo"), "39")
    sandbox.faults.add("PUT", "status", status=400, count=1)
    posted = fields(editor_client.get(url)) | {"f.phone": "1", "timeout": "7", "force": "1"}
    again = fields(editor_client.get(editor_client.post(url, posted)["Location"]))
    assert (again["timeout"], again["force"]) == ("7", "1")


# -- what is not sent, and digits -------------------------------------------------------------------


def test_what_the_model_does_not_know_is_shown_as_not_sent(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    url = links.edit(sandbox.company("odd"), "keys-unknown")
    page = editor_client.get(url)
    part = page.content.decode().partition('id="unsent"')[2].partition("</details>")[0]
    assert "values are not sent" in part
    for value in ("AA", "1234567890.12", "Gold", "12345678901234567890", "Older name"):
        assert value in part
    editor_client.post(url, fields(page) | {"f.phone": "+45 1"})
    (call,) = puts(sandbox)
    assert set(simplejson.loads(call.body)) <= {"customerName", "status", "phone"}


DIGITS = "98765432109876543.1000"
SMALL = "0.10000000000000000005"


def test_numbers_keep_their_digits_from_codat_to_codat_and_on_every_page(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    company = sandbox.company("intacct")
    record = simplejson.dumps(
        sandbox.state("intacct").copy["C00004"]
        | {"creditLimit": Decimal(DIGITS), "discountPercent": Decimal(SMALL)},
        use_decimal=True,
    )
    sandbox.faults.add("GET .*/data/customers/C00004", "json", body=record, count=-1)

    detail = editor_client.get(links.customer(company, "C00004")).content.decode()
    assert detail.count(DIGITS) == detail.count(SMALL) == 2  # the field, and the record as JSON

    url = links.edit(company, "C00004")
    page = editor_client.get(url)
    assert fields(page)["f.creditLimit"] == DIGITS
    typed = fields(page) | {"f.discountPercent": "2.50000000000000000001"}
    review = editor_client.post(url, typed | {"action": "review"}).content.decode()
    for digits in (DIGITS, SMALL, "2.50000000000000000001"):
        assert digits in review

    editor_client.post(links.draft(company, "C00004"), typed)
    draft = editor_client.get(f"{url}?draft={Draft.objects.get().submission}")
    assert fields(draft)["f.creditLimit"] == DIGITS

    followed = editor_client.post(url, fields(draft))["Location"]
    (call,) = puts(sandbox)
    text = call.body if isinstance(call.body, str) else call.body.decode()
    assert DIGITS in text
    assert "2.50000000000000000001" in text
    write = Write.objects.get()
    assert DIGITS in write.payload
    assert DIGITS in write.before
    assert SMALL in write.before
    journal = editor_client.get(followed).content.decode()
    for digits in (DIGITS, SMALL, "2.50000000000000000001"):
        assert digits in journal


# -- drafts -----------------------------------------------------------------------------------------


def test_a_draft_is_its_persons_alone(
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
def test_a_draft_is_kept_while_codat_refuses(
    sandbox: Sandbox, editor_client: RawPathClient, status: int
) -> None:
    company = sandbox.company("qbo")
    url, draft = links.new(company), links.draft(company, "")
    typed = fields(editor_client.get(url)) | {"f.customerName": "Half Ltd"}
    sandbox.faults.add("", "status", status=status, count=-1)
    assert editor_client.post(draft, typed).status_code == 204
    sandbox.faults.clear()
    assert "Half Ltd" in editor_client.get(url).content.decode()


# -- rows -------------------------------------------------------------------------------------------


def test_the_number_of_rows_stands_beside_their_limit(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    url = links.edit(sandbox.company("sage"), "C00001")

    def count(page: Any) -> str:
        (shown,) = re.findall(r'<span class="count( over)?">(.*?)</span>', page.content.decode())
        return str(shown[1])

    page = editor_client.get(url)
    assert count(page) == "3 of 3"
    page = editor_client.post(url, fields(page) | {"action": "remove:addresses:b1"})
    assert count(page) == "2 of 3"
    page = editor_client.post(url, fields(page) | {"action": "duplicate:addresses:b0"})
    page = editor_client.post(url, fields(page) | {"action": "duplicate:addresses:b0"})
    assert count(page).startswith("4 of 3: over the limit")


def test_codats_finding_in_a_folded_row_unfolds_it() -> None:
    model = obj(rows=array(a=node(), inner=array(b=node())))
    record = {"rows": [{"a": str(n), "inner": [{"b": "x"}] * 5} for n in range(6)]}
    form = Form(model, record)
    form.place([{"itemId": "rows[4].inner[3].b", "message": "No."}])
    rows = {item["path"]: item["open"] for item in form.items if item["kind"] == "row"}
    assert rows["rows.b4"]
    assert rows["rows.b4.inner.b3"]
    assert not rows["rows.b3"]
    assert not rows["rows.b4.inner.b2"]
