"""Numbers keep their digits on the whole way from Codat to Codat."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
import simplejson

from customers.models import Draft, Write
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.journal import calls
from tests.support.pages.controls import fields

pytestmark = pytest.mark.django_db

DIGITS = "98765432109876543.1000"
SMALL = "0.10000000000000000005"


def unmarked(html: str) -> str:
    """A page without the marks of characters that differ."""
    return re.sub("</?(?:ins|del)>", "", html)


def test_numbers_keep_all_digits_on_every_page_and_in_the_payload(
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
        assert digits in unmarked(review)

    editor_client.post(links.draft(company, "C00004"), typed)
    draft = editor_client.get(f"{url}?draft={Draft.objects.get().submission}")
    assert fields(draft)["f.creditLimit"] == DIGITS

    followed = editor_client.post(url, fields(draft))["Location"]
    (call,) = calls(sandbox, "PUT")
    text = call.body if isinstance(call.body, str) else call.body.decode()
    assert DIGITS in text
    assert "2.50000000000000000001" in text
    write = Write.objects.get()
    assert DIGITS in write.payload
    assert DIGITS in write.before
    assert SMALL in write.before
    journal = editor_client.get(followed).content.decode()
    for digits in (DIGITS, SMALL, "2.50000000000000000001"):
        assert digits in unmarked(journal)
