"""Bad input and unexpected models cause no server error and change no other field."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
import simplejson

from customers.models import Write
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.pages.controls import fields

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true", "HX-Target": "form"}


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
def test_bad_input_causes_no_error_and_changes_no_other_field(
    company: str,
    customer_id: str,
    editor_client: RawPathClient,
    bad: dict[str, str],
    sandbox: Sandbox,
) -> None:
    url = links.edit(company, customer_id)
    posted = fields(editor_client.get(url)) | {"f.taxNumber": "T1", "action": "save"} | bad
    body = urlencode(posted, errors="surrogatepass")

    answer = editor_client.post(url, body, content_type="application/x-www-form-urlencoded")

    assert answer.status_code in (200, 303, 422)
    if Write.objects.exists():
        record = sandbox.state("qbo").copy[customer_id]
        for index, row in enumerate(Write.objects.get().sent_values["addresses"]):
            assert row["line1"] == record["addresses"][index]["line1"]


def test_a_field_posted_twice_with_different_values_is_an_error(
    company: str, customer_id: str, editor_client: RawPathClient
) -> None:
    url = links.edit(company, customer_id)
    posted = list(fields(editor_client.get(url)).items())
    body = urlencode([*posted, ("f.phone", "one"), ("f.phone", "two"), ("action", "save")])
    answer = editor_client.post(url, body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 422
    assert not Write.objects.exists()


@pytest.mark.parametrize("size", [6_000_000, 10_000_000])
def test_a_post_that_is_too_large_is_answered_with_413(
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
def test_an_unexpected_model_causes_no_server_error(
    company: str, customer_id: str, editor_client: RawPathClient, sandbox: Sandbox, name: str
) -> None:
    body = _dumps(MODELS[name])
    sandbox.faults.add(match="/options/customers", kind="json", body=body, count=-1)
    for url in (links.new(company), links.edit(company, customer_id)):
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
