"""The form's pages: every button by plain posts, drafts, copies, bad input, and who may."""

from __future__ import annotations

from html import unescape
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
import simplejson

from customers.models import Draft, Write
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.controls import fields

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "form"}


@pytest.fixture
def company(sandbox: Sandbox) -> str:
    return sandbox.company("qbo")


@pytest.fixture
def customer(sandbox: Sandbox) -> str:
    return next(
        key
        for key, record in sandbox.state("qbo").copy.items()
        if len(record.get("addresses") or []) == 2 and len(record.get("contacts") or []) == 1
    )


def press(client: RawPathClient, url: str, page: Any, action: str, **typed: str) -> Any:
    """Press a button of the form on a page, after typing."""
    return client.post(url, fields(page) | typed | {"action": action})


def payload() -> Any:
    """What the one write of the journal sent."""
    return simplejson.loads(Write.objects.get().payload)


# -- who may, and the ladder ------------------------------------------------------------------------


@pytest.mark.parametrize("new", [True, False])
def test_only_editors(
    company: str,
    customer: str,
    new: bool,
    anonymous_client: RawPathClient,
    viewer_client: RawPathClient,
    editor_client: RawPathClient,
) -> None:
    url = links.new(company) if new else links.edit(company, customer)
    assert anonymous_client.get(url).status_code == 302
    assert viewer_client.get(url).status_code == 403
    assert editor_client.get(url).status_code == 200
    assert editor_client.put(url).status_code == 405


def test_a_missing_customer_is_404(company: str, editor_client: RawPathClient) -> None:
    assert editor_client.get(links.edit(company, "no-such-id")).status_code == 404


def test_page_and_fragment(company: str, customer: str, editor_client: RawPathClient) -> None:
    url = links.edit(company, customer)
    page = editor_client.get(url)
    typed = fields(page) | {"action": "add:addresses"}
    fragment = editor_client.post(url, typed, headers=HTMX).content.decode()
    whole = editor_client.post(url, typed).content.decode()
    assert "<html" not in fragment
    assert 'id="form"' in fragment
    assert "<html" in whole
    assert "HX-Request" in page["Vary"]


@pytest.mark.parametrize("key", ["deauthorized", "unlinked", "no_accounting", "pending"])
def test_a_company_that_cannot_be_written_says_so_and_keeps_what_was_typed(
    sandbox: Sandbox, editor_client: RawPathClient, key: str
) -> None:
    url = links.new(sandbox.company(key))
    assert editor_client.get(url).status_code == 200
    answer = editor_client.post(url, {"f.customerName": "typed", "submission": "x"})
    assert answer.status_code == 409
    assert 'value="typed"' in answer.content.decode()
    assert not Write.objects.exists()


def test_the_id_of_a_customer_may_hold_anything(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    odd = sandbox.company("odd")
    for customer in ("a/b", "a b", "100%", "a%2Fb", "../etc/passwd", "клиент-7"):
        url = links.edit(odd, customer)
        page = editor_client.get(url)
        assert page.status_code == 200, customer
        answer = press(editor_client, url, page, "save", **{"f.phone": "+44 1"})
        assert answer.status_code == 303, customer
        assert Write.objects.filter(customer_id=customer).count() == 1


# -- buttons, without JavaScript --------------------------------------------------------------------


def test_rows_are_added_removed_undone_and_moved_by_plain_posts(
    company: str, customer: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    before = sandbox.state("qbo").copy[customer]["addresses"]
    url = links.edit(company, customer)
    page = press(editor_client, url, editor_client.get(url), "add:addresses")
    (key,) = [part for part in fields(page)["r.addresses"].split(",") if part.startswith("n")]
    page = press(
        editor_client, url, page, "remove:addresses:b0", **{f"f.addresses.{key}.city": "Leeds"}
    )
    assert fields(page)["x.addresses"] == "b0"
    page = press(editor_client, url, page, "undo:addresses:b0")
    assert "x.addresses" not in fields(page)
    page = press(editor_client, url, page, "remove:addresses:b1")
    page = press(editor_client, url, page, f"up:addresses:{key}")
    answer = press(editor_client, url, page, "save")

    assert answer.status_code == 303
    first, second = payload()["addresses"]
    assert {before[0]["city"], "Leeds"} == {first["city"], second["city"]}


def test_duplicate_and_copying_between_a_contact_and_the_main_fields(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    company = sandbox.company("freshbooks")
    customer = next(
        key for key, record in sandbox.state("freshbooks").copy.items() if record.get("contacts")
    )
    url = links.edit(company, customer)
    page = press(
        editor_client,
        url,
        editor_client.get(url),
        "copy:contact:b0",
        **{"f.contacts.b0.email": "contact@one.example", "f.contacts.b0.name": "Ann One"},
    )
    assert fields(page)["f.emailAddress"] == "contact@one.example"
    assert fields(page)["f.contactName"] == "Ann One"
    page = press(editor_client, url, page, "copy:main:b0", **{"f.emailAddress": "main@two.example"})
    assert fields(page)["f.contacts.b0.email"] == "main@two.example"
    page = press(editor_client, url, page, "duplicate:contacts:b0")
    copies = [name for name in fields(page) if name.startswith("f.contacts.") and "email" in name]
    assert [fields(page)[name] for name in copies].count("main@two.example") == 2


def test_review_shows_old_new_and_the_json_and_sends_nothing(
    company: str, customer: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    url = links.edit(company, customer)
    page = press(editor_client, url, editor_client.get(url), "review", **{"f.phone": "+44 999"})
    html = page.content.decode()
    assert "What will be sent" in html
    assert sandbox.state("qbo").copy[customer]["phone"] in html
    assert '"phone": "+44 999"' in unescape(html)
    assert not Write.objects.exists()


def test_saving_nothing_sends_nothing(
    company: str, customer: str, editor_client: RawPathClient
) -> None:
    url = links.edit(company, customer)
    page = press(editor_client, url, editor_client.get(url), "save")
    assert "You have not changed anything" in page.content.decode()
    assert not Write.objects.exists()


def test_the_options_of_a_save_are_explained_checked_and_sent(
    company: str, customer: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    url = links.edit(company, customer)
    page = editor_client.get(url)
    for bad in ("0", "-1", "1.5", "ten", "99999999999", "٣"):
        answer = press(editor_client, url, page, "save", **{"f.phone": "+44 1", "timeout": bad})
        assert answer.status_code == 422, bad
        assert fields(answer)["timeout"] == bad
    answer = press(
        editor_client, url, page, "save", **{"f.phone": "+44 1", "timeout": "15", "force": "1"}
    )
    assert answer.status_code == 303
    (call,) = [call for call in sandbox.calls if call.method == "PUT"]
    assert call.query == {"timeoutInMinutes": "15", "forceUpdate": "true"}


def test_new_from_this_one_begins_with_its_values_but_not_its_id(
    company: str, customer: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    record = sandbox.state("qbo").copy[customer]
    url = links.new(company)
    page = editor_client.get(f"{url}?{urlencode({'from': customer})}")
    assert fields(page)["f.customerName"] == record["customerName"]
    answer = press(editor_client, url, page, "save", **{"f.customerName": "A copy Ltd"})
    assert answer.status_code == 303
    assert payload()["customerName"] == "A copy Ltd"
    assert "id" not in payload()
    assert payload()["addresses"] == [
        {key: value for key, value in row.items() if value} for row in record["addresses"]
    ]


def test_revert_opens_the_form_with_the_values_from_before(
    company: str, customer: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    url = links.edit(company, customer)
    old = sandbox.state("qbo").copy[customer]["phone"]
    press(editor_client, url, editor_client.get(url), "save", **{"f.phone": "+44 1"})
    write = Write.objects.get()
    sandbox.settle()
    editor_client.post(links.refresh(company))
    sandbox.settle()
    page = editor_client.get(f"{url}?revert={write.pk}")
    assert fields(page)["f.phone"] == old
    assert Write.objects.count() == 1


# -- drafts -----------------------------------------------------------------------------------------


def test_a_draft_says_what_has_changed_since_in_the_record_and_the_model(
    company: str, customer: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    url = links.edit(company, customer)
    typed = fields(editor_client.get(url)) | {"f.phone": "half"}
    editor_client.post(links.draft(company, customer), typed)
    copy = sandbox.state("qbo").copy
    copy[customer] = copy[customer] | {"taxNumber": "CHANGED-1"}
    connection = sandbox.connection("qbo")
    raw = msgspec.json.decode(
        editor_client.get(url).content and _model(sandbox, company, connection)
    )
    raw["properties"]["favouriteColour"] = {"type": "String", "displayName": "Colour"}
    raw["properties"]["phone"]["required"] = True
    sandbox.faults.add(match="/options/customers", kind="json", body=simplejson.dumps(raw))

    html = editor_client.get(f"{url}?draft={typed['submission']}&fresh").content.decode()

    assert "CHANGED-1" in html
    assert "Colour is new." in html
    assert "Phone is now required." in html
    assert 'value="half"' in html


def _model(sandbox: Sandbox, company: str, connection: str) -> bytes:
    import requests

    answer = requests.get(
        f"{sandbox.url}/companies/{company}/connections/{connection}/options/customers",
        headers={"Authorization": sandbox.auth_header},
        timeout=5,
    )
    return answer.content


def test_drafts_of_two_tabs_stand_side_by_side_and_can_be_discarded(
    company: str, customer: str, editor_client: RawPathClient
) -> None:
    url, draft = links.edit(company, customer), links.draft(company, customer)
    one = fields(editor_client.get(url)) | {"f.phone": "one"}
    two = fields(editor_client.get(url)) | {"f.phone": "two"}
    editor_client.post(draft, one)
    editor_client.post(draft, two)
    editor_client.post(draft, one | {"f.phone": "one more"})
    assert Draft.objects.count() == 2
    assert "one+more" in Draft.objects.get(submission=one["submission"]).body
    editor_client.post(draft, {"submission": one["submission"], "action": "discard"})
    assert [str(row.submission) for row in Draft.objects.all()] == [two["submission"]]


# -- bad input --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad",
    [
        {"r.addresses": "b0,b7,b900000,n0,n999999999,x"},
        {"f.nothing.like.this": "x", "f.addresses.b0.line1.deeper": "x"},
        {"f.phone": "nul \x00 bell \x07"},
        {"f.phone": "\ud800 half"},
        {"f.addresses.b0.city": "x" * 100_000},
        {"submission": "not-a-uuid"},
        {"action": "remove:addresses:b900000"},
        {"action": "add:nothing"},
        {"action": "copy:contact:zzz"},
        {"action": "\x00"},
        {"timeout": "9" * 5000},
        {"retry_of": "zzz"},
        {"base": ""},
        {"base": "x" * 10_000},
    ],
    ids=lambda bad: (
        next(iter(bad)) + "=" + next(iter(bad.values()))[:12].encode("ascii", "replace").decode()
    ),
)
def test_bad_input_never_fails_and_never_changes_what_was_not_touched(
    company: str, customer: str, editor_client: RawPathClient, bad: dict[str, str], sandbox: Sandbox
) -> None:
    url = links.edit(company, customer)
    posted = fields(editor_client.get(url)) | {"f.taxNumber": "T1", "action": "save"} | bad
    body = urlencode(posted, errors="surrogatepass")

    answer = editor_client.post(url, body, content_type="application/x-www-form-urlencoded")

    assert answer.status_code in (200, 303, 422)
    if Write.objects.exists():
        record = sandbox.state("qbo").copy[customer]
        for index, row in enumerate(payload()["addresses"]):
            assert row["line1"] == record["addresses"][index]["line1"]


def test_names_posted_twice_are_said(
    company: str, customer: str, editor_client: RawPathClient
) -> None:
    url = links.edit(company, customer)
    posted = list(fields(editor_client.get(url)).items())
    body = urlencode([*posted, ("f.phone", "one"), ("f.phone", "two"), ("action", "save")])
    answer = editor_client.post(url, body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 422
    assert not Write.objects.exists()


@pytest.mark.parametrize("size", [6_000_000, 10_000_000])
def test_ten_megabytes_get_a_clear_answer(
    company: str, editor_client: RawPathClient, size: int
) -> None:
    answer = editor_client.post(links.new(company), {"f.phone": "x" * size})
    assert answer.status_code == 413
    assert "too large" in answer.content.decode()
    answer = editor_client.post(links.new(company), {"f.phone": "x" * size}, headers=HTMX)
    assert answer["HX-Reswap"] == "afterbegin"
    assert not Write.objects.exists()


def _deep(levels: int) -> dict[str, Any]:
    node: dict[str, Any] = {"type": "String"}
    for _ in range(levels):
        node = {"type": "Object", "properties": {"a": node}}
    return node


MODELS: dict[str, Any] = {
    "null": None,
    "list": [],
    "text": "model",
    "no properties": {"type": "Object"},
    "null properties": {"type": "Object", "properties": None},
    "list of properties": {"type": "Object", "properties": []},
    "null node": {"type": "Object", "properties": {"customerName": None}},
    "list for a node": {"type": "Object", "properties": {"customerName": [1]}},
    "number for a type": {"type": "Object", "properties": {"customerName": {"type": 7}}},
    "root is text": {"type": "String"},
    "options are text": {"type": "Object", "properties": {"a": {"type": "String", "options": "x"}}},
    "validation is text": {
        "type": "Object",
        "properties": {"a": {"type": "String", "validation": "x"}},
    },
    "forty levels": _deep(40),
    "deep": _deep(5000),
    "5,000 properties": {
        "type": "Object",
        "properties": {f"property{number}": {"type": "String"} for number in range(5000)},
    },
    "awkward names": {
        "type": "Object",
        "properties": {
            name: {"type": "String"} for name in ("", ".", "a.b", "<b>", "a b", "é", "__proto__")
        },
    },
}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_that_is_not_what_was_promised_gets_a_clear_answer(
    company: str, customer: str, editor_client: RawPathClient, sandbox: Sandbox, name: str
) -> None:
    body = "[" * 0 + _dumps(MODELS[name])
    sandbox.faults.add(match="/options/customers", kind="json", body=body, count=-1)
    for url in (links.new(company), links.edit(company, customer)):
        answer = editor_client.get(url)
        assert answer.status_code in (200, 502), name
        assert "Traceback" not in answer.content.decode()
        answer = editor_client.post(url, {"f.customerName": "typed", "submission": "x"})
        assert answer.status_code in (200, 422, 502), name
    assert not Write.objects.exists()


def _dumps(value: Any) -> str:
    """JSON of any depth, without recursion."""
    depth = 0
    while isinstance(value, dict) and list(value.get("properties") or ()) == ["a"] and depth < 6000:
        value, depth = value["properties"]["a"], depth + 1
    text = simplejson.dumps(value)
    return '{"type":"Object","properties":{"a":' * depth + text + "}}" * depth
