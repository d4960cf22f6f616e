"""However deep a record is nested, its pages show it or say that they cannot; none fails."""

from __future__ import annotations

import pytest
import simplejson

from customers.codat import decoding
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.pages.controls import fields

pytestmark = pytest.mark.django_db


def deep(levels: int, kind: str) -> object:
    value: object = "bottom"
    for level in range(levels):
        value = [value] if kind == "lists" or (kind == "both" and level % 2) else {"q": value}
    return value


@pytest.mark.parametrize("kind", ["lists", "objects", "both"])
@pytest.mark.parametrize("place", ["content", "unknown", "contacts", "metadata", "customerName"])
def test_the_deepest_record_that_is_read_can_be_shown_and_edited(
    sandbox: Sandbox, editor_client: RawPathClient, place: str, kind: str
) -> None:
    company = sandbox.company("qbo")
    customer_id, record = next(iter(sandbox.state("qbo").copy.items()))
    value = deep(decoding.MAX_DEPTH - 3, kind)
    record = dict(record)
    if place == "content":
        record["supplementalData"] = {"content": {"q": value}}
    elif place == "contacts":
        record["contacts"] = [{"name": value}]
    else:
        record[place] = value
    sandbox.faults.add(
        f"GET /companies/{company}/data/customers/{customer_id}",
        "json",
        body=simplejson.dumps(record),
        count=-1,
    )
    assert editor_client.get(links.customer(company, customer_id)).status_code == 200
    page = editor_client.get(links.edit(company, customer_id))
    assert page.status_code == 200
    posted = fields(page) | {"f.phone": "222"}
    for action in ("review", "check", "save"):
        answer = editor_client.post(links.edit(company, customer_id), posted | {"action": action})
        assert answer.status_code < 500
    if answer.status_code == 303:
        assert editor_client.get(answer["Location"]).status_code == 200
    assert editor_client.get(links.writes(company)).status_code == 200


@pytest.mark.parametrize("levels", [65, 100, 200, 400, 950, 3000])
def test_a_deeper_record_is_an_answer_that_cannot_be_read(
    sandbox: Sandbox, editor_client: RawPathClient, levels: int
) -> None:
    company = sandbox.company("qbo")
    customer_id = next(iter(sandbox.state("qbo").copy))
    body = f'{{"id": "{customer_id}", "x": {"[" * levels}{"]" * levels}}}'
    sandbox.faults.add(f"/data/customers/{customer_id}", "json", body=body, count=-1)
    for url in (links.customer(company, customer_id), links.edit(company, customer_id)):
        answer = editor_client.get(url)
        assert answer.status_code == 502
        assert "Unexpected response from Codat" in answer.content.decode()
